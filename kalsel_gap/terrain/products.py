"""Terrain layers of the whole elevation model as files for GIS, and their figures by area.

An interrupted run continues where it stopped, and a file appears when it is complete.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.errors import InputError, OutputError, suggestion
from kalsel_gap.geo.grid import windows
from kalsel_gap.geo.raster_cache import (
    Estimate,
    bound,
    encoded_bytes,
    free_bytes,
    time_writing,
    writable_root,
)
from kalsel_gap.i18n import messages
from kalsel_gap.project.outputs import outputs_of
from kalsel_gap.storage.atomic import clear_leftovers
from kalsel_gap.storage.spreadsheet import csv_of
from kalsel_gap.terrain.kept_layers import LIMITS, NEEDS, KeptLayers, in_unit, part_of
from kalsel_gap.terrain.layers import compute_layers
from kalsel_gap.terrain.styles import STYLES
from kalsel_gap.terrain.zonal_statistics import ZonalStatistics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from rasterio.windows import Window

    from kalsel_gap.geo.cog import LayerStyle
    from kalsel_gap.i18n.text import Text
    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Progress
    from kalsel_gap.storage.outputs import Outputs
    from kalsel_gap.storage.spreadsheet import Dialect

FOLDER = "terrain"  # in the folder of runs
STATISTICS = "terrain_statistics.csv"
_OVERVIEWS = 4 / 3  # a file with its overviews against one without
_BYTES = {"uint8": 1, "float32": 4}


class Atlas(KeptLayers):
    """The terrain layers of a project.

    Parameters
    ----------
    opened : Opened
        The project.
    names : sequence of str, optional
        Of :data:`STYLES`; empty: all that the project can have.

    Raises
    ------
    InputError
        The project has no elevation model, a name is unknown, or a layer needs what the project
        does not have; as `mosaic.open_band`.
    """

    def __init__(self, opened: Opened, names: Sequence[str] = ()) -> None:
        super().__init__(opened)
        for name in names:
            if name not in STYLES:
                raise InputError(
                    "layer_unknown",
                    value=name,
                    suggestion=suggestion(name, STYLES),
                    known=", ".join(STYLES),
                )
        self.wanted = tuple(name for name in STYLES if name in (names or STYLES))
        self.left_out = tuple(name for name in self.wanted if not self._is_possible(name))
        if names and self.left_out:
            first = self.left_out[0]
            raise InputError(f"layer_needs_{NEEDS[first]}", path=opened.path, value=first)
        self.wanted = tuple(name for name in self.wanted if name not in self.left_out)

    # --- making --------------------------------------------------------------------------------

    def check_folder(self, folder: Path, *, overwrite: bool = False) -> Outputs:
        """The guard, once it lets everything be written that :meth:`make` writes.

        Raises
        ------
        OutputError
            A file there is an input of the project, or somebody's own.
        """
        outputs = outputs_of(self.opened)
        names = [f"{name}.{end}" for name in self.wanted for end in ("tif", "qml")]
        outputs.check(*(folder / name for name in (*names, STATISTICS)), overwrite=overwrite)
        return outputs

    def make(
        self,
        folder: Path,
        words: Text,
        report: Progress,
        outputs: Outputs,
        *,
        dialect: Dialect = "raw",
    ) -> pd.DataFrame:
        """Write every layer and the statistics.

        Parameters
        ----------
        folder : Path
            Created if missing. An existing file is replaced when the new one is complete.
        words : Text
            Language of legends and descriptions.
        report : callable
            Called with how much is done and how much there is.
        outputs : Outputs
            What :meth:`check_folder` returned.
        dialect : {'raw', 'id', 'en'}
            Of the statistics; see :func:`.spreadsheet.csv_of`.

        Returns
        -------
        DataFrame
            The statistics; see `zonal_statistics.ZonalStatistics.table`.

        Raises
        ------
        OutputError
            A file cannot be written, or the disk is too small.
        """
        with writable_root(self._root, folder) as self._root:
            return self._make(folder, words, report, outputs, dialect)

    def _make(
        self, folder: Path, words: Text, report: Progress, outputs: Outputs, dialect: Dialect
    ) -> pd.DataFrame:
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
            self._write(outputs, name, folder, words)
            done.step(size)
        table = self.statistics()
        with outputs.replace(folder / STATISTICS) as temporary:
            temporary.write_bytes(csv_of(table, dialect).encode("utf-8"))
        done.step(size)
        self._tidy(folder)
        return table

    def _tidy(self, folder: Path) -> None:
        """Keep the cache small, and remove temporary files of a killed run."""
        used = [pieces.folder for pieces in self.locate_pieces().values()]
        bound(self._root, used)
        for place in (folder, *used):
            clear_leftovers(place)
        self._store.save()

    def statistics(self) -> pd.DataFrame:
        """Figures of every area, from the cached windows of the layers that were asked for."""
        tally, names = self._tally()
        for window in windows(self.grid):
            tally.add(window, {name: self.locate_pieces()[name].read(window) for name in names})
        table = tally.table()
        nature = self.opened.project.project.data
        return table if nature == "real" else table.assign(data=nature)

    def _tally(self) -> tuple[ZonalStatistics, list[str]]:
        """The figures without any cell, and the layers that they count."""
        counted = ("elevation", "slope", "relief", "zone", "class")
        names = [n for n in counted if n in self.wanted or n == "elevation"]
        unknown = self.find_unknown_classes() if "class" in names else ()
        return ZonalStatistics(self.opened, self.grid, unknown), names

    def _write(self, outputs: Outputs, name: str, folder: Path, words: Text) -> None:
        path, style = folder / f"{name}.tif", _translated_style(STYLES[name], words)
        self.locate_pieces()[name].publish(outputs, path, style, self._tags(name, words))

    def _tags(self, name: str, words: Text) -> dict[str, str]:
        """Metadata of a file: what made it, from which inputs and with which thresholds."""
        limits = self.limits.model_dump(mode="json")
        used = {dotted: part_of(limits, dotted) for dotted in LIMITS.get(name, ())}
        nature = messages.NAMES.get(self.opened.project.project.data)
        return {
            "AREA_OR_POINT": "Area",
            "TIFFTAG_SOFTWARE": f"kalsel-gap {version('kalsel-gap')}",
            "PROJECT": self.opened.project.project.name,
            "INPUTS_SHA256": json.dumps(self.hash_inputs(name), sort_keys=True),
            **({"NOTICE": words(nature)} if nature else {}),
            **({"LIMITS": json.dumps(used, sort_keys=True)} if used else {}),
        }

    # --- estimate ------------------------------------------------------------------------------

    def estimate(self, folder: Path) -> Estimate:
        """Time and space that the layers would need, by the middle window; nothing is written."""
        every = list(windows(self.grid))
        middle = every[len(every) // 2]
        share = self.grid.width * self.grid.height / (int(middle.width) * int(middle.height))
        made: dict[str, NDArray[Any]] = {}
        for _ in range(2):  # the first time compiles
            begun = time.perf_counter()
            compute_layers(
                self.source.tiles,
                self._work(self.measured),
                lambda name, _, cells: made.update({name: in_unit(name, cells)}),
                band=self.source.band,
                skip=lambda window: window != middle,
            )
            measuring = time.perf_counter() - begun
        todo = self._missing((*self.measured, *self.derived))
        seconds = measuring if self._missing(self.measured) else 0.0
        sizes, cache_bytes = {}, 0
        with TemporaryDirectory(prefix="kalsel-gap-") as probe:
            for name in (*self.measured, *self.derived):
                begun = time.perf_counter()
                if name not in made:
                    made[name] = self._derive(name, middle, made.__getitem__)
                deriving = time.perf_counter() - begun
                storing, publishing = time_writing(
                    Path(probe) / name, self.grid, STYLES[name], middle, made[name]
                )
                seconds += deriving + storing if name in todo else 0.0
                seconds += publishing if name in self.wanted else 0.0
                for level, is_needed in ((1, name in todo), (3, name in self.wanted)):
                    if is_needed:
                        style = STYLES[name]
                        part = encoded_bytes(self.grid, style, middle, made[name], level=level)
                        size = math.ceil(part * share)
                        cache_bytes += size if level == 1 else 0
                        sizes[name] = math.ceil(size * _OVERVIEWS)
        seconds += self._count(middle, made)
        table = pd.DataFrame(
            {
                "layer": self.wanted,
                "file": [f"{name}.tif" for name in self.wanted],
                "unit": [STYLES[name].unit for name in self.wanted],
                "cells": self.grid.width * self.grid.height,
                "bytes": [sizes[name] for name in self.wanted],
            }
        )
        return Estimate(table, seconds * share, cache_bytes, free_bytes(folder))

    def _count(self, window: Window, made: dict[str, NDArray[Any]]) -> float:
        """Seconds that the statistics take for a window."""
        tally, names = self._tally()
        begun = time.perf_counter()
        tally.add(window, {name: made[name] for name in names})
        return time.perf_counter() - begun

    def _refuse_small_disk(self, folder: Path) -> None:
        """Raise an error where the files cannot fit; precise only where space may be short."""
        cells = self.grid.width * self.grid.height
        every = [STYLES[name] for name in (*self.wanted, *self.measured, *self.derived)]
        at_most = sum(_BYTES[style.dtype] for style in every) * cells * _OVERVIEWS
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
    """Progress of the work, in cells."""

    def __init__(self, report: Progress, total: int) -> None:
        self._report, self._total, self._before = report, total, 0

    def within(self, cells: int) -> None:
        """Report that so many cells of the current step are done."""
        self._report(self._before + cells, self._total)

    def step(self, cells: int) -> None:
        """Report that a step of so many cells is done."""
        self._before += cells
        self._report(self._before, self._total)


def _translated_style(style: LayerStyle, words: Text) -> LayerStyle:
    """A style in the reader's language."""
    steps = tuple(replace(step, label=words(step.label)) for step in style.steps)
    return replace(style, description=words(style.description), steps=steps)
