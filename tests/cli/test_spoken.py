"""``--plain``: lines for a screen reader, from every command that prints a table or a page."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from kalsel_gap.cli import spoken
from kalsel_gap.i18n.text import LANGUAGES, Text
from tests.conftest import PROGRAMS, command_paths

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import CommandLine

COMMANDS = (
    *(("rank",), ("explain", "00000101"), ("explain", "00000101", "00000108"), ("explain",)),
    *(("check",), ("config",), ("costs",), ("runs",), ("verify",)),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_a_whole_without_marks(ranked: Path, cli: CommandLine, language: str) -> None:
    for words in COMMANDS:
        answer = cli(*words, "--plain", "--lang", language, "--project", ranked)
        assert answer.status in (0, 3), (words, answer.err)
        said = answer.out.decode()
        assert len(said.splitlines()) >= 1, words
        for line in filter(None, said.splitlines()):
            found = words, line
            assert line.endswith((".", "?", "!", ":", ")")), found
            assert not re.search(r"~\d|\d–\d|\s\s|\x1b|: [–?*]\.", line), found
            drawn = [
                c for c in line if 0x2500 <= ord(c) < 0x25A0 or unicodedata.category(c) == "Cc"
            ]
            assert drawn == [], found


def test_a_school_of_the_list_in_words(ranked: Path, cli: CommandLine) -> None:
    lines = cli("rank", "--plain", "--project", ranked).out.decode().splitlines()
    (third,) = (line for line in lines if line.startswith("Rank 3. "))
    assert third == (
        "Rank 3. School: SMP NEGERI 1 GUNUNG CONTOH. NPSN: 00000110. "
        "Kabupaten/kota: Kab. Gunung Contoh. Terrain: mountains. "
        "Main reason: weak signal: 4G -122 dBm. Deficit: 0.93, inferred. "
        "Tier: 1 critical, probability 88 %. Rank in 9 of 10 draws: 1 to 4. "
        "Grade of the location, A (best) to D: B. Data known and not inferred: 56 %. "
        "Pupils: 118. Priority: 0.69."
    )


def test_it_says_what_the_table_says(ranked: Path, cli: CommandLine) -> None:
    page = ("explain", "00000101", "--project", ranked)
    table, lines = (cli(*page, *more).out.decode() for more in ((), ("--plain",)))
    numbers = re.compile(r"\d+\.\d+")
    assert set(numbers.findall(table)) == set(numbers.findall(lines))


def test_a_variable_asks_for_it_always(
    ranked: Path, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = cli("runs", "--plain", "--project", ranked).out
    assert cli("runs", "--project", ranked).out != asked  # nothing is left of the call before
    monkeypatch.setenv(spoken.VARIABLE, "1")
    assert cli("runs", "--project", ranked).out == asked


def test_every_command_knows_the_option(cli: CommandLine) -> None:
    for path in command_paths():
        page = cli(*path, "--help").out.decode()
        if "--lang" in page and path:
            assert "--plain" in page, path


@pytest.mark.parametrize("name", [*PROGRAMS, "SD \x1b[31mMERAH", "SD\nHULU", "SD \u202eULUH"])
def test_a_name_stays_on_its_line(name: str) -> None:
    said = spoken.line(name, [("School", name)])
    assert said.isprintable()


def test_words_of_numbers() -> None:
    assert spoken.aloud("~1–14 of 20 · ?", Text("id")) == "diperkirakan 1 sampai 14 of 20, ?"


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA])
def test_what_is_missing_is_unknown(tiny: Run, nothing: object) -> None:
    school = tiny.schools.iloc[[0]].astype(object)
    for name in ("kabupaten", "npsn", "confidence", "terrain_class"):
        school[name] = pd.Series([nothing], index=school.index, dtype=object)
    (said,) = spoken.ranked_schools(school, Text("en"))
    for label in ("NPSN", "Kabupaten/kota", "Terrain", "Grade of the location, A (best) to D"):
        assert f"{label}: unknown." in said
