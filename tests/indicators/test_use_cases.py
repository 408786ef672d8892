"""What a line is enough for, at the limits of what each use needs."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.indicators.use_cases import judge_use
from kalsel_gap.project.use_cases import UseCase, UseCases

USES = UseCases.shipped()
NAN = math.nan
KEYS = ("down_mbps", "up_mbps", "latency_ms", "loss_share")


def judged(code: str | UseCase, values: tuple[float, ...], clients: float = 15.0) -> str | None:
    has = pd.DataFrame([dict(zip(KEYS, values, strict=True))])
    needs = USES.cases[code] if isinstance(code, str) else code
    found: object = judge_use(has, needs, pd.Series([clients])).iloc[0]
    return found if isinstance(found, str) else None


@pytest.mark.parametrize(
    ("code", "values", "clients", "expected"),
    [
        ("anbk", (12.0, 4.0, 150.0, 0.02), 15, "yes"),  # just enough of everything
        ("anbk", (11.9, 4.0, 150.0, 0.02), 15, "no"),
        ("anbk", (12.0, 3.9, 150.0, 0.02), 15, "no"),
        ("anbk", (12.0, 4.0, 151.0, 0.02), 15, "no"),
        ("anbk", (12.0, 4.0, 150.0, 0.021), 15, "no"),
        ("anbk", (12.0, 4.0, NAN, NAN), 15, "yes"),  # latency and loss may be unknown
        ("anbk", (12.0, NAN, 20.0, 0.0), 15, "unknown"),  # no rate may be
        ("anbk", (11.9, NAN, NAN, NAN), 15, "no"),  # too slow whatever the upload
        ("anbk", (NAN, 4.0, NAN, NAN), 15, "unknown"),
        ("anbk", (8.0, 2.7, 150.0, 0.0), 10, "yes"),  # ten clients: two thirds of the rates
        ("anbk", (7.9, 2.7, 150.0, 0.0), 10, "no"),
        ("anbk", (100.0, 50.0, 20.0, 0.0), NAN, "unknown"),  # how many take part is unknown
        ("anbk", (100.0, 50.0, 900.0, 0.0), NAN, "no"),  # too late for any number
        ("anbk", (0.0, NAN, NAN, NAN), NAN, "no"),
        ("anbk", (100.0, 50.0, 20.0, 0.0), 0, None),  # the level takes no assessment
        ("anbk", (NAN, NAN, NAN, NAN), 15, "unknown"),
        ("video", (5.0, 0.5, 2000.0, 0.5), NAN, "yes"),  # neither clients nor latency matter
        ("video", (5.0, 0.4, 20.0, 0.0), 0, "no"),
        ("lesson", (6.0, 2.0, 300.0, 1.0), 0, "yes"),
        ("meeting", (50.0, 2.9, 20.0, 0.0), 0, "no"),
        ("dapodik", (0.5, 1.0, NAN, NAN), 0, "yes"),
        ("dapodik", (100.0, NAN, NAN, NAN), 0, "unknown"),  # it sends more than it receives
        ("updates", (9.9, 1.0, NAN, NAN), 0, "no"),
    ],
)
def test_a_line_is_enough_or_not(
    code: str, values: tuple[float, ...], clients: float, expected: str | None
) -> None:
    assert judged(code, values, clients) == expected


RATE = st.one_of(st.just(NAN), st.floats(0.0, 100.0))


@given(
    st.sampled_from(sorted(USES.cases)), st.tuples(RATE, RATE, RATE, RATE), st.tuples(RATE, RATE)
)
def test_a_better_line_is_enough_for_no_less(
    code: str, values: tuple[float, ...], more: tuple[float, float]
) -> None:
    down, up, late, loss = values
    value = judged(code, (down, up, late, loss / 100.0))
    better = (down + math.fabs(more[0]), up + math.fabs(more[1]), late / 2.0, loss / 200.0)
    if value == "yes" and not any(map(math.isnan, more)):
        assert judged(code, better) == "yes"
    if math.isnan(down) or math.isnan(up):
        assert value != "yes"


def test_a_use_that_sends_nothing_needs_no_upload() -> None:
    listens = USES.cases["video"].model_copy(update={"up_mbps": 0.0})
    assert judged(listens, (5.0, NAN, NAN, NAN)) == "yes"


def test_every_use_has_a_source_a_date_and_how_sure_it_is() -> None:
    assert list(USES.cases) == ["anbk", "lesson", "video", "meeting", "dapodik", "updates"]
    for each in USES.cases.values():
        assert each.source
        assert each.date
        assert each.confidence in ("low", "medium")
