"""Predictions: the level of the known sites at each school, over the real terrain.

For each operator and technology the nearest sites are tried, each over its own path by ITU-R
P.1812, and the best level counts; of a circle of position uncertainty the mean over a few points.
A site list that does not say that it is complete knows a lower bound only: another site may serve.
Without measurements every level is uncalibrated, and has the error of such predictions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap import schema
from kalsel_gap.errors import InputError
from kalsel_gap.findings import at_school
from kalsel_gap.geo import geodesy
from kalsel_gap.indicators import available
from kalsel_gap.indicators.evidence import error_db, position_error_db
from kalsel_gap.radio.links import calibration
from kalsel_gap.radio.links.clearance import clearances
from kalsel_gap.radio.links.path_loss import RadioTerrain, compute_path_loss, levels_dbm
from kalsel_gap.radio.links.servers import Servers, candidate_servers, radio_cells
from kalsel_gap.radio.links.usable_levels import usable_adequacy
from kalsel_gap.radio.links.usable_sites import usable
from kalsel_gap.sources.school_points import (
    POSITION,
    alternatives,
    is_likelier_elsewhere,
    sampled,
)
from kalsel_gap.stages import Stage, Staged, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.findings import Finding
    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.project.model import Opened
    from kalsel_gap.radio.links.path_loss import PathLoss
    from kalsel_gap.radio.links.servers import RadioCells
    from kalsel_gap.stages import Progress, Tables

PREDICTIONS = (
    *("row_id", "npsn", "place", "technology", "operator", "level_dbm", "sd_db", "adequacy"),
    *("signal_share", "known_share", "status", "reason", "calibration", "source"),
    *("site_id", "site_km", "loss_db", "vegetation_db", "surroundings_db", "model"),
    *("diffraction_db", "line_of_sight"),
    *("clearance_ratio", "clearance_ratio_worst", "obstacle_km", "obstacle_m"),
    *("obstacle_excess_m", "usable_share"),
)
_FLOATS = (
    *("level_dbm", "sd_db", "adequacy", "signal_share", "known_share", "site_km", "loss_db"),
    *("vegetation_db", "surroundings_db"),
    *("diffraction_db", "clearance_ratio", "clearance_ratio_worst", "obstacle_km", "obstacle_m"),
    *("obstacle_excess_m", "usable_share"),
)
_SURE = ("A", "B")  # grades whose circle is a point for radio
_BEST = ("4g", "5g")  # technologies that an adequate service needs
_SCHOOLS_AT_ONCE = 4_000


def predict_levels(
    schools: gpd.GeoDataFrame, opened: Opened, tables: Tables, progress: Progress = silent
) -> Staged:
    """The columns of the stage *prediction* and the tidy table ``predictions``.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns that :data:`STAGE` reads.
    opened : Opened
        The project.
    tables : mapping of DataFrame
        ``sites`` and ``sea``, of the stages of these names.
    progress : callable
        Called with the number of schools done and of all.

    Returns
    -------
    Staged
        Table ``predictions``: :data:`PREDICTIONS`, one row per place of a school
        (:func:`kalsel_gap.sources.school_points.alternatives`) and each operator and technology
        of which a site can be predicted; empty without an elevation model. ``status`` is *value*,
        *none* or *unknown*; ``reason`` says why it is unknown, or why the level is only a lower
        bound (such as *sites_incomplete*). What is lost is ``loss_db`` of the `model`, where
        diffraction is part of it, ``vegetation_db`` and ``surroundings_db``.

    Raises
    ------
    InputError
        The elevation model or the table of sites is unusable.
    """
    tidy, findings = _predictions(alternatives(schools, opened), opened, tables, progress)
    columns = schema.table(_columns(schools, tidy), schema.of_stage("prediction"))
    return Staged(columns, findings, {"predictions": tidy})


STAGE = Stage(
    "prediction",
    predict_levels,
    reads=(*("row_id", "npsn", "confidence", "diffraction_loss_db"), *POSITION),
    sections=(
        *("radio", "calibration", "elevation", "land_cover", "sites", "boundaries", "signal"),
        "terrain.mountain",
    ),
    tables=("sites", "sea"),
    writes=("prediction",),
)


# --- the table ---------------------------------------------------------------------------------


def _predictions(
    schools: gpd.GeoDataFrame, opened: Opened, tables: Tables, progress: Progress
) -> tuple[pd.DataFrame, list[Finding]]:
    """The table ``predictions`` and the findings about sites and paths."""
    located = np.flatnonzero(schools["lat"].notna())
    if opened.project.elevation is None or not opened.project.sites or not located.size:
        return _empty(), []
    sites = tables["sites"]
    sites = sites[sites["technology"].isin(schema.RADIO)]
    if sites.empty:
        return _empty(), []
    # They compile kernels: only when they are needed.
    from kalsel_gap.radio.paths import elevation_model
    from kalsel_gap.terrain.sea_mask import sea_of_runs

    terrain = elevation_model.terrain_of(opened)
    _refuse_cover_elsewhere(schools.iloc[located], opened)
    ground = RadioTerrain(
        terrain, sea_of_runs(tables["sea"], opened.project.elevation), opened.project.radio
    )
    fits, findings = usable(sites, ground, opened.shown(opened.project.elevation.path))
    sites = sites.assign(usable=fits)
    if not fits.any():
        return _empty(), findings
    findings += calibration.unused(opened, sites)
    cells = radio_cells(sites[sites["usable"]])
    # Neighbours together: the terrain below their paths is read once.
    near = schools.iloc[located][["lat", "lon", "row_id"]].round({"lat": 0, "lon": 0})
    located = located[near.reset_index(drop=True).sort_values(["lat", "lon", "row_id"]).index]
    frames = []
    for begin in range(0, located.size, _SCHOOLS_AT_ONCE):
        part = schools.iloc[located[begin : begin + _SCHOOLS_AT_ONCE]]
        frames.append(_at(part, cells, sites[~sites["usable"]], ground, opened))
        progress(min(begin + _SCHOOLS_AT_ONCE, located.size), located.size)
    found = pd.concat(frames, ignore_index=True)
    keys = ["row_id", "place", "operator", "technology"]
    tidy = _everywhere(schools, cells).merge(found, "left", keys)
    tidy["status"] = tidy["status"].fillna("unknown")
    tidy["reason"] = tidy["reason"].fillna("no_location")
    errors = calibration.errors_of(calibration.offsets_of(opened))
    groups = list(zip(tidy["operator"], tidy["technology"], strict=True))
    error = error_db(
        ["predicted"] * len(tidy),
        opened.project.signal.errors_db,
        crosses_mountains=tidy["crosses_mountains"].eq(other=True),
        held_out_db=[errors.get(key, np.nan) for key in groups],
    )
    of_site = position_error_db(tidy["position_m"], tidy["site_km"])
    tidy["sd_db"] = np.hypot(np.hypot(error, tidy["spread_db"]), of_site)
    said = pd.Series(["calibrated" if key in errors else "uncalibrated" for key in groups])
    tidy["calibration"] = said.where(tidy["level_dbm"].notna(), None)
    order = ["npsn", "row_id", "place", "technology", "operator"]
    tidy = tidy.sort_values(order, ignore_index=True)
    return tidy[list(PREDICTIONS)], [*findings, *_unpredicted(tidy, opened)]


def _empty() -> pd.DataFrame:
    types = {name: "float64" if name in _FLOATS else "str" for name in PREDICTIONS}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})


def _refuse_cover_elsewhere(located: gpd.GeoDataFrame, opened: Opened) -> None:
    """Raise an error for a land cover without any school: every level would be unknown."""
    from kalsel_gap.geo import sampling

    cover = opened.project.land_cover
    if cover is not None and not sampling.touches(cover.tiles, located["lat"], located["lon"]):
        raise InputError("raster_touches_no_school", path=cover.path[0])


def _unpredicted(tidy: pd.DataFrame, opened: Opened) -> Iterator[Finding]:
    """Findings for schools without a prediction because no path is known, and what is missing."""
    levels = tidy["level_dbm"].notna().groupby(tidy["row_id"]).any()
    none = tidy[~tidy["row_id"].map(levels)]
    cover = opened.project.land_cover
    shown = {"raster": opened.shown(cover.path)} if cover is not None else {}
    reported: set[str] = set()
    for reason, code, parameters in (
        ("land_cover", "land_cover_missing", shown),
        ("void", "prediction_over_void", {}),
    ):
        for row in none[none["reason"] == reason].drop_duplicates("row_id").to_dict("records"):
            if row["row_id"] not in reported:
                reported.add(row["row_id"])
                yield at_school(
                    *(code, row["row_id"], row["npsn"]), column="lat, lon", parameters=parameters
                )


def _everywhere(schools: gpd.GeoDataFrame, cells: RadioCells) -> pd.DataFrame:
    """Every school with every operator and technology."""
    files = cells.table.groupby(["operator", "technology"])["file"]
    groups = files.agg(lambda names: ", ".join(sorted(set(names)))).rename("source").reset_index()
    return pd.DataFrame(schools[["row_id", "npsn", "place"]]).merge(groups, how="cross")


def _at(
    schools: gpd.GeoDataFrame,
    cells: RadioCells,
    unusable: pd.DataFrame,
    ground: RadioTerrain,
    opened: Opened,
) -> pd.DataFrame:
    """Some schools with a location: a row for each operator and technology."""
    places = _places(schools, opened)
    rule = ground.radio.candidates
    found = candidate_servers(places.lat, places.lon, cells, rule)
    lost = _losses(places, found, cells, ground)
    level = _levels(places, found, cells, lost, opened)
    best = _best_servers(places, found, cells, level, lost)
    # Where the nearest sites give too low a level a farther one may have fewer obstacles.
    usable_dbm = {str(name): each.usable_dbm for name, each in ground.radio.carriers.items()}
    enough = [usable_dbm[technology] for _, technology in cells.groups]
    poor = ~(best.level_dbm >= np.array(enough))
    more = candidate_servers(places.lat, places.lon, cells, rule, beyond=poor)
    if more.point.size:
        more_lost = _losses(places, more, cells, ground)
        level = np.concatenate([level, _levels(places, more, cells, more_lost, opened)])
        lost, found = lost.and_then(more_lost), found.and_then(more)
        best = _best_servers(places, found, cells, level, lost)
    certain = _complete(cells, opened) & ~best.is_void & ~_in_doubt(places, cells, unusable, ground)
    rows = _rows(schools, places, cells, best, certain, opened)
    relief_m = opened.project.terrain.mountain.relief_m
    return rows.join(_served(best, places, found, cells, lost, ground, relief_m))


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Points at which schools are predicted, those of one school one after the other."""

    lat: FloatArray
    lon: FloatArray
    first: IntArray
    """Where each school begins."""
    count: IntArray
    """Points of each school."""


def _places(schools: gpd.GeoDataFrame, opened: Opened) -> _Places:
    """One point for a reliable location, otherwise a few points over its circle or area."""
    lat, lon = sampled(schools, opened, opened.project.radio.candidates.points)
    wanted = np.ones(lat.shape, dtype=np.bool_)
    sure = schools["confidence"].isin(_SURE) & schools["location_area"].isna()
    wanted[sure.to_numpy(), 1:] = False
    count = wanted.sum(axis=1)
    return _Places(lat[wanted], lon[wanted], np.cumsum(count) - count, count)


def _losses(places: _Places, found: Servers, cells: RadioCells, ground: RadioTerrain) -> PathLoss:
    """Loss of the paths of servers."""
    at = found.path_point
    return compute_path_loss(
        cells.table.iloc[found.path_cell], places.lat[at], places.lon[at], ground
    )


def _levels(
    places: _Places, found: Servers, cells: RadioCells, lost: PathLoss, opened: Opened
) -> FloatArray:
    """Level of each server, with its offset from measurements, dBm."""
    table = cells.table.iloc[found.cell]
    ends = places.lat[found.point], places.lon[found.point]
    lost_db, elevation_deg = lost.total_db[found.path], lost.elevation_deg[found.path]
    level = levels_dbm(table, *ends, lost_db, elevation_deg, opened.project.radio)
    return level + calibration.find_link_offsets(opened, table, *ends).offset_db


@dataclass(frozen=True, slots=True, eq=False)
class _Best:
    """The best server of each point and each operator and technology, shape (points, groups)."""

    level_dbm: FloatArray
    """NaN where none is known."""
    server: IntArray
    """Index of the server; -1 where none is known."""
    is_void: BoolArray
    """Whether the path of another server is unknown."""
    status: IntArray
    """Why it is unknown: the :class:`Status` of the nearest such path; 0 where all are known."""


def _best_servers(
    places: _Places, found: Servers, cells: RadioCells, level: FloatArray, lost: PathLoss
) -> _Best:
    from kalsel_gap.radio.propagation.path_inputs import Status

    group = cells.group[found.cell]
    shape = (places.lat.size, len(cells.groups))
    best, server = np.full(shape, np.nan), np.full(shape, -1)
    status = np.zeros(shape, dtype=np.int64)
    # Of equal levels the nearest, as servers are sorted by distance; the first is written last.
    order = np.lexsort((np.where(np.isnan(level), np.inf, -level), group, found.point))[::-1]
    order = order[~np.isnan(level[order])]
    best[found.point[order], group[order]] = level[order]
    server[found.point[order], group[order]] = order
    void = np.flatnonzero(np.isnan(level))[::-1]
    why = lost.status[found.path[void]]
    status[found.point[void], group[void]] = np.where(why == Status.OK, Status.TERM, why)
    return _Best(best, server, status != 0, status)


def _complete(cells: RadioCells, opened: Opened) -> BoolArray:
    """Operators and technologies whose site list the project declares complete."""
    files = {opened.shown(each.path) for each in opened.project.sites if each.complete}
    table = cells.table
    said = table["file"].isin(files).groupby(cells.group).all()
    return said.to_numpy(dtype=np.bool_)


def _in_doubt(
    places: _Places, cells: RadioCells, unusable: pd.DataFrame, ground: RadioTerrain
) -> BoolArray:
    """Whether a site from which nothing can be predicted may serve a point, by group."""
    doubt = np.zeros((places.lat.size, len(cells.groups)), dtype=np.bool_)
    for group, (operator, technology) in enumerate(cells.groups):
        of = unusable[(unusable["operator"] == operator) & (unusable["technology"] == technology)]
        away_m, _ = geodesy.nearest_point_m(
            places.lat, places.lon, of["lat"].to_numpy("float64"), of["lon"].to_numpy("float64")
        )
        doubt[:, group] = away_m <= 1000.0 * ground.radio.candidates.reach_km
    return doubt


def _rows(
    schools: gpd.GeoDataFrame,
    places: _Places,
    cells: RadioCells,
    best: _Best,
    certain: BoolArray,
    opened: Opened,
) -> pd.DataFrame:
    """What is available at each school, of each group in turn: level, adequacy, status, reason."""
    signal = opened.project.signal
    known = ~np.isnan(best.level_dbm)
    adequacy = _adequacy(best.level_dbm, cells, opened)

    def mean(values: NDArray[np.generic], of: BoolArray | None = None) -> FloatArray:
        return _mean(values, places.first, of)

    certain_share, at_least, level = mean(certain), mean(adequacy), mean(best.level_dbm, known)
    answered = (certain_share > 0.0) & (certain_share >= signal.minimum_known_share)
    some_share = mean(known)
    # The known sites give at least so much; that they give nothing says nothing.
    bound = ~answered & (at_least > 0.0) & (some_share >= signal.minimum_known_share)
    signal_share = np.where(answered | bound, mean(adequacy > 0.0), np.nan)
    values = {
        "level_dbm": level,
        "spread_db": np.sqrt(np.maximum(mean(best.level_dbm**2, known) - level**2, 0.0)),
        "adequacy": np.where(answered, mean(adequacy, certain), np.where(bound, at_least, np.nan)),
        "signal_share": signal_share,
        "usable_share": np.where(
            answered | bound, mean(_is_usable(adequacy, cells, opened)), np.nan
        ),
        "known_share": np.where(answered, certain_share, np.where(bound, some_share, 0.0)),
        "status": np.select(
            [~answered & ~bound, signal_share > 0.0], ["unknown", "value"], default="none"
        ),
        "reason": _reasons(answered, level, best, places, _complete(cells, opened)),
    }
    groups = len(cells.groups)
    return pd.DataFrame(
        {
            "row_id": np.repeat(schools["row_id"].to_numpy(), groups),
            "place": np.repeat(schools["place"].to_numpy(), groups),
            "operator": np.tile([operator for operator, _ in cells.groups], len(schools)),
            "technology": np.tile([technology for _, technology in cells.groups], len(schools)),
            **{name: array.ravel() for name, array in values.items()},
        }
    )


def _adequacy(level_dbm: FloatArray, cells: RadioCells, opened: Opened) -> FloatArray:
    """Adequacy at each point; 0 where nothing reaches it, for certain or at least."""
    adequacy = np.zeros(level_dbm.shape)
    for technology, curve in opened.project.signal.curves.items():
        of = np.array([name == technology for _, name in cells.groups])
        adequacy[:, of] = np.nan_to_num(available.from_level(level_dbm[:, of], curve.points))
    return adequacy


def _is_usable(adequacy: FloatArray, cells: RadioCells, opened: Opened) -> BoolArray:
    """Whether the signal of each operator and technology is usable at each point."""
    least = [usable_adequacy(technology, opened.project) for _, technology in cells.groups]
    found = [available.is_usable(adequacy[:, n], each) for n, each in enumerate(least)]
    return np.stack(found, axis=1) if found else np.zeros(adequacy.shape, dtype=np.bool_)


def _mean(values: NDArray[np.generic], first: IntArray, of: BoolArray | None = None) -> FloatArray:
    """Mean over the points of each school, or over those of them that are meant."""
    weight = np.ones(values.shape) if of is None else of.astype(np.float64)
    total = np.add.reduceat(np.where(weight > 0.0, values, 0.0), first, axis=0)
    with np.errstate(invalid="ignore"):
        mean: FloatArray = total / np.add.reduceat(weight, first, axis=0)
    return mean


def _reasons(
    answered: BoolArray, level: FloatArray, best: _Best, places: _Places, complete: BoolArray
) -> NDArray[np.str_]:
    """Why the level of a school is unknown or only a lower bound; empty where it is neither."""
    from kalsel_gap.radio.propagation.path_inputs import Status

    void = np.maximum.reduceat(best.status, places.first, axis=0)
    names = np.array([each.name.lower() for each in Status])
    return np.select(
        [answered, void > 0, ~complete & ~np.isnan(level), ~complete & np.isnan(level)],
        ["", names[void], "sites_incomplete", "no_site"],
        default="site_unusable",
    )


def _served(
    best: _Best,
    places: _Places,
    found: Servers,
    cells: RadioCells,
    lost: PathLoss,
    ground: RadioTerrain,
    relief_m: float,
) -> pd.DataFrame:
    """The serving site of each school and group, in the middle of its circle, and the path to it.

    Where the middle has none, the first point that has one is used.
    """
    none = best.server.size
    at = np.arange(places.lat.size)[:, None]
    first = np.minimum.reduceat(np.where(best.server >= 0, at, none), places.first, axis=0)
    row, group = np.nonzero(first < none)
    point = first[row, group]
    server = best.server[point, group]
    cell, path = cells.table.iloc[found.cell[server]], found.path[server]
    lat, lon = places.lat[point], places.lon[point]
    site_km = geodesy.distance_m(cell["lat"], cell["lon"], lat, lon) / 1000.0
    served = pd.DataFrame(
        {
            "site_id": cell["site_id"].to_numpy(),
            "site_km": site_km,
            "position_m": cell["position_m"].to_numpy(),
            "loss_db": lost.loss_db[path],
            "vegetation_db": lost.vegetation_db[path],
            "surroundings_db": lost.surroundings_db[path],
            "model": np.where(lost.is_near[path], "free_space", "p1812"),
            "diffraction_db": lost.diffraction_db[path],
            **clearances(cell, lat, lon, ground),
            "crosses_mountains": lost.relief_m[path] > relief_m,
        },
        index=row * len(cells.groups) + group,
    )
    return served.reindex(range(best.server.shape[1] * places.first.size))


# --- the columns -------------------------------------------------------------------------------


def _columns(schools: gpd.GeoDataFrame, tidy: pd.DataFrame) -> pd.DataFrame:
    """Columns of the schools table: the best operator of each technology.

    Levels only where the status is known; figures of the path wherever there is one.
    """
    elsewhere = dict(zip(schools["row_id"], is_likelier_elsewhere(schools), strict=True))
    at = tidy["row_id"].map(elsewhere).astype(bool)
    tidy = tidy[(tidy["place"] == "area") == at]
    known = tidy[tidy["level_dbm"].notna()].sort_values(
        ["row_id", "technology", "level_dbm", "operator"], ascending=[True, True, False, True]
    )
    best = known[known["status"] != "unknown"].drop_duplicates(["row_id", "technology"])
    columns = pd.DataFrame(index=schools.index)

    def of(rows: pd.DataFrame) -> pd.DataFrame:
        """One row for each school."""
        return rows.set_index("row_id").reindex(schools["row_id"]).set_axis(schools.index)

    for technology in schema.RADIO:
        rows = of(best[best["technology"] == technology])
        columns[f"predicted_{technology}_dbm"] = rows["level_dbm"]
        columns[f"predicted_{technology}_sd_db"] = rows["sd_db"]
        columns[f"predicted_{technology}_site"] = rows["site_id"]
    # The site of the path figures: of 4G or 5G where there is one, otherwise of the others.
    path = known.assign(modern=known["technology"].isin(_BEST)).sort_values(
        ["row_id", "modern", "level_dbm", "technology"], ascending=[True, False, False, False]
    )
    path = of(path.drop_duplicates("row_id"))
    for name in ("clearance_ratio", "obstacle_km", "obstacle_excess_m"):
        columns[name] = path[name]
    # One confidence for all levels of a school: the lowest of them.
    columns["prediction_status"] = of(
        best.sort_values(["row_id", "calibration"]).drop_duplicates("row_id", keep="last")
    )["calibration"]
    given = schools["diffraction_loss_db"].astype("float64")
    columns["diffraction_db"] = given.fillna(path["diffraction_db"])
    is_known = columns["diffraction_db"].notna()
    columns["path_status"] = np.where(is_known, "known", "unknown")
    return columns
