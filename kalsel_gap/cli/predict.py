"""``kalsel-gap predict``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import calibration, console, linktable, options
from kalsel_gap.cli.options import Format
from kalsel_gap.errors import KalselGapError
from kalsel_gap.text import N_, Text, choose_language

if TYPE_CHECKING:
    import pandas as pd

HELP = N_(
    "Predict coverage from sites and terrain, as rasters for GIS.\n\n"
    "For each operator and technology: level (dBm), server (the best one; a CSV beside it says "
    "which site each number is), servers (how many reach the threshold) and margin (dB above it), "
    "by ITU-R P.1812. Cells without data lie beyond the radius of every site, or are unknown. "
    "Sites need antenna_height_m, frequency_mhz and eirp_dbm. The threshold is "
    "radio.carriers.<technology>.usable_dbm. What was computed is kept: an interrupted run goes "
    "on where it stopped.\n\n"
    "With --at, the links of one school instead: every site in reach with level, loss, a second "
    "opinion and what is in the way. With --report, how far predictions lie from measured levels; "
    "with --calibrate what these teach is kept.\n\n"
    "Example: kalsel-gap predict --technology 4g --layers level,server"
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
    "threshold_dbm": N_("From dBm"),
    "land_km2": N_("Land km²"),
    "predicted_share": N_("Predicted %"),
    "covered_km2": N_("Covered km²"),
    "covered_share": N_("Covered %"),
}
_SPARE = ("cells", "unit", "land_km2", "predicted_share")


def predict(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    at: options.AtSchool = None,
    picture: options.Picture = None,
    report: options.LevelReport = False,
    calibrate: options.Calibrate = False,
    operator: options.Operators = None,
    technology: options.Technologies = None,
    layers: options.ReceptionLayers = None,
    radius_km: options.RadiusKm = None,
    resolution: options.Resolution = None,
    out: options.ReceptionFolder = None,
    dry_run: options.DryRun = False,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    assignments: options.Assignments = None,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.project import find_project, read_project

    text: Text = ctx.obj
    if picture is not None and at is None:
        raise KalselGapError("option_needs", option="--picture", other="--at")
    opened = read_project(project or find_project(Path.cwd()), tuple(assignments or ()))
    language = choose_language(
        lang.value if lang else None, project=opened.project.project.language, deliverable=True
    )
    if at is not None:
        linktable.show(
            *(opened, at),
            picture=picture,
            format_=format,
            text=text,
            words=Text(language),
            quiet=quiet,
        )
        return
    if report or calibrate:
        calibration.judge(opened, calibrate=calibrate, format_=format, text=text, quiet=quiet)
        return
    from kalsel_gap.reception import FOLDER, Reception

    reception = Reception(
        opened,
        operators=operator or (),
        technologies=[each.value for each in technology or ()],
        layers=[name.strip().lower() for name in (layers or "").split(",") if name.strip()],
        radius_km=radius_km,
        resolution_m=resolution,
    )
    console.remarks(reception.findings, text, quiet=quiet)
    folder = out or opened.project.output.folder / FOLDER
    if dry_run:
        estimate = reception.estimate(folder)
        _print(estimate.layers, format, text)
        console.estimate(estimate, folder, text, quiet=quiet)
        return
    with console.progress(text, ("reception",), quiet=quiet, is_even=True) as tell:
        table = reception.make(folder, Text(language), lambda d, t: tell("reception", d, t))
    _print(table, format, text)
    console.note(text(N_("Written: {path}"), path=folder), quiet=quiet)
    if not all(network.is_calibrated for network in reception.networks):
        console.note(text(N_("Predicted, uncalibrated: no measured level was used.")), quiet=quiet)


def _print(table: pd.DataFrame, format_: Format | None, text: Text) -> None:
    """A table to standard output."""
    from kalsel_gap import tables

    chosen = format_ or (Format.table if console.to_terminal() else Format.csv)
    if chosen is Format.table:
        console.figures(table, _LABELS, text, spare=_SPARE)
    elif chosen is Format.json:
        console.emit(tables.json_of(table))
    else:
        console.emit(tables.csv_of(table))
