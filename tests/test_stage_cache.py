"""What the key of a kept result depends on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kalsel_gap import stage_cache
from kalsel_gap.deficit.signals import collect_signals
from kalsel_gap.project.model import Opened
from kalsel_gap.stage_cache import StageCache
from kalsel_gap.stages import Stage
from kalsel_gap.storage.cache import Cache

if TYPE_CHECKING:
    import geopandas as gpd
    import pytest

    from tests.conftest import MakeProject, MakeSchools


STAGE = Stage(
    "x",
    collect_signals,  # any function of the package
    reads=("students",),
    sections=("index.inference",),
    tables=("t",),
)


def key(
    opened: Opened, schools: gpd.GeoDataFrame, stage: Stage = STAGE, table: str = "made"
) -> str:
    work = StageCache(opened, Cache(None))
    work._keys = {"t": table}
    return work.key(stage, schools)


def test_what_a_key_depends_on(project: MakeProject, schools: MakeSchools) -> None:
    opened, other = project(bare=True), ("index.inference.concentration=5.0",)
    usual = key(opened, schools([{"students": 100}]))
    # Columns that it does not read, and sections neither, are nothing to it.
    assert key(opened, schools([{"students": 100, "devices": 3}])) == usual
    assert key(project(bare=True, options=("index.lambda=0.5",)), schools([{"students": 100}])) == (
        usual
    )
    same = schools([{"students": 100}])
    others = [
        key(opened, schools([{"students": 101}])),
        key(project(bare=True, options=other), same),
        key(opened, same, table="made otherwise"),
        key(opened, same, replace(STAGE, name="y")),
        key(opened, same, replace(STAGE, sections=(*STAGE.sections, "schools"))),
    ]
    assert len({usual, *others}) == 6


def test_another_content_of_a_file_is_another_key(
    project: MakeProject, schools: MakeSchools
) -> None:
    opened, table = project(bare=True), schools([{"students": 100}])
    path = opened.project.schools[0].path
    reads = replace(STAGE, sections=("schools",))
    before = key(opened, table, reads), key(opened, table)
    path.write_bytes(path.read_bytes() + b"\n")
    after = key(opened, table, reads), key(opened, table)
    # Only to a stage that reads the section.
    assert (before[0] == after[0], before[1] == after[1]) == (False, True)


def test_another_code_is_another_key(
    project: MakeProject, schools: MakeSchools, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, table = project(bare=True), schools([{"students": 100}])
    asked: list[tuple[str, ...]] = []

    def hashed(*modules: str) -> str:
        asked.append(modules)
        return f"code {len(asked)}"

    monkeypatch.setattr(stage_cache, "code_hash", hashed)
    assert key(opened, table) != key(opened, table)
    # The code of the stage, and of the project as it sees it.
    assert {collect_signals.__module__, Opened.__module__} <= set(asked[0])
