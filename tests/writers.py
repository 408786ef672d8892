"""Every command that writes, and a small project in which each of them has something to write."""

from __future__ import annotations

import csv
import itertools
import json
import math
import shutil
from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.project.read import FILE_NAME
from kalsel_gap.storage.outputs import LEDGER
from tests.conftest import DATA_OF_TINY, TINY

if TYPE_CHECKING:
    from pathlib import Path

_SECTIONS = """
[repairs]
path = "accepted.csv"

[calibration]
path = "offsets.csv"

[[measurements]]
path = "levels.csv"

[radio.calibration]
block_km = 0.5
"""
# Two candidates of the check: the polygon of the claimed area takes the place of the point.
_REVIEWED = """\
accept,file,row,npsn,name,code,lat_given,lon_given,lat,lon,area
yes,schools.csv,8,00000107,MI MUARA CONTOH,location_missing,,,,,99.01.02 Muara Contoh
yes,schools.csv,14,00000113,SD NEGERI LEMBAH CONTOH,location_zero,.0000000,.0000000,,,\
99.02.02 Lembah Contoh
"""
# What was measured at the only school whose signal could change who comes first.
_ANSWERED = "npsn,date,operator,technology,level_dbm\n00000109,2026-08-02,telkomsel,4g,{}\n"


# An objection that is stored already, and a form with another one.
_OBJECTIONS = """\
npsn,code,filed,date,evidence,signer,reference,students,judgement,reason,decision
00000102,enrolment,2026-07-20,2026-07-01,register,operator,,150,accepted,enough,
"""
_FORM = """\
npsn,code,filed,date,evidence,signer,reference
00000111,planned,2026-07-20,2026-07-01,contract,office,B-2/2026
"""


class Writer(NamedTuple):
    """A command that writes, as words behind the program's name; `{}` is the project's folder.

    Attributes
    ----------
    words : tuple of str
    other : tuple of str
        What makes it write something else than before, where the project file does not.
    """

    words: tuple[str, ...]
    other: tuple[str, ...] = ()


_P = ("--project", "{}", "--quiet")
_WEIGHT = ("--set", "index.lambda=0.5")
WRITERS = {
    "init": Writer(("init", "{}/first", "--quiet")),
    "init --sample": Writer(("init", "{}/sample", "--sample", "--quiet")),
    "rank": Writer(("rank", *_P)),
    "rank a trial": Writer(("rank", *_P, *_WEIGHT)),
    "pin": Writer(
        ("runs", "pin", "latest", *_P, "--decree", "1", "--date", "2026-07-31", "--overwrite"),
        ("--decree", "2"),
    ),
    "check": Writer(("check", *_P, "--out", "{}/check"), ("--dialect", "id")),
    "accept repairs": Writer(
        ("check", *_P, "--accept-repairs", "{}/reviewed.csv"), ("--accept-repairs", "{}/first.csv")
    ),
    "terrain": Writer(("terrain", *_P, "--out", "{}/terrain"), ("--dialect", "id")),
    "coverage": Writer(
        ("predict", "coverage", *_P, "--out", "{}/reception", "--radius-km", "2"),
        ("--dialect", "id"),
    ),
    "calibrate": Writer(("predict", "calibrate", *_P), ("--set", "radio.receiver.height_m=3")),
    "picture": Writer(
        ("predict", "school", "00000101", *_P, "--picture", "{}/path.svg"), ("--lang", "id")
    ),
    "map": Writer(("map", *_P, "--out", "{}/made/map.html"), ("--lang", "id")),
    "explain": Writer(
        ("explain", "00000101", *_P, "--out", "{}/made/school.html"), ("--lang", "id")
    ),
    "compare": Writer(
        ("compare", "latest", "latest", *_P, "--out", "{}/made/moved.html"), ("--lang", "id")
    ),
    "plan": Writer(("plan", *_P)),
    "plan a trial": Writer(("plan", *_P, "--without", "00000101"), ("--without", "00000102")),
    "form of objections": Writer(
        ("objections", "template", *_P, "--out", "{}/made/form.csv"), ("--lang", "id")
    ),
    "prices to fill in": Writer(
        ("costs", "--template", *_P, "--out", "{}/made/prices.xlsx"), ("--lang", "id")
    ),
    # A form is stored once: before, only its help is shown.
    "objections": Writer(("objections", "import", "{}/form.csv", *_P), ("--help",)),
    "answers": Writer(("objections", "answer", *_P, "--out", "{}/letters"), ("--lang", "id")),
    "verify": Writer(("verify", *_P, "--out", "{}/pack"), ("--lang", "id")),
    "import answers": Writer(
        ("verify", *_P, "--import", "{}/answers.csv"), ("--import", "{}/earlier.csv")
    ),
    "publish": Writer(("publish", "{}/published", *_P), ("--lang", "id")),
    "csv": Writer(("export", "csv", *_P, "--out", "{}/made/list.csv"), ("--dialect", "id")),
    "xlsx": Writer(("export", "xlsx", *_P, "--out", "{}/made/list.xlsx"), ("--lang", "id")),
    "report": Writer(("report", *_P, "--out", "{}/made/report.pdf"), ("--lang", "id")),
    "gpkg": Writer(("export", "gpkg", *_P, "--out", "{}/made/list.gpkg"), ("--lang", "id")),
    "qgz": Writer(("export", "qgz", *_P, "--out", "{}/made/list_of.qgz"), ("--lang", "id")),
    "geojson": Writer(("export", "geojson", *_P, "--out", "{}/made/a.geojson"), ("--lang", "id")),
    "parquet": Writer(("export", "parquet", *_P, "--out", "{}/made/a.parquet"), ("--lang", "id")),
    "kml": Writer(("export", "kml", *_P, "--out", "{}/made/a.kml"), ("--lang", "id")),
    "flatgeobuf": Writer(("export", "flatgeobuf", *_P, "--out", "{}/made/a.fgb"), ("--lang", "id")),
    "csv of a budget": Writer(
        ("export", "csv", *_P, "--columns=budget", "--out", "{}/made/budget.csv"),
        ("--dialect", "id"),
    ),
    "tor": Writer(("export", "tor", *_P, "--out", "{}/made/tor"), ("--lang", "id")),
    "bts": Writer(("export", "bts", *_P, "--out", "{}/made/bts.csv"), ("--dialect", "id")),
    # By its own run nothing has changed; the plan is that of the command above.
    "evaluate": Writer(
        ("evaluate", "latest", "latest", *_P, "--out", "{}/made/evaluated.html"), ("--lang", "id")
    ),
}


def make_place(folder: Path) -> Path:
    """data/tiny in a new folder, with power of the sites, measured levels and reviewed repairs."""
    folder.mkdir()
    for path in TINY.iterdir():
        if path.suffix in DATA_OF_TINY or path.name == FILE_NAME:
            shutil.copy(path, folder)
    with (folder / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write(_SECTIONS)
    with (folder / "sites.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    sites = [[*head, "eirp_dbm"], *([*row, "58"] for row in rows)]
    levels = [["operator", "technology", "lat", "lon", "rsrp_dbm"]]
    for north, east in itertools.product(range(-5, 6, 2), range(-5, 6, 2)):
        loss_db = 20.0 * math.log10(math.hypot(north, east))  # of free space, and then some
        place = (f"{-2.965 + north / 500:.4f}", f"{115.345 + east / 500:.4f}")
        levels.append(["telkomsel", "4g", *place, f"{-72.0 - loss_db:.1f}"])
    for name, table in (("sites.csv", sites), ("levels.csv", levels)):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(table)
    (folder / "reviewed.csv").write_text(_REVIEWED, encoding="utf-8")
    (folder / "objections.csv").write_text(_OBJECTIONS, encoding="utf-8")
    (folder / "form.csv").write_text(_FORM, encoding="utf-8")
    for name, level_dbm in (("answers.csv", -90), ("earlier.csv", -100)):
        (folder / name).write_text(_ANSWERED.format(level_dbm), encoding="utf-8")
    first = "".join(_REVIEWED.splitlines(keepends=True)[:2])
    (folder / "first.csv").write_text(first, encoding="utf-8")
    return folder


def words_of(name: str, folder: Path, *, other: bool = False) -> list[str]:
    """The words of a command for a project in a folder; `other` makes it write something else."""
    writer = WRITERS[name]
    return [word.format(folder) for word in (*writer.words, *(writer.other if other else ()))]


def is_whole(
    name: str, content: bytes | None, before: dict[str, bytes], after: dict[str, bytes]
) -> bool:
    """Whether a file is as it was before a command or as the command makes it.

    The list of outputs is so line by line: a command writes several files one after the other.
    """
    ends = [files[name] for files in (before, after) if name in files]
    if content in ends or content is None or not name.endswith(LEDGER):
        return content in ends
    known = {entry for end in ends for entry in json.loads(end).items()}
    return known >= set(json.loads(content).items())
