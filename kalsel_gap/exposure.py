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
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rasterio.windows import Window

from kalsel_gap.horizons import (
    EARTH_RADIUS_M,
    Sight,
    Tile,
    cell_m,
    find_edges,
    look,
    nothing_seen,
    rays_of,
    reach,
    sight_of,
)
from kalsel_gap.kernels import kernel
from kalsel_gap.mosaic import open_band
from kalsel_gap.relief import (
    NO_INTEGER,
    NO_SLOPE,
    UNITS_PER_DEGREE,
    Elevation,
    Frame,
    _elevation,
    _halo,
    _missing,
    _slopes,
    frame_of,
    to_row,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kalsel_gap.assumptions import Horizon, Landform
    from kalsel_gap.coasts import SeaMask
    from kalsel_gap.grid import Grid
    from kalsel_gap.tilesets import RasterPath

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

# The disks of a school: their radius is in the names of the columns, so no assumption.
RADII_M = (1000.0, 5000.0)

# Heights are summed in whole centimetres: exact, so in any order the same.
UNITS_PER_METRE = 100

# A disk of which less is known tells nothing.
KNOWN_SHARE = 0.5

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


def exposure_at(  # noqa: PLR0913 - four arrays a school
    path: RasterPath,
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
    path : Path, sequence of Path, or Tiles
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
        grid, frame = source.grid, frame_of(source.grid, source.tiles[0].path)
        if sea is not None and sea.grid != grid:
            raise ValueError("the sea was made from another raster")
        row, col = grid.pixel(lat, lon)
        on_raster = ~grid.outside(row, col)
        rays = rays_of(grid, frame, lat, lon, azimuth, horizon)
        rays.eye_m[:] = np.where(on_raster, ground_m + horizon.observer_m, np.nan)
        seen = nothing_seen(rays)
        find_edges(rays, seen, grid.height, grid.width)
        tally = np.zeros((lat.size, len(RADII_M), STEEPEST + 1), dtype=np.int64)
        tally[:, :, LOWEST], tally[:, :, HIGHEST] = np.iinfo(np.int64).max, np.iinfo(np.int64).min
        base_m = np.where(np.isnan(ground_m), 0.0, np.rint(ground_m))
        bend = 0.5 / (horizon.k * EARTH_RADIUS_M)

        school = np.flatnonzero(on_raster)
        # In a projection a line may take more cells than its length tells.
        rows, cols = _halo(frame, row[school], max(RADII_M))
        far_rows, far_cols = reach(rays, horizon.distance_m)
        halo = np.maximum(rows, far_rows[school]), np.maximum(cols, far_cols[school])
        visits = list(_visits(grid, source.window_shape, row[school], col[school], halo))
        for done, (window, members) in enumerate(visits):
            here = school[members]
            tile, slopes = _tile(window, grid, frame, lambda w: _elevation(source, w), sea)
            for disk, radius_m in enumerate(RADII_M):
                lines, _ = _halo(frame, row[here], radius_m)
                _count(
                    tile, slopes, frame, (row, col, base_m), here, radius_m, lines, tally[:, disk]
                )
            look(tile, rays, here, bend, seen)
            if progress is not None:
                progress(done + 1, len(visits))
        near, wide = (
            _disk(tally[:, disk], ground_m - base_m, _cells(frame, row, radius_m), sea)
            for disk, radius_m in enumerate(RADII_M)
        )
        return near, wide, sight_of(grid, rays, seen, horizon.void_m)


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


def _cells(frame: Frame, row: FloatArray, radius_m: float) -> FloatArray:
    """About how many cells lie in a disk around each school."""
    height_m, width_m = cell_m(frame, row)
    return math.pi * radius_m**2 / (height_m * width_m)


def _visits(
    grid: Grid,
    shape: tuple[int, int],
    row: FloatArray,
    col: FloatArray,
    halo: tuple[IntArray, IntArray],
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


def _span(place: FloatArray, halo: IntArray, side: int, cells: int) -> tuple[IntArray, IntArray]:
    """First window and number of windows along one axis that halos reach."""
    middle = place.astype(np.int64)
    first = np.maximum(middle - halo, 0) // side
    return first, np.minimum(middle + halo, cells - 1) // side - first + 1


def _tile(
    window: Window,
    grid: Grid,
    frame: Frame,
    heights: Callable[[Window], Elevation],
    sea: SeaMask | None,
) -> tuple[Tile, NDArray[np.int32]]:
    """A window with one cell more on each side, and its slopes: beside the sea down to it."""
    top, left = int(window.row_off), int(window.col_off)
    bottom, right = top + int(window.height), left + int(window.width)
    row, col = max(top - 1, 0), max(left - 1, 0)
    height, width = min(bottom + 1, grid.height) - row, min(right + 1, grid.width) - col
    z = heights(Window(col, row, width, height))
    slopes = _slopes(z, frame, row)
    wet = np.zeros(z.shape, dtype=np.bool_)
    if sea is not None:
        wet[:] = sea.rows(row, row + height)[:, col : col + width]
        z[wet] = NO_INTEGER if z.dtype.kind == "i" else np.nan  # where the model has it as 0
    return Tile(z, wet, row, col, top, bottom, left, right), slopes


def _disk(tally: IntArray, above_m: FloatArray, cells: FloatArray, sea: SeaMask | None) -> Disk:
    """Facts of a disk from what was counted in it; `above_m` is from the base of the heights."""
    land = tally[:, LAND].astype(np.float64)
    known = land + tally[:, SEA]
    with np.errstate(invalid="ignore"):
        enough = (known > 0) & (known >= KNOWN_SHARE * cells)
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
            away_m, _, width_m = to_row(frame, rows[n], line)
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
