"""Earth bulge, Fresnel zone, clearance and a single knife edge.

Textbook formulas of Recommendations ITU-R P.526 and P.530, for arrays of any shape.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numba.extending import register_jitable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray


SPEED_OF_LIGHT_KM_S = 299_792.458
EARTH_RADIUS_KM = 6371.0


def wavelength_m(frequency_mhz: ArrayLike) -> FloatArray:
    """Wavelength in vacuum, metres.

    Examples
    --------
    >>> round(float(wavelength_m(1800.0)), 4)
    0.1666
    """
    return SPEED_OF_LIGHT_KM_S / 1000.0 / np.asarray(frequency_mhz, dtype=np.float64)


def earth_bulge_m(to_tx_km: ArrayLike, to_rx_km: ArrayLike, k: ArrayLike = 4.0 / 3.0) -> FloatArray:
    """Height of the Earth's surface above the chord between two stations.

    ``d1·d2/(2·k·a)`` with the Earth's radius a = 6371 km (ITU-R P.530): distances in kilometres
    and the usual factor 12.74 give metres.

    Parameters
    ----------
    to_tx_km, to_rx_km : array
        Distance from either end.
    k : array
        Effective Earth radius factor: 4/3 in the median, down to 0.6 in the worst case.

    Examples
    --------
    Half way along 20 km:

    >>> round(float(earth_bulge_m(10.0, 10.0)), 1)
    5.9
    """
    product = np.asarray(to_tx_km, dtype=np.float64) * np.asarray(to_rx_km, dtype=np.float64)
    return product * 1000.0 / (2.0 * EARTH_RADIUS_KM * np.asarray(k, dtype=np.float64))


def fresnel_radius_m(
    to_tx_km: ArrayLike, to_rx_km: ArrayLike, frequency_mhz: ArrayLike
) -> FloatArray:
    """Radius of the first Fresnel zone, ``√(λ·d1·d2/(d1+d2))``; 0 at the ends.

    The usual factor is 17.32 for kilometres and gigahertz (ITU-R P.530).

    Examples
    --------
    Half way along 20 km at 1.8 GHz:

    >>> round(float(fresnel_radius_m(10.0, 10.0, 1800.0)), 1)
    28.9
    """
    to_tx_m = np.asarray(to_tx_km, dtype=np.float64) * 1000.0
    to_rx_m = np.asarray(to_rx_km, dtype=np.float64) * 1000.0
    with np.errstate(invalid="ignore"):  # equal points are no path: NaN
        return np.sqrt(wavelength_m(frequency_mhz) * to_tx_m * to_rx_m / (to_tx_m + to_rx_m))


def clearance_ratio(clearance_m: ArrayLike, radius_m: ArrayLike) -> FloatArray:
    """Clearance of the ray above the ground as a share of the first Fresnel radius.

    Negative where the ray is blocked; 0.6 is counted as clear. NaN where the radius is 0, at the
    stations themselves.

    Examples
    --------
    >>> float(clearance_ratio(17.4, 29.0))
    0.6
    """
    radius = np.asarray(radius_m, dtype=np.float64)
    usable = np.where(radius > 0.0, radius, np.nan)
    return np.asarray(clearance_m, dtype=np.float64) / usable


def worst_k(path_km: ArrayLike, points: Sequence[tuple[float, float]]) -> FloatArray:
    """Effective Earth radius factor of the worst case, between the points of a table.

    Parameters
    ----------
    path_km : array
        Length of the path.
    points : sequence of (km, k)
        Rising in km; ``[k_factor]`` of ``defaults/radio.toml``. Constant beyond both ends.

    Examples
    --------
    >>> worst_k([5.0, 60.0, 500.0], [(20.0, 0.6), (100.0, 0.8)]).tolist()
    [0.6, 0.7, 0.8]
    """
    km, k = zip(*points, strict=True)
    found: FloatArray = np.interp(np.asarray(path_km, dtype=np.float64), km, k)
    return found


def diffraction_parameter(
    height_m: ArrayLike, to_tx_km: ArrayLike, to_rx_km: ArrayLike, frequency_mhz: ArrayLike
) -> FloatArray:
    """Fresnel-Kirchhoff parameter ν of an edge (ITU-R P.526, eq. 26).

    Parameters
    ----------
    height_m : array
        Top of the edge above the straight line between the stations, negative below it.
    to_tx_km, to_rx_km : array
        Distance from either end.
    frequency_mhz : array
        Frequency.

    Examples
    --------
    An edge as high as the Fresnel radius has ν = √2:

    >>> round(float(diffraction_parameter(28.857, 10.0, 10.0, 1800.0)), 3)
    1.414
    """
    radius_m = fresnel_radius_m(to_tx_km, to_rx_km, frequency_mhz)
    return sqrt(2.0) * clearance_ratio(height_m, radius_m)


def knife_edge(nu: float) -> float:
    """Loss of a knife edge, dB: J(ν) of ITU-R P.526 eq. (31) and P.1812 eq. (12).

    For one number, in Python and in kernels.

    Examples
    --------
    A grazing ray has a loss of 6 dB:

    >>> round(knife_edge(0.0), 2)
    6.03
    """
    if nu > -0.78:
        shifted = nu - 0.1
        return float(6.9 + 20.0 * np.log10(np.sqrt(shifted * shifted + 1.0) + shifted))
    return 0.0


def knife_edge_db(nu: ArrayLike) -> FloatArray:
    """Loss of knife edges, dB: :func:`knife_edge` for an array; NaN where ν is.

    Examples
    --------
    >>> knife_edge_db([-1.0, 0.0, 2.4]).round(1).tolist()
    [0.0, 6.0, 20.5]
    """
    array = np.asarray(nu, dtype=np.float64)
    shifted = np.maximum(array, -0.78) - 0.1  # NaN stays
    loss = 6.9 + 20.0 * np.log10(np.sqrt(shifted * shifted + 1.0) + shifted)
    return np.where(array <= -0.78, 0.0, loss)


register_jitable(knife_edge)  # the kernels call the same function
