"""Maps and predictions of one operator and technology, made into one value at each place.

Levels are averaged by precision where the list of sites is complete; elsewhere the map counts and
the prediction fills in where no map has data. What is no level is never averaged: the best
evidence counts (:mod:`kalsel_gap.indicators.evidence`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.findings import Finding, at_school
from kalsel_gap.indicators import available
from kalsel_gap.indicators.evidence import (
    MapLevels,
    PredictedLevels,
    combine_levels,
    contradicts_complete,
    error_db,
    evidence_order,
    find_disagreements,
    level_from_adequacy,
)
from kalsel_gap.radio.links.usable_levels import usable_dbm
from kalsel_gap.sources.coverage import LEVELS, POSSIBLE_DBM

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.project.model import Opened, Project
    from kalsel_gap.project.signal import LevelCurve, Signal

# Of each place, operator and technology: what counts.
COMBINED = (
    *("at", "technology", "operator", "adequacy", "level_dbm", "signal_share", "basis"),
    *("evidence", "is_none", "shown_dbm", "error_db", "spread_db", "usable_share"),
)
# What a prediction states at a place, besides the columns that maps have too.
_PREDICTED = (
    *("level_dbm", "mean_dbm", "adequacy", "signal_share", "status", "is_bound", "calibration"),
    *("sd_db", "site_id", "spread_db", "usable_share"),
)


def combine_evidence(
    places: gpd.GeoDataFrame,
    maps: pd.DataFrame,
    predictions: pd.DataFrame | None,
    opened: Opened,
) -> tuple[pd.DataFrame, pd.DataFrame, list[Finding]]:
    """One value for each place, operator and technology of which something is known.

    Parameters
    ----------
    places : GeoDataFrame
        With ``row_id``, ``npsn``, ``place``, ``claimed_area``, ``terrain_class``.
    maps : DataFrame
        As :func:`kalsel_gap.deficit.map_evidence.read_maps` gives them.
    predictions : DataFrame, optional
        The table of the stage *prediction*.
    opened : Opened
        The project.

    Returns
    -------
    combined : DataFrame
        :data:`COMBINED`. ``evidence`` is *map*, *prediction* or *combined*; ``shown_dbm`` the level
        that its adequacy stands for, where there is none that below which nothing is shown, NaN
        of what is no level; ``error_db`` its error, and ``spread_db`` that of the levels in the
        circle.
    used : DataFrame
        ``at``, ``technology``, ``operator`` and ``source`` of the rows that count.
    findings : list of Finding
        Lists of sites that cannot be complete, and schools at which both disagree.
    """
    predicted = _predicted(places, predictions, opened)
    findings: list[Finding] = []
    results, used, both = [], [], []
    pairs = sorted(
        {
            pair
            for table in (maps, predicted)
            for pair in zip(table["technology"], table["operator"], strict=True)
        }
    )
    for technology, operator in pairs:
        of_map = _best_map(_of(maps, technology, operator), len(places))
        of_sites = _of(predicted, technology, operator).set_index("at").reindex(range(len(places)))
        if _is_contradicted(places, of_map, of_sites, opened.project.signal):
            share = opened.project.signal.complete_sites.share
            findings.append(_not_complete(of_sites, technology, operator, share))
            of_sites = _as_bounds(of_sites)
        result = _combine(places, of_map, of_sites, technology, opened.project)
        for name, table in (("map", of_map), ("prediction", of_sites)):
            counts = result["evidence"].isin([name, "combined"])
            used.append(_keys(table[counts.to_numpy()], technology, operator))
        known = result[result["evidence"] != ""]
        results.append(known.assign(technology=technology, operator=operator))
        both.append(_compared(of_map, of_sites, technology, operator, opened.project))
    findings += _disagreements(places, both, opened.project.signal)
    return _joined(results, COMBINED), _joined(used, ("at", *_KEYS)), findings


_KEYS = ("technology", "operator", "source")


def _joined(frames: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(filled, ignore_index=True)[list(columns)]


def _of(table: pd.DataFrame, technology: str, operator: str) -> pd.DataFrame:
    return table[(table["technology"] == technology) & (table["operator"] == operator)]


def _keys(table: pd.DataFrame, technology: str, operator: str) -> pd.DataFrame:
    keys = pd.DataFrame({"at": table.index, "source": table["source"].to_numpy()})
    return keys.assign(technology=technology, operator=operator)


def _predicted(
    places: gpd.GeoDataFrame, predictions: pd.DataFrame | None, opened: Opened
) -> pd.DataFrame:
    """Predictions at the places; those that state nothing have no level."""
    columns = ["at", "technology", "operator", "source", *_PREDICTED]
    if predictions is None or predictions.empty:
        return pd.DataFrame(columns=columns)
    position = pd.DataFrame(
        {"at": np.arange(len(places)), **{n: places[n].to_numpy() for n in ("row_id", "place")}}
    )
    found = predictions.merge(position, on=["row_id", "place"])
    has_level = found["status"] == "value"
    level = np.full(len(found), np.nan)
    for technology, curve in opened.project.signal.curves.items():
        rows = (found["technology"] == technology).to_numpy()
        level[rows] = level_from_adequacy(found.loc[rows, "adequacy"], curve.points)
    return found.assign(
        level_dbm=np.where(has_level, level, np.nan),
        mean_dbm=found["level_dbm"].clip(*POSSIBLE_DBM),
        is_bound=(found["reason"] != "") & has_level,
        spread_db=0.0,
    )


def _best_map(maps: pd.DataFrame, places: int) -> pd.DataFrame:
    """The map that counts at each place, by position: of the best basis, the newest, the first."""
    order = maps[maps["status"] != "unknown"].assign(
        basis_order=lambda rows: evidence_order(rows["basis"], is_calibrated=True),
        age=lambda rows: rows["date"].rank(method="dense", ascending=False),
    )
    order = order.sort_values(["at", "basis_order", "age", "number"], kind="stable")
    return order.drop_duplicates("at").set_index("at").reindex(range(places))


# --- a list of sites that cannot be complete -----------------------------------------------------


def _is_contradicted(
    places: gpd.GeoDataFrame, of_map: pd.DataFrame, of_sites: pd.DataFrame, signal: Signal
) -> bool:
    """Whether too many places that the map covers are out of reach of a complete list."""
    said = of_sites["status"].isin(["value", "none"]).to_numpy()
    certain = said & ~_flag(of_sites["is_bound"])
    level = np.where(of_sites["status"] == "none", -np.inf, _floats(of_sites["level_dbm"]))
    rule = signal.complete_sites
    covered = (of_map["status"] == "value").to_numpy() & places["claimed_area"].isna().to_numpy()
    return contradicts_complete(
        level[certain & covered], least_dbm=rule.least_dbm, share=rule.share
    )


def _not_complete(of_sites: pd.DataFrame, technology: str, operator: str, share: float) -> Finding:
    return Finding(
        "sites_not_complete",
        file=str(of_sites["source"].dropna().iloc[0]),
        column="complete",
        value=operator,
        parameters={
            "operator": operator,
            "technology": technology.upper(),
            "share_percent": round(100 * share, 1),
        },
    )


def _as_bounds(of_sites: pd.DataFrame) -> pd.DataFrame:
    """Predictions from some of the sites: a level is a bound, and none says nothing."""
    has_level = of_sites["status"] == "value"
    return of_sites.assign(
        is_bound=has_level, status=of_sites["status"].where(has_level, "unknown")
    )


# --- what counts ---------------------------------------------------------------------------------


def _combine(
    places: gpd.GeoDataFrame,
    of_map: pd.DataFrame,
    of_sites: pd.DataFrame,
    technology: str,
    project: Project,
) -> pd.DataFrame:
    """What counts at each place, of one operator and technology; evidence is empty for none."""
    signal = project.signal
    has_map = of_map["status"].notna().to_numpy()
    is_predicted = of_sites["status"].isin(["value", "none"]).to_numpy()
    is_bound = _flag(of_sites["is_bound"])
    curve = _curve(signal, technology)
    averaged, error_of_both = np.full((2, len(places)), np.nan)
    if curve is not None and is_predicted.any():
        averaged, error_of_both = _average(of_map, of_sites, signal, curve)
    by_both = ~np.isnan(averaged)
    comes_first = is_predicted & ~is_bound & _is_better(of_map, of_sites)
    by_sites = ~by_both & ((is_predicted & ~has_map) | comes_first)
    cases = [by_both, by_sites, has_map]
    adequacy = available.from_level(averaged, curve.points) if curve is not None else averaged

    def pick(name: str, of_both: FloatArray, predicted: str = "") -> FloatArray:
        """A number by whose evidence counts."""
        of_each = [of_both, _floats(of_sites[predicted or name]), _floats(of_map[name])]
        return np.select(cases, of_each, np.nan)

    is_none = np.select(cases, [~by_both, of_sites["status"] == "none", of_map["status"] == "none"])
    value = pick("adequacy", adequacy)
    error_of_map = error_db(of_map["basis"].fillna("declared"), signal.errors_db)
    return pd.DataFrame(
        {
            "at": np.arange(len(places)),
            "adequacy": value,
            "shown_dbm": _shown_dbm(value, of_map, is_none > 0, by_sites, curve),
            "error_db": np.select(
                cases, [error_of_both, _floats(of_sites["sd_db"]), error_of_map], np.nan
            ),
            "spread_db": pick("spread_db", np.zeros(len(places)), "spread_db"),
            "level_dbm": np.where(is_none, np.nan, pick("level_dbm", averaged, "mean_dbm")),
            "signal_share": pick("signal_share", np.full(len(places), np.nan)),
            "usable_share": pick(
                "usable_share", _usable_of_both(averaged, of_map, of_sites, technology, project)
            ),
            "basis": np.where(by_sites, "predicted", of_map["basis"]),
            "evidence": np.select(cases, ["combined", "prediction", "map"], ""),
            "is_none": is_none.astype(bool),
        }
    )


def _usable_of_both(
    averaged: FloatArray,
    of_map: pd.DataFrame,
    of_sites: pd.DataFrame,
    technology: str,
    project: Project,
) -> FloatArray:
    """Share of each circle where an averaged level is usable, by the spread of the map's levels.

    Where the map shows nothing there is no spread of its own: that of the prediction counts.
    """
    if np.isnan(averaged).all():
        return averaged
    shows = (of_map["status"] == "value").to_numpy()
    spread = np.where(shows, _floats(of_map["spread_db"]), _floats(of_sites["spread_db"]))
    covered = np.where(shows, _floats(of_map["signal_share"]), 1.0)
    least = usable_dbm(technology, project)
    return covered * available.share_above(averaged, np.nan_to_num(spread), least)


def _shown_dbm(
    adequacy: FloatArray,
    of_map: pd.DataFrame,
    is_none: BoolArray,
    by_sites: BoolArray,
    curve: LevelCurve | None,
) -> FloatArray:
    """Level that is shown, or that below which none is; NaN of a fixed network and of tiles."""
    if curve is None:
        return np.full(len(adequacy), np.nan)
    # Where it is not stated from which level on a map shows anything: where adequacy begins.
    begins = curve.points[min(1, len(curve.points) - 1)][0]
    detection = np.nan_to_num(_floats(of_map["detection_dbm"]), nan=begins)
    detection = np.where(by_sites, begins, detection)
    level = np.where(is_none, detection, level_from_adequacy(adequacy, curve.points))
    is_tile = (of_map["kind"] == "tile").to_numpy() & ~by_sites
    return np.where(is_tile, np.nan, level)


def _is_better(of_map: pd.DataFrame, of_sites: pd.DataFrame) -> BoolArray:
    """Whether a prediction comes before a map of classes or declared coverage, never averaged."""
    is_level = of_map["kind"].isin(LEVELS).to_numpy()
    calibrated = (of_sites["calibration"] == "calibrated").to_numpy()
    order = evidence_order(of_map["basis"].fillna("declared"), is_calibrated=True)
    return ~is_level & (evidence_order(["predicted"] * len(of_map), calibrated) < order)


def _curve(signal: Signal, technology: str) -> LevelCurve | None:
    """Adequacy by level of a technology; a fixed network has no level."""
    return next((curve for name, curve in signal.curves.items() if name == technology), None)


def _average(
    of_map: pd.DataFrame, of_sites: pd.DataFrame, signal: Signal, curve: LevelCurve
) -> tuple[FloatArray, FloatArray]:
    """Levels averaged by precision and their errors, NaN where they are not."""
    is_level = of_map["kind"].isin(LEVELS).to_numpy()
    is_none = (of_map["status"] == "none").to_numpy()
    measured = (of_map["basis"] == "measured").to_numpy()
    calibrated = (of_sites["calibration"] == "calibrated").to_numpy()
    basis = of_map["basis"].fillna("declared")
    found = combine_levels(
        MapLevels(
            np.where(is_none, np.nan, level_from_adequacy(of_map["adequacy"], curve.points)),
            is_none,
            error_db(basis, signal.errors_db),
            _floats(of_map["detection_dbm"]),
        ),
        PredictedLevels(
            np.where(of_sites["status"] == "value", _floats(of_sites["level_dbm"]), np.nan),
            (of_sites["status"] == "none").to_numpy(),
            _floats(of_sites["sd_db"]),
            # What was measured may be what has calibrated it.
            is_independent=~(measured & calibrated),
        ),
        is_complete=is_level & ~_flag(of_sites["is_bound"]),
    )
    both = found.evidence == "combined"
    return np.where(both, found.level_dbm, np.nan), np.where(both, found.error_db, np.nan)


# --- disagreements -------------------------------------------------------------------------------


def _compared(
    of_map: pd.DataFrame,
    of_sites: pd.DataFrame,
    technology: str,
    operator: str,
    project: Project,
) -> pd.DataFrame:
    """Levels of the map and of the prediction where both have one, beside each other."""
    curve = _curve(project.signal, technology)
    if curve is None:
        return pd.DataFrame()
    least_usable_dbm = usable_dbm(technology, project)
    detection = np.where(
        np.isnan(_floats(of_map["detection_dbm"])),
        least_usable_dbm,
        _floats(of_map["detection_dbm"]),
    )
    # Where a complete list of sites reaches nothing, the level is at most that of a map's *none*.
    by_sites = np.select(
        [(of_sites["status"] == "value").to_numpy(), (of_sites["status"] == "none").to_numpy()],
        [_floats(of_sites["mean_dbm"]), detection],
        np.nan,
    )
    by_map = _floats(of_map["level_dbm"])
    by_map = np.where(np.isnan(by_map), _nearest_level(by_sites, of_map, curve), by_map)
    none = (of_map["status"] == "none").to_numpy()
    by_map = np.where(none, np.where(by_sites > detection, detection, np.nan), by_map)
    rows = pd.DataFrame(
        {
            "at": np.arange(len(of_map)),
            "technology": technology,
            "operator": operator,
            "source": of_map["source"].to_numpy(),
            "site": of_sites["site_id"].to_numpy(),
            "map_dbm": by_map,
            "predicted_dbm": by_sites,
            "usable_dbm": least_usable_dbm,
        }
    )
    return rows[rows[["map_dbm", "predicted_dbm"]].notna().all(axis="columns")]


def _nearest_level(level_dbm: FloatArray, of_map: pd.DataFrame, curve: LevelCurve) -> FloatArray:
    """Level nearest to given ones that agrees with what a map of classes shows."""
    least, most = _floats(of_map["least"]), _floats(of_map["most"])
    highest = np.where(np.isposinf(most), np.inf, level_from_adequacy(most, curve.points))
    return np.clip(level_dbm, level_from_adequacy(least, curve.points), highest)


def _disagreements(
    places: gpd.GeoDataFrame, compared: list[pd.DataFrame], signal: Signal
) -> list[Finding]:
    """One finding for each school, of what differs most; of unusable levels nothing differs."""
    found = []
    for rows in compared:
        if rows.empty:
            continue
        terrain = places["terrain_class"].to_numpy(dtype=object)[rows["at"]]
        wrong, limit_db = find_disagreements(
            rows["predicted_dbm"],
            rows["map_dbm"],
            terrain,
            least_db=signal.disagreement.least_db,
            deviations=signal.disagreement.deviations,
        )
        size = (rows["predicted_dbm"] - rows["map_dbm"]).abs()
        poor = rows[["map_dbm", "predicted_dbm"]].max(axis="columns") < rows["usable_dbm"]
        found.append(rows.assign(limit_db=limit_db, size=size)[wrong & ~poor.to_numpy()])
    if not found:
        return []
    rows = pd.concat(found)
    for name in ("row_id", "npsn"):
        rows[name] = places[name].to_numpy(dtype=object)[rows["at"]]
    rows = rows.sort_values(
        ["row_id", "size", "technology", "operator"], ascending=[True, False, True, True]
    ).drop_duplicates("row_id")
    return [
        at_school(
            "prediction_disagrees",
            row["row_id"],
            row["npsn"],
            column=row["technology"],
            value=row["operator"],
            parameters={
                "raster": row["source"],
                "technology": row["technology"].upper(),
                "operator": row["operator"],
                "claimed_dbm": round(row["map_dbm"], 1),
                "predicted_dbm": round(row["predicted_dbm"], 1),
                "site": row["site"],
                "limit_db": round(row["limit_db"], 1),
            },
        )
        for row in rows.to_dict("records")
    ]


def _floats(values: pd.Series[float]) -> FloatArray:
    return np.asarray(values.astype("float64"), dtype=np.float64)


def _flag(values: pd.Series[bool]) -> BoolArray:
    return values.eq(other=True).to_numpy(dtype=np.bool_)
