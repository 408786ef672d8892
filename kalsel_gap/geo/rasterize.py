"""What polygons cover on a grid of cells: islands, wetlands, administrative areas.

A polygon covers the cells whose centre lies in it. Only the window that is asked for is in memory,
and only polygons that intersect it are burnt.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyproj
import shapely
from rasterio.features import rasterize
from scipy.ndimage import distance_transform_edt

from kalsel_gap.geo.geodesy import metres_per_degree

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rasterio.windows import Window

    from kalsel_gap.geo.grid import Grid


class Footprints:
    """Numbered polygons on a grid.

    Parameters
    ----------
    grid : Grid
        Upright.
    shapes : array of shapely geometries
        WGS84 degrees. Where several cover a cell, the first of them counts.
    numbers : int array
        The number of each, from 1.
    """

    def __init__(self, grid: Grid, shapes: NDArray[np.object_], numbers: NDArray[np.int64]) -> None:
        to_crs = pyproj.Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True)
        self.grid, self.numbers = grid, numbers
        self.shapes = shapely.transform(shapes, to_crs.transform, interleaved=False)
        self._tree = shapely.STRtree(self.shapes)

    def at(self, window: Window) -> NDArray[np.int32]:
        """Number of the polygon that covers each cell of a window, 0 where none does."""
        part = self.grid.part(
            int(window.row_off), int(window.col_off), int(window.height), int(window.width)
        )
        t = part.transform
        around = shapely.box(t.c, t.f, t.c + t.a * part.width, t.f + t.e * part.height)
        met = np.sort(self._tree.query(around))[::-1]  # the shape burnt last counts
        cells: NDArray[np.int32] = np.zeros((part.height, part.width), dtype=np.int32)
        if met.size:
            pairs = list(zip(self.shapes[met], self.numbers[met].tolist(), strict=True))
            rasterize(pairs, out=cells, transform=t)
        return cells

    def nearest(self, window: Window, todo: NDArray[np.bool_], reach_m: float) -> NDArray[np.int32]:
        """As `at`, but some cells that no polygon covers get the number of the nearest polygon.

        Parameters
        ----------
        window : Window
        todo : bool array of the window's shape
            Cells that must have a number.
        reach_m : float
            How far the nearest polygon may be.
        """
        cells = self.at(window)
        todo = todo & (cells == 0)
        if not todo.any():
            return cells
        row_m, col_m = cell_m(self.grid, int(window.row_off) + int(window.height) // 2)
        down, along = math.ceil(reach_m / row_m) + 1, math.ceil(reach_m / col_m) + 1
        wide = type(window)(
            *(int(window.col_off) - along, int(window.row_off) - down),
            *(int(window.width) + 2 * along, int(window.height) + 2 * down),
        )
        around = self.at(wide)
        if not around.any():
            return cells
        distance, (row, col) = distance_transform_edt(
            around == 0, sampling=(row_m, col_m), return_indices=True
        )
        inner = slice(down, down + int(window.height)), slice(along, along + int(window.width))
        near = todo & (distance[inner] <= reach_m)
        cells[near] = around[row[inner][near], col[inner][near]]
        return cells


def cell_m(grid: Grid, row: int) -> tuple[float, float]:
    """Height and width of the cells of a row, metres on the ellipsoid, or the projection's."""
    unit = float(grid.crs.axis_info[0].unit_conversion_factor)
    t = grid.transform
    if not grid.crs.is_geographic:
        return abs(t.e) * unit, abs(t.a) * unit
    degrees = math.degrees(unit)
    lat_m, lon_m = metres_per_degree((t.f + t.e * (row + 0.5)) * degrees)
    return abs(t.e) * degrees * float(lat_m), abs(t.a) * degrees * float(lon_m)
