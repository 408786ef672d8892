"""No published cell shows a person, and what is withheld is counted."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import pytest

from kalsel_gap import schema
from kalsel_gap.deliverables.public_schools import (
    AS_TYPED,
    public_columns,
    refuse_personal,
    withheld_sentence,
    withhold_personal,
)
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import Text
from kalsel_gap.project.publication import Publication
from kalsel_gap.sources.personal_data import personal_header, personal_kind

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

# Texts that are made here, from codes and numbers, in words of ours.
MADE = {"reason_text", "uses_text", "reason", "hindrance", "not_scored", "objections", *AS_TYPED}
MARKS = {"trial", "official"}  # judged before anything is written, and where a run is approved


def with_cell(run: Run, column: str, value: str) -> Run:
    schools = run.schools.copy()
    schools.loc[schools.index[0], column] = value
    return dataclasses.replace(run, schools=schools)


def test_no_column_is_about_a_person(tiny: Run) -> None:
    published = public_columns(tiny)
    assert len(published) > 200
    heads = [each.name for each in published]
    # The name of the school is that of a school.
    assert [name for name in heads if personal_header(name)] == ["name"]
    words = re.compile(r"\b(?:contact|phone|e-mail|principal|signer|remark)", re.IGNORECASE)
    assert [each.name for each in published if words.search(each.description)] == []
    assert set(heads).isdisjoint(AS_TYPED)


def test_every_text_from_the_inputs_is_searched(tiny: Run) -> None:
    """A new column of texts must be searched, or be named here as made by the program."""
    free = {
        column.name
        for column in (*schema.COLUMNS, *schema.ADDED)
        if column.kind == "text" and not column.choices
    }
    for name in sorted(free - MADE - MARKS - {"row_id"}):
        searched = withhold_personal(with_cell(tiny, name, "hubungi 0812-3456-7890"))
        assert searched.withheld == {name: 1}, name
        assert searched.schools[name].iloc[0] == ""
        assert list(searched.schools[name].iloc[1:]) == list(tiny.schools[name].iloc[1:])


def test_a_school_may_be_called_after_a_person(tiny: Run) -> None:
    named = with_cell(tiny, "name", "SD Ibu Kartini")
    assert withhold_personal(named).withheld == {}
    assert withhold_personal(with_cell(tiny, "electricity", "Bpk. Ahmad")).withheld == {
        "electricity": 1
    }


def test_the_sample_is_published_as_it_is(tiny: Run) -> None:
    found = withhold_personal(tiny)
    assert found.withheld == {}
    assert found.schools.equals(tiny.schools)
    for column in public_columns(tiny):
        if column.kind == "text" and column.name in tiny.schools:
            shown = tiny.schools[column.name].dropna().unique()
            assert [value for value in shown if personal_kind(value)] == [], column.name


def test_what_is_withheld_is_counted(tiny: Run) -> None:
    said = withheld_sentence({"name": 1, "electricity": 1200}, tiny, Text("en"))
    assert said.endswith("are empty here: School (1), Electricity (1,200).")
    assert "found" in withheld_sentence({}, tiny, Text("en"))


def test_a_file_whose_name_shows_a_person_is_refused(tiny: Run) -> None:
    with pytest.raises(InputError, match="publication_personal"):
        withhold_personal(with_cell(tiny, "row_id", "dari 081234567890.csv:2"))
    inputs = {"schools.0": {"file": "Bpk. Ahmad/schools.csv", "sha256": "0" * 64}}
    run = dataclasses.replace(tiny, manifest={**tiny.manifest, "inputs": inputs})
    with pytest.raises(InputError, match="publication_personal") as caught:
        refuse_personal(run, Publication())
    assert caught.value.column == "schools.0.path"
    overrides = {"index.lambda": 0.8, "reason": "minta Bpk. Ahmad"}
    run = dataclasses.replace(tiny, manifest={**tiny.manifest, "overrides": overrides})
    with pytest.raises(InputError, match="publication_personal"):
        refuse_personal(run, Publication())
