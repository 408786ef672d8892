"""How a school lies in its surroundings: access, height among its neighbours, open sky.

The elevation model is read once, window by window in file order, each with one cell more on every
side; whatever of a school's disks and lines of sight lies in a window is added to what is known of
the school. Memory is bounded by the window, however far a school looks.

Numbers depend neither on how the file is tiled nor on the order of the windows: sums are over
whole numbers, and the rest are the highest and the lowest of values that each window finds alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rasterio.windows import Window

from kalsel_gap.geodesy import WGS84, metres_per_degree
from kalsel_gap.raster import Grid, open_band
from kalsel_gap.relief import (
    NO_SLOPE,
    UNITS_PER_DEGREE,
    Elevation,
    Frame,
    _elevation,
    _frame,
    _halo,
    _missing,
    _slopes,
    _to_row,
    kernel,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kalsel_gap.assumptions import Horizon, Landform
    from kalsel_gap.relief import SeaMask

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

# The disks of a school: their radius is in the names of the columns, so no assumption.
RADII_M = (1000.0, 5000.0)

# A line of sight is sampled this often in the length of a cell, from one cell away on: nearer, the
# model says nothing that is not in the school's own elevation.
SAMPLES_A_CELL = 2

EARTH_RADIUS_M = 6_371_000.0

# Heights are summed in whole centimetres: exact, so in any order the same.
UNITS_PER_METRE = 100

# Land that cannot stand out is passed over by squares of so many cells a side, and their bits.
SQUARE_CELLS, SQUARE_BITS = 16, 4

# What is counted in a disk.
LAND, SEA, HEIGHT, SQUARE, LOWEST, HIGHEST, SLOPES, SLOPE, STEEPEST = range(9)


@dataclass(frozen=True, slots=True, eq=False)
class Disk:
    """The land around schools within a radius, arrays of one value a school.

    Attributes
    ----------
    slope_deg, max_slope_deg : float array
        Mean and largest slope of the cells that have one.
    land_share : float array
        Land cells of land and open sea; NaN without a sea.
    relative_height_m : float array
        Height of the school above the mean of the land: the topographic position index.
    height_share : float array
        Where it lies between the lowest land, 0, and the highest, 1; in the middle of a level.
    deviation_m, range_m : float array
        Standard deviation of the land's height, and highest less lowest.
    """

    slope_deg: FloatArray
    max_slope_deg: FloatArray
    land_share: FloatArray
    relative_height_m: FloatArray
    height_share: FloatArray
    deviation_m: FloatArray
    range_m: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What stands highest along lines of sight, arrays of shape (schools, directions).

    Attributes
    ----------
    found_deg : float array
        Elevation angle of the highest terrain seen: the horizon is no lower. NaN where nothing is.
    horizon_deg : float array
        The same where it is known to be the horizon.
    distance_m : float array
        How far away that is.
    lat, lon : float array
        Where that is.
    """

    found_deg: FloatArray
    horizon_deg: FloatArray
    distance_m: FloatArray
    lat: FloatArray
    lon: FloatArray


class Tile(NamedTuple):
    """A window of the elevation model, for the kernels.

    Attributes
    ----------
    z : Elevation
        Heights, with one cell more than the window's on each side that the raster has.
    sea : bool array
        Which of them are open sea.
    row, col : int
        Place of the first of them on the raster.
    top, bottom, left, right : int
        The window itself: first row and column, and those after the last.
    """

    z: Elevation
    sea: BoolArray
    row: int
    col: int
    top: int
    bottom: int
    left: int
    right: int


class Rays(NamedTuple):
    """Lines of sight on the grid, for the kernels.

    Attributes
    ----------
    row, col : float array of shape (schools, directions, 3)
        Coefficients of ``a + b s + c s²``, s the distance in metres.
    eye_m : float array of shape (schools,)
        Height of the observer; NaN sees nothing.
    step_m : float array of shape (schools,)
        Between two samples.
    last : int array of shape (schools,)
        Number of the last sample.
    """

    row: FloatArray
    col: FloatArray
    eye_m: FloatArray
    step_m: FloatArray
    last: IntArray


class Seen(NamedTuple):
    """What the kernels find along the rays, arrays of shape (schools, directions).

    Attributes
    ----------
    tangent : float array
        Of the highest elevation angle.
    step : int array
        Number of the sample that has it.
    void : int array
        Number of the first sample without data; past the last where all have data.
    """

    tangent: FloatArray
    step: IntArray
    void: IntArray


def exposure_at(  # noqa: PLR0913 - four arrays a school
    path: Path,
    lat: ArrayLike,
    lon: ArrayLike,
    elevation_m: ArrayLike,
    azimuth_deg: ArrayLike,
    *,
    horizon: Horizon,
    sea: SeaMask | None = None,
    band: int = 1,
    progress: Callable[[int, int], object] | None = None,
) -> tuple[Disk, Disk, Sight]:
    """Access, relative height and horizons of schools.

    Parameters
    ----------
    path : Path
        Elevation model in metres.
    lat, lon : array of shape (n,)
        WGS84 degrees.
    elevation_m : array of shape (n,)
        Elevation of the schools; without one a school has no relative height and no horizon.
    azimuth_deg : array of shape (n, directions)
        Where each school looks, clockwise from north.
    horizon : Horizon
        How far a school looks, and from what height.
    sea : SeaMask, optional
        Open sea on the same grid. Its height is 0. Other cells without data are voids.
    band : int
        Counted from 1.
    progress : callable, optional
        Called with the number of windows done and of all after each.

    Returns
    -------
    near, wide : Disk
        Of 1 km and of 5 km. Unknown where more than half of the disk is void or off the raster.
    sight : Sight
        Angles count the curvature of the Earth and the refraction of radio waves. A horizon is
        unknown where its line meets a void or the raster's edge nearer than ``horizon.void_m``.

    Raises
    ------
    InputError
        As `raster.open_band`, and `raster_rotated`.
    ValueError
        If `sea` lies on another grid.

    Notes
    -----
    A line of sight is a geodesic, sampled twice in the length of a cell, bilinearly. Its angle is
    ``atan((z - eye)/s - s/(2 k R))``: the effective Earth radius of ITU-R P.526.
    """
    lat = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    lon = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    ground_m = np.atleast_1d(np.asarray(elevation_m, dtype=np.float64))
    azimuth = np.asarray(azimuth_deg, dtype=np.float64)
    with open_band(path, band) as source:
        grid, frame = source.grid, _frame(path, source.grid)
        if sea is not None and sea.grid != grid:
            raise ValueError("the sea was made from another raster")
        row, col = grid.pixel(lat, lon)
        on_raster = ~grid.outside(row, col)
        rays = _rays(grid, frame, lat, lon, azimuth, horizon)
        rays.eye_m[:] = np.where(on_raster, ground_m + horizon.observer_m, np.nan)
        seen = _nothing_seen(rays)
        _edges(rays, seen, grid.height, grid.width)
        tally = np.zeros((lat.size, len(RADII_M), STEEPEST + 1), dtype=np.int64)
        tally[:, :, LOWEST], tally[:, :, HIGHEST] = np.iinfo(np.int64).max, np.iinfo(np.int64).min
        base_m = np.where(np.isnan(ground_m), 0.0, np.rint(ground_m))
        bend = 0.5 / (horizon.k * EARTH_RADIUS_M)

        school = np.flatnonzero(on_raster)
        halo = _halo(frame, row[school], max(*RADII_M, horizon.distance_m))
        visits = list(_visits(grid, source.window_shape, row[school], col[school], halo))
        for done, (window, members) in enumerate(visits):
            here = school[members]
            tile = _tile(window, grid, lambda w: _elevation(source, w), sea)
            slopes = _slopes(tile.z, frame, tile.row)
            for disk, radius_m in enumerate(RADII_M):
                reach, _ = _halo(frame, row[here], radius_m)
                _count(
                    tile, slopes, frame, (row, col, base_m), here, radius_m, reach, tally[:, disk]
                )
            _look(tile, rays, here, bend, seen)
            if progress is not None:
                progress(done + 1, len(visits))
        near, wide = (
            _disk(tally[:, disk], ground_m - base_m, _cells(frame, row, radius_m), sea)
            for disk, radius_m in enumerate(RADII_M)
        )
        return near, wide, _sight(grid, rays, seen, horizon.void_m)


def landform(near: Disk, slope_deg: ArrayLike, limits: Landform) -> NDArray[np.str_]:
    """Position on the slope, after Weiss (2001), with the deviation of the school's own disk.

    Parameters
    ----------
    near : Disk
        Surroundings of the schools.
    slope_deg : array of shape (n,)
        Slope at the schools.
    limits : Landform
        Where the classes end.

    Returns
    -------
    str array of shape (n,)
        ``flat`` where the surroundings are; else ``crest`` or ``valley_floor`` where the school is
        farther from the mean height than so many standard deviations; else ``slope`` or ``flat``
        by its slope. Empty where a missing value decides.
    """
    slope = np.asarray(slope_deg, dtype=np.float64)
    height, deviation = near.relative_height_m, near.deviation_m
    choices = [
        (np.isnan(height), ""),
        (near.range_m <= limits.flat_range_m, "flat"),
        (height > limits.crest_deviations * deviation, "crest"),
        (height < -limits.valley_deviations * deviation, "valley_floor"),
        (np.isnan(slope), ""),
        (slope > limits.flat_deg, "slope"),
    ]
    return np.select([c for c, _ in choices], [name for _, name in choices], default="flat")


def sky_view_share(horizon_deg: ArrayLike) -> FloatArray:
    """Share of the sky that is open: ``1 - mean(sin horizon)`` (Zakšek et al. 2011).

    Parameters
    ----------
    horizon_deg : array of shape (n, directions)
        Evenly spaced around; a horizon below the level counts as 0.

    Returns
    -------
    float array of shape (n,)
        Of the solid angle of the hemisphere; NaN where a horizon is.
    """
    return open_share(horizon_deg, 0.0)


def open_share(horizon_deg: ArrayLike, lowest_deg: float) -> FloatArray:
    """Share of the sky above an elevation angle that is open.

    Parameters
    ----------
    horizon_deg : array of shape (n, directions)
        Evenly spaced around.
    lowest_deg : float
        Elevation from which the sky counts, less than 90.

    Returns
    -------
    float array of shape (n,)
        Of the solid angle above `lowest_deg`; NaN where a horizon is.
    """
    covered = np.sin(np.radians(np.maximum(np.asarray(horizon_deg, np.float64), lowest_deg)))
    lowest = math.sin(math.radians(lowest_deg))
    # Rounding of the mean could leave the range.
    share: FloatArray = np.clip((1.0 - covered.mean(axis=-1)) / (1.0 - lowest), 0.0, 1.0)
    return share


def _rays(
    grid: Grid,
    frame: Frame,
    lat: FloatArray,
    lon: FloatArray,
    azimuth: FloatArray,
    horizon: Horizon,
) -> Rays:
    """Lines of sight on the grid, through their beginning, middle and end.

    Over the 20 km of a line a geodesic leaves the parabola through these by centimetres.
    """
    shape = azimuth.shape
    row = np.empty((*shape, 3))
    col = np.empty((*shape, 3))
    for place in range(3):
        way_m = np.full(shape, horizon.distance_m * place / 2)
        from_lon, from_lat = (
            np.broadcast_to(lon[:, None], shape),
            np.broadcast_to(lat[:, None], shape),
        )
        to_lon, to_lat, _ = WGS84.fwd(from_lon, from_lat, azimuth, way_m)
        row[..., place], col[..., place] = grid.pixel(to_lat, to_lon)
    height_m, width_m = _cell_m(frame, row[:, 0, 0])
    step_m = np.minimum(height_m, width_m) / SAMPLES_A_CELL
    last = np.floor(horizon.distance_m / np.where(np.isfinite(step_m), step_m, np.inf))
    return Rays(
        _parabola(row, horizon.distance_m),
        _parabola(col, horizon.distance_m),
        np.empty(lat.shape),
        step_m,
        last.astype(np.int64),
    )


def _parabola(places: FloatArray, length_m: float) -> FloatArray:
    """Coefficients of the parabola through values at the beginning, middle and end of a way."""
    first, middle, last = (places[..., place] for place in range(3))
    linear = (4.0 * middle - 3.0 * first - last) / length_m
    square = 2.0 * (first - 2.0 * middle + last) / length_m**2
    return np.stack([first, linear, square], axis=-1)


def _cell_m(frame: Frame, row: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Height and width of the cells in fractional rows."""
    if not frame.geographic:
        return np.full(row.shape, abs(frame.row)), np.full(row.shape, frame.col)
    dlat_m, dlon_m = metres_per_degree(frame.top + row * frame.row)
    return abs(frame.row) * dlat_m, frame.col * dlon_m


def _cells(frame: Frame, row: FloatArray, radius_m: float) -> FloatArray:
    """About how many cells lie in a disk around each school."""
    height_m, width_m = _cell_m(frame, row)
    return math.pi * radius_m**2 / (height_m * width_m)


def _nothing_seen(rays: Rays) -> Seen:
    shape = rays.row.shape[:2]
    step = np.zeros(shape, dtype=np.int64)
    return Seen(np.full(shape, -np.inf), step, np.repeat(rays.last + 1, shape[1]).reshape(shape))


def _visits(
    grid: Grid,
    shape: tuple[int, int],
    row: FloatArray,
    col: FloatArray,
    halo: tuple[int, IntArray],
) -> Iterator[tuple[Window, IntArray]]:
    """Windows in file order, each with the schools that reach it."""
    first_row, rows = _span(row, halo[0], shape[0], grid.height)
    first_col, cols = _span(col, halo[1], shape[1], grid.width)
    count = rows * cols
    school = np.repeat(np.arange(row.size), count)
    place = np.arange(school.size) - np.repeat(np.cumsum(count) - count, count)
    window_row = first_row[school] + place // cols[school]
    window_col = first_col[school] + place % cols[school]
    order = np.lexsort([window_col, window_row])
    moved = np.diff(np.stack([window_row, window_col])[:, order]).any(axis=0)
    for members in np.split(order, np.flatnonzero(moved) + 1):
        if members.size:
            top, left = (
                int(window_row[members[0]]) * shape[0],
                int(window_col[members[0]]) * shape[1],
            )
            height, width = min(shape[0], grid.height - top), min(shape[1], grid.width - left)
            yield Window(left, top, width, height), school[members]


def _span(
    place: FloatArray, halo: int | IntArray, side: int, cells: int
) -> tuple[IntArray, IntArray]:
    """First window and number of windows along one axis that halos reach."""
    middle = place.astype(np.int64)
    first = np.maximum(middle - halo, 0) // side
    return first, np.minimum(middle + halo, cells - 1) // side - first + 1


def _tile(
    window: Window, grid: Grid, heights: Callable[[Window], Elevation], sea: SeaMask | None
) -> Tile:
    """A window with one cell more on each side."""
    top, left = int(window.row_off), int(window.col_off)
    bottom, right = top + int(window.height), left + int(window.width)
    row, col = max(top - 1, 0), max(left - 1, 0)
    height, width = min(bottom + 1, grid.height) - row, min(right + 1, grid.width) - col
    z = heights(Window(col, row, width, height))
    wet = np.zeros(z.shape, dtype=np.bool_)
    if sea is not None:
        wet[:] = sea.inside[row : row + height, col : col + width]
    return Tile(z, wet, row, col, top, bottom, left, right)


def _disk(tally: IntArray, above_m: FloatArray, cells: FloatArray, sea: SeaMask | None) -> Disk:
    """Facts of a disk from what was counted in it; `above_m` is from the base of the heights."""
    land = tally[:, LAND].astype(np.float64)
    known = land + tally[:, SEA]
    with np.errstate(invalid="ignore"):
        enough = (known > 0) & (known >= 0.5 * cells)
    land = np.where(enough & (land > 0), land, np.nan)
    steep = np.where(enough & (tally[:, SLOPES] > 0), tally[:, SLOPES], np.nan)
    mean, square = (tally[:, what] / land / UNITS_PER_METRE for what in (HEIGHT, SQUARE))
    lowest, highest = (tally[:, what] / UNITS_PER_METRE for what in (LOWEST, HIGHEST))
    spread = np.where(np.isnan(land), np.nan, highest - lowest)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(spread > 0, np.clip((above_m - lowest) / spread, 0.0, 1.0), 0.5)
    return Disk(
        slope_deg=tally[:, SLOPE] / steep / UNITS_PER_DEGREE,
        max_slope_deg=np.where(np.isnan(steep), np.nan, tally[:, STEEPEST] / UNITS_PER_DEGREE),
        land_share=tally[:, LAND] / np.where(enough & (sea is not None), known, np.nan),
        relative_height_m=above_m - mean,
        height_share=np.where(np.isnan(land + above_m), np.nan, share),
        deviation_m=np.sqrt(np.maximum(square / UNITS_PER_METRE - mean**2, 0.0)),
        range_m=spread,
    )


def _sight(grid: Grid, rays: Rays, seen: Seen, void_m: float) -> Sight:
    """Angles and places of what was seen."""
    anything = np.isfinite(seen.tangent)
    found_deg = np.where(anything, np.degrees(np.arctan(seen.tangent)), np.nan)
    distance_m = np.where(anything, seen.step * rays.step_m[:, None], np.nan)
    far = (seen.void > rays.last[:, None]) | (seen.void * rays.step_m[:, None] >= void_m)
    row, col = (
        axis[..., 0] + distance_m * (axis[..., 1] + distance_m * axis[..., 2])
        for axis in (rays.row, rays.col)
    )
    lat, lon = np.full(anything.shape, np.nan), np.full(anything.shape, np.nan)
    lat[anything], lon[anything] = grid.position(row[anything], col[anything])
    return Sight(found_deg, np.where(far, found_deg, np.nan), distance_m, lat, lon)


# --- kernels: no fastmath, digits must not hang on how a compiler orders sums --------------------


@kernel
def _count(
    tile: Tile,
    slopes: NDArray[np.int32],
    frame: Frame,
    place: tuple[FloatArray, FloatArray, FloatArray],
    members: IntArray,
    radius_m: float,
    reach: int,
    tally: IntArray,
) -> None:
    """Add what lies of disks in a window; `place` is row, column and base of the heights."""
    rows, cols, base_m = place
    for n in members:
        counted, middle = tally[n], int(rows[n])
        for line in range(max(tile.top, middle - reach), min(tile.bottom, middle + reach + 1)):
            away_m, _, width_m = _to_row(frame, rows[n], line)
            if abs(away_m) > radius_m:
                continue
            half = np.sqrt(radius_m * radius_m - away_m * away_m) / width_m
            first = max(int(np.ceil(cols[n] - half - 0.5)), tile.left)
            last = min(int(np.floor(cols[n] + half - 0.5)), tile.right - 1)
            for column in range(first, last + 1):
                i, j = line - tile.row, column - tile.col
                if _missing(tile.z[i, j]):
                    counted[SEA] += tile.sea[i, j]
                    continue
                height = np.int64(np.rint((float(tile.z[i, j]) - base_m[n]) * UNITS_PER_METRE))
                counted[LAND] += 1
                counted[HEIGHT] += height
                counted[SQUARE] += height * height
                counted[LOWEST] = min(counted[LOWEST], height)
                counted[HIGHEST] = max(counted[HIGHEST], height)
                slope = np.int64(slopes[i, j])
                if slope != NO_SLOPE:
                    counted[SLOPES] += 1
                    counted[SLOPE] += slope
                    counted[STEEPEST] = max(counted[STEEPEST], slope)


@kernel
def _edges(rays: Rays, seen: Seen, height: int, width: int) -> None:
    """Where the raster ends there is no data."""
    for n in range(seen.void.shape[0]):
        if np.isnan(rays.eye_m[n]):
            continue
        for ray in range(seen.void.shape[1]):
            a, b, c = rays.row[n, ray]
            d, e, f = rays.col[n, ray]
            for k in range(SAMPLES_A_CELL, rays.last[n] + 1):
                s = k * rays.step_m[n]
                row, col = a + s * (b + s * c), d + s * (e + s * f)
                if not (0 <= row < height and 0 <= col < width):
                    seen.void[n, ray] = k
                    break


@kernel
def _surface(tile: Tile) -> FloatArray:
    """Heights of a tile; the open sea's is 0, a void's NaN."""
    surface = np.empty(tile.z.shape)
    for i in range(tile.z.shape[0]):
        for j in range(tile.z.shape[1]):
            void = 0.0 if tile.sea[i, j] else np.nan
            surface[i, j] = void if _missing(tile.z[i, j]) else float(tile.z[i, j])
    return surface


@kernel
def _highest(surface: FloatArray) -> FloatArray:
    """What no bilinear height in each square of cells is above; infinite where there are voids."""
    height, width = surface.shape
    highest = np.full((height // SQUARE_CELLS + 1, width // SQUARE_CELLS + 1), -np.inf)
    for p in range(highest.shape[0]):
        for q in range(highest.shape[1]):
            top, left = p * SQUARE_CELLS, q * SQUARE_CELLS
            for i in range(max(top - 1, 0), min(top + SQUARE_CELLS + 1, height)):
                for j in range(max(left - 1, 0), min(left + SQUARE_CELLS + 1, width)):
                    # A comparison with NaN is false.
                    if not surface[i, j] <= highest[p, q]:
                        highest[p, q] = np.inf if np.isnan(surface[i, j]) else surface[i, j]
    return highest


@kernel
def _mean_of_known(surface: FloatArray, row: float, col: float) -> float:
    """Bilinear height where of the four cells some may be unknown or off the raster."""
    i, j = int(np.floor(row - 0.5)), int(np.floor(col - 0.5))
    down, right = row - 0.5 - i, col - 0.5 - j
    total = weights = 0.0
    for p in range(2):
        for q in range(2):
            if not (0 <= i + p < surface.shape[0] and 0 <= j + q < surface.shape[1]):
                continue
            height = surface[i + p, j + q]
            if not np.isnan(height):
                weight = (down if p else 1.0 - down) * (right if q else 1.0 - right)
                total += weight * height
                weights += weight
    return total / weights


@kernel
def _bilinear(surface: FloatArray, row: float, col: float) -> float:
    """Height at a place of a surface, as `raster.sample` has it: none where its cell has none."""
    if np.isnan(surface[int(row), int(col)]):
        return np.nan
    i, j = int(row - 0.5), int(col - 0.5)
    if row < 0.5 or col < 0.5 or i + 1 >= surface.shape[0] or j + 1 >= surface.shape[1]:
        return _mean_of_known(surface, row, col)
    down, right = row - 0.5 - i, col - 0.5 - j
    above = (1.0 - right) * surface[i, j] + right * surface[i, j + 1]
    below = (1.0 - right) * surface[i + 1, j] + right * surface[i + 1, j + 1]
    height = (1.0 - down) * above + down * below
    return _mean_of_known(surface, row, col) if np.isnan(height) else height


@kernel
def _between(
    axis: FloatArray, low: float, high: float, first_m: float, last_m: float
) -> tuple[float, float]:
    """The part of a way on which a parabola may lie between two limits, a cell more at each."""
    slack = 1.0 + abs(axis[2]) * last_m * last_m
    below, above = low - slack - axis[0], high + slack - axis[0]
    if abs(axis[1]) * last_m < 1e-9:
        return (first_m, last_m) if below <= 0.0 <= above else (1.0, 0.0)
    one, other = below / axis[1], above / axis[1]
    return max(first_m, min(one, other)), min(last_m, max(one, other))


@kernel
def _look(tile: Tile, rays: Rays, members: IntArray, bend: float, seen: Seen) -> None:
    """Follow the rays through a window; `bend` is what a metre of way takes off a tangent."""
    surface = _surface(tile)
    highest = _highest(surface)
    top, bottom, left, right = (
        float(tile.top),
        float(tile.bottom),
        float(tile.left),
        float(tile.right),
    )
    for n in members:
        eye_m, step_m, last = rays.eye_m[n], rays.step_m[n], rays.last[n]
        if np.isnan(eye_m):
            continue
        for ray in range(seen.void.shape[1]):
            begin, end = _between(
                rays.row[n, ray], top, bottom, SAMPLES_A_CELL * step_m, last * step_m
            )
            begin, end = _between(rays.col[n, ray], left, right, begin, end)
            a, b, c = rays.row[n, ray]
            d, e, f = rays.col[n, ray]
            tangent, step, void = seen.tangent[n, ray], seen.step[n, ray], seen.void[n, ray]
            first = max(SAMPLES_A_CELL, int(np.floor(begin / step_m)))
            for k in range(first, min(last, int(np.ceil(end / step_m))) + 1):
                s = k * step_m
                row, col = a + s * (b + s * c), d + s * (e + s * f)
                if not (top <= row < bottom and left <= col < right):
                    continue
                y, x = row - tile.row, col - tile.col
                # Most of the land is too low to matter; a micrometre for the rounding of means.
                limit_m = highest[int(y) >> SQUARE_BITS, int(x) >> SQUARE_BITS] - eye_m
                if limit_m + 1e-6 < (tangent + s * bend) * s:
                    continue
                height_m = _bilinear(surface, y, x)
                if np.isnan(height_m):
                    void = min(void, k)
                    continue
                risen = (height_m - eye_m) / s - s * bend
                # Of equally high ones the nearest, whichever window comes first.
                if risen > tangent or (risen == tangent and k < step):
                    tangent, step = risen, k
            seen.tangent[n, ray], seen.step[n, ray], seen.void[n, ray] = tangent, step, void
