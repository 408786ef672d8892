"""The plans of a folder: full ones, trials, damaged ones, and the one that belongs to a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap.deliverables.plan_list import list_plans, plan_of_run, schools_of_plan
from kalsel_gap.errors import InputError
from kalsel_gap.storage.plan_folder import PLAN_RECORD, write_plan
from tests.deliverables.hand_made_plans import hand_made

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.plan_folder import Plan

RUN, OTHER = "0" * 12, "1" * 12


def keep(folder: Path, run: str = RUN, **changed: Any) -> Plan:
    made = hand_made(run={"id": run, "sha256": ""}, **changed)
    return write_plan(folder, made.manifest, {"choice": made.table("choice")})


def test_the_last_full_plan_first_and_damaged_ones_last(tmp_path: Path) -> None:
    earlier, last = keep(tmp_path, value=1.0), keep(tmp_path, value=2.0)
    trial = keep(tmp_path, overrides={"plan.gap": 0.5, "plan.without": ["1"]}, gap=None)
    broken = keep(tmp_path, value=3.0, overrides={"x": 1})
    (broken.folder / PLAN_RECORD).write_text("{}", encoding="utf-8")
    table = list_plans(tmp_path)
    assert table["plan"].tolist() == [each.folder.name for each in (last, earlier, trial, broken)]
    assert table["kind"].tolist() == ["full", "full", "trial", "broken"]
    assert table["is_latest"].tolist() == [True, False, False, False]
    assert table["overrides"].tolist()[2] == 'plan.gap=0.5; plan.without=["1"]'
    assert table["value"].tolist()[:2] == [2.0, 1.0]
    assert table["gap_percent"].isna().tolist() == [False, False, True, True]
    assert table["run"].tolist() == [RUN, RUN, RUN, ""]


def test_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        list_plans(tmp_path / "none")
    assert caught.value.code == "plan_missing"
    assert plan_of_run(tmp_path / "none", RUN) is None


def test_the_plan_of_a_run(tmp_path: Path) -> None:
    keep(tmp_path, overrides={"plan.gap": 0.5})
    assert plan_of_run(tmp_path, RUN) is None
    # Of a run that is a trial itself every plan has its overrides.
    first = keep(tmp_path, overrides={"index.lambda": 0.5})
    found = plan_of_run(tmp_path, RUN)
    assert found is not None
    assert found.folder == first.folder
    second = keep(tmp_path, value=2.0)
    found = plan_of_run(tmp_path, RUN)
    assert found is not None
    assert found.folder == second.folder  # the last full one
    keep(tmp_path, OTHER)
    assert plan_of_run(tmp_path, RUN) is None  # two earlier ones: none of them is the last


def test_a_run_that_is_gone_has_no_schools(tmp_path: Path) -> None:
    assert schools_of_plan(keep(tmp_path / "plans"), tmp_path / "runs").empty
