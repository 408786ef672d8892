"""``kalsel-gap predict validate``: predicted against measured levels; the report of both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.cli.options import Format
    from kalsel_gap.project.model import Opened

HELP = N_(
    "Compare predicted levels with measured ones.\n\n"
    "For each operator and technology: bias, RMSE and spread, how often both agree that there is "
    "coverage, and the error that would remain after calibration at places that were held out. "
    "Measured levels are the tables under [[measurements]] with rsrp_dbm, rscp_dbm or rssi_dbm. "
    "Nothing is written.\n\n"
    "Example: kalsel-gap predict validate --project data/sample/measured.toml"
)
_LABELS = {  # of columns on a terminal
    "operator": N_("Operator"),
    "technology": N_("Technology"),
    "places": N_("Places"),
    "bias_db": N_("Bias dB"),
    "rmse_db": N_("RMSE dB"),
    "sigma_db": N_("Spread dB"),
    "covered": N_("Both covered"),
    "missed": N_("Only measured"),
    "promised": N_("Only predicted"),
    "uncovered": N_("Neither"),
    "agreed_share": N_("Agreement %"),
    "after_rmse_db": N_("RMSE calibrated dB"),
    "held_out_rmse_db": N_("RMSE held out dB"),
}
_SPARE = ("sigma_db", "agreed_share", "uncovered", "covered", "missed", "promised")


def validate(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    assignments: options.Assignments = None,
    quiet: options.Quiet = False,
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.project.read import find_project, read_project

    opened = read_project(project or find_project(Path.cwd()), tuple(assignments or ()))
    publish_report(opened, format, ctx.obj, quiet=quiet)


def publish_report(
    opened: Opened, format_: Format | None, text: Text, *, quiet: bool
) -> pd.DataFrame:
    """Print the differences between predicted and measured levels.

    Returns
    -------
    DataFrame
        The places that were compared: :data:`kalsel_gap.radio.links.calibration.PAIRS`.
    """
    from kalsel_gap.radio.links import validation

    with console.progress(text, ("verification",), quiet=quiet):
        pairs, findings = validation.pairs_of(opened)
        report = validation.report(opened, pairs)
    console.remarks(findings, text, quiet=quiet)
    console.publish(report, format_, _LABELS, text, spare=_SPARE, quiet=quiet)
    sentence = N_(
        "Bias: predicted minus measured. Held out: each place is calibrated only with the other "
        "places, so this is the error to expect where nothing was measured. {count} places have "
        "no predicted level."
    )
    count = int(pairs["predicted_dbm"].isna().sum())
    console.note(text(sentence, count=text.number(count)), quiet=quiet)
    return pairs
