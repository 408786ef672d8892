from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kalsel_gap.geo import geodesy, sample_points
from kalsel_gap.geo.geodesy import WGS84
from tests.geo.brute_force import brute_point_m

FloatArray = NDArray[np.float64]
NAN = np.nan


# --- disks -----------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(
    lat=st.floats(-80, 80),
    lon=st.floats(-180, 180),
    radius_m=st.floats(0, 5000),
    n=st.integers(1, 200),
)
def test_disk_points_lie_in_the_disk(lat: float, lon: float, radius_m: float, n: int) -> None:
    disk_lat, disk_lon = sample_points.disk_points([lat], [lon], radius_m, n)
    assert disk_lat.shape == disk_lon.shape == (1, n)
    assert (disk_lat[0, 0], disk_lon[0, 0]) == (lat, lon)
    away_m = brute_point_m(np.array([lat]), np.array([lon]), disk_lat[0], disk_lon[0])
    assert away_m.max() <= radius_m * 1.003 + 1e-6


def test_disk_points_stand_for_equal_areas() -> None:
    lat, lon = sample_points.disk_points([-3.0], [115.0], [1000.0], 400)
    away_m = brute_point_m(np.array([-3.0]), np.array([115.0]), lat[0], lon[0])[0]
    for share in (0.1, 0.25, 0.5, 0.75):
        # The share of points within the circle that holds this share of the area.
        assert (away_m <= 1000.0 * np.sqrt(share)).mean() == pytest.approx(share, abs=0.005)
    assert lat.mean() == pytest.approx(-3.0, abs=2e-5)
    assert lon.mean() == pytest.approx(115.0, abs=2e-5)


@pytest.mark.parametrize("edge", [-0.8, -0.4, 0.0, 0.3, 0.9])
def test_default_disk_sees_a_coverage_edge(edge: float) -> None:
    lat, _ = sample_points.disk_points([0.0], [115.0], [1000.0])
    beyond = (lat[0] * geodesy.metres_per_degree(0.0)[0] > edge * 1000.0).mean()
    exact = (np.arccos(edge) - edge * np.sqrt(1 - edge**2)) / np.pi
    assert beyond == pytest.approx(exact, abs=0.04)


def test_disks_of_nothing_and_of_no_radius() -> None:
    lat, lon = sample_points.disk_points(
        [NAN, -3.0, -3.0], [115.0, 115.0, 115.0], [50.0, NAN, 0.0], 5
    )
    assert np.isnan(lat[:2, 1:]).all()
    assert np.isnan(lon[0]).all()
    assert (lat[2] == -3.0).all()
    assert (lon[2] == 115.0).all()


# --- paths -----------------------------------------------------------------------------------


def test_path_points_are_the_middles_of_equal_steps() -> None:
    # Four degrees of the equator in four steps, and one degree in as many.
    lat, lon = sample_points.path_points(
        [0.0, 0.0], [100.0, 100.0], [0.0, 0.0], [104.0, 101.0], points=4
    )
    np.testing.assert_allclose(lat, 0.0, atol=1e-9)
    np.testing.assert_allclose(
        lon, [[100.5, 101.5, 102.5, 103.5], [100.125, 100.375, 100.625, 100.875]], atol=1e-9
    )


def test_path_points_follow_the_geodesic() -> None:
    here, there = (np.array([-3.0]), np.array([114.5])), (np.array([-2.0]), np.array([116.0]))
    lat, lon = sample_points.path_points(*here, *there, points=150)
    assert lat.shape == lon.shape == (1, 150)
    total_m = geodesy.distance_m(*here, *there)[0]
    here_m = brute_point_m(*here, lat[0], lon[0])[0]
    there_m = brute_point_m(*there, lat[0], lon[0])[0]
    np.testing.assert_allclose(here_m + there_m, total_m, rtol=0, atol=0.001)
    np.testing.assert_allclose(here_m, total_m * (np.arange(150) + 0.5) / 150, rtol=0, atol=0.001)


def test_path_points_at_the_limits() -> None:
    lat, lon = sample_points.path_points([-3.0, NAN], [115.0, 115.0], [-3.0, -3.0], [115.0, 115.0])
    assert lat.shape == (2, 200)
    np.testing.assert_allclose(lat[0], -3.0, atol=1e-12)
    np.testing.assert_allclose(lon[0], 115.0, atol=1e-12)
    assert np.isnan([lat[1], lon[1]]).all()
    assert sample_points.path_points([], [], [], [])[0].shape == (0, 200)


@pytest.mark.parametrize(
    ("lat", "lon", "longest_m"),
    [
        (60.0, 160.0, 500_000.0),  # by the polynomial, all but a few
        (89.9, 180.0, 500_000.0),
        (80.0, 180.0, 10_000_000.0),
    ],
)
def test_path_points_everywhere(lat: float, lon: float, longest_m: float) -> None:
    rng = np.random.default_rng(11)
    here_lat, here_lon = rng.uniform(-lat, lat, 50), rng.uniform(-lon, lon, 50)
    azimuth, length_m = rng.uniform(0, 360, 50), rng.uniform(0, longest_m, 50)
    to_lon, to_lat, _ = WGS84.fwd(here_lon, here_lat, azimuth, length_m)
    got = sample_points.path_points(here_lat, here_lon, to_lat, to_lon, points=9)
    for step in range(9):
        on_lon, on_lat, _ = WGS84.fwd(here_lon, here_lat, azimuth, length_m * (step + 0.5) / 9)
        off_m = geodesy.distance_m(got[0][:, step], got[1][:, step], on_lat, on_lon)
        np.testing.assert_allclose(off_m, 0.0, rtol=0, atol=1e-5)


# --- stretches -------------------------------------------------------------------------------


def stretch_m(area: list[tuple[float, float]], start: float = 100.0, end: float = 104.0) -> float:
    """Longest stretch of the equator between two meridians that lies in intervals of longitude."""

    def holds(lat: FloatArray, lon: FloatArray) -> NDArray[np.bool_]:
        parts = np.array([(west <= lon) & (lon <= east) for west, east in area])
        return np.asarray(parts.any(axis=0))

    ends = (np.array([0.0]), np.array([start]), np.array([0.0]), np.array([end]))
    inside = holds(*sample_points.path_points(*ends, points=40))
    return float(sample_points.longest_stretch_m(*ends, inside, holds)[0])


@pytest.mark.parametrize(
    ("area", "degrees"),
    [
        ([(101.23, 102.71)], 1.48),
        ([(100.33, 100.9), (101.23, 102.71), (103.0, 103.5)], 1.48),
        ([(99.0, 101.234)], 1.234),  # begins inside
        ([(102.9, 105.0)], 1.1),  # ends inside
        ([(99.0, 105.0)], 4.0),
        ([(105.0, 106.0)], 0.0),
        ([(102.011, 102.012)], 0.0),  # between two points
    ],
)
def test_longest_stretch(area: list[tuple[float, float]], degrees: float) -> None:
    step_m = 0.1 * geodesy.metres_per_degree(0.0)[1]
    expected_m = degrees * geodesy.metres_per_degree(0.0)[1]
    assert stretch_m(area) == pytest.approx(expected_m, abs=step_m / 64)


def test_longest_stretch_of_several_paths_and_of_none() -> None:
    lat, lon = np.array([0.0, NAN, 0.0, 0.0]), np.array([100.0, 100.0, 99.0, 101.0])
    ends = lat, lon, lat, lon + 1.0
    inside = sample_points.path_points(*ends, points=8)[1] > 100.5
    got = sample_points.longest_stretch_m(*ends, inside, lambda y, x: x > 100.5)
    degrees = got / geodesy.metres_per_degree(0.0)[1]
    np.testing.assert_allclose(degrees, [0.5, NAN, 0.0, 1.0], atol=0.125 / 64)
