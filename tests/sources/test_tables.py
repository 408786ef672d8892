from __future__ import annotations

import datetime as dt
import gzip
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.errors import InputError
from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.cells import cell_text, fold
from kalsel_gap.sources.tables import ROW, RawTable, parse_date, read_table, read_vector, recognise

if TYPE_CHECKING:
    from pathlib import Path

ALIASES = {"npsn": ("npsn",), "name": ("sekolah", "nama"), "lat": ("lintang",)}


def written(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def fault(path: Path, sheet: str | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        read_table(path, sheet)
    assert caught.value.path == path
    return caught.value


# --- tables ----------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_of_any_usual_make(tmp_path: Path, delimiter: str, encoding: str, newline: str) -> None:
    lines = [["npsn", "sekolah"], ["00000101", "SD É"], ["", ""], ["00000102", '"a\nb"']]
    text = newline.join(delimiter.join(line) for line in lines) + newline
    table = read_table(written(tmp_path, text.encode(encoding)))
    assert table.headers == ["npsn", "sekolah"]
    assert table.cells["npsn"].tolist() == ["00000101", "00000102"]
    assert table.cells["sekolah"].tolist() == ["SD É", "a\nb"]
    assert table.cells[ROW].tolist() == [2, 4]  # the empty third row keeps its number


def test_old_windows_text_is_read(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "npsn,nama\n1,Caf\xe9\n".encode("cp1252")))
    assert table.cells["nama"].tolist() == ["Café"]


def test_gzip(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"npsn,nama\n1,A\n", mtime=0), "table.csv.gz")
    assert read_table(path).cells["nama"].tolist() == ["A"]


@pytest.mark.parametrize(
    "raw",
    [
        b"npsn,nama\n1,A\n",  # not compressed at all
        gzip.compress(b"npsn,nama\n1,A\n", mtime=0)[:-6],  # cut off
        gzip.compress(b"npsn,nama\n" * 50, mtime=0)[:12] + b"\xff" * 40,  # damaged inside
    ],
)
def test_a_bad_gzip_is_one_error(tmp_path: Path, raw: bytes) -> None:
    assert fault(written(tmp_path, raw, "table.csv.gz")).code == "file_unreadable"


def test_short_rows_are_filled_and_long_ones_reported(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,b\n1\n2,3,\n4,5,6\n"))
    assert table.cells[["a", "b"]].to_numpy().tolist() == [["1", ""], ["2", "3"], ["4", "5"]]
    assert table.too_long == (4,)


@pytest.mark.parametrize("text", ["", "\n\n", "npsn,nama\n", "npsn,nama\n,\n\n", "npsn\n  \n"])
def test_a_table_without_rows_is_unusable(tmp_path: Path, text: str) -> None:
    assert fault(written(tmp_path, text)).code == "table_no_rows"


@pytest.mark.parametrize(
    "raw", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"PK\x03\x04\0\0\xff\xfe", b"a\0b"]
)
def test_no_text_is_unusable(tmp_path: Path, raw: bytes) -> None:
    assert fault(written(tmp_path, raw)).code == "table_not_text"


def test_a_broken_quotation_names_its_row(tmp_path: Path) -> None:
    error = fault(written(tmp_path, 'a,b\n1,"x" y\n'))
    assert (error.code, error.row) == ("table_broken", 2)


def test_repeated_and_empty_headers_get_numbers(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a (2),a,a,,\n1,2,3,4,5\n"))
    assert len(set(table.headers)) == 5
    assert table.headers[:2] == ["a (2)", "a"]
    assert table.cells.iloc[0, :5].tolist() == ["1", "2", "3", "4", "5"]


def test_cells_and_headers_lose_their_margins(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, " npsn , nama\n 150000  , A B \n"))
    assert table.cells.iloc[0, :2].tolist() == ["150000", "A B"]


def test_a_file_that_goes_away_is_an_error(tmp_path: Path) -> None:
    assert fault(tmp_path / "none.csv").code == "file_unreadable"
    assert fault(tmp_path / "none.xlsx").code == "table_not_xlsx"


def test_workbook(shared: Path) -> None:
    path = shared / "kalsel" / "schools" / "dapodik_banjar_2025.xlsx"
    table = read_table(path)
    assert len(table.cells) == 2956
    assert table.cells["NPSN"].str.len().eq(8).all()
    error = fault(path, "Shet1")
    assert error.code == "sheet_missing"
    assert error.params["known"]


@pytest.mark.parametrize("raw", [b"no workbook", b"PK\x03\x04 nor this", b""])
def test_a_bad_workbook_is_one_error(tmp_path: Path, raw: bytes) -> None:
    assert fault(written(tmp_path, raw, "table.xlsx")).code == "table_not_xlsx"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (30300503.0, "30300503"),
        (-3.5, "-3.5"),
        (True, "1"),
        (False, "0"),
        (dt.datetime(2026, 6, 9, 0, 0), "2026-06-09"),  # noqa: DTZ001 - workbooks have no zones
        (dt.datetime(2026, 6, 9, 10, 30), "2026-06-09 10:30:00"),  # noqa: DTZ001
        (dt.date(2026, 6, 9), "2026-06-09"),
        ("  text", "  text"),
        ("", ""),
    ],
)
def test_a_workbook_cell_is_what_a_person_reads(value: object, text: str) -> None:
    assert cell_text(value) == text


# --- headers ---------------------------------------------------------------------------------


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


def test_two_headers_for_one_column(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "npsn,nama,sekolah\n1,A,B\n"))
    with pytest.raises(InputError) as caught:
        recognise(table, ALIASES)
    assert (caught.value.code, caught.value.column) == ("column_twice", "name")
    assert recognise(table, ALIASES, override={"name": "sekolah"})["name"] == "sekolah"


# --- values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [("-3.4356000", -3.4356), (".0000000", 0.0), ("5.", 5.0), ("+1e3", 1000.0), ("0012", 12.0)],
)
def test_numbers(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    "text", ["", "-", ".", "1,5", "1 000", "1_000", "nan", "inf", "1e999", "0x1f", "²", "٣", "3 m"]
)
def test_what_is_no_plain_number_is_unknown(text: str) -> None:
    assert math.isnan(number(text))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_survives_being_written(value: float) -> None:
    assert number(repr(value)) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21", dt.date(2026, 11, 21)),
        ("2026-11-21 10:00", dt.date(2026, 11, 21)),
        ("2026-11-21T10:00:00Z", dt.date(2026, 11, 21)),
        ("21/11/2026", dt.date(2026, 11, 21)),
        ("21-11-2026", dt.date(2026, 11, 21)),
        ("2026/11/21", dt.date(2026, 11, 21)),
        ("11/21/2026", None),
        ("21 Nov 2026", dt.date(2026, 11, 21)),
        ("", None),
        ("20261121", None),
    ],
)
def test_days(text: str, expected: dt.date | None) -> None:
    assert parse_date(text) == expected


def test_fold() -> None:
    assert fold("Kab.-Kota/Negara (LN)") == fold("KAB KOTA negara_ln") == "kabkotanegaraln"


# --- vector layers ---------------------------------------------------------------------------

POINT = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"a": 1}, %s}]}'
)


def test_a_layer_comes_in_wgs84(tmp_path: Path) -> None:
    utm = '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32750"}}, '
    point = '"geometry": {"type": "Point", "coordinates": [500000, 10000000]}'
    path = written(tmp_path, (POINT % point).replace("{", "{" + utm, 1), "layer.geojson")
    layer = read_vector(path)
    # On the central meridian of zone 50 at the equator.
    assert layer.geometry[0].x == pytest.approx(117.0, abs=1e-9)
    assert layer.geometry[0].y == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "vector_unreadable"),
        ("npsn,lat\n1,2\n", "vector_unreadable"),
        (POINT % '"geometry": null', "vector_no_geometry"),
        ('{"type": "FeatureCollection", "features": []}', "vector_no_geometry"),
    ],
)
def test_a_bad_layer_is_one_error(tmp_path: Path, content: str, code: str) -> None:
    path = written(tmp_path, content, "layer.geojson")
    with pytest.raises(InputError) as caught:
        read_vector(path)
    assert (caught.value.code, caught.value.path) == (code, path)


def test_a_layer_without_crs_is_an_error_never_a_guess(tmp_path: Path) -> None:
    path = written(tmp_path, 'id,wkt\n1,"POINT (115 -3)"\n', "layer.csv")
    written(tmp_path, "Integer,WKT\n", "layer.csvt")
    with pytest.raises(InputError) as caught:
        read_vector(path)
    assert caught.value.code in {"vector_no_crs", "vector_unreadable", "vector_no_geometry"}
