"""A proposed project file: valid TOML whatever names files have."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalsel_gap.i18n.recognition import SENTENCES
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.project.proposal import (
    Entry,
    ProposedProject,
    Said,
    Unused,
    proposal_text,
    quoted,
    write_proposal,
)

SHARED = {"technology": "4g", "operator": "any", "kind": "binary", "basis": "declared"}
ASKED = SHARED | {"nodata_means": ""}
FOLDER = Path("/data/proyek")


def proposed(*entries: Entry, unused: tuple[Unused, ...] = ()) -> ProposedProject:
    return ProposedProject("nama", "real", entries, unused)


def coverage(name: str, **keys: str) -> Entry:
    return Entry("coverage", (FOLDER / name,), "likely", (Said("empty_cells"),), ASKED | keys)


SCHOOLS = Entry("schools", (FOLDER / "s.csv",), "sure", (Said("project_file"),))


@given(st.text())
def test_any_text_is_quoted(words: str) -> None:
    written = quoted(words).encode("utf-8", "replace").decode("utf-8")
    expected = words.encode("utf-8", "replace").decode("utf-8")
    assert tomllib.loads(f"a = {written}")["a"] == expected
    assert not set(written) & {chr(n) for n in (*range(32), *range(127, 160), 0x202E, 0x2028)}


@given(st.text(min_size=1).filter(lambda name: not set("/\0") & set(name)))
def test_any_name_of_a_file_is_only_a_name(name: str) -> None:
    path = FOLDER / "x" / name
    entry = Entry("schools", (path,), "sure", (Said("register_inside", {"file": path}),))
    doubtful = Entry("roads", (path,), "unsure", keys={name: name})
    text = proposal_text(
        proposed(entry, doubtful, unused=(Unused(path, Said("project_file"), name),)),
        FOLDER,
        Text("en"),
    )
    assert set(tomllib.loads(text)) == {"project", "schools"}


def test_maps_alike_get_one_question() -> None:
    maps = [coverage("a.tif"), coverage("b.tif"), coverage("c.gpkg"), coverage("d.tif", kind="x")]
    made = proposed(SCHOOLS, *maps)
    given = tomllib.loads(proposal_text(made, FOLDER, Text("en")))
    assert given["coverage_defaults"] == {"nodata_means": ""}
    asked = {each["path"] for each in given["coverage"] if "nodata_means" in each}
    assert asked == {"c.gpkg", "d.tif"}
    assert made.questions() == 3
    assert proposed(SCHOOLS, maps[0], maps[2]).alike() == ()
    assert proposed().questions() == 1  # which file is the register


def test_what_is_unsure_is_a_comment_that_can_be_uncommented() -> None:
    entries = [
        SCHOOLS,
        Entry("boundaries.desa", (FOLDER / "d.gpkg",), "unsure"),
        Entry("boundaries.kabupaten", (FOLDER / "k.gpkg",), "unsure", keys={"code": "K"}),
        Entry("elevation", (FOLDER / "a.tif", FOLDER / "b.tif"), "unsure", keys={"band": 1}),
    ]
    text = proposal_text(proposed(*entries), FOLDER, Text("id"))
    assert set(tomllib.loads(text)) == {"project", "schools"}
    code = text.replace("# [boundaries]\n# kabupaten", "# kabupaten")
    lines = [
        line.removeprefix("# ") if line.startswith("# [") or " = " in line else line
        for line in code.splitlines()
    ]
    given = tomllib.loads("\n".join(lines))
    assert given["boundaries"]["desa"] == "d.gpkg"
    assert given["boundaries"]["kabupaten"] == {"path": "k.gpkg", "code": "K"}
    assert given["elevation"] == {"path": ["a.tif", "b.tif"], "band": 1}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_project_is_written_once(language: Language, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    path = write_proposal(proposed(SCHOOLS), folder, Text(language))
    assert tomllib.loads(path.read_text(encoding="utf-8"))["project"]["language"] == language
    assert [each.name for each in folder.iterdir()] == [path.name]


def test_every_sentence_ends_and_has_no_markup() -> None:
    whole = [said for code, said in SENTENCES.items() if len(said.split()) > 1]
    assert [said for said in whole if said[-1] not in ".?}"] == []
