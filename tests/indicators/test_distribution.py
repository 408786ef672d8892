from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from kalsel_gap.indicators import distribution
from kalsel_gap.indicators.distribution import (
    Delivered,
    deficit_interval,
    mean_deficit,
    mix,
    reach_probability,
    tier_probabilities,
)
from kalsel_gap.indicators.inference import fit_given_line, fit_no_line
from kalsel_gap.project.index import Index

LAMBDA = 0.6
TIERS = (0.8, 0.6, 0.4, 0.2)
NAN = np.nan
RULE = Index.shipped().inference
NO_LINE = fit_no_line([], [], prior=RULE.prior)
GIVEN_LINE = fit_given_line([], [], prior=RULE.prior)
infer_delivered = partial(distribution.infer_delivered, concentration=RULE.concentration)
infer_by_curves = partial(distribution.infer_by_curves, concentration=RULE.concentration)
SHARES = st.floats(0.0, 1.0)


def mix_intervals(
    point: tuple[Delivered, list[float]],
    area: tuple[Delivered, list[float]],
    weight: list[float],
    *,
    weight_delivered: float,
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    """The point as given and the claimed area."""
    weights = [np.array(weight), 1.0 - np.array(weight)]
    return distribution.mix_intervals([point, area], weights, weight_delivered=weight_delivered)


def mix_deficits(
    at_point: list[float], in_area: list[float], weight: list[float]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return mix([at_point, in_area], [np.array(weight), 1.0 - np.array(weight)])


def one(no_line: float, given_line: float, *, has_line: bool = False) -> Delivered:
    return infer_delivered([no_line], [given_line], [has_line])


def sample(
    no_line: float, mean: float, count: int, rng: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    drawn = rng.beta(4 * mean, 4 * (1 - mean), count)
    return np.where(rng.random(count) < no_line, 0.0, drawn)


@pytest.mark.parametrize(
    ("no_line", "mean"), [(0.4055, 0.168), (0.05, 0.76), (0.0, 0.4), (0.9, 0.5), (0.5, 0.1)]
)
def test_against_a_large_sample(no_line: float, mean: float) -> None:
    rng = np.random.default_rng(7)
    drawn = sample(no_line, mean, 400_000, rng)
    inferred = one(no_line, mean)
    assert inferred.mean()[0] == pytest.approx(drawn.mean(), abs=2e-3)
    for p in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert inferred.quantile(p)[0] == pytest.approx(np.quantile(drawn, p), abs=6e-3)
    for x in (0.0, 0.1, 0.5, 0.9):
        assert inferred.cdf(x)[0] == pytest.approx((drawn <= x).mean(), abs=3e-3)
    deficit = (1 - drawn) * (LAMBDA + (1 - LAMBDA) * (1 - 0.5))
    expected = np.bincount(np.searchsorted([-t for t in TIERS], -deficit), minlength=5) / 400_000
    found = tier_probabilities(inferred, [0.5], TIERS, weight_delivered=LAMBDA)[0]
    assert found == pytest.approx(expected, abs=3e-3)
    assert mean_deficit(inferred, [0.5], weight_delivered=LAMBDA)[0] == pytest.approx(
        deficit.mean(), abs=2e-3
    )


def test_quantiles_are_those_of_the_conditional_beta() -> None:
    inferred = one(0.4, 0.3)
    assert inferred.quantile([0.0, 0.2, 0.4]).tolist() == [0.0, 0.0, 0.0]
    assert inferred.quantile(0.7)[0] == pytest.approx(beta.ppf(0.5, 1.2, 2.8))
    assert inferred.quantile(1.0)[0] == pytest.approx(1.0)
    assert inferred.cdf([-0.1, 0.0, 1.0, 2.0]).tolist() == [0.0, 0.4, 1.0, 1.0]
    draws = infer_delivered([0.4, 0.0], [0.3, 0.3], [False, False]).quantile(
        np.array([[0.2], [0.9]])
    )
    assert draws.shape == (2, 2)
    assert draws[0, 0] == 0.0 < draws[0, 1]


def test_the_interval_of_an_unknown_school_holds_no_line() -> None:
    low, high = one(0.4055, 0.168).interval()
    assert low[0] == 0.0
    assert high[0] == pytest.approx(beta.ppf((0.95 - 0.4055) / 0.5945, 0.672, 3.328))
    named_low, _ = one(0.4055, 0.168, has_line=True).interval()
    assert named_low[0] > 0.0


@given(SHARES, SHARES)
def test_the_interval_holds_the_point(no_line: float, mean: float) -> None:
    inferred = one(no_line, mean)
    low, high = inferred.interval()
    assert 0.0 <= low[0] <= inferred.mean()[0] <= high[0] <= 1.0
    least, most = deficit_interval(inferred, [0.3], weight_delivered=LAMBDA)
    assert least[0] <= mean_deficit(inferred, [0.3], weight_delivered=LAMBDA)[0] <= most[0]


@given(SHARES, st.floats(0.01, 0.99), st.floats(1e-15, 1.0))
def test_quantile_and_cdf_are_inverse(no_line: float, mean: float, p: float) -> None:
    inferred = one(no_line, mean)
    value = inferred.quantile(p)
    assert inferred.cdf(value + 1e-12)[0] >= p - 1e-9  # next to 1 there are few floats
    if value[0] > 1e-6:
        assert inferred.cdf(value - 1e-9)[0] <= p + 1e-9


@given(SHARES, SHARES, SHARES, SHARES)
def test_probabilities_of_the_tiers_add_up(
    no_line: float, mean: float, available: float, weight: float
) -> None:
    found = tier_probabilities(one(no_line, mean), [available], TIERS, weight_delivered=weight)
    assert found.shape == (1, 5)
    assert found.min() >= 0.0
    assert found.sum() == pytest.approx(1.0)


@given(SHARES, SHARES)
def test_a_known_school_is_in_one_tier(known: float, available: float) -> None:
    inferred = infer_delivered([0.3], [0.5], [False], known=[known])
    deficit = mean_deficit(inferred, [available], weight_delivered=LAMBDA)
    assert inferred.interval()[0][0] == inferred.interval()[1][0] == inferred.mean()[0] == known
    found = tier_probabilities(inferred, [available], TIERS, weight_delivered=LAMBDA)[0]
    tier = int((deficit.round(12)[0] < np.array(TIERS)).sum())
    if np.abs(deficit - TIERS).min() > 1e-11:
        assert found.tolist() == [float(n == tier) for n in range(5)]


def test_a_bound_belongs_to_the_worse_tier() -> None:
    # No line under A_a .5: D is .8 exactly, and tier 1 begins there.
    found = tier_probabilities(one(0.3, 0.5), [0.5], TIERS, weight_delivered=LAMBDA)[0]
    assert found[0] == pytest.approx(0.3)
    known = infer_delivered([NAN], [NAN], [False], known=[0.25])  # D = .6
    assert tier_probabilities(known, [0.5], TIERS, weight_delivered=LAMBDA)[0, 1] == 1.0


def test_unknown_stays_unknown() -> None:
    inferred = infer_by_curves([NAN, 0.5], [True, False], no_line=NO_LINE, given_line=GIVEN_LINE)
    for found in (
        inferred.mean(),
        *inferred.interval(),
        inferred.cdf(0.0),
        inferred.cdf(-1.0),
        reach_probability(inferred, [NAN, 0.5], 0.8, weight_delivered=LAMBDA),
        tier_probabilities(inferred, [NAN, 0.5], TIERS, weight_delivered=LAMBDA).sum(axis=1),
    ):
        assert np.isnan(found).tolist() == [True, False]


def test_with_the_shipped_prior_no_inferred_school_is_called_adequate() -> None:
    a = np.linspace(0.0, 1.0, 101)
    for has_line in (False, True):
        inferred = infer_by_curves(
            a, np.full(a.shape, has_line), no_line=NO_LINE, given_line=GIVEN_LINE
        )
        sure = tier_probabilities(inferred, a, TIERS, weight_delivered=LAMBDA)[:, -1]
        assert sure.max() < 0.8


# --- a doubtful position -------------------------------------------------------------------------


def test_a_mixture_of_two_places() -> None:
    known = infer_delivered([NAN], [NAN], [False], known=[0.0])
    # Nothing at the point (D 1), strong 4G in the claimed area (D .68).
    point, area = (known, [0.0]), (known, [0.8])
    low, high = mix_intervals(point, area, [0.5], weight_delivered=LAMBDA)
    assert (low[0], high[0]) == pytest.approx((0.68, 1.0))
    low, high = mix_intervals(point, area, [0.97], weight_delivered=LAMBDA)
    assert (low[0], high[0]) == pytest.approx((0.97 + 0.03 * 0.68, 1.0))  # widened to the mean
    assert mix_deficits([1.0], [0.68], [0.5]) == pytest.approx([0.84])


# Where π is at a quantile's level, that quantile jumps from 0.
@given(
    st.one_of(st.floats(0.0, 0.04), st.floats(0.06, 0.94), st.floats(0.96, 1.0)),
    st.floats(0.01, 0.99),
    SHARES,
    SHARES,
)
def test_a_mixture_of_one_place_twice_is_that_place(
    no_line: float, mean: float, available: float, weight: float
) -> None:
    place = one(no_line, mean), [available]
    low, high = mix_intervals(place, place, [weight], weight_delivered=LAMBDA)
    least, most = deficit_interval(*place, weight_delivered=LAMBDA)
    assert (low[0], high[0]) == pytest.approx((least[0], most[0]), abs=1e-9)


def test_a_mixture_against_a_large_sample() -> None:
    rng = np.random.default_rng(3)
    point, area = (one(0.45, 0.1), [0.1]), (one(0.1, 0.72), [0.9])
    at_point = (1 - sample(0.45, 0.1, 300_000, rng)) * 0.96
    in_area = (1 - sample(0.1, 0.72, 300_000, rng)) * 0.64
    drawn = np.where(rng.random(300_000) < 0.3, at_point, in_area)
    low, high = mix_intervals(point, area, [0.3], weight_delivered=LAMBDA)
    assert low[0] == pytest.approx(np.quantile(drawn, 0.05), abs=5e-3)
    assert high[0] == pytest.approx(np.quantile(drawn, 0.95), abs=5e-3)


def test_a_place_without_evidence_drops_out() -> None:
    point, area = (one(0.4, 0.2), [0.3]), (one(NAN, NAN), [NAN])
    low, high = mix_intervals(point, area, [0.2], weight_delivered=LAMBDA)
    least, most = deficit_interval(*point, weight_delivered=LAMBDA)
    assert (low[0], high[0]) == pytest.approx((least[0], most[0]))
    both = mix_intervals(area, area, [0.2], weight_delivered=LAMBDA)
    assert np.isnan(both).all()
    assert mix_deficits([NAN, 0.4], [0.4, 0.9], [0.7, 1.0]).tolist() == [0.4, 0.4]


def test_a_mixture_of_many_cases_lies_between_them() -> None:
    """An A_d that is known under an A_a that is not: quantiles of what is usual."""
    known = infer_delivered([NAN], [NAN], [False], known=[0.5])
    cases = [(known, np.array([a])) for a in (0.0, 0.2, 0.4, 0.6, 0.8)]
    low, high = distribution.mix_intervals(cases, [[0.2]] * 5, weight_delivered=LAMBDA)
    assert (low[0], high[0]) == pytest.approx((0.34, 0.5))
    mean = mix([mean_deficit(d, a, weight_delivered=LAMBDA) for d, a in cases], [[0.2]] * 5)
    assert mean[0] == pytest.approx(0.42)
