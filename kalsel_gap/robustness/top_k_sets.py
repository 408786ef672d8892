"""Lists that hold together: which schools are certainly among the first k, and which are not.

The chance of one school to be among the first k says nothing of a list of them. Half of the draws
orders the schools, the other half judges the ordered list: judged by the draws that ordered it, a
list would be too good.

Source: kalsel-gap method, section 1.3; related are the simultaneous rank sets and τ-best sets of
Mogstad, Romano, Shaikh and Wilhelm (2023), doi:10.1093/restud/rdad006.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray

TopKSet = Literal["certain", "contested", "out"]
_DRAWS_AT_ONCE = 64


def find_top_k_sets(
    in_top: NDArray[np.uint8], best_rank: FloatArray, *, confidence: float
) -> NDArray[np.str_]:
    """Part the schools into *certain*, *contested* and *out*.

    Parameters
    ----------
    in_top : uint8 array of shape (draws, ⌈n / 8⌉)
        Bits of who is among the first k in each draw, as ``numpy.packbits``.
    best_rank : float array of shape (n,)
        Rank that a school has in its best 5 % of draws: it orders schools of equal chance.
    confidence : float
        1 - α. All of *certain* is among the first k, and none of *out*, each with this probability;
        both together with 1 - 2α.

    Returns
    -------
    str array of shape (n,)

    Examples
    --------
    >>> draws = np.packbits([[1, 1, 0, 0]] * 2 + [[1, 0, 1, 0]] * 2, axis=1)
    >>> find_top_k_sets(draws, np.array([1.0, 2.0, 2.0, 4.0]), confidence=0.9).tolist()
    ['certain', 'contested', 'contested', 'out']
    """
    n = len(best_rank)
    ordering, judging = in_top[0::2], in_top[1::2]
    if not n or not len(judging):
        return np.full(n, "contested")
    chance = _share(ordering, n)
    order = np.lexsort((best_rank, -chance))
    last_in, first_out = _ends(judging, order)
    # Schools of equal chance enter together, and no list is ended by the order of the rows.
    changes = np.diff(chance[order], append=-1.0) != 0
    alike = changes | (np.diff(best_rank[order], append=-1.0) != 0)
    ends = np.flatnonzero(changes) + 1
    certain = [end for end in ends if (first_out >= end).mean() >= confidence]
    # Before this place the whole first k lies in enough draws.
    enough = np.sort(last_in)[int(np.ceil(confidence * len(last_in) - 1e-9)) - 1]
    within = 0 if enough < 0 else enough + int(np.argmax(alike[enough:])) + 1
    found = np.full(n, "contested", dtype="<U9")
    found[order[within:]] = "out"
    found[order[: max(certain, default=0)]] = "certain"
    return found


def _share(bits: NDArray[np.uint8], n: int) -> FloatArray:
    total = np.zeros(n, dtype=np.int64)
    for begin in range(0, len(bits), _DRAWS_AT_ONCE):
        part = np.unpackbits(bits[begin : begin + _DRAWS_AT_ONCE], axis=1, count=n)
        total += part.sum(axis=0, dtype=np.int64)
    return total / len(bits)


def _ends(
    bits: NDArray[np.uint8], order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each draw the place of the last school inside the first k, and of the first one outside.

    Places in `order`; n where none is outside, -1 where none is inside.
    """
    n = len(order)
    last_in, first_out = np.empty(len(bits), np.int64), np.empty(len(bits), np.int64)
    for begin in range(0, len(bits), _DRAWS_AT_ONCE):
        part = slice(begin, begin + _DRAWS_AT_ONCE)
        inside = np.unpackbits(bits[part], axis=1, count=n)[:, order].astype(bool)
        last_in[part] = np.where(inside.any(axis=1), n - 1 - inside[:, ::-1].argmax(axis=1), -1)
        first_out[part] = np.where(inside.all(axis=1), n, (~inside).argmax(axis=1))
    return last_in, first_out
