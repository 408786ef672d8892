from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from kalsel_gap.geo import kernels
from kalsel_gap.storage.fingerprint import code_hash

if TYPE_CHECKING:
    from pathlib import Path


def test_kernels_are_kept_by_the_hash_of_the_sources(cache_folder: Path) -> None:
    folder = kernels.keep_apart({})
    assert folder == cache_folder / "kernels" / code_hash()[:16]


def test_another_folder_can_be_named() -> None:
    assert kernels.keep_apart({"NUMBA_CACHE_DIR": "/elsewhere"}) is None


def test_kernels_of_older_versions_go(cache_folder: Path) -> None:
    for age, name in enumerate("abcd"):
        (cache_folder / "kernels" / name).mkdir(parents=True)
        os.utime(cache_folder / "kernels" / name, (age, age))
    kernels.keep_apart({})
    assert sorted(path.name for path in (cache_folder / "kernels").iterdir()) == ["c", "d"]


def test_a_kernel_is_stored_there(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    code = "from kalsel_gap.geo import dem; dem.missing(1.0)"
    subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "KALSEL_GAP_CACHE": str(tmp_path)},
        check=True,
    )
    assert list((tmp_path / "kernels" / code_hash()[:16]).rglob("*.nbi"))
