from __future__ import annotations

import math
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray
from rasterio.warp import Resampling, reproject

from kalsel_gap.errors import InputError
from kalsel_gap.geo import mosaic, sampling
from kalsel_gap.geo.geodesy import WGS84, metres_per_degree
from kalsel_gap.terrain import mountains, relief_at_points
from tests.conftest import DEGREES, UTM

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeDem

FloatArray = NDArray[np.float64]
NAN = np.nan
SEA = -32768


def centre(path: Path, row: ArrayLike, col: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Latitude and longitude of the centres of cells."""
    with sampling.open_band(path) as band:
        return band.grid.position(np.asarray(row) + 0.5, np.asarray(col) + 0.5)


def at(path: Path, row: Any, col: Any, **radii: Any) -> relief_at_points.Relief:
    """Relief at the centres of cells."""
    return relief_at_points.relief_at(
        path, *centre(path, np.atleast_1d(row), np.atleast_1d(col)), **radii
    )


# --- slope -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("east", "south"), [(10, 0), (0, 10), (30, 40), (-30, 40), (0, 0)])
@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_slope_of_a_plane(make_dem: MakeDem, east: int, south: int, dtype: str) -> None:
    row, col = np.mgrid[:5, :5]
    path = make_dem(1000 + east * col + south * row, dtype=dtype)
    got = at(path, 2, 2, slope_radius_m=110.0, relief_radius_m=150.0)
    slope_deg = math.degrees(math.atan(math.hypot(east, south) / 100.0))
    assert got.slope_deg[0] == pytest.approx(slope_deg, abs=1e-12)
    assert got.mean_slope_deg[0] == pytest.approx(slope_deg, abs=1e-6)
    # The nine cells around.
    assert got.local_relief_m[0] == 2 * (abs(east) + abs(south))
    assert got.elevation_m[0] == pytest.approx(1000 + 2 * (east + south), abs=1e-5)


def test_slope_of_a_step(make_dem: MakeDem) -> None:
    path = make_dem(np.repeat([0, 0, 0, 30, 30], 5).reshape(5, 5))
    got = at(path, [1, 2, 3], [2, 2, 2], slope_radius_m=110.0, relief_radius_m=110.0)
    # Both cells beside the step see 30 m over the 200 m between their neighbours.
    step_deg = math.degrees(math.atan(0.15))
    assert got.slope_deg == pytest.approx([0.0, step_deg, step_deg], abs=1e-12)
    # In a cross of five cells; those of the first row and the last have no slope.
    assert got.mean_slope_deg == pytest.approx([step_deg / 4, 4 * step_deg / 5, step_deg], abs=1e-6)
    assert got.local_relief_m.tolist() == [0.0, 30.0, 30.0]


@pytest.mark.parametrize("lat", [0.0, -3.0, 60.0])
def test_slope_on_the_ellipsoid(make_dem: MakeDem, lat: float) -> None:
    row, col = np.mgrid[:5, :5]
    # The central row lies on the parallel: where that is the equator, the grid crosses it.
    corner = Affine(0.001, 0.0, 115.998, 0.0, -0.001, lat + 0.0025)
    path = make_dem(3 * col + 4 * row, crs="EPSG:4326", transform=corner)
    north_m, east_m = metres_per_degree(lat)
    slope_deg = math.degrees(math.atan(math.hypot(3 / (0.001 * east_m), 4 / (0.001 * north_m))))
    assert at(path, 2, 2).slope_deg[0] == pytest.approx(slope_deg, rel=1e-9)


def test_slope_is_missing_at_the_rim_and_beside_nodata(make_dem: MakeDem) -> None:
    cells = np.zeros((5, 7))
    cells[2, 5] = SEA
    got = at(make_dem(cells), [0, 2, 2, 2, 2, 1], [2, 0, 2, 4, 5, 4])
    np.testing.assert_array_equal(got.slope_deg, [NAN, NAN, 0.0, NAN, NAN, NAN])
    # The mean leaves them out.
    np.testing.assert_array_equal(got.mean_slope_deg, np.zeros(6))


def test_large_elevations_do_not_run_over(make_dem: MakeDem) -> None:
    cells = np.full((3, 3), 2_000_000_000)
    cells[:, 2] = -2_000_000_000
    got = at(make_dem(cells, dtype="int32", nodata=None), 1, 1)
    assert got.slope_deg[0] == pytest.approx(90.0, abs=1e-4)
    assert got.local_relief_m[0] == 4e9


# --- local relief ----------------------------------------------------------------------------


def test_relief_of_a_cone(make_dem: MakeDem) -> None:
    row, col = np.mgrid[:41, :41] - 20
    path = make_dem(1000.0 - 10.0 * np.hypot(row, col), dtype="float64")
    for radius_m in (1000.1, 999.9, 550.0, 1.0):
        got = at(path, 20, 20, relief_radius_m=radius_m, slope_radius_m=1000.0)
        inside = np.hypot(row, col) * 100.0 <= radius_m
        # At 1000.1 m the tenth cell to each side is in, at 999.9 m it is not.
        assert got.local_relief_m[0] == pytest.approx(10.0 * np.hypot(row, col)[inside].max())
    # A slope of 1 in 10 everywhere except around the top, which Horn's method flattens.
    assert got.mean_slope_deg[0] == pytest.approx(math.degrees(math.atan(0.1)), abs=0.1)
    assert got.slope_deg[0] == 0.0


def test_an_island_of_one_cell(make_dem: MakeDem) -> None:
    cells = np.full((5, 5), SEA)
    cells[2, 2] = 7
    got = at(make_dem(cells), [2, 2, 0], [2, 3, 0], relief_radius_m=250.0)
    np.testing.assert_array_equal(got.elevation_m, [7.0, NAN, NAN])
    np.testing.assert_array_equal(got.local_relief_m, [0.0, 0.0, NAN])
    assert np.isnan(got.slope_deg).all()
    assert np.isnan(got.mean_slope_deg).all()


def test_a_school_on_the_edge_of_the_sea_has_the_land_around_it(make_dem: MakeDem) -> None:
    cells = np.full((7, 7), SEA)
    cells[:, 3:] = 10 * np.arange(4)
    got = at(make_dem(cells), 3, 2, relief_radius_m=250.0, slope_radius_m=250.0)
    assert np.isnan(got.elevation_m[0])
    assert np.isnan(got.slope_deg[0])
    assert got.local_relief_m[0] == 10.0
    # Two columns and no more have neighbours on all sides: the cell two to the right is in.
    assert got.mean_slope_deg[0] == pytest.approx(math.degrees(math.atan(0.1)), abs=1e-6)


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_rasters_without_data(make_dem: MakeDem, dtype: str) -> None:
    empty = at(make_dem(np.full((5, 5), SEA), dtype=dtype), 2, 2)
    one = at(make_dem([[12]], dtype=dtype), 0, 0)
    for values in vars_of(empty):
        assert np.isnan(values).all()
    assert [values[0] for values in vars_of(one)] == pytest.approx([12, NAN, NAN, 0], nan_ok=True)


def vars_of(found: relief_at_points.Relief) -> list[FloatArray]:
    return [found.elevation_m, found.slope_deg, found.mean_slope_deg, found.local_relief_m]


def test_infinite_elevations_are_missing(make_dem: MakeDem) -> None:
    cells = np.zeros((5, 5))
    cells[2, 2] = np.inf
    got = at(make_dem(cells, dtype="float32"), [2, 3], [2, 3])
    np.testing.assert_array_equal(got.elevation_m, [NAN, 0.0])
    np.testing.assert_array_equal(got.local_relief_m, [0.0, 0.0])
    assert np.isnan(got.slope_deg).all()


def test_scaled_elevations(make_dem: MakeDem) -> None:
    _, col = np.mgrid[:5, :5]
    got = at(make_dem(100 * col, scale=0.1), 2, 2, relief_radius_m=110.0)
    assert got.local_relief_m[0] == pytest.approx(20.0)
    assert got.slope_deg[0] == pytest.approx(math.degrees(math.atan(0.1)))


def test_outside_and_nowhere(make_dem: MakeDem) -> None:
    path = make_dem(np.zeros((5, 5)))
    got = relief_at_points.relief_at(path, [0.0, NAN], [0.0, 117.0])
    for values in vars_of(got):
        assert np.isnan(values).all()
    for values in vars_of(relief_at_points.relief_at(path, [], [])):
        assert values.shape == (0,)


def test_progress(make_dem: MakeDem) -> None:
    path = make_dem(np.zeros((5, 5)))
    lat, lon = centre(path, [1, 2, 90], [1, 2, 90])
    calls: list[tuple[int, int]] = []
    relief_at_points.relief_at(
        path, lat, lon, progress=lambda done, total: calls.append((done, total))
    )
    assert calls == [(1, 1)]


def test_a_rotated_grid_is_refused(make_dem: MakeDem) -> None:
    path = make_dem([[1, 2], [3, 4]], transform=Affine(90.0, 9.0, 5e5, 9.0, -90.0, 9.7e6))
    with pytest.raises(InputError) as caught:
        relief_at_points.relief_at(path, [-2.7], [117.0])
    assert (caught.value.code, caught.value.path) == ("raster_rotated", path)


def test_feet_on_the_ground_are_metres(make_dem: MakeDem) -> None:
    _, col = np.mgrid[:5, :5]
    # A UTM grid in US survey feet; 100 of them are 30.48 m.
    crs = "+proj=utm +zone=50 +datum=WGS84 +units=us-ft"
    path = make_dem(3 * col, crs=crs, transform=Affine(100.0, 0, 1.64e6, 0, -100.0, 1e6))
    slope_deg = math.degrees(math.atan(3 / 30.48006))
    assert at(path, 2, 2).slope_deg[0] == pytest.approx(slope_deg, abs=1e-5)


# --- the fast and the naive way --------------------------------------------------------------


def naive(
    cells: FloatArray, profile: dict[str, Any], school: tuple[float, float], radius_m: float
) -> tuple[float, float]:
    """Mean slope and relief of one school (row, column) by their definitions."""
    height, width = cells.shape
    t = profile["transform"]
    row, col = np.mgrid[:height, :width] + 0.5
    if profile["crs"] == "EPSG:4326":
        lat = t.f + row * t.e
        distance_m = WGS84.inv(
            np.full(cells.shape, t.c + school[1] * t.a),
            np.full(cells.shape, t.f + school[0] * t.e),
            t.c + col * t.a,
            lat,
        )[2]
        height_m, width_m = (abs(t.e) * metre for metre in metres_per_degree(lat))
        width_m = width_m * t.a / abs(t.e)
    else:
        distance_m = np.hypot((row - school[0]) * t.e, (col - school[1]) * t.a)
        height_m, width_m = np.full(cells.shape, abs(t.e)), np.full(cells.shape, t.a)

    slope = np.full(cells.shape, NAN)
    weight = np.array([1.0, 2.0, 1.0])
    for i in range(1, height - 1):
        for j in range(1, width - 1):
            near = cells[i - 1 : i + 2, j - 1 : j + 2]
            if not np.isnan(near).any():
                east = weight @ (near[:, 2] - near[:, 0]) / (8 * width_m[i, j])
                south = weight @ (near[2] - near[0]) / (8 * height_m[i, j])
                slope[i, j] = math.degrees(math.atan(math.hypot(east, south)))

    # A cell whose centre lies within a millimetre of the circle may be inside or outside.
    assert (np.abs(distance_m - radius_m) > 1e-3).all()
    inside = distance_m < radius_m
    slopes, heights = slope[inside], cells[inside]
    slopes, heights = slopes[~np.isnan(slopes)], heights[~np.isnan(heights)]
    return (
        slopes.mean() if slopes.size else NAN,
        heights.max() - heights.min() if heights.size else NAN,
    )


@pytest.mark.parametrize("dtype", ["int16", "float32"])
@pytest.mark.parametrize("tiles", [{}, {"tiled": True, "blockxsize": 16, "blockysize": 16}])
@pytest.mark.parametrize(
    "profile",
    [
        UTM,
        DEGREES,
        # Across the equator and the 115th meridian, cells wider than high.
        {"crs": "EPSG:4326", "transform": Affine(0.002, 0.0, 114.95, 0.0, -0.001, 0.02)},
        # South-up, far north.
        {"crs": "EPSG:4326", "transform": Affine(0.003, 0.0, 10.0, 0.0, 0.001, 69.0)},
    ],
)
def test_fast_is_naive_whatever_the_tiles(
    make_dem: MakeDem,
    monkeypatch: pytest.MonkeyPatch,
    profile: dict[str, Any],
    tiles: dict[str, Any],
    dtype: str,
) -> None:
    rng = np.random.default_rng(5)
    cells = rng.integers(0, 500, (40, 50)).astype(float)
    cells[rng.random(cells.shape) < 0.02] = SEA
    schools = rng.uniform([0, 0], [40, 50], (12, 2))
    radius_m = 777.7
    path = make_dem(cells, dtype=dtype, **profile, **tiles)
    with sampling.open_band(path) as band:
        lat, lon = band.grid.position(*schools.T)

    whole = relief_at_points.relief_at(
        path, lat, lon, slope_radius_m=radius_m, relief_radius_m=radius_m
    )
    monkeypatch.setattr(mosaic, "FEWEST_CELLS_A_SIDE", 1)
    cut = relief_at_points.relief_at(
        path, lat[::-1], lon[::-1], slope_radius_m=radius_m, relief_radius_m=radius_m
    )
    for at_once, by_tile in zip(vars_of(whole), vars_of(cut), strict=True):
        np.testing.assert_array_equal(at_once, by_tile[::-1])

    cells[cells == SEA] = NAN
    expected = np.array([naive(cells, profile, (r, c), radius_m) for r, c in schools])
    np.testing.assert_allclose(whole.mean_slope_deg, expected[:, 0], rtol=0, atol=2e-6)
    np.testing.assert_array_equal(whole.local_relief_m, expected[:, 1])


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_wider_disks_never_have_less_relief(make_dem: MakeDem, data: st.DataObject) -> None:
    cells = data.draw(st.lists(st.sampled_from([SEA, 0, 5, 80]), min_size=81, max_size=81))
    path = make_dem(np.reshape(cells, (9, 9)))
    row, col = np.mgrid[:9, :9].reshape(2, -1)
    narrow = at(path, row, col, relief_radius_m=data.draw(st.floats(0, 500)))
    wide = at(path, row, col, relief_radius_m=data.draw(st.floats(500, 2000)))
    known = ~np.isnan(narrow.local_relief_m)
    assert (narrow.local_relief_m[known] <= wide.local_relief_m[known]).all()
    assert (np.isnan(narrow.elevation_m) == (np.array(cells) == SEA)).all()


def test_threads_change_no_bit(make_dem: MakeDem, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    path = make_dem(rng.normal(300.0, 40.0, (60, 90)), dtype="float32")
    row, col = rng.uniform(0, 60, 80), rng.uniform(0, 90, 80)
    monkeypatch.setattr(mosaic, "FEWEST_CELLS_A_SIDE", 16)
    found = []
    for threads in (1, 3, 64):
        monkeypatch.setattr(os, "cpu_count", lambda threads=threads: threads)
        found.append(vars_of(at(path, row, col, slope_radius_m=900.0, relief_radius_m=1500.0)))
    for others in found[1:]:
        for one, other in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(one, other)


# --- the shared data -------------------------------------------------------------------------


@pytest.mark.real
def test_the_meratus(shared: Path, register: Any) -> None:
    path = shared / "kalsel/stylised/dem_3arcsec.tif"
    lat, lon, kecamatan = register(shared)
    got = relief_at_points.relief_at(path, lat, lon)
    # Two more have exactly 300 m of relief; a radius of 7,050 m would make it 293.
    assert (got.local_relief_m > 300.0).sum() == 292
    # Between the cells; by their own cell it is 67, and one on an edge beside a higher one.
    assert (got.elevation_m > 300.0).sum() == 70
    hantakan = kecamatan == "Kec. Hantakan"
    assert hantakan.sum() == 23
    assert (got.local_relief_m[hantakan] > 300.0).all()
    assert (got.elevation_m[hantakan] > 300.0).sum() == 1
    classes = mountains.kapos_class(got.elevation_m, got.slope_deg, got.local_relief_m)
    assert {int(k): int((classes == k).sum()) for k in (1, 2, 3, 4, 5, 6)} == {
        1: 0, 2: 0, 3: 0, 4: 0, 5: 2, 6: 68,
    }  # fmt: skip


@pytest.mark.real
def test_relief_of_kalsel_is_naive(shared: Path, register: Any) -> None:
    path = shared / "kalsel/stylised/dem_3arcsec.tif"
    lat, lon, _ = (values[40::1000] for values in register(shared))
    got = relief_at_points.relief_at(path, lat, lon)
    with rasterio.open(path) as dataset:
        cells, t = dataset.read(1).astype(float), dataset.transform
    cells[cells == SEA] = NAN
    row, col = (lat - t.f) / t.e, (lon - t.c) / t.a
    for i in range(lat.size):
        top, left = max(0, int(row[i]) - 85), max(0, int(col[i]) - 85)
        window = cells[top : int(row[i]) + 86, left : int(col[i]) + 86]
        here = {
            "crs": "EPSG:4326",
            "transform": Affine(t.a, 0, t.c + left * t.a, 0, t.e, t.f + top * t.e),
        }
        school = row[i] - top, col[i] - left
        mean_slope_deg, _ = naive(window, here, school, 5000.0)
        _, local_relief_m = naive(window, here, school, 7000.0)
        assert got.local_relief_m[i] == local_relief_m
        assert got.mean_slope_deg[i] == pytest.approx(mean_slope_deg, abs=2e-6)


@pytest.mark.real
def test_slope_agrees_with_gdaldem(shared: Path, tmp_path: Path) -> None:
    tool = shutil.which("gdaldem")
    if tool is None and not os.environ.get("CI"):
        pytest.skip("GDAL's tools are not installed")
    # The highest of the Meratus, warped to 90 m cells.
    transform = Affine(90.0, 0.0, 340_000.0, 0.0, -90.0, 9_704_000.0)
    cells = np.full((60, 60), SEA, dtype=np.float32)
    with rasterio.open(shared / "kalsel/stylised/dem_3arcsec.tif") as dataset:
        reproject(
            rasterio.band(dataset, 1),
            cells,
            dst_transform=transform,
            dst_crs="EPSG:32750",
            dst_nodata=SEA,
            resampling=Resampling.bilinear,
        )
    assert cells.min() > 0
    dem, slope = tmp_path / "dem.tif", tmp_path / "slope.tif"
    profile = {"driver": "GTiff", "height": 60, "width": 60, "count": 1, "dtype": "float32"}
    with rasterio.open(
        dem, "w", crs="EPSG:32750", transform=transform, nodata=SEA, **profile
    ) as dataset:
        dataset.write(cells, 1)
    subprocess.run([tool or "gdaldem", "slope", "-q", dem, slope], check=True)
    with rasterio.open(slope) as dataset:
        expected = dataset.read(1, masked=True).filled(NAN)

    row, col = np.mgrid[:60, :60].reshape(2, -1)
    got = at(dem, row, col).slope_deg.reshape(60, 60)
    assert np.nanmax(expected) > 20.0
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-4)
