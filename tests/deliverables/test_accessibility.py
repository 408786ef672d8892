"""Nothing that axe, the common engine of such checks, finds wrong: its best practices too."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.deliverables import audit_page, findings_map, findings_report, web_map
from kalsel_gap.deliverables.explanation import explain_school
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.project.read import read_project
from kalsel_gap.quality.full_check import check_all
from tests.conftest import TINY
from tests.deliverables.test_explanation_page import page as explanation_of

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import Browser

# A laptop, a telephone, and a laptop whose text is four times as large.
WINDOWS = [(1366, 768), (360, 740), (320, 640)]
EVERYTHING_OPEN = "for (const each of document.querySelectorAll('details')) each.open = true"


def faults(browser: Browser) -> list[str]:
    """What axe says is wrong with the page as it is now."""
    if not browser.value("Boolean(window.axe)"):
        script = resources.files("axe_playwright_python").joinpath("axe.min.js")
        browser.value(script.read_text(encoding="utf-8") + ";0")
    answer = browser.ask(
        "Runtime.evaluate",
        expression="axe.run({ resultTypes: ['violations'] }).then((found) => JSON.stringify(found))",
        awaitPromise=True,
        returnByValue=True,
    )
    assert "exceptionDetails" not in answer, answer
    found = json.loads(answer["result"]["value"])
    assert len(found["passes"]) > 15  # rules that had something to look at
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary')}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
