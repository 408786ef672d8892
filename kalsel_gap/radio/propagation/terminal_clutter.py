"""Loss in houses and trees around a receiver, where no input shows them.

ITU-R P.1812 over bare terrain assumes a receiver on open land. The loss of a village against open
land is the difference of two corrections of the Okumura-Hata model, for the height of a phone. It
decreases with the height and is 0 above the roofs: by the height gain of ITU-R P.2108, which like
these corrections covers the surroundings only. (Hata's own height gain includes that of the path,
which P.1812 computes for each height.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from kalsel_gap.radio.propagation.fresnel import knife_edge_db

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray


SurroundingsKind = Literal["suburban", "open"]

PHONE_M = 1.5  # the receiver height of Hata's corrections
ROOF_M, STREET_M = 10.0, 27.0  # of a suburb, ITU-R P.2108-1, Table 3
GRAZING_DB = 6.03


def suburban_db(frequency_mhz: ArrayLike) -> FloatArray:
    """Loss in the houses and trees of a village, more than on open land.

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
    mhz = _positive(frequency_mhz)
    decades = np.log10(mhz)
    open_area = 4.78 * decades**2 - 18.33 * decades + 40.94
    suburban = 2.0 * np.log10(mhz / 28.0) ** 2 + 5.4
    return open_area - suburban


def below_roofs_db(frequency_mhz: ArrayLike, height_m: ArrayLike) -> FloatArray:
    """Loss of an antenna below the roofs of a suburb: ITU-R P.2108-1, 3.1, eqs. (2a) to (2g).

    Roofs and trees 10 m high, 27 m apart. For 30 MHz to 3 GHz; above, it is extrapolated.

    Parameters
    ----------
    frequency_mhz : array
        Frequency.
    height_m : array
        Antenna above ground.

    Returns
    -------
    float array
        Decibels; 0 above the roofs, NaN without a positive frequency.

    Examples
    --------
    At 1800 MHz the loss at a phone is about that of Hata:

    >>> below_roofs_db(1800.0, [1.5, 6.0, 10.0]).round(1).tolist()
    [21.8, 15.4, 0.0]
    """
    below_m = ROOF_M - np.asarray(height_m, dtype=np.float64)
    drop_m = np.maximum(below_m, 0.0)
    angle_deg = np.degrees(np.arctan(drop_m / STREET_M))
    root_ghz = np.sqrt(_positive(frequency_mhz) / 1000.0)
    lost_db = knife_edge_db(0.342 * root_ghz * np.sqrt(drop_m * angle_deg)) - GRAZING_DB
    return np.where(below_m <= 0.0, 0.0 * lost_db, lost_db)


def _positive(frequency_mhz: ArrayLike) -> FloatArray:
    mhz = np.asarray(frequency_mhz, dtype=np.float64)
    return np.where(mhz > 0.0, mhz, np.nan)


def surroundings_db(
    frequency_mhz: ArrayLike,
    kind: SurroundingsKind,
    vegetation_db: ArrayLike = 0.0,
    *,
    height_m: ArrayLike = PHONE_M,
) -> FloatArray:
    """Loss in the surroundings of a receiver beyond that in woodland of the land cover.

    Parameters
    ----------
    frequency_mhz : array
        Frequency.
    kind : {'suburban', 'open'}
        A village, or open land, which causes no loss.
    vegetation_db : array
        Loss in woodland that is counted already. A village has trees too: the larger of both
        losses counts, never the sum.
    height_m : array
        Antenna above ground: the loss at a phone is scaled by the ratio of :func:`below_roofs_db`
        at this height to that at the height of a phone.

    Examples
    --------
    >>> surroundings_db(1800.0, "suburban", [0.0, 15.0, 40.0]).round(1).tolist()
    [20.0, 5.0, 0.0]
    >>> surroundings_db(1800.0, "suburban", height_m=[1.5, 6.0, 10.0]).round(1).tolist()
    [20.0, 14.1, 0.0]
    """
    whole: FloatArray = np.zeros(())
    if kind == "suburban":
        at_phone_db = below_roofs_db(frequency_mhz, PHONE_M)
        share = below_roofs_db(frequency_mhz, height_m) / at_phone_db
        whole = suburban_db(frequency_mhz) * share
    found: FloatArray = np.maximum(whole - np.asarray(vegetation_db, dtype=np.float64), 0.0)
    return found
