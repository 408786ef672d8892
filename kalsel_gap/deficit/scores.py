"""Stage ``scores``: deficit, barrier, need, priority, gap type, tier, rank, contributions.

``D = (1 - A_d) · (λ + (1 - λ)(1 - A_a))`` and ``P = D · (.5 + .3 N + .2 H)``, all from 0 good to
1 bad. H and N are trees of weighted power means over leaves with fixed goalposts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deficit.service import counted
from kalsel_gap.deficit.trees import Trees, measure
from kalsel_gap.indicators import need
from kalsel_gap.stages import Staged

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.project.index import Gap, Index, Priority
    from kalsel_gap.project.model import Opened

# Beyond this many decimals two scores are one: the last bits differ between machines.
DECIMALS = 12
# A deficit of which only what is delivered is known lies between two ends; this is their middle.
_NEUTRAL = 0.5
# A hindrance is named from this score on.
_WORTH_NAMING = 0.3


def score_schools(schools: gpd.GeoDataFrame, opened: Opened) -> Staged:
    """The columns of the stage *scores*.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns of all stages before.
    opened : Opened
        The project.

    Returns
    -------
    Staged
        Those of the schema and, for each active leaf, ``<leaf>_score``, ``<leaf>_status`` and
        ``<leaf>_contribution``.
    """
    index, counts = opened.project.index, counted(schools)
    out = _shortfall(schools, index, counts)
    out = out.join(_need_facts(schools, index, counts))
    trees = measure(schools.join(out), index, counts)
    ranked = out["deficit"].notna()
    out["barrier"], out["need"] = trees.value["barrier"], trees.value["need"]
    base, share = _priority_weights(trees, index.priority)
    out = out.join(_priority(out["deficit"], schools["delivered"], trees, index, (base, share)))
    out = out.join(_leaves(out["deficit"], trees, index, share))
    out["completeness"] = _completeness(schools, trees, index).where(ranked)
    out["rank"] = rank(schools.join(out[["deficit", "priority"]]), by="deficit")
    out["reason"] = _reason(out, schools)
    out["hindrance"] = _hindrance(out, list(trees.share), index).where(ranked)
    written = (*schema.of_stage("scores"), *schema.leaf_columns(trees.share))
    return Staged(schema.table(out, written))


def _shortfall(schools: gpd.GeoDataFrame, index: Index, counts: pd.Series[bool]) -> pd.DataFrame:
    """Deficit with its status, gap type and tier, or the reason why there is none."""
    a_d, a_a = schools["delivered"], schools["available"]
    is_known = schools["delivered_status"] == "known"
    value = deficit(a_d, a_a, index.weight_delivered).where(counts)
    ranked = value.notna()
    status = [~ranked, is_known & (schools["available_status"] == "known")]
    unranked = [ranked, schools["is_duplicate"].astype(bool), schools["lat"].isna()]
    reason = np.select(unranked, ["", "duplicate", "no_location"], "no_evidence")
    gap = gap_type(a_d.where(is_known), a_a.where(counts), index.gap)
    out = pd.DataFrame({"deficit": value}, index=schools.index)
    out["deficit_status"] = np.select(status, ["unknown", "known"], "inferred")
    out["unranked_reason"] = reason
    out["unranked_reason"] = out["unranked_reason"].replace("", None)
    out["gap_type"] = gap.where(ranked, "unknown")
    out["tier"] = tier(value, index.tiers.bounds)
    return out


def _priority_weights(trees: Trees, weights: Priority) -> tuple[float, dict[str, float]]:
    """Weight of the deficit alone and of each tree in the priority; together 1.

    A tree for which the project has nothing at all is left out.
    """
    given = {"barrier": weights.barrier, "need": weights.need}
    given = {root: weight for root, weight in given.items() if trees.value[root].notna().any()}
    total = (weights.base + sum(given.values())) or 1.0
    return weights.base / total, {root: weight / total for root, weight in given.items()}


def _priority(
    deficit_: pd.Series[float],
    delivered_: pd.Series[float],
    trees: Trees,
    index: Index,
    weights: tuple[float, dict[str, float]],
) -> pd.DataFrame:
    """Priority, and what service, signal and unknown trees contribute to it.

    A tree that is unknown for a single school counts as the middle of its range, so that knowing
    less moves nobody to the front.
    """
    base, share = weights
    out = pd.DataFrame(index=deficit_.index)
    own = base * index.weight_delivered * (1 - delivered_)
    out["delivered_contribution"] = own.where(deficit_.notna())
    rest = base * deficit_ - out["delivered_contribution"]
    out["available_contribution"] = rest.clip(lower=0.0)  # rounding can give a value below 0
    out["priority"] = base * deficit_
    out["unknown_contribution"] = 0.0 * deficit_
    for root, weight in share.items():
        value = trees.value[root]
        out["priority"] += weight * deficit_ * value.fillna(_NEUTRAL)
        out["unknown_contribution"] += (weight * deficit_ * _NEUTRAL).where(value.isna(), 0.0)
    out["priority"] = out["priority"].clip(0.0, 1.0)
    return out


def _leaves(
    deficit_: pd.Series[float], trees: Trees, index: Index, share: dict[str, float]
) -> pd.DataFrame:
    """Score and status of each active leaf, and what it contributes to the priority."""
    columns: dict[str, pd.Series[float] | pd.Series[str]] = {}
    for leaf, part in trees.share.items():
        root = index.root(leaf)
        columns[f"{leaf}_score"] = trees.score[leaf]
        columns[f"{leaf}_status"] = trees.status[leaf]
        weight = share.get(root, 0.0)
        contribution = deficit_ * weight * trees.value[root].fillna(0.0) * part.fillna(0.0)
        columns[f"{leaf}_contribution"] = contribution.clip(0, 1)
    return pd.DataFrame(columns, index=deficit_.index)


def deficit(
    delivered_: pd.Series[float], available_: pd.Series[float], weight_delivered: float
) -> pd.Series[float]:
    """``D = (1 - A_d) · (λ + (1 - λ)(1 - A_a))``.

    With A_a unknown D lies between λ(1 - A_d) and 1 - A_d: their middle stands for it, and the
    deficit's status says that it is inferred. With A_d unknown D is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> deficit(pd.Series([0.168, 1.0]), pd.Series([0.21, 0.0]), 0.6).round(3).tolist()
    [0.762, 0.0]
    """
    out_of_reach = 1.0 - available_.fillna(_NEUTRAL)
    short = 1.0 - delivered_
    # (λ + (1 - λ) x) rounds above 1 for x = 1 and some λ.
    return (short * (weight_delivered + (1.0 - weight_delivered) * out_of_reach)).clip(0.0, 1.0)


def gap_type(
    delivered_: pd.Series[float], available_: pd.Series[float], rule: Gap
) -> pd.Series[str]:
    """What kind of gap it is.

    Parameters
    ----------
    delivered_ : Series of float
        A_d where it is known, NaN where it is not (an inferred one is not known).
    available_ : Series of float
        A_a, NaN where unknown.
    rule : Gap
        Thresholds.
    """
    served = delivered_.notna() & (delivered_ > rule.unconnected)
    return pd.Series(
        np.select(
            [
                delivered_ >= rule.adequate,
                served,
                available_.isna(),
                available_ < rule.weak,
                available_ < rule.covered,
                delivered_.isna(),
            ],
            ["adequate", "slow", "unknown", "uncovered", "weak", "covered_unverified"],
            "unconnected",
        ),
        index=delivered_.index,
        dtype="str",
    )


def tier(deficit_: pd.Series[float], bounds: tuple[float, ...]) -> pd.Series[int]:
    """1 where the deficit reaches the first bound, to 5 below the last; missing where unknown."""
    below = (deficit_.round(DECIMALS).to_numpy()[:, None] < np.asarray(bounds)).sum(axis=1)
    return pd.Series(1 + below, index=deficit_.index, dtype="Int64").mask(deficit_.isna())


def rank(schools: pd.DataFrame, *, by: str) -> pd.Series[int]:
    """Ranks 1, 2, … by `by`, then the other of deficit and priority, then NPSN, then row.

    Parameters
    ----------
    schools : DataFrame
        With ``deficit``, ``priority``, ``npsn`` and ``row_id``.
    by : {'deficit', 'priority'}

    Returns
    -------
    Series of nullable int
        Missing for schools without a deficit.
    """
    other = "priority" if by == "deficit" else "deficit"
    order = schools[["deficit", "priority"]].round(DECIMALS).join(schools[["npsn", "row_id"]])
    order = order[order["deficit"].notna()].sort_values(
        [by, other, "npsn", "row_id"], ascending=[False, False, True, True], kind="stable"
    )
    ranks = pd.Series(range(1, len(order) + 1), index=order.index, dtype="Int64")
    return ranks.reindex(schools.index)


def _need_facts(schools: gpd.GeoDataFrame, index: Index, counts: pd.Series[bool]) -> pd.DataFrame:
    """The facts of need that depend on what is delivered, or on several columns."""
    has = schools["delivered"]
    adequate = (has >= index.gap.adequate) & (schools["delivered_status"] == "known")
    adequate &= counts  # the place of a duplicate is not to be trusted
    columns = {
        "vulnerability": need.vulnerability(
            schools["level"],
            schools["inclusive"],
            schools["village_index"],
            schools["poor_share"],
            index.vulnerability,
        ),
        "idle_devices": need.idle(schools["devices"], has),
        "idle_accounts_share": need.idle(schools["accounts_active_share"], has),
        "adequate_school_km": need.adequate_school_km(schools["lat"], schools["lon"], adequate),
    }
    return pd.DataFrame(columns, index=schools.index)


# --- the trees ---------------------------------------------------------------------------------


def _completeness(schools: gpd.GeoDataFrame, trees: Trees, index: Index) -> pd.Series[float]:
    """Share of the priority's weight that is known: λ and 1 - λ of its base, and the leaves."""
    lam, weights = index.weight_delivered, index.priority
    known: pd.Series[float] = weights.base * (
        lam * (schools["delivered_status"] == "known").astype("float64")
        + (1 - lam) * (schools["available_status"] == "known").astype("float64")
    )
    total = weights.base
    for root, weight in (("need", weights.need), ("barrier", weights.barrier)):
        leaves = [leaf for leaf in trees.share if index.root(leaf) == root]
        if leaves:
            total += weight
        for leaf in leaves:
            known = known + weight * trees.weight[leaf] * (trees.status[leaf] == "known").astype(
                "float64"
            )
    return (known / total).clip(0.0, 1.0)


# --- reasons -----------------------------------------------------------------------------------


def _reason(out: pd.DataFrame, schools: gpd.GeoDataFrame) -> pd.Series[str]:
    """Code of the main reason; the sentence is made at the edge from the row's own numbers."""
    gap = out["gap_type"]
    poor = gap.isin(["uncovered", "weak"])
    return pd.Series(
        np.select(
            [
                out["unranked_reason"].notna(),
                gap.isin(["adequate", "slow", "unconnected", "covered_unverified"]),
                poor & (schools["available_status"] == "inferred"),
                poor & (schools["available"] == 0),
                poor & schools["best_level_dbm"].isna(),
                poor,
            ],
            [
                out["unranked_reason"].fillna(""),
                gap,
                "far_from_sites",
                "no_signal",
                "poor_network",
                "poor_signal",
            ],
            "coverage_unknown",
        ),
        index=out.index,
        dtype="str",
    )


def _hindrance(out: pd.DataFrame, leaves: list[str], index: Index) -> pd.Series[str]:
    """Leaf that adds most to the priority, of those known and worth naming; else missing.

    Where a signal is lacking it is a leaf of the barrier: what stands in its way.
    """
    lacking = out["gap_type"].isin(["uncovered", "weak"])
    parts = pd.DataFrame(
        {
            leaf: out[f"{leaf}_contribution"].where(
                (out[f"{leaf}_status"] == "known")
                & (out[f"{leaf}_score"] >= _WORTH_NAMING)
                & (~lacking | (index.root(leaf) == "barrier"))
            )
            for leaf in leaves
        },
        index=out.index,
    ).fillna(0.0)
    if parts.empty:
        return pd.Series(None, index=out.index, dtype="str")
    largest = parts.idxmax(axis="columns").astype("str")
    return largest.where(parts.max(axis="columns") > 0)
