"""The way of the data from a project file to a run: one stage after the other.

Each stage takes the table and returns new columns; none drops or reorders rows or changes a column
that came before. Expensive stages go through the cache, so that other weights answer at once.
"""

from __future__ import annotations

import hashlib
import json
import platform
import time
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deficit import service, signals
from kalsel_gap.deficit.scores import score_schools
from kalsel_gap.findings import Finding, sort, to_frame
from kalsel_gap.project.read import find_project, read_project
from kalsel_gap.quality import stage as quality
from kalsel_gap.radio.links import prediction
from kalsel_gap.sources import places
from kalsel_gap.sources.schools import located, read_schools
from kalsel_gap.stages import Reporter, Stage, Staged, progress_of
from kalsel_gap.storage.cache import Cache
from kalsel_gap.storage.fingerprint import code_hash, default_cache_folder
from kalsel_gap.storage.parquet import table_of
from kalsel_gap.storage.run_folder import Run, write_run
from kalsel_gap.terrain import stage as terrain

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Tables


STEPS = (
    *("schools", "places", "quality", "terrain", "prediction", "signals", "service"),
    *("previews", "scores", "write"),
)


def _silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class OpenProject:
    """A project that can be ranked.

    Attributes
    ----------
    opened : Opened
        The project file, read.
    seconds : dict
        How long each step of the last :meth:`rank` took.
    """

    opened: Opened
    seconds: dict[str, float] = field(default_factory=dict)

    def rank(
        self,
        *,
        out: Path | None = None,
        cached: bool = True,
        report: Reporter = _silent,
    ) -> Run:
        """Rank the schools and write a run.

        Parameters
        ----------
        out : Path, optional
            Folder of the runs, instead of the project's.
        cached : bool
            Whether the cache is used.
        report : Reporter
            Told how far the work is.

        Raises
        ------
        InputError, OutputError, SeveralErrors
            See the readers and :func:`kalsel_gap.storage.run_folder.write_run`.
        """
        opened = self.opened
        store = Cache(default_cache_folder() if cached else None)
        self.seconds.clear()
        frames = [to_frame(_unused(opened))]
        tables: dict[str, pd.DataFrame | bytes] = {}
        schools = located(pd.DataFrame({"lat": [], "lon": []}))
        hashes: dict[str, str] = {}
        keys: dict[str, str] = {}
        for stage in _STAGES:
            with _Step(self, stage.name, report):
                hashes = hashes or {n: store.file_hash(path) for n, path in opened.project.inputs()}
                key = _key(stage, schools, opened, hashes, keys)
                made = store.tables(
                    key,
                    partial(_made, stage, schools, opened, report, tables),
                    read=("columns", "findings"),
                )
                columns = made.pop("columns")
                schools = _join(schools, columns) if stage.reads else located(columns)
                frames.append(made.pop("findings"))
                tables |= made
                keys |= dict.fromkeys(made, key)
        with _Step(self, "scores", report):
            schools = schema.check(_join(schools, score_schools(schools, opened).columns), "scores")
        with _Step(self, "write", report):
            found = sort(pd.concat(frames, ignore_index=True))
            folder = out if out is not None else opened.project.output.folder
            manifest = _manifest(opened, hashes, schools)
            run = write_run(folder, manifest, _arranged(schools), found, tables)
            store.save_hashes()
        return run


def open_project(path: Path | str | None = None, *, options: tuple[str, ...] = ()) -> OpenProject:
    """Open a project file.

    Parameters
    ----------
    path : Path or str, optional
        ``kalsel-gap.toml`` or its folder; by default the nearest one from here upwards.
    options : tuple of str
        ``section.key=value`` assignments that override the file.

    Raises
    ------
    ProjectError, SeveralErrors
        What is wrong with it, all at once.

    Examples
    --------
    >>> run = open_project("data/tiny").rank()  # doctest: +SKIP
    """
    chosen = Path(path) if path is not None else find_project(Path.cwd())
    return OpenProject(read_project(chosen, options))


# --- stages ------------------------------------------------------------------------------------


def _read(_schools: gpd.GeoDataFrame, opened: Opened, _report: Reporter, _tables: Tables) -> Staged:
    schools, findings = read_schools(opened)
    return Staged(pd.DataFrame(schools.drop(columns="geometry")), findings)


def _previews(
    schools: gpd.GeoDataFrame, opened: Opened, report: Reporter, _tables: Tables
) -> Staged:
    from kalsel_gap.deliverables import (
        map_previews,  # GDAL loads only when there is something to draw
    )

    return map_previews.draw_previews(schools, opened, progress=progress_of(report, "previews"))


_STAGES = (
    Stage(
        "schools",
        _read,
        (),
        ("schools", "attributes", "boundaries", "repairs", "registers"),
        ("register", "attributes"),
    ),
    Stage(
        "places",
        lambda s, o, *_: places.locate_places(s, o),
        places.READS,
        places.SECTIONS,
        ("places",),
    ),
    Stage(
        "quality",
        lambda s, o, *_: quality.check_quality(s, o),
        quality.READS,
        quality.SECTIONS,
        ("quality",),
    ),
    Stage(
        "terrain",
        lambda s, o, report, _: terrain.describe_terrain(
            s, o, progress=progress_of(report, "terrain")
        ),
        terrain.READS,
        terrain.SECTIONS,
        ("terrain",),
    ),
    Stage(
        "prediction",
        lambda s, o, report, _: prediction.predict_levels(
            s, o, progress=progress_of(report, "prediction")
        ),
        prediction.READS,
        prediction.SECTIONS,
        ("prediction",),
    ),
    Stage(
        "signals",
        lambda s, o, report, tables: signals.collect_signals(
            s, o, predictions=tables["predictions"], progress=progress_of(report, "signals")
        ),
        signals.READS,
        signals.SECTIONS,
        ("signals",),
        ("predictions",),
    ),
    Stage(
        "service",
        lambda s, o, *_: service.assess_service(s, o),
        service.READS,
        service.SECTIONS,
        ("service",),
    ),
    Stage(
        "previews",
        _previews,
        ("lat", "lon"),
        ("boundaries", "elevation", "coverage", "signal"),
        (),
    ),
)


def _made(
    stage: Stage,
    schools: gpd.GeoDataFrame,
    opened: Opened,
    report: Reporter,
    tables: Mapping[str, pd.DataFrame | bytes],
) -> dict[str, pd.DataFrame]:
    """Run a stage and hold what it wrote against the contract."""
    staged = stage.run(schools, opened, report, {n: table_of(tables[n]) for n in stage.tables})
    after = _join(schools, staged.columns) if stage.reads else located(staged.columns)
    for written in stage.writes:
        schema.check(after, written)
    return {"columns": staged.columns, "findings": to_frame(staged.findings), **staged.tables}


def _unused(opened: Opened) -> list[Finding]:
    return [
        Finding("section_unused", file=opened.path.name, column=name)
        for name in opened.project.unused_sections()
    ]


def _key(
    stage: Stage,
    schools: gpd.GeoDataFrame,
    opened: Opened,
    hashes: dict[str, str],
    keys: Mapping[str, str],
) -> str:
    """Hash of everything the stage depends on: code, sections, input files, columns and tables.

    A table is known by the key of the stage that made it: what goes in there decides the table.
    """
    # As text: two values that print alike are alike, and NaN equals NaN.
    columns = schools[list(stage.reads)].to_csv(index=False, float_format="%.17g")
    roots = {section.partition(".")[0] for section in stage.sections}
    parts = {
        "stage": stage.name,
        "code": code_hash(),
        "sections": {name: _section(opened, name) for name in stage.sections},
        "files": {name: h for name, h in hashes.items() if name.partition(".")[0] in roots},
        "columns": hashlib.sha256(columns.encode()).hexdigest(),
        "tables": {name: keys[name] for name in stage.tables},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _section(opened: Opened, dotted: str) -> Any:  # noqa: ANN401 - any section
    value: Any = opened.project
    for name in dotted.split("."):
        value = getattr(value, name)
    if isinstance(value, tuple):
        return [item.model_dump(mode="json") for item in value]
    return None if value is None else value.model_dump(mode="json")


def _join(schools: gpd.GeoDataFrame, columns: pd.DataFrame) -> gpd.GeoDataFrame:
    """New columns beside the old ones; a stage that touches an old one is a fault of the code."""
    if not len(columns.columns):  # a stage that makes tables only
        return schools
    again = set(columns.columns) & set(schools.columns)
    if again or len(columns) != len(schools):
        message = f"a stage rewrote {sorted(again)} or changed the number of rows"
        raise AssertionError(message)
    return schools.join(columns.set_axis(schools.index))


def _arranged(schools: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Columns in the order of the contract, leaves behind; rows by rank, the unranked by NPSN."""
    declared = [column.name for column in schema.COLUMNS]
    leaves = [name for name in schools.columns if name not in {*declared, "geometry"}]
    rows = schools.sort_values(["rank", "npsn", "row_id"], na_position="last", ignore_index=True)
    return rows[[*declared, *leaves, "geometry"]]


def _manifest(opened: Opened, hashes: dict[str, str], schools: gpd.GeoDataFrame) -> dict[str, Any]:
    """What a run rests on; no clock, no path of this machine."""
    project = opened.project
    values = {
        key: value
        for key, value, _ in opened.values()
        if not key.startswith("output.") and not key.endswith("path")
    }
    return {
        "kalsel_gap": version("kalsel-gap"),
        "project": project.project.name,
        "data": project.project.data,
        "python": platform.python_version(),
        "libraries": {
            name: version(name)
            for name in ("geopandas", "numba", "numpy", "pandas", "pyproj", "rasterio", "shapely")
        },
        "not_scored": [x for x in project.index.leaves() if f"{x}_score" not in schools.columns],
        "parameters": json.loads(json.dumps(values)),
        "inputs": {
            name: {"file": opened.shown(path), "sha256": hashes[name]}
            for name, path in project.inputs()
        },
    }


class _Step:
    """Times a step and tells the reporter when it begins and ends."""

    def __init__(self, project: OpenProject, name: str, report: Reporter) -> None:
        self.project, self.name, self.report = project, name, report

    def __enter__(self) -> None:
        self.begun = time.perf_counter()
        self.report(self.name, 0, 1)

    def __exit__(self, *_: object) -> None:
        self.project.seconds[self.name] = time.perf_counter() - self.begun
        self.report(self.name, 1, 1)
