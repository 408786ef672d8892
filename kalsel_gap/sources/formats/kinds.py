"""Each kind of table file as cells of text: what a CSV file of the same table would hold.

A number is its shortest decimal text, without ``.0`` where it is whole; a date is ISO; true and
false are 1 and 0; what is missing is empty. So the same table says the same in every format.
"""

from __future__ import annotations

import dataclasses
import zipfile
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError, reading
from kalsel_gap.sources.formats.delimited_text import read_csv
from kalsel_gap.sources.formats.json_records import read_json
from kalsel_gap.sources.formats.kml import kml_documents, read_kml
from kalsel_gap.sources.formats.signatures import kind_of
from kalsel_gap.sources.formats.table_cells import (
    Content,
    TableCells,
    chosen_names,
    refuse_too_large,
)
from kalsel_gap.sources.formats.vector_layers import (
    SIDECARS,
    read_layer_cells,
    read_parquet,
    read_zipped_shapefile,
)
from kalsel_gap.sources.formats.web_tables import read_web_page, read_xml_workbook
from kalsel_gap.sources.formats.workbooks import read_workbook

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from kalsel_gap.sources.formats.table_cells import Chosen


# Text under one of these endings is a damaged file of that kind, not a CSV file.
_BY_ENDING = {
    **dict.fromkeys((".json", ".geojson", ".geojsonl", ".geojsons", ".ndjson", ".jsonl"), "json"),
    ".js": "json",
    ".kml": "kml",
    ".kmz": "kmz",
    ".zip": "archive",
    ".gpkg": "geopackage",
    ".shp": "shapefile",
    ".fgb": "flatgeobuf",
    **dict.fromkeys((".parquet", ".geoparquet"), "parquet"),
}
_WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})


def read_cells(path: Path, asked: Chosen, spellings: Collection[str]) -> list[TableCells]:
    """Read every table of a file, by its content; its ending decides only what content leaves open.

    Parameters
    ----------
    path : Path
        The file.
    asked : str or sequence of str, optional
        Sheets of a workbook, layers of a GeoPackage or parts of an archive; by default all of them.
    spellings : collection of str
        Folded known headers: they distinguish the header from titles.

    Raises
    ------
    InputError
        Unreadable, or no table.
    """
    return _tables(Content(path, path.name), asked, spellings)


def _tables(content: Content, asked: Chosen, spellings: Collection[str]) -> list[TableCells]:
    kind = _kind(content)
    _refuse_no_table(kind, content.path)
    if kind == "gzip":
        return _tables(content.unpacked(), asked, spellings)
    if kind in {"archive", "damaged"}:
        return _archived(content, asked, spellings)
    several = {
        "workbook": read_workbook,
        "xml_workbook": read_xml_workbook,
        "web_page": read_web_page,
        "kmz": _documents,
        **dict.fromkeys(("geopackage", "shapefile", "flatgeobuf"), _layers),
    }
    if kind in several:
        return several[kind](content, asked)
    one = {"json": read_json, "kml": read_kml, "parquet": read_parquet}
    return [one[kind](content) if kind in one else read_csv(content, spellings)]


def _refuse_no_table(kind: str, path: Path) -> None:
    """Raise an error for kinds that no ending makes a table; it says what to do instead."""
    match kind:
        case "empty":
            raise InputError("file_empty", path=path)
        case "pdf":
            raise InputError("table_is_pdf", path=path)
        case "document":
            raise InputError("table_is_document", path=path)
        case "picture":
            raise InputError("table_is_picture", path=path)
        case "packed":
            raise InputError("table_is_packed", path=path)
        case "web_archive":
            raise InputError("table_is_web_page", path=path)
        case "locked":
            raise InputError("workbook_locked", path=path)


def _kind(content: Content) -> str:
    """Kind by content; by the ending where the content could be anything, or is damaged."""
    kind = kind_of(content)
    if kind in {"text", "xml", "web_page", "damaged"} and content.ending in _BY_ENDING:
        return _BY_ENDING[content.ending]
    is_unclear = kind == "damaged" or (kind == "text" and _is_no_text(content))
    return "workbook" if is_unclear and content.ending in _WORKBOOKS else kind


def _layers(content: Content, asked: Chosen) -> list[TableCells]:
    if content.raw is not None:
        raise InputError("table_packed_inside", path=content.path, value=content.name)
    return read_layer_cells(content.path, asked)


def _is_no_text(content: Content) -> bool:
    head = content.head()
    return b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff"))


def _documents(content: Content, asked: Chosen) -> list[TableCells]:
    documents = {each.name: each for each in kml_documents(content)}
    names = chosen_names(asked, list(documents), content.path)
    part = (lambda name: name) if len(documents) > 1 else (lambda _: "")
    return [dataclasses.replace(read_kml(documents[n]), part=part(n)) for n in names]


def _archived(content: Content, asked: Chosen, spellings: Collection[str]) -> list[TableCells]:
    """The tables of a ZIP archive; one that cannot be read is given by its error."""
    path = content.path
    with reading(path, "zip_unreadable"), content.open() as file:
        archive = zipfile.ZipFile(file)
        refuse_too_large(sum(part.file_size for part in archive.infolist()), path)
        parts = _parts(archive.namelist())
        if not parts:
            raise InputError("zip_without_layer", path=path)
        whole = _whole_names(parts, asked)
        tables: list[TableCells] = []
        errors: list[InputError] = []
        for name in chosen_names(whole, sorted(parts), path):
            inner = _inner(name, asked)
            try:
                if parts[name].lower().endswith(".shp"):
                    read = [read_zipped_shapefile(path, archive, parts[name])]
                else:
                    member = Content(path, name, archive.read(parts[name]))
                    read = _tables(member, inner, spellings)
            except InputError as error:
                errors.append(error)
                tables.append(TableCells([], part=name, unread=error.code))
                continue
            tables += [
                dataclasses.replace(table, part=f"{name}/{table.part}" if table.part else name)
                for table in read
            ]
    if len(errors) == len(tables):
        raise errors[0]
    if len(tables) == 1:  # the table of the archive, whatever its name
        return [dataclasses.replace(tables[0], part="")]
    return tables


def _parts(members: list[str]) -> dict[str, str]:
    """Members of an archive that may be tables: short name to whole name.

    Files that belong to a Shapefile, and those that macOS adds, are none.
    """
    seen = [m for m in members if not m.endswith("/") and "__MACOSX" not in m]
    seen = [m for m in seen if not m.rpartition("/")[2].startswith(".")]
    stems = {m[:-4].lower() for m in seen if m.lower().endswith(".shp")}
    tables = [
        m
        for m in seen
        if not (
            any(
                m.lower() in {stem + side, stem + ".shp" + side}
                for side in SIDECARS
                for stem in stems
            )
        )
    ]
    short = [_short(m) for m in tables]
    return {
        (name if short.count(name) == 1 else member): member
        for name, member in zip(short, tables, strict=True)
    }


def _short(member: str) -> str:
    """Name of a member without its folders; of a Shapefile also without its ending."""
    name = member.rpartition("/")[2]
    return name[:-4] if name.lower().endswith(".shp") else name


def _whole_names(parts: Collection[str], asked: Chosen) -> Chosen:
    """The members that are asked for: ``book.xlsx/Sheet`` asks for ``book.xlsx``."""
    if asked is None or asked == "*":
        return asked
    wanted = [asked] if isinstance(asked, str) else list(asked)
    return list(dict.fromkeys(n if n in parts else n.partition("/")[0] for n in wanted))


def _inner(name: str, asked: Chosen) -> Chosen:
    """The sheets of a member that are asked for."""
    if asked is None or asked == "*":
        return asked
    wanted = [asked] if isinstance(asked, str) else list(asked)
    inner = [n.removeprefix(f"{name}/") for n in wanted if n.startswith(f"{name}/")]
    return inner or None
