"""Whatever is wrong: one message that names the file, exit status 1, and the last run untouched."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
import rasterio
from rasterio import Affine

from kalsel_gap.__main__ import Interruption
from tests.conftest import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import CommandLine

    Mangle = Callable[[Path], object]

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits are POSIX's")
TOML = "kalsel-gap.toml"


@pytest.fixture(scope="module", autouse=True)
def _signals_arrive() -> Iterator[None]:
    """A shell's job in the background ignores signals, and so would the programs under test."""
    names = ("SIGINT", "SIGHUP") if sys.platform != "win32" else ()
    ignored = [
        s for s in map(signal.Signals.__getitem__, names) if signal.getsignal(s) is signal.SIG_IGN
    ]
    for each in ignored:
        signal.signal(each, signal.SIG_DFL)
    yield
    for each in ignored:
        signal.signal(each, signal.SIG_IGN)


RASTERS = ("rsrp_4g.tif", "class_2g.tif", "dem.tif")
TABLES = ("schools.csv", "pupils.csv", "sites.csv", "tests.csv")
LAYERS = ("kabupaten.geojson", "kecamatan.geojson", "coastline.geojson")


def complete(runs: Path) -> str:
    """Name of the latest run, whose every file is what its manifest says."""
    name = (runs / "latest").read_text(encoding="utf-8").strip()
    manifest = json.loads((runs / name / "run.json").read_text(encoding="utf-8"))
    written = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (runs / name).iterdir()}
    assert {**manifest["files"], "run.json": written["run.json"]} == written
    return name


STANDING = "Last full run; no run is marked as official."


class Answer(NamedTuple):
    status: int
    out: bytes
    err: str


def refused(answer: tuple[int, bytes, str], *expected: str) -> None:
    """Status 1, nothing on standard output, and one line for each expected fault, in order.

    Before it may stand what the run counts for.
    """
    status, out, err = answer
    lines = [line for line in err.splitlines() if line != STANDING]
    assert (status, out) == (1, b""), err
    assert len(lines) == len(expected), err
    for line, words in zip(lines, expected, strict=True):
        assert line.startswith("kalsel-gap: error: ")
        assert re.search(words, line), line


# --- how files go wrong --------------------------------------------------------------------------


def both(*steps: Mangle) -> Mangle:
    return lambda folder: [step(folder) for step in steps]


def write(name: str, content: str | bytes) -> Mangle:
    raw = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / name).write_bytes(raw)


def remove(name: str) -> Mangle:
    return lambda folder: (folder / name).unlink()


def folder_in_place_of(name: str) -> Mangle:
    return both(remove(name), lambda folder: (folder / name).mkdir())


def cut(name: str, end: int) -> Mangle:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:end])


def swap(name: str, old: str, new: str) -> Mangle:
    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


def header_only(name: str) -> Mangle:
    return lambda folder: (folder / name).write_text(
        (folder / name).read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8"
    )


def add(text: str) -> Mangle:
    def change(folder: Path) -> None:
        with (folder / TOML).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")

    return change


def rewrite_raster(name: str, **profile: Any) -> Mangle:
    def change(folder: Path) -> None:
        with rasterio.open(folder / name) as dataset:
            cells, old = dataset.read(1), dataset.profile
        (folder / name).unlink()
        with rasterio.open(folder / name, "w", **(old | profile)) as dataset:
            dataset.write(cells, 1)

    return change


WORKBOOK = {
    "_rels/.rels": '<Relationships xmlns="{p}/relationships"><Relationship Id="r1" '
    'Type="{o}/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="{s}" xmlns:r="{o}/relationships"><sheets>'
    '<sheet name="Data" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="{p}/relationships"><Relationship Id="r1" '
    'Type="{o}/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/worksheets/sheet1.xml": '<worksheet xmlns="{s}"><sheetData><row r="1"><c r="A1" '
    't="inlineStr"><is><t>npsn</t></is></c></row></sheetData></worksheet>',
}


def workbook(folder: Path) -> None:
    """The smallest workbook there is: one cell in the sheet “Data”."""
    base = "http://schemas.openxmlformats.org"
    names = {
        "p": f"{base}/package/2006",
        "o": f"{base}/officeDocument/2006",
        "s": f"{base}/spreadsheetml/2006/main",
    }
    with zipfile.ZipFile(folder / "schools.xlsx", "w") as archive:
        for name, content in WORKBOOK.items():
            archive.writestr(name, content.format(**names))


def halve(name: str) -> Mangle:
    return lambda folder: cut(name, (folder / name).stat().st_size // 2)(folder)


def named(old: str, new: str) -> Mangle:
    return swap(TOML, f'"{old}"', f'"{new}"')


GARBAGE = np.random.default_rng(1).integers(0, 256, 4000, dtype=np.uint8).tobytes()
NO_GEOMETRY = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {"kode": "1"}, "geometry": None}],
    }
)
IN_METRES = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"kode": "1", "nama": "Kab. A"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [[[3e5, 9.67e6], [3e5, 9.68e6], [3.1e5, 9.68e6], [3e5, 9.67e6]]],
                },
            }
        ],
    }
)
POINTS = NO_GEOMETRY.replace("null", '{"type": "Point", "coordinates": [115.3, -2.9]}')
OWN_CRS = (
    'PROJCS["Our own grid",GEOGCS["a",DATUM["b",SPHEROID["c",6378000,298]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["central_meridian",117],UNIT["metre",1]]'
)
ELSEWHERE = Affine(0.01, 0.0, 100.0, 0.0, -0.01, 5.0)

FAULTS: dict[str, tuple[Mangle, tuple[str, ...]]] = {
    # Files that are not there, or not files
    "missing": (remove("schools.csv"), (r"schools\.csv: there is no such file",)),
    "missing, misspelt": (
        named("dem.tif", "demm.tif"),
        (r"demm\.tif: .*Did you mean “dem\.tif”",),
    ),
    "several missing": (
        both(remove("schools.csv"), remove("dem.tif")),
        (r"schools\.csv: there is no such file", r"dem\.tif: there is no such file"),
    ),
    "path empty": (named("dem.tif", ""), (r"toml, row \d+, elevation\.path: the path is empty",)),
    **{
        f"folder for {name}": (
            folder_in_place_of(name),
            (re.escape(name) + expected,),
        )
        for names, expected in (
            ((*TABLES, *LAYERS), ": this is a folder, but a file is needed"),
            (RASTERS, ": the folder contains no raster"),
        )
        for name in names
        if name != "dem.tif"
    },
    "folder without tiles": (
        folder_in_place_of("dem.tif"),
        (r"dem\.tif: the folder contains no raster",),
    ),
    **{
        f"empty {name}": (write(name, ""), (re.escape(name) + ": the file is empty",))
        for name in (*TABLES, *RASTERS, *LAYERS)
    },
    # Tables
    **{
        f"header only, {name}": (header_only(name), (re.escape(name) + ": the table has no rows",))
        for name in TABLES
    },
    "blank": (write("schools.csv", "\n\n  \n"), (r"schools\.csv: the table has no rows",)),
    **{
        f"garbage, {name}": (
            write(name, GARBAGE),
            (re.escape(name) + ": this is not a text table",),
        )
        for name in TABLES
    },
    "raster for a table": (
        named("schools.csv", "dem.tif"),
        (r"dem\.tif: this is a picture or a raster",),
    ),
    **{
        f"no NPSN, {name}": (
            swap(name, "npsn", "nspn"),
            (re.escape(name) + ": column “npsn” is missing; .*nspn.* Did you mean “nspn”",),
        )
        for name in ("schools.csv", "pupils.csv", "tests.csv")
    },
    "no technology": (
        swap("sites.csv", "technology", "tec"),
        (r"sites\.csv: column “technology” is missing",),
    ),
    "two columns of one name": (
        swap("schools.csv", "id,", "nama_sekolah,"),
        (r"schools\.csv: several columns match “name”: nama_sekolah, sekolah",),
    ),
    "open quotation mark": (
        swap("schools.csv", ",SD NEGERI HULU", ',"SD NEGERI HULU'),
        (r"schools\.csv, row 2: the table is broken here",),
    ),
    "header that the project names": (
        swap(TOML, "[schools]", '[schools]\ncolumns = { npsn = "NPSM" }'),
        (r"schools\.csv: column “NPSM” is missing; .*Did you mean “npsn”",),
    ),
    "column that the project names": (
        swap(TOML, "[schools]", '[schools]\ncolumns = { npn = "npsn" }'),
        (r"names “npn”, which is not a known column; .*Did you mean “npsn”",),
    ),
    "attributes that add nothing": (
        named("pupils.csv", "schools.csv"),
        (r"schools\.csv: no column of this attribute table is recognised",),
    ),
    "gzip cut off": (
        both(
            lambda f: (f / "schools.csv.gz").write_bytes(
                gzip.compress((f / "schools.csv").read_bytes())[:-60]
            ),
            named("schools.csv", "schools.csv.gz"),
        ),
        (r"schools\.csv\.gz: the file cannot be read",),
    ),
    "text as workbook": (
        both(
            lambda f: (f / "schools.xlsx").write_bytes(b"PK\x03\x04" + bytes(500)),
            named("schools.csv", "schools.xlsx"),
        ),
        (r"schools\.xlsx: ",),
    ),
    "workbook cut off": (
        both(workbook, halve("schools.xlsx"), named("schools.csv", "schools.xlsx")),
        (r"schools\.xlsx: the workbook cannot be read",),
    ),
    "archive that is no workbook": (
        both(
            lambda f: zipfile.ZipFile(f / "schools.xlsx", "w").close(),
            named("schools.csv", "schools.xlsx"),
        ),
        (r"schools\.xlsx: the workbook cannot be read",),
    ),
    "sheet": (
        both(workbook, swap(TOML, '"schools.csv"', '"schools.xlsx"\nsheet = "Dta"')),
        (r"schools\.xlsx: there is no sheet “Dta”; .* Data\. Did you mean “Data”",),
    ),
    # Rasters
    **{
        f"no CRS, {name}": (
            rewrite_raster(name, crs=None),
            (re.escape(name) + ": the raster has no coordinate reference system",),
        )
        for name in RASTERS
    },
    **{
        f"elsewhere, {name}": (
            rewrite_raster(name, transform=ELSEWHERE, crs="EPSG:4326"),
            (re.escape(name) + ": the raster touches no school",),
        )
        for name in RASTERS
    },
    **{
        f"header cut, {name}": (
            cut(name, length),
            (re.escape(name) + r": the raster cannot be read: .*\. Was it copied completely\?$",),
        )
        for length in (6, 60)
        for name in RASTERS
    },
    **{
        f"body cut, {name}": (
            cut(name, -1),
            (re.escape(name) + r": the raster cannot be read: .*\. Was it copied completely\?$",),
        )
        for name in RASTERS
    },
    "table for a raster": (
        named("dem.tif", "schools.csv"),
        (r"schools\.csv: this raster format is not read",),
    ),
    "band": (
        swap(TOML, '"dem.tif"', '"dem.tif"\nband = 7'),
        (r"dem\.tif: .*band 7 of 1",),
    ),
    "class raster without classes": (
        swap(TOML, "classes = {", "# classes = {"),
        (r"toml, row \d+, coverage\.1: “classes” is required for kind = \"class\"",),
    ),
    "classes without class raster": (
        swap(TOML, 'kind = "class"', 'kind = "rsrp_dbm"'),
        (r"toml, row \d+, coverage\.1: “classes” is required for kind = \"class\"",),
    ),
    "class that is no number": (
        swap(TOML, '"1" = 0.02', '"nan" = 0.02'),
        (r"toml, row \d+, coverage\.1: a key of “classes” is not a number",),
    ),
    # Layers
    **{
        f"broken, {name}": (cut(name, -60), (re.escape(name) + ": the layer cannot be read",))
        for name in LAYERS
    },
    **{
        f"no layer, {name}": (
            write(name, "halo"),
            (re.escape(name) + ": the layer cannot be read",),
        )
        for name in LAYERS
    },
    **{
        f"no geometry, {name}": (
            write(name, NO_GEOMETRY),
            (re.escape(name) + ": the file has no geometry",),
        )
        for name in LAYERS
    },
    "metres as degrees": (
        write("kabupaten.geojson", IN_METRES),
        (r"kabupaten\.geojson: latitude 9\.67e\+06, longitude \d+ is no place",),
    ),
    "at the pole": (
        swap("kabupaten.geojson", "-2.97", "-90"),
        (r"kabupaten\.geojson: latitude -90, longitude [\d.]+ is no place",),
    ),
    "axes swapped, raster": (
        rewrite_raster("dem.tif", transform=Affine(0.01, 0, -3, 0, -0.01, 115), crs="EPSG:4326"),
        (r"dem\.tif: latitude 115, longitude -3 is no place",),
    ),
    "metadata that are not UTF-8": (
        both(
            rewrite_raster("dem.tif", crs=OWN_CRS),
            lambda folder: (folder / "dem.tif").write_bytes(
                (folder / "dem.tif").read_bytes().replace(b"Our own grid", b"\xff" * 12)
            ),
        ),
        (r"dem\.tif: the raster cannot be read: ",),
    ),
    "points for areas": (
        write("kabupaten.geojson", POINTS),
        (r"kabupaten\.geojson: the layer has no polygons",),
    ),
    "points for a shore": (
        write("coastline.geojson", POINTS),
        (r"coastline\.geojson: the layer has no lines",),
    ),
    "no name": (
        swap("kecamatan.geojson", '"nama"', '"nam"'),
        (r"kecamatan\.geojson: column “nama” is missing; .*\[boundaries\]",),
    ),
    # The project file
    "TOML": (swap(TOML, "[schools]", "[schools"), (r"toml: this is not valid TOML: .*line 8",)),
    "TOML, nested deeply": (
        lambda folder: (folder / TOML).write_text("a = " + "[" * 100_000),
        (r"toml: lists or sections are nested too deeply",),
    ),
    "TOML, long key": (
        lambda folder: (folder / TOML).write_text(".".join("a" * 100_000) + " = 1"),
        (r"toml: lists or sections are nested too deeply",),
    ),
    "NUL in a path": (
        named("dem.tif", "dem\\u0000.tif"),
        (r"toml, row \d+, elevation\.path: the path contains a NUL character",),
    ),
    "name too long for a file": (
        named("dem.tif", "d" * 300 + ".tif"),
        (r"d+\.tif: the file cannot be read: ",),
    ),
    "name too long for a raster of coverage": (
        named("rsrp_4g.tif", "r" * 300 + ".tif"),
        (r"r+\.tif: the file cannot be read: ",),
    ),
    "root of the disk for a raster of coverage": (
        named("rsrp_4g.tif", "/"),
        (r"/: the folder contains no raster",),
    ),
    "TOML, not UTF-8": (
        lambda folder: (folder / TOML).write_bytes((folder / TOML).read_bytes() + b"# caf\xe9\n"),
        (r"toml, row \d+: the file is not UTF-8 text",),
    ),
    "TOML, UTF-16": (
        lambda folder: (folder / TOML).write_text("[project]\n", encoding="utf-16"),
        (r"toml: the file is UTF-16",),
    ),
    "no project file": (remove(TOML), (r"toml: there is no such project file",)),
    "folder for the project file": (
        folder_in_place_of(TOML),
        (r"toml: there is no such project file",),
    ),
    "no register": (
        swap(TOML, "[schools]", "[costs]"),
        (
            r"toml, schools: this key is required",
            r"toml, row \d+, costs\.path: there is no such key",
            r"toml, row \d+, costs\.date: there is no such key",
        ),
    ),
    "key at the top": (
        add("[elevations]\npath = 'x'"),
        (r"toml, row \d+, elevations: there is no such key; .*Did you mean “elevation”",),
    ),
    "key in a section": (
        swap(TOML, "sea =", "see ="),
        (r"toml, row \d+, elevation\.see: there is no such key; .*Did you mean “sea”",),
    ),
    "key in a list": (
        swap(TOML, "[[sites]]", "[[sites]]\nopertor = 'x'"),
        (r"toml, row \d+, sites\.0\.opertor: there is no such key; .*Did you mean “operator”",),
    ),
    "key of a node": (
        add("[index.nodes.students]\nwieght = 1"),
        (r"toml, row \d+, index\.nodes\.students\.wieght: there is no such key; .*“weight”",),
    ),
    "node": (
        add("[index.nodes.studnts]\nweight = 1"),
        (r"toml, row \d+, index\.nodes\.studnts: .*Did you mean “students”",),
    ),
    "two keys": (
        both(swap(TOML, "sea =", "see ="), add("[roadz]\npath = 'x'")),
        (r"elevation\.see: .*“sea”", r"roadz: .*“roads”"),
    ),
    "choice": (
        swap(TOML, 'technology = "4g"', 'technology = "4G"'),
        (r"toml, row \d+, coverage\.0\.technology: “4G” is not possible here;.*2g",),
    ),
    "negative weight": (
        add("[index.nodes.students]\nweight = -1"),
        (r"toml, row \d+, index\.nodes\.students\.weight: “-1” is not valid: .* at least 0",),
    ),
    "weight that is no number": (
        add("[index.nodes.students]\nweight = nan"),
        (r"toml, row \d+, index\.nodes\.students\.weight: “nan” is not valid: a number is needed",),
    ),
    "no weight in the priority": (
        add("[index.priority]\nbase = 0\nneed = 0\nbarrier = 0"),
        (r"toml, row \d+, index\.priority: one of the weights must be above 0",),
    ),
    "no weight in a tree": (
        add(
            "\n".join(
                f"[index.nodes.{leaf}]\nweight = 0"
                for leaf in ("students", "vulnerable", "devices", "accounts", "adequate")
            )
        ),
        (r"toml, index\.nodes\.need: all weights below “need” are 0",),
    ),
    "column that does not exist": (
        add("[index.nodes.students]\ncolumn = 'studnts'"),
        (r"nodes\.students\.column: “studnts” is not a column .*Did you mean “students”",),
    ),
    "column of text": (
        add("[index.nodes.students]\ncolumn = 'name'"),
        (r"nodes\.students\.column: “name” is not a column that can be measured",),
    ),
    "lambda": (
        add("[index]\nlambda = 1.5"),
        (r"toml, row \d+, index\.lambda: “1\.5” is not valid",),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_message_for_each_fault(fault: str, ranked: Path, cli: CommandLine) -> None:
    mangle, expected = FAULTS[fault]
    mangle(ranked)
    before = snapshot(ranked)
    refused(cli("rank", "--project", ranked / TOML), *expected)
    assert snapshot(ranked) == before


@POSIX
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_pipe_or_device_is_never_read(
    make: Callable[[Path], None], ranked: Path, cli: CommandLine
) -> None:
    (ranked / "sites.csv").unlink()
    make(ranked / "sites.csv")
    refused(cli("rank", "--project", ranked), r"sites\.csv: this is a pipe or a device")


# --- options -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--set", "index.lambda"), "“index.lambda” sets no value"),
        (("--set", "index..lambda=1"), "“index..lambda=1” sets no value"),
        (("--set", "index.lambda=2"), "index.lambda: “2” is not valid"),
        (("--set", "index.lamda=0.5"), "index.lamda: there is no such key; .*“lambda”"),
        (("--set", "index.priority.need=much"), "index.priority.need: “much” is not valid"),
    ],
)
def test_assignments(
    arguments: tuple[str, str], expected: str, ranked: Path, cli: CommandLine
) -> None:
    before = snapshot(ranked)
    refused(cli("rank", "--project", ranked, *arguments), expected)
    assert snapshot(ranked) == before


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (("--kabupaten", "Muara Conto"), "Kab. Muara Contoh"),
        (("--kecamatan", "Lembah Cntoh"), "Lembah Contoh"),
        (("--level", "SMPP"), "SMP"),
        (("--authority", "kabupatn"), "kabupaten"),
        (("--terrain", "pegunugan"), "pegunungan"),
        (("--gap", "uncoverd"), "uncovered"),
    ],
)
def test_a_filter_that_nothing_meets(
    arguments: tuple[str, str], suggestion: str, ranked: Path, cli: CommandLine
) -> None:
    before = snapshot(ranked)
    command = ("rank",) if arguments[0] == "--gap" else ("export", "csv")
    answer = cli(*command, "--project", ranked, *arguments)
    refused(answer, rf"“{arguments[1]}”; there are: .* Did you mean “{re.escape(suggestion)}”\?$")
    assert snapshot(ranked) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("rank", "--format", "xls"),
        ("rank", "--top", "0"),
        ("rank", "--top", "many"),
        ("rank", "--by", "need"),
        ("rank", "--lang", "fr"),
        ("rank", "--projct", "x"),
        ("rank", "surplus"),
        ("rnk",),
        ("export", "csv", "--dialect", "de"),
        ("export", "csv", "--names", "neither"),
        ("check", "--dialect", "de"),
        ("config", "--format", "yaml"),
    ],
)
def test_a_command_line_that_makes_no_sense(arguments: tuple[str, ...], cli: CommandLine) -> None:
    answer = cli(*arguments)
    assert (answer.status, answer.out) == (2, b"")
    assert "Traceback" not in answer.err
    assert answer.err.startswith("kalsel-gap: error: ")


def test_no_project_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: CommandLine
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(cli("rank"), "there is no kalsel-gap.toml here or in a folder above. .*--project")


# --- output --------------------------------------------------------------------------------------


def test_folders_and_files_that_are_in_the_way(ranked: Path, cli: CommandLine) -> None:
    (ranked / "file").write_text("mine")
    (ranked / "folder").mkdir()
    before = snapshot(ranked)
    rank = ("rank", "--project", ranked)
    export = ("export", "csv", "--project", ranked)
    not_written = "cannot be written: "
    refused(cli(*rank, "--out", ranked / "file"), "file: .*this is the name of a file")
    refused(cli(*rank, "--out", ranked / "file" / "runs"), rf"{not_written}")
    refused(cli(*rank, "--set", "output.folder='file'"), rf"file: {not_written}")
    refused(cli(*export, "--out", ranked / "folder"), rf"folder: {not_written}it is a folder")
    refused(cli(*export, "--out", ranked / "file" / "list.csv"), rf"{not_written}")
    refused(cli(*export, "--runs", ranked / "file"), "there is no run")
    refused(cli(*export, "--runs", ranked / "folder"), "there is no run yet")
    refused(cli(*export, "--run", "0123456789ab"), "there is no run “0123456789ab”; there are: ")
    refused(cli(*export, "--run", "../runs/latest"), "there is no run “../runs/latest”; there are")
    refused(cli("export", "csv", "--project", ranked / "nowhere"), "there is no such project file")
    assert snapshot(ranked) == before


def test_an_export_over_an_older_file(ranked: Path, cli: CommandLine) -> None:
    out = ranked / "list.csv"
    export = ("export", "csv", "--project", ranked, "--out", out)
    assert cli(*export, "--top", "1").status == 0
    before = snapshot(ranked)
    refused(cli(*export, "--level", "XX"), "“XX”")
    assert snapshot(ranked) == before
    assert cli(*export).status == 0
    assert out.read_text(encoding="utf-8").startswith("rank,npsn,")
    assert not list(ranked.glob(".tmp-*"))


@POSIX
def test_a_device_is_not_replaced(ranked: Path, cli: CommandLine) -> None:
    answer = cli("export", "csv", "--project", ranked, "--out", "/dev/null")
    refused(answer, "/dev/null: cannot be written")
    assert Path("/dev/null").is_char_device()


def test_a_damaged_run(ranked: Path, cli: CommandLine) -> None:
    runs = ranked / "runs"
    latest = runs / (runs / "latest").read_text().strip()
    whole = (latest / "schools.parquet").read_bytes()
    export = ("export", "csv", "--project", ranked)
    (latest / "schools.parquet").write_bytes(whole[:-100])
    altered = (
        f"{latest.name}/schools.parquet: this file is missing, or .*“kalsel-gap rank --overwrite”"
    )
    refused(cli(*export), altered)
    (latest / "schools.parquet").unlink()
    refused(cli(*export), altered)
    (runs / "latest").write_bytes(b"\xff\xfe")
    refused(cli(*export), "it is not known which full run")
    # Ranking again mends it.
    assert cli("rank", "--project", ranked).status == 0
    assert complete(runs) == latest.name
    assert (latest / "schools.parquet").read_bytes() == whole


@POSIX
@pytest.mark.parametrize("closed", ["runs", "."])
def test_a_protected_folder(closed: str, ranked: Path) -> None:
    if closed == ".":
        shutil.rmtree(ranked / "runs")
    before = snapshot(ranked)
    (ranked / closed).chmod(0o500)
    try:
        refused(
            program("rank", "--project", ranked, "--set", "index.lambda=0.5", limit=as_anybody),
            "cannot be written: you have no permission",
        )
    finally:
        (ranked / closed).chmod(0o700)
    assert snapshot(ranked) == before


@POSIX
def test_a_file_that_may_not_be_read(ranked: Path) -> None:
    (ranked / "dem.tif").chmod(0o000)
    answer = program("rank", "--project", ranked, limit=as_anybody)
    refused(answer, r"dem\.tif: the file cannot be read: you have no permission")


@POSIX
def test_a_full_disk(ranked: Path) -> None:
    before = snapshot(ranked)
    command = ("rank", "--project", ranked, "--set", "index.lambda=0.5")
    refused(program(*command, limit=small_files), "cannot be written: ")
    assert snapshot(ranked) == before


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=340k", "tmpfs", str(folder)]
    if (
        not shutil.which("mount")
        or subprocess.run(mount, check=False, capture_output=True).returncode
    ):
        pytest.skip("no file system may be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_too_small_for_a_second_run(ranked: Path, full_disk: Path, cli: CommandLine) -> None:
    command = ("rank", "--project", ranked, "--out", full_disk)
    assert cli(*command).status == 0
    before = snapshot(full_disk)
    refused(cli(*command, "--set", "index.lambda=0.5"), "cannot be written: the disk is full")
    assert snapshot(full_disk) == before
    complete(full_disk)
    chosen = ("--project", ranked, "--columns", "all")
    export = ("export", "csv", *chosen, "--out", full_disk / "list.csv")
    (full_disk / "rest").write_bytes(bytes(shutil.disk_usage(full_disk).free - 8192))
    before = snapshot(full_disk)
    refused(cli(*export), "cannot be written: the disk is full")
    assert snapshot(full_disk) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("form", ["csv", "table"])
def test_standard_output_that_takes_nothing(form: str, ranked: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        answer = program("rank", "--project", ranked, "--format", form, "--quiet", stdout=full)
    assert answer.status == 1
    assert answer.err == "kalsel-gap: error: cannot be read or written: the disk is full.\n"


# --- interrupted ---------------------------------------------------------------------------------

# Says when signals are watched for, and can send one to itself where the code has come to.
WATCHED = """
import os, signal, sys
from kalsel_gap import __main__ as program

watch = program.Interruption.watch
sent, point = sys.argv[1:3]
del sys.argv[1:3]


def watched(self):
    watch(self)
    os.write(1, b"watched")


program.Interruption.watch = watched
if point:
    import importlib

    module, name = point.rsplit(".", 1)
    module = importlib.import_module(module)
    real = getattr(module, name)

    def interrupted(*given, **named):
        if name.startswith("after_"):
            answer = real(*given, **named)
        os.kill(os.getpid(), getattr(signal, sent))
        return real(*given, **named)

    setattr(module, name, interrupted)
program.main()
"""


def environment() -> dict[str, str]:
    return {**os.environ, "KALSEL_GAP_LANG": "en"}


def program(
    *arguments: object, limit: Callable[[], None] | None = None, stdout: Any = subprocess.PIPE
) -> Answer:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "kalsel_gap", *map(str, arguments)]
    done = subprocess.run(
        command,
        check=False,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment(),
        preexec_fn=limit,
    )
    return Answer(done.returncode, done.stdout or b"", done.stderr.decode())


def as_anybody() -> None:
    """Permissions hold for root as well."""
    import ctypes

    for capability in (1, 2):  # to write and to read whatever the permissions
        ctypes.CDLL(None).prctl(24, capability)  # drop it, for this program and those it starts


def small_files() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))


def interrupted(folder: Path, name: str, *, point: str = "", delay_s: float = 0.0) -> Answer:
    """Rank with another weight; a signal comes at a point of the code, or after a while."""
    with (folder / "kalsel-gap.toml").open("a", encoding="utf-8") as file:
        file.write("\n[index]\nlambda = 0.5\n")  # with --set it would be no full run
    command = [sys.executable, "-c", WATCHED, name, point, "rank", "--project", str(folder)]
    command += ["--out", str(folder / "runs")]
    variables = environment()
    if not point:  # with everything to compute
        variables["KALSEL_GAP_CACHE"] = str(folder / "cold")
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=variables
    )
    assert process.stdout is not None
    assert process.stdout.read(7) == b"watched"
    if not point:
        time.sleep(delay_s)
        process.send_signal(signal.Signals[name])
        process.send_signal(signal.Signals[name])  # `timeout` does the same
    out, err = process.communicate(timeout=120)
    return Answer(process.returncode, out, err.decode())


def ended_well(answer: Answer, runs: Path, before: dict[str, bytes]) -> None:
    """Either it never happened, or there is a new run besides."""
    name = complete(runs)
    after = snapshot(runs)
    kept = {key: raw for key, raw in before.items() if key != "latest"}
    assert kept.items() <= after.items()
    assert not list(runs.glob(".tmp-*"))
    new = {key for key in after.keys() - before.keys() if not key.startswith(f"{name}/")}
    assert len({key.partition("/")[0] for key in new}) <= 1  # whole, but not yet the latest
    assert "Traceback" not in answer.err
    assert "Exception ignored" not in answer.err
    assert answer.status in {0, 1}
    if answer.status:
        assert answer.err == "kalsel-gap: error: interrupted. No half-written file is left.\n"


@POSIX
@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("SIGTERM", "kalsel_gap.storage.parquet.write_parquet"),
        ("SIGINT", "kalsel_gap.storage.atomic.sync"),
        ("SIGHUP", "kalsel_gap.storage.atomic.swap"),
        ("SIGINT", "kalsel_gap.storage.atomic.replace_text"),
        ("SIGINT", "kalsel_gap.deliverables.tables.select"),
        ("SIGINT", "kalsel_gap.deliverables.remarks.list_remarks"),
    ],
)
def test_interrupted_on_the_way(name: str, point: str, ranked: Path) -> None:
    before = snapshot(ranked / "runs")
    answer = interrupted(ranked, name, point=point)
    ended_well(answer, ranked / "runs", before)
    assert answer.status == 1
    if not point.startswith("kalsel_gap.deliverables."):  # the run was whole before that
        assert snapshot(ranked / "runs")["latest"] == before["latest"]


@POSIX
def test_interrupted_at_any_moment(ranked: Path, tmp_path: Path) -> None:
    before = snapshot(ranked / "runs")
    chance = random.Random(63)
    cases = [
        (chance.choice(["SIGINT", "SIGTERM"]), chance.uniform(0.0, 0.1 + 0.6 * n)) for n in range(6)
    ]
    folders = [Path(shutil.copytree(ranked, tmp_path / f"copy-{n}")) for n in range(len(cases))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(
            pool.map(
                lambda folder, case: interrupted(folder, case[0], delay_s=case[1]), folders, cases
            )
        )
    for folder, answer in zip(folders, answers, strict=True):
        ended_well(answer, folder / "runs", before)
    assert any(answer.status == 1 for answer in answers)


@POSIX
def test_a_signal_that_the_caller_has_switched_off_stays_so() -> None:
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    others = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGHUP)}
    hook = sys.unraisablehook
    try:
        Interruption().watch()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        sys.unraisablehook = hook
        for number, handler in {signal.SIGINT: old, **others}.items():
            signal.signal(number, handler)


def test_a_wish_that_comes_twice_is_one() -> None:
    interruption = Interruption()
    with pytest.raises(KeyboardInterrupt):
        interruption._wish()
    interruption._wish()
    assert interruption.wished_s is not None
    interruption.wished_s -= 10
    with pytest.raises(KeyboardInterrupt):
        interruption._wish()


LOST = """
import sys, time
from kalsel_gap import __main__ as program
from kalsel_gap.cli import rank

class Careless:
    def __del__(self):
        import signal
        signal.raise_signal(signal.SIGINT)

def main():
    Careless()
    time.sleep(60)

import kalsel_gap.cli
kalsel_gap.cli.main = main
program.main()
"""


@POSIX
def test_a_wish_that_python_swallows_comes_again() -> None:
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", LOST],
        check=False,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=30,
    )
    assert time.monotonic() - begun < 20
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "kalsel-gap: error: interrupted. No half-written file is left.\n"
