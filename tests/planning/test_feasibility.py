"""Feasibility of options: codes by hand, cells that schools share, and what is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from kalsel_gap.i18n.messages import OPTION_ASSUMPTIONS, OPTION_REASONS, option_reason
from kalsel_gap.i18n.text import Text
from kalsel_gap.planning.feasibility import (
    ASSUMPTIONS,
    REASONS_OF_OPTIONS,
    access_of,
    assess_4g,
    final_reasons,
    read_grid,
    share_cells,
    standing_reasons,
)
from kalsel_gap.planning.option_rows import PARAMETERS
from tests.planning.option_cases import at_km, made_run, site_rows

if TYPE_CHECKING:
    from tests.conftest import MakeProject, MakeSchools

PLACE = at_km(0.0)
SERVER = {"operator": "banua", "technology": "4g", "site_id": "A"}


def test_every_code_has_a_sentence_and_its_parameters() -> None:
    assert set(OPTION_REASONS) == set(REASONS_OF_OPTIONS)
    assert set(OPTION_ASSUMPTIONS) == set(ASSUMPTIONS)
    assert PARAMETERS.keys() <= OPTION_REASONS.keys()
    text = Text("en")
    for code in REASONS_OF_OPTIONS:
        names = PARAMETERS.get(code, ())
        assert "?" not in option_reason(code, dict.fromkeys(names, 3.0), text)
    assert option_reason("", {}, text) == ""
    assert "1,234.5 km" in option_reason("no_hub", {"longest_km": 1234.5}, text)
    assert "? km" in option_reason("no_hub", {}, text)


def test_why_a_school_has_no_option(project: MakeProject, schools: MakeSchools) -> None:
    table = schools(
        [
            {**PLACE, "available": 0.3, "internet": "Tidak Ada"},
            {**PLACE, "available": 0.9, "measured_down_mbps": 20.0, "measured_up_mbps": 5.0},
            {**PLACE, "available": 0.9, "is_duplicate": True},
            {"lat": None, "lon": None, "location_status": "unusable"},
            {**PLACE},
        ]
    )
    opened = project(bare=True)
    run = made_run(table, opened)
    found = standing_reasons(run.schools, opened.project.index)
    assert found.tolist() == ["", "already_adequate", "duplicate", "no_location", "no_evidence"]


def test_levels_of_4g_by_hand(project: MakeProject, schools: MakeSchools) -> None:
    signal = {"best_technology": "4g", "best_operator": "banua"}
    table = schools(
        [
            {**PLACE, **signal, "available": 0.25, "best_level_dbm": -110.0},
            {**PLACE, **signal, "available": 0.23, "best_level_dbm": -111.0},
            {**PLACE, **signal, "available": 0.50},  # declared coverage
            {**PLACE, **signal, "available": 0.10},  # a class of its own
            {**PLACE, "available": 0.05, "best_technology": "2g", "best_operator": "banua"},
            {**PLACE, "available": 0.95, "best_technology": "fixed", "fixed_served": True},
        ]
    )
    run = made_run(table, project(bare=True))
    rows = [
        ("schools.csv:6", "point", "4g", "banua", None, 0.0, "none", True),
        ("schools.csv:7", "point", "4g", "banua", -90.0, 0.775, "value", True),
        ("schools.csv:7", "point", "4g", "other", -80.0, 0.9, "value", False),
    ]
    names = ["row_id", "place", "technology", "operator", "level_dbm", "adequacy", "status", "used"]
    signals = pd.DataFrame(rows, columns=names)
    opened = project(bare=True).project
    found = assess_4g(run.schools, signals, opened, -110.0)
    expected = ["", "below_level", "", "weak_4g", "no_4g", ""]
    assert found.reason.tolist() == expected
    # 9 dB of the antenna: -101 dBm lies .4 of the way from -105 (.45) to -95 (.70).
    assert found.adequacy[0] == pytest.approx(0.55)
    assert found.adequacy[2] == 0.5
    assert found.adequacy[5] == pytest.approx(0.85 + 0.1 * 4.0 / 15.0)
    assert found.operator[5] == "banua"
    nothing = assess_4g(run.schools, signals.iloc[:0], opened, None)
    assert nothing.reason[4] == "level_unknown"


def test_a_cell_is_shared_by_required_bandwidth(project: MakeProject, schools: MakeSchools) -> None:
    signal = {"best_technology": "4g", "best_operator": "banua", "best_level_dbm": -80.0}
    table = schools([{**PLACE, **signal, "available": 0.88, "students": n} for n in (100, 800, 9)])
    opened = project(bare=True)
    run = made_run(table, opened)
    found = assess_4g(run.schools, run.table("signals"), opened.project, -110.0)
    served = [{"row_id": row, "place": "point", **SERVER} for row in run.schools["row_id"][:2]]
    cells = pd.DataFrame(served)
    place = {"lat": -2.5, "lon": 115.5, "site_id": "A"}
    one_cell = site_rows([place])
    shared = share_cells(run.schools, found, (cells, one_cell), np.array([True, True, True]), 30.0)
    # 20 and 40 Mbps are required: a third and two thirds of 30.
    assert shared.share_mbps[:2].tolist() == pytest.approx([10.0, 20.0])
    assert shared.sharing[:2].tolist() == [2.0, 2.0]
    assert np.isinf(shared.share_mbps[2])  # its cell is unknown
    sectors = site_rows([{**place, "azimuth_deg": a} for a in (0.0, 120.0, 240.0)])
    three = share_cells(run.schools, found, (cells, sectors), np.array([True, False, True]), 30.0)
    assert three.share_mbps[0] == pytest.approx(90.0)
    assert three.capacity_mbps[0] == pytest.approx(90.0)
    assert np.isinf(three.share_mbps[1])  # it does not want it


def test_power_and_access(project: MakeProject, schools: MakeSchools) -> None:
    named = ["PLN", "PLN & Diesel", "genset", "Tidak ada listrik", "Non-PLN", "tenaga surya"]
    expected = ["grid", "grid", "none", "none", "none", "own", "unknown", "unknown", "unknown"]
    words = [*named, "", "<script>", None]
    assert read_grid(pd.Series(words)).tolist() == expected
    table = schools(
        [
            {**PLACE, "reached_by_water": True, "road_km": 0.1},
            {**PLACE, "reached_by_water": False},
            {**PLACE, "road_km": 0.4},
            {**PLACE, "road_km": 12.0},
            {**PLACE},
        ]
    )
    found = access_of(table, project(bare=True).project.index)
    assert found.tolist() == ["boat", "road", "road", "unknown", "unknown"]


def test_what_adds_nothing() -> None:
    rows: list[Any] = [
        ("", 0.9, 0.3, True, 0.2),
        ("", 0.3, 0.3, True, 0.0),
        ("", 0.3, 0.5, False, 0.0),
        ("", np.nan, 0.5, False, np.nan),
        ("sky_hidden", 0.9, 0.3, True, 0.2),
        ("", 0.9, 0.9, True, 0.0),
    ]
    names = ["reason", "delivered_after", "served_before", "delivered_known", "benefit"]
    options = pd.DataFrame(rows, columns=names)
    standing = pd.Series(["", "", "", "", "", "already_adequate"])
    expected = ["", "less_than_now", "no_gain", "rates_unknown", "sky_hidden", "already_adequate"]
    assert final_reasons(options, standing).tolist() == expected
