"""Why a school stands where it does: the code of its main reason, and its main hindrance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kalsel_gap.project.index import Index

# A hindrance is named from this score on.
_WORTH_NAMING = 0.3
# With signal at fewer of the places than this, its level is that of a part and the share is stated.
_NEARLY_EVERYWHERE = 0.95
# Beside the main reason so many leaves are named, each with this share of the priority at least.
_MOST_LEAVES = 3
_LEAST_SHARE = 0.02
# What the sentence of a reason is made from, where that is not the column of its leaf.
_PARAMETERS = {
    "covered_unverified": ("best_technology", "best_level_dbm", "best_signal_share"),
    "few_tests": ("delivered_down_mbps", "required_mbps"),
    "far_from_sites": ("site_4g_km",),
    "poor_network": ("best_technology",),
    "patchy_signal": ("best_technology", "best_level_dbm", "best_signal_share"),
    "poor_signal": ("best_technology", "best_level_dbm"),
    "slow": ("delivered_basis", "delivered_down_mbps", "required_mbps"),
    "unconnected": ("best_technology", "best_level_dbm", "best_signal_share"),
    "terrain_class": ("terrain_class",),
    "vulnerable": ("vulnerability", "level", "inclusive", "village_index", "poor_share"),
}


@dataclass(frozen=True, slots=True)
class RankReason:
    """One reason for the place of a school.

    Attributes
    ----------
    code : str
        That of :func:`main_reason`; of a further reason the leaf of barrier or need.
    parameters : dict
        By column what the sentence is made from; None where unknown.
    contribution : float or None
        What the leaf adds to the priority; None of the main reason, which is no single leaf.
    """

    code: str
    parameters: dict[str, Any]
    contribution: float | None = None


def reasons_of(
    row: Mapping[str, Any], contributions: Mapping[str, float], index: Index
) -> tuple[RankReason, ...]:
    """Why one school stands where it does: the main reason, then what adds most to its priority.

    Leaves that are inferred, or hardly contribute, are no reasons.

    Parameters
    ----------
    row : mapping
        The school's row, None where unknown.
    contributions : mapping of float
        By leaf, to the priority; empty for a school without a rank.
    index : Index
        The trees.
    """
    code = str(row["reason"])
    main = RankReason(code, {name: row.get(name) for name in _PARAMETERS.get(code, ())})
    least = _LEAST_SHARE * float(row["priority"] or 0.0)
    leaves = index.leaves()
    named = [
        (value, leaf)
        for leaf, value in contributions.items()
        if leaf in leaves
        and code != "adequate"
        and value > 0.0
        and value >= least
        and row.get(f"{leaf}_status") == "known"
        and float(row.get(f"{leaf}_score") or 0.0) >= _WORTH_NAMING
    ]
    named.sort(key=lambda each: (-each[0], each[1]))
    beside = []
    for value, leaf in named[:_MOST_LEAVES]:
        columns = _PARAMETERS.get(leaf, (str(leaves[leaf].column),))
        beside.append(RankReason(leaf, {name: row.get(name) for name in columns}, value))
    return (main, *beside)


def main_reason(scores: pd.DataFrame, schools: pd.DataFrame) -> pd.Series[str]:
    """Code of the main reason; the sentence is made at the edge from the row's own numbers.

    Parameters
    ----------
    scores : DataFrame
        With ``gap_type`` and ``unranked_reason``.
    schools : DataFrame
        The same rows, with the columns of the stages *signals* and *service*.
    """
    gap = scores["gap_type"]
    poor = gap.isin(["uncovered", "weak"])
    by_test = ~gap.isin(["adequate", "slow"]) & (schools["delivered_basis"] == "test")
    has_level = schools["best_level_dbm"].notna()
    partly = has_level & (schools["best_signal_share"] < _NEARLY_EVERYWHERE)
    return pd.Series(
        np.select(
            [
                scores["unranked_reason"].notna(),
                by_test & (schools["delivered_status"] != "known"),
                by_test,
                gap.isin(["adequate", "slow", "unconnected", "covered_unverified"]),
                poor & (schools["available_evidence"] == "distance"),
                poor & (schools["available"] == 0),
                poor & ~has_level,
                poor & partly,
                poor,
            ],
            [
                scores["unranked_reason"].fillna(""),
                "few_tests",
                "slow",  # its tests show next to nothing
                gap,
                "far_from_sites",
                "no_signal",
                "poor_network",
                "patchy_signal",
                "poor_signal",
            ],
            "coverage_unknown",
        ),
        index=scores.index,
        dtype="str",
    )


def main_hindrance(scores: pd.DataFrame, leaves: Sequence[str], index: Index) -> pd.Series[str]:
    """Leaf that adds most to the priority, of those known and worth naming; otherwise missing.

    Where a signal is lacking it is a leaf of the barrier: what stands in its way.

    Parameters
    ----------
    scores : DataFrame
        With ``gap_type`` and the columns of the leaves.
    leaves : sequence of str
        Codes of the active leaves.
    index : Index
        The trees.
    """
    lacking = scores["gap_type"].isin(["uncovered", "weak"])
    parts = pd.DataFrame(
        {
            leaf: scores[f"{leaf}_contribution"].where(
                (scores[f"{leaf}_status"] == "known")
                & (scores[f"{leaf}_score"] >= _WORTH_NAMING)
                & (~lacking | (index.root(leaf) == "barrier"))
            )
            for leaf in leaves
        },
        index=scores.index,
    ).fillna(0.0)
    if parts.empty:
        return pd.Series(None, index=scores.index, dtype="str")
    largest = parts.idxmax(axis="columns").astype("str")
    return largest.where(parts.max(axis="columns") > 0)
