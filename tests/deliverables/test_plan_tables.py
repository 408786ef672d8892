"""The tables of a plan, against sums made by hand."""

from __future__ import annotations

import csv
import io
import json

import pytest

from kalsel_gap.deliverables import plan_tables
from kalsel_gap.planning.sweep import BudgetCurve, BudgetPoint
from kalsel_gap.storage.spreadsheet import csv_of
from tests.deliverables.hand_made_plans import SCHOOLS, hand_made

NOBODY = SCHOOLS.head(0)


def test_totals_count_a_school_once_and_no_unfunded_one() -> None:
    assert plan_tables.plan_totals(hand_made(), SCHOOLS) == {
        "schools": 2,
        "students": 120,
        "students_unknown": 1,
        "capex_idr": 468_000_000 + 51_480_000,
        "opex_year_idr": 10_000_000 + 1_100_000,
        "unfunded": 1,
    }


def test_the_chosen_options_are_whole_rupiah_and_inert() -> None:
    table = plan_tables.chosen_options(hand_made(), SCHOOLS)
    assert table["row_id"].tolist() == ["s.csv:2", "s.csv:6", "s.csv:3", ""]
    rows = list(csv.DictReader(io.StringIO(csv_of(table))))
    assert rows[0]["npsn"] == "00000101"
    assert rows[0]["name"].startswith("'=HYPERLINK")
    assert "\x1b" not in rows[0]["name"]
    assert rows[0]["capex_idr"] == "8000000"
    assert rows[0]["ppn_capex_idr"] == "880000"
    assert rows[2]["students"] == ""
    assert rows[3]["option"] == "open:relay"
    assert rows[3]["benefit"] == ""


def test_a_plan_whose_run_is_gone_has_no_names() -> None:
    table = plan_tables.chosen_options(hand_made(), NOBODY)
    assert table["npsn"].tolist() == ["00000101", "00000105", "00000102", ""]
    assert table["name"].isna().all()
    assert plan_tables.plan_totals(hand_made(), NOBODY[["row_id"]])["students_unknown"] == 2


def test_what_is_unfunded_stands_by_who_has_no_ceiling() -> None:
    assert plan_tables.unfunded_demand(hand_made()).to_dict("records") == [
        {
            "envelope": "kemenag",
            "schools": 1,
            "capex_idr": 8_880_000,
            "opex_year_idr": 9_990_000,
        }
    ]


def test_each_school_counts_once_for_an_option_under_its_best_state() -> None:
    found = plan_tables.option_states(hand_made())
    assert [tuple(row) for row in found.to_numpy()] == [
        ("fibre", "too_far", 2),
        ("fibre", "no_location", 1),
        ("leo", "chosen", 2),
        ("leo", "feasible", 2),
        ("microwave", "no_sight", 1),
        ("microwave", "too_far", 1),
        ("microwave_relay", "chosen", 1),
        ("microwave_relay", "feasible", 1),
        ("vsat", "unpriced", 1),
    ]


def test_states_of_schools_and_of_deliveries() -> None:
    states = plan_tables.school_states(hand_made(), SCHOOLS).set_index("status")
    assert states.loc["planned"].to_dict() == {"schools": 2, "students": 120}
    assert states.index.tolist()[0] == "planned"
    (row,) = plan_tables.delivery_states(hand_made()).to_dict("records")
    assert row == {
        "option": "leo",
        "proposed": 0,
        "accepted": 0,
        "refused": 1,
        "delivered": 1,
        "active": 0,
        "used": 0,
    }
    none = hand_made(delivery=hand_made().table("delivery").head(0))
    assert plan_tables.delivery_states(none).empty


def test_an_opening_and_how_many_it_serves() -> None:
    (row,) = plan_tables.openings(hand_made()).to_dict("records")
    assert (row["kind"], row["year"], row["schools"]) == ("relay", 2028, 1)
    assert (row["capex_idr"], row["opex_year_idr"]) == (444_000_000, 1_110_000)


def test_options_of_a_school_the_chosen_one_first() -> None:
    table = plan_tables.options_of_school(hand_made(), "s.csv:2")
    assert table["option"].tolist() == ["leo", "fibre", "microwave", "microwave"]
    assert table["year"].tolist()[0] == 2027
    assert table["year"].isna().tolist() == [False, True, True, True]
    assert plan_tables.options_of_school(hand_made(), "elsewhere").empty


def test_objectives_and_what_they_spend() -> None:
    (row,) = plan_tables.compare_objectives([hand_made()], SCHOOLS).to_dict("records")
    assert row["gap_closed"] == pytest.approx(0.5 * 4 + 0.25 * 3)
    # Kemenag has no ceiling.
    assert row["total_idr"] == 8_880_000 + 9_990_000 + 511_710_000 + 9_990_000
    assert row["objective"] == "gap"


def test_the_curve_marks_its_knee() -> None:
    points = tuple(BudgetPoint(n, n, float(n), n, n, 0.0) for n in (1, 2, 3))
    table = plan_tables.curve_table(BudgetCurve(points, points[1]))
    assert table["is_knee"].tolist() == [False, True, False]


def test_all_of_it_as_json() -> None:
    written = plan_tables.plan_data(hand_made(), SCHOOLS)
    assert "\x1b" not in written
    data = json.loads(written)
    assert (data["plan"], data["run"]) == ("0123456789ab", "ba9876543210")
    assert data["choice"][0]["capex_idr"] == 8_000_000
    assert data["choice"][3]["students"] is None
    assert data["budget"][2]["ceiling_idr"] is None
    assert data["marginal"][0]["short_idr"] == 12_000_000
    assert all(
        isinstance(value, int | None)
        for rows in (data["choice"], data["budget"], data["marginal"], data["unfunded"])
        for row in rows
        for key, value in row.items()
        if key.endswith("_idr")
    )
