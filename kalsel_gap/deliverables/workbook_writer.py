"""Sheets of a workbook (XLSX): typed cells, formats, filters, and how each sheet is printed.

Texts of others are written as text and never as a formula or a link, also after somebody edits the
cell. The same sheets give the same bytes.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from kalsel_gap.deliverables import palette
from kalsel_gap.i18n.text import N_, Text
from kalsel_gap.storage.text_workbook import shown_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

CellValue: TypeAlias = str | int | float | date

# Limits of Excel
# (https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3).
MOST_ROWS = 1_048_576  # of a sheet
MOST_CHARACTERS = 32_767  # of a cell
LONGEST_NAME = 31  # of a sheet
_LONGEST_PAGE_LINE = 255  # header or footer of a page, with the codes in it
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")  # in the name of a sheet
_RESERVED = "history"
_RICH = "<r>"  # what begins so would be written as it is, and not as text
_PAPER_F4 = 14  # folio, 8.5 × 13 inches: what offices in Indonesia print on

_INK, _PAPER = "#ffffff", "#1f3a5f"  # of a header: contrast 11:1
_BAR = "#9fb8d6"
_WARNING = "#ffe08a"
_LIGHT = 0.4  # luminance above which black text is easier to read than white
_LINE_HEIGHT = 15.0  # points
_BESIDE = 2.0  # width of what is left free beside a text in its cell, in characters
TEXT, SENTENCE = "@", "sentence"


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a sheet.

    Attributes
    ----------
    label : str
        Its header.
    note : str
        Comment on its header; none where it is empty.
    style : str
        Number format of its cells, in which a text is broken into lines; :data:`TEXT`; or
        :data:`SENTENCE`, which is broken into lines.
    width : float
        In characters.
    has_bars : bool
        Whether a bar in each cell shows its number between 0 and 1.
    span : int
        Columns of the sheet that it takes; more than one only on a page.
    """

    label: str
    note: str = ""
    style: str = TEXT
    width: float = 12.0
    has_bars: bool = False
    span: int = 1


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A table of a sheet, column by column.

    Attributes
    ----------
    columns : sequence of SheetColumn
    cells : sequence of sequence of CellValue
        The cells of each column; dates, numbers and texts as such.
    tiers : mapping of int to sequence of str
        Of a column of tiers, the code of each cell, which gives it its colour.
    sums : collection of int
        Rows that sum up others.
    """

    columns: Sequence[SheetColumn]
    cells: Sequence[Sequence[CellValue]]
    tiers: Mapping[int, Sequence[str]] = field(default_factory=dict)
    sums: Collection[int] = frozenset()

    @property
    def rows(self) -> range:
        """Every row."""
        return range(len(self.cells[0]) if self.cells else 0)


@dataclass(frozen=True, slots=True)
class PageFrame:
    """What stands on every printed page.

    Attributes
    ----------
    project : str
    nature : str
        That the data are not real; empty where they are.
    standing : str
        What the run counts for.
    """

    project: str
    nature: str
    standing: str


@dataclass(frozen=True, slots=True)
class SheetSection:
    """A part of a sheet that is read from top to bottom.

    Attributes
    ----------
    title : str
    sentences : sequence of str
    warnings : sequence of str
        Sentences that must not be missed; they stand above the others.
    table : SheetTable, optional
        Of it, the first column may name sheets.
    links : mapping of str to str
        Cells of the first column that lead to a sheet, and its name.
    is_new_page : bool
        Whether it begins a sheet of paper.
    """

    title: str
    sentences: Sequence[str] = ()
    warnings: Sequence[str] = ()
    table: SheetTable | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    is_new_page: bool = False


class SheetWriter:
    """Writes the sheets of one workbook, each once, from its first row to its last."""

    def __init__(self, book: Workbook, frame: PageFrame, text: Text) -> None:
        self._book, self._frame, self._text = book, frame, text
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._texts: dict[CellValue, str] = {}  # most stand in several cells

    def add_list(
        self,
        name: str,
        title: str,
        table: SheetTable,
        rows: Iterable[int] | None = None,
        *,
        frozen: int = 0,
        printed: int | None = None,
        colour: str = "",
        folded: Collection[int] = (),
    ) -> None:
        """A sheet that is a table: header in the first row, filters, one row below the other.

        Parameters
        ----------
        name, title : str
            Of the sheet, and at the top of its pages.
        table : SheetTable
        rows : iterable of int, optional
            Rows of the table that it shows, in this order; all by default.
        frozen : int
            Columns that stay when it is scrolled to the right.
        printed : int, optional
            Columns that are printed, from the first; all by default.
        colour : str
            Of the tab.
        folded : collection of int
            Columns that are folded away behind a + above them: they are not printed.
        """
        chosen = list(table.rows if rows is None else rows)
        sheet = self._sheet(name, title, colour)
        last, count = len(chosen), len(table.columns)
        for at, column in enumerate(table.columns):
            fold = {"level": 1, "hidden": True} if at in folded else {}
            if at not in folded and at - 1 in folded:
                fold = {"collapsed": True}
            sheet.set_column(at, at, column.width, None, fold)
        self._write_table(sheet, 0, table, chosen, has_buttons=True)
        sheet.freeze_panes(1, frozen)
        sheet.autofilter(0, 0, max(last, 1), count - 1)
        sheet.repeat_rows(0)
        sheet.print_area(0, 0, max(last, 1), min(printed or count, count) - 1)
        for at, column in enumerate(table.columns):
            if column.has_bars and last:
                sheet.conditional_format(1, at, last, at, _BARS)
            if column.style == TEXT and last:
                sheet.ignore_errors(
                    {"number_stored_as_text": f"{_letters(at)}2:{_letters(at)}{last + 1}"}
                )

    def add_page(
        self, name: str, title: str, sections: Iterable[SheetSection], widths: Sequence[float]
    ) -> None:
        """A sheet that is read from top to bottom: sentences and small tables.

        Parameters
        ----------
        name, title : str
            Of the sheet, and its first row.
        sections : iterable of SheetSection
        widths : sequence of float
            Of its columns; sentences reach over all of them.
        """
        sheet = self._sheet(name, title, "")
        sheet.hide_gridlines(2)
        for at, width in enumerate(widths):
            sheet.set_column(at, at, width)
        row = self._line(sheet, 0, title, widths, bold=True, font_size=16)
        breaks = []
        for section in sections:
            if section.is_new_page:
                breaks.append(row + 1)
            if section.title:
                row = self._line(sheet, row + 1, section.title, widths, bold=True, font_size=12)
            for warning in section.warnings:
                row = self._line(sheet, row, warning, widths, bold=True, bg_color=_WARNING)
            for sentence in section.sentences:
                row = self._line(sheet, row, sentence, widths)
            if section.table is not None:
                shown = section.table
                self._write_table(sheet, row, shown, shown.rows, links=section.links)
                row += len(shown.rows) + 1
        sheet.set_h_pagebreaks(breaks)

    def _sheet(self, name: str, title: str, colour: str) -> Worksheet:
        sheet = self._book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(_PAPER_F4)
        sheet.set_margins(left=0.3, right=0.3, top=0.7, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.set_comments_author("kalsel-gap")
        if colour:
            sheet.set_tab_color(colour)
        frame = self._frame
        of_pages = self._text(N_("Page {page} of {pages}"), page="&P", pages="&N")
        top = " · ".join(filter(None, (frame.project, title)))
        sheet.set_header(page_line(top, frame.nature))
        sheet.set_footer(page_line(frame.standing, "", end=of_pages))
        return sheet

    def _line(
        self, sheet: Worksheet, row: int, said: str, widths: Sequence[float], **look: object
    ) -> int:
        """A sentence over all columns of a sheet, and the row below it."""
        size = float(str(look.get("font_size", 11)))
        lines = lines_of(said, sum(widths) * 11 / size)
        sheet.set_row(row, lines * _LINE_HEIGHT * size / 11 + 2)
        shown = self._shown(said)
        style = self._format(text_wrap=True, valign="top", quote_prefix=True, **look)
        if len(widths) > 1:
            sheet.merge_range(row, 0, row, len(widths) - 1, "", style)
        sheet.write_string(row, 0, shown, style)
        return row + 1

    def _write_table(
        self,
        sheet: Worksheet,
        top: int,
        table: SheetTable,
        rows: Iterable[int],
        *,
        has_buttons: bool = False,
        links: Mapping[str, str] | None = None,
    ) -> None:
        """Write a table; the buttons of filters have a line of their own below the words."""
        head = self._format(**_HEAD)
        lines = max(
            lines_of(column.label, column.width * column.span - 1) for column in table.columns
        )
        sheet.set_row(top, _LINE_HEIGHT * (lines + has_buttons) + 3)
        places, at = [], 0
        for column in table.columns:
            self._write_text(sheet, (top, at), column.span, column.label, head)
            if column.note:
                sheet.write_comment(top, at, self._shown(column.note), {"x_scale": 2})
            places.append(at)
            at += column.span
        marks = {code: self._mark(code) for codes in table.tiers.values() for code in set(codes)}
        writers = [
            (places[n], column, table.cells[n], self._looks(column.style), table.tiers.get(n))
            for n, column in enumerate(table.columns)
        ]
        broken = [
            (table.cells[n], column.width * column.span - _BESIDE)
            for n, column in enumerate(table.columns)
            if column.style != TEXT
        ]
        for row, chosen in enumerate(rows, start=top + 1):
            strong = chosen in table.sums
            lines = max(
                (
                    lines_of(said, room)
                    for cells, room in broken
                    if isinstance(said := cells[chosen], str) and len(said) > room
                ),
                default=1,
            )
            if lines > 1:
                sheet.set_row(row, _LINE_HEIGHT * lines)
            for at, column, cells, looks, tiers in writers:
                value = cells[chosen]
                if tiers is not None:
                    sheet.write_string(row, at, self._shown(value), marks[tiers[chosen]])
                elif isinstance(value, str):
                    if links and at == 0 and value in links:
                        self._link(sheet, row, value, links[value])
                    else:
                        self._write_text(
                            sheet, (row, at), column.span, value, looks.of_text[strong]
                        )
                elif isinstance(value, date):
                    sheet.write_datetime(row, at, value, looks.of_number[strong])
                else:
                    sheet.write_number(row, at, value, looks.of_number[strong])

    def _write_text(
        self, sheet: Worksheet, at: tuple[int, int], span: int, value: str, look: Format
    ) -> None:
        row, column = at
        if span > 1:
            sheet.merge_range(row, column, row, column + span - 1, "", look)
        sheet.write_string(row, column, self._shown(value), look)

    def _link(self, sheet: Worksheet, row: int, said: str, name: str) -> None:
        quoted = name.replace("'", "''")
        look = self._format(font_color="#0b4f9c", underline=1, align="left", indent=1, **_CELL)
        shown = self._shown(said)
        sheet.write_url(row, 0, f"internal:'{quoted}'!A1", look, shown)

    def _looks(self, style: str) -> _Looks:
        """Formats of texts and of numbers in a column, without and with emphasis."""
        is_number = style not in (TEXT, SENTENCE)
        of_text: dict[str, Any] = {"quote_prefix": True, "align": "left", "indent": 1}
        # Excel shows a cell of this format that has more than 255 characters as hashes.
        of_text |= {"num_format": TEXT} if style == TEXT else {"text_wrap": True}
        of_number = {"num_format": style if is_number else "General"}
        bold: tuple[dict[str, Any], ...] = ({}, {"bold": True})
        return _Looks(
            *(
                tuple(self._format(**_CELL, **look, **more) for more in bold)
                for look in (of_text, of_number)
            )
        )

    def _mark(self, code: str) -> Format:
        """A tier has a colour besides its word."""
        colour = palette.TIERS.get(code, palette.UNKNOWN).colour
        ink = "#000000" if _luminance(colour) > _LIGHT else "#ffffff"
        more = {"align": "left", "indent": 1, "quote_prefix": True, "text_wrap": True}
        return self._format(bg_color=colour, font_color=ink, **_CELL, **more)

    def _shown(self, value: CellValue) -> str:
        """What a cell shows of a text."""
        if value not in self._texts:
            self._texts[value] = cell_text(value, self._text)
        return self._texts[value]

    def _format(self, **look: object) -> Format:
        key = tuple(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(dict(look))
        return self._formats[key]


class _Looks(NamedTuple):
    """Formats of the texts and of the numbers of a column, without and with emphasis."""

    of_text: tuple[Format, ...]
    of_number: tuple[Format, ...]


_HEAD: dict[str, Any] = {
    "bold": True,
    "text_wrap": True,
    "valign": "top",
    "align": "left",
    "indent": 1,
    "border": 1,
    "bg_color": _PAPER,
    "font_color": _INK,
}
_CELL: dict[str, Any] = {"valign": "top", "border": 1, "border_color": "#c9ced6"}
_BARS = {
    "type": "data_bar",
    "data_bar_2010": True,
    "bar_solid": True,
    "bar_color": _BAR,
    "min_type": "num",
    "max_type": "num",
    "min_value": 0,
    "max_value": 1,
}


def cell_text(value: object, text: Text) -> str:
    """What a cell shows of a text of others; a text that is too long for a cell ends with that.

    Examples
    --------
    >>> cell_text("=1+1", Text("en")), cell_text("<r><t>x</t></r>", Text("en"))
    ('=1+1', ' <r><t>x</t></r>')
    """
    shown = shown_text(value)
    if shown.startswith(_RICH):
        shown = f" {shown}"
    if 2 * len(shown) <= MOST_CHARACTERS or _units(shown) <= MOST_CHARACTERS:
        return shown
    end = text(N_(" … (cut: a cell of Excel holds {most} characters)"), most=MOST_CHARACTERS)
    return _first_units(shown, MOST_CHARACTERS - len(end)) + end


def sheet_names(wanted: Iterable[str]) -> list[str]:
    r"""Names that Excel accepts for sheets, no two alike, in the same order.

    At most 31 characters, without ``[]:*?/\`` and without an apostrophe at either end.

    Examples
    --------
    >>> sheet_names(["Kab. A/B", "KAB. A:B", "'", "History"])
    ['Kab. A-B', 'KAB. A-B (2)', '–', 'History (2)']
    """
    taken, names = {_RESERVED}, []
    for each in wanted:
        bare = _FORBIDDEN.sub("-", shown_text(each)).strip("' ") or "–"
        for number in itertools.count(1):
            end = f" ({number})" if number > 1 else ""
            name = _first_units(bare, LONGEST_NAME - len(end)).rstrip("' ") + end
            key = unicodedata.normalize("NFKC", name).casefold()
            if key not in taken:
                break
        taken.add(key)
        names.append(name)
    return names


def page_line(left: str, right: str, *, end: str = "") -> str:
    """Header or footer of a page: texts of others without codes, cut to what Excel takes.

    Examples
    --------
    >>> page_line("A & B", "", end="Page &P")
    '&L&8 A && B&R&8 Page &P'
    """
    codes = ("&L&8 ", "&R&8 ")
    room = _LONGEST_PAGE_LINE - sum(map(len, codes)) - len(end)
    beside = _escaped(right, room // 2)
    return f"{codes[0]}{_escaped(left, room - len(beside))}{codes[1]}{beside}{end}"


def _escaped(said: str, most: int) -> str:
    shown = shown_text(said)
    escaped = shown.replace("&", "&&")
    while _units(escaped) > most:
        shown = shown[:-2].rstrip("…") + "…" if len(shown) > 1 else ""
        escaped = shown.replace("&", "&&")
    return escaped


def _units(shown: str) -> int:
    """Characters as Excel counts them: UTF-16."""
    return len(shown) + sum(char > "\uffff" for char in shown)


def _first_units(shown: str, most: int) -> str:
    if _units(shown) <= most:
        return shown
    return shown.encode("utf-16-le")[: 2 * most].decode("utf-16-le", errors="ignore")


def lines_of(shown: object, room: float) -> int:
    """Lines that a text takes in a width in characters, broken between words."""
    lines, used = 1, 0
    for word in str(shown).split():
        if used and used + 1 + len(word) > room:
            lines, used = lines + 1, 0
        used += len(word) + (1 if used else 0)
        if used > room:  # a word alone that is too long is broken anywhere
            lines, used = lines + int(used // room), int(used % room)
    return lines


def _luminance(colour: str) -> float:
    """Relative luminance of a colour (WCAG 2.2)."""
    shares = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _letters(column: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(column))
