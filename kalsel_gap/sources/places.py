"""Stage ``places``: areas that contain a school, its village index, its capital.

The area in the register determines the budget; the areas found here are added beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.geo import geodesy
from kalsel_gap.sources.boundaries import (
    files_of,
    invalid_areas,
    layer_notes,
    read_areas,
    short_name,
)
from kalsel_gap.sources.school_points import at_likelier_place, capital_of, holding
from kalsel_gap.sources.villages import read_villages, status_of_areas
from kalsel_gap.stages import Stage, Staged

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    layers = {level: read_areas(opened, level) for level in files_of(opened) if level != "province"}
    findings: list[Finding] = []
    for level, areas in layers.items():
        if areas is not None:
            findings += layer_notes(opened, level)
            findings += invalid_areas(areas, opened.shown(files_of(opened)[level]))
    likelier = at_likelier_place(schools, opened)
    given = _areas_at(schools, layers)
    likely = given if likelier is schools else _areas_at(likelier, layers)
    status, village_findings = _village_status(opened, layers)
    # A point in another kabupaten than the school's is not to be trusted with its village.
    claimed, lies = schools["kabupaten"], likely["kabupaten"]["name"]
    differs = lies.notna() & claimed.notna() & (lies != claimed)
    columns = {
        "kabupaten_by_location": given["kabupaten"]["name"],
        "kecamatan_by_location": given["kecamatan"]["name"],
        "desa_by_location": given["desa"]["name"],
        "desa_code": given["desa"]["code"],
        "village_index": likely["desa"]["place"].map(status).astype("Float64").mask(differs),
        "capital_km": _capital_km(likelier, opened),
    }
    findings += village_findings
    return Staged(schema.table(columns, schema.of_stage("places")), findings)


STAGE = Stage(
    "places",
    locate_places,
    reads=("row_id", "npsn", "lat", "lon", "kabupaten", "claimed_area", "point_weight"),
    sections=("boundaries", "villages"),
    writes=("places",),
)


def _areas_at(
    schools: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame | None]
) -> dict[str, pd.DataFrame]:
    """Code, name and place in its layer of the areas that hold each school."""
    empty = pd.DataFrame({"code": None, "name": None, "place": None}, index=schools.index)
    found = dict.fromkeys(("kabupaten", "kecamatan", "desa"), empty)
    found |= {level: _held(schools, areas) for level, areas in layers.items() if areas is not None}
    kabupaten = found["kabupaten"]["name"].map(short_name, na_action="ignore")
    return {**found, "kabupaten": found["kabupaten"].assign(name=kabupaten)}


def _held(schools: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Code, name and place of the area that contains each school; of several, the first code."""
    named = pd.DataFrame(areas[["code", "name"]]).assign(place=range(len(areas)))
    inside = named.reindex(holding(schools, areas))
    return inside.set_index(schools.index)


def _village_status(
    opened: Opened, layers: Mapping[str, gpd.GeoDataFrame | None]
) -> tuple[dict[int, int], list[Finding]]:
    """Status of the village index by the place of a desa in its layer, and findings."""
    villages, findings = read_villages(opened)
    source, desa = opened.project.villages, layers.get("desa")
    if source is None or desa is None:
        return {}, findings
    files = opened.shown(source.path), opened.shown(files_of(opened)["desa"])
    status, differ = status_of_areas(villages, desa, layers.get("kecamatan"), files)
    return status, findings + differ


def _capital_km(schools: gpd.GeoDataFrame, opened: Opened) -> pd.Series[float]:
    lat, lon = capital_of(schools, opened)
    distance_m = geodesy.distance_m(schools["lat"], schools["lon"], lat, lon)
    return pd.Series(distance_m / 1000, index=schools.index)
