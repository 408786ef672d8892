"""``kalsel-gap plan``: what is printed of a plan that is there, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len

from kalsel_gap.comparison import plan_comparison
from kalsel_gap.i18n.text import LANGUAGES
from kalsel_gap.storage.plan_folder import write_plan
from kalsel_gap.storage.run_folder import read_run
from tests.conftest import snapshot
from tests.deliverables.hand_made_plans import hand_made

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from kalsel_gap.storage.plan_folder import Plan
    from tests.conftest import CommandLine


def keep(folder: Path, **changed: Any) -> Plan:
    """A plan of the run of data/tiny, made by hand, in its folder."""
    run = read_run(folder / "runs").folder.name
    made = hand_made(run={"id": run, "sha256": ""}, project="Tiny", **changed)
    tables = {name: _of_tiny(table) for name, table in made.tables.items()}  # type: ignore[attr-defined]
    return write_plan(folder / "plans", made.manifest, tables)


def _of_tiny(table: pd.DataFrame) -> pd.DataFrame:
    texts = [name for name in ("row_id", "option_id") if name in table]
    return table.assign(**{name: table[name].str.replace("s.csv", "schools.csv") for name in texts})


@pytest.fixture
def at(ranked: Path) -> tuple[str, ...]:
    return "--project", str(ranked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_that_is_there(
    ranked: Path,
    at: tuple[str, ...],
    cli: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    plan = keep(ranked)
    before = snapshot(ranked / "plans")
    answer = cli("plan", "--show", "latest", "--lang", language, *at)
    assert answer.status == 0, answer.err
    shown = answer.out.decode()
    assert max(map(cell_len, shown.splitlines())) <= 80
    assert plan.folder.name in shown
    assert "00000101" in shown
    assert "\x1b" not in shown
    # By the beginning of its id, by its folder, and from a folder elsewhere.
    for name, more in (
        (plan.folder.name[:5], at),
        (str(plan.folder), at),
        ("latest", ("--runs", ranked / "runs", "--out", ranked / "plans")),
    ):
        assert cli("plan", "--show", name, "--lang", language, *more).out == answer.out
    aloud = cli("plan", "--show", "latest", "--lang", language, "--plain", *at).out.decode()
    assert all(line.endswith((".", "?", "!", ":", ")")) for line in aloud.splitlines() if line)
    assert snapshot(ranked / "plans") == before
    assert cli("runs", *at).out.decode().count(plan.folder.name) == 0


def test_a_plan_for_programs(ranked: Path, at: tuple[str, ...], cli: CommandLine) -> None:
    plan = keep(ranked)
    show = ("plan", "--show", "latest", *at)
    data = json.loads(cli(*show, "--format", "json").out)
    assert data["plan"] == plan.folder.name
    assert data["choice"][0]["capex_idr"] == 8_000_000
    assert data["choice"][0]["npsn"] == "00000101"
    rows = list(csv.DictReader(io.StringIO(cli(*show, "--format", "csv").out.decode())))
    assert [row["option"] for row in rows] == ["leo", "leo", "microwave_relay", "open:relay"]
    assert rows[0]["ppn_capex_idr"] == "880000"
    assert len(cli(*show, "--format", "csv", "--top", 1).out.splitlines()) == 2


def test_the_list_of_plans(
    ranked: Path, at: tuple[str, ...], cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    full, trial = keep(ranked), keep(ranked, overrides={"plan.gap": 0.5}, value=99.0)
    broken = keep(ranked, value=1.0)
    record = broken.folder / "plan.json"
    record.write_text(record.read_text(encoding="utf-8").replace("1.0", "2.0"), encoding="utf-8")
    rows = json.loads(cli("plan", "--list", "--format", "json", *at).out)
    assert [(row["plan"], row["kind"]) for row in rows] == [
        (full.folder.name, "full"),
        (trial.folder.name, "trial"),
        (broken.folder.name, "broken"),
    ]
    assert rows[0]["run"] == read_run(ranked / "runs").folder.name
    assert rows[0]["gap_percent"] == pytest.approx(0.43)
    assert rows[1]["overrides"] == "plan.gap=0.5"
    answer = cli("plan", "--list", *at)
    assert answer.status == 0, answer.err
    assert "most of the gap closed, by priority" in " ".join(answer.out.decode().split())


def test_what_there_is_not(ranked: Path, at: tuple[str, ...], cli: CommandLine) -> None:
    for words in (("--list",), ("--show", "latest"), ("--show", "abc")):
        answer = cli("plan", *words, *at)
        assert (answer.status, answer.out) == (1, b""), words
        assert len(answer.err.splitlines()) == 1
    keep(ranked)
    answer = cli("plan", "--show", "\x1b[31mnone", *at)
    assert answer.status == 1
    assert "\x1b" not in answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--add-site", "-3,115"), "--add-site: “-3,115” is no site."),
        (("--sweep", "9:5"), "--sweep: “9:5” is no range of budgets."),
        (("--sweep", "1e9:2e9"), "no ceiling is stated"),
        (("--without", "12345678"), "--without: no school of the registers has the NPSN"),
        (("--set", "index.lambda=0.5"), "--set: “index.lambda” belongs to the run"),
        (("--show", "latest", "--list"), "--show: this and --list ask for two"),
        (("--sweep", "1:2", "--compare-objectives"), "--sweep: this and --compare-objectives"),
        (("--list", "--set", "plan.gap=0.5"), "--list: this and --set"),
        (("--compare-objectives", "--objective", "cost"), "this and --objective"),
        (("--run", "none"), "none"),
    ],
)
def test_what_is_refused_in_one_sentence(
    ranked: Path, at: tuple[str, ...], cli: CommandLine, words: tuple[str, ...], said: str
) -> None:
    answer = cli("plan", *words, "--quiet", *at)
    assert (answer.status, answer.out) == (1, b""), answer.err
    assert said in answer.err
    assert len(answer.err.splitlines()) == 1
    assert not (ranked / "plans").exists()


def test_there_is_no_run(ranked: Path, at: tuple[str, ...], cli: CommandLine) -> None:
    answer = cli("plan", "--runs", ranked / "none", "--quiet", *at)
    assert answer.status == 1
    assert "rank" in answer.err


@dataclass(frozen=True)
class Asked:
    """What a plan is chosen from, as far as a trial changes it."""

    rules: Any = None
    objective: str = "gap"


CEILINGS = (
    'plan.ceilings=[{envelope="apbd_99_01", year=2027, amount=300},'
    ' {envelope="bos", year=2027, amount=100}]'
)


def test_a_sweep_scales_all_ceilings_and_keeps_nothing(
    ranked: Path, at: tuple[str, ...], cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def request(run: object, opened: Any, **more: Any) -> Any:
        assert more["add_sites"] == ((-3.0, 115.0, 40.0),)
        return Asked(opened.project.plan)

    def keep_(run: object, opened: object, request: Any, folder: Path, **_: object) -> Plan:
        asked.append([each.amount for each in request.rules.ceilings])
        return hand_made(value={400: 0.0, 600: 8.0, 800: 9.0}[sum(asked[-1])])

    monkeypatch.setattr(plan_comparison, "request_plan", request)
    monkeypatch.setattr(plan_comparison, "keep_plan", keep_)
    words = ("plan", "--sweep", "400:800:3", "--set", CEILINGS, "--add-site", "-3,115,40", *at)
    answer = cli(*words, "--format", "csv")
    assert answer.status == 0, answer.err
    # Whole thousands between the ends: none here.
    assert asked == [[300, 100], [600, 200]]
    monkeypatch.setattr("kalsel_gap.planning.sweep.even_totals", lambda *_: (400, 600, 800))
    asked.clear()
    data = json.loads(cli(*words, "--format", "json").out)
    assert asked == [[300, 100], [450, 150], [600, 200]]
    assert [row["is_knee"] for row in data] == [False, True, False]
    shown = " ".join(cli(*words).out.decode().split())
    assert "The knee of the curve is at Rp 600:" in shown
    assert not (ranked / "plans").exists()


def test_objectives_compared_keep_nothing(
    ranked: Path, at: tuple[str, ...], cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def keep_(run: object, opened: object, request: Any, folder: Path, **_: object) -> Plan:
        asked.append(request.objective)
        return hand_made(objective=request.objective)

    monkeypatch.setattr(plan_comparison, "request_plan", lambda *_, **__: Asked())
    monkeypatch.setattr(plan_comparison, "keep_plan", keep_)
    rows = json.loads(cli("plan", "--compare-objectives", "--format", "json", *at).out)
    assert [row["objective"] for row in rows] == asked == ["gap", "students", "cost", "schools"]
    shown = " ".join(cli("plan", "--compare-objectives", *at).out.decode().split())
    assert "least cost to connect all" in shown
    assert not (ranked / "plans").exists()


def test_explain_shows_the_options_of_a_school(
    ranked: Path, at: tuple[str, ...], cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    page = ("explain", "00000101", *at)
    assert "Ways to connect it" not in cli(*page).out.decode()
    assert json.loads(cli(*page, "--format", "json").out)["options"] == []
    plan = keep(ranked)
    shown = " ".join(cli(*page).out.decode().split())
    assert "Ways to connect it" in shown
    assert "LEO satellite chosen, 2027 Rp 8 m Rp 9 m" in shown
    assert "microwave hop · SITE [31m1" in shown
    assert "It is 18.2 km away" in shown
    data = json.loads(cli(*page, "--format", "json").out)
    assert data["plan"] == plan.folder.name
    assert data["options"][0]["is_chosen"] is True
    # A plan that was altered is said, and the page is there all the same.
    (plan.folder / "options.parquet").write_bytes(b"x")
    broken = cli(*page)
    assert broken.status == 0
    assert "options.parquet" in broken.out.decode()


def test_a_plan_is_made_kept_and_printed(
    ranked: Path, at: tuple[str, ...], cli: CommandLine
) -> None:
    words = (
        "plan",
        "--set",
        CEILINGS.replace("300", "900000000").replace("100", "90000000"),
        *at,
        "--format",
        "json",
    )
    answer = cli(*words, "--set", "plan.years=[2027, 2028]")
    assert answer.status == 0, answer.err
    data = json.loads(answer.out)  # and the solver prints nothing beside it
    assert {"plan.ceilings.0.amount", "plan.years"} <= data["overrides"].keys()
    assert data["totals"]["schools"] > 0
    spent = {(row["envelope"], row["year"]): row["total_idr"] for row in data["budget"]}
    assert 0 < spent["apbd_99_01", 2027] <= 900_000_000
    assert f"with --plan {data['plan']}" in answer.err
    assert (ranked / "plans" / data["plan"] / "plan.json").is_file()
    assert not (ranked / "plans" / "latest").exists()
    assert cli("plan", "--show", data["plan"], *at, "--format", "json").out == answer.out


def test_one_thread_or_two_make_the_same_bytes(ranked: Path, at: tuple[str, ...]) -> None:
    words = ["plan", "--set", CEILINGS.replace("300", "900000000"), *at, "--quiet", "--out"]
    made = []
    for threads in ("1", "2"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "PYTHONHASHSEED")
        environment = os.environ | dict.fromkeys(names, threads)
        folder = ranked / f"plans{threads}"
        subprocess.run(
            [sys.executable, "-m", "kalsel_gap", *words, str(folder)],
            check=True, env=environment, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        made.append(snapshot(folder))
    assert made[0] == made[1]
