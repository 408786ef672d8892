"""``kalsel-gap export`` of a plan, and which plan the other commands draw."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.cli.export_plan import list_wanted
from kalsel_gap.deliverables.budget_columns import BUDGET
from kalsel_gap.errors import KalselGapError
from kalsel_gap.storage.run_folder import read_run
from tests.hand_made_plan import write_hand_made

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine


@pytest.fixture
def planned(ranked: Path) -> Path:
    """A project with a run and a plan of it."""
    write_hand_made(ranked / "plans", read_run(ranked / "runs"))
    return ranked


def test_which_list_is_asked_for() -> None:
    assert list_wanted("summary", None, ()) is None
    assert list_wanted("summary", "latest", ()) == "budget"
    assert list_wanted("budget_totals", None, (None,)) == "budget_totals"
    with pytest.raises(KalselGapError) as found:
        list_wanted("budget", None, (None, 3))
    assert found.value.code == "plan_no_filter"


def test_budget_lines_drafts_and_proposals(planned: Path, tmp_path: Path, cli: CommandLine) -> None:
    at = ("--project", planned)
    answer = cli("export", "csv", *at, "--columns", "budget")
    assert answer.status == 0, answer.err
    head, *rows = csv.reader(io.StringIO(answer.out.decode()))
    assert head == [column.name for column in BUDGET]
    assert rows
    refused = cli("export", "csv", *at, "--columns", "budget", "--top", "3")
    assert refused.status == 1
    assert "--top" in refused.err
    for words in (
        ("xlsx", "--columns", "budget", "--out", tmp_path / "a.xlsx"),
        ("bts", "--out", tmp_path / "b.csv", "--dialect", "id"),
        ("bts", "--out", tmp_path / "b.xlsx"),
        ("tor", "--out", tmp_path / "tor", "--lang", "id"),
    ):
        answer = cli("export", *words, *at)
        assert answer.status == 0, answer.err
    drafts = {path.name: path.read_bytes() for path in (tmp_path / "tor").iterdir()}
    assert len(drafts) == 9
    assert cli("export", "tor", "--out", tmp_path / "tor", "--lang", "id", *at).status == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "tor").iterdir()} == drafts
    next(iter((tmp_path / "tor").iterdir())).write_text("mine")
    assert cli("export", "tor", "--out", tmp_path / "tor", "--lang", "id", *at).status == 1


def test_the_plan_of_this_very_run_is_drawn(
    planned: Path, tmp_path: Path, cli: CommandLine
) -> None:
    at = ("--project", planned, "--lang", "en")
    plan = (planned / "plans" / "latest").read_text(encoding="utf-8").strip()
    for command, name in (("map", "m.html"), ("report", "r.html")):
        out = tmp_path / name
        answer = cli(command, *at, "--out", out)
        assert answer.status == 0, answer.err
        assert plan in answer.err
        assert plan in out.read_text(encoding="utf-8")
        answer = cli(command, *at, "--no-plan", "--out", out)
        assert plan not in answer.err
        assert plan not in out.read_text(encoding="utf-8")
    answer = cli("export", "gpkg", *at, "--plan", plan[:4], "--out", tmp_path / "a.gpkg")
    assert answer.status == 0, answer.err
    assert plan in answer.err


def test_a_plan_of_another_run_is_refused(ranked: Path, cli: CommandLine) -> None:
    at = ("--project", ranked)
    missing = cli("export", "csv", *at, "--columns", "budget")
    assert missing.status == 1
    run = read_run(ranked / "runs")
    plan = write_hand_made(ranked / "plans", run, of_run="0123456789ab")
    answer = cli("export", "csv", *at, "--run", "latest", "--plan", plan.folder.name)
    assert answer.status == 1
    assert "0123456789ab" in answer.err
    assert run.folder.name in answer.err
    # Its own run is not there.
    assert cli("export", "csv", *at, "--columns", "budget").status == 1
    # And without being asked for, it is not drawn.
    answer = cli("export", "xlsx", *at, "--out", ranked / "list.xlsx")
    assert answer.status == 0, answer.err
    assert plan.folder.name not in answer.err


def test_a_plan_on_the_layers_of_schools(planned: Path, cli: CommandLine) -> None:
    at = ("--project", planned, "--quiet")
    plain = cli("export", "geojson", *at).out
    with_plan = json.loads(cli("export", "geojson", "--plan", "latest", *at).out)
    chosen = [f["properties"] for f in with_plan["features"] if f["properties"]["plan_option"]]
    assert chosen
    assert {each["plan_status"] for each in chosen} <= {"planned", "unfunded"}
    assert all(each["plan_year"] >= 2027 for each in chosen)
    # What costs nothing each year has nobody who pays it.
    assert all(each["envelope_opex"] is None for each in chosen if not each["plan_opex_year_idr"])
    assert all("plan_year" not in f["properties"] for f in json.loads(plain)["features"])
    kml = cli("export", "kml", "--plan", "latest", "--lang", "en", *at).out.decode()
    tree = ET.fromstring(kml)
    space = "{http://www.opengis.net/kml/2.2}"
    names = {each.get("name") for each in tree.iter(f"{space}SimpleField")}
    assert {"plan_status", "plan_year", "plan_capex_idr"} <= names
    years = [e.text for e in tree.iter(f"{space}SimpleData") if e.get("name") == "plan_year"]
    assert len(years) == len(chosen)
    assert "plan_year" not in cli("export", "kml", *at).out.decode()
