from __future__ import annotations

import itertools
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.windows import Window

from kalsel_gap.errors import InputError
from kalsel_gap.geo import dem, mosaic, sampling
from kalsel_gap.geo.raster_files import TileSet
from kalsel_gap.terrain import relief_at_points, sea_mask

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike, NDArray

NAN = np.nan
VOID = -32768


class MakeTile(Protocol):
    def __call__(
        self, name: str, cells: ArrayLike, row: float = ..., col: float = ..., **profile: Any
    ) -> Path: ...


@pytest.fixture
def make_tile(tmp_path: Path) -> MakeTile:
    """A tile of cells of a hundredth of a degree, by row and column from 1° north, 115° east."""

    def make(name: str, cells: ArrayLike, row: float = 0, col: float = 0, **profile: Any) -> Path:
        dtype = profile.pop("dtype", "int16")
        array = np.asarray(cells, dtype=dtype)
        corner = Affine(0.01, 0.0, 115.0 + 0.01 * col, 0.0, -0.01, 1.0 - 0.01 * row)
        later = {key: profile.pop(key, None) for key in ("scales", "offsets", "units", "mask")}
        given = {"driver": "GTiff", "count": 1, "crs": "EPSG:4326", "transform": corner} | profile
        height, width = array.shape[-2:]
        with rasterio.open(
            tmp_path / name, "w", height=height, width=width, dtype=dtype, **given
        ) as dataset:
            dataset.write(array.reshape(-1, height, width))
            mask = later.pop("mask")
            for key, value in later.items():
                if value is not None:
                    setattr(dataset, key, value)
            if mask is not None:
                dataset.write_mask(np.asarray(mask, dtype=np.bool_))
        return tmp_path / name

    return make


def everything(path: Any, **options: Any) -> NDArray[np.float64]:
    with mosaic.open_band(path, **options) as band:
        return band.read(Window(0, 0, band.grid.width, band.grid.height))


# --- seams -----------------------------------------------------------------------------------


def test_tiles_are_one_raster(make_tile: MakeTile, tmp_path: Path) -> None:
    west = make_tile("w.tif", [[1, 2], [4, 5]])
    east = make_tile("e.tif", [[3], [6]], col=2)
    south = make_tile("s.tif", [[8, 9]], row=2, col=1)
    expected = [[1, 2, 3], [4, 5, 6], [NAN, 8, 9]]
    np.testing.assert_array_equal(everything([west, east, south]), expected)
    np.testing.assert_array_equal(everything([south, east, west]), expected)
    np.testing.assert_array_equal(everything(tmp_path), expected)
    info = sampling.describe([south, east, west])
    assert (info.width, info.height) == (3, 3)
    assert (info.west, info.north) == (115.0, 1.0)


def test_the_first_tile_with_data_holds(make_tile: MakeTile) -> None:
    one = make_tile("1.tif", [[1, VOID, 1]], nodata=VOID)
    two = make_tile("2.tif", [[2, 2, -1, 2]], nodata=-1)
    np.testing.assert_array_equal(everything([one, two]), [[1, 2, 1, 2]])
    np.testing.assert_array_equal(everything([two, one]), [[2, 2, 1, 2]])


def test_tiles_may_differ_in_type_nodata_scale_and_unit(make_tile: MakeTile) -> None:
    tiles = [
        make_tile("a.tif", [[100, VOID]], nodata=VOID),
        make_tile("b.tif", [[7.5, NAN]], col=2, dtype="float32"),
        make_tile("c.tif", [[30, 255]], col=4, dtype="uint8", nodata=255, scales=(10.0,)),
        make_tile("d.tif", [[1000, 0]], col=6, nodata=0, units=("feet",)),
        make_tile("e.tif", [[9, 9]], col=8, mask=[[True, False]]),
        make_tile("f.tif", [[20, 20]], col=10, offsets=(5.0,)),
        make_tile("g.tif", [[[3, 4]], [[255, 0]]], col=12, count=2, dtype="uint8", alpha="yes"),
    ]
    found = everything(tiles)
    expected = [[100, NAN, 7.5, NAN, 300, NAN, 304.8, NAN, 9, NAN, 25, 25, 3, NAN]]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    with mosaic.open_band(tiles) as band:
        row, col = np.zeros(14, dtype=np.int64), np.arange(14)
        np.testing.assert_array_equal(band.values(row, col), found[0])
        assert not band.is_whole_numbers
        np.testing.assert_allclose(dem.heights(band, Window(0, 0, 14, 1))[0], found[0], rtol=1e-7)


def test_a_unit_of_heights_must_be_a_length(make_tile: MakeTile) -> None:
    known = [
        make_tile(f"{n}.tif", [[1]], col=n, units=(u,)) for n, u in enumerate(("", "Metre", "ft"))
    ]
    mosaic.refuse_no_heights(known)
    odd = make_tile("odd.tif", [[1]], col=3, units=("fathom",))
    assert everything([*known, odd])[0, 3] == 1.0  # as coverage may have any unit
    with pytest.raises(InputError) as caught:
        mosaic.refuse_no_heights([*known, odd])
    assert (caught.value.code, caught.value.path) == ("raster_unit_no_length", odd)


def test_nodata_that_only_the_project_knows(make_tile: MakeTile) -> None:
    one = make_tile("1.tif", [[1, -9999, VOID]], nodata=VOID)
    two = make_tile("2.tif", [[5.5, -9999.0]], col=3, dtype="float32")
    tiles = TileSet((one, two), nodata=-9999.0)
    np.testing.assert_array_equal(everything(tiles), [[1, NAN, NAN, 5.5, NAN]])
    np.testing.assert_array_equal(everything(TileSet((one,), 0.5)), [[1, -9999, NAN]])


def test_heights_in_feet_of_the_crs(make_tile: MakeTile) -> None:
    # NAD83 (2011) with heights in US survey feet above NAVD88.
    path = make_tile("ft.tif", [[3937]], crs="EPSG:6318+6360")
    assert everything(path).tolist() == [[pytest.approx(1200.0)]]


def test_tiles_that_share_their_outer_cells(make_tile: MakeTile) -> None:
    # As SRTM: 3 by 3 cells around whole degrees, one row and column in common.
    whole = np.arange(25).reshape(5, 5)
    tiles = [
        make_tile(f"{r}{c}.tif", whole[r : r + 3, c : c + 3], row=r, col=c)
        for r in (0, 2)
        for c in (0, 2)
    ]
    np.testing.assert_array_equal(everything(tiles), whole)
    one = make_tile("whole.tif", whole)
    with mosaic.open_band(tiles) as many, mosaic.open_band(one) as single:
        lat, lon = single.grid.position(np.linspace(0, 4.99, 40), np.linspace(4.99, 0.1, 40))
        assert many.grid == single.grid
    for method in ("nearest", "bilinear"):
        np.testing.assert_array_equal(
            sampling.sample(tiles, lat, lon, method=method).value,
            sampling.sample(one, lat, lon, method=method).value,
        )


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_seams_leave_no_trace(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Cut a raster in any way, with overlaps: all values read from it stay the same."""
    folder = tmp_path_factory.mktemp("cut")
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    height, width = data.draw(st.integers(2, 40)), data.draw(st.integers(2, 40))
    cells = rng.integers(0, 400, (height, width)).astype(np.int16)
    cells[rng.random(cells.shape) < 0.1] = VOID
    down = sorted({0, height, *data.draw(st.lists(st.integers(1, height - 1), max_size=2))})
    along = sorted({0, width, *data.draw(st.lists(st.integers(1, width - 1), max_size=2))})
    overlap = data.draw(st.integers(0, 2))
    side = data.draw(st.sampled_from([1, 16]))

    def write(name: str, top: int, left: int, part: NDArray[np.int16]) -> Path:
        corner = Affine(0.01, 0.0, 115.0 + 0.01 * left, 0.0, -0.01, 0.2 - 0.01 * top)
        with rasterio.open(
            *(folder / name, "w", "GTiff"),
            *(part.shape[1], part.shape[0], 1, "EPSG:4326", corner, "int16", VOID),
            **({"tiled": True, "blockxsize": 16, "blockysize": 16} if side == 16 else {}),
        ) as dataset:
            dataset.write(part, 1)
        return folder / name

    whole = write("whole.tif", 0, 0, cells)
    tiles = [
        write(f"{top}-{left}.tif", top, left, cells[top : bottom + overlap, left : right + overlap])
        for top, bottom in itertools.pairwise(down)
        for left, right in itertools.pairwise(along)
    ]
    data.draw(st.randoms()).shuffle(tiles)
    np.testing.assert_array_equal(everything(tiles), everything(whole))
    with mosaic.open_band(whole) as band:
        lat, lon = band.grid.position(rng.uniform(0, height, 9), rng.uniform(0, width, 9))
    radii: dict[str, Any] = {"slope_radius_m": 3000.0, "relief_radius_m": 5000.0}
    one, many = (
        relief_at_points.relief_at(whole, lat, lon, **radii),
        relief_at_points.relief_at(tiles, lat, lon, **radii),
    )
    for name in ("elevation_m", "slope_deg", "mean_slope_deg", "local_relief_m"):
        np.testing.assert_array_equal(getattr(one, name), getattr(many, name))
    alone, joined = sea_mask.open_sea(whole), sea_mask.open_sea(tiles)
    if not alone.seams and not joined.seams:  # a narrow water where tiles meet is no sea
        np.testing.assert_array_equal(alone.inside, joined.inside)


def test_threads_have_handles_of_their_own(make_tile: MakeTile) -> None:
    cells = np.arange(64 * 64).reshape(64, 64)
    path = make_tile("t.tif", cells, tiled=True, blockxsize=16, blockysize=16, compress="deflate")
    with mosaic.open_band(path) as band, ThreadPoolExecutor(4) as pool:
        rows = pool.map(lambda row: band.read(Window(0, row, 64, 1)), range(64))
        np.testing.assert_array_equal(np.vstack(list(rows)), cells)


def test_more_tiles_than_handles(make_tile: MakeTile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mosaic, "MOST_HANDLES", 2)
    tiles = [make_tile(f"{n}.tif", [[n]], col=n) for n in range(5)]
    assert everything(tiles).tolist() == [[0, 1, 2, 3, 4]]


def test_fewer_cells_of_many_tiles(make_tile: MakeTile) -> None:
    tiles = [make_tile(f"{n}.tif", np.full((4, 4), n), col=4 * n) for n in range(3)]
    with mosaic.open_band(tiles) as band:
        small = band.read(Window(0, 0, 12, 4), (2, 6))
        assert small.tolist() == [[0, 0, 1, 1, 2, 2]] * 2
        assert band.read(Window(2, 0, 2, 4), (1, 1)).tolist() == [[0]]


# --- VRT -------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("gdalbuildvrt") is None, reason="needs GDAL's tools")
def test_a_vrt_is_its_tiles(make_tile: MakeTile, tmp_path: Path) -> None:
    one = make_tile("1.tif", [[1, VOID]], nodata=VOID)
    two = make_tile("2.tif", [[7, 8]], row=1)
    path = tmp_path / "all.vrt"
    subprocess.run(["gdalbuildvrt", "-q", path, one, two], check=True)
    np.testing.assert_array_equal(everything(path), [[1, NAN], [7, 8]])
    two.unlink()
    with pytest.raises(InputError) as caught:
        everything(path)
    assert caught.value.code == "raster_source"


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        {"row": 0.5},
        {"col": 1.02},
        {"crs": "EPSG:32750"},
        {"transform": Affine(0.011, 0, 115.0, 0, -0.01, 1.0)},
        {"transform": Affine(0.01, 0, 115.0, 0, 0.01, 1.0)},
        {"transform": Affine(0.01, 0.001, 115.0, 0, -0.01, 1.0)},
    ],
)
def test_tiles_on_other_grids(make_tile: MakeTile, other: dict[str, Any]) -> None:
    one, two = make_tile("1.tif", np.ones((2, 2))), make_tile("2.tif", np.ones((2, 2)), **other)
    with pytest.raises(InputError) as caught:
        everything([one, two])
    assert (caught.value.code, caught.value.path) == ("raster_off_grid", two)
    assert caught.value.params == {"other": "1.tif"}


def test_corners_that_were_written_rounded(make_tile: MakeTile) -> None:
    one, two = make_tile("1.tif", [[1]]), make_tile("2.tif", [[2]], col=1.004)
    assert everything([one, two]).tolist() == [[1, 2]]


def test_a_fault_names_its_tile(make_tile: MakeTile) -> None:
    one = make_tile("1.tif", [[1]])
    noise = np.random.default_rng(0).integers(0, 1000, (200, 200))
    two = make_tile("2.tif", noise, col=1, compress="deflate")
    two.write_bytes(two.read_bytes()[: int(two.stat().st_size * 0.6)])
    with pytest.raises(InputError) as caught:
        everything([one, two])
    assert (caught.value.code, caught.value.path) == ("raster_unreadable", two)
    three = make_tile("3.tif", [[1]], crs=None)
    with pytest.raises(InputError) as caught:
        everything([one, three])
    assert (caught.value.code, caught.value.path) == ("raster_no_crs", three)


@pytest.mark.parametrize("nodata", [VOID, -9999, None])
def test_heights_off_the_raster_are_none(make_tile: MakeTile, nodata: int | None) -> None:
    """A cell of 0 m is land beside the sea; outside the raster there is no data."""
    path = make_tile("rim.tif", [[0, VOID], [7, nodata or 9]], nodata=nodata)
    with mosaic.open_band(path) as band:
        found = dem.heights(band, Window(-1, -1, 4, 4))
    none = dem.NO_HEIGHT
    last = 9 if nodata is None else none
    assert found.tolist() == [
        [none] * 4,
        [none, 0, none, none],
        [none, 7, last, none],
        [none] * 4,
    ]


def test_pictures_among_tiles_are_passed_over(make_tile: MakeTile, tmp_path: Path) -> None:
    one = make_tile("one.tif", [[1, 2]])
    two = make_tile("two.tif", [[3, 4]], col=2)
    picture = make_tile("quick.tif", np.full((3, 1, 7), 9), count=3, dtype="uint8")
    with mosaic.open_band([one, picture, two]) as band:
        assert band.passed_over == (picture,)
        np.testing.assert_array_equal(band.read(Window(0, 0, 4, 1)), [[1, 2, 3, 4]])
        mosaic.refuse_picture(band)
    # A second file of the same cells, in a folder, is another layer.
    other = make_tile("two_b.tif", [[7, 7]], col=2)
    picture.unlink()
    with mosaic.open_band(tmp_path) as band:
        assert band.passed_over == (other,)
        np.testing.assert_array_equal(band.read(Window(0, 0, 4, 1)), [[1, 2, 3, 4]])


@pytest.mark.parametrize("kind", ["RGB", "RGBA", "PALETTE"])
def test_a_picture_has_no_heights(make_tile: MakeTile, kind: str) -> None:
    bands = {"RGB": 3, "RGBA": 4, "PALETTE": 1}[kind]
    path = make_tile("d.tif", np.full((bands, 2, 2), 120), count=bands, dtype="uint8")
    if kind == "PALETTE":
        with rasterio.open(path, "r+") as dataset:
            dataset.write_colormap(1, {120: (9, 9, 9)})
    with pytest.raises(InputError) as caught:
        mosaic.refuse_no_heights(path)
    assert (caught.value.code, caught.value.params) == (
        "raster_picture",
        {"value": kind[:7].removesuffix("A")},
    )


def test_three_bands_of_bytes_are_a_picture_whatever_they_are_called(make_tile: MakeTile) -> None:
    cells = np.full((3, 2, 2), 120)
    path = make_tile("d.tif", cells, count=3, dtype="uint8", photometric="MINISBLACK")
    with pytest.raises(InputError) as caught:
        mosaic.refuse_no_heights(path)
    assert caught.value.code == "raster_picture"


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_what_no_land_is_as_high_as_is_no_data(make_tile: MakeTile, dtype: str) -> None:
    path = make_tile("a.tif", [[-9999, -32767, 9999, 8848, -400, 30000]], dtype=dtype)
    tiles = TileSet((path,), possible=(-500.0, 9000.0))
    known = [[NAN, NAN, NAN, 8848, -400, NAN]]
    window = Window(0, 0, 6, 1)
    with mosaic.open_band(tiles) as band:
        np.testing.assert_array_equal(band.read(window), known)
        np.testing.assert_array_equal(
            band.values(np.zeros(6, dtype=np.int64), np.arange(6)), known[0]
        )
        heights = dem.heights(band, window)
    assert [bool(dem.missing(z)) for z in heights[0]] == np.isnan(known[0]).tolist()


def test_infinite_cells_are_no_data(make_tile: MakeTile) -> None:
    path = make_tile("a.tif", [[np.inf, -np.inf, NAN, 1.5]], dtype="float32")
    np.testing.assert_array_equal(everything(path), [[NAN, NAN, NAN, 1.5]])


def test_a_signalling_nan_is_no_data_and_no_warning(make_tile: MakeTile) -> None:
    signalling = np.array([[0x7F800001, 0x3FC00000]], dtype="uint32").view("float32")
    path = make_tile("a.tif", signalling, dtype="float32")
    with mosaic.open_band(TileSet((path,), possible=(-500.0, 9000.0))) as band:
        np.testing.assert_array_equal(band.read(Window(0, 0, 2, 1)), [[NAN, 1.5]])


def test_what_a_scale_makes_infinite_is_no_data(make_tile: MakeTile) -> None:
    path = make_tile("a.tif", [[30000, 0]], scales=[1e306])
    np.testing.assert_array_equal(everything(path), [[NAN, 0.0]])
