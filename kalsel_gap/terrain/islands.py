"""Islands: which land a school stands on, its legal area, and the strait before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from kalsel_gap.errors import InputError
from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.sources.formats.vector_layers import read_vector
from kalsel_gap.terrain.classes import UNKNOWN

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from rasterio.windows import Window

    from kalsel_gap.geo.rasterize import Footprints
    from kalsel_gap.project.terrain import Terrain
    from kalsel_gap.terrain.classes import Flags


def land_polygons(path: Path) -> NDArray[np.object_]:
    """Single polygons of a layer, made valid: each is an island, or the mainland."""
    shapes = read_vector(path, shapes="polygons").geometry.dropna().make_valid().to_numpy()
    parts = shapely.get_parts(shapely.get_parts(shapes))  # collections hold multipolygons
    polygons = [p for p in parts if p.geom_type == "Polygon" and not p.is_empty]
    if not polygons:
        raise InputError("vector_no_geometry", path=path)
    return np.asarray(polygons, dtype=object)


def find_islands(
    lat: NDArray[np.float64], lon: NDArray[np.float64], land: NDArray[np.object_], limits: Terrain
) -> pd.DataFrame:
    """The island of each school; the largest polygon is the mainland, not an island.

    A school near a simplified shoreline may lie a little outside its polygon: it belongs to the
    nearest one up to a limit, beyond which it may be on an islet that the layer does not have.

    Parameters
    ----------
    lat, lon : float array of shape (n,)
        WGS84 degrees.
    land : array of shapely polygons
        In the same degrees.
    limits : Terrain
        Legal areas of named islands, the area up to which an island is small, and the offset.

    Returns
    -------
    DataFrame
        ``island``, ``island_area_km2``, ``is_small_island``, ``strait_km``.
    """
    found = pd.DataFrame(
        {
            "island": pd.Series(None, index=range(len(lat)), dtype="str"),
            "island_area_km2": np.nan,
            "is_small_island": pd.Series(pd.NA, index=range(len(lat)), dtype="boolean"),
            "strait_km": np.nan,
        }
    )
    points = shapely.points(lon, lat)
    rows = np.flatnonzero(np.isfinite(lat))
    tree = shapely.STRtree(land)
    holder = tree.nearest(points[rows])
    near = _apart_km(points[rows], land[holder]) <= limits.small_island.offset_km
    rows, holder = rows[near], holder[near]
    own_km2, names, legal_km2 = _areas(land, limits)
    found.loc[rows, "is_small_island"] = False
    for polygon in np.unique(holder[holder != int(own_km2.argmax())]):
        here = rows[holder == polygon]
        found.loc[here, "island"] = names[polygon]
        found.loc[here, "island_area_km2"] = legal_km2[polygon]
        found.loc[here, "is_small_island"] = legal_km2[polygon] <= limits.small_island.area_km2
        found.loc[here, "strait_km"] = _strait_km(int(polygon), land, own_km2)
    return found


def are_small(land: NDArray[np.object_], limits: Terrain) -> NDArray[np.bool_]:
    """Which polygons of land are small islands; the largest is the mainland, not an island."""
    own_km2, _, legal_km2 = _areas(land, limits)
    small: NDArray[np.bool_] = legal_km2 <= limits.small_island.area_km2
    small[own_km2.argmax()] = False
    return small


def _areas(
    land: NDArray[np.object_], limits: Terrain
) -> tuple[NDArray[np.float64], list[str], NDArray[np.float64]]:
    """Area of each polygon, the name of its island, and the legal area where there is one."""
    own_km2 = np.array([abs(WGS84.geometry_area_perimeter(p)[0]) for p in land]) / 1e6
    names, legal_km2 = ["island"] * len(land), own_km2.copy()
    tree = shapely.STRtree(land)
    for island in limits.islands.values():
        for polygon in tree.query(shapely.Point(island.lon, island.lat), predicate="intersects"):
            names[polygon] = island.name
            if island.area_km2 is not None:
                legal_km2[polygon] = island.area_km2
    return own_km2, names, legal_km2


def _strait_km(island: int, land: NDArray[np.object_], area_km2: NDArray[np.float64]) -> float:
    """Smallest width of water between an island and the nearest land larger than it."""
    larger = land[area_km2 > area_km2[island]]
    nearest = shapely.STRtree(larger).nearest(land[island])
    return float(_apart_km(land[island : island + 1], larger[[nearest]])[0])


def _apart_km(one: NDArray[np.object_], other: NDArray[np.object_]) -> NDArray[np.float64]:
    ends = shapely.get_coordinates(shapely.shortest_line(one, other)).reshape(-1, 4)
    apart_m: NDArray[np.float64] = WGS84.inv(*ends.T)[2]
    return apart_m / 1000


def small_island(
    land: Footprints, window: Window, dry: NDArray[np.bool_], reach_m: float, small: int
) -> Flags:
    """Whether cells of dry land lie on a small island; unknown far from every polygon of land.

    Parameters
    ----------
    land : Footprints
    window : Window
    dry : bool array of the window's shape
    reach_m : float
        How far land may lie outside its polygon.
    small : int
        Number of small islands in `land`.
    """
    cells = land.nearest(window, dry, reach_m)
    flags: Flags = np.where(cells == 0, UNKNOWN, cells == small).astype(np.int8)
    return flags
