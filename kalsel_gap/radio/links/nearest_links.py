"""Links of one place to the sites nearest to it: a path to each, whether it serves or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.geo import geodesy
from kalsel_gap.radio.links.link_table import LinkTable, compute_links
from kalsel_gap.radio.links.path_loss import RadioTerrain
from kalsel_gap.radio.links.servers import radio_cells
from kalsel_gap.radio.links.usable_sites import usable
from kalsel_gap.sources.sites import COLUMNS as SITE_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.project.model import Opened

_NEWEST = ("5g", "4g", "3g", "2g")


@dataclass(frozen=True, slots=True)
class Place:
    """A school and where it stands.

    Attributes
    ----------
    npsn, name : str
    lat, lon : float
        Degrees.
    """

    npsn: str
    name: str
    lat: float
    lon: float


def nearest_sites(sites: pd.DataFrame, place: Place, count: int) -> pd.DataFrame:
    """The cells of the nearest masts, one for each: of the newest technology, then by operator.

    Parameters
    ----------
    sites : DataFrame
        Table ``sites`` of a run.
    place : Place
        From where.
    count : int
        How many masts.

    Returns
    -------
    DataFrame
        Rows of `sites` and ``distance_km``, nearest first.
    """
    if sites.empty:
        return sites.assign(distance_km=np.empty(0))
    lat, lon = (sites[name].to_numpy(np.float64) for name in ("lat", "lon"))
    here = np.full(len(sites), place.lat), np.full(len(sites), place.lon)
    newest = sites["technology"].map({name: n for n, name in enumerate(_NEWEST)})
    table = sites.assign(
        distance_km=geodesy.distance_m(*here, lat, lon) / 1000.0, newest=newest.fillna(len(_NEWEST))
    )
    table = table.sort_values(["distance_km", "newest", "operator", "site_id"], kind="stable")
    masts = table.drop_duplicates(["lat", "lon"]).head(count)
    return masts.drop(columns="newest").reset_index(drop=True)


def links_to_nearest(opened: Opened, sites: pd.DataFrame, place: Place) -> LinkTable:
    """The links to some sites, in their order.

    Parameters
    ----------
    opened : Opened
        The project: its elevation model and figures of radio.
    sites : DataFrame
        A few sites, from :func:`nearest_sites`, of technologies that are predicted.
    place : Place
        The school.

    Raises
    ------
    InputError
        The elevation model cannot be read.
    """
    # They compile kernels: only when they are needed.
    from kalsel_gap.radio.paths.elevation_model import terrain_of
    from kalsel_gap.terrain.kept_sea import look_up_sea

    assert opened.project.elevation is not None
    ground = RadioTerrain(terrain_of(opened), look_up_sea(opened), opened.project.radio)
    asked = sites[list(SITE_COLUMNS)].reset_index(drop=True)
    fits, unfit = usable(asked, ground, opened.shown(opened.project.elevation.path))
    cells = radio_cells(asked.assign(usable=fits, off="", order=range(len(asked))))
    near = cells.table.sort_values("order").reset_index(drop=True)
    lat, lon = np.full(len(near), place.lat), np.full(len(near), place.lon)
    table = compute_links(near, lat, lon, opened, ground).reset_index(drop=True)
    return LinkTable(
        *(place.npsn, place.name, place.lat, place.lon),
        *(table, near[list(SITE_COLUMNS)], ground, list(unfit)),
    )
