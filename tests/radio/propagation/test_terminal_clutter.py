"""Loss in houses and trees that no input shows, by Hata."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.radio.propagation.terminal_clutter import (
    below_roofs_db,
    suburban_db,
    surroundings_db,
)


@pytest.mark.parametrize(
    ("mhz", "expected_db"),
    [
        # log 900 = 2.9542, log(900/28) = 1.5071: 41.717 - 54.151 + 40.94 - (4.543 + 5.4)
        (900.0, 18.563),
        # log 2100 = 3.3222, log 75 = 1.8751: 52.757 - 60.896 + 40.94 - (7.032 + 5.4)
        (2100.0, 20.370),
        (0.0, np.nan),
        (np.nan, np.nan),
    ],
)
def test_a_village_by_hand(mhz: float, expected_db: float) -> None:
    assert suburban_db(mhz) == pytest.approx(expected_db, abs=2e-3, nan_ok=True)


@pytest.mark.parametrize(
    ("mhz", "height_m", "expected_db"),
    [
        # 8.5 m down at 17.476 degrees: v = 0.342·1.3416·12.188 = 5.592; 27.787 - 6.03.
        (1800.0, 1.5, 21.757),
        # 4 m at 8.427 degrees: v = 0.45884·5.806 = 2.664; 21.412 - 6.03.
        (1800.0, 6.0, 15.382),
        # v = 0.342·0.9487·5.806 = 1.8837; 1.7837 + √(1 + 3.1816) = 3.8286: 18.561 - 6.03.
        (900.0, 6.0, 12.531),
        (1800.0, 10.0, 0.0),
        (1800.0, 30.0, 0.0),
        (0.0, 6.0, np.nan),
        (np.nan, 30.0, np.nan),
        (1800.0, np.nan, np.nan),
    ],
)
def test_below_the_roofs_by_hand(mhz: float, height_m: float, expected_db: float) -> None:
    assert below_roofs_db(mhz, height_m) == pytest.approx(expected_db, abs=2e-3, nan_ok=True)


@pytest.mark.parametrize("mhz", [900.0, 1800.0, 2100.0, 2300.0])
def test_two_accounts_of_a_village_agree_at_the_height_of_a_phone(mhz: float) -> None:
    assert suburban_db(mhz) == pytest.approx(below_roofs_db(mhz, 1.5), abs=2.5)


@given(st.floats(150.0, 6000.0), st.lists(st.floats(1.0, 30.0), min_size=2, max_size=2))
def test_higher_up_a_village_takes_no_more(mhz: float, heights_m: list[float]) -> None:
    low, high = surroundings_db(mhz, "suburban", height_m=sorted(heights_m))
    assert 0.0 <= high <= low + 1e-9


@given(st.floats(150.0, 6000.0))
def test_of_a_phone_nothing_is_taken_away(mhz: float) -> None:
    assert surroundings_db(mhz, "suburban") == suburban_db(mhz)


@given(st.floats(150.0, 6000.0), st.floats(0.0, 80.0))
def test_trees_and_village_are_never_added(mhz: float, trees_db: float) -> None:
    both = trees_db + float(surroundings_db(mhz, "suburban", trees_db))
    assert both == pytest.approx(max(trees_db, float(suburban_db(mhz))))
    assert surroundings_db(mhz, "open", trees_db) == 0.0
