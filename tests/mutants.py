"""Change the code, one place at a time, and see whether a test notices: `make mutants`.

A seeded sample of lines of the core; on each of them one change by an operator of mutmut. mutmut
itself chooses between its mutants with a wrapper around each function, which compiled and decorated
functions cannot have; here a mutant is a file in a copy of the repository. Kernels run uncompiled:
to compile one takes longer than the tests of it. First the tests run unchanged: what fails without
a compiler is left out, and so is a list of tests that take too long. Each mutant then meets the
tests nearest to its module, as `make quick` finds them, until one fails. What does not end in its
time counts as noticed. Which tests a mutant meets does not depend on what they cost: a busy machine
takes longer and counts the same.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import itertools
import json
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from kalsel_gap.package import PACKAGE_FOLDER
from tests.quick import REPOSITORY, TESTS, nearest, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

T = TypeVar("T")
R = TypeVar("R")

ROOMS = ("deficit", "indicators", "radio/propagation", "storage")
WANTED = 0.9  # share that must be noticed
WORKERS = 2
LIMIT_S = 58 * 60  # of all; what was not tried by then is no success
# Rings of `nearest`: the tests of a module, of those that import it, and once farther; of these the
# tests of the core. The others, most of them of whole projects, cost minutes.
RINGS = 5
CORE = ("tests/deficit/", "tests/indicators/", "tests/radio/", "tests/storage/")
NEAREST = 2  # ring up to which tests are tried first, without importing the others
# Tests that cost more than five seconds of the processor uncompiled; all others together cost less
# than 100 s for any module. Names, because seconds are others on a busy machine.
TOO_LONG = (
    (
        "tests/radio/coverage/test_splat.py::"
        "test_over_the_profiles_that_it_reads_the_same_area_is_covered"
    ),
    "tests/radio/paths/test_profiles.py::test_threads_and_batches_change_no_bit",
    "tests/radio/propagation/test_sweep.py::test_mountains_of_the_srtm_tile",
    "tests/radio/propagation/test_sweep.py::test_threads_change_no_bit",
    "tests/storage/test_run_folder.py::test_a_disk_that_fills_up_on_the_way",
    "tests/storage/test_run_folder.py::test_a_run_that_is_killed",
    "tests/storage/test_run_folder.py::test_an_export_that_is_killed",
)
STUCK_S = 60.0  # of the processor: a test that takes longer unchanged belongs to that list


def _named(*names: str) -> Callable[[cst.BaseExpression | None], bool]:
    return lambda node: isinstance(node, cst.Name) and node.value in names


def _is_literal(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Subscript) and _named("Literal")(node.value)


# What no test can or should notice, by the kind of node, each with its reason.
LEFT_OUT: dict[type[cst.CSTNode], Callable[[Any], bool]] = {
    # Types, of which nothing is computed.
    cst.Annotation: lambda _: True,
    cst.If: lambda node: _named("TYPE_CHECKING")(node.test),
    cst.Subscript: _is_literal,
    # How a function is compiled, where nothing is compiled.
    cst.Decorator: lambda _: True,
    # Types again; sentences, which are checked against their catalogue; and compilation again.
    cst.Call: lambda node: _named("cast", "TypeVar", "N_", "_", "register_jitable")(node.func),
    cst.AnnAssign: lambda node: _named("TypeAlias")(node.annotation.annotation),
    # Types once more; and what `import *` takes, which nobody says.
    cst.Assign: lambda node: _is_literal(node.value) or _named("__all__")(node.targets[0].target),
    # ``strict=True`` holds for every input unless the line is wrong; UTF-8 is the default here.
    cst.Arg: lambda node: _named("strict", "encoding")(node.keyword),
}


def _left_out(node: cst.CSTNode) -> bool:
    return type(node) in LEFT_OUT and LEFT_OUT[type(node)](node)


class Mutant(NamedTuple):
    """One change of one file: where it is, and the text of the file with it."""

    path: str
    line: int
    source: str
    diff: str


class Change(NamedTuple):
    """Text that replaces what lies between two places of a file, each a line and a column."""

    operator: str
    begin: tuple[int, int]
    end: tuple[int, int]
    text: str


_NO_MODULE = cst.Module([])


class _Finder(cst.CSTVisitor):
    """Every change that mutmut's operators know, by the line that it begins on."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.changes: dict[int, list[Change]] = defaultdict(list)

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _left_out(node):
            return False
        place = self.get_metadata(PositionProvider, node, None)
        if place is None:
            return True
        begin, end = place.start, place.end
        for kind, operator in mutation_operators:
            for new in operator(node) if isinstance(node, kind) else ():
                if not _removes_left_out(node, new):
                    change = Change(
                        operator.__name__,
                        (begin.line, begin.column),
                        (end.line, end.column),
                        _NO_MODULE.code_for_node(new),
                    )
                    self.changes[begin.line].append(change)
        return True


def _removes_left_out(old: cst.CSTNode, new: cst.CSTNode) -> bool:
    """Whether a call loses an argument that is left out, or gets None for it."""
    if not isinstance(old, cst.Call) or not isinstance(new, cst.Call):
        return False
    return any(map(_left_out, set(old.args) - set(new.args)))


def _mutant(path: str, source: str, change: Change) -> Mutant | None:
    """The file with a change; None where that is no Python, or the same program."""
    lines = source.splitlines(keepends=True)
    (first, left), (last, right) = change.begin, change.end
    between = lines[first - 1][:left] + change.text + lines[last - 1][right:]
    changed = "".join([*lines[: first - 1], between, *lines[last:]])
    try:
        compile(changed, path, "exec", dont_inherit=True)
    except SyntaxError:
        return None
    if ast.dump(ast.parse(changed)) == ast.dump(ast.parse(source)):
        return None
    diff = [*difflib.unified_diff(source.splitlines(), changed.splitlines(), n=0, lineterm="")]
    shown = [each for each in diff[2:] if not each.startswith("@@")]
    return Mutant(path, first, changed, "\n".join(shown))


def sample(sources: Mapping[str, str], *, seed: int, number: int) -> list[Mutant]:
    """Mutants of as many lines: each line once, and on it each kind of change equally often.

    Otherwise half of them would be calls that lack an argument, and most of those are noticed by
    the first test that reaches them.

    Parameters
    ----------
    sources
        Text of each file by its path.
    seed, number
        Of the sample; it is smaller where there are fewer lines.
    """
    changes: dict[tuple[str, int], list[Change]] = {}
    for path, source in sorted(sources.items()):
        finder = _Finder()
        MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True).visit(finder)
        changes |= {(path, line): found for line, found in sorted(finder.changes.items())}
    places = list(changes)
    draw = random.Random(seed)
    draw.shuffle(places)
    drawn: list[Mutant] = []
    for path, line in places:
        by_kind: dict[str, list[Change]] = defaultdict(list)
        for change in changes[path, line]:
            by_kind[change.operator].append(change)
        kinds = list(by_kind.values())
        draw.shuffle(kinds)
        for kind in kinds:
            draw.shuffle(kind)
        tried = (_mutant(path, sources[path], change) for kind in kinds for change in kind)
        drawn += [mutant for mutant in tried if mutant is not None][:1]
        if len(drawn) == number:
            break
    return drawn


# --- copies of the repository --------------------------------------------------------------------


class Copy:
    """A copy of the repository as it is now, in which tests run one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "repository"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=REPOSITORY, capture_output=True, text=True, check=True,
        )  # fmt: skip
        for name in filter(None, listed.stdout.split("\0")):
            if (REPOSITORY / name).is_file():  # not what was deleted and is not committed yet
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(REPOSITORY / name, self.root / name)
        if (shared := REPOSITORY.parent / "shared").is_dir():
            (folder / "shared").symlink_to(shared)
        self.written = 0
        environment = os.environ | {
            "PYTHONPATH": str(self.root),
            "NUMBA_DISABLE_JIT": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "KALSEL_GAP_CACHE": str(folder / "cache"),
        }
        self.tests = subprocess.Popen(
            [sys.executable, "-m", "tests.timed"],
            cwd=self.root,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def write(self, path: str, text: str) -> None:
        """Write a module with a time of its own: by time and size Python knows what it compiled."""
        (self.root / path).write_text(text, encoding="utf-8")
        self.written += 1
        os.utime(self.root / path, (self.written, self.written))

    def run(
        self,
        files: Iterable[str],
        *options: str,
        order: Iterable[str] = (),
        test_s: float = 0.0,
        limit_s: float,
    ) -> tuple[int, dict[str, float]]:
        """Run tests; the status of pytest and the seconds of each that passed.

        A test may take `test_s` seconds of the processor, 0 for any, and all of them `limit_s`.
        """
        out = self.folder / "seconds.json"
        out.write_text("{}", encoding="utf-8")
        asked = {
            "files": [*files],
            "order": [*order],
            "options": [f"--basetemp={self.folder / 'tests'}", *options],
            "test_s": test_s,
            "limit_s": limit_s,
            "out": str(out),
        }
        assert self.tests.stdin is not None
        assert self.tests.stdout is not None
        self.tests.stdin.write(json.dumps(asked) + "\n")
        self.tests.stdin.flush()
        status = int(self.tests.stdout.readline())
        return status, json.loads(out.read_text(encoding="utf-8"))

    def close(self) -> None:
        """End the program that runs the tests."""
        self.tests.communicate()


class Copies:
    """As many copies as workers; each piece of work has one of them to itself."""

    def __init__(self, folder: Path, deadline: float) -> None:
        self.deadline = deadline
        self.free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
        self.every = [Copy(folder / str(number)) for number in range(WORKERS)]
        for copy in self.every:
            self.free.put(copy)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for copy in self.every:
            copy.close()

    def map(self, work: Callable[[Copy, T], R], every: Iterable[T]) -> Iterator[tuple[T, R]]:
        """Results as they come, of the work that begins before the time is over."""

        def one(each: T) -> tuple[T, R] | None:
            copy = self.free.get()
            try:
                return (each, work(copy, each)) if time.monotonic() < self.deadline else None
            finally:
                self.free.put(copy)

        with ThreadPoolExecutor(WORKERS) as workers:
            for done in as_completed([workers.submit(one, each) for each in every]):
                if (result := done.result()) is not None:
                    yield result


# --- which tests ----------------------------------------------------------------------------------


def near_files(path: str, package: Mapping[str, str], tests: Mapping[str, str]) -> dict[str, int]:
    """Files with tests of a module, and how near each is.

    Not those of rooms beside or above the core, and not those that read the text of every module.
    """
    near = {path: 0} if ">>> " in package[path] else {}
    for number, ring in enumerate(itertools.islice(nearest({path}, package, tests), RINGS)):
        for name in ring:
            far = not name.startswith(CORE) or "package_sources(" in tests[name]
            if number == 1 or not far:
                near.setdefault(name, number)
    return near


def meeting(near: Mapping[str, int], seconds: Mapping[str, float]) -> list[list[str]]:
    """Tests that a mutant meets, the nearest and the others: of each the fastest first.

    Seconds decide the order alone, and so how long it takes, not what is noticed.
    """

    def ring(test: str) -> int:
        return near[test.partition("::")[0]]

    ours = [test for test in seconds if test.partition("::")[0] in near]
    ours.sort(key=lambda test: (ring(test) > NEAREST, seconds[test], test))
    parts = itertools.groupby(ours, lambda test: ring(test) > NEAREST)
    return [[*part] for _, part in parts]


def _passes(copy: Copy, order: Sequence[str], seconds: Mapping[str, float]) -> bool:
    """Whether tests pass, in an order, until one fails; what takes much longer does not."""
    files = sorted({test.partition("::")[0] for test in order})
    limit_s = 20.0 + 3.0 * sum(seconds[test] for test in order)
    status, _ = copy.run(files, "--exitfirst", order=order, limit_s=limit_s)
    return status in {0, 5}  # 5: none was found


# --- the whole ------------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> int:
    """Draw, try, print what no test notices; 1 where too little is noticed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--room", action="append", choices=ROOMS, help="one of the rooms only")
    parser.add_argument("--list", action="store_true", help="print the changes and try none")
    asked = parser.parse_args(arguments)
    began = time.monotonic()

    package = texts(PACKAGE_FOLDER)
    tests = {
        path: source
        for path, source in texts(TESTS).items()
        if Path(path).name.startswith("test_") and not path.startswith("tests/real/")
    }
    rooms = {f"{PACKAGE_FOLDER.name}/{room}/": room for room in asked.room or ROOMS}
    ours = {path: text for path, text in package.items() if path.startswith(tuple(rooms))}
    mutants = sample(ours, seed=asked.seed, number=asked.number)
    if asked.list:
        return _listed(mutants)
    near = {path: near_files(path, package, tests) for path in sorted({m.path for m in mutants})}

    def unchanged(copy: Copy, file: str) -> dict[str, float]:
        options = [f"--deselect={test}" for test in TOO_LONG if test.startswith(f"{file}::")]
        _, seconds = copy.run([file], *options, test_s=STUCK_S, limit_s=LIMIT_S / 6)
        return seconds

    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as folder,
        Copies(Path(folder), began + LIMIT_S) as copies,
    ):
        seconds: dict[str, float] = {}
        for file, found in copies.map(unchanged, sorted(set().union(*near.values()))):
            progress(f"{len(found):4} tests {sum(found.values()):6.1f} s  {file}")
            seconds |= found
        meets = {path: meeting(files, seconds) for path, files in near.items()}

        def survives(copy: Copy, mutant: Mutant) -> bool:
            copy.write(mutant.path, mutant.source)
            try:
                return all(_passes(copy, order, seconds) for order in meets[mutant.path])
            finally:
                copy.write(mutant.path, package[mutant.path])

        survived: dict[Mutant, bool] = {}
        for mutant, lives in copies.map(survives, mutants):
            survived[mutant] = lives
            progress(f"{len(survived):4} of {len(mutants)}  {mutant.path}:{mutant.line}")
            if lives:
                state(f"survived  {mutant.path}:{mutant.line}\n{mutant.diff}\n")

        # Where every mutant was noticed, do the tests pass without one?
        quiet = sorted(
            {m.path for m in mutants} - {m.path for m, lives in survived.items() if lives}
        )
        same = [Mutant(path, 0, package[path], "") for path in quiet]
        alarms = [mutant.path for mutant, lives in copies.map(survives, same) if not lives]

    for prefix, room in rooms.items():
        here = [lives for mutant, lives in survived.items() if mutant.path.startswith(prefix)]
        state(f"{room:18} {here.count(False):3} of {len(here):3} noticed")
    noticed = sum(not lives for lives in survived.values())
    share = noticed / max(len(survived), 1)
    minutes = (time.monotonic() - began) / 60
    state(
        f"{noticed} of {len(survived)} noticed, {share:.1%}: "
        f"seed {asked.seed}, {minutes:.0f} minutes"
    )
    for path in alarms:
        state(f"the tests of {path} fail without a change: its mutants prove nothing")
    if len(survived) < len(mutants):
        state(f"{len(mutants) - len(survived)} were not tried: the time was over")
    return int(share < WANTED or bool(alarms) or len(survived) < len(mutants))


def _listed(mutants: Sequence[Mutant]) -> int:
    for mutant in mutants:
        state(f"{mutant.path}:{mutant.line}\n{mutant.diff}\n")
    return 0


def state(line: str) -> None:
    """A line of the result."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def progress(line: str) -> None:
    """A line of the progress, apart from the result."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
