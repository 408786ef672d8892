"""Blocks of an elevation model in memory: only those that are needed, in the type of the files.

A block is a square of cells, 16-bit integers where the files have integers. A table gives the place
of each block in memory, so that long thin selections need the blocks that they cross and not the
rectangle around them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from kalsel_gap.geo.dem import NO_HEIGHT, CellHeights, heights
from kalsel_gap.geo.kernels import inlined
from kalsel_gap.radio.propagation.path_inputs import HEIGHT_M, run_in_threads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kalsel_gap.geo.arrays import BoolArray
    from kalsel_gap.geo.mosaic import Band
    from kalsel_gap.terrain.missing_cells import Bridge
    from kalsel_gap.terrain.sea_mask import SeaMask

BlockIndex: TypeAlias = NDArray[np.int32]

# Value of a cell of the open sea; no land lies as low.
SEA_HEIGHT = NO_HEIGHT + 1
LOWEST_M, HIGHEST_M = HEIGHT_M

# A block of the raster: 2**9 cells a side, the usual block of a tiled file.
BLOCK_BITS = 9
BLOCK = 1 << BLOCK_BITS
INNER = BLOCK - 1
# In the flat array of all blocks: the next cell, and the one below.
BESIDE, BELOW = np.uint64(1), np.uint64(BLOCK)


class HeldBlocks(NamedTuple):
    """Blocks of a raster in memory, for the kernels.

    Attributes
    ----------
    cells : int16 or float32 array of shape (blocks, BLOCK, BLOCK)
        From `dem.heights`, with `SEA_HEIGHT` in the open sea.
    table : int array
        Index of the block at each row and column of blocks; -1 where none is in memory.
    height, width : int
        Of the raster.
    """

    cells: CellHeights
    table: BlockIndex
    height: int
    width: int


class DemBlocks:
    """Blocks of a raster that are in memory at the moment."""

    def __init__(self, source: Band) -> None:
        self.grid = source.grid
        self._source = source
        self._sea: SeaMask | None = None
        self._bridge: Bridge | None = None
        shape = -(-self.grid.height // BLOCK), -(-self.grid.width // BLOCK)
        self.table: BlockIndex = np.full(shape, -1, dtype=np.int32)
        self.cells: CellHeights = heights(source, Window(0, 0, 1, 1))[:0].reshape(0, BLOCK, BLOCK)

    def hold(self, wanted: BoolArray, threads: int) -> None:
        """Read the blocks that are wanted; if any is new, the others are removed from memory."""
        here = self.table >= 0
        if not (wanted & ~here).any():
            return
        cells = np.empty((int(wanted.sum()), BLOCK, BLOCK), dtype=self.cells.dtype)
        table: BlockIndex = np.full(self.table.shape, -1, dtype=np.int32)
        table[wanted] = np.arange(cells.shape[0])
        both = here & wanted
        cells[table[both]] = self.cells[self.table[both]]
        self.cells, self.table = cells, table
        runs = list(_runs(wanted & ~here))

        def read(begin: int, end: int) -> None:
            for row, first, last in runs[begin:end]:
                z = heights(self._source, self._window(row, first, last))
                if self._sea is not None:
                    is_sea = self._sea_of(row)[:, first * BLOCK : last * BLOCK]
                    np.copyto(z, SEA_HEIGHT, where=is_sea)
                if self._bridge is not None:
                    self._bridge.fill(z, row * BLOCK, first * BLOCK)
                for col in range(first, last):
                    part = z[:, (col - first) * BLOCK : (col - first + 1) * BLOCK]
                    cells[table[row, col], : part.shape[0], : part.shape[1]] = part

        run_in_threads(read, len(runs), threads)

    def rows(self, window: Window) -> CellHeights:
        """Full rows of cells, of blocks that are all in memory."""
        top, height = int(window.row_off), int(window.height)
        z = np.empty((height, self.grid.width), dtype=self.cells.dtype)
        for row in range(top // BLOCK, (top + height - 1) // BLOCK + 1):
            first, last = max(top, row * BLOCK), min(top + height, (row + 1) * BLOCK)
            for col, block in enumerate(self.table[row]):
                into = z[first - top : last - top, col * BLOCK : (col + 1) * BLOCK]
                into[:] = self.cells[
                    block, first - row * BLOCK : last - row * BLOCK, : into.shape[1]
                ]
        return z

    def flood(self, sea: SeaMask, threads: int) -> None:
        """Set the cells of the open sea to `SEA_HEIGHT`, in blocks in memory and read later.

        Seams one cell wide are bridged.
        """
        self._sea, self._bridge = sea, sea.bridge(self._source)

        def work(begin: int, end: int) -> None:
            for row in range(begin, end):
                is_sea = self._sea_of(row)
                for col in np.flatnonzero(self.table[row] >= 0):
                    part = is_sea[:, col * BLOCK : (col + 1) * BLOCK]
                    z = self.cells[self.table[row, col], : part.shape[0], : part.shape[1]]
                    np.copyto(z, SEA_HEIGHT, where=part)
                    if self._bridge is not None:
                        self._bridge.fill(z, row * BLOCK, int(col) * BLOCK)

        run_in_threads(work, self.table.shape[0], threads)

    def _sea_of(self, row: int) -> BoolArray:
        """Which cells of a row of blocks are sea."""
        top, bottom = row * BLOCK, min((row + 1) * BLOCK, self.grid.height)
        if self._sea is None:
            return np.zeros((bottom - top, self.grid.width), dtype=np.bool_)
        return self._sea.rows(top, bottom)

    def _window(self, row: int, first: int, last: int) -> Window:
        """Window of the blocks of one row from `first` to before `last`."""
        top, left = row * BLOCK, first * BLOCK
        height = min(BLOCK, self.grid.height - top)
        return Window(left, top, min(last * BLOCK, self.grid.width) - left, height)


def _runs(blocks: BoolArray, most: int = 8) -> Iterator[tuple[int, int, int]]:
    """Runs of blocks side by side: row, first, the one after the last."""
    for row, cols in enumerate(blocks):
        along = np.flatnonzero(cols)
        for run in np.split(along, np.flatnonzero(np.diff(along) > 1) + 1):
            for begin in range(0, run.size, most):
                part = run[begin : begin + most]
                yield row, int(part[0]), int(part[-1]) + 1


@inlined
def place(blocks: HeldBlocks, i: int, j: int) -> np.uint64:
    """Index of a cell of the raster in the flat array of all blocks.

    It is unsigned, so that compiled code does not check for negative indices.
    """
    block = np.int64(blocks.table[i >> BLOCK_BITS, j >> BLOCK_BITS])
    return np.uint64((((block << BLOCK_BITS) | (i & INNER)) << BLOCK_BITS) | (j & INNER))


@inlined
def cell(blocks: HeldBlocks, i: int, j: int) -> float:
    """Cell of a row and a column inside the raster."""
    block = blocks.table[i >> BLOCK_BITS, j >> BLOCK_BITS]
    return float(blocks.cells[block, i & INNER, j & INNER])


@inlined
def known(z: float) -> bool:
    """Whether a cell is a possible height on Earth."""
    return bool(LOWEST_M <= z <= HIGHEST_M)


@inlined
def all_known(a: float, b: float, c: float, d: float) -> bool:
    """Whether four cells are such heights; comparisons with NaN are false."""
    # Two by two: for four at once numba compiles a chain of branches.
    low, low_too, high, high_too = min(a, b), min(c, d), max(a, b), max(c, d)
    in_bounds = min(low, low_too) >= LOWEST_M and max(high, high_too) <= HIGHEST_M
    return bool(in_bounds and not np.isnan(a + b + c + d))


@inlined
def in_one_block(blocks: HeldBlocks, i: int, j: int) -> bool:
    """Whether a cell, the next one, and those below both lie in one block and in the raster."""
    inner = (i & INNER) < INNER and (j & INNER) < INNER
    return bool(i >= 0 and j >= 0 and i + 1 < blocks.height and j + 1 < blocks.width and inner)
