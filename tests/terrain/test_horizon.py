"""Open sky; horizons are tested in test_topographic_position.py, over elevation models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.terrain import horizon as horizons

NAN = np.nan


def test_open_sky_by_hand() -> None:
    # Half of the horizon at 30°, half level: 1 - (½·½ + 0)/1.
    assert horizons.sky_view_share([[30.0, 30.0, 0.0, -1.0]]).tolist() == pytest.approx([0.75])
    # Above 30° nothing of that counts; at 90° in one of four directions a quarter is hidden.
    assert horizons.open_share([[30.0, 10.0, 0.0, 90.0]], 30.0) == pytest.approx([0.75])
    assert np.isnan(horizons.sky_view_share([[NAN, 0.0]])).all()


@given(st.lists(st.floats(-90.0, 90.0), min_size=1, max_size=16), st.floats(0.0, 89.0))
def test_shares_of_the_sky_are_shares(horizon: list[float], lowest_deg: float) -> None:
    share = horizons.open_share([horizon], lowest_deg)[0]
    assert 0.0 <= share <= 1.0
