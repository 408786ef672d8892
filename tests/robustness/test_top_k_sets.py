"""Lists that hold together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.robustness.draw_ranks import DrawRanks
from kalsel_gap.robustness.streams import stream_keys
from kalsel_gap.robustness.top_k_sets import find_top_k_sets

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def sets(
    draws: ArrayLike, best_rank: list[float] | None = None, confidence: float = 0.9
) -> list[str]:
    """The sets of schools of which the draws say who is among the first k."""
    draws = np.asarray(draws)
    ranks = np.arange(draws.shape[1], dtype=float) if best_rank is None else np.array(best_rank)
    packed = np.packbits(draws.astype(bool), axis=1)
    found: list[str] = find_top_k_sets(packed, ranks, confidence=confidence).tolist()
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


# Mean and standard error of mathematics, OECD countries, PISA 2018: the example of csranks.
PISA = {
    "Australia": (491.36, 1.94), "Austria": (498.94, 2.97), "Belgium": (508.07, 2.26),
    "Canada": (512.02, 2.36), "Chile": (417.41, 2.42), "Colombia": (390.93, 2.99),
    "Czech Republic": (499.47, 2.46), "Denmark": (509.40, 1.74), "Estonia": (523.41, 1.74),
    "Finland": (507.30, 1.97), "France": (495.41, 2.32), "Germany": (500.04, 2.65),
    "Greece": (451.37, 3.09), "Hungary": (481.08, 2.32), "Iceland": (495.19, 1.95),
    "Ireland": (499.63, 2.20), "Israel": (463.03, 3.50), "Italy": (486.59, 2.78),
    "Japan": (526.97, 2.47), "Korea": (525.93, 3.12), "Latvia": (496.13, 1.96),
    "Lithuania": (481.19, 1.95), "Luxembourg": (483.42, 1.10), "Mexico": (408.80, 2.49),
    "Netherlands": (519.23, 2.63), "New Zealand": (494.49, 1.71), "Norway": (500.96, 2.22),
    "Poland": (515.65, 2.60), "Portugal": (492.49, 2.68), "Slovak Republic": (486.16, 2.56),
    "Slovenia": (508.90, 1.36), "Spain": (481.39, 1.46), "Sweden": (502.39, 2.65),
    "Switzerland": (515.31, 2.91), "Turkey": (453.51, 2.26), "United Kingdom": (501.77, 2.56),
    "United States": (478.24, 3.24),
}  # fmt: skip
# Which of them may all be among the best five, at 95 %, and the place of one, by csranks 1.2.2.
BEST_FIVE = {
    *("Belgium", "Canada", "Denmark", "Estonia", "Finland", "Japan", "Korea", "Netherlands"),
    *("Poland", "Slovenia", "Sweden", "Switzerland"),
}
UNITED_KINGDOM = 8, 13, 23


def test_the_best_five_of_pisa_agree_with_csranks() -> None:
    names = list(PISA)
    mean, error = np.array(list(PISA.values())).T
    scores = np.random.default_rng(8).normal(mean, error, (20_000, len(names))) / 1000
    ranks = DrawRanks(stream_keys(names), k=5)
    ranks.add(scores)
    found = find_top_k_sets(ranks.in_top(), ranks.best_of_ordering(), confidence=0.95)
    not_out = {name for name, part in zip(names, found, strict=True) if part != "out"}
    five = {"Japan", "Korea", "Estonia", "Netherlands", "Poland"}
    # A set of draws is narrower than one that holds whatever the truth is, and lies within it.
    assert five < not_out <= BEST_FIVE
    assert {name for name, part in zip(names, found, strict=True) if part == "certain"} <= five
    low, middle, high = ranks.quantiles()[names.index("United Kingdom")]
    assert UNITED_KINGDOM[0] <= low <= UNITED_KINGDOM[1] <= high <= UNITED_KINGDOM[2]
    assert middle == pytest.approx(UNITED_KINGDOM[1], abs=1)
