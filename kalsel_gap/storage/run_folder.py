"""Run folders: written complete or not at all, and read.

A run is written to ``runs/.tmp-…``, synced, and renamed to ``runs/<id>``; then the one-line file
``runs/latest`` is replaced, unless the run is a trial. The id is a hash of inputs, parameters and
results: the same input makes the same run, byte for byte, and no run replaces another one. So the
id vouches for ``run.json``, and this for every file; a run that is not what they say is not read.
This module does not depend on what a stage computes.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.errors import InputError, OutputError
from kalsel_gap.findings import COLUMNS
from kalsel_gap.i18n.text import plain
from kalsel_gap.storage.atomic import (
    clear_leftovers,
    replace_text,
    swap,
    sync,
    temporary_beside,
    write_errors,
)
from kalsel_gap.storage.fingerprint import hash_of_file
from kalsel_gap.storage.official_run import OFFICIAL, read_official
from kalsel_gap.storage.parquet import read_parquet, write_parquet
from kalsel_gap.storage.spreadsheet import FORMULA_SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Literal

    import geopandas as gpd

    from kalsel_gap.storage.official_run import Official

    RunStanding = Literal["official", "trial", "last", "earlier"]

LATEST = "latest"
FORMAT = 1  # of what a run holds: a reader knows this one and those before it
SCHOOLS = "schools.parquet"
MANIFEST = "run.json"
FINDINGS = "findings.csv"
_ID = re.compile(r"[0-9a-f]{12}")
_LONGEST_ID = 64  # bytes: a longer file with the name of the latest is the user's own
_NAMED = 10  # runs that a message names
_GIVEN = ("file", "npsn", "value", "proposal")  # columns of a finding with text from the inputs
# A formula, but not a number; and what begins with an apostrophe itself.
_RUN_BY_SPREADSHEETS = rf"(?![+-]?[\d.,]+$)\s*[{re.escape(''.join(FORMULA_SIGNS))}']"


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
        ``run.json``: versions, parameters, overrides, inputs and files of the run with their
        SHA-256.
    official : Official or None
        What the folder of the runs says of its official run, which may be another one.
    is_last : bool
        Whether it is the last full run of the folder.
    """

    folder: Path
    schools: gpd.GeoDataFrame
    findings: pd.DataFrame
    manifest: dict[str, Any]
    official: Official | None = None
    is_last: bool = True

    @property
    def overrides(self) -> dict[str, Any]:
        """What was set for this run only, by full dotted key; a run that has any is a trial."""
        return overrides_of(self.manifest)

    @property
    def standing(self) -> RunStanding:
        """What the run counts for: *official*, *trial*, *last* or an *earlier* full run."""
        if self.official is not None and self.official.run == self.folder.name:
            return "official"
        if self.overrides:
            return "trial"
        return "last" if self.is_last else "earlier"

    def table(self, name: str) -> pd.DataFrame:
        """A further table of the run; a GeoDataFrame when it has a geometry.

        Raises
        ------
        InputError
            The run has no such table, or it cannot be read; as :func:`read_verified`.
        """
        file = f"{name}.parquet"
        content = read_verified(self.folder, self.manifest, file)
        try:
            return read_parquet(content)
        except (OSError, ValueError) as error:
            path = self.folder / file
            raise InputError("run_broken", path=path, reason=str(error)[:200]) from None


def overrides_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The overrides that a manifest records."""
    return dict(manifest.get("overrides", {}))


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
    *,
    overwrite: bool = False,
) -> Run:
    """Write a run; one without overrides becomes the one that deliverables are drawn from.

    Parameters
    ----------
    folder : Path
        Folder of the runs; created if missing.
    manifest : mapping
        What ``run.json`` says.
    schools, findings : DataFrame
        The table and its findings.
    tables : mapping of DataFrame or bytes
        Further tidy tables, each written to ``<name>.parquet``; a GeoDataFrame as GeoParquet,
        bytes as they are.
    overwrite : bool
        Whether a folder of this id is replaced whose files somebody has changed or added to.

    Raises
    ------
    OutputError
        The folder cannot be written, the disk is full, or a file of the user's is in the place of
        the run; earlier runs are unchanged.
    """
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        clear_leftovers(folder)
        temporary = temporary_beside(folder)
        try:
            temporary.mkdir()
            write_parquet(schools, temporary / SCHOOLS)
            for name, table in tables.items():
                path = temporary / f"{name}.parquet"
                path.write_bytes(table) if isinstance(table, bytes) else write_parquet(table, path)
            _guarded(findings).to_csv(temporary / FINDINGS, index=False, lineterminator="\n")
            files = {path.name: hash_of_file(path) for path in sorted(temporary.iterdir())}
            manifest = {**manifest, "files": files}
            text = _text_of(manifest)
            (temporary / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
            for path in temporary.iterdir():
                sync(path)
            final = folder / run_id(manifest)
            if not overwrite:
                _refuse_foreign(folder, final, temporary)
            swap(temporary, final)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        if not overrides_of(manifest):
            replace_text(folder / LATEST, final.name + "\n")
    official = None
    with contextlib.suppress(InputError):  # a damaged mark is an error where a run is drawn
        official = read_official(folder)
    return Run(final, schools, findings, dict(manifest), official)


def _refuse_foreign(folder: Path, final: Path, made: Path) -> None:
    """An error where something of the user's lies in the way of a run."""
    latest = folder / LATEST
    if latest.exists() and not latest.is_file():  # a pipe would be read without end
        raise OutputError("output_foreign", path=latest)
    text = latest.read_bytes() if latest.is_file() else b""
    # Beside runs a short text that is no id is a damaged one, and this run mends it.
    is_short = len(text) <= _LONGEST_ID and run_folders(folder)
    is_id = _ID.fullmatch(text.decode("latin-1").strip()) is not None
    if text and not (is_id or is_short):
        raise OutputError("output_foreign", path=latest)
    for path in sorted(final.rglob("*")):
        ours = made / path.relative_to(final)
        if not (ours.exists() and path.is_file()):
            raise OutputError("output_foreign", path=path)
        if path.read_bytes() != ours.read_bytes():
            raise OutputError("output_changed", path=path)


def run_folders(folder: Path) -> list[Path]:
    """The folder of every run, by id."""
    return sorted(
        path.parent for path in folder.glob(f"*/{MANIFEST}") if not path.parent.name.startswith(".")
    )


def find_run(folder: Path, run: str | None = None) -> Path:
    """The folder of a run.

    Parameters
    ----------
    folder : Path
        The folder of the runs.
    run : str, optional
        An id, the beginning of one, ``latest`` for the last full run, or the path of a run's
        folder; without it the official run, and the last full one where none is official.

    Raises
    ------
    InputError
        There is none, none of that name, or several that begin so; the message names those that
        are there. `official_missing` where the official one is gone: no other takes its place.
    """
    there = run_folders(folder)
    if not run and (official := read_official(folder)) is not None:
        if found := [path for path in there if path.name == official.run]:
            return found[0]
        run_, decree, date = official.run, official.decree, official.date
        raise InputError(
            "official_missing", path=folder / OFFICIAL, run=run_, decree=decree, date=date
        )
    if not run or run == LATEST:
        return _last_full(folder, there)
    found = [path for path in there if path.name == run]
    found = found or [path for path in there if path.name.startswith(run)]
    if not found and (Path(run) / MANIFEST).is_file():
        found = [Path(run).resolve()]
    if len(found) == 1:
        return found[0]
    if not there:
        raise InputError("run_missing", path=folder)
    if found:
        raise InputError("run_ambiguous", path=folder, value=run, known=_names(found))
    raise InputError("run_unknown", path=folder, value=run, known=_names(there))


def _last_full(folder: Path, there: list[Path]) -> Path:
    latest = folder / LATEST
    if latest.exists() and not latest.is_file():
        raise InputError("file_special", path=latest)
    name = _latest_name(folder)
    if found := [path for path in there if path.name == name]:
        return found[0]
    if not there:
        raise InputError("run_missing", path=folder)
    full = [path for path in there if not overrides_of(read_manifest(path))]
    if not full:
        raise InputError("run_only_trials", path=folder, known=_names(there))
    raise InputError("run_unmarked", path=folder, known=_names(full))


def _latest_name(folder: Path) -> str:
    """What ``latest`` says; empty where it cannot be read."""
    latest = folder / LATEST
    try:
        return latest.read_text(encoding="utf-8").strip() if latest.is_file() else ""
    except (OSError, ValueError):
        return ""


def _names(runs: list[Path]) -> str:
    return ", ".join(path.name for path in runs[:_NAMED]) + (" …" if len(runs) > _NAMED else "")


def read_manifest(chosen: Path) -> dict[str, Any]:
    """``run.json`` of a run's folder.

    Raises
    ------
    InputError
        It cannot be read, is of a newer format, or is not what was written: `run_altered`. The id
        shows that, the name of the folder; a folder of another name is `run_renamed`.
    """
    manifest = _read_record(chosen)
    name, id_ = chosen.resolve().name, run_id(manifest)
    if _ID.fullmatch(name) is None:
        raise InputError("run_renamed", path=chosen, value=id_)
    if name != id_:
        raise InputError("run_altered", path=chosen / MANIFEST)
    return manifest


def _read_record(chosen: Path) -> dict[str, Any]:
    """``run.json``, whatever the name of its folder: a changed value stays unseen."""
    path = chosen / MANIFEST
    if not path.is_file():  # a pipe would be read without end
        raise InputError("run_broken", path=path, reason=MANIFEST)
    try:
        text = path.read_text(encoding="utf-8")
        manifest = json.loads(text)
        written = _text_of(manifest)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError("run_broken", path=path, reason=str(error)[:200]) from None
    if not isinstance(manifest, dict):
        raise InputError("run_broken", path=path, reason=MANIFEST)
    _refuse_newer(manifest, path)
    if text != written:
        raise InputError("run_altered", path=path)
    return manifest


def _refuse_newer(manifest: Mapping[str, Any], path: Path) -> None:
    """An error for a format of a later version; a run that states none is older than formats."""
    stated = manifest.get("format", 0)
    if not isinstance(stated, int) or not 0 <= stated <= FORMAT:
        raise InputError("run_newer_format", path=path, value=plain(stated), known=FORMAT)


def read_manifests(*folders: Path) -> tuple[dict[str, dict[str, Any]], tuple[str, ...]]:
    """``run.json`` of every run in some folders, by id; and the runs that cannot be read.

    Parameters
    ----------
    *folders : Path
        Folders of runs; they need not exist.

    Returns
    -------
    dict of dict
        By id, also where somebody has renamed the folder of a run.
    tuple of str
        Names of folders with a record that is damaged or was altered, or that nothing vouches for
        because somebody has renamed the folder.
    """
    found, damaged = {}, set()
    for folder in dict.fromkeys(each.resolve() for each in folders):
        for path in run_folders(folder):
            if not (path / MANIFEST).is_file():  # a pipe would be read without end
                damaged.add(path.name)
                continue
            try:
                read_manifest(path)
            except InputError as error:
                damaged.add(path.name)
                if error.code != "run_renamed":
                    continue
            manifest = _read_record(path)
            found[run_id(manifest)] = manifest
    return dict(sorted(found.items())), tuple(sorted(damaged))


def _text_of(manifest: Mapping[str, Any]) -> str:
    """The one way in which a manifest is written."""
    return json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read_verified(chosen: Path, manifest: Mapping[str, Any], name: str) -> bytes:
    """A file of a run, once its hash is the one that the manifest states.

    Raises
    ------
    InputError
        The manifest has no such file, it cannot be read, or it is missing or another one:
        `run_altered`.
    """
    path, listed = chosen / name, _files_of(manifest)
    if name not in listed or path.name != name:
        raise InputError("run_broken", path=path, reason=MANIFEST)
    if not path.is_file():
        raise InputError("run_altered", path=path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError("run_broken", path=path, reason=str(error)[:200]) from None
    if hashlib.sha256(content).hexdigest() != listed[name]:
        raise InputError("run_altered", path=path)
    return content


def _files_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The files of a run and their SHA-256."""
    files = manifest.get("files")
    return files if isinstance(files, dict) else {}


def verify_run(chosen: Path) -> dict[str, str]:
    """Files of a run that are not what its manifest says, and what they are instead.

    Returns
    -------
    dict of str
        *changed*, *missing* or *unreadable* by the name of the file; of ``run.json`` also
        *renamed*, where the folder's name is no id. Empty where the run is whole.
    """
    found = {}
    try:
        manifest = read_manifest(chosen)
    except InputError as error:
        if error.code != "run_renamed":
            return {MANIFEST: _fault(error)}
        found[MANIFEST], manifest = "renamed", _read_record(chosen)
    for name in sorted({SCHOOLS, FINDINGS, *_files_of(manifest)}):
        try:
            read_verified(chosen, manifest, name)
        except InputError as error:
            found[name] = _fault(error)
    return found


def _fault(error: InputError) -> str:
    if not Path(str(error.path)).exists():
        return "missing"
    return "changed" if error.code == "run_altered" else "unreadable"


def read_run(folder: Path, run: str | None = None) -> Run:
    """The run named `run`, or the official or last full one of `folder`; see :func:`find_run`.

    Raises
    ------
    InputError
        There is none, or it cannot be read; `run_altered` where any of its files is not what the
        manifest says, `official_altered` where it is the official one; `run_renamed` where nothing
        vouches for the manifest; `official_broken` where it is not known which run is official.
    """
    import geopandas as gpd

    chosen = find_run(folder, run)
    official = read_official(chosen.parent)
    with _said_of_official(official if official and official.run == chosen.name else None):
        manifest = read_manifest(chosen)
        files = {name: read_verified(chosen, manifest, name) for name in _files_of(manifest)}
    try:
        schools = gpd.read_parquet(io.BytesIO(files[SCHOOLS]))
        findings = pd.read_csv(
            io.BytesIO(files[FINDINGS]),
            dtype={name: "Int64" if name == "row" else "str" for name in COLUMNS},
            keep_default_na=False,
            na_values={"row": [""]},
        )
        findings = findings.assign(**{c: findings[c].str.removeprefix("'") for c in _GIVEN})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("run_broken", path=chosen, reason=str(error)[:200]) from None
    is_last = _latest_name(chosen.parent) == chosen.name
    return Run(chosen, schools, findings, manifest, official, is_last)


@contextlib.contextmanager
def _said_of_official(official: Official | None) -> Iterator[None]:
    """Errors of a run's files say that it is the official one, and what to do then."""
    try:
        yield
    except InputError as error:
        if official is None:
            raise
        run, decree, date = official.run, official.decree, official.date
        raise InputError(
            "official_altered", path=error.path, run=run, decree=decree, date=date
        ) from None


def _guarded(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings safe to open: no control characters, and an apostrophe before formulas."""
    texts = findings.select_dtypes(exclude="number").map(plain, na_action="ignore")
    cells = texts[list(_GIVEN)]
    risky = cells.apply(lambda column: column.str.match(_RUN_BY_SPREADSHEETS))
    return findings.assign(**texts).assign(**cells.where(~risky, "'" + cells))


# --- cache -------------------------------------------------------------------------------------
