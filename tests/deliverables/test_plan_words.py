"""What is said of a plan: sentences, and tables that fit 80 columns in both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from kalsel_gap.cli import explain_table, spoken
from kalsel_gap.deliverables import plan_words
from kalsel_gap.i18n.plan_names import envelope_name, name_of, option_name
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from tests.deliverables.hand_made_plans import SCHOOLS, hand_made

if TYPE_CHECKING:
    from collections.abc import Callable

    from kalsel_gap.storage.plan_folder import Plan

EN = Text("en")


@pytest.fixture
def printed(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")

    def show(plan: Plan, text: Text = EN, *, aloud: bool = False, top: int | None = 20) -> str:
        with spoken.plainly(aloud):
            explain_table.show(
                plan_words.plan_title(plan, text),
                plan_words.plan_notices(plan, text),
                plan_words.plan_sections(plan, SCHOOLS, text, top=top),
                text,
            )
        return capfdbinary.readouterr().out.decode()

    return show


def flat(shown: str) -> str:
    return " ".join(shown.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_fits_80_columns_and_nothing_in_it_runs(
    printed: Callable[..., str], language: Language
) -> None:
    shown = printed(hand_made(), Text(language))
    assert max(cell_len(line) for line in shown.splitlines()) <= 80
    assert "\x1b" not in shown
    assert "{" not in shown.replace("{{7*7}}", "")
    assert "00000101" in shown
    assert "SMA CONTOH 3" in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_read_aloud_is_a_whole(printed: Callable[..., str], language: Language) -> None:
    for line in filter(None, printed(hand_made(), Text(language), aloud=True).splitlines()):
        assert line.endswith((".", "?", "!", ":", ")")), line
        assert not re.search(r"~\d|\d–\d|\s\s|\x1b|: [–?*]\.| · ", line.replace("\t", "")), line
        assert not re.search(r"\d (bn|tn|jt|rb|M|T)\b", line), line


def test_what_the_budget_officer_asks(printed: Callable[..., str]) -> None:
    said = flat(printed(hand_made()))
    assert "SYNTHETIC DATA" in said
    assert "2, with 120 pupils that are known" in said
    assert "APBD of Kab. Hulu Rp 25 bn Rp 8 m Rp 0 Rp 880 k Rp 25 bn" in said
    assert "Kemenag unknown" not in said
    assert "Kemenag 1 Rp 8.88 m Rp 9.99 m" in said
    assert "Schools planned apart, because no ceiling is stated for who would pay: 1." in said
    assert "relay · BUKIT [31m<b>" in said
    assert "Rp 1 bn more in 2028 (APBD of Kab. Hulu) connects 9 more schools, 2,140 pupils." in said
    assert "Rp 1 bn more in 2027 (BOS) connects one more school, 80 pupils." in said
    assert (
        "From 2029 to 2030, BOS: Rp 1.2 bn a year has no payer, because no ceiling is stated for "
        "these years. Schools at risk: 140." in said.replace("- ", "")
    )
    assert "In 2028, grants (hibah) of Kab. Hilir: Rp 9.99 m a year" in said
    assert "feasible, but without a price: 1" in said
    assert "left out: others come first within the ceilings" in said


def test_the_same_in_indonesian(printed: Callable[..., str]) -> None:
    said = flat(printed(hand_made(), Text("id")))
    assert "DATA SINTETIS" in said
    assert "2, dengan 120 siswa yang diketahui" in said
    assert "APBD Kab. Hulu Rp 25 M Rp 8 jt Rp 0 Rp 880 rb Rp 25 M" in said
    assert "perlu Rp 310 jt, kurang 12 jt pada 2027" in said
    assert "Tambahan Rp 1 M pada 2028 (APBD Kab. Hulu) menghubungkan 9 sekolah lagi, 2.140" in said
    assert "Pada 2028, hibah Kab. Hilir: Rp 9,99 jt per tahun tidak punya pembayar" in said


def test_what_is_short_of_a_school() -> None:
    places = plan_words.places_of(SCHOOLS)
    rows = hand_made().table("marginal").to_dict("records")
    assert [plan_words.shortage_words(row, places, EN) for row in rows] == [
        "needs Rp 310 m, 12 m short in 2027 (APBD of Kab. Hilir)",
        (
            "needs Rp 310 m, 12 m short in 2028 (APBD of Kab. Hilir); 20 m short in all years and "
            "envelopes"
        ),
        (
            "needs Rp 310 m, which is there: supply, teams or a shared capacity is short, or the "
            "best plan is not known exactly"
        ),
    ]


def test_a_trial_and_what_cannot_be_made_again_say_so() -> None:
    plan = hand_made(overrides={"plan.gap": 0.5}, is_reproducible=False, data="real")
    said = " ".join(plan_words.plan_notices(plan, EN))
    assert "Trial, not the plan of the project: plan.gap=0.5." in said
    assert "Not reproducible" in said
    assert plan_words.plan_notices(hand_made(data="real"), EN) == []


def test_lists_are_cut_and_say_so(printed: Callable[..., str]) -> None:
    said = flat(printed(hand_made(), top=1))
    command = "kalsel-gap plan --show 0123456789ab --top"
    assert f"Shown: 1 of 2; {command} 2 lists them." in said
    assert f"Shown: 1 of 3; {command} 3 lists them." in said
    assert "00000102" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_short_page_names_what_it_leaves_out(
    printed: Callable[..., str], language: Language
) -> None:
    shown = printed(hand_made(), Text(language), top=None)
    assert len(shown.splitlines()) < 90
    assert max(cell_len(line) for line in shown.splitlines()) <= 80
    assert "kalsel-gap plan --show 0123456789ab --top 20" in flat(shown)
    if language == "en":
        assert "shared infrastructure (1), what keeps schools from each option (5)" in flat(shown)
        assert "LEO satellite 1, microwave by a relay 1; opened for several: relay 1" in flat(shown)
        # 8.88 million of 25 thousand million, and 511.71 of 30.
        assert "APBD of Kab. Hulu Rp 8.88 m Rp 512 m Rp 55 bn Rp 54.5 bn" in flat(shown)
        assert "all 2 Rp 18.9 m Rp 522 m Rp 59.3 bn Rp 58.7 bn" in flat(shown)


def test_no_more_money_helps_anybody(printed: Callable[..., str]) -> None:
    shadow = hand_made().table("shadow").assign(schools=0, students=0)
    said = flat(printed(hand_made(shadow=shadow)))
    assert "Rp 1 bn more in one year of one envelope connects no further school" in said


def test_an_empty_plan_has_only_its_summary(printed: Callable[..., str]) -> None:
    empty = {name: table.head(0) for name, table in hand_made().tables.items()}  # type: ignore[attr-defined]
    said = flat(printed(hand_made(**empty)))
    assert "Schools in the plan 0, with 0 pupils" in said
    assert "No ceiling is stated, so nothing is funded." in said
    assert "Schools that are chosen" not in said


def test_codes_without_a_word_stay_codes() -> None:
    assert envelope_name("csr\x1b", {}, EN) == "csr "
    assert envelope_name("hibah_99_02", {"99.02": "Kab.  X\n"}, EN) == "grants (hibah) of Kab. X"
    assert envelope_name("apbd_99_02", {}, EN) == "APBD of 99.02"
    assert option_name("open:tower", EN) == "tower"
    assert option_name("balloon", EN) == "balloon"
    assert name_of("new", {}, EN) == "new"
