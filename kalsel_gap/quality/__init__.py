"""What is wrong with the inputs: findings, proposed repairs, and how sure each location is.

A check of rows is a function of the schools table and the project; a check of another kind of
file of the project and the schools. None changes what it is given. A new one gets its line in
:data:`ROW_CHECKS` or :data:`FILE_CHECKS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kalsel_gap import schema
from kalsel_gap.findings import Finding, at_school
from kalsel_gap.places import Staged, places
from kalsel_gap.quality.claims import claims_of
from kalsel_gap.quality.confidence import confidence
from kalsel_gap.quality.repairs import Proposal, judge
from kalsel_gap.sources.coordinates import spelled
from kalsel_gap.sources.schools import read_schools

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from kalsel_gap.project import Opened

    RowCheck = Callable[[gpd.GeoDataFrame, Opened], list[Finding]]
    FileCheck = Callable[[Opened, gpd.GeoDataFrame], list[Finding]]
    Report = Callable[[str, int, int], None]

READS = (
    *("row_id", "npsn", "name", "kabupaten", "kecamatan", "lat_given", "lon_given"),
    *("lat", "lon", "location_status", "location_area"),
)
SECTIONS = ("schools", "boundaries", "repairs", "confidence", "signal.radius_m")

# Of rows of the register and their locations: `rank` runs these too.
ROW_CHECKS: tuple[RowCheck, ...] = ()
# Of the other kinds of files: only `check` runs these.
FILE_CHECKS: tuple[FileCheck, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything that a check finds.

    Attributes
    ----------
    findings : list of Finding
        All of them, in no particular order.
    schools : GeoDataFrame
        The table up to the stage *quality*.
    proposals : list of Proposal
        Repairs that a person can accept.
    """

    findings: list[Finding]
    schools: gpd.GeoDataFrame
    proposals: list[Proposal]


def quality(schools: gpd.GeoDataFrame, opened: Opened) -> Staged:
    """Findings about rows and locations, and the grade of each location.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns :data:`READS`.
    opened : Opened
        The project.

    Returns
    -------
    Staged
        The columns of the stage *quality*.
    """
    return _quality(schools, opened)[0]


def check_all(opened: Opened, report: Report = lambda *_: None) -> Checked:
    """Run every check that the project's files allow.

    Parameters
    ----------
    opened : Opened
        The project.
    report : callable
        Told the step, how many of its parts are done, and of how many.

    Raises
    ------
    InputError
        A file is unusable as a whole.
    """
    report("schools", 0, 1)
    schools, findings = read_schools(opened)
    report("places", 0, 1)
    staged = places(schools, opened)
    schools = schools.join(staged.columns)
    report("quality", 0, len(FILE_CHECKS) + 1)
    judged, proposals = _quality(schools, opened)
    schools = schools.join(judged.columns)
    findings = [*findings, *staged.findings, *judged.findings]
    for done, check in enumerate(FILE_CHECKS, start=1):
        report("quality", done, len(FILE_CHECKS) + 1)
        findings += check(opened, schools)
    report("quality", 1, 1)
    return Checked(findings, schools, proposals)


def _quality(schools: gpd.GeoDataFrame, opened: Opened) -> tuple[Staged, list[Proposal]]:
    claims = claims_of(schools, opened)
    doubts, proposals = judge(schools, opened, claims)
    findings = _with_repairs(schools, doubts)
    for check in ROW_CHECKS:
        findings += check(schools, opened)
    columns = confidence(schools, findings, claims, opened)
    return Staged(schema.table(columns, schema.of_stage("quality")), findings), proposals


def _with_repairs(schools: gpd.GeoDataFrame, doubts: list[Finding]) -> list[Finding]:
    """Doubts about locations as they were given, less those that an accepted repair settles."""
    settled = schools["location_status"].isin(("repaired", "area"))
    mended = set(schools.loc[settled, "row_id"])
    notes = [
        at_school(
            "location_is_area" if area else "location_repaired",
            row_id,
            npsn,
            column="lat, lon",
            value=f"{lat_given}, {lon_given}",
            parameters={"area": area} if area else {"used": spelled(lat, lon)},
        )
        for row_id, npsn, lat_given, lon_given, lat, lon, area in schools.loc[
            settled,
            ["row_id", "npsn", "lat_given", "lon_given", "lat", "lon", "location_area"],
        ]
        .fillna({"location_area": ""})
        .itertuples(index=False)
    ]
    return [f for f in doubts if f"{f.file}:{f.row}" not in mended] + notes
