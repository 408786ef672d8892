"""Data of the picture of a path: terrain, Earth bulge, ray, Fresnel zone, obstacle."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kalsel_gap.radio.propagation.fresnel import clearance_ratio, earth_bulge_m, fresnel_radius_m
from kalsel_gap.radio.propagation.path_inputs import RadioZone

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.radio.propagation.path_inputs import Paths


CLEAR = 0.6  # of the first Fresnel radius: with this clearance there is no diffraction loss


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PathView:
    """A path and the figures of its prediction.

    Attributes
    ----------
    site, school : str
        Names at its two ends, as given.
    distance_km : float array of shape (m,)
        Of the samples, from the site, rising from 0.
    ground_m : float array of shape (m,)
        Height above sea level; NaN is a void.
    clutter_m : float array of shape (m,) or (0,)
        Height of the clutter above ground.
    sea : bool array of shape (m,) or (0,)
        Where the path crosses the sea.
    tx_height_m, rx_height_m : float
        Antennas above ground.
    frequency_mhz : float
        Carrier.
    k : float
        Effective Earth radius factor.
    model : str
        Name of the model of the loss.
    loss_db, diffraction_db, level_dbm, sigma_db : float
        Its results; NaN is not shown.
    calibrated : bool
        Whether measurements have corrected the level.
    eirp_dbm, share_db : float
        Power of the whole carrier, and the part of it that the level measures (below 0).
    vegetation_db, surroundings_db, offset_db : float
        Loss in trees and in houses at the school, and the offset of the calibration.
    """

    site: str
    school: str
    distance_km: FloatArray
    ground_m: FloatArray
    clutter_m: FloatArray = field(default_factory=lambda: np.empty(0))
    sea: BoolArray = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    tx_height_m: float
    rx_height_m: float
    frequency_mhz: float
    k: float
    model: str
    loss_db: float = math.nan
    diffraction_db: float = math.nan
    level_dbm: float = math.nan
    sigma_db: float = math.nan
    calibrated: bool = False
    eirp_dbm: float = math.nan
    share_db: float = math.nan
    vegetation_db: float = 0.0
    surroundings_db: float = 0.0
    offset_db: float = 0.0


class Worst(NamedTuple):
    """Where the clearance of the first Fresnel zone is smallest."""

    sample: int
    """Number of the sample; -1 where there is none."""
    ratio: float
    """Clearance over the Fresnel radius there."""
    excess_m: float
    """Height above the limit that leaves 60 % free; negative below the limit."""
    height_m: float
    """Height of terrain and clutter above sea level."""


class Curves(NamedTuple):
    """Curves drawn over the distance, metres, arrays of shape (m,)."""

    bulge: FloatArray
    ground: FloatArray
    top: FloatArray
    ray: FloatArray
    radius: FloatArray


def of_paths(paths: Paths, path: int) -> dict[str, Any]:
    """Samples of one of many paths, by the names of :class:`PathView`."""
    part = slice(paths.first[path], paths.first[path + 1])
    ground_m = paths.ground_m[part].astype(np.float64)
    even = np.linspace(0.0, paths.length_km[path], ground_m.size)
    return {
        "distance_km": paths.distance_km[part] if paths.distance_km.size else even,
        "ground_m": ground_m,
        "clutter_m": paths.clutter_m[part].astype(np.float64),
        "sea": paths.zone[part] == RadioZone.SEA,
    }


def curves(view: PathView) -> Curves:
    """Ground raised by the Earth's bulge, the straight ray, the radius of its Fresnel zone."""
    d = np.asarray(view.distance_km, dtype=np.float64)
    to_end = d[-1] - d
    bulge = earth_bulge_m(d, to_end, view.k)
    ground = np.asarray(view.ground_m, dtype=np.float64) + bulge
    clutter = np.asarray(view.clutter_m, dtype=np.float64)
    top = ground + np.where(np.isfinite(clutter), clutter, 0.0) if clutter.size else ground
    tx, rx = ground[0] + view.tx_height_m, ground[-1] + view.rx_height_m
    ray = tx + (rx - tx) * d / d[-1]
    return Curves(bulge, ground, top, ray, fresnel_radius_m(d, to_end, view.frequency_mhz))


def worst(view: PathView) -> Worst:
    """Where the clearance is smallest, as in `line_of_sight.assess_line_of_sight`."""
    curve = curves(view)
    ratio = clearance_ratio(curve.ray - curve.top, curve.radius)
    if not np.isfinite(ratio[1:-1]).any():
        return Worst(-1, math.nan, math.nan, math.nan)
    sample = 1 + int(np.nanargmin(ratio[1:-1]))
    excess = curve.top[sample] - (curve.ray[sample] - CLEAR * curve.radius[sample])
    height_m = curve.top[sample] - curve.bulge[sample]
    return Worst(sample, float(ratio[sample]), float(excess), float(height_m))
