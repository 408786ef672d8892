from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from kalsel_gap import schema
from kalsel_gap.sources.schools import read_schools
from kalsel_gap.terrain.class_points import classes_at, classify
from kalsel_gap.terrain.stage import describe_terrain
from tests.conftest import handed_on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject

NA = pd.NA

# A school with all facts known and no flag set.
PLAIN: dict[str, Any] = {
    "mountain_class": 0.0,
    "local_relief_m": 20.0,
    "elevation_m": 50.0,
    "coast_km": 40.0,
    "in_coastal_zone": False,
    "is_small_island": False,
    "is_wetland": False,
}
UNKNOWN: dict[str, Any] = {
    "mountain_class": np.nan,
    "local_relief_m": np.nan,
    "elevation_m": np.nan,
    "coast_km": np.nan,
    "in_coastal_zone": NA,
    "is_small_island": NA,
    "is_wetland": NA,
}


@pytest.fixture
def opened(project: MakeProject) -> Opened:
    return project()


def classified(opened: Opened, facts: Mapping[str, Any], water: object = NA) -> pd.Series[Any]:
    dem_grid = pd.DataFrame([facts])
    for name in ("in_coastal_zone", "is_small_island", "is_wetland"):
        dem_grid[name] = dem_grid[name].astype("boolean")
    by_water = pd.Series([water], dtype="boolean")
    classify(dem_grid, by_water, opened.project.terrain)
    return dem_grid.iloc[0]


@pytest.mark.parametrize(
    ("facts", "primary", "severity"),
    [
        ({}, "dataran", 0.0),
        ({"is_wetland": True}, "rawa", 0.5),
        ({"coast_km": 1.0}, "pesisir", 0.3),
        ({"coast_km": 1.001}, "dataran", 0.0),
        ({"coast_km": 5.0, "in_coastal_zone": True}, "pesisir", 0.3),
        ({"coast_km": 5.0, "in_coastal_zone": False}, "dataran", 0.0),
        ({"coast_km": 5.001, "in_coastal_zone": True}, "dataran", 0.0),
        ({"local_relief_m": 300.0}, "dataran", 0.0),
        ({"local_relief_m": 300.1}, "pegunungan", 0.8),
        ({"mountain_class": 6.0}, "pegunungan", 0.8),
        ({"is_small_island": True}, "pulau_kecil", 0.9),
        # Several at once: the class by precedence, the severity the largest.
        ({"coast_km": 0.1, "is_wetland": True}, "pesisir", 0.5),
        ({"coast_km": 0.1, "mountain_class": 5.0}, "pegunungan", 0.8),
        (
            {"coast_km": 0.1, "mountain_class": 5.0, "is_small_island": True, "is_wetland": True},
            "pulau_kecil",
            0.9,
        ),
    ],
)
def test_primary_class_and_severity(
    opened: Opened, facts: dict[str, Any], primary: str, severity: float
) -> None:
    got = classified(opened, PLAIN | facts)
    assert (got["terrain_class"], got["terrain_severity"]) == (primary, severity)


@pytest.mark.parametrize(
    ("water", "facts", "severity"),
    [
        (True, {}, 0.8),
        (False, {}, 0.0),
        (NA, {}, 0.0),
        (True, {"is_small_island": True}, 0.9),
        (True, {"is_wetland": True}, 0.8),
    ],
)
def test_reached_by_water_only(
    opened: Opened, water: object, facts: dict[str, Any], severity: float
) -> None:
    assert classified(opened, PLAIN | facts, water)["terrain_severity"] == severity


@pytest.mark.parametrize(
    ("facts", "flag", "expected"),
    [
        ({"mountain_class": np.nan, "local_relief_m": np.nan}, "is_mountain", NA),
        ({"mountain_class": np.nan, "local_relief_m": 400.0}, "is_mountain", True),
        ({"mountain_class": np.nan, "local_relief_m": 4.0}, "is_mountain", False),
        ({"mountain_class": 3.0, "local_relief_m": np.nan}, "is_mountain", True),
        ({"coast_km": np.nan}, "is_coastal", NA),
        ({"coast_km": np.nan, "in_coastal_zone": True}, "is_coastal", NA),
        ({"coast_km": 3.0, "in_coastal_zone": NA}, "is_coastal", NA),
        ({"coast_km": 0.5, "in_coastal_zone": NA}, "is_coastal", True),
        ({"coast_km": 9.0, "in_coastal_zone": NA}, "is_coastal", False),
        ({"elevation_m": np.nan}, "is_lowland", NA),
        ({"elevation_m": 10.0}, "is_lowland", True),
        ({"elevation_m": 10.1}, "is_lowland", False),
    ],
)
def test_a_flag_is_unknown_where_its_facts_are(
    opened: Opened, facts: dict[str, Any], flag: str, expected: object
) -> None:
    got = classified(opened, PLAIN | facts)[flag]
    assert got is NA if expected is NA else got == expected


def test_of_nothing_nothing_is_known(opened: Opened) -> None:
    got = classified(opened, UNKNOWN, water=True)
    assert pd.isna(got[["terrain_class", "terrain_severity"]]).all()
    for name, value in (("is_wetland", "rawa"), ("is_small_island", "pulau_kecil")):
        assert classified(opened, UNKNOWN | {name: True})["terrain_class"] == value
        assert pd.isna(classified(opened, UNKNOWN | {name: False})["terrain_class"])


def test_thresholds_are_the_projects(project: MakeProject) -> None:
    opened = project(options=("terrain.coast.shore_km=30", "terrain.severity.pesisir=1.0"))
    got = classified(opened, PLAIN | {"coast_km": 29.0})
    assert (got["terrain_class"], got["terrain_severity"]) == ("pesisir", 1.0)


def test_a_point_has_the_class_of_a_school_that_stands_there(opened: Opened) -> None:
    schools = read_schools(opened)[0].assign(claimed_area=None, point_weight=np.nan)
    tables = handed_on(opened)
    expected = describe_terrain(schools, opened, tables).columns["terrain_class"]
    lat, lon = (schools[name].to_numpy("float64") for name in ("lat", "lon"))
    found = classes_at(lat, lon, opened, tables["sea"])
    assert found.tolist() == expected.tolist()
    assert set(found.dropna()) < set(schema.TERRAIN_CLASSES)
    assert found.isna().any()
