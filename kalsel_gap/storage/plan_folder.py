"""Plan folders: written complete or not at all, and read; what a plan holds is not known here.

A plan lies in ``plans/<id>`` as a run lies in ``runs/<id>``: see :mod:`.recorded_folder`. It names
its run by id and by the SHA-256 of the run's record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import plain
from kalsel_gap.storage.parquet import read_parquet, write_parquet
from kalsel_gap.storage.recorded_folder import (
    LATEST,
    FolderKind,
    files_of,
    find_latest,
    find_named,
    latest_name,
    overrides_of,
    plans_beside,
    read_record,
    read_recorded_file,
    recorded_folders,
    write_recorded,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

# What other rooms read here, whichever module of this room holds it.
__all__ = ["plans_beside"]

PLAN_FORMAT = 1  # of what a plan holds: a reader knows this one and those before it
PLAN_RECORD = "plan.json"
_PLANS = FolderKind(
    record=PLAN_RECORD,
    format=PLAN_FORMAT,
    altered=lambda path: InputError("plan_altered", path=path),
    missing=lambda path: InputError("plan_missing", path=path),
    only_trials=lambda path, known: InputError("plan_only_trials", path=path, known=known),
    unmarked=lambda path, known: InputError("plan_unmarked", path=path, known=known),
    unknown=lambda path, value, known: InputError(
        "plan_unknown", path=path, value=value, known=known
    ),
    ambiguous=lambda path, value, known: InputError(
        "plan_ambiguous", path=path, value=value, known=known
    ),
    broken=lambda path, reason: InputError("plan_broken", path=path, reason=reason),
    newer=lambda path, value, known: InputError(
        "plan_newer_format", path=path, value=plain(value), known=known
    ),
    renamed=lambda path, value: InputError("plan_renamed", path=path, value=value),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it lies on disk.

    Attributes
    ----------
    folder : Path
        ``plans/<id>``.
    manifest : dict
        ``plan.json``: the run, parameters, overrides, what the solver proved, and the files of the
        plan with their SHA-256.
    is_last : bool
        Whether it is the last full plan of the folder.
    """

    folder: Path
    manifest: dict[str, Any]
    is_last: bool = True

    @property
    def overrides(self) -> dict[str, Any]:
        """What was set for this plan only, by full dotted key; a plan that has any is a trial."""
        return overrides_of(self.manifest)

    def table(self, name: str) -> pd.DataFrame:
        """A table of the plan.

        Raises
        ------
        InputError
            `plan_broken`: it has no such table, or it cannot be read; `plan_altered`: the file is
            not what the record says.
        """
        file = f"{name}.parquet"
        content = read_recorded_file(_PLANS, self.folder, self.manifest, file)
        try:
            return read_parquet(content)
        except (OSError, ValueError) as error:
            path = self.folder / file
            raise InputError("plan_broken", path=path, reason=str(error)[:200]) from None


def write_plan(
    folder: Path,
    manifest: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    *,
    overwrite: bool = False,
) -> Plan:
    """Write a plan; one without overrides becomes the one that deliverables are drawn from.

    Parameters
    ----------
    folder : Path
        Folder of the plans; created if missing.
    manifest : mapping
        What ``plan.json`` says, without the files.
    tables : mapping of DataFrame
        Each is written to ``<name>.parquet``.
    overwrite : bool
        Whether a folder of this id is replaced whose files somebody has changed or added to.

    Raises
    ------
    OutputError
        As of :func:`.recorded_folder.write_recorded`.
    """

    def write(temporary: Path) -> None:
        for name, table in tables.items():
            write_parquet(table, temporary / f"{name}.parquet")

    final, recorded = write_recorded(
        _PLANS, folder, {**manifest, "format": PLAN_FORMAT}, write, overwrite=overwrite
    )
    return Plan(final, recorded, latest_plan(folder) == final.name)


def plan_folders(folder: Path) -> list[Path]:
    """The folder of every plan, by id."""
    return recorded_folders(_PLANS, folder)


def latest_plan(folder: Path) -> str:
    """The id of the last full plan of a folder; empty where it is not known."""
    return latest_name(folder)


def find_plan(folder: Path, plan: str | None = None) -> Path:
    """The folder of a plan.

    Parameters
    ----------
    folder : Path
        The folder of the plans.
    plan : str, optional
        An id, the beginning of one, the path of a plan's folder, or ``latest``, which is also meant
        without it: the last full plan.

    Raises
    ------
    InputError
        There is none, none of that name, or several that begin so; the message names those that
        are there.
    """
    if not plan or plan == LATEST:
        return find_latest(_PLANS, folder)
    return find_named(_PLANS, folder, plan)


def read_plan_manifest(chosen: Path) -> dict[str, Any]:
    """``plan.json`` of a plan's folder.

    Raises
    ------
    InputError
        It cannot be read, is of a newer format, or is not what was written.
    """
    return read_record(_PLANS, chosen)


def read_plan(folder: Path, plan: str | None = None) -> Plan:
    """The plan of that name, or the last full one of `folder`; see :func:`find_plan`.

    Raises
    ------
    InputError
        There is none, or any of its files is not what its record says.
    """
    chosen = find_plan(folder, plan)
    manifest = read_plan_manifest(chosen)
    for name in files_of(manifest):
        read_recorded_file(_PLANS, chosen, manifest, name)
    return Plan(chosen, manifest, latest_plan(chosen.parent) == chosen.name)
