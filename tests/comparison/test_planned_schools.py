"""Money of a choice, last states of deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import pytest

from kalsel_gap.comparison.planned_schools import follow_schools, near_new_site, planned_money
from kalsel_gap.comparison.school_matches import match_schools
from tests.comparison.plans import deliveries, small_plan, small_run

if TYPE_CHECKING:
    from kalsel_gap.storage.plan_folder import Plan


def described(rows: tuple[tuple[Any, ...], ...]) -> pd.DataFrame:
    """The small plan's schools with other deliveries."""
    before = small_run("aaaaaaaaaaaa", after=False, date=None).schools
    after = small_run("bbbbbbbbbbbb", after=True, date=None).schools
    plan = cast("Plan", small_plan())
    pairs = match_schools(before, after)
    return follow_schools(plan, before, after, pairs, deliveries(rows), 2027).set_index("npsn")


def test_capex_of_several_years_adds_up_and_opex_stands_once() -> None:
    choice = small_plan().table("choice")
    money = planned_money(choice[choice["row_id"] == ""], "shared_id")
    assert list(money.loc["B1"]) == [2027, 2 * 1_110_000_000, 333_000_000]
    unknown = choice.assign(opex_year_idr=pd.array([None] * len(choice), dtype="Int64"))
    money = planned_money(unknown[unknown["row_id"] == ""], "shared_id")
    assert money.loc["B1", "opex_year_idr"] == 33_000_000


@pytest.mark.parametrize("turned", [False, True])
def test_the_last_state_counts_and_what_was_paid_adds_up(turned: bool) -> None:
    rows = (
        ("00000001", "leo", "active", "2027-05-01", 1_000),
        ("00000001", "leo", "delivered", "2027-05-01", None),  # the same day: the further state
        ("00000001", "leo", "accepted", "2027-02-01", 2_000),
        ("00000003", "leo", "refused", "2027-08-01", None),
        ("00000003", "leo", "delivered", "", None),  # without a day it is the oldest
        ("00000004", "leo", "lost", "2027-08-01", 5),  # no state of ours
        ("", "leo", "active", "2027-08-01", 5),
    )
    found = described(rows[::-1] if turned else rows)
    assert list(found.loc["00000001", ["state", "actual_idr"]]) == ["active", 3_000]
    assert found.loc["00000003", "state"] == "refused"
    assert found["actual_idr"].isna().loc["00000003"]  # unknown, not 0
    assert list(found.loc["00000004", ["state", "group"]]) == ["", "later"]


def test_without_a_new_site_no_school_is_near_one() -> None:
    found = described((("00000001", "leo", "active", "2027-05-01", None),))
    none = found[found["option"].fillna("") != "bts"]
    assert not near_new_site(none).any()
    assert near_new_site(found).sum() == 2
