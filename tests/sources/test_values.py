from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from kalsel_gap.sources.values import parse_date, read_dates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21", dt.date(2026, 11, 21)),
        ("2026-11-21 10:00", dt.date(2026, 11, 21)),
        ("2026-11-21T10:00:00Z", dt.date(2026, 11, 21)),
        ("21/11/2026", dt.date(2026, 11, 21)),
        ("21-11-2026", dt.date(2026, 11, 21)),
        ("2026/11/21", dt.date(2026, 11, 21)),
        ("11/21/2026", dt.date(2026, 11, 21)),
        ("21 Nov 2026", dt.date(2026, 11, 21)),
        ("13/5/2026 8:05", dt.date(2026, 5, 13)),
        ("13/05/2026 08.05", dt.date(2026, 5, 13)),
        ("13.05.2026", dt.date(2026, 5, 13)),
        ("13-Mei-26", dt.date(2026, 5, 13)),
        ("13-May-2026 10:00", dt.date(2026, 5, 13)),
        ("13 Mei 2026 pukul 08.05 WITA", dt.date(2026, 5, 13)),
        ("Rabu, 13 Mei 2026", dt.date(2026, 5, 13)),
        ("Jum'at 15 Mei 2026", dt.date(2026, 5, 15)),
        ("Wed, 13 May 2026", dt.date(2026, 5, 13)),
        ("May 13, 2026", dt.date(2026, 5, 13)),
        ("5/13/2026", dt.date(2026, 5, 13)),
        ("46155", dt.date(2026, 5, 13)),
        ("46155.337", dt.date(2026, 5, 13)),
        ("1778630400", dt.date(2026, 5, 13)),
        ("1778630400000", dt.date(2026, 5, 13)),
        ("2026-05-13T10:00:00+08:00", dt.date(2026, 5, 13)),
        ("13-05-26", None),
        ("31/02/2026", None),
        ("13/13/2026", None),
        ("13 Mai 2026", None),
        ("13/5/2026 pagi", None),
        ("12345", None),
        ("", None),
        ("20261121", dt.date(2026, 11, 21)),
    ],
)
def test_days(text: str, expected: dt.date | None) -> None:
    assert parse_date(text) == expected


def test_a_day_and_month_that_could_be_swapped_beside_months_that_come_first() -> None:
    day_first = pd.Series(["3/5/2026", "13/5/2026"])
    assert read_dates(day_first).tolist() == [dt.date(2026, 5, 3), dt.date(2026, 5, 13)]
    mixed = pd.Series(["3/5/2026", "5/13/2026", "5/5/2026", "2026-05-03"])
    may = dt.date(2026, 5, 13)
    assert read_dates(mixed).tolist() == [None, may, dt.date(2026, 5, 5), dt.date(2026, 5, 3)]
