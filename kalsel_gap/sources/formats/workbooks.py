"""Sheets of workbooks."""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError
from kalsel_gap.sources.cells import cell_text
from kalsel_gap.sources.formats.table_cells import (
    TableCells,
    chosen_name,
    reason,
    refuse_too_large,
)

if TYPE_CHECKING:
    from pathlib import Path


LIMIT_CELLS = 50_000_000  # that a workbook's farthest cell may span
_CELL_ADDRESS = re.compile(rb"""\br=["']([A-Z]{1,3})(\d{1,7})["']""")


def read_workbook(path: Path, sheet: str | None) -> TableCells:
    """Read one sheet of a workbook."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        if path.suffix.lower() != ".xls":
            _hold_to_size(path)
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        name = chosen_name(sheet, names, path)
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
        raise InputError("table_not_xlsx", path=path, reason=reason(error)) from None
    return TableCells([[cell_text(value) for value in row] for row in rows], titled=True)


def _hold_to_size(path: Path) -> None:
    """Refuse a workbook whose cells would not fit into memory: one far cell spans them all."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        refuse_too_large(sum(part.file_size for part in parts), path)
        for part in parts:
            if not part.filename.endswith(".xml") or part.filename.endswith("Strings.xml"):
                continue
            addresses = set(_CELL_ADDRESS.findall(archive.read(part)))
            width = max((_column(letters) for letters, _ in addresses), default=0)
            height = max((int(digits) for _, digits in addresses), default=0)
            if width * height > LIMIT_CELLS:
                raise InputError("table_too_wide", path=path, rows=height, columns=width)


def _column(letters: bytes) -> int:
    """Number of a column: A is 1, XFD 16,384."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
