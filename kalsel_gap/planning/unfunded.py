"""Unfunded demand: schools of which no envelope with a ceiling pays, planned apart.

They count in no total. Each gets the option of the least equivalent annual cost that reaches an
adequate service, otherwise the one with the most benefit, in the first budget year, or in that in
which the plan opens what it shares. What the plan leaves of a shared capacity or of a 4G cell is
shared out among them in the order of ties.
"""

from __future__ import annotations

import math
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
from kalsel_gap.planning.plan_limits import KBPS, SHARED_MEDIA, cell_room, shared_room
from kalsel_gap.planning.spending import MONEY, MONTHS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from kalsel_gap.planning.assemble import PlanInputs


def plan_unfunded(
    options: pd.DataFrame,
    inputs: PlanInputs,
    *,
    apart: Collection[str],
    picked: pd.DataFrame,
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
    picked : DataFrame
        :data:`.assemble.COLUMN_NAMES`, what the plan has chosen and opened.
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
    openings = picked[picked["row_id"] == ""]
    opened = dict(zip(openings["shared_id"], openings["year"].astype(int), strict=True))
    room = shared_room(inputs.shared, picked)
    funded = funded_envelopes(inputs.rules, inputs.years)
    payers_ = options["payer_capex"]
    is_apart = options["row_id"].isin(set(apart)) & ~payers_.isin(funded) & (payers_ != "")
    mine = options[is_apart]
    cells = cell_room(picked, mine)
    candidates: dict[str, list[dict[Any, Any]]] = {}
    for row in mine.to_dict("records"):
        shared_id = text_of_cell(row["shared_id"])
        chain = chains.chain(shared_id)
        if shared_id and (not chain or not _is_hosted(chain, chains, inputs)):
            continue
        row["cost"] = int(row["eac_idr"]) + sum(_part_of(chains.rows[each]) for each in chain)
        candidates.setdefault(row["row_id"], []).append(row)
    chosen = []
    for rows in candidates.values():
        fitting = [
            row
            for row in rows
            if _kbps(row) <= min(room.get(_shared_of(row), math.inf), _left(row, cells))
        ]
        if fitting:
            best = _best(fitting, adequate)
            chosen.append(best)
            if _shared_of(best) in room:
                room[_shared_of(best)] -= _kbps(best)
            if math.isfinite(_left(best, cells)):
                cells[text_of_cell(best["partner"])] -= _kbps(best)
    npsn = dict(zip(inputs.schools["row_id"], inputs.schools["npsn"], strict=True))
    made = [_school_row(row, npsn[row["row_id"]], chains, inputs, opened) for row in chosen]
    payers: dict[str, str] = {}
    for row in chosen:
        for each in chains.chain(text_of_cell(row["shared_id"])):
            if each not in opened:
                payers[each] = min(payers.get(each, row["payer_capex"]), row["payer_capex"])
    made += [_opening_row(each, payers[each], chains, inputs, opened) for each in sorted(payers)]
    return pd.DataFrame(made, columns=list(COLUMN_NAMES))


def _shared_of(row: Mapping[Any, Any]) -> str:
    return text_of_cell(row["shared_id"])


def _left(row: Mapping[Any, Any], cells: Mapping[str, int]) -> float:
    """What is left of the cell that an option uses; without a limit where it uses none."""
    if row["option"] not in SHARED_MEDIA or pd.isna(row["capacity_mbps"]):
        return math.inf
    return cells.get(text_of_cell(row["partner"]), math.inf)


def _kbps(row: Mapping[Any, Any]) -> int:
    return math.ceil(float(row["required_mbps"]) * KBPS)


def _first_year(
    shared_id: str, chains: SharedChains, inputs: PlanInputs, opened: Mapping[str, int]
) -> int:
    """The first budget year, or that in which the last part which the plan opens is opened."""
    years = (opened.get(each, inputs.years[0]) for each in chains.chain(shared_id))
    return max(years, default=inputs.years[0])


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
    row: Mapping[Any, Any],
    npsn: str,
    chains: SharedChains,
    inputs: PlanInputs,
    opened: Mapping[str, int],
) -> dict[str, object]:
    shared_id = text_of_cell(row["shared_id"])
    access = inputs.rules.access.get(row["access"], inputs.rules.access["unknown"])
    lead = max(int(row["lead_months"]) + access.wait_months, chains.lead_months(shared_id))
    return {
        **{name: row.get(name) for name in COLUMN_NAMES},
        "npsn": npsn,
        "shared_id": shared_id,
        "installations": access.installations,
        **_timed(lead, inputs, _first_year(shared_id, chains, inputs, opened)),
        "envelope_capex": row["payer_capex"],
        "envelope_opex": row["payer_capex"],
    }


def _opening_row(
    shared_id: str,
    payer: str,
    chains: SharedChains,
    inputs: PlanInputs,
    opened: Mapping[str, int],
) -> dict[str, object]:
    shared = chains.rows[shared_id]
    kind = shared["kind"]
    return {
        **dict.fromkeys(COLUMN_NAMES),
        **{name: shared[name] for name in (*MONEY, "pv_idr")},
        "row_id": "",
        "npsn": "",
        "option_id": opening_id(kind, shared_id),
        "option": f"{OPENING}{kind}",
        "shared_id": shared_id,
        **_timed(
            int(shared["lead_months"]), inputs, _first_year(shared_id, chains, inputs, opened)
        ),
        "envelope_capex": payer,
        "envelope_opex": payer,
    }


def _timed(lead_months: int, inputs: PlanInputs, year: int) -> dict[str, object]:
    left = (inputs.rules.horizon_years - (year - inputs.years[0])) * MONTHS
    months = max(left - lead_months, 0)
    return {
        "year": year,
        "lead_months": lead_months,
        "service_year": year + lead_months // MONTHS,
        "benefit_years": months / MONTHS,
    }
