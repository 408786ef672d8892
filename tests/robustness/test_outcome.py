"""Hit rate and calibration of visits, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.robustness.outcome import FEWEST, assess_visits, figure_of
from kalsel_gap.robustness.visits import ASKED

NPSN = ["1", "2", "3", "4"]


def schools(ranks: list[int | None], deficits: list[float], **more: list[object]) -> pd.DataFrame:
    columns: dict[str, list[object]] = {
        "row_id": [f"s:{n}" for n in NPSN],
        "npsn": list(NPSN),
        "name": [f"SD {n}" for n in NPSN],
        "delivered_status": ["inferred", "inferred", "known", "inferred"],
        "delivered_basis": ["register", "curves", "test", "subscription"],
        "deficit_low": [0.5, 0.4, 0.3, 0.1],
        "deficit_high": [0.9, 0.6, 0.3, 0.3],
        "point_weight": [None, None, 0.25, None],
        **more,
    }
    table = pd.DataFrame(columns)
    return table.assign(rank=pd.array(ranks, dtype="Int64"), deficit=deficits)


def answered(**facts: list[object]) -> pd.DataFrame:
    usual: dict[str, list[object]] = {
        **{f"has_{fact}": [False] * 4 for fact in ASKED},
        "has_line": [None] * 4,
        "is_at_point": [None] * 4,
    }
    return pd.DataFrame({"npsn": NPSN, **usual, **facts})


def planned() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "npsn": NPSN,
            "visit_chance": [0.5, 0.4, 0.3, 0.2],
            "service_chance": [0.25, 0.4, 0.0, 0.2],
            "signal_chance": [0.1, 0.0, 0.0, 0.0],
            "location_chance": [0.0, 0.0, 0.3, 0.0],
            "asks_service": [True, True, False, True],
            "asks_signal": [True, False, False, False],
            "asks_location": [False, False, True, False],
        }
    )


def test_a_small_list_by_hand() -> None:
    before = schools([1, 2, 3, 4], [0.8, 0.5, 0.3, 0.2])
    after = schools([4, 1, 3, 2], [0.1, 0.5, 0.3, 0.3])
    service = pd.DataFrame(
        {"npsn": [*NPSN, "4"], "no_line": [0.2, 0.5, 0.0, 0.4, 0.8], "weight": [1, 1, 1, 0.5, 0.5]}
    )
    answers = answered(
        has_service=[True, True, False, True],
        has_location=[False, False, True, False],
        has_line=[False, True, None, True],
        is_at_point=[None, None, False, None],
    )
    found = assess_visits(
        *(before, after, planned(), answers, service), k=2, level_differences_db=[-3.0, 5.0, 9.0]
    )
    # Before 1 and 2 come first, after 2 and 4: school 1 leaves, 4 comes.
    assert found.schools["is_changed"].tolist() == [True, False, False, True]
    assert found.schools["rank_after"].tolist() == [4, 1, 3, 2]
    # Of school 1 the signal was asked too and is not answered: the chance of service alone.
    assert (found.changes.count, found.changes.observed) == (4, 2)
    assert found.changes.expected == pytest.approx(0.25 + 0.4 + 0.3 + 0.2)
    # 1: .1 is below .5; 2: still by the curves, not judged; 3 was known; 4: at its upper end.
    assert (found.intervals.count, found.intervals.observed) == (2, 1)
    assert found.intervals.expected == pytest.approx(1.8)
    # 3 is known to have a line; 1, 2 and 4 had .2, .5 and .6 of none, and 1 has none.
    assert (found.no_line.count, found.no_line.observed) == (3, 1)
    assert found.no_line.expected == pytest.approx(1.3)
    assert (found.at_point.count, found.at_point.observed) == (1, 0)
    assert found.at_point.expected == 0.25
    assert (found.level_difference_db, found.levels) == (5.0, 3)
    assert {found.changes.verdict, found.no_line.verdict} == {"few"}


def test_a_school_that_is_no_longer_ranked_has_left() -> None:
    before = schools([1, 2, 3, 4], [0.8, 0.5, 0.3, 0.2])
    after = schools([None, 1, 2, 3], [np.nan, 0.5, 0.3, 0.2])
    service = pd.DataFrame({"npsn": NPSN, "no_line": 0.5, "weight": 1.0})
    answers = answered(has_service=[True, False, False, False], has_line=[False, None, None, None])
    found = assess_visits(before, after, planned(), answers.head(1), service, k=1)
    assert found.schools["is_changed"].tolist() == [True]
    assert found.intervals.count == 0


@given(
    st.lists(st.floats(0.0, 1.0), max_size=40),
    st.integers(0, 2**32 - 1),
)
def test_a_figure_counts_and_few_are_never_judged(chances: list[float], seed: int) -> None:
    happened = np.random.default_rng(seed).random(len(chances)) < np.array(chances)
    figure = figure_of(chances, happened)
    assert (figure.count, figure.observed) == (len(chances), happened.sum())
    assert figure.expected == pytest.approx(sum(chances))
    assert (figure.verdict == "few") == (len(chances) < FEWEST)
    assert figure.verdict != "more" or figure.observed > figure.expected
    assert figure.verdict != "fewer" or figure.observed < figure.expected


def test_chances_that_are_right_are_rarely_doubted() -> None:
    random = np.random.default_rng(7)
    chances = random.uniform(0.1, 0.9, 60)
    doubted = [
        figure_of(chances, random.random(60) < chances).verdict != "agrees" for _ in range(500)
    ]
    assert np.mean(doubted) < 0.08
    assert all(figure_of(chances, np.ones(60, bool)).verdict == "more" for _ in range(1))
