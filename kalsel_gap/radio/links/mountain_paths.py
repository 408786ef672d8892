"""Which paths cross mountains: there a prediction that nothing has calibrated is less sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.radio.links.path_loss import RadioTerrain


def crosses_mountains(
    cells: pd.DataFrame, lat: FloatArray, lon: FloatArray, ground: RadioTerrain, *, relief_m: float
) -> BoolArray:
    """Whether the highest ground of a path lies more than `relief_m` above the lowest.

    Parameters
    ----------
    cells : DataFrame
        A row for each path: the antenna that it begins at.
    lat, lon : float array of shape (paths,)
        Where the paths end, degrees.
    ground : RadioTerrain
        What they run over.
    relief_m : float
        Relief that makes mountains, ``terrain.mountain.relief_m``.

    Returns
    -------
    bool array of shape (paths,)
        False where a path has no profile.
    """
    found = np.zeros(len(cells), dtype=np.bool_)
    for at, paths in ground.profiles(cells, lat, lon):
        first = paths.first[:-1]
        highest = np.maximum.reduceat(paths.ground_m, first)
        found[at] = highest - np.minimum.reduceat(paths.ground_m, first) > relief_m
    return found
