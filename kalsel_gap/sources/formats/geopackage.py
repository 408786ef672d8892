"""GeoPackages before GDAL opens them: views that end, and no part in another file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError, reason

if TYPE_CHECKING:
    from pathlib import Path

# SQLite counts its steps: a bound in steps is the same on every machine. Some seconds.
_STEPS = 100_000_000
_STEPS_AT_ONCE = 1_000_000
_LONGEST_VALUE = 2**27  # bytes


def check_geopackage(path: Path) -> None:
    """Refuse a GeoPackage that GDAL might read without end, or not from this file alone.

    GDAL runs the query of every view as soon as it opens the file.

    Raises
    ------
    InputError
        `vector_view` for a view with too many steps or with functions that SQLite lacks,
        `vector_in_use` where changes stand in a second file, `vector_unreadable`.
    """
    for ending in ("-wal", "-journal"):
        beside = path.with_name(path.name + ending)
        if beside.exists() and (not beside.is_file() or beside.stat().st_size):
            raise InputError("vector_in_use", path=path, source=beside.name)
    left = [_STEPS // _STEPS_AT_ONCE]

    def is_too_long() -> bool:
        left[0] -= 1
        return left[0] < 0

    view = ""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as file:
            file.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
            file.set_progress_handler(is_too_long, _STEPS_AT_ONCE)
            file.text_factory = bytes
            made = file.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()
            for (name,) in made:
                view = name.decode(errors="replace")
                quoted = view.replace('"', '""')
                for _ in file.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608 - quoted
                    pass
    except sqlite3.Error as error:
        if view:
            raise InputError("vector_view", path=path, value=view) from None
        raise InputError("vector_unreadable", path=path, reason=reason(error)) from None
