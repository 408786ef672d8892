"""Named styles of a layer: the same symbols as QML for QGIS and as SLD for map servers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kalsel_gap.deliverables import qgis_style, sld

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kalsel_gap.deliverables.qgis_style import Field
    from kalsel_gap.deliverables.symbology import Outline, PointSymbols


@dataclass(frozen=True, slots=True)
class NamedStyle:
    """A style of a layer.

    Attributes
    ----------
    name : str
        As a reader sees it.
    qml, sld : str
        For QGIS and for map servers.
    """

    name: str
    qml: str
    sld: str


def points_style(
    symbols: PointSymbols,
    fields: Mapping[str, Field],
    layer: str,
    *,
    sort: str,
    expressions: Mapping[str, str] | None = None,
) -> NamedStyle:
    """Style of a layer of points.

    Parameters
    ----------
    symbols : PointSymbols
    fields : dict of Field
    layer : str
        Name of the layer.
    sort, expressions
        As :func:`.qgis_style.points_qml` takes them.
    """
    qml = qgis_style.points_qml(symbols, fields, sort=sort, expressions=expressions)
    return NamedStyle(symbols.name, qml, sld.points_sld(symbols, layer))


def outline_style(
    outline: Outline, fields: Mapping[str, Field], layer: str, *, sort: str
) -> NamedStyle:
    """Style of a layer of areas that shows their boundaries."""
    qml = qgis_style.outline_qml(outline, fields, sort=sort)
    return NamedStyle(outline.name, qml, sld.outline_sld(outline, layer))
