"""Which known sites could serve a place, over which paths, and what these lose.

Cells at one site with the same antenna height and frequency share one path: what differs between
them, power and antenna, is no matter of the terrain.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo import geodesy

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.project.radio import Candidates, Radio
    from kalsel_gap.radio.paths.profiles import Terrain
    from kalsel_gap.radio.propagation.p1812 import Link
    from kalsel_gap.radio.propagation.path_inputs import ByteArray, Paths
    from kalsel_gap.terrain.sea_mask import SeaMask


THREADS = os.cpu_count() or 1  # they change no bit

# In this order, so that the order of rows in a file decides nothing.
_ORDER = (
    *("operator", "technology", "lat", "lon", "antenna_height_m", "frequency_mhz", "eirp_dbm"),
    *("bandwidth_mhz", "azimuth_deg", "downtilt_deg", "site_id", "file", "row"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells of known sites, sorted.

    Attributes
    ----------
    table : DataFrame
        As ``read_sites`` gives them.
    groups : list of (operator, technology)
        Of which each cell has one.
    group : int array of shape (cells,)
        Its number.
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
        Which point, which cell, which of the paths; by point, then group, then distance.
    path_point, path_cell : int array of shape (paths,)
        Where each path ends, and a cell that it begins at.
    """

    point: IntArray
    cell: IntArray
    path: IntArray
    path_point: IntArray
    path_cell: IntArray

    def and_then(self, more: Servers) -> Servers:
        """With further ones behind them, which lie farther away."""
        return Servers(
            np.concatenate([self.point, more.point]),
            np.concatenate([self.cell, more.cell]),
            np.concatenate([self.path, more.path + self.path_point.size]),
            np.concatenate([self.path_point, more.path_point]),
            np.concatenate([self.path_cell, more.path_cell]),
        )


def cells_of(sites: pd.DataFrame) -> Cells:
    """Sites in an order of their own, with what they have in common."""
    table = sites.sort_values(list(_ORDER), ignore_index=True)
    keys = table[["operator", "technology"]]
    groups = [(str(o), str(t)) for o, t in keys.drop_duplicates().itertuples(index=False)]
    shared = table.groupby(["lat", "lon", "antenna_height_m", "frequency_mhz"], dropna=False)
    return Cells(
        table,
        groups,
        keys.groupby(["operator", "technology"], sort=False).ngroup().to_numpy().astype(np.int64),
        shared.ngroup().to_numpy().astype(np.int64),
    )


def servers(
    lat: FloatArray,
    lon: FloatArray,
    cells: Cells,
    rule: Candidates,
    *,
    beyond: BoolArray | None = None,
) -> Servers:
    """Cells at the nearest sites of each operator and technology that reach each point.

    Parameters
    ----------
    lat, lon : float array of shape (points,)
        Degrees, all known.
    cells : Cells
        Cells of known sites.
    rule : Candidates
        How far and how many.
    beyond : bool array of shape (points, groups), optional
        Only for these, and of them the sites after the nearest ``rule.sites``, up to
        ``rule.most_sites``.
    """
    found = [_of_group(lat, lon, cells, group, rule, beyond) for group in range(len(cells.groups))]
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


def _of_group(
    lat: FloatArray,
    lon: FloatArray,
    cells: Cells,
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
    # A straight line is shorter than the way over the ground: none within reach is missed.
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


# --- over the ground ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What paths run over, and how they are predicted."""

    terrain: Terrain
    sea: SeaMask | None
    radio: Radio

    def profiles(
        self, cells: pd.DataFrame, lat: FloatArray, lon: FloatArray
    ) -> Iterator[tuple[IntArray, Paths]]:
        """Profiles from cells to places, one for one, in batches."""
        from kalsel_gap.radio.paths.profiles import (
            profiles,  # compiles kernels: only when they are needed
        )

        tx = cells["lat"].to_numpy("float64"), cells["lon"].to_numpy("float64")
        yield from profiles(self.terrain, *tx, lat, lon, threads=THREADS, sea=self.sea)


class Losses(NamedTuple):
    """What paths lose, arrays of shape (paths,); NaN unless the status is OK.

    A path that is shorter than ITU-R P.1812 covers has the loss of free space, as `near.loss_db`
    has it: so near to the antenna nothing else is known of the ground.
    """

    loss_db: FloatArray
    """Over the ground and what stands on it."""
    vegetation_db: FloatArray
    """Through the wood that the receiver stands in, where that is the way; 0 else."""
    surroundings_db: FloatArray
    """Of houses and trees that no land cover over bare ground shows."""
    diffraction_db: FloatArray
    elevation_deg: FloatArray
    """How high the ray leaves the antenna, above the horizon."""
    is_near: BoolArray
    """Whether the loss is that of free space."""
    status: ByteArray

    @property
    def total_db(self) -> FloatArray:
        """All that is lost from antenna to antenna."""
        return self.loss_db + self.vegetation_db + self.surroundings_db

    def and_then(self, more: Losses) -> Losses:
        """With those of further paths behind them."""
        both = {name: (getattr(self, name), getattr(more, name)) for name in self._fields}
        return Losses(**{name: np.concatenate(each) for name, each in both.items()})


def losses(cells: pd.DataFrame, lat: FloatArray, lon: FloatArray, ground: Ground) -> Losses:
    """Loss of the path from each cell to its place: ITU-R P.1812-8, exact along the profile.

    A receiver in a wood is reached over the trees or through them by ITU-R P.833, with the smaller
    loss; where the elevation model is no bare ground the way through is added. Where it is unknown
    whether there is a wood, or what stands along the path, the status is LAND_COVER.

    Everything is of a receiver ``radio.receiver.height_m`` above ground: a wood that is no higher
    takes nothing of it, and a village the less, the higher it is.

    Parameters
    ----------
    cells : DataFrame
        A row for each path.
    lat, lon : float array of shape (paths,)
        Where they end, degrees.
    ground : Ground
        What they run over.
    """
    from kalsel_gap.radio.paths import woodland
    from kalsel_gap.radio.propagation import p1812, short_range
    from kalsel_gap.radio.propagation.path_inputs import DISTANCE, LAND_COVER, OK
    from kalsel_gap.radio.propagation.terminal_clutter import surroundings_db

    radio, terrain, count = ground.radio, ground.terrain, len(cells)
    height, mhz, tx_lat, tx_lon = (
        cells[n].to_numpy("float64") for n in ("antenna_height_m", "frequency_mhz", "lat", "lon")
    )
    rx_m = radio.receiver.height_m
    depth_m = woodland.depths_m(
        *(woodland.above(terrain, rx_m), ground.sea, (tx_lat, tx_lon), lat, lon),
        longest_m=radio.vegetation.longest_m,
    )
    through = woodland.through_db(depth_m, mhz, radio.vegetation)
    found = Losses(
        loss_db=np.full(count, np.nan),
        vegetation_db=np.zeros(count) if terrain.has_clutter else through.copy(),
        surroundings_db=np.zeros(count),
        diffraction_db=np.full(count, np.nan),
        elevation_deg=np.full(count, np.nan),
        is_near=np.zeros(count, dtype=np.bool_),
        status=np.full(count, DISTANCE, dtype=np.int8),
    )
    middle = (tx_lat + lat) / 2.0
    for at, paths in ground.profiles(cells, lat, lon):
        link = _link(at, mhz, height, middle, radio)
        made = p1812.loss(paths, link, threads=THREADS)
        found.loss_db[at], found.status[at] = made.loss_db, made.status
        found.diffraction_db[at] = made.diffraction_db
        tx_m = paths.ground_m[paths.first[:-1]] + height[at]
        rise_km = (paths.ground_m[paths.first[1:] - 1] + rx_m - tx_m) / 1000.0
        fall = paths.length_km / (2.0 * p1812.EARTH_KM * radio.k_factor.median)
        found.elevation_deg[at] = np.degrees(np.arctan2(rise_km, paths.length_km) - fall)
        short = np.flatnonzero((made.status == DISTANCE) & (paths.length_km < p1812.DISTANCE_KM[0]))
        if short.size:
            by = at[short]
            link = _link(by, mhz, height, middle, radio)
            found.loss_db[by], status = short_range.loss_db(
                paths.part(short), link, threads=THREADS
            )
            found.status[by], found.is_near[by] = status, status == OK
            found.diffraction_db[by] = np.where(status == OK, 0.0, np.nan)
            found.vegetation_db[by] = through[by]
        if terrain.has_clutter:
            found.status[at[bare(paths, made.status)]] = LAND_COVER
        inside = np.flatnonzero((depth_m[at] > 0.0) & (made.status == OK))
        if terrain.has_clutter and inside.size:
            into = at[inside]
            way = woodland.cleared(paths.part(inside), depth_m[into])
            made = p1812.loss(way, _link(into, mhz, height, middle, radio), threads=THREADS)
            less = made.loss_db + through[into] < found.loss_db[into]
            found.loss_db[into[less]] = made.loss_db[less]
            found.diffraction_db[into[less]] = made.diffraction_db[less]
            found.vegetation_db[into[less]] = through[into[less]]
    unknown = (found.status == OK) & np.isnan(depth_m)
    found.status[unknown] = LAND_COVER
    for values in (found.loss_db, found.diffraction_db):
        values[unknown] = np.nan
    lost = found.status != OK
    found.vegetation_db[lost] = found.surroundings_db[lost] = np.nan
    if not terrain.has_clutter:
        kind = radio.surroundings.kind
        found.surroundings_db[:] = surroundings_db(mhz, kind, found.vegetation_db, height_m=rx_m)
    return found


def bare(paths: Paths, status: ByteArray) -> IntArray:
    """Void paths whose heights are known: it is what stands on the ground that is not."""
    from kalsel_gap.radio.propagation.path_inputs import HEIGHT_M, VOID

    void = np.flatnonzero(status == VOID)
    if not void.size:
        return void
    part = paths.part(void)
    known = (part.ground_m >= HEIGHT_M[0]) & (part.ground_m <= HEIGHT_M[1])
    return void[np.logical_and.reduceat(known, part.first[:-1])]


def _link(
    at: IntArray, mhz: FloatArray, height_m: FloatArray, latitude_deg: FloatArray, radio: Radio
) -> Link:
    """Terms of some of the paths."""
    from kalsel_gap.radio.propagation.location_variability import location_sigma_db
    from kalsel_gap.radio.propagation.p1812 import Link

    air, wanted, rx_m = radio.atmosphere, radio.prediction, radio.receiver.height_m
    return Link(
        frequency_mhz=mhz[at],
        tx_height_m=height_m[at],
        rx_height_m=rx_m,
        latitude_deg=latitude_deg[at],
        delta_n=air.delta_n,
        n0=air.n0,
        time_percent=wanted.time_percent,
        location_percent=wanted.location_percent,
        location_sigma_db=location_sigma_db(mhz[at], wanted.resolution_m, rx_m),
    )


def levels_dbm(
    sites: pd.DataFrame,
    lat: FloatArray,
    lon: FloatArray,
    loss_db: FloatArray,
    elevation_deg: FloatArray,
    radio: Radio,
    *,
    rx_gain_dbi: float = 0.0,
) -> FloatArray:
    """Level that each site gives at its place, from all that its path loses.

    The gain is that of the receiving antenna: 0 of a phone.
    """
    from kalsel_gap.radio.propagation.antennas import sector_gain_db
    from kalsel_gap.radio.propagation.link_budget import level_dbm

    bearing_deg = geodesy.WGS84.inv(sites["lon"], sites["lat"], lon, lat)[0]
    pattern_db = sector_gain_db(
        sites["azimuth_deg"],
        sites["downtilt_deg"],
        bearing_deg,
        elevation_deg,
        pattern=radio.pattern,
    )
    return level_dbm(
        sites["technology"].to_numpy(),
        sites["eirp_dbm"].to_numpy(np.float64),
        loss_db,
        carriers=radio.carriers,
        bandwidth_mhz=sites["bandwidth_mhz"].to_numpy(np.float64),
        pattern_db=pattern_db,
        rx_gain_dbi=rx_gain_dbi,
    )


def sights(
    cells: pd.DataFrame, lat: FloatArray, lon: FloatArray, ground: Ground
) -> dict[str, NDArray[np.generic]]:
    """What stands in the path from each cell to its place.

    Returns
    -------
    dict of array of shape (paths,)
        ``line_of_sight``, ``clearance_ratio``, ``obstacle_km`` from the place, ``obstacle_m``
        above the sea, ``obstacle_excess_m`` for median air; ``clearance_ratio_worst``.
    """
    from kalsel_gap.radio.paths.line_of_sight import sight
    from kalsel_gap.radio.propagation.fresnel import worst_k

    radio = ground.radio
    names = ("clearance_ratio", "obstacle_km", "obstacle_m", "obstacle_excess_m")
    found: dict[str, NDArray[np.generic]] = {
        name: np.full(len(cells), np.nan) for name in (*names, "clearance_ratio_worst")
    }
    found["line_of_sight"] = np.zeros(len(cells), dtype=np.bool_)
    height, mhz = (cells[n].to_numpy("float64") for n in ("antenna_height_m", "frequency_mhz"))
    for at, paths in ground.profiles(cells, lat, lon):
        ends = (paths, height[at], radio.receiver.height_m, mhz[at])
        median = sight(*ends, k=radio.k_factor.median, threads=THREADS)
        worst_air = worst_k(paths.length_km, radio.k_factor.worst)
        worst = sight(*ends, k=worst_air, threads=THREADS)
        for name in names:
            found[name][at] = getattr(median, name)
        found["obstacle_km"][at] = paths.length_km - median.obstacle_km
        found["line_of_sight"][at] = median.line_of_sight
        found["clearance_ratio_worst"][at] = worst.clearance_ratio
    return found
