"""Proposals for base stations: whom they serve, and what is near, checked by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from pyproj import Geod

from kalsel_gap.deliverables.bts_proposals import propose_bts
from kalsel_gap.deliverables.budget_columns import BTS
from tests.hand_made_plan import SITE, SITE_YEAR, hand_made_plan, hand_made_run, with_tables


def test_a_proposal_names_whom_it_serves() -> None:
    table = propose_bts(hand_made_run(), hand_made_plan())
    assert list(table.columns) == [column.name for column in BTS]
    (row,) = table.to_dict("records")
    assert (row["schools"], row["students"], row["students_unknown"]) == (2, 100, 0)
    assert row["npsn_served"] == "00000005; 00000006"
    assert row["names_served"] == "SEKOLAH 5; SEKOLAH 6"
    assert row["kecamatan"] == "Hampang; Sungai Durian"
    assert row["kabupaten"] == "Kab. Kotabaru"
    assert row["terrain_class"] == "pegunungan"
    assert row["access"] == "boat"
    assert (row["lat"], row["lon"]) == (-2.92, 115.92)
    assert (row["budget_year"], row["service_year"]) == (2028, 2029)
    assert (row["capex_idr"], row["opex_year_idr"]) == (SITE, SITE_YEAR)
    assert row["price_source"] == "source of bts_month; source of bts_site"


def test_population_that_nobody_states_is_missing() -> None:
    unknown = propose_bts(hand_made_run(), hand_made_plan())
    assert unknown["population"].isna().all()
    assert set(unknown["population_status"]) == {"unknown"}
    shared = hand_made_plan().table("shared").assign(population=1234)
    table = propose_bts(hand_made_run(), with_tables(hand_made_plan(), shared=shared))
    assert table["population"].tolist() == [1234]
    assert table["population_status"].tolist() == ["known"]


def test_each_mast_is_near_once_and_names_are_one_line() -> None:
    (row,) = propose_bts(hand_made_run(), hand_made_plan()).to_dict("records")
    near = row["nearest_sites"].split("; ")
    assert [each.split(" ")[0] for each in near] == ["T2", "T1", "=T3"]
    metres = Geod(ellps="WGS84").inv(115.92, -2.92, 115.9, -2.8)[2]
    assert row["nearest_km"] == pytest.approx(metres / 1000, abs=0.05)


def test_a_plan_without_a_base_station_has_no_proposal() -> None:
    choice = hand_made_plan().table("choice").query("option != 'open:bts'")
    table = propose_bts(hand_made_run(), with_tables(hand_made_plan(), choice=choice))
    assert table.empty
    assert list(table.columns) == [column.name for column in BTS]


def test_those_that_serve_most_pupils_come_first() -> None:
    plan = hand_made_plan()
    choice, shared = plan.table("choice"), plan.table("shared")
    second = choice.query("option == 'open:bts'").assign(shared_id="bts:0")
    far = shared.assign(shared_id="bts:0", lat=None)
    both = with_tables(plan, choice=pd.concat([second, choice]), shared=pd.concat([far, shared]))
    table = propose_bts(hand_made_run(), both)
    assert table["shared_id"].tolist() == ["bts:1", "bts:0"]
    assert table["nearest_km"].isna().tolist() == [False, True]
