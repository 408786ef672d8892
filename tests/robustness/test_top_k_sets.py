"""Lists that hold together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.robustness.top_k_sets import top_k_sets

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def sets(
    draws: ArrayLike, best_rank: list[float] | None = None, confidence: float = 0.9
) -> list[str]:
    """The sets of schools of which the draws say who is among the first k."""
    draws = np.asarray(draws)
    ranks = np.arange(draws.shape[1], dtype=float) if best_rank is None else np.array(best_rank)
    packed = np.packbits(draws.astype(bool), axis=1)
    found: list[str] = top_k_sets(packed, ranks, confidence=confidence).tolist()
    return found


def test_a_list_that_never_changes_is_certain() -> None:
    assert sets([[1, 1, 0, 0]] * 10) == ["certain", "certain", "out", "out"]


def test_a_joint_statement_is_stricter_than_one_school_at_a_time() -> None:
    # Three schools, each missing in another 8 % of draws: alone each is in with .92, all with .76.
    draws = np.ones((100, 4), dtype=int)
    draws[:, 3] = 0
    for school, first in enumerate((0, 30, 60)):
        draws[first : first + 8, school] = 0
        draws[first : first + 8, 3] = 1
    assert sets(draws) == ["contested", "contested", "contested", "contested"]
    assert sets(draws, confidence=0.7) == ["certain", "certain", "certain", "out"]


def test_schools_of_equal_chance_enter_together() -> None:
    # The first one is in always, the next two in turn: half of the draws each.
    draws = [[1, 1, 0], [1, 1, 0], [1, 0, 1], [1, 0, 1]] * 5
    both = sets(draws, best_rank=[1.0, 2.0, 2.0], confidence=0.5)
    assert both == ["certain", "contested", "contested"]


def test_the_draws_that_order_do_not_judge() -> None:
    # In the draws that order the third school is never in; in those that judge it always is.
    assert sets([[1, 1, 0], [0, 1, 1]] * 10)[2] == "contested"


def test_few_draws_no_school_and_a_list_longer_than_all() -> None:
    assert sets([[1, 0]]) == ["contested", "contested"]
    assert sets(np.empty((4, 0))) == []
    assert sets([[1, 1]] * 4) == ["certain", "certain"]
    assert sets([[0, 0]] * 4) == ["out", "out"]


@given(
    data=st.data(),
    n=st.integers(1, 12),
    k=st.integers(1, 6),
    confidence=st.sampled_from([0.6, 0.8, 0.9]),
)
def test_each_statement_holds_in_the_judging_draws(
    data: st.DataObject, n: int, k: int, confidence: float
) -> None:
    seed = data.draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    score = rng.normal(size=n) + rng.normal(size=(40, n)) * data.draw(st.floats(0, 2))
    inside = np.argsort(np.argsort(-score, axis=1), axis=1) < k
    found = np.array(sets(inside, confidence=confidence))
    judging = inside[1::2]
    assert judging[:, found == "certain"].all(axis=1).mean() >= confidence
    assert (~judging[:, found == "out"]).all(axis=1).mean() >= confidence


@pytest.mark.parametrize("confidence", [0.5, 0.9])
def test_more_confidence_never_enlarges_a_statement(confidence: float) -> None:
    rng = np.random.default_rng(2)
    score = np.arange(30) + rng.normal(size=(200, 30)) * 5
    inside = np.argsort(np.argsort(-score, axis=1), axis=1) < 8
    loose = np.array(sets(inside, confidence=confidence))
    strict = np.array(sets(inside, confidence=0.99))
    for name in ("certain", "out"):
        assert set(np.flatnonzero(strict == name)) <= set(np.flatnonzero(loose == name))
