"""The way of the data from a project file to a run: one stage after the other.

Each stage takes the table and returns new columns; none drops or reorders rows or changes a column
that came before. Expensive stages use the cache, so that a run with other weights is fast.
"""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deficit import land_signal, service, signals
from kalsel_gap.deficit.scores import score_schools
from kalsel_gap.deliverables import map_previews
from kalsel_gap.errors import InputError, ProjectError, SeveralErrors
from kalsel_gap.findings import Finding, sort, to_frame
from kalsel_gap.project.decision import NOT_STATED, Justification, decision_of_run
from kalsel_gap.project.read import find_project, read_project
from kalsel_gap.quality import layer_errors
from kalsel_gap.quality import stage as quality
from kalsel_gap.radio.links import prediction
from kalsel_gap.robustness import certainty
from kalsel_gap.sources import places, schools, sites
from kalsel_gap.sources.missing_kabupaten import fill_kabupaten
from kalsel_gap.stage_cache import StageCache, join, nobody
from kalsel_gap.storage.cache import Cache
from kalsel_gap.storage.fingerprint import default_cache_folder
from kalsel_gap.storage.run_folder import FORMAT, Run, read_manifests, write_run
from kalsel_gap.terrain import open_sea
from kalsel_gap.terrain import stage as terrain

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from kalsel_gap.project.input_hashes import InputHashes
    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Reporter, Stage

# Each reads what those before it have made.
STAGES: tuple[Stage, ...] = (
    schools.STAGE,
    sites.STAGE,
    quality.STAGE,
    layer_errors.STAGE,
    places.STAGE,
    open_sea.STAGE,
    terrain.STAGE,
    prediction.STAGE,
    signals.STAGE,
    service.STAGE,
    certainty.STAGE,
    land_signal.STAGE,
    map_previews.STAGE,
)
# Scores are not kept: they are cheap, and another weighting answers at once.
STEPS = (*(stage.name for stage in STAGES), "scores", "write")


def _silent(step: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(slots=True)
class OpenProject:
    """A project that can be ranked.

    Attributes
    ----------
    opened : Opened
        The project file, read.
    seconds : dict
        How long each step of the last :meth:`rank` took.
    damaged : tuple of str
        Runs whose record could not be read when the last :meth:`rank` looked up whether the
        decision came before them.
    """

    opened: Opened
    seconds: dict[str, float] = field(default_factory=dict)
    damaged: tuple[str, ...] = ()

    def rank(
        self,
        *,
        out: Path | None = None,
        cached: bool = True,
        despite_errors: bool = False,
        why: Justification = NOT_STATED,
        overwrite: bool = False,
        report: Reporter = _silent,
    ) -> Run:
        """Rank the schools and write a run.

        Parameters
        ----------
        out : Path, optional
            Folder of the runs, instead of the project's.
        cached : bool
            Whether the cache is used.
        despite_errors : bool
            Whether a layer is used that cannot be what the project says it is; the run is a trial
            then, and its overrides name what is wrong.
        why : Justification
            Why values are set for this run only, and who decided it.
        overwrite : bool
            Whether a run of the same id is replaced where somebody has changed its files.
        report : Reporter
            Receives the progress.

        Raises
        ------
        InputError, OutputError, SeveralErrors
            See the readers and :func:`kalsel_gap.storage.run_folder.write_run`; a layer cannot be
            what the project says it is; a reason is stated, and nothing is set.
        """
        opened = self.opened
        if why.recorded() and not (despite_errors or opened.overrides()):
            raise ProjectError("reason_of_nothing", path="--reason" if why.reason else "--role")
        store = Cache(default_cache_folder() if cached else None)
        self.seconds.clear()
        frames = [to_frame(_unused(opened))]
        work, table = StageCache(opened, store), nobody()
        ignored: list[str] = []
        for stage in STAGES:
            with _Step(self, stage.name, report):
                table, found = work.run(stage, table, partial(report, stage.name))
                frames.append(found)
                if stage is layer_errors.STAGE:
                    ignored = _obey(found, despite_errors=despite_errors)
        table, filled = fill_kabupaten(table, opened)
        frames.append(to_frame(filled))
        with _Step(self, "scores", report):
            scored = score_schools(
                *(table, opened),
                service=work.table("service"),
                draws=work.table("deficit_draws"),
            )
            table = schema.check(join(table, scored.columns), "scores")
        with _Step(self, "write", report):
            findings = sort(pd.concat(frames, ignore_index=True))
            folder = out if out is not None else opened.project.output.folder
            manifest = _manifest(opened, work.inputs, scored.tables["inactive"])
            figures = work.table("certainty")
            manifest["certainty"] = dict(zip(figures["name"], figures["value"], strict=True))
            manifest["overrides"] |= {"despite_errors": ignored} if despite_errors else {}
            manifest["overrides"] |= why.recorded()
            manifest |= self._decided(manifest, folder)
            inner = {name for stage in STAGES for name in stage.passes_on}
            kept = {name: each for name, each in work.tables.items() if name not in inner}
            run = write_run(
                *(folder, manifest, _arranged(table), findings, kept), overwrite=overwrite
            )
            store.save()
        return run

    def _decided(self, manifest: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        """What the run records of the decision, if there is one.

        Runs that were written to another folder than the project's are rankings all the same.
        """
        project = self.opened.project
        self.damaged = ()
        if project.decision is None:
            return {}
        earlier, self.damaged = read_manifests(folder, project.output.folder)
        inputs = {name: file["sha256"] for name, file in manifest["inputs"].items()}
        return {"decision": decision_of_run(project.decision, inputs, earlier)}


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


def _obey(findings: pd.DataFrame, *, despite_errors: bool) -> list[str]:
    """Stop for errors of whole layers, or say which of them were ignored."""
    rows = findings[findings["severity"] == "error"].to_dict("records")
    if rows and not despite_errors:
        raise SeveralErrors([InputError("layer_error", path=r["file"], finding=r) for r in rows])
    return [f"{row['file']}: {row['code']}" for row in rows]


def _unused(opened: Opened) -> list[Finding]:
    return [
        Finding("section_unused", file=opened.path.name, column=name)
        for name in opened.project.unused_sections()
    ]


def _arranged(schools: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Columns in the order of the contract, leaves behind; rows by rank, the unranked by NPSN."""
    declared = [column.name for column in schema.COLUMNS]
    leaves = [name for name in schools.columns if name not in {*declared, "geometry"}]
    rows = schools.sort_values(["rank", "npsn", "row_id"], na_position="last", ignore_index=True)
    return rows[[*declared, *leaves, "geometry"]]


def _manifest(opened: Opened, inputs: InputHashes, inactive: pd.DataFrame) -> dict[str, Any]:
    """What a run rests on; no clock, no path of this machine."""
    project = opened.project
    return {
        "format": FORMAT,
        "kalsel_gap": version("kalsel-gap"),
        "project": project.project.name,
        "data": project.project.data,
        "python": platform.python_version(),
        "libraries": {
            name: version(name)
            for name in ("geopandas", "numba", "numpy", "pandas", "pyproj", "rasterio", "shapely")
        },
        "not_scored": dict(zip(inactive["leaf"], inactive["reason"], strict=True)),
        "parameters": opened.parameters(),
        "overrides": opened.overrides(),
        "inputs": {
            name: {"file": opened.shown(file.path), "sha256": file.digest}
            for name, file in inputs.files.items()
        },
    }


class _Step:
    """Times a step and reports when it begins and ends."""

    def __init__(self, project: OpenProject, name: str, report: Reporter) -> None:
        self.project, self.name, self.report = project, name, report

    def __enter__(self) -> None:
        self.begun = time.perf_counter()
        self.report(self.name, 0, 1)

    def __exit__(self, *_: object) -> None:
        self.project.seconds[self.name] = time.perf_counter() - self.begun
        self.report(self.name, 1, 1)
