"""Path profiles: terrain heights along the geodesics between many pairs of places.

A geodesic on the grid of the elevation model is a cubic through each four of its exact points, so
that samples need neither trigonometry nor a transformation; see `courses_of`. Only the blocks of
the model that the paths of a batch cross are read, and kept in the type of the files. Each path is
computed independently: threads and batches change no bit.
"""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.dem import heights
from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.geo.kernels import inlined, kernel
from kalsel_gap.geo.mosaic import open_band
from kalsel_gap.radio.paths.dem_blocks import (
    BELOW,
    BESIDE,
    BLOCK_BITS,
    SEA_HEIGHT,
    DemBlocks,
    HeldBlocks,
    all_known,
    cell,
    in_one_block,
    known,
    place,
)
from kalsel_gap.radio.propagation.clutter import clutter_m, zones
from kalsel_gap.radio.propagation.path_inputs import Paths, run_in_threads
from kalsel_gap.terrain.sea_mask import SeaMask, sea_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.geo.grid import Grid
    from kalsel_gap.geo.mosaic import Band
    from kalsel_gap.radio.paths.elevation_model import ElevationModel


# The longest section of a geodesic for one cubic: exact to 1/1000 of a 3″ cell up to 80°.
STRETCH_M = 50_000.0

# The most that a section may curve, as a share of its length, for the cubic to be exact.
MOST_BEND = 0.1

# A course is followed in steps of so many cells to find its blocks; it curves less than the margin.
STEP_CELLS, MARGIN_CELLS = 32.0, 2

# Bounds of a batch: 32 MB of heights, and 64 or 128 MB of blocks.
BATCH_SAMPLES = 2**23
BATCH_BLOCKS = 128

LEAST_SAMPLES = 3

# A path slightly longer than four cells has four steps.
SPARE_STEP = 1e-3


class Courses(NamedTuple):
    """Geodesics on a grid, for the kernels.

    Attributes
    ----------
    first : int array of shape (n + 1,)
        Where the points of each path begin; three for each section, and the last one.
    row, col : float array
        Fractional row and column of the points.
    period : float
        Columns around the Earth; 0 where the columns do not close around it.
    """

    first: IntArray
    row: FloatArray
    col: FloatArray
    period: float


class PathEnds(NamedTuple):
    """Both ends of paths and the geodesics between them, each of shape (n,)."""

    lat: FloatArray
    lon: FloatArray
    to_lat: FloatArray
    to_lon: FloatArray
    azimuth: FloatArray
    length_m: FloatArray

    def of(self, path: IntArray) -> PathEnds:
        """Some of them."""
        return PathEnds(*(values[path] for values in self))


def extract_profiles(
    terrain: ElevationModel,
    tx_lat: ArrayLike,
    tx_lon: ArrayLike,
    rx_lat: ArrayLike,
    rx_lon: ArrayLike,
    *,
    threads: int = 2,
    sea: SeaMask | None = None,
) -> Iterator[tuple[IntArray, Paths]]:
    """Terrain profiles along the geodesics between pairs of places.

    Samples are equally spaced, including both ends, at least three; heights are bilinear between
    cells. The weight of cells without data is shared among the others; where a sample's own cell
    has no data, or lies outside the raster, the height is NaN.

    Parameters
    ----------
    terrain : ElevationModel
    tx_lat, tx_lon, rx_lat, rx_lon : array of shape (n,) or ()
        Both ends of each path, WGS84 degrees.
    threads : int
        Number of threads.
    sea : SeaMask, optional
        From `sea_of`, where it is known already.

    Yields
    ------
    index : int array
        Indices of the paths of a batch.
    paths : Paths
        Their profiles, in this order. Batches are in file order; memory is bounded by
        `BATCH_SAMPLES` and `BATCH_BLOCKS`.

    Raises
    ------
    InputError
        As `mosaic.open_band`.
    """
    given = (tx_lat, tx_lon, rx_lat, rx_lon)
    ends = _ends(np.broadcast_arrays(*(np.atleast_1d(each) for each in given)), threads)
    with ExitStack() as stack:
        source = stack.enter_context(open_band(terrain.path, terrain.band))
        samples = _samples(ends.length_m, terrain.spacing_m or resolution_m(source.grid))
        blocks = [DemBlocks(source)]
        if sea is None and terrain.sea != "none":
            sea = _sea_of(blocks[0], source, zero=terrain.sea == "zero", threads=threads)
        if sea is not None:
            blocks[0].flood(sea, threads)
        if terrain.land_cover is not None and terrain.has_clutter:
            cover = stack.enter_context(open_band(terrain.land_cover, terrain.land_cover_band))
            blocks.append(DemBlocks(cover))
        order = _file_order(source.grid, ends)
        for index in _cut(order, samples[order]):
            yield from _profiles(terrain, ends, samples, index, blocks, sea, threads)


def _sea_of(blocks: DemBlocks, source: Band, *, zero: bool, threads: int) -> SeaMask:
    """The open sea; a raster that fits in memory is read once for sea and profiles."""
    if blocks.table.size > BATCH_BLOCKS:
        return sea_in(source, lambda window: heights(source, window), zero=zero, threads=threads)
    blocks.hold(np.ones(blocks.table.shape, dtype=np.bool_), threads)
    return sea_in(source, blocks.rows, zero=zero, threads=threads)


def resolution_m(grid: Grid) -> float:
    """Mean of the sides of a cell in the centre of a grid."""
    row, col, half = grid.height / 2, grid.width / 2, np.array([[0.5, 0.0], [0.0, 0.5]])
    lat0, lon0 = grid.position(row - half[0], col - half[1])
    lat1, lon1 = grid.position(row + half[0], col + half[1])
    return float(np.mean(WGS84.inv(lon0, lat0, lon1, lat1)[2]))


def courses_of(grid: Grid, ends: PathEnds, threads: int = 1) -> Courses:
    """Geodesics on a grid, through exact points at each third of a section.

    A cubic through four such points follows the geodesic to well under a thousandth of a cell.
    Where columns run around the Earth the points stay together across the antimeridian.
    """
    stretches = np.ceil(ends.length_m / STRETCH_M)
    stretches = np.where(stretches >= 1.0, stretches, 1.0).astype(np.int64)
    points = 3 * stretches + 1
    first = np.concatenate([[0], np.cumsum(points)])
    path = np.repeat(np.arange(points.size), points)
    place = np.arange(first[-1]) - first[path]
    lat, lon = ends.lat[path], ends.lon[path]
    last = first[1:] - 1
    lat[last], lon[last] = ends.to_lat, ends.to_lon
    inner = np.flatnonzero((place > 0) & (place < 3 * stretches[path]))

    def forward(begin: int, end: int) -> None:
        at = inner[begin:end]
        way_m = ends.length_m[path[at]] * (place[at] / (3 * stretches[path[at]]))
        lon[at], lat[at], _ = WGS84.fwd(lon[at], lat[at], ends.azimuth[path[at]], way_m)

    run_in_threads(forward, inner.size, threads)
    row, col = grid.pixel(lat, lon)
    period = _period(grid)
    if period > 0.0:
        with np.errstate(invalid="ignore"):
            col += period * np.rint((col[first[:-1]][path] - col) / period)
    row[_torn(row, col, path, place)] = np.nan
    return Courses(first, row, col, period)


def _torn(row: FloatArray, col: FloatArray, path: IntArray, place: IntArray) -> IntArray:
    """First points of sections that are cut or too curved on the grid, as at a pole."""
    begin = np.flatnonzero((place[:-1] % 3 == 0) & (path[:-1] == path[1:]))
    r, c = (np.stack([axis[begin + k] for k in range(4)]) for axis in (row, col))
    bend = np.hypot(np.diff(r, 2, axis=0), np.diff(c, 2, axis=0)).max(axis=0)
    torn: BoolArray = bend > MOST_BEND * np.hypot(r[3] - r[0], c[3] - c[0]) + 1.0
    return begin[torn]


def _period(grid: Grid) -> float:
    """Columns around the Earth, 0 where there is no such number."""
    if grid.is_rotated or not grid.crs.is_geographic:
        return 0.0
    degrees = math.degrees(grid.crs.axis_info[0].unit_conversion_factor)
    return 360.0 / abs(grid.transform.a * degrees)


def _ends(given: Sequence[NDArray[np.generic]], threads: int) -> PathEnds:
    """Lengths and azimuths of the geodesics; NaN where an end is unknown."""
    lat, lon, to_lat, to_lon = (np.array(each, dtype=np.float64) for each in given)
    azimuth, length_m = np.empty(lat.shape), np.empty(lat.shape)

    def inverse(begin: int, end: int) -> None:
        part = slice(begin, end)
        azimuth[part], _, length_m[part] = WGS84.inv(
            lon[part], lat[part], to_lon[part], to_lat[part]
        )

    run_in_threads(inverse, lat.size, threads)
    return PathEnds(lat, lon, to_lat, to_lon, azimuth, length_m)


def _samples(length_m: FloatArray, spacing_m: float) -> IntArray:
    """Number of samples of each path."""
    steps = np.ceil(np.where(np.isfinite(length_m), length_m, 0.0) / spacing_m - SPARE_STEP)
    return np.maximum(steps.astype(np.int64) + 1, LEAST_SAMPLES)


def _file_order(grid: Grid, ends: PathEnds) -> IntArray:
    """Paths sorted by the block of their beginning, row by row."""
    row, col = grid.pixel(ends.lat, ends.lon)
    off = grid.outside(row, col)
    down, along = (np.where(off, 0.0, each).astype(np.int64) >> BLOCK_BITS for each in (row, col))
    return np.lexsort((along, down))


def _cut(order: IntArray, samples: IntArray) -> Iterator[IntArray]:
    """Paths in batches of no more samples than `BATCH_SAMPLES`, or of one path."""
    total = np.cumsum(samples)
    begin = 0
    while begin < order.size:
        bound = BATCH_SAMPLES + (total[begin - 1] if begin else 0)
        end = max(int(np.searchsorted(total, bound, side="right")), begin + 1)
        yield order[begin:end]
        begin = end


class _Layer(NamedTuple):
    """Blocks of a raster and the courses of paths over it."""

    blocks: DemBlocks
    courses: Courses
    wanted: BoolArray


def _layer(blocks: DemBlocks, ends: PathEnds, threads: int) -> _Layer:
    courses = courses_of(blocks.grid, ends, threads)
    wanted = np.zeros(blocks.table.shape, dtype=np.bool_)
    _touch(courses, wanted, blocks.grid.height, blocks.grid.width)
    return _Layer(blocks, courses, wanted)


def _profiles(
    terrain: ElevationModel,
    ends: PathEnds,
    samples: IntArray,
    index: IntArray,
    blocks: list[DemBlocks],
    sea: SeaMask | None,
    threads: int,
) -> Iterator[tuple[IntArray, Paths]]:
    """Profiles of some paths, in halves until their blocks fit in memory."""
    part = ends.of(index)
    layers = [_layer(each, part, threads) for each in blocks]
    if index.size > 1 and any(each.wanted.sum() > BATCH_BLOCKS for each in layers):
        for half in np.array_split(index, 2):
            yield from _profiles(terrain, ends, samples, half, blocks, sea, threads)
        return
    first = np.concatenate([[0], np.cumsum(samples[index])])
    ground, is_sea = _sampled(layers[0], first, threads, nearest=False)
    paths = Paths(first, part.length_m / 1000.0, ground)
    if sea is not None:
        paths = replace(paths, zone=zones(paths, is_sea, threads=threads))
    if len(layers) > 1:
        codes, _ = _sampled(layers[1], first, threads, nearest=True)
        clutter = clutter_m(codes, terrain.clutter, surface=terrain.surface)
        clutter[is_sea] = 0.0
        paths = replace(paths, clutter_m=clutter)
    yield index, paths


def _sampled(
    layer: _Layer, first: IntArray, threads: int, *, nearest: bool
) -> tuple[NDArray[np.float32], BoolArray]:
    """Values along paths, and whether the cell of each sample is sea."""
    blocks, courses, wanted = layer
    blocks.hold(wanted, threads)
    value = np.empty(first[-1], dtype=np.float32)
    is_sea = np.empty(first[-1], dtype=np.bool_)
    in_memory = HeldBlocks(blocks.cells, blocks.table, blocks.grid.height, blocks.grid.width)

    def work(begin: int, end: int) -> None:
        _sample(courses, in_memory, first, (begin, end), nearest, value, is_sea)

    run_in_threads(work, first.size - 1, threads)
    return value, is_sea


@inlined
def _cubic(y0: float, y1: float, y2: float, y3: float) -> tuple[float, float, float, float]:
    """Coefficients of the cubic through values at 0, 1/3, 2/3 and 1."""
    d1, d2, d3 = y1 - y0, y2 - y0, y3 - y0
    return (
        y0,
        9.0 * d1 - 4.5 * d2 + d3,
        -22.5 * d1 + 18.0 * d2 - 4.5 * d3,
        13.5 * d1 - 13.5 * d2 + 4.5 * d3,
    )


@inlined
def _on_grid(col: float, width: float, period: float) -> float:
    """A column within the grid, where columns run around the Earth."""
    if period > 0.0 and not 0.0 <= col < width:
        return float(col - period * np.floor(col / period))
    return col


@inlined
def _stretch(courses: Courses, point: int) -> tuple[float, ...]:
    """Cubics of row and column through four points, beginning with this one."""
    row, col = courses.row, courses.col
    return (
        *_cubic(row[point], row[point + 1], row[point + 2], row[point + 3]),
        *_cubic(col[point], col[point + 1], col[point + 2], col[point + 3]),
    )


@kernel
def _touch(courses: Courses, wanted: BoolArray, height: int, width: int) -> None:
    """Mark the blocks that courses cross, with a margin."""
    reach = STEP_CELLS / 2.0 + MARGIN_CELLS
    for path in range(courses.first.size - 1):
        for point in range(courses.first[path], courses.first[path + 1] - 1, 3):
            r0, r1, r2, r3, c0, c1, c2, c3 = _stretch(courses, point)
            cells = max(abs(r1 + r2 + r3), abs(c1 + c2 + c3))
            if not np.isfinite(cells):
                continue
            steps = int(cells / STEP_CELLS) + 1
            for step in range(steps + 1):
                u = step / steps
                row = r0 + u * (r1 + u * (r2 + u * r3))
                col = _on_grid(c0 + u * (c1 + u * (c2 + u * c3)), width, courses.period)
                if not (-reach <= row < height + reach and -reach <= col < width + reach):
                    continue
                top, bottom = max(int(row - reach), 0), min(int(row + reach), height - 1)
                left, right = max(int(col - reach), 0), min(int(col + reach), width - 1)
                for i in (top >> BLOCK_BITS, bottom >> BLOCK_BITS):
                    for j in (left >> BLOCK_BITS, right >> BLOCK_BITS):
                        wanted[i, j] = True


@kernel
def _mixed(blocks: HeldBlocks, row: float, col: float) -> tuple[float, bool]:
    """Mean of the four cells around a point; some may be sea, void or outside the raster."""
    own = cell(blocks, int(row), int(col))
    if own != SEA_HEIGHT and not known(own):
        return np.nan, False
    i, j = int(np.floor(row - 0.5)), int(np.floor(col - 0.5))
    down, right = row - 0.5 - i, col - 0.5 - j
    total = weights = 0.0
    for below in range(2):
        for beside in range(2):
            if not (0 <= i + below < blocks.height and 0 <= j + beside < blocks.width):
                continue
            z = cell(blocks, i + below, j + beside)
            if z != SEA_HEIGHT and not known(z):
                continue
            weight = (down if below else 1.0 - down) * (right if beside else 1.0 - right)
            total += weight * (0.0 if z == SEA_HEIGHT else z)
            weights += weight
    return total / weights, bool(own == SEA_HEIGHT)


@inlined
def _share_of(stretch: int, stretches: int, steps: int) -> tuple[int, int]:
    """Samples from the beginning of a section to before the next; the last includes its end."""
    first = (stretch * steps + stretches - 1) // stretches
    last = ((stretch + 1) * steps + stretches - 1) // stretches
    return first, last + int(stretch == stretches - 1)


@kernel
def _sample(
    courses: Courses,
    blocks: HeldBlocks,
    first: IntArray,
    part: tuple[int, int],
    nearest: bool,  # noqa: FBT001 - a kernel takes no keywords
    value: NDArray[np.float32],
    is_sea: BoolArray,
) -> None:
    """Heights along some of the paths, or the cells that samples lie in."""
    cells, period = blocks.cells.reshape(-1), courses.period
    height, width = float(blocks.height), float(blocks.width)
    rows, cols = np.empty(0), np.empty(0)
    for path in range(*part):
        begin, end = first[path], first[path + 1]
        if end - begin > rows.size:
            rows, cols = np.empty(2 * (end - begin)), np.empty(2 * (end - begin))
        _place(courses, path, end - begin, rows, cols)
        for sample in range(end - begin):
            row, col = rows[sample], _on_grid(cols[sample], width, period)
            at = begin + sample
            is_sea[at] = False
            if not (0.0 <= row < height and 0.0 <= col < width):
                value[at] = np.nan
                continue
            if nearest:
                value[at] = cell(blocks, int(row), int(col))
                continue
            i, j = int(row + 0.5) - 1, int(col + 0.5) - 1
            if in_one_block(blocks, i, j):
                k = place(blocks, i, j)
                a, b = cells[k], cells[k + BESIDE]
                c, d = cells[k + BELOW], cells[k + BELOW + BESIDE]
                if all_known(a, b, c, d):
                    down, right = row - 0.5 - i, col - 0.5 - j
                    upper = a + right * (b - a)
                    value[at] = upper + down * (c + right * (d - c) - upper)
                    continue
                if a == b == c == d == SEA_HEIGHT:
                    value[at], is_sea[at] = 0.0, True
                    continue
            value[at], is_sea[at] = _mixed(blocks, row, col)


@inlined
def _place(courses: Courses, path: int, samples: int, rows: FloatArray, cols: FloatArray) -> None:
    """Rows and columns of the samples of a path.

    Loops without branches, so that the compiler can use vector instructions.
    """
    start, stop = courses.first[path], courses.first[path + 1] - 1
    stretches, steps = (stop - start) // 3, samples - 1
    share = stretches / steps
    for stretch in range(stretches):
        r0, r1, r2, r3, c0, c1, c2, c3 = _stretch(courses, start + 3 * stretch)
        for sample in range(*_share_of(stretch, stretches, steps)):
            u = sample * share - stretch
            rows[sample] = r0 + u * (r1 + u * (r2 + u * r3))
            cols[sample] = c0 + u * (c1 + u * (c2 + u * c3))
    rows[steps], cols[steps] = courses.row[stop], courses.col[stop]  # the end without rounding
