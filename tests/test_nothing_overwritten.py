"""Nothing of the user's is written over, by any command; and a what-if is not the list."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from kalsel_gap.i18n import messages
from kalsel_gap.project.read import FILE_NAME, read_project
from kalsel_gap.storage.run_folder import read_run
from tests.conftest import command_paths, snapshot
from tests.hand_made_plan import write_hand_made

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import CommandLine

BELOW = """
[repairs]
path = "accepted.csv"

[calibration]
path = "offsets.csv"

[costs]
ssh = "prices.csv"
"""


class Writer(NamedTuple):
    """A command that writes the file that it is given, or files of known names into a folder."""

    command: tuple[str, ...]
    option: str
    ending: str
    names: tuple[str, ...] = ()


FILES = [
    Writer(("map",), "--out", ".html"),
    Writer(("report",), "--out", ".pdf"),
    Writer(("export", "csv"), "--out", ".csv"),
    Writer(("export", "xlsx"), "--out", ".xlsx"),
    Writer(("export", "gpkg"), "--out", ".gpkg"),
    Writer(("export", "qgz"), "--out", ".qgz"),
    Writer(("export", "geojson"), "--out", ".geojson"),
    Writer(("export", "parquet"), "--out", ".parquet"),
    Writer(("export", "kml"), "--out", ".kml"),
    Writer(("export", "flatgeobuf"), "--out", ".fgb"),
    Writer(("explain", "00000101"), "--out", ".html"),
    Writer(("compare", "latest", "latest"), "--out", ".html"),
    Writer(("predict", "school", "00000101"), "--picture", ".svg"),
    Writer(("objections", "template"), "--out", ".csv"),
    Writer(("costs", "--template"), "--out", ".csv"),
    Writer(("export", "bts"), "--out", ".csv"),
]
# The names whose ending an input can have.
FOLDERS = [
    Writer(("check",), "--out", "", ("findings.csv", "findings.geojson", "check.html")),
    Writer(("verify",), "--out", "", ("verify.csv", "verify.gpkg", "verify.xlsx")),
    Writer(("terrain",), "--out", "", ("terrain_statistics.csv", "slope.tif", "slope.qml")),
    Writer(
        ("predict", "coverage"),
        *("--out", ""),
        ("4g_telkomsel_server.csv", "4g_telkomsel_level.tif", "4g_telkomsel_level.qml"),
    ),
]
# Where these write stands in the project file.
SECTIONS = {"repairs": ("check", "--accept-repairs"), "calibration": ("predict", "calibrate")}
# Tests of their own below, and beside those of their modules.
OTHERS = {
    *(("rank",), ("init",), ("predict", "calibrate"), ("runs", "pin")),
    *(("objections", "import"), ("objections", "answer"), ("publish",)),
    *(("plan",), ("evaluate",), ("export", "tor")),
}
READERS = {("config",), ("doctor",), ("runs",), ("runs", "unpin"), ("predict", "validate")}


@pytest.fixture
def place(ranked: Path) -> Path:
    """data/tiny with a run and a plan, with accepted repairs and offsets."""
    write_hand_made(ranked / "plans", read_run(ranked / "runs"))
    path = ranked / FILE_NAME
    path.write_text(path.read_text(encoding="utf-8") + BELOW, encoding="utf-8")
    (ranked / "accepted.csv").write_text(
        "accept,file,row,npsn,name,code,lat_given,lon_given,lat,lon,area\n"
    )
    (ranked / "offsets.csv").write_text(
        "operator,technology,site_id,clutter,offset_db,held_out_rmse_db\ntelkomsel,4g,,,1,8\n"
    )
    (ranked / "prices.csv").write_text("item,price\nups,4000000\n")
    sites = (ranked / "sites.csv").read_text(encoding="utf-8").splitlines()
    head, *rows = (row.split(",") for row in sites)
    text = [",".join([*head, "eirp_dbm"]), *(",".join([*row, "58"]) for row in rows)]
    (ranked / "sites.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    return ranked


def files_of_users(place: Path) -> list[tuple[Path, str]]:
    """What must stay, and the code of what is said of it."""
    run = place / "runs" / (place / "runs" / "latest").read_text().strip()
    (place / "foreign").write_text("mine")
    project = read_project(place).project
    inputs = {path for _, path in (*project.inputs(), *project.plan_inputs())}
    return [
        (place / FILE_NAME, "output_is_project"),
        *((path, "output_is_input") for path in sorted(inputs) if path.name != "accepted.csv"),
        (place / "accepted.csv", "output_is_repairs"),
        *((path, "output_is_run") for path in sorted(run.iterdir())),
        (run / "new.html", "output_is_run"),
        (place / "runs" / "latest", "output_is_run"),
        (place / "runs" / "outputs.json", "output_is_run"),
        (place / "runs" / "official.json", "output_is_run"),
    ]


def said(code: str, language: str = "en", **params: str) -> str:
    from kalsel_gap.i18n.text import Text

    return Text(language)(messages.ERRORS[code], **params)  # type: ignore[arg-type]


def refused(
    cli: CommandLine, place: Path, path: Path, words: str, *arguments: object, language: str = "en"
) -> None:
    """One message that names the file, exit status 1, every file as it was."""
    before = snapshot(place)
    answer = cli("--lang", language, *arguments)
    assert (answer.status, answer.out) == (1, b""), (path, answer)
    (line,) = [each for each in answer.err.splitlines() if each.startswith("kalsel-gap: ")]
    assert str(path) in line
    assert words in line
    assert answer.err == line + "\n"
    assert snapshot(place) == before


def test_every_command_that_writes_is_tested_here() -> None:
    values = {"00000101", "latest", "--template"}
    tested = {tuple(w for w in each.command if w not in values) for each in (*FILES, *FOLDERS)}
    groups = {(), ("export",), ("predict",), ("objections",)}
    assert tested | OTHERS | READERS | groups == set(command_paths())


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("writer", FILES, ids=lambda w: "-".join(w.command))
def test_a_file_of_the_users_stays(
    writer: Writer, language: str, place: Path, cli: CommandLine
) -> None:
    command = (*writer.command, "--project", place, writer.option)
    for path, code in files_of_users(place):
        words = said(code, language)
        refused(cli, place, path, words, *command, path, "--overwrite", language=language)
    wrong = place / "new.docx"
    words = said("output_ending", language, expected="")[:20]
    refused(cli, place, wrong, words, *command, wrong, "--overwrite", language=language)
    foreign = place / f"foreign{writer.ending}"
    foreign.write_text("mine")
    words = said("output_foreign", language)
    refused(cli, place, foreign, words, *command, foreign, language=language)


@pytest.mark.parametrize("writer", FILES, ids=lambda w: w.command[-1])
def test_ours_is_written_over_until_somebody_changes_it(
    writer: Writer, place: Path, cli: CommandLine
) -> None:
    path = place / f"ours{writer.ending}"
    command = (*writer.command, "--project", place, "--quiet", writer.option, path)
    assert cli(*command).status == 0
    first = path.read_bytes()
    assert cli(*command).status == 0
    assert path.read_bytes() == first
    path.write_bytes(first + b" ")
    refused(cli, place, path, said("output_changed"), *command)
    assert cli(*command, "--overwrite").status == 0
    assert path.read_bytes() == first
    assert cli(*command).status == 0


def renamed(place: Path, old: str, new: str) -> None:
    """Give an input the name of something that a command writes."""
    (place / old).rename(place / new)
    path = place / FILE_NAME
    text = path.read_text(encoding="utf-8")
    assert f'"{old}"' in text
    path.write_text(text.replace(f'"{old}"', f'"{new}"'), encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("writer", FOLDERS, ids=lambda w: w.command[-1])
def test_a_folder_with_files_of_the_users_stays(
    writer: Writer, language: str, place: Path, cli: CommandLine
) -> None:
    command = (*writer.command, "--lang", language, "--project", place / FILE_NAME)
    table, layer, page = (place / name for name in writer.names)

    def stays(path: Path, code: str, *more: object, out: Path = place) -> None:
        words = said(code, language)
        refused(cli, place, path, words, *command, "--out", out, *more, language=language)

    page.write_text("mine")
    stays(page, "output_foreign")
    page.unlink()
    (run,) = (path.parent for path in place.glob("runs/*/run.json"))
    names = {"check": "findings.csv", "terrain": "elevation.tif", "verify": "verify.csv"}
    first = run / names.get(writer.command[-1], "2g_telkomsel_level.tif")
    stays(first, "output_is_run", "--overwrite", out=run)
    for ending in (".csv", ".tif"):
        stays(place / f"new{ending}", "output_no_folder", out=place / f"new{ending}")
    raster = layer.suffix == ".tif"
    renamed(place, "dem.tif" if raster else "kabupaten.geojson", layer.name)
    stays(layer, "output_is_input", "--overwrite")
    renamed(place, layer.name, "moved" + layer.suffix)
    renamed(place, "accepted.csv", table.name)
    stays(table, "output_is_repairs", "--overwrite")
    renamed(place, table.name, "accepted.csv")
    project = (place / FILE_NAME).rename(table)
    command = (*writer.command, "--lang", language, "--project", project)
    stays(project, "output_is_project", "--overwrite")


@pytest.mark.parametrize("writer", FOLDERS, ids=lambda w: w.command[-1])
def test_our_files_in_a_folder_are_written_over_until_somebody_changes_one(
    writer: Writer, place: Path, cli: CommandLine
) -> None:
    out = place / "out"
    command = (*writer.command, "--project", place, "--quiet", "--out", out)
    good = (0, 3) if writer.command == ("check",) else (0,)
    assert cli(*command).status in good
    first = snapshot(out)
    assert set(writer.names) <= set(first)
    assert cli(*command).status in good
    assert snapshot(out) == first
    path = out / writer.names[-1]
    path.write_bytes(path.read_bytes() + b" ")
    refused(cli, place, path, said("output_changed"), *command)
    assert cli(*command, "--overwrite").status in good
    assert snapshot(out) == first


@pytest.mark.parametrize("section", SECTIONS)
def test_what_the_project_names_to_be_written_is_guarded_too(
    section: str, place: Path, cli: CommandLine
) -> None:
    reviewed = place / "reviewed.csv"
    shutil.copy(place / "accepted.csv", reviewed)
    command: tuple[object, ...] = (*SECTIONS[section],)
    command += (reviewed,) if section == "repairs" else ()
    kept = {"repairs": "accepted.csv", "calibration": "offsets.csv"}[section]
    text = (place / FILE_NAME).read_text(encoding="utf-8")
    foreign = place / "foreign.csv"
    foreign.write_text("a\nmine\n")
    others = files_of_users(place)
    for path, code in [*others, (foreign, "output_foreign"), (place / "x.docx", "output_ending")]:
        if path.name in (kept, FILE_NAME) or path.suffix in (".parquet", ".html"):
            continue
        name = path.relative_to(place).as_posix()
        (place / FILE_NAME).write_text(text.replace(f'"{kept}"', f'"{name}"'), encoding="utf-8")
        overwrite = () if code == "output_foreign" else ("--overwrite",)
        if section == "calibration" and code == "output_foreign":
            continue  # it would be read as offsets first, and is refused as such
        words = said(code, expected=".csv")
        refused(cli, place, path, words, *command, "--project", place, *overwrite)


def test_rank_writes_a_folder_and_keeps_what_is_in_it(place: Path, cli: CommandLine) -> None:
    rank = ("rank", "--project", place, "--quiet")
    for option in ("--out", "--runs"):
        for name, other in (("x.csv", "export csv"), ("x.html", "map"), ("x.kml", "export kml")):
            words = said("output_no_folder_of_runs", expected=other)
            refused(cli, place, place / name, words, *rank, option, place / name)
    for path in (place / FILE_NAME, place / "schools.csv"):
        words = said("output_no_folder_of_runs", expected="export csv")
        refused(cli, place, path, words, *rank, "--out", path, "--overwrite")
    out = place / "other"
    assert cli(*rank, "--runs", out).status == 0
    first = snapshot(out)
    assert cli(*rank, "--out", out).status == 0
    assert snapshot(out) == first
    run = out / (out / "latest").read_text().strip()
    (run / "findings.csv").write_text("with my notes")
    refused(cli, place, run / "findings.csv", said("output_changed"), *rank, "--out", out)
    assert cli(*rank, "--out", out, "--overwrite").status == 0
    assert snapshot(out) == first
    (run / "notes.txt").write_text("mine")
    refused(cli, place, run / "notes.txt", said("output_foreign"), *rank, "--out", out)
    (run / "notes.txt").unlink()
    (out / "latest").write_text("the latest of my notes, which are not the name of a run " * 2)
    refused(cli, place, out / "latest", said("output_foreign"), *rank, "--out", out)
    shutil.rmtree(run)
    (out / "latest").write_text("a short note")
    refused(cli, place, out / "latest", said("output_foreign"), *rank, "--out", out)
    (out / "latest").write_text(f"{run.name}\n")  # the runs were removed, this was left
    assert cli(*rank, "--out", out).status == 0
    assert snapshot(out) == first


def test_objections_and_letters_are_written_over_nothing(place: Path, cli: CommandLine) -> None:
    form, store, letters = (place / name for name in ("form.csv", "sanggah.csv", "letters"))
    head = "npsn,code,filed,date,evidence,signer,reference"
    row = "00000111,closed,2026-07-20,2026-07-01,decree,office,1/2026"
    form.write_text(f"{head}\n{row}\n")
    text = (place / FILE_NAME).read_text(encoding="utf-8")
    command = ("objections", "import", form, "--project", place, "--quiet")
    for path, code in files_of_users(place):
        if path.name in (FILE_NAME, "accepted.csv") or path.suffix in (".parquet", ".html"):
            continue
        name = path.relative_to(place).as_posix()
        (place / FILE_NAME).write_text(f'{text}\n[objections]\npath = "{name}"\n')
        refused(cli, place, path, said(code), *command, "--overwrite")
    (place / FILE_NAME).write_text(f'{text}\n[objections]\npath = "{store.name}"\n')
    store.write_text("mine\n1\n")
    refused(cli, place, store, said("output_foreign"), *command)
    assert cli(*command, "--overwrite").status == 0

    answer = ("objections", "answer", "--project", place, "--quiet", "--out")
    letter = letters / "answer-00000111.html"
    letters.mkdir()
    letter.write_text("mine")
    refused(cli, place, letter, said("output_foreign"), *answer, letters)
    run = place / "runs" / (place / "runs" / "latest").read_text().strip()
    first = run / "answer-00000111.html"
    refused(cli, place, first, said("output_is_run"), *answer, run, "--overwrite")
    renamed(place, "tests.csv", "answers.csv")
    refused(cli, place, place / "answers.csv", said("output_is_input"), *answer, place)


def test_init_writes_over_nothing(place: Path, cli: CommandLine) -> None:
    refused(cli, place, place / FILE_NAME, said("already_there"), "init", place)
    folder = place / "fresh"
    folder.mkdir()
    (folder / "sites.csv").write_text("mine")
    refused(cli, place, folder / "sites.csv", said("already_there"), "init", folder, "--sample")
    assert cli("init", place / "new").status == 0
    assert {path.name for path in (place / "new").iterdir()} == {FILE_NAME}


# --- trials --------------------------------------------------------------------------------------


def drawn(place: Path, cli: CommandLine, name: str, *more: object) -> dict[str, bytes]:
    """Every deliverable of a run."""
    made = {}
    of_run = [each for each in FILES[:10] if each.ending != ".qgz"]  # with a GeoPackage beside it
    for writer in of_run:
        path = place / f"{name}{writer.ending}"
        answer = cli(*writer.command, "--project", place, "--quiet", "--out", path, *more)
        assert answer.status == 0, answer.err
        made[writer.ending] = path.read_bytes()
    return made


SET = ("--set", "index.priority.need=0.9")


def test_a_what_if_is_not_the_list(ranked: Path, cli: CommandLine) -> None:
    before, full = drawn(ranked, cli, "before"), (ranked / "runs" / "latest").read_text()
    answer = cli("rank", "--project", ranked, *SET, "--format", "csv")
    trial = "Trial, not the official list: index.priority.need=0.9."
    assert answer.status == 0
    assert trial in answer.err
    (folder,) = {p.parent for p in ranked.glob("runs/*/run.json")} - {
        ranked / "runs" / full.strip()
    }
    assert f"--run {folder.name}" in answer.err
    manifest = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert manifest["overrides"] == {"index.priority.need": 0.9}
    assert (ranked / "runs" / "latest").read_text() == full
    assert drawn(ranked, cli, "after") == before
    made = drawn(ranked, cli, "trial", "--run", folder.name[:6])
    assert trial.encode() in made[".html"]
    assert b"trial" in made[".csv"].partition(b"\n")[0].split(b",")
    for data in (made[ending] for ending in (".csv", ".geojson", ".gpkg", ".kml", ".parquet")):
        assert b"index.priority.need=0.9" in data
    assert b"index.priority.need" not in before[".csv"] + before[".geojson"]
    table = cli("rank", "--project", ranked, *SET, "--format", "table")
    assert table.out.decode().count("Trial") == 1
    assert "Trial" not in table.err


def test_a_ranking_despite_errors_is_not_the_list(ranked: Path, cli: CommandLine) -> None:
    before = drawn(ranked, cli, "before")
    answer = cli("rank", "--project", ranked, "--despite-errors", "--format", "csv")
    assert answer.status == 0
    assert "Trial, not the official list: despite_errors=[]." in answer.err
    assert drawn(ranked, cli, "after") == before


@pytest.mark.parametrize(
    "shown",
    [
        ("--top", 3),
        ("--by", "priority"),
        ("--kabupaten", "Kab. Muara Contoh"),
        ("--set", "output.folder=runs"),
    ],
)
def test_what_is_shown_makes_no_trial(
    shown: tuple[object, ...], ranked: Path, cli: CommandLine
) -> None:
    before = snapshot(ranked / "runs")
    assert cli("rank", "--project", ranked, *shown).status == 0
    assert snapshot(ranked / "runs") == before


# --- which run -----------------------------------------------------------------------------------


def test_a_run_needs_none_of_its_inputs(
    ranked: Path, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = drawn(ranked, cli, "before")
    for _, path in read_project(ranked).project.inputs():
        path.unlink()
    assert drawn(ranked, cli, "after") == before
    listed = json.loads(cli("runs", "--project", ranked, "--format", "json").out)
    assert [row["inputs"] for row in listed] == ["missing"]
    (ranked / FILE_NAME).unlink()
    monkeypatch.chdir(ranked)
    (run,) = (path.parent for path in ranked.glob("runs/*/run.json"))
    for how in (("--runs", "runs"), ("--run", f"runs/{run.name}")):
        assert cli("map", *how, "--out", "again.html", "--overwrite").status == 0
        assert Path("again.html").read_bytes() == before[".html"]


def test_an_input_stays_where_the_project_is_not_known(
    ranked: Path, cli: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = ranked / "schools.csv"
    command = ("export", "csv", "--runs", ranked / "runs", "--out", path, "--overwrite")
    refused(cli, ranked, path, said("output_is_input"), *command)
    (ranked / FILE_NAME).unlink()
    refused(cli, ranked, path, said("output_is_input"), *command)


def test_a_run_that_is_not_there_is_not_the_same_as_none(ranked: Path, cli: CommandLine) -> None:
    export = ("export", "csv", "--project", ranked)
    assert cli("rank", "--project", ranked, *SET).status == 0
    names = sorted(path.parent.name for path in ranked.glob("runs/*/run.json"))
    for word in ("latest", names[0], names[0][:9], ranked / "runs" / names[1]):
        assert cli(*export, "--run", word).status == 0
    full = cli(*export).out
    assert cli(*export, "--run", "latest").out == full
    known = ", ".join(names)
    runs = ranked / "runs"
    words = said("run_unknown", value="nosuch", known=known)
    refused(cli, ranked, runs, words, *export, "--run", "nosuch")
    latest = (runs / "latest").read_text().strip()
    twin = shutil.copytree(runs / latest, runs / f"{latest}0")
    words = said("run_ambiguous", value=latest[:5], known=f"{latest}, {twin.name}")
    refused(cli, ranked, runs, words, *export, "--run", latest[:5])
    shutil.rmtree(twin)
    (runs / "latest").unlink()
    refused(cli, ranked, runs, said("run_unmarked", known=latest), *export)
    shutil.rmtree(runs / latest)
    (trial,) = {*names} - {latest}
    refused(cli, ranked, runs, said("run_only_trials", known=trial), *export)
    shutil.rmtree(runs)
    for more in ((), ("--run", "nosuch")):
        refused(cli, ranked, runs, said("run_missing"), *export, *more)


@pytest.mark.parametrize(
    ("change", "file"),
    [
        (lambda p: (p / "pupils.csv").write_text("npsn,students\n00000101,9\n"), "pupils.csv"),
        (lambda p: (p / "repairs.csv").write_text("accept\n"), "repairs.csv"),
        (
            lambda p: (p / FILE_NAME).write_text(
                (p / FILE_NAME).read_text() + "\n[index]\nlambda = 0.7\n"
            ),
            FILE_NAME,
        ),
    ],
)
def test_a_run_that_is_older_than_its_inputs_says_so(
    change: Callable[[Path], object], file: str, ranked: Path, cli: CommandLine
) -> None:
    command = ("map", "--project", ranked, "--out", ranked / "map.html")
    assert "older" not in cli(*command).err
    change(ranked)
    answer = cli(*command)
    assert answer.status == 0
    assert f"This run is older than {file}." in answer.err
    listed = json.loads(cli("runs", "--project", ranked, "--format", "json").out)
    assert [(row["inputs"], row["inputs_changed"]) for row in listed] == [("changed", file)]


def test_runs_are_verified(ranked: Path, cli: CommandLine) -> None:
    verify = ("runs", "--verify", "--project", ranked)
    whole = cli(*verify)
    assert (whole.status, whole.out) == (0, b"")
    assert "Every file of every run" in whole.err
    latest = (ranked / "runs" / "latest").read_text().strip()
    path = ranked / "runs" / latest / "signals.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    (path.parent / "sites.parquet").unlink()
    answer = cli(*verify)
    assert answer.status == 3
    lines = [line.split() for line in answer.out.decode().splitlines() if latest in line]
    assert [line[:2] for line in lines] == [
        [latest, "signals.parquet"],
        [latest, "sites.parquet"],
    ]
    listed = cli(*verify, "--format", "csv")
    assert listed.status == 3
    assert f"{latest},sites.parquet,missing" in listed.out.decode()
    for command in (("export", "csv"), ("map", "--out", ranked / "map.html"), ("config",)):
        refused = cli(*command, "--project", ranked)
        assert refused.status == 1
        assert f"{latest}/signals.parquet: this file is missing, or it is not" in refused.err
    assert not (ranked / "map.html").exists()
    # The list says so too, of a side table as of the table of schools.
    marked = cli("runs", "--project", ranked)
    assert "broken" in marked.out.decode()
    assert "“kalsel-gap runs --verify” names the files" in marked.err


def test_a_renamed_run_is_named_and_not_drawn(ranked: Path, cli: CommandLine) -> None:
    latest = (ranked / "runs" / "latest").read_text().strip()
    named = (ranked / "runs" / latest).rename(ranked / "runs" / "of-the-governor")
    record = named / "run.json"
    record.write_text(record.read_text().replace('"data": "real"', '"data": "stylised"'))
    listed = cli("runs", "--verify", "--project", ranked)
    assert listed.status == 3
    assert "name of the folder is not the id" in listed.out.decode()
    refused(cli, ranked, named, "is no id of a run", "export", "csv", "--project", ranked)
    (row,) = json.loads(cli("runs", "--project", ranked, "--format", "json").out)
    assert (row["run"], row["kind"]) == (named.name, "broken")


def test_the_runs_are_listed(ranked: Path, cli: CommandLine) -> None:
    assert cli("rank", "--project", ranked, *SET).status == 0
    latest = (ranked / "runs" / "latest").read_text().strip()
    (ranked / "runs" / "half").mkdir()
    (ranked / "runs" / "half" / "run.json").write_text("{}")
    full, trial, broken = json.loads(cli("runs", "--project", ranked, "--format", "json").out)
    counts = {"data_date": "2026-07-01", "schools": 13, "ranked": 11}
    state = {"inputs": "unchanged", "inputs_changed": ""}
    assert full == {
        "run": latest,
        "kind": "full",
        "is_drawn": True,
        "official": "",
        "overrides": "",
        **counts,
        **state,
    }
    assert trial == {
        **full,
        "run": trial["run"],
        "kind": "trial",
        "is_drawn": False,
        "overrides": "index.priority.need=0.9",
    }
    assert (broken["run"], broken["kind"], broken["schools"]) == ("half", "broken", None)
    header = cli("runs", "--project", ranked, "--format", "csv").out.decode().splitlines()[0]
    assert header.split(",") == list(full)
    table = cli("--lang", "id", "runs", "--project", ranked, "--format", "table").out.decode()
    assert "percobaan" in table
    assert "penuh" in table
