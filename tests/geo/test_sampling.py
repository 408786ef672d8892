from __future__ import annotations

import csv
import os
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyproj
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.errors import NotGeoreferencedWarning
from rasterio.warp import transform, transform_bounds

from kalsel_gap.errors import InputError
from kalsel_gap.geo import mosaic, sampling

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from rasterio.windows import Window

NAN = np.nan

# Cells of a tenth of a degree; the first one's corner lies at 2° south, 115° east.
TENTHS = Affine(0.1, 0.0, 115.0, 0.0, -0.1, -2.0)

STYLISED = (
    "dem_3arcsec.tif",
    "rsrp_4g_telkomsel_9arcsec.tif",
    "rsrp_4g_indosat_9arcsec.tif",
    "rsrp_4g_xlsmart_9arcsec.tif",
    "class_2g_telkomsel_utm50s_250m.tif",
)


class MakeRaster(Protocol):
    def __call__(
        self, cells: ArrayLike, *, dtype: str = ..., mask: ArrayLike | None = ..., **profile: Any
    ) -> Path: ...


@pytest.fixture
def make_raster(tmp_path: Path) -> MakeRaster:
    def make(
        cells: ArrayLike, *, dtype: str = "int16", mask: ArrayLike | None = None, **profile: Any
    ) -> Path:
        array = np.asarray(cells, dtype=dtype)
        path = tmp_path / f"raster{len(list(tmp_path.iterdir()))}.tif"
        height, width = array.shape[-2:]
        given: dict[str, Any] = {"crs": "EPSG:4326", "transform": TENTHS, "count": 1}
        scales, offsets = profile.pop("scales", None), profile.pop("offsets", None)
        given |= {"driver": "GTiff", "height": height, "width": width, "dtype": dtype} | profile
        with rasterio.open(path, "w", **given) as dataset:
            dataset.write(array.reshape(-1, height, width))
            if scales:
                dataset.scales, dataset.offsets = scales, offsets
            if mask is not None:
                dataset.write_mask(np.asarray(mask, dtype=np.bool_))
        return path

    return make


def centres(rows: ArrayLike, cols: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Latitude and longitude of the centres of cells of `TENTHS`."""
    return -2.0 - 0.1 * (np.asarray(rows) + 0.5), 115.0 + 0.1 * (np.asarray(cols) + 0.5)


# --- nearest ---------------------------------------------------------------------------------


def test_nearest_is_the_cell_that_the_point_lies_in(make_raster: MakeRaster) -> None:
    path = make_raster([[1, 2], [3, 4]])
    got = sampling.sample(path, [-2.01, -2.09, -2.11, -2.19], [115.01, 115.11, 115.09, 115.19])
    assert got.value.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert not got.outside.any()
    assert got.value.dtype == np.float64


def test_cells_own_their_northern_and_western_edges(make_raster: MakeRaster) -> None:
    path = make_raster([[1, 2], [3, 4]], transform=Affine(0.25, 0, 115, 0, -0.25, -2))
    got = sampling.sample(path, [-2.0, -2.25, -2.5, -2.0], [115.0, 115.25, 115.0, 115.5])
    np.testing.assert_array_equal(got.value, [1.0, 4.0, NAN, NAN])
    assert got.outside.tolist() == [False, False, True, True]


def test_rounding_does_not_choose_the_cell(make_raster: MakeRaster) -> None:
    # 3″ cells: every third one ends on a multiple of 0.0025°, in spite of rounding.
    path = make_raster(
        np.arange(1200)[:, None], transform=Affine(1 / 1200, 0, 115, 0, -1 / 1200, -1.2)
    )
    row = np.arange(0, 1200, 3)
    got = sampling.sample(path, np.round(-1.2 - row / 1200, 4), np.full(row.shape, 115.0))
    assert got.value.tolist() == row.tolist()


def test_off_the_raster_and_nan_are_outside_nodata_is_not(make_raster: MakeRaster) -> None:
    path = make_raster([[1, -9999]], nodata=-9999)
    lat = [-2.05, -2.05, 2.05, NAN, -2.05, np.inf, -2.05, 1e9]
    lon = [115.05, 115.15, 115.05, 115.05, NAN, 115.05, -np.inf, 115.05]
    got = sampling.sample(path, lat, lon)
    np.testing.assert_array_equal(got.value, [1.0] + [NAN] * 7)
    assert got.outside.tolist() == [False, False] + [True] * 6


@pytest.mark.parametrize("method", ["nearest", "bilinear"])
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (2, 0)])
def test_the_shape_of_the_points_is_kept(
    make_raster: MakeRaster, shape: tuple[int, ...], method: sampling.Method
) -> None:
    path = make_raster([[7]])
    got = sampling.sample(path, np.full(shape, -2.05), np.full(shape, 115.05), method=method)
    assert got.value.shape == got.outside.shape == shape
    assert (got.value == 7.0).all()


@pytest.mark.parametrize(
    ("dtype", "cells", "profile"),
    [
        ("uint8", [[5, 255]], {"nodata": 255}),
        ("int16", [[5, -32768]], {"nodata": -32768}),
        ("uint16", [[5, 0]], {"nodata": 0}),
        ("int32", [[5, -1]], {"nodata": -1}),
        ("float32", [[5, np.nan]], {"nodata": np.nan}),
        ("float32", [[5, np.nan]], {}),
        ("float64", [[5, -3.4028234663852886e38]], {"nodata": -3.4028234663852886e38}),
        ("int16", [[5, 6]], {"mask": [[True, False]]}),
        ("uint8", [[[5, 6]], [[255, 0]]], {"count": 2, "alpha": "yes"}),
    ],
)
def test_every_kind_of_nodata_becomes_nan(
    make_raster: MakeRaster, dtype: str, cells: ArrayLike, profile: dict[str, Any]
) -> None:
    path = make_raster(cells, dtype=dtype, **profile)
    lat, lon = centres([0, 0], [0, 1])
    for method in ("nearest", "bilinear"):
        got = sampling.sample(path, lat, lon, method=method)
        np.testing.assert_array_equal(got.value, [5.0, NAN])
        assert not got.outside.any()


def test_scale_and_offset_are_applied_after_nodata(make_raster: MakeRaster) -> None:
    path = make_raster([[10, 20, -1]], nodata=-1, scales=(0.5,), offsets=(-100.0,))
    got = sampling.sample(path, *centres([0, 0, 0], [0, 1, 2]))
    np.testing.assert_array_equal(got.value, [-95.0, -90.0, NAN])


def test_the_band_that_is_asked_for(make_raster: MakeRaster) -> None:
    path = make_raster([[[1]], [[2]]], count=2)
    assert sampling.sample(path, -2.05, 115.05, band=2).value == 2.0


def test_another_crs(make_raster: MakeRaster) -> None:
    # The central meridian of zone 50 is 117° E, easting 500 km; the equator is northing 10,000 km.
    path = make_raster(
        [[1, 2], [3, 4]],
        crs="EPSG:32750",
        transform=Affine(1000.0, 0.0, 499_000.0, 0.0, -1000.0, 10_001_000.0),
    )
    lat, lon = [0.001, 0.001, -0.001, -0.001], [116.999, 117.001, 116.999, 117.001]
    assert sampling.sample(path, lat, lon).value.tolist() == [1.0, 2.0, 3.0, 4.0]


def test_the_other_side_of_the_world_is_outside(make_raster: MakeRaster) -> None:
    path = make_raster(
        [[1]], crs="EPSG:32750", transform=Affine(1e6, 0.0, 0.0, 0.0, -1e6, 10_000_000.0)
    )
    got = sampling.sample(path, [-3.0, 3.0, 0.0, 89.0], [115.0, -65.0, 0.0, -63.0])
    assert got.outside.tolist() == [False, True, True, True]


def test_a_compound_crs_counts_by_its_horizontal_part(make_raster: MakeRaster) -> None:
    path = make_raster([[3]], crs="EPSG:4326+5773")
    assert sampling.sample(path, -2.05, 115.05).value == 3.0


def test_upside_down_and_rotated_grids_are_sampled(make_raster: MakeRaster) -> None:
    south_up = make_raster([[1, 2], [3, 4]], transform=Affine(0.1, 0, 115, 0, 0.1, -2.2))
    got = sampling.sample(south_up, [-2.15, -2.05], [115.05, 115.05])
    assert got.value.tolist() == [1.0, 3.0]
    # A quarter turn: rows run east, columns run north.
    turned = make_raster([[1, 2], [3, 4]], transform=Affine(0, 0.1, 115, 0.1, 0, -2.2))
    got = sampling.sample(turned, [-2.15, -2.05, -2.15], [115.05, 115.05, 115.15])
    assert got.value.tolist() == [1.0, 2.0, 3.0]


# --- bilinear --------------------------------------------------------------------------------


def test_bilinear_weights_the_four_cells_around(make_raster: MakeRaster) -> None:
    path = make_raster([[0, 10], [20, 40]])
    lat, lon = centres([0, 0, 0.5, 0.25], [0, 0.5, 0.5, 0.5])
    got = sampling.sample(path, lat, lon, method="bilinear")
    np.testing.assert_allclose(got.value, [0.0, 5.0, 17.5, 11.25], atol=1e-9)


def test_bilinear_at_the_rim_uses_what_is_there(make_raster: MakeRaster) -> None:
    path = make_raster([[0, 10], [20, 40]])
    lat, lon = centres([-0.4, -0.4, 1.4], [-0.4, 0.5, 1.4])
    got = sampling.sample(path, lat, lon, method="bilinear")
    np.testing.assert_allclose(got.value, [0.0, 5.0, 40.0], atol=1e-9)
    assert not got.outside.any()


def test_bilinear_renormalises_over_neighbours_with_data(make_raster: MakeRaster) -> None:
    path = make_raster([[8, -1], [20, -1]], nodata=-1)
    lat, lon = centres([0.25, 0.25, 0.25], [0.4, 0.6, 1.0])
    got = sampling.sample(path, lat, lon, method="bilinear")
    # ¾·8 + ¼·20 while the own cell has data, nothing once the own cell is the sea.
    np.testing.assert_allclose(got.value, [11.0, NAN, NAN], atol=1e-9)


def test_bilinear_between_all_nodata_is_nan(make_raster: MakeRaster) -> None:
    path = make_raster([[-1, -1], [-1, -1]], nodata=-1)
    lat, lon = centres([0.5, 0.0], [0.5, 0.0])
    assert np.isnan(sampling.sample(path, lat, lon, method="bilinear").value).all()


# --- windows ---------------------------------------------------------------------------------


def naive(cells: NDArray[Any], row: float, col: float, method: str) -> float:
    """One point, by the definition."""
    height, width = cells.shape
    own = cells[int(row), int(col)]
    if method == "nearest" or np.isnan(own):
        return float(own)
    total = weights = 0.0
    for r in (int(np.floor(row - 0.5)), int(np.floor(row - 0.5)) + 1):
        for c in (int(np.floor(col - 0.5)), int(np.floor(col - 0.5)) + 1):
            if 0 <= r < height and 0 <= c < width and not np.isnan(cells[r, c]):
                weight = (1 - abs(row - 0.5 - r)) * (1 - abs(col - 0.5 - c))
                total += weight * float(cells[r, c])
                weights += weight
    return total / weights


@settings(max_examples=40, deadline=None)
@given(data=st.data(), method=st.sampled_from(["nearest", "bilinear"]))
def test_tiling_and_order_change_nothing(data: st.DataObject, method: sampling.Method) -> None:
    cells = np.array(
        data.draw(st.lists(st.integers(-5, 5), min_size=35 * 20, max_size=35 * 20))
    ).reshape(35, 20)
    inside = st.tuples(st.floats(0, 34.999), st.floats(0, 19.999))
    points = np.array(data.draw(st.lists(inside, min_size=1, max_size=30)))
    side = data.draw(st.sampled_from([1, 16, 256]))
    lat, lon = -2.0 - 0.1 * points[:, 0], 115.0 + 0.1 * points[:, 1]

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "a.tif"
        patch.setattr(mosaic, "FEWEST_CELLS_A_SIDE", side)
        patch.setattr(mosaic, "MOST_CELLS", side * 16)
        profile: dict[str, Any] = {"height": 35, "width": 20, "count": 1, "dtype": "int16"}
        tiles: dict[str, Any] = (
            {"tiled": True, "blockxsize": 16, "blockysize": 16} if side == 16 else {}
        )
        profile |= {"driver": "GTiff", "crs": "EPSG:4326", "transform": TENTHS, "nodata": -5}
        with rasterio.open(path, "w", **profile, **tiles) as dataset:
            dataset.write(cells.astype("int16"), 1)
        row, col = sampling.Grid(20, 35, TENTHS, pyproj.CRS(4326)).pixel(lat, lon)
        within = (row >= 0) & (row < 35) & (col >= 0) & (col < 20)
        got = sampling.sample(path, lat, lon, method=method).value
        again = sampling.sample(path, lat[::-1], lon[::-1], method=method).value[::-1]

    np.testing.assert_array_equal(got, again)
    with_nan = np.where(cells == -5, NAN, cells.astype(float))
    expected = [
        naive(with_nan, r, c, method) if ok else NAN
        for r, c, ok in zip(row, col, within, strict=True)
    ]
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9)


def test_every_needed_window_is_read_once_in_file_order(
    make_raster: MakeRaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_raster(np.arange(64 * 64).reshape(64, 64), tiled=True, blockxsize=16, blockysize=16)
    monkeypatch.setattr(mosaic, "FEWEST_CELLS_A_SIDE", 1)
    read: list[tuple[int, int]] = []
    original = sampling.Band._raw

    def spy(
        self: sampling.Band, tile: mosaic.MosaicTile, window: Window, shape: tuple[int, int]
    ) -> Any:
        read.append((int(window.row_off) // 16, int(window.col_off) // 16))
        return original(self, tile, window, shape)

    monkeypatch.setattr(sampling.Band, "_raw", spy)
    lat, lon = centres([60, 3, 20, 5, 61, 17], [60, 40, 1, 41, 50, 3])
    sampling.sample(path, lat, lon)
    assert read == [(0, 2), (1, 0), (3, 3)]


@pytest.mark.parametrize(("fewest", "most"), [(1, 50), (3, 4), (256, 2**22)])
def test_windows_tile_the_raster(
    make_raster: MakeRaster, monkeypatch: pytest.MonkeyPatch, fewest: int, most: int
) -> None:
    monkeypatch.setattr(mosaic, "FEWEST_CELLS_A_SIDE", fewest)
    monkeypatch.setattr(mosaic, "MOST_CELLS", most)
    path = make_raster(np.arange(7 * 9).reshape(7, 9))
    seen = np.zeros((7, 9), dtype=int)
    with sampling.open_band(path) as band:
        for window in band.windows():
            assert window.width * window.height <= max(most, 9)
            seen[window.toslices()] += 1
            rows, cols = window.toslices()
            np.testing.assert_array_equal(
                band.read(window), np.arange(63.0).reshape(7, 9)[rows, cols]
            )
    assert (seen == 1).all()


# --- touches, describe -----------------------------------------------------------------------


def test_touches(make_raster: MakeRaster) -> None:
    path = make_raster([[-1]], nodata=-1)
    assert sampling.touches(path, [0.0, -2.05], [0.0, 115.05])
    assert not sampling.touches(path, [0.0, NAN], [0.0, 115.05])
    assert not sampling.touches(path, [], [])
    assert sampling.touches(path, -2.05, 115.05)


def test_describe(make_raster: MakeRaster) -> None:
    path = make_raster(np.zeros((4, 2)), nodata=-9999, transform=Affine(0.5, 0, 115, 0, -0.5, 1))
    info = sampling.describe(path)
    assert (info.width, info.height, info.crs, info.dtype) == (2, 4, "EPSG:4326", "int16")
    assert info.nodata == -9999.0
    assert (info.south, info.west, info.north, info.east) == (-1.0, 115.0, 1.0, 116.0)
    # Half a degree of the equator and of the meridian across it.
    assert info.cell_width_m == pytest.approx(55_659.745, abs=0.01)
    assert info.cell_height_m == pytest.approx(55_287.15, abs=0.05)


def test_describe_without_nodata_in_metres(make_raster: MakeRaster) -> None:
    path = make_raster(
        np.zeros((2, 2)),
        dtype="float32",
        crs="EPSG:32750",
        transform=Affine(100.0, 0.0, 499_900.0, 0.0, -100.0, 9_700_000.0),
    )
    info = sampling.describe(path)
    assert (info.crs, info.dtype, info.nodata) == ("EPSG:32750", "float32", None)
    # The scale on the central meridian is 0.9996.
    assert info.cell_width_m == pytest.approx(100 / 0.9996, abs=0.001)
    assert info.cell_height_m == pytest.approx(100 / 0.9996, abs=0.001)
    assert info.west < 117.0 < info.east


def test_bounds_follow_bent_edges(make_raster: MakeRaster) -> None:
    path = make_raster(
        np.zeros((2, 2)), crs="EPSG:32750", transform=Affine(3e5, 0, 2e5, 0, -3e5, 9_500_000)
    )
    info = sampling.describe(path)
    with rasterio.open(path) as dataset:
        west, south, east, north = transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds)
    assert [info.west, info.south, info.east, info.north] == pytest.approx(
        [west, south, east, north], abs=1e-3
    )


# --- errors ----------------------------------------------------------------------------------


def each_reader(path: Path) -> list[str]:
    """Code of the error that each public function ends in."""
    codes = []
    for reader in (
        lambda: sampling.describe(path),
        lambda: sampling.sample(path, [-2.05], [115.05]),
        lambda: sampling.touches(path, [-2.05], [115.05]),
    ):
        with pytest.raises(InputError) as caught:
            reader()
        assert caught.value.path == path
        codes.append(caught.value.code)
    return codes


def test_no_crs(make_raster: MakeRaster) -> None:
    assert each_reader(make_raster([[1]], crs=None)) == ["raster_no_crs"] * 3


def test_a_missing_geotransform_is_an_error_and_no_warning(make_raster: MakeRaster) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        neither = make_raster([[1]], crs=None, transform=None)
        only_crs = make_raster([[1]], transform=None)
    # Warnings are errors here: none may leak.
    assert each_reader(neither) == ["raster_no_crs"] * 3
    assert each_reader(only_crs) == ["raster_unreadable"] * 3


@pytest.mark.parametrize("content", [b"", b"halo", b"II*\0\x08\0\0\0"])
def test_no_raster_at_all(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "not.tif"
    path.write_bytes(content)
    assert each_reader(path) == ["raster_unreadable"] * 3


def test_a_folder(tmp_path: Path) -> None:
    assert each_reader(tmp_path) == ["raster_unreadable"] * 3


def test_a_missing_band_and_complex_cells(make_raster: MakeRaster) -> None:
    with pytest.raises(InputError) as caught:
        sampling.sample(make_raster([[1]]), -2.05, 115.05, band=2)
    assert caught.value.params == {"reason": "band 2 of 1"}
    assert each_reader(make_raster([[1]], dtype="complex64")) == ["raster_unreadable"] * 3


@pytest.mark.parametrize("crs", ['LOCAL_CS["site",UNIT["metre",1]]', "EPSG:4978"])
def test_a_crs_that_is_no_map(make_raster: MakeRaster, crs: str) -> None:
    assert each_reader(make_raster([[1]], crs=crs)) == ["raster_unreadable"] * 3


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_file_that_was_cut_off(make_raster: MakeRaster, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 1000, (200, 200))
    path = make_raster(noise, compress="deflate")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    lat, lon = centres(np.arange(200), np.arange(200))
    for reader in (
        lambda: sampling.describe(path),
        lambda: sampling.sample(path, lat, lon),
        lambda: sampling.sample(path, lat, lon, method="bilinear"),
    ):
        with pytest.raises(InputError) as caught:
            reader()
        assert (caught.value.code, caught.value.path) == ("raster_unreadable", path)
        assert caught.value.params["reason"]


# --- the shared data -------------------------------------------------------------------------


def schools(shared: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Every tenth located school of the register."""
    with (shared / "kalsel/schools/kalsel_sekolah_2019_raw.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["lintang"].strip()]
    lat = np.array([float(row["lintang"]) for row in rows])
    lon = np.array([float(row["bujur"]) for row in rows])
    inside = (lat > -5.0) & (lat < -1.2) & (lon > 114.2) & (lon < 117.6)
    return lat[inside][::10], lon[inside][::10]


def off_the_edges(
    path: Path, lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points that do not lie on the edge of a cell, where rounding chooses in other programs."""
    with sampling.open_band(path) as band:
        on_edge = np.any([cells == np.rint(cells) for cells in band.grid.pixel(lat, lon)], axis=0)
    assert on_edge.mean() < 0.12
    return lat[~on_edge], lon[~on_edge]


@pytest.mark.real
@pytest.mark.parametrize("name", STYLISED)
def test_nearest_agrees_with_rasterio(shared: Path, name: str) -> None:
    path = shared / "kalsel/stylised" / name
    lat, lon = off_the_edges(path, *schools(shared))
    with rasterio.open(path) as dataset:
        x, y = transform("EPSG:4326", dataset.crs, lon, lat)
        sampled = [value[0] for value in dataset.sample(zip(x, y, strict=True), masked=True)]
    expected = [NAN if value is np.ma.masked else float(value) for value in sampled]
    got = sampling.sample(path, lat, lon)
    np.testing.assert_array_equal(got.value, expected)
    assert not got.outside.any()


@pytest.mark.real
@pytest.mark.parametrize("name", STYLISED)
def test_nearest_agrees_with_gdallocationinfo(shared: Path, name: str) -> None:
    tool = shutil.which("gdallocationinfo")
    if tool is None and not os.environ.get("CI"):
        pytest.skip("GDAL's tools are not installed")
    path = shared / "kalsel/stylised" / name
    lat, lon = off_the_edges(path, *schools(shared))
    points = "".join(f"{x:.9f} {y:.9f}\n" for x, y in zip(lon, lat, strict=True))
    answer = subprocess.run(
        [tool or "gdallocationinfo", "-valonly", "-wgs84", path],
        input=points,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    with rasterio.open(path) as dataset:
        expected = np.array(answer, dtype=np.float64)
        expected[expected == dataset.nodata] = NAN
    np.testing.assert_array_equal(sampling.sample(path, lat, lon).value, expected)


@pytest.mark.real
def test_bilinear_agrees_with_gdal(shared: Path) -> None:
    path = shared / "kalsel/stylised/dem_3arcsec.tif"
    lat, lon = schools(shared)
    got = sampling.sample(path, lat, lon, method="bilinear").value
    with rasterio.open(path) as dataset:
        cells = dataset.read(1).astype(np.float64)
        cells[cells == dataset.nodata] = NAN
        col, row = ~dataset.transform @ (lon, lat)
    expected = [naive(cells, r, c, "bilinear") for r, c in zip(row, col, strict=True)]
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-6)
