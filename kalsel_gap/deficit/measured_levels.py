"""Levels that were measured at schools, as evidence beside maps: of each operator the median.

No signal at all counts as the lowest level of the technology's curve, whose adequacy is 0.
Only a level with the NPSN of a school is one at that school, and it is so wherever the school
stands. Levels that have a place alone calibrate predictions (:mod:`kalsel_gap.radio.links`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.deficit.map_evidence import EVIDENCE
from kalsel_gap.indicators import available
from kalsel_gap.radio.links.usable_levels import usable_adequacy
from kalsel_gap.sources.signal_levels import read_levels

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.findings import Finding
    from kalsel_gap.project.model import Opened

_KEYS = ["npsn", "technology", "operator"]
_KINDS = {"4g": "rsrp_dbm", "5g": "rsrp_dbm"}  # otherwise level_dbm, as of a map


def measured_at_schools(
    places: gpd.GeoDataFrame, opened: Opened
) -> tuple[pd.DataFrame, list[Finding]]:
    """The measured levels of the project at each place of the schools that they name.

    Parameters
    ----------
    places : GeoDataFrame
        As :func:`kalsel_gap.sources.school_points.alternatives` gives them.
    opened : Opened
        The project.

    Returns
    -------
    evidence : DataFrame
        As of :func:`.map_evidence.read_maps`, one row for each place, operator and technology;
        ``basis`` is *measured*.
    findings : list of Finding
        Rows that cannot be read.
    """
    levels, findings = read_levels(opened)
    curves = {str(name): curve for name, curve in opened.project.signal.curves.items()}
    own = levels[(levels["npsn"] != "") & levels["technology"].isin(list(curves))]
    if own.empty:
        return pd.DataFrame(columns=list(EVIDENCE)), findings
    nothing_dbm = own["technology"].map({name: each.points[0][0] for name, each in curves.items()})
    own = own.assign(
        measured_dbm=own["measured_dbm"].mask(own["is_none"].astype(bool), nothing_dbm)
    )
    of_school = own.groupby(_KEYS, as_index=False).agg(
        level_dbm=("measured_dbm", "median"), source=("file", "min")
    )
    position = pd.DataFrame(
        {
            "at": np.arange(len(places)),
            **{name: places[name].to_numpy() for name in ("row_id", "npsn", "place")},
        }
    )
    found = position.merge(of_school, on="npsn").sort_values(["at", *_KEYS[1:]], ignore_index=True)
    adequacy, is_usable = np.full(len(found), np.nan), np.zeros(len(found))
    for technology, curve in curves.items():
        rows = (found["technology"] == technology).to_numpy()
        adequacy[rows] = available.from_level(found.loc[rows, "level_dbm"], curve.points)
        least = usable_adequacy(technology, opened.project)
        is_usable[rows] = available.is_usable(adequacy[rows], least)
    has_signal = adequacy > 0
    made = found.assign(
        basis="measured",
        kind=[_KINDS.get(technology, "level_dbm") for technology in found["technology"]],
        date="",
        number=len(opened.project.coverage) + len(opened.project.measurements),
        detection_dbm=np.nan,
        level_dbm=found["level_dbm"].where(has_signal),
        adequacy=adequacy,
        least=adequacy,
        most=adequacy,
        signal_share=has_signal.astype("float64"),
        usable_share=is_usable,
        known_share=1.0,
        status=np.where(has_signal, "value", "none"),
        spread_db=0.0,
    )
    return made[list(EVIDENCE)], findings
