"""How kernels are compiled, and where they are kept.

No fastmath: results must not depend on how a compiler orders sums. numba compiles a kernel again
when its own file changes, but not when a function that it calls from another file does; so the
kernels of a module are kept in a folder named by the hash of its code and of all that it imports.
``NUMBA_CACHE_DIR`` names another place for these folders. Each file begins with the hash of the
rest: one that was cut or damaged is not loaded, and its kernel is compiled again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import re
import shutil
import threading
from typing import TYPE_CHECKING, Any

from numba import config, njit
from numba.core.caching import FunctionCache, IndexDataCacheFile

from kalsel_gap.storage.cache_folder import claim
from kalsel_gap.storage.fingerprint import code_hash, default_cache_folder, kernels_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Folders that are kept: three versions of the package, for those who switch between them.
_KEPT = 120
_FOLDER = re.compile(r"[0-9a-f]{16}")  # anything else beside them is not ours
_SETTING = threading.Lock()


def folder_of(module: str) -> Path:
    """The folder of the kernels of a module as its code is now; those unused for longest go.

    Raises
    ------
    OutputError
        The folder of the cache is not the user's alone to write; see `cache_folder.claim`.
    """
    for above in (default_cache_folder(), kernels_folder()):
        claim(above)
    folder = kernels_folder() / code_hash(module)[:16]
    with contextlib.suppress(OSError):  # a cache that cannot be written is no error
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)
            others = [path for path in folder.parent.iterdir() if _FOLDER.fullmatch(path.name)]
            for old in sorted(others, key=lambda path: path.stat().st_mtime)[:-_KEPT]:
                shutil.rmtree(old, ignore_errors=True)
        os.utime(folder)
    claim(folder)
    return folder


class _HashedFile(IndexDataCacheFile):
    """The files of a kernel, each with the hash of its content before it.

    numba itself loads whatever is there: a damaged pickle raises any error, or none.
    """

    def _dump(self, obj: object) -> bytes:
        content: bytes = super()._dump(obj)
        return hashlib.sha256(content).digest() + content

    def _load_index(self) -> dict[Any, str]:
        with contextlib.suppress(OSError):
            version, stamp, overloads = self._load_data(self._index_name)
            if (version, stamp) == (self._version, self._source_stamp):
                return dict(overloads)
        return {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        self._save_data(self._index_name, (self._version, self._source_stamp, overloads))

    def _load_data(self, name: str) -> Any:  # noqa: ANN401 - what numba has kept
        with open(self._data_path(name), "rb") as file:  # noqa: PTH123 - numba's paths are text
            digest, content = file.read(32), file.read()
        if hashlib.sha256(content).digest() != digest:
            raise OSError(name)  # as if it were not there
        return pickle.loads(content)  # noqa: S301 - of a folder that only the user may write


class _HashedCache(FunctionCache):
    """numba's cache of a function, in files whose damage is noticed."""

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)
        self._cache_file = _HashedFile(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=self._impl.locator.get_source_stamp(),
        )


def _compiled(**options: bool) -> Callable[[Callable[..., object]], object]:
    """Numba's decorator, for kernels that are kept in the folder of their module."""
    every: dict[str, Any] = {"nogil": True, "error_model": "numpy", **options}

    def decorate(function: Callable[..., object]) -> object:
        folder = str(folder_of(function.__module__))
        with _SETTING:  # numba reads it once, while it decorates
            usual, config.CACHE_DIR = config.CACHE_DIR, folder  # type: ignore[attr-defined]
            try:
                compiled: Any = njit(**every)(function)
                compiled._cache = _HashedCache(function)  # noqa: SLF001 - as cache=True does
                return compiled
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
