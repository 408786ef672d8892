"""Free-space loss: Recommendation ITU-R P.525."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.radio.propagation.fresnel import wavelength_m

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray


def free_space_db(distance_km: ArrayLike, frequency_mhz: ArrayLike) -> FloatArray:
    """Free-space basic transmission loss between isotropic antennas, ``20·log10(4π·d/λ)``.

    Parameters
    ----------
    distance_km : array
        Length of the ray between the antennas, not along the ground.
    frequency_mhz : array
        Frequency.

    Returns
    -------
    float array
        Decibels; NaN where the distance or the frequency is not positive.

    Examples
    --------
    >>> round(float(free_space_db(1.0, 1000.0)), 2)
    92.45
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        distance_m = np.asarray(distance_km, dtype=np.float64) * 1000.0
        ratio = 4.0 * np.pi * distance_m / wavelength_m(frequency_mhz)
        return 20.0 * np.log10(np.where((ratio > 0.0) & np.isfinite(ratio), ratio, np.nan))
