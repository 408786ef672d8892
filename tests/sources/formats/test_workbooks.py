"""A used range that ends far from its content, and cells that are no value."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.sources.formats.table_cells import Content
from kalsel_gap.sources.formats.workbooks import read_workbook
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SCHEMA = "http://schemas.openxmlformats.org"
_MAIN = f"{_SCHEMA}/spreadsheetml/2006/main"
_OFFICE = f"{_SCHEMA}/officeDocument/2006/relationships"
_RELS = f"{_SCHEMA}/package/2006/relationships"
TABLE = {"A1": "npsn", "B1": "nama", "A2": "30300503", "B2": "SD 1", "A4": "30300504", "B4": "SD 2"}
ROWS = [["npsn", "nama"], ["30300503", "SD 1"], [], ["30300504", "SD 2"]]
FAR = "XFD1048576"


def sheet_of(cells: Mapping[str, str | None]) -> str:
    """A sheet of texts by address; a cell that only has a format is None."""
    rows: dict[str, list[str]] = {}
    for address, text in cells.items():
        written = (
            f'<c r="{address}" s="1"/>'
            if text is None
            else f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'
        )
        rows.setdefault(re.sub("[A-Z]", "", address), []).append(written)
    body = "".join(f'<row r="{number}">{"".join(row)}</row>' for number, row in rows.items())
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'


def workbook(path: Path, *sheets: str, target: str = "worksheets/sheet{}.xml") -> Path:
    numbers = range(1, len(sheets) + 1)
    named = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="{target.format(n)}"/>'
        for n in numbers
    )
    styles = f'<Relationship Id="s" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{_RELS}"><Relationship Id="r" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{named}'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELS}">{links}{styles}'
        "</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="46" applyNumberFormat="1"/></cellXfs></styleSheet>',
        **{f"xl/worksheets/sheet{n}.xml": s for n, s in zip(numbers, sheets, strict=True)},
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def rows_of(path: Path, sheet: str | None = None) -> list[list[str]]:
    return read_workbook(Content(path, path.name), sheet)[0].rows


def test_a_format_far_away_changes_nothing(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", sheet_of({**TABLE, FAR: None}))
    assert rows_of(path) == ROWS


@pytest.mark.parametrize("target", ["worksheets/sheet{}.xml", "/xl/worksheets/sheet{}.xml"])
def test_a_used_range_is_cut_to_its_content(tmp_path: Path, target: str) -> None:
    other = sheet_of({"A1": "x", FAR: "y"})
    path = workbook(tmp_path / "a.xlsx", other, sheet_of({**TABLE, FAR: "x"}), target=target)
    rows = rows_of(path, "S2")
    assert len(rows) == 1_048_576
    assert rows[:4] == ROWS
    assert not any(rows[4:-1])
    assert rows[-1] == ["", "", "x"]


def test_a_stray_cell_beside_the_header_is_one_more_column(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", sheet_of({**TABLE, "XFD1": "x"}))
    table = read_table(path)
    assert table.headers == ["npsn", "nama", "x"]
    assert table.cells[ROW].tolist() == [2, 4]


def test_columns_between_keep_their_place(tmp_path: Path) -> None:
    """Cells in several letters, and formats between them."""
    cells = {"C1": "npsn", "D1": None, "AA1": "nama", "C900000": "1", "ZZ900000": None}
    path = workbook(tmp_path / "a.xlsx", sheet_of({**cells, "AAA900000": "2"}))
    rows = rows_of(path)
    assert rows[0] == ["npsn", "nama"]
    assert rows[899_999] == ["1", "", "2"]


def test_content_that_spans_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kalsel_gap.sources.formats.table_cells.LIMIT_CELLS", 5)
    path = workbook(tmp_path / "a.xlsx", sheet_of(TABLE))
    with pytest.raises(InputError) as caught:
        rows_of(path)
    assert caught.value.code == "table_too_wide"


@pytest.mark.parametrize("far", [{}, {"XFD1000000": "x"}])
def test_a_cell_that_is_no_value_names_its_row(tmp_path: Path, far: dict[str, str]) -> None:
    sheet = sheet_of({**TABLE, **far}).replace(
        '<row r="4">', '<row r="3"><c r="A3" s="1"><v>1e300</v></c></row><row r="4">'
    )
    with pytest.raises(InputError) as caught:
        rows_of(workbook(tmp_path / "a.xlsx", sheet))
    assert (caught.value.code, caught.value.row) == ("table_not_xlsx", 3)


def test_an_unknown_compression_is_one_error(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", sheet_of(TABLE))
    raw = path.read_bytes().replace(
        b"PK\x01\x02\x14\x03\x14\0\0\0\0\0", b"PK\x01\x02\x14\x03\x14\0\0\0\x61\0"
    )
    path.write_bytes(raw.replace(b"PK\x03\x04\x14\0\0\0\0\0", b"PK\x03\x04\x14\0\0\0\x61\0"))
    with pytest.raises(InputError) as caught:
        rows_of(path)
    assert caught.value.code == "table_not_xlsx"
