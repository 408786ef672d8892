"""Routes of fibre from the nearest end of a network to schools, and trunks that they share.

Along the roads of the project where it has a layer of them; otherwise over the straight lines
between neighbouring schools and ends of fibre, times a factor for the way. The routes are a tree of
shortest paths from all ends at once, so that routes of neighbours run together; what they have in
common can be built once, as trunks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from kalsel_gap.geo import geodesy
from kalsel_gap.sources.formats.vector_layers import read_vector, single_parts

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray, IntArray
    from kalsel_gap.project.inputs import VectorLayer
    from kalsel_gap.project.model import Opened

TRUNK_KM = 2.0  # shortest section of a trunk: shorter ones would only add decisions to a plan
_CUT_M = 250.0  # between points at which a line of fibre can be joined
_DECIMALS = 6  # of degrees, 0.1 m: vertices of two roads at one crossing are the same


class FibreRoutes(NamedTuple):
    """Routes of fibre to schools, arrays of shape (schools,); NaN and -1 without one.

    Attributes
    ----------
    end : int array
        Index of the end of fibre at which the route begins.
    length_km : float array
        Along the route.
    trunk : int array
        Row of `trunks` at whose far end the school's own branch begins.
    branch_km : float array
        Length of that branch.
    trunks : DataFrame
        ``lat``, ``lon`` of the far end, ``km`` of the section, ``from_end_km`` of the whole way
        to it, ``before`` (row of the section that it continues, or -1) and ``schools``, the number
        beyond it; a section comes after the one that it continues.
    """

    end: IntArray
    length_km: FloatArray
    trunk: IntArray
    branch_km: FloatArray
    trunks: pd.DataFrame


def read_fibre_ends(layer: VectorLayer | None) -> pd.DataFrame:
    """Points at which the fibre of the project can be joined: nodes, and points along lines.

    Returns
    -------
    DataFrame
        ``place_id``, ``lat``, ``lon``; sorted by place and without repetitions.
    """
    if layer is None:
        return pd.DataFrame({"place_id": pd.Series(dtype="str"), "lat": [], "lon": []})
    shapes = single_parts(read_vector(layer.path).geometry.dropna().to_numpy())
    shapes = shapes[~shapely.is_empty(shapes)]
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    degrees = _CUT_M / geodesy.metres_per_degree(0.0)[0]
    along = shapely.get_coordinates(shapely.segmentize(shapes[~is_point], degrees))
    lon, lat = np.unique(
        np.vstack([shapely.get_coordinates(shapes[is_point]), along]).round(_DECIMALS), axis=0
    ).T
    ids = [f"fibre:{y:.6f},{x:.6f}" for y, x in zip(lat, lon, strict=True)]
    return pd.DataFrame({"place_id": ids, "lat": lat, "lon": lon})


def route_fibre(
    schools: pd.DataFrame, ends: pd.DataFrame, opened: Opened, *, factor: float, longest_km: float
) -> FibreRoutes:
    """The shortest route to each school, and the trunks that routes share.

    Parameters
    ----------
    schools : DataFrame
        ``lat`` and ``lon``, all known.
    ends : DataFrame
        As :func:`read_fibre_ends` gives them.
    opened : Opened
        The project: its roads, if it has any.
    factor : float
        Length of a line as a multiple of the straight distance, away from roads.
    longest_km : float
        Longest route; a longer one is given, but without a trunk.
    """
    n, m = len(schools), len(ends)
    if n == 0 or m == 0:
        none = np.full(n, -1, dtype=np.int64)
        unknown = np.full(n, np.nan)
        return FibreRoutes(none, unknown, none.copy(), unknown.copy(), _no_trunks())
    lat, lon = (
        np.concatenate([schools[name], ends[name]]).astype(np.float64) for name in ("lat", "lon")
    )
    road = opened.project.roads
    nodes = _on_roads(lat, lon, road, factor) if road is not None else None
    graph = nodes if nodes is not None else _between_neighbours(lat, lon, factor)
    return _routes_of(_with_straight_lines(graph, n, m, factor), n, m, longest_km)


class _Graph(NamedTuple):
    """Nodes, the schools first, then the ends of fibre; edges with their length."""

    lat: FloatArray
    lon: FloatArray
    a: IntArray
    b: IntArray
    km: FloatArray


def _km(lat: FloatArray, lon: FloatArray, a: IntArray, b: IntArray) -> FloatArray:
    return geodesy.distance_m(lat[a], lon[a], lat[b], lon[b]) / 1000.0


def _on_roads(lat: FloatArray, lon: FloatArray, layer: VectorLayer, factor: float) -> _Graph | None:
    """Vertices of roads, and from each school and end of fibre the line to the nearest of them.

    None where the layer has no line.
    """
    from scipy.spatial import KDTree

    lines = single_parts(read_vector(layer.path).geometry.dropna().to_numpy())
    lines = lines[shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING]
    if lines.size == 0:
        return None
    degrees = _CUT_M / geodesy.metres_per_degree(0.0)[0]
    vertex, line = shapely.get_coordinates(shapely.segmentize(lines, degrees), return_index=True)
    place, node = np.unique(vertex.round(_DECIMALS), axis=0, return_inverse=True)
    node = node.ravel()
    joined = np.flatnonzero((line[1:] == line[:-1]) & (node[1:] != node[:-1]))
    first = lat.size
    all_lat = np.concatenate([lat, place[:, 1]])
    all_lon = np.concatenate([lon, place[:, 0]])
    a, b = first + node[joined], first + node[joined + 1]
    tree = KDTree(geodesy.earth_centred_m(place[:, 1], place[:, 0]))
    nearest = first + np.asarray(tree.query(geodesy.earth_centred_m(lat, lon))[1], dtype=np.int64)
    own = np.arange(first)
    km = np.concatenate([_km(all_lat, all_lon, a, b), factor * _km(all_lat, all_lon, own, nearest)])
    return _Graph(all_lat, all_lon, np.concatenate([a, own]), np.concatenate([b, nearest]), km)


def _between_neighbours(lat: FloatArray, lon: FloatArray, factor: float) -> _Graph:
    """Straight lines between neighbouring places: the edges of a Delaunay triangulation."""
    from scipy.spatial import Delaunay, QhullError

    flat = np.column_stack([lon * np.cos(np.radians(lat.mean())), lat])
    place, node = np.unique(flat, axis=0, return_inverse=True)
    node = node.ravel()
    chosen = np.zeros(len(place), dtype=np.int64)
    chosen[node[::-1]] = np.arange(lat.size)[::-1]  # of several at one place the first
    own = np.arange(lat.size)
    pairs = [np.column_stack([own, chosen[node]])[own != chosen[node]]]
    if len(place) > 3:
        try:
            corner = Delaunay(place).simplices
            sides = np.vstack([corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [0, 2]]])
            pairs.append(chosen[np.unique(np.sort(sides, axis=1), axis=0)])
        except QhullError:  # all on one line: the straight lines to the ends remain
            pass
    a, b = np.vstack(pairs).astype(np.int64).T
    return _Graph(lat, lon, a, b, factor * _km(lat, lon, a, b))


def _with_straight_lines(graph: _Graph, schools: int, ends: int, factor: float) -> _Graph:
    """The graph, and from each school the straight way to the nearest end."""
    own = np.arange(schools)
    at = slice(schools, schools + ends)
    _, nearest = geodesy.nearest_point_m(
        *(graph.lat[own], graph.lon[own]), graph.lat[at], graph.lon[at]
    )
    to = schools + nearest
    return _Graph(
        *(graph.lat, graph.lon),
        np.concatenate([graph.a, own]),
        np.concatenate([graph.b, to]),
        np.concatenate([graph.km, factor * _km(graph.lat, graph.lon, own, to)]),
    )


def _routes_of(graph: _Graph, schools: int, ends: int, longest_km: float) -> FibreRoutes:
    """Shortest paths from all ends at once."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    # The shortest of several edges between two nodes; one of length 0 would be none.
    a, b = np.minimum(graph.a, graph.b), np.maximum(graph.a, graph.b)
    km = np.maximum(graph.km, _LEAST_KM)
    order = np.lexsort((km, b, a))
    a, b, km = a[order], b[order], km[order]
    first = np.ones(a.size, dtype=np.bool_)
    first[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    first &= a != b
    size = graph.lat.size
    matrix = csr_array((km[first], (a[first], b[first])), shape=(size, size))
    distance, before, source = dijkstra(
        matrix,
        directed=False,
        indices=np.arange(schools, schools + ends),
        return_predecessors=True,
        min_only=True,
    )
    length = distance[:schools]
    reached = np.isfinite(length)
    trunk, base_km, trunks = _trunks_of(graph, distance, before, schools, longest_km)
    near = reached & (length <= longest_km)
    return FibreRoutes(
        end=np.where(reached, source[:schools] - schools, -1).astype(np.int64),
        length_km=np.where(reached, length, np.nan),
        trunk=np.where(near, trunk, -1),
        branch_km=np.where(reached, length - np.where(near, base_km, 0.0), np.nan),
        trunks=trunks,
    )


def _trunks_of(
    graph: _Graph, distance: FloatArray, before: IntArray, schools: int, longest_km: float
) -> tuple[IntArray, FloatArray, pd.DataFrame]:
    """Trunk of each school and the distance of its far end; the table of trunks."""
    reached = np.flatnonzero(np.isfinite(distance))
    order = reached[np.argsort(distance[reached], kind="stable")].tolist()
    parent, km = before.tolist(), distance.tolist()
    beyond = [0] * distance.size
    for school in range(schools):
        beyond[school] = int(km[school] <= longest_km)
    for node in reversed(order):
        if parent[node] >= 0:
            beyond[parent[node]] += beyond[node]
    of, rows = [-1] * distance.size, []
    for node in order:
        if parent[node] < 0 or beyond[node] == 0:
            continue
        of[node] = section = of[parent[node]]
        start_km = rows[section][3] if section >= 0 else 0.0
        if beyond[node] > 1 and km[node] - start_km >= TRUNK_KM:
            place = float(graph.lat[node]), float(graph.lon[node])
            rows.append((*place, km[node] - start_km, km[node], section, beyond[node]))
            of[node] = len(rows) - 1
    trunks = pd.DataFrame(rows, columns=list(_TRUNKS)).astype(_TRUNKS)
    own = np.array(of[:schools], dtype=np.int64)
    far = np.concatenate([trunks["from_end_km"].to_numpy("float64"), [0.0]])
    return own, far[own], trunks


def _no_trunks() -> pd.DataFrame:
    return pd.DataFrame(columns=list(_TRUNKS)).astype(_TRUNKS)


_LEAST_KM = 1e-9
_TRUNKS = {
    **dict.fromkeys(("lat", "lon", "km", "from_end_km"), "float64"),
    **dict.fromkeys(("before", "schools"), "int64"),
}
