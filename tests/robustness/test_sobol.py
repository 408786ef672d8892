"""Sobol indices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from kalsel_gap.robustness.sobol import sobol_indices_of

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray


def ishigami(uniform: FloatArray) -> FloatArray:
    """The function of Ishigami and Homma (1990) with a = 7 and b = 0.1, shape (1, m)."""
    x = np.pi * (2.0 * uniform.T - 1.0)
    value = np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])
    return np.array([value], dtype=np.float64)


def test_ishigami_as_it_is_known() -> None:
    found = sobol_indices_of(ishigami, 3, sample=2**14, seed=1)
    assert found.first_order[0] == pytest.approx([0.3139, 0.4424, 0.0], abs=0.005)
    assert found.total[0] == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.005)


def test_ishigami_as_salib_publishes_it() -> None:
    # SALib's documentation, "Basics": a sample of 1024.
    found = sobol_indices_of(ishigami, 3, sample=1024, seed=1)
    assert found.first_order[0] == pytest.approx([0.3168, 0.4438, 0.0122], abs=0.03)
    assert found.total[0] == pytest.approx([0.5559, 0.4419, 0.2447], abs=0.03)
    # What is stated as error covers what is known.
    for index, error, known in (
        (found.first_order, found.first_order_error, [0.3139, 0.4424, 0.0]),
        (found.total, found.total_error, [0.5576, 0.4424, 0.2437]),
    ):
        assert (np.abs(index - known) < 3 * error).all()


def test_a_result_that_does_not_vary_has_no_indices() -> None:
    def two(uniform: FloatArray) -> FloatArray:
        return np.stack([np.full(len(uniform), 0.3), uniform[:, 0]])

    found = sobol_indices_of(two, 2, sample=64, seed=1)
    for table in found:
        assert np.isnan(table[0]).all()
    assert found.total[1] == pytest.approx([1.0, 0.0], abs=0.05)


def test_one_assumption_accounts_for_all() -> None:
    both = sobol_indices_of(lambda u: np.stack([u[:, 0], 1 - u[:, 0]]), 1, sample=256, seed=1)
    assert both.first_order.ravel() == pytest.approx([1.0, 1.0], abs=0.05)
    assert both.total.ravel() == pytest.approx([1.0, 1.0], abs=0.05)


def test_the_same_seed_gives_the_same_sample() -> None:
    one, other = (sobol_indices_of(ishigami, 3, sample=64, seed=s) for s in (1, 2))
    again = sobol_indices_of(ishigami, 3, sample=64, seed=1)
    np.testing.assert_array_equal(one.total, again.total)
    assert (one.total != other.total).any()
