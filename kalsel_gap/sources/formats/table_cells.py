"""A table as it lies in a file, and what the readers of all formats share."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


LIMIT_BYTES = 2**30  # unpacked size; more is a decompression bomb, not a table


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


def reason(error: Exception) -> str:
    """The system's message, otherwise a library's first line without hints for programmers."""
    said = getattr(error, "strerror", None) or str(error)
    line = (said.splitlines() or [type(error).__name__])[0]
    return line.partition("; It might help")[0][:200]


def read_bytes(path: Path) -> bytes:
    """Bytes of a file, unpacked where it is gzipped."""
    try:
        if path.suffix.lower() != ".gz":
            return path.read_bytes()
        with gzip.open(path) as file:
            raw = file.read(LIMIT_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError("file_unreadable", path=path, reason=reason(error)) from None
    refuse_too_large(len(raw), path)
    return raw


def refuse_too_large(size_bytes: int, path: Path) -> None:
    """Raise an error where something is larger, once unpacked, than any table is."""
    if size_bytes > LIMIT_BYTES:
        raise InputError("file_too_large", path=path, limit=LIMIT_BYTES // 2**20)


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
