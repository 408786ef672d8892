"""Which version of the code this is, by its own text, and where what it made before is kept."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path

from kalsel_gap.package import PACKAGE_FOLDER


def hashed_files() -> list[Path]:
    """The sources that decide what is computed: every module and every table of defaults."""
    return sorted([*PACKAGE_FOLDER.rglob("*.py"), *PACKAGE_FOLDER.rglob("*.toml")])


@cache
def code_hash() -> str:
    """Hash of the package's own sources: a method that changes asks for its results anew."""
    digest = hashlib.sha256()
    for path in hashed_files():
        digest.update(path.relative_to(PACKAGE_FOLDER).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def hash_of(value: object) -> str:
    """Hash of plain values, for the key of what hangs on them."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def default_cache_folder() -> Path:
    """The user's cache folder; ``KALSEL_GAP_CACHE`` overrides it."""
    from platformdirs import user_cache_path

    override = os.environ.get("KALSEL_GAP_CACHE")
    return Path(override) if override else user_cache_path("kalsel-gap", appauthor=False)
