"""Why a school stands where it does: the code of its main reason, and its main hindrance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.project.index import Index

# A hindrance is named from this score on.
_WORTH_NAMING = 0.3
# With signal at fewer of the places than this, its level is that of a part and the share is stated.
_NEARLY_EVERYWHERE = 0.95


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
    has_level = schools["best_level_dbm"].notna()
    partly = has_level & (schools["best_signal_share"] < _NEARLY_EVERYWHERE)
    return pd.Series(
        np.select(
            [
                scores["unranked_reason"].notna(),
                ~gap.isin(["adequate", "slow"]) & (schools["delivered_basis"] == "test"),
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
