"""How long a ranking takes, in new processes, and how much memory: `make bench`.

The real schools of South Kalimantan where the shared data folder lies beside the clone, otherwise
the tiny project, whose times cannot be compared with the targets. Compilation of the kernels is
timed separately: it happens once per installation. The ranking is printed as for a planner.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
REAL = REPOSITORY / "tests" / "real" / "kalsel.toml"
TINY = REPOSITORY / "data" / "tiny" / "kalsel-gap.toml"
TARGET_S = {"cold": 20.0, "other weights": 2.0, "--help": 0.3}
TARGET_MB = 1000.0

# The real command line, which also prints the time of each stage.
CHILD = """
import gc, json, sys
gc.set_threshold(500_000)  # as the command line does before it imports anything
sys.modules["hypothesis"] = None  # pandera imports it where it is installed: users do not have it
seconds, *arguments = sys.argv[1:]
if arguments[0] == "rank":
    from kalsel_gap import pipeline

    opened = []
    original = pipeline.open_project

    def open_project(*given, **named):
        opened.append(original(*given, **named))
        return opened[-1]

    pipeline.open_project = open_project
from kalsel_gap.__main__ import main

try:
    sys.argv[1:] = arguments
    main()
finally:
    if arguments[0] == "rank":
        with open(seconds, "w") as file:
            json.dump(opened[-1].seconds, file)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One process.

    Attributes
    ----------
    wall_s : float
        From its start to its end.
    cpu_s : float
        CPU time of all its threads, which a busy machine hardly changes.
    peak_mb : float
        Largest resident memory, in millions of bytes.
    stages_s : dict of float
        By stage of the ranking.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    stages_s: dict[str, float]


def measure(arguments: list[str], *, cache: Path, numba: Path) -> Measured:
    """Run a command in a new process, with caches of its own."""
    timings = numba.with_name("seconds.json")
    timings.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "KALSEL_GAP_CACHE": str(cache),
        "KALSEL_GAP_LANG": "en",
        "NUMBA_CACHE_DIR": str(numba),
    }
    begun_s = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(timings), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - begun_s
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"kalsel-gap {' '.join(arguments)} ended with status {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    stages_s = json.loads(timings.read_text(encoding="utf-8")) if timings.exists() else {}
    return Measured(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6, stages_s)


def runs(project: Path, folder: Path, repeat: int) -> dict[str, list[Measured]]:
    """Every kind of process, each as often as wanted but the first."""
    numba, cache = folder / "numba", folder / "cache"
    rank = ["rank", "--project", str(project), "--out", str(folder / "runs"), "--format", "table"]
    found = {"first, with compiling": [measure(rank, cache=cache, numba=numba)], "cold": []}
    for _ in range(repeat):
        shutil.rmtree(cache)
        found["cold"].append(measure(rank, cache=cache, numba=numba))
    found["other weights"] = [
        measure(
            [*rank, "--set", f"index.nodes.students.weight={0.5 + number / 100}"],
            cache=cache,
            numba=numba,
        )
        for number in range(repeat)
    ]
    found["--help"] = [measure(["--help"], cache=cache, numba=numba) for _ in range(repeat)]
    return found


def report(found: dict[str, list[Measured]]) -> None:
    """Medians against the targets, and the share of each stage."""
    print(f"{'':22} {'median s':>9} {'target':>7} {'CPU s':>7} {'peak MB':>8} {'target':>7}")
    for name, each in found.items():
        wall_s = statistics.median(one.wall_s for one in each)
        cpu_s = statistics.median(one.cpu_s for one in each)
        peak_mb = max(one.peak_mb for one in each)
        target_s = TARGET_S.get(name)
        over = (target_s is not None and wall_s > target_s) or peak_mb > TARGET_MB
        print(
            f"{name:22} {wall_s:9.2f} {target_s or '':>7} {cpu_s:7.2f} {peak_mb:8.0f} "
            f"{TARGET_MB:7.0f}"
            f"{'  OVER' if over else ''}"
        )
    print()
    stages = list(found["cold"][0].stages_s)
    print(f"{'share of':22} " + " ".join(f"{stage:>9}" for stage in (*stages, "the rest")))
    for name, each in found.items():
        if not each[0].stages_s:
            continue
        typical = sorted(each, key=lambda one: one.wall_s)[len(each) // 2]
        parts = [typical.stages_s[stage] for stage in stages]
        parts.append(typical.wall_s - sum(parts))
        print(f"{name:22} " + " ".join(f"{part / typical.wall_s:9.0%}" for part in parts))
    print("The rest: starting Python, importing libraries, printing.")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=3, help="processes of each kind")
    parser.add_argument("--project", type=Path, help="another project file")
    options = parser.parse_args()
    if not hasattr(os, "wait4"):
        sys.exit("this benchmark needs Linux or macOS: nothing else tells a process's peak memory")
    project = options.project or REAL
    if not options.project and not (REPOSITORY.parent / "shared" / "kalsel").is_dir():
        print("The shared data folder is not beside the clone: the tiny project instead.")
        project = TINY
    with tempfile.TemporaryDirectory() as folder:
        print(f"{project.name}, {os.cpu_count()} cores, {options.repeat} processes of each kind")
        report(runs(project, Path(folder), options.repeat))


if __name__ == "__main__":
    main()
