"""Stage quality: what is wrong with rows and locations, and how sure each location is.

A check of rows is a function of the schools table, the register's own cells, the areas that rows
claim and the project. None changes its arguments. A new check gets its line in :data:`ROW_CHECKS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap import schema
from kalsel_gap.findings import Finding, at_school
from kalsel_gap.quality.claimed_areas import claims_of
from kalsel_gap.quality.confidence import grade_locations
from kalsel_gap.quality.locations import check_locations
from kalsel_gap.quality.registers import check_registers
from kalsel_gap.quality.repairs import Proposal, propose_repairs
from kalsel_gap.sources.coordinates import format_coordinates
from kalsel_gap.stages import Stage, Staged

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pandas as pd

    from kalsel_gap.project.model import Opened
    from kalsel_gap.quality.claimed_areas import Claims
    from kalsel_gap.stages import Tables

    RowCheck = Callable[[gpd.GeoDataFrame, pd.DataFrame, Claims, Opened], list[Finding]]

# Of rows of the register and their locations: `rank` runs these too.
ROW_CHECKS: tuple[RowCheck, ...] = (
    lambda schools, _, claims, opened: check_locations(schools, claims, opened),
    lambda _, cells, __, opened: check_registers(cells, opened),
)


def check_quality(schools: gpd.GeoDataFrame, opened: Opened, tables: Tables, *_: object) -> Staged:
    """Findings about rows and locations, and the grade of each location.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns that :data:`STAGE` reads.
    opened : Opened
        The project.
    tables : mapping of DataFrame
        ``cells`` of the registers, of the stage *schools*.

    Returns
    -------
    Staged
        The columns of the stage *quality*.
    """
    return judge_rows(schools, tables["cells"], opened)[0]


STAGE = Stage(
    "quality",
    check_quality,
    reads=(
        *("row_id", "npsn", "name", "level", "ownership", "kabupaten", "kecamatan"),
        *("lat_given", "lon_given"),
        *("lat", "lon", "location_status", "location_area"),
    ),
    sections=(
        *("schools", "attributes", "boundaries", "coastline", "facilities", "measurements"),
        *("sites", "repairs", "registers", "locations", "confidence"),
        *("signal.radius_m", "signal.point_weight"),
    ),
    tables=("cells",),
    writes=("quality",),
)


def judge_rows(
    schools: gpd.GeoDataFrame, cells: pd.DataFrame, opened: Opened
) -> tuple[Staged, list[Proposal]]:
    """The columns and findings of the stage, and what a person can accept.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns that :data:`STAGE` reads.
    cells : DataFrame
        Of the registers, as :func:`kalsel_gap.sources.registers.read_cells` gives them.
    opened : Opened
        The project.
    """
    claims = claims_of(schools, cells, opened)
    doubts, proposals = propose_repairs(schools, claims, opened)
    findings = _with_repairs(schools, doubts)
    for check in ROW_CHECKS:
        findings += check(schools, cells, claims, opened)
    columns = grade_locations(schools, findings, claims, opened)
    return Staged(schema.table(columns, schema.of_stage("quality")), findings), proposals


def _with_repairs(schools: gpd.GeoDataFrame, doubts: list[Finding]) -> list[Finding]:
    """Findings about locations as given, without those that an accepted repair settles."""
    settled = schools["location_status"].isin(("repaired", "area"))
    mended = set(schools.loc[settled, "row_id"])
    notes = [
        at_school(
            "location_is_area" if area else "location_repaired",
            row_id,
            npsn,
            column="lat, lon",
            value=f"{lat_given}, {lon_given}",
            parameters={"area": area} if area else {"used": format_coordinates(lat, lon)},
        )
        for row_id, npsn, lat_given, lon_given, lat, lon, area in schools.loc[
            settled,
            ["row_id", "npsn", "lat_given", "lon_given", "lat", "lon", "location_area"],
        ]
        .fillna({"location_area": ""})
        .itertuples(index=False)
    ]
    return [f for f in doubts if f"{f.file}:{f.row}" not in mended] + notes
