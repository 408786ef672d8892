"""Reasons and hindrances at the very bounds of their rules."""

from __future__ import annotations

import pandas as pd
import pytest

from kalsel_gap.deficit.reasons import RankReason, main_hindrance, main_reason, reasons_of
from kalsel_gap.project.index import Index
from kalsel_gap.schema import BY_NAME

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
            "delivered_status": ["inferred"],
            "available_evidence": ["map"],
            "available": [0.3],
        }
    )
    assert main_reason(scores, schools).tolist() == [reason]


@pytest.mark.parametrize(("status", "reason"), [("inferred", "few_tests"), ("known", "slow")])
def test_tests_that_show_next_to_nothing_are_few_only_where_they_are(
    status: str, reason: str
) -> None:
    scores = pd.DataFrame({"gap_type": ["unconnected"], "unranked_reason": [None]})
    schools = pd.DataFrame(
        {
            "best_level_dbm": [-80.0],
            "best_signal_share": [1.0],
            "delivered_basis": ["test"],
            "delivered_status": [status],
            "available_evidence": ["map"],
            "available": [0.8],
        }
    )
    assert main_reason(scores, schools).tolist() == [reason]


def test_reasons_are_the_main_one_and_the_largest_known_leaves() -> None:
    leaves = {
        "diffraction": (0.02, 0.9, "known"),
        "students": (0.05, 0.9, "known"),
        "site": (0.04, 0.9, "inferred"),
        "slope": (0.009, 0.9, "known"),  # below 2 % of the priority
        "capital": (0.03, 0.2999, "known"),  # on its own scale hardly bad
        "vulnerable": (0.06, 1.0, "known"),
        "terrain_class": (0.03, 0.8, "known"),
    }
    row = {
        "reason": "far_from_sites",
        "priority": 0.5,
        "site_4g_km": 14.0,
        "students": 240,
        "terrain_class": "pegunungan",
        "level": "SLB",
        "vulnerability": 1.0,
        **{f"{leaf}_score": score for leaf, (_, score, _) in leaves.items()},
        **{f"{leaf}_status": status for leaf, (_, _, status) in leaves.items()},
    }
    parts = {"delivered": 0.2, **{leaf: part for leaf, (part, _, _) in leaves.items()}}
    found = reasons_of(row, parts, INDEX)
    assert [each.code for each in found] == [
        *("far_from_sites", "vulnerable", "students", "terrain_class")
    ]
    assert found[0] == RankReason("far_from_sites", {"site_4g_km": 14.0})
    assert found[2] == RankReason("students", {"students": 240}, 0.05)
    assert found[3].parameters == {"terrain_class": "pegunungan"}
    # Of a school whose service is adequate, and of one without a rank, there is nothing more.
    assert len(reasons_of({**row, "reason": "adequate"}, parts, INDEX)) == 1
    unranked = {"reason": "no_location", "priority": None}
    assert reasons_of(unranked, {}, INDEX) == (RankReason("no_location", {}),)


@pytest.mark.parametrize(
    ("score", "status", "contribution", "named"),
    [
        (0.3, "known", 0.01, ["students"]),  # just what is worth naming: 2 % of the priority
        (0.2999, "known", 0.01, []),
        (0.3, "inferred", 0.01, []),
        (0.3, "known", 0.0099, []),
        (None, "known", 0.01, []),
    ],
)
def test_what_is_named_beside_the_main_reason(
    score: float | None, status: str, contribution: float, named: list[str]
) -> None:
    row = {
        "reason": "slow",
        "priority": 0.5,
        "students": 120,
        "students_score": score,
        "students_status": status,
    }
    main, *beside = reasons_of(row, {"students": contribution}, INDEX)
    assert (main.code, main.contribution) == ("slow", None)
    assert [each.code for each in beside] == named
    assert all(each.parameters == {"students": 120} for each in beside)


def test_a_school_that_has_enough_has_no_further_reasons() -> None:
    row = {"reason": "adequate", "priority": 0.5, "students_score": 0.9}
    row["students_status"] = "known"
    assert reasons_of(row, {"students": 0.4}, INDEX) == (RankReason("adequate", {}),)


REASONS = (
    *("covered_unverified", "few_tests", "far_from_sites", "poor_network", "patchy_signal"),
    *("poor_signal", "slow", "unconnected"),
)


@pytest.mark.parametrize("code", [*REASONS, *INDEX.leaves()])
def test_the_sentence_of_a_reason_is_made_from_columns_of_the_school(code: str) -> None:
    # Of a column that no school has the sentence would say that it is unknown.
    is_leaf = code in INDEX.leaves()
    row = {"reason": "x" if is_leaf else code, "priority": 0.5}
    row |= {f"{code}_status": "known", f"{code}_score": 0.9}
    found = reasons_of(row, {code: 0.4} if is_leaf else {}, INDEX)[-1]
    assert found.code == code
    assert found.parameters
    assert found.parameters.keys() <= set(BY_NAME)
