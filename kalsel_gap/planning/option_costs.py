"""What options and shared infrastructure cost: volumes of items times the prices in force.

An item without a price makes what needs it unpriced: listed with the names of those items, and
without any amount. Rupiah are whole numbers without PPN.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap.planning.finance import amount_of, life_cycle_cost
from kalsel_gap.project.costs import ITEMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.costs import Costs

MONTHS = 12
# A terminal and a LAN use about 3 kWh a day; 1 kWp with a battery gives that in the wet season.
SOLAR_KWP = 1.0
# Amounts of a row; missing where it is unpriced.
AMOUNTS = (
    *("capex_idr", "opex_year_idr", "replacement_idr", "residual_idr", "pv_idr", "eac_idr"),
    *("capex_low_idr", "capex_high_idr"),
)
CONFIDENCES = ("low", "medium", "high")
# What an option of the code costs a school, beside what every school needs; distances apart.
SCHOOL_ITEMS: dict[str, dict[str, object]] = {
    "subscription": {"subscription_install": 1.0, "subscription_month": 1.0},
    "cpe_4g": {"cpe_kit": 1.0, "cpe_month": 1.0},
    "microwave": {"microwave_end": 2.0, "microwave_month": 1.0},
    # The hop to the relay is that of the relay, the hop from it that of the school.
    "microwave_relay": {"microwave_end": 2.0, "microwave_month": 1.0},
    "fibre": {"fibre_month": 1.0},
    "leo": {"leo_kit": 1.0, "leo_month": 1.0},
    "satria": {"satria_terminal": 1.0, "satria_month": 1.0},
    "vsat": {"vsat_terminal": 1.0, "vsat_month": 1.0},
    "bts": {"cpe_kit": 1.0, "cpe_month": 1.0},
    # A hop of its own to the hub, with both ends; the connection is that of the hub.
    "hub": {"microwave_end": 2.0, "microwave_month": 1.0},
}
SHARED_ITEMS: dict[str, dict[str, float]] = {
    "bts": {"bts_site": 1.0, "bts_month": 1.0},
    "relay": {"relay_site": 1.0, "microwave_end": 2.0, "microwave_month": 1.0},
    "trunk": {},
    "hub": {"ups": 1.0},
    # A facility whose connection is unknown brings its own, which depends on no place.
    "hub_facility": {"leo_kit": 1.0, "leo_month": 1.0, "ups": 1.0},
}


def price_rows(rows: pd.DataFrame, prices: pd.DataFrame, costs: Costs) -> pd.DataFrame:
    """Amounts of rows of volumes.

    Parameters
    ----------
    rows : DataFrame
        A column of volumes for each item of ``costs.toml``, 0 where none is needed.
    prices : DataFrame
        As `planning.costs.price_table` gives them.
    costs : Costs
        Discount rate and horizon.

    Returns
    -------
    DataFrame
        In the index of `rows`: ``is_priced``, ``unpriced_items`` (codes, separated by semicolons),
        ``items`` (JSON of volumes by item), :data:`AMOUNTS` as Int64, and ``price_confidence``, the
        least of the items.
    """
    volumes = rows[list(ITEMS)].to_numpy("float64").round(3)
    kinds, kind = np.unique(volumes, axis=0, return_inverse=True)
    by_item = {row["item"]: row for row in prices.to_dict("records")}
    found = pd.DataFrame([_priced(each, by_item, costs) for each in kinds], columns=list(_PRICED))
    found = found.astype(_PRICED).iloc[kind.ravel()]
    return found.set_axis(rows.index)


_PRICED = {
    "is_priced": "bool",
    "unpriced_items": "str",
    "items": "str",
    **dict.fromkeys(AMOUNTS, "Int64"),
    "price_confidence": "str",
}


def _priced(
    volumes: FloatArray, by_item: Mapping[str, Mapping[Any, Any]], costs: Costs
) -> dict[str, object]:
    """One kind of row."""
    needed = {
        code: int(volume) if volume.is_integer() else volume
        for code, volume in zip(ITEMS, volumes.tolist(), strict=True)
        if volume > 0.0
    }
    unpriced = [c for c in needed if c not in by_item or pd.isna(by_item[c]["price_idr"])]
    shown: dict[str, object] = {
        "is_priced": not unpriced,
        "unpriced_items": ";".join(unpriced),
        "items": json.dumps(needed, sort_keys=True, separators=(",", ":")),
        "price_confidence": min(
            (str(by_item[c]["confidence"]) for c in needed if c in by_item),
            key=confidence_rank,
            default="high",
        ),
    }
    if unpriced:
        return shown | dict.fromkeys(AMOUNTS, pd.NA)
    once: list[tuple[int, int | None]] = []
    opex = low = high = 0
    for code, volume in needed.items():
        item = by_item[code]
        if item["every"] == "month":
            opex += MONTHS * amount_of(int(item["price_idr"]), volume)
            continue
        life = item["life_years"]
        once.append(
            (amount_of(int(item["price_idr"]), volume), None if pd.isna(life) else int(life))
        )
        low += amount_of(_bound(item, "low_idr"), volume)
        high += amount_of(_bound(item, "high_idr"), volume)
    cost = life_cycle_cost(once, opex, rate=costs.discount.rate, horizon_years=costs.horizon_years)
    amounts = {name: getattr(cost, name) for name in AMOUNTS[:6]}
    return shown | amounts | {"capex_low_idr": low, "capex_high_idr": high}


def _bound(item: Mapping[Any, Any], name: str) -> int:
    """End of the range of a price, or the price itself."""
    return int(item["price_idr"] if pd.isna(item[name]) else item[name])


def confidence_rank(confidence: str) -> int:
    """Place of a confidence from the least to the highest; an unknown one is the least."""
    return CONFIDENCES.index(confidence) if confidence in CONFIDENCES else 0


def per_unit_idr(amount_idr: pd.Series[int], units: FloatArray) -> pd.Series[int]:
    """Rupiah per pupil or Mbps, whole; missing where either is unknown or there is no unit."""
    amount = amount_idr.astype("Float64").to_numpy("float64", na_value=np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(units > 0.0, np.floor(amount / units + 0.5), np.nan)
    return pd.Series(ratio, amount_idr.index).astype("Int64")
