"""Own tests drawn again: the percentile that the list is ordered by, and no other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kalsel_gap.project.base import default_values
from kalsel_gap.project.checks import Registers
from kalsel_gap.robustness.evidence import stated_rates
from kalsel_gap.robustness.resampled_tests import resample_tests
from kalsel_gap.robustness.streams import stream_keys

MORE = 400
VALUES = np.array([[4.0, np.nan, 300.0], [8.0, 2.0, 80.0], [9.0, 3.0, 70.0], [30.0, 4.0, 50.0]])


def resampled(*percentiles: float) -> np.ndarray:
    """Resamples of one school's four tests, after its point."""
    rates = np.full((1 + MORE, 3), np.nan)
    rates[0] = 1.0
    resample_tests(
        rates,
        np.array([0, 1 + MORE]),
        np.array([MORE]),
        np.array([0]),
        np.array([4]),
        VALUES,
        stream_keys(["00000001|"]),
        np.array(percentiles),
    )
    assert (rates[0] == 1.0).all()
    return rates[1:]


def test_each_resample_is_the_percentile_of_tests_drawn_with_replacement() -> None:
    medians, quarters = resampled(50.0, 50.0, 50.0), resampled(25.0, 25.0, 75.0)
    assert (quarters[:, 0] <= medians[:, 0]).all()
    assert (quarters[:, 2] >= medians[:, 2]).all()
    # Of all 4⁴ samples of four tests, the mean of the 25 % quantile.
    grid = np.stack(np.meshgrid(*[VALUES[:, 0]] * 4), axis=-1).reshape(-1, 4)
    expected = np.percentile(grid, 25, axis=1)
    error = expected.std() / np.sqrt(MORE)
    assert quarters[:, 0].mean() == pytest.approx(expected.mean(), abs=4 * error)
    assert set(quarters[:, 0].round(9)) <= set(expected.round(9))


def test_what_was_not_measured_keeps_the_point() -> None:
    nothing = np.full((2, 3), np.nan)
    rates = np.array([[7.0, np.nan, 5.0], [np.nan] * 3])
    keys, none, one = stream_keys(["1|"]), np.array([0]), np.array([1])
    resample_tests(rates, np.array([0, 2]), one, none, none + 2, nothing, keys, np.full(3, 25.0))
    assert rates[1].tolist() == pytest.approx([7.0, np.nan, 5.0], nan_ok=True)


def test_the_rates_that_counted_and_those_of_an_older_run() -> None:
    registers = Registers.model_validate(default_values("registers"))
    table = pd.DataFrame(
        {
            "level": "SD",
            "delivered_basis": ["test", "subscription", "curves"],
            "measured_down_mbps": [9.0, np.nan, np.nan],
            "measured_up_mbps": [3.0, np.nan, np.nan],
            "measured_latency_ms": [70.0, np.nan, np.nan],
            "subscription_down_mbps": [50.0, 10.0, np.nan],
            "subscription_up_mbps": [50.0, np.nan, np.nan],
        }
    )
    older = [[9.0, 3.0, 70.0], [10.0, np.nan, np.nan], [np.nan] * 3]
    np.testing.assert_array_equal(stated_rates(table, registers), older)
    counted = table.assign(
        delivered_down_mbps=[8.0, 10.0, np.nan], delivered_up_mbps=np.nan, delivered_latency_ms=80.0
    )
    assert stated_rates(counted, registers)[0].tolist() == pytest.approx(
        [8.0, np.nan, 80.0], nan_ok=True
    )
