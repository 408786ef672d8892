"""Cells without data that are no sea: missing tiles, lines between tiles, voids within land.

Where the elevation model says nothing, it does not say that there is the sea. A missing tile is sea
only where the rim of its neighbours is; water that reaches the edge of the raster is sea only where
some of its rim is as low as a shore; a line one or two cells wide between two tiles is never sea.
Paths cross a line of one cell at the mean of the heights on both sides.
"""

from __future__ import annotations

from itertools import compress, pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.dem import missing
from kalsel_gap.geo.kernels import kernel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.geo.dem import CellHeights
    from kalsel_gap.geo.mosaic import Band, MosaicTile

# A surface model shows the trees of a shore, but hardly a coast is without a beach or a mouth.
SHORE_M, SHORE_SHARE = 30.0, 0.05
# An ocean tile, which providers leave out, touches land at some cells; a missing one along its rim.
LAND_SHARE = 0.2
SMALLEST_SIDE = 16  # cells; what lies between tiles that are not aligned is no tile
# Cells of a line between tiles, at least, and of a line anywhere by the size of the raster.
SEAM_CELLS, SEAM_SHARE_OF_TILE = 8, 0.1
SEAM_WIDTH = 2  # both tiles may lack a line
LONG_SEAM_CELLS, SEAM_SHARE = 32, 0.5


class Hole(NamedTuple):
    """A rectangle of the grid that no tile covers."""

    row: int
    col: int
    height: int
    width: int

    def covers(self, row: IntArray, col: IntArray) -> BoolArray:
        """Whether cells lie in it."""
        down = (row >= self.row) & (row < self.row + self.height)
        return down & (col >= self.col) & (col < self.col + self.width)


class Rim(NamedTuple):
    """Cells of tiles beside a hole."""

    row: IntArray
    col: IntArray


class Bridge(NamedTuple):
    """Cells of seams that lie between two heights, and the mean of both.

    Attributes
    ----------
    cell : int array of shape (n,)
        Counted row by row from the first cell of the raster, in order.
    height_m : float array of shape (n,)
    width : int
        Columns of the raster.
    """

    cell: IntArray
    height_m: FloatArray
    width: int

    def fill(self, z: CellHeights, top: int, left: int = 0) -> None:
        """Write the heights into a window of cells that begins at row `top` and column `left`."""
        begin, end = np.searchsorted(self.cell, np.array([top, top + z.shape[0]]) * self.width)
        row, col = np.divmod(self.cell[begin:end], self.width)
        here = (col >= left) & (col < left + z.shape[1])
        height_m = self.height_m[begin:end][here]
        if z.dtype.kind in "iu":
            height_m = np.rint(height_m)
        z[row[here] - top, col[here] - left] = height_m


class Seam(NamedTuple):
    """A line without data between two tiles, a row (axis 0) or a column, and its cells."""

    axis: int
    line: int
    cells: int


def find_holes(source: Band) -> list[Hole]:
    """Rectangles between the tiles of a mosaic that no tile covers."""
    tiles = source.tiles
    if len(tiles) == 1:
        return []
    box = np.array([(t.row, t.col, t.row + t.height, t.col + t.width) for t in tiles])
    rows = [*sorted(set(box[:, 0].tolist())), source.grid.height]
    cols = [*sorted(set(box[:, 1].tolist())), source.grid.width]
    holes = []
    for top, bottom in pairwise(rows):
        down = np.minimum(box[:, 2], bottom) - np.maximum(box[:, 0], top)
        for left, right in pairwise(cols):
            along = np.minimum(box[:, 3], right) - np.maximum(box[:, 1], left)
            covered = int((np.maximum(down, 0) * np.maximum(along, 0)).sum())
            height, width = bottom - top, right - left
            if min(height, width) >= SMALLEST_SIDE and covered < height * width / 2:
                holes.append(Hole(top, left, height, width))
    return holes


def rims_of(holes: Sequence[Hole], shape: tuple[int, int]) -> list[Rim]:
    """Cells around each hole that lie on the raster and in no hole."""
    return [_rim(hole, holes, shape) for hole in holes]


def _rim(hole: Hole, holes: Sequence[Hole], shape: tuple[int, int]) -> Rim:
    top, left, bottom, right = hole.row, hole.col, hole.row + hole.height, hole.col + hole.width
    down, along = np.arange(top, bottom), np.arange(left, right)
    row = np.concatenate([np.full(along.size, top - 1), np.full(along.size, bottom), down, down])
    col = np.concatenate([along, along, np.full(down.size, left - 1), np.full(down.size, right)])
    kept = (row >= 0) & (row < shape[0]) & (col >= 0) & (col < shape[1])
    for other in holes:
        kept &= ~other.covers(row, col)
    return Rim(row[kept], col[kept])


def land_beside(z: CellHeights, top: int, rims: Sequence[Rim]) -> IntArray:
    """How many cells of each rim are land, of those in a block of rows that begins at `top`."""
    count = np.zeros(len(rims), dtype=np.int64)
    for number, (row, col) in enumerate(rims):
        here = (row >= top) & (row < top + z.shape[0])
        beside = z[row[here] - top, col[here]].astype(np.float64)
        count[number] = int((np.isfinite(beside) & (beside > 0)).sum())
    return count


def on_land(holes: Sequence[Hole], rims: Sequence[Rim], land: IntArray) -> BoolArray:
    """Which holes are missing land; one that only touches holes is sea if one of them is."""
    size = np.array([rim.row.size for rim in rims])
    wet = (size > 0) & (land < LAND_SHARE * size)
    for _ in holes:
        near = [
            bool(wet[n])
            or (size[n] == 0 and any(_touch(hole, other) for other in compress(holes, wet)))
            for n, hole in enumerate(holes)
        ]
        if near == wet.tolist():
            break
        wet = np.array(near)
    return ~wet


def _touch(one: Hole, other: Hole) -> bool:
    """Whether two holes share an edge."""
    down = min(one.row + one.height, other.row + other.height) - max(one.row, other.row)
    along = min(one.col + one.width, other.col + other.width) - max(one.col, other.col)
    return (down > 0 and along >= 0) or (along > 0 and down >= 0)


def runs_of_holes(holes: Sequence[Hole], width: int) -> tuple[IntArray, IntArray]:
    """Runs of the cells of holes, in order; holes that touch along a row make one run each."""
    begins = [np.zeros(0, dtype=np.int64)]
    ends = [np.zeros(0, dtype=np.int64)]
    for hole in holes:
        first = (hole.row + np.arange(hole.height)) * width + hole.col
        begins.append(first)
        ends.append(first + hole.width)
    begin, end = np.concatenate(begins), np.concatenate(ends)
    order = np.argsort(begin, kind="stable")
    return begin[order], end[order]


def lines_between(tiles: Sequence[MosaicTile], axis: int) -> dict[int, int]:
    """Rows (axis 0) or columns at the edges of tiles, and the length of the shortest tile there."""
    edges: dict[int, int] = {}
    for tile in tiles if len(tiles) > 1 else ():
        first, size = (tile.row, tile.height) if axis == 0 else (tile.col, tile.width)
        length = tile.width if axis == 0 else tile.height
        for line in (first - 1, first, first + size - 1, first + size):
            edges[line] = min(length, edges.get(line, length))
    return edges


def is_seam(count: int, line: int, edges: Mapping[int, int], length: int) -> bool:
    """Whether so many cells of a line are a seam: at the edges of tiles, where they are known.

    In a single file that somebody made of tiles it is a line across half of the raster.
    """
    if edges:
        tile = edges.get(line)
        return tile is not None and count >= max(SEAM_CELLS, SEAM_SHARE_OF_TILE * tile)
    return count >= max(LONG_SEAM_CELLS, SEAM_SHARE * length)


def bridge(source: Band, cell: IntArray) -> Bridge:
    """Heights for cells of seams that are one cell wide: the mean of the two cells beside each.

    Without them every path from tile to tile would be unknown. A wider line stays unknown.

    Parameters
    ----------
    source : Band
        The elevation model.
    cell : int array of shape (n,)
        Cells of its seams, counted row by row, in order.

    Raises
    ------
    InputError
        As `Band.values`.
    """
    height, width = source.grid.height, source.grid.width
    row, col = np.divmod(cell, width)
    found = np.full(cell.shape, np.nan)
    for down, along in ((0, 1), (1, 0)):
        inside = (row >= down) & (row < height - down) & (col >= along) & (col < width - along)
        at = np.flatnonzero(inside & np.isnan(found))
        one, other = (
            source.values(row[at] + side * down, col[at] + side * along) for side in (-1, 1)
        )
        found[at] = (one + other) / 2.0
    bridged = np.isnan(source.values(row, col)) & np.isfinite(found)
    return Bridge(cell[bridged], found[bridged], width)


@kernel
def count_rims(
    z: NDArray[np.generic], begin: IntArray, end: IntArray, zero: int, sides: int
) -> tuple[IntArray, IntArray]:
    """Cells of land beside each run of a block of rows, and how many of them are low.

    With `zero` other than 0, cells of exactly 0 m are no land. With `sides` 0 only those above and
    below a run count: `z` is then the last row of a block and the first one of the next.
    """
    height, width = z.shape
    rim, low = np.zeros(begin.size, dtype=np.int64), np.zeros(begin.size, dtype=np.int64)
    for run in range(begin.size):
        i = begin[run] // width
        first, last = begin[run] - i * width, end[run] - i * width
        for j in (first - 1, last):
            if sides != 0 and 0 <= j < width and _is_land(z[i, j], zero):
                rim[run] += 1
                low[run] += z[i, j] <= SHORE_M
        for k in (i - 1, i + 1):
            if 0 <= k < height:
                for j in range(first, last):
                    if _is_land(z[k, j], zero):
                        rim[run] += 1
                        low[run] += z[k, j] <= SHORE_M
    return rim, low


@kernel
def _is_land(z: float, zero: int) -> bool:
    return not missing(z) and not (zero != 0 and z == 0)
