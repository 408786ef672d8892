"""JSON documents whose long lists are packed, object by object, while they are read.

A dictionary for each of a million objects takes more than a gigabyte. Of an object in a list only
the texts of its values are kept, and its keys once for all objects that have the same.
"""

from __future__ import annotations

import io
import itertools
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from kalsel_gap.sources.cells import cell_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Key: TypeAlias = tuple[str, ...]

LISTS = ("data", "results", "result", "items", "rows", "records")  # where an API puts its rows
_WRAPPERS = frozenset({"satuanPendidikan", "sekolah", "school", "attributes", "properties"})
_DEEPEST = 20
_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder(
    parse_float=lambda text: cell_text(float(text)),
    parse_int=str,
    parse_constant=lambda _: None,
)


class Packed(NamedTuple):
    """An object: the paths of its values, shared by all objects that are alike, and their texts."""

    keys: tuple[Key, ...]
    texts: tuple[str, ...]


class Feature(NamedTuple):
    """A feature of GeoJSON: its properties, and the texts of its point, empty without one."""

    properties: Packed
    x: str
    y: str


class Packer:
    """Packs objects; keys of objects that are alike are one tuple."""

    def __init__(self) -> None:
        self._keys: dict[tuple[Key, ...], tuple[Key, ...]] = {}

    def record(self, given: Mapping[str, Any]) -> Packed:
        """The values of an object, and of the objects within it."""
        leaves = dict(_leaves(given, ()))
        keys = tuple(leaves)
        return Packed(self._keys.setdefault(keys, keys), tuple(map(cell_text, leaves.values())))

    def feature(self, given: Mapping[str, Any]) -> Feature:
        """A feature, whatever it lacks."""
        properties = self.record(as_dict(given.get("properties")))
        # Most features state their place once more: a text of a million is kept once.
        same = dict(zip(properties.texts, properties.texts, strict=True))
        x, y = _place(given)
        return Feature(properties, same.get(x, x), same.get(y, y))


def as_dict(value: object) -> dict[str, Any]:
    """Return the value where it is an object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def decoded(raw: bytes) -> str:
    """The text of a document, in any of the encodings of JSON."""
    return raw.decode(json.detect_encoding(raw), "surrogatepass")


def load(text: str) -> object:
    """A document, its numbers as text; objects of the lists that hold rows are packed.

    These are the list that the document is, those in it, and those within an object of a key that
    APIs give to what holds their rows. Of GeoJSON the list of features holds :class:`Feature`.

    Raises
    ------
    ValueError, RecursionError
        It is no JSON.
    """
    document = _Reader(text).document()
    is_collection = as_dict(document).get("type") in ("FeatureCollection", "Feature")
    if not is_collection and any(isinstance(each, Feature) for each in _features(document)):
        return _DECODER.decode(text)
    return document


def load_sequence(raw: bytes) -> object:
    """The texts of a sequence as one document: one in a line, or each after a record separator."""
    first, *_ = _items(raw)
    packer = Packer()
    is_feature = as_dict(first).get("type") == "Feature"
    pack: Callable[[dict[str, Any]], object] = packer.feature if is_feature else packer.record
    items: list[object] = []
    for item in _items(raw):
        if not isinstance(item, dict) or (item.get("type") == "Feature") != is_feature:
            return list(_items(raw))
        items.append(pack(item))
    return {"type": "FeatureCollection", "features": items} if is_feature else items


def _items(raw: bytes) -> Iterator[object]:
    texts = raw.split(b"\x1e") if b"\x1e" in raw else io.BytesIO(raw)
    for text in texts:
        if text.strip():
            yield _DECODER.decode(decoded(text))


def _features(document: object) -> list[Any]:
    found = as_dict(document).get("features")
    return found[:1] if isinstance(found, list) else []


class _Reader:
    """Reads a text; objects of lists one by one, everything below them by the decoder."""

    def __init__(self, text: str) -> None:
        self.text, self.packer = text, Packer()

    def document(self) -> object:
        value, at = self._value(self._skip(0), "", 0)
        if (end := self._skip(at)) != len(self.text):
            raise json.JSONDecodeError("Extra data", self.text, end)
        return value

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def _value(self, at: int, key: str, depth: int) -> tuple[object, int]:
        first = self.text[at : at + 1]
        if first == "[":
            return self._list(at, key, depth)
        if first == "{" and (depth == 0 or (key in LISTS and depth < _DEEPEST)):
            return self._object(at, depth)
        return _DECODER.raw_decode(self.text, at)

    def _object(self, at: int, depth: int) -> tuple[object, int]:
        found: dict[str, object] = {}
        at = self._skip(at + 1)
        if self.text[at : at + 1] == "}":
            return found, at + 1
        for _ in itertools.count():
            if self.text[at : at + 1] != '"':
                message = "Expecting property name enclosed in double quotes"
                raise json.JSONDecodeError(message, self.text, at)
            key, at = _DECODER.raw_decode(self.text, at)
            at = self._skip(self._expect(self._skip(at), ":"))
            found[key], at = self._value(at, key, depth + 1)
            at = self._skip(at)
            if self.text[at : at + 1] == "}":
                break
            at = self._skip(self._expect(at, ","))
        return found, at + 1

    def _list(self, begin: int, key: str, depth: int) -> tuple[object, int]:
        packer = self.packer
        is_of_features = key == "features" and depth == 1
        pack: Callable[[dict[str, Any]], object] = (
            packer.feature if is_of_features else packer.record
        )
        items: list[object] = []
        at = self._skip(begin + 1)
        if self.text[at : at + 1] == "]":
            return items, at + 1
        packed = 0
        for _ in itertools.count():
            item, at = _DECODER.raw_decode(self.text, at)
            if isinstance(item, dict):
                item = pack(item)
                packed += 1
            items.append(item)
            at = self._skip(at)
            if self.text[at : at + 1] == "]":
                break
            at = self._skip(self._expect(at, ","))
        if 0 < packed < len(items):  # no list of rows: a value
            return _DECODER.raw_decode(self.text, begin)
        return items, at + 1

    def _expect(self, at: int, sign: str) -> int:
        if self.text[at : at + 1] != sign:
            raise json.JSONDecodeError(f"Expecting '{sign}' delimiter", self.text, at)
        return at + 1


def _leaves(record: Mapping[str, Any], above: Key) -> Iterator[tuple[Key, Any]]:
    for key, value in record.items():
        path = above if not above and key in _WRAPPERS and value else (*above, str(key))
        if isinstance(value, dict) and value and len(path) < _DEEPEST:
            yield from _leaves(value, path)
        else:
            yield path or (str(key),), value


def _place(feature: Mapping[str, Any]) -> tuple[str, str]:
    """Text of x and y of a GeoJSON point; empty for anything else."""
    shape = as_dict(feature.get("geometry"))
    place = shape.get("coordinates")
    if shape.get("type") == "MultiPoint" and isinstance(place, list) and len(place) == 1:
        place = place[0]
    elif shape.get("type") != "Point":
        return "", ""
    if not isinstance(place, list) or len(place) < 2:
        return "", ""
    return cell_text(place[0]), cell_text(place[1])
