"""Sheets of workbooks."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import zipfile
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from kalsel_gap.errors import InputError, reading, reason
from kalsel_gap.sources.cells import cell_text
from kalsel_gap.sources.formats.binary_workbooks import is_binary, refuse_unbounded_part, xls_alone
from kalsel_gap.sources.formats.opendocument import opendocument_merges
from kalsel_gap.sources.formats.table_cells import (
    Merged,
    TableCells,
    chosen_names,
    refuse_too_large,
    refuse_too_many,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_calamine import CalamineSheet, CalamineWorkbook

    from kalsel_gap.sources.formats.table_cells import Chosen, Content


# Tag of a cell with its address, and whether it is empty: such a cell only has a format.
_CELL = re.compile(rb"""<(?:\w+:)?c\b[^<>]*?\br=["']([A-Z]{1,3})(\d{1,7})["'][^<>]*?(/?)>""")
_CELL_WITHOUT_ADDRESS = re.compile(rb"""<(?:\w+:)?c(?=[\s/>])(?![^<>]*\br=["'])""")
_ADDRESS = re.compile(rb"""(?<=\br=["'])[A-Z]{1,3}\d{1,7}(?=["'])""")
# A sheet is read as the rectangle that its farthest cells span, 24 bytes for each place in it.
_SMALL_CELLS = 2_000_000
_STANDARD_ERROR = 2
_BINARY_LINKS = "xl/_rels/workbook.bin.rels"
_SPARSE = 4  # times as large as the rows and columns that have content: cut to these


class _Used(NamedTuple):
    """Numbers from 1, in rising order, of the rows and columns of a sheet that have content."""

    rows: list[int]
    columns: list[int]


def read_workbook(content: Content, asked: Chosen = None) -> list[TableCells]:
    """Read the sheets of a workbook: XLSX, XLSM, XLSB, XLS or ODS.

    A used range far larger than its content, as one stray cell in the last column makes it, is cut
    to the rows and columns that have content. Rows keep their numbers.

    Parameters
    ----------
    content : Content
        The workbook.
    asked : str or sequence of str, optional
        Sheets to read, also hidden ones. By default all that are not hidden and not empty; a
        hidden one is given without rows.

    Raises
    ------
    InputError
        `workbook_locked` for one with a password, `table_not_xlsx` for a broken one.
    """
    from python_calamine import PasswordError, SheetTypeEnum, SheetVisibleEnum

    path = content.path
    raw = content.take()
    is_archive = raw.startswith(b"PK")
    try:
        with reading(path, "table_not_xlsx"), _without_panic(is_binary=is_binary(raw)):
            spans = _refuse_large(raw, path) if is_archive else {}
            raw = raw if is_archive else xls_alone(raw, path)
            try:
                workbook = _opened(raw)
            except PasswordError:
                raise InputError("workbook_locked", path=path) from None
            sheets = [m for m in workbook.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
            names = chosen_names(asked, [sheet.name for sheet in sheets], path)
            hidden = {m.name for m in sheets if m.visible != SheetVisibleEnum.Visible}
            tables: list[TableCells] = []
            for name in names:
                if asked is None and name in hidden and len(hidden) < len(names):
                    tables.append(TableCells([], titled=True, part=name, hidden=True))
                    continue
                rows, merged = _sheet(workbook, name, raw, path, cut=is_archive and not spans)
                if any(map(any, rows)) or len(names) == 1 or asked is not None:
                    merges = spans.get(name, merged)
                    tables.append(
                        TableCells(rows, titled=True, decimal_comma=True, part=name, merged=merges)
                    )
    except MemoryError:  # what a few bytes claim to be
        raise InputError("table_not_xlsx", path=path, reason="MemoryError") from None
    return tables or [TableCells([], titled=True)]


@contextlib.contextmanager
def _without_panic(*, is_binary: bool) -> Iterator[None]:
    """The panic of a library as an error; of a binary file without its report on the terminal."""
    with contextlib.ExitStack() as stack:
        if is_binary:
            with contextlib.suppress(OSError, AttributeError):  # there may be no standard error
                sys.stderr.flush()
                kept = os.dup(_STANDARD_ERROR)
                stack.callback(os.close, kept)
                stack.callback(os.dup2, kept, _STANDARD_ERROR)
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, _STANDARD_ERROR)
                os.close(nowhere)
        try:
            yield
        except Exception:
            raise
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise ValueError(str(error)) from None


def _opened(raw: bytes) -> CalamineWorkbook:
    from python_calamine import CalamineWorkbook

    return CalamineWorkbook.from_filelike(io.BytesIO(raw))


def _refuse_large(raw: bytes, path: Path) -> dict[str, list[Merged]]:
    """Refuse an archive that is too large once unpacked; merged ranges by sheet, of ODS only."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        refuse_too_large(sum(part.file_size for part in archive.infolist()), path)
        if _BINARY_LINKS in archive.namelist():
            links = ET.fromstring(archive.read(_BINARY_LINKS))  # noqa: S314 - expat limits entities
            for name in sorted({_whole(link.get("Target", "")) for link in links}):
                if name.endswith(".bin") and name in archive.namelist():
                    refuse_unbounded_part(archive.read(name), path)
        if "xl/workbook.xml" in archive.namelist() or "content.xml" not in archive.namelist():
            return {}
        return opendocument_merges(archive.read("content.xml"), path)


def _sheet(
    workbook: CalamineWorkbook, name: str, raw: bytes, path: Path, *, cut: bool
) -> tuple[list[list[str]], list[Merged]]:
    """Rows and merged ranges of a sheet."""
    if cut and (smaller := _cut_to_content(raw, name, path)) is not None:
        file, used = smaller
        sheet = _opened(file.getvalue()).get_sheet_by_name(name)
        return _in_place(_rows_of(sheet, path, used), used), []
    sheet = workbook.get_sheet_by_name(name)
    ranges = sheet.merged_cell_ranges or []
    merged = [Merged(*first, *last) for first, last in ranges]
    return _rows_of(sheet, path, None), merged


def _rows_of(sheet: CalamineSheet, path: Path, used: _Used | None) -> list[list[str]]:
    """Rows of a sheet; a cell that is no value, such as a duration of ages, is an error."""
    left = [""] * (sheet.start[1] if sheet.start else 0)
    rows: list[list[str]] = []
    try:
        rows.extend(_trimmed([*left, *map(cell_text, row)]) for row in sheet.iter_rows())
    except Exception as error:  # noqa: BLE001 - of Python's own types of dates, one by one
        at = used.rows[len(rows)] if used else len(rows) + 1
        raise InputError("table_not_xlsx", path=path, row=at, reason=reason(error)) from None
    return rows


def _cut_to_content(raw: bytes, sheet: str, path: Path) -> tuple[io.BytesIO, _Used] | None:
    """The workbook with a sheet cut to its content; None where that is about as large anyway."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        if "xl/workbook.xml" not in archive.namelist():  # XLSB
            return None
        part = _part_of(archive, sheet)
        xml = archive.read(part)
        rows: set[bytes] = set()
        columns: set[bytes] = set()
        for match in _CELL.finditer(xml):
            if not match[3]:
                columns.add(match[1])
                rows.add(match[2])
        used = _Used(sorted(map(int, rows)), sorted(map(_column, columns)))
        spanned = (used.rows[-1], used.columns[-1]) if rows else (0, 0)
        filled = len(used.rows) * len(used.columns)
        if spanned[0] * spanned[1] <= max(_SMALL_CELLS, _SPARSE * filled):
            refuse_too_many(*spanned, path)
            return None
        refuse_too_many(len(used.rows), len(used.columns), path)
        if _CELL_WITHOUT_ADDRESS.search(xml):  # its place depends on the cells before it
            refuse_too_many(*spanned, path)
            return None
        cut = io.BytesIO()
        with zipfile.ZipFile(cut, "w") as archive_cut:
            for name in archive.namelist():
                content = _renumbered(xml, used) if name == part else archive.read(name)
                archive_cut.writestr(name, content)
    cut.seek(0)
    return cut, used


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Name of the part of an archive that holds a sheet."""
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - expat limits entities
    links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    (found,) = (each for each in book.iterfind(".//{*}sheet") if each.get("name") == sheet)
    return _whole(next(targets[v] for key, v in found.items() if key.endswith("}id")))


def _whole(target: str) -> str:
    """Name in its archive of a part that the workbook refers to."""
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _renumbered(xml: bytes, used: _Used) -> bytes:
    """A sheet whose cells with content lie beside each other, and that has no other cells."""
    row_at = {number: n for n, number in enumerate(used.rows, start=1)}
    column_at = {number: _letters(n) for n, number in enumerate(used.columns, start=1)}

    def moved(match: re.Match[bytes]) -> bytes:
        if match[3]:
            return b""
        address = column_at[_column(match[1])] + b"%d" % row_at[int(match[2])]
        return _ADDRESS.sub(address, match[0], count=1)

    return _CELL.sub(moved, xml)


def _in_place(rows: list[list[str]], used: _Used) -> list[list[str]]:
    """Rows of a sheet that was cut, at the numbers that they have in the file."""
    placed: list[list[str]] = [[]] * used.rows[-1]
    for number, row in zip(used.rows, rows, strict=True):
        placed[number - 1] = row
    return placed


def _trimmed(row: list[str]) -> list[str]:
    """A row without the empty cells at its end."""
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return row[:end]


def _column(letters: bytes) -> int:
    """Number of a column: A is 1, XFD 16,384."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _letters(column: int) -> bytes:
    """Letters of a column, the inverse of :func:`_column`."""
    letters = b""
    while column:
        column, place = divmod(column - 1, 26)
        letters = b"%c" % (65 + place) + letters
    return letters
