"""The chapter of the report about a plan, and the same plan behind the lists of the workbook."""

from __future__ import annotations

import pytest

from kalsel_gap.deliverables.report_blocks import PrintedTable, SectionHead, as_data
from kalsel_gap.deliverables.report_plan import plan_blocks
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from tests.hand_made_plan import FORMULA, MARKUP, PLAN, hand_made_plan, hand_made_run

EN = Text("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_chapter_has_all_parts(language: Language) -> None:
    blocks = list(plan_blocks(hand_made_run(FORMULA, MARKUP), hand_made_plan(), Text(language)))
    heads = [block for block in blocks if isinstance(block, SectionHead)]
    assert heads[0].code == "plan"
    assert heads[0].level == 2
    assert {head.level for head in heads[1:]} == {3}
    tables = [block for block in blocks if isinstance(block, PrintedTable)]
    # One for each year, then what is chosen, opened, left out, without a ceiling, who, which.
    assert len(tables) >= 7
    for table in tables:
        assert sum(table.widths) == pytest.approx(1.0)
        assert len(table.widths) == len(table.heads)
        assert all(len(row) == len(table.heads) for row in table.rows)


def test_the_chapter_names_plan_years_and_envelopes() -> None:
    said = str(list(plan_blocks(hand_made_run(), hand_made_plan(), EN)))
    for words in (PLAN, "2027", "2028", "2029", "APBD of Kab. Tanah Laut", "12 m short"):
        assert words in said


def test_a_trial_stands_above_the_chapter() -> None:
    plan = hand_made_plan(overrides={"plan.gap": 0.1}, is_reproducible=False)
    notices = [
        b for b in plan_blocks(hand_made_run(), plan, EN) if getattr(b, "tone", "") == "notice"
    ]
    assert len(notices) == 2


def test_the_report_can_be_written_with_it() -> None:
    from kalsel_gap.deliverables.report_blocks import Report

    blocks = list(plan_blocks(hand_made_run(FORMULA), hand_made_plan(), EN))
    made = Report("t", "p", "en", "", (), "", "", "", "", {}, blocks)
    assert FORMULA in str(as_data(made))
