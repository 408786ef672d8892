"""Available adequacy A_a: what the best ordinary subscription at the gate could give.

Also the binned conditional distribution that infers an unknown adequacy from a known one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import ArrayLike

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.index import Inference


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
    levels, worth = zip(*points, strict=True)
    level = np.asarray(level_dbm, dtype=np.float64)
    return np.where(np.isnan(level), np.nan, np.interp(level, levels, worth))


def from_class(value: ArrayLike, classes: Mapping[float, float]) -> FloatArray:
    """Adequacy of a class by the source's own table; NaN for classes it does not list.

    Examples
    --------
    >>> from_class([0.0, 3.0, 9.0], {0.0: 0.0, 3.0: 0.1}).tolist()
    [0.0, 0.1, nan]
    """
    cells = np.asarray(value, dtype=np.float64)
    worth = np.full(cells.shape, np.nan)
    for key, adequacy in classes.items():
        worth[cells == key] = adequacy
    return worth


def from_binary(value: ArrayLike, covered: float) -> FloatArray:
    """Adequacy of declared coverage: 0 where the cell is 0, `covered` where it is anything else."""
    cells = np.asarray(value, dtype=np.float64)
    return np.where(np.isnan(cells), np.nan, np.where(cells == 0, 0.0, covered))


@dataclass(frozen=True, slots=True)
class Binned:
    """A distribution of y given x, by bins of x within each group.

    Neighbouring bins are pooled until their means are monotone in x, so that more signal can never
    mean less service; a group without enough values in a bin falls back to all groups together.

    Attributes
    ----------
    edges : array of shape (bins - 1,)
        Between the bins of x.
    values : dict
        Group and bin to the sorted values of y in it; group ``""`` is all groups together.
    """

    edges: FloatArray
    values: dict[tuple[str, int], FloatArray]

    def mean(self, x: pd.Series[float], group: pd.Series[str]) -> FloatArray:
        """Conditional mean of y, shape of `x`."""
        return self._each(x, group, lambda values: float(values.mean()))

    def quantile(self, x: pd.Series[float], group: pd.Series[str], share: float) -> FloatArray:
        """Conditional quantile of y, shape of `x`."""
        return self._each(x, group, lambda values: float(np.quantile(values, share)))

    def _each(self, x: pd.Series[float], group: pd.Series[str], statistic: object) -> FloatArray:
        assert callable(statistic)
        answers = {key: statistic(values) for key, values in self.values.items()}
        bins = np.searchsorted(self.edges, x.to_numpy(), side="right")
        names = group.fillna("").to_numpy()
        return np.array(
            [
                answers.get((name, int(b)), answers[("", int(b))])
                for name, b in zip(names, bins, strict=True)
            ],
            dtype=np.float64,
        )


def binned(
    x: pd.Series[float],
    y: pd.Series[float],
    group: pd.Series[str],
    rule: Inference,
    *,
    rising: bool = True,
) -> Binned:
    """Conditional distribution of `y` by quantile bins of `x` within each group.

    Parameters
    ----------
    x, y : Series of float, shape (n,)
        Known for all of them.
    group : Series of str, shape (n,)
        Terrain class; missing is a group of its own that falls back to all.
    rule : Inference
        Number of bins and the fewest values that a bin needs.
    rising : bool
        Whether y cannot fall as x rises, or cannot rise.
    """
    shares = np.arange(1, rule.bins) / rule.bins
    edges: FloatArray = np.unique(np.quantile(x.to_numpy("float64"), shares)).astype(np.float64)
    bins = np.searchsorted(edges, x.to_numpy(), side="right")
    names = group.fillna("").to_numpy()
    count = len(edges) + 1
    found: dict[tuple[str, int], FloatArray] = {}
    for name in ("", *sorted(set(names) - {""})):
        in_group = (names == name) | (name == "")
        cells = [np.sort(y.to_numpy()[in_group & (bins == b)]) for b in range(count)]
        if name and min(len(cell) for cell in cells) < rule.minimum_bin:
            continue  # a group uses all bins or none: a mixture might not be monotone
        for b, values in enumerate(_monotone(cells, rising=rising)):
            found[name, b] = values
    return Binned(edges, found)


def _monotone(cells: list[FloatArray], *, rising: bool) -> list[FloatArray]:
    """Pool adjacent violators: whole bins are merged: means and quantiles use the same values."""
    pools: list[tuple[FloatArray, int]] = []
    sign = 1.0 if rising else -1.0
    for cell in cells:
        pools.append((cell, 1))
        while len(pools) > 1 and (
            not len(pools[-1][0])
            or not len(pools[-2][0])
            or sign * pools[-2][0].mean() > sign * pools[-1][0].mean()
        ):
            (low, m), (high, n) = pools[-2:]
            pools[-2:] = [(np.sort(np.concatenate([low, high])), m + n)]
    return [values for values, n in pools for _ in range(n)]
