"""Curves that infer an unknown adequacy: the chance of no line, the service given a line, A_a.

An unknown delivered adequacy A_d has two parts, because what is known is not missing at random:
tests exist only at schools with a line, and many registers can state only that there is none. Both
parts are monotone in the available adequacy A_a. The prior enters as pseudo-schools before the
isotonic regression, so that schools of the plain never lift those of the mountains.

Every curve is fitted in the same way: weighted isotonic regression over schools and pseudo-schools;
between neighbours the fit is linear; at each knot it is averaged over the half-intervals beside the
knot, where schools count at their own places and the pseudo-schools are spread evenly; at the two
end knots, which have one half-interval only, the even part is the fit at the end itself. Between
knots the curve is linear, beyond the ends constant. The windows of the knots do not overlap, so
their means are as monotone as the fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.index import Prior


# Steepest step of a curve of A_a from knot to knot. With two of them at once the deficit changes by
# at most (.5 + .5) / .05 = 20 times the change of A_a: no cliff, whatever is learned.
_STEEPEST_STEP = 0.5
# Knots of the curve over distance, in ln(1 + km): levels fall with the logarithm of the distance.
_DISTANCE_STEP = 0.2


def prior_no_line(available: ArrayLike, prior: Prior) -> FloatArray:
    """π(A_a) of the prior, the probability of no line.

    Examples
    --------
    >>> from kalsel_gap.project.index import Index
    >>> prior = Index.shipped().inference.prior
    >>> prior_no_line([0.0, 0.21, 1.0], prior).round(4).tolist()
    [0.5, 0.4055, 0.05]
    """
    return prior.no_line_full + prior.no_line_rise * (1.0 - np.asarray(available, np.float64))


def prior_given_line(available: ArrayLike, prior: Prior) -> FloatArray:
    """μ(A_a) of the prior, the mean A_d given a line.

    Examples
    --------
    >>> from kalsel_gap.project.index import Index
    >>> prior = Index.shipped().inference.prior
    >>> prior_given_line([0.0, 0.21, 0.95], prior).round(4).tolist()
    [0.1, 0.168, 0.76]
    """
    share = prior.share_of_available * np.asarray(available, np.float64)
    return np.maximum(share, prior.satellite)


@dataclass(frozen=True, slots=True, eq=False)
class MonotoneCurve:
    """A monotone curve: linear between knots, constant beyond the ends.

    Attributes
    ----------
    knots, values : float arrays of shape (k,)
        Rising knots, and the curve there.
    schools : int
        Schools that it was learned from; 0 leaves the prior.
    """

    knots: FloatArray
    values: FloatArray
    schools: int

    def at(self, x: ArrayLike) -> FloatArray:
        """The curve at `x`; NaN stays NaN."""
        given = np.asarray(x, dtype=np.float64)
        return np.where(np.isnan(given), np.nan, np.interp(given, self.knots, self.values))

    def as_table(self) -> pd.DataFrame:
        """``knot``, ``value`` and ``schools``, one row for each knot."""
        import pandas as pd

        return pd.DataFrame({"knot": self.knots, "value": self.values, "schools": self.schools})


def fit_no_line(
    available: ArrayLike,
    has_no_line: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    prior: Prior,
) -> MonotoneCurve:
    """Learn π(A_a), the probability that a school has no line; it never rises with A_a.

    Parameters
    ----------
    available : array of shape (n,)
        A_a of the schools to learn from; beyond the last pseudo-school it counts as there.
    has_no_line : array of shape (n,)
        1 where a school is known to have no line, 0 where it is known to have one. Only from
        sources that can state both: :func:`can_state_both`.
    weight : array of shape (n,), optional
        Weight of each school, not negative; 1 if not given.
    prior : Prior
        Without schools the curve equals it within rounding.

    Raises
    ------
    ValueError
        A value is unknown or outside [0, 1], or a weight is negative.

    Examples
    --------
    >>> from kalsel_gap.project.index import Index
    >>> prior = Index.shipped().inference.prior
    >>> fit_no_line([], [], prior=prior).at([0.0, 0.21, 0.95]).round(4).tolist()
    [0.5, 0.4055, 0.0725]
    """
    return _fit_with_prior(available, has_no_line, weight, prior, rising=False)


def fit_given_line(
    available: ArrayLike,
    delivered: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    prior: Prior,
) -> MonotoneCurve:
    """Learn μ(A_a), the mean delivered adequacy given a line; it never falls with A_a.

    Parameters
    ----------
    available : array of shape (n,)
        A_a of the schools to learn from; beyond the last pseudo-school it counts as there.
    delivered : array of shape (n,)
        A_d of schools with a line, from sources that can state any value: tests, subscriptions.
    weight : array of shape (n,), optional
        Weight of each school, not negative; 1 if not given.
    prior : Prior
        Without schools the curve equals it, but for the kink at A_a .125: it lies between two
        knots, where the curve is up to .011 above the prior.

    Raises
    ------
    ValueError
        A value is unknown or outside [0, 1], or a weight is negative.

    Examples
    --------
    >>> from kalsel_gap.project.index import Index
    >>> prior = Index.shipped().inference.prior
    >>> fit_given_line([], [], prior=prior).at([0.0, 0.21, 0.95]).round(4).tolist()
    [0.1, 0.168, 0.76]
    """
    return _fit_with_prior(available, delivered, weight, prior, rising=True)


def fit_available_by_distance(
    distance_km: ArrayLike,
    available: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    minimum_schools: int,
) -> MonotoneCurve | None:
    """Learn A_a from the distance to the nearest site; it never rises with distance.

    No prior; beyond the observed distances the curve is constant. Knots are evenly spaced in
    ln(1 + km), at least .2 apart: 200 m beside a site, 1.2 km at 5 km.

    Parameters
    ----------
    distance_km, available : array of shape (n,)
        Of schools with both values known.
    weight : array of shape (n,), optional
        Weight of each school, not negative; 1 if not given.
    minimum_schools : int
        With fewer nothing is learned.

    Returns
    -------
    MonotoneCurve or None
        Knots in km.

    Raises
    ------
    ValueError
        A value is unknown, a distance or weight negative, or an adequacy outside [0, 1].
    """
    x, y, w = _checked(distance_km, available, weight)
    if np.any(x < 0.0):
        raise ValueError("a distance is negative")
    if len(x) < minimum_schools:
        return None
    place, mean, total = _merge_equal(np.log1p(x), y, w)
    intervals = int((place[-1] - place[0]) / _DISTANCE_STEP)
    if intervals == 0:  # all schools at about the same distance
        everywhere = np.average(mean, weights=total)
        return MonotoneCurve(np.expm1(place[:1]), np.array([everywhere]), len(x))
    knots = np.linspace(place[0], place[-1], intervals + 1)
    fitted = _monotone(mean, total, rising=False)
    # The weight of one school, spread evenly, gives a value where no school is near a knot.
    values = _at_knots(knots, place, fitted, (place, total), even_weight=1.0)
    return MonotoneCurve(np.expm1(knots), values, len(x))


def can_state_both(none: int, provider: int, *, minimum: int) -> bool:
    """Whether a register's internet field may state the probability of no line.

    A field in which only one of the two answers occurs cannot state the other one, and one or two
    rows may be typing errors: both answers must occur at least `minimum` times.

    Parameters
    ----------
    none, provider : int
        Schools whose field states that there is none, or names a provider.
    minimum : int
        Fewest of each.

    Examples
    --------
    >>> [can_state_both(*n, minimum=5) for n in ((31, 3792), (31, 0), (400, 2))]
    [True, False, False]
    """
    return min(none, provider) >= minimum


# --- the recipe ----------------------------------------------------------------------------------


def _fit_with_prior(
    available: ArrayLike, value: ArrayLike, weight: ArrayLike | None, prior: Prior, *, rising: bool
) -> MonotoneCurve:
    x, y, w = _checked(available, value, weight)
    if np.any((x < 0.0) | (x > 1.0)):
        raise ValueError("an available adequacy is outside [0, 1]")
    x = np.minimum(x, prior.highest)
    pseudo = np.linspace(0.0, prior.highest, prior.schools)
    assumed = (prior_given_line if rising else prior_no_line)(pseudo, prior)
    place, mean, total = _merge_equal(
        np.concatenate([x, pseudo]),
        np.concatenate([y, assumed]),
        np.concatenate([w, np.ones(prior.schools)]),
    )
    fitted = _monotone(mean, total, rising=rising)
    knots = np.linspace(0.0, prior.highest, prior.knots)
    learned = _merge_equal(x, y, w)
    values = _at_knots(
        knots, place, fitted, (learned[0], learned[2]), even_weight=float(prior.schools)
    )
    return MonotoneCurve(knots, _limit_steps(values, rising=rising), len(x))


def _checked(
    x: ArrayLike, y: ArrayLike, weight: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The schools that count, those without weight left out."""
    place, value = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    w = np.ones(place.shape) if weight is None else np.asarray(weight, dtype=np.float64)
    if not place.shape == value.shape == w.shape:
        raise ValueError("places, values and weights differ in number")
    if np.isnan(place).any() or not np.all((value >= 0.0) & (value <= 1.0)):
        raise ValueError("a value is unknown or outside [0, 1]")
    if not np.all((w >= 0.0) & np.isfinite(w)):
        raise ValueError("a weight is unknown or negative")
    return place[w > 0.0], value[w > 0.0], w[w > 0.0]


def _merge_equal(
    x: FloatArray, y: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Rising places, and the weighted mean and weight of the values at each."""
    order = np.lexsort((weight, y, x))  # sums in one order, whatever the order of the rows
    x, y, weight = x[order], y[order], weight[order]
    place, first = np.unique(x, return_index=True)
    if not place.size:
        return place, y, weight
    total = np.add.reduceat(weight, first)
    return place, np.add.reduceat(weight * y, first) / total, total


def _monotone(mean: FloatArray, weight: FloatArray, *, rising: bool) -> FloatArray:
    from scipy.optimize import isotonic_regression

    fitted: FloatArray = isotonic_regression(mean, weights=weight, increasing=rising).x
    return fitted


def _at_knots(
    knots: FloatArray,
    place: FloatArray,
    fitted: FloatArray,
    learned: tuple[FloatArray, FloatArray],
    *,
    even_weight: float,
) -> FloatArray:
    """Mean of a fit over the half-intervals beside each knot.

    Parameters
    ----------
    knots : array of shape (k,)
        Evenly spaced; the first and last are the ends of `place`.
    place, fitted : arrays of shape (m,)
        The fit, linear in between.
    learned : two arrays of shape (n,)
        Places and weights of schools, each counted in the window that it lies in.
    even_weight : float
        Weight spread evenly from the first knot to the last.
    """
    middles = (knots[1:] + knots[:-1]) / 2.0
    edges = np.concatenate([knots[:1], middles, knots[-1:]])
    x = np.union1d(place, edges)
    y = np.interp(x, place, fitted)
    area = np.concatenate([[0.0], np.cumsum(np.diff(x) * (y[1:] + y[:-1]) / 2.0)])
    width = np.diff(edges)
    even = np.diff(area[np.searchsorted(x, edges)]) / width
    even[[0, -1]] = fitted[[0, -1]]
    weight = even_weight * width / (knots[-1] - knots[0])
    window = np.searchsorted(middles, learned[0], side="right")
    count = np.bincount(window, learned[1], len(knots))
    of_schools = learned[1] * np.interp(learned[0], place, fitted)
    total = np.bincount(window, of_schools, len(knots))
    means = (even * weight + total) / (weight + count)
    return _without_rounding(means, fitted)


def _limit_steps(values: FloatArray, *, rising: bool) -> FloatArray:
    """Values with no step above the steepest one; unchanged where that holds already.

    A step that is too steep is spread to both sides: the result is midway between the highest curve
    below the values and the lowest curve above them that satisfy the limit.
    """
    if np.all(np.abs(np.diff(values)) <= _STEEPEST_STEP):
        return values
    ascending = values if rising else values[::-1]
    ramp = _STEEPEST_STEP * np.arange(len(values))
    below = np.minimum.accumulate(ascending - ramp) + ramp
    above = np.maximum.accumulate((ascending - ramp)[::-1])[::-1] + ramp
    spread = (below + above) / 2.0
    return _without_rounding(spread if rising else spread[::-1], values)


def _without_rounding(values: FloatArray, like: FloatArray) -> FloatArray:
    """Values as monotone, and within the same ends, as those that they were computed from."""
    first, last = float(like[0]), float(like[-1])
    ordered = (np.maximum if last >= first else np.minimum).accumulate(values)
    return np.clip(ordered, min(first, last), max(first, last))
