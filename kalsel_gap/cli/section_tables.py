"""Sections of sentences and tables on the terminal, as wide as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text as Styled

from kalsel_gap.cli.console import screen
from kalsel_gap.i18n.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kalsel_gap.deliverables.list_certainty import CertaintySection, CertaintyTable

_HEADER = 8  # cells of a header above numbers, where its words are shorter


def show_sections(sections: Iterable[CertaintySection]) -> None:
    """Sections to standard output: title, warnings, sentences, tables."""
    console = screen()
    for number, section in enumerate(sections):
        if number:
            console.print()
        console.print(Styled(plain(section.title), style="bold"))
        for sentence in section.warnings:
            console.print(Styled(plain(sentence), style="yellow"))
        for sentence in section.sentences:
            console.print(Styled(plain(sentence)))
        for table in section.tables:
            console.print()
            console.print(_drawn(table))


def _drawn(table: CertaintyTable) -> Table:
    """A table; its texts are wrapped between words, its numbers stay whole."""
    drawn = Table(
        title=Styled(plain(table.caption)),
        title_justify="left",
        title_style="dim",
        box=None,
        pad_edge=False,
        header_style="bold",
    )
    for number, column in enumerate(table.columns):
        cells = (column.label, *(row[number] for row in table.rows))
        widest = max((cell_len(word) for cell in cells for word in cell.split()), default=1)
        if column.is_number:  # the room is for the texts
            width = max(widest, min(cell_len(column.label), _HEADER))
            drawn.add_column(plain(column.label), justify="right", width=width)
        else:
            drawn.add_column(plain(column.label), min_width=widest)
    for row in table.rows:
        drawn.add_row(*(Styled(plain(cell)) for cell in row))
    return drawn
