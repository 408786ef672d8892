"""Differences in differences by hand, against least squares and SciPy; money for each unit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from kalsel_gap.planning.evaluate import (
    ChangeEffect,
    compare_changes,
    group_of_school,
    rupiah_per,
    spending_until,
    tenths_of,
)

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray


def least_squares(change: FloatArray, served: BoolArray, cluster: IntArray) -> tuple[float, float]:
    """The peer: a regression of the change on the treatment, with the sandwich of clusters."""
    design = np.column_stack([np.ones(len(change)), served.astype(float)])
    bread = np.linalg.inv(design.T @ design)
    slopes = bread @ design.T @ change
    left = change - design @ slopes
    groups = np.unique(cluster)
    scores = np.array([design[cluster == g].T @ left[cluster == g] for g in groups])
    count = len(groups)
    factor = count / (count - 1) * (len(change) - 1) / (len(change) - 2)
    covariance = factor * bread @ (scores.T @ scores) @ bread
    return float(slopes[1]), float(np.sqrt(covariance[1, 1]))


def test_two_by_two_by_hand() -> None:
    """Means before .80 and .50, after .50 and .45: (−.30) − (−.05) = −.25."""
    before = np.array([0.9, 0.7, 0.6, 0.4])
    after = np.array([0.5, 0.5, 0.5, 0.4])
    served = np.array([True, True, False, False])
    found = compare_changes(after - before, served, cluster=np.array([0, 1, 2, 3]))
    assert found.change_served == pytest.approx(-0.30)
    assert found.change_expected == found.change_not_served == pytest.approx(-0.05)
    assert found.effect == pytest.approx(-0.25)
    # Influences: (−.1, .1)/2 and −(−.05, .05)/2; their squares sum to .00625, times 4/3 · 3/2.
    assert found.standard_error == pytest.approx(math.sqrt(0.00625 * 2))
    margin = 3.182446305 * math.sqrt(0.0125)  # Student's t with 3 degrees of freedom
    assert (found.low, found.high) == pytest.approx((-0.25 - margin, -0.25 + margin))
    assert (found.served, found.not_served, found.unmatched, found.clusters) == (2, 2, 0, 4)
    assert found.regression_to_mean == 0.0


def test_schools_of_a_kabupaten_that_change_together_widen_the_error() -> None:
    """Two clusters that each hold a served and a waiting school: by hand, the sums cancel."""
    change = np.array([-0.4, -0.2, -0.1, 0.1])
    served = np.array([True, True, False, False])
    apart = compare_changes(change, served, cluster=np.arange(4))
    # Influences −.05, .05, .05, −.05: one cluster of schools 1 and 4, one of 2 and 3.
    together = compare_changes(change, served, cluster=np.array([0, 1, 1, 0]))
    assert together.standard_error == pytest.approx(math.sqrt((0.01 + 0.01) * 2 * 1.5))
    assert together.standard_error > apart.standard_error
    assert together.effect == apart.effect == pytest.approx(-0.3)
    cancelled = compare_changes(change, served, cluster=np.array([0, 1, 0, 1]))
    assert cancelled.standard_error == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("seed", range(5))
def test_the_plain_effect_is_that_of_least_squares(seed: int) -> None:
    random = np.random.default_rng(seed)
    cluster = random.integers(0, 13, 200).astype(np.int64)
    served = random.random(200) < 0.2 + 0.03 * cluster
    change = random.normal(0, 0.2, 200) - 0.3 * served + 0.02 * cluster
    found = compare_changes(change, served, cluster=cluster)
    assert (found.effect, found.standard_error) == pytest.approx(
        least_squares(change, served, cluster)
    )
    slope = scipy.stats.linregress(served.astype(float), change).slope
    assert found.effect == pytest.approx(slope)
    # Four means of a table of two periods give the same number.
    baseline = random.random(200)
    later = baseline + change
    four = (later[served].mean() - baseline[served].mean()) - (
        later[~served].mean() - baseline[~served].mean()
    )
    assert found.effect == pytest.approx(four)


def test_with_each_school_a_cluster_of_its_own_it_is_the_test_of_student() -> None:
    random = np.random.default_rng(1)
    change = random.normal(0, 0.2, 60)
    served = np.arange(60) % 2 == 0
    found = compare_changes(change, served, cluster=np.arange(60))
    peer = scipy.stats.ttest_ind(change[served], change[~served])
    assert found.effect / found.standard_error == pytest.approx(peer.statistic)


def test_strata_by_hand() -> None:
    """Two strata: 2 of 3 served are in the first, where those not served changed by −.2."""
    change = np.array([-0.5, -0.3, -0.2, -0.1, 0.0, 0.2])
    served = np.array([True, True, False, True, False, False])
    stratum = np.array([0, 0, 0, 1, 1, 1])
    found = compare_changes(change, served, stratum=stratum, cluster=np.arange(6))
    assert found.change_expected == pytest.approx((2 * -0.2 + 1 * 0.1) / 3)
    assert found.change_served == pytest.approx(-0.3)
    assert found.effect == pytest.approx(-0.3 + 0.1)
    assert found.change_not_served == pytest.approx(0.0)
    assert found.regression_to_mean == pytest.approx(-0.1)


def test_a_served_school_without_a_like_one_is_left_out_and_counted() -> None:
    change = np.array([-0.9, -0.3, -0.1, 0.7])
    served = np.array([True, True, False, False])
    found = compare_changes(
        change, served, stratum=np.array([9, 1, 1, 5]), cluster=np.array([0, 1, 2, 3])
    )
    assert (found.served, found.not_served, found.unmatched) == (1, 1, 1)
    assert found.effect == pytest.approx(-0.2)
    assert found.change_not_served == pytest.approx(0.3)  # of all
    assert math.isnan(found.standard_error)  # two schools, two means


def test_regression_to_the_mean_is_found_and_taken_off() -> None:
    """Nothing was built: those chosen for a high measured deficit fall, like ones fall as much."""
    random = np.random.default_rng(7)
    true = random.uniform(0.3, 0.7, 4000)
    before = true + random.normal(0, 0.15, 4000)
    after = true + random.normal(0, 0.15, 4000)
    # Of the upper half every second school: money for some only.
    served = (before > 0.5) & (random.random(4000) < 0.5)
    cluster = np.arange(4000) % 13
    plain = compare_changes(after - before, served, cluster=cluster)
    matched = compare_changes(after - before, served, stratum=tenths_of(before), cluster=cluster)
    assert plain.effect < -0.08
    assert plain.high < 0  # by itself it would be taken for an effect
    assert abs(matched.effect) < 0.02
    assert matched.low < 0.01
    assert matched.regression_to_mean == pytest.approx(plain.effect, abs=0.02)


def test_of_one_kind_only_nothing_is_compared() -> None:
    change = np.array([-0.1, 0.3])
    for served in (np.array([True, True]), np.array([False, False])):
        found = compare_changes(change, served, cluster=np.arange(2))
        assert math.isnan(found.effect)
        assert found.unmatched == served.sum()
    nothing = compare_changes(np.zeros(0), np.zeros(0, bool), cluster=np.zeros(0, np.int64))
    assert math.isnan(nothing.effect)
    assert math.isnan(nothing.change_not_served)


def test_one_cluster_has_no_error() -> None:
    change, served = np.array([-0.1, -0.3, 0.3, 0.1]), np.array([True, True, False, False])
    found = compare_changes(change, served, cluster=np.zeros(4, np.int64))
    assert found.effect == pytest.approx(-0.4)
    assert math.isnan(found.standard_error)
    assert math.isnan(found.low)
    assert found.clusters == 1


@st.composite
def rounds(draw: st.DrawFn) -> tuple[FloatArray, BoolArray, IntArray]:
    size = draw(st.integers(4, 30))
    change = draw(st.lists(st.floats(-1, 1), min_size=size, max_size=size))
    served = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    cluster = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))
    return np.array(change), np.array([True, False, *served[2:]]), np.array(cluster)


def same(one: ChangeEffect, other: ChangeEffect) -> None:
    for name in ("effect", "standard_error", "low", "high"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-9, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(rounds(), st.floats(-1, 1), st.randoms())
def test_what_everybody_changes_by_is_no_effect(
    made: tuple[FloatArray, BoolArray, IntArray], shift: float, random: object
) -> None:
    change, served, cluster = made
    found = compare_changes(change, served, cluster=cluster)
    same(found, compare_changes(change + shift, served, cluster=cluster))
    # Names of the clusters and the order of the schools do not matter, nor does one stratum.
    order = np.arange(len(change))
    random.shuffle(order)  # type: ignore[attr-defined]
    again = compare_changes(
        change[order],
        served[order],
        stratum=np.full(len(order), 3),
        cluster=(100 - cluster)[order],
    )
    same(found, again)
    # The other way round the effect has the other sign.
    turned = compare_changes(change, ~served, cluster=cluster)
    assert turned.effect == pytest.approx(-found.effect, abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_tenths_rise_with_the_value_and_equal_values_share_one(values: list[float]) -> None:
    baseline = np.array(values)
    found = tenths_of(baseline)
    assert found.min() >= 0
    assert found.max() <= 9
    order = np.argsort(baseline, kind="stable")
    assert (np.diff(found[order]) >= 0).all()
    for value in baseline:
        assert len(np.unique(found[baseline == value])) == 1


def test_tenths_of_a_hundred_have_ten_each() -> None:
    assert np.bincount(tenths_of(np.arange(100) / 100)).tolist() == [10] * 10
    assert tenths_of(np.zeros(0)).tolist() == []


@pytest.mark.parametrize(
    ("status", "service_year", "state", "before", "year", "expected"),
    [
        ("planned", 2027, "used", "", 2027, "delivered"),
        ("planned", 2027, "delivered", "accepted", 2027, "delivered"),
        ("not_chosen", None, "active", "", 2027, "delivered"),  # by somebody else
        ("planned", 2027, "refused", "", 2027, "chosen"),
        ("planned", 2027, "", "", None, "chosen"),
        ("planned", 2028, "accepted", "", 2027, "later"),
        ("unfunded", None, "", "", 2027, "waiting"),
        ("no_option", None, "proposed", "", 2027, "waiting"),
        ("planned", 2027, "used", "active", 2027, "earlier"),
        ("promised", None, "", "", 2027, "left_out"),
        ("", None, "", "", 2027, "left_out"),
    ],
)
def test_what_became_of_a_school(
    status: str, service_year: int | None, state: str, before: str, year: int | None, expected: str
) -> None:
    found = group_of_school(
        status, service_year=service_year, state=state, state_before=before, year=year
    )
    assert found == expected


def test_rupiah_by_hand() -> None:
    # Capex 8.88 m with PPN, opex 9 m a year from 2027 to 2029; then what was paid instead.
    planned = spending_until(8_880_000, 9_000_000, actual_idr=None, service_year=2027, year=2029)
    assert planned == 8_880_000 + 3 * 9_000_000
    paid = spending_until(8_880_000, 9_000_000, actual_idr=0, service_year=2027, year=2027)
    assert paid == 9_000_000
    assert spending_until(5, 7, actual_idr=None, service_year=None, year=2027) == 5
    assert spending_until(5, 7, actual_idr=None, service_year=2027, year=None) == 5
    assert rupiah_per(35_880_000, 2) == 17_940_000
    assert rupiah_per(35_880_000, 0.3) == 119_600_000
    assert rupiah_per(1, -0.5) is None
    assert rupiah_per(1, math.inf) is None
