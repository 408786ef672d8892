"""Writers of workbooks as offices save them: XLSX, ODS, a web page, Excel's XML of 2003, CSV."""

from __future__ import annotations

import csv
import io
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
