"""``kalsel-gap predict calibrate``: offsets from measured levels, for the project file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.predict.validate import publish_report
from kalsel_gap.errors import KalselGapError, OutputError, ProjectError
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.project.model import Opened

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
    quiet: options.Quiet = False,
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.project.read import find_project, read_project

    text: Text = ctx.obj
    opened = read_project(project or find_project(Path.cwd()), tuple(assignments or ()))
    path = _target(opened)
    pairs = publish_report(opened, format, text, quiet=quiet)
    _write(opened, pairs, path)
    console.note(text(N_("Written: {path}"), path=path), quiet=quiet)


def _target(opened: Opened) -> Path:
    """The file for the offsets; if unusable, an error before anything is computed."""
    section = opened.project.calibration
    if section is None:
        raise ProjectError("calibration_not_named", path=opened.path)
    others = {file.resolve() for name, file in opened.project.inputs() if name != "calibration"}
    if section.path.resolve() in others:
        raise OutputError("output_is_input", path=section.path)
    return section.path


def _write(opened: Opened, pairs: pd.DataFrame, path: Path) -> None:
    """Write the offsets of the networks that they improve."""
    from kalsel_gap.radio.links import calibration
    from kalsel_gap.storage.atomic import replace_text

    offsets = calibration.calibrate(pairs, opened.project.radio.calibration)
    if offsets.empty:
        raise KalselGapError("calibration_no_gain", path=opened.path)
    replace_text(path, calibration.to_csv(offsets))
