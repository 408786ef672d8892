"""Kill every command that writes at random moments: `make kills`.

Each kill has a project of its own with earlier outputs, then another weight or language, so that
the command writes something else. It is killed (SIGKILL) at a moment drawn evenly over the time
that it takes. Then every earlier output must be whole, as it was or as the command makes it; and
the same command, run to its end, must leave the same bytes as one that was never killed, and no
temporary file, in the project or in the cache.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from multiprocessing import connection
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from kalsel_gap.cli import main as main_of_the_program
from kalsel_gap.project.read import FILE_NAME
from kalsel_gap.storage.fingerprint import kernels_folder
from tests.conftest import snapshot
from tests.writers import WRITERS, is_whole, make_place, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

KILLS = 300
LONGEST_S = 300
_FORK = multiprocessing.get_context("fork")  # a command begins with its libraries loaded
# Loaded before the first command; kernels are compiled, or read, by whoever needs them.
_LIBRARIES = (
    *("geopandas", "rasterio", "pyogrio", "folium", "kalsel_gap.pipeline"),
    *("kalsel_gap.terrain.products", "kalsel_gap.radio.coverage.products"),
    *("kalsel_gap.radio.links.link_table", "kalsel_gap.quality.full_check"),
)
_LEFTOVER = ".tmp-"
# Makes every table of a run other than before.
_OTHER_WEIGHT = "\n[index]\nlambda = 0.5\n"


@dataclass(frozen=True, slots=True)
class Stage:
    """A command, and what it starts from and ends with when nobody kills it.

    Attributes
    ----------
    name : str
        Of the command.
    begun : Path
        Project and cache before the command: with earlier outputs of another kind.
    before, after : dict of bytes
        All files of the project before the command and after it.
    seconds : float
        That it takes, from its start.
    """

    name: str
    begun: Path
    before: dict[str, bytes]
    after: dict[str, bytes]
    seconds: float

    def copy(self, root: Path) -> None:
        """What it starts from; a trial has everything to compute."""
        shutil.copytree(self.begun, root)
        if self.name == "rank a trial":
            shutil.rmtree(root / "cache")


def command(name: str, root: Path, *, other: bool = False) -> ForkProcess:
    """A command that was started, on the project in ``root/project``."""
    words = words_of(name, root / "project", other=other)
    process = _FORK.Process(target=_command, args=(words, root))
    process.start()
    return process


def _command(words: list[str], root: Path) -> None:
    """Run a command in this process, as its user does, and end."""
    os.environ["KALSEL_GAP_CACHE"] = str(root / "cache")
    sys.stdout = (root / "stdout").open("w", encoding="utf-8")
    sys.stderr = (root / "stderr").open("w", encoding="utf-8")
    status: object = 0
    try:
        main_of_the_program(words)
    except SystemExit as ended:
        status = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 1)


def finished(name: str, root: Path, *, other: bool = False) -> float:
    """Run a command to its end; the seconds that it took."""
    begun = time.monotonic()
    process = command(name, root, other=other)
    process.join(LONGEST_S)
    if process.exitcode not in {0, 3}:
        said = (root / "stderr").read_text(encoding="utf-8")
        message = f"{name}: {process.exitcode}: {said}"
        raise AssertionError(message)
    return time.monotonic() - begun


def prepare(names: list[str], folder: Path) -> dict[str, Stage]:
    """What the kills of each command start from, and what it leaves when nobody kills it."""
    first, ranked = folder / "first", folder / "ranked"
    first.mkdir()
    make_place(first / "project")
    (first / "cache").mkdir(mode=0o700)
    finished("rank", first)
    for name in names:
        if not name.startswith(("init", "rank")):
            finished(name, first, other=True)
    with (first / "project" / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write(_OTHER_WEIGHT)
    shutil.copytree(first, ranked)
    finished("rank", ranked)
    stages = {}
    for name in names:
        begun, whole = first if name.startswith("rank") else ranked, folder / "whole"
        stage = Stage(name, begun, snapshot(begun / "project"), {}, 0.0)
        stage.copy(whole)
        seconds = finished(name, whole)
        stages[name] = replace(stage, after=snapshot(whole / "project"), seconds=seconds)
        shutil.rmtree(whole)
    return stages


def faults_of(stage: Stage, root: Path, share: float) -> Iterator[str]:
    """Kill the command of a stage at a share of its time; what is wrong after that."""
    stage.copy(root)
    process = command(stage.name, root)
    process.join(share * stage.seconds)
    process.kill()
    process.join()
    killed = snapshot(root / "project")
    for name in stage.before:
        if not is_whole(name, killed.get(name), stage.before, stage.after):
            yield f"{name} is neither the earlier one nor the new one"
    for name in killed.keys() - stage.before.keys():
        if _LEFTOVER not in name and killed[name] != stage.after.get(name):
            yield f"{name} is new and not whole"
    if not (stage.name.startswith("init") and killed == stage.after):  # a second one is refused
        finished(stage.name, root)
    ended = snapshot(root / "project")
    for name in sorted(stage.after.keys() | ended.keys()):
        if ended.get(name) != stage.after.get(name):
            yield f"{name} differs after the next run"
    yield from (
        f"{path.relative_to(root)} is left over" for path in sorted(root.rglob(f"*{_LEFTOVER}*"))
    )


def run(kills: int, seed: int, names: list[str], folder: Path, workers: int) -> list[str]:
    """Kill commands in turn; every fault, with what makes it again."""
    chance = Random(seed)
    moments = [(n, names[n % len(names)], chance.random()) for n in range(kills)]
    stages = prepare(names, folder)
    pipes: list[Connection] = []
    for share in (moments[n::workers] for n in range(workers)):
        mine, theirs = _FORK.Pipe(duplex=False)
        _FORK.Process(target=_kill_all, args=(share, stages, folder, theirs)).start()
        theirs.close()
        pipes.append(mine)
    found: list[str] = []
    done = 0
    while pipes:
        ready = connection.wait(pipes)
        for pipe in [each for each in pipes if each in ready]:
            try:
                faults = pipe.recv()
                done += 1
                found += faults
                sys.stdout.write("".join(f"{fault}\n" for fault in faults))
                sys.stdout.flush()
            except EOFError:
                pipes.remove(pipe)
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{done} of {kills}, {len(found)} faults")
    if done != kills:
        found.append(f"only {done} of {kills} kills came to an end")
        sys.stdout.write(f"{found[-1]}\n")
    return found


def _kill_all(
    moments: list[tuple[int, str, float]], stages: dict[str, Stage], folder: Path, pipe: Connection
) -> None:
    """Kill some of the commands, one after the other, and report each."""
    for number, name, share in moments:
        root = folder / f"kill-{number}"
        faults = faults_of(stages[name], root, share)
        pipe.send([f"kill {number}, {name} at {share:.3f}: {fault}" for fault in faults])
        shutil.rmtree(root)


def main(arguments: list[str]) -> int:
    """Run the kills that the words ask for; 1 where anything was lost or left."""
    parser = argparse.ArgumentParser(prog="make kills", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default: 1)")
    parser.add_argument("--kills", type=int, default=KILLS, help=f"in all (default: {KILLS})")
    parser.add_argument("--only", default="", metavar="TEXT", help="commands with this in them")
    parser.add_argument("--workers", type=int, default=2, help="at a time (default: 2)")
    given = parser.parse_args(arguments)
    os.environ["NUMBA_CACHE_DIR"] = str(kernels_folder())
    os.environ["KALSEL_GAP_LANG"] = "en"
    for library in _LIBRARIES:
        importlib.import_module(library)
    names = [name for name in WRITERS if given.only in name]
    with tempfile.TemporaryDirectory(prefix="kalsel-gap-kills-") as folder:
        begun = time.monotonic()
        faults = run(given.kills, given.seed, names, Path(folder), given.workers)
    minutes = (time.monotonic() - begun) / 60
    sys.stdout.write(
        f"{given.kills} kills of {len(names)} commands in {minutes:.1f} minutes, "
        f"{len(faults)} faults\n"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
