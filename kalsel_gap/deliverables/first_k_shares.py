"""Who the first k schools are: their share in each group against that of all schools."""

from __future__ import annotations

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deliverables.tables import claimed_kabupaten, counted_schools

# Columns by which schools are grouped, and the order of their values; by name where there is none.
GROUPS: dict[str, tuple[str, ...]] = {
    "kabupaten": (),
    "level": schema.LEVELS,
    "ownership": schema.OWNERSHIPS,
    "terrain_class": schema.TERRAIN_CLASSES,
}
SHARES = ("group", "value", "first", "all", "first_share", "all_share", "ratio")


def among_first(ranks: pd.Series[int], k: int) -> pd.Series[bool]:
    """Which schools are among the first k: all that share the rank of place k are.

    Examples
    --------
    >>> among_first(pd.Series([1, 2, 2, 4, None]), 2).tolist()
    [True, True, True, False, False]
    """
    placed = ranks.dropna().sort_values(ignore_index=True)
    if placed.empty or k < 1:
        return pd.Series(data=False, index=ranks.index)
    return (ranks <= placed[min(k, len(placed)) - 1]).fillna(value=False).astype(bool)


def shares_of_first_k(schools: pd.DataFrame, k: int) -> pd.DataFrame:
    """Counts and shares of the first k schools and of all, by each of :data:`GROUPS`.

    Parameters
    ----------
    schools : DataFrame
        Of a run. Only :func:`.tables.counted_schools` count; those without a rank count among
        all, for no list can hold them.
    k : int
        How many schools come first.

    Returns
    -------
    DataFrame
        :data:`SHARES`: shares from 0 to 1; `ratio` is that of the first k divided by that of all,
        above 1 where a group has more of the first k than of all schools. The value is empty where
        it is unknown; that row comes last.
    """
    counted = counted_schools(schools)
    is_first = among_first(counted["rank"], k)
    tables = []
    for group, order in GROUPS.items():
        named = claimed_kabupaten(counted) if group == "kabupaten" else counted[group].fillna("")
        table = pd.DataFrame({"first": named[is_first].value_counts(), "all": named.value_counts()})
        table = table.fillna(0).astype("int64").rename_axis("value").reset_index()
        places = {value: place for place, value in enumerate(order)}
        table = table.assign(
            is_unknown=table["value"] == "", place=table["value"].map(places).fillna(len(places))
        )
        tables.append(table.sort_values(["is_unknown", "place", "value"]).assign(group=group))
    shares = pd.concat(tables, ignore_index=True)
    shares["first_share"] = shares["first"] / is_first.sum()
    shares["all_share"] = shares["all"] / len(counted)
    shares["ratio"] = shares["first_share"] / shares["all_share"]
    return shares[list(SHARES)]
