"""What each total budget of a range could buy, and where more money begins to buy less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeVar

    CeilingKey = TypeVar("CeilingKey")

LEAST_POINTS = 3  # two make no knee
MOST_POINTS = 50
_FLAT = 1e-9  # share of the rise that is rounding


@dataclass(frozen=True, slots=True)
class BudgetPoint:
    """What a total budget buys.

    Attributes
    ----------
    total_idr : int
        Sum of all ceilings, rupiah with PPN.
    spent_idr : int
        What the plan spends of it.
    value : float
        In the unit of the objective.
    schools, students : int
        Schools of the plan, and their pupils as far as they are known.
    gap : float
        How far at most the plan is from the best one, as a share of the bound.
    """

    total_idr: int
    spent_idr: int
    value: float
    schools: int
    students: int
    gap: float


@dataclass(frozen=True, slots=True)
class BudgetCurve:
    """The points of a sweep, rising by budget, and its knee.

    Attributes
    ----------
    points : tuple of BudgetPoint
    knee : BudgetPoint or None
        Where the curve bends most; None where it does not bend.
    """

    points: tuple[BudgetPoint, ...]
    knee: BudgetPoint | None


def sweep_budget(
    totals: Sequence[int],
    solve: Callable[[int], BudgetPoint],
    *,
    report: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
) -> BudgetCurve:
    """The curve of budget against value.

    Parameters
    ----------
    totals : sequence of int
        Total budgets in rupiah, rising.
    solve : callable
        The plan of a total budget.
    report : callable
        Receives how many points are done, of how many.
    """
    points = []
    for done, total in enumerate(totals):
        report(done, len(totals))
        points.append(solve(total))
    report(len(totals), len(totals))
    return BudgetCurve(tuple(points), find_knee(points))


def even_totals(low: int, high: int, count: int) -> tuple[int, ...]:
    """Total budgets at equal steps, both ends included, in whole thousands between them.

    Parameters
    ----------
    low, high : int
        Rupiah; `low` is below `high`.
    count : int
        At least 2.

    Examples
    --------
    >>> even_totals(5_000_000_000, 20_000_000_000, 4)
    (5000000000, 10000000000, 15000000000, 20000000000)
    """
    inner = (low + (high - low) * n // (count - 1) for n in range(1, count - 1))
    between = {each // 1000 * 1000 for each in inner}
    return tuple(sorted({low, *(each for each in between if low < each < high), high}))


def scale_ceilings(ceilings: Mapping[CeilingKey, int], total: int) -> dict[CeilingKey, int]:
    """Ceilings with another sum and the same shares of it, exact to the rupiah.

    Each is rounded down; what is left over is given, rupiah by rupiah, to those that lost most by
    that, of equal ones the earlier (the method of the largest remainder).

    Parameters
    ----------
    ceilings : mapping of int
        Rupiah; at least one is above 0.
    total : int
        The new sum, rupiah.

    Examples
    --------
    >>> scale_ceilings({"a": 1, "b": 1, "c": 1}, 100)
    {'a': 34, 'b': 33, 'c': 33}
    """
    before = sum(ceilings.values())
    scaled = {key: amount * total // before for key, amount in ceilings.items()}
    lost = {key: amount * total % before for key, amount in ceilings.items()}
    over = total - sum(scaled.values())
    for key in sorted(lost, key=lambda each: -lost[each])[:over]:
        scaled[key] += 1
    return scaled


def find_knee(points: Sequence[BudgetPoint]) -> BudgetPoint | None:
    """The point that is farthest above the straight line from the first to the last one.

    Up to there a rupiah buys more than on average over the range, beyond it less. The distance is
    measured along the axis of the value; the farthest point is the same one for the perpendicular
    distance, whatever the units.

    Parameters
    ----------
    points : sequence of BudgetPoint
        Rising by budget.

    Returns
    -------
    BudgetPoint or None
        None of fewer than three points, and where no point lies above the line.

    Notes
    -----
    The knee of a discrete curve as in Satopää, Albrecht, Irwin and Raghavan (2011), *Finding a
    "Kneedle" in a Haystack*, without smoothing and for one knee.
    """
    if len(points) < LEAST_POINTS:
        return None
    first, last = points[0], points[-1]
    width, rise = last.total_idr - first.total_idr, last.value - first.value
    if width <= 0 or rise <= 0.0:
        return None
    above = [
        (each.value - first.value) / rise - (each.total_idr - first.total_idr) / width
        for each in points
    ]
    best = max(range(len(points)), key=lambda n: (round(above[n], 12), -n))
    return points[best] if above[best] > _FLAT else None
