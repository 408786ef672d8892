"""Which known sites could serve a place, and over which paths.

Cells at one site with the same antenna height and frequency share one path: power and antenna
pattern do not change the loss over the terrain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.geo import geodesy

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.project.radio import Candidates


# Sort keys, so that the order of rows in a file changes nothing.
_ORDER = (
    *("operator", "technology", "lat", "lon", "antenna_height_m", "frequency_mhz", "eirp_dbm"),
    *("bandwidth_mhz", "azimuth_deg", "downtilt_deg", "site_id", "file", "row"),
)


@dataclass(frozen=True, slots=True, eq=False)
class RadioCells:
    """Cells of known sites, sorted.

    Attributes
    ----------
    table : DataFrame
        From ``read_sites``.
    groups : list of (operator, technology)
        Each cell belongs to one of them.
    group : int array of shape (cells,)
        Index of the group of each cell.
    antenna : int array of shape (cells,)
        Cells with the same number share paths: place, height and frequency.
    """

    table: pd.DataFrame
    groups: list[tuple[str, str]]
    group: IntArray
    antenna: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Servers:
    """Cells that could serve points, and the paths from them.

    Attributes
    ----------
    point, cell, path : int array of shape (servers,)
        Indices of point, cell and path; sorted by point, then group, then distance.
    path_point, path_cell : int array of shape (paths,)
        Point at the end of each path, and a cell at its beginning.
    """

    point: IntArray
    cell: IntArray
    path: IntArray
    path_point: IntArray
    path_cell: IntArray

    def and_then(self, more: Servers) -> Servers:
        """These servers followed by further ones, which are farther away."""
        return Servers(
            np.concatenate([self.point, more.point]),
            np.concatenate([self.cell, more.cell]),
            np.concatenate([self.path, more.path + self.path_point.size]),
            np.concatenate([self.path_point, more.path_point]),
            np.concatenate([self.path_cell, more.path_cell]),
        )


def radio_cells(sites: pd.DataFrame) -> RadioCells:
    """Sites in a fixed order, with their groups and shared antennas."""
    table = sites.sort_values(list(_ORDER), ignore_index=True)
    keys = table[["operator", "technology"]]
    groups = [(str(o), str(t)) for o, t in keys.drop_duplicates().itertuples(index=False)]
    shared = table.groupby(["lat", "lon", "antenna_height_m", "frequency_mhz"], dropna=False)
    return RadioCells(
        table,
        groups,
        keys.groupby(["operator", "technology"], sort=False).ngroup().to_numpy().astype(np.int64),
        shared.ngroup().to_numpy().astype(np.int64),
    )


def candidate_servers(
    lat: FloatArray,
    lon: FloatArray,
    cells: RadioCells,
    rule: Candidates,
    *,
    beyond: BoolArray | None = None,
) -> Servers:
    """Cells at the nearest sites of each operator and technology that reach each point.

    Parameters
    ----------
    lat, lon : float array of shape (points,)
        Degrees, all known.
    cells : RadioCells
        Cells of known sites.
    rule : Candidates
        Largest distance and number of sites.
    beyond : bool array of shape (points, groups), optional
        Only for these, the sites after the nearest ``rule.sites``, up to ``rule.most_sites``.
    """
    found = [
        _candidates_of_group(lat, lon, cells, group, rule, beyond)
        for group in range(len(cells.groups))
    ]
    empty = np.empty((3, 0))
    point, cell, distance_m = np.concatenate([empty, *found], axis=1)
    at, of = point.astype(np.int64), cell.astype(np.int64)
    order = np.lexsort((of, distance_m, cells.group[of], at))
    at, of = at[order], of[order]
    antennas = int(cells.antenna.max(initial=0)) + 1
    _, first, path = np.unique(
        at * antennas + cells.antenna[of], return_index=True, return_inverse=True
    )
    return Servers(at, of, path, at[first], of[first])


def _candidates_of_group(
    lat: FloatArray,
    lon: FloatArray,
    cells: RadioCells,
    group: int,
    rule: Candidates,
    beyond: BoolArray | None,
) -> FloatArray:
    """Points, cells and distances in metres, three rows, for one operator and technology."""
    from scipy.spatial import KDTree

    members = np.flatnonzero(cells.group == group)
    places, place = np.unique(
        cells.table.loc[members, ["lat", "lon"]].to_numpy(), axis=0, return_inverse=True
    )
    tree = KDTree(geodesy.earth_centred_m(places[:, 0], places[:, 1]))
    asked = np.arange(lat.size) if beyond is None else np.flatnonzero(beyond[:, group])
    ranks = (1, rule.sites) if beyond is None else (rule.sites + 1, rule.most_sites)
    ranks = ranks[0], min(ranks[1], len(places))
    if not asked.size or ranks[1] < ranks[0]:
        return np.empty((3, 0))
    # A straight line is shorter than the geodesic: no site within reach is missed.
    found = tree.query(
        geodesy.earth_centred_m(lat[asked], lon[asked]),
        k=np.arange(ranks[0], ranks[1] + 1),
        distance_upper_bound=1000.0 * rule.reach_km,
    )
    near = np.asarray(found[1])
    point, rank = np.nonzero(near < len(places))
    site, point = near[point, rank], asked[point]
    distance_m = geodesy.distance_m(lat[point], lon[point], places[site, 0], places[site, 1])
    within = distance_m <= 1000.0 * rule.reach_km
    point, site, distance_m = point[within], site[within], distance_m[within]
    # All cells of each site.
    by_place = np.argsort(place, kind="stable")
    first = np.searchsorted(place[by_place], np.arange(len(places) + 1))
    each = np.diff(first)[site]
    pair = np.repeat(np.arange(site.size), each)
    step = np.arange(pair.size) - np.repeat(np.cumsum(each) - each, each)
    cell = members[by_place[first[site[pair]] + step]]
    return np.stack([point[pair], cell, distance_m[pair]])


# --- over the terrain --------------------------------------------------------------------------
