"""The run of data/tiny as it was agreed upon, and the same bytes whenever it is made again."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from kalsel_gap import open_project
from kalsel_gap.stage_cache import StageCache
from kalsel_gap.storage.run_folder import read_run
from tests.conftest import snapshot

if TYPE_CHECKING:
    from types import ModuleType

TESTS = Path(__file__).parent


@pytest.fixture(scope="module")
def refresh() -> ModuleType:
    """The script that writes the golden file."""
    spec = importlib.util.spec_from_file_location("refresh_golden", TESTS / "refresh_golden.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_golden_run(refresh: ModuleType, ranked: Path) -> None:
    found = refresh.key_columns(read_run(ranked / "runs"))
    golden = pd.read_csv(refresh.GOLDEN, dtype="str", keep_default_na=False)
    assert list(found.columns) == list(golden.columns)
    assert len(found) == len(golden)
    for name in found.columns:
        if pd.api.types.is_float_dtype(found[name]):
            expected = pd.to_numeric(golden[name].replace("", None)).astype("float64")
            pd.testing.assert_series_equal(found[name], expected, rtol=1e-9, atol=1e-9)
        else:
            shown = found[name].astype("str").where(found[name].notna(), "").astype("str")
            assert shown.tolist() == golden[name].tolist(), name


def test_a_folder_that_the_cache_knows_computes_nothing(
    ranked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        pytest.fail("a stage ran anew")

    monkeypatch.setattr(StageCache, "_made", never)
    assert open_project(ranked).rank().folder == read_run(ranked / "runs").folder


def test_the_same_bytes_again(ranked: Path) -> None:
    first = read_run(ranked / "runs").folder
    fresh = open_project(ranked).rank(out=ranked / "cached").folder
    again = open_project(ranked).rank(out=ranked / "again").folder
    without = open_project(ranked).rank(out=ranked / "without", cached=False).folder
    assert first.name == fresh.name == again.name == without.name
    assert snapshot(first) == snapshot(fresh) == snapshot(again) == snapshot(without)


def test_the_same_bytes_from_another_folder(ranked: Path, tmp_path: Path) -> None:
    other = tmp_path / "deeper" / "elsewhere"
    shutil.copytree(ranked, other)
    here, there = (open_project(folder).rank().folder for folder in (ranked, other))
    assert snapshot(here) == snapshot(there)


def test_the_same_bytes_with_other_threads(ranked: Path) -> None:
    threads = "1" if (os.cpu_count() or 1) > 1 else "2"
    variables = {
        "NUMBA_NUM_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        "GDAL_NUM_THREADS": threads,
        "PYTHONHASHSEED": threads,
        "TZ": "Asia/Makassar",
        "LC_ALL": "C",
    }
    command = ["rank", "--project", str(ranked), "--out", str(ranked / "threads"), "--no-cache"]
    subprocess.run(
        [sys.executable, "-m", "kalsel_gap", *command],
        check=True,
        capture_output=True,
        env={**os.environ, **variables},
    )
    expected, found = (read_run(ranked / name).folder for name in ("runs", "threads"))
    assert expected.name == found.name
    assert snapshot(expected) == snapshot(found)
