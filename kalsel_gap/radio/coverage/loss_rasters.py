"""Path loss around masts, swept once and kept in the cache.

The cached loss depends on the terrain, the air and the mast only: another power, azimuth or
threshold needs no new sweep, and an interrupted run continues where it stopped. Receivers in
woodland are treated like schools, except that land cover is known once per DEM cell only.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import rasterio
from affine import Affine
from rasterio.errors import RasterioError
from rasterio.windows import Window

from kalsel_gap.errors import InputError
from kalsel_gap.geo.cog import LayerStyle
from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.geo.grid import Grid
from kalsel_gap.geo.mosaic import open_band
from kalsel_gap.geo.raster_cache import encode
from kalsel_gap.radio.coverage.dem_windows import SweepWindows
from kalsel_gap.radio.paths.elevation_model import terrain_of
from kalsel_gap.radio.paths.profiles import resolution_m
from kalsel_gap.radio.paths.woodland import woodland_above
from kalsel_gap.radio.propagation.location_variability import location_sigma_db
from kalsel_gap.radio.propagation.p1812 import P1812Link
from kalsel_gap.radio.propagation.sweep import sweep_losses
from kalsel_gap.radio.propagation.terminal_clutter import surroundings_db
from kalsel_gap.radio.propagation.vegetation import Woodland, maximum_db, specific_db_per_m
from kalsel_gap.storage.atomic import replace_file
from kalsel_gap.storage.cache import Cache
from kalsel_gap.storage.fingerprint import code_hash, default_cache_folder, hash_of
from kalsel_gap.storage.once import computed_once
from kalsel_gap.terrain.kept_sea import look_up_sea

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray, SingleArray
    from kalsel_gap.project.input_hashes import InputHashes
    from kalsel_gap.project.inputs import Elevation
    from kalsel_gap.project.model import Opened
    from kalsel_gap.radio.coverage.networks import Mast
    from kalsel_gap.terrain.sea_mask import SeaMask

T = TypeVar("T")

_FOLDER = "reception"  # in the cache
# Path loss is stored in hundredths of a decibel.
STYLE = LayerStyle("uint16", 2**16 - 1, "", "", ())
PER_DB = 100.0
_LAND = {"elevation", "land_cover"}  # sections whose files decide the path loss
_RING = 64  # points on the circumference of a disk


class LossDisk(NamedTuple):
    """The path loss around a mast: its cells on the grid of the rasters, and their file."""

    window: Window
    path: Path


class LossRasters:
    """Path loss around masts, on a grid of every n-th cell of the elevation model.

    Parameters
    ----------
    opened : Opened
        With an elevation model.
    masts : sequence of Mast
    inputs : InputHashes
        Taken before the masts were read.
    radius_km : float
        Radius around each mast.
    cell_m : float, optional
        Width of a cell of the grid: rounded to the nearest odd number of cells of the model, so
        that the centre of a cell is the centre of one of theirs. By default their own width.
    threads : int
        Masts that are swept at the same time.

    Attributes
    ----------
    fine, grid : Grid
        Of the elevation model, and of the path loss.
    root : Path
        Where the rasters are kept: in the cache, unless a caller sets another folder first.
    every : int
        Cells of the model along the side of a cell.
    """

    def __init__(
        self,
        opened: Opened,
        masts: Sequence[Mast],
        *,
        inputs: InputHashes,
        radius_km: float,
        cell_m: float | None,
        threads: int,
    ) -> None:
        if opened.project.elevation is None:
            raise InputError("elevation_missing", path=opened.path)
        self.source: Elevation = opened.project.elevation
        self.opened, self.radio, self.inputs = opened, opened.project.radio, inputs
        self.radius_km, self.threads = radius_km, threads
        self._cell_m, self.root = cell_m, default_cache_folder() / _FOLDER
        self.terrain = terrain_of(opened)
        # From north to south: blocks of rows of the model are read once.
        self.masts = sorted(masts, reverse=True)
        with open_band(self.source.tiles, self.source.band) as band:
            self.fine = band.grid
        cells = (cell_m or 0.0) / resolution_m(self.fine)
        self.every = max(2 * round((cells - 1.0) / 2.0) + 1, 1)
        self.grid = _coarse(self.fine, self.every)
        self._reading = threading.Lock()
        self._feet: dict[Mast, float] = {}

    def beside(self, masts: Sequence[Mast], folder: Path) -> LossRasters:
        """The same for other masts, kept in another folder."""
        other = LossRasters(
            *(self.opened, masts),
            inputs=self.inputs,
            radius_km=self.radius_km,
            cell_m=self._cell_m,
            threads=self.threads,
        )
        other.root = folder
        return other

    @computed_once
    def find_sea(self) -> SeaMask | None:
        """The open sea; None where the model shows none."""
        return look_up_sea(self.opened, Cache(default_cache_folder(), is_waiting=True))

    @computed_once
    def _open_windows(self) -> SweepWindows:
        """The elevation model around masts, with the woodland that is higher than a receiver."""
        return SweepWindows(
            woodland_above(self.terrain, self.radio.receiver.height_m), self.find_sea()
        )

    @computed_once
    def collect_terms(self) -> dict[str, Any]:
        """Everything that the path loss around a mast depends on, except the mast."""
        cover = self.opened.project.land_cover
        sections = {"elevation": self.source, **({"land_cover": cover} if cover else {})}
        return {
            "code": code_hash(__name__, type(self.opened).__module__),
            "files": self.inputs.of_sections(sections),
            **{n: s.model_dump(mode="json", exclude={"path"}) for n, s in sections.items()},
            **self.parameters,
        }

    @property
    def parameters(self) -> dict[str, Any]:
        """Assumptions about air and receiver, radius and cell size of the sweeps."""
        air, wanted, radio = self.radio.atmosphere, self.radio.prediction, self.radio
        shown: dict[str, Any] = (
            {"clutter_m": radio.clutter_heights_m()}
            if self.terrain.has_clutter
            else {"surroundings": radio.surroundings.kind}
        )
        if self.terrain.land_cover is not None:
            figures = radio.vegetation.model_dump(mode="json", exclude={"confidence", "source"})
            shown |= {"vegetation": figures, "wood": sorted(self.terrain.woodland_classes)}
        return {
            "delta_n": air.delta_n,
            "n0": air.n0,
            "time_percent": wanted.time_percent,
            "location_percent": wanted.location_percent,
            "resolution_m": wanted.resolution_m,
            "rx_height_m": radio.receiver.height_m,
            **shown,
            "radius_km": self.radius_km,
            "every": self.every,
        }

    @computed_once
    def locate_folder(self) -> Path:
        """Folder of the rasters, named by all that they depend on."""
        return self.root / hash_of(self.collect_terms())

    @computed_once
    def locate_disks(self) -> dict[Mast, LossDisk]:
        """The window of each mast on the grid, and the file of its path loss."""
        folder = self.locate_folder()
        return {
            mast: LossDisk(self._on_grid(self._around(mast)), folder / f"{hash_of(mast)}.tif")
            for mast in self.masts
        }

    def cells(self, mast: Mast) -> int:
        """How many cells the disk of a mast has, corners included."""
        window = self.locate_disks()[mast].window
        return int(window.height) * int(window.width)

    # --- sweeping ------------------------------------------------------------------------------

    def todo(self) -> list[Mast]:
        """Masts that are not swept yet."""
        some = (
            mast for mast in self.masts if self.cells(mast)
        )  # with wide cells a mast may have no cell
        return [mast for mast in some if not self.locate_disks()[mast].path.is_file()]

    def make(self, step: Callable[[Mast], object], masts: Sequence[Mast] | None = None) -> None:
        """Sweep masts, by default those that are not swept yet.

        `step` is called with each mast when it is stored.
        """
        todo = self.todo() if masts is None else masts
        for mast in in_turn(self._keep, todo, self.threads):
            step(mast)

    def _keep(self, mast: Mast) -> None:
        window, path = self.locate_disks()[mast]
        loss_db = stored(self.swept(mast))
        self.inputs.refuse_changed(_LAND)
        with replace_file(path) as temporary:
            encode(temporary, self.grid, STYLE, window, loss_db, level=1)

    def swept(self, mast: Mast) -> SingleArray:
        """Path loss to the cells of a mast's disk, dB; NaN where it is unknown."""
        window, target = self._around(mast), self.locate_disks()[mast].window
        with self._reading:
            ground = self._open_windows().at(window)
        found = sweep_losses(
            ground,
            *(mast.lat, mast.lon, self._link(mast)),
            radius_km=self.radius_km,
            woodland=self._woodland(mast.frequency_mhz),
            around_db=self.surroundings_db(mast.frequency_mhz),
        )
        whole = np.full((int(window.height), int(window.width)), np.nan, dtype=np.float32)
        rows, cols = found.loss_db.shape
        whole[found.row : found.row + rows, found.col : found.col + cols] = found.loss_db
        half = self.every // 2
        top = int(target.row_off) * self.every + half - int(window.row_off)
        left = int(target.col_off) * self.every + half - int(window.col_off)
        return whole[top :: self.every, left :: self.every]

    def surroundings_db(self, frequency_mhz: float) -> float:
        """Loss in houses and trees, where no land cover over bare ground shows them."""
        if self.terrain.has_clutter:
            return 0.0
        height_m = self.radio.receiver.height_m
        kind = self.radio.surroundings.kind
        return float(surroundings_db(frequency_mhz, kind, height_m=height_m))

    def _woodland(self, frequency_mhz: float) -> Woodland:
        """Attenuation of the woodland around receivers."""
        figures = self.radio.vegetation
        return Woodland(
            float(specific_db_per_m(frequency_mhz, figures.specific)),
            float(maximum_db(frequency_mhz, figures.maximum_factor, figures.maximum_exponent)),
            figures.longest_m,
        )

    def _link(self, mast: Mast) -> P1812Link:
        air, wanted = self.radio.atmosphere, self.radio.prediction
        rx_m = self.radio.receiver.height_m
        return P1812Link(
            frequency_mhz=mast.frequency_mhz,
            tx_height_m=mast.antenna_height_m,
            rx_height_m=rx_m,
            latitude_deg=mast.lat,
            delta_n=air.delta_n,
            n0=air.n0,
            time_percent=wanted.time_percent,
            location_percent=wanted.location_percent,
            location_sigma_db=location_sigma_db(mast.frequency_mhz, wanted.resolution_m, rx_m),
        )

    def _around(self, mast: Mast) -> Window:
        """Cells of the elevation model within the radius of a mast, with a margin."""
        lon, lat, _ = WGS84.fwd(
            *(np.full(_RING, mast.lon), np.full(_RING, mast.lat)),
            *(np.arange(_RING) * 360.0 / _RING, np.full(_RING, self.radius_km * 1000.0)),
        )
        row, col = self.fine.pixel(lat, lon)
        (top, bottom), (left, right) = _span(row, self.fine.height), _span(col, self.fine.width)
        return Window(left, top, right - left, bottom - top)

    def _on_grid(self, window: Window) -> Window:
        """Cells of the grid whose centre lies in a window of the elevation model."""
        half, n = self.every // 2, self.every
        top, left, bottom, right = (
            -((half - int(edge)) // n)
            for edge in (
                *(window.row_off, window.col_off),
                *(window.row_off + window.height, window.col_off + window.width),
            )
        )
        return Window(left, top, right - left, bottom - top)

    # --- reading -------------------------------------------------------------------------------

    def read(self, mast: Mast, window: Window) -> tuple[Window, SingleArray] | None:
        """Path loss in the cells that a window shares with a mast's disk, and the window of these.

        Raises
        ------
        InputError
            The cached file cannot be read; it is removed, so that it is made again.
        """
        disk, path = self.locate_disks()[mast]
        top, bottom = _shared(disk.row_off, disk.height, window.row_off, window.height)
        left, right = _shared(disk.col_off, disk.width, window.col_off, window.width)
        if top >= bottom or left >= right:
            return None
        part = Window(left - disk.col_off, top - disk.row_off, right - left, bottom - top)
        try:
            with rasterio.open(path, driver="GTiff") as source:
                cells = source.read(1, window=part)
        except RasterioError as error:
            path.unlink(missing_ok=True)
            reason = str(error.__cause__ or error)[:200]
            raise InputError("piece_broken", path=path, reason=reason) from None
        loss_db = cells.astype(np.float32) / np.float32(PER_DB)
        loss_db[cells == STYLE.nodata] = np.nan
        return Window(left, top, right - left, bottom - top), loss_db

    def heights(self, part: Window) -> FloatArray:
        """Elevation of cells of the grid; NaN where the model has none."""
        n, half = self.every, self.every // 2
        if n == 1:
            with open_band(self.source.tiles, self.source.band) as band:
                return band.read(part)
        left = int(part.col_off) * n + half
        width = (int(part.width) - 1) * n + 1
        with open_band(self.source.tiles, self.source.band) as band:
            rows = [
                band.read(Window(left, (int(part.row_off) + i) * n + half, width, 1))[:, ::n]
                for i in range(int(part.height))
            ]
        return np.concatenate(rows)

    def ground_m(self, mast: Mast) -> float:
        """Elevation at the position of a mast; 0 where the model has none."""
        if (known := self._feet.get(mast)) is not None:
            return known
        row, col = self.fine.pixel(mast.lat, mast.lon)
        with open_band(self.source.tiles, self.source.band) as band:
            cell = band.read(Window(int(col), int(row), 1, 1))
        self._feet[mast] = float(np.nan_to_num(cell[0, 0]))
        return self._feet[mast]

    def is_land(self, part: Window) -> NDArray[np.bool_]:
        """Whether cells of the grid have a height and are not open sea."""
        land: NDArray[np.bool_] = ~np.isnan(self.heights(part))
        sea = self.find_sea()
        if sea is not None:
            n, half = self.every, self.every // 2
            col = (int(part.col_off) + np.arange(int(part.width))) * n + half
            for i in range(land.shape[0]):
                row = (int(part.row_off) + i) * n + half
                land[i] &= ~sea.rows(row, row + 1)[0, col]
        return land


def stored(loss_db: SingleArray) -> SingleArray:
    """Path loss rounded as it is stored."""
    rounded: SingleArray = np.rint(loss_db * np.float32(PER_DB))
    return rounded


def in_turn(work: Callable[[T], object], items: Iterable[T], threads: int) -> Iterator[T]:
    """Process items in threads and yield them in their order, each when it is done.

    Only a few are started in advance; after an interruption or an error only those are completed.
    """
    ahead: deque[tuple[T, Future[object]]] = deque()
    with ThreadPoolExecutor(threads) as workers:
        try:
            for item in items:
                ahead.append((item, workers.submit(work, item)))
                if len(ahead) > 2 * threads:
                    done, result = ahead.popleft()
                    result.result()
                    yield done
            for done, result in ahead:
                result.result()
                yield done
        finally:
            for _, result in ahead:
                result.cancel()


def _coarse(grid: Grid, every: int) -> Grid:
    """A grid of cells n times as wide, from the same corner; their centres are on the grid."""
    t, half = grid.transform, every // 2
    wide = Affine(t.a * every, t.b * every, t.c, t.d * every, t.e * every, t.f)
    height, width = (max(-((half - size) // every), 1) for size in (grid.height, grid.width))
    return Grid(width, height, wide, grid.crs)


def _span(at: FloatArray, size: int) -> tuple[int, int]:
    """First cell and the one after the last that contain all points of a ring, with a margin."""
    first, last = math.floor(np.nanmin(at)) - 1, math.ceil(np.nanmax(at)) + 1
    return min(max(first, 0), size), min(max(last, 0), size)


def _shared(begin: float, size: float, other: float, other_size: float) -> tuple[int, int]:
    """First cell that two ranges share, and the one after the last."""
    return int(max(begin, other)), int(min(begin + size, other + other_size))
