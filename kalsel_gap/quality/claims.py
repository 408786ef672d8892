"""What a row says of where its school lies, against the polygons that bear those names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kalsel_gap import geodesy
from kalsel_gap.sources.boundaries import bare_name, read_areas, short_name
from kalsel_gap.sources.formats import fold
from kalsel_gap.sources.villages import digits

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geodesy import FloatArray

    from kalsel_gap.project import Opened

LEVELS = ("desa", "kecamatan", "kabupaten")  # from the smallest


@dataclass(frozen=True, slots=True)
class Claims:
    """The areas that rows claim.

    Attributes
    ----------
    areas : dict of GeoDataFrame
        ``code``, ``name``, ``geometry`` by level, for the levels that the project has.
    which : dict of int array
        By level, the position of the claimed area for each row; -1 where none is known.
    """

    areas: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    which: dict[str, NDArray[np.int64]] = field(default_factory=dict)

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
            NaN where nothing is claimed, or there is no place.
        """
        rows, lat, lon = np.asarray(rows), np.asarray(lat, float), np.asarray(lon, float)
        km = np.full(rows.shape, np.nan)
        if level not in self.areas:
            return km
        claimed = self.which[level][rows]
        known = (claimed >= 0) & np.isfinite(lat) & np.isfinite(lon)
        known &= (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
        km[known] = _away_km(
            self.areas[level].geometry.to_numpy()[claimed[known]], lat[known], lon[known]
        )
        return km

    def name(self, level: str, row: int) -> str:
        """Code and name of the area that a row claims."""
        return _named(self.areas[level], int(self.which[level][row]))

    def smallest(self, row: int, levels: Iterable[str] = LEVELS) -> str | None:
        """The smallest level at which a row claims a known area."""
        known = (level for level in levels if level in self.areas and self.which[level][row] >= 0)
        return next(known, None)

    def holding(self, lat: float, lon: float) -> str:
        """Code and name of the smallest area that holds a place; empty where none does."""
        for level in LEVELS:
            if level in self.areas:
                found = self.areas[level].sindex.query(
                    shapely.Point(lon, lat), predicate="intersects"
                )
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
        With ``kabupaten`` as tables show it, ``kecamatan``, and ``desa`` where it is known.
    opened : Opened
        The project.
    """
    claims = Claims()
    above: NDArray[np.str_] = np.full(len(schools), "", dtype="U20")
    for level in ("kabupaten", "kecamatan", "desa"):
        areas = read_areas(opened, level) if level in schools.columns else None
        if areas is None:
            continue
        found = _matched(schools[level].fillna("").tolist(), above.tolist(), areas, level)
        claims.areas[level], claims.which[level] = areas, found
        codes = np.array([*(digits(code) for code in areas["code"]), ""], dtype="U20")
        above = codes[found]
    return claims


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
    pairs = {
        pair: next(iter(found)) if len(found) == 1 else -1
        for pair in {*zip(above, names, strict=True)}
        if (found := by_key.get((pair[0], fold(pair[1])), set())) is not None
    }
    return np.array([pairs[pair] for pair in zip(above, names, strict=True)], dtype=np.int64)


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
