"""What the states of deliveries mean for a plan: what is not offered again, what counts as served.

A refused option is not offered to its school again; another one may be. What was delivered is *in
progress*, what is active or used is *served*: the school gets nothing else by the plan. A proposal,
and one that was accepted, change nothing: no money was spent yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.sources.delivery import DELIVERY_STATES, deliveries_without_school

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from kalsel_gap.findings import Finding

IN_PROGRESS = ("delivered",)
SERVED = ("active", "used")
_COLUMNS = ("row_id", "npsn", "option", "state", "date", "cost_idr")


class DeliveryEffects(NamedTuple):
    """What deliveries change in a plan.

    Attributes
    ----------
    table : DataFrame
        ``row_id npsn option state date cost_idr``: the last state of each school and option.
    refused : set of (str, str)
        `row_id` and option.
    in_progress, served : set of str
        `row_id`.
    """

    table: pd.DataFrame
    refused: Collection[tuple[str, str]]
    in_progress: Collection[str]
    served: Collection[str]


def match_deliveries(
    deliveries: pd.DataFrame, schools: pd.DataFrame
) -> tuple[DeliveryEffects, list[Finding]]:
    """Deliveries at the rows of a run.

    Parameters
    ----------
    deliveries : DataFrame
        As of :func:`.sources.delivery.read_delivery`.
    schools : DataFrame
        ``row_id``, ``npsn``, ``is_duplicate``; of several rows of one NPSN the one that is no
        duplicate counts.

    Returns
    -------
    effects : DeliveryEffects
        The last state of a school and option counts: the latest date, of equal ones or without a
        date the state that comes later, a refusal before a delivery.
    findings : list of Finding
        `delivery_without_school`.
    """
    single = schools[~schools["is_duplicate"].astype("bool") & (schools["npsn"] != "")]
    place = dict(zip(single["npsn"], single["row_id"], strict=True))
    row_ids = deliveries["npsn"].map(lambda npsn: place.get(npsn, "")).astype("str")
    findings = deliveries_without_school(deliveries, place)
    order = {state: number for number, state in enumerate(DELIVERY_STATES)}
    known = deliveries.assign(row_id=row_ids, order=deliveries["state"].map(order))
    known = known[known["row_id"] != ""].sort_values(
        ["row_id", "option", "date", "order"], kind="stable"
    )
    last = known.groupby(["row_id", "option"], sort=True, as_index=False).last()
    # What was paid is all of it, whatever the state it was reported with.
    paid = known.groupby(["row_id", "option"], sort=True)["cost_idr"].sum(min_count=1)
    last = last.assign(cost_idr=paid.to_numpy() if len(last) else last["cost_idr"])
    table = last.reindex(columns=list(_COLUMNS)).astype(
        {name: "Int64" if name == "cost_idr" else "str" for name in _COLUMNS}
    )
    refused = table[table["state"] == "refused"]
    served = set(table.loc[table["state"].isin(SERVED), "row_id"])
    in_progress = set(table.loc[table["state"].isin(IN_PROGRESS), "row_id"]) - served
    pairs = set(zip(refused["row_id"], refused["option"], strict=True))
    return DeliveryEffects(table, pairs, in_progress, served), findings


def count_states(table: pd.DataFrame) -> dict[str, int]:
    """Schools by the state that has come farthest, in the order of the states.

    A school that refused one option and uses another one uses it.

    Parameters
    ----------
    table : DataFrame
        Of :class:`DeliveryEffects`.
    """
    order = {state: number for number, state in enumerate(DELIVERY_STATES)}
    farthest = table["state"].map(order).groupby(table["row_id"]).max()
    counts = farthest.value_counts()
    return {state: int(counts.get(number, 0)) for state, number in order.items()}
