"""Schools as FlatGeobuf (https://flatgeobuf.org), with its spatial index.

The index has no place for a school without a location, so such rows are not in the file;
the command says how many there are. It also orders the features by place, not by rank.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from kalsel_gap.deliverables.gis_layers import drawn_schools, facts_of
from kalsel_gap.deliverables.layer_crs import METRIC_CRS
from kalsel_gap.deliverables.tables import all_notices
from kalsel_gap.i18n.text import N_

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.i18n.text import Text
    from kalsel_gap.storage.run_folder import Run


def to_flatgeobuf(run: Run, schools: pd.DataFrame, text: Text, *, crs: str = METRIC_CRS) -> bytes:
    """The schools that have a location, as the bytes of a FlatGeobuf file.

    Parameters
    ----------
    run : Run
        The run of the schools.
    schools : DataFrame
        A view of the run's schools.
    text : Text
        Language of the reasons.
    crs : str
        Coordinate reference system of the points.
    """
    import pyogrio

    layer = drawn_schools(run, schools, text)
    layer, written = layer[layer.geometry.notna()].to_crs(crs), io.BytesIO()
    described = text(N_("Schools that have a usable location."))
    options = {
        "SPATIAL_INDEX": "YES" if len(layer) else "NO",  # there is none of nothing
        "TITLE": "schools",
        "DESCRIPTION": " ".join((*all_notices(run, text), described)),
    }
    facts = json.dumps(facts_of(run, text), ensure_ascii=False, sort_keys=True)
    pyogrio.write_dataframe(
        layer,
        written,
        layer="schools",
        driver="FlatGeobuf",
        geometry_type="Point",
        layer_options=options,
        layer_metadata={"kalsel_gap": facts},
    )
    return written.getvalue()
