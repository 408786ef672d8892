"""How kernels are compiled, and where they are kept.

No fastmath: digits must not hang on how a compiler orders sums. numba asks for a compiled kernel
anew when its own file changes, but not when a function that it calls from another file does; so
kernels are kept apart by the hash of all sources. ``NUMBA_CACHE_DIR`` names another folder.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from numba import config, njit

from kalsel_gap.storage.fingerprint import code_hash, default_cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_VERSIONS = 3  # sets of kernels that are kept, for those who switch between them


def keep_apart(environment: Mapping[str, str]) -> Path | None:
    """The folder of this version's kernels, older versions cleared; none where one is named."""
    if environment.get("NUMBA_CACHE_DIR"):
        return None
    folder = default_cache_folder() / "kernels" / code_hash()[:16]
    if not folder.exists() and folder.parent.is_dir():
        versions = sorted(folder.parent.iterdir(), key=lambda each: each.stat().st_mtime)
        for old in versions[: -(_VERSIONS - 1)]:
            shutil.rmtree(old, ignore_errors=True)
    return folder


if folder := keep_apart(os.environ):
    config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]

kernel = njit(cache=True, nogil=True, error_model="numpy")
# Steps of kernels, which make no array of their own: nobody counts who holds the arrays, which for
# a path of 200 samples is a third of the time. Small ones are compiled into what calls them.
if TYPE_CHECKING:
    uncounted = inlined = kernel
else:
    uncounted = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
    inlined = njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
