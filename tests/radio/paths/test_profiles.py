"""Profiles along geodesics: heights computed by hand, and points from pyproj."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.windows import Window

from kalsel_gap.geo import sampling
from kalsel_gap.geo.dem import heights
from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.geo.grid import Grid
from kalsel_gap.geo.raster_files import TileSet
from kalsel_gap.radio.paths import dem_blocks
from kalsel_gap.radio.paths import profiles as profile
from kalsel_gap.radio.paths.elevation_model import ElevationModel, terrain_of
from kalsel_gap.radio.paths.line_of_sight import assess_line_of_sight
from kalsel_gap.radio.paths.profiles import extract_profiles
from kalsel_gap.radio.propagation.path_inputs import Paths, RadioZone, Status

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from kalsel_gap.geo.dem import CellHeights
    from tests.conftest import MakeDem, MakeProject, MakeRaster

    Floats = NDArray[np.float64]

VOID = -32768
SECONDS = 1.0 / 1200.0  # 3″
UTM50S = pyproj.CRS.from_epsg(32750)


def together(terrain: ElevationModel, *ends: Any, **options: Any) -> Paths:
    """All paths in their given order."""
    found: list[tuple[int, Paths, int]] = []
    for index, paths in extract_profiles(terrain, *ends, **options):
        found += [(int(path), paths, place) for place, path in enumerate(index)]
    found.sort(key=lambda each: each[0])
    assert [path for path, _, _ in found] == list(range(len(found)))

    def joined(name: str) -> Any:
        parts = [
            getattr(paths, name)[slice(*paths.first[place : place + 2])]
            for _, paths, place in found
        ]
        return np.concatenate([np.empty(0, np.float32), *parts])

    sizes = [int(np.diff(paths.first)[place]) for _, paths, place in found]
    return Paths(
        np.cumsum([0, *sizes]),
        np.array([paths.length_km[place] for _, paths, place in found]),
        joined("ground_m"),
        clutter_m=joined("clutter_m"),
        zone=joined("zone"),
    )


def at(path: Path, *places: tuple[float, float]) -> list[Any]:
    """Latitudes and longitudes of rows and columns, two places for each path."""
    with sampling.open_band(path) as band:
        lat, lon = band.grid.position([row for row, _ in places], [col for _, col in places])
    return [lat[::2], lon[::2], lat[1::2], lon[1::2]]


def along(lat: float, lon: float, azimuth: float, way_m: Floats) -> tuple[Floats, Floats]:
    """Points of a geodesic."""
    begin = np.full(way_m.shape, lon), np.full(way_m.shape, lat)
    to_lon, to_lat, _ = WGS84.fwd(begin[0], begin[1], np.full(way_m.shape, azimuth), way_m)
    return np.asarray(to_lat), np.asarray(to_lon)


def one(path: Path, begin: tuple[float, float], end: tuple[float, float], **terrain: Any) -> Paths:
    return together(ElevationModel(path, **terrain), *at(path, begin, end))


def test_a_plane_by_hand(make_dem: MakeDem) -> None:
    path = make_dem([[0, 10, 20, 30, 40]] * 5)  # 10 m higher with each cell of 100 m
    found = one(path, (2.5, 0.5), (2.5, 4.5))
    assert found.ground_m.dtype == np.float32
    assert found.length_km[0] == pytest.approx(0.4, abs=2e-4)
    assert found.ground_m == pytest.approx([0, 10, 20, 30, 40], abs=0.01)
    assert found.zone.tolist() == [RadioZone.INLAND] * 5
    assert found.clutter_m.size == 0
    between = one(path, (2.5, 1.0), (2.5, 3.0))
    assert between.ground_m == pytest.approx([5, 15, 25], abs=0.01)


def test_outside_of_the_outer_centres_the_edge_holds(make_dem: MakeDem) -> None:
    path = make_dem([[0, 10, 20, 30, 40]] * 5)
    assert one(path, (0.1, 0.1), (0.1, 4.9)).ground_m[[0, -1]] == pytest.approx([0, 40])


def test_ends_in_one_cell_and_no_length(make_dem: MakeDem) -> None:
    path = make_dem([[5, 10, 20], [5, 10, 20], [5, 10, 20]])
    near = one(path, (1.5, 1.4), (1.5, 1.6))
    assert near.ground_m.size == 3
    assert near.ground_m == pytest.approx([9.5, 10, 11], abs=0.01)
    none = one(path, (1.5, 1.5), (1.5, 1.5))
    assert none.length_km.tolist() == [0.0]
    assert none.ground_m.tolist() == [10, 10, 10]
    assert assess_line_of_sight(none, 10, 10, 1800, k=4 / 3).status.tolist() == [Status.DISTANCE]


def test_samples_are_no_farther_apart_than_the_spacing(make_dem: MakeDem) -> None:
    path = make_dem([[1] * 5] * 5)
    assert one(path, (2.5, 0.5), (2.5, 4.5), spacing_m=150.0).ground_m.size == 4
    assert one(path, (2.5, 0.5), (2.5, 4.5), spacing_m=51.0).ground_m.size == 9


def test_sea_is_connected_to_the_edge(make_dem: MakeDem) -> None:
    cells = [
        [VOID, VOID, 30, 30, 30, 30, 30],
        [VOID, VOID, 30, 30, VOID, 30, 30],
        [VOID, VOID, 30, 30, 30, 30, 30],
    ]
    path = make_dem(cells)
    found = one(path, (0.5, 0.5), (0.5, 6.5))
    assert found.ground_m == pytest.approx([0, 0, 30, 30, 30, 30, 30], abs=0.05)
    assert found.zone[:3].tolist() == [RadioZone.SEA, RadioZone.SEA, RadioZone.COASTAL]
    through = one(path, (1.5, 0.5), (1.5, 6.5))
    assert np.isnan(through.ground_m).tolist() == [i == 4 for i in range(7)]
    assert assess_line_of_sight(through, 10, 10, 1800, k=4 / 3).status.tolist() == [Status.VOID]
    # Three tenths of the way from the sea's last centre to the land's first.
    shore = one(path, (0.5, 1.0), (0.5, 2.6), spacing_m=50.0)
    assert shore.ground_m[2] == pytest.approx(9, abs=0.05)
    none = one(path, (0.5, 0.5), (0.5, 6.5), sea="none")
    assert np.isnan(none.ground_m[:2]).all()
    assert none.zone.size == 0


def test_zero_is_sea_where_the_project_says_so(make_dem: MakeDem) -> None:
    path = make_dem([[0, 0, 9], [0, 0, 9], [9, 9, 9]])
    found = one(path, (0.5, 0.5), (0.5, 2.5), sea="zero")
    assert found.zone.tolist() == [RadioZone.SEA, RadioZone.SEA, RadioZone.COASTAL]
    assert one(path, (0.5, 0.5), (0.5, 2.5)).zone.tolist() == [RadioZone.INLAND] * 3


def test_neighbours_of_a_void_stand_in_for_it(make_dem: MakeDem) -> None:
    path = make_dem([[40, 40, 80, 80, 80], [40, 40, VOID, 80, 80], [40, 40, 80, 80, 80]])
    found = one(path, (1.5, 0.5), (1.5, 1.9), spacing_m=140 / 2)
    assert found.ground_m[-1] == pytest.approx(40)


def test_a_height_that_the_earth_has_not_is_a_void(make_dem: MakeDem) -> None:
    path = make_dem([[5, 5, 5], [5, 32767, 5], [5, 5, 5]], nodata=None)
    assert np.isnan(one(path, (1.5, 0.5), (1.5, 2.5)).ground_m).tolist() == [False, True, False]
    assert one(path, (1.5, 0.5), (1.5, 0.9)).ground_m == pytest.approx(5)


def test_off_the_raster_nothing_is_known(make_dem: MakeDem) -> None:
    path = make_dem([[5] * 5] * 5)
    found = one(path, (2.5, 2.5), (2.5, 7.5))
    assert np.isnan(found.ground_m).tolist() == [False] * 3 + [True] * 3
    assert np.isnan(one(path, (-9.5, 2.5), (-7.5, 2.5)).ground_m).all()
    nowhere = together(ElevationModel(path), [np.nan], [115.0], [-3.0], [115.0])
    assert np.isnan(nowhere.length_km).all()
    assert np.isnan(nowhere.ground_m).all()


def test_no_paths(make_dem: MakeDem) -> None:
    assert list(extract_profiles(ElevationModel(make_dem([[1]])), [], [], [], [])) == []


def test_feet_scales_and_tiles(make_dem: MakeDem) -> None:
    left = make_dem([[10.0, 10.0]] * 2, dtype="float32", scale=0.5)
    beside = Affine(100.0, 0.0, 500_200.0, 0.0, -100.0, 9_700_000.0)
    right = make_dem([[20.0, 20.0]] * 2, dtype="float32", scale=0.5, transform=beside)
    ends = at(left, (0.5, 0.5), (0.5, 3.5))
    found = together(ElevationModel((left, right)), *ends)
    assert found.ground_m == pytest.approx([5, 5, 10, 10], abs=0.01)


@pytest.mark.parametrize("west", [179.97, -180.03])
def test_across_the_antimeridian(make_dem: MakeDem, west: float) -> None:
    cell = Affine(0.01, 0.0, west, 0.0, -0.01, 0.03)
    path = make_dem([[0, 10, 20, 30, 40, 50]] * 6, crs="EPSG:4326", transform=cell)
    found = together(ElevationModel(path), [0.0], [179.975], [0.0], [-179.975])
    assert found.length_km[0] == pytest.approx(5.566, abs=0.001)
    assert found.ground_m == pytest.approx(np.linspace(0, 50, 7), abs=0.01)


def test_a_projection_that_tears_there_knows_nothing(make_dem: MakeDem) -> None:
    edge = 20_037_508.0
    cell = Affine(edge / 500, 0.0, -edge, 0.0, -edge / 500, edge / 500)
    path = make_dem([[7] * 1000] * 2, crs="EPSG:3857", transform=cell)
    found = together(ElevationModel(path), [0.0, 0.0], [179.9, 179.0], [0.0, 0.0], [-179.9, 179.5])
    first = int(found.first[1])
    assert np.isnan(found.ground_m[1 : first - 1]).all()
    assert found.ground_m[first:].tolist() == [7.0] * 3


def grids() -> dict[str, Grid]:
    degrees = pyproj.CRS.from_epsg(4326)
    return {
        "degrees": Grid(4, 4, Affine(SECONDS, 0, 114.0, 0, -SECONDS, -1.0), degrees),
        "metres": Grid(4, 4, Affine(90.0, 0, 500_000, 0, -90.0, 9_700_000), UTM50S),
        "rotated": Grid(4, 4, Affine(70.0, 40.0, 500_000, 40.0, -70.0, 9_700_000), UTM50S),
    }


@given(
    st.sampled_from(["degrees", "metres", "rotated"]),
    st.floats(0.0, 1.0),
    st.floats(-1.5, 1.5),
    st.floats(0.0, 360.0),
    st.floats(1.0, 100_000.0),
)
def test_samples_lie_on_the_geodesic(
    name: str, share: float, east: float, azimuth: float, length_m: float
) -> None:
    grid = grids()[name]
    lat, lon = -80.0 * share if name == "degrees" else -4.0 * share, 117.0 + east
    to_lon, to_lat, _ = WGS84.fwd(lon, lat, azimuth, length_m)
    one = [np.array([value]) for value in (lat, lon, to_lat, to_lon)]
    courses = profile.courses_of(grid, profile._ends(one, 1))
    stretches = (courses.row.size - 1) // 3
    way = np.linspace(0.0, 1.0, 97)
    expected = grid.pixel(*along(lat, lon, azimuth, way * length_m))
    stretch = np.minimum((way * stretches).astype(int), stretches - 1)
    u = way * stretches - stretch
    for places, exact in zip((courses.row, courses.col), expected, strict=True):
        # Lagrange's own form of the cubic.
        found = np.zeros(97)
        for k in range(4):
            basis = np.ones(97)
            for other in {0, 1, 2, 3} - {k}:
                basis *= (3.0 * u - other) / (k - other)
            found += basis * places[3 * stretch + k]
        assert found == pytest.approx(exact, abs=1e-3)


@pytest.fixture(scope="module")
def hills(make_dem: MakeDem) -> Path:
    """Smooth hills over several blocks, with a void and a sea."""
    row, col = np.mgrid[:700, :1200]
    z = np.rint(400 + 300 * np.sin(row / 90.0) * np.cos(col / 70.0))
    z[:, :40] = z[300:310, 300:330] = VOID
    cell = Affine(SECONDS, 0.0, 115.0, 0.0, -SECONDS, -2.5)
    return make_dem(z, crs="EPSG:4326", transform=cell)


def random_ends(paths: int) -> list[Floats]:
    random = np.random.default_rng(7)
    lat, to_lat = -2.5 - random.uniform(-0.01, 0.6, (2, paths))
    lon, to_lon = 115.0 + random.uniform(-0.01, 1.0, (2, paths))
    return [lat, lon, to_lat, to_lon]


def test_heights_are_those_of_the_raster_at_pyproj_points(hills: Path) -> None:
    ends = random_ends(60)
    found = together(ElevationModel(hills, sea="none"), *ends)
    lat, lon, to_lat, to_lon = ends
    azimuth, _, length_m = WGS84.inv(lon, lat, to_lon, to_lat)
    assert found.length_km == pytest.approx(length_m / 1000)
    for path in range(60):
        begin, end = found.first[path : path + 2]
        way = np.linspace(0.0, length_m[path], end - begin)
        at_lat, at_lon = along(lat[path], lon[path], azimuth[path], way)
        expected = sampling.sample(hills, at_lat, at_lon, method="bilinear").value
        ground = found.ground_m[begin:end]
        # A cell's edge may lie between the two places, a thousandth of a cell apart.
        both = np.isfinite(expected) & np.isfinite(ground)
        assert (both == np.isfinite(expected)).mean() > 0.99
        assert ground[both] == pytest.approx(expected[both], abs=0.02)
        assert way[1] - way[0] <= 92.7


def test_threads_and_batches_change_no_bit(hills: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = random_ends(200)
    terrain = ElevationModel(hills)
    whole = together(terrain, *ends, threads=1)
    assert len(list(extract_profiles(terrain, *ends))) == 1
    monkeypatch.setattr(profile, "BATCH_SAMPLES", 5000)
    monkeypatch.setattr(profile, "BATCH_BLOCKS", 2)
    assert len(list(extract_profiles(terrain, *ends))) > 20
    for threads in (1, 3):
        parts = together(terrain, *ends, threads=threads)
        for name in ("first", "length_km", "ground_m", "zone"):
            assert getattr(parts, name).tobytes() == getattr(whole, name).tobytes()


def test_only_crossed_blocks_are_read(hills: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Window] = []

    def read(source: sampling.Band, window: Window) -> CellHeights:
        seen.append(window)
        return heights(source, window)

    monkeypatch.setattr(dem_blocks, "heights", read)
    with sampling.open_band(hills) as band:
        held = dem_blocks.DemBlocks(band)
        seen.clear()
        wanted = np.zeros((2, 3), dtype=np.bool_)
        wanted[1, 1:] = True
        held.hold(wanted, 1)
        assert seen == [Window(512, 512, 688, 188)]
        before = held.cells[held.table[1, 2], :188, :176].copy()
        wanted[1, 1], wanted[0, 0] = False, True
        held.hold(wanted, 1)
        assert seen[1:] == [Window(0, 0, 512, 512)]
        assert held.cells.shape == (2, 512, 512)
        assert np.array_equal(held.cells[held.table[1, 2], :188, :176], before)


def test_reversed_paths_have_the_same_ground(hills: Path) -> None:
    lat, lon, to_lat, to_lon = random_ends(20)
    there = together(ElevationModel(hills), lat, lon, to_lat, to_lon)
    back = together(ElevationModel(hills), to_lat, to_lon, lat, lon)
    known = np.isfinite(there.ground_m)
    for path in range(20):
        part = slice(*there.first[path : path + 2])
        one, other = there.ground_m[part], back.ground_m[part][::-1]
        known = np.isfinite(one) & np.isfinite(other)
        assert one[known] == pytest.approx(other[known], abs=0.02)


def cover(raster: MakeRaster, cells: Any, **given: Any) -> Path:
    cell = Affine(100.0, 0.0, 500_000.0, 0.0, -100.0, 9_700_000.0)
    return raster("cover.tif", np.asarray(cells, np.uint8), crs=UTM50S, transform=cell, **given)


def test_clutter_stands_on_bare_ground_only(make_dem: MakeDem, raster: MakeRaster) -> None:
    path = make_dem([[VOID, 5, 5, 5, 5]] * 3)
    classes = cover(raster, [[10, 10, 10, 50, 99]] * 3)
    terrain = ElevationModel(path, surface="dtm", land_cover=classes, clutter={10: 20.0, 50: 10.0})
    ends = at(path, (1.5, 0.5), (1.5, 4.5))
    found = together(terrain, *ends).clutter_m
    assert found.tolist()[:4] == [0.0, 20.0, 20.0, 10.0]  # the sea has no clutter
    assert np.isnan(found[4])  # this class has no height
    for surface in ("dsm", "unknown"):
        assert together(replace(terrain, surface=surface), *ends).clutter_m.size == 0


def test_clutter_of_another_grid(make_dem: MakeDem, raster: MakeRaster) -> None:
    path = make_dem([[5] * 5] * 3)
    lat, lon, _, _ = at(path, (0.0, 0.0), (0.0, 0.0))
    cell = Affine(0.0018, 0.0, lon[0] - 1e-6, 0.0, -0.0018, lat[0] + 1e-6)  # 200 m
    classes = raster("cover.tif", np.array([[10, 50, 10]] * 2, np.uint8), transform=cell)
    terrain = ElevationModel(path, surface="dtm", land_cover=classes, clutter={10: 20.0, 50: 10.0})
    found = together(terrain, *at(path, (1.5, 0.5), (1.5, 4.5)))
    assert found.clutter_m.tolist() == [20.0, 20.0, 10.0, 10.0, 20.0]


def test_the_terrain_of_a_project(project: MakeProject) -> None:
    opened = project()
    source = opened.project.elevation
    assert source is not None
    found = terrain_of(opened)
    assert found == ElevationModel(source.tiles, source.band, source.sea, source.surface)
    covered = terrain_of(project({"land_cover": {"path": str(source.path[0])}}))
    assert covered.land_cover == TileSet(source.tiles.files)
    assert covered.clutter[10] == 20.0  # trees
    bare = replace(opened, project=opened.project.model_copy(update={"elevation": None}))
    with pytest.raises(ValueError, match="no elevation"):
        terrain_of(bare)


@pytest.mark.real
def test_srtm_profiles_are_those_of_scipy(shared: Path) -> None:
    path = shared / "validation" / "srtm" / "N36W122_3arcsec.tif"
    lat, lon, to_lat, to_lon = 36.2, -121.8, 36.7, -121.3
    found = together(ElevationModel(path, sea="none"), [lat], [lon], [to_lat], [to_lon])
    way = np.linspace(0.0, found.length_km[0] * 1000, found.ground_m.size)
    azimuth = WGS84.inv(lon, lat, to_lon, to_lat)[0]
    at_lat, at_lon = along(lat, lon, azimuth, way)
    with rasterio.open(path) as dataset:
        cells = dataset.read(1).astype(float)
        row = (dataset.transform.f - at_lat) * 1200.0
        col = (at_lon - dataset.transform.c) * 1200.0
    scipy = pytest.importorskip("scipy.ndimage")
    expected = scipy.map_coordinates(cells, [row - 0.5, col - 0.5], order=1, mode="nearest")
    assert found.ground_m == pytest.approx(expected, abs=0.2)
