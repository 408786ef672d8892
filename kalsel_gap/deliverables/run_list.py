"""The runs of a folder: which is full and which a trial, and whether its inputs have changed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.deliverables.tables import assignments
from kalsel_gap.errors import InputError
from kalsel_gap.storage.cache import Cache
from kalsel_gap.storage.fingerprint import default_cache_folder
from kalsel_gap.storage.official_run import OFFICIAL, read_official
from kalsel_gap.storage.run_folder import (
    MANIFEST,
    SCHOOLS,
    find_run,
    overrides_of,
    read_manifest,
    run_folders,
    verify_run,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kalsel_gap.project.model import Opened

# The project's language moves no number, only the words that a run is drawn in.
_NO_RESULT = frozenset(("project.language",))


@dataclass(frozen=True, slots=True)
class InputsSince:
    """What has become of the files that a run was made from, as its manifest names them.

    Attributes
    ----------
    changed : tuple of str
        Read otherwise now, or are new; the project file, where it has other values.
    gone : tuple of str
        Are no longer there, or cannot be read.
    """

    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """*changed*, *missing* or *unchanged*."""
        return "changed" if self.changed else "missing" if self.gone else "unchanged"


def inputs_since(manifest: Mapping[str, Any], opened: Opened) -> InputsSince:
    """Compare the inputs of a run with the files and values of the project today.

    Files whose size and time of change are known are not read again.

    Parameters
    ----------
    manifest : mapping
        ``run.json`` of the run.
    opened : Opened
        The project; its inputs need not be there.
    """
    store, base = Cache(default_cache_folder()), opened.path.parent
    recorded = {item["file"]: item["sha256"] for item in manifest.get("inputs", {}).values()}
    changed, gone = [], []
    for file, sha256 in recorded.items():
        try:
            changed += [file] if store.file_hash(base / file) != sha256 else []
        except InputError:
            gone.append(file)
    store.save()
    overrides = overrides_of(manifest)
    if not any(key.endswith("path") for key in overrides):
        named = {opened.shown(path): path for _, path in opened.inputs_known()}
        changed += [f for f, path in named.items() if f not in recorded and path.is_file()]
    own = {*overrides, *_NO_RESULT}
    then, now = (
        {key: value for key, value in values.items() if key not in own}
        for values in (manifest.get("parameters", {}), opened.parameters())
    )
    if then != now:
        changed.append(opened.shown(opened.path))
    return InputsSince(tuple(changed), tuple(gone))


def list_runs(folder: Path, opened: Opened | None) -> pd.DataFrame:
    """Every run of a folder: the one that deliverables are drawn from, other full ones, trials.

    Where it is not known which one that is, none is marked.

    Parameters
    ----------
    folder : Path
        The folder of the runs.
    opened : Opened or None
        The project; without it nothing is known of the inputs.

    Returns
    -------
    DataFrame
        ``run kind is_drawn official overrides data_date schools ranked inputs inputs_changed``:
        *official* has the decree and its date of the official run; *kind* is
        full, trial or broken, where any of its files is not what its record says; *inputs*
        unchanged, changed, missing or unknown.

    Raises
    ------
    InputError
        There is no run.
    """
    there = run_folders(folder)
    if not there:
        raise InputError("run_missing", path=folder)
    drawn, official = "", None
    with contextlib.suppress(InputError):
        official = read_official(folder)
        drawn = find_run(folder).name
    rows = [
        {
            **_described(path, opened),
            "is_drawn": path.name == drawn,
            "official": f"{official.decree}, {official.date}"
            if official is not None and official.run == path.name
            else "",
        }
        for path in there
    ]
    rows.sort(key=lambda row: (not row["is_drawn"], _KINDS.index(row["kind"]), row["run"]))
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    return table.astype({"schools": "Int64", "ranked": "Int64"})


def verify_runs(folder: Path) -> pd.DataFrame:
    """Every file of the runs of a folder that is not what the record of its run says.

    Parameters
    ----------
    folder : Path
        The folder of the runs.

    Returns
    -------
    DataFrame
        ``run file state``: the state is changed, missing, unreadable or, of ``run.json``, renamed;
        also of the official run that is not there, and of a damaged mark. No rows where every run
        is whole.

    Raises
    ------
    InputError
        There is no run.
    """
    there = run_folders(folder)
    if not there:
        raise InputError("run_missing", path=folder)
    rows = [(path.name, file, state) for path in there for file, state in verify_run(path).items()]
    try:
        official = read_official(folder)
    except InputError:
        rows.append(("", OFFICIAL, "unreadable"))
    else:
        if official is not None and official.run not in {path.name for path in there}:
            rows.append((official.run, MANIFEST, "missing"))
    return pd.DataFrame(rows, columns=["run", "file", "state"], dtype="str")


def official_fault(folder: Path) -> InputError | None:
    """Why the official run of a folder cannot be found; None where it can, or none is marked."""
    try:
        if read_official(folder) is not None:
            find_run(folder)
    except InputError as error:
        return error
    return None


_KINDS = ("full", "trial", "broken")
_COLUMNS = (
    *("run", "kind", "is_drawn", "official", "overrides", "data_date", "schools", "ranked"),
    *("inputs", "inputs_changed"),
)


def _described(path: Path, opened: Opened | None) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    empty = {"overrides": "", "data_date": "", "schools": None, "ranked": None}
    unknown = {"inputs": "unknown", "inputs_changed": ""}
    broken = {"run": path.name, "kind": "broken", **empty, **unknown}
    try:
        if verify_run(path):
            return broken
        manifest = read_manifest(path)
        ranks = pq.read_table(path / SCHOOLS, columns=["rank"])["rank"]
    except (InputError, OSError, pa.ArrowException, KeyError):
        return broken
    overrides = overrides_of(manifest)
    described = {
        "run": path.name,
        "kind": "trial" if overrides else "full",
        "overrides": assignments(overrides),
        "data_date": _data_date(manifest),
        "schools": len(ranks),
        "ranked": len(ranks) - ranks.null_count,
    }
    if opened is None:
        return {**described, **unknown}
    since = inputs_since(manifest, opened)
    files = "; ".join((*since.changed, *since.gone))
    return {**described, "inputs": since.state, "inputs_changed": files}


def _data_date(manifest: Mapping[str, Any]) -> str:
    """The date of the newest register, as the project states it; empty where it states none."""
    values = manifest.get("parameters", {}).items()
    dates = (str(v) for k, v in values if k.startswith("schools.") and k.endswith(".date"))
    return max(dates, default="")
