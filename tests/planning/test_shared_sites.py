"""Relays, hubs and trunks: over a ridge, between neighbours, and along shared routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from affine import Affine

from kalsel_gap.planning.fibre_routes import route_fibre
from kalsel_gap.planning.option_links import (
    connected_schools,
    merge_sites,
    terrain_of_links,
)
from kalsel_gap.planning.shared_sites import (
    MOST_RELAYS,
    hub_options,
    relay_options,
    trunk_options,
)
from kalsel_gap.planning.single_options import donors_of, microwave_rows
from tests.planning.option_cases import EAST_KM, at_km, site_rows

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeDem, MakeProject, MakeSchools

GRID: dict[str, Any] = {
    "crs": "EPSG:4326",
    "transform": Affine(0.001, 0.0, 115.4, 0.0, -0.001, -2.42),
    "nodata": -9999,
}
RIDGE = 145  # a column of cells 5.06 km east
FACILITIES = pd.DataFrame(
    [{"place_id": "facility:f:1", "name": "<b>Puskesmas</b>", **at_km(10.0, 2.0)}]
)
NO_FACILITIES = FACILITIES.iloc[:0]


@pytest.fixture
def behind_a_ridge(make_dem: MakeDem, project: MakeProject) -> Opened:
    cells = np.zeros((160, 300))
    cells[:, RIDGE] = 150.0
    section = {"path": str(make_dem(cells, **GRID)), "surface": "dtm", "sea": "none"}
    return project({"elevation": section}, bare=True)


def horizons_of(rows: pd.DataFrame) -> pd.DataFrame:
    """What schools see to the west: the top of the ridge."""
    ridge = 115.4 + (RIDGE + 0.5) * 0.001
    seen = [
        {
            "row_id": row["row_id"],
            "azimuth_deg": azimuth,
            "horizon_deg": 2.0 if azimuth == 270.0 else 0.0,
            "distance_m": (row["lon"] - ridge) / EAST_KM * 1000.0 if azimuth == 270.0 else 50.0,
            "obstacle_lat": row["lat"],
            "obstacle_lon": ridge,
        }
        for row in rows.to_dict("records")
        for azimuth in np.arange(0.0, 360.0, 22.5)
    ]
    return pd.DataFrame(seen)


def test_a_relay_on_the_ridge(behind_a_ridge: Opened, schools: MakeSchools) -> None:
    table = schools([at_km(10.0), at_km(10.5, 0.1), at_km(2.0)]).assign(required_mbps=20.0)
    opened, at = behind_a_ridge, np.arange(3)
    ground = terrain_of_links(opened)
    towers = merge_sites(site_rows([{**at_km(0.0), "site_id": "A"}]))
    donors = donors_of(towers, NO_FACILITIES, NO_FACILITIES.assign(left_mbps=0.0), 6.0)
    direct = microwave_rows(table, at, donors, ground, opened)
    assert direct.sort_values("at")["reason"].tolist() == ["no_sight", "no_sight", ""]
    assert direct["partner"].unique().tolist() == ["site:A"]
    found = relay_options(table, at[:2], donors, horizons_of(table), ground, opened)
    assert sorted(found.rows["at"].unique()) == [0, 1]
    assert (found.rows["reason"] == "").all()
    assert found.rows.groupby("at").size().max() <= MOST_RELAYS
    assert set(found.rows["shared_id"]) == set(found.shared["shared_id"])
    relay = found.shared.iloc[0]
    assert relay["lon"] == pytest.approx(115.5455, abs=1e-6)
    assert (relay["relay_site"], relay["microwave_end"], relay["kind"]) == (1.0, 2.0, "relay")
    # A hop from the relay costs the school two ends; the relay stands in the other table.
    assert found.rows["microwave_end"].tolist() == [2.0] * len(found.rows)
    assert found.rows["relay_site"].tolist() == [0.0] * len(found.rows)
    nowhere = relay_options(table, at[:2], donors, pd.DataFrame(), ground, opened)
    assert nowhere.rows.empty
    assert nowhere.shared.empty
    assert relay_options(table, at[:2], donors, horizons_of(table), None, opened).rows.empty


def hubs(
    table: Any, opened: Opened, facilities: pd.DataFrame = NO_FACILITIES, connected: Any = None
) -> Any:
    ground = terrain_of_links(opened)
    at = np.arange(len(table))
    given = connected_schools(table.iloc[:0], 0.8) if connected is None else connected
    return hub_options(table, at, given, facilities, ground, opened)


DELIVERED = {"delivered": 0.1, "delivered_status": "inferred", "delivered_down_mbps": np.nan}


def test_a_facility_brings_its_own_terminal(behind_a_ridge: Opened, schools: MakeSchools) -> None:
    table = schools([at_km(10.0), at_km(11.0, 1.0)]).assign(required_mbps=[20.0, 40.0], **DELIVERED)
    found = hubs(table, behind_a_ridge, FACILITIES)
    hub = found.shared[found.shared["facility"] != ""].iloc[0]
    assert hub["shared_id"] == "hub:facility:f:1"
    assert hub["name"] == "<b>Puskesmas</b>"  # as it is: what shows it makes it safe
    assert (hub["leo_kit"], hub["leo_month"], hub["host_row_id"]) == (1.0, 1.0, "")
    assert hub["facility_share"] == pytest.approx(20.0 / 80.0)
    assert hub["schools"] == 2
    spokes = found.rows[found.rows["shared_id"] == hub["shared_id"]]
    assert spokes["partner_kind"].unique().tolist() == ["facility"]
    assert spokes["latency_ms"].tolist() == [55.0, 55.0]  # that of LEO, and the hop
    assert spokes["microwave_end"].tolist() == [2.0, 2.0]  # a hop each


def test_of_two_schools_the_larger_is_the_host(
    behind_a_ridge: Opened, schools: MakeSchools
) -> None:
    rows = [{**at_km(10.0), "students": 90}, {**at_km(11.0), "students": 120}, at_km(12.0)]
    table = schools(rows).assign(required_mbps=20.0, **DELIVERED)
    found = hubs(table, behind_a_ridge)
    hosts = dict(zip(found.rows["at"], found.rows["partner"], strict=True))
    assert hosts == {0: "school:schools.csv:3", 2: "school:schools.csv:3"}
    assert found.shared["host_row_id"].tolist() == ["schools.csv:3"]
    # LEO gives 100 Mbps, 20 of which the host needs.
    assert found.shared["capacity_mbps"].tolist() == [80.0]
    assert found.shared["host_down_mbps"].tolist() == [100.0]
    assert found.shared["leo_kit"].tolist() == [0.0]  # the host's option has it


def test_a_connected_school_gives_what_it_has_left(
    behind_a_ridge: Opened, schools: MakeSchools
) -> None:
    table = schools([at_km(10.0), at_km(12.0)]).assign(
        required_mbps=20.0,
        delivered=[0.1, 0.95],
        delivered_status=["inferred", "known"],
        delivered_down_mbps=[np.nan, 32.0],
    )
    connected = connected_schools(table, 0.8)
    found = hubs(table.iloc[:1], behind_a_ridge, connected=connected)
    assert found.rows["down_mbps"].tolist() == [12.0]
    assert found.shared["host_row_id"].tolist() == [""]
    assert found.shared["capacity_mbps"].tolist() == [12.0]


def test_hidden_hubs_have_their_reason(behind_a_ridge: Opened, schools: MakeSchools) -> None:
    table = schools([{**at_km(4.0), "students": 9}, {**at_km(6.2), "students": 8}])
    found = hubs(table.assign(required_mbps=20.0, **DELIVERED), behind_a_ridge)
    assert found.rows["reason"].tolist() == ["no_sight"]
    assert found.rows["shared_id"].tolist() == [""]
    assert found.shared.empty


def test_neighbours_in_one_yard_need_no_sight(behind_a_ridge: Opened, schools: MakeSchools) -> None:
    rows = [{**at_km(10.0), "students": 90}, {**at_km(10.0), "students": 9}]
    table = schools(rows).assign(required_mbps=20.0, **DELIVERED)
    found = hubs(table, behind_a_ridge)
    assert found.rows["reason"].tolist() == [""]
    assert found.rows["distance_km"].tolist() == [0.0]


def test_trunks_add_up(project: MakeProject, schools: MakeSchools) -> None:
    opened = project(bare=True)
    table = schools([at_km(x, y) for x, y in ((6.0, 0.0), (9.0, 0.4), (9.0, -0.4), (12.0, 0.0))])
    table = table.assign(required_mbps=[20.0, 30.0, 40.0, 50.0])
    ends = pd.DataFrame([{"place_id": "fibre:x", **at_km(0.0)}])
    routes = route_fibre(table, ends, opened, factor=1.2, longest_km=50.0)
    at = np.arange(4)
    found = trunk_options(table, at, routes, NO_FACILITIES, opened)
    assert len(found.shared) >= 1
    by_id = found.shared.set_index("shared_id")
    for row in found.rows.to_dict("records"):
        length, each = row["fibre_aerial_km"], row["shared_id"]
        while each:
            length += by_id.loc[each, "fibre_aerial_km"]
            each = by_id.loc[each, "needs_shared"]
        # Never shorter than a line of its own.
        assert length >= routes.length_km[row["at"]] - 5e-3
        far = routes.trunks["from_end_km"][routes.trunk[row["at"]]]
        assert length == pytest.approx(far + routes.branch_km[row["at"]], abs=5e-3)
    assert set(by_id["needs_shared"]) - {""} <= set(by_id.index)
    near = found.shared.assign(place_id="f", name="f")[["place_id", "name", "lat", "lon"]].head(1)
    shared = trunk_options(table, at, routes, near, opened).shared
    assert shared["facility_share"].iloc[0] == pytest.approx(20.0 / 160.0)
    nothing = route_fibre(table, ends.iloc[:0], opened, factor=1.2, longest_km=50.0)
    assert trunk_options(table, at, nothing, NO_FACILITIES, opened).shared.empty
