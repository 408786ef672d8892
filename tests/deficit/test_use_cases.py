"""Which evidence says what a school's internet is enough for."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from kalsel_gap import schema
from kalsel_gap.deficit.use_cases import judge_use_cases
from kalsel_gap.project.use_cases import UseCases
from kalsel_gap.storage.spreadsheet import to_records

USES = UseCases.shipped()
NAMES = [
    *("delivered_basis", "delivered_status", "exam_clients", "measured_is_indicative"),
    *(f"measured_{name}" for name in ("down_mbps", "up_mbps", "latency_ms", "loss_share")),
    *(f"difficult_{name}" for name in ("down_mbps", "up_mbps", "latency_ms", "loss_share")),
    *("delivered_down_mbps", "delivered_up_mbps", "delivered_latency_ms"),
]
TESTED = {
    "delivered_basis": "test",
    "delivered_status": "known",
    "exam_clients": 15,
    "measured_down_mbps": 20.0,
    "measured_up_mbps": 4.0,
    "difficult_down_mbps": 8.0,
    "difficult_up_mbps": 2.0,
    # Another percentile may state what is delivered: it judges no use.
    "delivered_down_mbps": 1.0,
}
SUBSCRIBED = {
    "delivered_basis": "subscription",
    "delivered_status": "known",
    "exam_clients": 15,
    "delivered_down_mbps": 10.0,
}
NO_INTERNET = {"delivered_basis": "register", "delivered_status": "known"}
INFERRED = {"delivered_basis": "curves", "delivered_status": "inferred"}
LATE = {**TESTED, "difficult_latency_ms": 500.0}


def judged(row: dict[str, Any]) -> dict[str, Any]:
    frame = pd.DataFrame([{name: row.get(name) for name in NAMES}]).astype(
        {name: schema.BY_NAME[name].dtype for name in NAMES}
    )
    made = judge_use_cases(frame, USES)
    columns = [*schema.use_case_columns(USES.cases), schema.BY_NAME["use_status"]]
    assert {column.name for column in columns} == set(made.columns)
    (found,) = to_records(schema.table(made, columns))
    return found


@pytest.mark.parametrize(
    ("row", "code", "days", "status"),
    [
        (TESTED, "anbk", ("yes", "no"), "known"),
        (TESTED, "lesson", ("yes", "yes"), "known"),
        (TESTED, "meeting", ("yes", "no"), "known"),
        ({**TESTED, "delivered_status": "inferred"}, "lesson", ("yes", "yes"), "inferred"),
        ({**TESTED, "difficult_latency_ms": 301.0}, "lesson", ("yes", "no"), "known"),
        ({**TESTED, "measured_loss_share": 0.03}, "meeting", ("no", "no"), "known"),
        (SUBSCRIBED, "updates", ("unknown", "unknown"), "inferred"),  # its upload is not stated
        (SUBSCRIBED, "dapodik", ("unknown", "unknown"), "inferred"),
        ({**SUBSCRIBED, "delivered_up_mbps": 0.5}, "updates", ("yes", "unknown"), "inferred"),
        ({**SUBSCRIBED, "delivered_up_mbps": 0.5}, "dapodik", ("no", "unknown"), "inferred"),
        (SUBSCRIBED, "anbk", ("no", "unknown"), "inferred"),
        (NO_INTERNET, "video", ("no", "no"), "known"),
        (NO_INTERNET, "anbk", ("no", "no"), "known"),
        (INFERRED, "video", ("unknown",) * 2, "unknown"),
        ({**INFERRED, "delivered_basis": "provider"}, "anbk", ("unknown",) * 2, "unknown"),
        ({}, "dapodik", ("unknown",) * 2, "unknown"),
        ({**TESTED, "exam_clients": 0}, "anbk", (None, None), "known"),
        ({**TESTED, "exam_clients": None}, "anbk", ("unknown", "unknown"), "known"),
        ({**LATE, "exam_clients": None}, "anbk", ("unknown", "no"), "known"),
    ],
)
def test_tests_then_the_subscription_then_the_register(
    row: dict[str, Any], code: str, days: tuple[str | None, str | None], status: str
) -> None:
    found = judged(row)
    assert (found[f"use_{code}_typical"], found[f"use_{code}_difficult"]) == days
    assert found["use_status"] == status
