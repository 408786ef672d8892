"""Which version of the code made a result, and where results are kept.

The hash of a module covers what it computes: its syntax tree and those of all modules of the
package that it imports when it runs, inside functions too. Positions, comments, docstrings and the
sentences that a person reads do not count, so a reworded message asks for nothing anew; nor do
imports for a type checker only.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.package import PACKAGE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

# Functions whose texts are sentences for a person; the catalogues are made from the same ones.
SENTENCES = frozenset({"N_", "_", "ngettext"})
# The module that holds nothing but such sentences, by their codes.
MESSAGES = "i18n.messages"
# The function that reads a file of project/defaults.
DEFAULTS = "default_values"
_REMEMBERED = 2000  # files whose hash is remembered; a version of the package has fewer than 200


class Source(NamedTuple):
    """What one file of Python contributes to a hash.

    Attributes
    ----------
    digest : str
        Hash of its syntax tree, less all that computes nothing.
    imports : tuple of str
        Dotted names that it imports when it runs: modules, or names in them.
    defaults : tuple of str
        Files of ``project/defaults`` that it reads itself. The others come in as sections of the
        project, whose values are in every key that depends on them.
    """

    digest: str
    imports: tuple[str, ...]
    defaults: tuple[str, ...]


class CodeHashes:
    """Hashes of the modules of a package by all that they depend on.

    Parameters
    ----------
    folder : Path
        The package.
    remembered : dict, optional
        What is known of files by the hash of their text; gets what is new.
    """

    def __init__(self, folder: Path, remembered: dict[str, Source] | None = None) -> None:
        self._folder = folder
        self._files = {_dotted(path, folder): path for path in folder.rglob("*.py")}
        self.remembered = {} if remembered is None else remembered
        self._sources: dict[str, Source] = {}
        self._hashes: dict[tuple[str, ...], str] = {}

    def of(self, *modules: str) -> str:
        """Hash of some modules, by their dotted names, with all that they import.

        Raises
        ------
        ValueError
            A name is no module of the package.
        """
        if (known := self._hashes.get(modules)) is not None:
            return known
        lines: list[str] = []
        for name in sorted(self.reached_from(*modules)):
            source = self._sources[name]
            lines.append(f"{name} {source.digest}")
            lines += [f"{file} {self._values(file)}" for file in source.defaults]
        self._hashes[modules] = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        return self._hashes[modules]

    def reached_from(self, *modules: str) -> set[str]:
        """The modules themselves and all that they import, directly or not.

        Neither the package's own ``__init__`` nor :data:`MESSAGES` is among them: they have no part
        in any result, and what the first offers to a caller from outside leads everywhere.
        """
        reached: set[str] = set()
        ahead = list(modules)
        while ahead:
            name = ahead.pop()
            if name in reached:
                continue
            if name not in self._files:
                message = f"{name} is no module of {self._folder}"
                raise ValueError(message)
            reached.add(name)
            ahead += {each for named in self._source(name).imports for each in self._run(named)}
        return reached

    def _run(self, dotted: str) -> Iterator[str]:
        """The modules of the package that run when a dotted name is imported."""
        parts = dotted.split(".")
        if parts[0] == self._folder.name:
            names = (".".join(parts[:end]) for end in range(2, len(parts) + 1))
            left_out = f"{parts[0]}.{MESSAGES}"
            yield from (name for name in names if name in self._files and name != left_out)

    def _source(self, name: str) -> Source:
        if name not in self._sources:
            text = self._files[name].read_bytes()
            key = hashlib.sha256(text).hexdigest()
            if key not in self.remembered:
                self.remembered[key] = read_source(text)
            self._sources[name] = self.remembered[key]
        return self._sources[name]

    def _values(self, file: str) -> str:
        """Hash of the values of a file of defaults."""
        path = self._folder / "project" / "defaults" / f"{file}.toml"
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


def _dotted(path: Path, folder: Path) -> str:
    """Name by which a file of a package is imported."""
    parts = path.relative_to(folder.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_source(text: bytes | str) -> Source:
    r"""What a file of Python contributes to a hash.

    Examples
    --------
    >>> one = read_source("from a import b\nx = N_('Terrain')")
    >>> one.imports
    ('a.b',)
    >>> one == read_source("from a import b  # why\nx = N_('The terrain')")
    True
    >>> one == read_source("from a import b\nx = 'Terrain'")
    False
    """
    tree = _Bare().visit(ast.parse(text))
    imports: set[str] = set()
    defaults: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imports |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and _called(node) == DEFAULTS:
            defaults |= {str(file.value) for file in node.args if isinstance(file, ast.Constant)}
    digest = hashlib.sha256(ast.dump(tree).encode("utf-8", "surrogatepass")).hexdigest()
    return Source(digest, tuple(sorted(imports)), tuple(sorted(defaults)))


class _Bare(ast.NodeTransformer):
    """Take out what computes nothing: docstrings, sentences, what a type checker alone reads."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        self.generic_visit(node)
        is_for_types = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return node.orelse if is_for_types else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if _called(node) in SENTENCES:
            node.args = [each for each in node.args if not isinstance(each, ast.Constant)]
        return self.generic_visit(node)


def _called(node: ast.Call) -> str:
    """Name of the function that a call is of."""
    named = node.func
    if isinstance(named, ast.Attribute):
        return named.attr
    return named.id if isinstance(named, ast.Name) else ""


def code_hash(*modules: str) -> str:
    """Hash of the code of some modules of this package and of all that they import.

    A method that changes asks for its results anew; see :class:`CodeHashes`.
    """
    hashes, before = _hashes(), len(_hashes().remembered)
    found = hashes.of(*modules)
    if len(hashes.remembered) > before:
        _remember(hashes.remembered)
    return found


@cache
def _hashes() -> CodeHashes:
    return CodeHashes(PACKAGE_FOLDER, _remembered())


def _memory() -> Path:
    """Where the hashes of files are remembered: with them nothing needs to be parsed again."""
    method = hashlib.sha256(Path(__file__).read_bytes() + sys.version.encode()).hexdigest()
    return kernels_folder() / f"sources-{method[:16]}.json"


def _remembered() -> dict[str, Source]:
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, RecursionError):
        stored = json.loads(_memory().read_text(encoding="utf-8"))
        return {
            key: Source(str(digest), tuple(imports), tuple(defaults))
            for key, (digest, imports, defaults) in stored.items()
        }
    return {}


def _remember(sources: dict[str, Source]) -> None:
    newest = dict(list(sources.items())[-_REMEMBERED:])
    path = _memory()
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(newest), encoding="utf-8")
        temporary.replace(path)


def hash_of(value: object) -> str:
    """Hash of plain values, for the key of what depends on them."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def hash_of_file(path: Path) -> str:
    """SHA-256 of what a file holds, as hexadecimal text.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def default_cache_folder() -> Path:
    """The user's cache folder; ``KALSEL_GAP_CACHE`` overrides it."""
    from platformdirs import user_cache_path

    override = os.environ.get("KALSEL_GAP_CACHE")
    return Path(override) if override else user_cache_path("kalsel-gap", appauthor=False)


def kernels_folder() -> Path:
    """Where compiled kernels are kept; ``NUMBA_CACHE_DIR`` overrides it."""
    override = os.environ.get("NUMBA_CACHE_DIR")
    return Path(override) if override else default_cache_folder() / "kernels"
