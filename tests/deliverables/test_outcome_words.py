"""Hit rate and calibration in sentences of both languages."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kalsel_gap.deliverables import outcome_words
from kalsel_gap.deliverables.verified_tables import KeptAnswers
from kalsel_gap.i18n.text import Text
from kalsel_gap.robustness.outcome import Figure, Outcome
from kalsel_gap.sources.field_results import AnswerProblem

NOTHING = Figure(0, 0.0, 0, "few")
SCHOOLS = pd.DataFrame(
    {
        "npsn": ["1", "2"],
        "name": ["SD <b>\x1b[31m", "SD 2"],
        "answered": ["service", "signal"],
        "rank_before": pd.array([1200, 3], dtype="Int64"),
        "rank_after": pd.array([2, None], dtype="Int64"),
        "deficit_before": [0.5, 0.25],
        "deficit_after": [0.75, np.nan],
        "is_chosen_before": [False, True],
        "is_chosen_after": [True, False],
        "is_changed": [True, True],
    }
)


def outcome(changes: Figure, *, levels: int = 0) -> Outcome:
    others = Figure(12, 10.8, 11, "agrees"), NOTHING, NOTHING
    return Outcome(SCHOOLS, changes, *others, 2.5 if levels else np.nan, levels)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["2 of 20", "(10 %)", "first 118", "5.5 were", "fewer than stated", "+-"]),
        ("id", ["2 dari 20", "(10 %)", "118 pertama", "5,5", "lebih sedikit", "+-"]),
    ],
)
def test_both_languages_say_the_same_figures(language: str, said: list[str]) -> None:
    text = Text("id" if language == "id" else "en")
    made = outcome(Figure(20, 5.5, 2, "fewer"), levels=10)
    first, interval, signal = outcome_words.outcome_sentences(made, 118, text)
    assert all(each in first for each in said[:-1])
    assert "90 %" in interval
    assert "12" in interval
    assert signal.endswith("10.")  # enough of them: no verdict
    assert text.number(2.5, 1) in signal
    shown = outcome_words.in_terminal(made, text)
    assert list(shown["ranks"]) == [f"{text.number(1200)} → 2", "3 → ?"]
    assert len(set(shown["moved"])) == 2


def test_without_answers_nothing_is_judged() -> None:
    made = Outcome(SCHOOLS.head(0), NOTHING, NOTHING, NOTHING, NOTHING, np.nan, 0)
    assert list(outcome_words.outcome_sentences(made, 1, Text("en"))) == [
        "No answer that was asked for; the list stays as it is."
    ]
    few = outcome(Figure(9, 3.0, 9, "few"), levels=9)
    sentences = list(outcome_words.outcome_sentences(few, 1, Text("en")))
    assert sentences[0].endswith("Too few to judge.")
    assert sentences[-1].endswith("Too few to judge.")


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "No signal at all: 4, each"), ("id", "Tidak ada sinyal sama sekali: 4, masing-masing")],
)
def test_no_signal_is_counted_and_held_against_the_list(language: str, said: str) -> None:
    made = replace(outcome(NOTHING), no_signal=4, no_signal_shown=3)
    *_, last = outcome_words.outcome_sentences(made, 1, Text("id" if language == "id" else "en"))
    assert last.startswith(said)
    assert "3" in last


def test_problems_name_column_and_rows() -> None:
    problems = [
        AnswerProblem("unread", "level\x1b_dbm", tuple(range(2, 14))),
        AnswerProblem("personal", "No HP"),
    ]
    unread, personal = outcome_words.problem_sentences(problems, Text("en"))
    assert unread.startswith("Column “level _dbm”, row 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 …:")
    assert "not stored" in personal


def test_the_report_for_programs_is_valid_json() -> None:
    kept = KeptAnswers(pd.DataFrame(), {}, 3, ("9",), (), pd.DataFrame())
    made = outcome(Figure(2, 0.5, 2, "few"))
    written = outcome_words.to_json(made, kept, {"verified.csv": Path("verified.csv")}, ["[[a]]"])
    assert "\x1b" not in written
    report = json.loads(written)
    assert report["schools"][1]["rank_after"] is None
    assert report["level_difference_db"] is None
    assert report["changes"] == {"count": 2, "expected": 0.5, "observed": 2, "verdict": "few"}
    assert (report["not_asked"], report["unknown"]) == (3, ["9"])
