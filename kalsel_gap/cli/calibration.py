"""``kalsel-gap predict --report`` and ``--calibrate``: predictions against measured levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.cli import console
from kalsel_gap.cli.options import Format
from kalsel_gap.errors import KalselGapError, OutputError, ProjectError
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.project.read import Opened

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
    "agreed_share": N_("Agreed %"),
    "after_rmse_db": N_("Calibrated dB"),
    "held_out_rmse_db": N_("Held out dB"),
}
_SPARE = ("sigma_db", "agreed_share", "uncovered", "covered", "missed", "promised")


def judge(
    opened: Opened, *, calibrate: bool, format_: Format | None, text: Text, quiet: bool
) -> None:
    """Print how far predictions lie from measured levels; with `calibrate` keep the offsets.

    Raises
    ------
    KalselGapError
        There are no measured levels; or offsets are wanted and none helps, or the project does not
        say where they belong.
    """
    from kalsel_gap.radio.links import validation

    if calibrate and opened.project.calibration is None:
        raise ProjectError("calibration_not_named", path=opened.path)
    with console.progress(text, ("verification",), quiet=quiet):
        pairs, findings = validation.pairs_of(opened)
        report = validation.report(opened, pairs)
    console.remarks(findings, text, quiet=quiet)
    console.publish(report, format_, _LABELS, text, spare=_SPARE, quiet=quiet)
    sentence = N_(
        "Bias: predicted less measured. Held out: calibrated by other places only, so it is the "
        "error where nothing was measured. {count} places have no predicted level."
    )
    count = int(pairs["predicted_dbm"].isna().sum())
    console.note(text(sentence, count=text.number(count)), quiet=quiet)
    if calibrate:
        _keep(opened, pairs, text, quiet=quiet)


def _keep(opened: Opened, pairs: pd.DataFrame, text: Text, *, quiet: bool) -> None:
    """Write the offsets of those that gain by them to where the project says."""
    from kalsel_gap.radio.links import calibration
    from kalsel_gap.storage.run_folder import replace_text

    assert opened.project.calibration is not None
    path = opened.project.calibration.path
    others = {file.resolve() for name, file in opened.project.inputs() if name != "calibration"}
    if path.resolve() in others:
        raise OutputError("output_is_input", path=path)
    offsets = calibration.calibrate(pairs, opened.project.radio.calibration)
    if offsets.empty:
        raise KalselGapError("calibration_no_gain", path=opened.path)
    replace_text(path, calibration.to_csv(offsets))
    console.note(text(N_("Written: {path}"), path=path), quiet=quiet)
