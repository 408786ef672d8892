"""From chosen columns back to tables in exact rupiah: choice, budget, allocation.

A contract over several years has a row for each of them, and its running costs and benefit stand in
the first. The sums of the choice are the budget, to the rupiah.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.planning.assemble import OPENING, SharedChains, text_of_cell
from kalsel_gap.planning.spending import MONEY, contract_parts, divide_idr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kalsel_gap.project.plan import PlanRules

CHOICE_TYPES: dict[str, str] = {
    **dict.fromkeys(("row_id", "npsn", "option_id", "option", "shared_id"), "str"),
    **dict.fromkeys(("year", "service_year"), "int64"),
    **dict.fromkeys(("envelope_capex", "envelope_opex"), "str"),
    **dict.fromkeys(MONEY, "Int64"),
    **dict.fromkeys(("benefit", "benefit_years"), "Float64"),
    "is_unfunded": "bool",
}
BUDGET_TYPES: dict[str, str] = {
    "year": "int64",
    "envelope": "str",
    "ceiling_idr": "Int64",
    **dict.fromkeys(("capex_idr", "opex_idr", "ppn_idr", "total_idr"), "int64"),
    "left_idr": "Int64",
}
ALLOCATION_TYPES: dict[str, str] = {
    **dict.fromkeys(("shared_id", "row_id", "facility"), "str"),
    "share": "float64",
    "idr": "int64",
}


def choice_of(columns: pd.DataFrame, rules: PlanRules, *, is_unfunded: bool) -> pd.DataFrame:
    """Rows of the choice of chosen columns.

    Parameters
    ----------
    columns : DataFrame
        Chosen rows of :class:`.assemble.AssembledPlan`.
    rules : PlanRules
        Whether contracts are split over years.
    is_unfunded : bool
        Whether no ceiling pays for them.

    Returns
    -------
    DataFrame
        :data:`CHOICE_TYPES`.
    """
    rows = []
    for row in columns.to_dict("records"):
        capex, ppn, opex, ppn_opex = (int(row[name]) for name in MONEY)
        parts = contract_parts(capex, ppn, int(row["lead_months"]), is_multi_year=rules.multi_year)
        for number, (part, part_ppn) in enumerate(parts):
            is_first = number == 0
            rows.append(
                {
                    **row,
                    "year": row["year"] + number,
                    "capex_idr": part,
                    "ppn_capex_idr": part_ppn,
                    "opex_year_idr": opex if is_first else 0,
                    "ppn_opex_idr": ppn_opex if is_first else 0,
                    "benefit": row["benefit"] if is_first and row["row_id"] else pd.NA,
                    "benefit_years": row["benefit_years"] if is_first and row["row_id"] else pd.NA,
                    "is_unfunded": is_unfunded,
                }
            )
    return pd.DataFrame(rows, columns=list(CHOICE_TYPES)).astype(CHOICE_TYPES)


def sort_choice(choice: pd.DataFrame) -> pd.DataFrame:
    """By school, then by option and year; openings first."""
    order = ["is_unfunded", "npsn", "row_id", "option_id", "shared_id", "year"]
    return choice.sort_values(order, ignore_index=True)


def budget_of(choice: pd.DataFrame, rules: PlanRules, years: Sequence[int]) -> pd.DataFrame:
    """What each envelope pays in each year, and what is left of its ceiling.

    Parameters
    ----------
    choice : DataFrame
        :data:`CHOICE_TYPES`; what no ceiling pays for stands in rows of envelopes without one.
    rules : PlanRules
        Ceilings.
    years : sequence of int
        Budget years: running costs are paid in those from the first year of service on.

    Returns
    -------
    DataFrame
        :data:`BUDGET_TYPES`, rupiah: what is bought in the year, running costs also of earlier
        years, PPN on both, all together. A row for each ceiling and for whatever else is paid.
    """
    ceilings = {cell: idr for cell, idr in rules.ceiling_of().items() if cell[1] in years}
    sums: dict[tuple[str, int], list[int]] = {cell: [0, 0, 0] for cell in ceilings}
    for row in choice.to_dict("records"):
        capex, ppn, opex, ppn_opex = (int(row[name]) for name in MONEY)
        if capex or ppn:
            _add(sums, (row["envelope_capex"], row["year"]), (capex, 0, ppn))
        if opex or ppn_opex:
            for year in years:
                if year >= row["service_year"]:
                    _add(sums, (row["envelope_opex"], year), (0, opex, ppn_opex))
    rows = []
    for envelope, year in sorted(sums, key=lambda cell: (cell[1], cell[0])):
        capex, opex, ppn = sums[envelope, year]
        ceiling = ceilings.get((envelope, year), pd.NA)
        total = capex + opex + ppn
        rows.append((year, envelope, ceiling, capex, opex, ppn, total, ceiling - total))
    return pd.DataFrame(rows, columns=list(BUDGET_TYPES)).astype(BUDGET_TYPES)


def _add(
    sums: dict[tuple[str, int], list[int]], cell: tuple[str, int], more: Iterable[int]
) -> None:
    before = sums.get(cell, [0, 0, 0])
    sums[cell] = [one + other for one, other in zip(before, more, strict=True)]


def allocate_shared(
    choice: pd.DataFrame, shared: pd.DataFrame, required_mbps: Mapping[str, float]
) -> pd.DataFrame:
    """Who bears which part of what is bought of shared infrastructure.

    By required bandwidth: a facility bears its share of it, the schools of the plan the rest, each
    by what it requires. What another shared part needs, such as a trunk, is borne by the schools
    behind both.

    Parameters
    ----------
    choice : DataFrame
        :data:`CHOICE_TYPES`.
    shared : DataFrame
        ``shared_id needs_shared is_priced lead_months facility facility_share full_idr``, the last
        what it costs with the facility's part, with PPN.
    required_mbps : mapping of float
        By `row_id`.

    Returns
    -------
    DataFrame
        :data:`ALLOCATION_TYPES`: rupiah with PPN that sum up to what the opening costs.
    """
    chains = SharedChains(shared)
    users: dict[str, set[str]] = defaultdict(set)
    for row_id, shared_id in zip(choice["row_id"], choice["shared_id"], strict=True):
        if row_id and shared_id:
            for each in chains.chain(shared_id):
                users[each].add(row_id)
    is_opening = choice["option"].str.startswith(OPENING)
    spent = choice[is_opening].groupby("shared_id", sort=True)[["capex_idr", "ppn_capex_idr"]].sum()
    rows: list[tuple[str, str, str, float, int]] = []
    for shared_id, money in spent.iterrows():
        row = chains.rows[str(shared_id)]
        ours = int(money.sum())
        full = max(int(row["full_idr"]), ours)
        if full > ours:
            facility = text_of_cell(row["facility"])
            rows.append((str(shared_id), "", facility, (full - ours) / full, full - ours))
        mine = sorted(users[str(shared_id)])
        weights = [round(1_000 * required_mbps.get(row_id, 0.0)) for row_id in mine]
        if not mine:
            continue
        for row_id, idr in zip(mine, divide_idr(ours, weights), strict=True):
            rows.append((str(shared_id), row_id, "", idr / full if full else np.nan, idr))
    return pd.DataFrame(rows, columns=list(ALLOCATION_TYPES)).astype(ALLOCATION_TYPES)


def running_of(choice: pd.DataFrame) -> pd.DataFrame:
    """What the plan sets running: ``row_id envelope service_year opex_idr``, with PPN.

    Parameters
    ----------
    choice : DataFrame
        :data:`CHOICE_TYPES`; what no ceiling pays for is left out.
    """
    paid = choice[~choice["is_unfunded"] & (choice["opex_year_idr"] > 0)]
    return pd.DataFrame(
        {
            "row_id": paid["row_id"].where(paid["row_id"] != "", paid["shared_id"]),
            "envelope": paid["envelope_opex"],
            "service_year": paid["service_year"],
            "opex_idr": paid["opex_year_idr"] + paid["ppn_opex_idr"],
        }
    ).reset_index(drop=True)
