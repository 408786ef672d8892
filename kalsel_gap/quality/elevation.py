"""Checks of the elevation model: extent, heights, voids, sea, seams between tiles.

It is read block by block, of a model with more than ``file_checks.reading.most_cells`` cells every
n-th row and column: a void smaller than that step is not found. Memory is some five bytes for
each cell that is read. Seams are sought at full resolution, in windows along the lines where tiles
begin.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from rasterio.windows import Window

from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding
from kalsel_gap.geo import sampling
from kalsel_gap.geo.geodesy import metres_per_degree
from kalsel_gap.project.inputs import POSSIBLE_M
from kalsel_gap.quality.coverage import Histogram, passed_over, placement
from kalsel_gap.quality.unusable_files import file_finding
from kalsel_gap.sources.boundaries import read_layer
from kalsel_gap.sources.cells import fold
from kalsel_gap.terrain.open_sea import void_findings
from kalsel_gap.terrain.sea_mask import open_sea

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.project.checks import ElevationCheck
    from kalsel_gap.project.inputs import Elevation
    from kalsel_gap.project.model import Opened
    from kalsel_gap.terrain.sea_mask import CellRuns, SeaMask


Cell = TypeVar("Cell", bound=np.generic)

_NO_HEIGHTS = (9999, 32767)  # that usually stand for no data; other great values are a wrong unit
_METRES_A_FOOT = 0.3048


def check_elevation(opened: Opened, schools: pd.DataFrame) -> list[Finding]:
    """Findings about the elevation model.

    Parameters
    ----------
    opened : Opened
        The project.
    schools : DataFrame
        With ``lat`` and ``lon``, NaN where unusable.
    """
    source = opened.project.elevation
    if source is None:
        return []
    file = opened.shown(source.path)
    try:
        sampling.refuse_no_heights(source.tiles, source.band)
        found = _histogram(opened, source)
        with sampling.open_band(source.tiles, source.band) as band:
            return [
                *placement(band, opened, schools, file),
                *passed_over(band, opened, file),
                *_cells(found, band, source, opened, file),
                *_seams(band, opened.project.file_checks.elevation, file),
            ]
    except InputError as error:
        return [file_finding(error, file)]


def layer_findings(opened: Opened) -> list[Finding]:
    """What the heights of the elevation model say about it as a whole; part of `check_elevation`.

    Raises
    ------
    InputError
        It cannot be read.
    """
    source = opened.project.elevation
    if source is None:
        return []
    file, checks = opened.shown(source.path), opened.project.file_checks
    sampling.refuse_no_heights(source.tiles, source.band)
    found = _histogram(opened, source)
    with sampling.open_band(source.tiles, source.band) as band:
        others = passed_over(band, opened, file)
    if not found.total:
        return [*others, Finding("raster_without_data", file=file)]
    return [*others, *_heights(found, highest_m(opened), checks.elevation, file)]


def _histogram(opened: Opened, source: Elevation) -> Histogram:
    """Of the values as they are, also those that are no heights."""
    as_given = replace(source.tiles, possible=None)
    with sampling.open_band(as_given, source.band) as band:
        return Histogram.of(band, opened.project.file_checks.reading.most_cells)


def _cells(
    found: Histogram, band: sampling.Band, source: Elevation, opened: Opened, file: str
) -> list[Finding]:
    """Heights, voids and sea."""
    limits = opened.project.file_checks.elevation
    most_cells = opened.project.file_checks.reading.most_cells
    if not found.total:
        return [Finding("raster_without_data", file=file)]
    void = _void(band, most_cells)
    sea = None
    if source.sea != "none":  # a seam may lie between the rows that are read
        sea = open_sea(source.tiles, band=source.band, zero=source.sea == "zero")
    return [
        *_heights(found, highest_m(opened), limits, file),
        *_sea(found, void, band, source, limits, file),
        *_voids(void, _step(band.grid, most_cells), band.grid, sea, limits, file),
        *(void_findings(sea, file) if sea is not None else ()),
    ]


def highest_m(opened: Opened) -> float:
    """Highest mountain of the boundaries' provinces; the world's where one is not listed."""
    limits = opened.project.file_checks.elevation
    for level in opened.project.boundaries.files():
        try:
            layer = read_layer(opened, level)
        except InputError:  # a finding of the check of boundaries
            continue
        provinces = sorted({fold(code)[:2] for code in layer["code"]}) if layer is not None else []
        heights = [limits.highest_m.get(code) for code in provinces]
        known = [height for height in heights if height is not None]
        if known and len(known) == len(heights):
            return max(known)
        break
    return limits.world_m


def _heights(
    found: Histogram, highest: float, limits: ElevationCheck, file: str
) -> Iterator[Finding]:
    """Impossible heights, and the unit that would explain them."""
    low, high = POSSIBLE_M
    none = (found.value < low) | (np.isin(found.value, _NO_HEIGHTS) & (found.value > high))
    for value, count in zip(found.value[none][:3], found.count[none][:3], strict=True):
        yield Finding(
            "raster_nodata_undeclared",
            file=file,
            value=found.shown(int(value)),
            parameters={"percent": float(f"{100 * count / found.total:.3g}")},
        )
    found = found.without(found.value[none].tolist())
    if not found.total:
        return
    deep = found.value < limits.lowest_m
    if deep.any():
        counts = {"count": int(found.count[deep].sum()), "lowest_m": limits.lowest_m}
        value = f"{found.value[deep].min()}"
        yield Finding("elevation_too_low", file=file, value=value, parameters=counts)
    top = float(found.value.max())
    if top <= highest + limits.margin_m:
        return
    too_high = found.value > highest + limits.margin_m
    in_metres = top * _METRES_A_FOOT
    feet = highest / 2 <= in_metres <= highest + limits.margin_m
    yield Finding(
        "elevation_in_feet" if feet else "elevation_too_high",
        file=file,
        value=f"{top:g}",
        proposal=f"{in_metres:.0f}" if feet else "",
        parameters={"count": int(found.count[too_high].sum()), "highest_m": highest},
    )


# --- cells without data -------------------------------------------------------------------------


def _void(band: sampling.Band, most_cells: int) -> BoolArray:
    """Which cells have no data; of a large raster every n-th row and column."""
    height, width = band.grid.height, band.grid.width
    step = _step(band.grid, most_cells)
    void = np.empty((math.ceil(height / step), math.ceil(width / step)), dtype=np.bool_)
    for window in band.windows():
        top, left = (math.ceil(at / step) for at in (window.row_off, window.col_off))
        valid = ~np.isnan(band.read(window))
        part = ~valid[top * step - window.row_off :: step, left * step - window.col_off :: step]
        void[top : top + part.shape[0], left : left + part.shape[1]] = part
    return void


def _step(grid: sampling.Grid, most_cells: int) -> int:
    return math.ceil(math.sqrt(grid.height * grid.width / most_cells))


def _at_edge(cells: NDArray[Cell]) -> NDArray[Cell]:
    return np.concatenate([cells[0], cells[-1], cells[:, 0], cells[:, -1]])


def _sea(
    found: Histogram,
    void: BoolArray,
    band: sampling.Band,
    source: Elevation,
    limits: ElevationCheck,
    file: str,
) -> Iterator[Finding]:
    """Whether the sea in the file is as the project says."""
    zero = found.share(found.value == 0) * (1.0 - float(void.mean()))
    if zero >= limits.sea_share and not _at_edge(void).any() and _zero_at_edge(band):
        yield Finding(
            "elevation_sea_is_zero",
            file=file,
            value=source.sea,
            parameters={"percent": float(f"{100 * zero:.3g}")},
        )
    if source.sea == "none" and void.mean() >= limits.sea_share and _at_edge(void).any():
        yield Finding(
            "elevation_sea_not_declared",
            file=file,
            value=source.sea,
            proposal="nodata",
            parameters={"percent": float(f"{100 * void.mean():.3g}")},
        )


def _zero_at_edge(band: sampling.Band) -> bool:
    """Whether a tenth of an edge of the raster is at 0, as where the sea lies."""
    height, width = band.grid.height, band.grid.width
    edges = (
        (0, 0, width, 1),
        (0, height - 1, width, 1),
        (0, 0, 1, height),
        (width - 1, 0, 1, height),
    )
    values = (band.read(Window(*edge)) for edge in edges)
    return any(float(np.mean(value == 0.0)) >= 0.1 for value in values)


def _voids(
    void: BoolArray,
    every: int,
    grid: sampling.Grid,
    sea: SeaMask | None,
    limits: ElevationCheck,
    file: str,
) -> list[Finding]:
    """Cells without data that are no sea, missing tile or seam: lakes, or holes in the model."""
    if not void.any():
        return []
    from scipy import ndimage

    edge: set[int] = {0}
    if sea is not None:
        void = void & ~_thinned(sea, every)
        for named in (sea.missing, sea.lines):  # findings of their own
            if named is not None:
                void &= ~_thinned(named, every)
        label, _ = ndimage.label(void)
    else:  # without a sea, what reaches the edge is a finding of its own
        label, _ = ndimage.label(void)
        edge |= set(np.unique(_at_edge(label)).tolist())
    boxes = enumerate(ndimage.find_objects(label), start=1)
    size = {n: int((label[box] == n).sum()) for n, box in boxes if n not in edge}
    step = grid.height / void.shape[0], grid.width / void.shape[1]
    cell_km2 = _cell_km2(grid) * step[0] * step[1]
    large = {
        n: cells * cell_km2 for n, cells in size.items() if cells * cell_km2 >= limits.void_km2
    }
    if not large:
        return []
    largest = max(large, key=lambda n: (large[n], -n))
    inside = np.argwhere(label == largest)
    at = inside[len(inside) // 2]
    lat, lon = grid.position((at[0] + 0.5) * step[0], (at[1] + 0.5) * step[1])
    return [
        Finding(
            "elevation_void",
            file=file,
            evidence={"lat": round(float(lat), 4), "lon": round(float(lon), 4)},
            parameters={
                "count": len(large),
                "area_km2": float(f"{sum(large.values()):.3g}"),
                "largest_km2": float(f"{large[largest]:.3g}"),
                "place": f"{float(lat):.4f}, {float(lon):.4f}",
            },
        )
    ]


def _thinned(cells: CellRuns, every: int) -> BoolArray:
    """Every n-th row and column of a set of cells, as `_void` takes them."""
    rows = range(0, cells.grid.height, every)
    return np.array([cells.rows(row, row + 1)[0, ::every] for row in rows])


def _cell_km2(grid: sampling.Grid) -> float:
    """Area of the raster's central cell."""
    row, col = grid.height / 2, grid.width / 2
    lat, lon = grid.position(np.array([row, row + 1, row]), np.array([col, col, col + 1]))
    lat_m, lon_m = metres_per_degree(float(lat[0]))
    down = np.array([(lat[1] - lat[0]) * lat_m, (lon[1] - lon[0]) * lon_m])
    right = np.array([(lat[2] - lat[0]) * lat_m, (lon[2] - lon[0]) * lon_m])
    return abs(float(down[0] * right[1] - down[1] * right[0])) / 1e6


# --- seams --------------------------------------------------------------------------------------


def _seams(band: sampling.Band, limits: ElevationCheck, file: str) -> list[Finding]:
    """Steps along the lines where tiles begin.

    The mean absolute jump over sections of a line is compared with that over the lines beside it:
    slopes and noise are the same on both, a step between two tiles is not.

    Notes
    -----
    It finds a step of a metre or more along much of a line, and a row that is missing between two
    tiles. It does not find tiles that begin at other lines, nor, in a model that is not in degrees,
    any but those of the blocks of the file.
    """
    findings = []
    for axis in (0, 1):
        for line, degrees in _lines(band, axis, limits.seam_deg):
            jump_m = _jumps(band, axis, line, limits)
            beside = np.delete(jump_m, limits.seam_lines)
            beside = beside[~np.isnan(beside)]
            mine = jump_m[limits.seam_lines]
            if len(beside) < limits.seam_lines or np.isnan(mine):
                continue
            usual = float(np.median(beside))
            if mine > limits.seam_ratio * beside.max() and mine - usual >= limits.seam_m:
                findings.append(
                    Finding(
                        "elevation_seam",
                        file=file,
                        parameters={
                            "line": degrees,
                            "jump_m": round(float(mine), 1),
                            "beside_m": round(usual, 1),
                        },
                    )
                )
    return findings


def _lines(band: sampling.Band, axis: int, seam_deg: float) -> list[tuple[int, str]]:
    """First row (axis 0) or column (axis 1) of tiles, and its coordinate."""
    grid = band.grid
    size = (grid.height, grid.width)[axis]
    named = (("y", "lat"), ("x", "lon"))[axis][bool(grid.crs.is_geographic)]
    along = grid.transform
    origin, step = ((along.f, along.e), (along.c, along.a))[axis]
    edges = set()
    for tile in band.tiles:
        start, length, block = (
            (tile.row, tile.height, tile.block[0]),
            (tile.col, tile.width, tile.block[1]),
        )[axis]
        # Blocks of a few rows are not tiles.
        edges |= {start, *range(start, start + length, block if block >= 64 else length)}
    lines = {at: f"{named} {origin + step * at:g}" for at in edges if 0 < at < size}
    if grid.crs.is_geographic and not grid.is_rotated:
        first, last = sorted((origin, origin + step * size))
        for number in range(math.ceil(first / seam_deg), math.floor(last / seam_deg) + 1):
            at = round((number * seam_deg - origin) / step)
            if 0 < at < size:
                lines[at] = f"{named} {number * seam_deg:g}"
    return sorted(lines.items())


def _jumps(band: sampling.Band, axis: int, line: int, limits: ElevationCheck) -> FloatArray:
    """Mean jump over sections of the lines around one, metres; NaN where there is no land beside.

    Shape (2·seam_lines + 1,); the line itself is in the middle.
    """
    size = (band.grid.height, band.grid.width)[axis]
    length = (band.grid.width, band.grid.height)[axis]
    first, last = max(0, line - limits.seam_lines - 1), min(size, line + limits.seam_lines + 1)
    window = (0, first, length, last - first) if axis == 0 else (first, 0, last - first, length)
    strip = band.read(Window(*window))
    across = strip if axis == 0 else strip.T
    jump = np.diff(across, axis=0)
    jump[(across[1:] == 0) & (across[:-1] == 0)] = np.nan  # the sea has no seams
    pieces = [
        np.add.reduceat(values, np.arange(0, length, limits.seam_cells), axis=1)
        for values in (np.nan_to_num(jump), ~np.isnan(jump) * 1.0)
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.abs(pieces[0] / pieces[1])
        weight = np.where(pieces[1] >= limits.seam_cells / 8, pieces[1], 0.0)
        per_line = np.nansum(mean * weight, axis=1) / weight.sum(axis=1)
    around = np.full(2 * limits.seam_lines + 1, np.nan)
    start = limits.seam_lines - (line - 1 - first)
    around[start : start + len(per_line)] = per_line
    return around
