"""Every check that a project's files allow: rows, locations and each kind of file.

A check of a file is a function of the project and the schools, and changes neither. A new one gets
its line in :func:`file_checks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kalsel_gap.findings import Finding, to_frame
from kalsel_gap.quality.repairs import Proposal, as_table
from kalsel_gap.quality.stage import judge_rows
from kalsel_gap.quality.unusable_files import check_layers, run_without_unusable
from kalsel_gap.quality.value_repairs import value_proposals
from kalsel_gap.sources.places import locate_places
from kalsel_gap.sources.registers import read_cells
from kalsel_gap.sources.schools import schools_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pandas as pd

    from kalsel_gap.project.model import Opened

    FileCheck = Callable[[Opened, gpd.GeoDataFrame], list[Finding]]
    ReportStep = Callable[[str, int, int], None]

STEPS = ("schools", "quality", "places", "files")


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything that the checks find.

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


def check_all(opened: Opened, report: ReportStep = lambda *_: None) -> Checked:
    """Run every check that the project's files allow.

    An unusable file is a finding, and the other files are checked without it.

    Parameters
    ----------
    opened : Opened
        The project.
    report : callable
        Receives the step, how many of its parts are done, and of how many.

    Raises
    ------
    InputError
        A register is unusable, or the accepted repairs are.
    """
    (schools, findings, proposals), broken = run_without_unusable(
        lambda usable: _checked(usable, report), opened
    )
    # Several checks use one reader, which reports the same finding each time.
    table = to_frame([*findings, *broken]).drop_duplicates()
    repairs = as_table(proposals, value_proposals(findings, schools))
    return Checked(schools, table, repairs)


def _checked(
    opened: Opened, report: ReportStep
) -> tuple[gpd.GeoDataFrame, list[Finding], list[Proposal]]:
    report("schools", 0, 1)
    cells, findings = read_cells(opened)
    schools, found = schools_of(cells, opened)
    findings += found
    report("quality", 0, 1)
    judged, proposals = judge_rows(schools, cells, opened)
    schools = schools.join(judged.columns)
    report("places", 0, 1)
    staged = locate_places(schools, opened)
    schools = schools.join(staged.columns)
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
    from kalsel_gap.quality.plan_tables import check_plan_tables
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
            check_plan_tables,
        ),
        check_layers,
    )
