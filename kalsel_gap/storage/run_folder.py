"""Run folders: written complete or not at all, and read.

A run is written to ``runs/.tmp-…``, synced, and renamed to ``runs/<id>``; then the one-line file
``runs/latest`` is replaced, unless the run is a trial. The id is a hash of inputs, parameters and
results: the same input makes the same run, byte for byte, and no run replaces another one. So the
id vouches for ``run.json``, and this for every file; a run that is not what they say is not read.
This module does not depend on what a stage computes.
"""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.findings import COLUMNS
from kalsel_gap.i18n.text import plain
from kalsel_gap.storage.official_run import OFFICIAL, read_official
from kalsel_gap.storage.parquet import read_parquet, write_parquet
from kalsel_gap.storage.recorded_folder import (
    LATEST,
    FolderKind,
    files_of,
    find_latest,
    find_named,
    id_of,
    latest_name,
    overrides_of,
    read_record,
    read_recorded_file,
    read_unnamed_record,
    recorded_folders,
    write_recorded,
)
from kalsel_gap.storage.spreadsheet import FORMULA_SIGNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Literal

    import geopandas as gpd

    from kalsel_gap.storage.official_run import Official

    RunStanding = Literal["official", "trial", "last", "earlier"]

# What other rooms read here, whichever module of this room holds it.
__all__ = ["LATEST", "overrides_of"]

FORMAT = 1  # of what a run holds: a reader knows this one and those before it
SCHOOLS = "schools.parquet"
MANIFEST = "run.json"
FINDINGS = "findings.csv"
_GIVEN = ("file", "npsn", "value", "proposal")  # columns of a finding with text from the inputs
# A formula, but not a number; and what begins with an apostrophe itself.
_RUN_BY_SPREADSHEETS = rf"(?![+-]?[\d.,]+$)\s*[{re.escape(''.join(FORMULA_SIGNS))}']"

_RUNS = FolderKind(
    record=MANIFEST,
    format=FORMAT,
    altered=lambda path: InputError("run_altered", path=path),
    missing=lambda path: InputError("run_missing", path=path),
    only_trials=lambda path, known: InputError("run_only_trials", path=path, known=known),
    unmarked=lambda path, known: InputError("run_unmarked", path=path, known=known),
    unknown=lambda path, value, known: InputError(
        "run_unknown", path=path, value=value, known=known
    ),
    ambiguous=lambda path, value, known: InputError(
        "run_ambiguous", path=path, value=value, known=known
    ),
    broken=lambda path, reason: InputError("run_broken", path=path, reason=reason),
    newer=lambda path, value, known: InputError(
        "run_newer_format", path=path, value=plain(value), known=known
    ),
    renamed=lambda path, value: InputError("run_renamed", path=path, value=value),
)


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


def run_id(manifest: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits of the manifest's hash."""
    return id_of(manifest)


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

    def write(temporary: Path) -> None:
        write_parquet(schools, temporary / SCHOOLS)
        for name, table in tables.items():
            path = temporary / f"{name}.parquet"
            path.write_bytes(table) if isinstance(table, bytes) else write_parquet(table, path)
        _guarded(findings).to_csv(temporary / FINDINGS, index=False, lineterminator="\n")

    final, recorded = write_recorded(_RUNS, folder, manifest, write, overwrite=overwrite)
    official = None
    with contextlib.suppress(InputError):  # a damaged mark is an error where a run is drawn
        official = read_official(folder)
    return Run(final, schools, findings, recorded, official)


def run_folders(folder: Path) -> list[Path]:
    """The folder of every run, by id."""
    return recorded_folders(_RUNS, folder)


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
    if not run and (official := read_official(folder)) is not None:
        if found := [path for path in run_folders(folder) if path.name == official.run]:
            return found[0]
        run_, decree, date = official.run, official.decree, official.date
        raise InputError(
            "official_missing", path=folder / OFFICIAL, run=run_, decree=decree, date=date
        )
    if not run or run == LATEST:
        return find_latest(_RUNS, folder)
    return find_named(_RUNS, folder, run)


def read_manifest(chosen: Path) -> dict[str, Any]:
    """``run.json`` of a run's folder.

    Raises
    ------
    InputError
        It cannot be read, is of a newer format, or is not what was written: `run_altered`. The id
        shows that, the name of the folder; a folder of another name is `run_renamed`.
    """
    return read_record(_RUNS, chosen)


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
            manifest = read_unnamed_record(_RUNS, path)
            found[run_id(manifest)] = manifest
    return dict(sorted(found.items())), tuple(sorted(damaged))


def read_verified(chosen: Path, manifest: Mapping[str, Any], name: str) -> bytes:
    """A file of a run, once its hash is the one that the manifest states.

    Raises
    ------
    InputError
        The manifest has no such file, it cannot be read, or it is missing or another one:
        `run_altered`.
    """
    return read_recorded_file(_RUNS, chosen, manifest, name)


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
        found[MANIFEST], manifest = "renamed", read_unnamed_record(_RUNS, chosen)
    for name in sorted({SCHOOLS, FINDINGS, *files_of(manifest)}):
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
        files = {name: read_verified(chosen, manifest, name) for name in files_of(manifest)}
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
    is_last = latest_name(chosen.parent) == chosen.name
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
