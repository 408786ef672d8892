"""Clearance and obstacles of paths from sites to places, in median air and in the worst air."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.radio.links.path_loss import THREADS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.radio import Radio
    from kalsel_gap.radio.links.path_loss import RadioTerrain
    from kalsel_gap.radio.paths.line_of_sight import LineOfSight
    from kalsel_gap.radio.propagation.path_inputs import Paths


class Clearance(NamedTuple):
    """Line of sight of some paths in median air and with the worst bending of rays."""

    median: LineOfSight
    worst: LineOfSight
    obstacle_km: FloatArray
    """Distance of the worst obstacle in median air from the place, not from the site."""

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Arrays of shape (paths,) by their names in tables; NaN where unknown."""
        return {
            "clearance_ratio": self.median.clearance_ratio,
            "clearance_ratio_worst": self.worst.clearance_ratio,
            "obstacle_km": self.obstacle_km,
            "obstacle_m": self.median.obstacle_m,
            "obstacle_excess_m": self.median.obstacle_excess_m,
        }


def assess_clearance(
    paths: Paths, tx_height_m: FloatArray, frequency_mhz: FloatArray, radio: Radio
) -> Clearance:
    """Clearance, worst obstacle and masts of each path.

    Parameters
    ----------
    paths : Paths
        Terrain profiles from sites to places.
    tx_height_m, frequency_mhz : float array of shape (paths,)
        Antennas of the sites above ground, and their frequencies.
    radio : Radio
        Height of the receiver, and the bending of rays.
    """
    from kalsel_gap.radio.paths.line_of_sight import (
        assess_line_of_sight,  # compiles kernels: only when they are needed
    )
    from kalsel_gap.radio.propagation.fresnel import worst_k

    ends = (paths, tx_height_m, radio.receiver.height_m, frequency_mhz)
    worst_air = worst_k(paths.length_km, radio.k_factor.worst)
    median = assess_line_of_sight(*ends, k=radio.k_factor.median, threads=THREADS)
    worst = assess_line_of_sight(*ends, k=worst_air, threads=THREADS)
    return Clearance(median, worst, paths.length_km - median.obstacle_km)


def clearances(
    cells: pd.DataFrame, lat: FloatArray, lon: FloatArray, ground: RadioTerrain
) -> dict[str, NDArray[np.generic]]:
    """Line of sight, clearance and main obstacle of the path from each cell to its place.

    Returns
    -------
    dict of array of shape (paths,)
        ``line_of_sight``, ``clearance_ratio``, ``obstacle_km`` from the place, ``obstacle_m``
        above the sea, ``obstacle_excess_m`` for median air; ``clearance_ratio_worst``.
    """
    names = ("clearance_ratio", "obstacle_km", "obstacle_m", "obstacle_excess_m")
    found: dict[str, NDArray[np.generic]] = {
        name: np.full(len(cells), np.nan) for name in (*names, "clearance_ratio_worst")
    }
    found["line_of_sight"] = np.zeros(len(cells), dtype=np.bool_)
    height, mhz = (cells[n].to_numpy("float64") for n in ("antenna_height_m", "frequency_mhz"))
    for at, paths in ground.profiles(cells, lat, lon):
        seen = assess_clearance(paths, height[at], mhz[at], ground.radio)
        found["line_of_sight"][at] = seen.median.line_of_sight
        for name, values in seen.columns().items():
            found[name][at] = values
    return found
