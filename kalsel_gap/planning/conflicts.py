"""Why a request cannot be met: which of its limits conflict, and the smallest change that helps.

Each limit that a person sets may be exceeded, at a price relative to its size, and the least total
excess is sought (elastic programming: Brown and Graves 1975; Chinneck 2008,
doi:10.1007/978-0-387-74932-7). A limit that needs no change belongs to the conflict where the
others would need less without it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kalsel_gap.planning.highs import Program, program_of, run_highs
from kalsel_gap.planning.model import PAYER, Problem, RowName

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray

# Physics and earlier objectives are not for anyone to change.
FIXED_KINDS = ("capacity", "cell", "objective", PAYER)
MONEY_KIND = "ceiling"
_NODES = 500
_TRIED = 40  # limits of which is asked whether the change would be smaller without them
_ZERO = 1e-7


@dataclass(frozen=True, slots=True)
class Conflict:
    """A limit of an infeasible request.

    Parameters
    ----------
    name : RowName
        The limit; kind ``must_include`` with the number of a forced school as key.
    excess : int
        By how much it would have to be changed, in its own unit; 0: it stands against the others.
    """

    name: RowName
    excess: int


def find_conflicts(problem: Problem, *, nodes: int = _NODES, seed: int = 0) -> tuple[Conflict, ...]:
    """The smallest change that makes a request feasible, and the limits that stand against it.

    Parameters
    ----------
    problem : Problem
        What is asked.
    nodes : int
        Of each search, at most: a change that was found before is reported, and is then enough but
        perhaps not the smallest one.
    seed : int
        Of HiGHS.

    Returns
    -------
    tuple of Conflict
        Empty for a feasible request. First the changes, each of them needed together with the
        others, then the limits that need no change. Changes are measured relative to each limit:
        10 of a ceiling of 100 weigh as much as one school of a floor of ten.
    """
    may = np.array([name.kind not in FIXED_KINDS for name in problem.names], dtype=bool)
    elastic = _Elastic(problem, may)
    found = elastic.least(nodes=nodes, seed=seed)
    if found is None:
        elastic = _Elastic(problem, np.ones(len(may), dtype=bool))
        found = elastic.least(nodes=nodes, seed=seed)
    if found is None:
        return ()
    excess, missing, size = found
    changes = [Conflict(problem.names[row], int(excess[row])) for row in np.flatnonzero(excess > 0)]
    changes += [Conflict(RowName("must_include", str(group), None), 1) for group in missing]
    if not changes:
        return ()
    against = elastic.against(excess, missing, size, nodes=nodes, seed=seed)
    return (*changes, *(Conflict(name, 0) for name in against))


def find_missing_money(
    problem: Problem, *, nodes: int = _NODES, seed: int = 0
) -> tuple[Conflict, ...]:
    """The least sum of money that makes a request feasible while everything else stays as it is.

    Parameters
    ----------
    problem, nodes, seed
        As of :func:`find_conflicts`.

    Returns
    -------
    tuple of Conflict
        By how much each ceiling would have to be higher. Empty for a feasible request, and for one
        that no money makes feasible.
    """
    may = np.array([name.kind == MONEY_KIND for name in problem.names], dtype=bool)
    if not may.any():
        return ()
    found = _Elastic(problem, may, is_money=True).least(nodes=nodes, seed=seed)
    if found is None:
        return ()
    excess = found[0]
    return tuple(
        Conflict(problem.names[row], int(excess[row])) for row in np.flatnonzero(excess > 0)
    )


class _Elastic:
    """The problem with an excess for each limit that may be changed and for each forced school.

    With `is_money` the excesses are of one unit and their sum is sought, and no school is given up.
    """

    def __init__(self, problem: Problem, may: BoolArray, *, is_money: bool = False) -> None:
        self.problem = problem
        self.may = np.flatnonzero(may)
        self.is_money = is_money
        self.forced = np.flatnonzero(problem.forced)
        # One school that is given up weighs as much as a limit doubled.
        self.weight = 1.0 / np.maximum(np.abs(problem.limit[self.may]), 1.0)
        # A forced school becomes an option that counts when it is not taken.
        self.program = self._program(problem)

    def least(self, *, nodes: int, seed: int) -> tuple[FloatArray, IntArray, float] | None:
        """Excess of each row, forced schools without an option, and the total change."""
        outcome = run_highs(self.program, nodes=nodes, seed=seed)
        if outcome.end == "interrupted":
            raise KeyboardInterrupt
        if outcome.x is None or outcome.end == "infeasible":
            return None
        n = self.problem.n
        chosen = outcome.x[:n] > 0.5
        excess = np.maximum(self.problem.rows @ chosen.astype(np.float64) - self.problem.limit, 0.0)
        served = np.zeros(len(self.problem.forced), dtype=bool)
        group = self.problem.group[chosen]
        served[group[group >= 0]] = True
        missing = self.forced[~served[self.forced]]
        size = float((excess[self.may] * self.weight).sum()) + len(missing)
        return excess, missing, size

    def against(
        self, excess: FloatArray, missing: IntArray, size: float, *, nodes: int, seed: int
    ) -> list[RowName]:
        """Limits that need no change, but without which the others would need less."""
        problem = self.problem
        relaxed = replace(self.program, is_integer=np.zeros(len(self.program.value), dtype=bool))
        outcome = run_highs(relaxed, seed=seed)
        names: list[RowName] = []
        held = np.flatnonzero(excess == 0)
        if outcome.duals is not None and outcome.bound < -_ZERO:
            # The duals of the linear program prove that it is infeasible: these rows conflict.
            duals = np.abs(outcome.duals)
            names = [problem.names[row] for row in held if duals[row] > _ZERO]
            first = len(self.program.upper) - len(self.forced)
            names += [
                RowName("must_include", str(group), None)
                for place, group in enumerate(self.forced)
                if duals[first + place] > _ZERO and group not in missing
            ]
            return names
        for row in held[np.argsort(-np.abs(problem.limit[held]), kind="stable")][:_TRIED]:
            others = np.arange(len(problem.limit)) != row
            without = replace(
                problem,
                rows=sparse.csr_array(problem.rows[others]),
                limit=problem.limit[others],
                names=tuple(name for at, name in enumerate(problem.names) if at != row),
            )
            may = np.isin(np.flatnonzero(others), self.may)
            found = _Elastic(without, may).least(nodes=nodes, seed=seed)
            if found is not None and found[2] < size - _ZERO:
                names.append(problem.names[row])
        for group in np.setdiff1d(self.forced, missing)[:_TRIED]:
            free = problem.forced.copy()
            free[group] = False
            found = _Elastic(
                replace(problem, forced=free), np.isin(np.arange(len(problem.limit)), self.may)
            ).least(nodes=nodes, seed=seed)
            if found is not None and found[2] < size - _ZERO:
                names.append(RowName("must_include", str(group), None))
        return names

    def _program(self, problem: Problem) -> Program:
        n, free = problem.n, np.zeros(len(problem.forced), dtype=bool)
        plain = program_of(replace(problem, forced=free, value=np.zeros(n)), problem.limit)
        count, width = len(self.may), len(self.forced)
        # Rows were scaled: an excess of one limit's own size is one unit of its new column.
        own = np.abs(plain.upper[self.may])
        own = np.where(problem.limit[self.may] != 0, own, plain.scale[self.may])
        over = sparse.csr_array(
            (-own, (self.may, np.arange(count))), shape=(len(plain.upper), count)
        )
        without = sparse.csr_array((len(plain.upper), width))
        place = np.full(len(problem.forced), -1)
        place[self.forced] = np.arange(width)
        member = np.flatnonzero((problem.group >= 0) & problem.forced[problem.group])
        must = sparse.csr_array(
            (np.ones(len(member)), (place[problem.group[member]], member)), shape=(width, n)
        )
        rows = sparse.vstack(
            [
                sparse.hstack([plain.rows, over, without]),
                sparse.hstack([must, sparse.csr_array((width, count)), sparse.eye_array(width)]),
            ],
            format="csr",
        )
        price = np.ones(count + width)
        most = np.ones(count + width)
        most[:count] = np.inf
        if self.is_money:
            size = np.maximum(np.abs(problem.limit[self.may]), 1.0)
            price[:count], most[count:] = size / size.max(), 0.0
        return Program(
            value=np.concatenate([np.zeros(n), -price]),
            rows=sparse.csr_array(rows),
            lower=np.concatenate([plain.lower, np.ones(width)]),
            upper=np.concatenate([plain.upper, np.full(width, np.inf)]),
            column_upper=np.concatenate([np.ones(n), most]),
            is_integer=np.concatenate(
                [np.ones(n, bool), np.zeros(count, bool), np.ones(width, bool)]
            ),
            scale=np.concatenate([plain.scale, np.ones(width)]),
        )
