"""What is wrong with the inputs: findings, proposed repairs, and how sure each location is.

A check of rows is a function of the schools table, the register's own cells, the areas that rows
claim and the project; a check of another kind of file of the project and the schools. None changes
what it is given. A new one gets its line in :data:`ROW_CHECKS` or :func:`file_checks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kalsel_gap import schema
from kalsel_gap.findings import Finding, at_school, to_frame
from kalsel_gap.quality.claimed_areas import claims_of
from kalsel_gap.quality.confidence import grade_locations
from kalsel_gap.quality.locations import check_locations
from kalsel_gap.quality.registers import check_registers
from kalsel_gap.quality.repairs import Proposal, as_table, judge
from kalsel_gap.quality.unusable_files import check_layers, tried
from kalsel_gap.sources.coordinates import spelled
from kalsel_gap.sources.places import locate_places
from kalsel_gap.sources.schools import read_cells, schools_of
from kalsel_gap.stages import Staged

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pandas as pd

    from kalsel_gap.project.model import Opened
    from kalsel_gap.quality.claimed_areas import Claims

    RowCheck = Callable[[gpd.GeoDataFrame, pd.DataFrame, Claims, Opened], list[Finding]]
    FileCheck = Callable[[Opened, gpd.GeoDataFrame], list[Finding]]
    ReportStep = Callable[[str, int, int], None]

READS = (
    *("row_id", "npsn", "name", "level", "ownership", "kabupaten", "kecamatan"),
    *("lat_given", "lon_given"),
    *("lat", "lon", "location_status", "location_area"),
)
SECTIONS = (
    *("schools", "attributes", "boundaries", "coastline", "facilities", "measurements", "sites"),
    *("repairs", "registers", "locations", "confidence", "signal.radius_m"),
)

STEPS = ("schools", "places", "quality", "files")

# Of rows of the register and their locations: `rank` runs these too.
ROW_CHECKS: tuple[RowCheck, ...] = (
    lambda schools, _, claims, opened: check_locations(schools, claims, opened),
    lambda _, cells, __, opened: check_registers(cells, opened),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything that a check finds.

    Attributes
    ----------
    schools : GeoDataFrame
        The table up to the stage *quality*.
    findings : DataFrame
        Columns of :data:`kalsel_gap.findings.COLUMNS`.
    repairs : DataFrame
        What a person can accept, :func:`kalsel_gap.quality.repairs.as_table`.
    """

    schools: gpd.GeoDataFrame
    findings: pd.DataFrame
    repairs: pd.DataFrame


def check_quality(schools: gpd.GeoDataFrame, opened: Opened) -> Staged:
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
    cells, _ = read_cells(opened)  # what the reader found in them it has told already
    return _quality(schools, cells, opened)[0]


def check_all(opened: Opened, report: ReportStep = lambda *_: None) -> Checked:
    """Run every check that the project's files allow.

    A file that cannot be used is a finding, and the others are checked without it.

    Parameters
    ----------
    opened : Opened
        The project.
    report : callable
        Told the step, how many of its parts are done, and of how many.

    Raises
    ------
    InputError
        A register is unusable, or the accepted repairs are.
    """
    (schools, findings, proposals), broken = tried(lambda usable: _checked(usable, report), opened)
    # A reader tells the same thing to everybody who reads with it.
    told = to_frame([*findings, *broken]).drop_duplicates()
    return Checked(schools, told, as_table(proposals))


def _checked(
    opened: Opened, report: ReportStep
) -> tuple[gpd.GeoDataFrame, list[Finding], list[Proposal]]:
    report("schools", 0, 1)
    cells, findings = read_cells(opened)
    schools, told = schools_of(cells, opened)
    findings += told
    report("places", 0, 1)
    staged = locate_places(schools, opened)
    schools = schools.join(staged.columns)
    report("quality", 0, 1)
    judged, proposals = _quality(schools, cells, opened)
    schools = schools.join(judged.columns)
    findings = [*findings, *staged.findings, *judged.findings]
    checks = file_checks()
    for done, check in enumerate(checks):
        report("files", done, len(checks))
        findings += check(opened, schools)
    report("files", 1, 1)
    return schools, findings, proposals


def file_checks() -> tuple[FileCheck, ...]:
    """Checks of the other kinds of files: only `check` runs these, and only they need GDAL."""
    from kalsel_gap.quality.boundaries import check_boundaries
    from kalsel_gap.quality.coverage import check_coverage
    from kalsel_gap.quality.elevation import check_elevation
    from kalsel_gap.quality.land_cover import check_land_cover
    from kalsel_gap.quality.sites import check_sites
    from kalsel_gap.quality.speed_tests import check_speed_tests

    return (
        *(
            check_boundaries,
            check_coverage,
            check_elevation,
            check_land_cover,
            check_sites,
            check_speed_tests,
        ),
        check_layers,
    )


def _quality(
    schools: gpd.GeoDataFrame, cells: pd.DataFrame, opened: Opened
) -> tuple[Staged, list[Proposal]]:
    claims = claims_of(schools, cells, opened)
    doubts, proposals = judge(schools, claims, opened)
    findings = _with_repairs(schools, doubts)
    for check in ROW_CHECKS:
        findings += check(schools, cells, claims, opened)
    columns = grade_locations(schools, findings, claims, opened)
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
