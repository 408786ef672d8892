"""What a stage is and what it returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
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
        Findings of the stage.
    tables : dict of DataFrame
        Tidy tables of its own, by name.
    """

    columns: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)


class Reporter(Protocol):
    """Receives the progress of the work."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """`step` is the name of a stage; `done` of `total` parts of it are finished."""


NO_TABLES: Tables = MappingProxyType({})


def silent(_done: int, _total: int) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage whose result is kept, and all that decides whether it must run again.

    It stands beside the function that makes it. Code counts too: that of the function's module and
    of all that it imports.

    Attributes
    ----------
    name : str
        What progress is reported under.
    make : callable
        Of the schools table as the stages before have left it, the project, the tables that it
        reads and the progress callback, in this order.
    reads : tuple of str
        Columns of earlier stages that it reads.
    sections : tuple of str
        Sections of the project that it reads, and with them the files that they name.
    tables : tuple of str
        Tables of earlier stages that it reads.
    writes : tuple of str
        Stages of the contract whose columns it writes.
    passes_on : tuple of str
        Those of its tables that later stages read and no run folder keeps.
    """

    name: str
    make: Callable[[gpd.GeoDataFrame, Opened, Tables, Progress], Staged]
    reads: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    writes: tuple[schema.StageName, ...] = ()
    passes_on: tuple[str, ...] = ()
