"""A plan from the prices of a bound: filled in the order of worth, then improved by exchanges.

Every step keeps all limits, or comes nearer to those that are not kept yet (a floor at the start).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

from kalsel_gap.planning.bound import Bound, bound_value
from kalsel_gap.planning.model import PAYER, check_solution, value_of
from kalsel_gap.planning.openings import choose_openings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.planning.model import Problem

_EXCHANGED = 3_000  # columns that an exchange looks at, those that lose least
_PASSES = 6
_REPRICED = 4  # sets of openings that are tried
_SHARES = 20  # steps in which shares of the relaxed problem differ
_TIE = 1e-9  # gains below it are rounding


def fill_plan(problem: Problem, bound: Bound) -> BoolArray:
    """A plan near the bound.

    Parameters
    ----------
    problem : Problem
        What is asked.
    bound : Bound
        Its multipliers and shares order the columns. Where columns need others, openings are chosen
        at these prices first; what they leave is priced anew, a few times.

    Returns
    -------
    bool array of shape (n,)
        Ceilings, supply, capacity, needs and one option a school are always kept. A floor or a
        forced school may be left where the search found no room for it:
        :func:`~kalsel_gap.planning.model.check_solution` names it.
    """
    nobody = np.empty(0, dtype=np.int64)
    if not len(problem.needs_column):
        return _fill_free(problem, bound, nobody, by="share")
    best = np.zeros(problem.n, dtype=bool)
    seen: set[bytes] = set()
    multipliers, soft = bound.multipliers, bound.soft
    for _ in range(_REPRICED):
        worth = problem.value - problem.rows.T @ multipliers
        first = choose_openings(problem, worth, soft)
        if first.tobytes() in seen:
            break
        seen.add(first.tobytes())
        chosen, multipliers = _fill_around(problem, multipliers, first)
        best = _better(problem, best, chosen)
        soft = chosen.astype(np.float64)
    return best


def _better(problem: Problem, *plans: BoolArray) -> BoolArray:
    """The plan that breaks the fewest limits, of these the one of the greatest value."""
    return max(
        plans, key=lambda plan: (-len(check_solution(problem, plan)), value_of(problem, plan))
    )


def _fill_around(
    problem: Problem, multipliers: FloatArray, first: IntArray
) -> tuple[BoolArray, FloatArray]:
    """A plan with these openings, and the prices of what they leave."""
    state = Filling(problem)
    for column in first.tolist():
        state.take(column)
    kept = state.free() & (problem.group >= 0)
    left = problem.limit - problem.rows @ state.chosen.astype(np.float64)
    # Who pays for an opening is settled when its users are known.
    left[[name.kind == PAYER for name in problem.names]] = problem.n
    rest = replace(
        problem.take(kept),
        limit=left,
        forced=problem.forced & (state.taken()[: len(problem.forced)] < 0),
        needs_column=np.empty(0, dtype=np.int64),
        needs_any=sparse.csr_array((0, int(kept.sum()))),
    )
    nothing = np.empty(0)
    bound = bound_value(rest, start=Bound(np.inf, multipliers, nothing, nothing))
    chosen = state.chosen.copy()
    chosen[kept] = fill_plan(rest, bound)
    begun = np.concatenate([first, np.flatnonzero(chosen)])
    plan = _fill_free(problem, bound, begun, by="worth")
    return plan, bound.multipliers


def _fill_free(
    problem: Problem, bound: Bound, first: IntArray, *, by: Literal["share", "worth"]
) -> BoolArray:
    """A plan at the prices of a bound that begins with some columns."""
    worth = problem.value - problem.rows.T @ bound.multipliers
    state = Filling(problem)
    state.take_free(first)
    order = np.lexsort((np.arange(problem.n), -worth))
    if by == "share":
        # What the relaxed problem takes whole comes first: it shares the years out as no order of
        # prices can, for at its prices all years of an option are worth the same.
        share = np.floor(bound.soft * _SHARES)
        whole = np.lexsort((np.arange(problem.n), -worth, -share))
        state.take_free(whole[bound.soft[whole] > 0.5])
    state.meet_demands(worth, order)
    state.take_free(order[problem.value[order] > 0])
    improve(state, worth)
    if state.close_unused() + state.settle_payers():
        improve(state, worth)
    return state.chosen.copy()


def improve(state: Filling, worth: FloatArray) -> None:
    """Better options, further schools and exchanges of two, while the value grows.

    Parameters
    ----------
    state : Filling
        Changed in place.
    worth : float array of shape (n,)
        Value less prices.
    """
    for _ in range(_PASSES):
        before = value_of(state.problem, state.chosen)
        state.upgrade(worth)
        state.exchange(worth)
        if not value_of(state.problem, state.chosen) > before:
            return


def take_in_order(problem: Problem, order: Iterable[int]) -> BoolArray:
    """Take each column that still fits, in this order and never back.

    Parameters
    ----------
    problem : Problem
        What is asked.
    order : iterable of int
        Columns.

    Returns
    -------
    bool array of shape (n,)
    """
    state = Filling(problem)
    state.take_free(np.fromiter(order, dtype=np.int64))
    state.settle_payers()
    return state.chosen.copy()


class Filling:
    """A plan that grows: what is chosen, what is left of each limit, which needs are met.

    An opening is taken before its users, so the rows of its payers bind only from
    :meth:`settle_payers` on.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.chosen = np.zeros(problem.n, dtype=bool)
        self.block = problem.blocks
        self._block: list[int] = self.block.tolist()
        self._taken = [-1] * (max(self._block, default=-1) + 1 + len(problem.forced))
        # A forced school may change its option but not lose it.
        self._must = [*problem.forced.tolist(), *[False] * len(self._taken)]
        self._payers = np.flatnonzero([name.kind == PAYER for name in problem.names])
        self._left: list[float] = problem.limit.tolist()
        for row in self._payers.tolist():
            self._left[row] = np.inf
        columns = sparse.csr_array(problem.rows.T)
        # A last row of nothing stands for what a block without a column takes: index -1.
        nothing = sparse.csr_array((1, len(problem.limit)))
        self.columns = sparse.csr_array(sparse.vstack([columns, nothing], format="csr"))
        self._begin: list[int] = columns.indptr.tolist()
        self._row: list[int] = columns.indices.tolist()
        self._amount: list[float] = columns.data.tolist()
        p = len(problem.needs_column)
        self._met = [0] * p
        self._needs: dict[int, list[int]] = {}
        for need, column in enumerate(problem.needs_column.tolist()):
            self._needs.setdefault(column, []).append(need)
        self._needing: list[int] = problem.needs_column.tolist()
        pairs = sparse.coo_array(problem.needs_any)
        self._meets: dict[int, list[int]] = {}
        for need, column, entry in zip(
            pairs.row.tolist(), pairs.col.tolist(), pairs.data.tolist(), strict=True
        ):
            if entry:
                self._meets.setdefault(column, []).append(need)

    def take(self, column: int) -> bool:
        """Take a column in place of its block's; whether all limits allow it."""
        return self._change(self._block[column], column)

    def drop(self, column: int) -> bool:
        """Give a column up; whether nothing needs it."""
        return self._change(self._block[column], -1)

    def take_free(self, order: IntArray) -> None:
        """Take columns whose block has none yet, in this order."""
        for column in order.tolist():
            block = self._block[column]
            if self._taken[block] < 0:
                self._change(block, column)

    def meet_demands(self, worth: FloatArray, order: IntArray) -> None:
        """Forced schools and floors, before anything else takes the money."""
        problem = self.problem
        forced = (problem.group >= 0) & problem.forced[problem.group]
        self.take_free(order[forced[order]])
        # A row below which a plan without columns lies demands something.
        for row in np.flatnonzero(problem.limit < 0).tolist():
            entries = slice(problem.rows.indptr[row], problem.rows.indptr[row + 1])
            columns = problem.rows.indices[entries][problem.rows.data[entries] < 0]
            for column in columns[np.lexsort((columns, -worth[columns]))].tolist():
                if self._left[row] >= 0:
                    break
                if self._taken[self._block[column]] < 0:
                    self._change(self._block[column], column)
        for group in np.flatnonzero(problem.forced).tolist():
            if self._taken[group] < 0:
                own = order[problem.group[order] == group]
                any(self._take_by_force(column, worth) for column in own.tolist())

    def upgrade(self, worth: FloatArray) -> None:
        """Take every column that adds value and fits, the one worth most at the prices first."""
        value = self.problem.value
        for _ in range(_PASSES):
            now = np.array(self._taken)[self.block]
            gain = value - np.where(now >= 0, value[now], 0.0)
            better = np.flatnonzero((gain > _TIE) & ~self.chosen & self._fit(now))
            gained = worth[better] - np.where(now[better] >= 0, worth[now[better]], 0.0)
            moved = 0
            for column in better[np.lexsort((better, -gained))].tolist():
                block = self._block[column]
                old = self._taken[block]
                if value[column] > (value[old] if old >= 0 else 0.0) + _TIE:
                    moved += self._change(block, column)
            if not moved:
                return

    def free(self) -> BoolArray:
        """Columns of blocks that have none yet and whose needs are met."""
        met = np.array(self._met, dtype=np.int64)
        unmet = np.zeros(self.problem.n, dtype=bool)
        unmet[self.problem.needs_column[met == 0]] = True
        free: BoolArray = ~unmet & (self.taken()[self.block] < 0)
        return free

    def exchange(self, worth: FloatArray) -> None:
        """Make one school's option cheaper or none so that another one's adds more."""
        value = self.problem.value
        near = self._near(worth)
        own = np.split(near, np.flatnonzero(np.diff(self.block[near])) + 1)
        changes = _Changes(self, near)
        for columns in own if len(near) else ():
            block = self._block[columns[0]]
            old = self._taken[block]
            if old < 0:
                continue
            # Down to each other option of the school that is worth less, and to none.
            for lower in [*columns[value[columns] < value[old]].tolist(), -1]:
                paid = value[old] - (value[lower] if lower >= 0 else 0.0)
                partner = changes.partner(block, old, lower, paid)
                if partner < 0 or not self._change(block, lower):
                    continue
                if self._change(self._block[partner], partner):
                    changes = _Changes(self, near)
                    break
                self._change(block, old)

    def _near(self, worth: FloatArray) -> IntArray:
        """Columns of schools that lose least against the best one of their block, by block."""
        met = np.array(self._met, dtype=np.int64)
        usable = self.problem.group >= 0
        usable[self.problem.needs_column[met == 0]] = False
        columns = np.flatnonzero(usable)
        best = np.zeros(len(self._taken))
        np.maximum.at(best, self.block[columns], worth[columns])
        loss = best[self.block[columns]] - worth[columns]
        nearest = columns[np.argsort(loss, kind="stable")[:_EXCHANGED]]
        return nearest[np.lexsort((nearest, self.block[nearest]))]

    def entries(self, column: int) -> list[tuple[int, float]]:
        """Rows and amounts of a column; none for -1."""
        if column < 0:
            return []
        span = slice(self._begin[column], self._begin[column + 1])
        return list(zip(self._row[span], self._amount[span], strict=True))

    def close_unused(self) -> int:
        """Close openings that nothing needs and that add no value; how many were closed."""
        openings = np.flatnonzero(self.chosen & (self.problem.group < 0)).tolist()
        closed = -1
        before = int(self.chosen.sum())
        while closed:
            closed = sum(
                self.drop(column)
                for column in openings
                if self.chosen[column] and self.problem.value[column] <= 0
            )
        return before - int(self.chosen.sum())

    def settle_payers(self) -> int:
        """Let every opening be paid for by who has a user of it; how many were changed or closed.

        Another payer takes it over where its ceiling allows, otherwise it closes with its users.
        """
        rows = sparse.csr_array(self.problem.rows[self._payers])
        changed = 0
        kept: set[int] = set()  # openings of forced schools that nobody responsible can pay for
        while broken := self._unpaid(rows) - kept:
            opening = min(broken)
            same = np.flatnonzero(self.block == self._block[opening])
            own = rows[:, same]
            backed = same[(own * (own > 0)).T @ (rows @ self.chosen.astype(np.float64)) < 0]
            changed += 1
            if not any(self._change(self._block[opening], each) for each in backed.tolist()):
                self._close(opening)
                if self.chosen[opening]:
                    kept.add(opening)
        left = self.problem.limit[self._payers] - rows @ self.chosen.astype(np.float64)
        for row, rest in zip(self._payers.tolist(), left.tolist(), strict=True):
            self._left[row] = rest
        return changed

    def _unpaid(self, rows: sparse.csr_array) -> set[int]:
        """Openings whose payer is responsible for none of their users."""
        broken = rows[rows @ self.chosen.astype(np.float64) > 0]
        return {int(n) for n in broken.indices[broken.data > 0] if self.chosen[n]}

    def _close(self, column: int) -> None:
        """Give up a column after all that needs it alone; a forced school keeps it."""
        for need in self._meets.get(column, ()):
            needing = self._needing[need]
            if self.chosen[needing] and self._met[need] == 1 and needing != column:
                self._close(needing)
        self.drop(column)

    def left(self) -> FloatArray:
        """What is left of each limit."""
        return np.array(self._left)

    def taken(self) -> IntArray:
        """Column of each block, -1: none."""
        return np.array(self._taken)

    def _fit(self, now: IntArray) -> BoolArray:
        """Which columns may fit in place of what their block has: a quick first sieve."""
        left = self.left()
        columns = self.columns
        of_column = np.repeat(np.arange(self.problem.n + 1), np.diff(columns.indptr))
        amount = columns.data
        lacking = (amount > 0) & (amount > left[columns.indices])
        # With something to give up for it the exact test decides.
        fails = np.zeros(self.problem.n + 1, dtype=bool)
        fails[of_column[lacking]] = True
        return ~fails[:-1] | (now >= 0)

    def _take_by_force(self, column: int, worth: FloatArray) -> bool:
        """Take a column after giving up what is worth least in the rows that it lacks."""
        if self.take(column):
            return True
        given: list[int] = []
        entries = range(self._begin[column], self._begin[column + 1])
        for row, amount in [(self._row[at], self._amount[at]) for at in entries]:
            inside = slice(self.problem.rows.indptr[row], self.problem.rows.indptr[row + 1])
            using = self.problem.rows.indices[inside][self.problem.rows.data[inside] > 0]
            using = using[self.chosen[using]]
            for other in using[np.lexsort((using, worth[using]))].tolist():
                if amount <= self._left[row]:
                    break
                group = self.problem.group[other]
                if group >= 0 and not self.problem.forced[group] and self.drop(other):
                    given.append(other)
        if self.take(column):
            return True
        for other in reversed(given):
            self.take(other)
        return False

    def _change(self, block: int, new: int) -> bool:
        old = self._taken[block]
        if old == new or (new < 0 and self._must[block]):
            return False
        difference = dict(self.entries(new))
        for row, amount in self.entries(old):
            difference[row] = difference.get(row, 0.0) - amount
        left = self._left
        if any(amount > 0 and amount > left[row] for row, amount in difference.items()):
            return False
        if not self._keeps_needs(old, new):
            return False
        for row, amount in difference.items():
            left[row] -= amount
        for column, step in ((old, -1), (new, 1)):
            if column >= 0:
                self.chosen[column] = step > 0
            for need in self._meets.get(column, ()):
                self._met[need] += step
        self._taken[block] = new
        return True

    def _keeps_needs(self, old: int, new: int) -> bool:
        met_by_old = self._meets.get(old, ())
        met_by_new = self._meets.get(new, ())
        for need in self._needs.get(new, ()):
            if self._met[need] - (need in met_by_old) + (need in met_by_new) < 1:
                return False
        return not any(
            self._met[need] == 1
            and need not in met_by_new
            and self._needing[need] != old
            and self.chosen[self._needing[need]]
            for need in met_by_old
        )


class _Changes:
    """What each near column would change where its block took it now; the greatest gain first."""

    def __init__(self, state: Filling, near: IntArray) -> None:
        problem = state.problem
        self._state, self._left = state, state.left()
        now = state.taken()[state.block[near]]
        gain = problem.value[near] - np.where(now >= 0, problem.value[now], 0.0)
        kept = gain > _TIE
        near, now, gain = near[kept], now[kept], gain[kept]
        order = np.lexsort((near, -gain))
        self._column, now = near[order], now[order]
        self._rising = -gain[order]
        self._block = state.block[self._column]
        change = sparse.csr_array(state.columns[self._column] - state.columns[now])
        self._begin, self._row, self._amount = change.indptr, change.indices, change.data
        self._of = np.repeat(np.arange(len(order)), np.diff(self._begin))

    def partner(self, block: int, old: int, lower: int, paid: float) -> int:
        """The column of greatest gain above `paid` that fits once `old` became `lower`; or -1."""
        count = int(np.searchsorted(self._rising, -(paid + _TIE * (1 + abs(paid)))))
        if not count:
            return -1
        left = self._left.copy()
        for row, amount in self._state.entries(old):
            left[row] += amount
        for row, amount in self._state.entries(lower):
            left[row] -= amount
        end = self._begin[count]
        lacking = (self._amount[:end] > 0) & (self._amount[:end] > left[self._row[:end]])
        fits = self._block[:count] != block
        fits[self._of[:end][lacking]] = False
        first = int(np.argmax(fits))
        return int(self._column[first]) if fits[first] else -1
