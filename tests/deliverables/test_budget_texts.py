"""Drafts of terms of reference: what they must hold, and that no name is markup in them."""

from __future__ import annotations

import re

import pytest

from kalsel_gap.deliverables.budget_texts import ANY_TEXT, markdown_text, terms_of_reference
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from tests.hand_made_plan import FORMULA, MARKUP, hand_made_plan, hand_made_run, with_tables

EN = Text("en")
LEO = "tor-2028-leo-dinas-pendidikan-kab-tanah-laut.md"
FIBRE = "tor-2027-fibre-dinas-pendidikan-provinsi.md"


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return terms_of_reference(hand_made_run(FORMULA, MARKUP), hand_made_plan(), EN)


def test_a_text_for_each_office_option_and_year(texts: dict[str, str]) -> None:
    assert sorted(texts) == sorted(
        f"tor-{year}-{option}-dinas-pendidikan-{office}.md"
        for option, office in (
            *(("leo", "kab-tanah-laut"), ("leo", "kab-tanah-laut-unfunded")),
            ("fibre", "provinsi"),
        )
        for year in (2027, 2028, 2029)
    )
    assert all(re.fullmatch(ANY_TEXT.replace("*", "[a-z0-9-]+"), name) for name in texts)


def test_prices_stand_with_source_date_and_confidence(texts: dict[str, str]) -> None:
    row = next(line for line in texts[LEO].splitlines() if line.startswith("| LEO satellite kit"))
    assert "Rp 8,000,001" in row
    assert "source of leo\\_kit" in row
    assert "2024\\-05\\-27" in row
    assert "medium" in row
    assert "SSH\\-1" in texts[FIBRE]


def test_all_chapters_are_there_and_what_is_missing_is_marked(texts: dict[str, str]) -> None:
    for text in texts.values():
        heads = re.findall(r"^## (\d+)\. ", text, flags=re.MULTILINE)
        assert heads == [str(n) for n in range(1, 11)]
        law = text.split("## 3. ")[1].split("## 4. ")[0]
        assert "**[TO FILL IN: " in law
    assert "**[TO FILL IN: SSH code]**" in texts[LEO]


def test_places_are_new_or_continued(texts: dict[str, str]) -> None:
    places = texts[LEO].split("## 4. ")[1].split("## 5. ")[0]
    rows = [line for line in places.splitlines() if "| 0000000" in line]
    assert [row.rsplit(" | ", 1)[1] for row in rows] == ["continued |", "new |"]
    assert "| -3.60000 |" in places
    assert "Schools connected anew: 1; schools whose service goes on: 1." in texts[LEO]


def test_costs_are_those_of_the_lines(texts: dict[str, str]) -> None:
    costs = texts[FIBRE].split("## 7. ")[1].split("## 8. ")[0]
    assert "Rp 57,875,000" in costs
    assert "Rp 6,366,250" in costs
    assert "**Rp 64,241,250**" in costs  # with PPN
    assert "tahun jamak" in texts[FIBRE]
    assert "1\\.01\\.02" not in costs  # a point needs no escape
    assert "1.01.02.2.01" in costs


def test_risks_are_those_of_the_package(texts: dict[str, str]) -> None:
    risks = texts[LEO].split("## 9. ")[1]
    assert "Unit prices of low confidence: 1." in risks
    assert "Places whose location is doubtful: 1." in risks
    assert "sold out" in risks
    assert "sold out" not in texts[FIBRE]


def test_names_are_no_markup(texts: dict[str, str]) -> None:
    whole = "\n".join(texts.values())
    for sign in ("<img", "](javascript", "${", "`ls`", "| *SD*"):
        assert sign not in whole
    assert "&lt;img" in whole
    rows = [line for line in whole.splitlines() if "00000002" in line]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {11}


def test_demand_without_a_ceiling_says_so() -> None:
    plan = hand_made_plan()
    choice = plan.table("choice").assign(is_unfunded=True)
    texts = terms_of_reference(hand_made_run(), with_tables(plan, choice=choice), EN)
    assert "No ceiling is stated" in texts[FIBRE.replace(".md", "-unfunded.md")]


def test_offices_of_one_name_do_not_share_a_file() -> None:
    plan = hand_made_plan()
    payers = plan.table("envelopes")
    payers["skpd"] = ["Dinas A", "../dinas a", "Dinas A", "Dinas A"]
    texts = terms_of_reference(hand_made_run(), with_tables(plan, envelopes=payers), EN)
    assert not [name for name in texts if "/" in name or ".." in name]
    assert {"tor-2028-leo-dinas-a.md", "tor-2028-leo-dinas-a-2.md"} <= set(texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_and_the_same_text_again(language: Language) -> None:
    first, second = (
        terms_of_reference(hand_made_run(), hand_made_plan(), Text(language)) for _ in range(2)
    )
    assert first == second
    assert all(text.startswith("# ") and text.endswith("\n") for text in first.values())


def test_an_address_in_a_name_becomes_no_link() -> None:
    assert "http:" not in markdown_text("http://x www.x a@b")
    assert "www." not in markdown_text("WWW.x")
