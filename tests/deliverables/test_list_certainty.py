"""How sure a list is, in words and HTML."""

from __future__ import annotations

from dataclasses import fields, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from kalsel_gap.deliverables.explanation_page import to_html
from kalsel_gap.deliverables.list_certainty import certainty_sections
from kalsel_gap.i18n.messages import ASSUMPTIONS
from kalsel_gap.i18n.text import LANGUAGES, Text
from kalsel_gap.robustness.sensitivity import ListSensitivity, list_sensitivity
from tests.conftest import NO_ADDRESS, PROGRAMS

if TYPE_CHECKING:
    from kalsel_gap.deliverables.sections import PageSection
    from kalsel_gap.i18n.text import Language
    from kalsel_gap.storage.run_folder import Run

EN = Text("en")
CERTAINTY = {
    "draws": 2000,
    "seed": 1,
    "k": 3,
    "confidence": 0.9,
    "certain": 1,
    "contested": 8,
    "out": 2,
    **{f"mean_rank_shift_{kind}": 2.5 for kind in ("both", "data", "values")},
    **{f"top_k_overlap_{kind}": 0.995 for kind in ("both", "data", "values")},
}


@pytest.fixture
def found(tiny_run: Run) -> ListSensitivity:
    return list_sensitivity(tiny_run)


def words_of(sections: tuple[PageSection, ...]) -> dict[str, str]:
    """All sentences and cells of each section."""
    return {
        section.code: "\n".join(
            [
                *(section.title, *section.warnings, *section.said),
                *(cell for table in section.grids for row in table.rows for cell in row),
            ]
        )
        for section in sections
    }


def main_of(run: Run, found: ListSensitivity, text: Text) -> str:
    """The sections as HTML, without what stands around them on the page."""
    page = to_html("List", certainty_sections(run, found, text), run, text)
    return page.partition("<main")[2].partition(">")[2].partition("</main>")[0]


def certain(run: Run, **figures: float) -> Run:
    """The run with what its record says of the certainty."""
    return replace(run, manifest={**run.manifest, "certainty": {**CERTAINTY, **figures}})


def test_the_three_sets_have_a_sentence_each(tiny_run: Run, found: ListSensitivity) -> None:
    sets = words_of(certainty_sections(certain(tiny_run), found, EN))["sets"]
    assert "Certain schools: 1. All of them are among the first 3, with a probability of" in sets
    assert "Schools that are out: 2. None of them is among the first 3" in sets
    assert "Contested schools: 8." in sets
    assert "at least 80%" in sets
    # A share that is not all of it is not rounded to all of it.
    assert "\n99%" in sets


def test_a_run_without_draws_says_so(tiny_run: Run) -> None:
    parameters = {**tiny_run.manifest["parameters"], "robustness.draws": 0}
    manifest = {**tiny_run.manifest, "parameters": parameters, "certainty": {"draws": 0}}
    bare = replace(tiny_run, manifest=manifest)
    older = replace(bare, manifest={k: v for k, v in manifest.items() if k != "certainty"})
    for run in (bare, older):
        sections = certainty_sections(run, list_sensitivity(run), EN)
        words = words_of(sections)
        assert "This run has no draws" in words["sets"]
        assert "Without draws" in words["depends"]
        assert "Without draws" in words["first"]
        tables = {section.code: len(section.grids) for section in sections}
        assert tables == {"sets": 0, "depends": 0, "leaves": 1, "without": 2, "first": 0}


def test_leaves_that_say_the_same_are_a_warning(tiny_run: Run, found: ListSensitivity) -> None:
    pair = {"leaf": "relief", "other": "slope", "correlation": -0.93, "says_the_same": True}
    same = replace(found, leaf_correlations=pd.DataFrame([pair]))
    (section,) = (s for s in certainty_sections(tiny_run, same, EN) if s.code == "leaves")
    (warning,) = section.warnings
    assert warning.startswith("Local relief and Slope within 5 km say the same of the schools")
    assert "-0.93" in warning
    assert not section.said


def test_every_assumption_is_named_in_each_order(tiny_run: Run, found: ListSensitivity) -> None:
    (section,) = (s for s in certainty_sections(tiny_run, found, EN) if s.code == "depends")
    for table in section.grids:
        (minor,) = (s for s in section.said if s.startswith(f"{table.title}, figures with"))
        names = {row[0] for row in table.rows}
        assert len(names) == len(table.rows)
        assert not any(f": {name}," in minor or f", {name}," in minor for name in names)
        for code in found.sensitivity["assumption"].unique():
            name = EN(ASSUMPTIONS[code]) if code in ASSUMPTIONS else ""
            assert name in names or name in minor


class _Tables(HTMLParser):
    """Elements and texts of a fragment."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_tables_that_can_be_read_aloud(
    tiny_run: Run, found: ListSensitivity, language: Language
) -> None:
    sections = certainty_sections(certain(tiny_run), found, Text(language))
    page = main_of(certain(tiny_run), found, Text(language))
    assert page == main_of(certain(tiny_run), found, Text(language))
    made = _Tables(page)
    assert not made.open
    assert not NO_ADDRESS.search(page)
    tags = [tag for tag, _ in made.seen]
    assert tags.count("section") == tags.count("h2") == len(sections)
    assert tags.count("table") == tags.count("caption") == sum(len(s.grids) for s in sections) > 4
    assert all(
        attributes.get("scope") in ("col", "row") for tag, attributes in made.seen if tag == "th"
    )
    titles = {a["id"] for tag, a in made.seen if tag == "h2"}
    assert {a["aria-labelledby"] for tag, a in made.seen if tag == "section"} == titles
    for section in sections:
        for words in (section.title, *section.said):
            assert words in made.text
    assert "{" not in made.text


def test_what_a_name_contains_is_text(tiny_run: Run, found: ListSensitivity) -> None:
    schools = tiny_run.schools.copy()
    first = found.central_weights["row_id"][0]
    for program in PROGRAMS:
        schools.loc[schools["row_id"] == first, "name"] = program
        made = _Tables(main_of(replace(tiny_run, schools=schools), found, EN))
        assert program in made.text
        assert not {"script", "img"} & {tag for tag, _ in made.seen}


def test_a_list_without_schools_has_words_and_no_number(
    tiny_run: Run, found: ListSensitivity
) -> None:
    empty = {
        field.name: getattr(found, field.name).iloc[:0]
        for field in fields(found)
        if isinstance(getattr(found, field.name), pd.DataFrame)
    }
    nobody = ListSensitivity(ranked=0, k=0, draws=0, evaluations=0, **empty)
    sections = certainty_sections(certain(tiny_run, draws=0), nobody, EN)
    assert [section.code for section in sections] == [
        "sets",
        "depends",
        "leaves",
        "without",
        "first",
    ]
    assert not any(section.grids for section in sections)
