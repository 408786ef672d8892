"""Styles for QGIS 3.22 and later (QML): symbols, labels, and the words for columns and codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from kalsel_gap.deliverables import palette
from kalsel_gap.i18n.messages import TIER_NAMES
from kalsel_gap.i18n.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kalsel_gap.i18n.text import Text

_CATEGORIES = "Symbology|Labeling|Fields|AttributeTable|Rendering"
_MILLIMETRES = {"outline_width_unit": "MM", "size_unit": "MM"}
_DARK, _GREY = "#3a3a3a", "#6e6e6e"
# Of the outlines of areas: width in mm, style of the line, and the scale from which it is drawn.
_OUTLINES: dict[str, tuple[float, str, int]] = {
    "province": (0.8, "solid", 0),
    "kabupaten": (0.5, "solid", 0),
    "kecamatan": (0.3, "dash", 1_500_000),
    "desa": (0.15, "dot", 250_000),
}


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


def schools_qml(fields: Mapping[str, Field], text: Text) -> str:
    """One marker for each tier, by shape and colour, and one for unknown; the worst on top."""
    marks = [*palette.TIERS.items(), ("", palette.UNKNOWN)]
    categories, symbols = "", ""
    for number, (value, mark) in enumerate(marks):
        label = quoteattr(text(TIER_NAMES[value or "unknown"]))
        categories += f'<category render="true" symbol="{number}" value="{value}" label={label}/>'
        hollow = mark.shape == "ring"
        look = {
            "color": _rgba(mark.colour, 0 if hollow else 255),
            "name": "circle" if hollow else mark.shape,
            "outline_color": _rgba(mark.colour if hollow else palette.OUTLINE),
            "outline_style": "solid",
            "outline_width": "0.6" if hollow else "0.2",
            "size": "2.8",
        }
        symbols += _symbol(number, "marker", "SimpleMarker", look)
    # What is drawn last lies on top; a school without a rank lies below all others.
    order = '<orderby><orderByClause asc="0" nullsFirst="1">"rank"</orderByClause></orderby>'
    renderer = (
        '<renderer-v2 type="categorizedSymbol" attr="tier_label" symbollevels="0" '
        f'enableorderby="1" forceraster="0"><categories>{categories}</categories>'
        f"<symbols>{symbols}</symbols>{order}</renderer-v2>"
    )
    return _document(renderer, fields, sort="rank")


def sites_qml(fields: Mapping[str, Field]) -> str:
    """A small dark cross."""
    look = {
        "color": _rgba(_DARK),
        "name": "cross",
        "outline_color": _rgba(_DARK),
        "outline_style": "solid",
        "outline_width": "0.4",
        "size": "2.2",
    }
    renderer = _single(_symbol(0, "marker", "SimpleMarker", look))
    return _document(renderer, fields, sort="site_id")


def areas_qml(level: str, fields: Mapping[str, Field]) -> str:
    """Outlines with names; those of small areas appear when the map is zoomed in."""
    width, style, scale = _OUTLINES[level]
    look = {
        "color": _rgba(_DARK, 0),
        "style": "no",
        "outline_color": _rgba(_DARK if scale == 0 else _GREY),
        "outline_style": style,
        "outline_width": f"{width:g}",
    }
    renderer = _single(_symbol(0, "fill", "SimpleFill", look))
    names = "" if level == "province" else _names(bold=level == "kabupaten")
    return _document(renderer, fields, sort="code", labeling=names, scale=scale)


def visits_qml(fields: Mapping[str, Field], expressions: Mapping[str, str]) -> str:
    """Large markers with the order of the visits; `expressions` fill columns that were edited."""
    look = {
        "color": _rgba(palette.TIERS["severe"].colour),
        "name": "circle",
        "outline_color": _rgba(_DARK),
        "outline_style": "solid",
        "outline_width": "0.4",
        "size": "4",
    }
    renderer = _single(_symbol(0, "marker", "SimpleMarker", look))
    names = _names(bold=True, column="visit")
    return _document(renderer, fields, sort="visit", labeling=names, expressions=expressions)


def _single(symbol: str) -> str:
    return (
        '<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0">'
        f"<symbols>{symbol}</symbols></renderer-v2>"
    )


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


def _names(*, bold: bool, column: str = "name") -> str:
    """Labels from a column, with a white buffer."""
    weight = "75" if bold else "50"
    return (
        '<labeling type="simple"><settings calloutType="simple">'
        f'<text-style fieldName="{column}" isExpression="0" fontSize="9" fontWeight="{weight}" '
        f'fontSizeUnit="Point" textColor="{_rgba(_DARK)}">'
        '<text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" '
        'bufferColor="255,255,255,220"/></text-style><placement placement="1"/>'
        "</settings></labeling>"
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
