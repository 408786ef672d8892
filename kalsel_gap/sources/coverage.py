"""Reader of coverage polygons: which of them contain a point."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError, reading, suggestion
from kalsel_gap.findings import Finding
from kalsel_gap.geo.raster_files import TILES
from kalsel_gap.project.inputs import POLYGON_TABLES
from kalsel_gap.sources.cells import cell_text, fold
from kalsel_gap.sources.features import shapeless
from kalsel_gap.sources.formats.vector_layers import (
    layers_beside,
    read_vector,
    refuse_no_degrees,
    refuse_unfit_crs,
)
from kalsel_gap.sources.shape_texts import read_shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.project.inputs import Coverage


# What technologies are called besides, in folded names of layers.
_TECHNOLOGIES = {
    "2g": ("gsm", "edge"),
    "3g": ("umts", "wcdma", "hspa"),
    "4g": ("lte",),
    "fixed": ("fiber", "fibre", "fttx", "ftth"),
}
LEVELS = ("rsrp_dbm", "level_dbm")  # kinds of coverage that state a level
# A level that no receiver reports, 0 among them: another unit, or no data that is not declared.
POSSIBLE_DBM = (-200.0, 0.0)
_ANY_CLASS = 2**31  # larger numbers are floats that stand for no data


def read_polygons(source: Coverage, file: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Polygons of a coverage layer in WGS 84, with the text of their ``class``.

    Invalid polygons are made valid, and a finding counts them; empty ones are left out.

    Parameters
    ----------
    source : Coverage
        Its section of the project.
    file : str
        The file as the project names it.

    Raises
    ------
    InputError
        The layer cannot be read, has no polygon, or lacks the column of classes.
    """
    import geopandas as gpd

    layer, findings = _layer(source, file)
    if source.class_column and source.class_column not in layer.columns:
        known = [str(column) for column in layer.columns if column != layer.geometry.name]
        raise InputError(
            "column_missing",
            path=source.file,
            column=source.class_column,
            suggestion=suggestion(source.class_column, known),
            known=", ".join(known),
        )
    findings += shapeless(layer, file)
    layer = layer[layer.geometry.notna()].reset_index(drop=True)
    if layer.empty:
        raise InputError("vector_no_polygons", path=source.file)
    valid = layer.geometry.is_valid
    if not valid.all():
        count = {"count": int((~valid).sum())}
        findings.append(Finding("coverage_geometry_invalid", file=file, parameters=count))
    column = source.class_column
    classes = [cell_text(value) for value in layer[column]] if column else [""] * len(layer)
    shapes = layer.geometry.make_valid()
    return gpd.GeoDataFrame({"class": classes}, geometry=shapes, crs=layer.crs), findings


def _layer(source: Coverage, file: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The shapes of a layer in WGS 84, and what of its file is not among them."""
    path = source.file
    if path.name.lower().endswith(POLYGON_TABLES):
        sheet = source.layer[0] if source.layer else None
        layer, lost = read_shapes(path, sheet)
        refuse_unfit_crs(layer, path)
        located = layer.to_crs("EPSG:4326")
        refuse_no_degrees(located.geometry.to_numpy(), path)
        rows = [Finding("coverage_geometry_unreadable", file=file, row=row) for row in lost]
        return located, rows
    if path.suffix.lower() == ".zip":
        _refuse_zipped_raster(path)
    names = _chosen(source)
    parts = [read_vector(path, shapes="polygons", layer=name) for name in names]
    beside = layers_beside(path, [name for name in names if name is not None])
    findings = [
        Finding("layer_not_read", file=file, value=name, parameters={"key": "layer"})
        for name in (beside if names != [None] else ())
    ]
    return (parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)), findings


def _refuse_zipped_raster(path: Path) -> None:
    """Say that a raster must be unpacked, rather than that the archive holds no layer."""
    with reading(path, "vector_unreadable"), zipfile.ZipFile(path) as archive:
        endings = {Path(name).suffix.lower() for name in archive.namelist()}
    if endings & TILES and ".shp" not in endings:
        raise InputError("raster_packed", path=path, value="ZIP")


def _chosen(source: Coverage) -> list[str | None]:
    """Layers to read: those asked for, or the one that its name gives the technology."""
    there = layers_beside(source.file, [])
    if source.layer is not None:
        return list(there if source.layer == ("*",) else source.layer)
    if not there:
        return [None]  # a format without names of layers
    fits = [_fits(fold(name), source) for name in there]
    best = max(fits)
    return [there[fits.index(best) if best and fits.count(best) == 1 else 0]]


def _fits(name: str, source: Coverage) -> int:
    """How much of a project's section the folded name of a layer says."""
    words = (source.technology, *_TECHNOLOGIES.get(source.technology, ()))
    return any(word in name for word in words) + (fold(source.operator) in name)


def means_nothing(value: ArrayLike, source: Coverage, nodata_values: Sequence[float]) -> BoolArray:
    """Which values of a raster are none of its kind: no data that the file does not declare.

    Such a cell is unknown, whatever ``nodata_means`` says of the cells that are declared.

    Parameters
    ----------
    value : array
        Values of cells, NaN where the file declares that there are none.
    source : Coverage
        The raster's section of the project.
    nodata_values : sequence of float
        Values that usually stand for no data.
    """
    cells = np.asarray(value, dtype=np.float64)
    if source.kind in LEVELS:
        low, high = POSSIBLE_DBM
        return (cells < low) | (cells >= high)
    meant = {float(key) for key in source.classes} or {0.0, 1.0}
    nothing = [float(v) for v in nodata_values if v not in meant]
    return np.isin(cells, nothing) | (np.abs(cells) > _ANY_CLASS)


def touches(polygons: gpd.GeoDataFrame, lat: ArrayLike, lon: ArrayLike) -> bool:
    """Whether a point lies within the bounds of all polygons together."""
    west, south, east, north = polygons.total_bounds
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    return bool(np.any((x >= west) & (x <= east) & (y >= south) & (y <= north)))


def best_at(
    polygons: gpd.GeoDataFrame, adequacy: ArrayLike, lat: ArrayLike, lon: ArrayLike
) -> tuple[FloatArray, BoolArray]:
    """Largest adequacy of the polygons that contain a point; a border belongs to its polygon.

    Parameters
    ----------
    polygons : GeoDataFrame
        As :func:`read_polygons` gives them.
    adequacy : array of shape (polygons,)
        Adequacy of each polygon; NaN where its class is unknown.
    lat, lon : arrays of shape (places, points)
        Points of one place lie near each other.

    Returns
    -------
    value : float array of shape (places, points)
        NaN outside all polygons, and where the adequacy of those that contain a point is NaN.
    inside : bool array of the same shape
        Whether any polygon holds the point.
    """
    import shapely

    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    value, inside = np.full(x.shape, np.nan), np.zeros(x.shape, dtype=np.bool_)
    placed = np.flatnonzero(~np.isnan(x).any(axis=1))
    if not len(placed):
        return value, inside
    px, py = x[placed], y[placed]
    boxes = shapely.box(px.min(axis=1), py.min(axis=1), px.max(axis=1), py.max(axis=1))
    tree = shapely.STRtree(boxes)
    shapes = polygons.geometry.to_numpy()
    for shape, gives in zip(shapes, np.asarray(adequacy, dtype=np.float64), strict=True):
        near = placed[np.sort(tree.query(shape))]
        if not len(near):
            continue
        shapely.prepare(shape)
        holds = shapely.intersects_xy(shape, x[near], y[near])
        inside[near] |= holds
        value[near] = np.where(holds, np.fmax(value[near], gives), value[near])
    return value, inside
