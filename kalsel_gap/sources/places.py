"""Stage ``places``: areas that contain a school, its village index, its capital.

The area in the register determines the budget; the areas found here are added beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.geo import geodesy
from kalsel_gap.sources.boundaries import files_of, invalid_areas, read_areas, short_name
from kalsel_gap.sources.school_points import capital_of, holding
from kalsel_gap.sources.villages import digits, read_villages
from kalsel_gap.stages import Stage, Staged

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.findings import Finding
    from kalsel_gap.project.model import Opened


def locate_places(schools: gpd.GeoDataFrame, opened: Opened, *_: object) -> Staged:
    """Areas by location, village index and distance to the kabupaten's capital.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns that :data:`STAGE` reads.
    opened : Opened
        The project.

    Returns
    -------
    Staged
        The columns of the stage *places*.
    """
    findings: list[Finding] = []
    found: dict[str, pd.DataFrame] = {}
    for level, path in files_of(opened).items():
        areas = read_areas(opened, level)
        if areas is None or level == "province":
            continue
        findings += invalid_areas(areas, opened.shown(path))
        found[level] = _held(schools, areas)
    empty = pd.DataFrame({"code": None, "name": None}, index=schools.index)
    kabupaten = found.get("kabupaten", empty)["name"].map(short_name, na_action="ignore")
    desa = found.get("desa", empty)
    status, village_findings = read_villages(opened)
    findings += village_findings
    # A point in another kabupaten than the school's gives no reliable village.
    claimed = schools["kabupaten"]
    differs = kabupaten.notna() & claimed.notna() & (kabupaten != claimed)
    columns = {
        "kabupaten_by_location": kabupaten,
        "kecamatan_by_location": found.get("kecamatan", empty)["name"],
        "desa_by_location": desa["name"],
        "desa_code": desa["code"],
        "village_index": desa["code"]
        .map(lambda code: status.get(digits(code)), na_action="ignore")
        .astype("Float64")
        .mask(differs),
        "capital_km": _capital_km(schools, opened),
    }
    return Staged(schema.table(columns, schema.of_stage("places")), findings)


STAGE = Stage(
    "places",
    locate_places,
    reads=("row_id", "npsn", "lat", "lon", "kabupaten"),
    sections=("boundaries", "villages"),
    writes=("places",),
)


def _held(schools: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Code and name of the area that contains each school; of several, the first code."""
    inside = pd.DataFrame(areas[["code", "name"]]).reindex(holding(schools, areas))
    return inside.set_index(schools.index)


def _capital_km(schools: gpd.GeoDataFrame, opened: Opened) -> pd.Series[float]:
    lat, lon = capital_of(schools, opened)
    distance_m = geodesy.distance_m(schools["lat"], schools["lon"], lat, lon)
    return pd.Series(distance_m / 1000, index=schools.index)
