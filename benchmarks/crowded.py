"""How the checks of rows grow where schools of like names stand close together.

Registers of growing size, all within a square and named alike: the worst case for duplicates and
clusters. Prints CPU seconds and memory of the stages *schools* and *quality* for each size, and
how many times longer each takes than the one before. Time that grows much faster than the size is
a comparison of everything with everything.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kalsel_gap.project.read import read_project
from kalsel_gap.quality.stage import judge_rows
from kalsel_gap.sources.registers import read_cells
from kalsel_gap.sources.schools import schools_of

SIZES = (2_000, 4_000, 8_000)
TARGET_POWER = 1.3  # time may grow as size to this power
HEADER = ("npsn", "nama", "bentuk", "status", "kabupaten", "kecamatan", "lintang", "bujur")


def write(path: Path, schools: int, side_deg: float) -> None:
    """A register of schools of like names within a square."""
    chance = random.Random(schools)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for n in range(schools):
            lat = -3.4 + chance.uniform(0.0, side_deg)
            lon = 114.8 + chance.uniform(0.0, side_deg)
            name = f"SD NEGERI BATU MANDI {chr(65 + n % 26)}ULU"
            place = (f"{lat:.7f}", f"{lon:.7f}")
            writer.writerow((30_000_000 + n, name, "SD", "N", "Kab. Banjar", "Gambut", *place))


def measure(schools: int, side_deg: float) -> None:
    """Print CPU seconds, peak memory in MB and number of findings of one size."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "schools.csv", schools, side_deg)
        (folder / "kalsel-gap.toml").write_text('[schools]\npath = "schools.csv"\n')
        opened = read_project(folder)
        begun_s = time.process_time()
        cells, found = read_cells(opened)
        table, told = schools_of(cells, opened)
        staged, _ = judge_rows(table, cells, opened)
        cpu_s = time.process_time() - begun_s
    unit = 1 if sys.platform == "darwin" else 1024
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    print(cpu_s, peak_mb, len(found) + len(told) + len(staged.findings))


def main() -> None:
    """Measure every size in a process of its own; status 1 where time grows too fast."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--side", type=float, default=0.002, help="of the square, degrees")
    parser.add_argument("--one", type=int, help="measure this size here and print bare numbers")
    options = parser.parse_args()
    if options.one:
        measure(options.one, options.side)
        return
    before: tuple[int, float] | None = None
    holds = True
    print(f"{'schools':>8} {'CPU s':>8} {'peak MB':>8} {'findings':>9} {'growth':>7}")
    for size in options.sizes:
        command = [sys.executable, __file__, "--one", str(size), "--side", str(options.side)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        cpu_s, peak_mb, findings = map(float, said.split())
        growth = ""
        if before is not None:
            times, larger = cpu_s / before[1], size / before[0]
            slow = times > larger**TARGET_POWER
            holds &= not slow
            growth = f"{times:.1f}×{' OVER' if slow else ''}"
        print(f"{size:8} {cpu_s:8.1f} {peak_mb:8.0f} {findings:9.0f} {growth:>7}", flush=True)
        before = (size, cpu_s)
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
