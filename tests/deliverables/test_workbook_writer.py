"""Texts, names of sheets and lines of pages within the limits of Excel."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.deliverables.workbook_writer import (
    MOST_CHARACTERS,
    cell_text,
    lines_of,
    page_line,
    sheet_names,
)
from kalsel_gap.i18n.text import LANGUAGES, Language, Text, plain


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("char", ["x", "\U0001f3eb"])
def test_a_text_that_is_too_long_is_cut_and_says_so(language: Language, char: str) -> None:
    text = Text(language)
    whole = char * (MOST_CHARACTERS // units(char))
    assert cell_text(whole, text) == whole
    cut = cell_text(whole + "yy", text)
    assert units(cut) <= MOST_CHARACTERS
    assert cut.startswith(char * 15_000)
    assert cut.endswith(text(" … (cut: a cell of Excel holds {most} characters)", most="32767"))


@given(st.lists(st.text(max_size=40), max_size=8))
def test_excel_takes_the_name_of_every_sheet(wanted: list[str]) -> None:
    names = sheet_names(wanted)
    assert len(names) == len(wanted)
    folded = {unicodedata.normalize("NFKC", name).casefold() for name in names}
    assert len(folded) == len(names)
    assert "history" not in folded
    for name in names:
        assert 0 < units(name) <= 31
        assert not set("[]:*?/\\") & set(name)
        assert name.strip("'") == name
        assert plain(name) == name


def test_names_that_are_good_stay() -> None:
    wanted = ["Ringkasan", "Kab. Hulu Sungai Selatan", "Dinas Kab. Hulu Sungai Selatan"]
    assert sheet_names(wanted) == wanted
    assert sheet_names(["Kab. Banjar", "kab. banjar"]) == ["Kab. Banjar", "kab. banjar (2)"]
    long = "Kab. yang namanya panjang sekali "
    assert sheet_names([f"{long} A", f"{long} B"]) == [
        "Kab. yang namanya panjang sekal",
        "Kab. yang namanya panjang s (2)",
    ]


@given(st.text(max_size=400), st.text(max_size=400))
def test_a_line_of_a_page_holds_no_code_of_others(left: str, right: str) -> None:
    line = page_line(left, right, end="Page &P")
    assert units(line) <= 255
    inner = line.removeprefix("&L&8 ").removesuffix("Page &P").replace("&&", "")
    assert inner.count("&") == 2  # of the right end alone
    assert "&R&8 " in inner


@pytest.mark.parametrize(
    ("shown", "room", "lines"),
    [("", 10, 1), ("satu dua", 8, 1), ("satu dua", 7, 2), ("a b c", 1, 3), ("x" * 25, 10, 3)],
)
def test_lines_of_a_text(shown: str, room: float, lines: int) -> None:
    assert lines_of(shown, room) == lines
