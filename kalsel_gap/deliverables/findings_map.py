"""Web page of findings: a map with filters, beside a table of all findings.

Like the map of a run it is one HTML file that opens without a network; names of others are shown as
text and never as markup.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import folium
import numpy as np
import pandas as pd

from kalsel_gap.deliverables import findings_report, leaflet, palette
from kalsel_gap.deliverables.map_previews import boundaries
from kalsel_gap.deliverables.offline_html import Page, as_json
from kalsel_gap.i18n.messages import NAMES, SEVERITY_NAMES
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.quality.unusable_files import run_without_unusable

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from kalsel_gap.quality.full_check import Checked

_DEGREES = 5  # decimals of a place on the map: a metre
_RADII = {"proposed": 5.5, "error": 5.0, "warning": 4.5, "note": 3.5}  # pixels; first on top
_TEXTS = ("severity", "code", "file", "npsn", "value", "proposal", "message")

WORDS: dict[str, str] = {
    "all_codes": N_("all kinds"),
    "all_files": N_("all files"),
    "close": N_("Close"),
    "code": N_("Kind"),
    "count": N_("Count"),
    "file": N_("File"),
    "filters": N_("Filter"),
    "finding": N_("Finding"),
    "layers": N_("Layers"),
    "more": N_("and {count} more"),
    "next": N_("Next"),
    "none": N_("No finding matches."),
    "noscript": N_("Map and table need JavaScript. findings.csv has the same content."),
    "on_map": N_("Show on the map"),
    "page": N_("Page {page} of {pages}"),
    "place": N_("File and row"),
    "previous": N_("Previous"),
    "printed": N_("Printed on {date}."),
    "proposal": N_("Proposal"),
    "row": N_("row {row}"),
    "school": N_("School"),
    "search": N_("Search"),
    "search_hint": N_("Name, NPSN or word"),
    "severity": N_("Severity"),
    "shown": N_("Findings shown: {count} of {all}; on the map: {located}"),
    "skip": N_("Skip to the table of findings"),
    "sources": N_("Files that were checked"),
    "summary": N_("Findings by file and kind"),
    "table": N_("Findings"),
    "two_fingers": N_("Use two fingers to move the map"),
}


def to_html(checked: Checked, table: pd.DataFrame, opened: Opened, text: Text) -> str:
    """The page as text: the same findings give the same bytes.

    Parameters
    ----------
    checked : Checked
        What the checks have found.
    table : DataFrame
        The same, :func:`kalsel_gap.deliverables.findings_report.findings_table`.
    opened : Opened
        The project: its files are listed, its boundaries drawn where they can be used.
    text : Text
        Language of the page.
    """
    words = {key: text(sentence) for key, sentence in WORDS.items()}
    project = opened.project
    title = text(N_("Findings in the inputs"))
    if project.project.name:
        title = f"{title}: {plain(project.project.name)}"
    areas, _ = run_without_unusable(boundaries, opened)  # the findings cover the others
    at = findings_report.finding_locations(checked)
    marks = {key: leaflet.drawn(mark, _RADII[key]) for key, mark in _marks().items()}
    content = {
        "language": text.language,
        "title": title,
        "notices": [text(words) for words in [NAMES.get(project.project.data)] if words],
        "official": "",
        "words": words,
        "legend": _legend(checked, marks, text),
        "proposed": _proposed(checked, marks, text),
        "files": _choices(table["file"]),
        "codes": _choices(table["code"]),
        "groups": _groups(checked, text),
        "sources": [plain(opened.shown(path)) for _, path in project.inputs()],
        "made_by": f"kalsel-gap {version('kalsel-gap')}",
        "data": as_json(
            {
                "words": words,
                "severities": {key: text(name) for key, name in SEVERITY_NAMES.items()},
                "findings": _columns(table, at),
                "points": _points(checked, at),
                "marks": marks,
                "areas": leaflet.borders(areas, fill=palette.LAND),
            }
        ),
    }
    page = Page("check", content)
    page.add_child(_map(checked, areas, text))
    return page.render()


def _map(checked: Checked, areas: pd.DataFrame, text: Text) -> leaflet.Map:
    made = leaflet.Map(text(N_("Map of the findings")), text)
    leaflet.add_borders(made, areas, text)
    layer = leaflet.OwnLayer("findings", name=text(WORDS["table"]))
    made.add_child(layer)
    made.add_child(folium.LayerControl(autoZIndex=False, collapsed=False))
    # Points outside the areas are errors: they do not extend the map.
    made.add_child(leaflet.Start(layer, leaflet.bounds_of(checked.schools, areas)))
    return made


# --- data of the script ------------------------------------------------------------------------


def _columns(table: pd.DataFrame, at: pd.DataFrame) -> dict[str, Any]:
    """All findings, column by column."""
    return {
        "row": [None if pd.isna(row) else int(row) for row in table["row"]],
        "name": leaflet.packed([plain(name) for name in at["name"].fillna("")]),
        **{key: leaflet.packed([plain(value) for value in table[key]]) for key in _TEXTS},
    }


def _points(checked: Checked, at: pd.DataFrame) -> dict[str, list[Any]]:
    """Marks of the map: each finding where it lies, and the place that a repair proposes.

    ``finding`` is the number of the finding that a mark shows; a line connects a finding with its
    proposal.
    """
    severity = checked.findings["severity"]
    # Without a used or given location, a finding lies at the proposed location of its row.
    known = np.full((len(at), 2), np.nan)
    for kind in ("used", "given", "proposed"):
        place = at[[f"{kind}_lat", f"{kind}_lon"]].to_numpy("float64")
        known = np.where(np.isnan(known), place, known)
    lies = np.flatnonzero(~np.isnan(known[:, 0]))
    repaired = np.flatnonzero(at["repairs"])
    proposed = at.loc[repaired, ["proposed_lat", "proposed_lon"]].to_numpy("float64")
    places = np.vstack([known[lies], proposed]).round(_DEGREES)
    return {
        "lat": places[:, 0].tolist(),
        "lon": places[:, 1].tolist(),
        "mark": [*severity.iloc[lies], *["proposed"] * len(repaired)],
        "finding": [*lies.tolist(), *repaired.tolist()],
    }


# --- legend, filters, summary --------------------------------------------------------------------


def _marks() -> dict[str, palette.Mark]:
    return {"proposed": palette.PROPOSED, **palette.SEVERITIES}


def _legend(checked: Checked, marks: dict[str, Any], text: Text) -> list[dict[str, Any]]:
    return [
        {
            "mark": key,
            **marks[key],
            "label": text(NAMES[key]),
            "count": text.number(count),
        }
        for key, count in findings_report.count_by_severity(checked).items()
    ]


def _proposed(checked: Checked, marks: dict[str, Any], text: Text) -> dict[str, Any] | None:
    """The legend of proposed places, where there are any."""
    count = len(findings_report.points_of(checked.repairs))
    if not count:
        return None
    label = text(N_("Proposed locations, linked to the given ones"))
    return {**marks["proposed"], "label": label, "count": text.number(count)}


def _choices(column: pd.Series[str]) -> list[dict[str, Any]]:
    counted = column.value_counts().sort_index()
    return [{"value": value, "label": plain(value), "count": n} for value, n in counted.items()]


def _groups(checked: Checked, text: Text) -> list[dict[str, Any]]:
    marks = _marks()
    return [
        {
            "file": plain(group.file),
            "code": group.code,
            **leaflet.drawn(marks[group.severity], 1.0),
            "severity": text(SEVERITY_NAMES[group.severity]),
            "count": text.number(group.count),
            "sentence": group.sentence,
        }
        for group in findings_report.group_findings(checked, text)
    ]
