"""Pages in the hands of axe, the common engine of such checks, with its best practices.

Besides: what axe does not see, at a window as narrow as a page of four times its size.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap.deliverables import (
    findings_map,
    findings_report,
    open_data,
    report_page,
    web_map,
)
from kalsel_gap.deliverables.report import make_report
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.project.read import read_project
from kalsel_gap.quality.full_check import check_all
from tests.conftest import POPUP, TINY
from tests.deliverables.test_audit_page import audit
from tests.deliverables.test_explanation_page import page as explanation_of
from tests.deliverables.test_open_data import write as write_open_data
from tests.deliverables.test_web_map import ACTIVE, tab_to

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import Browser
    from tests.deliverables.test_audit_page import Audit

__all__ = ["audit"]  # a fixture of another module

# A laptop, a telephone, and a laptop of 1280 pixels at four times its size.
WINDOWS = [(1366, 768), (360, 740), (320, 640)]
# Whatever opens is open: parts of the panel, filters, layers, weights; then a school's pop-up.
OPEN_ALL = """
for (const each of document.querySelectorAll("details")) each.open = true;
document.querySelector(".layers-button")?.click();
"""
MAP = "document.querySelector('.map')"
OPEN_SCHOOL = "document.querySelector('#rows button')?.click()"
IS_SHOWN = "getComputedStyle(document.querySelector('.leaflet-popup')).opacity === '1'"
# Text that is cut off at an edge nobody can scroll to.
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def faults(browser: Browser) -> list[str]:
    """What axe says is wrong with the page as it is now."""
    if not browser.value("Boolean(window.axe)"):
        script = resources.files("axe_playwright_python").joinpath("axe.min.js")
        browser.value(f"{script.read_text(encoding='utf-8')};0")
    found = run_axe(browser, {"resultTypes": ["violations"]})
    assert len(found["passes"]) > 15  # so many rules had something to look at
    return told(found)


def faults_of_contrast(browser: Browser) -> list[str]:
    """The same of the colours of texts, without what disturbs it.

    Layers of the map that are cut off at its edge lie below the rest of the page, thinks axe; and
    one of its rules shows a skip link there.
    """
    browser.value("document.activeElement.blur()")
    browser.value(f"{MAP}?.setAttribute('hidden', '')")
    found = run_axe(browser, {"runOnly": ["color-contrast"]})
    browser.value(f"{MAP}?.removeAttribute('hidden')")
    return told(found)


def told(found: dict[str, Any]) -> list[str]:
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary')}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def run_axe(browser: Browser, options: dict[str, Any]) -> Any:
    answer = browser.ask(
        "Runtime.evaluate",
        expression=f"axe.run({json.dumps(options)}).then(JSON.stringify)",
        awaitPromise=True,
        returnByValue=True,
    )
    assert "exceptionDetails" not in answer, answer
    return json.loads(answer["result"]["value"])


def html_of(page: str, run: Run, audit: Audit, language: Language) -> str:
    text = Text(language)
    if page == "map":
        return web_map.to_html(run, text)
    if page == "explanation":
        return explanation_of(run, 0, language, read_project(TINY))
    if page == "audit":
        return audit.html(run, language)
    if page == "report":
        return report_page.to_html(make_report(run, text))
    opened = read_project(TINY)
    checked = check_all(opened)
    table = findings_report.findings_table(checked, opened, text)
    return findings_map.to_html(checked, table, opened, text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", ["map", "findings", "explanation", "audit", "report", "published"])
def test_axe_finds_nothing_wrong(
    browser: Browser, tiny: Run, audit: Audit, tmp_path: Path, page: str, language: Language
) -> None:
    path = tmp_path / f"{page}.html"
    if page == "published":
        path = write_open_data(tiny, tmp_path / page, language) / open_data.PAGE
    else:
        path.write_text(html_of(page, tiny, audit, language), encoding="utf-8")
    has_map = page in ("map", "findings")
    for size in WINDOWS:
        browser.open(path, *size, marks=has_map)
        if size == WINDOWS[0]:
            assert faults(browser) + faults_of_contrast(browser) == []
        browser.value(OPEN_ALL)
        assert browser.value(BEYOND) == 0, size
        if has_map:
            browser.value(OPEN_SCHOOL)
            browser.wait(POPUP)
            browser.wait(IS_SHOWN)
        assert faults(browser) == [], size
    assert browser.complaints() == []


def test_a_fault_would_be_found(browser: Browser, tiny: Run, tmp_path: Path) -> None:
    """The engine runs in the page as it is, its policy of content included."""
    path = tmp_path / "map.html"
    path.write_text(web_map.to_html(tiny, Text("en")), encoding="utf-8")
    browser.open(path)
    browser.value("document.querySelector('#table').removeAttribute('id')")
    browser.value("document.querySelector('.headline').style.color = '#ccc'")
    both = faults(browser) + faults_of_contrast(browser)
    found = {fault.partition(":")[0] for fault in both}
    assert found == {"skip-link", "region", "color-contrast"}


# --- by the keyboard alone -----------------------------------------------------------------------


def test_from_the_search_to_a_finding_and_back(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "findings.html"
    opened, text = read_project(TINY), Text("en")
    checked = check_all(opened)
    table = findings_report.findings_table(checked, opened, text)
    path.write_text(findings_map.to_html(checked, table, opened, text), encoding="utf-8")
    browser.open(path)
    tab_to(browser, ".skip")
    tab_to(browser, "#search")
    browser.type("name_has_html")
    browser.wait("document.querySelectorAll('#rows tr').length === 1")
    tab_to(browser, "#rows button")
    name = browser.value(f"{ACTIVE}.textContent")
    browser.press("Enter")
    browser.wait(POPUP)
    assert browser.value(POPUP) == name
    browser.press("Escape")
    assert browser.value(f"{ACTIVE}.textContent") == name
    tab_to(browser, "[data-severity]", shift=True)
    assert browser.complaints() == []


def test_from_the_contents_to_the_words_of_a_picture(
    browser: Browser, tiny: Run, tmp_path: Path
) -> None:
    path = tmp_path / "explanation.html"
    path.write_text(explanation_of(tiny, 0, "en", read_project(TINY)), encoding="utf-8")
    browser.open(path, marks=False)
    tab_to(browser, ".skip")
    browser.press("Enter")
    assert browser.value(f"{ACTIVE}.id") == "explanation"
    tab_to(browser, "nav a")
    browser.press("Enter")
    browser.wait("location.hash === '#part-1'")
    tab_to(browser, "figcaption summary")
    browser.press("Enter")
    browser.wait(f"{ACTIVE}.parentElement.open")
    words = browser.value(f"{ACTIVE}.parentElement.querySelector('p').textContent")
    assert words.strip()
