"""What the true level at a school may be, where a map or a prediction shows a level with an error.

The distribution of the true levels of an operator, a technology and a terrain class is estimated
from all schools of it, without an assumption about its form; by Bayes' theorem each school then has
a distribution of its own. Drawing around the level that is shown instead would add noise to noise.

Source: Kiefer and Wolfowitz (1956), nonparametric maximum likelihood of a mixing distribution;
Laird (1978), its EM algorithm; kalsel-gap method, section 1.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray

# Of a school's distribution the quantiles are kept that a standard normal number maps to, evenly
# between these: of a normal distribution they lie on a line, and its tails are kept.
NORMAL = np.linspace(-5.0, 5.0, 65)
_STEP_DB = 1.0
_LEAST_ERROR_DB = 0.5
_MARGIN = 3.0  # errors beyond the levels that are shown, as far as true levels may lie
_BELOW_DB = 40.0  # below the lowest one, as none that is shown may be any lower level
_STEPS = 200  # of the EM algorithm
_ENOUGH = 1e-7  # gain of the mean log-likelihood at which it ends


def posterior_quantiles(
    level_dbm: ArrayLike, error_db: ArrayLike, is_none: ArrayLike
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Quantiles of the true level at each school.

    Parameters
    ----------
    level_dbm : float array of shape (n,)
        Level that is shown; where none is, the level below which none is shown. NaN where nothing
        is known. Taken to 0.1 dB, as are the errors.
    error_db : float array of shape (n,)
        Standard deviation of the error of each alone, dB, above 0.
    is_none : bool array of shape (n,)
        Whether no level is shown: the level that would have been shown lies below `level_dbm`.

    Returns
    -------
    quantiles : float array of shape (m, len(NORMAL))
        Quantile Φ(z) of each z of :data:`NORMAL` of each distribution; schools that show the same
        have the same.
    of_school : int64 array of shape (n,)
        Distribution of each school; -1 where nothing is known.
    """
    level, error = np.asarray(level_dbm, np.float64).round(1), np.asarray(error_db, np.float64)
    none, of_school = np.asarray(is_none, dtype=bool), np.full(len(level), -1, dtype=np.int64)
    known = np.flatnonzero(~np.isnan(level))
    if not known.size:
        return np.empty((0, len(NORMAL))), of_school
    error = np.maximum(error.round(1), _LEAST_ERROR_DB)
    shown, of_known, count = np.unique(
        np.stack([level[known], error[known], none[known].astype(np.float64)]),
        axis=1,
        return_inverse=True,
        return_counts=True,
    )
    margin = _MARGIN * error[known].max()
    below = max(margin, _BELOW_DB) if none[known].any() else margin
    grid = np.arange(
        np.floor(shown[0].min() - below), np.ceil(shown[0].max() + margin) + 1, _STEP_DB
    )
    likelihood = _likelihood(grid, shown[0], shown[1], shown[2] > 0)
    mass = _mixing_distribution(likelihood, count / count.sum())
    of_school[known] = of_known.ravel()
    return _quantiles(likelihood * mass, grid), of_school


def _likelihood(
    grid: FloatArray, level: FloatArray, error: FloatArray, none: BoolArray
) -> FloatArray:
    """Likelihood of each true level given what is shown, shape (shown, levels), largest 1."""
    distance = (level[:, None] - grid) / error[:, None]
    found: FloatArray = np.where(none[:, None], ndtr(distance), np.exp(-0.5 * distance**2))
    found /= found.max(axis=1, keepdims=True)
    return found


def _mixing_distribution(likelihood: FloatArray, weight: FloatArray) -> FloatArray:
    """Share of the schools at each true level, the most likely one."""
    mass = np.full(likelihood.shape[1], 1.0 / likelihood.shape[1])
    before = -np.inf
    for _ in range(_STEPS):
        total = likelihood @ mass
        gain = float(weight @ np.log(total))
        if gain - before < _ENOUGH:
            break
        before = gain
        mass *= likelihood.T @ (weight / total)
        mass /= mass.sum()
    return mass


def _quantiles(density: FloatArray, grid: FloatArray) -> FloatArray:
    """Quantiles of densities on a grid; a grid level stands for the cell around it."""
    cumulated = np.cumsum(density, axis=1)
    cumulated /= cumulated[:, -1:]
    edges = np.append(grid - _STEP_DB / 2, grid[-1] + _STEP_DB / 2)
    p = ndtr(NORMAL)
    return np.array([np.interp(p, np.append(0.0, row), edges) for row in cumulated])
