"""Rasters of one file or of many, read as one grid of cells: nodata as NaN, lengths in metres.

Tiles of a mosaic lie on one grid: same CRS, same cells. Where several cover a cell (SRTM tiles
share their outer rows and columns), the first of them that has data there is used, so that no
seam is visible and nothing counts twice. GDAL reads the files: every driver, CRS, cell type and
kind of nodata that it supports is accepted, and tiles may differ. Each thread has its own handles.
"""

from __future__ import annotations

import math
import threading
import warnings
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pyproj
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from kalsel_gap.errors import InputError, reading
from kalsel_gap.geo.gdal import open_raster
from kalsel_gap.geo.grid import Grid, grid_of
from kalsel_gap.geo.raster_files import RasterPath, TileSet, tiles_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rasterio.crs import CRS
    from rasterio.io import DatasetReader

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray


StoredCells: TypeAlias = NDArray[np.generic]

# Without a limit GDAL keeps blocks already read in a twentieth of the machine's memory.
CACHE_BYTES = 64 * 2**20

# Cells read at once, at least and at most: strips of one row are joined, whole-file blocks cut.
FEWEST_CELLS_A_SIDE = 256
MOST_CELLS = 2**22

# From this number of points per window, larger windows are read: less overhead for each window.
MANY_POINTS = 32
WINDOWS_A_SIDE = 4

# Points looked up at once in a window, so that intermediate arrays stay in the processor's cache.
POINTS_AT_ONCE = 2**13

# Files open at once in each thread: systems allow 256 or more in all.
MOST_HANDLES = 48

# Colours that a picture is made of; a band of values has none of them.
_COLOURS = frozenset(
    (
        *(ColorInterp.red, ColorInterp.green, ColorInterp.blue),
        *(ColorInterp.cyan, ColorInterp.magenta, ColorInterp.yellow, ColorInterp.black),
        *(ColorInterp.hue, ColorInterp.saturation, ColorInterp.lightness),
        *(ColorInterp.Y, ColorInterp.Cb, ColorInterp.Cr),
    )
)

# Metres per unit, for the units that elevation bands declare.
METRES = {
    **dict.fromkeys(("m", "metre", "meter", "metres", "meters"), 1.0),
    **dict.fromkeys(("ft", "foot", "feet", "international foot"), 0.3048),
    **dict.fromkeys(("us-ft", "ftus", "us survey foot", "us_survey_foot", "foot_us"), 1200 / 3937),
    **dict.fromkeys(("km", "kilometre", "kilometer"), 1000.0),
    **dict.fromkeys(("dm", "decimetre", "decimeter"), 0.1),
    **dict.fromkeys(("cm", "centimetre", "centimeter"), 0.01),
    **dict.fromkeys(("mm", "millimetre", "millimeter"), 0.001),
}


@dataclass(frozen=True, slots=True)
class MosaicTile:
    """One band of one file, and where it lies on the grid of the mosaic.

    Attributes
    ----------
    path : Path
        The file.
    height, width : int
        Rows and columns.
    row, col : int
        Of its first cell on the grid of the mosaic.
    block : tuple of int
        Rows and columns of a block of the file.
    dtype : numpy dtype
        Of the cells as stored.
    scale, offset : float
        From cells as stored to values.
    declared : float or None
        The nodata value that the file itself declares.
    nodata : tuple of float
        Cells as stored that are no data.
    has_mask : bool
        Whether only a mask, an alpha band or GDAL's own comparison shows which cells are data.
    unit : str
        As the band declares it; empty where it declares none.
    colours : {'', 'palette', 'rgb'}
        What makes the band look like a picture, if anything does.
    possible : tuple of float or None
        Least and largest value; any other is no data.
    """

    path: Path
    height: int
    width: int
    row: int
    col: int
    block: tuple[int, int]
    dtype: np.dtype[np.generic]
    scale: float
    offset: float
    declared: float | None
    nodata: tuple[float, ...]
    has_mask: bool
    unit: str
    colours: Literal["", "palette", "rgb"] = ""
    possible: tuple[float, float] | None = None

    @property
    def window_shape(self) -> tuple[int, int]:
        """Rows and columns to read at once: whole blocks, neither too few nor too many cells."""
        height, width = self.block
        height = min(height * math.ceil(FEWEST_CELLS_A_SIDE / height), self.height)
        width = min(width * math.ceil(FEWEST_CELLS_A_SIDE / width), self.width, MOST_CELLS)
        return min(height, max(1, MOST_CELLS // width)), width

    @property
    def is_as_stored(self) -> bool:
        """Whether cells are values."""
        return self.scale == 1.0 and self.offset == 0.0

    def valid(self, cells: StoredCells, mask: BoolArray | None) -> BoolArray:
        """Which cells as stored are data; a mask, where there is one, is applied too."""
        valid = mask
        for nodata in self.nodata:
            differs = cells != self.dtype.type(nodata)
            valid = differs if valid is None else valid & differs
        if self.possible is not None and self._may_be_impossible(cells, *self.possible):
            low, high = self.possible
            value = self._unpacked(cells)
            fits = (value >= low) & (value <= high)
            valid = fits if valid is None else valid & fits
        return np.ones(cells.shape, dtype=np.bool_) if valid is None else valid

    def _may_be_impossible(self, cells: StoredCells, low: float, high: float) -> bool:
        """Whether cells must be compared one by one: two passes without a mask say so faster."""
        if self.dtype.kind == "f" or not self.is_as_stored:
            return True
        if not cells.size:
            return False
        return bool(cells.min() < low or cells.max() > high)

    def values(self, cells: StoredCells, valid: BoolArray) -> FloatArray:
        """Values of cells as stored, NaN where there is no data."""
        value = self._unpacked(cells)
        value[~valid] = np.nan
        if self.dtype.kind == "f" or not self.is_as_stored:
            value[np.isinf(value)] = np.nan
        return value

    def _unpacked(self, cells: StoredCells) -> FloatArray:
        """Values of cells, whatever they hold: a signalling NaN, or more than the scale allows."""
        with np.errstate(over="ignore", invalid="ignore"):
            value = cells.astype(np.float64)
            return value if self.is_as_stored else value * self.scale + self.offset


# A tile that a window overlaps: the part of it to read, and its place in the result.
_Part: TypeAlias = tuple[MosaicTile, Window, tuple[slice, slice]]


class _Handles:
    """Open files by thread: GDAL's must not be shared. The least recently used is closed first."""

    def __init__(self) -> None:
        self._open: dict[int, OrderedDict[Path, DatasetReader]] = {}
        self._lock = threading.Lock()

    def get(self, path: Path) -> DatasetReader:
        with self._lock:
            mine = self._open.setdefault(threading.get_ident(), OrderedDict())
        if path not in mine:
            if len(mine) >= MOST_HANDLES:
                mine.popitem(last=False)[1].close()
            mine[path] = open_raster(path)
        mine.move_to_end(path)
        return mine[path]

    def close(self) -> None:
        for mine in self._open.values():
            for dataset in mine.values():
                dataset.close()


@dataclass(frozen=True, slots=True)
class Band:
    """One band of an open raster; see `open_band`. Threads may read from it at the same time.

    `passed_over` are files of a folder that are not read; `rivals` those of them that lie where a
    tile does and of which nothing says that they are its companions.
    """

    grid: Grid
    tiles: tuple[MosaicTile, ...]
    crs: CRS
    index: int
    _handles: _Handles = field(repr=False)
    passed_over: tuple[Path, ...] = ()
    rivals: tuple[Path, ...] = ()

    @property
    def window_shape(self) -> tuple[int, int]:
        """Rows and columns to read at once: whole blocks, neither too few nor too many cells."""
        return self.tiles[0].window_shape

    def outside(self, row: FloatArray, col: FloatArray) -> BoolArray:
        """Whether places, by fractional rows and columns, lie in no file; NaN does, too."""
        off = self.grid.outside(row, col)
        if len(self.tiles) == 1:
            return off
        covered = np.zeros(off.shape, dtype=np.bool_)
        for tile in self.tiles:
            down = (row >= tile.row) & (row < tile.row + tile.height)
            covered |= down & (col >= tile.col) & (col < tile.col + tile.width)
        return off | ~covered

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
        """Whether values are integers that fit in 32 bits and leave one value free for nodata."""
        return all(
            tile.is_as_stored and tile.dtype.kind in "iu" and np.can_cast(tile.dtype, np.int32)
            for tile in self.tiles
        )

    def read(self, window: Window, shape: tuple[int, int] | None = None) -> FloatArray:
        """Values of a window, scale, offset and unit applied, NaN where there is no data.

        With a `shape` smaller than the window's, only as many cells, the nearest ones.
        """
        shape = shape or (int(window.height), int(window.width))
        parts = list(self._parts(window, shape))
        if _is_one(parts, shape):
            return parts[0][0].values(*self._cells(parts[0][0], parts[0][1], shape))
        value = np.full(shape, np.nan)
        for tile, part, place in parts:
            todo = np.isnan(value[place])
            if todo.any():
                found = tile.values(*self._cells(tile, part, todo.shape))
                value[place] = np.where(todo, found, value[place])
        return value

    def read_raw(self, window: Window) -> tuple[StoredCells, BoolArray]:
        """Cells of a window as the files hold them, and which of them are data.

        Cells outside the files are no data, with the nodata value of the first file.
        """
        shape = int(window.height), int(window.width)
        parts = list(self._parts(window, shape))
        if _is_one(parts, shape):
            return self._cells(parts[0][0], parts[0][1], shape)
        empty = self.tiles[0].nodata[0] if self.tiles[0].nodata else 0
        raw = np.full(shape, empty, dtype=np.result_type(*(tile.dtype for tile in self.tiles)))
        valid = np.zeros(shape, dtype=np.bool_)
        for tile, part, place in parts:
            todo = ~valid[place]
            if todo.any():
                found, known = self._cells(tile, part, todo.shape)
                with np.errstate(invalid="ignore"):  # a signalling NaN
                    np.copyto(raw[place], found, where=todo, casting="unsafe")
                valid[place] |= known
        return raw, valid

    def values(self, row: IntArray, col: IntArray) -> FloatArray:
        """Values of cells that lie on the raster, given in any order, by flat arrays.

        Tile by tile and block by block in file order; each block that is needed is read once.
        """
        value = np.empty(row.shape)
        for here, found in self.squares(row, col, 1):
            value[here] = found[:, 0]
        return value

    def squares(
        self, row: IntArray, col: IntArray, side: int
    ) -> Iterator[tuple[IntArray, FloatArray]]:
        """Values of squares of cells, given by their first rows and columns, in any order.

        Read as `values`, with a margin around each block as wide as the squares reach.

        Yields
        ------
        which : int array of shape (n,)
            Some of the squares; together all of them, each once.
        value : float array of shape (n, side²)
            Their cells row by row; NaN for those outside the raster.
        """
        if len(self.tiles) == 1:
            yield from self._of_tile(self.tiles[0], row, col, side)
            return
        value = np.full((row.size, side * side), np.nan)
        for tile in self.tiles:
            rows, cols = row - tile.row, col - tile.col
            within = (rows + side > 0) & (rows < tile.height)
            within &= (cols + side > 0) & (cols < tile.width)
            todo = np.flatnonzero(within & np.isnan(value).any(axis=1))
            for which, found in self._of_tile(tile, rows[todo], cols[todo], side):
                known = value[todo[which]]
                value[todo[which]] = np.where(np.isnan(known), found, known)
        yield np.arange(row.size), value

    def _of_tile(
        self, tile: MosaicTile, row: IntArray, col: IntArray, side: int
    ) -> Iterator[tuple[IntArray, FloatArray]]:
        """The cells of squares that lie in a tile, window by window in file order."""
        shape = _grouping(tile, row.size)
        for which in groups(np.maximum(row, 0), np.maximum(col, 0), shape):
            rows, cols = row[which], col[which]
            top, left = max(int(rows.min()), 0), max(int(cols.min()), 0)
            height = min(int(rows.max()) + side, tile.height) - top
            width = min(int(cols.max()) + side, tile.width) - left
            raw, mask = self._raw(tile, Window(left, top, width, height), (height, width))
            for begin in range(0, which.size, POINTS_AT_ONCE):
                part = slice(begin, begin + POINTS_AT_ONCE)
                yield (
                    which[part],
                    _squares_in(tile, raw, mask, rows[part] - top, cols[part] - left, side),
                )

    def _parts(self, window: Window, shape: tuple[int, int]) -> Iterator[_Part]:
        """Tiles that a window overlaps: the part of each to read, and its place in the result."""
        for tile in self.tiles:
            down = _overlap(
                int(window.row_off), int(window.height), shape[0], tile.row, tile.height
            )
            along = _overlap(int(window.col_off), int(window.width), shape[1], tile.col, tile.width)
            if down is not None and along is not None:
                (top, height, rows), (left, width, cols) = down, along
                yield tile, Window(left, top, width, height), (rows, cols)

    def _cells(
        self, tile: MosaicTile, window: Window, shape: tuple[int, int]
    ) -> tuple[StoredCells, BoolArray]:
        """Cells of a tile as stored, and which of them are data."""
        raw, mask = self._raw(tile, window, shape)
        return raw, tile.valid(raw, mask)

    def _raw(
        self, tile: MosaicTile, window: Window, shape: tuple[int, int]
    ) -> tuple[StoredCells, BoolArray | None]:
        """Cells of a tile as stored, and the mask where there is one."""
        try:
            with rasterio.Env():  # a new thread has none, and GDAL would write to stderr
                dataset = self._handles.get(tile.path)
                raw: StoredCells = dataset.read(self.index, window=window, out_shape=shape)
                if not tile.has_mask:
                    return raw, None
                return raw, dataset.read_masks(self.index, window=window, out_shape=shape) > 0
        except (RasterioError, MemoryError, ValueError) as error:
            raise _unreadable(tile.path, error) from error


@contextmanager
def open_band(path: RasterPath, band: int = 1) -> Iterator[Band]:
    """Open one band of a raster; any failure of GDAL inside the block is an `InputError`.

    Parameters
    ----------
    path : Path, sequence of Path, or TileSet
        A file, a folder of tiles, several files, or a VRT whose files are on this machine.
    band : int
        Counted from 1.

    Yields
    ------
    Band

    Raises
    ------
    InputError
        As `open_raster`; `raster_unreadable` (with `reason`), `raster_no_crs`, `raster_no_band`,
        `raster_off_grid` for a tile that does not lie on the grid of the first.
    """
    tiles = tiles_of(path)
    handles = _Handles()
    with (
        rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES, GDAL_NUM_THREADS="ALL_CPUS"),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            with reading(tiles.files[0], "raster_unreadable"):
                joined = _joined(handles, tiles, band)
            yield joined
        except RasterioError as error:
            raise _unreadable(tiles.files[0], error) from error
        finally:
            handles.close()


def refuse_no_heights(path: RasterPath, band: int = 1) -> None:
    """Raise an error where a band of elevations is a picture, or its unit is no known length.

    Raises
    ------
    InputError
        `raster_picture`, `raster_unit_no_length`, and as `open_band`.
    """
    with open_band(path, band) as source:
        refuse_picture(source)
        for tile in source.tiles:
            if tile.unit and tile.unit.lower() not in METRES:
                raise InputError("raster_unit_no_length", path=tile.path, value=tile.unit)


def refuse_picture(band: Band) -> None:
    """Raise an error where the cells of a band are colours, which no unit can turn into values.

    Raises
    ------
    InputError
        `raster_picture`.
    """
    for tile in band.tiles:
        if tile.colours and tile.is_as_stored:
            raise InputError("raster_picture", path=tile.path, value=tile.colours.upper())


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
    down, along = row // shape[0], col // shape[1]
    window = down * (int(along.max()) + 1) + along
    # Small integers get a radix sort, in a fraction of the time.
    narrow = window.astype(np.min_scalar_type(int(window.max())))
    order = np.argsort(narrow, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(window[order])) + 1)


def _joined(handles: _Handles, given: TileSet, band: int) -> Band:
    """All files as one band; pictures among rasters are passed over."""
    pictures = []
    if len(given.files) > 1:
        pictures = [file for file in given.files if _is_picture(_opened(handles, file), band)]
    kept = [file for file in given.files if file not in pictures] or given.files
    first = _opened(handles, kept[0])
    own = grid_of(kept[0], first, band)
    tiles = [_tile(kept[0], first, band, given, (0, 0))]
    places, others = {_place(tiles[0])}, []
    for file in kept[1:]:
        dataset = _opened(handles, file)
        grid = grid_of(file, dataset, band, crs=own.crs if dataset.crs == first.crs else None)
        corner = own.corner(grid)
        if corner is None:
            raise InputError("raster_off_grid", path=file, other=kept[0].name)
        tile = _tile(file, dataset, band, given, corner)
        if given.is_searched and _place(tile) in places:  # of two such files one is meant
            others.append(file)
            continue
        places.add(_place(tile))
        tiles.append(tile)
    top, left = min(tile.row for tile in tiles), min(tile.col for tile in tiles)
    bottom = max(tile.row + tile.height for tile in tiles)
    right = max(tile.col + tile.width for tile in tiles)
    grid = own.part(top, left, bottom - top, right - left)
    placed = tuple(replace(tile, row=tile.row - top, col=tile.col - left) for tile in tiles)
    besides = [*given.passed_over, *others, *(pictures if len(pictures) < len(given.files) else [])]
    return Band(grid, placed, first.crs, band, handles, tuple(sorted(besides)), tuple(others))


def _place(tile: MosaicTile) -> tuple[int, int, int, int]:
    return tile.row, tile.col, tile.height, tile.width


def _is_picture(dataset: DatasetReader, band: int) -> bool:
    return band <= dataset.count and _colours(dataset, band) == "rgb"


def _opened(handles: _Handles, file: Path) -> DatasetReader:
    try:
        return handles.get(file)
    except RasterioError as error:
        raise _unreadable(file, error) from error
    except ValueError as error:  # metadata that are not UTF-8
        raise _unreadable(file, error) from None


def _unreadable(file: Path, error: Exception) -> InputError:
    return InputError("raster_unreadable", path=file, reason=str(error.__cause__ or error))


def _tile(
    file: Path,
    dataset: DatasetReader,
    band: int,
    given: TileSet,
    corner: tuple[int, int],
) -> MosaicTile:
    """A file as a tile of the mosaic, from its metadata."""
    dtype = np.dtype(dataset.dtypes[band - 1])
    flags, declared = dataset.mask_flag_enums[band - 1], dataset.nodatavals[band - 1]
    # Integers are compared here; for floats GDAL decides which values equal the nodata value.
    plain = flags == [MaskFlags.nodata] and dtype.kind in "iu"
    all_valid = flags == [MaskFlags.all_valid]
    values = {given.nodata} | ({declared} if plain else set())
    unit = (dataset.units[band - 1] or "").strip()
    metres = _metres(dataset, unit)
    return MosaicTile(
        path=file,
        height=dataset.height,
        width=dataset.width,
        row=corner[0],
        col=corner[1],
        block=dataset.block_shapes[band - 1],
        dtype=dtype,
        scale=float(dataset.scales[band - 1]) * metres,
        offset=float(dataset.offsets[band - 1]) * metres,
        declared=None if declared is None else float(declared),
        nodata=tuple(value for value in values if value is not None and _fits(value, dtype)),
        has_mask=not (plain or all_valid),
        unit=unit,
        colours=_colours(dataset, band),
        possible=given.possible,
    )


def _colours(dataset: DatasetReader, band: int) -> Literal["", "palette", "rgb"]:
    """What makes a band look like a picture: a table of colours, or bands of red, green, blue.

    Programs that merge pictures lose which band is which colour: three bands of bytes remain.
    """
    of_bands = dataset.colorinterp
    if of_bands[band - 1] == ColorInterp.palette:
        return "palette"
    is_colour = of_bands[band - 1] in _COLOURS or set(dataset.dtypes) == {"uint8"}
    return "rgb" if is_colour and dataset.count >= 3 else ""


def _metres(dataset: DatasetReader, unit: str) -> float:
    """Metres per unit of a band: of its own unit, otherwise of heights in the CRS, or 1."""
    if unit:
        return METRES.get(unit.lower(), 1.0)  # coverage rasters have units that are no length
    crs = pyproj.CRS.from_wkt(dataset.crs.to_wkt())
    if crs.is_compound and len(crs.sub_crs_list) > 1:
        return float(crs.sub_crs_list[1].axis_info[0].unit_conversion_factor)
    return 1.0


def _fits(value: float, dtype: np.dtype[np.generic]) -> bool:
    """Whether cells of a type can hold a value."""
    if dtype.kind == "f":
        return math.isfinite(value)
    limits = np.iinfo(dtype.name)
    return value == math.floor(value) and limits.min <= value <= limits.max


def _grouping(tile: MosaicTile, points: int) -> tuple[int, int]:
    """Rows and columns of the windows that points are looked up in."""
    height, width = tile.window_shape
    if points * height * width < MANY_POINTS * tile.height * tile.width:
        return height, width
    taller = max(1, min(WINDOWS_A_SIDE, MOST_CELLS // (height * width)))
    wider = max(1, min(WINDOWS_A_SIDE, MOST_CELLS // (taller * height * width)))
    return height * taller, width * wider


def _squares_in(
    tile: MosaicTile,
    raw: StoredCells,
    mask: BoolArray | None,
    row: IntArray,
    col: IntArray,
    side: int,
) -> FloatArray:
    """Values of squares of cells in a window of a tile; NaN for cells outside the window."""
    height, width = raw.shape
    found = np.empty((row.size, side * side))
    at_edge = (row < 0) | (row + side > height) | (col < 0) | (col + side > width)
    at_edge = np.flatnonzero(at_edge)
    for place in range(side * side):
        down, along = place // side, place % side
        cell = (row + down) * width + (col + along)
        i, j = row[at_edge] + down, col[at_edge] + along
        off = at_edge[(i < 0) | (i >= height) | (j < 0) | (j >= width)]
        cell[off] = 0
        cells = raw.ravel().take(cell)
        valid = tile.valid(cells, None if mask is None else mask.ravel().take(cell))
        valid[off] = False
        found[:, place] = tile.values(cells, valid)
    return found


def _is_one(parts: list[_Part], shape: tuple[int, int]) -> bool:
    """Whether the wanted cells are all from one tile."""
    return len(parts) == 1 and parts[0][2] == (slice(0, shape[0]), slice(0, shape[1]))


def _overlap(
    begin: int, size: int, wanted: int, tile_begin: int, tile_size: int
) -> tuple[int, int, slice] | None:
    """Overlap of a range of cells and a tile along one axis.

    Of `size` cells only `wanted` are read, evenly spread. Returns the first cell in the tile, the
    number of cells, and which of the wanted cells these are.
    """
    if wanted == size:
        first, last = max(begin, tile_begin), min(begin + size, tile_begin + tile_size)
        if first >= last:
            return None
        return first - tile_begin, last - first, slice(first - begin, last - begin)
    cell = begin + ((np.arange(wanted) + 0.5) * size / wanted).astype(np.int64)
    within = np.flatnonzero((cell >= tile_begin) & (cell < tile_begin + tile_size))
    if within.size == 0:
        return None
    first, last = int(cell[within[0]]), int(cell[within[-1]])
    if within.size == wanted:
        first, last = max(begin, tile_begin), min(begin + size, tile_begin + tile_size) - 1
    place = slice(int(within[0]), int(within[-1]) + 1)
    return first - tile_begin, last - first + 1, place
