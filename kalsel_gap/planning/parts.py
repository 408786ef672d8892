"""A plan improved part by part: one envelope is planned anew while the others stay as they are.

A part is small, so that a search finds its best choice at once where one search for everything
would take hours (large neighbourhood search: Shaw 1998, doi:10.1007/3-540-49481-2_30). Of a part
only its core is free: columns that lose little against the best one of their school (Balas and
Zemel 1980, doi:10.1287/opre.28.5.1130).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kalsel_gap.planning.bound import loss_of_columns
from kalsel_gap.planning.highs import program_of, run_highs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.planning.bound import Bound
    from kalsel_gap.planning.model import Problem

_CORE = 60  # columns that are free in a part besides those that lose nothing
_WITH_OPENINGS = 5  # times as many where openings are free too
_NODES = 20


@dataclass(frozen=True, slots=True)
class _EnvelopePart:
    rows: IntArray
    free: BoolArray  # of all columns


def replanned(
    problem: Problem, bound: Bound, chosen: BoolArray, *, gap: float, seed: int, width: int = 1
) -> Iterator[BoolArray]:
    """Plans with one part planned anew, each from the one before.

    Parameters
    ----------
    problem : Problem
        What is asked.
    bound : Bound
        Its prices say which columns may be changed.
    chosen : bool array of shape (n,)
        A plan.
    gap : float
        Relative gap at which the search of one part stops.
    seed : int
        Of HiGHS.
    width : int
        Times as many columns as in a first pass.

    Yields
    ------
    bool array of shape (n,)
        Not yet checked against the limits.
    """
    loss = loss_of_columns(problem, bound)
    chosen = chosen.copy()
    parts = _parts_of(problem)
    slack = problem.limit - problem.rows @ chosen.astype(np.float64)
    missed = np.array(
        [
            float((slack * bound.multipliers)[part.rows].sum() + loss[chosen & part.free].sum())
            for part in parts
        ]
    )
    # Where most was missed there is most to find.
    for number in np.lexsort((np.arange(len(parts)), -missed)).tolist():
        small = _Small(problem, chosen, _core(problem, parts[number].free, loss, chosen, width))
        if small.near.any():
            chosen = small.best(gap=gap, nodes=_NODES, seed=seed)
            yield chosen.copy()


def _parts_of(problem: Problem) -> list[_EnvelopePart]:
    """Of each envelope its rows, and all columns of schools and openings that it may pay for."""
    rows_of: dict[str, list[int]] = {}
    for row, name in enumerate(problem.names):
        if name.kind == "ceiling":
            rows_of.setdefault(name.key, []).append(row)
    block = problem.blocks
    parts = []
    for key in sorted(rows_of):
        rows = np.array(rows_of[key])
        paid = np.zeros(problem.n, dtype=bool)
        paid[problem.rows[rows].indices] = True
        parts.append(_EnvelopePart(rows, np.isin(block, block[paid])))
    if not parts:
        parts.append(_EnvelopePart(np.arange(len(problem.limit)), np.ones(problem.n, dtype=bool)))
    return parts


def _core(
    problem: Problem, free: BoolArray, loss: FloatArray, chosen: BoolArray, width: int
) -> BoolArray:
    """The free columns of a part that lose least, and all that the plan has of it."""
    columns = np.flatnonzero(free)
    size = _CORE * (_WITH_OPENINGS if (problem.group[columns] < 0).any() else 1) * width
    lossless = int((loss[columns] <= 1e-9).sum())
    near = np.zeros(problem.n, dtype=bool)
    near[columns[np.argsort(loss[columns], kind="stable")[: lossless + size]]] = True
    return near | (chosen & free)


class _Small:
    """The problem of some columns, with all others as they are in a plan."""

    def __init__(self, problem: Problem, chosen: BoolArray, near: BoolArray) -> None:
        meets = problem.providers
        fixed = chosen & ~near
        block = problem.blocks
        # What a need of a fixed column relies on stays too, with its whole block.
        relied = fixed[problem.needs_column]
        held = ((meets[relied]).sum(axis=0) > 0) & chosen
        near = near & ~np.isin(block, block[held & near])
        fixed = chosen & ~near
        # A block whose own column stays has no room for another one.
        near &= ~np.isin(block, block[fixed])
        met = meets @ fixed.astype(np.float64) > 0
        possible = meets @ near.astype(np.float64) > 0
        near[problem.needs_column[~met & ~possible]] = False
        self.chosen, self.fixed = chosen, chosen & ~near
        # A column of the plan is never among those without what they need.
        self.near = near
        small = problem.take(near)
        open_needs = ~met[near[problem.needs_column]]
        limit = problem.limit - problem.rows @ self.fixed.astype(np.float64)
        used = np.flatnonzero(np.diff(small.rows.indptr) > 0)
        forced = problem.forced.copy()
        taken = problem.group[self.fixed]
        forced[taken[taken >= 0]] = False
        self.problem = replace(
            small,
            rows=sparse.csr_array(small.rows[used]),
            limit=limit[used],
            names=tuple(small.names[row] for row in used),
            needs_column=small.needs_column[open_needs],
            needs_any=sparse.csr_array(small.needs_any[open_needs]),
            forced=forced,
        )

    def best(self, *, gap: float, nodes: int, seed: int) -> BoolArray:
        """The plan with the best choice found for the free columns."""
        outcome = run_highs(
            program_of(self.problem, self.problem.limit),
            start=self.chosen[self.near].astype(np.float64),
            gap=gap,
            nodes=nodes,
            seed=seed,
        )
        if outcome.end == "interrupted":
            raise KeyboardInterrupt
        if outcome.x is None:
            return self.chosen
        plan = self.fixed.copy()
        plan[self.near] = outcome.x > 0.5
        return plan
