"""``kalsel-gap evaluate``: a plan by its own run and by a later one, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import shutil
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from kalsel_gap.project.read import FILE_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine

# Money for whoever is asked first: schools of the kabupaten and of the province.
CEILINGS = "".join(
    f'\n[[plan.ceilings]]\nenvelope = "{envelope}"\nyear = {year}\namount = 400_000_000\n'
    for envelope in ("apbd_province", "apbd_99_01", "apbd_99_02", "bos")
    for year in (2027, 2028)
)
SECTIONS = f'\n[plan]\nyears = [2027, 2028]\ndelivery = "delivery.csv"\n{CEILINGS}'
DELIVERY = "npsn,opsi,status,tanggal,biaya,catatan\n00000113,leo,diusulkan,2026-05-02,,\n"


@pytest.fixture
def at(ranked: Path) -> tuple[str, ...]:
    return "--project", str(ranked)


@pytest.fixture
def planned(
    ranked: Path,
    at: tuple[str, ...],
    cli: CommandLine,
    without_images: None,
) -> Path:
    """data/tiny with a run and a plan of it; nothing is delivered."""
    with (ranked / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write(SECTIONS)
    (ranked / "delivery.csv").write_text(DELIVERY, encoding="utf-8")
    answer = cli("plan", "--quiet", *at)
    assert answer.status == 0, answer.err
    return ranked


@pytest.fixture
def later(planned: Path, at: tuple[str, ...], cli: CommandLine) -> tuple[str, list[str]]:
    """A run of the year after, in which all that was chosen works, and those schools."""
    answer = cli("plan", "--show", "latest", "--format", "csv", *at)
    rows = list(csv.DictReader(io.StringIO(answer.out.decode())))
    chosen = {row["npsn"]: row["option"] for row in rows if row["npsn"]}
    assert chosen, answer.err
    text = "".join(
        f"{npsn},{option},aktif,2027-02-15,9000000,\n" for npsn, option in sorted(chosen.items())
    )
    (planned / "delivery.csv").write_text(DELIVERY + text, encoding="utf-8")
    tests = "npsn,date,download_mbps,upload_mbps,latency_ms\n" + "".join(
        f"{npsn},2027-03-{day:02},40,12,60\n" for npsn in sorted(chosen) for day in range(1, 7)
    )
    (planned / "tests_later.csv").write_text(tests, encoding="utf-8")
    with (planned / FILE_NAME).open("a", encoding="utf-8") as file:
        file.write('\n[[measurements]]\npath = "tests_later.csv"\ndate = "2027-03-31"\n')
    before = {path.parent.name for path in planned.glob("runs/*/run.json")}
    assert cli("rank", "--draws", "0", "--quiet", *at).status == 0
    (run,) = {path.parent.name for path in planned.glob("runs/*/run.json")} - before
    return run, sorted(chosen)


def test_by_its_own_run_nothing_has_changed_and_what_is_refused(
    planned: Path, at: tuple[str, ...], cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    answer = cli("evaluate", "latest", "latest", *at)
    assert answer.status == 0, answer.err
    shown = answer.out.decode()
    assert max(cell_len(line) for line in shown.splitlines()) <= 80
    assert "The plan was made from this run" in " ".join(shown.split())
    data = json.loads(cli("evaluate", "latest", "latest", *at, "-f", "json").out)
    assert data["spending"]["closed"] == 0
    assert data["before"] == data["after"]
    # Without its project, beside the folder of the runs.
    elsewhere = shutil.copytree(planned, planned.parent / "elsewhere")
    (elsewhere / FILE_NAME).unlink()
    monkeypatch.chdir(planned.parent)
    alone = cli("evaluate", "latest", "latest", "--runs", elsewhere / "runs")
    shutil.rmtree(elsewhere)
    assert alone.status == 0, alone.err
    (planned / "mine.html").write_text("mine", encoding="utf-8")
    for words in (
        ("latest", "ffffffffffff"),
        ("ffffffffffff", "latest"),
        ("latest", "latest", "--out", str(planned / "page.pdf")),
        ("latest", "latest", "--out", str(planned / FILE_NAME)),
        ("latest", "latest", "--out", str(planned / "delivery.csv")),
        ("latest", "latest", "--out", str(planned / "mine.html")),
        ("latest", "latest", "--earlier", "ffffffffffff"),
    ):
        answer = cli("evaluate", *words, *at)
        assert answer.status == 1, words
        assert answer.err.startswith("kalsel-gap: error: "), words
    assert (planned / "mine.html").read_text(encoding="utf-8") == "mine"


def test_by_a_later_run(
    later: tuple[str, list[str]],
    planned: Path,
    at: tuple[str, ...],
    cli: CommandLine,
) -> None:
    run, chosen = later
    answer = cli("evaluate", "latest", run, *at)
    assert answer.status == 0, answer.err
    assert f"Delivered since the plan: {len(chosen)} schools" in " ".join(
        answer.out.decode().split()
    )
    table = cli("evaluate", "latest", run, *at, "-f", "csv").out.decode()
    rows = {row["npsn"]: row for row in csv.DictReader(io.StringIO(table))}
    assert {npsn for npsn, row in rows.items() if row["group"] == "delivered"} == set(chosen)
    for npsn in chosen:
        assert rows[npsn]["actual_idr"] == "9000000"
        assert rows[npsn]["tests_after"] == "6"
        assert float(rows[npsn]["deficit_after"]) < float(rows[npsn]["deficit_before"])
    assert all(row["spent_idr"].isdecimal() or not row["spent_idr"] for row in rows.values())
    # Line by line for a screen reader, with the placebo of a run that is named.
    aloud = cli("evaluate", "latest", run, *at, "--plain", "--earlier", run).out.decode()
    assert "│" not in aloud
    assert "No earlier run was named" not in aloud
    out = planned / "evaluated.html"
    for language in ("en", "id"):
        answer = cli("evaluate", "latest", run, *at, "--out", out, "--lang", language)
        assert answer.status == 0, answer.err
        page = out.read_text(encoding="utf-8")
        assert f'lang="{language}"' in page
        assert "<img" not in page
        assert "<script" not in page
