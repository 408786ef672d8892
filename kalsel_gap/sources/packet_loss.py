"""Packet loss as offices write it: percent or a share, where the file says which."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.sources.quantities import is_nothing, read_quantities

if TYPE_CHECKING:
    from collections.abc import Mapping

_IN_PERCENT = re.compile(r"%|per ?cent|pct|persen", re.IGNORECASE)
_PERCENT = "loss_percent"  # a header whose numbers are percent
_RANGE = (0.0, 100.0)


def read_loss(
    cells: pd.DataFrame, header: Mapping[str, str]
) -> tuple[pd.Series[str], pd.Series[float], bool]:
    """Packet loss as given and as a share, and whether its unit is unknown.

    A number has the unit of its cell, of its header or of a column whose name says it. In a column
    without a unit 0 is 0 in any unit, and a number above 1 can only be percent, and with it the
    others. Otherwise 0.5 may be a half or half a percent: it is not read.

    Parameters
    ----------
    cells : DataFrame
        Text cells of a file of tests.
    header : mapping
        Canonical column to header: ``loss_percent``, ``loss_share`` or ``loss``.

    Returns
    -------
    given : Series of str
    share : Series of float
        NaN where it is missing, cannot be read, or its unit is unknown.
    is_unknown : bool
        Whether the column has numbers whose unit nothing states.

    Examples
    --------
    >>> cells = pd.DataFrame({"Loss": ["0", "0.5", "1 %"]})
    >>> read_loss(cells, {"loss": "Loss"})[1:]
    (0    0.00
    1     NaN
    2    0.01
    dtype: float64, True)
    """
    given = pd.Series("", index=cells.index, dtype="str")
    share = pd.Series(float("nan"), index=cells.index)
    is_unknown = False
    for column in ("loss_percent", "loss_share", "loss"):
        if column not in header:
            continue
        texts = cells[header[column]]
        read, unclear = _read(texts, column, header[column])
        free = is_nothing(given)  # a row has its loss in one of the columns
        given, share = given.where(~free, texts), share.where(~free, read)
        is_unknown |= unclear
    return given, share.where(share.between(0.0, 1.0)), is_unknown


def _read(texts: pd.Series[str], column: str, name: str) -> tuple[pd.Series[float], bool]:
    """Shares of one column, and whether the unit of some of its numbers is unknown."""
    if column == "loss_percent" or (column == "loss" and _IN_PERCENT.search(name)):
        return _shares(texts, _PERCENT), False
    plain = _shares(texts, "")
    if column == "loss_share":
        return plain, False
    # What reads the same whatever the header says has its unit in the cell, or is 0.
    percent = _shares(texts, _PERCENT)
    bare = plain.notna() & (plain != percent)
    if (plain[bare] > 1.0).any():
        return percent, False
    return plain.mask(bare), bool(bare.any())


def _shares(texts: pd.Series[str], header: str) -> pd.Series[float]:
    return read_quantities(texts, "share", header=header, possible=_RANGE, by_column=True)
