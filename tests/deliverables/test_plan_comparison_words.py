"""How a plan was found, objectives beside each other, and the curve of a sweep."""

from __future__ import annotations

import pytest

from kalsel_gap.deliverables.plan_comparison_words import (
    curve_section,
    ending_sentences,
    knee_sentence,
    objectives_section,
    percent,
)
from kalsel_gap.deliverables.plan_tables import compare_objectives
from kalsel_gap.i18n.plan_names import ENDINGS
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.planning.sweep import BudgetCurve, BudgetPoint
from tests.deliverables.hand_made_plans import SCHOOLS, hand_made

EN = Text("en")
BN = 10**9
POINTS = tuple(
    BudgetPoint(total * BN, total * BN, float(schools), schools, 100 * schools, 0.004)
    for total, schools in ((5, 10), (10, 60), (15, 70))
)


def test_value_bound_and_gap_in_plain_words() -> None:
    facts = {"objective": "gap", "status": "nodes", "value": 123.456, "bound": 124, "gap": 0.0044}
    assert list(ending_sentences(facts, EN)) == [
        "The search ended at its limit of nodes, before the gap that was asked for.",
        (
            "Its value: 123.46. No plan within these ceilings has more than 124.00: it is within "
            "0.44 % of the best one."
        ),
    ]
    facts = {
        "objective": "cost",
        "status": "gap",
        "value": 199.0,
        "bound": 200.0,
        "gap": 0.005,
    }
    assert list(ending_sentences(facts, EN))[1] == (
        "Schools that it connects: 199. No plan within these ceilings connects more than 200: it "
        "is within 0.5 % of the most. Of such plans the cheapest was sought."
    )
    assert list(ending_sentences({**facts, "bound": None}, EN))[1] == "Its value: 199."
    assert list(ending_sentences({"objective": "gap", "status": "odd", "value": None}, EN)) == []


@pytest.mark.parametrize("status", list(ENDINGS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_ending_has_a_sentence(status: str, language: Language) -> None:
    facts = {"objective": "schools", "status": status, "value": 7, "bound": 7, "gap": 0.0}
    first, second = ending_sentences(facts, Text(language))
    assert first.endswith(".")
    assert "7" in second


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, "0"), (0.01, "1"), (0.00411, "0.42"), (0.0000001, "0.01"), (1.5, "150"), (None, "0")],
)
def test_a_proven_limit_is_rounded_up(share: float | None, expected: str) -> None:
    assert percent(share, EN) == expected


def test_the_knee_in_words() -> None:
    curve = BudgetCurve(POINTS, POINTS[1])
    assert knee_sentence(curve, EN) == (
        "The knee of the curve is at Rp 10 bn: up to there one more billion rupiah connects 10.0 "
        "more schools on average, beyond it 2.0."
    )
    assert "no knee" in knee_sentence(BudgetCurve(POINTS, None), EN)
    section = curve_section(curve, EN)
    assert [bar.shown for bar in section.bars[0].rows] == [
        "10 schools, 1,000 pupils",
        "60 schools, 6,000 pupils",
        "70 schools, 7,000 pupils",
    ]
    assert section.bars[0].most == 70.0
    assert section.said[1] == "Each plan is within 0.4 % of the best one of its budget."


def test_objectives_beside_each_other() -> None:
    table = compare_objectives([hand_made(), hand_made(objective="schools")], SCHOOLS)
    (grid,) = objectives_section(table, EN).grids
    assert [row[0] for row in grid.rows] == ["most of the gap closed, by priority", "most schools"]
    assert grid.rows[0][1:] == ("2", "120", "2.8", "Rp 541 m", "0.43 %")
