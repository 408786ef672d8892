"""Shape of the land around schools: elevation, slope, local relief.

Slope is Horn's (1981), local relief the elevation range within a radius. The vertical unit is the
metre. The elevation model is read window by window (see `walk`) for all results.

Numbers do not depend on how the file is tiled or on the number of threads: sums are over integers,
and the other results are maxima and minima.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from rasterio.windows import Window

from kalsel_gap.geo.dem import DemGrid, DemWindow, dem_grid_of, halo_around, to_row
from kalsel_gap.geo.kernels import kernel
from kalsel_gap.geo.sampling import Band, Grid, groups, open_band, sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geo.arrays import FloatArray, IntArray
    from kalsel_gap.geo.raster_files import RasterPath
    from kalsel_gap.terrain.sea_mask import SeaMask


# Slopes and heights are summed as integers, in millionths of a degree and centimetres: exact, so
# the same in any order.
UNITS_PER_DEGREE = 1_000_000
NO_SLOPE = -1
UNITS_PER_METRE = 100

# Columns of `DiskSums.counts`.
LAND, SEA, HEIGHT, SQUARE, SLOPES, SLOPE, STEEPEST = range(7)

# Extremes of a row are stored for blocks of so many cells (and as bits).
STRETCH_CELLS, STRETCH_BITS = 16, 4


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Shape of the land around schools, one value a school.

    Attributes
    ----------
    elevation_m : float array
        Bilinear between the four cells around the school; NaN where its own cell is nodata.
    slope_deg : float array
        Horn's slope of the school's cell; NaN where any of the nine cells is missing.
    mean_slope_deg : float array
        Mean over the cells with a slope whose centre lies within the slope radius.
    local_relief_m : float array
        Highest less lowest cell whose centre lies within the relief radius, sea excluded.
    """

    elevation_m: FloatArray
    slope_deg: FloatArray
    mean_slope_deg: FloatArray
    local_relief_m: FloatArray


class Places(NamedTuple):
    """Schools on a grid, for the kernels.

    Attributes
    ----------
    row, col : float array of shape (n,)
        Where they are.
    base_m : float array of shape (n,)
        Heights around a school are counted relative to this whole number of metres.
    """

    row: FloatArray
    col: FloatArray
    base_m: FloatArray


class DiskSums(NamedTuple):
    """Sums and extremes in the disks around schools.

    Attributes
    ----------
    counts : int array of shape (n, radii, 7)
        Cells of land, of sea and with a slope; sums of heights, of their squares and of slopes;
        the largest slope.
    lowest_m, highest_m : float array of shape (n, radii)
        Of the land.
    slope_deg : float array of shape (n,)
        Of the school's own cell.
    """

    counts: IntArray
    lowest_m: FloatArray
    highest_m: FloatArray
    slope_deg: FloatArray


def relief_at(
    path: RasterPath,
    lat: ArrayLike,
    lon: ArrayLike,
    *,
    slope_radius_m: float = 5000.0,
    relief_radius_m: float = 7000.0,
    band: int = 1,
    sea: SeaMask | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Relief:
    """Elevation, slope, mean slope and local relief at schools.

    The elevation model is read once, see `walk`.

    Parameters
    ----------
    path : Path
        Elevation model in metres; nodata is sea or unknown.
    lat, lon : array of shape (n,)
        WGS84 degrees.
    slope_radius_m, relief_radius_m : float
        Radius of the mean slope and of the local relief.
    band : int
        Counted from 1.
    sea : SeaMask, optional
        Cells that count in no mean slope and no local relief though they have a height, as a sea
        stored as zeros. The slope of the land beside them is computed with that height.
    progress : callable, optional
        Called with the number of windows done and of all after each.

    Returns
    -------
    Relief
        All NaN for schools outside the raster. A school on a nodata cell, as at the edge of the
        sea, has no elevation and no slope, but the mean slope and relief of the land around it.

    Raises
    ------
    InputError
        As `mosaic.open_band`, and `raster_rotated`.
    """
    lat = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    lon = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    with open_band(path, band) as source:
        dem_grid = dem_grid_of(source.grid, source.tiles[0].path)
        places = Places(*source.grid.pixel(lat, lon), np.zeros(lat.shape))
        school = np.flatnonzero(~source.grid.outside(places.row, places.col))
        radii_m = np.array([slope_radius_m, relief_radius_m], dtype=np.float64)
        tally = nothing_counted(lat.size, radii_m.size)
        halo = halo_around(dem_grid, places.row[school], float(radii_m.max()))
        walk(
            source,
            (school, places.row[school], places.col[school]),
            halo,
            lambda tile, here: count(tile, dem_grid, places, here, radii_m, halo[0], tally),
            sea=sea,
            progress=progress,
        )
    return relief_of(elevation_at(path, lat, lon, band=band), tally, 0, 1)


def elevation_at(path: RasterPath, lat: ArrayLike, lon: ArrayLike, *, band: int = 1) -> FloatArray:
    """Elevation of places, bilinear; NaN where there is none or it is infinite."""
    elevation_m = sample(path, lat, lon, band=band, method="bilinear").value
    elevation_m[np.isinf(elevation_m)] = np.nan
    return elevation_m


def nothing_counted(schools: int, radii: int) -> DiskSums:
    """The initial sums of disks, before any window has been read."""
    shape = schools, radii
    return DiskSums(
        np.zeros((*shape, STEEPEST + 1), dtype=np.int64),
        np.full(shape, np.inf),
        np.full(shape, -np.inf),
        np.full(schools, np.nan),
    )


def relief_of(
    elevation_m: FloatArray, tally: DiskSums, slope_disk: int, relief_disk: int
) -> Relief:
    """The relief of schools from the sums of two of their disks."""
    slopes = tally.counts[:, slope_disk]
    has_land = tally.counts[:, relief_disk, LAND] > 0
    with np.errstate(invalid="ignore"):
        mean_deg = slopes[:, SLOPE] / slopes[:, SLOPES] / UNITS_PER_DEGREE
        range_m = tally.highest_m[:, relief_disk] - tally.lowest_m[:, relief_disk]
    return Relief(elevation_m, tally.slope_deg, mean_deg, np.where(has_land, range_m, np.nan))


def walk(
    source: Band,
    schools: tuple[IntArray, FloatArray, FloatArray],
    halo: tuple[int | IntArray, IntArray],
    add: Callable[[DemWindow, IntArray], None],
    *,
    sea: SeaMask | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> None:
    """Read an elevation model window by window in file order, each window once.

    Memory is bounded by two windows, for any size of the raster and of the halos. The next window
    is read while threads share the schools whose halos reach this one; to one school only one
    thread adds at a time, in file order.

    Parameters
    ----------
    source : Band
        Elevation model in metres.
    schools : tuple of arrays of shape (n,)
        Their numbers, and the rows and columns where they are.
    halo : tuple of int arrays of shape (n,)
        Rows and columns around each school that it needs.
    add : callable
        Takes a window and the numbers of schools; adds the part of their surroundings in it.
    sea : SeaMask, optional
        Open sea on the same grid.
    progress : callable, optional
        Called with the number of windows done and of all after each.
    """
    number, row, col = schools
    dem_grid, threads = dem_grid_of(source.grid, source.tiles[0].path), os.cpu_count() or 1
    visits = list(_visits(source.grid, source.window_shape, row, col, halo))
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(threads) as workers:
        ahead = [reader.submit(_tile, source, dem_grid, window, sea) for window, _ in visits[:1]]
        for done, (_, members) in enumerate(visits, start=1):
            tile = ahead.pop().result()
            ahead += [
                reader.submit(_tile, source, dem_grid, window, sea)
                for window, _ in visits[done : done + 1]
            ]
            from_north = members[np.argsort(row[members], kind="stable")]
            parts = np.array_split(number[from_north], min(threads, members.size))
            list(workers.map(add, [tile] * len(parts), parts))
            if progress is not None:
                progress(done, len(visits))


def _visits(
    grid: Grid,
    shape: tuple[int, int],
    row: FloatArray,
    col: FloatArray,
    halo: tuple[int | IntArray, IntArray],
) -> Iterator[tuple[Window, IntArray]]:
    """Windows in file order, each with the schools that reach it."""
    first_row, rows = _span(row, halo[0], shape[0], grid.height)
    first_col, cols = _span(col, halo[1], shape[1], grid.width)
    windows = rows * cols
    school = np.repeat(np.arange(row.size), windows)
    place = np.arange(school.size) - np.repeat(np.cumsum(windows) - windows, windows)
    window_row = first_row[school] + place // cols[school]
    window_col = first_col[school] + place % cols[school]
    for members in groups(window_row, window_col, (1, 1)):
        top = int(window_row[members[0]]) * shape[0]
        left = int(window_col[members[0]]) * shape[1]
        height, width = min(shape[0], grid.height - top), min(shape[1], grid.width - left)
        yield Window(left, top, width, height), school[members]


def _span(
    place: FloatArray, halo: int | IntArray, side: int, cells: int
) -> tuple[IntArray, IntArray]:
    """First window and number of windows along one axis that halos reach."""
    middle = place.astype(np.int64)
    first = np.maximum(middle - halo, 0) // side
    return first, np.minimum(middle + halo, cells - 1) // side - first + 1


def _tile(source: Band, dem_grid: DemGrid, window: Window, sea: SeaMask | None) -> DemWindow:
    """A window with one cell more on each side."""
    top, left = int(window.row_off), int(window.col_off)
    bottom, right = top + int(window.height), left + int(window.width)
    row, col = max(top - 1, 0), max(left - 1, 0)
    height = min(bottom + 1, source.grid.height) - row
    width = min(right + 1, source.grid.width) - col
    surface = source.read(Window(col, row, width, height))
    surface[np.isinf(surface)] = np.nan
    slopes = _slopes(surface, dem_grid, row)
    wet = np.zeros(surface.shape, dtype=np.bool_)
    if sea is not None:
        wet[:] = sea.rows(row, row + height)[:, col : col + width]
        surface[wet] = 0.0
    return DemWindow(surface, wet, slopes, row, col, top, bottom, left, right)


@kernel
def _horn_deg(z: FloatArray, i: int, j: int, height_m: float, width_m: float) -> float:
    """Slope of an inner cell; NaN where any of the nine cells is."""
    if np.isnan(z[i, j]):
        return np.nan
    a, b, c = z[i - 1, j - 1], z[i - 1, j], z[i - 1, j + 1]
    d, f = z[i, j - 1], z[i, j + 1]
    g, h, k = z[i + 1, j - 1], z[i + 1, j], z[i + 1, j + 1]
    east = ((c + 2.0 * f + k) - (a + 2.0 * d + g)) / (8.0 * width_m)
    south = ((g + 2.0 * h + k) - (a + 2.0 * b + c)) / (8.0 * height_m)
    return float(np.degrees(np.arctan(np.sqrt(east * east + south * south))))


@kernel
def _slopes(z: FloatArray, dem_grid: DemGrid, top: int) -> NDArray[np.int32]:
    """Slope of every cell of a window in whole units; `NO_SLOPE` where it has none."""
    slopes = np.full(z.shape, NO_SLOPE, dtype=np.int32)
    for i in range(1, z.shape[0] - 1):
        _, height_m, width_m = to_row(dem_grid, top + i + 0.5, top + i)
        for j in range(1, z.shape[1] - 1):
            slope = _horn_deg(z, i, j, height_m, width_m)
            if not np.isnan(slope):
                slopes[i, j] = np.int32(np.rint(slope * UNITS_PER_DEGREE))
    return slopes


class _Line(NamedTuple):
    """Cumulative sums and extremes of a row of a window, to count any range of it at once.

    Attributes
    ----------
    sums : int array of shape (width + 1, SLOPE + 1)
        Of all cells before each column.
    low, high, steep : array of shape (width,)
        Heights of the land and slopes; a neutral value where there is none.
    lows, highs, steeps : array of shape (blocks,)
        Their extremes in each block of so many columns.
    """

    sums: IntArray
    low: FloatArray
    high: FloatArray
    steep: IntArray
    lows: FloatArray
    highs: FloatArray
    steeps: IntArray


@kernel
def _fill(tile: DemWindow, line: int, known: _Line) -> None:
    """Fill in the sums and extremes of a row."""
    sums, i = known.sums, line - tile.row
    known.lows[:], known.highs[:], known.steeps[:] = np.inf, -np.inf, 0
    for x in range(tile.right - tile.left):
        j = tile.left - tile.col + x
        for what in range(SLOPE + 1):
            sums[x + 1, what] = sums[x, what]
        known.low[x], known.high[x], known.steep[x] = np.inf, -np.inf, 0
        if tile.sea[i, j]:
            sums[x + 1, SEA] += 1
            continue
        z = tile.surface[i, j]
        if np.isnan(z):
            continue
        height = np.int64(np.rint(z * UNITS_PER_METRE))
        sums[x + 1, LAND] += 1
        sums[x + 1, HEIGHT] += height
        sums[x + 1, SQUARE] += height * height
        stretch = x >> STRETCH_BITS
        known.low[x] = known.high[x] = z
        known.lows[stretch] = min(known.lows[stretch], z)
        known.highs[stretch] = max(known.highs[stretch], z)
        slope = np.int64(tile.slopes[i, j])
        if slope != NO_SLOPE:
            sums[x + 1, SLOPES] += 1
            sums[x + 1, SLOPE] += slope
            known.steep[x] = slope
            known.steeps[stretch] = max(known.steeps[stretch], slope)


@kernel
def _add(
    known: _Line, first: int, last: int, base: int, n: int, disk: int, tally: DiskSums
) -> None:
    """Add the columns from `first` to before `last`, heights from a base, to a disk."""
    counted = tally.counts[n, disk]
    land = known.sums[last, LAND] - known.sums[first, LAND]
    height = known.sums[last, HEIGHT] - known.sums[first, HEIGHT]
    square = known.sums[last, SQUARE] - known.sums[first, SQUARE]
    counted[LAND] += land
    counted[SEA] += known.sums[last, SEA] - known.sums[first, SEA]
    counted[HEIGHT] += height - land * base
    counted[SQUARE] += square - 2 * base * height + land * base * base
    counted[SLOPES] += known.sums[last, SLOPES] - known.sums[first, SLOPES]
    counted[SLOPE] += known.sums[last, SLOPE] - known.sums[first, SLOPE]
    low, high, steep = tally.lowest_m[n, disk], tally.highest_m[n, disk], counted[STEEPEST]
    x = first
    while x < last:
        if x & (STRETCH_CELLS - 1) == 0 and x + STRETCH_CELLS <= last:
            stretch = x >> STRETCH_BITS
            low, high = min(low, known.lows[stretch]), max(high, known.highs[stretch])
            steep = max(steep, known.steeps[stretch])
            x += STRETCH_CELLS
        else:
            low, high = min(low, known.low[x]), max(high, known.high[x])
            steep = max(steep, known.steep[x])
            x += 1
    tally.lowest_m[n, disk], tally.highest_m[n, disk], counted[STEEPEST] = low, high, steep


@kernel
def count(
    tile: DemWindow,
    dem_grid: DemGrid,
    places: Places,
    members: IntArray,
    radii_m: FloatArray,
    reach: int,
    tally: DiskSums,
) -> None:
    """Add the parts of disks in a window; no disk has more than `reach` rows on either side."""
    width = tile.right - tile.left
    stretches = width // STRETCH_CELLS + 1
    known = _Line(
        np.zeros((width + 1, SLOPE + 1), np.int64),
        np.empty(width),
        np.empty(width),
        np.empty(width, np.int64),
        np.empty(stretches),
        np.empty(stretches),
        np.empty(stretches, np.int64),
    )
    for line in range(tile.top, tile.bottom):
        filled = False
        for n in members:
            row, col = int(places.row[n]), int(places.col[n])
            if abs(line - row) > reach:
                continue
            if not filled:
                _fill(tile, line, known)
                filled = True
            away_m, _, width_m = to_row(dem_grid, places.row[n], line)
            for disk in range(radii_m.size):
                if abs(away_m) > radii_m[disk]:
                    continue
                half = np.sqrt(radii_m[disk] * radii_m[disk] - away_m * away_m) / width_m
                first = max(int(np.ceil(places.col[n] - half - 0.5)), tile.left)
                last = min(int(np.floor(places.col[n] + half - 0.5)), tile.right - 1)
                if first <= last:
                    base = int(places.base_m[n] * UNITS_PER_METRE)
                    _add(known, first - tile.left, last + 1 - tile.left, base, n, disk, tally)
            i, j = line - tile.row, col - tile.col
            if line == row and tile.left <= col < tile.right and tile.slopes[i, j] != NO_SLOPE:
                _, height_m, width_m = to_row(dem_grid, line + 0.5, line)
                tally.slope_deg[n] = _horn_deg(tile.surface, i, j, height_m, width_m)
