"""Levels of many servers over a window of cells: the strongest, and the number usable."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from kalsel_gap.radio.coverage.networks import mast_of, rows_of
from kalsel_gap.radio.propagation.antennas import gains_around, widths
from kalsel_gap.radio.propagation.link_budget import level_dbm
from kalsel_gap.radio.propagation.p1812 import EARTH_KM

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray
    from rasterio.windows import Window

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.geo.grid import Grid
    from kalsel_gap.radio.coverage.loss_rasters import LossRasters
    from kalsel_gap.radio.coverage.networks import Network


EARTH_M = EARTH_KM * 1000.0


def combine_servers(
    losses: LossRasters, network: Network, window: Window
) -> dict[str, NDArray[Any]]:
    """Every layer of a window of the grid.

    Levels are rounded to tenths of a decibel, and all layers are made from these: a server whose
    level is at the threshold counts. Of equal levels the server with the lowest number is best.

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
    ground_m: FloatArray | None = None
    for server in rows_of(network.servers):
        if (found := losses.read(mast_of(server), window)) is None:
            continue
        part, loss_db = found
        top, left = int(part.row_off - window.row_off), int(part.col_off - window.col_off)
        at = np.s_[top : top + loss_db.shape[0], left : left + loss_db.shape[1]]
        if ground_m is None and not math.isnan(server["downtilt_deg"]):
            ground_m = losses.heights(window)  # read once for all servers
        below = None if ground_m is None else ground_m[at]
        here = levels(losses, network.technology, server, part, loss_db, below)
        known = ~np.isnan(here)
        better = known & ~(level[at] >= here)
        level[at][better] = here[better]
        best[at][better] = server["number"]
        count[at][known] = np.maximum(count[at][known], 0) + (here[known] >= threshold)
    margin = np.round(level - threshold, 1)
    return {"level": level, "server": best, "servers": count, "margin": margin}


def levels(
    losses: LossRasters,
    technology: str,
    server: pd.Series[Any],
    part: Window,
    loss_db: NDArray[np.float32],
    ground_m: FloatArray | None = None,
) -> NDArray[np.float32]:
    """Level of a server in tenths of a decibel, from the path loss to each cell.

    The elevation of the cells is read unless it is given.
    """
    found = level_dbm(
        technology,
        server["eirp_dbm"] + server["offset_db"],
        loss_db,
        carriers=dict(losses.radio.carriers),
        bandwidth_mhz=server["bandwidth_mhz"],
        pattern_db=_pattern_db(losses, server, part, loss_db, ground_m),
    )
    rounded: NDArray[np.float32] = np.round(found, 1).astype(np.float32)
    return rounded


def _pattern_db(
    losses: LossRasters,
    server: pd.Series[Any],
    part: Window,
    loss_db: NDArray[np.float32],
    ground_m: FloatArray | None,
) -> FloatArray | float:
    """Gain of a server's antenna towards cells, relative to its maximum; 0 for a NaN loss."""
    azimuth, downtilt = float(server["azimuth_deg"]), float(server["downtilt_deg"])
    if math.isnan(azimuth) and math.isnan(downtilt):
        return 0.0
    rise_m = np.empty((0, 0))
    if not math.isnan(downtilt):
        ground_m = losses.heights(part) if ground_m is None else ground_m
        tx_m = losses.ground_m(mast_of(server)) + server["antenna_height_m"]
        rise_m = np.nan_to_num(ground_m) + losses.radio.receiver.height_m - tx_m
    lat, lon = _middles(losses.grid, part)
    lat, lon = np.radians(lat), np.radians(lon - server["lon"])
    sin_lat, cos_lat, sin_apart, cos_apart = (
        np.broadcast_to(each, loss_db.shape)
        for each in (np.sin(lat), np.cos(lat), np.sin(lon), np.cos(lon))
    )
    found = np.zeros(loss_db.shape)
    antenna = (math.radians(server["lat"]), azimuth, downtilt, losses.radio.k_factor.median)
    gains_around(
        (sin_lat, cos_lat, sin_apart, cos_apart),
        ~np.isnan(loss_db),
        rise_m,
        antenna,
        widths(losses.radio.pattern),
        EARTH_M,
        found,
    )
    return found


def _middles(grid: Grid, part: Window) -> tuple[FloatArray, FloatArray]:
    """Latitude and longitude of cell centres, in a shape that broadcasts to the cells."""
    row = part.row_off + 0.5 + np.arange(int(part.height))
    col = part.col_off + 0.5 + np.arange(int(part.width))
    if grid.crs.is_geographic and not grid.is_rotated:
        lat = grid.position(row, np.full(row.shape, col[0]))[0]
        lon = grid.position(np.full(col.shape, row[0]), col)[1]
        return lat[:, None], lon[None, :]
    return grid.position(*np.meshgrid(row, col, indexing="ij"))
