"""Stage ``scores``: deficit, barrier, need, priority, rank; and what each leaf contributes.

``P = D · (.5 + .3 N + .2 H)``, all from 0 good to 1 bad. D is :mod:`.deficits`; H and N are trees
of weighted power means over leaves with fixed goalposts, :mod:`.trees`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deficit.contributions import Scored, priority_contributions, priority_weights
from kalsel_gap.deficit.deficits import gap_type, measure_deficits, tier_label
from kalsel_gap.deficit.ranks import rank_schools
from kalsel_gap.deficit.reasons import main_hindrance, main_reason
from kalsel_gap.deficit.service import counted, is_closed
from kalsel_gap.deficit.trees import Trees, measure
from kalsel_gap.deficit.use_cases import judge_use_cases
from kalsel_gap.indicators import need
from kalsel_gap.stages import Staged

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.project.index import Index
    from kalsel_gap.project.model import Opened

INACTIVE = ("leaf", "reason")


def score_schools(
    schools: gpd.GeoDataFrame,
    opened: Opened,
    *,
    service: pd.DataFrame,
    draws: pd.DataFrame | None = None,
) -> Staged:
    """The columns of the stage *scores*.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns of all stages before.
    opened : Opened
        The project.
    service : DataFrame
        The table of the stage *service*.
    draws : DataFrame, optional
        The table ``deficit_draws`` of the stage *certainty*; without it, or where it is empty, the
        interval of the deficit is that of the service alone, in closed form.

    Returns
    -------
    Staged
        Those of the schema and, for each active leaf, ``<leaf>_score``, ``<leaf>_status`` and
        ``<leaf>_contribution``; for each use ``use_<code>_typical`` and ``use_<code>_difficult``.
        Table ``inactive``: :data:`INACTIVE`, leaves that are not scored.
    """
    index, counts = opened.project.index, counted(schools)
    out = measure_deficits(service, index, draws)
    out = out.reindex(schools["row_id"]).set_axis(schools.index)
    out = out.join(_statuses(out, schools, index))
    out = out.join(_need_facts(schools, index, counts))
    ranked = out["deficit"].notna()
    trees = measure(schools.join(out), index, counts=counts, ranked=ranked)
    out["barrier"], out["need"] = trees.value["barrier"], trees.value["need"]
    out = out.join(_priority(out["deficit"], trees, index))
    out = out.join(_contributions(schools, service, trees, index))
    out["completeness"] = _completeness(schools, trees, index).where(ranked)
    out["rank"] = rank_schools(out, by="deficit")
    out["reason"] = main_reason(out, schools)
    out["hindrance"] = main_hindrance(out, list(trees.score), index).where(ranked)
    uses = opened.project.use_cases
    out = out.join(judge_use_cases(schools, uses))
    written = (
        *(*schema.of_stage("scores"), *schema.leaf_columns(trees.score)),
        *schema.use_case_columns(uses.cases),
    )
    inactive = pd.DataFrame(trees.inactive.items(), columns=list(INACTIVE), dtype="str")
    return Staged(schema.table(out, written), tables={"inactive": inactive})


def _statuses(out: pd.DataFrame, schools: gpd.GeoDataFrame, index: Index) -> pd.DataFrame:
    """How the deficit is known, why a school has none, and what kind of gap it has."""
    ranked = out["deficit"].notna()
    both = (schools["delivered_status"] == "known") & (schools["available_status"] == "known")
    reasons = np.select(
        [
            *(ranked, schools["is_duplicate"].astype(bool), is_closed(schools)),
            schools["lat"].isna(),
        ],
        ["", "duplicate", "closed", "no_location"],
        "no_evidence",
    )
    status = pd.Series(
        np.select([~ranked, both], ["unknown", "known"], "inferred"), schools.index, dtype="str"
    )
    label = tier_label(out["tier"], status, out["tier_probability"], index.tiers)
    known = schools["delivered"].where(schools["delivered_status"] == "known")
    # Said of an inferred school only where it is nearly certain.
    sure = schools["delivered"].where(
        (label == "adequate") & (schools["delivered"] >= index.gap.adequate)
    )
    gap = gap_type(known.fillna(sure), schools["available"], index.gap)
    return pd.DataFrame(
        {
            "deficit_status": status,
            "tier_label": label,
            "unranked_reason": pd.Series(reasons, schools.index).replace("", None),
            "gap_type": gap.where(ranked, "unknown"),
        }
    )


def _need_facts(schools: gpd.GeoDataFrame, index: Index, counts: pd.Series[bool]) -> pd.DataFrame:
    """Facts of the need that depend on the service."""
    has = schools["delivered"]
    adequate = (has >= index.gap.adequate) & (schools["delivered_status"] == "known")
    adequate &= counts  # the place of a duplicate is not to be trusted
    distance_km = need.adequate_school_km(schools["lat"], schools["lon"], adequate)
    # Where nobody's service is known, an adequate school may be nearer than the nearest known one.
    known = (schools["delivered_status"] == "known") & counts
    asked = known.groupby(schools["kabupaten"], dropna=False).transform("any")
    return pd.DataFrame(
        {
            "vulnerability": need.vulnerability(
                schools["level"],
                schools["inclusive"],
                schools["village_index"],
                schools["poor_share"],
                index.vulnerability,
            ),
            "idle_devices": need.idle(schools["devices"], has),
            "idle_accounts_share": need.idle(schools["accounts_active_share"], has),
            "adequate_school_km": distance_km.where(asked),
        }
    )


# --- priority ------------------------------------------------------------------------------------


def _priority(deficit: pd.Series[float], trees: Trees, index: Index) -> pd.DataFrame:
    """The priority, and how each leaf of the trees is scored and known."""
    base, *rest = priority_weights(index, trees.value).items()
    priority = base[1] * deficit
    for tree, weight in rest:
        priority = priority + weight * deficit * trees.value[tree]
    leaves = {
        f"{leaf}_{name}": column[leaf]
        for leaf in trees.score
        for name, column in (("score", trees.score), ("status", trees.status))
    }
    return pd.DataFrame({"priority": priority.clip(0.0, 1.0), **leaves})


def _contributions(
    schools: gpd.GeoDataFrame, service: pd.DataFrame, trees: Trees, index: Index
) -> pd.DataFrame:
    """What each leaf contributes to the priority."""
    scored = Scored(
        service=service,
        row_ids=pd.Index(schools["row_id"]),
        leaves={leaf: np.asarray(score, np.float64) for leaf, score in trees.score.items()},
        weights=priority_weights(index, trees.value),
    )
    parts = priority_contributions(scored, index)
    return pd.DataFrame(
        {f"{leaf}_contribution": part.clip(0.0, 1.0) for leaf, part in parts.items()},
        index=schools.index,
    )


def _completeness(schools: gpd.GeoDataFrame, trees: Trees, index: Index) -> pd.Series[float]:
    """Share of the priority's weight that is known: λ and 1 - λ of its base, and the leaves."""
    lam, weights = index.weight_delivered, index.priority
    known: pd.Series[float] = weights.base * (
        lam * (schools["delivered_status"] == "known").astype("float64")
        + (1 - lam) * (schools["available_status"] == "known").astype("float64")
    )
    total = weights.base
    for root, weight in (("need", weights.need), ("barrier", weights.barrier)):
        leaves = [leaf for leaf in trees.score if index.root(leaf) == root]
        if leaves:
            total += weight
        for leaf in leaves:
            known = known + weight * trees.weight[leaf] * (trees.status[leaf] == "known").astype(
                "float64"
            )
    return (known / total).clip(0.0, 1.0)
