"""What decides the terrain class of a point, and the class: of a school, or of a pixel of a map.

Thresholds come from ``defaults/terrain.toml``. A flag whose layer the project does not have stays
unknown; so does every fact of a point outside of the elevation model.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from kalsel_gap.errors import InputError, suggestion
from kalsel_gap.geo import geodesy
from kalsel_gap.indicators import barrier
from kalsel_gap.sources.cells import cell_text
from kalsel_gap.sources.formats.vector_layers import read_vector
from kalsel_gap.terrain import classes, islands

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.terrain import Terrain
    from kalsel_gap.terrain.relief_at_points import Relief
    from kalsel_gap.terrain.sea_mask import CellRuns, SeaMask

RELIEF = ("elevation_m", "slope_deg", "mean_slope_deg", "local_relief_m")


def classes_at(
    lat: NDArray[np.float64], lon: NDArray[np.float64], opened: Opened, sea: pd.DataFrame
) -> pd.Series[str]:
    """The terrain class of points, found as that of schools is.

    Parameters
    ----------
    lat, lon : array of shape (n,)
        WGS84 degrees.
    opened : Opened
        A project with an elevation model.
    sea : DataFrame
        The table ``sea`` of the stage of this name.

    Returns
    -------
    Series of shape (n,)
        One of :data:`kalsel_gap.schema.TERRAIN_CLASSES`; missing where it is unknown.

    Raises
    ------
    InputError
        A layer is unusable.
    """
    from kalsel_gap.terrain.relief_at_points import relief_at  # compiles kernels

    source, limits = opened.project.elevation, opened.project.terrain
    assert source is not None
    facts = pd.DataFrame(index=pd.RangeIndex(len(lat)))
    found_sea, low_coast = sea_and_low_coast(opened, sea)
    radii = limits.radius_m
    set_relief(
        facts,
        relief_at(
            *(source.tiles, lat, lon),
            slope_radius_m=radii.slope,
            relief_radius_m=radii.relief,
            band=source.band,
            sea=found_sea,
        ),
        limits,
    )
    set_shore(facts, lat, lon, opened, found_sea, low_coast)
    set_islands(facts, lat, lon, opened)
    set_wetlands(facts, lat, lon, opened)
    classify(facts, pd.Series(index=facts.index, dtype="boolean"), limits)
    return facts["terrain_class"]


def sea_and_low_coast(
    opened: Opened, runs: pd.DataFrame
) -> tuple[SeaMask, CellRuns] | tuple[None, None]:
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


def set_relief(facts: pd.DataFrame, found: Relief, limits: Terrain) -> None:
    """Set elevation, slope and local relief."""
    from kalsel_gap.terrain import mountains

    for name in RELIEF:
        facts[name] = getattr(found, name)
    bounds = limits.mountain.model_dump(exclude={"source"})
    kapos = mountains.kapos_class(
        found.elevation_m,
        found.slope_deg,
        found.local_relief_m,
        thresholds=mountains.KaposThresholds(**bounds),
    )
    facts["mountain_class"] = np.where(kapos < 0, np.nan, kapos)


def set_shore(
    facts: pd.DataFrame,
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    opened: Opened,
    sea: SeaMask | None,
    low_coast: CellRuns | None,
) -> None:
    """Distance to the sea, and low land connected to it.

    The shore is the given coastline where it meets open water; without one, the shore of the open
    water in the elevation model: not the banks of a river, nor those of its mouth.
    """
    from kalsel_gap.terrain.shoreline import find_shore  # compiles kernels: only when needed

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
    if sea is None or low_coast is None:
        return
    inside, outside = low_coast.at(lat, lon)
    unknown = outside | sea.at(lat, lon)[0]  # a school in the sea has no height
    facts["in_coastal_zone"] = pd.Series(inside, index=facts.index, dtype="boolean").mask(unknown)


def set_islands(
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


def set_wetlands(
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
