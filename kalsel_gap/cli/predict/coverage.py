"""``kalsel-gap predict coverage``: coverage rasters around the sites."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.options import DialectChoice
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from kalsel_gap.radio.coverage.products import Reception

HELP = N_(
    "Predict coverage from sites and terrain, as rasters for GIS.\n\n"
    "For each operator and technology: level (dBm), server (the best one; a CSV file beside it "
    "lists which site each number is), servers (how many sites reach the threshold) and margin "
    "(dB above the threshold), by ITU-R P.1812. Cells without data are beyond the radius of "
    "every site, or unknown. Sites need antenna_height_m, frequency_mhz and eirp_dbm. The "
    "threshold is radio.carriers.<technology>.usable_dbm. Finished parts are kept: an "
    "interrupted run continues where it stopped.\n\n"
    "Example: kalsel-gap predict coverage --technology 4g --layers level,server --radius-km 10"
)
_LABELS = {  # of columns on a terminal
    "operator": N_("Operator"),
    "technology": N_("Technology"),
    "layer": N_("Layer"),
    "file": N_("File"),
    "unit": N_("Unit"),
    "cells": N_("Cells"),
    "bytes": N_("Bytes"),
    "sites": N_("Sites"),
    "servers": N_("Servers"),
    "threshold_dbm": N_("Threshold dBm"),
    "land_km2": N_("Land km²"),
    "predicted_share": N_("Predicted %"),
    "covered_km2": N_("Covered km²"),
    "covered_share": N_("Covered %"),
}
_SPARE = ("cells", "unit", "land_km2", "predicted_share")


def coverage(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    operator: options.Operators = None,
    technology: options.Technologies = None,
    layers: options.ReceptionLayers = None,
    radius_km: options.RadiusKm = None,
    resolution: options.Resolution = None,
    out: options.ReceptionFolder = None,
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
    from kalsel_gap.radio.coverage.products import FOLDER, Reception
    from kalsel_gap.storage.outputs import refuse_file_name

    text: Text = ctx.obj
    refuse_file_name(out)
    opened = read_project(project or find_project(Path.cwd()), tuple(assignments or ()))
    reception = Reception(
        opened,
        operators=operator or (),
        technologies=[each.value for each in technology or ()],
        layers=options.names_of(layers) or (),
        radius_km=radius_km,
        resolution_m=resolution,
    )
    folder = out or opened.project.output.folder / FOLDER
    outputs = None if dry_run else reception.check_folder(folder, overwrite=overwrite)
    console.remarks(reception.findings, text, quiet=quiet)
    if outputs is None:
        estimate = reception.estimate(folder)
        console.publish(estimate.layers, format, _LABELS, text, spare=_SPARE, quiet=quiet)
        console.estimate(estimate, folder, text, quiet=quiet)
        return
    words = options.words(ctx, lang, opened)
    with console.progress(text, ("reception",), quiet=quiet, is_even=True) as report:
        table = reception.make(
            *(folder, words, lambda d, t: report("reception", d, t), outputs),
            dialect=dialect.value,
        )
    console.publish(table, format, _LABELS, text, spare=_SPARE, quiet=quiet)
    console.note(text(N_("Written: {path}"), path=folder), quiet=quiet)
    _note_uncalibrated(reception, text, quiet=quiet)


def _note_uncalibrated(reception: Reception, text: Text, *, quiet: bool) -> None:
    """Say which networks no measured level has calibrated."""
    bare = [
        f"{n.technology.upper()} {n.operator}" for n in reception.networks if not n.is_calibrated
    ]
    if bare:
        sentence = N_("Predicted, uncalibrated: no measured level was used for {networks}.")
        console.note(text(sentence, networks=", ".join(bare)), quiet=quiet)
