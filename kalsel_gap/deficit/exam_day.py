"""Whether a school can hold the national assessment: what the peak needs against what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.indicators.exam_day import exam_clients, exam_mbps, met_share, rate_of_adequacy

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.model import Project


def measure_exam_day(
    schools: pd.DataFrame,
    stated: pd.DataFrame,
    subscribed_mbps: pd.Series[float],
    required_mbps: FloatArray,
    project: Project,
) -> pd.DataFrame:
    """The ``exam_…`` columns of the schools.

    Parameters
    ----------
    schools : DataFrame
        With ``level``, ``students``, ``difficult_down_mbps`` and ``available``.
    stated : DataFrame
        ``basis`` and ``status`` of the delivered service, as far as a source states it.
    subscribed_mbps : Series of float
        Download rate of the declared subscription, where it is plausible.
    required_mbps : float array of shape (n,)
        Required bandwidth, Mbps.
    project : Project
        Figures of the method.
    """
    clients = exam_clients(
        schools["level"], schools["students"].astype("float64"), project.exam_day
    )
    needed = exam_mbps(clients, project.exam_day)
    basis = stated["basis"]
    has = np.select(
        [basis == "test", basis == "subscription", basis == "register"],
        [schools["difficult_down_mbps"], subscribed_mbps, 0.0],
        np.nan,
    )
    met = met_share(has, needed)
    may_have = rate_of_adequacy(schools["available"], required_mbps, project.index.adequacy)
    # A declared rate is no measured one: what it gives at a peak is inferred.
    met_status = stated["status"].mask(basis == "subscription", "inferred")
    met_status = met_status.mask(np.isnan(met), "unknown").astype("str")
    return pd.DataFrame(
        {
            "exam_clients": clients.astype("Int64"),
            "exam_status": np.select(
                [clients.isna(), clients == 0.0], ["unknown", "none"], "inferred"
            ),
            "exam_mbps": needed,
            "exam_met_share": met,
            "exam_met_status": met_status.mask(clients == 0.0),
            "exam_available_share": met_share(may_have, needed),
        },
        index=schools.index,
    )
