"""Everything runs without a network once it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

ROOT = REPOSITORY
COMMANDS = (
    "rank --quiet --top 3",
    "config --format json",
    "export csv --out list.csv",
    "export geojson --out schools.geojson",
    "export gpkg --out schools.gpkg",
    "map --out map.html",
)
# One process for all: it may keep what it has imported, but reach no network.
ALL = """
import sys
from kalsel_gap.cli import main
for words in sys.argv[1:]:
    try:
        main(words.split())
    except SystemExit as ended:
        assert not ended.code, words
"""


def cut_off(*command: str) -> list[str]:
    """`command` in a network namespace of its own, in which there is not even a loopback."""
    prefix = ["unshare", "--net", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.run([*prefix, "true"], check=False).returncode:
        if os.environ.get("CI"):
            pytest.fail("no network namespace can be made here")
        pytest.skip("no network namespace can be made here")
    return [*prefix, *command]


def test_every_command_works_without_a_network(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data" / "tiny", tmp_path / "tiny")
    dialled = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=2)"
    probe = subprocess.run(
        cut_off(sys.executable, "-c", dialled), capture_output=True, text=True, check=False
    )
    assert "unreachable" in probe.stderr  # the cut is real
    command = cut_off(sys.executable, "-c", ALL, *COMMANDS)
    answer = subprocess.run(
        command, cwd=tmp_path / "tiny", capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    made = {path.name for path in (tmp_path / "tiny").iterdir()}
    assert {"list.csv", "schools.geojson", "schools.gpkg", "map.html"} <= made
