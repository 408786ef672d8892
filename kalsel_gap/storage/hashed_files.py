"""Files as they were hashed, and whether they are still the same."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

from kalsel_gap.errors import InputError
from kalsel_gap.storage.fingerprint import hash_of_file

if TYPE_CHECKING:
    from pathlib import Path

# A file system may give two changes of a file the same time: FAT counts in steps of two seconds.
_TIME_STEP_NS = 2 * 10**9
_ATTEMPTS = 3  # at a file that is being written


class FileState(NamedTuple):
    """What distinguishes one content of a file from another without reading it.

    Anybody may set the time of a change (`mtime_ns`) back. Nobody can set that of the entry in the
    file system (`ctime_ns`); on Windows, where it is the time of creation, the inode remains.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> FileState:
        """The state of a file now; an OSError where there is none."""
        found = path.stat()
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)

    def can_change_unseen(self) -> bool:
        """Whether the last change is so recent that another one may leave the same state."""
        changed_ns = self.mtime_ns if os.name == "nt" else self.ctime_ns
        return time.time_ns() - changed_ns < _TIME_STEP_NS


class HashedFile(NamedTuple):
    """A file as it was hashed.

    Attributes
    ----------
    path : Path
    state : FileState
    digest : str
        SHA-256.
    is_sure : bool
        Whether no other content can have this state.
    """

    path: Path
    state: FileState
    digest: str
    is_sure: bool

    def check(self) -> HashedFile | None:
        """The file, if it was not written, replaced or removed since then; otherwise None.

        A file that was written just before it was hashed is read again, until its state is old
        enough to be unique.
        """
        try:
            if FileState.of(self.path) != self.state:
                return None
            if self.is_sure:
                return self
            again = hash_at_rest(self.path)
        except (OSError, InputError):
            return None
        return again if again.digest == self.digest else None


def hash_at_rest(path: Path) -> HashedFile:
    """Hash a file that nobody writes meanwhile.

    Raises
    ------
    OSError
        The file cannot be read.
    InputError
        It is written all the time.
    """
    for _ in range(_ATTEMPTS):
        state = FileState.of(path)
        is_sure = not state.can_change_unseen()
        digest = hash_of_file(path)
        if FileState.of(path) == state:
            return HashedFile(path, state, digest, is_sure)
    raise InputError("input_changed", path=path)
