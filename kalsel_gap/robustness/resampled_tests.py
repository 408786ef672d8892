"""Percentiles of a school's own speed tests, the tests drawn again (bootstrap)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.geo.kernels import kernel
from kalsel_gap.robustness.streams import two_uniform

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray

_TESTS = np.uint64(1024)  # quantity of the first random number of a school's own tests


@kernel
def resample_tests(
    rates: FloatArray,
    begin: NDArray[np.int64],
    more: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    values: FloatArray,
    keys: NDArray[np.uint64],
    percentiles: FloatArray,
) -> None:
    """Write percentiles of as many tests as there are, drawn with replacement.

    Parameters
    ----------
    rates : float array of shape (rows, 3)
        Written into: of each school the rows after its first one.
    begin : int64 array of shape (n + 1,)
        First row of each school.
    more : int64 array of shape (n,)
        How many times its tests are drawn again.
    first, last : int64 arrays of shape (n,)
        The tests of each school among `values`.
    values : float array of shape (tests, 3)
        Download and upload, Mbps, and latency, ms; NaN where not measured.
    keys : uint64 array of shape (n,)
        Streams of the schools.
    percentiles : float array of shape (3,)
        Of download, upload and latency; 50 is the median.
    """
    for school in range(len(more)):
        count = last[school] - first[school]
        chosen = np.empty(count, dtype=np.int64)
        for again in range(more[school]):
            for test in range(count):
                number, _ = two_uniform(
                    keys[school], np.uint64(again), _TESTS + np.uint64(test), np.uint64(0)
                )
                chosen[test] = first[school] + int(number * count)
            for part in range(3):
                found = values[chosen, part]
                found = found[~np.isnan(found)]
                if len(found) and percentiles[part] == 50.0:
                    rates[begin[school] + 1 + again, part] = np.median(found)
                elif len(found):
                    rates[begin[school] + 1 + again, part] = np.percentile(found, percentiles[part])
                else:
                    rates[begin[school] + 1 + again, part] = rates[begin[school], part]
