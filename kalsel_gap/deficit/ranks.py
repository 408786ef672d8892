"""The order of the schools: by deficit or priority; equal ones share a rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from typing import Literal

# Beyond this many decimals two scores are one: the last bits differ between machines.
DECIMALS = 12


def rank_schools(schools: pd.DataFrame, *, by: Literal["deficit", "priority"]) -> pd.Series[int]:
    """Ranks 1, 2, 2, 4, … by `by`, ties by the other of deficit and priority.

    Schools of which both are equal share a rank: no list is decided by a number of a school.

    Parameters
    ----------
    schools : DataFrame
        With ``deficit`` and ``priority``.
    by : {'deficit', 'priority'}

    Returns
    -------
    Series of nullable int
        Missing for schools without a deficit.

    Examples
    --------
    >>> table = pd.DataFrame({"deficit": [0.5, 0.7, 0.5, 0.4], "priority": [0.3, 0.3, 0.3, 0.2]})
    >>> rank_schools(table, by="deficit").tolist()
    [2, 1, 2, 4]
    """
    other = "priority" if by == "deficit" else "deficit"
    order = schools[[by, other]].round(DECIMALS)
    order = order[schools["deficit"].notna()].sort_values([by, other], ascending=False)
    place = pd.Series(range(1, len(order) + 1), index=order.index, dtype="Int64")
    is_first = ~order.duplicated()
    return place.where(is_first).ffill().reindex(schools.index)
