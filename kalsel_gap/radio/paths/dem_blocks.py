"""Pages of an elevation model in memory: only those that are needed, as the files hold them.

A page is a square of cells, 16-bit whole numbers where the files have such. A table tells where
each one lies, so that long thin selections cost what they touch and not the rectangle around them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from kalsel_gap.geo.dem import NO_HEIGHT, CellHeights, heights
from kalsel_gap.geo.kernels import inlined
from kalsel_gap.radio.propagation.path_inputs import HEIGHT_M, in_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kalsel_gap.geo.arrays import BoolArray
    from kalsel_gap.geo.mosaic import Band
    from kalsel_gap.terrain.sea_mask import SeaMask

BlockIndex: TypeAlias = NDArray[np.int32]

# Stands for a cell of the open sea; no land lies as low.
SEA_HEIGHT = NO_HEIGHT + 1
LOWEST_M, HIGHEST_M = HEIGHT_M

# A page of the raster: 2**9 cells a side, the usual block of a tiled file.
PAGE_BITS = 9
PAGE = 1 << PAGE_BITS
INNER = PAGE - 1
# In the flat array of all pages: the next cell, and the one below.
BESIDE, BELOW = np.uint64(1), np.uint64(PAGE)


class Held(NamedTuple):
    """Pages of a raster in memory, for the kernels.

    Attributes
    ----------
    cells : int16 or float32 array of shape (pages, PAGE, PAGE)
        `frames.heights`, of the open sea `SEA_HEIGHT`.
    table : int array
        Which of the pages lies at each row and column of pages; -1 where none is held.
    height, width : int
        Of the raster.
    """

    cells: CellHeights
    table: BlockIndex
    height: int
    width: int


class Pages:
    """Pages of a raster that are held at the moment."""

    def __init__(self, source: Band) -> None:
        self.grid = source.grid
        self._source = source
        self._sea: SeaMask | None = None
        shape = -(-self.grid.height // PAGE), -(-self.grid.width // PAGE)
        self.table: BlockIndex = np.full(shape, -1, dtype=np.int32)
        self.cells: CellHeights = heights(source, Window(0, 0, 1, 1))[:0].reshape(0, PAGE, PAGE)

    def hold(self, wanted: BoolArray, threads: int) -> None:
        """Read the pages that are wanted; let go of the others if any was not here yet."""
        here = self.table >= 0
        if not (wanted & ~here).any():
            return
        cells = np.empty((int(wanted.sum()), PAGE, PAGE), dtype=self.cells.dtype)
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
                    is_sea = self._sea_of(row)[:, first * PAGE : last * PAGE]
                    np.copyto(z, SEA_HEIGHT, where=is_sea)
                for col in range(first, last):
                    part = z[:, (col - first) * PAGE : (col - first + 1) * PAGE]
                    cells[table[row, col], : part.shape[0], : part.shape[1]] = part

        in_pieces(read, len(runs), threads)

    def rows(self, window: Window) -> CellHeights:
        """Full rows of cells, of pages that are all here."""
        top, height = int(window.row_off), int(window.height)
        z = np.empty((height, self.grid.width), dtype=self.cells.dtype)
        for row in range(top // PAGE, (top + height - 1) // PAGE + 1):
            first, last = max(top, row * PAGE), min(top + height, (row + 1) * PAGE)
            for col, page in enumerate(self.table[row]):
                into = z[first - top : last - top, col * PAGE : (col + 1) * PAGE]
                into[:] = self.cells[page, first - row * PAGE : last - row * PAGE, : into.shape[1]]
        return z

    def flood(self, sea: SeaMask, threads: int) -> None:
        """Make the cells of the open sea `SEA_HEIGHT`, in pages that are here or will be."""
        self._sea = sea

        def work(begin: int, end: int) -> None:
            for row in range(begin, end):
                is_sea = self._sea_of(row)
                for col in np.flatnonzero(self.table[row] >= 0):
                    part = is_sea[:, col * PAGE : (col + 1) * PAGE]
                    z = self.cells[self.table[row, col], : part.shape[0], : part.shape[1]]
                    np.copyto(z, SEA_HEIGHT, where=part)

        in_pieces(work, self.table.shape[0], threads)

    def _sea_of(self, row: int) -> BoolArray:
        """Which cells of a row of pages are sea."""
        top, bottom = row * PAGE, min((row + 1) * PAGE, self.grid.height)
        if self._sea is None:
            return np.zeros((bottom - top, self.grid.width), dtype=np.bool_)
        return self._sea.rows(top, bottom)

    def _window(self, row: int, first: int, last: int) -> Window:
        """Pages of one row from `first` to before `last`."""
        top, left = row * PAGE, first * PAGE
        height = min(PAGE, self.grid.height - top)
        return Window(left, top, min(last * PAGE, self.grid.width) - left, height)


def _runs(pages: BoolArray, most: int = 8) -> Iterator[tuple[int, int, int]]:
    """Stretches of pages side by side: row, first, the one after the last."""
    for row, cols in enumerate(pages):
        along = np.flatnonzero(cols)
        for run in np.split(along, np.flatnonzero(np.diff(along) > 1) + 1):
            for begin in range(0, run.size, most):
                part = run[begin : begin + most]
                yield row, int(part[0]), int(part[-1]) + 1


@inlined
def place(pages: Held, i: int, j: int) -> np.uint64:
    """Where a cell that lies on the raster lies in the flat array of all pages.

    It has no sign, so that nothing asks whether it counts from the end.
    """
    page = np.int64(pages.table[i >> PAGE_BITS, j >> PAGE_BITS])
    return np.uint64((((page << PAGE_BITS) | (i & INNER)) << PAGE_BITS) | (j & INNER))


@inlined
def cell(pages: Held, i: int, j: int) -> float:
    """Cell of a row and a column that lie on the raster."""
    page = pages.table[i >> PAGE_BITS, j >> PAGE_BITS]
    return float(pages.cells[page, i & INNER, j & INNER])


@inlined
def known(z: float) -> bool:
    """Whether a cell is a height that the Earth has."""
    return bool(LOWEST_M <= z <= HIGHEST_M)


@inlined
def all_known(a: float, b: float, c: float, d: float) -> bool:
    """Whether four cells are such heights; a comparison with NaN holds of none of them."""
    # Two by two: numba makes a chain of choices of four at once.
    low, low_too, high, high_too = min(a, b), min(c, d), max(a, b), max(c, d)
    in_bounds = min(low, low_too) >= LOWEST_M and max(high, high_too) <= HIGHEST_M
    return bool(in_bounds and not np.isnan(a + b + c + d))


@inlined
def on_one_page(pages: Held, i: int, j: int) -> bool:
    """Whether a cell, the next one, and those below both lie on one page and on the raster."""
    inner = (i & INNER) < INNER and (j & INNER) < INNER
    return bool(i >= 0 and j >= 0 and i + 1 < pages.height and j + 1 < pages.width and inner)
