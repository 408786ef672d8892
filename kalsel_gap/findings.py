"""Findings: what is wrong with a row, as a code with parameters; their severities."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

Severity = Literal["error", "warning", "note"]

# error: the row cannot be ranked without a correction; warning: doubtful; note: information.
SEVERITIES: dict[str, Severity] = {
    "accounts_exceed_people": "warning",
    "accounts_inconsistent": "warning",
    "area_code_inconsistent": "warning",
    "area_code_orphan": "warning",
    "area_code_repeated": "warning",
    "area_codes_completed": "note",
    "area_codes_differ": "warning",
    "area_codes_unmatched": "warning",
    "area_columns_taken": "note",
    "area_gap": "note",
    "area_geometry_invalid": "note",
    "area_name_repeated": "note",
    "area_newer": "note",
    "area_outside_parent": "warning",
    "area_unnamed": "warning",
    "area_without_shape": "warning",
    "areas_counted": "note",
    "areas_do_not_meet": "note",
    "areas_overlap": "warning",
    "attribute_duplicate": "warning",
    "attribute_name_differs": "note",
    "attribute_npsn_repairable": "warning",
    "attribute_other_year": "note",
    "attribute_without_school": "warning",
    "carrier_not_assigned": "warning",
    "cells_filled_down": "note",
    "cluster_dense": "warning",
    "cluster_not_counted": "note",
    "column_has_gaps": "note",
    "column_not_understood": "warning",
    "columns_understood": "note",
    "coordinates_at_centroid": "warning",
    "coordinates_copied": "warning",
    "coordinates_projected": "note",
    "coordinates_shared": "note",
    "coverage_class_unlisted": "warning",
    "coverage_geometry_invalid": "note",
    "coverage_geometry_unreadable": "warning",
    "coverage_off_every_school": "error",
    "date_impossible": "warning",
    "date_in_future": "warning",
    "date_not_read": "warning",
    "date_of_data_stale": "note",
    "date_unreadable": "note",
    "decimals_few": "warning",
    "delivery_option_unknown": "warning",
    "delivery_state_unknown": "warning",
    "delivery_without_school": "warning",
    "desa_differs": "warning",
    "desa_unknown": "warning",
    "devices_exceed_people": "warning",
    "elevation_in_feet": "error",
    "elevation_sea_is_zero": "warning",
    "elevation_sea_not_declared": "warning",
    "elevation_seam": "warning",
    "elevation_seam_void": "warning",
    "elevation_tile_missing": "warning",
    "elevation_too_high": "warning",
    "elevation_too_low": "warning",
    "elevation_void": "warning",
    "feature_without_shape": "warning",
    "file_unusable": "error",
    "header_newest_year": "note",
    "header_of_several_rows": "note",
    "header_supplied": "note",
    "internet_contradicted": "warning",
    "internet_not_understood": "warning",
    "kabupaten_by_location": "note",
    "kabupaten_differs": "warning",
    "kabupaten_unknown": "warning",
    "kecamatan_differs": "warning",
    "kecamatan_unknown": "warning",
    "land_cover_class_unlisted": "warning",
    "land_cover_missing": "warning",
    "layer_not_read": "note",
    "level_and_no_signal": "warning",
    "level_differs_from_name": "warning",
    "level_not_placed": "warning",
    "level_of_several_operators": "warning",
    "level_unknown": "warning",
    "location_at_sea": "warning",
    "location_decimal_comma": "error",
    "location_dms": "error",
    "location_half_zero": "error",
    "location_is_area": "note",
    "location_link": "error",
    "location_missing": "error",
    "location_not_numeric": "error",
    "location_out_of_range": "error",
    "location_outside_area": "error",
    "location_outside_province": "warning",
    "location_plus_code": "error",
    "location_projected": "error",
    "location_repaired": "note",
    "location_scaled": "error",
    "location_sign_missing": "error",
    "location_spelled": "error",
    "location_suspect": "warning",
    "location_swapped": "error",
    "location_zero": "error",
    "loss_unit_unknown": "warning",
    "measurement_after_file": "warning",
    "measurement_identical": "warning",
    "measurement_impossible": "warning",
    "measurement_too_early": "warning",
    "measurement_unit_kbps": "error",
    "measurement_unit_mbps": "error",
    "measurement_upload_exceeds": "warning",
    "measurement_without_school": "warning",
    "ministry_differs_from_level": "warning",
    "name_has_control": "warning",
    "name_has_formula": "warning",
    "name_has_html": "warning",
    "name_missing": "warning",
    "name_without_letters": "warning",
    "near_duplicates_not_compared": "note",
    "npsn_digits_lost": "warning",
    "npsn_duplicate": "error",
    "npsn_formatted": "warning",
    "npsn_irregular": "warning",
    "npsn_malformed": "warning",
    "npsn_missing": "warning",
    "npsn_zero_lost": "warning",
    "number_implausible": "warning",
    "objection_open": "warning",
    "objection_planned": "note",
    "objection_tests_fewer": "note",
    "objection_unmeasured": "warning",
    "objection_used": "note",
    "objection_without_school": "warning",
    "objections_missing": "note",
    "off_elevation": "warning",
    "off_every_coverage": "warning",
    "offset_unused": "warning",
    "ownership_differs_from_name": "warning",
    "ownership_unknown": "warning",
    "part_hidden": "note",
    "part_older": "note",
    "part_repeats": "note",
    "part_unreadable": "warning",
    "part_without_columns": "note",
    "prediction_disagrees": "warning",
    "prediction_over_void": "warning",
    "quantity_not_read": "warning",
    "price_item_unknown": "warning",
    "raster_class_unlisted": "warning",
    "raster_coarse": "note",
    "raster_crs_doubtful": "error",
    "raster_files_passed_over": "note",
    "raster_misses_schools": "warning",
    "raster_nodata_undeclared": "warning",
    "raster_nodata_unstated": "note",
    "raster_off_every_school": "error",
    "raster_offset": "warning",
    "raster_unit_asu": "error",
    "raster_unit_db": "error",
    "raster_unit_percent": "error",
    "raster_unit_sign": "error",
    "raster_unit_times_10": "error",
    "raster_unit_times_100": "error",
    "raster_unit_unknown": "error",
    "raster_values_implausible": "warning",
    "raster_values_impossible": "warning",
    "raster_without_data": "error",
    "register_row_not_added": "warning",
    "repair_refused": "warning",
    "repair_stale": "warning",
    "repairs_missing": "note",
    "row_too_long": "warning",
    "rows_are_headings": "note",
    "rows_below_table": "note",
    "rows_number_columns": "note",
    "rows_only_numbered": "note",
    "rows_repeat_header": "note",
    "rows_sum_up": "note",
    "school_near_duplicate": "warning",
    "section_unused": "note",
    "site_at_sea": "warning",
    "site_azimuth_refused": "warning",
    "site_duplicate": "warning",
    "site_far_away": "warning",
    "site_frequency_implausible": "warning",
    "site_height_implausible": "warning",
    "site_off_elevation": "warning",
    "site_on_sea": "warning",
    "site_operator_spelling": "warning",
    "site_outside_area": "note",
    "site_sign_missing": "warning",
    "site_swapped": "warning",
    "site_term_implausible": "warning",
    "site_term_missing": "note",
    "site_term_stated": "note",
    "site_term_unknown": "warning",
    "site_unusable": "warning",
    "sites_not_complete": "warning",
    "students_zero": "warning",
    "teachers_exceed_students": "warning",
    "teachers_too_few": "warning",
    "teachers_zero": "warning",
    "technology_unknown": "warning",
    "text_has_control": "note",
    "text_lost": "warning",
    "text_mojibake": "warning",
    "tiles_not_read": "warning",
    "value_not_read": "warning",
    "value_repaired": "note",
    "village_codes_differ": "warning",
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
        Key of :data:`SEVERITIES` and of :data:`kalsel_gap.i18n.messages.FINDINGS`.
    file : str
        Input file as the project names it.
    row : int or None
        Row as a spreadsheet shows it; None if it concerns the whole file.
    npsn, column, value : str
        The school, column and cell that it concerns, as given.
    proposal : str
        The proposed value, written like `value`; empty if nothing is proposed.
    evidence : mapping
        Figures that support the proposal, each with its unit in its name.
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
        """How serious it is."""
        return SEVERITIES[self.code]


def at_school(code: str, row_id: str, npsn: str, **given: Any) -> Finding:  # noqa: ANN401
    """A finding about a row of the register; `row_id` is its ``file:row``."""
    file, _, row = row_id.rpartition(":")
    return Finding(code, file=file, row=int(row), npsn=npsn, **given)


def at_rows(
    code: str,
    cells: pd.DataFrame,
    at_fault: pd.Series[bool],
    column: str,
    *,
    proposal: pd.Series[str] | None = None,
    evidence: Mapping[str, pd.Series[Any]] | None = None,
    parameters: Mapping[str, pd.Series[Any]] | None = None,
) -> list[Finding]:
    """A finding for each row with an error.

    Parameters
    ----------
    code : str
        As of :class:`Finding`.
    cells : DataFrame
        With ``file``, ``row``, ``npsn`` and the column with the error.
    at_fault : Series of bool
        With the index of `cells`.
    column : str
        The column with the error; its cell is the value.
    proposal, evidence, parameters : optional
        As of :class:`Finding`, each a Series with a value at least for the rows with an error.
        Evidence that is empty is left out.
    """
    wrong = cells.loc[at_fault, ["file", "row", "npsn", column]]

    def records_of(given: Mapping[str, pd.Series[Any]] | None) -> list[dict[str, object]]:
        if not given:
            return [{} for _ in wrong.index]
        values = [series.reindex(wrong.index).tolist() for series in given.values()]
        return [dict(zip(given, row, strict=True)) for row in zip(*values, strict=True)]

    proposed = [""] * len(wrong) if proposal is None else proposal.reindex(wrong.index).tolist()
    return [
        Finding(
            code,
            file=file,
            row=int(row),
            npsn=npsn,
            column=column,
            value=value,
            proposal=better,
            evidence={key: figure for key, figure in proof.items() if figure != ""},
            parameters=more,
        )
        for (file, row, npsn, value), better, proof, more in zip(
            wrong.itertuples(index=False, name=None),
            proposed,
            records_of(evidence),
            records_of(parameters),
            strict=True,
        )
    ]


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
