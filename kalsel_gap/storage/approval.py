"""Marking the run that was approved, and withdrawing the mark."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError, OutputError, ProjectError
from kalsel_gap.i18n.text import plain
from kalsel_gap.storage.atomic import refuse_other_than_file, write_errors
from kalsel_gap.storage.official_run import OFFICIAL, Official, read_official, write_official
from kalsel_gap.storage.run_folder import (
    find_run,
    overrides_of,
    read_manifest,
    run_folders,
    verify_run,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path
    from typing import Any

# Dates of inputs; the evidence date may be a day to come.
_DATE_OF_DATA = re.compile(
    r"(?:schools|attributes|coverage|sites|measurements)\.\d+\.date|(?:schools|villages)\.date"
)
_DAY = re.compile(r"\d{4}(?:-\d\d){0,2}")


def pin_run(
    folder: Path, run: str, decree: str, day: str, *, today: date, overwrite: bool = False
) -> tuple[Official, Official | None]:
    """Mark a full run as the official one, once all of its files are what its record says.

    Parameters
    ----------
    folder : Path
        The folder of the runs.
    run : str
        Its id, the beginning of one, or ``latest``.
    decree, day : str
        Number and date of the decree, ISO 8601.
    today : date
        A decree has no later date.
    overwrite : bool
        Whether it takes the place of another official run, or of a damaged mark.

    Returns
    -------
    Official
        What is official now.
    Official or None
        What it replaces; None where nothing was official, or the same.

    Raises
    ------
    ProjectError
        The decree is empty, or the date is none, to come, or before the data of the run.
    InputError
        There is no such run in the folder, it is a trial, or it is not what its record says.
    OutputError
        Another run is official, or the mark cannot be written.
    """
    path = folder / OFFICIAL
    if Official.stated("", decree, day).date > today.isoformat():
        raise ProjectError("decree_to_come", path="--date", value=plain(day.strip()))
    chosen = find_run(folder, run)
    if chosen.name not in {each.name for each in run_folders(folder)}:
        known = ", ".join(each.name for each in run_folders(folder))
        raise InputError("run_unknown", path=folder, value=run, known=known)
    chosen = folder / chosen.name
    for file in verify_run(chosen):
        read_manifest(chosen)  # where it is the record, its own error
        raise InputError("run_altered", path=chosen / file)
    manifest = read_manifest(chosen)
    if overrides_of(manifest):
        raise InputError("pin_of_trial", path=chosen)
    _refuse_before_data(day.strip(), manifest)
    official, before = Official.stated(chosen.name, decree, day), None
    refuse_other_than_file(path)
    if overwrite:
        with contextlib.suppress(InputError):  # a damaged mark
            before = read_official(folder)
    else:
        before = read_official(folder)
        if before is not None and before != official:
            raise OutputError(
                "official_already",
                path=path,
                run=before.run,
                decree=before.decree,
                date=before.date,
            )
    if before != official:
        write_official(folder, official)
    return official, None if before == official else before


def _refuse_before_data(day: str, manifest: Mapping[str, Any]) -> None:
    """A list cannot be approved before its data; a month is all of its days."""
    parameters = manifest.get("parameters", {})
    dates = [
        value
        for key, value in parameters.items()
        if isinstance(value, str) and _DATE_OF_DATA.fullmatch(key) and _DAY.fullmatch(value)
    ]
    if later := [value for value in dates if day[: len(value)] < value]:
        raise ProjectError("decree_before_data", path="--date", value=day, date=max(later))


def unpin_run(folder: Path) -> Official | None:
    """Withdraw the mark of the official run; the run stays.

    Returns
    -------
    Official or None
        What was official.

    Raises
    ------
    InputError
        The mark is damaged.
    OutputError
        It cannot be removed.
    """
    before = read_official(folder)
    if before is not None:
        with write_errors(folder / OFFICIAL):
            (folder / OFFICIAL).unlink()
    return before
