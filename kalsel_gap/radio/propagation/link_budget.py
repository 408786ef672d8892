"""Link budgets: from the EIRP of a carrier and the path loss to the level at a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import ndtr

from kalsel_gap.radio.propagation.building_entry import Building, entry_loss_db, entry_sigma_db

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.radio import Carrier, Mobile


SUBCARRIERS = 12.0  # of a resource block: 3GPP TS 36.211 and TS 38.211


class Level(NamedTuple):
    """A level and how it varies from place to place."""

    median_dbm: FloatArray
    sigma_db: FloatArray


def below_eirp_db(carrier: Carrier, bandwidth_mhz: ArrayLike = np.nan) -> FloatArray:
    """Difference between the power of the whole carrier and the measured level.

    RSRP is the power of one resource element: ``10·log10(12·resource blocks)`` below the carrier,
    with evenly spread power. RSCP is the power of the pilot. The level of 2G is the whole carrier.

    Parameters
    ----------
    carrier : Carrier
        The technology's.
    bandwidth_mhz : array
        Bandwidth; NaN: the default of the carrier.

    Returns
    -------
    float array
        Decibels; NaN for a bandwidth that the technology does not have.

    Examples
    --------
    >>> from kalsel_gap.project.base import default_values
    >>> from kalsel_gap.project.radio import Radio
    >>> carriers = Radio.model_validate(default_values("radio")).carriers
    >>> [round(float(below_eirp_db(carriers[name], 20.0)), 1) for name in ("4g", "5g", "3g", "2g")]
    [30.8, 27.9, 10.0, 0.0]
    """
    given = np.asarray(bandwidth_mhz, dtype=np.float64)
    mhz = np.where(np.isnan(given), carrier.bandwidth_mhz, given)
    elements = np.full(mhz.shape, np.nan if carrier.spacing_khz else 1.0)
    for width, blocks in carrier.blocks():
        elements[mhz == width] = SUBCARRIERS * blocks
    found: FloatArray = 10.0 * np.log10(elements / carrier.pilot_share)
    return found


def level_dbm(
    technology: ArrayLike,
    eirp_dbm: ArrayLike,
    loss_db: ArrayLike,
    *,
    carriers: Mapping[Mobile, Carrier],
    bandwidth_mhz: ArrayLike = np.nan,
    pattern_db: ArrayLike = 0.0,
    rx_gain_dbi: ArrayLike = 0.0,
) -> FloatArray:
    """Level that a phone measures: RSRP of 4G, SS-RSRP of 5G, RSCP of 3G, RSSI of 2G.

    Parameters
    ----------
    technology : str or array of str
        ``2g``, ``3g``, ``4g`` or ``5g``; NaN for others.
    eirp_dbm : array
        Of the whole carrier, in the direction of maximum gain.
    loss_db : array
        Basic transmission loss of the path.
    carriers : mapping
        ``radio.carriers``.
    bandwidth_mhz : array
        Bandwidth; NaN: that of ``radio.carriers``.
    pattern_db : array
        Gain of the antenna towards the receiver relative to its maximum, from ``antennas``.
    rx_gain_dbi : array
        Gain of the receiving antenna: 0 for a phone, or that of an outdoor CPE.

    Examples
    --------
    >>> from kalsel_gap.project.base import default_values
    >>> from kalsel_gap.project.radio import Radio
    >>> carriers = Radio.model_validate(default_values("radio")).carriers
    >>> round(float(level_dbm("4g", 62.0, 130.0, carriers=carriers, bandwidth_mhz=20.0)), 2)
    -98.79
    """
    names = np.asarray(technology)
    bandwidth = np.asarray(bandwidth_mhz, dtype=np.float64)
    below = np.full(np.broadcast_shapes(names.shape, bandwidth.shape), np.nan)
    for name, carrier in carriers.items():
        below = np.where(names == name, below_eirp_db(carrier, bandwidth), below)
    gains = np.asarray(pattern_db, dtype=np.float64) + np.asarray(rx_gain_dbi, dtype=np.float64)
    found: FloatArray = np.asarray(eirp_dbm, dtype=np.float64) - below + gains - np.asarray(loss_db)
    return found


def indoors(
    level_dbm: ArrayLike,
    sigma_db: ArrayLike,
    frequency_mhz: ArrayLike,
    *,
    building: Building = Building.TRADITIONAL,
) -> Level:
    """Level inside a building, by ITU-R P.2109, from that outside and its location variability.

    Both variabilities are independent, so that their variances add up (ITU-R P.1812-8, 4.9).

    Examples
    --------
    >>> inside = indoors(-90.0, 4.0, 1800.0)
    >>> round(float(inside.median_dbm), 1), bool(inside.sigma_db > 9.0)
    (-104.8, True)
    """
    outside = np.asarray(level_dbm, dtype=np.float64)
    spread = entry_sigma_db(frequency_mhz, building=building)
    return Level(
        outside - entry_loss_db(frequency_mhz, building=building),
        np.hypot(np.asarray(sigma_db, dtype=np.float64), spread),
    )


def reached_share(
    level_dbm: ArrayLike, sigma_db: ArrayLike, threshold_dbm: ArrayLike
) -> FloatArray:
    """Probability that a normally distributed level is at least the threshold.

    Parameters
    ----------
    level_dbm, sigma_db : array
        Median and standard deviation; 0 is a level that does not vary.
    threshold_dbm : array
        Required level.

    Examples
    --------
    >>> reached_share([-100.0, -110.0], [5.0, 0.0], -110.0).round(3).tolist()
    [0.977, 1.0]
    """
    margin = np.asarray(level_dbm, dtype=np.float64) - np.asarray(threshold_dbm, dtype=np.float64)
    sigma = np.asarray(sigma_db, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found: FloatArray = ndtr(margin / sigma)
    certain = np.where(np.isnan(margin), np.nan, (margin >= 0.0).astype(np.float64))
    return np.where(sigma == 0.0, certain, found)
