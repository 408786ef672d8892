from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from kalsel_gap import open_project
from kalsel_gap.deliverables.explanation import explain_school
from kalsel_gap.deliverables.explanation_page import to_html
from kalsel_gap.deliverables.explanation_pictures import maps_of, paths_of
from kalsel_gap.deliverables.explanation_words import sections, title_of
from kalsel_gap.i18n.text import LANGUAGES, Language, Text
from kalsel_gap.project.read import read_project
from tests.conftest import NO_ADDRESS, PROGRAMS, REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.run_folder import Run
    from tests.conftest import MakeProject

pytestmark = pytest.mark.usefixtures("warm_cache")


def page(run: Run, position: int, language: Language, opened: Opened | None) -> str:
    text = Text(language)
    explained = explain_school(run, str(run.schools["row_id"].iloc[position]))
    made = sections(explained, run, text)
    made[0].pictures.extend(maps_of(explained, run, text))
    pictures, said = paths_of(explained, opened, text)
    made[4].pictures.extend(pictures)
    made[4].said.extend(said)
    return to_html(title_of(explained), made, run, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_needs_nothing_from_outside_and_runs_nothing(
    tiny: Run, language: Language
) -> None:
    opened = read_project(REPOSITORY / "data" / "tiny")
    made = page(tiny, 0, language, opened)
    assert NO_ADDRESS.findall(made) == []
    assert "<script" not in made
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', made)
    assert policy.startswith("default-src 'none'; ")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert f'<html lang="{language}">' in made
    assert not re.search(r"\sstyle=", made)  # the policy would drop it


def test_every_picture_has_its_words(tiny: Run) -> None:
    made = page(tiny, 0, "en", read_project(REPOSITORY / "data" / "tiny"))
    pictures = re.findall(r'<svg [^>]*role="img"[^>]*>\s*<title.*?</title>\s*<desc.*?</desc>', made)
    assert len(pictures) == made.count("<figure") >= 3
    names = re.findall(r'\bid="([^"]+)"', made)
    assert len(names) == len(set(names))
    for target in re.findall(r'href="#([^"]+)"', made):
        assert target in names


def test_the_same_run_gives_the_same_bytes(tiny: Run) -> None:
    opened = read_project(REPOSITORY / "data" / "tiny")
    assert page(tiny, 1, "id", opened) == page(tiny, 1, "id", opened)


def test_without_the_project_the_page_says_why_no_profile_is_drawn(tiny: Run) -> None:
    assert "no terrain profile is drawn" in page(tiny, 0, "en", None)


def test_names_are_text(project: MakeProject, tmp_path: Path) -> None:
    opened = project()
    register = opened.path.parent / "schools.csv"
    text = register.read_text(encoding="utf-8")
    quoted = ['"' + name.replace('"', '""') + '"' for name in PROGRAMS]
    for old, new in zip(
        ("SD NEGERI HULU CONTOH 1", "SMP NEGERI 1 HULU CONTOH", "SMA NEGERI 1 MUARA CONTOH"),
        quoted[:3],
        strict=True,
    ):
        text = text.replace(old, new)
    text = text.replace("SD NEGERI PANTAI CONTOH", quoted[4]).replace("SLB MUARA CONTOH", quoted[5])
    register.write_text(text, encoding="utf-8")
    run = open_project(opened.path).rank(out=tmp_path / "runs")
    for position in range(len(run.schools)):
        made = page(run, position, "en", opened)
        assert "<script" not in made
        assert "<img" not in made
        assert "<!--" not in made
    assert any("{{ 7 * 7 }}{% raw %}" in page(run, n, "en", None) for n in range(len(run.schools)))
