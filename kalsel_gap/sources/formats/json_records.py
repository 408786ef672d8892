"""JSON and GeoJSON: objects within objects as rows."""

from __future__ import annotations

import itertools
import json
import math
import re
from typing import TYPE_CHECKING, Any

from kalsel_gap.errors import InputError, reading
from kalsel_gap.sources.cells import cell_text, fold
from kalsel_gap.sources.formats.points import is_wgs84, spare_places, to_wgs84
from kalsel_gap.sources.formats.table_cells import (
    TableCells,
    refuse_too_many,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from kalsel_gap.sources.formats.table_cells import Content


_WRAPPERS = frozenset({"satuanPendidikan", "sekolah", "school", "attributes", "properties"})
_LISTS = ("data", "results", "result", "items", "rows", "records")
_TOO_GENERAL = frozenset({"nama", "name", "kode", "code", "id", "status"})  # of whom?


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
    with reading(path, "table_not_json"):
        document = _sequence(raw) if is_sequence(raw) else _loads(raw)
    if not isinstance(document, dict) or document.get("type") not in (
        "FeatureCollection",
        "Feature",
    ):
        found = _records(document)
        if found is None:
            raise InputError("table_not_records", path=path)
        if found and isinstance(found[0], list):
            return TableCells(_encodable([[cell_text(v) for v in row] for row in found], raw))
        return TableCells(_encodable(flat_rows(found, path), raw))
    features = document.get("features", [document])
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise InputError("table_not_records", path=path)
    rows = _encodable(flat_rows([as_dict(f.get("properties")) for f in features], path), raw)
    pairs = [_coordinates(feature.get("geometry")) for feature in features]
    named = as_dict(as_dict(document.get("crs")).get("properties")).get("name", "OGC:CRS84")

    def places() -> tuple[list[str], list[str]]:
        if all(x == "" for x, _ in pairs) or is_wgs84(named):
            return [y for _, y in pairs], [x for x, _ in pairs]
        return to_wgs84([_float(x) for x, _ in pairs], [_float(y) for _, y in pairs], named, path)

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


def _sequence(raw: bytes) -> object:
    """The texts of a sequence as one document."""
    texts = raw.split(b"\x1e") if b"\x1e" in raw else raw.splitlines()
    items = [_loads(text) for text in texts if text.strip()]
    if items and all(as_dict(item).get("type") == "Feature" for item in items):
        return {"type": "FeatureCollection", "features": items}
    return items


def _loads(raw: bytes) -> object:
    return json.loads(
        raw,
        parse_float=lambda text: cell_text(float(text)),
        parse_int=str,
        parse_constant=lambda _: None,
    )


def _encodable(rows: list[list[str]], raw: bytes) -> list[list[str]]:
    """Rows whose text can be written again: half a surrogate pair is no character."""
    if b"\\ud" not in raw.lower():
        return rows
    return [[cell.encode("utf-8", "replace").decode("utf-8") for cell in row] for row in rows]


def as_dict(value: object) -> dict[str, Any]:
    """Return the value where it is an object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def _records(document: object) -> list[Any] | None:
    """The rows of a document: a list of objects, wherever the API has wrapped it."""
    if isinstance(document, list):
        alike = all(isinstance(item, dict) for item in document)
        return document if alike or all(isinstance(item, list) for item in document) else None
    if not isinstance(document, dict):
        return None
    lists = {k: v for k, v in document.items() if isinstance(v, list) and v and _records(v)}
    named = [lists[key] for key in _LISTS if key in lists]
    if lists:
        return (named or list(lists.values()))[0] if named or len(lists) == 1 else None
    inner = next((document[k] for k in _LISTS if isinstance(document.get(k), dict)), None)
    if inner is not None:
        return _records(inner)
    is_empty_list = any(isinstance(document.get(key), list) for key in _LISTS)
    return [] if is_empty_list else [document]


def flat_rows(records: Sequence[Mapping[str, Any]], path: Path) -> list[list[str]]:
    """Header and rows of objects within objects: each column has its last key as name if unique.

    A key that is ambiguous alone (``nama``, ``kode``) keeps those above it: ``kabupaten.nama``. The
    object of the school itself (``satuanPendidikan``) adds nothing to a name.
    """
    flat = [dict(_leaves(record, ())) for record in records]
    keys = list(dict.fromkeys(itertools.chain.from_iterable(flat)))
    refuse_too_many(len(flat), len(keys), path)
    uses: dict[str, int] = {}
    for key in keys:
        uses[fold(key[-1])] = uses.get(fold(key[-1]), 0) + 1

    def header(key: tuple[str, ...]) -> str:
        last = fold(key[-1])
        clear = len(key) == 1 or (uses[last] == 1 and last not in _TOO_GENERAL)
        return key[-1] if clear else ".".join(key)

    body = [[cell_text(record.get(key)) for key in keys] for record in flat]
    return [[header(key) for key in keys], *body]


def _leaves(
    record: Mapping[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in record.items():
        path = above if not above and key in _WRAPPERS and value else (*above, str(key))
        if isinstance(value, dict) and value and len(path) < 20:
            yield from _leaves(value, path)
        else:
            yield path or (str(key),), value


def _coordinates(geometry: object) -> tuple[str, str]:
    """Text of x and y of a GeoJSON point; empty for anything else."""
    shape = as_dict(geometry)
    place = shape.get("coordinates")
    if shape.get("type") == "MultiPoint" and isinstance(place, list) and len(place) == 1:
        place = place[0]
    elif shape.get("type") != "Point":
        return "", ""
    if not isinstance(place, list) or len(place) < 2:
        return "", ""
    return cell_text(place[0]), cell_text(place[1])


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
