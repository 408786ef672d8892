"""Shapes that a table holds as text: WKT, also with its SRID, WKB in hexadecimals, GeoJSON."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.formats.table_cells import LIMIT_BYTES
from kalsel_gap.sources.table_parts import ROW
from kalsel_gap.sources.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

# Folded headers of such columns, as databases and GIS programs write them.
HEADERS = (
    *("wkt", "geometry", "geom", "thegeom", "wkbgeometry", "wktgeom", "geomwkt", "shape"),
    *("geojson", "polygon", "polygons", "wkb", "geometri", "poligon"),
)
_WKT = re.compile(
    r"\s*(?:srid\s*=\s*(?P<srid>\d{1,9})\s*;)?\s*"
    r"(?P<shape>(?:multi)?(?:point|linestring|polygon|curve|surface)|curvepolygon|compoundcurve"
    r"|circularstring|geometrycollection|triangle|tin|polyhedralsurface)\s*(?:z|m|zm)?\s*(?:\(|empty)",
    re.IGNORECASE,
)
_HEX = re.compile(r"\s*0[01][0-9a-f]{8,}\s*", re.IGNORECASE)
_CRS84 = 4326


def read_shapes(path: Path, sheet: str | None = None) -> tuple[gpd.GeoDataFrame, list[int]]:
    """Shapes of a table, in WGS 84 or in the system whose SRID they state, with its other columns.

    Parameters
    ----------
    path : Path
        CSV or workbook.
    sheet : str, optional
        Sheet of a workbook.

    Returns
    -------
    layer : GeoDataFrame
        A row for each shape that can be read.
    unreadable : list of int
        Numbers of the rows whose shape cannot be read.

    Raises
    ------
    InputError
        `table_no_shapes` where no column holds shapes, `shapes_several_crs`; as `read_table`.
    """
    import geopandas as gpd

    before = csv.field_size_limit(LIMIT_BYTES)  # a province's outline is one cell
    try:
        table = read_table(path, sheet, aliases={"geometry": HEADERS}).cells
    finally:
        csv.field_size_limit(before)
    column = _column_of(table)
    if column is None:
        headers = [str(name) for name in table.columns if name != ROW]
        raise InputError("table_no_shapes", path=path, known=", ".join(headers))
    found = [_shape(text) for text in table[column]]
    given = table[column].str.strip() != ""
    lost = [
        int(row)
        for row, (shape, _), text in zip(table[ROW], found, given, strict=True)
        if shape is None and text
    ]
    known = [shape is not None for shape, _ in found]
    systems = {srid for shape, srid in found if shape is not None}
    if len(systems) > 1:
        shown = ", ".join(map(str, sorted(systems)))
        raise InputError("shapes_several_crs", path=path, value=shown)
    layer = gpd.GeoDataFrame(
        table.loc[known].drop(columns=column),
        geometry=[shape for shape, _ in found if shape is not None],
        crs=f"EPSG:{next(iter(systems), _CRS84)}",
    )
    return layer.reset_index(drop=True), lost


def _column_of(table: pd.DataFrame) -> str | None:
    """The column that holds shapes: one of a usual name, otherwise any whose cells are shapes."""
    columns = [str(name) for name in table.columns if name != ROW]
    usual = [name for name in columns if fold(name) in HEADERS]
    for name in (*usual, *columns):
        if _are_shapes(table[name].tolist()):
            return name
    return None


def _are_shapes(texts: Sequence[str]) -> bool:
    first = next((text for text in texts if text.strip()), "")
    return _shape(first)[0] is not None


def _shape(text: str) -> tuple[object | None, int]:
    """A shape and the number of its system; None where the text is none."""
    import shapely

    shape: object | None = None
    srid = _CRS84
    if match := _WKT.match(text):
        srid = int(match["srid"] or _CRS84)
        shape = shapely.from_wkt(text[match.start("shape") :], on_invalid="ignore")
    elif _HEX.fullmatch(text):
        shape = shapely.from_wkb(text.strip(), on_invalid="ignore")
        srid = int(shapely.get_srid(shape)) or _CRS84 if shape is not None else _CRS84
    elif text.lstrip().startswith("{"):
        shape = shapely.from_geojson(text, on_invalid="ignore")
    return shape, srid
