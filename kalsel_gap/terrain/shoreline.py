"""Shore of the open sea: not the banks of a river, nor those of its mouth.

Water counts as open within a distance of `width_m` from where a circle of that diameter fits into
it. So a river that reaches the sea as cells without data ends at its mouth, a strait stays sea
unless it is both narrower and longer than that, and the shore of a bay keeps its shape. A coastline
that runs up a river counts only where open water lies as near.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from kalsel_gap.geo import geodesy
from kalsel_gap.geo.dem import dem_grid_of
from kalsel_gap.sources.formats.vector_layers import read_vector
from kalsel_gap.terrain.sea_mask import CellRuns, runs_of_rows
from kalsel_gap.terrain.shore_distance import Shore

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import BoolArray
    from kalsel_gap.geo.dem import DemGrid
    from kalsel_gap.project.model import Opened
    from kalsel_gap.terrain.sea_mask import SeaMask

_ROWS = 512  # of a block whose distances are in memory
_VERTEX_DEG = 0.0025  # a coastline is cut at some 280 m


def find_shore(
    opened: Opened, sea: SeaMask | None
) -> tuple[NDArray[np.object_] | None, CellRuns | None]:
    """The shore of the open sea: lines of the coastline, where one is given, and open water.

    Parameters
    ----------
    opened : Opened
        The project.
    sea : SeaMask, optional
        Of its elevation model.

    Returns
    -------
    lines : array of shapely geometries, or None
        None without a coastline, or where none of it lies near open water.
    water : CellRuns or None
        None where the elevation model shows no sea.
    """
    source, given = opened.project.elevation, opened.project.coastline
    reach_m = opened.project.terrain.coast.open_km * 1000
    water = None
    if source is not None and sea is not None and sea.any():
        frame = dem_grid_of(sea.grid, source.tiles.files[0])
        water = find_open_water(sea, frame, reach_m)
    if given is None:
        return None, water
    lines = read_vector(given.path, shapes="lines").geometry.dropna().to_numpy()
    if water is not None:
        lines = clip_coastline(lines, water, reach_m)
    return (lines if len(lines) else None), water


def find_open_water(sea: CellRuns, frame: DemGrid, width_m: float) -> CellRuns:
    """The sea without rivers, their mouths and other inlets.

    Parameters
    ----------
    sea : CellRuns
        See `sea_mask.open_sea`.
    frame : DemGrid
        Size of its cells.
    width_m : float
        Water narrower than this is open only within this distance of wider water; 0 keeps all.

    Returns
    -------
    CellRuns
        All of `sea` where it is nowhere so wide: a raster that shows only a strip of the sea
        does not show where it is wide.
    """
    if not width_m or not sea.any():
        return sea
    # From the centre of the circle to that of the nearest cell of land.
    half_m = width_m / 2.0 + _half_cell_m(sea, frame)
    land = runs_of_rows(sea.grid, _ROWS, lambda top, bottom: ~sea.rows(top, bottom))
    if not land.any():
        return sea
    from_land = Shore(land, frame, _ROWS)
    wide = runs_of_rows(sea.grid, _ROWS, _where(from_land, lambda away_m: away_m >= half_m))
    if not wide.any():
        return sea
    from_wide = Shore(wide, frame, _ROWS)
    reach_m = width_m + half_m
    near = _where(from_wide, lambda away_m: away_m <= reach_m)
    return runs_of_rows(
        sea.grid, _ROWS, lambda top, bottom: near(top, bottom) & sea.rows(top, bottom)
    )


def _half_cell_m(sea: CellRuns, frame: DemGrid) -> float:
    """Half the height of a cell in the middle of the grid, m."""
    if not frame.geographic:
        return abs(frame.row) / 2.0
    lat_m, _ = geodesy.metres_per_degree(frame.top + frame.row * sea.grid.height / 2.0)
    return float(lat_m) * abs(frame.row) / 2.0


def _where(
    shore: Shore, holds: Callable[[NDArray[np.float32]], BoolArray]
) -> Callable[[int, int], BoolArray]:
    return lambda top, bottom: holds(shore.distance_m(top, bottom))


def clip_coastline(
    lines: NDArray[np.object_], water: CellRuns, reach_m: float
) -> NDArray[np.object_]:
    """The parts of a coastline near open water; what lies off the grid stays, as it is not known.

    Parameters
    ----------
    lines : array of shapely geometries
        Lines in WGS84 degrees.
    water : CellRuns
        See `find_open_water`.
    reach_m : float
        Distance from open water within which a line is its shore.

    Returns
    -------
    array of shapely LineStrings
    """
    parts = shapely.get_parts(lines)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    fine = shapely.segmentize(parts, _VERTEX_DEG)
    place, line = shapely.get_coordinates(fine, return_index=True)
    lon, lat = place.T
    inside, outside = water.at(lat, lon)
    away_m = geodesy.nearest_point_m(lat, lon, *water.edge())[0]
    near = inside | outside | (away_m <= reach_m)
    kept = []
    for number, part in enumerate(parts):
        own = line == number
        if near[own].all():
            kept.append(part)
            continue
        vertices, counts = place[own], near[own]
        ends = np.flatnonzero(np.diff(np.concatenate([[0], counts.astype(np.int8), [0]])))
        kept += [
            shapely.LineString(vertices[first:last])
            for first, last in ends.reshape(-1, 2)
            if last - first > 1
        ]
    return np.array(kept, dtype=object)
