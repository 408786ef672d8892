"""What a row says of where its school lies, against the polygons that bear those names.

Where the project has no polygon of a kabupaten, the other schools that claim it say where it lies:
the circle around their middle that holds most of them, and a little more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from kalsel_gap import geodesy
from kalsel_gap.sources import coordinates
from kalsel_gap.sources.boundaries import bare_name, envelope, read_areas, short_name
from kalsel_gap.sources.formats import fold
from kalsel_gap.sources.villages import digits

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geodesy import FloatArray
    from kalsel_gap.project import Opened, Repairs

LEVELS = ("desa", "kecamatan", "kabupaten", "peers")  # from the most telling


class Circle(NamedTuple):
    """Where the schools of a kabupaten lie: their middle, and how far from it."""

    lat: float
    lon: float
    reach_km: float


@dataclass(frozen=True, slots=True)
class Claims:
    """The areas that rows claim.

    Attributes
    ----------
    kabupaten : array of str
        The kabupaten that each row names; empty where none.
    areas : dict of GeoDataFrame
        ``code``, ``name``, ``geometry`` by level, for the levels that the project has.
    which : dict of int array
        By level, the position of the claimed area for each row; -1 where none is known.
    circles : dict of Circle
        By name, of kabupaten without a polygon that enough schools claim.
    """

    kabupaten: NDArray[np.object_]
    areas: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    which: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    circles: dict[str, Circle] = field(default_factory=dict)

    def distance_km(
        self, level: str, rows: ArrayLike, lat: ArrayLike, lon: ArrayLike
    ) -> FloatArray:
        """Geodesic distance from places to the area that rows claim, km; 0 inside.

        Parameters
        ----------
        level : str
            One of :data:`LEVELS`.
        rows : int array of shape (n,)
            Positions of rows.
        lat, lon : float array of shape (n,)
            A place for each of them.

        Returns
        -------
        float array of shape (n,)
            NaN where nothing is claimed, or there is no place on Earth.
        """
        rows, lat, lon = (np.asarray(values) for values in (rows, lat, lon))
        km = np.full(rows.shape, np.nan)
        known = (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
        if level == "peers":
            known &= np.isin(self.kabupaten[rows], list(self.circles))
            circles = [self.circles[name] for name in self.kabupaten[rows[known]]]
            middle_lat, middle_lon, reach_km = np.array(circles).reshape(-1, 3).T
            away_m = geodesy.distance_m(lat[known], lon[known], middle_lat, middle_lon)
            km[known] = np.maximum(away_m / 1000 - reach_km, 0.0)
        elif level in self.areas:
            claimed = self.which[level][rows]
            known &= claimed >= 0
            polygons = self.areas[level].geometry.to_numpy()[claimed[known]]
            km[known] = _away_km(polygons, lat[known], lon[known])
        return km

    def name(self, level: str, row: int) -> str:
        """Code and name of the area that a row claims."""
        if level == "peers":
            return str(self.kabupaten[row])
        return _named(self.areas[level], int(self.which[level][row]))

    def smallest(self, row: int, levels: Iterable[str] = LEVELS) -> str | None:
        """The most telling level at which a row claims a known area."""
        return next((level for level in levels if self._known(level, row)), None)

    def _known(self, level: str, row: int) -> bool:
        if level == "peers":
            return self.kabupaten[row] in self.circles
        return level in self.areas and bool(self.which[level][row] >= 0)

    def holding(self, lat: float, lon: float) -> str:
        """Code and name of the smallest area that holds a place; empty where none does."""
        point = shapely.Point(lon, lat)
        for level in (level for level in LEVELS if level in self.areas):
            found = self.areas[level].sindex.query(point, predicate="intersects")
            if len(found):
                return _named(self.areas[level], int(found.min()))
        return ""


def claims_of(schools: pd.DataFrame, opened: Opened) -> Claims:
    """Find the polygons that rows name.

    Names are compared without case, spaces and signs, below the area that the row claims above
    them; a name that several polygons bear there is none.

    Parameters
    ----------
    schools : DataFrame
        With ``kabupaten`` as tables show it, ``kecamatan``, and ``desa`` where it is known;
        ``lat_given`` and ``lon_given``.
    opened : Opened
        The project.
    """
    claims = Claims(schools["kabupaten"].fillna("").to_numpy(dtype=object))
    above: NDArray[np.str_] = np.full(len(schools), "", dtype="U20")
    for level in ("kabupaten", "kecamatan", "desa"):
        areas = read_areas(opened, level) if level in schools.columns else None
        if areas is None:
            continue
        found = _matched(schools[level].fillna("").tolist(), above.tolist(), areas, level)
        claims.areas[level], claims.which[level] = areas, found
        codes = np.array([*(digits(code) for code in areas["code"]), ""], dtype="U20")
        above = codes[found]
    claims.circles.update(_circles(schools, claims, opened))
    return claims


def _circles(schools: pd.DataFrame, claims: Claims, opened: Opened) -> dict[str, Circle]:
    """Where the schools of each kabupaten lie that no polygon shows."""
    texts = schools["lat_given"], schools["lon_given"]
    usable = np.asarray(coordinates.faults(*texts, envelope(opened)) == "")
    unshown = claims.which.get("kabupaten", np.full(len(schools), -1)) < 0
    telling = usable & unshown & (claims.kabupaten != "")
    lat, lon = (np.asarray(coordinates.read(text))[telling] for text in texts)
    groups = pd.Series(np.arange(len(lat))).groupby(claims.kabupaten[telling]).indices
    rule = opened.project.repairs
    return {
        str(name): _circle(lat[at], lon[at], rule)
        for name, at in groups.items()
        if len(at) >= rule.peers
    }


def _circle(lat: FloatArray, lon: FloatArray, rule: Repairs) -> Circle:
    middle = float(np.median(lat)), float(np.median(lon))
    away_m = geodesy.distance_m(lat, lon, *(np.full(lat.shape, degrees) for degrees in middle))
    reach_km = float(np.quantile(away_m, rule.peers_share)) * rule.peers_factor / 1000
    return Circle(*middle, reach_km)


def _matched(
    names: list[str], above: list[str], areas: gpd.GeoDataFrame, level: str
) -> NDArray[np.int64]:
    """Position of the one area of each name below the code above it; -1 for none or several."""
    by_key: dict[tuple[str, str], set[int]] = {}
    spelled = short_name if level == "kabupaten" else bare_name
    for at, (code, name) in enumerate(zip(areas["code"], areas["name"], strict=True)):
        folded = digits(code)
        prefixes = {"", folded[: {"kabupaten": 0, "kecamatan": 4, "desa": 6}[level]]}
        for prefix in prefixes:
            for key in {fold(name), fold(spelled(name))}:
                by_key.setdefault((prefix, key), set()).add(at)
    single = {key: next(iter(found)) for key, found in by_key.items() if len(found) == 1}
    folded_names = {name: fold(name) for name in set(names)}
    keys = ((prefix, folded_names[name]) for prefix, name in zip(above, names, strict=True))
    return np.array([single.get(key, -1) if key[1] else -1 for key in keys], dtype=np.int64)


def _named(areas: gpd.GeoDataFrame, at: int) -> str:
    return f"{areas['code'].iloc[at]} {areas['name'].iloc[at]}".strip()


def _away_km(
    polygons: NDArray[np.object_], lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance of each place from its own polygon, km."""
    points = shapely.points(lon, lat)
    shapely.prepare(polygons)
    outside = np.flatnonzero(~shapely.intersects(polygons, points))
    km = np.zeros(lat.shape)
    # The foot is found in degrees, which near the equator are as long one way as the other.
    ways = shapely.shortest_line(points[outside], polygons[outside])
    foot = shapely.get_coordinates(ways).reshape(-1, 2, 2)[:, 1]
    km[outside] = geodesy.distance_m(lat[outside], lon[outside], foot[:, 1], foot[:, 0]) / 1000
    return km
