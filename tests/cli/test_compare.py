"""``kalsel-gap compare``: two runs by name, what is shown of them, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len

from kalsel_gap.comparison.causes import CAUSES
from kalsel_gap.storage.run_folder import FORMAT, run_id

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine

PARTS = [f"by_{cause}" for cause in CAUSES]
HOSTILE = "SD <img src=x onerror='window.hurt = 1'>{{7*7}}"


@pytest.fixture
def at(ranked: Path) -> tuple[str, ...]:
    return "--project", str(ranked)


@pytest.fixture
def pair(ranked: Path, at: tuple[str, ...], cli: CommandLine) -> tuple[str, str]:
    """The ids of the full run and of a trial with another weight."""
    before = (ranked / "runs/latest").read_text(encoding="utf-8").strip()
    assert cli("rank", "--set", "index.lambda=0.95", "--draws", "0", "--quiet", *at).status == 0
    (after,) = {path.parent.name for path in ranked.glob("runs/*/run.json")} - {before}
    return before, after


def doctored(ranked: Path, name: str, **changed: Any) -> Path:
    """A copy of the run with another record, in a folder of its id."""
    run = (ranked / "runs/latest").read_text(encoding="utf-8").strip()
    folder = ranked / name
    shutil.copytree(ranked / "runs" / run, folder)
    path = folder / "run.json"
    manifest = {**json.loads(path.read_text(encoding="utf-8")), **changed}
    manifest = {key: value for key, value in manifest.items() if value is not None}
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")
    return folder.rename(folder.parent / run_id(manifest))


def test_a_trial_beside_the_full_run(
    pair: tuple[str, str],
    ranked: Path,
    at: tuple[str, ...],
    cli: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, after = pair
    monkeypatch.setenv("COLUMNS", "80")
    answer = cli("compare", before, after, *at)
    assert answer.status == 0, answer.err
    shown = answer.out.decode()
    assert max(cell_len(line) for line in shown.splitlines()) <= 80
    assert f"Run {after}: Trial, not the official list: index.lambda=0.95" in " ".join(
        shown.split()
    )
    assert shown.index("What moved") < shown.index("Schools that moved most")
    assert "weights and figures" in shown
    assert "0.6 → 0.95" in shown
    assert "a run was made without draws" in " ".join(shown.split())
    # As data: all schools, and the parts add up.
    table = cli("compare", before, after, *at, "-f", "csv").out.decode()
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == 13
    moves = [row for row in rows if row["move"] not in {"", "0"}]
    assert moves
    for row in moves:
        assert sum(int(row[name]) for name in PARTS) == int(row["move"])
        assert row["main_cause"] == "figures"
        assert row["within_chance"] == ""
    assert "'=HYPERLINK" in {row["name"][:11] for row in rows}
    data = json.loads(cli("compare", before, after, *at, "-f", "json").out)
    assert [each["key"] for each in data["differences"]] == ["index.lambda", "robustness.draws"]
    assert data["after"]["overrides"] == {"index.lambda": 0.95, "robustness.draws": 0}
    assert {each["main_cause_of"] for each in data["causes"] if each["cause"] == "figures"} == {
        len(moves)
    }
    # Each run by the beginning of its id, by its folder, and as the latest.
    for one, other in (("latest", after[:5]), (str(ranked / "runs" / before), after)):
        assert cli("compare", one, other, *at).out == answer.out
    # Only one school of those that moved.
    assert b"Shown: 1 of" in cli("compare", before, after, *at, "--top", "1").out


def test_a_run_beside_itself_needs_no_project(ranked: Path, cli: CommandLine) -> None:
    runs = ranked / "runs"
    elsewhere = shutil.copytree(runs, ranked.parent / "elsewhere", dirs_exist_ok=True)
    answer = cli("compare", "latest", "latest", "--runs", elsewhere)
    shutil.rmtree(elsewhere)
    assert answer.status == 0, answer.err
    assert b"Both names mean the same run" in answer.out
    assert b"No school has another gap" in answer.out


def test_the_page_is_inert_in_both_languages(
    ranked: Path, at: tuple[str, ...], cli: CommandLine
) -> None:
    before = (ranked / "runs/latest").read_text(encoding="utf-8").strip()
    register = ranked / "schools.csv"
    text = register.read_text(encoding="utf-8").replace("SD NEGERI HULU CONTOH 1", HOSTILE)
    lines = [line for line in text.splitlines(keepends=True) if ",00000109," not in line]
    register.write_text("".join(lines), encoding="utf-8")  # without the first of the list
    assert cli("rank", "--draws", "0", "--quiet", *at).status == 0
    names = {path.parent.name for path in ranked.glob("runs/*/run.json")}
    (after,) = names - {before}
    out = ranked / "moved.html"
    for language, title in (("en", "Newly ranked, or no longer"), ("id", "Baru berperingkat")):
        answer = cli("compare", before, after, "--out", out, "--lang", language, *at)
        assert answer.status == 0, answer.err
        assert answer.out == b""
        page = out.read_text(encoding="utf-8")
        assert title in page
        assert "<img" not in page
        assert "<script" not in page
        assert "&lt;img src=x" in page
        assert "<script>alert(1)" not in page
    again = cli("compare", before, after, "--out", out, "--lang", "id", *at)
    assert again.status == 0
    assert out.read_text(encoding="utf-8") == page  # same input, same bytes
    out.write_text("my own", encoding="utf-8")
    refused = cli("compare", before, after, "--out", out, *at)
    assert refused.status == 1
    assert out.read_text(encoding="utf-8") == "my own"
    assert cli("compare", before, after, "--out", register, *at).status == 1
    assert register.read_text(encoding="utf-8").startswith("kode_prop")


def test_what_is_refused_says_what_to_do(
    ranked: Path, at: tuple[str, ...], cli: CommandLine
) -> None:
    newer = doctored(ranked, "newer", format=FORMAT + 1)
    answer = cli("compare", "latest", newer, *at)
    assert answer.status == 1
    assert f"format {FORMAT + 1}" in answer.err
    assert "Install the newer version" in answer.err
    for odd in ("\x1b[31m", -1, [1]):
        assert cli("compare", "latest", doctored(ranked, "newer", format=odd), *at).status == 1
    # A run of the time before formats is read.
    older = doctored(ranked, "older", format=None)
    assert cli("compare", older, "latest", *at).status == 0
    run = json.loads((older / "run.json").read_text(encoding="utf-8"))
    parameters = {**run["parameters"], "index.nodes.relief.worst": 601.0}
    other = doctored(ranked, "other", parameters=parameters)
    answer = cli("compare", "latest", other, *at)
    assert (answer.status, answer.out) == (1, b"")
    assert "index.nodes.relief.worst" in answer.err
    assert "--recompute" in answer.err
    answer = cli("compare", "latest", other, "--recompute", *at)
    assert answer.status == 0, answer.err
    said = b" ".join(answer.out.split())
    assert b"Other goalposts: index.nodes.relief.worst" in said
    lacking = doctored(
        ranked,
        "lacking",
        parameters={k: v for k, v in run["parameters"].items() if k != "index.lambda"},
    )
    answer = cli("compare", lacking, "latest", *at)
    assert answer.status == 1
    assert "lambda" in answer.err
    assert "kalsel-gap rank" in answer.err
    unknown = cli("compare", "latest", "0000", *at)
    assert unknown.status == 1
    assert "there is no run “0000”" in unknown.err
    for each in (answer, unknown):
        assert "Traceback" not in each.err
        assert each.out == b""
