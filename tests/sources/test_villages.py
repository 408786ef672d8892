from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from kalsel_gap.errors import InputError
from kalsel_gap.sources.area_codes import digits
from kalsel_gap.sources.villages import read_villages, status_of_areas

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.findings import Finding
    from tests.conftest import MakeProject


def read(project: MakeProject, text: str) -> tuple[dict[str, int], list[Finding]]:
    sections = {"villages": {"path": "idm.csv"}}
    villages, findings = read_villages(project(sections, files={"idm.csv": text}, bare=True))
    return dict(zip(villages["code"], villages["status"], strict=True)), findings


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
    villages, findings = read_villages(project(bare=True))
    assert (len(villages), findings) == (0, [])


@pytest.mark.parametrize("header", ["kode,idm", "nama,status"])
def test_both_columns_are_needed(project: MakeProject, header: str) -> None:
    with pytest.raises(InputError) as caught:
        read(project, header + "\n1,2\n")
    assert caught.value.code == "column_missing"


def test_a_code_with_rounded_digits_is_no_code(project: MakeProject) -> None:
    status, findings = read(project, "kode,status\n6.30305E+09,3\n9901012001.0,2\n")
    assert status == {"9901012001": 2}
    assert [(f.code, f.value) for f in findings] == [("value_not_read", "6.30305E+09")]


def desa(*areas: tuple[str, str]) -> gpd.GeoDataFrame:
    """Desa side by side, each 0.1 degrees wide."""
    boxes = [shapely.box(115 + n / 10, -3, 115.1 + n / 10, -2.9) for n in range(len(areas))]
    frame = pd.DataFrame(areas, columns=["code", "name"])
    return gpd.GeoDataFrame(frame, geometry=boxes, crs="EPSG:4326")


def villages(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["given", "name", "kecamatan", "status"])
    return frame.assign(code=frame["given"].map(digits))


FILES = ("idm.csv", "desa.geojson")


def test_codes_of_one_kind_need_no_name() -> None:
    areas = desa(("63.03.05.2001", "A"), ("63.03.05.2002", "B"))
    table = villages(("6303052001", "X", "", 4), ("6303052002", "Y", "", 1))
    assert status_of_areas(table, areas, None, FILES) == ({0: 4, 1: 1}, [])


def test_codes_of_another_kind_are_said_and_names_decide_where_they_are_unambiguous() -> None:
    areas = desa(("6303050001", "Desa Contoh"), ("6303050002", "Sama"), ("6303060003", "Sama"))
    table = villages(
        ("63.03.05.2001", "CONTOH", "", 4),
        ("63.03.05.2002", "SAMA", "", 1),
        ("63.04.05.2003", "C", "", 2),
    )
    status, (finding,) = status_of_areas(table, areas, None, FILES)
    assert status == {0: 4}  # two desa are called Sama
    assert (finding.code, finding.severity) == ("village_codes_differ", "warning")
    told = finding.parameters
    assert (told["kind"], told["areas_kind"]) == ("Kemendagri", "BPS")
    assert (told["matched"], told["count"], told["by_name"]) == (0, 3, 1)


def test_the_example_is_a_code_of_the_kind_that_is_named() -> None:
    areas = desa(("63.03.05.2001", "A"), ("63.03.05.2002", "B"), ("63.03.05.2003", "C"))
    table = villages(
        *(("63.03.05.2001", "A", "", 4), ("6303050002", "B", "", 1), ("6303050003", "C", "", 2))
    )
    status, (finding,) = status_of_areas(table, areas, None, FILES)
    assert status == {0: 4, 1: 1, 2: 2}
    assert (finding.parameters["kind"], finding.parameters["example"]) == ("BPS", "6303050002")


def test_a_name_in_another_kabupaten_is_another_desa() -> None:
    areas = desa(("6303050001", "Contoh"))
    status, findings = status_of_areas(
        villages(("63.04.05.2001", "CONTOH", "", 4)), areas, None, FILES
    )
    assert (status, len(findings)) == ({}, 1)


def test_the_kecamatan_tells_equal_names_apart() -> None:
    areas = desa(("6303050001", "Sama"), ("6303060001", "Sama"))
    kecamatan = desa(("6303050", "Kec. Satu"), ("6303060", "Dua"))
    table = villages(
        ("63.03.05.2001", "SAMA", "SATU", 4), ("63.03.06.2001", "SAMA", "Kecamatan Dua", 1)
    )
    assert status_of_areas(table, areas, kecamatan, FILES)[0] == {0: 4, 1: 1}
    assert status_of_areas(table, areas, None, FILES)[0] == {}


def test_an_index_of_all_indonesia_matches_in_full() -> None:
    areas = desa(("63.03.05.2001", "A"))
    rows = [(f"1101012{n:03}", f"V{n}", "", 3) for n in range(50)]
    table = villages(("6303052001", "A", "", 4), *rows)
    assert status_of_areas(table, areas, None, FILES) == ({0: 4}, [])


def test_digits() -> None:
    assert digits(" 63.01.10.2001 ") == "6301102001"


def test_the_real_index(shared: Path, project: MakeProject) -> None:
    path = shared / "kalsel" / "villages" / "kalsel_idm_2024.csv"
    section = {"villages": {"path": str(path), "columns": {"status": "status_idx"}}}
    villages, findings = read_villages(project(section, bare=True))
    status = dict(zip(villages["code"], villages["status"], strict=True))
    # Counted with awk: 1,872 villages, of which those with a status are in the table.
    with_status = [
        line.split(",")
        for line in path.read_text(encoding="utf-8").splitlines()[1:]
        if line.split(",")[-2] in {"1", "2", "3", "4", "5"}
    ]
    assert status == {line[0]: int(line[-2]) for line in with_status}
    assert {f.code for f in findings} <= {"columns_understood"}
