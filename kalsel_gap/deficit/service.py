"""Stage ``service``: required bandwidth, delivered adequacy, and how it is known.

Its own speed tests come before its subscription, that before the register's field; where none of
them speaks, what is delivered is inferred from what is available.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.indicators import available, delivered
from kalsel_gap.sources.cells import fold
from kalsel_gap.stages import Stage, Staged

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.project.index import Inference
    from kalsel_gap.project.model import Opened

NO_INTERNET = frozenset({"tidakada", "none", "no", "0", "tidak"})


def assess_service(schools: gpd.GeoDataFrame, opened: Opened, *_: object) -> Staged:
    """Tests before subscription before the register's field; else inferred from A_a.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns that :data:`STAGE` reads.
    opened : Opened
        The project.

    Returns
    -------
    Staged
        The columns of the stage *service*.
    """
    index, counts = opened.project.index, counted(schools)
    required_mbps = delivered.required_mbps(
        schools["students"].astype("float64"), index.required_mbps
    )
    tested, subscribed = (
        pd.Series(
            delivered.adequacy(schools[down], schools[up], latency, required_mbps, index.adequacy),
            index=schools.index,
        )
        for down, up, latency in (
            ("measured_down_mbps", "measured_up_mbps", schools["measured_latency_ms"]),
            ("subscription_down_mbps", "subscription_up_mbps", np.full(len(schools), np.nan)),
        )
    )
    folded = schools["internet"].fillna("").map(fold)
    without = folded.isin(NO_INTERNET)
    register = pd.Series(np.where(without, 0.0, np.nan), index=schools.index)
    known = tested.fillna(subscribed).fillna(register)
    columns = pd.DataFrame(
        {
            "required_mbps": required_mbps,
            "delivered": known,
            "delivered_low": known,
            "delivered_high": known,
            "delivered_status": np.where(known.notna(), "known", "unknown"),
            "delivered_basis": np.select(
                [tested.notna(), subscribed.notna(), without],
                ["test", "subscription", "register"],
                "",
            ),
        }
    )
    wanted = known.isna() & schools["available"].notna() & counts
    if wanted.any():
        both = known.notna() & schools["available"].notna() & counts
        mean, low, high, rule = infer_delivered(schools, known, both, wanted, index.inference)
        columns.loc[wanted, "delivered"] = mean
        columns.loc[wanted, "delivered_low"] = low
        columns.loc[wanted, "delivered_high"] = high
        columns.loc[wanted, ["delivered_status", "delivered_basis"]] = "inferred", rule
    columns["delivered_basis"] = columns["delivered_basis"].replace("", None)
    return Staged(schema.table(columns, schema.of_stage("service")))


STAGE = Stage(
    "service",
    assess_service,
    reads=(
        *("lat", "is_duplicate", "students", "internet", "available", "terrain_class"),
        *("measured_down_mbps", "measured_up_mbps", "measured_latency_ms"),
        *("subscription_down_mbps", "subscription_up_mbps"),
    ),
    sections=("index.required_mbps", "index.adequacy", "index.inference"),
    writes=("service",),
)


def counted(schools: pd.DataFrame) -> pd.Series[bool]:
    """Schools that are located and no duplicates: the others are neither scored nor asked."""
    return ~schools["is_duplicate"].astype(bool) & schools["lat"].notna()


def infer_delivered(
    schools: pd.DataFrame,
    known: pd.Series[float],
    both: pd.Series[bool],
    wanted: pd.Series[bool],
    rule: Inference,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """Conditional mean and interval of A_d given A_a, and the rule that gave them.

    The binned rule (A_a quintile × terrain) where enough schools have both, else the Beta rule.

    Parameters
    ----------
    schools : DataFrame
        With ``available`` and ``terrain_class``.
    known : Series of float
        Known A_d.
    both, wanted : Series of bool
        Schools to learn from, schools to infer.
    rule : Inference
        Numbers of the rule.

    Returns
    -------
    mean, low, high : float arrays, one value per wanted school
    basis : {'binned', 'beta'}
    """
    x, group = schools.loc[wanted, "available"], schools.loc[wanted, "terrain_class"]
    if both.sum() >= rule.minimum_schools:
        distribution = available.binned(
            schools.loc[both, "available"], known[both], schools.loc[both, "terrain_class"], rule
        )
        mean = distribution.mean(x, group)
        low, high = (distribution.quantile(x, group, q) for q in delivered.INTERVAL)
        return mean, np.minimum(low, mean), np.maximum(high, mean), "binned"
    return delivered.beta_mean(x, rule), *delivered.beta_interval(x, rule), "beta"
