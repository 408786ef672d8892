"""Time and memory of reading a register of a million rows from a file of each format.

The files, six columns each, are made from a seed in a temporary folder; each is read in a process
of its own. What is too large to be read within the bound must be refused with a message.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TARGET_MB = 1024.0
HEADERS = ("npsn", "nama", "bentuk", "lintang", "bujur", "siswa")
Row: TypeAlias = tuple[str, str, str, float, float, int]

_READ = """
import sys, time
from pathlib import Path
from kalsel_gap.errors import KalselGapError
from kalsel_gap.project.base import OVERRIDABLE, default_values, merge
from kalsel_gap.project.model import Opened, Project
from kalsel_gap.sources.registers import REGISTER_ALIASES
from kalsel_gap.sources.schools import STAGE
from kalsel_gap.sources.tables import read_table
from kalsel_gap.stage_cache import StageCache, nobody
from kalsel_gap.storage.cache import Cache

path, what = Path(sys.argv[1]), sys.argv[2]
below = {name: default_values(name) for name in OVERRIDABLE}
values = merge(below, {"schools": {"path": path.name}})
project = Project.model_validate(values, context={"folder": path.parent})
begun_s = time.perf_counter()
try:
    if what == "table":
        table = read_table(path, aliases=REGISTER_ALIASES).cells
    else:
        table, _ = StageCache(Opened(path, project, {}), Cache(None)).run(STAGE, nobody())
    done = f"{len(table):,} rows"
except KalselGapError as error:
    done = error.code
seconds = time.perf_counter() - begun_s
status = Path("/proc/self/status").read_text()  # the highest of getrusage begins with the parent's
print(seconds, int(status.partition("VmHWM:")[2].split()[0]) / 1024, done, sep="\\t")
"""


def rows(count: int, seed: int) -> Iterator[Row]:
    """Invented schools, each the same whenever it is made."""
    chance = random.Random(seed)
    for n in range(count):
        level = chance.choice(("SD", "SMP", "SMA", "SMK"))
        lat, lon = round(chance.uniform(-4.5, -1.5), 6), round(chance.uniform(114.5, 116.5), 6)
        name = f"{level}N {n % 997} {chance.choice(('HULU', 'MUARA', 'GUNUNG', 'RANTAU'))}"
        yield f"{10_000_000 + n}", name, level, lat, lon, chance.randint(20, 900)


def _csv(path: Path, schools: Iterator[Row]) -> None:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="\n") as file:
        file.write(",".join(HEADERS) + "\n")
        file.writelines(",".join(map(str, row)) + "\n" for row in schools)


def _json(path: Path, schools: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('{"data": [')
        for n, row in enumerate(schools):
            file.write(",\n" * (n > 0) + json.dumps(dict(zip(HEADERS, row, strict=True))))
        file.write("]}")


def _geojson(path: Path, schools: Iterator[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for n, row in enumerate(schools):
            place = {"type": "Point", "coordinates": [row[4], row[3]]}
            said = dict(zip(HEADERS, row, strict=True))
            feature = {"type": "Feature", "properties": said, "geometry": place}
            file.write(",\n" * (n > 0) + json.dumps(feature))
        file.write("]}")


def _xlsx(path: Path, schools: Iterator[Row]) -> None:
    from tests.spreadsheets import Sheet, xlsx

    def line(number: int, row: Sequence[str | float]) -> str:
        cells = (
            f'<c r="{letter}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
            if isinstance(cell, str)
            else f'<c r="{letter}{number}"><v>{cell}</v></c>'
            for letter, cell in zip("ABCDEF", row, strict=True)
        )
        return f'<row r="{number}">{"".join(cells)}</row>'

    empty = path.with_suffix(".empty")
    empty.write_bytes(xlsx([Sheet("Data", [])]))
    with (
        zipfile.ZipFile(empty) as given,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made,
    ):
        for name in given.namelist():
            if not name.startswith("xl/worksheets/"):
                made.writestr(name, given.read(name))
                continue
            before, mark, after = given.read(name).partition(b"<sheetData>")
            with made.open(name, "w", force_zip64=True) as sheet:
                sheet.write(before + mark + line(1, HEADERS).encode())
                sheet.writelines(line(n, row).encode() for n, row in enumerate(schools, start=2))
                sheet.write(after)
    empty.unlink()


def _parquet(path: Path, schools: Iterator[Row]) -> None:
    import pandas as pd

    pd.DataFrame(schools, columns=list(HEADERS)).to_parquet(path, index=False)


def _layer(path: Path, schools: Iterator[Row]) -> None:
    import geopandas as gpd
    import pandas as pd

    table = pd.DataFrame(schools, columns=list(HEADERS))
    points = gpd.points_from_xy(table["bujur"], table["lintang"], crs="EPSG:4326")
    gpd.GeoDataFrame(table, geometry=points).to_file(path)


FORMATS: dict[str, Callable[[Path, Iterator[Row]], None]] = {
    ".csv": _csv,
    ".csv.gz": _csv,
    ".xlsx": _xlsx,
    ".json": _json,
    ".geojson": _geojson,
    ".parquet": _parquet,
    ".gpkg": _layer,
}


def measured(path: Path, what: str) -> tuple[float, float, str]:
    """Seconds and highest use of memory (MB) of a process that reads a file, and how it ended.

    It reads the *table*, or runs the whole stage *schools*.
    """
    words = [sys.executable, "-c", _READ, str(path), what]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    seconds, peak_mb, done = said.strip().split("\t")
    return float(seconds), float(peak_mb), done


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each format; 1 where one of them takes more memory than it may."""
    about, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(FORMATS), choices=list(FORMATS))
    given = parser.parse_args(arguments)
    is_good = True
    with tempfile.TemporaryDirectory() as folder:
        for ending in given.only:
            path = Path(folder) / f"schools{ending}"
            begun_s = time.perf_counter()
            FORMATS[ending](path, rows(given.rows, given.seed))
            size_mb, made_s = path.stat().st_size / 2**20, time.perf_counter() - begun_s
            print(f"{ending:9}{size_mb:5.0f} MB, made in {made_s:3.0f} s", end="", flush=True)
            for what in ("table", "schools"):
                seconds, peak_mb, done = measured(path, what)
                is_good &= what == "schools" or peak_mb <= TARGET_MB
                print(f" | {what}{seconds:6.1f} s{peak_mb:6.0f} MB, {done}", end="", flush=True)
            print()
            path.unlink()
    print(f"A table in at most {TARGET_MB:.0f} MB: {'yes' if is_good else 'no'}")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
