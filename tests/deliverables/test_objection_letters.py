"""Letters: where the rank moved and why, and names of files that lead nowhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.deliverables.objection_letters import (
    Answered,
    changes,
    evidence_words,
    letter_name,
)
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
    "deficit_status": "known",
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
    code: str,
    before: dict[str, Any],
    after: dict[str, Any],
    judgement: str = "accepted",
    text: Text = EN,
) -> list[str]:
    each = objection(code, judgement=judgement, reason="enough")
    return changes(Answered("1", (each,), {**ROW, **before}, {**ROW, **after}), ADEQUACY, text)


OTHERS = "Its rank is another one because facts of other schools have changed."
LEARNED = "Its deficit has changed all the same: it is an estimate"
FROM_OTHERS = "Its deficit is the same as before: the move comes from other schools."


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
    assert rejected[2:4] == ["No fact of this school has changed.", OTHERS]
    nothing = said("speed", {}, {}, judgement="verify")
    assert nothing[0] == "To be verified: speed of the connection."
    assert "No fact of this school has changed." in nothing
    assert OTHERS not in nothing


@pytest.mark.parametrize("rank", [5, 9])
def test_a_deficit_that_was_learned_anew_is_not_that_of_a_rank_alone(rank: int) -> None:
    sentences = said("speed", {}, {"rank": rank, "deficit": 0.52}, judgement="rejected")
    assert sentences[2] == "No fact of this school has changed."
    assert sentences[3].startswith(LEARNED)
    assert OTHERS not in sentences
    planned = said("planned", {}, {"rank": rank, "deficit": 0.52})
    assert any(each.startswith(LEARNED) for each in planned)
    # One that looks the same in the letter is not said to have changed.
    same = said("speed", {}, {"rank": rank, "deficit": 0.5000001}, judgement="rejected")
    assert not any(each.startswith(LEARNED) for each in same)
    assert (OTHERS in same) == (rank == 9)


def test_a_planned_connection_moves_no_school_by_itself() -> None:
    moved = said("planned", {}, {"rank": 4})
    assert moved[1].startswith("The school moves up by 1")
    assert "This changes no rank." in moved[2]
    assert moved[3] == FROM_OTHERS
    assert FROM_OTHERS not in said("planned", {}, {})
    # The same holds for a fact that leaves the deficit as it is.
    assert FROM_OTHERS in said("enrolment", {}, {"rank": 4, "students": 150})
    assert FROM_OTHERS not in said("enrolment", {}, {"rank": 4, "deficit": 0.6, "students": 150})


def test_an_inferred_reason_says_that_it_is_inferred() -> None:
    row = {"reason": "adequate", "deficit_status": "inferred"}
    assert said("speed", {}, row, judgement="rejected")[-1] == (
        "Main reason of its rank now: service is adequate. This is inferred (~), because too "
        "little of its service is known."
    )
    assert "perkiraan (~)" in said("speed", {}, row, text=Text("id"))[-1]
    known = said("speed", {}, {"reason": "adequate"}, judgement="rejected")[-1]
    assert known == "Main reason of its rank now: service is adequate."


def test_tests_that_were_accepted_decide_beside_rejected_ones() -> None:
    rows = [objection("speed", judgement="accepted", reason="enough", row=n) for n in (2, 3, 4)]
    rows.append(objection("speed", judgement="rejected", reason="outside_school_hours", row=5))
    mixed = changes(Answered("1", tuple(rows), ROW, ROW), ADEQUACY, EN)
    assert mixed[:2] == [
        "Accepted: speed of the connection.",
        "Tests of the speed of the connection: 3 accepted, 1 rejected. The accepted ones decide.",
    ]
    alone = changes(Answered("1", tuple(rows[:3]), ROW, ROW), ADEQUACY, EN)
    assert not any("decide" in each for each in alone)


def test_tests_that_are_too_few_to_replace_known_ones_are_named() -> None:
    finding = {
        "code": "objection_tests_fewer",
        "evidence": "{}",
        "parameters": json.dumps(
            {"tests": 3, "quarter": "2026Q3", "known": 9, "earlier": "2026Q2"}
        ),
    }
    each = objection("latency", judgement="accepted", reason="enough")
    row = {**ROW, "measured_tests": 9, "measured_down_mbps": 5.0, "measured_latency_ms": 60.0}
    sentences = changes(Answered("1", (each,), row, row, findings=(finding,)), ADEQUACY, EN)
    assert "do not take the place of the 9 tests of 2026Q2" in sentences[2]
    assert sentences[3] == "No fact of this school has changed."
    assert not any("60 ms" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("service", "words"), [("none", "no signal"), ("mobile", "mobile signal"), ("", "B-1")]
)
def test_the_evidence_says_what_was_stated_of_the_service(service: str, words: str) -> None:
    each = objection("availability", evidence="letter", reference="B-1", service=service)
    assert evidence_words(each, EN).endswith(words)


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
            "700 ms; its part of the score is full up to 50 ms and zero from 600 ms on.",
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
