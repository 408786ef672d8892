"""The project's own table of prices: CSV and workbook, right and wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.errors import InputError, KalselGapError, SeveralErrors
from kalsel_gap.findings import to_frame
from kalsel_gap.i18n import messages
from kalsel_gap.i18n.price_names import ITEM_NAMES, UNIT_NAMES
from kalsel_gap.i18n.text import Text
from kalsel_gap.project.costs import ITEMS, Costs
from kalsel_gap.sources.unit_prices import is_unit_of, read_unit_prices, template_rows
from kalsel_gap.storage.text_workbook import workbook_bytes
from tests.conftest import PROGRAMS

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from tests.conftest import MakeProject

LANGUAGES = ("en", "id")


def opened(project: MakeProject, content: str | bytes, name: str = "ssh.csv") -> Opened:
    return project({"costs": {"ssh": name}}, files={name: content})


def faults(project: MakeProject, content: str | bytes) -> list[KalselGapError]:
    with pytest.raises(KalselGapError) as caught:
        read_unit_prices(opened(project, content))
    error = caught.value
    return list(error.errors) if isinstance(error, SeveralErrors) else [error]


def test_without_a_table_there_is_no_price(project: MakeProject) -> None:
    prices, findings = read_unit_prices(project())
    assert prices.empty
    assert findings == []
    assert prices["price_idr"].dtype == "Int64"


INDONESIAN = """\
Standar Satuan Harga 2026;;;;;
No;Kode Item;Uraian;Satuan;Harga Satuan (Rp);Kode SSH;Tanggal
1;leo_kit;Perangkat satelit;Buah;Rp 7.900.000,-;1.3.2.05.01;21/11/2026
2;LEO-MONTH;Langganan;bulan;1.500.000,00;;2026
3;fibre_aerial_km;Kabel udara;KM;42500000;;
4;ups;;unit;;;
5;mast_m;Tiang;m;850.000;7.1;1 Maret 2026
"""
ENGLISH = """\
item,description,unit,unit_price,reference_code,date
leo_kit,Satellite kit,unit,7900000,1.3.2.05.01,2026-11-21
leo_month,,month,1500000,,
fibre_aerial_km,,km,42500000,,
ups,,unit,,,
mast_m,Mast,metre,850000,7.1,2026-03-01
"""


@pytest.mark.parametrize("content", [INDONESIAN, ENGLISH])
def test_a_table_in_either_language(project: MakeProject, content: str) -> None:
    prices, findings = read_unit_prices(opened(project, content))
    assert prices["item"].tolist() == ["leo_kit", "leo_month", "fibre_aerial_km", "mast_m"]
    assert prices["price_idr"].tolist() == [7_900_000, 1_500_000, 42_500_000, 850_000]
    assert prices["ref_ssh"].tolist() == ["1.3.2.05.01", "", "", "7.1"]
    of_month = "2026" if "2026\n3" in content else ""
    assert prices["date"].tolist() == ["2026-11-21", of_month, "", "2026-03-01"]
    assert prices["file"].unique().tolist() == ["ssh.csv"]
    assert {each.code for each in findings} <= {"columns_understood"}


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("850.000", 850_000),  # no fraction: no unit costs 850 rupiah with three decimals
        ("850,000", 850_000),
        ("7.850.000", 7_850_000),
        ("7,850,000.00", 7_850_000),
        ("7 850 000", 7_850_000),
        ("IDR 7850000", 7_850_000),
        ("Rp7.850.000,00", 7_850_000),
        ("7850000.0", 7_850_000),
    ],
)
def test_how_prices_are_written(project: MakeProject, text: str, price: int) -> None:
    content = f"item;price\nlan;1500000.00\nups;{text}\n"
    prices, _ = read_unit_prices(opened(project, content))
    assert prices["price_idr"].tolist() == [1_500_000, price]


def test_a_date_that_is_none_is_a_note(project: MakeProject) -> None:
    prices, findings = read_unit_prices(opened(project, "item,price,date\nups,4000000,kemarin\n"))
    assert prices["date"].tolist() == [""]
    (found,) = findings
    assert (found.code, found.row, found.column) == ("date_unreadable", 2, "date")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_to_fill_in_is_read_as_it_is_filled_in(
    project: MakeProject, language: str
) -> None:
    headers, rows = template_rows(Costs.shipped(), Text(language))  # type: ignore[arg-type]
    assert [row[0] for row in rows] == list(ITEMS)
    book = workbook_bytes({"Harga": [headers, *rows]})
    prices, findings = read_unit_prices(opened(project, book, "empty.xlsx"))
    assert (len(prices), [each for each in findings if each.severity != "note"]) == (0, [])
    filled = [[*row[:3], str(1000 + n), "", ""] for n, row in enumerate(rows)]
    book = workbook_bytes({"Harga": [headers, *filled]})
    prices, findings = read_unit_prices(opened(project, book, "filled.xlsx"))
    assert prices["item"].tolist() == list(ITEMS)
    assert prices["price_idr"].tolist() == [1000 + n for n in range(len(ITEMS))]
    assert prices["row"].tolist() == [n + 2 for n in range(len(ITEMS))]
    assert [each for each in findings if each.severity != "note"] == []


def test_a_code_that_is_not_ours_is_a_finding(project: MakeProject) -> None:
    prices, findings = read_unit_prices(
        opened(project, "item,price\nleo_kits,7900000\nA.01,12\nups,4000000\n")
    )
    assert prices["item"].tolist() == ["ups"]
    found = [each for each in findings if each.code == "price_item_unknown"]
    assert [(each.file, each.row, each.column, each.value) for each in found] == [
        ("ssh.csv", 2, "item", "leo_kits"),
        ("ssh.csv", 3, "item", "A.01"),
    ]
    said = messages.finding_sentence(to_frame(found).iloc[0].to_dict(), Text("en"))
    assert "“leo_kits” is not the code of an item" in said
    assert json.loads(to_frame(found)["parameters"].iloc[0]) == {"suggestion": "leo_kit"}


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("ups,unit,empat juta", "unit_price_wrong", "price"),
        ("ups,unit,4000000.50", "unit_price_wrong", "price"),
        ("ups,unit,4e30", "unit_price_wrong", "price"),
        ("ups,unit,-4000000", "unit_price_negative", "price"),
        ("ups,unit,=1+1", "unit_price_wrong", "price"),
        ("mast_m,km,4000000", "unit_price_unit", "unit"),
        ("leo_month,tahun,4000000", "unit_price_unit", "unit"),
        ("lan,unit,5000000", "unit_price_twice", "item"),
    ],
)
def test_a_row_that_cannot_be_used_is_an_error(
    project: MakeProject, row: str, code: str, column: str
) -> None:
    (error,) = faults(project, f"item,unit,price\nlan,unit,6000000\n{row}\n")
    assert isinstance(error, InputError)
    assert (error.code, error.path, error.row, error.column) == (code, "ssh.csv", 3, column)
    for language in LANGUAGES:
        (line,) = messages.error_lines(error, Text(language))  # type: ignore[arg-type]
        assert "ssh.csv" in line
        assert "3" in line


def test_all_errors_are_reported_at_once(project: MakeProject) -> None:
    found = faults(
        project, "item,unit,price\nlan,km,x\nups,unit,-1\nups,unit,5\nleo_kit,unit,7900000\n"
    )
    assert [(each.row, each.code) for each in found] == [
        (2, "unit_price_wrong"),
        (2, "unit_price_unit"),
        (3, "unit_price_negative"),
        (4, "unit_price_twice"),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("item,description\nups,x\n", "column_missing"),
        ("harga,uraian\n1,x\n", "column_missing"),
        ("", "file_empty"),
        ("item,price\n", "table_no_rows"),
    ],
)
def test_a_file_that_is_no_table_of_prices(project: MakeProject, content: str, code: str) -> None:
    (error,) = faults(project, content)
    assert error.code == code
    assert str(error.path).endswith("ssh.csv")


def test_a_table_that_is_not_there_stops_a_plan_only(project: MakeProject) -> None:
    given = project({"costs": {"ssh": "nowhere.csv"}})  # a run needs no price
    with pytest.raises(InputError) as caught:
        read_unit_prices(given)
    assert caught.value.code == "file_missing"


def test_free_is_a_price(project: MakeProject) -> None:
    prices, _ = read_unit_prices(opened(project, "item,price\nleo_kit,0\n"))
    assert prices["price_idr"].tolist() == [0]


@pytest.mark.parametrize("program", PROGRAMS)
def test_hostile_cells_stay_text(project: MakeProject, program: str) -> None:
    quoted = '"' + program.replace('"', '""') + '"'
    content = f"item,description,unit,price,reference_code\nups,{quoted},unit,4000000,{quoted}\n"
    prices, _ = read_unit_prices(opened(project, content))
    assert prices["price_idr"].tolist() == [4_000_000]
    with pytest.raises(InputError) as caught:
        read_unit_prices(opened(project, f"item,unit,price\nups,{quoted},4000000\n"))
    (line,) = messages.error_lines(caught.value, Text("en"))
    assert "\x1b" not in line
    assert "\n" not in line


@given(unit=st.sampled_from(sorted(UNIT_NAMES)), text=st.text(max_size=12))
def test_a_unit_is_its_own_and_no_other(unit: str, text: str) -> None:
    assert is_unit_of(unit, unit)
    assert is_unit_of("", unit)
    assert sum(is_unit_of(text, each) for each in UNIT_NAMES) <= 1 or text == ""


def test_every_item_and_unit_has_a_name() -> None:
    costs = Costs.shipped()
    assert set(ITEM_NAMES) == set(ITEMS) == set(costs.items)
    assert {item.unit for item in costs.items.values()} == set(UNIT_NAMES)
    for unit, name in UNIT_NAMES.items():
        assert all(is_unit_of(Text(language)(name), unit) for language in LANGUAGES)  # type: ignore[arg-type]
