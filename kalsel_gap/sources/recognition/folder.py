"""Files of a folder that may be inputs: bounded, without hidden ones and our own outputs."""

from __future__ import annotations

import contextlib
import json
import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.geo.raster_files import TILES, beside
from kalsel_gap.project.model import SHAPEFILE_PARTS
from kalsel_gap.project.proposal import Said, Unused
from kalsel_gap.project.read import FILE_NAME
from kalsel_gap.storage.official_run import OFFICIAL
from kalsel_gap.storage.outputs import LEDGER
from kalsel_gap.storage.run_folder import LATEST, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_FILES = 2_000
_BLOCK_BYTES = 1 << 16
DEEPEST = 8  # folders below the one that is named
# Beside a Shapefile, besides the parts that are read.
_BESIDE_SHAPEFILE = (*SHAPEFILE_PARTS, ".sbn", ".sbx", ".qix", ".qmd", ".qml", ".sld", ".shp.xml")


class FolderFiles(NamedTuple):
    """Files of a folder, by path.

    Attributes
    ----------
    inputs : tuple of Path
        Each may have a role.
    unused : tuple of Unused
        Files that belong to another one, project files, and where the search ended.
    """

    inputs: tuple[Path, ...]
    unused: tuple[Unused, ...]


def files_of(folder: Path) -> FolderFiles:
    """What lies in a folder and in those below it.

    Hidden files and folders, links to folders, runs and what this tool wrote are left out.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    OSError
        The folder cannot be read.
    """
    found: list[Path] = []
    unused: list[Unused] = []
    own: set[Path] = set()
    for path in _walked(folder, own):
        if len(found) == MOST_FILES or len(path.relative_to(folder).parts) > DEEPEST + 1:
            limits = {"count": MOST_FILES, "deep": DEEPEST}
            unused.append(Unused(folder, Said("too_many_files", limits)))
            break
        found.append(path)
    inputs = [path for path in found if path.resolve() not in own]
    parts = _parts(inputs)
    unused += [Unused(p, Said("companion", {"file": of})) for p, of in sorted(parts.items())]
    unused += [Unused(p, Said("project_file")) for p in inputs if p.name == FILE_NAME]
    others = {*parts, *(path for path in inputs if path.name == FILE_NAME)}
    return FolderFiles(tuple(p for p in inputs if p not in others), tuple(unused))


def copies_of(files: Sequence[Path]) -> dict[Path, Path]:
    """Files with the content of an earlier one, and which that is."""
    by_size: defaultdict[int, list[Path]] = defaultdict(list)
    copies: dict[Path, Path] = {}
    for path in files:
        with contextlib.suppress(OSError):  # its reader says what is wrong
            size = path.stat().st_size
            same = (other for other in by_size[size] if size and _is_same(path, other))
            if (first := next(same, None)) is not None:
                copies[path] = first
            else:
                by_size[size].append(path)
    return copies


def _is_same(one: Path, other: Path) -> bool:
    with one.open("rb") as mine, other.open("rb") as theirs:
        while block := mine.read(_BLOCK_BYTES):
            if block != theirs.read(_BLOCK_BYTES):
                return False
    return True


def _walked(folder: Path, own: set[Path]) -> Iterator[Path]:
    """Files in the order of their paths, a folder before those below it; `own` gets ours."""
    for top, folders, names in os.walk(folder, onerror=_raise):
        here = Path(top)
        if MANIFEST in names:  # a run
            folders.clear()
            continue
        if LEDGER in names:
            own.update(_listed(here))
        if LEDGER in names or any((here / each / MANIFEST).is_file() for each in folders):
            names = [name for name in names if name not in (LEDGER, LATEST, OFFICIAL)]  # noqa: PLW2901 - of runs
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and (here / name).is_file():
                yield here / name


def _raise(error: OSError) -> None:
    raise error


def _listed(folder: Path) -> Iterator[Path]:
    """Files that the list in a folder of runs names."""
    try:
        listed = json.loads((folder / LEDGER).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return
    yield from ((folder / name).resolve() for name in listed if isinstance(listed, dict))


def _parts(files: list[Path]) -> dict[Path, Path]:
    """Files that only belong to another one, and to which."""
    there = set(files)
    parts: dict[Path, Path] = {}
    for path in files:
        kind = path.suffix.lower()
        if kind == ".shp":
            beside_it = (path.with_suffix(end) for end in _BESIDE_SHAPEFILE)
            parts |= {other: path for other in beside_it if other in there}
        elif kind in TILES:
            parts |= {other: path for _, other in beside(path) if other in there}
    return parts
