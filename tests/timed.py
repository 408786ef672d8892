"""Run tests in a given order and keep how long each took: `tests/mutants.py` starts it in a copy.

A program of its own, so that the copy's modules are imported and not those beside `mutants.py`. It
imports the libraries once and then forks for each run: to import them takes longer than most tests.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import Phase, settings

if TYPE_CHECKING:
    from collections.abc import Generator

LIBRARIES = (
    *("babel", "folium", "geopandas", "numba", "pandera.pandas", "pyarrow.parquet", "pydantic"),
    *("pyogrio", "rasterio", "rich.table", "scipy.optimize", "scipy.stats", "typer.testing"),
)
CALLED_OFF = 124  # as the program `timeout` answers
OPTIONS = (
    "--quiet",
    "--quiet",
    "--tb=no",
    "--no-header",
    "--disable-warnings",
    *("-p", "no:cacheprovider", "-p", "no:xdist"),
    *("-m", "not real"),
    *("--hypothesis-profile", "mutants"),
    *("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
    # A compiled kernel divides by zero in silence, as `error_model="numpy"` asks.
    *("-W", "ignore:(divide by zero|invalid value|overflow) encountered in scalar:RuntimeWarning"),
)


class Timed:
    """Keeps to an order and, where a limit is given, ends a test that takes longer."""

    def __init__(self, order: list[str], limit_s: float) -> None:
        self.order = {name: number for number, name in enumerate(order)}
        self.limit_s = limit_s
        self.seconds: dict[str, float] = {}
        self.passed: dict[str, bool] = {}

    @pytest.hookimpl(trylast=True)  # after conftest.py, which has an order of its own
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.order:
            items[:] = [item for item in items if item.nodeid in self.order]
            items.sort(key=lambda item: self.order[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, None, None]:
        def end(*_: object) -> NoReturn:
            raise TimeoutError

        usual = signal.signal(signal.SIGALRM, end)
        signal.setitimer(signal.ITIMER_REAL, self.limit_s)  # 0 is no limit
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, usual)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid
        self.seconds[name] = self.seconds.get(name, 0.0) + report.duration
        self.passed[name] = self.passed.get(name, True) and report.outcome == "passed"


def run(asked: dict[str, Any]) -> int:
    """Run tests; the status of pytest. The file to write has the seconds of each that passed."""
    # Found is found: no smaller example, and none of another mutant.
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile(
        "mutants", deadline=None, database=None, derandomize=True, phases=phases
    )
    timed = Timed(asked["order"], asked["test_s"])
    status = int(pytest.main([*OPTIONS, *asked["options"], *asked["files"]], plugins=[timed]))
    passed = {name: timed.seconds[name] for name, passed in timed.passed.items() if passed}
    Path(asked["out"]).write_text(json.dumps(passed), encoding="utf-8")
    return status


def forked(asked: dict[str, Any]) -> int:
    """Run tests in a process of their own, which ends with all that it started."""
    child = os.fork()
    if child == 0:
        status = 3  # as pytest says that it failed itself
        try:
            os.setsid()
            silence = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):
                os.dup2(silence, stream)
            status = run(asked)
        finally:
            os._exit(status)
    end = time.monotonic() + asked["limit_s"]
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < end:
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    if ended == (0, 0):
        os.waitpid(child, 0)
        return CALLED_OFF
    return os.waitstatus_to_exitcode(ended[1])


def main() -> None:
    """Answer each line, a plan as JSON, with the status of its tests."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        sys.stdout.write(f"{forked(json.loads(line))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
