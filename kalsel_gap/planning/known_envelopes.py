"""Ceilings of envelopes that nobody has: an error instead of money that is never spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError, KalselGapError, SeveralErrors
from kalsel_gap.project.plan import unknown_envelopes
from kalsel_gap.project.read import with_rows

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.run_folder import Run


def refuse_unknown_envelopes(run: Run, opened: Opened) -> None:
    """An error where a ceiling is of a kabupaten or kota that the run does not know.

    Known are those that the register states and those of the boundaries.

    Raises
    ------
    SeveralErrors
        `plan_envelope_unknown`, one for each ceiling.
    """
    codes = set(run.schools["kabupaten_code"].dropna()) - {""}
    try:
        areas = run.table("areas")
    except InputError:  # of an older run
        areas = None
    if areas is not None:
        codes |= set(areas.loc[areas["level"] == "kabupaten", "code"].dropna())
    faults: list[KalselGapError] = [*unknown_envelopes(opened.project.plan, codes, opened.path)]
    if faults:
        raise SeveralErrors(with_rows(faults, opened.path))
