"""Checks of the elevation model: small ones for each finding, none in the real ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine

from kalsel_gap.project.read import read_project
from kalsel_gap.quality.elevation import check_elevation, highest_m, layer_findings
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.findings import Finding
    from tests.conftest import MakeProject, MakeRaster

SCHOOLS = pd.DataFrame({"lat": [-2.905, -2.915], "lon": [115.305, 115.315]})
LAND = np.array([[5, 6, 7], [6, 9, 8], [5, 5, 6]])


def section(path: Path, **given: Any) -> dict[str, Any]:
    return {"elevation": {"path": str(path), "surface": "dsm", "sea": "nodata"} | given}


def found(project: MakeProject, path: Path, *options: str, **given: Any) -> list[Finding]:
    opened = project(section(path, **given), bare=True, options=options)
    return check_elevation(opened, SCHOOLS)


def test_a_model_as_it_should_be(project: MakeProject, raster: MakeRaster) -> None:
    cells = np.where(LAND == 7, -32768, LAND)  # the sea in a corner
    assert found(project, raster("dem.tif", cells, nodata=-32768)) == []
    assert check_elevation(project(bare=True), SCHOOLS) == []


def test_a_seam_of_zeros_is_named_as_the_ranking_names_it(
    project: MakeProject, raster: MakeRaster
) -> None:
    cells = np.full((40, 40), 50, dtype="int16")
    cells[:, 20] = 0
    found_codes = [f.code for f in found(project, raster("dem.tif", cells), sea="zero")]
    assert found_codes.count("elevation_seam_void") == 1


def test_heights_that_no_land_has(project: MakeProject, raster: MakeRaster) -> None:
    cells = LAND.copy()
    cells[0] = [9000, -60, 5]
    low, high = found(project, raster("odd.tif", cells))
    assert (low.code, low.value, low.parameters["count"]) == ("elevation_too_low", "-60", 1)
    assert (high.code, high.value, high.parameters["highest_m"]) == (
        "elevation_too_high",
        "9000",
        8849.0,
    )


def boundaries_of(code: str) -> dict[str, bytes]:
    shape = '{"type": "Polygon", "coordinates": [[[115,-3],[116,-3],[116,-2],[115,-3]]]}'
    text = (
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": '
        f'{{"kode": "{code}", "nama": "A"}}, "geometry": {shape}}}]}}'
    )
    return {"area.geojson": text.encode()}


@pytest.mark.parametrize(
    ("code", "highest"), [("63", 1901.0), ("63.01", 1901.0), ("6301", 1901.0), ("64.01", 8849.0)]
)
def test_the_highest_mountain_of_the_province(
    project: MakeProject, code: str, highest: float
) -> None:
    area = {"boundaries": {"kabupaten": "area.geojson"}}
    assert highest_m(project(area, files=boundaries_of(code), bare=True)) == highest


@pytest.mark.parametrize(
    ("top", "code", "proposal"),
    [(1950, None, ""), (6200, "elevation_in_feet", "1890"), (19010, "elevation_too_high", "")],
)
def test_feet(
    project: MakeProject, raster: MakeRaster, top: int, code: str | None, proposal: str
) -> None:
    cells = LAND.copy()
    cells[1, 1] = top
    sections = {"boundaries": {"kabupaten": "area.geojson"}}
    sections |= section(raster("feet.tif", cells))
    findings = check_elevation(project(sections, files=boundaries_of("63"), bare=True), SCHOOLS)
    said = [(f.code, f.proposal) for f in findings if f.code != "elevation_void"]
    assert said == ([(code, proposal)] if code else [])


def test_nodata_that_is_not_declared(project: MakeProject, raster: MakeRaster) -> None:
    cells = LAND.copy()
    cells[0] = -9999
    (finding,) = found(project, raster("dem.tif", cells))
    assert (finding.code, finding.value, finding.parameters) == (
        "raster_nodata_undeclared",
        "-9999",
        {"percent": 33.3},
    )


def test_heights_that_no_land_has_are_said_of_the_layer(
    project: MakeProject, raster: MakeRaster
) -> None:
    cells = LAND.copy()
    cells[1, 1] = 9999
    opened = project(section(raster("high.tif", cells)), bare=True)
    (finding,) = layer_findings(opened)
    assert (finding.code, finding.value) == ("raster_nodata_undeclared", "9999")


def test_voids_at_the_edge_are_no_sea_among_mountains(
    project: MakeProject, raster: MakeRaster
) -> None:
    cells = np.full((5, 5), 270)
    cells[:, 4] = -32768
    (finding,) = found(project, raster("edge.tif", cells, nodata=-32768))
    # Five cells of 1.2294 km².
    assert (finding.code, finding.parameters["area_km2"]) == ("elevation_void", 6.15)


def holed() -> NDArray[np.int64]:
    cells = np.full((5, 5), 20)
    cells[1, 1] = cells[3, 3] = cells[3, 2] = -32768
    return cells


def test_voids_on_land(project: MakeProject, raster: MakeRaster) -> None:
    path = raster("void.tif", holed(), nodata=-32768)
    (finding,) = found(project, path)
    # A cell of 0.01° at 2.9° south is 1.1058 km by 1.1118 km.
    assert (finding.code, finding.parameters) == (
        "elevation_void",
        {"count": 2, "area_km2": 3.69, "largest_km2": 2.46, "place": "-2.9350, 115.3350"},
    )
    assert found(project, path, "file_checks.elevation.void_km2=3") == []
    floating = np.where(holed() < 0, np.nan, holed()).astype("float32")
    (same,) = found(project, raster("float.tif", floating))
    assert same.parameters == finding.parameters


def test_what_reaches_the_edge_is_the_sea(project: MakeProject, raster: MakeRaster) -> None:
    cells = holed()
    cells[cells > 0] = 5  # a low shore
    cells[1, 0] = cells[4, 3] = -32768
    path = raster("sea.tif", cells, nodata=-32768)
    assert found(project, path) == []
    (finding,) = found(project, path, sea="none")
    assert (finding.code, finding.value, finding.proposal) == (
        "elevation_sea_not_declared",
        "none",
        "nodata",
    )


@pytest.mark.parametrize("sea", ["nodata", "none"])
def test_a_sea_of_zeros(project: MakeProject, raster: MakeRaster, sea: str) -> None:
    cells = np.full((5, 5), 20)
    cells[:, 0] = 0
    (finding,) = found(project, raster("zero.tif", cells), sea=sea)
    assert (finding.code, finding.value) == ("elevation_sea_is_zero", sea)
    assert finding.parameters == {"percent": 20.0}
    inland = np.full((5, 5), 20)
    inland[2, 2] = 0
    assert found(project, raster("inland.tif", inland), sea=sea) == []


def rough(size: int) -> NDArray[np.int16]:
    """Hills with noise, the same at every call."""
    row, col = np.mgrid[:size, :size]
    noise = np.random.default_rng(7).normal(0, 4, (size, size))
    heights = 200 + 80 * np.sin(row / 23) * np.cos(col / 31) + noise
    return np.asarray(np.round(heights), dtype="int16")


@pytest.mark.parametrize(
    ("rows", "cols", "line"),
    [(slice(100, None), slice(None), "lat -3"), (slice(None), slice(100, None), "lon 115.4")],
)
@pytest.mark.parametrize("step", [0, 4, -4])
def test_a_step_between_tiles(
    project: MakeProject, raster: MakeRaster, rows: slice, cols: slice, line: str, step: int
) -> None:
    cells = rough(200)
    cells[rows, cols] += step
    fine = Affine(0.001, 0, 115.3, 0, -0.001, -2.9)
    options = ("file_checks.elevation.seam_deg=0.1",)
    path = raster("tiles.tif", cells, transform=fine)
    findings = found(project, path, *options)
    assert [(f.code, f.parameters["line"]) for f in findings] == (
        [("elevation_seam", line)] if step else []
    )
    for finding in findings:
        assert finding.parameters["jump_m"] == pytest.approx(abs(step), abs=1.5)


def test_of_a_large_model_every_nth_cell_is_read(project: MakeProject, raster: MakeRaster) -> None:
    cells = np.full((300, 300), 20)
    cells[100:150, 100:150] = -32768
    path = raster("large.tif", cells, nodata=-32768)
    whole, part = (
        found(project, path, f"file_checks.reading.most_cells={most}")[-1]
        for most in (90_000, 10_000)
    )
    assert part.code == whole.code == "elevation_void"
    area = float(str(whole.parameters["area_km2"]))
    assert float(str(part.parameters["area_km2"])) == pytest.approx(area, rel=0.1)


@pytest.mark.parametrize(
    ("cells", "profile", "code"),
    [
        (LAND, {"crs": None}, "file_unusable"),
        (LAND, {"crs": "EPSG:32750"}, "raster_crs_doubtful"),
        (LAND, {"transform": Affine(0.01, 0, 110, 0, -0.01, -7)}, "raster_off_every_school"),
        (LAND[:1], {}, "raster_misses_schools"),
        (np.full((3, 3), -1), {"nodata": -1}, "raster_without_data"),
    ],
)
def test_where_it_lies(
    project: MakeProject, raster: MakeRaster, cells: ArrayLike, profile: dict[str, Any], code: str
) -> None:
    assert [f.code for f in found(project, raster("dem.tif", cells, **profile))] == [code]


# --- real data ----------------------------------------------------------------------------------


def test_the_sample_has_no_fault() -> None:
    assert check_elevation(read_project(REPOSITORY), SCHOOLS.assign(lat=-3.4, lon=114.8)) == []


@pytest.mark.real
def test_the_stylised_model_has_no_fault_but_a_planted_one(shared: Path, tmp_path: Path) -> None:
    opened = read_project(REPOSITORY / "tests" / "real" / "kalsel.toml")
    schools = SCHOOLS.assign(lat=-3.4, lon=114.8)
    assert check_elevation(opened, schools) == []
    source = opened.project.elevation
    assert source is not None
    with rasterio.open(source.path[0]) as dataset:
        profile, cells = dataset.profile, dataset.read(1)
    column = round((116.0 - profile["transform"].c) / profile["transform"].a)
    cells[:, column:][cells[:, column:] > 0] += 5
    with rasterio.open(tmp_path / "stepped.tif", "w", **profile) as dataset:
        dataset.write(cells, 1)
    stepped = source.model_copy(update={"path": (tmp_path / "stepped.tif",)})
    project = opened.project.model_copy(update={"elevation": stepped})
    (finding,) = check_elevation(type(opened)(opened.path, project), schools)
    assert (finding.code, finding.parameters["line"]) == ("elevation_seam", "lon 116")
    assert finding.parameters["jump_m"] == pytest.approx(5, abs=1)


SRTM = {
    "N36W122": (36.5, -121.5),
    "N36W123": (36.9, -122.05),
    "S34E018": (-33.5, 18.6),
    "S35E018": (-34.1, 18.6),
}


def tile(shared: Path, name: str) -> tuple[NDArray[np.int16], dict[str, Any]]:
    with rasterio.open(shared / "validation" / "srtm" / f"{name}_3arcsec.tif") as dataset:
        return dataset.read(1), {"crs": dataset.crs, "transform": dataset.transform}


@pytest.mark.real
@pytest.mark.parametrize("name", SRTM)
def test_a_real_tile_has_its_sea_at_zero_and_no_seam(
    shared: Path, project: MakeProject, raster: MakeRaster, name: str
) -> None:
    cells, profile = tile(shared, name)
    opened = project(section(raster("tile.tif", cells, **profile)), bare=True)
    lat, lon = SRTM[name]
    findings = check_elevation(opened, SCHOOLS.assign(lat=lat, lon=lon))
    assert [f.code for f in findings] == ["elevation_sea_is_zero"]


@pytest.mark.real
def test_two_real_tiles_that_lack_the_row_they_share(
    shared: Path, project: MakeProject, raster: MakeRaster
) -> None:
    """SRTM's tiles have 1,201 rows, the last of one the first of the next; these have 1,200."""
    north, profile = tile(shared, "S34E018")
    south, _ = tile(shared, "S35E018")
    opened = project(section(raster("m.tif", np.concatenate([north, south]), **profile)), bare=True)
    lat, lon = SRTM["S34E018"]
    _, seam = check_elevation(opened, SCHOOLS.assign(lat=lat, lon=lon))
    assert (seam.code, seam.parameters["line"]) == ("elevation_seam", "lat -34")
