"""What a table says to people and programs, whatever the schools are called."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from rich.cells import cell_len

from kalsel_gap import open_project, schema
from kalsel_gap.cli import console, spoken
from kalsel_gap.deliverables import area_results, columns, map_tables, tables
from kalsel_gap.deliverables.codes import words_of
from kalsel_gap.i18n.text import LANGUAGES, Language, Text, escaped, plain
from kalsel_gap.pipeline import OpenProject
from kalsel_gap.project.base import default_values
from kalsel_gap.storage import spreadsheet
from kalsel_gap.storage.run_folder import read_run

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import CommandLine, MakeProject

pytestmark = pytest.mark.usefixtures("warm_cache")

CANONICAL = [
    "npsn",
    "name",
    "level",
    "ownership",
    "kabupaten",
    "kecamatan",
    "lat",
    "lon",
    "terrain_class",
    "gap_type",
    "tier",
    "rank",
    "deficit",
    "barrier",
    "need",
    "priority",
    "completeness",
    "unranked_reason",
]
# Columns of sentences, which are of the reader's language.
NO_WORDS = {"reason_text": "", "uses_text": ""}
ONE = "npsn,nama,bentuk,lintang,bujur\n30300001,SD 1,SD,-3.0,115.0\n"
HOSTILE = (
    "<b>SD</b><script>alert(1)</script>",
    '=HYPERLINK("http://x";"klik")',
    "@SUM(1+9)*cmd|'/C calc'!A0",
    "\x1b[31mMERAH\x1b[0m",
    "[bold red]tebal[/bold red] [/]",
    "{0} {name} %s ${HOME} $(id)",
    "../../../../etc/passwd",
    "SD\nBARU\r\nDUA",
    "\u202eHALOKES\u2066\u200b",
    "+1+1",
    "\t=1+1",
    "\x9b31m\x07\x7f",
    'SD "A", B; C',
)


@pytest.fixture
def hostile(ranked: Path) -> Path:
    """The tiny project with other names of schools and areas."""
    with (ranked / "schools.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    for row, name in zip(rows, HOSTILE, strict=True):
        row[header.index("sekolah")] = name
        row[header.index("kecamatan")] = f"Kec. {name}"
    rows[0][header.index("kabupaten_kota")] = "[red]=Kab\x1b[31m. Contoh[/]"
    with (ranked / "schools.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    shutil.rmtree(ranked / "runs")
    return ranked


def records(written: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written, newline=""), delimiter=delimiter))


# --- columns and rows ----------------------------------------------------------------------------


def test_canonical_columns_come_first_in_every_format(ranked: Path, cli: CommandLine) -> None:
    assert list(schema.CANONICAL) == CANONICAL
    command = ("rank", "--project", ranked, "--quiet", "--format")
    rows = records(cli(*command, "csv").out.decode())
    objects: list[dict[str, Any]] = json.loads(cli(*command, "json").out)
    export = ("export", "csv", "--project", ranked, "--columns", "all", "--names", "codes")
    exported = records(cli(*export).out.decode())
    local = cli(*export, "--dialect", "id").out.decode("utf-8-sig")
    excel = cli(*export, "--dialect", "en").out.decode("utf-8-sig")
    for found in (rows, objects, exported, records(local, ";"), records(excel)):
        assert list(found[0])[: len(CANONICAL)] == CANONICAL
        assert list(found[0])[-4:] == ["data", "standing", "trial", "official"]
        assert {row["standing"] for row in found} == {"last"}
        assert len(found) == 13
        assert {row["data"] for row in found} == {"synthetic"}
    assert rows == exported
    assert [row["npsn"] for row in objects] == [row["npsn"] for row in rows]


def test_unranked_schools_stand_last_with_a_reason(tiny_run: Run) -> None:
    rows = records(
        tables.to_csv(tiny_run, tables.select(tiny_run.schools, tables.View()), Text("en"))
    )
    assert [row["rank"] for row in rows] == [*map(str, range(1, 12)), "", ""]
    assert [row["npsn"] for row in rows[-2:]] == ["00000107", "00000113"]
    assert {row["unranked_reason"] for row in rows[-2:]} == {"no_location"}
    assert {row["deficit"] for row in rows[-2:]} == {""}


def header_of(written: bytes, delimiter: str = ",") -> list[str]:
    return next(
        csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""), delimiter=delimiter)
    )


def test_the_summary_is_what_a_person_reads_first(ranked: Path, cli: CommandLine) -> None:
    written = cli("export", "csv", "--project", ranked).out
    assert header_of(written) == list(schema.SUMMARY)
    first = records(written.decode())[0]
    assert (first["rank"], first["tier_label"], first["data"]) == ("1", "critical", "synthetic")
    some = cli("export", "csv", "--project", ranked, "--columns", "name, deficit,summary").out
    assert header_of(some)[:4] == ["name", "deficit", "rank", "npsn"]
    assert sorted(header_of(some)) == sorted(schema.SUMMARY)


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("npsm", "npsn"),
        ("defisit", "deficit"),
        ("signal", "best_signal_share"),
        ("sumary", "summary"),
        ("", ""),
    ],
)
def test_an_unknown_column_is_refused_by_name(
    given: str, near: str, ranked: Path, cli: CommandLine
) -> None:
    out = ranked / "list.csv"
    command = ("export", "csv", "--project", ranked, "--lang", "en", "--out", out)
    answer = cli(*command, "--columns", f"npsn,{given}" if given else "")
    assert answer.status == 1
    assert f"there is no column “{given}”" in answer.err
    assert near in answer.err
    assert not out.exists()


def test_columns_and_types_are_the_same_in_every_project(
    tiny_run: Run, project: MakeProject
) -> None:
    """Also where a project knows nothing of electricity, villages or fibre."""
    bare = OpenProject(project(bare=True, files={"schools.csv": ONE})).rank()
    known, poor = (tables.with_words(run, run.schools, Text("en")) for run in (tiny_run, bare))
    assert list(known.columns) == list(poor.columns)
    assert {*schema.BY_NAME} <= {*known.columns}
    assert known.dtypes.to_dict() == poor.dtypes.to_dict()
    assert poor["electricity"].isna().all()
    assert set(poor["data"]) == {"real"}
    assert {"road_score", "road_status", "road_contribution"} <= {*poor.columns}


def test_numbers_come_back_as_they_were(tiny_run: Run) -> None:
    schools = tables.select(tiny_run.schools, tables.View())
    raw = records(tables.to_csv(tiny_run, schools, Text("en")))
    local = records(tables.to_csv(tiny_run, schools, Text("id"), "id").removeprefix("\ufeff"), ";")
    objects = json.loads(tables.to_json(tiny_run, schools, Text("en")))
    for name in ("lat", "lon", "deficit", "priority", "site_4g_km", "students"):
        for known, a, b, c in zip(schools[name], raw, local, objects, strict=True):
            if pd.isna(known):
                assert (a[name], b[name], c[name]) == ("", "", None)
                continue
            for number in (float(a[name]), c[name]):
                assert math.isclose(number, known, rel_tol=1e-11)
            # A person reads what it means: a score to 4 decimals, a distance to the metre.
            assert float(b[name].replace(",", ".")) == round(float(known), schema.decimals(name))
    assert {row["is_mountain"] for row in raw} == {"1", "0", ""}
    assert {row["is_mountain"] for row in objects} == {True, False, None}


def test_words_are_of_the_language_and_codes_are_not(tiny_run: Run) -> None:
    schools = tables.select(tiny_run.schools, tables.View())
    english, indonesian = (
        records(tables.to_csv(tiny_run, schools, Text(language))) for language in ("en", "id")
    )
    assert english[0]["reason_text"] != indonesian[0]["reason_text"]
    for a, b in zip(english, indonesian, strict=True):
        assert {**a, **NO_WORDS} == {**b, **NO_WORDS}


def test_labels_and_words_are_of_the_language(ranked: Path, cli: CommandLine) -> None:
    command = ("export", "csv", "--project", ranked, "--columns", "summary,is_mountain,hindrance")
    codes = records(cli(*command).out.decode())[0]
    for arguments, delimiter, truth in (
        (("--lang", "id"), ",", "ya"),
        (("--lang", "id", "--dialect", "id"), ";", "ya"),
        (("--dialect", "en"), ",", "yes"),
    ):
        words = Text("id" if truth == "ya" else "en")
        row = records(cli(*command, *arguments).out.decode("utf-8-sig"), delimiter)[0]
        assert row[words(schema.BY_NAME["name"].label)] == codes["name"]
        assert row[words(schema.BY_NAME["is_mountain"].label)] == truth
        assert row[words(schema.BY_NAME["tier_label"].label)] == words("1 critical")
        assert row[words(schema.BY_NAME["gap_type"].label)] == words("uncovered")
        measured = default_values("index")["nodes"][codes["hindrance"]]["column"]
        assert row[words("Main hindrance")] == words(schema.BY_NAME[measured].label)
        assert not {*row} & {*schema.BY_NAME}
    kept = cli(*command, "--lang", "id", "--names", "codes").out.decode()
    assert {**records(kept)[0], **NO_WORDS} == {**codes, **NO_WORDS}
    assert "Peringkat" in cli("--lang", "id", *command).out.decode().partition("\n")[0]


@pytest.mark.parametrize(("dialect", "delimiter"), [("id", ";"), ("raw", ",")])
def test_codes_stand_in_the_first_line_and_labels_in_the_second(
    dialect: str, delimiter: str, ranked: Path, cli: CommandLine
) -> None:
    command = ("export", "csv", "--project", ranked, "--lang", "id", "--dialect", dialect)
    both = cli(*command, "--names", "both").out.decode("utf-8-sig").splitlines()
    names, labelled = (
        cli(*command, "--names", each).out.decode("utf-8-sig").splitlines()
        for each in ("codes", "labels")
    )
    assert both == [names[0], *labelled]
    assert both[0].split(delimiter)[:2] == ["rank", "npsn"]
    assert both[1].split(delimiter)[:2] == ["Peringkat", "NPSN"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_columns_have_the_same_label(language: Language, tiny_run: Run) -> None:
    found = columns.labels(tiny_run, Text(language))
    schools = tables.select(tiny_run.schools, tables.View())
    assert list(found) == list(tables.with_words(tiny_run, schools, Text()).columns)
    assert len({label.casefold() for label in found.values()}) == len(found)
    assert [name for name, label in found.items() if f"({name})" in label] == []


def test_every_code_of_a_cell_has_a_word() -> None:
    words_already = {"level", "confidence"}
    assert [
        f"{column.name}: {code}"
        for column in schema.BY_NAME.values()
        if column.name not in words_already
        for code in column.choices
        if code not in words_of(column, Text("en"))
    ] == []


def test_an_npsn_keeps_its_zeros(ranked: Path, cli: CommandLine) -> None:
    for dialect, delimiter in (("raw", ","), ("id", ";")):
        names = ("--dialect", dialect, "--names", "codes")
        command = ("export", "csv", "--project", ranked, *names)
        written = cli(*command).out
        assert written.startswith(b"\xef\xbb\xbf") == (dialect == "id")
        text = written.decode("utf-8-sig")
        assert records(text, delimiter)[0]["npsn"] == "00000109"
        table = pd.read_csv(io.StringIO(text), sep=delimiter, dtype={"npsn": "str"})
        assert table["npsn"].str.len().eq(8).all()
    # What no tool of ours reads: a value that only a spreadsheet takes for an NPSN.
    assert b'="' not in written
    assert b"\t" not in written


# --- filters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "npsn"),
    [
        (("--top", "2"), "109 108"),
        (("--top", "2", "--by", "priority"), "108 109"),
        (("--kabupaten", "Gunung Contoh"), "109 108 110 112 111 113"),
        (("--kabupaten", "99.02"), "109 108 110 112 111 113"),
        (("--kabupaten", "kab. GUNUNG contoh", "--top", "1"), "109"),
        (("--kabupaten", "9902"), "109 108 110 112 111 113"),
        (("--kabupaten", "gc"), "109 108 110 112 111 113"),  # the initials
        (("--kecamatan", "kec. hulu contoh"), "103 101 102"),
        (("--level", "smp", "--level", "MI"), "110 102 107"),  # each adds
        (("--level", "smp"), "110 102"),
        (("--authority", "province"), "112 106 104 111"),
        (("--authority", "kemenag"), "107"),
        (("--terrain", "pesisir"), "105"),
        (("--gap", "adequate"), "104 111"),
        (("--gap", "uncovered", "--level", "SD"), "109 108"),
        (("--level", "MI", "--gap", "adequate"), ""),
    ],
)
def test_filters(arguments: tuple[str, ...], npsn: str, ranked: Path, cli: CommandLine) -> None:
    expected = [f"00000{each}" for each in npsn.split()]
    rows = records(cli("export", "csv", "--project", ranked, *arguments).out.decode())
    assert [row["npsn"] for row in rows] == expected


@pytest.mark.parametrize(
    ("arguments", "npsn"),
    [
        (("--gap", "uncovered", "--level", "SD"), "109 108"),
        (("--by", "priority", "--top", "1"), "108"),
        (("--level", "MI", "--gap", "adequate"), ""),
    ],
)
def test_filters_of_a_table(
    arguments: tuple[str, ...], npsn: str, ranked: Path, cli: CommandLine
) -> None:
    answer = cli("rank", "--project", ranked, "--quiet", "--format", "table", *arguments)
    assert answer.status == 0
    shown = [word for word in answer.out.decode().split() if word.startswith("00000")]
    assert shown == [f"00000{each}" for each in npsn.split()]


def test_a_rank_is_among_all_schools_whatever_the_filter(ranked: Path, cli: CommandLine) -> None:
    data = ("rank", "--project", ranked, "--quiet", "--format", "csv")
    rows = records(cli(*data, "--level", "SMP").out.decode())
    assert [row["rank"] for row in rows] == ["3", "6"]
    assert records(cli(*data, "--by", "priority").out.decode())[0]["rank"] == "1"


def test_counts_by_kabupaten(tiny_run: Run) -> None:
    counts = tables.by_kabupaten(tables.select(tiny_run.schools, tables.View())).set_index(
        "kabupaten"
    )
    assert list(counts.loc["Kab. Gunung Contoh"]) == [3, 0, 0, 1, 1, 0, 1, 6, 3]
    assert list(counts.loc["Kab. Muara Contoh"]) == [0, 1, 2, 2, 1, 0, 1, 7, 5]
    assert counts.loc["__all__", "all"] == 13
    # What is known and what is inferred stays apart in each tier.
    inferred = tiny_run.schools[tiny_run.schools["deficit_status"] == "inferred"]
    assert counts.loc["__inferred__", "all"] == len(inferred) == counts.loc["__all__", "inferred"]
    for label, number in inferred["tier_label"].value_counts().items():
        assert counts.loc["__inferred__", label] == number


def without_two(run: Run) -> Run:
    """The run with one more row of a school, and one school that is closed."""
    schools = run.schools.copy()
    two = schools.index[schools["kabupaten"] == "Kab. Gunung Contoh"][:2]
    schools.loc[two, ["rank", "tier_label", "deficit_status"]] = [pd.NA, None, "unknown"]
    schools.loc[two, "unranked_reason"] = ["duplicate", "closed"]
    return replace(run, schools=schools)


def test_repeated_rows_and_closed_schools_are_nowhere_counted(tiny: Run) -> None:
    run, text = without_two(tiny), Text("en")
    counted = tables.counted_schools(run.schools)
    assert set(run.schools["row_id"]) - set(counted["row_id"]) == set(
        run.schools.loc[run.schools["unranked_reason"].isin(["duplicate", "closed"]), "row_id"]
    )
    counts = tables.by_kabupaten(run.schools).set_index("kabupaten")
    assert counts.loc["Kab. Gunung Contoh", "all"] == 6 - 2
    assert counts.loc["__all__", "all"] == len(counted) == 13 - 2
    assert counts.loc["__all__", "unknown"] == counted["tier_label"].isna().sum()
    said = "Rows not counted (repeated rows and closed schools): 2."
    assert tables.not_counted_sentence(run.schools, text) == said
    assert tables.not_counted_sentence(counted, text) == ""
    # The same schools are counted by area and below the map.
    areas = area_results.count_by_area(run, "kabupaten")
    assert (areas["schools"].sum(), areas["not_counted"].sum()) == (11, 2)
    below = map_tables.tables_of(counted, run.schools.drop(counted.index), text)
    assert below["not_counted"] == said


@pytest.mark.parametrize("aloud", [False, True])
def test_rows_that_are_not_counted_are_named_below_the_list(
    tiny: Run, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, aloud: bool
) -> None:
    monkeypatch.setattr(spoken, "is_plain", lambda: aloud)
    for run, said in ((without_two(tiny), True), (tiny, False)):
        schools = tables.select(run.schools, tables.View())
        console.ranking(run, schools.head(3), schools, Text("en"))
        shown = capfd.readouterr().out
        assert ("Rows not counted (repeated rows and closed schools): 2." in shown) is said


# --- hostile names -------------------------------------------------------------------------------


def test_hostile_names_are_kept_in_the_run_and_do_nothing_outside(
    hostile: Path, cli: CommandLine
) -> None:
    before = {path for path in hostile.rglob("*") if "runs" not in path.parts}
    command = ("rank", "--project", hostile, "--format")
    answer = cli(*command, "json")
    assert answer.status == 0
    assert answer.out.isascii() or not any(map(unseen, answer.out.decode().replace("\n", "")))
    assert {row["name"] for row in json.loads(answer.out)} == {name.strip() for name in HOSTILE}
    assert {path for path in hostile.rglob("*") if "runs" not in path.parts} == before

    export = ("export", "csv", "--project", hostile, "--columns", "all", "--names", "codes")
    for written, delimiter in (
        (cli(*command, "csv").out.decode(), ","),
        (
            cli(*export, "--dialect", "id").out.decode("utf-8-sig"),
            ";",
        ),
    ):
        rows = records(written, delimiter)
        assert len(rows) == len(written.splitlines()) - 1 == 13  # no line break within a cell
        assert {row["name"] for row in rows} == {
            spreadsheet.inert(name.strip()) for name in HOSTILE
        }
        for row in rows:
            for column, cell in row.items():
                assert not any(map(unseen, cell)), column
                text = cell.lstrip()
                assert not text.startswith(("=", "@", "+")), column
                assert not text.startswith("-") or float(text.replace(",", ".")) < 0, column


@pytest.mark.parametrize("width", [80, 120, 200])
def test_hostile_names_in_a_table(
    width: int, hostile: Path, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    answer = cli("rank", "--project", hostile, "--format", "table")
    shown = answer.out.decode()
    assert not any(map(unseen, shown.replace("\n", "")))
    assert not any(map(unseen, answer.err.replace("\n", "")))
    assert max(map(cell_len, shown.splitlines())) <= width
    flat = "".join(shown.split())
    for name in HOSTILE:
        if len(name) < 25:  # the others go over several lines
            assert "".join(plain(name).split()) in flat


def test_hostile_text_in_the_findings_of_a_run(ranked: Path, cli: CommandLine) -> None:
    text = (ranked / "schools.csv").read_text(encoding="utf-8")
    changed = text.replace(",SD,N,", ",=cmd|x,N,", 1).replace("-2.9410000", "+2+2,", 1)
    (ranked / "schools.csv").write_text(changed, encoding="utf-8")
    assert cli("rank", "--project", ranked).status == 0
    run = read_run(ranked / "runs")
    assert "=cmd|x" in set(run.findings["value"])
    with (run.folder / "findings.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=cmd|x" in cells
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "@", "+"))]


def unseen(char: str) -> bool:
    """Whether a terminal or a spreadsheet would act on it instead of showing it."""
    return plain(char) != char and char != " "


@given(st.text())
def test_no_cell_is_run(text: str) -> None:
    cell = spreadsheet.inert(text)
    assert not any(map(unseen, cell))
    shown = cell.lstrip()
    if shown[:1] in set("=+-@"):
        assert math.isfinite(float(re.sub(r"[.,](?=.*[.,])", "", shown).replace(",", ".")))
    assert spreadsheet.inert(cell) == cell


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 6))
def test_a_number_gets_nothing_added_however_it_is_written(number: float, digits: int) -> None:
    for written in (f"{number:.{digits}f}", f"{number:,.{digits}f}", f"{number:e}"):
        for cell in (written, written.translate(str.maketrans(",.", ".,"))):
            assert spreadsheet.inert(cell) == cell


@given(st.text())
def test_escaped_json_says_the_same(text: str) -> None:
    written = escaped(json.dumps(text, ensure_ascii=False))
    assert json.loads(written) == text
    assert not any(map(unseen, written))


@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
def test_the_local_dialect_in_a_spreadsheet(hostile: Path, cli: CommandLine) -> None:
    """Semicolons and decimal commas make numbers there; nothing makes a formula or a date."""
    assert cli("rank", "--project", hostile).status == 0
    out = hostile / "list.csv"
    export = ("export", "csv", "--project", hostile, "--columns", "all", "--names", "codes")
    assert cli(*export, "--dialect", "id", "--out", out).status == 0
    command = [
        *("soffice", f"-env:UserInstallation={(hostile / 'profile').as_uri()}", "--headless"),
        *("--infilter=CSV:59,34,76,1,,1057,false,false", "--convert-to", "xlsx"),
        *("--outdir", str(hostile), str(out)),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    sheet = CalamineWorkbook.from_path(str(hostile / "list.xlsx")).get_sheet_by_index(0)
    header, *rows = sheet.to_python(skip_empty_area=False)
    assert {type(cell) for row in rows for cell in row} <= {str, float}
    shown = {row[header.index("name")] for row in rows}
    assert shown == {spreadsheet.inert(name.strip()) for name in HOSTILE}
    first = dict(zip(header, rows[0], strict=True))
    assert (first["lat"], first["lon"], first["deficit"]) == (-2.927, 115.388, 1)
    assert first["lat_given"] == "-2.9270000"
    assert first["kabupaten_code"] == "99.02"


def test_texts_that_excel_would_take_for_another_number() -> None:
    table = pd.DataFrame({"given": ["114.673", "-3.411", "-3.41", "63.10", "1e5", "-3,411"]})
    shown: dict[spreadsheet.Dialect, list[str]] = {
        "raw": ["114.673", "-3.411", "-3.41", "63.10", "1e5", '"-3,411"'],
        "id": ["'114.673", "'-3.411", "-3.41", "63.10", "'1e5", "-3,411"],
        "en": ["114.673", "-3.411", "-3.41", "'63.10", "'1e5", '"\'-3,411"'],
    }
    for dialect, cells in shown.items():
        written = spreadsheet.csv_of(table, dialect).removeprefix("\ufeff")
        assert written.splitlines() == ["given", *cells]


def test_a_view_needs_no_geometry_and_leaves_the_run_alone(ranked: Path) -> None:
    run = open_project(ranked).rank()
    before = run.schools.copy()
    chosen = tables.select(run.schools, tables.View(by="priority", top=3))
    tables.to_csv(run, chosen, Text("id"), "id")
    assert "geometry" not in chosen
    pd.testing.assert_frame_equal(run.schools, before)
