"""The command line: data to standard output, talk to standard error, and help at once."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len

import kalsel_gap
from kalsel_gap import schema
from kalsel_gap.storage.run_folder import read_run
from tests.conftest import command_paths

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine

# The framework itself asks pydantic to read some options: 0.1 s.
HEAVY = (
    *("babel", "geopandas", "numba", "numpy", "pandas", "pandera", "pyarrow"),
    *("pyogrio", "pyproj", "rasterio", "scipy", "shapely"),
)
PAGES = [
    ("--help",),
    ("--version",),
    ("rank", "--help"),
    ("config", "--help"),
    ("export", "-h"),
    ("predict", "school", "-h"),
]
NOTICE = "SYNTHETIC DATA: every school is invented. Not for decisions."

# What a command has imported when it ends.
IMPORTED = """
import sys
from kalsel_gap.__main__ import main
try:
    main()
except SystemExit as ended:
    print("\\n".join(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
    raise
"""


def process(
    *arguments: object, code: str = "", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, *(["-c", code] if code else ["-m", "kalsel_gap"])]
    return subprocess.run(
        [*command, *map(str, arguments)],
        check=False,
        capture_output=True,
        env={**os.environ, "KALSEL_GAP_LANG": "en", **variables},
    )


# --- help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [*PAGES, ("--show-completion", "bash")])
def test_help_and_version_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    done = process(*arguments, code=IMPORTED)
    assert done.returncode == 0
    assert done.stdout
    assert set(HEAVY) & set(done.stderr.decode().split()) == set()


def test_completion_imports_nothing_heavy() -> None:
    typed = {"COMP_WORDS": "kalsel-gap rank --ka", "COMP_CWORD": "2"}
    done = process(code=IMPORTED, _KALSEL_GAP_COMPLETE="complete_bash", **typed)
    assert done.stdout.split() == [b"--kabupaten"]
    assert set(HEAVY) & set(done.stderr.decode().split()) == set()


def test_version(cli: CommandLine) -> None:
    assert cli("--version") == (0, f"kalsel-gap {kalsel_gap.__version__}\n".encode(), "")


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_page_of_help_fits_80_columns(
    language: str, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("KALSEL_GAP_LANG", language)
    faults = []
    for arguments in (("--version",), ("export", "-h"), *((*p, "--help") for p in command_paths())):
        answer = cli(*arguments)
        shown = " ".join(arguments)
        if (answer.status, answer.err) != (0, ""):
            faults.append(f"{shown}: status {answer.status}: {answer.err}")
        lines = answer.out.decode().splitlines()
        faults += [f"{shown}: {line}" for line in lines if cell_len(line) > 80]
    assert faults == []


def test_nothing_asked_for_is_a_page_of_help(cli: CommandLine) -> None:
    answer = cli()
    assert (answer.status, answer.out) == (2, b"")
    assert answer.err.startswith("Usage: kalsel-gap")


OLD_SPELLINGS = [
    ("--at 99100001", "predict school NPSN"),
    ("-p data --at=99100001 --picture a.svg", "predict school NPSN"),
    ("--picture a.svg", "predict school NPSN"),
    ("--report", "predict validate"),
    ("--quiet --calibrate", "predict calibrate"),
    ("--report --calibrate", "predict calibrate"),
    ("--technology 4g --layers level", "predict coverage"),
    ("--layers=level --dry-run", "predict coverage"),
    ("-p data -h", "predict coverage"),
]


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize(("arguments", "now"), OLD_SPELLINGS)
def test_an_old_spelling_of_predict_names_the_new_one(
    arguments: str, now: str, language: str, cli: CommandLine
) -> None:
    refused = cli("--lang", language, "predict", *arguments.split())
    assert (refused.status, refused.out) == (2, b"")
    said, where = refused.err.splitlines()
    words = {"en": "is now", "id": "kini ditulis"}[language]
    assert said.endswith(f"{words} “kalsel-gap {now}”.")
    assert where.endswith("kalsel-gap predict --help")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--bogus", "no option --bogus"),
        ("covrage", "Did you mean “coverage”?"),
        ("coverage --at 99100001", "no option --at"),
        ("school", "NPSN must be given"),
    ],
)
def test_a_slip_is_no_old_spelling(arguments: str, words: str, cli: CommandLine) -> None:
    refused = cli("predict", *arguments.split())
    assert refused.status == 2
    assert words in refused.err
    assert "is now" not in refused.err


# --- streams -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "json", "table"])
def test_notes_go_to_standard_error_and_quiet_silences_them(
    form: str, ranked: Path, cli: CommandLine
) -> None:
    command = ("rank", "--project", ranked, "--format", form)
    told, quiet = cli(*command), cli(*command, "--quiet")
    assert (told.status, quiet.status) == (0, 0)
    assert told.out == quiet.out
    assert quiet.err == ""
    folder = ranked / "runs" / (ranked / "runs" / "latest").read_text().strip()
    assert told.err.endswith(f"Run: {folder}\n")
    assert "Schools without a rank: 2" in told.err
    assert (NOTICE in told.out.decode()) == (form == "table")
    if form == "json":
        assert len(json.loads(told.out)) == 13
    if form == "csv":
        assert told.out.decode().count("\n") == 14


@pytest.mark.parametrize(
    "command", [("rank",), ("check",), ("config",), ("doctor",), ("predict", "school", "00000101")]
)
def test_a_pipe_gets_the_table_and_a_program_asks_for_data(
    command: tuple[str, ...], ranked: Path, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)

    def first_lines(*options: str) -> list[bytes]:  # below them the doctor counts free space
        return cli(*command, "--project", ranked, *options).out.splitlines()[:8]

    piped = first_lines()
    assert piped == first_lines("--format", "table")
    monkeypatch.setenv("COLUMNS", "120")
    assert piped == first_lines()
    monkeypatch.setenv("COLUMNS", "60")
    assert piped != first_lines()
    rows = list(csv.DictReader(io.StringIO(cli(*command, "-p", ranked, "-f", "csv").out.decode())))
    objects = json.loads(cli(*command, "-p", ranked, "-f", "json").out)
    assert len(rows) == len(objects) > 0
    assert list(rows[0]) == list(objects[0])
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in rows[0])  # in every language


def test_the_data_of_a_ranking_are_all_columns_and_rows(ranked: Path, cli: CommandLine) -> None:
    for options in ((), ("--lang", "id"), ("--kabupaten", "Kab. Muara Contoh")):
        answer = cli("rank", "-p", ranked, "--format", "csv", *options)
        rows = list(csv.DictReader(io.StringIO(answer.out.decode())))
        assert set(schema.BY_NAME) <= set(rows[0])
        assert len(rows) == (7 if "--kabupaten" in options else 13)


def test_config_prints_the_curves_that_the_last_run_learned(
    cli: CommandLine, ranked: Path, tmp_path: Path
) -> None:
    def curves(project: Path) -> dict[str, Any]:
        records = json.loads(cli("config", "--project", project, "--format", "json").out)
        return {
            r["key"]: (r["value"], r["origin"]) for r in records if r["key"].startswith("curves.")
        }

    learned = curves(ranked)
    schools, origin = learned["curves.given_line.schools"]
    assert schools > 0
    assert origin.startswith("run ")
    points, _ = learned["curves.given_line.points"]
    assert points == sorted(points)
    # Without a run it is the prior: 0.1 by a satellite, 0.8 of what is available.
    elsewhere = tmp_path / "kalsel-gap.toml"
    elsewhere.write_text('[schools]\npath = "schools.csv"\n', encoding="utf-8")
    (tmp_path / "schools.csv").write_text("npsn,nama,lintang,bujur\n", encoding="utf-8")
    prior = curves(elsewhere)
    assert prior["curves.given_line.schools"] == (0, "defaults/index.toml")
    assert prior["curves.given_line.points"][0][::19] == [[0.0, 0.1], [0.95, 0.76]]
    assert prior["curves.no_line.points"][0][::19] == [[0.0, 0.5], [0.95, 0.0725]]


def test_every_value_in_force_and_its_origin(ranked: Path, cli: CommandLine) -> None:
    command = ("config", "--project", ranked, "--set", "index.nodes.students.weight=0.5")
    found = {row["key"]: row for row in json.loads(cli(*command, "--format", "json").out)}
    assert found["index.nodes.students.weight"]["value"] == 0.5
    assert found["index.nodes.students.weight"]["origin"] == "option"
    assert found["index.lambda"]["origin"] == "defaults/index.toml"
    assert found["elevation.sea"] == {
        "key": "elevation.sea",
        "value": "nodata",
        "origin": "project",
    }
    assert found["elevation.band"]["origin"] == "built-in"
    assert str(ranked) not in cli(*command, "--format", "csv").out.decode()


def test_an_export_says_where_it_went(ranked: Path, cli: CommandLine) -> None:
    out = ranked / "new" / "list.csv"
    command = ("export", "csv", "--project", ranked, "--out", out)
    standing = "Last full run; no run is marked as official."
    assert cli(*command) == (0, b"", f"{standing}\nWritten: {out}\n")
    assert cli(*command, "--quiet") == (0, b"", "")
    assert out.read_bytes() == cli("export", "csv", "--project", ranked).out


@pytest.mark.parametrize(
    ("project", "environment", "option", "expected"),
    [
        ("en", "", (), "no signal"),
        ("id", "", (), "tidak ada sinyal"),
        ("id", "en", (), "no signal"),
        ("id", "id", ("--lang", "en"), "no signal"),
    ],
)
def test_the_language_of_a_deliverable_is_the_projects(
    project: str,
    environment: str,
    option: tuple[str, ...],
    expected: str,
    ranked: Path,
    cli: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = (ranked / "kalsel-gap.toml").read_text(encoding="utf-8")
    text = text.replace('language = "en"', f'language = "{project}"')
    (ranked / "kalsel-gap.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("KALSEL_GAP_LANG", environment)
    answer = cli("export", "csv", "--project", ranked, "--top", "1", *option)
    assert expected in answer.out.decode()


@pytest.mark.parametrize("form", ["csv", "table"])
def test_a_reader_that_has_seen_enough(form: str, ranked: Path) -> None:
    command = [sys.executable, "-m", "kalsel_gap", "rank", "--project", str(ranked)]
    running = subprocess.Popen(
        [*command, "--format", form], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    said = running.stderr.read().decode()
    running.stderr.close()
    assert running.wait() in {0, 1}
    assert "Traceback" not in said
    assert "rror" not in said.replace("errors", "")


@pytest.mark.skipif(os.name != "posix", reason="no sh there")
@pytest.mark.parametrize(
    ("form", "closed"),
    [
        ("csv", ">&-"),
        ("table", ">&- 2>&-"),
        ("csv --no-cache", "<&- >&- 2>&-"),  # every input is opened anew
        ("table", "2>&-"),
    ],
)
def test_a_stream_that_is_closed(form: str, closed: str, ranked: Path) -> None:
    before = {path.name: path.read_bytes() for path in ranked.iterdir() if path.is_file()}
    line = f'exec "$0" -m kalsel_gap rank --project "$1" --format {form} {closed}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable, str(ranked)], check=False, capture_output=True
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stdout + done.stderr
    assert bool(done.stdout) == (closed == "2>&-")
    assert b"Run: " not in done.stdout
    assert {p.name: p.read_bytes() for p in ranked.iterdir() if p.is_file()} == before
    assert read_run(ranked / "runs").schools.shape[0] == 13


# --- terminals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "language"),
    [(40, "en"), (40, "id"), (80, "en"), (80, "id"), (120, "en"), (120, "id")],
)
def test_a_table_keeps_to_the_width(
    width: int, language: str, ranked: Path, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("KALSEL_GAP_LANG", language)
    for command in (("rank", "--quiet"), ("config",)):
        answer = cli(*command, "--project", ranked, "--format", "table")
        assert answer.status == 0
        lines = answer.out.decode().splitlines()
        assert max(map(cell_len, lines)) <= width
    assert "\x1b" not in answer.out.decode()  # no terminal, no colour


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize(
    ("command", "columns"),
    [
        (("config",), ("key", "origin")),
        (("predict", "school", "00000101"), ("operator", "site_id")),
    ],
)
def test_no_word_of_a_table_is_broken(
    width: int,
    command: tuple[str, ...],
    columns: tuple[str, str],
    ranked: Path,
    cli: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    rows = json.loads(cli(*command, "-p", ranked, "--format", "json").out)
    answer = cli(*command, "-p", ranked)
    shown = f" {' '.join(answer.out.decode().replace('(', ' ').replace(')', ' ').split())} "
    short = [row for row in rows if len(row[columns[0]]) < width]
    assert short
    assert not [row for row in short for name in columns if f" {row[name]} " not in shown]


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({"TERM": "xterm-256color"}, True), ({"TERM": "dumb"}, False)],
)
def test_a_terminal(variables: dict[str, str], coloured: bool, ranked: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "kalsel_gap", "rank", "--project", str(ranked), "--top", "3"]
    environment = {**os.environ, "KALSEL_GAP_LANG": "en", "COLUMNS": "80", **variables}
    environment.pop("NO_COLOR", None)
    running = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert running.wait() == 0
    assert NOTICE.encode() in shown
    assert b"SD NEGERI GUNUNG CONTOH 2" in shown
    assert (b"\x1b[1;31m" in shown) == coloured
    if not coloured:
        assert b"\x1b" not in shown


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_console_of_another_encoding(encoding: str, ranked: Path) -> None:
    with (ranked / "schools.csv").open("a", encoding="utf-8") as file:
        cells = ["990000", "", "", "Kab. Muara Contoh", "", "", "", "00000120", "SD ශ්‍රී 学校 ✓"]
        file.write(",".join([*cells, "SD", "N", "", "-2.92", "115.32"]) + "\n")
    form = {"ascii": "table", "cp1252": "csv"}[encoding]
    done = process(
        *("rank", "--project", ranked, "--format", form, "--lang", "id"),
        PYTHONIOENCODING=encoding,
        PYTHONUTF8="0",
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"00000120" in done.stdout
    if form == "csv":
        assert "学校" in done.stdout.decode()  # data are UTF-8 wherever they go
