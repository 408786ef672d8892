"""The report as HTML: nothing from outside, one heading after the other, tables that are named."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.deliverables.report import make_report
from kalsel_gap.deliverables.report_page import to_html
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from tests.conftest import NO_ADDRESS

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import Browser

# Names of schools that would run in a page, in an SVG or in typst.
HOSTILE = (
    "</text></svg><script>window.hurt = 1</script>",
    "<img src=x onerror='window.hurt = 1'>",
    "{{ 7 * 7 }}{% raw %}",
    '#import "@preview/x:0.1.0": * // $x$ *b* _i_ @ref <label> `raw`',
    '#panic("x") \\ #read("/etc/passwd") ]',
    "= Heading #let x = 1; #x - item + num / term: d",
    "SD \u202eKEBALIK\u202c \u6f22 a\u2190\u0301 \U0001f600 \x1b[31m",
    '=HYPERLINK("http://x")',
)


def hostile(run: Run) -> Run:
    """The run with other names of its schools."""
    from dataclasses import replace

    schools = run.schools.copy()
    schools["name"] = [HOSTILE[n % len(HOSTILE)] for n in range(len(schools))]
    schools["kabupaten"] = schools["kabupaten"] + " #x <b>"
    return replace(run, schools=schools)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_from_outside_and_runs_nothing(
    tiny: Run, language: Language
) -> None:
    made = to_html(make_report(tiny, Text(language)))
    assert NO_ADDRESS.findall(made) == []
    assert "<script" not in made
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', made)
    assert policy.startswith("default-src 'none'; ")
    assert "script-src" not in policy
    assert f'<html lang="{language}">' in made
    assert not re.search(r"\sstyle=", made)  # the policy would drop it
    levels = [int(level) for level in re.findall(r"<h(\d)", made)]
    assert levels[:2] == [1, 2]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert made.count("<table") == made.count("<caption") > 8
    assert len(re.findall(r'<svg [^>]*role="img"[^>]*>\s*<title.*?</title>\s*<desc', made)) == 4
    names = re.findall(r'\bid="([^"]+)"', made)
    assert len(names) == len(set(names))
    assert all(target in names for target in re.findall(r'href="#([^"]+)"', made))


def test_names_are_text_in_a_browser(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(to_html(make_report(hostile(tiny), Text("en"))), encoding="utf-8")
    browser.open(path, marks=False)
    assert browser.value("typeof window.hurt") == "undefined"
    assert browser.value("document.querySelectorAll('script, img, main b').length") == 0
    shown = browser.value("document.body.textContent")
    for name in HOSTILE[:6]:
        assert name in shown
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    assert browser.complaints() == []
