"""Two runs of three schools, whose every rank between them was worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
import pytest

from kalsel_gap import schema
from kalsel_gap.comparison.causes import COLUMNS
from kalsel_gap.comparison.replacement import counted_tests, score_again
from kalsel_gap.comparison.run_comparison import compare_runs
from kalsel_gap.deficit.scores import score_schools
from kalsel_gap.deficit.service import assess_service
from kalsel_gap.deficit.signals import SIGNALS
from kalsel_gap.findings import to_frame
from kalsel_gap.project.recorded_figures import opened_figures
from kalsel_gap.storage.run_folder import write_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import MakeProject, MakeSchools


class MakeRun(Protocol):
    def __call__(
        self,
        rows: Sequence[Mapping[str, object]],
        inputs: Mapping[str, str],
        intervals: Sequence[tuple[int | None, int | None]],
        sections: Mapping[str, Any] | None = ...,
    ) -> Run: ...


@pytest.fixture
def run_of(tmp_path: Path, schools: MakeSchools, project: MakeProject) -> MakeRun:
    """A run of a few facts, without the stages before the service."""

    def make(
        rows: Sequence[Mapping[str, object]],
        inputs: Mapping[str, str],
        intervals: Sequence[tuple[int | None, int | None]],
        sections: Mapping[str, Any] | None = None,
    ) -> Run:
        opened = project(sections, bare=True)
        table = schools(rows)
        service = assess_service(table, opened)
        table = table.join(service.columns)
        certainty = {
            "rank_p05": [low for low, _ in intervals],
            "rank_p95": [high for _, high in intervals],
        }
        missing = {c.name: None for c in schema.of_stage("certainty")}
        columns = pd.DataFrame({**missing, **certainty}, index=table.index)
        table = table.join(schema.table(columns, schema.of_stage("certainty")))
        table = table.join(score_schools(table, opened, service=service.tables["service"]).columns)
        stated = [
            {
                **dict.fromkeys(SIGNALS),
                **{name: row[name] for name in ("row_id", "npsn")},
                "place": "point",
                "technology": "4g",
                "operator": "x",
                "kind": "class",
                "status": "value",
                "adequacy": row["available"],
                "used": True,
            }
            for row in table.to_dict("records")
        ]
        manifest = {
            "parameters": opened.parameters(),
            "inputs": {key: {"file": key, "sha256": sha} for key, sha in inputs.items()},
        }
        return write_run(
            *(tmp_path / "runs", manifest, table, to_frame([])), {"signals": pd.DataFrame(stated)}
        )

    return make


FILES = {"schools.0": "s", "measurements.0": "m", "coverage.0": "c"}
NONE = {"internet": "Tidak Ada", "students": 100}
BEFORE = [{**NONE, "available": a} for a in (0.2, 0.5, 0.8)]
# The first school has a line that suffices, and the signal of the third one is worse.
AFTER = [
    {**NONE, "available": 0.2, "measured_down_mbps": 1000.0},
    BEFORE[1],
    {**NONE, "available": 0.1},
]


def test_three_schools_by_hand(run_of: MakeRun) -> None:
    """``D = (1 - A_d)·(0.6 + 0.4·(1 - A_a))`` with A_d = 0, and 1 where it is measured.

    Before: .92, .80, .68. With the new tests: 0, .80, .68. With the new map: 0, .80, .96.
    """
    before = run_of(BEFORE, FILES, [(1, 2), (1, 3), (1, 3)])
    after = run_of(
        AFTER, {**FILES, "measurements.0": "n", "coverage.0": "d"}, [(3, 3), (1, 3), (1, 2)]
    )
    assert before.schools["deficit"].round(9).tolist() == [0.92, 0.8, 0.68]
    assert after.schools["deficit"].round(9).tolist() == [0.0, 0.8, 0.96]
    found = compare_runs(before, after).schools.set_index("npsn").sort_index()
    assert found["rank_before"].tolist() == [1, 2, 3]
    assert found["rank_after"].tolist() == [3, 2, 1]
    assert found["by_measurements"].tolist() == [2, -1, -1]
    assert found["by_coverage"].tolist() == [0, 1, -1]
    others = ["by_register", "by_terrain", "by_figures", "by_method"]
    assert (found[others] == 0).all(axis=None)
    assert found["move"].tolist() == [2, 0, -2]
    # Of two causes of equal size the earlier one is named.
    assert found["main_cause"].fillna("").tolist() == ["measurements", "", "measurements"]
    # The first was in 1 to 2 and is third; the third may stand at 3 and at 1, but not in both runs.
    assert found["within_chance"].astype("object").fillna("").tolist() == [False, "", False]
    assert found["gap_change"].fillna("").tolist() == ["closed", "", "regressed"]


def test_a_move_inside_both_intervals_is_chance_and_without_draws_it_is_not_known(
    run_of: MakeRun,
) -> None:
    wide: list[tuple[int | None, int | None]] = [(1, 3)] * 3
    coverage = {**FILES, "coverage.0": "d"}
    before, after = run_of(BEFORE, FILES, wide), run_of(AFTER, coverage, wide)
    within = compare_runs(before, after).moved["within_chance"]
    assert within.tolist() == [True, True]
    # A rank outside the interval of its own run: nothing can be said.
    odd: list[tuple[int | None, int | None]] = [(2, 3), (1, 3), (1, 3)]
    of_odd = compare_runs(run_of(BEFORE, FILES, odd), after).moved.set_index("npsn")
    assert of_odd["within_chance"].isna().tolist()[list(of_odd.index).index("00000001")]
    assert of_odd.loc["00000003", "within_chance"]
    for one, other in (([(None, None)] * 3, wide), (wide, [(None, None)] * 3)):
        found = compare_runs(run_of(BEFORE, FILES, one), run_of(AFTER, coverage, other))
        assert found.moved["within_chance"].isna().tolist() == [True, True]


def test_what_no_input_explains_is_the_method(run_of: MakeRun) -> None:
    before = run_of(BEFORE, FILES, [(None, None)] * 3)
    after = run_of(AFTER, {**FILES, "measurements.0": "n"}, [(None, None)] * 3)
    found = compare_runs(before, after).schools.set_index("npsn").sort_index()
    # The map is the same file, but its value at the third school is not.
    assert found["by_measurements"].tolist() == [2, -1, -1]
    assert found["by_coverage"].tolist() == [0, 0, 0]
    assert found["by_method"].tolist() == [0, 1, -1]


def test_lines_that_another_percentile_judges_are_judged_by_it_again(run_of: MakeRun) -> None:
    """A run keeps the median of tests and what it counted; here the quarter below counted."""
    before = run_of(BEFORE, FILES, [(None, None)] * 3)
    after = run_of(BEFORE, FILES, [(None, None)] * 3)
    slow = after.schools.assign(
        delivered_basis=["test", *after.schools["delivered_basis"][1:]],
        delivered_down_mbps=[1000.0, None, None],
        measured_down_mbps=[2000.0, None, None],
    )
    parameters = {**after.manifest["parameters"], "index.tests.percentile": 25.0}
    figures = opened_figures(parameters)
    counted = counted_tests(slow, figures)
    assert counted["counted_down_mbps"].tolist()[0] == 1000.0
    again = score_again(slow.join(counted)[list(COLUMNS)], figures)
    assert again["rank"].tolist() == [3, 1, 2]
    median = counted_tests(slow, opened_figures(before.manifest["parameters"]))
    assert median["counted_down_mbps"].tolist()[0] == 2000.0


def test_a_school_that_moved_on_the_map_counts_as_register(run_of: MakeRun) -> None:
    moved = [*BEFORE[:2], {**NONE, "available": 0.1, "lat": -3.2}]
    before = run_of(BEFORE, FILES, [(None, None)] * 3)
    after = run_of(moved, {**FILES, "schools.0": "t", "coverage.0": "d"}, [(None, None)] * 3)
    found = compare_runs(before, after).schools.set_index("npsn").sort_index()
    assert found["by_register"].tolist() == [1, 1, -2]
    assert found["by_coverage"].tolist() == [0, 0, 0]


def test_a_curve_of_the_signal_is_a_figure_and_not_the_map(run_of: MakeRun) -> None:
    """The level at the third school is the same; another curve makes less of it."""
    levels = {"signal": {"fixed_network": 0.77}}
    before = run_of(BEFORE, FILES, [(None, None)] * 3)
    after = run_of([*BEFORE[:2], AFTER[2]], FILES, [(None, None)] * 3, levels)
    found = compare_runs(before, after)
    assert [each.key for each in found.differences] == ["signal.fixed_network"]
    assert (found.moved["main_cause"] == "figures").all()
    # A school that is ranked no longer is listed, with the cause.
    gone = run_of([*BEFORE[:2], {"students": 100}], {**FILES, "coverage.0": "e"}, [(1, 3)] * 3)
    left = compare_runs(before, gone).schools.set_index("npsn").loc["00000003"]
    assert (left["state"], left["unranked_after"]) == ("left", "no_evidence")
    assert pd.isna(left["move"])


def test_the_order_given_is_the_order_of_time(run_of: MakeRun) -> None:
    before = run_of(BEFORE, FILES, [(1, 3)] * 3)
    after = run_of(AFTER, FILES, [(1, 3)] * 3)
    one, other = compare_runs(before, after), compare_runs(after, before)
    assert (one.before, one.after) == (before, after)
    key = "npsn"
    moves = one.schools.set_index(key)["move"].sort_index()
    assert (moves == -other.schools.set_index(key)["move"].sort_index()).all()
    assert replace(one, before=after).before is after
