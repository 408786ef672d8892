"""The audit page: what it says of a run, that it needs no network, and that texts do nothing."""

from __future__ import annotations

import html
import re
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap.deliverables.audit_page import audit_html
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from tests.conftest import NO_ADDRESS, PAPERS, PROGRAMS, SIZES

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import Browser

NUMBER = "188.44/0123/KUM/2026"
DECISION: dict[str, Any] = {
    "number": NUMBER,
    "date": "2026-07-01",
    "k": 2,
    "confidence": 0.9,
    "weights": {"lambda": 0.6},
    "overrides": [{"key": "index.gap", "reason": "Rapat tim", "role": "kepala bidang"}],
    "set": "before",
}


def changed(run: Run, **values: Any) -> Run:
    """A run with other values in its record; a value that is None is left out."""
    manifest = {k: v for k, v in {**run.manifest, **values}.items() if v is not None}
    return replace(run, manifest=manifest)


def said(run: Run, language: Language = "en", **kwargs: Any) -> str:
    """The words of the page, without markup, in one line."""
    made = audit_html(run, Text(language), **kwargs)
    body = re.sub(r"<style>.*?</style>|<[^>]*>", " ", made, flags=re.DOTALL)
    return " ".join(html.unescape(body).split())


def section(run: Run, name: str) -> str:
    made = audit_html(run, Text("en"))
    inside = made.partition(f'id="{name}"')[2].partition("</section>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", inside)).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_no_network_and_runs_no_script(tiny_run: Run, language: Language) -> None:
    made = audit_html(tiny_run, Text(language))
    assert NO_ADDRESS.findall(made) == []
    assert f'<html lang="{language}">' in made
    assert "<script" not in made
    policy = made.partition('Policy" content="')[2].partition('"')[0]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert re.findall(r'<(?:link|iframe|object|embed|base|img)\b|(?:src|href)="(?!#)', made) == []
    notice = {"en": "SYNTHETIC DATA", "id": "DATA SINTETIS"}[language]
    assert f'role="note">{notice}' in made
    assert made == audit_html(tiny_run, Text(language))
    # Every heading has its number and is named in the contents; every cell has a header.
    ids = re.findall(r'<h2 id="(\w+)">', made)
    assert re.findall(r'<a href="#(\w+)">', made) == ids
    assert made.count("<th scope=") == made.count("<th ")


def test_which_run_and_which_inputs(tiny_run: Run) -> None:
    words = said(tiny_run)
    assert f"Run {tiny_run.folder.name} (full run)" in words
    for name, file in tiny_run.manifest["inputs"].items():
        assert name in words
        assert file["file"] in words
        assert file["sha256"] in words


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (None, "records no decision"),
        (DECISION, f"The decision {NUMBER} was set before the first ranking of these inputs"),
        (
            {**DECISION, "set": "after", "after_run": "0a1b2c3d4e5f"},
            f"The decision {NUMBER} was set after a ranking of these inputs: run 0a1b2c3d4e5f",
        ),
    ],
)
def test_before_or_after(tiny_run: Run, decision: dict[str, Any] | None, expected: str) -> None:
    assert expected in section(changed(tiny_run, decision=decision), "decision")


def test_decided_in_force_and_shipped_stand_side_by_side(tiny_run: Run) -> None:
    parameters = tiny_run.manifest["parameters"] | {"robustness.k": 2, "index.priority.need": 0.4}
    decided = section(changed(tiny_run, decision=DECISION, parameters=parameters), "decision")
    assert "(k) 2 2 10 % of the ranked" in decided
    assert "whole list 0.9 0.9 0.9" in decided
    assert "evidence reaches not fixed the latest date of an input" in decided
    assert "weight of the need not fixed 0.4 0.3" in decided


def test_damaged_runs_are_named(tiny_run: Run) -> None:
    assert "may have come first: 0a, <b>" in said(tiny_run, damaged=["0a", "<b>"])


def test_what_differs_and_why(tiny_run: Run) -> None:
    assert "Every figure is the shipped one." in section(tiny_run, "figures")
    parameters = tiny_run.manifest["parameters"] | {
        "index.gap.weak": 0.3,
        "index.least_known_share": 0.4,
        "robustness.k": 2,
    }
    run = changed(tiny_run, decision=DECISION, parameters=parameters)
    words = section(run, "figures")
    assert "Without a stated reason: 1 of 3." in words
    assert "index.gap.weak 0.3 0.25 the project file Rapat tim kepala bidang" in words
    assert "index.least_known_share 0.4 0.5 the project file no reason stated not stated" in words
    assert f"robustness.k 2 none the project file fixed by the decision {NUMBER}" in words
    only = changed(tiny_run, decision=DECISION)
    assert "for values that are as shipped: index.gap" in section(only, "figures")


def test_a_trial_says_so_and_how_to_repeat_it(tiny_run: Run) -> None:
    overrides = {"index.lambda": 0.8, "schools.0.date": "a b'c", "despite_errors": []}
    run = changed(tiny_run, overrides=overrides)
    assert "(trial)" in said(run)
    words = section(run, "figures")
    assert "index.lambda 0.8 0.6 this run only no reason stated not stated" in words
    again = section(run, "again")
    command = again.partition("kalsel-gap rank ")[2].partition(" kalsel-gap runs")[0]
    assert shlex.split(command) == [
        *("--set", "index.lambda=0.8", "--set", 'schools.0.date="a b\'c"', "--despite-errors"),
    ]
    explained = changed(run, overrides={**overrides, "reason": "uji; coba", "role": "kabid"})
    assert "this run only uji; coba kabid" in section(explained, "figures")
    assert "--reason 'uji; coba' --role kabid" in section(explained, "again")


def test_how_sure_in_one_sentence_for_each_set(tiny_run: Run) -> None:
    figures = {
        "draws": 2000.0,
        "seed": 1.0,
        "k": 2.0,
        "confidence": 0.925,
        "certain": 1.0,
        "contested": 3.0,
        "out": 4.0,
    }
    words = section(changed(tiny_run, certainty=figures), "certainty")
    assert "Certain: 1 schools. With 92.5 % confidence all of them are among the first 2." in words
    assert "Contested: 3 schools." in words
    assert "Out: 4 schools. With 92.5 % confidence none of them is among the first 2." in words
    assert "hold together with 85 % confidence. Draws: 2,000, seed 1." in words


@pytest.mark.parametrize("certainty", [None, {"draws": 0.0, "k": 2.0, "confidence": 0.9}])
def test_a_run_without_draws_says_so(tiny_run: Run, certainty: dict[str, Any] | None) -> None:
    run = changed(tiny_run, certainty=certainty)
    assert "was not computed: the run has no draws" in section(run, "certainty")
    assert "Certain:" not in said(run)
    missing = "does not state k"
    assert (missing in section(run, "shares")) is (certainty is None)


def test_a_tie_at_the_end_is_shown_with_and_without_draws(tiny_run: Run) -> None:
    schools = tiny_run.schools.copy()
    schools.loc[schools["rank"].notna(), "rank"] = 1
    tied = int(schools["rank"].notna().sum())
    for certainty in (
        {"draws": 0.0, "k": 2.0, "confidence": 0.9},
        {**tiny_run.manifest["certainty"], "k": 2.0},
    ):
        run = replace(changed(tiny_run, certainty=certainty), schools=schools)
        assert f"Place 2 is tied: {tied} schools" in section(run, "certainty")
        assert f"share the last place are counted too: {tied} schools" in section(run, "shares")


def test_counts_of_what_is_known_and_of_findings(tiny_run: Run) -> None:
    counted = tiny_run.schools[~tiny_run.schools["is_duplicate"].astype(bool)]
    words = section(tiny_run, "known")
    known = int((counted["deficit_status"] == "known").sum())
    assert f"Deficit {known} (" in words
    for code, count in tiny_run.findings["code"].value_counts().items():
        assert re.search(rf"\b{code} {count}\b", section(tiny_run, "repairs"))


def test_accepted_repairs_have_a_reason_or_none(tiny_run: Run) -> None:
    assert "No repair is accepted" in section(tiny_run, "repairs")
    findings = tiny_run.findings.assign(
        code="value_repaired", severity="note", parameters='{"used": "2"}'
    )
    run = replace(tiny_run, findings=findings.head(2))
    assert "in use: values 2. Reason: no reason stated. Role of who decided: not" in section(
        run, "repairs"
    )
    reason = {"key": "repairs", "reason": "survei", "role": "operator"}
    decided = changed(run, decision={**DECISION, "overrides": [reason]})
    assert "values 2. Reason: survei. Role of who decided: operator." in section(decided, "repairs")
    assert "as shipped" not in section(decided, "figures").partition("Key")[0]


# --- hostile texts, and a browser ----------------------------------------------------------------


@pytest.fixture
def hostile(tiny_run: Run) -> Run:
    """A run whose every text of others is a program."""
    first, second, third, *others = PROGRAMS
    schools = tiny_run.schools.assign(kabupaten=first, kabupaten_code="63.01", level=second)
    reasons = [{"key": "index.gap", "reason": second, "role": third}]
    return replace(
        changed(
            tiny_run,
            project=first,
            decision={**DECISION, "number": first + "\x1b[31m\u202e", "overrides": reasons},
            parameters=tiny_run.manifest["parameters"] | {"index.gap.weak": others[0]},
            overrides={"schools.0.date": others[1], "reason": others[2], "role": first},
            inputs={first: {"file": second, "sha256": third}},
            libraries={first: second},
        ),
        schools=schools,
    )


def test_texts_of_others_are_text(hostile: Run) -> None:
    made = audit_html(hostile, Text("en"), damaged=PROGRAMS)
    assert "<script" not in made
    assert "<img" not in made
    assert "\x1b" not in made
    assert "\u202e" not in made
    assert html.escape(PROGRAMS[1], quote=False).replace("'", "&#39;") in made


def test_in_a_browser_nothing_runs_and_it_fits(
    hostile: Run, tiny_run: Run, browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "audit.html"
    path.write_text(audit_html(hostile, Text("en"), damaged=PROGRAMS), encoding="utf-8")
    browser.open(path, marks=False)
    assert browser.value("window.hurt") is None
    assert browser.complaints() == []
    path.write_text(audit_html(tiny_run, Text("id")), encoding="utf-8")
    wide = "document.documentElement.scrollWidth"
    for width, height in SIZES:
        browser.open(path, width, height, marks=False)
        assert browser.value(wide) <= width
    for width, height in PAPERS:
        browser.open(path, width, height, marks=False)
        browser.ask("Emulation.setEmulatedMedia", media="print")
        assert browser.value(wide) <= width
        widest = "Math.max(...[...document.querySelectorAll('table')].map(t => t.scrollWidth))"
        assert browser.value(widest) <= width
        browser.ask("Emulation.setEmulatedMedia", media="")
