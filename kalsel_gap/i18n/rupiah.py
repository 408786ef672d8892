"""Amounts of rupiah in short words: three digits and the word for thousand to trillion."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, SupportsInt

from kalsel_gap.i18n.text import N_

if TYPE_CHECKING:
    from kalsel_gap.i18n.text import Text

_DIGITS = 3
# Size, its short form and its word; the largest first.
_STEPS = (
    (10**12, N_("{amount} tn"), N_("{amount} trillion")),
    (10**9, N_("{amount} bn"), N_("{amount} billion")),
    (10**6, N_("{amount} m"), N_("{amount} million")),
    (10**3, N_("{amount} k"), N_("{amount} thousand")),
)


def short_amount(rupiah: object, text: Text, *, in_words: bool = False) -> str:
    """An amount without the sign of its currency; empty where it is not known.

    Parameters
    ----------
    rupiah : object
        Whole rupiah; None, NaN or NA where it is not known.
    text : Text
        The reader's language.
    in_words : bool
        *billion* instead of *bn*, for what is read aloud.

    Examples
    --------
    >>> from kalsel_gap.i18n.text import Text
    >>> short_amount(2_140_000_000, Text("en")), short_amount(999_600, Text("en"))
    ('2.14 bn', '1 m')
    >>> short_amount(-310_400_000, Text("en"), in_words=True), short_amount(None, Text("en"))
    ('−310 million', '')
    """
    amount = whole(rupiah)
    if amount is None:
        return ""
    sign, size = "−" if amount < 0 else "", _rounded(abs(amount))
    for step, short, words in _STEPS:
        if size >= step:
            digits = max(_DIGITS - len(str(size // step)), 0)
            while digits and size * 10 ** (digits - 1) % step == 0:
                digits -= 1
            written = text.number(size / step, digits)
            return sign + text(words if in_words else short, amount=written)
    return sign + text.number(size)


def short_rupiah(rupiah: object, text: Text, *, in_words: bool = False) -> str:
    """An amount with its currency, such as Rp 2.14 bn; empty where it is not known.

    Examples
    --------
    >>> from kalsel_gap.i18n.text import Text
    >>> short_rupiah(12_000_000, Text("en")), short_rupiah(0, Text("en"))
    ('Rp 12 m', 'Rp 0')
    """
    amount = short_amount(rupiah, text, in_words=in_words)
    if amount.startswith("−"):
        return f"−Rp {amount[1:]}"
    return f"Rp {amount}" if amount else ""


def full_rupiah(rupiah: object, text: Text) -> str:
    """An amount with all its digits, such as Rp 2,140,000,000; empty where it is not known."""
    amount = whole(rupiah)
    if amount is None:
        return ""
    return f"{'−' if amount < 0 else ''}Rp {text.number(abs(amount))}"


def whole(value: object) -> int | None:
    """A cell of a column of whole numbers; None where it is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> whole(pd.NA), whole(float("nan")), whole(7)
    (None, None, 7)
    """
    if value is None or str(value) in ("<NA>", "nan", "NaN", "None", ""):
        return None
    assert isinstance(value, SupportsInt)
    return int(value)


def aloud_rupiah(words: str, text: Text) -> str:
    """Words whose short amounts of rupiah are written out.

    Examples
    --------
    >>> from kalsel_gap.i18n.text import Text
    >>> aloud_rupiah("needs Rp 2.14 bn, 12 m short", Text("en"))
    'needs Rp 2.14 billion, 12 million short'
    """
    if "Rp" not in words:
        return words
    for _, short, long in _STEPS:
        mark, word = (text(each, amount="").strip() for each in (short, long))
        words = re.sub(rf"(?<=\d) {re.escape(mark)}\b", f" {word}", words)
    return words


def _rounded(amount: int) -> int:
    """To three digits, exactly: a half is rounded up."""
    unit = int(10 ** max(len(str(amount)) - _DIGITS, 0))
    return (amount + unit // 2) // unit * unit
