"""What is said of an evaluated plan: figures, assumptions, nothing that runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kalsel_gap.comparison.evaluation_page import (
    GROUP_NAMES,
    evaluation_data,
    evaluation_imprint,
    evaluation_notices,
    evaluation_sections,
    evaluation_title,
)
from kalsel_gap.comparison.plan_evaluation import evaluate_plan
from kalsel_gap.deliverables.explanation_page import page_of_sections
from kalsel_gap.i18n.text import LANGUAGES, Text
from kalsel_gap.planning.evaluate import SERVED_GROUPS
from tests.comparison.plans import deliveries, small_plan, small_run

HOSTILE = "SD <img src=x onerror='window.hurt = 1'>{{7*7}}\x1b[31m"
EN = Text("en")


def evaluated(**changes: Any) -> Any:
    """The small plan by the later run."""
    given: dict[str, Any] = {
        "plan": small_plan(),
        "before": small_run("aaaaaaaaaaaa", after=False, date="2026-07-01"),
        "after": small_run("bbbbbbbbbbbb", after=True, date="2027-09-30"),
        "delivery": deliveries(),
    } | changes
    plan, before, after = (given.pop(name) for name in ("plan", "before", "after"))
    return evaluate_plan(plan, before, after, **given)


def said(found: Any, text: Text = EN) -> str:
    """Everything that is said, in one line."""
    words = [evaluation_title(found, text)]
    for section in evaluation_sections(found, text, top=20):
        words += [section.title, *section.warnings, *section.said]
        words += [part for pair in section.pairs for part in pair]
        for grid in section.grids:
            words += [grid.title, *grid.heads, *(cell for row in grid.rows for cell in row)]
    return " ".join(words)


def test_every_group_has_a_name() -> None:
    assert list(GROUP_NAMES) == list(SERVED_GROUPS)


def test_what_is_said() -> None:
    words = said(evaluated())
    for sentence in (
        "Plan 0123456789ab, evaluated by run bbbbbbbbbbbb: Contoh",
        "Schools that the plan serves until 2027: 3.",
        "Delivered since the plan: 2 schools, 0 of them not by the plan.",
        "With speed tests of their own in the later run: 2.",
        "Deliveries of no school of the plan's run: 99999999.",
        "The actual cost is known of 1 of these schools: Rp 8.5 m, where the plan had Rp 8.88 m.",
        "Gaps closed: 1. Known to be adequate now, and not before: 1. D of these schools fell by",
        (
            "D of schools not served whose deficit was like that of the schools served changed by "
            "−0.075, and of all not served by −0.050. So −0.025 of the change"
        ),
        "There are only 2 kabupaten",
        "2 schools not yet served are within 5 km",
        "Parallel trends:",
        "No spill-over:",
        "Regression to the mean:",
        "No earlier run was named",
    ):
        assert sentence in words


def test_a_placebo_is_shown() -> None:
    earlier = small_run("cccccccccccc", after=False, date="2025-07-01", shift=-0.05)
    words = said(evaluated(earlier=[earlier]))
    assert "No earlier run was named" not in words
    assert "cccccccccccc" in words


def test_another_option_than_planned_is_counted() -> None:
    other = (("00000001", "vsat", "active", "2027-05-01", None),)
    words = said(evaluated(delivery=deliveries(other)))
    assert "Schools with another option than the plan has for them: 1." in words
    assert "another option" not in said(evaluated())


def test_without_deliveries_it_is_said_what_counts() -> None:
    words = said(evaluated(delivery=deliveries(())))
    assert "No delivery since the plan is reported." in words
    assert "No actual cost is known" in words


def test_by_its_own_run_it_says_so() -> None:
    same = small_run("aaaaaaaaaaaa", after=False, date="2026-07-01")
    words = said(evaluated(after=same))
    assert "The plan was made from this run" in words
    assert "cannot be stated" in words
    assert "No school has another gap than before." in words


def test_a_run_without_a_date() -> None:
    after = small_run("bbbbbbbbbbbb", after=True, date=None)
    assert "The later run states no date" in said(evaluated(after=after))


def test_a_delivery_that_did_not_help_is_listed() -> None:
    after = small_run("bbbbbbbbbbbb", after=True, date="2027-09-30")
    after.schools.loc[1, "deficit"] = 0.85
    found = evaluated(after=after)
    (section,) = (e for e in evaluation_sections(found, EN, top=1) if e.code == "no_better")
    (row,) = section.grids[0].rows
    assert row[0] == "00000002"
    assert row[4] == "0.80 → 0.85"
    codes = [each.code for each in evaluation_sections(evaluated(), EN, top=1)]
    assert "no_better" not in codes


def test_data_for_programs_are_json() -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    for found in (evaluated(), evaluated(delivery=deliveries(()))):
        data = json.loads(evaluation_data(found), parse_constant=refuse)
        assert data["plan"] == "0123456789ab"
        assert (data["before"], data["after"]) == ("aaaaaaaaaaaa", "bbbbbbbbbbbb")
        assert len(data["schools"]) == 8
        money = [value for name, value in data["spending"].items() if name.endswith("_idr")]
        assert all(value is None or isinstance(value, int) for value in money)
        assert isinstance(data["schools"][0]["spent_idr"], int)
    assert evaluation_data(evaluated()) == evaluation_data(evaluated())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_inert(language: Any) -> None:
    text = Text(language)
    before = small_run("aaaaaaaaaaaa", after=False, date="2026-07-01")
    after = small_run("bbbbbbbbbbbb", after=True, date="2027-09-30")
    before.schools["name"] = HOSTILE
    after.schools.loc[1, "deficit"] = 0.85
    found = evaluated(before=before, after=after)
    page = page_of_sections(
        evaluation_title(found, text),
        {"notices": evaluation_notices(found, text), "official": ""},
        evaluation_sections(found, text, top=20),
        evaluation_imprint(found, text),
        text,
    )
    assert f'lang="{language}"' in page
    assert "<img" not in page
    assert "&lt;img" in page
    assert "\x1b" not in page
    assert "<script" not in page
