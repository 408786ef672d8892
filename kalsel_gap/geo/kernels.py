"""How kernels are compiled, and where they are kept.

No fastmath: results must not depend on how a compiler orders sums. numba compiles a kernel again
when its own file changes, but not when a function that it calls from another file does; so the
kernels of a module are kept in a folder named by the hash of its code and of all that it imports.
``NUMBA_CACHE_DIR`` names another place for these folders.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
from typing import TYPE_CHECKING, Any

from numba import config, njit

from kalsel_gap.storage.fingerprint import code_hash, kernels_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Folders that are kept: three versions of the package, for those who switch between them.
_KEPT = 120
_FOLDER = re.compile(r"[0-9a-f]{16}")  # anything else beside them is not ours
_SETTING = threading.Lock()


def folder_of(module: str) -> Path:
    """The folder of the kernels of a module as its code is now; those unused for longest go."""
    folder = kernels_folder() / code_hash(module)[:16]
    with contextlib.suppress(OSError):  # a cache that cannot be written is no error
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            others = [path for path in folder.parent.iterdir() if _FOLDER.fullmatch(path.name)]
            for old in sorted(others, key=lambda path: path.stat().st_mtime)[:-_KEPT]:
                shutil.rmtree(old, ignore_errors=True)
        os.utime(folder)
    return folder


def _compiled(**options: bool) -> Callable[[Callable[..., object]], object]:
    """Numba's decorator, for kernels that are kept in the folder of their module."""
    every: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", **options}

    def decorate(function: Callable[..., object]) -> object:
        folder = str(folder_of(function.__module__))
        with _SETTING:  # numba reads it once, while it decorates
            usual, config.CACHE_DIR = config.CACHE_DIR, folder  # type: ignore[attr-defined]
            try:
                return njit(**every)(function)
            finally:
                config.CACHE_DIR = usual  # type: ignore[attr-defined]

    return decorate


# Steps of kernels create no array: without reference counting of arrays, which for a path of 200
# samples takes a third of the time. Small ones are inlined into their callers.
if TYPE_CHECKING:
    kernel = uncounted = inlined = njit(cache=True, nogil=True, error_model="numpy")
else:
    kernel = _compiled()
    uncounted = _compiled(_nrt=False)
    inlined = _compiled(_nrt=False, forceinline=True)
