"""What an option or an opening spends in which year, exact to the rupiah, PPN apart.

What is bought is paid in the year in which it is ordered; as a multi-year contract (tahun jamak) it
is split over the years of its lead time, month by month. A year of running costs is paid whole in
every budget year from the first year of service on.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.planning.finance import amount_of, ppn_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from fractions import Fraction

    from kalsel_gap.project.plan import PlanRules

MONTHS = 12
MONEY = ("capex_idr", "ppn_capex_idr", "opex_year_idr", "ppn_opex_idr")


def divide_idr(total: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of an amount, as near to the weights as possible, that sum up to it.

    Largest remainders, the first of equal ones before the others (Hamilton's method).

    Examples
    --------
    >>> divide_idr(100, [12, 6]), divide_idr(7, [1, 1, 1])
    ([67, 33], [3, 2, 2])
    """
    whole = sum(weights)
    if not whole:
        return [total, *(0 for _ in weights[1:])]
    parts = [total * weight // whole for weight in weights]
    lost = [total * weight % whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda n: (-lost[n], n))
    for n in order[: total - sum(parts)]:
        parts[n] += 1
    return parts


def contract_months(lead_months: int, *, is_multi_year: bool) -> list[int]:
    """Months of a contract in each of its budget years, from that of the order on.

    Examples
    --------
    >>> contract_months(18, is_multi_year=True), contract_months(18, is_multi_year=False)
    ([12, 6], [18])
    """
    if not is_multi_year or lead_months <= MONTHS:
        return [lead_months]
    full, rest = divmod(lead_months, MONTHS)
    return [MONTHS] * full + ([rest] if rest else [])


def add_ppn(rows: pd.DataFrame, prices: pd.DataFrame, share: Fraction) -> pd.DataFrame:
    """Amounts without PPN, and the PPN on them, of rows of options or shared infrastructure.

    Parameters
    ----------
    rows : DataFrame
        ``capex_idr opex_year_idr items`` (JSON of volumes by item), and of shared infrastructure
        ``facility_share``: what facilities bear is not the plan's.
    prices : DataFrame
        As of :func:`.planning.costs.price_table`.
    share : Fraction
        PPN as a share of the price without it.

    Returns
    -------
    DataFrame
        :data:`MONEY` in the index of `rows`, Int64; missing where a row is unpriced.
    """
    by_item = {str(row["item"]): row for row in prices.to_dict("records")}
    free = {text: _untaxed(text, by_item) for text in rows["items"].unique()}
    borne = rows["facility_share"] if "facility_share" in rows else [0.0] * len(rows)
    found: list[tuple[object, ...]] = []
    for capex, opex, text, part in zip(
        rows["capex_idr"], rows["opex_year_idr"], rows["items"], borne, strict=True
    ):
        if pd.isna(capex) or pd.isna(opex):
            found.append((pd.NA,) * len(MONEY))
            continue
        values: list[int] = []
        for amount, untaxed in zip((int(capex), int(opex)), free[text], strict=True):
            ours, ours_free = (each - int(each * _part(part)) for each in (amount, untaxed))
            values += (ours, ppn_of(max(ours - ours_free, 0), share))
        found.append(tuple(values))
    return pd.DataFrame(found, columns=list(MONEY), index=rows.index).astype("Int64")


def _part(share: object) -> float:
    return 0.0 if pd.isna(share) else float(share)  # type: ignore[arg-type,call-overload]


def _untaxed(text: str, by_item: Mapping[str, Mapping[Hashable, Any]]) -> tuple[int, int]:
    """What no PPN is on: bought once, and paid in a year."""
    once = yearly = 0
    for code, volume in json.loads(text or "{}").items():
        item = by_item.get(code)
        if item is None or item["taxable"] or pd.isna(item["price_idr"]):
            continue
        amount = amount_of(int(item["price_idr"]), volume)
        if item["every"] == "month":
            yearly += MONTHS * amount
        else:
            once += amount
    return once, yearly


def contract_parts(
    capex: int, ppn: int, lead_months: int, *, is_multi_year: bool
) -> list[tuple[int, int]]:
    """What is paid of a contract, and the PPN on it, in each of its years.

    Examples
    --------
    >>> contract_parts(1000, 110, 18, is_multi_year=True)
    [(667, 73), (333, 37)]
    """
    months = contract_months(lead_months, is_multi_year=is_multi_year)
    return list(zip(divide_idr(capex, months), divide_idr(ppn, months), strict=True))


def spending_cells(
    money: Sequence[int],
    payers: tuple[str, str],
    year: int,
    lead_months: int,
    rules: PlanRules,
    years: Sequence[int],
) -> dict[tuple[str, int], int]:
    """Rupiah with PPN by envelope and year, what is bought first.

    Parameters
    ----------
    money : sequence of int
        :data:`MONEY`.
    payers : (str, str)
        Of what is bought, and of running costs.
    year : int
        Of the order.
    lead_months : int
        Until service.
    rules : PlanRules
        Whether contracts are split over years.
    years : sequence of int
        Budget years, in which running costs are paid.
    """
    capex, ppn_capex, opex, ppn_opex = money
    cells: dict[tuple[str, int], int] = {}
    parts = contract_parts(capex, ppn_capex, lead_months, is_multi_year=rules.multi_year)
    for number, part in enumerate(parts):
        if sum(part):
            cells[payers[0], year + number] = sum(part)
    if opex + ppn_opex:
        for each in years:
            if each >= year + lead_months // MONTHS:
                cell = payers[1], each
                cells[cell] = cells.get(cell, 0) + opex + ppn_opex
    return cells
