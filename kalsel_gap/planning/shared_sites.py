"""Relays, hubs and trunks: opened once, used by many.

A relay stands on a ridge that a school sees in the direction of a tower. A hub is a public facility
or a school, whose connection neighbours share over short hops. A trunk is the part of a fibre route
that several schools have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.geo import geodesy
from kalsel_gap.planning.option_costs import SCHOOL_ITEMS, SHARED_ITEMS
from kalsel_gap.planning.option_links import Pairs, judge_hops, near_pairs
from kalsel_gap.planning.option_rows import rows_of_option
from kalsel_gap.planning.shared_rows import (
    SharedOptions,
    facility_shares,
    place_code,
    rows_of_shared,
)
from kalsel_gap.planning.single_options import (
    figures_of,
    near_donors,
    option_limit,
    rates_of,
)

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import FloatArray, IntArray
    from kalsel_gap.planning.fibre_routes import FibreRoutes
    from kalsel_gap.project.model import Opened
    from kalsel_gap.radio.links.path_loss import RadioTerrain

MOST_RELAYS = 4  # of each school; with as many hubs no school has more than eight of both
HUBS = {"facility": 2, "connected": 1, "host": 1}  # nearest of each kind that are judged
_RELAY_DONORS = {"site": 3, "fibre": 1, "school": 1}
_TRIED_RELAYS = 8  # nearest relays whose hop to a school is judged
_TRIED_HOSTS = 8  # nearest schools of which one may be a host
_TOWARDS = 3  # nearest towers in whose directions a ridge is looked for
_THIN_DEG = 0.01  # of ridges in one square of 1.1 km one is tried
_LEAST_KM = 0.3  # a ridge nearer than this is the school's own hill
_JOIN_KM = 2.0  # from the far end of a trunk to a facility that uses it
_YARD_KM = 0.1  # neighbours so near are joined whatever the terrain


# --- relays --------------------------------------------------------------------------------------


def relay_options(
    schools: pd.DataFrame,
    at: IntArray,
    donors: pd.DataFrame,
    horizons: pd.DataFrame,
    ground: RadioTerrain | None,
    opened: Opened,
) -> SharedOptions:
    """Hops by way of one relay, for schools that no hop reaches directly.

    Parameters
    ----------
    schools : DataFrame
        Of the run.
    at : int array
        Positions of those schools.
    donors : DataFrame
        As of direct hops.
    horizons : DataFrame
        Table ``horizons`` of the run: the obstacle in each direction is a place that the school
        sees.
    ground : RadioTerrain or None
        The terrain.
    opened : Opened
        The project.

    Returns
    -------
    SharedOptions
        The mast of a relay is part of ``relay_site``. Schools without a relay are not in it.
    """
    figures, radio = figures_of(opened, "microwave_relay"), opened.project.radio
    longest = min(option_limit(figures.max_km), radio.microwave.longest_km)
    tallest = min(option_limit(figures.max_mast_m), radio.microwave.tallest_m)
    pole_m, rates = radio.receiver.cpe_height_m, rates_of(figures)
    towers = donors[donors["kind"] == "site"]
    ridges = _ridges(schools.iloc[at], towers, horizons, longest)
    if ground is None or ridges.empty:
        return SharedOptions(_no_rows(schools, "microwave_relay"), _no_shared("relay"))
    # From a donor to each ridge: the lowest mast, then the nearest donor.
    pairs = near_donors(ridges, donors, within_km=longest, counts=_RELAY_DONORS)
    of = donors.iloc[pairs.place].reset_index(drop=True)
    hop = {"longest_km": longest, "tallest_m": tallest}
    first = judge_hops(ground, of, ridges.iloc[pairs.target], **hop)
    first = first.assign(
        ridge=pairs.target,
        km=pairs.distance_km,
        left_mbps=of["left_mbps"],
        height_m=first["mast_m"].fillna(pole_m),
    )[first["reason"] == ""]
    first = first.sort_values(["ridge", "height_m", "km"], kind="stable").drop_duplicates("ridge")
    relays = ridges.loc[first["ridge"]].reset_index(drop=True)
    relays = relays.assign(**{n: first[n].to_numpy() for n in ("height_m", "left_mbps")})
    # From each relay to schools.
    targets = schools.iloc[at]
    pairs = near_pairs(targets, relays, count=_TRIED_RELAYS, within_km=longest)
    last = judge_hops(ground, relays.iloc[pairs.place], targets.iloc[pairs.target], **hop)
    last = last.assign(target=pairs.target, relay=pairs.place, km=pairs.distance_km)
    last = last[last["reason"] == ""].assign(mast=last["mast_m"].fillna(0.0))
    last = last.sort_values(["target", "mast", "km", "relay"], kind="stable")
    last = last[last.groupby("target").cumcount() < MOST_RELAYS]
    used = np.unique(last["relay"].to_numpy("int64"))
    relays, number = relays.iloc[used], np.searchsorted(used, last["relay"].to_numpy("int64"))
    ids = np.array(["relay:" + place_code(*p) for p in relays[["lat", "lon"]].to_numpy()], object)
    capacity = np.fmin(relays["left_mbps"].to_numpy("float64"), rates["capacity_mbps"])
    rows = rows_of_option(
        schools,
        at[last["target"].to_numpy("int64")],
        "microwave_relay",
        values={
            **rates,
            **{n: np.fmin(rates[n], capacity[number]) for n in ("down_mbps", "up_mbps")},
            "capacity_mbps": capacity[number],
            "partner": ids[number],
            "partner_kind": "shared",
            "shared_id": ids[number],
            "needs_consent": True,
            "distance_km": last["km"].to_numpy(),
            "longest_km": longest,
            "needed_m": last["mast_m"].to_numpy(),
            "tallest_m": tallest,
            **{n: last[n].to_numpy() for n in ("clearance_ratio", "clearance_ratio_worst")},
        },
        volumes=SCHOOL_ITEMS["microwave_relay"] | {"mast_m": last["mast"].to_numpy()},
    )
    shared = rows_of_shared(
        ids.tolist(),
        "relay",
        values={
            **{name: relays[name].to_numpy() for name in ("lat", "lon")},
            "capacity_mbps": capacity,
            "schools": np.bincount(number, minlength=used.size),
        },
        volumes=SHARED_ITEMS["relay"],
    )
    return SharedOptions(rows, shared)


def _ridges(
    targets: pd.DataFrame, towers: pd.DataFrame, horizons: pd.DataFrame, longest_km: float
) -> pd.DataFrame:
    """Horizons of schools in the direction of their nearest towers, thinned out."""
    none = pd.DataFrame({"lat": [], "lon": []}, dtype="float64")
    if towers.empty or horizons.empty or targets.empty:
        return none
    pairs = near_pairs(targets, towers, count=_TOWARDS, within_km=2.0 * longest_km)
    here, there = targets.iloc[pairs.target], towers.iloc[pairs.place]
    ends = [frame[name].to_numpy("float64") for frame in (here, there) for name in ("lon", "lat")]
    bearing, _, _ = geodesy.WGS84.inv(ends[0], ends[1], ends[2], ends[3])
    count = max(horizons["azimuth_deg"].nunique(), 1)
    asked = pd.DataFrame(
        {
            "row_id": here["row_id"].to_numpy(),
            "direction": np.round(np.asarray(bearing) % 360.0 / (360.0 / count)).astype(int)
            % count,
        }
    ).drop_duplicates()
    seen = horizons.assign(
        direction=np.round(horizons["azimuth_deg"] / (360.0 / count)).astype(int) % count
    )
    seen = seen[(seen["distance_m"] / 1000.0).between(_LEAST_KM, longest_km)]
    found = asked.merge(seen, on=["row_id", "direction"]).dropna(
        subset=["obstacle_lat", "obstacle_lon"]
    )
    found = found.rename(columns={"obstacle_lat": "lat", "obstacle_lon": "lon"})
    found["square"] = [
        (round(y / _THIN_DEG), round(x / _THIN_DEG))
        for y, x in zip(found["lat"], found["lon"], strict=True)
    ]
    found = found.sort_values(
        ["square", "horizon_deg", "lat", "lon"], ascending=[True, False, True, True]
    )
    kept = found.drop_duplicates("square")[["lat", "lon"]].round(6)
    return pd.concat([none, kept]).drop_duplicates().reset_index(drop=True)


# --- hubs ----------------------------------------------------------------------------------------


def hub_options(
    schools: pd.DataFrame,
    at: IntArray,
    connected: pd.DataFrame,
    facilities: pd.DataFrame,
    ground: RadioTerrain | None,
    opened: Opened,
) -> SharedOptions:
    """Spokes from a neighbouring facility or school.

    A facility brings a terminal of its own (LEO), because its connection is unknown. A connected
    school shares what it has left. Any larger school near by can be a host once it is served: the
    hub then counts on an option of at least ``host_down_mbps``, that of LEO, which depends on no
    place. Of two schools only the one with more pupils can be the host, so that no two wait for
    each other.

    Parameters
    ----------
    schools : DataFrame
        Of the run.
    at : int array
        Positions of the schools that want one and have a location.
    connected : DataFrame
        As `connected_schools` gives them.
    facilities : DataFrame
        As `read_facilities` gives them.
    ground : RadioTerrain or None
        The terrain.
    opened : Opened
        The project.

    Returns
    -------
    SharedOptions
        The nearest hub stands with its reason where none is possible; schools without any within
        reach are not in it.
    """
    figures, radio = figures_of(opened, "hub"), opened.project.radio
    longest = min(option_limit(figures.max_km), radio.microwave.longest_km)
    tallest = min(option_limit(figures.max_mast_m), radio.microwave.tallest_m)
    hubs = _hubs(schools, at, connected, facilities, opened)
    targets = schools.iloc[at]
    pairs = _near_hubs(targets, hubs, longest)
    of = hubs.iloc[pairs.place].assign(height_m=radio.receiver.cpe_height_m)
    hops = judge_hops(
        ground, of, targets.iloc[pairs.target], longest_km=longest, tallest_m=tallest
    ).assign(target=pairs.target, hub=pairs.place, km=pairs.distance_km)
    in_yard = hops["km"] < _YARD_KM
    hops.loc[in_yard, "reason"] = ""
    hops.loc[in_yard, "mast_m"] = np.nan
    possible = hops["reason"] == ""
    has = hops["target"].isin(hops.loc[possible, "target"])
    nearest = ~hops["target"].duplicated()
    hops = hops[possible | (~has & nearest)]
    used = np.unique(hops.loc[hops["reason"] == "", "hub"].to_numpy("int64"))
    of = hubs.iloc[hops["hub"]]
    is_shared = (hops["reason"] == "").to_numpy()
    rows = rows_of_option(
        schools,
        at[hops["target"].to_numpy("int64")],
        "hub",
        values={
            **{n: of[n].to_numpy() for n in ("down_mbps", "up_mbps", "latency_ms")},
            "capacity_mbps": of["capacity_mbps"].to_numpy(),
            "reason": hops["reason"].to_numpy(),
            "partner": of["place_id"].to_numpy(),
            "partner_kind": of["kind"]
            .replace({"connected": "school", "host": "school"})
            .to_numpy(),
            "shared_id": np.where(is_shared, "hub:" + of["place_id"].to_numpy(dtype=object), ""),
            "needs_consent": True,
            "distance_km": hops["km"].to_numpy(),
            "longest_km": longest,
            "needed_m": hops["mast_m"].to_numpy(),
            "tallest_m": tallest,
            **{n: hops[n].to_numpy() for n in ("clearance_ratio", "clearance_ratio_worst")},
        },
        volumes=SCHOOL_ITEMS["hub"] | {"mast_m": hops["mast_m"].fillna(0.0).to_numpy()},
    )
    return SharedOptions(
        rows, _hub_openings(schools, rows[rows["shared_id"] != ""], hubs.iloc[used], opened)
    )


def _hub_openings(
    schools: pd.DataFrame, rows: pd.DataFrame, hubs: pd.DataFrame, opened: Opened
) -> pd.DataFrame:
    """Openings of the hubs that a school can use."""
    ids = ("hub:" + hubs["place_id"]).tolist()
    required = pd.Series(schools["required_mbps"].to_numpy("float64")[rows["at"]])
    per_hub = required.groupby(rows["shared_id"].to_numpy()).agg(["sum", "size"]).reindex(ids)
    is_facility = (hubs["kind"] == "facility").to_numpy()
    own = opened.project.index.required_mbps.minimum
    volumes = {
        item: np.where(is_facility, volume, SHARED_ITEMS["hub"].get(item, 0.0))
        for item, volume in SHARED_ITEMS["hub_facility"].items()
    }
    return rows_of_shared(
        ids,
        "hub",
        values={
            **{n: hubs[n].to_numpy() for n in ("lat", "lon", "name", "host_row_id")},
            "facility": np.where(is_facility, hubs["place_id"], ""),
            "facility_share": np.where(is_facility, own / (own + per_hub["sum"].to_numpy()), 0.0),
            "capacity_mbps": hubs["capacity_mbps"].to_numpy(),
            "host_down_mbps": hubs["host_down_mbps"].to_numpy(),
            "schools": per_hub["size"].fillna(0).to_numpy("int64"),
        },
        volumes=volumes,
    )


def _hubs(
    schools: pd.DataFrame,
    at: IntArray,
    connected: pd.DataFrame,
    facilities: pd.DataFrame,
    opened: Opened,
) -> pd.DataFrame:
    """Places of hubs with what they can give; hosts in order of their size, the largest first."""
    figures, leo = figures_of(opened, "hub"), rates_of(figures_of(opened, "leo"))
    extra_ms, most = option_limit(figures.latency_ms, 0.0), option_limit(figures.capacity_mbps)
    common: dict[str, float | str] = {
        "latency_ms": leo["latency_ms"] + extra_ms,
        **dict.fromkeys(("name", "host_row_id"), ""),
        "host_down_mbps": np.nan,
        "size": 0,
    }
    down, up = leo["down_mbps"], leo["up_mbps"]
    limit: dict[str, float | str] = {"down_mbps": min(down, most), "up_mbps": up}
    facility = facilities.assign(
        kind="facility", capacity_mbps=min(down, most), **(common | limit)
    ).assign(name=facilities["name"])
    named = pd.Series(schools["name"].to_numpy(), "school:" + schools["row_id"])
    left = np.minimum(connected["left_mbps"].to_numpy("float64"), most)
    school = connected.assign(**common).assign(
        kind="connected",
        capacity_mbps=left,
        down_mbps=left,
        up_mbps=left * opened.project.index.adequacy.up_fraction,
        name=connected["place_id"].map(named),
    )
    hosts = schools.iloc[at].assign(size=schools.iloc[at]["students"].fillna(0).astype("int64"))
    hosts = hosts.sort_values(["size", "npsn", "row_id"], ascending=[False, True, True])
    rest = np.minimum(down - hosts["required_mbps"].to_numpy("float64"), most)
    host = pd.DataFrame(
        {
            **(common | limit),
            "place_id": "school:" + hosts["row_id"],
            **{n: hosts[n] for n in ("lat", "lon", "name", "size")},
            "kind": "host",
            "host_row_id": hosts["row_id"],
            "capacity_mbps": rest,
            "down_mbps": np.minimum(rest, limit["down_mbps"]),
            "host_down_mbps": down,
        },
        index=hosts.index,
    )[rest > 0.0]
    parts = [each[list(_HUB)] for each in (facility, school, host) if len(each)]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_HUB))
    return table.astype(dict.fromkeys(("lat", "lon", "capacity_mbps", "host_down_mbps"), "float64"))


_HUB = (
    *("place_id", "kind", "lat", "lon", "name", "host_row_id", "host_down_mbps", "size"),
    *("down_mbps", "up_mbps", "latency_ms", "capacity_mbps"),
)


def _near_hubs(targets: pd.DataFrame, hubs: pd.DataFrame, longest_km: float) -> Pairs:
    """The nearest hubs of each kind, sorted by school and distance."""
    found = []
    own = ("school:" + targets["row_id"]).to_numpy(dtype=object)
    # Rank of each school among hosts: only those before it may be its host.
    hosts = np.flatnonzero((hubs["kind"] == "host").to_numpy())
    rank = pd.Series(hosts, hubs["place_id"].to_numpy()[hosts]).reindex(own).fillna(len(hubs))
    for kind, count in HUBS.items():
        of = np.flatnonzero((hubs["kind"] == kind).to_numpy())
        tried = _TRIED_HOSTS if kind == "host" else count
        pairs = near_pairs(targets, hubs.iloc[of], count=tried, within_km=longest_km)
        place = of[pairs.place]
        keep = (
            place < rank.to_numpy()[pairs.target] if kind == "host" else np.ones(place.size, bool)
        )
        target, place, km = pairs.target[keep], place[keep], pairs.distance_km[keep]
        first = pd.Series(target).groupby(target).cumcount().to_numpy() < count
        found.append(Pairs(target[first], place[first], km[first]))
    target, place, km = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.lexsort((place, km, target))
    return Pairs(target[order], place[order], km[order])


# --- trunks --------------------------------------------------------------------------------------


def trunk_options(
    schools: pd.DataFrame,
    at: IntArray,
    routes: FibreRoutes,
    facilities: pd.DataFrame,
    opened: Opened,
) -> SharedOptions:
    """Branches from the trunks that routes of fibre share, and the trunks.

    Parameters
    ----------
    schools : DataFrame
        Of the run.
    at : int array
        Positions of the schools of `routes`.
    routes : FibreRoutes
        Routes of fibre.
    facilities : DataFrame
        Those of the project; near the far end of a trunk they share its cost.
    opened : Opened
        The project.
    """
    rates = rates_of(figures_of(opened, "fibre"))
    trunks = routes.trunks
    ids = np.array(["trunk:" + place_code(*p) for p in trunks[["lat", "lon"]].to_numpy()], object)
    has = routes.trunk >= 0
    own = ids[routes.trunk[has]] if has.any() else np.empty(0, dtype=object)
    branch = routes.branch_km[has].round(3)
    rows = rows_of_option(
        schools,
        at[has],
        "fibre",
        values={
            **rates,
            "partner": own,
            "partner_kind": "shared",
            "shared_id": own,
            "distance_km": branch,
            "longest_km": option_limit(figures_of(opened, "fibre").max_km),
        },
        volumes=SCHOOL_ITEMS["fibre"] | {"fibre_aerial_km": branch},
    )
    before = trunks["before"].to_numpy("int64")
    required = _required_beyond(schools.iloc[at]["required_mbps"].to_numpy("float64"), routes)
    shared = rows_of_shared(
        ids.tolist(),
        "trunk",
        values={
            **{name: trunks[name].to_numpy() for name in ("lat", "lon", "schools")},
            "needs_shared": np.where(before >= 0, ids[before] if ids.size else "", ""),
            "capacity_mbps": rates["capacity_mbps"],
            "facility_share": facility_shares(
                *(trunks, facilities, required),
                within_km=_JOIN_KM,
                each_mbps=opened.project.index.required_mbps.minimum,
            ),
        },
        volumes=SHARED_ITEMS["trunk"] | {"fibre_aerial_km": trunks["km"].to_numpy().round(3)},
    )
    return SharedOptions(rows, shared)


def _required_beyond(required_mbps: FloatArray, routes: FibreRoutes) -> FloatArray:
    """Required bandwidth of all schools beyond each trunk."""
    has = routes.trunk >= 0
    count = len(routes.trunks)
    total = np.bincount(routes.trunk[has], required_mbps[has], count).astype(np.float64)
    before = routes.trunks["before"].to_numpy("int64")
    for trunk in range(len(total) - 1, -1, -1):  # a trunk comes after the one that it continues
        if before[trunk] >= 0:
            total[before[trunk]] += total[trunk]
    return total


def _no_rows(schools: pd.DataFrame, option: str) -> pd.DataFrame:
    return rows_of_option(schools, np.empty(0, dtype=np.int64), option, values={})


def _no_shared(kind: str) -> pd.DataFrame:
    return rows_of_shared([], kind, values={}, volumes={})
