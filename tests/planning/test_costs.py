"""Which price is in force, and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from kalsel_gap.planning.costs import PRICE_COLUMNS, price_table, read_prices
from kalsel_gap.project.costs import ITEMS

if TYPE_CHECKING:
    from tests.conftest import MakeProject

SSH = "item,price,reference_code,date\nleo_kit,7900000,1.3.2,2026-11-21\nmast_m,850000,,\n"


def row(prices: pd.DataFrame, item: str) -> dict[str, object]:
    (found,) = prices[prices["item"] == item].to_dict("records")
    return {str(key): value for key, value in found.items()}


def test_the_shipped_table(project: MakeProject) -> None:
    prices = price_table(project())
    assert prices["item"].tolist() == list(ITEMS)
    assert tuple(prices.columns) == PRICE_COLUMNS
    assert set(prices["origin"]) == {"shipped"}
    unpriced = prices[prices["price_idr"].isna()]
    assert unpriced["item"].tolist() == ["mast_m", "relay_site"]
    assert unpriced[["low_idr", "high_idr"]].isna().to_numpy().all()
    priced = prices.dropna(subset="price_idr")
    assert (priced["low_idr"] <= priced["price_idr"]).all()
    assert (priced["price_idr"] <= priced["high_idr"]).all()
    assert (prices["source"] != "").all()
    assert (prices["date"] != "").all()
    assert (
        prices["life_years"]
        .isna()
        .equals((prices["every"] == "month") | (prices["item"] == "subscription_install"))
    )
    for name in ("price_idr", "low_idr", "high_idr", "life_years"):
        assert prices[name].dtype == "Int64"


def test_the_own_table_comes_first(project: MakeProject) -> None:
    sections = {"costs": {"ssh": "ssh.csv", "items": {"leo_kit": {"price": 1}}}}
    prices, findings = read_prices(project(sections, files={"ssh.csv": SSH}))
    kit = row(prices, "leo_kit")
    assert (kit["price_idr"], kit["low_idr"], kit["high_idr"]) == (7_900_000,) * 3
    assert (kit["origin"], kit["confidence"], kit["ref_ssh"]) == ("ssh", "high", "1.3.2")
    assert (kit["source"], kit["date"], kit["life_years"]) == ("ssh.csv", "2026-11-21", 4)
    mast = row(prices, "mast_m")  # no shipped price, a price of their own
    assert (mast["price_idr"], mast["origin"], mast["date"]) == (850_000, "ssh", "")
    assert row(prices, "leo_month")["origin"] == "shipped"
    assert [each for each in findings if each.severity != "note"] == []


@pytest.mark.parametrize("options", [(), ("costs.items.lan.price=7000000",)])
def test_a_price_of_the_project_leaves_the_shipped_range_and_source(
    project: MakeProject, options: tuple[str, ...]
) -> None:
    sections = {} if options else {"costs": {"items": {"lan": {"price": 7_000_000}}}}
    lan = row(price_table(project(sections, options=options)), "lan")
    assert (lan["price_idr"], lan["low_idr"], lan["high_idr"]) == (7_000_000,) * 3
    assert (lan["origin"], lan["source"], lan["date"]) == ("project", "", "")
    assert lan["confidence"] == "low"
    assert lan["unit"] == "unit"


def test_a_price_of_the_project_with_all_that_belongs_to_it(project: MakeProject) -> None:
    given = {"price": 7_000_000, "low": 6_000_000, "source": "SK 12", "confidence": "high"}
    lan = row(price_table(project({"costs": {"items": {"lan": given}}})), "lan")
    assert (lan["low_idr"], lan["high_idr"]) == (6_000_000, 7_000_000)
    assert (lan["source"], lan["date"], lan["confidence"]) == ("SK 12", "", "high")


def test_a_range_of_the_project_alone_is_not_that_of_the_shipped_price(
    project: MakeProject,
) -> None:
    lan = row(price_table(project({"costs": {"items": {"lan": {"high": 90_000_000}}}})), "lan")
    assert (lan["price_idr"], lan["low_idr"], lan["high_idr"]) == (
        10_000_000,
        5_000_000,
        10_000_000,
    )
    assert lan["origin"] == "shipped"


def test_a_missing_price_stays_missing_whatever_its_range(project: MakeProject) -> None:
    given = {"costs": {"items": {"mast_m": {"low": 1, "high": 2}}}}
    mast = row(price_table(project(given)), "mast_m")
    assert all(pd.isna(mast[name]) for name in ("price_idr", "low_idr", "high_idr"))  # type: ignore[call-overload]
