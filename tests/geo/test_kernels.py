from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from numba import config

from kalsel_gap.geo import kernels
from kalsel_gap.storage.fingerprint import code_hash

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "kalsel_gap.geo.dem"


@pytest.fixture
def unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine of a user, who names no folder for compiled kernels."""
    monkeypatch.delenv("NUMBA_CACHE_DIR")


def test_kernels_are_kept_by_the_hash_of_their_module(unnamed: None, cache_folder: Path) -> None:
    folder = kernels.folder_of(MODULE)
    assert folder == cache_folder / "kernels" / code_hash(MODULE)[:16]
    assert kernels.folder_of("kalsel_gap.terrain.horizon") != folder


def test_another_place_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert kernels.folder_of(MODULE) == tmp_path / code_hash(MODULE)[:16]


def test_what_others_compile_goes_where_it_went_before() -> None:
    assert os.environ["NUMBA_CACHE_DIR"] == config.CACHE_DIR  # type: ignore[attr-defined]


def test_kernels_unused_for_longest_go(
    unnamed: None, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "_KEPT", 3)
    folder = cache_folder / "kernels"
    names = [letter * 16 for letter in "abcd"]
    for age, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        os.utime(folder / name, (age, age))
    (folder / "mine").mkdir()
    made = kernels.folder_of(MODULE).name
    kept = {path.name for path in folder.iterdir() if path.is_dir()}
    assert kept == {"mine", *names[2:], made}
    # One that is used stays.
    os.utime(folder / made, (0, 0))
    kernels.folder_of(MODULE)
    assert (folder / made).stat().st_mtime > 10


def test_a_cache_that_cannot_be_written_is_no_error(
    unnamed: None, cache_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(tmp_path / "file"))
    assert kernels.folder_of(MODULE).name == code_hash(MODULE)[:16]


def test_a_kernel_is_stored_there(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    code = f"from {MODULE} import missing; missing(1.0)"
    subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "KALSEL_GAP_CACHE": str(tmp_path)},
        check=True,
    )
    stored = list((tmp_path / "kernels").rglob("*.nbi"))
    assert stored
    assert {path.parents[1].name for path in stored} == {code_hash(MODULE)[:16]}
