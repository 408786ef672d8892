"""Proposals for new 4G sites: where one would serve several schools without usable 4G.

The centre of a proposal is a school; the schools that it names are those within reach at which its
predicted level is enough. Proposals are chosen so that few of them reach all schools that can be
reached: each time the one that reaches most schools not yet reached.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from kalsel_gap.planning.option_costs import SCHOOL_ITEMS, SHARED_ITEMS
from kalsel_gap.planning.option_links import Pairs, near_pairs
from kalsel_gap.planning.option_rows import rows_of_option
from kalsel_gap.planning.shared_rows import (
    SharedOptions,
    facility_shares,
    place_code,
    rows_of_shared,
)
from kalsel_gap.planning.single_options import figures_of, option_limit, rates_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.project.model import Opened
    from kalsel_gap.radio.links.path_loss import RadioTerrain

LEAST_SCHOOLS = 2  # that a proposal names
MOST_PROPOSALS = 2  # of each school
_NEAREST = 64  # places of a proposal that are tried for a school
_NEAR_KM = 0.25  # below the range of P.1812: the foot of the mast


class ExtraSite(NamedTuple):
    """A place at which a new site is proposed whatever the number of schools that it serves."""

    lat: float
    """Degrees."""
    lon: float
    height_m: float
    """Antenna above ground."""


class _Carrier(NamedTuple):
    """A usual 4G site of the project."""

    antenna_height_m: float
    frequency_mhz: float
    eirp_dbm: float
    bandwidth_mhz: float


def propose_sites(
    schools: pd.DataFrame,
    wants: BoolArray,
    sites: pd.DataFrame,
    facilities: pd.DataFrame,
    ground: RadioTerrain | None,
    opened: Opened,
    *,
    extra: Sequence[ExtraSite] = (),
) -> SharedOptions:
    """Options and openings of proposed sites.

    Parameters
    ----------
    schools : DataFrame
        Of the run.
    wants : bool array of shape (schools,)
        Those that count and are not known to be adequate.
    sites : DataFrame
        Table ``sites`` of the run: a new site is like the median 4G site.
    facilities : DataFrame
        Those of the project, which share the cost.
    ground : RadioTerrain or None
        The terrain; without it, or without terms of the project's sites, a site reaches all schools
        within ``costs.options.bts.max_km``.
    opened : Opened
        The project.
    extra : sequence of ExtraSite
        Places of the user's own.

    Returns
    -------
    SharedOptions
        Reasons: *not_eligible* where 4G suffices (``index.gap.covered``), *level_unknown*,
        *no_proposal* where no place reaches two schools.
    """
    figures = figures_of(opened, "bts")
    reach_km = option_limit(figures.max_km, opened.project.radio.candidates.reach_km)
    available = schools["available"].to_numpy("float64")
    eligible = np.flatnonzero(wants & (available < opened.project.index.gap.covered))
    targets = schools.iloc[eligible]
    places = _places(targets, extra)
    pairs = near_pairs(targets, places, count=_NEAREST + len(extra), within_km=reach_km)
    serves, by_distance = _serves(pairs, targets, places, sites, ground, opened)
    pairs = pairs.take(serves)
    forced = np.flatnonzero(places["is_extra"].to_numpy())
    chosen = _choose(pairs, len(places), forced)
    kept = np.isin(pairs.place, chosen)
    pairs = pairs.take(kept)
    # The user's own places come first.
    order = np.lexsort((pairs.distance_km, ~np.isin(pairs.place, forced), pairs.target))
    pairs = pairs.take(order)
    first = pd.Series(pairs.target).groupby(pairs.target).cumcount().to_numpy() < MOST_PROPOSALS
    pairs = pairs.take(first)
    chosen = np.union1d(pairs.place, forced)
    ids = ["bts:" + place_code(*at) for at in places.loc[chosen, ["lat", "lon"]].to_numpy()]
    at = eligible[pairs.target]
    number = np.searchsorted(chosen, pairs.place)
    reached = np.array(ids, dtype=object)[number] if ids else np.empty(0, dtype=object)
    rates = rates_of(figures)
    rows = rows_of_option(
        schools,
        at,
        "bts",
        values={
            **rates,
            "partner": reached,
            "partner_kind": "shared",
            "shared_id": reached,
            "distance_km": pairs.distance_km,
            "longest_km": reach_km,
            "assumptions": "bts_by_distance" if by_distance else "",
        },
        volumes=SCHOOL_ITEMS["bts"],
    )
    rest = np.setdiff1d(np.arange(len(schools)), at)
    why = np.select(
        [np.isnan(available), available >= opened.project.index.gap.covered],
        ["level_unknown", "not_eligible"],
        "no_proposal",
    )
    none = rows_of_option(
        schools, rest, "bts", values={**rates, "reason": why[rest]}, volumes=SCHOOL_ITEMS["bts"]
    )
    required = np.bincount(
        number, schools["required_mbps"].to_numpy("float64")[at], minlength=len(ids)
    )
    openings = places.loc[chosen].reset_index(drop=True)
    shared = rows_of_shared(
        ids,
        "bts",
        values={
            **{name: openings[name].to_numpy() for name in ("lat", "lon", "name")},
            "capacity_mbps": rates["capacity_mbps"],
            "facility_share": facility_shares(
                *(openings, facilities, required.astype(np.float64)),
                within_km=reach_km,
                each_mbps=opened.project.index.required_mbps.minimum,
            ),
            "schools": np.bincount(number, minlength=len(ids)),
        },
        volumes=SHARED_ITEMS["bts"],
    )
    return SharedOptions(pd.concat([rows, none]), shared)


def _places(targets: pd.DataFrame, extra: Sequence[ExtraSite]) -> pd.DataFrame:
    """Places of proposals: of the schools, one of several at one place, and the user's own."""
    own = targets[["lat", "lon", "name", "npsn", "row_id"]].sort_values(["npsn", "row_id"])
    own = own.assign(height_m=np.nan, is_extra=False)[[*_PLACE]]
    own = own.drop_duplicates(["lat", "lon"])
    added = pd.DataFrame([(*e[:2], "", e.height_m, True) for e in extra], columns=[*_PLACE])
    both = pd.concat([added, own], ignore_index=True) if len(added) else own
    both = both.astype({"lat": "float64", "lon": "float64", "height_m": "float64"})
    return both.reset_index(drop=True)


_PLACE = ("lat", "lon", "name", "height_m", "is_extra")


def _serves(
    pairs: Pairs,
    targets: pd.DataFrame,
    places: pd.DataFrame,
    sites: pd.DataFrame,
    ground: RadioTerrain | None,
    opened: Opened,
) -> tuple[BoolArray, bool]:
    """Which places would serve which schools; whether that is judged by distance alone."""
    carrier = _usual_carrier(sites)
    if ground is None or carrier is None:
        return np.ones(pairs.target.size, dtype=np.bool_), True
    serves = pairs.distance_km < _NEAR_KM
    far = np.flatnonzero(~serves)
    if far.size:
        level = _levels(far, pairs, targets, places, carrier, ground)
        figures, carriers = figures_of(opened, "bts"), opened.project.radio.carriers
        least = option_limit(figures.min_dbm, carriers["4g"].usable_dbm)
        serves[far] = level >= least
    return serves, False


def _levels(
    far: IntArray,
    pairs: Pairs,
    targets: pd.DataFrame,
    places: pd.DataFrame,
    carrier: _Carrier,
    ground: RadioTerrain,
) -> FloatArray:
    """Predicted level of the site of each pair at its school, dBm."""
    from kalsel_gap.radio.links.path_loss import compute_path_loss, levels_dbm

    of = places.iloc[pairs.place[far]].reset_index(drop=True)
    cells = of[["lat", "lon"]].assign(
        technology="4g", azimuth_deg=np.nan, downtilt_deg=np.nan, **carrier._asdict()
    )
    cells["antenna_height_m"] = of["height_m"].fillna(carrier.antenna_height_m)
    at = targets.iloc[pairs.target[far]]
    lat, lon = at["lat"].to_numpy("float64"), at["lon"].to_numpy("float64")
    lost = compute_path_loss(cells, lat, lon, ground)
    return levels_dbm(cells, lat, lon, lost.total_db, lost.elevation_deg, ground.radio)


def _usual_carrier(sites: pd.DataFrame) -> _Carrier | None:
    """The median of each term over the 4G cells of the project; None where a term is unknown."""
    of = sites[sites["technology"] == "4g"]
    terms = [
        float(of[name].astype("float64").quantile(0.5, interpolation="lower"))
        for name in _Carrier._fields
    ]
    # The bandwidth has a default, the other terms have none.
    return None if of.empty or np.isnan(terms[:3]).any() else _Carrier(*terms)


def _choose(pairs: Pairs, places: int, forced: IntArray) -> IntArray:
    """Places that together reach all schools that can be reached, few of them.

    Greedy: the gain of a place never rises, so that an old gain is a bound (lazy evaluation). Of
    equal gains the place that comes first.
    """
    order = np.argsort(pairs.place, kind="stable")
    cut = np.searchsorted(pairs.place[order], np.arange(places + 1))
    reach = [pairs.target[order[cut[p] : cut[p + 1]]].tolist() for p in range(places)]
    open_, chosen = set(pairs.target.tolist()), forced.tolist()
    for place in chosen:
        open_.difference_update(reach[place])
    heap = [(-len(of), place) for place, of in enumerate(reach) if len(of) >= LEAST_SCHOOLS]
    heapq.heapify(heap)
    while heap and open_:
        gain, place = heapq.heappop(heap)
        now = -sum(school in open_ for school in reach[place])
        if now == 0:
            continue
        if now > gain:
            heapq.heappush(heap, (now, place))
            continue
        chosen.append(place)
        open_.difference_update(reach[place])
    return np.unique(np.array(chosen, dtype=np.int64))
