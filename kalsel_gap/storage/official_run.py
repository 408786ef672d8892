"""Which run was approved: a small file beside the runs, written at once or not at all.

``runs/official.json`` states the id of the run, the decree and its date. Nothing of the run itself
changes, so it keeps its id. A file that is there and does not say so is an error wherever a run is
read: what is not known to be official must not be shown as if it were.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError, ProjectError
from kalsel_gap.i18n.text import plain
from kalsel_gap.storage.atomic import replace_text

if TYPE_CHECKING:
    from pathlib import Path

OFFICIAL = "official.json"
LONGEST_DECREE = 300  # characters
_YEARS = range(2000, 2101)
_LONGEST = 10_000  # characters: a longer file is none of ours
_ID = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Official:
    """A run that was approved.

    Attributes
    ----------
    run : str
        Its id.
    decree : str
        The number of the decree, as it was given.
    date : str
        Its date, ISO 8601.
    """

    run: str
    decree: str
    date: str

    @classmethod
    def stated(cls, run: str, decree: str, day: str) -> Official:
        """What two options say of a run.

        Raises
        ------
        ProjectError
            The decree is empty or no number, or the date is none of the years 2000 to 2100.

        Examples
        --------
        >>> Official.stated("0a1b2c3d4e5f", " 188.44/0123/KUM/2026 ", "2026-07-31").decree
        '188.44/0123/KUM/2026'
        """
        number = " ".join(plain(decree.encode("utf-8", "replace").decode()).split())
        if not number:
            raise ProjectError("decree_empty", path="--decree")
        if len(number) > LONGEST_DECREE:
            raise ProjectError("decree_long", path="--decree", limit=LONGEST_DECREE)
        try:
            stated = date.fromisoformat(day.strip())
        except ValueError:
            raise ProjectError("decree_date_wrong", path="--date", value=plain(day)) from None
        if stated.year not in _YEARS:
            raise ProjectError("decree_date_wrong", path="--date", value=plain(day))
        return cls(run, number, stated.isoformat())


def read_official(folder: Path) -> Official | None:
    """The official run of a folder of runs; None where none was marked.

    Raises
    ------
    InputError
        `file_special` where a pipe or a folder is in its place, `official_broken` where the file
        is not what :func:`write_official` writes.
    """
    path = folder / OFFICIAL
    if not path.exists() and not path.is_symlink():
        return None
    if path.exists() and not path.is_file():  # a pipe would be read without end
        raise InputError("file_special", path=path)
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LONGEST)
        stated = Official(**json.loads(text))
        is_ours = _ID.fullmatch(stated.run) is not None and text == _text_of(stated)
        same = Official.stated(stated.run, stated.decree, stated.date)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, ProjectError):
        raise InputError("official_broken", path=path) from None
    if not is_ours or stated != same:
        raise InputError("official_broken", path=path)
    return stated


def write_official(folder: Path, official: Official) -> None:
    """Mark a run as the official one, in the place of another one.

    Raises
    ------
    OutputError
        The file cannot be written; the former one is unchanged.
    """
    replace_text(folder / OFFICIAL, _text_of(official))


def _text_of(official: Official) -> str:
    """The one way in which it is written."""
    return json.dumps(asdict(official), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
