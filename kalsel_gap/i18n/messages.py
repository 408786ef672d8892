"""Sentences of both languages for codes: errors, findings, reasons, names.

The sentences are English; :class:`~kalsel_gap.i18n.text.Text` turns them into the reader's language and
fills in the ``{named}`` parameters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from string import Formatter
from typing import TYPE_CHECKING, Any, TypeAlias

from kalsel_gap.i18n.conflict_words import conflict_params
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from kalsel_gap.errors import KalselGapError

# A row of a table, as pandas gives it.
Row: TypeAlias = "Mapping[Any, Any]"

# Each says what is wrong and what to do.
ERRORS: dict[str, str] = {
    "accept_code_unknown": N_("no repair of kind “{value}” is proposed. Kinds with proposals: {known}."),
    "accept_file_unknown": N_("no repair of kind {kind} is proposed for “{value}”. Files with such proposals: {known}."),
    "already_there": N_("this is there already, and nothing is overwritten. Choose another folder or move it away."),
    "blank_basis": N_('this key has no value, and it decides how much the map counts. Write "measured" (driven or walked), "predicted" (by a model of yours), "modelled" (by the operator) or "declared" (it only states where there is coverage).'),
    "blank_kind": N_('this key has no value, and it decides what the values mean. Write "rsrp_dbm" (RSRP of 4G or 5G in dBm), "level_dbm" (level of 2G or 3G in dBm), "class" (classes, with their adequacy under “classes”) or "binary" (0: not covered).'),
    "blank_nodata_means": N_('this key has no value, and it decides the list. Write "none" if a cell without data means no signal: schools there count as without coverage. Write "unknown" if it means that nobody knows: schools there are not judged by this map. Ask whoever made it.'),
    "blank_sea": N_('this key has no value, and it decides where the coast is. Write "nodata" if cells without data at the edge of the raster are the sea, "zero" if cells of 0 m are the sea too (SRTM), or "none" if the raster shows no sea.'),
    "blank_surface": N_('this key has no value, and it decides what stands in the path of a signal. Write "dsm" if the heights include trees and roofs (SRTM, GLO-30), "dtm" if they are those of the bare ground, or "unknown".'),
    "blank_technology": N_('this key has no value, and it decides what a signal is worth. Write "2g", "3g", "4g", "5g" or "fixed".'),
    "calibration_no_gain": N_("no offset reduces the held-out error, so nothing was written: there are too few measured levels, or the predictions need no offset."),
    "calibration_not_named": N_('the project names no file for the offsets. Write [calibration] and path = "calibration.csv" into the project file.'),
    "assumption_alone": N_("a weight cannot be drawn alone, because it shares one sum with those beside it. Draw these too: {known}."),
    "assumption_unknown": N_("“{value}” is no figure that this list depends on. It depends on: {known}."),
    "area_column_missing": N_('column “{column}” is missing; the layer has: {known}. Name the columns of code and name of this file under [boundaries] in the project file: {level} = {{ path = "…", code = "…", name = "…" }}.'),
    "arguments_surplus": N_("“{value}” is not expected here. Put names with spaces in quotation marks."),
    "cache_of_another": N_("this folder of the cache belongs to another user, whose files would run as programs. Choose another one (KALSEL_GAP_CACHE)."),
    "cache_shared": N_("others may write to this folder of the cache, and its files run as programs. Delete it, or choose another one (KALSEL_GAP_CACHE)."),
    "carrier_blocks": N_("“resource_blocks” has no table for this “spacing_khz”."),
    "column_missing": N_("column “{column}” is missing; the file has: {known}. Rename a column, or name it under [….columns] in the project file."),
    "column_not_measurable": N_("“{value}” is not a column that can be measured; these can: {known}."),
    "column_not_ours": N_("[….columns] names “{column}”, which is not a known column; known columns are: {known}."),
    "column_unknown": N_("there is no column “{value}”. The data dictionary lists all; “summary” and “all” stand for several."),
    "column_twice": N_("several columns match “{column}”: {known}. Name the right one under [….columns] in the project file."),
    "command_split": N_("“{value}” is now “{expected}”."),
    "command_unknown": N_("there is no command “{value}”."),
    "coverage_class_column": N_('“class_column” is required for polygons of kind = "class", and only for them: name the column that holds the class.'),
    "coverage_class_key": N_("a key of “classes” is not a number. Write the raster's class in quotes, such as \"1\" = 0.02."),
    "coverage_classes": N_('“classes” is required for kind = "class", and only for it: give the adequacy (0 to 1) of each class.'),
    "coverage_fixed_is_binary": N_('a fixed network needs kind = "binary", where 0 means that there is none.'),
    "coverage_several_vectors": N_("several files of polygons in one “path”. Write a [[coverage]] for each, or merge them into one GeoPackage; only rasters can be a list."),
    "coverage_touches_no_school": N_("the polygons touch no school. Are the region and the CRS right?"),
    "coverage_vector_kind": N_('polygons need kind = "binary" (covered inside) or kind = "class".'),
    "crs_elsewhere": N_("no school lies where the coordinate reference system “{value}” ({name}) may be used: {area}. For South Kalimantan take EPSG:32750 or EPSG:23880."),
    "crs_fixed": N_("{layer} is always in degrees of WGS 84 ({standard}), so “{value}” cannot be used. Leave the option out, or write a GeoPackage."),
    "crs_not_horizontal": N_("“{value}” ({name}) is no horizontal coordinate reference system of the Earth: it has heights, or local axes. Take one such as EPSG:32750."),
    "crs_unknown": N_('this is not a known coordinate reference system. Write its EPSG code, such as "EPSG:32750" (WGS 84 / UTM zone 50 S).'),
    "map_too_large": N_("a page holds at most {most} schools, and these are {count}: one file is too small a vessel for them. Write a page for each kabupaten, such as --kabupaten “{kabupaten}”."),
    "delivery_personal": N_("the column “{column}” is about people. Delete it: only schools, options, states, dates and costs are read."),
    "plan_altered": N_("this file is missing, or it is not what the record of its plan (plan.json) says, so nothing is drawn from this plan. Restore it from a copy, or make the plan again with “kalsel-gap plan --overwrite”."),
    "plan_ambiguous": N_("several plans begin with “{value}”: {known}. Give more characters of the id."),
    "plan_broken": N_("the plan cannot be read: {reason}. Run “kalsel-gap plan --overwrite”."),
    "plan_ceiling_twice": N_("an envelope has two ceilings for one year. Keep one of them."),
    "plan_contradicts": N_("the plan was recomputed from its tables and is not what it says ({count} times, first: {known}). It was not kept. This is a fault of kalsel-gap: send its makers the project file and this message."),
    "plan_envelope_form": N_("“{value}” is no envelope. There are, the nearest first: {known}; and apbd_ and hibah_ with the code of a kabupaten or kota behind them, such as apbd_63_01."),
    "plan_envelope_unknown": N_("“{value}” is of no kabupaten or kota of these data, so nothing would be paid from this ceiling. Correct the code. There are, the nearest first: {known}."),
    "plan_infeasible": N_("no plan fulfils all that is asked for. These conflict: {limits}. The smallest change that makes a plan possible: {changes}."),
    "plan_missing": N_("there is no plan yet. Run “kalsel-gap plan” first."),
    "plan_must_both": N_("a school is on the list of those that must be served and on another one that leaves it out. Remove it from one of them."),
    "plan_must_without_option": N_("these schools must be served (plan.must_include), and nothing can be planned for them within the ceilings: {lacking}. Remove them from the list, or state prices and ceilings for them."),
    "plan_newer_format": N_("this plan has format {value}, and this version of kalsel-gap reads formats up to {known}. Install the newer version, or make the plan again with “kalsel-gap plan”."),
    "plan_npsn_unknown": N_("these NPSN are of no school of the run: {known}. Correct them, or remove them from the list."),
    "plan_only_trials": N_("there is no full plan here, only trials: {known}. Run “kalsel-gap plan”, or name one of these."),
    "plan_renamed": N_("the name of this folder is no id of a plan, so nothing shows whether its record (plan.json) was altered, and nothing is drawn from it. If you know it as plan {value}, rename the folder to {value}."),
    "plan_undated": N_("no date of the data is stated, so the first budget year is not known. State start_year under [plan] in the project file."),
    "plan_unknown": N_("there is no plan “{value}”; there are: {known}."),
    "plan_unmarked": N_("it is not known which full plan is the last one: {known}. Name one, or run “kalsel-gap plan” again."),
    "plan_years_gap": N_("budget years follow one another without a gap, such as [2027, 2028, 2029]."),
    "plan_key_of_run": N_("“{value}” belongs to the run, and a plan does not rank again. Set it with “kalsel-gap rank --set”, and plan that run with --run."),
    "plan_no_ceilings": N_("no ceiling is stated, so there is nothing to scale. State envelope, year and amount under [[plan.ceilings]] in the project file."),
    "plan_options_apart": N_("this and {other} ask for two different things. Use one of them."),
    "plan_range_wrong": N_("“{value}” is no range of budgets. Write the smallest and the largest total in rupiah, such as 5e9:100e9; behind a second “:” how many points between them are planned, {least} to {most}."),
    "plan_site_wrong": N_("“{value}” is no site. Write latitude and longitude in degrees and the height of the mast in metres, such as -3.05,115.42,42."),
    "qgz_name": N_("QGIS cannot open a file whose name has “|”. Choose another name."),
    "out_without_template": N_("only the table to fill in is written to a file: add --template. For the prices in force redirect --format csv."),
    "ppn_base_too_large": N_("the base of PPN cannot be more than the price. Write a share such as 11/12."),
    "unit_price_negative": N_("“{value}” is less than nothing. Write the price of one unit in rupiah without PPN, or leave the cell empty."),
    "unit_price_twice": N_("“{value}” has a price in row {first} already. Keep one of the two rows."),
    "unit_price_unit": N_("the price of {item} is for one {expected}, and this row has “{value}”. Convert the price, and write {expected} as the unit."),
    "unit_price_wrong": N_("“{value}” is no price in whole rupiah. Write digits only, such as 8050000, or leave the cell empty."),
    "range_not_rising": N_("the first number of a range must not be above the second."),
    "curve_not_rising": N_("the points must increase, in level and in adequacy."),
    "day_wrong": N_("this is not a day. Write year, month and day, such as 2026-07-01."),
    "decision_differs": N_("the decision says {decided}, but {key} is {value}. Change one of them so that both agree."),
    "decision_key_twice": N_("two reasons are stated for the same key. Keep one of them."),
    "decision_key_unknown": N_("“{value}” is not a value or a table of the project file. “kalsel-gap config” lists them."),
    "disk_or_folder": N_("cannot be read or written: {reason}."),
    "disk_too_small": N_("{needed_mb} MB are needed and {free_mb} MB are free. Free some space, ask for fewer layers (--layers), or choose another disk (--out; KALSEL_GAP_CACHE for the cache)."),
    "email_wrong": N_("this is not an e-mail address. Write it as office@example.go.id."),
    "elevation_missing": N_("the project has no elevation model. Name one under [elevation] in the project file."),
    "degrees_in_parts": N_("degrees, minutes and seconds stand in columns of their own ({known}), which are not read together. Add columns lat and lon with decimal degrees, which a spreadsheet computes as degrees + minutes/60 + seconds/3600; south is negative."),
    "file_empty": N_("the file is empty. Was it copied completely?"),
    "file_is_folder": N_("this is a folder, but a file is needed."),
    "file_missing": N_("there is no such file ([{section}])."),
    "file_special": N_("this is a pipe or a device, but a file is needed. Save the data as a file first."),
    "file_too_large": N_("the unpacked file is larger than {limit} MB. Give only the part that is needed."),
    "file_unreadable": N_("the file cannot be read: {reason}."),
    "folder_missing": N_("there is no such folder. Create it, or name another one."),
    "folder_no_raster": N_("the folder contains no raster. Put the tiles (.tif, .hgt, …) into it, or name the files."),
    "filter_unknown": N_("no school of this run has “{value}”; there are: {known}."),
    "from_and_sample": N_("--from and --sample write two different projects. Choose one of them."),
    "goalposts_equal": N_("best and worst must be given and must differ."),
    "goalposts_log": N_("with log10, best and worst must be above 0."),
    "input_changed": N_("this file was changed while it was being read, and no result of it was kept. Run the command again once it is saved."),
    "interrupted": N_("interrupted. No half-written file is left."),
    "key_missing": N_("this key is required."),
    "key_new": N_("a new table needs the key “{key}”."),
    "layer_error": N_("{finding} Nothing was ranked. To try a ranking with this layer all the same, add --despite-errors."),
    "key_unknown": N_("there is no such key; the known keys here are: {known}."),
    "layer_needs_sea": N_("the layer “{value}” needs the sea, and the elevation model shows none. State under [elevation] which cells are sea, or leave out the layer."),
    "layer_needs_shore": N_("the layer “{value}” needs a shore, and the elevation model shows none. Name a [coastline], or state under [elevation] which cells are sea, or leave out the layer."),
    "layer_unknown": N_("there is no layer “{value}”; there are: {known}."),
    "leaf_unknown": N_("“{value}” is no indicator of the barrier or the need; there are: {known}."),
    "levels_missing": N_("the project has no measured levels, so predictions stay uncalibrated. Under [[measurements]], name a table with rsrp_dbm, rscp_dbm or rssi_dbm, with operator, and with lat and lon or npsn."),
    "network_technology": N_('network = "fixed" and technology = "fixed" are only valid together.'),
    "no_site_near": N_("no site of the project lies within {reach_km} km of school {value}. Name more tables under [[sites]], or search farther: radio.candidates.reach_km in the project file, or --radius-km."),
    "node_leaf_or_branch": N_("a node has either a column with best and worst, or an aggregator with p, but not both."),
    "node_parent": N_("the nodes do not form a tree: each parent must be a node without a column, and “barrier” and “need” must exist."),
    "not_written": N_("cannot be written: {reason}. Is the disk full, the folder protected, or the file open in another program? The old content is unchanged."),
    "decision_unread": N_("this decision is neither yes nor no. Write yes (ya) or no (tidak), or leave the cell empty. Nothing was changed."),
    "errors_more": N_("… and {count} more like these."),
    "objection_email": N_("this cell shows an e-mail address. An objection names nobody: delete it and try again. Nothing of the file was stored."),
    "objection_identity": N_("this cell shows an identity number (NIK, NIP, NUPTK). An objection names nobody: delete it and try again. Nothing of the file was stored."),
    "decision_outside_area": N_("this decision accepts a place outside the area of the project. Correct lat and lon, or write no. Nothing was changed."),
    "decision_on_statement": N_("this decision accepts a statement about the signal, and no statement takes the place of a measurement. Measure the signal at the school, for instance with the form that “kalsel-gap verify” makes, and take it in with “kalsel-gap verify --import”; here write no, or leave the cell empty. Nothing was changed."),
    "decision_without_effect": N_("this decision accepts a row that cannot change anything: {needed} is missing or is not usable. Fill it in, or write no. Nothing was changed."),
    "objection_name": N_("this cell shows the name of a person. An objection names nobody, only the kind of signer: delete it and try again. Nothing of the file was stored."),
    "objections_not_used": N_("objections do not count in this project, so both lists would be the same. Set used = true under [objections]."),
    "objection_personal_column": N_("this is a column of personal data. An objection names nobody, only the kind of signer: delete the column and try again. Nothing of the file was stored."),
    "objection_telephone": N_("this cell shows a telephone number. An objection names nobody: delete it and try again. Nothing of the file was stored."),
    "offset_twice": N_("there are two offsets for the same operator, technology, site and land cover. Keep one of them."),
    "offset_without_error": N_("the offset of {value} has no held-out error (a number of decibels above 0), and calibration needs one. Make the file again with “kalsel-gap predict calibrate”."),
    "offset_wrong": N_("the offset “{value}” is not a number of decibels between -60 and 60. Correct it, or make the file again with “kalsel-gap predict calibrate”."),
    "operator_unknown": N_("no site in the project belongs to “{value}”; the operators are: {known}."),
    "option_before_command": N_("this option stands before the name of the command and would not count. Write it behind: {expected} …"),
    "option_missing": N_("{option} must be given."),
    "option_not_assignment": N_("“{option}” sets no value. Write section.key=value, such as index.lambda=0.8."),
    "option_unknown": N_("there is no option {value}."),
    "option_with_value": N_("the option {option} takes no value."),
    "option_without_value": N_("the option {option} needs a value."),
    "output_among_tiles": N_("every raster in this folder is an input of the project, so nothing is written there. Choose another folder."),
    "output_changed": N_("this file was changed since kalsel-gap wrote it. Choose another name, move it away, or add --overwrite to replace it."),
    "output_ending": N_("the file name must end in {expected}."),
    "output_folder_current": N_("this is the folder in which you work, and it would be replaced. Run the command from another folder."),
    "output_folder_holds": N_("this is not a file of the published folder, which is written as a whole. Move it away or name another folder."),
    "output_foreign": N_("this file is there already, and it is not listed as written by kalsel-gap for this project. Choose another name, move it away, or add --overwrite to replace it."),
    "output_is_input": N_("this file is an input of the project, and it is never overwritten. Choose another name or folder."),
    "output_is_plan": N_("this file belongs to a plan, and plans are never overwritten. Choose another name or folder."),
    "output_is_project": N_("this is the project file, and it is never overwritten. Choose another name or folder."),
    "output_is_repairs": N_("this file holds the accepted repairs of the project, and it is never overwritten. Choose another name or folder."),
    "output_is_run": N_("this file belongs to a run, and runs are never overwritten. Choose another name or folder."),
    "output_no_folder": N_("this must name a folder, and it is the name of a file."),
    "output_no_folder_of_runs": N_("runs are written to a folder, and this is the name of a file. Run “kalsel-gap rank” without it, then “kalsel-gap {expected} --out FILE”."),
    "pdf_not_made": N_("the PDF cannot be made: {reason}. Write the report as HTML instead: --out with a name that ends in .html."),
    "path_empty": N_("the path is empty. Name a file."),
    "path_escaped": N_("there is no such file ([{section}]): in double quotation marks \\t, \\n and their like are not part of a path. Write {proposal}."),
    "path_has_nul": N_("the path contains a NUL character. Type it again."),
    "path_not_drawn": N_("the path from site “{value}” cannot be drawn: the elevation model has no height at one of its ends, or the site has no antenna height or frequency. Add what is missing to the table of sites."),
    "piece_broken": N_("this part of a layer in the cache cannot be read: {reason}. It was removed; run the command again."),
    "publication_personal": N_("this would be published, and it shows the name, a number or an address of a person. Change it, rank again and publish then. Nothing was written."),
    "prior_above_one": N_("no_line_full and no_line_rise are probabilities that add up: together at most 1."),
    "project_backslash": N_("in double quotation marks a backslash begins an escape. Write slashes, as in {proposal}, or put the value in single quotation marks."),
    "project_curly_quotes": N_("curly quotation marks are not read. Write straight ones, as in {proposal}."),
    "project_decimal_comma": N_("a decimal comma is not read. Write a point, as in {proposal}."),
    "project_misnamed": N_("this looks like the project file, but its name must be {name} (Windows can hide the last ending). Rename it."),
    "project_no_quotes": N_("a text needs quotation marks. Write {proposal}."),
    "project_quote_open": N_("a quotation mark is not closed. Write {proposal}."),
    "project_twice": N_("this key or section is there twice. Keep one of them; sections that may repeat have double brackets, such as [[coverage]]."),
    "project_utf16": N_("the file is UTF-16, which some editors call Unicode. Save it as UTF-8."),
    "project_missing": N_("there is no such project file. Check the path after --project."),
    "project_nested": N_("lists or sections are nested too deeply in this file."),
    "project_not_found": N_("there is no {name} here or in a folder above. Name a project file with --project FILE."),
    "project_not_toml": N_("this is not valid TOML: {reason}."),
    "project_not_utf8": N_("the file is not UTF-8 text. Save it as UTF-8."),
    "raster_beside": N_("GDAL would also read “{source}”, which is not known as a part of this raster. Copy the raster alone into a folder of its own."),
    "raster_block_too_large": N_("one block of the raster has {size} MB once unpacked. Save it with tiles and only the band that is needed (gdal_translate -co TILED=YES)."),
    "raster_format": N_("this raster format is not read. Convert it to GeoTIFF (gdal_translate)."),
    "raster_is_text": N_("this is a web page or a text in place of a raster: the download has failed. Download the file again."),
    "raster_indirect": N_("the file only points to other data and is not a plain mosaic of files (VRT by gdalbuildvrt). Give the raster itself (gdal_translate can make it)."),
    "raster_no_crs": N_("the raster has no coordinate reference system. Was it copied completely? If so, assign the right one (gdal_edit.py -a_srs EPSG:…)."),
    "raster_not_degrees": N_("latitude {lat}, longitude {lon} is no place for this raster. Are its coordinates metres, or are its axes swapped? Assign the right coordinate reference system and save it again."),
    "raster_off_grid": N_("its cells are not aligned with those of {other}. Warp all tiles to one grid (gdalwarp -tr -tap), or give one file."),
    "raster_packed": N_("this is an archive ({value}). Unpack it and name the raster that is in it."),
    "raster_picture": N_("this is a picture ({value}): its cells are colours, not values. Ask for the raster of values itself as GeoTIFF: heights in metres for [elevation], levels in dBm or listed classes for [[coverage]]."),
    "raster_same_place": N_('{value} lies where another file of the folder does: of two maps of one place only one can count. Name the file that is meant (path = "…"), and give every other map a section of its own.'),
    "raster_rotated": N_("the raster's grid is rotated. Warp it to a north-up grid (gdalwarp)."),
    "raster_source": N_("it refers to “{source}”, which is not a file on this machine. Copy the tiles beside it and build it again (gdalbuildvrt)."),
    "raster_touches_no_school": N_("the raster touches no school. Are the region and the CRS right?"),
    "raster_unit_no_length": N_("the elevation band has the unit “{value}”, which is not a known unit of length. Write the right one into the file (gdal_edit.py -units m, or ft)."),
    "raster_unreadable": N_("the raster cannot be read: {reason}. Was it copied completely?"),
    "repair_edited": N_("the repair of {row_id} (NPSN {npsn}) is not the one that was proposed: a repair can be accepted or refused, but not edited. Correct the register, or delete the row."),
    "repair_not_proposed": N_("no repair is proposed any more for {row_id} (NPSN {npsn}). Run check again and review the new proposals."),
    "repair_row_changed": N_("{row_id} (NPSN {npsn}) has changed since the repair was proposed. Run check again and review the new proposals."),
    "repair_twice": N_("{row_id} (NPSN {npsn}) is accepted twice. Keep one of the rows."),
    "resolution_too_coarse": N_("a cell of {value} × {value} cells of the elevation model is wider than the range of any site. Choose a smaller --resolution."),
    "run_ambiguous": N_("several runs begin with “{value}”: {known}. Give more characters of the id."),
    "reason_of_nothing": N_("a reason is stated, but nothing is overridden in this run. Reasons for values in the project file stand there, under [[decision.overrides]]."),
    "role_of_person": N_("this has the number or the address of a person. State the role only, such as “kepala bidang”."),
    "run_altered": N_("this file is missing, or it is not what the record of its run (run.json) says, so nothing is drawn from this run. Restore it from a copy, or make the run again with “kalsel-gap rank --overwrite”."),
    "run_broken": N_("the run cannot be read: {reason}. Run “kalsel-gap rank --overwrite”."),
    "plan_no_filter": N_("the list “{value}” is a whole whose lines sum up to the ceilings, so --top and filters of schools cannot be used with it. The workbook (export xlsx --columns budget) has a sheet for each office."),
    "plan_other_run": N_("this plan is of run {expected}, not of run {run}. Leave --run out, name that run with --run, or make a plan of this run with “kalsel-gap plan --run {run}”."),
    "plan_too_long": N_("the plan has {count} lines, and a sheet of Excel holds {most} below its header. Write it as CSV with “kalsel-gap export csv --columns budget”."),
    "plan_unequal": N_("the lines of {year} and {envelope} sum up to {value} in {column}, and the plan states {expected}: its files contradict each other. Make it again with “kalsel-gap plan”."),
    "results_no_answer": N_("no column is an answer of the field pack; the file has: {known}. Export with the names of the questions, not with their labels."),
    "results_no_school": N_("no column is “npsn”, so nobody knows which schools were visited; the file has: {known}. Export with the names of the questions, not with their labels."),
    "results_of_several_runs": N_("the answers come from field packs of several runs: {known}. Name one of them with --run, or import them file by file."),
    "run_missing": N_("there is no run yet. Run “kalsel-gap rank” first."),
    "run_newer_format": N_("this run has format {value}, and this version of kalsel-gap reads formats up to {known}. Install the newer version, or make the run again with “kalsel-gap rank”."),
    "run_only_trials": N_("there is no full run here, only trials: {known}. Run “kalsel-gap rank”, or name one of these with --run."),
    "run_renamed": N_("the name of this folder is no id of a run, so nothing shows whether its record (run.json) was altered, and nothing is drawn from it. If you know it as run {value}, rename the folder to {value}."),
    "run_other_version": N_("this run was made by kalsel-gap {version}, whose columns or figures differ from those of this version ({names}), so it cannot be compared. Make it again from its inputs with “kalsel-gap rank”."),
    "run_unknown": N_("there is no run “{value}”; there are: {known}. “kalsel-gap runs” describes them."),
    "run_unmarked": N_("it is not known which full run is the last one: {known}. Name one with --run, or run “kalsel-gap rank” again."),
    "runs_other_goalposts": N_("run {value} measures indicators against other goalposts than this older run: {keys}. Their scores cannot be compared. With --recompute the older run is scored again by the goalposts of the newer one."),
    "runs_unrelated": N_("no school of this run is in run {value}: they are runs of different projects. Name two runs of one project; “kalsel-gap runs” lists them."),
    "sample_missing": N_("the sample is not part of this installation. Install the package again."),
    "decree_empty": N_("the decree is empty. State its number, such as “188.44/0123/KUM/2026”."),
    "decree_long": N_("this is longer than {limit} characters. State the number of the decree only."),
    "decree_date_wrong": N_("“{value}” is not a date of the years 2000 to 2100. Write the date of the decree like 2026-07-31."),
    "decree_to_come": N_("the decree is of {value}, a day to come. A list can be marked once it is approved: check the date."),
    "decree_before_data": N_("the decree is of {value}, but the run has data of {date}. A list cannot be approved before its data: check the date, or name another run."),
    "decree_personal": N_("this shows a name, a telephone number, an e-mail address or an identity number. State the number of the decree only."),
    "official_already": N_("run {run} is the official one already, by decree {decree} of {date}. With --overwrite another run or decree takes its place."),
    "official_altered": N_("this file of the official run {run} (decree {decree} of {date}) is missing, or it is not what the record of the run says. Nothing is drawn from it, and from no other run in its place. Restore it from a copy, or name another run with --run; “kalsel-gap runs unpin” withdraws the mark."),
    "official_broken": N_("this file is to name the official run, and it cannot be read or was changed by hand. Mark the run again with “kalsel-gap runs pin … --overwrite”, or delete the file if no run is official."),
    "official_missing": N_("the official run {run} (decree {decree} of {date}) is not in this folder. Nothing is drawn from another run in its place. Restore its folder from a copy, or name another run with --run; “kalsel-gap runs unpin” withdraws the mark."),
    "pin_of_trial": N_("this run is a trial, and only a full run can be official. Put its values into the project file, run “kalsel-gap rank”, and mark the run that it writes."),
    "school_ambiguous": N_("“{value}” fits {count} schools. Name one of them by its NPSN; a name of several words stands in quotation marks."),
    "school_not_in_run": N_("no school of the run has the NPSN or the name “{value}”."),
    "school_not_placed": N_("school {value} has no usable location, so nothing can be predicted there. Correct its coordinates in the register, or accept a repair (kalsel-gap check)."),
    "schools_too_many": N_("at most two schools are explained at once. A name of several words stands in quotation marks."),
    "school_unknown": N_("no school of the registers has the NPSN “{value}”."),
    "scores_not_reproduced": N_("the scores of this run cannot be made again from its tables: another version of the method made it. Make it again with “kalsel-gap rank”."),
    "several": N_("{count} errors"),
    "sheet_missing": N_("there is no sheet “{column}”; the workbook has: {known}."),
    "sheets_none_fit": N_('no sheet, layer or document in it has the columns that are needed. Missing from each: {known}. Choose the right one in the project file, as in sheet = "{value}", and name its columns under [….columns].'),
    "sites_missing": N_("the project names no radio sites. Name a table of sites under [[sites]] in the project file."),
    "sites_unusable": N_("nothing can be predicted from any of the {count} sites. Each needs a location on the elevation model, antenna_height_m, frequency_mhz and eirp_dbm: give them in the table, or state the last three under [[sites]]."),
    "table_adds_nothing": N_("no column of this attribute table is recognised; the file has: {known}. Recognised columns are: {expected}."),
    "table_broken": N_("the table is broken here: {reason}. Is a closing quotation mark missing?"),
    "table_is_document": N_("this is a document of a word processor or a presentation. Copy its table into a spreadsheet and save it as XLSX."),
    "table_is_packed": N_("this is a packed archive of a kind that is not read. Unpack it first, or pack it as ZIP."),
    "table_is_pdf": N_("this is a PDF, from which no table is read. Ask for the file that it was made from (XLSX or CSV)."),
    "table_is_picture": N_("this is a picture or a raster, from which no table is read. Ask for the table that it was made from (XLSX or CSV)."),
    "table_is_web_page": N_("this is a web page under another name, and it holds no table that can be read. Open it in a spreadsheet and save it as XLSX."),
    "table_no_header": N_("the table has no header: its first row is data ({known}). Write a row with the names of the columns above it."),
    "table_no_rows": N_("the table has no rows below its header."),
    "table_not_json": N_("the JSON cannot be read: {reason}."),
    "table_not_kml": N_("the KML cannot be read: {reason}."),
    "table_not_parquet": N_("the Parquet file cannot be read: {reason}."),
    "table_not_records": N_("the file has no list of objects that could be rows. Save it as a list."),
    "table_not_text": N_("this is not a text table. Save it as CSV (UTF-8) or XLSX."),
    "table_not_xlsx": N_("the workbook cannot be read: {reason}. Save it as XLSX again."),
    "table_one_column": N_("the table has only one column, “{known}”. Separate its columns with comma, semicolon, tab or vertical bar."),
    "table_packed_inside": N_("“{value}” cannot be read inside an archive. Unpack it first."),
    "table_too_wide": N_("{rows} rows and {columns} columns are too many for a table. Delete the content outside the table."),
    "technology_without_sites": N_("the project has no {value} site."),
    "tiers_not_falling": N_("the bounds of the tiers must decrease."),
    "tiles_touch_no_school": N_("no speed test tile lies near a school. Is the region right?"),
    "usage": N_("the command line is not understood: {reason}"),
    "value_not_a_choice": N_("“{value}” is not possible here; possible values are: {expected}."),
    "verify_without_draws": N_("this run has no draws, or an older version made it, so it does not know what a visit is worth. Run “kalsel-gap rank” without --draws 0."),
    "value_unfit": N_("this value is not valid: {reason}."),
    "value_wrong": N_("“{value}” is not valid: {reason}."),
    "vector_column_twice": N_("several columns of the layer have the name “{column}”. Rename all but one."),
    "vector_crs_unfit": N_("the coordinate reference system of the layer, “{value}”, gives no place on the Earth. Assign the right one and save it again."),
    "vector_format": N_("{value} is not a format of layers that is read. Save the layer as GeoPackage (ogr2ogr, or Export in QGIS)."),
    "vector_is_picture": N_("the file holds only a picture that is laid over the map (GroundOverlay), and no polygons: its frame is not the area that is covered. Ask for the raster of values as GeoTIFF, or for the polygons."),
    "vector_in_use": N_("another program has it open: a part of it is in “{source}”. Close it there and try again."),
    "vector_no_crs": N_("the layer has no coordinate reference system. Assign the right one and save it again."),
    "table_no_shapes": N_("no column of this table holds shapes ({known}), so it shows no area that is covered. Ask for a raster (GeoTIFF) or polygons (GeoPackage, or a column of WKT); levels measured at points belong under [[measurements]]."),
    "shapes_several_crs": N_("the shapes of this table have several coordinate reference systems (SRID {value}). Save them with one."),
    "vector_no_geometry": N_("the file has no geometry."),
    "vector_no_lines": N_("the layer has no lines."),
    "vector_no_polygons": N_("the layer has no polygons."),
    "vector_not_degrees": N_("latitude {lat}, longitude {lon} is no place for this layer. Are its coordinates metres, or are its axes swapped? Assign the right coordinate reference system and save it again."),
    "vector_unreadable": N_("the layer cannot be read: {reason}."),
    "vector_view": N_("its view “{value}” takes too long, or uses functions that are not available. Save the layer that you need as a new GeoPackage."),
    "web_address_wrong": N_("this is not a web address. Write it in full, beginning with https://."),
    "weights_all_zero": N_("one of the weights must be above 0."),
    "weights_of_branch": N_("all weights below “{node}” are 0, so it has no value. To leave it out, set its own weight to 0."),
    "what_if_of_one": N_("--set and --without ask what would be different for one school: name one school only."),
    "workbook_locked": N_("the workbook is protected by a password. Open it with the password and save it without one."),
    "workbook_too_long": N_("a sheet of Excel holds {most} schools, and these are {count}. Write a workbook for each kabupaten, such as --kabupaten “{kabupaten}”."),
    "zip_unreadable": N_("the archive cannot be read: {reason}. Was it copied completely?"),
    "zip_without_layer": N_("there is no layer and no table in this archive. Unpack it, and give the file that is needed."),
}  # fmt: skip
_LONGEST = 600  # most characters of an input's text in a sentence
_DIFFERS = "…"
_FEW = 3  # values that a sentence names where they differ
SUGGESTION = N_("Did you mean “{suggestion}”?")
# What a library puts before the message of the system.
_SYSTEM_WORDS = re.compile(r".*Detail: \[errno \d+\] ", re.DOTALL)
# Frequent messages of libraries and the system, as sentences that can be translated.
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
    r".*\(at end of document\)": N_("it ends too early"),
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
    "accounts_exceed_people": N_("{value} accounts for {students} students and {teachers} teachers. Delete the accounts of people who have left, or correct the number."),
    "accounts_inconsistent": N_("More active accounts ({value}) than accounts: their share is unknown."),
    "area_code_inconsistent": N_("In most rows code {value} in {column} is that of {mostly}, but this row has {said}. Correct the code or the name."),
    "area_code_orphan": N_("No area of the level above has the code at the start of “{value}”. Correct the code, or add the area."),
    "area_code_repeated": N_("Code {value} is used by {count} areas. Give each area its own code, or merge the parts of one area."),
    "area_codes_completed": N_("These codes are stored as numbers and have lost a zero; they are read as {codes}. Store the column of codes as text."),
    "area_codes_differ": N_("The codes of this layer are those of {kind}, the codes of the level above those of {above}: no area belongs to another by its code; places decide instead. Use layers of one publisher."),
    "area_codes_unmatched": N_("{count} rows give no known name of a {level}, and only {matched} of their codes are codes of the boundaries: the register has codes like {example} ({kind}), the boundaries have codes like {areas_example} ({areas_kind}). Add the names to the register, or use boundaries with the same codes."),
    "area_columns_taken": N_('Codes of {level} are read from {code}, names from {name}, as in layers of {publisher}. If that is wrong, name them under [boundaries]: {level} = {{ path = "…", code = "…", name = "…" }}.'),
    "area_gap": N_("{area_km2} km² around {lat}, {lon} belong to no area of this level: a lake, a river mouth, a boundary that the two levels draw differently, or a missing area. Schools there are placed in no area."),
    "area_geometry_invalid": N_("The polygon of {area} is invalid; a repaired copy is used."),
    "area_name_repeated": N_("“{value}” is the name of several areas of one parent area ({codes}). Rows that give only the name are ambiguous."),
    "area_newer": N_("The point lies in {by_location}, a neighbour of {value} that the register never names: it was probably created later. Update the register."),
    "area_outside_parent": N_("{percent} per cent of {value} lies outside {parent}, its parent area by code. Correct the code or the polygon."),
    "area_unnamed": N_("The area “{value}” has no {column}. Add it, so that schools can be matched with it."),
    "area_without_shape": N_("The area {value} has no polygon: no school can lie in it. Add the polygon or delete the row."),
    "areas_counted": N_("{count} areas."),
    "areas_do_not_meet": N_("The boundaries of {count} of {total} areas do not match those of their neighbours exactly, as happens after simplification: a school beside a boundary can be placed in the neighbour, or in no area. For exact boundaries, use the layer before simplification."),
    "areas_overlap": N_("{value} and {other} overlap by {area_km2} km²: a school there lies in both and is counted in the area with the first code. Correct the polygons."),
    "attribute_duplicate": N_("Another row of the same NPSN (row {used_row}) is more complete and is used."),
    "attribute_name_differs": N_("The row has the name “{value}”, but the school with NPSN {npsn} is “{name}” in the register. If the school was renamed, correct the older file; otherwise correct the NPSN."),
    "attribute_npsn_repairable": N_("No school in the register has NPSN {value}, but one has {proposal}. If it is the same school, correct the NPSN in this table."),
    "attribute_other_year": N_("{count} rows are not from the year that is used ({year})."),
    "attribute_without_school": N_("No school in the register has NPSN {npsn}; the row is not used."),
    "carrier_not_assigned": N_("The row names several technologies, and “{value}” in {column} does not say which of them has which carrier: those that could have it count as unknown. Write one row for each technology, with its own carrier."),
    "cells_filled_down": N_("{count} cells of {value} were filled from the merged cells above them."),
    "cluster_dense": N_("{count} other schools lie within {radius_m} m. Check whether these coordinates were guessed."),
    "cluster_not_counted": N_("{count} schools lie so close together that only {counted} of each heap were counted: the numbers of others within {radius_m} m are lower bounds there. Check whether these coordinates were guessed."),
    "column_has_gaps": N_("“{column}” is empty in {empty} of {count} rows. Fill it, or add a table that contains it under [[attributes]]."),
    "column_not_understood": N_("The column “{column}” is not recognised and not used. Did you mean “{suggestion}”? Rename it, or name it under [….columns] in the project file."),
    "columns_understood": N_("Recognised: {understood}. Not used ({count}): {others}."),
    "coordinates_at_centroid": N_("These are the coordinates of {place} itself, its centre or an office. Give those of the school."),
    "coordinates_copied": N_("{count} unrelated schools have these coordinates (also {others}). Find out which school they belong to, and correct the others."),
    "coordinates_projected": N_('The coordinates are read as metres of {value}: only so do all rows lie in the area of the project. If that is right, write crs = "{value}" into this section; if not, the CRS that they have.'),
    "coordinates_shared": N_("{count} schools have these coordinates (also {others}). If they are not on the same grounds, correct them."),
    "coverage_class_unlisted": N_("Classes {classes} of the polygons are not in the table of classes; the signal there is unknown."),
    "coverage_geometry_invalid": N_("{count} polygons are invalid; repaired copies are used."),
    "coverage_geometry_unreadable": N_("The shape in this row cannot be read, and the row is left out. Write it as WKT, such as POLYGON ((114.7 -3.4, …))."),
    "coverage_off_every_school": N_("The polygons touch no school. Are the region and the CRS right?"),
    "date_impossible": N_("“{value}” in {column} is not a possible date. Correct it."),
    "date_in_future": N_("“{value}” in {column} is later than the date of the data ({until}). Correct it, or correct “date” in the project file."),
    "date_not_read": N_("“{value}” cannot be read as a date; the row is not used. Write dates like 2026-11-21."),
    "date_of_data_stale": N_("{count} rows are later than the date of the file in the project ({value}). Set that date to {proposal}."),
    "date_unreadable": N_("“{value}” in {column} cannot be read as a date. Write dates like 2026-11-21."),
    "decimals_few": N_("Coordinates {value} are accurate to {precision_m} m only. Give them with 5 decimals."),
    "delivery_option_unknown": N_("“{value}” is no option that is planned with, so this row is not used. Known are: {known}."),
    "delivery_state_unknown": N_("“{value}” is no state of a delivery, so this row is not used. Known are: {known}."),
    "delivery_without_school": N_("No school has this NPSN, so a plan does not use this row. Check the NPSN."),
    "desa_differs": N_("The register has {value}, but the point lies {distance_km} km from there (in: {by_location}). Check the coordinates and the name."),
    "desa_unknown": N_("“{value}” is not a desa of {within} in the boundaries. Nearest name: {suggestion}. Correct the name."),
    "devices_exceed_people": N_("{value} devices for {students} students and {teachers} teachers. Check the figures."),
    "elevation_in_feet": N_("The highest cell is {value}, but no mountain here is above {highest_m} m. If the heights are in feet, it is {proposal} m. Convert the heights to metres (gdal_calc.py)."),
    "elevation_sea_is_zero": N_("{percent} per cent of the cells are 0, up to the edge: they are the sea. But the project says sea = “{value}”, so only cells without data count as sea. Make the zero cells nodata (gdal_translate -a_nodata 0) and write sea = “nodata”; otherwise coasts and crossings over water are wrong or unknown."),
    "elevation_sea_not_declared": N_("{percent} per cent of the cells have no data, up to the edge, but the project says sea = “{value}”. If these cells are the sea, write sea = “{proposal}” under [elevation]."),
    "elevation_seam": N_("Heights change by {jump_m} m across {line}, where two tiles meet, but only by {beside_m} m across the lines beside it: there is a step between the tiles, or both lack a row. Slope and relief there are wrong; use tiles from one source with all their rows."),
    "elevation_seam_void": N_("{count} cells along {line} have no data, in a narrow line where tiles meet. They count as unknown, not as sea; paths cross a line of one cell at the mean of the heights beside it, those over a wider one are unknown. Fill them (gdal_fillnodata.py), or get tiles with all their rows and columns."),
    "elevation_tile_missing": N_("No tile covers the place around {place}, but the land beside it is known: a tile is missing. It counts as unknown, not as sea. Add the tile (its southwest corner: {corner})."),
    "elevation_too_high": N_("{count} cells are higher than any mountain here ({highest_m} m), up to {value}. Are the heights in metres, and is the nodata value declared?"),
    "elevation_too_low": N_("{count} cells are lower than {lowest_m} m, down to {value}: errors of the model, or open pits. If they are errors, repair them or set them to nodata."),
    "elevation_void": N_("{count} places on land have no height, {area_km2} km² in all; the largest ({largest_km2} km²) is at {place}. Lakes need no correction; fill other voids (gdal_fillnodata.py)."),
    "feature_without_shape": N_("This feature has no shape that can be used here: it is empty, or of a kind that cannot be read or is not needed. It is passed over. Draw it again, or delete the row."),
    "file_unusable": N_("The file cannot be used: {fault}"),
    "header_newest_year": N_("{value} is given for several years: {year} is read, not {others}. Name another column under [….columns] if that is wrong."),
    "header_of_several_rows": N_("The header has several rows, down to row {last_row}; a column is named by all of them, as in “{value}”."),
    "header_supplied": N_("The file has no header; its columns are read as those of OpenCelliD: {value}."),
    "internet_not_understood": N_("“{value}” is not recognised as an answer about the internet ({count} rows): their service counts as unknown. Write “Tidak Ada”, the name of the provider, or leave the cell empty."),
    "internet_contradicted": N_("The register says “{value}”, but a speed test, a subscription or active accounts say otherwise: until somebody asks the school, its service is inferred. Correct the register or the other table."),
    "kabupaten_by_location": N_("The kabupaten is not given; {value} is that of the location."),
    "kabupaten_differs": N_("The register has {value}, but the point lies in {by_location}, {distance_km} km away. Check the coordinates."),
    "kabupaten_unknown": N_("“{value}” is not a kabupaten in the boundaries. Nearest name: {suggestion}."),
    "kecamatan_differs": N_("The register has {value}, but the point lies {distance_km} km from there (in: {by_location}). Check the coordinates and the name."),
    "kecamatan_unknown": N_("“{value}” is not a kecamatan of {within} in the boundaries. Nearest name: {suggestion}. Correct the name."),
    "land_cover_class_unlisted": N_("Classes {classes} of the land cover have no height under [radio.clutter]: nothing is predicted where one of them lies on the path. Add them there, or correct the raster."),
    "land_cover_missing": N_("The land cover {raster} has no known class at this school or on any path to it: no level is predicted. Add the missing tiles, or the missing class under [radio.clutter]."),
    "layer_not_read": N_('The layer “{value}” was not read. To read others, write {key} = "{value}", a list of names, or "*" for all.'),
    "level_and_no_signal": N_("“{value}” in {column} says that there is no signal, and a level stands beside it: neither is used. Delete one of them."),
    "level_differs_from_name": N_("The level is {value}, but the name suggests another: “{name}”. Correct one of them: the level determines who pays."),
    "level_not_placed": N_("The measured level has no location: neither usable coordinates nor an NPSN. Add one of them."),
    "level_of_several_operators": N_("“{value}” names several operators, and a measured level is that of one: the row is not used. Write one row for each operator with its own level."),
    "level_unknown": N_("“{value}” is not recognised as a kind of school; the level is unknown."),
    "location_at_sea": N_("The point lies in the sea, {distance_km} km from land. Correct the coordinates; if there is an islet, use boundaries that include it."),
    "location_decimal_comma": N_("Coordinates {value} have a decimal comma in a table that uses decimal points; {proposal} is proposed. Accept or refuse it with check --accept-repairs."),
    "location_dms": N_("Coordinates {value} are degrees, minutes and seconds; {proposal} is proposed. Accept or refuse it with check --accept-repairs."),
    "location_half_zero": N_("One of the coordinates {value} is zero: the school is listed unranked. Write both into the register."),
    "location_is_area": N_("Coordinates {value} are not used: by an accepted repair, the area {area} takes the place of the point, with its larger uncertainty."),
    "location_link": N_("“{value}” is a link that holds no coordinates, and a shortened link cannot be followed offline: the school is listed unranked. Open it in a browser, and write the coordinates that it shows into the register."),
    "location_missing": N_("No coordinates: the school is listed unranked. Add them to the register."),
    "location_not_numeric": N_("Coordinates {value} are not decimal degrees: the school is listed unranked."),
    "location_out_of_range": N_("Coordinates {value} are not on Earth: the school is listed unranked."),
    "location_outside_area": N_("Coordinates {value} lie outside the province: the school is listed unranked."),
    "location_outside_province": N_("The point lies {distance_km} km outside the boundaries. Correct the coordinates."),
    "location_plus_code": N_("“{value}” is a plus code, which is not read: the school is listed unranked. Look it up on a map, and write its coordinates into the register."),
    "location_projected": N_("Coordinates {value} are metres of a map projection, not degrees; {proposal} is proposed. Accept or refuse it with check --accept-repairs."),
    "location_repaired": N_("Coordinates {value} are read as {used}: an accepted repair."),
    "location_scaled": N_("Coordinates {value} have lost their decimal point; {proposal} is proposed. Accept or refuse it with check --accept-repairs."),
    "location_sign_missing": N_("A minus sign of the coordinates {value} is missing or out of place; {proposal} is proposed. Accept or refuse it with check --accept-repairs."),
    "location_spelled": N_("Coordinates {value} are not written as plain decimal degrees in two cells; {proposal} is proposed. Accept or refuse it with check --accept-repairs."),
    "location_suspect": N_("Coordinates {value} lie {before_km} km from {claimed}, the area that the row names; {proposal} lies inside it. Accept or refuse it with check --accept-repairs."),
    "location_swapped": N_("Latitude and longitude in {value} are swapped; {proposal} is proposed. Accept or refuse it with check --accept-repairs."),
    "location_zero": N_("Coordinates {value} have a zero: the school is listed unranked."),
    "loss_unit_unknown": N_("Packet loss in “{column}” may be percent or a share: it is not used. Write % in the header, or name the column loss_percent or loss_share under columns."),
    "measurement_after_file": N_("The test is dated {value}, after the data ({declared}). Correct the day, or the date of the file in the project."),
    "measurement_identical": N_("{count} tests of this school are identical to the last digit ({value}). Were they copied? Keep only those that were measured."),
    "measurement_impossible": N_("{value} in {column} is impossible. Correct or delete the test."),
    "measurement_too_early": N_("The test is dated {value}, before {earliest}. Correct the day."),
    "measurement_unit_kbps": N_("Half of the downloads are above {value} Mbps: they are probably kbps (then {proposal} Mbps). Name the columns down_kbps and up_kbps."),
    "measurement_unit_mbps": N_("Half of the downloads are below {value} kbps: they are probably Mbps (then {proposal} kbps). Name the columns down_mbps and up_mbps."),
    "measurement_upload_exceeds": N_("The upload is {value} and the download {down}: more than {times} times as much. Are the columns swapped, or was the test interrupted?"),
    "measurement_without_school": N_("No school in the register has NPSN {npsn}; the test is not used."),
    "ministry_differs_from_level": N_("“{value}” does not run schools of level {level}. Correct the level or the ministry: they determine who pays."),
    "name_has_control": N_("The name contains invisible characters that can hide or reverse text. Delete them; without them it is {proposal}."),
    "name_has_formula": N_("The name “{value}” begins like a formula, which a spreadsheet would execute. Correct it in the register."),
    "name_has_html": N_("The name “{value}” contains HTML. Write it as plain text."),
    "name_missing": N_("No name. Add it to the register."),
    "name_without_letters": N_("“{value}” is not the name of a school: it has no letters. Does it belong to another column?"),
    "near_duplicates_not_compared": N_("{count} schools have more than {compared} others of their kind within {radius_m} m. Only the nearest were compared by name."),
    "npsn_digits_lost": N_("A spreadsheet has rounded the NPSN to {value}; its digits are lost. Take them from the source and format the column as text."),
    "npsn_duplicate": N_("NPSN {value} is in several rows; {ranked_row} is the most complete and is ranked."),
    "npsn_formatted": N_("NPSN “{value}” contains characters from a number format or a typing error. If it is {proposal}, write it so, as text."),
    "npsn_irregular": N_("NPSN “{value}” is neither eight digits nor P and seven digits, so it may be provisional: other tables may have this school under another NPSN. Look it up in the ministry's reference data."),
    "npsn_malformed": N_("NPSN “{value}” does not have eight characters. Look it up in the ministry's reference data."),
    "npsn_missing": N_("No NPSN: nothing can be joined to this school. Look it up in the ministry's reference data."),
    "npsn_zero_lost": N_("NPSN “{value}” has seven digits: a spreadsheet drops a leading zero. If it is {proposal}, write it so and format the column as text."),
    "number_implausible": N_("{value} in {column} is more than plausible for one school (at most {highest}). Check the number and its unit."),
    "objection_open": N_("An objection to “{value}” of this school must be confirmed (row {line} of {objections}): write yes or no in its column “decision”. Until then it changes no number."),
    "objection_planned": N_("An accepted objection shows that a connection of this school is planned already; its rank is unchanged."),
    "objection_tests_fewer": N_("The accepted objection brings {tests} tests of {quarter}. They do not take the place of the {known} tests of {earlier}, which are more and are known."),
    "objection_unmeasured": N_("An objection only states which signal this school has (row {line} of {objections}). Measure it there, for instance with the form of “kalsel-gap verify”, or write no in its column “decision”. Until then it changes no number."),
    "objection_used": N_("An accepted objection has taken the place of “{value}” in {column}; {used} is used."),
    "objection_without_school": N_("No school in the register has NPSN {value}; the objection is not used."),
    "objections_missing": N_("There is no such file: no objection counts. Correct objections.path, or run objections import."),
    "off_elevation": N_("The school lies outside the elevation model {raster}: its relief is unknown."),
    "off_every_coverage": N_("No map of coverage has data at the location of this school."),
    "offset_unused": N_("The offset of “{value}” matches nothing that is predicted and is not applied. Spell operator, technology, site and class as in the table of sites and the land cover, or delete the row."),
    "ownership_differs_from_name": N_("The status is {value}, but the name suggests another: “{name}”. Correct one of them: the status determines who pays."),
    "ownership_unknown": N_("“{value}” is recognised neither as public nor as private."),
    "part_hidden": N_("The sheet “{value}” is hidden and was not read. What is read is sheet = {read}; name the others there, too, if they are needed."),
    "part_older": N_("“{value}” was not read: the same list is there for {year}. What is read is sheet = {read}; name others there if they are needed."),
    "part_repeats": N_("All {count} rows of “{value}” stand in other sheets, so they were not read a second time; columns that only it has: {columns}. What is read is sheet = {read}."),
    "part_unreadable": N_("“{value}” was not read: {fault} What is read is sheet = {read}."),
    "part_without_columns": N_("“{value}” was not read, since it has no {missing}. What is read is sheet = {read}; name another one there, or name its columns under [….columns]."),
    "prediction_disagrees": N_("{raster} has {claimed_dbm} dBm for {operator}'s {technology} here, but {predicted_dbm} dBm is predicted from site {site}: more than {limit_db} dB apart. Measure at the school; until then trust neither, and check the site and the raster."),
    "prediction_over_void": N_("The elevation model has no data on any path from a site to this school: no level is predicted. Fill the voids, or add the missing tiles."),
    "quantity_not_read": N_("“{value}” in {column} cannot be read as one number of {unit}: it counts as unknown, and no stated value takes its place. Write a plain number, such as 42.5 and not 1.070."),
    "price_item_unknown": N_("“{value}” is not the code of an item that is planned with; the row is not used. “kalsel-gap costs” lists the codes."),
    "raster_class_unlisted": N_("Classes {classes} of the raster are not in the table of classes; the signal there is unknown."),
    "raster_coarse": N_("A cell is {cell_m} m wide, but the locations of schools are known to {radius_m} m: the level at a school is that of its surroundings. Ask for the raster at its original resolution."),
    "raster_crs_doubtful": N_("With CRS {value} the bounds of the raster ({bounds}) lie away from the schools; with {proposal} they contain them. It seems that a CRS was assigned without reprojecting the raster: assign {proposal} (gdal_edit.py -a_srs {proposal})."),
    "raster_files_passed_over": N_("{count} files in the folder are not used: {files}. They are companions of the tiles (masks, counts, quick looks), pictures, second files of the same place, or of a format that is not searched for."),
    "raster_misses_schools": N_("{count} schools ({percent}%) lie outside the raster: nothing is known there. Get the missing part."),
    "raster_nodata_undeclared": N_("{percent} per cent of the cells have the value {value}, which is no level and no height: it means no data, but the file does not declare it. These cells count as unknown. Declare it (gdal_edit.py -a_nodata {value})."),
    "raster_nodata_unstated": N_("The file declares no value for cells without data: every cell counts as known. If that is wrong, declare the value (gdal_edit.py -a_nodata …)."),
    "raster_off_every_school": N_("The bounds of the raster ({bounds}) contain no school. Are the region and the CRS right?"),
    "raster_offset": N_("The strongest cells lie {offset_m} m from their sites, in direction {bearing_deg}°: the raster or the table of sites is shifted, perhaps by a datum or by half a cell. Ask which one, and shift it back."),
    "raster_unit_asu": N_("The values ({value}) are not levels in dBm; they look like steps of a phone (ASU 0–31, dBm = 2 × ASU − 113), which would be {proposal} dBm. Convert them."),
    "raster_unit_db": N_("The values ({value}) are not levels in dBm; they look like a quality in dB (RSRQ). Ask the operator for RSRP in dBm."),
    "raster_unit_percent": N_("The values ({value}) are not levels in dBm; they look like percent, or like LTE steps 0–97 (dBm + 140). Ask the operator which one, and convert them."),
    "raster_unit_sign": N_("The values ({value}) have no minus sign; with it they would be {proposal} dBm. Change the sign (gdal_calc.py)."),
    "raster_unit_times_10": N_("The values ({value}) are not levels in dBm; as tenths they would be {proposal} dBm. Declare the scale (gdal_edit.py -scale 0.1)."),
    "raster_unit_times_100": N_("The values ({value}) are not levels in dBm; as hundredths they would be {proposal} dBm. Declare the scale (gdal_edit.py -scale 0.01)."),
    "raster_unit_unknown": N_("The values ({value}) are not levels in dBm, nor in any known unit. Ask the operator for RSRP in dBm, or declare classes."),
    "raster_values_implausible": N_("{percent} per cent of the cells lie outside {low} to {high} dBm. Are these levels, and is the nodata value declared?"),
    "raster_values_impossible": N_("{count} sampled values lie outside {low} to {high} and count as unknown. Is the unit right, and is the nodata value declared?"),
    "raster_without_data": N_("No cell of the raster has data. Was it copied completely, and is the nodata value right?"),
    "register_row_not_added": N_("“{value}” is not in the first register and is not added. Set adds_rows = true to add it."),
    "repair_refused": N_("The repair {value} of {row_id} does not follow from the content of that row, names no known area, or is a second repair of the row: it is not applied. Delete it from the file."),
    "repair_stale": N_("{row_id} has changed since the repair {value} was proposed: it is not applied. Run check again and review the new proposals."),
    "repairs_missing": N_("There is no such file: no repair is accepted. Correct repairs.path, or run check --accept-repairs."),
    "row_too_long": N_("The row has more cells than the header; the extra cells are not read."),
    "rows_are_headings": N_("Left out, since they are headings between the rows: {rows} ({value})."),
    "rows_below_table": N_("Left out, since they stand below the table: {rows} ({value})."),
    "rows_number_columns": N_("Left out, since they only number the columns: {rows}."),
    "rows_only_numbered": N_("Left out, since they have a running number and nothing besides: {rows}."),
    "rows_repeat_header": N_("Left out, since they repeat the header or the title: {rows} ({value})."),
    "rows_sum_up": N_("Left out, since they sum up others and are no data: {rows} ({value})."),
    "school_near_duplicate": N_("{other_name} ({other_npsn}, {other}) has nearly the same name and lies {distance_m} m away. If it is one school, keep one row; if not, correct the coordinates."),
    "section_unused": N_("This version does not use the section [{column}]."),
    "site_at_sea": N_("Coordinates {value} lie in the sea, {distance_km} km outside the area. Correct them."),
    "site_azimuth_refused": N_("The azimuth “{value}” is not a direction in degrees: the antenna is treated as omnidirectional, and levels behind it may be far too high. Give degrees clockwise from north, or leave the cell empty for an omnidirectional antenna."),
    "site_duplicate": N_("The same location, operator, technology, carrier and azimuth as row {other_row}. Delete one of them."),
    "site_far_away": N_("Coordinates {value} lie {distance_km} km outside the area, too far to serve it. Correct them, or leave the site out."),
    "site_frequency_implausible": N_("{value} MHz is not a carrier of {technology} here ({bands}). Give it in MHz."),
    "site_height_implausible": N_("An antenna {value} m above ground is implausible ({lowest_m} to {highest_m} m). Give its height above ground in metres."),
    "site_off_elevation": N_("The elevation model {raster} has no height at {value}: nothing is predicted from this site. Correct its coordinates, or add the missing tiles."),
    "site_on_sea": N_("The elevation model {raster} shows open sea at {value}: nothing is predicted from this site. Correct its coordinates."),
    "site_operator_spelling": N_("“{value}” ({count} rows) is nearly “{proposal}”: probably one operator that is counted as two. Write both the same way."),
    "site_outside_area": N_("The site lies {distance_km} km outside the area; it can still serve schools near the boundary."),
    "site_sign_missing": N_("Coordinates {value} lie far away; with a minus sign ({proposal}) the site lies in the area. Correct them if that is right."),
    "site_swapped": N_("Coordinates {value} lie far away; swapped ({proposal}) the site lies in the area. Correct them if that is right."),
    "site_term_implausible": N_("{value} in “{column}” cannot be used: possible values here are {known}. Correct it."),
    "site_term_missing": N_("{count} sites have no {column}, this one being the first: their level at a school cannot be predicted. Add the column, or state one value for all of them under [[sites]]."),
    "site_term_stated": N_("{column} = {value} is used for the {count} sites that have no value of their own."),
    "site_term_unknown": N_("The site has no {column}: nothing is predicted from it. Add it, or state one value for all sites without it under [[sites]]."),
    "site_unusable": N_('“{value}” does not locate the site: the row is not used. Write decimal degrees; for metres of a map projection, name it in the project file, as in crs = "EPSG:32750".'),
    "sites_not_complete": N_("The list of sites cannot be complete: more than {share_percent} % of the places with {technology} of {operator} are out of reach of every site in it. Its predictions count as lower bounds. Add the missing sites, or take complete = true away."),
    "students_zero": N_("0 students. Is the school closed, or the figure missing? Leave the cell empty where it is not known."),
    "teachers_exceed_students": N_("{value} teachers for {students} students. Check the figures."),
    "teachers_too_few": N_("{value} teachers for {students} students. Check the figures."),
    "teachers_zero": N_("0 teachers for {students} students. Leave the cell empty where it is not known."),
    "technology_unknown": N_("“{value}” is not recognised as a technology; the row is not used."),
    "text_has_control": N_("The cell in {column} contains invisible characters. Delete them."),
    "text_lost": N_("“{value}” in {column} has lost characters. Take it from the source again and save it as UTF-8."),
    "text_mojibake": N_("“{value}” in {column} was read in the wrong encoding. It is probably {proposal}; save the file as UTF-8."),
    "tiles_not_read": N_("{count} rows do not say which tile they belong to; they are not used."),
    "value_not_read": N_("“{value}” in {column} cannot be read: the value is unknown. Write a plain number, such as 1693 and not 1.693."),
    "value_repaired": N_("“{value}” in {column} is read as {used}, by an accepted repair."),
    "village_codes_differ": N_("Only {matched} of {count} codes of the village index are codes of the areas in {areas}: the index has codes like {example} ({kind}), the areas have codes like {areas_example} ({areas_kind}). {by_name} areas are matched by their names instead; the index of all others is unknown. Use an index and boundaries whose codes are of one kind."),
    "village_unknown": N_("“{value}” is not a status of the village index; the status is unknown."),
}  # fmt: skip

# Main reason of a rank, from the row's own numbers; keys are the codes of the column `reason`.
REASONS: dict[str, str] = {
    "adequate": N_("service is adequate"),
    "coverage_unknown": N_("available service is unknown"),
    "covered_unverified": N_("{signal} available, use not verified"),
    "duplicate": N_("another row of this NPSN is ranked"),
    "closed": N_("the school is closed"),
    "few_tests": N_("few or old speed tests: {delivered_down_mbps} of {required_mbps} Mbps"),
    "far_from_sites": N_("no coverage data; 4G site {site_4g_km} km away"),
    "no_evidence": N_("no evidence of any service"),
    "no_location": N_("no usable location"),
    "no_signal": N_("no signal from any operator"),
    "poor_network": N_("only {technology} there"),
    "patchy_signal": N_("signal at {best_signal_percent} % of the places, there {signal_there}"),
    "poor_signal": N_("weak signal: {signal}"),
    "slow": N_("connection slower than the {required_mbps} Mbps needed"),
    "unconnected": N_("{signal} available, not connected"),
}
# Reasons about a signal without {signal}, which states how sure it is.
_BARE = {"no_signal", "poor_network"}
# Main hindrance; keys are leaves of the index.
HINDRANCES: dict[str, str] = {
    "accounts": N_("accounts without internet"),
    "adequate": N_("{adequate_school_km} km to an adequate school"),
    "capital": N_("{capital_km} km to the capital"),
    "devices": N_("{idle_devices} devices without internet"),
    "diffraction": N_("hills in the path ({diffraction_db} dB)"),
    "fibre": N_("{fibre_km} km to fibre"),
    "relief": N_("relief {local_relief_m} m"),
    "road": N_("{road_km} km to a road"),
    "site": N_("{site_4g_km} km to a 4G site"),
    "slope": N_("slope {mean_slope_deg}°"),
    "students": N_("{students} pupils"),
    "terrain_class": N_("difficult terrain"),
    "vulnerable": N_("vulnerable school or village"),
    "water": N_("access over water"),
}
# Why an option is not possible; placeholders are parameters of the reason.
OPTION_REASONS: dict[str, str] = {
    "duplicate": N_("Another row of this NPSN counts in its place."),
    "closed": N_("The school is closed."),
    "no_location": N_("The school has no usable location."),
    "no_evidence": N_("Nothing is known of the internet of the school, so what an option would add is unknown."),
    "already_adequate": N_("The internet of the school is known to be adequate (adequacy {served_before})."),
    "no_fixed_network": N_("No fixed network serves the place."),
    "fixed_unknown": N_("It is unknown whether a fixed network serves the place. Ask the providers, and state it in the column of the fixed network."),
    "no_4g": N_("No operator has 4G or 5G there."),
    "weak_4g": N_("The declared 4G there is too weak."),
    "below_level": N_("The 4G level outdoors is {level_dbm} dBm; at least {least_dbm} dBm is necessary."),
    "level_unknown": N_("The level of 4G there is unknown: no map and no prediction states it."),
    "cell_full": N_("There is 4G, but its cell is full: {sharing} schools would share {capacity_mbps} Mbps."),
    "too_far": N_("It is {distance_km} km away; at most {longest_km} km is possible."),
    "no_sight": N_("The terrain blocks the line of sight over {distance_km} km, even from a mast of {tallest_m} m."),
    "sight_unknown": N_("It is unknown whether there is a line of sight: the elevation model or the height of the antenna is missing."),
    "too_tall": N_("Over {distance_km} km a mast of {needed_m} m would be necessary when the air bends rays least; at most {tallest_m} m is possible."),
    "no_site": N_("The project has no tower, no end of a fibre network and no connected school from which a link could start."),
    "no_relay": N_("No place for a relay was found that has a line of sight to both ends, each within {longest_km} km."),
    "not_needed": N_("A direct link without a mast is possible, so no relay is necessary."),
    "no_fibre": N_("The project names no fibre network from which a line could start."),
    "no_hub": N_("There is no public facility, connected school or larger school within {longest_km} km."),
    "sky_hidden": N_("The terrain hides the satellites."),
    "sky_unknown": N_("It is unknown whether the terrain hides the satellites: the elevation model does not cover the place."),
    "no_proposal": N_("A new 4G site here would not reach two schools without usable 4G."),
    "not_eligible": N_("The place is covered already, so no new 4G site is proposed for it."),
    "rates_unknown": N_("The rate of this option is unknown."),
    "less_than_now": N_("The option gives no more (adequacy {delivered_after}) than the school has now ({served_before})."),
    "no_gain": N_("The option does not reduce the expected gap of the school."),
}  # fmt: skip
# What an option assumes where nothing states it.
OPTION_ASSUMPTIONS: dict[str, str] = {
    "lan_unknown": N_("It is unknown whether the school has a LAN and Wi-Fi: they are included."),
    "ups_unknown": N_("It is unknown whether the school has a UPS: it is included."),
    "grid_unknown": N_("It is unknown whether the school has electricity: the grid is assumed, no solar power is included."),
    "cell_unknown": N_("The covering cell is unknown: its capacity is not divided among schools."),
    "bts_by_distance": N_("The reach of the new site is judged by distance, not by terrain."),
}  # fmt: skip
# The same as whole sentences, for a page about one school.
REASON_SENTENCES: dict[str, str] = {
    "adequate": N_("Its internet service is enough for what it needs."),
    "coverage_unknown": N_("Whether a signal reaches it is not known."),
    "covered_unverified": N_(
        "The signal at the school is good enough for a subscription ({signal}), but whether it has "
        "one is not known."
    ),
    "duplicate": N_("Another row of the register with the same NPSN stands in the list."),
    "closed": N_("The school is closed."),
    "few_tests": N_(
        "Its speed tests are few or old; they show {delivered_down_mbps} of the {required_mbps} "
        "Mbps that it needs."
    ),
    "far_from_sites": N_(
        "No coverage map has data here, and the nearest 4G site is {site_4g_km} km away."
    ),
    "no_evidence": N_("Neither its internet service nor the signal there is known."),
    "no_location": N_("Where it stands is not known, so no signal can be looked up for it."),
    "no_signal": N_("No operator's signal reaches the school."),
    "poor_network": N_("Only {technology} reaches the school, which is too slow for lessons."),
    "patchy_signal": N_(
        "The signal reaches only {best_signal_percent} % of the places where the school may stand; "
        "there it is {signal_there}."
    ),
    "poor_signal": N_("The signal at the school is weak: {signal}."),
    "slow": N_("Its connection is slower than the {required_mbps} Mbps that it needs."),
    "unconnected": N_(
        "It has no internet, although the signal at the school is good enough: {signal}."
    ),
}
HINDRANCE_SENTENCES: dict[str, str] = {
    "accounts": N_("It has active accounts that cannot be used without internet."),
    "adequate": N_(
        "The nearest school with enough internet service is {adequate_school_km} km away."
    ),
    "capital": N_("The capital of its kabupaten is {capital_km} km away."),
    "devices": N_("About {idle_devices} of its devices cannot be used for lack of internet."),
    "diffraction": N_(
        "Hills on the path to the best site weaken the signal by {diffraction_db} dB."
    ),
    "fibre": N_("The nearest fibre node is {fibre_km} km away."),
    "relief": N_("The land around it is hilly: heights differ by {local_relief_m} m."),
    "road": N_("The nearest road is {road_km} km away."),
    "site": N_("The nearest 4G site is {site_4g_km} km away."),
    "slope": N_("The slopes around it are steep: {mean_slope_deg}° on average."),
    "students": N_("It has {students} pupils."),
    "terrain_class": N_("The terrain is difficult: {terrain}."),
    "vulnerable": N_("Its village is classed as {village}."),
    "water": N_("Part of the way to it leads over water."),
}
_SPECIAL = N_("It is a special or inclusive school.")
_POOR = N_("{poor_percent} % of its pupils are poor.")
# The village index, as the ministry of villages names its classes.
_VILLAGES = ("Mandiri", "Maju", "Berkembang", "Tertinggal", "Sangat Tertinggal")
# How sure a predicted level is; keys are the codes of the column `prediction_status`.
PREDICTED: dict[str, str] = {
    "calibrated": N_("predicted"),
    "uncalibrated": N_("predicted, uncalibrated"),
}
_NEWEST = ("5g", "4g", "3g", "2g")
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
    "valley_floor": N_("valley floor"),
    "slope": N_("slope"),
    "crest": N_("crest"),
    "flat": N_("flat"),
    "public": N_("public"),
    "private": N_("private"),
    "province": N_("province"),
    "kabupaten": N_("kabupaten"),
    "kemenag": N_("Kemenag"),
    "error": N_("errors"),
    "warning": N_("warnings"),
    "note": N_("notes"),
    "stylised": N_("SIMULATED DATA: coverage and terrain are partly invented. Not for decisions."),
    "synthetic": N_("SYNTHETIC DATA: every school is invented. Not for decisions."),
    "schools": N_("reading schools"),
    "sites": N_("reading sites"),
    "places": N_("areas"),
    "quality": N_("checking rows"),
    "layers": N_("checking layers"),
    "files": N_("checking files"),
    "recognition": N_("looking at files"),
    "sea": N_("open sea"),
    "terrain": N_("terrain"),
    "links": N_("radio links of the school"),
    "reception": N_("coverage"),
    "verification": N_("measured levels"),
    "prediction": N_("predicted levels"),
    "signals": N_("signals"),
    "service": N_("service"),
    "certainty": N_("certainty"),
    "audit": N_("Audit page"),
    "compare": N_("Comparison"),
    "land_signal": N_("signal on the land"),
    "options": N_("ways to connect each school"),
    "columns": N_("choices and limits"),
    "solve": N_("search for the best plan"),
    "tables": N_("tables of the plan"),
    "base": N_("the plan without what is tried"),
    "objectives": N_("plans by objective"),
    "sweep": N_("plans by budget"),
    "report": N_("Report"),
    "previews": N_("pictures for the map"),
    "gis": N_("layers for GIS"),
    "scores": N_("scores"),
    "write": N_("writing"),
    "workbook": N_("sheets of the workbook"),
}

# Tiers; keys are the codes of the column `tier_label`.
TIER_NAMES: dict[str, str] = {
    "critical": N_("1 critical"),
    "severe": N_("2 severe"),
    "moderate": N_("3 moderate"),
    "slight": N_("4 slight"),
    "adequate": N_("5 adequate"),
    "covered": N_("good signal, not verified"),
    "unknown": N_("unknown"),
}
# Statements about the list as a whole; keys are the codes of the column `top_k_set`.
TOP_K_SETS: dict[str, str] = {
    "certain": N_("certain"),
    "contested": N_("contested"),
    "out": N_("out"),
}
# Statements about one school alone; keys are the codes of the column `top_k_label`.
TOP_K_LABELS: dict[str, str] = {
    "likely_in": N_("likely in"),
    "open": N_("open"),
    "likely_out": N_("likely out"),
}
# Figures of the method that could be others, besides the leaves; keys are those of the table
# `sensitivity`, and the parts of the deficit that a list can be made without.
ASSUMPTIONS: dict[str, str] = {
    "lambda": N_("λ, delivered against available"),
    "exponent": N_("Exponent of the adequacy"),
    "p": N_("p, exponent of the means"),
    "base": N_("Deficit alone"),
    "need": N_("Need"),
    "barrier": N_("Barrier"),
    "terrain": N_("Terrain"),
    "path": N_("Radio path"),
    "remoteness": N_("Remoteness"),
    "delivered": N_("Delivered service"),
    "available": N_("Available service"),
}
# Counts beside those by tier.
# Of schools whose kabupaten the register does not state, or states as one that is not in the
# boundaries.
UNKNOWN_KABUPATEN = N_("kabupaten not known")
COUNT_NAMES: dict[str, str] = {"all": N_("all"), "inferred": N_("of these inferred")}
# Why a leaf is not scored; keys are the reasons in `not_scored` of run.json.
INACTIVE: dict[str, str] = {
    "no_data": N_("Not scored, because known for no school: {leaves}."),
    "few_kabupaten": N_("Not scored, because known in too few kabupaten: {leaves}."),
    "switched_off": N_("Not scored because the project says so: {leaves}."),
}

# With signal at fewer of the places than this, its level is that of a part, and the share is stated.
_NEARLY_EVERYWHERE = 0.95

# One finding's severity; NAMES has them in the plural.
SEVERITY_NAMES: dict[str, str] = {
    "error": N_("error"),
    "warning": N_("warning"),
    "note": N_("note"),
}


def error_lines(error: KalselGapError, text: Text) -> list[str]:
    """One line for each error: where, what is wrong, what to do."""
    errors = getattr(error, "errors", (error,))
    return [_error_line(each, text) for each in errors]


def _error_line(error: KalselGapError, text: Text) -> str:
    params = {key: _short(plain(value)) for key, value in error.params.items()}
    params.setdefault("column", _short(plain(error.column)))
    if isinstance(found := error.params.get("finding"), Mapping):
        params["finding"] = finding_sentence(found, text)
    params |= conflict_params(error.params, text)
    sentence = _error_sentence(error.code, params, text)
    where = [plain(error.path)] if error.path is not None else []
    if error.row is not None:
        where.append(text(N_("row {row}"), row=error.row))
    if error.column is not None and "{column}" not in ERRORS[error.code]:
        where.append(plain(error.column))
    joint = " " if str(error.path).startswith("--") else ", "  # an option and its key
    return f"{joint.join(where)}: {sentence}" if where else sentence


def _error_sentence(code: str, params: dict[str, str], text: Text) -> str:
    if "reason" in params:
        params = {**params, "reason": _in_our_words(params["reason"], text).rstrip(".")}
    sentence = text(ERRORS[code], **params)
    return f"{sentence} {text(SUGGESTION, **params)}" if params.get("suggestion") else sentence


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"


def _in_our_words(reason: str, text: Text) -> str:
    """A library's message in the reader's language if we know it, otherwise unchanged."""
    reason = _SYSTEM_WORDS.sub("", reason)
    for pattern, sentence in LIBRARY_WORDS.items():
        if match := re.fullmatch(pattern, reason):
            return text(sentence, **match.groupdict())
    return reason


def finding_sentence(finding: Row, text: Text) -> str:
    """The sentence of a finding, from its row of the findings table."""
    return _sentence(finding, (_read(finding, "evidence"), _read(finding, "parameters")), text)


def findings_sentence(findings: pd.DataFrame, text: Text) -> str:
    """One sentence for findings of one code, with the first few values where they differ."""
    common = {name: _first(column.dropna().unique(), plain) for name, column in findings.items()}
    known = []
    for name in ("evidence", "parameters"):
        given = [json.loads(each) for each in findings[name].unique()]
        known.append(
            {key: _first((each.get(key, "") for each in given), text.figure) for key in given[0]}
        )
    return _sentence(common, known, text)


def _first(values: Iterable[object], write: Callable[[object], str]) -> str:
    """The first few of different values."""
    shown = [each for each in dict.fromkeys(map(write, values)) if each]
    return "; ".join([*shown[:_FEW], *([_DIFFERS] if len(shown) > _FEW else [])])


def _read(finding: Row, name: str) -> dict[str, object]:
    return dict(json.loads(str(finding[name])))


def _sentence(finding: Row, given: Iterable[Mapping[str, object]], text: Text) -> str:
    shown = {str(key): plain(value) for key, value in finding.items()}
    shown |= {key: text.figure(value) for values in given for key, value in values.items()}
    if shown.get("error") in ERRORS:  # the error of a reader, in the sentence of that error
        params = {key: _short(value) for key, value in shown.items()}
        shown["fault"] = _error_sentence(shown["error"], params, text)
    return text(FINDINGS[str(finding["code"])], **shown)


def reason(row: Row, text: Text) -> str:
    """Why a school has its rank: the main reason, then the main hindrance."""
    sentence = main_reason(row, text)
    hindrance = str(row.get("hindrance") or "")
    if hindrance in HINDRANCES and row["reason"] != "adequate":
        sentence = f"{sentence}; {text(HINDRANCES[hindrance]).format_map(_Values(row, text))}"
    return sentence


def option_reason(code: str, parameters: Mapping[str, float], text: Text) -> str:
    """Why an option is not possible, as a sentence; empty for a possible one.

    Parameters
    ----------
    code : str
        Of :data:`OPTION_REASONS`.
    parameters : mapping
        As the column ``reason_params`` of the options has them, read from JSON.
    text : Text
        The language.
    """
    sentence = text(OPTION_REASONS.get(code, ""))
    names = [name for _, name, _, _ in Formatter().parse(sentence) if name]
    digits = {"km": 1, "m": 0, "mbps": 1, "dbm": 0, "sharing": 0}
    shown = {
        name: text.number(_number(parameters.get(name)), digits.get(name.rpartition("_")[2], 2))
        for name in names
    }
    return sentence.format(**{name: value or "?" for name, value in shown.items()})


def reason_sentence(code: str, row: Row, text: Text, *, is_leaf: bool) -> str:
    """A reason as a whole sentence; empty for a leaf of the project's own.

    A leaf can have the code of a reason: *adequate* is the way to a school with enough service.
    """
    words = (HINDRANCE_SENTENCES if is_leaf else REASON_SENTENCES).get(code)
    if words is None:
        return ""
    if code == "vulnerable" and row.get("vulnerability") == 1.0 and row.get("village_index") != 5:
        words = _SPECIAL
    elif code == "vulnerable" and row.get("poor_share") == row.get("vulnerability"):
        words = _POOR
    sentence = text(words).format_map(_Values(row, text))
    if code in _BARE and row.get("best_basis") == "predicted":
        sentence = f"{sentence.removesuffix('.')} ({_sureness(row, text)})."
    return sentence


def main_reason(row: Row, text: Text) -> str:
    """Why a school has its deficit, or no rank."""
    code = str(row["reason"])
    sentence = text(REASONS[code]).format_map(_Values(row, text))
    if code in _BARE and row.get("best_basis") == "predicted":
        sentence = f"{sentence} ({_sureness(row, text)})"
    return sentence


def signal(row: Row, text: Text, *, with_share: bool = True) -> str:
    """The best signal in words: technology and level, or none; empty where nothing is known.

    With a level of a part of the places only, the share of the places, unless not wanted.
    """
    technology = row.get("best_technology")
    if isinstance(technology, str):
        level = text.number(_number(row.get("best_level_dbm")))
        named = technology_name(technology, text)
        words = f"{named} {level} dBm" if level else named
        share = _number(row.get("best_signal_share"))
        if with_share and level and share is not None and share < _NEARLY_EVERYWHERE:
            part = text(N_("at {percent} % of the places"), percent=_percent(share, text))
            words = f"{words} {part}"
    elif _number(row.get("available")) == 0.0:
        words = text(N_("none"))
    else:
        return ""
    if row.get("best_basis") != "predicted":
        return words
    return f"{words} ({_sureness(row, text)})"


def technology_name(technology: str, text: Text) -> str:
    """A technology as a sentence names it: 4G, or a word for a fixed network."""
    return text(N_("fixed network")) if technology == "fixed" else technology.upper()


def rate(value: float | None, text: Text) -> str:
    """A rate in Mbps, the same in every sentence: below 10 with a decimal, unless it is whole.

    Examples
    --------
    >>> [rate(value, Text("en")) for value in (1.84, 2.0, 9.98, 12.4, None)]
    ['1.8', '2', '10', '12', '']
    """
    if value is None:
        return ""
    tenths = round(float(value), 1)
    return text.number(value, 1 if abs(tenths) < 10 and tenths != round(tenths) else 0)


def _percent(share: float, text: Text) -> str:
    """A share of the places in per cent: a few are never none, and nearly all never all."""
    return text.number(min(max(1.0, 100.0 * share), 99.0))


def predicted(row: Row, text: Text) -> str:
    """The predicted level of the newest technology in words; empty where none is predicted."""
    for technology in _NEWEST:
        level = text.number(_number(row.get(f"predicted_{technology}_dbm")))
        if level:
            return f"{technology.upper()} {level} dBm ({_sureness(row, text)})"
    return ""


def _sureness(row: Row, text: Text) -> str:
    """Status of a predicted level: uncalibrated unless it is known to be calibrated."""
    calibrated = row.get("prediction_status") == "calibrated"
    return text(PREDICTED["calibrated" if calibrated else "uncalibrated"])


# Columns of the schools table from which a reason is written.
REASON_COLUMNS = frozenset(
    {"reason", "hindrance", "available", "best_technology", "best_level_dbm", "best_basis"}
    | {"best_signal_share", "measured_down_mbps"}
    | {"prediction_status", *(f"predicted_{technology}_dbm" for technology in _NEWEST)}
    | {
        name
        for sentence in (*REASONS.values(), *HINDRANCES.values())
        for _, name, _, _ in Formatter().parse(sentence)
        if name
    }
)


class _Values(dict[str, str]):
    """Numbers of a row as a sentence shows them, formatted on demand."""

    def __init__(self, row: Row, text: Text) -> None:
        super().__init__()
        self.row, self.text = row, text

    def __missing__(self, key: str) -> str:
        row, text = self.row, self.text
        match key:
            case "signal" | "signal_there":
                return signal(row, text, with_share=key == "signal")
            case "best_signal_percent":
                share = _number(row.get("best_signal_share"))
                word = "" if share is None else _percent(share, text)
            case "village":
                village = _number(row.get("village_index"))
                word = "" if village is None else _VILLAGES[int(village) - 1]
            case "poor_percent":
                poor = _number(row.get("poor_share"))
                word = "" if poor is None else text.number(100.0 * poor)
            case "terrain":
                word = text(NAMES[str(row.get("terrain_class") or "unknown")])
            case "technology":
                return technology_name(str(row.get("best_technology") or ""), text)
            case _:
                value = _number(row.get(key))
                if key == "delivered_down_mbps" and key not in row:  # of an older run
                    value = _number(row.get("measured_down_mbps"))
                if key.endswith("_mbps"):
                    return rate(value, text) or "?"
                near = value is not None and abs(value) < 10 and key.endswith("_km")
                word = text.number(value, 1 if near else 0)
        return word or "?"


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value == value else None  # noqa: PLR0124
