"""What a plan, the deliveries and a later run say of each school of the plan.

A school is known by its row in the run of the plan, by its NPSN in the table of deliveries, and in
the later run by the rules of :mod:`.school_matches`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from kalsel_gap.comparison.gap_changes import change_of_gap
from kalsel_gap.geo.geodesy import earth_centred_m
from kalsel_gap.i18n.rupiah import whole
from kalsel_gap.planning.evaluate import group_of_school, spending_until
from kalsel_gap.sources.delivery import DELIVERY_STATES

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.storage.plan_folder import Plan

SITE_KM = 5.0  # within it a new 4G site may serve those too that were to wait
_NEW_SITE = "bts"  # relays and hubs serve only who is linked to them
# Columns of a run that are needed.
OF_A_RUN = (
    *("row_id", "npsn", "name", "kabupaten", "lat", "lon", "students", "deficit", "delivered"),
    *("gap_type", "is_duplicate", "measured_tests", "delivered_status"),
)


def follow_schools(
    plan: Plan,
    old: pd.DataFrame,
    new: pd.DataFrame,
    pairs: pd.DataFrame,
    reported: pd.DataFrame,
    year: int | None,
) -> pd.DataFrame:
    """Each row of the older run with what the plan, the deliveries and the later run say of it.

    Parameters
    ----------
    plan : Plan
    old, new : DataFrame
        :data:`OF_A_RUN` of the run of the plan and of the later one.
    pairs : DataFrame
        Of both, as :func:`.school_matches.match_schools` gives them.
    reported : DataFrame
        ``npsn state date`` and, where it is known, ``cost_idr`` of the deliveries.
    year : int, optional
        Of the later run.

    Returns
    -------
    DataFrame
        One row for each row of the older run, duplicates left out, with the columns of
        :data:`.plan_evaluation.SCHOOLS` and ``lat lon shared_id``.
    """
    both = pairs[pairs["before"].notna()]
    at = both["after"].fillna(-1).to_numpy(np.int64)
    later = new.reindex(at).reset_index(drop=True)  # -1 is no position: missing
    table = old[["row_id", "npsn", "name", "kabupaten", "lat", "lon", "students"]].copy()
    table["students"] = table["students"].astype("Int64")
    table["matched_by"] = both["matched_by"].to_numpy()
    for side, run in (("before", old), ("after", later)):
        table[f"deficit_{side}"] = run["deficit"].astype("Float64")
        table[f"delivered_{side}"] = run["delivered"].astype("Float64")
        table[f"gap_{side}"] = run["gap_type"]
    knew, knows = (run["delivered_status"].eq("known").fillna(value=False) for run in (old, later))
    table["is_known"] = (knew & knows).astype(bool)
    table["tests_after"] = later["measured_tests"].astype("Int64").fillna(0)
    table["gap_change"] = change_of_gap(
        table["gap_before"], table["gap_after"], knew.astype(bool), knows.astype(bool)
    )
    table = table.join(_chosen(plan), on="row_id")
    table["is_chosen"] = table["service_year"].notna()
    statuses = plan.table("schools").set_index("row_id")["status"]
    table["status"] = table["row_id"].map(statuses[~statuses.index.duplicated()]).fillna("")
    at_plan = last_states(plan.table("delivery"))["state"].rename("state_before")
    table = table.join(last_states(reported), on="npsn").join(at_plan, on="npsn")
    for name in ("state", "state_before", "state_date", "delivered_option"):
        table[name] = table[name].fillna("").astype("str")
    table["group"] = [
        group_of_school(
            row["status"],
            service_year=whole(row["service_year"]),
            state=row["state"],
            state_before=row["state_before"],
            year=year,
        )
        for row in table.to_dict("records")
    ]
    table["spent_idr"] = pd.array(
        [
            None
            if pd.isna(row["planned_idr"]) and pd.isna(row["actual_idr"])
            else spending_until(
                whole(row["planned_idr"]) or 0,
                whole(row["opex_year_idr"]) or 0,
                actual_idr=whole(row["actual_idr"]),
                service_year=whole(row["service_year"]),
                year=year,
            )
            for row in table.to_dict("records")
        ],
        dtype="Int64",
    )
    is_duplicate = old["is_duplicate"].astype("boolean").fillna(value=False).astype(bool)
    return table[~is_duplicate].reset_index(drop=True)


def _chosen(plan: Plan) -> pd.DataFrame:
    """By row: option, first year of service, what was planned; unfunded demand is not chosen."""
    choice = plan.table("choice")
    is_unfunded = choice["is_unfunded"].astype("boolean").fillna(value=False).astype(bool)
    own = choice[(choice["row_id"].fillna("") != "") & ~is_unfunded]
    found = planned_money(own, "row_id")
    first = own.groupby("row_id", sort=True)[["option", "option_id", "shared_id"]].first()
    options = plan.table("options").set_index("option_id")["delivered_after"]
    promised = first["option_id"].map(options[~options.index.duplicated()])
    return found.join(first[["option", "shared_id"]]).assign(promised=promised.astype("Float64"))


def planned_money(choice: pd.DataFrame, key: str) -> pd.DataFrame:
    """What a choice costs, with PPN.

    Parameters
    ----------
    choice : DataFrame
        Rows of a plan's choice; the capex of one school or site may stand in rows of several years
        (tahun jamak), each of which repeats its yearly opex.
    key : str
        Column of the school or the shared site.

    Returns
    -------
    DataFrame
        By key ``service_year planned_idr opex_year_idr``, whole numbers.
    """
    names = ["capex_idr", "ppn_capex_idr", "opex_year_idr", "ppn_opex_idr", "service_year"]
    numbers = choice[names].astype("Int64").assign(key=choice[key])
    groups = numbers.groupby("key", sort=True)
    once, yearly = (
        groups[names[:2]].sum(),
        groups[names[2:]].max().fillna({names[2]: 0, names[3]: 0}),
    )
    return pd.DataFrame(
        {
            "service_year": yearly["service_year"],
            "planned_idr": once.sum(axis="columns").astype("Int64"),
            "opex_year_idr": yearly[names[2:4]].sum(axis="columns").astype("Int64"),
        }
    ).rename_axis(key)


def last_states(reported: pd.DataFrame) -> pd.DataFrame:
    """The last state of each school, and what was paid in all.

    Parameters
    ----------
    reported : DataFrame
        ``npsn option state date`` and, where it is known, ``cost_idr``.

    Returns
    -------
    DataFrame
        By NPSN ``state state_date delivered_option actual_idr``. Of states of one day, or without a
        day, the one that comes later.
    """
    table = reported.assign(
        npsn=reported["npsn"].astype("str"), state_date=reported["date"].astype("str").fillna("")
    )
    costs = reported["cost_idr"].tolist() if "cost_idr" in reported else [None] * len(reported)
    table["actual_idr"] = pd.array(costs, dtype="Int64")
    table = table[table["npsn"].fillna("").ne("") & table["state"].isin(DELIVERY_STATES)]
    order = {name: place for place, name in enumerate(DELIVERY_STATES)}
    table = table.assign(order=table["state"].map(order)).sort_values(
        ["npsn", "state_date", "order"], kind="stable"
    )
    groups = table.groupby("npsn", sort=True)
    found = groups[["state", "state_date", "option"]].last()
    # min_count: without any figure the cost is unknown, not 0.
    paid = groups["actual_idr"].sum(min_count=1)
    return found.rename(columns={"option": "delivered_option"}).join(paid)


def near_new_site(schools: pd.DataFrame) -> pd.Series[bool]:
    """Schools not yet served within :data:`SITE_KM` of one that gets a new 4G site."""
    is_site = (schools["option"] == _NEW_SITE) & schools["group"].isin(["delivered", "chosen"])
    waits = schools["group"].isin(["later", "waiting"]) & schools["lat"].notna()
    sources = schools[is_site.fillna(value=False) & schools["lat"].notna()]
    near = pd.Series(data=False, index=schools.index)
    if sources.empty or not waits.any():
        return near
    tree = cKDTree(_places(sources))
    distance, _ = tree.query(_places(schools[waits]))
    near[waits] = distance <= SITE_KM * 1000
    return near


def _places(schools: pd.DataFrame) -> FloatArray:
    return earth_centred_m(schools["lat"].to_numpy(np.float64), schools["lon"].to_numpy(np.float64))
