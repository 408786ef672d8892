"""What is delivered: which evidence teaches and counts, and how sure it is."""

from __future__ import annotations

import math
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from kalsel_gap import schema
from kalsel_gap.deficit.service import STAGE as SERVICE
from kalsel_gap.deficit.service import assess_service
from kalsel_gap.deficit.signals import STAGE as SIGNALS
from kalsel_gap.stages import NO_TABLES, silent

if TYPE_CHECKING:
    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Stage
    from tests.conftest import MakeProject, MakeSchools


@pytest.fixture
def opened(project: MakeProject) -> Opened:
    return project(bare=True)


def service(table: MakeSchools, opened: Opened, row: dict[str, Any]) -> pd.DataFrame:
    """The cases of one school."""
    return assess_service(table([row]), opened).tables["service"]


@pytest.mark.parametrize(("above", "basis"), [(0.0, "subscription"), (1.0, "provider")])
def test_the_highest_rate_of_a_line_is_still_one(
    schools: MakeSchools, opened: Opened, above: float, basis: str
) -> None:
    highest = opened.project.registers.highest["subscription_down_mbps"].otherwise
    row = {"available": 0.5, "level": None, "subscription_down_mbps": highest + above}
    found = assess_service(schools([row]), opened).columns
    assert found["delivered_basis"].tolist() == [basis]


@pytest.mark.parametrize(
    ("evidence", "concentration"),
    [
        ({"measured_tests": 2, "measured_status": "inferred"}, 4.0 * (1 + 2)),
        ({"measured_tests": 5}, np.inf),
    ],
)
def test_each_test_makes_what_was_measured_surer(
    schools: MakeSchools, opened: Opened, evidence: dict[str, Any], concentration: float
) -> None:
    assert opened.project.index.inference.concentration == 4.0
    row = {"available": 0.5, "measured_down_mbps": 5.0, **evidence}
    assert service(schools, opened, row)["concentration"].tolist() == [concentration]


def test_a_doubtful_location_is_two_cases_by_its_weight(
    schools: MakeSchools, opened: Opened
) -> None:
    row = {
        "available": 0.62,
        "available_status": "inferred",
        "available_at_point": 0.2,
        "available_in_area": 0.8,
        "point_weight": 0.3,
    }
    found = service(schools, opened, row)[["place", "weight", "available"]]
    assert found.to_numpy().tolist() == [["point", 0.3, 0.2], ["area", 0.7, 0.8]]


def test_a_register_that_a_test_contradicts_does_not_teach_who_has_no_line(
    schools: MakeSchools, opened: Opened
) -> None:
    provider = [{"available": 0.6, "internet": "Speedy"}] * 5
    none = [{"available": 0.6, "internet": "Tidak Ada"}] * 5
    contradicted = [{**none[0], "measured_down_mbps": 5.0}] * 3
    curves = assess_service(schools([*provider, *none, *contradicted]), opened).tables["curves"]
    learned_from = curves.groupby("curve")["schools"].first()
    assert learned_from.to_dict() == {"given_line": 3, "no_line": 10}


def with_percentile(opened: Opened, percentile: float) -> Opened:
    tests = opened.project.index.tests.model_copy(update={"percentile": percentile})
    index = opened.project.index.model_copy(update={"tests": tests})
    return replace(opened, project=opened.project.model_copy(update={"index": index}))


def test_another_percentile_of_the_tests_states_what_is_delivered(
    schools: MakeSchools, opened: Opened
) -> None:
    down, late = [4.0, 8.0, 9.0, 12.0, 30.0], [300.0, 80.0, 70.0, 60.0, 50.0]
    tests = pd.DataFrame({"npsn": "00000001", "down_mbps": down, "latency_ms": late})
    tables = {"own_tests": tests.assign(up_mbps=np.nan)}
    row = {"available": 0.5, "measured_down_mbps": 9.0, "measured_latency_ms": 70.0}
    subscribed = {"available": 0.5, "subscription_down_mbps": 10.0}
    columns = ["delivered_down_mbps", "delivered_latency_ms", "delivered"]

    def adequacy(down_mbps: float, latency_ms: float) -> float:
        share, part = math.sqrt(down_mbps / 20.0), 1.0 - (latency_ms - 50.0) / 550.0
        return (0.7 * share + 0.1 * part) / 0.8

    for percentile, at in ((50.0, (9.0, 70.0)), (25.0, (8.0, 80.0)), (75.0, (12.0, 60.0))):
        chosen = with_percentile(opened, percentile)
        found = assess_service(schools([row, subscribed]), chosen, tables).columns[columns]
        assert found.iloc[0].tolist() == pytest.approx([*at, adequacy(*at)])
        # A subscription has no percentiles, and no latency.
        assert found["delivered_down_mbps"].tolist()[1] == 10.0
        assert found["delivered_latency_ms"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("row", "clients", "met", "met_status", "may_have"),
    [
        # Twenty of a grade take part, fifteen at a time: 12 Mbps.
        (
            {"measured_down_mbps": 20.0, "difficult_down_mbps": 6.0, "available": 0.5},
            *(15, 0.5, "known", 5.0 / 12.0),
        ),
        (
            {"measured_down_mbps": 20.0, "difficult_down_mbps": 6.0, "measured_status": "inferred"},
            *(15, 0.5, "inferred", None),
        ),
        ({"subscription_down_mbps": 30.0, "available": 1.0}, 15, 1.0, "inferred", 1.0),
        ({"internet": "Tidak Ada", "available": 0.0}, 15, 0.0, "known", 0.0),
        ({"internet": "Tidak Ada", "students": None}, None, 0.0, "known", None),
        ({"students": None, "subscription_down_mbps": 30.0}, None, None, "unknown", None),
        ({"level": None, "subscription_down_mbps": 30.0}, None, None, "unknown", None),
        ({"internet": "Speedy", "available": 0.5}, 15, None, "unknown", 5.0 / 12.0),
        ({"level": "TK", "internet": "Tidak Ada"}, 0, None, None, None),
    ],
)
def test_the_peak_of_an_examination_day(
    schools: MakeSchools,
    opened: Opened,
    *,
    row: dict[str, Any],
    clients: int | None,
    met: float | None,
    met_status: str | None,
    may_have: float | None,
) -> None:
    table = schools([{"level": "SMP", "students": 60, **row}])
    found = assess_service(table, opened).columns.iloc[0]
    got = {name: None if pd.isna(found[name]) else found[name] for name in found.index}
    assert got["exam_clients"] == clients
    assert got["exam_status"] == {None: "unknown", 0: "none"}.get(clients, "inferred")
    assert got["exam_mbps"] == (None if clients is None else clients * 0.8)
    assert (got["exam_met_share"], got["exam_met_status"]) == (met, met_status)
    assert got["exam_available_share"] == (None if may_have is None else pytest.approx(may_have))


# --- what the stages of this room declare --------------------------------------------------------


@pytest.mark.parametrize("stage", [SERVICE, SIGNALS], ids=lambda stage: stage.name)
def test_a_stage_reads_what_it_declares_and_nothing_else(
    schools: MakeSchools, project: MakeProject, stage: Stage
) -> None:
    rows: list[dict[str, Any]] = [
        {"measured_down_mbps": 5.0, "available": 0.5, "students": 100, "internet": "tidak ada"},
        {"available": 0.2, "students": 50, "internet": "fiber"},
        {"is_duplicate": True},
    ]
    table, opened = schools(rows), project(bare=True)
    (name,) = stage.writes
    before = schema.up_to(schema.STAGES[schema.STAGES.index(name) - 1])
    assert {*stage.reads} <= {column.name for column in before}
    whole = stage.make(table, opened, NO_TABLES, silent)
    part = stage.make(table[[*stage.reads]], opened, NO_TABLES, silent)
    pd.testing.assert_frame_equal(part.columns, whole.columns)
    assert part.findings == whole.findings
    for each, made in whole.tables.items():
        pd.testing.assert_frame_equal(part.tables[each], made)
    for section in stage.sections:  # none of them is misspelt
        attrgetter(section)(opened.project)
    assert {*stage.tables} <= {"predictions", "own_tests"}
