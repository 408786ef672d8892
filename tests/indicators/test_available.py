"""Adequacy of a level, and the binned rule, against hand-worked values and properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.indicators import available
from kalsel_gap.project.base import default_values
from kalsel_gap.project.index import Index
from kalsel_gap.project.signal import Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def binned(
    x: Sequence[float], y: Sequence[float], group: Sequence[str | None], **rule: Any
) -> available.Binned:
    inference = INDEX.inference.model_copy(update=rule)
    return available.binned(
        pd.Series(x, dtype="float64"),
        pd.Series(y, dtype="float64"),
        pd.Series(list(group), dtype="object").astype("str"),
        inference,
    )


def means(found: available.Binned, x: Sequence[float], group: Sequence[str | None]) -> list[float]:
    names = pd.Series(list(group), dtype="object").astype("str")
    series = pd.Series(x, dtype="float64"), names
    return [float(v) for v in found.mean(*series)]


def test_a_bin_answers_with_its_mean() -> None:
    x = [0.1, 0.1, 0.2, 0.2, 0.8, 0.8, 0.9, 0.9]
    y = [0.0, 0.1, 0.1, 0.2, 0.5, 0.7, 0.6, 0.6]
    found = binned(x, y, ["a"] * 8, bins=2, minimum_bin=4)
    # The median of x is .5: .1 below, .6 above.
    assert means(found, [0.0, 0.49, 0.5, 1.0], ["a"] * 4) == pytest.approx([0.1, 0.1, 0.6, 0.6])
    high = found.quantile(pd.Series([0.9]), pd.Series(["a"]), 0.95)
    assert high[0] == pytest.approx(np.quantile([0.5, 0.7, 0.6, 0.6], 0.95))


def test_a_group_without_enough_values_falls_back_to_all() -> None:
    x = [0.1, 0.2, 0.8, 0.9, 0.15, 0.85]
    y = [0.0, 0.2, 0.6, 0.8, 0.4, 0.4]
    group = ["a", "a", "a", "a", "b", "b"]
    found = binned(x, y, group, bins=2, minimum_bin=2)
    assert means(found, [0.1, 0.9], ["a", "a"]) == pytest.approx([0.1, 0.7])
    together = [0.2, 0.6]  # (0 + .2 + .4) / 3 and (.6 + .8 + .4) / 3
    for name in ("b", "c", None):
        assert means(found, [0.1, 0.9], [name, name]) == pytest.approx(together)


def test_bins_that_fall_are_pooled() -> None:
    x = [0.1, 0.3, 0.5, 0.7, 0.9]
    y = [0.2, 0.5, 0.1, 0.6, 0.9]
    found = binned(x, y, [""] * 5, bins=5, minimum_bin=1)
    # The second and third are one pool of .3; the others stand.
    assert means(found, x, [""] * 5) == pytest.approx([0.2, 0.3, 0.3, 0.6, 0.9])


def test_all_of_one_value_is_one_bin() -> None:
    found = binned([0.4] * 6, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5], [None] * 6)
    assert means(found, [0.0, 0.4, 1.0], [None] * 3) == pytest.approx([0.25] * 3)


@given(
    st.lists(
        st.tuples(SHARES, SHARES, st.sampled_from(["dataran", "pegunungan", None])),
        min_size=30,
        max_size=60,
    ),
    st.booleans(),
    st.sampled_from([1, 2, 5]),
)
def test_the_binned_rule_is_monotone_and_holds_its_mean(
    rows: list[tuple[float, float, str | None]], rising: bool, minimum_bin: int
) -> None:
    x, y, group = zip(*rows, strict=True)
    rule = INDEX.inference.model_copy(update={"minimum_bin": minimum_bin})
    found = available.binned(
        pd.Series(x), pd.Series(y), pd.Series(group, dtype="str"), rule, rising=rising
    )
    grid = pd.Series(np.linspace(0, 1, 41))
    for name in ("dataran", "pegunungan", None, "pesisir"):
        names = pd.Series([name] * len(grid), dtype="str")
        mean = found.mean(grid, names)
        assert np.isfinite(mean).all()
        steps = np.diff(mean) if rising else -np.diff(mean)
        assert (steps >= 0).all()
        low, high = found.quantile(grid, names, 0.0), found.quantile(grid, names, 1.0)
        assert (low <= mean + 1e-12).all()
        assert (mean <= high + 1e-12).all()
