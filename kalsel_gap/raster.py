"""Values of a raster at points: windows in file order, nodata becomes NaN.

A raster is read through one open handle, in the order of its blocks, each needed block once, and
never more of it than a block holds. GDAL reads; any driver, CRS, cell type and nodata style that
it knows will do.
"""

from __future__ import annotations

import math
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pyproj
import rasterio
from numpy.typing import ArrayLike, NDArray
from pyproj.exceptions import CRSError, ProjError
from rasterio.enums import MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from kalsel_gap.errors import InputError
from kalsel_gap.geodesy import WGS84

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from affine import Affine
    from rasterio.io import DatasetReader

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

Method: TypeAlias = Literal["nearest", "bilinear"]

# GDAL would otherwise take a twentieth of the machine's memory for blocks already read.
CACHE_BYTES = 128 * 2**20

# A point this near to the edge of a cell lies on it: a tenth of a millimetre for 90 m cells.
EDGE_CELLS = 1e-6

# Cells read at once, at least and at most: strips of one row are joined, whole-file blocks cut.
FEWEST_CELLS_A_SIDE = 256
MOST_CELLS = 2**22


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What a raster says at points.

    Attributes
    ----------
    value : float array
        NaN where the cell is nodata or the point is off the raster.
    outside : bool array
        True where the point is off the raster, or is no point at all (NaN).
    """

    value: FloatArray
    outside: BoolArray


@dataclass(frozen=True, slots=True)
class RasterInfo:
    """What a raster is.

    Attributes
    ----------
    width, height : int
        Columns and rows.
    crs : str
        ``EPSG:32750`` where the CRS has such a code, else its name.
    cell_width_m, cell_height_m : float
        Size of the cell in the centre over the ground.
    dtype : str
        Type of the cells in the file.
    nodata : float or None
        The value that stands for no data, if the file names one.
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


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the cells of a raster lie.

    Attributes
    ----------
    width, height : int
        Columns and rows.
    transform : affine.Affine
        From column and row, counted from the outer corner of the first cell, to the CRS.
    crs : pyproj.CRS
        Horizontal part of the CRS.
    """

    width: int
    height: int
    transform: Affine
    crs: pyproj.CRS

    @property
    def is_rotated(self) -> bool:
        """Whether rows run in any direction but along an axis of the CRS."""
        return bool(self.transform.b or self.transform.d)

    def pixel(self, lat: ArrayLike, lon: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Row and column of points, as fractions: the first cell's centre is (0.5, 0.5).

        Coordinates of a few decimals often lie on the edge of a cell (one school in thirteen on
        a 3″ grid). There the cell to the right and below is meant; GDAL and rasterio leave that
        to the last bit of their arithmetic, and do not always agree.

        Parameters
        ----------
        lat, lon : array
            WGS84 degrees, any equal shape.

        Returns
        -------
        row, col : float array
            Not finite where the CRS does not know the point.
        """
        lat, lon = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
        to_crs = pyproj.Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)
        x, y = (np.asarray(values) for values in to_crs.transform(lon, lat))
        inverse = ~self.transform
        with np.errstate(invalid="ignore"):
            col = inverse.a * x + inverse.b * y + inverse.c
            row = inverse.d * x + inverse.e * y + inverse.f
        return _snapped(row), _snapped(col)

    def position(self, row: ArrayLike, col: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """WGS84 latitude and longitude of fractional rows and columns: `pixel` the other way."""
        row, col = np.asarray(row, dtype=np.float64), np.asarray(col, dtype=np.float64)
        x = self.transform.a * col + self.transform.b * row + self.transform.c
        y = self.transform.d * col + self.transform.e * row + self.transform.f
        from_crs = pyproj.Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)
        lon, lat = from_crs.transform(x, y)
        return lat, lon

    def outside(self, row: FloatArray | IntArray, col: FloatArray | IntArray) -> BoolArray:
        """Whether rows and columns are off the raster; NaN is."""
        within = (row >= 0) & (row < self.height) & (col >= 0) & (col < self.width)
        return np.logical_not(within)


@dataclass(frozen=True, slots=True)
class Band:
    """One band of an open raster; see `open_band`."""

    dataset: DatasetReader
    index: int
    grid: Grid

    @property
    def window_shape(self) -> tuple[int, int]:
        """Rows and columns to read at once: whole blocks, neither too few nor too many cells."""
        height, width = self.dataset.block_shapes[self.index - 1]
        height = min(height * math.ceil(FEWEST_CELLS_A_SIDE / height), self.grid.height)
        width = min(width * math.ceil(FEWEST_CELLS_A_SIDE / width), self.grid.width, MOST_CELLS)
        return min(height, max(1, MOST_CELLS // width)), width

    def windows(self) -> Iterator[Window]:
        """All of the raster, window by window in file order."""
        height, width = self.window_shape
        for row in range(0, self.grid.height, height):
            for col in range(0, self.grid.width, width):
                yield Window(
                    col, row, min(width, self.grid.width - col), min(height, self.grid.height - row)
                )

    @property
    def is_whole_numbers(self) -> bool:
        """Whether values are integers that fit 32 bits with one to spare for nodata."""
        dtype = np.dtype(self.dataset.dtypes[self.index - 1])
        as_stored = self._scale == 1.0 and self._offset == 0.0
        return as_stored and (dtype.kind in "iu") and np.can_cast(dtype, np.int32)

    def read(self, window: Window, shape: tuple[int, int] | None = None) -> FloatArray:
        """Values of a window, scale and offset applied, NaN where there is no data.

        With a `shape` smaller than the window's, the nearest cells only: as many as it has.
        """
        raw, valid = self.read_raw(window, shape)
        value = raw.astype(np.float64)
        if self._scale != 1.0 or self._offset != 0.0:
            value = value * self._scale + self._offset
        value[~valid] = np.nan
        return value

    def read_raw(
        self, window: Window, shape: tuple[int, int] | None = None
    ) -> tuple[NDArray[np.generic], BoolArray]:
        """Cells of a window as the file holds them, and which of them are data."""
        raw: NDArray[np.generic] = self.dataset.read(self.index, window=window, out_shape=shape)
        if self.dataset.mask_flag_enums[self.index - 1] == [MaskFlags.all_valid]:
            return raw, np.ones(raw.shape, dtype=np.bool_)
        return raw, self.dataset.read_masks(self.index, window=window, out_shape=shape) > 0

    def values(self, row: IntArray, col: IntArray) -> FloatArray:
        """Values of cells that lie on the raster, given in any order, by flat arrays."""
        value = np.empty(row.shape, dtype=np.float64)
        for members in groups(row, col, self.window_shape):
            rows, cols = row[members], col[members]
            top, left = int(rows.min()), int(cols.min())
            window = Window(left, top, int(cols.max()) - left + 1, int(rows.max()) - top + 1)
            value[members] = self.read(window)[rows - top, cols - left]
        return value

    @property
    def _scale(self) -> float:
        return float(self.dataset.scales[self.index - 1])

    @property
    def _offset(self) -> float:
        return float(self.dataset.offsets[self.index - 1])


@contextmanager
def open_band(path: Path, band: int = 1) -> Iterator[Band]:
    """Open one band of a raster; whatever GDAL refuses until the end of the block is an error.

    Parameters
    ----------
    path : Path
        A file that exists.
    band : int
        Counted from 1.

    Yields
    ------
    Band

    Raises
    ------
    InputError
        `raster_indirect`, `raster_unreadable` (with `reason`) or `raster_no_crs`.
    """
    _refuse_indirect(path)
    try:
        with (
            rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as dataset:
                yield Band(dataset, band, _grid(path, dataset, band))
    except RasterioError as error:
        reason = str(error.__cause__ or error)
        raise InputError("raster_unreadable", path=path, reason=reason) from error


def _refuse_indirect(path: Path) -> None:
    """Refuse descriptions of other rasters (VRT, WMS, STAC): these are text, XML or JSON.

    What they point to could change without the file, or lie behind a network connection.
    """
    try:
        with path.open("rb") as file:
            head = file.read(512).lstrip(b"\xef\xbb\xbf \t\r\n")
    except OSError:
        return  # GDAL will say what is wrong
    if head.startswith((b"<", b"{")):
        raise InputError("raster_indirect", path=path)


def sample(
    path: Path, lat: ArrayLike, lon: ArrayLike, *, band: int = 1, method: Method = "nearest"
) -> Sample:
    """Value of a raster at points.

    Parameters
    ----------
    path : Path
        The raster.
    lat, lon : array
        WGS84 degrees, any equal shape.
    band : int
        Counted from 1.
    method : {"nearest", "bilinear"}
        The cell that the point lies in, or the four around it weighted by their nearness.
        Neighbours without data give their weight to the others; where the point's own cell has
        none, there is no value.

    Returns
    -------
    Sample
        Arrays of the shape of `lat`.

    Raises
    ------
    InputError
        As `open_band`.
    """
    lat, lon = np.broadcast_arrays(np.asarray(lat, np.float64), np.asarray(lon, np.float64))
    with open_band(path, band) as source:
        row, col = source.grid.pixel(lat.ravel(), lon.ravel())
        outside = source.grid.outside(row, col)
        inside = ~outside
        look_up = _bilinear if method == "bilinear" else _nearest
        value = np.full(outside.shape, np.nan)
        value[inside] = look_up(source, row[inside], col[inside])
    return Sample(value.reshape(lat.shape), outside.reshape(lat.shape))


def touches(path: Path, lat: ArrayLike, lon: ArrayLike) -> bool:
    """Whether any of the points lies on the raster, with or without data there.

    Parameters
    ----------
    path : Path
        The raster.
    lat, lon : array
        WGS84 degrees, any equal shape.

    Returns
    -------
    bool

    Raises
    ------
    InputError
        As `open_band`.
    """
    with open_band(path) as source:
        return not bool(source.grid.outside(*source.grid.pixel(lat, lon)).all())


def describe(path: Path, *, band: int = 1) -> RasterInfo:
    """What a raster is, having read its first and its last cell: a cut-off file shows.

    Parameters
    ----------
    path : Path
        The raster.
    band : int
        Counted from 1.

    Returns
    -------
    RasterInfo

    Raises
    ------
    InputError
        As `open_band`.
    """
    with open_band(path, band) as source:
        grid, dataset = source.grid, source.dataset
        source.values(np.array([0, grid.height - 1]), np.array([0, grid.width - 1]))

        lat, lon = grid.position(*_outline(grid))
        # Across the central cell: first down, then to the right.
        row, col, half = grid.height / 2, grid.width / 2, np.array([[0.5, 0.0], [0.0, 0.5]])
        lat0, lon0 = grid.position(row - half[0], col - half[1])
        lat1, lon1 = grid.position(row + half[0], col + half[1])
        cell_height_m, cell_width_m = WGS84.inv(lon0, lat0, lon1, lat1)[2]
        authority = grid.crs.to_authority()
        nodata = dataset.nodatavals[band - 1]
        return RasterInfo(
            width=grid.width,
            height=grid.height,
            crs=":".join(authority) if authority else grid.crs.name,
            cell_width_m=float(cell_width_m),
            cell_height_m=float(cell_height_m),
            dtype=str(dataset.dtypes[band - 1]),
            nodata=None if nodata is None else float(nodata),
            south=float(lat.min()),
            west=float(lon.min()),
            north=float(lat.max()),
            east=float(lon.max()),
        )


def groups(row: IntArray, col: IntArray, shape: tuple[int, int]) -> Iterator[IntArray]:
    """Which cells share a window, window by window in file order.

    Parameters
    ----------
    row, col : int arrays of shape (n,)
        Cells of a raster.
    shape : tuple of int
        Rows and columns of a window; the first begins at the raster's first cell.

    Yields
    ------
    int array
        Indices into `row`, in their given order, never empty.
    """
    if row.size == 0:
        return
    window = np.stack([col // shape[1], row // shape[0]])
    order = np.lexsort(window)
    moved = np.diff(window[:, order]).any(axis=0)
    yield from np.split(order, np.flatnonzero(moved) + 1)


def _grid(path: Path, dataset: DatasetReader, band: int) -> Grid:
    """Grid of an open dataset, or the reason why it has none."""
    if not 1 <= band <= dataset.count:
        reason = f"band {band} of {dataset.count}"
        raise InputError("raster_unreadable", path=path, reason=reason)
    if np.dtype(dataset.dtypes[band - 1].replace("complex_int16", "complex64")).kind == "c":
        raise InputError("raster_unreadable", path=path, reason=dataset.dtypes[band - 1])
    if dataset.crs is None:
        raise InputError("raster_no_crs", path=path)
    if dataset.transform.is_identity or dataset.transform.is_degenerate:
        raise InputError("raster_unreadable", path=path, reason="geotransform")
    try:
        crs = pyproj.CRS.from_wkt(dataset.crs.to_wkt())
        if crs.is_compound:
            crs = crs.sub_crs_list[0]
        if not (crs.is_geographic or crs.is_projected):
            raise InputError("raster_unreadable", path=path, reason=crs.type_name)
        pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    except (CRSError, ProjError) as error:
        raise InputError("raster_unreadable", path=path, reason=str(error)) from error
    return Grid(dataset.width, dataset.height, dataset.transform, crs)


def _snapped(cells: FloatArray) -> FloatArray:
    """Fractional rows or columns, those that only rounding keeps from an edge put on it."""
    edge = np.rint(cells)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(cells - edge) < EDGE_CELLS, edge, cells)


def _nearest(source: Band, row: FloatArray, col: FloatArray) -> FloatArray:
    """Value of the cell that each point lies in."""
    return source.values(np.floor(row).astype(np.int64), np.floor(col).astype(np.int64))


def _bilinear(source: Band, row: FloatArray, col: FloatArray) -> FloatArray:
    """Weighted mean of the four cells whose centres surround each point."""
    first_row, first_col = np.floor(row - 0.5), np.floor(col - 0.5)
    down, right = row - 0.5 - first_row, col - 0.5 - first_col
    corner_row = np.stack([first_row, first_row, first_row + 1, first_row + 1]).astype(np.int64)
    corner_col = np.stack([first_col, first_col + 1, first_col, first_col + 1]).astype(np.int64)
    weight = np.stack(
        [(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right]
    )

    on_raster = ~source.grid.outside(corner_row, corner_col)
    value = np.full(weight.shape, np.nan)
    value[on_raster] = source.values(corner_row[on_raster], corner_col[on_raster])

    own = 2 * (down >= 0.5) + (right >= 0.5)
    own_value = np.take_along_axis(value, own[None], axis=0)[0]
    known = ~np.isnan(value)
    weight = np.where(known, weight, 0.0)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, weight * value, 0.0).sum(axis=0) / weight.sum(axis=0)
    return np.where(np.isnan(own_value), np.nan, mean)


def _outline(grid: Grid, points: int = 22) -> tuple[FloatArray, FloatArray]:
    """Fractional rows and columns along the four edges: straight in the CRS, bent on Earth."""
    share = np.linspace(0.0, 1.0, points)
    zero, one = np.zeros(points), np.ones(points)
    row = np.concatenate([zero, one, share, share]) * grid.height
    col = np.concatenate([share, share, zero, one]) * grid.width
    return row, col
