"""Coordinates as people type them: parsed to degrees, their error, possible corrections.

A table that writes decimal commas throughout is converted to decimal points when it is read
(:func:`~kalsel_gap.sources.formats.decimal_commas.decimal_points`): a comma that arrives here
differs from the rest of its table. Nothing here invents a coordinate: every candidate is the given
pair with other signs, units or order.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from kalsel_gap.i18n.numbers import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from pyproj import Transformer

    from kalsel_gap.geo.arrays import BoolArray, FloatArray


Bounds = tuple[float, float, float, float]  # south, west, north, east

# Finding code of each change; of two changes the earlier one in this list names both.
CHANGES = (
    "location_projected",
    "location_swapped",
    "location_dms",
    "location_decimal_comma",
    "location_scaled",
    "location_sign_missing",
)
DECIMALS = 7  # of a proposal: a centimetre

_MOST_CHANGES = 2
_LONGEST = 40  # characters; longer texts are no coordinates
_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:(?:\.\d{3}){2,}|(?:,\d{3}){2,})", re.ASCII)
_DOTTED = re.compile(r"(\d{1,3})\.(\d{1,2})\.(\d{1,2})(?!\d)", re.ASCII)
_WORDS = {
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
_POWERS = range(-2, 10)  # 10**power times too large; below 0 too small
_ZONES = range(46, 55)  # of UTM over Indonesia
# Northings of the two hemispheres between 11.5° S and 6.5° N: elsewhere EPSG has no meaning here.
_NORTHING_M = {"326": (0.0, 720_000.0), "327": (8_700_000.0, 10_000_000.0)}
_EASTING_M = (100_000.0, 1_200_000.0)  # offices use a zone beyond its border


class ParsedCoordinate(NamedTuple):
    """A text read as a number.

    Attributes
    ----------
    value : float
        NaN when it cannot be read.
    change : str
        What was wrong with its spelling: one of :data:`CHANGES`, empty for none, and
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


def location_errors(lat: pd.Series[str], lon: pd.Series[str], bounds: Bounds) -> pd.Series[str]:
    """Why each pair of texts is not a usable location; empty where it is one.

    Parameters
    ----------
    lat, lon : Series of str
        As given.
    bounds : tuple of float
        South, west, north and east of where a school can lie, degrees.

    Returns
    -------
    Series of str
        Codes of findings.
    """
    y, x = plain_degrees(lat), plain_degrees(lon)
    south, west, north, east = bounds
    rules = {
        "location_missing": (lat == "") | (lon == ""),
        "location_not_numeric": y.isna() | x.isna(),
        "location_zero": (y == 0) & (x == 0),
        "location_half_zero": (y == 0) | (x == 0),
        "location_out_of_range": (y.abs() > 90) | (x.abs() > 180),
        "location_outside_area": ~(y.between(south, north) & x.between(west, east)),
    }
    return pd.Series(np.select(list(rules.values()), list(rules), ""), index=lat.index, dtype="str")


def decimals(texts: pd.Series[str]) -> pd.Series[float]:
    """Decimal places that a plain number was given with, trailing zeros apart; NaN for others.

    Examples
    --------
    >>> decimals(pd.Series(["-3.4356000", "115", "3°S"])).tolist()
    [4.0, 0.0, nan]
    """

    def places(text: str) -> float:
        fraction = text.lower().partition("e")[0].partition(".")[2]
        return np.nan if np.isnan(number(text)) else len(fraction.rstrip("0"))

    return texts.map({text: places(text) for text in texts.unique()}).astype("float64")


def format_coordinates(lat: float, lon: float) -> str:
    """A place as a proposal writes it: no spreadsheet takes its points for thousands.

    Examples
    --------
    >>> format_coordinates(-3.4356, 114.668)
    '-3.4356000, 114.6680000'
    """
    return f"{lat:.{DECIMALS}f}, {lon:.{DECIMALS}f}"


def candidates(lat: Sequence[str], lon: Sequence[str], bounds: Bounds) -> pd.DataFrame:
    """Every place that a pair could mean: the given pair after one or two changes.

    Parameters
    ----------
    lat, lon : sequence of str
        Pairs as given.
    bounds : tuple of float
        South, west, north, east: a candidate outside is none.

    Returns
    -------
    DataFrame
        ``at`` (position of the pair), ``code`` (one of :data:`CHANGES`), ``changes`` (1 or 2),
        ``lat``, ``lon`` (degrees, rounded to :data:`DECIMALS`), in the order of position and
        number of changes. The pair as it stands is no candidate.
    """
    known = {text: parse_coordinate(text) for text in {*lat, *lon}}
    first, second = [known[text] for text in lat], [known[text] for text in lon]
    respelled = [
        {texts.change for texts in pair} - {"", "grouped"}
        for pair in zip(first, second, strict=True)
    ]
    spelling = np.array([len(changes) for changes in respelled], dtype=np.int64)
    order = {code: n for n, code in enumerate((*CHANGES, ""))}
    named = np.array([min(map(order.__getitem__, {*c, ""})) for c in respelled], dtype=np.int64)
    parts: list[tuple[NDArray[Any], ...]] = [(np.empty(0, dtype=np.int64),) * 5]
    for change in _changed(first, second):
        steps = spelling + change.steps
        with np.errstate(invalid="ignore"):
            inside = (change.lat >= bounds[0]) & (change.lat <= bounds[2])
            inside &= (change.lon >= bounds[1]) & (change.lon <= bounds[3])
        fits = inside & change.allowed & (steps >= 1) & (steps <= _MOST_CHANGES)
        at = np.flatnonzero(fits & (change.lat != 0) & (change.lon != 0))
        if at.size:
            code = np.minimum(named[at], order[change.code])
            parts.append((at, code, steps[at], change.lat[at], change.lon[at]))
    at, code, steps, y, x = (np.concatenate(column) for column in zip(*parts, strict=True))
    found = pd.DataFrame(
        {
            "at": at,
            "code": pd.Series(np.array((*CHANGES, ""))[code], dtype="str"),
            "changes": steps.astype(np.int64),
            "lat": np.round(y, DECIMALS),
            "lon": np.round(x, DECIMALS),
        }
    )
    found = found.sort_values(["at", "changes", "code", "lat", "lon"], kind="stable")
    return found.drop_duplicates(["at", "lat", "lon"], ignore_index=True)


class _Change(NamedTuple):
    """All pairs after one change: its code, how many steps it counts, where it is allowed."""

    code: str
    steps: int
    lat: FloatArray
    lon: FloatArray
    allowed: BoolArray


def _changed(
    first: Sequence[ParsedCoordinate], second: Sequence[ParsedCoordinate]
) -> Iterator[_Change]:
    """Each change of the pairs' values, whatever their spelling was."""
    y, x = (np.array([t.value for t in texts], dtype=np.float64) for texts in (first, second))
    y_axis, x_axis = (np.array([t.axis for t in texts], dtype="U3") for texts in (first, second))
    grouped = np.array(
        ["grouped" in (a.change, b.change) for a, b in zip(first, second, strict=True)], dtype=bool
    )
    straight = (y_axis != "lon") & (x_axis != "lat")
    crossed = (y_axis != "lat") & (x_axis != "lon")
    unsigned = (y_axis == "") & (x_axis == "")
    south, east = (y > 0) & unsigned, (x < 0) & unsigned  # a missing minus sign, a surplus one
    yield _Change("", 0, y, x, straight & ~grouped)
    yield _Change("location_sign_missing", 1, -y, x, straight & south & ~grouped)
    yield _Change("location_sign_missing", 1, y, -x, straight & east & ~grouped)
    yield _Change("location_swapped", 1, x, y, crossed & ~grouped)
    yield _Change("location_swapped", 2, -x, y, crossed & (x > 0) & unsigned & ~grouped)
    for y_power in _POWERS:
        for x_power in _POWERS:
            if (y_power, x_power) != (0, 0):
                lat, lon = _scaled(y, y_power), _scaled(x, x_power)
                yield _Change("location_scaled", 1, lat, lon, unsigned)
                yield _Change("location_scaled", 2, -lat, lon, unsigned & south)
    for northing, easting in ((y, x), (x, y)):
        yield from _unprojected(northing, easting, unsigned)


def _scaled(values: FloatArray, power: int) -> FloatArray:
    """Values that were 10**power times too large; a quotient of whole numbers rounds once."""
    with np.errstate(over="ignore"):
        return values / 10.0**power if power >= 0 else values * 10.0**-power


def _unprojected(
    northing_m: FloatArray, easting_m: FloatArray, allowed: BoolArray
) -> Iterator[_Change]:
    """Metres of UTM in each zone over Indonesia, as degrees."""
    with np.errstate(invalid="ignore"):
        within = allowed & (easting_m >= _EASTING_M[0]) & (easting_m <= _EASTING_M[1])
        for prefix, (low, high) in _NORTHING_M.items():
            there = np.flatnonzero(within & (northing_m >= low) & (northing_m <= high))
            if not there.size:
                continue
            for zone in _ZONES:
                lat, lon = np.full(northing_m.shape, np.nan), np.full(northing_m.shape, np.nan)
                lon[there], lat[there] = _utm(int(f"{prefix}{zone}")).transform(
                    easting_m[there], northing_m[there]
                )
                yield _Change("location_projected", 1, lat, lon, within)


@cache
def _utm(epsg: int) -> Transformer:
    from pyproj import Transformer

    return Transformer.from_crs(epsg, 4326, always_xy=True)
