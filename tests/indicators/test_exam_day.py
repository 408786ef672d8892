from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap import schema
from kalsel_gap.indicators.exam_day import exam_clients, exam_mbps, met_share, rate_of_adequacy
from kalsel_gap.project.exam_day import ExamDay
from kalsel_gap.project.index import Index

RULE = ExamDay.shipped()


def clients(level: str | None, students: float) -> float:
    return float(exam_clients(pd.Series([level]), pd.Series([students]), RULE).iloc[0])


@pytest.mark.parametrize(
    ("level", "students", "expected"),
    [
        ("SD", 60, 10),  # ten in each of six grades: all at once
        ("SD", 61, 11),
        ("SD", 600, 15),  # thirty are drawn, two sessions of fifteen
        ("SMP", 30, 10),
        ("SMA", 135, 15),  # forty-five of one grade, three sessions
        ("SMK", 2000, 15),
        ("MTs", 60, 15),  # twenty: a session of fifteen, and five
        ("SLB", 60, 5),
        ("TK", 60, 0),
        ("RA", math.nan, 0),
        ("SD", math.nan, math.nan),
        (None, 60, math.nan),
        ("SD", 0, 0),
    ],
)
def test_clients_at_a_time(level: str | None, students: float, expected: float) -> None:
    assert clients(level, students) == pytest.approx(expected, nan_ok=True)


def test_a_day_with_too_few_sessions_needs_larger_ones() -> None:
    one = RULE.levels["SMA"].model_copy(update={"sessions": 1})
    rule = RULE.model_copy(update={"levels": {"SMA": one}})
    found = exam_clients(pd.Series(["SMA"]), pd.Series([500.0]), rule)
    assert found.tolist() == [45.0]
    assert exam_mbps(found, rule).tolist() == [36.0]


@given(st.sampled_from(schema.LEVELS), st.integers(0, 5000), st.integers(0, 500))
def test_more_pupils_never_need_fewer_clients(level: str, students: int, more: int) -> None:
    few, many = clients(level, students), clients(level, students + more)
    assert 0 <= few <= many <= students + more
    assert few == int(few)


def test_every_level_with_pupils_of_a_grade_has_figures_with_a_source() -> None:
    without = {"TK", "KB", "TPA", "SPS", "RA"}
    assert set(schema.LEVELS) - set(RULE.levels) == without
    for each in RULE.levels.values():
        assert each.source
        assert each.date
        assert each.confidence == "low"


def test_no_internet_meets_nothing_whatever_is_needed() -> None:
    found = met_share([0.0, 0.0, 3.0, math.nan], [12.0, math.nan, math.nan, 12.0])
    assert found.tolist() == pytest.approx([0.0, 0.0, math.nan, math.nan], nan_ok=True)


@given(st.floats(0.0, 1.0), st.floats(1.0, 300.0))
def test_the_rate_of_an_adequacy_is_that_of_its_download(adequacy: float, required: float) -> None:
    rule = Index.shipped().adequacy
    rate = float(rate_of_adequacy(adequacy, required, rule))
    assert min(1.0, rate / required) ** rule.exponent == pytest.approx(adequacy, abs=1e-9)
