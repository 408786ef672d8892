"""Which files of a folder may be inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.sources.recognition import folder
from kalsel_gap.sources.recognition.folder import copies_of, files_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def put(path: Path, text: str = "a") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_parts_belong_to_their_file(tmp_path: Path) -> None:
    for name in ("a.shp", "a.dbf", "a.shx", "a.prj", "b.tif", "b.tif.aux.xml", "b.tfw", "c.dbf"):
        put(tmp_path / name)
    found = files_of(tmp_path)
    assert [path.name for path in found.inputs] == ["a.shp", "b.tif", "c.dbf"]
    parts = {each.path.name: each.said.params["file"] for each in found.unused}
    assert parts == {
        **dict.fromkeys(("a.dbf", "a.shx", "a.prj"), tmp_path / "a.shp"),
        **dict.fromkeys(("b.tif.aux.xml", "b.tfw"), tmp_path / "b.tif"),
    }


def test_hidden_files_and_runs_are_left_out(tmp_path: Path) -> None:
    put(tmp_path / ".hidden" / "a.csv")
    put(tmp_path / "x" / ".a.csv")
    put(tmp_path / "runs" / "latest")
    put(tmp_path / "runs" / "1" / "run.json", "{}")
    put(tmp_path / "runs" / "1" / "schools.parquet")
    put(tmp_path / "runs" / "outputs.json", '{"../peta.html": "x"}')
    put(tmp_path / "peta.html")
    put(tmp_path / "latest")
    assert [path.name for path in files_of(tmp_path).inputs] == ["latest"]


def test_the_search_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MOST_FILES", 3)
    for number in range(5):
        put(tmp_path / f"{number}.csv")
    found = files_of(tmp_path)
    assert len(found.inputs) == 3
    assert [each.said.code for each in found.unused] == ["too_many_files"]
    deep = tmp_path.joinpath("deep", *"abcdefghij")
    put(deep / "a.csv")
    assert [each.said.code for each in files_of(tmp_path / "deep").unused] == ["too_many_files"]


def test_copies_are_found_by_content(tmp_path: Path) -> None:
    files = [put(tmp_path / name, text) for name, text in (("a", "x"), ("b", "y"), ("c", "x"))]
    assert copies_of(files) == {files[2]: files[0]}
