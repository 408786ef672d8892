"""Every option of every school: complete, in a fixed order, priced or not, and never guessed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from affine import Affine

from kalsel_gap.i18n.messages import OPTION_REASONS, option_reason
from kalsel_gap.i18n.plan_names import OPTION_NAMES, SHARED_NAMES
from kalsel_gap.i18n.text import Text
from kalsel_gap.planning.costs import price_table
from kalsel_gap.planning.new_sites import ExtraSite
from kalsel_gap.planning.option_costs import AMOUNTS
from kalsel_gap.planning.options import (
    OPTION_TYPES,
    SHARED_TYPES,
    OptionTables,
    make_options,
)
from kalsel_gap.planning.shared_rows import KINDS
from kalsel_gap.project.costs import ITEMS, OPTIONS
from tests.conftest import TINY
from tests.planning.option_cases import MadeRun, at_km, made_run

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import MakeDem, MakeProject, MakeSchools

GRID: dict[str, Any] = {
    "crs": "EPSG:4326",
    "transform": Affine(0.001, 0.0, 115.4, 0.0, -0.001, -2.42),
    "nodata": -9999,
}
FIBRE = """{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {},
"geometry": {"type": "Point", "coordinates": [115.42, -2.5]}}]}"""
FACILITY = """{"type": "FeatureCollection", "features": [{"type": "Feature",
"properties": {"nama": "=HYPERLINK(1)"},
"geometry": {"type": "Point", "coordinates": [115.56, -2.48]}}]}"""
SIGNAL = {"best_technology": "4g", "best_operator": "banua"}
SKY = {"leo_clear": True, "satellite_clear": False}
ROWS: list[dict[str, Any]] = [
    {**at_km(5.0), **SIGNAL, **SKY, "available": 0.8, "best_level_dbm": -88.0, "students": 120},
    {**at_km(6.0), "available": 0.05, **SKY, "internet": "Tidak Ada", "electricity": "Tidak Ada"},
    {**at_km(6.5, 1.0), "available": 0.05, "electricity": "PLN", "students": 40},
    {**at_km(1.0), "available": 0.9, "measured_down_mbps": 50.0, "measured_up_mbps": 20.0},
    {**at_km(2.0), "available": 0.9, "is_duplicate": True},
    {"lat": None, "lon": None, "location_status": "unusable", "name": "${x}<script>"},
    {**at_km(8.0), **SKY, "available": 0.9, "fixed_served": True, "reached_by_water": True},
]


class Case(NamedTuple):
    opened: Opened
    run: Any
    made: OptionTables


_KEPT: list[Case] = []  # nothing changes it, and each would take a second


@pytest.fixture
def case(make_dem: MakeDem, project: MakeProject, schools: MakeSchools) -> Case:
    """A plain with a tower, an end of fibre and a facility, and what is possible there."""
    if not _KEPT:
        dem = {"path": str(make_dem(np.zeros((160, 300)), **GRID)), "surface": "dtm", "sea": "none"}
        files = {"fibre.geojson": FIBRE, "facilities.geojson": FACILITY}
        sections = {
            "elevation": dem,
            "fibre": {"path": "fibre.geojson"},
            "facilities": {"path": "facilities.geojson"},
        }
        opened = project(sections, files=files, bare=True)
        site = {**at_km(0.0), "site_id": "A", "antenna_height_m": 40.0}
        run = made_run(schools(ROWS), opened, sites=[site, {**site, "operator": "meratus"}])
        _KEPT.append(Case(opened, run, make_options(run, opened, price_table(opened))))
    return _KEPT[0]


@pytest.fixture
def opened(case: Case) -> Opened:
    return case.opened


@pytest.fixture
def run(case: Case) -> Any:
    return case.run


@pytest.fixture
def made(case: Case) -> OptionTables:
    return case.made


def rows_of(made: OptionTables, school: int, option: str) -> pd.DataFrame:
    options = made.options
    at = options["row_id"] == f"schools.csv:{school + 2}"
    return options[at & (options["option"] == option)].reset_index(drop=True)


def test_every_school_has_every_option(made: OptionTables) -> None:
    options = made.options
    assert set(OPTION_NAMES) == set(OPTIONS)
    assert set(SHARED_NAMES) == set(KINDS)
    each = options.groupby(["row_id", "option"]).size()
    assert len(each) == len(ROWS) * len(OPTIONS)
    assert options["option_id"].is_unique
    assert options["is_feasible"].eq(options["reason"] == "").all()
    assert set(options["reason"]) - {""} <= set(OPTION_REASONS)
    assert {name: str(t) for name, t in options.dtypes.items()} == OPTION_TYPES
    assert {name: str(t) for name, t in made.shared.dtypes.items()} == SHARED_TYPES
    sentences = [
        option_reason(row["reason"], json.loads(row["reason_params"]), Text("en"))
        for row in options.to_dict("records")
    ]
    assert not any("?" in sentence for sentence in sentences)


def test_places_have_what_they_can_have(made: OptionTables) -> None:
    def reason(school: int, option: str) -> str:
        return str(rows_of(made, school, option)["reason"].iloc[0])

    assert [reason(0, option) for option in OPTIONS] == [
        *("fixed_unknown", "", "", "not_needed", "", "", "sky_hidden", "sky_hidden"),
        *("not_eligible", ""),
    ]
    assert reason(1, "cpe_4g") == "level_unknown"
    assert reason(1, "bts") == ""
    assert reason(2, "leo") == "sky_unknown"
    assert reason(6, "subscription") == ""
    for school, why in ((3, "already_adequate"), (4, "duplicate"), (5, "no_location")):
        assert {reason(school, option) for option in OPTIONS} == {why}
    assert rows_of(made, 6, "leo")["access"].tolist() == ["boat"]


def test_a_tower_of_two_operators_is_one_partner(made: OptionTables) -> None:
    found = rows_of(made, 1, "microwave")
    tower = found[found["partner_kind"] == "site"].iloc[0]
    assert tower["needs_operator"] == "banua;meratus"
    assert tower["partner"] == "site:A@sites.csv:2" or tower["partner"] == "site:A"
    assert tower["capex_idr"] == 2 * 27_500_000 + 10_000_000 + 3_500_000 + 47_500_000
    assert sorted(found["partner_kind"]) == ["fibre", "school", "site"]


def test_power_is_added_where_there_is_none(made: OptionTables) -> None:
    without = rows_of(made, 1, "leo").iloc[0]
    assert json.loads(without["items"])["solar_kwp"] == 1
    assert without["assumptions"] == "lan_unknown;ups_unknown"
    assert "solar_kwp" not in json.loads(rows_of(made, 2, "leo")["items"].iloc[0])
    assumed = rows_of(made, 0, "leo").iloc[0]
    assert assumed["assumptions"] == "grid_unknown;lan_unknown;ups_unknown"


def test_benefit_and_amounts(made: OptionTables) -> None:
    options = made.options
    feasible = options[options["is_feasible"]]
    assert (feasible["benefit"] > 0.0).all()
    assert feasible["delivered_after"].between(0.0, 1.0).all()
    leo = rows_of(made, 1, "leo").iloc[0]
    # Known to have nothing: the benefit of an adequate line is its whole priority.
    assert leo["served_before"] == 0.0
    assert leo["delivered_after"] == pytest.approx(1.0)
    assert leo["pv_per_student_idr"] is pd.NA
    other = rows_of(made, 0, "leo").iloc[0]
    assert other["pv_per_student_idr"] == pytest.approx(other["pv_idr"] / 120.0, abs=1.0)
    assert other["pv_per_mbps_idr"] == pytest.approx(other["pv_idr"] / 100.0, abs=1.0)


def test_what_is_shared_is_named_once(made: OptionTables) -> None:
    used = set(made.options.loc[made.options["is_feasible"], "shared_id"]) - {""}
    assert used <= set(made.shared["shared_id"])
    assert made.shared["shared_id"].is_unique
    needed = set(made.shared["needs_shared"]) - {""}
    assert needed <= set(made.shared["shared_id"])
    bts = made.shared[made.shared["kind"] == "bts"].iloc[0]
    assert (bts["schools"], bts["capex_idr"]) == (2, 2_140_000_000)
    assert bts["opex_year_idr"] == 12 * 25_800_000
    assert bts["facility_share"] == pytest.approx(20.0 / 60.0)
    assert bts["lead_months"] == 18
    hosts = set(made.shared["host_row_id"]) - {""}
    assert hosts <= set(made.options["row_id"])


def test_a_missing_price_lists_the_option(run: Any, opened: Opened) -> None:
    prices = price_table(opened)
    prices.loc[prices["item"] == "leo_kit", "price_idr"] = pd.NA
    found = make_options(run, opened, prices)
    leo = rows_of(found, 1, "leo").iloc[0]
    assert leo["is_feasible"]
    assert not leo["is_priced"]
    assert leo["unpriced_items"] == "leo_kit"
    assert leo[list(AMOUNTS)].isna().all()
    assert set(json.loads(leo["items"])) <= set(ITEMS)
    at_facility = found.shared[found.shared["facility"] != ""]
    assert not at_facility["is_priced"].any()


def test_the_order_of_rows_changes_nothing(run: Any, made: OptionTables, opened: Opened) -> None:
    shuffled = run.schools.sample(frac=1.0, random_state=3)
    again = make_options(MadeRun(shuffled, run.tables), opened, price_table(opened))  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(again.options, made.options)
    pd.testing.assert_frame_equal(again.shared, made.shared)
    keys = list(zip(made.options["npsn"], made.options["row_id"], strict=True))
    assert keys == sorted(keys)


def test_a_place_of_the_user_is_listed(run: Any, opened: Opened) -> None:
    place = at_km(9.0, 1.0)
    extra = [ExtraSite(place["lat"], place["lon"], 60.0)]
    found = make_options(run, opened, price_table(opened), extra_sites=extra)
    assert f"bts:{place['lat']:.6f},{place['lon']:.6f}" in set(found.shared["shared_id"])


def test_without_terrain_no_sight_is_claimed(project: MakeProject, schools: MakeSchools) -> None:
    opened = project(bare=True)
    site = {**at_km(0.0), "site_id": "A"}
    run = made_run(schools(ROWS[:3]), opened, sites=[site])
    found = make_options(run, opened, price_table(opened)).options
    hops = found[found["option"].isin(["microwave", "microwave_relay", "hub"])]
    assert set(hops["reason"]) == {"sight_unknown", "no_hub"}  # of the largest school
    fibre = found[found["option"] == "fibre"]
    assert set(fibre["reason"]) == {"no_fibre"}
    assert not fibre["is_priced"].any()


def test_tiny(tiny: Run) -> None:
    from kalsel_gap.project.read import read_project

    opened = read_project(TINY)
    found = make_options(tiny, opened, price_table(opened))
    each = found.options.groupby(["row_id", "option"]).size()
    assert len(each) == len(tiny.schools) * len(OPTIONS)
    again = make_options(tiny, opened, price_table(opened))
    pd.testing.assert_frame_equal(again.options, found.options)
