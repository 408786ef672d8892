"""One sheet, layer or document of a file as a table of text: its header, its rows, its points.

What makes it unusable raises :class:`~kalsel_gap.errors.InputError`; what is left out of it is a
:class:`Note`.
"""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.formats.decimal_commas import decimal_points
from kalsel_gap.sources.formats.header_rows import header_row, known_headers
from kalsel_gap.sources.formats.points import well_known_places
from kalsel_gap.sources.formats.table_cells import LIMIT_COLUMNS, refuse_too_many
from kalsel_gap.sources.headers import BETWEEN, Header, read_header
from kalsel_gap.sources.left_out_rows import rows_left_out, section_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from kalsel_gap.sources.formats.table_cells import TableCells
    from kalsel_gap.sources.header_meanings import Meanings
    from kalsel_gap.sources.left_out_rows import LeftOut


ROW = "__row__"  # no header can be this once spaces and signs are folded away


# Columns that a table must have: of several in a tuple, one is enough.
Required: TypeAlias = "Sequence[str | tuple[str, ...]]"
# Never filled down: each school has its own.
_OWN = frozenset({"npsn", "name", "lat", "lon", "site_id", "address"})


@dataclass(frozen=True, slots=True)
class Note:
    """What was made of a file, or of one of its parts, for a finding.

    Attributes
    ----------
    code : str
        Of the finding.
    part : str
        Sheet, layer or document; empty where the file is one table.
    row : int or None
        The first row that it concerns.
    value : str
        What it is about.
    parameters : mapping
        Of the finding.
    """

    code: str
    part: str = ""
    row: int | None = None
    value: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)


class TablePart(NamedTuple):
    """One part of a file, read.

    Attributes
    ----------
    part : str
        Its name.
    cells : DataFrame
        As of :class:`RawTable`.
    columns : mapping
        Canonical column to header.
    meant, too_long, notes
        As of :class:`RawTable`.
    """

    part: str
    cells: pd.DataFrame
    columns: Mapping[str, str]
    meant: Mapping[str, str]
    too_long: tuple[int, ...]
    notes: list[Note]

    def missing(self, required: Required) -> list[str]:
        """Required columns that it does not have."""
        several = [(each,) if isinstance(each, str) else each for each in required]
        headers = {fold(str(name)) for name in self.cells.columns}
        return [
            each[0]
            for each in several
            if not any(name in self.columns or fold(name) in headers for name in each)
        ]

    def of_year(self, year: str) -> TablePart:
        """The table with a column of the year."""
        cells = self.cells.assign(year=year).astype({"year": "str"})
        return self._replace(cells=cells, columns={**self.columns, "year": "year"})


def read_part(
    cells: TableCells,
    path: Path,
    meanings: Meanings,
    unheaded: Callable[[Sequence[str]], Sequence[str] | None] | None,
    *,
    of_office: bool = False,
) -> TablePart:
    """One part of a file; see :func:`read_table`."""
    grid = cells.rows
    for row in grid:  # in place: a second table of a million rows would not fit
        row[:] = map(str.strip, row)
        if any(row[LIMIT_COLUMNS:]):
            refuse_too_many(len(grid), len(row), path)
        del row[LIMIT_COLUMNS:]
    header = _header(cells, meanings, unheaded, path, of_office=of_office)
    given, top = header.names, header.last
    columns = _distinct(given)
    words = [header.meant.get(n, name) for n, name in enumerate(given)]
    found = meanings.found(columns, words)
    places: dict[str, int] = {name: found[name] for name in ("lat", "lon") if name in found}
    if len(set(places.values())) < len(places):  # one column of both
        places = {}
    body = grid[top + 1 :]
    above = grid[: top + 1]
    left: list[LeftOut] = []
    notes: list[Note] = []
    if of_office and cells.titled:
        notes += _of_header(header, columns, cells.part)
        left = rows_left_out(body, above, found, meanings.spellings())
        notes += _of_rows(left, top, cells.part)
        if cells.merged:
            notes += _fill_down(body, cells, top, found, columns)
    spare_cells = dict(cells.spare)
    if not cells.spare and not places:
        spare_cells |= well_known_places(columns, body, path)
    if len(places) == 2 and places.keys() <= spare_cells.keys():
        body = _with_points(body, places, spare_cells)
    spare = {
        column: [cell.strip() for cell in make()]
        for column, make in spare_cells.items()
        if meanings.wants(column, words)
    }
    headed = _sections(left, len(body), found)
    out = {each.at for each in left}
    filled = [
        n
        for n, row in enumerate(body)
        if n not in out and (any(row) or any(s[n] for s in spare.values()))
    ]
    if not filled:
        raise InputError("table_no_rows", path=path)
    unused = _unused(given, body)
    refuse_too_many(len(filled), len(columns) - len(unused), path)
    too_long = tuple(top + 2 + n for n in filled if any(body[n][len(columns) :]))
    texts = _by_column([body[n] for n in filled], columns, unused)
    body.clear()
    grid.clear()
    if cells.decimal_comma:
        texts = decimal_points(texts, [columns[n] for n in places.values()])
    spare |= headed
    texts |= {column: [cell[n] for n in filled] for column, cell in spare.items()}
    table = pd.DataFrame(texts, dtype="str")
    table[ROW] = [top + 2 + n for n in filled]
    meant = {n: w for n, w in zip(columns, words, strict=True) if w and n != w}
    named = {column: columns[n] for column, n in found.items()}
    named |= {column: column for column in spare}
    return TablePart(cells.part, table, named, meant, too_long, notes)


def _header(
    cells: TableCells,
    meanings: Meanings,
    unheaded: Callable[[Sequence[str]], Sequence[str] | None] | None,
    path: Path,
    *,
    of_office: bool,
) -> Header:
    grid, spellings = cells.rows, meanings.spellings()
    if not cells.titled or not grid:
        return Header(0, 0, grid[0] if grid else [], {}, {})
    if not of_office:
        top = header_row(grid, spellings)
        return Header(top, top, grid[top], {}, {})
    header = read_header(grid, spellings, cells.merged)
    if known_headers([*header.names, *header.meant.values()], spellings):
        return header
    first = next((n for n, row in enumerate(grid) if any(row)), 0)
    names = unheaded(grid[first]) if unheaded else None
    if names is not None:
        return Header(first, first - 1, list(names), {}, {})
    if any(len(cell) >= 5 and cell.isdigit() for cell in grid[first]):
        raise InputError("table_no_header", path=path, known=", ".join(filter(None, grid[first])))
    return header


def _of_header(header: Header, columns: Sequence[str], part: str) -> Iterator[Note]:
    """What was made of a header of several rows, and of several years."""
    if header.last > header.first:
        example = next((name for name in columns if BETWEEN in name), columns[0])
        last = {"last_row": header.last + 1}
        yield Note("header_of_several_rows", part, header.first + 1, example, last)
    if header.last < header.first:
        yield Note("header_supplied", part, header.first + 1, ", ".join(columns))
    for spelling, years in header.years.items():
        others = ", ".join(years[1:])
        yield Note(
            "header_newest_year",
            part,
            header.last + 1,
            spelling,
            {"year": years[0], "others": others},
        )


_ROWS_OF = {
    "header": "rows_repeat_header",
    "numbers": "rows_number_columns",
    "counted": "rows_only_numbered",
    "total": "rows_sum_up",
    "section": "rows_are_headings",
    "footer": "rows_below_table",
}
_MOST_NAMED = 12


def _of_rows(left: Sequence[LeftOut], top: int, part: str) -> Iterator[Note]:
    """One note for each kind of row that is left out."""
    for kind, code in _ROWS_OF.items():
        mine = [each for each in left if each.kind == kind]
        if mine:
            texts = list(dict.fromkeys(each.text for each in mine))
            more = ["…"] if len(mine) > _MOST_NAMED else []
            rows = [str(top + 2 + each.at) for each in mine[:_MOST_NAMED]]
            yield Note(
                code,
                part,
                top + 2 + mine[0].at,
                "; ".join(texts[:_MOST_NAMED]),
                {"count": len(mine), "rows": ", ".join([*rows, *more])},
            )


def _fill_down(
    body: Sequence[list[str]],
    cells: TableCells,
    top: int,
    found: Mapping[str, int],
    columns: Sequence[str],
) -> Iterator[Note]:
    """Fill merged cells down where all their rows share a value: areas, levels, years."""
    shared = {n for column, n in found.items() if column not in _OWN}
    counts: dict[int, int] = {}
    for m in cells.merged:
        if m.bottom <= m.top or m.top <= top or m.left not in shared:
            continue
        given = body[m.top - top - 1] if m.top - top - 1 < len(body) else []
        text = given[m.left] if m.left < len(given) else ""
        if not any(map(str.isalpha, text)) and "code" not in _column_at(found, m.left):
            continue
        for row in body[m.top - top : m.bottom - top]:
            if any(row) and (len(row) <= m.left or not row[m.left]):
                row.extend([""] * (m.left + 1 - len(row)))
                row[m.left] = text
                counts[m.left] = counts.get(m.left, 0) + 1
    for n, count in sorted(counts.items()):
        yield Note("cells_filled_down", cells.part, None, columns[n], {"count": count})


def _column_at(found: Mapping[str, int], at: int) -> str:
    return next(column for column, n in found.items() if n == at)


def _sections(
    left: Sequence[LeftOut], count: int, found: Mapping[str, int]
) -> dict[str, list[str]]:
    """Areas that headings between the rows name, for tables without a column of them."""
    made: dict[str, list[str]] = {}
    headings = {each.at: section_of(each.text) for each in left if each.kind == "section"}
    for wanted in ("kabupaten", "kecamatan"):
        if wanted in found or not any(h and h[0] == wanted for h in headings.values()):
            continue
        texts: list[str] = []
        current = ""
        for n in range(count):
            heading = headings.get(n)
            if heading and heading[0] == wanted:
                current = heading[1]
            elif heading and wanted == "kecamatan":  # of another kabupaten
                current = ""
            texts.append("" if heading else current)
        made[wanted] = texts
    return made


def _with_points(
    body: Sequence[list[str]],
    places: Mapping[str, int],
    spare: Mapping[str, Callable[[], list[str]]],
) -> list[list[str]]:
    """Rows, with latitude and longitude from their points where both are empty."""
    rows = [list(row) for row in body]
    bare = [n for n, row in enumerate(rows) if not any(row[p] for p in places.values())]
    if not bare:
        return rows
    with contextlib.suppress(InputError):  # points without a known CRS: those rows have no location
        for column, texts in {column: spare[column]() for column in places}.items():
            for n in bare:
                rows[n][places[column]] = texts[n].strip()
    return rows


def _by_column(
    rows: Sequence[Sequence[str]], headers: Sequence[str], unused: Collection[int]
) -> dict[str, list[str]]:
    """Cells by header, without the unused columns; what a short row lacks is empty."""
    return {
        header: [row[n] if n < len(row) else "" for row in rows]
        for n, header in enumerate(headers)
        if n not in unused
    }


def _distinct(headers: Sequence[str]) -> list[str]:
    """Headers without repetitions: an empty or repeated one gets the next free number."""
    distinct: dict[str, None] = {}
    numbers: dict[str, Iterator[int]] = {}
    for header in headers:
        name = header
        while not name or name in distinct:
            counter = numbers.setdefault(header, itertools.count(2 if header else 1))
            name = f"{header} ({next(counter)})"
        distinct[name] = None
    return list(distinct)


def _unused(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> set[int]:
    """Columns that have neither a header nor a cell: a used range can end far from its content."""
    unused = {n for n, header in enumerate(headers) if not header}
    for row in rows:
        if not unused:
            break
        unused.difference_update([n for n, cell in enumerate(row) if cell])
    return unused
