"""Leaflet maps through folium: a map without tiles, borders, own layers, markers.

What every page with a map shares; the other half is ``assets/base.js``.
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import TYPE_CHECKING, Any

import folium
import numpy as np
import shapely
from branca.element import MacroElement
from folium.template import Template

from kalsel_gap.deliverables import palette
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

_MOST_ZOOM = 18
_NEAR_DEG = 0.003  # borders so near to each other are one
_AREA_DEGREES = 4  # decimals of a border, which is simplified anyway
# Dashes and dots, as on printed maps: a solid line is a shore.
_OUTLINES = {
    "kabupaten": {"color": "#3d3d3d", "weight": 1.4, "dashArray": "9 3 1.5 3"},
    "kecamatan": {"color": "#5a5a5a", "weight": 0.8, "dashArray": "1.5 3"},
}
# Digits of indices: printable, and none that JSON or HTML writes with more than one character.
_DIGITS = "".join(chr(code) for code in range(35, 127) if chr(code) not in "<\\")
_NUMBER = re.compile(r"(\d[\d.,]*\d|\d)")
_SLOT = "\x01"  # no text that is shown holds one
_SAMPLE = 50  # rows in which a column shows whether it has numbers
_KABUPATEN = re.compile(r"^kab(\.|upaten)?\s+(?=\S)", re.IGNORECASE)


class Map(folium.Map):
    """A Leaflet map without tiles, in a page of ours."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}{% endmacro %}
        {% macro html(this, kwargs) %}
        <div class="map" id="{{ this.get_name() }}" role="region" aria-label="{{ this.label|e }}">
        </div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        {% set map = this.get_name() %}
        const {{ map }} = L.map({{ map|tojson }},
            { ...{{ this.options|tojavascript }}, ...kalselGap.motion() });
        {{ map }}.attributionControl.setPrefix("Leaflet");
        {{ map }}.attributionControl.addAttribution({{ this.credit|tojavascript }});
        L.control.zoom({{ this.zoom_titles|tojavascript }}).addTo({{ map }});
        L.control.scale({ imperial: false }).addTo({{ map }});
        {% endmacro %}
        """
    )

    def __init__(self, label: str, text: Text) -> None:
        super().__init__(tiles=None, zoom_control=False)
        # Of folium's links only these two: its pop-ups and icons need the others, ours do not.
        self.default_js = [pair for pair in folium.Map.default_js if pair[0] == "leaflet"]
        self.default_css = [pair for pair in folium.Map.default_css if pair[0] == "leaflet_css"]
        self.label = label
        self.credit = escape(text(N_("data: see the sources below")))
        self.zoom_titles = {
            "zoomInTitle": text(N_("Zoom in")),
            "zoomOutTitle": text(N_("Zoom out")),
        }
        # Steps of a tenth let the province fill a window of any size.
        self.options = {"zoomControl": False, "maxZoom": _MOST_ZOOM, "zoomSnap": 0.1}


class OwnLayer(folium.map.Layer):
    """A layer that a function of our script makes."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        const {{ this.get_name() }} =
            kalselGap.{{ this.function }}(...{{ this.arguments|tojavascript }});
        {% endmacro %}
        """
    )

    def __init__(
        self, function: str, *arguments: object, name: str, show: bool = True, control: bool = True
    ) -> None:
        super().__init__(name=name, overlay=True, control=control, show=show)
        self._name = f"Own_{function}"
        self.function, self.arguments = function, list(arguments)


class Start(MacroElement):
    """Connects the page with its layers and shows the bounds; added last.

    Parameters
    ----------
    points : OwnLayer
        What is found by a click.
    bounds : list
        South-west and north-east.
    layers : dict, optional
        Layers that controls of the page show and hide, by name.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "kalselGap.start({{ this._parent.get_name() }}, {{ this.points.get_name() }},"
        " {{ this.bounds|tojavascript }}"
        "{% if this.layers %}, { {% for name, layer in this.layers.items() %}"
        "{{ name|tojson }}: {{ layer.get_name() }}, {% endfor %} }{% endif %});"
        "{% endmacro %}"
    )

    def __init__(
        self,
        points: OwnLayer,
        bounds: list[list[float]],
        layers: dict[str, folium.map.Layer] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self.points, self.bounds = "Start", points, bounds
        self.layers = layers or {}


def add_borders(made: Map, areas: pd.DataFrame, text: Text) -> dict[str, OwnLayer]:
    """Add the available borders to the map, and return them by level."""
    added = {}
    names = {"kabupaten": N_("Borders of kabupaten"), "kecamatan": N_("Borders of kecamatan")}
    for level, outline in _OUTLINES.items():
        if (areas["level"] == level).any():
            shown = level == "kabupaten"
            added[level] = OwnLayer("areas", level, outline, name=text(names[level]), show=shown)
            made.add_child(added[level])
    return added


def packed(values: list[str]) -> list[str] | dict[str, Any]:
    """A column of texts, written the shortest of three ways.

    As it is; as distinct texts and the index of each row's text; or as texts in which a control
    character stands for each number, and the numbers of all rows. An index has a fixed width, in
    digits of base 90 (:func:`_digits`).
    """
    ways: list[list[str] | dict[str, Any]] = [values, _indexed(values)]
    if any(character.isdigit() for value in values[:_SAMPLE] for character in value):
        parts = [_NUMBER.split(value) for value in values]
        texts = [_SLOT.join(part[::2]) for part in parts]
        numbers = _fixed(texts, [part[1::2] for part in parts])
        ways.append({**_indexed(texts), "numbers": " ".join(numbers)})
    return min(ways, key=_length)


def packed_numbers(values: Sequence[float | None], digits: int) -> dict[str, Any]:
    """A column of numbers to so many decimals, each a few digits of base 90; 0 is a missing one."""
    scale = 10**digits
    whole = [None if value is None else round(value * scale) for value in values]
    known = [value for value in whole if value is not None]
    least = min(known, default=0)
    largest = max(known, default=0) - least + 1
    width = 1
    while len(_DIGITS) ** width <= largest:
        width += 1
    codes = [0 if value is None else value - least + 1 for value in whole]
    written = "".join([_digits(code, width) for code in codes])
    return {"least": least, "scale": scale, "width": width, "codes": written}


def _length(column: list[str] | dict[str, Any]) -> int:
    return len(json.dumps(column, ensure_ascii=False, separators=(",", ":")))


def _indexed(values: list[str]) -> dict[str, Any]:
    words = list(dict.fromkeys(values))
    number = {word: n for n, word in enumerate(words)}
    width = 1
    while len(_DIGITS) ** width < len(words):
        width += 1
    code = {word: _digits(n, width) for word, n in number.items()}
    return {"words": words, "width": width, "rows": "".join([code[value] for value in values])}


def _digits(number: int, width: int) -> str:
    written = ""
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        written = _DIGITS[digit] + written
    return written


def _fixed(texts: list[str], numbers: list[list[str]]) -> list[str]:
    """Numbers of all rows; one that is the same in all rows of a text is written into that text."""
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        rows.setdefault(text, []).append(row)
    for text, mine in rows.items():
        columns = list(zip(*(numbers[row] for row in mine), strict=True))
        same = [len(set(column)) == 1 for column in columns]
        parts = text.split(_SLOT)
        slots = [c[0] if s else _SLOT for c, s in zip(columns, same, strict=True)]
        inner = "".join(p + s for p, s in zip(parts, [*slots, ""], strict=True))
        for row in mine:
            texts[row] = inner
            numbers[row] = [n for n, s in zip(numbers[row], same, strict=True) if not s]
    return [number for row in numbers for number in row]


def borders(areas: pd.DataFrame, *, fill: str = "") -> dict[str, Any]:
    """The data of the borders for the script, by level: names and lines.

    Parameters
    ----------
    areas : GeoDataFrame
        ``level name geometry``.
    fill : str
        Colour of the area that the kabupaten cover, where no picture shows the land.
    """
    found: dict[str, Any] = {level: _borders(areas, level) for level in _OUTLINES}
    kabupaten = areas.geometry[areas["level"] == "kabupaten"]
    if fill and len(kabupaten):
        found["land"] = {"colour": fill, "shape": shape(kabupaten.union_all())}
    return found


def _borders(areas: pd.DataFrame, level: str) -> dict[str, Any]:
    """Labels, the largest first: it keeps its label if labels collide. Each border is one line.

    Two neighbours would draw the line between them twice, and two rows of dashes are a solid line.
    Where they leave a gap between them, the border of the larger one is drawn.
    """
    chosen = areas[areas["level"] == level]
    chosen = chosen.iloc[np.argsort(-shapely.area(chosen.geometry.to_numpy()), kind="stable")]
    outlines = shapely.boundary(chosen.geometry.to_numpy())
    near = shapely.buffer(outlines, _NEAR_DEG, quad_segs=2)
    tree = shapely.STRtree(outlines)
    lines = [
        shapely.difference(line, shapely.union_all(near[[m for m in tree.query(line) if m < n]]))
        for n, line in enumerate(outlines)
    ]
    return {
        "names": [
            {
                "name": bare_kabupaten(plain(name)),
                "at": [round(at.y, _AREA_DEGREES), round(at.x, _AREA_DEGREES)],
            }
            for name, at in zip(chosen["name"], chosen.geometry.representative_point(), strict=True)
        ],
        "lines": shape(shapely.line_merge(shapely.union_all(lines))),
    }


def bare_kabupaten(name: str) -> str:
    """The name of a kabupaten as a map labels it.

    Examples
    --------
    >>> bare_kabupaten("Kab. Banjar"), bare_kabupaten("Kota Banjarbaru")
    ('Banjar', 'Kota Banjarbaru')
    """
    return _KABUPATEN.sub("", name)


def shape(geometry: shapely.Geometry) -> dict[str, Any]:
    """A geometry as GeoJSON, in degrees with few decimals."""
    rounded = shapely.transform(geometry, lambda places: np.round(places, _AREA_DEGREES))
    read: dict[str, Any] = json.loads(shapely.to_geojson(rounded))
    return read


def drawn(mark: palette.Mark, radius: float) -> dict[str, Any]:
    """A mark as legend and canvas draw it: path, colours, line width, radius in pixels."""
    hollow = mark.shape in ("ring", "frame", "cross")
    return {
        "path": _path(mark.shape),
        "fill": "#ffffff99" if mark.shape in ("ring", "frame") else mark.colour,
        "stroke": mark.colour if hollow else palette.OUTLINE,
        "line": 0.45 if hollow else 0.2,  # of the radius
        "radius": radius,
    }


def _path(shape: str) -> str:
    """SVG path of a shape about the origin, as large as a circle of radius 1."""
    if shape in ("circle", "ring"):
        return "M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z"
    if shape == "cross":
        return "M-1 0H1M0-1V1"
    points = palette.corners(shape)
    return "M" + "L".join(f"{x + 0:.3f} {y + 0:.3f}" for x, y in points) + "Z"


def bounds_of(schools: pd.DataFrame, areas: pd.DataFrame) -> list[list[float]]:
    """South-west and north-east of the areas, otherwise of the schools, otherwise of Indonesia."""
    if len(areas):
        west, south, east, north = (float(edge) for edge in areas.total_bounds)
        return [[south, west], [north, east]]
    lat, lon = schools["lat"], schools["lon"]
    if lat.notna().any():
        return [[float(lat.min()), float(lon.min())], [float(lat.max()), float(lon.max())]]
    return [[-11.2, 94.9], [6.2, 141.2]]  # Indonesia
