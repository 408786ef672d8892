"""Rupiah in short words, in both languages."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.i18n.rupiah import aloud_rupiah, full_rupiah, short_amount, short_rupiah, whole
from kalsel_gap.i18n.text import Text

EN = Text("en")


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0, "Rp 0"),
        (999, "Rp 999"),
        (1_000, "Rp 1 k"),
        (12_345, "Rp 12.3 k"),
        (999_499, "Rp 999 k"),
        (999_500, "Rp 1 m"),
        (310_000_000, "Rp 310 m"),
        (2_144_999_999, "Rp 2.14 bn"),
        (2_145_000_000, "Rp 2.15 bn"),
        (25_000_000_000, "Rp 25 bn"),
        (1_204_000_000_000, "Rp 1.2 tn"),
        (4_321_000_000_000_000, "Rp 4,320 tn"),
        (-12_000_000, "−Rp 12 m"),
    ],
)
def test_three_digits(amount: int, expected: str) -> None:
    assert short_rupiah(amount, EN) == expected


def test_unknown_is_no_number() -> None:
    for missing in (None, float("nan"), pd.NA):
        assert whole(missing) is None
        assert short_rupiah(missing, EN) == short_amount(missing, EN) == ""
        assert full_rupiah(missing, EN) == ""
    assert full_rupiah(-2_140_000_000, EN) == "−Rp 2,140,000,000"


def test_read_aloud() -> None:
    assert aloud_rupiah("Rp 1.2 tn, Rp 3 k", EN) == "Rp 1.2 trillion, Rp 3 thousand"
    assert aloud_rupiah("SD 3 m from the road", EN) == "SD 3 m from the road"
    assert short_rupiah(5_000_000, EN, in_words=True) == "Rp 5 million"


@given(st.integers(-(10**16), 10**16))
def test_never_more_than_half_a_unit_of_the_third_digit_away(amount: int) -> None:
    word = {"": 1, "k": 10**3, "m": 10**6, "bn": 10**9, "tn": 10**12}
    number, _, unit = short_amount(amount, EN).replace(",", "").replace("−", "-").partition(" ")
    assert abs(float(number) * word[unit] - amount) <= max(abs(amount), 1) * 0.00501


@pytest.mark.parametrize(
    ("amount", "short", "words"),
    [
        (2_140_000_000, "Rp 2,14 M", "Rp 2,14 miliar"),
        (310_000_000, "Rp 310 jt", "Rp 310 juta"),
        (12_500, "Rp 12,5 rb", "Rp 12,5 ribu"),
        (1_200_000_000_000, "Rp 1,2 T", "Rp 1,2 triliun"),
    ],
)
def test_indonesian_words(amount: int, short: str, words: str) -> None:
    text = Text("id")
    assert short_rupiah(amount, text) == short
    assert short_rupiah(amount, text, in_words=True) == words
    assert aloud_rupiah(f"perlu {short}.", text) == f"perlu {words}."
    assert full_rupiah(amount, text) == f"Rp {amount:,}".replace(",", ".")
