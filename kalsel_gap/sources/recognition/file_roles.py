"""Roles of one file: of its sheets, its layers, or its cells."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.errors import InputError, reading
from kalsel_gap.geo.gdal import driver_of
from kalsel_gap.geo.raster_files import TILES
from kalsel_gap.project.inputs import VECTORS
from kalsel_gap.project.proposal import Said, Unused
from kalsel_gap.sources.formats.vector_layers import PARQUETS, layers
from kalsel_gap.sources.recognition.candidates import Candidate, error_said
from kalsel_gap.sources.recognition.layer_roles import layer_candidates, layer_facts
from kalsel_gap.sources.recognition.name_words import name_below
from kalsel_gap.sources.recognition.raster_roles import raster_candidate, raster_facts
from kalsel_gap.sources.recognition.table_roles import known_columns, table_candidates, table_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"<svg")
_HEAD_BYTES = 1024


def roles_of_file(
    path: Path, folder: Path, operators: Collection[str]
) -> Iterator[Candidate | Unused]:
    """The roles that a file may have: the best one of each sheet or layer, or why it has none.

    Parameters
    ----------
    path : Path
        A file.
    folder : Path
        The folder that is searched; names below it count.
    operators : collection of str
        Operators that the tables of sites name.
    """
    if any(0xD800 <= ord(char) <= 0xDFFF for char in str(path)):  # no text in any encoding
        yield Unused(path, Said("name_unreadable"))
        return
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if not head:
            raise InputError("file_empty", path=path)  # noqa: TRY301 - as what a reader raises
        yield from _joined(list(_roles(path, folder, head, operators)))
    except InputError as error:
        yield Unused(path, error_said(error))
    except OSError as error:
        reason = error.strerror or ""
        yield Unused(path, error_said(InputError("file_unreadable", path=path, reason=reason)))


def _roles(
    path: Path, folder: Path, head: bytes, operators: Collection[str]
) -> Iterator[Candidate | Unused]:
    kind, name = path.suffix.lower(), name_below(path, folder)
    if kind in TILES or kind == ".vrt" or driver_of(path) is not None:
        facts = raster_facts(path)
        empty = Said("raster_empty")
        found = raster_candidate(path, name, facts, operators) if len(facts.values) else empty
        yield Unused(path, found) if isinstance(found, Said) else found
    elif head.startswith(_PICTURES):
        yield Unused(path, Said("picture"))
    elif kind in VECTORS and kind not in {".json"} | PARQUETS and not _is_other_zip(path):
        yield from _of_layers(path, name, operators)
    else:
        yield from _of_sheets(path, name)


def _is_other_zip(path: Path) -> bool:
    """Whether a file is an archive without a Shapefile."""
    if path.suffix.lower() != ".zip":
        return False
    with reading(path, "vector_unreadable"), zipfile.ZipFile(path) as archive:
        return not any(each.lower().endswith(".shp") for each in archive.namelist())


def _of_sheets(path: Path, name: str) -> Iterator[Candidate | Unused]:
    """The best role of each sheet."""
    sheets: list[str | None] = [*table_parts(path)]
    for sheet in sheets if len(sheets) > 1 else [None]:
        words = name if sheet is None else f"{name} {sheet.casefold()}"
        try:
            found = table_candidates(path, words, sheet)
            if found:
                yield found[0]
            else:
                columns = known_columns(path, sheet)
                yield Unused(path, Said("no_role", {"columns": columns}), sheet or "")
        except InputError as error:
            yield Unused(path, error_said(error), sheet or "")


def _joined(found: Sequence[Candidate | Unused]) -> Iterator[Candidate | Unused]:
    """Sheets of one role as one; the others as they are."""
    candidates = [each for each in found if isinstance(each, Candidate)]
    usable = [c for c in candidates if "sheet" in c.keys and c.certainty != "unsure"]
    by_section: dict[str, list[Candidate]] = {}
    for each in usable:
        by_section.setdefault(each.section, []).append(each)
    for section, sheets in by_section.items():
        is_all = len(by_section) == 1 and all(c.section == section for c in candidates)
        yield _as_one(sheets, is_all=is_all)
    yield from (each for each in found if each not in usable)


def _as_one(sheets: Sequence[Candidate], *, is_all: bool) -> Candidate:
    """Several sheets of one role; where the file has no other role its reader finds them."""
    first = sheets[0]
    keys = dict(first.keys)
    names = [each.keys["sheet"] for each in sheets]
    keys["sheet"] = names if len(names) > 1 else names[0]
    if is_all:
        del keys["sheet"]
    said: list[Said] = []
    for each in sheets:
        said += [one for one in each.said if one not in said]
    places = [each.places for each in sheets if each.places is not None]
    return replace(
        first,
        certainty="sure" if all(each.certainty == "sure" for each in sheets) else "likely",
        said=tuple(said),
        keys=keys,
        places=pd.concat(places, ignore_index=True) if places else None,
        operators=tuple(sorted({name for each in sheets for name in each.operators})),
    )


def _of_layers(path: Path, name: str, operators: Collection[str]) -> Iterator[Candidate | Unused]:
    """The best role of each layer."""
    names = _layers(path)
    for layer in names if len(names) > 1 else [None]:
        words = name if layer is None else f"{name} {layer.casefold()}"
        try:
            yield _of_layer(path, words, layer, operators, is_first=layer in (None, *names[:1]))
        except InputError as error:
            yield Unused(path, error_said(error), layer or "")


def _layers(path: Path) -> list[str]:
    """Layers of a file, as its reader names them; none where it reads them as one."""
    kind = path.suffix.lower()
    if kind == ".zip":
        with reading(path, "vector_unreadable"), zipfile.ZipFile(path) as archive:
            inside = (each for each in archive.namelist() if each.lower().endswith(".shp"))
            return sorted(each.rpartition("/")[2][:-4] for each in inside)
    if kind != ".gpkg":
        return []
    with reading(path, "vector_unreadable"):
        return [name for _, name in layers(path, "*") if name is not None]


def _of_layer(
    path: Path, name: str, layer: str | None, operators: Collection[str], *, is_first: bool
) -> Candidate | Unused:
    facts = layer_facts(path, layer)
    found: list[Candidate] = []
    is_tiles = "quadkey" in (str(column).casefold() for column in facts.columns)
    if facts.shapes in ("points", "") or is_tiles:
        found = table_candidates(path, name, layer)
    if not found:
        found = layer_candidates(path, name, facts, operators)
        if found and layer is not None and found[0].section == "coverage":
            found = [found[0].with_more(keys={"layer": layer})]
        elif found and not is_first:
            found = [found[0].with_more(Said("layer_inside", {"layer": layer}), "unsure")]
    if found:
        return found[0]
    if not facts.shapes:
        return Unused(path, error_said(InputError("vector_no_geometry", path=path)), layer or "")
    return Unused(path, Said("no_role_layer", {"shapes": Said(facts.shapes)}), layer or "")
