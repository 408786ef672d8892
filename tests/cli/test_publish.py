"""The published folder is written as a whole, and nobody's own files go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kalsel_gap.deliverables.open_data import FILES
from kalsel_gap.project.read import FILE_NAME
from tests.conftest import snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine


def test_a_folder_is_written_and_replaced_as_a_whole(ranked: Path, cli: CommandLine) -> None:
    out = ranked / "out"
    answer = cli("publish", out, "--project", ranked)
    assert (answer.status, answer.out) == (0, b"")
    assert f"Written: {out}" in answer.err
    assert "publisher, contact_email, licence" in answer.err
    first = snapshot(out)
    assert set(first) == set(FILES)
    assert cli("publish", out, "--project", ranked, "--quiet").err == ""
    assert snapshot(out) == first
    assert cli("publish", out, "--project", ranked, "--lang", "id").status == 0
    assert snapshot(out) != first
    assert not list(ranked.glob(".tmp-*"))

    page = out / "index.html"
    page.write_bytes(page.read_bytes() + b" ")
    before = snapshot(ranked)
    answer = cli("publish", out, "--project", ranked)
    assert answer.status == 1
    assert f"{page}: this file was changed" in answer.err
    assert snapshot(ranked) == before
    assert cli("publish", out, "--project", ranked, "--overwrite").status == 0
    assert snapshot(out) == first

    (out / "mine.txt").write_text("mine")
    before = snapshot(ranked)
    answer = cli("publish", out, "--project", ranked, "--overwrite")
    assert answer.status == 1
    assert f"{out / 'mine.txt'}: this is not a file of the published folder" in answer.err
    assert snapshot(ranked) == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("new.csv", "must name a folder"),
        (FILE_NAME, "must name a folder"),
        (".", "never overwritten"),
        ("runs", "is not a file of the published folder"),
        ("runs/RUN", "belongs to a run"),
        ("runs/RUN/below", "belongs to a run"),
    ],
)
def test_what_is_no_folder_of_ours_is_refused(
    ranked: Path, cli: CommandLine, name: str, words: str
) -> None:
    run = (ranked / "runs" / "latest").read_text().strip()
    name = name.replace("RUN", run)
    before = snapshot(ranked)
    answer = cli("publish", ranked / name, "--project", ranked, "--overwrite")
    assert (answer.status, answer.out) == (1, b"")
    assert words in answer.err
    assert answer.err.count("\n") == 1
    assert snapshot(ranked) == before


def test_what_the_project_states_is_published(ranked: Path, cli: CommandLine) -> None:
    path = ranked / FILE_NAME
    stated = '\n[publication]\npublisher = "Dinas Contoh"\nlicence = "CC-BY-4.0"\n'
    path.write_text(path.read_text(encoding="utf-8") + stated, encoding="utf-8")
    assert cli("rank", "--project", ranked, "--quiet").status == 0
    answer = cli("publish", ranked / "out", "--project", ranked)
    assert "unknown in every file: contact_email." in answer.err
    assert "CC-BY-4.0" in (ranked / "out" / "LICENSE.txt").read_text(encoding="utf-8")


def test_a_trial_is_published_only_where_it_is_named(ranked: Path, cli: CommandLine) -> None:
    answer = cli("rank", "--project", ranked, "--set", "index.lambda=0.5", "--format", "json")
    assert answer.status == 0
    full = (ranked / "runs" / "latest").read_text().strip()
    (trial,) = (
        path.parent.name for path in ranked.glob("runs/*/run.json") if full not in str(path)
    )
    assert cli("publish", ranked / "out", "--project", ranked).status == 0
    readme = ranked / "out" / "README.txt"
    assert full in readme.read_text(encoding="utf-8")
    assert cli("publish", ranked / "out", "--project", ranked, "--run", trial).status == 0
    assert "Trial, not the official list: index.lambda=0.5." in readme.read_text(encoding="utf-8")
