"""Cells as text, and text normalised for comparison."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from decimal import Decimal

# Minus signs and dashes that stand for one, full-width signs and digits, spaces that look alike.
_ALIKE = (
    dict.fromkeys(map(ord, "\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\u2796\u207b\u02d7"), "-")
    | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys((0xA0, 0x2002, 0x2003, 0x2007, 0x2009, 0x202F, 0x3000), " ")
    | dict.fromkeys((0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF), None)
)


def plain_signs(text: str) -> str:
    """A text with the plain minus sign, digits and spaces, without invisible characters.

    Examples
    --------
    >>> plain_signs("\u22123.41"), plain_signs("\uff11\uff12\u00a0m")
    ('-3.41', '12 m')
    """
    return text if text.isascii() else text.translate(_ALIKE).strip()


def fold(text: str) -> str:
    """Header or name without case, spaces and signs, to compare by.

    Examples
    --------
    >>> fold("Kab.-Kota/Negara (LN)")
    'kabkotanegaraln'
    """
    return "".join(char for char in text.casefold() if char.isalnum())


def cell_text(value: object) -> str:  # noqa: PLR0911 - one line for each type
    """A value as the text a person reads.

    Examples
    --------
    >>> [cell_text(v) for v in (30300503.0, -2.5, True, None, float("nan"), Decimal("1.50"))]
    ['30300503', '-2.5', '1', '', '', '1.5']
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "1" if value else "0"
        case float():
            return _float_text(value)
        case Decimal() if value.is_finite():
            text = format(value, "f")
            return text.rstrip("0").rstrip(".") if "." in text else text
        case datetime():
            midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
            return value.date().isoformat() if midnight else value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case bytes():
            return value.decode("utf-8", errors="replace")
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=cell_text)
    return str(value)


def _float_text(value: float) -> str:
    if math.isnan(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
