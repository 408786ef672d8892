"""Tables of any format as text with row numbers, spare columns from points.

A row keeps the number that a spreadsheet shows for it. What makes a file unusable raises
:class:`~kalsel_gap.errors.InputError`; errors in rows are left to the callers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.coordinate_pairs import split_column
from kalsel_gap.sources.formats.kinds import read_cells
from kalsel_gap.sources.header_meanings import Meanings
from kalsel_gap.sources.headers import year_in
from kalsel_gap.sources.quantities import BARE_NUMBER, read_whole, split_unit
from kalsel_gap.sources.table_names import file_of
from kalsel_gap.sources.table_parts import ROW, Note, Required, TablePart, read_part

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from kalsel_gap.sources.formats.table_cells import Chosen, TableCells


# Columns whose words offices write in several ways.
_SPELLED = frozenset(
    ("level", "ownership", "kabupaten", "kecamatan", "desa", "address", "ministry", "updated_at")
)


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
    meanings = Meanings(aliases or {}, override or {})
    given = read_cells(path, sheet, meanings.spellings())
    if not required:
        first = next((cells for cells in given if not cells.hidden and not cells.unread), given[0])
        return _raw(path, read_part(first, path, meanings, unheaded))
    tables, notes = _fitting(given, path, meanings, required, unheaded, chosen=sheet)
    return _joined(path, tables, notes)


def has_columns_only(path: Path, *, needed: Collection[str], known: Sequence[str]) -> bool:
    """Whether a file is a table that this tool wrote, without a column of somebody's own.

    Parameters
    ----------
    path : Path
        It need not exist.
    needed : collection of str
        Columns that it has.
    known : sequence of str
        Columns that it may have, in the order in which they are written.
    """
    if not path.is_file():
        return False
    try:
        columns = set(read_table(path).cells.columns)
    except InputError as error:  # a table whose rows were all taken out has nothing to lose
        first = f"{','.join(known[:2])},".encode()
        return error.code == "table_no_rows" and path.read_bytes().startswith(first)
    return set(needed) <= columns <= {*known, ROW}


def _raw(path: Path, part: TablePart) -> RawTable:
    """The only part of a file as its table."""
    too_long = tuple(("", row) for row in part.too_long)
    return RawTable(path, part.cells, too_long, part.meant, None, tuple(part.notes))


def _fitting(
    given: Sequence[TableCells],
    path: Path,
    meanings: Meanings,
    required: Required,
    unheaded: Callable[[Sequence[str]], Sequence[str] | None] | None,
    *,
    chosen: Chosen,
) -> tuple[list[TablePart], list[Note]]:
    """The parts of a file that have the required columns, and notes about the others."""
    several = len(given) > 1
    read: list[TablePart] = []
    left: list[Note] = []
    errors: list[InputError] = []
    for cells in given:
        if cells.hidden or cells.unread:
            code = "part_hidden" if cells.hidden else "part_unreadable"
            left.append(Note(code, value=cells.part, parameters={"error": cells.unread}))
            continue
        try:
            read.append(read_part(cells, path, meanings, unheaded, of_office=True))
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


def _told(read: list[TablePart], left: Sequence[Note]) -> tuple[list[TablePart], list[Note]]:
    """The tables, and the notes with the names of what is read, as the project file writes them."""
    quoted = [f'"{table.part}"' for table in read]
    names = quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"
    return read, [
        Note(note.code, note.part, note.row, note.value, {**note.parameters, "read": names})
        for note in left
    ]


def _of_newest_year(
    tables: Sequence[TablePart], meanings: Meanings
) -> tuple[list[TablePart], list[Note]]:
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


def _without_repeats(tables: Sequence[TablePart]) -> tuple[list[TablePart], list[Note]]:
    """Tables without those of which every row stands in the others, and a note for each of these.

    A recapitulation of all sheets must not double their rows. Two rows are one if they agree in all
    columns that both tables have; only words that offices write in several ways, N or Negeri, may
    differ. Of tables that repeat each other, the one that has the fewest columns alone is left out.
    """
    kept = left = [_Rows(table) for table in tables]
    notes: list[Note] = []
    found = {n: each.repeated_in(kept) for n, each in enumerate(kept)}
    repeated = {n: repeat for n, repeat in found.items() if repeat is not None}
    while repeated:
        left_out = min(repeated, key=lambda n: (len(repeated[n].lost), len(tables[n].cells), -n))
        lost = repeated.pop(left_out).lost
        more = {"count": len(tables[left_out].cells), "columns": ", ".join(sorted(lost)) or "–"}
        notes.append(Note("part_repeats", value=tables[left_out].part, parameters=more))
        gone = kept[left_out]
        left = [each for each in left if each is not gone]
        # What does not repeat now does not repeat the fewer that are left.
        for n in [n for n, repeat in repeated.items() if gone in repeat.others]:
            again = kept[n].repeated_in(left)
            repeated.pop(n) if again is None else repeated.update({n: again})
    return [each.table for each in left], notes


class _Repeat(NamedTuple):
    """Columns that only a table has, and the tables that have all its rows."""

    lost: set[str]
    others: list[_Rows]


class _Rows:
    """The rows of a table as they are compared, by the columns that two tables have."""

    def __init__(self, table: TablePart) -> None:
        self.table = table
        self._rows: dict[tuple[str, ...], frozenset[tuple[str, ...]]] = {}
        self._numbered: dict[tuple[str, ...], list[tuple[str, ...]]] = {}

    def repeated_in(self, tables: Sequence[_Rows]) -> _Repeat | None:
        """Others of the tables in which all rows stand; None if one does not.

        A table with a column of values that the others lack is none of these.
        """
        left = set(range(len(self.table.cells)))
        lost: set[str] = set()
        others: list[_Rows] = []
        mine = set(self.table.columns)
        for other in tables:
            if other is self:
                continue
            own = mine - set(other.table.columns)
            if not own <= _SPELLED | _made_up_by(other.table.columns):
                continue
            columns = tuple(sorted(mine & set(other.table.columns) - _SPELLED))
            if not columns:
                continue
            rows, there = self.numbered(columns), other.different(columns)
            found = {n for n in left if rows[n] in there}
            if found:
                lost |= own
                left -= found
                others.append(other)
            if not left:
                return _Repeat(lost, others)
        return None

    def numbered(self, columns: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The rows in their order."""
        if columns not in self._numbered:
            self._numbered[columns] = _rows_of(self.table, columns)
        return self._numbered[columns]

    def different(self, columns: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
        """The rows, each once."""
        if columns not in self._rows:
            self._rows[columns] = frozenset(self.numbered(columns))
        return self._rows[columns]


def _made_up_by(columns: Collection[str]) -> set[str]:
    """Columns that follow from others: a sum from its parts, and its parts from a sum."""
    made = {name[:-5] for name in columns if name.endswith("_male")}
    return made | {f"{name}_{sex}" for name in columns for sex in ("male", "female")}


def _rows_of(table: TablePart, columns: Sequence[str]) -> list[tuple[str, ...]]:
    texts = [map(_comparable, table.cells[table.columns[column]]) for column in columns]
    return list(zip(*texts, strict=True))


def _comparable(text: str) -> str:
    """A cell as text to compare by: 3.50 is 3.5, 120 siswa is 120; case and spaces do not count."""
    try:
        return repr(float(text))
    except ValueError:
        count = read_whole(text)
        return " ".join(text.casefold().split()) if math.isnan(count) else repr(count)


def _joined(path: Path, tables: Sequence[TablePart], notes: Sequence[Note]) -> RawTable:
    """The parts one below the other, each column under the header that it has in the first one."""
    every = [*notes, *(note for table in tables for note in table.notes)]
    if len(tables) > 1:
        tables = _with_own_units(_with_two_places(tables))
    if len(tables) == 1:
        raw = _raw(path, tables[0])
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


def _with_two_places(tables: Sequence[TablePart]) -> list[TablePart]:
    """Tables with a column each of latitude and longitude, where only some have one of both."""
    if len({(table.columns.get("lat"), table.columns.get("lon")) for table in tables}) == 1:
        return list(tables)
    changed: list[TablePart] = []
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


def _with_own_units(tables: Sequence[TablePart]) -> list[TablePart]:
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
    changed: list[TablePart] = []
    for table, unit in zip(tables, units, strict=True):
        names = {table.columns[c]: c for c in sorted(differ & table.columns.keys())}
        cells = table.cells.rename(columns=names)
        for column in names.values():
            bare = cells[column].str.fullmatch(BARE_NUMBER).astype(bool) & bool(unit[column])
            cells[column] = cells[column].mask(bare, cells[column] + f" {unit[column]}")
        own = {**table.columns, **{column: column for column in names.values()}}
        changed.append(table._replace(cells=cells, columns=own))
    return changed
