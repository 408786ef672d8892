"""Available adequacy A_a: what the best ordinary subscription at the gate could give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

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


_NEARLY = 1e-9  # rounding of a mean


def is_usable(adequacy: ArrayLike, least: float) -> NDArray[np.bool_]:
    """Whether an adequacy is that of a usable signal; no signal never is, nor an unknown one.

    Parameters
    ----------
    adequacy : array
        NaN where unknown.
    least : float
        Adequacy of the level from which the technology is usable.

    Examples
    --------
    >>> is_usable([0.25, 0.249, 0.0, float("nan")], 0.25).tolist()
    [True, False, False, False]
    """
    value = np.asarray(adequacy, dtype=np.float64)
    return (value >= least - _NEARLY) & (value > 0.0)


def share_above(level_dbm: ArrayLike, spread_db: ArrayLike, least_dbm: float) -> FloatArray:
    """Share of the places of a circle whose level is at least so high, ``Φ((L - L₀) / s)``.

    Levels in the circle are taken as normal around their mean; without a spread all are equal.

    Parameters
    ----------
    level_dbm, spread_db : array of shape (n,)
        Mean over the circle and standard deviation, dB.
    least_dbm : float
        Level that is enough.

    Examples
    --------
    >>> share_above([-110.0, -106.0, -111.0], [4.0, 4.0, 0.0], -110.0).round(3).tolist()
    [0.5, 0.841, 0.0]
    """
    from scipy.special import ndtr

    margin = np.asarray(level_dbm, dtype=np.float64) - least_dbm
    spread = np.asarray(spread_db, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        share: FloatArray = np.where(spread > 0.0, ndtr(margin / spread), margin >= 0.0)
    return np.where(np.isnan(margin), np.nan, share)


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
