"""Deficits of many draws: what is asked of their distribution is counted, batch by batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.geo.kernels import kernel
from kalsel_gap.robustness.threads import in_threads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray

INTERVAL = (0.05, 0.95)
_BINS = 512
_SCHOOLS_AT_ONCE = 16  # whose deficits are counted together
_AT_ONCE = 4_096  # whose counters are added up together
_UNITS = 1e12  # of a deficit: the decimals of the bounds of tiers


@dataclass(slots=True)
class DeficitCounts:
    """Distribution of the deficit of n schools over draws, in bins of 1/512.

    Attributes
    ----------
    n : int
        Schools.
    bounds : tuple of float
        Deficits at which a tier begins, falling.
    """

    n: int
    bounds: tuple[float, ...]
    _counts: NDArray[np.uint16] = field(init=False)
    _tiers: NDArray[np.uint16] = field(init=False)
    _range: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no draw."""
        self._counts = np.zeros((self.n, _BINS), dtype=np.uint16)
        self._tiers = np.zeros((self.n, len(self.bounds) + 1), dtype=np.uint16)
        self._range = np.tile([np.inf, -np.inf], (self.n, 1))

    def add(self, deficits: FloatArray) -> None:
        """Count further draws, float array of shape (draws, n)."""
        bounds = np.round(np.asarray(self.bounds) * _UNITS)
        in_threads(
            self.n,
            lambda a, b: _count(deficits, bounds, self._counts, self._tiers, self._range, a, b),
        )

    def interval(self) -> tuple[FloatArray, FloatArray]:
        """5 and 95 % quantile, each to the outer end of its bin and to what was drawn."""
        found = np.empty((2, self.n))
        for begin in range(0, self.n, _AT_ONCE):
            below = self._counts[begin : begin + _AT_ONCE].cumsum(axis=1, dtype=np.int64)
            for end, p in zip(found, INTERVAL, strict=True):
                reached = below >= np.ceil(p * below[:, -1:] - 1e-9)
                end[begin : begin + _AT_ONCE] = reached.argmax(axis=1)
        low, high = found
        least, most = self._range.T
        return np.maximum(low / _BINS, least), np.minimum((high + 1) / _BINS, most)

    def tier_chances(self) -> FloatArray:
        """Share of the draws in each tier, float array of shape (n, tiers)."""
        total = self._tiers.sum(axis=1, keepdims=True, dtype=np.int64)
        return np.asarray(self._tiers / np.maximum(total, 1), dtype=np.float64)


@kernel
def _count(
    deficits: FloatArray,
    bounds: FloatArray,
    counts: NDArray[np.uint16],
    tiers: NDArray[np.uint16],
    extremes: FloatArray,
    begin: int,
    end: int,
) -> None:
    """Count some schools, few at once: their counters stay near the processor."""
    for first in range(begin, end, _SCHOOLS_AT_ONCE):
        for row in range(len(deficits)):
            for school in range(first, min(first + _SCHOOLS_AT_ONCE, end)):
                deficit = deficits[row, school]
                counts[school, min(int(deficit * _BINS), _BINS - 1)] += np.uint16(1)
                tier, units = 0, np.round(deficit * _UNITS)
                while tier < len(bounds) and units < bounds[tier]:
                    tier += 1
                tiers[school, tier] += np.uint16(1)
                extremes[school, 0] = min(extremes[school, 0], deficit)
                extremes[school, 1] = max(extremes[school, 1], deficit)
