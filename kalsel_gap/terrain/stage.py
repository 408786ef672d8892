"""Terrain of each school: relief, sea and islands, flags, the primary class, and distances.

Thresholds come from ``defaults/terrain.toml``. A flag whose layer the project does not have stays
unknown; so does every fact of a school without a usable location.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from kalsel_gap import schema
from kalsel_gap.errors import InputError, suggestion
from kalsel_gap.findings import Finding, at_school
from kalsel_gap.geo import geodesy, sample_points
from kalsel_gap.indicators import barrier
from kalsel_gap.sources.cells import cell_text
from kalsel_gap.sources.formats.vector_layers import read_vector, single_parts
from kalsel_gap.sources.school_points import at_likelier_place, capital_of
from kalsel_gap.stages import Stage, Staged, silent
from kalsel_gap.terrain import classes, islands

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.project.inputs import Elevation, VectorLayer
    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.terrain import Terrain
    from kalsel_gap.stages import Progress, Tables
    from kalsel_gap.terrain.horizon import HorizonSight
    from kalsel_gap.terrain.relief_at_points import Relief
    from kalsel_gap.terrain.sea_mask import CellRuns, SeaMask
    from kalsel_gap.terrain.topographic_position import Neighbourhood

HORIZONS = (
    *("npsn", "row_id", "azimuth_deg", "horizon_deg", "found_deg"),
    *("distance_m", "obstacle_lat", "obstacle_lon"),
)
_RELIEF = ("elevation_m", "slope_deg", "mean_slope_deg", "local_relief_m")
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
    sea, low_coast = _sea(opened, tables["sea"])
    findings: list[Finding] = []
    horizons = _surroundings(facts, schools, opened, sea, progress)
    _coast(facts, schools, opened, sea, low_coast)
    _islands(facts, lat, lon, opened)
    _wetlands(facts, lat, lon, opened)
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


def _sea(opened: Opened, runs: pd.DataFrame) -> tuple[SeaMask, CellRuns] | tuple[None, None]:
    """The open sea of the elevation model, where it shows one, and low land beside it."""
    from kalsel_gap.terrain import sea_mask  # compiles kernels: only when they are needed

    source, limits = opened.project.elevation, opened.project.terrain
    sea = sea_mask.sea_of_runs(runs, source)
    if sea is None or source is None:
        return None, None
    threads = os.cpu_count() or 1
    low = sea_mask.low_coast(
        *(source.tiles, sea, limits.coast.zone_m), band=source.band, threads=threads
    )
    return sea, low


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
        facts[[*_RELIEF, "mountain_class", *_EXPOSURE]] = np.nan
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
    _relief(facts, found, limits)
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


def _relief(facts: pd.DataFrame, found: Relief, limits: Terrain) -> None:
    """Set elevation, slope and local relief."""
    from kalsel_gap.terrain import mountains

    for name in _RELIEF:
        facts[name] = getattr(found, name)
    bounds = limits.mountain.model_dump(exclude={"source"})
    kapos = mountains.kapos_class(
        found.elevation_m,
        found.slope_deg,
        found.local_relief_m,
        thresholds=mountains.KaposThresholds(**bounds),
    )
    facts["mountain_class"] = np.where(kapos < 0, np.nan, kapos)


def _coast(
    facts: pd.DataFrame,
    schools: gpd.GeoDataFrame,
    opened: Opened,
    sea: SeaMask | None,
    low_coast: CellRuns | None,
) -> None:
    """Distance to the sea, low land connected to it, and the water crossing to the capital.

    The shore is the given coastline where it meets open water; without one, the shore of the open
    water in the elevation model: not the banks of a river, nor those of its mouth.
    """
    from kalsel_gap.terrain.shoreline import find_shore  # compiles kernels: only when needed

    project = opened.project
    lat, lon = schools["lat"].to_numpy(), schools["lon"].to_numpy()
    lines, water = find_shore(opened, sea)
    if lines is not None:
        facts["coast_km"] = geodesy.nearest_line_m(lat, lon, lines) / 1000
    elif water is not None:
        wet, outside = water.at(lat, lon)
        away_m = geodesy.nearest_point_m(lat, lon, *water.edge())[0]
        # A missing tile that is nearer may hold the shore.
        unseen_m = np.full(lat.shape, np.inf)
        if sea is not None and sea.missing is not None and sea.missing.any():
            unseen_m = geodesy.nearest_point_m(lat, lon, *sea.missing.edge())[0]
        known = ~outside & (wet | (away_m <= unseen_m))
        facts["coast_km"] = np.where(known, np.where(wet, 0.0, away_m), np.nan) / 1000
    else:
        facts["coast_km"] = np.nan
    facts["in_coastal_zone"] = pd.Series(pd.NA, index=facts.index, dtype="boolean")
    facts["water_share"] = facts["water_crossing_km"] = np.nan
    if sea is None or low_coast is None:
        return
    inside, outside = low_coast.at(lat, lon)
    unknown = outside | sea.at(lat, lon)[0]  # a school in the sea has no height
    facts["in_coastal_zone"] = pd.Series(inside, index=facts.index, dtype="boolean").mask(unknown)
    if not sea.any():
        return
    to_lat, to_lon = capital_of(schools, opened)
    way_lat, way_lon = sample_points.path_points(
        lat, lon, to_lat.to_numpy(), to_lon.to_numpy(), points=project.terrain.water.points
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


def _islands(
    facts: pd.DataFrame, lat: NDArray[np.float64], lon: NDArray[np.float64], opened: Opened
) -> None:
    """Name and area of the island a school lies on, and the strait before it."""
    facts["island"] = pd.Series(None, index=facts.index, dtype="str")
    facts[["island_area_km2", "strait_km"]] = np.nan
    facts["is_small_island"] = pd.Series(pd.NA, index=facts.index, dtype="boolean")
    shore = opened.project.coastline
    if shore is not None and shore.land:
        land = np.concatenate([islands.land_polygons(path) for path in shore.land])
        found = islands.find_islands(lat, lon, land, opened.project.terrain)
        facts[found.columns] = found.set_axis(facts.index)


def _wetlands(
    facts: pd.DataFrame, lat: NDArray[np.float64], lon: NDArray[np.float64], opened: Opened
) -> None:
    """Whether a school stands in a wetland, and its kind where the layer names it."""
    layer = opened.project.wetlands
    facts["is_wetland"] = pd.Series(pd.NA, index=facts.index, dtype="boolean")
    facts["wetland_kind"] = pd.Series(None, index=facts.index, dtype="str")
    if layer is None:
        return
    shapes = read_vector(layer.path, shapes="polygons")
    if layer.kind and layer.kind not in shapes.columns:
        known = [str(name) for name in shapes.columns if name != shapes.geometry.name]
        raise InputError(
            "column_missing",
            path=layer.path,
            column=layer.kind,
            suggestion=suggestion(layer.kind, known),
            known=", ".join(known),
        )
    shapes = shapes[shapes.geometry.notna()]
    rows = np.flatnonzero(np.isfinite(lat))
    tree = shapely.STRtree(shapes.geometry.make_valid().to_numpy())
    point, polygon = tree.query(shapely.points(lon[rows], lat[rows]), predicate="intersects")
    facts.loc[facts.index[rows], "is_wetland"] = False
    facts.loc[facts.index[rows[point]], "is_wetland"] = True
    if layer.kind:
        # Of several kinds the first by name, so that the order of the file does not matter.
        kinds = pd.Series(shapes[layer.kind].map(cell_text).to_numpy()[polygon], index=rows[point])
        first = kinds[kinds != ""].groupby(level=0).min()
        facts.loc[facts.index[first.index], "wetland_kind"] = first.to_numpy()


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


def classify(facts: pd.DataFrame, reached_by_water: pd.Series[bool], limits: Terrain) -> None:
    """Set the flags, the primary class and the severity from the facts.

    A flag is unknown where its facts are; the class follows the precedence small island, mountains,
    coast, wetland, plain. A school with unknown relief is never in a plain, and a flag that is
    unknown here but known for other schools leaves the class unknown unless one before it applies.

    Parameters
    ----------
    facts : DataFrame
        Gets ``is_mountain, is_coastal, is_lowland, terrain_class, terrain_severity``.
    reached_by_water : Series of nullable bool
        Whether each school is reached by water only.
    limits : Terrain
        Thresholds and severities.
    """
    kapos = facts["mountain_class"].to_numpy("float64")
    zone = _tristate(facts["in_coastal_zone"])
    coast_km = facts["coast_km"].to_numpy()
    flags = {
        "pulau_kecil": _tristate(facts["is_small_island"]),
        "pegunungan": classes.mountain(kapos, facts["local_relief_m"].to_numpy(), limits.mountain),
        "pesisir": classes.coastal(coast_km, zone, limits.coast),
        "rawa": _tristate(facts["is_wetland"]),
    }
    for column, name in (("is_mountain", "pegunungan"), ("is_coastal", "pesisir")):
        flag = pd.Series(flags[name], index=facts.index)
        facts[column] = (flag == 1).astype("boolean").mask(flag == classes.UNKNOWN)
    facts["is_lowland"] = (
        (facts["elevation_m"] <= limits.lowland.elevation_m)
        .astype("boolean")
        .mask(facts["elevation_m"].isna())
    )
    given = [name for name, flag in flags.items() if (flag != classes.UNKNOWN).any()]
    first = classes.primary(flags, given)
    names = np.array([*classes.PRECEDENCE, classes.ELSE], dtype=object)
    facts["terrain_class"] = pd.Series(names[first], index=facts.index, dtype="str").where(
        first != classes.UNKNOWN
    )
    applies = {name: pd.Series(flag == 1, index=facts.index) for name, flag in flags.items()}
    severity = barrier.terrain_severity(applies, reached_by_water, limits.severity)
    facts["terrain_severity"] = severity.where(first != classes.UNKNOWN)


def _tristate(flag: pd.Series[bool]) -> classes.Flags:
    return flag.astype("Int8").fillna(classes.UNKNOWN).to_numpy().astype(np.int8)


def _off(schools: gpd.GeoDataFrame, at_fault: NDArray[np.bool_], file: str) -> list[Finding]:
    return [
        at_school("off_elevation", row_id, npsn, column="lat, lon", parameters={"raster": file})
        for row_id, npsn in schools.loc[at_fault, ["row_id", "npsn"]].itertuples(index=False)
    ]
