"""XLS and XLSB: read as every other workbook, and never farther than their cells reach."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest
from python_calamine import CalamineWorkbook

from kalsel_gap.errors import InputError
from kalsel_gap.sources.formats.binary_workbooks import xls_alone
from kalsel_gap.sources.formats.table_cells import Content, Merged
from kalsel_gap.sources.formats.workbooks import read_workbook
from tests.spreadsheets import Cell, Sheet, binary_record, compound, xls, xlsb, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from kalsel_gap.sources.formats.table_cells import TableCells

ROWS: list[list[Cell]] = [
    ["npsn", "nama", "siswa"],
    ["00000101", "SD É\u0142", 3.5],
    [None, "", -7],
]
SHEETS = [Sheet("S", ROWS, merged=[(0, 0, 0, 1)]), Sheet("other", [["a"]], state="hidden")]
PART = "xl/worksheets/sheet1.bin"
LAST_ROW, LAST_COLUMN = 65_535, 255


def read(folder: Path, raw: bytes, name: str = "a.xls") -> list[TableCells]:
    path = folder / name
    path.write_bytes(raw)
    return read_workbook(Content(path, path.name))


def refused(folder: Path, raw: bytes, name: str = "a.xls") -> InputError:
    with pytest.raises(InputError) as caught:
        read(folder, raw, name)
    assert caught.value.path == folder / name
    return caught.value


def changed(raw: bytes, old: bytes, new: bytes) -> bytes:
    """Other bytes in the place of some that the file has once."""
    assert raw.count(old) == 1
    assert len(old) == len(new)
    return raw.replace(old, new)


def far(raw: bytes, row: int, column: int) -> bytes:
    """The last number of the sheet of an XLS workbook in another place."""
    place = struct.pack("<HHHHH", 0x203, 14, 2, 2, 0)
    return changed(raw, place, struct.pack("<HHHHH", 0x203, 14, row, column, 0))


def far_binary(raw: bytes, row: int, column: int) -> bytes:
    """The same of an XLSB workbook."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    begin = binary_record(0, struct.pack("<II9x", 2, 0))
    parts[PART] = changed(parts[PART], begin, binary_record(0, struct.pack("<II9x", row, 0)))
    number = struct.pack("<IId", 2, 0, -7)
    parts[PART] = changed(parts[PART], number, struct.pack("<IId", column, 0, -7))
    return zipped(parts)


@pytest.mark.parametrize(("name", "write"), [("a.xls", xls), ("a.xlsb", xlsb)])
def test_the_sheets_are_read(
    tmp_path: Path, name: str, write: Callable[[Sequence[Sheet]], bytes]
) -> None:
    first, hidden = read(tmp_path, write(SHEETS), name)
    assert first.rows == [
        ["npsn", "nama", "siswa"],
        ["00000101", "SD É\u0142", "3.5"],
        ["", "", "-7"],
    ]
    assert list(first.merged) == ([Merged(0, 0, 0, 1)] if name == "a.xls" else [])
    assert (hidden.part, hidden.hidden, hidden.rows) == ("other", True, [])


@pytest.mark.parametrize("small", [False, True])
def test_what_lies_beside_the_workbook_is_left_out(tmp_path: Path, small: bool) -> None:
    """It may lie in sectors of any size; the library reads the same from the copy."""
    whole = xls(SHEETS)
    stream = whole[whole.index(struct.pack("<HHHH", 0x809, 16, 0x600, 5)) :]
    stream = stream.rstrip(b"\0") + b"\0\0\0"  # the last record, which is empty
    raw = compound("Workbook", stream, small=small)
    alone = xls_alone(raw, tmp_path / "a.xls")
    for made in (raw, alone):
        rows = CalamineWorkbook.from_filelike(io.BytesIO(made)).get_sheet_by_name("S").to_python()
        assert rows[1] == ["00000101", "SD É\u0142", 3.5]
    # The copy has large sectors, and may itself be copied.
    assert xls_alone(alone, tmp_path / "a.xls") == alone


def test_the_end_of_the_last_sheet_may_be_missing(tmp_path: Path) -> None:
    whole = xls(SHEETS)
    stream = whole[whole.index(struct.pack("<HHHH", 0x809, 16, 0x600, 5)) :].rstrip(b"\0")[:-1]
    (first, _) = read(tmp_path, compound("Workbook", stream, small=True))
    assert len(first.rows) == 3


def test_texts_of_several_records_and_sectors_without_number(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [[f"sekolah {n} {m}" for m in range(6)] for n in range(1_500)]
    (table,) = read(tmp_path, xls([Sheet("S", rows)]))
    assert table.rows == rows


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (LAST_ROW, 100, ""),  # fewer than eight million places
        (LAST_ROW, LAST_COLUMN, "table_too_wide"),
        (LAST_ROW, LAST_ROW, "table_too_wide"),
        (0, LAST_ROW, "table_too_wide"),
    ],
)
def test_a_stray_cell_of_xls(tmp_path: Path, row: int, column: int, code: str) -> None:
    raw = far(xls(SHEETS), row, column)
    if code:
        assert refused(tmp_path, raw).code == code
    else:
        (first, _) = read(tmp_path, raw)
        assert (len(first.rows), len(first.rows[row])) == (row + 1, column + 1)


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [(90_000, 9, ""), (1_048_575, 16_383, "table_too_wide"), (2**31, 2**31, "table_too_wide")],
)
def test_a_stray_cell_of_xlsb(tmp_path: Path, row: int, column: int, code: str) -> None:
    raw = far_binary(xlsb(SHEETS), row, column)
    if code:
        assert refused(tmp_path, raw, "a.xlsb").code == code
    else:
        (first, _) = read(tmp_path, raw, "a.xlsb")
        assert (len(first.rows), len(first.rows[row])) == (row + 1, column + 1)


@pytest.mark.parametrize(
    ("dimensions", "code"),
    [
        ((0, 0, 0, 0), ""),
        ((0, 65_536, 0, 256), ""),
        ((0, 65_536, 0, 65_535), "table_too_wide"),
        ((0, 2**32 - 1, 0, 3), "table_too_wide"),
        ((5, 2, 0, 3), "table_too_wide"),
    ],
)
def test_dimensions_that_are_none_take_no_memory(
    tmp_path: Path, dimensions: tuple[int, ...], code: str
) -> None:
    begin = struct.pack("<HH", 0x200, 14)
    raw = changed(
        xls(SHEETS),
        begin + struct.pack("<IIHHH", 0, 3, 0, 3, 0),
        begin + struct.pack("<IIHHH", *dimensions, 0),
    )
    if code:
        assert refused(tmp_path, raw).code == code
    else:
        assert len(read(tmp_path, raw)[0].rows) == 3


def test_more_texts_than_bytes(tmp_path: Path) -> None:
    raw = xls(SHEETS)
    count = struct.pack("<II", 6, 6)  # texts of both sheets
    assert refused(tmp_path, changed(raw, count, struct.pack("<II", 6, 2**31 - 1))).code == (
        "table_not_xlsx"
    )


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (516, 1, "sector 1"),  # the folder follows itself
        (528, 4, "sector 4"),  # a sector of the workbook does
        (48, 10_000, "sector 10000"),  # the folder lies behind the end
        (76, 10_000, "sector 10000"),  # the table does
    ],
)
def test_sectors_that_lead_nowhere(tmp_path: Path, at: int, value: int, reason: str) -> None:
    raw = xls(SHEETS)
    raw = raw[:at] + struct.pack("<I", value) + raw[at + 4 :]
    error = refused(tmp_path, raw)
    assert (error.code, error.params["reason"]) == ("table_not_xlsx", reason)


@pytest.mark.parametrize(("at", "value"), [(512, 0), (68, 2)])
def test_a_table_of_sectors_that_goes_on_without_need(tmp_path: Path, at: int, value: int) -> None:
    raw = xls(SHEETS)
    (first, _) = read(tmp_path, raw[:at] + struct.pack("<I", value) + raw[at + 4 :])
    assert len(first.rows) == 3


def test_a_panic_of_the_library_is_one_error_and_no_line_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(io.BytesIO(xlsb(SHEETS))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/workbook.bin"] = parts["xl/workbook.bin"].replace(
        "r1".encode("utf-16-le"), "r7".encode("utf-16-le")
    )
    error = refused(tmp_path, zipped(parts), "a.xlsb")
    assert (error.code, error.params["reason"]) == ("table_not_xlsx", "no entry found for key")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("first", [b"\xd0", b"\x7f"])
def test_a_panic_is_none_on_the_terminal_whatever_the_signature(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], first: bytes
) -> None:
    raw = xls(SHEETS)
    place = raw.index(struct.pack("<H", 0x85)) + 4  # where the first sheet begins
    raw = raw[:place] + struct.pack("<I", 1 << 29) + raw[place + 4 :]
    assert refused(tmp_path, first + raw[1:]).code == "table_not_xlsx"
    assert capfd.readouterr() == ("", "")
