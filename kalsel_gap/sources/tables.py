"""Tables of any format as text with row numbers, spare columns from points.

A row keeps the number that a spreadsheet shows for it. What makes a file unusable raises
:class:`~kalsel_gap.errors.InputError`; errors in rows are left to the callers.
"""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.coordinate_pairs import split_column
from kalsel_gap.sources.formats.decimal_commas import decimal_points
from kalsel_gap.sources.formats.header_rows import header_row, known_headers
from kalsel_gap.sources.formats.kinds import read_cells
from kalsel_gap.sources.formats.points import well_known_places
from kalsel_gap.sources.formats.table_cells import refuse_too_many
from kalsel_gap.sources.headers import BETWEEN, Header, read_header, year_in
from kalsel_gap.sources.left_out_rows import rows_left_out, section_of
from kalsel_gap.sources.place_headers import parts_of_degrees, place_columns
from kalsel_gap.sources.quantities import BARE_NUMBER, bare_header, split_unit
from kalsel_gap.sources.table_names import file_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from kalsel_gap.sources.formats.table_cells import Chosen, TableCells
    from kalsel_gap.sources.left_out_rows import LeftOut


ROW = "__row__"  # no header can be this once spaces and signs are folded away

# Columns that a table must have: of several in a tuple, one is enough.
Required: TypeAlias = "Sequence[str | tuple[str, ...]]"
# Columns whose words offices write in several ways.
_SPELLED = frozenset(
    ("level", "ownership", "kabupaten", "kecamatan", "desa", "address", "ministry", "updated_at")
)
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


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table of text.

    Attributes
    ----------
    path : Path
        The file.
    cells : DataFrame
        One text column per header as found, plus :data:`ROW`, the row's number.
    too_long : tuple of (str, int)
        Part and number of rows that have cells beyond the last header.
    meant : mapping
        Header to the header that it means: that which a numbered one repeats, or what several
        rows of a header say together.
    part : Series of str, optional
        Sheet, layer or document of each row, where several are read.
    notes : tuple of Note
        Rows and parts that are left out, and what was made of headers.
    """

    path: Path
    cells: pd.DataFrame
    too_long: tuple[tuple[str, int], ...] = ()
    meant: Mapping[str, str] = field(default_factory=dict)
    part: pd.Series[str] | None = None
    notes: tuple[Note, ...] = ()

    @property
    def headers(self) -> list[str]:
        """Headers as found."""
        return [str(name) for name in self.cells.columns if name != ROW]

    def files(self, shown: str) -> pd.Series[str]:
        """The file of each row: as the project names it, with its sheet where several are read."""
        if self.part is None:
            return pd.Series(shown, index=self.cells.index, dtype="str")
        return self.part.map(lambda part: file_of(shown, part)).astype("str")


def read_table(
    path: Path,
    sheet: Chosen = None,
    *,
    aliases: Mapping[str, Sequence[str]] | None = None,
    override: Mapping[str, str] | None = None,
    required: Required = (),
    unheaded: Callable[[Sequence[str]], Sequence[str] | None] | None = None,
) -> RawTable:
    """Read a table of any kind: CSV (also gzipped), workbook, JSON, GIS layer, Parquet.

    The content determines the kind, and where that leaves it open the ending; see `formats.kinds`.
    All cells become text as in a CSV of the same table; the first record is row 2, as there.
    Numbers with a decimal comma get a point where the file shows that it writes them so
    (:func:`.decimal_points`); thousands separators are never guessed.

    With `aliases`, titles may stand above the header of a CSV file or workbook: the header is the
    row among the first 20 with the most headers in `aliases`. And a table without columns of
    latitude and longitude, or a row where both are empty, takes them from its points; a table
    without a name takes it from its placemarks.

    With `required`, the file is one of an office: its header may have up to three rows; repeated
    headers, numbers of columns, totals and sources are left out; merged cells are filled down; and
    all sheets, layers and documents with the required columns are read, one after another. One
    whose rows all stand in another, such as a recapitulation, is left out. Notes say all of that.

    Parameters
    ----------
    path : Path
        The file.
    sheet : str or sequence of str, optional
        Sheets of a workbook, layers of a GeoPackage or parts of an archive, ``"*"`` for all.
        By default all that have the required columns and are not hidden; the first one where
        nothing is required.
    aliases, override : mapping, optional
        As for :func:`.columns.recognise`.
    required : sequence, optional
        Columns that a part must have to be read; of several in a tuple, one is enough.
    unheaded : callable, optional
        From the first row of a table without known headers, the names of its columns where it is
        data.

    Raises
    ------
    InputError
        Unreadable, not a table, no such sheet, or no rows.
    """
    meanings = _Meanings(aliases or {}, override or {})
    given = read_cells(path, sheet, meanings.spellings())
    if not required:
        first = next((cells for cells in given if not cells.hidden and not cells.unread), given[0])
        return _table(first, path, meanings, unheaded).raw(path)
    tables, notes = _fitting(given, path, meanings, required, unheaded, chosen=sheet)
    return _joined(path, tables, notes)


class _Table(NamedTuple):
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

    def of_year(self, year: str) -> _Table:
        """The table with a column of the year."""
        cells = self.cells.assign(year=year).astype({"year": "str"})
        return self._replace(cells=cells, columns={**self.columns, "year": "year"})

    def raw(self, path: Path) -> RawTable:
        too_long = tuple(("", row) for row in self.too_long)
        return RawTable(path, self.cells, too_long, self.meant, None, tuple(self.notes))


def _table(
    cells: TableCells,
    path: Path,
    meanings: _Meanings,
    unheaded: Callable[[Sequence[str]], Sequence[str] | None] | None,
    *,
    of_office: bool = False,
) -> _Table:
    """One part of a file; see :func:`read_table`."""
    grid = cells.rows
    for row in grid:  # in place: a second table of a million rows would not fit
        row[:] = map(str.strip, row)
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
        left = rows_left_out(body, above, found)
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
    return _Table(cells.part, table, named, meant, too_long, notes)


def _header(
    cells: TableCells,
    meanings: _Meanings,
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


def _fitting(
    given: Sequence[TableCells],
    path: Path,
    meanings: _Meanings,
    required: Required,
    unheaded: Callable[[Sequence[str]], Sequence[str] | None] | None,
    *,
    chosen: Chosen,
) -> tuple[list[_Table], list[Note]]:
    """The parts of a file that have the required columns, and notes about the others."""
    several = len(given) > 1
    read: list[_Table] = []
    left: list[Note] = []
    errors: list[InputError] = []
    for cells in given:
        if cells.hidden or cells.unread:
            code = "part_hidden" if cells.hidden else "part_unreadable"
            left.append(Note(code, value=cells.part, parameters={"error": cells.unread}))
            continue
        try:
            read.append(_table(cells, path, meanings, unheaded, of_office=True))
        except InputError as error:
            if not several:
                raise
            errors.append(error)
            left.append(Note("part_unreadable", value=cells.part, parameters={"error": error.code}))
    if not read:
        raise errors[0] if errors else InputError("table_no_rows", path=path)
    if len(read) == 1:
        return _told(read, left)
    lacking = {table.part: table.missing(required) for table in read}
    fitting = [table for table in read if not lacking[table.part]]
    if not fitting:
        best = max(read, key=lambda table: len(table.columns))
        raise InputError(
            "sheets_none_fit",
            path=path,
            known="; ".join(f"“{t.part}” ({', '.join(lacking[t.part])})" for t in read),
            value=best.part,
        )
    left += [
        Note("part_without_columns", value=part, parameters={"missing": ", ".join(columns)})
        for part, columns in lacking.items()
        if columns
    ]
    if chosen is None:
        fitting, older = _of_newest_year(fitting, meanings)
        fitting, repeating = _without_repeats(fitting)
        left += [*older, *repeating]
    return _told(fitting, left)


def _told(read: list[_Table], left: Sequence[Note]) -> tuple[list[_Table], list[Note]]:
    """The tables, and the notes with the names of what is read, as the project file writes them."""
    quoted = [f'"{table.part}"' for table in read]
    names = quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"
    return read, [
        Note(note.code, note.part, note.row, note.value, {**note.parameters, "read": names})
        for note in left
    ]


def _of_newest_year(
    tables: Sequence[_Table], meanings: _Meanings
) -> tuple[list[_Table], list[Note]]:
    """Of sheets that are one list in several years, the newest, and a note for each older one.

    Where the project asks for a year, each row gets that of its sheet instead.
    """
    years = [year_in(table.part) for table in tables]
    names = {fold(table.part.replace(year, "")) for table, year in zip(tables, years, strict=True)}
    dated = any({"year", "date"} & set(table.columns) for table in tables)
    if len(tables) < 2 or not all(years) or len(names) > 1 or dated:
        return list(tables), []
    if "year" in meanings.aliases:
        given = zip(tables, years, strict=True)
        return [table.of_year(year) for table, year in given], []
    if not all("npsn" in table.columns for table in tables):
        return list(tables), []
    newest = max(years)
    kept = [table for table, year in zip(tables, years, strict=True) if year == newest]
    older = [t for t, year in zip(tables, years, strict=True) if year != newest]
    return kept, [Note("part_older", value=t.part, parameters={"year": newest}) for t in older]


def _without_repeats(tables: Sequence[_Table]) -> tuple[list[_Table], list[Note]]:
    """Tables without those of which every row stands in the others, and a note for each of these.

    A recapitulation of all sheets must not double their rows. Two rows are one if they agree in all
    columns that both tables have; only words that offices write in several ways, N or Negeri, may
    differ. Of tables that repeat each other, the one that has the fewest columns alone is left out.
    """
    kept = list(tables)
    notes: list[Note] = []
    while len(kept) > 1:
        repeating = [
            (len(lost), len(table.cells), -n, table, lost)
            for n, table in enumerate(kept)
            if (lost := _lost_without(table, [t for t in kept if t is not table])) is not None
        ]
        if not repeating:
            break
        _, count, _, table, lost = min(repeating, key=lambda each: each[:3])
        kept = [t for t in kept if t is not table]
        more = {"count": count, "columns": ", ".join(sorted(lost)) or "–"}
        notes.append(Note("part_repeats", value=table.part, parameters=more))
    return kept, notes


def _lost_without(table: _Table, others: Sequence[_Table]) -> set[str] | None:
    """Columns that only a table has, if all its rows stand in others; None if one does not.

    A table with a column of values that the others lack is none of these.
    """
    left = set(range(len(table.cells)))
    lost: set[str] = set()
    for other in others:
        own = set(table.columns) - set(other.columns)
        if not own <= _SPELLED | _made_up_by(other.columns):
            continue
        columns = sorted(set(table.columns) & set(other.columns) - _SPELLED)
        there = set(_rows_of(other, columns)) if columns else set()
        mine = {n for n, row in enumerate(_rows_of(table, columns)) if n in left and row in there}
        lost |= own if mine else set()
        left -= mine
        if not left:
            return lost
    return None


def _made_up_by(columns: Collection[str]) -> set[str]:
    """Columns that follow from others: a sum from its parts, and its parts from a sum."""
    made = {name[:-5] for name in columns if name.endswith("_male")}
    return made | {f"{name}_{sex}" for name in columns for sex in ("male", "female")}


def _rows_of(table: _Table, columns: Sequence[str]) -> list[tuple[str, ...]]:
    texts = [map(_comparable, table.cells[table.columns[column]]) for column in columns]
    return list(zip(*texts, strict=True))


def _comparable(text: str) -> str:
    """A cell as text to compare by: 3.50 is 3.5, and case and spaces do not count."""
    try:
        return repr(float(text))
    except ValueError:
        return " ".join(text.casefold().split())


def _joined(path: Path, tables: Sequence[_Table], notes: Sequence[Note]) -> RawTable:
    """The parts one below the other, each column under the header that it has in the first one."""
    every = [*notes, *(note for table in tables for note in table.notes)]
    if len(tables) > 1:
        tables = _with_own_units(_with_two_places(tables))
    if len(tables) == 1:
        raw = tables[0].raw(path)
        bare = [Note(n.code, "", n.row, n.value, n.parameters) for n in every]
        return RawTable(path, raw.cells, raw.too_long, raw.meant, None, tuple(bare))
    headers = dict(tables[0].columns)
    meant = dict(tables[0].meant)
    frames = []
    for table in tables:
        mine = {header: column for column, header in table.columns.items()}
        names = {}
        for header in (str(name) for name in table.cells.columns if name != ROW):
            column = mine.get(header)
            if column is None:
                names[header] = header
            else:
                names[header] = headers.setdefault(column, header)
                if header in table.meant:
                    meant.setdefault(names[header], table.meant[header])
        taken = {name for header, name in names.items() if header in mine}
        clash = {h: f"{h} [{table.part}]" for h in names if h not in mine and h in taken}
        frames.append(table.cells.rename(columns=names | clash))
    cells = pd.concat(frames, ignore_index=True)
    part = pd.Series([t.part for t in tables for _ in range(len(t.cells))], dtype="str")
    texts = [name for name in cells.columns if name != ROW]
    cells = cells[[*texts, ROW]]
    cells[texts] = cells[texts].fillna("").astype("str")
    too_long = tuple((table.part, row) for table in tables for row in table.too_long)
    return RawTable(path, cells, too_long, meant, part, tuple(every))


def _with_two_places(tables: Sequence[_Table]) -> list[_Table]:
    """Tables with a column each of latitude and longitude, where only some have one of both."""
    if len({(table.columns.get("lat"), table.columns.get("lon")) for table in tables}) == 1:
        return list(tables)
    changed: list[_Table] = []
    for table in tables:
        both = table.columns.get("lat")
        if both is None or both != table.columns.get("lon"):
            changed.append(table)
            continue
        lat, lon = split_column(table.cells[both], table.meant.get(both, both))
        cells = table.cells.drop(columns=both).assign(lat=lat, lon=lon)
        columns = {**table.columns, "lat": "lat", "lon": "lon"}
        changed.append(table._replace(cells=cells, columns=columns))
    return changed


def _with_own_units(tables: Sequence[_Table]) -> list[_Table]:
    """Tables with the unit of a header at its numbers, where other tables have another unit.

    One header of kbps and one of Mbps stand for one column; its name then states no unit.
    Degrees stay plain numbers.
    """
    units = [
        {c: split_unit(t.meant.get(header, header))[1] for c, header in t.columns.items()}
        for t in tables
    ]
    columns = {column for each in units for column in each} - {"lat", "lon"}
    differ = {c for c in columns if len({each[c] for each in units if c in each}) > 1}
    changed: list[_Table] = []
    for table, unit in zip(tables, units, strict=True):
        names = {table.columns[c]: c for c in sorted(differ & table.columns.keys())}
        cells = table.cells.rename(columns=names)
        for column in names.values():
            bare = cells[column].str.fullmatch(BARE_NUMBER).astype(bool) & bool(unit[column])
            cells[column] = cells[column].mask(bare, cells[column] + f" {unit[column]}")
        own = {**table.columns, **{column: column for column in names.values()}}
        changed.append(table._replace(cells=cells, columns=own))
    return changed


class _Meanings(NamedTuple):
    """What headers mean: aliases of columns, and what the project says of this file."""

    aliases: Mapping[str, Sequence[str]]
    override: Mapping[str, str]

    def spellings(self) -> dict[str, str]:
        """Every folded header that means something, and the column that it means."""
        spelled = {spelling: column for column, words in self.aliases.items() for spelling in words}
        spelled |= {fold(column): column for column in self.aliases}
        return spelled | {fold(header): column for column, header in self.override.items()}

    def found(self, headers: Sequence[str], words: Sequence[str]) -> dict[str, int]:
        """Column to its header's position: as the project names it, or by what its words mean."""
        found: dict[str, int] = {}
        for column, header in self.override.items():
            if header in headers:
                found[column] = headers.index(header)
        taken = set(found.values())
        places = {"lat": (), "lon": ()} if not self.aliases else {}
        unread = {"lat", "lon"} if parts_of_degrees(words) else set()
        for column, spellings in {**places, **self.aliases}.items():
            if column in self.override or column in unread:
                continue
            meant = {fold(column), *spellings}
            mine = (n for n, word in enumerate(words) if n not in taken and fold(word) in meant)
            # A header can name its unit: “Tinggi (m)”.
            bare = (
                n
                for n, word in enumerate(words)
                if n not in taken and fold(bare_header(word, column)) in meant
            )
            if (at := next(mine, next(bare, None))) is not None:
                found[column] = at
        if {"lat", "lon"} <= self.aliases.keys() - found.keys() - unread:
            left = [n for n in range(len(words)) if n not in found.values()]
            placed = place_columns([words[n] for n in left])
            found |= {column: left[at] for column, at in placed.items()}
        return found

    def wants(self, column: str, words: Sequence[str]) -> bool:
        """Whether a table without such a header takes the column from its points or placemarks."""
        if column in self.override or (self.aliases and column not in self.aliases):
            return False
        return not {fold(h) for h in words} & {fold(column), *self.aliases.get(column, ())}


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
