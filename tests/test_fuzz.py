"""A slice of `make fuzz`, and that it sees every kind of fault, in a process of its own.

A worker of the tests has threads and the memory of all tests before: no process to fork from.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

CHECKS = REPOSITORY / "tests" / "fuzz" / "checks.py"


@pytest.mark.skipif(sys.platform == "win32", reason="processes are forked")
def test_the_checks_of_the_fuzzing_pass() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "--numprocesses", "0", str(CHECKS)]
    done = subprocess.run(
        command, cwd=REPOSITORY, check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout[-3000:]
