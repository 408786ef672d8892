"""Hashes of a project's inputs, and whether a file is still the one that was hashed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError, SeveralErrors

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.cache import Cache
    from kalsel_gap.storage.hashed_files import HashedFile


class InputHashes:
    """The SHA-256 of every input file, taken before any of them is read.

    A result is named by these hashes. Somebody may save a file after it was hashed and before, or
    while, it is read: then the result belongs to no hash, and must not be kept.

    Parameters
    ----------
    opened : Opened
        The project.
    store : Cache
        Remembers hashes from one command to the next.
    sections : collection of str, optional
        Only the files of these sections, named without what follows a dot.
    """

    def __init__(
        self, opened: Opened, store: Cache, sections: Collection[str] | None = None
    ) -> None:
        self._opened, self._store, self._sections = opened, store, sections

    @cached_property
    def files(self) -> dict[str, HashedFile]:
        """Every input file by the section that names it, with those beside it.

        Raises
        ------
        InputError
            A file cannot be read.
        """
        named = self._named(self._sections)
        hashed = {path: self._store.hashed(path) for path in dict.fromkeys(named.values())}
        return {name: hashed[path] for name, path in named.items()}

    def take(self) -> None:
        """Hash every file now: before anything is read."""
        _ = self.files

    def of_sections(self, sections: Collection[str]) -> dict[str, str]:
        """SHA-256 of the files of some sections, these named without what follows a dot."""
        return {n: file.digest for n, file in self.files.items() if _section(n) in sections}

    def by_file(self, sections: Collection[str]) -> dict[str, str]:
        """SHA-256 of the files of some sections by their names in the project."""
        hashes = self.of_sections(sections)
        return {self._opened.shown(self.files[n].path): digest for n, digest in hashes.items()}

    def refuse_changed(self, sections: Collection[str]) -> None:
        """Stop where a file of these sections is no longer the one that was hashed.

        Raises
        ------
        SeveralErrors
            Files were saved, replaced, added or removed since then; it names all of them.
        """
        before = {name: self.files[name] for name in self.of_sections(sections)}
        now = self._named(sections)
        changed = [path for name, path in now.items() if name not in before]
        for name, file in before.items():
            if now.get(name) == file.path and (same := file.check()) is not None:
                self.files[name] = same
            else:
                changed.append(file.path)
        if changed:
            errors = [InputError("input_changed", path=path) for path in dict.fromkeys(changed)]
            raise SeveralErrors([*errors])

    def _named(self, sections: Collection[str] | None) -> dict[str, Path]:
        inputs = self._opened.project.inputs()
        return {n: p for n, p in inputs if sections is None or _section(n) in sections}


def _section(name: str) -> str:
    return name.partition(".")[0]
