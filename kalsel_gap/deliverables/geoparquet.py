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
    import pandas as pd

    from kalsel_gap.i18n.text import Text
    from kalsel_gap.storage.run_folder import Run

VERSION = "1.1.0"


def to_geoparquet(run: Run, schools: pd.DataFrame, text: Text, *, crs: str = METRIC_CRS) -> bytes:
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
    """
    import pyarrow.parquet as pq

    layer, written = drawn_schools(run, schools, text).to_crs(crs), io.BytesIO()
    layer.to_parquet(
        written, index=False, compression="zstd", schema_version=VERSION, write_covering_bbox=True
    )
    # geopandas has no place for metadata of columns.
    table = pq.read_table(io.BytesIO(written.getvalue()))
    arranged = table.schema
    for name, shown in school_fields(run, text).items():
        number = arranged.get_field_index(name)
        about = {"label": shown.label, "description": shown.description}
        if shown.words:
            about["codes"] = json.dumps(dict(shown.words), ensure_ascii=False)
        arranged = arranged.set(number, arranged.field(number).with_metadata(about))
    facts = {**facts_of(run), "notices": all_notices(run, text)}
    rests_on = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    table = table.cast(arranged).replace_schema_metadata(
        {**(table.schema.metadata or {}), b"kalsel_gap": rests_on.encode()}
    )
    again = io.BytesIO()
    pq.write_table(table, again, compression="zstd")
    return again.getvalue()
