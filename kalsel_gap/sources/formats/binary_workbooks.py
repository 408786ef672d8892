"""Binary workbooks, XLS and XLSB: how far their cells reach, before a library believes them.

A few bytes can claim a cell in the last row and column, a table of two thousand million texts or a
chain of sectors without end, and the library that reads them takes memory for all of it first: the
process ends. So the records are counted here. Formats: [MS-CFB], [MS-XLS] and [MS-XLSB].
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError
from kalsel_gap.sources.formats.table_cells import refuse_too_many

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What a sheet that cannot be cut to its content may span, 24 bytes for each place in it.
_MOST_PLACES = 8_000_000
_SPARSE = 4  # times as many places as there are cells, beyond that

# Compound files: numbers in the table of sectors, and names of the stream.
_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST, _OF_TABLE, _END, _FREE = 0xFFFFFFFA, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF
_IN_HEADER = 109  # sectors of the table that the header lists
_ENTRY = 128  # bytes in the folder
_SMALL = 4096  # a shorter stream lies in one that small streams share
_USUAL, _LARGE, _VERSION_OF_LARGE = 512, 4096, 4  # bytes of a sector
_STREAMS = ("Workbook", "Book")

# Records of XLS.
_CELLS = frozenset((0x203, 0x204, 0x205, 0xD6, 0x06, 0x27E, 0xFD, 0xBD))
_SEVERAL, _DIMENSIONS, _END_OF_PART, _SHEET, _TEXTS = 0xBD, 0x200, 0x0A, 0x85, 0xFC
_ROWS, _COLUMNS = 65_536, 256
# Records of XLSB.
_ROW, _SHARED_TEXTS = 0, 159
_FILLED = frozenset((*range(2, 12), 62))
_MORE = 128  # a byte of a number from this on is followed by another one
_COLUMN = struct.Struct("<I")  # and a row


class _Span:
    """How far the cells of a sheet reach."""

    def __init__(self) -> None:
        self.cells = self.rows = self.columns = 0

    def add(self, row: int, column: int, cells: int = 1) -> None:
        self.cells += cells
        if row >= self.rows:
            self.rows = row + 1
        if column >= self.columns:
            self.columns = column + 1

    def refuse(self, path: Path) -> None:
        """An error where they reach farther than any table, or far beyond what there is."""
        refuse_too_many(self.rows, self.columns, path)
        if self.rows * self.columns > max(_MOST_PLACES, _SPARSE * self.cells):
            raise InputError("table_too_wide", path=path, rows=self.rows, columns=self.columns)


def is_binary(raw: bytes) -> bool:
    """Whether a workbook is read as XLS or XLSB, whatever its signature says.

    What is no archive is read as XLS; names of an archive stand in its folder, unpacked.
    """
    return not raw.startswith(b"PK") or b"xl/workbook.bin" in raw


# --- XLS -----------------------------------------------------------------------------------------


def xls_alone(raw: bytes, path: Path) -> bytes:
    """An XLS workbook in a compound file of its own, once its records are known to be bounded.

    Parameters
    ----------
    raw : bytes
        A compound file: the workbook, and whatever lies beside it.
    path : Path
        The file, for errors.

    Raises
    ------
    InputError
        `table_too_wide` where a cell lies too far out, `table_not_xlsx` where a record claims more
        than the file holds.
    """
    try:
        name, stream = _workbook_of(raw)
        _refuse_unbounded(stream, path)
    except (struct.error, IndexError) as error:
        raise InputError("table_not_xlsx", path=path, reason=str(error)) from None
    return _compound(name, stream)


def _workbook_of(raw: bytes) -> tuple[str, bytes]:
    """Name and content of the stream with the workbook."""
    (version,) = struct.unpack_from("<H", raw, 26)
    size = _LARGE if version == _VERSION_OF_LARGE else _USUAL
    folder_at, small_at, more_at = (struct.unpack_from("<I", raw, n)[0] for n in (48, 60, 68))
    listed = list(struct.unpack_from(f"<{_IN_HEADER}I", raw, 76))
    seen: set[int] = set()
    while more_at < _LAST and more_at not in seen:  # sectors that list more of the table
        seen.add(more_at)
        *more, more_at = struct.unpack(f"<{size // 4}I", _sector(raw, more_at, size))
        listed += more
    table = b"".join(_sector(raw, n, size) for n in dict.fromkeys(listed) if n < _LAST)
    links = struct.unpack(f"<{len(table) // 4}I", table)
    folder = _chain(raw, folder_at, links, size)
    root: tuple[int, int] | None = None
    found: dict[str, tuple[int, int]] = {}
    for at in range(0, len(folder) - _ENTRY + 1, _ENTRY):
        name = folder[at : at + 64].decode("utf-16-le", "replace").partition("\0")[0]
        begin, length = struct.unpack_from("<IQ", folder, at + 116)
        place = (begin, length & 0xFFFFFFFF if size == _USUAL else length)
        root = root or place
        found.setdefault(name, place)
    name = next((each for each in _STREAMS if each in found), "")
    if not name or root is None:
        raise IndexError("Workbook")
    begin, length = found[name]
    if length >= _SMALL:
        return name, _chain(raw, begin, links, size)[:length]
    inner = _chain(raw, root[0], links, size)
    small = _chain(raw, small_at, links, size)
    links = struct.unpack(f"<{len(small) // 4}I", small)
    return name, _chain(bytes(size) + inner, begin, links, 64, first=size)[:length]


def _sector(raw: bytes, number: int, size: int, first: int | None = None) -> bytes:
    """A sector of a file; the last one may be cut."""
    begin = (size if first is None else first) + number * size
    part = raw[begin : begin + size]
    if not part:
        raise IndexError(f"sector {number}")
    return part.ljust(size, b"\0")


def _chain(
    raw: bytes, begin: int, links: tuple[int, ...], size: int, *, first: int | None = None
) -> bytes:
    """Sectors that follow each other; one that comes again ends in an error."""
    parts: list[bytes] = []
    while begin < _LAST:
        if len(parts) > len(links):
            raise IndexError(f"sector {begin}")
        parts.append(_sector(raw, begin, size, first))
        begin = links[begin]
    return b"".join(parts)


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Kind, place and length of the records of a part of a workbook; its end may be missing."""
    while at < len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        if at + 4 + length > len(stream):
            raise IndexError(f"record at {at}")
        yield kind, at + 4, length
        if kind == _END_OF_PART:
            return
        at += 4 + length


def _refuse_unbounded(stream: bytes, path: Path) -> None:
    """An error where cells lie too far out, or where a count is more than the stream can hold."""
    sheets: list[int] = []
    for kind, at, _ in _records(stream, 0):
        if kind == _SHEET:
            sheets += struct.unpack_from("<I", stream, at)
        elif kind == _TEXTS and struct.unpack_from("<I", stream, at + 4)[0] > len(stream):
            raise IndexError("SST")
    for begin in sheets:
        span = _Span()
        for kind, at, length in _records(stream, begin):
            if kind in _CELLS:
                row, column = struct.unpack_from("<HH", stream, at)
                wide = max((length - 6) // 6, 1) if kind == _SEVERAL else 1
                span.add(row, column + wide - 1, wide)
            elif kind == _DIMENSIONS:
                _refuse_dimensions(stream, at, length, path)
        span.refuse(path)


def _refuse_dimensions(stream: bytes, at: int, length: int, path: Path) -> None:
    form = "<IIHH" if length == 14 else "<HHHH"  # of BIFF8, of those before
    top, bottom, left, right = struct.unpack_from(form, stream, at)
    if bottom and right and not (top <= bottom <= _ROWS and left <= right <= _COLUMNS):
        raise InputError("table_too_wide", path=path, rows=bottom, columns=right)


def _compound(name: str, stream: bytes) -> bytes:
    """A compound file of one stream: header, table of sectors, folder, no small streams, stream."""
    if len(stream) < _SMALL:  # it is filled up: what has no end would go on there
        stream += struct.pack("<HH", _END_OF_PART, 0)
    size = max(len(stream), _SMALL)
    sectors = -(-size // _LARGE)
    tables = 1
    while tables * _LARGE // 4 < tables + 2 + sectors:
        tables += 1
    if tables > _IN_HEADER:
        raise IndexError(name)
    first = tables + 2
    links = [_OF_TABLE] * tables + [_END, _END, *range(first + 1, first + sectors), _END]
    links += [_FREE] * (tables * _LARGE // 4 - len(links))

    def entry(name: str, kind: int, child: int, begin: int, size: int) -> bytes:
        text = (name + "\0").encode("utf-16-le")
        beside = struct.pack("<BBIII", kind, 1, _FREE, _FREE, child)
        return struct.pack("<64sH", text, len(text)) + beside + struct.pack("<36xIQ", begin, size)

    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        *(_SIGNATURE, 0x3E, 4, 0xFFFE, 12, 6, 1, tables, tables, 0, _SMALL, _END, 0, _END, 0),
    )
    listed = [*range(tables), *[_FREE] * (_IN_HEADER - tables)]
    folder = entry("Root Entry", 5, 1, tables + 1, 0) + entry(name, 2, _FREE, first, size)
    return b"".join(
        (
            (header + struct.pack(f"<{_IN_HEADER}I", *listed)).ljust(_LARGE, b"\0"),
            struct.pack(f"<{len(links)}I", *links),
            folder.ljust(_LARGE, b"\0"),
            bytes(_LARGE),
            stream.ljust(sectors * _LARGE, b"\0"),
        )
    )


# --- XLSB ----------------------------------------------------------------------------------------


def refuse_unbounded_part(part: bytes, path: Path) -> None:
    """An error where the cells of a sheet of an XLSB workbook lie too far out.

    Parameters
    ----------
    part : bytes
        A binary part of the workbook.
    path : Path
        The file, for errors.

    Raises
    ------
    InputError
        `table_too_wide`; `table_not_xlsx` where a count is more than the part can hold.
    """
    span, row, at, end = _Span(), 0, 0, len(part)
    while at < end:
        kind, at = (part[at], at + 1) if part[at] < _MORE else _number(part, at, 2)
        is_short = at < end and part[at] < _MORE
        length, at = (part[at], at + 1) if is_short else _number(part, at, 4)
        try:
            if kind in _FILLED:
                span.add(row, _COLUMN.unpack_from(part, at)[0])
            elif kind == _ROW:
                (row,) = _COLUMN.unpack_from(part, at)
            elif kind == _SHARED_TEXTS and _COLUMN.unpack_from(part, at + 4)[0] > end:
                raise InputError("table_not_xlsx", path=path, reason="BrtBeginSst")
        except struct.error:  # cut here: a library does not read farther either
            break
        at += length
    span.refuse(path)


def _number(part: bytes, at: int, longest: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and the place behind it."""
    value = 0
    for n in range(longest):
        if at >= len(part):
            break
        byte = part[at]
        at += 1
        value |= (byte & 127) << (7 * n)
        if byte < _MORE:
            break
    return value, at
