from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.deliverables.comparison_words import comparison
from kalsel_gap.deliverables.explanation import (
    Explanation,
    as_data,
    explain_school,
    separates,
    switched_off,
    to_json,
)
from kalsel_gap.deliverables.explanation_words import sections
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.project.index import Index

if TYPE_CHECKING:
    from kalsel_gap.deliverables.sections import PageSection
    from kalsel_gap.storage.run_folder import Run


def of_rank(run: Run, position: int) -> Explanation:
    return explain_school(run, str(run.schools["row_id"].iloc[position]))


def every_school(run: Run) -> list[Explanation]:
    return [explain_school(run, row_id) for row_id in run.schools["row_id"]]


def words(made: list[PageSection]) -> str:
    found = []
    for each in made:
        found += [each.title, *each.said, *(": ".join(pair) for pair in each.pairs)]
        found += [" ".join([bars.title, *(bar.label for bar in bars.rows)]) for bars in each.bars]
        found += [" ".join(row) for grid in each.grids for row in (grid.heads, *grid.rows)]
    return "\n".join(found)


def test_an_inferred_deficit_says_once_what_its_interval_means(tiny: Run) -> None:
    """Only where it is inferred; in one tier from end to end, or from one to another."""
    kinds = {}
    for explained in every_school(tiny):
        row = explained.row
        said = words(sections(explained, tiny, Text("en")))
        assert said.count("in 9 of 10 cases it lies between") == (
            row["deficit_status"] == "inferred"
        )
        if row["deficit_status"] == "inferred":
            low, high = (f"{row[name]:.2f}" for name in ("deficit_low", "deficit_high"))
            assert f"it lies between {low} and {high}, " in said
            kinds["all of it in the tier" in said] = explained
            if row["deficit_low"] < 0.2 and row["deficit_high"] >= 0.8:
                assert "any tier from “5 adequate” to “1 critical”" in said
    (explained, *_) = kinds.values()
    for ends, phrase in (((0.81, 0.9), "all of it in the tier"), ((0.1, 0.9), "in any tier from")):
        row = {**explained.row, **dict(zip(("deficit_low", "deficit_high"), ends, strict=True))}
        said = words(sections(dataclasses.replace(explained, row=row), tiny, Text("en")))
        assert phrase in said


def test_contributions_add_up_to_the_scores(sample_run: Run) -> None:
    for position in range(0, int(sample_run.schools["rank"].notna().sum()), 40):
        explained = of_rank(sample_run, position)
        assert {"priority", "deficit"} <= set(explained.parts) or explained.row["deficit"] == 0
        for score, parts in explained.parts.items():
            total = sum(part.contribution for part in parts)
            assert total == pytest.approx(explained.row[score], abs=1e-9), score


def test_contributions_to_the_priority_are_those_of_the_list(tiny: Run) -> None:
    for explained in every_school(tiny):
        for part in explained.parts.get("priority", ()):
            stored = explained.row[f"{part.leaf}_contribution"]
            assert part.contribution == pytest.approx(stored, abs=1e-9), part.leaf


def test_each_reason_is_a_sentence(tiny: Run) -> None:
    for explained in every_school(tiny):
        assert explained.reasons[0].code == explained.row["reason"]
        for language in ("en", "id"):
            made = sections(explained, tiny, Text(language))[2]
            assert len(made.said) == len(explained.reasons)
            assert all(said[0].isupper() and said.endswith(".") for said in made.said)


def test_neighbours_are_those_beside_it_in_the_list(tiny: Run) -> None:
    ranked = int(tiny.schools["rank"].notna().sum())
    for position in range(ranked):
        found = [other.row["row_id"] for other in of_rank(tiny, position).neighbours]
        wanted = [n for n in range(position - 2, position + 3) if n != position and 0 <= n < ranked]
        assert found == list(tiny.schools["row_id"].iloc[wanted])


def test_what_separates_two_schools_is_the_whole_difference(sample_run: Run) -> None:
    one, other = of_rank(sample_run, 3), of_rank(sample_run, 300)
    score, digits, pairs = separates(one, other)
    assert score == "deficit"
    assert digits == 4
    more = one.row["deficit"] - other.row["deficit"]
    assert sum(pair.more for pair in pairs) == pytest.approx(more, abs=1e-3)


def test_two_deficits_that_four_decimals_do_not_tell_apart(tiny: Run) -> None:
    one = of_rank(tiny, 0)
    near = dataclasses.replace(one, row={**one.row, "deficit": one.row["deficit"] - 3e-7})
    assert separates(one, near)[:2] == ("deficit", 7) or separates(one, near)[1] == 6
    assert separates(one, one) == ("priority", 4, [])


def test_each_leaf_has_its_goalposts_or_why_it_is_not_scored(tiny: Run) -> None:
    leaves = {leaf.code: leaf for leaf in of_rank(tiny, 0).leaves}
    assert {"delivered", "available"} <= leaves.keys()
    assert leaves.keys() - {"delivered", "available"} == Index.shipped().leaves().keys()
    fibre = leaves["fibre"]
    assert (fibre.status, fibre.why, fibre.score) == ("not_scored", "no_data", None)
    for leaf in leaves.values():
        if leaf.status == "known" and leaf.code == "relief":
            assert leaf.value is not None
            scaled = (leaf.value - leaf.best) / (leaf.worst - leaf.best)
            assert leaf.score == pytest.approx(min(max(scaled, 0.0), 1.0))


def test_a_school_without_a_rank_says_why(tiny: Run) -> None:
    unranked = [each for each in every_school(tiny) if each.row["rank"] is None]
    assert unranked
    for explained in unranked:
        said = words(sections(explained, tiny, Text("en")))
        assert "It has no rank: " in said
        assert explained.parts == {}
        assert explained.neighbours == ()
        assert explained.turning == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_school_is_explained_in_both_languages(tiny: Run, language: Language) -> None:
    for explained in every_school(tiny):
        said = words(sections(explained, tiny, Text(language)))
        assert "nan" not in said.lower().split()
        assert "None" not in said
        assert "{" not in said.replace("{{", "")


def test_the_data_are_json(tiny: Run) -> None:
    for explained in every_school(tiny):
        data = json.loads(to_json(as_data(explained)))
        assert data["school"]["row_id"] == explained.row["row_id"]
        assert len(data["neighbours"]) == len(explained.neighbours)


def test_two_schools_are_compared_leaf_by_leaf(tiny: Run) -> None:
    one, other = of_rank(tiny, 0), of_rank(tiny, 4)
    whole, leaves = comparison(one, other, tiny, Text("en"))
    assert "stands 4 places before" in words([whole]) or "share a rank" in words([whole])
    (grid,) = leaves.grids
    by_label = {row[0]: row for row in grid.rows}
    mine = sum(part.contribution for part in one.parts["priority"])
    shown = sum(float(row[3]) for row in by_label.values() if row[3] != "–")
    assert shown == pytest.approx(mine, abs=0.01)


def test_a_leaf_is_switched_off_by_its_code() -> None:
    index = Index.shipped()
    assert switched_off(index, ["students"]) == ("index.nodes.students.active=false",)
    with pytest.raises(InputError) as caught:
        switched_off(index, ["delivered"])
    assert caught.value.code == "leaf_unknown"
