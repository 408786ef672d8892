"""Stage sea: the open sea of the elevation model, found once and handed on as runs of cells."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.stages import Stage, Staged

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.project.model import Opened


def find_sea(schools: gpd.GeoDataFrame, opened: Opened, *_: object) -> Staged:
    """The table ``sea``; no columns.

    Parameters
    ----------
    schools : GeoDataFrame
        Not read.
    opened : Opened
        The project.

    Returns
    -------
    Staged
        Table ``sea``: ``begin`` and ``end`` of runs of cells, as
        :class:`~kalsel_gap.terrain.sea_mask.CellRuns` has them. No rows where the elevation model
        does not show a sea.

    Raises
    ------
    InputError
        As `mosaic.open_band`.
    """
    source = opened.project.elevation
    runs = pd.DataFrame({"begin": [], "end": []}, dtype="int64")
    if source is not None and source.sea != "none":
        from kalsel_gap.terrain import sea_mask  # compiles kernels: only when they are needed

        found = sea_mask.open_sea(
            source.tiles,
            band=source.band,
            zero=source.sea == "zero",
            threads=os.cpu_count() or 1,
        )
        runs = pd.DataFrame({"begin": found.begin, "end": found.end})
    return Staged(pd.DataFrame(index=schools.index), [], {"sea": runs})


STAGE = Stage("sea", find_sea, sections=("elevation",), passes_on=("sea",))
