"""A proven bound on the value of the best plan, by Lagrangian relaxation.

Each limit and each need gets a price, its multiplier, and is then allowed to be broken. What is
left is a choice per school on its own. Its value is at least that of the best plan **for any
multipliers that are not negative**, so a bound needs no trust in how they were found.

They are found by minimising the bound: its maxima are smoothed with a temperature that falls
(Nesterov 2005, doi:10.1007/s10107-004-0552-5), and each smooth function is minimised by a projected
limited-memory quasi-Newton method (Byrd et al. 1995, doi:10.1137/0916069; two-loop recursion of
Nocedal 1980). Each step is made of operations that IEEE 754 rounds alike on every processor and
with any number of threads: no library's ``exp``, ``log`` or scalar product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.planning.model import Problem

_MEMORY = 12  # pairs of steps that the quasi-Newton method remembers
_COOLING = 0.25
_COLDEST = 1e-4  # of the first temperature
_STEPS = 300  # of the quasi-Newton method at one temperature
_ROUNDING = 1e-12  # of the sum of all terms: rounding of a bound, taken to its safe side


@dataclass(frozen=True, slots=True)
class Bound:
    """A proven bound.

    Parameters
    ----------
    value : float
        No plan is worth more.
    multipliers : float array of shape (m,)
        Price of one unit of each row, in units of value: not negative.
    needs : float array of shape (p,)
        Price of each need.
    soft : float array of shape (n,)
        Share in which the smoothed problem takes a column, 0…1: near the solution of the linear
        relaxation.
    """

    value: float
    multipliers: FloatArray
    needs: FloatArray
    soft: FloatArray


def bound_value(
    problem: Problem, *, start: Bound | None = None, rounds: int | None = None
) -> Bound:
    """The best bound of all temperatures.

    Parameters
    ----------
    problem : Problem
        What is asked.
    start : Bound, optional
        Whose multipliers are the first ones.
    rounds : int, optional
        Temperatures to use; default all.

    Returns
    -------
    Bound
        Valid whatever was reached.

    Examples
    --------
    Two schools, money for one of them; without the limit both would be worth 5.

    >>> from kalsel_gap.planning.model import Problem, RowName
    >>> problem = Problem(
    ...     np.array([3.0, 2.0]), np.array([0, 1]), sparse.csr_array([[1.0, 1.0]]), np.array([1.0]),
    ...     (RowName("ceiling", "apbd_province", 2027),), np.empty(0, np.int64),
    ...     sparse.csr_array((0, 2)), np.zeros(2, bool), np.array([-1, -1]),
    ... )
    >>> 3 <= bound_value(problem).value < 3.001
    True
    """
    for number, bound in enumerate(bounds(problem, start=start), start=1):  # noqa: B007
        if rounds is not None and number >= rounds:
            break
    return bound


def bounds(problem: Problem, *, start: Bound | None = None) -> Iterator[Bound]:
    """The best bound so far after each temperature, from the hottest to the coldest.

    Parameters
    ----------
    problem, start
        As in :func:`bound_value`.

    Yields
    ------
    Bound
        Never worse than the one before.
    """
    dual = Dual(problem)
    at = dual.scaled(start)
    best, best_at = dual.exact(at), at
    top = np.maximum.reduceat(dual.value, dual.starts) if problem.n else np.empty(0)
    hot = max(float(np.median(top[top > 0])) if (top > 0).any() else 1.0, 1e-12) * 0.1
    temperature = hot if start is None else hot * _COOLING**3
    while True:
        at = _descend(dual, at, temperature)
        found = dual.exact(at)
        if found < best:
            best, best_at = found, at
        multipliers, needs = dual.unscaled(best_at)
        yield Bound(best, multipliers, needs, dual.soft(at, temperature))
        temperature *= _COOLING
        if temperature < hot * _COLDEST:
            return


def reduced_values(problem: Problem, multipliers: FloatArray, needs: FloatArray) -> FloatArray:
    """What a column is worth after it has paid for what it uses and was paid for what it enables.

    Parameters
    ----------
    problem : Problem
        What is asked.
    multipliers, needs : float arrays of shapes (m,) and (p,)
        Prices.

    Returns
    -------
    float array of shape (n,)
    """
    paid = problem.rows.T @ multipliers
    enabled = problem.providers.T @ needs
    needing = np.bincount(problem.needs_column, weights=needs, minlength=problem.n)
    reduced: FloatArray = problem.value - paid - needing + enabled
    return reduced


def loss_of_columns(problem: Problem, bound: Bound) -> FloatArray:
    """By how much the bound falls where a plan must contain a column.

    A plan with column c is worth at most ``bound.value - loss[c]``: the relaxed problem with c
    takes c instead of the best column of its block.

    Parameters
    ----------
    problem : Problem
        What is asked.
    bound : Bound
        With its multipliers.

    Returns
    -------
    float array of shape (n,)
        Not negative.
    """
    reduced = reduced_values(problem, bound.multipliers, bound.needs)
    block = problem.blocks
    best = best_of_blocks(reduced, block, problem.forced)
    return best[block] - reduced


def best_of_blocks(reduced: FloatArray, block: IntArray, forced: BoolArray) -> FloatArray:
    """Of each block its best column's value, 0 where none is worth it and none is forced.

    Parameters
    ----------
    reduced : float array of shape (n,)
        What a column is worth.
    block : int array of shape (n,)
        As :attr:`Problem.blocks`.
    forced : bool array of shape (g,)
        Of the first g blocks.

    Returns
    -------
    float array of shape (number of blocks,)
    """
    count = max(int(block.max(initial=-1)) + 1, len(forced))
    best = np.zeros(count)
    best[: len(forced)][forced] = -np.inf
    np.maximum.at(best, block, reduced)
    best[np.isneginf(best)] = (
        0.0  # a forced school without columns: infeasible, the bound still holds
    )
    return best


class Dual:
    """The relaxed problem with its columns in the order of blocks, its rows of one length."""

    def __init__(self, problem: Problem) -> None:
        block = problem.blocks
        order = np.argsort(block, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(problem.n)
        self._order = order
        self.value = problem.value[order]
        sorted_blocks = block[order]
        self.starts = np.flatnonzero(np.diff(sorted_blocks, prepend=-1))
        self._of_block = np.repeat(
            np.arange(len(self.starts)), np.diff(np.append(self.starts, problem.n))
        )
        first = sorted_blocks[self.starts]
        # Taking none of a block is worth nothing, and is no choice where the school is forced.
        none = np.zeros(len(self.starts))
        is_forced = first < len(problem.forced)
        is_forced[is_forced] = problem.forced[first[is_forced]]
        none[is_forced] = -np.inf
        self._none = none
        self._m = len(problem.limit)
        matrix = _all_rows(problem)[:, order]
        norm = np.sqrt(matrix.multiply(matrix).sum(axis=1))
        self._scale = np.where(norm > 0, norm, 1.0)
        scaled = sparse.csr_array(sparse.diags_array(1 / self._scale) @ matrix)
        scaled.sort_indices()
        self._rows = scaled
        self._columns = sparse.csr_array(scaled.T)
        self._columns.sort_indices()
        self._limit = np.concatenate([problem.limit, np.zeros(len(problem.needs_column))])
        self._limit = self._limit / self._scale

    def scaled(self, bound: Bound | None) -> FloatArray:
        """Multipliers of a bound as this class counts them; zeros without one."""
        if bound is None:
            return np.zeros(len(self._scale))
        return np.concatenate([bound.multipliers, bound.needs]) * self._scale

    def unscaled(self, at: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Multipliers of the rows and of the needs in the problem's own units."""
        own = at / self._scale
        return own[: self._m], own[self._m :]

    def exact(self, at: FloatArray) -> float:
        """The bound at these multipliers, with its rounding on the safe side."""
        reduced = self.value - self._columns @ at
        best = np.maximum.reduceat(reduced, self.starts) if len(self.starts) else np.empty(0)
        best = np.maximum(best, self._none)
        terms = self._limit * at
        size = float(np.abs(terms).sum() + np.abs(best).sum() + np.abs(self.value).sum())
        return float(terms.sum() + best.sum()) + _ROUNDING * size

    def smooth(self, at: FloatArray, temperature: float) -> tuple[float, FloatArray]:
        """The smoothed bound and its gradient."""
        soft, worth = self._shares(at, temperature)
        value = float((self._limit * at).sum() + worth.sum())
        return value, self._limit - self._rows @ soft

    def soft(self, at: FloatArray, temperature: float) -> FloatArray:
        """Share in which each column is taken, in the problem's own order."""
        shares = np.empty(len(self.value))
        shares[self._order] = self._shares(at, temperature)[0]
        return shares

    def _shares(self, at: FloatArray, temperature: float) -> tuple[FloatArray, FloatArray]:
        if not len(self.starts):
            return np.empty(0), np.empty(0)
        reduced = self.value - self._columns @ at
        top = np.maximum(np.maximum.reduceat(reduced, self.starts), self._none)
        weight = portable_exp((reduced - top[self._of_block]) / temperature)
        none = portable_exp(np.maximum(self._none - top, -1e300) / temperature)
        total = np.add.reduceat(weight, self.starts) + none
        return weight / total[self._of_block], top + temperature * portable_log(total)


def _all_rows(problem: Problem) -> sparse.csr_array:
    """Rows of limits, then of needs as ``column - sum of any <= 0``."""
    p = len(problem.needs_column)
    needing = sparse.csr_array(
        (np.ones(p), (np.arange(p), problem.needs_column)), shape=(p, problem.n)
    )
    needs = needing - problem.providers.astype(np.float64)
    return sparse.csr_array(sparse.vstack([problem.rows, needs], format="csr"))


def portable_exp(x: FloatArray) -> FloatArray:
    """e^x for x ≤ 0 in additions and products only: equal on every processor; 0 below -40.

    Parameters
    ----------
    x : float array
        Not positive.

    Returns
    -------
    float array
        Relative error below 1e-6 at -40, below 1e-13 above -8.

    Examples
    --------
    >>> portable_exp(np.array([0.0, -1.0, -50.0])).round(9).tolist()
    [1.0, 0.367879441, 0.0]
    """
    y = np.maximum(x, -40.0) * (1 / 64)
    power = y * (1 / 7) + 1.0
    for divisor in (6, 5, 4, 3, 2, 1):
        power *= y * (1 / divisor)
        power += 1.0
    for _ in range(6):
        power *= power
    power[x < -40.0] = 0.0
    return power


def portable_log(x: FloatArray) -> FloatArray:
    """Natural logarithm in additions, products and quotients only, for normal numbers > 0.

    Parameters
    ----------
    x : float array
        Positive.

    Returns
    -------
    float array

    Examples
    --------
    >>> portable_log(np.array([1.0, 10.0])).round(9).tolist()
    [0.0, 2.302585093]
    """
    mantissa, exponent = np.frexp(x)
    low = mantissa < 0.7071067811865476
    mantissa = np.where(low, mantissa * 2, mantissa)
    exponent = np.where(low, exponent - 1, exponent)
    t = (mantissa - 1) / (mantissa + 1)
    square = t * t
    series = np.full_like(t, 1 / 17)
    for odd in (15, 13, 11, 9, 7, 5, 3, 1):
        series = series * square + 1 / odd
    result: FloatArray = 2 * t * series + exponent * 0.6931471805599453
    return result


def _dot(one: FloatArray, other: FloatArray) -> float:
    """The pairwise sum of numpy sum: a scalar product of BLAS depends on the number of threads."""
    return float((one * other).sum())


def _descend(dual: Dual, at: FloatArray, temperature: float) -> FloatArray:
    """Multipliers near the minimum of the smoothed bound, by quasi-Newton steps."""
    value, gradient = dual.smooth(at, temperature)
    steps: list[tuple[FloatArray, FloatArray, float]] = []
    small = 0
    for _ in range(_STEPS):
        free = (at > 0) | (gradient < 0)
        slope = np.where(free, gradient, 0.0)
        if _dot(slope, slope) == 0:
            break
        direction = np.where(free, -_curved(slope, steps), 0.0)
        if _dot(direction, slope) >= 0:
            steps, direction = [], -slope
        length = 1.0 if steps else temperature / float(np.abs(slope).max())
        for _ in range(30):
            there = np.maximum(at + length * direction, 0.0)
            moved = there - at
            expected = _dot(gradient, moved)
            new_value, new_gradient = dual.smooth(there, temperature)
            if expected < 0 and new_value <= value + 1e-4 * expected:
                break
            length *= 0.4
        else:
            if not steps:
                break
            steps = []
            continue
        change = new_gradient - gradient
        curvature = _dot(moved, change)
        if curvature > 1e-12 * _dot(change, change):
            steps = [*steps[-_MEMORY + 1 :], (moved, change, curvature)]
        fall = value - new_value
        at, value, gradient = there, new_value, new_gradient
        small = small + 1 if fall < 1e-7 * abs(value) else 0
        if small == 3:
            break
    return at


def _curved(slope: FloatArray, steps: list[tuple[FloatArray, FloatArray, float]]) -> FloatArray:
    """Product of the approximate inverse of the second derivatives and the gradient."""
    result = slope.copy()
    shares = []
    for moved, change, curvature in reversed(steps):
        share = _dot(moved, result) / curvature
        result -= share * change
        shares.append(share)
    if steps:
        _, change, curvature = steps[-1]
        result *= curvature / _dot(change, change)
    for (moved, change, curvature), share in zip(steps, reversed(shares), strict=True):
        result += (share - _dot(change, result) / curvature) * moved
    return result
