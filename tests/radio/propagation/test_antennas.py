"""Sector antennas: the parabolas by hand, and properties of every antenna."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.project.base import default_values
from kalsel_gap.project.radio import Radio
from kalsel_gap.radio.propagation.antennas import (
    gains_around,
    relative_db,
    sector_gain_db,
    widths,
)

NAN = np.nan
PATTERN = Radio.model_validate(default_values("radio")).pattern

degrees = st.floats(0.0, 360.0)
tilts = st.floats(-90.0, 90.0)


@pytest.mark.parametrize(
    ("azimuth", "tilt", "bearing", "elevation", "gain_db"),
    [
        (0.0, 0.0, 0.0, 0.0, 0.0),
        (0.0, 0.0, 32.5, 0.0, -3.0),  # half of 65 degrees: 12·0.25
        (0.0, 0.0, 327.5, 0.0, -3.0),  # on the other side
        (350.0, 0.0, 22.5, 0.0, -3.0),  # over north
        (0.0, 0.0, 65.0, 0.0, -12.0),
        (0.0, 0.0, 180.0, 0.0, -30.0),  # 12·7.67 exceeds the front-to-back ratio
        (0.0, 0.0, 0.0, 5.0, -3.0),  # half of 10 degrees
        (0.0, 6.0, 0.0, -6.0, 0.0),  # down its axis
        (0.0, 6.0, 0.0, 0.0, -4.32),  # 12·0.36
        (0.0, 5.0, 32.5, 0.0, -6.0),  # both halves
        (0.0, 0.0, 65.0, 20.0, -30.0),  # 12 + 30 is cut off
        (0.0, NAN, 32.5, 89.0, -3.0),  # unknown tilt: it points at the receiver
        (NAN, NAN, 200.0, -3.0, 0.0),
        (NAN, 4.0, 200.0, -9.0, -3.0),  # omnidirectional, but tilted
    ],
)
def test_by_hand(
    azimuth: float, tilt: float, bearing: float, elevation: float, gain_db: float
) -> None:
    got = sector_gain_db(azimuth, tilt, bearing, elevation, pattern=PATTERN)
    assert got == pytest.approx(gain_db)
    assert relative_db(azimuth, tilt, bearing, elevation, widths(PATTERN)) == pytest.approx(gain_db)


def test_the_element_of_3gpp() -> None:
    """TR 38.901, Table 7.3-1: 65 degrees both ways, 30 dB: 30 degrees off in both, 5.11 dB."""
    element = PATTERN.model_copy(update={"vertical_deg": 65.0})
    assert sector_gain_db(0, 0, 30, 30, pattern=element) == pytest.approx(-24 * (30 / 65) ** 2)


def test_rows_and_columns_broadcast() -> None:
    got = sector_gain_db([[0.0], [NAN]], NAN, [0.0, 65.0, 180.0], 0.0, pattern=PATTERN)
    assert got == pytest.approx(np.array([[0.0, -12.0, -30.0], [0.0, 0.0, 0.0]]))
    assert sector_gain_db([], [], [], [], pattern=PATTERN).size == 0


def test_an_unknown_direction_is_unknown_where_it_matters() -> None:
    got = sector_gain_db([0.0, NAN], NAN, NAN, 0.0, pattern=PATTERN)
    assert np.isnan(got[0])
    assert got[1] == 0.0


@given(degrees, tilts, degrees, tilts)
def test_never_a_gain_nor_weaker_than_the_back(
    azimuth: float, tilt: float, bearing: float, elevation: float
) -> None:
    gain = sector_gain_db(azimuth, tilt, bearing, elevation, pattern=PATTERN)
    assert -PATTERN.front_to_back_db <= gain <= 0.0
    turned = sector_gain_db(azimuth + 360.0, tilt, bearing - 360.0, elevation, pattern=PATTERN)
    assert turned == pytest.approx(float(gain), abs=1e-6)


@given(degrees, st.lists(st.floats(0.0, 180.0), min_size=2, max_size=2))
def test_farther_off_the_axis_is_no_stronger(azimuth: float, offsets: list[float]) -> None:
    near, far = sorted(offsets)
    gains = sector_gain_db(azimuth, NAN, azimuth + np.array([near, far]), 0.0, pattern=PATTERN)
    assert gains[0] >= gains[1] - 1e-9


def test_towards_cells_around_a_site() -> None:
    """A degree to the north, east, south and west of 0° 115°, and one that is not asked for."""
    lat, apart = np.radians([[1.0, 0.0, -1.0, 0.0, 0.0]]), np.radians([[0.0, 1.0, 0.0, -1.0, 0.0]])
    places = (np.sin(lat), np.cos(lat), np.sin(apart), np.cos(apart))
    known = np.array([[True, True, True, True, False]])
    earth_m, k = 6_371_000.0, 4.0 / 3.0

    def gains(rise_m: np.ndarray, azimuth: float, tilt: float) -> list[float]:
        found = np.full(lat.shape, NAN)
        antenna = (0.0, azimuth, tilt, k)
        gains_around(places, known, rise_m, antenna, widths(PATTERN), earth_m, found)
        return [float(gain) for gain in found[0]]

    flat = np.empty((0, 0))
    # To the north: 90 degrees off are 12·1.917 = 23.0 dB, behind it 30 dB.
    assert gains(flat, 0.0, NAN) == pytest.approx(
        [0.0, -23.006, -30.0, -23.006, NAN], abs=1e-3, nan_ok=True
    )
    assert gains(flat, 60.0, NAN)[:2] == pytest.approx([-12 * (60 / 65) ** 2, -12 * (30 / 65) ** 2])
    # Below the horizon by half of the angle at the centre of an Earth of k times the radius: 3/8
    # degree. A rise of the way times the tangent of 2.5 degrees lifts the cell to 2.125.
    way_m = math.radians(1.0) * earth_m
    level = np.zeros(lat.shape)
    assert gains(level, NAN, 0.0)[:4] == pytest.approx([-12 * (0.375 / 10) ** 2] * 4, rel=1e-3)
    raised = np.full(lat.shape, math.tan(math.radians(2.5)) * way_m)
    assert gains(raised, NAN, 0.0)[:4] == pytest.approx([-12 * (2.125 / 10) ** 2] * 4, rel=0.01)


def test_towards_cells_north_and_south_of_a_site_in_the_south() -> None:
    """From 3.5° S a cell half a degree nearer to the equator, and one half a degree farther."""
    lat, apart = np.radians([[-3.0, -4.0]]), np.zeros((1, 2))
    places = (np.sin(lat), np.cos(lat), np.sin(apart), np.cos(apart))
    known, flat = np.ones((1, 2), dtype=np.bool_), np.empty((0, 0))
    for azimuth, expected in ((0.0, [0.0, -30.0]), (180.0, [-30.0, 0.0])):
        found = np.full(lat.shape, NAN)
        antenna = (math.radians(-3.5), azimuth, NAN, 4.0 / 3.0)
        gains_around(places, known, flat, antenna, widths(PATTERN), 6_371_000.0, found)
        assert found[0] == pytest.approx(expected)
