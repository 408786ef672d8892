"""Location variability of the loss: ITU-R P.1812-8, section 4.7 and Attachment 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba.extending import register_jitable

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray


def location_sigma_db(
    frequency_mhz: ArrayLike,
    resolution_m: ArrayLike,
    rx_height_m: ArrayLike = 1.5,
    clutter_m: ArrayLike = 10.0,
) -> FloatArray:
    """Standard deviation of the loss over locations, eqs. (64) to (66).

    Parameters
    ----------
    frequency_mhz : array
        Frequency.
    resolution_m : array
        Width of the square that the prediction represents, 50 to 1000 m in the Recommendation.
    rx_height_m, clutter_m : array
        Antenna height above ground and clutter height there: 10 m above clutter there is none.

    Examples
    --------
    >>> round(float(location_sigma_db(600.0, 500.0)), 2)
    3.04
    """
    spread = (0.52 + 0.024 * np.asarray(frequency_mhz, dtype=np.float64) / 1000.0) * (
        np.asarray(resolution_m, dtype=np.float64) ** 0.28
    )
    above_m = np.asarray(rx_height_m, dtype=np.float64) - np.asarray(clutter_m, dtype=np.float64)
    return spread * np.clip(1.0 - above_m / 10.0, 0.0, 1.0)


def normal_quantile(share: float) -> float:
    """Quantile of the standard normal distribution, eqs. (95) to (97).

    The rational approximation of the Recommendation, on which its published results are based
    (error below 0.00054), for one number, in Python and in kernels.

    Examples
    --------
    >>> round(float(normal_quantile(0.9)), 2)
    1.28
    """
    tail = min(share, 1.0 - share)
    t = np.sqrt(-2.0 * np.log(tail))
    rational = ((0.010328 * t + 0.802853) * t + 2.515516698) / (
        ((0.001308 * t + 0.189269) * t + 1.432788) * t + 1.0
    )
    value: float = rational - t if share <= 0.5 else t - rational
    return value


register_jitable(normal_quantile)  # the kernels call the same function
