"""Which shared infrastructure to open, at given prices of money, supply and capacity.

At fixed prices the choice is a facility location: an opening has its cost, each school takes the
best option that is open to it. Openings are added and dropped while this pays (Kuehn and Hamburger
1963, doi:10.1287/mnsc.9.4.643). No limit is looked at: this is the first guess of
:func:`kalsel_gap.planning.fill.fill`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.planning.model import Problem

_ROUNDS = 40
_DROPPED = 4  # at most one in so many openings is dropped in one round


def choose_openings(problem: Problem, worth: FloatArray, soft: FloatArray) -> IntArray:
    """Columns that others need, in the order in which a plan should take them.

    Parameters
    ----------
    problem : Problem
        What is asked.
    worth : float array of shape (n,)
        Value of a column less the price of all that it uses.
    soft : float array of shape (n,)
        Share in which the relaxed problem takes a column: the first guess.

    Returns
    -------
    int array
        Openings and, where an opening needs a school to be served, the option of this school; what
        is needed comes before what needs it.
    """
    if not len(problem.needs_column):
        return np.empty(0, dtype=np.int64)
    return _Locations(problem, worth).search(soft)


@dataclass(slots=True)
class _Served:
    """What schools take while some columns are open."""

    total: float
    best: FloatArray  # of each block
    column: IntArray  # of each block, -1: none
    unmet: IntArray  # of each column: needs that nothing meets
    met: IntArray  # of each need: taken columns that meet it


class _Locations:
    def __init__(self, problem: Problem, worth: FloatArray) -> None:
        self.problem, self.worth = problem, worth
        self.block = problem.blocks
        self.schools = len(problem.forced)
        self.count = max(int(self.block.max()) + 1, self.schools)
        pairs = problem.needs_any.tocoo()
        kept = pairs.data != 0
        self.need, self.provider = (
            pairs.row[kept].astype(np.int64),
            pairs.col[kept].astype(np.int64),
        )
        self.is_opening = problem.group < 0
        order = np.argsort(self.block, kind="stable")
        self.order = order[~self.is_opening[order]]
        self.school = self.block[self.order]
        # Columns of a school that need the same opening, whatever its year, fall together with it.
        self.key = -1 - np.arange(problem.n)
        self.key[problem.needs_column[self.need]] = self.block[self.provider]
        # Pairs of an opening and a column that needs it, by opening and school.
        needing = problem.needs_column[self.need]
        useful = np.flatnonzero(self.is_opening[self.provider] & ~self.is_opening[needing])
        self.pairs = useful[np.lexsort((self.block[needing[useful]], self.provider[useful]))]
        self.width = np.bincount(self.provider, minlength=problem.n)

    def search(self, soft: FloatArray) -> IntArray:
        opened = self._first(soft)
        pins: dict[int, int] = {}
        served = self._serve(opened, pins)
        best = served.total, opened.copy(), dict(pins)
        for _ in range(_ROUNDS):
            dropped = self._drop(opened, served)
            if dropped:
                served = self._serve(opened, pins)
            added = self._add(opened, pins, served)
            if added:
                served = self._serve(opened, pins)
            if served.total > best[0]:
                best = served.total, opened.copy(), dict(pins)
            elif not dropped:
                break
            if not (added or dropped):
                break
        return self._sorted(best[1], best[2])

    def _first(self, soft: FloatArray) -> BoolArray:
        """Of each set whose shares sum to a half, the opening with the largest share."""
        opened = np.zeros(self.problem.n, dtype=bool)
        openings = np.flatnonzero(self.is_opening)
        total = np.bincount(self.block[openings], weights=soft[openings], minlength=self.count)
        order = openings[np.lexsort((openings, -soft[openings]))]
        _, first = np.unique(self.block[order], return_index=True)
        chosen = order[first]
        opened[chosen[total[self.block[chosen]] > 0.5]] = True
        return opened

    def _serve(self, opened: BoolArray, pins: dict[int, int]) -> _Served:
        taken = opened.copy()
        taken[list(pins.values())] = True
        met, unmet = self._needs(taken)
        # What a school takes may itself meet a need, of an opening above all.
        best, column = self._best(unmet, pins)
        taken[column[column >= 0]] = True
        met, unmet = self._needs(taken)
        usable = opened & (unmet == 0)
        total = float(best.sum() + self.worth[usable].sum())
        total -= float(np.abs(self.worth[opened & ~usable]).sum())
        return _Served(total, best, column, unmet, met)

    def _needs(self, taken: BoolArray) -> tuple[IntArray, IntArray]:
        p = len(self.problem.needs_column)
        met = np.bincount(self.need[taken[self.provider]], minlength=p)
        lacking = self.problem.needs_column[met == 0]
        return met, np.bincount(lacking, minlength=self.problem.n)

    def _best(self, unmet: IntArray, pins: dict[int, int]) -> tuple[FloatArray, IntArray]:
        usable = np.where(unmet[self.order] == 0, self.worth[self.order], -np.inf)
        best, column = np.zeros(self.count), np.full(self.count, -1)
        ranked = np.lexsort((self.order, -usable, self.school))
        school, first = np.unique(self.school[ranked], return_index=True)
        top = ranked[first]
        gains = usable[top] > 0
        best[school[gains]] = usable[top[gains]]
        column[school[gains]] = self.order[top[gains]]
        for block, pinned in pins.items():
            best[block], column[block] = self.worth[pinned], pinned
        return best, column

    def _drop(self, opened: BoolArray, served: _Served) -> int:
        """Close what is worth less than it costs; how many were closed."""
        usable = np.where(served.unmet[self.order] == 0, self.worth[self.order], -np.inf)
        taken = served.column[self.school]
        other = np.where((taken >= 0) & (self.key[self.order] == self.key[taken]), -np.inf, usable)
        second = np.zeros(self.count)
        np.maximum.at(second, self.school, other)
        needing = self.problem.needs_column[self.need]
        block = self.block[needing]
        relies = (
            opened[self.provider] & (served.met[self.need] == 1) & (served.column[block] == needing)
        )
        loss = np.bincount(
            self.provider[relies],
            weights=(served.best - second)[block[relies]],
            minlength=self.problem.n,
        )
        # What another opening needs stays: its own worth decides first.
        needed = np.zeros(self.problem.n, dtype=bool)
        needed[self.provider[opened[needing]]] = True
        balance = loss + self.worth
        bad = np.flatnonzero(opened & (balance < 0) & ~needed)
        bad = bad[np.lexsort((bad, balance[bad]))][: 1 + int(opened.sum()) // _DROPPED]
        opened[bad] = False
        return len(bad)

    def _add(self, opened: BoolArray, pins: dict[int, int], served: _Served) -> int:
        """Open what pays, each school counted for one new opening; how many were opened."""
        need, provider = self.need[self.pairs], self.provider[self.pairs]
        needing = self.problem.needs_column[need]
        only = served.unmet[needing] - (served.met[need] == 0) == 0
        gain = np.where(only, self.worth[needing] - served.best[self.block[needing]], 0.0)
        block = self.block[needing]
        new = (np.diff(provider, prepend=-1) != 0) | (np.diff(block, prepend=-1) != 0)
        starts = np.flatnonzero(new)
        if not len(starts):
            return 0
        most = np.maximum(np.maximum.reduceat(gain, starts), 0.0)
        opening, school = provider[starts], block[starts]
        cost, via = self._prerequisites(opened, served)
        in_set = np.full(self.count, -1)
        in_set[self.block[opened]] = np.flatnonzero(opened)
        old = in_set[self.block]
        replaced = np.where(old >= 0, self.worth[old], 0.0)
        fixed = self.worth - cost - replaced
        allowed = self.is_opening & ~opened & ((old < 0) | (self.width >= self.width[old]))
        profit = np.bincount(opening, weights=most, minlength=self.problem.n) + fixed
        order = np.flatnonzero(allowed & (profit > 1e-12))
        order = order[np.lexsort((order, -profit[order]))]
        first = np.searchsorted(opening, np.arange(self.problem.n + 1))
        touched = np.zeros(self.count, dtype=bool)
        added = 0
        for column in order.tolist():
            mine = slice(first[column], first[column + 1])
            free = ~touched[school[mine]]
            if touched[self.block[column]] or most[mine][free].sum() + fixed[column] <= 1e-12:
                continue
            before = old[column]
            if before >= 0:
                opened[before] = False
            opened[column] = True
            touched[school[mine][most[mine] > 0]] = True
            touched[self.block[column]] = True
            self._open_with(column, via, opened, pins)
            added += 1
        return added

    def _prerequisites(self, opened: BoolArray, served: _Served) -> tuple[FloatArray, IntArray]:
        """What it costs to meet the needs of each opening, and by which column each need is met."""
        delta = self.worth - served.best[self.block]
        delta[opened] = 0.0
        taken = served.column[served.column >= 0]
        delta[taken] = 0.0
        p = len(self.problem.needs_column)
        order = np.lexsort((self.provider, -delta[self.provider], self.need))
        need, first = np.unique(self.need[order], return_index=True)
        via = np.full(p, -1)
        via[need] = self.provider[order[first]]
        price = np.full(p, np.inf)
        price[need] = np.maximum(-delta[via[need]], 0.0)
        of_opening = self.is_opening[self.problem.needs_column]
        cost = np.zeros(self.problem.n)
        np.add.at(cost, self.problem.needs_column[of_opening], price[of_opening])
        return cost, via

    def _open_with(
        self, column: int, via: IntArray, opened: BoolArray, pins: dict[int, int]
    ) -> None:
        for need in np.flatnonzero(self.problem.needs_column == column):
            provider = int(via[need])
            if provider < 0 or opened[provider]:
                continue
            if self.is_opening[provider]:
                opened[provider] = True
                self._open_with(provider, via, opened, pins)
            else:
                pins.setdefault(int(self.block[provider]), provider)

    def _sorted(self, opened: BoolArray, pins: dict[int, int]) -> IntArray:
        """Pins first, then openings after those that they need."""
        done = list(dict.fromkeys(pins.values()))
        taken = np.zeros(self.problem.n, dtype=bool)
        taken[done] = True
        waiting = np.flatnonzero(opened)
        while len(waiting):
            _, unmet = self._needs(taken)
            ready = waiting[unmet[waiting] == 0]
            if not len(ready):
                # The need is met by an option that a school takes anyway: the fill takes it first.
                ready = waiting
            done += ready.tolist()
            taken[ready] = True
            waiting = waiting[~taken[waiting]]
        return np.array(done, dtype=np.int64)
