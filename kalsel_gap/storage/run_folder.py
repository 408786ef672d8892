"""Run folders, written whole or not at all; and the cache of what is expensive to compute.

A run is written to ``runs/.tmp-…``, synced, and renamed to ``runs/<id>``; then the one-line file
``runs/latest`` is replaced. The id is a hash of inputs, parameters and results: the same input
makes the same run, byte for byte, and no run takes the place of another one. Nothing here knows
what a stage computes.
"""

from __future__ import annotations

import contextlib
import errno
import filecmp
import hashlib
import io
import json
import os
import re
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.errors import InputError, OutputError
from kalsel_gap.findings import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    import geopandas as gpd

LATEST = "latest"
SCHOOLS = "schools.parquet"
MANIFEST = "run.json"
FINDINGS = "findings.csv"
_PARQUET = b"PAR1"  # how such a file begins and ends
_TMP = ".tmp-kalsel-gap-"  # what bears it is ours to remove
_ENTRY = re.compile(r"[0-9a-f]{64}")  # anything else in the cache folder is not ours
_MEBIBYTE = 2**20
_GIVEN = ("file", "npsn", "value", "proposal")  # of a finding: text of others
# A formula, but no number; and what begins like the guard itself.
_RUN_BY_SPREADSHEETS = r"(?![+-]?[\d.]+$)\s*[=+\-@']"


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it lies on disk.

    Attributes
    ----------
    folder : Path
        ``runs/<id>``.
    schools : GeoDataFrame
        One row per row of the register, all stages' columns.
    findings : DataFrame
        Columns of :data:`kalsel_gap.findings.COLUMNS`.
    manifest : dict
        ``run.json``: versions, parameters, inputs and files of the run with their SHA-256.
    """

    folder: Path
    schools: gpd.GeoDataFrame
    findings: pd.DataFrame
    manifest: dict[str, Any]

    def table(self, name: str) -> pd.DataFrame:
        """A further table of the run; a GeoDataFrame when it has a geometry.

        Raises
        ------
        InputError
            The run has no such table, or it cannot be read.
        """
        path = self.folder / f"{name}.parquet"
        try:
            return _read_parquet(path)
        except (OSError, ValueError) as error:
            raise InputError("run_broken", path=path, reason=str(error)[:200]) from None


def run_id(manifest: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits of the manifest's hash."""
    text = json.dumps(manifest, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def write_run(
    folder: Path,
    manifest: Mapping[str, Any],
    schools: gpd.GeoDataFrame,
    findings: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame | bytes],
) -> Run:
    """Write a run and make it the latest.

    Parameters
    ----------
    folder : Path
        Folder of the runs; made when missing.
    manifest : mapping
        What ``run.json`` says.
    schools, findings : DataFrame
        The table and its findings.
    tables : mapping of DataFrame or bytes
        Further tidy tables, each written to ``<name>.parquet``; a GeoDataFrame as GeoParquet,
        bytes as they are.

    Raises
    ------
    OutputError
        The folder cannot be written or the disk is full; earlier runs are untouched.
    """
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        clear_leftovers(folder)
        temporary = _temporary(folder)
        try:
            temporary.mkdir()
            _write_parquet(schools, temporary / SCHOOLS)
            for name, table in tables.items():
                path = temporary / f"{name}.parquet"
                path.write_bytes(table) if isinstance(table, bytes) else _write_parquet(table, path)
            _guarded(findings).to_csv(temporary / FINDINGS, index=False, lineterminator="\n")
            files = {path.name: _sha256(path) for path in sorted(temporary.iterdir())}
            manifest = {**manifest, "files": files}
            text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
            (temporary / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")
            for path in temporary.iterdir():
                _sync(path)
            final = folder / run_id(manifest)
            _swap(temporary, final)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        replace_text(folder / LATEST, final.name + "\n")
    return Run(final, schools, findings, dict(manifest))


def read_run(folder: Path, run: str | None = None) -> Run:
    """The run named `run`, or the latest of `folder`.

    Raises
    ------
    InputError
        There is none, or it cannot be read.
    """
    import geopandas as gpd

    try:
        name = run or (folder / LATEST).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise InputError("run_missing", path=folder) from None
    chosen = folder / Path(name).name
    if not (chosen / MANIFEST).is_file():
        raise InputError("run_missing", path=chosen)
    try:
        schools = gpd.read_parquet(chosen / SCHOOLS)
        findings = pd.read_csv(
            chosen / FINDINGS,
            dtype={name: "Int64" if name == "row" else "str" for name in COLUMNS},
            keep_default_na=False,
            na_values={"row": [""]},
        )
        findings = findings.assign(**{c: findings[c].str.removeprefix("'") for c in _GIVEN})
        manifest = json.loads((chosen / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("run_broken", path=chosen, reason=str(error)[:200]) from None
    return Run(chosen, schools, findings, manifest)


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place when the block ends well.

    Raises
    ------
    OutputError
        It cannot be written; `path` is as it was.
    """
    with _writing(path):
        _refuse_other_than_file(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _temporary(path.parent, path.suffix)
        try:
            yield temporary
            _sync(temporary)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def refuse_unwritable(path: Path) -> None:
    """An error where `atomic` could not write, told before anything is computed.

    Raises
    ------
    OutputError
        As `atomic`; the folder must be there.
    """
    with _writing(path):
        _refuse_other_than_file(path)
        temporary = _temporary(path.parent)
        try:
            temporary.touch()
        finally:
            temporary.unlink(missing_ok=True)


def _refuse_other_than_file(path: Path) -> None:
    if path.exists() and not path.is_file():  # a device would be replaced, not written to
        fault = errno.EISDIR if path.is_dir() else errno.EINVAL
        raise OSError(fault, os.strerror(fault), str(path))


def replace_text(path: Path, text: str) -> None:
    """Replace a small file at once."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn what the system says of writing into an error that a user can act on."""
    try:
        yield
    except OSError as error:
        # Nobody knows the name of what would have taken its place.
        where = path if _TMP in str(error.filename) else error.filename or path
        raise OutputError(
            "not_written", path=where, reason=error.strerror or str(error)[:200]
        ) from None


def _guarded(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings as people open them: an apostrophe keeps spreadsheets from running other's text."""
    cells = findings[list(_GIVEN)]
    risky = cells.apply(lambda column: column.str.match(_RUN_BY_SPREADSHEETS))
    return findings.assign(**cells.where(~risky, "'" + cells))


def _temporary(folder: Path, suffix: str = "") -> Path:
    """A name that is still free: known before it is taken, so that it can always be cleared."""
    return folder / f"{_TMP}{secrets.token_hex(8)}{suffix}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_parquet(table: pd.DataFrame, path: Path) -> None:
    import pyarrow as pa

    try:
        table.to_parquet(path, index=False, compression="zstd")
    except pa.ArrowException as error:  # arrow's own I/O errors are not all OSErrors
        raise OSError(str(error)) from error


def _read_parquet(path: Path) -> pd.DataFrame:
    """A table as it was written: a GeoDataFrame when it has a geometry."""
    import geopandas as gpd
    import pyarrow.parquet as pq

    geographic = b"geo" in (pq.read_schema(path).metadata or {})
    return gpd.read_parquet(path) if geographic else pd.read_parquet(path)


def table_of(table: pd.DataFrame | bytes) -> pd.DataFrame:
    """A table that may have come from the cache as the bytes of its Parquet file."""
    return pd.read_parquet(io.BytesIO(table)) if isinstance(table, bytes) else table


def _parquet_bytes(path: Path) -> bytes:
    content = path.read_bytes()
    if len(content) < 2 * len(_PARQUET) or content[:4] != _PARQUET or content[-4:] != _PARQUET:
        message = f"{path} is cut off"
        raise ValueError(message)
    return content


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _swap(temporary: Path, final: Path) -> None:
    """Put the new folder in place; one of that name holds the same, or was tampered with."""
    if final.exists() and _same(temporary, final):
        shutil.rmtree(temporary)
    elif final.exists():
        aside = _temporary(final.parent)
        try:
            final.rename(aside)
            temporary.rename(final)
        except BaseException:
            if not final.exists():
                aside.rename(final)
            raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    else:
        temporary.rename(final)
    if os.name == "posix":
        handle = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _same(folder: Path, other: Path) -> bool:
    """Whether two folders hold the same files, byte for byte."""
    names = sorted(path.name for path in folder.iterdir())
    if not other.is_dir() or names != sorted(path.name for path in other.iterdir()):
        return False
    return filecmp.cmpfiles(folder, other, names, shallow=False)[0] == names


def clear_leftovers(folder: Path) -> None:
    """Remove what a killed run left behind, but nothing a live one may still be writing."""
    import time

    for leftover in folder.glob(f"{_TMP}*"):
        with contextlib.suppress(OSError):
            if time.time() - leftover.stat().st_mtime > 3600:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


# --- cache -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Cache:
    """Tables by the hash of all they depend on; the oldest go when it grows too large.

    A cache that cannot be written is no error: the work is done again next time.

    Attributes
    ----------
    folder : Path or None
        None: nothing is cached.
    limit_bytes : int
        Size beyond which the entries not used for longest are removed.
    """

    folder: Path | None
    limit_bytes: int = 512 * _MEBIBYTE
    _known: dict[str, list[Any]] = field(default_factory=dict, repr=False)

    def file_hash(self, path: Path) -> str:
        """SHA-256 of a file, remembered with its size and time of change."""
        try:
            state = path.stat()
            remembered = self._remembered().get(str(path))
            if remembered and remembered[:2] == [state.st_size, state.st_mtime_ns]:
                return str(remembered[2])
            digest = _sha256(path)
        except OSError as error:
            raise InputError("file_unreadable", path=path, reason=error.strerror or "") from None
        self._known[str(path)] = [state.st_size, state.st_mtime_ns, digest]
        return digest

    def tables(
        self, key: str, make: Callable[[], dict[str, pd.DataFrame]], *, read: Collection[str]
    ) -> dict[str, Any]:
        """The tables under `key`, made and kept when they are not there.

        Those that nobody needs to `read` may come as the bytes of their Parquet file.
        """
        if self.folder is None:
            return make()
        entry = self.folder / key
        if (found := self._load(entry, read)) is not None:
            return found
        made = make()
        with contextlib.suppress(OSError, OutputError):
            self._keep(entry, made)
        return made

    def save_hashes(self) -> None:
        """Remember the hashes of files for the next run."""
        if self.folder is None or not self._known:
            return
        with contextlib.suppress(OSError, OutputError):
            text = json.dumps(self._remembered(), indent=0, sort_keys=True)
            replace_text(self.folder / "hashes.json", text)

    def _remembered(self) -> dict[str, list[Any]]:
        if not self._known and self.folder is not None:
            with contextlib.suppress(OSError, ValueError):
                stored = json.loads((self.folder / "hashes.json").read_text(encoding="utf-8"))
                if isinstance(stored, dict):
                    self._known.update({k: v for k, v in stored.items() if isinstance(v, list)})
        return self._known

    def _load(self, entry: Path, read: Collection[str]) -> dict[str, Any] | None:
        import pyarrow as pa

        try:
            names = json.loads((entry / "tables.json").read_text(encoding="utf-8"))
            tables = {
                name: (_read_parquet if name in read else _parquet_bytes)(entry / f"{name}.parquet")
                for name in names
            }
            os.utime(entry)
        except (OSError, ValueError, TypeError, pa.ArrowException):
            return None
        return tables or None

    def _keep(self, entry: Path, tables: dict[str, pd.DataFrame]) -> None:
        entry.parent.mkdir(parents=True, exist_ok=True)
        temporary = _temporary(entry.parent)
        try:
            temporary.mkdir()
            for name, table in tables.items():
                _write_parquet(table, temporary / f"{name}.parquet")
            (temporary / "tables.json").write_text(json.dumps(list(tables)), encoding="utf-8")
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
