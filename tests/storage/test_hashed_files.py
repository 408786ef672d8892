from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import InputError
from kalsel_gap.storage import hashed_files
from kalsel_gap.storage.hashed_files import FileState

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("now_ns", "unseen"), [(5 * 10**9, True), (7 * 10**9 - 1, True), (7 * 10**9, False)]
)
def test_how_old_a_change_must_be_to_be_the_last(
    monkeypatch: pytest.MonkeyPatch, now_ns: int, unseen: bool
) -> None:
    # FAT counts in steps of two seconds.
    state = FileState(1, mtime_ns=5 * 10**9, ctime_ns=5 * 10**9, inode=1)
    monkeypatch.setattr(time, "time_ns", lambda: now_ns)
    assert state.can_change_unseen() is unseen


@pytest.mark.parametrize(("writes", "settles"), [(0, True), (2, True), (3, False)])
def test_a_file_is_read_three_times_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int, settles: bool
) -> None:
    path = tmp_path / "input.csv"
    path.write_bytes(b"")
    left = iter(range(writes))

    def hash_while_somebody_writes(path: Path) -> str:
        if next(left, None) is not None:
            path.write_bytes(path.read_bytes() + b"x")
        return f"of {path.stat().st_size}"

    monkeypatch.setattr(hashed_files, "hash_of_file", hash_while_somebody_writes)
    if settles:
        assert hashed_files.hash_at_rest(path).digest == f"of {writes}"
    else:
        with pytest.raises(InputError, match=r"^input_changed\b") as caught:
            hashed_files.hash_at_rest(path)
        assert caught.value.path == path
