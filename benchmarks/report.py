"""Time and size of the report, as PDF and as HTML, in both languages.

The sample, and the real province where its data lie beside the clone; each is ranked first, which
does not count.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pypdf

from kalsel_gap import open_project
from kalsel_gap.deliverables.report import make_report
from kalsel_gap.deliverables.report_page import to_html
from kalsel_gap.deliverables.report_pdf import to_pdf
from kalsel_gap.i18n.text import LANGUAGES, Text

if TYPE_CHECKING:
    from kalsel_gap.storage.run_folder import Run

ROOT = Path(__file__).parents[1]
MOST_S, MOST_MB = 30.0, 5.0  # of a report in one language


def measure(name: str, run: Run) -> bool:
    """Print what the report of a run takes; whether it is within the bounds."""
    is_well = True
    for language in LANGUAGES:
        text = Text(language)
        start = time.perf_counter()
        report = make_report(run, text)
        content = time.perf_counter()
        pdf = to_pdf(report, text)
        done = time.perf_counter()
        html = to_html(report).encode("utf-8")
        sheets = len(pypdf.PdfReader(io.BytesIO(pdf)).pages)
        print(
            f"{name} ({len(run.schools)} rows, {language}): content {content - start:.1f} s, PDF "
            f"{done - content:.1f} s, {sheets} pages, {len(pdf) / 1e6:.2f} MB, HTML "
            f"{len(html) / 1e6:.2f} MB"
        )
        is_well &= done - start < MOST_S and max(len(pdf), len(html)) < MOST_MB * 1e6
    return is_well


def main() -> int:
    """Measure each project that is here."""
    projects = {"sample": ROOT / "data" / "sample"}
    if (ROOT.parent / "shared" / "kalsel").is_dir():
        projects["Kalimantan Selatan"] = ROOT / "tests" / "real" / "kalsel.toml"
    is_well = True
    for name, path in projects.items():
        with tempfile.TemporaryDirectory() as folder:
            is_well &= measure(name, open_project(path).rank(out=Path(folder)))
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
