"""Elevation model of a project as paths run over it: raster, open sea, clutter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from kalsel_gap.terrain.sea_mask import SeaMask, open_sea

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kalsel_gap.geo.raster_files import RasterPath
    from kalsel_gap.project.inputs import Surface
    from kalsel_gap.project.model import Opened


@dataclass(frozen=True, slots=True)
class ElevationModel:
    """An elevation model as radio sees it.

    Attributes
    ----------
    path : Path, sequence of Path, or Tiles
        The raster; see `mosaic.open_band`.
    band : int
        Counted from 1.
    sea : {'nodata', 'zero', 'none'}
        Which cells are open sea, at 0 m, where they are connected to the raster's edge: those
        without data, these and those of exactly 0 m, or none. Others without data are voids.
    surface : {'dsm', 'dtm', 'unknown'}
        What the model shows. Clutter is added to bare ground only.
    land_cover : Path, sequence of Path, Tiles, or None
        Raster of land-cover classes, in any CRS.
    land_cover_band : int
        Counted from 1.
    clutter : mapping of int to float
        Height of each class above the ground, metres.
    woodland_classes : sequence of int
        Classes that are woodland.
    spacing_m : float or None
        Between samples; None is the model's own resolution, the mean of the sides of a cell.
    """

    path: RasterPath
    band: int = 1
    sea: Literal["nodata", "zero", "none"] = "nodata"
    surface: Surface = "unknown"
    land_cover: RasterPath | None = None
    land_cover_band: int = 1
    clutter: Mapping[int, float] = field(default_factory=dict)
    woodland_classes: Sequence[int] = ()
    spacing_m: float | None = None

    @property
    def has_clutter(self) -> bool:
        """Whether profiles show what stands on the ground."""
        return self.land_cover is not None and self.surface == "dtm"


def terrain_of(opened: Opened) -> ElevationModel:
    """The elevation model of a project.

    Raises
    ------
    ValueError
        If the project has none: ask ``opened.project.elevation`` first.
    """
    source = opened.project.elevation
    if source is None:
        raise ValueError("the project has no elevation model")
    cover, radio = opened.project.land_cover, opened.project.radio
    return ElevationModel(
        source.tiles,
        source.band,
        source.sea,
        source.surface,
        land_cover=cover.tiles if cover else None,
        land_cover_band=cover.band if cover else 1,
        clutter=radio.clutter_heights_m() if cover else {},
        woodland_classes=radio.wood_codes() if cover else (),
    )


def sea_of(terrain: ElevationModel, *, threads: int = 1) -> SeaMask | None:
    """The open sea of an elevation model; None where it shows none."""
    if terrain.sea == "none":
        return None
    return open_sea(terrain.path, band=terrain.band, zero=terrain.sea == "zero", threads=threads)
