"""Placemarks of KML and KMZ."""

from __future__ import annotations

import io
import itertools
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from kalsel_gap.errors import InputError, reading
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.formats.points import spare_places
from kalsel_gap.sources.formats.table_cells import (
    Content,
    TableCells,
    refuse_too_large,
    refuse_too_many,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def read_kml(content: Content) -> TableCells:
    """Placemarks of all folders: extended data as columns, name and description where given."""
    path = content.path
    raw = content.take()
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise InputError("table_not_kml", path=path, reason="DOCTYPE")
    declared: dict[str, None] = {}
    marks: list[dict[str, str]] = []
    own: list[tuple[str, str]] = []
    places: list[tuple[str, str]] = []
    with reading(path, "table_not_kml"):
        for _, element in ET.iterparse(io.BytesIO(raw)):  # noqa: S314 - no DTD, see above
            kind = element.tag.rpartition("}")[2]
            if kind == "SimpleField":
                declared[element.get("name", "")] = None
            elif kind == "Placemark":
                marks.append(dict(_extended(element)))
                own.append((_found(element, "name"), _found(element, "description")))
                places.append(_kml_place(element))
                element.clear()
    headers = [n for n in dict.fromkeys([*declared, *itertools.chain(*marks)]) if n]
    if "description" not in map(fold, headers) and any(text for _, text in own):
        headers.append("description")
        marks = [{**m, "description": text} for m, (_, text) in zip(marks, own, strict=True)]
    refuse_too_many(len(marks), len(headers), path)
    rows = [[mark.get(header, "") for header in headers] for mark in marks]
    spare = {
        "name": lambda: [name for name, _ in own],
        **spare_places(lambda: ([y for _, y in places], [x for x, _ in places])),
    }
    return TableCells([headers, *rows], spare=spare)


def kml_documents(content: Content) -> list[Content]:
    """The documents of a KMZ, ``doc.kml`` first.

    Raises
    ------
    InputError
        `table_not_kml` for no archive, or one without a document.
    """
    path = content.path
    with reading(path, "table_not_kml"), content.open() as file, zipfile.ZipFile(file) as archive:
        inner = [p for p in archive.infolist() if p.filename.lower().endswith(".kml")]
        if not inner:
            raise InputError("table_not_kml", path=path, reason="doc.kml")
        refuse_too_large(sum(part.file_size for part in inner), path)
        inner.sort(key=lambda p: (p.filename != "doc.kml", p.filename))
        return [Content(path, part.filename, archive.read(part)) for part in inner]


def _extended(mark: ET.Element) -> Iterator[tuple[str, str]]:
    for item in mark.iterfind(".//{*}ExtendedData//{*}SimpleData"):
        yield item.get("name", ""), item.text or ""
    for item in mark.iterfind(".//{*}ExtendedData/{*}Data"):
        yield item.get("name", ""), item.findtext("{*}value") or ""


def _found(mark: ET.Element, name: str) -> str:
    return mark.findtext(f"{{*}}{name}") or ""


def _kml_place(mark: ET.Element) -> tuple[str, str]:
    """Text of longitude and latitude of the placemark's only point."""
    points = mark.findall(".//{*}Point/{*}coordinates")
    parts = (points[0].text or "").strip().split(",") if len(points) == 1 else []
    return (parts[0].strip(), parts[1].strip()) if len(parts) >= 2 else ("", "")
