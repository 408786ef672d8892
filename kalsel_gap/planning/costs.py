"""The prices in force: the project's own table, its project file, then what is shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.sources.unit_prices import read_unit_prices

if TYPE_CHECKING:
    from kalsel_gap.findings import Finding
    from kalsel_gap.project.costs import PriceItem
    from kalsel_gap.project.model import Opened

_DTYPES = {
    "item": "str",
    "unit": "str",
    "price_idr": "Int64",
    "low_idr": "Int64",
    "high_idr": "Int64",
    "every": "str",
    "life_years": "Int64",
    "taxable": "bool",
    "spending": "str",
    "account": "str",
    "ref_ssh": "str",
    "source": "str",
    "date": "str",
    "confidence": "str",
    "origin": "str",
}
PRICE_COLUMNS = tuple(_DTYPES)


def price_table(opened: Opened) -> pd.DataFrame:
    """The prices in force; see :func:`read_prices`."""
    return read_prices(opened)[0]


def read_prices(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """Every item with the price in force and where it comes from.

    A price of the project's table comes before one of the project file, which comes before the
    shipped one. What is unpriced stays missing. A range belongs to the price that it was stated
    with: beside a price of the project the shipped range does not count, and without a range of its
    own both ends are the price. A price of the project file that names no source of its own has
    none here, and its confidence is low; one of the project's table has a high one.

    Parameters
    ----------
    opened : Opened
        The project.

    Returns
    -------
    prices : DataFrame
        :data:`PRICE_COLUMNS`, one row for each item in the order of ``costs.toml``: rupiah of one
        unit without PPN (Int64, missing where unpriced), life in years (Int64, missing where it
        never ends), ``origin`` ``shipped``, ``project`` or ``ssh``.
    findings : list of Finding
        About the project's table.

    Raises
    ------
    InputError, SeveralErrors
        The project's table cannot be used; see `sources.unit_prices`.
    """
    own, findings = read_unit_prices(opened)
    by_item = {row["item"]: row for row in own.to_dict("records")}
    rows = [
        _row(str(code), item, opened, by_item.get(code))
        for code, item in opened.project.costs.items.items()
    ]
    frame = pd.DataFrame(rows, columns=list(PRICE_COLUMNS))
    return frame.astype(_DTYPES), findings


def _row(
    code: str, item: PriceItem, opened: Opened, own: dict[Any, Any] | None
) -> dict[str, object]:
    """One item with its price in force."""
    common = {
        "item": code,
        "unit": item.unit,
        "every": item.every,
        "life_years": pd.NA if item.life_years is None else item.life_years,
        "taxable": item.taxable,
        "spending": item.spending,
        "account": item.account,
    }
    if own is not None:
        prices = dict.fromkeys(("price_idr", "low_idr", "high_idr"), own["price_idr"])
        of_table = {"ref_ssh": own["ref_ssh"], "source": own["file"], "date": own["date"]}
        return {**common, **prices, **of_table, "confidence": "high", "origin": "ssh"}
    of_project = _is_of_project(opened, code, "price")

    def stated(name: str) -> bool:
        """Whether a value was stated with the price in force."""
        return _is_of_project(opened, code, name) == of_project

    low, high = (
        bound if bound is not None and stated(name) else item.price
        for name, bound in (("low", item.low), ("high", item.high))
    )
    if item.price is not None and low is not None and high is not None:
        low, high = min(low, item.price), max(high, item.price)
    return {
        **common,
        "price_idr": item.price,
        "low_idr": low if item.price is not None else None,
        "high_idr": high if item.price is not None else None,
        "ref_ssh": "",
        "source": item.source if stated("source") else "",
        "date": item.date if stated("date") else "",
        "confidence": item.confidence if stated("confidence") else "low",
        "origin": "project" if of_project else "shipped",
    }


def _is_of_project(opened: Opened, code: str, name: str) -> bool:
    """Whether the project file or an option states a value of an item."""
    return opened.origins.get(f"costs.items.{code}.{name}") in ("project", "option")
