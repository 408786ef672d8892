"""Sections on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kalsel_gap.cli.explain_table import show
from kalsel_gap.deliverables.list_certainty import certainty_sections
from kalsel_gap.deliverables.sections import PageSection, WordTable
from kalsel_gap.i18n.text import LANGUAGES, Text
from kalsel_gap.robustness.sensitivity import list_sensitivity

if TYPE_CHECKING:
    from kalsel_gap.i18n.text import Language
    from kalsel_gap.storage.run_folder import Run


@pytest.mark.parametrize("language", LANGUAGES)
def test_sections_fit_on_80_columns_with_whole_words(
    sample_run: Run,
    language: Language,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    sections = certainty_sections(sample_run, list_sensitivity(sample_run), Text(language))
    show("", (), sections, Text(language))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    words = set(shown.split())
    for section in sections:
        for table in section.grids:
            cells = (
                *table.heads,
                *(c for r in table.rows for c in r),
            )
            assert {word for cell in cells for word in cell.split()} <= words
        assert {word for said in section.said for word in said.split()} <= words


def test_headers_of_numbers_are_cut_nowhere(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The narrowest widths just fit; wider ones of the numbers would push the last column out."""
    heads = ("Kabupaten/kota", *("ternyata memadai",) * 5, "tidak jelas lagi")
    rows = (("Kab. Gunung Contoh", *"123456"),)
    monkeypatch.setenv("COLUMNS", "73")
    grid = WordTable("", heads, rows, frozenset(range(1, 7)))
    show("", (), [PageSection("", grids=[grid])], Text("id"))
    shown = capsys.readouterr().out
    assert {"tidak", "jelas", "lagi", "6"} <= set(shown.split())


def test_a_long_word_cuts_no_number(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = ("Option", "State", "Capex", "Opex a year")
    rows = (
        ("link · " + "x" * 33, "feasible", "Rp 38.7 m", "Rp 0"),
        ("hop", "A direct link without a mast is possible, so no relay is needed.", "–", "Rp 9.99"),
    )
    monkeypatch.setenv("COLUMNS", "80")
    grid = WordTable("", heads, rows, frozenset({2, 3}))
    show("", (), [PageSection("", grids=[grid])], Text("en"))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "Rp 38.7 m" in shown
    assert "Rp 9.99" in shown
    assert "x" * 33 in shown
