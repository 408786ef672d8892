"""Path loss from sites to schools over terrain."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kalsel_gap.geo import geodesy

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.project.radio import Radio
    from kalsel_gap.radio.paths.elevation_model import ElevationModel
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

    A path that is shorter than ITU-R P.1812 covers has the loss of free space, as
    `short_range.loss_db` computes it: so near to the antenna nothing else is known of the ground.
    """

    loss_db: FloatArray
    """Over the ground and what stands on it."""
    vegetation_db: FloatArray
    """Through the wood that the receiver stands in, where that is the way; otherwise 0."""
    surroundings_db: FloatArray
    """Of houses and trees that no land cover over bare ground shows."""
    diffraction_db: FloatArray
    elevation_deg: FloatArray
    """How high the ray leaves the antenna, above the horizon."""
    is_near: BoolArray
    """Whether the loss is that of free space."""
    status: ByteArray

    @classmethod
    def unknown(cls, count: int) -> PathLoss:
        """That of paths of which nothing is known."""
        from kalsel_gap.radio.propagation.path_inputs import DISTANCE

        fields: dict[str, NDArray[Any]] = {n: np.full(count, np.nan) for n in cls._fields}
        fields |= {
            "is_near": np.zeros(count, dtype=np.bool_),
            "status": np.full(count, DISTANCE, dtype=np.int8),
        }
        return cls(**fields)

    @property
    def total_db(self) -> FloatArray:
        """All that is lost from antenna to antenna."""
        return self.loss_db + self.vegetation_db + self.surroundings_db

    def and_then(self, more: PathLoss) -> PathLoss:
        """With those of further paths behind them."""
        both = {name: (getattr(self, name), getattr(more, name)) for name in self._fields}
        return PathLoss(**{name: np.concatenate(each) for name, each in both.items()})


class _PathTerms(NamedTuple):
    """What is known of paths besides their profiles, arrays of shape (paths,)."""

    frequency_mhz: FloatArray
    tx_height_m: FloatArray
    latitude_deg: FloatArray
    """Of the middle of the path."""
    depth_m: FloatArray
    """How far the path runs through the wood that the receiver stands in; NaN is unknown."""
    woodland_db: FloatArray
    """Loss through that wood."""

    def of(self, index: IntArray) -> _PathTerms:
        """Those of some of the paths."""
        return _PathTerms(*(values[index] for values in self))


class _Step(NamedTuple):
    """What one way of reaching the receiver loses, arrays of shape (paths,).

    NaN unless the status is OK, which it is nowhere that the way does not apply.
    """

    loss_db: FloatArray
    diffraction_db: FloatArray
    status: ByteArray


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
    ground : RadioTerrain
        What they run over.
    """
    terms = _terms_of(cells, lat, lon, ground)
    found = PathLoss.unknown(len(cells))
    for at, paths in ground.profiles(cells, lat, lon):
        for name, values in _loss_of(paths, terms.of(at), ground)._asdict().items():
            getattr(found, name)[at] = values
    return found


def _terms_of(
    cells: pd.DataFrame, lat: FloatArray, lon: FloatArray, ground: RadioTerrain
) -> _PathTerms:
    from kalsel_gap.radio.paths import woodland

    radio = ground.radio
    height, mhz, tx_lat, tx_lon = (
        cells[n].to_numpy("float64") for n in ("antenna_height_m", "frequency_mhz", "lat", "lon")
    )
    depth_m = woodland.depths_m(
        woodland.above(ground.terrain, radio.receiver.height_m),
        *(ground.sea, (tx_lat, tx_lon), lat, lon),
        longest_m=radio.vegetation.longest_m,
    )
    through = woodland.through_db(depth_m, mhz, radio.vegetation)
    return _PathTerms(mhz, height, (tx_lat + lat) / 2.0, depth_m, through)


def _loss_of(paths: Paths, terms: _PathTerms, ground: RadioTerrain) -> PathLoss:
    """Loss of some paths: over the terrain, at short range or through the wood, and around."""
    from kalsel_gap.radio.propagation.path_inputs import DISTANCE, LAND_COVER, OK

    over = _over_terrain(paths, terms, ground)
    near = _at_short_range(paths, terms, over, ground)
    through = _through_woodland(paths, terms, over, ground)
    is_near = near.status == OK
    is_through = through.loss_db + terms.woodland_db < over.loss_db
    loss_db, diffraction_db = (
        np.select([is_near, is_through], [nearby, inside], above)
        for above, nearby, inside in zip(over[:2], near[:2], through[:2], strict=True)
    )
    # Over clutter that the profile has, no wood is left to be added.
    is_added = is_near | is_through | (not ground.terrain.has_clutter)
    status = np.where(over.status == DISTANCE, near.status, over.status)
    status[(status == OK) & np.isnan(terms.depth_m)] = LAND_COVER
    lost = status != OK
    vegetation_db = np.where(lost, np.nan, np.where(is_added, terms.woodland_db, 0.0))
    return PathLoss(
        loss_db=np.where(lost, np.nan, loss_db),
        vegetation_db=vegetation_db,
        surroundings_db=_of_surroundings(terms, vegetation_db, ground),
        diffraction_db=np.where(lost, np.nan, diffraction_db),
        elevation_deg=_elevation_deg(paths, terms, ground),
        is_near=is_near,
        status=status,
    )


def _over_terrain(paths: Paths, terms: _PathTerms, ground: RadioTerrain) -> _Step:
    """Over the terrain and what the profile shows on it, by ITU-R P.1812."""
    from kalsel_gap.radio.propagation import p1812
    from kalsel_gap.radio.propagation.path_inputs import LAND_COVER

    made = p1812.loss(paths, _link(terms, ground.radio), threads=THREADS)
    status = made.status.copy()
    if ground.terrain.has_clutter:
        status[bare(paths, status)] = LAND_COVER
    return _Step(made.loss_db, made.diffraction_db, status)


def _at_short_range(paths: Paths, terms: _PathTerms, over: _Step, ground: RadioTerrain) -> _Step:
    """Paths shorter than ITU-R P.1812 covers."""
    from kalsel_gap.radio.propagation import p1812, short_range
    from kalsel_gap.radio.propagation.path_inputs import DISTANCE, OK

    is_short = (over.status == DISTANCE) & (paths.length_km < p1812.DISTANCE_KM[0])
    at = np.flatnonzero(is_short)
    found = _no_step(len(paths))
    if at.size:
        link = _link(terms.of(at), ground.radio)
        loss_db, status = short_range.loss_db(paths.part(at), link, threads=THREADS)
        found.loss_db[at], found.status[at] = loss_db, status
        found.diffraction_db[at] = np.where(status == OK, 0.0, np.nan)
    return found


def _through_woodland(paths: Paths, terms: _PathTerms, over: _Step, ground: RadioTerrain) -> _Step:
    """Paths to receivers in a wood without its clutter: what the wood itself takes is not in it."""
    from kalsel_gap.radio.paths import woodland
    from kalsel_gap.radio.propagation import p1812
    from kalsel_gap.radio.propagation.path_inputs import OK

    at = np.flatnonzero((terms.depth_m > 0.0) & (over.status == OK))
    found = _no_step(len(paths))
    if ground.terrain.has_clutter and at.size:
        inside = terms.of(at)
        way = woodland.cleared(paths.part(at), inside.depth_m)
        made = p1812.loss(way, _link(inside, ground.radio), threads=THREADS)
        found.loss_db[at], found.diffraction_db[at] = made.loss_db, made.diffraction_db
        found.status[at] = made.status
    return found


def _of_surroundings(
    terms: _PathTerms, vegetation_db: FloatArray, ground: RadioTerrain
) -> FloatArray:
    """What houses and trees around the receiver take, where no clutter shows them."""
    from kalsel_gap.radio.propagation.terminal_clutter import surroundings_db

    if ground.terrain.has_clutter:
        return np.where(np.isnan(vegetation_db), np.nan, 0.0)
    kind, height_m = ground.radio.surroundings.kind, ground.radio.receiver.height_m
    return surroundings_db(terms.frequency_mhz, kind, vegetation_db, height_m=height_m)


def _elevation_deg(paths: Paths, terms: _PathTerms, ground: RadioTerrain) -> FloatArray:
    """How high rays leave the antenna, above the horizon."""
    from kalsel_gap.radio.propagation.p1812 import EARTH_KM

    radio = ground.radio
    tx_m = paths.ground_m[paths.first[:-1]] + terms.tx_height_m
    rx_m = paths.ground_m[paths.first[1:] - 1] + radio.receiver.height_m
    fall = paths.length_km / (2.0 * EARTH_KM * radio.k_factor.median)
    return np.degrees(np.arctan2((rx_m - tx_m) / 1000.0, paths.length_km) - fall)


def _no_step(count: int) -> _Step:
    """A way that applies to none of the paths."""
    from kalsel_gap.radio.propagation.path_inputs import DISTANCE

    return _Step(
        np.full(count, np.nan), np.full(count, np.nan), np.full(count, DISTANCE, dtype=np.int8)
    )


def bare(paths: Paths, status: ByteArray) -> IntArray:
    """Void paths whose heights are known: it is what stands on the ground that is not."""
    from kalsel_gap.radio.propagation.path_inputs import HEIGHT_M, VOID

    void = np.flatnonzero(status == VOID)
    if not void.size:
        return void
    part = paths.part(void)
    known = (part.ground_m >= HEIGHT_M[0]) & (part.ground_m <= HEIGHT_M[1])
    return void[np.logical_and.reduceat(known, part.first[:-1])]


def _link(terms: _PathTerms, radio: Radio) -> P1812Link:
    """Terms of paths as ITU-R P.1812 has them."""
    from kalsel_gap.radio.propagation.location_variability import location_sigma_db
    from kalsel_gap.radio.propagation.p1812 import P1812Link

    air, wanted, rx_m = radio.atmosphere, radio.prediction, radio.receiver.height_m
    return P1812Link(
        frequency_mhz=terms.frequency_mhz,
        tx_height_m=terms.tx_height_m,
        rx_height_m=rx_m,
        latitude_deg=terms.latitude_deg,
        delta_n=air.delta_n,
        n0=air.n0,
        time_percent=wanted.time_percent,
        location_percent=wanted.location_percent,
        location_sigma_db=location_sigma_db(terms.frequency_mhz, wanted.resolution_m, rx_m),
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
