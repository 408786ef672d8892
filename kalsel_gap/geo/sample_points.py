"""Points that sample a circle, a polygon or a path on the ellipsoid, and stretches between them."""

from __future__ import annotations

from math import pi, sqrt
from typing import TYPE_CHECKING

import numpy as np
import shapely

from kalsel_gap.geo.geodesy import CHUNK, WGS84, metres_per_degree, positions

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import BoolArray, FloatArray


# The turn between successive seeds of a sunflower: no two of them line up with the centre.
GOLDEN_ANGLE_RAD = pi * (3.0 - sqrt(5.0))

# Real root of x³ = x + 1: its powers fill a square as evenly as the golden ratio does a line.
_PLASTIC = 1.324717957244746

_MOST_TRIES = 1 << 20  # a polygon that so few points hit has no area

# A change between two points of a path is found to a 128th of their distance.
HALVINGS = 7

# A geodesic no longer than this between these latitudes and longitudes is, to a micrometre, the
# polynomial through so many of its points.
NODES = 12

SMOOTH_M, SMOOTH_LAT, SMOOTH_LON = 500_000.0, 60.0, 170.0


def disk_points(
    lat: ArrayLike, lon: ArrayLike, radius_m: ArrayLike, n: int = 61
) -> tuple[FloatArray, FloatArray]:
    """Points that stand for equal areas of a disk around each position.

    The mean of a layer over them is its mean over the disk. The pattern is the same everywhere:
    a sunflower (Vogel 1979) whose first point is the position itself.

    Parameters
    ----------
    lat, lon : array of shape (m,)
        Centres, WGS84 degrees.
    radius_m : float or array of shape (m,)
        Radius of each disk over the ground; 0 puts all points on the centre.
    n : int
        Points in each disk, at least 1.

    Returns
    -------
    lat, lon : float arrays of shape (m, n)
        NaN where the centre or the radius is NaN.
    """
    lat, lon = positions(lat, lon)
    seed = np.arange(n)
    distance = np.sqrt((seed + 0.5) / n)
    distance[0] = 0.0
    radius = np.broadcast_to(np.asarray(radius_m, dtype=np.float64), lat.shape)[:, None]
    north_m = radius * (distance * np.cos(seed * GOLDEN_ANGLE_RAD))
    east_m = radius * (distance * np.sin(seed * GOLDEN_ANGLE_RAD))
    dlat_m, dlon_m = metres_per_degree(lat[:, None])
    return lat[:, None] + north_m / dlat_m, lon[:, None] + east_m / dlon_m


def polygon_points(polygon: shapely.Geometry, n: int = 61) -> tuple[FloatArray, FloatArray]:
    """Points that stand for equal areas of a polygon, as :func:`disk_points` for a disk.

    A sequence that fills the polygon's box evenly, of which those inside count: the R2 sequence
    of Roberts (2018), in longitude and the sine of latitude, where equal areas are equal.

    Parameters
    ----------
    polygon : shapely geometry
        Polygon or polygons in WGS 84 longitude and latitude, not empty.
    n : int
        Points, at least 1.

    Returns
    -------
    lat, lon : float arrays of shape (n,)
        The same for the same polygon. A polygon without an area stands for one point.

    Examples
    --------
    >>> lat, lon = polygon_points(shapely.box(115.0, -3.0, 116.0, -2.0))
    >>> round(float(lat.mean()), 1), round(float(lon.mean()), 1)
    (-2.5, 115.5)
    """
    west, south, east, north = shapely.bounds(polygon)
    low, high = np.sin(np.radians(south)), np.sin(np.radians(north))
    shapely.prepare(polygon)
    lat, lon = np.empty(0), np.empty(0)
    for begin in range(0, _MOST_TRIES, CHUNK):
        step = np.arange(begin + 1, begin + CHUNK + 1)
        x = west + (east - west) * ((0.5 + step / _PLASTIC) % 1.0)
        sine = low + (high - low) * ((0.5 + step / _PLASTIC**2) % 1.0)
        y = np.degrees(np.arcsin(sine))
        inside = shapely.intersects_xy(polygon, x, y)
        lat, lon = np.append(lat, y[inside]), np.append(lon, x[inside])
        if lat.size >= n:
            return lat[:n], lon[:n]
    inner = shapely.point_on_surface(polygon)
    return np.full(n, inner.y), np.full(n, inner.x)


def path_points(
    lat: ArrayLike,
    lon: ArrayLike,
    to_lat: ArrayLike,
    to_lon: ArrayLike,
    *,
    points: int = 200,
) -> tuple[FloatArray, FloatArray]:
    """Evenly spaced points along the geodesic from each position to its goal.

    Every path is cut into the same number of equal steps and represented by their middles, so
    the share of a way that lies over water is the plain mean over its points.

    Parameters
    ----------
    lat, lon, to_lat, to_lon : array of shape (m,)
        Both ends, WGS84 degrees.
    points : int
        Steps of each path, the same for all: a longer path elsewhere changes nothing here.

    Returns
    -------
    lat, lon : float arrays of shape (m, points)
        NaN where an end is NaN.

    Notes
    -----
    Short paths far from the poles and from the antimeridian follow the polynomial through
    some points of their geodesic: it leaves it by less than a micrometre.
    """
    lat, lon = positions(lat, lon)
    to_lat, to_lon = positions(to_lat, to_lon)
    azimuth, _, length_m = WGS84.inv(lon, lat, to_lon, to_lat)
    share, node = (np.arange(points) + 0.5) / points, _chebyshev(NODES)
    at_lat, at_lon = _along(lat, lon, azimuth, length_m, node)
    smooth = (length_m <= SMOOTH_M) & (np.abs(at_lat).max(axis=1) <= SMOOTH_LAT)
    smooth &= np.abs(at_lon).max(axis=1) <= SMOOTH_LON
    path_lat, path_lon = np.zeros((2, lat.size, points))
    for k in range(NODES):
        others = np.delete(node, k)
        weight = np.prod((share[:, None] - others) / (node[k] - others), axis=1)
        path_lat += at_lat[:, k, None] * weight
        path_lon += at_lon[:, k, None] * weight
    rest = np.flatnonzero(~smooth)
    path_lat[rest], path_lon[rest] = _along(
        lat[rest], lon[rest], azimuth[rest], length_m[rest], share
    )
    return path_lat, path_lon


def _along(
    lat: FloatArray, lon: FloatArray, azimuth: FloatArray, length_m: FloatArray, share: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Points of geodesics at the same shares of their lengths."""
    shape = (lat.size, share.size)
    to_lon, to_lat, _ = WGS84.fwd(
        np.broadcast_to(lon[:, None], shape),
        np.broadcast_to(lat[:, None], shape),
        np.broadcast_to(azimuth[:, None], shape),
        length_m[:, None] * share,
    )
    return to_lat, to_lon


def _chebyshev(nodes: int) -> FloatArray:
    """Between 0 and 1, where a polynomial through the values of a smooth function is best."""
    return 0.5 - 0.5 * np.cos(pi * (np.arange(nodes) + 0.5) / nodes)


def longest_stretch_m(
    lat: ArrayLike,
    lon: ArrayLike,
    to_lat: ArrayLike,
    to_lon: ArrayLike,
    inside: BoolArray,
    holds: Callable[[FloatArray, FloatArray], BoolArray],
) -> FloatArray:
    """Longest stretch of each path, on end, that lies inside of an area.

    Parameters
    ----------
    lat, lon, to_lat, to_lon : array of shape (m,)
        Both ends, WGS84 degrees.
    inside : bool array of shape (m, points)
        Whether the points of :func:`path_points` lie inside. A stretch between two of them that
        are outside is not seen.
    holds : callable
        The same for other points: where the path enters and leaves is halved in between.

    Returns
    -------
    float array of shape (m,)
        Metres, to a hundredth of the step between two points; 0 for a path with no point inside,
        NaN where an end is NaN.
    """
    lat, lon = positions(lat, lon)
    to_lat, to_lon = positions(to_lat, to_lon)
    points = inside.shape[1]
    azimuth, _, length_m = WGS84.inv(lon, lat, to_lon, to_lat)
    around = np.zeros((lat.size, points + 2), dtype=np.bool_)
    around[:, 1:-1] = inside
    path, point = np.nonzero(around[:, 1:] != around[:, :-1])  # entering, leaving, entering …
    # In steps: the path changes between this point's middle and the one before.
    low, high = point - 0.5, point + 0.5
    low[point == 0], high[point == points] = 0.0, points
    high[point == 0], low[point == points] = 0.0, points
    entering = inside[path, np.minimum(point, points - 1)] & (point < points)
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        there_lon, there_lat, _ = WGS84.fwd(
            lon[path], lat[path], azimuth[path], middle / points * length_m[path]
        )
        before = holds(np.asarray(there_lat), np.asarray(there_lon)) != entering
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    change = (low + high) / 2.0
    longest = np.where(np.isnan(length_m), np.nan, 0.0)
    np.maximum.at(longest, path[::2], (change[1::2] - change[::2]) / points * length_m[path[::2]])
    return longest
