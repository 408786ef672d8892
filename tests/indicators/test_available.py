"""Adequacy of a level, and the binned rule, against hand-worked values and properties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.indicators import available
from kalsel_gap.project.base import default_values
from kalsel_gap.project.index import Index
from kalsel_gap.project.signal import Signal

INDEX = Index.model_validate(default_values("index"))
SIGNAL = Signal.model_validate(default_values("signal"))
NAN = np.nan
SHARES = st.floats(0.0, 1.0)


TABLE = {  # the published figures
    "4g": {-140: 0, -120: 0.05, -110: 0.25, -105: 0.45, -95: 0.70, -85: 0.85, -70: 0.95},
    "5g": {-135: 0, -115: 0.05, -110: 0.20, -100: 0.60, -90: 0.85, -75: 1.0},
    "3g": {-115: 0, -106: 0.05, -95: 0.20, -80: 0.35},
    "2g": {-110: 0, -104: 0.02, -95: 0.05, -80: 0.10},
}


@pytest.mark.parametrize("technology", TABLE)
def test_the_curves_of_the_method(technology: Any) -> None:
    curve = SIGNAL.curves[technology]
    levels = list(TABLE[technology])
    got = available.from_level([*levels, -199.0, -1.0, NAN], curve.points)
    values = list(TABLE[technology].values())
    np.testing.assert_allclose(got, [*values, 0.0, values[-1], NAN])
    declared = {"4g": 0.5, "5g": 0.5, "3g": 0.2, "2g": 0.05}
    assert curve.declared == declared[technology]


@given(st.lists(st.floats(-200, 0), min_size=2, max_size=2))
def test_more_signal_is_never_worth_less(levels: list[float]) -> None:
    weak, strong = available.from_level(sorted(levels), SIGNAL.curves["4g"].points)
    assert weak <= strong


def test_classes_and_coverage() -> None:
    got = available.from_class([0, 2, 5, NAN], {0.0: 0.0, 2.0: 0.05})
    np.testing.assert_array_equal(got, [0.0, 0.05, NAN, NAN])
    got = available.from_binary([0, 1, 7, NAN], 0.5)
    np.testing.assert_array_equal(got, [0.0, 0.5, 0.5, NAN])
