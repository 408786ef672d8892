"""Sobol indices: how much of the variance of a result each assumption accounts for.

Source: Saltelli, Annoni, Azzini, Campolongo, Ratto, Tarantola (2010),
doi:10.1016/j.cpc.2009.09.018, as ``scipy.stats.sobol_indices`` has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from kalsel_gap.geo.arrays import FloatArray


class SobolIndices(NamedTuple):
    """Of each of s results and d assumptions; NaN for a result that does not vary.

    Attributes
    ----------
    first_order, total : float arrays of shape (s, d)
        Share of the variance by an assumption alone, and with all its interactions.
    first_order_error, total_error : float arrays of shape (s, d)
        One standard error of a random sample of this size; the sample here is more even.
    """

    first_order: FloatArray
    total: FloatArray
    first_order_error: FloatArray
    total_error: FloatArray


def sobol_indices_of(
    evaluate: Callable[[FloatArray], FloatArray], dimensions: int, *, sample: int, seed: int
) -> SobolIndices:
    """First-order and total indices of independent uniform assumptions.

    Parameters
    ----------
    evaluate : callable
        Of a float array of shape (m, dimensions), from 0 to 1: results of shape (s, m).
    dimensions : int
        How many assumptions.
    sample : int
        Size of the base sample, a power of 2; `evaluate` gets ``sample · (dimensions + 2)`` rows.
    seed : int
        Of the sample.

    Raises
    ------
    ValueError
        `sample` is not a power of 2.
    """
    from scipy.stats import qmc, sobol_indices

    both = qmc.Sobol(2 * dimensions, bits=64, rng=seed).random(sample)
    a, b = both[:, :dimensions], both[:, dimensions:]
    mixed = np.repeat(a[None], dimensions, axis=0)  # of the n-th, the n-th column is that of b
    each = np.arange(dimensions)
    mixed[each, :, each] = b.T
    found = evaluate(np.concatenate([a, b, mixed.reshape(-1, dimensions)]))
    of_a, of_b = found[:, :sample], found[:, sample : 2 * sample]
    of_mixed = np.moveaxis(found[:, 2 * sample :].reshape(-1, dimensions, sample), 1, 0)
    made = sobol_indices(func={"f_A": of_a, "f_B": of_b, "f_AB": of_mixed}, n=sample)
    shape = len(found), dimensions
    centre = found[:, : 2 * sample].mean(axis=1, keepdims=True)
    variance = found[:, : 2 * sample].var(axis=1)
    constant = np.ptp(found[:, : 2 * sample], axis=1) <= 1e-12
    scale = np.where(constant, np.nan, variance)[:, None] * np.sqrt(sample)
    alone = ((of_b - centre) * (of_mixed - of_a)).std(axis=-1).T
    with_others = 0.5 * ((of_a - of_mixed) ** 2).std(axis=-1).T
    varies = np.where(constant, np.nan, 1.0)[:, None]
    return SobolIndices(
        np.reshape(made.first_order, shape) * varies,
        np.reshape(made.total_order, shape) * varies,
        alone / scale,
        with_others / scale,
    )
