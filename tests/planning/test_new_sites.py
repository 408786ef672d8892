"""Proposals for new sites: which schools they name, and who shares their cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from affine import Affine

from kalsel_gap.planning.new_sites import ExtraSite, propose_sites
from kalsel_gap.planning.option_links import terrain_of_links
from kalsel_gap.planning.shared_rows import SharedOptions, facility_shares
from tests.planning.option_cases import at_km, site_rows

if TYPE_CHECKING:
    from tests.conftest import MakeDem, MakeProject, MakeSchools

GRID: dict[str, Any] = {
    "crs": "EPSG:4326",
    "transform": Affine(0.001, 0.0, 115.4, 0.0, -0.001, -2.42),
    "nodata": -9999,
}
NOWHERE = pd.DataFrame({"place_id": [], "name": [], "lat": [], "lon": []}, dtype="float64")


@pytest.fixture
def proposed(project: MakeProject, schools: MakeSchools) -> Any:
    """Proposals for schools at some kilometres east, reach 5 km by distance alone."""

    def make(
        east_km: list[float],
        available: list[float] | None = None,
        facilities: pd.DataFrame = NOWHERE,
        **more: Any,
    ) -> SharedOptions:
        given = available or [0.1] * len(east_km)
        table = schools(
            [{**at_km(x), "available": a} for x, a in zip(east_km, given, strict=True)]
        ).assign(required_mbps=20.0)
        wants = np.ones(len(table), dtype=np.bool_)
        opened = project(bare=True)
        return propose_sites(table, wants, site_rows([]), facilities, None, opened, **more)

    return make


def reasons(found: SharedOptions) -> dict[int, str]:
    return dict(zip(found.rows["at"], found.rows["reason"], strict=True))


def test_one_site_serves_a_row_of_schools(proposed: Any) -> None:
    # Only from the middle one all three are within 5 km; the fourth is alone.
    found = proposed([0.0, 4.0, 8.0, 40.0])
    assert reasons(found) == {0: "", 1: "", 2: "", 3: "no_proposal"}
    assert len(found.shared) == 1
    opening = found.shared.iloc[0]
    assert opening["schools"] == 3
    assert opening["lon"] == pytest.approx(at_km(4.0)["lon"])
    served = found.rows[found.rows["reason"] == ""]
    assert served["shared_id"].unique().tolist() == [opening["shared_id"]]
    assert served["distance_km"].tolist() == pytest.approx([4.0, 0.0, 4.0], abs=1e-3)
    assert set(served["assumptions"]) == {"bts_by_distance"}
    assert opening["bts_site"] == 1.0


def test_covered_and_unknown_places_get_none(proposed: Any) -> None:
    found = proposed([0.0, 1.0, 2.0, 3.0], [0.1, 0.1, 0.5, np.nan])
    assert reasons(found) == {0: "", 1: "", 2: "not_eligible", 3: "level_unknown"}
    assert found.shared["schools"].tolist() == [2]


def test_no_school_has_more_than_two_proposals(proposed: Any) -> None:
    found = proposed([float(x) for x in range(0, 60, 3)])
    counts = found.rows[found.rows["reason"] == ""].groupby("at").size()
    assert counts.max() <= 2
    assert set(counts.index) == set(range(20))
    assert len(found.shared) <= 10  # never more than a proposal for two schools
    named = found.rows[found.rows["shared_id"] != ""].groupby("shared_id").size()
    assert found.shared.set_index("shared_id")["schools"].to_dict() == named.to_dict()


def test_a_place_of_the_user(proposed: Any) -> None:
    place = at_km(41.0)
    found = proposed([0.0, 4.0, 40.0], extra=[ExtraSite(place["lat"], place["lon"], 52.0)])
    assert reasons(found)[2] == ""
    assert sorted(found.shared["schools"]) == [1, 2]
    alone = proposed([0.0, 4.0], extra=[ExtraSite(place["lat"], place["lon"], 52.0)])
    assert sorted(alone.shared["schools"]) == [0, 2]


def test_a_ridge_parts_the_schools(
    project: MakeProject, schools: MakeSchools, make_dem: MakeDem
) -> None:
    cells = np.zeros((160, 300))
    cells[:, 145] = 150.0  # 5.06 km east
    dem = {"path": str(make_dem(cells, **GRID)), "surface": "dtm", "sea": "none"}
    opened = project({"elevation": dem}, bare=True)
    east_km = [1.0, 4.0, 6.2, 8.5]
    table = schools([{**at_km(x), "available": 0.1} for x in east_km])
    usual = {"antenna_height_m": 42.0, "frequency_mhz": 1800.0, "eirp_dbm": 62.0}
    sites = site_rows([{**at_km(0.0), **usual}])
    ground = terrain_of_links(opened)
    wants = np.ones(4, dtype=np.bool_)
    found = propose_sites(table.assign(required_mbps=20.0), wants, sites, NOWHERE, ground, opened)
    assert reasons(found) == {0: "", 1: "", 2: "", 3: ""}
    # By distance alone one site in the middle would reach three of them.
    of = found.rows.set_index("at")["shared_id"]
    assert set(of.loc[[0]]) == set(of.loc[[1]])
    assert set(of.loc[[2]]) == set(of.loc[[3]])
    assert found.shared["schools"].tolist() == [2, 2]
    assert set(found.rows["assumptions"]) == {""}


def test_nobody_wants_one(proposed: Any) -> None:
    found = proposed([0.0, 1.0], [0.9, 0.9])
    assert found.shared.empty
    assert set(reasons(found).values()) == {"not_eligible"}


def test_facilities_share_by_bandwidth(proposed: Any) -> None:
    near = pd.DataFrame([{"place_id": "facility:f:1", "name": "Puskesmas", **at_km(3.0)}])
    found = proposed([0.0, 4.0, 8.0], facilities=near)
    assert found.shared["facility_share"].tolist() == pytest.approx([20.0 / 80.0])
    places = pd.DataFrame([at_km(0.0)])
    far = facility_shares(places, near, np.array([20.0]), within_km=2.0, each_mbps=20.0)
    assert far.tolist() == [0.0]
