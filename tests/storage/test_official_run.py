from __future__ import annotations

import errno
import json
import os
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalsel_gap.errors import InputError, OutputError, ProjectError
from kalsel_gap.i18n.text import plain
from kalsel_gap.storage import atomic
from kalsel_gap.storage.official_run import OFFICIAL, Official, read_official, write_official

if TYPE_CHECKING:
    from pathlib import Path

MARK = Official("0a1b2c3d4e5f", "188.44/0123/KUM/2026", "2026-07-31")
TEXT = (
    '{\n  "date": "2026-07-31",\n  "decree": "188.44/0123/KUM/2026",\n  "run": "0a1b2c3d4e5f"\n}\n'
)
BROKEN = [
    *("", "{", "[]", "null", "7", "{}", "0a1b2c3d4e5f\n", "\udcff", "[" * 9_000, TEXT[:-1]),
    *(TEXT.replace("0a1b2c3d4e5f", run) for run in ("../../x", "0a1b2c", "0A1B2C3D4E5F", "")),
    *(TEXT.replace("2026-07-31", day) for day in ("", "31.7.2026", "20260731", "2026-02-30")),
    *(TEXT.replace("188.44/0123/KUM/2026", decree) for decree in ("", " ", " a ", "\\u001b[31m")),
    TEXT.replace('"188.44/0123/KUM/2026"', "188"),
    TEXT.replace('"run"', '"Run"'),
    TEXT.replace("{", '{\n  "approved": true,', 1),
    TEXT + " " * 20_000,
]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_official(tmp_path) is None
    write_official(tmp_path, MARK)
    assert (tmp_path / OFFICIAL).read_text(encoding="utf-8") == TEXT
    assert read_official(tmp_path) == MARK


@given(
    decree=st.text(min_size=1, max_size=300).filter(lambda text: bool(plain(text).strip())),
    day=st.dates(date(2000, 1, 1), date(2100, 12, 31)),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_decree_that_can_be_stated_is_read_again(
    tmp_path: Path, decree: str, day: Any
) -> None:
    mark = Official.stated("0a1b2c3d4e5f", decree, day.isoformat())
    write_official(tmp_path, mark)
    assert read_official(tmp_path) == mark


def test_a_decree_is_one_line_of_plain_text() -> None:
    mark = Official.stated("0a", " 12\n/\x1b[31m\u202ePERBUP \udcff", " 2026-07-31 ")
    assert (mark.decree, mark.date) == ("12 / [31m PERBUP ?", "2026-07-31")


@pytest.mark.parametrize(
    ("decree", "day", "code", "path"),
    [
        ("", "2026-07-31", "decree_empty", "--decree"),
        (" \n\x00", "2026-07-31", "decree_empty", "--decree"),
        ("1" * 301, "2026-07-31", "decree_long", "--decree"),
        ("12", "", "decree_date_wrong", "--date"),
        ("12", "31 Juli 2026", "decree_date_wrong", "--date"),
        ("12", "2026-02-30", "decree_date_wrong", "--date"),
        ("12", "2026-07-31T10:00", "decree_date_wrong", "--date"),
    ],
)
def test_what_is_no_decree_and_no_date(decree: str, day: str, code: str, path: str) -> None:
    with pytest.raises(ProjectError) as caught:
        Official.stated("0a1b2c3d4e5f", decree, day)
    assert (caught.value.code, caught.value.path) == (code, path)


@pytest.mark.parametrize("text", BROKEN)
def test_a_mark_that_is_not_what_was_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / OFFICIAL
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError) as caught:
        read_official(tmp_path)
    assert (caught.value.code, caught.value.path) == ("official_broken", path)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX has pipes and links")
def test_what_is_no_file_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / OFFICIAL
    os.mkfifo(path)
    with pytest.raises(InputError, match=r"^file_special\b"):
        read_official(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match=r"^file_special\b"):
        read_official(tmp_path)
    path.rmdir()
    path.symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match=r"^official_broken\b"):
        read_official(tmp_path)


def test_a_mark_that_cannot_be_written_leaves_the_former_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_official(tmp_path, MARK)

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic, "sync", full)
    with pytest.raises(OutputError, match=r"^not_written\b"):
        write_official(tmp_path, Official("0a1b2c3d4e50", "2", "2026-08-01"))
    assert json.loads((tmp_path / OFFICIAL).read_text(encoding="utf-8"))["run"] == MARK.run
    assert [path.name for path in tmp_path.iterdir()] == [OFFICIAL]
