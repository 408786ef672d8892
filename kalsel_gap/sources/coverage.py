"""Reader of coverage polygons: which of them contain a point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.errors import InputError, suggestion
from kalsel_gap.findings import Finding
from kalsel_gap.sources.cells import cell_text
from kalsel_gap.sources.features import shapeless
from kalsel_gap.sources.formats.vector_layers import layers_beside, read_vector

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.project.inputs import Coverage


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

    layer = read_vector(source.path, shapes="polygons", layer=source.layer)
    if source.class_column and source.class_column not in layer.columns:
        known = [str(column) for column in layer.columns if column != layer.geometry.name]
        raise InputError(
            "column_missing",
            path=source.path,
            column=source.class_column,
            suggestion=suggestion(source.class_column, known),
            known=", ".join(known),
        )
    findings = shapeless(layer, file)
    layer = layer[layer.geometry.notna()].reset_index(drop=True)
    valid = layer.geometry.is_valid
    findings += [
        Finding("layer_not_read", file=file, value=name, parameters={"key": "layer"})
        for name in layers_beside(source.path, source.layer)
    ]
    if not valid.all():
        count = {"count": int((~valid).sum())}
        findings.append(Finding("coverage_geometry_invalid", file=file, parameters=count))
    column = source.class_column
    classes = [cell_text(value) for value in layer[column]] if column else [""] * len(layer)
    shapes = layer.geometry.make_valid()
    return gpd.GeoDataFrame({"class": classes}, geometry=shapes, crs=layer.crs), findings


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
