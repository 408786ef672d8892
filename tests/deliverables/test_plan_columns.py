"""The plan behind the schools of the workbook of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl  # type: ignore[import-untyped]
import pytest

from kalsel_gap.deliverables.budget_columns import OF_SCHOOLS
from kalsel_gap.deliverables.plan_columns import with_plan, with_plan_words
from kalsel_gap.deliverables.tables import View
from kalsel_gap.deliverables.workbook import write_workbook
from kalsel_gap.deliverables.workbook_writer import SheetColumn, SheetTable
from kalsel_gap.i18n.plan_names import option_name
from kalsel_gap.i18n.text import Text
from tests.hand_made_plan import LEO, LEO_PPN, hand_made_plan

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run

EN = Text("en")
LABELS = [column.words(EN, 0)[0] for column in OF_SCHOOLS]


def test_the_columns_stand_behind_those_of_the_list() -> None:
    rows = ["schools.csv:2", "schools.csv:99"]
    table = SheetTable([SheetColumn("Row")], [rows], {0: ["critical"] * 2}, {1})
    made = with_plan(table, hand_made_plan(), rows, EN)
    assert [column.label for column in made.columns] == ["Row", *LABELS]
    assert [cells[0] for cells in made.cells[1:]] == [
        *("in the plan", option_name("leo", EN), 2027),
        *(LEO + LEO_PPN, 9_990_000),
    ]
    assert [cells[1] for cells in made.cells[1:]] == ["unknown", "", "", "", ""]
    assert (made.tiers, made.sums) == (table.tiers, table.sums)


def test_the_dictionary_describes_them() -> None:
    table = SheetTable([SheetColumn("x")] * 5, [["a"], ["b"], ["c"], ["d"], ["e"]])
    made = with_plan_words(table, EN)
    assert made.cells[1] == ["b", *(column.name for column in OF_SCHOOLS)]
    assert {len(cells) for cells in made.cells} == {1 + len(OF_SCHOOLS)}


def test_the_workbook_of_a_run_has_them_where_a_plan_is_there(tiny: Run, tmp_path: Path) -> None:
    plan = hand_made_plan(tiny.schools["row_id"].tolist()[:6])
    write_workbook(tiny, View(), tmp_path / "with.xlsx", EN, plan=plan)
    write_workbook(tiny, View(), tmp_path / "without.xlsx", EN)
    with pytest.warns(UserWarning, match="extension is not supported"):
        books = [openpyxl.load_workbook(tmp_path / f"{n}.xlsx") for n in ("with", "without")]
    heads = [next(book["Priorities"].iter_rows(max_row=1, values_only=True)) for book in books]
    assert list(heads[0]) == [*heads[1], *LABELS]
    assert plan.folder.name in str(list(books[0]["Summary"].iter_rows(values_only=True)))
