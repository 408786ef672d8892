"""The audit page: what it says of a run, that it needs no network, and that texts do nothing."""

from __future__ import annotations

import html
import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap.deliverables.audit_page import audit_html
from kalsel_gap.deliverables.list_certainty import certainty_sections
from kalsel_gap.deliverables.tables import counted_schools
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.robustness.sensitivity import ListSensitivity, list_sensitivity
from kalsel_gap.storage.run_folder import read_run
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


@dataclass(frozen=True)
class Audit:
    """Audit pages of runs of data/tiny."""

    found: ListSensitivity

    def html(self, run: Run, language: Language = "en", **kwargs: Any) -> str:
        return audit_html(run, self.found, Text(language), **kwargs)

    def words(self, run: Run, name: str = "", **kwargs: Any) -> str:
        """The words of the page or of one section, without markup, in one line."""
        made = self.html(run, **kwargs)
        if name:
            made = made.partition(f'id="{name}"')[2].partition("</section>")[0]
        bare = re.sub(r"<style>.*?</style>|<[^>]*>", " ", made, flags=re.DOTALL)
        return " ".join(html.unescape(bare).split())


@pytest.fixture(scope="module")
def audit(_ranked_once: Path) -> Audit:
    return Audit(list_sensitivity(read_run(_ranked_once / "kept" / "runs")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_no_network_and_runs_no_script(
    audit: Audit, tiny_run: Run, language: Language
) -> None:
    made = audit.html(tiny_run, language)
    assert NO_ADDRESS.findall(made) == []
    assert f'<html lang="{language}">' in made
    assert "<script" not in made
    policy = made.partition('Policy" content="')[2].partition('"')[0]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert re.findall(r'<(?:link|iframe|object|embed|base|img)\b|(?:src|href)="(?!#)', made) == []
    notice = {"en": "SYNTHETIC DATA", "id": "DATA SINTETIS"}[language]
    assert f'role="note">{notice}' in made
    assert made == audit.html(tiny_run, language)
    # Every heading has its number and is named in the contents; every cell has a header.
    ids = re.findall(r'<h2 id="([\w-]+)">', made)
    assert re.findall(r'<a href="#([\w-]+)">', made) == ids
    assert made.count("<th scope=") == made.count("<th ")


def test_which_run_and_which_inputs(audit: Audit, tiny_run: Run) -> None:
    words = audit.words(tiny_run)
    assert f"Run {tiny_run.folder.name} (last full run)" in words
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
def test_before_or_after(
    audit: Audit, tiny_run: Run, decision: dict[str, Any] | None, expected: str
) -> None:
    assert expected in audit.words(changed(tiny_run, decision=decision), "decision")


def test_decided_in_force_and_shipped_stand_side_by_side(audit: Audit, tiny_run: Run) -> None:
    parameters = tiny_run.manifest["parameters"] | {"robustness.k": 2, "index.priority.need": 0.4}
    decided = audit.words(changed(tiny_run, decision=DECISION, parameters=parameters), "decision")
    assert "(k) 2 2 10 % of the ranked" in decided
    assert "whole list 0.9 0.9 0.9" in decided
    assert "evidence reaches not fixed the latest date of an input" in decided
    assert "weight of the need not fixed 0.4 0.3" in decided
    assert "departs from" not in decided
    trial = changed(tiny_run, decision=DECISION, parameters={**parameters, "index.lambda": 0.8})
    said = "departs from what was decided: λ: weight of the delivered service in the deficit."
    assert said in audit.words(trial, "decision")
    assert "10 % dari yang diperingkatkan" in audit.html(tiny_run, "id")


def test_damaged_runs_are_named(audit: Audit, tiny_run: Run) -> None:
    assert "may have come first: 0a, <b>" in audit.words(tiny_run, damaged=["0a", "<b>"])


def test_what_differs_and_why(audit: Audit, tiny_run: Run) -> None:
    assert "Every figure is the shipped one." in audit.words(tiny_run, "figures")
    parameters = tiny_run.manifest["parameters"] | {
        "index.gap.weak": 0.3,
        "index.least_known_share": 0.4,
        "robustness.k": 2,
    }
    run = changed(tiny_run, decision=DECISION, parameters=parameters)
    words = audit.words(run, "figures")
    assert "Without a stated reason: 1 of 3." in words
    assert "index.gap.weak 0.3 0.25 the project file Rapat tim kepala bidang" in words
    assert "index.least_known_share 0.4 0.5 the project file no reason stated not stated" in words
    assert f"robustness.k 2 none the project file fixed by the decision {NUMBER}" in words
    only = changed(tiny_run, decision=DECISION)
    assert "for values that are as shipped: index.gap" in audit.words(only, "figures")


def test_a_trial_says_so_and_how_to_repeat_it(audit: Audit, tiny_run: Run) -> None:
    overrides = {"index.lambda": 0.8, "schools.0.date": "a b'c", "despite_errors": []}
    run = changed(tiny_run, overrides=overrides)
    assert "(trial)" in audit.words(run)
    words = audit.words(run, "figures")
    assert "index.lambda 0.8 0.6 this run only no reason stated not stated" in words
    again = audit.words(run, "again")
    command = again.partition("kalsel-gap rank ")[2].partition(" kalsel-gap runs")[0]
    assert shlex.split(command) == [
        *("--set", "index.lambda=0.8", "--set", 'schools.0.date="a b\'c"', "--despite-errors"),
    ]
    explained = changed(run, overrides={**overrides, "reason": "uji; coba", "role": "kabid"})
    assert "this run only uji; coba kabid" in audit.words(explained, "figures")
    assert "--reason 'uji; coba' --role kabid" in audit.words(explained, "again")


def test_how_sure_the_list_is_and_what_it_depends_on(audit: Audit, tiny_run: Run) -> None:
    made = audit.html(tiny_run)
    for each in certainty_sections(tiny_run, audit.found, Text("en")):
        assert f'<h2 id="list-{each.code}">' in made
        words = audit.words(tiny_run, f"list-{each.code}")
        for sentence in (*each.said, *each.warnings):
            assert sentence in words
        for table in each.grids:
            assert table.title in words
            assert " ".join(table.rows[0]) in words


@pytest.mark.parametrize("certainty", [None, {"draws": 0.0, "k": 2.0, "confidence": 0.9}])
def test_a_run_without_draws_says_so(
    audit: Audit, tiny_run: Run, certainty: dict[str, Any] | None
) -> None:
    run = changed(tiny_run, certainty=certainty)
    assert "This run has no draws" in audit.words(run, "list-sets")
    missing = "does not state k"
    assert (missing in audit.words(run, "shares")) is (certainty is None)


def test_a_tie_at_the_end_is_shown_with_and_without_draws(audit: Audit, tiny_run: Run) -> None:
    schools = tiny_run.schools.copy()
    schools.loc[schools["rank"].notna(), "rank"] = 1
    tied = int(schools["rank"].notna().sum())
    for certainty in (
        {"draws": 0.0, "k": 2.0, "confidence": 0.9},
        {**tiny_run.manifest["certainty"], "k": 2.0},
    ):
        run = replace(changed(tiny_run, certainty=certainty), schools=schools)
        assert f"Place 2 is tied: {tied} schools" in audit.words(run, "list-sets")
        assert f"share the last place are counted too: {tied} schools" in audit.words(run, "shares")


def test_counts_of_what_is_known_and_of_findings(audit: Audit, tiny_run: Run) -> None:
    counted = counted_schools(tiny_run.schools)
    words = audit.words(tiny_run, "known")
    known = int((counted["deficit_status"] == "known").sum())
    assert f"Deficit {known} (" in words
    for code, count in tiny_run.findings["code"].value_counts().items():
        assert re.search(rf"\b{code} {count}\b", audit.words(tiny_run, "repairs"))


def test_accepted_repairs_have_a_reason_or_none(audit: Audit, tiny_run: Run) -> None:
    assert "No repair is accepted" in audit.words(tiny_run, "repairs")
    findings = tiny_run.findings.assign(
        code="value_repaired", severity="note", parameters='{"used": "2"}'
    )
    run = replace(tiny_run, findings=findings.head(2))
    assert "in use: values 2. Reason: no reason stated. Role of who decided: not" in audit.words(
        run, "repairs"
    )
    reason = {"key": "repairs", "reason": "survei", "role": "operator"}
    decided = changed(run, decision={**DECISION, "overrides": [reason]})
    assert "values 2. Reason: survei. Role of who decided: operator." in audit.words(
        decided, "repairs"
    )
    assert "as shipped" not in audit.words(decided, "figures").partition("Key")[0]


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


def test_texts_of_others_are_text(audit: Audit, hostile: Run) -> None:
    made = audit.html(hostile, "en", damaged=PROGRAMS)
    assert "<script" not in made
    assert "<img" not in made
    assert "\x1b" not in made
    assert "\u202e" not in made
    assert html.escape(PROGRAMS[1], quote=False).replace("'", "&#39;") in made


def test_in_a_browser_nothing_runs_and_it_fits(
    audit: Audit, hostile: Run, tiny_run: Run, browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "audit.html"
    path.write_text(audit.html(hostile, "en", damaged=PROGRAMS), encoding="utf-8")
    browser.open(path, marks=False)
    assert browser.value("window.hurt") is None
    assert browser.complaints() == []
    path.write_text(audit.html(tiny_run, "id"), encoding="utf-8")
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
