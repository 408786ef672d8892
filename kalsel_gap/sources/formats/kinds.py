"""Each kind of table file as cells of text: what a CSV file of the same table would hold.

A number is its shortest decimal text, without ``.0`` where it is whole; a date is ISO; true and
false are 1 and 0; what is missing is empty. So the same table says the same in every format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.sources.formats.delimited_text import read_csv
from kalsel_gap.sources.formats.json_records import read_json
from kalsel_gap.sources.formats.kml import read_kml
from kalsel_gap.sources.formats.vector_layers import PARQUETS, read_layer_cells, read_parquet
from kalsel_gap.sources.formats.workbooks import read_workbook

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from kalsel_gap.sources.formats.table_cells import (
        TableCells,
    )


WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xls"})


def read_cells(path: Path, sheet: str | None, spellings: Collection[str]) -> TableCells:
    """Read a file by the kind of its ending; any other ending is read as CSV.

    Parameters
    ----------
    path : Path
        The file.
    sheet : str, optional
        Sheet of a workbook, layer of a GeoPackage or of a zipped Shapefile.
    spellings : collection of str
        Folded known headers: they distinguish the header from titles.

    Raises
    ------
    InputError
        Unreadable, or not what its ending says.
    """
    kind = path.suffix.lower()
    if kind in WORKBOOKS:
        return read_workbook(path, sheet)
    if kind in {".gpkg", ".shp", ".zip"}:
        return read_layer_cells(path, sheet)
    whole = {
        **dict.fromkeys((".json", ".geojson"), read_json),
        **dict.fromkeys((".kml", ".kmz"), read_kml),
        **dict.fromkeys(PARQUETS, read_parquet),
    }
    return whole[kind](path) if kind in whole else read_csv(path, spellings)
