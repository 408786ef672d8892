"""Run the tests of what changed, the nearest first, in less than a minute: `make quick`.

What changed is what differs from the main branch, committed or not. Near is a test that changed
itself, then the one that mirrors a changed module, then those that import it, then those of the
modules that import it, and so on. Files are added while the time that they took last fits into the
budget. It is a first answer while working; `make test` is the whole one.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.package import PACKAGE_FOLDER
from tests.imports import imported, module_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TESTS = Path(__file__).parent
REPOSITORY = TESTS.parent
# As conftest.py writes it, which is not imported here: pytest does that, and it takes seconds.
SECONDS = REPOSITORY / ".pytest_cache" / "v" / "kalsel-gap" / "seconds"
BUDGET_S = 30.0  # of tests; importing the libraries and collecting comes on top
LIMIT_S = 45.0  # after which no further test begins, whatever they took last time
# Of a test that has not run here yet.
USUAL_S = 0.2


def changed_files(root: Path) -> set[str]:
    """Paths below `root` that differ from where this branch left main, or are not in git yet."""

    def git(*arguments: str) -> list[str]:
        done = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, check=False
        )
        return [] if done.returncode else done.stdout.split("\0" if "-z" in arguments else None)

    bases = ("main", "origin/main")
    found = (base for name in bases for base in git("merge-base", "HEAD", name))
    paths = git("diff", "-z", "--name-only", "--diff-filter=d", next(found, "HEAD"))
    paths += git("ls-files", "-z", "--others", "--exclude-standard")
    return {path for path in paths if path}


def mirror_of(path: str) -> str:
    """The test file of a module: the same folders below ``tests/``."""
    _, *folders, name = PurePosixPath(path).parts
    return "/".join(("tests", *folders, f"test_{name}"))


def names(source: str, path: PurePosixPath) -> bool:
    """Whether Python text names another kind of file: itself, its ending, defaults by their key."""
    needles = [path.name]
    if path.suffix:
        needles += [f"*{path.suffix}", f"}}{path.suffix}"]
    if path.suffix in {".toml", ".py"}:
        needles.append(f'"{path.stem}"')
    return any(needle in source for needle in needles)


def nearest(
    changed: set[str], package: Mapping[str, str], tests: Mapping[str, str]
) -> Iterator[list[str]]:
    """Test files in rings around what changed, the nearest ring first; each file may recur.

    Parameters
    ----------
    changed
        Paths below the repository.
    package, tests
        Text of each module and of each test file, by its path below the repository.
    """
    yield sorted(changed & tests.keys())
    modules = {module_of(path): path for path in package}
    uses = {path: imported(source, path, modules) for path, source in package.items()}
    asks = {path: imported(source, path, modules) for path, source in tests.items()}
    ring = {module_of(path) for path in changed & package.keys()}
    scans = [path for path, source in tests.items() if ring and "package_sources(" in source]
    reads: list[str] = []
    for other in map(PurePosixPath, changed - package.keys() - tests.keys()):
        readers = [path for path, source in tests.items() if names(source, other)]
        reads += readers
        if not readers:  # an asset: the modules that use it are as good as changed
            ring |= {module_of(path) for path, source in package.items() if names(source, other)}
    seen: set[str] = set()
    while ring:
        yield [path for name in ring if (path := mirror_of(modules[name])) in tests]
        yield [path for path, wanted in asks.items() if wanted & ring] + (reads + scans)
        reads, scans = [], []
        seen |= ring
        ring = {module_of(path) for path, used in uses.items() if used & ring} - seen
    yield reads
    if "tests/conftest.py" in changed:
        yield list(tests)


def chosen(rings: Iterable[list[str]], seconds: Mapping[str, float], budget: float) -> list[str]:
    """Files of the rings, of each ring the fastest first, while they fit into the budget.

    The first two rings are taken whatever they cost: they are the tests of the change itself.
    """
    taken: dict[str, None] = {}
    for number, ring in enumerate(rings):
        for path in sorted(set(ring) - taken.keys(), key=lambda path: (seconds[path], path)):
            cost = sum(seconds[each] for each in taken) + seconds[path]
            if number < 2 or cost <= budget:
                taken[path] = None
    return list(taken)


def costs(tests: Mapping[str, str]) -> dict[str, float]:
    """Seconds that each test file took last, as pytest's cache has them."""
    known = json.loads(SECONDS.read_text(encoding="utf-8")) if SECONDS.is_file() else {}
    return {
        path: known[path][1]
        if path in known
        else USUAL_S * len(re.findall(r"^def test_", text, re.MULTILINE))
        for path, text in tests.items()
    }


class Nearest:
    """Tests in the order of their files on the command line, stopped when the time is over."""

    def __init__(self, paths: list[str]) -> None:
        self.began = time.monotonic()
        self.order = {REPOSITORY / path: number for number, path in enumerate(paths)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: self.order.get(item.path, len(self.order)))

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        if time.monotonic() - self.began > LIMIT_S:
            said = f"stopped after {LIMIT_S:.0f} s; `make test` runs what is left"
            item.session.shouldstop = said


def texts(*folders: Path) -> dict[str, str]:
    """Text of every Python file of folders, by its path below the repository."""
    return {
        path.relative_to(REPOSITORY).as_posix(): path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
    }


def main(arguments: list[str]) -> int:
    """Choose, say what was chosen, run it; words of the command line go to pytest."""
    changed, package = changed_files(REPOSITORY), texts(PACKAGE_FOLDER)
    tests = {
        path: source
        for path, source in texts(TESTS).items()
        if Path(path).name.startswith("test_") and not path.startswith("tests/real/")
    }
    paths = sorted(path for path in changed & package.keys() if ">>> " in package[path])
    paths += chosen(nearest(changed, package, tests), costs(tests), BUDGET_S)
    sys.stdout.write("\n".join(paths or ["Nothing changed that a test reads."]) + "\n")
    sys.stdout.flush()
    if not paths:
        return 0
    options = ["--quiet", "-m", "not real", *arguments]
    return int(pytest.main([*options, *paths], plugins=[Nearest(paths)]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
