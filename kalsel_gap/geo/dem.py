"""Cells of an elevation model: their size on the ground row by row, and their heights.

In a geographic grid the size of a cell is that of its row on the ellipsoid; in a projected grid it
is the projection's (its scale at the point, 1.000 ± .001 within a UTM zone, is left out).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from kalsel_gap.errors import InputError
from kalsel_gap.geo.geodesy import metres_per_degree
from kalsel_gap.geo.grid import refuse_no_degrees
from kalsel_gap.geo.kernels import inlined, kernel

if TYPE_CHECKING:
    from pathlib import Path

    from rasterio.windows import Window

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.geo.grid import Grid
    from kalsel_gap.geo.mosaic import Band

CellHeights: TypeAlias = NDArray[np.int16] | NDArray[np.float32]

# Stands for no data in windows of heights, which are as narrow as the file allows.
NO_HEIGHT = np.iinfo(np.int16).min

register_jitable(metres_per_degree)  # the kernels below call the same function


class DemGrid(NamedTuple):
    """Size of the cells of an upright grid, for the kernels.

    Attributes
    ----------
    geographic : bool
        Whether `row` and `col` are degrees; otherwise metres.
    top : float
        Latitude of the grid's first edge; 0 in a projected grid.
    row, col : float
        Step from one row, one column, to the next; `row` has a sign, along the meridian.
    """

    geographic: bool
    top: float
    row: float
    col: float


class DemWindow(NamedTuple):
    """A window of the elevation model, for the kernels.

    Attributes
    ----------
    surface : float array
        Heights, with one cell more than the window's on each side that the raster has; the open
        sea's is 0, a void's NaN.
    sea : bool array
        Which of them are open sea.
    slopes : int32 array
        In whole units, beside the sea down to it; `NO_SLOPE` where a cell has none.
    row, col : int
        Place of the first of them on the raster.
    top, bottom, left, right : int
        The window itself: first row and column, and those after its last ones.
    """

    surface: FloatArray
    sea: BoolArray
    slopes: NDArray[np.int32]
    row: int
    col: int
    top: int
    bottom: int
    left: int
    right: int


def dem_grid_of(grid: Grid, path: Path) -> DemGrid:
    """Cell size of an upright grid in degrees or metres.

    Raises
    ------
    InputError
        `raster_rotated`; `raster_not_degrees`: metres whose CRS says degrees, or swapped axes.
    """
    if grid.is_rotated:
        raise InputError("raster_rotated", path=path)
    refuse_no_degrees(grid, path)
    unit = grid.crs.axis_info[0].unit_conversion_factor
    t = grid.transform
    if grid.crs.is_geographic:
        degrees = math.degrees(unit)
        return DemGrid(
            geographic=True, top=t.f * degrees, row=t.e * degrees, col=abs(t.a * degrees)
        )
    return DemGrid(geographic=False, top=0.0, row=t.e * unit, col=abs(t.a * unit))


def halo_around(dem_grid: DemGrid, row: FloatArray, radius_m: float) -> tuple[int, IntArray]:
    """Rows and, for each school, columns that contain its disk and one more cell on each side."""
    if not dem_grid.geographic:
        cols = math.ceil(radius_m / dem_grid.col) + 1
        return math.ceil(radius_m / abs(dem_grid.row)) + 1, np.full(row.shape, cols)
    shortest_m, _ = metres_per_degree(0.0)
    rows = math.ceil(radius_m / (shortest_m * abs(dem_grid.row))) + 1
    # The narrowest columns are those of the row nearest to a pole.
    lat = np.abs(dem_grid.top + row * dem_grid.row) + rows * abs(dem_grid.row)
    _, narrowest_m = metres_per_degree(np.minimum(lat, 89.9))
    return rows, np.ceil(radius_m / (narrowest_m * dem_grid.col)).astype(np.int64) + 1


def halo_of(dem_grid: DemGrid, height: int, radius_m: float) -> int:
    """Rows and columns around a cell that contain its disk, for every row of a raster."""
    rows, cols = halo_around(dem_grid, np.array([0.5, height - 0.5]), radius_m)
    return max(rows, int(cols.max()))


def heights(source: Band, window: Window) -> CellHeights:
    """Elevations of a window in the narrowest type possible: `NO_HEIGHT` or NaN is no data.

    Parameters
    ----------
    source : Band
    window : Window

    Returns
    -------
    int16 or float32 array
        Whole metres where the files hold integers, otherwise rounded to 24 binary digits: less than
        a millimetre on land. A stored -32768 m is no data, declared or not, and so is every value
        that is not possible where the files are known to hold heights; see `TileSet.possible`.
    """
    if not (source.is_whole_numbers and all(np.can_cast(t.dtype, np.int16) for t in source.tiles)):
        return source.read(window).astype(np.float32)
    raw, valid = source.read_raw(window)
    z = raw.astype(np.int16, copy=False)
    (only, *more) = source.tiles
    # With this nodata value alone the cells have it already.
    if only.possible is not None or more or only.has_mask or only.nodata != (NO_HEIGHT,):
        np.putmask(z, ~valid, NO_HEIGHT)
    return z


@kernel
def missing(z: float) -> bool:
    """Whether a height stands for no data; see `heights`."""
    return z == NO_HEIGHT or not np.isfinite(z)


@inlined
def height_at(heights_m: NDArray[np.floating], row: float, col: float) -> float:
    """Bilinear height, as `sampling.sample`: NaN outside and where its own cell has no data."""
    height, width = heights_m.shape
    if 0.5 <= row < height - 0.5 and 0.5 <= col < width - 0.5:
        i, j = int(row - 0.5), int(col - 0.5)
        down, right = row - 0.5 - i, col - 0.5 - j
        above = (1.0 - right) * heights_m[i, j] + right * heights_m[i, j + 1]
        below = (1.0 - right) * heights_m[i + 1, j] + right * heights_m[i + 1, j + 1]
        found = (1.0 - down) * above + down * below
        if not np.isnan(found):
            return float(found)
    if not (0.0 <= row < height and 0.0 <= col < width) or np.isnan(heights_m[int(row), int(col)]):
        return np.nan
    return _mean_of_known(heights_m, row, col)


@kernel
def _mean_of_known(heights_m: NDArray[np.floating], row: float, col: float) -> float:
    """Bilinear height where some of the four cells may be unknown or outside the raster."""
    height, width = heights_m.shape
    i, j = int(np.floor(row - 0.5)), int(np.floor(col - 0.5))
    down, right = row - 0.5 - i, col - 0.5 - j
    total = weights = 0.0
    for p in range(2):
        for q in range(2):
            if 0 <= i + p < height and 0 <= j + q < width:
                z = heights_m[i + p, j + q]
                if not np.isnan(z):
                    weight = (down if p else 1.0 - down) * (right if q else 1.0 - right)
                    total += weight * z
                    weights += weight
    return float(total / weights)


@kernel
def to_row(dem_grid: DemGrid, from_row: float, row: int) -> tuple[float, float, float]:
    """Metres from a position on the grid to the centre of a row; height and width of cells there.

    On the ellipsoid, with the cell size at the latitude midway between both.
    """
    rows = row + 0.5 - from_row
    if not dem_grid.geographic:
        return rows * dem_grid.row, abs(dem_grid.row), dem_grid.col
    dlat_m, dlon_m = metres_per_degree(dem_grid.top + (from_row + 0.5 * rows) * dem_grid.row)
    return rows * dem_grid.row * dlat_m, abs(dem_grid.row) * dlat_m, dem_grid.col * dlon_m
