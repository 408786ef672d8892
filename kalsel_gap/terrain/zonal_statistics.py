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
from kalsel_gap.terrain import classes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray
    from rasterio.windows import Window

    from kalsel_gap.geo.grid import Grid
    from kalsel_gap.project.model import Opened

LEVELS = ("province", "kabupaten", "kecamatan")
ALL = "all"  # level of the row for all areas of the widest level, where that is no province
RASTER = "raster"  # level of the only row without boundaries: all land of the elevation model
MEANS = {
    "elevation": "mean_elevation_m",
    "slope": "mean_slope_deg",
    "relief": "mean_local_relief_m",
}


class ZonalStatistics:
    """Figures of every area, summed up window by window; of the whole raster without boundaries.

    Parameters
    ----------
    opened : Opened
        The project.
    grid : Grid
        Of the layers.
    unknown : collection of str, optional
        Terrain classes that the project has no layer for: their shares are unknown, and so is
        whatever comes after one of them in precedence.
    """

    def __init__(self, opened: Opened, grid: Grid, unknown: Collection[str] = ()) -> None:
        self.grid, self._unknown = grid, frozenset(unknown)
        self._rows: list[tuple[str, str, str]] = []
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
        if not self._levels:
            self._rows.append((RASTER, "", ""))
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
        if not self._levels:
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

        The rows begin with the province; without its polygon, with all areas of the widest level
        together (:data:`ALL`). Shares of classes are of the land on which the rules of the
        classes can be applied; ``class_known_share`` is how much of all land has a class that
        no missing layer could change. A share that a missing layer leaves unknown is NaN, and
        areas without land have no figures.
        """
        table = pd.DataFrame(self._rows, columns=["level", "code", "name"])
        sums, highest = self._sums, self._highest
        if self._levels and table["level"].iloc[0] != LEVELS[0]:
            count = self._levels[0][1]
            whole = pd.DataFrame([(ALL, "", "")], columns=list(table.columns))
            table = pd.concat([whole, table], ignore_index=True)
            sums = {name: np.r_[each[:count].sum(), each] for name, each in sums.items()}
            highest = np.r_[highest[:count].max(), highest]
        nothing = np.zeros(len(table))
        land = sums.get("land", nothing)
        table["land_km2"] = land.round(3)
        for name, column in MEANS.items():
            if name in sums:
                table[column] = _ratio(sums[name], sums[f"{name} known"]).round(3)
            if name == "elevation":
                table["max_elevation_m"] = np.where(np.isfinite(highest), highest, np.nan).round(3)
        if "zone" in sums:
            table["coastal_zone_share"] = _ratio(sums["zone"], sums["zone known"]).round(4)
        if "class 1" in sums:
            area = {
                name: sums[f"class {number}"]
                for number, name in enumerate(schema.TERRAIN_CLASSES, 1)
            }
            judged = sum(area.values(), nothing)
            for name, km2 in area.items():
                share = _ratio(km2, judged).round(4)
                table[f"{name}_share"] = np.nan if self._is_open(name) else share
            settled = sum((area[name] for name in self._settled()), nothing)
            table["class_known_share"] = _ratio(settled, land).round(4)
        return table

    def _is_open(self, name: str) -> bool:
        """Whether a missing layer leaves the share of a class unknown; a plain is the rest."""
        return name in self._unknown or (name == classes.ELSE and bool(self._unknown))

    def _settled(self) -> list[str]:
        """Classes that no class without a layer comes before."""
        order = [*classes.PRECEDENCE, classes.ELSE]
        first = min((order.index(name) for name in self._unknown), default=len(order))
        return order[:first]


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        ratio: NDArray[np.float64] = np.where(whole > 0, part / whole, np.nan)
    return ratio
