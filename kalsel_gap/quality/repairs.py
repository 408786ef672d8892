"""Repairs: proposed with evidence, reviewed by a person, accepted or refused.

A repair of a location is one of the candidates of
:func:`kalsel_gap.sources.coordinates.candidates`: what was given with one change or two. It is
proposed when it alone, among those with the fewest changes, falls where the row says that its
school lies. The smallest claimed area decides:

==================  ==========================================================  ==========
claim that is known a candidate fits                                            confidence
==================  ==========================================================  ==========
kecamatan (desa)    within ``near_km`` of its polygon                           high
kabupaten           the same, where none fits the kecamatan                     medium
kabupaten, by name  the same, of the circle that holds its other schools        medium
nothing             inside the project's area                                   low
==================  ==========================================================  ==========

Where no candidate fits or several do, nothing is proposed but the polygon of the claimed desa or
kecamatan, as an *area*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kalsel_gap.errors import InputError, KalselGapError, SeveralErrors
from kalsel_gap.findings import Finding, at_school
from kalsel_gap.quality.claimed_areas import LEVELS
from kalsel_gap.sources import coordinates
from kalsel_gap.sources.coordinate_pairs import split_pair
from kalsel_gap.sources.degrees import plain_degrees
from kalsel_gap.sources.repairs import COLUMNS, is_of, read_repairs, same_cell, same_place

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.base import Sureness
    from kalsel_gap.project.model import Opened
    from kalsel_gap.quality.claimed_areas import Claims
    from kalsel_gap.quality.value_repairs import ValueProposal
    from kalsel_gap.sources.repairs import Repair

_ROWS_OF_A_ZONE = 5  # fewer rows show no zone


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed location, and the finding that it answers.

    Attributes
    ----------
    finding : Finding
        With the proposal in words and its evidence.
    at : int
        Position of the row.
    name, lat_given, lon_given : str
        The row as given.
    lat, lon : float
        Degrees; NaN for an area.
    area : str
        Code and name of the polygon offered instead of a point; empty for a point.
    confidence : {'high', 'medium', 'low'}
        How sure it is.
    """

    finding: Finding
    at: int
    name: str
    lat_given: str
    lon_given: str
    lat: float
    lon: float
    area: str
    confidence: Sureness


def propose_repairs(
    schools: gpd.GeoDataFrame, claims: Claims, opened: Opened
) -> tuple[list[Finding], list[Proposal]]:
    """Findings about locations as they were given, and what is proposed for them.

    Parameters
    ----------
    schools : GeoDataFrame
        With ``row_id``, ``npsn``, ``name``, ``kabupaten``, ``lat_given``, ``lon_given``.
    claims : Claims
        The areas that the rows claim.
    opened : Opened
        The project.

    Returns
    -------
    findings : list of Finding
        One for each location that is unusable or suspect as given, even if a repair of it has
        been accepted.
    proposals : list of Proposal
        Those of the findings that have a proposal.
    """
    texts = schools["lat_given"], schools["lon_given"]
    fault = coordinates.location_errors(*texts, claims.bounds).to_numpy()
    given = [np.asarray(plain_degrees(text)) for text in texts]
    suspect = (fault == "") & (_claimed_km(claims, given) > opened.project.repairs.far_km)
    doubted = np.flatnonzero((fault != "") | suspect)
    rows = schools.iloc[doubted]
    found = coordinates.candidates(
        rows["lat_given"].tolist(), rows["lon_given"].tolist(), claims.bounds
    ).assign(at=lambda frame: doubted[frame["at"]])
    chosen = _chosen(found, claims, opened, suspect)
    findings, proposals = [], []
    facts = rows[["row_id", "npsn", "name", "lat_given", "lon_given", "kabupaten"]].fillna("")
    for at, row in zip(doubted.tolist(), facts.itertuples(index=False), strict=True):
        place = chosen.get(at)
        if place is None and suspect[at]:
            continue
        area = "" if place else _offered(claims, at)
        evidence = _evidence(claims, at, given, place, row.kabupaten) if place or area else {}
        repair = place.code if place else fault[at]
        sure: Sureness = place.confidence if place else "low"
        said = coordinates.format_coordinates(place.lat, place.lon) if place else area
        finding = at_school(
            "location_suspect" if suspect[at] else repair,
            row.row_id,
            row.npsn,
            column="lat, lon",
            value=_shown(row.lat_given, row.lon_given),
            proposal=said,
            evidence=evidence,
            parameters={"confidence": sure, "repair": repair} if said else {},
        )
        findings.append(finding)
        if said:
            lat, lon = (place.lat, place.lon) if place else (np.nan, np.nan)
            proposals.append(
                Proposal(finding, at, row.name, row.lat_given, row.lon_given, lat, lon, area, sure)
            )
    return findings, proposals


def _shown(lat: str, lon: str) -> str:
    """A location as given; of a cell with both coordinates that cell alone."""
    return lat or lon if split_pair(lat, lon) else f"{lat}, {lon}"


@dataclass(frozen=True, slots=True)
class _Place:
    """The candidate that is proposed for a row."""

    code: str
    lat: float
    lon: float
    confidence: Sureness


def _claimed_km(claims: Claims, given: Sequence[FloatArray]) -> FloatArray:
    """Distance of each given place from the smallest area that its row claims, km."""
    rows = np.arange(len(given[0]))
    km = np.full(len(rows), np.nan)
    for level in LEVELS:
        todo = np.isnan(km)
        km[todo] = claims.distance_km(level, rows[todo], given[0][todo], given[1][todo])
    return km


def _chosen(
    found: pd.DataFrame,
    claims: Claims,
    opened: Opened,
    suspect: NDArray[np.bool_],
) -> dict[int, _Place]:
    """The one candidate of each row that the smallest decisive claim selects."""
    near_km = opened.project.repairs.near_km
    found = _of_one_zone(found)
    at = found["at"].to_numpy()
    lat, lon = found["lat"].to_numpy(), found["lon"].to_numpy()
    km = {level: claims.distance_km(level, at, lat, lon) for level in LEVELS}
    claimless = np.isnan(list(km.values())).all(axis=0)
    tiers: tuple[tuple[Sureness, NDArray[np.bool_]], ...] = (
        ("high", (km["desa"] <= near_km) | (km["kecamatan"] <= near_km)),
        ("medium", (km["kabupaten"] <= near_km) | (km["peers"] <= near_km)),
        ("low", np.asarray(claimless)),
    )
    chosen: dict[int, _Place] = {}
    settled: set[int] = set()
    for sure, fits in tiers:
        # A usable place is doubted only by the smallest claimed area, never by a wider one.
        fits = fits & (~suspect[at] | (sure == "high") | np.isnan(km["kecamatan"]))  # noqa: PLW2901
        for row, fitting in found[fits].groupby("at"):
            if row in settled:
                continue
            settled.add(row)
            fewest = fitting[fitting["changes"] == fitting["changes"].min()]
            if len(fewest) == 1:
                code, y, x = fewest.iloc[0][["code", "lat", "lon"]]
                chosen[int(row)] = _Place(str(code), float(y), float(x), sure)
    return chosen


def _of_one_zone(found: pd.DataFrame) -> pd.DataFrame:
    """Candidates without those of map projections in which only some of the metres fit.

    Where one zone alone puts all rows of metres inside the bounds, it is the zone of them all.
    """
    metres = found[found["epsg"] != 0]
    rows = metres["at"].nunique()
    fitting = metres.groupby("epsg")["at"].nunique()
    zones = fitting.index[fitting == rows]
    if rows < _ROWS_OF_A_ZONE or len(zones) != 1:
        return found
    return found.loc[found["epsg"].isin((0, zones[0]))]


def _offered(claims: Claims, at: int) -> str:
    """The polygon that can take the place of a point: of the claimed desa, otherwise kecamatan."""
    level = claims.smallest(at, ("desa", "kecamatan"))
    name = claims.name(level, at) if level else ""
    return name if " " in name else ""  # without a code nothing can refer to it


def _evidence(
    claims: Claims,
    at: int,
    given: Sequence[FloatArray],
    place: _Place | None,
    kabupaten: str,
) -> dict[str, object]:
    """How far the given and the proposed place lie from the claimed area."""
    level = claims.smallest(at)
    evidence: dict[str, object] = {"claimed": claims.name(level, at) if level else kabupaten}
    places = {"before_km": (given[0][at], given[1][at])}
    if place is not None:
        places["after_km"] = (place.lat, place.lon)
        evidence["lies_in"] = claims.holding(place.lat, place.lon)
    for name, (lat, lon) in places.items():
        if level and lat != 0 and lon != 0:  # from a zero coordinate there is no distance
            km = float(claims.distance_km(level, [at], [lat], [lon])[0])
            evidence |= {name: round(km, 2)} if np.isfinite(km) else {}
    return evidence


# --- the table that a person reviews -----------------------------------------------------------


def as_table(proposals: Iterable[Proposal], values: Iterable[ValueProposal] = ()) -> pd.DataFrame:
    """The proposals as the table that a person reviews: ``accept`` and ``why`` are empty."""
    import pandas as pd

    rows = [
        {
            **_shared(p.finding, p.finding.code, p.name, p.confidence),
            "area": p.area,
            "lat_given": p.lat_given,
            "lon_given": p.lon_given,
            "lat": np.round(p.lat, coordinates.DECIMALS),
            "lon": np.round(p.lon, coordinates.DECIMALS),
            **{name: p.finding.evidence.get(name, np.nan) for name in ("before_km", "after_km")},
        }
        for p in proposals
    ]
    rows += [
        {
            **_shared(p.finding, p.code, p.name, p.confidence),
            "column": p.finding.column,
            "given": p.finding.value,
            "proposed": p.finding.proposal,
            **dict.fromkeys(("lat", "lon", "before_km", "after_km"), np.nan),
        }
        for p in values
    ]
    rows.sort(key=lambda row: (row["file"], row["row"] or 0, row["column"]))
    numbers = dict.fromkeys(("lat", "lon", "before_km", "after_km"), "float64")
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(numbers)


def _shared(finding: Finding, code: str, name: str, sure: Sureness) -> dict[str, Any]:
    """The columns that a proposal of any kind fills."""
    known = {"file": finding.file, "row": finding.row, "npsn": finding.npsn}
    said = {"name": name, "code": code, "confidence": sure}
    return {**dict.fromkeys(COLUMNS, ""), **known, **said}


def accepted(path: Path, proposed: pd.DataFrame) -> tuple[pd.DataFrame, set[tuple[str, int, str]]]:
    """The proposals that a reviewed table accepts, and the rows that it answers for.

    Parameters
    ----------
    path : Path
        The table of :func:`as_table`, with ``accept`` filled in.
    proposed : DataFrame
        What is proposed for the register as it is today.

    Returns
    -------
    chosen : DataFrame
        Accepted rows of `proposed`.
    answered : set of (file, row, column)
        What the table accepts or refuses; an empty cell is not an answer. The column is empty for
        a location.

    Raises
    ------
    SeveralErrors
        Accepted rows that are not current proposals: of a row that is missing or has changed,
        with an edited value, or accepted twice.
    InputError
        The table cannot be read.
    """
    rows = [*zip(proposed["file"], proposed["row"], proposed["column"], strict=True)]
    by_row = dict(zip(rows, proposed.to_dict("records"), strict=True))
    chosen: set[tuple[str, int, str]] = set()
    answered: set[tuple[str, int, str]] = set()
    faults: list[KalselGapError] = []
    for repair in read_repairs(path):
        key = (repair.file, repair.row, repair.column)
        if repair.accepted or repair.refused:
            answered.add(key)
        if not repair.accepted:
            continue
        if fault := "twice" if key in chosen else _fault(repair, by_row.get(key)):
            where = f"{repair.file}:{repair.row}"
            faults.append(
                InputError(
                    f"repair_{fault}", path=path, row=repair.line, npsn=repair.npsn, row_id=where
                )
            )
        else:
            chosen.add(key)
    if faults:
        raise SeveralErrors(faults)
    return proposed[[row in chosen for row in rows]], answered


def _fault(repair: Repair, proposal: Mapping[Hashable, Any] | None) -> str:
    """Why an accepted row cannot be applied; empty if it can."""
    if proposal is None:
        return "not_proposed"
    if repair.column:
        if not same_cell(repair.given, proposal["given"]):
            return "row_changed"
        return "" if same_cell(repair.proposed, proposal["proposed"]) else "edited"
    if not is_of(repair, proposal["npsn"], proposal["lat_given"], proposal["lon_given"]):
        return "row_changed"
    if proposal["area"]:
        edited = repair.area != proposal["area"].partition(" ")[0] or not np.isnan(repair.lat)
    else:
        edited = bool(repair.area) or not same_place(repair, proposal["lat"], proposal["lon"])
    return "edited" if edited else ""
