"""What internet a school has, in words worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from kalsel_gap.deliverables.service_words import service_section
from kalsel_gap.i18n.text import LANGUAGES, Language, Text

TESTED: dict[str, Any] = {
    "measured_tests": 12,
    "measured_down_mbps": 11.6,
    "measured_up_mbps": None,
    "measured_latency_ms": 48.0,
    "measured_loss_share": 0.012,
    "difficult_down_mbps": 3.25,
    "difficult_latency_ms": 90.0,
    "measured_is_indicative": True,
}
PLACE: dict[str, Any] = {
    "known_operators": 3,
    "usable_operators": 2,
    "margin_4g_db": 14.6,
    "margin_4g_status": "known",
    "fixed_served": False,
    "fixed_status": "known",
}
EXAM: dict[str, Any] = {
    "exam_status": "inferred",
    "exam_clients": 10,
    "exam_mbps": 8.0,
    "exam_met_share": 0.4,
    "exam_available_share": 1.0,
}


def said(**row: Any) -> list[str]:
    return service_section({**TESTED, **PLACE, **EXAM, **row}, 30, Text("en")).said


def test_the_median_stands_beside_a_difficult_day() -> None:
    assert said() == [
        (
            "Its own speed tests of the latest quarter (12), the middle one: 12 Mbps down, 48 ms "
            "latency, 1.2 % packet loss."
        ),
        (
            "On a difficult day, as in the worst quarter of the tests: 3.2 Mbps down, 90 ms "
            "latency or worse."
        ),
        "Fewer than 30 tests: this is only an indication.",
        "Operators with usable 4G or 5G there: 2 of 3.",
        "The best 4G is 15 dB above the level from which it is usable.",
        "No fixed network serves its location.",
        "For ANBK, 10 pupils at a time need 8.0 Mbps.",
        "It has 40 % of that.",
    ]
    assert said(measured_is_indicative=False)[2].startswith("Operators")
    assert said(measured_down_mbps=None)[0] == "It has no speed tests of its own."


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"margin_4g_db": -3.4}, "The best 4G is 3 dB below the level from which it is usable."),
        ({"margin_4g_db": None, "margin_4g_status": "none"}, "No operator has 4G there."),
        ({"known_operators": 0}, "It is unknown which operators have 4G or 5G there."),
        ({"fixed_served": True}, "A fixed network serves its location."),
        (
            {"fixed_served": True, "fixed_status": "inferred"},
            "A fixed network probably serves its location.",
        ),
        (
            {"fixed_served": None, "fixed_status": "unknown"},
            "It is unknown whether a fixed network serves its location.",
        ),
        ({"exam_met_share": 0.0}, "It has nothing of that."),
        ({"delivered_basis": "test"}, "On a difficult day it has 40 % of that."),
        ({"delivered_basis": "subscription"}, "Its subscription states 40 % of that."),
        (
            {"exam_met_share": None},
            "What it has of that is not known; the best subscription there could give 100 % of it.",
        ),
        (
            {"exam_met_share": None, "exam_available_share": 0.004},
            (
                "What it has of that is not known; no ordinary subscription there would give a "
                "usable part of it."
            ),
        ),
        (
            {"exam_status": "unknown", "exam_met_share": 0.0},
            "Without internet it cannot hold ANBK online.",
        ),
        (
            {"exam_status": "unknown", "exam_met_share": None, "exam_available_share": None},
            "How many take ANBK at a time is unknown: its pupils or its level are.",
        ),
    ],
)
def test_what_is_known_and_what_is_not(row: dict[str, Any], sentence: str) -> None:
    assert sentence in said(**row)


def test_nothing_is_said_of_an_assessment_that_the_level_does_not_take() -> None:
    assert not any("ANBK" in each for each in said(exam_status="none", exam_met_share=None))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_older_run_says_what_it_knows(language: Language) -> None:
    older = {name: TESTED[name] for name in TESTED if name.startswith("measured_")}
    older.pop("measured_is_indicative")
    assert len(service_section(older, 30, Text(language)).said) == 1
