"""Run tests in a given order and keep what each cost: `tests/mutants.py` starts it in a copy.

A program of its own, so that the copy's modules are imported and not those beside `mutants.py`. It
imports the libraries once and then forks for each run: to import them takes longer than most tests.
Seconds are those of the processor: how busy the machine is with other work decides nothing.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import Phase, settings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

LIBRARIES = (
    *("babel", "folium", "geopandas", "numba", "pandera.pandas", "pyarrow.parquet", "pydantic"),
    *("pyogrio", "rasterio", "rich.table", "scipy.optimize", "scipy.stats", "typer.testing"),
)
STUCK_S = 900.0  # of the clock: so long only something takes that waits for nothing
CALLED_OFF = 124  # as the program `timeout` answers
OPTIONS = (
    "--quiet",
    "--quiet",
    "--tb=no",
    "--no-header",
    "--disable-warnings",
    *("-p", "no:cacheprovider", "-p", "no:xdist"),
    *("--hypothesis-profile", "mutants"),
    *("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
    # A compiled kernel divides by zero in silence, as `error_model="numpy"` asks.
    *("-W", "ignore:divide by zero encountered in scalar:RuntimeWarning"),
    *("-W", "ignore:invalid value encountered in scalar:RuntimeWarning"),
    *("-W", "ignore:overflow encountered in scalar:RuntimeWarning"),
)


def spent_s() -> float:
    """Seconds of the processor, of this process and of those that it started and that ended."""
    return sum(os.times()[:4])


class Timed:
    """Keeps to an order and, where a limit is given, ends a test that takes longer."""

    def __init__(self, order: list[str], limit_s: float) -> None:
        self.order = {name: number for number, name in enumerate(order)}
        self.limit_s = limit_s
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    @pytest.hookimpl(trylast=True)  # after conftest.py, which has an order of its own
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.order:
            items[:] = [item for item in items if item.nodeid in self.order]
            items.sort(key=lambda item: self.order[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        began = spent_s()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = spent_s() - began

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None]:
        with self.limited():
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None]:
        with self.limited():
            yield

    @contextlib.contextmanager
    def limited(self) -> Iterator[None]:
        """Raise an error in what takes longer than the limit; 0 is none."""

        def end(*_: object) -> NoReturn:
            raise TimeoutError

        usual = signal.signal(signal.SIGPROF, end)
        signal.setitimer(signal.ITIMER_PROF, self.limit_s)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0.0)
            signal.signal(signal.SIGPROF, usual)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome != "passed":
            self.failed.add(report.nodeid)


def run(asked: dict[str, Any]) -> int:
    """Run tests; the status of pytest. The file to write has the seconds of each that passed."""
    # Found is found: no smaller example, and none of another mutant.
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile(
        "mutants", deadline=None, database=None, derandomize=True, phases=phases
    )
    timed = Timed(asked["order"], asked["test_s"])
    status = int(pytest.main([*OPTIONS, *asked["options"], *asked["files"]], plugins=[timed]))
    passed = {name: cost for name, cost in timed.seconds.items() if name not in timed.failed}
    Path(asked["out"]).write_text(json.dumps(passed), encoding="utf-8")
    return status


def forked(asked: dict[str, Any]) -> int:
    """Run tests in a process of their own, which ends with all that it started."""
    child = os.fork()
    if child == 0:
        status = 3  # as pytest says that it failed itself
        try:
            os.setsid()
            most = math.ceil(asked["limit_s"])
            resource.setrlimit(resource.RLIMIT_CPU, (most, most))
            silence = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):
                os.dup2(silence, stream)
            status = run(asked)
        finally:
            os._exit(status)
    end = time.monotonic() + STUCK_S
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
