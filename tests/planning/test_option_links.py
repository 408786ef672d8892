"""Towers, neighbours and hops of options, by hand over a plain and a ridge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from affine import Affine

from kalsel_gap.planning.option_links import (
    connected_schools,
    judge_hops,
    merge_sites,
    near_pairs,
    nearest_km,
    terrain_of_links,
)
from tests.planning.option_cases import at_km, site_rows

if TYPE_CHECKING:
    from kalsel_gap.radio.links.path_loss import RadioTerrain
    from tests.conftest import MakeDem, MakeProject

# About 300 by 150 cells of 111 m, from 115.4° east, 2.4° south; 115.5, -2.5 in the middle.
GRID: dict[str, Any] = {
    "crs": "EPSG:4326",
    "transform": Affine(0.001, 0.0, 115.4, 0.0, -0.001, -2.42),
    "nodata": -9999,
}


def test_one_tower_with_three_operators_is_one_place() -> None:
    cells = [
        {**at_km(0.0), "operator": "banua", "site_id": "B1", "antenna_height_m": 30.0},
        {**at_km(0.02), "operator": "meratus", "site_id": "M7", "antenna_height_m": 42.0},
        {**at_km(0.0, 0.03), "operator": "banua", "technology": "2g", "site_id": "B1"},
        {**at_km(3.0), "operator": "banua", "site_id": "B1", "antenna_height_m": np.nan},
        {**at_km(9.0), "operator": "", "site_id": "", "antenna_height_m": 20.0},
    ]
    found = merge_sites(site_rows(cells))
    assert found["place_id"].tolist() == [
        "site:B1@sites.csv:2",
        "site:B1@sites.csv:5",
        "site:sites.csv:6",
    ]
    assert found["operators"].tolist() == ["banua;meratus", "banua", ""]
    assert found["height_m"].tolist()[::2] == [42.0, 20.0]
    assert np.isnan(found["height_m"][1])
    shuffled = merge_sites(site_rows(cells).sample(frac=1.0, random_state=1))
    pd.testing.assert_frame_equal(shuffled, found)
    assert merge_sites(site_rows([])).empty


def test_connected_schools_have_something_left() -> None:
    table = pd.DataFrame(
        {
            "row_id": ["a", "b", "c", "d"],
            "lat": -2.5,
            "lon": 115.5,
            "delivered": [0.95, 0.95, 0.5, 0.95],
            "delivered_status": ["known", "known", "known", "inferred"],
            "delivered_down_mbps": [50.0, 20.0, 50.0, 50.0],
            "required_mbps": 20.0,
        }
    )
    found = connected_schools(table, 0.8)
    assert found["place_id"].tolist() == ["school:a"]
    assert found["left_mbps"].tolist() == [30.0]


def test_neighbours_are_sorted_and_bounded() -> None:
    targets = pd.DataFrame([at_km(0.0), at_km(100.0)])
    places = pd.DataFrame([at_km(3.0), at_km(1.0), at_km(2.0), at_km(8.0)])
    found = near_pairs(targets, places, count=3, within_km=2.5)
    assert found.target.tolist() == [0, 0]
    assert found.place.tolist() == [1, 2]
    assert found.distance_km.tolist() == pytest.approx([1.0, 2.0], abs=1e-3)
    assert near_pairs(targets, places.iloc[:0], count=3, within_km=2.5).place.size == 0
    assert nearest_km(targets, places).tolist() == pytest.approx([1.0, 92.0], rel=1e-3)
    assert np.isnan(nearest_km(targets, places.iloc[:0])).all()


def ground_of(make_dem: MakeDem, project: MakeProject, *ridges: tuple[int, int]) -> RadioTerrain:
    """A plain with walls from north to south, each at a column with a height."""
    cells = np.zeros((160, 300))
    for column, height in ridges:
        cells[:, column] = height
    path = make_dem(cells, **GRID)
    section = {"path": str(path), "surface": "dtm", "sea": "none"}
    ground = terrain_of_links(project({"elevation": section}, bare=True))
    assert ground is not None
    return ground


def hops(ground: RadioTerrain | None, *east_km: float, **limits: float) -> pd.DataFrame:
    """Hops from a mast of 40 m to places east of it."""
    donors = pd.DataFrame([{**at_km(0.0), "height_m": 40.0} for _ in east_km])
    places = pd.DataFrame([at_km(each) for each in east_km])
    return judge_hops(ground, donors, places, **({"longest_km": 15.0, "tallest_m": 30.0} | limits))


def test_a_plain_is_clear(make_dem: MakeDem, project: MakeProject) -> None:
    found = hops(ground_of(make_dem, project), 10.0, 14.0)
    assert found["reason"].tolist() == ["", ""]
    assert found["mast_m"].isna().all()
    assert (found["clearance_ratio"] >= found["clearance_ratio_worst"]).all()
    near = hops(ground_of(make_dem, project), 10.0, longest_km=9.0)
    assert near["reason"].tolist() == ["too_far"]


def test_a_ridge_takes_a_mast_or_hides(make_dem: MakeDem, project: MakeProject) -> None:
    # Column 145 is 115.5455, 5.06 km east: half way of ten kilometres.
    low, high = ground_of(make_dem, project, (145, 25)), ground_of(make_dem, project, (145, 200))
    found = hops(low, 10.0)
    assert found["reason"].tolist() == [""]
    assert 6.0 < found["mast_m"][0] <= 30.0
    assert found["mast_m"][0].is_integer()
    assert hops(high, 10.0)["reason"].tolist() == ["no_sight"]
    # From a mast that suffices in median air, but not in the worst: the bulge of the Earth at the
    # middle of 10 km is 1.5 m higher, so the mast 3 m.
    between = hops(low, 10.0, tallest_m=float(found["mast_m"][0]) - 2.0)
    assert between["reason"].tolist() == ["too_tall"]


def test_nothing_is_known_without_terrain_or_height(
    make_dem: MakeDem, project: MakeProject
) -> None:
    assert hops(None, 10.0)["reason"].tolist() == ["sight_unknown"]
    ground = ground_of(make_dem, project)
    donors = pd.DataFrame([{**at_km(0.0), "height_m": np.nan}])
    places = pd.DataFrame([at_km(5.0)])
    found = judge_hops(ground, donors, places, longest_km=15.0, tallest_m=30.0)
    assert found["reason"].tolist() == ["sight_unknown"]
    off = hops(ground, 60.0, longest_km=100.0)  # beyond the elevation model and the radio
    assert off["reason"].tolist() != [""]
    assert judge_hops(ground, donors[:0], places[:0], longest_km=1.0, tallest_m=1.0).empty
