"""Reader of speed tests at schools: medians and percentiles of the latest quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.findings import Finding
from kalsel_gap.indicators.delivered import MEDIAN, percentile_of_tests
from kalsel_gap.sources.accepted_objections import AcceptedObjections
from kalsel_gap.sources.columns import recognise, table_findings
from kalsel_gap.sources.npsn import read_npsn
from kalsel_gap.sources.packet_loss import read_loss
from kalsel_gap.sources.quantities import is_nothing, measured_latency, read_quantities
from kalsel_gap.sources.signal_levels import BESIDE, LOSS, holds, holds_levels
from kalsel_gap.sources.speed_test_tiles import is_tiles
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import RawTable, read_table
from kalsel_gap.sources.values import end_of, read_dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kalsel_gap.project.index import OwnTests
    from kalsel_gap.project.inputs import Measurements
    from kalsel_gap.project.model import Opened

ALIASES: dict[str, tuple[str, ...]] = {"npsn": ("npsn",), **BESIDE}
RATES = ("down_mbps", "up_mbps")
VALUES = (*RATES, "latency_ms")
MEASURED = (*VALUES, "loss_share")
_SLOWEST_MS = 60_000.0  # no test waits longer


def read_measurements(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """All schools' own tests: ``npsn``, ``quarter``, ``day``, :data:`MEASURED`, ``file``, ``row``.

    Rates in kbps become Mbps, and packet loss a share. Tests summed up in tiles are not among them.

    Returns
    -------
    tests : DataFrame
        Negative, implausible and unreadable values are NaN.
    findings : list of Finding
        Dates and values that could not be read, and rates that no line has.
    """
    frames, findings = [], []
    highest_mbps = _highest_mbps(opened)
    for source in opened.project.measurements:
        if is_tiles(source) or is_levels(source):
            continue
        frame, found = read_source(source, opened)
        frames.append(frame)
        findings += found
    registered = sum(map(len, frames))
    if len(contradicting := AcceptedObjections(opened).tests()):
        frames.append(contradicting)
    if not frames:
        return pd.DataFrame(columns=["npsn", "quarter", "day", *MEASURED, "file", "row"]), []
    tests = pd.concat(frames, ignore_index=True)
    for name in RATES:
        impossible = tests[name] > highest_mbps
        findings += [
            Finding(
                *("measurement_impossible", file, int(row), npsn),
                column=name,
                value=f"{value:g}",
            )
            for file, row, npsn, value in tests.loc[
                impossible, ["file", "row", "npsn", name]
            ].itertuples(index=False)
        ]
        tests[name] = tests[name].mask(impossible)
    objected = pd.Series(range(len(tests)), index=tests.index) >= registered
    fewer, found = _too_few_to_replace(tests, objected, opened)
    return tests[~fewer].reset_index(drop=True), [*findings, *found]


def _too_few_to_replace(
    tests: pd.DataFrame, objected: pd.Series[bool], opened: Opened
) -> tuple[pd.Series[bool], list[Finding]]:
    """Tests of objections that are fewer than those of an earlier quarter that is known.

    They would take the place of what many tests show.
    """
    ours = tests[objected & tests["down_mbps"].notna()]
    fewer = pd.Series(data=False, index=tests.index)
    if ours.empty:
        return fewer, []
    others = in_latest_quarter(tests[~objected])
    shown = latest_quarter(others, opened.project.dates, opened.project.index.tests)
    counts = shown.loc[shown["measured_status"] == "known", "measured_tests"].to_dict()
    quarters = dict(zip(others["npsn"], others["quarter"], strict=True))
    findings = []
    for (npsn, quarter), rows in ours.groupby(["npsn", "quarter"]):
        if npsn in counts and quarter > quarters[npsn] and len(rows) < counts[npsn]:
            fewer[rows.index] = True
            first = rows.iloc[0]
            findings.append(
                Finding(
                    *("objection_tests_fewer", first["file"], int(first["row"]), str(npsn)),
                    parameters={
                        "tests": len(rows),
                        "quarter": quarter,
                        "known": int(counts[npsn]),
                        "earlier": quarters[npsn],
                    },
                )
            )
    return fewer, findings


def _highest_mbps(opened: Opened) -> float:
    return opened.project.file_checks.measurements.highest_mbps


def in_latest_quarter(tests: pd.DataFrame) -> pd.DataFrame:
    """Those of :func:`read_measurements` of each school's latest quarter that state a download."""
    tests = tests[tests["down_mbps"].notna()]  # without it the link stays unknown
    return tests[tests["quarter"] == tests.groupby("npsn")["quarter"].transform("max")]


def latest_quarter(tests: pd.DataFrame, dates: Sequence[str], rule: OwnTests) -> pd.DataFrame:
    """Each school's tests in its latest quarter, and whether they suffice to know.

    Parameters
    ----------
    tests : DataFrame
        As :func:`read_measurements` gives them.
    dates : sequence of str
        Dates of the inputs: the latest of them is the evidence date, without any that of the
        latest test.
    rule : OwnTests
        Tests and days that are enough, and how old a test may be.

    Returns
    -------
    DataFrame
        Indexed by NPSN: ``measured_`` and each of :data:`MEASURED`, the median; ``difficult_`` and
        each of them, on a difficult day, where there are enough tests on enough days;
        ``measured_tests``, how many there are;
        ``measured_status``, known where there are enough of them on enough days and none is too
        old, otherwise inferred; ``measured_is_indicative``, whether they are too few for more than
        an indication.
    """
    names = [f"{kind}_{value}" for kind in ("measured", "difficult") for value in MEASURED]
    tests = in_latest_quarter(tests)
    if tests.empty:
        empty = pd.DataFrame(columns=names, dtype="float64")
        return empty.assign(
            measured_tests=pd.Series(dtype="Int64"),
            measured_status="",
            measured_is_indicative=pd.Series(dtype="boolean"),
        )
    stated = [end for text in dates if (end := end_of(text)) is not None]
    until = max(stated or tests["day"])
    earliest = (pd.Timestamp(until) - pd.DateOffset(months=rule.months)).date()
    recent = tests.groupby("npsn")
    count, days = recent.size(), recent["day"].nunique()
    several = (count >= rule.minimum_tests) & (days >= rule.minimum_days)
    enough = several & (recent["day"].min() >= earliest)
    found = [
        percentile_of_tests(tests[["npsn", *MEASURED]], percentile).add_prefix(f"{kind}_")
        for kind, percentile in (("measured", MEDIAN), ("difficult", rule.difficult_percentile))
    ]
    usual, difficult = found
    # A few tests, or those of one day, show nothing of a difficult day.
    found = [usual, difficult.where(several.reindex(difficult.index), axis="index")]
    return pd.concat(found, axis="columns").assign(
        measured_tests=count.astype("Int64"),
        measured_status=enough.map({True: "known", False: "inferred"}),
        measured_is_indicative=(count < rule.indicative_tests).astype("boolean"),
    )


def read_values(
    cells: pd.DataFrame, header: Mapping[str, str], highest_mbps: float
) -> dict[str, tuple[pd.Series[str], pd.Series[float]]]:
    """Each of :data:`MEASURED` as given, and as a number: rates in Mbps, latency in ms, a share.

    Parameters
    ----------
    cells : DataFrame
        Text cells of a file of tests.
    header : mapping
        Canonical column to header.
    highest_mbps : float
        A faster line does not exist.
    """
    found = {}
    for name in VALUES:
        in_kbps = name.replace("_mbps", "_kbps")
        given = pd.Series("", index=cells.index, dtype="str")
        values = pd.Series(float("nan"), index=cells.index)
        for column in [each for each in dict.fromkeys((name, in_kbps)) if each in header]:
            texts = cells[header[column]]
            read = read_quantities(
                texts,
                "ms" if name == "latency_ms" else "Mbps",
                header=header[column] if column == name else "rate_kbps",
                possible=(0.0, _SLOWEST_MS if name == "latency_ms" else highest_mbps),
                by_column=True,
            )
            free = is_nothing(given)  # a row has its rate in one of the columns
            given, values = given.where(~free, texts), values.where(~free, read)
        found[name] = (given, values)
    given, values, _ = read_loss(cells, header)
    return {**found, "loss_share": (given, values)}


def is_levels(source: Measurements) -> bool:
    """Whether a source has measured levels and no speed tests beside them."""
    rates = {name: ALIASES[name] for name in ("down_mbps", "down_kbps")}
    return holds_levels(source) and not holds(source, rates)


def read_source_table(source: Measurements) -> RawTable:
    """A table of tests as text."""
    return read_table(
        *(source.path, source.sheet),
        aliases=ALIASES,
        override=source.columns,
        required=("npsn", "date", ("down_mbps", "down_kbps")),
    )


def read_source(source: Measurements, opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """One file of schools' own tests; see :func:`read_measurements`."""
    file, highest_mbps = opened.shown(source.path), _highest_mbps(opened)
    table = read_source_table(source)
    header = recognise(table, ALIASES, override=source.columns, lenient=LOSS)
    rate = "down_kbps" if "down_kbps" in header else "down_mbps"
    required = ("npsn", "date", rate)
    header = recognise(table, ALIASES, override=source.columns, required=required, lenient=LOSS)
    cells = table.cells
    days = read_dates(cells[header["date"]])
    tests = pd.DataFrame(
        {
            "npsn": read_npsn(cells[header["npsn"]]),
            "quarter": [f"{d.year}Q{(d.month + 2) // 3}" if d else "" for d in days],
            "day": days,
            "file": table.files(file),
            "row": cells[ROW],
        }
    )
    findings = table_findings(table, header, ALIASES, file)
    findings += [
        Finding("date_not_read", file=where, row=int(row), npsn=npsn, column="date", value=value)
        for where, row, npsn, value, quarter in zip(
            *(tests[name] for name in ("file", "row", "npsn")),
            *(cells[header["date"]], tests["quarter"]),
            strict=True,
        )
        if not quarter
    ]
    unclear = read_loss(cells, header)[2]
    if unclear:
        findings.append(Finding("loss_unit_unknown", file=file, column=header["loss"]))
    for name, (given, values) in read_values(cells, header, highest_mbps).items():
        tests[name] = values.where(values >= 0)
        if name == "loss_share" and unclear:
            continue  # one finding for the column
        unread = ~is_nothing(given) & tests[name].isna()
        findings += [
            Finding("value_not_read", file=where, row=int(row), npsn=npsn, column=name, value=value)
            for where, row, npsn, value in zip(
                *(each[unread] for each in (tests["file"], tests["row"], tests["npsn"], given)),
                strict=True,
            )
        ]
    tests["latency_ms"] = measured_latency(tests["latency_ms"], tests["down_mbps"])
    return tests[tests["quarter"] != ""].reset_index(drop=True), findings
