from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numpy.typing import NDArray
from pyproj import Transformer

from kalsel_gap.geo import geodesy
from kalsel_gap.geo.geodesy import WGS84
from tests.geo.brute_force import brute_line_m, brute_point_m

if TYPE_CHECKING:
    from pathlib import Path

FloatArray = NDArray[np.float64]
NAN = np.nan


# --- metres per degree -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lat", "dlat_m", "dlon_m"),
    # Length of a degree on WGS84 as tables have it.
    [(0.0, 110_574.28, 111_319.49), (45.0, 111_131.78, 78_846.84), (-60.0, 111_412.27, 55_800.0)],
)
def test_metres_per_degree(lat: float, dlat_m: float, dlon_m: float) -> None:
    got = geodesy.metres_per_degree(lat)
    assert got == pytest.approx((dlat_m, dlon_m), abs=0.02)


def test_metres_per_degree_in_a_kernel_and_of_an_array() -> None:
    @njit
    def kernel(lat: float) -> Any:
        return geodesy.metres_per_degree(lat)

    lat = np.linspace(-89.0, 89.0, 7)
    north_m, east_m = geodesy.metres_per_degree(lat)
    assert north_m.shape == east_m.shape == (7,)
    for i, degrees in enumerate(lat):
        assert kernel(degrees) == pytest.approx((north_m[i], east_m[i]), rel=1e-14)


# --- the nearest point -----------------------------------------------------------------------


def test_nearest_point_by_hand() -> None:
    # One degree of the equator is 111,319.491 m; the poles lie 10,001,965.729 m away from it.
    distance_m, index = geodesy.nearest_point_m([0.0, 0.0], [0.0, 100.0], [0.0, 90.0], [1.0, 7.0])
    assert index.tolist() == [0, 1]
    assert distance_m == pytest.approx([111_319.491, 10_001_965.729], abs=0.001)


def test_nearest_point_of_nothing_and_from_nowhere() -> None:
    for to_lat, to_lon in (([], []), ([NAN, 1.0], [1.0, NAN]), ([91.0], [0.0])):
        distance_m, index = geodesy.nearest_point_m([1.0], [2.0], to_lat, to_lon)
        assert np.isnan(distance_m).all()
        assert index.tolist() == [-1]
    lat, lon = [NAN, 1.0, 1.0, 303.0], [2.0, NAN, 2.0, 2.0]
    distance_m, index = geodesy.nearest_point_m(lat, lon, [NAN, 1.0], [0.0, 2.0])
    np.testing.assert_array_equal(distance_m, [NAN, NAN, 0.0, NAN])
    assert index.tolist() == [-1, -1, 1, -1]
    assert geodesy.nearest_point_m([], [], [1.0], [1.0])[0].shape == (0,)


def test_of_equally_near_points_the_first() -> None:
    to_lat, to_lon = [5.0, 0.0] + [0.0] * 50, [5.0, 1.0] + [-1.0] * 50
    distance_m, index = geodesy.nearest_point_m([0.0], [0.0], to_lat, to_lon)
    assert index.tolist() == [1]
    assert distance_m == pytest.approx([111_319.491], abs=0.001)


places = st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=1, max_size=40).map(
    np.array
)
close_places = st.lists(
    st.tuples(st.floats(-3.01, -3), st.floats(115, 115.01)), min_size=1, max_size=40
).map(np.array)


@settings(max_examples=60, deadline=None)
@given(here=st.one_of(places, close_places), there=st.one_of(places, close_places))
def test_nearest_point_agrees_with_every_geodesic(here: FloatArray, there: FloatArray) -> None:
    expected = brute_point_m(here[:, 0], here[:, 1], there[:, 0], there[:, 1])
    distance_m, index = geodesy.nearest_point_m(*here.T, *there.T)
    np.testing.assert_allclose(distance_m, expected.min(axis=1), rtol=0, atol=0.001)
    chosen = expected[np.arange(len(here)), index]
    np.testing.assert_allclose(chosen, distance_m, rtol=0, atol=0.001)


def test_the_nearest_by_chord_need_not_be_the_nearest_over_the_ground() -> None:
    # At this distance both are nearly equally long; many candidates must be tried.
    rng = np.random.default_rng(3)
    angle = rng.uniform(0, 2 * np.pi, 3000)
    to_lon, to_lat, _ = WGS84.fwd(
        np.full(3000, 115.0),
        np.full(3000, -3.0),
        np.degrees(angle),
        rng.uniform(5e6, 5.005e6, 3000),
    )
    here = np.array([-3.0]), np.array([115.0])
    distance_m, index = geodesy.nearest_point_m(*here, to_lat, to_lon)
    expected = brute_point_m(*here, to_lat, to_lon)[0]
    assert index[0] == expected.argmin()
    assert distance_m[0] == pytest.approx(expected.min(), abs=0.001)


# --- the nearest line ------------------------------------------------------------------------


def test_nearest_line_by_hand() -> None:
    equator = shapely.LineString([(100.0, 0.0), (110.0, 0.0)])
    got = geodesy.nearest_line_m([1.0, 0.0, 0.0], [105.0, 111.0, 103.0], [equator])
    # A degree up the meridian; a degree past the end; on the line.
    assert got == pytest.approx([110_574.389, 111_319.491, 0.0], abs=0.01)


def test_straight_is_straight_in_longitude_and_latitude() -> None:
    # On the parallel of 60° north, where the geodesic between the ends runs 7 km further north.
    parallel = shapely.LineString([(0.0, 60.0), (10.0, 60.0)])
    assert geodesy.nearest_line_m([60.0], [5.0], [parallel])[0] == pytest.approx(0.0, abs=0.01)


def test_multilines_and_the_boundaries_of_polygons() -> None:
    two = shapely.MultiLineString([[(0, 0), (0, 1)], [(5, 0), (5, 1)]])
    hole = shapely.box(9, -1, 15, 5).difference(shapely.box(11, 1, 13, 3))
    both = shapely.MultiPolygon([hole, shapely.box(20, 0, 21, 1)])
    got = geodesy.nearest_line_m([0.0, 2.0, 0.0], [4.0, 12.0, 20.0], [two, hole, both])
    east_m = geodesy.metres_per_degree(0.0)[1], geodesy.metres_per_degree(2.0)[1]
    # Inside a polygon or one of its holes the distance is to the ring.
    assert got == pytest.approx([east_m[0], 110_574.0, 0.0], abs=70.0)
    assert got[1] == pytest.approx(brute_line_m(2.0, 12.0, hole), abs=0.01)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [None],
        [shapely.LineString()],
        [shapely.Point(1, 1)],
        [shapely.Polygon()],
        [shapely.LineString([(1, 1), (1, 1)])],
        [shapely.LineString([(1, 1), (np.inf, 2)])],
    ],
)
def test_no_line_no_distance(lines: list[Any]) -> None:
    assert np.isnan(geodesy.nearest_line_m([1.0], [1.0], lines)).all()


def test_nearest_line_from_nowhere() -> None:
    line = shapely.LineString([(0, 0), (0, 1)])
    got = geodesy.nearest_line_m([NAN, 0.0, 95.0], [0.0, NAN, 0.0], np.array([line, None]))
    assert np.isnan(got).all()
    assert geodesy.nearest_line_m([], [], [line]).shape == (0,)


vertices = st.lists(
    st.tuples(st.floats(115, 115.2), st.floats(-3.2, -3)), min_size=2, max_size=6, unique=True
)


@settings(max_examples=30, deadline=None)
@given(
    lines=st.lists(vertices.map(shapely.LineString), min_size=1, max_size=4),
    lat=st.floats(-3.5, -2.7),
    lon=st.floats(114.7, 115.5),
    segment_m=st.sampled_from([100.0, 250.0, 5000.0]),
)
def test_nearest_line_agrees_with_dense_points(
    lines: list[Any], lat: float, lon: float, segment_m: float
) -> None:
    got = geodesy.nearest_line_m([lat], [lon], lines, segment_m=segment_m)[0]
    # Dense points every 11 m: at most half of that beside the foot, so never nearer than it.
    dense = brute_line_m(lat, lon, lines)
    assert got <= dense + 0.01
    assert got == pytest.approx(np.sqrt(max(dense**2 - 5.6**2, 0.0)), abs=5.7)
    if dense > 100.0:
        assert got == pytest.approx(dense, abs=0.2)


def test_more_points_than_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(-4, -3, 50), rng.uniform(114, 116, 50)
    line = shapely.LineString(rng.uniform([114, -4], [116, -3], (20, 2)))
    at_once = geodesy.nearest_line_m(lat, lon, [line])
    points = geodesy.nearest_point_m(lat, lon, lat[::-1] + 0.1, lon)
    monkeypatch.setattr(geodesy, "CHUNK", 7)
    np.testing.assert_array_equal(geodesy.nearest_line_m(lat, lon, [line]), at_once)
    again = geodesy.nearest_point_m(lat, lon, lat[::-1] + 0.1, lon)
    np.testing.assert_array_equal(again, points)


# --- shapes ----------------------------------------------------------------------------------


SHAPES = [
    shapely.box(115.0, -3.2, 115.1, -3.0),
    shapely.MultiPolygon([shapely.box(116.0, -3.2, 116.1, -3.0), shapely.box(110, 60, 111, 61)]),
    shapely.Polygon(),
]


def test_distance_to_ones_own_shape_by_hand() -> None:
    lat = [-3.1, -3.1, -3.1, -3.1, -3.1, NAN, 60.5]
    lon = [115.05, 115.2, 115.2, 115.2, 115.2, 115.2, 112.0]
    got = geodesy.shape_distance_m(lat, lon, SHAPES, [0, 0, 1, 2, -1, 0, 1])
    expected = [0.0, WGS84.inv(115.2, -3.1, 115.1, -3.1)[2], WGS84.inv(115.2, -3.1, 116, -3.1)[2]]
    assert got[:3] == pytest.approx(expected, abs=0.5)
    assert np.isnan(got[3:6]).all()
    # Up north a degree of longitude is half as long: still straight to the east.
    assert got[6] == pytest.approx(WGS84.inv(112.0, 60.5, 111.0, 60.5)[2], rel=1e-3)


@given(lat=st.floats(-4, -2), lon=st.floats(114, 117), shape=st.integers(0, 1))
def test_distance_to_ones_own_shape_agrees_with_the_nearest_line(
    lat: float, lon: float, shape: int
) -> None:
    got = geodesy.shape_distance_m([lat], [lon], SHAPES, [shape])[0]
    inside = shapely.intersects_xy(SHAPES[shape], lon, lat)
    line = geodesy.nearest_line_m([lat], [lon], SHAPES[shape : shape + 1])[0]
    assert got == pytest.approx(0.0 if inside else line, rel=1e-4, abs=1e-3)


def test_no_shapes_no_distance() -> None:
    assert np.isnan(geodesy.shape_distance_m([-3.0], [115.0], [], [-1])).all()
    assert geodesy.shape_distance_m([], [], SHAPES, []).size == 0


def test_distance_of_pairs() -> None:
    got = geodesy.distance_m([0.0, 0.0, 0.0], [0.0, 0.0, NAN], [0.0, 90.0, 0.0], [1.0, 0.0, 0.0])
    np.testing.assert_allclose(got, [111_319.491, 10_001_965.729, NAN], rtol=0, atol=0.001)


# --- the shared data -------------------------------------------------------------------------


@pytest.mark.real
def test_towers_and_coast_of_kalsel(shared: Path) -> None:
    with (shared / "kalsel/schools/kalsel_sekolah_2019_raw.csv").open(encoding="utf-8") as file:
        schools = [row for row in csv.DictReader(file) if row["lintang"].strip()][::25]
    with (shared / "kalsel/stylised/towers.csv").open(encoding="utf-8") as file:
        towers = list(csv.DictReader(file))
    lat = np.array([float(row["lintang"]) for row in schools])
    lon = np.array([float(row["bujur"]) for row in schools])
    to_lat = np.array([float(row["lat"]) for row in towers])
    to_lon = np.array([float(row["lon"]) for row in towers])

    distance_m, index = geodesy.nearest_point_m(lat, lon, to_lat, to_lon)
    expected = brute_point_m(lat, lon, to_lat, to_lon)
    np.testing.assert_allclose(distance_m, expected.min(axis=1), rtol=0, atol=0.001)
    np.testing.assert_array_equal(index, expected.argmin(axis=1))

    coast = shared / "kalsel/natural_earth/ne_10m_coastline_kalsel.geojson"
    lines = shapely.get_parts(shapely.from_geojson(coast.read_text(encoding="utf-8")))
    shore_m = geodesy.nearest_line_m(lat, lon, lines)
    dense = shapely.get_coordinates(shapely.segmentize(lines, 0.0005))
    expected_m = np.array(
        [brute_point_m(lat[[i]], lon[[i]], dense[:, 1], dense[:, 0]).min() for i in range(lat.size)]
    )
    # The dense points lie 55 m apart: beside a near shore up to 28 m from the foot.
    assert (shore_m <= expected_m + 0.01).all()
    np.testing.assert_allclose(shore_m[expected_m > 1000], expected_m[expected_m > 1000], atol=1.0)


# --- satellites ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lat", "lon", "satellite", "azimuth_deg", "elevation_deg"),
    [
        # Worked examples of textbooks, on a sphere.
        (35.0, -100.0, -90.0, 162.9, 48.0),  # Roddy, Satellite Communications
        (52.0, 0.0, 66.0, 109.3, 5.85),  # Pratt, Bostian & Allnutt, Satellite Communications
    ],
)
def test_look_angles_of_text_books(
    lat: float, lon: float, satellite: float, azimuth_deg: float, elevation_deg: float
) -> None:
    azimuth, elevation = geodesy.look_angles([lat], [lon], satellite)
    assert azimuth[0] == pytest.approx(azimuth_deg, abs=0.2)
    assert elevation[0] == pytest.approx(elevation_deg, abs=0.2)


@given(st.floats(-80.0, 80.0), st.floats(-180.0, 180.0), st.floats(-180.0, 180.0))
def test_look_angles_against_proj(lat: float, lon: float, satellite: float) -> None:
    to_local = Transformer.from_pipeline(
        f"+proj=topocentric +ellps=WGS84 +lat_0={lat!r} +lon_0={lon!r} +h_0=0"
    )
    turn = np.radians(satellite)
    orbit_m = geodesy.GEOSTATIONARY_M
    east, north, up = to_local.transform(orbit_m * np.cos(turn), orbit_m * np.sin(turn), 0.0)
    azimuth, elevation = geodesy.look_angles([lat], [lon], satellite)
    assert elevation[0] == pytest.approx(
        np.degrees(np.arctan2(up, np.hypot(east, north))), abs=1e-9
    )
    off = (azimuth[0] - np.degrees(np.arctan2(east, north)) + 180.0) % 360.0 - 180.0
    assert off * np.hypot(east, north) / orbit_m == pytest.approx(0.0, abs=1e-7)


def test_a_satellite_overhead_and_below() -> None:
    _, elevation = geodesy.look_angles([0.0, 0.0, 0.0, NAN], [146.0, -34.0, 64.5, 0.0], 146.0)
    assert elevation[0] == pytest.approx(90.0)
    assert elevation[1] == pytest.approx(-90.0)  # on the other side of the Earth
    # It rises 81.3° away: acos of the Earth's radius over that of the orbit.
    assert elevation[2] == pytest.approx(0.0, abs=0.25)
    assert np.isnan(elevation[3])


def test_a_geostationary_orbit_takes_a_sidereal_day() -> None:
    seconds = 2.0 * np.pi * np.sqrt(geodesy.GEOSTATIONARY_M**3 / 3.986004418e14)
    assert seconds == pytest.approx(86_164.0905, abs=0.01)
