"""Marking the run that was approved, and withdrawing the mark."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError, OutputError
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
    from pathlib import Path


def pin_run(
    folder: Path, run: str, decree: str, day: str, *, overwrite: bool = False
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
        The decree is empty, or the date is none.
    InputError
        There is no such run in the folder, it is a trial, or it is not what its record says.
    OutputError
        Another run is official, or the mark cannot be written.
    """
    path = folder / OFFICIAL
    Official.stated("", decree, day)
    chosen = find_run(folder, run)
    if chosen.name not in {each.name for each in run_folders(folder)}:
        known = ", ".join(each.name for each in run_folders(folder))
        raise InputError("run_unknown", path=folder, value=run, known=known)
    chosen = folder / chosen.name
    for file in verify_run(chosen):
        read_manifest(chosen)  # where it is the record, its own error
        raise InputError("run_altered", path=chosen / file)
    if overrides_of(read_manifest(chosen)):
        raise InputError("pin_of_trial", path=chosen)
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
