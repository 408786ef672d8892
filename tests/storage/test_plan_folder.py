from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from kalsel_gap.errors import InputError, OutputError
from kalsel_gap.storage.outputs import Outputs
from kalsel_gap.storage.plan_folder import (
    find_plan,
    latest_plan,
    plan_folders,
    plans_beside,
    read_plan,
    write_plan,
)
from tests.conftest import snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.plan_folder import Plan

TRIAL = {"overrides": {"plan.gap": 0.5}}


def write(folder: Path, manifest: dict[str, Any] | None = None, *, overwrite: bool = False) -> Plan:
    choice = pd.DataFrame({"npsn": ["00000001"], "capex_idr": pd.array([8_000_000], "Int64")})
    return write_plan(folder, manifest or {}, {"choice": choice}, overwrite=overwrite)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    plans = plans_beside(tmp_path / "runs")
    assert plans == tmp_path / "plans"
    written = write(plans)
    assert written.is_last
    assert {path.name for path in written.folder.iterdir()} == {"choice.parquet", "plan.json"}
    plan = read_plan(plans)
    assert plan.folder == written.folder
    assert plan.manifest == written.manifest
    assert plan.manifest["format"] == 1
    assert plan.table("choice").to_dict("records") == [{"npsn": "00000001", "capex_idr": 8_000_000}]
    assert find_plan(plans, plan.folder.name[:4]) == plan.folder
    assert plan_folders(plans) == [plan.folder]


def test_a_trial_is_not_the_latest(tmp_path: Path) -> None:
    trial = write(tmp_path, TRIAL)
    assert not trial.is_last
    assert trial.overrides == TRIAL["overrides"]
    with pytest.raises(InputError, match=r"^plan_only_trials\b"):
        read_plan(tmp_path)
    full = write(tmp_path, {"objective": "gap"})
    write(tmp_path, TRIAL)
    assert latest_plan(tmp_path) == full.folder.name
    assert read_plan(tmp_path, "latest").folder == full.folder
    assert read_plan(tmp_path, trial.folder.name).overrides


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^plan_missing\b"):
        read_plan(tmp_path)
    plan = write(tmp_path)
    with pytest.raises(InputError, match=r"^plan_unknown\b"):
        read_plan(tmp_path, "zzz")
    with pytest.raises(InputError, match=r"^plan_broken\b"):
        plan.table("none")
    (tmp_path / "latest").unlink()
    with pytest.raises(InputError, match=r"^plan_unmarked\b"):
        read_plan(tmp_path)
    write(tmp_path, {"objective": "gap"})
    with pytest.raises(InputError, match=r"^plan_ambiguous\b"):
        find_plan(tmp_path, _common(tmp_path))


def _common(folder: Path) -> str:
    """A name that several plans begin with: more are written until two do."""
    number = 0
    while True:
        first = [path.name[0] for path in plan_folders(folder)]
        twice = [each for each in first if first.count(each) > 1]
        if twice:
            return twice[0]
        write(folder, {"objective": str(number)})
        number += 1


@pytest.mark.parametrize("name", ["choice.parquet", "plan.json"])
def test_a_plan_that_was_altered_is_not_read(tmp_path: Path, name: str) -> None:
    path = write(tmp_path).folder / name
    if name == "plan.json":
        record = json.loads(path.read_text(encoding="utf-8"))
        text = json.dumps({**record, "value": 1e9}, indent=2, sort_keys=True) + "\n"
        path.write_text(text, encoding="utf-8", newline="\n")
    else:
        path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(InputError, match=r"^plan_altered\b"):
        read_plan(tmp_path)
    before = snapshot(tmp_path)
    with pytest.raises(OutputError, match=r"^output_changed\b"):
        write(tmp_path)
    assert snapshot(tmp_path) == before
    write(tmp_path, overwrite=True)
    read_plan(tmp_path)


def test_a_renamed_or_newer_plan_is_refused(tmp_path: Path) -> None:
    plan = write(tmp_path)
    renamed = plan.folder.rename(tmp_path / "my plan")
    with pytest.raises(InputError, match=r"^plan_renamed\b"):
        read_plan(tmp_path, "my plan")
    record = json.loads((renamed / "plan.json").read_text(encoding="utf-8"))
    text = json.dumps({**record, "format": 99})
    (renamed / "plan.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"^plan_newer_format\b"):
        read_plan(tmp_path, "my plan")


def test_nothing_is_written_into_a_plan(tmp_path: Path) -> None:
    plans = tmp_path / "plans"
    plan = write(plans)
    guard = Outputs(tmp_path / "runs", plans=plans)
    for path in (plan.folder / "choice.parquet", plan.folder / "new.csv", plans / "latest"):
        with pytest.raises(OutputError, match=r"^output_is_plan\b"):
            guard.check(path, overwrite=True)
    guard.check(plans / "list.csv")
