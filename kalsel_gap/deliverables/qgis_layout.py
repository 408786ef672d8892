"""Print layouts of a QGIS project: map, title, legend, scale bar, north arrow, notices, source."""

from __future__ import annotations

import base64
import math
import uuid
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGES = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}  # landscape: width and height in mm
_PAGE, _MAP, _PICTURE, _LABEL, _LEGEND, _SCALE_BAR = 65638, 65639, 65640, 65641, 65642, 65646
_MARGIN_MM, _GAP_MM = 9.0, 3.0
_FONT = "Open Sans"  # comes with QGIS
_TEXT, _WARNING, _QUIET = (26, 26, 26), (154, 0, 47), (85, 85, 85)
_POINT_MM = 0.3528
_LINE = 1.4  # height of a line of text, in heights of its letters
_LETTER = 0.55  # width of a letter, in their heights
_UUIDS = uuid.UUID("6f0b5fd8-7f5b-5a52-9a3f-7a3b0d6f2c11")  # names below it give the same each time
_ARROW = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="60" viewBox="0 0 40 60">'
    '<path d="M20 16L34 58L20 48Z" fill="#1a1a1a" stroke="#1a1a1a" stroke-linejoin="round"/>'
    '<path d="M20 16L6 58L20 48Z" fill="#ffffff" stroke="#1a1a1a" stroke-linejoin="round"/>'
    '<path d="M15.5 12V1L24.5 12V1" fill="none" stroke="#1a1a1a" stroke-width="2.2"/></svg>'
)


@dataclass(frozen=True, slots=True)
class PrintedMap:
    """What a layout shows.

    Attributes
    ----------
    name : str
        Of the layout.
    title, legend_title, source : str
        Title, heading of the legend, and last line: sources, date, coordinate system.
    notices : sequence of str
        Below the title.
    extent : float, float, float, float
        What the map must show: least x, least y, largest x, largest y in the project's CRS.
    width_m : float
        Width of that extent on the ground.
    """

    name: str
    title: str
    legend_title: str
    source: str
    notices: Sequence[str]
    extent: tuple[float, float, float, float]
    width_m: float


def add_layout(parent: ET.Element, page: str, printed: PrintedMap, legend: ET.Element) -> None:
    """Add a layout to the layouts of a project.

    Parameters
    ----------
    parent : Element
        ``Layouts``.
    page : {'A4', 'A3'}
    printed : PrintedMap
    legend : Element
        Layer tree of the legend.
    """
    width, height = PAGES[page]
    factor = width / PAGES["A4"][0]
    layout = ET.SubElement(
        parent, "Layout", units="mm", name=printed.name, printResolution="300", worldFileMap=""
    )
    items = _Items(layout, f"{page} {printed.name}")
    pages = ET.SubElement(layout, "PageCollection")
    _page_symbol(pages)
    items.add(_PAGE, (0, 0, width, height), within=pages)
    inner = width - 2 * _MARGIN_MM
    top = _MARGIN_MM
    title_pt, text_pt = 16 * factor**0.5, 9 * factor**0.5
    title_mm = _text_height_mm(printed.title, title_pt, inner)
    items.label(printed.title, (_MARGIN_MM, top, inner, title_mm), title_pt, _TEXT, is_bold=True)
    top += title_mm
    notices = "  ".join(printed.notices)
    notice_mm = _text_height_mm(notices, text_pt, inner)
    items.label(notices, (_MARGIN_MM, top, inner, notice_mm), text_pt, _WARNING, is_bold=True)
    top += notice_mm + 1.0
    source_pt = text_pt * 0.85
    source_mm = _text_height_mm(printed.source, source_pt, inner)
    source_top = height - _MARGIN_MM - source_mm
    items.label(printed.source, (_MARGIN_MM, source_top, inner, source_mm), source_pt, _QUIET)
    column = _legend_mm(page)
    frame = (_MARGIN_MM, top, inner - column - _GAP_MM, source_top - 2.0 - top)
    shown = fitted(printed.extent, frame[2] / frame[3])
    key = items.map(frame, shown)
    arrow = (frame[0] + frame[2] - 12 * factor, frame[1] + 3, 9 * factor, 13.5 * factor)
    items.north_arrow(arrow, key)
    ground_m = printed.width_m * (shown[2] - shown[0]) / (printed.extent[2] - printed.extent[0])
    items.scale_bar(
        (frame[0] + 3, frame[1] + frame[3] - 14 * factor, 60 * factor, 12 * factor),
        *(key, _nice_km(ground_m / 1000 / 8), text_pt),
    )
    place = (frame[0] + frame[2] + _GAP_MM, top, column, 100.0)
    items.legend(place, key, legend, printed.legend_title, text_pt)
    ET.SubElement(layout, "Atlas", enabled="0", coverageLayer="", filterFeatures="0")


def scale_of(page: str, printed: PrintedMap) -> int:
    """Denominator of the scale of the map of a layout, nearly."""
    width, height = PAGES[page]
    frame = (width - 2 * _MARGIN_MM - _legend_mm(page) - _GAP_MM, height - 2 * _MARGIN_MM - 25)
    shown = fitted(printed.extent, frame[0] / frame[1])
    ground_m = printed.width_m * (shown[2] - shown[0]) / (printed.extent[2] - printed.extent[0])
    return round(ground_m / (frame[0] / 1000))


def fitted(
    extent: tuple[float, float, float, float], shape: float
) -> tuple[float, float, float, float]:
    """The smallest extent around another one whose width is `shape` times its height.

    Examples
    --------
    >>> fitted((0, 0, 10, 10), 2.0)
    (-5.0, 0.0, 15.0, 10.0)
    """
    west, south, east, north = extent
    width = max(east - west, (north - south) * shape)
    height = width / shape
    x, y = (west + east) / 2, (south + north) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _legend_mm(page: str) -> float:
    return 68.0 if page == "A4" else 88.0


def _nice_km(most_km: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above `most_km`.

    Examples
    --------
    >>> _nice_km(27.0), _nice_km(0.6)
    (20.0, 0.5)
    """
    power = 10.0 ** math.floor(math.log10(max(most_km, 0.001)))
    return next(power * n for n in (5, 2, 1) if power * n <= max(most_km, 0.001))


def _text_height_mm(words: str, size_pt: float, width_mm: float) -> float:
    """Height of a text that is broken into lines."""
    letters = size_pt * _POINT_MM
    lines = math.ceil(len(words) * letters * _LETTER / width_mm) if words else 0
    return lines * letters * _LINE + (1.0 if lines else 0.0)


def _page_symbol(parent: ET.Element) -> None:
    symbol = ET.SubElement(parent, "symbol", type="fill", name="", alpha="1")
    layer = ET.SubElement(symbol, "layer", {"class": "SimpleFill"}, enabled="1", locked="0")
    options = ET.SubElement(layer, "Option", type="Map")
    for name, value in (("color", "255,255,255,255"), ("style", "solid"), ("outline_style", "no")):
        ET.SubElement(options, "Option", type="QString", name=name, value=value)


def _inert(words: str) -> str:
    """Words in which QGIS finds no expression, which is between ``[%`` and ``%]``."""
    return words.replace("[%", "[ %").replace("%]", "% ]")


class _Items:
    """The items of a layout, each above the one before."""

    def __init__(self, layout: ET.Element, name: str) -> None:
        self._layout, self._name, self._count = layout, name, 0

    def add(
        self,
        kind: int,
        place: tuple[float, float, float, float],
        *,
        within: ET.Element | None = None,
        **attributes: str,
    ) -> ET.Element:
        self._count += 1
        key = f"{{{uuid.uuid5(_UUIDS, f'{self._name} {self._count}')}}}"
        left, top, width, height = (f"{each:.2f}" for each in place)
        at = f"{left},{top},mm"
        return ET.SubElement(
            self._layout if within is None else within,
            "LayoutItem",
            {
                "type": str(kind),
                "uuid": key,
                "templateUuid": key,
                "id": "",
                "groupUuid": "",
                "position": at,
                "positionOnPage": at,
                "size": f"{width},{height},mm",
                "referencePoint": "0",
                "zValue": str(self._count),
                "visibility": "1",
                "background": "false",
                "frame": "false",
                "opacity": "1",
                "blendMode": "0",
                **attributes,
            },
        )

    def label(
        self,
        words: str,
        place: tuple[float, float, float, float],
        size_pt: float,
        colour: tuple[int, int, int],
        *,
        is_bold: bool = False,
    ) -> None:
        if not words:
            return
        item = self.add(
            *(_LABEL, place),
            labelText=_inert(words),
            htmlState="0",
            halign="1",
            valign="32",
            marginX="0",
            marginY="0",
        )
        font = f"{_FONT},{size_pt:.1f},-1,5,{75 if is_bold else 50},0,0,0,0,0"
        ET.SubElement(item, "LabelFont", description=font, style="")
        red, green, blue = map(str, colour)
        ET.SubElement(item, "FontColor", red=red, green=green, blue=blue, alpha="255")

    def map(
        self,
        place: tuple[float, float, float, float],
        extent: tuple[float, float, float, float],
    ) -> str:
        """Add the map; what other items know it by."""
        item = self.add(
            *(_MAP, place),
            frame="true",
            background="true",
            keepLayerSet="false",
            followPreset="false",
            mapRotation="0",
            drawCanvasItems="true",
            labelMargin="0,mm",
            outlineWidthM="0.2,mm",
            frameJoinStyle="miter",
        )
        item.set("frame", "true")
        ET.SubElement(item, "FrameColor", red="85", green="85", blue="85", alpha="255")
        ET.SubElement(item, "BackgroundColor", red="255", green="255", blue="255", alpha="255")
        west, south, east, north = map(repr, extent)
        ET.SubElement(item, "Extent", xmin=west, ymin=south, xmax=east, ymax=north)
        ET.SubElement(item, "LayerSet")
        ET.SubElement(item, "AtlasMap", atlasDriven="0", scalingMode="2", margin="0.1")
        return str(item.get("uuid"))

    def north_arrow(self, place: tuple[float, float, float, float], key: str) -> None:
        drawn = base64.b64encode(_ARROW.encode("ascii")).decode("ascii")
        self.add(
            *(_PICTURE, place),
            file=f"base64:{drawn}",
            mode="0",
            resizeMode="0",
            anchorPoint="4",
            northMode="1",  # of the ground, not of the grid
            northOffset="0",
            pictureRotation="0",
            mapUuid=key,
        )

    def scale_bar(
        self, place: tuple[float, float, float, float], key: str, step_km: float, size_pt: float
    ) -> None:
        item = self.add(
            *(_SCALE_BAR, place),
            style="Single Box",
            unitType="km",
            unitLabel="km",
            numMapUnitsPerScaleBarUnit="1",
            numUnitsPerSegment=repr(step_km),
            numSegments="2",
            numSegmentsLeft="0",
            segmentSizeMode="0",
            height="2",
            boxContentSpace="1.5",
            labelBarSpace="1",
            alignment="0",
            outlineWidth="0.2",
            mapUuid=key,
        )
        item.set("background", "true")
        ET.SubElement(item, "BackgroundColor", red="255", green="255", blue="255", alpha="220")
        ET.SubElement(
            *(item, "text-style"),
            fontFamily=_FONT,
            fontSize=f"{size_pt * 0.9:.1f}",
            fontSizeUnit="Point",
            textColor="26,26,26,255",
        )
        ET.SubElement(item, "fillColor", red="26", green="26", blue="26", alpha="255")
        ET.SubElement(item, "fillColor2", red="255", green="255", blue="255", alpha="255")
        ET.SubElement(item, "strokeColor", red="26", green="26", blue="26", alpha="255")

    def legend(
        self,
        place: tuple[float, float, float, float],
        key: str,
        tree: ET.Element,
        title: str,
        size_pt: float,
    ) -> None:
        item = self.add(
            *(_LEGEND, place),
            title=_inert(title),
            map_uuid=key,
            resizeToContents="1",
            columnCount="1",
            boxSpace="0",
            symbolWidth="5",
            symbolHeight="4",
            lineSpacing="1",
            titleAlignment="1",
            symbolAlignment="1",
            wrapChar="",
        )
        styles = ET.SubElement(item, "styles")
        for name, factor, weight, above in (
            *(("title", 1.2, 75, 0.0), ("group", 1.05, 75, 3.0), ("subgroup", 1.0, 75, 3.0)),
            *(("symbol", 0.95, 50, 1.2), ("symbolLabel", 0.95, 50, 1.0)),
        ):
            style = ET.SubElement(styles, "style", name=name, alignment="1", indent="0")
            style.set("marginLeft" if name == "symbolLabel" else "marginTop", f"{above or 0:g}")
            if name == "symbolLabel":
                style.attrib.update(marginLeft="2", marginTop="1")
            font = f"{_FONT},{size_pt * factor:.1f},-1,5,{weight},0,0,0,0,0"
            ET.SubElement(style, "styleFont", description=font, style="")
        item.append(tree)
