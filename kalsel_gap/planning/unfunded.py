"""Unfunded demand: schools of which no envelope with a ceiling pays, planned apart.

They count in no total. Each gets the option of the least equivalent annual cost that reaches an
adequate service, otherwise the one with the most benefit, in the first budget year. Capacities are
not shared out among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.planning.assemble import (
    COLUMN_NAMES,
    OPENING,
    SharedChains,
    funded_envelopes,
    opening_id,
    text_of_cell,
)
from kalsel_gap.planning.spending import MONEY, MONTHS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from kalsel_gap.planning.assemble import PlanInputs


def plan_unfunded(
    options: pd.DataFrame,
    inputs: PlanInputs,
    *,
    apart: Collection[str],
    opened: Collection[str],
    adequate: float,
) -> pd.DataFrame:
    """What the schools without a payer would get.

    Parameters
    ----------
    options : DataFrame
        As of :func:`.assemble.usable_options`.
    inputs : PlanInputs
        What the plan is made of.
    apart : collection of str
        `row_id` of the schools.
    opened : collection of str
        `shared_id` of what the plan opens already.
    adequate : float
        Adequacy from which a service is adequate.

    Returns
    -------
    DataFrame
        :data:`.assemble.COLUMN_NAMES`, one row for each school with an option and for each opening
        that they need. Payers are those that would pay; running costs are the owner's, for no
        source is stated.
    """
    chains = SharedChains(inputs.shared)
    funded = funded_envelopes(inputs.rules, inputs.years)
    payers_ = options["payer_capex"]
    is_apart = options["row_id"].isin(set(apart)) & ~payers_.isin(funded) & (payers_ != "")
    mine = options[is_apart]
    candidates: dict[str, list[dict[Any, Any]]] = {}
    for row in mine.to_dict("records"):
        shared_id = text_of_cell(row["shared_id"])
        chain = chains.chain(shared_id)
        if shared_id and (not chain or not _is_hosted(chain, chains, inputs)):
            continue
        row["cost"] = int(row["eac_idr"]) + sum(_part_of(chains.rows[each]) for each in chain)
        candidates.setdefault(row["row_id"], []).append(row)
    chosen = [_best(rows, adequate) for rows in candidates.values()]
    npsn = dict(zip(inputs.schools["row_id"], inputs.schools["npsn"], strict=True))
    made = [_school_row(row, npsn[row["row_id"]], chains, inputs) for row in chosen]
    payers: dict[str, str] = {}
    for row in chosen:
        for each in chains.chain(text_of_cell(row["shared_id"])):
            if each not in opened:
                payers[each] = min(payers.get(each, row["payer_capex"]), row["payer_capex"])
    made += [_opening_row(chains.rows[each], payers[each], inputs) for each in sorted(payers)]
    return pd.DataFrame(made, columns=list(COLUMN_NAMES))


def _best(rows: list[dict[Any, Any]], adequate: float) -> dict[Any, Any]:
    """The cheapest one that is adequate, otherwise the one of most benefit."""
    enough = [row for row in rows if row["delivered_after"] >= adequate]
    if enough:
        return min(enough, key=lambda row: (row["cost"], -row["benefit"], row["option_id"]))
    return min(rows, key=lambda row: (-row["benefit"], row["cost"], row["option_id"]))


def _part_of(shared: Mapping[Any, Any]) -> int:
    """What one of the schools within reach bears of a shared part in a year."""
    return int(shared["eac_idr"]) // max(int(shared["schools"]), 1)


def _is_hosted(chain: list[str], chains: SharedChains, inputs: PlanInputs) -> bool:
    hosts = (text_of_cell(chains.rows[each]["host_row_id"]) for each in chain)
    return all(not host or host in inputs.connected for host in hosts)


def _school_row(
    row: Mapping[Any, Any], npsn: str, chains: SharedChains, inputs: PlanInputs
) -> dict[str, object]:
    shared_id = text_of_cell(row["shared_id"])
    access = inputs.rules.access.get(row["access"], inputs.rules.access["unknown"])
    lead = max(int(row["lead_months"]) + access.wait_months, chains.lead_months(shared_id))
    return {
        **{name: row.get(name) for name in COLUMN_NAMES},
        "npsn": npsn,
        "shared_id": shared_id,
        "installations": access.installations,
        **_timed(lead, inputs),
        "envelope_capex": row["payer_capex"],
        "envelope_opex": row["payer_capex"],
    }


def _opening_row(shared: Mapping[Any, Any], payer: str, inputs: PlanInputs) -> dict[str, object]:
    kind, shared_id = shared["kind"], shared["shared_id"]
    return {
        **dict.fromkeys(COLUMN_NAMES),
        **{name: shared[name] for name in (*MONEY, "pv_idr")},
        "row_id": "",
        "npsn": "",
        "option_id": opening_id(kind, shared_id),
        "option": f"{OPENING}{kind}",
        "shared_id": shared_id,
        **_timed(int(shared["lead_months"]), inputs),
        "envelope_capex": payer,
        "envelope_opex": payer,
    }


def _timed(lead_months: int, inputs: PlanInputs) -> dict[str, object]:
    first = inputs.years[0]
    months = max(inputs.rules.horizon_years * MONTHS - lead_months, 0)
    return {
        "year": first,
        "lead_months": lead_months,
        "service_year": first + lead_months // MONTHS,
        "benefit_years": months / MONTHS,
    }
