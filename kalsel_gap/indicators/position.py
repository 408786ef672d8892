"""A doubtful position: probability that the school is at the point as given, not elsewhere.

Each kind of evidence has a table of weights: the probability of the point if nothing else were
known. Their odds multiply, so that evidence that is missing, or has the weight .5, changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class PointWeights:
    """Weights of the point by kind of evidence, all above 0 and below 1; of low confidence."""

    distance_km: tuple[tuple[float, float], ...] = (
        *((0.0, 0.80), (2.0, 0.70), (10.0, 0.50), (30.0, 0.35), (100.0, 0.20)),
    )
    """Pairs of distance beyond the tolerance and weight, falling; linear in between."""
    name_at_point: float = 0.85
    """The name of the desa or school agrees with the area at the point only."""
    name_in_claim: float = 0.15
    """It agrees with the claimed area only."""
    decimals: tuple[tuple[float, float], ...] = ((2.0, 0.30), (3.0, 0.40), (4.0, 0.50), (6.0, 0.60))
    """Pairs of decimals of the coordinates and weight, rising; linear in between."""


def weight_of_point(
    distance_km: ArrayLike,
    name_at_point: ArrayLike,
    name_in_claim: ArrayLike,
    decimals: ArrayLike,
    *,
    table: PointWeights | None = None,
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
    table : PointWeights, optional
        The default one if not given.

    Returns
    -------
    float array of shape (n,)
        .5 without evidence.

    Examples
    --------
    >>> weight_of_point([np.nan, 2.0], [False, True], [False, False], [np.nan, 4]).round(3).tolist()
    [0.5, 0.93]
    """
    rule = table or PointWeights()
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
