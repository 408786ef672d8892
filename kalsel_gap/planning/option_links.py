"""Geometry of options: towers, ends of fibre and connected schools nearby, and hops from them.

A tower is a place, the operators on it are services: cells of several operators that stand within
:data:`SAME_PLACE_M` are one tower. A hop is judged over the elevation model, in median air and in
the worst air.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from kalsel_gap.geo import geodesy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.project.model import Opened
    from kalsel_gap.radio.links.path_loss import RadioTerrain

# Lists of several operators place one tower tens of metres apart.
SAME_PLACE_M = 50.0
# Places of any kind that something can be reached from.
PLACES = ("place_id", "kind", "lat", "lon", "height_m", "operators", "left_mbps")
HOP_COLUMNS = ("reason", "mast_m", "clearance_ratio", "clearance_ratio_worst", "availability")


class Pairs(NamedTuple):
    """Which place is near which target, int arrays of shape (pairs,), and how far."""

    target: IntArray
    place: IntArray
    distance_km: FloatArray

    def take(self, which: BoolArray | NDArray[np.intp]) -> Pairs:
        """Some of the pairs, by a mask or by their places."""
        return Pairs(self.target[which], self.place[which], self.distance_km[which])


# --- places --------------------------------------------------------------------------------------


def merge_sites(sites: pd.DataFrame) -> pd.DataFrame:
    """Towers: one row for each place, whatever number of cells and operators is on it.

    Parameters
    ----------
    sites : DataFrame
        Table ``sites`` of a run.

    Returns
    -------
    DataFrame
        :data:`PLACES` of kind *site*, sorted by ``place_id``. A tower has the place of the first of
        its cells by file and row, the highest antenna that is known (NaN where none is) and its
        operators, separated by semicolons.
    """
    rows = sites.dropna(subset=["lat", "lon"]).sort_values(["file", "row"], ignore_index=True)
    tower = _clusters(rows["lat"].to_numpy("float64"), rows["lon"].to_numpy("float64"))
    ids = rows["site_id"].fillna("").astype(str)
    own = rows["file"].astype(str) + ":" + rows["row"].astype(str)
    table = pd.DataFrame(
        {
            "tower": tower,
            "place_id": "site:" + ids.where(ids != "", own),
            "own": own,
            "lat": rows["lat"].astype("float64"),
            "lon": rows["lon"].astype("float64"),
            "height_m": rows["antenna_height_m"].astype("float64"),
            "operators": rows["operator"].fillna("").astype(str),
        }
    )
    groups = table.groupby("tower", sort=True)
    places = groups[["place_id", "own", "lat", "lon"]].first()
    places["height_m"] = groups["height_m"].max()
    places["operators"] = groups["operators"].agg(lambda names: ";".join(sorted({*names} - {""})))
    # Two towers of one id stay two places.
    twice = places["place_id"].duplicated(keep=False)
    places.loc[twice, "place_id"] += "@" + places.loc[twice, "own"]
    places = places.assign(kind="site", left_mbps=np.nan)
    return places.sort_values(["place_id", "lat", "lon"], ignore_index=True)[list(PLACES)]


def _clusters(lat: FloatArray, lon: FloatArray) -> IntArray:
    """Number of the tower of each cell; cells within a short distance share one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    if lat.size == 0:
        return np.empty(0, dtype=np.int64)
    tree = KDTree(geodesy.earth_centred_m(lat, lon))
    a, b = tree.query_pairs(SAME_PLACE_M, output_type="ndarray").T
    graph = coo_array((np.ones(a.size), (a, b)), shape=(lat.size, lat.size))
    found: IntArray = connected_components(graph, directed=False)[1].astype(np.int64)
    return found


def connected_schools(schools: pd.DataFrame, adequate: float) -> pd.DataFrame:
    """Schools whose service is known to be adequate, with the bandwidth that they have left.

    Parameters
    ----------
    schools : DataFrame
        Those that count.
    adequate : float
        A_d from which a service is adequate.
    """
    known = (schools["delivered_status"] == "known") & (schools["delivered"] >= adequate)
    left = schools["delivered_down_mbps"].astype("float64") - schools["required_mbps"]
    rows = schools[known & (left > 0.0)]
    return pd.DataFrame(
        {
            "place_id": "school:" + rows["row_id"].astype(str),
            "kind": "school",
            "lat": rows["lat"].astype("float64"),
            "lon": rows["lon"].astype("float64"),
            "height_m": np.nan,
            "operators": "",
            "left_mbps": left[rows.index],
        }
    ).sort_values("place_id", ignore_index=True)[list(PLACES)]


def near_pairs(
    targets: pd.DataFrame, places: pd.DataFrame, *, count: int, within_km: float
) -> Pairs:
    """The nearest places of each target, sorted by target, then distance, then place.

    Parameters
    ----------
    targets, places : DataFrame
        ``lat`` and ``lon``, degrees, all known.
    count : int
        At most so many for each target.
    within_km : float
        And none farther.
    """
    from scipy.spatial import KDTree

    empty = np.empty(0, dtype=np.int64)
    if targets.empty or places.empty or count < 1:
        return Pairs(empty, empty, np.empty(0))
    lat, lon, to_lat, to_lon = (
        frame[name].to_numpy("float64") for frame in (targets, places) for name in ("lat", "lon")
    )
    tree = KDTree(geodesy.earth_centred_m(to_lat, to_lon))
    # A straight line is shorter than the geodesic: no place within reach is missed.
    _, found = tree.query(
        geodesy.earth_centred_m(lat, lon),
        k=np.arange(1, min(count, len(places)) + 1),
        distance_upper_bound=1000.0 * within_km,
    )
    target, rank = np.nonzero(np.asarray(found) < len(places))
    place = np.asarray(found)[target, rank].astype(np.int64)
    km = geodesy.distance_m(lat[target], lon[target], to_lat[place], to_lon[place]) / 1000.0
    within = km <= within_km
    target, place, km = target[within].astype(np.int64), place[within], km[within]
    order = np.lexsort((place, km, target))
    return Pairs(target[order], place[order], km[order])


def nearest_km(targets: pd.DataFrame, places: pd.DataFrame) -> FloatArray:
    """Distance to the nearest place of each target; NaN without places."""
    lat, lon, to_lat, to_lon = (
        frame[name].to_numpy("float64") for frame in (targets, places) for name in ("lat", "lon")
    )
    return geodesy.nearest_point_m(lat, lon, to_lat, to_lon)[0] / 1000.0


# --- hops ----------------------------------------------------------------------------------------


def terrain_of_links(opened: Opened) -> RadioTerrain | None:
    """The terrain over which hops are judged; None without an elevation model."""
    if opened.project.elevation is None:
        return None
    # They compile kernels: only when they are needed.
    from kalsel_gap.radio.links.path_loss import RadioTerrain
    from kalsel_gap.radio.paths.elevation_model import terrain_of
    from kalsel_gap.terrain.kept_sea import look_up_sea

    return RadioTerrain(terrain_of(opened), look_up_sea(opened), opened.project.radio)


def judge_hops(
    ground: RadioTerrain | None,
    donors: pd.DataFrame,
    places: pd.DataFrame,
    *,
    longest_km: float,
    tallest_m: float,
) -> pd.DataFrame:
    """Whether each hop from a donor to its place can be built, and what mast it needs.

    Parameters
    ----------
    ground : RadioTerrain or None
        Without one nothing is known of any sight.
    donors : DataFrame
        ``lat``, ``lon`` and ``height_m`` of the antenna above ground; a row for each hop.
    places : DataFrame
        ``lat`` and ``lon`` of the other ends, in the same order.
    longest_km : float
        Longest hop of the option; the planning limit of the radio counts as well.
    tallest_m : float
        Highest mast of the option at the place; that of the radio counts as well.

    Returns
    -------
    DataFrame
        :data:`HOP_COLUMNS`, one row for each hop: ``reason`` empty where it can be built,
        otherwise *too_far*, *no_sight* (hidden in median air even from the highest mast),
        *too_tall* (hidden from it in the worst air only) or *sight_unknown*; ``mast_m`` above
        ground, missing where the pole is enough or nothing is known; clearances from the pole.
    """
    n = len(places)
    found = pd.DataFrame(
        {name: np.full(n, np.nan) for name in HOP_COLUMNS[1:]} | {"reason": ["sight_unknown"] * n}
    )[list(HOP_COLUMNS)]
    if ground is None or n == 0:
        return found
    from kalsel_gap.radio.links.clearance import assess_clearance
    from kalsel_gap.radio.links.microwave_hops import hops
    from kalsel_gap.radio.links.path_loss import THREADS

    radio = ground.radio
    pole_m = radio.receiver.cpe_height_m
    at_pole = radio.model_copy(
        update={"receiver": radio.receiver.model_copy(update={"height_m": pole_m})}
    )
    tallest_m = min(tallest_m, radio.microwave.tallest_m)
    lat, lon, height_m = (
        frame[name].to_numpy("float64")
        for frame, name in ((places, "lat"), (places, "lon"), (donors, "height_m"))
    )
    mhz = 1000.0 * radio.microwave.frequency_ghz
    reason = found["reason"].to_numpy(dtype=object)
    for at, paths in ground.profiles(donors, lat, lon):
        # The latitude moves the outage of a hop by less than its digits within a province.
        hop = hops(
            *(paths, height_m[at], float(np.mean(lat[at])), radio),
            threads=THREADS,
            with_longest=False,
        )
        seen = assess_clearance(paths, height_m[at], np.full(at.size, mhz), at_pole)
        needs_mast = np.isin(hop.status, ("blocked", "too_tall"))
        in_median_m = np.maximum(seen.median.rx_mast_m, pole_m)
        far = (hop.status == "too_long") | (paths.length_km > longest_km)
        reason[at] = np.select(
            [
                far,
                ~(needs_mast | (hop.status == "feasible")),
                needs_mast & (in_median_m > tallest_m),
                needs_mast & (hop.mast_m > tallest_m),
            ],
            ["too_far", "sight_unknown", "no_sight", "too_tall"],
            "",
        )
        columns = (
            np.where(needs_mast, np.ceil(hop.mast_m), np.nan),
            seen.median.clearance_ratio,
            seen.worst.clearance_ratio,
            hop.availability_percent,
        )
        for name, values in zip(HOP_COLUMNS[1:], columns, strict=True):
            column = found[name].to_numpy(copy=True)
            column[at] = values
            found[name] = column
    return found.assign(reason=reason.astype(str))
