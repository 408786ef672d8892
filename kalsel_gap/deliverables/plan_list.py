"""The plans of a folder, and what belongs to one: its run, the last one of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.deliverables.tables import assignments
from kalsel_gap.errors import InputError
from kalsel_gap.storage.plan_folder import (
    latest_plan,
    plan_folders,
    read_plan,
    read_plan_manifest,
)
from kalsel_gap.storage.run_folder import read_run

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.plan_folder import Plan

_OF_A_PLAN = ("costs.", "plan.")  # overrides that make a trial of a full run's plan
_COLUMNS = (
    *("plan", "run", "kind", "is_latest", "objective", "value", "bound", "gap_percent"),
    *("status", "is_reproducible", "overrides"),
)


def list_plans(folder: Path) -> pd.DataFrame:
    """Every plan of a folder: the last full one, other full ones, trials.

    Parameters
    ----------
    folder : Path
        The folder of the plans.

    Returns
    -------
    DataFrame
        ``plan run kind is_latest objective value bound gap_percent status is_reproducible
        overrides``; *kind* is full, trial or broken, where its record is not what was written.

    Raises
    ------
    InputError
        There is no plan.
    """
    there = plan_folders(folder)
    if not there:
        raise InputError("plan_missing", path=folder)
    latest = latest_plan(folder)
    rows = []
    for path in there:
        row: dict[str, object] = dict.fromkeys(_COLUMNS)
        row |= {"plan": path.name, "is_latest": path.name == latest, "overrides": ""}
        try:
            manifest = read_plan_manifest(path)
        except InputError:
            rows.append({**row, "kind": "broken"})
            continue
        overrides = manifest.get("overrides", {})
        gap = manifest.get("gap")
        row |= {name: manifest.get(name) for name in _COLUMNS if name in manifest}
        rows.append(
            {
                **row,
                "run": manifest.get("run", {}).get("id"),
                "kind": "trial" if overrides else "full",
                "gap_percent": None if gap is None else 100.0 * gap,
                "overrides": assignments(overrides) if overrides else "",
            }
        )
    order = {"full": 0, "trial": 1, "broken": 2}
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    table = table.astype(dict.fromkeys(("value", "bound", "gap_percent"), "float64"))
    texts = ("run", "objective", "status")
    table = table.assign(**{name: table[name].fillna("").astype("str") for name in texts})
    table = table.assign(order=table["kind"].map(order), first=~table["is_latest"].astype("bool"))
    return table.sort_values(["order", "first", "plan"], ignore_index=True)[list(_COLUMNS)]


def schools_of_plan(plan: Plan, runs: Path) -> pd.DataFrame:
    """The schools of the run that a plan was made of; without rows where it is not there.

    Parameters
    ----------
    plan : Plan
    runs : Path
        The folder of the runs.
    """
    run = str(plan.manifest.get("run", {}).get("id") or "")
    if not (runs / run).is_dir() or not run:
        return pd.DataFrame({"row_id": pd.Series([], dtype="str")})
    return pd.DataFrame(read_run(runs, run).schools)


def plan_of_run(folder: Path, run: str) -> Plan | None:
    """The last full plan if it is of this run, otherwise the only one without trial values.

    Parameters
    ----------
    folder : Path
        The folder of the plans; it need not exist.
    run : str
        The id of the run.

    Returns
    -------
    Plan or None
        None where there is none, and of several earlier ones, for none of them is the last.
    """
    found = []
    for path in plan_folders(folder):
        try:
            manifest = read_plan_manifest(path)
        except InputError:
            continue
        own = [key for key in manifest.get("overrides", {}) if key.startswith(_OF_A_PLAN)]
        if manifest.get("run", {}).get("id") == run and not own:  # a run may be a trial itself
            found.append(path.name)
    latest = latest_plan(folder)
    if latest in found:
        return read_plan(folder, latest)
    return read_plan(folder, found[0]) if len(found) == 1 else None
