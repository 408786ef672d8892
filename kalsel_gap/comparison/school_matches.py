"""Which row of one run is which row of another one.

A school is known by its NPSN. One without is known by what the register says of it, and where that
has changed by its row, if the name is still the same. No row is matched twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

# What the register says of a school that has no NPSN.
CONTENT = ("name", "level", "ownership", "kabupaten", "kecamatan", "lat_given", "lon_given")


def match_schools(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Pair the rows of two tables of schools.

    Parameters
    ----------
    before, after : DataFrame
        ``npsn``, ``row_id``, ``is_duplicate`` and :data:`CONTENT`.

    Returns
    -------
    DataFrame
        ``before`` and ``after``, positions in the tables, missing where a school is in the other
        one only; ``matched_by``: *npsn*, *content*, *row* or missing. Each row of both tables once:
        first those of `before` in their order, then the new ones in theirs.
    """
    found: dict[int, tuple[int, str]] = {}
    numbered, other_numbered = (table["npsn"].fillna("") != "" for table in (before, after))
    duplicate, other_duplicate = (
        table["is_duplicate"].astype("boolean").fillna(value=False).astype(bool)
        for table in (before, after)
    )
    # A ranked row is paired with the ranked row first; duplicates take what is left.
    for one, other in (
        (numbered & ~duplicate, other_numbered & ~other_duplicate),
        (numbered, other_numbered),
    ):
        _pair(found, before[one], after[other], ("npsn",), "npsn")
    for columns, how in ((CONTENT, "content"), (("row_id", "name"), "row")):
        _pair(found, before[~numbered], after[~other_numbered], columns, how)
    taken = {position for position, _ in found.values()}
    rows: list[tuple[int | None, int | None, str | None]] = [
        (position, *found.get(position, (None, None))) for position in range(len(before))
    ]
    rows += [(None, position, None) for position in range(len(after)) if position not in taken]
    table = pd.DataFrame(rows, columns=["before", "after", "matched_by"])
    return table.astype({"before": "Int64", "after": "Int64", "matched_by": "str"})


def _pair(
    found: dict[int, tuple[int, str]],
    before: pd.DataFrame,
    after: pd.DataFrame,
    columns: Sequence[str],
    how: str,
) -> None:
    """Add the pairs of rows whose `columns` are equal; of several the same number, in order."""
    taken = {position for position, _ in found.values()}
    waiting: dict[tuple[str, ...], list[int]] = {}
    for position, key in zip(after.index, _keys(after, columns), strict=True):
        if position not in taken:
            waiting.setdefault(key, []).append(position)
    for position, key in zip(before.index, _keys(before, columns), strict=True):
        if position not in found and waiting.get(key):
            found[position] = waiting[key].pop(0), how


def _keys(table: pd.DataFrame, columns: Sequence[str]) -> list[tuple[str, ...]]:
    texts = table[list(columns)].astype("object").fillna("")
    return list(texts.map(str).itertuples(index=False, name=None))
