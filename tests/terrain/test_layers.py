from __future__ import annotations

import math
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.windows import Window
from scipy import ndimage

from kalsel_gap.errors import InputError
from kalsel_gap.geo import grid, sampling
from kalsel_gap.terrain import layers, mountains, relief_at_points, sea_mask, shore_distance
from tests.conftest import UTM

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.geo.raster_files import RasterPath
    from tests.conftest import MakeDem

NAN = np.nan
SEA = -32768
EVERY: tuple[layers.LayerName, ...] = (
    *("elevation", "slope", "aspect", "tri", "roughness", "relief", "mountain", "coast", "zone"),
)
# Cells of a thousandth of a degree: 3 by 3 of them lie around the equator and 116° east.
DEGREES: dict[str, Any] = {
    "crs": "EPSG:4326",
    "transform": Affine(0.001, 0.0, 115.9985, 0.0, -0.001, 0.0015),
}

Layers = dict[layers.LayerName, NDArray[Any]]


def made(path: RasterPath, *wanted: layers.LayerName, **options: Any) -> Layers:
    """Layers as whole arrays; each window must come once and in file order."""
    info = sampling.describe(path)
    found: Layers = {}
    seen = {name: np.zeros((info.height, info.width), dtype=int) for name in wanted}
    before: dict[layers.LayerName, tuple[int, int]] = {}

    def write(name: layers.LayerName, window: Window, cells: grid.BandCells) -> None:
        place = int(window.row_off), int(window.col_off)
        assert before.get(name, (-1, -1)) < place
        before[name] = place
        whole = found.setdefault(name, np.empty((info.height, info.width), cells.dtype))
        whole[window.toslices()] = cells
        seen[name][window.toslices()] += 1

    layers.compute_layers(path, layers.Work(wanted, **options), write)
    assert all((times == 1).all() for times in seen.values())
    return found


def with_sea(
    path: RasterPath, *wanted: layers.LayerName, zero: bool = False, **options: Any
) -> Layers:
    sea = sea_mask.open_sea(path, zero=zero)
    return made(path, *wanted, sea=sea, zone=sea_mask.low_coast(path, sea), **options)


# --- by hand ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("east", "south", "aspect_deg"),
    [
        (0, 10, 0.0),
        (-10, 10, 45.0),
        (-10, 0, 90.0),
        (-10, -10, 135.0),
        (0, -10, 180.0),
        (10, -10, 225.0),
        (10, 0, 270.0),
        (10, 10, 315.0),
        (3, 40, 360.0 - math.degrees(math.atan(3 / 40))),
    ],
)
@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_a_plane(make_dem: MakeDem, east: int, south: int, aspect_deg: float, dtype: str) -> None:
    row, col = np.mgrid[:4, :5]
    path = make_dem(500 + east * col + south * row, dtype=dtype)
    got = made(path, "slope", "aspect", "tri", "roughness")
    inner = np.s_[1:-1, 1:-1]
    slope_deg = math.degrees(math.atan(math.hypot(east, south) / 100))
    tri_m = math.sqrt(sum((a * east + b * south) ** 2 for a in (-1, 0, 1) for b in (-1, 0, 1)))
    np.testing.assert_allclose(got["slope"][inner], slope_deg, rtol=5e-7)
    np.testing.assert_allclose(got["aspect"][inner], aspect_deg, rtol=3e-7)
    np.testing.assert_allclose(got["tri"][inner], tri_m, rtol=1e-7)
    np.testing.assert_array_equal(got["roughness"][inner], 2 * (abs(east) + abs(south)))
    for layer in got.values():
        assert np.isnan(layer).sum() == 4 * 5 - 2 * 3
        assert layer.dtype == np.float32


def test_what_is_level_faces_nowhere(make_dem: MakeDem) -> None:
    got = made(make_dem(np.full((3, 3), 7)), "slope", "aspect", "tri")
    assert (got["slope"][1, 1], got["tri"][1, 1]) == (0.0, 0.0)
    assert np.isnan(got["aspect"]).all()


def test_a_staircase(make_dem: MakeDem) -> None:
    path = make_dem(np.repeat([[0, 0, 30, 30, 30]], 3, axis=0))
    got = made(path, "slope", "tri", "roughness", "relief", relief_radius_m=100.0)
    step_deg = math.degrees(math.atan(30 / 200))
    np.testing.assert_allclose(got["slope"][1], [NAN, step_deg, step_deg, 0, NAN], rtol=5e-7)
    np.testing.assert_allclose(got["tri"][1], [NAN, 30 * 3**0.5, 30 * 3**0.5, 0, NAN], rtol=1e-7)
    np.testing.assert_array_equal(got["roughness"][1], [NAN, 30, 30, 0, NAN])
    np.testing.assert_array_equal(got["relief"], [[0, 30, 30, 0, 0]] * 3)


def test_a_cone(make_dem: MakeDem) -> None:
    row, col = np.mgrid[:41, :41] - 20
    path = make_dem(np.maximum(1000 - 40 * np.rint(np.hypot(row, col)), 0))
    got = made(path, "relief", "mountain", relief_radius_m=500.0)
    assert got["relief"][20, 20] == 200.0  # down to the ring of 5 cells
    assert got["relief"][20, 30] == 400.0  # from 5 to 15 cells away
    assert got["mountain"][20, 20] == 0  # 1000 m, but level on top and 200 m of relief
    assert got["mountain"][20, 30] == 6  # 600 m, 400 m of relief
    assert got["mountain"][0, 0] == 0


def test_an_island_of_one_cell(make_dem: MakeDem) -> None:
    cells = np.full((5, 5), SEA)
    cells[2, 2] = 9
    got = with_sea(make_dem(cells), *EVERY, relief_radius_m=150.0)
    np.testing.assert_array_equal(got["relief"], np.where(cells == 9, 0.0, NAN))  # none at sea
    assert np.isnan([got[name][2, 2] for name in ("slope", "aspect", "tri", "roughness")]).all()
    assert np.isnan(got["elevation"]).sum() == 24
    np.testing.assert_array_equal(got["coast"] > 0, cells == 9)
    assert got["coast"][2, 2] == 100.0
    expected = np.where(cells == 9, 1, layers.NO_CLASS)
    np.testing.assert_array_equal(got["zone"], expected)
    np.testing.assert_array_equal(got["mountain"], np.where(cells == 9, 0, layers.NO_CLASS))


def test_a_lake_below_the_sea_is_no_sea(make_dem: MakeDem) -> None:
    cells = np.full((3, 9), 20)
    cells[1, 4] = -30
    cells[1, 6] = SEA
    cells[:, 0] = SEA
    got = with_sea(make_dem(cells), "coast", "zone", "relief", relief_radius_m=200.0)
    np.testing.assert_array_equal(got["coast"], [np.arange(9) * 100.0] * 3)
    assert (got["zone"][:, 1:][cells[:, 1:] != SEA] == 0).all()
    assert (got["zone"][1, 6], got["relief"][1, 4], got["relief"][1, 7]) == (-1, 50.0, 0.0)


def test_the_sea_has_no_distance_to_a_given_shore(make_dem: MakeDem) -> None:
    cells = np.full((3, 6), 20)
    cells[:, :3] = SEA
    path = make_dem(cells)
    sea = sea_mask.open_sea(path)
    grid = sea.grid
    to_degrees = pyproj.Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    ends = [to_degrees.transform(*(grid.transform @ (3.5, row))) for row in (0.0, 3.0)]
    shore = shore_distance.line_cells(np.array([shapely.LineString(ends)]), grid)
    got = made(path, "coast", sea=sea, shore=shore)["coast"]
    np.testing.assert_array_equal(got, [[0, 0, 0, 0, 100, 200]] * 3)
    # Without one the sea itself is the shore.
    np.testing.assert_array_equal(
        made(path, "coast", sea=sea)["coast"][0], [0, 0, 0, 100, 200, 300]
    )


def test_a_sea_of_zeros(make_dem: MakeDem) -> None:
    cells = np.array([[0, 0, 5, 80, 0, 80], [0, 0, 5, 80, 80, 80], [0, 0, 0, 80, 80, 80]])
    path = make_dem(cells, nodata=None)
    got = with_sea(path, "coast", "zone", "relief", "mountain", zero=True, relief_radius_m=100.0)
    # The zero in the hills reaches the border of the raster, too, but is no shore.
    away = [0, 0, 100, 200, 100 * math.hypot(2, 2), 100 * math.hypot(2, 3)]
    np.testing.assert_allclose(got["coast"][0], away, rtol=1e-6)
    assert got["zone"].tolist() == [[-1, -1, 1, 0, 0, 0], [-1, -1, 1, 0, 0, 0], [-1] * 3 + [0] * 3]
    np.testing.assert_array_equal(got["relief"][1], [NAN, NAN, 75, 75, 80, 0])
    assert not with_sea(path, "zone")["zone"].any()
    names: tuple[layers.LayerName, ...] = ("slope", "aspect", "tri", "roughness")
    # The sea has no slope or relief; the land beside it falls to its level.
    shape = with_sea(path, *names, zero=True)
    assert all(np.isnan(shape[name][1, [0, 1]]).all() for name in names)
    assert shape["roughness"][1, 2] == 80.0


def test_across_the_equator_and_a_degree(make_dem: MakeDem) -> None:
    cells = 100 + np.array([[3, 2, 3], [1, 0, 1], [3, 2, 3]])
    got = made(make_dem(cells, **DEGREES), "slope", "tri", "relief", relief_radius_m=112.0)
    assert got["slope"][1, 1] == 0.0
    assert got["tri"][1, 1] == pytest.approx(math.sqrt(4 * 9 + 2 * 4 + 2 * 1))
    # 111.3 m to the east, 110.6 m to the north.
    assert got["relief"][1, 1] == 2.0
    tilted = made(make_dem(np.mgrid[:3, :3][1] * 10, **DEGREES), "slope", "aspect")
    slope_deg = math.degrees(math.atan(10 / 111.31949))
    assert tilted["slope"][1, 1] == pytest.approx(slope_deg, rel=1e-6)
    assert tilted["aspect"][1, 1] == 270.0


@pytest.mark.parametrize("cell", [7, SEA])
@pytest.mark.parametrize("shape", [(1, 1), (4, 3)])
@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_rasters_with_little_data(
    make_dem: MakeDem, cell: int, shape: tuple[int, int], dtype: str
) -> None:
    path = make_dem(np.full(shape, cell), dtype=dtype)
    got = with_sea(path, *EVERY)
    is_land = cell == 7
    np.testing.assert_array_equal(got["elevation"], np.full(shape, 7.0 if is_land else NAN))
    np.testing.assert_array_equal(got["relief"], np.full(shape, 0.0 if is_land else NAN))
    np.testing.assert_array_equal(got["coast"], np.full(shape, NAN if is_land else 0.0))
    np.testing.assert_array_equal(got["mountain"], np.full(shape, 0 if is_land else -1))
    np.testing.assert_array_equal(got["zone"], np.full(shape, 0 if is_land else -1))
    assert np.isnan(got["slope"][0]).all()


def test_rows_that_run_northwards(make_dem: MakeDem) -> None:
    row, col = np.mgrid[:5, :6]
    cells = 10 * row * row + 30 * col
    up = Affine(100.0, 0.0, 500_000.0, 0.0, 100.0, 9_699_500.0)
    usual = made(make_dem(cells), "slope", "aspect", "relief", relief_radius_m=210.0)
    turned = made(
        make_dem(cells[::-1], transform=up), "slope", "aspect", "relief", relief_radius_m=210.0
    )
    for name, layer in usual.items():
        np.testing.assert_array_equal(turned[name][::-1], layer)


def test_what_cannot_be_made(make_dem: MakeDem) -> None:
    path, other = make_dem([[1, 2]]), make_dem([[1], [2]])
    for wanted in ("coast", "zone"):
        with pytest.raises(ValueError, match="cells of the sea"):
            made(path, wanted)
    with pytest.raises(ValueError, match="another raster"):
        made(path, "coast", sea=sea_mask.open_sea(other))
    turned = make_dem([[1]], transform=Affine(1, 0.1, 5e5, 0.1, -1, 9.7e6))
    with pytest.raises(InputError) as caught:
        made(turned, "slope")
    assert caught.value.code == "raster_rotated"


def test_a_fault_of_the_writer_ends_it(make_dem: MakeDem) -> None:
    def full(*_: object) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        layers.compute_layers(make_dem(np.zeros((600, 5))), layers.Work(["slope"]), full)


def test_what_is_done_is_skipped(make_dem: MakeDem, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (grid, layers):
        monkeypatch.setattr(module, "TILE", (10, 10))
    path = make_dem(np.random.default_rng(1).integers(0, 99, (45, 12)))
    work = layers.Work(["relief"], relief_radius_m=350.0)
    whole: dict[int, bytes] = {}
    layers.compute_layers(
        path, work, lambda _, w, cells: whole.setdefault(w.row_off, cells.tobytes())
    )
    rest: dict[int, bytes] = {}
    layers.compute_layers(
        path,
        work,
        lambda _, w, cells: rest.setdefault(w.row_off, cells.tobytes()),
        skip=lambda window: window.row_off in (0, 20),
    )
    assert rest == {row: cells for row, cells in whole.items() if row not in (0, 20)}


# --- any windows and tiles -------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int16", "float32"])
@pytest.mark.parametrize("profile", [UTM, DEGREES | {"crs": "EPSG:4326"}])
def test_cuts_and_threads_change_no_bit(
    make_dem: MakeDem, monkeypatch: pytest.MonkeyPatch, profile: dict[str, Any], dtype: str
) -> None:
    rng = np.random.default_rng(7)
    cells = rng.normal(300, 200, (90, 110)).astype(dtype)
    cells[rng.random(cells.shape) < 0.05] = SEA
    cells[:, :6] = SEA
    options: dict[str, Any] = {"relief_radius_m": 650.0}
    whole = with_sea(make_dem(cells, dtype=dtype, **profile), *EVERY, **options)
    tiled = {"tiled": True, "blockxsize": 16, "blockysize": 32, "dtype": dtype, **profile}
    cut = make_dem(cells, **tiled)
    for tile, columns, threads in [((13, 17), 29, 3), ((1, 110), 1000, 1), ((64, 8), 50, 2)]:
        for module in (grid, layers):
            monkeypatch.setattr(module, "TILE", tile)
        monkeypatch.setattr(grid, "WINDOW_COLUMNS", columns)
        for module in (sea_mask, shore_distance):
            monkeypatch.setattr(module, "BLOCK_CELLS", 17 * tile[0])
        again = with_sea(cut, *EVERY, threads=threads, **options)
        for name, layer in whole.items():
            assert layer.tobytes() == again[name].tobytes(), name


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_layers_agree_with_the_facts_of_schools(make_dem: MakeDem, data: st.DataObject) -> None:
    """The two implementations of local relief, slope and class agree at every cell."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    cells = rng.integers(0, 2000, (9, 11))
    cells[rng.random(cells.shape) < 0.1] = SEA
    lat = data.draw(st.sampled_from([0.0, -3.0, 47.0, 70.0]))
    corner = Affine(0.001, 0.0, 115.0, 0.0, -0.001, lat)
    profile = data.draw(st.sampled_from([UTM, {"crs": "EPSG:4326", "transform": corner}]))
    # A cell whose middle lies on the circle itself belongs to it or not by the last bit.
    off_cells = st.floats(1.0, 1500.0).filter(
        lambda r: abs(r * r / 1e4 - round(r * r / 1e4)) > 1e-6
    )
    radius_m = data.draw(off_cells)
    path = make_dem(cells, **profile)
    got = made(path, "relief", "slope", "mountain", relief_radius_m=radius_m)
    with sampling.open_band(path) as band:
        row, col = np.mgrid[:9, :11] + 0.5
        place = band.grid.position(row.ravel(), col.ravel())
    at = relief_at_points.relief_at(path, *place, relief_radius_m=radius_m)
    np.testing.assert_array_equal(got["relief"].ravel(), at.local_relief_m)
    np.testing.assert_allclose(got["slope"].ravel(), at.slope_deg, rtol=5e-7)
    own = np.where(cells == SEA, NAN, cells).ravel()
    expected = mountains.kapos_class(own, at.slope_deg, at.local_relief_m)
    np.testing.assert_array_equal(got["mountain"].ravel(), expected)


@pytest.mark.parametrize("dtype", ["int16", "float32"])
@pytest.mark.parametrize("radius_m", [99.0, 100.0, 500.0, 1234.5])
def test_local_relief_is_scipys(make_dem: MakeDem, dtype: str, radius_m: float) -> None:
    cells = np.random.default_rng(3).normal(500, 300, (50, 60)).astype(dtype)
    reach = int(radius_m / 100)
    row, col = np.mgrid[-reach : reach + 1, -reach : reach + 1] * 100.0
    disk = row * row + col * col <= radius_m * radius_m
    high = ndimage.maximum_filter(cells, footprint=disk, mode="constant", cval=-9999)
    low = ndimage.minimum_filter(cells, footprint=disk, mode="constant", cval=9999)
    got = made(make_dem(cells, dtype=dtype), "relief", relief_radius_m=radius_m)
    expected = high.astype(np.float32) - low.astype(np.float32)
    np.testing.assert_array_equal(got["relief"], expected)


# --- the real ground -------------------------------------------------------------------------


def warped(source: Path, folder: Path, crs: str) -> Path:
    """A raster on a grid of 90 m in a UTM zone, bilinear, as floats."""
    path = folder / "utm.tif"
    target = ["-t_srs", crs, "-tr", "90", "90", "-dstnodata", "-9999", "-ot", "Float32"]
    command = ["gdalwarp", "-q", "-r", "bilinear", *target, str(source), str(path)]
    subprocess.run(command, check=True)
    return path


REAL = {
    "N36W122": ("validation/srtm/N36W122_3arcsec.tif", "EPSG:32610"),
    "S34E018": ("validation/srtm/S34E018_3arcsec.tif", "EPSG:32734"),
}


@pytest.mark.real
@pytest.mark.skipif(shutil.which("gdaldem") is None, reason="needs GDAL's tools")
@pytest.mark.parametrize("name", [*REAL, "stylised"])
def test_layers_agree_with_gdaldem(shared: Path, tmp_path: Path, name: str) -> None:
    if name == "stylised":
        part = tmp_path / "part.tif"
        window = ["-projwin", "115.0", "-2.4", "116.2", "-3.4"]  # the Meratus
        dem = shared / "kalsel/stylised/dem_3arcsec.tif"
        subprocess.run(["gdal_translate", "-q", *window, dem, part], check=True)
        path = warped(part, tmp_path, "EPSG:32750")
    else:
        path = warped(shared / REAL[name][0], tmp_path, REAL[name][1])
    got = made(path, "elevation", "slope", "aspect", "tri", "roughness")
    asked: dict[layers.LayerName, list[str]] = {
        "slope": ["slope", "-alg", "Horn"],
        "aspect": ["aspect", "-alg", "Horn"],
        "tri": ["TRI", "-alg", "Riley"],
        "roughness": ["roughness"],
    }
    for layer, (mode, *options) in asked.items():
        out = tmp_path / f"{layer}.tif"
        subprocess.run(["gdaldem", mode, path, out, *options, "-q"], check=True)
        with rasterio.open(out) as dataset:
            expected = dataset.read(1).astype(np.float64)
            expected[dataset.read_masks(1) == 0] = NAN
        ours = got[layer].astype(np.float64)
        if layer == "aspect":
            with np.errstate(invalid="ignore"):
                difference = np.abs((ours - expected + 180) % 360 - 180)
            sloping = got["slope"] > 0.01
            # Its sums of four heights are floats: rounding changes the aspect of gentle slopes.
            rounding_m = 24 * 2.0**-24 * np.abs(got["elevation"][sloping])
            rise_m = 8 * 90 * np.tan(np.radians(got["slope"][sloping]))
            assert (difference[sloping] <= np.degrees(rounding_m / rise_m) + 1e-4).all()
        else:
            np.testing.assert_array_equal(np.isnan(ours), np.isnan(expected))
            np.testing.assert_allclose(ours, expected, rtol=3e-5, atol=2e-4)
        assert np.isfinite(expected).sum() > 900_000


@pytest.mark.real
def test_disks_agree_with_exactextract(shared: Path, tmp_path: Path) -> None:
    import geopandas as gpd
    from exactextract import exact_extract
    from shapely import Point

    path = warped(shared / REAL["S34E018"][0], tmp_path, REAL["S34E018"][1])
    slope_path = tmp_path / "slope.tif"
    slope = made(path, "slope")["slope"]
    with rasterio.open(path) as dataset:
        profile = dataset.profile | {"nodata": NAN}
        west, south, east, north = dataset.bounds
    with rasterio.open(slope_path, "w", **profile) as dataset:
        dataset.write(slope, 1)
    rng = np.random.default_rng(0)
    x = rng.uniform(west + 12_000, east - 12_000, 40)
    y = rng.uniform(south + 12_000, north - 12_000, 40)
    to_degrees = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=profile["crs"]).to_crs("EPSG:4326")
    at = relief_at_points.relief_at(path, to_degrees.y, to_degrees.x)
    disks = [Point(a, b).buffer(5000, quad_segs=64) for a, b in zip(x, y, strict=True)]
    dem_grid = gpd.GeoDataFrame(geometry=disks, crs=profile["crs"])
    mean = exact_extract(slope_path, dem_grid, "mean", output="pandas")["mean"]
    # 9,700 cells in a disk, 700 of them on its edge: there these count by their share, here whole
    # or not at all.
    np.testing.assert_allclose(at.mean_slope_deg, mean, rtol=0.01, atol=0.02)
    rings = [Point(a, b).buffer(7000, quad_segs=64) for a, b in zip(x, y, strict=True)]
    dem_grid = gpd.GeoDataFrame(geometry=rings, crs=profile["crs"])
    wide = exact_extract(path, dem_grid, ["max", "min"], output="pandas")
    inner = gpd.GeoDataFrame(geometry=dem_grid.buffer(-130), crs=profile["crs"])
    narrow = exact_extract(path, inner, ["max", "min"], output="pandas")
    # There every cell that the disk touches counts; here only cells with their centre inside.
    assert (at.local_relief_m <= wide["max"] - wide["min"]).all()
    assert (at.local_relief_m >= narrow["max"] - narrow["min"]).all()


@pytest.mark.real
def test_mountains_known_by_name(shared: Path) -> None:
    folder = shared / "validation/srtm"

    def mountain(tiles: list[Path], lat: float, lon: float) -> int:
        got = with_sea(tiles, "mountain", zero=True)["mountain"]
        with sampling.open_band(tiles) as band:
            row, col = (int(each) for each in band.grid.pixel(lat, lon))
        return int(got[row, col])

    cape = [folder / "S34E018_3arcsec.tif", folder / "S35E018_3arcsec.tif"]
    assert mountain(cape, -33.9625, 18.4080) == 5  # Table Mountain, 1,085 m
    assert mountain(cape, -34.0300, 18.6000) == 0  # Cape Flats
    assert mountain(cape, -34.35, 18.9) in (0, 5, 6)
    range_ = [folder / "N36W122_3arcsec.tif", folder / "N36W123_3arcsec.tif"]
    assert mountain(range_, 36.146, -121.419) == 4  # Santa Lucia, its highest cell: 1,785 m
    assert mountain(range_, 36.25, -121.55) in (5, 6)
    assert mountain(range_, 36.68, -121.65) == 0  # Salinas, in the valley


@pytest.mark.real
def test_the_seam_of_the_cape_leaves_no_trace(shared: Path, tmp_path: Path) -> None:
    folder = shared / "validation/srtm"
    cape = [folder / "S34E018_3arcsec.tif", folder / "S35E018_3arcsec.tif"]
    with sampling.open_band(cape) as band:
        whole = band.read(Window(0, 0, band.grid.width, band.grid.height))
        grid, crs = band.grid, band.crs
    path = tmp_path / "cape.tif"
    profile = {"driver": "GTiff", "count": 1, "dtype": "int16", "crs": crs}
    size = {"width": grid.width, "height": grid.height, "transform": grid.transform}
    with rasterio.open(path, "w", **profile, **size) as dataset:
        dataset.write(whole.astype(np.int16), 1)
    one, many = (made(each, "slope", "relief") for each in (path, cape))
    for name, layer in one.items():
        assert layer.tobytes() == many[name].tobytes()


@pytest.mark.real
@pytest.mark.parametrize("zero", [True, False])
def test_distances_agree_with_geodesics(shared: Path, zero: bool) -> None:
    from kalsel_gap.geo import geodesy

    path = shared / "kalsel/stylised/dem_3arcsec.tif"
    if zero:
        path = shared / "validation/srtm/N36W122_3arcsec.tif"
    sea = sea_mask.open_sea(path, zero=zero)
    got = made(path, "coast", sea=sea)["coast"]
    inside = sea.inside
    shore = inside & ndimage.binary_dilation(~inside)
    to = sea.grid.position(*(np.argwhere(shore).T + 0.5))
    cells = np.argwhere(~inside)[::997].T
    expected, _ = geodesy.nearest_point_m(*sea.grid.position(*(cells + 0.5)), *to)
    ours = got[tuple(cells)].astype(np.float64)
    assert ours.max() > 50_000
    assert (np.abs(ours - expected) <= np.maximum(0.001 * expected, 46.0)).all()
    # Far better than that.
    assert (np.abs(ours / expected - 1) < 2e-4).mean() > 0.99
