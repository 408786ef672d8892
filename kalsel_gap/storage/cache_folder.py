"""The cache folder belongs to its owner alone: compiled kernels in it are programs.

numba keeps them as pickles, which run when they are loaded. So nobody else may write there.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

from kalsel_gap.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def claim(folder: Path) -> None:
    """Make a folder for the user alone, or refuse one that is not the user's alone to write.

    A folder that cannot be made is no error: nothing is kept there then.

    Parameters
    ----------
    folder : Path
        Of the cache, or inside it.

    Raises
    ------
    OutputError
        `cache_shared` where others may write to it, `cache_of_another` where it belongs to
        somebody else. On Windows the user's profile keeps others out, and nothing is examined.
    """
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not hasattr(os, "geteuid"):
        return
    try:
        found = folder.stat()
    except OSError:
        return
    if found.st_uid != os.geteuid():
        raise OutputError("cache_of_another", path=folder)
    if found.st_mode & _OTHERS_WRITE:
        raise OutputError("cache_shared", path=folder)
