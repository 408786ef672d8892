"""Margins and operators at a place, from evidence given by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from kalsel_gap.deficit.signal_margins import MARGINS, margins_of_schools, measure_margins
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject, MakeRaster, MakeSchools, SignalsAt

    Row = Mapping[str, Any]

# Usable from -110 dBm, which the 4G curve makes .25.
USUAL = {
    "at": 0,
    "technology": "4g",
    "operator": "telkomsel",
    "adequacy": 0.7,
    "level_dbm": -95.0,
    "evidence": "map",
    "is_none": False,
    "usable_share": 1.0,
}
NONE = {"adequacy": 0.0, "level_dbm": np.nan, "is_none": True, "usable_share": 0.0}


@pytest.fixture(scope="module")
def opened(project: MakeProject) -> Opened:
    return project(bare=True)


def found(
    opened: Opened,
    rows: Sequence[Row],
    maps: Sequence[str] = (),
    *,
    fixed: Sequence[bool | None] = (None,),
) -> list[dict[str, Any]]:
    """Facts of places where evidence is as given, and other operators have maps of 4G."""
    combined = pd.DataFrame([{**USUAL, **row} for row in rows], columns=list(USUAL))
    asked = pd.DataFrame({"technology": "4g", "operator": pd.Series(maps, dtype="str")})
    places = gpd.GeoDataFrame({"fixed_network": pd.array(list(fixed), dtype="boolean")})
    made = measure_margins(places, combined, asked, opened)
    assert list(made.columns) == list(MARGINS)
    return to_records(made)


def test_the_margin_is_that_of_the_best_4g(opened: Opened) -> None:
    (at,) = found(opened, [{}, {"operator": "xl", "level_dbm": -80.0, "adequacy": 0.88}])
    assert (at["margin_4g_db"], at["margin_4g_status"]) == (30.0, "known")
    (at,) = found(opened, [{"level_dbm": -118.5, "adequacy": 0.06}])
    assert (at["margin_4g_db"], at["usable_operators"]) == (-8.5, 0)
    (at,) = found(opened, [{"evidence": "prediction"}])
    assert at["margin_4g_status"] == "inferred"


@pytest.mark.parametrize(
    ("rows", "maps", "status"),
    [
        ([NONE], ["telkomsel"], "none"),
        ([NONE, {**NONE, "operator": "xl"}], ["telkomsel", "xl"], "none"),
        ([NONE], ["telkomsel", "xl"], "unknown"),  # the map of the other has no data there
        ([], ["telkomsel"], "unknown"),
        ([], [], "unknown"),
        ([{"level_dbm": np.nan, "adequacy": 0.5}], ["telkomsel"], "unknown"),  # declared, no level
        ([{"technology": "2g"}], [], "unknown"),
    ],
)
def test_no_4g_is_stated_only_where_all_are_known(
    opened: Opened, rows: Sequence[Row], maps: Sequence[str], status: str
) -> None:
    (at,) = found(opened, rows, maps)
    assert (at["margin_4g_db"], at["margin_4g_status"]) == (None, status)


def test_operators_are_counted_once_and_those_unknown_not_at_all(opened: Opened) -> None:
    rows: list[Row] = [
        {"adequacy": 0.25, "usable_share": 0.5},  # just usable
        {"technology": "5g", "adequacy": 0.9, "usable_share": 0.75},
        {"operator": "xl", "adequacy": 0.24, "usable_share": 0.4},
        {"operator": "tri", **NONE},
        {"operator": "any", "adequacy": 0.9},  # speed tests of somebody
        {"operator": "old", "technology": "3g", "adequacy": 0.35},
        {"at": 1, "operator": "any"},
    ]
    here, elsewhere = found(opened, rows, fixed=[None, None])
    assert (here["usable_operators"], here["known_operators"]) == (1, 3)
    assert here["usable_share"] == 0.75
    assert (elsewhere["usable_operators"], elsewhere["known_operators"]) == (None, 0)
    assert elsewhere["usable_share"] is None


FIXED = {"technology": "fixed", "level_dbm": np.nan}


@pytest.mark.parametrize(
    ("stated", "rows", "served", "status"),
    [
        (True, [], True, "known"),
        (False, [], False, "known"),
        (None, [], None, "unknown"),
        (None, [{**FIXED, "adequacy": 0.95}], True, "known"),
        (None, [{**FIXED, "adequacy": 0.0}], False, "known"),
        (False, [{**FIXED, "adequacy": 0.95}], True, "known"),  # as for what is available
        (None, [{**FIXED, "adequacy": 0.6, "operator": "any"}], True, "inferred"),
        (False, [{**FIXED, "adequacy": 0.6, "operator": "any"}], True, "inferred"),
        (None, [{**FIXED, "adequacy": 0.0, "operator": "any"}], None, "unknown"),
    ],
)
def test_whether_a_fixed_network_serves_a_place(
    opened: Opened, *, stated: bool | None, rows: Sequence[Row], served: bool | None, status: str
) -> None:
    (at,) = found(opened, rows, fixed=[stated])
    assert (at["fixed_served"], at["fixed_status"]) == (served, status)


def test_of_a_doubtful_location_the_likelier_place_as_inferred(schools: MakeSchools) -> None:
    table = schools(
        [
            {},
            {"claimed_area": "63.01", "point_weight": 0.2, "confidence": "D"},
            {"claimed_area": "63.01", "point_weight": 0.8, "confidence": "D"},
        ]
    )
    places = table.iloc[[0, 1, 1, 2, 2]].assign(place=["point", "point", "area", "point", "area"])
    facts: dict[str, list[object]] = {name: [None] * 5 for name in MARGINS}
    facts |= {"margin_4g_db": [1.0, 2.0, 3.0, 4.0, 5.0], "margin_4g_status": ["known"] * 5}
    facts |= {"fixed_status": ["unknown"] * 5}
    found = margins_of_schools(table, places, pd.DataFrame(facts))
    assert found["margin_4g_db"].tolist() == [1.0, 3.0, 4.0]
    assert found["margin_4g_status"].tolist() == ["known", "inferred", "inferred"]
    assert found["fixed_status"].tolist() == ["unknown"] * 3


def test_the_share_of_a_circle_where_a_map_is_usable(
    signals_at: SignalsAt, raster: MakeRaster
) -> None:
    # A circle of 5 km around the border of two cells of 11 km: one usable, the other not.
    path = raster("a.tif", [[-95, -118]], transform=[0.1, 0, 115.0, 0, -0.1, -2.95])
    of = {"path": str(path), "technology": "4g", "operator": "telkomsel", "kind": "rsrp_dbm"}
    rows: list[dict[str, object]] = [
        {"lat": -3.0, "lon": 115.1, "confidence": "C", "confidence_radius_m": 3000.0},
        {"lat": -3.0, "lon": 115.05},
        {"lat": -3.0, "lon": 115.15},
        {"lat": None, "lon": None, "confidence": None, "confidence_radius_m": None},
    ]
    coverage = {"coverage": {**of, "basis": "modelled", "nodata_means": "none"}}
    made = signals_at(rows, coverage).columns
    assert made["usable_share"].iloc[0] == pytest.approx(0.5, abs=0.05)
    assert made["usable_share"].iloc[1:3].tolist() == [1.0, 0.0]
    assert made["usable_operators"].tolist()[1:3] == [1, 0]
    assert made["margin_4g_db"].iloc[1:3].tolist() == [15.0, -8.0]
    assert made["margin_4g_status"].tolist() == ["known", "known", "known", "unknown"]
    assert made["known_operators"].tolist() == [1, 1, 1, 0]
