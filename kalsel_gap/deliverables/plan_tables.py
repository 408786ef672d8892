"""Tables of a plan, as codes and whole rupiah: for programs, and for what is said of it in words.

Everything comes from the plan, but for what its run says of a school.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.i18n.text import escaped
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.planning.sweep import BudgetCurve
    from kalsel_gap.storage.plan_folder import Plan

OPENING = "open:"  # before the kind of a shared infrastructure that is opened
UNPRICED = "unpriced"  # what keeps a feasible option out beside the reasons of the options
_OF_SCHOOL = ("name", "level", "kabupaten", "kabupaten_code", "kecamatan", "students", "rank")
_MONEY = ("capex_idr", "ppn_capex_idr", "opex_year_idr", "ppn_opex_idr")
_CHOSEN = (
    *("year", "service_year", "npsn", "row_id", "name", "level", "kabupaten", "kecamatan"),
    *("students", "rank", "option", "option_id", "shared_id", "envelope_capex", "envelope_opex"),
    *(*_MONEY, "benefit", "benefit_years", "is_unfunded"),
)
_MARGINAL = (
    *("npsn", "row_id", "name", "level", "kabupaten", "kecamatan", "students", "option"),
    *("option_id", "year", "value", "needs_idr", "short_idr", "short_year", "short_envelope"),
    "short_there_idr",
)
# How far a delivery is, the first step first.
DELIVERY_STATES = ("proposed", "accepted", "refused", "delivered", "active", "used")
# Facts of a plan's record, in the order of a page.
_FACTS = ("objective", "value", "bound", "gap", "status", "is_reproducible", "overrides")


def plan_facts(plan: Plan) -> dict[str, Any]:
    """What the record of a plan says of it: id, run, objective, value, bound, how it ended."""
    run = plan.manifest.get("run", {})
    return {
        "plan": plan.folder.name,
        "run": run.get("id") if isinstance(run, dict) else run,
        "project": plan.manifest.get("project"),
        "data": plan.manifest.get("data", "real"),
        **{name: plan.manifest.get(name) for name in _FACTS},
    }


def chosen_options(plan: Plan, schools: pd.DataFrame) -> pd.DataFrame:
    """What is chosen, by year, rank and NPSN; openings of shared infrastructure after the schools.

    Parameters
    ----------
    plan : Plan
    schools : DataFrame
        The schools of the plan's run; without rows where it is not there any more.
    """
    choice = with_schools(plan.table("choice"), schools)
    order = choice.assign(last=choice["row_id"] == "").sort_values(
        ["year", "last", "rank", "npsn", "row_id", "option_id"], kind="stable"
    )
    return order[[name for name in _CHOSEN if name in order]].reset_index(drop=True)


def marginal_schools(plan: Plan, schools: pd.DataFrame) -> pd.DataFrame:
    """The schools that are left out, those that come next first."""
    marginal = with_schools(plan.table("marginal"), schools)
    return marginal[[name for name in _MARGINAL if name in marginal]]


def with_schools(table: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """A table with a `row_id`, and what the run says of each school."""
    named = [name for name in ("npsn", *_OF_SCHOOL) if name in schools and name not in table]
    if "row_id" not in schools:
        found = table
    else:
        given = pd.DataFrame(schools)[["row_id", *named]].drop_duplicates("row_id")
        found = table.merge(given, on="row_id", how="left")
    absent = [name for name in ("npsn", *_OF_SCHOOL) if name not in found]
    return found.assign(
        **{
            name: pd.array(
                [None] * len(found), dtype="Int64" if name in ("students", "rank") else "str"
            )
            for name in absent
        }
    )


def is_opening(choice: pd.DataFrame) -> pd.Series[bool]:
    """Which rows open shared infrastructure instead of serving a school."""
    return choice["option"].astype("str").str.startswith(OPENING)


def plan_totals(plan: Plan, schools: pd.DataFrame) -> dict[str, int]:
    """Schools, pupils and rupiah of what is in the plan and funded.

    Returns
    -------
    dict of int
        `schools`; `students` that are known, `students_unknown` schools without; `capex_idr` and
        `opex_year_idr` with PPN; `unfunded` schools.
    """
    choice = with_schools(plan.table("choice"), schools)
    unfunded = choice["is_unfunded"].astype("bool")
    funded = choice[~unfunded]
    served = funded[~is_opening(funded)].drop_duplicates("row_id")
    return {
        "schools": len(served),
        "students": int(served["students"].fillna(0).sum()),
        "students_unknown": int(served["students"].isna().sum()),
        "capex_idr": _sum(funded, "capex_idr", "ppn_capex_idr"),
        "opex_year_idr": _sum(funded, "opex_year_idr", "ppn_opex_idr"),
        "unfunded": int(choice[unfunded & ~is_opening(choice)]["row_id"].nunique()),
    }


def unfunded_demand(plan: Plan) -> pd.DataFrame:
    """What would be built if somebody stated a ceiling: by envelope, with PPN.

    Returns
    -------
    DataFrame
        `envelope` without a ceiling, `schools`, `capex_idr`, `opex_year_idr`. Where the envelope
        of the investment has one, that of the running cost has none.
    """
    choice, budget = plan.table("choice"), plan.table("budget")
    stated = set(budget[budget["ceiling_idr"].notna()]["envelope"])
    capex, opex = choice["envelope_capex"], choice["envelope_opex"]
    lacking = capex.where(~capex.isin(stated) | opex.isin(stated), opex)
    choice = choice.assign(lacking=lacking)
    rows = [
        (
            str(envelope),
            int(group[~is_opening(group)]["row_id"].nunique()),
            _sum(group, "capex_idr", "ppn_capex_idr"),
            _sum(group, "opex_year_idr", "ppn_opex_idr"),
        )
        for envelope, group in choice[choice["is_unfunded"].astype("bool")].groupby(
            "lacking", sort=True
        )
    ]
    return pd.DataFrame(rows, columns=["envelope", "schools", "capex_idr", "opex_year_idr"])


def school_states(plan: Plan, schools: pd.DataFrame) -> pd.DataFrame:
    """How many schools have which status in the plan, and their pupils that are known.

    Returns
    -------
    DataFrame
        `status`, `schools`, `students`, the most schools first.
    """
    table = with_schools(plan.table("schools"), schools)
    found = table.groupby("status", as_index=False).agg(
        schools=("row_id", "nunique"), students=("students", "sum")
    )
    return found.sort_values(["schools", "status"], ascending=[False, True], ignore_index=True)


def option_states(plan: Plan) -> pd.DataFrame:
    """For how many schools each option is feasible and chosen, and what keeps it from the others.

    Returns
    -------
    DataFrame
        `option`, `reason` (*chosen*, *feasible*, *unpriced*, or the code of what it fails of),
        `schools`. A school counts once for each option: under its feasible partner where it has
        one, otherwise under each of its reasons.
    """
    options, choice = plan.table("options"), plan.table("choice")
    state = options["reason"].astype("str")
    feasible = options["is_feasible"].astype("bool")
    state = state.mask(feasible & ~options["is_priced"].astype("bool"), UNPRICED)
    state = state.mask(feasible & options["is_priced"].astype("bool"), "feasible")
    table = options[["row_id", "option"]].assign(reason=state)
    best = table["reason"].map({"feasible": 0, UNPRICED: 1}).fillna(2)
    table = table.assign(best=best)
    least = table.groupby(["row_id", "option"])["best"].transform("min")
    table = table[table["best"] == least]
    counts = table.groupby(["option", "reason"], as_index=False).agg(schools=("row_id", "nunique"))
    taken = choice[~is_opening(choice)].groupby("option", as_index=False)
    chosen = taken.agg(schools=("row_id", "nunique")).assign(reason="chosen")
    names = ["option", "reason", "schools"]
    both = pd.concat([chosen[names], counts[names]], ignore_index=True)
    first = both["reason"].map({"chosen": 0, "feasible": 1}).fillna(2)
    return (
        both.assign(first=first)
        .sort_values(["option", "first", "schools", "reason"], ascending=[True, True, False, True])
        .drop(columns="first")
        .reset_index(drop=True)
    )


def delivery_states(plan: Plan) -> pd.DataFrame:
    """How many schools of each option are in which state of delivery.

    Returns
    -------
    DataFrame
        `option` and a column for each of :data:`DELIVERY_STATES`.
    """
    delivery = plan.table("delivery")
    counts = pd.crosstab(delivery["option"], delivery["state"])
    return (
        counts.reindex(columns=pd.Index(DELIVERY_STATES), fill_value=0)
        .astype("int64")
        .rename_axis(columns=None)
        .reset_index()
    )


def openings(plan: Plan) -> pd.DataFrame:
    """Shared infrastructure that the plan opens.

    Returns
    -------
    DataFrame
        `shared_id`, `kind`, `name`, `year`, `schools` that the plan serves by it, `capex_idr` and
        `opex_year_idr` with PPN, `facility_share`, `is_unfunded`; by year and id.
    """
    choice, shared = plan.table("choice"), plan.table("shared")
    opened = choice[is_opening(choice)]
    served = choice[~is_opening(choice)].groupby("shared_id")["row_id"].nunique()
    table = opened.assign(
        kind=opened["option"].astype("str").str.removeprefix(OPENING),
        schools=opened["shared_id"].map(served).fillna(0).astype("int64"),
        capex_idr=opened["capex_idr"] + opened["ppn_capex_idr"],
        opex_year_idr=opened["opex_year_idr"] + opened["ppn_opex_idr"],
    ).merge(shared[["shared_id", "name", "facility_share"]], on="shared_id", how="left")
    names = (
        *("shared_id", "kind", "name", "year", "schools", "capex_idr", "opex_year_idr"),
        *("facility_share", "is_unfunded"),
    )
    return table[list(names)].sort_values(["year", "shared_id"], ignore_index=True)


def options_of_school(plan: Plan, row_id: str) -> pd.DataFrame:
    """Every option of a school, the chosen one and then the feasible ones first.

    Returns
    -------
    DataFrame
        Columns of the plan's options, and `is_chosen` and `year` (Int64).
    """
    options, choice = plan.table("options"), plan.table("choice")
    own = options[options["row_id"] == row_id]
    years = choice[choice["row_id"] == row_id].drop_duplicates("option_id")
    year = own["option_id"].map(years.set_index("option_id")["year"]).astype("Int64")
    own = own.assign(year=year, is_chosen=year.notna())
    return own.sort_values(
        ["is_chosen", "is_feasible", "pv_idr", "option_id"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )


# --- several plans --------------------------------------------------------------------------------


def compare_objectives(plans: Sequence[Plan], schools: pd.DataFrame) -> pd.DataFrame:
    """One row for each objective: what its plan reaches of all that the others ask for.

    Returns
    -------
    DataFrame
        `objective`, `schools`, `students`, `gap_closed` (benefit times years), `capex_idr`,
        `opex_year_idr`, `total_idr` (all that is spent in the years of the plan), `gap`, `status`,
        `is_reproducible`.
    """
    rows = []
    for plan in plans:
        facts, totals = plan_facts(plan), plan_totals(plan, schools)
        rows.append(
            {
                "objective": facts["objective"],
                **{name: totals[name] for name in ("schools", "students")},
                "gap_closed": gap_closed(plan),
                **{name: totals[name] for name in ("capex_idr", "opex_year_idr")},
                "total_idr": spent_of(plan),
                **{name: facts[name] for name in ("gap", "status", "is_reproducible")},
            }
        )
    return pd.DataFrame(rows)


def gap_closed(plan: Plan) -> float:
    """Benefit times years of all that is funded: priority-weighted deficit that is taken away."""
    choice = plan.table("choice")
    funded = choice[~choice["is_unfunded"].astype("bool")]
    return float((funded["benefit"].fillna(0.0) * funded["benefit_years"].fillna(0.0)).sum())


def spent_of(plan: Plan) -> int:
    """All that is spent within ceilings in the years of the plan, rupiah with PPN."""
    budget = plan.table("budget")
    return int(budget[budget["ceiling_idr"].notna()]["total_idr"].sum())


def curve_table(curve: BudgetCurve) -> pd.DataFrame:
    """The points of a sweep, and which of them is the knee."""
    rows = [
        {
            "total_idr": each.total_idr,
            "spent_idr": each.spent_idr,
            "value": each.value,
            "schools": each.schools,
            "students": each.students,
            "gap": each.gap,
            "is_knee": each is curve.knee,
        }
        for each in curve.points
    ]
    return pd.DataFrame(rows)


# --- for programs ---------------------------------------------------------------------------------


def plan_data(plan: Plan, schools: pd.DataFrame) -> str:
    """The whole plan as JSON: codes, numbers, whole rupiah."""
    data = {
        **plan_facts(plan),
        "totals": plan_totals(plan, schools),
        "budget": to_records(plan.table("budget")),
        "choice": to_records(chosen_options(plan, schools)),
        "shared": to_records(openings(plan)),
        "marginal": to_records(marginal_schools(plan, schools)),
        "more_money": to_records(plan.table("shadow")),
        "opex_cliff": to_records(plan.table("cliff")),
        "unfunded": to_records(unfunded_demand(plan)),
        "states": to_records(school_states(plan, schools)),
        "options": to_records(option_states(plan)),
        "delivery": to_records(plan.table("delivery")),
    }
    return escaped(json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False)) + "\n"


def _sum(table: pd.DataFrame, *columns: str) -> int:
    return sum(int(table[name].fillna(0).sum()) for name in columns)
