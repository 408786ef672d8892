"""A slice of `make kills`, and that it sees what a killed command can leave."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import REPOSITORY, snapshot

if sys.platform == "win32":
    pytest.skip("processes are forked", allow_module_level=True)

from tests import kills

if TYPE_CHECKING:
    from pathlib import Path


# Whoever forks has had no thread before: in a newer Python a warning says so.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


@pytest.mark.parametrize("only", ["init --sample", "gpkg"])
def test_a_slice_of_all_kills(only: str) -> None:
    command = [sys.executable, "-m", "tests.kills", "--kills", "4", "--only", only]
    done = subprocess.run(command, cwd=REPOSITORY, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("4 kills of 1 commands")


def half_written(words: list[str]) -> None:
    """A command that writes its file in place, beside a temporary one that it forgets."""
    place = words[0]
    with open(f"{place}/list.csv", "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("half")
        file.flush()
        with open(f"{place}/.tmp-forgotten", "w", encoding="utf-8"):  # noqa: PTH123
            os.kill(os.getpid(), 9)


def test_what_is_lost_and_left_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "begun" / "project"
    project.mkdir(parents=True)
    (project / "list.csv").write_text("before")
    after = {"list.csv": b"after"}
    stage = kills.Stage("csv", tmp_path / "begun", snapshot(project), after, 60.0)
    monkeypatch.setattr(kills, "words_of", lambda name, folder, **_: [str(folder)])
    monkeypatch.setattr(kills, "main_of_the_program", half_written)
    monkeypatch.setattr(kills, "finished", lambda name, root: 0.0)
    assert list(kills.faults_of(stage, tmp_path / "root", 1.0)) == [
        "list.csv is neither the earlier one nor the new one",
        ".tmp-forgotten differs after the next run",
        "list.csv differs after the next run",
        "project/.tmp-forgotten is left over",
    ]
