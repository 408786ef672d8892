"""The same plans, nearer to their linear relaxation.

A capacity that counts as given before anything is opened lets a relaxed problem use all of it for a
tenth of an opening. Bound to the opening it does not, and the bound comes much nearer to the best
plan (strong formulation of capacitated location: Leung and Magnanti 1989, doi:10.1007/BF01589107).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from kalsel_gap.planning.model import Problem


def tighten(problem: Problem) -> Problem:
    """Give each limit to the opening without which nothing could use it.

    Parameters
    ----------
    problem : Problem
        What is asked.

    Returns
    -------
    Problem
        With the same columns, rows, names and plans. A row ``amounts @ chosen <= limit`` of which
        every column needs one of the same block becomes ``amounts @ chosen - limit * opened <= 0``.
    """
    enabling = _enabling_blocks(problem)
    rows, limit = problem.rows, problem.limit.copy()
    block = problem.blocks
    members: dict[int, list[int]] = defaultdict(list)
    for column in np.flatnonzero(np.isin(block, list(set().union(*enabling.values())))).tolist():
        members[int(block[column])].append(column)
    added: list[tuple[int, int, float]] = []
    for row in np.flatnonzero(limit > 0).tolist():
        entries = slice(rows.indptr[row], rows.indptr[row + 1])
        columns, amounts = rows.indices[entries].tolist(), rows.data[entries]
        if not columns or (amounts < 0).any():
            continue
        common = set(enabling.get(columns[0], ()))
        for column in columns[1:]:
            if not common:
                break
            common &= enabling.get(column, set())
        common -= {int(each) for each in block[columns]}
        if common:
            opened = min(common)
            added += [(row, column, -limit[row]) for column in members[opened]]
            limit[row] = 0.0
    if not added:
        return problem
    at, into, values = zip(*added, strict=True)
    more = sparse.csr_array((values, (at, into)), shape=rows.shape)
    return replace(problem, rows=sparse.csr_array(rows + more), limit=limit)


def _enabling_blocks(problem: Problem) -> dict[int, set[int]]:
    """Of each column the blocks of which it needs a column, whatever else is chosen."""
    pairs = sparse.coo_array(problem.needs_any)
    kept = pairs.data != 0
    of_need = problem.blocks[pairs.col[kept]]
    p = len(problem.needs_column)
    low, high = np.full(p, np.iinfo(np.int64).max), np.full(p, -1)
    np.minimum.at(low, pairs.row[kept], of_need)
    np.maximum.at(high, pairs.row[kept], of_need)
    found: dict[int, set[int]] = defaultdict(set)
    for need in np.flatnonzero(low == high).tolist():
        found[int(problem.needs_column[need])].add(int(low[need]))
    return found
