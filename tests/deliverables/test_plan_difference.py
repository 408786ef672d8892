"""What a trial changes of a plan, worked out by hand from two made ones."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from kalsel_gap.deliverables.plan_difference import difference_data, find_difference
from kalsel_gap.deliverables.plan_difference_words import difference_sections
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from tests.deliverables.hand_made_plans import SCHOOLS, hand_made

if TYPE_CHECKING:
    from kalsel_gap.storage.plan_folder import Plan

M = 10**6
SITE = [-3.05, 115.42, 42.0]


def trial() -> Plan:
    """Without the school of the relay, another one gets a kit, and a site is added."""
    made = hand_made()
    choice = made.table("choice")
    kept = choice[choice["shared_id"] != "r1"]
    first = kept[kept["row_id"] == "s.csv:2"]
    more = first.assign(row_id="s.csv:5", npsn="00000104", option_id="s.csv:5|leo|")
    budget = made.table("budget")
    less = (budget["year"] == 2028) & (budget["envelope"] == "apbd_99_01")
    budget.loc[less, "total_idr"] = M
    shared = pd.DataFrame(
        {
            "shared_id": ["r1", "bts:-3.050000,115.420000"],
            "name": ["BUKIT", ""],
            "kind": ["relay", "bts"],
            "lat": [-3.0, SITE[0]],
            "lon": [115.0, SITE[1]],
            "schools": [1, 4],
            "facility_share": [0.0, 0.0],
        }
    )
    return hand_made(
        choice=pd.concat([kept, more], ignore_index=True),
        budget=budget,
        shared=shared,
        value=120.0,
        overrides={"plan.add_sites": [SITE], "plan.without": ["00000102"]},
    )


def test_who_is_gained_and_lost_and_which_money_moves() -> None:
    found = find_difference(hand_made(), trial(), SCHOOLS)
    rows = found.schools.set_index("npsn")
    assert rows["change"].to_dict() == {"00000104": "gained", "00000102": "lost"}
    assert rows.loc["00000102", "option_before"] == "microwave_relay"
    assert rows["option_after"].isna()["00000102"]
    assert found.money.to_dict("records") == [
        {
            "year": 2028,
            "envelope": "apbd_99_01",
            "before_idr": 511_710_000,
            "after_idr": M,
            "difference_idr": M - 511_710_000,
        }
    ]
    assert found.shared.to_dict("records") == [
        {
            "change": "lost",
            "shared_id": "r1",
            "kind": "relay",
            "name": "BUKIT \x1b[31m<b>",
            "year": 2028,
        }
    ]
    (site,) = found.sites.to_dict("records")
    assert (site["schools"], site["served"], pd.isna(site["year"])) == (4, 0, True)
    assert found.facts["before"]["students"] == 120
    assert found.facts["after"]["students"] == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_in_words(language: Language) -> None:
    found = find_difference(hand_made(), trial(), SCHOOLS)
    sections = difference_sections(found, SCHOOLS, Text(language))
    said = " ".join(str(each) for each in sections)
    assert "\x1b" not in said
    assert "00000104" in said
    if language == "en":
        assert "schools within reach 4; the plan does not open it" in said
        assert "Gained: schools 1, pupils that are known 80." in said
        assert "−Rp 511 m" in said
        assert "('Pupils that are known', '120', '200', '+80')" in said
        assert "('Value', '123.46', '120.00', '−3.46')" in said
    more = pd.concat([found.schools] * 9)
    short = difference_sections(replace(found, schools=more), SCHOOLS, Text(language), top=4)
    (grid,) = short[1].grids
    assert [row[1] for row in grid.rows] == ["00000104", "00000102"] * 2
    assert "18" in short[1].said[-1]


def test_the_json_has_both_and_equal_plans_differ_in_nothing() -> None:
    data = json.loads(
        difference_data(find_difference(hand_made(), trial(), SCHOOLS), trial(), SCHOOLS)
    )
    assert [row["change"] for row in data["difference"]["schools"]] == ["gained", "lost"]
    assert data["difference"]["before"]["schools"] == 2
    assert data["choice"]
    same = find_difference(hand_made(), hand_made(), SCHOOLS)
    assert same.schools.empty
    assert same.money.empty
    assert "both plans buy the same" in str(difference_sections(same, SCHOOLS, Text("en")))
