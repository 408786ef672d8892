"""Tables and vector layers, opened as they are: every cell is text until somebody reads it.

A row keeps the number that a spreadsheet shows for it. What makes a file unusable raises
:class:`~kalsel_gap.errors.InputError`; faults of rows are left to the callers.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import math
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.project import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DELIMITERS = ",;\t"
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
    """

    path: Path
    cells: pd.DataFrame
    too_long: tuple[int, ...] = ()

    @property
    def headers(self) -> list[str]:
        """Headers as found."""
        return [str(name) for name in self.cells.columns if name != ROW]


def read_table(path: Path, sheet: str | None = None) -> RawTable:
    """Read CSV (also gzipped) or XLSX.

    Parameters
    ----------
    path : Path
        The file; its ending tells which kind it is.
    sheet : str, optional
        Sheet of a workbook; the first by default.

    Raises
    ------
    InputError
        Unreadable, not a table, no such sheet, or no rows.
    """
    records = _xlsx(path, sheet) if path.suffix.lower() in {".xlsx", ".xlsm"} else _csv(path)
    stripped = [[cell.strip() for cell in row] for row in records]
    numbered = [(number, row) for number, row in enumerate(stripped, start=1) if any(row)]
    if len(numbered) < 2:
        raise InputError("table_no_rows", path=path)
    headers = _distinct(numbered[0][1])
    width = len(headers)
    rows = numbered[1:]
    cells = pd.DataFrame(
        [row[:width] + [""] * (width - len(row)) for _, row in rows],
        columns=headers,
        dtype="str",
    )
    cells[ROW] = [number for number, _ in rows]
    too_long = tuple(number for number, row in rows if any(row[width:]))
    return RawTable(path=path, cells=cells, too_long=too_long)


def _csv(path: Path) -> list[list[str]]:
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise InputError("file_unreadable", path=path, reason=_reason(error)) from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", errors="replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            if b"\0" in raw[:4096]:
                raise InputError("table_not_text", path=path) from None
            text = raw.decode("cp1252", errors="replace")
    if "\0" in text[:4096]:
        raise InputError("table_not_text", path=path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return list(reader)
    except csv.Error as error:
        raise InputError(
            "table_broken", path=path, row=reader.line_num, reason=str(error)
        ) from None


def _xlsx(path: Path, sheet: str | None) -> list[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(path))
    except (CalamineError, zipfile.BadZipFile, OSError) as error:
        raise InputError("table_not_xlsx", path=path, reason=_reason(error)) from None
    names = workbook.sheet_names
    name = sheet if sheet is not None else next(iter(names), "")
    if name not in names:
        raise InputError(
            "sheet_missing",
            path=path,
            column=name,
            known=", ".join(names),
            suggestion=suggestion(name, names),
        )
    rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return [[_cell(value) for value in row] for row in rows]


def _cell(value: object) -> str:
    """A workbook's cell as the text a person reads: 30300503.0 is 30300503."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _distinct(headers: Sequence[str]) -> list[str]:
    """Headers without repetitions: an empty or repeated one gets a number."""
    distinct: list[str] = []
    for header in headers:
        numbered = (f"{header} ({number})" for number in itertools.count(2 if header else 1))
        candidates = itertools.chain([header] if header else [], numbered)
        distinct.append(next(name for name in candidates if name not in distinct))
    return distinct


def fold(text: str) -> str:
    """Header or name without case, spaces and signs, to compare by.

    Examples
    --------
    >>> fold("Kab.-Kota/Negara (LN)")
    'kabkotanegaraln'
    """
    return "".join(char for char in text.casefold() if char.isalnum())


def recognise(
    table: RawTable,
    aliases: Mapping[str, Sequence[str]],
    *,
    override: Mapping[str, str] | None = None,
    required: Iterable[str] = (),
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
        Columns without which the file is of no use.

    Returns
    -------
    dict
        Canonical column to header.

    Raises
    ------
    InputError
        A required column is missing, a column is there twice, or an override names what is not.
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
        headers = [h for h in table.headers if h not in taken and fold(h) in meanings]
        if len(headers) > 1:
            raise InputError(
                "column_twice", path=table.path, column=column, known=", ".join(headers)
            )
        if headers:
            found[column] = headers[0]
    for column in required:
        if column not in found:
            folded = {fold(h): h for h in table.headers}
            near = suggestion(fold(column), folded)
            raise InputError(
                "column_missing",
                path=table.path,
                column=column,
                suggestion=folded.get(near, ""),
                known=", ".join(table.headers),
            )
    return found


def number(text: str) -> float:
    """A plain decimal number; NaN for anything else, so that nothing is read as what it is not.

    Examples
    --------
    >>> number("-.5"), number("1_000"), number("nan")
    (-0.5, nan, nan)
    """
    if not _NUMBER.fullmatch(text):
        return math.nan
    value = float(text)
    return value if math.isfinite(value) else math.nan


def day(text: str) -> date | None:
    """A date as 2026-11-21, 21/11/2026, 21-11-2026 or 2026-11-21 10:00; nothing for others."""
    head = text.strip()[:10]
    for pattern in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d"):
        try:
            return datetime.strptime(head, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def read_vector(path: Path) -> gpd.GeoDataFrame:
    """Read a vector layer and bring it to WGS 84.

    Raises
    ------
    InputError
        Unreadable, without CRS, or without a geometry.
    """
    import geopandas as gpd
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        layer = gpd.read_file(path, engine="pyogrio", use_arrow=True)
    except (DataSourceError, DataLayerError, OSError, RuntimeError, ValueError) as error:
        raise InputError("vector_unreadable", path=path, reason=_reason(error)) from None
    if not isinstance(layer, gpd.GeoDataFrame) or layer.geometry.isna().all():
        raise InputError("vector_no_geometry", path=path)
    if layer.crs is None:
        raise InputError("vector_no_crs", path=path)
    return layer.to_crs("EPSG:4326")


def _reason(error: Exception) -> str:
    """First line of what a library says: its own words, shortened."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
