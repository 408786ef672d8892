"""Rows of shared infrastructure: what is opened once and serves many, and who shares its cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from kalsel_gap.geo import geodesy
from kalsel_gap.project.costs import ITEMS
from kalsel_gap.sources.area_codes import filled_texts
from kalsel_gap.sources.formats.vector_layers import read_vector

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kalsel_gap.geo.arrays import FloatArray, IntArray
    from kalsel_gap.project.model import Opened

KINDS = ("bts", "relay", "hub", "trunk")
# Option whose figures hold for an opening of each kind.
OPTION_OF_KIND = {"bts": "bts", "relay": "microwave_relay", "hub": "hub", "trunk": "fibre"}
_TEXTS = ("shared_id", "kind", "name", "needs_shared", "host_row_id", "facility")
_NUMBERS = ("lat", "lon", "facility_share", "capacity_mbps", "host_down_mbps")


class SharedOptions(NamedTuple):
    """Rows of options that need something shared, and what they need."""

    rows: pd.DataFrame
    """As `rows_of_option` makes them."""
    shared: pd.DataFrame
    """As :func:`rows_of_shared` makes them."""


def rows_of_shared(
    ids: list[str],
    kind: str,
    *,
    values: dict[str, object],
    volumes: Mapping[str, object],
) -> pd.DataFrame:
    """Rows of one kind of shared infrastructure, with a column of volumes for each item.

    ``host_down_mbps`` is the rate that the option of a host school must have, so that the hub at
    it has its capacity; missing where there is no host.
    """
    columns: dict[str, object] = {"shared_id": ids, "kind": kind}
    columns |= dict.fromkeys(_TEXTS[2:], "") | dict.fromkeys(_NUMBERS, np.nan)
    columns |= {"facility_share": 0.0, "schools": 0} | values
    columns |= dict.fromkeys(ITEMS, 0.0) | dict(volumes)
    frame = pd.DataFrame(columns, index=range(len(ids)))
    types = dict.fromkeys(_TEXTS, "str") | dict.fromkeys((*_NUMBERS, *ITEMS), "float64")
    return frame.astype({**types, "schools": "int64"})


def read_facilities(opened: Opened) -> pd.DataFrame:
    """Public facilities and tourism sites of the project.

    Returns
    -------
    DataFrame
        ``place_id`` (``facility:`` file and number of the feature), ``name``, ``lat``, ``lon`` of
        the middle; features without a shape are left out.
    """
    parts = []
    for source in opened.project.facilities:
        found = read_vector(source.path)
        shown = opened.shown(source.path)
        named = next((c for c in ("nama", "name") if c in found.columns), None)
        names = filled_texts(found[named]) if named else [""] * len(found)
        middle = shapely.centroid(found.geometry.to_numpy())
        parts.append(
            pd.DataFrame(
                {
                    "place_id": [f"facility:{shown}:{n}" for n in range(1, len(found) + 1)],
                    "name": list(names),
                    "lat": shapely.get_y(middle),
                    "lon": shapely.get_x(middle),
                }
            )
        )
    none = pd.DataFrame({"place_id": [], "name": [], "lat": [], "lon": []})
    table = pd.concat(parts, ignore_index=True) if parts else none
    table = table.astype({"place_id": "str", "name": "str", "lat": "float64", "lon": "float64"})
    return table.dropna(subset=["lat", "lon"]).reset_index(drop=True)


def facility_shares(
    places: pd.DataFrame,
    facilities: pd.DataFrame,
    required_mbps: FloatArray,
    *,
    within_km: float,
    each_mbps: float,
) -> FloatArray:
    """Share of the cost of each place that facilities within reach bear, by bandwidth.

    Parameters
    ----------
    places, facilities : DataFrame
        ``lat`` and ``lon``.
    required_mbps : float array of shape (places,)
        Of the schools that the place serves.
    within_km : float
        Reach.
    each_mbps : float
        What a facility needs, as a school of unknown size.

    Examples
    --------
    >>> here = pd.DataFrame({"lat": [-3.0], "lon": [115.0]})
    >>> facility_shares(here, here, np.array([60.0]), within_km=1.0, each_mbps=20.0).tolist()
    [0.25]
    """
    from scipy.spatial import KDTree

    if places.empty or facilities.empty:
        return np.zeros(len(places))
    tree = KDTree(geodesy.earth_centred_m(*_positions(facilities)))
    near: IntArray = np.asarray(
        tree.query_ball_point(
            geodesy.earth_centred_m(*_positions(places)), 1000.0 * within_km, return_length=True
        )
    )
    demand = near * each_mbps
    with np.errstate(invalid="ignore", divide="ignore"):
        share = demand / (demand + required_mbps)
    return np.where(demand > 0.0, share, 0.0)


def _positions(places: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    return places["lat"].to_numpy("float64"), places["lon"].to_numpy("float64")


def place_code(lat: float, lon: float) -> str:
    """A place as part of an id, the same for the same input.

    Examples
    --------
    >>> place_code(-3.1, 115.25)
    '-3.100000,115.250000'
    """
    return f"{lat:.6f},{lon:.6f}"
