"""Values of a raster at points: windows in file order, nodata becomes NaN.

A raster is one file or many (see :mod:`kalsel_gap.geo.mosaic`), read by windows of whole blocks in
file order, each needed one once (with the cells around it for interpolation), one at a time.
Elevations are interpolated bilinearly between cells; classes, and levels that represent their
whole cell, are taken from the nearest cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.geo.grid import Grid, refuse_no_degrees
from kalsel_gap.geo.mosaic import Band, groups, open_band, refuse_no_heights, refuse_picture

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.geo.raster_files import RasterPath


__all__ = [
    "Band",
    "Grid",
    "Method",
    "RasterInfo",
    "Sample",
    "describe",
    "groups",
    "open_band",
    "refuse_no_heights",
    "refuse_picture",
    "sample",
    "touches",
]

Method: TypeAlias = Literal["nearest", "bilinear"]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Values of a raster at points.

    Attributes
    ----------
    value : float array
        NaN where the cell is nodata or the point is outside the raster.
    outside : bool array
        True where the point lies in no file of the raster, or has no coordinates (NaN).
    """

    value: FloatArray
    outside: BoolArray


@dataclass(frozen=True, slots=True)
class RasterInfo:
    """Size, CRS, cell size and bounds of a raster.

    Attributes
    ----------
    width, height : int
        Columns and rows.
    crs : str
        ``EPSG:32750`` where the CRS has such a code, otherwise its name.
    cell_width_m, cell_height_m : float
        Size of the cell in the centre on the ground.
    dtype : str
        Type of the cells in the file.
    nodata : float or None
        The value for no data, if the file declares one.
    south, west, north, east : float
        Bounds in WGS84 degrees.
    """

    width: int
    height: int
    crs: str
    cell_width_m: float
    cell_height_m: float
    dtype: str
    nodata: float | None
    south: float
    west: float
    north: float
    east: float


def sample(
    path: RasterPath, lat: ArrayLike, lon: ArrayLike, *, band: int = 1, method: Method = "nearest"
) -> Sample:
    """Value of a raster at points.

    Parameters
    ----------
    path : Path, sequence of Path, or TileSet
        The raster; see `mosaic.open_band`.
    lat, lon : array
        WGS84 degrees, any equal shape.
    band : int
        Counted from 1.
    method : {"nearest", "bilinear"}
        The cell that the point lies in, or the four around it weighted by their distance.
        The weight of cells without data is shared among the others; where the point's own cell
        has no data, there is no value.

    Returns
    -------
    Sample
        Arrays of the shape of `lat`.

    Raises
    ------
    InputError
        As `mosaic.open_band`.
    """
    lat, lon = np.broadcast_arrays(np.asarray(lat, np.float64), np.asarray(lon, np.float64))
    with open_band(path, band) as source:
        row, col = source.grid.pixel(lat.ravel(), lon.ravel())
        outside = source.outside(row, col)
        inside = ~outside
        look_up = _bilinear if method == "bilinear" else _nearest
        value = np.full(outside.shape, np.nan)
        value[inside] = look_up(source, row[inside], col[inside])
    return Sample(value.reshape(lat.shape), outside.reshape(lat.shape))


def touches(path: RasterPath, lat: ArrayLike, lon: ArrayLike) -> bool:
    """Whether any of the points lies on the raster, with or without data there.

    Parameters
    ----------
    path : Path, sequence of Path, or TileSet
        The raster; see `mosaic.open_band`.
    lat, lon : array
        WGS84 degrees, any equal shape.

    Returns
    -------
    bool

    Raises
    ------
    InputError
        As `mosaic.open_band`; `raster_not_degrees` where that is why none does.
    """
    with open_band(path) as source:
        if not source.outside(*source.grid.pixel(lat, lon)).all():
            return True
        refuse_no_degrees(source.grid, source.tiles[0].path)
    return False


def describe(path: RasterPath, *, band: int = 1) -> RasterInfo:
    """Describe a raster; its first and last cell are read, so that a truncated file is an error.

    Parameters
    ----------
    path : Path, sequence of Path, or TileSet
        The raster; see `mosaic.open_band`.
    band : int
        Counted from 1.

    Returns
    -------
    RasterInfo

    Raises
    ------
    InputError
        As `mosaic.open_band`.
    """
    with open_band(path, band) as source:
        grid, tile = source.grid, source.tiles[0]
        source.values(np.array([0, grid.height - 1]), np.array([0, grid.width - 1]))

        lat, lon = grid.position(*_outline(grid))
        # Across the central cell: first down, then to the right.
        row, col, half = grid.height / 2, grid.width / 2, np.array([[0.5, 0.0], [0.0, 0.5]])
        lat0, lon0 = grid.position(row - half[0], col - half[1])
        lat1, lon1 = grid.position(row + half[0], col + half[1])
        cell_height_m, cell_width_m = WGS84.inv(lon0, lat0, lon1, lat1)[2]
        authority = grid.crs.to_authority()
        return RasterInfo(
            width=grid.width,
            height=grid.height,
            crs=":".join(authority) if authority else grid.crs.name,
            cell_width_m=float(cell_width_m),
            cell_height_m=float(cell_height_m),
            dtype=str(tile.dtype),
            nodata=tile.declared,
            south=float(lat.min()),
            west=float(lon.min()),
            north=float(lat.max()),
            east=float(lon.max()),
        )


def _nearest(source: Band, row: FloatArray, col: FloatArray) -> FloatArray:
    """Value of the cell that each point lies in."""
    return source.values(np.floor(row).astype(np.int64), np.floor(col).astype(np.int64))


def _bilinear(source: Band, row: FloatArray, col: FloatArray) -> FloatArray:
    """Weighted mean of the four cells whose centres surround each point."""
    first_row, first_col = (np.floor(place - 0.5).astype(np.int64) for place in (row, col))
    mean = np.empty(row.shape)
    for here, corner in source.squares(first_row, first_col, 2):
        down, right = row[here] - 0.5 - first_row[here], col[here] - 0.5 - first_col[here]
        own = 2 * (down >= 0.5) + (right >= 0.5)
        known = ~np.isnan(corner)
        has_value = known[np.arange(own.size), own]
        weight = np.empty(corner.shape)
        weight[:, 0], weight[:, 1] = (1 - down) * (1 - right), (1 - down) * right
        weight[:, 2], weight[:, 3] = down * (1 - right), down * right
        weight *= known
        term = np.where(known, corner, 0.0) * weight
        with np.errstate(invalid="ignore"):
            found = _sum_of_four(term) / _sum_of_four(weight)
        mean[here] = np.where(has_value, found, np.nan)
    return mean


def _sum_of_four(terms: FloatArray) -> FloatArray:
    """Sums of rows, always in the same order."""
    total: FloatArray = terms[:, 0] + terms[:, 1] + terms[:, 2] + terms[:, 3]
    return total


def _outline(grid: Grid, points: int = 22) -> tuple[FloatArray, FloatArray]:
    """Fractional rows and columns along the four edges: straight in the CRS, curved on Earth."""
    share = np.linspace(0.0, 1.0, points)
    zero, one = np.zeros(points), np.ones(points)
    row = np.concatenate([zero, one, share, share]) * grid.height
    col = np.concatenate([share, share, zero, one]) * grid.width
    return row, col
