"""Predicted against measured levels, and the offsets fitted to them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalsel_gap.errors import InputError
from kalsel_gap.project.base import default_values
from kalsel_gap.project.radio import Calibration
from kalsel_gap.radio.links import calibration

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeProject


def terms(**changes: Any) -> Calibration:
    plain = {"minimum": 5, "ridge": 10.0, "per_site": False, "per_clutter": False}
    return Calibration.model_validate(
        {**default_values("radio")["calibration"], **plain, **changes}
    )


def pairs(count: int = 400, *, offset: float = 0.0, noise: float = 6.0, seed: int = 1) -> Any:
    """Places over one degree by one: four sites, two classes of land cover."""
    rng = np.random.default_rng(seed)
    predicted = rng.uniform(-120.0, -70.0, count)
    return pd.DataFrame(
        {
            "operator": "a",
            "technology": "4g",
            "site_id": rng.choice(["s1", "s2", "s3", "s4"], count),
            "clutter": rng.choice(["10", "40"], count),
            "lat": rng.uniform(-3.0, -2.0, count),
            "lon": rng.uniform(115.0, 116.0, count),
            "measured_dbm": predicted + offset + rng.normal(0.0, noise, count),
            "predicted_dbm": predicted,
            "usable_dbm": -110.0,
        }
    )


def offset_of(offsets: pd.DataFrame, **keys: str) -> float:
    wanted = {"operator": "", "technology": "", "site_id": "", "clutter": "", **keys}
    row = offsets[np.logical_and.reduce([offsets[k] == v for k, v in wanted.items()])]
    return float(row["offset_db"].iloc[0])


def test_statistics_of_nothing_are_unknown() -> None:
    found = calibration.statistics([math.nan], [-90.0], -110.0)
    assert found.places == 0
    assert math.isnan(found.rmse_db)


def test_confusion_counts_every_case_once() -> None:
    found = calibration.statistics(
        [-100.0, -100.0, -120.0, -120.0, math.nan], [-105.0, -115.0, -105.0, -115.0, -90.0], -110.0
    )
    assert found[4:8] == (1, 1, 1, 1)
    assert found.agreed_share == 0.5


@given(
    st.lists(st.tuples(st.floats(-140, -40), st.floats(-140, -40)), min_size=2, max_size=50),
    st.floats(-120, -80),
)
def test_statistics_hang_together(levels: list[tuple[float, float]], usable: float) -> None:
    measured, predicted = np.array(levels).T
    found = calibration.statistics(measured, predicted, usable)
    assert found.covered + found.missed + found.promised + found.uncovered == found.places
    n = found.places
    mean_square = found.bias_db**2 + found.sigma_db**2 * (n - 1) / n
    assert found.rmse_db**2 == pytest.approx(mean_square, abs=1e-6)


def test_fit_of_one_operator_is_the_mean_residual() -> None:
    table = pairs(6)
    table["measured_dbm"] = table["predicted_dbm"] + [1.0, 2.0, 3.0, 4.0, 5.0, 9.0]
    assert offset_of(calibration.fit(table, terms()), operator="a", technology="4g") == (
        pytest.approx(4.0)
    )


def test_ridge_by_hand() -> None:
    # Two sites, five measured places each, at +6 and -6: a = 0 and b = 5·6/(5 + 10) = ±2.
    table = pairs(10)
    table["site_id"] = ["s1"] * 5 + ["s2"] * 5
    table["measured_dbm"] = table["predicted_dbm"] + ([6.0] * 5 + [-6.0] * 5)
    found = calibration.fit(table, terms(per_site=True))
    assert offset_of(found, operator="a", technology="4g") == pytest.approx(0.0, abs=1e-9)
    assert offset_of(found, operator="a", technology="4g", site_id="s1") == pytest.approx(2.0)
    assert offset_of(found, operator="a", technology="4g", site_id="s2") == pytest.approx(-2.0)


def test_fit_agrees_with_dense_least_squares() -> None:
    table = pairs(300, offset=-8.0)
    table.loc[table["clutter"] == "10", "measured_dbm"] -= 9.0
    table.loc[table["site_id"] == "s3", "measured_dbm"] += 4.0
    found = calibration.fit(table, terms(per_site=True, per_clutter=True))
    design = np.column_stack(
        [np.ones(300)]
        + [table["site_id"] == s for s in ("s1", "s2", "s3", "s4")]
        + [table["clutter"] == c for c in ("10", "40")]
    ).astype(float)
    ridge = np.sqrt(10.0) * np.eye(7)[1:]
    wanted = np.linalg.lstsq(
        np.vstack([design, ridge]),
        np.concatenate([table["measured_dbm"] - table["predicted_dbm"], np.zeros(6)]),
        rcond=None,
    )[0]
    keys = [{"operator": "a", "technology": "4g"}]
    keys += [{**keys[0], "site_id": s} for s in ("s1", "s2", "s3", "s4")]
    keys += [{"clutter": c} for c in ("10", "40")]
    assert [offset_of(found, **key) for key in keys] == pytest.approx(wanted.tolist(), abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(st.floats(-30.0, 30.0), st.integers(0, 10_000))
def test_a_known_offset_is_recovered(offset: float, seed: int) -> None:
    table = pairs(400, offset=offset, noise=6.0, seed=seed)
    found = offset_of(calibration.fit(table, terms()), operator="a", technology="4g")
    assert abs(found - offset) < 5.0 * 6.0 / math.sqrt(400)  # five standard errors


def test_what_is_measured_too_seldom_gets_no_offset() -> None:
    table = pairs(40, offset=5.0)
    table.loc[:1, "site_id"] = "rare"
    other = pairs(4, offset=50.0)
    other["operator"] = "b"
    found = calibration.fit(pd.concat([table, other]), terms(per_site=True))
    assert "b" not in set(found["operator"])
    assert "rare" not in set(found["site_id"])
    added, calibrated = calibration.offset_db(found, ["a", "b"], ["4g", "4g"], ["rare", "s1"])
    assert calibrated.tolist() == [True, False]
    assert added[1] == 0.0


def test_unknown_sites_and_land_cover_make_no_column() -> None:
    table = pairs(40, offset=5.0)
    table["site_id"] = table["clutter"] = ""
    found = calibration.fit(table, terms(per_site=True, per_clutter=True))
    assert len(found) == 1


def test_offsets_add_up() -> None:
    keys = calibration.KEYS
    offsets = pd.DataFrame(
        [("a", "4g", "", "", -5.0), ("a", "4g", "s1", "", 2.0), ("", "", "", "10", -1.0)],
        columns=[*keys, "offset_db"],
    )
    added, calibrated = calibration.offset_db(
        offsets,
        ["a", "a", "a", "b"],
        ["4g", "4g", "3g", "4g"],
        ["s1", "s2", "s1", "s1"],
        ["10", "40", "10", "10"],
    )
    assert added.tolist() == [-4.0, -5.0, 0.0, 0.0]
    assert calibrated.tolist() == [True, True, False, False]


def test_order_of_rows_changes_nothing() -> None:
    table = pairs(200, offset=3.0)
    mixed = table.sample(frac=1.0, random_state=3)
    rules = terms(per_site=True, per_clutter=True)
    pd.testing.assert_frame_equal(calibration.fit(table, rules), calibration.fit(mixed, rules))
    pd.testing.assert_frame_equal(
        calibration.calibrate(table, rules), calibration.calibrate(mixed, rules)
    )


@pytest.mark.parametrize("kind", ["block", "site"])
def test_what_lies_together_is_held_out_together(kind: str) -> None:
    table = pairs(400)
    part = calibration.folds(table, terms(held_out=kind, block_km=20.0, folds=3))
    assert set(part) == {0, 1, 2}
    if kind == "site":
        assert len(set(zip(part, table["site_id"], strict=True))) == 4
    shuffled = table.iloc[::-1]
    assert calibration.folds(shuffled, terms(held_out=kind, block_km=20.0, folds=3)).tolist() == (
        part[::-1].tolist()
    )


def test_square_of_a_place_by_hand() -> None:
    table = pairs(4)
    # Two within one square of 10 km, two some 100 km away.
    table["lat"], table["lon"] = [-2.99, -2.98, -2.1, -2.1], [115.01, 115.02, 115.9, 115.9]
    part = calibration.folds(table, terms(block_km=10.0, folds=2)).tolist()
    assert part[0] == part[1]
    assert part[2] == part[3]
    assert part[0] != part[2]


def test_held_out_error_is_no_smaller_than_in_sample() -> None:
    for seed in range(5):
        summary = calibration.report(
            pairs(300, offset=-12.0, seed=seed), terms(per_site=True, per_clutter=True)
        ).iloc[0]
        assert summary["held_out_rmse_db"] >= summary["after_rmse_db"]
        assert summary["rmse_db"] > summary["held_out_rmse_db"]  # 13 dB before, 6 dB of noise after
        assert summary["gain"]


def test_a_square_is_never_fitted_to_itself() -> None:
    # All in one square: no pair is left to fit, so nothing is gained and no offset is kept.
    table = pairs(100, offset=10.0)
    table["lat"], table["lon"] = -2.501, 115.501
    summary = calibration.report(table, terms()).iloc[0]
    assert summary["held_out_rmse_db"] == pytest.approx(summary["rmse_db"])
    assert not summary["gain"]
    assert calibration.calibrate(table, terms()).empty


def test_an_operator_that_gains_nothing_stays_as_it_is() -> None:
    good = pairs(200, offset=-15.0)
    blind = pairs(60, offset=0.0, noise=3.0, seed=9)
    blind["operator"] = "b"
    blind["measured_dbm"] -= (blind["measured_dbm"] - blind["predicted_dbm"]).mean()
    found = calibration.calibrate(pd.concat([good, blind]), terms())
    assert found["operator"].tolist() == ["a"]
    assert found["rmse_before_db"][0] > found["held_out_rmse_db"][0] >= found["rmse_after_db"][0]


def test_report_of_no_pairs_is_empty() -> None:
    assert calibration.report(pairs(0), terms()).empty
    assert calibration.calibrate(pairs(0), terms()).empty


def test_file_of_offsets_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = calibration.calibrate(pairs(300, offset=-12.0), terms(per_site=True, per_clutter=True))
    file = tmp_path / "calibration.csv"
    file.write_text(calibration.to_csv(found), encoding="utf-8")
    again = calibration.read_offsets(file)
    pd.testing.assert_frame_equal(again, found, check_dtype=False)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("a,4g,,,lots", "offset_wrong"),
        ("a,4g,,,-99", "offset_wrong"),
        ("a,4g,,,", "offset_wrong"),
        ("a,4g,,,1\na,4g,,,2", "offset_twice"),
    ],
)
def test_a_wrong_offset_is_refused(tmp_path: Path, line: str, code: str) -> None:
    file = tmp_path / "calibration.csv"
    file.write_text(f"operator,technology,site_id,clutter,offset_db\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        calibration.read_offsets(file)
    assert caught.value.code == code
    assert caught.value.row in (2, 3)


@pytest.mark.parametrize("error", ["", "0", "-3", "x"])
def test_an_offset_without_a_held_out_error_calibrates_nothing(tmp_path: Path, error: str) -> None:
    path = tmp_path / "c.csv"
    path.write_text(
        "operator,technology,site_id,clutter,offset_db,held_out_rmse_db\n"
        f"a,4g,,,-7,8\na,2g,,,-7,{error}\n"
    )
    with pytest.raises(InputError) as caught:
        calibration.read_offsets(path)
    assert (caught.value.code, caught.value.row) == ("offset_without_error", 3)
    assert caught.value.params["value"] == "a, 2g"


def test_offsets_are_spelled_as_sites_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(
        "operator,technology,site_id,clutter,offset_db,held_out_rmse_db\n"
        "Telkomsel ,LTE,,,-50,8\ntelkomsel,4g,A,,-40,\n"
    )
    offsets = calibration.read_offsets(path)
    found, calibrated = calibration.offset_db(offsets, ["telkomsel"], ["4g"], ["A"])
    assert (found.tolist(), calibrated.tolist()) == ([-60.0], [True])


def test_names_of_offsets_are_no_formulas_and_come_back(tmp_path: Path) -> None:
    names = ["=1+1", "'=x", "@a", "-b", "plain"]
    offsets = pd.DataFrame(
        {
            "operator": names,
            "technology": "4g",
            "site_id": "",
            "clutter": "",
            "offset_db": 1.0,
            "held_out_rmse_db": 5.0,
        }
    )
    path = tmp_path / "c.csv"
    path.write_text(calibration.to_csv(offsets))
    assert not any(line[0] in "=@-+" for line in path.read_text().splitlines())
    assert calibration.read_offsets(path)["operator"].tolist() == names


def test_unused_offsets_are_reported(project: MakeProject) -> None:
    rows = ("a,4g,,,1,5", "a,4g,S1,,1,", "a,4g,S2,,1,", "b,4g,,,1,5", "a,2g,S1,,1,", ",,,10,1,")
    header = "operator,technology,site_id,clutter,offset_db,held_out_rmse_db"
    opened = project(
        {"calibration": {"path": "c.csv"}},
        files={"c.csv": "\n".join([header, *rows]) + "\n"},
        bare=True,
    )
    sites = pd.DataFrame({"operator": ["a", "a"], "technology": ["4g", "2g"], "site_id": "S1"})
    found = calibration.unused(opened, sites)
    assert [(f.code, f.row, f.value) for f in found] == [
        ("offset_unused", 4, "a, 4g, S2"),
        ("offset_unused", 5, "b, 4g"),
        ("offset_unused", 6, "a, 2g, S1"),
        ("offset_unused", 7, "10"),
    ]
