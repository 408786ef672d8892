"""Coordinates as people type them: parsed to degrees, their error, possible corrections.

A table that writes decimal commas throughout is converted to decimal points when it is read
(:func:`~kalsel_gap.sources.formats.decimal_commas.decimal_points`): a comma that arrives here
differs from the rest of its table. Nothing here invents a coordinate: every candidate is the given
pair with other signs, units or order. What one cell can hold of both coordinates, such as a link to
a map, is read in :mod:`~kalsel_gap.sources.coordinate_pairs`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.coordinate_pairs import is_link, is_plus_code, split_pair
from kalsel_gap.sources.degrees import ParsedCoordinate, parse_coordinate, plain_degrees
from kalsel_gap.sources.quantities import read_quantities

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
    "location_spelled",
)
DECIMALS = 7  # of a proposal: a centimetre

_MOST_CHANGES = 2
_POWERS = range(-2, 10)  # 10**power times too large; below 0 too small
_ZONES = range(46, 55)  # of UTM over Indonesia
# Northings of the two hemispheres between 11.5° S and 6.5° N: elsewhere EPSG has no meaning here.
_NORTHING_M = {"326": (0.0, 720_000.0), "327": (8_700_000.0, 10_000_000.0)}
_EASTING_M = (100_000.0, 1_200_000.0)  # offices use a zone beyond its border


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
        "location_missing": (lat == "") & (lon == ""),
        "location_not_numeric": y.isna() | x.isna(),
        "location_zero": (y == 0) & (x == 0),
        "location_half_zero": (y == 0) | (x == 0),
        "location_out_of_range": (y.abs() > 90) | (x.abs() > 180),
        "location_outside_area": ~(y.between(south, north) & x.between(west, east)),
    }
    codes = pd.Series(
        np.select(list(rules.values()), list(rules), ""), index=lat.index, dtype="str"
    )
    odd = codes == "location_not_numeric"
    if odd.any():
        pairs = zip(lat[odd], lon[odd], strict=True)
        codes[odd] = [_spelling_error(*pair) for pair in pairs]
    return codes


def _spelling_error(lat: str, lon: str) -> str:
    """Why a pair of texts, of which one at least is no plain number, is no location."""
    found = split_pair(lat, lon)
    if found is not None:
        return "location_not_numeric"
    for text in (lat, lon):
        if is_link(text):
            return "location_link"
        if is_plus_code(text):
            return "location_plus_code"
    alone = lat or lon
    if "" in (lat, lon) and not np.isnan(parse_coordinate(alone).value):
        return "location_missing"
    return "location_not_numeric"


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
        ``lat``, ``lon`` (degrees, rounded to :data:`DECIMALS`), ``epsg`` (of metres of a map
        projection, otherwise 0), in the order of position and number of changes. The pair as it
        stands is no candidate.
    """
    split = [split_pair(*pair) for pair in zip(lat, lon, strict=True)]
    lat = [pair.lat if pair else text for pair, text in zip(split, lat, strict=True)]
    lon = [pair.lon if pair else text for pair, text in zip(split, lon, strict=True)]
    known = {text: parse_coordinate(text) for text in {*lat, *lon}}
    first, second = [known[text] for text in lat], [known[text] for text in lon]
    # Both in one cell is one change, however they are written there.
    respelled = [
        {"location_spelled"} if pair else {text.change for text in texts} - {"", "grouped"}
        for pair, texts in zip(split, zip(first, second, strict=True), strict=True)
    ]
    spelling = np.array([len(changes) for changes in respelled], dtype=np.int64)
    order = {code: n for n, code in enumerate((*CHANGES, ""))}
    named = np.array([min(map(order.__getitem__, {*c, ""})) for c in respelled], dtype=np.int64)
    parts: list[tuple[NDArray[Any], ...]] = [(np.empty(0, dtype=np.int64),) * 6]
    for change in _changed(first, second):
        steps = spelling + change.steps
        with np.errstate(invalid="ignore"):
            inside = (change.lat >= bounds[0]) & (change.lat <= bounds[2])
            inside &= (change.lon >= bounds[1]) & (change.lon <= bounds[3])
        fits = inside & change.allowed & (steps >= 1) & (steps <= _MOST_CHANGES)
        at = np.flatnonzero(fits & (change.lat != 0) & (change.lon != 0))
        if at.size:
            code = np.minimum(named[at], order[change.code])
            epsg = np.full(at.size, change.epsg)
            parts.append((at, code, steps[at], change.lat[at], change.lon[at], epsg))
    at, code, steps, y, x, epsg = (np.concatenate(column) for column in zip(*parts, strict=True))
    found = pd.DataFrame(
        {
            "at": at,
            "code": pd.Series(np.array((*CHANGES, ""))[code], dtype="str"),
            "changes": steps.astype(np.int64),
            "lat": np.round(y, DECIMALS),
            "lon": np.round(x, DECIMALS),
            "epsg": epsg.astype(np.int64),
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
    epsg: int = 0


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
                yield _Change("location_projected", 1, lat, lon, within, int(f"{prefix}{zone}"))


def are_metres(lat: pd.Series[str], lon: pd.Series[str]) -> bool:
    """Whether every pair that is given can only be metres of a map projection."""
    given = (lat != "") | (lon != "")
    y, x = plain_degrees(lat[given]), plain_degrees(lon[given])
    return bool(len(y)) and bool(((y.abs() > 360) & (x.abs() > 360)).all())


class Projected(NamedTuple):
    """Places that were metres of a map projection: its EPSG code, and degrees."""

    epsg: int
    lat: pd.Series[float]
    lon: pd.Series[float]


def from_metres(lat: pd.Series[str], lon: pd.Series[str], bounds: Bounds) -> Projected | None:
    """Places in the one UTM zone in which all pairs lie inside the bounds; nothing for several.

    Parameters
    ----------
    lat, lon : Series of str
        Metres as given, in either order; empty pairs stay without a place.
    bounds : tuple of float
        South, west, north, east.
    """
    given = np.flatnonzero((lat != "") | (lon != ""))
    found = candidates(lat.iloc[given].tolist(), lon.iloc[given].tolist(), bounds)
    found = found[found["code"] == "location_projected"].drop_duplicates(["at", "epsg"])
    fitting = found["epsg"].value_counts()
    zones = fitting.index[fitting == given.size]
    if len(zones) != 1:
        return None
    places = found[found["epsg"] == zones[0]].set_index("at")[["lat", "lon"]]
    places = places.set_axis(lat.index[given[places.index]]).reindex(lat.index)
    return Projected(int(zones[0]), places["lat"], places["lon"])


def to_degrees(
    lat: pd.Series[str], lon: pd.Series[str], crs: str
) -> tuple[pd.Series[float], pd.Series[float]]:
    """Coordinates of a declared CRS as degrees; NaN where they are no numbers.

    Parameters
    ----------
    lat, lon : Series of str
        Northing and easting as given.
    crs : str
        Such as EPSG:32750.
    """
    from pyproj import Transformer

    northing, easting = (read_quantities(texts, "m", by_column=True) for texts in (lat, lon))
    transformer = Transformer.from_crs(crs, 4326, always_xy=True)
    x, y = transformer.transform(easting.to_numpy(), northing.to_numpy())
    places = (pd.Series(np.where(np.isfinite(v), v, np.nan), index=lat.index) for v in (y, x))
    return next(places), next(places)


def read_places(
    lat: pd.Series[str], lon: pd.Series[str]
) -> tuple[pd.Series[float], pd.Series[float]]:
    """Degrees of places in any unambiguous spelling; NaN where one of both cannot be read.

    For tables whose places nobody reviews: those of sites and measurements.
    """
    y, x = plain_degrees(lat), plain_degrees(lon)
    odd = y.isna() | x.isna()
    for n in np.flatnonzero(odd).tolist():
        y.iloc[n], x.iloc[n] = _place(lat.iloc[n], lon.iloc[n])
    return y, x


def _place(lat: str, lon: str) -> tuple[float, float]:
    pair = split_pair(lat, lon)
    first, second = (parse_coordinate(t) for t in ((pair.lat, pair.lon) if pair else (lat, lon)))
    if "grouped" in (first.change, second.change):
        return np.nan, np.nan
    if first.axis == "lon" or second.axis == "lat":
        first, second = second, first
        if first.axis == "lon" or second.axis == "lat":
            return np.nan, np.nan
    return first.value, second.value


@cache
def _utm(epsg: int) -> Transformer:
    from pyproj import Transformer

    return Transformer.from_crs(epsg, 4326, always_xy=True)
