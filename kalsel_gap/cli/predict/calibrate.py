"""``kalsel-gap predict calibrate``: offsets from measured levels, for the project file."""

from __future__ import annotations

from pathlib import Path

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.predict.validate import publish_report
from kalsel_gap.errors import KalselGapError, ProjectError
from kalsel_gap.i18n.text import N_, Text

HELP = N_(
    "Save corrections of the predictions from measured levels.\n\n"
    "Prints what predict validate prints, then writes an offset for each operator and technology "
    "to the file of [calibration], but only where the offset reduces the error at places that "
    "were held out. From then on every prediction of the project uses these offsets.\n\n"
    "Example: kalsel-gap predict calibrate --project data/sample/measured.toml"
)


def calibrate(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    assignments: options.Assignments = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.project.outputs import outputs_of
    from kalsel_gap.project.read import find_project, read_project
    from kalsel_gap.radio.links import calibration

    text: Text = ctx.obj
    opened = read_project(project or find_project(Path.cwd()), tuple(assignments or ()))
    section = opened.project.calibration
    if section is None:
        raise ProjectError("calibration_not_named", path=opened.path)
    outputs = outputs_of(opened, writes="calibration")
    outputs.check(section.path, endings=(".csv",), overwrite=overwrite)
    pairs = publish_report(opened, format, text, quiet=quiet)
    offsets = calibration.calibrate(pairs, opened.project.radio.calibration)
    if offsets.empty:
        raise KalselGapError("calibration_no_gain", path=opened.path)
    with outputs.replace(section.path) as temporary:
        temporary.write_bytes(calibration.to_csv(offsets).encode("utf-8"))
    console.note(text(N_("Written: {path}"), path=section.path), quiet=quiet)
