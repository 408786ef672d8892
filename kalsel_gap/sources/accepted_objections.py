"""Accepted objections of the project, as facts that take the place of those of registers.

The file that the project names holds judged objections. Those that count are used by the stages:
pupils, a fixed network, a location, own speed tests, *already planned* and *closed*. One that an
office must still confirm changes no number.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding, at_school
from kalsel_gap.sources.objections import TESTED, read_objections

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kalsel_gap.project.model import Opened
    from kalsel_gap.sources.coordinates import Bounds
    from kalsel_gap.sources.objections import Objection


class AcceptedObjections:
    """The objections of a project that count, and those that are open.

    Parameters
    ----------
    opened : Opened
        The project.

    Raises
    ------
    InputError, SeveralErrors
        As of :func:`.objections.read_objections`.
    """

    def __init__(self, opened: Opened) -> None:
        section = opened.project.objections
        self._path, self._shown = section.path, opened.shown(section.path)
        self.findings: list[Finding] = []
        stored: list[Objection] = []
        if section.used and section.path.exists():
            highest_mbps = opened.project.file_checks.measurements.highest_mbps
            known = section.known_abbreviations
            stored = read_objections(section.path, highest_mbps, known, is_stored=True)
        elif section.used and opened.origins.get("objections.path") in ("project", "option"):
            self.findings.append(Finding("objections_missing", file=self._shown))
        self._counting = [each for each in stored if each.counts and each.npsn and each.code]
        self._open = [each for each in stored if each.is_open and each.npsn and each.code]

    def codes(self, npsn: pd.Series[str]) -> pd.Series[str]:
        """Codes of the objections that count for each school, separated by semicolons."""
        found: dict[str, set[str]] = {}
        for each in self._counting:
            found.setdefault(each.npsn, set()).add(each.code)
        joined = {number: "; ".join(sorted(codes)) for number, codes in found.items()}
        return npsn.map(joined).where(npsn != "").astype("str")

    def contested(self, npsn: pd.Series[str]) -> pd.Series[bool]:
        """Schools of which an objection says that less, or more, signal is available than shown."""
        of_signal = [
            each.npsn
            for each in (*self._counting, *self._open)
            if each.code == "availability" and each.service != "fixed"
        ]
        return npsn.isin(of_signal) & (npsn != "")

    def apply(self, cells: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
        """Cells with the pupils and fixed networks of objections; a note for each, and others.

        Parameters
        ----------
        cells : DataFrame
            Text cells of the registers.
        """
        findings = [*self.findings, *self._about_schools(cells)]
        students = {each.npsn: f"{each.students:.0f}" for each in self._latest("enrolment")}
        fixed = {
            each.npsn: "ya"
            for each in self._counting
            if each.code == "availability" and each.service == "fixed"
        }
        if not students and not fixed:
            return cells, findings
        cells = cells.copy()
        for column, values in (("students", students), ("fixed_network", fixed)):
            concerned = cells["npsn"].isin(set(values) - {""})
            for index in cells.index[concerned]:
                file, row, npsn, given = cells.loc[index, ["file", "row", "npsn", column]]
                findings.append(
                    Finding(
                        "objection_used",
                        file=str(file),
                        row=int(row),
                        npsn=str(npsn),
                        column=column,
                        value=str(given),
                        proposal=values[npsn],
                        parameters={"used": values[npsn]},
                    )
                )
                cells.loc[index, column] = values[npsn]
        return cells, findings

    def places(self, bounds: Bounds) -> dict[str, tuple[float, float]]:
        """Locations that objections have corrected, by NPSN: latitude and longitude.

        Raises
        ------
        InputError
            The office has accepted one outside the area of the project.
        """
        south, west, north, east = bounds
        found = {}
        for each in self._latest("location"):
            if south <= each.lat <= north and west <= each.lon <= east:
                found[each.npsn] = each.lat, each.lon
            elif each.decision == "accepted":
                raise InputError(
                    "decision_outside_area", path=self._path, row=each.row, column="decision"
                )
        return found

    def tests(self) -> pd.DataFrame:
        """Speed tests of objections, with the columns of :func:`.speed_tests.read_measurements`."""
        rows = [
            {
                "npsn": each.npsn,
                "quarter": f"{each.date.year}Q{(each.date.month + 2) // 3}",
                "day": each.date,
                "down_mbps": each.down_mbps,
                "up_mbps": each.up_mbps,
                "latency_ms": each.latency_ms,
                "file": self._shown,
                "row": each.row,
                "time": each.time,
            }
            for each in self._counting
            if each.code in TESTED and each.date is not None and each.down_mbps >= 0
        ]
        # One test may be evidence for its speed and for its latency.
        names = ["npsn", "day", "time", "down_mbps", "up_mbps", "latency_ms"]
        columns = ["npsn", "quarter", "day", "down_mbps", "up_mbps", "latency_ms", "file", "row"]
        return pd.DataFrame(rows, columns=[*columns, "time"]).drop_duplicates(names)[columns]

    def _latest(self, code: str) -> Iterator[Objection]:
        """Of each school the latest number or place of a code that can be used."""
        usable = [
            each
            for each in self._counting
            if each.code == code
            and each.date is not None
            and (each.students >= 1 if code == "enrolment" else not math.isnan(each.lat + each.lon))
        ]
        usable.sort(key=lambda each: (each.date, each.identity()))
        yield from {each.npsn: each for each in usable}.values()

    def _about_schools(self, cells: pd.DataFrame) -> Iterable[Finding]:
        """Objections about no school of the register, and those that an office must confirm."""
        rows = zip(cells["npsn"], cells["file"], cells["row"], strict=True)
        known = {npsn: f"{file}:{row}" for npsn, file, row in rows if npsn}
        for each in (*self._counting, *self._open):
            if each.npsn not in known:
                yield Finding(
                    "objection_without_school",
                    file=self._shown,
                    row=each.row,
                    npsn=each.npsn,
                    column="npsn",
                    value=each.npsn,
                )
        stated = {
            (each.npsn, each.code, each.is_statement): each
            for each in self._open
            if each.npsn in known
        }
        for npsn, code, is_statement in sorted(stated):
            each = stated[npsn, code, is_statement]
            yield at_school(
                "objection_unmeasured" if is_statement else "objection_open",
                known[npsn],
                npsn,
                value=code,
                parameters={"objections": self._shown, "line": each.row},
            )
        for npsn in sorted({e.npsn for e in self._counting if e.code == "planned"} & set(known)):
            yield at_school("objection_planned", known[npsn], npsn)
