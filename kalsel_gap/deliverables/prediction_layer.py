"""Predictions of a run as features: the level of each operator and technology at each school.

Each stands at the school. Of a doubtful location the row of the claimed area has no geometry: it is
a mean over the area, not over a point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deliverables.codes import CODES
from kalsel_gap.i18n.text import N_, plain

if TYPE_CHECKING:
    from collections.abc import Collection

    import geopandas as gpd

    from kalsel_gap.storage.run_folder import Run

# Label and description of each column, in the order of the columns.
FIELDS: dict[str, tuple[str, str]] = {
    "row_id": (N_("Row"), N_("Register file and row of the school.")),
    "npsn": (N_("NPSN"), N_("NPSN of the school.")),
    "name": (N_("School"), N_("Name as the register gives it.")),
    "place": (
        N_("Place"),
        N_("At the point of the school, or in the area that the row of a doubtful one claims."),
    ),
    "operator": (N_("Operator"), N_("Operator of the site.")),
    "technology": (N_("Technology"), N_("2g, 3g, 4g or 5g.")),
    "level_dbm": (
        N_("Predicted level"),
        N_("Outdoor level of the best server, mean over the circle of position uncertainty, dBm."),
    ),
    "sd_db": (N_("Standard deviation"), N_("Standard deviation of the level, dB.")),
    "adequacy": (N_("Adequacy"), N_("What the level is worth, 0 to 1; see the method.")),
    "status": (
        N_("Status"),
        N_("A value; none: no signal reaches the school; or unknown, with the reason beside it."),
    ),
    "reason": (
        N_("Reason code"),
        N_("Why the level is unknown, or only a lower bound, as a code; empty for neither."),
    ),
    "calibration": (N_("Calibration"), N_("Whether measured levels have corrected the level.")),
    "signal_share": (
        N_("Places with signal"),
        N_("Share of the circle of position uncertainty that has a signal."),
    ),
    "known_share": (
        N_("Places known"),
        N_("Share of the circle of position uncertainty of which something is predicted."),
    ),
    "usable_share": (
        N_("Places with usable signal"),
        N_("Share of the circle of position uncertainty with a usable signal."),
    ),
    "site_id": (N_("Site"), N_("Best server; for a circle, at its centre.")),
    "site_km": (N_("To the site"), N_("Distance to that site, km.")),
    "model": (N_("Model"), N_("Model of the path loss.")),
    "loss_db": (N_("Path loss"), N_("Loss on the path by the model, dB.")),
    "diffraction_db": (N_("Diffraction loss"), N_("Part of it by diffraction, dB.")),
    "vegetation_db": (N_("Loss in woodland"), N_("Loss on the way through trees, dB.")),
    "surroundings_db": (
        N_("Loss by surroundings"),
        N_("Loss by trees and buildings around the school, dB."),
    ),
    "line_of_sight": (N_("Line of sight"), N_("Whether the path is free in median air.")),
    "clearance_ratio": (
        N_("Clearance"),
        N_("Smallest clearance as a share of the first Fresnel radius, in median air."),
    ),
    "clearance_ratio_worst": (
        N_("Clearance at worst"),
        N_("The same in the worst air that is planned for."),
    ),
    "obstacle_km": (N_("Obstacle"), N_("Distance from the school to the worst obstacle, km.")),
    "obstacle_m": (N_("Obstacle: height"), N_("Height of the ground there, m.")),
    "obstacle_excess_m": (
        N_("Obstacle: excess"),
        N_("Height of the ground there above the line of 60 % clearance, m."),
    ),
    "source": (N_("File"), N_("Table of the sites.")),
}
WORDS: dict[str, dict[str, str]] = {
    "place": {"point": N_("point of the school"), "area": N_("claimed area")},
    "technology": {code: CODES[code] for code in schema.RADIO},
    "status": {"value": N_("value"), "none": N_("none"), "unknown": N_("unknown")},
    "calibration": {code: CODES[code] for code in schema.CALIBRATIONS},
}


def prediction_features(run: Run, rows: Collection[str] | None = None) -> gpd.GeoDataFrame:
    """The predictions of the run with the columns of :data:`FIELDS`.

    Parameters
    ----------
    run : Run
        The run.
    rows : collection of str, optional
        ``row_id`` of schools: only predictions for these. All by default.

    Returns
    -------
    GeoDataFrame
        Points in degrees, WGS 84, in the order of the run; no rows where nothing was predicted.
    """
    import geopandas as gpd

    found = run.table("predictions")
    if rows is not None:
        found = found[found["row_id"].isin(set(rows))]
    found = found.reset_index(drop=True)
    schools = run.schools.drop_duplicates("row_id").set_index("row_id")
    at = schools[["lat", "lon"]].reindex(found["row_id"])
    lat, lon = (at[axis].to_numpy("float64") for axis in ("lat", "lon"))
    points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=schema.CRS)
    points = points.where(~np.isnan(lat) & (found["place"] == "point").to_numpy(), None)
    table = found.assign(
        name=found["row_id"].map(schools["name"]),
        line_of_sight=found["line_of_sight"].astype("boolean"),
    )
    for name in (each for each in FIELDS if pd.api.types.is_string_dtype(table[each])):
        texts = table[name].where(table[name] != "", None)
        table[name] = texts.map(plain, na_action="ignore").astype("str")
    return gpd.GeoDataFrame(table[list(FIELDS)], geometry=points)
