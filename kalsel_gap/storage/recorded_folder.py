"""Folders with a record of their files: written complete or not at all, and read as written.

A folder is written to ``.tmp-…`` beside its place, synced, and renamed to its id, the hash of its
record; the record holds the SHA-256 of every other file. So the id vouches for the record, and this
for every file. A one-line file ``latest`` names the last full one. Runs and plans are such folders;
this module does not know what is in them.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kalsel_gap.errors import InputError, OutputError
from kalsel_gap.storage.atomic import (
    clear_leftovers,
    replace_text,
    swap,
    sync,
    temporary_beside,
    write_errors,
)
from kalsel_gap.storage.fingerprint import hash_of_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LATEST = "latest"
PLANS = "plans"
ID = re.compile(r"[0-9a-f]{12}")
_LONGEST_ID = 64  # bytes: a longer file with the name of the latest is the user's own
_NAMED = 10  # folders that a message names


@dataclass(frozen=True, slots=True)
class FolderKind:
    """A kind of recorded folder and the errors of its own.

    Attributes
    ----------
    record : str
        Name of the record, such as ``run.json``.
    format : int
        Newest format of a record that this version reads.
    altered, missing, only_trials, unmarked, unknown, ambiguous, broken, newer, renamed : callable
        Each makes an error: of a changed file; of a folder without any; with trials only (their
        ids), without a known last one (the full ones' ids); of a name that is none (name, ids) or
        several (name, ids); of a file that cannot be read (why); of a newer format (format,
        newest known); of a folder whose name is no id (its id).
    """

    record: str
    format: int
    altered: Callable[[Path], InputError]
    missing: Callable[[Path], InputError]
    only_trials: Callable[[Path, str], InputError]
    unmarked: Callable[[Path, str], InputError]
    unknown: Callable[[Path, str, str], InputError]
    ambiguous: Callable[[Path, str, str], InputError]
    broken: Callable[[Path, str], InputError]
    newer: Callable[[Path, str, int], InputError]
    renamed: Callable[[Path, str], InputError]


def plans_beside(runs: Path) -> Path:
    """The folder of the plans where no project names one: beside the folder of the runs."""
    return runs.absolute().parent / PLANS


def overrides_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The overrides that a manifest records."""
    return dict(manifest.get("overrides", {}))


def id_of(manifest: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits of the manifest's hash."""
    text = json.dumps(manifest, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def text_of(manifest: Mapping[str, Any]) -> str:
    """The one way in which a manifest is written."""
    return json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write_recorded(
    kind: FolderKind,
    folder: Path,
    manifest: Mapping[str, Any],
    write: Callable[[Path], None],
    *,
    overwrite: bool = False,
) -> tuple[Path, dict[str, Any]]:
    """Write a recorded folder; one without overrides becomes the latest.

    Parameters
    ----------
    kind : FolderKind
    folder : Path
        The folder of all folders of this kind; created if missing.
    manifest : mapping
        What the record says; the hashes of the files are added.
    write : callable
        Writes the files into the temporary folder that it gets.
    overwrite : bool
        Whether a folder of this id is replaced whose files somebody has changed or added to.

    Returns
    -------
    place : Path
        The folder that was written.
    manifest : dict
        Its record.

    Raises
    ------
    OutputError
        The folder cannot be written, the disk is full, or a file of the user's is in its place;
        earlier ones are unchanged.
    """
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        clear_leftovers(folder)
        temporary = temporary_beside(folder)
        try:
            temporary.mkdir()
            write(temporary)
            files = {path.name: hash_of_file(path) for path in sorted(temporary.iterdir())}
            recorded = {**manifest, "files": files}
            record = temporary / kind.record
            record.write_text(text_of(recorded), encoding="utf-8", newline="\n")
            for path in temporary.iterdir():
                sync(path)
            final = folder / id_of(recorded)
            if not overwrite:
                _refuse_foreign(kind, folder, final, temporary)
            swap(temporary, final)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        if not overrides_of(recorded):
            replace_text(folder / LATEST, final.name + "\n")
    return final, recorded


def _refuse_foreign(kind: FolderKind, folder: Path, final: Path, made: Path) -> None:
    """An error where something of the user's lies in the way."""
    latest = folder / LATEST
    if latest.exists() and not latest.is_file():  # a pipe would be read without end
        raise OutputError("output_foreign", path=latest)
    text = latest.read_bytes() if latest.is_file() else b""
    # Beside recorded folders a short text that is no id is a damaged one, and this one mends it.
    is_short = len(text) <= _LONGEST_ID and recorded_folders(kind, folder)
    is_id = ID.fullmatch(text.decode("latin-1").strip()) is not None
    if text and not (is_id or is_short):
        raise OutputError("output_foreign", path=latest)
    for path in sorted(final.rglob("*")):
        ours = made / path.relative_to(final)
        if not (ours.exists() and path.is_file()):
            raise OutputError("output_foreign", path=path)
        if path.read_bytes() != ours.read_bytes():
            raise OutputError("output_changed", path=path)


def recorded_folders(kind: FolderKind, folder: Path) -> list[Path]:
    """Every folder of this kind, by id."""
    return sorted(
        path.parent
        for path in folder.glob(f"*/{kind.record}")
        if not path.parent.name.startswith(".")
    )


def find_named(kind: FolderKind, folder: Path, name: str) -> Path:
    """The folder of this id, or of the only one that begins so; or the path of such a folder.

    Raises
    ------
    InputError
        There is none, none of that name, or several that begin so.
    """
    there = recorded_folders(kind, folder)
    found = [path for path in there if path.name == name]
    found = found or [path for path in there if path.name.startswith(name)]
    if not found and (Path(name) / kind.record).is_file():
        found = [Path(name).resolve()]
    if len(found) == 1:
        return found[0]
    if not there:
        raise kind.missing(folder)
    if found:
        raise kind.ambiguous(folder, name, names_of(found))
    raise kind.unknown(folder, name, names_of(there))


def find_latest(kind: FolderKind, folder: Path) -> Path:
    """The last full one of a folder.

    Raises
    ------
    InputError
        There is none, there are only trials, or it is not known which one is the last.
    """
    there = recorded_folders(kind, folder)
    latest = folder / LATEST
    if latest.exists() and not latest.is_file():
        raise InputError("file_special", path=latest)
    name = latest_name(folder)
    if found := [path for path in there if path.name == name]:
        return found[0]
    if not there:
        raise kind.missing(folder)
    full = [path for path in there if not overrides_of(read_record(kind, path))]
    if not full:
        raise kind.only_trials(folder, names_of(there))
    raise kind.unmarked(folder, names_of(full))


def latest_name(folder: Path) -> str:
    """What ``latest`` says; empty where it cannot be read."""
    latest = folder / LATEST
    try:
        return latest.read_text(encoding="utf-8").strip() if latest.is_file() else ""
    except (OSError, ValueError):
        return ""


def names_of(folders: list[Path]) -> str:
    """The first ten names, for a message."""
    return ", ".join(path.name for path in folders[:_NAMED]) + (
        " …" if len(folders) > _NAMED else ""
    )


def read_record(kind: FolderKind, chosen: Path) -> dict[str, Any]:
    """The record of a folder.

    Raises
    ------
    InputError
        It cannot be read, is of a newer format, or is not what was written. The id shows that, the
        name of the folder.
    """
    manifest = read_unnamed_record(kind, chosen)
    name, id_ = chosen.resolve().name, id_of(manifest)
    if ID.fullmatch(name) is None:
        raise kind.renamed(chosen, id_)
    if name != id_:
        raise kind.altered(chosen / kind.record)
    return manifest


def read_unnamed_record(kind: FolderKind, chosen: Path) -> dict[str, Any]:
    """The record, whatever the name of its folder: a changed value stays unseen.

    Raises
    ------
    InputError
        It cannot be read or is of a newer format.
    """
    path = chosen / kind.record
    if not path.is_file():  # a pipe would be read without end
        raise kind.broken(path, kind.record)
    try:
        text = path.read_text(encoding="utf-8")
        manifest = json.loads(text)
        written = text_of(manifest)
    except (OSError, ValueError, RecursionError) as error:
        raise kind.broken(path, str(error)[:200]) from None
    if not isinstance(manifest, dict):
        raise kind.broken(path, kind.record)
    # One that states no format is older than formats.
    stated = manifest.get("format", 0)
    if not isinstance(stated, int) or not 0 <= stated <= kind.format:
        raise kind.newer(path, str(stated), kind.format)
    if text != written:
        raise kind.altered(path)
    return manifest


def read_recorded_file(
    kind: FolderKind, chosen: Path, manifest: Mapping[str, Any], name: str
) -> bytes:
    """A file of the folder, once its hash is the one that the manifest states.

    Raises
    ------
    InputError
        The manifest has no such file, it cannot be read, or it is missing or another one.
    """
    path, listed = chosen / name, files_of(manifest)
    if name not in listed or path.name != name:
        raise kind.broken(path, kind.record)
    if not path.is_file():
        raise kind.altered(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise kind.broken(path, str(error)[:200]) from None
    if hashlib.sha256(content).hexdigest() != listed[name]:
        raise kind.altered(path)
    return content


def files_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The files of a recorded folder and their SHA-256."""
    files = manifest.get("files")
    return files if isinstance(files, dict) else {}
