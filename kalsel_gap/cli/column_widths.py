"""Widths of the columns of a table on a terminal: as few lines as can be, no word broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

_ROWS = 200  # rows that decide: more of them would say the same
_OF_COLUMN = 0.1  # what a line of one column counts where a higher cell stands beside it


def spread_room(
    texts: Mapping[str, Sequence[str]], least: Mapping[str, int], room: int
) -> dict[str, int]:
    """Widths of columns of words, each at least as wide as its longest word.

    The room is given where it saves most lines for each cell that it takes: a row is as high as its
    highest cell. What is left then is given to the columns that need least of it.

    Parameters
    ----------
    texts : mapping of sequences
        Cells of each column.
    least : mapping of int
        Least width of each of these columns.
    room : int
        How many cells wider they may be in all.

    Examples
    --------
    >>> cells = {"school": ["SD NEGERI HULU 1", "SD LIMBUR"], "place": ["Hulu Laut", "Hampang"]}
    >>> spread_room(cells, {"school": 6, "place": 7}, 6)
    {'school': 10, 'place': 9}
    """
    widths = dict(least)
    most = {
        name: max([least[name], *map(cell_len, cells)]) for name, cells in texts.items() if cells
    }
    lines = {
        name: np.array(
            [
                [lines_of(cell, width) for cell in texts[name][:_ROWS]]
                for width in range(least[name], min(most[name], least[name] + room) + 1)
            ]
        )
        for name in most
    }
    while lines and room > 0 and (step := _best_step(lines, least, widths, room)):
        name, more = step
        widths[name] += more
        room -= more
    for name in sorted(most, key=lambda each: most[each] - widths[each]):
        more = max(0, min(room, most[name] - widths[name]))
        widths[name] += more
        room -= more
    return widths


def _best_step(
    lines: Mapping[str, NDArray[np.int64]],
    least: Mapping[str, int],
    widths: Mapping[str, int],
    room: int,
) -> tuple[str, int] | None:
    """The column, and how much wider it saves most lines for each cell; None if nothing saves."""
    now = {name: of_width[widths[name] - least[name]] for name, of_width in lines.items()}
    best, found = 0.0, None
    for name, of_width in lines.items():
        at = widths[name] - least[name]
        beside = [of_row for other, of_row in now.items() if other != name]
        highest = np.max(beside, axis=0) if beside else np.zeros_like(now[name])
        reach = of_width[at : at + room + 1]
        heights = np.maximum(reach, highest).sum(axis=1) + _OF_COLUMN * reach.sum(axis=1)
        for more in range(1, len(reach)):
            saved = float(heights[0] - heights[more]) / more
            if saved > best:
                best, found = saved, (name, more)
    return found


def lines_of(cell: str, width: int) -> int:
    """How many lines the words of a cell take.

    Examples
    --------
    >>> lines_of("SD NEGERI HULU 1", 9), lines_of("SD NEGERI HULU 1", 6), lines_of("", 5)
    (2, 3, 1)
    """
    lines, used = 1, 0
    for word in cell.split():
        length = cell_len(word)
        if used and used + 1 + length > width:
            lines, used = lines + 1, length
        else:
            used += length + (1 if used else 0)
    return lines
