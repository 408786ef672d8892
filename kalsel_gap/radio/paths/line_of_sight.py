"""Line of sight: clearance of the first Fresnel zone, the worst obstacle, the masts needed.

The ray is straight, and the ground bulges by the Earth's curvature at an effective radius k·a.
A path is clear if :data:`CLEAR_SHARE` of the first Fresnel radius is free (ITU-R P.530).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.kernels import inlined, kernel
from kalsel_gap.radio.propagation.fresnel import EARTH_RADIUS_KM, SPEED_OF_LIGHT_KM_S
from kalsel_gap.radio.propagation.geometry import LOWEST, ordered, value_of
from kalsel_gap.radio.propagation.path_inputs import (
    ANTENNA,
    FREQUENCY,
    OK,
    TERM,
    VOID,
    Arrays,
    ByteArray,
    Paths,
    RadioZone,
    load,
    run_in_threads,
    terms_of,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import BoolArray, FloatArray


# With this share of the first Fresnel radius free, an edge below the ray causes no loss.
CLEAR_SHARE = 0.6

SEA = int(RadioZone.SEA)
HIGHEST = -LOWEST - 1


@dataclass(frozen=True, slots=True, eq=False)
class LineOfSight:
    """Clearance and obstacles of paths, arrays of shape (n,); NaN where the status is not OK.

    Attributes
    ----------
    line_of_sight : bool array
        Whether the straight ray clears the ground; False where it is unknown.
    clearance_ratio : float array
        Least clearance as a share of the first Fresnel radius, over the samples between the ends.
    obstacle_km : float array
        Distance of that sample from the transmitter.
    obstacle_m : float array
        Height of terrain and clutter above sea level there.
    obstacle_excess_m : float array
        Height above the limit that leaves 60 % free; negative below the limit.
    tx_mast_m, rx_mast_m : float array
        Least antenna height above ground at that end that leaves 60 % free, the other end as given.
    sea_share : float array
        Share of the path over sea.
    status : int8 array
        :class:`~kalsel_gap.radio.propagation.path_inputs.Status`.
    """

    line_of_sight: BoolArray
    clearance_ratio: FloatArray
    obstacle_km: FloatArray
    obstacle_m: FloatArray
    obstacle_excess_m: FloatArray
    tx_mast_m: FloatArray
    rx_mast_m: FloatArray
    sea_share: FloatArray
    status: ByteArray


class Room(NamedTuple):
    """Arrays for one path at a time."""

    d: FloatArray
    """Distance from the transmitter, km."""
    h: FloatArray
    """Terrain and clutter, m above sea level."""
    ratio: FloatArray
    """Clearance as a share of the first Fresnel radius."""


def assess_line_of_sight(
    paths: Paths,
    tx_height_m: ArrayLike,
    rx_height_m: ArrayLike,
    frequency_mhz: ArrayLike,
    *,
    k: ArrayLike,
    threads: int = 2,
) -> LineOfSight:
    """Clearance, worst obstacle and masts of each path.

    Parameters
    ----------
    paths : Paths
        Terrain profiles.
    tx_height_m, rx_height_m : array of shape (n,) or ()
        Antennas above ground, not negative.
    frequency_mhz : array of shape (n,) or ()
        Frequency.
    k : array of shape (n,) or ()
        Effective Earth radius factor; of the worst case by `fresnel.worst_k` of ``length_km``.
    threads : int
        Number of threads.

    Returns
    -------
    LineOfSight
    """
    terms = terms_of(paths, (tx_height_m, rx_height_m, frequency_mhz, k))
    found = np.full((7, len(paths)), np.nan)
    seen, status = np.zeros(len(paths), np.bool_), np.empty(len(paths), np.int8)
    arrays, longest = paths.arrays, paths.longest

    def work(begin: int, end: int) -> None:
        room = Room(*(np.empty(longest) for _ in Room._fields))
        _look(arrays, terms, (begin, end), room, found, seen, status)

    run_in_threads(work, len(paths), threads)
    ratio, at_km, top_m, excess_m, tx_mast_m, rx_mast_m, sea = found
    return LineOfSight(seen, ratio, at_km, top_m, excess_m, tx_mast_m, rx_mast_m, sea, status)


@kernel
def _fault(terms: FloatArray) -> int:
    """Status of the terms of a link: why they cannot be used, or OK."""
    tx, rx, frequency, k = terms
    if not (np.isfinite(tx) and np.isfinite(rx) and tx >= 0.0 and rx >= 0.0):
        return ANTENNA
    if not (np.isfinite(frequency) and frequency > 0.0):
        return FREQUENCY
    if not (np.isfinite(k) and k > 0.0):
        return TERM
    return OK


@inlined
def _sea_share(zone: ByteArray, first: int, d: FloatArray, n: int) -> float:
    """Share of a path over sea: each sample represents the path half way to its neighbours."""
    if zone.size == 0:
        return 0.0
    sea = 0.0
    for i in range(n):
        if zone[first + i] == SEA:
            sea += d[min(i + 1, n - 1)] - d[max(i - 1, 0)]
    return float(sea / 2.0 / d[n - 1])


@inlined
def _weigh(
    room: Room, n: int, tx_m: float, rx_m: float, bend: float, zone: float
) -> tuple[float, float, float]:
    """Least clearance ratio of inner samples, and the height above sea level each antenna needs.

    A loop without branches, so that the compiler can use vector instructions.
    """
    d, h, ratio = room
    length = d[n - 1]
    rise = (rx_m - tx_m) / length
    least, tx, rx = HIGHEST, LOWEST, LOWEST
    for i in range(1, n - 1):
        before = d[i]
        after = length - before
        product = before * after
        # One division instead of several: divisions need more time than everything else.
        over = 1.0 / product
        radius = np.sqrt(zone * product)
        top = h[i] + bend * product
        ratio[i] = (tx_m + rise * before - top) * (radius * over / zone)
        needed = (top + CLEAR_SHARE * radius) * length
        least = min(least, ordered(ratio[i]))
        tx = max(tx, ordered((needed - rx_m * before) * (before * over)))
        rx = max(rx, ordered((needed - tx_m * after) * (after * over)))
    return value_of(least), value_of(tx), value_of(rx)


@kernel
def _look(
    paths: Arrays,
    terms: FloatArray,
    part: tuple[int, int],
    room: Room,
    found: FloatArray,
    seen: BoolArray,
    status: ByteArray,
) -> None:
    """Fill in some of the paths."""
    d, h = room.d, room.h
    for path in range(*part):
        state = load(paths, path, d, h)
        if state == OK:
            state = _fault(terms[path])
        first = paths.first[path]
        n = paths.first[path + 1] - first
        if state == OK and paths.clutter_m.size > 0:
            h[1 : n - 1] += paths.clutter_m[first + 1 : first + n - 1]
            state = VOID if np.any(np.isnan(h[:n])) else OK
        status[path] = state
        if state != OK:
            continue
        length = d[n - 1]
        tx_m, rx_m = h[0] + terms[path, 0], h[n - 1] + terms[path, 1]
        bend = 1000.0 / (2.0 * EARTH_RADIUS_KM * terms[path, 3])
        # Times d1·d2 in square kilometres, divided by the length: square metres.
        zone = SPEED_OF_LIGHT_KM_S / terms[path, 2] / length
        least, needed_tx_m, needed_rx_m = _weigh(room, n, tx_m, rx_m, bend, zone)
        at = n - 2
        for i in range(1, n - 1):
            at = min(at, i if room.ratio[i] <= least else n)
        seen[path] = least >= 0.0
        found[0, path] = least
        found[1, path] = d[at]
        found[2, path] = h[at]
        found[3, path] = (CLEAR_SHARE - least) * np.sqrt(zone * d[at] * (length - d[at]))
        found[4, path] = max(needed_tx_m - h[0], 0.0)
        found[5, path] = max(needed_rx_m - h[n - 1], 0.0)
        found[6, path] = _sea_share(paths.zone, first, d, n)
