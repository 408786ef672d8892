"""What only a plan reads: the project's table of prices, its table of deliveries, its envelopes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError, KalselGapError, SeveralErrors
from kalsel_gap.project.plan import unknown_envelopes
from kalsel_gap.project.read import with_rows
from kalsel_gap.quality.unusable_files import file_finding
from kalsel_gap.sources.boundaries import read_areas
from kalsel_gap.sources.delivery import deliveries_without_school, read_delivery
from kalsel_gap.sources.unit_prices import read_unit_prices

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from kalsel_gap.findings import Finding
    from kalsel_gap.project.model import Opened


def check_plan_tables(opened: Opened, schools: pd.DataFrame) -> list[Finding]:
    """Findings about prices, deliveries and ceilings, as a plan would meet them.

    Parameters
    ----------
    opened : Opened
        The project.
    schools : DataFrame
        ``npsn is_duplicate kabupaten_code``, where they are known.
    """
    findings: list[Finding] = []
    try:
        findings += read_unit_prices(opened)[1]
    except (InputError, SeveralErrors) as error:
        findings += _faults(error, opened.project.costs.ssh, opened)
    try:
        deliveries, found = read_delivery(opened)
    except (InputError, SeveralErrors) as error:
        findings += _faults(error, opened.project.plan.delivery, opened)
    else:
        single = schools[~schools["is_duplicate"].fillna(value=False).astype("bool")]
        findings += found
        findings += deliveries_without_school(deliveries, set(single["npsn"].dropna()) - {""})
    wrong = list(unknown_envelopes(opened.project.plan, _kabupaten(opened, schools), opened.path))
    faults: list[KalselGapError] = [*wrong]
    return [*findings, *_findings(with_rows(faults, opened.path), opened)]


def _kabupaten(opened: Opened, schools: pd.DataFrame) -> set[str]:
    """Codes of the kabupaten that the register states, and of those of the boundaries."""
    codes: set[str] = set()
    if "kabupaten_code" in schools:
        codes = set(schools["kabupaten_code"].dropna()) - {""}
    try:
        areas = read_areas(opened, "kabupaten")
    except InputError:  # a finding of the check of boundaries
        return codes
    return codes if areas is None else codes | {str(each) for each in areas["code"]}


def _faults(
    error: InputError | SeveralErrors, path: Path | None, opened: Opened
) -> Iterable[Finding]:
    several = error.errors if isinstance(error, SeveralErrors) else (error,)
    for each in several:
        each.path = each.path or path
    return _findings(several, opened)


def _findings(errors: Iterable[KalselGapError], opened: Opened) -> Iterable[Finding]:
    for each in errors:
        yield file_finding(each, opened.shown(Path(str(each.path))))
