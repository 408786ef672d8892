"""Judgement of objections: accepted, rejected with a reason, or to be verified by an office.

Each row is judged by itself first: who, what, when, where. Then the tests of a school are counted
together, and of several numbers or places of one school the latest counts. Nothing here reads or
writes a file, or the clock: the day of the judgement is given, and the same day judges alike.
"""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from kalsel_gap.geo import geodesy
from kalsel_gap.quality.claimed_areas import LEVELS, claims_of
from kalsel_gap.sources.coordinates import decimals
from kalsel_gap.sources.objections import TESTED
from kalsel_gap.sources.values import end_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import geopandas as gpd

    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.objections import Objections
    from kalsel_gap.sources.objections import Objection

# Evidence that is a document with a number.
_NUMBERED = ("letter", "decree", "contract")


class Verdict(NamedTuple):
    """How an objection is judged.

    Attributes
    ----------
    judgement : str
        One of :data:`kalsel_gap.sources.objections.JUDGEMENTS`.
    reason : str
        Code of the reason.
    """

    judgement: str
    reason: str


_ACCEPTED = Verdict("accepted", "enough")
_MEASURE_FIRST = Verdict("verify", "measure_first")


class ListedSchool(NamedTuple):
    """What the list says of a school without any objection; NaN is unknown.

    Attributes
    ----------
    level : str
        Kind of school.
    lat, lon : float
        Where it stands, degrees.
    radius_m : float
        Radius of the circle of its position.
    in_claimed_area : bool
        Whether it may as well stand anywhere in the area that it claims.
    students : float
        Pupils.
    fixed_network : bool
        Whether a fixed network is known to serve it.
    signal : str
        *none* or *mobile*, as the list itself shows; empty where this is unknown.
    """

    level: str
    lat: float
    lon: float
    radius_m: float
    in_claimed_area: bool
    students: float
    fixed_network: bool
    signal: str = ""


@dataclass(frozen=True, slots=True)
class ListedSchools:
    """What the list says of all schools without any objection.

    Attributes
    ----------
    schools : mapping of ListedSchool
        By NPSN.
    bounds : tuple of float
        South, west, north and east of where a school can lie.
    claimed_km : callable
        Distance of a place from the smallest area that a school claims, km; NaN where it claims
        none that is known. Of NPSN, latitude and longitude.
    repaired_radius_m : float
        Radius of the circle of a location that an objection has corrected.
    highest_students : callable
        Most pupils that a school of a level can have.
    until : date or None
        Day up to which the data of the project reach; None where the project states none.
    """

    schools: Mapping[str, ListedSchool]
    bounds: tuple[float, float, float, float]
    claimed_km: Callable[[str, float, float], float]
    repaired_radius_m: float
    highest_students: Callable[[str], float]
    until: date | None = None


def listed_schools(schools: gpd.GeoDataFrame, cells: pd.DataFrame, opened: Opened) -> ListedSchools:
    """What the list says, from the stages *schools* and *quality* without objections.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns of these stages; with those of *signals* also which signal there is.
    cells : DataFrame
        Of the registers.
    opened : Opened
        The project.
    """
    claims = claims_of(schools, cells, opened)
    ranked = (schools["npsn"] != "") & ~schools["is_duplicate"].astype(bool)
    position = {npsn: at for at, npsn in enumerate(schools["npsn"]) if ranked.iloc[at]}
    limits = opened.project.registers.highest.get("students")

    def claimed_km(npsn: str, lat: float, lon: float) -> float:
        for level in LEVELS:
            km = float(claims.distance_km(level, [position[npsn]], [lat], [lon])[0])
            if not math.isnan(km):
                return km
        return math.nan

    def highest(level: str) -> float:
        return math.inf if limits is None else limits.levels.get(level, limits.otherwise)

    table = pd.DataFrame(schools[ranked])
    figures = table[["lat", "lon", "students"]].astype("float64")
    # A point that may be wrong has a small circle of its own, beside the claimed area.
    radius_m = table["point_radius_m"].where(
        table["claimed_area"].notna(), table["confidence_radius_m"]
    )
    listed = zip(
        table["level"].fillna(""),
        *(figures["lat"], figures["lon"], radius_m.astype("float64")),
        table["claimed_area"].notna(),
        figures["students"],
        table["fixed_network"].fillna(value=False).astype(bool),
        _signals(table),
        strict=True,
    )
    ends = [end for text in opened.project.dates if (end := end_of(text)) is not None]
    return ListedSchools(
        dict(zip(table["npsn"], map(ListedSchool._make, listed), strict=True)),
        claims.bounds,
        claimed_km,
        opened.project.signal.radius_m.C,
        highest,
        max(ends, default=None),
    )


def _signals(schools: pd.DataFrame) -> pd.Series[str]:
    """Which signal the list shows at each school: *none*, *mobile*, or nothing known."""
    shown = pd.Series("", index=schools.index, dtype="str")
    if "best_technology" not in schools:
        return shown
    technology = schools["best_technology"].fillna("")
    none = (technology == "") & (schools["available"] == 0)
    mobile = ~technology.isin(["", "fixed"])
    return shown.mask(none, "none").mask(mobile, "mobile")


def judge_objections(
    objections: Sequence[Objection], listed: ListedSchools, rules: Objections, *, today: date
) -> list[Objection]:
    """The objections, each with its judgement and the reason for it.

    Parameters
    ----------
    objections : sequence of Objection
        All that are known: a test counts beside those of an earlier file.
    listed : ListedSchools
        What is contradicted.
    rules : Objections
        What is enough.
    today : date
        Day of the judgement: nothing is filed after it, and no data reach beyond it.

    Returns
    -------
    list of Objection
        In the same order.
    """
    seen: set[tuple[str, ...]] = set()
    verdicts: list[Verdict] = []
    for each in objections:
        identity = each.identity()
        repeated = identity in seen and not each.is_example
        seen.add(identity)
        verdict = _form(each, listed, rules, today)
        verdicts.append(Verdict("rejected", "repeated") if repeated else verdict)
    _oppose(objections, verdicts)
    places = _settle(objections, verdicts, listed, rules, "location")
    _settle(objections, verdicts, listed, rules, "enrolment")
    for at, each in enumerate(objections):
        if each.code in TESTED and verdicts[at] == _ACCEPTED:
            verdicts[at] = _test(each, places.get(each.npsn), listed, rules)
    _count_tests(objections, verdicts, rules)
    return [
        replace(each, judgement=verdict.judgement, reason=verdict.reason)
        for each, verdict in zip(objections, verdicts, strict=True)
    ]


# --- one row -------------------------------------------------------------------------------------


def _form(each: Objection, listed: ListedSchools, rules: Objections, today: date) -> Verdict:
    """What the row itself shows, before tests are counted and places compared."""
    known = each.npsn in listed.schools
    rule = rules.codes.get(each.code)  # type: ignore[call-overload]
    missing = {
        "example": each.is_example,
        "npsn_unread": not each.npsn,
        "npsn_unknown": not known,
        "code_unread": not each.code,
        "code_not_open": rule is None,
        "filed_missing": each.filed is None,
        "evidence_unread": not each.evidence,
        "signer_unread": not each.signer,
        "date_missing": each.date is None,
        "reference_unread": "reference" in each.unread and each.evidence in _NUMBERED,
    }
    if fault := next((code for code, wrong in missing.items() if wrong), ""):
        return Verdict("rejected", fault)
    assert rule is not None
    assert each.filed is not None
    assert each.date is not None
    # An earlier day of the objection makes no old evidence valid: it is compared with what it
    # contradicts.
    until = max(each.filed, min(listed.until or date.min, today))
    unfit = {
        "evidence_unfit": each.evidence not in rule.evidence,
        "filed_later": each.filed > today,
        "date_later": each.date > each.filed,
        "expired": each.date < months_before(until, rule.valid_months),
        "reference_missing": each.evidence in _NUMBERED and not each.reference,
    }
    if fault := next((code for code, wrong in unfit.items() if wrong), ""):
        return Verdict("rejected", fault)
    verdict = _CONTENT[each.code](each, listed, rules)
    if verdict == _ACCEPTED and each.signer not in rule.signers:
        return Verdict("verify", "signer_unfit")
    return verdict


def months_before(day: date, months: int) -> date:
    """The day so many months earlier; the last of its month where that is shorter.

    Examples
    --------
    >>> from datetime import date
    >>> [str(months_before(date(2026, m, 31), n)) for m, n in ((3, 1), (8, 12), (1, 2))]
    ['2026-02-28', '2025-08-31', '2025-11-30']
    """
    count = day.year * 12 + day.month - 1 - months
    year, month = count // 12, count % 12 + 1
    return day.replace(
        year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1])
    )


def _availability(each: Objection, listed: ListedSchools, _: Objections) -> Verdict:
    """A fixed network can be shown by a document; that there is no signal cannot."""
    if not each.service:
        return Verdict("rejected", "value_missing")
    school = listed.schools[each.npsn]
    is_listed = school.fixed_network if each.service == "fixed" else each.service == school.signal
    if is_listed:
        return Verdict("rejected", "as_listed")
    return _ACCEPTED if each.service == "fixed" else _MEASURE_FIRST


def _tested(each: Objection, _: ListedSchools, rules: Objections) -> Verdict:
    """What a test needs whatever the place of the school is."""
    assert each.date is not None
    rule = rules.tests
    needed = (each.down_mbps, *((each.latency_ms,) if each.code == "latency" else ()))
    wrong = {
        "value_missing": any(map(math.isnan, needed)),
        "time_missing": not each.time,
        "outside_school_hours": each.date.isoweekday() not in rule.weekdays
        or not rule.from_ <= each.time <= rule.until,
        "place_missing": math.isnan(each.lat) or math.isnan(each.lon),
    }
    fault = next((code for code, found in wrong.items() if found), "")
    return Verdict("rejected", fault) if fault else _ACCEPTED


def _location(each: Objection, listed: ListedSchools, rules: Objections) -> Verdict:
    if math.isnan(each.lat) or math.isnan(each.lon):
        return Verdict("rejected", "place_missing")
    south, west, north, east = listed.bounds
    if not (south <= each.lat <= north and west <= each.lon <= east):
        return Verdict("rejected", "outside_area")
    texts = pd.Series([f"{each.lat:.7f}", f"{each.lon:.7f}"], dtype="str")
    if decimals(texts).max() < rules.places.minimum_decimals:
        return Verdict("rejected", "few_decimals")
    school = listed.schools[each.npsn]
    if _metres(each, school.lat, school.lon) < rules.places.least_m:
        return Verdict("rejected", "as_listed")
    km = listed.claimed_km(each.npsn, each.lat, each.lon)
    if math.isnan(km):
        return Verdict("verify", "no_area")
    return Verdict("verify", "far_from_area") if km > rules.places.near_km else _ACCEPTED


def _enrolment(each: Objection, listed: ListedSchools, rules: Objections) -> Verdict:
    school = listed.schools[each.npsn]
    if math.isnan(each.students):
        return Verdict("rejected", "value_missing")
    if not 1 <= each.students <= listed.highest_students(school.level):
        return Verdict("rejected", "implausible")
    if math.isnan(school.students) or school.students == 0:
        return _ACCEPTED
    if each.students == school.students:
        return Verdict("rejected", "as_listed")
    ratio = each.students / school.students
    is_large = max(ratio, 1 / ratio) > rules.counts.most_factor
    return Verdict("verify", "large_change") if is_large else _ACCEPTED


def _stated(_: Objection, __: ListedSchools, ___: Objections) -> Verdict:
    """A document says it, and nothing more is asked."""
    return _ACCEPTED


_CONTENT: dict[str, Callable[[Objection, ListedSchools, Objections], Verdict]] = {
    "availability": _availability,
    "speed": _tested,
    "latency": _tested,
    "location": _location,
    "enrolment": _enrolment,
    "planned": _stated,
    "closed": _stated,
}


# --- several rows of a school --------------------------------------------------------------------


def _oppose(objections: Sequence[Objection], verdicts: list[Verdict]) -> None:
    """Leave statements about one school's signal open that exclude each other."""
    stated: dict[str, dict[str, list[int]]] = {}
    for at, each in enumerate(objections):
        is_valid = verdicts[at].judgement != "rejected" or verdicts[at].reason == "as_listed"
        if each.code == "availability" and is_valid and each.decision != "rejected":
            stated.setdefault(each.npsn, {}).setdefault(each.service, []).append(at)
    for of_school in stated.values():
        none, mobile = of_school.get("none", []), of_school.get("mobile", [])
        if none and mobile:
            for at in (*none, *mobile):
                verdicts[at] = _MEASURE_FIRST


def _settle(
    objections: Sequence[Objection],
    verdicts: list[Verdict],
    listed: ListedSchools,
    rules: Objections,
    code: str,
) -> dict[str, Objection]:
    """Of several accepted numbers or places of a school, the latest; equal dates must agree.

    An office's decision in the file of objections counts for the judgement.

    Returns
    -------
    dict of Objection
        The one that counts, by NPSN.
    """
    of_school: dict[str, list[int]] = {}
    for at, each in enumerate(objections):
        decided = each.decision == "accepted" and each.npsn in listed.schools
        if each.code == code and (verdicts[at] == _ACCEPTED or decided) and each.date is not None:
            of_school.setdefault(each.npsn, []).append(at)
    counted = {}
    for npsn, rows in of_school.items():
        latest = max(day for at in rows if (day := objections[at].date) is not None)
        last = [at for at in rows if objections[at].date == latest]
        agree = _agree([objections[at] for at in last], rules)
        for at in rows:
            if at not in last:
                verdicts[at] = Verdict("rejected", "superseded")
            elif not agree and not objections[at].decision:
                verdicts[at] = Verdict("verify", "contradictory")
        if agree or any(objections[at].decision == "accepted" for at in last):
            decided_first = sorted(last, key=lambda at: not objections[at].decision)
            counted[npsn] = objections[decided_first[0]]
    return counted


def _agree(objections: Iterable[Objection], rules: Objections) -> bool:
    first, *others = objections
    if first.code == "enrolment":
        return all(each.students == first.students for each in others)
    return all(_metres(each, first.lat, first.lon) < rules.places.least_m for each in others)


def _test(
    each: Objection, moved: Objection | None, listed: ListedSchools, rules: Objections
) -> Verdict:
    """Whether a test was made where the school stands, or where an objection proves it stands."""
    school, least_m = listed.schools[each.npsn], rules.tests.least_radius_m
    lat, lon, radius_m = school.lat, school.lon, school.radius_m
    if moved is not None:
        lat, lon, radius_m = moved.lat, moved.lon, listed.repaired_radius_m
    if _metres(each, lat, lon) <= max(radius_m, least_m):
        return _ACCEPTED
    is_located = not math.isnan(lat)
    if is_located and (moved is not None or not school.in_claimed_area):
        return Verdict("rejected", "outside_circle")
    km = listed.claimed_km(each.npsn, each.lat, each.lon)
    if km > 0:  # without a usable location there is no circle
        return Verdict("rejected", "outside_claimed_area")
    return _ACCEPTED if is_located and km == 0 else Verdict("verify", "school_not_located")


def _count_tests(
    objections: Sequence[Objection], verdicts: list[Verdict], rules: Objections
) -> None:
    """Reject tests of a school that are too few, or on too few days, to be evidence."""
    groups: dict[tuple[str, str], list[int]] = {}
    for at, each in enumerate(objections):
        if each.code in TESTED and verdicts[at] == _ACCEPTED:
            groups.setdefault((each.npsn, each.code), []).append(at)
    for rows in groups.values():
        # Of one moment there is one test, however often its row is written differently.
        moments = {(objections[at].date, objections[at].time) for at in rows}
        fault = ""
        if len(moments) < rules.tests.minimum_tests:
            fault = "too_few_tests"
        elif len({day for day, _ in moments}) < rules.tests.minimum_days:
            fault = "too_few_days"
        for at in rows:
            if fault:
                verdicts[at] = Verdict("rejected", fault)


def _metres(each: Objection, lat: float, lon: float) -> float:
    """Distance of an objection's place from another one, m; infinite where this is unknown."""
    if math.isnan(lat) or math.isnan(lon):
        return math.inf
    return float(geodesy.distance_m([each.lat], [each.lon], [lat], [lon])[0])
