"""Tables of any format as text with row numbers, spare columns from points.

A row keeps the number that a spreadsheet shows for it. What makes a file unusable raises
:class:`~kalsel_gap.errors.InputError`; errors in rows are left to the callers.
"""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.formats.decimal_commas import decimal_points
from kalsel_gap.sources.formats.header_rows import header_row
from kalsel_gap.sources.formats.kinds import read_cells
from kalsel_gap.sources.formats.table_cells import refuse_too_many

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from kalsel_gap.sources.formats.table_cells import TableCells


ROW = "__row__"  # no header can be this once spaces and signs are folded away


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table of text.

    Attributes
    ----------
    path : Path
        The file.
    cells : DataFrame
        One text column per header as found, plus :data:`ROW`, the row's number.
    too_long : tuple of int
        Numbers of rows that have cells beyond the last header.
    repeated : mapping
        Numbered header to the header that it repeats.
    """

    path: Path
    cells: pd.DataFrame
    too_long: tuple[int, ...] = ()
    repeated: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> list[str]:
        """Headers as found."""
        return [str(name) for name in self.cells.columns if name != ROW]


def read_table(
    path: Path,
    sheet: str | None = None,
    *,
    aliases: Mapping[str, Sequence[str]] | None = None,
    override: Mapping[str, str] | None = None,
) -> RawTable:
    """Read a table of any kind: CSV (also gzipped), workbook, JSON, GIS layer, Parquet.

    The ending determines the kind: ``.xlsx .xlsm .xls``, ``.json .geojson``, ``.gpkg``,
    ``.shp`` (also in a ``.zip``), ``.kml .kmz``, ``.parquet .geoparquet``; any other is CSV, with
    comma, semicolon, tab or vertical bar, in UTF-8, UTF-16 or Windows-1252. All cells become text
    as in a CSV of the same table; the first record is row 2, as there. Numbers with a decimal comma
    get a point where the file shows that it writes them so (:func:`.decimal_points`); thousands
    separators are never guessed.

    With `aliases`, titles may stand above the header of a CSV file or workbook: the header is the
    row among the first 20 with the most headers in `aliases`. And a table without columns of
    latitude and longitude, or a row where both are empty, takes them from its points; a table
    without a name takes it from its placemarks.

    Parameters
    ----------
    path : Path
        The file.
    sheet : str, optional
        Sheet of a workbook or layer of a GeoPackage; the first by default.
    aliases, override : mapping, optional
        As for :func:`.columns.recognise`.

    Raises
    ------
    InputError
        Unreadable, not a table, no such sheet, or no rows.
    """
    meanings = _Meanings(aliases or {}, override or {})
    cells = read_cells(path, sheet, meanings.spellings())
    grid = cells.rows
    for row in grid:  # in place: a second table of a million rows would not fit
        row[:] = map(str.strip, row)
    top = header_row(grid, meanings.spellings()) if cells.titled else 0
    given = grid[top] if grid else []
    columns = _distinct(given)
    places = meanings.places(columns)
    body = grid[top + 1 :]
    if len(places) == 2 and places.keys() <= cells.spare.keys():
        body = _with_points(body, places, cells)
    spare = {
        column: [cell.strip() for cell in make()]
        for column, make in cells.spare.items()
        if meanings.wants(column, columns)
    }
    filled = [n for n, row in enumerate(body) if any(row) or any(s[n] for s in spare.values())]
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
    texts |= {column: [cell[n] for n in filled] for column, cell in spare.items()}
    table = pd.DataFrame(texts, dtype="str")
    table[ROW] = [top + 2 + n for n in filled]
    return RawTable(
        path=path,
        cells=table,
        too_long=too_long,
        repeated={n: h for n, h in zip(columns, given, strict=True) if h and n != h},
    )


class _Meanings(NamedTuple):
    """What headers mean: aliases of columns, and what the project says of this file."""

    aliases: Mapping[str, Sequence[str]]
    override: Mapping[str, str]

    def spellings(self) -> set[str]:
        """Every folded header that means something."""
        listed = (spelling for words in self.aliases.values() for spelling in words)
        return {*map(fold, self.override.values()), *map(fold, self.aliases), *listed}

    def places(self, headers: Sequence[str]) -> dict[str, int]:
        """Which of the headers are those of latitudes and longitudes."""
        found = {column: self._place(column, headers) for column in ("lat", "lon")}
        return {column: at for column, at in found.items() if at is not None}

    def _place(self, column: str, headers: Sequence[str]) -> int | None:
        if column in self.override:
            mine = (n for n, header in enumerate(headers) if header == self.override[column])
        else:
            meant = {fold(column), *self.aliases.get(column, ())}
            mine = (n for n, header in enumerate(headers) if fold(header) in meant)
        return next(mine, None)

    def wants(self, column: str, headers: Sequence[str]) -> bool:
        """Whether a table without such a header takes the column from its points or placemarks."""
        if column in self.override or (self.aliases and column not in self.aliases):
            return False
        return not {fold(h) for h in headers} & {fold(column), *self.aliases.get(column, ())}


def _with_points(
    body: Sequence[list[str]], places: Mapping[str, int], cells: TableCells
) -> list[list[str]]:
    """Rows, with latitude and longitude from their points where both are empty."""
    rows = [list(row) for row in body]
    bare = [n for n, row in enumerate(rows) if not any(row[p] for p in places.values())]
    if not bare:
        return rows
    with contextlib.suppress(InputError):  # points without a known CRS: those rows have no location
        for column, texts in {column: cells.spare[column]() for column in places}.items():
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
