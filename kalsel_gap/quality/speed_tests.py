"""Checks of speed tests and levels: unit, dates, implausible values."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding
from kalsel_gap.quality.coverage import places
from kalsel_gap.quality.unusable_files import file_finding
from kalsel_gap.sources import signal_levels
from kalsel_gap.sources.columns import recognise
from kalsel_gap.sources.npsn import read_npsn
from kalsel_gap.sources.signal_levels import LOSS, holds_levels
from kalsel_gap.sources.speed_test_tiles import is_tiles, read_tiles
from kalsel_gap.sources.speed_tests import (
    ALIASES,
    is_levels,
    read_source,
    read_source_table,
    read_values,
)
from kalsel_gap.sources.table_names import RowKeys
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.values import end_of, read_dates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kalsel_gap.project.checks import MeasurementsCheck
    from kalsel_gap.project.inputs import Measurements
    from kalsel_gap.project.model import Opened
    from kalsel_gap.sources.tables import RawTable

_RATES = {"mbps": ("down_mbps", "up_mbps"), "kbps": ("down_kbps", "up_kbps")}


def check_speed_tests(opened: Opened, schools: pd.DataFrame) -> list[Finding]:
    """Findings about every file of speed tests.

    Parameters
    ----------
    opened : Opened
        The project.
    schools : DataFrame
        With ``npsn``, ``lat`` and ``lon``.
    """
    findings = []
    for source in opened.project.measurements:
        file = opened.shown(source.path)
        try:
            if is_tiles(source):
                highest = opened.project.file_checks.measurements.highest_mbps
                findings += read_tiles(source, *places(opened, schools), file, highest)[1]
                continue
            if holds_levels(source):
                findings += signal_levels.read_source(source, file)[1]
            if not is_levels(source):
                findings += _tests(source, opened, schools, file)
        except InputError as error:
            findings.append(file_finding(error, file))
    return findings


def _tests(source: Measurements, opened: Opened, schools: pd.DataFrame, file: str) -> list[Finding]:
    """Tests made at schools."""
    limits = opened.project.file_checks.measurements
    table = read_source_table(source)
    keys = RowKeys(table.files(file), table.cells[ROW], file)
    tests, unit = _numbers(source, table, keys, limits.highest_mbps)
    found = [
        *_unit(tests, unit, limits, file),
        *_dates(tests, source.date, limits, file),
        *_impossible(tests, limits, file),
        *_identical(tests, limits, file),
        *_schoolless(tests, schools, file),
    ]
    reported = {(finding.row, finding.column) for finding in found}
    read = keys.keyed(read_source(source, opened)[1])
    return keys.named([f for f in read if (f.row, f.column) not in reported] + found)


def _numbers(
    source: Measurements, table: RawTable, keys: RowKeys, highest_mbps: float
) -> tuple[pd.DataFrame, str]:
    """Tests as given, rates in Mbps, and the unit that the file states."""
    header = recognise(table, ALIASES, override=source.columns, lenient=LOSS)
    unit = "kbps" if "down_kbps" in header else "mbps"
    needed = ("npsn", "date", _RATES[unit][0])
    header = recognise(table, ALIASES, override=source.columns, required=needed, lenient=LOSS)
    cells = table.cells
    tests = pd.DataFrame({"row": keys.of_table, "npsn": read_npsn(cells[header["npsn"]])})
    tests["given_date"] = cells[header["date"]]
    tests["date"] = read_dates(tests["given_date"])
    read = read_values(cells, header, highest_mbps)
    for name, column in (("down", "down_mbps"), ("up", "up_mbps"), ("latency", "latency_ms")):
        tests[f"given_{name}"], tests[name] = read[column]
    return tests, unit


def _unit(
    tests: pd.DataFrame, unit: str, limits: MeasurementsCheck, file: str
) -> Iterator[Finding]:
    """Rates of the whole file that are a thousand times too large or too small."""
    median = float(tests["down"].median())
    column = _RATES[unit][0]
    if unit == "mbps" and median > limits.usual_mbps:
        yield Finding(
            "measurement_unit_kbps",
            file=file,
            column=column,
            value=f"{median:g}",
            proposal=f"{median / 1000:g}",
        )
    if unit == "kbps" and median * 1000 < limits.usual_kbps:
        yield Finding(
            "measurement_unit_mbps",
            file=file,
            column=column,
            value=f"{median * 1000:g}",
            proposal=f"{median * 1e6:g}",
        )


def _dates(
    tests: pd.DataFrame, declared: str, limits: MeasurementsCheck, file: str
) -> Iterator[Finding]:
    """Impossible dates: later than the date of the file, or earlier than any possible test."""
    last, first = end_of(declared), date.fromisoformat(limits.earliest)
    for row, npsn, given, when in tests[["row", "npsn", "given_date", "date"]].itertuples(
        index=False
    ):
        if not isinstance(when, date) or (when >= first and (last is None or when <= last)):
            continue
        late = when >= first
        yield Finding(
            "measurement_after_file" if late else "measurement_too_early",
            file=file,
            row=int(row),
            npsn=npsn,
            column="date",
            value=given,
            parameters={"declared": declared} if late else {"earliest": limits.earliest},
        )


def _impossible(tests: pd.DataFrame, limits: MeasurementsCheck, file: str) -> Iterator[Finding]:
    """Values that are impossible for a connection."""
    down, up, latency = tests["down"], tests["up"], tests["latency"]
    faults = {
        "down": (down <= 0) | (down > limits.highest_mbps),
        "up": (up < 0) | (up > limits.highest_mbps),
        "latency": (latency <= 0) | (latency > limits.highest_latency_ms),
    }
    for name, fault in faults.items():
        column = "latency_ms" if name == "latency" else f"{name}_mbps"
        for row, npsn, value in tests.loc[fault, ["row", "npsn", f"given_{name}"]].itertuples(
            index=False
        ):
            yield Finding(
                "measurement_impossible",
                file=file,
                row=int(row),
                npsn=npsn,
                column=column,
                value=value,
            )
    odd = (down > 0) & (up > limits.up_times_down * down) & ~faults["up"] & ~faults["down"]
    for row, npsn, value, rate in tests.loc[
        odd, ["row", "npsn", "given_up", "given_down"]
    ].itertuples(index=False):
        yield Finding(
            "measurement_upload_exceeds",
            file=file,
            row=int(row),
            npsn=npsn,
            column="up_mbps",
            value=value,
            parameters={"down": rate, "times": limits.up_times_down},
        )


def _identical(tests: pd.DataFrame, limits: MeasurementsCheck, file: str) -> Iterator[Finding]:
    """Tests of one school that are identical to the last digit, too many to be chance."""
    known = tests[tests["npsn"].ne("") & np.isfinite(tests["down"])]
    same = ["npsn", "given_down", "given_up", "given_latency"]
    for (npsn, *given), group in known.groupby(same, sort=True):
        if len(group) >= limits.identical_tests:
            yield Finding(
                "measurement_identical",
                file=file,
                row=int(group["row"].min()),
                npsn=str(npsn),
                column="down_mbps",
                value=" / ".join(text or "–" for text in map(str, given)),
                parameters={"count": len(group)},
            )


def _schoolless(tests: pd.DataFrame, schools: pd.DataFrame, file: str) -> Iterator[Finding]:
    known = set(schools["npsn"]) - {""}
    lost = tests[~tests["npsn"].isin(known)]
    for row, npsn in lost[["row", "npsn"]].itertuples(index=False):
        yield Finding(
            "measurement_without_school", file=file, row=int(row), npsn=npsn, column="npsn"
        )
