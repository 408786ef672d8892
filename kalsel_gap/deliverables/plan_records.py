"""Tables of a plan as rows of plain values, and rows as a table of stated types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values by column; what is missing is None."""
    return list(to_records(table))


def rows_by(table: pd.DataFrame, key: str) -> dict[str, dict[str, Any]]:
    """Rows by a column of identifiers; of several rows with one, the last."""
    return {str(row[key]): row for row in rows_of(table)}


def table_of_rows(rows: Sequence[Mapping[str, Any]], types: Mapping[str, str]) -> pd.DataFrame:
    """Rows as a table.

    Parameters
    ----------
    rows : sequence of mapping of str
        What a row lacks is missing.
    types : mapping of str to str
        Pandas dtype of each column, in order.

    Examples
    --------
    >>> table_of_rows([{"a": 1}, {}], {"a": "Int64"})["a"].tolist()
    [1, <NA>]
    """
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype="object") for name in types}
    ).astype(dict(types))
