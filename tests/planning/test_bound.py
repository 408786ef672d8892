"""The bound: never below the best plan, near the linear relaxation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from kalsel_gap.planning.bound import (
    Bound,
    Dual,
    bound_value,
    bounds,
    loss_of_columns,
    portable_exp,
    portable_log,
)
from kalsel_gap.planning.highs import program_of
from kalsel_gap.planning.model import value_of
from tests.planning.problems import all_plans, best_value, problem_of, province, random_problem


@settings(max_examples=25)
@given(seed=st.integers(0, 100_000))
def test_the_bound_is_never_below_the_best_plan(seed: int) -> None:
    problem = random_problem(seed)
    assert bound_value(problem).value >= best_value(problem)


@settings(max_examples=25)
@given(seed=st.integers(0, 100_000), size=st.sampled_from([0.0, 0.01, 1.0, 100.0]))
def test_any_multipliers_that_are_not_negative_give_a_bound(seed: int, size: float) -> None:
    problem = random_problem(seed)
    dual = Dual(problem)
    at = np.random.default_rng(seed).random(len(dual.scaled(None))) * size
    assert dual.exact(at) >= best_value(problem)


@settings(max_examples=25)
@given(seed=st.integers(0, 100_000))
def test_a_plan_with_a_column_is_worth_at_most_the_bound_less_its_loss(seed: int) -> None:
    problem = random_problem(seed)
    bound = bound_value(problem)
    loss = loss_of_columns(problem, bound)
    assert (loss >= 0).all()
    for plan in all_plans(problem):
        most = bound.value - loss[plan].max(initial=0.0)
        assert value_of(problem, plan) <= most + 1e-9


@pytest.mark.parametrize("seed", range(6))
def test_the_bound_is_that_of_the_linear_relaxation(seed: int) -> None:
    problem = province(60, seed) if seed < 3 else random_problem(seed + 40, demands=False)
    program = program_of(problem, problem.limit)
    found = linprog(-program.value, A_ub=program.rows.toarray(), b_ub=program.upper, bounds=(0, 1))
    assert found.status == 0
    assert found.fun is not None
    # One opening alone has no row of its own; its bounds do what a row would.
    assert bound_value(problem).value == pytest.approx(-found.fun, rel=2e-3, abs=1e-2)


def test_two_schools_and_money_for_one() -> None:
    problem = problem_of([3, 2], [0, 1], [[1, 1]], [1])
    bound = bound_value(problem)
    assert bound.value == pytest.approx(3, abs=1e-3)
    # The price of the money lies between what the two would pay.
    assert 2 - 1e-3 <= bound.multipliers[0] <= 3 + 1e-3
    assert bound.soft == pytest.approx([1, 0], abs=0.01)


def test_bounds_never_become_worse_and_a_start_is_used() -> None:
    problem = province(100)
    found = [bound.value for bound in bounds(problem)]
    assert found == sorted(found, reverse=True)
    best = bound_value(problem)
    assert bound_value(problem, start=best, rounds=1).value <= best.value


def test_a_province_without_schools_or_limits() -> None:
    assert bound_value(problem_of([], [], np.zeros((0, 0)), [])).value == 0
    assert bound_value(problem_of([2, 3], [0, 1], np.zeros((0, 2)), [])).value == pytest.approx(5)


def test_the_gradient_is_that_of_the_smoothed_bound() -> None:
    problem = random_problem(11)
    dual = Dual(problem)
    at = np.random.default_rng(3).random(len(dual.scaled(None)))
    _, gradient = dual.smooth(at, 0.5)
    for place in range(len(at)):
        step = np.zeros(len(at))
        step[place] = 1e-5
        there, back = dual.smooth(at + step, 0.5)[0], dual.smooth(at - step, 0.5)[0]
        assert gradient[place] == pytest.approx((there - back) / 2e-5, abs=1e-5)


def test_exponential_and_logarithm_are_near_those_of_numpy() -> None:
    x = -np.linspace(0, 39.9, 997)
    assert portable_exp(x) == pytest.approx(np.exp(x), rel=2e-6)
    assert portable_exp(x[x > -8]) == pytest.approx(np.exp(x[x > -8]), rel=1e-12)
    assert portable_exp(np.array([-41.0, -np.inf])).tolist() == [0, 0]
    y = np.concatenate([np.linspace(1, 40, 997), [0.5, 0.7072, 1e-300, 1e300]])
    assert portable_log(y) == pytest.approx(np.log(y), rel=1e-13, abs=1e-15)


def test_multipliers_are_in_the_problems_own_units() -> None:
    """Thousands of rupiah instead of millions: prices a thousand times smaller, same bound."""
    millions = problem_of([3, 2, 2], [0, 1, 2], [[3, 2, 2]], [4])
    thousands = problem_of([3, 2, 2], [0, 1, 2], [[3_000, 2_000, 2_000]], [4_000])
    one, other = bound_value(millions), bound_value(thousands)
    assert isinstance(one, Bound)
    assert one.value == pytest.approx(other.value, rel=1e-3)
    assert one.multipliers[0] == pytest.approx(other.multipliers[0] * 1_000, rel=1e-2)
