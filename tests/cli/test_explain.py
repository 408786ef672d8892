"""``kalsel-gap explain``: one school, two schools, and what would be different."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine

SCHOOL = "00000101"
OTHER = "00000108"
NO_PLACE = "00000107"


@pytest.fixture
def at(ranked: Path) -> tuple[str, ...]:
    return "--project", str(ranked)


def test_a_school_is_explained(at: tuple[str, ...], cli: CommandLine) -> None:
    answer = cli("explain", SCHOOL, *at)
    assert answer.status == 0, answer.err
    for title in ("Where it is", "Its numbers", "Its neighbours in the list", "What would move it"):
        assert title in answer.out.decode()
    assert "█" in answer.out.decode()
    assert "no draws" in answer.out.decode() or "9 of 10 draws" in answer.out.decode()


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("schools", [(SCHOOL,), (SCHOOL, OTHER)])
def test_the_page_keeps_to_the_width(
    width: int,
    schools: tuple[str, ...],
    at: tuple[str, ...],
    cli: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    answer = cli("explain", *schools, *at)
    assert answer.status == 0, answer.err
    assert max(map(cell_len, answer.out.decode().splitlines())) <= width


def test_a_part_of_a_name_that_fits_several(at: tuple[str, ...], cli: CommandLine) -> None:
    answer = cli("explain", "gunung contoh", *at)
    assert answer.status == 1
    assert answer.out == b""
    assert f"{OTHER}  SD NEGERI GUNUNG CONTOH 1 · SD · " in answer.err
    assert "fits 3 schools" in answer.err


def test_a_name_that_fits_one(at: tuple[str, ...], cli: CommandLine) -> None:
    answer = cli("explain", "slb muara", *at)
    assert answer.status == 0, answer.err
    assert "00000106" in answer.out.decode()


def test_an_unknown_name_suggests_the_nearest(at: tuple[str, ...], cli: CommandLine) -> None:
    answer = cli("explain", "gunug contoh 2", *at)
    assert answer.status == 1
    assert "Did you mean “SD NEGERI GUNUNG CONTOH 2”" in answer.err


def test_an_unranked_school_says_why(at: tuple[str, ...], cli: CommandLine) -> None:
    answer = cli("explain", NO_PLACE, *at)
    assert answer.status == 0
    assert "It has no rank: no usable location." in answer.out.decode()
    assert "Without a usable location there is no path" in answer.out.decode()


def test_two_schools_are_compared(at: tuple[str, ...], cli: CommandLine) -> None:
    answer = cli("explain", SCHOOL, OTHER, *at)
    assert answer.status == 0, answer.err
    assert "Indicator by indicator" in answer.out.decode()
    assert "places before" in answer.out.decode()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((SCHOOL, OTHER, "x"), "at most two schools"),
        ((SCHOOL, OTHER, "--without", "students"), "one school only"),
        ((SCHOOL, "--without", "delivered"), "no indicator of the barrier or the need"),
        ((SCHOOL, "--set", "index.lamda=0.5"), "Did you mean “lambda”"),
        ((SCHOOL, "--out", "page.txt"), ".html"),
    ],
)
def test_what_cannot_be_explained(
    arguments: tuple[str, ...], words: str, at: tuple[str, ...], cli: CommandLine
) -> None:
    answer = cli("explain", *arguments, *at)
    assert answer.status == 1
    assert words in answer.err


def test_a_what_if_shows_before_and_after_and_keeps_nothing(
    ranked: Path, at: tuple[str, ...], cli: CommandLine
) -> None:
    before = sorted(path.name for path in (ranked / "runs").iterdir())
    answer = cli("explain", SCHOOL, "--without", "relief", "--set", "index.lambda=0.9", *at)
    assert answer.status == 0, answer.err
    assert "What if: index.lambda=0.9; index.nodes.relief.active=false" in answer.out.decode()
    assert "Before" in answer.out.decode()
    assert sorted(path.name for path in (ranked / "runs").iterdir()) == before


def test_a_what_if_is_what_rank_would_give(
    at: tuple[str, ...], ranked: Path, cli: CommandLine
) -> None:
    pages = json.loads(cli("explain", SCHOOL, "--set", "index.lambda=0.9", "-f", "json", *at).out)
    out = ranked / "trials"
    table = json.loads(
        cli("rank", "--set", "index.lambda=0.9", "-f", "json", "--out", out, *at).out
    )
    (mine,) = [row for row in table if row["npsn"] == SCHOOL]
    assert pages[1]["school"]["deficit"] == mine["deficit"] != pages[0]["school"]["deficit"]
    assert pages[1]["overrides"] == "index.lambda=0.9"


def test_the_page_is_written_and_not_over_what_is_not_ours(
    ranked: Path, at: tuple[str, ...], cli: CommandLine
) -> None:
    out = ranked / "school.html"
    assert cli("explain", SCHOOL, "--out", out, "--lang", "id", *at).status == 0
    first = out.read_bytes()
    assert b'<html lang="id">' in first
    assert cli("explain", SCHOOL, "--out", out, "--lang", "id", *at).status == 0
    assert out.read_bytes() == first
    out.write_text("mine", encoding="utf-8")
    assert cli("explain", SCHOOL, "--out", out, *at).status == 1
    assert out.read_text(encoding="utf-8") == "mine"


def test_a_name_is_never_read_as_a_program(
    ranked: Path, at: tuple[str, ...], cli: CommandLine
) -> None:
    register = ranked / "schools.csv"
    text = register.read_text(encoding="utf-8")
    hostile = "SD \x1b[31m[red]MERAH[/red]\u202e{0}"
    register.write_text(text.replace("SD NEGERI HULU CONTOH 1", hostile), encoding="utf-8")
    assert cli("rank", *at).status == 0
    for arguments in ((SCHOOL,), ("00000102",), (SCHOOL, OTHER), (SCHOOL, "-f", "json"), ("sd",)):
        answer = cli("explain", *arguments, *at)
        assert "\x1b" not in answer.out.decode() + answer.err
        assert "\u202e" not in answer.out.decode() + answer.err
    assert b"[red]MERAH[/red]" in cli("explain", SCHOOL, *at).out


def test_without_a_name_it_is_about_the_list(
    ranked: Path, at: tuple[str, ...], cli: CommandLine
) -> None:
    answer = cli("explain", *at)
    assert answer.status == 0, answer.err
    assert b"SYNTHETIC DATA" in answer.out
    assert b"How sure the list is" in answer.out
    data = json.loads(cli("explain", "-f", "json", *at).out)
    assert data["certainty"]["k"] == data["k"]
    assert data["without_leaf"]
    out = ranked / "list.html"
    assert cli("explain", "--out", out, "--lang", "en", *at).status == 0
    page = out.read_text(encoding="utf-8")
    assert "How sure the list is" in page
    assert "<script" not in page


def test_a_run_without_draws_says_so(ranked: Path, cli: CommandLine) -> None:
    at = "--project", str(ranked)
    assert cli("rank", "--draws", "0", "--out", ranked / "plain", *at).status == 0
    (run,) = (path.parent for path in (ranked / "plain").glob("*/run.json"))
    answer = cli("explain", SCHOOL, "--run", run, *at)
    assert b"no draws" in answer.out
    assert b"9 of 10 draws" not in answer.out
    drawn = cli("explain", SCHOOL, *at)
    assert b"9 of 10 draws" in drawn.out
    assert b"Chance to be among" in drawn.out
