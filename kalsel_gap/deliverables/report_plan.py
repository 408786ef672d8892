"""The chapter of the report about a plan: what it buys, from which money, what it leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.deliverables.plan_words import plan_notices, plan_sections
from kalsel_gap.deliverables.report_blocks import FactList, Passage, PrintedTable, SectionHead
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kalsel_gap.deliverables.report_blocks import Block
    from kalsel_gap.deliverables.sections import PageSection, WordTable
    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

LISTED = 10  # schools of each list
_NARROW, _WIDE = 6, 34  # characters of a column that count for its width


def plan_blocks(run: Run, plan: Plan, text: Text) -> Iterator[Block]:
    """The chapter *Plan*.

    Years and envelopes, what is chosen, how near to the best plan it is, the schools that come
    next, unfunded demand, and the years in which running costs lose their payer.

    Parameters
    ----------
    run : Run
        The run that the plan is of.
    plan : Plan
    text : Text
        Language of the report.
    """
    yield SectionHead(text(N_("Plan")), code="plan", is_new_page=True)
    for notice in plan_notices(plan, text):
        yield Passage(notice, "notice")
    yield Passage(text(N_("Plan {plan}, made of this run."), plan=plan.folder.name))
    for section in plan_sections(plan, run.schools, text, top=LISTED):
        yield from _blocks_of(section)


def _blocks_of(section: PageSection) -> Iterator[Block]:
    yield SectionHead(section.title, level=3)
    for warning in section.warnings:
        yield Passage(warning, "notice")
    if section.pairs:
        yield FactList(tuple(section.pairs))
    for sentence in section.said:
        yield Passage(sentence)
    for grid in section.grids:
        if grid.rows:
            yield _printed(grid, section.title)


def _printed(grid: WordTable, title: str) -> PrintedTable:
    """A table of a page on paper: columns as wide as what stands in them needs."""
    columns = list(zip(grid.heads, *grid.rows, strict=True))
    sizes = [min(max(_NARROW, *map(len, column)), _WIDE) for column in columns]
    whole = sum(sizes)
    return PrintedTable(
        f"{title}: {grid.title}" if grid.title else title,
        grid.heads,
        grid.rows,
        tuple(size / whole for size in sizes),
        numbers=grid.numbers,
    )
