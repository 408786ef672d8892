"""Merged cells of OpenDocument spreadsheets, and those that repeat without end."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from kalsel_gap.errors import InputError
from kalsel_gap.sources.formats.table_cells import LIMIT_CELLS, Merged

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def opendocument_merges(xml: bytes, path: Path) -> dict[str, list[Merged]]:
    """Merged ranges of each sheet, from ``content.xml``.

    Raises
    ------
    InputError
        `table_too_wide` where a few cells with content are repeated to more than any table has.
    """
    merges: dict[str, list[Merged]] = {}
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise InputError("table_not_xlsx", path=path, reason="DOCTYPE")
    events = ET.iterparse(io.BytesIO(xml), events=("start", "end"))  # noqa: S314 - no DTD, see above
    mine: list[Merged] = []
    row = cells = 0
    for event, element in events:
        if event == "start" and element.tag == f"{_TABLE}table":
            mine = merges.setdefault(element.get(f"{_TABLE}name", ""), [])
            row = 0
        elif event == "end" and element.tag == f"{_TABLE}table-row":
            repeated = int(element.get(f"{_TABLE}number-rows-repeated", "1"))
            filled = _merged_of(element, row, mine)
            cells += filled * repeated
            if cells > LIMIT_CELLS:
                raise InputError("table_too_wide", path=path, rows=repeated, columns=filled)
            row += repeated
            element.clear()
    return merges


def _merged_of(row: ET.Element, number: int, merges: list[Merged]) -> int:
    """Collect the merged ranges that begin in a row; how many cells it has to its last content."""
    column = filled = 0
    for cell in row:
        repeated = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
        high = int(cell.get(f"{_TABLE}number-rows-spanned", "1"))
        wide = int(cell.get(f"{_TABLE}number-columns-spanned", "1"))
        if high > 1 or wide > 1:
            merges.append(Merged(number, column, number + high - 1, column + wide - 1))
        column += repeated
        if len(cell):
            filled = column
    return filled
