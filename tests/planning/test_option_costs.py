"""Costs of options by hand: lives, ranges, and prices that are missing."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kalsel_gap.planning.option_costs import (
    SCHOOL_ITEMS,
    SHARED_ITEMS,
    per_unit_idr,
    price_rows,
)
from kalsel_gap.project.costs import ITEMS, OPTIONS, Costs

COSTS = Costs.shipped()


def prices_of(**changed: int | None) -> pd.DataFrame:
    rows = [
        {
            "item": code,
            "price_idr": item.price,
            "low_idr": item.low,
            "high_idr": item.high,
            "every": item.every,
            "life_years": item.life_years,
            "confidence": item.confidence,
        }
        for code, item in COSTS.items.items()
    ]
    table = pd.DataFrame(rows).set_index("item")
    for code, price in changed.items():
        table.loc[code, "price_idr"] = price
    types = dict.fromkeys(("price_idr", "low_idr", "high_idr", "life_years"), "Int64")
    return table.reset_index().astype(types)


def volumes(*rows: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(ITEMS)).fillna(0.0)


def test_items_are_those_of_the_prices() -> None:
    assert set(SCHOOL_ITEMS) == set(OPTIONS)
    used = {item for of in (SCHOOL_ITEMS, SHARED_ITEMS) for items in of.values() for item in items}
    assert used <= set(ITEMS)


def test_a_satellite_terminal_by_hand() -> None:
    row = volumes({"leo_kit": 1, "leo_month": 1, "lan": 1, "ups": 1})
    found = price_rows(row, prices_of(), COSTS).iloc[0]
    assert found["capex_idr"] == 8_050_000 + 10_000_000 + 3_500_000
    assert found["opex_year_idr"] == 36_000_000
    assert found["replacement_idr"] == 8_050_000  # a kit lasts four of five years
    # A kit of one year, and LAN and UPS of five of their eight years.
    assert found["residual_idr"] == 6_037_500 + 3_750_000 + 1_312_500
    factors = 1.08 ** -np.arange(6.0)
    pv = 21_550_000 + 36_000_000 * factors[1:].sum() + 8_050_000 * factors[4]
    assert found["pv_idr"] == pytest.approx(pv - 11_100_000 * factors[5], abs=1.0)
    assert found["eac_idr"] == pytest.approx(found["pv_idr"] / factors[1:].sum(), abs=1.0)
    assert (found["capex_low_idr"], found["capex_high_idr"]) == (11_600_000, 28_300_000)
    assert json.loads(found["items"]) == {"lan": 1, "leo_kit": 1, "leo_month": 1, "ups": 1}
    assert found["price_confidence"] == "low"
    assert found["is_priced"]


def test_a_length_is_priced_exactly() -> None:
    found = price_rows(volumes({"fibre_aerial_km": 2.3501}), prices_of(), COSTS).iloc[0]
    assert found["capex_idr"] == 105_750_000  # 2.350 km
    assert json.loads(found["items"]) == {"fibre_aerial_km": 2.35}


def test_a_missing_price_is_never_guessed() -> None:
    rows = volumes({"microwave_end": 2, "mast_m": 17}, {"relay_site": 1, "mast_m": 3}, {"lan": 1})
    found = price_rows(rows, prices_of(), COSTS)
    assert found["unpriced_items"].tolist() == ["mast_m", "mast_m;relay_site", ""]
    assert found["is_priced"].tolist() == [False, False, True]
    assert found["pv_idr"].isna().tolist() == [True, True, False]
    priced = price_rows(rows, prices_of(mast_m=1_000_000, relay_site=5), COSTS)
    assert priced["capex_idr"].tolist() == [55_000_000 + 17_000_000, 3_000_005, 10_000_000]


def test_amounts_are_whole_and_belong_to_their_row() -> None:
    rows = volumes({"lan": 1}, {"ups": 1}, {"lan": 1}).set_axis([7, 3, 5])
    found = price_rows(rows, prices_of(), COSTS)
    assert found.index.tolist() == [7, 3, 5]
    assert found["capex_idr"].tolist() == [10_000_000, 3_500_000, 10_000_000]
    assert {str(found[name].dtype) for name in found.columns if name.endswith("_idr")} == {"Int64"}
    each = per_unit_idr(found["capex_idr"], np.array([3.0, 0.0, np.nan]))
    assert each.tolist()[0] == 3_333_333
    assert each.isna().tolist() == [False, True, True]
