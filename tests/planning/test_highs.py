"""What goes to HiGHS and what comes back."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from kalsel_gap.planning.highs import program_of, run_highs
from tests.planning.problems import problem_of


def test_rows_are_scaled_by_powers_of_two_and_single_openings_have_none() -> None:
    problem = problem_of(
        [1, 2, 0], [0, 0, -1], [[3, 6, 0], [0, 0, 0]], [7, 0], needs=[(0, [2])], forced=[0]
    )
    program = program_of(problem, problem.limit)
    assert program.rows.toarray().tolist() == [
        [0.75, 1.5, 0],
        [0, 0, 0],
        [1, 0, -1],
        [1, 1, 0],
    ]
    assert program.upper.tolist() == [1.75, 0, 0, 1]
    assert program.lower.tolist() == [-np.inf, -np.inf, -np.inf, 1]
    assert program.scale.tolist() == [0.25, 1, 1, 1]


def test_an_optimum_its_bound_and_an_infeasible_program() -> None:
    problem = problem_of([3, 4], [0, 1], [[2, 3]], [4])
    outcome = run_highs(program_of(problem, problem.limit), start=np.array([1.0, 0.0]))
    assert outcome.end == "optimal"
    assert outcome.x is not None
    assert outcome.x.round().tolist() == [0, 1]
    assert outcome.bound == pytest.approx(4)
    must = problem_of([3, 4], [0, 1], [[2, 3]], [4], forced=[0, 1])
    assert run_highs(program_of(must, must.limit)).end == "infeasible"


def test_a_linear_program_gives_its_duals() -> None:
    problem = problem_of([3, 4], [0, 1], [[2, 3]], [4])
    program = program_of(problem, problem.limit)
    outcome = run_highs(replace(program, is_integer=np.zeros(2, dtype=bool)))
    assert outcome.bound == pytest.approx(3 + 4 * 2 / 3)
    assert outcome.duals is not None
    assert abs(outcome.duals[0]) == pytest.approx(4 / 3 / program.scale[0])


def test_nothing_is_printed() -> None:
    """In a new process: the line of its version is printed once."""
    program = (
        "from tests.planning.problems import province\n"
        "from kalsel_gap.planning.highs import program_of, run_highs\n"
        "problem = province(3)\n"
        "assert run_highs(program_of(problem, problem.limit)).end == 'optimal'\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert (done.stdout, done.stderr) == ("", "")
