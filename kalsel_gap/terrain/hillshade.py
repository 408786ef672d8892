"""Hillshade of an elevation model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray


_SUN = (math.radians(315.0), math.radians(45.0))  # azimuth and height: the cartographer's light


_EXAGGERATION = 3.0


def shade_relief(elevation_m: FloatArray, pixel_m: float) -> FloatArray:
    """Light on a slope from the north-west, 0 to 1; level ground has 0.71.

    Parameters
    ----------
    elevation_m : float array of shape (rows, columns)
        Without NaN, north up.
    pixel_m : float
        Size of a pixel on the ground.

    Examples
    --------
    >>> shade_relief(np.zeros((3, 3)), 30.0).round(2).max()
    np.float64(0.71)
    """
    if min(elevation_m.shape) < 2:
        return np.full(elevation_m.shape, math.sin(_SUN[1]))
    down, right = np.gradient(elevation_m * (_EXAGGERATION / pixel_m))
    slope = np.arctan(np.hypot(down, right))
    return light(slope, np.arctan2(-right, down))


def light(slope_rad: FloatArray, aspect_rad: FloatArray) -> FloatArray:
    """Light that falls on a slope from the north-west, 0 to 1 (Horn 1981).

    Parameters
    ----------
    slope_rad : float array
    aspect_rad : float array
        Of the downhill direction, clockwise from north; anything on level ground.
    """
    azimuth, height = _SUN
    lit: FloatArray = np.clip(
        math.sin(height) * np.cos(slope_rad)
        + math.cos(height) * np.sin(slope_rad) * np.cos(azimuth - aspect_rad),
        0.0,
        1.0,
    )
    return lit
