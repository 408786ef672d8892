"""Adequacy that a cell or polygon of a coverage map stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kalsel_gap.findings import Finding
from kalsel_gap.i18n.numbers import number
from kalsel_gap.indicators import available
from kalsel_gap.sources import coverage
from kalsel_gap.sources.cells import cell_text, fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.geo import sampling
    from kalsel_gap.project.inputs import Coverage
    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.signal import Signal


class CellAdequacy(NamedTuple):
    """Adequacy of cells of a coverage raster."""

    adequacy: NDArray[np.float64]
    """0 to 1, NaN where it is unknown."""
    none: NDArray[np.bool_]
    """Cells without data that mean *no signal*."""


def adequacy_of_polygons(
    source: Coverage, opened: Opened
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Polygons of a coverage layer with their ``adequacy``, NaN where it is unknown.

    Parameters
    ----------
    source : Coverage
        The layer's section of the project.
    opened : Opened
        The project.

    Returns
    -------
    polygons : GeoDataFrame
    findings : list of Finding
        What is wrong with the layer.

    Raises
    ------
    InputError
        The layer is unusable.
    """
    shown = opened.shown(source.path)
    polygons, findings = coverage.read_polygons(source, shown)
    signal = opened.project.signal
    if source.kind == "binary":
        if source.technology == "fixed":
            return polygons.assign(adequacy=signal.fixed_network), findings
        declared = signal.curves[source.technology].declared
        return polygons.assign(adequacy=declared), findings
    # A number is the same class however it is written: "1" and 1.0.
    table = {fold(_plain(key)): adequacy for key, adequacy in source.classes.items()}
    folded = polygons["class"].map(lambda text: fold(_plain(text)))
    unlisted = sorted(set(polygons.loc[~folded.isin(list(table)), "class"]))
    if unlisted:
        classes = {"classes": ", ".join(text or "–" for text in unlisted[:20])}
        findings.append(Finding("coverage_class_unlisted", file=shown, parameters=classes))
    return polygons.assign(adequacy=folded.map(table).astype("float64")), findings


def _plain(text: str) -> str:
    value = number(text)
    return text if np.isnan(value) else cell_text(value)


def adequacy_of_cells(
    found: sampling.Sample, source: Coverage, opened: Opened
) -> tuple[CellAdequacy, list[Finding]]:
    """Adequacy that cells of a coverage raster stand for, NaN where it is unknown.

    Parameters
    ----------
    found : Sample
        The cells' values.
    source : Coverage
        The raster's section of the project.
    opened : Opened
        The project.

    Returns
    -------
    cells : CellAdequacy
    findings : list of Finding
        What is wrong with the values.
    """
    shown = opened.shown(source.path)
    nodata_values = opened.project.file_checks.coverage.nodata_values
    impossible = coverage.means_nothing(found.value, source, nodata_values)
    adequacy = _adequacy(found.value, source, opened.project.signal)
    none = np.isnan(found.value) & ~found.outside & (source.nodata_means == "none")
    adequacy[none] = 0.0
    adequacy[impossible] = np.nan
    findings = [
        *_impossible_values(impossible, source, shown),
        *_unlisted_classes(found.value, source, shown),
    ]
    return CellAdequacy(adequacy, none), findings


def _impossible_values(
    impossible: NDArray[np.bool_], source: Coverage, shown: str
) -> Iterator[Finding]:
    if source.kind == "class" or not impossible.any():  # a class that is not listed is named so
        return
    low, high = coverage.POSSIBLE_DBM if source.kind in coverage.LEVELS else (0, 1)
    count = {"count": int(impossible.sum()), "low": low, "high": high}
    yield Finding("raster_values_impossible", file=shown, parameters=count)


def _unlisted_classes(
    value: NDArray[np.float64], source: Coverage, shown: str
) -> Iterator[Finding]:
    if source.kind != "class":
        return
    listed = {float(key) for key in source.classes}
    unlisted = sorted({float(v) for v in np.unique(value[~np.isnan(value)])} - listed)
    if unlisted:
        classes = {"classes": ", ".join(f"{v:g}" for v in unlisted)}
        yield Finding("raster_class_unlisted", file=shown, parameters=classes)


def _adequacy(value: NDArray[np.float64], source: Coverage, signal: Signal) -> NDArray[np.float64]:
    """Adequacy of each sampled cell; NaN where it is unknown."""
    if source.kind == "class":
        table = {float(key): each for key, each in source.classes.items()}
        return available.from_class(value, table)
    if source.technology == "fixed":
        return available.from_binary(value, signal.fixed_network)
    if source.kind == "binary":
        return available.from_binary(value, signal.curves[source.technology].declared)
    return available.from_level(value, signal.curves[source.technology].points)
