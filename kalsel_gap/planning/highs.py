"""The one module that knows HiGHS: a mixed-integer problem in, its plan and its bound out.

Huangfu and Hall 2018, doi:10.1007/s12532-017-0130-5. One thread and a fixed seed, and nothing but a
gap and a number of nodes stops it, so that the same problem gives the same plan everywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from collections.abc import Callable

    import highspy

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.planning.model import Problem

HighsEnd = Literal["optimal", "gap", "nodes", "time", "interrupted", "infeasible"]
_WAIT_SECONDS = 0.1  # between two looks whether the user has interrupted


@dataclass(frozen=True, slots=True)
class Program:
    """Maximise ``value @ x`` with ``lower <= rows @ x <= upper``."""

    value: FloatArray
    rows: sparse.csr_array
    lower: FloatArray
    upper: FloatArray
    column_upper: FloatArray
    is_integer: BoolArray
    scale: FloatArray  # by which each row was multiplied


@dataclass(frozen=True, slots=True)
class HighsOutcome:
    """What HiGHS says: nothing of it is proven by us."""

    end: HighsEnd
    x: FloatArray | None
    bound: float  # inf: none
    nodes: int
    duals: FloatArray | None  # of a linear program's rows


def program_of(problem: Problem, limit: FloatArray) -> Program:
    """The plan as a mixed-integer program; rows are scaled, no row without a column.

    Parameters
    ----------
    problem : Problem
        What is asked.
    limit : float array of shape (m,)
        In place of the problem's own: a solver keeps its limits only to a tolerance.

    Returns
    -------
    Program
        Rows: limits, needs, then one option a school and one year an opening.
    """
    n, p = problem.n, len(problem.needs_column)
    needing = sparse.csr_array((np.ones(p), (np.arange(p), problem.needs_column)), shape=(p, n))
    needs = needing - problem.providers.astype(np.float64)
    block = problem.blocks
    schools = len(problem.forced)
    count = max(int(block.max(initial=-1)) + 1, schools)
    members = sparse.csr_array((np.ones(n), (block, np.arange(n))), shape=(count, n))
    least = np.full(count, -np.inf)
    least[:schools][problem.forced] = 1.0
    size = np.diff(members.indptr)
    kept = (size > 1) | np.isfinite(least)
    top = abs(problem.rows).max(axis=1).toarray().ravel() if n else np.zeros(len(limit))
    # Powers of two: scaled rows are as exact as the whole numbers that they are made of.
    scale = 2.0 ** -np.floor(np.log2(np.where(top > 0, top, 1.0)))
    scaled = sparse.diags_array(scale) @ problem.rows
    rows = sparse.csr_array(sparse.vstack([scaled, needs, members[kept]], format="csr"))
    upper = np.concatenate([limit * scale, np.zeros(p), np.ones(int(kept.sum()))])
    lower = np.concatenate([np.full(len(limit) + p, -np.inf), least[kept]])
    return Program(
        value=problem.value,
        rows=rows,
        lower=lower,
        upper=upper,
        column_upper=np.ones(n),
        is_integer=np.ones(n, dtype=bool),
        scale=np.concatenate([scale, np.ones(len(upper) - len(scale))]),
    )


def run_highs(
    program: Program,
    *,
    start: FloatArray | None = None,
    gap: float = 0.0,
    nodes: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
) -> HighsOutcome:
    """Maximise.

    Parameters
    ----------
    program : Program
        What is asked.
    start : float array, optional
        Values of all columns to start from.
    gap : float
        Relative gap at which to stop.
    nodes : int, optional
        Of the search tree, at most.
    seconds : float, optional
        At most; a result that ran out of time cannot be reproduced.
    seed : int
        Of the solver's random numbers.

    Returns
    -------
    HighsOutcome
        An interruption by the user ends the run, not the program.
    """
    solver = _silent_solver()
    asked: dict[str, float | str | None] = {
        "threads": 1,
        "parallel": "off",
        "random_seed": seed,
        "mip_rel_gap": gap,
        "mip_abs_gap": 0.0 if gap == 0 else 1e-9,
        "mip_max_nodes": nodes,
        "time_limit": seconds,
    }
    for name, option in asked.items():
        if option is not None:
            solver.setOptionValue(name, option)
    solver.passModel(_model(program))
    if start is not None:
        solver.setSolution(len(start), np.arange(len(start), dtype=np.int32), start)
    interrupted = _run(solver)
    return _outcome(solver, interrupted=interrupted, is_integer=bool(program.is_integer.any()))


def _silent_solver() -> highspy.Highs:
    import highspy

    class Silent(highspy.Highs):
        """Silent before its callbacks are set: that alone prints a line of its version."""

        def enableCallbacks(self) -> None:  # noqa: N802 - highspy's name
            self.silent()
            highspy.Highs.enableCallbacks(self)

    made: Callable[[], highspy.Highs] = Silent
    return made()


def _model(program: Program) -> highspy.HighsLp:
    import highspy

    rows = program.rows
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(program.value), len(program.upper)
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = program.value
    lp.col_lower_ = np.zeros(len(program.value))
    lp.col_upper_ = program.column_upper
    lp.row_lower_, lp.row_upper_ = program.lower, program.upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = rows.indptr.astype(np.int32)
    lp.a_matrix_.index_ = rows.indices.astype(np.int32)
    lp.a_matrix_.value_ = rows.data.astype(np.float64)
    if program.is_integer.any():
        kinds = highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger
        lp.integrality_ = [kinds[int(each)] for each in program.is_integer]
    return lp


def _run(solver: highspy.Highs) -> bool:
    """Run in a thread of its own, so that the user's interruption reaches us; whether one did."""
    solver.HandleUserInterrupt = True
    thread = solver.startSolve()
    interrupted = False
    while thread.is_alive():
        try:
            thread.join(_WAIT_SECONDS)
        except KeyboardInterrupt:
            interrupted = True
            solver.cancelSolve()
    return interrupted


def _outcome(solver: highspy.Highs, *, interrupted: bool, is_integer: bool) -> HighsOutcome:
    import highspy

    status, info = solver.getModelStatus(), solver.getInfo()
    ends: dict[highspy.HighsModelStatus, HighsEnd] = {
        highspy.HighsModelStatus.kOptimal: "optimal",
        highspy.HighsModelStatus.kInfeasible: "infeasible",
        highspy.HighsModelStatus.kTimeLimit: "time",
        highspy.HighsModelStatus.kSolutionLimit: "nodes",
        highspy.HighsModelStatus.kIterationLimit: "nodes",
        highspy.HighsModelStatus.kInterrupt: "interrupted",
        highspy.HighsModelStatus.kModelEmpty: "optimal",
    }
    end = ends.get(status, "nodes")
    if interrupted and end != "optimal":
        end = "interrupted"
    solution = solver.getSolution()
    x = np.array(solution.col_value) if solution.value_valid else None
    if not is_integer:
        bound = info.objective_function_value if end == "optimal" else math.inf
        return HighsOutcome(end, x, bound, 0, np.array(solution.row_dual))
    bound = info.mip_dual_bound if math.isfinite(info.mip_dual_bound) else math.inf
    if end == "optimal" and info.mip_gap > 0:
        end = "gap"
    return HighsOutcome(end, x, bound, max(int(info.mip_node_count), 0), None)
