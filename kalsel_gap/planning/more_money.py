"""What more money would connect: a plan is topped up, school by school, within all other limits.

Nothing that the plan has is given up, so each statement is the difference between two plans that
keep every limit: the plan, and the plan with one ceiling raised. The best plan with more money may
reach more.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.planning.model import PAYER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.planning.assemble import AssembledPlan
    from kalsel_gap.planning.model import Problem

MORE_IDR = 1_000_000_000
_THOUSAND = 1_000
SHADOW_TYPES: dict[str, str] = {
    "envelope": "str",
    **dict.fromkeys(("year", "more_idr", "schools", "students"), "int64"),
    "value": "float64",
}


class PlanRoom:
    """A plan that columns are added to, as long as every limit is kept.

    Parameters
    ----------
    problem : Problem
    chosen : bool array of shape (n,)
        A plan that keeps all limits.
    """

    def __init__(self, problem: Problem, chosen: BoolArray) -> None:
        self.problem = problem
        columns = problem.rows.tocsc()
        self._at, self._row, self._use = columns.indptr, columns.indices, columns.data
        self.room = problem.limit - problem.rows @ chosen.astype(np.float64)
        self.chosen = chosen.copy()
        self._served = set(problem.group[chosen & (problem.group >= 0)].tolist())
        self._opened = set(problem.exclusive[chosen & (problem.exclusive >= 0)].tolist())
        self._needs: dict[int, list[list[int]]] = defaultdict(list)
        any_of = problem.needs_any.tocsr()
        for number, column in enumerate(problem.needs_column.tolist()):
            first, last = any_of.indptr[number : number + 2]
            self._needs[column].append(sorted(any_of.indices[first:last].tolist()))

    def copy(self) -> PlanRoom:
        """Another plan that is the same."""
        other = object.__new__(PlanRoom)
        for name, value in vars(self).items():
            is_own = isinstance(value, set | np.ndarray) and name in _CHANGED
            setattr(other, name, value.copy() if is_own else value)
        return other

    def take(self, column: int) -> bool:
        """Add a column with the openings that it needs; whether that was possible."""
        if int(self.problem.group[column]) in self._served:
            return False
        bundle = self.bundle(column)
        if bundle is None:
            return False
        used: dict[int, float] = defaultdict(float)
        for each in bundle:
            for at in range(self._at[each], self._at[each + 1]):
                used[int(self._row[at])] += float(self._use[at])
        if any(use > 0.0 and use > self.room[row] for row, use in used.items()):
            return False
        for row, use in used.items():
            self.room[row] -= use
        for each in bundle:
            self.chosen[each] = True
            if self.problem.group[each] >= 0:
                self._served.add(int(self.problem.group[each]))
            if self.problem.exclusive[each] >= 0:
                self._opened.add(int(self.problem.exclusive[each]))
        return True

    def bundle(self, column: int) -> list[int] | None:
        """The column and openings that it needs besides those chosen; None where there are none."""
        bundle = [column]
        for each in bundle:  # it grows while it is read
            for providers in self._needs.get(each, ()):
                if any(self.chosen[n] or n in bundle for n in providers):
                    continue
                free = [n for n in providers if self._is_free_opening(n)]
                if not free:
                    return None
                # The one that a school of the bundle may pay for, of these the first.
                bundle.append(min(free, key=lambda n: (self._is_foreign(n, column), n)))
        return bundle

    def _is_foreign(self, opening: int, user: int) -> bool:
        """Whether nobody who is responsible for the user pays for the opening."""
        return bool(self._payers_of(opening, 1) - self._payers_of(user, -1))

    def _payers_of(self, column: int, sign: int) -> set[int]:
        entries = slice(self._at[column], self._at[column + 1])
        rows = self._row[entries][self._use[entries] * sign > 0]
        return {int(row) for row in rows if self.problem.names[row].kind == PAYER}

    def _is_free_opening(self, column: int) -> bool:
        number = int(self.problem.exclusive[column])
        return self.problem.group[column] < 0 and number not in self._opened


_CHANGED = ("room", "chosen", "_served", "_opened")


def top_up(problem: Problem, chosen: BoolArray) -> BoolArray:
    """The plan with every column that still fits, the most valuable for what it costs first."""
    room = PlanRoom(problem, chosen)
    money = _money_of(problem)
    worth = problem.value / np.maximum(money, 1.0)
    is_useful = (problem.group >= 0) & (problem.value > 0.0)
    for column in _by_worth(worth, np.flatnonzero(is_useful).astype(np.int64)):
        room.take(column)
    return room.chosen


def close_unused(problem: Problem, chosen: BoolArray) -> BoolArray:
    """The plan without openings that nothing in it needs: a search that stops early leaves some."""
    kept = chosen.copy()
    any_of = problem.needs_any.tocoo()
    provider = any_of.col[any_of.data != 0]
    needing = problem.needs_column[any_of.row[any_of.data != 0]]
    while True:
        is_needed = np.zeros(problem.n, dtype=bool)
        is_needed[provider[kept[needing]]] = True
        unused = kept & (problem.group < 0) & ~is_needed
        if not unused.any():
            return kept
        kept &= ~unused


def value_more(
    assembled: AssembledPlan,
    chosen: BoolArray,
    students: pd.Series[int],
    *,
    values: FloatArray,
    more_idr: int = MORE_IDR,
) -> pd.DataFrame:
    """What so much more in one year of one envelope would connect, ceiling by ceiling.

    Parameters
    ----------
    assembled : AssembledPlan
    chosen : bool array of shape (n,)
        The plan, topped up: nothing else fits.
    students : Series
        Pupils by `row_id`, missing where they are not known.
    values : float array of shape (n,)
        The objective.
    more_idr : int
        Rupiah that are added.

    Returns
    -------
    DataFrame
        :data:`SHADOW_TYPES`: schools and (known) pupils that are added, and the value; one row for
        each ceiling, by envelope and year.
    """
    problem = assembled.problem
    base = PlanRoom(problem, chosen)
    by_row = problem.rows.tocsr()
    rows = []
    for number, name in enumerate(problem.names):
        if name.kind != "ceiling":
            continue
        first, last = by_row.indptr[number : number + 2]
        mine = by_row.indices[first:last]
        use = by_row.data[first:last]
        is_school = problem.group[mine] >= 0
        worth = np.zeros(problem.n)
        worth[mine] = values[mine] / np.maximum(use, 1.0)
        # Who needs an opening that is paid here is helped too, wherever its own costs are paid.
        behind = _behind(problem, set(mine[~is_school].tolist()))
        worth[behind] = np.maximum(worth[behind], values[behind])
        room = base.copy()
        room.room[number] += more_idr // _THOUSAND
        useful = np.union1d(mine[is_school], behind)
        added = [c for c in _by_worth(worth, useful[values[useful] > 0.0]) if room.take(c)]
        pupils = students.reindex([assembled.groups[problem.group[c]] for c in added]).dropna()
        rows.append(
            (
                *(name.key, name.year, more_idr, len(added), int(pupils.sum())),
                float(values[added].sum()) if added else 0.0,
            )
        )
    found = pd.DataFrame(rows, columns=list(SHADOW_TYPES)).astype(SHADOW_TYPES)
    return found.sort_values(["envelope", "year"], ignore_index=True)


def _behind(problem: Problem, openings: set[int]) -> FloatArray:
    """Columns of schools that some of these openings would serve."""
    if not openings:
        return np.empty(0, dtype=np.int64)
    flags = np.zeros(problem.n)
    flags[list(openings)] = 1.0
    needing = problem.needs_column[problem.needs_any @ flags > 0]
    return np.unique(needing[problem.group[needing] >= 0])


def _money_of(problem: Problem) -> FloatArray:
    """Thousands of rupiah that each column spends within the ceilings."""
    is_money = np.array([name.kind == "ceiling" for name in problem.names], dtype=np.float64)
    money: FloatArray = problem.rows.T @ is_money if len(is_money) else np.zeros(problem.n)
    return money


def _by_worth(worth: FloatArray, columns: IntArray) -> Iterable[int]:
    """Columns from the most to the least worth, equal ones by their number."""
    order = np.lexsort((columns, -worth[columns]))
    return [int(each) for each in columns[order]]
