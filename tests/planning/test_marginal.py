"""What the schools that are left out need, and what is short."""

from __future__ import annotations

import pandas as pd
import pytest

from kalsel_gap.planning.marginal import find_marginal

LEFT = pd.DataFrame(
    {
        "envelope": ["apbd_63_01", "apbd_63_01", "bos", "dak"],
        "year": [2027, 2028, 2027, 2027],
        "left_idr": pd.array([298, 100, 50, None], dtype="Int64"),
    }
)


def candidates(*rows: tuple[str, str, int, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["row_id", "option_id", "year", "value"])
    return table.assign(option=table["option_id"].str.split("|").str[1])


def needs(*rows: tuple[str, int, str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["option_id", "year", "envelope", "spend_year", "idr"])


def test_needs_310_and_12_are_short() -> None:
    found = find_marginal(
        candidates(("a:2", "a:2|leo|", 2027, 31.0)),
        needs(
            ("a:2|leo|", 2027, "apbd_63_01", 2027, 300),
            ("a:2|leo|", 2027, "apbd_63_01", 2027, 10),  # PPN of it
            ("a:2|leo|", 2027, "apbd_63_01", 2028, 100),
        ),
        LEFT,
    )
    (row,) = found.to_dict("records")
    assert row == {
        "row_id": "a:2",
        "option_id": "a:2|leo|",
        "option": "leo",
        "year": 2027,
        "value": 31.0,
        "needs_idr": 410,
        "short_idr": 12,
        "short_year": 2027,
        "short_envelope": "apbd_63_01",
        "short_there_idr": 12,
    }


def test_of_a_school_the_least_shortage_and_the_best_value_first() -> None:
    found = find_marginal(
        candidates(
            ("a:2", "a:2|leo|", 2027, 30.0),
            ("a:2", "a:2|leo|", 2028, 20.0),  # 200 short, the other one only 2
            ("a:3", "a:3|leo|", 2027, 90.0),
            ("a:4", "a:4|vsat|", 2027, 90.0),  # an envelope without a ceiling
        ),
        needs(
            ("a:2|leo|", 2027, "apbd_63_01", 2027, 300),
            ("a:2|leo|", 2028, "apbd_63_01", 2028, 300),
            ("a:3|leo|", 2027, "apbd_63_01", 2027, 300),
            ("a:4|vsat|", 2027, "dak", 2027, 1),
        ),
        LEFT,
    )
    assert found[["row_id", "year", "short_idr"]].to_numpy().tolist() == [
        ["a:3", 2027, 2],
        ["a:2", 2027, 2],
    ]


def test_where_nothing_is_short_something_else_is() -> None:
    found = find_marginal(
        candidates(("a:2", "a:2|leo|", 2027, 1.0)),
        needs(("a:2|leo|", 2027, "bos", 2027, 50)),
        LEFT,
    )
    assert found["short_idr"].tolist() == [0]


@pytest.mark.parametrize("missing", [candidates(), candidates(("z:1", "z|leo|", 2027, 1.0))])
def test_nobody_is_left_out(missing: pd.DataFrame) -> None:
    assert find_marginal(missing, needs(), LEFT).empty
