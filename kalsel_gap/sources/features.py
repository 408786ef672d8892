"""Features of a layer that have no shape to use: they are passed over, and named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.findings import Finding

if TYPE_CHECKING:
    import geopandas as gpd

_FIRST_ROW = 2  # as a spreadsheet of its attributes would show the first feature


def shapeless(layer: gpd.GeoDataFrame, file: str) -> list[Finding]:
    """A finding for each feature without a shape.

    Parameters
    ----------
    layer : GeoDataFrame
        As :func:`.read_vector` gives it.
    file : str
        The file as the project names it.
    """
    missing = np.flatnonzero(layer.geometry.isna().to_numpy())
    return [Finding("feature_without_shape", file=file, row=int(n) + _FIRST_ROW) for n in missing]
