"""The ways to connect one school, in words."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from kalsel_gap.deliverables.school_options import school_options_section, unreadable_section
from kalsel_gap.i18n.messages import OPTION_REASONS
from kalsel_gap.i18n.plan_names import OPTION_NAMES, REASON_NAMES, option_name
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.project.costs import OptionCode
from tests.deliverables.hand_made_plans import SCHOOLS, hand_made

EN = Text("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_options_of_one_school(language: Language) -> None:
    text = Text(language)
    section = school_options_section(hand_made(), "s.csv:2", SCHOOLS, text)
    assert section is not None
    (grid,) = section.grids
    assert [row[0].split(" · ")[0] for row in grid.rows] == [
        option_name(code, text) for code in ("leo", "fibre", "microwave", "microwave")
    ]
    assert "2027" in grid.rows[0][1]
    assert "\x1b" not in json.dumps(grid.rows, ensure_ascii=False)
    assert school_options_section(hand_made(), "elsewhere", SCHOOLS, text) is None


def test_an_option_without_a_price_has_no_amount() -> None:
    section = school_options_section(hand_made(), "s.csv:3", SCHOOLS, EN)
    assert section is not None
    rows = {row[0]: row[1:] for row in section.grids[0].rows}
    assert rows["VSAT"] == ("feasible, but without a price", "–", "–")


def test_why_not_in_a_sentence_with_its_figures() -> None:
    section = school_options_section(hand_made(), "s.csv:2", SCHOOLS, EN)
    assert section is not None
    rows = {row[0]: row[1] for row in section.grids[0].rows}
    assert rows["new fibre"] == "It is 18.2 km away; at most 15.0 km is possible."
    odd = hand_made().table("options").assign(reason_params="[1]", reason="new_code")
    section = school_options_section(hand_made(options=odd), "s.csv:5", SCHOOLS, EN)
    assert section is not None
    assert section.grids[0].rows[0][1] == "new_code"


def test_a_neighbour_is_called_by_its_name() -> None:
    hub = {"option": "hub", "partner_kind": "school", "partner": "school:s.csv:4"}
    section = school_options_section(
        hand_made(options=hand_made().table("options").head(1).assign(**hub)),
        *("s.csv:2", SCHOOLS, EN),
    )
    assert section is not None
    assert section.grids[0].rows[0][0] == "link from a neighbour · SMA CONTOH 3"


def test_every_reason_has_a_short_name() -> None:
    assert OPTION_REASONS.keys() - REASON_NAMES.keys() == set()
    assert set(get_args(OptionCode)) == OPTION_NAMES.keys()


def test_a_plan_that_cannot_be_read_is_a_warning() -> None:
    assert unreadable_section(["plan.json: altered"], EN).warnings == ["plan.json: altered"]


def test_what_is_shared_is_called_by_its_name() -> None:
    one = hand_made().table("options").head(1)
    shared = {"option": "hub", "partner_kind": "facility", "partner": "facility:a/b.geojson:1"}
    found = []
    for given in (
        {**shared, "shared_id": "r1"},
        {"partner_kind": "shared", "partner": "trunk:-3.4,114.3", "shared_id": "trunk:-3.4,114.3"},
    ):
        section = school_options_section(
            hand_made(options=one.assign(**given)), "s.csv:2", SCHOOLS, EN
        )
        assert section is not None
        found.append(section.grids[0].rows[0][0].partition(" · ")[2])
    assert found[0].startswith("BUKIT")
    assert found[1] == "-3.4,114.3"
