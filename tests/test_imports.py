"""Imports point down the list of rooms, and only the command line knows the terminal."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

import pytest

from kalsel_gap import PACKAGE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = PACKAGE_FOLDER

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


class Import(NamedTuple):
    """One imported module; `eager` when importing the importing file runs it."""

    line: int
    module: str
    eager: bool


def imports_of(source: str, module: str) -> Iterator[Import]:
    """Every import of a file, absolute; those only for a type checker are left out.

    `module` is the dotted name of the file, a package's ending in ``.__init__``.
    """
    package = module.rpartition(".")[0].split(".")

    def named(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            return
        base = package[: len(package) - node.level + 1] if node.level else []
        origin = ".".join([*base, *([node.module] if node.module else [])])
        # `from package import name` may import the module `package.name`.
        yield from (f"{origin}.{alias.name}" for alias in node.names)

    def walk(node: ast.AST, *, eager: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                yield from (Import(child.lineno, name, eager) for name in named(child))
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
                for statement in child.orelse:
                    yield from walk(ast.Module([statement], []), eager=eager)
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, eager=eager and not inside)

    yield from walk(ast.parse(source), eager=True)


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def room_of(module: str) -> str | None:
    """Name of the room, None for the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else None


def is_exempt(path: Path) -> bool:
    """Whether the file is the package's own front door."""
    return path.parent == PACKAGE and path.stem in {"__init__", "__main__"}


def steps_up(source: str, module: str, *, rooms: tuple[str, ...] = ROOMS) -> list[str]:
    """Imports of rooms that stand above the importing one."""
    own = room_of(module)
    return [
        f"line {line}: {own} imports {room}, which stands above it"
        for line, imported, _ in imports_of(source, module)
        if imported.split(".")[0] == PACKAGE.name
        and (room := room_of(imported)) in rooms
        and room != own
        and own in rooms
        and rooms.index(room) < rooms.index(own)
    ]


FILES = [pytest.param(path, id=dotted(path)) for path in sorted(PACKAGE.rglob("*.py"))]


@pytest.mark.parametrize("path", FILES)
def test_every_module_has_its_room(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert is_exempt(path) or room in ROOMS, (
        f"kalsel_gap/{room} is in no list: add it to ROOMS in tests/test_imports.py, "
        f"above everything that it imports and below everything that imports it"
    )


@pytest.mark.parametrize("path", FILES)
def test_imports_point_down(path: Path) -> None:
    if not is_exempt(path):
        assert steps_up(path.read_text(encoding="utf-8"), dotted(path)) == []


@pytest.mark.parametrize("path", FILES)
def test_only_the_command_line_knows_the_terminal(path: Path) -> None:
    if room_of(dotted(path)) != "cli":
        found = imports_of(path.read_text(encoding="utf-8"), dotted(path))
        assert [i for i in found if i.module.split(".")[0] in TERMINAL] == []


@pytest.mark.parametrize("path", FILES)
def test_the_command_line_starts_without_heavy_libraries(path: Path) -> None:
    if room_of(dotted(path)) == "cli":
        found = imports_of(path.read_text(encoding="utf-8"), dotted(path))
        assert [i for i in found if i.eager and i.module.split(".")[0] in HEAVY] == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import kalsel_gap.storage.run_folder", 1),
        ("from kalsel_gap import run, errors", 1),
        ("from kalsel_gap.storage.run_folder import Run", 1),
        ("from . import run", 1),
        ("from .run import Run", 1),
        ("def f():\n    from kalsel_gap.cli.rank import x", 1),
        ("from kalsel_gap.geo.sampling import Grid\nimport runpy", 0),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .run import Run", 0),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    from .run import Run", 1),
    ],
)
def test_a_step_up_is_seen(source: str, expected: int) -> None:
    assert len(steps_up(source, "kalsel_gap.terrain.relief_at_points")) == expected


def test_relative_imports_inside_a_folder() -> None:
    source = "from .files import read\nfrom ..run import Run\nfrom .. import text"
    assert [i.module for i in imports_of(source, "kalsel_gap.sources.schools")] == [
        "kalsel_gap.sources.tables.read",
        "kalsel_gap.storage.run_folder.Run",
        "kalsel_gap.i18n.text",
    ]
    assert [i.module for i in imports_of("from . import files", "kalsel_gap.sources.__init__")] == [
        "kalsel_gap.sources.tables",
    ]
