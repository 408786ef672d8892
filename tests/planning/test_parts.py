"""Parts of a plan, planned anew."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kalsel_gap.planning.bound import bound_value
from kalsel_gap.planning.fill import fill_plan, take_in_order
from kalsel_gap.planning.model import check_solution, value_of
from kalsel_gap.planning.parts import replanned
from tests.planning.problems import best_value, problem_of, province, random_problem


def test_each_envelope_is_planned_anew_and_never_worse() -> None:
    problem = province(45)
    bound = bound_value(problem)
    plan = take_in_order(problem, range(problem.n))
    values = [value_of(problem, plan)]
    plans = list(replanned(problem, bound, plan, gap=1e-3, seed=0))
    assert len(plans) == 3
    for each in plans:
        assert check_solution(problem, each) == ()
        values.append(value_of(problem, each))
    assert values == sorted(values)
    assert values[-1] > values[0] * 1.05


@settings(max_examples=30)
@given(seed=st.integers(0, 100_000))
def test_a_part_keeps_the_limits_and_needs_of_all(seed: int) -> None:
    problem = random_problem(seed)
    bound = bound_value(problem, rounds=3)
    plan = fill_plan(problem, bound)
    if check_solution(problem, plan):
        return
    for each in replanned(problem, bound, plan, gap=0, seed=0):
        assert check_solution(problem, each) == ()
        assert value_of(problem, each) >= value_of(problem, plan) - 1e-9
        assert value_of(problem, each) <= best_value(problem) + 1e-9


def test_an_opening_that_others_rely_on_stays() -> None:
    # The hub is paid by envelope 0, its school by envelope 1.
    problem = problem_of([0, 4], [-1, 0], [[3, 0], [0, 2]], [3, 2], needs=[(1, [0])])
    plan = np.array([True, True])
    bound = bound_value(problem)
    for each in replanned(problem, bound, plan, gap=0, seed=0):
        assert each.tolist() == [True, True]
