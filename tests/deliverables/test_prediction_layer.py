"""Predicted levels as features at the schools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.deliverables.prediction_layer import FIELDS, prediction_features
from kalsel_gap.radio.links.prediction import PREDICTIONS

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run


def test_every_prediction_of_a_run_stands_at_its_school(sample_run: Run) -> None:
    found, given = prediction_features(sample_run), sample_run.table("predictions")
    assert set(FIELDS) == {*PREDICTIONS, "name"}
    assert list(found.columns) == [*FIELDS, "geometry"]
    assert found["level_dbm"].equals(given["level_dbm"])
    schools = sample_run.schools.set_index("row_id")
    at_point = found["place"] == "point"
    assert found.geometry[~at_point].isna().all()
    located = schools["lat"].notna()[found["row_id"]].to_numpy()
    assert list(found.geometry.notna()) == list(at_point & located)
    points = found[found.geometry.notna()]
    assert (points.geometry.y.to_numpy() == schools["lat"][points["row_id"]].to_numpy()).all()
    assert (points.geometry.x.to_numpy() == schools["lon"][points["row_id"]].to_numpy()).all()
    first = points["row_id"].iloc[0]
    assert set(prediction_features(sample_run, {first})["row_id"]) == {first}


def test_without_predictions_there_are_no_features(tiny: Run) -> None:
    assert prediction_features(tiny).empty
