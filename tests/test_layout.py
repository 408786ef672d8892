"""A name means one thing in the whole package, and a test lies where its module lies."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from kalsel_gap.package import PACKAGE_FOLDER
from tests.conftest import TESTS, package_sources

if TYPE_CHECKING:
    from collections.abc import Iterator

# Test files that mirror no module, and what they are about instead.
OF_NO_MODULE = {
    "cli/test_cli.py": "every command, as its user types it",
    "deliverables/test_accessibility.py": "every page in the hands of axe and of a keyboard",
    "radio/coverage/test_splat.py": "a coverage raster against another program's",
    "radio/propagation/test_models.py": "what every path-loss model must do",
    "real/test_cases_areas.py": "codes, boundaries and shapes as offices hand them over",
    "real/test_cases_cells.py": "cells of real files",
    "real/test_cases_rasters.py": "rasters and maps as offices hand them over",
    "real/test_cases_tables.py": "the cases of containers and headers",
    "real/test_init.py": "a project proposed for the real province",
    "real/test_kalsel.py": "the real province",
    "real/test_links.py": "the links of the real province",
    "sources/formats/test_containers.py": "files of several tables, whatever their format",
    "test_docs.py": "the pages",
    "test_full_disk.py": "every command that writes, on a disk that fills up",
    "test_fuzz.py": "tests/fuzz",
    "test_golden.py": "a whole run",
    "test_imports.py": "imports of the whole package",
    "test_kills.py": "tests/kills.py",
    "test_layout.py": "names and files of the whole package",
    "test_mutants.py": "tests/mutants.py",
    "test_notebooks.py": "the notebooks",
    "test_nothing_overwritten.py": "what every command may write over, and which run it draws",
    "test_packaging.py": "what is built, and the frame around it",
    "test_quick.py": "tests/quick.py",
    "test_sample.py": "data/sample",
    "test_words.py": "docstrings and comments of the whole package",
    "test_wrong_input.py": "the whole program with broken inputs",
}
# What a type variable or a constant is called is its module's own business.
ALIAS = re.compile(r"[A-Z]+[a-z]\w*")


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run when a module is imported or type-checked, those of an `if` included."""
    for statement in body:
        if isinstance(statement, ast.If):
            yield from top_level([*statement.body, *statement.orelse])
        else:
            yield statement


def types_of(source: str) -> Iterator[str]:
    """Names of classes and of aliases for types that a module defines."""
    for statement in top_level(ast.parse(source).body):
        if isinstance(statement, ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            names = (target.id for target in targets if isinstance(target, ast.Name))
            yield from (name for name in names if ALIAS.fullmatch(name))


def functions_of(source: str) -> set[str]:
    """Names of functions that a module defines."""
    return {each.name for each in ast.parse(source).body if isinstance(each, ast.FunctionDef)}


def test_a_type_means_one_thing_in_the_whole_package() -> None:
    places = defaultdict(list)
    for name, source in package_sources().items():
        for defined in types_of(source):
            places[defined].append(name)
    assert {defined: found for defined, found in places.items() if len(found) > 1} == {}


def test_no_function_has_the_name_of_its_module() -> None:
    """`from room import module` beside `from room.module import module` confuses everybody.

    A command has the name that its user types.
    """
    assert [
        name
        for name, source in package_sources().items()
        if not name.startswith("cli/")
        and name.rpartition("/")[2].removesuffix(".py") in functions_of(source)
    ] == []


def test_no_module_imports_a_private_name_of_another() -> None:
    assert [
        f"{name}: {each.name} of {node.module}"
        for name, source in package_sources().items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kalsel_gap")
        for each in node.names
        if each.name.startswith("_") and not each.name.startswith("__")
    ] == []


def test_every_test_file_mirrors_a_module() -> None:
    without = set()
    for path in TESTS.rglob("test_*.py"):
        place = path.relative_to(TESTS)
        if not (PACKAGE_FOLDER / place.with_name(place.name.removeprefix("test_"))).is_file():
            without.add(place.as_posix())
    assert without ^ OF_NO_MODULE.keys() == set()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A: ...", ["A"]),
        ("if TYPE_CHECKING:\n    Shape: TypeAlias = int\nelse:\n    Shape = object", ["Shape"] * 2),
        ("Kind = Literal['a']\nKIND = 1\nN = TypeVar('N')\n_kind = 2", ["Kind"]),
        ("def f():\n    class Inner: ...", []),
    ],
)
def test_types_are_seen(source: str, expected: list[str]) -> None:
    assert list(types_of(source)) == expected
