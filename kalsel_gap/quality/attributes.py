"""Checks of attribute tables against the register: NPSN, names, dates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.findings import Finding, at_rows
from kalsel_gap.quality.names import unmangled
from kalsel_gap.quality.npsn import npsn_reading
from kalsel_gap.quality.plausibility import check_dates, last_day
from kalsel_gap.sources.registers import read_attributes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kalsel_gap.project.model import Opened


def check_attributes(cells: pd.DataFrame, opened: Opened) -> list[Finding]:
    """Rows of attribute tables that belong to another school, or could belong to one.

    Parameters
    ----------
    cells : DataFrame
        Text cells of the registers as of :func:`kalsel_gap.sources.registers.read_cells`.
    opened : Opened
        The project; its attribute tables are read.
    """
    limits = opened.project.registers
    tables, reported = read_attributes(opened, cells["npsn"])
    findings = _repairable(reported, set(cells["npsn"]) - {""})
    for source, table in tables:
        rows = table.reset_index()
        findings += _renamed(rows, cells, limits.same_name.similarity)
        findings += check_dates(rows, limits.dates, last_day(source.date))
    return findings


def _repairable(reported: Iterable[Finding], known: set[str]) -> list[Finding]:
    """Rows without a school whose NPSN a number format has spoiled."""
    found = []
    for finding in reported:
        if finding.code != "attribute_without_school":
            continue
        _, proposal = npsn_reading(finding.npsn)
        if proposal in known:
            found.append(
                Finding(
                    "attribute_npsn_repairable",
                    file=finding.file,
                    row=finding.row,
                    npsn=finding.npsn,
                    column="npsn",
                    value=finding.npsn,
                    proposal=proposal,
                )
            )
    return found


def _renamed(rows: pd.DataFrame, cells: pd.DataFrame, similarity: float) -> list[Finding]:
    """Rows whose name is not that of the school with their NPSN."""
    called = cells.drop_duplicates("npsn").set_index("npsn")["name"]
    registered = rows["npsn"].map(called).fillna("")
    alike = [
        not one or not other or _same_name(one, other, similarity)
        for one, other in zip(rows["name"], registered, strict=True)
    ]
    at_fault = ~pd.Series(alike, index=rows.index, dtype=bool)
    return at_rows(
        "attribute_name_differs", rows, at_fault, "name", parameters={"name": registered}
    )


def _same_name(one: str, other: str, similarity: float) -> bool:
    """Whether two names can belong to one school: similar words, and the same numbers.

    Examples
    --------
    >>> _same_name("SDN 01 Gambut", "SD NEGERI GAMBUT 1", 70.0)
    True
    >>> _same_name("SMP NEGERI 3 MARTAPURA", "SMP NEGERI 4 MARTAPURA", 70.0)
    False
    """
    from rapidfuzz import fuzz

    first, second = (unmangled(name).upper() for name in (one, other))
    if first == second:
        return True
    numbers = [{n.lstrip("0") for n in re.findall(r"[0-9]+", name)} for name in (first, second)]
    if all(numbers) and numbers[0] != numbers[1]:
        return False
    return fuzz.token_set_ratio(first, second) >= similarity
