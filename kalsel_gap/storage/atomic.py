"""Atomic writes: a file appears complete or not at all."""

from __future__ import annotations

import contextlib
import errno
import filecmp
import hashlib
import os
import platform
import re
import secrets
import shutil
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kalsel_gap.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_TMP = ".tmp-kalsel-gap-"  # files with this prefix may be removed by us
_MAKER = re.compile(re.escape(_TMP) + r"(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-")
_LONGEST_S = 3600  # that a process can be expected to write one file without a change of its time


@contextlib.contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place when the block ends well.

    Raises
    ------
    OutputError
        It cannot be written; `path` is unchanged.
    """
    with _written_beside(path) as temporary:
        yield temporary
        sync(temporary)
        temporary.replace(path)


def write_file(write: Callable[[Path], object], path: Path, *others: Path) -> Path:
    """Write a file; where nothing may replace `path`, it gets the next name that is free.

    On Windows nothing replaces a file that another program has open.

    Parameters
    ----------
    write : callable
        Writes the temporary file whose path it gets.
    path, *others : Path
        Names in one folder, the best first.

    Returns
    -------
    Path
        The name that the file got.

    Raises
    ------
    OutputError
        It cannot be written; nothing is changed.
    """
    with _written_beside(path) as temporary:
        write(temporary)
        sync(temporary)
        for place in (path, *others):
            try:
                return temporary.replace(place)
            except PermissionError as error:
                refused = error
        raise refused


@contextlib.contextmanager
def _written_beside(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`; nothing is left of it where the block fails."""
    with write_errors(path):
        refuse_other_than_file(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_beside(path.parent, path.suffix)
        try:
            yield temporary
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """A temporary folder beside `folder` that takes its place when the block ends well.

    Parameters
    ----------
    folder : Path
        Where the files of the block go; what is there before is removed.

    Raises
    ------
    OutputError
        It cannot be written; `folder` is unchanged.
    """
    with write_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_beside(folder.parent)
        try:
            temporary.mkdir()
            yield temporary
            for path in temporary.iterdir():
                sync(path)
            swap(temporary, folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
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
    """Replace a small file at once, and clear what a killed process left beside it."""
    clear_leftovers(path.parent)
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
    """A free name, known before the file exists, so that the file can always be removed.

    It names the process, so that others see whether somebody can still be writing the file.
    """
    return folder / f"{_TMP}{_machine()}-{os.getpid()}-{secrets.token_hex(8)}{suffix}"


@cache
def _machine() -> str:
    """Where the number of a process means the same: this machine, or this container on it."""
    try:
        container = str(Path("/proc/self/ns/pid").readlink())
    except OSError:  # not on Linux
        container = ""
    return hashlib.sha256(f"{platform.node()} {container}".encode()).hexdigest()[:8]


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
    """Remove what a killed process left behind, but nothing that a live one may still write."""
    with contextlib.suppress(OSError):
        for leftover in list(folder.glob(f"{_TMP}*")):
            with contextlib.suppress(OSError):
                if _is_abandoned(leftover):
                    shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def _is_abandoned(leftover: Path) -> bool:
    """Whether nobody writes a temporary file any more: its process has ended, or it is old."""
    maker = _MAKER.match(leftover.name)
    is_ours = maker is not None and maker["machine"] == _machine()
    if maker is not None and is_ours and not _is_running(int(maker["process"])):
        return True
    return time.time() - leftover.lstat().st_mtime > _LONGEST_S


def _is_running(process: int) -> bool:
    """Whether there is such a process; so where the system does not say."""
    if os.name != "posix":  # elsewhere this would end the process
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # somebody else's
        return True
    return True
