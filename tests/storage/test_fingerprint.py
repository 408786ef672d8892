"""What the hash of the code covers."""

from __future__ import annotations

import os
from pathlib import Path

import kalsel_gap
from kalsel_gap.package import PACKAGE_FOLDER
from kalsel_gap.storage.fingerprint import hashed_files


def sources() -> set[Path]:
    """Every module and table of defaults, found by walking the package as the system shows it."""
    top = Path(str(kalsel_gap.__file__)).parent
    return {
        Path(folder) / name
        for folder, _, names in os.walk(top)
        for name in names
        if name.endswith((".py", ".toml"))
    }


def test_the_folder_of_the_package_is_the_one_that_is_imported() -> None:
    assert Path(str(kalsel_gap.__file__)).parent == PACKAGE_FOLDER


def test_the_hash_covers_the_whole_package() -> None:
    assert set(hashed_files()) == sources()
