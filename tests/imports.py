"""What a Python file imports, read from its text."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Import(NamedTuple):
    """One imported module; `eager` when importing the importing file runs it."""

    line: int
    module: str
    eager: bool


def imports_of(source: str, module: str, *, type_only: bool = False) -> Iterator[Import]:
    """Every import of a file, absolute; those only for a type checker where they are asked for.

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
                if type_only:
                    yield from walk(ast.Module(child.body, []), eager=False)
                yield from walk(ast.Module(child.orelse, []), eager=eager)
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, eager=eager and not inside)

    yield from walk(ast.parse(source), eager=True)


@cache
def _every_import(source: str, module: str) -> tuple[Import, ...]:
    return tuple(imports_of(source, module, type_only=True))


def module_of(path: str) -> str:
    """Dotted name of a file, a package's without ``__init__``."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(source: str, path: str, modules: Iterable[str]) -> set[str]:
    """Which of the modules a file imports itself."""
    known = set(modules)
    dotted = path.removesuffix(".py").replace("/", ".")
    found = set()
    for each in _every_import(source, dotted):
        name = each.module
        while name and name not in known:
            name = name.rpartition(".")[0]
        found.add(name)
    return found - {""}
