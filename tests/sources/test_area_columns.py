from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.sources.area_columns import AreaColumns, choose_columns, codes_of

FILE = Path("areas.geojson")
TWO: dict[str, list[object]] = {"FCODE": ["BA03", "BA03"], "REMARK": ["", ""]}


def found(columns: dict[str, list[object]], level: str, **named: tuple[str, str]) -> AreaColumns:
    return choose_columns(pd.DataFrame(columns), level, FILE, **named)


def taken(columns: dict[str, list[object]], level: str) -> tuple[str, str]:
    got = found(columns, level)
    return "+".join(got.code), got.name


@pytest.mark.parametrize(
    ("level", "columns", "expected"),
    [
        (
            "kabupaten",
            {**TWO, "KDPPUM": ["63", "63"], "KDPKAB": ["63.03", "63.72"]}
            | {"NAMOBJ": ["A", "B"], "WADMKK": ["A", "B"], "WADMPR": ["Kalsel", "Kalsel"]},
            ("KDPKAB", "WADMKK"),
        ),
        (
            "desa",
            {
                **TWO,
                "KDCPUM": ["63.03.05", "63.03.05"],
                "KDEPUM": ["63.03.05.2001", "63.03.05.2002"],
            }
            | {"WADMKC": ["C", "C"], "NAMOBJ": ["A", "B"], "WADMKD": [None, None]},
            ("KDEPUM", "NAMOBJ"),
        ),
        (  # the codes of Kemendagri are empty, as in older layers
            "kabupaten",
            {"KDPKAB": [None, None], "KDBBPS": ["6303", "6372"], "WADMKK": ["A", "B"]},
            ("KDBBPS", "WADMKK"),
        ),
        (
            "kecamatan",
            {"ADM3_EN": ["A", "B"], "ADM3_PCODE": ["ID6303010", "ID6303020"]}
            | {"ADM2_EN": ["K", "L"], "ADM2_PCODE": ["ID6303", "ID6304"]},
            ("ADM3_PCODE", "ADM3_EN"),
        ),
        (
            "kabupaten",
            {"adm2_name": ["A", "B"], "adm2_pcode": ["ID6303", "ID6304"], "adm1_name": ["P", "P"]},
            ("adm2_pcode", "adm2_name"),
        ),
        (
            "kabupaten",
            {"GID_2": ["IDN.1.1_1", "IDN.1.2_1"], "CC_2": ["NA", "NA"], "NAME_2": ["A", "B"]},
            ("GID_2", "NAME_2"),
        ),
        (
            "kabupaten",
            {"GID_2": ["IDN.1.1_1", "IDN.1.2_1"], "CC_2": ["6303", "6304"], "NAME_2": ["A", "B"]},
            ("CC_2", "NAME_2"),
        ),
        ("kecamatan", {"shapeName": ["A", "B"], "shapeID": ["1B", "2B"]}, ("shapeID", "shapeName")),
        (
            "desa",
            {"kode_kec_s": ["630305", "630305"], "kode_desa_": ["6303052001", "6303052002"]}
            | {"nama_kec_s": ["C", "C"], "nama_desa_": ["A", "B"]},
            ("kode_desa_", "nama_desa_"),
        ),
        (
            "desa",
            {"iddesa": ["6303050001", "6303050002"], "nmdesa": ["A", "B"]},
            ("iddesa", "nmdesa"),
        ),
        (
            "kecamatan",
            {"PROVNO": ["63", "63"], "KABKOTNO": ["03", "03"], "KECNO": ["010", "020"]}
            | {"PROVINSI": ["P", "P"], "KABKOT": ["K", "K"], "KECAMATAN": ["A", "B"]},
            ("PROVNO+KABKOTNO+KECNO", "KECAMATAN"),
        ),
        (
            "kabupaten",
            {"KODE_PROV": ["63", "63"], "KODE_KAB": ["6303", "6304"], "KAB_KOTA": ["A", "B"]},
            ("KODE_KAB", "KAB_KOTA"),
        ),
        ("kabupaten", {"nama": ["A", "B"], "KODE_KAB": ["6303", "6304"]}, ("KODE_KAB", "nama")),
        (
            "kabupaten",
            {"kode": ["1", "1"], "nama": ["A", "A"]},
            ("kode", "nama"),
        ),  # two parts of one
    ],
)
def test_columns_of_known_publishers(
    level: str, columns: dict[str, list[object]], expected: tuple[str, str]
) -> None:
    assert taken(columns, level) == expected


def test_what_the_project_names_counts_first() -> None:
    columns: dict[str, list[object]] = {"kode": ["1", "2"], "nama": ["A", "B"], "x": ["3", "4"]}
    assert found(columns, "desa") == AreaColumns(("kode",), "nama")
    assert found(columns, "desa", own=("x", "")) == AreaColumns(("x",), "nama")
    assert found(columns, "desa", own=("x", "nama")) == AreaColumns(("x",), "nama")
    assert found(columns, "desa", wide=("x", "nama")) == AreaColumns(("x",), "nama")


def test_columns_of_one_level_stand_for_those_of_the_others() -> None:
    columns: dict[str, list[object]] = {
        "ADM2_PCODE": ["ID6303", "ID6304"],
        "ADM2_EN": ["K", "L"],
        "ADM3_PCODE": ["ID6303010", "ID6304010"],
        "ADM3_EN": ["A", "B"],
    }
    wide = ("ADM2_PCODE", "ADM2_EN")
    assert found(columns, "kabupaten", wide=wide) == AreaColumns(("ADM2_PCODE",), "ADM2_EN")
    of_kecamatan = found(columns, "kecamatan", wide=wide)
    assert (of_kecamatan.code, of_kecamatan.name) == (("ADM3_PCODE",), "ADM3_EN")
    assert of_kecamatan.publisher == "HDX COD-AB"
    own = found(columns, "kecamatan", own=wide)
    assert own == AreaColumns(("ADM2_PCODE",), "ADM2_EN")


def test_no_column_that_is_the_same_for_every_area_is_proposed() -> None:
    with pytest.raises(InputError) as caught:
        found({**TWO, "KODES": ["1", "2"], "kodex": ["a", "a"], "NM": ["A", "B"]}, "kabupaten")
    error = caught.value
    assert (error.code, error.column, error.params["suggestion"]) == (
        *("area_column_missing", "kode"),
        "KODES",
    )
    with pytest.raises(InputError) as caught:
        found({**TWO, "X": ["1", "2"]}, "kabupaten")
    assert caught.value.params["suggestion"] == ""


def test_a_column_that_is_named_must_be_there() -> None:
    with pytest.raises(InputError) as caught:
        found({"KDPKAB": ["1", "2"], "WADMKK": ["A", "B"]}, "kabupaten", own=("KDPKB", "WADMKK"))
    assert (caught.value.column, caught.value.params["suggestion"]) == ("KDPKB", "KDPKAB")


def test_parts_of_a_code_get_their_zeros_back() -> None:
    table = pd.DataFrame({"P": [63, 63], "K": [3.0, 71.0], "C": [10, None]})
    assert codes_of(table, ("P", "K")).tolist() == ["6303", "6371"]
    assert codes_of(table, ("P", "K", "C")).tolist() == ["630310", ""]
