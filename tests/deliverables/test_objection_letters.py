"""Letters: where the rank moved and why, and names of files that lead nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.deliverables.objection_letters import Answered, changes, letter_name
from kalsel_gap.i18n.messages import reason
from kalsel_gap.i18n.text import Text
from kalsel_gap.project.index import Index
from tests.quality.test_objections import objection

if TYPE_CHECKING:
    from collections.abc import Callable

EN = Text("en")
ADEQUACY = Index.shipped().adequacy
# What a letter reads of a school's row.
ROW: dict[str, Any] = {
    "rank": 5,
    "deficit": 0.5,
    "unranked_reason": None,
    "reason": "unconnected",
    "hindrance": None,
    "best_technology": "4g",
    "best_level_dbm": -90.0,
    "students": 100,
    "best_basis": "modelled",
    "best_signal_share": 1.0,
    "required_mbps": 20.0,
    "lat": -3.0,
    "measured_down_mbps": None,
    "measured_latency_ms": None,
    "measured_tests": None,
    "fixed_network": False,
    "lon": 115.0,
}


def said(
    code: str, before: dict[str, Any], after: dict[str, Any], judgement: str = "accepted"
) -> list[str]:
    each = objection(code, judgement=judgement, reason="enough")
    return changes(Answered("1", (each,), {**ROW, **before}, {**ROW, **after}), ADEQUACY, EN)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, "The rank of the school stays the same."),
        ({}, {"rank": 2, "deficit": 0.6}, "The school moves up by 3: it is served earlier"),
        ({}, {"rank": 9, "deficit": 0.4}, "The school moves down by 4: it is served later"),
        ({"rank": None, "deficit": None}, {}, "The school had no rank, and it has one now."),
    ],
)
def test_the_direction_of_the_rank(
    before: dict[str, Any], after: dict[str, Any], expected: str
) -> None:
    sentences = said("planned", before, after)
    assert sentences[0] == "Accepted: connection already planned."
    assert sentences[1].startswith(expected)
    assert "This changes no rank." in sentences[2]
    assert not any("the other way" in each for each in sentences)


def test_a_rank_that_others_have_moved_says_so() -> None:
    against = said(
        "speed", {}, {"rank": 9, "deficit": 0.6, "measured_tests": 3, "measured_down_mbps": 1.0}
    )
    assert any("those of other schools have changed more" in each for each in against)
    rejected = said("speed", {}, {"rank": 6}, judgement="rejected")
    assert rejected[:1] == ["Rejected: speed of the connection."]
    assert any("facts of other schools have changed" in each for each in rejected)
    nothing = said("speed", {}, {}, judgement="verify")
    assert nothing[0] == "To be verified: speed of the connection."
    assert "No fact of this school has changed." in nothing


@pytest.mark.parametrize(
    ("code", "after", "expected"),
    [
        ("enrolment", {"students": 150}, "Pupils: 150 instead of 100; the school needs 20 Mbps."),
        ("location", {"lat": -3.01}, "The location of the school was corrected by 1.11 km."),
        ("availability", {"fixed_network": True}, "A fixed network now counts as available"),
        (
            "closed",
            {"rank": None, "deficit": None, "unranked_reason": "closed", "reason": "closed"},
            "The school is closed. It stays in the list, without a rank.",
        ),
        (
            "latency",
            {"measured_down_mbps": 2.25, "measured_tests": 4, "measured_latency_ms": 700.0},
            "the median of 4 tests is 2.2 Mbps; it needs 20 Mbps.",
        ),
        (
            "latency",
            {"measured_latency_ms": 700.0, "measured_down_mbps": 2.25},
            "speed tests is 700 ms; up to 50 ms it counts fully, and from 600 ms on not at all.",
        ),
    ],
)
def test_the_fact_that_has_changed(code: str, after: dict[str, Any], expected: str) -> None:
    assert any(expected in each for each in said(code, {}, after))
    # What was not accepted is no reason, whatever else has changed.
    assert not any(expected in each for each in said(code, {}, after, judgement="rejected"))


def test_a_rate_and_a_fixed_network_are_said_in_the_same_words_everywhere() -> None:
    shown = {"measured_tests": 3, "measured_down_mbps": 1.84, "delivered_down_mbps": 1.84}
    sentences = said("speed", {}, {**shown, "reason": "few_tests"})
    assert sum("1.8 " in each and "20 Mbps" in each for each in sentences) == 2
    row = {**ROW, "best_technology": "fixed", "best_level_dbm": None}
    for text, words in ((EN, "fixed network"), (Text("id"), "jaringan tetap")):
        assert reason(row, text).startswith(words)


@given(st.text(max_size=30), st.text(max_size=30))
def test_names_of_files_hold_no_path_and_no_two_are_one(first: str, second: str) -> None:
    name: Callable[[str], str] = letter_name
    for npsn in (first, second):
        assert name(npsn).isascii()
        assert all(char.isalnum() or char in "-." for char in name(npsn))
        assert name(npsn).count(".") == 1
    assert (name(first) == name(second)) == (first == second)
