from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.sources.formats.json_documents import Feature, Packed, load, load_sequence

POINT = {"type": "Point", "coordinates": [115.3, -2.9]}
FEATURE = {"type": "Feature", "properties": {"npsn": "1", "lon": 115.3}, "geometry": POINT}
PACKED = Packed((("npsn",), ("lon",)), ("1", "115.3"))


def loaded(value: object) -> Any:
    return load(json.dumps(value))


def test_objects_of_a_list_of_rows_are_packed_and_share_their_keys() -> None:
    rows = [{"npsn": "1", "at": {"lat": -2.50}}, {"npsn": "2", "at": {"lat": 3}}]
    for wrapped, within in (
        (rows, ()),
        ({"data": rows}, ("data",)),
        ({"result": {"items": rows}}, ("result", "items")),
    ):
        found = loaded(wrapped)
        for key in within:
            found = found[key]
        assert [each.texts for each in found] == [("1", "-2.5"), ("2", "3")]
        assert found[0].keys == (("npsn",), ("at", "lat"))
        assert found[0].keys is found[1].keys


def test_features_have_the_texts_of_their_points() -> None:
    bare = {"type": "Feature", "properties": None, "geometry": None}
    found = loaded({"type": "FeatureCollection", "features": [FEATURE, bare]})
    assert found["features"] == [Feature(PACKED, "115.3", "-2.9"), Feature(Packed((), ()), "", "")]
    assert found["features"][0].x is found["features"][0].properties.texts[1]


@pytest.mark.parametrize("value", [[1, {"a": 2}], [{"a": 2}, None], {"b": [1, {"a": "2"}]}])
def test_a_list_that_holds_other_things_too_is_a_value(value: object) -> None:
    assert loaded(value) == json.loads(json.dumps(value), parse_int=str)


def test_features_of_something_else_are_values() -> None:
    given = {"type": {"a": "b"}, "features": [FEATURE]}
    assert loaded(given) == json.loads(json.dumps(given), parse_float=str)


def test_a_sequence_is_one_document() -> None:
    line = json.dumps(FEATURE).encode()
    for raw in (line + b"\r\n\n" + line, b"\x1e" + line + b"\n\x1e" + line):
        found: Any = load_sequence(raw)
        assert found["features"] == [Feature(PACKED, "115.3", "-2.9")] * 2
    assert load_sequence(b'{"a": 1}\n{"a": 2}') == [Packed((("a",),), (x,)) for x in "12"]
    assert load_sequence(b'{"a": 1}\n[2]') == [{"a": "1"}, ["2"]]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "rows", "a", "features", "type"]), inner, max_size=3
        )
    ),
)


@given(_VALUES, st.data())
def test_what_is_no_json_is_an_error_where_python_finds_one(
    value: object, data: st.DataObject
) -> None:
    text = json.dumps(value, indent=1)
    at = data.draw(st.integers(0, len(text)))
    changed = text[:at] + data.draw(st.sampled_from(["", ",", "]", "}", '"', ":", "x"])) + text[at:]
    changed = changed[: data.draw(st.integers(at, len(changed)))]
    try:
        json.loads(changed)
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 - of any kind
            load(changed)
    else:
        load(changed)
