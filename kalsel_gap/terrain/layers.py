"""Terrain layers of a whole raster, window by window: the raster is read once for all of them.

While one window is computed, the next is read and the one before is written. Memory holds three
windows and some tiles, for any number of rows; a window has full rows, or some columns of a very
wide raster. Every cell is computed from the same cells by the same arithmetic for any size of
windows and tiles and any number of threads, so that layers agree bit for bit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from rasterio.windows import Window

from kalsel_gap.geo.dem import NO_HEIGHT, dem_grid_of, halo_of, heights
from kalsel_gap.geo.grid import TILE, BandCells, windows
from kalsel_gap.geo.mosaic import open_band
from kalsel_gap.terrain.local_relief import compute_local_relief, footprint
from kalsel_gap.terrain.mountains import KAPOS, KaposThresholds, kapos_class
from kalsel_gap.terrain.shore_distance import Shore
from kalsel_gap.terrain.slope_aspect import neighbours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.geo.dem import CellHeights, DemGrid
    from kalsel_gap.geo.grid import Grid
    from kalsel_gap.geo.mosaic import Band
    from kalsel_gap.geo.raster_files import RasterPath
    from kalsel_gap.terrain.local_relief import Footprint
    from kalsel_gap.terrain.sea_mask import CellRuns, SeaMask

LayerName: TypeAlias = Literal[
    "elevation", "slope", "aspect", "tri", "roughness", "relief", "mountain", "coast", "zone"
]
Write: TypeAlias = Callable[[LayerName, Window, BandCells], object]

# The value for no data: NaN, and in classes this.
CLASSES = frozenset(("mountain", "zone"))
NO_CLASS = -1


@dataclass(frozen=True, slots=True)
class Work:
    """Which layers to make of a raster, and how.

    Attributes
    ----------
    wanted : collection of str
        ``elevation`` m; ``slope`` and ``aspect`` °, ``tri`` and ``roughness`` m (see
        `neighbours`); ``relief``, the local elevation range, m; ``mountain``, class of Kapos;
        ``coast``, distance to the shore, m, 0 in open water; ``zone``, 1 in the low-elevation
        coastal zone.
    relief_radius_m : float
        Of the local elevation range.
    mountains : KaposThresholds
        Thresholds of the mountain classes.
    sea : SeaMask, optional
        The sea: has no slope and no relief, counts in no local relief, is no mountain.
    zone : CellRuns, optional
        Needed for ``zone``.
    water : CellRuns, optional
        Open water, see `shoreline.find_open_water`; without it, all of the sea. Needed for
        ``coast``, unless there is a shore.
    shore : CellRuns, optional
        Cells of a given coastline, to which ``coast`` is the distance instead of to open water.
    threads : int, optional
        As many as there are processors.
    """

    wanted: Collection[LayerName]
    relief_radius_m: float = 7000.0
    mountains: KaposThresholds = KAPOS
    sea: SeaMask | None = None
    zone: CellRuns | None = None
    water: CellRuns | None = None
    shore: CellRuns | None = None
    threads: int | None = None

    @property
    def open_water(self) -> CellRuns | None:
        """Where ``coast`` is 0."""
        return self.water or self.sea


def compute_layers(
    path: RasterPath,
    work: Work,
    write: Write,
    *,
    band: int = 1,
    skip: Callable[[Window], bool] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> None:
    """Make terrain layers of a raster and hand them out window by window.

    Parameters
    ----------
    path : Path, sequence of Path, or TileSet
        Elevation model.
    work : Work
    write : callable
        Takes the name of a layer, a window of the raster and its cells: float32 with NaN, int8
        with `NO_CLASS` for ``mountain`` and ``zone``. Is called from one thread at a time; the
        windows of a layer come in file order, and together they are the raster.
    band : int
        Counted from 1.
    skip : callable, optional
        Returns whether a window is done already, as after an interruption: the windows of a raster
        are always the same.
    progress : callable, optional
        Called with the number of cells made, including skipped ones, and of all cells.

    Raises
    ------
    InputError
        As `mosaic.open_band`, and `raster_rotated`.
    ValueError
        If the sea or the zone is needed and is missing or lies on another grid.
    """
    with open_band(path, band) as source:
        _check(work, source.grid)
        parts = _read_windows(source, work, skip or (lambda _: False))
        done, total = 0, source.grid.width * source.grid.height
        with (
            ThreadPoolExecutor(work.threads or os.cpu_count()) as workers,
            ThreadPoolExecutor(1) as reader,
            ThreadPoolExecutor(1) as writer,
        ):
            written = writer.submit(_hand_out, write, None, {})
            ahead = reader.submit(next, parts, None)
            while (part := ahead.result()) is not None:
                ahead = reader.submit(next, parts, None)
                made = _make_layers(part, workers)
                written.result()
                written = writer.submit(_hand_out, write, part.window, made)
                done += part.window.width * part.window.height
                if progress is not None:
                    progress(done, total)
            written.result()


def _hand_out(write: Write, window: Window | None, made: dict[LayerName, BandCells]) -> None:
    for name in sorted(made):
        write(name, window, made.pop(name))  # pop frees its memory


def _check(work: Work, grid: Grid) -> None:
    for needed, zone in (("coast", work.shore or work.open_water), ("zone", work.zone)):
        if needed in work.wanted and zone is None:
            message = f"the layer {needed} needs the cells of the sea"
            raise ValueError(message)
    zones = work.sea, work.zone, work.water, work.shore
    if any(zone is not None and zone.grid != grid for zone in zones):
        raise ValueError("the sea was made from another raster")


@dataclass(frozen=True, slots=True)
class _LayerWindow:
    """One window of the raster, with the cells around it."""

    window: Window
    z: CellHeights  # with a halo
    sea: NDArray[np.bool_] | None  # with a halo
    halo: int
    dem_grid: DemGrid
    disks: Footprint
    work: Work
    coast: NDArray[np.float32] | None


def _read_windows(
    source: Band, work: Work, skip: Callable[[Window], bool]
) -> Iterator[_LayerWindow]:
    """All windows of a raster; only cells in halos between windows side by side are read twice."""
    grid = source.grid
    dem_grid = dem_grid_of(grid, source.tiles[0].path)
    has_disks = bool({"relief", "mountain"} & set(work.wanted))
    halo = halo_of(dem_grid, grid.height, work.relief_radius_m) if has_disks else 1
    shore = None
    towards = work.shore or work.open_water
    if "coast" in work.wanted and towards is not None:
        shore = Shore(towards, dem_grid, TILE[0])
    before: dict[int, CellHeights] = {}  # last rows of the window above, by first column
    coast: tuple[int, NDArray[np.float32]] | None = None  # first row of a window, and its distances
    for window in windows(grid):
        top, left, rows = int(window.row_off), int(window.col_off), int(window.height)
        if skip(window):
            before.pop(left, None)
            continue
        z = _surrounded(source, window, halo, before.get(left))
        before[left] = z[-2 * halo :].copy()
        if shore is not None and (coast is None or coast[0] != top):
            away_m = shore.distance_m(top, top + rows)
            if work.open_water is not None:  # a given coastline crosses cells of water and of land
                away_m[work.open_water.rows(top, top + rows)] = 0.0
            coast = top, away_m
        yield _LayerWindow(
            window=window,
            z=z,
            sea=None if work.sea is None else _sea_around(work.sea, window, halo),
            halo=halo,
            dem_grid=dem_grid,
            disks=footprint(dem_grid, top, rows, float(work.relief_radius_m), halo),
            work=work,
            coast=None if coast is None else coast[1][:, left : left + window.width],
        )


def _surrounded(source: Band, window: Window, halo: int, before: CellHeights | None) -> CellHeights:
    """Heights of a window and around it; `before` has the first 2 `halo` rows, read already."""
    top, left = int(window.row_off), int(window.col_off)
    first_col, last_col = max(left - halo, 0), min(left + window.width + halo, source.grid.width)
    first_row = max(top - halo, 0) if before is None else top + halo
    last_row = min(top + int(window.height) + halo, source.grid.height)
    rows = max(last_row - first_row, 0)
    fresh = heights(source, Window(first_col, first_row, last_col - first_col, rows))
    z = np.full((int(window.height) + 2 * halo, window.width + 2 * halo), NO_HEIGHT, fresh.dtype)
    if before is not None:
        z[: 2 * halo] = before
    down, along = first_row - top + halo, first_col - left + halo
    z[down : down + rows, along : along + fresh.shape[1]] = fresh
    return z


def _sea_around(sea: SeaMask, window: Window, halo: int) -> NDArray[np.bool_]:
    """The sea in a window and around it; outside of the raster there is none."""
    top, left = int(window.row_off) - halo, int(window.col_off) - halo
    bottom, right = top + int(window.height) + 2 * halo, left + int(window.width) + 2 * halo
    first, last = max(top, 0), min(bottom, sea.grid.height)
    rows = sea.rows(first, last)[:, max(left, 0) : min(right, sea.grid.width)]
    around = np.zeros((bottom - top, right - left), dtype=np.bool_)
    around[first - top : last - top, max(-left, 0) : max(-left, 0) + rows.shape[1]] = rows
    return around


def _make_layers(part: _LayerWindow, workers: ThreadPoolExecutor) -> dict[LayerName, BandCells]:
    """Every layer that is wanted, for one window."""
    rows, columns = int(part.window.height), int(part.window.width)
    wanted = set(part.work.wanted)
    found: dict[LayerName, BandCells] = {
        name: np.empty((rows, columns), np.int8)
        if name in CLASSES
        else np.empty((rows, columns), np.float32)
        for name in sorted(wanted)
    }
    tasks = [workers.submit(_fill_from_zones, part, found)]
    tasks += [
        workers.submit(_fill_tile, part, found, left, min(left + TILE[1], columns))
        for left in range(0, columns, TILE[1])
    ]
    for task in tasks:
        task.result()
    return found


def _fill_from_zones(part: _LayerWindow, found: dict[LayerName, BandCells]) -> None:
    """Fill in the layers that come from the sea and the zone, row by row."""
    top, left = int(part.window.row_off), int(part.window.col_off)
    if "coast" in found and part.coast is not None:
        found["coast"][:] = part.coast
    if "zone" in found and part.work.zone is not None:
        inner = slice(part.halo, -part.halo)
        land = ~_missing(part.z[inner, inner])
        if part.sea is not None:
            land &= ~part.sea[inner, inner]
        zone = part.work.zone.rows(top, top + int(part.window.height))
        found["zone"][:] = np.where(land, zone[:, left : left + part.window.width], NO_CLASS)


def _fill_tile(
    part: _LayerWindow, found: dict[LayerName, BandCells], left: int, right: int
) -> None:
    """Fill in the layers made from the cells around each cell, for some columns of a window."""
    halo = part.halo
    shape = int(part.window.height), right - left
    inner = slice(halo, -halo)

    def layer_or_none(name: LayerName) -> NDArray[np.float32]:
        is_used = name in found or ("mountain" in found and name in ("slope", "relief"))
        return np.empty(shape if is_used else (0, 0), dtype=np.float32)

    z = part.z[:, left : right + 2 * halo].copy()
    slope, aspect, tri, roughness = (
        layer_or_none("slope"),
        layer_or_none("aspect"),
        layer_or_none("tri"),
        layer_or_none("roughness"),
    )
    neighbours(z, halo, part.dem_grid, int(part.window.row_off), slope, aspect, tri, roughness)
    land, relief = z, layer_or_none("relief")
    if part.sea is not None:
        wet = part.sea[:, left : right + 2 * halo]
        land = np.where(wet, z.dtype.type(NO_HEIGHT), z)
        for cells in (slope, aspect, tri, roughness):
            if cells.size:
                cells[wet[inner, inner]] = np.nan
    if relief.size:
        compute_local_relief(land, part.disks, halo, relief)
        if part.sea is not None:
            relief[wet[inner, inner]] = np.nan
    own = land[inner, inner].astype(np.float32)
    own[_missing(own)] = np.nan
    if "mountain" in found:
        found["mountain"][:, left:right] = kapos_class(
            own, slope, relief, thresholds=part.work.mountains
        )
    made = {"elevation": own, "slope": slope, "aspect": aspect, "tri": tri}
    for name, cells in (made | {"roughness": roughness, "relief": relief}).items():
        if name in found:
            found[name][:, left:right] = cells


def _missing(z: CellHeights) -> NDArray[np.bool_]:
    """Which heights are no data."""
    none: NDArray[np.bool_] = (z == NO_HEIGHT) | ~np.isfinite(z)
    return none
