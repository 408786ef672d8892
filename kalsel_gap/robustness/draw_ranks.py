"""Ranks of many draws: each draw orders the schools, and only what is asked of the ranks is kept.

A draw is ranked in linear time, by a radix sort of its scores at the decimals that the list is
ranked by. Equal scores are ordered by a random number of the school and the draw.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.geo.kernels import kernel
from kalsel_gap.robustness.streams import random_block
from kalsel_gap.robustness.threads import in_threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray

QUANTILES = (0.05, 0.5, 0.95)
TIES = np.uint64(0)  # quantity of the numbers that order equal scores
_UNITS = 1e12  # of a score: the decimals that schools are ranked by
# A score of 40 bits and the position of its school in one word; sorted by its first 22 bits in two
# passes, after which the few that are still in disorder are neighbours.
_POSITION = np.uint64(24)
_OF_POSITION = np.uint64((1 << 24) - 1)
_DIGITS = 1 << 11
_OF_DIGIT = np.uint64(_DIGITS - 1)
_LOWER, _UPPER = np.uint64(42), np.uint64(53)
_FEW = 16
# Ranks are counted one by one up to this many counters; beyond it in bins of 2, 4, 8, ... ranks, of
# which a school has as many as this leaves it, and no fewer than half of these.
_MOST_COUNTERS = 2**25
_BINS = 256
_SCHOOLS_AT_ONCE = 16  # whose ranks are counted together
_COUNTERS_AT_ONCE = 2**20  # added up together


@kernel
def order_draw(
    score: NDArray[np.float64], keys: NDArray[np.uint64], draw: np.uint64, seed: np.uint64
) -> NDArray[np.int32]:
    """Order of the schools in one draw, the largest score first.

    Parameters
    ----------
    score : float array of shape (n,)
        From 0 to 1.
    keys : uint64 array of shape (n,)
        Of :func:`.streams.stream_keys`.
    draw, seed : uint64
        Which draw it is.

    Returns
    -------
    int32 array of shape (n,)
        Positions of the schools, the first one's first.
    """
    n = len(score)
    words, other = np.empty(n, dtype=np.uint64), np.empty(n, dtype=np.uint64)
    lower, upper = np.zeros(_DIGITS, dtype=np.int32), np.zeros(_DIGITS, dtype=np.int32)
    for at in range(n):
        word = (np.uint64((1.0 - score[at]) * _UNITS + 0.5) << _POSITION) | np.uint64(at)
        words[at] = word
        lower[(word >> _LOWER) & _OF_DIGIT] += 1
        upper[word >> _UPPER] += 1
    below_lower = below_upper = 0
    for digit in range(_DIGITS):
        count_lower, count_upper = lower[digit], upper[digit]
        lower[digit], upper[digit] = below_lower, below_upper
        below_lower += count_lower
        below_upper += count_upper
    for at in range(n):
        word = words[at]
        digit = (word >> _LOWER) & _OF_DIGIT
        other[lower[digit]] = word
        lower[digit] += 1
    for at in range(n):
        word = other[at]
        digit = word >> _UPPER
        words[upper[digit]] = word
        upper[digit] += 1
    begin = 0
    while begin < n:
        end = begin + 1
        while end < n and words[end] >> _LOWER == words[begin] >> _LOWER:
            end += 1
        if end - begin > 1:
            _order_alike(words, begin, end, keys, draw, seed)
        begin = end
    order = np.empty(n, dtype=np.int32)
    for at in range(n):
        order[at] = words[at] & _OF_POSITION
    return order


@kernel
def _order_alike(
    words: NDArray[np.uint64],
    begin: int,
    end: int,
    keys: NDArray[np.uint64],
    draw: np.uint64,
    seed: np.uint64,
) -> None:
    """Order words whose first bits are equal: by score, equal scores by their random numbers."""
    part = words[begin:end]
    if len(part) > _FEW:
        part.sort()
    else:
        for at in range(1, len(part)):
            word, to = part[at], at
            while to > 0 and part[to - 1] > word:
                part[to] = part[to - 1]
                to -= 1
            part[to] = word
    first = 0
    while first < len(part):
        last = first + 1
        while last < len(part) and part[last] >> _POSITION == part[first] >> _POSITION:
            last += 1
        if last - first > 1:
            _order_equals(part[first:last], keys, draw, seed)
        first = last


@kernel
def _order_equals(
    words: NDArray[np.uint64], keys: NDArray[np.uint64], draw: np.uint64, seed: np.uint64
) -> None:
    """Order schools of equal scores by their random numbers."""
    number = np.empty(len(words), dtype=np.uint64)
    for at in range(len(words)):
        a, b, _, _ = random_block(keys[words[at] & _OF_POSITION], draw, TIES, seed)
        number[at] = (a << np.uint64(32)) | b
    if len(words) > _FEW:
        words[:] = words[np.argsort(number)]
        return
    for at in range(1, len(words)):
        mine, word, to = number[at], words[at], at
        while to > 0 and number[to - 1] > mine:
            number[to], words[to] = number[to - 1], words[to - 1]
            to -= 1
        number[to], words[to] = mine, word


@kernel
def _rank_draws(
    scores: NDArray[np.float64],
    keys: NDArray[np.uint64],
    first: int,
    k: int,
    seed: np.uint64,
    ranks: NDArray[np.uint16 | np.int32],
    in_top: NDArray[np.uint8],
) -> bool:
    """Ranks from 0 of each school in each draw, and bits of who is among the first k.

    False where a score does not lie between 0 and 1.
    """
    for row in range(len(scores)):
        for at in range(scores.shape[1]):
            if not 0.0 <= scores[row, at] <= 1.0:
                return False
        order = order_draw(scores[row], keys, np.uint64(first + row), seed)
        for place in range(len(order)):
            ranks[row, order[place]] = place
        for place in range(min(k, len(order))):
            school = order[place]
            in_top[row, school >> 3] |= np.uint8(128 >> (school & 7))
    return True


def rank_draws(
    scores: FloatArray, keys: NDArray[np.uint64], *, k: int, seed: int = 0, first: int = 0
) -> tuple[NDArray[np.uint16 | np.int32], NDArray[np.uint8]]:
    """Rank the schools in each of some draws, on all processors.

    Parameters
    ----------
    scores : float array of shape (draws, n)
        From 0 to 1; the largest comes first.
    keys : uint64 array of shape (n,)
        Of :func:`.streams.stream_keys`.
    k : int
        Length of the list.
    seed, first : int
        Of the numbers that order equal scores: their seed, and the number of the first draw.

    Returns
    -------
    ranks : integer array of shape (draws, n)
        From 0.
    in_top : uint8 array of shape (draws, ⌈n / 8⌉)
        Who is among the first k, as ``numpy.packbits``.

    Raises
    ------
    ValueError
        A score does not lie between 0 and 1.
    """
    ranks = np.empty(scores.shape, dtype=np.uint16 if len(keys) <= 2**16 else np.int32)
    in_top = np.zeros((len(scores), -(-len(keys) // 8)), dtype=np.uint8)

    def rank(a: int, b: int) -> None:
        given = scores[a:b], keys, first + a, k, np.uint64(seed)
        if not _rank_draws(*given, ranks[a:b], in_top[a:b]):
            raise ValueError("scores lie between 0 and 1")

    in_threads(len(scores), rank)
    return ranks, in_top


@kernel
def _add_counts(
    ranks: NDArray[np.uint16 | np.int32],
    first_draw: int,
    shift: int,
    counts: NDArray[np.uint16],
    begin: int,
    end: int,
) -> None:
    """Count the ranks of some schools, few at once: their counters stay near the processor."""
    for first in range(begin, end, _SCHOOLS_AT_ONCE):
        last = min(first + _SCHOOLS_AT_ONCE, end)
        for half in range(2):
            for row in range((first_draw + half) & 1, len(ranks), 2):
                for school in range(first, last):
                    counts[half, school, ranks[row, school] >> shift] += np.uint16(1)


@dataclass(slots=True)
class DrawRanks:
    """Ranks over draws, added batch by batch; memory grows with draws by a bit for each school.

    Attributes
    ----------
    keys : uint64 array of shape (n,)
        Of :func:`.streams.stream_keys`.
    k : int
        Length of the list.
    seed : int
        Of the numbers that order equal scores.
    usual : float array of shape (n,), optional
        Rank of each school in the list, from 1.
    draws : int
        How many were added.
    """

    keys: NDArray[np.uint64]
    k: int
    seed: int = 0
    usual: FloatArray | None = None
    draws: int = 0
    _shift: float = 0.0
    _kept: int = 0
    _counts: NDArray[np.uint16] = field(init=False)  # of even and of odd draws
    _bits: int = field(init=False)  # of a rank, left out where ranks are counted in bins
    _in_top: list[NDArray[np.uint8]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        n = len(self.keys)
        bins = max(_MOST_COUNTERS // max(n, 1), _BINS)
        self._bits = max(-(-n // bins) - 1, 0).bit_length()
        self._counts = np.zeros((2, n, (max(n - 1, 0) >> self._bits) + 1), dtype=np.uint16)

    def add(self, scores: FloatArray) -> None:
        """Rank further draws.

        Parameters
        ----------
        scores : float array of shape (draws, n)
            From 0 to 1.

        Raises
        ------
        ValueError
            A score is none, or there are too many draws.
        """
        if self.draws + len(scores) > np.iinfo(np.uint16).max:
            raise ValueError("too many draws")
        first = self.draws
        ranks, in_top = rank_draws(scores, self.keys, k=self.k, seed=self.seed, first=first)
        in_threads(
            len(self.keys), lambda a, b: _add_counts(ranks, first, self._bits, self._counts, a, b)
        )
        self._in_top.append(in_top)
        self.draws += len(scores)
        if self.usual is not None:
            self._shift += float(np.abs(ranks + 1.0 - self.usual).mean(axis=1).sum())
            listed = np.packbits(self.usual <= self.k)
            self._kept += int(np.bitwise_count(in_top & listed).sum())

    def mean_shift(self) -> float:
        """Mean of the distance between the rank in a draw and that in the list."""
        return self._shift / max(self.draws, 1)

    def overlap(self) -> float:
        """Mean share of the first k of a draw that are among the first k of the list."""
        return self._kept / max(self.draws * min(self.k, len(self.keys)), 1)

    def quantiles(self) -> FloatArray:
        """Rank that is reached in 5, 50 and 95 % of the draws, float array of shape (n, 3).

        The smallest rank r with P(rank ≤ r) ≥ p, from 1; where ranks are counted in bins, the
        middle of the bin.
        """
        return self._quantiles((0, 1), QUANTILES)

    def best_of_ordering(self) -> FloatArray:
        """Rank that is reached in 5 % of the draws that order, the even ones."""
        return self._quantiles((0,), QUANTILES[:1])[:, 0]

    def _quantiles(self, halves: tuple[int, ...], p: Sequence[float]) -> FloatArray:
        found = np.empty((len(self.keys), len(p)))
        step = max(_COUNTERS_AT_ONCE // self._counts.shape[2], 1)
        for begin in range(0, len(found), step):
            some = self._counts[halves, begin : begin + step]
            below = some.sum(axis=0, dtype=np.int64).cumsum(axis=1)
            for at, each in enumerate(p):
                reached = below >= np.ceil(each * below[:, -1:] - 1e-9)
                found[begin : begin + step, at] = reached.argmax(axis=1)
        width = 1 << self._bits
        return np.minimum(1.0 + found * width + (width - 1) / 2.0, len(self.keys))

    def top_share(self) -> FloatArray:
        """Share of the draws in which a school is among the first k, float array of shape (n,)."""
        total = np.zeros(len(self.keys), dtype=np.int64)
        for batch in self._in_top:
            total += np.unpackbits(batch, axis=1, count=len(self.keys)).sum(axis=0, dtype=np.int64)
        return total / max(self.draws, 1)

    def in_top(self) -> NDArray[np.uint8]:
        """Who is among the first k: bits of shape (draws, ⌈n / 8⌉), as ``numpy.packbits``."""
        return np.concatenate(self._in_top)
