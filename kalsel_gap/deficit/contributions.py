"""What each leaf contributes to deficit, barrier, need and priority: exact Shapley values.

A leaf is taken at its best: delivered and available service at 1, the required bandwidth at the
least that any school needs, a leaf of a tree at its best goalpost. What a score rises by when the
leaf returns to what it is, averaged over all orders of the leaves, is its contribution. With all
leaves at their best each score is 0, so contributions add up to the score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from kalsel_gap.deficit.service import by_number_of_cases, of_cases
from kalsel_gap.indicators.shapley import product_values, shapley_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.project.index import Index

Score = Literal["deficit", "barrier", "need", "priority"]
SCORES: tuple[Score, ...] = get_args(Score)
TREES: tuple[Literal["barrier", "need"], ...] = ("barrier", "need")
SERVICE_LEAVES = ("delivered", "available", "required")
_BLOCK = 2_048  # schools at a time: the coalitions of a tree of nine leaves are 512


class Scored(NamedTuple):
    """What the scores of n schools are made of.

    Attributes
    ----------
    service : DataFrame
        The table ``service``, with ``row_id``; the rows of a school one after the other.
    row_ids : Index
        Of the schools, of shape (n,); one that the table does not name has no deficit.
    leaves : mapping of float array
        By active leaf its score, of shape (n,); NaN where unknown.
    weights : mapping of float
        Of *base* and of each tree that counts in the priority; they add up to 1.
    """

    service: pd.DataFrame
    row_ids: pd.Index
    leaves: Mapping[str, FloatArray]
    weights: Mapping[str, float]


def priority_weights(index: Index, values: Mapping[str, pd.Series[float]]) -> dict[str, float]:
    """Weights in the priority of the deficit alone and of each tree; they add up to 1.

    A tree of which the project knows nothing is left out, and its weight shared out.

    Parameters
    ----------
    index : Index
        The weights.
    values : mapping of Series
        ``barrier`` and ``need`` of all schools.
    """
    rule = index.priority
    weights = {"base": rule.base} | {
        tree: weight
        for tree, weight in (("barrier", rule.barrier), ("need", rule.need))
        if values[tree].notna().any()
    }
    total = sum(weights.values()) or 1.0
    return {name: weight / total for name, weight in weights.items()}


def priority_contributions(scored: Scored, index: Index) -> dict[str, FloatArray]:
    """Contributions to the priority, by leaf.

    Parameters
    ----------
    scored : Scored
    index : Index
        λ and the trees.

    Returns
    -------
    dict of float array of shape (n,)
        They add up to ``D·(base + need·N + barrier·H)``; NaN where that is unknown.
    """
    deficit = deficit_game(scored, index)
    blocks = []
    for begin in range(0, max(len(deficit), 1), _BLOCK):
        rows = slice(begin, begin + _BLOCK)
        blocks.append(_of_priority(scored, rows, deficit[rows], index))
    return {name: np.concatenate([each[name] for each in blocks]) for name in blocks[0]}


def _of_priority(
    scored: Scored, rows: slice, deficit: FloatArray, index: Index
) -> dict[str, FloatArray]:
    service = scored.weights["base"] * shapley_values(deficit)
    found: dict[str, FloatArray] = {}
    for tree in TREES:
        leaves, game = tree_game(scored, tree, index, rows)
        weight = scored.weights.get(tree, 0.0)
        if not weight:
            found |= dict.fromkeys(leaves, np.zeros(len(deficit)))
            continue
        of_service, of_leaves = product_values(deficit, game)
        service += weight * of_service
        found |= {leaf: weight * of_leaves[:, at] for at, leaf in enumerate(leaves)}
    return {name: service[:, at] for at, name in enumerate(SERVICE_LEAVES)} | found


def score_contributions(scored: Scored, score: Score, index: Index) -> dict[str, FloatArray]:
    """Contributions to one of the scores, by leaf.

    Returns
    -------
    dict of float array of shape (n,)
        They add up to the score; NaN where that is unknown.
    """
    if score == "priority":
        return priority_contributions(scored, index)
    if score == "deficit":
        values = shapley_values(deficit_game(scored, index))
        return {name: values[:, at] for at, name in enumerate(SERVICE_LEAVES)}
    leaves, game = tree_game(scored, score, index)
    values = shapley_values(game)
    return {name: values[:, at] for at, name in enumerate(leaves)}


def deficit_game(scored: Scored, index: Index) -> FloatArray:
    """The deficit with each coalition of :data:`SERVICE_LEAVES` as it is, the others at their best.

    Returns
    -------
    float array of shape (n, 8)
        NaN for a school without a deficit.
    """
    lam, frames = index.weight_delivered, []
    for table in by_number_of_cases(scored.service):
        number = table.groupby("row_id", sort=False).cumcount().to_numpy()
        small = [case["given_line_at_minimum"].to_numpy() for _, case in table.groupby(number)]
        game = np.zeros((len(small[0]), 8))
        for (delivered, available, weight), at_minimum in zip(of_cases(table), small, strict=True):
            lacks = 1.0 - delivered.mean()
            lacks_at_minimum = 1.0 - (1.0 - delivered.no_line) * at_minimum
            out_of_reach = np.minimum(lam + (1.0 - lam) * (1.0 - available), 1.0)
            for with_required, lacking in ((0, lacks_at_minimum), (4, lacks)):
                game[:, 1 + with_required] += weight * lacking * lam
                game[:, 3 + with_required] += weight * lacking * out_of_reach
        frames.append(pd.DataFrame(game, index=table["row_id"].drop_duplicates()))
    if not frames:
        return np.full((len(scored.row_ids), 8), np.nan)
    found: FloatArray = pd.concat(frames).reindex(scored.row_ids).to_numpy()
    return found


def tree_game(
    scored: Scored, tree: Literal["barrier", "need"], index: Index, rows: slice = slice(None)
) -> tuple[list[str], FloatArray]:
    """A tree's value with each coalition of its leaves as they are, the others at their best.

    Returns
    -------
    list of str
        The leaves, in the order of the bits.
    float array of shape (n, 2**leaves)
        NaN for a school of which no leaf is known, of shape (n, 1) and NaN without leaves.
    """
    found = _node_game(scored, tree, index, rows)
    if found is None:
        count = len(scored.row_ids[rows])
        return [], np.full((count, 1), np.nan)
    leaves, game, is_known = found
    return leaves, np.where(is_known[:, None], game, np.nan)


def _node_game(
    scored: Scored, code: str, index: Index, rows: slice
) -> tuple[list[str], FloatArray, BoolArray] | None:
    """Leaves below a node, its value by coalition, and whether anything of it is known."""
    if code in scored.leaves:
        score = scored.leaves[code][rows]
        is_known = ~np.isnan(score)
        game = np.zeros((len(score), 2))
        game[:, 1] = np.where(is_known, score, 0.0)
        return [code], game, is_known
    p = index.nodes[code].p
    leaves: list[str] = []
    powers: FloatArray | None = None
    total: FloatArray | None = None
    for child, node in index.children(code).items():
        below = _node_game(scored, child, index, rows) if node.weight > 0.0 else None
        if below is None:
            continue
        names, game, is_known = below
        assert p is not None
        weight: FloatArray = node.weight * is_known.astype(np.float64)
        term = weight[:, None] * game**p
        if powers is None or total is None:
            powers, total = term, weight
        else:  # the leaves of this child are the higher bits
            powers = (term[:, :, None] + powers[:, None, :]).reshape(len(term), -1)
            total = total + weight
        leaves += names
    if powers is None or total is None:
        return None
    known = total > 0.0
    mean = powers / np.where(known, total, 1.0)[:, None]
    assert p is not None
    return leaves, np.minimum(mean ** (1.0 / p), 1.0), known
