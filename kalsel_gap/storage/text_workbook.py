"""Workbooks (XLSX) whose every cell is text: forms that other programs read, the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from kalsel_gap.i18n.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SCHEMA = "http://schemas.openxmlformats.org"
_MAIN = f"{_SCHEMA}/spreadsheetml/2006/main"
_OFFICE = f"{_SCHEMA}/officeDocument/2006/relationships"
_PACKAGE = f"{_SCHEMA}/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP archive can state
_NO_XML = re.compile("[\ufffe\uffff\ud800-\udfff]")


def workbook_bytes(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """An XLSX workbook (ECMA-376) of text cells; leading zeros stay, and nothing is a formula.

    Parameters
    ----------
    sheets : mapping of str to rows
        Rows of each sheet by its name; an empty text is no cell.

    Returns
    -------
    bytes
        The same for the same sheets.
    """
    named = list(enumerate(sheets.items(), start=1))
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>'
        for n, _ in named
    )
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, (name, _) in named
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in named
    )
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
            f"{kinds}</Types>"
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'
        ),
        **{f"xl/worksheets/sheet{n}.xml": _sheet(rows) for n, (_, rows) in named},
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            part = zipfile.ZipInfo(name, _MOMENT)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.create_system = 3  # on every system
            part.external_attr = 0o600 << 16
            archive.writestr(part, _XML + text)
    return file.getvalue()


def _sheet(rows: Sequence[Sequence[str]]) -> str:
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(
            f'<c r="{_letters(column)}{number}" t="inlineStr"><is>'
            f'<t xml:space="preserve">{xml_text(value)}</t></is></c>'
            for column, value in enumerate(row)
            if value
        )
        lines.append(f'<row r="{number}">{cells}</row>')
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def xml_text(value: object) -> str:
    r"""Text of others as the content of an XML element.

    Examples
    --------
    >>> xml_text("SD <b> \x07\uffff&")
    'SD &lt;b&gt;   &amp;'
    """
    return escape(shown_text(value))


def shown_text(value: object) -> str:
    """Text of others without characters that XML cannot hold or that a reader cannot see."""
    return _NO_XML.sub(" ", plain(value))


def _letters(column: int) -> str:
    """Name of a column, counted from 0.

    Examples
    --------
    >>> [_letters(column) for column in (0, 25, 26, 701, 702)]
    ['A', 'Z', 'AA', 'ZZ', 'AAA']
    """
    letters, rest = "", column + 1
    while rest:
        rest, place = divmod(rest - 1, 26)
        letters = chr(65 + place) + letters
    return letters
