"""Whom to visit, the pack for the field, and what comes back from it."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from kalsel_gap.deliverables.field_pack import FILES
from kalsel_gap.pipeline import open_project
from kalsel_gap.storage.run_folder import read_run
from tests.conftest import snapshot
from tests.fact_values import TINY_FACTS, with_facts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine

# The facts of a school that an answer can be about.
FACTS = (
    *("internet", "subscription_down_mbps", "subscription_up_mbps", "measured_down_mbps"),
    *("measured_up_mbps", "measured_latency_ms", "lat", "lon", "available", "fixed_network"),
)
ANSWERS = """\
date,npsn,run,internet,subscription_down_mbps,down_mbps,operator,technology,level_dbm,gate,name
2026-08-02,00000110,{run},ada,20,,,,,,Budi
2026-08-02,00000112,{run},ada,50,,telkomsel,4g,-110,-2.9815 115.3655 0 4,Budi
2026-08-02,00000104,{run},tidak_ada,,,,,,,Budi
2026-08-02,00000109,{run},tidak_ada,,,,,,,Budi
"""
ASKED = (
    *(("00000110", "service", 0.03, 0.4), ("00000109", "service", 0.03, 0.1)),
    *(("00000112", "signal", 0.02, 0.2), ("00000112", "location", 0.02, 0.1)),
)


def test_the_list_in_each_format(ranked: Path, cli: CommandLine) -> None:
    with_facts(read_run(ranked / "runs"))
    words = ("verify", "--project", ranked)
    shown = cli(*words, "--top", 2).out.decode()
    assert "HYPERLINK" in shown
    assert "35 %" in shown
    assert "Gunung Contoh" not in shown  # the third school
    assert "Chance: how likely a visit changes" in " ".join(shown.split())
    rows = list(csv.DictReader(io.StringIO(cli(*words, "--format", "csv").out.decode())))
    assert [row["npsn"] for row in rows] == ["00000103", "00000112", "00000109"]
    assert rows[1]["name"].startswith("'=")
    told = json.loads(cli(*words, "--format", "json", "--kabupaten", "Gunung Contoh").out)
    assert [row["npsn"] for row in told] == ["00000112", "00000109"]
    assert told[0]["asks_service"] == 0
    none = cli(*words, "--level", "SLB")
    assert none.status == 0
    assert none.out.decode().splitlines()[1:] == ["Last full run; no run is marked as official."]
    assert cli(*words, "--level", "SLB", "--format", "csv").out.count(b"\n") == 1
    assert "Nothing that a visit can find out would change" in none.err


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_pack_is_written_in_the_language_of_the_project_or_the_option(
    ranked: Path, cli: CommandLine, tmp_path: Path, language: str
) -> None:
    with_facts(read_run(ranked / "runs"))
    words = ("verify", "--project", ranked, "--out", tmp_path / "pack", "--lang", language)
    answer = cli(*words)
    assert answer.status == 0
    assert set(snapshot(tmp_path / "pack")) == set(FILES)
    found = (tmp_path / "pack" / "README.txt").read_text("utf-8")
    assert ("3 sekolah" in found, "3 schools" in found) == (language == "id", language == "en")
    before = snapshot(tmp_path / "pack")
    assert cli(*words).status == 0
    assert snapshot(tmp_path / "pack") == before


def test_a_run_without_draws_is_an_error(ranked: Path, cli: CommandLine) -> None:
    with_facts(read_run(ranked / "runs"), draws=0)
    answer = cli("verify", "--project", ranked)
    assert (answer.status, answer.out) == (1, b"")
    assert answer.err.count("\n") == 1
    assert "kalsel-gap rank" in answer.err


def test_an_import_moves_what_was_asked_and_nothing_else(ranked: Path, cli: CommandLine) -> None:
    run = with_facts(read_run(ranked / "runs"), ASKED, k=3)
    results = ranked / "results.csv"
    results.write_text(ANSWERS.format(run=run.folder.name), encoding="utf-8")
    answer = cli("verify", "--project", ranked, "--import", results)
    assert answer.status == 0, answer.err
    shown = " ".join(answer.out.decode().split())
    # 110 has 20 Mbps now and leaves the first three; 112 stays out, 109 stays in.
    assert "Hit rate: 1 of 3 visited schools (33 %)" in shown
    assert "0.7 were expected. Too few to judge." in shown
    assert "leaves" in shown
    assert "Column “name” is about a person" in answer.err
    # 104 was asked nothing; of 112 the internet was not asked.
    assert "Answers to facts that were not asked, and that are not kept: 2." in answer.err
    lines = [line for line in answer.err.splitlines() if line.startswith(("[[", "path ="))]
    assert lines[:2] == ["[[attributes]]", 'path = "verified.csv"']
    assert "Budi" not in "".join(p.read_text("utf-8") for p in ranked.glob("verified*.csv"))

    file = ranked / "kalsel-gap.toml"
    first, section, rest = file.read_text("utf-8").partition("[[attributes]]")
    file.write_text(f"{first}{chr(10).join(lines)}\n{section}{rest}", encoding="utf-8")
    after = open_project(ranked).rank().schools.set_index("npsn")
    before = run.schools.set_index("npsn").loc[after.index]
    moved = {
        (npsn, name)
        for name in FACTS
        for npsn in after.index[(after[name] != before[name]) & (after[name].notna())]
    }
    assert moved == {
        ("00000110", "internet"),
        ("00000110", "subscription_down_mbps"),
        ("00000112", "available"),
    }
    assert after.loc["00000112", "available"] == pytest.approx(0.25)  # -110 dBm
    assert after.loc["00000112", "lat"] == -2.981  # a location is a proposal
    # Again, now that the project reads the tables: nothing to add, the same figures.
    kept = snapshot(ranked)
    again = cli("verify", "--project", ranked, "--import", results, "--format", "json")
    report = json.loads(again.out)
    assert report["changes"] == {
        "count": 3, "expected": pytest.approx(0.7), "observed": 1, "verdict": "few"
    }  # fmt: skip
    assert report["project_lines"] == []
    assert "Add these lines" not in again.err
    assert {k: v for k, v in snapshot(ranked).items() if k.startswith("verified")} == {
        k: v for k, v in kept.items() if k.startswith("verified")
    }


def test_answers_of_packs_of_two_runs_need_a_choice(ranked: Path, cli: CommandLine) -> None:
    with_facts(read_run(ranked / "runs"))
    results = ranked / "results.csv"
    table = pd.DataFrame({"npsn": ["00000103"] * 2, "run": ["abcdef1", "abcdef2"]})
    table.assign(internet="ada").to_csv(results, index=False)
    answer = cli("verify", "--project", ranked, "--import", results)
    assert (answer.status, answer.out) == (1, b"")
    assert "abcdef1, abcdef2" in answer.err
    assert not list(ranked.glob("verified*"))
    assert {fact for _, fact, _, _ in TINY_FACTS} == {"service", "signal", "location", "visit"}
