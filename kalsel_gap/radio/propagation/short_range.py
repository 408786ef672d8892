"""Loss below the least distance of ITU-R P.1812: line of sight, by shares of time and locations.

The raster around a site and the schools use the same rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.geo.kernels import inlined, kernel
from kalsel_gap.radio.propagation.geometry import INLAND
from kalsel_gap.radio.propagation.mechanisms import free_space_db, line_of_sight_loss
from kalsel_gap.radio.propagation.p1812 import DISTANCE_KM, P1812Terms, covered, spread_db
from kalsel_gap.radio.propagation.path_inputs import (
    DISTANCE,
    HEIGHT_M,
    OK,
    VOID,
    in_batches,
    within,
)

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray, IntArray
    from kalsel_gap.radio.propagation.p1812 import P1812Link
    from kalsel_gap.radio.propagation.path_inputs import Arrays, ByteArray, Paths

# Least length of the ray: the free-space loss is not defined at a distance of 0.
LEAST_RAY_KM = 0.001


def loss_db(paths: Paths, link: P1812Link, *, threads: int = 1) -> tuple[FloatArray, ByteArray]:
    """Basic transmission loss of paths shorter than the Recommendation covers.

    Parameters
    ----------
    paths : Paths
        Terrain profiles; clutter is not used.
    link : P1812Link
        Terms of the links.
    threads : int
        Number of threads; the result does not depend on it.

    Returns
    -------
    loss_db : float array of shape (n,)
        NaN unless the status is OK.
    status : int8 array of shape (n,)
        :class:`~.path_inputs.Status`; DISTANCE where the path is long enough for
        the Recommendation.

    Examples
    --------
    Two antennas at one place count as one metre apart: 92.4 dB less 60.

    >>> from kalsel_gap.radio.propagation.p1812 import P1812Link
    >>> from kalsel_gap.radio.propagation.path_inputs import Paths
    >>> link = P1812Link(frequency_mhz=1000.0, tx_height_m=10.0, rx_height_m=10.0,
    ...                  latitude_deg=-3.0, delta_n=45.0, n0=380.0)
    >>> found, status = loss_db(Paths.equally_spaced([0.0], np.zeros((1, 3))), link)
    >>> round(float(found[0]), 3), int(status[0])
    (32.4, 0)
    """
    found, status = in_batches(_batch, paths, link.rows(paths), (0,), threads)
    return found[0], status


@kernel
def _batch(
    begin: int, end: int, paths: Arrays, rows: FloatArray, keep: IntArray, found: FloatArray,
    status: ByteArray,
) -> None:  # fmt: skip
    """Paths from `begin` to `end`: their status and loss."""
    for path in range(begin, end):
        row, length = rows[path], paths.length_km[path]
        terms = P1812Terms(
            row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9],
            row[10], row[11], row[12], row[13],
        )  # fmt: skip
        first, last = paths.first[path], paths.first[path + 1] - 1
        state = covered(terms, DISTANCE_KM[0]) if 0.0 <= length < DISTANCE_KM[0] else DISTANCE
        if state == OK:
            for i in range(first, last + 1):
                if not within(paths.ground_m[i], HEIGHT_M):
                    state = VOID
        if state == OK and last >= first:
            zone = paths.zone[last] if paths.zone.size > 0 else INLAND
            ends_m = paths.ground_m[first], paths.ground_m[last]
            found[keep[0], path] = near_db(length, ends_m[0], ends_m[1], terms, zone)
        status[path] = state


@inlined
def near_db(
    distance_km: float, tx_ground_m: float, rx_ground_m: float, terms: P1812Terms, zone: int
) -> float:
    """Loss of one such path: free space, multipath and focusing, and location variability."""
    rise = tx_ground_m + terms.tx_height_m - rx_ground_m - terms.rx_height_m
    ray = max(np.sqrt(distance_km**2 + (rise / 1000.0) ** 2), LEAST_RAY_KM)
    free_space = free_space_db(ray, terms.frequency_mhz / 1000.0)
    seen = line_of_sight_loss(free_space, distance_km, terms.time_percent, terms.time_percent).p_db
    return float(max(seen, seen + terms.entry_loss_db + spread_db(terms, zone)))
