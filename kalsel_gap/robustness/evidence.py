"""What is drawn from, of the tables of the stages: levels, what is available besides, service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.deficit.service import plausible_rate
from kalsel_gap.indicators.delivered import PARTS, side_of_percentile
from kalsel_gap.robustness.deficit_draws import Cases, DeficitDraws, Levels, Service
from kalsel_gap.robustness.level_posterior import NORMAL, posterior_quantiles
from kalsel_gap.robustness.resampled_tests import resample_tests
from kalsel_gap.robustness.streams import stream_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.checks import Registers
    from kalsel_gap.project.index import Adequacy
    from kalsel_gap.project.model import Project
    from kalsel_gap.project.robustness import DataDraws
    from kalsel_gap.project.signal import Signal
    from kalsel_gap.stages import Tables

# Columns by whose content a school without NPSN is known.
_CONTENT = ("name", "level", "kabupaten", "kecamatan", "lat", "lon")
# What a school without any map is like others in.
_LIKE = "site_4g_km"


def prepare_draws(schools: pd.DataFrame, tables: Tables, project: Project) -> DeficitDraws:
    """What the deficits of the ranked schools are drawn from.

    Parameters
    ----------
    schools : DataFrame
        The ranked schools, with the columns of all stages up to *service*.
    tables : mapping of DataFrame
        ``service`` and ``curves`` of the stage *service*, ``shown_levels``, ``place_availability``
        and ``own_tests`` of the stage *signals*.
    project : Project
        Figures of the method and of the draws.
    """
    rule, keys = project.robustness, school_keys(schools)
    number = pd.Series(np.arange(len(schools)), index=schools["row_id"])
    service = tables["service"]
    order = np.argsort(number[service["row_id"]].to_numpy(), kind="stable")
    service = service.iloc[order].reset_index(drop=True)
    places = tables["place_availability"].reset_index(drop=True)
    levels, of_places, otherwise = _levels(tables["shown_levels"], places, project)
    return DeficitDraws(
        keys=keys,
        levels=levels,
        cases=_cases(service, schools, places.assign(row=of_places, otherwise=otherwise), project),
        service=_service(service, schools, tables, keys, project),
        weight_delivered=project.index.weight_delivered,
        exponent=project.index.adequacy.exponent,
        values=rule.values,
        seed=rule.seed,
    )


def school_keys(schools: pd.DataFrame) -> NDArray[np.uint64]:
    """The stream of each school: by its NPSN, by the content of its row where it has none."""
    npsn = schools["npsn"].fillna("").astype(str)
    content = pd.Series("", index=schools.index)
    blank = npsn == ""
    if blank.any():
        texts = schools.loc[blank, list(_CONTENT)].astype(object).map(str)
        content[blank] = texts.agg("|".join, axis="columns")
    return stream_keys((npsn + "|" + content).tolist())


# --- levels --------------------------------------------------------------------------------------


def _levels(
    shown: pd.DataFrame, places: pd.DataFrame, project: Project
) -> tuple[Levels, NDArray[np.int64], FloatArray]:
    """Distributions of true levels; the row of each place among them; and what is no level.

    Returns
    -------
    levels : Levels
    of_places : int64 array of shape (places,)
        -1 where no level is known at a place.
    otherwise : float array of shape (places,)
        Best adequacy that is no level, such as that of a tile of tests; NaN where there is none.
    """
    at = pd.MultiIndex.from_frame(places[["row_id", "place"]])
    position = at.get_indexer(pd.MultiIndex.from_frame(shown[["row_id", "place"]]))
    is_level = shown["shown_dbm"].notna().to_numpy()
    otherwise = np.full(len(places), np.nan)
    np.fmax.at(otherwise, position[~is_level], shown["adequacy"].to_numpy(float)[~is_level])
    shown, position = shown[is_level].reset_index(drop=True), position[is_level]
    has_level = np.zeros(len(places), dtype=bool)
    has_level[position] = True
    of_places = np.where(has_level, has_level.cumsum() - 1, -1)
    pairs = sorted(set(zip(shown["technology"], shown["operator"], strict=True)))
    shape = len(pairs), int(has_level.sum())
    of_place = np.full(shape, -1, dtype=np.int32)
    shared_db = np.zeros(shape, dtype=np.float32)
    tables: list[FloatArray] = []
    for source, (technology, operator) in enumerate(pairs):
        rows = ((shown["technology"] == technology) & (shown["operator"] == operator)).to_numpy()
        for group in _groups(shown.loc[rows, "terrain_class"], project.robustness.data):
            part = shown.loc[group]
            error = part["error_db"].to_numpy(float)
            data = project.robustness.data
            alone = np.hypot(error * np.sqrt(1.0 - data.shared), part["spread_db"].to_numpy(float))
            quantiles, which = posterior_quantiles(part["shown_dbm"], alone, part["is_none"])
            to = of_places[position[group]]
            of_place[source, to] = which + sum(map(len, tables))
            shared_db[source, to] = error * np.sqrt(data.shared)
            tables.append(quantiles)
    dbm, adequacy = _curves([technology for technology, _ in pairs], project.signal)
    found = Levels(
        np.concatenate([np.empty((0, len(NORMAL))), *tables]).astype(np.float32),
        *(of_place, shared_db, stream_keys(["source|" + "|".join(pair) for pair in pairs])),
        *(dbm, adequacy),
    )
    return found, of_places, otherwise


def _groups(terrain: pd.Series[str], rule: DataDraws) -> list[NDArray[np.int64]]:
    """Rows of each terrain class that has enough of them, and of all others together."""
    names = terrain.fillna("")
    count = names.map(names.value_counts())
    names = names.where(count >= rule.least_schools, "")
    return [
        np.asarray(rows, dtype=np.int64) for _, rows in sorted(names.groupby(names).groups.items())
    ]


def _curves(technologies: list[str], signal: Signal) -> tuple[FloatArray, FloatArray]:
    """Levels and adequacies of the curve of each, as long as the longest."""
    named = {str(name): curve.points for name, curve in signal.curves.items()}
    points = [named[technology] for technology in technologies]
    longest = max(map(len, points), default=1)
    filled = [[*each, *([each[-1]] * (longest - len(each)))] for each in points]
    both = np.array(filled, dtype=np.float64).reshape(len(points), longest, 2)
    return np.ascontiguousarray(both[:, :, 0]), np.ascontiguousarray(both[:, :, 1])


# --- what may be available -----------------------------------------------------------------------


def _cases(
    service: pd.DataFrame, schools: pd.DataFrame, places: pd.DataFrame, project: Project
) -> Cases:
    """The cases of each school; see :class:`Cases`."""
    at = pd.MultiIndex.from_frame(places[["row_id", "place"]])
    of_case = at.get_indexer(pd.MultiIndex.from_frame(service[["row_id", "place"]]))
    place = places.iloc[of_case].reset_index(drop=True)  # of no place the last one, not used
    known = pd.Series(of_case >= 0)
    point = service["available"].to_numpy(float)
    inferred = (known & (place["evidence"] == "distance")).to_numpy()
    row = np.where(known & ~inferred, place["row"], -1)
    least = place["least"].astype(float).fillna(0.0).to_numpy()
    otherwise = np.fmax(least, place["otherwise"].fillna(0.0).to_numpy())
    km = schools.set_index("row_id")[_LIKE].astype("float64")
    begin, end, donors = _donors(
        np.asarray(place["row_id"].map(km), np.float64),
        inferred,
        places,
        km,
        project.robustness.data,
    )
    # Nothing else is known where neither a level nor a like school is: what counts is drawn as is.
    at_least = np.where(inferred, least, np.where(row >= 0, otherwise, point))
    at_least = np.where(inferred & (begin == end), point, at_least)
    poor = inferred & place["least"].notna().to_numpy()
    sizes = service.groupby("row_id", sort=False).size().reindex(schools["row_id"]).fillna(0)
    return Cases(
        begin=np.concatenate([[0], np.cumsum(sizes.to_numpy(np.int64))]),
        weight=service["weight"].to_numpy(float),
        place=row.astype(np.int64),
        at_least=at_least,
        point=point,
        donors_begin=begin,
        donors_end=end,
        donors=donors,
        at_most=np.where(poor, project.index.gap.covered, 1.0),
    )


def _donors(
    case_km: FloatArray,
    inferred: NDArray[np.bool_],
    places: pd.DataFrame,
    km: pd.Series[float],
    rule: DataDraws,
) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
    """What is available at schools about as far from a site, for each case that is inferred so."""
    sure = places[(places["evidence"] != "distance") & (places["place"] == "point")]
    table = pd.DataFrame({"km": sure["row_id"].map(km), "available": sure["available"]})
    table = table.astype("float64").dropna().sort_values(["km", "available"])
    first = np.searchsorted(table["km"], np.nan_to_num(case_km)) - rule.neighbours // 2
    begin = np.clip(first, 0, max(len(table) - rule.neighbours, 0))
    end = np.minimum(begin + rule.neighbours, len(table))
    has_donors = inferred & ~np.isnan(case_km)
    return (
        np.where(has_donors, begin, 0).astype(np.int64),
        np.where(has_donors, end, 0).astype(np.int64),
        table["available"].to_numpy(),
    )


# --- service -------------------------------------------------------------------------------------


def _service(
    service: pd.DataFrame,
    schools: pd.DataFrame,
    tables: Tables,
    keys: NDArray[np.uint64],
    project: Project,
) -> Service:
    """What is known of the service of each school; see :class:`Service`."""
    rule, basis = project.index.adequacy, schools["delivered_basis"]
    of_school = service.drop_duplicates("row_id").set_index("row_id").reindex(schools["row_id"])
    concentration = of_school["concentration"].to_numpy(float)
    stated = stated_rates(schools, project.registers)
    resampled = np.isinf(concentration) & (basis == "test").to_numpy()
    begin, rates = _rates(stated, tables["own_tests"], schools["npsn"], keys, resampled, project)
    required = schools["required_mbps"].to_numpy(float)
    shares = shares_of_required(rates, np.repeat(required, np.diff(begin)), rule)
    curves = dict(list(tables["curves"].groupby("curve")))
    return Service(
        rates_begin=begin,
        rates=shares,
        weights=np.array([rule.down, rule.up, rule.latency]),
        known=np.where(basis == "register", schools["delivered"].to_numpy(float), np.nan),
        concentration=concentration,
        has_line=(basis == "provider").to_numpy(),
        knots=curves["no_line"]["available"].to_numpy(float),
        no_line=curves["no_line"]["value"].to_numpy(float),
        given_line=curves["given_line"]["value"].to_numpy(float),
    )


def stated_rates(schools: pd.DataFrame, registers: Registers) -> FloatArray:
    """Download, upload and latency that state A_d, float array of shape (n, 3).

    NaN where a school has no test and no subscription, and for a rate that no line has.
    """
    names = [f"delivered_{part}" for part in PARTS]
    if schools.columns.isin(names).sum() == len(names):
        return schools[names].to_numpy(np.float64)
    # An older run lacks them: the median of the tests counted, before the subscription.
    stated = np.full((len(schools), 3), np.nan)
    for source, prefix in (("test", "measured"), ("subscription", "subscription")):
        names = [name for part in PARTS if (name := f"{prefix}_{part}") in schools]
        rows = (schools["delivered_basis"] == source).to_numpy()
        found = [plausible_rate(schools.loc[rows], name, registers) for name in names]
        stated[rows, : len(names)] = np.stack([each.to_numpy(float) for each in found], axis=1)
    return stated


def shares_of_required(rates: FloatArray, required: FloatArray, rule: Adequacy) -> FloatArray:
    """Shares of the required rates, and the part of the latency.

    Parameters
    ----------
    rates : float array of shape (n, 3)
        Download and upload, Mbps, and latency, ms.
    required : float array of shape (n,)
        Required bandwidth, Mbps.
    rule : Adequacy
        Required upload, and the goalposts of the latency.
    """
    late = (rates[:, 2] - rule.latency_best_ms) / (rule.latency_worst_ms - rule.latency_best_ms)
    parts = (
        rates[:, 0] / required,
        rates[:, 1] / (required * rule.up_fraction),
        1.0 - np.clip(late, 0.0, 1.0),
    )
    return np.stack(parts, axis=1)


def _rates(
    stated: FloatArray,
    own_tests: pd.DataFrame,
    npsn: pd.Series[str],
    keys: NDArray[np.uint64],
    resampled: NDArray[np.bool_],
    project: Project,
) -> tuple[NDArray[np.int64], FloatArray]:
    """Rates of each school: what is stated first, then the same of its tests drawn again."""
    tests = own_tests.sort_values("npsn", kind="stable")
    numbers = tests["npsn"].to_numpy(str)
    first, last = (np.searchsorted(numbers, npsn.to_numpy(str), side=s) for s in ("left", "right"))
    more = np.where(resampled & (last > first), project.robustness.data.resamples, 0)
    rows = more + ~np.isnan(stated).all(axis=1)
    begin = np.concatenate([[0], np.cumsum(rows)]).astype(np.int64)
    rates = np.full((begin[-1], 3), np.nan)
    rates[begin[:-1][rows > 0]] = stated[rows > 0]
    values = tests[list(PARTS)].to_numpy(np.float64)
    percentile = project.index.tests.percentile
    resample_tests(
        *(rates, begin, more.astype(np.int64), first.astype(np.int64), last, values, keys),
        np.array([side_of_percentile(part, percentile) for part in PARTS]),
    )
    return begin, rates
