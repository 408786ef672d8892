"""Radials around a site, and which cells of a grid belong to each.

Around the site, polynomials of east and north replace the projection, so that cells are fast.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.geodesy import WGS84
from kalsel_gap.geo.kernels import inlined, kernel
from kalsel_gap.radio.propagation.p1812 import DISTANCE_KM

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray, IntArray
    from kalsel_gap.geo.grid import Grid


# Radials for each cell on the circumference: with more, a radial ends nearer to its cell.
RADIALS_A_CELL = 4

# Samples are close enough for the shortest path to have one between its ends.
LARGEST_STEP_KM = DISTANCE_KM[0] / 2.0

# Around a site the grid is a polynomial of east and north, exact to centimetres that far.
LARGEST_RADIUS_KM = 200.0
DEGREE = 5
# As (power of the first, power of the second), by their sum.
POWERS = tuple((total - q, q) for total in range(DEGREE + 1) for q in range(total + 1))


class Chart(NamedTuple):
    """The grid around a site: from east and north to row and column, and back.

    Polynomials of two variables, each scaled to about -1 … 1; coefficients in the order of POWERS.
    """

    row: FloatArray
    """Of east and north."""
    col: FloatArray
    east_km: FloatArray
    """Of rows and columns."""
    north_km: FloatArray
    radius_km: float
    """Scale of east and north."""
    at: tuple[float, float]
    """Row and column of the site."""
    reach: tuple[float, float]
    """Scale of rows and columns."""


class Fan(NamedTuple):
    """Radials, and the cells that belong to each."""

    first: IntArray
    """Where the cells of each radial begin in `cell`; the last entry is their number."""
    cell: IntArray
    """Indices of cells in the flattened part of the grid, by radial and then by distance."""
    distance_km: FloatArray
    """Distance of each of these cells."""
    step_km: float
    """Distance between two samples of a radial."""
    longest: int
    """Largest number of samples of a path."""


def chart_of(grid: Grid, lat: float, lon: float, radius_km: float) -> Chart | None:
    """Polynomials fitted to points around the site; None where the CRS cannot transform them."""
    nodes = np.cos(np.pi * (np.arange(2 * DEGREE) + 0.5) / (2 * DEGREE))
    east, north = (each.reshape(-1) for each in np.meshgrid(nodes, nodes))
    east, north = np.append(east, 0.0), np.append(north, 0.0)
    azimuth, distance_m = np.degrees(np.arctan2(east, north)), 1000.0 * np.hypot(east, north)
    start = np.full(east.shape, 1.0)
    to_lon, to_lat, _ = WGS84.fwd(start * lon, start * lat, azimuth, distance_m * radius_km)
    to_lon = lon + (to_lon - lon + 180.0) % 360.0 - 180.0  # across the antimeridian
    row, col = grid.pixel(to_lat, to_lon)
    if not np.isfinite(row + col).all():
        return None
    at = float(row[-1]), float(col[-1])
    reach = float(np.abs(row - at[0]).max()), float(np.abs(col - at[1]).max())
    forth = _powers(east, north)
    back = _powers((row - at[0]) / reach[0], (col - at[1]) / reach[1])
    return Chart(
        _fitted(forth, row),
        _fitted(forth, col),
        _fitted(back, east * radius_km),
        _fitted(back, north * radius_km),
        radius_km,
        at,
        reach,
    )


def _fitted(powers: FloatArray, values: FloatArray) -> FloatArray:
    """Coefficients of the least-squares polynomial through values."""
    return np.asarray(np.linalg.lstsq(powers, values)[0], dtype=np.float64)


def _powers(x: FloatArray, y: FloatArray) -> FloatArray:
    """Products of powers of two variables, a column for each of POWERS."""
    return np.stack([x**p * y**q for p, q in POWERS], axis=1)


def part_of(grid: Grid, chart: Chart) -> tuple[range, range]:
    """Rows and columns of the grid that the radius may reach."""
    angle = np.linspace(0.0, 2.0 * np.pi, 360, endpoint=False)
    rim = _powers(np.sin(angle), np.cos(angle))
    found = []
    for coefficients, size in ((chart.row, grid.height), (chart.col, grid.width)):
        places = rim @ coefficients
        first = min(max(math.floor(places.min()) - 1, 0), size)
        last = max(min(math.ceil(places.max()) + 1, size), first)
        found.append(range(first, last))
    return found[0], found[1]


def fan_of(chart: Chart, rows: range, cols: range) -> Fan:
    """Radials by the size of the cells, and the cells of each."""
    cell_km = _cell_km(chart)
    radials = RADIALS_A_CELL * math.ceil(2.0 * np.pi * chart.radius_km / cell_km)
    radials += -radials % 8  # along the axes and their bisectors
    shape = (len(rows), len(cols))
    distance_km, place = np.empty(shape[0] * shape[1]), np.empty(shape[0] * shape[1])
    _polar(chart, rows.start, cols.start, radials, distance_km.reshape(shape), place.reshape(shape))
    cell = np.flatnonzero(distance_km <= chart.radius_km)
    # One number to sort by: the radial, and within it the distance.
    cell = cell[np.argsort(place[cell] + 0.5 * distance_km[cell] / chart.radius_km)]
    first = np.searchsorted(place[cell], np.arange(radials + 1))
    step_km = min(cell_km, LARGEST_STEP_KM)
    longest = math.ceil(chart.radius_km / step_km) + 3
    return Fan(first, cell, distance_km[cell], step_km, longest)


def _cell_km(chart: Chart) -> float:
    """Mean of the sides of a cell at the site."""
    by_row, by_col = POWERS.index((1, 0)), POWERS.index((0, 1))
    sides = [
        math.hypot(chart.east_km[power], chart.north_km[power]) / reach
        for power, reach in zip((by_row, by_col), chart.reach, strict=True)
    ]
    return sum(sides) / 2.0


# --- kernels -------------------------------------------------------------------------------------


@kernel
def along(coefficients: FloatArray, x: float, y: float) -> FloatArray:
    """Polynomial of s where the variables are ``x·s`` and ``y·s``."""
    found = np.zeros(DEGREE + 1)
    k = 0
    for total in range(DEGREE + 1):
        for q in range(total + 1):
            found[total] += coefficients[k] * x ** (total - q) * y**q
            k += 1
    return found


@kernel
def _across(coefficients: FloatArray, x: float) -> FloatArray:
    """Polynomial of the second variable where the first is `x`."""
    found = np.zeros(DEGREE + 1)
    k = 0
    for total in range(DEGREE + 1):
        for q in range(total + 1):
            found[q] += coefficients[k] * x ** (total - q)
            k += 1
    return found


@inlined
def value_at(polynomial: FloatArray, x: float) -> float:
    """Value of a polynomial of one variable."""
    value = 0.0
    for k in range(DEGREE, -1, -1):
        value = value * x + polynomial[k]
    return value


@kernel
def _polar(
    chart: Chart, row: int, col: int, radials: int, distance_km: FloatArray, place: FloatArray
) -> None:
    """Distance of each cell from the site, and the radial that passes it nearest."""
    turn = radials / (2.0 * np.pi)
    for i in range(distance_km.shape[0]):
        x = (row + i + 0.5 - chart.at[0]) / chart.reach[0]
        easts, norths = _across(chart.east_km, x), _across(chart.north_km, x)
        for j in range(distance_km.shape[1]):
            y = (col + j + 0.5 - chart.at[1]) / chart.reach[1]
            east, north = value_at(easts, y), value_at(norths, y)
            distance_km[i, j] = np.sqrt(east * east + north * north)
            place[i, j] = np.rint(np.arctan2(east, north) * turn) % radials
