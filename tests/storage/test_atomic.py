"""Single files and leftovers; whole folders are in test_run_folder.py."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from kalsel_gap.errors import OutputError
from kalsel_gap.storage import atomic
from tests.conftest import snapshot


def test_an_hour_without_a_change_ends_what_another_machine_writes(tmp_path: Path) -> None:
    for name, age_s in (("young", 3590), ("old", 3610)):
        path = tmp_path / f".tmp-kalsel-gap-00000000-1-{name}"
        path.write_text("half")
        os.utime(path, (time.time() - age_s,) * 2)
    atomic.clear_leftovers(tmp_path)
    assert [*snapshot(tmp_path)] == [".tmp-kalsel-gap-00000000-1-young"]


@pytest.mark.skipif(os.name != "posix", reason="elsewhere only age shows it")
def test_whose_process_is_unknown_is_running(monkeypatch: pytest.MonkeyPatch) -> None:
    assert atomic._is_running(os.getpid())
    assert atomic._is_running(10**30)  # no number of a process

    def refuse(process: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert atomic._is_running(1)  # somebody else's


def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    for path in (tmp_path, Path(os.devnull)):
        with pytest.raises(OutputError, match=r"^not_written\b") as caught:
            atomic.refuse_other_than_file(path)
        assert str(caught.value.path) == str(path)
    atomic.refuse_other_than_file(tmp_path / "new.csv")


def test_a_folder_that_can_be_written_stays_empty(tmp_path: Path) -> None:
    atomic.refuse_unwritable(tmp_path / "x.csv")
    assert snapshot(tmp_path) == {}
    with pytest.raises(OutputError) as caught:
        atomic.refuse_unwritable(tmp_path / "none" / "x.csv")
    assert caught.value.path == tmp_path / "none" / "x.csv"  # not the name of a temporary file


def test_lines_of_a_text_end_as_on_every_machine(tmp_path: Path) -> None:
    atomic.replace_text(tmp_path / "x.csv", "é\nb\n")
    assert snapshot(tmp_path) == {"x.csv": b"\xc3\xa9\nb\n"}


def test_the_error_of_a_swap_is_why_it_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "run", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "x").write_text(folder.name)
    before, rename = snapshot(tmp_path), Path.rename

    def fail_once(path: Path, target: Path) -> Path:
        if path == new:
            raise OSError(errno.ENOSPC, "full")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(OSError, match="full") as caught:
        atomic.swap(new, old)
    assert caught.value.errno == errno.ENOSPC  # not that there is nothing to clear away
    assert snapshot(tmp_path) == before


def test_an_error_without_a_reason_of_the_system_says_what_it_can(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"^not_written\b") as caught,
        atomic.write_errors(tmp_path),
    ):
        raise OSError("x" * 300)
    assert caught.value.path == tmp_path
    assert caught.value.params["reason"] == "x" * 200
    beside = atomic.temporary_beside(tmp_path)
    with pytest.raises(OutputError) as caught, atomic.write_errors(tmp_path / "run"):
        raise OSError(errno.ENOSPC, "full", str(beside))
    assert (caught.value.path, caught.value.params["reason"]) == (tmp_path / "run", "full")
    with pytest.raises(OutputError) as caught, atomic.write_errors(tmp_path / "run"):
        raise OSError(errno.ENOSPC, "full", str(tmp_path / "run" / "a.csv"))
    assert str(caught.value.path) == str(tmp_path / "run" / "a.csv")
