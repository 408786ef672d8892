"""How long exact contributions take, against the definition of Shapley, and how exact the sums are.

Prints seconds for 3,845 and 215,372 schools with fourteen leaves of barrier and need, and the ratio
to a plain sum over all coalitions of seventeen leaves for a few schools.

Run: python benchmarks/contributions.py
"""

from __future__ import annotations

import math
import time

import numpy as np
import pandas as pd

from kalsel_gap.deficit.contributions import (
    SERVICE_LEAVES,
    Scored,
    deficit_game,
    priority_contributions,
    tree_game,
)
from kalsel_gap.project.index import Index

FEW = 20


def invented(count: int, index: Index) -> Scored:
    """Schools of random service and leaves, one in ten of them unknown."""
    random = np.random.default_rng(1)
    ids = pd.Index([f"f:{n}" for n in range(count)])
    mean = random.random(count)
    service = pd.DataFrame(
        {
            "row_id": ids,
            "weight": 1.0,
            "available": random.random(count),
            "no_line": random.random(count),
            "given_line": mean,
            "concentration": 4.0,
            "given_line_at_minimum": mean + (1.0 - mean) * random.random(count),
        }
    )
    leaves = {
        leaf: np.where(random.random(count) < 0.1, np.nan, random.random(count))
        for leaf in index.leaves()
    }
    return Scored(service, ids, leaves, {"base": 0.5, "need": 0.3, "barrier": 0.2})


def by_definition(scored: Scored, index: Index) -> dict[str, float]:
    """Contributions of the first school to its priority, over every coalition of all leaves."""
    names, value = [*SERVICE_LEAVES], deficit_game(scored, index)[0]
    others = np.zeros(1)
    for tree in ("barrier", "need"):
        leaves, game = tree_game(scored, "barrier" if tree == "barrier" else "need", index)
        others = (others[None, :] + scored.weights[tree] * game[0][:, None]).ravel()
        names += leaves
    whole = ((scored.weights["base"] + others)[:, None] * value[None, :]).ravel()
    size = np.array([c.bit_count() for c in range(len(whole))])
    weight = np.array(
        [1.0 / (len(names) * math.comb(len(names) - 1, s)) for s in range(len(names))]
    )
    found = {}
    for at, name in enumerate(names):
        without = np.flatnonzero((np.arange(len(whole)) >> at & 1) == 0)
        gain = whole[without | 1 << at] - whole[without]
        found[name] = float(gain @ weight[size[without]])
    return found


def main() -> None:
    """Print the figures."""
    index = Index.shipped()
    for count in (3_845, 215_372):
        scored = invented(count, index)
        begun = time.perf_counter()
        parts = priority_contributions(scored, index)
        seconds = time.perf_counter() - begun
        total = np.sum([*parts.values()], axis=0)
        whole = deficit_game(scored, index)[:, -1] * (
            scored.weights["base"]
            + scored.weights["barrier"] * tree_game(scored, "barrier", index)[1][:, -1]
            + scored.weights["need"] * tree_game(scored, "need", index)[1][:, -1]
        )
        error = float(np.nanmax(np.abs(total - whole)))
        print(f"{count:>8,} schools: {seconds:.3f} s, sums differ by {error:.1e} at most")
    few = invented(FEW, index)
    begun = time.perf_counter()
    exact = priority_contributions(few, index)
    ours = (time.perf_counter() - begun) / FEW
    begun, worst = time.perf_counter(), 0.0
    for n in range(FEW):
        one = Scored(
            few.service.iloc[n : n + 1],
            few.row_ids[n : n + 1],
            {leaf: score[n : n + 1] for leaf, score in few.leaves.items()},
            few.weights,
        )
        for name, value in by_definition(one, index).items():
            worst = max(worst, abs(value - float(exact[name][n])))
    theirs = (time.perf_counter() - begun) / FEW
    print(f"by the definition, 2^17 coalitions: {theirs:.3f} s a school, {theirs / ours:.0f} times")
    print(f"both differ by {worst:.1e} at most")


if __name__ == "__main__":
    main()
