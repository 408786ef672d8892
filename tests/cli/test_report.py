"""``kalsel-gap report``: what it writes, and what it refuses."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pypdf

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine


def test_a_page_or_a_pdf_by_the_ending(ranked: Path, tmp_path: Path, cli: CommandLine) -> None:
    at = ("--project", str(ranked))
    answer = cli("report", *at, "--out", tmp_path / "a.pdf", "--lang", "id")
    assert answer.status == 0, answer.err
    assert answer.out == b""
    pdf = pypdf.PdfReader(io.BytesIO((tmp_path / "a.pdf").read_bytes()))
    assert "Ringkasan untuk kepala dinas" in pdf.pages[0].extract_text()
    assert cli("report", *at, "--out", tmp_path / "a.html", "--lang", "en").status == 0
    shown = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "Summary for the head of the office" in shown
    # Neither another ending nor a file of others.
    wrong = cli("report", *at, "--out", tmp_path / "a.docx")
    assert wrong.status == 1
    assert "must end in .htm, .html, .pdf" in wrong.err
    assert not (tmp_path / "a.docx").exists()
    (tmp_path / "own.pdf").write_bytes(b"mine")
    assert cli("report", *at, "--out", tmp_path / "own.pdf").status == 1
    assert (tmp_path / "own.pdf").read_bytes() == b"mine"
    assert cli("report", *at).status == 2  # --out is needed: a PDF is not for a terminal


def test_a_trial_is_named(ranked: Path, tmp_path: Path, cli: CommandLine) -> None:
    at = ("--project", str(ranked))
    before = (ranked / "runs/latest").read_text(encoding="utf-8").strip()
    assert cli("rank", "--set", "index.lambda=0.9", "--draws", "0", "--quiet", *at).status == 0
    (trial,) = {path.parent.name for path in ranked.glob("runs/*/run.json")} - {before}
    answer = cli("report", *at, "--run", trial, "--out", tmp_path / "t.html", "--lang", "en")
    assert "Trial, not the official list: index.lambda=0.9" in " ".join(answer.err.split())
    shown = (tmp_path / "t.html").read_text(encoding="utf-8")
    assert "Trial, not the official list: index.lambda=0.9" in shown
    assert "How sure the list is: unknown, because this run has no draws." in shown
