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
    (
        *("koordinat", "coordinates", "coordinate", "gps", "maps", "map", "geopoint", "sharelok"),
        "shareloc",
    )
)
# With one of the others: “Titik Lokasi”, “Link lokasi”, “Share location”.
_LOCATION, _OF_LOCATION = {"lokasi", "location"}, {"titik", "link", "share", "url", "point"}
_SOUTH, _EAST = {"s", "selatan", "south"}, {"e", "timur", "east"}
# Degrees, minutes and seconds in columns of their own.
_PARTS = frozenset(("m", "min", "mins", "minute", "minutes", "menit", "mnt"))
_WHOLE = frozenset(("d", "deg", "degree", "degrees", "derajat"))
_PARTS |= frozenset(("sec", "secs", "second", "seconds", "detik", "dtk"))
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


def parts_of_degrees(headers: Sequence[str]) -> list[str]:
    """Headers of minutes and seconds, where no column has the whole latitude or longitude.

    Examples
    --------
    >>> parts_of_degrees(["Lat D", "Lat M", "Lon D", "Lon M"]), parts_of_degrees(["Lat", "Lon"])
    (['Lat M', 'Lon M'], [])
    >>> parts_of_degrees(["Lat", "Lon", "Lat D", "Lat M", "Lon D", "Lon M"])
    []
    """
    words = {header: set(_WORD.findall(header.casefold())) for header in headers}
    placed = [h for h in headers if words[h] & (_LAT_WORDS | _LON_WORDS)]
    parts = [h for h in placed if words[h] & _PARTS]
    has_degrees = any(words[h] & _WHOLE for h in placed)
    has_others = any(not words[h] & (_PARTS | _WHOLE | _SOUTH | _EAST) for h in placed)
    return [] if has_degrees and has_others else parts


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
    >>> [_place_of(h) for h in ("Koordinat S", "Koordinat E", "Koordinat S/E", "Titik Lokasi")]
    ['lat', 'lon', 'both', 'both']
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
    if not named and words & _BOTH_WORDS and bool(words & _SOUTH) != bool(words & _EAST):
        return "lat" if words & _SOUTH else "lon"
    located = words & _BOTH_WORDS or (words & _LOCATION and words & _OF_LOCATION)
    both = named in ({"lat", "lon"}, {"x", "y"}) or (not named and located)
    return "both" if both else ""
