"""Ways in which a file goes wrong: its bytes, its text, and the structure of its format.

Every change is made from a random number generator that the caller seeds; nothing here asks the
clock or the system, so a case is the same whenever it is made again.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import sqlite3
import struct
import warnings
import zipfile
from contextlib import closing, suppress
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from tests.spreadsheets import binary_record, compound

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    Change = Callable[[bytes, Random], bytes]

_LONGEST = 2**20  # bytes that a repetition may add
_LARGEST = 4 * 2**20  # a file that is large is slow, and no harder to read
_EPOCH = (2026, 1, 1, 0, 0, 0)  # of the parts of an archive: it must not hold the time of day
_TOKEN = re.compile(rb"[\w.+-]+")
_TAG = re.compile(rb"<[^<>]{1,400}>")

# What no honest cell holds, and what some library somewhere takes for a number, a date or a name.
HOSTILE = (
    *(b"", b" ", b"nan", b"NaN", b"-inf", b"Infinity", b"1e308", b"-1e308", b"1e999", b"1e-320"),
    *(b"-0", b"-1", b"0", b"1", b"2", b"255", b"65536", b"2147483648", b"18446744073709551616"),
    *(b"9" * 20, b"9" * 400, b"0x1F", b"1_000", b"1,5", b"1.234,56", b"-.5e", b"1e", b"%", b"1/0"),
    *(b"\0", b"\xff\xfe", b"\xc3\x28", "\u202e".encode(), "\ufeff".encode(), "é".encode()),
    *("٣".encode(), "１２".encode(), "Ⅷ".encode(), "²".encode(), "−3".encode(), "\ud7ff".encode()),
    *(b"=1+1", b"'", b'"', b'""', b";", b"\t", b"\r", b"\n", b"\\", b"\x1b[31m", b"\\u0000"),
    *(b"null", b"true", b"None", b"[]", b"{}", b"{{7*7}}", b"<", b"&", b"&amp;", b"&#0;", b"]]>"),
    *(b"2026-02-30", b"0000-00-00", b"99999-01-01", b"9999-12-31", b"01/13/2026", b"31.12.1899"),
    *(b"-90", b"90", b"90.0000001", b"180", b"-180.5", b"360", b"115.3", b"-2.9", b"9670000"),
    *(b"POINT EMPTY", b"POLYGON((0 0,1 1,0 0))", b"POINT (nan nan)", b"EPSG:3857", b"EPSG:0"),
    *(b"../../etc/passwd", b"/dev/zero", b"/vsicurl/http://127.0.0.1:9/x", b"file:///etc/passwd"),
    *(b"a" * 70_000, b"[" * 3_000, b"(" * 3_000, b"a." * 3_000),
)
_NUMBERS: tuple[int, ...] = (
    0,
    1,
    2,
    4,
    7,
    8,
    16,
    127,
    128,
    255,
    256,
    32767,
    32768,
    65535,
    2**31 - 1,
    2**31,
)
_NUMBERS += (2**32 - 1, 2**32 - 2, 2**63, 2**64 - 1, 10_000, 1_000_000, 10**9)
_DEEP = (10, 60, 500, 3_000, 50_000)
# Values of JSON that its writer would not write.
_RAW_JSON = (
    *("1e999", "-0", "9" * 30, "NaN", "1e-400", '"\\ud800"', '"\\u0000"', "01", "1." + "1" * 400),
    *("null", "true", "{}", "[]", "[[]]", '""', "-1", "1e308", '{"a": {"b": [1]}}', "[null]"),
    *('{"type": "Point"}', '{"type": "Point", "coordinates": [1]}', '[[[115, -3], [115, "x"]]]'),
    *('{"type": "Point", "coordinates": [1e308, -1e308]}', '{"type": "name"}', '"EPSG:999999"'),
    *('{"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}', '{"type": "GeometryCollection"}'),
    *('{"type": "Point", "coordinates": [null, {}]}', '"urn:ogc:def:crs:EPSG::32750"'),
    *('{"type": "MultiPoint", "coordinates": [[]]}', '{"type": ["Point"], "coordinates": "1,2"}'),
)


def mutate(name: str, content: bytes, chance: Random) -> bytes:
    """The content of a file after one to three changes, of bytes or of what its ending says.

    Parameters
    ----------
    name : str
        Of the file; its ending chooses the changes.
    content : bytes
        A valid file.
    chance : Random
        Decides everything.
    """
    ending = PurePath(name).suffix.lower()
    changes = CHANGES.get(ending, (change_bytes,))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        try:
            content = chance.choice(changes)(content, chance)
        except Exception:  # noqa: BLE001 - after the first change it is no longer of its format
            content = change_bytes(content, chance)
        content = content[:_LARGEST]
    return content


# --- bytes ---------------------------------------------------------------------------------------


def _span(length: int, chance: Random, longest: int = 64) -> tuple[int, int]:
    """Begin and end of a part, near the ends more often than a fair draw gives."""
    begin = chance.choice((0, length, chance.randint(0, length), chance.randint(0, length)))
    begin = min(begin, max(length - 1, 0))
    return begin, min(length, begin + chance.randint(1, longest))


def _number(chance: Random) -> bytes:
    """A number as a binary format stores one."""
    value = chance.choice(_NUMBERS)
    if chance.random() < 0.2:
        number = chance.choice((float("nan"), float("inf"), -1e308, 1e308, 1e-310))
        return struct.pack(chance.choice("<>") + "d", number)
    kind, bits = chance.choice((("B", 8), ("H", 16), ("I", 32), ("Q", 64)))
    return struct.pack(chance.choice("<>") + kind, value % 2**bits)


def change_bytes(content: bytes, chance: Random) -> bytes:  # noqa: PLR0911 - one line for each
    """Cut, flip, overwrite, insert, remove, repeat or swap bytes, whatever they mean."""
    begin, end = _span(len(content), chance, chance.choice((1, 4, 64, 4_000)))
    part = content[begin:end]
    kind = chance.randrange(8)
    if kind == 0:
        return content[:begin]
    if kind == 1:
        changed = bytearray(content)
        for _ in range(chance.randint(1, 8)):
            if changed:
                changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        return bytes(changed)
    if kind == 2:
        number = _number(chance)
        return content[:begin] + number + content[begin + len(number) :]
    if kind == 3:
        return content[:begin] + chance.choice((_number(chance), chance.choice(HOSTILE))) + part
    if kind == 4:
        return content[:begin] + content[end:]
    if kind == 5:
        times = chance.choice((2, 3, 50, 5_000))
        return content[:begin] + (part * times)[:_LONGEST] + content[end:]
    if kind == 6:
        return content[:begin] + bytes(len(part)) + content[end:]
    other, last = _span(len(content), chance)
    return content[:begin] + content[other:last] + content[end:]


# --- text ----------------------------------------------------------------------------------------


def change_text(content: bytes, chance: Random) -> bytes:
    """Replace, repeat or nest a word; remove, repeat or swap lines; save it in another encoding."""
    kind = chance.randrange(8)
    if kind < 4:
        words = list(_TOKEN.finditer(content))
        if not words:
            return chance.choice(HOSTILE)
        word = chance.choice(words)
        other = chance.choice(words)[0]
        deep = chance.choice(_DEEP)
        new = chance.choice(
            (
                *(chance.choice(HOSTILE), chance.choice(HOSTILE), other, word[0] + other, b""),
                *(b"[" * deep + word[0] + b"]" * deep, word[0] * chance.choice((2, 300))),
            )
        )
        return content[: word.start()] + new + content[word.end() :]
    lines = content.splitlines(keepends=True)
    if not lines:
        return chance.choice(HOSTILE)
    at, other_at = chance.randrange(len(lines)), chance.randrange(len(lines))
    if kind == 4:
        del lines[at]
    elif kind == 5:
        lines[at : at + 1] = [lines[at]] * min(chance.choice((2, 3, 400)), 1 + _LONGEST // 1_000)
    elif kind == 6:
        lines[at], lines[other_at] = lines[other_at], lines[at]
    else:
        with suppress(UnicodeError):
            encoding = chance.choice(("utf-16", "utf-16-le", "utf-32", "cp1252", "utf-8-sig"))
            return content.decode().encode(encoding)
    return b"".join(lines)


def change_cells(content: bytes, chance: Random) -> bytes:
    """Replace a cell or a header of a delimited table, remove or repeat a column, open a quote."""
    lines = content.split(b"\n")
    sign = max(b",;\t|", key=lines[0].count)
    delimiter = bytes([sign])
    rows = [line.split(delimiter) for line in lines]
    width = len(rows[0])
    at = 0 if chance.random() < 0.25 else chance.randrange(len(rows))
    column = chance.randrange(width)
    kind = chance.randrange(7)
    if kind < 3:
        row = rows[at]
        row[min(column, len(row) - 1)] = chance.choice(HOSTILE)
    elif kind == 3:  # the whole column
        value = chance.choice(HOSTILE[:60])
        rows[1:] = [
            [*r[:column], value, *r[column + 1 :]] if len(r) == width else r for r in rows[1:]
        ]
    elif kind == 4:
        rows = [[*row[:column], *row[column + 1 :]] for row in rows]
    elif kind == 5:
        rows = [[*row, *row[column : column + 1]] for row in rows]
    else:
        rows[at] += [chance.choice((b"", b"x"))] * chance.choice((1, 30, 20_000))
    return b"\n".join(delimiter.join(row) for row in rows)


def change_markup(content: bytes, chance: Random) -> bytes:  # noqa: PLR0911 - as above
    """Remove, repeat, swap or nest elements of XML; entities; another attribute."""
    tags = list(_TAG.finditer(content))
    if len(tags) < 2:
        return change_text(content, chance)
    tag, other = chance.choice(tags), chance.choice(tags)
    begin, end = sorted((tag.start(), other.start()))
    kind = chance.randrange(7)
    if kind == 0:
        return content[: tag.start()] + content[tag.end() :]
    if kind == 1:
        return content[:begin] + content[end:]
    if kind == 2:
        times = chance.choice((2, 3, 30))
        return content[:begin] + (content[begin:end] * times)[:_LONGEST] + content[end:]
    if kind == 3:
        return content[: tag.start()] + other[0] + content[tag.end() :]
    if kind == 4:
        deep = chance.choice(_DEEP)
        return content[: tag.start()] + b"<a>" * deep + b"</a>" * deep + content[tag.start() :]
    if kind == 5:
        entity = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
        return entity + content.replace(b"<name>", b"<name>&b;", 1)
    inside = re.sub(
        rb"""(["'])[^"']*\1""",
        lambda _: b'"' + chance.choice(HOSTILE).replace(b'"', b"") + b'"',
        tag[0],
        count=1,
    )
    return content[: tag.start()] + inside + content[tag.end() :]


def change_json(content: bytes, chance: Random) -> bytes:
    """Replace, remove, rename, repeat or nest a value anywhere in a document of JSON."""
    document = json.loads(content)
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        keys = node if isinstance(node, dict) else range(len(node))
        for key in keys:
            places.append((node, key))
            if isinstance(node[key], dict | list):
                walk(node[key])

    with suppress(RecursionError):  # what was met so far is enough
        walk(document if isinstance(document, dict | list) else [])
    if not places:
        return chance.choice(_RAW_JSON).encode()
    parent, key = chance.choice(places)
    kind = chance.randrange(6)
    if kind < 3:
        deep = chance.choice(_DEEP)
        nested = chance.choice(("[" * deep + "]" * deep, '{"a":' * deep + "1" + "}" * deep))
        raw = chance.choice((*_RAW_JSON, nested))
        parent[key] = "@@raw@@"
        return json.dumps(document, ensure_ascii=False).replace('"@@raw@@"', raw).encode()
    if kind == 3:
        del parent[key]
    elif kind == 4 and isinstance(parent, dict):
        words = ("type", "", "\0", "geometry", "coordinates", "npsn", "data", "a" * 300, key * 2)
        parent[chance.choice(words)] = parent.pop(key)
    else:
        other, at = chance.choice(places)
        with suppress(IndexError, KeyError):
            parent[key] = other[at]
    return json.dumps(document, ensure_ascii=False).encode()


# --- archives ------------------------------------------------------------------------------------


def packed(parts: list[tuple[str, bytes]]) -> bytes:
    """An archive of these parts that does not hold the time of day."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, content in parts:
            file.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def change_parts(content: bytes, chance: Random) -> bytes:
    """Change, remove, rename or repeat a part of an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    at = chance.randrange(len(parts))
    name, inner = parts[at]
    kind = chance.randrange(8)
    if kind < 5:
        parts[at] = name, mutate(name, inner, chance)
    elif kind == 5:
        del parts[at]
    elif kind == 6:
        names = ("", "../" + name, name.upper(), "/" + name, "a" * 300, parts[0][0], "x.kml")
        parts[at] = chance.choice(names), inner
    else:
        parts[at] = name, chance.choice((b"", bytes(2**20), inner * 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a part that stands twice is meant
        return packed(parts)


def change_gzipped(content: bytes, chance: Random) -> bytes:
    """Change the table inside a gzipped file."""
    inner = gzip.decompress(content)
    changed = bytes(2**24) if chance.random() < 0.02 else change_cells(inner, chance)
    return gzip.compress(changed, compresslevel=1, mtime=0)


def change_headers(content: bytes, chance: Random) -> bytes:
    """Another number in a header of an archive: method, encryption, sizes, offsets."""
    changed = bytearray(content)
    signature, fields = chance.choice(
        (
            (b"PK\x03\x04", ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2))),
            (
                b"PK\x01\x02",
                ((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (34, 2), (42, 4)),
            ),
            (b"PK\x05\x06", ((4, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2))),
        )
    )
    starts = [found.start() for found in re.finditer(re.escape(signature), content)]
    if starts:
        offset, length = chance.choice(fields)
        at = chance.choice(starts) + offset
        value = chance.choice((*_NUMBERS, 0x0801, 12, 14, 93, 99)) % 2 ** (8 * length)
        changed[at : at + length] = value.to_bytes(length, "little")
    return bytes(changed)


# --- databases -----------------------------------------------------------------------------------

_SQL = (
    'UPDATE "{table}" SET "{column}" = {value}',
    'UPDATE "{table}" SET "{column}" = {value} WHERE rowid = 1',
    'UPDATE "{table}" SET "{column}" = substr("{column}", 1, {small})',
    'UPDATE "{table}" SET "{column}" = CAST("{column}" AS BLOB) || {value}',
    'DELETE FROM "{table}"',
    'DELETE FROM "{table}" WHERE rowid = 1',
    'DROP TABLE "{table}"',
    'ALTER TABLE "{table}" RENAME TO "{word}"',
    'ALTER TABLE "{table}" RENAME COLUMN "{column}" TO "{word}"',
    'ALTER TABLE "{table}" ADD COLUMN "{word}" {word} DEFAULT {value}',
    'ALTER TABLE "{table}" DROP COLUMN "{column}"',
    'INSERT INTO "{table}" SELECT * FROM "{table}"',
    'CREATE VIEW "{word}" AS SELECT * FROM "{table}"',
    'CREATE VIEW v AS SELECT {value} AS "{column}" FROM "{table}", "{table}" AS b',
    'CREATE TABLE "{word}" AS SELECT * FROM "{table}"',
    "PRAGMA application_id = {small}",
    "PRAGMA user_version = {small}",
    "UPDATE sqlite_master SET sql = {value} WHERE name = '{table}'",
    "UPDATE sqlite_master SET rootpage = {small} WHERE name = '{table}'",
    "UPDATE sqlite_master SET sql = replace(sql, 'TEXT', 'GEOMETRY')",
)
_SQL_VALUES = (
    *("NULL", "''", "'x'", "-1", "0", "1e308", "-9e999", "9223372036854775807", "32750", "4326"),
    *("x'00'", "x'47500001'", "x'475000010000000001010000000000000000F87F000000000000F87F'"),
    *("zeroblob(100000)", "char(0)", "'a' || char(8238)", "'2026-02-30'", "'9999-99-99T99:99:99Z'"),
    *("'geom'", "'GEOMETRYCOLLECTION'", "'features'", "'attributes'", "'EPSG'", "x'FFFE'"),
    *("hex(zeroblob(50000))", "random() * 0 + 7", "'/etc/passwd'", "'undefined'"),
)
_SQL_WORDS = ("geom", "fid", "x", "", "gpkg_contents", "npsn", "é", "a" * 200, "rtree_a_geom")


def change_database(content: bytes, chance: Random) -> bytes:
    """Statements of SQL that a program which writes GeoPackages would never make."""
    with closing(sqlite3.connect(":memory:")) as file:
        file.text_factory = bytes
        with suppress(sqlite3.Error):
            file.deserialize(content)
            file.execute("PRAGMA writable_schema = ON")
            # Triggers of a GeoPackage call functions that only GDAL has.
            file.execute("DELETE FROM sqlite_master WHERE type = 'trigger'")
            found = file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            tables = sorted(name.decode(errors="replace") for (name,) in found)
            for _ in range(chance.randint(1, 2)):
                table = chance.choice(tables)
                rows = file.execute(f'PRAGMA table_info("{table}")').fetchall()
                columns = [row[1].decode(errors="replace") for row in rows] or [""]
                statement = chance.choice(_SQL).format(
                    table=table,
                    column=chance.choice(columns),
                    value=chance.choice(_SQL_VALUES),
                    small=chance.choice(_NUMBERS) % 2**31,
                    word=chance.choice(_SQL_WORDS),
                )
                with suppress(sqlite3.Error):
                    file.execute(statement)
            file.commit()
            return file.serialize()
    return change_bytes(content, chance)


# --- Parquet -------------------------------------------------------------------------------------


def change_arrow(content: bytes, chance: Random) -> bytes:
    """Columns of other types, repeated, renamed, without rows; other metadata of the geometry."""
    import pyarrow.parquet as pq

    table = _changed_table(pq.read_table(io.BytesIO(content)), chance)
    sink = io.BytesIO()
    pq.write_table(table, sink, compression=chance.choice(("none", "snappy", "zstd")))
    return sink.getvalue()


def _changed_table(table: Any, chance: Random) -> Any:
    import pyarrow as pa

    rows = table.num_rows
    at = chance.randrange(max(table.num_columns, 1))
    name = table.column_names[at]
    kind = chance.randrange(7)
    if kind < 3:
        return table.set_column(at, name, _odd_column(rows, chance))
    if kind == 3:
        return table.append_column(chance.choice(table.column_names), table.column(at))
    if kind == 4:
        words = ("", "\0", "geometry", "npsn", "quadkey", "a" * 500, "avg_d_kbps", "lat")
        names = [*table.column_names]
        names[at] = chance.choice(words)
        return table.rename_columns(names)
    if kind == 5:
        return chance.choice((table.slice(0, 0), table.slice(0, 1), table.remove_column(at)))
    metadata = dict(table.schema.metadata or {})
    key = chance.choice(sorted(metadata) or [b"geo"])
    old = metadata.get(key, b'{"columns": {"geometry": {}}}')
    metadata[key] = chance.choice((change_json, change_text))(old, chance)
    if pa.types.is_binary(table.column(at).type) and chance.random() < 0.5:
        blobs = [b and change_bytes(b, chance) for b in table.column(at).to_pylist()]
        table = table.set_column(at, name, pa.array(blobs, pa.binary()))
    return table.replace_schema_metadata(metadata)


def _odd_column(rows: int, chance: Random) -> Any:
    """A column of a type, or with a value, that a table of schools does not have."""
    import pyarrow as pa

    value, kind = chance.choice(
        (
            *((2**62, pa.timestamp("s")), (-(2**62), pa.timestamp("ns")), (1, pa.time64("us"))),
            *((2**31 - 1, pa.date32()), (2**60, pa.date64()), (2**62, pa.duration("s"))),
            *((None, pa.null()), (b"\xff\xfe", pa.binary()), ("x" * 300_000, pa.large_string())),
            *(([1, 2], pa.list_(pa.int8())), ({"a": 1}, pa.struct([("a", pa.int64())]))),
            *(([("a", 1)], pa.map_(pa.string(), pa.int64())), (True, pa.bool_()), (0, pa.uint64())),
            *((float("nan"), pa.float32()), (float("inf"), pa.float64()), (1e308, pa.float64())),
            *((-1.5, pa.float16()), (2**64 - 1, pa.uint64()), (-(2**63), pa.int64())),
            *(("\0", pa.string()), ("\u202e=1", pa.string()), ("2026-02-30", pa.string())),
            *(
                (b"\x01\x01\0\0\0" + bytes(16), pa.binary()),
                (b"\x01\x03\0\0\0" + bytes(4), pa.binary()),
            ),
            *((b"\x01\x01\0\0\0" + b"\xff" * 16, pa.binary()), ("POINT (1 2)", pa.string())),
        )
    )
    column = pa.array([value] * rows, kind)
    if chance.random() < 0.2 and pa.types.is_string(kind):
        column = column.dictionary_encode()
    return column


# --- binary workbooks ----------------------------------------------------------------------------


def change_workbook(content: bytes, chance: Random) -> bytes:
    """What is called XLS: records of a compound file, or the markup of later years."""
    if not content.startswith(b"\xd0\xcf\x11\xe0"):
        return change_markup(content, chance)
    at = content.find(struct.pack("<HHH", 0x809, 16, 0x600))  # where a workbook begins
    if at < 0:
        return change_bytes(content, chance)
    if chance.random() < 0.15:  # the table of sectors, the folder
        begin = 4 * chance.randrange(at // 4)
        return (
            content[:begin]
            + struct.pack("<I", chance.choice(_NUMBERS) % 2**32)
            + content[begin + 4 :]
        )
    stream, records, place = content[at:], [], 0
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        if not kind:  # behind the last one
            break
        records.append((kind, stream[place + 4 : place + 4 + length]))
        place += 4 + length
    changed = _changed_records(records, chance)
    whole = b"".join(struct.pack("<HH", k, len(part) % 2**16) + part for k, part in changed)
    if chance.random() < 0.7:  # sheets are found again where they are now
        begins, place = [], 0
        for kind, part in changed:
            if kind == 0x809:
                begins.append(place)
            place += 4 + len(part)
        listed = iter(begins[1:])
        whole = b"".join(
            struct.pack("<HH", k, len(part) % 2**16)
            + (struct.pack("<I", next(listed, 0)) + part[4:] if k == 0x85 else part)
            for k, part in changed
        )
    return compound("Workbook", whole)


def change_binary_part(content: bytes, chance: Random) -> bytes:
    """Records of a part of an XLSB workbook."""

    def number(at: int, longest: int) -> tuple[int, int]:
        value = 0
        for n in range(longest):
            value |= (content[at] & 127) << (7 * n)
            at += 1
            if content[at - 1] < 128:
                break
        return value, at

    records, at = [], 0
    while at < len(content):
        kind, at = number(at, 2)
        length, at = number(at, 4)
        records.append((kind, content[at : at + length]))
        at += length
    return b"".join(binary_record(*each) for each in _changed_records(records, chance))


def _changed_records(records: list[tuple[int, bytes]], chance: Random) -> list[tuple[int, bytes]]:
    """Remove, repeat, swap, cut or lengthen records; another kind; another number inside."""
    at, other = chance.randrange(len(records)), chance.randrange(len(records))
    kind, part = records[at]
    match chance.randrange(9):
        case 0:
            return [*records[:at], *records[at + 1 :]]
        case 1:
            times = chance.choice((2, 3, 300))
            return [*records[:at], *[records[at]] * times, *records[at:]]
        case 2:
            records = list(records)
            records[at], records[other] = records[other], records[at]
            return records
        case 3:
            kind = records[other][0]
        case 4:
            part = change_bytes(part, chance)[:8000]
        case _:
            begin = 2 * chance.randrange(max(len(part) // 2, 1))
            number = _number(chance)[: max(len(part) - begin, 0)]
            part = part[:begin] + number + part[begin + len(number) :]
    return [*records[:at], (kind, part), *records[at + 1 :]]


# --- TIFF ----------------------------------------------------------------------------------------


def change_tags(content: bytes, chance: Random) -> bytes:
    """Another tag, type, count or value in the directory of a TIFF."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(content[:4])
    if order is None or len(content) < 16:
        return change_bytes(content, chance)
    (first,) = struct.unpack(order + "I", content[4:8])
    if first + 2 > len(content):
        return change_bytes(content, chance)
    (count,) = struct.unpack(order + "H", content[first : first + 2])
    if not count:
        return change_bytes(content, chance)
    at = first + 2 + 12 * chance.randrange(count)
    offset, kind = chance.choice(((0, "H"), (2, "H"), (4, "I"), (8, "I"), (8, "H")))
    value = chance.choice((*_NUMBERS, *range(13), 256, 257, 258, 259, 277, 322, 324, 33550, 34735))
    number = struct.pack(order + kind, value % 2 ** (16 if kind == "H" else 32))
    changed = content[: at + offset] + number + content[at + offset + len(number) :]
    if chance.random() < 0.2:  # what a tag points to
        (place,) = struct.unpack(order + "I", content[at + 8 : at + 12].ljust(4, b"\0"))
        if place + 8 < len(content):
            changed = changed[:place] + _number(chance).ljust(8, b"\0") + changed[place + 8 :]
    return changed


_TEXTS: tuple[Change, ...] = (change_bytes, change_text, change_text)
_CELLS: tuple[Change, ...] = (change_bytes, change_text, change_cells, change_cells, change_cells)
_MARKUP: tuple[Change, ...] = (change_bytes, change_text, change_markup, change_markup)
_JSONS: tuple[Change, ...] = (change_bytes, change_text, *(change_json,) * 4)
_ARCHIVES: tuple[Change, ...] = (change_bytes, change_headers, *(change_parts,) * 4)
_ARROWS: tuple[Change, ...] = (change_bytes, change_arrow, change_arrow)
CHANGES: dict[str, tuple[Change, ...]] = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), _CELLS),
    **dict.fromkeys((".toml", ".asc", ".hdr", ".prj", ".cpg"), _TEXTS),
    **dict.fromkeys((".kml", ".xml", ".rels", ".vrt"), _MARKUP),
    ".xls": (change_bytes, change_text, change_workbook, change_workbook),
    ".bin": (change_bytes, *(change_binary_part,) * 3),
    **dict.fromkeys((".json", ".geojson"), _JSONS),
    **dict.fromkeys((".geojsonl", ".js"), _TEXTS),
    **dict.fromkeys((".zip", ".kmz", ".xlsx", ".xlsm", ".xlsb", ".ods"), _ARCHIVES),
    **dict.fromkeys((".parquet", ".geoparquet"), _ARROWS),
    ".gz": (change_bytes, change_gzipped),
    ".gpkg": (change_bytes, *(change_database,) * 3),
    **dict.fromkeys((".tif", ".ovr", ".msk"), (change_bytes, change_tags, change_tags)),
}
