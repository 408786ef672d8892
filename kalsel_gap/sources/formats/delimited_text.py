"""CSV files: encoding, delimiter, quotation marks."""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError
from kalsel_gap.sources.formats.header_rows import HEADER_ROWS, header_row, known_headers
from kalsel_gap.sources.formats.table_cells import TableCells

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from kalsel_gap.sources.formats.table_cells import Content


_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\ufffd]")  # in the first line that is not empty
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_KNOWN = 10_000  # different cells of which one copy is kept: names of areas, levels, numbers
_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(
    r"sep=(.)[^\S\n]*(?:\n|\Z)", re.IGNORECASE
)  # what Excel writes for itself


def read_csv(content: Content, spellings: Collection[str]) -> TableCells:
    """Read a CSV file by the delimiter that makes most sense of it."""
    path = content.path
    text = decoded(content.take(), path)
    given = _SEPARATOR_LINE.match(text)
    if given:  # a spreadsheet does not show that line
        text = text[given.end() :]
    delimiter = given.group(1) if given else _delimiter(text, spellings)
    rows = _rows(text, delimiter, path)
    if not any(any(row[1:]) for row in rows):  # each line may be one quoted cell: "a,b,c"
        inner = "\n".join(row[0] if row else "" for row in rows)
        inner_delimiter = _delimiter(inner, spellings)
        first = _first_rows(inner, inner_delimiter)
        if first and known_headers(first[header_row(first, spellings)], spellings) > 1:
            delimiter, rows = inner_delimiter, _rows(inner, inner_delimiter, path)
    return TableCells(rows, titled=True, decimal_comma=delimiter != ",")


def _rows(text: str, delimiter: str, path: Path) -> list[list[str]]:
    """All rows; of a cell that returns, one copy is kept."""
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    begins = 1  # an open quotation mark is noticed only rows below
    known: dict[str, str] = {}
    try:
        for row in reader:
            rows.append([known.get(cell, cell) for cell in row])
            if len(known) < _KNOWN:
                known.update((cell, cell) for cell in row if cell not in known)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise InputError("table_broken", path=path, row=begins, reason=str(error)) from None
    return rows


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends, one by one: a StringIO holds four bytes for each character."""
    return (match[0] for match in _LINE.finditer(text))


def decoded(raw: bytes, path: Path) -> str:
    """Text of a file in UTF-8, UTF-16 or Windows-1252.

    Raises
    ------
    InputError
        `table_not_text` for bytes that are none.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", errors="replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            if b"\0" in raw[:4096]:
                raise InputError("table_not_text", path=path) from None
            text = raw.decode("cp1252", errors="replace")
    first = next((line for line in text.split("\n") if line.strip()), "")
    if "\0" in text[:4096] or _NO_TEXT.search(first):
        raise InputError("table_not_text", path=path)
    return text


def _delimiter(text: str, spellings: Collection[str]) -> str:
    """The delimiter that fits the first rows best: known headers, then rows of equal length."""

    def sense(delimiter: str) -> tuple[int, int, int]:
        rows = [row for row in _first_rows(text, delimiter) if any(cell.strip() for cell in row)]
        if not rows:
            return 0, 0, 0
        header = rows[header_row(rows, spellings)]
        width = len(header)
        even = sum(len(row) == width for row in rows) if width > 1 else 0
        return known_headers(header, spellings), even, width

    return max(_DELIMITERS, key=sense)


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    with contextlib.suppress(csv.Error):
        rows.extend(itertools.islice(reader, HEADER_ROWS))
    return rows
