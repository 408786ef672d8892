"""Line of sight and clearance, by hand and by properties."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kalsel_gap.radio.paths.line_of_sight import CLEAR_SHARE, LineOfSight, assess_line_of_sight
from kalsel_gap.radio.propagation.fresnel import (
    clearance_ratio,
    earth_bulge_m,
    fresnel_radius_m,
    worst_k,
)
from kalsel_gap.radio.propagation.path_inputs import Paths, RadioZone, Status

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FLAT = 1e9  # an effective radius without an Earth bulge


def path(length_km: float, ground_m: ArrayLike, **given: list[ArrayLike]) -> Paths:
    return Paths.equally_spaced([length_km], [ground_m], **given)  # type: ignore[arg-type]


def test_the_figures_of_the_method() -> None:
    """Mid-path of 20 km at 1.8 GHz: bulge 5.9 m, radius 28.9 m."""
    found = assess_line_of_sight(path(20.0, [0, 0, 0]), 100, 100, 1800, k=4 / 3)
    radius, bulge = 28.857, 5.886
    assert found.clearance_ratio[0] == pytest.approx((100 - bulge) / radius, abs=1e-3)
    assert found.obstacle_km.tolist() == [10.0]
    assert found.obstacle_m.tolist() == [0.0]
    assert found.obstacle_excess_m[0] == pytest.approx(bulge + 0.6 * radius - 100, abs=1e-2)
    # The ray of the least mast is 23.2 m high half way: twice that less the other end's 100 m.
    assert found.tx_mast_m.tolist() == [0.0]
    low = assess_line_of_sight(path(20.0, [0, 0, 0]), 5, 10, 1800, k=4 / 3)
    assert low.tx_mast_m[0] == pytest.approx(2 * (bulge + 0.6 * radius) - 10, abs=1e-2)
    assert low.rx_mast_m[0] == pytest.approx(2 * (bulge + 0.6 * radius) - 5, abs=1e-2)
    assert low.line_of_sight.tolist() == [True]  # 7.5 m above sea level, over a bulge of 5.9 m
    worst = assess_line_of_sight(
        path(20.0, [0, 0, 0]), 5, 10, 1800, k=worst_k(20.0, [(20, 0.6), (100, 0.8)])
    )
    assert worst.line_of_sight.tolist() == [False]  # 13.1 m


def test_a_ridge_by_hand() -> None:
    """8 km, 50 m ridge a quarter of the way; antennas 30 and 10 m high on a plane."""
    ground = [0, 0, 50, 0, 0, 0, 0, 0, 0]
    found = assess_line_of_sight(path(8.0, ground), 30, 10, 2000, k=FLAT)
    radius = np.sqrt(0.149896229 * 2000 * 6000 / 8000)
    assert found.line_of_sight.tolist() == [False]
    assert found.obstacle_km.tolist() == [2.0]
    assert found.obstacle_m.tolist() == [50.0]
    assert found.clearance_ratio[0] == pytest.approx((25 - 50) / radius)
    assert found.obstacle_excess_m[0] == pytest.approx(25 + 0.6 * radius)
    # The ray must pass 50 m + 60 %: from 10 m at 8 km it rises over 6 km, then 2 km on.
    top = 50 + 0.6 * radius
    assert found.tx_mast_m[0] == pytest.approx(10 + (top - 10) * 8 / 6)
    assert found.rx_mast_m[0] == pytest.approx(30 + (top - 30) * 8 / 2)
    assert found.sea_share.tolist() == [0.0]


def test_a_cliff_by_hand() -> None:
    """From a plateau of 100 m down to the sea: the edge hides what lies near its foot."""
    ground = [100, 100, 100, 0, 0]
    found = assess_line_of_sight(path(4.0, ground), 25, 5, 900, k=FLAT)
    assert found.line_of_sight.tolist() == [False]
    assert found.obstacle_km.tolist() == [2.0]
    radius = np.sqrt(0.333102731 * 2000 * 2000 / 4000)
    assert found.rx_mast_m[0] == pytest.approx(2 * (100 + 0.6 * radius) - 125)
    assert found.tx_mast_m[0] == pytest.approx(2 * (100 + 0.6 * radius) - 5 - 100)


def test_clutter_stands_in_the_way_but_not_at_the_ends() -> None:
    ground = [0.0, 0.0, 0.0, 0.0, 0.0]
    trees = path(4.0, ground, clutter_m=[[50, 0, 20, 0, 50]])
    found = assess_line_of_sight(trees, 10, 10, 1800, k=FLAT)
    assert found.line_of_sight.tolist() == [False]
    assert found.obstacle_m.tolist() == [20.0]
    assert found.obstacle_km.tolist() == [2.0]
    unknown = path(4.0, ground, clutter_m=[[50, 0, np.nan, 0, 50]])
    nothing = assess_line_of_sight(unknown, 10, 10, 1800, k=FLAT)
    assert nothing.status.tolist() == [Status.VOID]
    assert np.isnan(nothing.clearance_ratio).all()
    assert np.isnan(nothing.rx_mast_m).all()


def test_the_share_over_sea() -> None:
    zone = [RadioZone.SEA, RadioZone.SEA, RadioZone.COASTAL, RadioZone.INLAND, RadioZone.SEA]
    found = assess_line_of_sight(path(4.0, [0.0] * 5, zone=[zone]), 50, 50, 1800, k=FLAT)
    assert found.sea_share.tolist() == [(0.5 + 1 + 0.5) / 4]


def test_why_nothing_is_known() -> None:
    ground = np.zeros((7, 3))
    ground[1, 1] = np.nan
    paths = Paths.equally_spaced([4, 4, 0, np.nan, 4, 4, 4], ground)
    tx = [10, 10, 10, 10, np.nan, 10, 10]
    mhz = [1800, 1800, 1800, 1800, 1800, 0, 1800]
    found = assess_line_of_sight(paths, tx, 10, mhz, k=[1.3] * 6 + [np.nan])
    why = ["OK", "VOID", "DISTANCE", "DISTANCE", "ANTENNA", "FREQUENCY", "TERM"]
    assert [Status(each).name for each in found.status] == why
    assert found.line_of_sight.tolist() == [True] + [False] * 6
    for each in fields(LineOfSight)[1:-1]:
        assert np.isnan(getattr(found, each.name)[1:]).all()
        assert np.isfinite(getattr(found, each.name)[0])
    assert (
        assess_line_of_sight(Paths.equally_spaced([], np.empty((0, 3))), 1, 1, 1, k=1).status.size
        == 0
    )


HILLS = arrays(np.float64, st.integers(3, 12), elements=st.integers(0, 400).map(float))
MAST = st.floats(0.0, 80.0)
LINKS = st.tuples(
    st.floats(0.5, 60.0), HILLS, MAST, MAST, st.floats(100.0, 6000.0), st.floats(0.5, 4.0)
)


@given(LINKS)
def test_as_the_textbook_formulas_say(
    link: tuple[float, NDArray[np.float64], float, float, float, float],
) -> None:
    length, ground, tx, rx, mhz, k = link
    found = assess_line_of_sight(path(length, ground), tx, rx, mhz, k=k)
    d = np.linspace(0.0, length, ground.size)[1:-1]
    ray = np.interp(d, [0.0, length], [ground[0] + tx, ground[-1] + rx])
    clearance = ray - earth_bulge_m(d, length - d, k) - ground[1:-1]
    ratio = clearance_ratio(clearance, fresnel_radius_m(d, length - d, mhz))
    assert found.clearance_ratio[0] == pytest.approx(ratio.min(), abs=1e-9)
    assert found.line_of_sight[0] == (clearance.min() >= 0) or abs(clearance.min()) < 1e-9


@given(LINKS)
def test_swapped_ends_swap_the_masts(
    link: tuple[float, NDArray[np.float64], float, float, float, float],
) -> None:
    length, ground, tx, rx, mhz, k = link
    there = assess_line_of_sight(path(length, ground), tx, rx, mhz, k=k)
    back = assess_line_of_sight(path(length, ground[::-1]), rx, tx, mhz, k=k)
    assert back.clearance_ratio == pytest.approx(there.clearance_ratio, abs=1e-9)
    assert back.tx_mast_m == pytest.approx(there.rx_mast_m, abs=1e-9)
    assert back.rx_mast_m == pytest.approx(there.tx_mast_m, abs=1e-9)


@given(LINKS, st.integers(1, 10), st.floats(0.0, 100.0))
def test_a_higher_obstacle_never_clears_more(
    link: tuple[float, NDArray[np.float64], float, float, float, float], place: int, more_m: float
) -> None:
    length, ground, tx, rx, mhz, k = link
    higher = ground.copy()
    higher[1 + place % (ground.size - 2)] += more_m
    before = assess_line_of_sight(path(length, ground), tx, rx, mhz, k=k)
    after = assess_line_of_sight(path(length, higher), tx, rx, mhz, k=k)
    assert after.clearance_ratio[0] <= before.clearance_ratio[0]
    assert after.tx_mast_m[0] >= before.tx_mast_m[0]
    assert after.rx_mast_m[0] >= before.rx_mast_m[0]
    assert after.line_of_sight[0] <= before.line_of_sight[0]


@given(LINKS, st.booleans())
def test_the_least_mast_clears_and_a_centimetre_less_does_not(
    link: tuple[float, NDArray[np.float64], float, float, float, float], at_tx: bool
) -> None:
    length, ground, tx, rx, mhz, k = link
    paths = path(length, ground)
    first = assess_line_of_sight(paths, tx, rx, mhz, k=k)
    mast = float((first.tx_mast_m if at_tx else first.rx_mast_m)[0])

    def ratio(height: float) -> float:
        ends = (height, rx) if at_tx else (tx, height)
        return float(assess_line_of_sight(paths, *ends, mhz, k=k).clearance_ratio[0])

    assert ratio(mast) >= CLEAR_SHARE - 1e-9
    assume(mast >= 0.01)
    assert ratio(mast - 0.01) < CLEAR_SHARE


def test_threads_change_no_bit() -> None:
    random = np.random.default_rng(3)
    paths = Paths.equally_spaced(
        random.uniform(1, 40, 500), random.uniform(0, 99, (500, 40)).astype(np.float32)
    )
    one, three = (
        assess_line_of_sight(paths, 40, 10, 1800, k=4 / 3, threads=count) for count in (1, 3)
    )
    for each in fields(LineOfSight):
        assert getattr(one, each.name).tobytes() == getattr(three, each.name).tobytes()
