"""Schools at which an operator's coverage and the prediction cannot both be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.findings import Finding, at_school
from kalsel_gap.radio.links import calibration

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened


def disagreements(
    signals: pd.DataFrame, predictions: pd.DataFrame, opened: Opened
) -> list[Finding]:
    """Schools at which an operator's coverage and the prediction cannot both be right.

    Parameters
    ----------
    signals : DataFrame
        The tidy table of the stage *signals*.
    predictions : DataFrame
        That of this stage.
    opened : Opened
        The project.

    Returns
    -------
    list of Finding
        One for each school, of what differs most. Coverage without levels counts as the level
        that its class is worth, and a place without signal as the level that is worth nothing;
        coverage that only says *covered* may be any better. A lower bound contradicts nothing
        better, and below a usable level one is as good as the other. The limit is twice the
        held-out error and that of the coverage; without a held-out error ``disagreement_db``.
    """
    keys = ["row_id", "technology", "operator"]
    claims = signals[(signals["kind"] != "prediction") & (signals["status"] != "unknown")]
    known = predictions.loc[
        predictions["level_dbm"].notna() & (predictions["status"] != "unknown"),
        [*keys, "level_dbm", "reason", "site_id"],
    ]
    both = claims.merge(known, on=keys, suffixes=("", "_predicted"))
    if both.empty:
        return []
    both["claimed_dbm"] = both["level_dbm"].fillna(_worth_as_level(both, opened))
    both["difference_db"] = both["level_dbm_predicted"] - both["claimed_dbm"]
    terms, carriers = opened.project.radio.prediction, opened.project.radio.carriers
    errors = calibration.errors_of(calibration.offsets_of(opened))
    groups = zip(both["operator"], both["technology"], strict=True)
    error_db = pd.Series([errors.get(key, np.nan) for key in groups], both.index, dtype="float64")
    limit = (2.0 * error_db + terms.coverage_error_db).fillna(terms.disagreement_db)
    both["limit_db"] = limit
    usable_dbm = both["technology"].map({name: c.usable_dbm for name, c in carriers.items()})
    both_poor = both[["claimed_dbm", "level_dbm_predicted"]].max(axis=1) < usable_dbm
    exact = both["kind"].isin(["rsrp_dbm", "level_dbm"]) | (both["status"] == "none")
    better = exact & (both["difference_db"] > limit)
    worse = (both["reason"] == "") & (both["difference_db"] < -limit)
    wrong = both[(better | worse) & ~both_poor].assign(
        size=lambda rows: rows["difference_db"].abs()
    )
    wrong = wrong.sort_values(
        ["row_id", "size", *keys[1:], "source"], ascending=[True, False, True, True, True]
    ).drop_duplicates("row_id")
    return [
        at_school(
            "prediction_disagrees",
            row["row_id"],
            row["npsn"],
            column=row["technology"],
            value=row["operator"],
            parameters={
                "raster": row["source"],
                "technology": row["technology"].upper(),
                "operator": row["operator"],
                "claimed_dbm": round(row["claimed_dbm"], 1),
                "predicted_dbm": round(row["level_dbm_predicted"], 1),
                "site": row["site_id"],
                "limit_db": round(row["limit_db"], 1),
            },
        )
        for row in wrong.to_dict("records")
    ]


def _worth_as_level(claims: pd.DataFrame, opened: Opened) -> pd.Series[float]:
    """The level that has the adequacy of each claim, by the curve of its technology."""
    level = pd.Series(np.nan, index=claims.index)
    for technology, curve in opened.project.signal.curves.items():
        rows = claims["technology"] == technology
        levels, worth = zip(*curve.points, strict=True)
        level[rows] = np.interp(claims.loc[rows, "adequacy"], worth, levels)
    return level
