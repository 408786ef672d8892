"""Kabupaten of schools whose register names none: that of their location, and a note says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.findings import Finding, at_school
from kalsel_gap.sources.boundaries import known_kabupaten

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.project.model import Opened


def fill_kabupaten(
    schools: gpd.GeoDataFrame, opened: Opened
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Fill in the kabupaten by location where the register gives none.

    It is done after all checks: no location is confirmed by what was taken from itself.

    Parameters
    ----------
    schools : GeoDataFrame
        With ``row_id``, ``npsn``, ``kabupaten``, ``kabupaten_code`` and ``kabupaten_by_location``.
    opened : Opened
        The project.

    Returns
    -------
    schools : GeoDataFrame
        The same table, without gaps that a location fills.
    findings : list of Finding
        A note for each school whose kabupaten was filled in.
    """
    found = schools["kabupaten_by_location"]
    empty = schools["kabupaten"].isna() & found.notna()
    if not empty.any():
        return schools, []
    codes = found[empty].map(known_kabupaten(opened).codes).replace("", None)
    filled = schools.assign(
        kabupaten=schools["kabupaten"].where(~empty, found),
        kabupaten_code=schools["kabupaten_code"].where(~empty, codes),
    )
    rows = filled.loc[empty, ["row_id", "npsn", "kabupaten"]].itertuples(index=False)
    return filled, [
        at_school("kabupaten_by_location", row_id, npsn, column="kabupaten", value=name)
        for row_id, npsn, name in rows
    ]
