from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from numba import config

from kalsel_gap.errors import OutputError
from kalsel_gap.geo import kernels
from kalsel_gap.storage.cache_folder import claim
from kalsel_gap.storage.fingerprint import code_hash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import CommandLine

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


# --- damage, and folders that are not the user's alone -------------------------------------------


@pytest.fixture
def numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """A kernel, kept in a folder of its own; each call stands for a new process."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))

    def double(number: float) -> float:
        return 2.0 * number

    double.__module__ = MODULE
    return lambda: kernels._compiled()(double)


def kept(folder: Path, ending: str) -> Path:
    (file,) = folder.rglob(f"*.{ending}")
    return file


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("harm", ["empty", "cut", "flipped", "longer", "of another program"])
def test_a_damaged_kernel_is_compiled_again(
    numbers: Callable[[], Any], tmp_path: Path, ending: str, harm: str
) -> None:
    assert numbers()(3.0) == 6.0
    again = numbers()
    assert (again(3.0), sum(again.stats.cache_hits.values())) == (6.0, 1)
    file = kept(tmp_path, ending)
    whole = file.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 4]) + whole[middle + 1 :]
    damaged = {"empty": b"", "cut": whole[:-9], "flipped": flipped, "longer": whole + b"x"}
    file.write_bytes(damaged.get(harm, pickle.dumps("0.0")))
    mended = numbers()
    assert (mended(3.0), sum(mended.stats.cache_hits.values())) == (6.0, 0)
    assert file.read_bytes()[32:] != b""
    again = numbers()
    assert (again(3.0), sum(again.stats.cache_hits.values())) == (6.0, 1)


POSIX = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are POSIX's")


@POSIX
@pytest.mark.parametrize("mode", [0o775, 0o757, 0o1777])
def test_a_cache_that_others_may_write_is_refused(
    unnamed: None, cache_folder: Path, cli: CommandLine, mode: int
) -> None:
    cache_folder.chmod(mode)
    with pytest.raises(OutputError) as caught:
        kernels.folder_of(MODULE)
    assert (caught.value.code, caught.value.path) == ("cache_shared", cache_folder)
    status, out, err = cli("runs")
    assert (status, out, err.count("\n")) == (1, b"", 1)
    assert str(cache_folder) in err
    cache_folder.chmod(0o755)
    kernels.folder_of(MODULE)
    (cache_folder / "kernels").chmod(mode)
    with pytest.raises(OutputError, match="cache_shared"):
        kernels.folder_of(MODULE)


@POSIX
def test_a_cache_of_somebody_else_is_refused(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = cache_folder.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(OutputError) as caught:
        claim(cache_folder)
    assert caught.value.code == "cache_of_another"


@POSIX
def test_the_cache_is_made_for_its_owner_alone(
    unnamed: None, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(cache_folder / "new"))
    before = os.umask(0o000)
    try:
        made = kernels.folder_of(MODULE)
    finally:
        os.umask(before)
    for folder in (made, made.parent, cache_folder / "new"):
        assert folder.stat().st_mode & 0o777 == 0o700
