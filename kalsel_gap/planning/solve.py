"""The best plan within a proven gap: bound, fill, then a search that starts from both.

Columns that no better plan can contain are removed before the search: with column c a plan is worth
at most our own bound less c's loss (reduced-cost fixing; Dantzig, Fulkerson and Johnson 1954). What
the solver calls optimal is checked exactly here, and our own bound is reported beside its bound.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from kalsel_gap.planning.bound import Bound, bounds, loss_of_columns
from kalsel_gap.planning.fill import fill_plan
from kalsel_gap.planning.highs import program_of, run_highs
from kalsel_gap.planning.model import Problem, RowName, check_solution, value_of
from kalsel_gap.planning.parts import replanned
from kalsel_gap.planning.tightening import tighten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.planning.highs import HighsOutcome

SolveStatus = Literal["optimal", "gap", "nodes", "time", "interrupted", "infeasible"]
GAP, NODES = 0.01, 200
_FIRST_FILL = 3  # temperature after which a fill is worth its time
_TIGHTENED = 4  # times that limits are tightened when the solver's tolerance broke them
_LARGEST = 200_000  # columns and needs left: with more one search would take hours to begin
_ROOT = 1  # node of a large search: its cuts prove most, and parts improve its plan sooner
_SMALL = 40_000  # columns and needs that one search plans at once: parts need not help it
_WIDEST = 8  # parts, in times of their first width
_HELPS = 0.1  # of the gap: a pass over the parts that closes less is followed by a wider one
_CLOSED = 1e-9  # relative gap that is rounding
_COUNTED = 1e6  # an earlier objective is kept in millionths of its largest value


@dataclass(frozen=True, slots=True)
class Solution:
    """A plan and what is proven of it.

    Parameters
    ----------
    chosen : bool array of shape (n,)
        All false where no plan was found.
    value : float
        Of the plan; -inf without one.
    bound : float
        No plan is worth more: the lower one of the two below.
    gap : float
        ``(bound - value) / |value|``; inf without a plan.
    status : str
        ``optimal``, ``gap`` (as small as asked), ``nodes`` or ``time`` (a limit came first),
        ``interrupted``, ``infeasible``.
    is_reproducible : bool
        False where a clock or a user ended the search.
    own_bound : float
        Proven by the multipliers alone.
    solver_bound : float or None
        What HiGHS proved; None where it was not needed.
    nodes : int
        Of the search.
    """

    chosen: BoolArray
    value: float
    bound: float
    gap: float
    status: SolveStatus
    is_reproducible: bool
    own_bound: float
    solver_bound: float | None
    nodes: int


def solve_problem(
    problem: Problem,
    *,
    start: BoolArray | None = None,
    gap: float = GAP,
    nodes: int = NODES,
    seconds: float | None = None,
    seed: int = 0,
    report: Callable[[float], None] = lambda _: None,
) -> Solution:
    """The best plan found when the gap is small enough or a limit is reached.

    Parameters
    ----------
    problem : Problem
        What is asked.
    start : bool array, optional
        A plan to begin with.
    gap : float
        Relative gap that is good enough; 0: search for the optimum.
    nodes : int
        Of HiGHS, at most.
    seconds : float, optional
        For emergencies: the plan of a search that it ended is not reproducible.
    seed : int
        Of HiGHS.
    report : callable
        Is given each gap that is proven on the way.

    Returns
    -------
    Solution
        An interruption by the user (``KeyboardInterrupt``) returns the best plan so far.
    """
    search = _Search(tighten(problem), gap=gap, seconds=seconds, report=report)
    if start is not None:
        search.offer(start)
    try:
        search.relax()
        if not search.is_done:
            search.search(nodes=nodes, seed=seed)
        if not search.is_done:
            search.improve(seed=seed)
    except KeyboardInterrupt:
        search.end = "interrupted"
    return search.solution()


def solve_in_order(
    problem: Problem,
    values: Sequence[FloatArray],
    *,
    start: BoolArray | None = None,
    gap: float = GAP,
    nodes: int = NODES,
    seconds: float | None = None,
    seed: int = 0,
    always: int = 1,
) -> tuple[Solution, ...]:
    """Several objectives, each within what keeps the ones before: lexicographic.

    Parameters
    ----------
    problem : Problem
        Its own value is not used.
    values : sequence of float arrays of shape (n,)
        From the most important one; not empty.
    start, gap, nodes, seconds, seed
        As in :func:`solve_problem`, of each objective.
    always : int
        Objectives that are searched in any case, each within what was reached of those before.

    Returns
    -------
    tuple of Solution
        One of each objective; the last one is the plan. After `always` of them it ends at the first
        one that is not proven to be the largest: among plans of different values the next objective
        decides nothing.
    """
    found: list[Solution] = []
    for number, value in enumerate(values):
        now = replace(problem, value=value)
        solution = solve_problem(now, start=start, gap=gap, nodes=nodes, seconds=seconds, seed=seed)
        found.append(solution)
        is_sure = solution.status == "optimal" or number + 1 < always
        if not is_sure or solution.status == "interrupted" or not solution.chosen.any():
            break
        start = solution.chosen
        problem = _keeping(problem, value, start, number)
    return tuple(found)


def keep_columns(problem: Problem, bound: Bound, value: float) -> BoolArray:
    """Columns that a plan worth more than this may contain.

    Parameters
    ----------
    problem : Problem
        What is asked.
    bound : Bound
        With its multipliers.
    value : float
        What a plan must exceed.

    Returns
    -------
    bool array of shape (n,)
        A column that is false is in no plan of a greater value.
    """
    margin = _CLOSED * max(1.0, abs(bound.value))
    kept: BoolArray = bound.value - loss_of_columns(problem, bound) > value - margin
    return kept


def _keeping(problem: Problem, value: FloatArray, chosen: BoolArray, number: int) -> Problem:
    """The problem with a row more: an objective stays at least what a plan has of it."""
    top = float(np.abs(value).max(initial=0.0))
    counted = np.rint(value / top * _COUNTED) if top else np.zeros(problem.n)
    return replace(
        problem,
        rows=sparse.csr_array(
            sparse.vstack([problem.rows, sparse.csr_array(-counted[None, :])], format="csr")
        ),
        limit=np.append(problem.limit, -counted[chosen].sum()),
        names=(*problem.names, RowName("objective", str(number), None)),
    )


class _Search:
    def __init__(
        self,
        problem: Problem,
        *,
        gap: float,
        seconds: float | None,
        report: Callable[[float], None],
    ) -> None:
        self.problem, self.wanted, self.report = problem, gap, report
        self.until = math.inf if seconds is None else time.monotonic() + seconds
        self.chosen: BoolArray | None = None
        self.value = -math.inf
        self.bound: Bound | None = None
        self.solver_bound: float | None = None
        self.nodes = 0
        self.end: SolveStatus = "nodes"

    @property
    def is_done(self) -> bool:
        """Whether the gap is small enough, or there is no time left."""
        if time.monotonic() > self.until:
            self.end = "time"
            return True
        return self.gap <= max(self.wanted, _CLOSED)

    @property
    def proven(self) -> float:
        """The lower one of both bounds."""
        own = math.inf if self.bound is None else self.bound.value
        return own if self.solver_bound is None else min(own, self.solver_bound)

    @property
    def gap(self) -> float:
        """Of the best plan so far."""
        if self.chosen is None or math.isinf(self.proven):
            return math.inf
        return max(self.proven - self.value, 0.0) / max(abs(self.value), 1e-12)

    def offer(self, chosen: BoolArray) -> bool:
        """Keep a plan that is the best one so far, if it keeps all limits; whether it does."""
        if check_solution(self.problem, chosen):
            return False
        value = value_of(self.problem, chosen)
        if value > self.value or self.chosen is None:
            self.chosen, self.value = chosen.copy(), value
        return True

    def relax(self) -> None:
        """Bounds of all temperatures; a fill early, and with needs one at the end."""
        filled = 0.0
        for number, bound in enumerate(bounds(self.problem), start=1):
            self.bound = bound
            if number == _FIRST_FILL:
                filled = bound.value
                self.offer(fill_plan(self.problem, bound))
            self.report(self.gap)
            if self.is_done:
                return
        needs = len(self.problem.needs_column)
        again = self.chosen is None or 0 < needs <= _SMALL - self.problem.n
        if self.bound is not None and again and self.bound.value != filled:
            self.offer(fill_plan(self.problem, self.bound))
            self.report(self.gap)

    def improve(self, *, seed: int) -> None:
        """Parts planned anew, in wider parts while this helps."""
        if self.problem.n + len(self.problem.needs_column) <= _SMALL:
            return
        width = 1
        while self.chosen is not None and self.bound is not None and width <= _WIDEST:
            before = self.value
            for plan in replanned(
                self.problem, self.bound, self.chosen, gap=self.wanted / 2, seed=seed, width=width
            ):
                self.offer(plan)
                self.report(self.gap)
                if self.is_done:
                    return
            if self.value - before <= _HELPS * max(self.proven - self.value, 0.0):
                width *= 2

    def search(self, *, nodes: int, seed: int) -> None:
        """HiGHS on the columns that are left, again with tighter limits where it broke some."""
        problem = self.problem
        kept, cutoff = self._candidates()
        small = problem.take(kept)
        if self.chosen is not None and small.n + len(small.needs_column) > _LARGEST:
            return
        if small.n + len(small.needs_column) > _SMALL:
            nodes = min(nodes, _ROOT)
        limit = problem.limit.copy()
        for attempt in range(_TIGHTENED):
            start = None if self.chosen is None else self.chosen[kept].astype(np.float64)
            if start is not None and (small.rows @ start > limit).any():
                start = None
            left = None if math.isinf(self.until) else max(self.until - time.monotonic(), 0.1)
            outcome = run_highs(
                program_of(small, limit),
                start=start,
                gap=0.9 * self.wanted,
                nodes=nodes,
                seconds=left,
                seed=seed,
            )
            self.nodes += outcome.nodes
            if attempt == 0:
                self._believe(outcome, cutoff)
            if outcome.x is None or outcome.end == "infeasible":
                return
            plan = np.zeros(problem.n, dtype=bool)
            plan[kept] = outcome.x > 0.5
            if self.offer(plan) or outcome.end in {"time", "interrupted"}:
                return
            excess = problem.rows @ plan.astype(np.float64) - limit
            if not (excess > 0).any():
                return
            limit -= np.maximum(excess, 0.0)

    def _candidates(self) -> tuple[BoolArray, float]:
        """Columns that are searched, and what a plan with another one is worth at most."""
        assert self.bound is not None
        if self.chosen is None:
            return np.ones(self.problem.n, dtype=bool), -math.inf
        # Half of the gap that is allowed anyway buys a smaller search.
        cutoff = self.value + self.wanted / 2 * abs(self.value)
        kept = keep_columns(self.problem, self.bound, cutoff) | self.chosen
        return kept, -math.inf if kept.all() else cutoff

    def _believe(self, outcome: HighsOutcome, cutoff: float) -> None:
        self.end = outcome.end
        if outcome.end == "infeasible":
            # With a plan at hand the columns that are left hold none better, or the solver errs.
            if self.chosen is not None:
                self.end = "nodes"
            return
        if math.isfinite(outcome.bound):
            safe = outcome.bound + _CLOSED * abs(outcome.bound)
            # A plan with a column that was removed is worth at most the cutoff.
            self.solver_bound = max(safe, cutoff, self.value)

    def solution(self) -> Solution:
        """What was found and is proven."""
        chosen = np.zeros(self.problem.n, dtype=bool) if self.chosen is None else self.chosen
        gap = self.gap
        status = self.end
        if gap <= 2 * _CLOSED:
            status = "optimal"
        elif gap <= self.wanted:
            status = "gap"
        elif status in {"optimal", "gap"}:
            status = "nodes"
        return Solution(
            chosen=chosen,
            value=self.value,
            bound=self.proven,
            gap=gap,
            status=status,
            is_reproducible=self.end not in {"time", "interrupted"},
            own_bound=math.inf if self.bound is None else self.bound.value,
            solver_bound=self.solver_bound,
            nodes=self.nodes,
        )
