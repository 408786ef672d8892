"""The year in which a running cost loses who pays it, by hand."""

from __future__ import annotations

import pandas as pd

from kalsel_gap.planning.opex_cliff import find_cliffs, first_years

RUNNING = pd.DataFrame(
    [
        ("a:2", "bos", 2027, 30),
        ("a:3", "bos", 2028, 20),
        ("a:4", "bos", 2027, 50),
        ("a:5", "hibah_63_01", 2027, 7),
        ("a:6", "hibah_63_01", 2028, 8),
        ("a:7", "dak", 2027, 0),
    ],
    columns=["row_id", "envelope", "service_year", "opex_idr"],
)
CEILINGS = pd.DataFrame(
    {
        "year": [2027, 2028, 2027, 2028],
        "envelope": ["bos", "bos", "hibah_63_01", "dak"],
        "ceiling_idr": pd.array([80, 99, 100, None], dtype="Int64"),
    }
)


def test_who_pays_no_more_and_from_when() -> None:
    found = find_cliffs(RUNNING, CEILINGS, (2027, 2028, 2029), one_off={"hibah_63_01"})
    assert list(found.itertuples(index=False, name=None)) == [
        # 100 run in 2028 and 99 are there: the largest, of 50, has to end.
        (2028, "bos", 1, 1, "ceiling_below"),
        (2028, "hibah_63_01", 1, 7, "one_off"),
        (2029, "bos", 3, 100, "no_ceiling"),
        (2029, "hibah_63_01", 2, 15, "one_off"),
    ]
    assert list(first_years(found).itertuples(index=False, name=None)) == [
        (2028, 2028, "bos", 1, 1, "ceiling_below"),
        (2028, 2029, "hibah_63_01", 2, 15, "one_off"),
        (2029, 2029, "bos", 3, 100, "no_ceiling"),
    ]


def test_as_many_lose_it_as_the_money_is_short_of() -> None:
    ceilings = CEILINGS.assign(ceiling_idr=pd.array([29, 29, 29, 29], dtype="Int64"))
    found = find_cliffs(RUNNING, ceilings, (2027,))
    # 80 run, 29 are there: without the 50 still 30.
    assert found.to_dict("records")[0] == {
        "year": 2027,
        "envelope": "bos",
        "schools": 2,
        "opex_idr": 51,
        "why": "ceiling_below",
    }


def test_no_cliff_without_running_costs() -> None:
    assert find_cliffs(RUNNING.head(0), CEILINGS, (2027, 2030)).empty
    assert first_years(find_cliffs(RUNNING.head(0), CEILINGS, (2027,))).empty
