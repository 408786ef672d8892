"""Points of schools against areas: where maps are sampled, which area holds them, the capital."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.geo import sample_points
from kalsel_gap.sources.boundaries import capitals, known_kabupaten, standing_areas

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.project.model import Opened


def holding(schools: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Index in `areas` of the area that contains each school; the first of several, -1 for none."""
    usable = schools["lat"].notna().to_numpy()
    school, area = areas.sindex.query(schools.geometry[usable], predicate="intersects")
    first = pd.Series(area).groupby(school).min()
    holds = np.full(len(schools), -1)
    holds[np.flatnonzero(usable)[first.index]] = first
    return holds


def capital_of(
    schools: gpd.GeoDataFrame, opened: Opened
) -> tuple[pd.Series[float], pd.Series[float]]:
    """Latitude and longitude of the capital of the kabupaten that each school claims."""
    table = capitals(opened, known_kabupaten(opened))
    lat = schools["kabupaten"].map({name: at[0] for name, at in table.items()})
    lon = schools["kabupaten"].map({name: at[1] for name, at in table.items()})
    return lat.astype("float64"), lon.astype("float64")


def sampled(
    schools: gpd.GeoDataFrame, opened: Opened, n: int = 61
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points at which a map is sampled for each school: over its circle, or over its area.

    Parameters
    ----------
    schools : GeoDataFrame
        With ``lat``, ``lon``, ``confidence_radius_m``, ``location_area``.
    opened : Opened
        The project.
    n : int
        Points of each.

    Returns
    -------
    lat, lon : float arrays of shape (schools, n)
        Degrees; NaN where the location is unusable. The first point of a circle is its centre.
    """
    lat, lon, radius_m = (
        schools[name].to_numpy() for name in ("lat", "lon", "confidence_radius_m")
    )
    lat, lon = sample_points.disk_points(lat, lon, radius_m, n)
    of_area = schools["location_area"].dropna()
    polygons = standing_areas(opened) if len(of_area) else {}
    inside = {code: sample_points.polygon_points(polygons[code], n) for code in of_area.unique()}
    for at in np.flatnonzero(schools["location_area"].notna()):
        lat[at], lon[at] = inside[schools["location_area"].iloc[at]]
    return lat, lon
