"""Contributions: they add up to their scores, whatever the trees and whatever is unknown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.deficit.contributions import (
    SCORES,
    Scored,
    deficit_game,
    priority_weights,
    score_contributions,
)
from kalsel_gap.project.index import Index

INDEX = Index.shipped()
LEAVES = tuple(INDEX.leaves())
SHARES = st.floats(0.0, 1.0)
CASE = st.tuples(SHARES, SHARES, SHARES, SHARES)


def service(*schools: list[tuple[float, float, float, float]]) -> pd.DataFrame:
    """The table ``service``: of each case A_a, π, μ and how much higher μ is at the minimum."""
    rows = [
        (f"f:{n}", 1.0 / len(cases), a, none, mean, 4.0, mean + (1.0 - mean) * more)
        for n, cases in enumerate(schools)
        for a, none, mean, more in cases
    ]
    names = ["row_id", "weight", "available", "no_line", "given_line", "concentration"]
    return pd.DataFrame(rows, columns=[*names, "given_line_at_minimum"])


def power_means(leaves: dict[str, float], root: str, index: Index) -> float:
    """The value of a tree by its definition, one school at a time."""
    if index.nodes[root].column is not None:
        return leaves.get(root, np.nan)
    pairs = [
        (node.weight, power_means(leaves, code, index))
        for code, node in index.children(root).items()
    ]
    known = [(w, s) for w, s in pairs if w > 0 and not np.isnan(s)]
    p = index.nodes[root].p
    assert p is not None
    if not known:
        return np.nan
    return float((sum(w * s**p for w, s in known) / sum(w for w, _ in known)) ** (1 / p))


@given(
    st.lists(st.lists(CASE, min_size=1, max_size=3), min_size=1, max_size=3),
    st.lists(st.sampled_from(LEAVES), unique=True, max_size=8),
    st.sampled_from([1.0, 2.0, 4.0, 0.5]),
    st.data(),
)
def test_they_add_up_to_each_score(
    cases: list[list[tuple[float, float, float, float]]],
    leaves: list[str],
    p: float,
    data: st.DataObject,
) -> None:
    nodes = {
        code: node.model_copy(update={"p": p}) if node.column is None else node
        for code, node in INDEX.nodes.items()
    }
    index = INDEX.model_copy(update={"nodes": nodes})
    count = len(cases)
    values = {
        leaf: np.array(
            data.draw(st.lists(SHARES | st.just(np.nan), min_size=count, max_size=count))
        )
        for leaf in leaves
    }
    table = service(*cases)
    trees = pd.DataFrame(
        [
            {
                root: power_means({leaf: v[n] for leaf, v in values.items()}, root, index)
                for root in ("barrier", "need")
            }
            for n in range(count)
        ]
    )
    weights = priority_weights(index, {root: trees[root] for root in ("barrier", "need")})
    scored = Scored(table, pd.Index([f"f:{n}" for n in range(count)]), values, weights)
    lacks = table["weight"] * (1 - (1 - table["no_line"]) * table["given_line"])
    deficit = (lacks * (0.6 + 0.4 * (1 - table["available"]))).groupby(table["row_id"]).sum()
    whole = trees.assign(deficit=deficit.to_numpy())
    sums = sum(weights[root] * trees[root] for root in ("barrier", "need") if root in weights)
    whole["priority"] = whole["deficit"] * (weights["base"] + sums)
    for score in SCORES:
        parts = score_contributions(scored, score, index)
        total = np.sum([*parts.values()], axis=0) if parts else np.full(count, np.nan)
        np.testing.assert_allclose(total, whole[score], atol=1e-9, err_msg=score)
        assert all((part[~np.isnan(part)] >= -1e-12).all() for part in parts.values())


def test_the_deficit_with_each_coalition() -> None:
    # A_a .5; A_d .25, or .5 against the least bandwidth: bits are delivered, available, required.
    scored = Scored(service([(0.5, 0.0, 0.25, 1 / 3)]), pd.Index(["f:0"]), {}, {"base": 1.0})
    got = deficit_game(scored, INDEX)[0]
    nobody = 0.0
    expected = [
        *(nobody, 0.5 * 0.6, nobody, 0.5 * 0.8),
        *(nobody, 0.75 * 0.6, nobody, 0.75 * 0.8),
    ]
    assert got.tolist() == pytest.approx(expected)
    parts = score_contributions(scored, "deficit", INDEX)
    # Averages over the six orders of the three.
    assert parts["delivered"][0] == pytest.approx((2 * 0.3 + 0.4 + 0.45 + 2 * 0.6) / 6)
    assert parts["available"][0] == pytest.approx((0.1 + 0.15 + 0.15) / 6)
    assert parts["required"][0] == pytest.approx((0.15 + 0.2 + 0.2) / 6)


def test_a_school_without_a_deficit_has_no_parts() -> None:
    scored = Scored(service([(0.5, 0.0, 0.5, 0.0)]), pd.Index(["f:0", "f:9"]), {}, {"base": 1.0})
    parts = score_contributions(scored, "priority", INDEX)
    assert not np.isnan(parts["delivered"][0])
    assert all(np.isnan(part[1]) for part in parts.values())


def test_nobody_has_no_parts() -> None:
    empty = Scored(service(), pd.Index([]), {"students": np.array([])}, {"base": 0.5, "need": 0.5})
    parts = score_contributions(empty, "priority", INDEX)
    assert {name: len(part) for name, part in parts.items()} == dict.fromkeys(
        ("delivered", "available", "required", "students"), 0
    )
