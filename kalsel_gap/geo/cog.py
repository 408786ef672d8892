"""Rasters for GIS: pieces put together as a Cloud Optimized GeoTIFF, and its style for QGIS.

The file carries its unit, its description and, for classes, a colour table; QGIS loses the names of
paletted classes, so a ``.qml`` with names and colours goes beside it.
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
    """What a raster holds, and how it is drawn.

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
        Whether values are classes: colours are not mixed.
    is_mixable : bool
        Whether overviews may take means: neither of classes nor of directions.
    """

    dtype: str
    nodata: float
    unit: str
    description: str
    steps: tuple[Step, ...]
    is_class: bool = False
    is_mixable: bool = True


def write_cog(
    pieces: Sequence[tuple[Window, Path]],
    grid: Grid,
    path: Path,
    look: LayerStyle,
    *,
    tags: dict[str, str],
    listed: Path,
) -> None:
    """Put the pieces of a grid together as a Cloud Optimized GeoTIFF.

    Parameters
    ----------
    pieces : sequence of (Window, Path)
        GeoTIFFs of one band, side by side.
    grid : Grid
        That they are pieces of.
    path : Path
        File to write.
    look : Look
        What the raster holds.
    tags : dict of str
        Metadata of the file; no clock, so that the same pieces make the same bytes.
    listed : Path
        Temporary file for the list of the pieces (VRT).
    """
    listed.write_text(_vrt(pieces, grid, look, tags), encoding="utf-8")
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
            rasterio.shutil.copy(
                listed,
                path,
                driver="COG",
                COMPRESS="DEFLATE",
                LEVEL="3",
                PREDICTOR="FLOATING_POINT" if look.dtype == "float32" else "STANDARD",
                BLOCKSIZE=str(BLOCK),
                OVERVIEW_RESAMPLING="AVERAGE" if look.is_mixable else "NEAREST",
                BIGTIFF="IF_SAFER",
                NUM_THREADS=str(os.cpu_count() or 1),
            )
    finally:
        listed.unlink(missing_ok=True)


def _vrt(
    pieces: Sequence[tuple[Window, Path]], grid: Grid, look: LayerStyle, tags: dict[str, str]
) -> str:
    """The pieces as one raster, as GDAL writes such lists."""
    sources = "".join(
        f'<SimpleSource><SourceFilename relativeToVRT="0">{escape(str(piece.absolute()))}'
        "</SourceFilename><SourceBand>1</SourceBand>"
        f'<SourceProperties RasterXSize="{w.width}" RasterYSize="{w.height}" '
        f'DataType="{_GDAL_TYPES[look.dtype]}"/>'
        f'<SrcRect xOff="0" yOff="0" xSize="{w.width}" ySize="{w.height}"/>'
        f'<DstRect xOff="{w.col_off}" yOff="{w.row_off}" xSize="{w.width}" ySize="{w.height}"/>'
        "</SimpleSource>"
        for w, piece in pieces
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
        f'<VRTRasterBand dataType="{_GDAL_TYPES[look.dtype]}" band="1">'
        f"<Description>{escape(plain(look.description))}</Description>"
        f"<NoDataValue>{look.nodata:g}</NoDataValue>"
        f"<UnitType>{escape(look.unit)}</UnitType>"
        f"{_colour_table(look)}{sources}</VRTRasterBand></VRTDataset>"
    )


def _axes(grid: Grid) -> str:
    """Which axis of the CRS is x, which is y."""
    is_north_first = grid.crs.axis_info[0].direction.casefold() in ("north", "south")
    return "2,1" if is_north_first else "1,2"


def _colour_table(look: LayerStyle) -> str:
    """For classes: the colour of each value up to the highest; the others are clear.

    A table of a GeoTIFF has room for every value of its type: more than a byte's are in the style.
    """
    if not look.is_class or look.dtype != "uint8":
        return ""
    colours = {int(step.value): step.colour for step in look.steps}
    entries = "".join(
        '<Entry c1="{}" c2="{}" c3="{}" c4="{}"/>'.format(
            *((*_rgb(colours[value]), 255) if value in colours else (0, 0, 0, 0))
        )
        for value in range(max(colours) + 1)
    )
    return f"<ColorInterp>Palette</ColorInterp><ColorTable>{entries}</ColorTable>"


def qml(look: LayerStyle) -> str:
    """Style for QGIS: classes by name and colour, or a colour ramp with labels."""
    if look.is_class:
        entries = "".join(
            f'<paletteEntry value="{int(step.value)}" color="{step.colour}" alpha="255" '
            f"label={quoteattr(plain(step.label))}/>"
            for step in look.steps
        )
        renderer = (
            '<rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1">'
            f"<colorPalette>{entries}</colorPalette></rasterrenderer>"
        )
    else:
        low, high = look.steps[0].value, look.steps[-1].value
        entries = "".join(
            f'<item value="{step.value:g}" color="{step.colour}" alpha="255" '
            f"label={quoteattr(plain(step.label))}/>"
            for step in look.steps
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
