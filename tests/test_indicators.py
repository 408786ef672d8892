from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from scipy.stats import beta

from kalsel_gap.indicators import available, barrier, delivered, need
from kalsel_gap.project.base import default_values
from kalsel_gap.project.index import Index
from kalsel_gap.project.signal import Signal
from kalsel_gap.project.terrain import Terrain

if TYPE_CHECKING:
    from collections.abc import Sequence

INDEX = Index.model_validate(default_values("index"))
SIGNAL = Signal.model_validate(default_values("signal"))
TERRAIN = Terrain.model_validate(default_values("terrain"))
NAN = np.nan
SHARES = st.floats(0.0, 1.0)


# --- delivered -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("students", "mbps"), [(0, 20.0), (400, 20.0), (401, 20.05), (2000, 100.0), (NAN, 20.0)]
)
def test_required_bandwidth(students: float, mbps: float) -> None:
    assert delivered.required_mbps([students], INDEX.required_mbps)[0] == pytest.approx(mbps)


def adequacy(down: float, up: float, latency: float, required: float) -> float:
    got = delivered.adequacy([down], [up], [latency], [required], INDEX.adequacy)
    return float(got[0])


@pytest.mark.parametrize(
    ("down", "required", "printed"),
    [(20.0, 20.0, "1.00"), (10.0, 20.0, "0.71"), (1.0, 20.0, "0.22"), (22.0, 100.0, "0.47")],
)
def test_the_adequacies_of_the_method(down: float, required: float, printed: str) -> None:
    assert f"{adequacy(down, NAN, NAN, required):.2f}" == printed
    # All parts of one share are worth what each of them is.
    assert f"{adequacy(down, down / 4, NAN, required):.2f}" == printed


@pytest.mark.parametrize(
    ("down", "up", "latency", "expected"),
    [
        (20, 5, 50, 1.0),
        (20, 5, 600, 0.9),
        (20, 5, 5000, 0.9),
        (20, 5, 325, 0.95),
        (5, 5, 50, 0.65),  # .7·½ + .2 + .1
        (5, 1.25, 50, 0.55),  # .7·½ + .2·½ + .1
        (80, 20, 10, 1.0),
        (0, 0, 600, 0.0),
        (0, 0, 50, 0.1),
        (5, NAN, 50, 0.45 / 0.8),
        (5, 5, NAN, 0.55 / 0.9),
        (NAN, 5, 50, NAN),
        (NAN, NAN, NAN, NAN),
    ],
)
def test_parts_that_were_not_measured_drop_out(
    down: float, up: float, latency: float, expected: float
) -> None:
    assert adequacy(down, up, latency, 20.0) == pytest.approx(expected, nan_ok=True)


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 1e5), st.floats(20, 500))
def test_adequacy_is_a_share(down: float, up: float, latency: float, required: float) -> None:
    assert 0.0 <= adequacy(down, up, latency, required) <= 1.0


def test_the_beta_rule() -> None:
    assert delivered.beta_mean([0.21], INDEX.inference)[0] == pytest.approx(0.168)
    low, high = delivered.beta_interval([0.5], INDEX.inference)
    # Mean .4 and concentration 4: Beta(1.6, 2.4).
    assert low[0] == pytest.approx(beta.ppf(0.05, 1.6, 2.4))
    assert high[0] == pytest.approx(beta.ppf(0.95, 1.6, 2.4))


@given(SHARES)
def test_the_point_lies_within_its_own_interval(available_: float) -> None:
    mean = delivered.beta_mean([available_], INDEX.inference)[0]
    low, high = delivered.beta_interval([available_], INDEX.inference)
    assert 0.0 <= low[0] <= mean <= high[0] <= 1.0


@pytest.mark.parametrize("factor", [0.0, 1.0])
def test_the_beta_rule_at_its_ends(factor: float) -> None:
    rule = INDEX.inference.model_copy(update={"mean_factor": factor})
    low, high = delivered.beta_interval([0.0, 1.0, NAN], rule)
    np.testing.assert_array_equal(low, [0.0, factor, NAN])
    np.testing.assert_array_equal(high, [0.0, factor, NAN])


# --- available -------------------------------------------------------------------------------

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


# --- barrier and need ------------------------------------------------------------------------


def test_severity_is_the_largest_that_applies() -> None:
    flags = {
        "pesisir": pd.Series([True, True, False]),
        "pegunungan": pd.Series([False, True, False]),
    }
    by_water = pd.Series([pd.NA, False, True], dtype="boolean")
    got = barrier.terrain_severity(flags, by_water, TERRAIN.severity)
    assert got.tolist() == [0.3, 0.8, 0.8]


@pytest.mark.parametrize(
    ("level", "inclusive", "village", "poor", "expected"),
    [
        ("SD", None, 1, NAN, 0.0),
        ("SD", None, 2, NAN, 0.25),
        ("SD", False, 3, NAN, 0.6),
        ("SD", None, 4, 0.2, 0.85),
        ("SD", None, 5, NAN, 1.0),
        ("SD", None, 3, 0.7, 0.7),
        ("SD", None, None, 0.3, 0.3),
        ("SD", None, None, NAN, NAN),
        ("SD", True, 1, NAN, 1.0),
        ("SLB", None, None, NAN, 1.0),
        ("SDLB", None, 1, 0.0, 1.0),
        ("SMPLB", None, 1, 0.0, 1.0),
        ("SMLB", None, 1, 0.0, 1.0),
        (None, None, None, NAN, NAN),
    ],
)
def test_vulnerability(
    level: str | None, inclusive: bool | None, village: int | None, poor: float, expected: float
) -> None:
    got = need.vulnerability(
        pd.Series([level], dtype="str"),
        pd.Series([inclusive], dtype="boolean"),
        pd.Series([village], dtype="Int64"),
        pd.Series([poor]),
        INDEX.vulnerability,
    )
    assert got.tolist() == pytest.approx([expected], nan_ok=True)


def test_idle_devices() -> None:
    amount = pd.Series([15, 0, None], dtype="Int64")
    got = need.idle(amount, pd.Series([0.168, 0.5, 0.5]))
    np.testing.assert_allclose(got, [12.48, 0.0, NAN])


def test_nearest_adequate_school() -> None:
    lat, lon = pd.Series([-3.0, -3.1, NAN]), pd.Series([115.0, 115.2, NAN])
    got = need.adequate_school_km(lat, lon, pd.Series([False, True, True])).tolist()
    metres = Geod(ellps="WGS84").inv(115.0, -3.0, 115.2, -3.1)[2]
    assert got[0] == pytest.approx(metres / 1000, abs=1e-6)
    assert got[1] == 0.0
    assert math.isnan(got[2])
    assert need.adequate_school_km(lat, lon, pd.Series([False] * 3)).isna().all()
