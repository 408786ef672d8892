"""Places where schools may stand: where maps are sampled, which area holds them, the capital."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from kalsel_gap.geo import sample_points
from kalsel_gap.sources.boundaries import capitals, known_kabupaten, standing_areas

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.project.model import Opened

# What :func:`alternatives` and :func:`at_likelier_place` read.
POSITION = (
    *("lat", "lon", "confidence_radius_m", "location_area"),
    *("claimed_area", "point_weight", "point_radius_m"),
)
_EVEN = 0.5  # weight of a point that is as likely as the claimed area


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


def alternatives(schools: gpd.GeoDataFrame, opened: Opened) -> gpd.GeoDataFrame:
    """Every place at which a school may stand: one row for each, two for a doubtful point.

    Parameters
    ----------
    schools : GeoDataFrame
        With ``row_id`` and the columns :data:`POSITION`.
    opened : Opened
        The project.

    Returns
    -------
    GeoDataFrame
        The same columns, their index repeated, and ``place``: *point*, the location as given (or
        the area that an accepted repair put in its place), or *area*, the claimed area. Of a
        doubtful point the radius is that of the boundary's imprecision. A point that has no weight
        is left out.
    """
    doubtful = schools["claimed_area"].notna()
    points = schools.assign(
        place="point",
        confidence_radius_m=schools["confidence_radius_m"].mask(
            doubtful, schools["point_radius_m"]
        ),
    )
    points = points[~(doubtful & (schools["point_weight"] == 0.0))]
    areas = _moved(schools[doubtful], opened).assign(
        place="area", location_area=schools["claimed_area"]
    )
    return pd.concat([points, areas]) if doubtful.any() else points


def at_likelier_place(schools: gpd.GeoDataFrame, opened: Opened) -> gpd.GeoDataFrame:
    """The schools, each at the likelier of the places where it may stand.

    Parameters
    ----------
    schools : GeoDataFrame
        With ``lat``, ``lon``, ``claimed_area`` and ``point_weight``.
    opened : Opened
        The project.

    Returns
    -------
    GeoDataFrame
        Points that are less likely than the claimed area lie at a point inside that area.
    """
    moved = is_likelier_elsewhere(schools)
    if not moved.any():
        return schools
    found = schools.copy()
    there = _moved(schools[moved], opened)
    for name in ("lat", "lon", "geometry"):
        found.loc[moved, name] = there[name]
    return found


def is_likelier_elsewhere(schools: pd.DataFrame) -> pd.Series[bool]:
    """Whether the claimed area is likelier than the point as given."""
    return schools["claimed_area"].notna() & (schools["point_weight"] < _EVEN)


def _moved(schools: gpd.GeoDataFrame, opened: Opened) -> gpd.GeoDataFrame:
    """Schools at a point inside of the area that they claim."""
    if schools.empty:
        return schools
    polygons = standing_areas(opened)
    inside = {
        code: shapely.point_on_surface(polygons[code]) for code in schools["claimed_area"].unique()
    }
    points = schools["claimed_area"].map(inside)
    return schools.assign(
        lat=points.map(lambda point: point.y).astype("float64"),
        lon=points.map(lambda point: point.x).astype("float64"),
    ).set_geometry(points.to_numpy(), crs=schools.crs)


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
