from __future__ import annotations

import pandas as pd

from kalsel_gap.planning.delivery import count_states, match_deliveries
from tests.planning.plan_cases import deliveries, school, schools

REGISTER = schools(*map(school, (1, 2, 3)), school(3, row_id="s.csv:9", is_duplicate=True))


def test_the_last_state_counts() -> None:
    effects, findings = match_deliveries(
        deliveries(
            ("00000001", "leo", "delivered", "2026-02-01"),
            ("00000001", "leo", "proposed", "2026-01-01"),
            ("00000001", "vsat", "refused", "2026-01-01"),
            ("00000002", "leo", "active", "2026-03-01"),
            ("00000002", "leo", "delivered", "2026-03-01"),  # the same day: the later state
            ("00000003", "leo", "accepted", ""),
            ("00000007", "leo", "used", "2026-01-01"),
        ),
        REGISTER,
    )
    assert effects.in_progress == {"s.csv:1"}
    assert effects.served == {"s.csv:2"}
    assert effects.refused == {("s.csv:1", "vsat")}
    assert [(each.code, each.row, each.npsn) for each in findings] == [
        ("delivery_without_school", 8, "00000007")
    ]
    assert count_states(effects.table) == {
        "proposed": 0,
        "accepted": 1,
        "refused": 0,
        "delivered": 1,
        "active": 1,
        "used": 0,
    }


def test_a_cost_is_all_that_was_paid() -> None:
    given = deliveries(
        ("00000001", "leo", "delivered", "2026-02-01"), ("00000001", "leo", "used", "2026-03-01")
    ).assign(cost_idr=pd.array([8_000_000, 500_000], dtype="Int64"))
    table = match_deliveries(given, REGISTER)[0].table
    assert table[["row_id", "state", "date", "cost_idr"]].to_numpy().tolist() == [
        ["s.csv:1", "used", "2026-03-01", 8_500_000]
    ]


def test_nothing_delivered() -> None:
    effects, findings = match_deliveries(deliveries(), REGISTER)
    assert effects.table.empty
    assert not effects.served
    assert findings == []
    assert set(count_states(effects.table).values()) == {0}
