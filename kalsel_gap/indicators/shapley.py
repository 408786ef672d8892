"""Shapley values: what each player of a game contributes to its value.

A player's contribution is what joining adds to the value, averaged over all orders in which the
players can join. The contributions add up to the value of all players less that of none.

Source: Shapley (1953), A value for n-person games.
"""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.geo.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray


def shapley_values(game: FloatArray) -> FloatArray:
    """Contribution of each player, exact.

    Parameters
    ----------
    game : float array of shape (n, 2**players)
        Of n games the value of each coalition: player i is in coalition c where bit i of c is set.

    Returns
    -------
    float array of shape (n, players)

    Examples
    --------
    Two players of whom each alone is worth 1, together 4:

    >>> shapley_values(np.array([[0.0, 1.0, 1.0, 4.0]])).tolist()
    [[2.0, 2.0]]
    """
    alone = np.ones((len(game), 1))
    return product_values(game, alone)[0]


def product_values(first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Contributions to the product of two games whose players are not the same.

    The value of a coalition is that of its players in the first game times that of its players in
    the second one. A player's contribution depends on the other game only through the sums over
    coalitions of one size, so the product is never made: 2ᵃ + 2ᵇ values are enough, not 2ᵃ⁺ᵇ.

    Parameters
    ----------
    first : float array of shape (n, 2**a)
    second : float array of shape (n, 2**b)

    Returns
    -------
    float arrays of shape (n, a) and (n, b)
        They add up to the product of both games for all players, less that for none.
    """
    of_first = _weighted(first, second)
    return of_first, _weighted(second, first)


def _weighted(own: FloatArray, other: FloatArray) -> FloatArray:
    """Contributions of the players of `own` to the product of both games."""
    players, others = _players(own), _players(other)
    n = players + others
    # Share of the orders in which exactly so many players are there before one joins.
    orders = np.array(
        [[1.0 / (n * comb(n - 1, a + b)) for b in range(others + 1)] for a in range(players)]
    ).reshape(players, others + 1)
    return _added(np.ascontiguousarray(own), np.ascontiguousarray(other), orders)


@kernel
def _added(
    own: NDArray[np.float64], other: NDArray[np.float64], orders: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What each player of `own` adds, over the orders of all players.

    Added up in one order for every game: a product of matrices would round a row by its place.
    """
    players, sizes = orders.shape
    found = np.zeros((len(own), players))
    gains, sums = np.empty((players, players)), np.empty(sizes)
    for row in range(len(own)):
        sums[:] = 0.0
        for coalition in range(other.shape[1]):
            sums[_size(coalition)] += other[row, coalition]
        gains[:] = 0.0
        for coalition in range(own.shape[1]):
            value, size = own[row, coalition], _size(coalition)
            for player in range(players):
                if coalition >> player & 1:
                    gains[player, size - 1] += value
                else:
                    gains[player, size] -= value
        for before in range(players):
            weight = 0.0
            for others in range(sizes):
                weight += orders[before, others] * sums[others]
            for player in range(players):
                found[row, player] += gains[player, before] * weight
    return found


@kernel
def _size(coalition: int) -> int:
    """How many players are in a coalition."""
    count = 0
    while coalition:
        count += coalition & 1
        coalition >>= 1
    return count


def _players(game: FloatArray) -> int:
    players = int(game.shape[1]).bit_length() - 1
    if game.shape[1] != 1 << players:
        raise ValueError(f"{game.shape[1]} coalitions are not those of a number of players")
    return players
