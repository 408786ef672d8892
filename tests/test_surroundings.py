"""Houses and trees that no input shows, by Hata."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.propagation.surroundings import suburban_db, surroundings_db


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


@given(st.floats(150.0, 6000.0), st.floats(0.0, 80.0))
def test_trees_and_village_are_never_added(mhz: float, trees_db: float) -> None:
    both = trees_db + float(surroundings_db(mhz, "suburban", trees_db))
    assert both == pytest.approx(max(trees_db, float(suburban_db(mhz))))
    assert surroundings_db(mhz, "open", trees_db) == 0.0
