"""Cases in processes of their own, watched from outside: a hang or a crash ends one case only."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from kalsel_gap.errors import KalselGapError
from kalsel_gap.storage.fingerprint import kernels_folder
from tests.fuzz.mutations import mutate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fuzz.seeds import Seed
    from tests.fuzz.targets import Target

LONGEST_S = 10.0  # of processor time, of all threads
LONGEST_WAIT_S = 120.0  # without using it
_WARM_S = 60.0  # of processor time, for the valid file before the first case of it in a process
MOST_MB = 1024.0
_ADDRESSES = 4 * 2**30  # that a case may ask for besides: the machine must survive it
_GROWN_MB = 500.0  # of a worker between two cases; it is started anew then
_LOOK_S = 0.1
_BATCH = 40  # cases of one target in a row: its project and modules are warm


class Case(NamedTuple):
    """Target by its place in the plan, and its number there; -1 and below: its unchanged seeds."""

    target: int
    number: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Which cases are run.

    Attributes
    ----------
    seed, cases : int
        The number of cases is shared out among all targets.
    targets : tuple of Target
    keep : Path
        Folder for the files of faults.
    only : int, optional
        The number of the one case that is run of each target.
    """

    seed: int
    cases: int
    targets: tuple[Target, ...]
    keep: Path
    only: int | None = None

    def listed(self, seeds: list[int]) -> list[Case]:
        """Every case, batches of all targets in turn, once each seed was read unchanged.

        Parameters
        ----------
        seeds : list of int
            How many seeds each target has.
        """
        if self.only is not None:
            return [Case(n, self.only) for n in range(len(self.targets))]
        unchanged = [Case(n, -k) for n, count in enumerate(seeds) for k in range(1, count + 1)]
        whole = sum(target.share for target in self.targets)
        counts = [max(round(self.cases * t.share / whole), 1) for t in self.targets]
        batches = [
            ((begin + 0.5) / count, [Case(n, k) for k in range(begin, min(begin + _BATCH, count))])
            for n, count in enumerate(counts)
            for begin in range(0, count, _BATCH)
        ]
        return [*unchanged, *(case for _, batch in sorted(batches) for case in batch)]


class Fault(NamedTuple):
    """A case that did not end as it may."""

    target: str
    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case ended: *read*, *refused* with one of our errors, or *fault*."""

    target: str
    kind: str
    seconds: float
    peak_mb: float
    fault: Fault | None = None


def run(
    plan: Plan, *, workers: int, show: Callable[[list[Outcome], int], None] | None = None
) -> list[Outcome]:
    """Run every case of a plan.

    Parameters
    ----------
    plan : Plan
    workers : int
        Processes at a time.
    show : callable, optional
        Receives what has ended so far, and the number of all cases.
    """
    given = _seeds_of(plan)
    cases = plan.listed([len(seeds) for seeds in given])
    batches = [cases[n : n + _BATCH] for n in range(0, len(cases), _BATCH)]
    shares = [[case for batch in batches[n::workers] for case in batch] for n in range(workers)]
    running = [_Worker(plan, given, share) for share in shares if share]
    outcomes: list[Outcome] = []
    try:
        while running:
            connection.wait([worker.pipe for worker in running], _LOOK_S)
            for worker in running:
                outcomes += worker.outcomes()
            running = [worker for worker in running if worker.left]
            if show is not None:
                show(outcomes, len(cases))
    finally:
        for worker in running:
            worker.stop()
    return outcomes


# --- from outside --------------------------------------------------------------------------------

_FORK = multiprocessing.get_context("fork")  # with all modules loaded, in a moment


class _Worker:
    """A process that runs cases, started anew where one of them has ended it."""

    def __init__(self, plan: Plan, given: list[list[Seed]], cases: list[Case]) -> None:
        self.plan, self.given, self.left, self.longest_s = plan, given, cases, LONGEST_S
        self._start()

    def _start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kalsel-gap-fuzz-", dir=_memory_folder()))
        self.pipe, theirs = _FORK.Pipe(duplex=False)
        self.process = _FORK.Process(
            target=_work, args=(self.plan, self.given, self.left, self.folder, theirs), daemon=True
        )
        self.process.start()
        theirs.close()
        self._next()

    def _next(self) -> None:
        """A case begins."""
        self.begun_s, self.cpu_s = time.monotonic(), _cpu_seconds(self.process.pid)

    def outcomes(self) -> Iterator[Outcome]:
        """Of the cases that have ended since the last call."""
        is_over = False
        while self.left and not is_over and self.pipe.poll():
            try:
                outcome = self.pipe.recv()
            except EOFError:
                is_over = True
                continue
            if isinstance(outcome, float):  # how long what comes now may take
                self.longest_s = outcome
                self._next()
                continue
            del self.left[0]
            self._next()
            yield outcome
        if is_over:
            self.process.join()
            if self.left and self.process.exitcode != 0:
                yield self._ended(f"the process ended with {_ending(self.process.exitcode)}")
            self._again()
            return
        if not self.left:
            self.stop()
            return
        used_s = _cpu_seconds(self.process.pid) - self.cpu_s
        waited_s = time.monotonic() - self.begun_s
        if used_s > self.longest_s or waited_s > LONGEST_WAIT_S:
            self.process.kill()
            yield self._ended(
                f"did not end within {used_s:.0f} s of work, {waited_s:.0f} s of time"
            )
            self._again()

    def _ended(self, what: str) -> Outcome:
        """The fault that ended the process in the midst of a case."""
        case = self.left.pop(0)
        target = self.plan.targets[case.target]
        with contextlib.suppress(OSError):
            shutil.copytree(self.folder / "case", _kept_at(self.plan, case), dirs_exist_ok=True)
        said = ""
        with contextlib.suppress(OSError):
            said = (self.folder / "stderr").read_text(encoding="utf-8", errors="replace")[-2_000:]
        fault = Fault(target.name, case.number, f"{what}\n{said}".strip())
        return Outcome(target.name, "fault", time.monotonic() - self.begun_s, 0.0, fault)

    def _again(self) -> None:
        self.stop()
        if self.left:
            self._start()

    def stop(self) -> None:
        """End the process, if it has not ended, and remove its folder."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _memory_folder() -> str | None:
    """Files in memory are read and written faster than on a disk."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and os.access(memory, os.W_OK) else None


def _cpu_seconds(process: int | None) -> float:
    """Processor time of a process so far, all threads together."""
    with contextlib.suppress(OSError, IndexError):
        words = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _ending(status: int | None) -> str:
    return signal.Signals(-status).name if status is not None and status < 0 else f"status {status}"


def _seeds_of(plan: Plan) -> list[list[Seed]]:
    """Valid files of each target, made in a process of its own: threads of a library do not fork.

    Every target reads them all there: their kernels are compiled before a clock runs, and whatever
    is wrong with a valid file ends everything.
    """
    mine, theirs = _FORK.Pipe(duplex=False)

    def make() -> None:
        folder = Path(made)
        _alone(folder)
        seeds = [target.make() for target in plan.targets]
        for target, of_target in zip(plan.targets, seeds, strict=True):
            for seed in of_target:
                _write(folder / "case", seed.files)
                target.read(folder / "case", seed.name)
                shutil.rmtree(folder / "case")
        theirs.send(seeds)

    with tempfile.TemporaryDirectory(prefix="kalsel-gap-fuzz-") as made:
        process = _FORK.Process(target=make)
        process.start()
        theirs.close()
        given: list[list[Seed]] = mine.recv()
        process.join()
    return given


def changed_files(plan: Plan, given: list[list[Seed]], case: Case) -> tuple[Seed, dict[str, bytes]]:
    """The seed of a case, and all its files, one or two of them changed."""
    target = plan.targets[case.target]
    chance = Random(f"{plan.seed} {target.name} {case.number}")
    seed = given[case.target][case.number % len(given[case.target])]
    files = dict(seed.files)
    if case.number < 0:
        return seed, files
    for _ in range(chance.choice((1, 1, 1, 2))):
        name = seed.name if seed.name in seed.changed and chance.random() < 0.4 else None
        name = name or chance.choice(seed.changed)
        files[name] = mutate(name, files[name], chance)
    return seed, files


def _kept_at(plan: Plan, case: Case) -> Path:
    """Folder for the files of a fault."""
    return plan.keep / f"{plan.targets[case.target].name.replace(' ', '-')}-{case.number}"


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


# --- inside the process --------------------------------------------------------------------------


def _alone(folder: Path) -> None:
    """A cache of this process alone, which ends with its parent; compiled kernels are for all."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG of Linux
    os.environ["NUMBA_CACHE_DIR"] = str(kernels_folder())
    os.environ["KALSEL_GAP_CACHE"] = str(folder / "cache")
    os.environ["KALSEL_GAP_LANG"] = "en"


class _Terminal(logging.Handler):
    """What would have been shown on the terminal besides our own messages."""

    def __init__(self, folder: Path) -> None:
        super().__init__(logging.WARNING)
        self.path = folder / "stderr"
        self.said: list[str] = []
        stream = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.dup2(stream, 2)
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        logging.getLogger().addHandler(self)
        warnings.simplefilter("always")
        warnings.showwarning = self._warned

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(("rasterio", "pyogrio")):  # these two are silent
            self.said.append(f"{record.name}: {record.getMessage()}")

    def _warned(self, message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        self.said.append(f"{category.__name__}: {message}")

    def taken(self) -> str:
        """What was said since the last call."""
        sys.stderr.flush()
        text = self.path.read_text(encoding="utf-8", errors="replace")
        os.truncate(self.path, 0)
        said = "\n".join([*self.said, *([text] if text else [])])
        self.said.clear()
        return said


def _work(plan: Plan, given: list[list[Seed]], cases: list[Case], folder: Path, pipe: Any) -> None:
    """Run cases one after the other and report each."""
    _alone(folder)
    terminal = _Terminal(folder)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = _memory("VmSize") + _ADDRESSES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    begun_mb = 0.0
    warm = set()
    for done, case in enumerate(cases):
        number = case.number % len(given[case.target])
        if (case.target, number) not in warm:
            pipe.send(_WARM_S)
            seed = given[case.target][number]
            _warm_up(plan.targets[case.target], seed, folder / "case", terminal)
            pipe.send(LONGEST_S)
            warm.add((case.target, number))
        pipe.send(_outcome(plan, given, case, folder / "case", terminal))
        used_mb = _memory("VmRSS") / 2**20
        begun_mb = begun_mb if done > 2 * _BATCH else max(begun_mb, used_mb)
        if used_mb > begun_mb + _GROWN_MB:
            break
    os._exit(0)  # without what libraries do at the end


def _warm_up(target: Target, seed: Seed, folder: Path, terminal: _Terminal) -> None:
    """Read a valid file: modules are imported and kernels loaded, which is no case's work."""
    shutil.rmtree(folder, ignore_errors=True)
    _write(folder, seed.files)
    with contextlib.suppress(BaseException):  # as a case it is told
        target.read(folder, seed.name)
    terminal.taken()


def _outcome(
    plan: Plan, given: list[list[Seed]], case: Case, folder: Path, terminal: _Terminal
) -> Outcome:
    target = plan.targets[case.target]
    seed, files = changed_files(plan, given, case)
    shutil.rmtree(folder, ignore_errors=True)
    _write(folder, files)
    # Two cases within one step of the clock must not look alike.
    when_ns = 10**18 + (case.target * 10**7 + case.number) * 10**6
    os.utime(folder / seed.name, ns=(when_ns, when_ns))
    with contextlib.suppress(OSError):  # the highest use of memory begins anew
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    kind, what = "read", ""
    begun_s = time.perf_counter()
    try:
        target.read(folder, seed.name)
    except KalselGapError as error:
        kind = "refused"
        what = f"a valid file is refused: {error}" if case.number < 0 else ""
    except BaseException:  # noqa: BLE001 - whatever it is, it is what we look for
        what = "".join(traceback.format_exc(limit=-6))
    seconds = time.perf_counter() - begun_s
    peak_mb = _memory("VmHWM") / 2**20
    if said := terminal.taken():
        what = what or f"on the terminal: {said[:1_000]}"
    if peak_mb > MOST_MB:
        what = what or f"{peak_mb:.0f} MB of memory"
    if not what:
        return Outcome(target.name, kind, seconds, peak_mb)
    _write(_kept_at(plan, case), files)
    return Outcome(*(target.name, "fault", seconds, peak_mb), Fault(target.name, case.number, what))


def _memory(name: str) -> int:
    """A line of the process's own account of its memory, bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0
