"""Sentences of both languages about what ``init --from`` makes of files, by code."""

from __future__ import annotations

from kalsel_gap.i18n.text import N_

# How sure a role is.
CERTAINTIES: dict[str, str] = {
    "sure": N_("sure"),
    "likely": N_("likely"),
    "unsure": N_("unsure"),
    "unused": N_("not used"),
}
# Beside a key whose value is only assumed.
ASSUMED: dict[str, str] = {
    "basis": N_("assumed: measured, predicted, modelled or declared?"),
}
# What a file of a project asks at length, and a table on a terminal does not.
ASKED = frozenset({"empty_cells"})
# Why a file has its role, what is not known of it, or why it has none.
SENTENCES: dict[str, str] = {
    "adds_rows": N_("{percent} % of its NPSN are not in the registers above: its schools are added. If they are the same schools, delete adds_rows."),
    "area_codes": N_("Areas: {count}; codes of {digits} digits in column “{column}”: {level}."),
    "area_columns_missing": N_("It seems to be boundaries ({level}), but no column holds codes of that level."),
    "area_columns_published": N_("Areas: {count}; columns of {publisher}: {level}."),
    "area_levels_differ": N_("The codes are those of {level}, the name says {other}."),
    "attributes_columns": N_("Adds {columns} by NPSN; {count} rows."),
    "attributes_elsewhere": N_("Only {percent} % of its NPSN are in the register: it may be about other schools."),
    "classes_unknown": N_("Classes {classes}. What is each of them worth, from 0 (no service) to 1 (4G as it should be)? Fill in “classes”."),
    "class_column_unknown": N_("These columns may hold classes: {columns}. If one does, name it (class_column) with kind “class” and “classes”; otherwise binary: covered inside."),
    "companion": N_("It belongs to {file}."),
    "copy": N_("The same content as {file}."),
    "doubled": N_("{others} may be the same. Which one is right? Use only one."),
    "elevation_named": N_("The name says elevation, and the values ({low} to {high} m) are heights."),
    "raster_tiles": N_("{count} tiles on one grid."),
    "elevation_unnamed": N_("The values ({low} to {high}) may be heights in metres, but the name does not say so."),
    "empty_cells": N_("What does a cell without data mean, or a place outside the polygons? Write “none” if it has no signal: schools there count as without coverage. Write “unknown” if nobody knows: schools there are not judged by this map. Ask whoever made it."),
    "empty_cells_of_all": N_("One answer for the {count} maps below that do not answer it themselves, because they are alike."),
    "file_error": "{error}",
    "land_cover_codes": N_("The values are codes of land cover: {classes}."),
    "layer_inside": N_("Only the first layer of a file is read here: save layer “{layer}” as a file of its own."),
    "layer_named": N_("{shapes}; the name says “{word}”."),
    "layer_content": N_("{shapes}; its columns or values say “{word}”."),
    "layer_several_roles": N_("It may be {roles}: the names do not decide it."),
    "levels_dbm": N_("{percent} % of the values are levels from {low} to {high} dBm."),
    "levels_operator_missing": N_("Whose levels are they? Fill in “operator”."),
    "levels_table": N_("Measured levels: {columns}; {count} rows."),
    "name_unreadable": N_("The name of the file is not UTF-8. Rename it."),
    "name_without_operator": N_("No operator that the table of sites or the tool knows stands in the name, so “any”. If it is one operator's, write its name."),
    "name_without_technology": N_("The name does not say which technology it is. Fill in “technology”: 2g, 3g, 4g, 5g or fixed."),
    "no_role": N_("Nothing that this tool reads was recognised in it. Columns: {columns}."),
    "no_role_layer": N_("A layer of {shapes} without columns, codes or a name that say what it is."),
    "no_role_raster": N_("A raster with values from {low} to {high}: neither its name nor its values say what it is."),
    "no_schools": N_("No register was recognised. Name the table that has one row per school, with NPSN, name, latitude and longitude."),
    "not_data": N_("No table, layer or raster (.{ending})."),
    "operator_named": N_("Operator {operator} by the name."),
    "picture": N_("A picture, not data: ask for the table, layer or raster that it was drawn from."),
    "points": N_("points"),
    "lines": N_("lines"),
    "polygons": N_("polygons"),
    "polygons_binary": N_("Polygons: covered inside."),
    "project_file": N_("A project file."),
    "quantity_differs": N_("The name says {quantity}, which is not what a map of {technology} holds here: see “kind” in docs/project-file.md, and ask which quantity it is."),
    "raster_empty": N_("No cell of the raster has data."),
    "register_columns": N_("{count} rows with {columns}."),
    "register_elsewhere": N_("{percent} % of its schools lie within the boundaries."),
    "register_inside": N_("All its schools are in {file} already."),
    "register_overlaps": N_("{percent} % of its NPSN are in {file} too. Does it add schools (adds_rows = true) or only fill gaps?"),
    "register_without": N_("It may be a register: {error}"),
    "rows_not_read": N_("{percent} % of the rows that were looked at can be used."),
    "sea_nodata": N_("Cells without data reach the edge: they are taken to be the sea."),
    "sea_none": N_("No cell at the edge is 0 or without data: no sea is taken from it."),
    "sea_zero": N_("Cells of 0 m reach the edge: they are taken to be the sea."),
    "sites_columns": N_("{count} sites with {columns}."),
    "surface_named": N_("{product} is a {value}."),
    "surface_unknown": N_("Are trees and roofs in the heights (dsm) or not (dtm)? The name does not say."),
    "technology_named": N_("{technology} by the name."),
    "tests_columns": N_("Speed tests of schools: {columns}; {count} rows."),
    "tiles_columns": N_("Speed tests by map tile."),
    "tiles_network": N_("Which network was tested? Write network = “mobile” or “fixed”; the name does not say."),
    "too_many_files": N_("The folder has more than {count} files or is deeper than {deep} folders: what lies beyond was not looked at."),
    "uncovered_named": N_("The name says where there is no signal: its values may mean the opposite of coverage. Turn them round first, or leave it out."),
    "units_unknown": N_("The name says levels, but the values ({low} to {high}) are not dBm. Which unit are they in?"),
    "values_binary": N_("The values are {classes}: covered where they are not 0."),
    "villages_columns": N_("Status by code of the desa; {count} rows."),
}  # fmt: skip
