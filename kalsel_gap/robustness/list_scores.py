"""Scores of all schools for given figures of the method, without running the stages again.

What a run has is enough: what each school may have (table ``service``), the rates that it was
measured or declared with, and the scores of its leaves. Curves that were learned, medians of groups
and the distance to the nearest adequate school stay as they are in the run.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.geo.kernels import inlined, kernel
from kalsel_gap.robustness.threads import in_threads
from kalsel_gap.robustness.values import Figures  # noqa: TC001 - compiled by its fields

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray

SCORES = ("deficit", "barrier", "need", "priority")
_DEFICIT, _BARRIER, _NEED, _PRIORITY = range(4)
_LATENCY = 2  # part of a link that has no exponent


class SchoolFacts(NamedTuple):
    """What the scores of n ranked schools are made of.

    Attributes
    ----------
    begin : int64 array of shape (n + 1,)
        First case of each school.
    weight, available, no_line, given_line : float arrays of shape (cases,)
        Of each case its weight, A_a, π and μ; the weights of a school add up to 1.
    rates : float array of shape (n, 3)
        Shares of the required rates and the part of the latency; NaN where no rate states A_d.
    rate_weights : float array of shape (3,)
        Of download, upload and latency.
    leaves : float array of shape (n, leaves)
        Score of each leaf; of one that depends on A_d the amount that lies idle without any.
    """

    begin: NDArray[np.int64]
    weight: FloatArray
    available: FloatArray
    no_line: FloatArray
    given_line: FloatArray
    rates: FloatArray
    rate_weights: FloatArray
    leaves: FloatArray


class TreeLayout(NamedTuple):
    """The nodes of both trees, each behind its children.

    Attributes
    ----------
    leaf : int64 array of shape (nodes,)
        Column of the leaf in :class:`SchoolFacts`, -1 for another node.
    begin : int64 array of shape (nodes + 1,)
        First child of each node in `children`.
    children : int64 array
        Nodes.
    is_idle, is_log : bool arrays of shape (nodes,)
        Of a leaf: whether it depends on A_d, and whether its goalposts are logarithms.
    best, worst : float arrays of shape (nodes,)
        Goalposts of such a leaf.
    barrier, need : int
        The roots, -1 where the tree has no leaf.
    """

    leaf: NDArray[np.int64]
    begin: NDArray[np.int64]
    children: NDArray[np.int64]
    is_idle: BoolArray
    is_log: BoolArray
    best: FloatArray
    worst: FloatArray
    barrier: int
    need: int


def score_lists(facts: SchoolFacts, trees: TreeLayout, figures: Figures) -> FloatArray:
    """Scores of all schools for each of m sets of figures.

    Returns
    -------
    float array of shape (m, 4, n)
        :data:`SCORES`; NaN in a tree without leaves.
    """
    count, n = len(figures.exponent), len(facts.begin) - 1
    out = np.empty((count, len(SCORES), n))
    in_threads(count, lambda a, b: _score(out, a, b, facts, trees, figures))
    return out


@kernel
def _score(
    out: FloatArray, first: int, last: int, facts: SchoolFacts, trees: TreeLayout, figures: Figures
) -> None:
    value = np.empty(len(trees.leaf))
    for row in range(first, last):
        base, need, barrier = figures.priority[row]
        total = base + need + barrier
        if total <= 0.0:
            total = 1.0
        for school in range(len(facts.begin) - 1):
            deficit, delivered = _deficit(school, row, facts, figures)
            _measure(value, school, row, delivered, facts, trees, figures)
            weighted = base
            out[row, _BARRIER, school] = out[row, _NEED, school] = np.nan
            if trees.barrier >= 0:
                out[row, _BARRIER, school] = value[trees.barrier]
                if barrier > 0.0:
                    weighted += barrier * value[trees.barrier]
            if trees.need >= 0:
                out[row, _NEED, school] = value[trees.need]
                if need > 0.0:
                    weighted += need * value[trees.need]
            out[row, _DEFICIT, school] = deficit
            out[row, _PRIORITY, school] = min(max(deficit * weighted / total, 0.0), 1.0)


@inlined
def _deficit(school: int, row: int, facts: SchoolFacts, figures: Figures) -> tuple[float, float]:
    """Mean deficit and mean A_d of a school."""
    lam, exponent = figures.weight_delivered[row], figures.exponent[row]
    stated = _stated(school, exponent, facts)
    deficit = delivered = 0.0
    for case in range(facts.begin[school], facts.begin[school + 1]):
        mean = (1.0 - facts.no_line[case]) * facts.given_line[case]
        if not math.isnan(stated):
            mean = stated
        available = facts.available[case] if figures.uses_available[row] else 0.0
        most = min(lam + (1.0 - lam) * (1.0 - available), 1.0)
        used = mean if figures.uses_delivered[row] else 0.0
        deficit += facts.weight[case] * (1.0 - used) * most
        delivered += facts.weight[case] * mean
    return min(max(deficit, 0.0), 1.0), min(max(delivered, 0.0), 1.0)


@inlined
def _stated(school: int, exponent: float, facts: SchoolFacts) -> float:
    """A_d as rates state it; NaN without any."""
    total = weight = 0.0
    for part in range(3):
        share = facts.rates[school, part]
        if not math.isnan(share):
            value = share if part == _LATENCY else min(1.0, share) ** exponent
            total += facts.rate_weights[part] * value
            weight += facts.rate_weights[part]
    return min(max(total / weight, 0.0), 1.0) if weight > 0.0 else np.nan


@inlined
def _power(score: float, p: float) -> float:
    if p == 1.0:
        return score
    if p == 2.0:
        return score * score
    if p == 4.0:
        return score * score * score * score
    return float(score**p)


@inlined
def _root(mean: float, p: float) -> float:
    if p == 1.0:
        return mean
    if p == 2.0:
        return math.sqrt(mean)
    if p == 4.0:
        return math.sqrt(math.sqrt(mean))
    return float(mean ** (1.0 / p))


@inlined
def _goalposts(amount: float, node: int, trees: TreeLayout) -> float:
    """Score of an amount; NaN stays NaN."""
    best, worst, x = trees.best[node], trees.worst[node], amount
    if trees.is_log[node]:
        x = math.log10(x) if x > 0.0 else (-np.inf if x == 0.0 else np.nan)
        best, worst = math.log10(best), math.log10(worst)
    score = (x - best) / (worst - best)
    if math.isnan(score):
        return np.nan
    return float(min(max(score, 0.0), 1.0))


@inlined
def _measure(
    value: FloatArray,
    school: int,
    row: int,
    delivered: float,
    facts: SchoolFacts,
    trees: TreeLayout,
    figures: Figures,
) -> None:
    """Value of each node: ``(Σ w sᵖ / Σ w)^(1/p)`` over the children that are known."""
    for node in range(len(value)):
        leaf = trees.leaf[node]
        if leaf >= 0:
            score = facts.leaves[school, leaf]
            if trees.is_idle[node]:
                score = _goalposts(score * (1.0 - delivered), node, trees)
            value[node] = score
            continue
        p, total, weight = figures.p[row, node], 0.0, 0.0
        for at in range(trees.begin[node], trees.begin[node + 1]):
            child = trees.children[at]
            w = figures.weights[row, child]
            if w > 0.0 and not math.isnan(value[child]):
                total += w * _power(value[child], p)
                weight += w
        value[node] = min(max(_root(total / weight, p), 0.0), 1.0) if weight > 0.0 else np.nan
