"""Leaflet maps through folium: a map without tiles, borders, own layers, markers.

What every page with a map shares; the other half is ``assets/base.js``.
"""

from __future__ import annotations

import json
import math
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
    import pandas as pd

_MOST_ZOOM = 18
_AREA_DEGREES = 4  # decimals of a border, which is simplified anyway
_OUTLINES = {
    "kabupaten": {"color": "#333333", "weight": 1.6, "fill": False},
    "kecamatan": {"color": "#5a5a5a", "weight": 0.7, "dashArray": "3 3", "fill": False},
}
_KABUPATEN = re.compile(r"^kab(\.|upaten)?\s+(?=\S)", re.IGNORECASE)
_GROUND = {"fill": True, "fillColor": "#f2f2ee", "fillOpacity": 1.0}


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
        const {{ map }} = L.map({{ map|tojson }}, {{ this.options|tojavascript }});
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
    """Connects the page with the layer of points; added last."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "kalselGap.start({{ this._parent.get_name() }}, {{ this.points.get_name() }});"
        "{% endmacro %}"
    )

    def __init__(self, points: OwnLayer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name, self.points = "Start", points


def add_borders(made: Map, areas: pd.DataFrame, text: Text, *, ground: bool) -> None:
    """Add the available borders to the map; `ground` fills the kabupaten."""
    names = {"kabupaten": N_("Borders of kabupaten"), "kecamatan": N_("Borders of kecamatan")}
    for level, outline in _OUTLINES.items():
        if (areas["level"] == level).any():
            style = outline | (_GROUND if ground and level == "kabupaten" else {})
            shown = level == "kabupaten"
            made.add_child(OwnLayer("areas", level, style, name=text(names[level]), show=shown))


def packed(values: list[str]) -> list[str] | dict[str, list[Any]]:
    """A column of texts; if they repeat, as distinct texts and the index of each row's text."""
    words = list(dict.fromkeys(values))
    if len(words) * 2 > len(values):
        return values
    number = {word: n for n, word in enumerate(words)}
    return {"words": words, "rows": [number[value] for value in values]}


def borders(areas: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """The data of the borders for the script, by level."""
    return {level: _borders(areas, level) for level in _OUTLINES}


def _borders(areas: pd.DataFrame, level: str) -> list[dict[str, Any]]:
    """Borders and labels, the largest first: it keeps its label if labels collide."""
    chosen = areas[areas["level"] == level]
    chosen = chosen.iloc[np.argsort(-shapely.area(chosen.geometry.to_numpy()), kind="stable")]
    return [
        {
            "name": _KABUPATEN.sub("", plain(name)),
            "at": [round(at.y, _AREA_DEGREES), round(at.x, _AREA_DEGREES)],
            "shape": json.loads(
                shapely.to_geojson(
                    shapely.transform(shape, lambda places: np.round(places, _AREA_DEGREES))
                )
            ),
        }
        for name, shape, at in zip(
            chosen["name"], chosen.geometry, chosen.geometry.representative_point(), strict=True
        )
    ]


def drawn(mark: palette.Mark, radius: float) -> dict[str, Any]:
    """A mark as legend and canvas draw it: path, colours, line width, radius in pixels."""
    hollow = mark.shape in ("ring", "cross")
    return {
        "path": _path(mark.shape),
        "fill": "#ffffff99" if mark.shape == "ring" else mark.colour,
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
    corners, turn, size = {
        "square": (4, 45, 1.25),
        "triangle": (3, -90, 1.4),
        "diamond": (4, 0, 1.35),
        "pentagon": (5, -90, 1.15),
        "hexagon": (6, 0, 1.1),
    }[shape]
    points = [
        (
            size * math.cos(math.radians(turn + 360 * n / corners)),
            size * math.sin(math.radians(turn + 360 * n / corners)),
        )
        for n in range(corners)
    ]
    return "M" + "L".join(f"{x + 0:.3f} {y + 0:.3f}" for x, y in points) + "Z"


def bounds_of(schools: pd.DataFrame, areas: pd.DataFrame) -> list[list[float]]:
    """South-west and north-east of the schools, otherwise of the areas, otherwise of Indonesia."""
    lat, lon = schools["lat"], schools["lon"]
    if lat.notna().any():
        return [[float(lat.min()), float(lon.min())], [float(lat.max()), float(lon.max())]]
    if len(areas):
        west, south, east, north = (float(edge) for edge in areas.total_bounds)
        return [[south, west], [north, east]]
    return [[-11.2, 94.9], [6.2, 141.2]]  # Indonesia
