"""Terrain in figures: area, heights, slopes and classes of each administrative area.

Every cell counts with its true area; sums are taken window by window in a fixed order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.geo.rasterize import Footprints, cell_m
from kalsel_gap.sources.boundaries import read_areas, short_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from rasterio.windows import Window

    from kalsel_gap.geo.grid import Grid
    from kalsel_gap.project.model import Opened

LEVELS = ("kabupaten", "kecamatan")
WHOLE = "all"  # level of the row for the whole raster
MEANS = {
    "elevation": "mean_elevation_m",
    "slope": "mean_slope_deg",
    "relief": "mean_local_relief_m",
}


class ZonalStatistics:
    """Figures of the whole raster and of every area, summed up window by window.

    Parameters
    ----------
    opened : Opened
        The project.
    grid : Grid
        Of the layers.
    """

    def __init__(self, opened: Opened, grid: Grid) -> None:
        self.grid = grid
        self._rows: list[tuple[str, str, str]] = [(WHOLE, "", "")]
        self._levels: list[tuple[int, int, Footprints]] = []
        for level in LEVELS:
            areas = read_areas(opened, level)
            if areas is None or not len(areas):
                continue
            first = len(self._rows)
            names = areas["name"].map(short_name)
            self._rows += [(level, c, n) for c, n in zip(areas["code"], names, strict=True)]
            numbers = np.arange(1, len(areas) + 1)
            shapes = Footprints(grid, areas.geometry.to_numpy(), numbers)
            self._levels.append((first, len(areas), shapes))
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._highest = np.full(len(self._rows), -np.inf, dtype=np.float32)

    def add(self, window: Window, layers: Mapping[str, NDArray[Any]]) -> None:
        """Add a window: ``elevation`` shows what is land; other layers may be absent.

        Parameters
        ----------
        window : Window
        layers : mapping of arrays
            ``elevation slope relief`` with NaN, ``class zone`` with -1 for no data.
        """
        elevation = layers["elevation"]
        land = np.flatnonzero(~np.isnan(elevation))
        top, height = int(window.row_off), int(window.height)
        row_km2 = [float(np.prod(cell_m(self.grid, top + row))) / 1e6 for row in range(height)]
        km2 = np.repeat(row_km2, int(window.width))[land]
        values = {name: cells.ravel()[land] for name, cells in layers.items()}
        self._of_level(0, np.zeros(land.size, dtype=np.int64), 1, km2, values)
        for first, count, shapes in self._levels:
            number = shapes.at(window).ravel()[land] - 1
            held = np.flatnonzero(number >= 0)
            here = {name: cells[held] for name, cells in values.items()}
            self._of_level(first, number[held], count, km2[held], here)

    def _of_level(
        self,
        first: int,
        area: NDArray[np.integer],
        count: int,
        km2: NDArray[np.float64],
        values: Mapping[str, NDArray[Any]],
    ) -> None:
        def total(name: str, weights: NDArray[np.float64]) -> None:
            sums = self._sums.setdefault(name, np.zeros(len(self._rows)))
            sums[first : first + count] += np.bincount(area, weights, minlength=count)

        total("land", km2)
        np.maximum.at(self._highest, first + area, values["elevation"])
        for name in MEANS.keys() & values.keys():
            known = ~np.isnan(values[name])
            total(f"{name} known", km2 * known)
            total(name, km2 * np.where(known, values[name], 0.0))
        if "zone" in values:
            total("zone known", km2 * (values["zone"] >= 0))
            total("zone", km2 * (values["zone"] == 1))
        if "class" in values:
            for number in range(len(schema.TERRAIN_CLASSES) + 1):
                total(f"class {number}", km2 * (values["class"] == number))

    def table(self) -> pd.DataFrame:
        """One row for each area: ``level code name land_km2`` and the figures of the layers.

        Shares of classes are of the land whose class is known; ``class_known_share`` is its share
        of all land. Areas without land have no figures.
        """
        table = pd.DataFrame(self._rows, columns=["level", "code", "name"])
        nothing = np.zeros(len(table))
        land = self._sums.get("land", nothing)
        table["land_km2"] = land.round(3)
        highest = np.where(np.isfinite(self._highest), self._highest, np.nan)
        for name, column in MEANS.items():
            if name in self._sums:
                table[column] = _ratio(self._sums[name], self._sums[f"{name} known"]).round(3)
            if name == "elevation":
                table["max_elevation_m"] = highest.round(3)
        if "zone" in self._sums:
            table["coastal_zone_share"] = _ratio(
                self._sums["zone"], self._sums["zone known"]
            ).round(4)
        if "class 1" in self._sums:
            numbers = range(1, len(schema.TERRAIN_CLASSES) + 1)
            known = sum((self._sums[f"class {n}"] for n in numbers), nothing)
            for number, name in enumerate(schema.TERRAIN_CLASSES, 1):
                table[f"{name}_share"] = _ratio(self._sums[f"class {number}"], known).round(4)
            table["class_known_share"] = _ratio(known, land).round(4)
        return table


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        ratio: NDArray[np.float64] = np.where(whole > 0, part / whole, np.nan)
    return ratio
