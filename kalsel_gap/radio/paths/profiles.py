"""Path profiles: the ground under the great circles between many pairs of places.

A geodesic is laid on the grid of the elevation model through exact points and a cubic between
each four of them, so samples need neither trigonometry nor a transformation; see `courses_of`.
Only the pages of the model that paths of a batch run over are read, and kept as the files hold
them. Each path is a computation of its own: threads and batches change no bit.
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
    PAGE_BITS,
    SEA_HEIGHT,
    Held,
    Pages,
    all_known,
    cell,
    known,
    on_one_page,
    place,
)
from kalsel_gap.radio.propagation.clutter import clutter_m, zones
from kalsel_gap.radio.propagation.path_inputs import Paths, in_pieces
from kalsel_gap.terrain.sea_mask import SeaMask, sea_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.geo.grid import Grid
    from kalsel_gap.geo.mosaic import Band
    from kalsel_gap.radio.paths.elevation_model import ElevationModel


# The longest stretch of a geodesic that one cubic follows: to a thousandth of a 3″ cell up to 80°.
STRETCH_M = 50_000.0

# The most that a stretch may bend, as a share of its length: the cubic follows no more.
MOST_BEND = 0.1

# A course is followed in steps of so many cells to find its pages; it bends less than the margin.
STEP_CELLS, MARGIN_CELLS = 32.0, 2

# Bounds of a batch: 32 MB of heights, and 64 or 128 MB of pages.
BATCH_SAMPLES = 2**23
BATCH_PAGES = 128

LEAST_SAMPLES = 3

# A path of four cells and a hair has four steps.
SPARE_STEP = 1e-3


class Courses(NamedTuple):
    """Geodesics on a grid, for the kernels.

    Attributes
    ----------
    first : int array of shape (n + 1,)
        Where the points of each path begin; three to a stretch, and the last one.
    row, col : float array
        Fractional row and column of the points.
    period : float
        Columns round the Earth; 0 where columns do not come back to where they began.
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

    Samples are equally spaced, both ends among them, at least three; heights are bilinear between
    cells. Neighbours without data give their weight to the others; where a sample's own cell has
    none, or lies off the raster, the height is NaN.

    Parameters
    ----------
    terrain : Terrain
    tx_lat, tx_lon, rx_lat, rx_lon : array of shape (n,) or ()
        Both ends of each path, WGS84 degrees.
    threads : int
        At work at the same time.
    sea : SeaMask, optional
        What `sea_of` says, where it is known already.

    Yields
    ------
    index : int array
        Which paths a batch has.
    paths : Paths
        Their profiles, in this order. Batches follow the file; memory is bounded by
        `BATCH_SAMPLES` and `BATCH_PAGES`.

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
        pages = [Pages(source)]
        if sea is None and terrain.sea != "none":
            sea = _sea_of(pages[0], source, zero=terrain.sea == "zero", threads=threads)
        if sea is not None:
            pages[0].flood(sea, threads)
        if terrain.land_cover is not None and terrain.has_clutter:
            cover = stack.enter_context(open_band(terrain.land_cover, terrain.land_cover_band))
            pages.append(Pages(cover))
        order = _file_order(source.grid, ends)
        for index in _cut(order, samples[order]):
            yield from _profiles(terrain, ends, samples, index, pages, sea, threads)


def _sea_of(pages: Pages, source: Band, *, zero: bool, threads: int) -> SeaMask:
    """The open sea; a raster that may be held as a whole is read once for both."""
    if pages.table.size > BATCH_PAGES:
        return sea_in(source, lambda window: heights(source, window), zero=zero, threads=threads)
    pages.hold(np.ones(pages.table.shape, dtype=np.bool_), threads)
    return sea_in(source, pages.rows, zero=zero, threads=threads)


def resolution_m(grid: Grid) -> float:
    """Mean of the sides of a cell in the centre of a grid."""
    row, col, half = grid.height / 2, grid.width / 2, np.array([[0.5, 0.0], [0.0, 0.5]])
    lat0, lon0 = grid.position(row - half[0], col - half[1])
    lat1, lon1 = grid.position(row + half[0], col + half[1])
    return float(np.mean(WGS84.inv(lon0, lat0, lon1, lat1)[2]))


def courses_of(grid: Grid, ends: PathEnds, threads: int = 1) -> Courses:
    """Geodesics laid on a grid, through exact points each third of a stretch.

    A cubic through four such points follows the geodesic to well under a thousandth of a cell.
    Where columns go round the Earth the points are kept together across the antimeridian.
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

    in_pieces(forward, inner.size, threads)
    row, col = grid.pixel(lat, lon)
    period = _period(grid)
    if period > 0.0:
        with np.errstate(invalid="ignore"):
            col += period * np.rint((col[first[:-1]][path] - col) / period)
    row[_torn(row, col, path, place)] = np.nan
    return Courses(first, row, col, period)


def _torn(row: FloatArray, col: FloatArray, path: IntArray, place: IntArray) -> IntArray:
    """Points that begin a stretch which the grid tears or bends too far, as at a pole."""
    begin = np.flatnonzero((place[:-1] % 3 == 0) & (path[:-1] == path[1:]))
    r, c = (np.stack([axis[begin + k] for k in range(4)]) for axis in (row, col))
    bend = np.hypot(np.diff(r, 2, axis=0), np.diff(c, 2, axis=0)).max(axis=0)
    torn: BoolArray = bend > MOST_BEND * np.hypot(r[3] - r[0], c[3] - c[0]) + 1.0
    return begin[torn]


def _period(grid: Grid) -> float:
    """Columns round the Earth, 0 where there is no such number."""
    if grid.is_rotated or not grid.crs.is_geographic:
        return 0.0
    degrees = math.degrees(grid.crs.axis_info[0].unit_conversion_factor)
    return 360.0 / abs(grid.transform.a * degrees)


def _ends(given: Sequence[NDArray[np.generic]], threads: int) -> PathEnds:
    """Lengths and azimuths of the geodesics; NaN where an end is none."""
    lat, lon, to_lat, to_lon = (np.array(each, dtype=np.float64) for each in given)
    azimuth, length_m = np.empty(lat.shape), np.empty(lat.shape)

    def inverse(begin: int, end: int) -> None:
        part = slice(begin, end)
        azimuth[part], _, length_m[part] = WGS84.inv(
            lon[part], lat[part], to_lon[part], to_lat[part]
        )

    in_pieces(inverse, lat.size, threads)
    return PathEnds(lat, lon, to_lat, to_lon, azimuth, length_m)


def _samples(length_m: FloatArray, spacing_m: float) -> IntArray:
    """Number of samples of each path."""
    steps = np.ceil(np.where(np.isfinite(length_m), length_m, 0.0) / spacing_m - SPARE_STEP)
    return np.maximum(steps.astype(np.int64) + 1, LEAST_SAMPLES)


def _file_order(grid: Grid, ends: PathEnds) -> IntArray:
    """Paths by the page that they begin in, row of pages by row."""
    row, col = grid.pixel(ends.lat, ends.lon)
    off = grid.outside(row, col)
    down, along = (np.where(off, 0.0, each).astype(np.int64) >> PAGE_BITS for each in (row, col))
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
    """Pages of a raster and how paths run over it."""

    pages: Pages
    courses: Courses
    wanted: BoolArray


def _layer(pages: Pages, ends: PathEnds, threads: int) -> _Layer:
    courses = courses_of(pages.grid, ends, threads)
    wanted = np.zeros(pages.table.shape, dtype=np.bool_)
    _touch(courses, wanted, pages.grid.height, pages.grid.width)
    return _Layer(pages, courses, wanted)


def _profiles(
    terrain: ElevationModel,
    ends: PathEnds,
    samples: IntArray,
    index: IntArray,
    pages: list[Pages],
    sea: SeaMask | None,
    threads: int,
) -> Iterator[tuple[IntArray, Paths]]:
    """Profiles of some paths, halved until their pages are few enough."""
    part = ends.of(index)
    layers = [_layer(each, part, threads) for each in pages]
    if index.size > 1 and any(each.wanted.sum() > BATCH_PAGES for each in layers):
        for half in np.array_split(index, 2):
            yield from _profiles(terrain, ends, samples, half, pages, sea, threads)
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
    pages, courses, wanted = layer
    pages.hold(wanted, threads)
    value = np.empty(first[-1], dtype=np.float32)
    is_sea = np.empty(first[-1], dtype=np.bool_)
    held = Held(pages.cells, pages.table, pages.grid.height, pages.grid.width)

    def work(begin: int, end: int) -> None:
        _sample(courses, held, first, (begin, end), nearest, value, is_sea)

    in_pieces(work, first.size - 1, threads)
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
    """A column as the grid counts it, where columns go round the Earth."""
    if period > 0.0 and not 0.0 <= col < width:
        return float(col - period * np.floor(col / period))
    return col


@inlined
def _stretch(courses: Courses, point: int) -> tuple[float, ...]:
    """Cubics of row and column through the four points from this one on."""
    row, col = courses.row, courses.col
    return (
        *_cubic(row[point], row[point + 1], row[point + 2], row[point + 3]),
        *_cubic(col[point], col[point + 1], col[point + 2], col[point + 3]),
    )


@kernel
def _touch(courses: Courses, wanted: BoolArray, height: int, width: int) -> None:
    """Mark the pages that courses run over, with a margin."""
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
                for i in (top >> PAGE_BITS, bottom >> PAGE_BITS):
                    for j in (left >> PAGE_BITS, right >> PAGE_BITS):
                        wanted[i, j] = True


@kernel
def _mixed(pages: Held, row: float, col: float) -> tuple[float, bool]:
    """Mean of the four cells around a point, some of which may be sea, void or off the raster."""
    own = cell(pages, int(row), int(col))
    if own != SEA_HEIGHT and not known(own):
        return np.nan, False
    i, j = int(np.floor(row - 0.5)), int(np.floor(col - 0.5))
    down, right = row - 0.5 - i, col - 0.5 - j
    total = weights = 0.0
    for below in range(2):
        for beside in range(2):
            if not (0 <= i + below < pages.height and 0 <= j + beside < pages.width):
                continue
            z = cell(pages, i + below, j + beside)
            if z != SEA_HEIGHT and not known(z):
                continue
            weight = (down if below else 1.0 - down) * (right if beside else 1.0 - right)
            total += weight * (0.0 if z == SEA_HEIGHT else z)
            weights += weight
    return total / weights, bool(own == SEA_HEIGHT)


@inlined
def _share_of(stretch: int, stretches: int, steps: int) -> tuple[int, int]:
    """Samples from a stretch's beginning to before the next one's; the last stretch has its end."""
    first = (stretch * steps + stretches - 1) // stretches
    last = ((stretch + 1) * steps + stretches - 1) // stretches
    return first, last + int(stretch == stretches - 1)


@kernel
def _sample(
    courses: Courses,
    pages: Held,
    first: IntArray,
    part: tuple[int, int],
    nearest: bool,  # noqa: FBT001 - a kernel takes no keywords
    value: NDArray[np.float32],
    is_sea: BoolArray,
) -> None:
    """Heights along some of the paths, or the cells that samples lie in."""
    cells, period = pages.cells.reshape(-1), courses.period
    height, width = float(pages.height), float(pages.width)
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
                value[at] = cell(pages, int(row), int(col))
                continue
            i, j = int(row + 0.5) - 1, int(col + 0.5) - 1
            if on_one_page(pages, i, j):
                k = place(pages, i, j)
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
            value[at], is_sea[at] = _mixed(pages, row, col)


@inlined
def _place(courses: Courses, path: int, samples: int, rows: FloatArray, cols: FloatArray) -> None:
    """Rows and columns of the samples of a path.

    Loops without a choice, so that several samples are taken at once.
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
    rows[steps], cols[steps] = courses.row[stop], courses.col[stop]  # no rounding of the end
