"""``kalsel-gap terrain``: terrain layers and statistics of the elevation model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.options import DialectChoice, Format
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.terrain.products import Atlas

HELP = N_(
    "Write terrain layers of the whole elevation model for GIS, and statistics by area.\n\n"
    "Each layer is a Cloud Optimized GeoTIFF with a style for QGIS (.qml) beside it: elevation, "
    "slope, aspect, tri, roughness, relief, coast, zone, hillshade, mountain, class. "
    "terrain_statistics.csv has a row for each province, kabupaten and kecamatan. Finished parts "
    "are kept: an interrupted run continues where it stopped, and a run with other thresholds "
    "takes little time.\n\n"
    "Example: kalsel-gap terrain --layers slope,class"
)
_LABELS = {  # of columns on a terminal; the files have all of them, and the kecamatan too
    "layer": N_("Layer"),
    "file": N_("File"),
    "unit": N_("Unit"),
    "cells": N_("Cells"),
    "bytes": N_("Bytes"),
    "name": N_("Kabupaten/kota"),
    "land_km2": N_("Land km²"),
    "mean_elevation_m": N_("Height m"),
    "max_elevation_m": N_("Highest m"),
    "mean_slope_deg": N_("Slope °"),
    "mean_local_relief_m": N_("Relief m"),
    "coastal_zone_share": N_("Low coast %"),
    "dataran_share": N_("Plain %"),
    "pesisir_share": N_("Coast %"),
    "rawa_share": N_("Wetland %"),
    "pegunungan_share": N_("Mountains %"),
    "pulau_kecil_share": N_("Small island %"),
    "class_known_share": N_("Known %"),
}
# Columns that a narrow terminal leaves out, the first ones first.
_SPARE = (
    *("max_elevation_m", "coastal_zone_share", "mean_local_relief_m"),
    *("class_known_share", "mean_elevation_m", "mean_slope_deg"),
)

# Terrain classes that are known from a layer only, and its section.
_LAYERS_OF = {
    "pulau_kecil": N_("small island (land under [coastline])"),
    "pesisir": N_("coast ([coastline], or the sea of [elevation])"),
    "rawa": N_("wetland ([wetlands])"),
}
_WHOLE = {"all": N_("all"), "raster": N_("the whole raster")}


def terrain(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    layers: options.Layers = None,
    out: options.TerrainFolder = None,
    dialect: options.CsvDialect = DialectChoice.raw,
    dry_run: options.DryRun = False,
    overwrite: options.Overwrite = False,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    assignments: options.Assignments = None,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.project.read import find_project, read_project
    from kalsel_gap.storage.outputs import refuse_file_name
    from kalsel_gap.terrain.products import FOLDER, Atlas

    text: Text = ctx.obj
    refuse_file_name(out)
    opened = read_project(project or find_project(Path.cwd()), tuple(assignments or ()))
    atlas = Atlas(opened, options.names_of(layers) or ())
    folder = out or opened.project.output.folder / FOLDER
    outputs = None if dry_run else atlas.check_folder(folder, overwrite=overwrite)
    for name in atlas.left_out:
        sentence = N_("Not written, because there is no sea: {layer}.")
        console.note(text(sentence, layer=name), quiet=quiet)
    if "class" in atlas.wanted and (unknown := atlas.find_unknown_classes()):
        missing = ", ".join(text(_LAYERS_OF[name]) for name in unknown)
        sentence = N_(
            "Not known, as the project has no layer for it: {classes}. Their shares are empty, and "
            "what is shown as plain may belong to them."
        )
        console.note(text(sentence, classes=missing), quiet=quiet)
    if outputs is None:
        _estimate(atlas, folder, format, text, quiet=quiet)
        return
    with console.progress(text, ("terrain",), quiet=quiet, is_even=True) as report:
        words = options.words(ctx, lang, opened)
        table = atlas.make(
            *(folder, words, lambda d, t: report("terrain", d, t), outputs), dialect=dialect.value
        )
    _print(table, format, text, quiet=quiet)
    console.note(text(N_("Written: {path}"), path=folder), quiet=quiet)


def _estimate(
    atlas: Atlas, folder: Path, format_: Format | None, text: Text, *, quiet: bool
) -> None:
    """Print what would be written, and write nothing."""
    estimate = atlas.estimate(folder)
    _print(estimate.layers, format_, text, quiet=quiet)
    console.estimate(estimate, folder, text, quiet=quiet)


def _print(table: pd.DataFrame, format_: Format | None, text: Text, *, quiet: bool) -> None:
    """A table to standard output."""
    shown = _for_terminal(table, text)
    console.publish(table, format_, _LABELS, text, spare=_SPARE, shown=shown, quiet=quiet)


def _for_terminal(table: pd.DataFrame, text: Text) -> pd.DataFrame:
    """The statistics without the kecamatan; other tables as they are."""
    if "level" not in table.columns:
        return table
    few = table[table["level"] != "kecamatan"]
    whole = few["level"].map({level: text(words) for level, words in _WHOLE.items()})
    return few.assign(name=whole.fillna(few["name"]))
