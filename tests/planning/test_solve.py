"""The search: the best plan of small cases, what is proven of it, and how it ends."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial.distance import cdist

from kalsel_gap.planning import solve as module
from kalsel_gap.planning.bound import bound_value
from kalsel_gap.planning.highs import run_highs
from kalsel_gap.planning.model import Problem, RowName, check_solution, value_of
from kalsel_gap.planning.solve import keep_columns, solve_in_order, solve_problem
from tests.planning.problems import all_plans, best_value, problem_of, province, random_problem

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray


@settings(max_examples=25)
@given(seed=st.integers(0, 100_000))
def test_the_best_plan_of_a_small_case_is_found(seed: int) -> None:
    problem = random_problem(seed)
    best = best_value(problem)
    found = solve_problem(problem, gap=0)
    if best == -np.inf:
        assert found.status == "infeasible"
        assert not found.chosen.any()
        return
    assert check_solution(problem, found.chosen) == ()
    assert found.value == value_of(problem, found.chosen)
    assert found.value == pytest.approx(best, abs=1e-9)
    assert found.status == "optimal"
    assert found.is_reproducible
    assert found.own_bound >= best
    assert found.bound >= best - 1e-9
    assert found.gap <= 1e-8


@settings(max_examples=25)
@given(seed=st.integers(0, 100_000), share=st.floats(0, 1))
def test_no_column_of_a_better_plan_is_removed(seed: int, share: float) -> None:
    problem = random_problem(seed)
    plans = all_plans(problem)
    if not len(plans):
        return
    values = plans @ problem.value
    value = float(np.quantile(values, share))
    kept = keep_columns(problem, bound_value(problem, rounds=3), value)
    for plan in plans[values > value + 1e-9]:
        assert kept[plan].all()


def test_a_gap_that_is_small_enough_ends_the_search() -> None:
    problem = province(300)
    found = solve_problem(problem, gap=0.05)
    assert found.status == "gap"
    assert found.solver_bound is None
    assert 0 < found.gap <= 0.05
    assert found.bound == found.own_bound
    assert found.gap == pytest.approx((found.bound - found.value) / found.value)


def test_the_same_plan_comes_again_and_gaps_are_reported() -> None:
    problem = province(60)
    gaps: list[float] = []
    one = solve_problem(problem, gap=0.02, report=gaps.append)
    other = solve_problem(problem, gap=0.02)
    assert one.chosen.tolist() == other.chosen.tolist()
    assert one.value == other.value
    assert one.bound == other.bound
    assert gaps == sorted(gaps, reverse=True)
    assert one.gap <= 0.02


def test_a_plan_to_start_from_is_kept_when_nothing_better_is_found() -> None:
    problem = random_problem(5, demands=False)
    plans = all_plans(problem)
    best = plans[int(np.argmax(plans @ problem.value))]
    found = solve_problem(problem, start=best, gap=0)
    assert found.value == pytest.approx(best @ problem.value)
    # One that breaks a limit is not.
    assert (
        check_solution(problem, solve_problem(problem, start=np.ones(problem.n, bool)).chosen) == ()
    )


def test_no_time_gives_a_plan_that_is_not_reproducible() -> None:
    found = solve_problem(province(60), gap=0, seconds=0)
    assert found.status == "time"
    assert not found.is_reproducible
    assert found.own_bound > 0


def test_an_interruption_returns_the_best_plan_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    problem = province(60)
    monkeypatch.setattr(module, "run_highs", interrupted)
    found = solve_problem(problem, gap=0)
    assert found.status == "interrupted"
    assert not found.is_reproducible
    assert found.chosen.any()
    assert check_solution(problem, found.chosen) == ()
    assert 0 < found.gap < 0.2
    monkeypatch.setattr(module, "fill_plan", interrupted)
    nothing = solve_problem(problem, gap=0)
    assert nothing.status == "interrupted"
    assert not nothing.chosen.any()
    assert nothing.gap == np.inf


def test_a_larger_problem_is_planned_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = province(60)
    whole = solve_problem(problem, gap=0.02)
    monkeypatch.setattr(module, "_SMALL", 0)
    monkeypatch.setattr(module, "_LARGEST", 0)
    parts = solve_problem(problem, gap=1e-4)
    assert parts.status == "nodes"
    assert parts.solver_bound is None
    assert check_solution(problem, parts.chosen) == ()
    assert parts.gap <= max(whole.gap, 0.02)


def test_a_solver_that_breaks_a_limit_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within its tolerance, and then with the limit lower by what it took too much."""
    problem = problem_of([3.0, 3.0, 5.0], [0, 1, 2], [[4, 4, 5]], [8])
    limits: list[float] = []

    def too_much(program: Any, **given: Any) -> Any:
        limits.append(program.upper[0] / program.scale[0])
        outcome = run_highs(program, **given)
        return outcome if len(limits) > 1 else replace(outcome, x=np.ones(len(program.value)))

    monkeypatch.setattr(module, "run_highs", too_much)
    monkeypatch.setattr(module, "fill_plan", lambda *_: np.array([False, False, True]))
    found = solve_problem(problem, gap=0)
    assert limits == [8, 3]
    assert check_solution(problem, found.chosen) == ()
    # The bound of the first search holds: the plan is not called optimal when it is not.
    assert found.value == 5
    assert found.bound >= 6
    assert found.status == "nodes"


def test_objectives_in_order() -> None:
    # Two of four schools; first most value (0 and any of 1, 2, 3), then most pupils (of these 2).
    problem = problem_of([0] * 4, [0, 1, 2, 3], [[1, 1, 1, 1]], [2])
    gap, pupils = np.array([5.0, 3, 3, 3]), np.array([1.0, 20, 90, 40])
    first, second = solve_in_order(problem, [gap, pupils], gap=0)
    assert first.value == 8
    assert np.flatnonzero(second.chosen).tolist() == [0, 2]
    assert second.value == 91
    assert second.status == "optimal"


@settings(max_examples=8)
@given(seed=st.integers(0, 100_000))
def test_objectives_in_order_as_when_all_plans_are_sorted(seed: int) -> None:
    problem = random_problem(seed)
    rng = np.random.default_rng(seed)
    values = [rng.integers(0, 4, problem.n).astype(float) for _ in range(2)]
    plans = all_plans(problem)
    found = solve_in_order(problem, values, gap=0)
    if not len(plans):
        assert [each.status for each in found] == ["infeasible"]
        return
    best = max(tuple(each) for each in (plans @ np.array(values).T).tolist())
    assert tuple(float(value[found[-1].chosen].sum()) for value in values) == best


# --- the same instances in a library of their own -----------------------------


def location(cost: FloatArray, *, count: int, everybody: bool) -> Problem:
    """Places to open (columns at the end), clients who use an open one at a cost."""
    clients, places = cost.shape
    group = np.repeat(np.arange(clients), places)
    own = clients * places
    group = np.append(group, np.full(places, -1))
    row = sparse.csr_array((np.ones(places), (np.zeros(places, int), own + np.arange(places))),
                           shape=(1, own + places))  # fmt: skip
    needs = sparse.csr_array(
        (np.ones(own), (np.arange(own), own + np.tile(np.arange(places), clients))),
        shape=(own, own + places),
    )
    return Problem(
        value=np.append(-cost.ravel(), np.zeros(places)),
        group=group,
        rows=row,
        limit=np.array([float(count)]),
        names=(RowName("supply", "places", None),),
        needs_column=np.arange(own),
        needs_any=needs,
        forced=np.full(clients, everybody),
        exclusive=np.full(own + places, -1),
    )


def invented_distances() -> tuple[FloatArray, FloatArray]:
    """Distances of 14 clients to 6 places, and the weights of clients."""
    rng = np.random.default_rng(12)
    weights = rng.integers(1, 20, 14).astype(float)
    return cdist(rng.random((14, 2)), rng.random((6, 2))), weights


@pytest.mark.filterwarnings("ignore:.*PuLP 4.0:DeprecationWarning")  # of what spopt calls
def test_a_p_median_is_that_of_spopt_and_of_all_choices() -> None:
    import pulp
    from spopt.locate import PMedian

    distance, weights = invented_distances()
    cost = distance * weights[:, None]
    peer = PMedian.from_cost_matrix(distance, weights, p_facilities=2)
    peer = peer.solve(pulp.PULP_CBC_CMD(msg=False))
    found = solve_problem(location(cost, count=2, everybody=True), gap=0)
    choices = [
        cost[:, list(pair)].min(axis=1).sum() for pair in itertools.combinations(range(6), 2)
    ]
    assert -found.value == pytest.approx(min(choices))
    assert -found.value == pytest.approx(pulp.value(peer.problem.objective))


@pytest.mark.filterwarnings("ignore:.*PuLP 4.0:DeprecationWarning")
def test_a_maximal_covering_is_that_of_spopt_and_of_all_choices() -> None:
    import pulp
    from spopt.locate import MCLP

    distance, weights = invented_distances()
    covers = distance <= 0.25
    peer = MCLP.from_cost_matrix(distance, weights, service_radius=0.25, p_facilities=2)
    peer = peer.solve(pulp.PULP_CBC_CMD(msg=False))
    problem = location(np.where(covers, -weights[:, None], 1.0), count=2, everybody=False)
    found = solve_problem(problem, gap=0)
    choices = [
        weights[covers[:, list(pair)].any(axis=1)].sum()
        for pair in itertools.combinations(range(6), 2)
    ]
    assert found.value == pytest.approx(max(choices))
    assert found.value == pytest.approx(pulp.value(peer.problem.objective))


def test_a_second_objective_is_searched_though_the_first_stopped_at_its_gap() -> None:
    # Each school counts as one; the second column of each costs less of the second objective.
    problem = problem_of([1, 1, 1, 1], [0, 0, 1, 1], [[1, 1, 1, 1]], [2])
    values = [np.ones(4), np.array([-9.0, -1.0, -9.0, -1.0])]
    start = np.array([True, False, True, False])
    assert len(solve_in_order(problem, values, gap=0.0)) == 2
    found = solve_in_order(problem, values, gap=0.5, start=start, always=2)
    assert found[-1].chosen.tolist() == [False, True, False, True]
