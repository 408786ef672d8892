"""Stage certainty: what is said of each school and of the list, on whole projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from kalsel_gap import pipeline
from kalsel_gap.robustness import certainty
from kalsel_gap.robustness.evidence import prepare_draws, school_keys
from kalsel_gap.robustness.sensitivity import list_sensitivity
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kalsel_gap.robustness.deficit_draws import DeficitDraws
    from kalsel_gap.storage.run_folder import Run

SAMPLE = REPOSITORY / "data" / "sample"
DRAWS = "robustness.draws=200"


@pytest.fixture
def ranked(
    provinces_cache: Path,
    without_images: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Run]:
    """A project, ranked with options."""
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(provinces_cache))

    def rank(*options: str, project: Path = SAMPLE) -> Run:
        return pipeline.open_project(project, options=options).rank(out=tmp_path / "runs")

    return rank


def has_rank(run: Run) -> pd.DataFrame:
    return pd.DataFrame(run.schools[run.schools["rank"].notna()])


def test_what_is_said_of_the_sample_fits_together(sample_run: Run) -> None:
    rows, figures = has_rank(sample_run), sample_run.manifest["certainty"]
    assert figures["k"] == int(len(rows) * 0.1)
    assert figures["draws"] == 2000
    # Every draw has k schools among the first k.
    assert rows["p_top_k"].sum() == pytest.approx(figures["k"])
    counts = rows["top_k_set"].value_counts()
    assert {name: counts.get(name, 0) for name in ("certain", "contested", "out")} == {
        name: figures[name] for name in ("certain", "contested", "out")
    }
    assert counts["certain"] <= figures["k"]
    assert (rows["rank_p05"] <= rows["rank_p50"]).all()
    assert (rows["rank_p50"] <= rows["rank_p95"]).all()
    assert set(rows.loc[rows["p_top_k"] >= 0.8, "top_k_label"]) == {"likely_in"}
    assert set(rows.loc[rows["p_top_k"] <= 0.2, "top_k_label"]) == {"likely_out"}
    # What holds for all of a list together holds for each of its schools.
    assert (rows.loc[rows["top_k_set"] == "certain", "p_top_k"] >= 0.9 - 0.02).all()
    assert (rows.loc[rows["top_k_set"] == "out", "p_top_k"] <= 0.1 + 0.02).all()
    unranked = sample_run.schools[sample_run.schools["rank"].isna()]
    names = ["rank_p05", "rank_p95", "p_top_k", "top_k_set", "top_k_label"]
    assert unranked[names].isna().all(axis=None)
    # The values of the method move the list less than what is not known of the schools.
    assert figures["mean_rank_shift_values"] < figures["mean_rank_shift_data"]
    assert figures["top_k_overlap_values"] > figures["top_k_overlap_data"]


def test_points_lie_in_their_intervals(sample_run: Run) -> None:
    rows = has_rank(sample_run)
    deficit = rows["deficit"].between(rows["deficit_low"] - 1e-9, rows["deficit_high"] + 1e-9)
    assert deficit.mean() >= 0.97
    # A school of a tie has any rank of it in a draw.
    last = rows["rank"].map(rows["rank"].value_counts()) + rows["rank"] - 1
    inside = (rows["rank_p05"] <= last) & (rows["rank"] <= rows["rank_p95"])
    # The list is by the mean: a school of known service lies between others whose service may be
    # all or nothing, and in most draws more of them have it than the mean shows.
    assert inside.mean() >= 0.85


def test_kinds_of_draws_are_kept_apart(sample_run: Run) -> None:
    table = sample_run.table("robustness")
    assert set(table["kind"]) == {"both", "data", "values"}
    width = (table["rank_p95"] - table["rank_p05"]).groupby(table["kind"]).mean()
    assert width["values"] < width["data"]
    both = table[table["kind"] == "both"].set_index("row_id")["rank_p50"]
    schools = has_rank(sample_run).set_index("row_id")["rank_p50"]
    assert (both.reindex(schools.index) == schools).all()
    # The interval of a deficit is that of the data.
    data = table[table["kind"] == "data"].set_index("row_id")["deficit_p05"]
    low = has_rank(sample_run).set_index("row_id")["deficit_low"]
    assert (data.reindex(low.index) == low).all()


def test_unknown_service_has_the_wider_interval(sample_run: Run) -> None:
    rows = has_rank(sample_run)
    width = rows["deficit_high"] - rows["deficit_low"]
    known = rows["delivered_status"] == "known"
    assert width[known].median() < width[~known].median() / 2


@pytest.mark.parametrize("name", ["sample", "tiny"])
def test_without_draws_the_point_is_that_of_the_list(
    name: str, ranked: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[DeficitDraws] = []

    def remember(*args: object) -> DeficitDraws:
        kept.append(prepare_draws(*args))  # type: ignore[arg-type]
        return kept[-1]

    monkeypatch.setattr(certainty, "prepare_draws", remember)
    run = ranked("robustness.draws=1", "robustness.seed=77", project=SAMPLE.parent / name)
    rows = has_rank(run).sort_values("row_id", key=_row_number)
    (draws,) = kept
    order = pd.Series(draws.batch(0, 1, data=False, values=False)[0], index=draws.keys)
    found = order.reindex(school_keys(rows)).to_numpy()
    assert found == pytest.approx(rows["deficit"].to_numpy(), abs=1e-9)


def _row_number(rows: pd.Series[str]) -> pd.Series[int]:
    return rows.str.rpartition(":")[2].astype(int)


def test_no_draws_leave_the_closed_form_and_say_nothing_of_ranks(
    ranked: Callable[..., Run], sample_run: Run
) -> None:
    run = ranked("robustness.draws=0")
    assert run.schools[["rank_p05", "p_top_k", "top_k_set"]].isna().all(axis=None)
    assert run.table("robustness").empty
    assert "certain" not in run.manifest["certainty"]
    same = ["npsn", "rank", "deficit", "priority"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(run.schools[same]), pd.DataFrame(sample_run.schools[same])
    )
    rows = has_rank(run)
    assert (rows["deficit"] >= rows["deficit_low"]).all()
    assert (rows["deficit"] <= rows["deficit_high"]).all()


def test_k_seed_and_confidence_are_obeyed(ranked: Callable[..., Run]) -> None:
    def of(*options: str) -> pd.DataFrame:
        return has_rank(ranked(DRAWS, *options))

    usual, again = of(), of()
    pd.testing.assert_series_equal(usual["p_top_k"], again["p_top_k"])
    assert of("robustness.k=7")["p_top_k"].sum() == pytest.approx(7)
    assert not np.array_equal(of("robustness.seed=5")["p_top_k"], usual["p_top_k"])
    sizes = [
        (of(f"robustness.confidence={level}")["top_k_set"] == "contested").sum()
        for level in (0.6, 0.95)
    ]
    assert sizes[0] < sizes[1]


def test_a_list_longer_than_the_register_has_everybody_for_certain(
    ranked: Callable[..., Run],
) -> None:
    run = ranked(DRAWS, "robustness.k=100000")
    rows = has_rank(run)
    assert run.manifest["certainty"]["k"] == len(rows)
    assert (rows["p_top_k"] == 1).all()
    assert set(rows["top_k_set"]) == {"certain"}


@pytest.mark.real
def test_the_real_list_says_how_little_is_sure(kalsel: Run) -> None:
    rows, figures = has_rank(kalsel), kalsel.manifest["certainty"]
    assert figures["k"] == 382
    assert rows["p_top_k"].sum() == pytest.approx(382)
    inside = (rows["rank_p05"] <= rows["rank"]) & (rows["rank"] <= rows["rank_p95"])
    assert inside.mean() >= 0.9
    deficit = rows["deficit"].between(rows["deficit_low"] - 1e-9, rows["deficit_high"] + 1e-9)
    assert deficit.mean() >= 0.95
    # No service is known: hardly anything is certain, and the list says so.
    assert figures["contested"] > 0.9 * len(rows)


def test_another_percentile_of_the_tests_is_followed_everywhere(
    ranked: Callable[..., Run], sample_run: Run
) -> None:
    run = ranked("index.tests.percentile=25", DRAWS)
    now, usual = (each.schools.set_index("row_id") for each in (run, sample_run))
    usual = usual.loc[now.index]
    tested = now["delivered_basis"] == "test"
    assert tested.sum() > 100
    # The difficult day states what is delivered, where there are tests enough to show it; the
    # median stays what it was.
    shown = tested & now["difficult_down_mbps"].notna()
    assert shown.sum() > 50
    for part in ("down_mbps", "up_mbps", "latency_ms"):
        assert now[f"delivered_{part}"][shown].equals(now[f"difficult_{part}"][shown])
        assert now[f"measured_{part}"].equals(usual[f"measured_{part}"])
    assert (now["delivered"] <= usual["delivered"] + 1e-9)[tested].all()
    known = tested & (now["delivered_status"] == "known") & (usual["deficit_status"] == "known")
    assert (now["deficit"] >= usual["deficit"] - 1e-9)[known].all()
    assert (now["deficit"] > usual["deficit"])[known].mean() > 0.8  # the others are adequate
    # The draws are around the new deficit, and the list is rebuilt from the new rates.
    inside = (now["deficit_low"] <= now["deficit"]) & (now["deficit"] <= now["deficit_high"])
    assert inside[known].mean() > 0.9
    assert list_sensitivity(run).ranked == now["rank"].notna().sum()
