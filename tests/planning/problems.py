"""Small problems, and their best plans found by trying all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kalsel_gap.planning.model import PAYER, Problem, RowName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import BoolArray


def problem_of(
    value: Sequence[float],
    group: Sequence[int],
    rows: ArrayLike,
    limit: Sequence[float],
    *,
    kinds: Sequence[str] | None = None,
    needs: Sequence[tuple[int, Sequence[int]]] = (),
    forced: Sequence[int] = (),
    exclusive: Sequence[int] | None = None,
) -> Problem:
    """A problem of plain lists; each need is a column and those of which it needs one."""
    n, schools = len(value), max([*group, -1]) + 1
    any_of = np.zeros((len(needs), n))
    for row, (_, providers) in enumerate(needs):
        any_of[row, list(providers)] = 1
    kinds = ["ceiling"] * len(limit) if kinds is None else kinds
    return Problem(
        value=np.array(value, dtype=float),
        group=np.array(group, dtype=np.int64),
        rows=sparse.csr_array(np.array(rows, dtype=float).reshape(len(limit), n)),
        limit=np.array(limit, dtype=float),
        names=tuple(RowName(kind, str(row), 2027) for row, kind in enumerate(kinds)),
        needs_column=np.array([column for column, _ in needs], dtype=np.int64),
        needs_any=sparse.csr_array(any_of),
        forced=np.isin(np.arange(schools), forced),
        exclusive=np.full(n, -1) if exclusive is None else np.array(exclusive, dtype=np.int64),
    )


def random_problem(seed: int, *, demands: bool = True) -> Problem:
    """At most 11 columns: schools, openings over years, ceilings, a capacity, floors, needs."""
    rng = np.random.default_rng(seed)
    schools = int(rng.integers(1, 5))
    group = np.repeat(np.arange(schools), rng.integers(1, 3, schools))
    openings = int(rng.integers(0, 4))
    own, n = len(group), len(group) + openings
    group = np.append(group, np.full(openings, -1))
    exclusive = np.where(np.arange(n) >= own, rng.integers(-1, 1, n), -1)
    value = np.where(np.arange(n) < own, rng.integers(1, 40, n), -rng.integers(0, 5, n)) / 8
    rows = [rng.integers(0, 9, n) * (rng.random(n) < 0.8) for _ in range(int(rng.integers(1, 4)))]
    limit = [int(rng.integers(0, row.sum() + 2)) for row in rows]
    kinds = ["ceiling"] * len(rows)
    if demands and rng.random() < 0.5:
        rows.append(-(np.arange(n) < own).astype(int) * (rng.random(n) < 0.7))
        limit.append(-int(rng.integers(0, schools + 1)))
        kinds.append("floor")
    needs = []
    if openings:
        for column in rng.permutation(own)[: int(rng.integers(0, own + 1))]:
            count = int(rng.integers(1, openings + 1))
            needs.append((int(column), (own + rng.permutation(openings)[:count]).tolist()))
        if rng.random() < 0.4:
            # A hub at a school needs this school served.
            host = int(rng.integers(0, schools))
            needs.append((own, np.flatnonzero(group == host).tolist()))
    if needs and rng.random() < 0.5:
        # Who pays for the first opening is responsible for some of the schools only.
        row = -(np.arange(n) < own).astype(int) * (rng.random(n) < 0.4)
        row[own] = 1
        rows.append(row)
        limit.append(0)
        kinds.append(PAYER)
    forced = np.flatnonzero(rng.random(schools) < 0.2) if demands else np.empty(0, int)
    return problem_of(
        value.tolist(), group.tolist(), rows, limit, kinds=kinds, needs=needs,
        forced=forced.tolist(), exclusive=exclusive.tolist(),
    )  # fmt: skip


def all_plans(problem: Problem) -> BoolArray:
    """Every plan that keeps all limits, one a row; written apart from what is tested."""
    n = problem.n
    plans = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    good = (plans @ problem.rows.toarray().T <= problem.limit).all(axis=1)
    for school in range(len(problem.forced)):
        taken = plans[:, problem.group == school].sum(axis=1)
        good &= (taken <= 1) & (taken >= int(problem.forced[school]))
    for each in set(problem.exclusive.tolist()) - {-1}:
        good &= plans[:, problem.exclusive == each].sum(axis=1) <= 1
    for column, providers in zip(problem.needs_column, problem.needs_any.toarray(), strict=True):
        good &= (plans[:, column] == 0) | (plans[:, providers != 0].sum(axis=1) > 0)
    kept: BoolArray = plans[good].astype(bool)
    return kept


def best_value(problem: Problem) -> float:
    """Value of the best plan; -inf where there is none."""
    return float((all_plans(problem) @ problem.value).max(initial=-np.inf))


def province(schools: int, seed: int = 0) -> Problem:
    """Schools of three envelopes over two years, options of two prices."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(schools), 4)
    n = len(group)
    year = np.tile([0, 0, 1, 1], schools)
    price = np.tile([10, 25, 10, 25], schools) + rng.integers(0, 9, schools)[group]
    value = rng.random(schools)[group] * np.tile([3.0, 5.0, 2.0, 3.0], schools)
    envelope = (np.arange(schools) % 3)[group]
    rows, limit, names = [], [], []
    for each in range(3):
        for at in range(2):
            rows.append(np.where((envelope == each) & (year == at), price, 0))
            limit.append(schools * 2.0)
            names.append(RowName("ceiling", f"envelope {each}", 2027 + at))
    empty = problem_of(value.tolist(), group.tolist(), np.array(rows), limit)
    return replace(empty, names=tuple(names), exclusive=np.full(n, -1))
