"""Which sheet a school stands on, and how each column is written."""

from __future__ import annotations

import pandas as pd
import pytest

from kalsel_gap import schema
from kalsel_gap.deliverables import workbook_lists
from kalsel_gap.deliverables.workbook_lists import (
    kabupaten_groups,
    list_columns,
    number_format,
    office_groups,
)
from kalsel_gap.i18n.text import Text

EN = Text("en")
ROWS = [
    # kabupaten, code, authority, ownership, and the sheet of the office
    ("Kab. A", "63.01", "kabupaten", "public", "Dinas Kab. A"),
    ("Kab. A", "63.01", "kabupaten", "private", "Private schools"),
    ("Kab. A", "63.01", "province", "public", "Dinas of the province"),
    ("Kab. B", "63.02", "province", "private", "Private schools"),
    ("Kab. B", "63.02", "kemenag", "private", "Kemenag"),
    ("Kab. B", "63.02", "kemenag", "public", "Kemenag"),
    ("Kab. B", "63.02", "kabupaten", None, "Dinas Kab. B"),
    ("Kab. C", None, "kabupaten", "public", "Dinas kabupaten not known"),
    (None, None, "kabupaten", "public", "Dinas kabupaten not known"),
    ("Kab. B", "63.02", None, "public", "Office not known"),
]
SCHOOLS = pd.DataFrame(ROWS, columns=["kabupaten", "kabupaten_code", "authority", "ownership", "_"])


def test_each_school_has_one_office() -> None:
    found = {row: group.name for group in office_groups(SCHOOLS, EN) for row in group.rows}
    assert [found[row] for row in range(len(ROWS))] == [row[-1] for row in ROWS]
    assert office_groups(SCHOOLS, EN)[0].name == "Dinas of the province"


def test_a_kabupaten_that_is_not_recognised_has_a_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = {group.name: list(group.rows) for group in kabupaten_groups(SCHOOLS, EN)}
    assert groups == {
        "Kab. A": [0, 1, 2],
        "Kab. B": [3, 4, 5, 6, 9],
        "kabupaten not known": [7, 8],
    }
    monkeypatch.setattr(workbook_lists, "MOST_KABUPATEN", 1)
    few = {group.name: list(group.rows) for group in kabupaten_groups(SCHOOLS, EN)}
    assert few == {
        "Kab. B": [3, 4, 5, 6, 9],
        "other kabupaten": [0, 1, 2],
        "kabupaten not known": [7, 8],
    }


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("npsn", "@"),
        ("is_mountain", "@"),
        ("students", "#,##0"),
        ("deficit", "0.00"),
        ("completeness", "0%"),
        ("poor_share", "0%"),
        ("best_level_dbm", "#,##0.0"),
        ("site_4g_km", "#,##0.000"),
        ("required_mbps", "#,##0.00"),
    ],
)
def test_a_number_is_written_by_its_unit(name: str, shown: str) -> None:
    assert number_format(schema.BY_NAME[name]) == shown


def test_every_amount_of_money_is_in_rupiah() -> None:
    for kind in ("integer", "float"):
        column = schema.Column("opex_year_idr", kind, "scores", "", "")
        assert number_format(column) == '"Rp"#,##0'


def test_columns_that_nothing_stands_in_are_left_out() -> None:
    names = list(dict.fromkeys((*workbook_lists.PRINTED, *schema.SUMMARY)))
    table = pd.DataFrame({name: pd.Series([None, None], dtype="object") for name in names})
    bare = list_columns(table)
    assert {*names} - {*bare} == {
        *("rank_p05", "rank_p95", "p_top_k", "top_k_label", "top_k_set"),
        *("objections", "trial", "official"),
    }
    assert list_columns(table.assign(trial="index.lambda=0.5")) == [*bare, "trial"]
