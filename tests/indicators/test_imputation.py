from __future__ import annotations

from functools import partial

import pandas as pd
import pytest

from kalsel_gap.indicators import imputation
from kalsel_gap.indicators.imputation import fill_by_group_median

is_widely_known = partial(imputation.is_widely_known, least_share=0.5)
ALL = pd.Series([True] * 6)


def test_group_then_project_and_never_a_constant() -> None:
    value = pd.Series([2.0, 4.0, None, None, 10.0, None])
    kabupaten = pd.Series(["A", "A", "A", "A", "B", None])
    level = pd.Series(["SD", "SD", "SD", "SMP", "SD", "SD"])
    filled, inferred = fill_by_group_median(value, kabupaten, level, ALL)
    assert filled.tolist() == [2.0, 4.0, 3.0, 4.0, 10.0, 4.0]
    assert inferred.tolist() == [False, False, True, True, False, True]


def test_only_schools_that_count_enter_the_medians() -> None:
    value = pd.Series([2.0, 4.0, None, None, 10.0, None])
    counts = pd.Series([True, False, True, True, False, True])
    filled, inferred = fill_by_group_median(
        value, pd.Series(["A"] * 6), pd.Series(["SD"] * 6), counts
    )
    assert filled.tolist() == [2.0, 4.0, 2.0, 2.0, 10.0, 2.0]
    assert inferred.tolist() == [False, False, True, True, False, True]


def test_nothing_known_stays_unknown() -> None:
    filled, inferred = fill_by_group_median(
        pd.Series([None] * 6, dtype="float64"), pd.Series(["A"] * 6), pd.Series(["SD"] * 6), ALL
    )
    assert filled.isna().all()
    assert not inferred.any()


@pytest.mark.parametrize(
    ("known", "ranked", "kabupaten", "active"),
    [
        ("111000", "111111", "AAABBB", True),  # one of two kabupaten
        ("110000", "111111", "AABBCC", False),  # one of three
        ("101010", "111111", "AABBCC", True),  # half in each
        ("100000", "111111", "AAABBB", False),  # a third of one
        ("111000", "000111", "AAABBB", False),  # known only of schools that are not ranked
        ("111000", "111000", "AAABBB", True),  # a kabupaten without ranked schools does not count
        ("111111", "000000", "AAABBB", False),
        ("110000", "111111", "AABB  ", False),  # those without one are a third group
    ],
)
def test_active_where_half_of_the_kabupaten_know_it(
    known: str, ranked: str, kabupaten: str, active: bool
) -> None:
    is_known, is_ranked = (pd.Series([c == "1" for c in text]) for text in (known, ranked))
    codes = pd.Series([None if code == " " else code for code in kabupaten], dtype="str")
    assert is_widely_known(is_known, is_ranked, codes) is active


def test_a_project_without_kabupaten_is_one() -> None:
    nowhere: pd.Series[str] = pd.Series([None] * 6, dtype="str")
    half = pd.Series([True, True, True, False, False, False])
    assert is_widely_known(half, ALL, nowhere)
    assert not is_widely_known(half & (half.index < 2), ALL, nowhere)
