"""Woodland around receivers: length of a path through it, and the loss inside it.

A signal comes over the trees or through them: clutter in the profile gives the loss over them, and
the smaller loss counts. Where the elevation model is not bare ground, the loss through is added.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.geo.mosaic import open_band
from kalsel_gap.geo.sampling import sample
from kalsel_gap.radio.paths.profiles import resolution_m
from kalsel_gap.radio.propagation.vegetation import maximum_db, specific_db_per_m, woodland_db

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.project.radio import Vegetation
    from kalsel_gap.radio.paths.elevation_model import ElevationModel
    from kalsel_gap.radio.propagation.path_inputs import Paths
    from kalsel_gap.terrain.sea_mask import SeaMask


_PATHS_AT_ONCE = 10_000


def depths_m(
    terrain: ElevationModel,
    sea: SeaMask | None,
    to: tuple[FloatArray, FloatArray],
    lat: FloatArray,
    lon: FloatArray,
    *,
    longest_m: float,
) -> FloatArray:
    """Length of each path inside the woodland around its receiver.

    Land cover is sampled in steps of one of its cells, beginning at the receiver; the edge of the
    woodland is assumed in the middle of the step in which it ends.

    Parameters
    ----------
    terrain : ElevationModel
        With land cover, or all depths are 0.
    sea : SeaMask, optional
        In the sea, unknown land cover is not woodland.
    to : (lat, lon) of float arrays of shape (paths,)
        The other ends, degrees.
    lat, lon : float array of shape (paths,)
        Receivers, degrees.
    longest_m : float
        Largest depth that is searched.

    Returns
    -------
    float array
        Metres; 0 outside woodland, NaN where a class is unknown before the woodland ends.

    Raises
    ------
    InputError
        As `mosaic.open_band`.
    """
    found = np.zeros(lat.shape)
    if terrain.land_cover is None:
        return found
    is_inside, is_known = _is_woodland(terrain, sea, lat, lon)
    found[~is_known] = np.nan
    with open_band(terrain.land_cover, terrain.land_cover_band) as cover:
        step_m = resolution_m(cover.grid)
    way_m = np.arange(0.0, longest_m, step_m)
    receivers = np.flatnonzero(is_inside)
    for begin in range(0, receivers.size, _PATHS_AT_ONCE):
        part = receivers[begin : begin + _PATHS_AT_ONCE]
        at, ends = (lat[part], lon[part]), (to[0][part], to[1][part])
        azimuth, _, length_m = WGS84.inv(at[1], at[0], ends[1], ends[0])
        shape = part.size, way_m.size
        from_lon, from_lat, bearing = (
            np.broadcast_to(each[:, None], shape).ravel() for each in (at[1], at[0], azimuth)
        )
        on = np.broadcast_to(way_m, shape).ravel()
        lon_on, lat_on, _ = WGS84.fwd(from_lon, from_lat, bearing, on)
        along = _is_woodland(terrain, sea, np.asarray(lat_on), np.asarray(lon_on))
        inside, known = (each.reshape(shape) for each in along)
        found[part] = _depth_to_edge(inside, known, step_m, np.minimum(length_m, longest_m))
    return found


def _depth_to_edge(
    inside: BoolArray, known: BoolArray, step_m: float, most_m: FloatArray
) -> FloatArray:
    """Depth from rows of samples that begin at the receiver, the first of them in woodland.

    Examples
    --------
    >>> inside = np.array([[True, True, False], [True, True, True], [True, False, True]])
    >>> known = np.array([[True, True, True], [True, True, True], [True, False, True]])
    >>> _depth_to_edge(inside, known, 10.0, np.array([25.0, 25.0, 25.0])).tolist()
    [15.0, 25.0, nan]
    >>> _depth_to_edge(inside, known, 10.0, np.array([8.0, 8.0, 8.0])).tolist()
    [8.0, 8.0, 8.0]
    """
    edge = np.argmin(inside, axis=1)
    ends = ~inside.all(axis=1) & (edge * step_m < most_m)
    is_known = known[np.arange(edge.size), edge]
    found: FloatArray = np.where(ends, np.where(is_known, (edge - 0.5) * step_m, np.nan), most_m)
    return found


def _is_woodland(
    terrain: ElevationModel, sea: SeaMask | None, lat: FloatArray, lon: FloatArray
) -> tuple[BoolArray, BoolArray]:
    """Whether places lie in woodland, and whether that is known."""
    assert terrain.land_cover is not None
    codes = sample(terrain.land_cover, lat, lon, band=terrain.land_cover_band).value
    inside, known = np.isin(codes, terrain.woodland_classes), np.isin(codes, list(terrain.clutter))
    unknown = np.flatnonzero(~known)
    if sea is not None and unknown.size:
        known[unknown] = sea.at(lat[unknown], lon[unknown])[0]
    return inside, known


def woodland_above(terrain: ElevationModel, height_m: float) -> ElevationModel:
    """A terrain with only the woodland classes higher than a receiver: others cause no loss."""
    tall = [code for code in terrain.woodland_classes if terrain.clutter.get(code, 0.0) > height_m]
    return replace(terrain, woodland_classes=tall)


def through_db(depth_m: FloatArray, frequency_mhz: FloatArray, figures: Vegetation) -> FloatArray:
    """Loss through this depth of woodland by ITU-R P.833; NaN where an input is unknown."""
    mhz = np.where(frequency_mhz > 0.0, frequency_mhz, np.nan)
    return woodland_db(
        depth_m,
        specific_db_per_m(mhz, figures.specific),
        maximum_db(mhz, figures.maximum_factor, figures.maximum_exponent),
    )


def clear_clutter(paths: Paths, depth_m: FloatArray) -> Paths:
    """Paths without clutter within this depth of the receiver: the path through the woodland.

    Samples are equally spaced, as from `profiles.extract_profiles`.
    """
    count = np.diff(paths.first)
    place = np.arange(paths.ground_m.size) - np.repeat(paths.first[:-1], count)
    left = 1.0 - place / np.repeat(count - 1, count)
    inside = left * np.repeat(1000.0 * paths.length_km, count) <= np.repeat(depth_m, count)
    return replace(paths, clutter_m=np.where(inside, 0.0, paths.clutter_m))
