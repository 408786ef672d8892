"""Distances by brute force: every pair of points, computed by pyproj."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from kalsel_gap.geo.geodesy import WGS84

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray


def brute_point_m(
    lat: FloatArray, lon: FloatArray, to_lat: FloatArray, to_lon: FloatArray
) -> FloatArray:
    """Geodesics of all pairs, shape (n, m)."""
    shape = (lat.size, to_lat.size)
    lengths: FloatArray = WGS84.inv(
        np.broadcast_to(lon[:, None], shape),
        np.broadcast_to(lat[:, None], shape),
        np.broadcast_to(to_lon, shape),
        np.broadcast_to(to_lat, shape),
    )[2]
    return lengths


def brute_line_m(lat: float, lon: float, lines: Any, every_deg: float = 1e-4) -> float:
    """Distance to the nearest of many points on the lines."""
    dense = shapely.get_coordinates(shapely.segmentize(lines, every_deg))
    return float(brute_point_m(np.array([lat]), np.array([lon]), dense[:, 1], dense[:, 0]).min())
