"""Each code with evidence that is enough and evidence that is not, by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.project.base import default_values
from kalsel_gap.project.objections import Objections
from kalsel_gap.quality.objections import ListedSchool, ListedSchools, judge_objections
from kalsel_gap.sources.objections import CODES, JUDGEMENTS, Objection

if TYPE_CHECKING:
    from collections.abc import Sequence

RULES = Objections.model_validate(default_values("objections"), context={"folder": Path()})
NAN = math.nan
A, UNPLACED, DOUBTFUL, FIXED = "00000001", "00000002", "00000003", "00000004"
_METRES = 111_320.0  # of a degree of longitude at the equator


def claimed_km(npsn: str, lat: float, lon: float) -> float:
    """The school claims what lies east of 115°; the unplaced one claims nothing that is known."""
    if npsn == UNPLACED:
        return NAN
    return max(0.0, (115.0 - lon) * _METRES / 1000)


LISTED = ListedSchools(
    {
        A: ListedSchool("SD", 0.0, 115.5, 250.0, False, 100.0, False),
        UNPLACED: ListedSchool("SD", NAN, NAN, NAN, False, NAN, False),
        DOUBTFUL: ListedSchool("SD", 0.0, 115.5, 50.0, True, 0.0, False),
        FIXED: ListedSchool("SMP", 0.0, 115.5, 50.0, False, 100.0, True),
    },
    (-5.0, 113.0, 1.0, 117.0),
    claimed_km,
    1000.0,
    lambda level: 1500.0 if level == "SD" else 3000.0,
)
FRIDAY = date(2026, 11, 20)
TODAY = date(2026, 11, 29)


USUAL: dict[str, dict[str, Any]] = {
    "availability": {"evidence": "bill", "service": "fixed"},
    "speed": {"evidence": "test", "time": "09:00", "down_mbps": 2.0},
    "latency": {"evidence": "test", "time": "09:00", "down_mbps": 2.0, "latency_ms": 700.0},
    "location": {"evidence": "photo", "lat": 0.01234, "lon": 115.51234},
    "enrolment": {"evidence": "register", "students": 150.0},
    "planned": {"evidence": "contract", "reference": "12/2026"},
    "closed": {"evidence": "decree", "reference": "12/2026"},
}


def objection(code: str, **given_: Any) -> Objection:
    usual: dict[str, Any] = dict(USUAL[code])
    if code in ("speed", "latency"):
        usual |= {"lat": 0.0, "lon": 115.5}
    base: dict[str, Any] = {
        "row": 2,
        "npsn": A,
        "code": code,
        "filed": FRIDAY,
        "date": date(2026, 11, 16),
        "time": "",
        "reference": "",
        "service": "",
        "signer": "office",
        "lat": NAN,
        "lon": NAN,
        "down_mbps": NAN,
        "up_mbps": NAN,
        "latency_ms": NAN,
        "students": NAN,
    }
    if code == "availability":
        base["signer"] = "principal"
    return Objection(**(base | usual | given_))


def speed_rows(
    code: str = "speed", days: Sequence[int] = (16, 17, 18), **given_: Any
) -> list[Objection]:
    return [
        objection(code, date=date(2026, 11, day), row=n, **given_)
        for n, day in enumerate(days, start=2)
    ]


def judged(*objections: Objection, listed: ListedSchools = LISTED) -> list[tuple[str, str]]:
    found = judge_objections(objections, listed, RULES, today=TODAY)
    assert [each.identity() for each in found] == [each.identity() for each in objections]
    return [(each.judgement, each.reason) for each in found]


ENOUGH = ("accepted", "enough")


@pytest.mark.parametrize("code", CODES)
def test_each_code_with_good_evidence_is_accepted(code: str) -> None:
    rows = speed_rows(code) if code in ("speed", "latency") else [objection(code)]
    assert judged(*rows) == [ENOUGH] * len(rows)


@pytest.mark.parametrize(
    ("code", "given_", "expected"),
    [
        ("availability", {"evidence": "photo"}, ("rejected", "evidence_unfit")),
        ("availability", {"service": ""}, ("rejected", "value_missing")),
        ("availability", {"service": "none"}, ("verify", "measure_first")),
        ("availability", {"service": "mobile"}, ("verify", "measure_first")),
        ("availability", {"npsn": FIXED}, ("rejected", "as_listed")),
        ("availability", {"signer": "provider"}, ("verify", "signer_unfit")),
        ("availability", {"evidence": "letter"}, ("rejected", "reference_missing")),
        ("location", {"lat": NAN}, ("rejected", "place_missing")),
        ("location", {"lat": 3.12345}, ("rejected", "outside_area")),
        ("location", {"lat": 0.01, "lon": 115.51}, ("rejected", "few_decimals")),
        ("location", {"lat": 0.0, "lon": 115.50012}, ("rejected", "as_listed")),
        ("location", {"lon": 114.91234}, ("verify", "far_from_area")),
        ("location", {"lon": 114.99123}, ENOUGH),  # 1 km from the area
        ("location", {"npsn": UNPLACED}, ("verify", "no_area")),
        ("location", {"signer": "public"}, ("verify", "signer_unfit")),
        ("location", {"date": date(2023, 11, 19)}, ("rejected", "expired")),
        ("location", {"date": date(2023, 11, 20)}, ENOUGH),
        ("enrolment", {"students": NAN}, ("rejected", "value_missing")),
        ("enrolment", {"students": 0.0}, ("rejected", "implausible")),
        ("enrolment", {"students": 1501.0}, ("rejected", "implausible")),
        ("enrolment", {"students": 100.0}, ("rejected", "as_listed")),
        ("enrolment", {"students": 201.0}, ("verify", "large_change")),
        ("enrolment", {"students": 49.0}, ("verify", "large_change")),
        ("enrolment", {"students": 200.0}, ENOUGH),
        ("enrolment", {"npsn": DOUBTFUL, "students": 900.0}, ENOUGH),  # none is listed
        ("enrolment", {"npsn": UNPLACED, "students": 900.0}, ENOUGH),
        ("enrolment", {"date": date(2025, 11, 19)}, ("rejected", "expired")),
        ("planned", {"evidence": "photo"}, ("rejected", "evidence_unfit")),
        ("planned", {"reference": ""}, ("rejected", "reference_missing")),
        ("planned", {"signer": "village"}, ("verify", "signer_unfit")),
        ("closed", {"evidence": "letter"}, ("rejected", "evidence_unfit")),
        ("closed", {"signer": "public"}, ("verify", "signer_unfit")),
        ("closed", {"date": date(2026, 11, 21)}, ("rejected", "date_later")),
        ("closed", {"npsn": ""}, ("rejected", "npsn_unread")),
        ("closed", {"npsn": "12345678"}, ("rejected", "npsn_unknown")),
        ("closed", {"filed": None}, ("rejected", "filed_missing")),
        ("closed", {"date": None}, ("rejected", "date_missing")),
        ("closed", {"filed": TODAY}, ENOUGH),
        ("closed", {"filed": TODAY + timedelta(days=1)}, ("rejected", "filed_later")),
        ("closed", {"filed": date(2099, 1, 1)}, ("rejected", "filed_later")),
        ("closed", {"unread": ("reference",)}, ("rejected", "reference_unread")),
        ("location", {"unread": ("reference",)}, ENOUGH),  # a photograph needs no number
        ("closed", {"signer": ""}, ("rejected", "signer_unread")),
        ("closed", {"evidence": ""}, ("rejected", "evidence_unread")),
        ("closed", {"npsn": "", "is_example": True}, ("rejected", "example")),
    ],
)
def test_one_row(code: str, given_: dict[str, Any], expected: tuple[str, str]) -> None:
    assert judged(objection(code, **given_)) == [expected]


@pytest.mark.parametrize("code", ["speed", "latency"])
@pytest.mark.parametrize(
    ("given_", "reason"),
    [
        ({"down_mbps": NAN}, "value_missing"),
        ({"time": ""}, "time_missing"),
        ({"time": "06:59"}, "outside_school_hours"),
        ({"time": "15:01"}, "outside_school_hours"),
        ({"date": date(2026, 11, 15)}, "outside_school_hours"),  # a Sunday
        ({"lat": NAN}, "place_missing"),
        ({"lon": 115.5 + 251 / _METRES}, "outside_circle"),
        ({"date": date(2025, 11, 19)}, "expired"),
        ({"evidence": "photo"}, "evidence_unfit"),
    ],
)
def test_a_bad_test_does_not_count_and_leaves_too_few(
    code: str, given_: dict[str, Any], reason: str
) -> None:
    good = speed_rows(code, (16, 17))
    assert judged(*good, objection(code, **given_)) == [
        *[("rejected", "too_few_tests")] * 2,
        ("rejected", reason),
    ]
    # With a third good one the bad one alone is rejected.
    assert judged(*good, objection(code, **given_), *speed_rows(code, (18,))) == [
        *[ENOUGH] * 2,
        ("rejected", reason),
        ENOUGH,
    ]


def test_edges_of_school_hours_circle_and_age_belong_to_them() -> None:
    edges = [
        objection("speed", time="07:00"),
        objection("speed", time="15:00", date=date(2026, 11, 17), lon=115.5 + 249 / _METRES),
        objection("speed", date=date(2025, 11, 20)),
    ]
    assert judged(*edges) == [ENOUGH] * 3


def old_tests(year: int) -> list[Objection]:
    """Three good tests of another year, filed a few days after them."""
    return [
        objection("speed", date=date(year, 7, day), filed=date(year, 7, 20)) for day in (14, 15, 16)
    ]


def test_old_tests_are_not_valid_by_writing_an_earlier_day_of_the_objection() -> None:
    reaching = replace(LISTED, until=date(2026, 7, 1))
    assert judged(*old_tests(2020)) == [ENOUGH] * 3  # of a project that states no date
    assert judged(*old_tests(2020), listed=reaching) == [("rejected", "expired")] * 3
    assert judged(*old_tests(2026), listed=reaching) == [ENOUGH] * 3
    # A year before the day of the data is the edge.
    edge = replace(LISTED, until=date(2026, 7, 14))
    assert judged(*old_tests(2025), listed=edge) == [ENOUGH] * 3
    past = replace(LISTED, until=date(2026, 7, 17))
    assert judged(*old_tests(2025), listed=past) == [("rejected", "expired")] * 3


def test_data_of_a_later_day_than_the_judgement_make_nothing_older() -> None:
    """A project may state a year, which ends after the day of the import."""
    ahead = replace(LISTED, until=date(2027, 12, 31))
    assert judged(*speed_rows(), listed=ahead) == [ENOUGH] * 3
    old = objection("enrolment", date=date(2025, 11, 28), filed=date(2025, 12, 1))
    assert judged(old, listed=ahead) == [("rejected", "expired")]  # 12 months before TODAY
    assert judged(replace(old, date=date(2025, 11, 29)), listed=ahead) == [ENOUGH]


def test_the_same_day_judges_alike() -> None:
    rows = [*old_tests(2026), *speed_rows(), objection("closed", filed=TODAY)]
    once = judge_objections(rows, LISTED, RULES, today=TODAY)
    assert judge_objections(once, LISTED, RULES, today=TODAY) == once


def shows(signal: str) -> ListedSchools:
    schools = {A: LISTED.schools[A]._replace(signal=signal)}
    return replace(LISTED, schools=schools)


@pytest.mark.parametrize("service", ["none", "mobile"])
def test_what_the_list_shows_of_the_signal_itself_is_no_objection(service: str) -> None:
    stated = objection("availability", service=service)
    open_ = [("verify", "measure_first")]
    assert judged(stated, listed=shows(service)) == [("rejected", "as_listed")]
    assert judged(stated, listed=shows("mobile" if service == "none" else "none")) == open_
    assert judged(stated, listed=shows("")) == open_


def test_opposite_statements_stay_open() -> None:
    none, mobile = (objection("availability", service=name) for name in ("none", "mobile"))
    for signal in ("", "none", "mobile"):
        assert judged(none, mobile, listed=shows(signal)) == [("verify", "measure_first")] * 2
    refused = replace(mobile, decision="rejected")
    assert judged(none, refused, listed=shows("none"))[0] == ("rejected", "as_listed")


def test_a_school_may_have_a_fixed_network_and_no_signal() -> None:
    fixed = objection("availability")
    no_signal = objection("availability", service="none")
    assert judged(fixed, no_signal) == [ENOUGH, ("verify", "measure_first")]
    assert judged(no_signal, fixed)[1] == ENOUGH


def test_latency_needs_the_download_of_the_same_test() -> None:
    assert judged(*speed_rows("latency", latency_ms=NAN)) == [("rejected", "value_missing")] * 3


@pytest.mark.parametrize("code", ["speed", "latency"])
def test_tests_that_anybody_signs_must_be_confirmed(code: str) -> None:
    for signer in ("operator", "committee", "village", "provider", "public"):
        assert judged(*speed_rows(code, signer=signer)) == [("verify", "signer_unfit")] * 3
    for signer in ("principal", "office"):
        assert judged(*speed_rows(code, signer=signer)) == [ENOUGH] * 3


def test_three_tests_of_two_days_are_too_few_days() -> None:
    rows = [*speed_rows(days=(16, 17)), objection("speed", date=date(2026, 11, 17), time="10:00")]
    assert judged(*rows) == [("rejected", "too_few_days")] * 3
    # The same moment written twice is one test.
    again = [*speed_rows(days=(16, 17)), objection("speed", date=date(2026, 11, 17), down_mbps=3.0)]
    assert judged(*again) == [("rejected", "too_few_tests")] * 3


def test_a_repeated_row_counts_once() -> None:
    closed = objection("closed")
    assert judged(closed, closed) == [ENOUGH, ("rejected", "repeated")]
    first, *_ = speed_rows()
    assert judged(*[first] * 3) == [("rejected", "too_few_tests"), *[("rejected", "repeated")] * 2]


def test_a_small_circle_is_as_wide_as_the_grounds() -> None:
    near = speed_rows(npsn=FIXED, lon=115.5 + 99 / _METRES)  # its circle has 50 m
    assert judged(*near) == [ENOUGH] * 3
    far = speed_rows(npsn=FIXED, lon=115.5 + 101 / _METRES)
    assert judged(*far) == [("rejected", "outside_circle")] * 3


def test_where_the_place_of_a_school_is_doubtful_its_area_counts() -> None:
    assert judged(*speed_rows(npsn=DOUBTFUL, lon=116.2)) == [ENOUGH] * 3
    outside = speed_rows(npsn=DOUBTFUL, lon=114.9)
    assert judged(*outside) == [("rejected", "outside_claimed_area")] * 3
    unplaced = speed_rows(npsn=UNPLACED)
    assert judged(*unplaced) == [("verify", "school_not_located")] * 3


def test_tests_are_made_where_an_accepted_objection_shows_the_school() -> None:
    moved = objection("location", lat=0.1, lon=115.61234)
    there = speed_rows(lat=0.1, lon=115.61234 + 900 / _METRES)
    assert judged(*there, moved) == [ENOUGH] * 4
    assert judged(*speed_rows(), moved) == [*[("rejected", "outside_circle")] * 3, ENOUGH]


def test_of_several_numbers_the_latest_counts_and_equal_dates_must_agree() -> None:
    old = objection("enrolment", date=date(2026, 8, 1), students=120.0)
    new = objection("enrolment")
    assert judged(old, new) == [("rejected", "superseded"), ENOUGH]
    other = replace(new, students=160.0)
    assert judged(new, other) == [("verify", "contradictory")] * 2
    settled = replace(other, decision="accepted")
    assert judged(new, settled)[1] == ENOUGH
    near = objection("location", lat=0.01235)
    assert judged(objection("location"), near) == [ENOUGH] * 2
    apart = objection("location", lat=0.09876)
    assert judged(objection("location"), apart) == [("verify", "contradictory")] * 2


def test_a_row_without_a_code_is_rejected() -> None:
    assert judged(replace(objection("closed"), code="")) == [("rejected", "code_unread")]


def test_a_code_that_the_project_does_not_take_is_rejected() -> None:
    rules = RULES.model_copy(update={"codes": {}})
    (found,) = judge_objections([objection("closed")], LISTED, rules, today=TODAY)
    assert (found.judgement, found.reason) == ("rejected", "code_not_open")


@given(
    rows=st.lists(
        st.builds(
            lambda code, npsn, days, time, decided: objection(
                code,
                npsn=npsn,
                date=FRIDAY - timedelta(days=days),
                time=time,
                decision=decided,
            ),
            st.sampled_from(CODES),
            st.sampled_from([*LISTED.schools, "", "9"]),
            st.integers(-3, 500),
            st.sampled_from(["", "06:00", "08:00", "12:00"]),
            st.sampled_from(["", "accepted", "rejected"]),
        ),
        max_size=12,
    ),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_the_rows_decides_nothing(rows: list[Objection], order: Any) -> None:
    """But which of equal rows is the repeated one."""
    distinct = list({each.identity(): each for each in rows}.values())
    first = {e.identity(): e for e in judge_objections(distinct, LISTED, RULES, today=TODAY)}
    order.shuffle(distinct)
    for each in judge_objections(distinct, LISTED, RULES, today=TODAY):
        assert each.judgement in JUDGEMENTS
        assert each.reason
        assert each == first[each.identity()]
