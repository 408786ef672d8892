"""Antennas of sectors: the parabolas of 3GPP TR 36.814 and TR 38.901."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numba.extending import register_jitable

from kalsel_gap.geo.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.radio import Pattern

# Of a Pattern: half-power widths seen from above and from the side, front to back, side lobes.
Widths: TypeAlias = tuple[float, float, float, float]


def sector_gain_db(
    azimuth_deg: ArrayLike,
    downtilt_deg: ArrayLike,
    bearing_deg: ArrayLike,
    elevation_deg: ArrayLike,
    *,
    pattern: Pattern,
) -> FloatArray:
    """Gain of a sector antenna towards a receiver, relative to its maximum: 0 dB or less.

    Unknown values reduce nothing: without an azimuth the antenna is omnidirectional, and without a
    downtilt it points at the receiver's height.

    Parameters
    ----------
    azimuth_deg : array
        Direction of the antenna, clockwise from north; NaN: omnidirectional.
    downtilt_deg : array
        Downtilt below the horizon; NaN: towards the receiver.
    bearing_deg : array
        Direction of the receiver from the antenna, clockwise from north.
    elevation_deg : array
        Elevation angle of the ray at the antenna.
    pattern : Pattern
        Half-power widths and largest attenuations.

    Returns
    -------
    float array
        TR 36.814, Table A.2.1.1-2: ``-min(A_H + A_V, front to back)`` with
        ``A = min(12·(angle / half-power width)², largest)``; NaN where a bearing or elevation is
        needed and not known.

    Examples
    --------
    >>> from kalsel_gap.project.base import default_values
    >>> from kalsel_gap.project.radio import Radio
    >>> pattern = Radio.model_validate(default_values("radio")).pattern
    >>> sector_gain_db(90.0, 0.0, [90.0, 122.5, 270.0], 0.0, pattern=pattern).tolist()
    [0.0, -3.0, -30.0]
    """
    given = (azimuth_deg, downtilt_deg, bearing_deg, elevation_deg)
    arrays = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in given))
    azimuth, downtilt, bearing, elevation = (each.flatten() for each in arrays)
    found = np.empty(azimuth.size)
    _gains(azimuth, downtilt, bearing, elevation, widths(pattern), found)
    return found.reshape(arrays[0].shape)


def widths(pattern: Pattern) -> Widths:
    """The last argument of :func:`relative_db`, for kernels."""
    return (
        pattern.horizontal_deg,
        pattern.vertical_deg,
        pattern.front_to_back_db,
        pattern.side_lobe_db,
    )


def relative_db(
    azimuth_deg: float,
    downtilt_deg: float,
    bearing_deg: float,
    elevation_deg: float,
    pattern: Widths,
) -> float:
    """One gain of :func:`sector_gain_db`, in Python and in kernels."""
    horizontal_deg, vertical_deg, front_to_back_db, side_lobe_db = pattern
    loss_db = 0.0
    if not math.isnan(azimuth_deg):
        off = (bearing_deg - azimuth_deg + 180.0) % 360.0 - 180.0
        loss_db += min(12.0 * (off / horizontal_deg) ** 2, front_to_back_db)
    if not math.isnan(downtilt_deg):
        loss_db += min(12.0 * ((elevation_deg + downtilt_deg) / vertical_deg) ** 2, side_lobe_db)
    return 0.0 - min(loss_db, front_to_back_db)


register_jitable(relative_db)  # the kernels call the same function


@kernel
def _gains(
    azimuth_deg: FloatArray,
    downtilt_deg: FloatArray,
    bearing_deg: FloatArray,
    elevation_deg: FloatArray,
    pattern: Widths,
    found: FloatArray,
) -> None:
    """Gains of all pairs."""
    for i in range(found.size):
        found[i] = relative_db(
            azimuth_deg[i], downtilt_deg[i], bearing_deg[i], elevation_deg[i], pattern
        )


@kernel
def gains_around(
    places: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    known: NDArray[np.bool_],
    rise_m: FloatArray,
    antenna: tuple[float, float, float, float],
    pattern: Widths,
    earth_m: float,
    found: FloatArray,
) -> None:
    """Gains towards cells; bearing and distance on a sphere, exact enough for antenna patterns."""
    sin_lat, cos_lat, sin_apart, cos_apart = places
    from_lat, azimuth_deg, downtilt_deg, k = antenna
    sin_y, cos_y = math.sin(from_lat), math.cos(from_lat)
    for i in range(found.shape[0]):
        for j in range(found.shape[1]):
            if not known[i, j]:
                continue
            east = sin_apart[i, j] * cos_lat[i, j]
            north = cos_y * sin_lat[i, j] - sin_y * cos_lat[i, j] * cos_apart[i, j]
            bearing_deg, elevation_deg = math.degrees(math.atan2(east, north)), 0.0
            if rise_m.size:
                up = sin_y * sin_lat[i, j] + cos_y * cos_lat[i, j] * cos_apart[i, j]
                way_m = math.atan2(math.hypot(east, north), up) * earth_m
                fall = way_m / (2.0 * earth_m * k)  # drop of the Earth's surface below the ray
                slope = math.atan(rise_m[i, j] / max(way_m, 1.0) - fall)
                elevation_deg = math.degrees(slope)
            found[i, j] = relative_db(
                azimuth_deg, downtilt_deg, bearing_deg, elevation_deg, pattern
            )
