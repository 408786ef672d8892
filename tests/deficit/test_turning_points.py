"""What moves a school across the end of the first k: put back into the formula, it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.deficit.deficits import measure_deficits
from kalsel_gap.deficit.service import assess_service
from kalsel_gap.deficit.turning_points import Standing, TurningPoint, find_turning_points, first_k
from kalsel_gap.indicators.available import from_level
from kalsel_gap.indicators.delivered import adequacy
from kalsel_gap.project.index import Index
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from tests.conftest import MakeProject, MakeSchools

INDEX = Index.shipped()
POINTS = [(-140.0, 0.0), (-120.0, 0.05), (-110.0, 0.25), (-105.0, 0.45), (-95.0, 0.70)]
KNOWN = {"measured_down_mbps": 12.0, "delivered_basis": "test"}


def service(available: float, *, delivered: float | None = None) -> pd.DataFrame:
    known = delivered is not None
    return pd.DataFrame(
        {
            "row_id": ["s:2"],
            "weight": [1.0],
            "available": [available],
            "no_line": [0.0 if known else 0.05 + 0.45 * (1 - available)],
            "given_line": [delivered if known else max(0.8 * available, 0.1)],
            "concentration": [np.inf if known else 4.0],
        }
    )


def curves() -> pd.DataFrame:
    knots = np.linspace(0.0, 0.95, 20)
    none, given_line = 0.05 + 0.45 * (1 - knots), np.maximum(0.8 * knots, 0.1)
    return pd.DataFrame(
        {
            "curve": ["no_line"] * 20 + ["given_line"] * 20,
            "available": np.tile(knots, 2),
            "value": np.concatenate([none, given_line]),
        }
    )


def school(**given: Any) -> dict[str, Any]:
    return {
        "required_mbps": 20.0,
        "delivered_basis": "curves",
        "available": 0.21,
        "best_technology": "4g",
        **given,
    }


def points(row: dict[str, Any], of: pd.DataFrame, at: Standing) -> dict[str, float | None]:
    found = find_turning_points(row, of, curves(), at, INDEX, POINTS)
    return {each.kind: each.value for each in found}


def deficit(down_mbps: float, available: float, *rest: float) -> float:
    up, late = rest or (np.nan, np.nan)
    has = adequacy([down_mbps], [up], [late], [20.0], INDEX.adequacy)
    return float((1.0 - has[0]) * (0.6 + 0.4 * (1.0 - available)))


@given(st.floats(0.0, 0.95), st.floats(0.05, 0.99))
def test_a_line_of_that_speed_is_just_enough(available: float, limit: float) -> None:
    found = points(school(available=available), service(available), Standing(3, True, limit))[
        "line"
    ]
    assert found is not None
    assert deficit(found, available) < limit
    assert found == 0.0 or deficit(found - 0.1, available) >= limit - 1e-9


@given(st.floats(0.0, 0.95), st.floats(0.05, 0.99))
def test_a_line_of_that_speed_is_just_poor_enough(available: float, limit: float) -> None:
    found = points(school(available=available), service(available), Standing(3, False, limit))[
        "line"
    ]
    if found is None:
        assert deficit(0.0, available) <= limit + 1e-9
    else:
        assert deficit(found, available) > limit
        assert deficit(found + 0.1, available) <= limit + 1e-9


@pytest.mark.parametrize(("up", "late"), [(1.0, 300.0), (5.0, 50.0)])
def test_tests_keep_their_upload_and_latency(up: float, late: float) -> None:
    # Those of the percentile that counts; the medians are better.
    better = {"measured_up_mbps": 5.0, "measured_latency_ms": 50.0}
    row = school(**KNOWN, **better, delivered_up_mbps=up, delivered_latency_ms=late)
    value = points(row, service(0.21, delivered=0.5), Standing(3, True, 0.3))["test"]
    assert value is not None
    assert deficit(value, 0.21, up, late) < 0.3 <= deficit(value - 0.1, 0.21, up, late)
    older = school(**KNOWN, measured_up_mbps=up, measured_latency_ms=late)
    assert points(older, service(0.21, delivered=0.5), Standing(3, True, 0.3))["test"] == value


def test_a_poor_upload_can_make_every_download_too_little() -> None:
    row = school(**KNOWN, delivered_up_mbps=0.01, delivered_latency_ms=700.0)
    assert points(row, service(0.21, delivered=0.5), Standing(3, True, 0.1))["test"] is None


def test_the_level_of_4g_is_just_enough() -> None:
    def at(level: float) -> float:
        a = float(from_level(level, POINTS))
        no_line, given_line = 0.05 + 0.45 * (1 - a), max(0.8 * a, 0.1)
        return (1 - (1 - no_line) * given_line) * (0.6 + 0.4 * (1 - a))

    value = points(school(), service(0.21), Standing(3, True, 0.7))["level_4g"]
    assert value is not None
    assert at(value) < 0.7 <= at(value - 1)
    assert points(school(), service(0.21), Standing(3, True, 0.1))["level_4g"] is None
    into = points(school(), service(0.21), Standing(3, False, 0.85))["level_4g"]
    assert into is not None
    assert at(into) > 0.85 >= at(into + 1)


def test_a_better_signal_alone_moves_no_line_that_is_known() -> None:
    """Its deficit falls by what is available only."""
    row = school(delivered_basis="register")
    value = points(row, service(0.21, delivered=0.0), Standing(3, True, 0.85))["level_4g"]
    assert value is not None
    assert 0.6 + 0.4 * (1 - float(from_level(value, POINTS))) < 0.85


def test_nothing_is_stated_of_a_list_that_is_too_short() -> None:
    assert points(school(), service(0.21), Standing(3, True, None)) == {}


def test_a_signal_of_another_technology_is_no_level_of_4g_to_fall() -> None:
    row = school(best_technology="fixed")
    assert "level_4g" not in points(row, service(0.95), Standing(3, False, 0.85))


def test_where_a_school_stands() -> None:
    table = pd.DataFrame(
        {"row_id": list("abcd"), "rank": [1, 2, 3, None], "deficit": [0.9, 0.8, 0.5, np.nan]}
    )
    assert first_k(table, "a", 2) == Standing(2, is_inside=True, limit=0.5)
    assert first_k(table, "c", 2) == Standing(2, is_inside=False, limit=0.8)
    assert first_k(table, "a", 3) == Standing(3, is_inside=True, limit=None)


def test_what_is_stated_holds_when_the_school_is_scored_anew(
    project: MakeProject, schools: MakeSchools
) -> None:
    opened = project(bare=True)
    index = opened.project.index

    def scored(rows: list[dict[str, Any]]) -> tuple[pd.Series[Any], Any, pd.DataFrame]:
        table = schools(rows)
        staged = assess_service(table, opened)
        deficits = measure_deficits(staged.tables["service"], index)["deficit"]
        return deficits, staged, table.join(staged.columns)

    rows = [{"available": a, "best_technology": "4g"} for a in (0.05, 0.1, 0.2, 0.4, 0.6)]
    deficits, staged, table = scored(rows)
    limit = float(deficits.iloc[2])
    at = Standing(2, is_inside=True, limit=limit)
    (first,) = to_records(pd.DataFrame(table.drop(columns="geometry")).head(1))
    mine = staged.tables["service"].iloc[[0]]
    curve = [(float(x), float(y)) for x, y in opened.project.signal.curves["4g"].points]
    found = {
        each.kind: each
        for each in find_turning_points(first, mine, staged.tables["curves"], at, index, curve)
    }
    line, level = found["line"].value, found["level_4g"].value
    assert line is not None
    assert level is not None
    subscribed, *_ = scored([{**rows[0], "subscription_down_mbps": line}, *rows[1:]])
    assert subscribed.iloc[0] < limit
    covered, *_ = scored([{**rows[0], "available": float(from_level(level, curve))}, *rows[1:]])
    assert covered.iloc[0] < limit
    assert isinstance(found["line"], TurningPoint)
