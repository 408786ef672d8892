"""Time and memory of a workbook with all its sheets, and openpyxl's for its main sheet alone.

The schools of the sample, with numbers of their own, are repeated up to the number that is asked
for. Each workbook is written in a process of its own, once before it is measured; memory is the
highest of this process above what it held before. openpyxl writes the cells of the ranked list in
its mode for many rows, with number formats and a frozen header, but without comments, bars and
pages.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypeAlias

from kalsel_gap import open_project

ROOT = Path(__file__).parents[1]
Figures: TypeAlias = dict[str, float]

_WRITE = """
import dataclasses, json, sys, time
from pathlib import Path
import numpy as np
import pandas as pd
from kalsel_gap.deliverables.tables import View, select
from kalsel_gap.deliverables.workbook import write_workbook
from kalsel_gap.deliverables.workbook_lists import list_codes, list_table
from kalsel_gap.i18n.text import Text, plain
from kalsel_gap.storage.run_folder import read_run

def highest_mb():  # the highest of getrusage begins with the parent's
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024

folder, out, way, count = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
run, text = read_run(folder), Text("id")
schools = run.schools.iloc[np.arange(count) % len(run.schools)].reset_index(drop=True)
schools["npsn"] = [f"{10_000_000 + n}" for n in range(count)]
schools["row_id"] = [f"invented.csv:{n}" for n in range(count)]
run = dataclasses.replace(run, schools=schools)
import openpyxl, openpyxl.cell, xlsxwriter  # before anything is measured
warm = dataclasses.replace(run, schools=schools.head(50))
write_workbook(warm, View(), out, text)
codes = list_codes(run, select(run.schools, View()), text)
before_mb, begun_s, used_s = highest_mb(), time.perf_counter(), time.process_time()
if way == "workbook":
    write_workbook(run, View(), out, text)
else:
    table = list_table(run, codes, text)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Prioritas")
    sheet.freeze_panes = "D2"
    sheet.append([column.label for column in table.columns])
    formats = [column.style for column in table.columns]
    for row in table.rows:
        cells = []
        for column, number_format in zip(table.cells, formats):
            value = plain(column[row]) if isinstance(column[row], str) else column[row]
            cell = openpyxl.cell.WriteOnlyCell(sheet, value=value)
            cell.number_format = "@" if number_format in ("fitted", "sentence") else number_format
            cells.append(cell)
        sheet.append(cells)
    book.save(out)
took_s, cpu_s = time.perf_counter() - begun_s, time.process_time() - used_s
sheets = len(openpyxl.load_workbook(out, read_only=True).sheetnames)
print(json.dumps({"s": took_s, "cpu_s": cpu_s, "mb": highest_mb() - before_mb, "sheets": sheets,
                  "size_mb": out.stat().st_size / 1e6}))
"""


def measured(run: Path, out: Path, way: str, count: int) -> Figures:
    """Seconds, megabytes, sheets and size of a workbook that a process of its own writes."""
    command = [sys.executable, "-W", "ignore", "-c", _WRITE, str(run), str(out), way, str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    figures: Figures = json.loads(done.stdout)
    return figures


def main() -> None:
    """Print one line for each way, and leave with 1 where the limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, default=5_000)
    parser.add_argument("--most-cpu-seconds", type=float, default=15.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = open_project(ROOT / "data" / "sample").rank(out=folder / "runs")
        heads = f"{'schools':>8} {'way':<22} {'sheets':>6} {'s':>7} {'CPU s':>7}"
        print(f"{heads} {'MB more':>8} {'file MB':>8}")
        kept = True
        for way in ("workbook", "openpyxl, main sheet"):
            out = folder / "list.xlsx"
            found = measured(run.folder.parent, out, way, chosen.schools)
            kept &= way != "workbook" or found["cpu_s"] <= chosen.most_cpu_seconds
            print(
                f"{chosen.schools:>8,} {way:<22} {found['sheets']:>6.0f} {found['s']:>7.2f} "
                f"{found['cpu_s']:>7.2f} {found['mb']:>8.0f} {found['size_mb']:>8.2f}",
                flush=True,
            )
    sys.exit(not kept)


if __name__ == "__main__":
    main()
