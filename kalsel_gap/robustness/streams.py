"""Random numbers of each school and draw, whatever the order or the number of schools.

A counter-based generator maps a key and a counter to a random number: the key is the school, the
counter the draw and the quantity. So one more school, or another order of rows, changes nobody's
numbers, and any draw can be made again without those before it.

Source: Salmon, Moraes, Dror, Shaw (2011), Parallel random numbers: as easy as 1, 2, 3; the
generator is Philox4x32 with ten rounds.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.geo.kernels import inlined

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_ROUNDS = 10
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MULTIPLY = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_MULTIPLY_0, _MULTIPLY_1 = _MULTIPLY
_WEYL_0, _WEYL_1 = _WEYL
# 53 bits, in the middle of their interval: never 0 and never 1.
_TOP, _BELOW, _SCALE, _MIDDLE = np.uint64(5), np.uint64(6), 2.0**-53, 2.0**-54
_SHIFT = np.uint64(26)


def stream_keys(names: Iterable[str]) -> NDArray[np.uint64]:
    """The key of each stream, uint64 of shape (n,).

    Parameters
    ----------
    names : iterable of str
        What identifies a school: its NPSN, or the content of its row where it has none.

    Examples
    --------
    >>> a, b = stream_keys(["30300001", "30300002"]).tolist()
    >>> stream_keys(["30300002"]).tolist() == [b] and a != b
    True
    """
    digests = [
        hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8) for name in names
    ]
    return np.array([int.from_bytes(d.digest(), "little") for d in digests], dtype=np.uint64)


@inlined
def random_block(
    key: np.uint64, draw: np.uint64, quantity: np.uint64, seed: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Four random words of 32 bits for a key and a counter.

    Parameters
    ----------
    key : uint64
        Of :func:`stream_keys`.
    draw, quantity, seed : uint64
        The counter: two words of `draw`, one of `quantity`, one of `seed`.
    """
    c0, c1, c2, c3 = draw & _LOW, draw >> _HALF, quantity & _LOW, seed & _LOW
    k0, k1 = key & _LOW, key >> _HALF
    for _ in range(_ROUNDS):
        p0, p1 = _MULTIPLY_0 * c0, _MULTIPLY_1 * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _WEYL_0) & _LOW, (k1 + _WEYL_1) & _LOW
    return c0, c1, c2, c3


@inlined
def two_uniform(
    key: np.uint64, draw: np.uint64, quantity: np.uint64, seed: np.uint64
) -> tuple[float, float]:
    """Two independent numbers of the open interval from 0 to 1."""
    a, b, c, d = random_block(key, draw, quantity, seed)
    first = float(((a >> _TOP) << _SHIFT) | (b >> _BELOW)) * _SCALE + _MIDDLE
    second = float(((c >> _TOP) << _SHIFT) | (d >> _BELOW)) * _SCALE + _MIDDLE
    return first, second


@inlined
def two_normal(
    key: np.uint64, draw: np.uint64, quantity: np.uint64, seed: np.uint64
) -> tuple[float, float]:
    """Two independent numbers of the standard normal distribution, by Box and Muller."""
    first, second = two_uniform(key, draw, quantity, seed)
    radius = math.sqrt(-2.0 * math.log(first))
    return radius * math.cos(2.0 * math.pi * second), radius * math.sin(2.0 * math.pi * second)
