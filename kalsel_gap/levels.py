"""Levels of many servers over a window of cells: the strongest, and how many are of use."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kalsel_gap.networks import mast_of, rows_of
from kalsel_gap.propagation.antennas import sector_gain_db
from kalsel_gap.propagation.budget import level_dbm
from kalsel_gap.propagation.p1812 import EARTH_KM

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from rasterio.windows import Window

    from kalsel_gap.losses import Losses
    from kalsel_gap.networks import Network

    FloatArray = NDArray[np.float64]

EARTH_M = EARTH_KM * 1000.0


def fold(losses: Losses, network: Network, window: Window) -> dict[str, NDArray[Any]]:
    """Every layer of a window of the grid.

    Levels are tenths of a decibel, and all layers are told from these: where the level is at the
    threshold, a server is counted. Of equal levels the server with the lowest number is best.

    Returns
    -------
    dict of arrays
        ``level`` dBm and ``margin`` dB, float32 with NaN; ``server`` and ``servers``, int32 with
        -1 where no server's level is known.
    """
    shape = int(window.height), int(window.width)
    level = np.full(shape, np.nan, dtype=np.float32)
    best = np.full(shape, -1, dtype=np.int32)
    count = np.full(shape, -1, dtype=np.int32)
    threshold = np.float32(network.threshold_dbm)
    for server in rows_of(network.servers):
        if (found := losses.read(mast_of(server), window)) is None:
            continue
        part, loss_db = found
        here = levels(losses, network.technology, server, part, loss_db)
        top, left = int(part.row_off - window.row_off), int(part.col_off - window.col_off)
        at = np.s_[top : top + here.shape[0], left : left + here.shape[1]]
        known = ~np.isnan(here)
        better = known & ~(level[at] >= here)
        level[at][better] = here[better]
        best[at][better] = server["number"]
        count[at][known] = np.maximum(count[at][known], 0) + (here[known] >= threshold)
    margin = np.round(level - threshold, 1)
    return {"level": level, "server": best, "servers": count, "margin": margin}


def levels(
    losses: Losses,
    technology: str,
    server: pd.Series[Any],
    part: Window,
    loss_db: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Level of a server in tenths of a decibel, over cells that it loses so much to."""
    found = level_dbm(
        technology,
        server["eirp_dbm"] + server["offset_db"],
        loss_db,
        carriers=dict(losses.radio.carriers),
        bandwidth_mhz=server["bandwidth_mhz"],
        pattern_db=_pattern_db(losses, server, part),
    )
    rounded: NDArray[np.float32] = np.round(found, 1).astype(np.float32)
    return rounded


def _pattern_db(losses: Losses, server: pd.Series[Any], part: Window) -> FloatArray | float:
    """Gain of a server's antenna towards cells, against its largest."""
    azimuth, downtilt = float(server["azimuth_deg"]), float(server["downtilt_deg"])
    if math.isnan(azimuth) and math.isnan(downtilt):
        return 0.0
    row, col = np.mgrid[0 : int(part.height), 0 : int(part.width)] + 0.5
    lat, lon = losses.grid.position(row + part.row_off, col + part.col_off)
    bearing, way_m = _bearing_and_way(server["lat"], server["lon"], lat, lon)
    elevation: FloatArray | float = 0.0
    if not math.isnan(downtilt):
        rx_m = np.nan_to_num(losses.heights(part)) + losses.radio.receiver.height_m
        tx_m = losses.ground_m(mast_of(server)) + server["antenna_height_m"]
        fall = way_m / (2.0 * EARTH_M * losses.radio.k_factor.median)  # of the Earth below the ray
        elevation = np.degrees(np.arctan((rx_m - tx_m) / np.maximum(way_m, 1.0) - fall))
    return sector_gain_db(azimuth, downtilt, bearing, elevation, pattern=losses.radio.pattern)


def _bearing_and_way(
    lat: float, lon: float, to_lat: FloatArray, to_lon: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Bearing in degrees and way in metres on a sphere: patterns of antennas ask for no more."""
    y, to_y, apart = math.radians(lat), np.radians(to_lat), np.radians(to_lon - lon)
    east = np.sin(apart) * np.cos(to_y)
    north = math.cos(y) * np.sin(to_y) - math.sin(y) * np.cos(to_y) * np.cos(apart)
    up = math.sin(y) * np.sin(to_y) + math.cos(y) * np.cos(to_y) * np.cos(apart)
    way_m = np.arctan2(np.hypot(east, north), up) * EARTH_M
    return np.degrees(np.arctan2(east, north)), way_m
