"""Distances and shapes on the WGS84 ellipsoid: nothing here assumes a map projection.

Candidates come from k-d trees over Earth-centred coordinates, where a straight line is never
longer than the way over the ground; what is reported is always the geodesic of Karney (2013)
as :class:`pyproj.Geod` computes it.
"""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import shapely
from pyproj import Geod

from kalsel_gap.geo.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

Number = TypeVar("Number", float, FloatArray)

WGS84 = Geod(ellps="WGS84")
SEMI_MAJOR_M: float = WGS84.a
ECCENTRICITY_SQUARED: float = WGS84.es


# Radius of an orbit that takes one sidereal day: (GM/ω²)^⅓.
GEOSTATIONARY_M = 42_164_170.0

# Points handled at once where each of them has a list of candidates.
CHUNK = 4096


def metres_per_degree(lat: Number) -> tuple[Number, Number]:
    """Length of one degree of latitude and of longitude at a latitude of WGS84.

    Usable from Python with arrays and from numba kernels with scalars.

    Parameters
    ----------
    lat : float or array
        Latitude in degrees.

    Returns
    -------
    dlat_m, dlon_m : float or array
        Metres per degree along the meridian and along the parallel, shaped as `lat`.

    Notes
    -----
    ``M = a(1 - e²)/w³`` and ``N cos φ = a cos φ/w`` with ``w = √(1 - e² sin² φ)``, per degree.

    Examples
    --------
    >>> [round(float(metres)) for metres in metres_per_degree(0.0)]
    [110574, 111319]
    """
    phi = np.radians(lat)
    w = np.sqrt(1.0 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2)
    degree_m = SEMI_MAJOR_M * pi / 180.0
    return degree_m * (1.0 - ECCENTRICITY_SQUARED) / w**3, degree_m * np.cos(phi) / w


def nearest_point_m(
    lat: ArrayLike, lon: ArrayLike, to_lat: ArrayLike, to_lon: ArrayLike
) -> tuple[FloatArray, IntArray]:
    """Geodesic distance to the nearest of several points, and which one it is.

    Parameters
    ----------
    lat, lon : array of shape (n,)
        From where, WGS84 degrees.
    to_lat, to_lon : array of shape (m,)
        Destinations; points with a NaN are never the nearest.

    Returns
    -------
    distance_m : float array of shape (n,)
        NaN where the position is NaN or there is no destination.
    index : int array of shape (n,)
        Index into `to_lat`; -1 where the distance is NaN. Of equally near points the first.
    """
    lat, lon = positions(lat, lon)
    to_lat, to_lon = positions(to_lat, to_lon)
    distance_m = np.full(lat.shape, np.nan)
    index = np.full(lat.shape, -1, dtype=np.int64)

    usable = np.flatnonzero(np.isfinite(to_lat))
    if usable.size == 0:
        return distance_m, index
    # Schools share coordinates, towers do even more: one candidate for each place.
    places, first = np.unique(
        np.column_stack([to_lat[usable], to_lon[usable]]), axis=0, return_index=True
    )
    target = usable[first]
    from scipy.spatial import KDTree  # slow to import, not always needed

    tree = KDTree(earth_centred_m(places[:, 0], places[:, 1]))

    # The nearest by chord need not be the nearest over the ground. But a geodesic is never
    # shorter than its chord: once the last candidate's chord is longer than the best geodesic,
    # no place beyond it can be nearer. Positions without this proof get more candidates.
    todo = np.flatnonzero(np.isfinite(lat))
    candidates = 4
    while todo.size:
        candidates = min(candidates, target.size)
        certain = np.zeros(todo.size, dtype=np.bool_)
        for chunk in _chunks(todo.size, max(1, CHUNK * 16 // candidates)):
            rows = todo[chunk]
            chord_m, found = tree.query(
                earth_centred_m(lat[rows], lon[rows]), k=np.arange(1, candidates + 1)
            )
            reached = target[found]
            geodesic_m = _geodesic_m(
                lat[rows, None], lon[rows, None], to_lat[reached], to_lon[reached]
            )
            best_m = geodesic_m.min(axis=1)
            distance_m[rows] = best_m
            index[rows] = np.where(geodesic_m == best_m[:, None], reached, to_lat.size).min(axis=1)
            certain[chunk] = np.asarray(chord_m)[:, -1] > best_m
        if candidates == target.size:
            break
        todo = todo[~certain]
        candidates *= 4
    return distance_m, index


def nearest_line_m(
    lat: ArrayLike, lon: ArrayLike, lines: ArrayLike, *, segment_m: float = 250.0
) -> FloatArray:
    """Geodesic distance to the nearest of several lines: a coast, roads, fibre.

    Parameters
    ----------
    lat, lon : array of shape (n,)
        From where, WGS84 degrees.
    lines : array of shapely geometries
        In WGS84 longitude and latitude, straight between vertices in these coordinates.
        Of polygons the boundary counts; missing and empty geometries and points do not.
    segment_m : float
        Lines are cut into segments no longer than this before the search. It changes speed and
        memory only: the distance is to the exact nearest point of the segment.

    Returns
    -------
    float array of shape (n,)
        Metres; NaN where the position is NaN or there is no line.
    """
    lat, lon = positions(lat, lon)
    distance_m = np.full(lat.shape, np.nan)
    start, end = _segments(np.asarray(lines, dtype=object), segment_m)
    if start.size == 0:
        return distance_m

    a, b = earth_centred_m(start[:, 1], start[:, 0]), earth_centred_m(end[:, 1], end[:, 0])
    along = b - a
    length2 = (along**2).sum(axis=1)
    from scipy.spatial import KDTree  # slow to import, not always needed

    tree = KDTree((a + b) / 2.0)
    half_m = float(np.sqrt(length2.max())) / 2.0

    known = np.flatnonzero(np.isfinite(lat))
    for chunk in _chunks(known.size, CHUNK):
        rows = known[chunk]
        here = earth_centred_m(lat[rows], lon[rows])
        # A segment nearer than the nearest midpoint has its own midpoint within half a segment
        # more. The millimetre keeps a single midpoint inside its own circle.
        reach_m = tree.query(here)[0] + half_m + 1e-3
        found = np.asarray(tree.query_ball_point(here, reach_m), dtype=object)
        counts = np.array([len(segments) for segments in found])
        segment = np.concatenate([np.asarray(segments, dtype=np.int64) for segments in found])
        owner = np.repeat(np.arange(rows.size), counts)

        offset = here[owner] - a[segment]
        share = np.clip((offset * along[segment]).sum(axis=1) / length2[segment], 0.0, 1.0)
        chord2 = ((offset - share[:, None] * along[segment]) ** 2).sum(axis=1)
        best = np.lexsort((chord2, owner))[np.cumsum(counts) - counts]
        foot = start[segment[best]] + share[best, None] * (end - start)[segment[best]]
        distance_m[rows] = _geodesic_m(lat[rows], lon[rows], foot[:, 1], foot[:, 0])
    return distance_m


def shape_distance_m(
    lat: ArrayLike, lon: ArrayLike, shapes: ArrayLike, index: ArrayLike
) -> FloatArray:
    """Geodesic distance from each position to its own polygon, 0 inside of it.

    Parameters
    ----------
    lat, lon : array of shape (n,)
        From where, WGS84 degrees.
    shapes : array of shapely geometries
        Polygons in WGS84 longitude and latitude.
    index : int array of shape (n,)
        Which of `shapes` each position is measured to; negative for none.

    Returns
    -------
    float array of shape (n,)
        Metres; NaN where the position is NaN, the index negative or the polygon empty.

    Notes
    -----
    The nearest point is found in degrees of longitude shrunk as at the middle of the polygon; the
    way to it is the geodesic.
    """
    lat, lon = positions(lat, lon)
    index = np.asarray(index, dtype=np.int64)
    distance_m = np.full(lat.shape, np.nan)
    rows = np.flatnonzero(np.isfinite(lat) & (index >= 0))
    used, which = np.unique(index[rows], return_inverse=True)
    own = np.asarray(shapes, dtype=object)[used]
    shrink = np.cos(np.radians(shapely.bounds(own)[:, [1, 3]].mean(axis=1)))
    vertex, owner = shapely.get_coordinates(own, return_index=True)
    vertex[:, 0] *= shrink[owner]
    own = shapely.set_coordinates(own.copy(), vertex)
    shapely.prepare(own)
    here = shapely.points(lon[rows] * shrink[which], lat[rows])
    way = shapely.shortest_line(own[which], here)
    reached = ~shapely.is_missing(way)  # an empty shape has no nearest point
    rows, which = rows[reached], which[reached]
    foot = shapely.get_coordinates(shapely.get_point(way[reached], 0))
    distance_m[rows] = _geodesic_m(lat[rows], lon[rows], foot[:, 1], foot[:, 0] / shrink[which])
    inside = shapely.length(way[reached]) == 0
    distance_m[rows[inside]] = 0.0
    return distance_m


def look_angles(
    lat: ArrayLike, lon: ArrayLike, satellite_lon: float
) -> tuple[FloatArray, FloatArray]:
    """Azimuth and elevation of a geostationary satellite, seen from the ellipsoid.

    Parameters
    ----------
    lat, lon : array of shape (n,)
        WGS84 degrees.
    satellite_lon : float
        Longitude of its orbital slot, degrees east.

    Returns
    -------
    azimuth_deg : float array of shape (n,)
        Clockwise from north, 0 to 360; without meaning directly below the satellite.
    elevation_deg : float array of shape (n,)
        Above the tangent plane of the ellipsoid, negative below it; without refraction. Both are
        NaN where the position is.

    Examples
    --------
    >>> azimuth, elevation = look_angles([0.0, -3.32], [146.0, 114.59], 146.0)
    >>> [round(float(angle), 2) for angle in (elevation[0], azimuth[1], elevation[1])]
    [90.0, 84.59, 53.24]
    """
    lat, lon = positions(lat, lon)
    turn = np.radians(satellite_lon)
    satellite = GEOSTATIONARY_M * np.array([np.cos(turn), np.sin(turn), 0.0])
    x, y, z = (satellite - earth_centred_m(lat, lon)).T
    phi, lam = np.radians(lat), np.radians(lon)
    outward = np.cos(lam) * x + np.sin(lam) * y
    east = np.cos(lam) * y - np.sin(lam) * x
    north = np.cos(phi) * z - np.sin(phi) * outward
    up = np.cos(phi) * outward + np.sin(phi) * z
    azimuth = np.degrees(np.arctan2(east, north)) % 360.0
    return azimuth, np.degrees(np.arctan2(up, np.hypot(east, north)))


def distance_m(lat: ArrayLike, lon: ArrayLike, to_lat: ArrayLike, to_lon: ArrayLike) -> FloatArray:
    """Geodesic distance from each position to its own goal, metres; NaN where an end is NaN."""
    lat, lon = positions(lat, lon)
    to_lat, to_lon = positions(to_lat, to_lon)
    return np.asarray(WGS84.inv(lon, lat, to_lon, to_lat)[2])


def earth_centred_m(lat: FloatArray, lon: FloatArray) -> FloatArray:
    """Earth-centred coordinates in metres of points on the ellipsoid, shape (n, 3)."""
    phi, lam = np.radians(lat), np.radians(lon)
    normal_m = SEMI_MAJOR_M / np.sqrt(1.0 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2)
    return np.column_stack(
        [
            normal_m * np.cos(phi) * np.cos(lam),
            normal_m * np.cos(phi) * np.sin(lam),
            normal_m * (1.0 - ECCENTRICITY_SQUARED) * np.sin(phi),
        ]
    )


def positions(lat: ArrayLike, lon: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Both as flat float arrays of one shape, both NaN where no place on Earth is meant."""
    lat, lon = np.broadcast_arrays(
        np.atleast_1d(np.asarray(lat, dtype=np.float64)),
        np.atleast_1d(np.asarray(lon, dtype=np.float64)),
    )
    nowhere = ~((np.abs(lat) <= 90.0) & np.isfinite(lon))
    return np.where(nowhere, np.nan, lat), np.where(nowhere, np.nan, lon)


def _geodesic_m(
    lat: FloatArray, lon: FloatArray, to_lat: FloatArray, to_lon: FloatArray
) -> FloatArray:
    """Length of the geodesic between each pair, broadcast against each other."""
    lat, lon, to_lat, to_lon = np.broadcast_arrays(lat, lon, to_lat, to_lon)
    length_m: FloatArray = WGS84.inv(lon, lat, to_lon, to_lat)[2]
    return length_m


def _segments(lines: NDArray[np.object_], segment_m: float) -> tuple[FloatArray, FloatArray]:
    """Start and end (lon, lat) of all segments of all lines, two arrays of shape (n, 2)."""
    parts = shapely.get_parts(lines.ravel())
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts[polygon] = shapely.boundary(parts[polygon])
    vertex, part = shapely.get_coordinates(shapely.get_parts(parts), return_index=True)
    joined = (part[1:] == part[:-1]) & np.isfinite(vertex[1:]).all(axis=1)
    joined &= np.isfinite(vertex[:-1]).all(axis=1) & (vertex[1:] != vertex[:-1]).any(axis=1)
    start, end = vertex[:-1][joined], vertex[1:][joined]

    # With the longer degree of both ends, so that no segment is too long.
    north_m, east_m = np.maximum(metres_per_degree(start[:, 1]), metres_per_degree(end[:, 1]))
    length_m = np.hypot((end[:, 0] - start[:, 0]) * east_m, (end[:, 1] - start[:, 1]) * north_m)
    cuts = np.maximum(np.ceil(length_m / segment_m), 1.0).astype(np.int64)
    segment = np.repeat(np.arange(cuts.size), cuts)
    place = np.arange(segment.size) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    step = (end - start)[segment] / cuts[segment, None]
    first = start[segment] + place[:, None] * step
    return first, first + step


def _chunks(total: int, size: int) -> Iterator[slice]:
    """Slices of at most `size` that together cover `total`."""
    for begin in range(0, total, size):
        yield slice(begin, min(begin + size, total))
