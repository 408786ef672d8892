"""Rows of candidates: what every builder of options fills in, before anything is judged or priced.

A row is one option of one school by one partner. Volumes of items stand in columns named by the
item; parameters of reasons in columns named by the parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.project.costs import ITEMS

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import IntArray

TEXTS = (
    *("option", "partner", "partner_kind", "shared_id", "reason", "needs_operator"),
    "assumptions",
)
NUMBERS = (
    *("distance_km", "down_mbps", "up_mbps", "latency_ms", "capacity_mbps"),
    *("longest_km", "needed_m", "tallest_m", "level_dbm", "least_dbm", "sharing"),
    *("clearance_ratio", "clearance_ratio_worst"),
)
# Columns of a reason's parameters, by its code; the sentences have the same placeholders.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "already_adequate": ("served_before",),
    "below_level": ("level_dbm", "least_dbm"),
    "cell_full": ("sharing", "capacity_mbps"),
    "less_than_now": ("delivered_after", "served_before"),
    "no_hub": ("longest_km",),
    "no_relay": ("longest_km",),
    "no_sight": ("distance_km", "tallest_m"),
    "too_far": ("distance_km", "longest_km"),
    "too_tall": ("distance_km", "needed_m", "tallest_m"),
}


def rows_of_option(
    schools: pd.DataFrame,
    at: IntArray,
    option: str,
    *,
    values: dict[str, object],
    volumes: dict[str, object] | None = None,
) -> pd.DataFrame:
    """Rows of one option with a column for everything, empty where nothing is given.

    Parameters
    ----------
    schools : DataFrame
        Any table of schools; only its length matters.
    at : int array of shape (n,)
        Position of the school of each row.
    option : str
        Code of the option.
    values : dict
        Columns of :data:`TEXTS` and :data:`NUMBERS`, and ``needs_consent``: arrays of shape (n,)
        or single values.
    volumes : dict, optional
        Volume by item, likewise.
    """
    n = len(at)
    assert n == 0 or int(np.max(at)) < len(schools)
    columns: dict[str, object] = {"at": np.asarray(at, dtype=np.int64)}
    columns |= dict.fromkeys(TEXTS, "") | dict.fromkeys(NUMBERS, np.nan)
    columns |= {"needs_consent": False, "option": option} | values
    columns |= dict.fromkeys(ITEMS, 0.0) | (volumes or {})
    frame = pd.DataFrame(columns, index=range(n))
    types = dict.fromkeys(TEXTS, "str") | dict.fromkeys((*NUMBERS, *ITEMS), "float64")
    return frame.astype({**types, "needs_consent": "bool"})
