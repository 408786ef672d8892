"""Accepted repairs of NPSN and numbers, applied to the cells of registers and attribute tables.

The files themselves are never changed. A repair holds for one cell as it was given: it is stale
once the cell has changed, and refused where it does not follow from what is given.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kalsel_gap.findings import Finding
from kalsel_gap.sources.repairs import read_repairs, same_cell

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from kalsel_gap.project.model import Opened
    from kalsel_gap.sources.repairs import Repair

_NPSN = re.compile(r"[0-9]{8}|P[0-9]{7}")
_DECIMALS = re.compile(r"[.,]0+$")
_EXPONENT = re.compile(r"E\+?\d+$", re.IGNORECASE)
_LETTERS_FOR_DIGITS = str.maketrans("OIL", "011")


class ValueRepairs:
    """The accepted repairs of values of a project, and which of them were applied.

    Parameters
    ----------
    opened : Opened
        The project.
    """

    def __init__(self, opened: Opened) -> None:
        path = opened.project.repairs.path
        self._shown = opened.shown(path)
        accepted = (
            [r for r in read_repairs(path) if r.accepted and r.column] if path.exists() else []
        )
        self._open: dict[tuple[str, int, str], list[Repair]] = {}
        for repair in accepted:
            self._open.setdefault((repair.file, repair.row, repair.column), []).append(repair)
        self._npsn = {
            repair.given: value_meant("npsn", repair.given, repair.proposed)
            for repair in accepted
            if repair.column == "npsn"
        }

    def apply(
        self, cells: pd.DataFrame, columns: Collection[str]
    ) -> tuple[pd.DataFrame, list[Finding]]:
        """Cells with the accepted values of some columns, and a note for each.

        Parameters
        ----------
        cells : DataFrame
            Text cells with ``file`` and ``row``.
        columns : collection of str
            Which columns may change.
        """
        wanted = {key: repairs for key, repairs in self._open.items() if key[2] in columns}
        if not wanted:
            return cells, []
        rows = zip(cells["file"], cells["row"].astype("int64"), strict=True)
        place = dict(zip(rows, cells.index, strict=True))
        cells, findings = cells.copy(), []
        for (file, row, column), repairs in wanted.items():
            index = place.get((file, row))
            if index is None or column not in cells:
                continue
            # What is read from a cell may stand beside what the cell is.
            as_given = f"{column}_given" if f"{column}_given" in cells else column
            given = str(cells.loc[index, as_given])
            first, *others = repairs
            del self._open[file, row, column]
            findings += [self._told("repair_refused", repair) for repair in others]
            used = value_meant(column, given, first.proposed)
            if not same_cell(given, first.given) or given == used:
                findings.append(self._told("repair_stale", first))
            elif not used:
                findings.append(self._told("repair_refused", first))
            else:
                for name in dict.fromkeys((column, as_given)):
                    cells.loc[index, name] = used
                findings.append(_note(first, str(cells.loc[index, "npsn"]), given, used))
        return cells, findings

    def of_schools(self, npsn: pd.Series[str], known: Collection[str]) -> pd.Series[str]:
        """NPSN of a further table, those that a repaired school had before as it has them now."""
        now = {given: used for given, used in self._npsn.items() if used in known}
        return npsn.where(npsn.isin(list(known)), npsn.replace(now))

    def left(self) -> list[Finding]:
        """A finding for each repair of a row or column that is not there any more."""
        return [
            self._told("repair_stale", repair)
            for repairs in self._open.values()
            for repair in repairs
        ]

    def _told(self, code: str, repair: Repair) -> Finding:
        return Finding(
            code,
            file=self._shown,
            row=repair.line,
            npsn=repair.npsn,
            column=repair.column,
            value=repair.proposed,
            parameters={"row_id": f"{repair.file}:{repair.row}"},
        )


def _note(repair: Repair, npsn: str, given: str, used: str) -> Finding:
    return Finding(
        "value_repaired",
        file=repair.file,
        row=repair.row,
        npsn=npsn,
        column=repair.column,
        value=given,
        proposal=used,
        parameters={"used": used, "repair": repair.code, "confidence": repair.confidence},
    )


def value_meant(column: str, given: str, proposed: str) -> str:
    """The proposed value if it follows from the given one; otherwise empty.

    An NPSN keeps its digits: signs go, zeros in front come back, O, I and L were 0 and 1. A number
    keeps its digits too: separators of thousands go, and zeros that a spreadsheet dropped behind.

    Examples
    --------
    >>> value_meant("npsn", "'3030102.0", "03030102"), value_meant("npsn", "3030l027", "30301027")
    ('03030102', '30301027')
    >>> value_meant("students", "1.4", "1400"), value_meant("students", "1.4", "2400")
    ('1400', '')
    """
    if column == "npsn":
        meant = proposed.zfill(8) if proposed.isdigit() else proposed  # a spreadsheet drops zeros
        plain = _DECIMALS.sub("", _EXPONENT.sub("", given.strip(" '’`\"=")))
        bare = re.sub(r"[\W_]", "", plain).upper()
        same = {bare.lstrip("0"), bare.translate(_LETTERS_FOR_DIGITS).lstrip("0")}
        return meant if _NPSN.fullmatch(meant) and meant.lstrip("0") in same else ""
    known = re.sub(r"\D", "", given)
    behind = proposed.removeprefix(known)
    follows = bool(known) and proposed.isdigit() and proposed.startswith(known)
    return proposed if follows and set(behind) <= {"0"} else ""
