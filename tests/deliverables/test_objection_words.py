"""Each judgement has its sentence in both languages, with the figures of the rules."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

from kalsel_gap.deliverables.objection_words import (
    JUDGEMENT_NAMES,
    REASONS,
    judged_table,
    next_steps,
    sentence_of,
)
from kalsel_gap.i18n.objection_names import CODE_NAMES, EVIDENCE_NAMES, SIGNER_NAMES
from kalsel_gap.i18n.text import LANGUAGES, Text
from kalsel_gap.project.base import default_values
from kalsel_gap.project.objections import Objections
from kalsel_gap.sources.objections import CODES, EVIDENCE, JUDGEMENTS, SIGNERS, template_rows
from tests.conftest import package_sources
from tests.quality.test_objections import objection

RULES = Objections.model_validate(default_values("objections"), context={"folder": Path()})


def test_every_code_has_its_words() -> None:
    assert set(CODE_NAMES) == set(CODES) == set(RULES.codes)
    assert set(EVIDENCE_NAMES) == set(EVIDENCE)
    assert set(SIGNER_NAMES) == set(SIGNERS)
    assert set(JUDGEMENT_NAMES) == set(JUDGEMENTS)
    source = ast.parse(package_sources()["quality/objections.py"])
    texts = {node.value for node in ast.walk(source) if isinstance(node, ast.Constant)}
    # “repeated” is also found while a file is imported.
    assert set(REASONS) - texts == set()


def test_every_reason_of_every_code_is_a_whole_sentence() -> None:
    for language in LANGUAGES:
        text = Text(language)
        for code in CODES:
            for reason in REASONS:
                each = replace(objection(code), judgement="rejected", reason=reason)
                said = sentence_of(each, RULES, text)
                assert said[0].isupper()
                assert said.endswith(".")
                assert "{" not in said
                for step in next_steps([each], RULES, text):
                    assert step.endswith(".")
                    assert "{" not in step


def test_figures_of_the_rules_stand_in_the_sentences() -> None:
    few = replace(objection("speed"), judgement="rejected", reason="too_few_tests")
    assert sentence_of(few, RULES, Text("en")) == "There are fewer than 3 valid tests."
    assert next_steps([few, few], RULES, Text("en")) == [
        "Make further tests until there are 3, on 3 different days."
    ]
    late = replace(few, reason="outside_school_hours")
    assert "(07:00 to 15:00, Monday to Saturday)" in sentence_of(late, RULES, Text("en"))
    assert "(pukul 07:00 sampai 15:00, Senin sampai Sabtu)" in sentence_of(late, RULES, Text("id"))
    old = replace(objection("planned"), judgement="rejected", reason="expired")
    assert "24 bulan" in sentence_of(old, RULES, Text("id"))
    decided = replace(old, decision="accepted")
    assert sentence_of(decided, RULES, Text("en")) == "Accepted by decision of the office."
    assert next_steps([decided], RULES, Text("en")) == []


def test_words_that_are_read_stand_in_the_sentences() -> None:
    for reason, words in (
        ("code_unread", "availability (ketersediaan), speed (kecepatan)"),
        ("evidence_unread", "photo (foto), register (dapodik)"),
        ("signer_unread", "principal (kepala_sekolah), operator (operator_sekolah)"),
    ):
        each = replace(objection("closed"), code="", judgement="rejected", reason=reason)
        for language in LANGUAGES:
            assert words in sentence_of(each, RULES, Text(language))
    missing = replace(objection("availability"), judgement="rejected", reason="value_missing")
    assert "none (tidak_ada), mobile (seluler)" in sentence_of(missing, RULES, Text("id"))


def test_nothing_is_advised_about_a_code_that_was_accepted() -> None:
    good = [replace(objection("speed", row=n), judgement="accepted") for n in (2, 3, 4)]
    late = replace(objection("speed"), judgement="rejected", reason="outside_school_hours")
    assert next_steps([*good, late], RULES, Text("en")) == []
    assert next_steps([late], RULES, Text("en")) != []
    other = replace(late, code="latency")
    assert next_steps([*good, other], RULES, Text("en")) != []


def test_an_office_is_not_asked_to_confirm_a_statement() -> None:
    stated = objection("availability", service="none", judgement="verify", reason="measure_first")
    assert next_steps([stated], RULES, Text("en")) == [
        (
            "Ask the office to measure the signal at the school, or send speed tests that were "
            "made there."
        )
    ]


def test_a_table_of_judgements_keeps_the_rows_of_the_file() -> None:
    rows = [
        replace(objection("speed", row=9), judgement="rejected", reason="too_few_tests"),
        replace(objection("closed", row=4, npsn=""), judgement="rejected", reason="npsn_unread"),
    ]
    data, shown, reasons = judged_table(rows, RULES, Text("id"))
    assert shown["reason"].tolist() == ["1.", "2."]
    assert reasons == [sentence_of(each, RULES, Text("id")) for each in rows]
    assert judged_table([*rows, rows[0]], RULES, Text("id"))[2] == reasons
    assert data["row"].tolist() == [9, 4]
    assert data["reason"].tolist() == ["too_few_tests", "npsn_unread"]
    assert shown["npsn"].tolist() == ["00000001", "–"]
    assert shown["judgement"].tolist() == ["ditolak"] * 2
    assert template_rows("id")[0][1] == "kode"
