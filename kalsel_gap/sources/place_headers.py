"""Which headers hold places: latitude and longitude, axes, or one column of both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAT_WORDS = frozenset(("lat", "latitude", "latitud", "lattitude", "lintang", "ls"))
_LON_WORDS = frozenset(("lon", "long", "lng", "longitude", "longitud", "bujur", "bt"))
_Y_WORDS, _X_WORDS = frozenset(("y", "northing")), frozenset(("x", "easting"))
_KINDS = {"lat": _LAT_WORDS, "lon": _LON_WORDS, "y": _Y_WORDS, "x": _X_WORDS}
_BOTH_WORDS = frozenset(
    ("koordinat", "coordinates", "coordinate", "gps", "maps", "map", "geopoint", "sharelok")
)
_WORDS_BESIDE = frozenset(
    (
        *("titik", "garis", "sekolah", "madrasah", "school", "site", "menara", "lokasi", "posisi"),
        *("location", "derajat", "desimal", "decimal", "degree", "degrees", "deg", "dd", "point"),
        *("selatan", "timur", "south", "east", "link", "url", "google", "peta", "wgs", "utm"),
        *("coord", "geo", "share", "poi", "tower", "meter", "m", "dan", "and", "s", "e"),
    )
)
_OF_PLACES = frozenset().union(_WORDS_BESIDE, _BOTH_WORDS, *_KINDS.values())
_WORD = re.compile(r"[^\W\d_]+")


def place_columns(headers: Sequence[str]) -> dict[str, int]:
    """Positions of the headers of places, by their words; nothing where there are none.

    Latitudes and longitudes come before axes, which can be degrees or metres, and axes before a
    column with both, which then stands for each of them.

    Parameters
    ----------
    headers : sequence of str
        What each column is called.

    Examples
    --------
    >>> place_columns(["Nama", "Koordinat Lintang", "Koordinat Bujur"])
    {'lat': 1, 'lon': 2}
    >>> place_columns(["X", "Y"]), place_columns(["Titik Koordinat"]), place_columns(["Nama"])
    ({'lat': 1, 'lon': 0}, {'lat': 0, 'lon': 0}, {})
    """
    of: dict[str, list[int]] = {}
    for at, header in enumerate(headers):
        of.setdefault(_place_of(header), []).append(at)
    for lat, lon in (("lat", "lon"), ("y", "x")):
        if len(of.get(lat, ())) == len(of.get(lon, ())) == 1:
            return {"lat": of[lat][0], "lon": of[lon][0]}
    return dict.fromkeys(("lat", "lon"), of["both"][0]) if "both" in of else {}


def _place_of(header: str) -> str:
    """What a header says of places: lat, lon, y, x, both, or nothing.

    Examples
    --------
    >>> [_place_of(h) for h in ("Latitude (Lintang)", "Koordinat_X", "Titik Koordinat", "Nama")]
    ['lat', 'x', 'both', '']
    """
    words = set(_WORD.findall(header.casefold()))
    named = {kind for kind, meant in _KINDS.items() if words & meant}
    if not words <= _OF_PLACES:
        return ""
    if named in ({"lat"}, {"lat", "y"}):
        return "lat"
    if named in ({"lon"}, {"lon", "x"}):
        return "lon"
    if len(named) == 1:
        return named.pop()
    both = named in ({"lat", "lon"}, {"x", "y"}) or (not named and words & _BOTH_WORDS)
    return "both" if both else ""
