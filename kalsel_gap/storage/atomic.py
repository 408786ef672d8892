"""Atomic writes: a file appears complete or not at all."""

from __future__ import annotations

import contextlib
import errno
import filecmp
import os
import secrets
import shutil
from typing import TYPE_CHECKING

from kalsel_gap.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_TMP = ".tmp-kalsel-gap-"  # files with this prefix may be removed by us


@contextlib.contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place when the block ends well.

    Raises
    ------
    OutputError
        It cannot be written; `path` is unchanged.
    """
    with write_errors(path):
        refuse_other_than_file(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_beside(path.parent, path.suffix)
        try:
            yield temporary
            sync(temporary)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def refuse_unwritable(path: Path) -> None:
    """Raise the error of a later write, before anything is computed.

    Raises
    ------
    OutputError
        As `atomic`; the folder must be there.
    """
    with write_errors(path):
        refuse_other_than_file(path)
        temporary = temporary_beside(path.parent)
        try:
            temporary.touch()
        finally:
            temporary.unlink(missing_ok=True)


def refuse_other_than_file(path: Path) -> None:
    """An error where a folder or a device is: a device would be replaced, not written to.

    Raises
    ------
    OutputError
        As :func:`replace_file`.
    """
    with write_errors(path):
        if path.exists() and not path.is_file():
            fault = errno.EISDIR if path.is_dir() else errno.EINVAL
            raise OSError(fault, os.strerror(fault), str(path))


def replace_text(path: Path, text: str) -> None:
    """Replace a small file at once."""
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


@contextlib.contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Turn a system error of writing into an error that a user can act on."""
    try:
        yield
    except OSError as error:
        # The name of the temporary file means nothing to the user.
        where = path if _TMP in str(error.filename) else error.filename or path
        raise OutputError(
            "not_written", path=where, reason=error.strerror or str(error)[:200]
        ) from None


def temporary_beside(folder: Path, suffix: str = "") -> Path:
    """A free name, known before the file exists, so that the file can always be removed."""
    return folder / f"{_TMP}{secrets.token_hex(8)}{suffix}"


def sync(path: Path) -> None:
    """Wait until a file that was written is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def swap(temporary: Path, final: Path) -> None:
    """Put the new folder in place; one of that name has the same content, or was changed."""
    if final.exists() and _same(temporary, final):
        shutil.rmtree(temporary)
    elif final.exists():
        aside = temporary_beside(final.parent)
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
    """Remove what a killed run left behind, but nothing that a live run may still write."""
    import time

    for leftover in folder.glob(f"{_TMP}*"):
        with contextlib.suppress(OSError):
            if time.time() - leftover.stat().st_mtime > 3600:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
