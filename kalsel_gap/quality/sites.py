"""Radio sites: where they stand, what antennas and carriers they have, who runs them."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding
from kalsel_gap.geo import geodesy, sample_points
from kalsel_gap.quality.coverage import bounds
from kalsel_gap.quality.unusable_files import file_finding
from kalsel_gap.sources.boundaries import read_areas
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.columns import recognise
from kalsel_gap.sources.coordinate_pairs import split_column
from kalsel_gap.sources.sites import (
    ALIASES,
    NEEDED,
    implausible,
    read_source,
    read_source_table,
    site_places,
)
from kalsel_gap.sources.table_names import RowKeys
from kalsel_gap.sources.table_parts import ROW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.project.checks import SitesCheck
    from kalsel_gap.project.inputs import Elevation, Sites
    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.radio import Carrier, Mobile
    from kalsel_gap.sources.tables import RawTable


_MARK = re.compile(r"(.+?)(?:[\s_.-]+[a-z]|[\s_.-]*\d+)")
_CELL_ID = "cell"  # OpenCelliD numbers cells, of which a site has several


def check_sites(opened: Opened, schools: pd.DataFrame) -> list[Finding]:  # noqa: ARG001 - as its siblings
    """Findings about every table of radio sites.

    Parameters
    ----------
    opened : Opened
        The project.
    schools : DataFrame
        Not used: sites are compared with the project's area.
    """
    findings = []
    area = _area(opened)
    for source in opened.project.sites:
        file = opened.shown(source.path)
        try:
            read, found = read_source(source, opened)
            table = read_source_table(source)
            keys = RowKeys(table.files(file), table.cells[ROW], file)
            read["row"] = keys.of(read)
            given = _given(source, table, keys, opened)
            told = [
                *_places(keys.keyed(found), given, area, opened, file),
                *_equipment(read, opened.project.file_checks.sites, file),
                *_unpredictable(read, opened.project.radio.carriers, file),
                *_duplicates(_with_azimuth(read, source, table, keys), opened, file),
                *_spellings(read, opened, file),
            ]
            findings += keys.named(told)
        except InputError as error:
            findings.append(file_finding(error, file))
    return findings


# --- where they stand ---------------------------------------------------------------------------


def _area(opened: Opened) -> gpd.GeoSeries:
    """The project's area: its widest readable boundaries, otherwise the bounds for schools."""
    import geopandas as gpd
    import shapely

    for level in opened.project.boundaries.files():
        try:
            areas = read_areas(opened, level)
        except InputError:  # a finding of the check of boundaries
            continue
        if areas is not None and len(areas):
            return areas.geometry
    south, west, north, east = bounds(opened)
    return gpd.GeoSeries([shapely.box(west, south, east, north)], crs="EPSG:4326")


def _given(source: Sites, table: RawTable, keys: RowKeys, opened: Opened) -> pd.DataFrame:
    """Row, texts and numbers of all coordinates, including unusable ones."""
    header = recognise(table, ALIASES, override=source.columns)
    texts = {name: table.cells[header[name]] for name in ("lat", "lon")}
    if header["lat"] == header["lon"]:
        texts["lat"], texts["lon"] = split_column(texts["lat"], header["lat"])
    given = pd.DataFrame({"row": keys.of_table})
    given["given_lat"], given["given_lon"] = texts["lat"], texts["lon"]
    given["lat"], given["lon"], _ = site_places(texts, source, opened, "")
    return given


def _places(
    found: list[Finding], given: pd.DataFrame, area: gpd.GeoSeries, opened: Opened, file: str
) -> list[Finding]:
    """Sites outside the area; a proposal replaces the reader's finding about the same row."""
    limits = opened.project.file_checks.sites
    known = given[given["lat"].notna() & given["lon"].notna()]
    known = known[(known["lat"] != 0) | (known["lon"] != 0)]
    distance_km = _distance_km(known["lat"], known["lon"], area)
    off = known.assign(distance_km=distance_km)[distance_km * 1000 > limits.border_tolerance_m]
    proposed = _proposals(off[off["distance_km"] > limits.reach_km], area, file)
    proposed_rows = {f.row for f in proposed}
    rest = off[~off["row"].isin(proposed_rows) & np.isfinite(off["distance_km"])]
    kept = [f for f in found if not (f.code == "site_unusable" and f.row in proposed_rows)]
    return kept + proposed + _outside(rest, opened, limits, file)


def _distance_km(lat: pd.Series[float], lon: pd.Series[float], area: gpd.GeoSeries) -> FloatArray:
    """Distance of each place to the area, 0 inside; infinite if it is not a place on Earth."""
    import shapely

    y, x = lat.to_numpy("float64"), lon.to_numpy("float64")
    distance = np.where((np.abs(y) <= 90) & (np.abs(x) <= 180), np.nan, np.inf)
    shapes = area.to_numpy()
    inside, _ = shapely.STRtree(shapely.points(x, y)).query(shapes, predicate="intersects")[::-1]
    distance[inside] = 0.0
    off = np.isnan(distance)
    if off.any():
        distance[off] = geodesy.nearest_line_m(y[off], x[off], shapes, segment_m=2000.0) / 1000
    return distance


def _proposals(far: pd.DataFrame, area: gpd.GeoSeries, file: str) -> list[Finding]:
    """Places far away that lie inside after swapping or with a minus sign."""
    unsigned = far[far["lat"] > 0]
    minus = "-" + unsigned["given_lat"].str.lstrip("+")
    ways = (
        ("site_swapped", far, far["lon"], far["lat"], far["given_lon"] + ", " + far["given_lat"]),
        (
            *("site_sign_missing", unsigned, -unsigned["lat"], unsigned["lon"]),
            minus + ", " + unsigned["given_lon"],
        ),
    )
    findings: dict[int, Finding] = {}
    for code, rows, lat, lon, proposal in ways:
        inside = _distance_km(lat, lon, area) == 0.0
        for row, y, x, better, distance_km in zip(
            *(rows[name][inside] for name in ("row", "given_lat", "given_lon")),
            *(proposal[inside], rows["distance_km"][inside]),
            strict=True,
        ):
            before = {"before_km": round(distance_km, 1)} if np.isfinite(distance_km) else {}
            finding = Finding(
                code,
                file=file,
                row=int(row),
                column="lat, lon",
                value=f"{y}, {x}",
                proposal=better,
                evidence={**before, "after_km": 0.0},
            )
            findings.setdefault(int(row), finding)
    return [findings[row] for row in sorted(findings)]


def _outside(off: pd.DataFrame, opened: Opened, limits: SitesCheck, file: str) -> list[Finding]:
    """Sites outside the area: at sea, too far to serve a school, or across the border."""
    at_sea = _at_sea(off, opened.project.elevation, limits)
    codes = np.where(off["distance_km"] > limits.reach_km, "site_far_away", "site_outside_area")
    columns = [off[name] for name in ("row", "given_lat", "given_lon", "distance_km")]
    return [
        Finding(
            "site_at_sea" if sea else str(code),
            file=file,
            row=int(row),
            column="lat, lon",
            value=f"{lat}, {lon}",
            parameters={"distance_km": round(distance_km, 1)},
        )
        for row, lat, lon, distance_km, sea, code in zip(*columns, at_sea, codes, strict=True)
    ]


def _at_sea(off: pd.DataFrame, elevation: Elevation | None, limits: SitesCheck) -> BoolArray:
    """Whether there is no land within the tolerance, as the elevation model shows the sea."""
    nowhere = np.zeros(len(off), dtype=np.bool_)
    if elevation is None or elevation.sea != "nodata" or off.empty:
        return nowhere
    from kalsel_gap.geo import sampling

    lat, lon = sample_points.disk_points(off["lat"], off["lon"], limits.border_tolerance_m)
    try:
        found = sampling.sample(elevation.tiles, lat, lon, band=elevation.band)
    except InputError:  # a finding of the check of the elevation model
        return nowhere
    return np.asarray((np.isnan(found.value) & ~found.outside).all(axis=1))


# --- what they have -----------------------------------------------------------------------------


def _equipment(read: pd.DataFrame, limits: SitesCheck, file: str) -> Iterator[Finding]:
    """Implausible antenna heights and carriers."""
    height = read["antenna_height_m"]
    odd = (height < limits.lowest_m) | (height > limits.highest_m)
    for row, value in zip(read["row"][odd], height[odd], strict=True):
        yield Finding(
            "site_height_implausible",
            file=file,
            row=int(row),
            column="antenna_height_m",
            value=f"{value:g}",
            parameters={"lowest_m": limits.lowest_m, "highest_m": limits.highest_m},
        )
    for row, technology, value in zip(
        read["row"], read["technology"], read["frequency_mhz"], strict=True
    ):
        bands = limits.bands_mhz.get(technology)
        if bands is None or np.isnan(value) or _in_band(value, bands):
            continue
        meant = [value * f for f in (1e3, 1e-3, 1e-6) if _in_band(value * f, bands)]
        yield Finding(
            "site_frequency_implausible",
            file=file,
            row=int(row),
            column="frequency_mhz",
            value=f"{value:g}",
            proposal=f"{meant[0]:g}" if meant else "",
            parameters={
                "technology": technology.upper(),
                "bands": ", ".join(f"{low:g}–{high:g}" for low, high in bands),
            },
        )


def _unpredictable(
    read: pd.DataFrame, carriers: Mapping[Mobile, Carrier], file: str
) -> Iterator[Finding]:
    """Values that a prediction needs and rows lack: antenna, carrier, power, a known bandwidth."""
    for name in NEEDED:
        missing = read[name].isna()
        if missing.any():
            yield Finding(
                "site_term_missing",
                file=file,
                row=int(read.loc[missing, "row"].iloc[0]),
                column=name,
                parameters={"count": int(missing.sum())},
            )
    for technology, carrier in carriers.items():
        widths = [width for width, _ in carrier.blocks()]
        rows = read[(read["technology"] == technology) & read["bandwidth_mhz"].notna()]
        odd = rows[~rows["bandwidth_mhz"].isin(widths)] if widths else rows[:0]
        known = ", ".join(f"{width:g}" for width in widths)
        for row, value in zip(odd["row"], odd["bandwidth_mhz"], strict=True):
            yield implausible(file, int(row), "bandwidth_mhz", value, known)


def _in_band(value: float, bands: tuple[tuple[float, ...], ...]) -> bool:
    return any(low <= value <= high for low, high in bands)


def _with_azimuth(
    read: pd.DataFrame, source: Sites, table: RawTable, keys: RowKeys
) -> pd.DataFrame:
    """Sites with what distinguishes their cells: azimuth and cell number."""
    header = recognise(table, ALIASES, override=source.columns)
    azimuth = table.cells[header["azimuth_deg"]] if "azimuth_deg" in header else ""
    cell = fold(header.get("site_id", "")) == _CELL_ID
    beside = pd.DataFrame({"row": keys.of_table, "azimuth": azimuth})
    joined = read.merge(beside, on="row", how="left")
    return joined.assign(cell=joined["site_id"] if cell else "")


def _duplicates(read: pd.DataFrame, opened: Opened, file: str) -> Iterator[Finding]:
    """Rows with the same place, operator, technology, carrier and azimuth."""
    grain = opened.project.file_checks.sites.same_place_deg
    key = pd.DataFrame(
        {
            "lat": (read["lat"] / grain).round(),
            "lon": (read["lon"] / grain).round(),
            **{name: read[name] for name in ("operator", "technology", "frequency_mhz")},
            **{name: read[name] for name in ("azimuth", "cell")},
        }
    )
    first = read.groupby([key[name] for name in key], dropna=False)["row"].transform("min")
    for row, other, site in zip(read["row"], first, read["site_id"], strict=True):
        if row != other:
            yield Finding(
                "site_duplicate",
                file=file,
                row=int(row),
                column="site_id",
                value=site,
                parameters={"other_row": int(other)},
            )


def _spellings(read: pd.DataFrame, opened: Opened, file: str) -> Iterator[Finding]:
    """Operators whose names are similar to a more frequent one, here or in the coverage."""
    counts = read.loc[read["operator"] != "", "operator"].value_counts()
    named = [s.operator.strip().casefold() for s in opened.project.coverage if s.operator != "any"]
    known = {name: int(counts.get(name, 0)) for name in sorted({*named, *counts.index})}
    limit = opened.project.file_checks.sites.spelling
    for name in sorted(counts.index):
        better = [
            other
            for other, count in known.items()
            if other != name
            and not _numbered_apart(name, other)
            and _alike(name, other) >= limit
            and (other in named, count, name) > (name in named, int(counts[name]), other)
        ]
        if better:
            meant = max(better, key=lambda other: (other in named, known[other], other))
            yield Finding(
                "site_operator_spelling",
                file=file,
                column="operator",
                value=name,
                proposal=meant,
                evidence={"rows": int(counts[name]), "rows_of_proposal": known[meant]},
                parameters={"count": int(counts[name])},
            )


def _numbered_apart(one: str, other: str) -> bool:
    """Whether two names differ only in the letter or number at their end.

    Examples
    --------
    >>> _numbered_apart("operator_a", "operator_b"), _numbered_apart("telkomsel", "telkomsl")
    (True, False)
    """
    first, second = _MARK.fullmatch(one), _MARK.fullmatch(other)
    return first is not None and second is not None and first[1] == second[1]


def _alike(one: str, other: str) -> float:
    """Similarity of two names, 0 to 1, ignoring spaces and signs."""
    return difflib.SequenceMatcher(None, fold(one), fold(other), autojunk=False).ratio()
