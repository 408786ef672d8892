from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import OutputError
from kalsel_gap.storage.outputs import Outputs, content_hash, refuse_file_name

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
    with pytest.raises(OutputError, match=r"^output_foreign\b"):
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


# --- names and endings -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("x.csv", "export csv"),
        ("x.geojson", "export geojson"),
        ("x.gpkg", "export gpkg"),
        ("x.html", "map"),
        ("x.JSON", "export geojson"),
        ("x.xlsx", "export xlsx"),
        ("x.xls", "export csv"),  # no command writes it
        ("there", "export csv"),  # a file without an ending
    ],
)
def test_a_folder_of_runs_that_is_a_files_name(tmp_path: Path, name: str, command: str) -> None:
    (tmp_path / "there").write_text("mine")
    with pytest.raises(OutputError) as caught:
        refuse_file_name(tmp_path / name, is_of_runs=True)
    error = caught.value
    assert (error.code, error.path) == ("output_no_folder_of_runs", tmp_path / name)
    assert error.params["expected"] == command


@pytest.mark.parametrize(
    "ending",
    [
        *("csv", "geojson", "gpkg", "htm", "html", "json", "parquet", "pdf", "png", "qml", "svg"),
        *("qgz", "tif", "tiff", "toml", "tsv", "txt", "xls", "xlsx", "zip"),
    ],
)
def test_a_folder_that_ends_as_files_do(tmp_path: Path, ending: str) -> None:
    for name in (f"x.{ending}", f"x.{ending.upper()}"):
        with pytest.raises(OutputError) as caught:
            refuse_file_name(tmp_path / name)
        assert (caught.value.code, caught.value.path) == ("output_no_folder", tmp_path / name)
    (tmp_path / f"x.{ending}").mkdir()
    refuse_file_name(tmp_path / f"x.{ending}")  # it is one


def test_other_names_are_folders(tmp_path: Path) -> None:
    for folder in (None, tmp_path, tmp_path / "new", tmp_path / "v1.2"):
        refuse_file_name(folder)
        refuse_file_name(folder, is_of_runs=True)


def test_how_the_name_of_a_file_may_end(outputs: Outputs, tmp_path: Path) -> None:
    outputs.check(tmp_path / "x.TIF", endings={".tif", ".png"})
    with pytest.raises(OutputError) as caught:
        outputs.check(tmp_path / "x.tif", tmp_path / "y.csv", endings={".tif", ".png"})
    error = caught.value
    assert (error.code, error.path) == ("output_ending", tmp_path / "y.csv")
    assert error.params["expected"] == ".png, .tif"


def test_what_was_refused_once_is_still_refused(outputs: Outputs, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")
    outputs.check(tmp_path / "mine.csv", merged=True)  # it is read first
    write(outputs, tmp_path / "mine.csv")
    with pytest.raises(OutputError, match=r"^output_is_input\b"):
        write(outputs, tmp_path / "input.csv")


@pytest.mark.parametrize("name", ["latest", "outputs.json", "1a2b/schools.parquet"])
def test_what_belongs_to_runs_is_never_written_over(
    outputs: Outputs, tmp_path: Path, name: str
) -> None:
    (tmp_path / "runs" / "1a2b").mkdir(parents=True)
    (tmp_path / "runs" / "1a2b" / "run.json").write_text("{}")
    assert code_of(outputs, tmp_path / "runs" / name, overwrite=True) == "output_is_run"


def test_a_new_project_takes_the_place_of_nothing(tmp_path: Path) -> None:
    outputs = Outputs(tmp_path / "runs", is_new=True)
    (tmp_path / "mine.toml").write_text("mine")
    assert code_of(outputs, tmp_path / "mine.toml") == "already_there"
    write(outputs, tmp_path / "new.toml")
    assert not (tmp_path / "runs").exists()  # nothing is listed


@pytest.mark.parametrize("end", ["-wal", "-journal"])
def test_what_another_program_has_not_saved_yet(outputs: Outputs, tmp_path: Path, end: str) -> None:
    write(outputs, tmp_path / "x.gpkg")
    assert outputs.wrote(tmp_path / "x.gpkg")
    (tmp_path / f"x.gpkg{end}").write_text("")
    assert code_of(outputs, tmp_path / "x.gpkg") == "output_changed"


def test_of_a_geopackage_the_counters_do_not_count(tmp_path: Path) -> None:
    # Bytes of the header of SQLite that a program moves which only looks: write and read version,
    # change counter, valid-for number and version. https://www.sqlite.org/fileformat.html
    counters = {18, 19, *range(24, 28), *range(92, 100)}
    content = bytearray(range(1, 121))
    path = tmp_path / "x.GPKG"
    path.write_bytes(content)
    before = content_hash(path)
    for at in range(len(content)):
        changed = content.copy()
        changed[at] ^= 0xFF
        path.write_bytes(changed)
        assert (content_hash(path) == before) == (at in counters), at


# --- whole folders -------------------------------------------------------------------------------


def write_folder(outputs: Outputs, folder: Path, **texts: str) -> None:
    outputs.check_folder(folder, ("a", "b"))
    with outputs.replace_folder(folder) as temporary:
        for name, text in texts.items():
            (temporary / name).write_text(text)


def test_a_folder_appears_whole_and_is_replaced_whole(outputs: Outputs, tmp_path: Path) -> None:
    folder = tmp_path / "below" / "out"
    write_folder(outputs, folder, a="1", b="2")
    assert outputs.wrote(folder / "a")
    write_folder(outputs, folder, b="3")
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"b": "3"}

    def fill_the_disk() -> None:
        with outputs.replace_folder(folder) as new:
            (new / "a").write_text("half")
            raise OSError(28, "No space left on device", str(new / "a"))

    with pytest.raises(OutputError, match=r"^not_written\b"):
        fill_the_disk()
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"b": "3"}
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


def test_a_folder_with_anything_else_in_it_stays(
    outputs: Outputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    write_folder(outputs, folder, a="1")

    def code(path: Path, *, overwrite: bool = False) -> str:
        with pytest.raises(OutputError) as caught:
            outputs.check_folder(path, ("a", "b"), overwrite=overwrite)
        return caught.value.code

    (folder / "b").write_text("mine")
    assert code(folder) == "output_foreign"
    outputs.check_folder(folder, ("a", "b"), overwrite=True)
    (folder / "b").unlink()
    (folder / "a").write_text("changed")
    assert code(folder) == "output_changed"
    (folder / "c").write_text("mine")
    assert code(folder, overwrite=True) == "output_folder_holds"
    (folder / "c").unlink()
    (folder / "c").mkdir()
    assert code(folder, overwrite=True) == "output_folder_holds"
    assert code(tmp_path, overwrite=True) == "output_is_input"
    assert code(tmp_path / "input.csv", overwrite=True) == "output_no_folder"
    empty = tmp_path / "empty"
    empty.mkdir()
    outputs.check_folder(empty, ("a", "b"))
    monkeypatch.chdir(empty)
    assert code(type(tmp_path)()) == "output_folder_current"


@pytest.mark.skipif(os.name != "posix", reason="links as POSIX has them")
def test_a_link_to_a_folder_stays_a_link(outputs: Outputs, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_folder(outputs, tmp_path / "link", a="1")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a").read_text() == "1"
    write_folder(outputs, tmp_path / "link", a="2")
    assert (tmp_path / "real" / "a").read_text() == "2"
