from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.sources.registers import CELLS, read_cells
from kalsel_gap.sources.schools import read_schools
from tests.sources.given_registers import HEADER, WITH, A, B, codes, lines, read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeProject


def test_what_was_read_first_stands(project: MakeProject) -> None:
    register = lines(HEADER + ",siswa", A + ",100", B + ",")
    sections = {"attributes": [{"path": "a.csv"}, {"path": "b.csv"}]}
    first = lines("npsn,siswa,guru", "00000001,200,", "00000002,,7")
    second = lines("npsn,siswa,guru", "00000001,300,3", "00000002,50,8")
    schools, _ = read(project, register, sections, a_csv=first, b_csv=second)
    assert schools["students"].tolist() == [100, 50]
    assert schools["teachers"].tolist() == [3, 7]


YEARS = [
    "00000001,2023,10",
    "00000001,2025,30",
    "00000001,2024,20",
    "00000002,2024,40",
    "00000002,,50",
]


@pytest.mark.parametrize(
    ("year", "students", "left"),
    [("latest", [30, 40], 3), (2024, [20, 40], 3), (2023, [10, None], 4), (1999, [None, None], 5)],
)
@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0]])
def test_the_year_of_a_table(
    project: MakeProject, year: object, students: list[int | None], left: int, order: list[int]
) -> None:
    sections = {"attributes": {"path": "a.csv", "year": year}}
    table = lines("npsn,tahun,siswa", *[YEARS[n] for n in order])
    schools, findings = read(project, lines(HEADER, A, B), sections, a_csv=table)
    assert [None if pd.isna(v) else v for v in schools["students"]] == students
    # Each row of the table is used or counted in a finding.
    assert [(f.code, f.parameters["count"]) for f in findings] == [("attribute_other_year", left)]


@pytest.mark.parametrize("year", ["latest", 2025])
@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2024/2025", "2025/2026"),
        ("2024-2025", "2025-2026"),
        ("20251", "20252"),
        ("20242", "2025"),
        ("2025/2026 Ganjil", "2025/2026 Genap"),
    ],
)
def test_the_latest_school_year(project: MakeProject, older: str, newer: str, year: object) -> None:
    sections = {"attributes": {"path": "a.csv", "year": year}}
    rows = [f"00000001,{newer},30", f"00000001,{older},10", f"00000002,{newer},40"]
    table = lines("npsn,tahun,siswa", *rows)
    schools, findings = read(project, lines(HEADER, A, B), sections, a_csv=table)
    assert schools["students"].tolist() == [30, 40]
    assert [(f.code, f.parameters["count"]) for f in findings] == [("attribute_other_year", 1)]


@pytest.mark.parametrize("text", ["2025/2027", "25", "2.025", "lama", "20253"])
def test_a_year_that_is_not_read_is_found(project: MakeProject, text: str) -> None:
    table = lines("npsn,tahun,siswa", f"00000001,{text},10", "00000002,2024,20")
    schools, findings = read(project, lines(HEADER, A, B), WITH, a_csv=table)
    assert schools["students"].tolist() == [10, 20]
    (found,) = findings
    assert (found.code, found.column, found.value) == ("value_not_read", "year", text)


def test_a_school_with_no_year_at_all_is_still_heard(project: MakeProject) -> None:
    table = lines("npsn,tahun,siswa", "00000001,,10", "00000002,2024,20")
    schools, findings = read(project, lines(HEADER, A, B), WITH, a_csv=table)
    assert schools["students"].tolist() == [10, 20]
    assert findings == []


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_the_fullest_of_several_rows_is_used(project: MakeProject, order: list[int]) -> None:
    rows = ["00000001,10,", "00000001,30,5", "00000001,20,6"]
    table = lines("npsn,siswa,guru", *[rows[n] for n in order])
    schools, findings = read(project, lines(HEADER, A), WITH, a_csv=table)
    # Two are full; 20 is before 30, as text too.
    assert schools.loc[0, ["students", "teachers"]].tolist() == [20, 6]
    used = order.index(2) + 2
    assert codes(findings) == sorted(
        ("attribute_duplicate", n + 2) for n in range(3) if n + 2 != used
    )
    assert {f.parameters["used_row"] for f in findings} == {used}


def test_a_table_that_adds_nothing_is_unusable(project: MakeProject) -> None:
    with pytest.raises(InputError) as caught:
        read(project, lines(HEADER, A), WITH, a_csv=lines("npsn,kepala", "00000001,X"))
    assert caught.value.code == "table_adds_nothing"
    with pytest.raises(InputError) as caught:
        read(project, lines(HEADER, A), WITH, a_csv=lines("npsn,jumlah_sisawa", "00000001,1"))
    assert caught.value.params["suggestion"] == "jumlahsiswa"
    with pytest.raises(InputError) as caught:
        read(project, lines(HEADER, A), WITH, a_csv=lines("siswa", "12"))
    assert (caught.value.code, caught.value.column) == ("column_missing", "npsn")


def test_no_row_of_a_table_has_a_school(project: MakeProject) -> None:
    table = lines("npsn,siswa", "00000009,12")
    schools, findings = read(project, lines(HEADER, A), WITH, a_csv=table)
    assert schools["students"].isna().all()
    assert codes(findings) == [("attribute_without_school", 2)]


# --- several registers -----------------------------------------------------------------------

TWO: dict[str, Any] = {"schools": [{"path": "schools.csv"}, {"path": "b.csv"}]}


def test_a_later_register_fills_gaps_and_its_other_rows_are_found(project: MakeProject) -> None:
    base = lines(HEADER, "00000001,A,SD,,Kab. Banjar,,", B)
    later = lines(HEADER, "00000001,AA,SMA,S,X,-3.5,115.5", "00000003,C,SD,N,,-3.3,115.3")
    schools, findings = read(project, base, TWO, b_csv=later)
    assert len(schools) == 2
    first = schools.iloc[0]
    assert first[["name", "level", "ownership"]].tolist() == ["A", "SD", "private"]
    assert (first["lat"], first["lon"], first["lat_given"]) == (-3.5, 115.5, "-3.5")
    assert codes(findings) == [("register_row_not_added", 3)]


def test_a_later_register_may_add_rows(project: MakeProject) -> None:
    sections = {"schools": [{"path": "schools.csv"}, {"path": "b.csv", "adds_rows": True}]}
    later = lines(HEADER, A, "00000003,C,SD,N,,-3.3,115.3", ",D,SD,N,,-3.4,115.4")
    schools, findings = read(project, lines(HEADER, A, B), sections, b_csv=later)
    assert schools["row_id"].tolist() == ["schools.csv:2", "schools.csv:3", "b.csv:3", "b.csv:4"]
    assert not findings


def test_half_a_place_is_not_completed_from_elsewhere(project: MakeProject) -> None:
    base = lines(HEADER, "00000001,A,SD,N,,-3.1,", B)
    later = lines(HEADER, "00000001,A,SD,N,,-3.9,115.9")
    schools, findings = read(project, base, TWO, b_csv=later)
    assert math.isnan(schools.loc[0, "lat"])
    assert schools.loc[0, ["lat_given", "lon_given"]].tolist() == ["-3.1", ""]
    assert findings == []


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_several_rows_of_a_later_register(project: MakeProject, order: list[int]) -> None:
    rows = ["00000001,X,SD,,,-3.8,115.8", "00000001,X,SD,S,,-3.9,115.9"]
    base = lines(HEADER, "00000001,A,SD,,,,")
    schools, findings = read(project, base, TWO, b_csv=lines(HEADER, *[rows[n] for n in order]))
    assert schools.loc[0, ["ownership", "lat"]].tolist() == ["private", -3.9]
    assert codes(findings) == [("attribute_duplicate", order.index(0) + 2)]


def test_two_registers_of_one_name_have_rows_of_their_own(
    project: MakeProject, tmp_path: Path
) -> None:
    (tmp_path / "schools.csv").write_text(lines(HEADER, B))
    sections = {
        "schools": [
            {"path": "schools.csv"},
            {"path": str(tmp_path / "schools.csv"), "adds_rows": True},
        ]
    }
    schools, _ = read(project, lines(HEADER, A), sections)
    assert schools["row_id"].is_unique


def test_an_empty_register_is_unusable(project: MakeProject) -> None:
    with pytest.raises(InputError) as caught:
        read(project, HEADER + "\n")
    assert caught.value.code == "table_no_rows"


def test_read_cells_gives_the_rows_as_they_are_written(project: MakeProject) -> None:
    register = lines(
        "npsn,nama,bentuk,lat,lon,kode_kec,Desa/Kelurahan,jalan,Last Sync,alamat,kode_kab_kota",
        "00000001, SD A ,SD,x,115.1,150102  ,Sungai,Jl. 1,2025-02-05,Jl. 2,150100",
        "00000002,SD B,,,,,,,,,",
    )
    pupils = lines("npsn,siswa,guru", "00000002,12,3")
    sections = {"attributes": [{"path": "pupils.csv"}]}
    opened = project(sections, files={"schools.csv": register, "pupils.csv": pupils}, bare=True)
    cells, findings = read_cells(opened)
    assert tuple(cells.columns) == CELLS
    assert not {f.code for f in findings} - {"columns_understood"}
    a, b = cells.to_dict("records")
    assert a["row"] == 2
    assert (
        a
        | {
            "name": "SD A",
            "lat": "x",
            "kabupaten_code": "150100",
            "kecamatan_code": "150102",
            "desa": "Sungai",
            "address": "Jl. 1",
            "updated_at": "2025-02-05",
            "ministry": "",
            "students": "",
        }
        == a
    )
    assert (b["students"], b["teachers"], b["desa"]) == ("12", "3", "")
    schools, _ = read_schools(opened)
    assert list(schools["npsn"]) == list(cells["npsn"])
