"""Schools as GeoParquet 1.1 (https://geoparquet.org/releases/v1.1.0/), with bounding boxes.

Each column has its label and description in the metadata of its field, as key and value; the file
has what it rests on under the key ``kalsel_gap``, as JSON.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from kalsel_gap.deliverables.gis_layers import drawn_schools, facts_of, school_fields
from kalsel_gap.deliverables.layer_crs import METRIC_CRS
from kalsel_gap.deliverables.tables import all_notices

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from kalsel_gap.i18n.text import Text
    from kalsel_gap.storage.run_folder import Run

VERSION = "1.1.0"


def to_geoparquet(
    run: Run,
    schools: pd.DataFrame,
    text: Text,
    *,
    crs: str = METRIC_CRS,
    without: Collection[str] = (),
) -> bytes:
    """Schools as the bytes of a GeoParquet file; no geometry where the location is unusable.

    Parameters
    ----------
    run : Run
        The run of the schools.
    schools : DataFrame
        A view of the run's schools.
    text : Text
        Language of the reasons, labels and descriptions.
    crs : str
        Coordinate reference system of the points.
    without : collection of str
        Columns that are left out.
    """
    import pyarrow.parquet as pq

    drawn, written = drawn_schools(run, schools, text), io.BytesIO()
    layer = drawn.drop(columns=list(without)).to_crs(crs)
    layer.to_parquet(
        written, index=False, compression="zstd", schema_version=VERSION, write_covering_bbox=True
    )
    # geopandas has no place for metadata of columns.
    table = pq.read_table(io.BytesIO(written.getvalue()))
    arranged = table.schema
    of_layer = school_fields(run, text)
    for name, shown in ((name, of_layer[name]) for name in layer.columns if name in of_layer):
        number = arranged.get_field_index(name)
        about = {"label": shown.label, "description": shown.description}
        if shown.words:
            about["codes"] = json.dumps(dict(shown.words), ensure_ascii=False)
        arranged = arranged.set(number, arranged.field(number).with_metadata(about))
    facts = {**facts_of(run, text), "notices": all_notices(run, text)}
    rests_on = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    table = table.cast(arranged).replace_schema_metadata(
        {**(table.schema.metadata or {}), b"kalsel_gap": rests_on.encode()}
    )
    again = io.BytesIO()
    pq.write_table(table, again, compression="zstd")
    return again.getvalue()
