"""NPSN of a cell: what a number format has added is taken away, what it has rounded is lost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kalsel_gap.sources.cells import plain_signs

if TYPE_CHECKING:
    import pandas as pd

NPSN = r"[0-9]{8}|P[0-9]{7}"
_DECIMALS = re.compile(r"(\d{8})[.,]0+", re.ASCII)
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?E\+?(\d{1,3})", re.IGNORECASE | re.ASCII)


def read_npsn(texts: pd.Series[str]) -> pd.Series[str]:
    """NPSN to join by; anything that is none for certain stays as it is.

    Spaces, an apostrophe and “.0” are taken away. A number that a spreadsheet has rounded
    (3.03E+07) is no NPSN: many schools would have the same.

    Parameters
    ----------
    texts : Series of str
        Cells.

    Examples
    --------
    >>> import pandas as pd
    >>> given = pd.Series(["'30301027", "30301027.0", "3.03E+07", "3.0301027E7", "12345"])
    >>> read_npsn(given).tolist()
    ['30301027', '30301027', '', '30301027', '12345']
    """
    odd = texts[(texts != "") & ~texts.str.fullmatch(NPSN).astype(bool)]
    if odd.empty:
        return texts
    better = {text: _meant(text) for text in odd.unique()}
    return texts.mask(texts.index.isin(odd.index), texts.map(better).fillna("")).astype("str")


def scientific_digits(text: str) -> str | None:
    """The digits of a number in scientific notation; empty where some are lost, None for others.

    Examples
    --------
    >>> scientific_digits("3.0301027E7"), scientific_digits("3.03E+07"), scientific_digits("3030")
    ('30301027', '', None)
    """
    number = _SCIENTIFIC.fullmatch(text)
    if number is None:
        return None
    digits = number[1] + (number[2] or "")
    return digits if len(digits) == int(number[3]) + 1 else ""


def _meant(text: str) -> str:
    plain = re.sub(r"\s", "", plain_signs(text)).strip("'’`\"=")
    digits = scientific_digits(plain)
    if digits is not None:
        return digits
    decimals = _DECIMALS.fullmatch(plain)
    plain = decimals[1] if decimals else plain
    return plain if re.fullmatch(NPSN, plain) else text
