"""Terrain of each school: relief, sea and islands, flags, the primary class, and distances.

Thresholds come from ``defaults/terrain.toml``. A flag whose layer the project does not have stays
unknown; so does every fact of a school without a usable location.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from kalsel_gap import schema
from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding, at_school
from kalsel_gap.geo import geodesy, sample_points
from kalsel_gap.sources.formats.vector_layers import read_vector, single_parts
from kalsel_gap.sources.school_points import at_likelier_place, capital_of
from kalsel_gap.stages import Stage, Staged, silent
from kalsel_gap.terrain.class_points import (
    RELIEF,
    classify,
    sea_and_low_coast,
    set_islands,
    set_relief,
    set_shore,
    set_wetlands,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.project.inputs import Elevation, VectorLayer
    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.terrain import Terrain
    from kalsel_gap.stages import Progress, Tables
    from kalsel_gap.terrain.horizon import HorizonSight
    from kalsel_gap.terrain.sea_mask import SeaMask
    from kalsel_gap.terrain.topographic_position import Neighbourhood

HORIZONS = (
    *("npsn", "row_id", "azimuth_deg", "horizon_deg", "found_deg"),
    *("distance_m", "obstacle_lat", "obstacle_lon"),
)
# Columns that only an elevation model gives, except the landform.
_EXPOSURE = (
    *("slope_1km_deg", "max_slope_1km_deg", "max_slope_5km_deg", "land_share_5km"),
    *("relative_height_1km_m", "relative_height_5km_m", "height_share_1km", "height_share_5km"),
    *("max_horizon_deg", "sky_view_share", "leo_open_share", "leo_clear"),
    *("satellite_margin_deg", "satellite_clear"),
)


def describe_terrain(
    schools: gpd.GeoDataFrame, opened: Opened, tables: Tables, progress: Progress = silent
) -> Staged:
    """The columns of the stage *terrain*.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns that :data:`STAGE` reads. A doubtful point that is less likely than the
        area that the school claims is described at a point in that area.
    opened : Opened
        The project.
    tables : mapping of DataFrame
        ``sites`` and ``sea``, of the stages of these names.
    progress : callable
        Called with the number of parts done and of all while the elevation model is read.

    Returns
    -------
    Staged
        Table ``horizons`` besides the columns: :data:`HORIZONS`, one row for each school with an
        elevation and each direction.

    Raises
    ------
    InputError
        A layer is unusable, or the elevation model touches no school.
    """
    limits = opened.project.terrain
    schools = at_likelier_place(schools, opened)
    lat, lon = schools["lat"].to_numpy(), schools["lon"].to_numpy()
    facts = pd.DataFrame(index=schools.index)
    sea, low_coast = sea_and_low_coast(opened, tables["sea"])
    findings: list[Finding] = []
    horizons = _surroundings(facts, schools, opened, sea, progress)
    set_shore(facts, lat, lon, opened, sea, low_coast)
    _crossing(facts, schools, opened, sea)
    set_islands(facts, lat, lon, opened)
    set_wetlands(facts, lat, lon, opened)
    classify(facts, schools["reached_by_water"], limits)
    sites = tables["sites"]
    modern = sites[sites["technology"].isin(["4g", "5g"])]
    facts["site_4g_km"] = (
        geodesy.nearest_point_m(
            lat, lon, modern["lat"].to_numpy("float64"), modern["lon"].to_numpy("float64")
        )[0]
        / 1000
    )
    facts["fibre_km"] = _distance_km(lat, lon, opened.project.fibre)
    facts["road_km"] = _distance_km(lat, lon, opened.project.roads)
    facts["river_km"] = _distance_km(lat, lon, opened.project.rivers)
    located = np.isfinite(lat)
    if opened.project.elevation is not None:
        off = located & facts["mean_slope_deg"].isna() & facts["local_relief_m"].isna()
        findings += _off(schools, off.to_numpy(), opened.shown(opened.project.elevation.path))
    columns = schema.table(facts, schema.of_stage("terrain"))
    return Staged(columns, findings, {"horizons": horizons})


STAGE = Stage(
    "terrain",
    describe_terrain,
    reads=(
        *("row_id", "npsn", "lat", "lon", "kabupaten", "reached_by_water"),
        *("claimed_area", "point_weight"),
    ),
    sections=(
        *("terrain", "elevation", "coastline", "wetlands", "rivers", "roads", "fibre"),
        "boundaries",
    ),
    tables=("sites", "sea"),
    writes=("terrain",),
)


def _surroundings(
    facts: pd.DataFrame,
    schools: gpd.GeoDataFrame,
    opened: Opened,
    sea: SeaMask | None,
    progress: Progress | None,
) -> pd.DataFrame:
    """Facts of the elevation model about the land around schools; the table of the horizons."""
    source, limits = opened.project.elevation, opened.project.terrain
    lat, lon = schools["lat"].to_numpy(), schools["lon"].to_numpy()
    azimuth, elevation = geodesy.look_angles(lat, lon, limits.satellite.lon_deg)
    facts["satellite_azimuth_deg"], facts["satellite_elevation_deg"] = azimuth, elevation
    facts["exposure_status"] = "unknown"
    if source is None:
        facts[[*RELIEF, "mountain_class", *_EXPOSURE]] = np.nan
        facts["landform"] = pd.Series(None, index=facts.index, dtype="str")
        return pd.DataFrame(columns=list(HORIZONS))
    from kalsel_gap.terrain import (
        topographic_position,  # compiles kernels: only when they are needed
    )

    elevation_m = _elevation_m(source, lat, lon)
    around = np.linspace(0.0, 360.0, limits.horizon.directions, endpoint=False, dtype=np.float64)
    found, near, wide, sight = topographic_position.exposure_at(
        source.tiles,
        lat,
        lon,
        elevation_m,
        np.column_stack([np.tile(around, (lat.size, 1)), azimuth]),
        horizon=limits.horizon,
        slope_radius_m=limits.radius_m.slope,
        relief_radius_m=limits.radius_m.relief,
        sea=sea,
        band=source.band,
        progress=progress,
    )
    set_relief(facts, found, limits)
    _exposure(facts, near, wide, sight, limits)
    is_known = facts["elevation_m"].notna().to_numpy()
    return _horizons(schools, is_known, around, sight)


def _elevation_m(
    source: Elevation, lat: NDArray[np.float64], lon: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Elevation of schools."""
    from kalsel_gap.geo import sampling
    from kalsel_gap.terrain import relief_at_points  # kernels and GDAL: only when they are needed

    sampling.refuse_no_heights(source.tiles, source.band)
    if np.isfinite(lat).any() and not sampling.touches(source.tiles, lat, lon):
        raise InputError("raster_touches_no_school", path=source.path[0])
    elevation_m: NDArray[np.float64] = relief_at_points.elevation_at(
        source.tiles, lat, lon, band=source.band
    )
    return elevation_m


def _crossing(
    facts: pd.DataFrame, schools: gpd.GeoDataFrame, opened: Opened, sea: SeaMask | None
) -> None:
    """The water on the way to the capital."""
    facts["water_share"] = facts["water_crossing_km"] = np.nan
    if sea is None or not sea.any():
        return
    lat, lon = schools["lat"].to_numpy(), schools["lon"].to_numpy()
    to_lat, to_lon = capital_of(schools, opened)
    way_lat, way_lon = sample_points.path_points(
        lat, lon, to_lat.to_numpy(), to_lon.to_numpy(), points=opened.project.terrain.water.points
    )
    wet, off = sea.at(way_lat, way_lon)
    void = sea.voids.at(way_lat, way_lon)[0] if sea.voids is not None else np.zeros_like(off)
    somewhere_unknown = (off | void).any(axis=1)
    facts["water_share"] = np.where(somewhere_unknown, np.nan, wet.mean(axis=1))
    crossing_m = sample_points.longest_stretch_m(
        *(lat, lon, to_lat.to_numpy(), to_lon.to_numpy()), wet, lambda y, x: sea.at(y, x)[0]
    )
    facts["water_crossing_km"] = np.where(somewhere_unknown, np.nan, crossing_m / 1000)


def _exposure(
    facts: pd.DataFrame,
    near: Neighbourhood,
    wide: Neighbourhood,
    sight: HorizonSight,
    limits: Terrain,
) -> None:
    """Access, relative height, horizons and open sky."""
    from kalsel_gap.terrain import horizon as horizons
    from kalsel_gap.terrain import (  # compile kernels: only when they are needed
        topographic_position,
    )

    facts["slope_1km_deg"] = near.slope_deg
    for name, disk in (("1km", near), ("5km", wide)):
        facts[f"max_slope_{name}_deg"] = disk.max_slope_deg
        facts[f"relative_height_{name}_m"] = disk.relative_height_m
        facts[f"height_share_{name}"] = disk.height_share
    facts["land_share_5km"] = wide.land_share
    landform = topographic_position.landform(near, facts["slope_deg"].to_numpy(), limits.landform)
    facts["landform"] = pd.Series(landform, index=facts.index, dtype="str").where(landform != "")
    horizon = sight.horizon_deg[:, :-1]
    facts["max_horizon_deg"] = horizon.max(axis=1)
    facts["sky_view_share"] = horizons.sky_view_share(horizon)
    facts["leo_open_share"] = horizons.open_share(horizon, limits.leo.lowest_deg)
    known = facts["max_horizon_deg"].notna()
    facts["exposure_status"] = np.where(known, "known", "unknown")
    facts["leo_clear"] = _flag(facts["leo_open_share"] >= limits.leo.open_share, known)
    elevation = facts["satellite_elevation_deg"].to_numpy()
    # Terrain that was found hides the satellite, even if the horizon is unknown beyond a void.
    facts["satellite_margin_deg"] = elevation - sight.horizon_deg[:, -1]
    at_most = pd.Series(elevation - sight.found_deg[:, -1], index=facts.index)
    hidden = at_most < limits.satellite.margin_deg
    facts["satellite_clear"] = _flag(~hidden, facts["satellite_margin_deg"].notna() | hidden)


def _flag(holds: pd.Series[bool], known: pd.Series[bool]) -> pd.Series[bool]:
    return holds.astype("boolean").mask(~known)


def _horizons(
    schools: gpd.GeoDataFrame,
    known: NDArray[np.bool_],
    azimuth: NDArray[np.float64],
    sight: HorizonSight,
) -> pd.DataFrame:
    """The horizons of schools with an elevation, tidy: :data:`HORIZONS`."""
    school, direction = (places.ravel() for places in np.indices((known.sum(), azimuth.size)))
    values = {
        "azimuth_deg": azimuth[direction],
        "horizon_deg": sight.horizon_deg[known][school, direction],
        "found_deg": sight.found_deg[known][school, direction],
        "distance_m": sight.distance_m[known][school, direction],
        "obstacle_lat": sight.lat[known][school, direction],
        "obstacle_lon": sight.lon[known][school, direction],
    }
    ids = schools.loc[known, ["npsn", "row_id"]].iloc[school].reset_index(drop=True)
    table: pd.DataFrame = ids.join(pd.DataFrame(values))[list(HORIZONS)]
    return table.sort_values(["row_id", "azimuth_deg"], kind="stable", ignore_index=True)


def _distance_km(
    lat: NDArray[np.float64], lon: NDArray[np.float64], layer: VectorLayer | None
) -> NDArray[np.float64]:
    """Distance to the nearest point or line of a layer; NaN without one."""
    if layer is None:
        return np.full(lat.shape, np.nan)
    shapes = single_parts(read_vector(layer.path).geometry.dropna().to_numpy())
    shapes = shapes[~shapely.is_empty(shapes)]
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    points = shapes[is_point]
    to_point, _ = geodesy.nearest_point_m(lat, lon, shapely.get_y(points), shapely.get_x(points))
    to_line = geodesy.nearest_line_m(lat, lon, shapes[~is_point])
    return np.fmin(to_point, to_line) / 1000


def _off(schools: gpd.GeoDataFrame, at_fault: NDArray[np.bool_], file: str) -> list[Finding]:
    return [
        at_school("off_elevation", row_id, npsn, column="lat, lon", parameters={"raster": file})
        for row_id, npsn in schools.loc[at_fault, ["row_id", "npsn"]].itertuples(index=False)
    ]
