"""Shapley values against published games, their axioms and the definition."""

from __future__ import annotations

from itertools import permutations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.indicators.shapley import product_values, shapley_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from kalsel_gap.geo.arrays import FloatArray


def game(players: int, value: Callable[[set[int]], float]) -> FloatArray:
    """One game by the value of each coalition."""
    coalitions = ({i for i in range(players) if c >> i & 1} for c in range(2**players))
    return np.array([[value(each) for each in coalitions]], dtype=np.float64)


def by_orders(values: FloatArray) -> list[float]:
    """The definition: the mean over all orders of what joining adds."""
    players = len(values).bit_length() - 1
    total = np.zeros(players)
    for order in permutations(range(players)):
        coalition = 0
        for player in order:
            total[player] += values[coalition | 1 << player] - values[coalition]
            coalition |= 1 << player
    return list(total / factorial(players))


@pytest.mark.parametrize(
    ("players", "value", "expected"),
    [
        # A left glove and two right ones: a pair is worth 1 (Shapley, 1953).
        (3, lambda s: float(0 in s and len(s) > 1), [2 / 3, 1 / 6, 1 / 6]),
        # Runways of an airport at 1, 2 and 3: each segment is shared by those that need it
        # (Littlechild and Owen, 1973).
        (3, lambda s: max((i + 1 for i in s), default=0), [1 / 3, 5 / 6, 11 / 6]),
        # Votes 50, 49, 1 and a majority of 51: the player with one vote counts as that with 49.
        (3, lambda s: float(sum((50, 49, 1)[i] for i in s) > 50), [2 / 3, 1 / 6, 1 / 6]),
    ],
)
def test_published_games(
    players: int, value: Callable[[set[int]], float], expected: list[float]
) -> None:
    assert shapley_values(game(players, value))[0].tolist() == pytest.approx(expected)


VALUES = st.floats(-5.0, 5.0)


@given(st.integers(1, 4).flatmap(lambda n: st.lists(VALUES, min_size=2**n, max_size=2**n)))
def test_they_are_those_of_the_definition_and_add_up(values: list[float]) -> None:
    one = np.array(values)
    found = shapley_values(one[None, :])[0]
    assert found.tolist() == pytest.approx(by_orders(one), abs=1e-9)
    assert found.sum() == pytest.approx(one[-1] - one[0], abs=1e-9)


@given(
    st.lists(VALUES, min_size=4, max_size=4),
    st.integers(0, 3).flatmap(lambda n: st.lists(VALUES, min_size=2**n, max_size=2**n)),
)
def test_a_product_is_shared_as_if_it_were_made(first: list[float], second: list[float]) -> None:
    one, other = product_values(np.array([first]), np.array([second]))
    whole = np.outer(second, first).ravel()  # the players of the second are the higher bits
    assert [*one[0], *other[0]] == pytest.approx(by_orders(whole), abs=1e-9)


def test_games_are_shared_one_by_one_and_unknown_stays_unknown() -> None:
    games = np.array([[0.0, 1.0, 1.0, 4.0], [0.0, np.nan, 1.0, 4.0], [0.0, 0.0, 3.0, 3.0]])
    found = shapley_values(games)
    assert found[0].tolist() == [2.0, 2.0]
    assert np.isnan(found[1]).all()
    assert found[2].tolist() == [0.0, 3.0]


def test_a_number_of_coalitions_that_no_players_have_is_refused() -> None:
    with pytest.raises(ValueError, match="3 coalitions"):
        shapley_values(np.zeros((1, 3)))
