"""Land without signal: worked out by hand on a raster of ten by ten cells over two areas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio

from kalsel_gap.deficit.land_signal import COLUMNS, STAGE, land_without_signal
from kalsel_gap.pipeline import STAGES
from kalsel_gap.stage_cache import nobody
from kalsel_gap.terrain.open_sea import find_sea
from tests.conftest import TINY

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from tests.conftest import MakeProject, MakeRaster

# Two areas side by side, each of five columns and ten rows of the cells of `raster`.
BOUNDS = {"99.01": (115.30, 115.35), "99.02": (115.35, 115.40)}


def areas() -> str:
    features = []
    for code, (west, east) in BOUNDS.items():
        ring = [[west, -3.0], [east, -3.0], [east, -2.9], [west, -2.9], [west, -3.0]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        named = {"kode": code, "nama": f"Kab. {code}"}
        features.append({"type": "Feature", "properties": named, "geometry": shape})
    return json.dumps({"type": "FeatureCollection", "features": features})


def levels() -> np.ndarray:
    """Good in the west; in the east good in two rows, and below none in three columns, weak in two.

    -9999 is no data.
    """
    cells = np.full((10, 10), -90.0)
    cells[2:, 5:8] = -9999.0
    cells[2:, 8:] = -120.0
    return cells


def source(path: Path, **changed: Any) -> dict[str, Any]:
    given = {
        "path": str(path),
        "technology": "4g",
        "operator": "telkomsel",
        "kind": "rsrp_dbm",
        "basis": "modelled",
        "nodata_means": "none",
    }
    return given | changed


def measured(project: MakeProject, coverage: list[dict[str, Any]], **more: Any) -> pd.DataFrame:
    sections = {"coverage": coverage, "boundaries": {"kabupaten": "two.geojson"}, **more}
    opened = project(sections, files={"two.geojson": areas()}, bare=True)
    table = land_without_signal(nobody(), opened).tables["land_signal"]
    assert tuple(table.columns) == COLUMNS
    return table.set_index("code")


@pytest.fixture
def path(raster: MakeRaster) -> Path:
    return raster("levels.tif", levels(), nodata=-9999.0)


def test_none_and_too_weak_are_no_signal(project: MakeProject, path: Path) -> None:
    found = measured(project, [source(path)])
    assert list(found["signal_known_share"]) == [1.0, 1.0]
    assert list(found["no_signal_share"]) == pytest.approx([0.0, 40 / 50], abs=1e-3)
    # 0.05° by 0.1° at 2.95° south: 5.56 km by 11.06 km.
    assert list(found["land_km2"]) == pytest.approx([61.4, 61.4], rel=5e-3)


def test_no_data_that_is_unknown_is_no_land_without_signal(
    project: MakeProject, path: Path
) -> None:
    found = measured(project, [source(path, nodata_means="unknown")])
    assert list(found["signal_known_share"]) == pytest.approx([1.0, 26 / 50], abs=1e-3)
    assert found["no_signal_share"]["99.02"] == pytest.approx(16 / 26, abs=1e-3)


def test_what_is_known_of_less_than_half_is_no_number(
    project: MakeProject, raster: MakeRaster
) -> None:
    cells = levels()
    cells[:, 8:] = -9999.0
    found = measured(
        project, [source(raster("a.tif", cells, nodata=-9999.0), nodata_means="unknown")]
    )
    assert found["signal_known_share"]["99.02"] == pytest.approx(6 / 50, abs=1e-3)
    assert np.isnan(found["no_signal_share"]["99.02"])


def test_a_map_with_a_signal_counts_and_a_silent_one_leaves_it_open(
    project: MakeProject, path: Path, raster: MakeRaster
) -> None:
    other = np.full((10, 10), -9999.0)
    other[2:, 8:9] = -80.0  # eight cells that are weak in the first map
    second = raster("other.tif", other, nodata=-9999.0)
    both = [source(path), source(second, operator="indosat", nodata_means="none")]
    assert measured(project, both)["no_signal_share"]["99.02"] == pytest.approx(32 / 50, abs=1e-3)
    both[1]["nodata_means"] = "unknown"
    found = measured(project, both)
    assert found["signal_known_share"]["99.02"] == pytest.approx(18 / 50, abs=1e-3)
    assert found["signal_known_share"]["99.01"] == 1.0  # a signal is a signal


def test_polygons_cover_what_they_hold(project: MakeProject, tmp_path: Path) -> None:
    ring = [[115.3, -3.0], [115.36, -3.0], [115.36, -2.9], [115.3, -2.9], [115.3, -3.0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {}, "geometry": shape}
    layer = {"type": "FeatureCollection", "features": [feature]}
    file = tmp_path / "covered.geojson"
    file.write_text(json.dumps(layer), encoding="utf-8")
    found = measured(project, [source(file, kind="binary", basis="declared")])
    assert list(found["no_signal_share"]) == pytest.approx([0.0, 0.8], abs=0.02)


def test_maps_of_older_technologies_leave_it_unknown(project: MakeProject, path: Path) -> None:
    found = measured(project, [source(path, technology="3g", kind="level_dbm")])
    assert list(found["signal_known_share"]) == [0.0, 0.0]
    assert found["no_signal_share"].isna().all()


def test_without_boundaries_there_are_no_rows(project: MakeProject, path: Path) -> None:
    opened = project({"coverage": [source(path)]}, bare=True)
    assert land_without_signal(nobody(), opened).tables["land_signal"].empty


def test_the_open_sea_is_no_land(project: MakeProject) -> None:
    sections = {
        "boundaries": {"kabupaten": "two.geojson"},
        "elevation": {"path": "dem.tif", "surface": "dsm", "sea": "nodata"},
    }
    opened = project(sections, files={"two.geojson": areas()}, bare=True)
    sea = find_sea(nobody(), opened).tables
    with rasterio.open(TINY / "dem.tif") as dem:
        window = dem.window(115.30, -3.0, 115.35, -2.9)
        is_sea = dem.read(1, window=window) == dem.nodata
    assert 0.05 < is_sea.mean() < 0.5
    found = [
        land_without_signal(nobody(), opened, tables).tables["land_signal"].set_index("code")
        for tables in ({}, sea)
    ]
    whole, land = (each["land_km2"]["99.01"] for each in found)
    assert land / whole == pytest.approx(1.0 - is_sea.mean(), abs=0.02)
    assert found[1]["signal_known_share"]["99.01"] == 0.0  # no map at all


def test_it_is_a_stage_of_every_run() -> None:
    assert STAGE in STAGES


def test_an_area_without_a_code_has_an_empty_one(project: MakeProject, path: Path) -> None:
    layer = json.loads(areas())
    layer["features"][0]["properties"] = {"kode": None, "nama": "Kab. Satu"}
    sections = {"coverage": [source(path)], "boundaries": {"kabupaten": "two.geojson"}}
    opened = project(sections, files={"two.geojson": json.dumps(layer)}, bare=True)
    table = land_without_signal(nobody(), opened).tables["land_signal"]
    assert dict(zip(table["code"], table["no_signal_share"], strict=True)) == {
        "": 0.0,
        "99.02": pytest.approx(0.8, abs=1e-3),
    }
    assert table["level"].tolist() == ["kabupaten"] * 2


def test_shares_are_stated_to_four_decimals_and_land_to_three(
    project: MakeProject, raster: MakeRaster
) -> None:
    cells = levels()
    cells[9, 5:8] = -120.0  # 29 of 50 cells are known, 19 of them are too weak
    given = source(raster("a.tif", cells, nodata=-9999.0), nodata_means="unknown")
    found = measured(project, [given]).loc["99.02"]
    assert found["no_signal_share"] == pytest.approx(19 / 29, abs=1e-3)
    for name, decimals in (("signal_known_share", 4), ("no_signal_share", 4), ("land_km2", 3)):
        assert found[name] == round(found[name], decimals)
    assert found["no_signal_share"] != round(found["no_signal_share"], 3)
