"""Position of a school in its surroundings: access, relative height, open sky.

The elevation model is read once, window by window (see `relief_at_points.walk`). The parts of a
school's disks and lines of sight in a window are added to the results of the school. Its relief
results from the same windows.

Numbers depend neither on how the file is tiled nor on the order of the windows: sums are over
integers, and the other results are maxima and minima over the windows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.geo.dem import DemGrid, DemWindow, dem_grid_of, halo_around
from kalsel_gap.geo.mosaic import open_band
from kalsel_gap.terrain.horizon import (
    EARTH_RADIUS_M,
    HorizonSight,
    cell_m,
    find_edges,
    follow_rays,
    nothing_seen,
    rays_of,
    reach,
    sight_of,
)
from kalsel_gap.terrain.relief_at_points import (
    HEIGHT,
    LAND,
    SEA,
    SLOPE,
    SLOPES,
    SQUARE,
    STEEPEST,
    UNITS_PER_DEGREE,
    UNITS_PER_METRE,
    DiskSums,
    Places,
    Relief,
    count,
    nothing_counted,
    relief_of,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geo.arrays import FloatArray, IntArray
    from kalsel_gap.geo.raster_files import RasterPath
    from kalsel_gap.project.terrain import Horizon, Landform
    from kalsel_gap.terrain.sea_mask import SeaMask


# The disks of a school: their radius is in the names of the columns, so it is no setting.
RADII_M = (1000.0, 5000.0)

# With a smaller known share the figures of a disk are unknown.
KNOWN_SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhood:
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
        Its height between the lowest land, 0, and the highest, 1; 0.5 on level land.
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
    slope_radius_m: float = 5000.0,
    relief_radius_m: float = 7000.0,
    sea: SeaMask | None = None,
    band: int = 1,
    progress: Callable[[int, int], object] | None = None,
) -> tuple[Relief, Neighbourhood, Neighbourhood, HorizonSight]:
    """Relief, access, relative height and horizons of schools.

    Parameters
    ----------
    path : Path, sequence of Path, or TileSet
        Elevation model in metres.
    lat, lon : array of shape (n,)
        WGS84 degrees.
    elevation_m : array of shape (n,)
        Elevation of the schools; without one a school has no relative height and no horizon.
    azimuth_deg : array of shape (n, directions)
        Directions of the lines of sight, clockwise from north.
    horizon : Horizon
        Length of the lines of sight, and height of the observer.
    slope_radius_m, relief_radius_m : float
        Radius of the mean slope and of the local relief, as in `relief_at_points.relief_at`.
    sea : SeaMask, optional
        Open sea on the same grid. Its height is 0. Other cells without data are voids.
    band : int
        Counted from 1.
    progress : callable, optional
        Called with the number of windows done and of all after each.

    Returns
    -------
    relief : Relief
        As of `relief_at_points.relief_at`, with the elevation that is given.
    near, wide : Neighbourhood
        Of 1 km and 5 km. Unknown where more than half of the disk is void or outside the raster.
    sight : HorizonSight
        Angles count the curvature of the Earth and the refraction of radio waves. A horizon is
        unknown where its line meets a void or the raster's edge nearer than ``horizon.void_m``.

    Raises
    ------
    InputError
        As `mosaic.open_band`, and `raster_rotated`.
    ValueError
        If `sea` lies on another grid.

    Notes
    -----
    A line of sight is a geodesic, sampled bilinearly, twice per cell. Its angle is
    ``atan((z - eye)/s - s/(2 k R))``: the effective Earth radius of ITU-R P.526.
    """
    lat = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    lon = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    ground_m = np.atleast_1d(np.asarray(elevation_m, dtype=np.float64))
    azimuth = np.asarray(azimuth_deg, dtype=np.float64)
    with open_band(path, band) as source:
        grid, dem_grid = source.grid, dem_grid_of(source.grid, source.tiles[0].path)
        if sea is not None and sea.grid != grid:
            raise ValueError("the sea was made from another raster")
        row, col = grid.pixel(lat, lon)
        on_raster = ~grid.outside(row, col)
        rays = rays_of(grid, dem_grid, lat, lon, azimuth, horizon)
        rays.eye_m[:] = np.where(on_raster, ground_m + horizon.observer_m, np.nan)
        seen = nothing_seen(rays)
        find_edges(rays, seen, grid.height, grid.width)
        places = Places(row, col, np.where(np.isnan(ground_m), 0.0, np.rint(ground_m)))
        radii_m = np.unique([*RADII_M, slope_radius_m, relief_radius_m])
        tally = nothing_counted(lat.size, radii_m.size)
        bend = 0.5 / (horizon.k * EARTH_RADIUS_M)

        school = np.flatnonzero(on_raster)
        # In a projection a line may cross more cells than its length divided by the cell size.
        rows, cols = halo_around(dem_grid, row[school], float(radii_m.max()))
        far_rows, far_cols = reach(rays, horizon.distance_m)
        halo = np.maximum(rows, far_rows[school]), np.maximum(cols, far_cols[school])

        def add(tile: DemWindow, here: IntArray) -> None:
            count(tile, dem_grid, places, here, radii_m, rows, tally)
            follow_rays(tile, rays, here, bend, seen)

        walk(source, (school, row[school], col[school]), halo, add, sea=sea, progress=progress)
        disk = dict(zip(radii_m.tolist(), range(radii_m.size), strict=True))
        near, wide = (
            _disk(tally, disk[radius_m], places, ground_m, _cells(dem_grid, row, radius_m), sea)
            for radius_m in RADII_M
        )
        found = relief_of(ground_m, tally, disk[slope_radius_m], disk[relief_radius_m])
        return found, near, wide, sight_of(grid, rays, seen, horizon.void_m)


def landform(near: Neighbourhood, slope_deg: ArrayLike, limits: Landform) -> NDArray[np.str_]:
    """Position on the slope, after Weiss (2001), with the deviation of the school's own disk.

    Parameters
    ----------
    near : Neighbourhood
        Surroundings of the schools.
    slope_deg : array of shape (n,)
        Slope at the schools.
    limits : Landform
        Thresholds of the classes.

    Returns
    -------
    str array of shape (n,)
        ``flat`` where the surroundings are flat; otherwise ``crest`` or ``valley_floor`` where the
        school is farther from the mean height than so many standard deviations; otherwise
        ``slope`` or ``flat`` by its slope. Empty where it depends on a missing value.
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


def _cells(dem_grid: DemGrid, row: FloatArray, radius_m: float) -> FloatArray:
    """About how many cells lie in a disk around each school."""
    height_m, width_m = cell_m(dem_grid, row)
    return math.pi * radius_m**2 / (height_m * width_m)


def _disk(
    tally: DiskSums,
    disk: int,
    places: Places,
    ground_m: FloatArray,
    cells: FloatArray,
    sea: SeaMask | None,
) -> Neighbourhood:
    """Facts of a disk from its sums."""
    counts, base_m = tally.counts[:, disk], places.base_m
    above_m = ground_m - base_m
    land = counts[:, LAND].astype(np.float64)
    known = land + counts[:, SEA]
    with np.errstate(invalid="ignore"):
        enough = (known > 0) & (known >= KNOWN_SHARE * cells)
    land = np.where(enough & (land > 0), land, np.nan)
    steep = np.where(enough & (counts[:, SLOPES] > 0), counts[:, SLOPES], np.nan)
    mean, square = (counts[:, what] / land / UNITS_PER_METRE for what in (HEIGHT, SQUARE))
    lowest, highest = (
        np.rint((extreme[:, disk] - base_m) * UNITS_PER_METRE) / UNITS_PER_METRE
        for extreme in (tally.lowest_m, tally.highest_m)
    )
    spread = np.where(np.isnan(land), np.nan, highest - lowest)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(spread > 0, np.clip((above_m - lowest) / spread, 0.0, 1.0), 0.5)
    return Neighbourhood(
        slope_deg=counts[:, SLOPE] / steep / UNITS_PER_DEGREE,
        max_slope_deg=np.where(np.isnan(steep), np.nan, counts[:, STEEPEST] / UNITS_PER_DEGREE),
        land_share=counts[:, LAND] / np.where(enough & (sea is not None), known, np.nan),
        relative_height_m=above_m - mean,
        height_share=np.where(np.isnan(land + above_m), np.nan, share),
        deviation_m=np.sqrt(np.maximum(square / UNITS_PER_METRE - mean**2, 0.0)),
        range_m=spread,
    )
