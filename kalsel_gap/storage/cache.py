"""Cache of stage results, by the hash of what they depend on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kalsel_gap.errors import InputError, OutputError
from kalsel_gap.storage.atomic import clear_leftovers, replace_text, temporary_beside
from kalsel_gap.storage.fingerprint import hash_of, hash_of_file
from kalsel_gap.storage.hashed_files import FileState, HashedFile, hash_at_rest
from kalsel_gap.storage.parquet import read_parquet, write_parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    import pandas as pd


_ENTRY = re.compile(r"[0-9a-f]{64}")  # anything else in the cache folder is not ours


_MEBIBYTE = 2**20
# What reading a damaged file of the cache raises; one that is nested too deeply is damaged, too.
_DAMAGED = (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError)


@dataclass(slots=True)
class Cache:
    """Tables by the hash of all they depend on; the oldest are removed if it grows too large.

    A cache that cannot be written is not an error: the work is done again next time. What is read
    from it is hashed first, and what is not as it was written is made again.

    Attributes
    ----------
    folder : Path or None
        None: nothing is cached.
    limit_bytes : int
        Size beyond which the entries not used for longest are removed.
    is_waiting : bool
        Nothing is written before :meth:`save`: a caller that only reads leaves no files.
    """

    folder: Path | None
    limit_bytes: int = 512 * _MEBIBYTE
    is_waiting: bool = False
    _known: dict[str, list[Any]] = field(default_factory=dict, repr=False)
    _made: dict[str, dict[str, pd.DataFrame]] = field(default_factory=dict, repr=False)

    def file_hash(self, path: Path) -> str:
        """SHA-256 of a file; see :meth:`hashed`."""
        return self.hashed(path).digest

    def hashed(self, path: Path) -> HashedFile:
        """A file and its SHA-256, remembered as long as the file keeps its state.

        Raises
        ------
        InputError
            It cannot be read, or somebody writes it all the time.
        """
        try:
            found = self._look_up(path) or hash_at_rest(path)
        except OSError as error:
            raise InputError("file_unreadable", path=path, reason=error.strerror or "") from None
        if found.is_sure:
            self._known[str(path)] = [*found.state, found.digest]
        else:
            self._remembered().pop(str(path), None)
        return found

    def _look_up(self, path: Path) -> HashedFile | None:
        state, remembered = FileState.of(path), self._remembered().get(str(path))
        if not remembered or remembered[:-1] != list(state):
            return None
        return HashedFile(path, state, str(remembered[-1]), is_sure=True)

    def tables(
        self, key: str, make: Callable[[], dict[str, pd.DataFrame]], *, read: Collection[str]
    ) -> dict[str, Any]:
        """The tables under `key`, computed and stored if they are missing.

        Tables not named in `read` may be returned as the bytes of their Parquet file.
        """
        if self.folder is None:
            return make()
        entry = self.folder / key
        if (found := self._load(entry, read)) is not None:
            return found
        made = self._made[key] if key in self._made else make()
        if self.is_waiting:
            self._made[key] = made
        else:
            with contextlib.suppress(OSError, OutputError):
                self._keep(entry, made)
        return dict(made)

    def save(self) -> None:
        """Remember the hashes of files for the next run, and keep what has waited."""
        if self.folder is None:
            return
        for key, made in self._made.items():
            with contextlib.suppress(OSError, OutputError):
                self._keep(self.folder / key, made)
        self._made.clear()
        if not self._known:
            return
        with contextlib.suppress(OSError, OutputError):
            known = self._remembered()
            stored = {"files": known, "sha256": hash_of(known)}
            text = json.dumps(stored, indent=0, sort_keys=True)
            replace_text(self.folder / "hashes.json", text)

    def _remembered(self) -> dict[str, list[Any]]:
        if not self._known and self.folder is not None:
            with contextlib.suppress(*_DAMAGED):
                stored = json.loads((self.folder / "hashes.json").read_text(encoding="utf-8"))
                if hash_of(stored["files"]) == stored["sha256"]:
                    self._known.update(stored["files"])
        return self._known

    def _load(self, entry: Path, read: Collection[str]) -> dict[str, Any] | None:
        import pyarrow as pa

        tables: dict[str, Any] = {}
        try:
            stored = json.loads((entry / "tables.json").read_text(encoding="utf-8"))
            if hash_of(stored["tables"]) != stored["sha256"]:
                return None
            for name, digest in stored["tables"].items():
                content = (entry / f"{name}.parquet").read_bytes()
                if hashlib.sha256(content).hexdigest() != digest:
                    return None
                tables[name] = read_parquet(content) if name in read else content
        except (*_DAMAGED, pa.ArrowException):
            return None
        with contextlib.suppress(OSError):  # a cache that can only be read
            os.utime(entry)
        return tables or None

    def _keep(self, entry: Path, tables: dict[str, pd.DataFrame]) -> None:
        entry.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_beside(entry.parent)
        try:
            temporary.mkdir()
            hashes = {}
            for name, table in tables.items():
                path = temporary / f"{name}.parquet"
                write_parquet(table, path)
                hashes[name] = hash_of_file(path)
            text = json.dumps({"tables": hashes, "sha256": hash_of(hashes)})
            (temporary / "tables.json").write_text(text, encoding="utf-8")
            shutil.rmtree(entry, ignore_errors=True)
            temporary.rename(entry)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        clear_leftovers(entry.parent)
        self._bound(entry.parent)

    def _bound(self, folder: Path) -> None:
        entries = [
            (path.stat().st_mtime_ns, sum(f.stat().st_size for f in path.iterdir()), path)
            for path in folder.iterdir()
            if _ENTRY.fullmatch(path.name) and path.is_dir()
        ]
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries)[:-1]:
            if total <= self.limit_bytes:
                return
            shutil.rmtree(path, ignore_errors=True)
            total -= size
