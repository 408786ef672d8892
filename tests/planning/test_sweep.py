"""The curve of budget against value, and its knee by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.planning.sweep import BudgetPoint, even_totals, find_knee, scale_ceilings
from kalsel_gap.planning.sweep import sweep_budget as swept


def point(total: int, value: float) -> BudgetPoint:
    return BudgetPoint(total, total, value, int(value), 10 * int(value), 0.0)


def test_the_knee_is_farthest_above_the_chord() -> None:
    # The chord from (0, 0) to (4, 8) is 2x: the points are 0, 3, 3, 2 and 0 above it.
    points = [point(x, y) for x, y in ((0, 0), (1, 5), (2, 7), (3, 8), (4, 8))]
    assert find_knee(points) == points[1]  # of two equal ones the cheaper


def test_no_knee_without_a_bend() -> None:
    assert find_knee([point(x, 2.0 * x) for x in range(5)]) is None
    assert find_knee([point(x, x * x) for x in range(5)]) is None
    assert find_knee([point(0, 0), point(1, 9)]) is None
    assert find_knee([point(x, 3.0) for x in range(5)]) is None


def test_every_total_is_solved_once_and_reported() -> None:
    asked, reported = [], []

    def solve(total: int) -> BudgetPoint:
        asked.append(total)
        return point(total, float(total) ** 0.5)

    curve = swept((1, 25, 100), solve, report=lambda *each: reported.append(each))
    assert asked == [1, 25, 100]
    assert reported == [(0, 3), (1, 3), (2, 3), (3, 3)]
    # (√25 - 1)/9 - 24/99 = .44 - .24
    assert curve.knee == curve.points[1]


def test_totals_are_whole_thousands_between_the_ends() -> None:
    assert even_totals(1, 10_001, 3) == (1, 5_000, 10_001)
    assert even_totals(5, 6, 4) == (5, 6)


@given(
    st.dictionaries(st.integers(0, 30), st.integers(0, 10**13), min_size=1).filter(
        lambda each: sum(each.values()) > 0
    ),
    st.integers(0, 10**14),
)
def test_scaled_ceilings_add_up_and_keep_their_shares(ceilings: dict[int, int], total: int) -> None:
    scaled = scale_ceilings(ceilings, total)
    assert sum(scaled.values()) == total
    assert list(scaled) == list(ceilings)
    before = sum(ceilings.values())
    for key, amount in ceilings.items():
        assert 0 <= scaled[key] * before - amount * total + before <= 2 * before
    assert scale_ceilings(ceilings, before) == ceilings
