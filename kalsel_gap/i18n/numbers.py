"""Numbers as a reader expects them."""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def number(text: str) -> float:
    """A plain decimal number; NaN for anything else, so that nothing is read as what it is not.

    Examples
    --------
    >>> number("-.5"), number("1_000"), number("nan")
    (-0.5, nan, nan)
    """
    if not _NUMBER.fullmatch(text):
        return math.nan
    value = float(text)
    return value if math.isfinite(value) else math.nan
