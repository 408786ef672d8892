"""Stage ``signals``: what is available at each school, and what its own speed tests measured.

Maps, tiles and predictions are read at every place where a school may stand
(:mod:`.map_evidence`), combined for each operator and technology (:mod:`.combined_evidence`), and
the best of them is available there (:mod:`.availability`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.deficit.availability import combine_places, find_available
from kalsel_gap.deficit.combined_evidence import combine_evidence
from kalsel_gap.deficit.map_evidence import read_maps
from kalsel_gap.deficit.measured_levels import measured_at_schools
from kalsel_gap.deficit.signal_margins import margins_of_schools, measure_margins
from kalsel_gap.findings import Finding, at_school
from kalsel_gap.sources.accepted_objections import AcceptedObjections
from kalsel_gap.sources.school_points import POSITION, alternatives
from kalsel_gap.sources.speed_tests import (
    VALUES,
    in_latest_quarter,
    latest_quarter,
    read_measurements,
)
from kalsel_gap.stages import NO_TABLES, Stage, Staged, silent

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.indicators.inference import MonotoneCurve
    from kalsel_gap.project.model import Opened
    from kalsel_gap.stages import Progress, Tables

SIGNALS = (
    *("row_id", "npsn", "place", "technology", "operator", "basis", "kind", "level_dbm"),
    *("adequacy", "signal_share", "known_share", "status", "source", "used"),
)
# What the certainty is drawn from: the level of each operator and technology, ...
SHOWN_LEVELS = (
    *("row_id", "place", "terrain_class", "technology", "operator"),
    *("shown_dbm", "adequacy", "error_db", "spread_db", "is_none"),
)
# ... what is available at a place without them, ...
PLACE_AVAILABILITY = ("row_id", "place", "available", "evidence", "least")
# ... and the tests that the median is of.
OWN_TESTS = ("npsn", *VALUES)


def collect_signals(
    schools: gpd.GeoDataFrame,
    opened: Opened,
    tables: Tables = NO_TABLES,
    progress: Progress = silent,
) -> Staged:
    """The columns of the stage *signals* and its tables.

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
        Table ``signals``: :data:`SIGNALS`, one row per place of a school and raster, layer of
        polygons, file of tiles of speed tests (``kind`` *tile*, ``operator`` *any*), prediction
        (``kind`` *prediction*) or operator whose level was measured there. Table
        ``distance_curve``: ``km``, ``available`` and ``schools`` of the curve that infers what is
        available; empty where there is none. Tables ``shown_levels``: :data:`SHOWN_LEVELS`,
        ``place_availability``: :data:`PLACE_AVAILABILITY`, ``least`` is what a fixed network or a
        poor signal has at least, ``own_tests``: :data:`OWN_TESTS`.

    Raises
    ------
    InputError
        A raster, layer or file of tiles is unusable or touches no school.
    """
    predictions = tables.get("predictions")
    places = alternatives(schools, opened)
    maps, findings = read_maps(places, opened, progress)
    measured, found = measured_at_schools(places, opened)
    findings = [*findings, *found]
    if len(measured):
        maps = pd.concat([maps, measured], ignore_index=True) if len(maps) else measured
    combined, used, found = combine_evidence(places, maps, predictions, opened)
    findings = [*findings, *found, *_uncovered(schools, maps, opened)]
    available, curve = find_available(places, combined, maps, opened)
    own_tests, found = _own_tests(schools, opened)
    tests = latest_quarter(own_tests, opened.project.dates, opened.project.index.tests)
    tests = tests.reindex(schools["npsn"]).set_axis(schools.index)
    margins = measure_margins(places, combined, maps, opened)
    columns = combine_places(schools, places, available).join(tests)
    columns = columns.join(margins_of_schools(schools, places, margins))
    contested = AcceptedObjections(opened).contested(schools["npsn"])
    # A claim moves no number, but what is contested is not known.
    doubted = contested & (columns["available_status"] == "known")
    columns["available_status"] = columns["available_status"].mask(doubted, "inferred")
    written = schema.table(columns, schema.of_stage("signals"))
    made = {
        "signals": _tidy(places, maps, predictions, used),
        "distance_curve": _as_table(curve),
        "shown_levels": _at_places(combined, places)[list(SHOWN_LEVELS)],
        "place_availability": places[["row_id", "place"]]
        .reset_index(drop=True)
        .join(available.rename(columns={"available_evidence": "evidence"}))[
            list(PLACE_AVAILABILITY)
        ],
        "own_tests": own_tests[list(OWN_TESTS)],
    }
    return Staged(written, [*findings, *found], made)


STAGE = Stage(
    "signals",
    collect_signals,
    reads=(
        *("row_id", "npsn", "fixed_network", "site_4g_km", "terrain_class"),
        *("is_duplicate", "students", *POSITION),
    ),
    sections=(
        *("signal", "coverage", "measurements", "boundaries", "dates"),
        *("index.inference", "index.required_mbps", "index.adequacy", "index.gap", "index.tests"),
        *("file_checks.measurements", "radio", "objections"),
    ),
    tables=("predictions",),
    writes=("signals",),
    passes_on=("shown_levels", "place_availability", "own_tests"),
)


def _uncovered(schools: gpd.GeoDataFrame, maps: pd.DataFrame, opened: Opened) -> list[Finding]:
    """Schools at which no map has data."""
    if not opened.project.coverage:
        return []
    covered = set(maps.loc[maps["status"] != "unknown", "row_id"])
    without = schools["lat"].notna() & ~schools["row_id"].isin(covered)
    return [
        at_school("off_every_coverage", row_id, npsn, column="lat, lon")
        for row_id, npsn in schools.loc[without, ["row_id", "npsn"]].itertuples(index=False)
    ]


def _at_places(combined: pd.DataFrame, places: gpd.GeoDataFrame) -> pd.DataFrame:
    """The rows of `combined` with the place that each is about."""
    at = combined["at"].to_numpy(dtype=np.int64)
    return combined.assign(
        **{name: places[name].to_numpy()[at] for name in ("row_id", "place", "terrain_class")}
    )


def _own_tests(schools: gpd.GeoDataFrame, opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """The tests of schools in the latest quarter of each, and tests of no school."""
    tests, findings = read_measurements(opened)
    lost = ~tests["npsn"].isin(set(schools["npsn"]) - {""})
    findings = [
        *findings,
        *(
            Finding("measurement_without_school", file=file, row=int(row), npsn=npsn, column="npsn")
            for file, row, npsn in tests.loc[lost, ["file", "row", "npsn"]].itertuples(index=False)
        ),
    ]
    return in_latest_quarter(tests[~lost]), findings


def _tidy(
    places: gpd.GeoDataFrame,
    maps: pd.DataFrame,
    predictions: pd.DataFrame | None,
    used: pd.DataFrame,
) -> pd.DataFrame:
    """All evidence, and which of it counts."""
    frames = [maps]
    if predictions is not None and len(predictions):
        position = pd.DataFrame(
            {"at": np.arange(len(places)), **{n: places[n].to_numpy() for n in ("row_id", "place")}}
        )
        said = predictions["level_dbm"].where(predictions["status"] == "value")
        frames.append(
            predictions.assign(basis="predicted", kind="prediction", level_dbm=said).merge(
                position, on=["row_id", "place"]
            )
        )
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        return pd.DataFrame(columns=list(SIGNALS))
    tidy = pd.concat(frames, ignore_index=True)
    keys = ["at", "technology", "operator", "source"]
    counts = pd.MultiIndex.from_frame(tidy[keys]).isin(pd.MultiIndex.from_frame(used[keys]))
    tidy["used"] = counts & (tidy["status"] != "unknown")
    return tidy[list(SIGNALS)].sort_values(
        ["npsn", "row_id", "place", "technology", "operator", "source"], ignore_index=True
    )


def _as_table(curve: MonotoneCurve | None) -> pd.DataFrame:
    """The curve over distance by its knots."""
    if curve is None:
        return pd.DataFrame(columns=["km", "available", "schools"], dtype="float64")
    return curve.as_table().rename(columns={"knot": "km", "value": "available"})
