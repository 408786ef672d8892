"""The report as PDF/UA-1: tagged, readable, and with the content of the page."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import page
import pypdf
import pytest
import typst

from kalsel_gap.deliverables import report_pdf
from kalsel_gap.deliverables.report import make_report
from kalsel_gap.deliverables.report_blocks import as_data
from kalsel_gap.deliverables.report_page import to_html
from kalsel_gap.deliverables.report_pdf import to_pdf
from kalsel_gap.errors import OutputError
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from tests.deliverables.test_report_page import HOSTILE, hostile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run


def bare(words: str) -> str:
    """Without what a line break, a narrow column or a font changes."""
    return re.sub(r"[\s\u00ad\u200b\u00a0]", "", words)


def text_of(pdf: pypdf.PdfReader) -> str:
    return bare("".join(sheet.extract_text() for sheet in pdf.pages))


def tags(element: Any) -> Iterator[tuple[str, str]]:
    """Kind and alternative text of the elements of structure, in the order of reading."""
    element = element.get_object()
    if isinstance(element, list):
        for each in element:
            yield from tags(each)
    elif isinstance(element, dict):
        if "/S" in element:
            yield str(element["/S"]), str(element.get("/Alt", ""))
        if "/K" in element and not isinstance(element["/K"], int):
            yield from tags(element["/K"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_accessible_and_says_what_the_page_says(tiny: Run, language: Language) -> None:
    text = Text(language)
    report = make_report(tiny, text)
    made = to_pdf(report, text)
    checked = page.validate_pdf_bytes(made, profile="ua1")
    assert [failure.message for failure in checked.failures] == []
    assert checked.is_compliant
    assert checked.rules.passed > 100
    pdf = pypdf.PdfReader(io.BytesIO(made))
    root: Any = pdf.trailer["/Root"]
    assert str(root["/Lang"]).startswith(language)
    assert root["/MarkInfo"]["/Marked"]
    assert pdf.metadata is not None
    assert pdf.metadata.title == f"{report.title}: {report.project}"
    assert str(pdf.metadata["/CreationDate"]).startswith("D:20260701")
    kinds = list(tags(root["/StructTreeRoot"]["/K"]))
    data = as_data(report)
    pictures = [block for block in data["blocks"] if block["kind"] == "picture"]
    assert [alt for kind, alt in kinds if kind == "/Figure"] == [
        block["alternative"] for block in pictures
    ]
    tables = [block for block in data["blocks"] if block["kind"] == "table"]
    assert sum(kind == "/Table" for kind, _ in kinds) == len(tables)
    assert sum(kind == "/TH" for kind, _ in kinds) == sum(len(each["heads"]) for each in tables)
    heads = [block for block in data["blocks"] if block["kind"] == "head"]
    assert sum(kind in ("/H1", "/H2") for kind, _ in kinds) == len(heads)
    shown, html = text_of(pdf), to_html(report)
    unescaped = bare(re.sub(r"<[^>]*>", "", html))
    for block in data["blocks"]:
        for words in said(block):
            assert bare(words) in shown, words
            if not re.search("[<>&\"']", words):
                assert bare(words) in unescaped, words
    copied = "".join(sheet.extract_text() for sheet in pdf.pages)
    assert "\u200b" not in copied
    assert all(item["sha256"] in copied for item in tiny.manifest["inputs"].values())
    sheets = len(pdf.pages)
    last = {"en": f"Page {sheets} of {sheets}", "id": f"Halaman {sheets} dari {sheets}"}[language]
    assert bare(last) in bare(pdf.pages[-1].extract_text())


def said(block: dict[str, Any]) -> Iterator[str]:
    """All texts of a block."""
    yield from (block[name] for name in ("words", "title") if block.get(name))
    for name in ("items", "heads", "signers", "lines"):
        yield from block.get(name, ())
    for name in ("pairs", "rows"):
        for row in block.get(name, ()):
            yield from row


def test_the_summary_is_one_page_and_the_same_run_gives_the_same_bytes(tiny: Run) -> None:
    text = Text("en")
    trial = replace(tiny, manifest={**tiny.manifest, "overrides": {"index.lambda": 0.5}})
    report = make_report(trial, text)
    made = to_pdf(report, text)
    assert made == to_pdf(report, text)
    sheets = [sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(made)).pages]
    assert "How sure this is, and what is not known" in sheets[0]
    assert "Where the schools are" in sheets[1]
    assert "index.lambda=0.5" in sheets[0]
    for sheet in sheets:
        assert "Trial, not the official list." in sheet
        assert "SYNTHETIC DATA" in sheet


def test_names_are_text(tiny: Run) -> None:
    text = Text("en")
    made = to_pdf(make_report(hostile(tiny), text), text)
    assert page.is_pdf_compliant_bytes(made, profile="ua1")
    pdf = pypdf.PdfReader(io.BytesIO(made))
    shown = text_of(pdf)
    for name in HOSTILE[:6]:
        assert bare(name) in shown
    assert "root:" not in shown
    assert "\u202e" not in shown
    assert "\ufffd" in shown  # a letter that no font has, and the sentence about it
    assert bare("Letters that the fonts of this PDF lack are shown as") in shown
    root: Any = pdf.trailer["/Root"]
    heads = [kind for kind, _ in tags(root["/StructTreeRoot"]["/K"])]
    plain = make_report(tiny, text)
    assert sum(kind == "/H1" for kind in heads) == sum(
        1 for block in as_data(plain)["blocks"] if block["kind"] == "head" and block["level"] == 2
    )
    links = [
        note.get_object()
        for sheet in pdf.pages
        for note in sheet.get("/Annots", ())
        if "/URI" in str(note.get_object())
    ]
    assert links == []


def test_a_letter_that_is_let_through_is_in_a_font() -> None:
    """Each range of letters that the report does not replace, compiled as PDF/UA-1."""
    letters = [chr(code) for code in range(0x20, 0x2600)]
    kept = [each for each in letters if not report_pdf._NOT_IN_FONTS.match(each)]
    assert len(kept) > 2000
    source = (
        b'#set document(title: "a")\n#set text(lang: "en", font: "Libertinus Serif")\n'
        b"#for each in json(bytes(sys.inputs.letters)) [#each #parbreak()]"
    )
    import json

    typst.compile(
        source,
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["ua-1"],
        sys_inputs={"letters": json.dumps(kept)},
    )


def test_a_report_that_typst_refuses_is_one_message(
    tiny: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Text("en")
    report = make_report(tiny, text)
    folder = tmp_path / "deliverables" / "assets"
    folder.mkdir(parents=True)
    (folder / "report.typ").write_text("#panic(42)", encoding="utf-8")
    monkeypatch.setattr(report_pdf, "PACKAGE_FOLDER", tmp_path)
    with pytest.raises(OutputError, match="pdf_not_made") as raised:
        to_pdf(report, text)
    assert "42" in str(raised.value)
