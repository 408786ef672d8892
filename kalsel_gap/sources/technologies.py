"""Technologies and directions of antennas as site lists write them.

A cell may name several technologies, and their carriers: “2G/3G/4G”, “GSM 900/LTE 1800”. Each of
them is one carrier of the site.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.sources.cells import plain_signs
from kalsel_gap.sources.quantities import read_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_NAMES = {
    "2g": "2g gsm egsm gsmr gprs edge dcs geran",
    "3g": (
        "3g 3.5g 3.75g 3g+ umts wcdma w-cdma hspa hspa+ hsdpa hsupa dc-hspa dc-hspa+ h+ utra utran"
    ),
    "4g": (
        "4g 4.5g 4g+ lte lte-a lte-a+ ltea lte+ lte-advanced lteadvanced td-lte tdlte lte-tdd "
        "lte-fdd fdd-lte tdd-lte volte eutra e-utra eutran e-utran"
    ),
    "5g": "5g 5g+ nr 5gnr 5g-nr nr5g nr-5g 5g-nsa 5g-sa nsa",
}
TECHNOLOGIES = {word: name for name, words in _NAMES.items() for word in words.split()}
_OWN_CARRIER_MHZ = {"dcs": 1800.0}  # the name is that of a band
_LETTERS = {"g": "gsm", "u": "umts", "l": "lte"}  # G900, U2100, L1800
# Carriers of the bands of 3GPP that are in use here.
_BANDS_MHZ = {"1": 2100.0, "3": 1800.0, "5": 850.0, "8": 900.0, "28": 700.0, "40": 2300.0}
_NR_BANDS_MHZ = {**_BANDS_MHZ, "77": 3700.0, "78": 3500.0}
_BANDS_OF = {"b": _BANDS_MHZ, "n": _NR_BANDS_MHZ}
_FILLERS = frozenset(
    (
        *("jaringan", "sinyal", "teknologi", "network", "fdd", "tdd", "mhz", "band", "dan", "and"),
        *("serta", "layanan", "seluler", "pro", "sa"),
    )
)
_SPACED = re.compile(r"\b(lte|w|e|5g|nr|dc|td)[ -]+(advanced|cdma|utran?|nr|5g|hspa\+?|lte|a)\b")
_GLUED = re.compile(r"\b(e?gsm|dcs|umts|wcdma|lte|nr|[2345]g)[- ]?(\d{3,4})\b")
_SHORT = re.compile(r"\b([gul])[- ]?(\d{3,4})\b")
_BAND = re.compile(r"([bn])(\d{1,2})")
_NAMED_BAND = re.compile(r"\bband\s*(\d{1,2})\b")
_DECIMAL = re.compile(r"\b([2-5]),(\d{1,2}g)\b")
# From one to another, without what lies between: 2G-4G.
_RANGE = re.compile(r"([2-5])g?\s*(?:-|s\.?/?d\.?|sampai|hingga|to)\s*([2-5])g(?![\s-]*nr)")
_BETWEEN = re.compile(r"[\s/,;|&()\[\]\\_]+|(?<=[a-z\d])\+(?=[a-z\d])")
_FREQUENCY = re.compile(r"\d+(?:[.,]\d+)?(?:mhz|ghz)?")
_SPACED_UNIT = re.compile(r"(\d)\s+([mg]hz)\b")
_FREQUENCIES_MHZ = (300.0, 60_000.0)

_DIRECTIONS = {
    **dict.fromkeys(("n", "north", "utara", "u"), 0.0),
    **dict.fromkeys(("ne", "northeast", "timurlaut", "tl"), 45.0),
    **dict.fromkeys(("e", "east", "timur"), 90.0),
    **dict.fromkeys(("se", "southeast", "tenggara"), 135.0),
    **dict.fromkeys(("s", "south", "selatan"), 180.0),
    **dict.fromkeys(("sw", "southwest", "baratdaya", "bd"), 225.0),
    **dict.fromkeys(("w", "west", "barat"), 270.0),
    **dict.fromkeys(("nw", "northwest", "baratlaut", "bl"), 315.0),
    "nne": 22.5,
    "ene": 67.5,
    "ese": 112.5,
    "sse": 157.5,
    "ssw": 202.5,
    "wsw": 247.5,
    "wnw": 292.5,
    "nnw": 337.5,
}
_TURNS = (-360.0, 720.0)


class SiteCarrier(NamedTuple):
    """One carrier that a cell names.

    Attributes
    ----------
    technology : str
        ``2g``, ``3g``, ``4g`` or ``5g``.
    frequency_mhz : float
        NaN where the cell does not name it.
    """

    technology: str
    frequency_mhz: float = math.nan


def read_technologies(text: str) -> tuple[SiteCarrier, ...]:
    """The carriers that a cell names, in its order; none where a part is not understood.

    Examples
    --------
    >>> [each.technology for each in read_technologies("2G/3G/4G")]
    ['2g', '3g', '4g']
    >>> read_technologies("LTE 1800"), read_technologies("CDMA"), read_technologies("2G-4G")
    ((SiteCarrier(technology='4g', frequency_mhz=1800.0),), (), ())
    """
    shown = _SPACED.sub(r"\1-\2", plain_signs(text).casefold().strip())
    shown = _SHORT.sub(lambda short: f"{_LETTERS[short[1]]} {short[2]}", shown)
    shown = _SPACED_UNIT.sub(r"\1\2", _GLUED.sub(r"\1 \2", shown))
    shown = _NAMED_BAND.sub(r"b\1", _DECIMAL.sub(r"\1.\2", shown))
    if (ends := _RANGE.fullmatch(shown)) and int(ends[2]) - int(ends[1]) > 1:
        return ()
    words = [word for word in _BETWEEN.split(shown) if word.strip(".-+")]
    words = [word for word in words if word not in _FILLERS]
    parts: list[str | float] = []
    for word in words:
        if word in TECHNOLOGIES:
            parts.append(word)
        elif _FREQUENCY.fullmatch(word) and _is_frequency(mhz := read_quantity(word, "MHz")):
            parts.append(mhz)
        elif (band := _BAND.fullmatch(word)) and band[2] in (bands := _BANDS_OF[band[1]]):
            parts.append(bands[band[2]])
        else:
            split = word.split("-")
            if not all(each in TECHNOLOGIES for each in split):
                return ()
            parts += split
    if not any(isinstance(part, str) for part in parts):
        return ()
    if isinstance(parts[0], float):  # 900 GSM, 1800 LTE
        parts.reverse()
        return tuple(reversed(_carriers(parts)))
    return _carriers(parts)


def _carriers(parts: Sequence[str | float]) -> tuple[SiteCarrier, ...]:
    """One carrier for each frequency of a technology, or one without."""
    found: dict[str, dict[float, None]] = {}
    technology = ""
    for part in parts:
        if isinstance(part, str):
            technology = TECHNOLOGIES[part]
            of_name = {_OWN_CARRIER_MHZ[part]: None} if part in _OWN_CARRIER_MHZ else {}
            found.setdefault(technology, {}).update(of_name)
        else:
            found[technology][part] = None
    return tuple(
        SiteCarrier(name, mhz)
        for name, carriers in found.items()
        for mhz in carriers or (math.nan,)
    )


def technology_of(text: str) -> str | None:
    """The technology of a cell that names one; nothing for several or none.

    Examples
    --------
    >>> technology_of("LTE 1800"), technology_of("2G/3G")
    ('4g', None)
    """
    named = {each.technology for each in read_technologies(text)}
    return named.pop() if len(named) == 1 else None


def read_frequencies(text: str, of_header: str = "") -> tuple[float, ...]:
    """The carriers of a cell of frequencies, MHz; none where one of them cannot be read.

    Examples
    --------
    >>> read_frequencies("1800 MHz"), read_frequencies("900/2100"), read_frequencies("B3")
    ((1800.0,), (900.0, 2100.0), ())
    """

    def read(part: str) -> float:
        return read_quantity(part, "MHz", of_header=of_header, possible=_FREQUENCIES_MHZ)

    whole = read(text)
    if not math.isnan(whole):
        return (whole,)
    parts = [part for part in re.split(r"\s*[/;|&]\s*|,\s+|\s+dan\s+", text.strip()) if part]
    unit = re.search(r"[A-Za-z]+$", parts[-1]) if parts else None
    if unit:  # 900/1800 MHz
        parts = [part if part[-1:].isalpha() else f"{part} {unit[0]}" for part in parts]
    values = tuple(read(part) for part in parts)
    return () if len(values) < 2 or any(map(math.isnan, values)) else values


def with_frequencies(
    carriers: Sequence[SiteCarrier],
    given: Sequence[float],
    bands_mhz: Mapping[str, Sequence[tuple[float, float]]],
) -> tuple[SiteCarrier, ...]:
    """Carriers with the frequencies of a column of their own, each only where it fits one.

    Parameters
    ----------
    carriers : sequence of SiteCarrier
        Those of a row.
    given : sequence of float
        What its column of frequencies says, MHz.
    bands_mhz : mapping
        Bands in use by technology, from and to.

    Returns
    -------
    tuple of SiteCarrier
        Of several technologies those keep no frequency of which more than one could have it.
    """
    names = list(dict.fromkeys(each.technology for each in carriers))
    if not given or not names:
        return tuple(carriers)
    if len(names) == 1:  # what the name says stands, unless the column is finer
        own = [each.frequency_mhz for each in carriers if not math.isnan(each.frequency_mhz)]
        return tuple(
            SiteCarrier(names[0], mhz) for mhz in (given if len(given) >= len(own) else own)
        )
    named = {each.technology for each in carriers if not math.isnan(each.frequency_mhz)}
    bare = [name for name in names if name not in named]

    def fits(name: str, mhz: float) -> bool:
        return any(low <= mhz <= high for low, high in bands_mhz.get(name, ()))

    in_order = len(given) == len(names) and not named
    if in_order and all(map(fits, names, given)):
        return tuple(map(SiteCarrier, names, given))
    of: dict[str, list[float]] = {name: [] for name in bare}
    for mhz in given:
        fitting = [name for name in names if fits(name, mhz)]
        if len(fitting) == 1 and fitting[0] in of:
            of[fitting[0]].append(mhz)
    return tuple(
        carrier
        for each in carriers
        for carrier in (
            [SiteCarrier(each.technology, mhz) for mhz in of[each.technology]] or [each]
            if each.technology in of
            else [each]
        )
    )


def read_directions(text: str, of_header: str = "") -> tuple[float, ...]:
    """The directions of a cell, degrees; one for each sector, none where one is not understood.

    Examples
    --------
    >>> read_directions("120°"), read_directions("Timur Laut"), read_directions("0/120/240")
    ((120.0,), (45.0,), (0.0, 120.0, 240.0))
    """
    one = _direction(text, of_header)
    if _TURNS[0] <= one <= _TURNS[1]:
        return (one,)
    signs = r"\s*[,/;|]\s*" if text.count(",") > 1 else r"\s*[/;|&]\s*|,\s+"
    parts = [part for part in re.split(signs, text.strip()) if part]
    values = tuple(_direction(part, of_header) for part in parts)
    if len(values) > 1 and not any(map(math.isnan, values)):
        return values
    return () if math.isnan(one) else (one,)


def _direction(text: str, of_header: str) -> float:
    word = re.sub(r"[\s\-_.]", "", text.casefold())
    if word in _DIRECTIONS:
        return _DIRECTIONS[word]
    return read_quantity(text, "degrees", of_header=of_header, possible=_TURNS)


def _is_frequency(mhz: float) -> bool:
    return _FREQUENCIES_MHZ[0] <= mhz <= _FREQUENCIES_MHZ[1]
