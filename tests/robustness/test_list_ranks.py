"""Ranks of lists, and how far they lie from one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kalsel_gap.deficit.ranks import rank_schools
from kalsel_gap.robustness.list_ranks import distances, rank_lists

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray

SCORES = hnp.arrays(
    np.float64,
    st.tuples(st.just(2), st.integers(1, 3), st.integers(1, 40)),
    elements=st.one_of(st.sampled_from([0.0, 0.25, 1.0]), st.floats(0, 1)),
)


@given(scores=SCORES)
def test_lists_are_ranked_as_the_schools_are(scores: FloatArray) -> None:
    found = rank_lists(*scores)
    for row in range(scores.shape[1]):
        table = pd.DataFrame({"deficit": scores[0, row], "priority": scores[1, row]})
        shown = rank_schools(table, by="deficit")
        assert (found.ahead[row] + 1).tolist() == shown.tolist()
        assert found.middle()[row].tolist() == pytest.approx(
            (shown + shown.map(shown.value_counts()).sub(1) / 2).tolist()
        )


@given(scores=SCORES, k=st.integers(1, 50))
def test_as_many_as_there_is_room_for_are_among_the_first(scores: FloatArray, k: int) -> None:
    found = rank_lists(*scores)
    inside = found.in_first(k)
    np.testing.assert_allclose(inside.sum(axis=1), min(k, scores.shape[2]))
    itself = distances(found, rank_lists(scores[0, :1], scores[1, :1]), k)
    assert itself.mean_rank_shift[0] == 0.0
    assert itself.top_k_overlap[0] == pytest.approx(1.0)
    assert ((itself.top_k_overlap >= 0.0) & (itself.top_k_overlap <= 1.0 + 1e-12)).all()


def test_a_list_turned_around() -> None:
    score = np.array([[0.9, 0.5, 0.4, 0.1]])
    found = distances(rank_lists(1 - score, score), rank_lists(score, score), 1)
    assert found.mean_rank_shift.tolist() == [2.0]
    assert found.top_k_overlap.tolist() == [0.0]


def test_a_tie_that_breaks_moves_each_school_by_half_a_place() -> None:
    tied, broken = np.array([[0.5, 0.5]]), np.array([[0.6, 0.5]])
    found = distances(rank_lists(broken, broken), rank_lists(tied, tied), 1)
    assert found.mean_rank_shift.tolist() == [0.5]
    assert found.top_k_overlap.tolist() == [0.5]
