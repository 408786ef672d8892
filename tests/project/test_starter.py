"""A first project: the file to fill in, and the sample with all its files."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.errors import OutputError, SeveralErrors
from kalsel_gap.i18n.text import LANGUAGES, Language
from kalsel_gap.project.base import DEFAULTS_FOLDER, OVERRIDABLE, default_values, merge
from kalsel_gap.project.model import Project
from kalsel_gap.project.read import FILE_NAME, read_project
from kalsel_gap.project.starter import write_starter
from tests.conftest import snapshot

if TYPE_CHECKING:
    from pathlib import Path

# Keys that decide the list: nobody answers them for the user.
BLANK = {
    "elevation": ("surface", "sea"),
    "coverage.0": ("technology", "kind", "basis", "nodata_means"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_to_fill_in_is_a_project(language: Language, tmp_path: Path) -> None:
    path = write_starter(tmp_path / "new" / "folder", language)
    given = tomllib.loads(path.read_text(encoding="utf-8"))
    assert given["project"]["language"] == language
    (path.parent / given["schools"]["path"]).write_text("npsn,nama,lat,lon\n1,A,-3,115\n")
    assert read_project(path).project.project.data == "real"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_that_is_commented_out_is_right(language: Language, tmp_path: Path) -> None:
    text = (DEFAULTS_FOLDER / f"starter.{language}.toml").read_text(encoding="utf-8")
    # A line of code behind a "#": a key with a value, or the head of a section.
    uncommented = re.sub(r"^# (?=(\w+ = |\[))", "", text, flags=re.MULTILINE)
    path = tmp_path / FILE_NAME
    path.write_text(uncommented, encoding="utf-8")
    with pytest.raises(SeveralErrors) as caught:
        read_project(path)
    blank = {(error.code, error.column) for error in caught.value.errors}
    assert blank == {
        (f"blank_{key}", f"{section}.{key}") for section, keys in BLANK.items() for key in keys
    }
    assert uncommented.count(' = ""') == len(blank)
    given = tomllib.loads(uncommented)
    given["elevation"] |= {"surface": "dsm", "sea": "nodata"}
    answers = {"technology": "4g", "kind": "rsrp_dbm", "basis": "declared", "nodata_means": "none"}
    given["coverage"][0] |= answers
    defaults = {name: default_values(name) for name in OVERRIDABLE}
    project = Project.model_validate(merge(defaults, given), context={"folder": tmp_path})
    named = set(given) - {"index"}
    assert named >= {"boundaries", "elevation", "coverage", "sites", "coastline", "villages"}
    assert project.index.nodes["students"].weight == 0.5


def test_both_languages_name_the_same_keys() -> None:
    heads = [
        re.findall(
            r"^(?:# )?(\[+[\w.]+\]+|\w+(?= = ))",
            (DEFAULTS_FOLDER / f"starter.{language}.toml").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
        for language in LANGUAGES
    ]
    assert heads[0] == heads[1]


def test_the_sample_comes_with_all_its_files(tmp_path: Path) -> None:
    path = write_starter(tmp_path, "en", sample=True)
    assert dict(read_project(path).project.inputs())  # none is missing
    assert not [p for p in tmp_path.iterdir() if p.suffix == ".py" or p.name.startswith(".")]


@pytest.mark.parametrize("sample", [False, True])
def test_nothing_is_overwritten(sample: bool, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("mine")
    with pytest.raises(OutputError) as caught:
        write_starter(tmp_path, "en", sample=sample)
    assert caught.value.code == "already_there"
    assert [p.name for p in tmp_path.iterdir()] == [FILE_NAME]
    assert (tmp_path / FILE_NAME).read_text() == "mine"


def test_a_sample_that_was_killed_is_completed(tmp_path: Path) -> None:
    write_starter(tmp_path, "en", sample=True)
    whole = snapshot(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    (tmp_path / "tests_2026q2.csv").unlink()
    write_starter(tmp_path, "en", sample=True)
    assert snapshot(tmp_path) == whole
    (tmp_path / FILE_NAME).unlink()
    (tmp_path / "schools.csv").write_text("mine")
    with pytest.raises(OutputError, match="already_there"):
        write_starter(tmp_path, "en", sample=True)
    assert (tmp_path / "schools.csv").read_text() == "mine"
