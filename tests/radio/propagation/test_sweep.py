from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.windows import Window

from kalsel_gap.geo.dem import height_at
from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.geo.grid import Grid
from kalsel_gap.radio.propagation import p1812, radials, sweep
from kalsel_gap.radio.propagation.path_inputs import Paths, RadioZone, Status
from kalsel_gap.radio.propagation.sweep import Sweep, SweepWindow
from kalsel_gap.radio.propagation.vegetation import Woodland

if TYPE_CHECKING:
    from pathlib import Path

FloatArray = NDArray[np.float64]
NAN = np.nan
CELL_DEG = 1.0 / 1200.0


def usual(**terms: Any) -> p1812.P1812Link:
    """A 4G site and a school, unless a test changes terms."""
    given: dict[str, Any] = {
        "frequency_mhz": 1800.0,
        "tx_height_m": 42.0,
        "rx_height_m": 8.0,
        "latitude_deg": -3.0,
        "delta_n": 45.0,
        "n0": 380.0,
    }
    return p1812.P1812Link(**(given | terms))


def ground(cells: FloatArray, *, cell_deg: float = CELL_DEG, **layers: Any) -> SweepWindow:
    """Heights around 3° S 115° E, the middle of the window."""
    rows, cols = cells.shape
    corner = Affine(
        cell_deg, 0.0, 115.0 - cols / 2 * cell_deg, 0.0, -cell_deg, -3.0 + rows / 2 * cell_deg
    )
    grid = Grid(cols, rows, corner, pyproj.CRS.from_epsg(4326))
    return SweepWindow(ground_m=cells.astype(np.float32), grid=grid, **layers)


def hills(rows: int, cols: int, seed: int = 1) -> FloatArray:
    """Ridges of 150 m, some 2 km from each other."""
    rng = np.random.default_rng(seed)
    i, j = np.mgrid[:rows, :cols]
    found = np.full((rows, cols), 160.0)
    for _ in range(6):
        turn, phase = rng.uniform(0.0, np.pi), rng.uniform(0.0, 6.0)
        found += 25.0 * np.sin((np.cos(turn) * i + np.sin(turn) * j) / 4.0 + phase)
    return found


def swept(given: SweepWindow, *, radius_km: float = 3.0, threads: int = 1, **terms: Any) -> Sweep:
    return sweep.sweep_losses(
        given, -3.0, 115.0, usual(**terms), radius_km=radius_km, threads=threads
    )


def distances_km(given: SweepWindow, found: Sweep) -> FloatArray:
    """Geodesics from the site to the cells that were swept."""
    rows, cols = np.mgrid[: found.loss_db.shape[0], : found.loss_db.shape[1]]
    lat, lon = given.grid.position(rows + found.row + 0.5, cols + found.col + 0.5)
    site = np.full(lat.shape, 115.0), np.full(lat.shape, -3.0)
    return np.asarray(WGS84.inv(*site, lon, lat)[2]) / 1000.0


def exact(
    given: SweepWindow,
    found: Sweep,
    link: p1812.P1812Link,
    *,
    at: tuple[float, float] = (-3.0, 115.0),
) -> tuple[FloatArray, FloatArray]:
    """Path loss of the Recommendation over geodesics directly to the cells; their distances."""
    rows, cols = np.nonzero(np.isfinite(found.loss_db))
    lat, lon = given.grid.position(rows + found.row + 0.5, cols + found.col + 0.5)
    site = np.full(lat.shape, at[1]), np.full(lat.shape, at[0])
    azimuth, _, length_m = WGS84.inv(*site, lon, lat)
    heights, sizes = [], []
    for angle, length in zip(azimuth, length_m, strict=True):
        size = max(round(length / 92.5), 2) + 1
        way = np.linspace(0.0, length, size)
        start = np.full(size, at[1]), np.full(size, at[0]), np.full(size, angle)
        there = WGS84.fwd(start[0], start[1], start[2], way)
        row, col = given.grid.pixel(there[1], there[0])
        heights.append([height_at(given.ground_m, *place) for place in zip(row, col, strict=True)])
        sizes.append(size)
    paths = Paths(np.cumsum([0, *sizes]), length_m / 1000.0, np.concatenate(heights))
    return p1812.loss(paths, link).loss_db, length_m / 1000.0


def test_a_plain_is_the_recommendation_to_the_last_digit() -> None:
    given = ground(np.full((81, 81), 12.0))
    found = swept(given)
    km = distances_km(given, found)
    assert found.status is Status.OK
    np.testing.assert_array_equal(np.isfinite(found.loss_db), km <= 3.0)
    far = np.isfinite(found.loss_db) & (km >= 0.25)
    # The samples of the radial: one cell apart, none nearer to the receiver than half a cell.
    step = radials._cell_km(_chart(given, 3.0))
    profiles = [np.append(np.arange(int(d / step - 0.5) + 1) * step, d) for d in km[far]]
    paths = Paths.of(profiles, [np.full(each.size, 12.0) for each in profiles])
    expected = p1812.loss(paths, usual())
    assert (expected.status == Status.OK).all()
    np.testing.assert_allclose(found.loss_db[far], expected.loss_db, rtol=0.0, atol=1e-5)
    # Below the least distance of the Recommendation: free space.
    near = km < 0.25
    ray = np.hypot(km[near], 0.034)
    np.testing.assert_allclose(
        found.loss_db[near], 92.4 + 20.0 * np.log10(1.8 * ray), rtol=0.0, atol=1e-4
    )


def _chart(given: SweepWindow, radius_km: float) -> radials.Chart:
    chart = radials.chart_of(given.grid, -3.0, 115.0, radius_km)
    assert chart is not None
    return chart


@pytest.mark.parametrize(
    ("epsg", "lat", "lon", "cell"),
    [(4326, -3.0, 115.0, CELL_DEG), (4326, 62.0, 179.95, CELL_DEG), (32750, -3.0, 115.0, 90.0)],
)
def test_the_chart_is_the_geodesic(epsg: int, lat: float, lon: float, cell: float) -> None:
    crs = pyproj.CRS.from_epsg(epsg)
    x, y = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform(lon, lat)
    grid = Grid(3000, 3000, Affine(cell, 0.0, x - 1500 * cell, 0.0, -cell, y + 1500 * cell), crs)
    chart = radials.chart_of(grid, lat, lon, 100.0)
    assert chart is not None
    rng = np.random.default_rng(3)
    azimuth, km = rng.uniform(-180.0, 180.0, 200), rng.uniform(0.0, 100.0, 200)
    to_lon, to_lat, _ = WGS84.fwd(np.full(200, lon), np.full(200, lat), azimuth, 1000.0 * km)
    row, col = grid.pixel(to_lat, lon + (to_lon - lon + 180.0) % 360.0 - 180.0)
    east, north = km * np.sin(np.radians(azimuth)), km * np.cos(np.radians(azimuth))
    forth = radials._powers(east / 100.0, north / 100.0)
    np.testing.assert_allclose(forth @ chart.row, row, rtol=0.0, atol=1e-4)  # cells: a centimetre
    np.testing.assert_allclose(forth @ chart.col, col, rtol=0.0, atol=1e-4)
    back = radials._powers(
        (row - chart.at[0]) / chart.reach[0], (col - chart.at[1]) / chart.reach[1]
    )
    np.testing.assert_allclose(back @ chart.east_km, east, rtol=0.0, atol=1e-5)
    np.testing.assert_allclose(back @ chart.north_km, north, rtol=0.0, atol=1e-5)


def test_behind_a_ridge_as_the_exact_path_has_it() -> None:
    cells = np.full((81, 81), 20.0)
    cells += 70.0 * np.maximum(1.0 - np.abs(np.arange(81) - 55) / 6.0, 0.0)  # 1.3 km to the east
    given = ground(cells)
    found = swept(given)
    expected, km = exact(given, found, usual())
    got = found.loss_db[np.isfinite(found.loss_db)]
    apart = np.abs(got - expected)[km >= 0.25]
    assert np.median(apart) < 0.05
    assert np.percentile(apart, 95) < 1.5
    row, east, west = 40 - found.row, 65 - found.col, 15 - found.col
    assert found.loss_db[row, east] > found.loss_db[row, west] + 15.0


def test_hills_stay_near_to_the_exact_paths() -> None:
    given = ground(hills(81, 81))
    found = swept(given)
    expected, km = exact(given, found, usual())
    apart = np.abs(found.loss_db[np.isfinite(found.loss_db)] - expected)[km >= 0.25]
    assert np.median(apart) < 0.3
    assert np.percentile(apart, 95) < 3.0


def test_mirrored_land_has_a_mirrored_loss() -> None:
    cells = hills(81, 81)
    one = swept(ground(cells)).loss_db
    other = swept(ground(cells[:, ::-1])).loss_db
    np.testing.assert_allclose(one, other[:, ::-1], rtol=0.0, atol=1e-3)


def test_threads_change_no_bit() -> None:
    zone = np.where(np.arange(81) < 20, RadioZone.SEA, RadioZone.COASTAL) * np.ones((81, 1))
    given = ground(hills(81, 81), zone=zone, clutter_m=np.full((81, 81), 5.0))
    for percent in (50.0, 10.0):
        one, two, five = (
            swept(given, threads=threads, time_percent=percent).loss_db for threads in (1, 2, 5)
        )
        assert np.isfinite(one).any()
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, five)


def test_sea_and_what_stands_on_the_ground_count_as_on_an_exact_path() -> None:
    """Along a row the radial is the exact path, so only the last digits differ."""
    cells = hills(3, 121)
    zone = np.where((np.arange(121) // 9) % 2, RadioZone.SEA, RadioZone.COASTAL) * np.ones((3, 1))
    clutter = np.where(np.arange(121) % 7 == 0, 18.0, 0.0) * np.ones((3, 1))
    given = ground(cells, zone=zone, clutter_m=clutter)
    for percent in (50.0, 5.0):
        link = usual(time_percent=percent, location_percent=90.0, location_sigma_db=5.0)
        found = sweep.sweep_losses(given, -3.0, 115.0, link, radius_km=5.0)
        step = radials._cell_km(_chart(given, 5.0))
        cell_km = WGS84.inv(115.0, -3.0, 115.0 + CELL_DEG, -3.0)[2] / 1000.0
        d, h, c, z, got = [], [], [], [], []
        for col in range(70, 110):
            km = (col - 60) * cell_km
            at = np.append(np.arange(int(km / step - 0.5) + 1) * step, km)
            place = 60.5 + at / cell_km
            d.append(at)
            h.append([height_at(given.ground_m, 1.5, each) for each in place])
            own = np.floor(place + 1e-9).astype(int)
            c.append(clutter[1, own])
            z.append(zone[1, own])
            got.append(found.loss_db[1 - found.row, col - found.col])
        expected = p1812.loss(Paths.of(d, h, clutter_m=c, zone=z), link)
        assert (expected.status == Status.OK).all()
        np.testing.assert_allclose(got, expected.loss_db, rtol=0.0, atol=0.01)


WOODLAND = Woodland(0.3, 50.0, 500.0)


def along_a_row(woodland: Any, **given: Any) -> tuple[FloatArray, FloatArray]:
    """Loss of the cells east of a site on flat land, with woodland and without any."""
    shape = (3, 121)
    layers = {"in_woodland": np.broadcast_to(woodland, shape), **given.pop("layers", {})}
    both = []
    for what in (layers, {n: v for n, v in layers.items() if n != "in_woodland"}):
        found = sweep.sweep_losses(
            ground(np.full(shape, 20.0), **what),
            *(-3.0, 115.0, usual()),
            radius_km=5.0,
            woodland=WOODLAND,
            **given,
        )
        both.append(found.loss_db[1 - found.row, 61 - found.col : 110 - found.col])
    return both[0].astype(np.float64), both[1].astype(np.float64)


def test_woodland_on_a_surface_model_attenuates_by_the_length_in_front_of_a_cell() -> None:
    # Cells 80 to 89 are woodland, 92.5 m each; the site is in the centre of cell 60. Samples of the
    # radial lie a few metres beside the centres of cells: the woodland begins at the western edge
    # of cell 80, and the path to the centre of that cell has half a cell of it.
    cell_m = float(WGS84.inv(115.0, -3.0, 115.0 + CELL_DEG, -3.0)[2])
    woodland = np.zeros(121, np.int8)
    woodland[80:90] = 1
    found, bare = along_a_row(woodland)
    taken = found - bare
    assert not taken[: 80 - 61].any()
    assert not taken[90 - 61 :].any()
    depth_m = np.minimum((np.arange(10) + 0.5) * cell_m, 500.0)
    by_hand = 50.0 * (1.0 - np.exp(-depth_m * 0.3 / 50.0))
    np.testing.assert_allclose(taken[80 - 61 : 90 - 61], by_hand, rtol=0.0, atol=1.0)
    # The surroundings include the woodland: the larger loss counts.
    around, _ = along_a_row(woodland, around_db=20.0)
    np.testing.assert_allclose(around - bare, np.maximum(taken, 20.0), rtol=0.0, atol=1e-4)


def test_unknown_woodland_leaves_its_cells_unknown() -> None:
    woodland = np.zeros(121, np.int8)
    woodland[80:90], woodland[76:80], woodland[100] = 1, -1, -1
    found, bare = along_a_row(woodland)
    known = np.isfinite(found)
    # Cells without a class, and those whose woodland may begin at one: 500 m are 5.4 cells.
    # Cell 85 lies 5.5 cells behind the edge: land cover before that changes nothing.
    assert np.flatnonzero(~known).tolist() == [*range(76 - 61, 85 - 61), 100 - 61]
    assert np.isfinite(bare).all()
    deep = 50.0 * (1.0 - np.exp(-500.0 * 0.3 / 50.0))
    np.testing.assert_allclose((found - bare)[85 - 61 : 90 - 61], deep, rtol=0.0, atol=1e-3)


def test_trees_are_passed_over_or_through_whichever_takes_less() -> None:
    """Clutter on bare ground is in the profile; the path through it is the alternative."""
    woodland = np.zeros(121, np.int8)
    woodland[80:90] = 1
    tall: dict[str, Any] = {"clutter_m": np.where(woodland, 20.0, 0.0) * np.ones((3, 1))}
    found, over = along_a_row(woodland, layers=tall)
    _, bare = along_a_row(woodland)
    inside = slice(80 - 61, 90 - 61)
    # The first cell is half a cell deep: it has hardly more than its own trees in front of it.
    by_hand = 50.0 * (1.0 - np.exp(-0.5 * 92.5 * 0.3 / 50.0))
    assert (found - bare)[80 - 61] == pytest.approx(min(by_hand, (over - bare)[80 - 61]), abs=0.6)
    assert (found <= over + 1e-4).all()
    # Where woodland causes no loss, only bare ground is left inside of it, and its shadow behind
    # it stays.
    thin = Woodland(1e-9, 50.0, 2000.0)
    through = sweep.sweep_losses(
        ground(np.full((3, 121), 20.0), in_woodland=np.broadcast_to(woodland, (3, 121)), **tall),
        *(-3.0, 115.0, usual()),
        radius_km=5.0,
        woodland=thin,
    )
    got = through.loss_db[1 - through.row, 61 - through.col : 110 - through.col]
    np.testing.assert_allclose(got[inside], bare[inside], rtol=0.0, atol=1e-4)
    np.testing.assert_allclose(got[90 - 61 :], over[90 - 61 :], rtol=0.0, atol=1e-4)


def test_behind_a_void_nothing_is_known() -> None:
    cells = np.full((41, 41), 20.0)
    cells[:, 30] = NAN
    found = swept(ground(cells), radius_km=1.5)
    loss = found.loss_db[20 - found.row]
    known = np.isfinite(loss)
    assert known[: 30 - found.col].sum() >= 25
    assert not known[30 - found.col :].any()
    # A site on a void has no loss at any cell, and its status is VOID.
    cells[20, 20] = NAN
    found = swept(ground(cells), radius_km=1.5)
    assert found.status is Status.VOID
    assert np.isnan(found.loss_db).all()
    found = swept(ground(np.full((9, 9), NAN)), radius_km=0.5)
    assert found.status is Status.VOID


def test_a_site_near_the_rim_or_outside() -> None:
    given = ground(np.full((41, 41), 20.0))
    lat, lon = given.grid.position(0.2, 40.7)
    found = sweep.sweep_losses(given, float(lat), float(lon), usual(), radius_km=1.0)
    assert found.status is Status.OK
    assert found.row == 0
    assert found.col + found.loss_db.shape[1] == 41
    assert np.isfinite(found.loss_db[0, -1])
    lat, lon = given.grid.position(-0.5, 20.0)
    found = sweep.sweep_losses(given, float(lat), float(lon), usual(), radius_km=1.0)
    assert found.status is Status.VOID
    assert np.isnan(found.loss_db).all()
    found = sweep.sweep_losses(given, 40.0, 20.0, usual(), radius_km=1.0)
    assert (found.status, found.loss_db.size) == (Status.VOID, 0)


def test_few_cells_and_large_ones() -> None:
    found = swept(ground(np.full((5, 5), 3.0)), radius_km=0.3)
    assert found.loss_db.shape == (5, 5)
    assert np.isfinite(found.loss_db).all()
    found = swept(ground(np.full((1, 1), 3.0)), radius_km=10.0)
    assert np.isfinite(found.loss_db).all()
    assert found.loss_db.shape == (1, 1)
    # Cells of 5 km: samples are closer, so that the shortest path has one between its ends.
    found = swept(ground(np.full((5, 5), 3.0), cell_deg=0.05), radius_km=20.0)
    assert np.isfinite(found.loss_db).all()


@pytest.mark.parametrize(
    ("terms", "status"),
    [
        ({"frequency_mhz": 7000.0}, Status.FREQUENCY),
        ({"tx_height_m": NAN}, Status.ANTENNA),
        ({"n0": NAN}, Status.TERM),
    ],
)
def test_a_link_that_the_model_does_not_cover(terms: dict[str, Any], status: Status) -> None:
    found = swept(ground(np.full((5, 5), 3.0)), radius_km=0.3, **terms)
    assert found.status is status
    assert np.isnan(found.loss_db).all()


def test_a_radius_that_the_chart_does_not_cover() -> None:
    with pytest.raises(ValueError, match="radius_km"):
        swept(ground(np.full((5, 5), 3.0)), radius_km=300.0)
    with pytest.raises(ValueError, match="ground_m"):
        SweepWindow(ground_m=np.zeros((2, 2), np.float32), grid=ground(np.zeros((5, 5))).grid)


def test_a_projected_model_has_the_same_losses() -> None:
    plain = np.full((61, 61), 12.0)
    one = swept(ground(plain), radius_km=2.0)
    crs = pyproj.CRS.from_epsg(32750)
    x, y = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform(115.0, -3.0)
    grid = Grid(61, 61, Affine(92.0, 0.0, x - 30.5 * 92.0, 0.0, -92.0, y + 30.5 * 92.0), crs)
    other = swept(SweepWindow(ground_m=plain.astype(np.float32), grid=grid), radius_km=2.0)
    centre = [each.loss_db[30 - each.row, 45 - each.col] for each in (one, other)]
    assert centre[0] == pytest.approx(centre[1], abs=0.1)


@pytest.mark.real
def test_mountains_of_the_srtm_tile(shared: Path) -> None:
    path = shared / "validation" / "srtm" / "N36W122_3arcsec.tif"
    with rasterio.open(path) as source:
        whole = Grid(source.width, source.height, source.transform, pyproj.CRS.from_epsg(4326))
        cells = source.read(1, window=Window(500, 500, 221, 221)).astype(np.float64)
    given = SweepWindow(ground_m=cells.astype(np.float32), grid=whole.part(500, 500, 221, 221))
    lat, lon = (float(each) for each in given.grid.position(110.0, 110.0))
    found = sweep.sweep_losses(given, lat, lon, usual(latitude_deg=lat), radius_km=8.0)
    some = np.arange(found.loss_db.size).reshape(found.loss_db.shape) % 41 == 0
    loss = np.where(some, found.loss_db, NAN).astype(np.float32)
    shifted = Sweep(loss, found.row, found.col, found.status)
    expected, km = exact(given, shifted, usual(latitude_deg=lat), at=(lat, lon))
    apart = np.abs(loss[np.isfinite(loss)] - expected)[km >= 0.25]
    assert apart.size > 300
    assert np.median(apart) < 0.3
    assert np.percentile(apart, 95) < 3.0
