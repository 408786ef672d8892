"""Checks of registers and attribute tables: numbers of schools, names, figures, dates, gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalsel_gap.findings import SEVERITIES, Finding, to_frame
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.text import Text
from kalsel_gap.project.base import default_values
from kalsel_gap.project.checks import Registers
from kalsel_gap.project.read import read_project
from kalsel_gap.quality.names import check_names, unmangled
from kalsel_gap.quality.npsn import check_npsn
from kalsel_gap.quality.plausibility import check_dates, check_numbers, last_day
from kalsel_gap.quality.registers import check_registers, gaps
from kalsel_gap.sources.registers import CELLS, read_cells
from kalsel_gap.sources.schools import read_schools
from kalsel_gap.sources.values import parse_date
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject

LIMITS = Registers(**default_values("registers"))
USUAL = {"name": "SD NEGERI A", "level": "SD", "ownership": "N", "kabupaten": "K", "kecamatan": "C"}
KINDS = {"row": "int64"}


def cells(*rows: Mapping[str, str]) -> pd.DataFrame:
    full: list[dict[str, Any]] = [
        {**dict.fromkeys(CELLS, ""), "file": "s.csv", "row": n, "npsn": f"{n:08}", **USUAL, **row}
        for n, row in enumerate(rows, start=2)
    ]
    for each in full:
        each["npsn_given"] = each["npsn_given"] or each["npsn"]
    columns = {name: [row[name] for row in full] for name in CELLS}
    return pd.DataFrame({n: pd.Series(c, dtype=KINDS.get(n, "str")) for n, c in columns.items()})


def brief(findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    return [(f.code, f.value, f.proposal) for f in findings]


# --- NPSN --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "proposal"),
    [
        ("", "npsn_missing", ""),
        ("3030102", "npsn_zero_lost", "03030102"),
        ("3.03E+07", "npsn_digits_lost", ""),
        ("3,03010E+07", "npsn_digits_lost", ""),
        ("3.0301027E+07", "npsn_formatted", "30301027"),
        ("30301027.0", "npsn_formatted", "30301027"),
        ("30301027,00", "npsn_formatted", "30301027"),
        ("30.301.027", "npsn_formatted", "30301027"),
        ("'30301027", "npsn_formatted", "30301027"),
        ("3030 1027", "npsn_formatted", "30301027"),
        ("30301027\u200b", "npsn_formatted", "30301027"),
        ("３０３０１０２７", "npsn_formatted", "30301027"),
        ("p9999998", "npsn_formatted", "P9999998"),
        ("3O3O1O27", "npsn_irregular", "30301027"),
        ("NP567838", "npsn_irregular", ""),
        ("303010271", "npsn_malformed", ""),
        ("30301", "npsn_malformed", ""),
        ("{}", "npsn_malformed", ""),
        ("٣٠٣٠١٠٢", "npsn_malformed", ""),
    ],
)
def test_npsn(text: str, code: str, proposal: str) -> None:
    (finding,) = check_npsn(cells({"npsn": text}))
    assert (finding.code, finding.value, finding.proposal) == (code, text, proposal)
    assert (finding.file, finding.row, finding.column) == ("s.csv", 2, "npsn")


def test_regular_npsn_are_no_finding() -> None:
    assert check_npsn(cells({"npsn": "30301027"}, {"npsn": "P9908517"})) == []


def test_a_proposed_npsn_that_another_row_has_says_so() -> None:
    (finding,) = check_npsn(cells({"npsn": "30301027"}, {"npsn": "30301027.0"}))
    assert finding.evidence == {"rows_with_proposal": 1}


# --- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "name", "proposal"),
    [
        ("SD", "SMP NEGERI 1 GAMBUT", "SMP"),
        ("SMA", "SMKN 2 BANJARBARU", "SMK"),
        ("13", "smk PGRI", "SMK"),
        ("SD", "MIN 3 Banjar", "MI"),
        ("SMP", "Madrasah Tsanawiyah Nurul", "MTs"),
        ("SMK", "UPT SMA 4", "SMA"),
        ("SMA", "SMALB YPAC", ""),
        ("SD", "PKBM Harapan", "PKBM"),
    ],
)
def test_levels_that_the_name_denies(level: str, name: str, proposal: str) -> None:
    found = check_names(cells({"level": level, "name": name}))
    assert [(f.value, f.proposal) for f in found if f.code == "level_differs_from_name"] == [
        (level, proposal)
    ]


@pytest.mark.parametrize(
    ("level", "name"),
    [
        ("SD", "SD NEGERI SMP 1"),
        ("SMP", "SMPN SATU ATAP SDN 3"),
        ("SD", "SMP SATU ATAP SD 3"),
        ("SD", "MA'ARIF NU"),
        ("SMP", "MA ARIF 2"),
        ("SDLB", "SLB-C NEGERI PEMBINA"),
        ("SDLB", "SD PK/LK AMAL"),
        ("SMK", "SMAK BOGOR"),
        ("MAK", "MA KEJURUAN"),
        ("SMP", "SLTP 1"),
        ("TK", "PAUD KARTINI"),
        ("SD", "Sekolah Dasar Islam"),
        ("SD", "HARAPAN BUNDA"),
        ("", "SMP 1"),
        ("?", "SMP 1"),
        ("SD", ""),
    ],
)
def test_names_that_do_not_deny_the_level(level: str, name: str) -> None:
    found = check_names(cells({"level": level, "name": name}))
    assert "level_differs_from_name" not in {f.code for f in found}


@pytest.mark.parametrize(
    ("ownership", "name", "proposal"),
    [
        ("S", "SDN 1", "N"),
        ("Swasta", "SMP NEGERI 7", "N"),
        ("2", "SLB-C NEGERI", "N"),
        ("N", "SMKS MUHAMMADIYAH", "S"),
        ("Negeri", "SD SWASTA TUMBANG", "S"),
        ("S", "SD BHAKTI NEGERI", None),
        ("N", "SDSN PASAR LAMA", None),
        ("N", "SDN 1", None),
        ("S", "SMP N. MARIA", None),
        ("", "SDN 1", None),
        ("?", "SDN 1", None),
        ("S", "ANAK NEGERI", None),
    ],
)
def test_ownership_against_the_name(ownership: str, name: str, proposal: str | None) -> None:
    found = check_names(cells({"ownership": ownership, "name": name}))
    told = [f.proposal for f in found if f.code == "ownership_differs_from_name"]
    assert told == ([] if proposal is None else [proposal])


@pytest.mark.parametrize(
    ("level", "ministry", "wrong"),
    [
        ("MI", "Kemendikbud", True),
        ("SD", "Kementerian Agama", True),
        ("MTs", "KEMENAG", False),
        ("SMA", "Kementerian Pendidikan Dasar dan Menengah", False),
        ("SMK", "Kementerian Kelautan", False),
        ("SD", "", False),
        ("", "Kementerian Agama", False),
    ],
)
def test_ministry_against_the_level(level: str, ministry: str, *, wrong: bool) -> None:
    found = check_names(cells({"level": level, "ministry": ministry, "name": "A"}))
    assert ("ministry_differs_from_level" in {f.code for f in found}) == wrong


@pytest.mark.parametrize(
    ("name", "code", "proposal"),
    [
        ("", "name_missing", ""),
        ("123", "name_without_letters", ""),
        ("=HYPERLINK(1)", "name_has_formula", ""),
        ("+cmd", "name_has_formula", ""),
        ("<b>SD</b>", "name_has_html", ""),
        ("SD &amp; TK", "name_has_html", "SD & TK"),
        ("SD A\x1b[31m", "name_has_control", "SD A [31m"),
        ("SD\nA", "name_has_control", "SD A"),
        ("SD \u202eA\u2066", "name_has_control", "SD A"),
        ("SD KASIHÂ\xa0Â\xa0Â", "text_mojibake", "SD KASIH"),
        ("SD SYAFIÃ\x8d", "text_mojibake", "SD SYAFIÍ"),
        ("SD A\ufffdB", "text_lost", ""),
        ("SD MI?RAJ", "text_lost", ""),
    ],
)
def test_names_that_are_unsafe_or_garbled(name: str, code: str, proposal: str) -> None:
    assert brief(check_names(cells({"name": name}))) == [(code, name, proposal)]


@pytest.mark.parametrize(
    "name", ["SD É 1", "SD A & B", "SD A - B", "SD  A", "SD 'Aisyiyah", "SD – A", "SD A?", "-"]
)
def test_sound_names(name: str) -> None:
    unsound = {"name_has_html", "name_has_formula", "name_has_control", "text_mojibake"}
    assert not unsound & {f.code for f in check_names(cells({"name": name}))}


def test_other_texts_are_checked_too() -> None:
    found = check_names(cells({"address": "Jl. A â€“ B", "kecamatan": "C\tD"}))
    assert [(f.code, f.column, f.proposal) for f in found] == [
        ("text_has_control", "kecamatan", "C D"),
        ("text_mojibake", "address", "Jl. A – B"),
    ]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20))
def test_what_was_read_in_the_wrong_encoding_is_read_again(text: str) -> None:
    try:
        mangled = text.encode("utf-8").decode("cp1252")
    except UnicodeDecodeError:
        return
    if unmangled(text) == text and not any("\ue000" <= c <= "\uf8ff" for c in text):
        assert unmangled(mangled) == text


# --- figures -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"students": "0"}, [("students_zero", "0", "")]),
        ({"students": "20", "teachers": "0"}, [("teachers_zero", "0", "")]),
        ({"students": "3", "teachers": "4"}, [("teachers_exceed_students", "4", "")]),
        ({"students": "141", "teachers": "2"}, [("teachers_too_few", "2", "")]),
        ({"students": "141", "teachers": "2", "level": "PKBM"}, []),
        ({"students": "2501"}, [("number_implausible", "2501", "")]),
        ({"students": "2501", "level": "SMK"}, []),
        ({"students": "5501", "level": ""}, [("number_implausible", "5501", "")]),
        ({"teachers": "121"}, [("number_implausible", "121", "")]),
        ({"subscription_down_mbps": "20480"}, [("number_implausible", "20480", "")]),
        ({"devices": "15"}, []),
        (
            {"students": "8", "teachers": "2", "devices": "15"},
            [("devices_exceed_people", "15", "")],
        ),
        ({"students": "80", "teachers": "20", "accounts": "125"}, []),
        (
            {"students": "80", "teachers": "20", "accounts": "126"},
            [("accounts_exceed_people", "126", "")],
        ),
        (
            {"students": "80", "teachers": "20", "accounts_active": "126"},
            [("accounts_exceed_people", "126", "")],
        ),
        ({"students": "1.693", "teachers": "111"}, []),
        ({"students": "x", "teachers": "-1", "devices": "1e999"}, []),
        ({}, []),
    ],
)
def test_figures(row: dict[str, str], expected: list[tuple[str, str, str]]) -> None:
    assert brief(check_numbers(cells(row), LIMITS)) == expected


def test_a_figure_names_the_row_that_it_comes_from() -> None:
    (finding,) = check_numbers(cells({"students": "0", "filled_from": "p.csv:7"}), LIMITS)
    assert (finding.row, dict(finding.evidence)) == (2, {"filled_from": "p.csv:7"})


def test_a_count_with_a_sign_between_its_thousands_is_proposed_without(
    project: MakeProject,
) -> None:
    register = (
        "npsn,nama,lat,lon,siswa,guru\n00000001,A,-3,115,1.693,1.5\n00000002,B,-3,115,1.4,9\n"
    )
    opened = project(files={"schools.csv": register}, bare=True)
    _, findings = read_schools(opened)
    found = [(f.column, f.value, f.proposal) for f in findings if f.code == "value_not_read"]
    assert sorted(found) == [
        ("students", "1.4", "1400"),
        ("students", "1.693", "1693"),
        ("teachers", "1.5", ""),
    ]


# --- dates -------------------------------------------------------------------------------------


def dated(*texts: str, until: str = "2025-02-10") -> list[tuple[str, str, str]]:
    table = cells(*({"updated_at": text} for text in texts))
    return sorted(brief(check_dates(table, LIMITS.dates, last_day(until))))


def test_dates() -> None:
    told = dated(
        *("05 Feb 2025 12:21:55", "2025-02-10T23:59", "10/02/2025", "5 Agustus 2024", ""),
        *("1 Nopember 2024", "2026-12-01", "0999-01-01", "2199-01-01", "456", "30 Feb 2025"),
    )
    assert told == [
        ("date_impossible", "0999-01-01", ""),
        ("date_impossible", "2199-01-01", ""),
        ("date_in_future", "2026-12-01", ""),
        ("date_unreadable", "30 Feb 2025", ""),
        ("date_unreadable", "456", ""),
    ]


def test_a_few_late_rows_are_wrong_and_many_mean_that_the_date_of_the_data_is() -> None:
    usual = ["2025-02-01"] * 19
    assert dated(*usual, "2025-02-12") == [("date_in_future", "2025-02-12", "")]
    assert dated(*usual, "2025-02-12", "2025-02-13", "2062-02-01") == [
        ("date_in_future", "2062-02-01", ""),
        ("date_of_data_stale", "2025-02-10", "2025-02-13"),
    ]


def test_without_a_date_of_the_data_only_impossible_days_are_found() -> None:
    assert dated("2062-02-01", "2199-01-01", until="soon") == [
        ("date_impossible", "2199-01-01", "")
    ]


def test_the_date_of_a_register_comes_before_that_of_other_tables(project: MakeProject) -> None:
    register = "npsn,nama,lat,lon,updated_at\n00000001,A,-3,115,2024-06-01\n"
    files = {"schools.csv": register, "p.csv": "npsn,siswa\n00000001,9\n"}

    def found(sections: Mapping[str, Any]) -> list[str]:
        opened = project(sections, files=files, bare=True)
        told = check_registers(read_cells(opened)[0], opened)
        return [f.code for f in told if f.code.startswith("date")]

    pupils = {"attributes": [{"path": "p.csv", "date": "2023-06"}]}
    assert found({}) == []
    assert found(pupils) == ["date_of_data_stale"]
    assert found(pupils | {"schools": {"path": "schools.csv", "date": "2024"}}) == []


MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nop", "Des")


@given(st.dates())
def test_a_day_is_read_as_it_is_written(when: date) -> None:
    assert parse_date(when.isoformat()) == when
    assert parse_date(f"{when.day:02} {MONTHS[when.month - 1]} {when.year:04} 10:00:00") == when


# --- gaps --------------------------------------------------------------------------------------


def test_columns_with_gaps_are_told_once_for_each_file() -> None:
    rows: list[dict[str, str]] = [{"file": "a.csv", "level": ""}] * 2 + [{"file": "a.csv"}] * 3
    rows += [{"file": "b.csv", "students": "9"}] * 4 + [{"file": "b.csv", "level": ""}]
    found = gaps(cells(*rows), 0.2)
    assert [(f.file, f.column, f.parameters) for f in found] == [
        ("a.csv", "level", {"empty": 2, "count": 5}),
        ("a.csv", "students", {"empty": 5, "count": 5}),
    ]


# --- attribute tables --------------------------------------------------------------------------

REGISTER = """npsn,nama,lat,lon
00000101,SD NEGERI 1 GAMBUT,-3,115
00000102,SMP NEGERI 4 MARTAPURA,-3,115
00000103,SDLB SUNGAI PARING,-3,115
"""


def attribute_findings(project: MakeProject, table: str, **source: str) -> list[Finding]:
    sections = {"attributes": [{"path": "p.csv", **source}]}
    opened = project(sections, files={"schools.csv": REGISTER, "p.csv": table}, bare=True)
    found = check_registers(read_cells(opened)[0], opened)
    return [f for f in found if f.file == "p.csv"]


def test_rows_of_another_name_than_their_school(project: MakeProject) -> None:
    table = (
        "npsn,nama sekolah,siswa\n00000101,SDN 01 Negeri Gambut,9\n"
        "00000102,SMP NEGERI 3 MARTAPURA,9\n00000103,SLB Negeri Martapura,9\n"
    )
    found = attribute_findings(project, table)
    assert [(f.code, f.row, f.parameters["name"]) for f in found] == [
        ("attribute_name_differs", 3, "SMP NEGERI 4 MARTAPURA"),
        ("attribute_name_differs", 4, "SDLB SUNGAI PARING"),
    ]


def test_rows_whose_npsn_a_number_format_has_spoiled(project: MakeProject) -> None:
    found = attribute_findings(project, "npsn,siswa\n00000101.0,9\n0000102,9\n9999999,9\n")
    # The first is certain, and is read.
    assert [(f.code, f.row, f.proposal) for f in found] == [
        ("attribute_npsn_repairable", 3, "00000102"),
    ]


def test_rows_later_than_their_table(project: MakeProject) -> None:
    table = "npsn,siswa,Last Sync\n00000101,9,1 Jan 2030\n00000102,9,1 Jan 2025\n"
    found = attribute_findings(project, table, date="2025")
    assert [(f.code, f.row) for f in found] == [("date_in_future", 2)]
    assert attribute_findings(project, table) == []


# --- all together ------------------------------------------------------------------------------

TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "0", "1.693", "3.03E+07", "SD", "Ã", "2025-02-30", "{name}", "=1", "P1"]),
)
TABLES = st.lists(
    st.fixed_dictionaries({name: TEXT for name in CELLS if name not in ("file", "row")}),
    max_size=5,
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    folder: Path = tmp_path_factory.mktemp("plain")
    (folder / "s.csv").write_text("npsn,nama,lat,lon\n00000001,A,-3,115\n", encoding="utf-8")
    (folder / "kalsel-gap.toml").write_text(
        '[schools]\npath = "s.csv"\ndate = "2025"\n', encoding="utf-8"
    )
    return read_project(folder)


@settings(max_examples=25)
@given(rows=TABLES)
def test_any_table_of_any_strings_gives_findings(plain: Opened, rows: list[dict[str, str]]) -> None:
    table = cells(*rows)
    before = table.copy(deep=True)
    found = check_registers(table, plain)
    pd.testing.assert_frame_equal(table, before)
    told = to_frame(found)
    backwards = to_frame(check_registers(table[::-1], plain))
    pd.testing.assert_frame_equal(told, backwards)
    text = Text("en")
    assert all(messages.finding_sentence(row, text) for row in told.to_dict("records"))
    assert set(told["code"]) <= set(SEVERITIES)


# --- real data ---------------------------------------------------------------------------------


@pytest.mark.real
def test_no_row_of_the_banjar_workbook_is_lost(shared: Path) -> None:
    opened = read_project(REPOSITORY / "tests" / "real" / "kalsel.toml")
    table, findings = read_cells(opened)
    counts = pd.Series([f.code for f in findings]).value_counts()
    (other,) = (f.parameters["count"] for f in findings if f.code == "attribute_other_year")
    used = table["filled_from"].str.contains("dapodik_banjar_2025.xlsx").sum()
    parts = (used, other, counts["attribute_without_school"], counts["attribute_duplicate"])
    assert parts == (462, 920, 1519, 55)
    assert sum(parts) == 2956


@pytest.mark.real
def test_what_the_real_lists_hold(shared: Path, tmp_path: Path) -> None:
    opened = read_project(REPOSITORY / "tests" / "real" / "kalsel.toml")
    found = pd.Series([f.code for f in check_registers(read_cells(opened)[0], opened)])
    assert found.value_counts().to_dict() == {
        "attribute_name_differs": 28,
        "column_has_gaps": 2,
        "date_of_data_stale": 1,
        "students_zero": 2,
        "teachers_too_few": 1,
        "text_mojibake": 1,
    }
    national = (shared / "national" / "sekolah_indonesia_2019.csv.gz").as_posix()
    (tmp_path / "kalsel-gap.toml").write_text(f'[schools]\npath = "{national}"\n')
    opened = read_project(tmp_path)
    found = pd.Series([f.code for f in check_registers(read_cells(opened)[0], opened)])
    assert found.value_counts().to_dict() == {
        "level_differs_from_name": 2,
        "npsn_irregular": 39,
        "ownership_differs_from_name": 16,
        "text_has_control": 8,
        "text_mojibake": 15,
    }
