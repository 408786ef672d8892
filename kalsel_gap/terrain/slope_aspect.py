"""Slope, aspect, ruggedness and roughness of cells from the eight around them.

Slope and aspect are Horn's (1981), ruggedness Riley's (1999), roughness the range of the nine
cells. One row is computed at a time so that the compiler can use vector instructions. The
arithmetic of a cell does not depend on its place in a row. For that reason the arctangent is
written here: libraries use one for vectors and another one for the remaining numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kalsel_gap.geo.dem import NO_HEIGHT, to_row
from kalsel_gap.geo.kernels import kernel

if TYPE_CHECKING:
    from kalsel_gap.geo.dem import CellHeights, DemGrid

CellLayer: TypeAlias = NDArray[np.float32]

# The arctangent of Moshier's Cephes library for single precision, good to 2e-7 of its value.
_A, _B, _C, _D = (
    np.float32(each)
    for each in (8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1)
)
_STEEP, _FLAT = np.float32(2.414213562373095), np.float32(0.4142135623730950)
_HALF_TURN, _ZERO, _ONE = np.float32(np.pi), np.float32(0.0), np.float32(1.0)
_HALF, _QUARTER = np.float32(0.5), np.float32(0.25)
_DEGREES = np.float32(180.0 / np.pi)


@kernel
def neighbours(
    z: CellHeights,
    halo: int,
    dem_grid: DemGrid,
    top: int,
    slope_deg: CellLayer,
    aspect_deg: CellLayer,
    tri_m: CellLayer,
    roughness_m: CellLayer,
) -> None:
    """Fill the layers that have cells; layers that are not wanted have none.

    Parameters
    ----------
    z : int16 or float32 array of shape (rows + 2 halo, columns + 2 halo)
        Heights, `NO_HEIGHT` or NaN where there is none.
    halo : int
        Rows and columns on each side, at least 1.
    dem_grid : DemGrid
    top : int
        Row of the raster that the first row of the layers is.
    slope_deg, aspect_deg, tri_m, roughness_m : float32 array of shape (rows, columns) or (0, 0)
        NaN where any of the nine cells is missing. The aspect is the downhill direction, clockwise
        from north, 0 to below 360, and NaN on level ground.
    """
    first, last = halo, z.shape[1] - halo
    for i in range(z.shape[0] - 2 * halo):
        _, height_m, width_m = to_row(dem_grid, top + i + 0.5, top + i)
        above, here, below = z[i + halo - 1], z[i + halo], z[i + halo + 1]
        nine = (
            above[first - 1 : last - 1],
            above[first:last],
            above[first + 1 : last + 1],
            here[first - 1 : last - 1],
            here[first:last],
            here[first + 1 : last + 1],
            below[first - 1 : last - 1],
            below[first:last],
            below[first + 1 : last + 1],
        )
        # The next row lies to the south only where rows run southwards.
        down = 1.0 if dem_grid.row < 0 else -1.0
        if slope_deg.size:
            _slope(nine, height_m, width_m, slope_deg[i])
        if aspect_deg.size:
            _aspect(nine, down * height_m, width_m, aspect_deg[i])
        if tri_m.size:
            _ruggedness(nine, tri_m[i])
        if roughness_m.size:
            _roughness(nine, roughness_m[i])


Nine: TypeAlias = (
    "tuple[CellHeights, CellHeights, CellHeights, CellHeights, CellHeights, CellHeights,"
    " CellHeights, CellHeights, CellHeights]"
)


@kernel
def _none(z: float) -> bool:
    """Whether a height is missing, without a branch: NaN and infinities less themselves are NaN."""
    return (z == NO_HEIGHT) | (z - z != 0)


@kernel
def _any_none(nine: Nine, j: int) -> bool:
    a, b, c, d, e, f, g, h, k = nine
    upper = _none(a[j]) | _none(b[j]) | _none(c[j])
    return upper | _none(d[j]) | _none(e[j]) | _none(f[j]) | _none(g[j]) | _none(h[j]) | _none(k[j])


@kernel
def _gradient(nine: Nine, j: int, per_width: float, per_height: float) -> tuple[float, float]:
    """Rise to the east and to the south, metres per metre, by Horn."""
    a, b, c, d, _, f, g, h, k = nine
    west = float(a[j]) + 2.0 * float(d[j]) + float(g[j])
    east = float(c[j]) + 2.0 * float(f[j]) + float(k[j])
    north = float(a[j]) + 2.0 * float(b[j]) + float(c[j])
    south = float(g[j]) + 2.0 * float(h[j]) + float(k[j])
    return (east - west) * per_width, (south - north) * per_height


@kernel
def _slope(nine: Nine, height_m: float, width_m: float, found: CellLayer) -> None:
    per_width, per_height = 0.125 / width_m, 0.125 / height_m
    for j in range(found.size):
        east, south = _gradient(nine, j, per_width, per_height)
        rise = np.sqrt(np.float32(east * east + south * south))
        found[j] = np.float32(np.nan) if _any_none(nine, j) else _arctan(rise) * _DEGREES


@kernel
def _aspect(nine: Nine, height_m: float, width_m: float, found: CellLayer) -> None:
    per_width, per_height = 0.125 / width_m, 0.125 / height_m
    for j in range(found.size):
        exact_east, exact_south = _gradient(nine, j, per_width, per_height)
        east, south = np.float32(exact_east), np.float32(exact_south)
        across, along = abs(east), abs(south)
        is_across = across > along
        # From the nearer of the two axes, then into the quadrant that the slope faces.
        near, far = (along if is_across else across), (across if is_across else along)
        angle = _arctan(near / far)
        angle = _HALF * _HALF_TURN - angle if is_across else angle
        angle = _HALF_TURN - angle if south < _ZERO else angle
        degrees = angle * _DEGREES
        degrees = np.float32(360.0) - degrees if east > _ZERO else degrees
        degrees = _ZERO if degrees >= np.float32(360.0) else degrees
        none = _any_none(nine, j) | (far == _ZERO)
        found[j] = np.float32(np.nan) if none else degrees


@kernel
def _ruggedness(nine: Nine, found: CellLayer) -> None:
    a, b, c, d, e, f, g, h, k = nine
    for j in range(found.size):
        here = float(e[j])
        total = (float(a[j]) - here) ** 2 + (float(b[j]) - here) ** 2 + (float(c[j]) - here) ** 2
        total += (float(d[j]) - here) ** 2 + (float(f[j]) - here) ** 2 + (float(g[j]) - here) ** 2
        total += (float(h[j]) - here) ** 2 + (float(k[j]) - here) ** 2
        found[j] = np.nan if _any_none(nine, j) else np.sqrt(total)


@kernel
def _roughness(nine: Nine, found: CellLayer) -> None:
    a, b, c, d, e, f, g, h, k = nine
    for j in range(found.size):
        high = _higher(_higher(_higher(a[j], b[j]), _higher(c[j], d[j])), e[j])
        high = _higher(high, _higher(_higher(f[j], g[j]), _higher(h[j], k[j])))
        low = _lower(_lower(_lower(a[j], b[j]), _lower(c[j], d[j])), e[j])
        low = _lower(low, _lower(_lower(f[j], g[j]), _lower(h[j], k[j])))
        found[j] = np.nan if _any_none(nine, j) else float(high) - float(low)


@kernel
def _higher(one: float, other: float) -> float:
    return one if one > other else other


@kernel
def _lower(one: float, other: float) -> float:
    return one if one < other else other


@kernel
def _arctan(x: np.float32) -> np.float32:
    """Arctangent of a number that is not negative, radians, in single precision."""
    steep, flat = x > _STEEP, x <= _FLAT
    base = _HALF * _HALF_TURN if steep else (_ZERO if flat else _QUARTER * _HALF_TURN)
    over = -_ONE if steep else (x if flat else x - _ONE)
    under = x if steep else (_ONE if flat else x + _ONE)
    y = over / under
    s = y * y
    return base + (y + y * s * (((_A * s + _B) * s + _C) * s + _D))
