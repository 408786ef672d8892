"""Local relief of every cell of a raster: highest less lowest cell within a radius.

A disk is cut into columns. The highest cell of a column is looked up in a table of maxima over
1, 2, 4 … cells, and columns of equal height are processed together: some hundred comparisons of
whole rows for a disk of 18,000 cells, after van Herk and Urbach & Wilkinson. Comparisons do not
round, so neither the order nor the width of a tile changes a digit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kalsel_gap.geo.dem import missing, to_row
from kalsel_gap.geo.kernels import kernel

if TYPE_CHECKING:
    from kalsel_gap.geo.dem import CellHeights, DemGrid

Counts: TypeAlias = NDArray[np.int32]
Height: TypeAlias = np.int16 | np.float32


class Footprint(NamedTuple):
    """Disks around the cells of some rows.

    Attributes
    ----------
    first, last : int array of shape (rows, columns)
        Rows that the disk reaches from, and to, in each column east (and west) of its centre,
        counted from the centre's own row; none where `last` is less than `first`.
    """

    first: Counts
    last: Counts


@kernel
def footprint(dem_grid: DemGrid, top: int, rows: int, radius_m: float, halo: int) -> Footprint:
    """Disks of one radius around the centres of cells.

    The same cells as in `relief_at_points.relief_at`: those whose centres lie within the radius, by
    the size of cells at the latitude midway. On a geographic grid each row has its own ellipse.

    Parameters
    ----------
    dem_grid : DemGrid
    top : int
        First of the rows.
    rows : int
        How many.
    radius_m : float
    halo : int
        Most rows, and columns, that a disk reaches from its centre.

    Returns
    -------
    Footprint
        Of halo + 1 columns.
    """
    first = np.full((rows, halo + 1), 1, dtype=np.int32)
    last = np.zeros((rows, halo + 1), dtype=np.int32)
    for i in range(rows):
        for away in range(-halo, halo + 1):
            away_m, _, width_m = to_row(dem_grid, top + i + 0.5, top + i + away)
            if abs(away_m) <= radius_m:
                half = int(np.floor(np.sqrt(radius_m * radius_m - away_m * away_m) / width_m))
                for col in range(min(half, halo) + 1):
                    if last[i, col] < first[i, col]:
                        first[i, col] = away
                    last[i, col] = away
    return Footprint(first, last)


def compute_local_relief(
    z: CellHeights, disks: Footprint, halo: int, found: NDArray[np.float32]
) -> None:
    """Highest less lowest cell of each disk.

    Parameters
    ----------
    z : int16 or float32 array of shape (rows + 2 halo, columns + 2 halo)
        Heights, `NO_HEIGHT` or NaN where there is none.
    disks : Footprint
        Of the rows.
    halo : int
        Rows and columns on each side.
    found : float32 array of shape (rows, columns)
        Output; NaN where a disk has no height.
    """
    if z.dtype == np.int16:
        _local_relief(z, disks, halo, found, np.int16(-(2**15)), np.int16(2**15 - 1))
    else:
        _local_relief(z, disks, halo, found, np.float32(-np.inf), np.float32(np.inf))


@kernel
def _local_relief(
    z: CellHeights,
    disks: Footprint,
    halo: int,
    found: NDArray[np.float32],
    lowest: Height,
    highest: Height,
) -> None:
    high, low = _tables(z, _power(2 * halo + 1) + 1, lowest, highest)
    width = found.shape[1]
    # Highest and lowest cells of columns; two buffers, as no row may be read while it is written.
    tall, deep = np.empty((2, z.shape[1]), z.dtype), np.empty((2, z.shape[1]), z.dtype)
    top, end = np.empty(width, z.dtype), np.empty(width, z.dtype)
    for i in range(found.shape[0]):
        first, last = disks.first[i], disks.last[i]
        top[:], end[:] = lowest, highest
        outer = halo
        while outer >= 0:
            inner = outer
            while inner and first[inner - 1] == first[outer] and last[inner - 1] == last[outer]:
                inner -= 1
            rows = last[outer] - first[outer] + 1
            if rows > 0:
                level = _power(rows)
                upper, under = i + halo + first[outer], i + halo + last[outer] - 2**level + 1
                left, right = halo - outer, halo + width + outer
                _higher(
                    high[level, upper, left:right],
                    high[level, under, left:right],
                    tall[0, left:right],
                )
                _lower(
                    low[level, upper, left:right],
                    low[level, under, left:right],
                    deep[0, left:right],
                )
                _widen(tall, deep, outer, inner, halo, top, end)
            outer = inner - 1
        for j in range(width):
            difference = np.float32(top[j]) - np.float32(end[j])
            found[i, j] = difference if top[j] >= end[j] else np.float32(np.nan)


@kernel
def _tables(
    z: CellHeights, levels: int, lowest: Height, highest: Height
) -> tuple[CellHeights, CellHeights]:
    """Highest and lowest of 1, 2, 4 … cells of a column, from each cell down."""
    high = np.empty((levels, z.shape[0], z.shape[1]), z.dtype)
    low = np.empty((levels, z.shape[0], z.shape[1]), z.dtype)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            none = missing(z[i, j])
            high[0, i, j] = lowest if none else z[i, j]
            low[0, i, j] = highest if none else z[i, j]
    for level in range(1, levels):
        half = 2 ** (level - 1)
        for i in range(z.shape[0] - 2 * half + 1):
            _higher(high[level - 1, i], high[level - 1, i + half], high[level, i])
            _lower(low[level - 1, i], low[level - 1, i + half], low[level, i])
    return high, low


@kernel
def _widen(
    tall: CellHeights,
    deep: CellHeights,
    outer: int,
    inner: int,
    halo: int,
    top: CellHeights,
    end: CellHeights,
) -> None:
    """Include columns `inner` to `outer`, east and west, in the extremes of each disk."""
    width = top.size
    left, right = halo - outer, halo + width + outer
    # Columns nearer to the centre may be included: they reach at least as far up and down.
    span, wanted = 1, 2 * outer + 1 if inner == 0 else outer - inner + 1
    now = 0
    while span < wanted and 2 * span <= 2 * outer + 1:
        right -= span
        _higher(
            tall[now, left:right], tall[now, left + span : right + span], tall[1 - now, left:right]
        )
        _lower(
            deep[now, left:right], deep[now, left + span : right + span], deep[1 - now, left:right]
        )
        now, span = 1 - now, 2 * span
    for start in (halo - outer, halo + outer - span + 1):
        _raise(top, tall[now, start : start + width])
        _sink(end, deep[now, start : start + width])


@kernel
def _higher(one: CellHeights, other: CellHeights, found: CellHeights) -> None:
    for j in range(found.size):
        found[j] = one[j] if one[j] > other[j] else other[j]


@kernel
def _lower(one: CellHeights, other: CellHeights, found: CellHeights) -> None:
    for j in range(found.size):
        found[j] = one[j] if one[j] < other[j] else other[j]


@kernel
def _raise(found: CellHeights, other: CellHeights) -> None:
    for j in range(found.size):
        found[j] = found[j] if found[j] > other[j] else other[j]


@kernel
def _sink(found: CellHeights, other: CellHeights) -> None:
    for j in range(found.size):
        found[j] = found[j] if found[j] < other[j] else other[j]


@kernel
def _power(rows: int) -> int:
    """The largest power of two that is not more than a number, as its exponent."""
    level = 0
    while 2 ** (level + 1) <= rows:
        level += 1
    return level
