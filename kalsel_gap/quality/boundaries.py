"""Checks of boundaries: valid shapes, overlaps, gaps, names, codes, parents.

Published boundaries are simplified level by level, so neighbours overlap a little everywhere and a
desa extends beyond its kecamatan. Differences narrower than ``file_checks.boundaries.tolerance_m``
are imprecision, which one note per level counts; wider ones are findings of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding
from kalsel_gap.geo.geodesy import metres_per_degree
from kalsel_gap.quality.unusable_files import file_finding
from kalsel_gap.sources.area_codes import KIND_NAMES, digits, kind_of, nested
from kalsel_gap.sources.boundaries import (
    AREA_LEVELS,
    invalid_areas,
    layer_notes,
    read_layer,
    repaired,
)
from kalsel_gap.sources.cells import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from kalsel_gap.project.model import Opened

    ShapeArray: TypeAlias = NDArray[np.object_]

# Vertices nearer to the line than this share of the tolerance change no relevant width.
_SIMPLER = 0.1


def check_boundaries(opened: Opened, schools: pd.DataFrame) -> list[Finding]:  # noqa: ARG001 - as its siblings
    """Findings about every level of the boundaries.

    Parameters
    ----------
    opened : Opened
        The project.
    schools : DataFrame
        Not used.
    """
    limits = opened.project.file_checks.boundaries
    findings: list[Finding] = []
    above: gpd.GeoDataFrame | None = None
    for level in AREA_LEVELS:
        path = opened.project.boundaries.files().get(level)
        if path is None:
            continue
        file = opened.shown(path)
        try:
            layer = read_layer(opened, level)
        except InputError as error:
            findings.append(file_finding(error, file))
            continue
        if layer is None:
            continue
        areas = repaired(layer)
        findings += layer_notes(opened, level)
        findings += _names(layer, file)
        findings += invalid_areas(areas, file)
        if areas.empty:
            continue
        areas = areas.assign(**_local(areas, limits.tolerance_m))
        findings += _meeting(areas, file)
        findings += _overlaps(areas, file)
        if above is not None:
            findings += _gaps(areas, above, limits.tolerance_m, file)
            findings += _codes(areas, above, limits.outside_share, file)
        above = areas
    return findings


def _local(areas: gpd.GeoDataFrame, tolerance_m: float) -> dict[str, ShapeArray]:
    """Polygons in metres, as they are and half the tolerance ``inner`` and ``outer`` of them.

    The inner ones of two areas intersect only where the areas overlap by more than the tolerance:
    the erosion of an intersection is the intersection of the erosions, and likewise for unions and
    dilation. Metres on a plane that is true in the middle of the layer, accurate to 2 % in area
    within 11° of the equator. Vertices that change no relevant width are left out.
    """
    scale = _metres(areas)
    shapes = shapely.transform(areas.geometry.to_numpy(), lambda at: at * scale)
    simple = shapely.simplify(shapes, _SIMPLER * tolerance_m, preserve_topology=False)
    simple = shapely.make_valid(np.where(shapely.is_empty(simple), shapes, simple))
    inner, outer = (
        shapely.buffer(simple, each, quad_segs=4) for each in (-tolerance_m / 2, tolerance_m / 2)
    )
    return {"local": simple, "inner": inner, "outer": outer}


def _metres(areas: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Metres of a degree to the east and to the north in the middle of a layer."""
    _, south, _, north = areas.total_bounds
    return np.array(metres_per_degree(float(south + north) / 2.0))[::-1]


def _named(areas: gpd.GeoDataFrame) -> list[str]:
    return [f"{c} {n}".strip() for c, n in zip(areas["code"], areas["name"], strict=True)]


# --- names and codes ----------------------------------------------------------------------------


def _names(layer: gpd.GeoDataFrame, file: str) -> Iterator[Finding]:
    """Number of areas, and those without a name, code or shape, or with one that occurs twice."""
    yield Finding("areas_counted", file=file, parameters={"count": len(layer)})
    labels = np.array(_named(layer), dtype=object)
    shapeless = layer.geometry.isna() | layer.geometry.is_empty
    for label in labels[shapeless]:
        yield Finding("area_without_shape", file=file, value=label)
    for column, other in (("name", "code"), ("code", "name")):
        for given in layer.loc[layer[column] == "", other]:
            yield Finding("area_unnamed", file=file, column=column, value=given)
    codes = layer.loc[layer["code"] != "", "code"]
    for code, count in codes.value_counts().sort_index().items():
        if count > 1:
            yield Finding(
                "area_code_repeated",
                file=file,
                column="code",
                value=str(code),
                parameters={"count": int(count)},
            )
    parent = layer["code"].str.rpartition(".")[0]
    named = layer.assign(parent=parent, folded=layer["name"].map(fold))[layer["name"] != ""]
    for _, group in named.groupby(["parent", "folded"], sort=True):
        if len(codes_ := sorted(set(group["code"]))) > 1:
            yield Finding(
                "area_name_repeated",
                file=file,
                column="name",
                value=str(group["name"].iloc[0]),
                parameters={"codes": ", ".join(codes_)},
            )


def _codes(
    areas: gpd.GeoDataFrame, above: gpd.GeoDataFrame, outside_share: float, file: str
) -> Iterator[Finding]:
    """Areas whose code matches no code of the level above, or that lie outside that area.

    Identifiers of geoBoundaries and GADM do not contain that of the area above.
    """
    codes, wider_codes = areas["code"].tolist(), above["code"].tolist()
    if not any(map(digits, codes)) or not any(map(digits, wider_codes)):
        return
    if not nested(codes, wider_codes):
        kinds = {"kind": kind_of(codes, "desa"), "above": kind_of(wider_codes, "kecamatan")}
        told = {key: KIND_NAMES[kind] for key, kind in kinds.items()}
        yield Finding("area_codes_differ", file=file, column="code", parameters=told)
        return
    parent = _parent(codes, wider_codes)
    labels, wider = _named(areas), _named(above)
    for n in np.flatnonzero(areas["code"].ne("").to_numpy() & (parent < 0)):
        yield Finding("area_code_orphan", file=file, column="code", value=labels[n])
    (mine,) = np.nonzero(parent >= 0)
    holders = above["outer"].to_numpy()
    shapely.prepare(holders)
    inner, shapes = areas["inner"].to_numpy(), areas["local"].to_numpy()
    # An area that is narrower than the tolerance everywhere has no inner part.
    beyond = ~shapely.covers(holders[parent[mine]], inner[mine]) & ~shapely.is_empty(inner[mine])
    beyond |= ~shapely.intersects(holders[parent[mine]], shapes[mine])
    holders = above["local"].to_numpy()
    for n in mine[beyond]:
        outside = shapely.difference(shapes[n], holders[parent[n]])
        share = float(shapely.area(outside) / shapely.area(shapes[n]))
        if share < outside_share:
            continue
        lies_in = int(np.argmax(shapely.area(shapely.intersection(shapes[n], holders))))
        yield Finding(
            "area_outside_parent",
            file=file,
            column="code",
            value=labels[n],
            evidence={"outside_km2": _km2(outside), "lies_in": wider[lies_in]},
            parameters={"parent": wider[parent[n]], "percent": round(100 * share)},
        )


def _parent(codes: list[str], above: list[str]) -> NDArray[np.int64]:
    """Index of the area above whose code, with a dot or without, begins each code; -1 for none."""
    known = {fold(code): n for n, code in reversed(list(enumerate(above))) if code}
    lengths = sorted({len(code) for code in known}, reverse=True)
    found = []
    for code in codes:
        plain = fold(code)
        heads = (plain[:length] for length in lengths if length < len(plain))
        found.append(next((known[head] for head in heads if head in known), -1))
    return np.array(found, dtype=np.int64)


# --- shapes -------------------------------------------------------------------------------------


def _meeting(areas: gpd.GeoDataFrame, file: str) -> Iterator[Finding]:
    """One note if borders of neighbours are not exactly the same line."""
    shapes = _polygonal(areas.geometry.to_numpy())
    odd = int((~shapely.is_empty(shapely.coverage_invalid_edges(shapes))).sum())
    if odd:
        counts = {"count": odd, "total": len(areas)}
        yield Finding("areas_do_not_meet", file=file, parameters=counts)


def _overlaps(areas: gpd.GeoDataFrame, file: str) -> Iterator[Finding]:
    """Areas of a level that overlap by more than the tolerance."""
    inner, shapes = areas["inner"].to_numpy(), areas["local"].to_numpy()
    one, other = shapely.STRtree(inner).query(inner, predicate="intersects")
    labels = _named(areas)
    for first, second in sorted(zip(one.tolist(), other.tolist(), strict=True)):
        if first < second:
            area_km2 = _km2(shapely.intersection(shapes[first], shapes[second]))
            yield Finding(
                "areas_overlap",
                file=file,
                value=labels[first],
                evidence={"overlap_km2": area_km2},
                parameters={"other": labels[second], "area_km2": area_km2},
            )


def _gaps(
    areas: gpd.GeoDataFrame, above: gpd.GeoDataFrame, tolerance_m: float, file: str
) -> Iterator[Finding]:
    """Parts of the level above, wider than the tolerance, that no area covers."""
    # Each layer has its own plane: the wider layer is projected to that of the other.
    scale = _metres(areas) / _metres(above)
    whole = shapely.transform(shapely.union_all(above["local"].to_numpy()), lambda at: at * scale)
    held = shapely.union_all(areas["outer"].to_numpy())
    cores = shapely.get_parts(
        shapely.difference(shapely.buffer(whole, -tolerance_m / 2.0, quad_segs=4), held)
    )
    lon_m, lat_m = _metres(areas)
    for core in cores[shapely.area(cores) > 0]:
        middle = shapely.point_on_surface(core)
        place = {"lat": round(middle.y / lat_m, 4), "lon": round(middle.x / lon_m, 4)}
        gap = shapely.buffer(core, tolerance_m / 2.0, quad_segs=4)
        parameters = {"area_km2": _km2(gap), **place}
        yield Finding("area_gap", file=file, evidence=place, parameters=parameters)


def _polygonal(shapes: ShapeArray) -> ShapeArray:
    """Shapes without the lines and points that a repair left in them."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    kept = shapes.copy()
    for n in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapely.get_parts(shapes[n]))
        kept[n] = shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
    return kept


def _km2(shape: object) -> float:
    return float(f"{float(shapely.area(shape)) / 1e6:.3g}")
