"""A workbook of text: other readers find every cell as it was written."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from kalsel_gap.i18n.text import plain
from kalsel_gap.storage.text_workbook import workbook_bytes, xml_text


def archive_text(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist())


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def cells(content: bytes) -> dict[str, list[list[str]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    found = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    assert all(isinstance(c, str) for rows in found.values() for row in rows for c in row)
    return {name: [list(map(str, row)) for row in rows] for name, rows in found.items()}


def test_zeros_formulas_and_gaps_stay_text() -> None:
    rows = [["npsn", "", "name"], ["00000101", "x", "=1+1"], ["", "", "-2"]]
    written = workbook_bytes({"survey": rows, "b & c": [["1"] * 28]})
    found = cells(written)
    assert found["survey"] == rows
    assert found["b & c"] == [["1"] * 28]  # beyond column Z
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        wide = archive.read("xl/worksheets/sheet2.xml").decode()
    assert 'r="AB1"' in wide
    assert "<f>" not in archive_text(written)


def test_no_clock_and_no_system_is_in_it() -> None:
    written = workbook_bytes({"a": [["1"]]})
    assert written == workbook_bytes({"a": [["1"]]})
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        for part in archive.infolist():
            assert part.date_time == (1980, 1, 1, 0, 0, 0)
            assert (part.create_system, part.external_attr) == (3, 0o600 << 16)
            assert part.compress_type == zipfile.ZIP_DEFLATED
        kinds = archive.read("[Content_Types].xml").decode()
    assert kinds.startswith('<?xml version="1.0"')
    assert kinds.count("worksheet+xml") == 1


def test_every_part_is_xml_in_the_namespace_of_its_kind() -> None:
    # ECMA-376, part 1 and 2: Excel mends or refuses a workbook with others.
    schemas = "http://schemas.openxmlformats.org"
    with zipfile.ZipFile(io.BytesIO(workbook_bytes({"a": [["1"]], "b": []}))) as archive:
        parts = {name: ET.fromstring(archive.read(name)) for name in archive.namelist()}
    assert {name: part.tag for name, part in parts.items()} == {
        "[Content_Types].xml": f"{{{schemas}/package/2006/content-types}}Types",
        "_rels/.rels": f"{{{schemas}/package/2006/relationships}}Relationships",
        "xl/workbook.xml": f"{{{schemas}/spreadsheetml/2006/main}}workbook",
        "xl/_rels/workbook.xml.rels": f"{{{schemas}/package/2006/relationships}}Relationships",
        "xl/worksheets/sheet1.xml": f"{{{schemas}/spreadsheetml/2006/main}}worksheet",
        "xl/worksheets/sheet2.xml": f"{{{schemas}/spreadsheetml/2006/main}}worksheet",
    }
    # Every relation leads to a part that is there, and each sheet names one of them.
    office = f"{schemas}/officeDocument/2006/relationships"
    (book,) = parts["_rels/.rels"]
    assert (book.get("Type"), book.get("Target")) == (f"{office}/officeDocument", "xl/workbook.xml")
    linked = {link.get("Id"): link for link in parts["xl/_rels/workbook.xml.rels"]}
    (sheets,) = parts["xl/workbook.xml"]
    named = {sheet.get("name"): linked[sheet.get(f"{{{office}}}id")] for sheet in sheets}
    assert {name: link.get("Target") for name, link in named.items()} == {
        "a": "worksheets/sheet1.xml",
        "b": "worksheets/sheet2.xml",
    }
    assert {link.get("Type") for link in named.values()} == {f"{office}/worksheet"}
    kinds = {part.get("PartName"): part.get("ContentType") for part in parts["[Content_Types].xml"]}
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    assert kinds["/xl/workbook.xml"] == f"{kind}.sheet.main+xml"
    assert kinds["/xl/worksheets/sheet2.xml"] == f"{kind}.worksheet+xml"


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=4))
def test_any_text_comes_back_safe_to_show(rows: list[list[str]]) -> None:
    rows = [["head", "er"], *rows]
    safe = [[plain(cell).replace("\ufffe", " ").replace("\uffff", " ") for cell in r] for r in rows]
    found = cells(workbook_bytes({"a": rows}))["a"]
    found += [["", ""]] * (len(safe) - len(found))
    assert found == safe


@pytest.mark.parametrize(
    ("text", "written"),
    [("<b>&", "&lt;b&gt;&amp;"), ("a\x00\ufffe\uffffb", "a   b"), ("\x1b[31m", " [31m")],
)
def test_text_in_an_element(text: str, written: str) -> None:
    assert xml_text(text) == written
