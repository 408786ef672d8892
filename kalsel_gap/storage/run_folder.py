"""Run folders: written complete or not at all, and read.

A run is written to ``runs/.tmp-…``, synced, and renamed to ``runs/<id>``; then the one-line file
``runs/latest`` is replaced. The id is a hash of inputs, parameters and results: the same input
makes the same run, byte for byte, and no run replaces another one. This module does not depend on
what a stage computes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.findings import COLUMNS
from kalsel_gap.storage.atomic import (
    clear_leftovers,
    replace_text,
    swap,
    sync,
    temporary_beside,
    write_errors,
)
from kalsel_gap.storage.fingerprint import hash_of_file
from kalsel_gap.storage.parquet import read_parquet, write_parquet

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

LATEST = "latest"
SCHOOLS = "schools.parquet"
MANIFEST = "run.json"
FINDINGS = "findings.csv"
_GIVEN = ("file", "npsn", "value", "proposal")  # columns of a finding with text from the inputs
# A formula, but not a number; and what begins with an apostrophe itself.
_RUN_BY_SPREADSHEETS = r"(?![+-]?[\d.,]+$)\s*[=+\-@']"


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
            return read_parquet(path)
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
        Folder of the runs; created if missing.
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
        The folder cannot be written or the disk is full; earlier runs are unchanged.
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
            text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
            (temporary / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")
            for path in temporary.iterdir():
                sync(path)
            final = folder / run_id(manifest)
            swap(temporary, final)
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


def _guarded(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings for a spreadsheet: an apostrophe keeps it from running texts as formulas."""
    cells = findings[list(_GIVEN)]
    risky = cells.apply(lambda column: column.str.match(_RUN_BY_SPREADSHEETS))
    return findings.assign(**cells.where(~risky, "'" + cells))


# --- cache -------------------------------------------------------------------------------------
