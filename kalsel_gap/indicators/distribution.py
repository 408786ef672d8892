"""Distribution of the delivered adequacy, and of the deficit that results from it.

A_d is 0 with the probability π that there is no line; given a line it follows a Beta distribution
with mean μ and concentration a + b. The deficit ``D = (1 - A_d)·(λ + (1 - λ)(1 - A_a))`` is linear
in A_d: its mean, quantiles and the probabilities of the tiers have closed forms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.indicators.inference import MonotoneCurve


INTERVAL = (0.05, 0.95)
_DECIMALS = 12  # at the bounds of tiers, as for the tiers themselves
_HALVINGS = 50  # of an interval of length 1: below 1e-15


@dataclass(frozen=True, slots=True, eq=False)
class Delivered:
    """Distribution of A_d of each school; NaN in `no_line` or `given_line` is unknown.

    Attributes
    ----------
    no_line : float array of shape (n,)
        π, the probability of no line.
    given_line : float array of shape (n,)
        μ, the mean given a line.
    concentration : float array of shape (n,)
        a + b of the Beta; infinite where A_d is known: all mass is at `given_line`.
    """

    no_line: FloatArray
    given_line: FloatArray
    concentration: FloatArray

    def mean(self) -> FloatArray:
        """``(1 - π)·μ``, float array of shape (n,)."""
        return (1.0 - self.no_line) * self.given_line

    def cdf(self, x: ArrayLike) -> FloatArray:
        """P(A_d ≤ x); `x` broadcasts with the schools.

        Examples
        --------
        >>> unknown = infer_delivered([0.4], [0.5], [False], concentration=4.0)
        >>> unknown.cdf(0.0), unknown.cdf(1.0)
        (array([0.4]), array([1.]))
        """
        given = self._cdf_given_line(np.asarray(x, dtype=np.float64))
        found = self.no_line + (1.0 - self.no_line) * given
        return np.where(np.asarray(x) < 0.0, np.where(np.isnan(found), np.nan, 0.0), found)

    def quantile(self, p: ArrayLike) -> FloatArray:
        """The smallest value with P(A_d ≤ value) ≥ p; 0 up to p = π.

        `p` broadcasts with the schools; a uniform random `p` gives a random draw.
        """
        from scipy.special import betaincinv

        with np.errstate(invalid="ignore", divide="ignore"):
            level = (np.asarray(p, dtype=np.float64) - self.no_line) / (1.0 - self.no_line)
        level, mean, concentration = np.broadcast_arrays(level, self.given_line, self.concentration)
        found = np.array(mean)  # where all mass is at the mean
        beta = self._is_beta(mean, concentration) & (level > 0.0)
        a = concentration[beta] * mean[beta]
        b = concentration[beta] - a
        found[beta] = betaincinv(a, b, np.minimum(level[beta], 1.0))
        return np.where(level <= 0.0, 0.0 * mean, found)

    def interval(self) -> tuple[FloatArray, FloatArray]:
        """5 % and 95 % quantile, widened where necessary to contain the mean.

        A distribution can be so skewed that its mean lies beyond its 95 % quantile; the interval
        that is shown always contains the number that is shown.
        """
        low, high = (self.quantile(p) for p in INTERVAL)
        mean = self.mean()
        return np.minimum(low, mean), np.maximum(high, mean)

    @staticmethod
    def _is_beta(mean: FloatArray, concentration: FloatArray) -> NDArray[np.bool_]:
        return (mean > 0.0) & (mean < 1.0) & np.isfinite(concentration)

    def _cdf_given_line(self, x: FloatArray) -> FloatArray:
        from scipy.special import betainc

        x, mean, concentration = np.broadcast_arrays(x, self.given_line, self.concentration)
        found = np.where(x >= mean.round(_DECIMALS), 1.0, 0.0)
        beta = self._is_beta(mean, concentration)
        a = concentration[beta] * mean[beta]
        found[beta] = betainc(a, concentration[beta] - a, np.clip(x[beta], 0.0, 1.0))
        return np.where(np.isnan(mean), np.nan, found)


def infer_delivered(
    no_line: ArrayLike,
    given_line: ArrayLike,
    has_line: ArrayLike,
    *,
    known: ArrayLike | None = None,
    known_concentration: ArrayLike = np.inf,
    concentration: ArrayLike,
) -> Delivered:
    """Distribution of A_d of schools from both curves and from what is known of each.

    Parameters
    ----------
    no_line, given_line : array of shape (n,)
        π and μ at the school's A_a.
    has_line : bool array of shape (n,)
        Whether the school is known to have a line of unknown speed: its register names a provider.
        There π is 0.
    known : array of shape (n,), optional
        A_d where a source states it, otherwise NaN: the curves do not count there.
    known_concentration : float or array of shape (n,), optional
        How sure what is stated is; by default it counts as it is.
    concentration : float or array of shape (n,)
        Of the Beta given a line.

    Examples
    --------
    >>> unknown = infer_delivered(
    ...     [0.4055, 0.4055], [0.168, 0.168], [False, True], concentration=4.0
    ... )
    >>> unknown.mean().round(4).tolist()
    [0.0999, 0.168]
    """
    mean = np.asarray(given_line, dtype=np.float64)
    none = np.where(np.asarray(has_line, dtype=bool), 0.0, np.asarray(no_line, dtype=np.float64))
    spread = np.array(np.broadcast_to(np.asarray(concentration, np.float64), mean.shape))
    if known is not None:
        value = np.asarray(known, dtype=np.float64)
        is_known = ~np.isnan(value)
        none = np.where(is_known, 0.0, none)
        mean = np.where(is_known, value, mean)
        spread = np.where(is_known, known_concentration, spread)
    return Delivered(none, mean, spread)


def infer_by_curves(
    available: ArrayLike,
    has_line: ArrayLike,
    *,
    no_line: MonotoneCurve,
    given_line: MonotoneCurve,
    known: ArrayLike | None = None,
    known_concentration: ArrayLike = np.inf,
    concentration: ArrayLike,
) -> Delivered:
    """:func:`infer_delivered` with both curves taken at A_a; unknown where A_a is."""
    return infer_delivered(
        no_line.at(available),
        given_line.at(available),
        has_line,
        known=known,
        known_concentration=known_concentration,
        concentration=concentration,
    )


# --- the deficit ---------------------------------------------------------------------------------


def deficit_without_service(available: ArrayLike, *, weight_delivered: float) -> FloatArray:
    """``λ + (1 - λ)(1 - A_a)``: the deficit where A_d is 0."""
    out_of_reach = 1.0 - np.asarray(available, dtype=np.float64)
    # It rounds above 1 for some λ.
    return np.minimum(weight_delivered + (1.0 - weight_delivered) * out_of_reach, 1.0)


def mean_deficit(
    delivered: Delivered, available: ArrayLike, *, weight_delivered: float
) -> FloatArray:
    """Mean of D: that of A_d put into the formula, as D is linear in it.

    Examples
    --------
    >>> unknown = infer_delivered([0.4055], [0.168], [False], concentration=4.0)
    >>> mean_deficit(unknown, [0.21], weight_delivered=0.6).round(4).tolist()
    [0.8245]
    """
    most = deficit_without_service(available, weight_delivered=weight_delivered)
    return (1.0 - delivered.mean()) * most


def deficit_interval(
    delivered: Delivered, available: ArrayLike, *, weight_delivered: float
) -> tuple[FloatArray, FloatArray]:
    """5 % and 95 % quantile of D, widened where necessary to contain its mean."""
    most = deficit_without_service(available, weight_delivered=weight_delivered)
    low, high = delivered.interval()
    return (1.0 - high) * most, (1.0 - low) * most


def reach_probability(
    delivered: Delivered, available: ArrayLike, bound: float, *, weight_delivered: float
) -> FloatArray:
    """P(D ≥ bound), float array of shape (n,); `bound` above 0.

    ``D ≥ t`` where ``A_d ≤ 1 - t/(λ + (1 - λ)(1 - A_a))``.
    """
    most = deficit_without_service(available, weight_delivered=weight_delivered)
    with np.errstate(divide="ignore", over="ignore"):
        threshold = (1.0 - bound / most).round(_DECIMALS)
    return np.where(np.isnan(threshold), np.nan, delivered.cdf(threshold))


def tier_probabilities(
    delivered: Delivered,
    available: ArrayLike,
    bounds: Sequence[float],
    *,
    weight_delivered: float,
) -> FloatArray:
    """Probability of each tier.

    Parameters
    ----------
    delivered : Delivered
        Of n schools.
    available : array of shape (n,)
        Their A_a.
    bounds : sequence of float
        Deficits at which tiers 1, 2, … begin, falling; the last tier lies below the last of them.
    weight_delivered : float
        λ.

    Returns
    -------
    float array of shape (n, len(bounds) + 1)
        Each row adds up to 1; NaN where A_a or A_d is unknown. Its last column is P(adequate).

    Examples
    --------
    >>> unknown = infer_delivered([0.0725], [0.76], [False], concentration=4.0)
    >>> bounds = (0.8, 0.6, 0.4, 0.2)
    >>> tier_probabilities(unknown, [0.95], bounds, weight_delivered=0.6).round(3).tolist()
    [[0.0, 0.073, 0.037, 0.234, 0.656]]
    """
    columns = [
        reach_probability(delivered, available, bound, weight_delivered=weight_delivered)
        for bound in bounds
    ]
    reached = np.stack([0.0 * columns[0], *columns, 1.0 + 0.0 * columns[0]], axis=-1)
    return np.diff(reached)


# --- one of several places, or one of several A_a ------------------------------------------------


def mix(values: Sequence[ArrayLike], weights: Sequence[ArrayLike]) -> FloatArray:
    """Weighted mean of what holds in each of several cases.

    For any figure that is linear in the distribution: A_a, mean deficits, probabilities of tiers.

    Parameters
    ----------
    values : sequence of arrays
        One for each case; NaN where there is no evidence: that case drops out.
    weights : sequence of arrays
        Of the cases, not negative; only proportions matter.

    Examples
    --------
    >>> at_point, in_area = [0.9, 0.9, np.nan], [0.5, np.nan, np.nan]
    >>> mix([at_point, in_area], [0.75, 0.25]).tolist()
    [0.8, 0.9, nan]
    """
    given = np.stack(np.broadcast_arrays(*(np.asarray(v, np.float64) for v in values)))
    shares = _shares(given, weights)
    with np.errstate(invalid="ignore"):
        mean = np.where(shares > 0.0, shares * given, 0.0).sum(axis=0)
    # Rounding must not leave the range of the cases.
    least = np.where(shares > 0.0, given, np.inf).min(axis=0)
    most = np.where(shares > 0.0, given, -np.inf).max(axis=0)
    return np.where(np.isnan(shares).any(axis=0), np.nan, np.clip(mean, least, most))


def mix_intervals(
    cases: Sequence[tuple[Delivered, ArrayLike]],
    weights: Sequence[ArrayLike],
    *,
    weight_delivered: float,
) -> tuple[FloatArray, FloatArray]:
    """5 % and 95 % quantile of D over several cases; they hold its mean.

    Parameters
    ----------
    cases : sequence of pairs of Delivered and array of shape (n,)
        Distribution of A_d, and A_a, in each case.
    weights : sequence of arrays of shape (n,)
        Of the cases, not negative; only proportions matter.
    weight_delivered : float
        λ.

    Returns
    -------
    low, high : float arrays of shape (n,)
        Found by bisection: the quantiles of a mixture have no closed form.
    """
    most = [deficit_without_service(a, weight_delivered=weight_delivered) for _, a in cases]
    means = np.stack([(1.0 - d.mean()) * m for (d, _), m in zip(cases, most, strict=True)])
    shares = _shares(means, weights)

    def probability(deficit: FloatArray) -> FloatArray:
        """P(D ≤ deficit): that A_d is at least as much as it leaves over."""
        total = np.zeros(deficit.shape)
        for (part, _), m, w in zip(cases, most, shares, strict=True):
            with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                # A bound of 0 holds for A_d = 0; the next float below keeps a known A_d on the
                # right side.
                left = np.where(m > 0.0, 1.0 - deficit / m, 0.0).round(_DECIMALS)
            below = part.cdf(left - 10.0**-_DECIMALS)
            total += np.where(w > 0.0, w * (1.0 - below), 0.0)
        return total

    mean = mix(list(means), list(shares))
    ends = []
    for p in INTERVAL:
        low, high = np.zeros(mean.shape), np.ones(mean.shape)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            enough = probability(middle) >= p
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        ends.append(high)
    unknown = np.isnan(mean)
    return (
        np.where(unknown, np.nan, np.minimum(ends[0], mean)),
        np.where(unknown, np.nan, np.maximum(ends[1], mean)),
    )


def _shares(values: FloatArray, weights: Sequence[ArrayLike]) -> FloatArray:
    """Weights of the cases of which there is evidence, scaled to add up to 1; NaN without any."""
    given = np.stack([np.broadcast_to(w, values.shape[1:]) for w in weights])
    given = np.where(np.isnan(values), 0.0, given)
    total = given.sum(axis=0)
    # A case that is alone counts whatever its weight.
    alone = (~np.isnan(values)).astype(np.float64)
    given = np.where(total > 0.0, given, alone)
    with np.errstate(invalid="ignore"):
        shares: FloatArray = given / given.sum(axis=0)
    return shares
