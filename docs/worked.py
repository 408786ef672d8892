"""The worked school of the method: its facts, and the numbers that the real code makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import Geod

from kalsel_gap import schema
from kalsel_gap.deficit.scores import score_schools
from kalsel_gap.deficit.service import assess_service
from kalsel_gap.deficit.trees import power_mean
from kalsel_gap.indicators import available
from kalsel_gap.project.base import OVERRIDABLE, default_values
from kalsel_gap.project.model import Opened, Project

LEVEL_DBM = -112.0
LAT, LON = -2.6, 115.5
WORKED: dict[str, object] = {
    "students": 240,
    "terrain_class": "pegunungan",
    "terrain_severity": 0.8,
    "is_small_island": False,
    "local_relief_m": 420.0,
    "mean_slope_deg": 12.0,
    "diffraction_db": 25.0,
    "site_4g_km": 7.5,
    "capital_km": 46.0,
    "water_share": 0.0,
    "village_index": 3,
    "devices": 15,
}
ADEQUATE_KM = 8.0
USUAL: dict[str, object] = {
    "npsn": "00000001",
    "name": "Contoh",
    "level": "SD",
    "kabupaten": "Kab. Contoh",
    "lat": LAT,
    "lon": LON,
    "is_duplicate": False,
    "lat_given": "",
    "lon_given": "",
    "location_status": "given",
    "confidence": "B",
}


def worked() -> dict[str, Any]:
    """Every number of the worked school, beside a neighbour whose line is known to be adequate."""
    defaults = {name: default_values(name) for name in OVERRIDABLE}
    here = Path.cwd()
    project = Project.model_validate(
        {**defaults, "schools": {"path": "schools.csv"}}, context={"folder": here}
    )
    lon, lat, _ = Geod(ellps="WGS84").fwd(LON, LAT, 90.0, 1000 * ADEQUATE_KM)
    worth = available.from_level(LEVEL_DBM, project.signal.curves["4g"].points)
    school = {
        **USUAL,
        **WORKED,
        "row_id": "schools.csv:2",
        "available": float(worth),
        "available_status": "known",
        "available_evidence": "map",
        "best_level_dbm": LEVEL_DBM,
        "best_technology": "4g",
    }
    neighbour = {
        **USUAL,
        "npsn": "00000002",
        "row_id": "schools.csv:3",
        "lat": lat,
        "lon": lon,
        "available_status": "unknown",
        "measured_down_mbps": 40.0,
        "measured_tests": 5,
        "measured_status": "known",
    }
    columns = {
        c.name: pd.Series([row.get(c.name) for row in (school, neighbour)], dtype="object").astype(
            c.dtype
        )
        for c in schema.up_to("signals")
    }
    table = gpd.GeoDataFrame(
        columns, geometry=gpd.points_from_xy([LON, lon], [LAT, lat]), crs=schema.CRS
    )
    opened = Opened(here / "kalsel-gap.toml", project)
    staged = assess_service(table, opened)
    table = table.join(staged.columns)
    made = table.join(score_schools(table, opened, service=staged.tables["service"]).columns).iloc[
        0
    ]
    nodes = project.index.nodes
    branches = {}
    for branch in project.index.children("barrier"):
        leaves = [n for n in project.index.children(branch) if f"{n}_score" in made.index]
        found = [pd.Series([made[f"{leaf}_score"]]) for leaf in leaves]
        value = power_mean(found, [nodes[n].weight for n in leaves], nodes[branch].p or 1.0)
        branches[branch] = float(value[0])
    suffix = "_contribution"
    contributions = {n.removesuffix(suffix): made[n] for n in made.index if n.endswith(suffix)}
    return {**made.to_dict(), **branches, "available": float(worth), "contributions": contributions}
