"""Shape of the land around schools: elevation, slope, local relief, mountain class, low coast.

Slope is Horn's (1981), local relief the elevation range within a radius, mountain classes those
of Kapos et al. (2000). All lengths are metres over the ground: in a geographic grid the size of
a cell is that of its row on the ellipsoid; in a projected grid it is the projection's (its scale
at the point, 1.000 ± .001 within a UTM zone, is left out). The vertical unit is the metre.

Numbers do not depend on how the file is tiled or on the number of threads: each school's sums
are over whole numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray
from rasterio.windows import Window

from kalsel_gap.errors import InputError
from kalsel_gap.geodesy import metres_per_degree
from kalsel_gap.kernels import kernel
from kalsel_gap.raster import Band, Grid, groups, open_band, sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kalsel_gap.coasts import SeaMask
    from kalsel_gap.tilesets import RasterPath

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
Elevation: TypeAlias = NDArray[np.int32] | FloatArray
Heights: TypeAlias = NDArray[np.int16] | NDArray[np.float32]

# Stands for nodata in a window of whole numbers; a window of floats has NaN.
NO_INTEGER = np.iinfo(np.int32).min

# The same in windows of heights, which are as narrow as the file allows.
NO_HEIGHT = np.iinfo(np.int16).min

# Slopes are summed in whole millionths of a degree: exact, so in any order the same.
UNITS_PER_DEGREE = 1_000_000
NO_SLOPE = -1

# A tile is at least this many halos wide, so that neighbours do not read the same cells often.
TILE_HALOS = 2

# Strips of a wide raster are cut: read more often than once, but never all of them together.
WIDEST_WINDOW = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Shape of the land around schools, one value a school.

    Attributes
    ----------
    elevation_m : float array
        Bilinear between the four cells around the school; NaN where its own cell is nodata.
    slope_deg : float array
        Horn's slope of the school's cell; NaN where any of the nine cells is missing.
    mean_slope_deg : float array
        Mean over the cells with a slope whose centre lies within the slope radius.
    local_relief_m : float array
        Highest less lowest cell whose centre lies within the relief radius, sea excluded.
    """

    elevation_m: FloatArray
    slope_deg: FloatArray
    mean_slope_deg: FloatArray
    local_relief_m: FloatArray


register_jitable(metres_per_degree)  # the kernels below call it as it is


class Frame(NamedTuple):
    """Size of the cells of an upright grid, for the kernels.

    Attributes
    ----------
    geographic : bool
        Whether `row` and `col` are degrees; else metres.
    top : float
        Latitude of the grid's first edge; 0 in a projected grid.
    row, col : float
        From one row, one column, to the next; signed along the meridian.
    """

    geographic: bool
    top: float
    row: float
    col: float


def relief_at(
    path: RasterPath,
    lat: ArrayLike,
    lon: ArrayLike,
    *,
    slope_radius_m: float = 5000.0,
    relief_radius_m: float = 7000.0,
    band: int = 1,
    sea: SeaMask | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Relief:
    """Elevation, slope, mean slope and local relief at schools.

    Schools are taken tile by tile in the order of the file; a tile is read once, with a halo as
    wide as the larger radius. Memory is bounded by that window: some 10 MB for 90 m cells,
    some 300 MB for 8 m cells, whatever the size of the raster.

    Parameters
    ----------
    path : Path
        Elevation model in metres; nodata is sea or unknown.
    lat, lon : array of shape (n,)
        WGS84 degrees.
    slope_radius_m, relief_radius_m : float
        Radius of the mean slope and of the local relief.
    band : int
        Counted from 1.
    sea : SeaMask, optional
        Cells that count in no mean slope and no local relief though they have a height, as a sea
        of zeros does. The slope of the land beside them is down to that height.
    progress : callable, optional
        Called with the number of schools done and of all on the raster after each tile.

    Returns
    -------
    Relief
        All NaN for schools off the raster. A school on a nodata cell, as at the edge of the sea,
        has no elevation and no slope, but the mean slope and relief of the land around it.

    Raises
    ------
    InputError
        As `raster.open_band`, and `raster_rotated`.
    """
    lat = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    lon = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    slope_deg, mean_slope_deg, local_relief_m = (np.full(lat.shape, np.nan) for _ in range(3))

    with open_band(path, band) as source:
        frame = frame_of(source.grid, source.tiles[0].path)
        row, col = source.grid.pixel(lat, lon)
        school = np.flatnonzero(~source.grid.outside(row, col))
        rows, cols = row[school].astype(np.int64), col[school].astype(np.int64)
        halo_rows, halo_cols = _halo(frame, row[school], max(slope_radius_m, relief_radius_m))

        done = 0
        for members in groups(rows, cols, _tile_shape(source, halo_rows, halo_cols)):
            here = school[members]
            window = _window(
                source.grid, rows[members], cols[members], halo_rows, int(halo_cols[members].max())
            )
            z = _elevation(source, window)
            top, left = int(window.row_off), int(window.col_off)
            slopes = _slopes(z, frame, top)
            place = (frame, row[here], col[here])
            slope_deg[here] = _slopes_at(z, frame, rows[members], cols[members], top, left)
            if sea is not None:
                wet = sea.rows(top, top + z.shape[0])[:, left : left + z.shape[1]]
                slopes[wet] = NO_SLOPE
                z[wet] = NO_INTEGER if z.dtype.kind == "i" else np.nan
            mean_slope_deg[here] = _mean_slopes(
                slopes, *place, float(slope_radius_m), halo_rows, top, left
            )
            local_relief_m[here] = _ranges(z, *place, float(relief_radius_m), halo_rows, top, left)
            done += members.size
            if progress is not None:
                progress(done, school.size)

    elevation_m = sample(path, lat, lon, band=band, method="bilinear").value
    elevation_m[np.isinf(elevation_m)] = np.nan
    return Relief(elevation_m, slope_deg, mean_slope_deg, local_relief_m)


def frame_of(grid: Grid, path: Path) -> Frame:
    """Cell size of an upright grid in degrees or metres."""
    if grid.is_rotated:
        raise InputError("raster_rotated", path=path)
    unit = grid.crs.axis_info[0].unit_conversion_factor
    t = grid.transform
    if grid.crs.is_geographic:
        degrees = math.degrees(unit)
        return Frame(geographic=True, top=t.f * degrees, row=t.e * degrees, col=abs(t.a * degrees))
    return Frame(geographic=False, top=0.0, row=t.e * unit, col=abs(t.a * unit))


def _halo(frame: Frame, row: FloatArray, radius_m: float) -> tuple[int, IntArray]:
    """Rows and, for each school, columns that hold its disk and one more cell on each side."""
    if not frame.geographic:
        cols = math.ceil(radius_m / frame.col) + 1
        return math.ceil(radius_m / abs(frame.row)) + 1, np.full(row.shape, cols)
    shortest_m, _ = metres_per_degree(0.0)
    rows = math.ceil(radius_m / (shortest_m * abs(frame.row))) + 1
    # The narrowest columns are those of the row nearest to a pole.
    lat = np.abs(frame.top + row * frame.row) + rows * abs(frame.row)
    _, narrowest_m = metres_per_degree(np.minimum(lat, 89.9))
    return rows, np.ceil(radius_m / (narrowest_m * frame.col)).astype(np.int64) + 1


def halo_of(frame: Frame, height: int, radius_m: float) -> int:
    """Rows and columns around a cell that hold its disk, for every row of a raster."""
    rows, cols = _halo(frame, np.array([0.5, height - 0.5]), radius_m)
    return max(rows, int(cols.max()))


def _tile_shape(source: Band, halo_rows: int, halo_cols: IntArray) -> tuple[int, int]:
    """Whole windows of the file, some halos wide; parts of windows where these are very wide."""
    halo = halo_rows, int(halo_cols.max(initial=1))
    height, width = (
        side * math.ceil(TILE_HALOS * cells / side)
        if side <= WIDEST_WINDOW
        else max(WIDEST_WINDOW, TILE_HALOS * cells)
        for side, cells in zip(source.window_shape, halo, strict=True)
    )
    return height, width


def _window(grid: Grid, rows: IntArray, cols: IntArray, halo_rows: int, halo_cols: int) -> Window:
    """What has to be read for schools in these cells."""
    top, left = max(0, int(rows.min()) - halo_rows), max(0, int(cols.min()) - halo_cols)
    bottom = min(grid.height, int(rows.max()) + halo_rows + 1)
    right = min(grid.width, int(cols.max()) + halo_cols + 1)
    return Window(left, top, right - left, bottom - top)


def heights(source: Band, window: Window) -> Heights:
    """Elevations of a window as narrow as they come: `NO_HEIGHT` or NaN is no data.

    Parameters
    ----------
    source : Band
    window : Window

    Returns
    -------
    int16 or float32 array
        Whole metres where the files hold such, else rounded to 24 binary digits: less than a
        millimetre on land. A stored -32768 m is no data, declared or not.
    """
    if not (source.is_whole_numbers and all(np.can_cast(t.dtype, np.int16) for t in source.tiles)):
        return source.read(window).astype(np.float32)
    raw, valid = source.read_raw(window)
    z = raw.astype(np.int16, copy=False)  # read for us alone
    np.copyto(z, NO_HEIGHT, where=~valid)
    return z


def _elevation(source: Band, window: Window) -> Elevation:
    """Elevations of a window: whole numbers where the file has them; see `_missing`."""
    if not source.is_whole_numbers:
        return source.read(window)
    raw, valid = source.read_raw(window)
    whole = raw.astype(np.int32)
    whole[~valid] = NO_INTEGER
    return whole


@kernel
def missing(z: float) -> bool:
    """Whether a height stands for no data; see `heights`."""
    return z == NO_HEIGHT or not np.isfinite(z)


@kernel
def _missing(z: float) -> bool:
    """Whether an elevation stands for no data: the integer that does, NaN or an infinity."""
    return z == NO_INTEGER or not np.isfinite(z)


@kernel
def to_row(frame: Frame, from_row: float, row: int) -> tuple[float, float, float]:
    """Metres from a place on the grid to the centre of a row; height and width of cells there.

    On the ellipsoid as at the latitude half way.
    """
    rows = row + 0.5 - from_row
    if not frame.geographic:
        return rows * frame.row, abs(frame.row), frame.col
    dlat_m, dlon_m = metres_per_degree(frame.top + (from_row + 0.5 * rows) * frame.row)
    return rows * frame.row * dlat_m, abs(frame.row) * dlat_m, frame.col * dlon_m


@kernel
def _horn_deg(z: Elevation, i: int, j: int, height_m: float, width_m: float) -> float:
    """Slope of an inner cell; NaN where any of the nine cells is missing."""
    for p in range(i - 1, i + 2):
        for q in range(j - 1, j + 2):
            if _missing(z[p, q]):
                return np.nan
    # As floats: sums of whole numbers could run over.
    a, b, c = float(z[i - 1, j - 1]), float(z[i - 1, j]), float(z[i - 1, j + 1])
    d, f = float(z[i, j - 1]), float(z[i, j + 1])
    g, h, k = float(z[i + 1, j - 1]), float(z[i + 1, j]), float(z[i + 1, j + 1])
    east = ((c + 2.0 * f + k) - (a + 2.0 * d + g)) / (8.0 * width_m)
    south = ((g + 2.0 * h + k) - (a + 2.0 * b + c)) / (8.0 * height_m)
    return float(np.degrees(np.arctan(np.sqrt(east * east + south * south))))


@kernel
def _slopes(z: Elevation, frame: Frame, top: int) -> NDArray[np.int32]:
    """Slope of every cell of a window in whole units; `NO_SLOPE` where it has none."""
    slopes = np.full(z.shape, NO_SLOPE, dtype=np.int32)
    for i in range(1, z.shape[0] - 1):
        _, height_m, width_m = to_row(frame, top + i + 0.5, top + i)
        for j in range(1, z.shape[1] - 1):
            slope = _horn_deg(z, i, j, height_m, width_m)
            if not np.isnan(slope):
                slopes[i, j] = np.int32(np.rint(slope * UNITS_PER_DEGREE))
    return slopes


@kernel
def _slopes_at(
    z: Elevation, frame: Frame, row: IntArray, col: IntArray, top: int, left: int
) -> FloatArray:
    """Slope of the cells that schools lie in, degrees."""
    result = np.full(row.size, np.nan)
    for n in range(row.size):
        i, j = row[n] - top, col[n] - left
        if 0 < i < z.shape[0] - 1 and 0 < j < z.shape[1] - 1:
            _, height_m, width_m = to_row(frame, row[n] + 0.5, row[n])
            result[n] = _horn_deg(z, i, j, height_m, width_m)
    return result


@kernel
def _in_disk(
    layer: Elevation,
    frame: Frame,
    row: float,
    col: float,
    radius_m: float,
    line: int,
    top: int,
    left: int,
) -> Elevation:
    """Cells of one row of a window whose centres lie within a radius of a place on the grid."""
    away_m, _, width_m = to_row(frame, row, line)
    if abs(away_m) > radius_m:
        return layer[0, :0]
    half = np.sqrt(radius_m * radius_m - away_m * away_m) / width_m
    first = max(int(np.ceil(col - half - 0.5)) - left, 0)
    last = min(int(np.floor(col + half - 0.5)) - left, layer.shape[1] - 1)
    return layer[line - top, first : max(first, last + 1)]


@kernel
def _mean_slopes(
    slopes: NDArray[np.int32],
    frame: Frame,
    row: FloatArray,
    col: FloatArray,
    radius_m: float,
    halo_rows: int,
    top: int,
    left: int,
) -> FloatArray:
    """Mean over the cells with a slope in the disk around each school, degrees."""
    bottom = top + slopes.shape[0]
    result = np.full(row.size, np.nan)
    for n in range(row.size):
        total, cells, middle = np.int64(0), np.int64(0), int(row[n])
        for line in range(max(top, middle - halo_rows), min(bottom, middle + halo_rows + 1)):
            for slope in _in_disk(slopes, frame, row[n], col[n], radius_m, line, top, left):
                if slope != NO_SLOPE:
                    total += slope
                    cells += 1
        if cells:
            result[n] = total / cells / UNITS_PER_DEGREE
    return result


@kernel
def _ranges(
    z: Elevation,
    frame: Frame,
    row: FloatArray,
    col: FloatArray,
    radius_m: float,
    halo_rows: int,
    top: int,
    left: int,
) -> FloatArray:
    """Highest less lowest cell in the disk around each school."""
    bottom = top + z.shape[0]
    result = np.full(row.size, np.nan)
    for n in range(row.size):
        found, middle = False, int(row[n])
        lowest = highest = z[0, 0]
        for line in range(max(top, middle - halo_rows), min(bottom, middle + halo_rows + 1)):
            for value in _in_disk(z, frame, row[n], col[n], radius_m, line, top, left):
                if _missing(value):
                    continue
                lowest = min(lowest, value) if found else value
                highest = max(highest, value) if found else value
                found = True
        if found:
            result[n] = float(highest) - float(lowest)
    return result
