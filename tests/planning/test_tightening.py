"""Limits bound to what they come with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalsel_gap.planning.bound import bound_value
from kalsel_gap.planning.tightening import tighten
from tests.planning.problems import all_plans, best_value, problem_of, random_problem


def test_a_capacity_comes_with_its_opening() -> None:
    problem = problem_of(
        [3, 3, 3, 0, 0], [0, 1, 2, -1, -1], [[4, 4, 4, 0, 0], [1, 1, 1, 6, 6]], [8, 9],
        kinds=["capacity", "ceiling"], needs=[(0, [3]), (1, [3, 4]), (2, [3, 4])],
        exclusive=[-1, -1, -1, 7, 7],
    )  # fmt: skip
    tight = tighten(problem)
    assert tight.rows.toarray().tolist() == [[4, 4, 4, -8, -8], [1, 1, 1, 6, 6]]
    assert tight.limit.tolist() == [0, 9]
    assert tight.names == problem.names
    # Half an opening, for half of the money, carries half of the capacity.
    assert bound_value(tight).value == pytest.approx(6, abs=0.05)


@pytest.mark.parametrize(
    "needs",
    [
        [],  # nothing is needed
        [(0, [2])],  # only one of them needs it
        [(0, [2]), (1, [3])],  # each needs another one
        [(0, [2, 3]), (1, [2, 3])],  # either of two that may both be opened
    ],
)
def test_what_more_than_one_opening_gives_stays(needs: list[tuple[int, list[int]]]) -> None:
    problem = problem_of([3, 3, 0, 0], [0, 1, -1, -1], [[4, 4, 0, 0]], [5], needs=needs)
    assert tighten(problem) is problem


@settings(max_examples=20)
@given(seed=st.integers(0, 100_000))
def test_the_plans_are_the_same_and_the_bound_holds(seed: int) -> None:
    problem = random_problem(seed)
    tight = tighten(problem)
    assert np.array_equal(all_plans(problem), all_plans(tight))
    assert bound_value(tight, rounds=3).value >= best_value(problem)
