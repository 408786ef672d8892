"""Styles for GeoServer and other map servers: Styled Layer Descriptor 1.0.0 (OGC 02-070).

The names of marks beyond those of the standard (diamond, pentagon, hexagon) are QGIS's, and
GeoServer knows them as well.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from kalsel_gap.deliverables import palette
from kalsel_gap.deliverables.symbology import DARK
from kalsel_gap.i18n.text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.deliverables.symbology import NameLabels, Outline, PointClass, PointSymbols

_SLD, _OGC = "http://www.opengis.net/sld", "http://www.opengis.net/ogc"
_PIXEL_MM = 0.28  # of the standard: its sizes are in pixels
_DASHES = {"solid": "", "dash": "6 3", "dot": "1 3"}
_FONT = "DejaVu Sans"


def points_sld(symbols: PointSymbols, layer: str) -> str:
    """Style of a layer of points: a rule for each class, for what is unknown, and what is apart.

    Parameters
    ----------
    symbols : PointSymbols
    layer : str
        Name of the layer.
    """
    root, types = _document(layer, symbols.name, symbols.note)
    drawn = _add(types, "FeatureTypeStyle")
    for each in symbols.all_classes:
        rule = _rule(drawn, each.label)
        if symbols.column:
            _filter(rule, symbols, each)
        _mark(_add(rule, "PointSymbolizer"), each)
    if symbols.labels:
        _labels(types, symbols.labels, is_point=True)
    return _written(root)


def outline_sld(outline: Outline, layer: str) -> str:
    """Style of a layer of areas: outlines and names, no fill."""
    root, types = _document(layer, outline.name, "")
    rule = _rule(_add(types, "FeatureTypeStyle"), outline.name)
    if outline.scale:
        _add(rule, "MaxScaleDenominator", str(outline.scale))
    stroke = _stroke(_add(rule, "PolygonSymbolizer"), outline.colour, outline.width_mm)
    if dashes := _DASHES[outline.line]:
        _add(stroke, "CssParameter", dashes, name="stroke-dasharray")
    if outline.labels:
        _labels(types, outline.labels, scale=outline.scale)
    return _written(root)


def _document(layer: str, name: str, note: str) -> tuple[ET.Element, ET.Element]:
    """The root, and the element that holds the rules."""
    root = ET.Element(f"{{{_SLD}}}StyledLayerDescriptor", version="1.0.0")
    named = _add(root, "NamedLayer")
    _add(named, "Name", layer)
    style = _add(named, "UserStyle")
    _add(style, "Name", plain(name))
    _add(style, "Title", plain(name))
    if note:
        _add(style, "Abstract", plain(note))
    return root, style


def _rule(parent: ET.Element, label: str) -> ET.Element:
    rule = _add(parent, "Rule")
    _add(rule, "Name", plain(label))
    _add(rule, "Title", plain(label))
    return rule


def _filter(rule: ET.Element, symbols: PointSymbols, of: PointClass) -> None:
    """What a rule is for; of the unknown also a code that no other rule has."""
    condition = ET.SubElement(rule, f"{{{_OGC}}}Filter")
    column, apart = symbols.column, symbols.apart
    if apart and of is apart.drawn:
        either = ET.SubElement(condition, f"{{{_OGC}}}Or")
        for code in apart.codes:
            _compare(either, "EqualTo", apart.column, code)
        return
    if of.code:
        _compare(condition, "EqualTo", column, of.code)
        return
    if of.is_unknown:
        if apart:
            condition = ET.SubElement(condition, f"{{{_OGC}}}And")
            _none_of(condition, apart.column, apart.codes)
        _none_of(condition, column, [each.code for each in symbols.classes if each.code])
        return
    if of.low is not None and of.high is not None:
        condition = ET.SubElement(condition, f"{{{_OGC}}}And")
    if of.low is not None:
        _compare(condition, "GreaterThanOrEqualTo", column, repr(of.low))
    if of.high is not None:
        _compare(condition, "LessThan", column, repr(of.high))


def _none_of(parent: ET.Element, column: str, codes: Sequence[str]) -> None:
    """That a column is empty, or none of its codes."""
    if codes:
        parent = ET.SubElement(parent, f"{{{_OGC}}}Or")
    null = ET.SubElement(parent, f"{{{_OGC}}}PropertyIsNull")
    ET.SubElement(null, f"{{{_OGC}}}PropertyName").text = column
    if codes:
        parent = ET.SubElement(parent, f"{{{_OGC}}}And")
        for code in codes:
            _compare(parent, "NotEqualTo", column, code)


def _compare(parent: ET.Element, how: str, column: str, value: str) -> None:
    made = ET.SubElement(parent, f"{{{_OGC}}}PropertyIs{how}")
    ET.SubElement(made, f"{{{_OGC}}}PropertyName").text = column
    ET.SubElement(made, f"{{{_OGC}}}Literal").text = value


def _mark(symbolizer: ET.Element, drawn: PointClass) -> None:
    graphic = _add(symbolizer, "Graphic")
    mark = _add(graphic, "Mark")
    _add(mark, "WellKnownName", drawn.shape)
    if not drawn.is_hollow:
        _add(_add(mark, "Fill"), "CssParameter", drawn.mark.colour, name="fill")
    is_line = drawn.is_hollow or drawn.shape == "cross"
    _stroke(mark, drawn.mark.colour if is_line else palette.OUTLINE, 0.5 if is_line else 0.2)
    _add(graphic, "Size", _pixels(drawn.width_mm))


def _stroke(parent: ET.Element, colour: str, width_mm: float) -> ET.Element:
    stroke = _add(parent, "Stroke")
    _add(stroke, "CssParameter", colour, name="stroke")
    _add(stroke, "CssParameter", _pixels(width_mm), name="stroke-width")
    return stroke


def _labels(
    types: ET.Element, labels: NameLabels, *, is_point: bool = False, scale: int = 0
) -> None:
    """Names in a part of their own, so that they lie above all marks."""
    rule = _add(_add(types, "FeatureTypeStyle"), "Rule")
    if largest := labels.scale or scale:
        _add(rule, "MaxScaleDenominator", str(largest))
    symbolizer = _add(rule, "TextSymbolizer")
    ET.SubElement(_add(symbolizer, "Label"), f"{{{_OGC}}}PropertyName").text = labels.column
    font = _add(symbolizer, "Font")
    _add(font, "CssParameter", _FONT, name="font-family")
    _add(font, "CssParameter", "12", name="font-size")
    _add(font, "CssParameter", "bold" if labels.is_bold else "normal", name="font-weight")
    place = _add(_add(symbolizer, "LabelPlacement"), "PointPlacement")
    anchor = _add(place, "AnchorPoint")
    _add(anchor, "AnchorPointX", "0.5")
    _add(anchor, "AnchorPointY", "0" if is_point else "0.5")
    if is_point:
        above = _add(place, "Displacement")
        _add(above, "DisplacementX", "0")
        _add(above, "DisplacementY", "6")
    halo = _add(symbolizer, "Halo")
    _add(halo, "Radius", "2")
    _add(_add(halo, "Fill"), "CssParameter", "#ffffff", name="fill")
    _add(_add(symbolizer, "Fill"), "CssParameter", DARK, name="fill")


def _pixels(width_mm: float) -> str:
    return f"{width_mm / _PIXEL_MM:.1f}"


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{_SLD}}}{tag}", attributes)
    child.text = text
    return child


def _written(root: ET.Element) -> str:
    ET.register_namespace("sld", _SLD)
    ET.register_namespace("ogc", _OGC)
    return ET.tostring(root, encoding="unicode", xml_declaration=False)
