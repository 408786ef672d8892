"""Ranks of many draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import rankdata

from kalsel_gap.robustness.draw_ranks import DrawRanks, order_draw
from kalsel_gap.robustness.streams import stream_keys

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray

SCORES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 6), st.integers(1, 60)),
    elements=st.one_of(
        st.sampled_from([0.0, 0.25, 1.0]), st.floats(0, 1), st.floats(0.5, 0.5 + 1e-9)
    ),
)


def ranked(scores: FloatArray, k: int = 3, seed: int = 0) -> DrawRanks:
    """The draws, ranked."""
    found = DrawRanks(stream_keys(map(str, range(scores.shape[1]))), k=k, seed=seed)
    found.add(scores)
    return found


@given(scores=SCORES)
def test_a_draw_is_ordered_as_scipy_orders_it(scores: FloatArray) -> None:
    keys = stream_keys(map(str, range(scores.shape[1])))
    units = np.round((1 - scores[0]) * 1e12)
    order = order_draw(scores[0], keys, np.uint64(5), np.uint64(0))
    assert sorted(order) == list(range(len(order)))
    assert (np.diff(units[order]) >= 0).all()
    place = np.empty(len(order))
    place[order] = np.arange(1, len(order) + 1)
    assert (rankdata(units, "min") <= place).all()
    assert (place <= rankdata(units, "max")).all()


def test_hundreds_of_equal_scores_are_ordered_by_chance() -> None:
    scores = np.full((400, 300), 0.75)
    share = ranked(scores, k=30).top_share()
    assert share.sum() == pytest.approx(30)
    # Each school is among the first tenth as often as chance has it, within 5 standard errors.
    assert np.abs(share - 0.1).max() < 5 * np.sqrt(0.09 / 400)


@given(scores=SCORES, seed=st.integers(0, 99))
def test_quantiles_and_shares_are_those_of_the_ranks_themselves(
    scores: FloatArray, seed: int
) -> None:
    n = scores.shape[1]
    keys = stream_keys(map(str, range(n)))
    orders = [order_draw(s, keys, np.uint64(d), np.uint64(seed)) for d, s in enumerate(scores)]
    place = np.argsort(np.stack(orders), axis=1) + 1
    found = ranked(scores, k=3, seed=seed)
    expected = np.quantile(place, [0.05, 0.5, 0.95], axis=0, method="inverted_cdf").T
    np.testing.assert_array_equal(found.quantiles(), expected)
    np.testing.assert_allclose(found.top_share(), (place <= 3).mean(axis=0))
    np.testing.assert_array_equal(
        np.unpackbits(found.in_top(), axis=1, count=n), (place <= 3).astype(int)
    )


def test_batches_and_the_other_schools_change_nothing() -> None:
    rng = np.random.default_rng(1)
    scores = rng.random((40, 50))
    scores[:, ::3] = 0.5
    whole = ranked(scores)
    parts = DrawRanks(stream_keys(map(str, range(50))), k=3)
    for part in np.array_split(scores, 7):
        parts.add(part)
    np.testing.assert_array_equal(whole.in_top(), parts.in_top())
    shuffled = rng.permutation(50)
    other = DrawRanks(stream_keys(map(str, shuffled)), k=3)
    other.add(scores[:, shuffled])
    np.testing.assert_array_equal(whole.quantiles()[shuffled], other.quantiles())


def test_ranks_of_many_schools_are_counted_in_bins() -> None:
    n = 6000  # more counters than are kept
    scores = np.linspace(1, 0, n)[None].repeat(3, axis=0)
    found = ranked(scores, k=n + 5).quantiles()
    assert np.abs(found - np.arange(1, n + 1)[:, None]).max() <= n / 512
    assert ranked(scores, k=n + 5).top_share().tolist() == [1.0] * n


@pytest.mark.parametrize("score", [np.nan, -0.1, 1.1])
def test_what_is_no_score_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        ranked(np.array([[score, 0.5]]))


def test_one_school_and_none() -> None:
    assert ranked(np.array([[0.3]])).quantiles().tolist() == [[1, 1, 1]]
    assert ranked(np.empty((3, 0))).quantiles().shape == (0, 3)
