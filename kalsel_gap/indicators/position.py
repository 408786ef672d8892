"""A doubtful position: probability that the school is at the point as given, not elsewhere.

Each kind of evidence has a table of weights: the probability of the point if nothing else were
known. Their odds multiply, so that evidence that is missing, or has the weight .5, changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.signal import PointWeight


def weight_of_point(
    distance_km: ArrayLike,
    name_at_point: ArrayLike,
    name_in_claim: ArrayLike,
    decimals: ArrayLike,
    rule: PointWeight,
) -> FloatArray:
    """Probability that a school is at the point as given.

    Parameters
    ----------
    distance_km : array of shape (n,)
        From the point to the claimed area, beyond the tolerance of its boundary; NaN where unknown.
    name_at_point, name_in_claim : bool array of shape (n,)
        Whether the name of the desa or school agrees with the area that holds the point, or with
        the claimed one. Both or neither is no evidence.
    decimals : array of shape (n,)
        Of the coordinates as given; NaN where unknown.
    rule : PointWeight
        Weights of the point, all above 0 and below 1.

    Returns
    -------
    float array of shape (n,)
        .5 without evidence.

    Examples
    --------
    >>> from kalsel_gap.project.signal import Signal
    >>> rule = Signal.shipped().point_weight
    >>> nowhere = [False, False]
    >>> weight_of_point([np.nan, 2.0], [False, True], nowhere, [np.nan, 4], rule).round(3).tolist()
    [0.5, 0.93]
    """
    at_point, in_claim = (np.asarray(a, dtype=bool) for a in (name_at_point, name_in_claim))
    by_name = np.select(
        [at_point & ~in_claim, in_claim & ~at_point], [rule.name_at_point, rule.name_in_claim], 0.5
    )
    odds = _odds(by_name) * _odds(_by_table(distance_km, rule.distance_km))
    odds = odds * _odds(_by_table(decimals, rule.decimals))
    return odds / (1.0 + odds)


def _by_table(value: ArrayLike, table: tuple[tuple[float, float], ...]) -> FloatArray:
    """Weight by a table, constant beyond its ends; .5 where the value is unknown."""
    given = np.asarray(value, dtype=np.float64)
    places, weights = zip(*table, strict=True)
    return np.where(np.isnan(given), 0.5, np.interp(given, places, weights))


def _odds(weight: FloatArray) -> FloatArray:
    return weight / (1.0 - weight)
