"""Which school of a run is meant: by NPSN, by its row, by its name or a part of it."""

from __future__ import annotations

import difflib
import math
from typing import TYPE_CHECKING

from kalsel_gap.errors import InputError
from kalsel_gap.sources.cells import fold

if TYPE_CHECKING:
    import pandas as pd

_NEAR = 0.7  # difflib's ratio of a word with a slip
_SPELLINGS = 5  # that a message suggests


def find_schools(schools: pd.DataFrame, wanted: str) -> pd.DataFrame:
    """The schools that are meant: those of this NPSN, this row, this name, or with it in the name.

    Rows that repeat the NPSN of a ranked one are left out. Names are compared without case, spaces
    and signs; of several words each must occur.

    Parameters
    ----------
    schools : DataFrame
        Of a run.
    wanted : str
        What was typed.

    Returns
    -------
    DataFrame
        At least one row, in the order of the list.

    Raises
    ------
    InputError
        `school_not_in_run`: there is none; the message suggests the nearest spellings.
    """
    sought = wanted.strip()
    for column in ("npsn", "row_id"):
        if len(found := schools[(schools[column] == sought) & (sought != "")]):
            first = found[~found["is_duplicate"].astype(bool)]
            return first if len(first) else found
    names = schools["name"].map(fold)
    words = [each for each in map(fold, sought.split()) if each]
    if words:
        if len(found := schools[names == fold(sought)]):
            return found
        inside = names.map(lambda name: all(word in name for word in words))
        if inside.any():
            return schools[inside.astype(bool)]
    raise InputError(
        "school_not_in_run", value=wanted, suggestion="”, “".join(_spellings(schools, sought))
    )


def _spellings(schools: pd.DataFrame, sought: str) -> list[str]:
    """Numbers or names that were probably meant."""
    if sought.isdigit():
        numbers = [str(npsn) for npsn in schools["npsn"] if npsn]
        return difflib.get_close_matches(sought, numbers, n=_SPELLINGS, cutoff=_NEAR)
    names = schools["name"].dropna().drop_duplicates()
    # A slip is looked for word by word: a whole name is long, and most of it is like others.
    vocabulary = sorted({word for name in names for word in map(fold, str(name).split()) if word})
    folded = names.map(fold)
    meant = []
    for word in filter(None, map(fold, sought.split())):
        if folded.str.contains(word, regex=False).any():
            meant.append([word])
        else:
            meant.append(difflib.get_close_matches(word, vocabulary, n=_SPELLINGS, cutoff=_NEAR))
    meant = [near for near in meant if near]
    if not meant:
        return []

    def distance(name: str) -> float:
        """How far down the lists of near words a name has its own; infinite where it has none."""
        places = [[n for n, word in enumerate(near) if word in name] for near in meant]
        return sum(min(of_word, default=math.inf) for of_word in places)

    far = folded.map(distance).astype("float64")
    nearest = far[far < math.inf].sort_values(kind="stable").index[:_SPELLINGS]
    return [str(names[each]) for each in nearest]
