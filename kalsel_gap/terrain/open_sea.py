"""Stage sea: the open sea of the elevation model, found once and handed on as runs of cells."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pandas as pd

from kalsel_gap.findings import Finding
from kalsel_gap.stages import Stage, Staged

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from kalsel_gap.project.model import Opened
    from kalsel_gap.terrain.sea_mask import SeaMask


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
        Table ``sea``, as :func:`~kalsel_gap.terrain.sea_mask.as_runs` makes it. No rows where the
        project says that the elevation model shows no sea.

    Raises
    ------
    InputError
        As `mosaic.open_band`.
    """
    source = opened.project.elevation
    runs = pd.DataFrame({"begin": [], "end": [], "kind": []}, dtype="int64")
    findings: list[Finding] = []
    if source is not None and source.sea != "none":
        from kalsel_gap.terrain import sea_mask  # compiles kernels: only when they are needed

        found = sea_mask.open_sea(
            source.tiles,
            band=source.band,
            zero=source.sea == "zero",
            threads=os.cpu_count() or 1,
        )
        runs = sea_mask.as_runs(found)
        findings = list(void_findings(found, opened.shown(source.path)))
    return Staged(pd.DataFrame(index=schools.index), findings, {"sea": runs})


def void_findings(sea: SeaMask, file: str) -> Iterator[Finding]:
    """Findings about missing tiles, and about lines without data between tiles.

    Parameters
    ----------
    sea : SeaMask
        As `sea_mask.open_sea` finds it.
    file : str
        The elevation model as the project names it.
    """
    grid = sea.grid
    for row, col, height, width in sea.holes:
        lat, lon = grid.position(row + height / 2, col + width / 2)
        south, west = grid.position(float(row + height), float(col))
        place = {"place": _shown(lat, lon), "corner": _shown(south, west)}
        yield Finding("elevation_tile_missing", file=file, parameters=place)
    for axis, line, count in sea.seams:
        at = (line + 0.5, grid.width / 2) if axis == 0 else (grid.height / 2, line + 0.5)
        lat, lon = grid.position(*at)
        named = f"lat {float(lat):.4f}" if axis == 0 else f"lon {float(lon):.4f}"
        yield Finding("elevation_seam_void", file=file, parameters={"count": count, "line": named})


def _shown(lat: object, lon: object) -> str:
    return f"{float(str(lat)):.4f}, {float(str(lon)):.4f}"


STAGE = Stage("sea", find_sea, sections=("elevation",), passes_on=("sea",))
