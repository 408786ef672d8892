"""Headers of several rows, and rows that are no data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.deliverables.tables import View, select, to_csv
from kalsel_gap.i18n.text import Language, Text
from kalsel_gap.sources.formats.table_cells import Merged
from kalsel_gap.sources.header_meanings import Meanings
from kalsel_gap.sources.headers import read_header
from kalsel_gap.sources.left_out_rows import rows_left_out
from kalsel_gap.sources.registers import ATTRIBUTE_ALIASES, PART_ALIASES, REGISTER_ALIASES
from kalsel_gap.sources.schools import read_schools
from kalsel_gap.storage.spreadsheet import inert
from tests.office_layouts import main
from tests.spreadsheets import Cell, Sheet, xlsx

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from kalsel_gap.findings import Finding
    from kalsel_gap.storage.run_folder import Run
    from kalsel_gap.storage.spreadsheet import Dialect
    from tests.conftest import MakeProject

ALIASES = REGISTER_ALIASES | ATTRIBUTE_ALIASES | PART_ALIASES
SPELLINGS = {
    s: column for column, words in ALIASES.items() for s in (column.replace("_", ""), *words)
}


def meant(*rows: str, merged: Sequence[Merged] = ()) -> dict[str, str]:
    """What each column of a header means, by its name; rows with bars between their cells."""
    grid = [[cell.strip() for cell in row.split("|")] for row in rows]
    header = read_header(grid, SPELLINGS, merged)
    words = {n: header.meant.get(n, name) for n, name in enumerate(header.names)}
    found: dict[str, str] = {}
    for n, name in enumerate(header.names):
        folded = "".join(filter(str.isalnum, words[n].casefold()))
        if folded in SPELLINGS:
            found[name] = SPELLINGS[folded]
    return found


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        (("NPSN|Nama|Peserta Didik||", "||L|P|Jumlah"), "Peserta Didik › Jumlah"),
        (("NPSN|Nama|Jumlah Siswa||", "||Lk|Pr|L+P"), "Jumlah Siswa › L+P"),
        (("NPSN|Nama|Siswa||", "||Total|L|P"), "Siswa › Total"),
        (("NPSN|Nama|Jumlah||", "||Siswa|Guru|Rombel"), "Jumlah › Siswa"),
        (("NPSN|Nama|2024||2025|", "||Siswa|Guru|Siswa|Guru"), "2025 › Siswa"),
        (("NPSN|Nama|Siswa||", "||2023|2025|2024"), "Siswa › 2025"),
        (("NPSN|Nama|TP 2025/2026||", "||PD|Guru|Rombel"), "TP 2025/2026 › PD"),
        (("||2024||2025|", "NPSN|Nama|PD|Guru|PD|Guru"), "2025 › PD"),
        (("NPSN|Nama|PD 2024|PD 2025",), "PD 2025"),
        (("NPSN|Nama|PD 2024/2025|PD 2025/2026",), "PD 2025/2026"),
        (("NPSN|Nama|Siswa|Siswa|Siswa", "||L|P|Jml"), "Siswa › Jml"),
        (("Identitas|Identitas|Siswa|Siswa", "NPSN|Nama|Guru|Jml"), "Siswa › Jml"),
        (
            ("NPSN|Nama|Siswa||||", "||Kelas 1||Jumlah||Total", "||L|P|L|P|"),
            "Siswa › Total",
        ),
        (
            ("NPSN|Nama|2025||||", "||Siswa|||Guru|", "||L|P|Jumlah||"),
            "2025 › Siswa › Jumlah",
        ),
    ],
)
def test_which_column_is_the_number_of_pupils(rows: tuple[str, ...], column: str) -> None:
    found = meant(*rows, "30300001|SD|1|2|3|4|5")
    assert [name for name, means in found.items() if means == "students"] == [column]


def test_pupils_by_sex_below_a_group() -> None:
    found = meant("NPSN|Nama|Peserta Didik|", "||Laki-laki|Perempuan", "30300001|SD|1|2")
    assert found["Peserta Didik › Laki-laki"] == "students_male"
    assert found["Peserta Didik › Perempuan"] == "students_female"


@pytest.mark.parametrize("group", ["Kepala Sekolah", "Operator Sekolah", "Komite"])
def test_a_name_of_somebody_else_is_not_the_schools(group: str) -> None:
    found = meant(
        f"NPSN|Sekolah|Lintang|Bujur|{group}|", "||||Nama|Status", "30300001|SD|-3|115|A|B"
    )
    assert [name for name, means in found.items() if means == "name"] == ["Sekolah"]
    assert "ownership" not in found.values()


def test_groups_of_the_school_change_no_meaning() -> None:
    found = meant("Identitas|||Koordinat|", "NPSN|Nama|Status|Lintang|Bujur", "3|SD|N|-3|115")
    assert list(found.values()) == ["npsn", "name", "ownership", "lat", "lon"]


@pytest.mark.parametrize(
    "title",
    [
        *("DAFTAR SEKOLAH|||", "|DAFTAR SEKOLAH||", "Provinsi|Kalimantan Selatan||"),
        *("31 Mei 2026", "Tahun Pelajaran 2025/2026|||"),
    ],
)
def test_a_title_is_no_group(title: str) -> None:
    found = meant(title, "NPSN|Nama|Lintang|Bujur", "30300001|SD|-3|115")
    assert found == {"NPSN": "npsn", "Nama": "name", "Lintang": "lat", "Bujur": "lon"}


@pytest.mark.parametrize("title", ["DAFTAR", "Tahun Pelajaran 2025/2026"])
def test_a_merged_title_is_no_group(title: str) -> None:
    found = meant(
        f"{title}|||",
        "NPSN|Nama|Lintang|Bujur",
        "30300001|SD|-3|115",
        merged=[Merged(0, 0, 0, 3)],
    )
    assert list(found) == ["NPSN", "Nama", "Lintang", "Bujur"]


@pytest.mark.parametrize(
    ("group", "places"),
    [("Profil Sekolah", {"lat": 2, "lon": 2}), ("Rumah Kepala", {})],
)
def test_both_coordinates_below_a_group(group: str, places: dict[str, int]) -> None:
    """A column of both is the school's where the group above it is: of a home it is not."""
    rows = [["Identitas", "", group, ""], ["NPSN", "Nama", "Lat/Long", "Foto"]]
    merged = [Merged(0, 0, 0, 1), Merged(0, 2, 0, 3)]
    header = read_header([*rows, ["30300001", "SD", "-3, 115", "a"]], SPELLINGS, merged)
    words = [header.meant.get(n, name) for n, name in enumerate(header.names)]
    found = Meanings(ALIASES, {}).found(header.names, words)
    assert {column: found[column] for column in ("lat", "lon") if column in found} == places


def test_a_row_of_data_is_no_header() -> None:
    """The first school has no number, and its name stands below an empty header."""
    header = read_header([["NPSN", "Nama", ""], ["", "", "baru"], ["1", "A", "b"]], SPELLINGS)
    assert header.names[:2] == ["NPSN", "Nama"]


def test_a_row_of_units_belongs_to_the_header(project: MakeProject) -> None:
    text = "NPSN,Nama,Lintang,Bujur,Bandwidth\n,,derajat,derajat,kbps\n30300001,A,-3.5,115.5,9000\n"
    opened = project({"schools": {"path": "a.csv"}}, files={"a.csv": text}, bare=True)
    schools, findings = read_schools(opened)
    assert schools["subscription_down_mbps"].tolist() == [9.0]
    assert schools["lat"].tolist() == [-3.5]
    assert [f.code for f in findings] == ["header_of_several_rows"]


# --- rows that are no data -----------------------------------------------------------------------

COLUMNS = {"npsn": 1, "name": 2, "lat": 3, "lon": 4, "students": 5}
SCHOOL = ["1", "30300001", "SDN 1", "-3.25", "115.5", "100"]
HEADER = ["No", "NPSN", "Nama", "Lintang", "Bujur", "Siswa"]


def kinds(*rows: list[str]) -> list[str]:
    body = [SCHOOL, *rows]
    found = {each.at: each.kind for each in rows_left_out(body, [["DAFTAR"], HEADER], COLUMNS, {})}
    return [found.get(n, "") for n in range(1, len(body))]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (HEADER, "header"),
        (["DAFTAR"], "header"),
        (["1", "2", "3", "4", "5", "6"], "numbers"),
        (["(1)", "(2)", "(3)", "(4)"], "numbers"),
        (["1", "2", "3", "4", "5", "6=4+5"], "numbers"),
        (["a", "b", "c", "d"], "numbers"),
        (["", "-", "JUMLAH", "-", "-", "100"], "total"),
        (["", "", "", "", "", "100"], "total"),
        (["", "Jumlah s.d. halaman ini", "", "", "", "100"], "total"),
        (["", "Persentase (%)", "", "", "", "100"], "total"),
        (["", "∑", "", "", "", "100"], "total"),
        (["", "Jumlah dipindahkan", "", "", "", "100"], "total"),
        (["7", "", "", "", "", ""], "counted"),
        (["", "", "", "", "", "7"], "total"),
        (["Jumlah", "", "", "", "", "100"], "total"),
        (["", "TOTAL", "4"], "total"),
        (["", "", "J U M L A H", "", "", "1.234"], "total"),
        (["Jumlah Kec. Gambut", "", "", "", "", "100"], "total"),
        (["", "", "Sub Total SD", "", "", "100"], "total"),
        (["Rata-rata", "", "", "-3.25", "115.5", "100"], "total"),
        (["Total Kab. Banjar", "5"], "total"),
        (["KECAMATAN GAMBUT"], "section"),
        (["A.", "Kec. Gambut"], "section"),
        (["Sumber: Dapodik"], "footer"),
        (["*) sementara"], "footer"),
        (["", "", "", "", "Mengetahui,"], "footer"),
    ],
)
def test_rows_that_are_no_schools(row: list[str], kind: str) -> None:
    assert kinds(row) == [kind]


@pytest.mark.parametrize(
    "row",
    [
        ["2", "30300002", "SD JUMLAH", "-3.25", "115.5", "100"],
        ["2", "30300002", "Jumlah", "", "", ""],
        ["Jumlah", "30300002", "Total", "", "", ""],
        ["2", "", "TOTAL PERSADA", "", "", "100"],
        ["2", "", "SD JUMLAH", "", "", "100"],
        ["", "", "Sumber Ilmu", "", "", ""],
        ["2", "", "Kecamatan Gambut School", "-3.25", "115.5", "9"],
        ["2", "P9900001", "PKBM Sumber", "", "", ""],
        ["2", "", "SDN 2", "", "", ""],
    ],
)
def test_a_school_stays_whatever_it_is_called(row: list[str]) -> None:
    assert kinds(row) == [""]


def test_a_signature_below_the_table() -> None:
    rows = [
        [],
        ["", "", "", "", "Banjarmasin, 13 Mei 2026"],
        ["", "", "", "", "Kepala Dinas,"],
        [],
        ["", "", "", "", "H. Contoh"],
        ["", "", "", "", "NIP. 1967"],
    ]
    assert kinds(*rows) == ["", "footer", "footer", "", "footer", "footer"]


def test_a_signature_below_a_column_of_both_coordinates() -> None:
    body = [
        ["30300001", "SD 1", "-3.25, 115.5"],
        ["Sumber: Dapodik"],
        [],
        ["", "", "Banjarmasin, 13 Mei 2026"],
        ["", "", "NIP. 19670101 199003 1 001"],
    ]
    left = rows_left_out(body, [], {"npsn": 0, "name": 1, "lat": 2, "lon": 2}, {})
    assert [each.at for each in left] == [1, 3, 4]


WORDS = st.sampled_from(
    [
        "JUMLAH",
        "TOTAL",
        "Sumber:",
        "Keterangan",
        "KEC. A",
        "NPSN",
        "1",
        "Nama",
        "No",
        "",
        "Rata-rata",
    ]
)


@given(
    cells=st.lists(st.one_of(WORDS, st.text(max_size=6)), min_size=6, max_size=6),
    number=st.integers(10_000_000, 99_999_999),
    place=st.booleans(),
)
def test_a_row_with_a_number_or_a_place_is_never_left_out(
    cells: list[str], number: int, place: bool
) -> None:
    row = [cell.strip() for cell in cells]
    if place:
        row[2:5] = ["SD JUMLAH", "-3.2512", "115.51"]
    else:
        row[1] = str(number)
    assert kinds(row, row) == ["", ""]


# --- merged cells, and notes ---------------------------------------------------------------------


def read(
    project: MakeProject,
    folder: Path,
    rows: list[list[Cell]],
    merged: Sequence[tuple[int, ...]] = (),
) -> tuple[pd.DataFrame, list[Finding]]:
    path = folder / "a.xlsx"
    path.write_bytes(xlsx([Sheet("S", rows, [(t, a, b, c) for t, a, b, c in merged])]))
    schools, findings = read_schools(project({"schools": {"path": str(path)}}, bare=True))
    return schools, findings


def test_merged_areas_are_filled_down_and_told(project: MakeProject, tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        ["NPSN", "Nama", "Kecamatan", "Siswa", "Lintang", "Bujur"],
        ["30300001", "SDN 1", "Gambut", 90, -3.25, 115.5],
        ["30300002", "SDN 2", None, None, -3.5, 115.5],
        ["30300003", "SDN 3", None, 20, -3.5, 115.25],
    ]
    schools, findings = read(project, tmp_path, rows, [(1, 2, 2, 2), (1, 3, 2, 3)])
    assert schools["kecamatan"].tolist()[:2] == ["Gambut", "Gambut"]
    assert schools["kecamatan"].isna().tolist() == [False, False, True]  # not merged: unknown
    assert schools["students"].isna().tolist() == [False, True, False]  # one number is not two
    (note,) = [f for f in findings if f.code == "cells_filled_down"]
    assert (note.value, note.parameters) == ("Kecamatan", {"count": 1})


def test_headings_between_rows_name_the_area(project: MakeProject, tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        ["NPSN", "Nama", "Lintang", "Bujur"],
        ["Kabupaten Banjar"],
        ["Kecamatan Gambut"],
        ["30300001", "SDN 1", -3.25, 115.5],
        ["Kecamatan Aluh-Aluh"],
        ["30300002", "SDN 2", -3.5, 115.5],
        ["Kota Banjarbaru"],
        ["30300003", "SDN 3", -3.5, 115.25],
    ]
    schools, findings = read(project, tmp_path, rows)
    assert schools["kecamatan"].tolist()[:2] == ["Gambut", "Aluh-Aluh"]
    assert schools["kecamatan"].isna().tolist() == [False, False, True]
    assert schools["kabupaten"].tolist() == ["Kab. Banjar", "Kab. Banjar", "Kota Banjarbaru"]
    assert "rows_are_headings" in {f.code for f in findings}


def test_what_is_left_out_is_told(project: MakeProject, tmp_path: Path) -> None:
    header: list[Cell] = ["NPSN", "Nama", "Lintang", "Bujur"]
    rows: list[list[Cell]] = [
        header,
        [1, 2, 3, 4],
        ["30300001", "SDN 1", -3.25, 115.5],
        header,
        ["30300002", "SDN 2", -3.5, 115.5],
        ["Jumlah", 2],
        [],
        ["Sumber: Dapodik"],
    ]
    schools, findings = read(project, tmp_path, rows)
    assert schools["row_id"].tolist() == ["a.xlsx:3", "a.xlsx:5"]
    told: dict[str, Any] = {f.code: (f.row, f.parameters) for f in findings}
    assert told["rows_number_columns"] == (2, {"count": 1, "rows": "2"})
    assert told["rows_repeat_header"] == (4, {"count": 1, "rows": "4"})
    assert told["rows_sum_up"] == (6, {"count": 1, "rows": "6"})
    assert told["rows_below_table"] == (8, {"count": 1, "rows": "8"})


def test_rows_of_a_form_that_nobody_filled_in_are_told(
    project: MakeProject, tmp_path: Path
) -> None:
    rows: list[list[Cell]] = [
        ["No", "NPSN", "Nama", "Lintang", "Bujur"],
        [1, "30300001", "SDN 1", -3.25, 115.5],
        [2],
        [3],
    ]
    schools, findings = read(project, tmp_path, rows)
    assert schools["npsn"].tolist() == ["30300001"]
    told = {f.code: f.parameters for f in findings}
    assert told["rows_only_numbered"] == {"count": 2, "rows": "3, 4"}


@pytest.mark.parametrize(("language", "dialect"), [("id", "id"), ("en", "en"), ("id", "raw")])
def test_our_own_list_with_two_headers_is_read_without_another_school(
    language: Language, dialect: Dialect, tiny: Run, project: MakeProject
) -> None:
    """The labels below the codes are no school, in either language."""
    shown = ("summary", "ownership", "lat", "lon", "devices")
    chosen = select(tiny.schools, View())
    written = to_csv(tiny, chosen, Text(language), dialect, names=shown, named="both")
    opened = project(
        {"schools": {"path": "schools.csv"}}, bare=True, files={"schools.csv": written}
    )
    schools, findings = read_schools(opened)
    assert schools["name"].tolist() == [inert(name) for name in chosen["name"]]
    for name in ("npsn", "level", "ownership", "students", "devices"):
        assert schools[name].fillna("").tolist() == chosen[name].fillna("").tolist(), name
    assert schools["lat"].dropna().tolist() == pytest.approx(chosen["lat"].dropna().tolist())
    told = {finding.code: finding.parameters for finding in findings}
    assert told["rows_repeat_header"] == {"count": 1, "rows": "2"}


def test_the_newest_year_of_a_group_is_told(project: MakeProject, tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        ["NPSN", "Nama", "Lintang", "Bujur", "2024", None, "2025", None],
        [None, None, None, None, "Siswa", "Guru", "Siswa", "Guru"],
        ["30300001", "SDN 1", -3.25, 115.5, 90, 8, 80, 7],
    ]
    schools, findings = read(project, tmp_path, rows)
    assert schools[["students", "teachers"]].iloc[0].tolist() == [80, 7]
    years = [f for f in findings if f.code == "header_newest_year"]
    assert [f.value for f in years] == ["students", "teachers"]
    assert years[0].parameters == {"year": "2025", "others": "2024"}


def test_a_hundred_layouts_of_offices() -> None:
    """No value is wrong; nearly every layout is read without an edit, the rest refused by name."""
    wrong, refused = main(100)
    assert wrong == []
    assert sum(refused.values()) <= 3
