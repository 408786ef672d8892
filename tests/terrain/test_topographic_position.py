from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Transformer

from kalsel_gap.geo import sampling
from kalsel_gap.geo.geodesy import WGS84, metres_per_degree
from kalsel_gap.project.base import default_values
from kalsel_gap.project.terrain import Horizon, Landform
from kalsel_gap.terrain import horizon as horizons
from kalsel_gap.terrain import relief_at_points, sea_mask, topographic_position
from kalsel_gap.terrain.horizon import EARTH_RADIUS_M, HorizonSight
from kalsel_gap.terrain.topographic_position import Neighbourhood, exposure_at

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike

    from tests.conftest import MakeRaster

FloatArray = NDArray[np.float64]
NAN = np.nan
VOID = -32768
AROUND = np.arange(16) * 22.5
BEND = 0.5 / (4 / 3 * EARTH_RADIUS_M)

# Cells of 100 m around a point on the central meridian of zone 50, south of the equator.
SIZE = 61
MIDDLE = SIZE // 2
UTM: dict[str, Any] = {
    "crs": "EPSG:32750",
    "transform": Affine(100.0, 0.0, 500_000.0 - 50.0 * SIZE, 0.0, -100.0, 9_700_000.0),
    "nodata": VOID,
}
DEFAULTS = default_values("terrain")
LIMITS = Landform.model_validate(DEFAULTS["landform"])


def looking(**changes: float) -> Horizon:
    """The default horizon, but by default 2 km long and unknown at the first void."""
    short = {"distance_m": 2000.0, "void_m": 2000.0}
    return Horizon.model_validate(DEFAULTS["horizon"] | short | changes)


def land(height: Any) -> FloatArray:
    """Cells by a function of metres east and north of the middle."""
    row, col = np.mgrid[:SIZE, :SIZE]
    east, north = 100.0 * (col - MIDDLE), 100.0 * (MIDDLE - row)
    return np.broadcast_to(np.asarray(height(east, north), dtype=np.float64), (SIZE, SIZE)).copy()


def at(
    path: Path,
    row: ArrayLike = MIDDLE,
    col: ArrayLike = MIDDLE,
    *,
    azimuth: ArrayLike = AROUND,
    sea: bool = True,
    horizon: Horizon | None = None,
) -> tuple[Neighbourhood, Neighbourhood, HorizonSight]:
    """Exposure at the centres of cells; cells without data are 0 m high."""
    with sampling.open_band(path) as band:
        lat, lon = band.grid.position(
            np.atleast_1d(row).astype(float) + 0.5, np.atleast_1d(col).astype(float) + 0.5
        )
    ground = sampling.sample(path, lat, lon, method="bilinear").value
    where = np.tile(np.asarray(azimuth, dtype=float), (lat.size, 1))
    mask = sea_mask.open_sea(path) if sea else None
    return exposure_at(path, lat, lon, ground, where, horizon=horizon or looking(), sea=mask)[1:]


def angle(rise_m: float, distance_m: float) -> float:
    return math.degrees(math.atan(rise_m / distance_m - distance_m * BEND))


# --- horizons by hand --------------------------------------------------------------------------


def test_a_plain_ends_at_a_dip(raster: MakeRaster) -> None:
    path = raster("plain.tif", land(lambda x, y: 40.0), **UTM)
    _, _, far = at(path, horizon=looking(observer_m=5.0))
    # From 5 m above a sphere of 8,495 km the horizon is at 9.2 km: within 2 km it still rises.
    assert far.horizon_deg[0] == pytest.approx(angle(-5.0, 2000.0), abs=1e-9)
    assert far.distance_m[0] == pytest.approx(2000.0)
    _, _, near = at(path, horizon=looking(observer_m=0.1))
    # The dip of the horizon at h is √(2h/kR), at √(2hkR): 1,303 m, sampled every 50 m.
    dip_deg = math.degrees(math.sqrt(2 * 0.1 / (4 / 3 * EARTH_RADIUS_M)))
    assert near.horizon_deg[0] == pytest.approx(-dip_deg, abs=1e-5)
    assert near.distance_m[0] == pytest.approx(1300.0)
    assert horizons.sky_view_share(near.horizon_deg) == pytest.approx(1.0)


def test_a_wall(raster: MakeRaster) -> None:
    path = raster("wall.tif", land(lambda x, y: np.where(x == 1000.0, 60.0, 0.0)), **UTM)
    _, _, sight = at(path, azimuth=[90.0, 270.0, 45.0], horizon=looking(observer_m=4.0))
    east, west, aslant = sight.horizon_deg[0]
    # The ground is .04 % longer than the grid: 1,000 m end .4 m before the middle of the wall.
    assert east == pytest.approx(angle(60.0 * 0.996 - 4.0, 1000.0), rel=1e-5)
    assert sight.distance_m[0, 0] == pytest.approx(1000.0)
    assert west == pytest.approx(angle(-4.0, 2000.0), rel=1e-3)
    # Diagonally it is 1,415 m away; the nearest sample is at 1,400 m, where x is 989.55.
    assert aslant == pytest.approx(angle(60.0 * 0.8955 - 4.0, 1400.0), rel=1e-4)
    lat, lon = sight.lat[0, 0], sight.lon[0, 0]
    with rasterio.open(path) as dataset:
        x, y = Transformer.from_crs(4326, dataset.crs, always_xy=True).transform(lon, lat)
        row, col = dataset.index(x, y)
    assert (row, col) == (MIDDLE, MIDDLE + 10)


def test_what_stands_behind_a_wall_is_hidden(raster: MakeRaster) -> None:
    cells = land(lambda x, y: np.where(x == 500.0, 50.0, np.where(x == 1500.0, 100.0, 0.0)))
    _, _, sight = at(
        raster("two.tif", cells, **UTM), azimuth=[90.0], horizon=looking(observer_m=0.0)
    )
    assert sight.distance_m[0, 0] == pytest.approx(500.0)
    higher = land(lambda x, y: np.where(x == 500.0, 50.0, np.where(x == 1500.0, 152.0, 0.0)))
    _, _, sight = at(
        raster("far.tif", higher, **UTM), azimuth=[90.0], horizon=looking(observer_m=0.0)
    )
    assert sight.distance_m[0, 0] == pytest.approx(1500.0)


def test_the_bottom_of_a_crater(raster: MakeRaster) -> None:
    """A floor of 300 m and walls of 30°, whose elevation angle is largest at their top."""
    tan = math.tan(math.radians(30.0))
    cells = land(lambda x, y: np.maximum(np.hypot(x, y) - 300.0, 0.0) * tan)
    path = raster("crater.tif", cells, **UTM, dtype="float32")
    near, _, sight = at(path, horizon=looking(observer_m=0.0))
    high_deg = angle(1700.0 * tan, 2000.0)
    assert sight.horizon_deg[0] == pytest.approx(high_deg, abs=0.02)
    assert horizons.sky_view_share(sight.horizon_deg)[0] == pytest.approx(
        1.0 - math.sin(math.radians(high_deg)), abs=1e-3
    )
    assert horizons.open_share(sight.horizon_deg, 30.0).tolist() == [1.0]
    assert horizons.open_share(sight.horizon_deg, 25.0)[0] < 1.0
    assert near.height_share.tolist() == [0.0]
    assert near.max_slope_deg[0] == pytest.approx(30.0, abs=0.2)
    # 2/R² ∫ (r - 300) r dr and 2/R² ∫ (r - 300)² r dr from 300 to 1,000 m.
    assert near.relative_height_m[0] == pytest.approx(-375.7 * tan, rel=0.01)
    assert near.deviation_m[0] == pytest.approx(math.sqrt(188_650 - 375.7**2) * tan, rel=0.01)
    assert topographic_position.landform(near, [0.0], LIMITS).tolist() == ["valley_floor"]


def test_the_top_of_a_cone(raster: MakeRaster) -> None:
    cells = land(lambda x, y: 2000.0 - np.hypot(x, y) * 0.2)
    near, _, sight = at(raster("cone.tif", cells, **UTM))
    assert (sight.horizon_deg < -11.0).all()  # the land falls by 11.3°
    assert horizons.sky_view_share(sight.horizon_deg).tolist() == [1.0]
    assert near.height_share.tolist() == [1.0]
    assert topographic_position.landform(near, [0.0], LIMITS).tolist() == ["crest"]


def test_a_valley_is_open_at_both_ends(raster: MakeRaster) -> None:
    cells = land(lambda x, y: np.abs(x) * 0.5)
    near, _, sight = at(raster("valley.tif", cells, **UTM), horizon=looking(observer_m=0.0))
    for direction in range(16):
        # The floor of a valley between two planes, in the direction of the ray.
        east = abs(math.sin(math.radians(AROUND[direction])))
        expected = math.degrees(math.atan(0.5 * east))
        assert sight.horizon_deg[0, direction] == pytest.approx(expected, abs=0.02)
    assert topographic_position.landform(near, [0.0], LIMITS).tolist() == ["valley_floor"]


def test_a_hillside_is_a_slope(raster: MakeRaster) -> None:
    near, wide, sight = at(raster("plane.tif", land(lambda x, y: 1000.0 + 0.3 * x), **UTM))
    assert near.relative_height_m[0] == pytest.approx(0.0, abs=1e-6)
    assert near.height_share[0] == pytest.approx(0.5)
    steep_deg = math.degrees(math.atan(0.3))
    assert (near.slope_deg[0], near.max_slope_deg[0]) == pytest.approx((steep_deg, steep_deg))
    # Of the disk of 5 km less than half lies on the raster.
    assert np.isnan(wide.slope_deg).all()
    assert topographic_position.landform(
        near,
        [
            steep_deg,
        ],
        LIMITS,
    ).tolist() == ["slope"]
    assert sight.horizon_deg[0, 4] > steep_deg - 0.2


# --- sea, voids, edges ---------------------------------------------------------------------------


def test_the_sea_lies_at_0(raster: MakeRaster) -> None:
    cells = land(lambda x, y: np.where(x > 300.0, VOID, 30.0))
    near, _, sight = at(raster("coast.tif", cells, **UTM), azimuth=[90.0, 270.0])
    # At 300 m there is land, at 400 m the sea; to the west land up to the end.
    assert sight.horizon_deg[0].tolist() == pytest.approx([angle(-5.0, 300.0), angle(-5.0, 2000.0)])
    # The part of a disk of 1 km more than 350 m to the east of its centre.
    sea_share = 0.5 - (0.35 * math.sqrt(1 - 0.35**2) + math.asin(0.35)) / math.pi
    assert near.land_share[0] == pytest.approx(1.0 - sea_share, abs=0.01)
    assert near.relative_height_m[0] == 0.0  # of the land


def test_without_a_sea_what_has_no_data_is_a_void(raster: MakeRaster) -> None:
    cells = land(lambda x, y: np.where(x > 300.0, VOID, 30.0))
    near, _, sight = at(raster("void.tif", cells, **UTM), azimuth=[90.0, 270.0], sea=False)
    assert np.isnan(sight.horizon_deg[0]).tolist() == [True, False]
    assert np.isfinite(sight.found_deg[0]).all()
    assert np.isnan(near.land_share).all()


@pytest.mark.parametrize(("void_m", "known"), [(1100.0, True), (1100.1, False)])
def test_a_void_far_away_does_not_matter(raster: MakeRaster, void_m: float, known: bool) -> None:
    cells = land(lambda x, y: np.where((x == 1100.0) & (abs(y) < 300.0), VOID, 30.0))
    path = raster("void.tif", cells, **UTM)
    # The first sample without data lies at 1,100 m: the ground is .04 % longer than the grid.
    _, _, sight = at(path, azimuth=[90.0, 270.0], horizon=looking(void_m=void_m))
    assert np.isfinite(sight.horizon_deg[0]).tolist() == [known, True]
    assert np.isfinite(sight.found_deg[0]).all()


def test_a_lake_without_data_is_no_sea(raster: MakeRaster) -> None:
    cells = land(lambda x, y: np.where(np.hypot(x - 500.0, y) < 300.0, VOID, 30.0))
    near, _, sight = at(raster("lake.tif", cells, **UTM), azimuth=[90.0, 270.0])
    assert np.isnan(sight.horizon_deg[0]).tolist() == [True, False]
    assert near.land_share.tolist() == [1.0]


def test_mostly_void_is_unknown(raster: MakeRaster) -> None:
    cells = land(lambda x, y: np.where(np.hypot(x, y) > 600.0, VOID, 30.0))
    cells[0] = cells[-1] = cells[:, 0] = cells[:, -1] = 30.0
    near, wide, _ = at(raster("speck.tif", cells, **UTM))
    for disk in (near, wide):
        for name in ("slope_deg", "max_slope_deg", "land_share", "relative_height_m", "range_m"):
            assert np.isnan(getattr(disk, name)).all(), name


def test_the_edge_is_a_void(raster: MakeRaster) -> None:
    path = raster("edge.tif", land(lambda x, y: 30.0), **UTM)
    _, _, sight = at(path, MIDDLE, SIZE - 6, azimuth=[90.0, 270.0])
    assert np.isnan(sight.horizon_deg[0]).tolist() == [True, False]
    _, _, sight = at(path, MIDDLE, SIZE - 6, azimuth=[90.0], horizon=looking(void_m=500.0))
    assert sight.found_deg[0, 0] == sight.horizon_deg[0, 0]


def test_without_a_location_nothing_is_seen(raster: MakeRaster) -> None:
    path = raster("land.tif", land(lambda x, y: 30.0), **UTM)
    lat, lon = np.array([NAN, 10.0, -2.713]), np.array([NAN, 10.0, 117.0])
    where = np.tile(AROUND, (3, 1))
    _, near, _, sight = exposure_at(path, lat, lon, [30.0, 30.0, NAN], where, horizon=looking())
    assert np.isnan(sight.found_deg).all()
    assert np.isnan(near.slope_deg[:2]).all()
    assert np.isnan(near.relative_height_m).all()


def test_one_cell(raster: MakeRaster) -> None:
    cells = np.array([[7.0]])
    near, _, sight = at(raster("one.tif", cells, **UTM), 0, 0)
    assert np.isnan(sight.found_deg).all()
    assert np.isnan(near.range_m).all()


def test_a_sea_of_another_raster(raster: MakeRaster) -> None:
    sea = sea_mask.open_sea(raster("small.tif", np.zeros((3, 3)), **UTM))
    path = raster("land.tif", land(lambda x, y: 30.0), **UTM)
    with pytest.raises(ValueError, match="another raster"):
        exposure_at(path, [NAN], [NAN], [NAN], [[0.0]], horizon=looking(), sea=sea)


# --- landform ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("height_m", "deviation_m", "range_m", "slope_deg", "expected"),
    [
        (9.0, 4.0, 20.0, 30.0, "flat"),  # a range of 20 m has no landform
        (4.1, 4.0, 21.0, 0.0, "crest"),
        (4.0, 4.0, 21.0, 0.0, "flat"),
        (4.0, 4.0, 21.0, 5.1, "slope"),
        (-4.0, 4.0, 21.0, 5.0, "flat"),
        (-4.1, 4.0, 21.0, 5.1, "valley_floor"),
        (-4.0, 4.0, 21.0, NAN, ""),
        (-4.1, 4.0, 21.0, NAN, "valley_floor"),
        (NAN, NAN, NAN, 3.0, ""),
    ],
)
def test_landform(
    height_m: float, deviation_m: float, range_m: float, slope_deg: float, expected: str
) -> None:
    one = np.array([0.0])
    near = Neighbourhood(one, one, one, one + height_m, one, one + deviation_m, one + range_m)
    assert topographic_position.landform(near, [slope_deg], LIMITS).tolist() == [expected]


# --- properties ----------------------------------------------------------------------------------

HILLS = st.lists(
    st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1), st.integers(-50, 300)),
    max_size=12,
)


@settings(max_examples=25)
@given(hills=HILLS, where=st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)))
def test_raising_land_never_lowers_a_horizon(
    tmp_path_factory: pytest.TempPathFactory,
    hills: list[tuple[int, int, int]],
    where: tuple[int, int],
) -> None:
    cells = land(lambda x, y: 100.0)
    for row, col, height in hills:
        cells[row, col] = height
    cells[MIDDLE, MIDDLE] = 100.0
    higher = cells.copy()
    if abs(where[0] - MIDDLE) > 1 or abs(where[1] - MIDDLE) > 1:
        higher[where] += 40.0
    folder = tmp_path_factory.mktemp("hills")
    before, after = (
        at(written(folder / name, z), sea=False)[2].found_deg
        for name, z in (("before.tif", cells), ("after.tif", higher))
    )
    assert (after >= before).all()


@settings(max_examples=15)
@given(hills=HILLS)
def test_turned_land_has_turned_horizons(
    tmp_path_factory: pytest.TempPathFactory, hills: list[tuple[int, int, int]]
) -> None:
    cells = land(lambda x, y: 100.0)
    for row, col, height in hills:
        cells[row, col] = height
    folder = tmp_path_factory.mktemp("turned")
    straight = at(written(folder / "straight.tif", cells), sea=False)
    turned = at(written(folder / "turned.tif", np.rot90(cells)), sea=False)
    # Rotated by 90° anticlockwise; meridians converge negligibly near the central one.
    np.testing.assert_allclose(
        turned[2].found_deg, np.roll(straight[2].found_deg, -4, axis=1), atol=0.02
    )
    np.testing.assert_allclose(turned[0].relative_height_m, straight[0].relative_height_m)


def written(path: Path, cells: FloatArray, **profile: Any) -> Path:
    height, width = cells.shape
    profile = {"dtype": "int16", **UTM, **profile}
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=1, **profile
    ) as dataset:
        dataset.write(cells.astype(profile["dtype"]), 1)
    return path


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_tiling_and_order_change_no_bit(tmp_path: Path, dtype: str) -> None:
    """Windows of 256 × 256, of 304 × 700 and of everything, schools backwards."""
    rng = np.random.default_rng(5)
    cells = rng.normal(0.0, 120.0, (700, 700)).cumsum(axis=0) * 0.2
    cells[rng.random(cells.shape) < 0.001] = VOID
    cells[:, 650:] = VOID
    degrees = {"crs": "EPSG:4326", "transform": Affine(0.001, 0.0, 115.0, 0.0, -0.001, 0.3)}
    row, col = rng.integers(0, 700, 60), rng.integers(0, 700, 60)
    horizon = looking(distance_m=20_000.0)
    found = []
    for name, blocks in (
        ("tiled", {"tiled": True, "blockxsize": 256, "blockysize": 256}),
        ("strips", {"blockysize": 16}),
        ("whole", {"blockysize": 700}),
    ):
        path = written(tmp_path / f"{name}.tif", cells, dtype=dtype, **degrees, **blocks)
        forwards = values_of(at(path, row, col, horizon=horizon))
        backwards = values_of(at(path, row[::-1], col[::-1], horizon=horizon))
        found += [forwards, [value[::-1] for value in backwards]]
    assert np.isfinite(found[0][-4]).mean() > 0.2
    for others in found[1:]:
        for one, other in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(one, other)


def values_of(found: tuple[Neighbourhood, Neighbourhood, HorizonSight]) -> list[FloatArray]:
    return [getattr(part, field.name) for part in found for field in fields(part)]


def test_a_projection_that_stretches(tmp_path: Path) -> None:
    """At 60° north 100 m of the Mercator grid are 50: a wall 80 cells away is 4 km away."""
    cells = np.zeros((61, 320))
    cells[:, 260] = 60.0
    mercator = {"crs": "EPSG:3857", "transform": Affine(100.0, 0.0, 0.0, 0.0, -100.0, 8_402_789.0)}
    blocks = {"tiled": True, "blockxsize": 256, "blockysize": 64}
    path = written(tmp_path / "mercator.tif", cells, **mercator, **blocks)
    _, _, sight = at(path, 30, 180, azimuth=[90.0], horizon=looking(distance_m=6000.0))
    assert sight.distance_m[0, 0] == pytest.approx(4000.0, abs=60.0)
    assert sight.found_deg[0, 0] > angle(20.0, 4000.0)


# --- an independent computation --------------------------------------------------------------


def test_disks_against_a_naive_count(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    cells = rng.integers(0, 500, (121, 121)).astype(float)
    cells[:, 110:] = VOID
    path = written(tmp_path / "rough.tif", cells)
    row, col = np.array([60.2, 70.3, 55.1]), np.array([60.1, 50.4, 65.3])
    down, right = np.array([0.2, 0.3, 0.1]), np.array([0.1, 0.4, 0.3])
    for disk, radius in zip(at(path, row, col)[:2], topographic_position.RADII_M, strict=True):
        for n in range(3):
            i, j = np.mgrid[:121, :121]
            inside = np.hypot(i - row[n], j - col[n]) * 100.0 <= radius
            dry = inside & (cells != VOID)
            i, j = int(row[n]), int(col[n])
            weight = np.outer([1 - down[n], down[n]], [1 - right[n], right[n]])
            own = (weight * cells[i : i + 2, j : j + 2]).sum()
            assert disk.land_share[n] == pytest.approx(dry.sum() / inside.sum())
            assert disk.relative_height_m[n] == pytest.approx(own - cells[dry].mean())
            assert disk.deviation_m[n] == pytest.approx(cells[dry].std())
            assert disk.range_m[n] == np.ptp(cells[dry])
            assert disk.height_share[n] == pytest.approx(
                (own - cells[dry].min()) / np.ptp(cells[dry])
            )


def naive_horizon(
    path: Path, lat: FloatArray, lon: FloatArray, step_m: FloatArray, distance_m: float
) -> FloatArray:
    """Geodesic by geodesic, point by point, with the effective Earth as a circle."""
    earth_m = 4 / 3 * EARTH_RADIUS_M
    eye_m = sampling.sample(path, lat, lon, method="bilinear").value + 5.0
    found = np.full((lat.size, 16), NAN)
    for n in range(lat.size):
        way_m = np.arange(2, int(distance_m / step_m[n]) + 1) * step_m[n]
        for direction in range(16):
            shape = way_m.shape
            there_lon, there_lat, _ = WGS84.fwd(
                np.full(shape, lon[n]),
                np.full(shape, lat[n]),
                np.full(shape, AROUND[direction]),
                way_m,
            )
            z = sampling.sample(path, there_lat, there_lon, method="bilinear").value
            turn = way_m / earth_m
            up = (earth_m + z) * np.cos(turn) - (earth_m + eye_m[n])
            out = (earth_m + z) * np.sin(turn)
            found[n, direction] = np.degrees(np.arctan2(up, out)).max()
    return found


@pytest.mark.real
@pytest.mark.parametrize("tile", ["N36W122", "S34E018"])
def test_horizons_of_real_mountains(shared: Path, tile: str) -> None:
    path = shared / f"validation/srtm/{tile}_3arcsec.tif"
    rng = np.random.default_rng(11)
    with sampling.open_band(path) as band:
        lat, lon = band.grid.position(rng.uniform(250, 950, 25), rng.uniform(250, 950, 25))
        north_m, east_m = metres_per_degree(lat)
        cell = abs(band.grid.transform.e)
    step_m = np.minimum(north_m, east_m) * cell / 2
    ground = sampling.sample(path, lat, lon, method="bilinear").value
    where = np.tile(AROUND, (lat.size, 1))
    horizon = looking(distance_m=10_000.0)
    *_, sight = exposure_at(path, lat, lon, ground, where, horizon=horizon)
    expected = naive_horizon(path, lat, lon, step_m, 10_000.0)
    np.testing.assert_allclose(sight.horizon_deg, expected, atol=0.005)
    assert np.nanmax(expected) > 5.0  # there is something to see


@pytest.mark.real
def test_santa_lucia(shared: Path) -> None:
    """The highest cell of the range is a crest, and its own mean slope is that of the relief."""
    path = shared / "validation/srtm/N36W122_3arcsec.tif"
    lat, lon = np.array([36.146]), np.array([-121.419])
    facts = relief_at_points.relief_at(path, lat, lon)
    _, near, wide, sight = exposure_at(
        path, lat, lon, facts.elevation_m, AROUND[None], horizon=looking(distance_m=10_000.0)
    )
    assert wide.slope_deg[0] == facts.mean_slope_deg[0]
    assert topographic_position.landform(near, facts.slope_deg, LIMITS).tolist() == ["crest"]
    assert sight.horizon_deg.max() < 0.0
    assert near.height_share[0] > 0.95
