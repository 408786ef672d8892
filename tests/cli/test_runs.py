"""``runs pin`` and ``runs unpin``: which list was approved, and where that is said."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from kalsel_gap.project.read import FILE_NAME
from kalsel_gap.storage.official_run import OFFICIAL
from kalsel_gap.storage.run_folder import read_run
from tests.conftest import snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CommandLine

HOSTILE = "=1+<b>188.44</b>{{7*7}}\x1b[31m"
SHOWN = "=1+<b>188.44</b>{{7*7}} [31m"
DECREE = ("--decree", "188.44/0123/KUM/2026", "--date", "2026-07-31")
TRIAL = ("--draws", 0, "--format", "csv")


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def listed(cli: CommandLine, folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(cli("runs", "-p", folder, "--format", "json").out)
    return found


def drawn(cli: CommandLine, folder: Path, *more: object) -> dict[str, str]:
    """What each deliverable says of the run that it shows."""
    at = ("-p", folder, "--lang", "en", *more)
    for command, out in (
        (("map",), "map.html"),
        (("explain", "00000101"), "school.html"),
        (("export", "geojson"), "a.geojson"),
        (("export", "gpkg"), "a.gpkg"),
    ):
        assert cli(*command, *at, "--overwrite", "--out", folder / out).status == 0
    with closing(sqlite3.connect(folder / "a.gpkg")) as database:
        ((described,),) = database.execute(
            "SELECT description FROM gpkg_contents WHERE table_name = 'schools'"
        ).fetchall()
        metadata = json.loads(database.execute("SELECT metadata FROM gpkg_metadata").fetchone()[0])
    features = json.loads((folder / "a.geojson").read_text(encoding="utf-8"))["features"]
    exported = cli("export", "csv", *at, "--names", "codes")
    return {
        "map": (folder / "map.html").read_text(encoding="utf-8"),
        "explain": (folder / "school.html").read_text(encoding="utf-8"),
        "json": cli("explain", "00000101", *at, "--format", "json").out.decode(),
        "terminal": cli("explain", "00000101", *at).out.decode(),
        "gpkg": described,
        "metadata": json.dumps(metadata),
        "geojson": str({each["properties"]["official"] for each in features}),
        "csv": str({row["official"] for row in rows(exported.out.decode())}),
        "standing": str({row["standing"] for row in rows(exported.out.decode())}),
        "err": exported.err,
    }


def test_every_deliverable_shows_the_official_run_and_says_so(
    cli: CommandLine, ranked: Path
) -> None:
    official = read_run(ranked / "runs").folder.name
    said = drawn(cli, ranked)
    for where in ("map", "explain", "gpkg", "terminal", "err"):
        assert "Last full run; no run is marked as official." in said[where]
    assert said["standing"] == "{'last'}"
    assert '"standing": "last"' in said["metadata"]
    assert (said["geojson"], said["csv"]) == ("{None}", "{''}")
    pinned = cli("runs", "pin", official[:6], "-p", ranked, "--decree", HOSTILE, *DECREE[2:])
    assert (pinned.status, pinned.out) == (0, b"")
    assert pinned.err == (f"Run {official} is the official one, by decree {SHOWN} of 2026-07-31.\n")
    # A later full run is not drawn, and says what stays.
    project = ranked / FILE_NAME
    text = project.read_text(encoding="utf-8") + "\n[index]\nlambda = 0.7\n"
    project.write_text(text, encoding="utf-8")
    answer = cli("rank", "-p", ranked, "--format", "csv")
    latest = (ranked / "runs" / "latest").read_text().strip()
    assert latest != official
    assert f"Run {official} stays the official one, by decree {SHOWN}" in answer.err
    assert f"this run with --run {latest}." in answer.err
    assert {row["official"] for row in rows(answer.out.decode())} == {""}
    said = drawn(cli, ranked)
    sentence = f"Official list, approved by decree {SHOWN} of 2026-07-31."
    escaped = sentence.replace("<", "&lt;").replace(">", "&gt;")
    for where in ("map", "explain"):
        assert said[where].count(escaped) == 2 + (where == "map")  # a notice, and the imprint
        assert sentence not in said[where]
    assert sentence in " ".join(said["terminal"].split())
    assert sentence in said["gpkg"]
    assert json.loads(said["metadata"])["official"] == {
        "run": official,
        "decree": SHOWN,
        "date": "2026-07-31",
    }
    data = json.loads(said["json"])
    assert (data["run"], data["standing"]) == (official, "official")
    assert data["official"] == json.loads(said["metadata"])["official"]
    assert said["csv"] == str({f"'{SHOWN}, 2026-07-31"})
    assert said["geojson"] == str({f"{SHOWN}, 2026-07-31"})
    assert sentence in said["err"]
    assert said["standing"] == "{'official'}"
    # It stays as it was approved, whatever is newer.
    assert "stays as it was approved, although these are newer: kalsel-gap.toml" in said["err"]
    assert "“--run latest” shows the newer list." in said["err"]
    assert "older than" not in said["err"]
    said = drawn(cli, ranked, "--run", "latest")
    sentence = f"Not the official list: that is run {official}, approved by decree"
    for where in ("map", "explain", "gpkg", "terminal", "err"):
        assert sentence in " ".join(said[where].split())
    assert json.loads(said["metadata"])["standing"] == "last"
    assert json.loads(said["json"])["standing"] == "last"
    assert (said["geojson"], said["csv"]) == ("{None}", "{''}")
    first, second = listed(cli, ranked)
    assert (first["run"], first["is_drawn"]) == (official, True)
    assert first["official"] == f"{SHOWN}, 2026-07-31"
    assert (second["run"], second["is_drawn"], second["official"]) == (latest, False, "")
    table = cli("runs", "-p", ranked).out.decode()
    assert "Official" in table
    # Another one takes its place only when that is wanted.
    pin = ("runs", "pin", "latest", "-p", ranked, *DECREE)
    before = snapshot(ranked / "runs")
    refused = cli(*pin)
    assert refused.status == 1
    assert f"run {official} is the official one already" in refused.err
    assert snapshot(ranked / "runs") == before
    assert f"It takes the place of run {official}" in cli(*pin, "--overwrite").err
    assert listed(cli, ranked)[0]["run"] == latest
    assert f"Run {latest} is no longer" in cli("runs", "unpin", "-p", ranked).err
    assert cli("runs", "unpin", "-p", ranked).err == "No run is marked as official.\n"


def test_a_run_whose_inputs_are_gone_or_altered_is_marked_with_a_warning(
    cli: CommandLine, ranked: Path
) -> None:
    (ranked / "tests.csv").unlink()
    with (ranked / "pupils.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    answer = cli("runs", "pin", "latest", "-p", ranked, *DECREE)
    assert answer.status == 0
    first, gone, altered = answer.err.splitlines()
    assert "is the official one" in first
    assert gone.startswith("Warning: inputs of this run are no longer there: tests.csv.")
    assert altered.startswith("Warning: not as they were when this run was made: pupils.csv.")


def test_a_trial_is_not_official_and_the_audit_says_which_run_is(
    cli: CommandLine, ranked: Path
) -> None:
    official = read_run(ranked / "runs").folder.name
    assert cli("runs", "pin", "latest", "-p", ranked, *DECREE, "--quiet").err == ""
    audit = ranked / "audit.html"
    answer = cli("rank", "-p", ranked, *TRIAL, "--audit", audit, "--lang", "en")
    assert answer.status == 0
    assert f"Run {official} stays the official one" in answer.err
    page = audit.read_text(encoding="utf-8")
    assert f"run {official}, approved by decree 188.44/0123/KUM/2026 of 2026-07-31" in page
    assert "Trial, not the official list: robustness.draws=0." in page
    (trial,) = [row["run"] for row in listed(cli, ranked) if row["kind"] == "trial"]
    refused = cli("runs", "pin", trial, "-p", ranked, *DECREE)
    assert refused.status == 1
    assert f"{trial}: this run is a trial, and only a full run can be official" in refused.err
    assert "Trial" in cli("export", "csv", "-p", ranked, "--run", trial).err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("runs", "pin", "latest", "--decree", " ", "--date", "2026-07-31"), "decree is empty"),
        (("runs", "pin", "latest", "--decree", "1", "--date", "31/7"), "“31/7” is not a date"),
        (("runs", "pin", "latest", "--decree", "1", "--date", "2999-01-01"), "2000 to 2100"),
        (("runs", "pin", "latest", "--decree", "1", "--date", "2100-12-31"), "a day to come"),
        (("runs", "pin", "latest", "--decree", "1", "--date", "2026-06-30"), "data of 2026-07-01"),
        (
            ("runs", "pin", "latest", "--decree", "Ahmad 081234567890", "--date", "2026-07-31"),
            "State the number of the decree only",
        ),
        (("runs", "pin", "nosuch", *DECREE), "there is no run “nosuch”"),
        (("runs", "pin", *DECREE), "RUN must be given"),
        (("runs", "pin", "latest", "--date", "2026-07-31"), "--decree must be given"),
        (("runs", "--verify", "pin", "latest", *DECREE), "--verify: this option stands before"),
        (("runs", "--runs", "x", "unpin"), "Write it behind: kalsel-gap runs unpin"),
        (("runs", "nosuch"), "nosuch"),
    ],
)
def test_wrong_words_mark_nothing(
    cli: CommandLine,
    ranked: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(ranked)
    before = snapshot(ranked)
    answer = cli(*words)
    assert answer.status in {1, 2}
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert snapshot(ranked) == before


def test_no_deliverable_takes_another_run_for_the_official_one(
    cli: CommandLine, ranked: Path
) -> None:
    official = read_run(ranked / "runs").folder.name
    assert cli("runs", "pin", "latest", "-p", ranked, *DECREE).status == 0
    runs, export = ranked / "runs", ("export", "csv", "-p", ranked)
    content = (runs / official / "sites.parquet").read_bytes()
    (runs / official / "sites.parquet").write_bytes(content[:-1])
    answer = cli(*export)
    assert (answer.status, answer.out) == (1, b"")
    assert f"this file of the official run {official} (decree 188.44" in answer.err
    (runs / official / "sites.parquet").write_bytes(content)
    (runs / official).rename(runs / "kept")
    answer = cli(*export)
    assert (answer.status, answer.out) == (1, b"")
    assert "is not in this folder. Nothing is drawn from another run" in answer.err
    assert "is not in this folder" in cli("runs", "-p", ranked).err
    verified = cli("runs", "--verify", "-p", ranked, "--format", "csv")
    assert verified.status == 3
    assert f"{official},run.json,missing" in verified.out.decode()
    (runs / "kept").rename(runs / official)
    (runs / OFFICIAL).write_text("{}")
    answer = cli(*export)
    assert (answer.status, answer.out) == (1, b"")
    assert f"{OFFICIAL}: this file is to name the official run" in answer.err
    verified = cli("runs", "--verify", "-p", ranked, "--format", "csv")
    assert (verified.status, verified.out.decode().splitlines()[1:]) == (
        3,
        [f",{OFFICIAL},unreadable"],
    )
    # The list of the runs still helps, and marks none of them.
    assert [(row["run"], row["is_drawn"]) for row in listed(cli, ranked)] == [(official, False)]
    assert cli("runs", "pin", official, "-p", ranked, *DECREE, "--overwrite").status == 0
    assert cli(*export).status == 0
