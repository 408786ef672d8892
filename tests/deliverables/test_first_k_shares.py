"""Who the first k schools are, counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kalsel_gap.deliverables.first_k_shares import GROUPS, SHARES, among_first, shares_of_first_k


def table(**columns: list[object]) -> pd.DataFrame:
    number = len(next(iter(columns.values())))
    usual: dict[str, list[object]] = {
        "kabupaten": ["Kab. A"] * number,
        "kabupaten_code": ["63.01"] * number,
        "level": ["SD"] * number,
        "ownership": ["public"] * number,
        "terrain_class": ["dataran"] * number,
        "unranked_reason": [None] * number,
    }
    frame = pd.DataFrame({**usual, **columns})
    return frame.astype({"rank": "Int64", "unranked_reason": "str"})


def rows(frame: pd.DataFrame, group: str) -> list[tuple[object, ...]]:
    shares = frame[frame["group"] == group]
    return list(shares[["value", "first", "all"]].itertuples(index=False, name=None))


def test_shares_against_all_schools() -> None:
    schools = table(
        rank=[1, 2, 3, None],
        kabupaten=["Kab. B", "Kab. A", "Kab. A", None],
        kabupaten_code=["63.02", "63.01", "63.01", None],
        level=["SMP", "SD", "SD", "XX"],
        ownership=["public", None, "private", "public"],
    )
    shares = shares_of_first_k(schools, 2)
    assert list(shares.columns) == list(SHARES)
    assert list(dict.fromkeys(shares["group"])) == list(GROUPS)
    assert rows(shares, "kabupaten") == [("Kab. A", 1, 2), ("Kab. B", 1, 1), ("", 0, 1)]
    assert rows(shares, "level") == [("SD", 1, 2), ("SMP", 1, 1), ("XX", 0, 1)]
    assert rows(shares, "ownership") == [("public", 1, 2), ("private", 0, 1), ("", 1, 1)]
    assert rows(shares, "terrain_class") == [("dataran", 2, 4)]
    one = shares[(shares["group"] == "kabupaten") & (shares["value"] == "Kab. B")].iloc[0]
    assert (one["first_share"], one["all_share"], one["ratio"]) == (0.5, 0.25, 2.0)
    for _, group in shares.groupby("group"):
        assert group["first_share"].sum() == pytest.approx(1.0)
        assert group["all_share"].sum() == pytest.approx(1.0)


def test_every_school_that_shares_the_last_place_is_counted() -> None:
    ranks = pd.Series([1, 2, 2, 2, 5], dtype="Int64")
    assert among_first(ranks, 3).tolist() == [True, True, True, True, False]
    assert among_first(ranks, 9).all()
    assert not among_first(ranks, 0).any()
    assert among_first(pd.Series([None, None], dtype="Int64"), 1).tolist() == [False, False]


def test_rows_that_are_no_school_do_not_count_and_nobody_ranked_is_no_error() -> None:
    reasons: list[object] = ["no_evidence", "duplicate", "closed"]
    schools = table(rank=[None, None, None], unranked_reason=reasons)
    shares = shares_of_first_k(schools, 3)
    assert rows(shares, "level") == [("SD", 0, 1)]
    assert np.isnan(shares["first_share"]).all()


def test_the_order_of_rows_changes_nothing() -> None:
    schools = table(rank=[1, 2, 3], kabupaten=["Kab. B", "Kab. A", None])
    mixed = schools.iloc[::-1].reset_index(drop=True)
    pd.testing.assert_frame_equal(shares_of_first_k(schools, 2), shares_of_first_k(mixed, 2))


def test_a_kabupaten_that_boundaries_do_not_know_is_unknown() -> None:
    schools = table(rank=[1, 2], kabupaten=["Kab. A", "<b>"], kabupaten_code=["63.01", None])
    assert rows(shares_of_first_k(schools, 1), "kabupaten") == [("Kab. A", 1, 1), ("", 0, 1)]
