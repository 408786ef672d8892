"""Routes of fibre: along roads and straight, and the trunks that schools share."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

from kalsel_gap.geo import geodesy
from kalsel_gap.planning.fibre_routes import TRUNK_KM, FibreRoutes, read_fibre_ends, route_fibre

if TYPE_CHECKING:
    from pathlib import Path

KM = 1000.0 / geodesy.metres_per_degree(0.0)[1]  # degrees of longitude at the equator


def layer(path: Path, *shapes: Any) -> Any:
    gpd.GeoDataFrame(geometry=list(shapes), crs="EPSG:4326").to_file(path)
    return SimpleNamespace(path=path)


def project(roads: Any = None) -> Any:
    return SimpleNamespace(project=SimpleNamespace(roads=roads))


def at(*east_km: tuple[float, float]) -> pd.DataFrame:
    north = 1000.0 / geodesy.metres_per_degree(0.0)[0]
    return pd.DataFrame(
        {"lat": [y * north for _, y in east_km], "lon": [x * KM for x, _ in east_km]}
    )


END = at((0.0, 0.0))


def routes(schools: pd.DataFrame, roads: Any = None, longest_km: float = 50.0) -> FibreRoutes:
    return route_fibre(schools, END, project(roads), factor=1.2, longest_km=longest_km)


def test_a_straight_line_times_the_factor() -> None:
    found = routes(at((10.0, 0.0)))
    assert found.length_km[0] == pytest.approx(12.0, rel=1e-6)
    assert (found.end[0], found.trunk[0], len(found.trunks)) == (0, -1, 0)
    assert found.branch_km[0] == found.length_km[0]


def test_along_a_road_and_beside_it(tmp_path: Path) -> None:
    # Ten kilometres east, then five north; the second school is 0.5 km beside the first bend.
    corner = [(0.0, 0.0), (10.0, 0.0), (10.0, 5.0)]
    places = at(*corner)
    road = layer(tmp_path / "roads.geojson", LineString(places[["lon", "lat"]].to_numpy()))
    found = routes(at((10.0, 5.0), (10.5, 0.0)), road)
    straight = 1.2 * np.hypot(10.0, 5.0)
    assert found.length_km[0] == pytest.approx(min(15.0, straight), abs=2e-3)
    assert found.length_km[1] == pytest.approx(10.0 + 1.2 * 0.5, abs=2e-3)


def test_two_schools_behind_one_another_share_a_trunk(tmp_path: Path) -> None:
    places = at((0.0, 0.0), (9.0, 0.0))
    road = layer(tmp_path / "roads.geojson", LineString(places[["lon", "lat"]].to_numpy()))
    found = routes(at((7.0, 0.0), (9.0, 0.0)), road)
    trunks = found.trunks
    # Sections of at least 5 km with both schools behind them; each begins where one ends.
    assert (trunks["km"] >= TRUNK_KM).all()
    assert trunks["before"].tolist() == list(range(-1, len(trunks) - 1))
    assert trunks["schools"].tolist() == [2] * len(trunks)
    assert found.trunk.tolist() == [len(trunks) - 1] * 2
    far = trunks["from_end_km"].iloc[-1]
    assert trunks["km"].sum() == pytest.approx(far)
    assert (found.branch_km + far).tolist() == pytest.approx(found.length_km.tolist())
    assert found.length_km.tolist() == pytest.approx([7.0, 9.0], abs=2e-3)


def test_a_school_too_far_away_has_no_trunk() -> None:
    found = routes(at((7.0, 0.0), (9.0, 0.0), (90.0, 0.1)), longest_km=50.0)
    assert found.trunk[2] == -1
    assert found.length_km[2] == pytest.approx(108.0, rel=1e-3)


def test_nothing_to_route() -> None:
    none = routes(at((1.0, 0.0)).iloc[:0])
    assert none.length_km.size == 0
    without = route_fibre(at((1.0, 0.0)), END.iloc[:0], project(), factor=1.2, longest_km=50.0)
    assert np.isnan(without.length_km).all()
    assert without.trunk.tolist() == [-1]


def test_ends_of_points_and_lines(tmp_path: Path) -> None:
    shapes = [Point(115.0, -3.0), LineString([(115.0, -3.1), (115.01, -3.1)]), Point(115.0, -3.0)]
    found = read_fibre_ends(layer(tmp_path / "fibre.geojson", *shapes))
    assert len(found) == 1 + 6  # 1.11 km in parts of at most 250 m
    assert found["place_id"].iloc[-1] == "fibre:-3.000000,115.000000" or (
        "fibre:-3.000000,115.000000" in set(found["place_id"])
    )
    assert read_fibre_ends(None).empty


def test_without_roads_neighbours_share_a_network() -> None:
    found = routes(at((6.0, 0.0), (9.0, 0.4), (9.0, -0.4), (12.0, 0.0)))
    # Of the first school 1.2 times six kilometres; behind it the others branch off.
    assert found.length_km[0] == pytest.approx(7.2, rel=1e-3)
    assert found.trunks["from_end_km"].iloc[0] == pytest.approx(7.2, rel=1e-3)
    assert found.trunks["schools"].iloc[0] == 4
    assert (found.trunk[1:] >= 0).all()
    far = found.trunks["from_end_km"].to_numpy()[found.trunk]
    assert (far + found.branch_km >= found.length_km - 1e-9).all()
    built = found.trunks["km"].sum() + found.branch_km.sum()
    assert built < 0.7 * found.length_km.sum()


def test_order_of_schools_changes_nothing() -> None:
    places = [(3.0, 1.0), (5.0, -1.0), (8.0, 2.0), (9.0, 0.0), (2.0, 2.0)]
    one, other = routes(at(*places)), routes(at(*places[::-1]))
    assert one.length_km.tolist() == pytest.approx(other.length_km[::-1].tolist())
    assert one.branch_km.tolist() == pytest.approx(other.branch_km[::-1].tolist())
