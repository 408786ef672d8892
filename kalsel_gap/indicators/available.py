"""Available adequacy A_a: what the best ordinary subscription at the gate could give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray


def from_level(level_dbm: ArrayLike, points: Sequence[tuple[float, float]]) -> FloatArray:
    """Adequacy of a level, piecewise linear and constant beyond the ends.

    Parameters
    ----------
    level_dbm : array
        Levels in dBm; NaN stays NaN.
    points : sequence of (dBm, adequacy)
        Rising.

    Examples
    --------
    >>> float(from_level(-112.0, [(-140, 0.0), (-120, 0.05), (-110, 0.25)]).round(3))
    0.21
    """
    levels, adequacy = zip(*points, strict=True)
    level = np.asarray(level_dbm, dtype=np.float64)
    return np.where(np.isnan(level), np.nan, np.interp(level, levels, adequacy))


def from_class(value: ArrayLike, classes: Mapping[float, float]) -> FloatArray:
    """Adequacy of a class by the source's own table; NaN for classes it does not list.

    Examples
    --------
    >>> from_class([0.0, 3.0, 9.0], {0.0: 0.0, 3.0: 0.1}).tolist()
    [0.0, 0.1, nan]
    """
    cells = np.asarray(value, dtype=np.float64)
    adequacy = np.full(cells.shape, np.nan)
    for key, of_class in classes.items():
        adequacy[cells == key] = of_class
    return adequacy


def from_binary(value: ArrayLike, covered: float) -> FloatArray:
    """Adequacy of declared coverage: 0 where the cell is 0, `covered` where it is anything else."""
    cells = np.asarray(value, dtype=np.float64)
    return np.where(np.isnan(cells), np.nan, np.where(cells == 0, 0.0, covered))
