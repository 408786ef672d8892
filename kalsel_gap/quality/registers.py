"""Checks of the rows of registers: NPSN, names, numbers, dates, missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kalsel_gap.findings import Finding
from kalsel_gap.quality.attributes import check_attributes
from kalsel_gap.quality.names import check_names
from kalsel_gap.quality.npsn import check_npsn
from kalsel_gap.quality.plausibility import check_dates, check_numbers, data_date

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.project.model import Opened

# Columns that a ranking needs. The latter ones are present only if a cell is filled.
_EXPECTED = ("name", "level", "ownership", "kabupaten", "kecamatan")
_WELCOME = ("students", "teachers", "devices", "accounts", "electricity", "internet", "updated_at")


def check_registers(cells: pd.DataFrame, opened: Opened) -> list[Finding]:
    """Findings about the rows of registers and attribute tables, except locations.

    Parameters
    ----------
    cells : DataFrame
        Text cells as of :func:`kalsel_gap.sources.registers.read_cells`.
    opened : Opened
        The project; its attribute tables are read again.

    Returns
    -------
    list of Finding
        In no particular order; `cells` are not changed.
    """
    limits = opened.project.registers
    return [
        *check_npsn(cells),
        *check_names(cells),
        *check_numbers(cells, limits),
        *check_dates(cells, limits.dates, data_date(opened, limits.dates)),
        *gaps(cells, limits.gaps.empty_share),
        *check_attributes(cells, opened),
    ]


def gaps(cells: pd.DataFrame, empty_share: float) -> list[Finding]:
    """A note for each column of a file that is empty in more than a share of its rows.

    Parameters
    ----------
    cells : DataFrame
        Text cells as of :func:`kalsel_gap.sources.registers.read_cells`.
    empty_share : float
        The share, 0 to 1.
    """
    filled = [name for name in _WELCOME if (cells[name] != "").any()]
    columns = [*_EXPECTED, *filled]
    empty = (cells[columns] == "").groupby(cells["file"])
    return [
        Finding(
            "column_has_gaps",
            file=str(file),
            column=column,
            parameters={"empty": int(count), "count": int(total)},
        )
        for column in columns
        for (file, count), total in zip(empty[column].sum().items(), empty.size(), strict=True)
        if count > empty_share * total
    ]
