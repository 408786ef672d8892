"""Tables and vector layers as text: opening, recognition of headers, row numbers.

A row keeps the number that a spreadsheet shows for it. What makes a file unusable raises
:class:`~kalsel_gap.errors.InputError`; errors in rows are left to the callers.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

import pandas as pd

from kalsel_gap.errors import InputError, suggestion
from kalsel_gap.findings import Finding
from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.formats import decimal_commas, kinds, table_cells, vector_layers
from kalsel_gap.sources.formats.decimal_commas import decimal_points
from kalsel_gap.sources.formats.header_rows import header_row
from kalsel_gap.sources.formats.table_cells import reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

ShapeKind = Literal["any", "lines", "polygons"]
_DIMENSIONS = {"lines": 1, "polygons": 2}
_MOST_LISTED = 60  # headers in a note: a file can have thousands
# Usual columns of school tables that are not used here, so not misspellings of others.
_BESIDE = (
    "id no nomor nourut nsm nss nis kode provinsi propinsi namaprovinsi kodeprovinsi kodeprop "
    "kodepropinsi kodekabupaten kodekabkota kodekab kodekabupatenkota kodekecamatan kodekec "
    "kodewilayah kodedesa kodekelurahan kodepos provinsikode provinsinama kabupatenkode "
    "kecamatankode desa kelurahan desakelurahan namadesa dusun rt rw rtrw alamat alamatjalan "
    "alamatsekolah alamatmadrasah alamatlengkap jalan address schooladdress province admin1 "
    "telepon telp notelp nohp fax email website akreditasi nilaiakreditasi kurikulum yayasan "
    "namayayasan kepala kepalasekolah kepalamadrasah namakepalasekolah rombel jumlahrombel "
    "jmlrombel rombonganbelajar tendik pegawai tahunberdiri skpendirian tanggalskpendirian "
    "skoperasional tglskpendirian luastanah kelas rkelas rlab rperpus jmlsync lastsync "
    "sinkron createdat updatedat lastupdate semester schoolidgiga gigaidschool numcomputers "
    "connectivitytype schoolareatype"
)
_UNUSED = frozenset(_BESIDE.split())
_NAMED_MONTH = re.compile(r"(\d{1,2})[\s-]+([A-Za-z]{3,9})\.?[\s-]+(\d{4})\b", re.ASCII)
_NAMES = ("jan", "feb", "mar", "apr", "mei", "jun", "jul", "agu", "sep", "okt", "nov", "des")
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}
_MONTHS |= {"may": 5, "agt": 8, "ags": 8, "aug": 8, "oct": 10, "nop": 11, "dec": 12}
ROW = "__row__"  # cannot be a header, because folding removes its sign


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
        As for :func:`recognise`.

    Raises
    ------
    InputError
        Unreadable, not a table, no such sheet, or no rows.
    """
    meanings = _Meanings(aliases or {}, override or {})
    cells = kinds.read_cells(path, sheet, meanings.spellings())
    grid = [[cell.strip() for cell in row] for row in cells.rows]
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
    texts = _by_column([body[n] for n in filled], columns)
    if cells.decimal_comma:
        texts = decimal_points(texts, [columns[n] for n in places.values()])
    texts |= {column: [cell[n] for n in filled] for column, cell in spare.items()}
    table = pd.DataFrame(texts, dtype="str")
    table[ROW] = [top + 2 + n for n in filled]
    return RawTable(
        path=path,
        cells=table,
        too_long=tuple(top + 2 + n for n in filled if any(body[n][len(columns) :])),
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
    body: Sequence[list[str]], places: Mapping[str, int], cells: table_cells.TableCells
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


def _by_column(rows: Sequence[Sequence[str]], headers: Sequence[str]) -> dict[str, list[str]]:
    """Cells by header; what a short row lacks is empty."""
    return {
        header: [row[n] if n < len(row) else "" for row in rows] for n, header in enumerate(headers)
    }


def _distinct(headers: Sequence[str]) -> list[str]:
    """Headers without repetitions: an empty or repeated one gets a number."""
    distinct: list[str] = []
    for header in headers:
        numbered = (f"{header} ({number})" for number in itertools.count(2 if header else 1))
        candidates = itertools.chain([header] if header else [], numbered)
        distinct.append(next(name for name in candidates if name not in distinct))
    return distinct


def recognise(
    table: RawTable,
    aliases: Mapping[str, Sequence[str]],
    *,
    override: Mapping[str, str] | None = None,
    required: Iterable[str] = (),
    lenient: Collection[str] = (),
) -> dict[str, str]:
    """Which header holds which canonical column.

    Parameters
    ----------
    table : RawTable
        The table.
    aliases : mapping
        Canonical column to the folded headers that mean it; its own name always does.
    override : mapping, optional
        Canonical column to header, as the project says.
    required : iterable of str
        Columns without which the file is an error.
    lenient : collection of str
        Columns for which the first of several headers is used.

    Returns
    -------
    dict
        Canonical column to header.

    Raises
    ------
    InputError
        A required column is missing, a column occurs twice, or an override names a
        missing header.
    """
    override = override or {}
    found: dict[str, str] = {}
    for column, header in override.items():
        if column not in aliases:
            raise InputError(
                "column_not_ours",
                path=table.path,
                column=column,
                suggestion=suggestion(column, aliases),
                known=", ".join(aliases),
            )
        if header not in table.headers:
            raise InputError(
                "column_missing",
                path=table.path,
                column=header,
                suggestion=suggestion(header, table.headers),
                known=", ".join(table.headers),
            )
        found[column] = header
    taken = set(override.values())
    for column, spellings in aliases.items():
        if column in found:
            continue
        meanings = {fold(column), *spellings}
        headers = [
            h
            for h in table.headers
            if h not in taken and fold(table.repeated.get(h, h)) in meanings
        ]
        if len(headers) > 1 and column not in lenient:
            raise InputError(
                "column_twice", path=table.path, column=column, known=", ".join(headers)
            )
        if headers:
            found[column] = headers[0]
    for column in required:
        if column not in found:
            raise _missing(table, column, aliases.get(column, ()), found)
    return found


def _missing(
    table: RawTable, column: str, spellings: Sequence[str], found: Mapping[str, str]
) -> InputError:
    if not found and len(table.headers) == 1:
        return InputError("table_one_column", path=table.path, known=table.headers[0])
    left = [h for h in table.headers if h not in found.values() and fold(h) not in _UNUSED]
    folded = {fold(h): h for h in left}
    slips = (fold(h) for h in left if _slip_of(h, {fold(column), *spellings}))
    near = next(slips, "") or suggestion(fold(column), folded)
    return InputError(
        "column_missing",
        path=table.path,
        column=column,
        suggestion=folded.get(near, ""),
        known=", ".join(table.headers),
    )


def header_findings(
    table: RawTable, header: Mapping[str, str], aliases: Mapping[str, Sequence[str]], file: str
) -> list[Finding]:
    """Findings about headers that were not recognised: a note, and a warning for each misspelling.

    Parameters
    ----------
    table : RawTable
        The table.
    header : mapping
        Canonical column to header, as :func:`recognise` gives it.
    aliases : mapping
        As for :func:`recognise`.
    file : str
        The file as the project names it.
    """
    taken = set(header.values())
    left = [name for name in table.headers if name not in taken]
    note = {
        "understood": "; ".join(f"{column} ← {name}" for column, name in header.items()),
        "others": "; ".join(left[:_MOST_LISTED]),
        "count": len(left),
    }
    findings = [Finding("columns_understood", file=file, parameters=note)] if left else []
    findings += [
        Finding("column_not_understood", file=file, column=name, parameters={"suggestion": near})
        for name, near in likely_misspellings(table, header, aliases).items()
    ]
    return findings


def likely_misspellings(
    table: RawTable, header: Mapping[str, str], aliases: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Unrecognised headers that are likely misspellings, and the right spelling of each.

    Two headers near one spelling are two different columns, not misspellings.
    """
    missing = {
        spelling
        for column, words in aliases.items()
        if column not in header
        for spelling in (fold(column), *words)
    }
    taken = set(header.values())
    near = {name: _slip_of(name, missing) for name in table.headers if name not in taken}
    uses = Counter(near.values())
    return {name: spelling for name, spelling in near.items() if spelling and uses[spelling] == 1}


def _slip_of(name: str, spellings: Iterable[str]) -> str:
    """The spelling that differs by one letter in eight or is cut after ten letters; or none."""
    folded = fold(name)
    if folded in _UNUSED:
        return ""
    near = [
        (slips, spelling)
        for spelling in spellings
        if min(len(folded), len(spelling)) >= 4
        and abs(len(folded) - len(spelling)) <= 2
        and 0 < (slips := _slips(folded, spelling)) <= (1 if len(spelling) < 8 else 2)
    ]
    # A Shapefile cuts its headers after ten characters.
    near += [(9, s) for s in spellings if len(name) == 10 and s.startswith(folded) and s != folded]
    return min(near, default=(0, ""))[1]


def _slips(one: str, other: str) -> int:
    """Letters to add, drop, change or swap with a neighbour (optimal string alignment).

    Examples
    --------
    >>> _slips("bujur", "bujru"), _slips("lintan", "lintang"), _slips("siswi", "siswa")
    (1, 1, 1)
    """
    before: list[int] = []
    line = list(range(len(other) + 1))
    for i, char in enumerate(one, start=1):
        last, before, line = before, line, [i]
        for j, wanted in enumerate(other, start=1):
            cost = min(before[j] + 1, line[j - 1] + 1, before[j - 1] + (char != wanted))
            if i > 1 and j > 1 and char == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            line.append(cost)
    return line[-1]


def whole_number(text: str) -> float:
    """A whole number; NaN for anything else, and for 1.000, which may mean a thousand.

    Examples
    --------
    >>> [whole_number(text) for text in ("12", "12.0", "1.000", "1.5")]
    [12.0, 12.0, nan, nan]
    """
    value = math.nan if decimal_commas.is_grouped(text) else number(text)
    return value if value.is_integer() else math.nan


def parse_date(text: str) -> date | None:
    """A date as 2026-11-21, 21/11/2026, 21-11-2026 or 2026-11-21 10:00; otherwise None.

    A month may also be named, in Indonesian or English.

    Examples
    --------
    >>> [str(parse_date(text)) for text in ("21/11/2026 10:00", "05 Agustus 2025", "31 Feb 2025")]
    ['2026-11-21', '2025-08-05', 'None']
    """
    head = text.strip()[:10]
    for pattern in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d"):
        try:
            return datetime.strptime(head, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    named = _NAMED_MONTH.match(text.strip())
    month = _MONTHS.get(named.group(2)[:3].lower()) if named else None
    if named is None or month is None:
        return None
    try:
        return date(int(named.group(3)), month, int(named.group(1)))
    except ValueError:
        return None


def read_vector(
    path: Path, *, shapes: ShapeKind = "any", layer: str | None = None
) -> gpd.GeoDataFrame:
    """Read a vector layer and bring it to WGS 84.

    Parameters
    ----------
    path : Path
        Any vector file that GDAL reads, a zipped Shapefile, or GeoParquet.
    shapes : {'any', 'lines', 'polygons'}
        Geometry that it must contain; a polygon also counts as lines, by its boundary.
    layer : str, optional
        Layer of the file; by default the first one, of KML all of them.

    Raises
    ------
    InputError
        Unreadable, without CRS, or without such a geometry.
    """
    import geopandas as gpd
    import pyarrow as pa
    import shapely
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        if path.suffix.lower() in vector_layers.PARQUETS:
            frame = gpd.read_parquet(path)
        else:
            with vector_layers.quiet():
                where, names = vector_layers.layers(path, layer)
                frames = [
                    gpd.read_file(where, layer=n, engine="pyogrio", use_arrow=True) for n in names
                ]
            frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    except (
        *(DataSourceError, DataLayerError, pa.ArrowException),
        *(OSError, RuntimeError, ValueError),
    ) as error:
        raise InputError("vector_unreadable", path=path, reason=reason(error)) from None
    if not isinstance(frame, gpd.GeoDataFrame) or frame.geometry.isna().all():
        raise InputError("vector_no_geometry", path=path)
    if shapes != "any" and shapely.get_dimensions(frame.geometry).max() < _DIMENSIONS[shapes]:
        raise InputError(f"vector_no_{shapes}", path=path)
    if frame.crs is None:
        raise InputError("vector_no_crs", path=path)
    return frame.to_crs("EPSG:4326")
