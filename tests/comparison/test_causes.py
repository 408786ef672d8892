"""In what runs differ, and which cause a differing column of a school has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from kalsel_gap import schema
from kalsel_gap.comparison.causes import (
    CAUSES,
    COLUMNS,
    COUNTED,
    GROUPS,
    RunDifference,
    causes_of_columns,
    differing_evidence,
    find_differences,
)
from kalsel_gap.deficit.service import STAGE as SERVICE
from kalsel_gap.pipeline import STAGES

if TYPE_CHECKING:
    from tests.conftest import MakeProject, MakeSchools

MAP = {
    "place": "point",
    "technology": "4g",
    "operator": "x",
    "kind": "rsrp_dbm",
    "basis": "modelled",
    "used": True,
}
MAP |= {"status": "value", "signal_share": 1.0, "known_share": 1.0, "level_dbm": -95.0}


def evidence_of(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{**MAP, "adequacy": 0.5, "school": 0, **row} for row in rows])


def test_every_column_that_is_scored_is_in_one_group() -> None:
    assert sorted(COLUMNS) == sorted([*(c.name for c in schema.up_to("signals")), *COUNTED])
    assert set(SERVICE.reads) <= set(COLUMNS)
    # What a group reads is in an earlier one, so that its cause is known by then.
    seen: set[str] = set()
    for group in GROUPS:
        assert set(group.reads) <= seen | set(group.columns), group.name
        seen |= set(group.columns)
    # A new input must get its cause.
    sections = {s.partition(".")[0] for stage in STAGES for s in stage.sections} - {"dates"}
    manifest: dict[str, Any] = {"inputs": {s: {"file": s, "sha256": "1"} for s in sections}}
    unknown = {each.key for each in find_differences({}, manifest) if each.cause == "method"}
    assert unknown == {  # they name no file
        *("registers", "locations", "confidence", "signal", "file_checks", "terrain", "radio"),
        *("index", "robustness", "exam_day"),
    }


def test_of_the_rules_of_objections_only_their_use_is_a_difference(project: MakeProject) -> None:
    """The rules have judged the rows of the file before the run."""
    rules = {"tests": {"minimum_tests": 5}, "codes": {"speed": {"valid_months": 3}}}
    one, judged = project().parameters(), project({"objections": rules}).parameters()
    assert one != judged
    before, after = {"parameters": one}, {"parameters": {**judged, "objections.used": False}}
    assert find_differences(before, after) == (
        RunDifference("register", "objections.used", "", True, False),
    )


def test_an_input_names_every_cause_that_it_can_have() -> None:
    """What was accepted of objections is a fact of the register, or a speed test."""
    for name, each in ALL.items():
        more = ("measurements",) if name in {"objections", "no_objections"} else ()
        assert each.causes == (each.cause, *more)


def test_in_what_two_runs_differ(project: MakeProject) -> None:
    one = project({"index": {"lambda": 0.5, "source": "me"}})
    other = project({"index": {"lambda": 0.6}, "project": {"name": "Other"}})
    inputs = {"elevation": {"file": "dem.tif", "sha256": "1"}}
    more = {
        "elevation": {"file": "new/dem.tif", "sha256": "1"},
        "schools.0": {"file": "schools.csv", "sha256": "2"},
        "boundaries.kabupaten": {"file": "a.geojson", "sha256": "3"},
        "coastline.land.0": {"file": "b.geojson", "sha256": "4"},
    }
    before = {"inputs": inputs, "parameters": one.parameters()}
    after = {
        "inputs": more,
        "parameters": {**other.parameters(), "boundaries.kabupaten": "x", "coastline.land": ["y"]},
    }
    found = find_differences(before, after)
    assert [(each.cause, each.key) for each in found] == [
        ("register", "boundaries.kabupaten"),
        ("register", "schools.0"),
        ("terrain", "coastline.land.0"),
        ("figures", "index.lambda"),
    ]
    assert found[-1] == RunDifference("figures", "index.lambda", "", 0.5, 0.6)
    assert find_differences(after, after) == ()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {}, []),
        ({}, {"level_dbm": -92.0}, ["maps"]),
        ({}, {"adequacy": 0.4}, []),  # another curve of the same level
        ({"level_dbm": None}, {"level_dbm": None, "adequacy": 0.4}, ["maps"]),
        ({}, {"used": False}, ["maps"]),
        ({"used": False}, {"used": False, "level_dbm": -92.0}, []),
        ({"kind": "tile"}, {"kind": "tile", "level_dbm": -92.0}, ["measured"]),
        ({}, {"basis": "measured"}, ["maps", "measured"]),
        ({}, {"kind": "prediction"}, ["maps", "predictions"]),
    ],
)
def test_which_evidence_states_something_else(
    before: dict[str, Any], after: dict[str, Any], expected: list[str]
) -> None:
    found = differing_evidence(evidence_of(before), evidence_of(after))
    assert [name for name in found if found[name].any()] == expected


ALL = {
    "register": RunDifference("register", "schools.0", "f", "1", "2"),
    "tests": RunDifference("measurements", "measurements.0", "f", "1", "2"),
    "map": RunDifference("coverage", "coverage.0", "f", "1", "2"),
    "sites": RunDifference("terrain", "sites.0", "f", "1", "2"),
    "curve": RunDifference("figures", "signal.curves.4g.points", "", 1, 2),
    "radio": RunDifference("figures", "radio.receiver.height_m", "", 1, 2),
    "lambda": RunDifference("figures", "index.lambda", "", 1, 2),
    "objections": RunDifference("register", "objections", "f", None, "2"),
    "no_objections": RunDifference("register", "objections.used", "", True, False),
}
BY_MAP = {"available": 0.5, "available_evidence": "map"}
BY_DISTANCE = {"available": 0.5, "available_evidence": "distance", "site_4g_km": 3.0}


@pytest.mark.parametrize(
    ("changed", "before", "after", "evidence", "expected"),
    [
        # The map alone, or beside others that cannot have done it.
        ("map", BY_MAP, {"available": 0.6}, "maps", "coverage"),
        ("map tests register", BY_MAP, {"available": 0.6}, "maps", "coverage"),
        ("map curve", BY_MAP, {"available": 0.6}, "maps", "coverage"),
        ("map curve", BY_MAP, {"available": 0.6}, "", "figures"),
        ("map sites", BY_MAP, {"available": 0.6}, "predictions", "terrain"),
        ("map radio", BY_MAP, {"available": 0.6}, "predictions", "figures"),
        ("map tests", BY_MAP, {"available": 0.6}, "measured", "measurements"),
        # The school is elsewhere.
        ("map register", BY_MAP, {"available": 0.6, "lat": -3.1}, "maps", "register"),
        # The school itself is as it was: the curve over distance has changed for all.
        ("register", BY_DISTANCE, {"available": 0.6}, "", "register"),
        ("map register", BY_DISTANCE, {"available": 0.6}, "", "coverage"),
        ("register sites", BY_DISTANCE, {"available": 0.6, "site_4g_km": 1.0}, "", "terrain"),
        # No input explains it.
        ("", BY_MAP, {"available": 0.6}, "maps", "method"),
        ("lambda", BY_MAP, {"available": 0.6}, "maps", "method"),
        ("register", BY_MAP, {"available": 0.6}, "maps", "method"),
        ("tests", BY_MAP, {"available": 0.6}, "maps", "method"),
    ],
)
def test_what_changed_what_is_available(
    schools: MakeSchools,
    changed: str,
    before: dict[str, object],
    after: dict[str, object],
    evidence: str,
    expected: str,
) -> None:
    one, other = (
        schools([row]).assign(**dict.fromkeys(COUNTED)) for row in (before, {**before, **after})
    )
    stated = pd.DataFrame(
        [{name: name == evidence for name in ("maps", "measured", "predictions")}]
    )
    found = causes_of_columns(one, other, [ALL[name] for name in changed.split()], stated)
    assert CAUSES[found["available"][0]] == expected


@pytest.mark.parametrize(
    ("changed", "after", "group", "expected"),
    [
        ("tests map", {"measured_down_mbps": 9.0}, "measured", "measurements"),
        # Their tests are tests; the rest of what they say takes the place of the register.
        ("objections map", {"measured_down_mbps": 9.0}, "measured", "measurements"),
        ("no_objections", {"difficult_down_mbps": 9.0}, "measured", "measurements"),
        ("objections", {"objections": "closed"}, "register", "register"),
        ("objections", {"confidence": "C", "lat": -3.1}, "quality", "register"),
        ("objections", {"available_status": "inferred"}, "available", "register"),
        ("map", {"measured_down_mbps": 9.0}, "measured", "method"),
        ("register map", {"students": 9}, "register", "register"),
        ("map", {"students": 9}, "register", "method"),
        ("register", {"confidence": "C"}, "quality", "register"),
        ("sites", {"site_4g_km": 2.0}, "terrain", "terrain"),
        ("register", {"site_4g_km": 2.0, "lon": 115.2}, "terrain", "register"),
        ("register", {"site_4g_km": 2.0}, "terrain", "method"),
        ("radio", {"predicted_4g_dbm": -99.0}, "prediction", "figures"),
        ("register sites map", {}, "terrain", "method"),  # nothing differs
    ],
)
def test_what_changed_another_column(
    schools: MakeSchools, changed: str, after: dict[str, object], group: str, expected: str
) -> None:
    one, other = (schools([row]).assign(**dict.fromkeys(COUNTED)) for row in ({}, after))
    none = pd.DataFrame([dict.fromkeys(("maps", "measured", "predictions"), False)])
    found = causes_of_columns(one, other, [ALL[name] for name in changed.split()], none)
    assert CAUSES[found[group][0]] == expected
