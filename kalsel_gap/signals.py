"""Signals: per school, technology and operator, the level and what it is worth.

The value at a school is the mean adequacy over the circle of its position uncertainty. A raster
speaks of a school as far as it knows that circle: *value*, *none* (known to have no signal) or
*unknown*. Where several rasters speak of one operator and technology the best evidence is used:
measured, predicted, modelled, declared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap import geodesy, raster, schema
from kalsel_gap.errors import InputError
from kalsel_gap.findings import Finding
from kalsel_gap.indicators import available
from kalsel_gap.places import Staged
from kalsel_gap.sources.measurements import latest_quarter, read_measurements

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    from kalsel_gap.assumptions import Signal
    from kalsel_gap.project import Coverage, Opened

    Progress = Callable[[int, int], object]

READS = (
    "row_id",
    "npsn",
    "lat",
    "lon",
    "confidence_radius_m",
    "fixed_network",
    "site_4g_km",
    "terrain_class",
    "is_duplicate",
)
SECTIONS = ("signal", "coverage", "measurements", "index.inference")
# Levels that no receiver reports: the raster is not in dBm, or its nodata is not declared.
_POSSIBLE_DBM = (-200.0, 0.0)


def signals(
    schools: gpd.GeoDataFrame, opened: Opened, *, progress: Progress | None = None
) -> Staged:
    """The columns of the stage *signals* and the tidy table ``signals``.

    Parameters
    ----------
    schools : GeoDataFrame
        With the columns :data:`READS`.
    opened : Opened
        The project.
    progress : callable, optional
        Called with the number of rasters done and of all.

    Returns
    -------
    Staged
        Table ``signals``: ``row_id npsn technology operator basis kind level_dbm adequacy
        signal_share known_share status used source``, one row per school and raster.

    Raises
    ------
    InputError
        A raster is unusable or touches no school.
    """
    sources = opened.project.coverage
    findings: list[Finding] = []
    lat, lon = geodesy.disk_points(
        schools["lat"].to_numpy(),
        schools["lon"].to_numpy(),
        schools["confidence_radius_m"].to_numpy(),
    )
    frames = []
    for done, source in enumerate(sources):
        frames.append(_signal(schools, source, opened, lat, lon, findings))
        if progress is not None:
            progress(done + 1, len(sources))
    tidy = _used(pd.concat(frames, ignore_index=True)) if frames else _no_signals()
    columns = _best(schools, tidy, opened)
    located = schools["lat"].notna()
    if frames:
        seen = set(tidy.loc[tidy["status"] != "unknown", "row_id"])
        unseen = located & ~schools["row_id"].isin(seen)
        findings += [
            Finding(
                "off_every_coverage",
                file=str(row_id).rpartition(":")[0],
                row=int(str(row_id).rpartition(":")[2]),
                npsn=npsn,
                column="lat, lon",
            )
            for row_id, npsn in schools.loc[unseen, ["row_id", "npsn"]].itertuples(index=False)
        ]
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


def _signal(
    schools: gpd.GeoDataFrame,
    source: Coverage,
    opened: Opened,
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    findings: list[Finding],
) -> pd.DataFrame:
    """One raster at all schools."""
    located = schools["lat"].notna().any()
    if located and not raster.touches(
        source.path, schools["lat"].to_numpy(), schools["lon"].to_numpy()
    ):
        raise InputError("raster_touches_no_school", path=source.path)
    found = raster.sample(source.path, lat, lon, band=source.band)
    value = found.value
    shown = opened.shown(source.path)
    adequacy, none = worth(found, source, opened, findings)
    known = ~np.isnan(adequacy)
    signal = known & ~none & (adequacy > 0)
    known_share, signal_share = known.mean(axis=1), signal.mean(axis=1)
    enough = (known_share > 0) & (known_share >= opened.project.signal.minimum_known_share)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, adequacy, 0.0).sum(axis=1) / known.sum(axis=1)
        level = np.where(signal, value, 0.0).sum(axis=1) / signal.sum(axis=1)
    in_dbm = source.kind in ("rsrp_dbm", "level_dbm")
    return pd.DataFrame(
        {
            "row_id": schools["row_id"],
            "npsn": schools["npsn"],
            "technology": source.technology,
            "operator": source.operator,
            "basis": source.basis,
            "kind": source.kind,
            "level_dbm": np.where(enough & in_dbm & (signal_share > 0), level, np.nan),
            "adequacy": np.where(enough, mean, np.nan),
            "signal_share": np.where(enough, signal_share, np.nan),
            "known_share": known_share,
            "status": np.select([~enough, signal_share > 0], ["unknown", "value"], "none"),
            "source": shown,
        }
    )


def worth(
    found: raster.Sample, source: Coverage, opened: Opened, findings: list[Finding]
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


def _used(tidy: pd.DataFrame) -> pd.DataFrame:
    """Mark, per school, operator and technology, the evidence that counts."""
    order = {basis: number for number, basis in enumerate(schema.BASES)}
    ranked = tidy.assign(
        evidence=tidy["basis"].map(order),
        unknown=tidy["status"] == "unknown",
        poor=-tidy["adequacy"],
    )
    ranked = ranked.sort_values(
        ["row_id", "technology", "operator", "unknown", "evidence", "poor", "source"], kind="stable"
    )
    first = ~ranked.duplicated(["row_id", "technology", "operator"])
    tidy = tidy.assign(used=first.reindex(tidy.index) & (tidy["status"] != "unknown"))
    return tidy.sort_values(
        ["npsn", "row_id", "technology", "operator", "source"], ignore_index=True
    )


def _no_signals() -> pd.DataFrame:
    names = "row_id npsn technology operator basis kind level_dbm adequacy signal_share known_share"
    return pd.DataFrame(columns=[*names.split(), "status", "source", "used"])


def _best(schools: gpd.GeoDataFrame, tidy: pd.DataFrame, opened: Opened) -> pd.DataFrame:
    """The best signal of each school, what is available, and how that is known."""
    used = tidy[tidy["used"].astype(bool)]
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
    silent = best["status"] == "none"
    columns.loc[silent, ["best_technology", "best_operator"]] = None
    # A school that only lesser technologies speak of may have a better one: that is not known.
    ceiling = _ceilings(opened)
    radio = {s.technology for s in opened.project.coverage} - {"fixed"}
    highest = max((ceiling[technology] for technology in radio), default=0.0)
    top = {t for t, worth in ceiling.items() if worth >= highest}
    serves = (used["technology"] == "fixed") & (used["adequacy"] > 0)
    tells = used["technology"].isin(top) | serves
    heard = schools["row_id"].isin(set(used.loc[tells, "row_id"]))
    columns.loc[~heard, list(columns.columns)] = None
    fixed = schools["fixed_network"].fillna(value=False).astype(bool)
    better = fixed & ~(columns["available"] >= opened.project.signal.fixed_network)
    columns.loc[better, "available"] = opened.project.signal.fixed_network
    columns.loc[better, "best_technology"] = "fixed"
    columns.loc[better, ["best_operator", "best_level_dbm"]] = None
    columns.loc[better, "best_basis"] = "declared"
    return _inferred(schools, columns, opened)


def _ceilings(opened: Opened) -> dict[str, float]:
    signal = opened.project.signal
    return {name: curve.points[-1][1] for name, curve in signal.curves.items()}


def _inferred(schools: gpd.GeoDataFrame, columns: pd.DataFrame, opened: Opened) -> pd.DataFrame:
    """Infer what is available from the distance to a 4G site, where enough schools tell."""
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
    columns["available_status"] = status
    return columns
