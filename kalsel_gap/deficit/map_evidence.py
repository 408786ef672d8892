"""What maps of coverage and tiles of speed tests show at each place where a school may stand.

The value at a place is the mean adequacy over the circle of its position uncertainty, or over the
area that stands for it. A raster, a layer of polygons or a file of tiles covers a place as far as
it knows that circle: *value*, *none* (known to have no signal) or *unknown*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.deficit.coverage_value import adequacy_of_cells, adequacy_of_polygons
from kalsel_gap.errors import InputError
from kalsel_gap.indicators import available, delivered
from kalsel_gap.radio.links.usable_levels import usable_adequacy
from kalsel_gap.sources import coverage
from kalsel_gap.sources.school_points import sampled
from kalsel_gap.sources.speed_test_tiles import read_tiles, tile_numbers, tile_sources
from kalsel_gap.stages import silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from kalsel_gap.findings import Finding
    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.project.inputs import Coverage, Measurements
    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.signal import Signal
    from kalsel_gap.stages import Progress

EVIDENCE = (
    *("at", "row_id", "npsn", "place", "technology", "operator", "basis", "kind", "date"),
    *("number", "detection_dbm", "level_dbm", "adequacy", "least", "most", "signal_share"),
    *("known_share", "status", "source", "spread_db", "usable_share"),
)
_PLACES_AT_ONCE = 20_000
_DECIMALS = 9


def read_maps(
    places: gpd.GeoDataFrame, opened: Opened, progress: Progress = silent
) -> tuple[pd.DataFrame, list[Finding]]:
    """Every raster, layer of polygons and file of tiles at every place.

    Parameters
    ----------
    places : GeoDataFrame
        As :func:`kalsel_gap.sources.school_points.alternatives` gives them.
    opened : Opened
        The project.
    progress : callable
        Called with the number of files done and of all.

    Returns
    -------
    evidence : DataFrame
        :data:`EVIDENCE`, one row for each place and file; ``at`` is the position of the place, and
        ``number`` that of the file in the project.
    findings : list of Finding
        What is wrong with the files.

    Raises
    ------
    InputError
        A raster, layer or file of tiles is unusable or touches no school.
    """
    lat, lon = sampled(places, opened)
    maps, tiled = opened.project.coverage, tuple(tile_sources(opened))
    frames = [pd.DataFrame(columns=list(EVIDENCE))]
    findings: list[Finding] = []
    for number in range(len(maps) + len(tiled)):
        if number < len(maps):
            made, found = _of_coverage(places, maps[number], opened, lat, lon)
        else:
            made, found = _of_tiles(places, tiled[number - len(maps)], opened, lat, lon)
        frames.append(made.assign(number=number))
        findings += found
        progress(number + 1, len(maps) + len(tiled))
    evidence = frames[0] if len(frames) == 1 else pd.concat(frames[1:], ignore_index=True)
    return evidence[list(EVIDENCE)], findings


def _of_coverage(
    places: gpd.GeoDataFrame, source: Coverage, opened: Opened, lat: FloatArray, lon: FloatArray
) -> tuple[pd.DataFrame, list[Finding]]:
    """One raster or layer of polygons at all places."""
    at = places["lat"].to_numpy(), places["lon"].to_numpy()
    located = places["lat"].notna().any()
    value = None
    if source.is_vector:
        polygons, findings = adequacy_of_polygons(source, opened)
        if located and not coverage.touches(polygons, *at):
            raise InputError("coverage_touches_no_school", path=source.file)
        adequacy, inside = coverage.best_at(polygons, polygons["adequacy"], lat, lon)
        none = ~inside & ~np.isnan(lat) & (source.nodata_means == "none")
        adequacy[none] = 0.0
    else:
        from kalsel_gap.geo import sampling  # GDAL loads only when there is something to read

        if located and not sampling.touches(source.tiles, *at):
            raise InputError("raster_touches_no_school", path=source.file)
        found = sampling.sample(source.tiles, lat, lon, band=source.band)
        (adequacy, none), findings = adequacy_of_cells(found, source, opened)
        value = found.value if source.kind in coverage.LEVELS else None
    signal = opened.project.signal
    stated = {
        "technology": source.technology,
        "operator": source.operator,
        "basis": source.basis,
        "kind": source.kind,
        "date": source.date,
        "source": opened.shown(source.path),
        "detection_dbm": _detection_dbm(source, signal),
    }
    usable = usable_adequacy(source.technology, opened.project)
    means = _means(places, stated, adequacy, none, signal, level_dbm=value, usable=usable)
    return means.join(_range(means["adequacy"], source)), findings


def _detection_dbm(source: Coverage, signal: Signal) -> float:
    """Level below which a map shows no signal: as stated, otherwise its lowest; NaN of classes."""
    if source.kind not in coverage.LEVELS or source.technology == "fixed":
        return np.nan
    if source.detection_dbm is not None:
        return source.detection_dbm
    from kalsel_gap.geo import sampling

    nothing_dbm = signal.curves[source.technology].points[0][0]
    lowest = np.inf
    with sampling.open_band(source.tiles, source.band) as band:
        for window in band.windows():
            level = band.read(window)
            lowest = min(lowest, np.min(level, initial=np.inf, where=level > nothing_dbm))
    return lowest if np.isfinite(lowest) else np.nan


def _range(adequacy: pd.Series[float], source: Coverage) -> pd.DataFrame:
    """Adequacies that agree with what a map shows: ``least`` and ``most``.

    A class agrees with all between its neighbours. The best class, and declared coverage, have no
    upper end.
    """
    if source.kind == "class":
        classes = np.unique(np.round(list(source.classes.values()), _DECIMALS))
        value = adequacy.round(_DECIMALS)  # of a mean over equal cells
        below = np.searchsorted(classes, value, side="left") - 1
        above = np.searchsorted(classes, value, side="right")
        most = np.append(classes, np.inf)[above]
        between = pd.DataFrame({"least": classes[np.maximum(below, 0)], "most": most})
        return between.mask(adequacy.isna())
    open_end = source.kind == "binary"
    return pd.DataFrame({"least": adequacy, "most": np.inf if open_end else adequacy})


def _of_tiles(
    places: gpd.GeoDataFrame, source: Measurements, opened: Opened, lat: FloatArray, lon: FloatArray
) -> tuple[pd.DataFrame, list[Finding]]:
    """Speed tests of the tiles around all places: what others get there is available there.

    A tile's rates and latency make an adequacy by each school's own required bandwidth, and that is
    averaged over the school's circle as a raster is. The operator is not stated: it is ``any``.
    """
    shown = opened.shown(source.path)
    tiles, findings = read_tiles(
        source, lat, lon, shown, opened.project.file_checks.measurements.highest_mbps
    )
    index = opened.project.index
    required = delivered.required_mbps(places["students"].astype("float64"), index.required_mbps)
    adequacy = np.full(lat.shape, np.nan)
    for first in range(0, len(places), _PLACES_AT_ONCE):
        part = slice(first, first + _PLACES_AT_ONCE)
        numbers = tile_numbers(lat[part], lon[part], tiles.zoom)
        rows = tiles.rates.reindex(numbers.ravel())
        need = np.repeat(required[part], numbers.shape[1])
        of_tile = delivered.adequacy(
            rows["down_mbps"], rows["up_mbps"], rows["latency_ms"], need, index.adequacy
        )
        adequacy[part] = of_tile.reshape(numbers.shape)
    stated = {
        "technology": source.tested,
        "operator": "any",
        "basis": "measured",
        "kind": "tile",
        "date": source.date,
        "source": shown,
        "detection_dbm": np.nan,
    }
    nowhere = np.zeros(adequacy.shape, dtype=bool)
    usable = usable_adequacy(source.tested, opened.project)
    means = _means(places, stated, adequacy, nowhere, opened.project.signal, usable=usable)
    # What others measured there is the least that can be had.
    return means.assign(least=means["adequacy"], most=np.inf), findings


def _means(
    places: gpd.GeoDataFrame,
    stated: Mapping[str, object],
    adequacy: FloatArray,
    none: BoolArray,
    signal: Signal,
    *,
    usable: float,
    level_dbm: FloatArray | None = None,
) -> pd.DataFrame:
    """Means over each place's circle, as rows of the evidence.

    Parameters
    ----------
    stated : mapping
        Columns that are the same in all rows.
    adequacy, none, level_dbm : arrays of shape (places, points)
        Worth of each point, NaN where unknown; whether it means *no signal*; its level.
    usable : float
        Adequacy from which a signal is usable.
    """
    known = ~np.isnan(adequacy)
    has_signal = known & ~none & (adequacy > 0)
    known_share, signal_share = known.mean(axis=1), has_signal.mean(axis=1)
    enough = (known_share > 0) & (known_share >= signal.minimum_known_share)
    level, spread = np.full(len(places), np.nan), np.zeros(len(places))
    with np.errstate(invalid="ignore"):
        mean = np.where(known, adequacy, 0.0).sum(axis=1) / known.sum(axis=1)
        if level_dbm is not None:
            level = np.where(has_signal, level_dbm, 0.0).sum(axis=1) / has_signal.sum(axis=1)
            apart = np.where(has_signal, level_dbm - level[:, None], 0.0)
            spread = np.sqrt((apart**2).sum(axis=1) / has_signal.sum(axis=1))
    return pd.DataFrame(
        {
            "at": np.arange(len(places)),
            **{name: places[name].to_numpy() for name in ("row_id", "npsn", "place")},
            **stated,
            "level_dbm": np.where(enough & (signal_share > 0), level, np.nan),
            "adequacy": np.where(enough, mean, np.nan),
            "signal_share": np.where(enough, signal_share, np.nan),
            "usable_share": np.where(
                enough, available.is_usable(np.nan_to_num(adequacy), usable).mean(axis=1), np.nan
            ),
            "known_share": known_share,
            "spread_db": np.nan_to_num(spread),
            "status": np.select([~enough, signal_share > 0], ["unknown", "value"], "none"),
        }
    )
