"""More money: what is stated is the difference between two plans that keep every limit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from kalsel_gap.planning.model import Problem, RowName, check_solution
from kalsel_gap.planning.more_money import PlanRoom, close_unused, top_up

NO_NEEDS = np.empty(0, dtype=np.int64)


def problem(costs: list[int], limit: int, supply: int, *, with_opening: bool = False) -> Problem:
    """Schools of one option each; with an opening, which costs 5, the last one needs it."""
    n = len(costs) + with_opening
    money = [*costs, 5] if with_opening else costs
    counted = [1.0] * len(costs) + [0.0] * with_opening
    needs = sparse.csr_array(
        ([1.0], ([0], [n - 1])) if with_opening else ([], ([], [])), shape=(int(with_opening), n)
    )
    return Problem(
        value=np.array([*range(1, len(costs) + 1), *([0.0] * with_opening)], dtype=np.float64),
        group=np.array([*range(len(costs)), *([-1] * with_opening)], dtype=np.int64),
        rows=sparse.csr_array(np.array([money, counted], dtype=np.float64)),
        limit=np.array([limit, supply], dtype=np.float64),
        names=(RowName("ceiling", "apbd_99_01", 2027), RowName("supply", "leo", 2027)),
        needs_column=np.array([n - 2], dtype=np.int64) if with_opening else NO_NEEDS,
        needs_any=needs,
        forced=np.zeros(len(costs), dtype=bool),
        exclusive=np.array([-1] * len(costs) + [0] * with_opening, dtype=np.int64),
    )


def test_the_most_valuable_for_the_money_is_added_first() -> None:
    # Worth 1, 2, 3 for 1, 9, 9: the first and the last fit into 10.
    chosen = top_up(problem([1, 9, 9], 10, 3), np.zeros(3, dtype=bool))
    assert chosen.tolist() == [True, False, True]


def test_an_opening_is_part_of_what_a_school_needs() -> None:
    asked = problem([1, 2], 7, 2, with_opening=True)
    room = PlanRoom(asked, np.zeros(3, dtype=bool))
    assert room.bundle(1) == [1, 2]
    assert room.take(1)  # 2 and 5
    assert not room.take(0)
    assert not room.take(1)  # a school is served once
    assert check_solution(asked, room.chosen) == ()
    assert not PlanRoom(problem([1, 2], 6, 2, with_opening=True), np.zeros(3, bool)).take(1)


def test_a_copy_changes_nothing_of_the_plan() -> None:
    room = PlanRoom(problem([1, 1], 2, 2), np.zeros(2, dtype=bool))
    other = room.copy()
    assert other.take(0)
    assert not room.chosen.any()
    assert room.room.tolist() == [2, 2]
    assert room.take(0)


@given(
    costs=st.lists(st.integers(0, 9), min_size=2, max_size=6),
    limit=st.integers(0, 30),
    supply=st.integers(0, 6),
    with_opening=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_a_plan_that_is_topped_up_keeps_all_and_leaves_no_room(
    costs: list[int], limit: int, supply: int, with_opening: bool
) -> None:
    asked = problem(costs, limit, supply, with_opening=with_opening)
    chosen = top_up(asked, np.zeros(asked.n, dtype=bool))
    assert check_solution(asked, chosen) == ()
    room = PlanRoom(asked, chosen)
    assert not any(room.take(column) for column in range(len(costs)))


@pytest.mark.parametrize("more", [0, 1])
def test_only_what_fits_is_taken(more: int) -> None:
    room = PlanRoom(problem([3], 2 + more, 1), np.zeros(1, dtype=bool))
    assert room.take(0) == bool(more)


def test_an_opening_that_nothing_needs_is_closed() -> None:
    asked = problem([1, 2], 7, 2, with_opening=True)
    unused = np.array([True, False, True])
    assert close_unused(asked, unused).tolist() == [True, False, False]
    used = np.array([False, True, True])
    assert close_unused(asked, used).tolist() == used.tolist()
