from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import OutputError
from kalsel_gap.storage.cache_folder import claim

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="rights as POSIX has them")


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "above" / "cache"
    for _ in range(2):
        claim(folder)
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o720, 0o702])
def test_a_folder_that_others_may_write_to(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    if mode & 0o022:
        with pytest.raises(OutputError) as caught:
            claim(tmp_path)
        assert (caught.value.code, caught.value.path) == ("cache_shared", tmp_path)
    else:
        claim(tmp_path)


def test_a_folder_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(OutputError) as caught:
        claim(tmp_path)
    assert (caught.value.code, caught.value.path) == ("cache_of_another", tmp_path)


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    claim(tmp_path / "file" / "cache")
