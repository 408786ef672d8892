"""Reader of speed tests at schools: medians of the latest quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.findings import Finding
from kalsel_gap.i18n.numbers import number
from kalsel_gap.sources.columns import header_findings, recognise
from kalsel_gap.sources.signal_levels import holds, holds_levels
from kalsel_gap.sources.speed_test_tiles import is_tiles
from kalsel_gap.sources.tables import ROW, read_table
from kalsel_gap.sources.values import parse_date

if TYPE_CHECKING:
    from kalsel_gap.project.inputs import Measurements
    from kalsel_gap.project.model import Opened

ALIASES: dict[str, tuple[str, ...]] = {
    "npsn": ("npsn",),
    "date": ("date", "tanggal", "waktu", "timestamp"),
    "down_kbps": ("downkbps", "avgdkbps"),
    "up_kbps": ("upkbps", "avgukbps"),
    "down_mbps": ("downmbps", "downloadmbps", "download", "unduh", "unduhmbps"),
    "up_mbps": ("upmbps", "uploadmbps", "upload", "unggah", "unggahmbps"),
    "latency_ms": ("latencyms", "latency", "ping", "pingms", "latensi", "latensims", "avglatms"),
}
VALUES = ("down_mbps", "up_mbps", "latency_ms")


def read_measurements(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """All schools' own tests: ``npsn``, ``quarter``, :data:`VALUES`, ``file``, ``row``.

    Rates in kbps become Mbps. Tests summed up in tiles are not among them.

    Returns
    -------
    tests : DataFrame
        Negative and unreadable values are NaN.
    findings : list of Finding
        Dates and values that could not be read.
    """
    frames, findings = [], []
    for source in opened.project.measurements:
        if is_tiles(source) or is_levels(source):
            continue
        frame, found = read_source(source, opened.shown(source.path))
        frames.append(frame)
        findings += found
    if not frames:
        return pd.DataFrame(columns=["npsn", "quarter", *VALUES, "file", "row"]), []
    return pd.concat(frames, ignore_index=True), findings


def latest_quarter(tests: pd.DataFrame) -> pd.DataFrame:
    """Median of each school's tests in its latest quarter.

    Parameters
    ----------
    tests : DataFrame
        As :func:`read_measurements` gives them.

    Returns
    -------
    DataFrame
        Indexed by NPSN: ``measured_down_mbps``, ``measured_up_mbps``, ``measured_latency_ms``.
    """
    names = {value: f"measured_{value}" for value in VALUES}
    tests = tests[tests["down_mbps"].notna()]  # without it the link stays unknown
    if tests.empty:
        return pd.DataFrame(columns=list(names.values()), dtype="float64")
    latest = tests.groupby("npsn")["quarter"].transform("max")
    recent = tests[tests["quarter"] == latest]
    return recent.groupby("npsn")[list(VALUES)].median().rename(columns=names)


def is_levels(source: Measurements) -> bool:
    """Whether a source has measured levels and no speed tests beside them."""
    rates = {name: ALIASES[name] for name in ("down_mbps", "down_kbps")}
    return holds_levels(source) and not holds(source, rates)


def read_source(source: Measurements, file: str) -> tuple[pd.DataFrame, list[Finding]]:
    """One file of schools' own tests; see :func:`read_measurements`."""
    table = read_table(source.path, source.sheet, aliases=ALIASES, override=source.columns)
    header = recognise(table, ALIASES, override=source.columns)
    rate = "down_kbps" if "down_kbps" in header else "down_mbps"
    required = ("npsn", "date", rate)
    header = recognise(table, ALIASES, override=source.columns, required=required)
    cells = table.cells
    days = cells[header["date"]].map(parse_date)
    tests = pd.DataFrame(
        {
            "npsn": cells[header["npsn"]],
            "quarter": [f"{d.year}Q{(d.month + 2) // 3}" if d else "" for d in days],
            "file": file,
            "row": cells[ROW],
        }
    )
    findings = header_findings(table, header, ALIASES, file)
    findings += [Finding("row_too_long", file=file, row=row) for row in table.too_long]
    findings += [
        Finding("date_not_read", file=file, row=int(row), npsn=npsn, column="date", value=value)
        for row, npsn, value, quarter in zip(
            tests["row"], tests["npsn"], cells[header["date"]], tests["quarter"], strict=True
        )
        if not quarter
    ]
    for name in VALUES:
        in_kbps = name.replace("_mbps", "_kbps")
        column = name if name in header or in_kbps not in header else in_kbps
        given = cells[header[column]] if column in header else pd.Series("", index=cells.index)
        values = given.map(number).astype("float64") / (1000.0 if column != name else 1.0)
        tests[name] = values.where(values >= 0)
        findings += [
            Finding("value_not_read", file=file, row=int(row), npsn=npsn, column=name, value=value)
            for row, npsn, value in zip(
                tests["row"][(given != "") & tests[name].isna()],
                tests["npsn"][(given != "") & tests[name].isna()],
                given[(given != "") & tests[name].isna()],
                strict=True,
            )
        ]
    return tests[tests["quarter"] != ""].reset_index(drop=True), findings
