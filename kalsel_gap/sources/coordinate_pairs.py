"""Both coordinates in one cell: typed one after the other, in a link to a map, as a WKT point."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_plus

import numpy as np

from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.cells import plain_signs
from kalsel_gap.sources.degrees import parse_coordinate

if TYPE_CHECKING:
    import pandas as pd

_LONGEST = 2_000  # characters; longer texts are no links
_NUMBER = r"([+-]?\d{1,3}(?:\.\d+)?)"
_COMMA = r"\s*,\s*"
_KEYS = "q|query|ll|sll|daddr|destination|center|cbll|viewpoint|loc|cp|at"
# Where links keep a place, that of the marker before that of the view.
_IN_LINKS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"!3d{_NUMBER}!4d{_NUMBER}",
        rf"[?&](?:{_KEYS})=(?:loc:)?\s*{_NUMBER}(?:{_COMMA}|~){_NUMBER}",
        rf"[?&]mlat={_NUMBER}&mlon={_NUMBER}",
        rf"^geo:{_NUMBER},{_NUMBER}",
        rf"/(?:place|search|dir)/+(?:[^/]*/)*?{_NUMBER}{_COMMA}{_NUMBER}",
    )
)
# A marker in degrees, minutes and seconds.
_TEXTS_IN_LINKS = (
    re.compile(rf"[?&](?:{_KEYS})=([^&#]+)"),
    re.compile(r"/(?:place|search)/+([^/@]+)"),
)
_VIEWS = tuple(
    re.compile(pattern)
    for pattern in (rf"/@{_NUMBER},{_NUMBER}", rf"#map=[\d.]+/{_NUMBER}/{_NUMBER}")
)
# Zone, hemisphere or latitude band, easting and northing of UTM.
_UTM = re.compile(
    r"(?:utm\s*)?(?:zon[ae]\s*)?(\d{2})\s*([c-hj-np-x])[\s,;:]+(?:[xe]\s*[:=]?\s*)?(\d{6}(?:[.,]\d+)?)"
    r"(?:\s*m?\s*[te]\b)?[\s,;]+(?:[yn]\s*[:=]?\s*)?(\d{5,8}(?:[.,]\d+)?)(?:\s*m?\s*[nsu]\b)?",
    re.IGNORECASE | re.ASCII,
)
_UTM_ZONES = range(46, 55)  # over Indonesia
_SOUTHERN_M, _NORTHERN_M = (8_700_000.0, 10_000_000.0), (0.0, 720_000.0)
_LINK = re.compile(
    r"(?:https?://|www\.|geo:)\S|^(?:maps\.app\.goo\.gl|goo\.gl/maps|maps\.google|g\.page)\S",
    re.IGNORECASE,
)
_POINT = re.compile(
    rf"(?:SRID=\d+\s*;\s*)?POINT\s*(?:Z|M|ZM)?\s*\(\s*{_NUMBER}[\s,]+{_NUMBER}(?:\s+[-+\d.eE]+)*\s*\)",
    re.IGNORECASE | re.ASCII,
)
_PLUS_CODE = re.compile(
    r"[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}(?:[\s,].*)?", re.IGNORECASE
)
_LABELS = re.compile(
    r"\b(?:lat(?:itude|itud)?|lintang|long?(?:itude|itud)?|lng|bujur|koordinat)\b\.?\s*[:=]\s*",
    re.IGNORECASE,
)
_SIGNS = (r"\s*[;|\n\t]\s*", r",\s+", r"\s*/\s*", r"\s*&\s*|\s+dan\s+", r"\s*,\s*", r"\s+")
# Between hemisphere and number: 3.4 S 114.8 E, and S 3.4 E 114.8.
_AFTER = r"(?<=[SNUETBsnuetb])[\s,;]+(?=[\d+-])"
_BEFORE = r"(?<=\d)[\s,;]+(?=(?:LS|LU|BT|BB|[SNUETB])\W?\d)"
_FOUR = re.compile(r"([+-]?\d{1,3},\d+)\s*,\s*([+-]?\d{1,3},\d+)", re.ASCII)
_LON_FIRST = re.compile(r"\W*(?:koordinat\W*)?(?:x\b|lon|long|lng|bujur)", re.IGNORECASE)


class Pair(NamedTuple):
    """The two parts of a cell, as text."""

    lat: str
    lon: str


def split_pair(lat: str, lon: str) -> Pair | None:
    """Both coordinates of a cell that holds both; nothing for cells that hold one each.

    Parameters
    ----------
    lat, lon : str
        The cells of a row: one of them is empty, or both say the same.

    Examples
    --------
    >>> split_pair("-3.4112, 114.8472", "")
    Pair(lat='-3.4112', lon='114.8472')
    >>> split_pair("POINT (114.8472 -3.4112)", ""), split_pair("-3.4112", "114.8472")
    (Pair(lat='-3.4112', lon='114.8472'), None)
    """
    if "" not in (lat, lon) and lat != lon:
        return None
    text = lat or lon
    return _split(text) if text and np.isnan(number(text)) else None


def split_column(texts: pd.Series[str], header: str) -> tuple[pd.Series[str], pd.Series[str]]:
    """Latitudes and longitudes of a column of both, in the order that its header states.

    Parameters
    ----------
    texts : Series of str
        Cells.
    header : str
        Such as “Koordinat”, “Lat/Long”, “X/Y”.

    Returns
    -------
    lat, lon : Series of str
        Two plain numbers are split; of anything else the first has all, the second nothing.
    """
    found = {text: split_pair(text, "") for text in texts.unique()}
    plain = {t: p for t, p in found.items() if p and not np.isnan([*map(number, p)]).any()}
    if _LON_FIRST.match(header):
        plain = {t: Pair(p.lon, p.lat) for t, p in plain.items() if not _is_ordered(t)}
    lat = {text: plain[text].lat if text in plain else text for text in found}
    lon = {text: plain[text].lon if text in plain else "" for text in found}
    return texts.map(lat).astype("str"), texts.map(lon).astype("str")


def _is_ordered(text: str) -> bool:
    """Whether the form of a text states which of its numbers is which."""
    return is_link(text) or bool(_POINT.fullmatch(text.strip()))


def is_link(text: str) -> bool:
    """Whether a text is a link, in full or shortened."""
    return bool(_LINK.search(text))


def is_plus_code(text: str) -> bool:
    """Whether a text is a plus code, with the place that it is near to or without.

    Examples
    --------
    >>> is_plus_code("HRQW+F3 Martapura"), is_plus_code("6PF6HRQW+F3"), is_plus_code("3+4")
    (True, True, False)
    """
    return bool(_PLUS_CODE.fullmatch(text.strip()))


@lru_cache(maxsize=4096)
def _split(text: str) -> Pair | None:
    if len(text) > _LONGEST:
        return None
    shown = plain_signs(text)
    if is_link(shown):
        return _in_link(shown)
    point = _POINT.fullmatch(shown.strip())
    if point:
        return Pair(point[2], point[1])
    if utm := _UTM.fullmatch(shown.strip()):
        return _of_utm(utm[1], utm[2], utm[3], utm[4])
    return _typed(_LABELS.sub(" ", shown).strip(" ()[]{}\"'"))


def _of_utm(zone: str, letter: str, easting: str, northing: str) -> Pair | None:
    """Degrees of metres with their zone; nothing where the letter and the northing disagree."""
    from pyproj import Transformer

    x, y = (float(text.replace(",", ".")) for text in (easting, northing))
    southern = _SOUTHERN_M[0] <= y <= _SOUTHERN_M[1] and letter.upper() in "CDEFGHJKLMS"
    northern = _NORTHERN_M[0] <= y <= _NORTHERN_M[1] and letter.upper() in "NPQRSTUVWX"
    if int(zone) not in _UTM_ZONES or not (southern or (northern and letter.upper() != "S")):
        return None
    epsg = int(f"327{zone}" if southern else f"326{zone}")
    lon, lat = Transformer.from_crs(epsg, 4326, always_xy=True).transform(x, y)
    return Pair(f"{lat:.7f}", f"{lon:.7f}")


def _in_link(text: str) -> Pair | None:
    """The place in a link; nothing where it has none, as a shortened one."""
    link = unquote_plus(text)
    found = (pattern.search(link) for pattern in _IN_LINKS)
    if named := next((match for match in found if match), None):
        return Pair(named[1], named[2])
    texts = (pattern.search(link) for pattern in _TEXTS_IN_LINKS)
    for typed in (_typed(match[1].strip()) for match in texts if match):
        if typed and all(parse_coordinate(part).axis for part in typed):
            return typed
    view = next((match for p in _VIEWS if (match := p.search(link))), None)
    return Pair(view[1], view[2]) if view else None


def _typed(text: str) -> Pair | None:
    """Two coordinates one after the other, split where both parts can be read."""
    if _is_coordinate(text):
        return None
    if four := _FOUR.fullmatch(text):
        return Pair(four[1], four[2])
    for sign in (_BEFORE, _AFTER, *_SIGNS):
        parts = [part for part in re.split(sign, text) if part.strip(" ,;")]
        if len(parts) == 2 and all(map(_is_coordinate, parts)):
            first, second = (part.strip(" ,;") for part in parts)
            axes = [parse_coordinate(part).axis for part in (first, second)]
            swapped = axes[0] == "lon" or axes[1] == "lat"
            return Pair(second, first) if swapped else Pair(first, second)
    return None


def _is_coordinate(text: str) -> bool:
    read = parse_coordinate(text.strip(" ,;"))
    return not np.isnan(read.value) and read.change != "grouped"
