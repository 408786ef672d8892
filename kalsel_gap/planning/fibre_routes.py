"""Routes of fibre from the nearest end of a network to schools, and trunks that they share.

A route of its own runs along the roads of the project, where it has a layer of them, or straight,
times a factor for the way, whichever is shorter. Routes that are built together form a tree: the
shortest ways along roads, or, without roads, a network between neighbouring schools. What several
schools have in common in it can be built once, as trunks.
"""

from __future__ import annotations

import heapq
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

TRUNK_KM = 5.0  # shortest section of a trunk: shorter ones only add decisions to a plan
_CUT_M = 250.0  # between points at which a line of fibre can be joined
_DECIMALS = 6  # of degrees, 0.1 m: vertices of two roads at one crossing are the same


class FibreRoutes(NamedTuple):
    """Routes of fibre to schools, arrays of shape (schools,); NaN and -1 without one.

    Attributes
    ----------
    end : int array
        Index of the end of fibre at which the route begins.
    length_km : float array
        Of a route of its own.
    trunk : int array
        Row of `trunks` at whose far end the school's own branch begins.
    branch_km : float array
        Length of that branch; of the whole route without a trunk.
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
    straight_m, nearest = geodesy.nearest_point_m(lat[:n], lon[:n], lat[n:], lon[n:])
    straight_km = factor * straight_m / 1000.0
    road = opened.project.roads
    graph = _on_roads(lat, lon, road, factor) if road is not None else None
    has_roads = graph is not None
    if graph is not None:
        tree = _shortest_paths(graph, n, m)
    else:
        graph = _between_neighbours(lat, lon, factor)
        tree = _light_tree(graph, n, m)
    is_road = has_roads & (tree.distance_km[:n] < straight_km)
    trunk, base_km, trunks = _trunks_of(graph, tree, n, longest_km)
    length = np.where(is_road, tree.distance_km[:n], straight_km)
    branch = np.where(trunk >= 0, tree.distance_km[:n] - base_km, length)
    end = np.where(is_road, tree.end[:n] - n, nearest).astype(np.int64)
    return FibreRoutes(end, length, trunk, branch, trunks)


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


class _FibreTree(NamedTuple):
    """Ways from the ends of fibre to all nodes, arrays of shape (nodes,)."""

    distance_km: FloatArray
    """Infinite where no way leads."""
    before: IntArray
    """Node before, negative at an end."""
    end: IntArray


def _shortest_paths(graph: _Graph, schools: int, ends: int) -> _FibreTree:
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
    distance, before, end = dijkstra(
        matrix,
        directed=False,
        indices=np.arange(schools, schools + ends),
        return_predecessors=True,
        min_only=True,
    )
    return _FibreTree(distance, before.astype(np.int64), end.astype(np.int64))


def _light_tree(graph: _Graph, schools: int, ends: int) -> _FibreTree:
    """A tree between shortest paths and the shortest network: it has parts to share.

    As Prim's and Dijkstra's algorithms, of which the first adds the node with the shortest edge,
    the second that with the shortest way; here half of the way counts (Alpert et al. 1995).
    """
    size = graph.lat.size
    near: list[list[tuple[int, float]]] = [[] for _ in range(size)]
    for a, b, km in zip(graph.a.tolist(), graph.b.tolist(), graph.km.tolist(), strict=True):
        near[a].append((b, km))
        near[b].append((a, km))
    distance, before, end = np.full(size, np.inf), np.full(size, -1), np.full(size, -1)
    heap = [(0.0, node, -1, 0.0) for node in range(schools, schools + ends)]
    while heap:
        _, node, last, way = heapq.heappop(heap)
        if np.isfinite(distance[node]):
            continue
        distance[node], before[node] = way, last
        end[node] = node if last < 0 else end[last]
        for other, km in near[node]:
            if not np.isfinite(distance[other]):
                further = max(km, _LEAST_KM)
                heapq.heappush(heap, (_WAY * way + further, other, node, way + further))
    return _FibreTree(distance, before, end)


def _trunks_of(
    graph: _Graph, tree: _FibreTree, schools: int, longest_km: float
) -> tuple[IntArray, FloatArray, pd.DataFrame]:
    """Trunk of each school and the distance of its far end; the table of trunks."""
    distance, before = tree.distance_km, tree.before
    reached = np.flatnonzero(np.isfinite(distance))
    order = reached[np.argsort(distance[reached], kind="stable")].tolist()
    parent, km = before.tolist(), distance.tolist()
    beyond = [0] * distance.size
    for school in range(schools):
        beyond[school] = int(km[school] <= longest_km)
    for node in reversed(order):
        if parent[node] >= 0:
            beyond[parent[node]] += beyond[node]
    of = [-1] * distance.size
    rows: list[tuple[float, float, float, float, int, int]] = []
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
    near = distance[:schools] <= longest_km
    own = np.where(near, np.array(of[:schools], dtype=np.int64), -1)
    far = np.concatenate([trunks["from_end_km"].to_numpy("float64"), [0.0]])
    return own, far[own], trunks


def _no_trunks() -> pd.DataFrame:
    return pd.DataFrame(columns=list(_TRUNKS)).astype(_TRUNKS)


_LEAST_KM = 1e-9
_WAY = 0.5  # share of the way so far in the choice of the next node
_TRUNKS = {
    **dict.fromkeys(("lat", "lon", "km", "from_end_km"), "float64"),
    **dict.fromkeys(("before", "schools"), "int64"),
}
