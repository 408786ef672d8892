"""Report as one HTML file: no script, no address, nothing from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from kalsel_gap.deliverables.offline_html import page_without_script
from kalsel_gap.deliverables.report_blocks import as_data

if TYPE_CHECKING:
    from kalsel_gap.deliverables.report_blocks import Report


def to_html(report: Report) -> str:
    """The report as text: the same report gives the same bytes."""
    content = as_data(report)
    for block in content["blocks"]:
        if block["kind"] == "picture":
            # Made and escaped by `drawing`.
            block["svg"] = Markup(block["svg"])  # noqa: S704
    return page_without_script("report", content)
