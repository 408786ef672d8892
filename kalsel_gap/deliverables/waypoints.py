"""Places to visit as GPX and KML: for a navigation device, Google Earth, or a phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kalsel_gap.storage.text_workbook import xml_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_DEGREES = 6  # decimals: a decimetre


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A place to visit.

    Attributes
    ----------
    lat, lon : float
        WGS84 degrees.
    name : str
    described : str
        What to do there; words of ours, as programs take it for a web page.
    """

    lat: float
    lon: float
    name: str
    described: str


def to_gpx(waypoints: Sequence[Waypoint], title: str, about: str) -> str:
    """The places as GPX 1.1 (https://www.topografix.com/GPX/1/1/), and what the list is."""
    points = "".join(
        f'<wpt lat="{_degrees(each.lat)}" lon="{_degrees(each.lon)}"><name>{xml_text(each.name)}'
        f"</name><desc>{xml_text(each.described)}</desc><sym>School</sym></wpt>\n"
        for each in waypoints
    )
    return (
        f'{_XML}<gpx version="1.1" creator="kalsel-gap" '
        'xmlns="http://www.topografix.com/GPX/1/1">\n'
        f"<metadata><name>{xml_text(title)}</name>"
        f"<desc>{xml_text(about)}</desc></metadata>\n{points}</gpx>\n"
    )


def to_kml(waypoints: Sequence[Waypoint], title: str, about: str) -> str:
    """The places as KML 2.2 (OGC 07-147r2), and what the list is."""
    points = "".join(
        f"<Placemark><name>{xml_text(each.name)}</name>"
        f"<description>{xml_text(each.described)}</description><Point><coordinates>"
        f"{_degrees(each.lon)},{_degrees(each.lat)}</coordinates></Point></Placemark>\n"
        for each in waypoints
    )
    return (
        f'{_XML}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n'
        f"<name>{xml_text(title)}</name><description>{xml_text(about)}</description>\n"
        f"{points}</Document></kml>\n"
    )


def _degrees(value: float) -> str:
    return f"{value:.{_DEGREES}f}"
