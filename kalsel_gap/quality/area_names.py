"""Areas that a register can claim: comparison of names, precision of polygons."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kalsel_gap.geo import geodesy
from kalsel_gap.sources.area_codes import digits, nested
from kalsel_gap.sources.boundaries import AREA_LEVELS, read_areas, short_name
from kalsel_gap.sources.cells import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.project.checks import Precision
    from kalsel_gap.project.model import Opened

_KIND = re.compile(r"\s*(kecamatan|kec|distrik|kelurahan|kel|desa|ds)\b\.?\s*", re.IGNORECASE)
_WORD = re.compile(r"\d+|[^\W\d_]+")
_ROMAN = re.compile(r"(x{0,3})(ix|iv|v?i{0,3})")
_ONES = {"": 0, "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9}
# Vertices of a finer layer that are compared: enough for a quantile.
_SAMPLE = 5_000


@dataclass(frozen=True, slots=True)
class AreaLayer:
    """Polygons of one level, each area once.

    Attributes
    ----------
    areas : GeoDataFrame
        ``code``, ``name`` and geometry.
    parent : int array
        Place of each area's parent in the next wider layer; -1 where its code matches none.
    precision_m : float
        Distance of a boundary from its true position.
    """

    areas: gpd.GeoDataFrame
    parent: NDArray[np.int64]
    precision_m: float


def read_layers(opened: Opened) -> dict[str, AreaLayer]:
    """The layers that the project has, from the widest level to the finest."""
    read = {level: read_areas(opened, level) for level in AREA_LEVELS}
    found = {level: _once(areas) for level, areas in read.items() if areas is not None}
    found = {level: areas for level, areas in found.items() if len(areas)}
    levels = list(found)
    if not levels:
        return {}
    figures, finest = opened.project.locations.precision, found[levels[-1]]
    precisions_m = {levels[-1]: precision_m(finest, None, figures)}
    for level in levels[:-1]:
        precisions_m[level] = precision_m(
            found[level], finest, figures, finer_m=precisions_m[levels[-1]]
        )
    return {
        level: AreaLayer(
            found[level],
            parents(found[level], found[levels[n - 1]] if n else None),
            precisions_m[level],
        )
        for n, level in enumerate(levels)
    }


def _once(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Areas that consist of several features, merged."""
    if not areas.duplicated(["code", "name"]).any():
        return areas
    return areas.dissolve(["code", "name"], as_index=False)


def parents(areas: gpd.GeoDataFrame, wider: gpd.GeoDataFrame | None) -> NDArray[np.int64]:
    """Place in `wider` of the area whose code each code begins with; -1 for none."""
    if wider is None or not nested(areas["code"].tolist(), wider["code"].tolist()):
        return np.full(len(areas), -1)
    known = {digits(code): n for n, code in enumerate(wider["code"]) if digits(code)}
    lengths = sorted({len(code) for code in known}, reverse=True)

    def parent(code: str) -> int:
        own = digits(code)
        found = (known.get(own[:length], -1) for length in lengths if length < len(own))
        return next((place for place in found if place >= 0), -1)

    return np.array([parent(code) for code in areas["code"]], dtype=np.int64)


def precision_m(
    areas: gpd.GeoDataFrame,
    finer: gpd.GeoDataFrame | None,
    figures: Precision,
    *,
    finer_m: float | None = None,
) -> float:
    """Distance of the boundaries of simplified polygons from their true position, in metres.

    Parameters
    ----------
    areas : GeoDataFrame
        The polygons.
    finer : GeoDataFrame or None
        A finer layer whose codes begin with those of `areas`.
    figures : Precision
        Quantiles and share.
    finer_m : float, optional
        Precision of the finer layer, where it is known already.

    Returns
    -------
    float
        A high quantile of how far vertices of the finer polygons lie outside their own area,
        plus the precision of the finer layer itself. Without such a layer a share of the spacing
        of vertices, because the error of a simplification grows with its tolerance.
    """
    if finer is not None:
        vertex, owner = shapely.get_coordinates(finer.geometry.to_numpy(), return_index=True)
        step = max(1, len(vertex) // _SAMPLE)
        vertex, own = vertex[::step], parents(finer, areas)[owner[::step]]
        off_m = geodesy.shape_distance_m(vertex[:, 1], vertex[:, 0], areas.geometry.to_numpy(), own)
        if np.isfinite(off_m).any():
            outside_m = off_m[off_m > 0]
            beyond_m = np.quantile(outside_m, figures.outside_quantile) if len(outside_m) else 0.0
            own_m = precision_m(finer, None, figures) if finer_m is None else finer_m
            return own_m + float(beyond_m)
    edges = shapely.get_parts(areas.geometry.boundary.to_numpy())
    vertex, edge = shapely.get_coordinates(edges, return_index=True)
    joined = edge[1:] == edge[:-1]
    start, end = vertex[:-1][joined], vertex[1:][joined]
    if not len(start):
        return 0.0
    spacing_m = geodesy.distance_m(start[:, 1], start[:, 0], end[:, 1], end[:, 0])
    return figures.spacing_share * float(np.quantile(spacing_m, figures.spacing_quantile))


def area_key(name: str, words: Mapping[str, str]) -> str:
    """The name of a kecamatan or desa to compare by: no kind, case, spaces, Roman numerals.

    Examples
    --------
    >>> area_key("Kec. Sei Pinang IV", {"sei": "sungai"}), area_key("BATU-MANDI", {})
    ('sungaipinang4', 'batumandi')
    """
    found = _WORD.findall(_KIND.sub("", name.casefold(), count=1))
    return "".join(words.get(word, number_word(word)) for word in found)


def number_word(word: str) -> str:
    """A word in lower case; Roman numerals up to 39 and numbers with leading zeros as plain digits.

    Examples
    --------
    >>> [number_word(word) for word in ("xiv", "04", "mulia", "i")]
    ['14', '4', 'mulia', '1']
    """
    if word.isdigit():
        return word.lstrip("0") or "0"
    roman = _ROMAN.fullmatch(word)
    return str(10 * len(roman[1]) + _ONES[roman[2]]) if roman and word else word


def kabupaten_key(name: str) -> str:
    """The name of a kabupaten or kota to compare by, its kind kept."""
    return fold(short_name(name))


def spelling(level: str, words: Mapping[str, str]) -> Callable[[str], str]:
    """How names of a level are made comparable."""
    return kabupaten_key if level == "kabupaten" else partial(area_key, words=words)
