"""Adequacy that a cell or polygon of a coverage map stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.findings import Finding
from kalsel_gap.i18n.numbers import number
from kalsel_gap.indicators import available
from kalsel_gap.sources import coverage
from kalsel_gap.sources.cells import cell_text, fold

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.geo import sampling
    from kalsel_gap.project.inputs import Coverage
    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.signal import Signal


# Levels that no receiver reports: the raster is not in dBm, or its nodata is not declared.
_POSSIBLE_DBM = (-200.0, 0.0)


def polygons_worth(source: Coverage, opened: Opened, findings: list[Finding]) -> gpd.GeoDataFrame:
    """Polygons of a coverage layer with their ``adequacy``, NaN where their class says nothing.

    Parameters
    ----------
    source : Coverage
        The layer's section of the project.
    opened : Opened
        The project.
    findings : list of Finding
        What is wrong with the layer is added here.

    Raises
    ------
    InputError
        The layer is unusable.
    """
    shown = opened.shown(source.path)
    polygons, found = coverage.read_polygons(source, shown)
    findings += found
    signal = opened.project.signal
    if source.kind == "binary":
        if source.technology == "fixed":
            return polygons.assign(adequacy=signal.fixed_network)
        return polygons.assign(adequacy=signal.curves[source.technology].declared)
    # A number is the same class however it is written: "1" and 1.0.
    table = {fold(_plain(key)): worth_ for key, worth_ in source.classes.items()}
    folded = polygons["class"].map(lambda text: fold(_plain(text)))
    unlisted = sorted(set(polygons.loc[~folded.isin(list(table)), "class"]))
    if unlisted:
        classes = {"classes": ", ".join(text or "–" for text in unlisted[:20])}
        findings.append(Finding("coverage_class_unlisted", file=shown, parameters=classes))
    return polygons.assign(adequacy=folded.map(table).astype("float64"))


def _plain(text: str) -> str:
    value = number(text)
    return text if np.isnan(value) else cell_text(value)


def worth(
    found: sampling.Sample, source: Coverage, opened: Opened, findings: list[Finding]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """What cells of a coverage raster are worth, NaN where they say nothing.

    Parameters
    ----------
    found : Sample
        The cells' values.
    source : Coverage
        The raster's section of the project.
    opened : Opened
        The project.
    findings : list of Finding
        What is wrong with the values is added here.

    Returns
    -------
    adequacy : float array
        0 to 1.
    none : bool array
        Cells without data that mean *no signal*.
    """
    value = found.value
    shown = opened.shown(source.path)
    if source.kind in ("rsrp_dbm", "level_dbm"):
        low, high = _POSSIBLE_DBM
        impossible = (value < low) | (value > high)
        if impossible.any():
            findings.append(
                Finding(
                    "raster_values_impossible",
                    file=shown,
                    parameters={"count": int(impossible.sum()), "low": low, "high": high},
                )
            )
    else:
        impossible = np.zeros(value.shape, dtype=bool)
    adequacy = _adequacy(value, source, opened.project.signal, shown, findings)
    none = np.isnan(value) & ~found.outside & (source.nodata_means == "none")
    adequacy[none] = 0.0
    adequacy[impossible] = np.nan
    return adequacy, none


def _adequacy(
    value: NDArray[np.float64],
    source: Coverage,
    signal: Signal,
    shown: str,
    findings: list[Finding],
) -> NDArray[np.float64]:
    """What each sampled cell is worth; NaN where the cell says nothing."""
    if source.kind == "class":
        table = {float(key): worth for key, worth in source.classes.items()}
        unlisted = sorted({float(v) for v in np.unique(value[~np.isnan(value)])} - set(table))
        if unlisted:
            findings.append(
                Finding(
                    "raster_class_unlisted",
                    file=shown,
                    parameters={"classes": ", ".join(f"{v:g}" for v in unlisted)},
                )
            )
        return available.from_class(value, table)
    if source.technology == "fixed":
        return available.from_binary(value, signal.fixed_network)
    if source.kind == "binary":
        return available.from_binary(value, signal.curves[source.technology].declared)
    return available.from_level(value, signal.curves[source.technology].points)
