"""Numbers with decimal commas, and what could be thousands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


_COMMA_NUMBER = re.compile(r"[+-]?(\d+),\d+", re.ASCII)
_POINT_NUMBER = re.compile(r"[+-]?(\d+)\.\d+", re.ASCII)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+", re.ASCII)  # 1,234 could be thousands
_POINT_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
_SWAP = str.maketrans(",.", ".,")
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)


def decimal_points(
    columns: dict[str, list[str]], places: Collection[str] = ()
) -> dict[str, list[str]]:
    """Columns with decimal points where the file shows that its dialect writes decimal commas.

    It does when more cells are certainly numbers with a decimal comma (-3,4356) than with a point.
    A possible group of thousands (1,234) proves nothing, except in columns of degrees. Once commas
    are proven, 1,234 is a decimal and 1.234 a group: that one becomes 1,234, which is never read as
    a number.

    Parameters
    ----------
    columns : dict
        Text cells by column, of a file whose delimiter is no comma.
    places : collection of str
        Columns of degrees: no thousands there, so either sign is a decimal one.
    """
    numbers = {name: [c for c in cells if "," in c or "." in c] for name, cells in columns.items()}
    doubtless = {
        sign: sum(
            bool(pattern.fullmatch(cell)) and (name in places or not is_grouped(cell))
            for name, cells in numbers.items()
            for cell in cells
        )
        for sign, pattern in ((",", _COMMA_NUMBER), (".", _POINT_NUMBER))
    }
    shown = doubtless[","] > doubtless["."]
    return {
        name: _degrees(cells)
        if name in places
        else _with_points(cells)
        if shown and numbers[name]
        else cells
        for name, cells in columns.items()
    }


def is_grouped(text: str) -> bool:
    """Whether it could be a number in groups of thousands, and so is no plain one.

    Examples
    --------
    >>> is_grouped("1.000"), is_grouped("12,345,678"), is_grouped("0.693"), is_grouped("1.5")
    (True, True, False, False)
    """
    return bool(_GROUPED.fullmatch(text))


def _degrees(cells: list[str]) -> list[str]:
    return [c.replace(",", ".") if _COMMA_NUMBER.fullmatch(c) else c for c in cells]


def _with_points(cells: list[str]) -> list[str]:
    """A column of numbers with the two signs swapped; a column of other text as it is."""
    signed = [bool(_COMMA_NUMBER.fullmatch(c) or _POINT_GROUPED.fullmatch(c)) for c in cells]
    numeric = sum(
        mine or bool(_PLAIN_NUMBER.fullmatch(c)) for c, mine in zip(cells, signed, strict=True)
    )
    if 2 * numeric < sum(map(bool, cells)):
        return cells
    return [c.translate(_SWAP) if mine else c for c, mine in zip(cells, signed, strict=True)]
