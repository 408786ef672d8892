"""What the report says of data/tiny, whose numbers can be added up by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.deliverables.report import make_report
from kalsel_gap.deliverables.report_blocks import (
    FactList,
    Listing,
    Passage,
    PrintedPicture,
    PrintedTable,
    Report,
    SectionHead,
)
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.storage.official_run import Official

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

EN = Text("en")
SECTIONS = (
    *("summary", "map", "kabupaten", "deficits", "certainty", "method", "quality"),
    *("sources", "signatures"),
)


def with_overrides(run: Run, overrides: dict[str, object]) -> Run:
    return replace(run, manifest={**run.manifest, "overrides": overrides})


def table(report: Report, title: str) -> PrintedTable:
    (found,) = (b for b in report.blocks if isinstance(b, PrintedTable) and b.title == title)
    return found


def words_of(report: Report) -> str:
    """All sentences, below each other."""
    said: list[str] = []
    for block in report.blocks:
        match block:
            case SectionHead() | Passage():
                said.append(block.words)
            case Listing():
                said.extend(block.items)
            case FactList():
                said.extend(f"{label}: {value}" for label, value in block.pairs)
            case _:
                pass
    return "\n".join(said)


def test_the_kabupaten_add_up(tiny: Run) -> None:
    """Seven schools with 867 pupils and six with 965; one of each has no usable place."""
    report = make_report(tiny, EN)
    counts = table(report, "Schools by tier of their deficit, and their pupils")
    by_name = {row[0]: row[1:] for row in counts.rows}
    assert list(by_name) == ["Kab. Gunung Contoh", "Kab. Muara Contoh", "all"]
    unknown = counts.heads.index("unknown") - 1
    assert [row[0] for row in by_name.values()] == ["6", "7", "13"]
    assert [row[unknown] for row in by_name.values()] == ["1", "1", "2"]
    assert [row[-2:] for row in by_name.values()] == [("965", "0"), ("867", "0"), ("1,832", "0")]
    assert counts.has_total
    for row in by_name.values():  # every school stands in one tier or is unknown
        assert sum(map(int, row[1 : unknown + 1])) == int(row[0])
    of_one = table(report, "Kab. Muara Contoh: the first schools (6 of 6 with a rank)")
    schools = tiny.schools
    mine = schools[schools["kabupaten"] == "Kab. Muara Contoh"].sort_values("rank")
    ranks = [str(rank) for rank in mine["rank"].dropna()]
    assert [row[0] for row in of_one.rows] == ranks
    assert [row[1] for row in of_one.rows] == [
        f"{name} ({npsn})" for name, npsn in zip(mine["name"][:6], mine["npsn"][:6], strict=True)
    ]


def test_the_summary_says_what_is_first_and_what_is_not_known(tiny: Run) -> None:
    report = make_report(tiny, EN)
    first = table(report, "The first 5 schools")
    assert [row[0] for row in first.rows] == ["1", "2", "3", "4", "5"]
    assert all(row[-1] for row in first.rows)
    said = words_of(report)
    assert "Schools: 13 in the register, 11 with a rank, 2 without" in said
    assert "Schools without a rank: 2 (no usable location: 2)." in said
    assert "Data up to: 1 July 2026" in said
    assert "Standing of the list: Last full run; no run is marked as official." in said
    assert "Licence of this report: not stated" in said
    critical = (tiny.schools["tier_label"] == "critical").sum()
    assert f"{critical} of 11 schools are critical" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_is_there_in_both_languages(tiny: Run, language: Language) -> None:
    report = make_report(tiny, Text(language))
    heads = [block for block in report.blocks if isinstance(block, SectionHead)]
    assert tuple(head.code for head in heads if head.level == 2) == SECTIONS
    levels = [1, *(head.level for head in heads)]
    assert all(b - a <= 1 for a, b in pairwise(levels))
    pictures = [block.drawing for block in report.blocks if isinstance(block, PrintedPicture)]
    assert len(pictures) == 4
    assert all(each.title and each.description for each in pictures)
    for each in report.blocks:
        if isinstance(each, PrintedTable):
            assert sum(each.widths) == pytest.approx(1.0)
            assert {len(each.widths), *map(len, each.rows)} == {len(each.heads)}


def test_weights_are_those_of_the_run(tiny: Run) -> None:
    parameters = {
        **tiny.manifest["parameters"],
        "index.lambda": 0.75,
        "index.priority.need": 0.4,
        "index.tiers.bounds": [0.9, 0.6, 0.4, 0.2],
        "index.required_mbps.minimum": 25.0,
    }
    changed = replace(tiny, manifest={**tiny.manifest, "parameters": parameters})
    report = make_report(changed, EN)
    said = words_of(report)
    assert "Without a connection 75 % of it counts in any case, the other 25 %" in said
    assert "deficit × (0.5 + 0.4 × need + 0.2 × barrier)" in said
    assert "A school needs 25 Mbps, and 0.05 Mbps for each pupil" in said
    assert table(report, "Tiers of the deficit").rows[0] == ("1 critical", "0.9 to 1")
    title = "Weights in force; among weights side by side only proportions count"
    need = next(row for row in table(report, title).rows if row[0] == "Need")
    assert need[1:3] == ("0.4", "0.3")
    departed = table(report, "Figures that differ from the shipped ones").rows
    assert ("index.lambda", "0.75", "0.6", "no reason stated") in departed


def test_unknown_is_never_a_number_and_never_adequate(tiny: Run) -> None:
    """Nobody ranked, no pupils known, no draws: counted, and said so."""
    schools = tiny.schools.copy()
    for name in ("rank", "deficit", "tier", "tier_label", "students", "gap_type"):
        schools[name] = schools[name].where([False] * len(schools))
    schools["deficit_status"] = "unknown"
    schools["unranked_reason"] = schools["unranked_reason"].fillna("no_evidence")
    unknown = replace(tiny, schools=schools, manifest={**tiny.manifest, "certainty": {}})
    report = make_report(unknown, EN)
    said = words_of(report)
    assert "No school has a rank." in said
    assert "How sure the list is: unknown, because this run has no draws." in said
    *_, total = table(report, "Schools by tier of their deficit, and their pupils").rows
    assert total == ("all", "13", *["0"] * 6, "13", "0", "unknown", "13")
    charts = [
        block.drawing.description for block in report.blocks if isinstance(block, PrintedPicture)
    ]
    assert "unknown: 13" in charts[0]
    assert "Kab. Gunung Contoh: no deficit is known; unknown 6." in charts[1]


@pytest.mark.parametrize(
    ("reason", "words"),
    [("duplicate", "another row of this NPSN is ranked"), ("closed", "the school is closed")],
)
def test_repeated_rows_and_closed_schools_are_no_schools(
    tiny: Run, reason: str, words: str
) -> None:
    schools = tiny.schools.copy()
    unranked = schools.index[schools["rank"].isna()][0]
    schools.loc[unranked, "unranked_reason"] = reason
    report = make_report(replace(tiny, schools=schools), EN)
    assert "Schools: 12 in the register, 11 with a rank, 1 without" in words_of(report)
    rows = table(report, "Rows of the register with and without a rank").rows
    assert rows[0] == ("with a rank", "11")
    assert set(rows[1:-1]) == {
        (f"no rank: {words}", "1"),
        ("no rank: no usable location", "1"),
    }
    assert rows[-1] == ("all", "13")
    assert len(table(report, "Schools without a rank").rows) == 1


def test_a_shared_rank_at_the_end_of_a_table_is_named(tiny: Run) -> None:
    schools = tiny.schools.copy()
    schools.loc[schools["rank"].notna(), "rank"] = 1
    said = words_of(make_report(replace(tiny, schools=schools), EN))
    assert "Rank 1 is shared by 11 schools of equal deficit and priority, and 5 of them" in said


def test_the_standing_is_on_every_sheet_unless_it_is_that_of_a_full_run(tiny: Run) -> None:
    real = replace(tiny, manifest={**tiny.manifest, "data": "real"})
    assert make_report(real, EN).running == ""
    assert make_report(real, EN).notices == ()
    trial = make_report(with_overrides(real, {"index.lambda": 0.5}), EN)
    assert trial.running == "Trial, not the official list."
    assert trial.notices == ("Trial, not the official list: index.lambda=0.5.",)
    assert "Standing of the list: Trial, not the official list: index.lambda=0.5." in words_of(
        trial
    )
    pinned = Official(run=tiny.folder.name, decree="188/7", date="2026-07-31")
    official = make_report(replace(real, official=pinned), EN)
    assert official.running == ""
    assert official.official == official.notices[0]
    assert "188/7" in official.official
    other = make_report(replace(real, official=replace(pinned, run="0" * 12)), EN)
    assert other.running == "Not the official list."


def test_an_older_run_says_what_it_lacks(tiny: Run) -> None:
    older = replace(tiny, manifest={**tiny.manifest, "parameters": {}})
    report = make_report(older, EN)
    assert "The run is an older one, without the figures of its method." in words_of(report)
    assert "Data up to: not stated by the project" in words_of(report)
    assert report.date == ""
