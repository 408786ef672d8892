"""Maps and predictions of one operator and technology, worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from kalsel_gap.deficit.combined_evidence import COMBINED, combine_evidence
from kalsel_gap.deficit.map_evidence import EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kalsel_gap.findings import Finding
    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject

    Row = Mapping[str, Any]


@pytest.fixture(scope="module")
def opened(project: MakeProject) -> Opened:
    return project(bare=True)


def places(number: int) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "row_id": [f"schools.csv:{2 + n}" for n in range(number)],
            "npsn": [f"{n:08d}" for n in range(number)],
            "place": "point",
            "claimed_area": pd.Series([None] * number, dtype="str"),
            "terrain_class": "dataran",
        }
    )


def maps(rows: Sequence[Row]) -> pd.DataFrame:
    """Levels of an operator's own map of 4G, at place 0 unless a row says more."""
    usual = {
        "at": 0,
        "technology": "4g",
        "operator": "telkomsel",
        "basis": "modelled",
        "kind": "rsrp_dbm",
        "date": "2026-01",
        "number": 0,
        "detection_dbm": -120.0,
        "level_dbm": np.nan,
        "adequacy": np.nan,
        "signal_share": 1.0,
        "usable_share": 1.0,
        "known_share": 1.0,
        "status": "value",
        "source": "map.tif",
    }
    made = pd.DataFrame([{**usual, **row} for row in rows], columns=list(EVIDENCE))
    return made.fillna({"least": made["adequacy"], "most": made["adequacy"]})


def predictions(rows: Sequence[Row]) -> pd.DataFrame:
    """Levels predicted from a complete list of sites, uncalibrated."""
    usual = {
        "row_id": "schools.csv:2",
        "place": "point",
        "technology": "4g",
        "operator": "telkomsel",
        "source": "sites.csv",
        "site_id": "T1",
        "level_dbm": np.nan,
        "adequacy": np.nan,
        "signal_share": 1.0,
        "usable_share": 1.0,
        "status": "value",
        "reason": "",
        "calibration": "uncalibrated",
        "sd_db": 10.0,
    }
    return pd.DataFrame([{**usual, **row} for row in rows])


def combine(
    opened: Opened, of_maps: Sequence[Row], predicted: Sequence[Row] = (), *, number: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    made = predictions(predicted) if predicted else None
    combined, used, findings = combine_evidence(places(number), maps(of_maps), made, opened)
    assert list(combined.columns) == list(COMBINED)
    return combined.set_index("at"), used, findings


# Levels and what the 4G curve of the method makes of them.
GOOD = {"level_dbm": -95.0, "adequacy": 0.70}
BETTER = {"level_dbm": -85.0, "adequacy": 0.85}
POOR = {"level_dbm": -110.0, "adequacy": 0.25}
NONE = {"status": "none", "adequacy": 0.0, "signal_share": 0.0}
INCOMPLETE = {"reason": "sites_incomplete"}


@pytest.mark.parametrize(
    ("of_map", "predicted", "adequacy", "evidence"),
    [
        # Equal errors: -95 and -85 dBm make -90, halfway between .70 and .85.
        (GOOD, BETTER, 0.775, "combined"),
        # A measured map has a fifth of the error: (25·(-95) - 85) / 26 = -94.615 dBm.
        ({**GOOD, "basis": "measured"}, BETTER, 0.70 + 0.15 * 0.3846 / 10, "combined"),
        # No signal on the map is at most -120 dBm: with -110 it makes -115, halfway to .25.
        (NONE, POOR, 0.15, "combined"),
        # From some of the sites the map counts, whatever is predicted.
        (GOOD, {**BETTER, **INCOMPLETE}, 0.70, "map"),
        (NONE, {**BETTER, **INCOMPLETE}, 0.0, "map"),
        # What is calibrated may rest on the same measurements as a measured map.
        ({**GOOD, "basis": "measured"}, {**BETTER, "calibration": "calibrated"}, 0.70, "map"),
        # Classes are no levels: measured, calibrated, modelled, declared, uncalibrated.
        ({"kind": "class", "adequacy": 0.5}, BETTER, 0.5, "map"),
        (
            {"kind": "class", "adequacy": 0.5},
            {**BETTER, "calibration": "calibrated"},
            0.85,
            "prediction",
        ),
        (
            {"kind": "class", "adequacy": 0.5, "basis": "measured"},
            {**BETTER, "calibration": "calibrated"},
            0.5,
            "map",
        ),
        # A lower bound is no evidence against a map.
        (
            {"kind": "class", "adequacy": 0.5},
            {**BETTER, **INCOMPLETE, "calibration": "calibrated"},
            0.5,
            "map",
        ),
        # Of equal worth: the map counts.
        (
            {"kind": "class", "adequacy": 0.5, "basis": "predicted"},
            {**BETTER, "calibration": "calibrated"},
            0.5,
            "map",
        ),
    ],
)
def test_one_value_of_a_map_and_a_prediction(
    opened: Opened, of_map: Row, predicted: Row, adequacy: float, evidence: str
) -> None:
    combined, used, _ = combine(opened, [of_map], [predicted])
    assert combined["adequacy"].tolist() == pytest.approx([adequacy], abs=1e-4)
    assert combined["evidence"].tolist() == [evidence]
    sources = {"map": ["map.tif"], "prediction": ["sites.csv"]}
    assert used["source"].tolist() == sources.get(evidence, ["map.tif", "sites.csv"])


def test_neither_shows_a_signal(opened: Opened) -> None:
    combined, _, _ = combine(opened, [NONE], [{"level_dbm": -128.0, "adequacy": 0.03}])
    assert combined[["evidence", "is_none", "adequacy"]].to_numpy().tolist() == [["map", True, 0.0]]
    assert combined["level_dbm"].isna().all()


def test_a_prediction_fills_in_where_no_map_has_data(opened: Opened) -> None:
    nothing = [{"at": n, "status": "unknown"} for n in range(4)]
    predicted: list[Row] = [
        {"row_id": "schools.csv:2", **GOOD, **INCOMPLETE},
        {"row_id": "schools.csv:3", **GOOD},
        {"row_id": "schools.csv:4", **NONE},
        {"row_id": "schools.csv:5", "status": "unknown", "reason": "no_site"},
    ]
    combined, _, _ = combine(opened, nothing, predicted, number=4)
    # Of the last place nothing is known: it has no row.
    assert combined.index.tolist() == [0, 1, 2]
    assert (combined["evidence"] == "prediction").all()
    assert combined["adequacy"].tolist() == pytest.approx([0.70, 0.70, 0.0])
    assert combined["is_none"].tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        # Never the larger one: the better basis, then the newer, then the first in the file.
        ({**BETTER, "basis": "declared"}, POOR, "second"),
        ({**BETTER, "date": "2024-01"}, {**POOR, "date": "2025-06"}, "second"),
        (POOR, BETTER, "first"),
        ({"status": "unknown"}, POOR, "second"),
    ],
)
def test_of_two_maps_the_better_evidence_counts(
    opened: Opened, first: Row, second: Row, counts: str
) -> None:
    rows = [
        {**first, "source": "first", "number": 0},
        {**second, "source": "second", "number": 1},
    ]
    _, used, _ = combine(opened, rows)
    assert used["source"].tolist() == [counts]
    assert combine(opened, rows[::-1])[1]["source"].tolist() == [counts]


def test_a_list_of_sites_that_misses_what_the_map_covers_is_not_complete(opened: Opened) -> None:
    number = 40
    covered = [{"at": n, **GOOD} for n in range(number)]

    def predicted(out_of_reach: int) -> list[dict[str, Any]]:
        reach = [GOOD] * (number - out_of_reach) + [NONE] * out_of_reach
        return [{"row_id": f"schools.csv:{2 + n}", **row} for n, row in enumerate(reach)]

    combined, _, findings = combine(opened, covered, predicted(2), number=number)
    assert "sites_not_complete" not in [f.code for f in findings]
    assert (combined["evidence"][:38] == "combined").all()
    # Three of forty are more than 5 %: predictions are lower bounds, and the map counts.
    combined, _, findings = combine(opened, covered, predicted(3), number=number)
    found = [f for f in findings if f.code == "sites_not_complete"]
    assert [(f.file, f.column, f.value) for f in found] == [("sites.csv", "complete", "telkomsel")]
    assert (combined["evidence"] == "map").all()


@pytest.mark.parametrize("doubt", ["claimed_area", "bound"])
def test_what_is_in_doubt_does_not_contradict_a_list_of_sites(opened: Opened, doubt: str) -> None:
    number = 50
    covered = maps([{"at": n, **GOOD} for n in range(number)])
    bound = {"level_dbm": -125.0, "adequacy": 0.04, **INCOMPLETE}
    last: Row = bound if doubt == "bound" else NONE
    reach: list[Row] = [*[GOOD] * 47, NONE, NONE, last]
    rows = predictions([{"row_id": f"schools.csv:{2 + n}", **row} for n, row in enumerate(reach)])
    table = places(number)
    if doubt == "claimed_area":
        table.loc[number - 1, "claimed_area"] = "63.01"
    # Three of fifty would be more than 5 %, two of forty-nine are not.
    _, _, findings = combine_evidence(table, covered, rows, opened)
    assert "sites_not_complete" not in [f.code for f in findings]


def disagreements(
    opened: Opened, of_maps: Sequence[Row], predicted: Sequence[Row], *, number: int = 1
) -> list[Mapping[str, Any]]:
    """Parameters of the findings that map and prediction disagree."""
    _, _, findings = combine(opened, of_maps, predicted, number=number)
    return [f.parameters for f in findings if f.code == "prediction_disagrees"]


@pytest.mark.parametrize(
    ("map_dbm", "predicted_dbm", "found"),
    [
        # 4G is usable from -110 dBm on: one of both suffices.
        (-110.0, -130.0, 1),
        (-130.0, -110.0, 1),
        (-110.1, -130.0, 0),
        # They are apart by more than 10 dB.
        (-95.0, -105.0, 0),
        (-95.0, -105.1, 1),
    ],
)
def test_bounds_of_a_disagreement(
    opened: Opened, map_dbm: float, predicted_dbm: float, found: int
) -> None:
    of_map = {"level_dbm": map_dbm, "adequacy": 0.5}
    predicted = {"level_dbm": predicted_dbm, "adequacy": 0.5, **INCOMPLETE}
    assert len(disagreements(opened, [of_map], [predicted])) == found


def test_a_school_is_found_by_its_largest_disagreement(opened: Opened) -> None:
    operators = ("indosat", "telkomsel", "xl")
    of_maps = [{**GOOD, "operator": name} for name in operators]
    predicted = [
        {"level_dbm": level, "adequacy": 0.5, "operator": name, **INCOMPLETE}
        for name, level in zip(operators, (-80.0, -120.0, -75.0), strict=True)
    ]
    (found,) = disagreements(opened, of_maps, predicted)
    assert (found["operator"], found["predicted_dbm"]) == ("telkomsel", -120.0)


def test_a_disagreement_names_the_school_both_sources_and_both_levels(opened: Opened) -> None:
    of_map = {"level_dbm": -95.04, "adequacy": 0.7, "at": 1, "source": "maps/tsel.tif"}
    predicted = {"level_dbm": -120.26, "adequacy": 0.5, "row_id": "schools.csv:3", **INCOMPLETE}
    _, _, findings = combine(opened, [of_map], [predicted], number=2)
    (found,) = (each for each in findings if each.code == "prediction_disagrees")
    assert (found.file, found.row, found.npsn) == ("schools.csv", 3, "00000001")
    assert (found.column, found.value) == ("4g", "telkomsel")
    assert found.parameters == {
        "raster": "maps/tsel.tif",
        "technology": "4G",
        "operator": "telkomsel",
        "claimed_dbm": -95.0,
        "predicted_dbm": -120.3,
        "site": "T1",
        "limit_db": 10.0,
    }


@pytest.mark.parametrize(("predicted_dbm", "claimed"), [(-85.0, [-120.0]), (-135.0, [])])
def test_no_signal_on_the_map_is_at_most_its_detection_level(
    opened: Opened, predicted_dbm: float, claimed: list[float]
) -> None:
    predicted = {"level_dbm": predicted_dbm, "adequacy": 0.5, **INCOMPLETE}
    found = disagreements(opened, [NONE], [predicted])
    assert [each["claimed_dbm"] for each in found] == claimed


def test_no_site_in_reach_is_at_most_the_detection_level_of_the_map(opened: Opened) -> None:
    number = 40
    covered = [{"at": n, **GOOD} for n in range(number)]
    reach = [GOOD] * (number - 1) + [NONE]
    predicted = [{"row_id": f"schools.csv:{2 + n}", **row} for n, row in enumerate(reach)]
    (found,) = disagreements(opened, covered, predicted, number=number)
    assert (found["claimed_dbm"], found["predicted_dbm"]) == (-95.0, -120.0)


def test_both_are_far_apart_in_either_direction(opened: Opened) -> None:
    levels = [(-95.0, -95.0), (-95.0, -104.0), (-95.0, -108.0), (-95.0, -80.0), (-121.0, -138.0)]
    of_maps = [{"at": n, "level_dbm": a, "adequacy": 0.5} for n, (a, _) in enumerate(levels)]
    predicted = [
        {"row_id": f"schools.csv:{2 + n}", "level_dbm": b, "adequacy": 0.5, **INCOMPLETE}
        for n, (_, b) in enumerate(levels)
    ]
    _, _, findings = combine(opened, of_maps, predicted, number=len(levels))
    found = {f.row: f.parameters for f in findings if f.code == "prediction_disagrees"}
    # The median of the differences is -9 dB, their deviation 8 dB: 2·1.4826·8 = 23.7 dB is the
    # limit here.
    assert found == {}
    _, _, findings = combine(
        opened,
        [*of_maps, *({**of_maps[0], "at": n} for n in range(5, 30))],
        [*predicted, *({**predicted[0], "row_id": f"schools.csv:{2 + n}"} for n in range(5, 30))],
        number=30,
    )
    found = {f.row: f.parameters for f in findings if f.code == "prediction_disagrees"}
    # Neither is usable at the last school: one is as poor as the other.
    assert {row: p["limit_db"] for row, p in found.items()} == {4: 10.0, 5: 10.0}
    assert found[4]["claimed_dbm"] == -95.0
    assert found[4]["predicted_dbm"] == -108.0


@pytest.mark.parametrize(
    ("least", "most", "predicted_dbm", "claimed_dbm"),
    [
        # Levels of the class below and of the class above by the curve of 2G: -104 and -80 dBm.
        (0.02, 0.10, -75.0, None),
        (0.02, 0.10, -65.0, -80.0),
        (0.02, 0.10, -110.0, None),
        # The best class has no upper end.
        (0.05, np.inf, -40.0, None),
        (0.05, np.inf, -109.0, -95.0),
    ],
)
def test_a_class_agrees_with_all_levels_between_its_neighbours(
    opened: Opened, least: float, most: float, predicted_dbm: float, claimed_dbm: float | None
) -> None:
    of_map = {"technology": "2g", "kind": "class", "adequacy": 0.05, "least": least, "most": most}
    predicted = {"technology": "2g", "level_dbm": predicted_dbm, "adequacy": 0.05}
    _, _, findings = combine(opened, [of_map], [predicted])
    found = [f.parameters["claimed_dbm"] for f in findings if f.code == "prediction_disagrees"]
    assert found == ([] if claimed_dbm is None else [claimed_dbm])
