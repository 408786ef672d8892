"""Boundaries: valid shapes, areas that neither overlap nor leave gaps, names, codes, parents.

Published boundaries are simplified one level after the other, so that neighbours overlap a little
everywhere and a desa sticks out of its kecamatan. What is narrower than
``file_checks.boundaries.tolerance_m`` is imprecision, which one note per level counts; what is
wider is told one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding, unusable
from kalsel_gap.geodesy import metres_per_degree
from kalsel_gap.sources.boundaries import AREA_LEVELS, invalid_areas, read_layer, repaired
from kalsel_gap.sources.formats import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from kalsel_gap.project import Opened

    Shapes: TypeAlias = NDArray[np.object_]

# Vertices nearer to the line than this share of the tolerance change no width that counts.
_SIMPLER = 0.05


def boundaries(opened: Opened, schools: pd.DataFrame) -> list[Finding]:  # noqa: ARG001 - as its siblings
    """Findings about every level of the boundaries.

    Parameters
    ----------
    opened : Opened
        The project.
    schools : DataFrame
        Not looked at.
    """
    tolerance_m = opened.project.file_checks.boundaries.tolerance_m
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
            findings.append(unusable(error, file))
            continue
        if layer is None:
            continue
        areas = repaired(layer)
        findings += _names(layer, file)
        findings += invalid_areas(areas, file)
        local = areas.assign(local=_local(areas, tolerance_m))
        findings += _shapes(local, above, tolerance_m, file)
        findings += _codes(local, above, tolerance_m, file)
        above = local
    return findings


def _local(areas: gpd.GeoDataFrame, tolerance_m: float) -> Shapes:
    """Polygons in metres on a plain whose scale is that of the equator's side of the layer.

    Good to 2 % in area within 11° of the equator. Vertices that matter to no width are left out.
    """
    _, south, _, north = areas.total_bounds
    scale = np.array(metres_per_degree((south + north) / 2.0))[::-1]
    shapes = shapely.transform(areas.geometry.to_numpy(), lambda at: at * scale)
    return np.asarray(shapely.make_valid(shapely.simplify(shapes, _SIMPLER * tolerance_m)))


def _named(areas: gpd.GeoDataFrame) -> list[str]:
    return [f"{c} {n}".strip() for c, n in zip(areas["code"], areas["name"], strict=True)]


# --- names and codes ----------------------------------------------------------------------------


def _names(layer: gpd.GeoDataFrame, file: str) -> Iterator[Finding]:
    """How many areas there are, and which lack a name, a code, a shape, or share them."""
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
    areas: gpd.GeoDataFrame, above: gpd.GeoDataFrame | None, tolerance_m: float, file: str
) -> Iterator[Finding]:
    """Areas whose code begins with no code of the level above, or that lie off that area."""
    if above is None:
        return
    parent = _parent(areas["code"].tolist(), above["code"].tolist())
    coded = areas["code"].ne("").to_numpy()
    labels, wider = _named(areas), _named(above)
    for n in np.flatnonzero(coded & (parent < 0)):
        yield Finding("area_code_orphan", file=file, column="code", value=labels[n])
    (mine,) = np.nonzero(parent >= 0)
    shapes, holders = areas["local"].to_numpy(), above["local"].to_numpy()
    beyond = shapely.difference(shapes[mine], holders[parent[mine]])
    for at in np.flatnonzero(_wider(beyond, tolerance_m)):
        n = mine[at]
        lies_in = int(np.argmax(shapely.area(shapely.intersection(shapes[n], holders))))
        yield Finding(
            "area_outside_parent",
            file=file,
            column="code",
            value=labels[n],
            evidence={"outside_km2": _km2(beyond[at]), "lies_in": wider[lies_in]},
            parameters={
                "parent": wider[parent[n]],
                "percent": round(100 * float(shapely.area(beyond[at]) / shapely.area(shapes[n]))),
            },
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


def _shapes(
    areas: gpd.GeoDataFrame, above: gpd.GeoDataFrame | None, tolerance_m: float, file: str
) -> Iterator[Finding]:
    """Areas of a level that overlap, and what of the level above none of them holds."""
    shapes = areas["local"].to_numpy()
    exact = _polygonal(areas.geometry.to_numpy())
    odd = int((~shapely.is_empty(shapely.coverage_invalid_edges(exact))).sum())
    if odd:
        counts = {"count": odd, "total": len(areas)}
        yield Finding("areas_do_not_meet", file=file, parameters=counts)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = one < other
    one, other = one[once], other[once]
    shared = shapely.intersection(shapes[one], shapes[other])
    labels = _named(areas)
    for at in np.flatnonzero(_wider(shared, tolerance_m)):
        yield Finding(
            "areas_overlap",
            file=file,
            value=labels[one[at]],
            evidence={"overlap_km2": _km2(shared[at])},
            parameters={"other": labels[other[at]], "area_km2": _km2(shared[at])},
        )
    if above is None:
        return
    yield from _gaps(areas, above, tolerance_m, file)


def _gaps(
    areas: gpd.GeoDataFrame, above: gpd.GeoDataFrame, tolerance_m: float, file: str
) -> Iterator[Finding]:
    """Parts of the level above that no area holds."""
    holes = shapely.difference(
        shapely.union_all(above["local"].to_numpy()), shapely.union_all(areas["local"].to_numpy())
    )
    parts = shapely.get_parts(holes)
    _, south, _, north = areas.total_bounds
    lat_m, lon_m = metres_per_degree((south + north) / 2.0)
    for part in parts[_wider(parts, tolerance_m)]:
        middle = shapely.point_on_surface(part)
        place = {"lat": round(middle.y / lat_m, 4), "lon": round(middle.x / lon_m, 4)}
        told = {"area_km2": _km2(part), **place}
        yield Finding("area_gap", file=file, evidence=place, parameters=told)


def _polygonal(shapes: Shapes) -> Shapes:
    """Shapes without the lines and points that a repair left in them."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    kept = shapes.copy()
    for n in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapes[n])
        kept[n] = shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
    return kept


def _wider(shapes: Shapes, tolerance_m: float) -> NDArray[np.bool_]:
    """Which shapes are wider than the tolerance somewhere: something is left of them inside."""
    wide = shapely.area(shapes) > tolerance_m**2 / 2.0
    wide[wide] = ~shapely.is_empty(shapely.buffer(shapes[wide], -tolerance_m / 2.0, quad_segs=4))
    return np.asarray(wide)


def _km2(shape: object) -> float:
    return float(f"{float(shapely.area(shape)) / 1e6:.3g}")
