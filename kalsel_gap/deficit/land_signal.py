"""Stage land_signal: how much of the land of each area has no usable 4G or 5G signal by the maps.

The maps are read at the centres of a grid of degrees, block by block, and each cell counts with its
area. It has a signal where any map shows one that is worth something, none where every map of 4G
and 5G has data there and no map shows one; otherwise it is unknown, as it is at a school.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj
from affine import Affine

from kalsel_gap.sources.boundaries import AREA_LEVELS, read_areas, short_name
from kalsel_gap.stages import NO_TABLES, Stage, Staged, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from rasterio.windows import Window

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.geo.grid import Grid
    from kalsel_gap.geo.rasterize import Footprints
    from kalsel_gap.project.inputs import Coverage
    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Progress, Tables

COLUMNS = ("level", "code", "name", "land_km2", "signal_known_share", "no_signal_share")
_TECHNOLOGIES = ("4g", "5g")  # without either the internet of a school is never adequate
_LEAST_KNOWN = 0.5  # of the land: as for a leaf, what is known of less says nothing of the whole
_FINEST_DEG = 0.0025  # about 280 m; where no raster is finer
_MOST_CELLS = 25_000_000  # of the whole grid: a country of 46° by 17° then has cells of 620 m
_BLOCK = 512  # rows and columns that are in memory at once


def land_without_signal(
    schools: gpd.GeoDataFrame,
    opened: Opened,
    handed_on: Tables = NO_TABLES,
    progress: Progress = silent,
) -> Staged:
    """The table ``land_signal``; no columns.

    Parameters
    ----------
    schools : GeoDataFrame
        Not read.
    opened : Opened
        The project.
    handed_on : mapping of DataFrame
        The table ``sea``; without it all of an area counts as land.
    progress : callable
        Called with the number of blocks done and of all.

    Returns
    -------
    Staged
        Table ``land_signal``: :data:`COLUMNS`, one row for each code and name of a level. The land
        in km² is that of the cells whose centre the area holds and that are no open sea. Of the
        part of it on which it is known, ``no_signal_share`` is without a usable signal: one below
        ``index.gap.weak``. It is NaN where less than half of the land is known, and
        ``signal_known_share`` says how much is.

    Raises
    ------
    InputError
        A raster or boundary file is unusable.
    """
    layers = {level: read_areas(opened, level) for level in AREA_LEVELS}
    areas = {level: each for level, each in layers.items() if each is not None and len(each)}
    empty = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS[:3]})
    table = empty.assign(**{name: pd.Series(dtype="float64") for name in COLUMNS[3:]})
    if areas:
        table = _measured(opened, areas, handed_on, progress)
    return Staged(pd.DataFrame(index=schools.index), [], {"land_signal": table})


STAGE = Stage(
    "land_signal",
    land_without_signal,
    sections=("boundaries", "elevation", "coverage", "signal", "file_checks", "index.gap"),
    tables=("sea",),
)


def _measured(
    opened: Opened, areas: dict[str, gpd.GeoDataFrame], handed_on: Tables, progress: Progress
) -> pd.DataFrame:
    from kalsel_gap.geo.rasterize import Footprints, cell_m
    from kalsel_gap.terrain.sea_mask import sea_of_runs

    sources = [each for each in opened.project.coverage if each.technology in _TECHNOLOGIES]
    grid = _grid(next(iter(areas.values())), sources)
    sea = sea_of_runs(handed_on["sea"], opened.project.elevation) if "sea" in handed_on else None
    shapes = {
        level: Footprints(grid, each.geometry.to_numpy(), np.arange(1, len(each) + 1))
        for level, each in areas.items()
    }
    sums = {level: np.zeros((3, len(each) + 1)) for level, each in areas.items()}
    maps = [_Map(source, opened, grid) for source in sources]
    weak = opened.project.index.gap.weak
    windows = list(_windows(grid))
    for done, window in enumerate(windows, 1):
        numbers = {level: each.at(window) for level, each in shapes.items()}
        inside = np.any([each > 0 for each in numbers.values()], axis=0)
        row, col = np.nonzero(inside)
        row_m = [cell_m(grid, int(window.row_off) + each) for each in range(inside.shape[0])]
        km2 = np.prod(row_m, axis=1)[row] / 1e6
        lat, lon = grid.position(
            row + float(window.row_off) + 0.5, col + float(window.col_off) + 0.5
        )
        if sea is not None and row.size:
            km2 = np.where(sea.at(lat, lon)[0], 0.0, km2)
        best, gaps = np.full(row.size, np.nan), np.zeros(row.size, dtype=np.bool_)
        for each in maps if row.size else ():
            adequacy = each.at(window, inside, lat, lon)
            best, gaps = np.fmax(best, adequacy), gaps | np.isnan(adequacy)
        served = best >= weak
        known = served | (~np.isnan(best) & ~gaps)
        for level, cells in numbers.items():
            for n, weight in enumerate((km2, km2 * known, km2 * (known & ~served))):
                total = np.bincount(cells[inside], weight, minlength=sums[level].shape[1])
                sums[level][n] += total
        progress(done, len(windows))
    rows = [_rows(level, each, sums[level]) for level, each in areas.items()]
    return pd.concat(rows, ignore_index=True)


def _grid(widest: gpd.GeoDataFrame, sources: list[Coverage]) -> Grid:
    """A grid of degrees over the areas: as fine as the finest map, if it is not too large."""
    from kalsel_gap.geo import sampling
    from kalsel_gap.geo.geodesy import metres_per_degree
    from kalsel_gap.geo.grid import Grid

    west, south, east, north = (float(bound) for bound in widest.total_bounds)
    lat_m = float(metres_per_degree((south + north) / 2)[0])
    infos = [sampling.describe(s.tiles, band=s.band) for s in sources if not s.is_vector]
    finest = min((min(i.cell_width_m, i.cell_height_m) / lat_m for i in infos), default=_FINEST_DEG)
    cell = max(finest, math.sqrt((east - west) * (north - south) / _MOST_CELLS))
    width, height = (max(math.ceil(span / cell), 1) for span in (east - west, north - south))
    transform = Affine(cell, 0.0, west, 0.0, -cell, north)
    return Grid(width, height, transform, pyproj.CRS("EPSG:4326"))


def _windows(grid: Grid) -> Iterator[Window]:
    from rasterio.windows import Window

    for top in range(0, grid.height, _BLOCK):
        for left in range(0, grid.width, _BLOCK):
            size = min(_BLOCK, grid.width - left), min(_BLOCK, grid.height - top)
            yield Window(left, top, *size)


class _Map:
    """Adequacy that a coverage map shows at cells of the grid."""

    def __init__(self, source: Coverage, opened: Opened, grid: Grid) -> None:
        from kalsel_gap.deficit.coverage_value import adequacy_of_polygons
        from kalsel_gap.geo.rasterize import Footprints

        self._source, self._opened = source, opened
        self._shapes: Footprints | None = None
        if source.is_vector:
            polygons = adequacy_of_polygons(source, opened)[0]
            # Where polygons overlap, the first one counts: the one that is worth most.
            polygons = polygons.sort_values("adequacy", ascending=False, na_position="last")
            outside = 0.0 if source.nodata_means == "none" else np.nan
            shapes, numbers = polygons.geometry.to_numpy(), np.arange(1, len(polygons) + 1)
            self._shapes = Footprints(grid, shapes, numbers)
            self._worth = np.r_[outside, polygons["adequacy"].to_numpy("float64")]

    def at(self, window: Window, inside: BoolArray, lat: FloatArray, lon: FloatArray) -> FloatArray:
        """Of the cells of a window that are inside; their centres are given too."""
        from kalsel_gap.deficit.coverage_value import adequacy_of_cells
        from kalsel_gap.geo import sampling

        if self._shapes is not None:
            worth: FloatArray = self._worth[self._shapes.at(window)[inside]]
            return worth
        found = sampling.sample(self._source.tiles, lat, lon, band=self._source.band)
        # What is wrong with the values has been found where the schools are.
        (adequacy, _), _ = adequacy_of_cells(found, self._source, self._opened)
        return adequacy


def _rows(level: str, areas: gpd.GeoDataFrame, sums: FloatArray) -> pd.DataFrame:
    """The rows of a level; areas that consist of several features are one."""
    table = pd.DataFrame(
        {
            "code": areas["code"].fillna(""),
            "name": areas["name"].map(short_name),
            **dict(zip(("land", "known", "none"), sums[:, 1:], strict=True)),
        }
    )
    table = table.groupby(["code", "name"], as_index=False).sum()
    land, known, none = (table[name].where(table[name] > 0) for name in ("land", "known", "none"))
    share = (known / land).fillna(0.0).where(land.notna())
    without = none.fillna(0.0) / known
    return pd.DataFrame(
        {
            "level": level,
            "code": table["code"].astype("str"),
            "name": table["name"].astype("str"),
            "land_km2": table["land"].round(3),
            "signal_known_share": share.round(4),
            "no_signal_share": without.where(share >= _LEAST_KNOWN).round(4),
        }
    )
