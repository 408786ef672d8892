"""Loss into a building: Recommendation ITU-R P.2109, to which ITU-R P.1812 section 4.8 refers."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray


class Building(StrEnum):
    """Thermal insulation of a building, which also determines its entry loss."""

    TRADITIONAL = "traditional"
    """Brick, wood, plain glass."""
    EFFICIENT = "efficient"
    """Coated glass or foil."""


# Coefficients r s t u v w x y z of P.2109, Table 1.
COEFFICIENTS = {
    Building.TRADITIONAL: (12.64, 3.72, 0.96, 9.6, 2.0, 9.1, -3.0, 4.5, -2.0),
    Building.EFFICIENT: (28.19, -3.00, 8.48, 13.5, 3.8, 27.8, -2.9, 9.4, -2.1),
}
FREQUENCY_MHZ = (80.0, 100_000.0)
FLOOR_DB = -3.0  # C


def entry_loss_db(
    frequency_mhz: ArrayLike,
    *,
    share: ArrayLike = 0.5,
    elevation_deg: ArrayLike = 0.0,
    building: Building = Building.TRADITIONAL,
) -> FloatArray:
    """Building entry loss not exceeded in a share of cases, eqs. (1) to (10).

    Parameters
    ----------
    frequency_mhz : array
        Frequency, 80 MHz to 100 GHz; NaN outside.
    share : array
        Share of buildings and places in them, above 0 and below 1; NaN outside.
    elevation_deg : array
        Angle of the path above the horizon at the facade.
    building : Building
        Kind of building.

    Examples
    --------
    >>> [round(float(entry_loss_db(1800.0, building=kind)), 1) for kind in Building]
    [14.8, 30.6]
    """
    r, s, t, u, v, w, x, y, z = COEFFICIENTS[building]
    mhz = np.asarray(frequency_mhz, dtype=np.float64)
    covered = (mhz >= FREQUENCY_MHZ[0]) & (mhz <= FREQUENCY_MHZ[1])
    log_f = np.log10(np.where(covered, mhz, np.nan) / 1000.0)
    horizontal = r + s * log_f + t * log_f**2
    upward = 0.212 * np.abs(np.asarray(elevation_deg, dtype=np.float64))
    given = np.asarray(share, dtype=np.float64)
    quantile = ndtri(np.where((given > 0.0) & (given < 1.0), given, np.nan))
    a = quantile * (u + v * log_f) + horizontal + upward
    b = quantile * (y + z * log_f) + w + x * log_f
    found: FloatArray = 10.0 * np.log10(
        10.0 ** (0.1 * a) + 10.0 ** (0.1 * b) + 10.0 ** (0.1 * FLOOR_DB)
    )
    return found


def entry_sigma_db(
    frequency_mhz: ArrayLike, *, building: Building = Building.TRADITIONAL
) -> FloatArray:
    """Standard deviation of the entry loss: half of what lies between its ±1σ quantiles.

    The distribution is nearly normal where it matters for ITU-R P.1812, whose location
    variability it joins by the root of the sum of squares.

    Examples
    --------
    >>> bool(8.0 < entry_sigma_db(1800.0) < 11.0)
    True
    """
    high = entry_loss_db(frequency_mhz, share=0.8413447460685429, building=building)
    low = entry_loss_db(frequency_mhz, share=0.15865525393145707, building=building)
    return (high - low) / 2.0
