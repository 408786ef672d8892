"""The table of ranked schools at every width: whole words, and what is known of each school."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from kalsel_gap.cli.rank_table import ranked_schools, schools_by_tier
from kalsel_gap.deliverables.remarks import cut_tie
from kalsel_gap.deliverables.tables import View, by_kabupaten, select
from kalsel_gap.i18n.text import LANGUAGES, Language, Text, plain

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import CommandLine

LINES_OF_A_SCHOOL = {240: 1, 120: 1, 80: 2}


def lines_of(schools: pd.DataFrame, width: int, language: Language) -> list[str]:
    """The lines of the schools, without the header and what stands below them."""
    table, _, legend = ranked_schools(schools, width, Text(language)).plain.partition("\n\n")
    assert legend
    lines = [*table.splitlines(), *legend.splitlines()]
    assert max(map(cell_len, lines)) <= width
    assert not [line for line in lines if line.endswith(" ")]
    return table.splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", LINES_OF_A_SCHOOL)
def test_one_line_a_school_or_two(width: int, language: Language, sample_run: Run) -> None:
    schools = select(sample_run.schools, View())
    _, *lines = lines_of(schools, width, language)
    each = LINES_OF_A_SCHOOL[width]
    count = len(lines)
    assert count == each * len(schools)
    for first, row in zip(lines[::each], schools.to_dict("records"), strict=True):
        assert row["npsn"] in first or row["npsn"] == ""
        shown = first.partition(row["npsn"])[2].strip()
        kept, cut, _ = shown.partition("…")
        name = " ".join(plain(row["name"]).split())
        is_whole_words = f"{name} ".startswith(f"{kept} ") or " " not in kept
        assert shown.startswith(name) or (cut and name.startswith(kept) and is_whole_words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [40, 60])
def test_a_narrow_terminal_still_shows_every_school_in_whole_words(
    width: int, language: Language, sample_run: Run
) -> None:
    schools = select(sample_run.schools, View(top=200))
    shown = " ".join(" ".join(lines_of(schools, width, language)).split())
    for row in schools.to_dict("records"):
        assert f"{row['npsn']} {' '.join(plain(row['name']).split())} " in shown


@pytest.mark.parametrize(("width", "words"), [(120, ""), (80, "location "), (40, "location ")])
def test_how_sure_a_row_is_stands_in_it(width: int, words: str, tiny_run: Run) -> None:
    schools = select(tiny_run.schools, View())
    known = schools[schools["deficit_status"] == "known"].head(1)
    inferred = schools[schools["deficit_status"] == "inferred"].head(1)
    assert len(known) == len(inferred) == 1
    for row in (known, inferred):
        school = row.iloc[0]
        shown = "\n".join(lines_of(row, width, "en"))
        assert f"{words}{school['confidence']}" in shown
        assert f"{100 * school['completeness']:.0f}%" in shown
        tier, percent = int(school["tier"]), 100 * school["tier_probability"]
        if school["deficit_status"] == "known":
            assert f"{tier} known" in shown
            assert f" {school['deficit']:.2f}" in shown
        else:
            assert f"{tier} ({percent:.0f}%)" in shown
            assert f"~{school['deficit']:.2f}" in shown


def test_nothing_inferred_is_certain(tiny_run: Run) -> None:
    schools = select(tiny_run.schools, View())
    row = schools[schools["deficit_status"] == "inferred"].head(1).assign(tier_probability=0.998)
    assert "(>99%)" in "".join(lines_of(row, 120, "en"))


def test_a_school_without_a_rank_has_no_number(tiny_run: Run) -> None:
    schools = select(tiny_run.schools, View())
    (row,) = lines_of(schools[schools["rank"].isna()].head(1), 120, "en")[1:]
    assert row.split()[0] == "–"
    assert "nan" not in row.lower()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_counts_are_never_cut(width: int, language: Language, sample_run: Run) -> None:
    counts = by_kabupaten(sample_run.schools)
    text = Text(language)
    shown = schools_by_tier(counts, width, text).plain
    assert "…" not in shown
    assert max(map(cell_len, shown.splitlines())) <= width
    for total in counts["all"]:
        assert text.number(int(total)) in shown.replace("·", " ").split()


# --- ties ----------------------------------------------------------------------------------------


@pytest.fixture
def tied(tiny_run: Run) -> Run:
    """The first school apart, then four that are equal."""
    schools = tiny_run.schools.copy()
    order = schools["rank"].sort_values().index
    schools.loc[order[1:5], ["rank", "deficit", "priority"]] = [2, 0.8, 0.5]
    return replace(tiny_run, schools=schools)


@pytest.mark.parametrize("top", [2, 3, 4])
def test_a_list_that_ends_inside_a_tie_says_so(top: int, tied: Run) -> None:
    said = cut_tie(tied, Text("en"), View(top=top))
    assert said.startswith("Rank 2 is shared by 4 schools")
    assert f"after {top - 1} of them" in said
    assert said.endswith("--top 5 shows all of them.")
    shown = ranked_schools(select(tied.schools, View(top=top)), 40, Text("en"), tie=said).plain
    assert " ".join(said.split()) in " ".join(shown.split())


@pytest.mark.parametrize("top", [None, 1, 5, 12, 13, 99])
def test_a_list_that_ends_between_ranks_says_nothing(top: int | None, tied: Run) -> None:
    assert cut_tie(tied, Text("en"), View(top=top)) == ""


def test_only_schools_of_the_filter_share_a_rank(tied: Run) -> None:
    equal = tied.schools[tied.schools["rank"] == 2]
    kabupaten = equal["kabupaten"].iloc[0]
    count = int((equal["kabupaten"] == kabupaten).sum())
    before = int((tied.schools.query("rank == 1")["kabupaten"] == kabupaten).sum())
    assert 1 < count < 4
    said = cut_tie(tied, Text("en"), View(top=before + 1, kabupaten=(kabupaten,)))
    assert f"shared by {count} schools" in said


@pytest.mark.parametrize(("form", "place"), [("table", "out"), ("csv", "err"), ("json", "err")])
def test_a_tie_stands_beside_the_list(
    form: str, place: str, ranked: Path, cli: CommandLine
) -> None:
    rows = (ranked / "schools.csv").read_text(encoding="utf-8").splitlines()
    first = next(line for line in rows if "00000109" in line)
    rows += [first.replace("00000109", number) for number in ("00000190", "00000191")]
    (ranked / "schools.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    schools = json.loads(cli("rank", "-p", ranked, "--format", "json").out)
    top = 1 + [row["npsn"] for row in schools].index("00000190")
    answer = cli("rank", "-p", ranked, "--top", top, "--format", form)
    said = {"out": answer.out.decode(), "err": answer.err}
    assert answer.status == 0
    assert "is shared by 2 schools" in said[place]
    assert "is shared by" not in said["out" if place == "err" else "err"]
