"""What houses and trees around a receiver take, where no input shows them.

Bare terrain by ITU-R P.1812 leaves a receiver in the open. Between open land and a village lies
the difference of two corrections of the Okumura-Hata model.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float64]
Kind = Literal["suburban", "open"]


def suburban_db(frequency_mhz: ArrayLike) -> FloatArray:
    """Loss among the houses and trees of a village above that on open land.

    Hata's correction for open areas less that for suburban ones: M. Hata, Empirical formula for
    propagation loss in land mobile radio services, IEEE Trans. Veh. Technol. 29 (1980), eq. (15)
    and (17). Measured from 150 to 1500 MHz; above, it is extrapolated as COST 231 does.

    Parameters
    ----------
    frequency_mhz : array
        Frequency.

    Returns
    -------
    float array
        Decibels; NaN without a positive frequency.

    Examples
    --------
    >>> suburban_db([900.0, 1800.0, 2100.0]).round(1).tolist()
    [18.6, 20.0, 20.4]
    """
    mhz = np.asarray(frequency_mhz, dtype=np.float64)
    mhz = np.where(mhz > 0.0, mhz, np.nan)
    decades = np.log10(mhz)
    open_area = 4.78 * decades**2 - 18.33 * decades + 40.94
    suburban = 2.0 * np.log10(mhz / 28.0) ** 2 + 5.4
    return open_area - suburban


def surroundings_db(
    frequency_mhz: ArrayLike, kind: Kind, vegetation_db: ArrayLike = 0.0
) -> FloatArray:
    """What the surroundings of a receiver take beyond the trees that land cover shows.

    Parameters
    ----------
    frequency_mhz : array
        Frequency.
    kind : {'suburban', 'open'}
        A village, or open land, which takes nothing.
    vegetation_db : array
        Counted already as loss in woodland. A village has trees too: of both the larger counts,
        never the sum.

    Examples
    --------
    >>> surroundings_db(1800.0, "suburban", [0.0, 15.0, 40.0]).round(1).tolist()
    [20.0, 5.0, 0.0]
    """
    whole = suburban_db(frequency_mhz) if kind == "suburban" else 0.0
    found: FloatArray = np.maximum(whole - np.asarray(vegetation_db, dtype=np.float64), 0.0)
    return found
