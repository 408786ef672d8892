"""Present value, yearly cost, replacements, residual value and PPN; rupiah are whole numbers.

Every amount is rounded once, at its end, to the nearest whole rupiah, and half a rupiah up.
Payments of a year fall at its end, what is bought first at the beginning of the first year.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kalsel_gap.geo.arrays import FloatArray

_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class LifeCycleCost:
    """What something costs over the horizon, whole rupiah without PPN.

    Attributes
    ----------
    capex_idr : int
        Bought first.
    opex_year_idr : int
        Paid each year.
    replacement_idr : int
        Sum of what is bought again, not discounted.
    residual_idr : int
        What it is worth after the horizon, not discounted.
    pv_idr : int
        Present value.
    eac_idr : int
        Equivalent annual cost.
    """

    capex_idr: int
    opex_year_idr: int
    replacement_idr: int
    residual_idr: int
    pv_idr: int
    eac_idr: int


def rounded_idr(amount: float | Fraction) -> int:
    """The nearest whole rupiah; half a rupiah is rounded up.

    Examples
    --------
    >>> [rounded_idr(amount) for amount in (1.49, 1.5, 2.5, Fraction(5, 2))]
    [1, 2, 3, 3]
    """
    return math.floor(amount + (_HALF if isinstance(amount, Fraction) else 0.5))


def amount_of(price_idr: int, volume: float) -> int:
    """Price times volume, exactly and then rounded: 0.1 km is a tenth of a kilometre.

    Examples
    --------
    >>> amount_of(45_000_000, 2.35), amount_of(5, 0.1)
    (105750000, 1)
    """
    return rounded_idr(price_idr * Fraction(str(volume)))


def discount_factors(rate: float, years: int) -> FloatArray:
    """Factors 1/(1 + rate)^t of the years t = 0 … `years`, shape (years + 1,).

    By repeated division, so that they have the same digits on every machine.
    """
    factors = np.ones(years + 1)
    for year in range(1, years + 1):
        factors[year] = factors[year - 1] / (1.0 + rate)
    return factors


def annuity_factor(rate: float, years: int) -> float:
    """Present value of one rupiah at the end of each year, (1 - (1 + rate)^-n)/rate.

    Examples
    --------
    >>> round(annuity_factor(0.08, 5), 3), annuity_factor(0.0, 5)
    (3.993, 5.0)
    """
    return math.fsum(discount_factors(rate, years)[1:])


def replacement_years(life_years: int | None, horizon_years: int) -> tuple[int, ...]:
    """Years in which something is bought again: at the end of each life, none in the last year.

    Examples
    --------
    >>> replacement_years(2, 5), replacement_years(5, 5), replacement_years(None, 5)
    ((2, 4), (), ())
    """
    return () if life_years is None else tuple(range(life_years, horizon_years, life_years))


def residual_idr(price_idr: int, life_years: int | None, horizon_years: int) -> int:
    """What the last one bought is worth after the horizon: straight line over its life, rupiah.

    What has no life, such as an installation, is worth nothing.

    Examples
    --------
    >>> residual_idr(8_000_000, 4, 5), residual_idr(8_000_000, 5, 5), residual_idr(3, 2, 5)
    (6000000, 0, 2)
    """
    if life_years is None:
        return 0
    last = (replacement_years(life_years, horizon_years) or (0,))[-1]
    left = life_years - (horizon_years - last)
    return rounded_idr(Fraction(price_idr * left, life_years))


def present_value(
    capex_idr: int,
    opex_year_idr: int,
    *,
    rate: float,
    horizon_years: int,
    replacements: Mapping[int, int] | None = None,
    residual: int = 0,
) -> int:
    """Present value of what is paid over the horizon, whole rupiah.

    PV = C₀ + Σ O/(1+r)^t + Σ R_t/(1+r)^t - S/(1+r)^n, with t = 1 … n.

    Parameters
    ----------
    capex_idr, opex_year_idr : int
        Paid first, and at the end of each year.
    rate : float
        Discount rate of a year.
    horizon_years : int
        n, at least 1.
    replacements : mapping, optional
        Year to what is bought again in it.
    residual : int
        S, what is left after the horizon.

    Examples
    --------
    >>> present_value(8_000_000, 9_000_000, rate=0.08, horizon_years=5)
    43934390
    """
    factors = discount_factors(rate, horizon_years)
    bought = [paid * factors[year] for year, paid in (replacements or {}).items()]
    yearly = [opex_year_idr * factor for factor in factors[1:]]
    return rounded_idr(math.fsum([capex_idr, *yearly, *bought, -residual * factors[-1]]))


def equivalent_annual_cost(pv_idr: int, *, rate: float, horizon_years: int) -> int:
    """The same amount at the end of each year that has this present value, whole rupiah.

    Examples
    --------
    >>> equivalent_annual_cost(43_934_390, rate=0.08, horizon_years=5)
    11003652
    """
    return rounded_idr(pv_idr / annuity_factor(rate, horizon_years))


def life_cycle_cost(
    once: Iterable[tuple[int, int | None]],
    opex_year_idr: int,
    *,
    rate: float,
    horizon_years: int,
) -> LifeCycleCost:
    """What parts with lives of their own cost over the horizon.

    Parameters
    ----------
    once : iterable of (int, int or None)
        Rupiah paid once, and the years after which the same is paid again; None for never.
    opex_year_idr : int
        Rupiah paid each year.
    rate : float
        Discount rate of a year.
    horizon_years : int
        At least 1.

    Examples
    --------
    >>> found = life_cycle_cost([(8_000_000, 4)], 9_000_000, rate=0.08, horizon_years=5)
    >>> found.replacement_idr, found.residual_idr, found.pv_idr
    (8000000, 6000000, 45731130)
    """
    parts = list(once)
    replacements: dict[int, int] = {}
    for price, life_years in parts:
        for year in replacement_years(life_years, horizon_years):
            replacements[year] = replacements.get(year, 0) + price
    capex = sum(price for price, _ in parts)
    left = sum(residual_idr(price, life_years, horizon_years) for price, life_years in parts)
    pv = present_value(
        capex,
        opex_year_idr,
        rate=rate,
        horizon_years=horizon_years,
        replacements=replacements,
        residual=left,
    )
    yearly = equivalent_annual_cost(pv, rate=rate, horizon_years=horizon_years)
    return LifeCycleCost(capex, opex_year_idr, sum(replacements.values()), left, pv, yearly)


def ppn_of(amount_idr: int, share: Fraction) -> int:
    """PPN of an amount, whole rupiah, half a rupiah up.

    Of a sum it is taken once, not line by line, where the sum is what is invoiced.

    Parameters
    ----------
    amount_idr : int
        Rupiah without PPN.
    share : Fraction
        PPN as a share of it; see `ValueAddedTax.share` of `project.costs`.

    Examples
    --------
    >>> ppn_of(8_050_000, Fraction(11, 100)), ppn_of(50, Fraction(11, 100))
    (885500, 6)
    """
    return rounded_idr(amount_idr * share)


def ppn_of_each(amounts_idr: pd.Series[int], share: Fraction) -> pd.Series[int]:
    """PPN of each amount as :func:`ppn_of` has it: Int64, missing where the amount is."""
    found = [
        pd.NA if lacks else ppn_of(int(each), share)
        for each, lacks in zip(amounts_idr, amounts_idr.isna(), strict=True)
    ]
    return pd.Series(found, index=amounts_idr.index, dtype="Int64", name=amounts_idr.name)
