"""Tables of web pages and of Excel's XML of 2003, both often saved under the name of a workbook."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from kalsel_gap.errors import InputError, reading
from kalsel_gap.sources.cells import cell_text
from kalsel_gap.sources.formats.delimited_text import decoded
from kalsel_gap.sources.formats.table_cells import (
    LIMIT_COLUMNS,
    Merged,
    TableCells,
    chosen_names,
    refuse_too_many,
)

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.sources.formats.table_cells import Chosen, Content

_SHEETS = "{urn:schemas-microsoft-com:office:spreadsheet}"
_EXCEL = "{urn:schemas-microsoft-com:office:excel}"
_MOST_ROWS = 2**20  # of a sheet
_HIDDEN = frozenset({"style", "script", "title", "head"})


@dataclass
class _Grid:
    """A table while it is read, cell by cell."""

    path: Path
    rows: list[list[str]] = field(default_factory=list)
    merged: list[Merged] = field(default_factory=list)
    taken: dict[int, int] = field(default_factory=dict)  # by column, to which row from above

    def add_row(self) -> None:
        self.rows.append([])

    def add(self, text: str, wide: int = 1, high: int = 1, column: int | None = None) -> None:
        """Put a cell into the last row, at the next free column if none is given."""
        if not self.rows:
            self.add_row()
        row, number = self.rows[-1], len(self.rows) - 1
        at = len(row) if column is None else column
        while self.taken.get(at, -1) >= number:
            at += 1
        refuse_too_many(len(self.rows), at + wide, self.path)
        row.extend([""] * (at + wide - len(row)))
        row[at] = text
        if wide > 1 or high > 1:
            last = number + high - 1
            self.merged.append(Merged(number, at, last, at + wide - 1))
            for each in range(at, at + wide):
                self.taken[each] = max(last, self.taken.get(each, last))

    def table(self, part: str, *, decimal_comma: bool = False) -> TableCells:
        end = len(self.rows) - 1  # no cell reaches below the table
        return TableCells(
            self.rows,
            titled=True,
            decimal_comma=decimal_comma,
            part=part,
            merged=[replace(each, bottom=min(each.bottom, end)) for each in self.merged],
        )


class _Page(HTMLParser):
    """All tables of a page that hold no other table."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.tables: list[_Grid] = []
        self._open: list[_Grid] = []
        self._cell: list[str] | None = None
        self._span = (1, 1)
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self._unseen += 1
        elif tag == "table":
            self._end_cell()
            self._open.append(_Grid(self.path))
        elif tag == "tr" and self._open:
            self._end_cell()
            self._open[-1].add_row()
        elif tag in {"td", "th"} and self._open:
            self._end_cell()
            given = dict(attrs)
            wide = min(_count(given.get("colspan")), LIMIT_COLUMNS)
            self._span = (wide, min(_count(given.get("rowspan")), _MOST_ROWS))
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in {"td", "th", "tr"}:
            self._end_cell()
        elif tag == "table" and self._open:
            self._end_cell()
            self.tables.append(self._open.pop())

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._unseen:
            self._cell.append(data)

    def close(self) -> None:
        super().close()
        self._end_cell()
        self.tables += reversed(self._open)
        self._open = []

    def _end_cell(self) -> None:
        if self._cell is not None and self._open:
            text = " ".join("".join(self._cell).split())
            self._open[-1].add(text, *self._span)
        self._cell = None


def _count(text: str | None) -> int:
    """Columns or rows of a cell; of a number that is too long to be one its first digits."""
    digits = text.lstrip("0") if text and text.isascii() and text.isdigit() else ""
    return int(digits[:9] or "1")


def read_web_page(content: Content, asked: Chosen = None) -> list[TableCells]:
    """Read the tables of a web page, as portals write them under the name of a workbook.

    Raises
    ------
    InputError
        `table_is_web_page` for a page without a table.
    """
    path = content.path
    raw = content.take()
    page = _Page(path)
    page.feed(decoded(raw, path))
    page.close()
    tables = [grid for grid in page.tables if any(map(any, grid.rows))]
    if not tables:
        raise InputError("table_is_web_page", path=path)
    if len(tables) == 1:
        return [tables[0].table("", decimal_comma=True)]
    names = [str(n) for n in range(1, len(tables) + 1)]
    chosen = chosen_names(asked, names, path)
    return [tables[int(name) - 1].table(name, decimal_comma=True) for name in chosen]


def read_xml_workbook(content: Content, asked: Chosen = None) -> list[TableCells]:
    """Read the sheets of a workbook in Excel's XML of 2003.

    Raises
    ------
    InputError
        `table_not_xlsx` where it cannot be read.
    """
    path = content.path
    raw = content.take()
    if re.search(rb"<!(DOCTYPE|ENTITY)", raw):
        raise InputError("table_not_xlsx", path=path, reason="DOCTYPE")
    with reading(path, "table_not_xlsx"):
        book = ET.parse(io.BytesIO(raw)).getroot()  # noqa: S314 - no DTD, see above
        sheets = {s.get(f"{_SHEETS}Name", ""): s for s in book.iterfind(f"{_SHEETS}Worksheet")}
        hidden = {name for name, sheet in sheets.items() if _is_hidden(sheet)}
        tables: list[TableCells] = []
        for name in chosen_names(asked, list(sheets), path):
            if asked is None and name in hidden and len(hidden) < len(sheets):
                tables.append(TableCells([], titled=True, part=name, hidden=True))
            else:
                tables.append(_xml_sheet(sheets[name], path).table(name, decimal_comma=True))
    if not tables:
        raise InputError("table_no_rows", path=path)
    return tables


def _is_hidden(sheet: ET.Element) -> bool:
    visible = sheet.findtext(f"{_EXCEL}WorksheetOptions/{_EXCEL}Visible", "")
    return visible in {"SheetHidden", "SheetVeryHidden"}


def _xml_sheet(sheet: ET.Element, path: Path) -> _Grid:
    grid = _Grid(path)
    for row in sheet.iterfind(f"{_SHEETS}Table/{_SHEETS}Row"):
        number = int(row.get(f"{_SHEETS}Index", len(grid.rows) + 1))
        if number > _MOST_ROWS:
            refuse_too_many(number, LIMIT_COLUMNS + 1, path)
        while len(grid.rows) < number:
            grid.add_row()
        for cell in row.iterfind(f"{_SHEETS}Cell"):
            index = cell.get(f"{_SHEETS}Index")
            wide = 1 + int(cell.get(f"{_SHEETS}MergeAcross", "0"))
            high = 1 + int(cell.get(f"{_SHEETS}MergeDown", "0"))
            data = cell.find(f"{_SHEETS}Data")
            at = int(index) - 1 if index else None
            grid.add(_xml_value(data), min(wide, LIMIT_COLUMNS), min(high, _MOST_ROWS), at)
    return grid


def _xml_value(data: ET.Element | None) -> str:
    if data is None:
        return ""
    text = "".join(data.itertext())
    kind = data.get(f"{_SHEETS}Type", "String")
    if kind == "Number":
        return cell_text(float(text))
    if kind == "DateTime":
        return text.removesuffix(".000").removesuffix("T00:00:00").replace("T", " ")
    return text
