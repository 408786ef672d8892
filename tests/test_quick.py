"""Which tests are near to a change."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.quick import changed_files, chosen, nearest

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = {
    "kalsel_gap/__init__.py": "",
    "kalsel_gap/radio/__init__.py": "",
    "kalsel_gap/radio/propagation/__init__.py": "",
    "kalsel_gap/radio/propagation/p1812.py": "from . import diffraction",
    "kalsel_gap/radio/propagation/diffraction.py": "import math",
    "kalsel_gap/radio/links.py": "def f():\n    from .propagation.p1812 import loss",
    "kalsel_gap/terrain.py": "if TYPE_CHECKING:\n    from kalsel_gap.radio.links import Link",
    "kalsel_gap/text.py": "script = f'{name}.js'",
}
MIRROR = "tests/radio/propagation/test_diffraction.py"
TESTS = {
    MIRROR: "",
    "tests/radio/propagation/test_p1812.py": "from kalsel_gap.radio.propagation import p1812",
    "tests/radio/propagation/test_mechanisms.py": (
        "from kalsel_gap.radio.propagation.diffraction import bullington"
    ),
    "tests/radio/test_links.py": "from kalsel_gap.radio import links",
    "tests/test_terrain.py": 'from kalsel_gap import terrain\nvalues = default_values("radio")',
    "tests/test_text.py": "package_sources()\nread('*.po')",
    "tests/test_kalsel.py": "",
}


def rings(*changed: str) -> list[list[str]]:
    """The rings as they are met, each file in its first one."""
    met: set[str] = set()
    found = []
    for ring in nearest(set(changed), PACKAGE, TESTS):
        found.append(sorted(set(ring) - met))
        met |= set(ring)
    return [ring for ring in found if ring]


def test_the_mirror_first_then_who_imports_it_then_their_importers() -> None:
    assert rings("kalsel_gap/radio/propagation/diffraction.py") == [
        [MIRROR],
        ["tests/radio/propagation/test_mechanisms.py", "tests/test_text.py"],  # which scans all
        ["tests/radio/propagation/test_p1812.py"],
        ["tests/radio/test_links.py"],
        ["tests/test_terrain.py"],
    ]


def test_a_changed_test_comes_before_all_others() -> None:
    first, *_ = rings("kalsel_gap/text.py", "tests/test_kalsel.py")
    assert first == ["tests/test_kalsel.py"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("kalsel_gap/defaults/radio.toml", [["tests/test_terrain.py"]]),
        ("kalsel_gap/locale/id/LC_MESSAGES/kalsel_gap.po", [["tests/test_text.py"]]),
        ("kalsel_gap/assets/invented.js", [["tests/test_text.py"]]),
        ("tests/conftest.py", [sorted(TESTS)]),
        ("LICENSE", []),
    ],
)
def test_a_file_that_is_no_module(changed: str, expected: list[list[str]]) -> None:
    assert rings(changed) == expected


def test_farther_files_are_taken_while_they_fit() -> None:
    seconds = {"changed": 50.0, "mirror": 20.0, "slow": 31.0, "fast": 1.0, "far": 2.0}
    near = [["changed"], ["mirror"], ["slow", "fast", "changed"], ["far"]]
    assert chosen(near, seconds, 75.0) == ["changed", "mirror", "fast", "far"]
    assert chosen(near, seconds, 71.0) == ["changed", "mirror", "fast"]
    assert chosen(near, seconds, 10.0) == ["changed", "mirror"]  # the change itself in any case


def test_what_differs_from_main(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not here")

    def git(*arguments: str) -> None:
        who = {f"GIT_{role}_{key}": "t@example.org" for role in ("AUTHOR", "COMMITTER")
               for key in ("NAME", "EMAIL")}  # fmt: skip
        nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, env=os.environ | who | nobody)

    def write(*names: str) -> None:
        for name in names:
            (tmp_path / name).write_text(name * 2)

    git("init", "--quiet", "--initial-branch=main")
    assert changed_files(tmp_path) == set()  # no commit yet
    for name in ("kept.py", "edited.py", "deleted.py", "committed.py", ".gitignore"):
        (tmp_path / name).write_text("*.pyc\n")
    assert len(changed_files(tmp_path)) == 5
    git("add", ".")
    git("commit", "--quiet", "--message=first")
    git("checkout", "--quiet", "-b", "work")
    write("committed.py")
    git("commit", "--quiet", "--all", "--message=second")
    write("edited.py", "né w.py", "made.pyc")
    (tmp_path / "deleted.py").unlink()
    assert changed_files(tmp_path) == {"committed.py", "edited.py", "né w.py"}
