"""Work on many schools or draws in as many threads as there are processors."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def in_threads(n: int, work: Callable[[int, int], None]) -> None:
    """Call `work` with the begin and the end of each of as many parts as there are processors.

    Each part does its own share of n, so the number of processors changes no result.
    """
    parts = np.linspace(0, n, min(os.cpu_count() or 1, max(n, 1)) + 1).astype(int).tolist()
    with ThreadPoolExecutor(len(parts)) as pool:
        for done in [pool.submit(work, a, b) for a, b in itertools.pairwise(parts)]:
            done.result()
