"""Columns of a plan behind those of the schools in the workbook of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.deliverables.budget_columns import OF_SCHOOLS
from kalsel_gap.deliverables.budget_lists import sheet_table
from kalsel_gap.deliverables.plan_layer import planned_schools
from kalsel_gap.deliverables.plan_words import plan_notices
from kalsel_gap.deliverables.workbook_writer import SheetSection, SheetTable
from kalsel_gap.i18n.messages import NAMES
from kalsel_gap.i18n.plan_names import PLANNED_NAMES, name_of
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.storage.plan_folder import Plan

_YEARS = 0  # no column of these says a horizon


def with_plan(table: SheetTable, plan: Plan, row_ids: Sequence[str], text: Text) -> SheetTable:
    """The list of schools with the columns of a plan behind its own.

    Parameters
    ----------
    table : SheetTable
    plan : Plan
        Of the run of the list.
    row_ids : sequence of str
        The school of each row.
    text : Text
        Language of headers and words.
    """
    planned = planned_schools(plan, row_ids)
    unknown = text(NAMES["unknown"])
    words = [
        name_of(code, PLANNED_NAMES, text) if code == code else unknown  # noqa: PLR0124 - NaN
        for code in planned["plan_status"].tolist()
    ]
    more = sheet_table(planned.assign(plan_status=words), OF_SCHOOLS, {}, text, _YEARS)
    return SheetTable(
        [*table.columns, *more.columns], [*table.cells, *more.cells], table.tiers, table.sums
    )


def with_plan_words(dictionary: SheetTable, text: Text) -> SheetTable:
    """The data dictionary of the workbook with the columns of a plan."""
    words = [column.words(text, _YEARS) for column in OF_SCHOOLS]
    added = (
        [label for label, _ in words],
        [column.name for column in OF_SCHOOLS],
        [description for _, description in words],
        [""] * len(words),
        [""] * len(words),
    )
    cells = [[*own, *more] for own, more in zip(dictionary.cells, added, strict=True)]
    return SheetTable(dictionary.columns, cells, dictionary.tiers, dictionary.sums)


def plan_section(plan: Plan, text: Text) -> SheetSection:
    """Which plan the columns behind the schools are of."""
    words = N_(
        "The last columns of the lists of schools are of plan {plan}, made of this run: what it "
        "chooses for each school, in which year and at what cost."
    )
    said = [text(words, plan=plan.folder.name)]
    return SheetSection(text(N_("Plan")), said, plan_notices(plan, text))
