"""Requests that cannot be met, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kalsel_gap.planning.conflicts import find_conflicts, find_missing_money
from tests.planning.problems import all_plans, problem_of, random_problem

if TYPE_CHECKING:
    from kalsel_gap.planning.model import Problem


def found(problem: Problem) -> list[tuple[str, str, int]]:
    return [(each.name.kind, each.name.key, each.excess) for each in find_conflicts(problem)]


def test_a_floor_that_its_ceiling_does_not_pay() -> None:
    # Two schools of 60 each are asked for with 100: 20 more, a fifth of the ceiling, is less than
    # one of two schools fewer. The other ceiling has nothing to do with it.
    problem = problem_of(
        [1, 1, 1], [0, 1, 2], [[60, 60, 0], [-1, -1, 0], [0, 0, 60]], [100, -2, 100],
        kinds=["ceiling", "floor", "ceiling"],
    )  # fmt: skip
    assert found(problem) == [("ceiling", "0", 20), ("floor", "1", 0)]


def test_a_forced_school_that_nobody_can_pay() -> None:
    problem = problem_of([1, 1], [0, 1], [[130, 5]], [100], forced=[0])
    assert found(problem) == [("ceiling", "0", 30), ("must_include", "0", 0)]
    # Ten times the ceiling: it is less to give the school up.
    dear = problem_of([1, 1], [0, 1], [[1_300, 5]], [100], forced=[0])
    assert found(dear) == [("must_include", "0", 1), ("ceiling", "0", 0)]


def test_a_conflict_of_whole_schools_only() -> None:
    """Half of one and half of another school would do, so a linear program sees nothing."""
    problem = problem_of(
        [1, 1], [0, 1], [[2, 2], [-1, -1], [1, 1]], [3, -2, 9], kinds=["ceiling", "floor", "teams"]
    )
    half = replace(problem, limit=np.array([3.0, -1.0, 9.0]))
    assert found(half) == []
    assert found(problem) == [("ceiling", "0", 1), ("floor", "1", 0)]


def test_a_capacity_is_not_for_anyone_to_change() -> None:
    problem = problem_of([1, 1], [0, 1], [[5, 5], [-1, -1]], [5, -2], kinds=["capacity", "floor"])
    assert found(problem) == [("floor", "1", 1), ("capacity", "0", 0)]


def test_a_feasible_request_has_no_conflicts() -> None:
    assert found(problem_of([1, 1], [0, 1], [[5, 5]], [5])) == []


@settings(max_examples=40)
@given(seed=st.integers(0, 100_000))
def test_there_are_conflicts_where_there_is_no_plan_and_the_change_helps(seed: int) -> None:
    problem = random_problem(seed)
    named = find_conflicts(problem)
    assert bool(named) != bool(len(all_plans(problem)))
    limit, forced = problem.limit.copy(), problem.forced.copy()
    for each in named:
        if each.name.kind == "must_include":
            forced[int(each.name.key)] &= not each.excess
        else:
            limit[problem.names.index(each.name)] += each.excess
    assert len(all_plans(replace(problem, limit=limit, forced=forced)))


@settings(max_examples=40)
@given(seed=st.integers(0, 100_000))
def test_missing_money_is_the_least_sum_that_helps(seed: int) -> None:
    problem = random_problem(seed)
    is_money = np.array([name.kind == "ceiling" for name in problem.names])
    free = replace(problem, limit=np.where(is_money, 1e6, problem.limit))
    plans = all_plans(free).astype(float)
    money = problem.rows.toarray()[is_money]
    over = np.maximum(plans @ money.T - problem.limit[is_money], 0.0).sum(axis=1)
    named = find_missing_money(problem)
    if not len(plans):
        assert named == ()
    else:
        assert sum(each.excess for each in named) == over.min()


def test_a_cell_is_not_for_anyone_to_change() -> None:
    problem = problem_of([1, 1], [0, 1], [[5, 5], [-1, -1]], [5, -2], kinds=["cell", "floor"])
    assert found(problem) == [("floor", "1", 1), ("cell", "0", 0)]
