"""The choice of a plan as numbers: what a column is worth, what it uses, what limits it.

A column is one thing that may be done or not: an option of a school in one year, or the opening of
shared infrastructure in one year. A plan takes at most one column of a school. All rows hold whole
numbers, money in thousands of rupiah, so that a plan is checked without rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray

_EXACT = 2.0**52  # sums of whole numbers below it are exact in a float


# Rows by which an opening is paid for by who is responsible for one of its users: an opening stands
# in them with 1, its users with -1, and the limit is 0.
PAYER = "payer"


@dataclass(frozen=True, slots=True)
class RowName:
    """What a row limits: its kind (``ceiling``, ``supply``, ``floor``…), of what, in which year."""

    kind: str
    key: str
    year: int | None


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A limit that a plan does not keep, and by how much, in the row's own unit."""

    name: RowName
    excess: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Choose columns of the greatest total value within limits.

    Parameters
    ----------
    value : float array of shape (n,)
        What a column adds to the objective; negative for a cost.
    group : int array of shape (n,)
        School 0…g-1 of which a column is an option; -1: an opening of shared infrastructure.
    rows : sparse array of shape (m, n)
        ``rows @ chosen <= limit``; whole numbers, money in thousands of rupiah.
    limit : float array of shape (m,)
        Whole numbers.
    names : tuple of RowName, length m
        What each row is.
    needs_column : int array of shape (p,)
        A column that may be chosen only with at least one column of the same row of `needs_any`.
    needs_any : sparse array of shape (p, n)
        Not zero where a column meets the need.
    forced : bool array of shape (g,)
        Schools of which one column must be chosen.
    exclusive : int array of shape (n,)
        Number of a set of which at most one column is chosen (one opening over the years), or -1.
        Columns of schools belong to none.

    Raises
    ------
    ValueError
        Shapes disagree, a row holds a fraction, or a column has both a school and a set.
    """

    value: FloatArray
    group: IntArray
    rows: sparse.csr_array
    limit: FloatArray
    names: tuple[RowName, ...]
    needs_column: IntArray
    needs_any: sparse.csr_array
    forced: BoolArray
    exclusive: IntArray

    def __post_init__(self) -> None:
        """Refuse what could not be checked exactly."""
        n, m, p = len(self.value), len(self.limit), len(self.needs_column)
        shapes = (
            self.group.shape == self.exclusive.shape == (n,)
            and self.rows.shape == (m, n)
            and len(self.names) == m
            and self.needs_any.shape == (p, n)
        )
        if not shapes:
            raise ValueError("arrays of a problem disagree in shape")
        if n and (self.group.max() >= len(self.forced) or self.group.min() < -1):
            raise ValueError("group is outside forced")
        if p and (self.needs_column.min() < 0 or self.needs_column.max() >= n):
            raise ValueError("needs_column is no column")
        if ((self.group >= 0) & (self.exclusive >= 0)).any():
            raise ValueError("a column of a school belongs to a set of openings")
        whole = np.concatenate([self.rows.data, self.limit])
        if not (np.isfinite(whole).all() and (whole == np.rint(whole)).all()):
            raise ValueError("rows and limits are whole numbers")
        if not np.isfinite(self.value).all():
            raise ValueError("values are finite")
        if len(whole) and abs(self.rows).sum(axis=1).max(initial=0) >= _EXACT:
            raise ValueError("rows are too large to be summed exactly")

    @property
    def n(self) -> int:
        """Number of columns."""
        return len(self.value)

    @property
    def blocks(self) -> IntArray:
        """Number of the block of each column: of one block at most one column is chosen.

        First the schools, then the sets of openings, then each opening that belongs to no set.
        """
        schools = len(self.forced)
        block = self.group.copy()
        in_set = self.exclusive >= 0
        sets, which = np.unique(self.exclusive[in_set], return_inverse=True)
        block[in_set] = schools + which
        alone = (self.group < 0) & ~in_set
        block[alone] = schools + len(sets) + np.arange(alone.sum())
        return block

    @property
    def providers(self) -> sparse.csr_array:
        """Which columns meet which need: bool array of shape (p, n) without stored False."""
        found = sparse.csr_array(self.needs_any, copy=True)
        found.sum_duplicates()
        found.eliminate_zeros()
        return found.astype(np.bool_)

    def take(self, kept: BoolArray) -> Problem:
        """The problem with some of its columns only; a need that nothing is left to meet stays."""
        place = np.cumsum(kept) - 1
        needing = kept[self.needs_column]
        return Problem(
            value=self.value[kept],
            group=self.group[kept],
            rows=sparse.csr_array(self.rows[:, kept]),
            limit=self.limit,
            names=self.names,
            needs_column=place[self.needs_column[needing]],
            needs_any=sparse.csr_array(self.needs_any[needing][:, kept]),
            forced=self.forced,
            exclusive=self.exclusive[kept],
        )


def value_of(problem: Problem, chosen: BoolArray) -> float:
    """Total value of a plan, rounded once."""
    return math.fsum(problem.value[chosen].tolist())


def check_solution(problem: Problem, chosen: BoolArray) -> tuple[BrokenRow, ...]:
    """Everything that a plan does not keep; whole numbers, so nothing is rounded.

    Parameters
    ----------
    problem : Problem
        What was asked.
    chosen : bool array of shape (n,)
        The plan.

    Returns
    -------
    tuple of BrokenRow
        Empty for a plan that keeps all. Apart from the rows of the problem their kinds are
        ``one_option`` (a school with several), ``must_include`` (a forced one without),
        ``opened_once`` (an opening in several years) and ``needs`` (a column without what it
        needs; the key is its number).

    Examples
    --------
    >>> empty = sparse.csr_array((0, 2))
    >>> problem = Problem(
    ...     np.array([1.0, 2.0]), np.array([0, 0]), sparse.csr_array([[3.0, 5.0]]), np.array([4.0]),
    ...     (RowName("ceiling", "apbd_province", 2027),), np.empty(0, np.int64), empty,
    ...     np.array([True]), np.array([-1, -1]),
    ... )
    >>> check_solution(problem, np.array([True, False]))
    ()
    >>> [(each.name.kind, each.excess) for each in check_solution(problem, np.array([False, True]))]
    [('ceiling', 1)]
    """
    used = problem.rows @ chosen.astype(np.float64)
    excess = used - problem.limit
    broken = [BrokenRow(problem.names[row], int(excess[row])) for row in np.flatnonzero(excess > 0)]
    schools = np.bincount(
        problem.group[chosen & (problem.group >= 0)], minlength=len(problem.forced)
    )
    broken += [
        BrokenRow(RowName("one_option", str(group), None), int(schools[group]) - 1)
        for group in np.flatnonzero(schools > 1)
    ]
    broken += [
        BrokenRow(RowName("must_include", str(group), None), 1)
        for group in np.flatnonzero(problem.forced & (schools == 0))
    ]
    sets, times = np.unique(
        problem.exclusive[chosen & (problem.exclusive >= 0)], return_counts=True
    )
    broken += [
        BrokenRow(RowName("opened_once", str(each), None), int(count) - 1)
        for each, count in zip(sets, times, strict=True)
        if count > 1
    ]
    met = problem.providers @ chosen.astype(np.float64) > 0
    unmet = chosen[problem.needs_column] & ~met
    columns = np.unique(problem.needs_column[unmet])
    return (*broken, *(BrokenRow(RowName("needs", str(each), None), 1) for each in columns))
