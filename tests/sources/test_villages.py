from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.sources.villages import digits, read_villages

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.findings import Finding
    from tests.conftest import MakeProject


def read(project: MakeProject, text: str) -> tuple[dict[str, int], list[Finding]]:
    sections = {"villages": {"path": "idm.csv"}}
    return read_villages(project(sections, files={"idm.csv": text}, bare=True))


def test_a_status_is_a_number_or_a_word(project: MakeProject) -> None:
    status, findings = read(
        project,
        "kode_desa,status\n"
        "99.01.01.2001,1\n"
        "9901012002,MAJU\n"
        "9901012003,Berkembang\n"
        "9901012004, tertinggal \n"
        "9901012005,Sangat Tertinggal\n"
        "9901012006,5.0\n",
    )
    assert status == {
        "9901012001": 1,
        "9901012002": 2,
        "9901012003": 3,
        "9901012004": 4,
        "9901012005": 5,
        "9901012006": 5,
    }
    assert findings == []


def test_no_status_is_unknown_and_a_wrong_one_is_found(project: MakeProject) -> None:
    status, findings = read(project, "kode,status\n1,0\n2,\n3,6\n4,2.5\n5,baik\n6,-1\n7,3\n8,3,9\n")
    assert status == {"7": 3, "8": 3}
    assert [(f.code, f.row, f.value) for f in findings] == [
        ("row_too_long", 9, ""),
        ("village_unknown", 4, "6"),
        ("village_unknown", 5, "2.5"),
        ("village_unknown", 6, "baik"),
        ("village_unknown", 7, "-1"),
    ]


def test_a_village_without_code_is_nobodys(project: MakeProject) -> None:
    status, findings = read(project, "kode,status\n,3\n-,3\n9901012001,2\n")
    assert status == {"9901012001": 2}
    assert [(f.code, f.row, f.value) for f in findings] == [
        ("value_not_read", 2, ""),
        ("value_not_read", 3, "-"),
    ]


def test_without_the_section_there_are_none(project: MakeProject) -> None:
    assert read_villages(project(bare=True)) == ({}, [])


@pytest.mark.parametrize("header", ["kode,idm", "nama,status"])
def test_both_columns_are_needed(project: MakeProject, header: str) -> None:
    with pytest.raises(InputError) as caught:
        read(project, header + "\n1,2\n")
    assert caught.value.code == "column_missing"


def test_digits() -> None:
    assert digits(" 63.01.10.2001 ") == "6301102001"


def test_the_real_index(shared: Path, project: MakeProject) -> None:
    path = shared / "kalsel" / "villages" / "kalsel_idm_2024.csv"
    section = {"villages": {"path": str(path), "columns": {"status": "status_idx"}}}
    status, findings = read_villages(project(section, bare=True))
    # Counted with awk: 1,872 villages, of which those with a status are in the table.
    with_status = [
        line.split(",")
        for line in path.read_text(encoding="utf-8").splitlines()[1:]
        if line.split(",")[-2] in {"1", "2", "3", "4", "5"}
    ]
    assert status == {line[0]: int(line[-2]) for line in with_status}
    assert {f.code for f in findings} <= {"columns_understood"}
