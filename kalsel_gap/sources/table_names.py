"""Names of files with the sheet, layer or document in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kalsel_gap.findings import Finding


def file_of(shown: str, part: str) -> str:
    """Name of a file, with the sheet, layer or document in it.

    Examples
    --------
    >>> file_of("a.xlsx", "SD"), file_of("a.csv", "")
    ('a.xlsx[SD]', 'a.csv')
    """
    return f"{shown}[{part}]" if part else shown


class RowKeys:
    """One number for each row of a table, also where several sheets repeat the numbers of rows.

    Parameters
    ----------
    files : Series of str
        The file of each row, with its sheet where there are several.
    rows : Series of int
        Its number there.
    shown : str
        The file without any sheet.
    """

    def __init__(self, files: pd.Series[str], rows: pd.Series[int], shown: str) -> None:
        rows = rows.astype("int64")
        self._shown = shown
        self._several = bool((files != shown).any())
        places = zip(files, rows, strict=True)
        self._places = dict(enumerate(places)) if self._several else {}
        self._keys = {place: key for key, place in self._places.items()}
        self.of_table = pd.Series(range(len(rows)), index=rows.index) if self._several else rows

    def of(self, rows: pd.DataFrame) -> pd.Series[int]:
        """Keys of rows with ``file`` and ``row``."""
        if not self._several:
            return rows["row"]
        places = zip(rows["file"], rows["row"].astype("int64"), strict=True)
        return pd.Series([self._keys[place] for place in places], index=rows.index, dtype="int64")

    def keyed(self, findings: Iterable[Finding]) -> list[Finding]:
        """Findings about rows with their keys instead of file and row."""
        if not self._several:
            return list(findings)
        keys = ((f, self._keys.get((f.file, f.row or 0))) for f in findings)
        return [f if key is None else replace(f, file=self._shown, row=key) for f, key in keys]

    def named(self, findings: Iterable[Finding]) -> list[Finding]:
        """Findings about keys with their file and row; the inverse of :meth:`keyed`."""
        return [self._named(f) for f in findings] if self._several else list(findings)

    def _named(self, finding: Finding) -> Finding:
        if finding.row is None or finding.file != self._shown:
            return finding
        file, row = self._places[finding.row]
        more = dict(finding.parameters)
        if isinstance(other := more.get("other_row"), int):
            where, number = self._places[other]
            more["other_row"] = number if where == file else f"{where}:{number}"
        return replace(finding, file=file, row=row, parameters=more)
