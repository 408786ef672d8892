"""Writers of workbooks as offices save them: XLSX, XLSB, XLS, ODS, web pages, XML of 2003, CSV."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Cell: TypeAlias = "str | int | float | None"

_SCHEMA = "http://schemas.openxmlformats.org"
_MAIN = f"{_SCHEMA}/spreadsheetml/2006/main"
_OFFICE = f"{_SCHEMA}/officeDocument/2006/relationships"
_PACKAGE = f"{_SCHEMA}/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_NAMES = "urn:oasis:names:tc:opendocument:xmlns"
_SHEETS = "urn:schemas-microsoft-com:office:spreadsheet"
_XML = '<?xml version="1.0" encoding="UTF-8"?>'


@dataclass
class Sheet:
    """A sheet: its rows, its merged ranges (first row and column, then the last), its state."""

    name: str
    rows: list[list[Cell]]
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    state: str = "visible"


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(65 + place) + letters
    return letters


def _archive(parts: Mapping[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def xlsx(sheets: Sequence[Sheet]) -> bytes:
    """An XLSX workbook, as small as one can be."""

    def cell(row: int, column: int, value: Cell) -> str:
        at = f"{_letters(column)}{row + 1}"
        if value is None or value == "":
            return f'<c r="{at}" s="0"/>'
        if isinstance(value, str):
            text = f'<t xml:space="preserve">{escape(value)}</t>'
            return f'<c r="{at}" t="inlineStr"><is>{text}</is></c>'
        return f'<c r="{at}"><v>{value!r}</v></c>'

    def sheet_xml(sheet: Sheet) -> str:
        body = "".join(
            f'<row r="{n + 1}">{"".join(cell(n, c, v) for c, v in enumerate(row))}</row>'
            for n, row in enumerate(sheet.rows)
        )
        ranges = "".join(
            f'<mergeCell ref="{_letters(left)}{top + 1}:{_letters(right)}{bottom + 1}"/>'
            for top, left, bottom, right in sheet.merged
        )
        merged = f'<mergeCells count="{len(sheet.merged)}">{ranges}</mergeCells>' if ranges else ""
        return f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData>{merged}</worksheet>'

    def state(sheet: Sheet) -> str:
        return "" if sheet.state == "visible" else f' state="{sheet.state}"'

    numbered = list(enumerate(sheets, start=1))
    named = "".join(
        f'<sheet name="{escape(s.name)}" sheetId="{n}"{state(s)} r:id="r{n}"/>' for n, s in numbered
    )
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in numbered
    )
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>'
        for n, _ in numbered
    )
    return _archive(
        {
            "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default '
            'Extension="rels" ContentType="application/vnd.openxmlformats-package'
            '.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>{kinds}'
            "</Types>",
            "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship '
            f'Id="r" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            f"{named}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
            f"{links}</Relationships>",
            **{f"xl/worksheets/sheet{n}.xml": sheet_xml(s) for n, s in numbered},
        }
    )


# Records of the binary parts of an XLSB workbook.
_BEGIN_BOOK, _END_BOOK, _BEGIN_SHEETS, _END_SHEETS, _SHEET = 131, 132, 143, 144, 156
_BEGIN_SHEET, _END_SHEET, _BEGIN_ROWS, _END_ROWS, _SIZE = 129, 130, 145, 146, 148
_ROW, _BLANK, _REAL_CELL, _TEXT_CELL = 0, 1, 5, 6
_STATES = {"visible": 0, "hidden": 1, "veryHidden": 2}


def binary_record(kind: int, content: bytes = b"") -> bytes:
    """A record of a part of an XLSB workbook."""

    def number(value: int) -> bytes:
        """Seven bits a byte, the lowest first."""
        low, rest = value & 127, value >> 7
        return bytes([low | 128]) + number(rest) if rest else bytes([low])

    return number(kind) + number(len(content)) + content


def xlsb(sheets: Sequence[Sheet]) -> bytes:
    """An XLSB workbook: the parts of an XLSX as binary records."""

    def text(value: str) -> bytes:
        raw = value.encode("utf-16-le")
        return struct.pack("<I", len(raw) // 2) + raw

    def cell(column: int, value: Cell) -> bytes:
        place = struct.pack("<II", column, 0)
        if value is None or value == "":
            return binary_record(_BLANK, place)
        if isinstance(value, str):
            return binary_record(_TEXT_CELL, place + text(value))
        return binary_record(_REAL_CELL, place + struct.pack("<d", value))

    def of_sheet(sheet: Sheet) -> bytes:
        height, width = len(sheet.rows), max(map(len, sheet.rows), default=0)
        size = struct.pack("<IIII", 0, max(height - 1, 0), 0, max(width - 1, 0))
        rows = (
            binary_record(_ROW, struct.pack("<II9x", n, 0))
            + b"".join(cell(c, value) for c, value in enumerate(row))
            for n, row in enumerate(sheet.rows)
        )
        inside = binary_record(_BEGIN_ROWS) + b"".join(rows) + binary_record(_END_ROWS)
        return (
            binary_record(_BEGIN_SHEET)
            + binary_record(_SIZE, size)
            + inside
            + binary_record(_END_SHEET)
        )

    numbered = list(enumerate(sheets, start=1))
    listed = b"".join(
        binary_record(
            _SHEET,
            struct.pack("<II", _STATES[s.state], n) + text(f"r{n}") + text(s.name),
        )
        for n, s in numbered
    )
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.bin"/>'
        for n, _ in numbered
    )
    book = binary_record(_BEGIN_BOOK) + binary_record(_BEGIN_SHEETS) + listed
    return zipped(
        {
            "xl/workbook.bin": book + binary_record(_END_SHEETS) + binary_record(_END_BOOK),
            "xl/_rels/workbook.bin.rels": (
                f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'
            ).encode(),
            **{f"xl/worksheets/sheet{n}.bin": of_sheet(s) for n, s in numbered},
        }
    )


# Records of BIFF8, the binary format of Excel 97 to 2003, in a compound file of sectors.
_BOF, _EOF, _CODEPAGE, _XF, _BOUNDSHEET, _SST, _CONTINUE = 0x809, 0x0A, 0x42, 0xE0, 0x85, 0xFC, 0x3C
_DIMENSIONS, _NUMBER, _LABELSST, _MERGEDCELLS = 0x200, 0x203, 0xFD, 0xE5
_GLOBALS, _WORKSHEET = 0x05, 0x10
_DATE = 14  # number of a format of cells
_MOST_BYTES = 8224  # of a record
_SECTOR, _LEAST_BYTES = 512, 4096  # of a compound file; of a stream in sectors of this size
_FREE, _END, _OF_TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD  # in the table of sectors


def _record(kind: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack("<HH", kind, len(content)) + content


def _begin(kind: int) -> bytes:
    return _record(_BOF, struct.pack("<HHHHII", 0x600, kind, 0xDBB, 1996, 0, 6))


def _unicode(text: str, length: str) -> bytes:
    return struct.pack(f"<{length}B", len(text.encode("utf-16-le")) // 2, 1) + text.encode(
        "utf-16-le"
    )


def xls(sheets: Sequence[Sheet]) -> bytes:
    """An XLS workbook (BIFF8), as small as one can be."""
    texts = {
        cell: number
        for number, cell in enumerate(
            dict.fromkeys(
                c for s in sheets for row in s.rows for c in row if isinstance(c, str) and c
            )
        )
    }

    def cell(row: int, column: int, value: Cell) -> bytes:
        if value is None or value == "":
            return b""
        place = struct.pack("<HHH", row, column, 0)
        if isinstance(value, str):
            return _record(_LABELSST, place, struct.pack("<I", texts[value]))
        return _record(_NUMBER, place, struct.pack("<d", value))

    def of_sheet(sheet: Sheet) -> bytes:
        width = max(map(len, sheet.rows), default=0)
        return b"".join(
            (
                _begin(_WORKSHEET),
                _record(_DIMENSIONS, struct.pack("<IIHHH", 0, len(sheet.rows), 0, width, 0)),
                *(cell(n, c, v) for n, row in enumerate(sheet.rows) for c, v in enumerate(row)),
                _record(
                    *(_MERGEDCELLS, struct.pack("<H", len(sheet.merged))),
                    *(struct.pack("<HHHH", t, b, left, r) for t, left, b, r in sheet.merged),
                ),
                _record(_EOF),
            )
        )

    table = [struct.pack("<II", len(texts), len(texts))]
    for each in texts:
        text = _unicode(each, "H")
        if len(table[-1]) + len(text) > _MOST_BYTES:
            table.append(b"")
        table[-1] += text
    formats = (struct.pack("<HHH14x", 0, number, 0) for number in (0, _DATE))
    begin = _begin(_GLOBALS) + _record(_CODEPAGE, struct.pack("<H", 1200))
    begin += b"".join(_record(_XF, each) for each in formats)
    end = b"".join(_record(_CONTINUE if n else _SST, part) for n, part in enumerate(table))
    end += _record(_EOF)
    bodies = [of_sheet(sheet) for sheet in sheets]
    names = [_unicode(sheet.name, "B") for sheet in sheets]
    at = len(begin) + sum(len(name) + 10 for name in names) + len(end)
    listed = b""
    for sheet, name, body in zip(sheets, names, bodies, strict=True):
        listed += _record(_BOUNDSHEET, struct.pack("<IBB", at, _STATES[sheet.state], 0), name)
        at += len(body)
    return compound("Workbook", begin + listed + end + b"".join(bodies))


def compound(name: str, stream: bytes, *, small: bool = False) -> bytes:
    """A compound file of one stream; a small one lies in sectors of 64 bytes inside another one."""
    size = len(stream) if small else max(len(stream), _LEAST_BYTES)
    sectors = -(-size // _SECTOR)
    tables = 1
    while tables * _SECTOR // 4 < tables + 2 + sectors:
        tables += 1
    first = tables + 2
    numbers = [_OF_TABLE] * tables + [_END, _END, *range(first + 1, first + sectors), _END]
    numbers += [_FREE] * (tables * _SECTOR // 4 - len(numbers))
    inside = [*range(1, -(-size // 64)), _END] if small else []
    inside += [_FREE] * (_SECTOR // 4 - len(inside))

    def entry(name: str, kind: int, child: int, begin: int, size: int) -> bytes:
        text = (name + "\0").encode("utf-16-le") if name else b""
        links = struct.pack("<BBIII", kind, 1, _FREE, _FREE, child)
        return struct.pack("<64sH", text, len(text)) + links + struct.pack("<36xIQ", begin, size)

    root = entry("Root Entry", 5, 1, first if small else _END, size if small else 0)
    folder = root + entry(name, 2, _FREE, 0 if small else first, size)
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, tables),
        *(0, _LEAST_BYTES, tables + 1, 1, _END, 0),
    )
    return b"".join(
        (
            header + struct.pack("<109I", *range(tables), *[_FREE] * (109 - tables)),
            struct.pack(f"<{len(numbers)}I", *numbers),
            folder + entry("", 0, _FREE, 0, 0) * 2,
            struct.pack(f"<{len(inside)}I", *inside),
            stream.ljust(sectors * _SECTOR, b"\0"),
        )
    )


def _merged(sheet: Sheet) -> tuple[dict[tuple[int, int], tuple[int, int]], set[tuple[int, int]]]:
    """Rows and columns that each merged cell takes, and the places that these cover."""
    spans = {(t, left): (b - t + 1, r - left + 1) for t, left, b, r in sheet.merged}
    places = {
        (row, column)
        for t, left, b, r in sheet.merged
        for row in range(t, b + 1)
        for column in range(left, r + 1)
    }
    return spans, places - spans.keys()


def ods(sheets: Sequence[Sheet]) -> bytes:
    """An OpenDocument spreadsheet; merged ranges cover the cells below them."""

    def table(sheet: Sheet) -> str:
        spans, covered = _merged(sheet)
        width = max((len(row) for row in sheet.rows), default=0)

        def cell(n: int, c: int, value: Cell) -> str:
            tag = "covered-table-cell" if (n, c) in covered else "table-cell"
            high, wide = spans.get((n, c), (1, 1))
            span = (
                f' table:number-rows-spanned="{high}" table:number-columns-spanned="{wide}"'
                if (n, c) in spans
                else ""
            )
            if value is None or value == "":
                return f"<table:{tag}{span}/>"
            if isinstance(value, str):
                return (
                    f'<table:{tag}{span} office:value-type="string"><text:p>{escape(value)}'
                    f"</text:p></table:{tag}>"
                )
            return (
                f'<table:{tag}{span} office:value-type="float" office:value="{value!r}">'
                f"<text:p>{value}</text:p></table:{tag}>"
            )

        rows = "".join(
            "<table:table-row>"
            + "".join(cell(n, c, row[c] if c < len(row) else None) for c in range(width))
            + "</table:table-row>"
            for n, row in enumerate(sheet.rows)
        )
        style = ' table:style-name="h"' if sheet.state != "visible" else ""
        return f'<table:table table:name="{escape(sheet.name)}"{style}>{rows}</table:table>'

    hidden = (
        '<office:automatic-styles><style:style style:name="h" style:family="table">'
        '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
    )
    spaces = " ".join(
        f'xmlns:{name}="{_NAMES}:{name}:1.0"' for name in ("office", "table", "text", "style")
    )
    manifest = (
        f'{_XML}<manifest:manifest xmlns:manifest="{_NAMES}:manifest:1.0"><manifest:file-entry '
        f'manifest:full-path="/" manifest:media-type="{_ODS}"/></manifest:manifest>'
    )
    return _archive(
        {
            "mimetype": _ODS,
            "META-INF/manifest.xml": manifest,
            "content.xml": f"{_XML}<office:document-content {spaces}>{hidden}<office:body>"
            f"<office:spreadsheet>{''.join(map(table, sheets))}</office:spreadsheet></office:body>"
            "</office:document-content>",
        }
    )


def web_page(sheet: Sheet) -> bytes:
    """A page with one table, as portals write it under the name of a workbook."""
    spans, covered = _merged(sheet)
    rows = []
    for n, row in enumerate(sheet.rows):
        cells = []
        for c, value in enumerate(row):
            if (n, c) in covered:
                continue
            high, wide = spans.get((n, c), (1, 1))
            text = "" if value is None else escape(str(value))
            cells.append(f"<td rowspan={high} colspan={wide}>{text}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    page = (
        '<html><head><meta charset="utf-8"><style>td { mso-number-format: "@" }</style></head>'
        f"<body><table border=1>{''.join(rows)}</table></body></html>"
    )
    return page.encode()


def xml_2003(sheets: Sequence[Sheet]) -> bytes:
    """A workbook in Excel's XML of 2003."""

    def table(sheet: Sheet) -> str:
        spans = {(t, left): (b - t, r - left) for t, left, b, r in sheet.merged}
        rows = []
        for n, row in enumerate(sheet.rows):
            cells = []
            for c, value in enumerate(row):
                if value is None or value == "":
                    continue
                down, across = spans.get((n, c), (0, 0))
                kind = "String" if isinstance(value, str) else "Number"
                cells.append(
                    f'<Cell ss:Index="{c + 1}" ss:MergeDown="{down}" ss:MergeAcross="{across}">'
                    f'<Data ss:Type="{kind}">{escape(str(value))}</Data></Cell>'
                )
            rows.append(f'<Row ss:Index="{n + 1}">{"".join(cells)}</Row>')
        hidden = (
            '<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden'
            "</Visible></WorksheetOptions>"
            if sheet.state != "visible"
            else ""
        )
        return (
            f'<Worksheet ss:Name="{escape(sheet.name)}"><Table>{"".join(rows)}</Table>{hidden}'
            "</Worksheet>"
        )

    book = (
        f'<Workbook xmlns="{_SHEETS}" xmlns:ss="{_SHEETS}">{"".join(map(table, sheets))}</Workbook>'
    )
    return f"{_XML}{book}".encode()


def delimited(sheet: Sheet, delimiter: str, encoding: str, *, comma: bool = False) -> bytes:
    """A CSV file; with `comma`, numbers have a decimal comma."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    width = max((len(row) for row in sheet.rows), default=0)

    def shown(value: Cell) -> str:
        if isinstance(value, float) and comma:
            return repr(value).replace(".", ",")
        return "" if value is None else str(value)

    for row in sheet.rows:
        writer.writerow([*map(shown, row), *[""] * (width - len(row))])
    return text.getvalue().encode(encoding)


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """An archive of files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()
