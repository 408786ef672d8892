"""Signals: per school, technology and operator, the level and its adequacy.

The value at a school is the mean adequacy over the circle of its position uncertainty, or over the
area that stands for its location. A raster,
a layer of polygons or a file of tiles of speed tests covers a school as far as it has data in that
circle: *value*, *none* (known to have no signal) or *unknown*; so do our own predictions. Where
several cover one operator and technology the best evidence is used: measured, predicted,
modelled, declared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deficit.coverage_value import POSSIBLE_DBM, polygons_worth, worth
from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding, at_school
from kalsel_gap.indicators import available, delivered
from kalsel_gap.radio.links.disagreement import disagreements
from kalsel_gap.sources import coverage
from kalsel_gap.sources.school_points import sampled
from kalsel_gap.sources.speed_test_tiles import read_tiles, tile_numbers, tile_sources
from kalsel_gap.sources.speed_tests import latest_quarter, read_measurements
from kalsel_gap.stages import NO_TABLES, Stage, Staged, silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.project.inputs import Coverage, Measurements
    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.signal import Signal
    from kalsel_gap.stages import Progress, Tables

SIGNALS = (
    *("row_id", "npsn", "technology", "operator", "basis", "kind", "level_dbm"),
    *("adequacy", "signal_share", "known_share", "status", "source", "used"),
)
_SCHOOLS_AT_ONCE = 20_000
# Technologies of which one suffices to know what is available: both reach an adequate service.
_BEST = {"4g", "5g"}


def collect_signals(
    schools: gpd.GeoDataFrame,
    opened: Opened,
    tables: Tables = NO_TABLES,
    progress: Progress = silent,
) -> Staged:
    """The columns of the stage *signals* and the tidy table ``signals``.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns that :data:`STAGE` reads.
    opened : Opened
        The project.
    tables : mapping of DataFrame
        ``predictions`` of the stage *prediction*; without it none is used.
    progress : callable
        Called with the number of rasters done and of all.

    Returns
    -------
    Staged
        Table ``signals``: :data:`SIGNALS`, one row per school and raster, layer of polygons,
        file of tiles of speed tests (``kind`` *tile*, ``operator`` *any*) or prediction (``kind``
        *prediction*).

    Raises
    ------
    InputError
        A raster, layer or file of tiles is unusable or touches no school.
    """
    sources = opened.project.coverage
    predictions = tables.get("predictions")
    tiled = tuple(tile_sources(opened))
    findings: list[Finding] = []
    lat, lon = sampled(schools, opened)
    frames = []
    for done, source in enumerate(sources):
        frame, found = _signal(schools, source, opened, lat, lon)
        frames.append(frame)
        findings += found
        progress(done + 1, len(sources) + len(tiled))
    for done, tiles in enumerate(tiled, start=len(sources)):
        frame, found = _surroundings(schools, tiles, opened, lat, lon)
        frames.append(frame)
        findings += found
        progress(done + 1, len(sources) + len(tiled))
    if predictions is not None and len(predictions):
        frames.append(_predicted(predictions))
    tidy = _used(pd.concat(frames, ignore_index=True)) if frames else _no_signals()
    columns = _best(schools, tidy, opened)
    located = schools["lat"].notna()
    if sources:
        described = (tidy["status"] != "unknown") & (tidy["kind"] != "prediction")
        seen = set(tidy.loc[described, "row_id"])
        unseen = located & ~schools["row_id"].isin(seen)
        findings += [
            at_school("off_every_coverage", row_id, npsn, column="lat, lon")
            for row_id, npsn in schools.loc[unseen, ["row_id", "npsn"]].itertuples(index=False)
        ]
    if predictions is not None:
        findings += disagreements(tidy, predictions, opened)
    tests, test_findings = read_measurements(opened)
    schoolless = ~tests["npsn"].isin(set(schools["npsn"]) - {""})
    findings += test_findings
    findings += [
        Finding("measurement_without_school", file=file, row=int(row), npsn=npsn, column="npsn")
        for file, row, npsn in tests.loc[schoolless, ["file", "row", "npsn"]].itertuples(
            index=False
        )
    ]
    recent = latest_quarter(tests[~schoolless])
    for name in recent.columns:
        columns[name] = schools["npsn"].map(recent[name])
    written = schema.table(columns, schema.of_stage("signals"))
    return Staged(written, findings, {"signals": tidy})


STAGE = Stage(
    "signals",
    collect_signals,
    reads=(
        *("row_id", "npsn", "lat", "lon", "confidence_radius_m", "location_area"),
        *("fixed_network", "site_4g_km", "terrain_class", "is_duplicate", "students"),
    ),
    sections=(
        *("signal", "coverage", "measurements", "boundaries"),
        *("index.inference", "index.required_mbps", "index.adequacy", "index.gap"),
    ),
    tables=("predictions",),
    writes=("signals",),
)


def _signal(
    schools: gpd.GeoDataFrame,
    source: Coverage,
    opened: Opened,
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
) -> tuple[pd.DataFrame, list[Finding]]:
    """One raster or layer of polygons at all schools."""
    at = schools["lat"].to_numpy(), schools["lon"].to_numpy()
    located = schools["lat"].notna().any()
    value = None
    if source.is_vector:
        polygons, findings = polygons_worth(source, opened)
        if located and not coverage.touches(polygons, *at):
            raise InputError("coverage_touches_no_school", path=source.path)
        adequacy, inside = coverage.best_at(polygons, polygons["adequacy"], lat, lon)
        none = ~inside & ~np.isnan(lat) & (source.nodata_means == "none")
        adequacy[none] = 0.0
    else:
        from kalsel_gap.geo import sampling  # GDAL loads only when there is something to read

        if located and not sampling.touches(source.path, *at):
            raise InputError("raster_touches_no_school", path=source.path)
        found = sampling.sample(source.path, lat, lon, band=source.band)
        (adequacy, none), findings = worth(found, source, opened)
        value = found.value if source.kind in ("rsrp_dbm", "level_dbm") else None
    described = {
        "technology": source.technology,
        "operator": source.operator,
        "basis": source.basis,
        "kind": source.kind,
        "date": source.date,
        "source": opened.shown(source.path),
    }
    signal = opened.project.signal
    return _evidence(schools, described, adequacy, none, signal, level_dbm=value), findings


def _evidence(
    schools: gpd.GeoDataFrame,
    described: Mapping[str, str],
    adequacy: NDArray[np.float64],
    none: NDArray[np.bool_],
    signal: Signal,
    *,
    level_dbm: NDArray[np.float64] | None = None,
) -> pd.DataFrame:
    """Means over each school's circle, as rows of the table ``signals``.

    Parameters
    ----------
    described : mapping
        Columns that are the same in all rows.
    adequacy, none, level_dbm : arrays of shape (schools, points)
        Adequacy of each point, NaN where unknown; whether it means *no signal*; its level.
    """
    known = ~np.isnan(adequacy)
    has_signal = known & ~none & (adequacy > 0)
    known_share, signal_share = known.mean(axis=1), has_signal.mean(axis=1)
    enough = (known_share > 0) & (known_share >= signal.minimum_known_share)
    level = np.full(len(schools), np.nan)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, adequacy, 0.0).sum(axis=1) / known.sum(axis=1)
        if level_dbm is not None:
            level = np.where(has_signal, level_dbm, 0.0).sum(axis=1) / has_signal.sum(axis=1)
    return pd.DataFrame(
        {
            "row_id": schools["row_id"],
            "npsn": schools["npsn"],
            **described,
            "level_dbm": np.where(enough & (signal_share > 0), level, np.nan),
            "adequacy": np.where(enough, mean, np.nan),
            "signal_share": np.where(enough, signal_share, np.nan),
            "known_share": known_share,
            "status": np.select([~enough, signal_share > 0], ["unknown", "value"], "none"),
            "at_least": False,
        }
    )


def _surroundings(
    schools: gpd.GeoDataFrame,
    source: Measurements,
    opened: Opened,
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
) -> tuple[pd.DataFrame, list[Finding]]:
    """Speed tests of the tiles around all schools: what others measure there is available there.

    A tile's rates and latency make an adequacy by each school's own required bandwidth, and that is
    averaged over the school's circle as a raster is. No operator is given: it is ``any``.
    """
    shown = opened.shown(source.path)
    tiles, findings = read_tiles(source, lat, lon, shown)
    index = opened.project.index
    required = delivered.required_mbps(schools["students"].astype("float64"), index.required_mbps)
    adequacy = np.full(lat.shape, np.nan)
    for first in range(0, len(schools), _SCHOOLS_AT_ONCE):
        part = slice(first, first + _SCHOOLS_AT_ONCE)
        numbers = tile_numbers(lat[part], lon[part], tiles.zoom)
        rows = tiles.rates.reindex(numbers.ravel())
        need = np.repeat(required[part], numbers.shape[1])
        worth_ = delivered.adequacy(
            rows["down_mbps"], rows["up_mbps"], rows["latency_ms"], need, index.adequacy
        )
        adequacy[part] = worth_.reshape(numbers.shape)
    described = {
        "technology": source.tested,
        "operator": "any",
        "basis": "measured",
        "kind": "tile",
        "date": source.date,
        "source": shown,
    }
    nowhere = np.zeros(adequacy.shape, dtype=bool)
    return _evidence(schools, described, adequacy, nowhere, opened.project.signal), findings


def _predicted(predictions: pd.DataFrame) -> pd.DataFrame:
    """Predictions as evidence: those without a value have no level."""
    has_value = predictions["status"] == "value"
    level = predictions["level_dbm"].where(has_value).clip(*POSSIBLE_DBM)
    described = {"basis": "predicted", "kind": "prediction", "date": ""}
    return predictions.assign(**described, level_dbm=level, at_least=predictions["reason"] != "")[
        [*(name for name in SIGNALS if name != "used"), "date", "at_least"]
    ]


def _used(tidy: pd.DataFrame) -> pd.DataFrame:
    """Mark, per school, operator and technology, the evidence that counts."""
    order = {basis: number for number, basis in enumerate(schema.BASES)}
    # A lower bound of what is available contradicts nothing better: the larger counts.
    ranked = tidy.assign(
        evidence=tidy["basis"].map(order).mask(tidy["at_least"].astype(bool), order["modelled"]),
        unknown=tidy["status"] == "unknown",
        poor=-tidy["adequacy"],
        # Of tiles of several quarters the latest one speaks.
        newest=tidy["date"].where(tidy["kind"] == "tile", "").rank(method="dense", ascending=False),
    )
    ranked = ranked.sort_values(
        [
            *("row_id", "technology", "operator", "unknown"),
            *("evidence", "newest", "poor", "source"),
        ],
        kind="stable",
    )
    first = ~ranked.duplicated(["row_id", "technology", "operator"])
    tidy = tidy.assign(used=first.reindex(tidy.index) & (tidy["status"] != "unknown"))
    return tidy[list(SIGNALS)].sort_values(
        ["npsn", "row_id", "technology", "operator", "source"], ignore_index=True
    )


def _no_signals() -> pd.DataFrame:
    return pd.DataFrame(columns=list(SIGNALS))


def _best(schools: gpd.GeoDataFrame, tidy: pd.DataFrame, opened: Opened) -> pd.DataFrame:
    """The best signal of each school, what is available, and how that is known."""
    used = tidy[tidy["used"].astype(bool)]
    columns = _best_signal(schools, used)
    columns.loc[~_is_decided(schools, tidy, used, opened), list(columns.columns)] = None
    # A poor signal is all there is only where no other map of 4G or 5G lacks data.
    poor = columns["available"] < opened.project.index.gap.covered
    bound = columns["available"].where(poor & _lacks_a_map(schools, tidy, used))
    columns.loc[bound.notna(), "available"] = np.nan
    columns = _with_fixed_network(schools, columns, opened.project.signal.fixed_network)
    return _inferred(schools, columns, bound, opened)


def _best_signal(schools: gpd.GeoDataFrame, used: pd.DataFrame) -> pd.DataFrame:
    """The signal of the highest adequacy at each school, from the evidence that counts."""
    best = used.sort_values(
        ["adequacy", "level_dbm", "technology", "operator"],
        ascending=[False, False, False, True],
        kind="stable",
    ).drop_duplicates("row_id")
    best = best.set_index("row_id").reindex(schools["row_id"]).set_axis(schools.index)
    columns = pd.DataFrame(
        {
            "available": best["adequacy"].astype("float64"),
            "best_technology": best["technology"],
            "best_operator": best["operator"],
            "best_level_dbm": best["level_dbm"],
            "best_basis": best["basis"],
        }
    )
    columns.loc[best["status"] == "none", ["best_technology", "best_operator"]] = None
    return columns


def _is_decided(
    schools: gpd.GeoDataFrame, tidy: pd.DataFrame, used: pd.DataFrame, opened: Opened
) -> pd.Series[bool]:
    """Whether evidence of the project's best technology, or a fixed network, covers each school.

    A school that only maps of older technologies cover may have a better one: unknown.
    """
    radio = {s.technology for s in opened.project.coverage}
    radio |= set(tidy.loc[tidy["kind"] == "tile", "technology"])
    radio |= set(used.loc[used["kind"] == "prediction", "technology"])
    top = _BEST & radio or {max(radio - {"fixed"}, default="")}
    serves = (used["technology"] == "fixed") & (used["adequacy"] > 0)
    decides = used["technology"].isin(top) | serves
    covered: pd.Series[bool] = schools["row_id"].isin(set(used.loc[decides, "row_id"]))
    return covered


def _lacks_a_map(
    schools: gpd.GeoDataFrame, tidy: pd.DataFrame, used: pd.DataFrame
) -> pd.Series[bool]:
    """Whether a map of 4G or 5G has no data at a school, and no other evidence replaces it."""
    pairs = ["row_id", "technology", "operator"]
    lacking = tidy["technology"].isin(_BEST) & (tidy["status"] == "unknown")
    lacking &= tidy["kind"] != "prediction"  # from sites that are no map of anything
    asked = tidy.loc[lacking, pairs]
    answered = pd.MultiIndex.from_frame(used[pairs])
    unanswered = asked[~pd.MultiIndex.from_frame(asked).isin(answered)]
    lacks: pd.Series[bool] = schools["row_id"].isin(set(unanswered["row_id"]))
    return lacks


def _with_fixed_network(
    schools: gpd.GeoDataFrame, columns: pd.DataFrame, adequacy: float
) -> pd.DataFrame:
    """The columns with the fixed network in place of a poorer signal where one is declared."""
    fixed = schools["fixed_network"].fillna(value=False).astype(bool)
    better = fixed & ~(columns["available"] >= adequacy)
    columns = columns.copy()
    columns.loc[better, "available"] = adequacy
    columns.loc[better, "best_technology"] = "fixed"
    columns.loc[better, ["best_operator", "best_level_dbm"]] = None
    columns.loc[better, "best_basis"] = "declared"
    return columns


def _inferred(
    schools: gpd.GeoDataFrame, columns: pd.DataFrame, bound: pd.Series[float], opened: Opened
) -> pd.DataFrame:
    """Infer what is available from the distance to a 4G site, where enough schools have both.

    `bound` is what one map knows where another one is silent: what is available is at least that.
    """
    rule = opened.project.index.inference
    known = columns["available"].notna()
    reference = known & schools["site_4g_km"].notna() & ~schools["is_duplicate"].astype(bool)
    wanted = ~known & schools["site_4g_km"].notna()
    status = pd.Series(np.where(known, "known", "unknown"), index=schools.index, dtype="str")
    if wanted.any() and reference.sum() >= rule.minimum_schools:
        distribution = available.binned(
            schools.loc[reference, "site_4g_km"],
            columns.loc[reference, "available"],
            schools.loc[reference, "terrain_class"],
            rule,
            rising=False,
        )
        columns.loc[wanted, "available"] = distribution.mean(
            schools.loc[wanted, "site_4g_km"], schools.loc[wanted, "terrain_class"]
        )
        status[wanted] = "inferred"
    at_least = bound.notna() & (bound > 0) & ~known
    columns.loc[at_least, "available"] = (
        columns["available"].fillna(0.0).clip(lower=bound)[at_least]
    )
    status[at_least] = "inferred"
    columns["available_status"] = status
    return columns
