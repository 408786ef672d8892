"""Rows of two runs are paired by NPSN, then by content, then by row; none is matched twice."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.comparison.school_matches import CONTENT, match_schools

Row = tuple[str, str, bool]


def table(*rows: Row) -> pd.DataFrame:
    """Rows of NPSN, name and whether it is a duplicate; the same row number has the same id."""
    return pd.DataFrame(
        [
            {
                **dict.fromkeys(CONTENT, "x"),
                "npsn": npsn,
                "name": name,
                "is_duplicate": duplicate,
                "row_id": f"a.csv:{n}",
            }
            for n, (npsn, name, duplicate) in enumerate(rows, start=2)
        ],
        columns=["npsn", "row_id", "is_duplicate", *CONTENT],
    )


def pairs(before: pd.DataFrame, after: pd.DataFrame) -> list[tuple[object, ...]]:
    found = match_schools(before, after).astype("object")
    return list(found.where(found.notna(), None).itertuples(index=False, name=None))


def test_a_number_counts_and_not_the_row_or_the_name() -> None:
    before = table(("1", "SD A", False), ("2", "SD B", False), ("3", "SD C", False))
    after = table(("4", "SD D", False), ("3", "SD C", False), ("1", "SD A BARU", False))
    assert pairs(before, after) == [
        (0, 2, "npsn"),
        (1, None, None),
        (2, 1, "npsn"),
        (None, 0, None),
    ]


def test_a_ranked_row_is_paired_with_the_ranked_row() -> None:
    before = table(("1", "SD A", False), ("1", "SD A", True))
    after = table(("1", "SD A", True), ("1", "SD A", True), ("1", "SD A", False))
    assert pairs(before, after) == [(0, 2, "npsn"), (1, 0, "npsn"), (None, 1, None)]


def test_without_a_number_the_content_counts_and_then_the_row_of_the_same_name() -> None:
    before = table(("", "SD A", False), ("", "SD B", False), ("", "SD C", False))
    after = table(("", "SD B", False), ("", "SD X", False), ("", "SD C", False))
    after.loc[2, "lat_given"] = "-3.1"
    assert pairs(before, after) == [
        (0, None, None),
        (1, 0, "content"),
        (2, 2, "row"),
        (None, 1, None),
    ]


rows = st.lists(
    st.tuples(st.sampled_from(["", "1", "2"]), st.sampled_from(["A", "B"]), st.booleans()),
    max_size=7,
)


@given(rows, rows)
def test_every_row_stands_once(before: list[Row], after: list[Row]) -> None:
    one, other = table(*before), table(*after)
    found = match_schools(one, other)
    assert sorted(found["before"].dropna()) == list(range(len(one)))
    assert sorted(found["after"].dropna()) == list(range(len(other)))
    both = found.dropna()
    for a, b in zip(both["before"], both["after"], strict=True):
        assert one["npsn"][a] == other["npsn"][b]
    # As many as possible: no number waits on both sides.
    left, new = (
        set(t["npsn"][found.loc[found["matched_by"].isna(), side].dropna()]) - {""}
        for t, side in ((one, "before"), (other, "after"))
    )
    assert not left & new
