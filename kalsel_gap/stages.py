"""What a stage is and what it returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd
    import pandas as pd

    from kalsel_gap import schema
    from kalsel_gap.findings import Finding
    from kalsel_gap.project.model import Opened

    Progress = Callable[[int, int], object]  # how many are done, of how many
    Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Staged:
    """What a stage makes of the schools table.

    Attributes
    ----------
    columns : DataFrame
        New columns, one row per school, in the order of the table.
    findings : list of Finding
        What it found on the way.
    tables : dict of DataFrame
        Tidy tables of its own, by name.
    """

    columns: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


class Reporter(Protocol):
    """Who is told how far the work is."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """`step` is one of :data:`STEPS`; `done` of `total` parts of it are finished."""


@dataclass(frozen=True, slots=True)
class Stage:
    """An expensive stage, and what decides that it must run again.

    Attributes
    ----------
    name : str
        One of :data:`STEPS`.
    run : callable
        Makes its columns.
    reads : tuple of str
        Columns of earlier stages that it reads; none for the first one.
    sections : tuple of str
        Sections of the project that it reads.
    writes : tuple of StageName
        Stages of the contract whose columns it writes.
    tables : tuple of str
        Tables of earlier stages that it reads.
    """

    name: str
    run: Callable[[gpd.GeoDataFrame, Opened, Reporter, Tables], Staged]
    reads: tuple[str, ...]
    sections: tuple[str, ...]
    writes: tuple[schema.StageName, ...]
    tables: tuple[str, ...] = ()


def progress_of(report: Reporter, step: str) -> Callable[[int, int], None]:
    """The reporter of one step, told only how much of it is done."""
    return lambda done, total: report(step, done, total)
