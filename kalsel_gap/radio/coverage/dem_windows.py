"""Windows of the elevation model around sites, with radio-climatic zones, clutter and woodland.

Blocks of rows are read once and a few of them are kept, so that sites processed from north to south
read the model once. A cell has the same values in every window.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from rasterio.windows import Window

from kalsel_gap.geo.dem import dem_grid_of
from kalsel_gap.geo.mosaic import Band, open_band
from kalsel_gap.geo.raster_files import tiles_of
from kalsel_gap.geo.sampling import sample
from kalsel_gap.radio.propagation.clutter import COASTAL_DISTANCE_KM, COASTAL_HEIGHT_M, clutter_m
from kalsel_gap.radio.propagation.path_inputs import RadioZone
from kalsel_gap.radio.propagation.sweep import SweepWindow
from kalsel_gap.terrain.shore_distance import Shore

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.radio.paths.elevation_model import ElevationModel
    from kalsel_gap.terrain.sea_mask import SeaMask

BLOCK_ROWS = 256
# Blocks of rows that are kept: those of a window of 35 km on a 3″ model, and the next ones.
KEPT = 8


class _RowBlock(NamedTuple):
    ground_m: NDArray[np.float32]
    zone: NDArray[np.int8] | None
    clutter_m: NDArray[np.float32] | None
    in_woodland: NDArray[np.int8] | None


class SweepWindows:
    """Windows of an elevation model, for sweeps.

    Parameters
    ----------
    terrain : ElevationModel
    sea : SeaMask or None
        Its open sea.

    Raises
    ------
    InputError
        As `mosaic.open_band`, and `raster_rotated`.
    """

    def __init__(self, terrain: ElevationModel, sea: SeaMask | None) -> None:
        self._terrain, self._sea = terrain, sea
        with open_band(terrain.path, terrain.band) as band:
            self.grid = band.grid
            self._bridge = sea.bridge(band) if sea is not None else None
        dem_grid = dem_grid_of(self.grid, tiles_of(terrain.path).files[0])
        self._shore = Shore(sea, dem_grid, BLOCK_ROWS) if sea is not None and sea.any() else None
        self._most = KEPT
        self._kept: OrderedDict[int, _RowBlock] = OrderedDict()

    def at(self, window: Window) -> SweepWindow:
        """A window of the model, for a sweep.

        Sea lies at 0 m; other cells without data are voids. Land up to 100 m high and up to 50 km
        from the sea is coastal (ITU-R P.1812, Table 3).
        """
        top, left = int(window.row_off), int(window.col_off)
        bottom, right = top + int(window.height), left + int(window.width)
        with open_band(self._terrain.path, self._terrain.band) as band:
            numbers = range(top // BLOCK_ROWS, -(-bottom // BLOCK_ROWS))
            self._most = max(KEPT, len(numbers) + 1)
            blocks = [self._block(band, number) for number in numbers]
        rows = slice(top - numbers[0] * BLOCK_ROWS, bottom - numbers[0] * BLOCK_ROWS)

        def part(name: str) -> NDArray[np.generic]:
            layers = [getattr(block, name) for block in blocks]
            if any(layer is None for layer in layers):
                return np.empty((0, 0))
            return np.concatenate([layer[:, left:right] for layer in layers])[rows]

        return SweepWindow(
            ground_m=part("ground_m"),  # type: ignore[arg-type]
            grid=self.grid.part(top, left, bottom - top, right - left),
            zone=part("zone"),  # type: ignore[arg-type]
            clutter_m=part("clutter_m"),  # type: ignore[arg-type]
            in_woodland=part("in_woodland"),  # type: ignore[arg-type]
        )

    def _block(self, band: Band, number: int) -> _RowBlock:
        """A block of rows, marked as most recently used."""
        if number not in self._kept:
            while len(self._kept) >= self._most:
                self._kept.popitem(last=False)
            self._kept[number] = self._read(band, number)
        self._kept.move_to_end(number)
        return self._kept[number]

    def _read(self, band: Band, number: int) -> _RowBlock:
        top = number * BLOCK_ROWS
        bottom = min(top + BLOCK_ROWS, self.grid.height)
        window = Window(0, top, self.grid.width, bottom - top)
        ground = band.read(window).astype(np.float32)
        if self._bridge is not None:
            self._bridge.fill(ground, top)
        zone = None
        if self._sea is not None and self._shore is not None:
            wet = self._sea.rows(top, bottom)
            ground[wet] = 0.0
            away_m = self._shore.distance_m(top, bottom)
            with np.errstate(invalid="ignore"):
                coastal = (ground <= COASTAL_HEIGHT_M) & (away_m <= COASTAL_DISTANCE_KM * 1000.0)
            zone = np.where(
                wet, RadioZone.SEA, np.where(coastal, RadioZone.COASTAL, RadioZone.INLAND)
            )
            zone = zone.astype(np.int8)
        return _RowBlock(ground, zone, *self._cover(top, bottom, zone))

    def _cover(
        self, top: int, bottom: int, zone: NDArray[np.int8] | None
    ) -> tuple[NDArray[np.float32] | None, NDArray[np.int8] | None]:
        """Clutter height on bare ground, and where woodland is; None without land cover."""
        terrain = self._terrain
        if terrain.land_cover is None:
            return None, None
        row, col = np.mgrid[top:bottom, 0 : self.grid.width] + 0.5
        places = self.grid.position(row, col)
        codes = sample(terrain.land_cover, *places, band=terrain.land_cover_band).value
        is_sea = np.zeros(codes.shape, np.bool_) if zone is None else zone == RadioZone.SEA
        inside = np.where(
            np.isin(codes, list(terrain.clutter)), np.isin(codes, terrain.woodland_classes), -1
        )
        inside[is_sea & (inside < 0)] = 0
        if not terrain.has_clutter:
            return None, inside.astype(np.int8)
        heights = clutter_m(codes, terrain.clutter, surface=terrain.surface)
        heights[is_sea] = 0.0
        return heights.astype(np.float32), inside.astype(np.int8)
