"""What a map shows at a place, at the very bounds of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine
from shapely import box

from kalsel_gap.deficit.map_evidence import read_maps
from kalsel_gap.errors import InputError
from kalsel_gap.sources.school_points import alternatives

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from tests.conftest import MakeProject, MakeRaster, MakeSchools, SignalsAt

LAT = -2.905  # of the centres of the first row of cells of the raster fixture
MAP = {
    "technology": "4g",
    "operator": "telkomsel",
    "kind": "rsrp_dbm",
    "basis": "modelled",
    "nodata_means": "unknown",
}


def read(
    project: MakeProject, schools: MakeSchools, source: Mapping[str, object], cells: int
) -> pd.DataFrame:
    """The evidence at the centres of the first cells of a map."""
    opened = project({"coverage": [source]}, bare=True)
    rows = [{"lat": LAT, "lon": 115.305 + 0.01 * n} for n in range(cells)]
    return read_maps(alternatives(schools(rows), opened), opened)[0]


def test_a_circle_known_to_just_the_least_share_is_known(
    signals_at: SignalsAt, raster: MakeRaster
) -> None:
    path = str(raster("a.tif", [[-9999, -95]], nodata=-9999))
    places = [{"lat": LAT, "lon": 115.31}]
    sections = {"coverage": [{**MAP, "path": path}]}
    asked = signals_at(places, {**sections, "signal": {"minimum_known_share": 0.01}})
    (share,) = asked.tables["signals"]["known_share"]
    assert 0.4 < share < 0.6
    for least, status in ((share, "known"), (np.nextafter(share, 1.0), "unknown")):
        found = signals_at(places, {**sections, "signal": {"minimum_known_share": float(least)}})
        assert found.columns["available_status"].tolist() == [status]


def test_a_class_agrees_with_all_between_its_neighbours(
    project: MakeProject, schools: MakeSchools, raster: MakeRaster
) -> None:
    path = str(raster("a.tif", np.array([[0, 1, 2]], dtype="uint8"), nodata=255))
    classes = {"0": 0.0, "1": 0.3, "2": 0.6}
    source = {**MAP, "path": path, "kind": "class", "classes": classes}
    found = read(project, schools, source, 3)
    assert found["least"].tolist() == [0.0, 0.0, 0.3]
    assert found["most"].tolist() == [0.3, 0.6, np.inf]
    assert found["detection_dbm"].isna().all()


def test_a_level_agrees_with_itself_and_declared_coverage_with_all_above(
    project: MakeProject, schools: MakeSchools, raster: MakeRaster
) -> None:
    source = {**MAP, "path": str(raster("a.tif", [[-95]]))}
    found = read(project, schools, source, 1)
    assert found["least"].tolist() == found["most"].tolist() == pytest.approx([0.7])
    path = str(raster("b.tif", np.array([[1]], dtype="uint8"), nodata=255))
    source = {**MAP, "path": path, "kind": "binary", "basis": "declared"}
    found = read(project, schools, source, 1)
    assert found[["least", "most"]].to_numpy().tolist() == [[0.5, np.inf]]


def test_a_map_shows_no_signal_below_its_lowest_level_that_is_one(
    project: MakeProject, schools: MakeSchools, raster: MakeRaster
) -> None:
    # By the curve of 4G -140 dBm and less is nothing.
    source = {**MAP, "path": str(raster("a.tif", [[-112, -95, -140, -150, -60]]))}
    assert read(project, schools, source, 2)["detection_dbm"].tolist() == [-112.0] * 2
    assert read(project, schools, {**source, "detection_dbm": -118.0}, 1)[
        "detection_dbm"
    ].tolist() == [-118.0]


@pytest.mark.parametrize(("means", "outside"), [("none", 0.0), ("unknown", np.nan)])
def test_polygons_state_no_level(
    project: MakeProject, schools: MakeSchools, tmp_path: Path, means: str, outside: float
) -> None:
    path = tmp_path / "p.geojson"
    around = gpd.GeoDataFrame(geometry=[box(115.30, -2.91, 115.31, -2.90)], crs=4326)
    around.to_file(path)
    source = {**MAP, "path": str(path), "kind": "binary", "nodata_means": means}
    found = read(project, schools, source, 2)
    assert found["adequacy"].tolist() == pytest.approx([0.5, outside], nan_ok=True)
    assert found["level_dbm"].isna().all()
    assert found["number"].tolist() == [0, 0]
    assert found["at"].tolist() == [0, 1]
    assert found["status"].tolist() == ["value", means]


def test_a_map_that_touches_no_school(
    project: MakeProject, schools: MakeSchools, raster: MakeRaster, tmp_path: Path
) -> None:
    far = gpd.GeoDataFrame(geometry=[box(10, 10, 11, 11)], crs=4326)
    far.to_file(tmp_path / "p.geojson")
    away = Affine(0.01, 0.0, 10.0, 0.0, -0.01, 11.0)
    for path, code in (
        (tmp_path / "p.geojson", "coverage_touches_no_school"),
        (raster("a.tif", [[1]], transform=away), "raster_touches_no_school"),
    ):
        source = {**MAP, "path": str(path), "kind": "binary"}
        with pytest.raises(InputError, match=rf"^{code}\b") as caught:
            read(project, schools, source, 1)
        assert caught.value.path == path
        # Where nobody has a place, no map is far from them.
        nowhere = schools([{"lat": None, "lon": None, "location_status": "unusable"}])
        opened = project({"coverage": [source]}, bare=True)
        evidence, _ = read_maps(alternatives(nowhere, opened), opened)
        assert evidence["status"].tolist() == ["unknown"]


def test_each_file_is_reported_when_it_is_done(
    project: MakeProject, schools: MakeSchools, raster: MakeRaster
) -> None:
    sources = [{**MAP, "path": str(raster(name, [[-95]]))} for name in ("a.tif", "b.tif")]
    opened = project({"coverage": sources}, bare=True)
    places = alternatives(schools([{"lat": LAT, "lon": 115.305}]), opened)
    told: list[tuple[int, int]] = []
    evidence, _ = read_maps(places, opened, lambda *step: told.append(step))
    assert told == [(1, 2), (2, 2)]
    assert evidence["number"].tolist() == [0, 1]
    assert [name[-5:] for name in evidence["source"]] == ["a.tif", "b.tif"]
