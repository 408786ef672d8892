"""Answers become tables of the project: those that were asked, and no other."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest

from kalsel_gap import schema
from kalsel_gap.deliverables import field_pack, gis_layers, verified_tables, visit_list
from kalsel_gap.errors import OutputError
from kalsel_gap.i18n.text import Text
from kalsel_gap.project.read import read_project
from kalsel_gap.robustness.visits import fact_values, plan_visits
from kalsel_gap.sources.field_results import COLUMNS, read_results
from tests.conftest import snapshot
from tests.fact_values import with_facts

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.deliverables.verified_tables import KeptAnswers
    from kalsel_gap.storage.run_folder import Run

FACTS = (
    *(("00000101", "service", 0.03, 0.3), ("00000103", "service", 0.03, 0.3)),
    *(("00000110", "service", 0.03, 0.3), ("00000112", "signal", 0.02, 0.2)),
    ("00000112", "location", 0.02, 0.2),
)


def row(npsn: str, **answers: object) -> dict[str, object]:
    texts = dict.fromkeys(("run", "internet", "reception", "operator", "technology"), "")
    numbers = {name: float("nan") for name in COLUMNS if name not in texts}
    day = {"date": date(2026, 8, 2), "row": 2}
    return {**numbers, **texts, **day, "npsn": npsn, **answers}


TECHNOLOGIES = {"telkomsel": ["2g", "4g"]}


def keep(run: Run, *rows: dict[str, object]) -> KeptAnswers:
    planned = plan_visits(fact_values(run), run.schools)
    opened = read_project(run.folder.parent.parent)
    answers = pd.DataFrame(list(rows), columns=list(COLUMNS))
    return verified_tables.keep_answers(*(answers, planned, run.schools, opened, TECHNOLOGIES))


@pytest.fixture
def run(tiny_run: Run) -> Run:
    return with_facts(tiny_run, FACTS)


def test_only_answers_to_what_was_asked_are_kept(run: Run) -> None:
    kept = keep(
        run,
        row("00000110", internet="tidak_ada", operator="telkomsel", technology="4g", level_dbm=-90),
        row("00000105", internet="tidak_ada"),  # asked nothing
        row("99999999", internet="ada"),
    )
    assert {name: table["npsn"].tolist() for name, table in kept.tables.items()} == {
        "verified.csv": ["00000110"]
    }
    assert (kept.not_asked, kept.unknown) == (2, ("99999999",))
    assert kept.answers["level_dbm"].isna().all()


def test_no_internet_never_contradicts_the_register(run: Run) -> None:
    none = keep(
        run, *(row(npsn, internet="tidak_ada") for npsn in ("00000101", "00000103", "00000110"))
    )
    table = none.tables["verified.csv"].set_index("npsn")
    # 101 has internet by the register: a line of 0 Mbps says the same.
    assert table["internet"].to_dict() == {
        "00000101": "",
        "00000103": "Tidak Ada",
        "00000110": "Tidak Ada",
    }
    assert table["subscription_down_mbps"].dropna().to_dict() == {"00000101": 0.0}
    some = keep(run, row("00000103", internet="ada"), row("00000110", internet="ada"))
    assert some.unused == ("00000103",)  # its register states none
    fast = keep(run, row("00000103", internet="ada", down_mbps=20.0))
    assert fast.unused == ()
    assert fast.tables["verified_tests.csv"].to_dict("records") == [
        {"npsn": "00000103", "date": "2026-08-02", "down_mbps": 20.0}
        | {"up_mbps": pytest.approx(float("nan"), nan_ok=True)}
        | {"latency_ms": pytest.approx(float("nan"), nan_ok=True)}
    ]


def test_of_two_visits_the_later_one_counts_and_all_levels_do(run: Run) -> None:
    level = {"operator": "telkomsel", "technology": "4g", "gate_lat": -2.98, "gate_lon": 115.367}
    kept = keep(
        run,
        row("00000110", internet="ada", date=date(2026, 8, 9)),
        row("00000110", internet="tidak_ada", date=date(2026, 8, 2)),
        row("00000112", level_dbm=-90.0, **level),
        row("00000112", level_dbm=-80.0, **level | {"technology": "3g"}),
    )
    assert kept.tables["verified.csv"]["internet"].tolist() == ["Ada"]
    levels = kept.tables["verified_levels.csv"]
    assert levels["rsrp_dbm"].dropna().tolist() == [-90.0]
    assert levels["rscp_dbm"].dropna().tolist() == [-80.0]
    (place,) = kept.tables["verified_locations.csv"].to_dict("records")
    assert (place["lat_used"], place["lat"]) == (-2.981, -2.98)
    assert place["distance_m"] == pytest.approx(156.8, abs=0.2)  # 1/1000 degree each way
    by_school = verified_tables.by_school(kept, run.schools).set_index("npsn")
    assert by_school["has_line"].to_dict() == {"00000110": True, "00000112": None}


def test_no_signal_is_said_of_the_technology_named_or_of_all_that_are_known(run: Run) -> None:
    none = {"operator": "telkomsel", "reception": "tidak_ada"}
    kept = keep(
        run,
        row("00000112", **none),
        row("00000112", **none, technology="4g"),
        row("00000112", operator="telkomsel", technology="2g", level_dbm=-100.0),
        row("00000112", **none | {"operator": "indosat"}),  # the run knows nothing of it
    )
    levels = kept.tables["verified_levels.csv"]
    assert levels[["technology", "signal"]].to_numpy().tolist() == [
        ["2g", ""],
        ["2g", "Tidak Ada"],
        ["4g", "Tidak Ada"],
    ]
    assert levels["rssi_dbm"].fillna(0.0).tolist() == [-100.0, 0.0, 0.0]
    assert verified_tables.by_school(kept, run.schools)["has_signal"].all()
    shown = verified_tables.shown_where_none(kept, run.table("signals"))
    signals = run.table("signals").query("npsn == '00000112' and used and place == 'point'")
    by_run = signals[signals["operator"].str.casefold() == "telkomsel"]
    assert sum(shown) == (by_run["status"] == "value").sum()
    assert len(shown) == 2
    for status, expected in (("value", [True, True]), ("none", [False, False])):
        made = pd.DataFrame(
            {"npsn": "00000112", "technology": ["2g", "4g"], "operator": "Telkomsel"}
            | {"used": True, "place": "point", "status": status}
        )
        assert verified_tables.shown_where_none(kept, made) == expected
    assert verified_tables.level_differences_db(kept, run.table("signals")) == []


def test_levels_of_an_earlier_version_are_added_to(run: Run) -> None:
    folder = run.folder.parent.parent
    levels = folder / "verified_levels.csv"
    levels.write_text(
        "npsn,lat,lon,operator,technology,rssi_dbm,rscp_dbm,rsrp_dbm\n00000112,,,telkomsel,4g,,,-99\n"
    )
    kept = keep(run, row("00000112", operator="telkomsel", reception="tidak_ada", technology="2g"))
    guard = verified_tables.verified_guard(folder, read_project(folder), overwrite=False)
    verified_tables.write_verified(folder, kept.tables, guard)
    assert levels.read_text("utf-8").splitlines()[1:] == [
        "00000112,,,telkomsel,2g,Tidak Ada,,,",
        "00000112,,,telkomsel,4g,,,,-99",
    ]


def test_imports_add_up_and_nothing_of_the_user_is_written_over(run: Run) -> None:
    folder = run.folder.parent.parent
    opened = read_project(folder)
    first = keep(run, row("00000110", internet="ada"))
    second = keep(run, row("00000110", internet="tidak_ada"), row("00000101", down_mbps=5.0))
    for kept in (first, second, second):
        guard = verified_tables.verified_guard(folder, opened, overwrite=False)
        paths = verified_tables.write_verified(folder, kept.tables, guard)
        last = snapshot(folder)
    assert (folder / "verified.csv").read_text("utf-8") == (
        "npsn,internet,subscription_down_mbps,subscription_up_mbps\n00000110,Tidak Ada,,\n"
    )
    assert set(paths) == {"verified.csv", "verified_tests.csv"}
    lines = verified_tables.lines_to_add(paths, opened)
    assert lines == [
        *("[[attributes]]", 'path = "verified.csv"'),
        *("[[measurements]]", 'path = "verified_tests.csv"'),
    ]
    project = folder / "kalsel-gap.toml"
    project.write_text(project.read_text("utf-8") + "\n" + "\n".join(lines), encoding="utf-8")
    named = read_project(folder)
    assert verified_tables.lines_to_add(paths, named) == []
    # An input of the project now, and still the tool's own.
    guard = verified_tables.verified_guard(folder, named, overwrite=False)
    verified_tables.write_verified(folder, second.tables, guard)
    assert snapshot(folder)["verified.csv"] == last["verified.csv"]
    (folder / "verified_levels.csv").write_text("npsn,mine\n1,2\n", encoding="utf-8")
    with pytest.raises(OutputError, match="output_foreign"):
        verified_tables.verified_guard(folder, named, overwrite=False)


def test_a_layer_comes_back_from_the_field(run: Run, tmp_path: Path) -> None:
    """As QField leaves it: cells filled in, a point moved, all others untouched."""
    visits = visit_list.list_visits(run, run.schools, Text("id"))
    layer = field_pack.visit_layer(visits, ["Telkomsel"], Text("id"))
    path = tmp_path / "verify.gpkg"
    gis_layers.write_layers(run, [layer], path, Text("id"), crs=schema.CRS)
    features = gpd.read_file(path, layer="visits")
    untouched, _ = read_results(path, {"Telkomsel": ["4g"]})
    assert untouched.empty
    moved = features["npsn"] == "00000112"
    features.loc[moved, "geometry"] = features[moved].translate(0.01, 0.0)
    features["operator"] = ["telkomsel" if each else None for each in moved]
    features["technology"] = ["4g" if each else None for each in moved]
    features.loc[moved, "level_dbm"] = -101.0
    features["internet"] = ["tidak_ada" if n == "00000110" else None for n in features["npsn"]]
    features["date"] = "2026-08-02"
    features.to_file(tmp_path / "back.gpkg", layer="visits")
    answers, problems = read_results(tmp_path / "back.gpkg", {"Telkomsel": ["4g"]})
    assert problems == []
    found = answers.set_index("npsn")
    assert sorted(found.index) == ["00000110", "00000112"]
    assert found.loc["00000112", "gate_lon"] == pytest.approx(115.376)
    assert found.loc["00000112", "operator"] == "Telkomsel"
    assert set(found["run"]) == {run.folder.name}
    assert found["gate_lon"].isna().tolist() == [True, False]
