"""Terrain layers of the whole elevation model as files for GIS, and their figures by area.

What is measured (slope, relief, distance to the shore …) is kept apart from what thresholds make of
it (mountain class, terrain class): another threshold classifies anew from pieces that are there.
An interrupted run goes on where it stopped, and a file appears when it is complete.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError, OutputError, suggestion
from kalsel_gap.geo.grid import windows
from kalsel_gap.geo.mosaic import open_band, refuse_unknown_unit
from kalsel_gap.geo.raster_cache import CachedLayer, Estimate, bound, encoded_bytes, free_bytes
from kalsel_gap.geo.rasterize import Footprints
from kalsel_gap.i18n import messages
from kalsel_gap.sources.tables import read_vector
from kalsel_gap.storage.atomic import clear_leftovers, replace_file
from kalsel_gap.storage.cache import Cache
from kalsel_gap.storage.fingerprint import code_hash, default_cache_folder, hash_of
from kalsel_gap.storage.spreadsheet import csv_of
from kalsel_gap.terrain import classes, islands, sea_mask, shore_distance
from kalsel_gap.terrain.hillshade import light
from kalsel_gap.terrain.islands import small_island
from kalsel_gap.terrain.kept_sea import kept_sea
from kalsel_gap.terrain.layers import Work, compute_layers
from kalsel_gap.terrain.mountains import KaposThresholds, kapos_class
from kalsel_gap.terrain.stage import land_polygons
from kalsel_gap.terrain.styles import DERIVED, LOOKS, MEASURED, NUMBERS, SEA
from kalsel_gap.terrain.zonal_statistics import ZonalStatistics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from rasterio.windows import Window

    from kalsel_gap.geo.cog import LayerStyle
    from kalsel_gap.geo.grid import Grid
    from kalsel_gap.i18n.text import Text
    from kalsel_gap.project.inputs import Elevation
    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Progress
    from kalsel_gap.terrain.layers import LayerName
    from kalsel_gap.terrain.sea_mask import CellRuns, SeaMask

FOLDER = "terrain"  # in the folder of runs
STATISTICS = "terrain_statistics.csv"
_SMALL, _LARGE = 2, 1  # numbers of polygons of land
_OVERVIEWS = 4 / 3  # a file with its overviews against one without
_BYTES = {"uint8": 1, "float32": 4}
_FROM = {
    "hillshade": ("slope", "aspect"),
    "mountain": ("elevation", "slope", "relief"),
    "class": ("elevation", "slope", "relief", "coast", "zone"),
}
_NEEDS = {"coast": "shore", "zone": "sea"}
# Parts of the terrain limits that a layer depends on, and sections of files.
_LIMITS = {
    "relief": ("radius_m.relief",),
    "zone": ("coast.zone_m",),
    "mountain": ("radius_m.relief", "mountain"),
    "class": ("radius_m.relief", "mountain", "coast", "small_island", "islands"),
}
_FILES = {"coast": ("coastline",), "class": ("coastline", "wetlands")}


class Atlas:
    """The terrain layers of a project.

    Parameters
    ----------
    opened : Opened
        The project.
    names : sequence of str, optional
        Of :data:`LOOKS`; without any, all that the project can have.

    Raises
    ------
    InputError
        The project has no elevation model, a name is unknown, or a layer needs what the project
        does not have; as `mosaic.open_band`.
    """

    def __init__(self, opened: Opened, names: Sequence[str] = ()) -> None:
        if opened.project.elevation is None:
            raise InputError("elevation_missing", path=opened.path)
        self.opened, self.limits = opened, opened.project.terrain
        self.source: Elevation = opened.project.elevation
        refuse_unknown_unit(self.source.tiles, self.source.band)
        for name in names:
            if name not in LOOKS:
                raise InputError(
                    "layer_unknown",
                    value=name,
                    suggestion=suggestion(name, LOOKS),
                    known=", ".join(LOOKS),
                )
        self.wanted = tuple(name for name in LOOKS if name in (names or LOOKS))
        self.left_out = tuple(name for name in self.wanted if not self._is_possible(name))
        if names and self.left_out:
            first = self.left_out[0]
            raise InputError(f"layer_needs_{_NEEDS[first]}", path=opened.path, value=first)
        self.wanted = tuple(name for name in self.wanted if name not in self.left_out)

    # --- what there is -------------------------------------------------------------------------

    @cached_property
    def grid(self) -> Grid:
        """Of the elevation model."""
        with open_band(self.source.tiles, self.source.band) as band:
            return band.grid

    @cached_property
    def sea(self) -> SeaMask | None:
        """The open sea; None where the model has none."""
        found = kept_sea(self.opened)
        return found if found is not None and found.any() else None

    @cached_property
    def shore(self) -> CellRuns | None:
        """Cells of the shore: of the project's coastline, as at the schools, else of the sea."""
        given = self.opened.project.coastline
        if given is None:
            return self.sea
        lines = read_vector(given.path, shapes="lines").geometry.dropna().to_numpy()
        cells = shore_distance.line_cells(lines, self.grid)
        return cells if cells.any() else self.sea

    @cached_property
    def zone(self) -> CellRuns | None:
        """The low-elevation coastal zone."""
        if self.sea is None:
            return None
        return sea_mask.low_coast(
            self.source.tiles, self.sea, self.limits.coast.zone_m, band=self.source.band
        )

    def _is_possible(self, name: str) -> bool:
        return name not in _NEEDS or getattr(self, _NEEDS[name]) is not None

    @property
    def measured(self) -> tuple[str, ...]:
        """What must be measured; the elevation always, as it tells what is land."""
        needed = {"elevation", *self.wanted}
        for name in self.wanted:
            needed |= {part for part in _FROM.get(name, ()) if self._is_possible(part)}
        return tuple(name for name in MEASURED if name in needed)

    @property
    def derived(self) -> tuple[str, ...]:
        """What must be made of it."""
        return tuple(name for name in DERIVED if name in self.wanted)

    # --- pieces --------------------------------------------------------------------------------

    @cached_property
    def _root(self) -> Path:
        return default_cache_folder() / FOLDER

    @cached_property
    def _store(self) -> Cache:
        return Cache(default_cache_folder())

    @cached_property
    def _hashes(self) -> dict[str, str]:
        return {name: self._store.file_hash(path) for name, path in self.opened.project.inputs()}

    @cached_property
    def kept(self) -> dict[str, CachedLayer]:
        """Pieces of every layer, in folders named by all that it depends on."""
        return {
            name: CachedLayer(self._root / self._key(name), self.grid, LOOKS[name])
            for name in (*self.measured, *self.derived)
        }

    def _key(self, name: str) -> str:
        roots = {"elevation", *_FILES.get(name, ())}
        limits = self.limits.model_dump(mode="json")
        parts = {
            "layer": name,
            "code": code_hash(),
            "files": {n: h for n, h in self._hashes.items() if n.partition(".")[0] in roots},
            "source": self.source.model_dump(mode="json", include={"band", "nodata", "sea"}),
            "limits": {dotted: _part(limits, dotted) for dotted in _LIMITS.get(name, ())},
            "from": {part: self._key(part) for part in _FROM.get(name, ())},
        }
        return hash_of(parts)

    def _missing(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if not self.kept[name].are_complete())

    def _work(self, names: Sequence[str]) -> Work:
        return Work(
            cast("tuple[LayerName, ...]", tuple(names)),
            relief_radius_m=self.limits.radius_m.relief,
            mountains=self._kapos,
            sea=self.sea,
            zone=self.zone if "zone" in names else None,
            shore=self.shore if "coast" in names else None,
        )

    @property
    def _kapos(self) -> KaposThresholds:
        return KaposThresholds(**self.limits.mountain.model_dump(exclude={"source"}))

    def _measure(self, report: Progress) -> None:
        """Make the pieces of what is measured that are not there yet."""
        names = self._missing(self.measured)
        if not names:
            return
        compute_layers(
            self.source.tiles,
            self._work(names),
            lambda name, window, cells: self.kept[name].write(window, _in_unit(name, cells)),
            band=self.source.band,
            skip=lambda window: all(self.kept[name].has(window) for name in names),
            progress=report,
        )

    def _keep(self, name: str, window: Window) -> None:
        """Make a piece of a derived layer, unless it is there."""
        if not self.kept[name].has(window):
            cells = self._derive(name, window, lambda part: self.kept[part].read(window))
            self.kept[name].write(window, cells)

    def _derive(
        self, name: str, window: Window, read: Callable[[str], NDArray[Any]]
    ) -> NDArray[Any]:
        """A piece of what is made of measured layers."""
        given = {part: read(part) for part in _FROM[name] if part in self.kept}
        if name == "hillshade":
            return _hillshade(given["slope"], given["aspect"])
        kapos = kapos_class(
            given["elevation"], given["slope"], given["relief"], thresholds=self._kapos
        )
        return kapos if name == "mountain" else self._class(window, given, kapos)

    def _class(
        self, window: Window, given: dict[str, NDArray[Any]], kapos: NDArray[np.int8]
    ) -> NDArray[np.int16]:
        """Numbers of terrain classes, by the rules that hold for schools."""
        dry = ~np.isnan(given["elevation"])
        unknown = np.full(dry.shape, classes.UNKNOWN, dtype=np.int8)
        flags = {
            "pulau_kecil": unknown,
            "pegunungan": classes.mountain(kapos, given["relief"], self.limits.mountain),
            "pesisir": unknown,
            "rawa": unknown,
        }
        if self._land is not None:
            reach_m = self.limits.small_island.offset_km * 1000
            flags["pulau_kecil"] = small_island(self._land, window, dry, reach_m, _SMALL)
        if "coast" in given:
            zone = given.get("zone", unknown)
            flags["pesisir"] = classes.coastal(given["coast"], zone, self.limits.coast)
        if self._wetlands is not None:
            flags["rawa"] = (self._wetlands.at(window) > 0).astype(np.int8)
        known = {
            "pulau_kecil": self._land is not None,
            "pegunungan": True,
            "pesisir": "coast" in given,
            "rawa": self._wetlands is not None,
        }
        first = classes.primary(flags, [name for name in known if known[name]])
        names = (*classes.PRECEDENCE, classes.ELSE)
        number = np.array([*(NUMBERS[name] for name in names), -1], dtype=np.int16)[first]
        number[~dry] = -1
        if self.sea is not None:
            top, left = int(window.row_off), int(window.col_off)
            wet = self.sea.rows(top, top + int(window.height))[:, left : left + int(window.width)]
            number[wet] = SEA
        return number

    @cached_property
    def _land(self) -> Footprints | None:
        """Polygons of land, small islands apart."""
        shore = self.opened.project.coastline
        if shore is None or not shore.land:
            return None
        land = np.concatenate([land_polygons(path) for path in shore.land])
        small = islands.are_small(land, self.limits)
        return Footprints(self.grid, land, np.where(small, _SMALL, _LARGE))

    @cached_property
    def _wetlands(self) -> Footprints | None:
        layer = self.opened.project.wetlands
        if layer is None:
            return None
        shapes = read_vector(layer.path, shapes="polygons").geometry.dropna().make_valid()
        return Footprints(self.grid, shapes.to_numpy(), np.ones(len(shapes), dtype=np.int64))

    # --- making --------------------------------------------------------------------------------

    def make(self, folder: Path, words: Text, report: Progress) -> pd.DataFrame:
        """Write every layer and the statistics.

        Parameters
        ----------
        folder : Path
            Made when missing. A file there is replaced when the new one is complete.
        words : Text
            In the language of legends and descriptions.
        report : callable
            Told how much is done and of how much.

        Returns
        -------
        DataFrame
            The statistics; see `tallies.Tally.table`.

        Raises
        ------
        OutputError
            A file cannot be written or is an input, or the disk is too small.
        """
        self._refuse_inputs(folder)
        self._refuse_small_disk(folder)
        self._tidy(folder)
        size = self.grid.width * self.grid.height
        parts = [len(self._missing(self.measured)), len(self.derived), len(self.wanted), 1]
        done = _Done(report, size * sum(parts))
        self._measure(lambda d, _: done.within(d * parts[0]))
        done.step(size * parts[0])
        for name in self.derived:
            for window in windows(self.grid):
                self._keep(name, window)
                done.step(int(window.width) * int(window.height))
        for name in self.wanted:
            self._write(name, folder, words)
            done.step(size)
        table = self.statistics()
        with replace_file(folder / STATISTICS) as temporary:
            temporary.write_bytes(csv_of(table).encode("utf-8"))
        done.step(size)
        self._tidy(folder)
        return table

    def _tidy(self, folder: Path) -> None:
        """Keep the cache small, and remove what a killed run has left."""
        used = [pieces.folder for pieces in self.kept.values()]
        bound(self._root, used)
        for place in (folder, *used):
            clear_leftovers(place)
        self._store.save_hashes()

    def statistics(self) -> pd.DataFrame:
        """Figures of every area, from the pieces of the layers that were asked for."""
        counted = ("elevation", "slope", "relief", "zone", "class")
        names = [n for n in counted if n in self.wanted or n == "elevation"]
        tally = ZonalStatistics(self.opened, self.grid)
        for window in windows(self.grid):
            tally.add(window, {name: self.kept[name].read(window) for name in names})
        table = tally.table()
        nature = self.opened.project.project.data
        return table if nature == "real" else table.assign(data=nature)

    def _write(self, name: str, folder: Path, words: Text) -> None:
        path, look = folder / f"{name}.tif", _in_words(LOOKS[name], words)
        self.kept[name].publish(path, look, self._tags(name, words))

    def _tags(self, name: str, words: Text) -> dict[str, str]:
        """Metadata of a file: what made it and by which limits."""
        limits = self.limits.model_dump(mode="json")
        used = {dotted: _part(limits, dotted) for dotted in _LIMITS.get(name, ())}
        nature = messages.NAMES.get(self.opened.project.project.data)
        return {
            "AREA_OR_POINT": "Area",
            "TIFFTAG_SOFTWARE": f"kalsel-gap {version('kalsel-gap')}",
            "PROJECT": self.opened.project.project.name,
            **({"NOTICE": words(nature)} if nature else {}),
            **({"LIMITS": json.dumps(used, sort_keys=True)} if used else {}),
        }

    # --- beforehand ----------------------------------------------------------------------------

    def estimate(self, folder: Path) -> Estimate:
        """What making the layers would take, by the piece in the middle; nothing is written."""
        every = list(windows(self.grid))
        middle = every[len(every) // 2]
        share = self.grid.width * self.grid.height / (int(middle.width) * int(middle.height))
        made: dict[str, NDArray[Any]] = {}
        for _ in range(2):  # the first time compiles
            begun = time.perf_counter()
            compute_layers(
                self.source.tiles,
                self._work(self.measured),
                lambda name, _, cells: made.update({name: _in_unit(name, cells)}),
                band=self.source.band,
                skip=lambda window: window != middle,
            )
            measuring = time.perf_counter() - begun
        todo = self._missing((*self.measured, *self.derived))
        seconds = measuring * share if self._missing(self.measured) else 0.0
        sizes, cache_bytes = {}, 0
        for name in (*self.measured, *self.derived):
            begun = time.perf_counter()
            cells = made[name] if name in made else self._derive(name, middle, made.__getitem__)
            for level, is_needed in ((1, name in todo), (3, name in self.wanted)):
                if is_needed:
                    part = encoded_bytes(self.grid, LOOKS[name], middle, cells, level=level)
                    size = math.ceil(part * share)
                    cache_bytes += size if level == 1 else 0
                    sizes[name] = math.ceil(size * _OVERVIEWS)
            seconds += (time.perf_counter() - begun) * share * _OVERVIEWS
        table = pd.DataFrame(
            {
                "layer": self.wanted,
                "file": [f"{name}.tif" for name in self.wanted],
                "unit": [LOOKS[name].unit for name in self.wanted],
                "cells": self.grid.width * self.grid.height,
                "bytes": [sizes[name] for name in self.wanted],
            }
        )
        return Estimate(table, seconds, cache_bytes, free_bytes(folder))

    def _refuse_inputs(self, folder: Path) -> None:
        inputs = {path.resolve() for _, path in self.opened.project.inputs()}
        names = [f"{name}.{end}" for name in self.wanted for end in ("tif", "qml")]
        for name in (*names, STATISTICS):
            if (folder / name).resolve() in inputs:
                raise OutputError("output_is_input", path=folder / name)

    def _refuse_small_disk(self, folder: Path) -> None:
        """An error where the files cannot fit; they are looked at closely only where it is near."""
        cells = self.grid.width * self.grid.height
        every = [LOOKS[name] for name in (*self.wanted, *self.measured, *self.derived)]
        at_most = sum(_BYTES[look.dtype] for look in every) * cells * _OVERVIEWS
        if at_most < min(free_bytes(folder), free_bytes(self._root)):
            return
        estimate = self.estimate(folder)
        needed = int(estimate.layers["bytes"].sum())
        for place, wanted in ((folder, needed), (self._root, estimate.cache_bytes)):
            if wanted > free_bytes(place):
                raise OutputError(
                    "disk_too_small",
                    path=place,
                    needed_mb=math.ceil(wanted / 1e6),
                    free_mb=free_bytes(place) // 10**6,
                )


class _Done:
    """How far the work is, in cells."""

    def __init__(self, report: Progress, total: int) -> None:
        self._report, self._total, self._before = report, total, 0

    def within(self, cells: int) -> None:
        """So many cells of a step are done."""
        self._report(self._before + cells, self._total)

    def step(self, cells: int) -> None:
        """A step of so many cells is done."""
        self._before += cells
        self._report(self._before, self._total)


def _part(limits: dict[str, Any], dotted: str) -> Any:  # noqa: ANN401 - any value
    for name in dotted.split("."):
        limits = limits[name]
    return limits


def _in_unit(name: str, cells: NDArray[Any]) -> NDArray[Any]:
    """Cells in the unit of the layer's file."""
    return cells / np.float32(1000.0) if name == "coast" else cells


def _in_words(look: LayerStyle, words: Text) -> LayerStyle:
    """A look in the reader's language."""
    steps = tuple(replace(step, label=words(step.label)) for step in look.steps)
    return replace(look, description=words(look.description), steps=steps)


def _hillshade(slope_deg: NDArray[Any], aspect_deg: NDArray[Any]) -> NDArray[np.uint8]:
    """Light from 1 to 255, 0 where it is not known."""
    lit = light(np.radians(slope_deg), np.radians(np.nan_to_num(aspect_deg)))
    shade: NDArray[np.uint8] = np.nan_to_num(np.rint(1.0 + 254.0 * lit)).astype(np.uint8)
    return shade
