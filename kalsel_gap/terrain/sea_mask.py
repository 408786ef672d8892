"""The open sea, low land that is connected to it, and the cells of its shore.

A set of cells is stored as runs along the rows: a few bytes for each crossing of the shore, for any
number of cells. Connected cells are found by joining the runs of neighbouring rows, so the order in
which a raster is read changes nothing.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rasterio.windows import Window

from kalsel_gap.geo.dem import heights, missing
from kalsel_gap.geo.kernels import kernel
from kalsel_gap.geo.mosaic import open_band
from kalsel_gap.terrain.missing_cells import (
    SEAM_WIDTH,
    SHORE_SHARE,
    Bridge,
    Hole,
    Seam,
    bridge,
    count_rims,
    find_holes,
    is_seam,
    land_beside,
    lines_between,
    on_land,
    rims_of,
    runs_of_holes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.geo.dem import CellHeights
    from kalsel_gap.geo.grid import Grid
    from kalsel_gap.geo.mosaic import Band
    from kalsel_gap.geo.raster_files import RasterPath
    from kalsel_gap.project.inputs import Elevation

Rows: TypeAlias = NDArray[np.int32]

# Cells that are read at once.
BLOCK_CELLS = 2**23

# Kinds of cells that runs consist of.
WATER, WATER_OR_ZERO, LOW = 0, 1, 2

# Kinds of runs in the table of the stage *sea*.
SEA, VOID, MISSING, SEAM = 0, 1, 2, 3


@dataclass(frozen=True, slots=True, eq=False)
class CellRuns:
    """A yes or no for every cell of a raster's grid.

    Attributes
    ----------
    begin, end : int array of shape (runs,)
        First cell of each run and the one after its last, counted row by row from the first cell
        of the raster; in this order, no run longer than its row.
    grid : Grid
        Where the cells lie.
    """

    begin: IntArray
    end: IntArray
    grid: Grid

    @property
    def inside(self) -> BoolArray:
        """Whether each cell belongs to the set, one byte per cell."""
        return self.rows(0, self.grid.height)

    def any(self) -> bool:
        """Whether the set has a cell."""
        return bool(self.begin.size)

    def rows(self, top: int, bottom: int) -> BoolArray:
        """Whether cells belong to the set, for some rows: shape (bottom - top, width)."""
        cells = np.zeros((bottom - top, self.grid.width), dtype=np.bool_)
        first, last = np.searchsorted(self.begin, np.array([top, bottom]) * self.grid.width)
        _paint(
            cells.reshape(-1), self.begin[first:last], self.end[first:last], top * self.grid.width
        )
        return cells

    def edge(self) -> tuple[FloatArray, FloatArray]:
        """Latitude and longitude of the centres of its cells beside a cell outside the set.

        The nearest cell of the set, seen from outside, is always one of these.
        """
        found = [np.zeros((0, 2), dtype=np.int64)]
        rows = max(1, BLOCK_CELLS // self.grid.width)
        for top in range(0, self.grid.height, rows):
            bottom = min(top + rows, self.grid.height)
            around = self.rows(max(top - 1, 0), min(bottom + 1, self.grid.height))
            beyond = (int(top == 0), int(bottom == self.grid.height)), (1, 1)
            within = np.pad(around, beyond, constant_values=True)
            inner = within[:-2, 1:-1] & within[2:, 1:-1] & within[1:-1, :-2] & within[1:-1, 2:]
            found.append(np.argwhere(within[1:-1, 1:-1] & ~inner) + np.array([top, 0]))
        row, col = np.concatenate(found).T
        return self.grid.position(row + 0.5, col + 0.5)

    def at(self, lat: ArrayLike, lon: ArrayLike) -> tuple[BoolArray, BoolArray]:
        """Whether points lie in a cell of the set.

        Parameters
        ----------
        lat, lon : array
            WGS84 degrees, any equal shape.

        Returns
        -------
        inside : bool array
            False where the point is outside the grid.
        outside : bool array
            True where the point is outside the grid or NaN.
        """
        row, col = self.grid.pixel(lat, lon)
        outside = self.grid.outside(row, col)
        # The first cell is a placeholder for points that have none.
        rows = np.where(outside, 0.0, row).astype(np.int64)
        cell = rows * self.grid.width + np.where(outside, 0.0, col).astype(np.int64)
        run = np.searchsorted(self.begin, cell, side="right") - 1
        ends = self.end[np.maximum(run, 0)] if self.any() else np.zeros_like(cell)
        return (run >= 0) & (cell < ends) & ~outside, outside


@dataclass(frozen=True, slots=True, eq=False)
class SeaMask(CellRuns):
    """The open sea on the grid of an elevation model.

    Attributes
    ----------
    voids : CellRuns or None
        Cells without data that are not the sea: what is there is not known.
    missing : CellRuns or None
        Those of them that no tile covers.
    holes : tuple of Hole
        The missing tiles.
    seams : tuple of Seam
        Lines without data between tiles.
    lines : CellRuns or None
        Those of the voids that are cells of seams.
    """

    voids: CellRuns | None = None
    missing: CellRuns | None = None
    holes: tuple[Hole, ...] = ()
    seams: tuple[Seam, ...] = ()
    lines: CellRuns | None = None

    def bridge(self, source: Band) -> Bridge | None:
        """Heights that carry paths over its seams, from the elevation model; None without seams."""
        if self.lines is None or not self.lines.any():
            return None
        return bridge(source, self.lines.begin)


def runs_of_rows(grid: Grid, rows: int, inside: Callable[[int, int], BoolArray]) -> CellRuns:
    """Runs of the cells for which `inside` is true, asked for some rows of a grid at a time.

    Parameters
    ----------
    grid : Grid
        Where the cells lie.
    rows : int
        How many rows at most.
    inside : callable
        Takes the first row and the one after the last; returns shape (rows, width).
    """
    begins, ends = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for top in range(0, grid.height, rows):
        begin, end = find_runs(inside(top, min(top + rows, grid.height)))
        begins.append(begin + top * grid.width)
        ends.append(end + top * grid.width)
    return CellRuns(np.concatenate(begins), np.concatenate(ends), grid)


def open_sea(path: RasterPath, *, band: int = 1, zero: bool = False, threads: int = 1) -> SeaMask:
    """Cells of the open sea: nodata that reaches the border of the raster and has a low shore.

    Water is connected over edges, not over corners. Land that is connected over corners only still
    keeps the sea out (the usual pairing: land by eight neighbours, water by four), and a void
    behind such land is a lake. River mouths that are nodata up to the sea belong to it
    (`shoreline.find_open_water` separates them). Cells without data that are no sea are its voids;
    see `missing_cells`.

    Parameters
    ----------
    path : Path, sequence of Path, or TileSet
        Elevation model whose nodata is sea; voids on land are distinguished by not reaching the
        border.
    band : int
        Counted from 1.
    zero : bool
        Whether cells of exactly 0 m are water too, as in SRTM with its voids filled.
    threads : int
        That read at the same time, a block each.

    Returns
    -------
    SeaMask

    Raises
    ------
    InputError
        As `mosaic.open_band`.
    """
    with open_band(path, band) as source:
        return sea_in(source, lambda window: heights(source, window), zero=zero, threads=threads)


def sea_in(
    source: Band, read: Callable[[Window], CellHeights], *, zero: bool = False, threads: int = 1
) -> SeaMask:
    """`open_sea` of a raster that is open, whose heights `read` gives, full rows at a time."""
    grid, holes = source.grid, find_holes(source)
    rims = rims_of(holes, (grid.height, grid.width))

    def water_of(block: tuple[int, int]) -> tuple[_Water, IntArray, CellHeights, CellHeights]:
        top, bottom = block
        z = read(Window(0, top, grid.width, bottom - top))
        within = _of_kind(z, WATER_OR_ZERO if zero else WATER, 0.0)
        for hole in holes:
            first = max(hole.row - top, 0)
            rows = slice(first, max(hole.row + hole.height - top, first))
            within[rows, hole.col : hole.col + hole.width] = False
        begin, end = find_runs(within)
        rim, low = count_rims(z, begin, end, int(zero), 1)
        own = _Water(begin + top * grid.width, end + top * grid.width, rim, low)
        return own, land_beside(z, top, rims), z[0].copy(), z[-1].copy()

    blocks = list(_row_blocks(grid, source.window_shape[0]))
    with ThreadPoolExecutor(threads) as pool:
        found, land, first, last = zip(*pool.map(water_of, blocks), strict=True)
    water = _Water(*(np.concatenate(each) for each in zip(*found, strict=True)))
    for (_, border), above, below in zip(blocks, last, first[1:], strict=False):
        _count_across(water, border, np.stack([above, below]), zero=zero)
    on_the_ground = on_land(holes, rims, np.sum(land, axis=0))
    missing = tuple(hole for hole, dry in zip(holes, on_the_ground, strict=True) if dry)
    water = _with_holes(water, [hole for hole in holes if hole not in missing], grid.width)
    water, seams, cut = _without_seams(water, source)
    return _sea(water, grid, missing, seams, cut)


def _count_across(water: _Water, row: int, z: CellHeights, *, zero: bool) -> None:
    """Add the rims that lie in another block: `z` is the row before `row`, and that one."""
    width = z.shape[1]
    first, last = np.searchsorted(water.begin, np.array([row - 1, row + 1]) * width)
    begin, end = (each[first:last] - (row - 1) * width for each in (water.begin, water.end))
    rim, low = count_rims(z, begin, end, int(zero), 0)
    water.rim[first:last] += rim
    water.low[first:last] += low


class _Water(NamedTuple):
    """Runs of water, with how many cells of land are beside each and how many of them are low."""

    begin: IntArray
    end: IntArray
    rim: IntArray
    low: IntArray


def sea_of_runs(runs: pd.DataFrame, source: Elevation | None) -> SeaMask | None:
    """The open sea as the stage *sea* has handed it on.

    Parameters
    ----------
    runs : DataFrame
        ``begin`` and ``end`` of runs, and their ``kind``: the sea, its voids, missing tiles, seams.
    source : Elevation or None
        The elevation model that it was made from.

    Returns
    -------
    SeaMask or None
        None where the elevation model does not show one.

    Raises
    ------
    InputError
        As `mosaic.open_band`.
    """
    if source is None or source.sea == "none":
        return None
    with open_band(source.tiles, source.band) as band:
        grid = band.grid
    begin, end, kind = (runs[name].to_numpy(np.int64) for name in ("begin", "end", "kind"))
    voids, missing, lines = (
        CellRuns(begin[kind == n], end[kind == n], grid) for n in (VOID, MISSING, SEAM)
    )
    sea = begin[kind == SEA], end[kind == SEA]
    return SeaMask(*sea, grid, voids=voids, missing=missing, lines=lines)


def as_runs(sea: SeaMask) -> pd.DataFrame:
    """The table that `sea_of_runs` reads."""
    import pandas as pd

    kinds = ((SEA, sea), (VOID, sea.voids), (MISSING, sea.missing), (SEAM, sea.lines))
    frames = [
        pd.DataFrame({"begin": cells.begin, "end": cells.end, "kind": kind})
        for kind, cells in kinds
        if cells is not None
    ]
    return pd.concat(frames, ignore_index=True).astype("int64")


def low_coast(
    path: RasterPath, sea: SeaMask, limit_m: float = 10.0, *, band: int = 1, threads: int = 1
) -> CellRuns:
    """Low-elevation coastal zone: low land that is connected to the open sea.

    Land at or below the limit belongs to it where it touches the open sea, or other land of the
    zone, over an edge or a corner (McGranahan, Balk & Anderson 2007). Low land behind a ridge
    does not.

    Parameters
    ----------
    path : Path, sequence of Path, or TileSet
        The elevation model that `sea` was made from.
    sea : SeaMask
        See `open_sea`; its own cells are no land.
    limit_m : float
        Highest elevation of the zone.
    band : int
        Counted from 1.
    threads : int
        That read at the same time, a block each.

    Returns
    -------
    CellRuns

    Raises
    ------
    InputError
        As `mosaic.open_band`.
    ValueError
        If `sea` lies on another grid.
    """
    with open_band(path, band) as source:
        if source.grid != sea.grid:
            raise ValueError("the sea was made from another raster")
        low = LOW, float(limit_m)
        return _coast(*_runs(source, lambda window: heights(source, window), low, threads), sea)


def _sea(
    water: _Water,
    grid: Grid,
    missing: tuple[Hole, ...],
    seams: tuple[Seam, ...],
    cut: tuple[IntArray, IntArray],
) -> SeaMask:
    """Runs of water that are connected to the border and have a shore; the others are voids."""
    begin, end = water.begin, water.end
    reached = _on_border(begin, end, grid.height, grid.width)
    part = _join(begin, end, grid.width, 0, reached)
    rim, low = (np.bincount(part, count, begin.size)[part] for count in (water.rim, water.low))
    is_sea = reached & (low >= SHORE_SHARE * rim)
    gone = runs_of_holes(missing, grid.width)
    voids = _ordered(
        *(
            np.concatenate(each)
            for each in zip((begin[~is_sea], end[~is_sea]), gone, cut, strict=True)
        )
    )
    return SeaMask(
        begin[is_sea],
        end[is_sea],
        grid,
        voids=CellRuns(*voids, grid),
        missing=CellRuns(*gone, grid),
        holes=missing,
        seams=seams,
        lines=CellRuns(*cut, grid),
    )


def _ordered(begin: IntArray, end: IntArray) -> tuple[IntArray, IntArray]:
    order = np.argsort(begin, kind="stable")
    return begin[order], end[order]


def _with_holes(water: _Water, holes: list[Hole], width: int) -> _Water:
    """Water with the holes that are sea; runs that touch along a row become one."""
    if not holes:
        return water
    more = runs_of_holes(holes, width)
    none = np.zeros(more[0].size, dtype=np.int64)
    begin, end, rim, low = (
        np.concatenate(each) for each in zip(water, (*more, none, none), strict=True)
    )
    order = np.argsort(begin, kind="stable")
    begin, end, rim, low = begin[order], end[order], rim[order], low[order]
    starts = np.ones(begin.size, dtype=np.bool_)
    starts[1:] = (begin[1:] > end[:-1]) | (begin[1:] % width == 0)
    (first,) = starts.nonzero()
    return _Water(
        begin[first],
        np.maximum.reduceat(end, first),
        np.add.reduceat(rim, first),
        np.add.reduceat(low, first),
    )


def _narrow_in_row(mask: CellRuns, line: int) -> IntArray:
    """Columns of a row where the set is no more than `SEAM_WIDTH` (2) rows high."""
    first, last = max(line - 2, 0), min(line + 3, mask.grid.height)
    beyond = (first - line + 2, line + 3 - last), (0, 0)
    above, over, here, below, under = np.pad(mask.rows(first, last), beyond)
    thick = (above & over) | (over & below) | (below & under)
    cols: IntArray = np.flatnonzero(here & ~thick)
    return cols


def _without_seams(
    water: _Water, source: Band
) -> tuple[_Water, tuple[Seam, ...], tuple[IntArray, IntArray]]:
    """Water without narrow lines between tiles; the seams, and the runs of their cells."""
    grid, begin, end = source.grid, water.begin, water.end
    seams, taken = [], [np.zeros(0, dtype=np.int64)]
    edges = lines_between(source.tiles, 1)
    narrow = end - begin <= SEAM_WIDTH
    cell = np.concatenate([begin[narrow], end[narrow & (end - begin == SEAM_WIDTH)] - 1])
    col, count = np.unique(cell % grid.width, return_counts=True)
    for line, cells in zip(col.tolist(), count.tolist(), strict=True):
        if 0 < line < grid.width - 1 and is_seam(cells, line, edges, grid.height):
            seams.append(Seam(1, line, cells))
            taken.append(cell[cell % grid.width == line])
    edges = lines_between(source.tiles, 0)
    mask = CellRuns(begin, end, grid)
    row, length = np.unique(begin // grid.width, return_inverse=True)
    wet = np.bincount(length, end - begin, row.size).astype(np.int64)
    for line, cells in zip(row.tolist(), wet.tolist(), strict=True):
        if 0 < line < grid.height - 1 and is_seam(cells, line, edges, grid.width):
            cols = _narrow_in_row(mask, line)
            if is_seam(cols.size, line, edges, grid.width):
                seams.append(Seam(0, line, cols.size))
                taken.append(line * grid.width + cols)
    cells = np.unique(np.concatenate(taken))
    if not cells.size:
        return water, (), (cells, cells)
    left = _without(begin, end, cells, cells + 1)
    of = np.searchsorted(begin, left[0], side="right") - 1
    return _Water(*left, water.rim[of], water.low[of]), tuple(seams), (cells, cells + 1)


def _coast(begin: IntArray, end: IntArray, sea: SeaMask) -> CellRuns:
    """Runs of low land that are connected to the sea; cells of the sea are no land."""
    begin, end = _without(begin, end, sea.begin, sea.end)
    reached = _beside(begin, end, sea.begin, sea.end, sea.grid.width)
    _join(begin, end, sea.grid.width, 1, reached)
    return CellRuns(begin[reached], end[reached], sea.grid)


def _row_blocks(grid: Grid, block_rows: int) -> Iterator[tuple[int, int]]:
    """First row of each block of rows and the one after its last: whole file blocks if small."""
    rows = max(1, BLOCK_CELLS // grid.width)
    rows = rows // block_rows * block_rows or rows
    for top in range(0, grid.height, rows):
        yield top, min(top + rows, grid.height)


def _runs(
    source: Band, read: Callable[[Window], CellHeights], kind: tuple[int, float], threads: int
) -> tuple[IntArray, IntArray]:
    """Runs of cells of a kind."""
    grid = source.grid

    def runs_of(block: tuple[int, int]) -> tuple[IntArray, IntArray]:
        top, bottom = block
        z = read(Window(0, top, grid.width, bottom - top))
        begin, end = find_runs(_of_kind(z, *kind))
        return begin + top * grid.width, end + top * grid.width

    with ThreadPoolExecutor(threads) as pool:
        blocks = list(pool.map(runs_of, _row_blocks(grid, source.window_shape[0])))
    begins, ends = zip(*blocks, strict=True)
    return np.concatenate(begins), np.concatenate(ends)


@kernel
def _of_kind(z: NDArray[np.generic], kind: int, limit: float) -> BoolArray:
    within = np.empty(z.shape, dtype=np.bool_)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            value, none = z[i, j], missing(z[i, j])
            if kind == LOW:
                within[i, j] = not none and value <= limit
            else:
                within[i, j] = none or (kind == WATER_OR_ZERO and value == 0)
    return within


@kernel
def find_runs(within: BoolArray) -> tuple[IntArray, IntArray]:
    """Runs of a block of rows, counted from its own first cell."""
    height, width = within.shape
    count = 0
    for i in range(height):
        before = False
        for j in range(width):
            count += within[i, j] and not before
            before = within[i, j]
    begin, end = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    count = 0
    for i in range(height):
        before = False
        for j in range(width):
            if within[i, j] and not before:
                begin[count] = i * width + j
            if before and not within[i, j]:
                end[count] = i * width + j
                count += 1
            before = within[i, j]
        if before:
            end[count] = (i + 1) * width
            count += 1
    return begin, end


@kernel
def _without(
    begin: IntArray, end: IntArray, other_begin: IntArray, other_end: IntArray
) -> tuple[IntArray, IntArray]:
    """Runs without the cells of other runs; both in order."""
    most = begin.size + other_begin.size
    first, last = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    count = other = 0
    for run in range(begin.size):
        start = begin[run]
        while other < other_begin.size and other_end[other] <= start:
            other += 1
        near = other
        while near < other_begin.size and other_begin[near] < end[run]:
            if other_begin[near] > start:
                first[count], last[count] = start, other_begin[near]
                count += 1
            start = other_end[near]
            near += 1
        if start < end[run]:
            first[count], last[count] = start, end[run]
            count += 1
    return first[:count].copy(), last[:count].copy()


@kernel
def _paint(cells: BoolArray, begin: IntArray, end: IntArray, first: int) -> None:
    """Set the cells of runs; `first` is the number of the first of `cells`."""
    for run in range(begin.size):
        cells[begin[run] - first : end[run] - first] = True


@kernel
def _on_border(begin: IntArray, end: IntArray, height: int, width: int) -> BoolArray:
    """Which runs touch the border of the raster."""
    touches = np.empty(begin.size, dtype=np.bool_)
    for run in range(begin.size):
        row = begin[run] // width
        at_side = begin[run] == row * width or end[run] == (row + 1) * width
        touches[run] = at_side or row in (0, height - 1)
    return touches


@kernel
def _beside(
    begin: IntArray, end: IntArray, sea_begin: IntArray, sea_end: IntArray, width: int
) -> BoolArray:
    """Which runs touch a run of the sea over an edge or a corner."""
    touches = np.zeros(begin.size, dtype=np.bool_)
    for run in range(begin.size):
        row = begin[run] // width
        for near in range(row - 1, row + 2):
            # One cell more on either side, within the row.
            first = max(begin[run] - 1, row * width) + (near - row) * width
            last = min(end[run], (row + 1) * width - 1) + (near - row) * width
            other = np.searchsorted(sea_begin, last, side="right") - 1
            if other >= 0 and sea_end[other] > first:
                touches[run] = True
    return touches


@kernel
def _root(parent: IntArray, run: int) -> int:
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


@kernel
def _join(begin: IntArray, end: IntArray, width: int, corner: int, reached: BoolArray) -> IntArray:
    """Mark as reached every run that is connected to a reached one; the first run of each part.

    `corner` is 1 where runs that meet at a corner only are connected, otherwise 0.
    """
    parent = np.arange(begin.size)
    above = 0
    for run in range(begin.size):
        start = begin[run] - width
        while above < run and end[above] + corner <= start:
            above += 1
        row_end = begin[run] // width * width
        other = above
        while other < run and begin[other] < min(end[run] - width + corner, row_end):
            # The last run of the row before last may end where this row's cells begin.
            if begin[other] >= row_end - width and end[other] + corner > start:
                one, two = _root(parent, run), _root(parent, other)
                parent[max(one, two)] = min(one, two)
            other += 1
    for run in range(begin.size):
        if reached[run]:
            reached[_root(parent, run)] = True
    for run in range(begin.size):
        parent[run] = _root(parent, run)
        reached[run] = reached[parent[run]]
    return parent
