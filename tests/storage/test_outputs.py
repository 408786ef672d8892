from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import OutputError
from kalsel_gap.storage.outputs import Outputs, content_hash

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def outputs(tmp_path: Path) -> Outputs:
    (tmp_path / "input.csv").write_text("input")
    return Outputs(tmp_path / "runs", {tmp_path / "input.csv": "input"})


def write(outputs: Outputs, path: Path, text: str = "ours") -> None:
    with outputs.replace(path) as temporary:
        temporary.write_text(text)


def code_of(outputs: Outputs, path: Path, **options: bool) -> str:
    try:
        outputs.check(path, **options)  # type: ignore[arg-type]
    except OutputError as error:
        return error.code if error.path == path else f"of {error.path}"
    return ""


def test_the_list_survives_a_project_that_is_moved(outputs: Outputs, tmp_path: Path) -> None:
    write(outputs, tmp_path / "map.html")
    listed = json.loads((tmp_path / "runs" / "outputs.json").read_text())
    assert list(listed) == ["../map.html"]
    moved = tmp_path.rename(tmp_path.with_name(tmp_path.name + "-moved"))
    again = Outputs(moved / "runs")
    assert again.wrote(moved / "map.html")
    write(again, moved / "map.html", "newer")


def test_nothing_is_written_without_being_checked(outputs: Outputs, tmp_path: Path) -> None:
    (tmp_path / "foreign").write_text("mine")
    with pytest.raises(OutputError, match="output_foreign"):
        write(outputs, tmp_path / "foreign")
    assert (tmp_path / "foreign").read_text() == "mine"
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"../map.html": 3}', '{"../map.html": []}'])
def test_a_damaged_list_gives_nothing_up(outputs: Outputs, tmp_path: Path, content: str) -> None:
    write(outputs, tmp_path / "map.html")
    (tmp_path / "runs" / "outputs.json").write_text(content)
    assert code_of(outputs, tmp_path / "map.html") in {"output_foreign", "output_changed"}


@pytest.mark.skipif(os.name != "posix", reason="links as POSIX has them")
@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_another_name_of_an_input(
    outputs: Outputs, tmp_path: Path, link: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(tmp_path / "input.csv", tmp_path / "other.csv")  # type: ignore[operator]
    assert code_of(outputs, tmp_path / "other.csv", overwrite=True) == "output_is_input"
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    relative = type(tmp_path)("../input.csv")
    assert code_of(outputs, relative, overwrite=True) == "output_is_input"


def test_a_folder_of_tiles(outputs: Outputs, tmp_path: Path) -> None:
    tiles = tmp_path / "tiles"
    tiles.mkdir()
    outputs.tile_folders = (tiles,)
    assert code_of(outputs, tiles / "slope.tif", overwrite=True) == "output_among_tiles"
    assert code_of(outputs, tmp_path / "slope.tif") == ""


def geopackage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE layer_styles (styleName TEXT)")
        database.execute("CREATE TABLE schools (npsn TEXT)")


def test_a_geopackage_that_was_looked_at_and_one_with_saved_styles(
    outputs: Outputs, tmp_path: Path
) -> None:
    path = tmp_path / "schools.gpkg"
    with outputs.replace(path) as temporary:
        geopackage(temporary)
    written = path.read_bytes()
    # QGIS opens a GeoPackage so, and puts it back when it closes.
    for mode in ("wal", "delete"):
        with closing(sqlite3.connect(path)) as database:
            database.execute(f"PRAGMA journal_mode = {mode}")
    assert path.read_bytes() != written
    assert code_of(outputs, path) == ""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("INSERT INTO layer_styles VALUES ('mine')")
    assert code_of(outputs, path) == "output_changed"
    assert code_of(outputs, path, overwrite=True) == ""


def test_a_geopackage_that_is_open_elsewhere(outputs: Outputs, tmp_path: Path) -> None:
    path = tmp_path / "schools.gpkg"
    with outputs.replace(path) as temporary:
        geopackage(temporary)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = wal")
        with database:
            database.execute("INSERT INTO layer_styles VALUES ('mine')")
        assert code_of(outputs, path) == "output_changed"


def test_a_file_that_calls_itself_a_geopackage(tmp_path: Path) -> None:
    path = tmp_path / "short.gpkg"
    for content in (b"", b"short", b"x" * 300):
        path.write_bytes(content)
        assert len(content_hash(path)) == 64


def test_where_no_list_can_be_beside_the_runs_the_cache_has_it(
    outputs: Outputs, tmp_path: Path, cache_folder: Path
) -> None:
    (tmp_path / "runs").write_text("no folder")
    path = tmp_path / "map.html"
    write(outputs, path)
    assert json.loads((cache_folder / "outputs.json").read_text()).keys() == {path.as_posix()}
    write(Outputs(tmp_path / "runs"), path, "newer")
    path.write_text("mine")
    assert code_of(outputs, path) == "output_changed"
    shutil.rmtree(cache_folder)
    cache_folder.write_text("no folder either")
    assert code_of(outputs, path) == "output_foreign"
    write(outputs, tmp_path / "other.html")
    assert (tmp_path / "other.html").read_text() == "ours"
