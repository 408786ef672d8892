"""Stages through the cache: the key of each, and the tables that they hand on to one another.

A key holds contents and never a place on this machine: code, values of sections, hashes of files,
columns and tables. A project folder that was moved or copied keeps its cache.
"""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydantic import BaseModel

from kalsel_gap import schema
from kalsel_gap.findings import to_frame
from kalsel_gap.project.input_hashes import InputHashes
from kalsel_gap.project.model import Opened
from kalsel_gap.sources.schools import located
from kalsel_gap.stages import silent
from kalsel_gap.storage.fingerprint import code_hash
from kalsel_gap.storage.parquet import table_of

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.stages import Progress, Stage
    from kalsel_gap.storage.cache import Cache

# Modules that every kept result rests on, whatever its stage imports: the project as stages see it,
# the contract, and how findings and tables are written.
_COMMON = (Opened.__module__, schema.__name__, to_frame.__module__, table_of.__module__)


class StageCache:
    """The stages of a project, one after the other, each made only where the cache has none.

    Parameters
    ----------
    opened : Opened
        The project.
    store : Cache
        Where results are kept.

    Attributes
    ----------
    inputs : InputHashes
        Taken before the first stage reads anything.
    tables : dict of DataFrame or bytes
        Of the stages so far, by name; as the bytes of a Parquet file where nobody has read it.
    """

    def __init__(self, opened: Opened, store: Cache) -> None:
        self.opened, self.store = opened, store
        self.inputs = InputHashes(opened, store)
        self.tables: dict[str, pd.DataFrame | bytes] = {}
        self._keys: dict[str, str] = {}
        self._columns: dict[str, str] = {}

    def run(
        self, stage: Stage, schools: gpd.GeoDataFrame, progress: Progress = silent
    ) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
        """The schools table with the columns of a stage, and its findings.

        Its tables are among :attr:`tables` then.

        Parameters
        ----------
        stage : Stage
            What it reads has been made before.
        schools : GeoDataFrame
            As the stages before have left it; :func:`nobody` before the first one.
        progress : callable
            Called with the number of parts done and of all.

        Raises
        ------
        SeveralErrors
            An input was saved while the stage read it: nothing of the stage is kept then.
        """
        key = self.key(stage, schools)
        make = partial(self._made, stage, schools, progress)
        made = self.store.tables(key, make, read=("columns", "findings"))
        columns, findings = made.pop("columns"), made.pop("findings")
        self.tables |= made
        self._keys |= dict.fromkeys(made, key)
        return join(schools, columns), findings

    def table(self, name: str) -> pd.DataFrame:
        """A table of the stages so far."""
        return table_of(self.tables[name])

    def key(self, stage: Stage, schools: gpd.GeoDataFrame) -> str:
        """Hash of all that a stage depends on.

        A table is known by the key of the stage that made it: what that depends on decides the
        table.
        """
        parts = {
            "stage": stage.name,
            "code": code_hash(stage.make.__module__, *_COMMON),
            "sections": {name: _section(self.opened, name) for name in stage.sections},
            "files": self.inputs.of_sections(_roots(stage)),
            "columns": {name: self._column(schools, name) for name in stage.reads},
            "tables": {name: self._keys[name] for name in stage.tables},
        }
        # A file is named as results name it: from the project file on.
        text = json.dumps(parts, sort_keys=True, default=self.opened.shown)
        return hashlib.sha256(text.encode()).hexdigest()

    def _column(self, schools: gpd.GeoDataFrame, name: str) -> str:
        """Hash of a column, taken once: no later stage may change it."""
        if name not in self._columns:
            # As text: two values that print alike are alike, and NaN equals NaN.
            text = schools[[name]].to_csv(index=False, float_format="%.17g")
            self._columns[name] = hashlib.sha256(text.encode()).hexdigest()
        return self._columns[name]

    def _made(
        self, stage: Stage, schools: gpd.GeoDataFrame, progress: Progress
    ) -> dict[str, pd.DataFrame]:
        """Run a stage and check its columns against the contract."""
        tables = {name: self.table(name) for name in stage.tables}
        try:
            staged = stage.make(schools, self.opened, tables, progress)
        finally:  # a file that is half saved may also be the reason why a stage fails
            self.inputs.refuse_changed(_roots(stage))
        after = join(schools, staged.columns)
        for written in stage.writes:
            schema.check(after, written)
        return {"columns": staged.columns, "findings": to_frame(staged.findings), **staged.tables}


def nobody() -> gpd.GeoDataFrame:
    """The schools table before the first stage."""
    return located(pd.DataFrame({"lat": [], "lon": []}))


def join(schools: gpd.GeoDataFrame, columns: pd.DataFrame) -> gpd.GeoDataFrame:
    """New columns beside the old ones; a stage that changes an old one is an error of the code."""
    if not len(columns.columns):  # a stage that makes tables only
        return schools
    if "row_id" not in schools:  # the first one makes the rows
        return located(columns)
    again = set(columns.columns) & set(schools.columns)
    if again or len(columns) != len(schools):
        message = f"a stage rewrote {sorted(again)} or changed the number of rows"
        raise AssertionError(message)
    return schools.join(columns.set_axis(schools.index))


def _roots(stage: Stage) -> set[str]:
    """Sections whose files a stage reads."""
    return {section.partition(".")[0] for section in stage.sections}


def _section(opened: Opened, dotted: str) -> Any:  # noqa: ANN401 - any section
    """The values of a section, paths as such."""
    value: Any = opened.project
    for name in dotted.split("."):
        value = getattr(value, name)
    if isinstance(value, tuple):
        return [_dumped(item) for item in value]
    return _dumped(value)


def _dumped(value: Any) -> Any:  # noqa: ANN401 - any section
    return value.model_dump() if isinstance(value, BaseModel) else value
