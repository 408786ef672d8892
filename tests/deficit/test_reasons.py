"""Reasons and hindrances at the very bounds of their rules."""

from __future__ import annotations

import pandas as pd
import pytest

from kalsel_gap.deficit.reasons import main_hindrance, main_reason
from kalsel_gap.project.index import Index

INDEX = Index.shipped()


def hindrance(gap: str, **leaves: tuple[float, float, str]) -> str | None:
    """Of one school, by the contribution, score and status of its leaves."""
    parts = ("contribution", "score", "status")
    row = {
        f"{leaf}_{part}": value
        for leaf, given in leaves.items()
        for part, value in zip(parts, given, strict=True)
    }
    found = main_hindrance(pd.DataFrame([{"gap_type": gap, **row}]), list(leaves), INDEX)
    return found.dropna().iloc[0] if found.notna().all() else None


@pytest.mark.parametrize(("score", "named"), [(0.3, "students"), (0.2999, None)])
def test_a_hindrance_is_named_from_its_bound_on(score: float, named: str | None) -> None:
    assert hindrance("slow", students=(0.1, score, "known")) == named


@pytest.mark.parametrize(
    ("gap", "named"),
    [("uncovered", "relief"), ("weak", "relief"), ("slow", "students"), ("adequate", "students")],
)
def test_where_a_signal_is_lacking_the_barrier_is_named(gap: str, named: str) -> None:
    leaves = {"relief": (0.1, 0.9, "known"), "students": (0.2, 0.9, "known")}
    assert hindrance(gap, **leaves) == named


def test_what_is_inferred_or_adds_nothing_is_no_hindrance() -> None:
    assert hindrance("slow", students=(0.2, 0.9, "inferred"), relief=(0.1, 0.9, "known")) == (
        "relief"
    )
    assert hindrance("slow", students=(0.0, 0.9, "known")) is None


@pytest.mark.parametrize(("share", "reason"), [(0.95, "poor_signal"), (0.9499, "patchy_signal")])
def test_a_signal_nearly_everywhere_is_not_patchy(share: float, reason: str) -> None:
    scores = pd.DataFrame({"gap_type": ["weak"], "unranked_reason": [None]})
    schools = pd.DataFrame(
        {
            "best_level_dbm": [-112.0],
            "best_signal_share": [share],
            "delivered_basis": ["curves"],
            "available_evidence": ["map"],
            "available": [0.3],
        }
    )
    assert main_reason(scores, schools).tolist() == [reason]
