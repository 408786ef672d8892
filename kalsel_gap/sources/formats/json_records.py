"""JSON and GeoJSON: objects within objects as rows."""

from __future__ import annotations

import itertools
import json
import math
import re
from typing import TYPE_CHECKING, Any

from kalsel_gap.errors import InputError, reading
from kalsel_gap.sources.cells import cell_text, fold
from kalsel_gap.sources.formats.json_documents import (
    LISTS,
    Feature,
    Packed,
    Packer,
    as_dict,
    decoded,
    load,
    load_sequence,
)
from kalsel_gap.sources.formats.points import is_wgs84, spare_places, to_wgs84
from kalsel_gap.sources.formats.table_cells import (
    TableCells,
    refuse_too_many,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from kalsel_gap.sources.formats.table_cells import Content


_TOO_GENERAL = frozenset({"nama", "name", "kode", "code", "id", "status"})  # of whom?


_HALF_A_PAIR = re.compile(rb"\\u[dD]", re.IGNORECASE)  # or a whole one
# What a script of qgis2web writes before its GeoJSON.
_ASSIGNED = re.compile(rb"\s*(?:(?:var|let|const)\s+)?[A-Za-z_$][\w$]*\s*=\s*(?=[\[{])")


def read_json(content: Content) -> TableCells:
    """Read a list of objects or of rows, wherever an API has wrapped it, or GeoJSON.

    GeoJSON may also be a text sequence, one feature in a line, or assigned to a variable in the
    script of a web map.
    """
    path = content.path
    raw = content.take().removeprefix(b"\xef\xbb\xbf")
    if (assigned := _ASSIGNED.match(raw)) is not None:
        raw = raw[assigned.end() :].rstrip().removesuffix(b";")
    has_halves = _HALF_A_PAIR.search(raw) is not None
    with reading(path, "table_not_json"):
        if is_sequence(raw):
            document = load_sequence(raw)
        else:
            text = decoded(raw)
            del raw  # each is as large as the file
            document = load(text)
            del text
    if not isinstance(document, dict) or document.get("type") not in (
        "FeatureCollection",
        "Feature",
    ):
        found = _records(document)
        del document
        if found is None:
            raise InputError("table_not_records", path=path)
        if found and isinstance(found[0], list):
            rows = [[cell_text(value) for value in row] for row in found]
        else:
            rows = flat_rows(found, path)
        return TableCells(_encodable(rows, has_halves=has_halves))
    features = document.pop("features") if "features" in document else [Packer().feature(document)]
    if not isinstance(features, list) or not all(isinstance(f, Feature) for f in features):
        raise InputError("table_not_records", path=path)
    x, y = [feature.x for feature in features], [feature.y for feature in features]
    for n, feature in enumerate(features):
        features[n] = feature.properties
    rows = _encodable(flat_rows(features, path), has_halves=has_halves)
    named = as_dict(as_dict(document.get("crs")).get("properties")).get("name", "OGC:CRS84")

    def places() -> tuple[list[str], list[str]]:
        if not any(x) or is_wgs84(named):
            return y, x
        return to_wgs84([_float(each) for each in x], [_float(each) for each in y], named, path)

    return TableCells(rows, spare=spare_places(places))


def is_sequence(raw: bytes) -> bool:
    """Whether it is a sequence of JSON texts: one in a line, or each after a record separator."""
    if raw.lstrip().startswith(b"\x1e"):
        return True
    first, _, rest = raw.lstrip().partition(b"\n")
    if not (first.startswith(b"{") and rest.lstrip().startswith(b"{")):
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return True


def _encodable(rows: list[list[str]], *, has_halves: bool) -> list[list[str]]:
    """Rows whose text can be written again: half a surrogate pair is no character."""
    if not has_halves:
        return rows
    return [[cell.encode("utf-8", "replace").decode("utf-8") for cell in row] for row in rows]


def _records(document: object) -> list[Any] | None:
    """The rows of a document: a list of objects, wherever the API has wrapped it."""
    if isinstance(document, list):
        alike = all(isinstance(item, dict | Packed) for item in document)
        return document if alike or all(isinstance(item, list) for item in document) else None
    if not isinstance(document, dict):
        return None
    lists = {k: v for k, v in document.items() if isinstance(v, list) and v and _records(v)}
    named = [lists[key] for key in LISTS if key in lists]
    if lists:
        return (named or list(lists.values()))[0] if named or len(lists) == 1 else None
    inner = next((document[k] for k in LISTS if isinstance(document.get(k), dict)), None)
    if inner is not None:
        return _records(inner)
    is_empty_list = any(isinstance(document.get(key), list) for key in LISTS)
    return [] if is_empty_list else [document]


def flat_rows(records: Iterable[Mapping[str, Any] | Packed], path: Path) -> list[list[str]]:
    """Header and rows of objects within objects: each column has its last key as name if unique.

    A key that is ambiguous alone (``nama``, ``kode``) keeps those above it: ``kabupaten.nama``. The
    object of the school itself (``satuanPendidikan``) adds nothing to a name.
    """
    packer = Packer()
    packed = [each if isinstance(each, Packed) else packer.record(each) for each in records]
    if isinstance(records, list):
        records.clear()  # two tables of a million rows would not fit
    different = list({id(each.keys): each.keys for each in packed}.values())
    keys = list(dict.fromkeys(itertools.chain.from_iterable(different)))
    refuse_too_many(len(packed), len(keys), path)
    uses: dict[str, int] = {}
    for key in keys:
        uses[fold(key[-1])] = uses.get(fold(key[-1]), 0) + 1

    def header(key: tuple[str, ...]) -> str:
        last = fold(key[-1])
        clear = len(key) == 1 or (uses[last] == 1 and last not in _TOO_GENERAL)
        return key[-1] if clear else ".".join(key)

    at = {key: n for n, key in enumerate(keys)}
    places = {id(mine): [at[key] for key in mine] for mine in different}
    rows = [[header(key) for key in keys]]
    packed.reverse()
    while packed:
        each = packed.pop()
        row = [""] * len(keys)
        for n, text in zip(places[id(each.keys)], each.texts, strict=True):
            row[n] = text
        rows.append(row)
    return rows


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
