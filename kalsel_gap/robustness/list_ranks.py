"""Ranks of one list and how far it lies from another one, ties counted as what they are.

Schools of equal score share the middle of their ranks, and those at the end of the first k share
the places that are left: a tie that another weighting breaks moves the list by no more than it
must, and no random number enters a comparison of two lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.kernels import kernel
from kalsel_gap.robustness.threads import in_threads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray

_UNITS = 1e12  # of a score: the decimals that schools are ranked by
_POSITION = np.uint64(24)
_OF_POSITION = np.uint64((1 << 24) - 1)


class ListRanks(NamedTuple):
    """Ranks of n schools in m lists.

    Attributes
    ----------
    ahead : int32 array of shape (m, n)
        Schools before each; the rank that the list shows is one more.
    equal : int32 array of shape (m, n)
        Schools that share its rank, itself included.
    """

    ahead: NDArray[np.int32]
    equal: NDArray[np.int32]

    def middle(self) -> FloatArray:
        """Middle of the ranks that a school shares, float array of shape (m, n)."""
        return self.ahead + (self.equal + 1) / 2.0

    def in_first(self, k: int) -> FloatArray:
        """Part of each school that is among the first k, float array of shape (m, n).

        1 inside, 0 outside; schools of one rank that lie across the end share what is left.
        """
        return np.clip((k - self.ahead) / self.equal, 0.0, 1.0)


def rank_lists(first: FloatArray, second: FloatArray) -> ListRanks:
    """Rank lists by one score and, where it is equal, by another; the largest comes first.

    Parameters
    ----------
    first, second : float arrays of shape (m, n)
        From 0 to 1.

    Examples
    --------
    >>> found = rank_lists(np.array([[0.5, 0.7, 0.5, 0.5]]), np.array([[0.2, 0.1, 0.2, 0.1]]))
    >>> found.middle().tolist(), found.in_first(2).tolist()
    ([[2.5, 1.0, 2.5, 4.0]], [[0.5, 1.0, 0.5, 0.0]])
    """
    ahead, equal = np.empty(first.shape, np.int32), np.empty(first.shape, np.int32)

    def rank(begin: int, end: int) -> None:
        words = np.empty((end - begin, first.shape[1]), dtype=np.uint64)
        _write_words(first[begin:end], words)
        words.sort(axis=1)  # numpy's is several times as fast as a compiled one
        _place(words, second[begin:end], ahead[begin:end], equal[begin:end])

    in_threads(len(first), rank)
    return ListRanks(ahead, equal)


@kernel
def _write_words(scores: FloatArray, words: NDArray[np.uint64]) -> None:
    for row in range(scores.shape[0]):
        for at in range(scores.shape[1]):
            words[row, at] = _word(scores[row, at], at)


@kernel
def _place(
    words: NDArray[np.uint64],
    second: FloatArray,
    ahead: NDArray[np.int32],
    equal: NDArray[np.int32],
) -> None:
    """Places of sorted words; those of equal scores are sorted by the second one."""
    n = words.shape[1]
    for row in range(words.shape[0]):
        own = words[row]
        lowest = 0
        while lowest < n:
            highest = _end_of_equal(own, lowest, n)
            if highest - lowest > 1:
                for place in range(lowest, highest):
                    at = own[place] & _OF_POSITION
                    own[place] = _word(second[row, at], int(at))
                own[lowest:highest].sort()
            begin = lowest
            while begin < highest:
                end = _end_of_equal(own, begin, highest)
                for place in range(begin, end):
                    at = own[place] & _OF_POSITION
                    ahead[row, at] = begin
                    equal[row, at] = end - begin
                begin = end
            lowest = highest


@kernel
def _word(score: float, at: int) -> np.uint64:
    """A score, the largest as the smallest number, and the position of its school."""
    return (np.uint64(_UNITS - np.round(score * _UNITS)) << _POSITION) | np.uint64(at)


@kernel
def _end_of_equal(words: NDArray[np.uint64], begin: int, end: int) -> int:
    last = begin + 1
    while last < end and words[last] >> _POSITION == words[begin] >> _POSITION:
        last += 1
    return last


class Distances(NamedTuple):
    """How far m lists lie from the one that is shown.

    Attributes
    ----------
    mean_rank_shift : float array of shape (m,)
        Mean of the distance of a school's rank.
    top_k_overlap : float array of shape (m,)
        Share of the first k that stays there.
    """

    mean_rank_shift: FloatArray
    top_k_overlap: FloatArray


def distances(lists: ListRanks, shown: ListRanks, k: int) -> Distances:
    """How far lists lie from the one that is shown, one row."""
    n = lists.ahead.shape[1]
    shift = np.abs(lists.middle() - shown.middle()).sum(axis=1) / max(n, 1)
    kept = np.minimum(lists.in_first(k), shown.in_first(k)).sum(axis=1) / max(min(k, n), 1)
    return Distances(shift, kept)
