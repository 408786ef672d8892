"""Where the cells of a raster lie: rows and columns, a CRS, and the transformation between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyproj
from affine import Affine
from numpy.typing import NDArray
from pyproj.exceptions import CRSError, ProjError
from rasterio.windows import Window

from kalsel_gap.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import ArrayLike
    from rasterio.io import DatasetReader

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray


# A point this near to the edge of a cell lies on it: a tenth of a millimetre for 90 m cells.
EDGE_CELLS = 1e-6

# Tiles may lie this much off the grid of the first one: coordinates are written rounded.
OFF_GRID_CELLS = 0.01


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
        """Whether rows do not run along an axis of the CRS."""
        return bool(self.transform.b or self.transform.d)

    def pixel(self, lat: ArrayLike, lon: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Row and column of points, as fractions: the first cell's centre is (0.5, 0.5).

        Coordinates of a few decimals often lie on the edge of a cell (one school in thirteen on
        a 3″ grid). Such a point belongs to the cell to the right and below; in GDAL and rasterio
        it depends on the last bit of their arithmetic, and they do not always agree.

        Parameters
        ----------
        lat, lon : array
            WGS84 degrees, any equal shape.

        Returns
        -------
        row, col : float array
            Not finite where the point cannot be transformed into the CRS.
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
        """WGS84 latitude and longitude of fractional rows and columns: the inverse of `pixel`."""
        row, col = np.asarray(row, dtype=np.float64), np.asarray(col, dtype=np.float64)
        x = self.transform.a * col + self.transform.b * row + self.transform.c
        y = self.transform.d * col + self.transform.e * row + self.transform.f
        from_crs = pyproj.Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)
        lon, lat = from_crs.transform(x, y)
        return lat, lon

    def outside(self, row: FloatArray | IntArray, col: FloatArray | IntArray) -> BoolArray:
        """Whether rows and columns are outside the raster; NaN counts as outside."""
        within = (row >= 0) & (row < self.height) & (col >= 0) & (col < self.width)
        return np.logical_not(within)

    def part(self, row: int, col: int, height: int, width: int) -> Grid:
        """The grid of a window, which may reach beyond this one."""
        given = self.transform
        # Written out: affine 3 uses another operator for multiplication than affine 2.
        moved = Affine(
            *(given.a, given.b, given.c + given.a * col + given.b * row),
            *(given.d, given.e, given.f + given.d * col + given.e * row),
        )
        return Grid(width, height, moved, self.crs)

    def corner(self, other: Grid) -> tuple[int, int] | None:
        """Row and column here of the first cell of a grid that continues this one's cells.

        None where it does not continue them: another CRS, another cell size, or a shift.
        """
        given, own = self.transform, other.transform
        inverse = ~given
        col = inverse.a * own.c + inverse.b * own.f + inverse.c
        row = inverse.d * own.c + inverse.e * own.f + inverse.f
        # Offset of the first and of the last cell from the grid, in cells.
        across = abs(inverse.a * own.a + inverse.b * own.d - 1.0) * other.width
        down = abs(inverse.d * own.b + inverse.e * own.e - 1.0) * other.height
        skew = abs(inverse.a * own.b + inverse.b * own.e) * other.height
        skew += abs(inverse.d * own.a + inverse.e * own.d) * other.width
        off = max(across, down, skew, abs(col - round(col)), abs(row - round(row)))
        if self.crs != other.crs or off > OFF_GRID_CELLS:
            return None
        return round(row), round(col)


def grid_of(path: Path, dataset: DatasetReader, band: int, crs: pyproj.CRS | None = None) -> Grid:
    """Grid of an open dataset, or an error that states why it has none.

    Parameters
    ----------
    path : Path
        The file, for errors.
    dataset : rasterio dataset
    band : int
        Counted from 1.
    crs : pyproj.CRS, optional
        The horizontal CRS, where it is known already.

    Raises
    ------
    InputError
        `raster_unreadable` with `reason`, or `raster_no_crs`.
    """
    if not 1 <= band <= dataset.count:
        reason = f"band {band} of {dataset.count}"
        raise InputError("raster_unreadable", path=path, reason=reason)
    if np.dtype(dataset.dtypes[band - 1].replace("complex_int16", "complex64")).kind == "c":
        raise InputError("raster_unreadable", path=path, reason=dataset.dtypes[band - 1])
    if dataset.crs is None:
        raise InputError("raster_no_crs", path=path)
    if dataset.transform.is_identity or dataset.transform.is_degenerate:
        raise InputError("raster_unreadable", path=path, reason="geotransform")
    if not np.isfinite(list(dataset.transform)).all():
        raise InputError("raster_unreadable", path=path, reason="geotransform")
    if crs is not None:
        return Grid(dataset.width, dataset.height, dataset.transform, crs)
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


def refuse_no_degrees(grid: Grid, path: Path) -> None:
    """Refuse a grid in metres whose CRS says degrees, the commonest mistake, and swapped axes.

    Raises
    ------
    InputError
        `raster_not_degrees`.
    """
    if not grid.crs.is_geographic:
        return
    t, over = grid.transform, 1.0  # a global grid may reach beyond the poles by half a cell
    for lon, lat in ((t.c, t.f), (t.c + t.a * grid.width, t.f + t.e * grid.height)):
        if abs(lat) > 90.0 + over or abs(lon) > 360.0 + over:
            raise InputError("raster_not_degrees", path=path, lat=f"{lat:g}", lon=f"{lon:g}")


def _snapped(cells: FloatArray) -> FloatArray:
    """Fractional rows or columns; those within rounding of a cell edge are put on the edge."""
    edge = np.rint(cells)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(cells - edge) < EDGE_CELLS, edge, cells)


BandCells: TypeAlias = NDArray[np.float32] | NDArray[np.int8]


# Rows and columns computed at once, and columns of a window.
TILE = (256, 512)


WINDOW_COLUMNS = 2**13


def windows(grid: Grid) -> Iterator[Window]:
    """The windows of a raster in the order of `layers`: always the same."""
    for top in range(0, grid.height, TILE[0]):
        for left in range(0, grid.width, WINDOW_COLUMNS):
            width = min(WINDOW_COLUMNS, grid.width - left)
            yield Window(left, top, width, min(TILE[0], grid.height - top))
