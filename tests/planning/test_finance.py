"""Present value, yearly cost, replacements, residual value and PPN, worked out by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.planning.finance import (
    amount_of,
    annuity_factor,
    discount_factors,
    equivalent_annual_cost,
    life_cycle_cost,
    ppn_of,
    ppn_of_each,
    present_value,
    replacement_years,
    residual_idr,
    rounded_idr,
)

RATES = st.floats(0.0, 0.5)
YEARS = st.integers(1, 30)
AMOUNTS = st.integers(0, 10**12)
LIVES = st.none() | st.integers(1, 40)
PARTS = st.lists(st.tuples(AMOUNTS, LIVES), max_size=4)


def exact_present_value(
    once: list[tuple[int, int | None]], opex: int, rate: Fraction, years: int
) -> Fraction:
    """The formula of the method in fractions, year by year, each part by itself."""
    total = sum((Fraction(opex) / (1 + rate) ** t for t in range(1, years + 1)), Fraction(0))
    for price, life in once:
        total += price
        age = 0
        for year in range(1, years + 1):
            age += 1
            if life is not None and age == life and year < years:
                total += Fraction(price) / (1 + rate) ** year
                age = 0
        if life is not None:
            left = math.floor(Fraction(price * (life - age), life) + Fraction(1, 2))
            total -= Fraction(left) / (1 + rate) ** years
    return total


@pytest.mark.parametrize(
    ("rate", "factor"),
    # (1 - 1.08^-5)/0.08 = (1 - 0.680583)/0.08, and so on
    [(0.05, 4.329477), (0.08, 3.992710), (0.12, 3.604776), (0.0, 5.0)],
)
def test_annuity_factor_of_five_years(rate: float, factor: float) -> None:
    assert annuity_factor(rate, 5) == pytest.approx(factor, abs=5e-7)


def test_factors_of_each_year() -> None:
    assert discount_factors(0.25, 3).tolist() == [1.0, 0.8, 0.64, 0.512]


@pytest.mark.parametrize(
    ("life", "horizon", "years"),
    [
        (4, 5, (4,)),
        (5, 5, ()),  # none in the last year
        (2, 6, (2, 4)),
        (1, 4, (1, 2, 3)),
        (20, 5, ()),
        (None, 5, ()),
    ],
)
def test_what_is_bought_again(life: int | None, horizon: int, years: tuple[int, ...]) -> None:
    assert replacement_years(life, horizon) == years


@pytest.mark.parametrize(
    ("price", "life", "horizon", "left"),
    [
        (8_000_000, 4, 5, 6_000_000),  # the second one is a year old: three of four years
        (8_000_000, 5, 5, 0),
        (2_140_000_000, 20, 5, 1_605_000_000),  # 15 of 20 years
        (10, 3, 4, 7),  # 6.67
        (3, 2, 1, 2),  # 1.5: half a rupiah up
        (1_250_000, None, 5, 0),
    ],
)
def test_what_is_left_after_the_horizon(
    price: int, life: int | None, horizon: int, left: int
) -> None:
    assert residual_idr(price, life, horizon) == left


@pytest.mark.parametrize(
    ("rate", "pv", "eac"),
    [
        # A kit of 8 m that lasts 4 years, 9 m a year, over 5 years: 8 m + 9 m × factor of 5 years
        # + 8 m/(1 + r)^4 - 6 m/(1 + r)^5.
        (0.05, 48_845_753, 11_282_138),
        (0.08, 45_731_130, 11_453_657),
        (0.12, 42_122_569, 11_685_211),
    ],
)
def test_a_satellite_kit_by_hand(rate: float, pv: int, eac: int) -> None:
    found = life_cycle_cost([(8_000_000, 4)], 9_000_000, rate=rate, horizon_years=5)
    assert (found.capex_idr, found.opex_year_idr) == (8_000_000, 9_000_000)
    assert (found.replacement_idr, found.residual_idr) == (8_000_000, 6_000_000)
    assert (found.pv_idr, found.eac_idr) == (pv, eac)


def test_without_discounting_everything_is_a_sum() -> None:
    # 100 + 60 + three replacements of 60 in the years 2, 4 and 6, none in the year 8 that ends it;
    # the pole of 100 has 12 of 20 years left.
    found = life_cycle_cost([(100, 20), (60, 2)], 10, rate=0.0, horizon_years=8)
    assert (found.replacement_idr, found.residual_idr) == (180, 60)
    assert found.pv_idr == 160 + 8 * 10 + 180 - 60
    assert found.eac_idr == 45


def test_nothing_costs_nothing() -> None:
    found = life_cycle_cost([], 0, rate=0.08, horizon_years=5)
    assert (found.pv_idr, found.eac_idr, found.residual_idr) == (0, 0, 0)


@given(once=PARTS, opex=AMOUNTS, percent=st.integers(0, 40), years=YEARS)
def test_present_value_is_the_formula(
    once: list[tuple[int, int | None]], opex: int, percent: int, years: int
) -> None:
    found = life_cycle_cost(once, opex, rate=percent / 100, horizon_years=years)
    exact = exact_present_value(once, opex, Fraction(percent, 100), years)
    assert abs(found.pv_idr - exact) <= Fraction(1, 2) + exact / 10**12


@given(once=PARTS, opex=AMOUNTS, rate=RATES, years=YEARS)
def test_bounds_of_a_cost(
    once: list[tuple[int, int | None]], opex: int, rate: float, years: int
) -> None:
    found = life_cycle_cost(once, opex, rate=rate, horizon_years=years)
    assert 0 <= found.residual_idr <= found.capex_idr
    paid = found.capex_idr + years * opex + found.replacement_idr
    assert found.pv_idr <= paid
    assert found.eac_idr >= 0
    # Paid every year, the yearly cost has the same present value, to half a rupiah a year.
    again = present_value(0, found.eac_idr, rate=rate, horizon_years=years)
    assert abs(again - found.pv_idr) <= 1 + 0.5 * years
    assert all(isinstance(getattr(found, name), int) for name in found.__slots__)


@given(amount=AMOUNTS, rate=RATES, years=YEARS)
def test_a_higher_rate_makes_later_payments_count_less(
    amount: int, rate: float, years: int
) -> None:
    low, high = (present_value(0, amount, rate=r, horizon_years=years) for r in (rate, rate + 0.1))
    assert high <= low
    assert equivalent_annual_cost(low, rate=rate, horizon_years=years) == pytest.approx(
        amount, abs=1
    )


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [(0.0, 0), (0.49, 0), (0.5, 1), (1.5, 2), (2.5, 3), (Fraction(7, 2), 4), (Fraction(10, 3), 3)],
)
def test_half_a_rupiah_goes_up(amount: float | Fraction, rounded: int) -> None:
    assert rounded_idr(amount) == rounded


@pytest.mark.parametrize(
    ("price", "volume", "amount"),
    [(45_000_000, 1.1, 49_500_000), (47_500_000, 0.3, 14_250_000), (3, 0.5, 2), (7, 0, 0)],
)
def test_price_times_volume(price: int, volume: float, amount: int) -> None:
    assert amount_of(price, volume) == amount


@pytest.mark.parametrize(
    ("amount", "share", "ppn"),
    [
        (100, Fraction(11, 100), 11),
        (8_050_000, Fraction(11, 100), 885_500),
        (50, Fraction(11, 100), 6),  # 5.5
        (49, Fraction(11, 100), 5),  # 5.39
        (10**15, Fraction(11, 100), 11 * 10**13),
        (1, Fraction(0), 0),
    ],
)
def test_ppn(amount: int, share: Fraction, ppn: int) -> None:
    assert ppn_of(amount, share) == ppn


def test_ppn_of_what_is_unpriced_is_missing() -> None:
    amounts = pd.Series([100, pd.NA, 50], index=[3, 4, 9], dtype="Int64", name="capex_idr")
    found = ppn_of_each(amounts, Fraction(11, 100))
    assert found.dtype == "Int64"
    assert found.isna().tolist() == [False, True, False]
    assert found.dropna().tolist() == [11, 6]
    assert found.index.tolist() == [3, 4, 9]
