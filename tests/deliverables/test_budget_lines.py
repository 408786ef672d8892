"""Lines of a budget against sums worked out by hand, and against the plan to the rupiah."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.deliverables.budget_columns import BUDGET, TOTALS
from kalsel_gap.deliverables.budget_lines import (
    divide_amount,
    make_budget_lines,
    refuse_unequal,
    total_rows,
    totals,
)
from kalsel_gap.errors import InputError
from tests.hand_made_plan import (
    FIBRE,
    LEO,
    LEO_PPN,
    MONTHS,
    MONTHS_PPN,
    SITE,
    SITE_YEAR,
    budget_of,
    hand_made_plan,
    hand_made_run,
    with_tables,
)

MONEY = ("ppn_idr", "capex_idr", "opex_year_idr", "total_idr")


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return make_budget_lines(hand_made_run(), hand_made_plan())


def of_school(lines: pd.DataFrame, row: int) -> pd.DataFrame:
    return lines[lines["row_id"] == f"schools.csv:{row}"]


def test_the_items_of_an_option_are_lines_with_their_prices(lines: pd.DataFrame) -> None:
    bought = of_school(lines, 2).query("spending == 'capex'").set_index("item")
    assert bought["capex_idr"].to_dict() == {"leo_kit": 8_000_001, "ups": 3_500_000}
    assert bought["volume"].tolist() == [1.0, 1.0]
    assert bought["unit_price_idr"].to_dict() == {"leo_kit": 8_000_001, "ups": 3_500_000}
    # 1,265,000 in the ratio of the prices: 880,000.04… and 384,999.96…
    assert bought["ppn_idr"].to_dict() == {"leo_kit": 880_000, "ups": 385_000}


def test_opex_is_a_line_of_each_year_from_the_service_on(lines: pd.DataFrame) -> None:
    again = of_school(lines, 3).query("spending == 'opex'")
    assert again["budget_year"].tolist() == [2028, 2029]
    assert again["volume"].tolist() == [12.0, 12.0]
    assert set(again["opex_year_idr"]) == {MONTHS}
    assert set(again["ppn_idr"]) == {MONTHS_PPN}
    assert set(again["envelope"]) == {"bos"}
    assert set(again["account"]) == {"5.1.02.02.01.0099"}  # of the office, before that of the item


def test_a_contract_of_two_years_is_divided_by_volume(lines: pd.DataFrame) -> None:
    fibre = of_school(lines, 4).query("item == 'fibre_aerial_km'")
    assert fibre["budget_year"].tolist() == [2027, 2028]
    assert fibre["volume"].tolist() == [1.175, 1.175]
    assert fibre["capex_idr"].tolist() == [52_875_000, 52_875_000]  # half of 2.35 × 45,000,000
    assert set(fibre["is_multi_year"]) == {"yes"}
    lan = of_school(lines, 4).query("item == 'lan'")
    assert lan["ppn_idr"].sum() == 0  # it is not taxable
    assert of_school(lines, 4)["capex_idr"].sum() == FIBRE


def test_cost_over_the_horizon_stands_once(lines: pd.DataFrame) -> None:
    mine = of_school(lines, 2)
    assert mine["tco_idr"].notna().sum() == 1
    assert mine["tco_idr"].sum() == LEO + 5 * MONTHS + 1_000
    assert of_school(lines, 4)["pv_per_student_idr"].sum() == 150_000


def test_shared_infrastructure_is_a_line_of_its_own(lines: pd.DataFrame) -> None:
    opened = lines[lines["option"] == "open:bts"]
    assert opened["name"].unique().tolist() == ["=BTS 1"]
    assert opened["capex_idr"].sum() == SITE
    assert opened["opex_year_idr"].tolist() == [0, SITE_YEAR]
    assert opened["is_central"].all()
    assert set(opened["skpd"]) == {"central"}


def test_facilities_bear_a_part_of_the_volume() -> None:
    plan = hand_made_plan()
    shared = plan.table("shared").assign(facility="F1", facility_share=0.25)
    is_opening = plan.table("choice")["option"] == "open:bts"
    choice = plan.table("choice").assign(
        capex_idr=lambda c: c["capex_idr"].mask(is_opening, SITE * 3 // 4),
        envelope_capex=lambda c: c["envelope_capex"].mask(is_opening, "apbd_province"),
        envelope_opex=lambda c: c["envelope_opex"].mask(is_opening, "apbd_province"),
    )
    budget = budget_of(choice.to_dict("records"))  # type: ignore[arg-type]
    made = with_tables(plan, shared=shared, choice=choice, budget=budget)
    bought = make_budget_lines(hand_made_run(), made).query("item == 'bts_site'").iloc[0]
    assert bought["volume"] == 0.75
    assert bought["capex_idr"] == 1_605_000_000
    assert bought["shared_with"] == "=BTS 1; 25 %"
    assert bought["skpd"] == "Dinas Pendidikan Provinsi"  # of its envelope


def test_facts_of_a_line(lines: pd.DataFrame) -> None:
    first = of_school(lines, 4).iloc[0]
    assert first["option_alternative"] == "leo"
    assert first["data_date"] == "2026-07-31"
    assert first["ref_ssh"] == "SSH-1"
    assert first["central_programme"] == "none_known"
    assert of_school(lines, 5)["is_unfunded"].unique().tolist() == ["yes"]
    assert of_school(lines, 2)["option_alternative"].isna().all()


def test_columns_are_those_that_are_declared_in_their_order(lines: pd.DataFrame) -> None:
    names = [column.name for column in BUDGET]
    assert list(lines.columns[: len(names)]) == names
    # METHODS.md §4, by our names.
    wanted = (
        *("rank", "rank_p05", "rank_p95", "p_top_k", "npsn", "name", "level", "ownership"),
        *("authority", "skpd", "kabupaten_code", "kabupaten", "kecamatan", "students", "deficit"),
        *("option", "option_alternative", "volume", "unit", "unit_price_idr", "ref_ssh"),
        *("ppn_idr", "capex_idr", "opex_year_idr", "tco_idr", "pv_per_student_idr"),
        *("subkegiatan", "account", "envelope", "budget_year", "is_multi_year"),
        *("central_programme", "shared_with", "completeness", "data_date"),
    )
    assert [name for name in names if name in wanted] == list(wanted)


def test_money_is_whole_rupiah(lines: pd.DataFrame) -> None:
    for table in (lines, total_rows(lines, hand_made_plan())):
        money = [name for name in table.columns if str(name).endswith("_idr")]
        assert money
        assert all(str(table[name].dtype) == "Int64" for name in money)


def test_the_lines_sum_up_to_the_budget_to_the_rupiah(lines: pd.DataFrame) -> None:
    plan = hand_made_plan()
    summed = totals(lines).set_index(["year", "envelope"])
    stated = plan.table("budget").set_index(["year", "envelope"])
    assert set(summed.index) == set(stated.index)
    for name in ("capex_idr", "opex_idr", "ppn_idr", "total_idr"):
        assert summed[name].to_dict() == stated[name].to_dict()
    # By hand: one school from 2027 on and one bought in 2028, whose opex BOS pays.
    assert summed["total_idr"].to_dict()[2028, "apbd_63_01"] == LEO + LEO_PPN + MONTHS + MONTHS_PPN
    assert (lines["capex_idr"] + lines["opex_year_idr"] + lines["ppn_idr"]).equals(
        lines["total_idr"]
    )


def test_totals_have_the_ceilings_and_what_is_left(lines: pd.DataFrame) -> None:
    table = total_rows(lines, hand_made_plan())
    assert list(table.columns) == [column.name for column in TOTALS]
    row = table[(table["year"] == 2027) & (table["envelope"] == "apbd_63_01")].iloc[0]
    assert row["ceiling_idr"] - row["total_idr"] == row["left_idr"]
    assert table[table["envelope"] == "hibah_63_01"]["ceiling_idr"].isna().all()


def test_unfunded_lines_need_no_row_of_the_budget(lines: pd.DataFrame) -> None:
    budget = hand_made_plan().table("budget").query("envelope != 'hibah_63_01'")
    plan = with_tables(hand_made_plan(), budget=budget)
    refuse_unequal(lines, plan)
    assert set(total_rows(lines, plan)["envelope"]) >= {"hibah_63_01"}


def test_a_plan_that_contradicts_itself_is_refused() -> None:
    budget = hand_made_plan().table("budget")
    budget["capex_idr"] += [1, *(0 for _ in budget.index[1:])]
    with pytest.raises(InputError) as found:
        make_budget_lines(hand_made_run(), with_tables(hand_made_plan(), budget=budget))
    assert found.value.code == "plan_unequal"
    assert found.value.params["expected"] - found.value.params["value"] == 1  # type: ignore[operator]


@given(
    st.integers(0, 10**13),
    st.lists(st.fractions(min_value=0, max_value=10**10, max_denominator=1000), min_size=1),
)
def test_an_amount_is_divided_without_a_remainder(total: int, weights: list[Fraction]) -> None:
    parts = divide_amount(total, weights)
    assert sum(parts) == total
    assert min(parts) >= 0
    whole = sum(weights, Fraction(0))
    if whole:
        assert all(
            abs(part - total * weight / whole) < 1
            for part, weight in zip(parts, weights, strict=True)
        )


def test_hostile_names_do_not_change_the_lines() -> None:
    names = hand_made_run("=1+1", "</script>", "${x}")
    table, plain = (make_budget_lines(run, hand_made_plan()) for run in (names, hand_made_run()))
    pd.testing.assert_frame_equal(table[list(MONEY)], plain[list(MONEY)])
