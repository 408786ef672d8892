"""Distance of every cell to the shore."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyproj
import shapely
from rasterio.features import rasterize

from kalsel_gap.geo.geodesy import metres_per_degree
from kalsel_gap.geo.kernels import inlined, kernel
from kalsel_gap.terrain.sea_mask import BLOCK_CELLS, CellRuns, Rows, runs_of_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.geo.dem import DemGrid
    from kalsel_gap.geo.grid import Grid


def line_cells(lines: NDArray[np.object_], grid: Grid) -> CellRuns:
    """Cells that lines run through, for a given coastline instead of one found in the model.

    Parameters
    ----------
    lines : array of shapely geometries
        WGS84 degrees.
    grid : Grid
    """
    to_crs = pyproj.Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True)
    # A straight line in degrees is curved in a projection: 0.01° of it is straight enough.
    segments = shapely.segmentize(lines, 0.01)
    shapes = list(shapely.transform(segments, to_crs.transform, interleaved=False))

    def crossed(top: int, bottom: int) -> BoolArray:
        part = grid.part(top, 0, bottom - top, grid.width)
        cells = rasterize(
            shapes,
            (part.height, part.width),
            transform=part.transform,
            all_touched=True,
            dtype="uint8",
        )
        within: BoolArray = cells.astype(np.bool_)
        return within

    if not shapes:
        return CellRuns(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), grid)
    return runs_of_rows(grid, max(1, BLOCK_CELLS // grid.width), crossed)


class Shore:
    """Distance of cells to the open sea, row by row.

    From centre to centre of cells, in metres on the ellipsoid at the latitude midway: 0 in the sea,
    NaN where the raster has no sea. The nearest cell is found with the width of cells in the row
    itself (Felzenszwalb & Huttenlocher 2012).

    Parameters
    ----------
    sea : CellRuns
        The open sea, or the cells of a shore.
    dem_grid : DemGrid
        Of the grid of the sea; see `dem.dem_grid_of`.
    block_rows : int
        Rows that are asked for at once; memory is four bytes for each column and block of rows.
    """

    def __init__(self, sea: CellRuns, dem_grid: DemGrid, block_rows: int) -> None:
        grid = sea.grid
        self._sea, self._block_rows = sea, block_rows
        self._above, self._below = _nearest_rows(
            sea.begin, sea.end, grid.height, grid.width, block_rows
        )
        # The distance of one row at each half row: the midpoint of two rows lies there.
        self._metres = _half_rows(dem_grid, grid.height)

    def distance_m(self, top: int, bottom: int) -> NDArray[np.float32]:
        """Metres to the sea for one block of rows, shape (bottom - top, width)."""
        number, width = top // self._block_rows, self._sea.grid.width
        found = np.empty((bottom - top, width), dtype=np.float32)
        sea = self._sea.rows(top, bottom)
        above, below = self._above[number].copy(), np.empty(found.shape, dtype=np.int32)
        _next_rows(sea, self._below[number], top, below)
        _distances(sea, above, below, top, self._metres, found)
        return found


class HalfRows(NamedTuple):
    """Metres from row to row and from column to column at every half row of a grid."""

    row_m: FloatArray
    col_m: FloatArray


def _half_rows(dem_grid: DemGrid, height: int) -> HalfRows:
    rows = 0.5 + np.arange(2 * height) / 2.0
    if not dem_grid.geographic:
        return HalfRows(np.full(rows.shape, abs(dem_grid.row)), np.full(rows.shape, dem_grid.col))
    dlat_m, dlon_m = metres_per_degree(dem_grid.top + rows * dem_grid.row)
    return HalfRows(dlat_m * abs(dem_grid.row), dlon_m * dem_grid.col)


@kernel
def _nearest_rows(
    begin: IntArray, end: IntArray, height: int, width: int, block_rows: int
) -> tuple[Rows, Rows]:
    """Last sea row above each block of rows and first one below it, by column; -1 for none."""
    blocks = (height + block_rows - 1) // block_rows
    above, below = np.empty((blocks, width), np.int32), np.empty((blocks, width), np.int32)
    found, run = np.full(width, -1, np.int32), 0
    for number in range(blocks):
        above[number] = found
        while run < begin.size and begin[run] < (number + 1) * block_rows * width:
            row = begin[run] // width
            found[begin[run] - row * width : end[run] - row * width] = row
            run += 1
    found[:], run = -1, begin.size - 1
    for number in range(blocks - 1, -1, -1):
        below[number] = found
        while run >= 0 and begin[run] >= number * block_rows * width:
            row = begin[run] // width
            found[begin[run] - row * width : end[run] - row * width] = row
            run -= 1
    return above, below


@kernel
def _next_rows(sea: BoolArray, after: Rows, top: int, found: Rows) -> None:
    """First row of sea at or below each cell of a block of rows; -1 for none."""
    for i in range(sea.shape[0] - 1, -1, -1):
        for j in range(sea.shape[1]):
            if sea[i, j]:
                found[i, j] = top + i
            else:
                found[i, j] = found[i + 1, j] if i + 1 < sea.shape[0] else after[j]


@kernel
def _nearer(row: int, above: int, below: int, half: HalfRows) -> int:
    """The nearer of two rows of sea in one column, -1 where there is neither."""
    if above < 0 or below < 0:
        return max(above, below)
    up_m = (row - above) * half.row_m[row + above]
    down_m = (below - row) * half.row_m[row + below]
    return above if up_m <= down_m else below


@kernel
def _distances(
    sea: BoolArray,
    above: Rows,
    below: Rows,
    top: int,
    half: HalfRows,
    found: NDArray[np.float32],
) -> None:
    """Distance to the nearest cell of the sea for a block of rows; `above` is overwritten."""
    width = sea.shape[1]
    source = np.empty(width, np.int64)  # nearest row of sea in the column
    column = np.empty(width, np.int64)  # parabolas of the lower envelope, by their columns
    begins = np.empty(width + 1)  # and from where on each is the lowest
    for i in range(sea.shape[0]):
        row = top + i
        for j in range(width):
            if sea[i, j]:
                above[j] = row
            source[j] = _nearer(row, above[j], below[i, j], half)
        if _envelope(row, source, half, column, begins) == 0:
            found[i] = np.nan
            continue
        lowest = 0
        for j in range(width):
            if source[j] == row:
                found[i, j] = 0.0
                continue
            while begins[lowest + 1] < j:
                lowest += 1
            other = column[lowest]
            middle = row + source[other]
            south_m = (row - source[other]) * half.row_m[middle]
            east_m = (j - other) * half.col_m[middle]
            found[i, j] = np.sqrt(south_m * south_m + east_m * east_m)


@inlined
def _is_inside(row: int, source: IntArray, j: int) -> bool:
    """Whether both neighbours are sea too: then it is nearest to no cell outside the sea."""
    inner = 0 < j < source.size - 1
    return bool(inner and source[j - 1] == row and source[j + 1] == row)


@kernel
def _envelope(
    row: int, source: IntArray, half: HalfRows, column: IntArray, begins: FloatArray
) -> int:
    """Number of parabolas in the lower envelope of squared distances along a row."""
    scale = 1.0 / half.col_m[2 * row]
    across = np.empty(source.size)  # squared distance down the column, in widths of a cell
    count = 0
    for j in range(source.size):
        if source[j] < 0 or (source[j] == row and _is_inside(row, source, j)):
            continue
        across[j] = ((row - source[j]) * half.row_m[row + source[j]] * scale) ** 2
        start = -np.inf
        while count:
            last = column[count - 1]
            start = (across[j] - across[last]) / (2.0 * (j - last)) + 0.5 * (j + last)
            if start > begins[count - 1]:
                break
            count -= 1
            start = -np.inf
        column[count], begins[count] = j, start
        count += 1
    begins[count] = np.inf
    return count
