"""Imports point down the list of rooms, run in no circle, and only `cli/` knows the terminal."""

from __future__ import annotations

from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.package import PACKAGE_FOLDER
from tests.conftest import package_sources
from tests.imports import imported, imports_of, module_of

if TYPE_CHECKING:
    from collections.abc import Mapping

# From top to bottom: a room may import those below it. Only the order of the rooms stands here;
# what is in them is read from the folders.
ROOMS = (
    "cli",
    "comparison",
    "answers",
    "pipeline",
    "doctor",
    "deliverables",
    "planning",
    "robustness",
    "deficit",
    "radio",
    "quality",
    "terrain",
    "stage_cache",
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
    "package",
)
MOST_ROOMS = 25  # more cannot be overlooked at a glance: put the new module into a room
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


def circles(package: Mapping[str, str]) -> list[str]:
    """Circles of imports among the parts of each folder: its modules and its folders.

    Where no folder has one, no modules have one either, wherever they are.
    """
    modules = {module_of(path): path.removesuffix(".py") for path in package}
    uses: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path, source in package.items():
        importing = path.removesuffix(".py").split("/")
        for module in imported(source, path, modules):
            target = modules[module].split("/")
            pairs = enumerate(zip(importing, target, strict=False))
            shared = next((depth for depth, (ours, theirs) in pairs if ours != theirs), None)
            if shared is not None:
                uses["/".join(importing[:shared])][importing[shared]].add(target[shared])
    found = []
    for folder, parts in uses.items():
        try:
            TopologicalSorter(parts).prepare()
        except CycleError as error:
            found.append(f"{folder}: {' is imported by '.join(error.args[1])}")
    return found


def test_the_rooms_of_the_list_are_those_of_the_package() -> None:
    rooms = {n.split("/")[0].removesuffix(".py") for n in package_sources() if not is_exempt(n)}
    assert rooms ^ set(ROOMS) == set(), (
        "on one side only: ROOMS in tests/test_imports.py names every room, "
        "above everything that it imports and below everything that imports it"
    )
    assert len(rooms) <= MOST_ROOMS


def test_imports_point_down() -> None:
    assert [
        f"{name}, {fault}"
        for name, source in package_sources().items()
        if not is_exempt(name)
        for fault in steps_up(source, dotted(name), type_only=True)
    ] == []


def test_imports_run_in_no_circle() -> None:
    package = {f"{PACKAGE_FOLDER.name}/{name}": text for name, text in package_sources().items()}
    assert circles(package) == []


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


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"p/b/y.py": "from p.a import x"}, ["p: a is imported by b is imported by a"]),
        (
            {"p/b/y.py": "def f():\n    from ..a.x import g"},
            ["p: a is imported by b is imported by a"],
        ),
        ({"p/b/z.py": "from . import y"}, []),
        (
            {"p/b/y.py": "if TYPE_CHECKING:\n    from .z import T", "p/b/z.py": "from . import y"},
            ["p/b: y is imported by z is imported by y"],
        ),
        ({"p/c.py": "import p"}, ["p: __init__ is imported by c is imported by __init__"]),
    ],
)
def test_a_circle_is_seen(changed: dict[str, str], expected: list[str]) -> None:
    package = {
        "p/__init__.py": "def f():\n    from p import c",
        "p/a/__init__.py": "",
        "p/a/x.py": "from p.b.y import g",
        "p/b/__init__.py": "",
        "p/b/y.py": "",
        "p/b/z.py": "",
        "p/c.py": "from p.a.x import g",
    }
    assert circles(package | changed) == expected
