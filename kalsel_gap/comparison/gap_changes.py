"""Gaps that were closed, opened or regressed between two runs, school by school and by group.

Both ways only what was known before counts as a change: a school of which nobody knew whether it
had a line has not had its gap closed or opened when somebody asks. What was found out is counted on
its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray

GapChange = Literal[
    "closed", "opened", "regressed", "improved", "found_adequate", "found_gap", "lost_sight"
]
GAP_CHANGES: tuple[GapChange, ...] = get_args(GapChange)
# Without a signal that suffices; with one and no line known, a school is better off than so.
_NO_SIGNAL = ("weak", "uncovered")
# Kinds of gaps from the least to the worst; of the other ones it is not known whether there is one.
WORSE = ("slow", "unconnected", "weak", "uncovered")
_ADEQUATE = "adequate"
GROUPED_BY = ("kabupaten", "terrain_class", "gap_type")


def change_of_gap(
    before: pd.Series[str],
    after: pd.Series[str],
    knew: pd.Series[bool],
    knows: pd.Series[bool],
) -> pd.Series[str]:
    """What became of the gap of each school.

    Parameters
    ----------
    before, after : Series of str
        Gap types of the same schools; missing where a run does not have the school.
    knew, knows : Series of bool
        Whether what is delivered was known in the older run, and is in the newer one. A school that
        is inferred to be adequate is not known to be.

    Returns
    -------
    Series of str
        *closed*: a gap before, adequate now, and what is delivered known in both runs. *opened*:
        known to be adequate before, a gap now. *found_gap*: a gap now, and before not known whether
        there was one, or not in the run. *regressed*, *improved*: a worse or a lesser gap
        than before, by :data:`WORSE`; a signal that suffices now is better than none, also where no
        line is known. *found_adequate*: known to be adequate now, and what is delivered not known
        before. *lost_sight*: known before, not known now. Missing where nothing changed.

    Examples
    --------
    >>> before = pd.Series(["weak", "adequate", "slow", "covered_unverified", "uncovered"])
    >>> after = pd.Series(["adequate", "slow", "weak", "adequate", "unknown"])
    >>> known = pd.Series([True] * 5)
    >>> change_of_gap(before, after, known, known).tolist()
    ['closed', 'opened', 'regressed', 'found_adequate', 'lost_sight']
    >>> change_of_gap(before, after, ~known, known).tolist()
    ['found_adequate', 'found_gap', 'regressed', 'found_adequate', 'lost_sight']
    """
    level, now = _severity(before, knew), _severity(after, knows)
    had_known = knew.to_numpy(dtype=np.bool_)
    has_signal = before.isin(_NO_SIGNAL) & (after == "covered_unverified")
    was_known, is_known = ~np.isnan(level), ~np.isnan(now)
    changes: dict[GapChange, np.ndarray] = {
        "closed": (level > 0) & (now == 0) & had_known,
        "opened": (now > 0) & (level == 0),
        "regressed": (level > 0) & (now > level),
        "improved": ((now > 0) & (now < level)) | has_signal.to_numpy(dtype=np.bool_),
        "found_adequate": ~(was_known & had_known) & (now == 0),
        "found_gap": ~was_known & (now > 0),
        "lost_sight": was_known & ~is_known,
    }
    found = np.select(list(changes.values()), list(changes), "")
    return pd.Series(found, before.index, dtype="str").replace("", None)


def _severity(gap: pd.Series[str], known: pd.Series[bool]) -> FloatArray:
    """0 adequate to 4 uncovered; NaN where it is not known whether there is a gap."""
    gap = gap.mask((gap == _ADEQUATE) & ~known)
    order = {kind: float(place) for place, kind in enumerate((_ADEQUATE, *WORSE))}
    return np.asarray(gap.map(order), dtype=np.float64)


def count_gap_changes(schools: pd.DataFrame) -> pd.DataFrame:
    """How many gaps of each group changed, and how.

    Parameters
    ----------
    schools : DataFrame
        ``kabupaten`` and ``terrain_class``, ``gap_before``, ``gap_after`` and ``gap_change``.

    Returns
    -------
    DataFrame
        ``by`` (*all* or one of :data:`GROUPED_BY`), ``group`` and a column for each of
        :data:`GAP_CHANGES`; groups without a change are left out. The gap type is that before, of
        opened gaps and of what was found that now.
    """
    changed = schools[schools["gap_change"].notna()]
    is_new = changed["gap_change"].isin(["opened", "found_adequate", "found_gap"])
    groups = {
        "all": pd.Series("", changed.index, dtype="str"),
        "kabupaten": changed["kabupaten"].fillna(""),
        "terrain_class": changed["terrain_class"].fillna(""),
        "gap_type": changed["gap_after"].where(is_new, changed["gap_before"]),
    }
    frames = [pd.DataFrame(columns=["by", "group", *GAP_CHANGES])]
    for by, group in groups.items():
        counts = pd.crosstab(group.rename("group"), changed["gap_change"])
        counts = counts.reindex(columns=list(GAP_CHANGES), fill_value=0).reset_index()
        frames.append(counts.assign(by=by)[["by", "group", *GAP_CHANGES]])
    filled = [frame for frame in frames if len(frame)]
    table = pd.concat(filled, ignore_index=True) if filled else frames[0]
    return table.astype(dict.fromkeys(GAP_CHANGES, "int64"))
