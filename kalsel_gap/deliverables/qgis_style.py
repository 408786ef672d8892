"""Styles for QGIS 3.22 and later (QML): symbols, labels, and the words for columns and codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from kalsel_gap.deliverables import palette
from kalsel_gap.deliverables.symbology import DARK
from kalsel_gap.i18n.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kalsel_gap.deliverables.symbology import (
        NameLabels,
        Outline,
        PointClass,
        PointsApart,
        PointSymbols,
    )

_CATEGORIES = "Symbology|Labeling|Fields|AttributeTable|Rendering"
_MILLIMETRES = {"outline_width_unit": "MM", "size_unit": "MM"}


@dataclass(frozen=True, slots=True)
class Field:
    """What a reader sees of a column.

    Attributes
    ----------
    label : str
    description : str
    words : dict of str
        What each code in its cells means; empty where there are no codes.
    """

    label: str
    description: str
    words: Mapping[str, str] = field(default_factory=dict)


def points_qml(
    symbols: PointSymbols,
    fields: Mapping[str, Field],
    *,
    sort: str,
    expressions: Mapping[str, str] | None = None,
) -> str:
    """Style of a layer of points.

    Parameters
    ----------
    symbols : PointSymbols
    fields : dict of Field
        Of every column of the layer, in order.
    sort : str
        Column by which the table is sorted.
    expressions : dict of str, optional
        What fills a column when a feature is edited.
    """
    drawn = "".join(_marker(n, each) for n, each in enumerate(symbols.all_classes))
    if not symbols.column:
        kind, classes = "singleSymbol", ""
    elif any(each.code for each in symbols.classes):
        kind = "categorizedSymbol"
        classes = "".join(
            f'<category render="true" symbol="{n}" value={quoteattr(each.code)} '
            f"label={_quoted(each.label)}/>"
            for n, each in enumerate(symbols.all_classes)
        )
        classes = f"<categories>{classes}</categories>"
    else:
        kind = "RuleRenderer"  # a renderer of ranges draws nothing for what is unknown
        classes = "".join(
            f'<rule key="{n}" symbol="{n}" label={_quoted(each.label)} '
            f"filter={quoteattr(_filter(symbols, each))}/>"
            for n, each in enumerate(symbols.all_classes)
        )
        classes = f'<rules key="all">{classes}</rules>'
    attribute = ""
    if kind == "categorizedSymbol":
        attribute = f" attr={quoteattr(_classified(symbols))}"
    # What is drawn last lies on top; a school without a rank lies below all others.
    order = (
        f'<orderby><orderByClause asc="0" nullsFirst="1">"{symbols.on_top}"</orderByClause>'
        "</orderby>"
        if symbols.on_top
        else ""
    )
    renderer = (
        f'<renderer-v2 type="{kind}"{attribute} symbollevels="0" '
        f'enableorderby="{int(bool(order))}" forceraster="0">{classes}'
        f"<symbols>{drawn}</symbols>{order}</renderer-v2>"
    )
    labeling = _names(symbols.labels, placement=6) if symbols.labels else ""
    return _document(renderer, fields, sort=sort, labeling=labeling, expressions=expressions)


def outline_qml(outline: Outline, fields: Mapping[str, Field], *, sort: str) -> str:
    """Style of a layer of areas: outlines and names, no fill."""
    look = {
        "color": _rgba(DARK, 0),
        "style": "no",
        "outline_color": _rgba(outline.colour),
        "outline_style": outline.line,
        "outline_width": f"{outline.width_mm:g}",
    }
    renderer = (
        '<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0">'
        f"<symbols>{_symbol(0, 'fill', 'SimpleFill', look)}</symbols></renderer-v2>"
    )
    labeling = _names(outline.labels, placement=1) if outline.labels else ""
    return _document(renderer, fields, sort=sort, labeling=labeling, scale=outline.scale)


def _marker(number: int, drawn: PointClass) -> str:
    is_line = drawn.is_hollow or drawn.shape == "cross"
    look = {
        "color": _rgba(drawn.mark.colour, 0 if drawn.is_hollow else 255),
        "name": drawn.shape,
        "outline_color": _rgba(drawn.mark.colour if is_line else palette.OUTLINE),
        "outline_style": "solid",
        "outline_width": "0.5" if is_line else "0.2",
        "size": f"{drawn.width_mm:g}",
    }
    return _symbol(number, "marker", "SimpleMarker", look)


def _classified(symbols: PointSymbols) -> str:
    """Column or expression whose values are the codes of the classes."""
    if symbols.apart is None:
        return symbols.column
    return (
        f"CASE WHEN {_is_apart(symbols.apart)} THEN '{symbols.apart.drawn.code}' "
        f'ELSE "{symbols.column}" END'
    )


def _is_apart(apart: PointsApart) -> str:
    codes = ", ".join(f"'{code}'" for code in apart.codes)
    return f"coalesce(\"{apart.column}\", '') IN ({codes})"


def _filter(symbols: PointSymbols, of: PointClass) -> str:
    """Expression that is true of the features of a class."""
    column, apart = symbols.column, symbols.apart
    if apart and of is apart.drawn:
        return _is_apart(apart)
    if of.is_unknown:
        return f'"{column}" IS NULL' + (f" AND NOT {_is_apart(apart)}" if apart else "")
    bounds = ((">=", of.low), ("<", of.high))
    parts = [f'"{column}" {sign} {bound!r}' for sign, bound in bounds if bound is not None]
    return " AND ".join(parts)


def _symbol(number: int, kind: str, layer: str, look: Mapping[str, str]) -> str:
    """A symbol of one layer; QGIS before 3.22 reads `prop`, later ones `Option`."""
    options = {"angle": "0", **look, **_MILLIMETRES}
    listed = "".join(
        f'<Option type="QString" name="{key}" value="{value}"/>' for key, value in options.items()
    )
    props = "".join(f'<prop k="{key}" v="{value}"/>' for key, value in options.items())
    return (
        f'<symbol type="{kind}" name="{number}" alpha="1" clip_to_extent="1" force_rhr="0">'
        f'<layer class="{layer}" enabled="1" locked="0" pass="0">'
        f'<Option type="Map">{listed}</Option>{props}</layer></symbol>'
    )


def _names(labels: NameLabels, *, placement: int) -> str:
    """Labels from a column, with a white buffer; a name is never read as an expression or HTML."""
    visible = (
        f'<rendering scaleVisibility="1" scaleMin="1" scaleMax="{labels.scale}"/>'
        if labels.scale
        else ""
    )
    return (
        '<labeling type="simple"><settings calloutType="simple">'
        f'<text-style fieldName="{labels.column}" isExpression="0" allowHtml="0" fontSize="9" '
        f'fontWeight="{75 if labels.is_bold else 50}" '
        f'fontSizeUnit="Point" textColor="{_rgba(DARK)}">'
        '<text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" '
        f'bufferColor="255,255,255,220"/></text-style><placement placement="{placement}" '
        f'dist="1.5" distUnits="MM"/>{visible}</settings></labeling>'
    )


def _document(
    renderer: str,
    fields: Mapping[str, Field],
    *,
    sort: str,
    labeling: str = "",
    scale: int = 0,
    expressions: Mapping[str, str] | None = None,
) -> str:
    """A whole style: of symbols, labels and columns."""
    filled = "".join(
        f'<default field={quoteattr(name)} expression={quoteattr(how)} applyOnUpdate="1"/>'
        for name, how in (expressions or {}).items()
    )
    defaults = f"<defaults>{filled}</defaults>" if filled else ""
    visible = (
        f'hasScaleBasedVisibilityFlag="1" minScale="{scale}" maxScale="0"'
        if scale
        else 'hasScaleBasedVisibilityFlag="0"'
    )
    aliases = "".join(
        f'<alias field={quoteattr(name)} index="{index}" name={_quoted(shown.label)}/>'
        for index, (name, shown) in enumerate(fields.items(), start=1)  # 0 is the row number
    )
    widgets = "".join(_widget(name, shown) for name, shown in fields.items() if shown.words)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.22.0" styleCategories="{_CATEGORIES}" '
        f'labelsEnabled="{int(bool(labeling))}" {visible}>'
        f"{renderer}{labeling}<fieldConfiguration>{widgets}</fieldConfiguration>"
        f"<aliases>{aliases}</aliases>{defaults}"
        f'<attributetableconfig sortExpression="&quot;{sort}&quot;" sortOrder="0"/></qgis>'
    )


def _widget(name: str, shown: Field) -> str:
    """Words in place of the codes of a column."""
    listed = "".join(
        f'<Option type="Map"><Option type="QString" name={_quoted(words)} value={quoteattr(code)}/>'
        "</Option>"
        for code, words in shown.words.items()
    )
    return (
        f'<field name={quoteattr(name)}><editWidget type="ValueMap"><config><Option type="Map">'
        f'<Option type="List" name="map">{listed}</Option></Option></config></editWidget></field>'
    )


def _quoted(words: str) -> str:
    return quoteattr(plain(words))


def _rgba(colour: str, alpha: int = 255) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{alpha}"
