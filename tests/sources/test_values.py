from __future__ import annotations

import datetime as dt

import pytest

from kalsel_gap.sources.values import parse_date


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21", dt.date(2026, 11, 21)),
        ("2026-11-21 10:00", dt.date(2026, 11, 21)),
        ("2026-11-21T10:00:00Z", dt.date(2026, 11, 21)),
        ("21/11/2026", dt.date(2026, 11, 21)),
        ("21-11-2026", dt.date(2026, 11, 21)),
        ("2026/11/21", dt.date(2026, 11, 21)),
        ("11/21/2026", None),
        ("21 Nov 2026", dt.date(2026, 11, 21)),
        ("", None),
        ("20261121", None),
    ],
)
def test_days(text: str, expected: dt.date | None) -> None:
    assert parse_date(text) == expected
