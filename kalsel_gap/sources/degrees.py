"""A coordinate as people type it, as a number of degrees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.cells import plain_signs

if TYPE_CHECKING:
    import pandas as pd


_LONGEST = 40  # characters; longer texts are no coordinates
_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:(?:\.\d{3}){2,}|(?:,\d{3}){2,})", re.ASCII)
_DOTTED = re.compile(r"(\d{1,3})\.(\d{1,2})\.(\d{1,2})(?!\d)", re.ASCII)
_WORDS = {
    "DERAJAT": "°",
    "MENIT": "'",
    "DETIK": '"',
    "LINTANG": "L",
    "BUJUR": "B",
    "SELATAN": "S",
    "UTARA": "U",
    "TIMUR": "T",
    "BARAT": "B",
    "SOUTH": "S",
    "NORTH": "N",
    "EAST": "E",
    "WEST": "W",
}
_HEMISPHERE = "LS|LU|BT|BB|[SNUETWB]"
_PART = r"(\d+(?:\.\d+)?)"
_BETWEEN = r"""(?:\s*[°º˚'’‘′"”“″:;*]+\s*|\s+|-)"""
_DMS = re.compile(
    rf"(?:({_HEMISPHERE})\W?\s*)?([+-])?\s*{_PART}(?:{_BETWEEN}{_PART})?(?:{_BETWEEN}{_PART})?"
    rf"""\s*([°º˚'’‘′"”“″\s]*)({_HEMISPHERE})?""",
    re.ASCII,
)
_AXIS = {**dict.fromkeys(("LS", "LU", "S", "N", "U"), "lat")}
_AXIS |= dict.fromkeys(("BT", "BB", "E", "T", "W", "B"), "lon")
_NEGATIVE = frozenset(("LS", "S", "BB", "W", "B"))


class ParsedCoordinate(NamedTuple):
    """A text read as a number.

    Attributes
    ----------
    value : float
        NaN when it cannot be read.
    change : str
        What was wrong with its spelling: one of :data:`.coordinates.CHANGES`, empty for none, and
        ``grouped`` for thousands groups, which are no degrees yet.
    axis : str
        ``lat`` or ``lon`` if a hemisphere letter says so; the sign is then certain.
    """

    value: float
    change: str = ""
    axis: str = ""


_UNREAD = ParsedCoordinate(np.nan)


def parse_coordinate(text: str) -> ParsedCoordinate:
    """Read a coordinate in any of its usual spellings.

    Examples
    --------
    >>> [parse_coordinate(text).value for text in ("-3,45", "3°27' LS", "S3.45", "03-27-00")]
    [-3.45, -3.45, -3.45, 3.45]
    >>> [parse_coordinate(text).value for text in ("3 derajat 27 menit LS", "-3o27'0")]
    [-3.45, -3.45]
    >>> parse_coordinate("-3.310.000")
    ParsedCoordinate(value=-3310000.0, change='grouped', axis='')
    >>> parse_coordinate("tiga")
    ParsedCoordinate(value=nan, change='', axis='')
    """
    if len(text) > _LONGEST:
        return _UNREAD
    plain = number(text)
    if not np.isnan(plain):
        return ParsedCoordinate(plain)
    cleaned = plain_signs(text).lstrip(" '’`=").rstrip(" ,;.")
    if cleaned != text:
        found = parse_coordinate(cleaned)
        return found if found.change else found._replace(change="location_spelled")
    if _COMMA.fullmatch(text):
        return ParsedCoordinate(number(text.replace(",", ".")), "location_decimal_comma")
    if _GROUPED.fullmatch(text):
        return ParsedCoordinate(float(re.sub(r"[.,]", "", text)), "grouped")
    return _sexagesimal(text)


def _sexagesimal(text: str) -> ParsedCoordinate:
    """Degrees with minutes, seconds, signs or hemispheres."""
    cleaned = text.upper()
    for word, letter in _WORDS.items():
        cleaned = cleaned.replace(word, letter)
    cleaned = re.sub(r"\bL (?=[SU]\b)|\bB (?=[TB]\b)", lambda match: match.group()[0], cleaned)
    cleaned = re.sub(r"(?<=\d)\s*O\s*(?=\d)", "°", cleaned)  # 3o24': the letter for the sign
    cleaned = _DOTTED.sub(r"\1 \2 \3", cleaned)
    cleaned = re.sub(r"(?<=\d),(?=\d)", ".", cleaned)
    match = _DMS.fullmatch(cleaned.strip())
    if match is None:
        return _UNREAD
    before, sign, degrees, minutes, seconds, _, after = match.groups()
    parts = [float(part) for part in (degrees, minutes, seconds) if part is not None]
    broken = any(not part.is_integer() for part in parts[:-1])
    hemisphere = before or after or ""
    negative = sign == "-" or hemisphere in _NEGATIVE
    contradicts = bool(before and after) or (sign == "-" and hemisphere not in {*_NEGATIVE, ""})
    if broken or contradicts or any(part >= 60 for part in parts[1:]) or parts[0] > 180:
        return _UNREAD
    value = sum(part / 60**n for n, part in enumerate(parts))
    return ParsedCoordinate(
        -value if negative else value, "location_dms", _AXIS.get(hemisphere, "")
    )


def plain_degrees(texts: pd.Series[str]) -> pd.Series[float]:
    """Plain decimal degrees; NaN for anything else, so that nothing is read as what it is not."""
    values = {text: number(text) for text in texts.unique()}
    return texts.map(values).astype("float64")
