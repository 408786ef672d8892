"""Path loss from sites to schools over terrain."""

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
    from kalsel_gap.project.radio import Radio
    from kalsel_gap.radio.paths.profiles import ElevationModel
    from kalsel_gap.radio.propagation.p1812 import P1812Link
    from kalsel_gap.radio.propagation.path_inputs import ByteArray, Paths
    from kalsel_gap.terrain.sea_mask import SeaMask


THREADS = os.cpu_count() or 1  # they change no bit


@dataclass(frozen=True, slots=True, eq=False)
class RadioTerrain:
    """What paths run over, and how they are predicted."""

    terrain: ElevationModel
    sea: SeaMask | None
    radio: Radio

    def profiles(
        self, cells: pd.DataFrame, lat: FloatArray, lon: FloatArray
    ) -> Iterator[tuple[IntArray, Paths]]:
        """Profiles from cells to places, one for one, in batches."""
        from kalsel_gap.radio.paths.profiles import (
            extract_profiles,  # compiles kernels: only when they are needed
        )

        tx = cells["lat"].to_numpy("float64"), cells["lon"].to_numpy("float64")
        yield from extract_profiles(self.terrain, *tx, lat, lon, threads=THREADS, sea=self.sea)


class PathLoss(NamedTuple):
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

    def and_then(self, more: PathLoss) -> PathLoss:
        """With those of further paths behind them."""
        both = {name: (getattr(self, name), getattr(more, name)) for name in self._fields}
        return PathLoss(**{name: np.concatenate(each) for name, each in both.items()})


def compute_path_loss(
    cells: pd.DataFrame, lat: FloatArray, lon: FloatArray, ground: RadioTerrain
) -> PathLoss:
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
    found = PathLoss(
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
) -> P1812Link:
    """Terms of some of the paths."""
    from kalsel_gap.radio.propagation.location_variability import location_sigma_db
    from kalsel_gap.radio.propagation.p1812 import P1812Link

    air, wanted, rx_m = radio.atmosphere, radio.prediction, radio.receiver.height_m
    return P1812Link(
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
    cells: pd.DataFrame, lat: FloatArray, lon: FloatArray, ground: RadioTerrain
) -> dict[str, NDArray[np.generic]]:
    """What stands in the path from each cell to its place.

    Returns
    -------
    dict of array of shape (paths,)
        ``line_of_sight``, ``clearance_ratio``, ``obstacle_km`` from the place, ``obstacle_m``
        above the sea, ``obstacle_excess_m`` for median air; ``clearance_ratio_worst``.
    """
    from kalsel_gap.radio.paths.line_of_sight import assess_line_of_sight
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
        median = assess_line_of_sight(*ends, k=radio.k_factor.median, threads=THREADS)
        worst_air = worst_k(paths.length_km, radio.k_factor.worst)
        worst = assess_line_of_sight(*ends, k=worst_air, threads=THREADS)
        for name in names:
            found[name][at] = getattr(median, name)
        found["obstacle_km"][at] = paths.length_km - median.obstacle_km
        found["line_of_sight"][at] = median.line_of_sight
        found["clearance_ratio_worst"][at] = worst.clearance_ratio
    return found
