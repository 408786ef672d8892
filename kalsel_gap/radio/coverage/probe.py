"""How long coverage rasters take on this machine: each kind of work, timed on a small part of it.

The probe does the work itself, on some of the masts and in a temporary folder, so that it measures
this terrain, this radius and what else the machine does at the moment.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from kalsel_gap.geo.grid import windows
from kalsel_gap.geo.raster_cache import CachedLayer, encoded_bytes, time_writing
from kalsel_gap.radio.coverage.best_server import combine_servers
from kalsel_gap.radio.coverage.loss_rasters import STYLE, LossRasters, in_turn, stored
from kalsel_gap.radio.coverage.networks import mast_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from rasterio.windows import Window

    from kalsel_gap.geo.cog import LayerStyle
    from kalsel_gap.radio.coverage.networks import Mast, Network

_ENOUGH_S = 3.0  # of sweeping; a longer probe is hardly more precise
_AT_A_TIME = 4  # masts for each thread, so that the last ones keep all threads busy
_WINDOWS = 4  # of a raster
_GOLDEN = (5.0**0.5 - 1.0) / 2.0  # steps of it through a list come near every part of it


@dataclass(frozen=True, slots=True)
class LayerCost:
    """What one layer of a window takes.

    Attributes
    ----------
    cell_s, known_s : float
        Seconds for each cell of the raster, and in addition for each with a value.
    known_bytes : float
        Of the file, for each cell with a value.
    """

    cell_s: float
    known_s: float
    known_bytes: float


@dataclass(frozen=True, slots=True)
class ProbeCosts:
    """What each kind of work takes, with all threads at work.

    Attributes
    ----------
    swept_s : float
        Seconds for each cell of the disk of a mast: its path loss.
    combined_s : float
        Seconds for each cell of the disk of a server: its level beside those of the others.
    layers : dict of LayerCost
        A layer of a network, by name.
    counted_s : float
        Seconds for each cell of the raster: the table of areas.
    loss_bytes : float
        Of the cached path loss, for each cell of a disk.
    """

    swept_s: float
    combined_s: float
    layers: Mapping[str, LayerCost]
    counted_s: float
    loss_bytes: float


def measure_costs(
    losses: LossRasters,
    network: Network,
    styles: Mapping[str, LayerStyle],
    count: Callable[[Window], object],
) -> ProbeCosts:
    """Time the work on some masts of a network.

    Parameters
    ----------
    losses : LossRasters
        Of all masts; nothing of it is written.
    network : Network
        Whose servers are combined; one of its masts has a cell.
    styles : dict of LayerStyle
        The layers that are measured.
    count : callable
        Finds the land in a window, for the table of areas.
    """
    masts = _spread([mast for mast in dict.fromkeys(network.masts) if losses.cells(mast)])
    with TemporaryDirectory(prefix="kalsel-gap-") as folder:
        some = losses.beside(masts, Path(folder) / "losses")
        some.swept(masts[0])  # compiles if necessary, and finds the sea
        swept_s, done = _sweep(some, masts)
        part = replace(network, servers=_of_masts(network, done))
        touched = _windows_of(some, done)
        begun = time.perf_counter()
        made = _combined(some, part, touched)
        combined_s = time.perf_counter() - begun
        cells = sum(_shared(some, mast, window) for mast in part.masts for window in touched)
        window = max(touched, key=lambda w: int((made[_name(w)]["server"] > 0).sum()))
        layers = {
            name: _layer(Path(folder) / name, some, style, window, made[_name(window)][name])
            for name, style in styles.items()
        }
        begun = time.perf_counter()
        count(window)
        layer = CachedLayer(Path(folder) / "level", some.grid, styles["level"])
        layer.read(window)
        counted_s = (time.perf_counter() - begun) / (int(window.height) * int(window.width))
        loss_db = stored(some.swept(done[0]))
        disk = some.locate_disks()[done[0]].window
        loss_bytes = encoded_bytes(some.grid, STYLE, disk, loss_db, level=1) / loss_db.size
    return ProbeCosts(swept_s, combined_s / max(cells, 1), layers, counted_s, loss_bytes)


def _spread(masts: Sequence[Mast]) -> list[Mast]:
    """Masts in an order whose beginning is a fair sample of all of them."""
    ordered = sorted(masts)
    return sorted(ordered, key=lambda mast: ordered.index(mast) * _GOLDEN % 1.0)


def _of_masts(network: Network, masts: Sequence[Mast]) -> Any:  # noqa: ANN401 - a table
    keep = [mast_of(server) in masts for server in rows_of(network.servers)]
    return network.servers[keep]


def _sweep(losses: LossRasters, masts: Sequence[Mast]) -> tuple[float, list[Mast]]:
    """Seconds for each cell of a disk, and the masts that were swept to find out."""
    begun, done, batch = time.perf_counter(), 0, _AT_A_TIME * losses.threads
    while done < len(masts) and time.perf_counter() - begun < _ENOUGH_S:
        losses.make(lambda _: None, masts[done : done + batch])
        done += batch
    spent = time.perf_counter() - begun
    swept = list(masts[:done])
    return spent / sum(map(losses.cells, swept)), swept


def _windows_of(losses: LossRasters, masts: Sequence[Mast]) -> list[Window]:
    """Windows of the raster with the most cells of the disks."""
    cells = [
        (sum(_shared(losses, mast, window) for mast in masts), window)
        for window in windows(losses.grid)
    ]
    fullest = sorted(cells, key=lambda each: -each[0])
    return [window for count, window in fullest[:_WINDOWS] if count]


def _shared(losses: LossRasters, mast: Mast, window: Window) -> int:
    """Cells that the disk of a mast has in a window."""
    disk = losses.locate_disks()[mast].window
    rows = min(disk.row_off + disk.height, window.row_off + window.height)
    cols = min(disk.col_off + disk.width, window.col_off + window.width)
    tall, wide = rows - max(disk.row_off, window.row_off), cols - max(disk.col_off, window.col_off)
    return int(max(tall, 0) * max(wide, 0))


def _combined(
    losses: LossRasters, network: Network, parts: Sequence[Window]
) -> dict[str, dict[str, NDArray[Any]]]:
    """Every layer of some windows, by the names of these; several at the same time."""
    made: dict[str, dict[str, NDArray[Any]]] = {}

    def work(window: Window) -> None:
        made[_name(window)] = combine_servers(losses, network, window)

    for _ in in_turn(work, parts, losses.threads):
        pass
    return made


def _name(window: Window) -> str:
    return f"{int(window.row_off)}-{int(window.col_off)}"


def _layer(
    folder: Path, losses: LossRasters, style: LayerStyle, window: Window, cells: NDArray[Any]
) -> LayerCost:
    """Write a window without values and as it is, into the cache and as a file for GIS."""
    absent = np.full_like(cells, np.nan if cells.dtype.kind == "f" else -1)
    seconds = [
        sum(time_writing(folder, losses.grid, style, window, written))
        for written in (absent, absent, cells)  # the first time loads the drivers
    ]
    known = ~np.isnan(cells) if cells.dtype.kind == "f" else cells >= 0
    count = max(int(known.sum()), 1)
    size = encoded_bytes(losses.grid, style, window, cells, level=3)
    size -= encoded_bytes(losses.grid, style, window, absent, level=3)
    return LayerCost(
        seconds[1] / cells.size, max(seconds[2] - seconds[1], 0.0) / count, size / count
    )
