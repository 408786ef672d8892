"""Stage previews: what a map needs and a run keeps, simplified boundaries and small images."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.sources.boundaries import AREA_LEVELS, read_areas, short_name
from kalsel_gap.stages import NO_TABLES, Stage, Staged, silent

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Progress, Tables

TOLERANCE_DEG = 0.001  # about 110 m
_MARGIN_DEG = 0.02

COLUMNS = (
    *("name", "kind", "basis", "operator", "media_type", "width", "height"),
    *("south", "west", "north", "east", "legend", "sources", "image"),
)


def draw_previews(
    schools: gpd.GeoDataFrame,
    opened: Opened,
    handed_on: Tables = NO_TABLES,
    progress: Progress = silent,
) -> Staged:
    """The tables ``areas``, ``boundaries`` and ``previews``; no columns.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns that :data:`STAGE` reads.
    opened : Opened
        The project.
    handed_on : mapping of DataFrame
        The table ``sea``; without it nothing is drawn as open sea, and no terrain class.
    progress : callable
        Called with the number of images done and of all.

    Returns
    -------
    Staged
        Table ``areas``: ``level code name geometry``, the polygons that schools are matched with.
        Table ``boundaries``: the same, simplified. Table ``previews``: one row per image, of
        coverage with its basis and operator, with its corners in degrees, its legend as JSON, the
        inputs it was made from as ``run.json`` names them, and the bytes of the image file.

    Raises
    ------
    InputError
        A raster or boundary file is unusable.
    """
    given = _areas(opened)
    widest = next(iter(given.values()), None)
    extent = _extent(schools, widest)
    project = opened.project
    has_ground = project.elevation is not None or (
        project.coastline is not None and bool(project.coastline.land)
    )
    rows: list[dict[str, Any]] = []
    if (has_ground or project.coverage) and extent is not None:
        # GDAL loads only when there is something to draw.
        from kalsel_gap.deliverables import preview_images
        from kalsel_gap.terrain.sea_mask import sea_of_runs

        sea = sea_of_runs(handed_on["sea"], project.elevation) if "sea" in handed_on else None
        draws: list[Callable[..., dict[str, Any]]] = []
        if has_ground:
            draws.append(partial(preview_images.draw_ground, sea=sea))
        if project.elevation is not None:
            draws.append(preview_images.draw_relief)
            if "sea" in handed_on:
                draws.append(partial(preview_images.draw_terrain, runs=handed_on["sea"]))
        draws += [
            partial(preview_images.draw_coverage, layer)
            for layer in preview_images.coverage_layers(project.coverage)
        ]
        for draw in draws:
            rows.append(draw(opened, extent, widest))
            progress(len(rows), len(draws))
    polygons = _changed(given, polygons_of)
    tables = {
        "areas": _together(polygons),
        "boundaries": _together(_changed(polygons, simplified)),
        "previews": pd.DataFrame(rows, columns=list(COLUMNS)),
    }
    return Staged(pd.DataFrame(index=schools.index), [], tables)


STAGE = Stage(
    "previews",
    draw_previews,
    reads=("lat", "lon"),
    sections=(
        *("boundaries", "elevation", "coastline", "wetlands", "terrain"),
        *("coverage", "signal"),
    ),
    tables=("sea",),
)


def _extent(
    schools: gpd.GeoDataFrame, widest: gpd.GeoDataFrame | None
) -> tuple[float, float, float, float] | None:
    """West, south, east and north of what there is to show; None where nothing lies anywhere."""
    if widest is not None:
        west, south, east, north = (float(bound) for bound in widest.total_bounds)
    elif schools["lat"].notna().any():
        west, east = float(schools["lon"].min()), float(schools["lon"].max())
        south, north = float(schools["lat"].min()), float(schools["lat"].max())
    else:
        return None
    return west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG


# --- boundaries --------------------------------------------------------------------------------


def boundaries(opened: Opened) -> gpd.GeoDataFrame:
    """The table ``boundaries`` alone: ``level code name geometry``, simplified."""
    return _together(_changed(_changed(_areas(opened), polygons_of), simplified))


def _areas(opened: Opened) -> dict[str, gpd.GeoDataFrame]:
    areas = {level: read_areas(opened, level) for level in AREA_LEVELS}
    return {level: frame for level, frame in areas.items() if frame is not None and len(frame)}


def _changed(
    given: dict[str, gpd.GeoDataFrame], change: Callable[[gpd.GeoSeries], gpd.GeoSeries]
) -> dict[str, gpd.GeoDataFrame]:
    return {level: areas.set_geometry(change(areas.geometry)) for level, areas in given.items()}


def _together(given: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """The areas of all levels as one table: ``level code name geometry``."""
    import geopandas as gpd

    frames = [
        gpd.GeoDataFrame(
            {
                "level": level,
                "code": areas["code"],
                "name": areas["name"].map(short_name),
            },
            geometry=areas.geometry,
            crs=schema.CRS,
        )
        for level, areas in given.items()
    ]
    if not frames:
        empty = {name: pd.Series(dtype="str") for name in ("level", "code", "name")}
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=schema.CRS))
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=schema.CRS)


def simplified(polygons: gpd.GeoSeries, tolerance_deg: float = TOLERANCE_DEG) -> gpd.GeoSeries:
    """Polygons with fewer corners; neighbours keep their common border.

    Parameters
    ----------
    polygons : GeoSeries
        As of :func:`polygons_of`, in degrees.
    tolerance_deg : float
        About how far the border may move.
    """
    import geopandas as gpd
    import shapely

    whole = polygons.dropna()
    fewer = shapely.coverage_simplify(whole.to_numpy(), tolerance_deg)
    return gpd.GeoSeries(fewer, index=whole.index, crs=polygons.crs).reindex(polygons.index)


def polygons_of(areas: gpd.GeoSeries) -> gpd.GeoSeries:
    """Multipolygons of the areas, without lines and points; None where nothing else is left.

    An invalid polygon that was made valid may have them beside its polygons.
    """
    import geopandas as gpd
    import shapely

    parts, area = shapely.get_parts(areas.to_numpy(), return_index=True)
    parts, part = shapely.get_parts(parts, return_index=True)  # of multipolygons in a collection
    area, of = area[part], shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    polygons = np.full(len(areas), None)
    shapely.multipolygons(parts[of], indices=area[of], out=polygons)
    return gpd.GeoSeries(polygons, index=areas.index, crs=areas.crs)
