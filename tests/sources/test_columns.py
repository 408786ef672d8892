from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.sources.columns import LAT_SPELLINGS, LON_SPELLINGS, recognise
from kalsel_gap.sources.tables import RawTable, read_table

if TYPE_CHECKING:
    from pathlib import Path

ALIASES = {"npsn": ("npsn",), "name": ("sekolah", "nama"), "lat": ("lintang",)}


def written(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def table(tmp_path: Path) -> RawTable:
    return read_table(written(tmp_path, "NPSN ,Sekolah,Nama Lain,lintang\n1,A,B,-3\n"))


def test_headers_are_known_by_their_aliases(table: RawTable) -> None:
    assert recognise(table, ALIASES) == {"npsn": "NPSN", "name": "Sekolah", "lat": "lintang"}


def test_the_project_overrides_an_alias(table: RawTable) -> None:
    found = recognise(table, ALIASES, override={"name": "Nama Lain"})
    assert found["name"] == "Nama Lain"


def test_a_header_taken_by_the_project_is_not_taken_again(table: RawTable) -> None:
    found = recognise(table, ALIASES | {"other": ()}, override={"other": "Sekolah"})
    assert found == {"other": "Sekolah", "npsn": "NPSN", "lat": "lintang"}


@pytest.mark.parametrize(
    ("override", "code", "column", "suggestion"),
    [
        ({"nam": "Sekolah"}, "column_not_ours", "nam", "name"),
        ({"name": "Sekolh"}, "column_missing", "Sekolh", "Sekolah"),
    ],
)
def test_a_wrong_override_is_an_error_with_a_suggestion(
    table: RawTable, override: dict[str, str], code: str, column: str, suggestion: str
) -> None:
    with pytest.raises(InputError) as caught:
        recognise(table, ALIASES, override=override)
    error = caught.value
    assert (error.code, error.column, error.params["suggestion"]) == (code, column, suggestion)


def test_a_required_column_that_is_missing(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "npsm,nama\n1,A\n"))
    with pytest.raises(InputError) as caught:
        recognise(table, ALIASES, required=("npsn",))
    assert (caught.value.code, caught.value.column) == ("column_missing", "npsn")
    assert caught.value.params["suggestion"] == "npsm"


def test_another_number_of_schools_is_suggested(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "School Code,nama\n1,A\n"))
    with pytest.raises(InputError) as caught:
        recognise(table, ALIASES, required=("npsn",))
    assert caught.value.params["suggestion"] == "School Code"


def test_two_headers_for_one_column(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "npsn,nama,sekolah\n1,A,B\n"))
    with pytest.raises(InputError) as caught:
        recognise(table, ALIASES)
    assert (caught.value.code, caught.value.column) == ("column_twice", "name")
    assert recognise(table, ALIASES, override={"name": "sekolah"})["name"] == "sekolah"


PLACES = {"npsn": ("npsn",), "lat": LAT_SPELLINGS, "lon": LON_SPELLINGS, "height_m": ("tinggi",)}


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        ("Garis Lintang", "Garis Bujur"),
        ("Koordinat_Lintang", "Koordinat_Bujur"),
        ("Latitude (Lintang)", "Longitude (Bujur)"),
        ("LINTANG (°)", "BUJUR (°)"),
        ("Lintang Selatan", "Bujur Timur"),
        ("Titik Koordinat Lintang Sekolah", "Titik Koordinat Bujur Sekolah"),
        ("@lat", "@lon"),
        ("Y", "X"),
        ("Koordinat Y", "Koordinat X"),
        ("UTM_Northing", "UTM_Easting"),
        ("Koordinat S", "Koordinat E"),
        ("Koordinat Selatan", "Koordinat Timur"),
    ],
)
def test_headers_of_places(tmp_path: Path, lat: str, lon: str) -> None:
    table = read_table(written(tmp_path, f"NPSN,{lat},{lon}\n1,-3,115\n"))
    assert recognise(table, PLACES) == {"npsn": "NPSN", "lat": lat, "lon": lon}


@pytest.mark.parametrize(
    "header", ["Koordinat", "Lat/Long", "X/Y", "Link Google Maps", "Titik Lokasi"]
)
def test_one_header_of_both_coordinates(tmp_path: Path, header: str) -> None:
    table = read_table(written(tmp_path, f"NPSN,{header}\n1,-3 115\n"))
    assert recognise(table, PLACES) == {"npsn": "NPSN", "lat": header, "lon": header}


def test_axes_beside_degrees_are_not_used(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "X,Y,lintang,bujur,Koordinat\n1,2,-3,115,x\n"))
    assert recognise(table, PLACES) == {"lat": "lintang", "lon": "bujur"}
    with pytest.raises(InputError):  # a link to the minutes of a meeting is no place
        recognise(
            read_table(written(tmp_path, "NPSN,Link rapat\n1,x\n")), PLACES, required=("lat", "lon")
        )


def test_a_header_may_name_its_unit(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "NPSN,Tinggi (ft)\n1,100\n"))
    assert recognise(table, PLACES) == {"npsn": "NPSN", "height_m": "Tinggi (ft)"}


@pytest.mark.parametrize(
    "headers",
    [
        "Lat D,Lat M,Lat S,Lon D,Lon M,Lon S",
        "Lintang (derajat),Lintang (menit),Bujur (derajat),Bujur (menit)",
        "Lat,Lat_min,Lat_sec,Lon,Lon_min,Lon_sec",
    ],
)
def test_degrees_without_their_minutes_are_no_place(tmp_path: Path, headers: str) -> None:
    content = f"NPSN,{headers}\n1{',3' * len(headers.split(','))}\n"
    table = read_table(written(tmp_path, content), aliases=PLACES, required=("npsn",))
    assert recognise(table, PLACES) == {"npsn": "NPSN"}
    with pytest.raises(InputError) as caught:
        recognise(table, PLACES, required=("lat", "lon"))
    assert caught.value.code == "degrees_in_parts"
    # Whole degrees beside the parts, or columns that the project names, are read.
    beside = read_table(written(tmp_path, "Lat,Lon,Lat D,Lat M,Lon D,Lon M\n-3,115,3,0,115,0\n"))
    assert recognise(beside, PLACES) == {"lat": "Lat", "lon": "Lon"}
    first, *_ = headers.split(",")
    assert recognise(table, PLACES, override={"lat": first})["lat"] == first
