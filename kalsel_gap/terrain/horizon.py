"""Horizons: the highest terrain along lines of sight over an elevation model, and the open sky.

A line of sight is a geodesic, on the grid a parabola that is followed window by window. In any
order of the windows, the highest angle of all samples counts, and of equal angles the nearest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.dem import DemWindow, height_at
from kalsel_gap.geo.geodesy import WGS84, metres_per_degree
from kalsel_gap.geo.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray, IntArray
    from kalsel_gap.geo.dem import DemGrid
    from kalsel_gap.geo.sampling import Grid
    from kalsel_gap.project.terrain import Horizon


# A line of sight is sampled this often per cell, beginning one cell away: nearer, the model shows
# nothing that is not in the school's own elevation.
SAMPLES_A_CELL = 2

EARTH_RADIUS_M = 6_371_000.0

# Land too low to be a horizon is skipped in squares of so many cells a side (and as bits).
SQUARE_CELLS, SQUARE_BITS = 16, 4


@dataclass(frozen=True, slots=True, eq=False)
class HorizonSight:
    """The highest terrain along lines of sight, arrays of shape (schools, directions).

    Attributes
    ----------
    found_deg : float array
        Elevation angle of the highest terrain seen: the horizon is no lower. NaN where none is.
    horizon_deg : float array
        The same where it is known to be the horizon.
    distance_m : float array
        Distance to it.
    lat, lon : float array
        Position of it.
    """

    found_deg: FloatArray
    horizon_deg: FloatArray
    distance_m: FloatArray
    lat: FloatArray
    lon: FloatArray


class SightRays(NamedTuple):
    """Lines of sight on the grid, for the kernels.

    Attributes
    ----------
    row, col : float array of shape (schools, directions, 3)
        Coefficients of ``a + b s + c s²``, s the distance in metres.
    eye_m : float array of shape (schools,)
        Height of the observer; NaN has no horizon.
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
    """Results of the kernels along the rays, arrays of shape (schools, directions).

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


def sky_view_share(horizon_deg: ArrayLike) -> FloatArray:
    """Share of the sky that is open: ``1 - mean(sin horizon)`` (Zakšek et al. 2011).

    Parameters
    ----------
    horizon_deg : array of shape (n, directions)
        Evenly spaced around; a horizon below the horizontal counts as 0.

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
    # Rounding of the mean could give a value outside the range.
    share: FloatArray = np.clip((1.0 - covered.mean(axis=-1)) / (1.0 - lowest), 0.0, 1.0)
    return share


def rays_of(
    grid: Grid,
    dem_grid: DemGrid,
    lat: FloatArray,
    lon: FloatArray,
    azimuth: FloatArray,
    horizon: Horizon,
) -> SightRays:
    """Lines of sight on the grid, through their beginning, middle and end.

    Over a length of 20 km a geodesic differs from the parabola through these by centimetres.
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
    height_m, width_m = cell_m(dem_grid, row[:, 0, 0])
    step_m = np.minimum(height_m, width_m) / SAMPLES_A_CELL
    last = np.floor(horizon.distance_m / np.where(np.isfinite(step_m), step_m, np.inf))
    return SightRays(
        _parabola(row, horizon.distance_m),
        _parabola(col, horizon.distance_m),
        np.empty(lat.shape),
        step_m,
        last.astype(np.int64),
    )


def reach(rays: SightRays, distance_m: float) -> tuple[IntArray, IntArray]:
    """Rows and columns around each school that contain its rays, with a margin of some cells."""
    rows, cols = (
        np.abs(axis[..., 1] + distance_m * axis[..., 2]).max(axis=1) * distance_m
        for axis in (rays.row, rays.col)
    )
    far = np.where(np.isfinite(rows + cols), [rows, cols], 0.0)
    return tuple(np.ceil(far).astype(np.int64) + 2)


def _parabola(places: FloatArray, length_m: float) -> FloatArray:
    """Coefficients of the parabola through values at the beginning, middle and end of a ray."""
    first, middle, last = (places[..., place] for place in range(3))
    linear = (4.0 * middle - 3.0 * first - last) / length_m
    square = 2.0 * (first - 2.0 * middle + last) / length_m**2
    return np.stack([first, linear, square], axis=-1)


def cell_m(dem_grid: DemGrid, row: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Height and width of the cells in fractional rows."""
    if not dem_grid.geographic:
        return np.full(row.shape, abs(dem_grid.row)), np.full(row.shape, dem_grid.col)
    dlat_m, dlon_m = metres_per_degree(dem_grid.top + row * dem_grid.row)
    return abs(dem_grid.row) * dlat_m, dem_grid.col * dlon_m


def nothing_seen(rays: SightRays) -> Seen:
    """The initial result for rays, before any window has been read."""
    shape = rays.row.shape[:2]
    step = np.zeros(shape, dtype=np.int64)
    return Seen(np.full(shape, -np.inf), step, np.repeat(rays.last + 1, shape[1]).reshape(shape))


def sight_of(grid: Grid, rays: SightRays, seen: Seen, void_m: float) -> HorizonSight:
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
    return HorizonSight(found_deg, np.where(far, found_deg, np.nan), distance_m, lat, lon)


# --- kernels: no fastmath, results must not depend on how a compiler orders sums -----------------


@kernel
def find_edges(rays: SightRays, seen: Seen, height: int, width: int) -> None:
    """Count the first sample beyond the edge of the raster as a void."""
    for n in range(seen.void.shape[0]):
        if np.isnan(rays.eye_m[n]):
            continue
        for ray in range(seen.void.shape[1]):
            a, b, c = rays.row[n, ray]
            d, e, f = rays.col[n, ray]
            # A number beyond every sample.
            s = rays.last[n] * rays.step_m[n]
            rows, cols = s * (abs(b) + s * abs(c)) + 1.0, s * (abs(e) + s * abs(f)) + 1.0
            if rows < a < height - rows and cols < d < width - cols:
                continue
            for k in range(SAMPLES_A_CELL, rays.last[n] + 1):
                s = k * rays.step_m[n]
                row, col = a + s * (b + s * c), d + s * (e + s * f)
                if not (0 <= row < height and 0 <= col < width):
                    seen.void[n, ray] = k
                    break


@kernel
def _highest(surface: FloatArray) -> FloatArray:
    """Upper bound of the bilinear heights in each square of cells; infinite with voids in it."""
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
def _between(
    axis: FloatArray, low: float, high: float, first_m: float, last_m: float
) -> tuple[float, float]:
    """The part of a ray on which a parabola may lie between two limits, plus a cell at each end."""
    slack = 1.0 + abs(axis[2]) * last_m * last_m
    below, above = low - slack - axis[0], high + slack - axis[0]
    if abs(axis[1]) * last_m < 1e-9:
        return (first_m, last_m) if below <= 0.0 <= above else (1.0, 0.0)
    one, other = below / axis[1], above / axis[1]
    return max(first_m, min(one, other)), min(last_m, max(one, other))


@kernel
def follow_rays(
    tile: DemWindow, rays: SightRays, members: IntArray, bend: float, seen: Seen
) -> None:
    """Follow the rays through a window; `bend` is the decrease of the tangent per metre of ray."""
    surface = tile.surface
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
                # Most land is too low to matter; a micrometre allows for the rounding of means.
                limit_m = highest[int(y) >> SQUARE_BITS, int(x) >> SQUARE_BITS] - eye_m
                if limit_m + 1e-6 < (tangent + s * bend) * s:
                    continue
                height_m = height_at(surface, y, x)
                if np.isnan(height_m):
                    void = min(void, k)
                    continue
                risen = (height_m - eye_m) / s - s * bend
                # Of equally high samples the nearest, in any order of the windows.
                if risen > tangent or (risen == tangent and k < step):
                    tangent, step = risen, k
            seen.tangent[n, ray], seen.step[n, ray], seen.void[n, ray] = tangent, step, void
