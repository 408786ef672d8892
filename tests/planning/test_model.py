"""The problem and its exact check."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.planning.model import RowName, check_solution, value_of
from tests.planning.problems import all_plans, problem_of, random_problem


@given(seed=st.integers(0, 100_000))
def test_a_plan_without_faults_is_one_that_keeps_all(seed: int) -> None:
    problem = random_problem(seed)
    plans = (np.arange(2**problem.n)[:, None] >> np.arange(problem.n)) & 1
    good = {tuple(plan) for plan in all_plans(problem).tolist()}
    picked = np.random.default_rng(seed).permutation(len(plans))[:60]
    for plan in plans[picked].astype(bool):
        assert (check_solution(problem, plan) == ()) == (tuple(plan.tolist()) in good)


def test_every_fault_is_named() -> None:
    problem = problem_of(
        [1, 1, 1, 0, 0], [0, 0, 1, -1, -1], [[4, 4, 4, 1, 1]], [9],
        needs=[(2, [3])], forced=[1], exclusive=[-1, -1, -1, 7, 7],
    )  # fmt: skip

    def faults(*columns: int) -> set[tuple[str, str, int]]:
        found = check_solution(problem, np.isin(np.arange(5), columns))
        return {(each.name.kind, each.name.key, each.excess) for each in found}

    assert faults(2, 3) == set()
    assert faults(0, 1, 2) == {("ceiling", "0", 3), ("one_option", "0", 1), ("needs", "2", 1)}
    assert faults(3, 4) == {("must_include", "1", 1), ("opened_once", "7", 1)}


def test_one_thousand_rupiah_too_much_in_a_trillion_is_seen() -> None:
    problem = problem_of([1, 1], [0, 1], [[2_000_000_000, 1]], [2_000_000_000])
    assert check_solution(problem, np.array([True, False])) == ()
    assert [each.excess for each in check_solution(problem, np.array([True, True]))] == [1]


def test_blocks_are_schools_then_sets_then_single_openings() -> None:
    problem = problem_of(
        [1] * 6, [1, 0, -1, -1, -1, -1], np.zeros((1, 6)), [0], exclusive=[-1, -1, 5, -1, 5, -1]
    )
    assert problem.blocks.tolist() == [1, 0, 2, 3, 2, 4]


def test_fewer_columns_keep_their_rows_and_needs() -> None:
    problem = problem_of(
        [1, 2, 3, 0], [0, 0, 1, -1], [[1, 2, 3, 4]], [9], needs=[(0, [3]), (2, [3, 1])]
    )
    small = problem.take(np.array([False, True, True, True]))
    assert small.rows.toarray().tolist() == [[2, 3, 4]]
    assert small.needs_column.tolist() == [1]
    assert small.needs_any.toarray().tolist() == [[1, 0, 1]]
    assert value_of(small, np.array([True, True, False])) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"limit": np.array([1.5])},
        {"limit": np.array([1.0, 2.0])},
        {"value": np.array([1.0, np.nan])},
        {"group": np.array([0, 1])},
        {"exclusive": np.array([0, -1])},
        {"needs_column": np.array([2])},
        {"names": ()},
    ],
)
def test_a_problem_that_cannot_be_checked_is_refused(change: dict[str, object]) -> None:
    problem = problem_of([1, 2], [0, 0], [[1, 1]], [1], needs=[(0, [1])])
    assert problem.names == (RowName("ceiling", "0", 2027),)
    with pytest.raises(ValueError, match=r"\w"):
        replace(problem, **change)  # type: ignore[arg-type]


def test_sums_that_a_float_cannot_hold_are_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        problem_of([1, 1], [0, 1], [[2**52, 2**52]], [1])
