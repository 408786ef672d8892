"""Loss from one site to every cell around it, by radials over a window of the elevation model.

Heights are sampled once along each of many radials: bilinear, on great circles, as far apart as
cells. The loss of a cell is the full Recommendation ITU-R P.1812-8 over the nearest radial, up to
the distance of the cell. Loss is never interpolated, because it has steps where the terrain has.
The difference from the path directly to the centre of the cell: the path ends up to an eighth of a
cell beside it at the largest distance, less near the site, and its samples lie elsewhere. In real
mountains, 30 km around a site, half of the cells are within 0.1 dB of the direct path and 95 % are
within 1.1 dB; ``benchmarks/radio.py`` prints it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.dem import height_at
from kalsel_gap.geo.kernels import inlined, kernel
from kalsel_gap.radio.propagation.diffraction import LOSS_ONLY
from kalsel_gap.radio.propagation.geometry import (
    ASHORE,
    NO_COAST_KM,
    Course,
    LineFit,
    Profile,
    Shares,
    empty_profile,
    onward,
    shares_of,
    with_section,
)
from kalsel_gap.radio.propagation.p1812 import (
    DISTANCE_KM,
    Common,
    P1812Terms,
    common_of,
    covered,
    steps_of,
)
from kalsel_gap.radio.propagation.path_inputs import (
    HEIGHT_M,
    VOID,
    ByteArray,
    RadioZone,
    Status,
    run_in_threads,
    within,
)
from kalsel_gap.radio.propagation.radials import (
    LARGEST_RADIUS_KM,
    Chart,
    Fan,
    along,
    chart_of,
    fan_of,
    part_of,
    value_at,
)
from kalsel_gap.radio.propagation.short_range import near_db
from kalsel_gap.radio.propagation.vegetation import CLEAR, Woodland, through_db

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray, SingleArray
    from kalsel_gap.geo.grid import Grid
    from kalsel_gap.radio.propagation.p1812 import P1812Link


INLAND = int(RadioZone.INLAND)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SweepWindow:
    """A window of the elevation model in memory.

    Attributes
    ----------
    ground_m : float32 array of shape (rows, columns)
        Height of the terrain; NaN is a void.
    grid : Grid
        Where the cells lie.
    zone : int8 array of shape (rows, columns) or (0, 0)
        :class:`~.path_inputs.RadioZone` of each cell; empty where all is inland.
    clutter_m : float32 array of shape (rows, columns) or (0, 0)
        Clutter height, for a terrain model; empty where there is none.
    in_woodland : int8 array of shape (rows, columns) or (0, 0)
        1 in woodland, 0 outside, -1 where unknown; empty where there is none.
    """

    ground_m: SingleArray
    grid: Grid
    zone: ByteArray = field(default_factory=lambda: np.empty((0, 0), dtype=np.int8))
    clutter_m: SingleArray = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))
    in_woodland: ByteArray = field(default_factory=lambda: np.empty((0, 0), dtype=np.int8))

    def __post_init__(self) -> None:
        """Convert the arrays to the types that the kernels are compiled for."""
        shape = (self.grid.height, self.grid.width)
        for name in ("ground_m", "zone", "clutter_m", "in_woodland"):
            dtype = np.float32 if name.endswith("_m") else np.int8
            array = np.ascontiguousarray(getattr(self, name), dtype=dtype)
            if array.shape != shape and (name == "ground_m" or array.size):
                raise ValueError(f"{name} must have the shape of the grid")
            object.__setattr__(self, name, array)


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Path loss from a site to the cells around it.

    Attributes
    ----------
    loss_db : float32 array of shape (rows, columns)
        Basic transmission loss to the centres of the cells of a part of the grid; NaN beyond the
        radius, behind and on voids, and everywhere unless the status is OK.
    row, col : int
        Row and column of the first of these cells on the grid.
    status : Status
        OK; VOID where the site lies outside the elevation model or on a void of it; otherwise which
        term of the link is outside the range of the model.
    """

    loss_db: SingleArray
    row: int
    col: int
    status: Status


class _Radial(NamedTuple):
    """Samples along a radial, and their cumulative sums."""

    profile: Profile
    """Arrays for a path; its samples, except the receiver, are those of the radial."""
    zone: ByteArray
    """Of each sample; empty where all is inland."""
    sums: FloatArray
    """:class:`Area` up to each sample, shape (samples, 2)."""
    course: FloatArray
    """:class:`Course` before each sample, shape (samples, 7)."""
    bare: bool
    """Whether there is no clutter."""
    in_woodland: ByteArray
    """Of each sample, as in :class:`SweepWindow`; empty where there is no woodland."""
    edge_km: FloatArray
    """Where the woodland around each sample begins; negative where it is unknown before it."""
    kept: FloatArray
    """Array for a surface."""


class _Layers(NamedTuple):
    """The cells of a :class:`SweepWindow`."""

    ground_m: SingleArray
    zone: ByteArray
    clutter_m: SingleArray
    in_woodland: ByteArray


class _Cell(NamedTuple):
    """Inputs of a cell."""

    distance_km: float
    height_m: float
    zone: int
    in_woodland: int


class _Task(NamedTuple):
    """Settings for all cells."""

    terms: P1812Terms
    common: Common
    woodland: Woodland
    around_db: float
    """Least loss in the surroundings of a receiver."""


def sweep_losses(
    ground: SweepWindow,
    lat: float,
    lon: float,
    link: P1812Link,
    *,
    radius_km: float,
    woodland: Woodland = CLEAR,
    around_db: float = 0.0,
    threads: int = 1,
) -> Sweep:
    """Loss from a site to every cell within a radius, by ITU-R P.1812-8.

    Cells nearer than 0.25 km, the least distance of the Recommendation, get the loss of a path with
    line of sight, regardless of obstacles. A cell in woodland is reached over the trees or through
    them, with the smaller loss; without clutter in the profile the loss through them is added.

    Parameters
    ----------
    ground : SweepWindow
        Elevation model over the whole radius, as far as the model reaches.
    lat, lon : float
        The site, WGS84 degrees.
    link : P1812Link
        Terms of the links, one number each; the latitude may be that of the site.
    radius_km : float
        Radius of the sweep, at most 200 km.
    woodland : Woodland
        Attenuation of the woodland in `ground`.
    around_db : float
        Least loss in the surroundings of a receiver, woodland included.
    threads : int
        Number of threads; the result does not depend on it.

    Returns
    -------
    Sweep
    """
    if not 0.0 < radius_km <= LARGEST_RADIUS_KM:
        raise ValueError(f"radius_km must be above 0 and at most {LARGEST_RADIUS_KM}")
    terms = P1812Terms(*(float(np.asarray(getattr(link, name))) for name in P1812Terms._fields))
    nowhere = np.empty((0, 0), dtype=np.float32)
    chart = chart_of(ground.grid, lat, lon, radius_km)
    if chart is None:
        return Sweep(nowhere, 0, 0, Status.VOID)
    rows, cols = part_of(ground.grid, chart)
    found = np.full((len(rows), len(cols)), np.nan, dtype=np.float32)
    status = Status(_site_status(ground.ground_m, chart, terms))
    if status is Status.OK and found.size:
        fan = fan_of(chart, rows, cols)
        layers = _Layers(ground.ground_m, ground.zone, ground.clutter_m, ground.in_woodland)
        task = _Task(terms, common_of(terms), woodland, around_db)

        def work(begin: int, end: int) -> None:
            _radials(begin, end, fan, chart, task, layers, found.reshape(-1))

        run_in_threads(work, fan.first.size - 1, threads)
    return Sweep(found, rows.start, cols.start, status)


# --- kernels -------------------------------------------------------------------------------------


@kernel
def _site_status(ground_m: SingleArray, chart: Chart, terms: P1812Terms) -> int:
    """Status of a site: why no cell has a loss, or OK."""
    if not within(height_at(ground_m, chart.at[0], chart.at[1]), HEIGHT_M):
        return VOID
    return int(covered(terms, DISTANCE_KM[0]))


@kernel
def _empty_radial(longest: int, layers: _Layers) -> _Radial:
    """Arrays for a radial of up to so many samples."""
    zone = np.full(longest if layers.zone.size > 0 else 0, INLAND, dtype=np.int8)
    inside = np.zeros(longest if layers.in_woodland.size > 0 else 0, dtype=np.int8)
    return _Radial(
        empty_profile(longest),
        zone,
        np.zeros((longest, 2)),
        np.zeros((longest, 7)),
        layers.clutter_m.size == 0,
        inside,
        np.zeros(inside.size),
        np.empty(longest),
    )


@kernel
def _radials(
    begin: int, end: int, fan: Fan, chart: Chart, task: _Task, layers: _Layers,
    found: SingleArray,
) -> None:  # fmt: skip
    """Path loss of the cells of the radials from `begin` to `end`."""
    radial, scale = _empty_radial(fan.longest, layers), chart.radius_km
    d, to_tx, ground_m = radial.profile.d, radial.profile.to_tx, layers.ground_m
    for i in range(fan.longest):
        d[i] = i * fan.step_km
        to_tx[i] = 1.0 / d[i]
    for number in range(begin, end):
        first, last = fan.first[number], fan.first[number + 1] - 1
        if last < first:
            continue
        angle = 2.0 * np.pi * number / (fan.first.size - 1)
        rows = along(chart.row, np.sin(angle), np.cos(angle))
        cols = along(chart.col, np.sin(angle), np.cos(angle))
        samples = _inner(fan.distance_km[last], fan.step_km) + 1
        known = _lay(radial, samples, fan.step_km / scale, rows, cols, layers)
        for k in range(first, last + 1):
            distance = fan.distance_km[k]
            inner = _inner(distance, fan.step_km)
            if inner >= known:
                break  # all cells farther away are unknown too
            row, col = value_at(rows, distance / scale), value_at(cols, distance / scale)
            height = height_at(ground_m, row, col)
            if within(height, HEIGHT_M):
                cell = _cell(layers, int(row), int(col), distance, height)
                found[fan.cell[k]] = _cell_db(radial, inner + 1, cell, task)


@inlined
def _inner(distance_km: float, step_km: float) -> int:
    """Samples between the ends of a path: the last one not nearer than half a step to its end."""
    return max(int(np.floor(distance_km / step_km - 0.5)), 0)


@kernel
def _lay(
    radial: _Radial, samples: int, step: float, rows: FloatArray, cols: FloatArray,
    layers: _Layers,
) -> int:  # fmt: skip
    """Sample the cells along a radial; return the number of samples before the first void."""
    known = samples
    h, ground_m = radial.profile.ground, layers.ground_m
    for i in range(samples):
        h[i] = height_at(ground_m, value_at(rows, i * step), value_at(cols, i * step))
        if not within(h[i], HEIGHT_M):
            known = i
            break
    surface, clutter_m = radial.profile.surface, layers.clutter_m
    surface[:known] = h[:known]
    if clutter_m.size > 0:
        for i in range(1, known):
            row, col = int(value_at(rows, i * step)), int(value_at(cols, i * step))
            surface[i] += clutter_m[row, col]
            if not within(surface[i], HEIGHT_M):
                known = i
                break
    kinds, zone = radial.zone, layers.zone
    if zone.size > 0:
        for i in range(known):
            kinds[i] = zone[int(value_at(rows, i * step)), int(value_at(cols, i * step))]
        _sum_courses(kinds[:known], radial.profile.d, radial.course)
    if layers.in_woodland.size > 0:
        for i in range(known):
            row, col = int(value_at(rows, i * step)), int(value_at(cols, i * step))
            radial.in_woodland[i] = layers.in_woodland[row, col]
        _find_edges(radial.in_woodland[:known], radial.profile.d, radial.edge_km)
    _sum_areas(h[:known], radial.profile.d, radial.sums)
    return known


@inlined
def _sum_areas(h: FloatArray, d: FloatArray, found: FloatArray) -> None:
    """Cumulative sums of the sections up to each sample."""
    sums = LineFit(0.0, 0.0)
    for i in range(1, h.size):
        sums = with_section(sums, d[i - 1], d[i], h[i - 1], h[i])
        found[i, 0], found[i, 1] = sums.height, sums.moment


@inlined
def _sum_courses(zone: ByteArray, d: FloatArray, found: FloatArray) -> None:
    """Land and sea along the radial before each sample."""
    course, left = ASHORE, 0.0
    for i in range(zone.size):
        right = (d[i] + d[i + 1]) / 2.0
        found[i, 0], found[i, 1], found[i, 2] = course.sea_km, course.land_km, course.inland_km
        found[i, 3], found[i, 4] = course.longest_land_km, course.longest_inland_km
        found[i, 5], found[i, 6] = course.first_sea_km, course.last_sea_km
        course = onward(course, zone[i], left, right)
        left = right


@inlined
def _cell(layers: _Layers, row: int, col: int, distance_km: float, height_m: float) -> _Cell:
    """Inputs of a cell."""
    zone = layers.zone[row, col] if layers.zone.size > 0 else INLAND
    inside = layers.in_woodland[row, col] if layers.in_woodland.size > 0 else 0
    return _Cell(distance_km, height_m, zone, inside)


@inlined
def _cell_db(radial: _Radial, last: int, cell: _Cell, task: _Task) -> float:
    """Loss of a cell, the receiver in the place of the sample numbered `last`."""
    depth_km = 0.0
    if cell.in_woodland != 0:
        depth_km = _depth_km(radial, last, cell, task.woodland.longest_m / 1000.0)
    if np.isnan(depth_km):
        return np.nan
    more = max(through_db(1000.0 * depth_km, task.woodland), task.around_db)
    if cell.distance_km < DISTANCE_KM[0]:
        foot_m = radial.profile.ground[0]
        return near_db(cell.distance_km, foot_m, cell.height_m, task.terms, cell.zone) + more
    over = _far_db(radial, last, cell, task)
    if radial.bare or depth_km == 0.0:
        return over + more
    kept, surface, h = radial.kept, radial.profile.surface, radial.profile.ground
    begin = last
    while begin > 0 and cell.distance_km - radial.profile.d[begin - 1] <= depth_km:
        begin -= 1
        kept[begin], surface[begin] = surface[begin], h[begin]
    under = _far_db(radial, last, cell, task) + more
    for i in range(begin, last):
        surface[i] = kept[i]
    return min(over, under)


@inlined
def _depth_km(radial: _Radial, last: int, cell: _Cell, longest_km: float) -> float:
    """Depth of a cell in woodland, km; NaN where it is unknown."""
    before = last - 1
    path, at = cell.distance_km, radial.profile.d[before]
    if cell.in_woodland < 0 or (radial.in_woodland[before] < 0 and (path - at) / 2.0 < longest_km):
        return np.nan
    if radial.in_woodland[before] == 0:
        return float(min((path - at) / 2.0, longest_km))
    edge = radial.edge_km[before]
    depth = path - abs(edge)
    if edge < 0.0 and depth < longest_km:
        return np.nan
    return float(min(depth, longest_km))


@inlined
def _find_edges(inside: ByteArray, d: FloatArray, edge_km: FloatArray) -> None:
    """Where the woodland around each sample begins: midway between samples inside and outside."""
    for i in range(inside.size):
        if i == 0:
            edge_km[i] = 0.0
        elif inside[i - 1] > 0:
            edge_km[i] = edge_km[i - 1]
        else:
            edge_km[i] = (d[i - 1] + d[i]) / (2.0 if inside[i - 1] == 0 else -2.0)


@inlined
def _far_db(radial: _Radial, last: int, cell: _Cell, task: _Task) -> float:
    """Loss by the Recommendation."""
    room, before, path = radial.profile, radial.course, cell.distance_km
    d, h, surface, to_rx = room.d, room.ground, room.surface, room.to_rx
    kept = d[last], h[last], surface[last]
    d[last], h[last] = path, cell.height_m
    surface[last] = cell.height_m  # clutter at the receiver is not counted
    for i in range(1, last):
        to_rx[i] = 1.0 / (path - d[i])
    i = last - 1
    sums = LineFit(radial.sums[i, 0], radial.sums[i, 1])
    sums = with_section(sums, d[i], path, h[i], cell.height_m)
    over = Shares(0.0, path, path, NO_COAST_KM, NO_COAST_KM)
    if radial.zone.size > 0:
        course = Course(
            before[i, 0], before[i, 1], before[i, 2], before[i, 3], before[i, 4], before[i, 5],
            before[i, 6],
        )  # fmt: skip
        left = (d[i - 1] + d[i]) / 2.0 if i > 0 else 0.0
        right = (d[i] + path) / 2.0
        course = onward(course, radial.zone[i], left, right)
        over = shares_of(onward(course, cell.zone, right, path), path)
    profile = Profile(last + 1, d, room.to_tx, to_rx, h, surface, radial.bare)
    steps = steps_of(profile, sums, over, cell.zone, task.terms, task.common, LOSS_ONLY)
    d[last], h[last], surface[last] = kept
    return float(steps.loss_db)
