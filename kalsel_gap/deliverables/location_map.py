"""Two small maps of a school: where in its kabupaten, and between which sites."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from kalsel_gap.deliverables import palette
from kalsel_gap.deliverables.drawing import Drawing
from kalsel_gap.deliverables.map_frame import DEGREE_KM, MapFrame
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    import pandas as pd

    from kalsel_gap.radio.links.nearest_links import Place

WIDTH, HEIGHT = 420, 340
_EDGE = 10.0  # pixels around the drawn area
_LEAST_KM = 3.0  # half the width of the smaller map, at least
_LINE, _OTHER, _KECAMATAN, _SITE = "#3d3d3d", "#9a9a9a", "#5a5a5a", "#0b5394"
_NOT_DRAWN = "#ebebe8"  # water, and land of which the run has no outline
_SCHOOL = palette.Mark("#a1002f", "diamond")


def location_maps(
    place: Place, kabupaten: str, areas: pd.DataFrame, sites: pd.DataFrame, text: Text
) -> list[Drawing]:
    """The kabupaten with the school, where its outline is known; the school and its nearest sites.

    Parameters
    ----------
    place : Place
        The school.
    kabupaten : str
        Its name as the register states it, otherwise the one that its place lies in.
    areas : DataFrame
        Table ``boundaries`` of the run.
    sites : DataFrame
        The nearest sites.
    text : Text
        The reader's language.
    """
    return [*_overview(place, kabupaten, areas, text), _near(place, areas, sites, text)]


def _overview(place: Place, kabupaten: str, areas: pd.DataFrame, text: Text) -> Iterator[Drawing]:
    own = areas[(areas["level"] == "kabupaten") & (areas["name"] == kabupaten)]
    if own.empty or own.geometry.iloc[0] is None:
        return
    west, south, east, north = own.geometry.iloc[0].bounds
    frame = MapFrame.around(
        (
            *(min(west, place.lon), min(south, place.lat)),
            *(max(east, place.lon), max(north, place.lat)),
        ),
        *(WIDTH, HEIGHT, _EDGE),
    )
    title = text(N_("{school} in {kabupaten}"), school=_short(place.name), kabupaten=kabupaten)
    where = N_("The outline of {kabupaten}; the school lies {place}.")
    middle = ((west + east) / 2, (south + north) / 2)
    said = text(where, kabupaten=kabupaten, place=_direction(middle, place, text))
    made = Drawing(WIDTH, HEIGHT, title, said, text.language)
    _ground(made, frame, areas, kabupaten)
    x, y = frame.at(place.lon, place.lat)
    _mark(made, x, y)
    made.say((_EDGE + 6, _EDGE + 16), kabupaten, 14, bold=True)
    frame.draw_scale(made, text)
    yield made


def _near(place: Place, areas: pd.DataFrame, sites: pd.DataFrame, text: Text) -> Drawing:
    lats, lons = [place.lat, *sites["lat"]], [place.lon, *sites["lon"]]
    half = max(
        _LEAST_KM / DEGREE_KM,
        1.25 * max(abs(lat - place.lat) for lat in lats),
        1.25 * max(abs(lon - place.lon) for lon in lons) * (HEIGHT / WIDTH),
    )
    frame = MapFrame.around(
        (place.lon - half, place.lat - half, place.lon + half, place.lat + half),
        *(WIDTH, HEIGHT, _EDGE),
    )
    if len(sites):
        title = text(N_("{school} and the nearest sites"), school=_short(place.name))
        listed = "; ".join(
            text(
                N_("{number}: {site}, {km} km {place} of the school"),
                number=n,
                site=plain(site["site_id"]),
                km=text.number(site["distance_km"], 1),
                place=_towards(place, site, text),
            )
            for n, site in enumerate(sites.to_dict("records"), start=1)
        )
        said = f"{listed}."
    else:
        title = text(N_("Surroundings of {school}"), school=_short(place.name))
        said = text(N_("The run has no sites."))
    made = Drawing(WIDTH, HEIGHT, title, said, text.language)
    _ground(made, frame, areas, "")
    here = frame.at(place.lon, place.lat)
    for n, (lon, lat) in enumerate(zip(sites["lon"], sites["lat"], strict=True), start=1):
        x, y = frame.at(lon, lat)
        made.line([here, (x, y)], _SITE, 1.2, (5.0, 4.0))
        made.area([(x - 7, y + 6), (x, y - 8), (x + 7, y + 6)], _SITE)
        made.say((x + 9, y + 5), str(n), 15, colour=_SITE, bold=True)
    _mark(made, *here)
    frame.draw_scale(made, text)
    return made


def _ground(made: Drawing, frame: MapFrame, areas: pd.DataFrame, own: str) -> None:
    """Land and borders inside the frame, and what hides the rest."""
    box = frame.box
    made.area(frame.corners(), _NOT_DRAWN)
    for level, colour, width, dash in (
        ("province", "", 0.0, ()),
        ("kabupaten", _OTHER, 1.0, ()),
        ("kecamatan", _KECAMATAN, 0.8, (1.5, 3.0)),
    ):
        of_level = areas[areas["level"] == level]
        for name, shape in zip(of_level["name"], of_level.geometry, strict=True):
            if shape is None or not shape.intersects(box):
                continue
            is_own = level == "kabupaten" and name == own
            for ring in frame.rings(shape.intersection(box)):
                if level != "kecamatan":
                    is_other = own and level == "kabupaten" and not is_own
                    made.area(ring, palette.LAND_OUTSIDE if is_other else palette.LAND)
                if colour:
                    line = (_LINE, 2.0) if is_own else (colour, width)
                    made.line([*ring, ring[0]], *line, dash)
        if level == "kabupaten" and own:
            break  # kecamatan are too small for the map of a kabupaten
    made.line([*frame.corners(), frame.corners()[0]], _OTHER, 1.0)


def _mark(made: Drawing, x: float, y: float) -> None:
    """The school: a shape of its own, with a light rim on dark land."""
    for size, colour in ((11.0, "#ffffff"), (8.5, _SCHOOL.colour)):
        made.area([(x, y - size), (x + size, y), (x, y + size), (x - size, y)], colour)


# --- places in words -----------------------------------------------------------------------------

_WINDS = (
    *(N_("north"), N_("north-east"), N_("east"), N_("south-east")),
    *(N_("south"), N_("south-west"), N_("west"), N_("north-west")),
)


def wind(azimuth_deg: float, text: Text) -> str:
    """A direction in words.

    Examples
    --------
    >>> wind(350.0, Text("en")), wind(100.0, Text("en"))
    ('north', 'east')
    """
    return text(_WINDS[round(azimuth_deg / 45.0) % 8])


def _azimuth(from_: tuple[float, float], to: tuple[float, float]) -> float:
    """Of a short line between two points (lon, lat)."""
    east = (to[0] - from_[0]) * math.cos(math.radians(from_[1]))
    return math.degrees(math.atan2(east, to[1] - from_[1])) % 360.0


def _towards(place: Place, site: Mapping[Any, Any], text: Text) -> str:
    return wind(_azimuth((place.lon, place.lat), (site["lon"], site["lat"])), text)


def _direction(middle: tuple[float, float], place: Place, text: Text) -> str:
    """Where in an area a place lies, seen from its middle."""
    return text(N_("in its {wind}"), wind=wind(_azimuth(middle, (place.lon, place.lat)), text))


def _short(words: str, most: int = 40) -> str:
    shown = plain(words)
    return shown if len(shown) <= most else shown[: most - 1] + "…"
