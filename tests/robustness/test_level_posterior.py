"""What the true level at a school may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import kstest, norm

from kalsel_gap.robustness import level_posterior
from kalsel_gap.robustness.level_posterior import NORMAL

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray

P = norm.cdf(NORMAL)


def posterior_quantiles(level: ArrayLike, error: ArrayLike, none: ArrayLike) -> FloatArray:
    quantiles, of_school = level_posterior.posterior_quantiles(level, error, none)
    found: FloatArray = np.vstack([quantiles, np.full(len(NORMAL), np.nan)])[of_school]
    return found


def test_a_normal_population_gives_the_normal_posterior() -> None:
    # True levels N(-100, 10²), error 8 dB: the posterior of y is N(-100 + .61 (y + 100), 6.25²).
    rng = np.random.default_rng(4)
    true = rng.normal(-100, 10, 20_000)
    shown = true + rng.normal(0, 8, true.size)
    found = posterior_quantiles(shown, np.full(true.size, 8.0), np.zeros(true.size, bool))
    share = 10**2 / (10**2 + 8**2)
    at = np.argsort(np.abs(shown + 112))[0]
    mean, sd = -100 + share * (shown[at] + 100), np.sqrt(share) * 8
    inner = np.abs(NORMAL) < 3
    assert np.abs(found[at] - (mean + sd * NORMAL))[inner].max() < 1.5


def test_true_levels_are_spread_evenly_over_their_own_quantiles() -> None:
    # The distribution of one school is right if the truth is as often in each of its parts.
    rng = np.random.default_rng(5)
    true = np.where(rng.random(8000) < 0.3, rng.normal(-118, 4, 8000), rng.normal(-85, 9, 8000))
    shown = true + rng.normal(0, 8, true.size)
    found = posterior_quantiles(shown, np.full(true.size, 8.0), np.zeros(true.size, bool))
    place = np.array([np.interp(t, row, P) for t, row in zip(true, found, strict=True)])
    assert kstest(place, "uniform").statistic < 0.03


def test_where_none_is_shown_the_true_level_lies_mostly_below() -> None:
    rng = np.random.default_rng(6)
    true = rng.normal(-100, 12, 20_000)
    shown = true + rng.normal(0, 6, true.size)
    none = shown < -110
    found = posterior_quantiles(np.where(none, -110, shown), np.full(true.size, 6.0), none)
    middle = np.interp(0.5, P, found[np.flatnonzero(none)[0]])
    assert middle == pytest.approx(np.median(true[none]), abs=0.7)
    assert np.diff(found[none], axis=0).max() == 0  # all that show none are alike


def test_one_school_keeps_its_level_and_an_unknown_one_is_unknown() -> None:
    found = posterior_quantiles([-95.0, np.nan], [8.0, 8.0], [False, False])
    assert np.isnan(found[1]).all()
    assert found[0][len(NORMAL) // 2] == pytest.approx(-95, abs=8)
    assert np.isfinite(found[0]).all()
    assert posterior_quantiles([np.nan], [8.0], [False]).shape == (1, len(NORMAL))


def test_a_better_source_has_the_narrower_distribution() -> None:
    rng = np.random.default_rng(7)
    true = rng.normal(-100, 10, 4000)
    error = np.where(np.arange(4000) % 2, 2.0, 10.0)
    shown = true + rng.normal(0, 1, 4000) * error
    found = posterior_quantiles(shown, error, np.zeros(4000, bool))
    spread = found[:, 42] - found[:, 22]
    assert np.median(spread[error == 2]) < np.median(spread[error == 10]) / 2
    assert (np.diff(found, axis=1) >= 0).all()
