"""Lists of a plan as an office's spreadsheet reads them: order, headers, totals, hostile names."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from kalsel_gap.deliverables import budget_lists
from kalsel_gap.deliverables.budget_columns import BTS, BUDGET, MARGINAL, OF_SCHOOLS, TOTALS
from kalsel_gap.deliverables.budget_lists import to_csv, write_bts_workbook, write_budget_workbook
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from tests.hand_made_plan import FORMULA, MARKUP, hand_made_plan, hand_made_run, with_tables

if TYPE_CHECKING:
    from pathlib import Path

EN = Text("en")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("budget") / "budget.xlsx"
    write_budget_workbook(hand_made_run(FORMULA, MARKUP), hand_made_plan(), path, EN)
    return openpyxl.load_workbook(path)


def rows_of(book: Any, name: str) -> list[dict[str, Any]]:
    head, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def label(name: str) -> str:
    return next(c.words(EN, 5)[0] for c in BUDGET if c.name == name)


def test_the_header_of_codes_is_the_declared_order() -> None:
    written = to_csv(hand_made_run(), hand_made_plan(), EN)
    assert written.splitlines()[0].split(",") == [column.name for column in BUDGET]


def test_csv_for_an_indonesian_excel() -> None:
    written = to_csv(hand_made_run(FORMULA), hand_made_plan(), Text("id"), "id", named="labels")
    assert written.startswith("\ufeff")
    head, *rows = csv.reader(io.StringIO(written[1:]), delimiter=";")
    assert len(head) == len(set(head)) == len(BUDGET)
    cells = [dict(zip((c.name for c in BUDGET), row, strict=True)) for row in rows]
    assert {row["volume"] for row in cells} >= {"1,175", "12"}
    assert {row["capex_idr"] for row in cells} >= {"8000001"}
    assert any(row["name"].startswith("'=HYPERLINK") for row in cells)
    assert all(re.fullmatch(r"\d*", row[c]) for row in cells for c in row if c.endswith("_idr"))


def test_both_lines_of_headers() -> None:
    written = to_csv(hand_made_run(), hand_made_plan(), EN, named="both")
    first, second, *_ = csv.reader(io.StringIO(written))
    assert first[4] == "npsn"
    assert second[4] == "NPSN"


def test_totals_as_csv_are_the_budget_of_the_plan() -> None:
    plan = hand_made_plan()
    written = to_csv(hand_made_run(), plan, EN, name="budget_totals")
    head, *rows = csv.reader(io.StringIO(written))
    assert head == [column.name for column in TOTALS]
    budget = plan.table("budget").sort_values(["year", "envelope"])
    assert [int(row[head.index("total_idr")]) for row in rows] == budget["total_idr"].tolist()


@pytest.mark.parametrize("language", LANGUAGES)
def test_headers_of_money_say_capex_or_opex_which_time_and_ppn(language: Language) -> None:
    text = Text(language)
    for column in (*BUDGET, *TOTALS, *MARGINAL, *BTS, *OF_SCHOOLS):
        if not column.name.endswith("_idr"):
            continue
        said = column.words(text, 5)[0].lower()
        assert re.search(r"\b(capex|opex)\b", said), said
        assert "ppn" in said
        assert "(rp)" in said
        if language == "en":
            assert re.search(r"\b(year|cumulative)\b", said) or column.name == "unit_price_idr"
            assert re.search(r"with(out)? ppn|^ppn", said), said


def test_every_column_has_words_of_its_own() -> None:
    for columns in (BUDGET, TOTALS, MARGINAL, BTS, OF_SCHOOLS):
        words = [column.words(EN, 5) for column in columns]
        assert len({said for said, _ in words}) == len(words)
        assert all(said and about for said, about in words)
        assert len({column.name for column in columns}) == len(columns)


def test_a_sheet_for_each_office_and_the_rest_apart(book: Any) -> None:
    assert book.sheetnames == [
        *("Summary", "… Pendidikan Kab. Tanah Laut", "Dinas Pendidikan Provinsi"),
        *("Marginal list", "Unfunded demand", "Central government", "BTS proposals"),
        *("Totals", "Data dictionary"),
    ]
    mine = rows_of(book, "… Pendidikan Kab. Tanah Laut")
    assert {row["NPSN"] for row in mine} == {"00000001", "00000002"}
    assert {row["NPSN"] for row in rows_of(book, "Unfunded demand")} == {"00000004"}
    assert {row[label("envelope")] for row in rows_of(book, "Unfunded demand")} == {
        "grants (hibah) of Kab. Tanah Laut"
    }


def test_the_sheets_sum_up_to_the_totals_to_the_rupiah(book: Any) -> None:
    lists = (*book.sheetnames[1:3], "Unfunded demand", "Central government")
    lines = [row for name in lists for row in rows_of(book, name)]
    total = label("total_idr")
    assert all(isinstance(row[total], int) for row in lines)
    stated = hand_made_plan().table("budget")
    assert sum(row[total] for row in lines) == stated["total_idr"].sum()
    assert [row[TOTALS[6].label] for row in rows_of(book, "Totals")] == stated["total_idr"].tolist()


def test_the_summary_has_the_totals_as_a_block(book: Any) -> None:
    cells = [cell for row in book["Summary"].iter_rows(values_only=True) for cell in row]
    budget = hand_made_plan().table("budget")
    assert set(budget["total_idr"]) <= {cell for cell in cells if isinstance(cell, int)}
    assert "APBD of Kab. Tanah Laut" in cells


def test_an_unknown_number_of_pupils_is_a_word(book: Any) -> None:
    mine = rows_of(book, "… Pendidikan Kab. Tanah Laut")
    assert {row[label("students")] for row in mine if row["NPSN"] == "00000002"} == {"unknown"}


def test_hostile_names_are_texts(book: Any) -> None:
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert not [c for c in cells if c.data_type == "f"]
    assert any(c.value == FORMULA for c in cells)
    assert not [c.hyperlink for c in cells if c.hyperlink and not c.hyperlink.location]


def test_columns_of_the_workbook_are_in_order_and_described(book: Any) -> None:
    head = next(book["Dinas Pendidikan Provinsi"].iter_rows(max_row=1, values_only=True))
    assert list(head) == [column.words(EN, 5)[0] for column in BUDGET]
    codes = {row["Code"] for row in rows_of(book, "Data dictionary")}
    assert codes == {column.name for column in (*BUDGET, *TOTALS, *MARGINAL, *BTS)}


def test_the_same_plan_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / "a.xlsx", tmp_path / "b.xlsx"]
    for path in paths:
        write_budget_workbook(hand_made_run(MARKUP), hand_made_plan(), path, EN)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert to_csv(hand_made_run(), hand_made_plan(), EN) == to_csv(
        hand_made_run(), hand_made_plan(), EN
    )


def test_a_trial_says_so_on_every_line_and_in_the_summary(tmp_path: Path) -> None:
    plan = hand_made_plan(overrides={"plan.gap": 0.1})
    rows = list(csv.DictReader(io.StringIO(to_csv(hand_made_run(), plan, EN))))
    assert {row["trial"] for row in rows} == {"plan.gap=0.1"}
    write_budget_workbook(hand_made_run(), plan, tmp_path / "a.xlsx", EN)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    said = " ".join(str(c) for row in book["Summary"].iter_rows(values_only=True) for c in row)
    assert "plan.gap=0.1" in said


def test_a_plan_longer_than_a_sheet_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget_lists, "MOST_ROWS", 5)
    with pytest.raises(InputError) as found:
        write_budget_workbook(hand_made_run(), hand_made_plan(), tmp_path / "a.xlsx", EN)
    assert found.value.code == "plan_too_long"


def test_proposals_to_the_central_government_stay_apart(tmp_path: Path) -> None:
    plan = hand_made_plan()
    is_central = plan.table("choice")["envelope_capex"] == "central"
    choice = plan.table("choice").assign(is_unfunded=lambda c: c["is_unfunded"] | is_central)
    made = with_tables(plan, choice=choice)
    write_budget_workbook(hand_made_run(), made, tmp_path / "a.xlsx", EN)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert {row["NPSN"] for row in rows_of(book, "Unfunded demand")} == {"00000004"}
    assert len(rows_of(book, "Central government")) == 2  # of 2028, and opex of 2029


def test_very_many_offices_share_a_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget_lists, "MOST_KABUPATEN", 1)
    write_budget_workbook(hand_made_run(), hand_made_plan(), tmp_path / "a.xlsx", EN)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert "other offices" in book.sheetnames


def test_proposals_for_base_stations_as_a_workbook(tmp_path: Path) -> None:
    write_bts_workbook(hand_made_run(FORMULA), hand_made_plan(), tmp_path / "bts.xlsx", EN)
    book = openpyxl.load_workbook(tmp_path / "bts.xlsx")
    assert book.sheetnames == ["Summary", "BTS proposals", "Data dictionary"]
    (row,) = rows_of(book, "BTS proposals")
    assert row["Name of the site"] == "=BTS 1"
    assert row["Population within reach"] == "unknown"
    assert row["Schools served"] == 2


def test_lines_print_on_one_width_of_paper_and_lose_no_column(book: Any) -> None:
    sheet = book.worksheets[1]
    folded = {
        n
        for each in sheet.column_dimensions.values()
        if each.hidden
        for n in range(each.min, each.max + 1)
    }
    shown = [cell.value for cell in sheet[1] if cell.column not in folded]
    assert shown[:3] == [label("npsn"), label("name"), label("option")]
    assert label("total_idr") in shown
    assert len(shown) < 20
    assert sheet.max_column == len(BUDGET)
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
