"""The form, its judgement and the letters, as a person at a terminal has them."""

from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.project.read import FILE_NAME
from kalsel_gap.storage.run_folder import read_run
from tests.conftest import snapshot
from tests.test_answers import HEAD, ROWS, form

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine

# Schools of data/tiny whose names are a script and a formula.
HOSTILE = [
    "00000103,closed,2026-07-20,2026-07-01,,decree,office,B-3/2026,,,,,,,",
    "00000112,enrolment,2026-07-20,2026-07-01,,register,operator,,,,,,,170,",
    '"=HYPERLINK(""x"")",{{ 7*7 }},<script>,x,y,<img src=x>,../../etc,=1+1,a,b,c,d,e,f,g',
    "../../etc,closed,2026-07-20,2026-07-01,,decree,office,B-3/2026,,,,,,,",
]


def stored(folder: Path) -> list[dict[str, str]]:
    with (folder / "objections.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_form_is_written_once_and_its_examples_are_no_objections(
    cli: CommandLine, ranked: Path
) -> None:
    out = ranked / "form.csv"
    for language, first in (("id", b"npsn,kode,tanggal_sanggah"), ("en", b"npsn,code,filed")):
        printed = cli("objections", "template", "-p", ranked, "--lang", language)
        assert (printed.status, printed.out.startswith(first)) == (0, True)
        assert (
            cli("objections", "template", "-p", ranked, "-o", out, "--lang", language).status == 0
        )
        assert out.read_bytes() == printed.out
        answer = cli("objections", "import", out, "-p", ranked, "--format", "csv")
        judged = list(csv.DictReader(answer.out.decode().splitlines()))
        assert {row["reason"] for row in judged} == {"example"}
        assert not (ranked / "objections.csv").exists()
    out.write_text("mine", encoding="utf-8")
    refused = cli("objections", "template", "-p", ranked, "-o", out)
    assert refused.status == 1
    assert out.read_text(encoding="utf-8") == "mine"
    nothing = cli("objections", "answer", "-p", ranked, "-o", ranked / "letters")
    assert (nothing.status, nothing.out) == (0, b"")
    assert "there is nothing to answer" in nothing.err
    assert not (ranked / "letters").exists()


def test_a_file_with_somebody_in_it_is_refused(cli: CommandLine, ranked: Path) -> None:
    before = snapshot(ranked)
    given = form(ranked, [f"{ROWS[0]},hubungi Ibu Siti di 0812-3456-7890"], f"{HEAD},catatan")
    for words in ((), ("--lang", "id"), ("--overwrite",)):
        answer = cli("objections", "import", given, "-p", ranked, *words)
        assert (answer.status, answer.out) == (1, b"")
        assert "catatan" in answer.err
        assert ("row 2" in answer.err) or ("baris 2" in answer.err)
        assert "Siti" not in answer.err
        assert "0812" not in answer.err
    given.unlink()
    assert snapshot(ranked) == before


def test_letters_answer_every_school_and_are_the_same_again(cli: CommandLine, ranked: Path) -> None:
    with (ranked / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write("\n[robustness]\ndraws = 0\n")
    given = form(ranked, [*ROWS, *HOSTILE])
    first = cli("objections", "import", given, "-p", ranked)
    assert first.status == 0
    assert "Rows accepted: 10; to be verified: 1; rejected: 4." in first.err
    assert "it is used because it lies beside it" in first.err
    for program in ("<script>", "HYPERLINK", "../", "{{"):
        assert program.encode() not in first.out
        assert program not in (ranked / "objections.csv").read_text(encoding="utf-8")
    again = cli("objections", "import", given, "-p", ranked, "--format", "json")
    assert "is unchanged" in again.err
    assert [row["row"] for row in json.loads(again.out)] == list(range(2, 2 + 15))

    runs = snapshot(ranked / "runs")
    letters = ranked / "letters"
    made = cli("objections", "answer", "-p", ranked, "-o", letters)
    assert (made.status, made.out) == (0, b"")
    files = snapshot(letters)
    numbers = sorted({row["npsn"] for row in stored(ranked)})
    assert sorted(files) == [*(f"answer-{npsn}.html" for npsn in numbers), "answers.csv"]
    rows = {row["npsn"]: row for row in csv.DictReader(files["answers.csv"].decode().splitlines())}
    assert rows["00000112"]["name"].startswith("'=HYPERLINK")
    assert (rows["00000111"]["rank_after"], rows["00000111"]["unranked_reason"]) == ("", "closed")
    assert rows["00000107"]["rank_before"] == ""
    assert rows["00000109"]["verify"] == "1"
    text = {name: content.decode() for name, content in files.items()}
    speed = text["answer-00000101.html"]
    for words in (
        "Accepted: speed of the connection.",
        "the median of 3 tests is 3 Mbps; it needs 20 Mbps",
        "13 Jul 2026, 09:00",
        "<dt>Date of the objection</dt><dd>20 Jul 2026</dd>",
        f"<dd>{rows['00000101']['rank_before']} of ",
        f"<dd>{rows['00000101']['rank_after']} of ",
    ):
        assert words in speed
    assert "It stays in the list, without a rank." in text["answer-00000111.html"]
    assert "What is needed: decree." in text["answer-00000104.html"]
    assert "This changes no rank." in text["answer-00000110.html"]
    assert "The school now has a usable location." in text["answer-00000107.html"]
    assert "Pupils: 250 instead of 143" in text["answer-00000102.html"]
    assert "the signal must be measured at the school" in text["answer-00000109.html"]
    hostile = text["answer-00000103.html"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in hostile
    assert "<script" not in hostile
    assert "default-src &#39;none&#39;" in hostile or "default-src 'none'" in hostile
    # No run was added, and the same again gives the same bytes; in Indonesian, other words.
    after = snapshot(ranked / "runs")
    assert {n: c for n, c in after.items() if n != "outputs.json"}.keys() == {
        n: c for n, c in runs.items() if n != "outputs.json"
    }.keys()
    assert cli("objections", "answer", "-p", ranked, "-o", letters).status == 0
    assert snapshot(letters) == files
    assert cli("objections", "answer", "-p", ranked, "-o", letters, "--lang", "id").status == 0
    indonesian = (letters / "answer-00000101.html").read_text(encoding="utf-8")
    assert "Diterima: kecepatan sambungan." in indonesian
    assert "median dari 3 uji adalah 3 Mbps" in indonesian

    # Somebody's own file is never replaced, and a closed school is named by the list.
    own = letters / "answers.csv"
    own.write_text("mine", encoding="utf-8")
    refused = cli("objections", "answer", "-p", ranked, "-o", letters)
    assert refused.status == 1
    assert own.read_text(encoding="utf-8") == "mine"
    listed = cli("rank", "-p", ranked, "--quiet")
    assert listed.status == 0
    listed = cli("rank", "-p", ranked)
    assert "Connection already planned, rank unchanged (1): 00000110" in listed.err
    assert "Rows not counted (repeated rows and closed schools): 2." in listed.err
    assert read_run(ranked / "runs").folder.name in speed
    page = ranked / "school.html"
    explained = cli("explain", "00000110", "-p", ranked).out.decode()
    assert "Accepted objections" in explained
    assert "connection already planned" in explained
    assert cli("explain", "00000111", "-p", ranked, "-o", page).status == 0
    assert "the school is closed" in page.read_text(encoding="utf-8")


def test_a_letter_names_the_rank_in_the_official_list(cli: CommandLine, ranked: Path) -> None:
    with (ranked / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write("\n[robustness]\ndraws = 0\n")
    assert cli("rank", "-p", ranked, "--quiet").status == 0
    official = read_run(ranked / "runs")
    number, name = "188.44/0123/KUM/2026", official.folder.name
    pinned = ("runs", "pin", name, "--decree", number, "--date", "2026-07-31", "-p", ranked)
    assert cli(*pinned).status == 0
    given = form(ranked, [*ROWS[:3], ROWS[-1]])
    imported = cli("objections", "import", given, "-p", ranked)
    assert "its data operator reports it in Dapodik" in imported.err
    assert "schools.csv" in imported.err
    letters = ranked / "letters"
    for language, words in (("en", "Rank in the official list"), ("id", "Peringkat dalam daftar")):
        made = cli("objections", "answer", "-p", ranked, "-o", letters, "--lang", language)
        assert made.status == 0
        letter = (letters / "answer-00000101.html").read_text(encoding="utf-8")
        assert words in letter
        assert number in letter
        # The decree names the list: no run does.
        assert name not in letter.partition(words)[2].partition("</dd>")[0]
        assert language == "en" or " run " not in letter
    ranks = official.schools.set_index("npsn")["rank"]
    assert f"<dd>{ranks['00000101']} dari " in letter
    # Where the official run is gone no other one takes its place.
    shutil.rmtree(official.folder)
    refused = cli("objections", "answer", "-p", ranked, "-o", letters)
    assert refused.status == 1
    assert number in refused.err


def test_reasons_have_room_on_a_narrow_terminal(
    cli: CommandLine, ranked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    given = form(ranked, [*ROWS[:2], ROWS[-2], ROWS[-1]])
    for language in ("en", "id"):
        lines = cli("objections", "import", given, "-p", ranked, "--lang", language).out.decode()
        table, _, reasons = lines.partition("\n\n")
        assert len(table.splitlines()) == 5
        assert [line.split()[-1] for line in table.splitlines()[1:]] == ["1.", "1.", "2.", "3."]
        assert max(map(len, lines.splitlines())) <= 80
        assert [line[:2] for line in reasons.splitlines() if line[:1].isdigit()] == [
            *("1.", "2.", "3.")
        ]


@pytest.mark.parametrize("name", ["letters.html", "letters.csv"])
def test_a_folder_is_needed_for_letters(cli: CommandLine, ranked: Path, name: str) -> None:
    answer = cli("objections", "answer", "-p", ranked, "-o", ranked / name)
    assert answer.status == 1
    assert "must name a folder" in answer.err
