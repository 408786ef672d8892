"""The catalogue is whole and says the same as the sources; numbers; the choice of language."""

from __future__ import annotations

import ast
import io
import re
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

import pytest
import typer
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap import schema
from kalsel_gap.cli import app
from kalsel_gap.i18n import messages
from kalsel_gap.i18n import text as text_
from kalsel_gap.i18n.text import (
    DOMAIN,
    LANGUAGES,
    LOCALE_FOLDER,
    Language,
    Text,
    choose_language,
    plain,
)
from kalsel_gap.package import PACKAGE_FOLDER
from tests.conftest import package_sources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog

TEXT = Path(text_.__file__).relative_to(PACKAGE_FOLDER).as_posix()
CATALOGUE = LOCALE_FOLDER / "id" / "LC_MESSAGES" / f"{DOMAIN}.po"
UPDATE = "bring the catalogue up to date with `make messages`, and translate what is new"
# The same as in the Makefile.
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}


@cache
def catalogue() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="id", domain=DOMAIN, abort_invalid=True)


@cache
def extracted() -> frozenset[str]:
    """What gettext's tools find in the sources."""
    return frozenset(
        str(message)
        for source in package_sources().values()
        for _, message, _, _ in extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS)
    )


def translated() -> list[tuple[str, str]]:
    return [(str(m.id), str(m.string)) for m in catalogue() if m.id]


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the sources, with the place where it stands."""
    for name, source in package_sources().items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call):
                yield f"{name}:{node.lineno}", node


def names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


# --- the catalogue ------------------------------------------------------------------------------


def test_the_catalogue_has_every_message_of_the_sources_and_no_other() -> None:
    assert {msgid for msgid, _ in translated()} == extracted(), UPDATE


def test_every_message_is_translated_and_nothing_is_left_over() -> None:
    assert [m.id for m in catalogue() if m.id and not (m.string and str(m.string).strip())] == []
    assert [m.id for m in catalogue() if m.id and m.fuzzy] == []
    assert list(catalogue().obsolete) == []


def test_every_marked_string_is_found_by_the_tools() -> None:
    """They do not look inside f-strings, and see no string that is put together."""
    faults = []
    for place, call in calls():
        if getattr(call.func, "id", "") in KEYWORDS and call.args:
            argument = call.args[0]
            if place.startswith(f"{TEXT}:") and isinstance(argument, ast.Name):
                continue
            if not isinstance(argument, ast.Constant):
                faults.append(f"{place}: not a plain string")
            elif argument.value not in extracted():
                faults.append(f"{place}: {argument.value!r} is not extracted")
    assert faults == []


def test_no_shown_string_is_unmarked() -> None:
    # Elsewhere `text` is something else.
    speaking = {name for name, source in package_sources().items() if "Text" in source}
    assert [
        f"{place}: text({call.args[0].value!r}) is not marked with N_"
        for place, call in calls()
        if place.rpartition(":")[0] in speaking
        and getattr(call.func, "id", "") == "text"
        and isinstance(call.args[0], ast.Constant)
    ] == []


def test_sentences_names_and_columns_are_marked() -> None:
    tables = (messages.ERRORS, messages.FINDINGS, messages.REASONS, messages.HINDRANCES)
    shown = {
        s for table in (*tables, messages.NAMES, messages.LIBRARY_WORDS) for s in table.values()
    }
    shown |= {each for c in schema.COLUMNS for each in (c.label, c.description)}
    assert shown - extracted() == set()


def test_the_help_of_every_command_is_marked() -> None:
    def shown(command: Any) -> Iterator[str | None]:
        yield command.help
        for parameter in command.params:
            yield parameter.help
            yield parameter.metavar
        for inner in getattr(command, "commands", {}).values():
            yield from shown(inner)

    assert {each for each in shown(typer.main.get_command(app)) if each} - extracted() == set()


# What must stand in both languages: commands, options, keys and code values.
KEPT = (r"--[a-z][a-z-]*", r"kalsel-gap (?:rank|config|export)[^”\n]*", r"\w+ = \S*\w")


def lost(msgid: str, msgstr: str) -> Iterator[str]:
    """What a translation changed that is not language."""
    if names(msgstr) != names(msgid):
        yield "parameters"
    for kept in KEPT:
        if set(re.findall(kept, msgstr)) != set(re.findall(kept, msgid)):
            yield f"what matches {kept}"
    if msgstr.count("\n") != msgid.count("\n"):
        yield "line ends"
    ends = {msgstr[-1:], msgid[-1:]}
    if " " in msgid and len(ends) == 2 and ends & set(".:?]>"):
        yield "the sign at its end"


def test_a_translation_keeps_what_is_not_language() -> None:
    pairs = [pair for pair in translated() if pair[1]]
    assert pairs
    faults = [f"{msgid!r}: {what}" for msgid, msgstr in pairs for what in lost(msgid, msgstr)]
    assert faults == []


@pytest.mark.parametrize(
    ("msgid", "msgstr", "expected"),
    [
        ("row {row}", "baris {row}", []),
        ("row {row}", "baris {baris}", ["parameters"]),
        ("say --out", "ketik --ke", [f"what matches {KEPT[0]}"]),
        ("kalsel-gap rank", "kalsel-gap peringkat", [f"what matches {KEPT[1]}"]),
        ("sea = 0", "laut = 0", [f"what matches {KEPT[2]}"]),
        ("a\nb", "a b", ["line ends"]),
        ("It ends.", "Habis", ["the sign at its end"]),
        ("It ends.", "Habis.", []),
        ("Level.", "Jenjang", []),  # one word is a label, not a sentence
    ],
)
def test_what_a_translation_lost_is_seen(msgid: str, msgstr: str, expected: list[str]) -> None:
    assert list(lost(msgid, msgstr)) == expected


def test_the_compiled_catalogue_is_that_of_the_text() -> None:
    def content(compiled: io.BufferedIOBase) -> tuple[dict[str, str], dict[str, str]]:
        read = read_mo(compiled)
        header = {key: value for key, value in read.mime_headers if key != "Generated-By"}
        return {str(m.id): str(m.string) for m in read if m.id}, header

    fresh = io.BytesIO()
    write_mo(fresh, catalogue())
    fresh.seek(0)
    with CATALOGUE.with_suffix(".mo").open("rb") as committed:
        assert content(committed) == content(fresh), "compile it with `make messages`"


def test_the_head_of_the_catalogue_holds_nothing_left_to_fill_in() -> None:
    head = CATALOGUE.read_text(encoding="utf-8").partition("\n\n")[0]
    assert not re.search(r"@|FULL NAME|FIRST AUTHOR|ORGANIZATION|VERSION|YEAR|fuzzy", head)
    assert "charset=utf-8" in head


# --- sentences and numbers ----------------------------------------------------------------------


def test_a_sentence_is_translated_before_its_parameters_are_filled_in() -> None:
    assert Text("en")("row {row}", row=7) == "row 7"
    assert Text("id")("row {row}", row=7) == "baris 7"
    assert Text("id")("") == ""  # not the head of the catalogue
    assert Text("id")("not in the catalogue") == "not in the catalogue"
    assert Text("id")("row {row}", row="{row} %s", message="?", self="?") == "baris {row} %s"


@pytest.mark.parametrize(
    ("value", "digits", "en", "indonesian"),
    [
        (0, 0, "0", "0"),
        (1234567, 0, "1,234,567", "1.234.567"),
        (1234.5, 1, "1,234.5", "1.234,5"),
        (0.694, 2, "0.69", "0,69"),
        (1.0, 2, "1.00", "1,00"),
        (-131.4, 0, "-131", "-131"),
        (-0.001, 2, "0.00", "0,00"),
        (None, 0, "", ""),
        (float("nan"), 2, "", ""),
        (float("inf"), 0, "", ""),
        (float("-inf"), 0, "", ""),
    ],
)
def test_numbers(value: float | None, digits: int, en: str, indonesian: str) -> None:
    assert Text("en").number(value, digits) == en
    assert Text("id").number(value, digits) == indonesian


@given(st.floats(-1e12, 1e12), st.integers(0, 4), st.sampled_from(LANGUAGES))
def test_a_number_reads_back(value: float, digits: int, language: Language) -> None:
    shown = Text(language).number(value, digits)
    thousands, decimal = (".", ",") if language == "id" else (",", ".")
    shown = shown.replace(thousands, "").replace(decimal, ".")
    assert float(shown) == pytest.approx(value, abs=0.501 * 10**-digits, rel=1e-12)


def test_a_text_is_the_same_whenever_it_is_made() -> None:
    assert Text("id") == Text("id") != Text("en")
    assert Text() == Text("en")


# --- text of others -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sign",
    [
        *("\0", "\a", "\b", "\t", "\n", "\v", "\r", "\x1b", "\x7f", "\x85", "\x9b"),  # controls
        *("\u2028", "\u2029", "\u200b", "\ufeff"),  # line ends and nothing to be seen
        *("\u061c", "\u200e", "\u200f", "\u202a", "\u202e", "\u2066", "\u2069"),  # reorder text
    ],
)
def test_signs_that_do_something_become_a_space(sign: str) -> None:
    assert plain(f"SD{sign}1") == "SD 1"


@given(st.text())
def test_plain_text_is_shown_as_it_is_and_stays_so(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text)
    assert plain(shown) == shown
    if text.isprintable():
        assert shown == text
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


@pytest.mark.parametrize("value", [None, 7, 0.5, Path("a/b"), "Kab. Hulu Sungai Utara", "É — “x”"])
def test_anything_can_be_made_plain(value: object) -> None:
    assert plain(value) == str(value)


# --- the choice of language ---------------------------------------------------------------------


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that says nothing of languages."""
    for name in ("KALSEL_GAP_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("kalsel_gap.i18n.text.locale.getlocale", lambda: (None, None))
    return monkeypatch


def test_option_environment_project_locale_english(environment: pytest.MonkeyPatch) -> None:
    assert choose_language() == "en"
    environment.setenv("LANG", "id_ID.UTF-8")
    assert choose_language() == "id"
    assert choose_language(project="en") == "id"  # the project speaks for its deliverables only
    assert choose_language(project="en", deliverable=True) == "en"
    environment.setenv("KALSEL_GAP_LANG", "id")
    assert choose_language(project="en", deliverable=True) == "id"
    assert choose_language("en", project="id", deliverable=True) == "en"


def test_what_is_no_language_of_ours_does_not_count(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("KALSEL_GAP_LANG", "jv")
    environment.setenv("LANG", "id_ID")
    assert choose_language("../../etc", project="") == "id"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "id"}, "id"),
        ({"LANG": "id_ID"}, "id"),
        ({"LANG": "ID_id.utf8"}, "id"),
        ({"LANG": "id.UTF-8"}, "id"),
        ({"LANG": "id@latin"}, "id"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "fr_FR"}, "en"),
        ({"LANG": "idx_ID"}, "en"),
        ({"LC_ALL": "C.UTF-8", "LANG": "id_ID"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "id_ID", "LANG": "en_US"}, "id"),
    ],
)
def test_locales(
    environment: pytest.MonkeyPatch, variables: dict[str, str], expected: Language
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    assert choose_language() == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Indonesian_Indonesia", "id"), ("id_ID", "id"), ("English_United States", "en")],
)
def test_windows_says_its_locale_in_words(
    environment: pytest.MonkeyPatch, name: str, expected: Language
) -> None:
    environment.setattr("kalsel_gap.i18n.text.locale.getlocale", lambda: (name, "1252"))
    assert choose_language() == expected
