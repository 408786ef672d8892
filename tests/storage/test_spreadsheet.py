"""What a table is as CSV and JSON: each cell as the program that opens it will read it."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from kalsel_gap.storage.spreadsheet import csv_of, inert, is_number, json_of

TABLE = pd.DataFrame(
    {
        "name": pd.Series(["SD 1; a", "=1+1", None], dtype="str"),
        "share": [0.5, None, 1234.25],
        "count": pd.array([3, None, 1000], "Int64"),
        "flag": pd.array([True, False, None], "boolean"),
    }
)
MARK = "\ufeff"


def test_programs_read_commas_and_decimal_points_without_a_mark() -> None:
    rows = "name,share,count,flag\nSD 1; a,0.5,3,1\n'=1+1,,,0\n,1234.25,1000,\n"
    assert csv_of(TABLE) == csv_of(TABLE, "raw") == rows


def test_excel_reads_the_delimiter_and_the_decimal_sign_of_its_locale() -> None:
    rows = """name;share;count;flag\n"SD 1; a";0,5;3;1\n'=1+1;;;0\n;1234,25;1000;\n"""
    assert csv_of(TABLE, "id") == MARK + rows
    assert csv_of(TABLE, "en") == MARK + csv_of(TABLE)


def test_labels_are_a_second_line_of_headers() -> None:
    table = TABLE[["name", "count"]]
    assert csv_of(table, "id", labels=["Nama", "Jumlah"]).splitlines()[:2] == [
        MARK + "name;count",
        "Nama;Jumlah",
    ]


def test_twelve_digits_of_a_number_are_written() -> None:
    assert csv_of(pd.DataFrame({"x": [1.0 / 3.0, 2e-9]})) == "x\n0.333333333333\n2e-09\n"


@pytest.mark.parametrize(
    ("text", "id_", "en"),
    [
        ("114.673", "'114.673", "114.673"),  # groups of digits in Indonesian
        ("114,673", "114,673", "'114,673"),
        ("63.10", "63.10", "'63.10"),  # the code of a regency, otherwise 63.1
        ("63.11", "63.11", "63.11"),
        ("163.10", "163.10", "163.10"),
        ("1E5", "'1E5", "'1E5"),
        ("-1.234.567", "'-1.234.567", "-1.234.567"),
        ("3.14", "3.14", "3.14"),
        ("A 114.673", "A 114.673", "A 114.673"),
        # Digits of another script are no number for Excel, and the text stays as it is.
        ("\u0661.\u0662\u0663\u0664", *["\u0661.\u0662\u0663\u0664"] * 2),
        ("\u0661,\u0662\u0663\u0664", *["\u0661,\u0662\u0663\u0664"] * 2),
    ],
)
def test_a_text_that_excel_takes_for_another_number_is_marked(text: str, id_: str, en: str) -> None:
    # Excel itself writes quotes around a text that holds the delimiter.
    def cell(dialect: str) -> str:
        written = csv_of(pd.DataFrame({"x": [text]}), dialect)  # type: ignore[arg-type]
        return written.splitlines()[1].strip('"')

    assert (cell("raw"), cell("id"), cell("en")) == (text, id_, en)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("-3,1", "-3,1"),
        ("+1.234,5", "+1.234,5"),
        (" =1", "' =1"),
        ("-\u0661", "'-\u0661"),  # minus and a digit that is no number
        ("-", "'-"),
        ("a=1", "a=1"),
        (None, ""),
        (float("nan"), ""),
        (7, "7"),
    ],
)
def test_only_a_number_may_begin_with_the_sign_of_a_formula(text: object, written: str) -> None:
    assert inert(text) == written
    assert not is_number("\u0661")


def test_json_says_null_of_what_is_unknown() -> None:
    assert json.loads(json_of(TABLE)) == [
        {"name": "SD 1; a", "share": 0.5, "count": 3, "flag": True},
        {"name": "=1+1", "share": None, "count": None, "flag": False},
        {"name": None, "share": 1234.25, "count": 1000, "flag": None},
    ]
    assert json_of(TABLE[["name"]].head(1)) == '[\n {\n  "name": "SD 1; a"\n }\n]\n'
