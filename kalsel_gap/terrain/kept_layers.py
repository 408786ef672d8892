"""Terrain layers of the whole elevation model window by window, kept in the cache.

Measured layers (slope, relief, distance to the shore …) are cached apart from the layers derived
from them by thresholds (mountain class, terrain class): another threshold only classifies again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from kalsel_gap.errors import InputError
from kalsel_gap.geo.mosaic import open_band, refuse_no_heights
from kalsel_gap.geo.raster_cache import CachedLayer
from kalsel_gap.geo.rasterize import Footprints
from kalsel_gap.project.input_hashes import InputHashes
from kalsel_gap.sources.formats.vector_layers import read_vector
from kalsel_gap.storage.cache import Cache
from kalsel_gap.storage.fingerprint import code_hash, default_cache_folder, hash_of
from kalsel_gap.storage.once import computed_once
from kalsel_gap.terrain import classes, islands, sea_mask, shore_distance
from kalsel_gap.terrain.hillshade import light
from kalsel_gap.terrain.islands import small_island
from kalsel_gap.terrain.kept_sea import look_up_sea
from kalsel_gap.terrain.layers import Work, compute_layers
from kalsel_gap.terrain.mountains import KaposThresholds, kapos_class
from kalsel_gap.terrain.shoreline import find_shore
from kalsel_gap.terrain.styles import DERIVED, MEASURED, NUMBERS, SEA, STYLES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from rasterio.windows import Window

    from kalsel_gap.project.inputs import Elevation
    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Progress
    from kalsel_gap.terrain.layers import LayerName
    from kalsel_gap.terrain.sea_mask import CellRuns, SeaMask

_FOLDER = "terrain"  # in the cache
_SMALL, _LARGE = 2, 1  # numbers of polygons of land
FROM = {
    "hillshade": ("slope", "aspect"),
    "mountain": ("elevation", "slope", "relief"),
    "class": ("elevation", "slope", "relief", "coast", "zone"),
}
NEEDS = {"coast": "shore", "zone": "sea"}
# Parts of the terrain thresholds that a layer depends on, and sections of files.
LIMITS = {
    "relief": ("radius_m.relief",),
    "coast": ("coast.open_km",),
    "zone": ("coast.zone_m",),
    "mountain": ("radius_m.relief", "mountain"),
    "class": ("radius_m.relief", "mountain", "coast", "small_island", "islands"),
}
_FILES = {"coast": ("coastline",), "class": ("coastline", "wetlands")}


class KeptLayers:
    """Windows of the terrain layers of a project, made where the cache has none.

    Parameters
    ----------
    opened : Opened
        The project.

    Attributes
    ----------
    grid : Grid
        Of the elevation model.
    wanted : tuple of str
        Layers that are asked for.

    Raises
    ------
    InputError
        The project has no elevation model; as `mosaic.open_band`.
    """

    wanted: tuple[str, ...]

    def __init__(self, opened: Opened) -> None:
        if opened.project.elevation is None:
            raise InputError("elevation_missing", path=opened.path)
        self.opened, self.limits = opened, opened.project.terrain
        self.source: Elevation = opened.project.elevation
        self._store = Cache(default_cache_folder(), is_waiting=True)
        self.inputs = InputHashes(opened, self._store)
        self.inputs.take()
        refuse_no_heights(self.source.tiles, self.source.band)
        with open_band(self.source.tiles, self.source.band) as band:
            self.grid = band.grid
        self._root = default_cache_folder() / _FOLDER
        self.wanted = tuple(STYLES)

    # --- inputs --------------------------------------------------------------------------------

    @computed_once
    def find_sea(self) -> SeaMask | None:
        """The open sea; None where the model has none."""
        found = look_up_sea(self.opened, self._store)
        return found if found is not None and found.any() else None

    @computed_once
    def _find_shore_and_water(self) -> tuple[CellRuns | None, CellRuns | None]:
        """Cells of the shore, of the coastline or else of open water; and open water."""
        lines, water = find_shore(self.opened, self.find_sea())
        if lines is None:
            return water, water
        cells = shore_distance.line_cells(lines, self.grid)
        return (cells if cells.any() else water), water

    def find_shore(self) -> CellRuns | None:
        """Cells of the shore, as at the schools."""
        return self._find_shore_and_water()[0]

    @computed_once
    def find_low_coast(self) -> CellRuns | None:
        """The low-elevation coastal zone."""
        sea = self.find_sea()
        if sea is None:
            return None
        return sea_mask.low_coast(
            self.source.tiles, sea, self.limits.coast.zone_m, band=self.source.band
        )

    def _is_possible(self, name: str) -> bool:
        find = {"shore": self.find_shore, "sea": self.find_sea}
        return name not in NEEDS or find[NEEDS[name]]() is not None

    @property
    def measured(self) -> tuple[str, ...]:
        """Layers that must be measured; always the elevation, which shows what is land."""
        needed = {"elevation", *self.wanted}
        for name in self.wanted:
            needed |= {part for part in FROM.get(name, ()) if self._is_possible(part)}
        return tuple(name for name in MEASURED if name in needed)

    @property
    def derived(self) -> tuple[str, ...]:
        """Layers that must be derived from them."""
        return tuple(name for name in DERIVED if name in self.wanted)

    # --- cached windows ------------------------------------------------------------------------

    @computed_once
    def locate_pieces(self) -> dict[str, CachedLayer]:
        """Cached windows of every layer, in folders named by everything that it depends on."""
        return {
            name: CachedLayer(self._root / self._key(name), self.grid, STYLES[name])
            for name in (*self.measured, *self.derived)
        }

    def hash_inputs(self, name: str) -> dict[str, str]:
        """SHA-256 of the input files of a layer, by their names in the project."""
        parts = [name]
        for part in parts:  # grows by the layers that it is derived from
            parts += [other for other in FROM.get(part, ()) if other not in parts]
        return self.inputs.by_file(set().union(*map(_files_of, parts)))

    def _key(self, name: str) -> str:
        limits = self.limits.model_dump(mode="json")
        parts = {
            "layer": name,
            "code": code_hash(__name__, type(self.opened).__module__),
            "files": self.inputs.of_sections(_files_of(name)),
            "source": self.source.model_dump(mode="json", include={"band", "nodata", "sea"}),
            "limits": {dotted: part_of(limits, dotted) for dotted in LIMITS.get(name, ())},
            "from": {part: self._key(part) for part in FROM.get(name, ())},
        }
        return hash_of(parts)

    def _missing(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if not self.locate_pieces()[name].are_complete())

    def _work(self, names: Sequence[str]) -> Work:
        return Work(
            cast("tuple[LayerName, ...]", tuple(names)),
            relief_radius_m=self.limits.radius_m.relief,
            mountains=self._kapos_thresholds(),
            sea=self.find_sea(),
            zone=self.find_low_coast() if "zone" in names else None,
            water=self._find_shore_and_water()[1] if "coast" in names else None,
            shore=self.find_shore() if "coast" in names else None,
        )

    def _kapos_thresholds(self) -> KaposThresholds:
        return KaposThresholds(**self.limits.mountain.model_dump(exclude={"source"}))

    def _measure(self, report: Progress) -> None:
        """Make the missing windows of the measured layers."""
        names = self._missing(self.measured)
        if not names:
            return
        pieces = self.locate_pieces()
        compute_layers(
            self.source.tiles,
            self._work(names),
            lambda name, window, cells: self._write_window(name, window, in_unit(name, cells)),
            band=self.source.band,
            skip=lambda window: all(pieces[name].has(window) for name in names),
            progress=report,
        )

    def _keep(self, name: str, window: Window) -> None:
        """Make a window of a derived layer, unless it is cached."""
        pieces = self.locate_pieces()
        if not pieces[name].has(window):
            cells = self._derive(name, window, lambda part: pieces[part].read(window))
            self._write_window(name, window, cells)

    def _write_window(self, name: str, window: Window, cells: NDArray[Any]) -> None:
        """Keep a window, unless an input is no longer the one that its folder is named by."""
        self.inputs.refuse_changed(_files_of(name))
        self.locate_pieces()[name].write(window, cells)

    def _derive(
        self, name: str, window: Window, read: Callable[[str], NDArray[Any]]
    ) -> NDArray[Any]:
        """A window of a layer derived from measured layers."""
        given = {part: read(part) for part in FROM[name] if part in self.locate_pieces()}
        if name == "hillshade":
            return _hillshade(given["slope"], given["aspect"])
        kapos = kapos_class(
            given["elevation"], given["slope"], given["relief"], thresholds=self._kapos_thresholds()
        )
        return kapos if name == "mountain" else self._class(window, given, kapos)

    def _class(
        self, window: Window, given: dict[str, NDArray[Any]], kapos: NDArray[np.int8]
    ) -> NDArray[np.int16]:
        """Numbers of terrain classes, by the same rules as for schools."""
        dry = ~np.isnan(given["elevation"])
        unknown = np.full(dry.shape, classes.UNKNOWN, dtype=np.int8)
        flags = {
            "pulau_kecil": unknown,
            "pegunungan": classes.mountain(kapos, given["relief"], self.limits.mountain),
            "pesisir": unknown,
            "rawa": unknown,
        }
        land, wetlands, sea = self._read_land(), self._read_wetlands(), self.find_sea()
        if land is not None:
            reach_m = self.limits.small_island.offset_km * 1000
            flags["pulau_kecil"] = small_island(land, window, dry, reach_m, _SMALL)
        if "coast" in given:
            zone = given.get("zone", unknown)
            flags["pesisir"] = classes.coastal(given["coast"], zone, self.limits.coast)
        if wetlands is not None:
            flags["rawa"] = (wetlands.at(window) > 0).astype(np.int8)
        unknown_classes = self.find_unknown_classes()
        known = [name for name in classes.PRECEDENCE if name not in unknown_classes]
        first = classes.primary(flags, known)
        names = (*classes.PRECEDENCE, classes.ELSE)
        number = np.array([*(NUMBERS[name] for name in names), -1], dtype=np.int16)[first]
        number[~dry] = -1
        if sea is not None:
            top, left = int(window.row_off), int(window.col_off)
            wet = sea.rows(top, top + int(window.height))[:, left : left + int(window.width)]
            number[wet] = SEA
        return number

    def find_unknown_classes(self) -> tuple[str, ...]:
        """Terrain classes that the project has no layer for."""
        has = {
            "pulau_kecil": self._read_land() is not None,
            "pegunungan": True,
            "pesisir": self.find_shore() is not None,
            "rawa": self._read_wetlands() is not None,
        }
        return tuple(name for name in classes.PRECEDENCE if not has[name])

    @computed_once
    def _read_land(self) -> Footprints | None:
        """Polygons of land; small islands have a number of their own."""
        shore = self.opened.project.coastline
        if shore is None or not shore.land:
            return None
        land = np.concatenate([islands.land_polygons(path) for path in shore.land])
        small = islands.are_small(land, self.limits)
        return Footprints(self.grid, land, np.where(small, _SMALL, _LARGE))

    @computed_once
    def _read_wetlands(self) -> Footprints | None:
        """Polygons of wetlands."""
        layer = self.opened.project.wetlands
        if layer is None:
            return None
        shapes = read_vector(layer.path, shapes="polygons").geometry.dropna().make_valid()
        return Footprints(self.grid, shapes.to_numpy(), np.ones(len(shapes), dtype=np.int64))


def _files_of(name: str) -> set[str]:
    """Sections whose files a layer depends on."""
    return {"elevation", *_FILES.get(name, ())}


def part_of(limits: dict[str, Any], dotted: str) -> Any:  # noqa: ANN401 - any value
    """A value of a section by its dotted name."""
    for name in dotted.split("."):
        limits = limits[name]
    return limits


def in_unit(name: str, cells: NDArray[Any]) -> NDArray[Any]:
    """Cells in the unit of the layer's file."""
    return cells / np.float32(1000.0) if name == "coast" else cells


def _hillshade(slope_deg: NDArray[Any], aspect_deg: NDArray[Any]) -> NDArray[np.uint8]:
    """Hillshade from 1 to 255, 0 where it is unknown."""
    lit = light(np.radians(slope_deg), np.radians(np.nan_to_num(aspect_deg)))
    shade: NDArray[np.uint8] = np.nan_to_num(np.rint(1.0 + 254.0 * lit)).astype(np.uint8)
    return shade
