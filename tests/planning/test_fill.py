"""The fill: always within the limits, near the best plan."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kalsel_gap.planning.bound import bound_value
from kalsel_gap.planning.fill import Filling, fill_plan, take_in_order
from kalsel_gap.planning.model import PAYER, Problem, check_solution, value_of
from tests.planning.problems import best_value, problem_of, province, random_problem


@settings(max_examples=20)
@given(seed=st.integers(0, 100_000))
def test_a_fill_keeps_all_limits_but_those_that_demand(seed: int) -> None:
    problem = random_problem(seed)
    plan = fill_plan(problem, bound_value(problem, rounds=3))
    broken = {each.name.kind for each in check_solution(problem, plan)}
    assert broken <= {"floor", "must_include"}
    if not broken:
        assert value_of(problem, plan) <= best_value(problem) + 1e-9


@settings(max_examples=20)
@given(seed=st.integers(0, 100_000))
def test_without_demands_a_fill_is_a_plan(seed: int) -> None:
    problem = random_problem(seed, demands=False)
    plan = fill_plan(problem, bound_value(problem, rounds=3))
    assert check_solution(problem, plan) == ()
    assert value_of(problem, plan) >= 0


def test_a_fill_is_near_the_bound_and_the_same_again() -> None:
    problem = province(300)
    bound = bound_value(problem)
    plan = fill_plan(problem, bound)
    assert value_of(problem, plan) > 0.97 * bound.value
    assert fill_plan(problem, bound_value(problem)).tolist() == plan.tolist()


def test_a_hub_is_opened_where_it_pays_and_closed_where_it_does_not() -> None:
    # Four schools, each 1 by its own option for 5, or 3 through a hub of 6 for 1; money 10.
    value = [1, 3] * 4 + [0]
    group = [0, 0, 1, 1, 2, 2, 3, 3, -1]
    needs = [(column, [8]) for column in (1, 3, 5, 7)]
    problem = problem_of(value, group, [[5, 1] * 4 + [6]], [10], needs=needs)
    assert np.flatnonzero(fill_plan(problem, bound_value(problem))).tolist() == [1, 3, 5, 7, 8]
    dear = problem_of(value, group, [[5, 1] * 4 + [11]], [10], needs=needs)
    plan = fill_plan(dear, bound_value(dear))
    assert not plan[8]
    assert value_of(dear, plan) == 2


def test_two_cheap_schools_replace_a_dear_one() -> None:
    problem = problem_of([4, 3, 3], [0, 1, 2], [[4, 2, 2]], [4])
    assert fill_plan(problem, bound_value(problem)).tolist() == [False, True, True]


def test_a_simple_rule_takes_what_still_fits_and_never_goes_back() -> None:
    problem = problem_of([1, 9, 5, 2], [0, 0, 1, 2], [[2, 3, 4, 1]], [6])
    assert take_in_order(problem, [1, 0, 2, 3]).tolist() == [False, True, False, True]
    assert take_in_order(problem, [0, 1, 2, 3]).tolist() == [True, False, True, False]


def test_nothing_that_another_column_needs_is_given_up() -> None:
    problem = problem_of([5, 0, 0], [0, -1, -1], [[1, 1, 1]], [3], needs=[(0, [1, 2])])
    state = Filling(problem)
    assert not state.take(0)
    assert state.take(1)
    assert state.take(0)
    assert not state.drop(1)
    assert state.take(2)
    assert state.drop(1)
    assert state.chosen.tolist() == [True, False, True]
    assert state.left().tolist() == [1]


def test_a_floor_and_a_forced_school_come_before_the_rest() -> None:
    # Money for two; the floor wants school 2, school 3 is forced, both are worth little.
    problem = problem_of(
        [9, 9, 1, 1], [0, 1, 2, 3], [[1, 1, 1, 1], [0, 0, -1, 0]], [2, -1],
        kinds=["ceiling", "floor"], forced=[3],
    )  # fmt: skip
    assert fill_plan(problem, bound_value(problem)).tolist() == [False, False, True, True]


def _shared_by_two(room_of_a: int) -> Problem:
    """Schools of A and B need an opening that A (2) or B (3) may pay for; A pays for school 0."""
    return problem_of(
        [9, 5, 0, 0], [0, 1, -1, -1],
        [[1, 0, 2, 0], [0, 1, 0, 2], [-1, 0, 1, 0], [0, -1, 0, 1]], [room_of_a, 2, 0, 0],
        kinds=["ceiling", "ceiling", PAYER, PAYER],
        needs=[(0, [2, 3]), (1, [2, 3])], exclusive=[-1, -1, 0, 0],
    )  # fmt: skip


def test_an_opening_passes_to_who_is_responsible_for_a_user() -> None:
    state = Filling(_shared_by_two(room_of_a=3))
    assert state.take(3)  # paid by B
    assert state.take(0)
    assert not state.take(1)  # B has nothing left
    assert state.settle_payers() == 1
    assert state.chosen.tolist() == [True, False, True, False]
    assert check_solution(state.problem, state.chosen) == ()


def test_an_opening_that_nobody_responsible_can_pay_for_closes_with_its_users() -> None:
    problem = _shared_by_two(room_of_a=2)
    state = Filling(problem)
    assert state.take(3)
    assert state.take(0)
    assert [each.name.kind for each in check_solution(problem, state.chosen)] == [PAYER]
    assert state.settle_payers() == 1
    assert not state.chosen.any()
    assert not fill_plan(problem, bound_value(problem)).any()
