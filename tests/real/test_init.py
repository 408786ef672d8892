"""A project proposed for the real province ranks after one answer."""

from __future__ import annotations

import re
import time
import tomllib
from typing import TYPE_CHECKING

import pytest

import kalsel_gap
from kalsel_gap.project.read import FILE_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import CommandLine

pytestmark = pytest.mark.real


def test_the_province_ranks_after_one_answer(
    shared: Path,
    cli: CommandLine,
    kalsel: Run,
    provinces_cache: Path,
    without_images: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = time.monotonic()
    answer = cli("init", tmp_path, "--from", shared / "kalsel")
    assert answer.status == 0
    assert time.monotonic() - started < 60
    assert "Answers that are missing: 1." in answer.err
    path = tmp_path / FILE_NAME
    text = path.read_text(encoding="utf-8")
    assert re.findall(r'^\w+ = ""', text, re.MULTILINE) == ['nodata_means = ""']
    files = [each for each in (shared / "kalsel").rglob("*") if each.is_file()]
    assert [each.name for each in files if each.name not in text] == []
    given = tomllib.loads(text)
    assert len(given["schools"]) == 1
    assert {each["operator"] for each in given["coverage"]} == {"telkomsel", "indosat", "xlsmart"}
    assert given["project"]["data"] == "stylised"
    path.write_text(text.replace('nodata_means = ""', 'nodata_means = "none"'), encoding="utf-8")
    monkeypatch.setenv("KALSEL_GAP_CACHE", str(provinces_cache))
    run = kalsel_gap.open_project(path).rank(out=tmp_path / "runs")
    mine, theirs = (each.schools.set_index("npsn")["rank"].notna() for each in (run, kalsel))
    assert mine.sum() == 3823
    assert (mine == theirs.reindex(mine.index)).all()


def test_the_nation_is_no_register_of_the_province(
    shared: Path, cli: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("kalsel", "national"):
        (folder / name).mkdir()
    (folder / "national" / "n.csv.gz").symlink_to(
        shared / "national" / "sekolah_indonesia_2019.csv.gz"
    )
    (folder / "kalsel" / "s.csv").symlink_to(
        shared / "kalsel" / "schools" / "kalsel_sekolah_2019_raw.csv"
    )
    (folder / "kalsel" / "provinsi.geojson").symlink_to(
        shared / "kalsel" / "boundaries" / "kalsel_provinsi.geojson"
    )
    assert cli("init", tmp_path, "--from", folder).status == 0
    text = (tmp_path / FILE_NAME).read_text(encoding="utf-8")
    assert [each["path"] for each in tomllib.loads(text)["schools"]] == ["data/kalsel/s.csv"]
    assert "2 % of its schools lie within the boundaries" in re.sub(r"\n#\s+", " ", text)
