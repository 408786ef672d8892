"""The doctor: every part is examined, whatever another one does, and each fault says what to do."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from kalsel_gap import doctor
from kalsel_gap.doctor import Fact, examine
from kalsel_gap.i18n.text import LANGUAGES

if TYPE_CHECKING:
    from tests.conftest import CommandLine

PARTS = [
    *("python", "libraries", "gdal", "proj", "compiler", "languages", "pages", "terminal"),
    *("cache", "cache", "project", "inputs", "output", "output"),
]


def of(facts: list[Fact], part: str) -> list[tuple[str, str]]:
    return [(fact.state, fact.code) for fact in facts if fact.part == part]


def test_every_part_of_a_sound_project(ranked: Path) -> None:
    facts = examine(ranked)
    assert [fact.part for fact in facts] == PARTS
    assert {fact.state for fact in facts if fact.part != "terminal"} == {"ok"}


def test_every_sentence_is_said() -> None:
    source = Path(doctor.__file__).read_text(encoding="utf-8")
    assert [code for code in (*doctor.FACTS, *doctor.PARTS) if f'"{code}"' not in source] == []


def test_without_a_project(
    tmp_path: Path, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = cli("doctor", "--format", "json")
    assert (answer.status, answer.err) == (0, "")
    facts = {row["part"]: row for row in json.loads(answer.out)}
    assert facts["project"]["state"] == "ok"
    assert "kalsel-gap init" in facts["project"]["message"]
    assert "inputs" not in facts


@pytest.mark.parametrize("form", ["csv", "json", "table"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_in_both_languages(
    form: str, language: str, ranked: Path, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    answer = cli("doctor", "--project", ranked, "--format", form, "--lang", language)
    assert (answer.status, answer.err) == (0, "")
    said = answer.out.decode()
    if form == "csv":
        assert [row["part"] for row in csv.DictReader(io.StringIO(said))] == PARTS
    elif form == "json":
        assert [row["part"] for row in json.loads(said)] == PARTS
    else:
        assert max(map(cell_len, said.splitlines())) <= 80
        assert "\x1b" not in said


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("dem.tif", b"II*\0no raster", "raster_unreadable"),
        ("kabupaten.geojson", b"{", "vector_unreadable"),
        ("sites.csv", b"npsn,lat,lon\n", "table_no_rows"),
    ],
)
def test_an_input_that_cannot_be_read(
    name: str, content: bytes, code: str, ranked: Path, cli: CommandLine
) -> None:
    (ranked / name).write_bytes(content)
    facts = of(examine(ranked), "inputs")
    assert facts[:-1] == [("fault", code)]
    assert facts[-1] == ("ok", "inputs")  # the others are read all the same
    answer = cli("doctor", "--project", ranked, "--format", "csv")
    assert (answer.status, answer.err) == (3, "")
    fault = next(
        r for r in csv.DictReader(io.StringIO(answer.out.decode())) if r["state"] == "fault"
    )
    assert name in fault["message"]


@pytest.mark.parametrize(
    ("toml", "codes"),
    [
        ("not toml", ["project_not_toml"]),
        ('[schools]\npath = "none.csv"\n[sites]\npath = "nowhere.csv"\n', ["file_missing"] * 2),
        ('[schools]\npath = "schools.csv"\n[dem]\n', ["key_unknown"]),
    ],
)
def test_a_project_that_is_not_valid(toml: str, codes: list[str], ranked: Path) -> None:
    (ranked / "kalsel-gap.toml").write_text(toml, encoding="utf-8")
    facts = examine(ranked)
    assert of(facts, "project") == [("fault", code) for code in codes]
    assert of(facts, "inputs") == []


def test_a_project_that_is_asked_for_and_not_there(tmp_path: Path, cli: CommandLine) -> None:
    answer = cli("doctor", "--project", tmp_path / "none.toml", "-f", "csv")
    assert (answer.status, answer.err) == (3, "")
    assert b"project,fault" in answer.out


def test_a_library_out_of_its_range_and_one_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = ["numpy>=1,<2", "nowhere-to-be-found>=1", "pandas>=1", "other; extra == 'dev'"]
    monkeypatch.setattr(metadata, "requires", lambda _: wanted)
    assert of(list(doctor._libraries()), "libraries") == [
        ("fault", "library_missing"),
        ("fault", "library_unfit"),
    ]


def test_a_format_that_gdal_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "NEEDED", ("GTiff", "NOSUCH"))
    monkeypatch.setattr(doctor, "USEFUL", ("NEITHER",))
    facts = list(doctor._gdal())
    assert [(f.state, f.params["drivers"]) for f in facts] == [
        ("fault", "NOSUCH"),
        ("warning", "NEITHER"),
    ]


def test_an_examination_that_breaks_off_is_a_fact(
    ranked: Path, cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> list[Fact]:
        message = "libgdal.so.37: cannot open\x1b[31m"
        raise ImportError(message)

    monkeypatch.setattr(doctor, "_gdal", broken)
    answer = cli("doctor", "--project", ranked, "--format", "json")
    assert answer.status == 3
    facts = {row["part"]: row for row in json.loads(answer.out)}
    assert facts["gdal"]["state"] == "fault"
    assert "ImportError: libgdal.so.37: cannot open" in facts["gdal"]["message"]
    assert b"\x1b" not in answer.out
    assert facts["inputs"]["state"] == "ok"


def test_folders_that_are_in_the_way(
    ranked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(ranked / "runs")
    (ranked / "runs").write_text("mine", encoding="utf-8")
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(tmp_path / "file" / "cache"))
    facts = examine(ranked)
    assert of(facts, "output") == [("fault", "output_not_writable")]
    assert of(facts, "cache") == [("warning", "cache_not_kept")]


def test_nothing_is_made_that_was_not_there(
    ranked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(ranked / "runs")
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(tmp_path / "new" / "cache"))
    examine(ranked)
    assert not (ranked / "runs").exists()
    assert not (tmp_path / "new").exists()


def test_a_disk_that_is_nearly_full(ranked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage(ranked)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    facts = examine(ranked)
    assert of(facts, "cache")[-1] == ("warning", "disk_low")
    assert of(facts, "output")[-1] == ("warning", "disk_low")


def test_a_terminal_without_our_letters() -> None:
    command = [sys.executable, "-m", "kalsel_gap", "doctor", "--format", "csv"]
    environment = {**os.environ, "KALSEL_GAP_LANG": "en", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        command, check=False, capture_output=True, env={**environment, "PYTHONUTF8": "0"}
    )
    assert b"terminal,warning" in done.stdout
    assert b"PYTHONUTF8=1" in done.stdout
