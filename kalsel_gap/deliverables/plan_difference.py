"""Two plans of one run beside each other: who is gained and lost, and which money moves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap.deliverables.plan_tables import (
    OPENING,
    gap_closed,
    is_opening,
    plan_data,
    plan_facts,
    plan_totals,
    with_schools,
)
from kalsel_gap.i18n.text import escaped
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from kalsel_gap.storage.plan_folder import Plan

CHANGES = ("gained", "lost", "changed", "apart_gained", "apart_lost", "apart_changed")
_OF_CHOICE = ("option", "year", "envelope_capex")
_DEGREES = 6  # decimals of a place that is typed


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """What a trial changes.

    Attributes
    ----------
    facts : dict
        ``before`` and ``after``: each with ``plan`` (None where it is not kept), ``value``,
        ``gap``, ``gap_closed``, and the totals of :func:`.plan_tables.plan_totals`.
    schools : DataFrame
        A row for each school that has something else: ``change`` (:data:`CHANGES`; *apart* are
        those for whom no ceiling is stated), ``npsn row_id name level kabupaten students`` and
        ``option year envelope_capex``, each ``_before`` and ``_after``.
    money : DataFrame
        ``year envelope before_idr after_idr difference_idr``, rupiah with PPN within ceilings,
        where they differ.
    shared : DataFrame
        Shared infrastructure that only one of the plans opens: ``change`` (gained, lost),
        ``shared_id kind name year``.
    sites : DataFrame
        Sites that were added: ``lat lon schools`` (within reach), ``year`` in which the plan opens
        it (missing: it does not), ``served`` schools.
    """

    facts: dict[str, dict[str, Any]]
    schools: pd.DataFrame
    money: pd.DataFrame
    shared: pd.DataFrame
    sites: pd.DataFrame


def find_difference(
    base: Plan, trial: Plan, schools: pd.DataFrame, *, is_kept: bool = True
) -> PlanDifference:
    """What a trial changes of the plan without it.

    Parameters
    ----------
    base, trial : Plan
        Of one run.
    schools : DataFrame
        The schools of the run.
    is_kept : bool
        Whether the base lies in a folder.
    """
    facts = {"before": _facts(base, schools), "after": _facts(trial, schools)}
    if not is_kept:
        facts["before"]["plan"] = None
    return PlanDifference(
        facts,
        _schools(base, trial, schools),
        _money(base, trial),
        _shared(base, trial),
        _sites(trial),
    )


def difference_data(found: PlanDifference, trial: Plan, schools: pd.DataFrame) -> str:
    """The trial as JSON, and what it changes under ``difference``."""
    data = json.loads(plan_data(trial, schools))
    data["difference"] = {
        **found.facts,
        **{
            name: to_records(getattr(found, name))
            for name in ("schools", "money", "shared", "sites")
        },
    }
    return escaped(json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)) + "\n"


def _facts(plan: Plan, schools: pd.DataFrame) -> dict[str, Any]:
    facts = plan_facts(plan)
    named = {name: facts[name] for name in ("plan", "objective", "value", "gap")}
    return {**named, "gap_closed": gap_closed(plan), **plan_totals(plan, schools)}


def _schools(base: Plan, trial: Plan, schools: pd.DataFrame) -> pd.DataFrame:
    both = _chosen(base).merge(
        _chosen(trial), on="row_id", how="outer", suffixes=("_before", "_after")
    )
    before, after = both["state_before"], both["state_after"]
    is_same = np.logical_and.reduce(
        [
            (both[f"{name}_before"] == both[f"{name}_after"]).fillna(value=False).to_numpy(bool)
            for name in ("state", *_OF_CHOICE)
        ]
    )
    change = np.select(
        [
            (after == "planned") & (before != "planned"),
            (before == "planned") & (after != "planned"),
            (before == "planned") & (after == "planned"),
            before.isna(),
            after.isna(),
        ],
        [*CHANGES[:5]],
        CHANGES[5],
    )
    both = with_schools(both.assign(change=change)[~is_same], schools)
    order = {code: number for number, code in enumerate(CHANGES)}
    both = both.assign(order=both["change"].map(order)).sort_values(
        ["order", "rank", "npsn", "row_id"], kind="stable", ignore_index=True
    )
    pairs = [f"{name}_{side}" for side in ("before", "after") for name in _OF_CHOICE]
    names = ("change", "npsn", "row_id", "name", "level", "kabupaten", "students", *pairs)
    return both[list(names)]


def _chosen(plan: Plan) -> pd.DataFrame:
    """One row for each school that something is bought for."""
    choice = plan.table("choice")
    mine = choice[~is_opening(choice)].sort_values("year").drop_duplicates("row_id")
    state = np.where(mine["is_unfunded"].astype("bool"), "unfunded", "planned")
    return mine.assign(state=pd.array(state, dtype="str"))[["row_id", "state", *_OF_CHOICE]].astype(
        {"year": "Int64"}
    )


def _money(base: Plan, trial: Plan) -> pd.DataFrame:
    keys = ["year", "envelope"]
    tables = []
    for plan, name in ((base, "before_idr"), (trial, "after_idr")):
        budget = plan.table("budget")
        funded = budget[budget["ceiling_idr"].notna()]
        tables.append(funded[[*keys, "total_idr"]].rename(columns={"total_idr": name}))
    both = tables[0].merge(tables[1], on=keys, how="outer")
    both = both.fillna({"before_idr": 0, "after_idr": 0})
    both = both.astype(dict.fromkeys(("before_idr", "after_idr"), "int64"))
    both = both.assign(difference_idr=both["after_idr"] - both["before_idr"])
    return both[both["difference_idr"] != 0].sort_values(keys, ignore_index=True)


def _shared(base: Plan, trial: Plan) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = []
    before, after = _opened(base), _opened(trial)
    for change, mine, other in (("gained", after, before), ("lost", before, after)):
        rows += [(change, *mine[key]) for key in sorted(mine.keys() - other.keys())]
    return pd.DataFrame(rows, columns=["change", "shared_id", "kind", "name", "year"])


def _opened(plan: Plan) -> dict[str, tuple[str, str, str, int]]:
    choice, shared = plan.table("choice"), plan.table("shared")
    names = dict(zip(shared["shared_id"], shared["name"].fillna(""), strict=True))
    opened = choice[is_opening(choice)].sort_values("year").drop_duplicates("shared_id")
    return {
        str(row["shared_id"]): (
            str(row["shared_id"]),
            str(row["option"]).removeprefix(OPENING),
            str(names.get(row["shared_id"], "")),
            int(row["year"]),
        )
        for row in opened.to_dict("records")
    }


def _sites(trial: Plan) -> pd.DataFrame:
    """What becomes of the sites that were added."""
    shared, choice = trial.table("shared"), trial.table("choice")
    opened = _opened(trial)
    served = choice[~is_opening(choice)].groupby("shared_id")["row_id"].nunique()
    rows = []
    for lat, lon, _ in trial.overrides.get("plan.add_sites", ()):
        is_it = (shared["kind"] == "bts") & (shared["lat"] - lat).abs().lt(10.0**-_DEGREES)
        is_it &= (shared["lon"] - lon).abs().lt(10.0**-_DEGREES)
        mine = shared[is_it].head(1).to_dict("records")
        key = str(mine[0]["shared_id"]) if mine else ""
        year = opened[key][3] if key in opened else None
        reached = int(mine[0]["schools"]) if mine else 0
        rows.append((float(lat), float(lon), reached, year, int(served.get(key, 0))))
    return pd.DataFrame(rows, columns=["lat", "lon", "schools", "year", "served"]).astype(
        {"year": "Int64"}
    )
