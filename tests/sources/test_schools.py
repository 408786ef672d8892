from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from kalsel_gap import schema
from kalsel_gap.errors import InputError
from kalsel_gap.sources.schools import AUTHORITY, read_schools
from tests.sources.given_registers import HEADER, WITH, A, B, codes, lines, read

if TYPE_CHECKING:
    from tests.conftest import MakeProject

# --- headers and identity --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            (
                "kode_prop,propinsi,kode_kab_kota,kabupaten_kota,kode_kec,kecamatan,id,npsn,sekolah,"
                "bentuk,status,alamat_jalan,lintang,bujur"
            ),
            "150000,P,150100,Kab. Banjar,150102,Kec. Gambut,x,00000001,A,SD,N,Jl,-3.1,115.1",
        ),
        (
            (
                "No,npsn,Nama,Bentuk Pendidikan,Status Sekolah,Alamat,Propinsi/Luar Negeri (LN),"
                "Kab.-Kota/Negara (LN),Kecamatan/Kota (LN),Desa/Kelurahan,lat,long"
            ),
            "1,00000001,A,5,NEGERI,Jl,P,Kabupaten  Banjar,Kec. Gambut,D,-3.1,115.1",
        ),
        (
            "npsn,nama,bentuk_pendidikan,status,alamat,kelurahan,kecamatan,kab_kota,provinsi,lat,lon,updated_at",
            "00000001,A,sd,n,Jl,D,Gambut,KAB BANJAR,P,-3.1,115.1,2025",
        ),
        (
            "NO;PROVINSI;KABUPATEN/KOTA;NPSN;SEKOLAH;JENJANG;STATUS;KECAMATAN;LATITUDE;LONGITUDE",
            "1;P;banjar;00000001;A;SD;1;kec gambut;-3.1;115.1",
        ),
    ],
)
def test_headers_of_real_registers(project: MakeProject, header: str, row: str) -> None:
    schools, findings = read(project, lines(header, row))
    school = schools.iloc[0]
    assert (school["npsn"], school["name"], school["level"]) == ("00000001", "A", "SD")
    assert (school["ownership"], school["authority"]) == ("public", "kabupaten")
    assert (school["kabupaten"], school["kabupaten_code"]) == ("Kab. Banjar", "63.03")
    assert school["kecamatan"].casefold() == "gambut"
    assert (school["lat"], school["lon"]) == (-3.1, 115.1)
    assert school["row_id"] == "schools.csv:2"
    assert {f.code for f in findings} <= {"columns_understood"}


def test_columns_that_the_project_names(project: MakeProject) -> None:
    section = {
        "schools": {"columns": {"npsn": "school_id", "lat": "y", "lon": "x", "name": "label"}}
    }
    schools, _ = read(project, lines("school_id,label,y,x", "00000001,A,-3.1,115.1"), section)
    assert schools.loc[0, ["npsn", "name", "lat"]].tolist() == ["00000001", "A", -3.1]


@pytest.mark.parametrize("header", ["npsn,nama,lat", "npsn,lat,lon", "nama,lat,lon"])
def test_a_register_needs_number_name_and_place(project: MakeProject, header: str) -> None:
    with pytest.raises(InputError) as caught:
        read(project, lines(header, "1,2,3"))
    assert caught.value.code == "column_missing"


def test_a_register_of_the_least(project: MakeProject) -> None:
    """No level, no kabupaten, one row: unknown stays unknown, and every dtype is the contract's."""
    schools, findings = read(project, lines("npsn,nama,lat,lon", "00000001,A,-3.1,115.1"))
    assert len(schools) == 1
    for name in ("level", "ownership", "authority", "kabupaten", "kabupaten_code", "kecamatan"):
        assert schools[name].isna().all()
    for column in schema.of_stage("attributes"):
        assert schools[column.name].isna().all()
        assert str(schools[column.name].dtype) == column.dtype
    assert findings == []


def test_levels_and_who_is_responsible(project: MakeProject) -> None:
    levels = ["MI", "mts", "16", "SLB", "SMPLB", "15", "PKBM", "", "SEKOLAH"]
    rows = [f"{n:08},S,{level},,,-3,115" for n, level in enumerate(levels, start=1)]
    schools, findings = read(project, lines(HEADER, *rows))
    assert schools["level"].fillna("").tolist() == [
        "MI",
        "MTs",
        "MA",
        "SLB",
        "SMPLB",
        "SMK",
        "PKBM",
        "",
        "",
    ]
    assert schools["authority"].fillna("").tolist() == [
        *["kemenag"] * 3,
        *["province"] * 3,
        "kabupaten",
        "",
        "",
    ]
    assert [(f.code, f.row, f.value) for f in findings] == [("level_unknown", 10, "SEKOLAH")]


def test_every_level_has_its_authority() -> None:
    assert set(AUTHORITY) == set(schema.LEVELS)
    assert set(AUTHORITY.values()) == set(schema.AUTHORITIES)


def test_ownership(project: MakeProject) -> None:
    given = ["N", "S", "Negeri", "swasta", "1", "2", "0", "", "?"]
    rows = [f"{n:08},S,SD,{text},,-3,115" for n, text in enumerate(given, start=1)]
    schools, findings = read(project, lines(HEADER, *rows))
    expected = ["public", "private"] * 2 + ["public", "private", "private", "", ""]
    assert schools["ownership"].fillna("").tolist() == expected
    assert [(f.code, f.row) for f in findings] == [("ownership_unknown", 10)]


def test_npsn_is_text(project: MakeProject) -> None:
    given = ["00000001", "P9999999", "1234567", "p9999998", "", "123456789", "30 300 1"]
    rows = [f"{text},S,SD,N,,-3,115" for text in given]
    schools, _ = read(project, lines(HEADER, *rows))
    assert schools["npsn"].tolist() == given


def test_rows_without_npsn_are_no_duplicates(project: MakeProject) -> None:
    schools, _ = read(project, lines(HEADER, ",A,SD,N,,-3,115", ",A,SD,N,,-3,115"))
    assert not schools["is_duplicate"].any()
    assert schools["row_id"].tolist() == ["schools.csv:2", "schools.csv:3"]


def test_a_kabupaten_that_the_boundaries_do_not_have(project: MakeProject) -> None:
    text = lines(HEADER, "00000001,A,SD,N,Kab. Muarra Contoh,-2.95,115.32")
    opened = project({"attributes": None}, files={"schools.csv": text})
    schools, findings = read_schools(opened)
    assert schools["kabupaten"].tolist() == ["Kab. Muarra Contoh"]
    assert schools["kabupaten_code"].isna().all()
    assert [(f.code, f.parameters["suggestion"]) for f in findings] == [
        ("kabupaten_unknown", "Kab. Muara Contoh")
    ]


def test_hostile_names_go_through_unchanged(project: MakeProject) -> None:
    name = '"<script>alert(1)</script> ${x} =HYPERLINK(""y"")"'
    schools, _ = read(project, lines(HEADER, f"00000001,{name},SD,N,,-3,115"))
    assert schools.loc[0, "name"] == '<script>alert(1)</script> ${x} =HYPERLINK("y")'


def test_cells_beyond_the_header_are_found(project: MakeProject) -> None:
    schools, findings = read(project, lines(HEADER, A + ",surplus", B))
    assert len(schools) == 2
    assert codes(findings) == [("row_too_long", 2)]


# --- places ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lat", "lon", "usable"),
    [
        ("", "", False),
        ("-3.1", "", False),
        ("3°S", "115", False),
        ('"-3,1"', "115", False),
        ("115.1", "-3.1", False),
        ("-3.1", "0", False),
        ("51.5", "115.1", False),
        ("-3.1", "100.0", True),
        ("-3.1", "115.1", True),
    ],
)
def test_a_place_is_used_as_given_or_not_at_all(
    project: MakeProject, lat: str, lon: str, usable: bool
) -> None:
    schools, findings = read(project, lines("npsn,nama,lat,lon", f"00000001,A,{lat},{lon}"))
    school = schools.iloc[0]
    assert findings == []  # what is wrong with it, the stage quality says
    assert school["lat_given"] == lat.strip('"')
    assert school["lon_given"] == lon
    assert school["location_status"] == ("given" if usable else "unusable")
    for name in ("lat", "lon", "geometry"):
        assert pd.notna(school[name]) == usable
    if usable:
        assert (school.geometry.x, school.geometry.y) == (float(lon), float(lat))


def test_nobody_has_a_place(project: MakeProject) -> None:
    schools, _ = read(project, lines("npsn,nama,lat,lon", "00000001,A,,", "00000002,B,0,0"))
    assert schools["lat"].isna().all()
    assert schools.crs is not None


def test_the_boundary_tells_what_is_outside(project: MakeProject) -> None:
    text = lines("npsn,nama,lat,lon", "00000001,A,-2.95,115.32", "00000002,B,-3.06,115.32")
    opened = project({"attributes": None}, files={"schools.csv": text})
    schools, _ = read_schools(opened)
    assert schools["location_status"].tolist() == ["given", "unusable"]


# --- duplicates ------------------------------------------------------------------------------

SAME = [
    "00000001,A,SD,N,Kab. Banjar,,",
    "00000001,A,SD,,,-3.1,115.1",
    "00000001,A,SD,N,Kab. Banjar,-3.1,115.1",
    "00000001,A,SD,N,Kab. Banjar,-3.2,115.2",
    "00000002,B,SD,N,Kab. Banjar,-3.2,115.2",
]


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [3, 0, 4, 1, 2]])
def test_the_most_complete_row_stands_whatever_the_order(
    project: MakeProject, order: list[int]
) -> None:
    schools, findings = read(project, lines(HEADER, *[SAME[n] for n in order]))
    assert len(schools) == 5
    standing = schools[~schools["is_duplicate"]].sort_values("npsn")
    # Located before full before small: of the two full ones that of the smaller text.
    assert standing["lat"].tolist() == [-3.1, -3.2]
    assert standing["kabupaten"].tolist() == ["Kab. Banjar"] * 2
    row = order.index(2) + 2
    duplicates = [f for f in findings if f.code == "npsn_duplicate"]
    assert len(duplicates) == 3
    assert {f.parameters["ranked_row"] for f in duplicates} == {f"schools.csv:{row}"}
    assert {f.row for f in duplicates} == {order.index(n) + 2 for n in (0, 1, 3)}


# --- attributes ------------------------------------------------------------------------------


def test_attributes_are_joined_by_number(project: MakeProject) -> None:
    table = lines(
        "NPSN,PD,Guru,Chromebook,Akun,Akun Aktif,Inklusi,Internet,Bandwidth,Fiber,Akses Air",
        "00000002,120,9,15,100,25,Ya,Ada,20,Tidak,ya",
        "00000001,0,,,0,0,bukan,Tidak Ada,1.5,,",
        "00000009,1,1,1,1,1,Ya,Ada,1,Ya,Ya",
        ",1,1,1,1,1,Ya,Ada,1,Ya,Ya",
    )
    schools, findings = read(project, lines(HEADER, A, B), WITH, a_csv=table)
    first, second = schools.iloc[0], schools.iloc[1]
    assert (second["students"], second["teachers"], second["devices"]) == (120, 9, 15)
    assert second["accounts_active_share"] == 0.25
    assert (second["inclusive"], second["fixed_network"], second["reached_by_water"]) == (
        True,
        False,
        True,
    )
    assert (second["internet"], second["subscription_down_mbps"]) == ("Ada", 20.0)
    assert first["students"] == 0  # none is not unknown
    assert pd.isna(first["teachers"])
    assert math.isnan(first["accounts_active_share"])  # of no accounts there is no share
    assert not first["inclusive"]
    assert pd.isna(first["fixed_network"])
    assert codes(findings) == [("attribute_without_school", 4), ("attribute_without_school", 5)]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("siswa", "-1"),
        ("siswa", "12.5"),
        ("siswa", "1.200"),
        ("siswa", "1.000"),
        ("guru", "-2.000"),
        ("akun", "1.693.000"),
        ("siswa", "banyak"),
        ("siswa", "nan"),
        ("poor_share", "1.2"),
        ("poor_share", "12 m"),
        ("bandwidth", "10 MB/s"),
        ("bandwidth", "1.024"),
        ("inklusi", "mungkin"),
        ("diffraction_loss_db", "-3"),
        ("pd", "12345678901234567890"),
    ],
)
def test_a_value_that_is_not_read_is_unknown_and_found(
    project: MakeProject, header: str, value: str
) -> None:
    table = lines(f"npsn,{header}", f"00000001,{value}")
    schools, findings = read(project, lines(HEADER, A), WITH, a_csv=table)
    assert [(f.code, f.npsn, f.value) for f in findings] == [("value_not_read", "00000001", value)]
    column = findings[0].column
    assert pd.isna(schools.loc[0, column])


def test_more_active_accounts_than_accounts(project: MakeProject) -> None:
    table = lines("npsn,akun,akun_aktif", "00000001,10,11", "00000002,10,10")
    schools, findings = read(project, lines(HEADER, A, B), WITH, a_csv=table)
    assert codes(findings) == [("accounts_inconsistent", 2)]
    np.testing.assert_array_equal(schools["accounts_active_share"], [np.nan, 1.0])


# --- cells as offices write them -------------------------------------------------------------


def test_npsn_with_lost_digits_are_ranked_and_not_joined(project: MakeProject) -> None:
    register = lines(
        "npsn,nama,bentuk,lintang,bujur",
        "3.03E+07,A,SD,-3.1,115.1",
        "3.03E+07,B,SD,-3.2,115.2",
        "'00000003,C,SD,-3.3,115.3",
        "00000004.0,D,SD,-3.4,115.4",
    )
    table = lines("npsn,siswa", "3.03E+07,7", "00000003,8", "'00000004,9")
    schools, findings = read(project, register, WITH, a_csv=table)
    assert schools["npsn"].tolist() == ["", "", "00000003", "00000004"]
    assert not schools["is_duplicate"].any()
    assert schools["students"].fillna(-1).tolist() == [-1, -1, 8, 9]
    assert [(f.code, f.npsn) for f in findings] == [("attribute_without_school", "3.03E+07")]


def test_units_of_cells_and_headers(project: MakeProject) -> None:
    table = lines(
        "npsn,Jumlah Siswa (orang),Bandwidth (kbps),inklusi",
        "00000001,120 siswa,20480,v",
        "00000002,90,20 Mbps,Belum ada",
    )
    schools, findings = read(project, lines(HEADER, A, B), WITH, a_csv=table)
    assert schools["students"].tolist() == [120, 90]
    assert schools["subscription_down_mbps"].tolist() == [20.48, 20.0]
    assert schools["inclusive"].tolist() == [True, False]
    assert findings == []


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("Koordinat", '"-3.1, 115.1"'),
        ("Lat/Long", "-3.1 115.1"),
        ("Long/Lat", '"115.1, -3.1"'),
        ("X/Y", "115.1;-3.1"),
    ],
)
def test_plain_degrees_in_a_column_of_both(project: MakeProject, header: str, cell: str) -> None:
    schools, _ = read(project, lines(f"npsn,nama,{header}", f"00000001,A,{cell}"))
    assert schools.loc[0, ["lat", "lon"]].tolist() == [-3.1, 115.1]
    assert schools.loc[0, ["lat_given", "lon_given"]].tolist() == ["-3.1", "115.1"]


def test_registers_of_other_countries_and_tools(project: MakeProject) -> None:
    brazil = (
        "CO_ENTIDADE,NO_ENTIDADE,NO_MUNICIPIO,LATITUDE,LONGITUDE,QT_MAT_BAS,QT_DOC_BAS,IN_INTERNET",
        "35000001,ESCOLA,X,-3.1,115.1,100,7,0",
    )
    india = (
        "UDISE Code,School Name,School Category,Latitude,Longitude,Total Students,Total Teachers",
        "10010100101,SD 1,Primary,-3.1,115.1,100,7",
    )
    for header, row in (brazil, india):
        school = read(project, lines(header, row))[0].iloc[0]
        assert school["npsn"] == row.partition(",")[0]
        assert school[["lat", "lon", "students", "teachers"]].tolist() == [-3.1, 115.1, 100, 7]
    osm = lines("@id,@lat,@lon,amenity,name", "node/1,-3.1,115.1,school,SDN 1")
    cpp = lines("poi_id,poi_name,lat,lon", "1,SDN 1,-3.1,115.1")
    for text in (osm, cpp):
        school = read(project, text)[0].iloc[0]
        assert school[["npsn", "name", "lat", "lon"]].tolist() == ["", "SDN 1", -3.1, 115.1]
