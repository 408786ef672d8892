"""Sections of a page on a terminal: sentences, pairs, tables, bars of block characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text as Styled

from kalsel_gap.cli import spoken
from kalsel_gap.cli.console import say, screen
from kalsel_gap.i18n.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from kalsel_gap.deliverables.sections import Bars, PageSection, WordTable
    from kalsel_gap.i18n.text import Text

_BLOCKS = " ▏▎▍▌▋▊▉█"  # eighths of a cell
_BAR = 24  # cells of the longest bar
_LEAST = 12  # cells of a label or a cell of words, at least
_HEADER = 8  # cells of a header above numbers, where its words are shorter
_PAIRS = 22  # cells of the longest label of a pair


def show(title: str, notices: Sequence[str], sections: Sequence[PageSection], text: Text) -> None:
    """Print a page of sections in the width of the terminal."""
    if spoken.is_plain():
        say(spoken.page(title, notices, sections, text))
        return
    console = screen()
    for notice in notices:
        console.print(Styled(plain(notice), style="bold"))
    console.print(Styled(plain(title), style="bold"))
    for section in sections:
        console.print()
        _show(section, console)


def _show(section: PageSection, console: Console) -> None:
    console.print(Styled(plain(section.title), style="bold underline"))
    for sentence in section.warnings:
        console.print(Styled(plain(sentence), style="yellow"))
    if section.pairs:
        console.print(_pairs(section.pairs))
    for sentence in section.said:
        console.print(_item(sentence))
    for bars in section.bars:
        console.print(Styled(plain(bars.title), style="bold"))
        console.print(_bars(bars, console.width))
    for grid in section.grids:
        if grid.title:
            console.print(Styled(plain(grid.title), style="bold"))
        console.print(_grid(grid, console.width))
    for picture in section.pictures:
        console.print(Styled(plain(picture.drawing.title), style="bold"))
        for sentence in picture.said:
            console.print(_item(sentence))


def _item(sentence: str) -> Table:
    """A sentence whose further lines stand below its first word."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("-", Styled(plain(sentence)))
    return table


def _pairs(pairs: Sequence[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(max_width=_PAIRS)
    table.add_column(overflow="fold")
    for label, value in pairs:
        table.add_row(Styled(plain(label), style="dim"), Styled(plain(value)))
    return table


def bar_of(share: float, cells: int) -> str:
    """A bar of block characters, as long as its share of so many cells.

    Examples
    --------
    >>> bar_of(0.5, 4), bar_of(0.53, 4), bar_of(0.0, 4)
    ('██', '██▏', '')
    """
    eighths = round(min(max(share, 0.0), 1.0) * cells * 8)
    return (_BLOCKS[-1] * (eighths // 8) + _BLOCKS[eighths % 8]).rstrip()


def _bars(bars: Bars, width: int) -> Table:
    """Label, number, bar: the numbers say what the bars show."""
    numbers = max((cell_len(bar.shown) for bar in bars.rows), default=0)
    labels = max((cell_len(plain(bar.label)) for bar in bars.rows), default=0)
    room = max(min(_BAR, width - min(labels, width // 2) - numbers - 6), 0)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for bar in bars.rows:
        drawn = bar_of(bar.value / bars.most, room)
        style = "cyan" if bar.is_inferred else "blue"
        table.add_row(Styled(plain(bar.label)), bar.shown, Styled(drawn, style=style))
    return table


def _grid(grid: WordTable, width: int) -> Table:
    """A table of whole words; where it has no room, each row as lines of label and value."""
    least = [
        max(map(cell_len, _words(grid, n)), default=0)
        if n in grid.numbers
        else max(_LEAST, *map(cell_len, _words(grid, n)))
        for n in range(len(grid.heads))
    ]
    if sum(least) + 2 * len(least) > width:
        return _as_lines(grid)
    most = [
        max(cells, min(cell_len(plain(head)), _HEADER)) if n in grid.numbers else cells
        for n, (head, cells) in enumerate(zip(grid.heads, least, strict=True))
    ]
    if sum(most) + 2 * len(most) > width:
        most = least
    texts = [n for n in range(len(grid.heads)) if n not in grid.numbers]
    room = width - sum(most) - 2 * (len(most) - 1)
    wanted = {n: max(cell_len(plain(row[n])) for row in (grid.heads, *grid.rows)) for n in texts}
    for _ in range(room):  # the table would take it from a long word and cut the last columns
        n = max(texts, key=lambda each: wanted[each] / most[each], default=-1)
        if n < 0 or wanted[n] <= most[n]:
            break
        most[n] += 1
    table = Table(box=None, pad_edge=False, header_style="bold")
    for n, head in enumerate(grid.heads):
        if n in grid.numbers:  # the room is for the texts
            table.add_column(plain(head), justify="right", min_width=least[n], max_width=most[n])
        else:
            table.add_column(plain(head), width=most[n])
    for row in grid.rows:
        table.add_row(*(Styled(plain(cell)) for cell in row))
    return table


def _words(grid: WordTable, column: int) -> list[str]:
    """Words that stay whole: of a header and of texts each word, of numbers the cell."""
    cells = [plain(row[column]) for row in grid.rows]
    if column not in grid.numbers:
        cells = [word for cell in cells for word in cell.split()]
    return [*plain(grid.heads[column]).split(), *cells]


def _as_lines(grid: WordTable) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(max_width=_PAIRS)
    table.add_column(overflow="fold")
    for name, *cells in grid.rows:
        table.add_row(Styled(plain(name), style="bold"), "")
        for head, cell in zip(grid.heads[1:], cells, strict=True):
            table.add_row(Styled(f"  {plain(head)}", style="dim"), Styled(plain(cell)))
    return table
