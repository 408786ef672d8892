"""Numbers as offices write them: with units, decimal commas, groups of thousands.

Every column of numbers is read here. A number without a unit has that of its header, otherwise
that of its column. What has another unit, or can be read in two ways, is no number (NaN): 1.070 may
be one and a bit or a thousand and seventy.
"""

from __future__ import annotations

import math
import re
from functools import partial
from typing import TYPE_CHECKING

from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.cells import plain_signs
from kalsel_gap.sources.formats.decimal_commas import is_grouped

if TYPE_CHECKING:
    import pandas as pd

# Factors to the unit of a column, by the names of units in lower case.
_UNITS: dict[str, dict[str, float]] = {
    "m": {
        **dict.fromkeys(("m", "mtr", "meter", "metre", "meters", "metres", "magl", "m agl"), 1.0),
        **dict.fromkeys(("ft", "feet", "foot", "kaki"), 0.3048),
        "cm": 0.01,
        "km": 1000.0,
    },
    "MHz": {"mhz": 1.0, "ghz": 1e3, "khz": 1e-3, "hz": 1e-6},
    "dBm": {"dbm": 1.0, "dbw": 1.0, "w": 1.0, "watt": 1.0, "watts": 1.0, "kw": 1000.0},
    "dB": {"db": 1.0},
    "degrees": dict.fromkeys(("°", "º", "˚", "deg", "degree", "degrees", "derajat"), 1.0),
    "Mbps": {
        **dict.fromkeys(("mbps", "mbit/s", "mbit", "mbits", "mbits/s", "mb/s"), 1.0),
        **dict.fromkeys(("kbps", "kbit/s", "kbits/s", "kb/s"), 1e-3),
        **dict.fromkeys(("gbps", "gbit/s", "gbits/s"), 1e3),
    },
    "ms": {
        **dict.fromkeys(("ms", "msec", "milidetik", "mdet"), 1.0),
        **dict.fromkeys(("s", "sec", "detik"), 1000.0),
    },
    "count": dict.fromkeys(
        (
            *("siswa", "murid", "orang", "anak", "org", "jiwa", "peserta didik", "pd", "guru"),
            *("unit", "buah", "bh", "akun", "students", "pupils", "teachers", "pcs"),
        ),
        1.0,
    ),
    "share": {"%": 0.01, "persen": 0.01, "percent": 0.01},
}
_BY_END = {"_mbps": "Mbps", "_share": "share", "_db": "dB"}
_BYTES = re.compile(r"[kKMG]?B(/s|ps)", re.ASCII)  # MB/s: bytes, or a careless Mb/s
_CELL = re.compile(r"([+-]?[\d.,][\d., ]*(?:[eE][+-]?\d+)?)\s*(.*?)\.?", re.ASCII)
_POINTS = re.compile(
    r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+,\d+|[+-]?[1-9]\d{0,2}(?:\.\d{3}){2,}", re.ASCII
)
_COMMAS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+\.\d+|[+-]?[1-9]\d{0,2}(?:,\d{3}){2,}", re.ASCII)
_SPACES = re.compile(r"[+-]?[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
_HEADER_UNIT = re.compile(r"^(.*?)(?:\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]|[\s_]+([A-Za-z/%°]+))\s*$")
# Words of people in a header name a column of its own: “Nama siswa”.
_NEVER_OF_HEADERS = frozenset(("siswa", "murid", "anak", "peserta didik", "pd", "guru", "akun"))
_IN_BRACKETS_ONLY = frozenset(
    ("s", "w", "sec", "unit", "orang", "org", "jiwa", "buah", "bh", "pcs")
)
_NOTHING = frozenset(("", "-", "--", "–", "—", "n/a", "na", "#n/a", "null", "none", "nan"))
BARE_NUMBER = r"[+-]?[\d., ]*\d"  # without a unit
EVERY = (-math.inf, math.inf)


def read_quantity(
    text: str,
    unit: str = "",
    *,
    of_header: str = "",
    possible: tuple[float, float] = EVERY,
    decimal: str = "",
) -> float:
    """A number in the unit of its column; NaN where it cannot be read for certain.

    Parameters
    ----------
    text : str
        The cell.
    unit : str
        The unit of the column, a key of the table of units; without one the number stands alone.
    of_header : str
        The unit that the header names, for numbers without one.
    possible : tuple of float
        The least and the largest value that there can be: decides between the two readings of a
        number like 1.070, where only one of them is possible.
    decimal : str
        The decimal sign of the column, where other cells show it.

    Examples
    --------
    >>> [read_quantity(text, "m") for text in ("72 m", "42,5", "240 ft", "1.070", "72 dBm")]
    [72.0, 42.5, 73.152, nan, nan]
    >>> read_quantity("1.8 GHz", "MHz"), read_quantity("1.800", "MHz", possible=(30.0, 6000.0))
    (1800.0, 1800.0)
    """
    cell = _CELL.fullmatch(plain_signs(text))
    if cell is None:
        return math.nan
    values = _readings(cell[1].strip(), decimal)
    name = cell[2].strip() or of_header
    converted = {_converted(value, name, unit) for value in values}
    if len(converted) > 1:
        converted = {value for value in converted if possible[0] <= value <= possible[1]}
    return converted.pop() if len(converted) == 1 else math.nan


def read_whole(text: str, unit: str = "count") -> float:
    """A whole number; NaN for anything else, also for 1.000, which can be a thousand.

    Examples
    --------
    >>> [read_whole(text) for text in ("12", "12.0", "120 siswa", "1.000", "1.5")]
    [12.0, 12.0, 120.0, nan, nan]
    """
    value = math.nan if is_grouped(text) else read_quantity(text, unit)
    return value if value.is_integer() else math.nan


def read_quantities(
    texts: pd.Series[str],
    unit: str = "",
    *,
    header: str = "",
    possible: tuple[float, float] = EVERY,
    by_column: bool = False,
) -> pd.Series[float]:
    """The numbers of a column; see :func:`read_quantity`.

    Parameters
    ----------
    texts : Series of str
        Cells.
    unit, possible
        As for :func:`read_quantity`.
    header : str
        The header, whose unit the cells without one have.
    by_column : bool
        Whether cells that show the decimal sign decide how 1.070 is meant in the others.
    """
    different = texts.unique().tolist()
    read = partial(
        read_quantity,
        unit=unit,
        of_header=split_unit(header)[1],
        possible=possible,
        decimal=_decimal_sign(different) if by_column else "",
    )
    return texts.map({text: read(text) for text in different}).astype("float64")


def unit_of(column: str) -> str:
    """The unit of a column of schools, by the end of its name; counts are “count”.

    Examples
    --------
    >>> unit_of("subscription_down_mbps"), unit_of("students")
    ('Mbps', 'count')
    """
    return next((unit for end, unit in _BY_END.items() if column.endswith(end)), "count")


def is_other_unit(name: str, unit: str) -> bool:
    """Whether a unit that a header names is not that of its column."""
    return bool(name) and _UNITS[unit].get(name) != 1.0


def is_unit(text: str) -> bool:
    """Whether a text is the name of a unit, and not of people.

    Examples
    --------
    >>> [is_unit(text) for text in ("kbps", "orang", "Siswa", "")]
    [True, True, False, False]
    """
    name = text.casefold()
    return name not in _NEVER_OF_HEADERS and any(name in factors for factors in _UNITS.values())


def says_nothing(text: str) -> bool:
    """Whether a cell is empty, or says so: a dash, n/a."""
    return text.strip().casefold() in _NOTHING


def is_nothing(texts: pd.Series[str]) -> pd.Series[bool]:
    """Which cells say nothing, by :func:`says_nothing`."""
    return texts.map({text: says_nothing(text) for text in texts.unique()}).astype(bool)


def measured_latency(latency_ms: pd.Series[float], down_mbps: pd.Series[float]) -> pd.Series[float]:
    """Latency where a test has measured it, ms: NaN for 0 ms, and beside 0 Mbps.

    No line answers in no time, and of a test that received nothing 0 is what was left empty.

    Examples
    --------
    >>> import pandas as pd
    >>> latency_ms, down_mbps = pd.Series([0.0, 40.0, 40.0]), pd.Series([5.0, 0.0, math.nan])
    >>> measured_latency(latency_ms, down_mbps).tolist()
    [nan, nan, 40.0]
    """
    return latency_ms.where((latency_ms > 0) & (down_mbps != 0))


def split_unit(header: str) -> tuple[str, str]:
    """A header without the unit that it names, and the unit in lower case; empty for none.

    Bytes keep their case, since MB/s is no rate in bits.

    Examples
    --------
    >>> split_unit("Frekuensi [GHz]"), split_unit("Tinggi (m)"), split_unit("down_kbps")
    (('Frekuensi', 'ghz'), ('Tinggi', 'm'), ('down', 'kbps'))
    >>> split_unit("Download (MB/s)")
    ('Download', 'MB/s')
    >>> split_unit("Nama (L)"), split_unit("Kab.-Kota/Negara (LN)")
    (('Nama (L)', ''), ('Kab.-Kota/Negara (LN)', ''))
    """
    named = _HEADER_UNIT.match(header)
    if not named:
        return header, ""
    given = named[2] or named[3]
    if _BYTES.fullmatch(given):
        return named[1], given
    unit = given.casefold()
    known = any(unit in factors for factors in _UNITS.values()) and unit not in _NEVER_OF_HEADERS
    known &= bool(named[2]) or unit not in _IN_BRACKETS_ONLY
    return (named[1], unit) if known and named[1] else (header, "")


def bare_header(header: str, column: str) -> str:
    """A header without its unit, where a column can have that unit: places have only degrees.

    Examples
    --------
    >>> bare_header("Tinggi (m)", "height_m"), bare_header("Lat (°)", "lat")
    ('Tinggi', 'Lat')
    >>> bare_header("Lat M", "lat")
    'Lat M'
    """
    bare, unit = split_unit(header)
    is_other = column in ("lat", "lon") and bool(unit) and unit not in _UNITS["degrees"]
    return header if is_other else bare


def _readings(text: str, decimal: str) -> set[float]:
    """Every number that digits and signs can mean."""
    if _SPACES.fullmatch(text):
        text = text.replace(" ", "")
        return {number(text.replace(",", "."))}
    if is_grouped(text) and text.count(".") + text.count(",") == 1:
        sign = "." if "." in text else ","
        as_decimal, grouped = number(text.replace(sign, ".")), number(text.replace(sign, ""))
        return (
            {as_decimal, grouped} if not decimal else {as_decimal if decimal == sign else grouped}
        )
    if _POINTS.fullmatch(text):
        return {number(text.replace(".", "").replace(",", "."))}
    if _COMMAS.fullmatch(text):
        return {number(text.replace(",", ""))}
    return {number(text.replace(",", ".") if _COMMA.fullmatch(text) else text)}


def _converted(value: float, name: str, unit: str) -> float:
    """A number in the unit of the column; NaN where its own unit is another quantity."""
    if not name:
        return value
    if unit == "Mbps" and _BYTES.fullmatch(name):
        return math.nan
    factor = _UNITS.get(unit, {}).get(" ".join(name.casefold().split()), math.nan)
    if unit == "dBm" and name.casefold() in ("w", "watt", "watts", "kw"):
        return 10.0 * math.log10(value * factor) + 30.0 if value > 0.0 else math.nan
    if name.casefold() == "dbw":
        return value + 30.0 if unit == "dBm" else math.nan
    return round(value * factor, 9)


def _decimal_sign(texts: list[str]) -> str:
    """The decimal sign that cells show for certain; empty where none or both do."""
    numbers = [cell[1].strip() for text in texts if (cell := _CELL.fullmatch(plain_signs(text)))]
    shown = {
        sign
        for text in numbers
        for sign in ".,"
        if text.count(sign) == 1
        and not is_grouped(text)
        and not math.isnan(number(text.replace(sign, ".")))
    }
    return shown.pop() if len(shown) == 1 else ""
