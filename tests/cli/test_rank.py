"""``rank --audit``, ``--reason`` and ``--role``, as their user types them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.project.read import FILE_NAME
from kalsel_gap.storage.run_folder import MANIFEST, read_run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine

QUICK = ("--draws", 0, "--format", "csv")
DECISION = '\n[decision]\nnumber = "188.44/0123/KUM/2026"\nk = 3\n'


@pytest.fixture
def folder(ranked: Path) -> Path:
    """data/tiny with a decision, which one ranking has come before."""
    path = ranked / FILE_NAME
    path.write_text(path.read_text(encoding="utf-8") + DECISION, encoding="utf-8")
    return ranked


def test_the_audit_is_written_beside_the_list(cli: CommandLine, folder: Path) -> None:
    audit = folder / "audit.html"
    first = read_run(folder / "runs").folder.name
    answer = cli("rank", "-p", folder, "--audit", audit, "--lang", "en")
    assert answer.status == 0
    assert f"Written: {audit}" in answer.err
    assert "came first" in answer.err
    page = audit.read_text(encoding="utf-8")
    run = read_run(folder / "runs")
    assert run.manifest["decision"]["after_run"] == first
    assert run.manifest["certainty"]["k"] == 3
    assert run.folder.name in page
    assert '<html lang="en">' in page
    before = audit.read_bytes()
    assert cli("rank", "-p", folder, "--audit", audit, "--lang", "en").status == 0
    assert audit.read_bytes() == before
    assert read_run(folder / "runs").folder == run.folder
    assert cli("rank", "-p", folder, "--audit", audit, "--lang", "id").status == 0
    assert '<html lang="id">' in audit.read_text(encoding="utf-8")


def test_a_reason_is_recorded_with_a_trial(cli: CommandLine, folder: Path) -> None:
    audit = folder / "audit.html"
    words = ("--reason", "uji \x1b[31mcoba</td>", "--role", "kepala bidang")
    answer = cli("rank", "-p", folder, *QUICK, *words, "--audit", audit, "--lang", "en")
    assert answer.status == 0
    assert "\x1b" not in answer.err
    assert 'role="kepala bidang"' in answer.err  # of the sentence that it is a trial
    page = audit.read_text(encoding="utf-8")
    assert "uji  [31mcoba&lt;/td&gt;" in page
    assert "kepala bidang" in page


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--reason", "x"), "--reason: a reason is stated, but nothing is overridden"),
        (("--role", "x"), "--role: a reason is stated, but nothing is overridden"),
        ((*QUICK, "--role", "NIP 198001012005011001"), "--role: this has the number"),
    ],
)
def test_reasons_that_are_refused(
    cli: CommandLine, folder: Path, words: tuple[object, ...], expected: str
) -> None:
    runs = sorted((folder / "runs").iterdir())
    answer = cli("rank", "-p", folder, *words)
    assert (answer.status, answer.out) == (1, b"")
    assert expected in answer.err
    assert sorted((folder / "runs").iterdir()) == runs


def test_the_audit_never_replaces_what_is_the_users(cli: CommandLine, folder: Path) -> None:
    runs = sorted((folder / "runs").iterdir())
    own = folder / "own.html"
    own.write_text("mine", encoding="utf-8")
    run = read_run(folder / "runs").folder
    for path, expected in (
        (own, "it is not listed as written by kalsel-gap"),
        (folder / FILE_NAME, "project file"),
        (folder / "schools.csv", "input of the project"),
        (folder / "audit.pdf", "must end in .htm, .html"),
        (run / "audit.html", "belongs to a run"),
    ):
        answer = cli("rank", "-p", folder, *QUICK, "--audit", path)
        assert answer.status == 1, path
        assert expected in answer.err
    assert sorted((folder / "runs").iterdir()) == runs
    assert own.read_text(encoding="utf-8") == "mine"
    assert cli("rank", "-p", folder, *QUICK, "--audit", own, "--overwrite").status == 0
    assert "mine" not in own.read_text(encoding="utf-8")


def test_damaged_runs_are_named(cli: CommandLine, folder: Path) -> None:
    first = read_run(folder / "runs").folder
    (first / MANIFEST).write_text("{}\n", encoding="utf-8")
    answer = cli("rank", "-p", folder, *QUICK, "--audit", folder / "audit.html", "--lang", "en")
    assert answer.status == 0
    words = "Runs whose record cannot be trusted, and that may have come first"
    assert f"{words}: {first.name}." in answer.err
    assert first.name in (folder / "audit.html").read_text(encoding="utf-8")
    assert "set before the first ranking" in answer.err


def test_an_error_of_the_decision_names_file_line_and_both_figures(
    cli: CommandLine, folder: Path
) -> None:
    path = folder / FILE_NAME
    text = path.read_text(encoding="utf-8") + "\n[robustness]\nk = 5\n"
    path.write_text(text, encoding="utf-8")
    line = text.splitlines().index("k = 3") + 1
    answer = cli("rank", "-p", folder)
    assert (answer.status, answer.out) == (1, b"")
    assert f"{FILE_NAME}" in answer.err
    assert f"{line}" in answer.err
    assert "decision.k" in answer.err
    assert "the decision says 3, but robustness.k is 5" in answer.err


def test_another_folder_for_runs_hides_no_ranking(
    cli: CommandLine, folder: Path, tmp_path: Path
) -> None:
    first = read_run(folder / "runs").folder.name
    assert cli("rank", "-p", folder, *QUICK, "--out", tmp_path / "out").status == 0
    (made,) = (path for path in (tmp_path / "out").iterdir() if path.is_dir())
    assert read_run(tmp_path / "out", made.name).manifest["decision"]["after_run"] == first
    shutil.rmtree(folder / "runs" / first)
    assert cli("rank", "-p", folder, *QUICK, "--out", tmp_path / "out").status == 0
    assert [path for path in (tmp_path / "out").iterdir() if path.is_dir()] == [made]


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (("--confidence", "2"), ["--confidence: “2.0” is not valid: it must be below 1."]),
        (("--k", "3", "--set", "robustness.k=0", "--draws", "0"), []),  # the option counts
        (
            ("--draws", "99999", "--set", "robustness.confidence=2", "--seed", 2**32),
            [
                "--draws: “99999” is not valid: it must be at most 65534.",
                f"--seed: “{2**32}” is not valid: it must be below {2**32}.",
                "--set robustness.confidence: “2” is not valid: it must be below 1.",
            ],
        ),
    ],
)
def test_a_wrong_value_is_named_by_the_option_that_was_typed(
    cli: CommandLine, ranked: Path, typed: tuple[object, ...], named: list[str]
) -> None:
    answer = cli("rank", "-p", ranked, *typed, "--lang", "en")
    errors = [line for line in answer.err.splitlines() if line.startswith("kalsel-gap: error")]
    assert errors == [f"kalsel-gap: error: {line}" for line in named]
    assert answer.status == (1 if named else 0)
