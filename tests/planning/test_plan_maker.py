"""A plan as a folder: its money, its record, trials; options are made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest

from kalsel_gap.errors import ProjectError
from kalsel_gap.findings import to_frame
from kalsel_gap.planning import plan_maker
from kalsel_gap.planning.options import OptionTables
from kalsel_gap.planning.plan_check import verify_plan
from kalsel_gap.planning.plan_maker import STEPS, budget_years, make_plan
from kalsel_gap.project.read import read_project
from kalsel_gap.storage.plan_folder import read_plan
from kalsel_gap.storage.run_folder import write_run
from tests.conftest import REPOSITORY, snapshot
from tests.planning.plan_cases import M, option, options, school, schools, shared

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.run_folder import Run

CEILINGS = (
    "plan.years=[2027, 2028]",
    (
        'plan.ceilings=[{ envelope = "apbd_99_01", year = 2027, amount = 45_000_000 }, '
        '{ envelope = "apbd_99_01", year = 2028, amount = 45_000_000 }]'
    ),
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    evil = '=1+1<script>alert("x")</script>\x1b[31m../..'
    table = schools(
        school(1), school(2, name=evil), school(3), school(4, ownership="private"), school(5)
    )
    places = gpd.points_from_xy([115.0] * len(table), [-3.0] * len(table))
    placed = gpd.GeoDataFrame(table, geometry=places, crs=4326)
    manifest: dict[str, Any] = {"data": "synthetic"}
    return write_run(tmp_path / "runs", manifest, placed, to_frame([]), {})


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    made = OptionTables(options(*map(option, (1, 2, 3, 4))), shared())
    monkeypatch.setattr(plan_maker, "make_options", lambda *_, **__: made)
    return read_project(REPOSITORY / "data" / "tiny", CEILINGS)


def test_the_money_of_a_plan_read_back_is_its_budget(
    run: Run, opened: Opened, tmp_path: Path
) -> None:
    plans = tmp_path / "plans"
    seen: list[str] = []
    written = make_plan(run, opened, out=plans, report=lambda step, *_: seen.append(step))
    assert list(dict.fromkeys(seen)) == list(STEPS)
    plan = read_plan(plans, written.folder.name[:5])
    assert verify_plan(plan.folder) == []
    choice, budget = plan.table("choice"), plan.table("budget")
    spent = choice["capex_idr"] + choice["ppn_capex_idr"]
    running = choice["opex_year_idr"] + choice["ppn_opex_idr"]
    for year, rows in budget.groupby("year"):
        mine = spent[choice["year"] == year].sum() + running[choice["service_year"] <= year].sum()
        assert rows["total_idr"].sum() == mine
    funded = budget[budget["ceiling_idr"].notna()]
    assert (funded["left_idr"] >= 0).all()
    assert not any(str(kind).startswith("float") for kind in choice.filter(like="idr").dtypes)
    status = plan.table("schools")
    assert status["row_id"].tolist() == run.schools["row_id"].tolist()
    assert status["status"].value_counts().to_dict() == {
        "planned": 2,
        "not_chosen": 1,
        "unfunded": 1,
        "no_option": 1,
    }
    manifest = plan.manifest
    assert manifest["run"]["id"] == run.folder.name
    assert manifest["data"] == "synthetic"
    assert manifest["parameters"]["plan.years"] == [2027, 2028]
    assert manifest["overrides"].keys() >= {"plan.years"}  # set by options: a trial
    assert not (plans / "latest").exists()
    assert str(tmp_path) not in (plan.folder / "plan.json").read_text(encoding="utf-8")


def test_the_same_plan_is_the_same_bytes(run: Run, opened: Opened, tmp_path: Path) -> None:
    first = make_plan(run, opened, out=tmp_path / "a")
    second = make_plan(run, opened, out=tmp_path / "b")
    assert first.folder.name == second.folder.name
    assert snapshot(first.folder) == snapshot(second.folder)


def test_what_a_call_sets_makes_a_trial(run: Run, opened: Opened, tmp_path: Path) -> None:
    plan = make_plan(
        *(run, opened),
        out=tmp_path / "plans",
        objective="students",
        add_sites=[(-3.0, 115.0, 42.0)],
        without=["00000002"],
    )
    assert plan.overrides["plan.objective"] == "students"
    assert plan.overrides["plan.add_sites"] == [[-3.0, 115.0, 42.0]]
    assert plan.overrides["plan.without"] == ["00000002"]
    table = plan.table("schools").set_index("npsn")
    assert list(table.loc["00000002", ["status", "why"]]) == ["excluded", "without"]


def test_years_begin_after_the_data(opened: Opened) -> None:
    assert budget_years(opened) == (2027, 2028)
    given = read_project(REPOSITORY / "data" / "tiny", ("plan.start_year=2030",))
    assert budget_years(given) == (2030, 2031, 2032)
    dated = read_project(REPOSITORY / "data" / "tiny", ('project.evidence_date="2026-06-30"',))
    assert budget_years(dated) == (2027, 2028, 2029)


def test_without_a_date_no_year_is_guessed(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    project = type(opened.project)
    monkeypatch.setattr(project, "dates", property(lambda _: ()))
    given = read_project(REPOSITORY / "data" / "tiny")
    with pytest.raises(ProjectError, match="plan_undated"):
        budget_years(given)


def test_unknown_pupils_are_counted(run: Run, opened: Opened, tmp_path: Path) -> None:
    run.schools.loc[0, "students"] = pd.NA
    plan = make_plan(run, opened, out=tmp_path / "plans")
    assert plan.manifest["students_unknown"] == 1
    assert plan.table("budget")["total_idr"].sum() > M


def test_what_is_wrong_with_the_deliveries_stays_with_the_plan(
    run: Run, opened: Opened, tmp_path: Path
) -> None:
    assert opened.project.plan.delivery is None
    table = tmp_path / "delivery.csv"
    table.write_text("npsn,option,state\n00000001,leo,used\n99999999,leo,used\n", "utf-8")
    given = read_project(
        REPOSITORY / "data" / "tiny", (*CEILINGS, f'plan.delivery="{table.as_posix()}"')
    )
    plan = make_plan(run, given, out=tmp_path / "plans")
    assert plan.manifest["delivery"]["used"] == 1
    assert plan.manifest["inputs"].keys() == {"plan.delivery"}
    assert plan.table("delivery")["row_id"].tolist() == ["s.csv:1"]
    status = plan.table("schools").set_index("row_id")["status"]
    assert status["s.csv:1"] == "served"
    assert plan.table("findings")["code"].tolist() == ["delivery_without_school"]
