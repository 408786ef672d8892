"""How long the coverage rasters of the stylised province take: 1,656 servers at 25 km, 3″ cells.

Without ``--province`` some of the masts are swept and the total is extrapolated; with it everything
is made, in a separate cache. CPU seconds stand beside wall seconds, because the machine may be
busy.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from kalsel_gap.i18n.text import Text
from kalsel_gap.project.read import read_project
from kalsel_gap.radio.coverage.products import Reception

REAL = Path(__file__).parents[1] / "tests" / "real" / "kalsel.toml"
RADIUS_KM = 25.0
THREADS = 2
TARGET_S = 600.0
TARGET_MB = 1000.0


class Clock:
    """Wall and CPU seconds since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def __str__(self) -> str:
        """Both, in columns."""
        return f"{self.wall_s:10.2f} {time.process_time() - self._cpu:10.2f}"

    @property
    def wall_s(self) -> float:
        """Wall seconds."""
        return time.perf_counter() - self._wall


def over(value: float, target: float) -> str:
    """How a figure compares with its target."""
    return f"target {target:g}{'  OVER' if value > target else ''}"


def peak_mb() -> float:
    """Largest memory of the process."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def some(count: int) -> None:
    """Sweep some masts one after the other, and extrapolate to all."""
    losses = Reception(read_project(REAL), radius_km=RADIUS_KM, threads=THREADS).losses
    masts = losses.masts[:: max(len(losses.masts) // count, 1)][:count]
    losses.swept(masts[0])  # compiles if necessary
    clock, cpu_s = Clock(), time.process_time()
    for mast in masts:
        losses.swept(mast)
    cpu_s = time.process_time() - cpu_s
    print(f"{len(masts)} masts, one at a time    {clock}")
    every_s = cpu_s / len(masts) * len(losses.masts) / THREADS
    reckoned = f"{every_s:.0f} s, {over(every_s, TARGET_S)}"
    print(f"{len(losses.masts)} masts, {THREADS} idle cores: {reckoned}")


def province() -> None:
    """Every raster of the province."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KALSEL_GAP_CACHE"] = str(Path(folder) / "cache")
        reception = Reception(read_project(REAL), radius_km=RADIUS_KM, threads=THREADS)
        losses = reception.losses
        losses.swept(losses.masts[0])  # compiles
        servers = sum(len(network.servers) for network in reception.networks)
        clock, reported = Clock(), 0.0

        def report(done: int, total: int) -> None:
            nonlocal reported
            share = done / total
            if share >= reported + 0.05:
                reported = share
                left_s = clock.wall_s * (1.0 - share) / share
                print(f"{share:4.0%}  {clock}  about {left_s:.0f} s left", flush=True)

        out = Path(folder) / "out"
        table = reception.make(out, Text("en"), report, reception.check_folder(out))
        size = sum(path.stat().st_size for path in out.iterdir()) / 1e6
        print(
            f"{servers} servers, {len(losses.masts)} masts {clock}  {over(clock.wall_s, TARGET_S)}"
        )
        print(f"peak {peak_mb():.0f} MB, {over(peak_mb(), TARGET_MB)}; {size:.0f} MB written")
        print(table.drop(columns="files").to_string(index=False))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--masts", type=int, default=12, help="how many are swept")
    parser.add_argument("--province", action="store_true", help="make everything")
    options = parser.parse_args()
    if not (REAL.parents[2].parent / "shared" / "kalsel").is_dir():
        print("the shared data folder is not here")
        return
    print(f"{os.cpu_count()} cores              {'wall s':>10} {'CPU s':>10}")
    if options.province:
        province()
    else:
        some(options.masts)


if __name__ == "__main__":
    main()
