"""Benefit of an option: by hand, against numerical integration, Monte Carlo, and properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from kalsel_gap.deficit.deficits import measure_deficits
from kalsel_gap.indicators.distribution import Delivered
from kalsel_gap.planning.benefit import (
    benefit_of,
    expected_gain,
    priority_factor,
    served_before,
)
from kalsel_gap.project.index import Index

INDEX = Index.shipped()
SHARES = st.floats(0.0, 1.0)


def unknown(none: float, mean: float, concentration: float = 4.0) -> Delivered:
    return Delivered(np.array([none]), np.array([mean]), np.array([concentration]))


def test_uniform_by_hand() -> None:
    # Beta(1, 1): E[max(A, a)] = a² + (1 - a²)/2, less 1/2; half of the mass is at 0.
    found = expected_gain(unknown(0.5, 0.5, 2.0), [0.6])
    assert found[0] == pytest.approx(0.5 * 0.6 + 0.5 * (0.36 + 0.32 - 0.5))


@pytest.mark.parametrize("none", [0.0, 0.4, 1.0])
@pytest.mark.parametrize(("mean", "concentration"), [(0.168, 4.0), (0.76, 4.0), (0.5, 24.0)])
@pytest.mark.parametrize("a", [0.05, 0.5, 0.95])
def test_against_numerical_integration(
    none: float, mean: float, concentration: float, a: float
) -> None:
    beta = stats.beta(concentration * mean, concentration * (1.0 - mean))
    gained, _ = integrate.quad(lambda x: (a - x) * beta.pdf(x), 0.0, a, limit=200)
    found = expected_gain(unknown(none, mean, concentration), [a])
    assert found[0] == pytest.approx(none * a + (1.0 - none) * gained, rel=1e-6)


def test_against_drawn_services() -> None:
    now = unknown(0.4055, 0.168)
    drawn = now.quantile(np.random.default_rng(1).random(200_000))
    for a in (0.1, 0.3, 0.9):
        expected = (np.maximum(drawn, a) - drawn).mean()
        assert expected_gain(now, [a])[0] == pytest.approx(expected, abs=2e-3)


def test_known_and_impossible_values() -> None:
    now = Delivered(
        np.array([0.0, 0.0, 0.3, np.nan, 0.0]),
        np.array([0.3, 0.9, 1.0, 0.5, 0.3]),
        np.array([np.inf, np.inf, 4.0, 4.0, np.inf]),
    )
    found = expected_gain(now, [0.8, 0.8, 0.8, 0.8, np.nan])
    assert found[:3].tolist() == pytest.approx([0.5, 0.0, 0.24])
    assert np.isnan(found[3:]).all()


@given(SHARES, SHARES, SHARES, SHARES)
def test_a_better_option_never_gains_less(none: float, mean: float, a: float, b: float) -> None:
    low, high = sorted((a, b))
    less, more = (
        expected_gain(unknown(none, mean), [low]),
        expected_gain(unknown(none, mean), [high]),
    )
    assert 0.0 <= less[0] <= more[0] + 1e-12
    assert more[0] <= high + 1e-12
    whole = expected_gain(unknown(none, mean), [1.0])[0]
    assert whole == pytest.approx(1.0 - (1.0 - none) * mean, abs=1e-9)


def service_of(*rows: tuple[str, float, float, float, float, float]) -> pd.DataFrame:
    names = ["row_id", "weight", "available", "no_line", "given_line", "concentration"]
    return pd.DataFrame(rows, columns=names)


SCHOOLS = pd.DataFrame({"row_id": ["s:1", "s:2"], "barrier": [0.565, 0.0], "need": [0.596, 1.0]})
SERVICE = service_of(
    ("s:1", 1.0, 0.21, 0.4055, 0.168, 4.0),
    ("s:2", 0.75, 0.9, 0.0, 0.4, np.inf),
    ("s:2", 0.25, 0.0, 0.0, 0.4, np.inf),
)


def test_factors_by_hand() -> None:
    found = priority_factor(SCHOOLS, INDEX)
    assert found.tolist() == pytest.approx([0.5 + 0.3 * 0.596 + 0.2 * 0.565, 0.8])
    # Nothing is known of the barrier: its weight is shared out.
    bare = priority_factor(SCHOOLS.assign(barrier=np.nan), INDEX)
    assert bare.tolist() == pytest.approx([(0.5 + 0.3 * 0.596) / 0.8, 1.0])


def test_two_places_by_hand() -> None:
    options = pd.DataFrame({"row_id": ["s:2", "s:3", "s:2"], "delivered_after": [0.9, 0.9, 0.2]})
    found = benefit_of(options, SERVICE, priority_factor(SCHOOLS, INDEX), INDEX)
    most = 0.75 * (0.6 + 0.4 * 0.1) + 0.25 * 1.0
    assert found[0] == pytest.approx(0.8 * most * 0.5)
    assert np.isnan(found[1])
    assert found[2] == 0.0  # less than the school has


def test_a_perfect_option_closes_the_whole_deficit() -> None:
    factor = priority_factor(SCHOOLS, INDEX)
    options = pd.DataFrame({"row_id": ["s:1", "s:2"], "delivered_after": [1.0, 1.0]})
    deficit = measure_deficits(SERVICE, INDEX)["deficit"]
    found = benefit_of(options, SERVICE, factor, INDEX)
    assert found.tolist() == pytest.approx((factor * deficit).loc[["s:1", "s:2"]].tolist())


def test_expected_service_now() -> None:
    found = served_before(SERVICE)
    assert found.loc["s:1"] == pytest.approx((1.0 - 0.4055) * 0.168)
    assert found.loc["s:2"] == pytest.approx(0.4)
    assert served_before(SERVICE.iloc[:0]).empty
