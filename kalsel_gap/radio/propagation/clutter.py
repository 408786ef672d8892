"""Clutter heights and radio-climatic zones of the samples of a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from kalsel_gap.geo.kernels import kernel
from kalsel_gap.radio.propagation.path_inputs import (
    ByteArray,
    Paths,
    ProfileHeights,
    RadioZone,
    run_in_threads,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray


SEA, COASTAL, INLAND = int(RadioZone.SEA), int(RadioZone.COASTAL), int(RadioZone.INLAND)
# Coastal land by ITU-R P.1812, Table 3.
COASTAL_HEIGHT_M, COASTAL_DISTANCE_KM = 100.0, 50.0


def clutter_m(
    codes: ArrayLike, heights_m: Mapping[int, float], *, surface: Literal["dtm", "dsm", "unknown"]
) -> FloatArray:
    """Heights of land-cover classes above a terrain model.

    Parameters
    ----------
    codes : array
        Class of each sample.
    heights_m : mapping
        Height of each class.
    surface : {'dtm', 'dsm', 'unknown'}
        Kind of the elevation model. A surface model includes trees and houses already. Only
        ``'dtm'`` gets heights, so that with an unknown model nothing is counted twice.

    Returns
    -------
    float array
        Shaped as `codes`; 0 everywhere unless `surface` is ``'dtm'``, NaN for a class without a
        height.

    Examples
    --------
    >>> clutter_m([10, 80, 7], {10: 20.0, 80: 0.0}, surface="dtm").tolist()
    [20.0, 0.0, nan]
    >>> clutter_m([10, 80, 7], {10: 20.0, 80: 0.0}, surface="dsm").tolist()
    [0.0, 0.0, 0.0]
    """
    classes = np.asarray(codes)
    if surface != "dtm":
        return np.zeros(classes.shape)
    found = np.full(classes.shape, np.nan)
    for code, height in heights_m.items():
        found[classes == code] = height
    return found


def zones(paths: Paths, sea: ArrayLike, *, threads: int = 1) -> ByteArray:
    """Radio-climatic zone of each sample, from the sea on the path (ITU-R P.1812, Table 3).

    Land up to 100 m high and up to 50 km from the sea is coastal. The distance is along the path: a
    shore beside the path does not count.

    Parameters
    ----------
    paths : Paths
        Terrain profiles.
    sea : bool array of shape (m,)
        Whether a sample lies on the sea.
    threads : int
        Number of threads.

    Returns
    -------
    int8 array of shape (m,)
        :class:`~.path_inputs.RadioZone`, for ``dataclasses.replace(paths, zone=…)``.
    """
    flags = np.ascontiguousarray(sea, dtype=np.bool_).reshape(-1)
    if flags.shape != paths.ground_m.shape:
        raise ValueError("sea must be as long as ground_m")
    found = np.full(flags.shape, INLAND, dtype=np.int8)

    def work(begin: int, end: int) -> None:
        first, length_km = paths.first[begin : end + 1], paths.length_km[begin:end]
        _zones(first, length_km, paths.distance_km, paths.ground_m, flags, found)

    run_in_threads(work, len(paths), threads)
    return found


@kernel
def _zones(
    first: IntArray,
    length_km: FloatArray,
    distance_km: FloatArray,
    ground_m: ProfileHeights,
    sea: BoolArray,
    found: ByteArray,
) -> None:
    """Zones of all paths: one pass forward and one back, with the distance from the last sea."""
    for path in range(length_km.size):
        begin, end = first[path], first[path + 1]
        if not np.any(sea[begin:end]):
            continue
        step = length_km[path] / max(end - begin - 1, 1)
        for direction in (1, -1):
            shore = np.inf
            for k in range(end - begin):
                i = begin + k if direction == 1 else end - 1 - k
                at = distance_km[i] if distance_km.size > 0 else (i - begin) * step
                if sea[i]:
                    found[i] = SEA
                    shore = at
                elif ground_m[i] <= COASTAL_HEIGHT_M and abs(at - shore) <= COASTAL_DISTANCE_KM:
                    found[i] = COASTAL
