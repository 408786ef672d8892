"""Which row of a table is its header, below titles and dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.sources.cells import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


HEADER_ROWS = 20  # the header is in one of the first rows, with titles above it


def known_headers(row: Sequence[str], spellings: Collection[str]) -> int:
    """How many cells of a row are known headers."""
    return len({fold(cell) for cell in row} & set(spellings))


def header_row(rows: Sequence[Sequence[str]], spellings: Collection[str]) -> int:
    """Which of the first rows that are not empty is the header.

    The row with the most known headers, the first of equals: exports have titles and dates above
    it.
    """
    filled = [n for n, row in enumerate(rows[:HEADER_ROWS]) if any(cell.strip() for cell in row)]
    if not filled:
        return next((n for n, row in enumerate(rows) if any(cell.strip() for cell in row)), 0)
    return max(filled, key=lambda n: (known_headers(rows[n], spellings), -n))
