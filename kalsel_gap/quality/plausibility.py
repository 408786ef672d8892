"""Checks of numbers and dates: plausible for the level, consistent with each other."""

from __future__ import annotations

import calendar
import itertools
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.findings import Finding, at_rows
from kalsel_gap.sources.schools import level_of, read_numbers
from kalsel_gap.sources.values import parse_date, read_dates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kalsel_gap.project.checks import Dates, Highest, People, Registers
    from kalsel_gap.project.model import Opened

_TUTORED = ("PKBM", "SKB")  # their tutors are in no list of teachers
_TIME = r"[ T]+\d{1,2}[:.]\d\d.*$"


def check_numbers(cells: pd.DataFrame, limits: Registers) -> list[Finding]:
    """Numbers that are implausible for the level, or contradict each other.

    Parameters
    ----------
    cells : DataFrame
        Text cells as of :func:`kalsel_gap.sources.registers.read_cells`.
    limits : Registers
        What is plausible.
    """
    level = level_of(cells)
    too_many = (
        _too_many(cells, level, column, bounds)
        for column, bounds in limits.highest.items()
        if column in cells
    )
    return [*itertools.chain.from_iterable(too_many), *_people(cells, level, limits.people)]


def _numbers(text: pd.Series[str]) -> pd.Series[float]:
    """Numbers of a column; an unreadable one is a finding of the reader."""
    return read_numbers(text, schema.BY_NAME[str(text.name)])


def _too_many(
    cells: pd.DataFrame, level: pd.Series[str], column: str, bounds: Highest
) -> list[Finding]:
    highest = level.map(bounds.levels).astype("float64").fillna(bounds.otherwise)
    at_fault = _numbers(cells[column]) > highest
    parameters = {"highest": highest[at_fault].map("{:g}".format)}
    return _found("number_implausible", cells, at_fault, column, parameters)


def _people(cells: pd.DataFrame, level: pd.Series[str], most: People) -> list[Finding]:
    """Contradictions between students, teachers, devices and accounts of one school."""
    columns = ("students", "teachers", "devices", "accounts", "accounts_active")
    students, teachers, devices, accounts, active = (_numbers(cells[name]) for name in columns)
    people = (students + teachers).where(lambda both: both > 0)
    is_teaching = (students > 0) & (teachers > 0)
    crowded = (students > most.students_per_teacher * teachers) & ~level.isin(_TUTORED)
    allowed = most.accounts_per_person * people
    faults = (
        ("students_zero", students == 0, "students"),
        ("teachers_zero", (teachers == 0) & (students > 0), "teachers"),
        ("teachers_exceed_students", is_teaching & (teachers > students), "teachers"),
        ("teachers_too_few", is_teaching & crowded, "teachers"),
        ("accounts_exceed_people", accounts > allowed, "accounts"),
        ("accounts_exceed_people", accounts.isna() & (active > allowed), "accounts_active"),
        ("devices_exceed_people", devices > most.devices_per_person * people, "devices"),
    )
    parameters = {"students": cells["students"], "teachers": cells["teachers"]}
    return [
        finding
        for code, at_fault, column in faults
        for finding in _found(code, cells, at_fault, column, parameters)
    ]


def _found(
    code: str,
    cells: pd.DataFrame,
    at_fault: pd.Series[bool],
    column: str,
    parameters: Mapping[str, pd.Series[str]],
) -> list[Finding]:
    """Findings that name the row of another table that the figure may come from."""
    origin = {"filled_from": cells["filled_from"]}
    return at_rows(code, cells, at_fault, column, evidence=origin, parameters=parameters)


# --- dates -------------------------------------------------------------------------------------


def check_dates(
    cells: pd.DataFrame, bounds: Dates, last: date | None, column: str = "updated_at"
) -> list[Finding]:
    """Dates that cannot be read, are impossible, or are later than the date of the data.

    Parameters
    ----------
    cells : DataFrame
        Text cells with `column`.
    bounds : Dates
        Possible years.
    last : date, optional
        Last day of the data, as the project states; the clock is not used.
    column : str
        The column of dates.
    """
    text = cells[column]
    heads = text.str.replace(_TIME, "", regex=True)
    different = pd.Series([head for head in heads.unique() if head], dtype="str")
    read = dict(zip(different, read_dates(different), strict=True))
    year = heads.map({head: when.year if when else np.nan for head, when in read.items()})
    year = year.astype("float64")
    ordinal = heads.map({h: when.toordinal() if when else np.nan for h, when in read.items()})
    impossible = ~year.between(bounds.earliest_year, bounds.latest_year) & year.notna()
    findings = at_rows("date_unreadable", cells, (heads != "") & year.isna(), column)
    findings += at_rows("date_impossible", cells, impossible, column)
    if last is None:
        return findings
    days = (ordinal.astype("float64") - last.toordinal()).where(~impossible)
    until = pd.Series(last.isoformat(), index=cells.index)
    late, later = days.between(1, bounds.stale_days), days > bounds.stale_days
    if late.mean() > bounds.stale_share:
        findings += _stale(cells, heads[late].map(read), last)
    else:
        later |= late
    return findings + at_rows("date_in_future", cells, later, column, parameters={"until": until})


def _stale(cells: pd.DataFrame, days: pd.Series[Any], last: date) -> list[Finding]:
    """So many rows are slightly later that the date of the data is wrong, not the rows."""
    files = cells.loc[days.index, "file"]
    return [
        Finding(
            "date_of_data_stale",
            file=str(file),
            value=last.isoformat(),
            proposal=max(of_file).isoformat(),
            parameters={"count": len(of_file)},
        )
        for file, of_file in days.groupby(files)
    ]


def data_date(opened: Opened, bounds: Dates) -> date | None:
    """Last day that the registers' date allows; without one, the last day of any input's date."""
    project = opened.project
    others = (*project.attributes, *project.measurements, *project.sites)
    for tables in (project.schools, others):
        days = [last for table in tables if (last := last_day(table.date)) is not None]
        plausible = [d for d in days if bounds.earliest_year <= d.year <= bounds.latest_year]
        if plausible:
            return max(plausible)
    return None


def last_day(text: str) -> date | None:
    """Last day of a date that may be only a year or a month; none where it is not read.

    Examples
    --------
    >>> [str(last_day(t)) for t in ("2019", "2024-02", "2025-02-10", "10 Februari 2025", "soon")]
    ['2019-12-31', '2024-02-29', '2025-02-10', '2025-02-10', 'None']
    """
    if re.fullmatch(r"\d{4}", text, re.ASCII) and int(text):
        return date(int(text), 12, 31)
    month = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text, re.ASCII)
    if month and int(month.group(1)):
        year, number_ = int(month.group(1)), int(month.group(2))
        return date(year, number_, calendar.monthrange(year, number_)[1])
    return parse_date(text)
