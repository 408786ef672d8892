"""A table as it lies in a file, and what the readers of all formats share."""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from kalsel_gap.errors import InputError, reading, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


LIMIT_BYTES = 2**30  # unpacked size; more is a decompression bomb, not a table
LIMIT_CELLS = 50_000_000
LIMIT_COLUMNS = 2**14  # of a sheet
HEAD_BYTES = 2**16  # they show of which kind a file is

# What the project asks for: one sheet or layer, several, or "*" for all.
Chosen: TypeAlias = "str | Sequence[str] | None"
EVERY = "*"


@dataclass(slots=True)
class Content:
    """A file, or what was unpacked from one.

    Attributes
    ----------
    path : Path
        The file, as messages name it.
    name : str
        Its name, or that of the part of an archive.
    raw : bytes, optional
        Its bytes where it was unpacked; otherwise they are read from the file.
    """

    path: Path
    name: str
    raw: bytes | None = None

    @property
    def ending(self) -> str:
        """Ending of the name, in lower case with its dot."""
        return f".{self.name.rpartition('.')[2].lower()}" if "." in self.name else ""

    def head(self) -> bytes:
        """The first bytes."""
        with reading(self.path, "file_unreadable"), self.open() as file:
            return file.read(HEAD_BYTES)

    def open(self) -> BinaryIO:
        """A file to read from."""
        return self.path.open("rb") if self.raw is None else io.BytesIO(self.raw)

    def take(self) -> bytes:
        """All bytes; they are handed over, and can be taken only once."""
        raw, self.raw = self.raw, None
        if raw is None:
            with reading(self.path, "file_unreadable"):
                raw = self.path.read_bytes()
        return raw

    def unpacked(self) -> Content:
        """What is gzipped in it."""
        with reading(self.path, "file_unreadable"), self.open() as packed:
            try:
                with gzip.open(packed) as file:
                    raw = file.read(LIMIT_BYTES + 1)
            except (EOFError, zlib.error) as error:
                raise InputError(
                    "file_unreadable", path=self.path, reason=str(error) or "gzip"
                ) from None
        refuse_too_large(len(raw), self.path)
        ends = len(self.name) - 3 if self.ending == ".gz" else len(self.name)
        return Content(self.path, self.name[:ends], raw)


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged range of cells: its first and last row and column, from 0."""

    top: int
    left: int
    bottom: int
    right: int


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
    part : str
        Sheet, layer or document of the file that it is; empty where the file is one table.
    hidden : bool
        Whether the office has hidden the sheet; it has no rows here.
    unread : str
        Code of the error for which the part was not read; it has no rows here.
    merged : sequence of Merged
        Merged ranges of the sheet, in the numbers of `rows`.
    """

    rows: list[list[str]]
    titled: bool = False
    decimal_comma: bool = False
    spare: Mapping[str, Callable[[], list[str]]] = field(default_factory=dict)
    part: str = ""
    hidden: bool = False
    unread: str = ""
    merged: Sequence[Merged] = ()


def refuse_too_large(size_bytes: int, path: Path) -> None:
    """Raise an error where something is larger, once unpacked, than any table is."""
    if size_bytes > LIMIT_BYTES:
        raise InputError("file_too_large", path=path, limit=LIMIT_BYTES // 2**20)


def refuse_too_many(rows: int, columns: int, path: Path) -> None:
    """Raise an error where a table has more columns or cells than any table of schools or sites."""
    if columns > LIMIT_COLUMNS or rows * columns > LIMIT_CELLS:
        raise InputError("table_too_wide", path=path, rows=rows, columns=columns)


def chosen_names(asked: Chosen, names: Sequence[str], path: Path) -> list[str]:
    """Names of the sheets or layers that are asked for; all of them where nothing is.

    Raises
    ------
    InputError
        There is no such sheet.
    """
    if asked is None or asked == EVERY:
        return list(names)
    wanted = [asked] if isinstance(asked, str) else list(asked)
    for name in wanted:
        if name not in names:
            raise InputError(
                "sheet_missing",
                path=path,
                column=name,
                known=", ".join(names),
                suggestion=suggestion(name, names),
            )
    return wanted
