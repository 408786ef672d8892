"""Rasters for GIS: windows merged into a Cloud Optimized GeoTIFF, and its style for QGIS.

The file carries its unit, its description and, for classes, a colour table; QGIS loses the names of
paletted classes, so a ``.qml`` file with names and colours is written beside it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

import rasterio
import rasterio.shutil

from kalsel_gap.geo.mosaic import CACHE_BYTES
from kalsel_gap.i18n.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rasterio.windows import Window

    from kalsel_gap.geo.grid import Grid

BLOCK = 512
_GDAL_TYPES = {"uint8": "Byte", "uint16": "UInt16", "int32": "Int32", "float32": "Float32"}


@dataclass(frozen=True, slots=True)
class Step:
    """One class of a legend, or one stop of a colour ramp.

    Attributes
    ----------
    value : float
        The class, or where on the ramp the stop lies, in the layer's unit.
    colour : str
        Hexadecimal.
    label : str
        What it means; of a stop the value itself.
    """

    value: float
    colour: str
    label: str


@dataclass(frozen=True, slots=True)
class LayerStyle:
    """Contents of a raster, and how it is drawn.

    Attributes
    ----------
    dtype : {'uint8', 'uint16', 'int32', 'float32'}
        Of its cells.
    nodata : float
        The value of cells without data.
    unit : str
        Of its values; empty for classes.
    description : str
        What it shows.
    steps : tuple of Step
        Classes, or stops of a colour ramp in rising order.
    is_class : bool
        Whether values are classes: colours are not interpolated.
    is_mixable : bool
        Whether overviews may average cells: not for classes and not for directions.
    """

    dtype: str
    nodata: float
    unit: str
    description: str
    steps: tuple[Step, ...]
    is_class: bool = False
    is_mixable: bool = True


def write_cog(
    tiles: Sequence[tuple[Window, Path]],
    grid: Grid,
    path: Path,
    style: LayerStyle,
    *,
    tags: dict[str, str],
    listed: Path,
) -> None:
    """Merge the tiles of a grid into a Cloud Optimized GeoTIFF.

    Parameters
    ----------
    tiles : sequence of (Window, Path)
        GeoTIFFs of one band that together cover the grid.
    grid : Grid
        The whole grid.
    path : Path
        File to write.
    style : LayerStyle
        Contents and colours of the raster.
    tags : dict of str
        Metadata of the file; without a time stamp, so that the same tiles give the same bytes.
    listed : Path
        Temporary file for the list of the tiles (VRT).
    """
    listed.write_text(_vrt(tiles, grid, style, tags), encoding="utf-8")
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
            rasterio.shutil.copy(
                listed,
                path,
                driver="COG",
                COMPRESS="DEFLATE",
                LEVEL="3",
                PREDICTOR="FLOATING_POINT" if style.dtype == "float32" else "STANDARD",
                BLOCKSIZE=str(BLOCK),
                OVERVIEW_RESAMPLING="AVERAGE" if style.is_mixable else "NEAREST",
                BIGTIFF="IF_SAFER",
                NUM_THREADS=str(os.cpu_count() or 1),
            )
    finally:
        listed.unlink(missing_ok=True)


def _vrt(
    tiles: Sequence[tuple[Window, Path]], grid: Grid, style: LayerStyle, tags: dict[str, str]
) -> str:
    """The tiles as one raster: the text of a VRT, as GDAL writes it."""
    sources = "".join(
        f'<SimpleSource><SourceFilename relativeToVRT="0">{escape(str(tile.absolute()))}'
        "</SourceFilename><SourceBand>1</SourceBand>"
        f'<SourceProperties RasterXSize="{w.width}" RasterYSize="{w.height}" '
        f'DataType="{_GDAL_TYPES[style.dtype]}"/>'
        f'<SrcRect xOff="0" yOff="0" xSize="{w.width}" ySize="{w.height}"/>'
        f'<DstRect xOff="{w.col_off}" yOff="{w.row_off}" xSize="{w.width}" ySize="{w.height}"/>'
        "</SimpleSource>"
        for w, tile in tiles
    )
    metadata = "".join(
        f"<MDI key={quoteattr(key)}>{escape(value)}</MDI>" for key, value in sorted(tags.items())
    )
    t = grid.transform
    corner = ", ".join(repr(float(v)) for v in (t.c, t.a, t.b, t.f, t.d, t.e))
    return (
        f'<VRTDataset rasterXSize="{grid.width}" rasterYSize="{grid.height}">'
        f'<SRS dataAxisToSRSAxisMapping="{_axes(grid)}">{escape(grid.crs.to_wkt())}</SRS>'
        f"<GeoTransform>{corner}</GeoTransform><Metadata>{metadata}</Metadata>"
        f'<VRTRasterBand dataType="{_GDAL_TYPES[style.dtype]}" band="1">'
        f"<Description>{escape(plain(style.description))}</Description>"
        f"<NoDataValue>{style.nodata:g}</NoDataValue>"
        f"<UnitType>{escape(style.unit)}</UnitType>"
        f"{_colour_table(style)}{sources}</VRTRasterBand></VRTDataset>"
    )


def _axes(grid: Grid) -> str:
    """Which axis of the CRS is x, which is y."""
    is_north_first = grid.crs.axis_info[0].direction.casefold() in ("north", "south")
    return "2,1" if is_north_first else "1,2"


def _colour_table(style: LayerStyle) -> str:
    """For classes: the colour of each value up to the highest; other values are transparent.

    The colour table of a GeoTIFF has an entry for every value of its type, so it is written for
    bytes only; classes of wider types have their colours in the QGIS style.
    """
    if not style.is_class or style.dtype != "uint8":
        return ""
    colours = {int(step.value): step.colour for step in style.steps}
    entries = "".join(
        '<Entry c1="{}" c2="{}" c3="{}" c4="{}"/>'.format(
            *((*_rgb(colours[value]), 255) if value in colours else (0, 0, 0, 0))
        )
        for value in range(max(colours) + 1)
    )
    return f"<ColorInterp>Palette</ColorInterp><ColorTable>{entries}</ColorTable>"


def qml(style: LayerStyle) -> str:
    """Style for QGIS: classes by name and colour, or a colour ramp with labels."""
    if style.is_class:
        entries = "".join(
            f'<paletteEntry value="{int(step.value)}" color="{step.colour}" alpha="255" '
            f"label={quoteattr(plain(step.label))}/>"
            for step in style.steps
        )
        renderer = (
            '<rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1">'
            f"<colorPalette>{entries}</colorPalette></rasterrenderer>"
        )
    else:
        low, high = style.steps[0].value, style.steps[-1].value
        unit = {"": "", "deg": "°"}.get(style.unit, f" {style.unit}")
        entries = "".join(
            f'<item value="{step.value:g}" color="{step.colour}" alpha="255" '
            f"label={quoteattr(plain(step.label + unit))}/>"
            for step in style.steps
        )
        renderer = (
            '<rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" '
            f'classificationMin="{low:g}" classificationMax="{high:g}"><rastershader>'
            '<colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" '
            f'minimumValue="{low:g}" maximumValue="{high:g}">{entries}</colorrampshader>'
            "</rastershader></rasterrenderer>"
        )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.22.0" styleCategories="Symbology">'
        f"<pipe>{renderer}</pipe><blendMode>0</blendMode></qgis>\n"
    )


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
