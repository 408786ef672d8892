"""What is available at a place, from evidence given by hand; maps are in test_signals.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from kalsel_gap.deficit.availability import combine_places, find_available

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject, MakeRaster

EVIDENCE = ("at", "technology", "operator", "adequacy", "evidence", "level_dbm", "signal_share")
KNOWN_MAP = ("technology", "operator", "kind", "at", "status")


@pytest.fixture
def maps_of(project: MakeProject, raster: MakeRaster) -> Callable[..., Opened]:
    """A project with a map of each technology."""
    path = str(raster("a.tif", [[0]]))
    usual = {"path": path, "operator": "any", "kind": "binary", "basis": "declared"}

    def make(*technologies: str) -> Opened:
        maps = [
            {**usual, "nodata_means": "unknown", "technology": technology}
            for technology in technologies
        ]
        return project({"coverage": maps}, bare=True)

    return make


@pytest.fixture
def opened(maps_of: Callable[..., Opened]) -> Opened:
    return maps_of("4g", "3g")


def found(
    opened: Opened,
    evidence: Sequence[tuple[object, ...]],
    maps: Sequence[tuple[object, ...]] = (),
    **columns: Any,
) -> pd.DataFrame:
    """What is available where evidence is as given; there are as many places as columns say."""
    number = max(len(given) for given in columns.values())
    usual = {
        "fixed_network": [None] * number,
        "site_4g_km": [float("nan")] * number,
        "is_duplicate": [False] * number,
        "claimed_area": [None] * number,
    }
    combined = pd.DataFrame(evidence, columns=list(EVIDENCE)).assign(
        basis="modelled", is_none=False
    )
    given = pd.DataFrame(maps, columns=list(KNOWN_MAP))
    places: Any = pd.DataFrame({**usual, **columns})
    return find_available(places, combined, given, opened)[0]


def texts(column: pd.Series[Any]) -> list[object]:
    return [None if pd.isna(value) else value for value in column]


LEVEL = ("4g", "tsel", 0.7, "map", -95.0, 0.8)
FIXED = 0.95  # signal.toml


def test_a_fixed_network_takes_the_place_of_less(opened: Opened) -> None:
    evidence = [(at, *LEVEL) for at in range(3)]
    evidence += [(3, "4g", "tsel", FIXED, "map", -70.0, 1.0)]
    got = found(opened, evidence, fixed_network=[True, False, None, True, True])
    assert got["available"].tolist() == [FIXED, 0.7, 0.7, FIXED, FIXED]
    # What is as good by radio stays as it is.
    assert texts(got["best_technology"]) == ["fixed", "4g", "4g", "4g", "fixed"]
    assert texts(got["best_basis"]) == ["declared", *["modelled"] * 3, "declared"]
    assert texts(got["best_operator"]) == [None, "tsel", "tsel", "tsel", None]
    assert texts(got["best_level_dbm"]) == [None, -95.0, -95.0, -70.0, None]
    assert texts(got["best_signal_share"]) == [None, 0.8, 0.8, 1.0, None]
    assert texts(got["available_status"]) == ["known"] * 5
    assert texts(got["available_evidence"]) == ["map"] * 5


def test_the_best_of_several(opened: Opened) -> None:
    evidence = [
        (0, "4g", "b", 0.5, "map", -100.0, 0.5),
        (0, "4g", "a", 0.5, "prediction", -100.0, 0.5),
        (0, "5g", "c", 0.4, "map", -90.0, 0.5),
        (1, "4g", "b", 0.5, "map", -100.0, 0.5),
        (1, "4g", "c", 0.5, "prediction", -99.0, 0.5),
        (2, "4g", "a", 0.5, "map", -100.0, 0.5),
        (2, "5g", "b", 0.5, "map", -100.0, 0.5),
    ]
    got = found(opened, evidence, site_4g_km=[1.0] * 3)
    # By adequacy, then by level, by technology, by name.
    assert texts(got["best_operator"]) == ["a", "c", "b"]
    assert texts(got["available_status"]) == ["inferred", "inferred", "known"]


def test_what_is_known_of_lesser_technologies_only_is_not_all(
    opened: Opened, maps_of: Callable[..., Opened]
) -> None:
    lesser = (0, "3g", "tsel", 0.2, "map", -90.0, 0.5)
    one: dict[str, Any] = {"site_4g_km": [1.0]}
    assert texts(found(opened, [lesser], **one)["available"]) == [None]
    # Without a map of 4G or 5G, 3G is the best there is.
    assert texts(found(maps_of("2g", "3g", "fixed"), [lesser], **one)["available"]) == [0.2]
    # Tiles of speed tests and predictions are evidence of 4G as well.
    tile = ("4g", "any", "tile", 0, "unknown")
    assert texts(found(maps_of("3g"), [lesser], [tile], **one)["available"]) == [None]
    predicted = (1, "4g", "tsel", 0.4, "prediction", -105.0, 0.5)
    got = found(maps_of("3g"), [lesser, predicted], site_4g_km=[1.0] * 2)
    assert texts(got["available"]) == [None, 0.4]
    assert texts(got["available_status"]) == ["unknown", "inferred"]
    # A fixed network that serves the place answers too, one that does not serve it does not.
    for adequacy, best in ((FIXED, "fixed"), (0.0, None)):
        served = (0, "fixed", "telkom", adequacy, "map", float("nan"), 1.0)
        got = found(opened, [served, lesser], **one)
        assert texts(got["best_technology"]) == [best]


@pytest.mark.parametrize(
    ("adequacy", "status"), [(0.5, "known"), (0.499, "inferred")]
)  # index.toml: gap.covered
def test_a_poor_signal_is_all_there_is_only_without_a_gap_in_the_maps(
    opened: Opened, adequacy: float, status: str
) -> None:
    evidence = [(0, "4g", "tsel", adequacy, "map", -104.0, 0.5)]
    other = [("4g", "xl", "rsrp_dbm", 0, "unknown")]
    got = found(opened, evidence, other, site_4g_km=[1.0])
    assert texts(got["available_status"]) == [status]
    assert got["available"].tolist() == [adequacy]
    # A gap of the same operator's map, of 3G, or a map that has data.
    for answered in (
        ("4g", "tsel", "rsrp_dbm", 0, "unknown"),
        ("3g", "xl", "rsrp_dbm", 0, "unknown"),
        ("4g", "xl", "rsrp_dbm", 0, "known"),
    ):
        got = found(opened, evidence, [answered], site_4g_km=[1.0])
        assert texts(got["available_status"]) == ["known"]


def test_a_school_without_evidence_takes_what_is_usual_at_its_distance(opened: Opened) -> None:
    number = 30  # minimum_schools
    evidence = [(at, "4g", "tsel", 0.9 if at < 15 else 0.1, "map", -80.0, 1.0) for at in range(30)]
    km = [*[1.0] * 15, *[20.0] * 15, 1.0, 20.0, float("nan")]
    got = found(opened, evidence, site_4g_km=km)
    near, far, nowhere = got["available"].tolist()[number:]
    assert 0.5 < near < 0.91
    assert 0.09 < far < 0.5
    assert pd.isna(nowhere)
    assert texts(got["available_status"])[number:] == ["inferred", "inferred", "unknown"]
    assert texts(got["available_evidence"])[number:] == ["distance", "distance", None]
    # Of a school less there is no curve; neither a duplicate nor a doubtful location counts.
    for column, value in (("is_duplicate", True), ("claimed_area", "63.01")):
        odd = [value, *[False if column == "is_duplicate" else None] * 32]
        given: dict[str, Any] = {"site_4g_km": km, column: odd}
        got = found(opened, evidence, **given)
        assert got["available"].isna().tolist()[number:] == [True] * 3


def test_of_a_doubtful_location_the_mean_and_the_likelier_place() -> None:
    schools: Any = pd.DataFrame(
        {"claimed_area": ["63.01", "63.01", None], "point_weight": [0.75, 0.25, None]}
    )
    places: Any = pd.DataFrame({"place": ["point"] * 3 + ["area"] * 2}, index=[0, 1, 2, 0, 1])
    at_places = pd.DataFrame(
        {
            "available": [0.8, 0.8, 0.6, 0.4, 0.4],
            "available_status": "known",
            "best_operator": ["a", "b", "c", "d", "e"],
        }
    )
    got = combine_places(schools, places, at_places)
    assert got["available"].tolist() == pytest.approx([0.7, 0.5, 0.6])
    assert got["best_operator"].tolist() == ["a", "e", "c"]
    assert got["available_status"].tolist() == ["inferred", "inferred", "known"]
    assert texts(got["available_at_point"]) == [0.8, 0.8, None]
    assert texts(got["available_in_area"]) == [0.4, 0.4, None]
