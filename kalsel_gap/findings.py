"""Findings: what is wrong with a row, as a code with parameters, never a sentence."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

Severity = Literal["error", "warning", "note"]

# error: the row cannot be ranked as it stands; warning: doubtful; note: good to know.
SEVERITIES: dict[str, Severity] = {
    "accounts_inconsistent": "warning",
    "area_geometry_invalid": "note",
    "attribute_duplicate": "warning",
    "attribute_other_year": "note",
    "attribute_without_school": "warning",
    "column_not_understood": "warning",
    "columns_understood": "note",
    "coverage_class_unlisted": "warning",
    "coverage_geometry_invalid": "note",
    "date_not_read": "warning",
    "kabupaten_differs": "warning",
    "kabupaten_unknown": "warning",
    "level_unknown": "warning",
    "location_decimal_comma": "error",
    "location_dms": "error",
    "location_half_zero": "error",
    "location_is_area": "note",
    "location_missing": "error",
    "location_not_numeric": "error",
    "location_out_of_range": "error",
    "location_outside_area": "error",
    "location_projected": "error",
    "location_repaired": "note",
    "location_scaled": "error",
    "location_sign_missing": "error",
    "location_suspect": "warning",
    "location_swapped": "error",
    "location_zero": "error",
    "measurement_without_school": "warning",
    "npsn_duplicate": "error",
    "npsn_malformed": "warning",
    "npsn_missing": "warning",
    "value_not_read": "warning",
    "off_elevation": "warning",
    "off_every_coverage": "warning",
    "ownership_unknown": "warning",
    "raster_class_unlisted": "warning",
    "raster_values_impossible": "warning",
    "register_row_not_added": "warning",
    "repair_refused": "warning",
    "repair_stale": "warning",
    "repairs_missing": "note",
    "row_too_long": "warning",
    "section_unused": "note",
    "site_unusable": "warning",
    "technology_unknown": "warning",
    "tiles_not_read": "warning",
    "village_unknown": "note",
}
COLUMNS = (
    *("code", "severity", "file", "row", "npsn", "column", "value"),
    *("proposal", "evidence", "parameters"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Attributes
    ----------
    code : str
        Key of :data:`SEVERITIES` and of :data:`kalsel_gap.messages.FINDINGS`.
    file : str
        Input file as the project names it.
    row : int or None
        Row as a spreadsheet shows it; none when it concerns the whole file.
    npsn, column, value : str
        Whom and what it concerns, as given.
    proposal : str
        What the value could be instead, in the way of `value`; empty where nothing is proposed.
    evidence : mapping
        Figures that speak for the proposal, each with its unit in its name.
    parameters : mapping
        Further values that the sentence mentions.
    """

    code: str
    file: str = ""
    row: int | None = None
    npsn: str = ""
    column: str = ""
    value: str = ""
    proposal: str = ""
    evidence: Mapping[str, object] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return SEVERITIES[self.code]


def at_school(code: str, row_id: str, npsn: str, **given: Any) -> Finding:  # noqa: ANN401
    """A finding about a row of the register; `row_id` is its ``file:row``."""
    file, _, row = row_id.rpartition(":")
    return Finding(code, file=file, row=int(row), npsn=npsn, **given)


def to_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings as a table, sorted; parameters as JSON."""
    import pandas as pd

    rows = [
        (
            finding.code,
            finding.severity,
            finding.file,
            finding.row,
            finding.npsn,
            finding.column,
            finding.value,
            finding.proposal,
            json.dumps(finding.evidence, sort_keys=True, ensure_ascii=False),
            json.dumps(finding.parameters, sort_keys=True, ensure_ascii=False),
        )
        for finding in findings
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        {name: "Int64" if name == "row" else "str" for name in COLUMNS}
    )
    return sort(frame)


def sort(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings in the order of file, row, code and column."""
    order = ["file", "row", "code", "column", "value", "parameters"]
    return findings.sort_values(order, kind="stable", ignore_index=True)
