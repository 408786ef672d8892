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


THREADS = os.cpu_count() or 1  # results do not depend on their number


@dataclass(frozen=True, slots=True, eq=False)
class RadioTerrain:
    """Terrain of the paths, and the settings of the prediction."""

    terrain: ElevationModel
    sea: SeaMask | None
    radio: Radio

    def profiles(
        self, cells: pd.DataFrame, lat: FloatArray, lon: FloatArray
    ) -> Iterator[tuple[IntArray, Paths]]:
        """Profiles from each cell to its place, in batches."""
        from kalsel_gap.radio.paths.profiles import (
            extract_profiles,  # compiles kernels: only when they are needed
        )

        tx = cells["lat"].to_numpy("float64"), cells["lon"].to_numpy("float64")
        yield from extract_profiles(self.terrain, *tx, lat, lon, threads=THREADS, sea=self.sea)


class PathLoss(NamedTuple):
    """Path loss and its parts, arrays of shape (paths,); NaN unless the status is OK.

    A path shorter than the range of ITU-R P.1812 has the loss of `short_range.loss_db`: free space,
    because so near to the antenna the elevation model shows nothing of the obstacles.
    """

    loss_db: FloatArray
    """Over the terrain and its clutter."""
    vegetation_db: FloatArray
    """In the woodland around the receiver, where the path runs through it; otherwise 0."""
    surroundings_db: FloatArray
    """In houses and trees, where no land cover over bare ground shows them."""
    diffraction_db: FloatArray
    elevation_deg: FloatArray
    """Elevation angle of the ray at the antenna."""
    relief_m: FloatArray
    """Highest ground of the path less the lowest, whatever the status; NaN without a profile."""
    is_near: BoolArray
    """Whether the loss is that of free space."""
    status: ByteArray

    @classmethod
    def unknown(cls, count: int) -> PathLoss:
        """The loss of paths about which nothing is known."""
        from kalsel_gap.radio.propagation.path_inputs import DISTANCE

        fields: dict[str, NDArray[Any]] = {n: np.full(count, np.nan) for n in cls._fields}
        fields |= {
            "is_near": np.zeros(count, dtype=np.bool_),
            "status": np.full(count, DISTANCE, dtype=np.int8),
        }
        return cls(**fields)

    @property
    def total_db(self) -> FloatArray:
        """Total loss between the antennas."""
        return self.loss_db + self.vegetation_db + self.surroundings_db

    def and_then(self, more: PathLoss) -> PathLoss:
        """These paths followed by further ones."""
        both = {name: (getattr(self, name), getattr(more, name)) for name in self._fields}
        return PathLoss(**{name: np.concatenate(each) for name, each in both.items()})


class _PathTerms(NamedTuple):
    """Terms of paths besides their profiles, arrays of shape (paths,)."""

    frequency_mhz: FloatArray
    tx_height_m: FloatArray
    latitude_deg: FloatArray
    """Of the middle of the path."""
    depth_m: FloatArray
    """Length of the path in the woodland around the receiver; NaN is unknown."""
    woodland_db: FloatArray
    """Loss in that woodland."""

    def of(self, index: IntArray) -> _PathTerms:
        """The terms of some of the paths."""
        return _PathTerms(*(values[index] for values in self))


class _LossStep(NamedTuple):
    """Loss of one possible path to the receiver, arrays of shape (paths,).

    NaN unless the status is OK; it is not OK where this kind of path does not apply.
    """

    loss_db: FloatArray
    diffraction_db: FloatArray
    status: ByteArray


def compute_path_loss(
    cells: pd.DataFrame, lat: FloatArray, lon: FloatArray, ground: RadioTerrain
) -> PathLoss:
    """Loss of the path from each cell to its place: ITU-R P.1812-8, exact along the profile.

    A receiver in woodland is reached over the trees, or through them by ITU-R P.833, with the
    smaller loss; where the elevation model is not bare ground the loss through them is added. Where
    woodland at the receiver or clutter along the path is unknown, the status is LAND_COVER.

    The receiver is ``radio.receiver.height_m`` above ground: woodland that is not higher causes no
    loss, and the loss in a village decreases with the height.

    Parameters
    ----------
    cells : DataFrame
        A row for each path.
    lat, lon : float array of shape (paths,)
        Receivers of the paths, degrees.
    ground : RadioTerrain
        Terrain of the paths.
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
        woodland.woodland_above(ground.terrain, radio.receiver.height_m),
        *(ground.sea, (tx_lat, tx_lon), lat, lon),
        longest_m=radio.vegetation.longest_m,
    )
    through = woodland.through_db(depth_m, mhz, radio.vegetation)
    return _PathTerms(mhz, height, (tx_lat + lat) / 2.0, depth_m, through)


def _loss_of(paths: Paths, terms: _PathTerms, ground: RadioTerrain) -> PathLoss:
    """Loss of some paths: over terrain, at short range or through woodland, and surroundings."""
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
    # Where the profile has clutter, a path over it has no further loss in woodland.
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
        relief_m=_relief_m(paths),
        is_near=is_near,
        status=status,
    )


def _over_terrain(paths: Paths, terms: _PathTerms, ground: RadioTerrain) -> _LossStep:
    """Loss over the terrain and the clutter of the profile, by ITU-R P.1812."""
    from kalsel_gap.radio.propagation import p1812
    from kalsel_gap.radio.propagation.path_inputs import LAND_COVER

    made = p1812.loss(paths, _link(terms, ground.radio), threads=THREADS)
    status = made.status.copy()
    if ground.terrain.has_clutter:
        status[with_unknown_clutter(paths, status)] = LAND_COVER
    return _LossStep(made.loss_db, made.diffraction_db, status)


def _at_short_range(
    paths: Paths, terms: _PathTerms, over: _LossStep, ground: RadioTerrain
) -> _LossStep:
    """Loss of paths shorter than the range of ITU-R P.1812."""
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


def _through_woodland(
    paths: Paths, terms: _PathTerms, over: _LossStep, ground: RadioTerrain
) -> _LossStep:
    """Loss to receivers in woodland without its clutter; the loss inside it is not included."""
    from kalsel_gap.radio.paths import woodland
    from kalsel_gap.radio.propagation import p1812
    from kalsel_gap.radio.propagation.path_inputs import OK

    at = np.flatnonzero((terms.depth_m > 0.0) & (over.status == OK))
    found = _no_step(len(paths))
    if ground.terrain.has_clutter and at.size:
        inside = terms.of(at)
        way = woodland.clear_clutter(paths.part(at), inside.depth_m)
        made = p1812.loss(way, _link(inside, ground.radio), threads=THREADS)
        found.loss_db[at], found.diffraction_db[at] = made.loss_db, made.diffraction_db
        found.status[at] = made.status
    return found


def _of_surroundings(
    terms: _PathTerms, vegetation_db: FloatArray, ground: RadioTerrain
) -> FloatArray:
    """Loss in houses and trees around the receiver, where no clutter shows them."""
    from kalsel_gap.radio.propagation.terminal_clutter import surroundings_db

    if ground.terrain.has_clutter:
        return np.where(np.isnan(vegetation_db), np.nan, 0.0)
    kind, height_m = ground.radio.surroundings.kind, ground.radio.receiver.height_m
    return surroundings_db(terms.frequency_mhz, kind, vegetation_db, height_m=height_m)


def _elevation_deg(paths: Paths, terms: _PathTerms, ground: RadioTerrain) -> FloatArray:
    """Elevation angles of rays at the antenna."""
    from kalsel_gap.radio.propagation.p1812 import EARTH_KM

    radio = ground.radio
    tx_m = paths.ground_m[paths.first[:-1]] + terms.tx_height_m
    rx_m = paths.ground_m[paths.first[1:] - 1] + radio.receiver.height_m
    fall = paths.length_km / (2.0 * EARTH_KM * radio.k_factor.median)
    return np.degrees(np.arctan2((rx_m - tx_m) / 1000.0, paths.length_km) - fall)


def _relief_m(paths: Paths) -> FloatArray:
    """Highest ground of each path less the lowest."""
    first = paths.first[:-1]
    highest = np.maximum.reduceat(paths.ground_m, first)
    return np.asarray(highest - np.minimum.reduceat(paths.ground_m, first), dtype=np.float64)


def _no_step(count: int) -> _LossStep:
    """The loss of a kind of path that does not apply, for all paths."""
    from kalsel_gap.radio.propagation.path_inputs import DISTANCE

    return _LossStep(
        np.full(count, np.nan), np.full(count, np.nan), np.full(count, DISTANCE, dtype=np.int8)
    )


def with_unknown_clutter(paths: Paths, status: ByteArray) -> IntArray:
    """Paths with the status VOID whose heights are known: only their clutter is unknown."""
    from kalsel_gap.radio.propagation.path_inputs import HEIGHT_M, VOID

    void = np.flatnonzero(status == VOID)
    if not void.size:
        return void
    part = paths.part(void)
    known = (part.ground_m >= HEIGHT_M[0]) & (part.ground_m <= HEIGHT_M[1])
    return void[np.logical_and.reduceat(known, part.first[:-1])]


def _link(terms: _PathTerms, radio: Radio) -> P1812Link:
    """Terms of paths for ITU-R P.1812."""
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
    """Level of each site at its place, from the total loss of its path.

    The gain is that of the receiving antenna: 0 for a phone.
    """
    from kalsel_gap.radio.propagation.antennas import sector_gain_db
    from kalsel_gap.radio.propagation.link_budget import level_dbm

    azimuth_deg = sites["azimuth_deg"].to_numpy(np.float64)
    bearing_deg = np.full(azimuth_deg.shape, np.nan)
    at = np.flatnonzero(~np.isnan(azimuth_deg))  # the others are omnidirectional
    site_lat, site_lon = (sites[name].to_numpy(np.float64)[at] for name in ("lat", "lon"))
    bearing_deg[at] = geodesy.WGS84.inv(site_lon, site_lat, lon[at], lat[at])[0]
    pattern_db = sector_gain_db(
        azimuth_deg,
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
