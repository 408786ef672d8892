"""A table as it lies in a file, and what the readers of all formats share."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError, reading, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


LIMIT_BYTES = 2**30  # unpacked size; more is a decompression bomb, not a table
LIMIT_CELLS = 50_000_000
LIMIT_COLUMNS = 2**14  # of a sheet


@dataclass(frozen=True, slots=True)
class TableCells:
    """A table as it lies in the file.

    Attributes
    ----------
    rows : list of list of str
        All rows. The header is the first one, unless titles may stand above it.
    titled : bool
        Whether titles may stand above the header: in CSV files and workbooks.
    decimal_comma : bool
        Whether the delimiter leaves the comma free for decimals.
    spare : mapping
        Canonical column to what makes its cells, one for each row below the header: for tables
        that have no such column, such as the place of a point.
    """

    rows: list[list[str]]
    titled: bool = False
    decimal_comma: bool = False
    spare: Mapping[str, Callable[[], list[str]]] = field(default_factory=dict)


def read_bytes(path: Path) -> bytes:
    """Bytes of a file, unpacked where it is gzipped."""
    with reading(path, "file_unreadable"):
        if path.suffix.lower() != ".gz":
            return path.read_bytes()
        with gzip.open(path) as file:
            raw = file.read(LIMIT_BYTES + 1)
    refuse_too_large(len(raw), path)
    return raw


def refuse_too_large(size_bytes: int, path: Path) -> None:
    """Raise an error where something is larger, once unpacked, than any table is."""
    if size_bytes > LIMIT_BYTES:
        raise InputError("file_too_large", path=path, limit=LIMIT_BYTES // 2**20)


def refuse_too_many(rows: int, columns: int, path: Path) -> None:
    """Raise an error where a table has more columns or cells than any table of schools or sites."""
    if columns > LIMIT_COLUMNS or rows * columns > LIMIT_CELLS:
        raise InputError("table_too_wide", path=path, rows=rows, columns=columns)


def chosen_name(sheet: str | None, names: Sequence[str], path: Path) -> str:
    """Name of the sheet or layer that is asked for; the first by default."""
    name = sheet if sheet is not None else next(iter(names), "")
    if name not in names:
        raise InputError(
            "sheet_missing",
            path=path,
            column=name,
            known=", ".join(names),
            suggestion=suggestion(name, names),
        )
    return name
