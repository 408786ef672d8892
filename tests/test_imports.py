"""Imports point down the list of rooms, and only the command line knows the terminal."""

from __future__ import annotations

import pytest

from kalsel_gap import PACKAGE_FOLDER
from tests.conftest import package_sources
from tests.imports import imports_of

# From top to bottom: a room may import those below it. A new module gets its place here.
ROOMS = (
    "cli",
    "pipeline",
    "doctor",
    "deliverables",
    "deficit",
    "radio",
    "quality",
    "terrain",
    "sources",
    "indicators",
    "stages",
    "project",
    "geo",
    "storage",
    "schema",
    "i18n",
    "findings",
    "errors",
)
TERMINAL = {"typer", "rich"}
HEAVY = {"geopandas", "numba", "pandas", "pandera", "pyproj", "rasterio", "scipy"}


def dotted(name: str) -> str:
    """Dotted name of a file of the package."""
    return ".".join((PACKAGE_FOLDER.name, *name.removesuffix(".py").split("/")))


def room_of(module: str) -> str | None:
    """Name of the room, None for the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


def is_exempt(name: str) -> bool:
    """Whether the file is the package's own front door."""
    return name in {"__init__.py", "__main__.py"}


def steps_up(
    source: str, module: str, *, rooms: tuple[str, ...] = ROOMS, type_only: bool = False
) -> list[str]:
    """Imports of rooms that stand above the importing one."""
    own = room_of(module)
    return [
        f"line {line}: {own} imports {room}, which stands above it"
        for line, imported, _ in imports_of(source, module, type_only=type_only)
        if imported.split(".")[0] == PACKAGE_FOLDER.name
        and (room := room_of(imported)) in rooms
        and room != own
        and own in rooms
        and rooms.index(room) < rooms.index(own)
    ]


def test_every_module_has_its_room() -> None:
    rooms = {n.split("/")[0].removesuffix(".py") for n in package_sources() if not is_exempt(n)}
    assert rooms - set(ROOMS) == set(), (
        "in no list: add it to ROOMS in tests/test_imports.py, "
        "above everything that it imports and below everything that imports it"
    )


def test_imports_point_down() -> None:
    assert [
        f"{name}, {fault}"
        for name, source in package_sources().items()
        if not is_exempt(name)
        for fault in steps_up(source, dotted(name), type_only=True)
    ] == []


def test_only_the_command_line_knows_the_terminal() -> None:
    assert [
        f"{name}, line {found.line}: {found.module}"
        for name, source in package_sources().items()
        if room_of(dotted(name)) != "cli"
        for found in imports_of(source, dotted(name))
        if found.module.split(".")[0] in TERMINAL
    ] == []


def test_the_command_line_starts_without_heavy_libraries() -> None:
    assert [
        f"{name}, line {found.line}: {found.module}"
        for name, source in package_sources().items()
        if room_of(dotted(name)) == "cli"
        for found in imports_of(source, dotted(name))
        if found.eager and found.module.split(".")[0] in HEAVY
    ] == []


INVENTED = ("cli", "run", "terrain", "text")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import kalsel_gap.run", 1),
        ("import kalsel_gap.run.folder", 1),
        ("from kalsel_gap import run, text", 1),
        ("from kalsel_gap.run import Run", 1),
        ("from .. import run", 1),
        ("from ..run import Run", 1),
        ("def f():\n    from kalsel_gap.cli.rank import x", 1),
        ("from kalsel_gap.text import Text\nimport runpy", 0),
        ("from .run import Run", 0),  # terrain/run.py
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..run import Run", 0),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    from ..run import Run", 1),
    ],
)
def test_a_step_up_is_seen(source: str, expected: int) -> None:
    assert len(steps_up(source, "kalsel_gap.terrain.relief", rooms=INVENTED)) == expected


def test_a_step_up_for_a_type_checker_is_seen_where_it_is_asked_for() -> None:
    source = "if TYPE_CHECKING:\n    from ..run import Run\nelse:\n    from ..text import Text"
    module = "kalsel_gap.terrain.relief"
    assert steps_up(source, module, rooms=INVENTED, type_only=True) == [
        "line 2: terrain imports run, which stands above it"
    ]
    assert [each.eager for each in imports_of(source, module, type_only=True)] == [False, True]


def test_relative_imports_inside_a_folder() -> None:
    source = "from .tables import read\nfrom ..run import Run\nfrom .. import text"
    assert [i.module for i in imports_of(source, "kalsel_gap.sources.schools")] == [
        "kalsel_gap.sources.tables.read",
        "kalsel_gap.run.Run",
        "kalsel_gap.text",
    ]
    deep = imports_of("from ...geo import grid", "kalsel_gap.radio.links.servers")
    assert [i.module for i in deep] == ["kalsel_gap.geo.grid"]
    inside = imports_of("from . import tables", "kalsel_gap.sources.__init__")
    assert [i.module for i in inside] == ["kalsel_gap.sources.tables"]
