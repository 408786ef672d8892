from __future__ import annotations

import datetime as dt
import gzip
import math
import time
import zipfile
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.errors import InputError
from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.cells import cell_text, fold
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import read_table

if TYPE_CHECKING:
    from pathlib import Path


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


def test_lines_that_are_one_quoted_cell_each_are_divided(tmp_path: Path) -> None:
    text = '"npsn,nama,alamat"\n"1,SD A,""Jl. B, 2"""\n"2,SD C,"\n'
    table = read_table(written(tmp_path, text), aliases={"npsn": (), "nama": ()})
    assert table.cells["nama"].tolist() == ["SD A", "SD C"]
    assert table.cells["alamat"].tolist() == ["Jl. B, 2", ""]


def test_gzip(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"npsn,nama\n1,A\n", mtime=0), "table.csv.gz")
    assert read_table(path).cells["nama"].tolist() == ["A"]


@pytest.mark.parametrize(
    "raw",
    [
        gzip.compress(b"npsn,nama\n1,A\n", mtime=0)[:-6],  # cut off
        gzip.compress(b"npsn,nama\n" * 50, mtime=0)[:12] + b"\xff" * 40,  # damaged inside
    ],
)
def test_a_bad_gzip_is_one_error(tmp_path: Path, raw: bytes) -> None:
    assert fault(written(tmp_path, raw, "table.csv.gz")).code == "file_unreadable"


def test_a_table_that_only_says_that_it_is_gzipped_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, b"npsn,nama\n1,A\n", "table.csv.gz")
    assert read_table(path).cells["nama"].tolist() == ["A"]


def test_short_rows_are_filled_and_long_ones_reported(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,b\n1\n2,3,\n4,5,6\n"))
    assert table.cells[["a", "b"]].to_numpy().tolist() == [["1", ""], ["2", "3"], ["4", "5"]]
    assert table.too_long == (("", 4),)


@pytest.mark.parametrize("text", ["\n\n", "npsn,nama\n", "npsn,nama\n,\n\n", "npsn\n  \n"])
def test_a_table_without_rows_is_unusable(tmp_path: Path, text: str) -> None:
    assert fault(written(tmp_path, text)).code == "table_no_rows"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "file_empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "table_is_picture"),
        (b"PK\x03\x04\0\0\xff\xfe", "zip_unreadable"),
        (b"a\0b", "table_not_text"),
    ],
)
def test_no_text_is_unusable(tmp_path: Path, raw: bytes, code: str) -> None:
    assert fault(written(tmp_path, raw)).code == code


def test_a_broken_quotation_names_its_row(tmp_path: Path) -> None:
    error = fault(written(tmp_path, 'a,b\n1,"x" y\n'))
    assert (error.code, error.row) == ("table_broken", 2)


def test_repeated_and_empty_headers_get_numbers(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a (2),a,a,,\n1,2,3,4,5\n"))
    assert len(set(table.headers)) == 5
    assert table.headers[:2] == ["a (2)", "a"]
    assert table.cells.iloc[0, :5].tolist() == ["1", "2", "3", "4", "5"]


def test_many_equal_headers_take_no_time(tmp_path: Path) -> None:
    """Each of them looks only once for its number."""
    count = 16_000
    begun_s = time.process_time()
    table = read_table(written(tmp_path, ",".join(["a"] * count) + "\n" + "1," * count))
    assert time.process_time() - begun_s < 5.0
    assert table.headers[-1] == f"a ({count})"


def test_columns_of_nothing_are_left_out(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,,,b,\n1,,2,3,\n"))
    assert table.headers == ["a", " (2)", "b"]


@pytest.mark.parametrize("name", ["table.csv", "table.json", "table.kml", "table.parquet"])
def test_a_table_far_too_wide_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("kalsel_gap.sources.formats.table_cells.LIMIT_COLUMNS", 2)
    path = tmp_path / name
    frame = pd.DataFrame({"a": ["1"], "b": ["2"], "c": ["3"]})
    match path.suffix:
        case ".csv":
            frame.to_csv(path, index=False)
        case ".json":
            frame.to_json(path, orient="records")
        case ".kml":
            data = "".join(f'<Data name="{n}"><value>1</value></Data>' for n in frame)
            path.write_text(
                f"<kml><Placemark><ExtendedData>{data}</ExtendedData></Placemark></kml>"
            )
        case _:
            frame.to_parquet(path)
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert (caught.value.code, caught.value.path) == ("table_too_wide", path)


def test_cells_and_headers_lose_their_margins(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, " npsn , nama\n 150000  , A B \n"))
    assert table.cells.iloc[0, :2].tolist() == ["150000", "A B"]


def test_a_file_that_goes_away_is_an_error(tmp_path: Path) -> None:
    assert fault(tmp_path / "none.csv").code == "file_unreadable"
    assert fault(tmp_path / "none.xlsx").code == "file_unreadable"


def test_workbook(shared: Path) -> None:
    path = shared / "kalsel" / "schools" / "dapodik_banjar_2025.xlsx"
    table = read_table(path)
    assert len(table.cells) == 2956
    assert table.cells["NPSN"].str.len().eq(8).all()
    error = fault(path, "Shet1")
    assert error.code == "sheet_missing"
    assert error.params["known"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"no workbook", "table_no_rows"),  # a text, whose only line is a header
        (b"PK\x03\x04 nor this", "table_not_xlsx"),
        (b"\0\1\2", "table_not_xlsx"),
        (b"", "file_empty"),
    ],
)
def test_a_bad_workbook_is_one_error(tmp_path: Path, raw: bytes, code: str) -> None:
    assert fault(written(tmp_path, raw, "table.xlsx")).code == code


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


def test_fold() -> None:
    assert fold("Kab.-Kota/Negara (LN)") == fold("KAB KOTA negara_ln") == "kabkotanegaraln"


def test_millions_of_empty_headers_take_no_time(tmp_path: Path) -> None:
    begun_s = time.process_time()
    table = read_table(written(tmp_path, "npsn,name" + "," * 1_000_000 + "\n1,SD A\n"))
    assert table.headers == ["npsn", "name"]
    assert time.process_time() - begun_s < 5


def test_hundreds_of_equal_tables_of_a_page_take_no_time(tmp_path: Path) -> None:
    rows = "".join(f"<tr><td>{n}</td><td>SD {n}</td></tr>" for n in range(30))
    page = f"<table><tr><td>npsn</td><td>nama</td></tr>{rows}</table>"
    path = written(tmp_path, f"<html><body>{page * 300}</body></html>", "a.xls")
    aliases = {"npsn": ("npsn",), "name": ("nama",)}
    begun_s = time.process_time()
    table = read_table(path, aliases=aliases, required=("npsn",))
    assert time.process_time() - begun_s < 10
    assert len(table.cells) == 30
    assert len(table.notes) == 299


def test_an_opendocument_with_a_damaged_part_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet" * 9)
        archive.writestr("content.xml", "<x/>")
    raw = bytearray(path.read_bytes())
    raw[38:42] = b"\xff" * 4  # the first bytes of what is packed
    path.write_bytes(raw)
    fault(path)
