"""A small plan evaluated by hand: states, money, gaps, effects, placebo."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from kalsel_gap.comparison.plan_evaluation import (
    BUILT,
    EFFECTS,
    SCHOOLS,
    evaluate_plan,
)
from kalsel_gap.errors import InputError
from tests.comparison.plans import deliveries, small_plan, small_run

if TYPE_CHECKING:
    from kalsel_gap.comparison.plan_evaluation import PlanEvaluation


def evaluated(**changes: Any) -> PlanEvaluation:
    """The small plan by the later run, with its deliveries."""
    given: dict[str, Any] = {
        "plan": small_plan(),
        "before": small_run("aaaaaaaaaaaa", after=False, date="2026-07-01"),
        "after": small_run("bbbbbbbbbbbb", after=True, date="2027-09-30"),
        "delivery": deliveries(),
    } | changes
    return evaluate_plan(given.pop("plan"), given.pop("before"), given.pop("after"), **given)


def effect(found: PlanEvaluation, *names: str) -> dict[str, Any]:
    """The row of a comparison, an outcome, evidence and a method."""
    keys = dict(zip(EFFECTS, names, strict=False))
    table = found.effects
    for key, value in keys.items():
        table = table[table[key] == value]
    (row,) = table.to_dict("records")
    return {str(key): value for key, value in row.items()}


def test_what_became_of_each_school() -> None:
    found = evaluated()
    assert list(found.schools.columns) == list(SCHOOLS)
    assert found.year == 2027
    assert found.compared == "delivered"
    by_npsn = found.schools.set_index("npsn")
    assert by_npsn.index.is_unique  # the duplicate row does not count
    assert by_npsn["group"].tolist() == [
        *("delivered", "delivered", "chosen", "later", "waiting", "waiting", "left_out", "earlier")
    ]
    assert by_npsn.loc["00000001", "state"] == "active"
    assert by_npsn.loc["00000001", "state_date"] == "2027-05-01"
    assert by_npsn["is_chosen"].sum() == 4  # unfunded demand is not chosen
    assert by_npsn.loc["00000002", "promised"] == 0.5
    assert found.strangers == ("99999999",)
    assert by_npsn["matched_by"].eq("npsn").all()


def test_what_was_built_by_option() -> None:
    built = evaluated().built.set_index("option")
    assert tuple(built.reset_index().columns) == BUILT
    assert list(built.loc["leo", ["due", "active", "refused", "not_reported"]]) == [2, 1, 1, 0]
    assert built.loc["leo", "tested"] == 1
    assert list(built.loc["leo", ["planned_idr", "actual_idr"]]) == [8_880_000, 8_500_000]
    assert list(built.loc["bts", ["due", "delivered", "tested", "with_actual"]]) == [1, 1, 1, 0]


def test_what_it_cost_by_hand() -> None:
    money = evaluated().spending
    # Opening: capex of two years' rows, its opex of 2027 once, and the trunk that it needs.
    shared = 2 * 1_110_000_000 + 333_000_000 + 55_500_000
    spent = (8_500_000 + 9_990_000) + (0 + 1_110_000) + shared
    assert money.shared_idr == shared
    assert money.spent_idr == spent
    assert (money.schools, money.with_actual) == (2, 1)
    assert (money.planned_idr, money.actual_idr) == (8_880_000, 8_500_000)
    assert (money.closed, money.per_gap_idr) == (1, spent)
    assert (money.adequate, money.per_adequate_idr) == (1, spent)
    assert money.fall == pytest.approx(0.8 + 0.3)
    assert money.per_fall_idr == math.floor(spent / 1.1 + 0.5)
    assert (money.students, money.per_student_idr) == (160, math.floor(spent / 160 + 0.5))
    assert money.unknown_students == 0


def test_what_was_caused_is_not_stated_without_like_schools() -> None:
    """Waiting schools of another deficit only: nobody is like the two that were served."""
    before = small_run("aaaaaaaaaaaa", after=False, date="2026-07-01")
    before.schools.loc[2:5, "deficit"] = [0.2, 0.3, 0.4, 0.5]
    found = evaluated(before=before)
    assert effect(found, "delivered", "deficit", "all", "matched")["unmatched"] == 2
    assert math.isnan(found.spending.caused)
    assert found.spending.per_caused_idr is None


def test_a_school_found_adequate_counts_apart_from_a_gap_closed() -> None:
    before = small_run("aaaaaaaaaaaa", after=False, date="2026-07-01")
    before.schools.loc[0, "delivered_status"] = "inferred"
    money = evaluated(before=before).spending
    assert (money.closed, money.adequate) == (0, 1)
    assert money.per_gap_idr is None
    assert money.per_adequate_idr == money.spent_idr


def test_gaps_by_what_became_of_the_school() -> None:
    gaps = evaluated().gaps.set_index("group")
    assert list(gaps.index) == ["delivered", "chosen", "later", "waiting", "earlier"]
    assert list(gaps.loc["delivered", ["schools", "closed", "improved"]]) == [2, 1, 1]
    assert gaps.loc["earlier", "closed"] == 1
    assert gaps.loc["chosen", "closed":].sum() == 0


def test_effects_by_hand() -> None:
    found = evaluated()
    row = effect(found, "delivered", "deficit", "all", "plain")
    assert (row["served"], row["not_served"], row["clusters"]) == (2, 4, 2)
    assert row["change_served"] == pytest.approx(-0.55)
    assert row["change_not_served"] == pytest.approx(-0.05)
    assert row["effect"] == pytest.approx(-0.5)
    service = effect(found, "delivered", "delivered", "all", "plain")
    assert service["effect"] == pytest.approx(0.6 - 0.05)
    known = effect(found, "delivered", "deficit", "known", "plain")
    assert (known["served"], known["not_served"]) == (2, 2)
    assert known["effect"] == pytest.approx(-0.55)
    # Whoever was chosen and due, the one that refused too, beside later and waiting ones.
    chosen = effect(found, "chosen", "deficit", "all", "plain")
    assert (chosen["served"], chosen["not_served"]) == (3, 3)
    assert chosen["effect"] == pytest.approx(-1.1 / 3 + 0.2 / 3)


def test_matched_by_the_tenth_before() -> None:
    """.7 is alone, .8 and .9 are two tenths: −.8 beside (0 − .1)/2, −.3 beside −.1."""
    row = effect(evaluated(), "delivered", "deficit", "all", "matched")
    assert row["change_expected"] == pytest.approx((-0.05 - 0.1) / 2)
    assert row["effect"] == pytest.approx(-0.55 + 0.075)
    money = evaluated().spending
    assert money.caused == pytest.approx(2 * 0.475)
    assert money.per_caused_idr == math.floor(money.spent_idr / money.caused + 0.5)


def test_schools_near_a_new_site_are_left_out_of_a_comparison() -> None:
    """School 2 has a new 4G site; 4 and 5 are within 5 km, 6 has no place."""
    found = evaluated()
    assert found.near_new_site == 2
    row = effect(found, "delivered", "deficit", "all", "apart")
    assert row["not_served"] == 2
    assert row["change_not_served"] == pytest.approx(-0.05)


def test_without_deliveries_the_chosen_ones_count_as_served() -> None:
    found = evaluated(delivery=deliveries(()))
    assert found.compared == "chosen"
    assert set(found.effects["compared"]) == {"chosen"}
    assert found.spending.schools == 3
    # What the plan had recorded itself is the default.
    assert evaluated(delivery=None).compared == "chosen"


def test_a_run_without_dates_takes_every_chosen_school_as_due() -> None:
    found = evaluated(after=small_run("bbbbbbbbbbbb", after=True, date=None))
    assert found.year is None
    assert (found.schools["group"] == "later").sum() == 0
    assert found.built["due"].sum() == 4
    assert found.spending.spent_idr == 8_500_000 + 2 * 1_110_000_000 + 55_500_000  # no opex


def test_the_placebo_finds_nothing_where_all_changed_alike() -> None:
    earlier = small_run("cccccccccccc", after=False, date="2025-07-01", shift=-0.05)
    found = evaluated(earlier=[earlier])
    of_deficit = found.placebo[found.placebo["outcome"] == "deficit"]
    assert set(of_deficit["run"]) == {"cccccccccccc"}
    assert of_deficit["effect"].to_numpy() == pytest.approx(0.0, abs=1e-12)
    assert of_deficit["change_served"].to_numpy() == pytest.approx(0.05)
    assert evaluated().placebo.empty


def test_by_its_own_run_nothing_has_changed() -> None:
    same = small_run("aaaaaaaaaaaa", after=False, date="2026-07-01")
    found = evaluated(after=same)
    assert found.is_same_run
    assert found.effects["effect"].dropna().abs().max() == 0.0
    assert found.spending.per_fall_idr is None
    assert found.spending.per_gap_idr is None


def test_a_school_is_found_by_its_npsn_wherever_its_row_is() -> None:
    after = small_run("bbbbbbbbbbbb", after=True, date="2027-09-30")
    turned = after.schools.iloc[::-1].reset_index(drop=True)
    turned["row_id"] = [f"other.csv:{n}" for n in range(len(turned))]
    moved: Any = type(after)(after.folder, turned, after.findings, after.manifest)
    found, usual = evaluated(after=moved), evaluated()
    pd.testing.assert_frame_equal(found.schools, usual.schools)
    pd.testing.assert_frame_equal(found.effects, usual.effects)


def test_runs_of_other_projects_and_other_versions_are_refused() -> None:
    after = small_run("bbbbbbbbbbbb", after=True, date=None)
    strangers = after.schools.assign(npsn=[f"5000000{n}" for n in range(len(after.schools))])
    other: Any = type(after)(after.folder, strangers, after.findings, after.manifest)
    with pytest.raises(InputError) as caught:
        evaluated(after=other)
    assert caught.value.code == "runs_unrelated"
    older: Any = type(after)(
        after.folder, after.schools.drop(columns="delivered"), after.findings, after.manifest
    )
    with pytest.raises(InputError) as caught:
        evaluated(after=older)
    assert caught.value.code == "run_other_version"
