"""Codes into sentences: what a person reads of errors, findings, reasons and codes.

The sentences are English; :class:`~kalsel_gap.text.Text` turns them into the reader's language and
fills in the ``{named}`` parameters.
"""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Any, TypeAlias

from kalsel_gap.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kalsel_gap.errors import KalselGapError

# A row of a table, as pandas hands it over.
Row: TypeAlias = "Mapping[Any, Any]"

# Each says what is wrong and what to do.
ERRORS: dict[str, str] = {
    "arguments_surplus": N_("“{value}” is not expected here. Put names with spaces in quotation marks."),
    "already_there": N_("this is there already, and nothing is overwritten. Choose another folder or move it away."),
    "area_column_missing": N_("column “{column}” is missing; the layer has: {known}. Name the columns of code and name under [boundaries] in the project file."),
    "column_missing": N_("column “{column}” is missing; the file has: {known}. Rename a column, or name it under [….columns] in the project file."),
    "column_not_measurable": N_("“{value}” is no column that can be measured; these can: {known}."),
    "column_not_ours": N_("[….columns] names “{column}”, which is no column of ours; known are: {known}."),
    "column_twice": N_("several columns could be “{column}”: {known}. Say which one under [….columns] in the project file."),
    "command_unknown": N_("there is no command “{value}”."),
    "coverage_class_key": N_("a key of “classes” is not a number. Write the raster's class in quotes, such as \"1\" = 0.02."),
    "coverage_class_column": N_('“class_column” goes with polygons of kind = "class", and only with them: name the column that holds the class.'),
    "coverage_classes": N_('“classes” goes with kind = "class", and only with it: give the adequacy (0 to 1) of each class.'),
    "coverage_fixed_is_binary": N_('a fixed network is kind = "binary": 0 where there is none.'),
    "coverage_touches_no_school": N_("the polygons touch no school. Is it the right region, and their CRS the right one?"),
    "coverage_vector_kind": N_('polygons are kind = "binary" (covered inside) or kind = "class".'),
    "curve_not_rising": N_("the points must rise, in level and in adequacy."),
    "disk_or_folder": N_("cannot be read or written: {reason}."),
    "file_empty": N_("the file is empty. Was it copied completely?"),
    "file_is_folder": N_("this is a folder, and a file belongs here."),
    "file_missing": N_("there is no such file ([{section}])."),
    "file_too_large": N_("unpacked, the file is larger than {limit} MB. Take the part of it that is needed."),
    "file_special": N_("this is a pipe or a device, and a file belongs here. Save the data as a file first."),
    "file_unreadable": N_("the file cannot be read: {reason}."),
    "folder_no_raster": N_("the folder holds no raster. Put the tiles (.tif, .hgt, …) into it, or name the files."),
    "filter_unknown": N_("no school of this run has “{value}”; there is: {known}."),
    "goalposts_equal": N_("best and worst must be given and must differ."),
    "goalposts_log": N_("with log10 best and worst must be above 0."),
    "interrupted": N_("interrupted. Nothing half-written is left."),
    "key_missing": N_("this key must be given."),
    "key_new": N_("a new table needs the key “{key}”."),
    "key_unknown": N_("there is no such key; known here are: {known}."),
    "node_leaf_or_branch": N_("a node has either a column with best and worst, or an aggregator with p."),
    "node_parent": N_("the trees do not hang together: each parent must be a node without a column, and “barrier” and “need” must exist."),
    "network_technology": N_('network = "fixed" goes with technology = "fixed", and only with it.'),
    "not_written": N_("cannot be written: {reason}. Is the disk full, the folder protected, or the file open in another program? What was there is untouched."),
    "option_missing": N_("{option} must be given."),
    "option_unknown": N_("there is no option {value}."),
    "option_with_value": N_("the option {option} takes no value."),
    "option_without_value": N_("the option {option} needs a value."),
    "option_not_assignment": N_("“{option}” is no assignment. Write section.key=value, such as index.nodes.students.weight=0.5."),
    "path_empty": N_("the path is empty. Name a file."),
    "project_missing": N_("there is no such project file. Check the path after --project."),
    "project_not_found": N_("there is no {name} here or in a folder above. Name a project file with --project FILE."),
    "project_not_toml": N_("this is not valid TOML: {reason}."),
    "project_not_utf8": N_("the file is not UTF-8 text. Save it as UTF-8."),
    "raster_indirect": N_("the file only points to other data and is no plain mosaic of files (VRT by gdalbuildvrt). Give the raster itself (gdal_translate makes one of it)."),
    "raster_no_crs": N_("the raster has no coordinate reference system. Was it copied completely? If so, assign the right one (gdal_edit.py -a_srs EPSG:…)."),
    "raster_off_grid": N_("its cells do not continue those of {other}. Warp all tiles to one grid (gdalwarp -tr -tap), or give one file."),
    "raster_rotated": N_("the raster's grid is rotated. Warp it to a north-up grid (gdalwarp)."),
    "raster_source": N_("it draws from “{source}”, which is no file on this machine. Copy the tiles beside it and build it again (gdalbuildvrt)."),
    "raster_touches_no_school": N_("the raster touches no school. Is it the right region, and its CRS the right one?"),
    "raster_unreadable": N_("the raster cannot be read: {reason}. Was it copied completely?"),
    "run_broken": N_("the run cannot be read: {reason}. Run “kalsel-gap rank” again."),
    "run_missing": N_("there is no run yet. Run “kalsel-gap rank” first."),
    "sample_missing": N_("the sample is not part of this installation. Install the package again."),
    "several": N_("{count} faults"),
    "sheet_missing": N_("there is no sheet “{column}”; the workbook has: {known}."),
    "table_adds_nothing": N_("no column of this attribute table is recognised; the file has: {known}. Recognised are: {expected}."),
    "table_broken": N_("the table breaks off here: {reason}. Is a quotation mark left open?"),
    "table_no_rows": N_("the table has no rows below its header."),
    "table_not_json": N_("this is not JSON that can be read: {reason}."),
    "table_not_kml": N_("this is not KML that can be read: {reason}."),
    "table_not_parquet": N_("this is not a Parquet file that can be read: {reason}."),
    "table_not_records": N_("the file holds no list of objects that could be rows. Save it as one."),
    "table_not_text": N_("this is not a text table. Save it as CSV (UTF-8) or XLSX."),
    "table_not_xlsx": N_("this is not a workbook that can be read: {reason}. Save it as XLSX again."),
    "table_one_column": N_("the table has one column only, “{known}”. Separate its columns with comma, semicolon, tab or bar."),
    "table_too_wide": N_("the sheet reaches to row {rows} and column {columns}: too far for a table. Delete what stands outside it."),
    "tiers_not_falling": N_("the bounds of the tiers must fall."),
    "tiles_touch_no_school": N_("no tile of speed tests lies near a school. Is it the right region?"),
    "usage": N_("the command line is not understood: {reason}"),
    "value_not_a_choice": N_("“{value}” is not possible here; possible are: {expected}."),
    "value_unfit": N_("this value does not fit: {reason}."),
    "value_wrong": N_("“{value}” does not fit: {reason}."),
    "vector_no_crs": N_("the layer has no coordinate reference system. Assign the right one and save it again."),
    "vector_no_geometry": N_("the file has no geometry."),
    "vector_no_lines": N_("the layer has no lines."),
    "vector_no_polygons": N_("the layer has no polygons."),
    "vector_unreadable": N_("the layer cannot be read: {reason}."),
    "zip_without_layer": N_("there is no Shapefile (.shp) in this archive."),
    "weights_all_zero": N_("one of the weights must be above 0."),
    "weights_of_branch": N_("every weight below “{node}” is 0, so it has no value. To leave it out, set its own weight to 0."),
}  # fmt: skip
_LONGEST = 600  # characters of other people's text in a sentence of ours
SUGGESTION = N_("Did you mean “{suggestion}”?")
# What a library says before it hands on what the system has said.
_SYSTEM_WORDS = re.compile(r".*Detail: \[errno \d+\] ", re.DOTALL)
# Reasons that libraries and the system often give, in words that can be translated.
LIBRARY_WORDS: dict[str, str] = {
    r"Input should be a valid integer.*": N_("a whole number is needed"),
    r"Input should be a valid number.*": N_("a number is needed"),
    r"Input should be a finite number": N_("a number is needed"),
    r"Input should be a valid string": N_("a text in quotation marks is needed"),
    r"Input should be a valid boolean.*": N_("true or false is needed"),
    r"Input should be a valid (list|tuple|array).*": N_("a list in square brackets is needed"),
    r"Input should be a valid dictionary.*": N_("a section with keys is needed"),
    r"Input should be greater than or equal to (?P<bound>.*)": N_("it must be at least {bound}"),
    r"Input should be greater than (?P<bound>.*)": N_("it must be above {bound}"),
    r"Input should be less than or equal to (?P<bound>.*)": N_("it must be at most {bound}"),
    r"Input should be less than (?P<bound>.*)": N_("it must be below {bound}"),
    r"\w+ should have at least (?P<bound>\d+) item.*": N_("at least {bound} must be given"),
    r"\w+ should have at most (?P<bound>\d+) item.*": N_("at most {bound} may be given"),
    r".*\(at line (?P<line>\d+), column (?P<place>\d+)\)": N_(
        "check line {line}, character {place}"
    ),
    r".*\(at end of document\)": N_("it breaks off at its end"),
    r"Field required": N_("a value is missing"),
    r"Is a directory": N_("it is a folder"),
    r"Not a directory": N_("part of the path is a file"),
    r"No such file or directory": N_("there is no such file or folder"),
    r"Permission denied": N_("you have no permission"),
    r"Read-only file system": N_("the drive is read-only"),
    r"No space left on device": N_("the disk is full"),
    r"File name too long": N_("the file name is too long"),
}

FINDINGS: dict[str, str] = {
    "accounts_inconsistent": N_("More active accounts ({value}) than accounts: their share is unknown."),
    "area_geometry_invalid": N_("The polygon of {area} is invalid; a repaired copy is used."),
    "attribute_other_year": N_("{count} rows are not of the year that is used ({year})."),
    "attribute_duplicate": N_("Another row of the same NPSN (row {used_row}) is more complete and is used."),
    "attribute_without_school": N_("No school of the register has NPSN {npsn}; the row is not used."),
    "column_not_understood": N_("The column “{column}” is not understood and not used. Did you mean “{suggestion}”? Rename it, or name it under [….columns] in the project file."),
    "columns_understood": N_("Understood: {understood}. Not used ({count}): {others}."),
    "coverage_class_unlisted": N_("Classes {classes} of the polygons are not in their table; there the signal is unknown."),
    "coverage_geometry_invalid": N_("{count} polygons are invalid; repaired copies are used."),
    "date_not_read": N_("“{value}” is not read as a date; the row is not used. Write 2026-11-21."),
    "kabupaten_differs": N_("The register says {value}, the point lies in {by_location}. Check the coordinates."),
    "kabupaten_unknown": N_("“{value}” is no kabupaten of the boundaries. Nearest name: {suggestion}."),
    "level_unknown": N_("“{value}” is not read as a kind of school; the level is unknown."),
    "location_missing": N_("No coordinates: the school is listed unranked. Add them to the register."),
    "location_not_numeric": N_("Coordinates {value} are not decimal degrees: the school is listed unranked."),
    "location_out_of_range": N_("Coordinates {value} are not on Earth: the school is listed unranked."),
    "location_outside_area": N_("Coordinates {value} lie outside the province: the school is listed unranked."),
    "location_zero": N_("Coordinates {value} have a zero: the school is listed unranked."),
    "measurement_without_school": N_("No school of the register has NPSN {npsn}; the test is not used."),
    "npsn_duplicate": N_("NPSN {value} stands in several rows; {ranked_row} is the most complete and is ranked."),
    "npsn_malformed": N_("NPSN “{value}” does not have 8 letters or digits."),
    "npsn_missing": N_("No NPSN: nothing can be joined to this school."),
    "off_elevation": N_("The school lies off the elevation model {raster}: its relief is unknown."),
    "off_every_coverage": N_("No coverage raster speaks of this school's location."),
    "ownership_unknown": N_("“{value}” is read neither as public nor as private."),
    "raster_class_unlisted": N_("Classes {classes} of the raster are not in its table; there the signal is unknown."),
    "raster_values_impossible": N_("{count} sampled values lie outside {low} to {high} and are taken as unknown. Is the unit right, and the nodata value declared?"),
    "register_row_not_added": N_("“{value}” is not in the first register and is not added. Set adds_rows = true to add it."),
    "row_too_long": N_("The row has more cells than the header; the surplus is not read."),
    "section_unused": N_("This version does not use the section [{column}]."),
    "site_unusable": N_("Coordinates {value} place no site; the row is not used."),
    "technology_unknown": N_("“{value}” is not read as a technology; the site is not used."),
    "tiles_not_read": N_("{count} rows do not tell which tile they speak of; they are not used."),
    "value_not_read": N_("“{value}” in {column} is not read: it is unknown. Write a plain number, such as 1693 and not 1.693."),
    "village_unknown": N_("“{value}” is no status of the village index; it is unknown."),
}  # fmt: skip

# Main reason of a rank, from the row's own numbers; keys are the codes of the column `reason`.
REASONS: dict[str, str] = {
    "adequate": N_("service is adequate"),
    "coverage_unknown": N_("what is available there is unknown"),
    "covered_unverified": N_("{signal} available, use not verified"),
    "duplicate": N_("another row of this NPSN is ranked"),
    "far_from_sites": N_("no coverage data; 4G site {site_4g_km} km away"),
    "no_evidence": N_("no evidence of any service"),
    "no_location": N_("no usable location"),
    "no_signal": N_("no signal from any operator"),
    "poor_network": N_("only {technology} there"),
    "poor_signal": N_("weak signal: {signal}"),
    "slow": N_("line too slow for {required_mbps} Mbps"),
    "unconnected": N_("{signal} available, not connected"),
}
# Main hindrance; keys are leaves of the index.
HINDRANCES: dict[str, str] = {
    "accounts": N_("accounts idle"),
    "adequate": N_("{adequate_school_km} km to an adequate school"),
    "capital": N_("{capital_km} km to the capital"),
    "devices": N_("{idle_devices} devices idle"),
    "diffraction": N_("{diffraction_loss_db} dB of terrain in the path"),
    "fibre": N_("{fibre_km} km to fibre"),
    "relief": N_("relief {local_relief_m} m"),
    "road": N_("{road_km} km to a road"),
    "site": N_("{site_4g_km} km to a 4G site"),
    "slope": N_("slope {mean_slope_deg}°"),
    "students": N_("{students} pupils"),
    "terrain_class": N_("difficult terrain"),
    "vulnerable": N_("vulnerable school or village"),
    "water": N_("way over water"),
}
NAMES: dict[str, str] = {
    "adequate": N_("adequate"),
    "slow": N_("slow"),
    "unconnected": N_("unconnected"),
    "weak": N_("weak"),
    "uncovered": N_("uncovered"),
    "covered_unverified": N_("unverified"),
    "unknown": N_("unknown"),
    "dataran": N_("plain"),
    "pesisir": N_("coast"),
    "rawa": N_("wetland"),
    "pegunungan": N_("mountains"),
    "pulau_kecil": N_("small island"),
    "public": N_("public"),
    "private": N_("private"),
    "province": N_("province"),
    "kabupaten": N_("kabupaten"),
    "kemenag": N_("Kemenag"),
    "1": N_("1 critical"),
    "2": N_("2 severe"),
    "3": N_("3 moderate"),
    "4": N_("4 slight"),
    "5": N_("5 adequate"),
    "error": N_("errors"),
    "warning": N_("warnings"),
    "note": N_("notes"),
    "stylised": N_("STYLISED DATA: coverage and terrain are invented in part. Not for decisions."),
    "synthetic": N_("SYNTHETIC DATA: every school is invented. Not for decisions."),
    "schools": N_("reading schools"),
    "places": N_("areas"),
    "terrain": N_("terrain"),
    "signals": N_("signals"),
    "previews": N_("pictures for the map"),
    "scores": N_("scores"),
    "write": N_("writing"),
}


def error_lines(error: KalselGapError, text: Text) -> list[str]:
    """One line for each fault: where, what is wrong, what to do."""
    errors = getattr(error, "errors", (error,))
    return [_error_line(each, text) for each in errors]


def _error_line(error: KalselGapError, text: Text) -> str:
    params = {key: _short(plain(value)) for key, value in error.params.items()}
    params.setdefault("column", _short(plain(error.column)))
    if "reason" in params:
        params["reason"] = _in_our_words(params["reason"], text).rstrip(".")
    sentence = text(ERRORS[error.code], **params)
    if params.get("suggestion"):
        sentence = f"{sentence} {text(SUGGESTION, **params)}"
    where = [plain(error.path)] if error.path is not None else []
    if error.row is not None:
        where.append(text(N_("row {row}"), row=error.row))
    if error.column is not None and "{column}" not in ERRORS[error.code]:
        where.append(plain(error.column))
    return f"{', '.join(where)}: {sentence}" if where else sentence


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"


def _in_our_words(reason: str, text: Text) -> str:
    """A library's reason in the reader's language where we know it, else in its own words."""
    reason = _SYSTEM_WORDS.sub("", reason)
    for pattern, sentence in LIBRARY_WORDS.items():
        if match := re.fullmatch(pattern, reason):
            return text(sentence, **match.groupdict())
    return reason


def finding_sentence(finding: Row, text: Text) -> str:
    """What a finding says, from its row of the findings table."""
    import json

    given = (json.loads(str(finding[name])) for name in ("evidence", "parameters"))
    params = {**finding, **{key: value for values in given for key, value in values.items()}}
    return text(
        FINDINGS[str(finding["code"])], **{key: plain(value) for key, value in params.items()}
    )


def reason(row: Row, text: Text) -> str:
    """Why a school stands where it does: the main reason, then the main hindrance."""
    values = _Values(row, text)
    code = str(row["reason"])
    sentence = text(REASONS[code]).format_map(values)
    hindrance = str(row.get("hindrance") or "")
    if hindrance in HINDRANCES and code != "adequate":
        sentence = f"{sentence}; {text(HINDRANCES[hindrance]).format_map(values)}"
    return sentence


def signal(row: Row, text: Text) -> str:
    """The best signal in words: technology and level; empty where nothing is known."""
    technology = row.get("best_technology")
    if not isinstance(technology, str):
        return ""
    level = text.number(_number(row.get("best_level_dbm")))
    return f"{technology.upper()} {level} dBm" if level else technology.upper()


# Columns of the schools table that a reason is told from.
REASON_COLUMNS = frozenset(
    {"reason", "hindrance", "available", "best_technology", "best_level_dbm"}
    | {
        name
        for sentence in (*REASONS.values(), *HINDRANCES.values())
        for _, name, _, _ in Formatter().parse(sentence)
        if name
    }
)


class _Values(dict[str, str]):
    """Numbers of a row as a sentence shows them, made when they are asked for."""

    def __init__(self, row: Row, text: Text) -> None:
        super().__init__()
        self.row, self.text = row, text

    def __missing__(self, key: str) -> str:
        if key == "signal":
            return signal(self.row, self.text)
        if key == "technology":
            return str(self.row.get("best_technology") or "").upper()
        value = _number(self.row.get(key))
        near = value is not None and abs(value) < 10 and key.endswith("_km")
        return self.text.number(value, 1 if near else 0) or "?"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value == value else None  # noqa: PLR0124
