"""The trees of barrier and need: leaves, goalposts, power means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.indicators import need
from kalsel_gap.indicators.imputation import fill_by_group_median, is_widely_known
from kalsel_gap.terrain.classes import is_class_open

if TYPE_CHECKING:
    from kalsel_gap.project.index import Index, Node


@dataclass(frozen=True, slots=True)
class Trees:
    """Barrier and need of each school, and how they are composed.

    Attributes
    ----------
    value : dict of Series
        By root: 0 to 1, NaN where no leaf of the tree is known.
    score : dict of Series
        By active leaf: its score on the goalposts, NaN where unknown.
    status : dict of Series
        By active leaf: known, inferred or unknown.
    weight : dict of float
        By active leaf: its effective weight in its tree; they add up to 1.
    inactive : dict of str
        By leaf that is not scored: *no_data*, *few_kabupaten* or *switched_off*.
    """

    value: dict[str, pd.Series[float]]
    score: dict[str, pd.Series[float]]
    status: dict[str, pd.Series[str]]
    weight: dict[str, float]
    inactive: dict[str, str]


def goalposts(value: pd.Series[float], node: Node) -> pd.Series[float]:
    """``clip((x - best) / (worst - best), 0, 1)`` after the node's transform; NaN stays NaN."""
    assert node.best is not None and node.worst is not None  # noqa: PT018 - a leaf has both
    x, best, worst = value.astype("float64"), node.best, node.worst
    if node.transform == "log10":
        with np.errstate(divide="ignore"):
            x = pd.Series(np.log10(x), index=value.index)
        best, worst = math.log10(best), math.log10(worst)
    return ((x - best) / (worst - best)).clip(0.0, 1.0)


def power_mean(scores_: list[pd.Series[float]], weights: list[float], p: float) -> pd.Series[float]:
    """``(Σ w sᵖ / Σ w)^(1/p)`` over the scores that are known.

    Examples
    --------
    >>> import pandas as pd
    >>> power_mean([pd.Series([0.8]), pd.Series([0.6])], [1.0, 1.0], 2.0).round(4).tolist()
    [0.7071]
    """
    stacked = np.stack([s.to_numpy(dtype=np.float64) for s in scores_])
    weight = np.asarray(weights)[:, None] * ~np.isnan(stacked)
    terms = weight * np.nan_to_num(stacked) ** p
    total, sum_of_weights = terms.sum(axis=0), weight.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = (total / sum_of_weights) ** (1.0 / p)
    return pd.Series(np.clip(value, 0.0, 1.0), index=scores_[0].index)


def measure(
    schools: pd.DataFrame, index: Index, *, counts: pd.Series[bool], ranked: pd.Series[bool]
) -> Trees:
    """Both trees over the leaves that are active.

    Parameters
    ----------
    schools : DataFrame
        With the columns of all leaves, ``kabupaten``, ``level``, ``delivered`` and
        ``delivered_status``.
    index : Index
        The trees.
    counts : Series of bool
        Schools that are located and no duplicates: the others are neither scored nor asked.
    ranked : Series of bool
        Schools that have a deficit.
    """
    score: dict[str, pd.Series[float]] = {}
    status: dict[str, pd.Series[str]] = {}
    inactive: dict[str, str] = {}
    for code, node in index.leaves().items():
        column = str(node.column)
        given = schools[IDLE.get(column, column)].astype("float64").where(counts)
        reason = _why_inactive(given.notna(), ranked, schools["kabupaten"], node, index)
        if reason:
            inactive[code] = reason
            continue
        filled, status[code] = _fill(given, column, schools, counts)
        score[code] = goalposts(filled, node)
    value_of: dict[str, pd.Series[float]] = {}
    weight: dict[str, float] = {}

    def combine(parent: str) -> pd.Series[float] | None:
        """Value of a node; None if no leaf is active."""
        below: list[tuple[float, pd.Series[float]]] = []
        for code, node in index.children(parent).items():
            found = score.get(code) if node.column is not None else combine(code)
            if found is not None and node.weight > 0:
                below.append((node.weight, found))
        if not below:
            return None
        p = index.nodes[parent].p
        assert p is not None
        return power_mean([value for _, value in below], [w for w, _ in below], p)

    for root in ("barrier", "need"):
        found = combine(root)
        value_of[root] = pd.Series(np.nan, index=schools.index) if found is None else found
        weight |= _effective_weights(index, root, set(score))
    leaves = [leaf for leaf in index.leaves() if leaf in weight]
    return Trees(
        value=value_of,
        score={leaf: score[leaf] for leaf in leaves},
        status={leaf: status[leaf] for leaf in leaves},
        weight=weight,
        inactive=inactive,
    )


def _fill(
    given: pd.Series[float], column: str, schools: pd.DataFrame, counts: pd.Series[bool]
) -> tuple[pd.Series[float], pd.Series[str]]:
    """A leaf's values with the missing ones inferred, and how each is known."""
    filled, is_inferred = fill_by_group_median(
        given, schools["kabupaten"], schools["level"], counts
    )
    if column in IDLE:  # an amount, which the group may show, and the school's own line
        filled = need.idle(filled, schools["delivered"])
        is_inferred |= schools["delivered_status"] != "known"
    if column == "terrain_severity":
        is_inferred |= is_class_open(schools)
    filled = filled.where(counts)
    choices = np.select([filled.isna(), is_inferred], ["unknown", "inferred"], "known")
    return filled, pd.Series(choices, index=schools.index, dtype="str")


# What lies idle by lack of bandwidth: the amount that it is a part of.
IDLE = {"idle_devices": "devices", "idle_accounts_share": "accounts_active_share"}


def _why_inactive(
    known: pd.Series[bool],
    ranked: pd.Series[bool],
    kabupaten: pd.Series[str],
    node: Node,
    index: Index,
) -> str:
    """Why a leaf is not scored; empty for one that is.

    Known in a few kabupaten only, it would compare them with the others on what these lack.
    """
    if not known.any():
        return "no_data"
    if node.active is not None:
        return "" if node.active else "switched_off"
    share = index.least_known_share
    return "" if is_widely_known(known, ranked, kabupaten, least_share=share) else "few_kabupaten"


def _effective_weights(index: Index, root: str, active: set[str]) -> dict[str, float]:
    """Weight of each active leaf in its tree: products of the shares on the way down."""

    def below(parent: str) -> dict[str, float]:
        parts = {
            code: {code: 1.0} if code in active else below(code) for code in index.children(parent)
        }
        parts = {c: part for c, part in parts.items() if part and index.nodes[c].weight > 0}
        total = sum(index.nodes[code].weight for code in parts)
        return {
            leaf: index.nodes[code].weight / total * inner
            for code, part in parts.items()
            for leaf, inner in part.items()
        }

    return below(root)
