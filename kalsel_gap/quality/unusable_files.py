"""Unusable files as findings, so that the other files are still checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding
from kalsel_gap.project.inputs import Coverage
from kalsel_gap.sources.features import shapeless
from kalsel_gap.sources.formats.vector_layers import read_vector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from kalsel_gap.errors import KalselGapError
    from kalsel_gap.project.inputs import Table, VectorLayer
    from kalsel_gap.project.model import Opened
    from kalsel_gap.sources.formats.vector_layers import ShapeKind

Result = TypeVar("Result")

_TABLES = ("attributes", "coverage", "sites", "measurements", "facilities")
_LAYERS = ("rivers", "roads", "fibre", "wetlands", "villages")


def file_finding(error: KalselGapError, file: str) -> Finding:
    """The error of a reader as a finding.

    Parameters
    ----------
    error : KalselGapError
        Its code and fields become parameters, from which the sentence is made.
    file : str
        The file as the project names it, without the machine's path.
    """
    parameters = {"error": error.code} | {key: str(value) for key, value in error.params.items()}
    return Finding(
        "file_unusable",
        file=file,
        row=error.row,
        column=error.column or "",
        parameters=parameters,
    )


def run_without_unusable(
    run: Callable[[Opened], Result], opened: Opened
) -> tuple[Result, list[Finding]]:
    """Run a function on the project without the files that stop it, which become findings.

    Parameters
    ----------
    run : callable
        Reads files of the project; called again without each file that is unusable.
    opened : Opened
        The project.

    Raises
    ------
    InputError
        A required file is unusable: a register, or the accepted repairs.
    """
    broken: list[Finding] = []
    while True:
        try:
            return run(opened), broken
        except InputError as error:
            less = _without(opened, error.path)
            if less is None:
                raise
            broken.append(file_finding(error, opened.shown(Path(str(error.path)))))
            opened = less


def _without(opened: Opened, path: Path | str | None) -> Opened | None:
    """The project without a file in any section; None if the file is required."""
    project = opened.project
    less: dict[str, object] = {}
    for section in _TABLES:
        sources = getattr(project, section)
        kept = tuple(source for source in sources if path not in _files(source))
        less |= {section: kept} if len(kept) < len(sources) else {}
    for section in _LAYERS:
        layer = getattr(project, section)
        less |= {section: None} if layer is not None and layer.path == path else {}
    levels = [level for level, file in project.boundaries.files().items() if file == path]
    if levels:
        less["boundaries"] = project.boundaries.model_copy(update=dict.fromkeys(levels))
    if (shore := project.coastline) is not None and path in (shore.path, *shore.land):
        land = tuple(file for file in shore.land if file != path)
        on_shore = shore.path != path
        less["coastline"] = shore.model_copy(update={"land": land}) if on_shore else None
    return replace(opened, project=project.model_copy(update=less)) if less else None


def _files(source: Table | Coverage | VectorLayer) -> tuple[Path, ...]:
    """Every file of an input, and the folders that its project names."""
    if isinstance(source, Coverage):
        return (*source.path, *source.tiles.files)
    return (source.path,)


def check_layers(opened: Opened, schools: pd.DataFrame) -> list[Finding]:  # noqa: ARG001 - as its siblings
    """Layers that no other check reads: whether they can be used, and which features cannot.

    Parameters
    ----------
    opened : Opened
        The project.
    schools : DataFrame
        Not looked at.
    """
    findings = []
    for path, shapes in sorted(set(_layers(opened))):
        try:
            layer = read_vector(path, shapes=shapes)
        except InputError as error:
            findings.append(file_finding(error, opened.shown(path)))
        else:
            findings += shapeless(layer, opened.shown(path))
    return findings


def _layers(opened: Opened) -> Iterator[tuple[Path, ShapeKind]]:
    project = opened.project
    if project.coastline is not None:
        yield project.coastline.path, "lines"
        for path in project.coastline.land:
            yield path, "polygons"
    if project.wetlands is not None:
        yield project.wetlands.path, "polygons"
    for layer in (project.rivers, project.roads, project.fibre, *project.facilities):
        if layer is not None:
            yield layer.path, "any"
