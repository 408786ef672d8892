"""Measured levels beside predictions, and `kalsel-gap predict validate` and `predict calibrate`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.radio.coverage.networks import read_networks
from kalsel_gap.radio.links import calibration, validation
from kalsel_gap.radio.links.prediction import predict_levels
from kalsel_gap.sources.schools import read_schools
from tests.conftest import handed_on

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from tests.conftest import CommandLine, MakeProject

TERMS = {"minimum": 5, "block_km": 1.0, "per_clutter": False}
OFFSET_DB = -11.0
SITES = (
    "site_id,operator,technology,lat,lon,antenna_height_m,frequency_mhz,eirp_dbm\n"
    "T00001,telkomsel,4g,-2.965,115.345,42,1800,62\n"
    "T00001,telkomsel,2g,-2.965,115.345,42,900,57\n"
    "T00002,telkomsel,2g,-2.945,115.325,52,900,57\n"
)


def driven() -> pd.DataFrame:
    """A drive over the land of data/tiny, 4G of one operator."""
    rng = np.random.default_rng(4)
    lat, lon = rng.uniform(-2.98, -2.91, 60), rng.uniform(115.33, 115.38, 60)
    return pd.DataFrame({"lat": lat, "lon": lon, "operator": "Telkomsel", "rsrp_dbm": -100.0})


def opened(project: MakeProject, levels: pd.DataFrame, **sections: Any) -> Opened:
    given: dict[str, Any] = {
        "measurements": [{"path": "levels.csv"}],
        "radio": {"calibration": TERMS},
        "calibration": {"path": "cal.csv"},
        **sections,
    }
    return project(given, files={"levels.csv": levels.to_csv(index=False), "sites.csv": SITES})


def at_schools(given: Opened) -> pd.DataFrame:
    """The table of predictions at schools with an exact location."""
    schools = read_schools(given)[0].assign(
        confidence="A",
        confidence_radius_m=50.0,
        claimed_area=None,
        point_weight=np.nan,
        point_radius_m=np.nan,
        diffraction_loss_db=np.nan,
    )
    return predict_levels(schools, given, handed_on(given)).tables["predictions"]


@pytest.fixture
def measured(project: MakeProject) -> pd.DataFrame:
    """Levels that lie below the predictions by a known offset and 3 dB of noise."""
    pairs, _ = validation.pairs_of(opened(project, driven()))
    pairs = pairs[pairs["predicted_dbm"].notna()]
    noise = np.random.default_rng(5).normal(0.0, 3.0, len(pairs))
    level = np.clip(pairs["predicted_dbm"] + OFFSET_DB + noise, -159.0, -21.0)
    return pairs[["lat", "lon", "operator"]].assign(rsrp_dbm=level.round(2))


def test_predictions_lie_where_was_measured(project: MakeProject, measured: pd.DataFrame) -> None:
    pairs, findings = validation.pairs_of(opened(project, measured))
    assert findings == []
    assert len(pairs) == len(measured) > 30
    row: Any = validation.report(opened(project, measured), pairs).iloc[0]
    assert row["bias_db"] == pytest.approx(-OFFSET_DB, abs=1.5)
    assert row["rmse_db"] > 10.0
    assert row["after_rmse_db"] < 4.0
    assert row["after_rmse_db"] <= row["held_out_rmse_db"] < 5.0


def test_levels_of_schools_lie_where_the_schools_do(project: MakeProject) -> None:
    levels = pd.DataFrame(
        {"npsn": ["00000109", "00000107"], "operator": "telkomsel", "rsrp_dbm": -120.0}
    )
    pairs, _ = validation.pairs_of(opened(project, levels))  # the other has no location
    assert pairs[["lat", "lon"]].to_numpy().tolist() == [[-2.927, 115.388]]
    assert pairs["site_id"].tolist() == ["T00001"]


def test_the_measured_site_is_compared_with_itself(project: MakeProject) -> None:
    levels = pd.DataFrame(
        {
            "npsn": "00000109",
            "operator": "telkomsel",
            "technology": "2g",
            "site_id": ["", "T00002", "T00009"],
            "rssi_dbm": -90.0,
        }
    )
    pairs = validation.pairs_of(opened(project, levels))[0].set_index("site_id")
    # No site recorded: the strongest. Then the recorded one, and one that is not in the project.
    assert pairs.index.tolist() == ["T00001", "T00002", ""]
    strongest, noted, unknown = pairs["predicted_dbm"].tolist()
    assert strongest > noted
    assert np.isnan(unknown)


def test_a_phone_that_lies_still_counts_once() -> None:
    levels = pd.DataFrame(
        {
            "operator": "a",
            "technology": "4g",
            "site_id": "",
            "lat": [-2.9] * 9 + [-2.95],
            "lon": 115.3,
            "measured_dbm": [-80.0] * 8 + [-70.0, -90.0],
        }
    )
    found = validation.thinned(levels, 90.0)
    assert sorted(found["measured_dbm"]) == [-90.0, -80.0]


@pytest.mark.parametrize(
    ("sections", "code"),
    [
        ({"measurements": None}, "levels_missing"),
        ({"elevation": None}, "elevation_missing"),
        ({"sites": None}, "sites_missing"),
    ],
)
def test_missing_inputs_are_reported(
    project: MakeProject, sections: dict[str, Any], code: str
) -> None:
    with pytest.raises(InputError) as caught:
        validation.pairs_of(opened(project, driven(), **sections))
    assert caught.value.code == code


def test_from_measured_levels_to_calibrated_ones(
    project: MakeProject, cli: CommandLine, measured: pd.DataFrame
) -> None:
    path = opened(project, measured).path
    bare = json.loads(cli("predict", "school", "00000109", "-p", path, "-f", "json").out)
    answer = cli("predict", "calibrate", "-p", path, "--format", "json")
    assert answer.status == 0
    assert "Held out" in answer.err
    assert json.loads(answer.out)[0]["bias_db"] == pytest.approx(-OFFSET_DB, abs=1.5)
    offsets = calibration.read_offsets(path.parent / "cal.csv")
    assert offsets["offset_db"].tolist() == [pytest.approx(OFFSET_DB, abs=1.5)]
    written = (path.parent / "cal.csv").read_bytes()
    compared = cli("predict", "validate", "-p", path, "--format", "json")
    assert (compared.status, compared.out) == (0, answer.out)
    assert "Written" not in compared.err
    # The report is of the uncalibrated model: calibrating twice gives the same.
    assert cli("predict", "calibrate", "-p", path, "-q").status == 0
    assert (path.parent / "cal.csv").read_bytes() == written
    links = json.loads(cli("predict", "school", "00000109", "-p", path, "-f", "json").out)
    by = {(row["site_id"], row["technology"]): row for row in links}
    assert by["T00001", "4g"]["calibration"] == "calibrated"
    assert by["T00001", "4g"]["sd_db"] == offsets["held_out_rmse_db"][0]
    before = next(row for row in bare if row["technology"] == "4g")["level_dbm"]
    apart = by["T00001", "4g"]["level_dbm"] - before
    assert apart == pytest.approx(offsets["offset_db"][0])


def test_schools_and_rasters_apply_the_same_offset(project: MakeProject) -> None:
    offsets = (
        "operator,technology,site_id,clutter,offset_db,held_out_rmse_db\n"
        "telkomsel,4g,,,-7.5,9\ntelkomsel,4g,T00001,,0.5,\n"
    )
    section = {"calibration": {"path": "cal.csv"}}
    bare = project(files={"sites.csv": SITES})
    mine = project(section, files={"sites.csv": SITES, "cal.csv": offsets})
    networks = {each.name: each for each in read_networks(mine)[0]}
    assert networks["4g_telkomsel"].servers["offset_db"].tolist() == [-7.0]
    assert networks["4g_telkomsel"].is_calibrated
    assert not networks["2g_telkomsel"].is_calibrated
    assert not any(each.is_calibrated for each in read_networks(bare)[0])
    before, after = (at_schools(each) for each in (bare, mine))
    is_4g = (before["technology"] == "4g") & before["level_dbm"].notna()
    assert is_4g.sum() > 5
    apart = after["level_dbm"] - before["level_dbm"]
    assert apart[is_4g].to_numpy() == pytest.approx(-7.0)
    assert (apart[~is_4g].dropna() == 0.0).all()
    assert set(after.loc[is_4g, "calibration"]) == {"calibrated"}
    assert (after.loc[is_4g, "sd_db"] >= 9.0).all()
    assert "calibrated" not in set(before["calibration"]) | set(after.loc[~is_4g, "calibration"])


def test_nothing_is_written_where_nothing_is_gained(project: MakeProject, cli: CommandLine) -> None:
    path = opened(project, driven().head(4)).path
    refused = cli("predict", "calibrate", "-p", path)
    assert refused.status == 1
    assert "held-out error" in refused.err
    assert not (path.parent / "cal.csv").exists()


@pytest.mark.parametrize(
    ("command", "words"), [("validate", "no measured levels"), ("calibrate", "[calibration]")]
)
def test_what_the_project_lacks_is_said(
    project: MakeProject, cli: CommandLine, command: str, words: str
) -> None:
    refused = cli("predict", command, "-p", project().path)
    assert refused.status == 1
    assert words in refused.err


def test_offsets_never_overwrite_another_input(project: MakeProject, cli: CommandLine) -> None:
    calibration_is_sites = {"calibration": {"path": "sites.csv"}}
    path = opened(project, driven().head(4), **calibration_is_sites).path
    before = (path.parent / "sites.csv").read_bytes()
    refused = cli("predict", "calibrate", "-p", path)
    assert refused.status == 1
    assert "sites.csv" in refused.err
    assert (path.parent / "sites.csv").read_bytes() == before
