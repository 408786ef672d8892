"""The links of one school: from which sites it could be served, how well, and the obstacles.

The level is from ITU-R P.1812; beside it stand the Irregular Terrain Model, an independent model,
and free space: where the two models differ much the level is doubtful.
Besides the phone outdoors there are three more ways to be served: the phone inside the building,
an antenna on the roof, and a microwave hop from the site.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError, suggestion
from kalsel_gap.geo import geodesy
from kalsel_gap.indicators import available
from kalsel_gap.indicators.evidence import error_db, position_error_db
from kalsel_gap.radio.links import calibration
from kalsel_gap.radio.links.clearance import Clearance, assess_clearance
from kalsel_gap.radio.links.path_loss import THREADS, RadioTerrain, compute_path_loss, levels_dbm
from kalsel_gap.radio.links.path_view import PathView, of_paths
from kalsel_gap.radio.links.servers import candidate_servers, radio_cells
from kalsel_gap.radio.links.usable_sites import select_sites, usable
from kalsel_gap.radio.propagation.building_entry import Building
from kalsel_gap.radio.propagation.link_budget import below_eirp_db, indoors, reached_share
from kalsel_gap.sources.schools import read_schools
from kalsel_gap.sources.sites import COLUMNS as SITE_COLUMNS
from kalsel_gap.sources.sites import read_sites

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from kalsel_gap.findings import Finding
    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.radio import Radio
    from kalsel_gap.radio.propagation.path_inputs import Paths


# Columns of the table, in this order; the distance of the obstacle is from the school, the azimuth
# points from the school to the site.
COLUMNS = (
    *("operator", "technology", "site_id", "distance_km", "azimuth_deg"),
    *("level_dbm", "sd_db", "margin_db", "adequacy", "calibration", "offset_db"),
    *("eirp_dbm", "pattern_db", "share_db"),
    *("model", "loss_db", "vegetation_db", "surroundings_db"),
    *("itm_loss_db", "free_space_db", "diffraction_db"),
    *("line_of_sight", "line_of_sight_worst", "clearance_ratio", "clearance_ratio_worst"),
    *("obstacle_km", "obstacle_m", "obstacle_excess_m", "site_mast_m", "school_mast_m"),
    "sea_share",
    *("indoor_dbm", "indoor_sd_db", "indoor_share"),
    *("cpe_dbm", "cpe_margin_db"),
    *("hop_clearance_ratio", "hop_mast_m", "hop_margin_db", "hop_rain_percent"),
    *("hop_multipath_percent", "hop_availability_percent", "hop_longest_km", "hop_status"),
    "status",
)
_OF_HOP = tuple(name for name in COLUMNS if name.startswith("hop_"))
MODELS = {"p1812": "ITU-R P.1812-8", "free_space": "ITU-R P.525"}
# Why a link has no level, by the status of its path; otherwise `power` or one of `_OFF`.
STATUS = ("value", "void", "profile", "distance", "frequency", "antenna", "term", "land_cover")
# Sites from which nothing is predicted, regardless of their paths.
_OFF = ("site_on_sea", "site_off_elevation")
# Findings about rows without a usable site, which may be within reach; and about offsets.
_OF_NO_SITE = ("site_unusable", "technology_unknown", "offset_unused")
_FLAGS = ("line_of_sight", "line_of_sight_worst")
_LOOKED_AT = (
    *("itm_loss_db", "free_space_db", "clearance_ratio", "clearance_ratio_worst", "obstacle_km"),
    *("obstacle_m", "obstacle_excess_m", "site_mast_m", "school_mast_m", "sea_share"),
)


@dataclass(frozen=True, slots=True, eq=False)
class LinkTable:
    """The links of a school.

    Attributes
    ----------
    npsn, name : str
        The school.
    lat, lon : float
        Its position for the prediction, degrees.
    links : DataFrame
        :data:`COLUMNS`, best first; links without a level come last.
    sites : DataFrame
        The site of each link, from ``read_sites``.
    ground : RadioTerrain
        Terrain of the paths.
    findings : list of Finding
        Findings about sites within reach, or about no particular site.
    """

    npsn: str
    name: str
    lat: float
    lon: float
    links: pd.DataFrame
    sites: pd.DataFrame
    ground: RadioTerrain
    findings: list[Finding]


def list_links(
    opened: Opened,
    npsn: str,
    *,
    operators: Sequence[str] = (),
    technologies: Sequence[str] = (),
    radius_km: float | None = None,
) -> LinkTable:
    """Every site that is a candidate for a school, best first.

    Parameters
    ----------
    opened : Opened
        The project.
    npsn : str
        The school.
    operators, technologies : sequence of str, optional
        Only these; empty: all.
    radius_km : float, optional
        Largest distance of a site; ``radio.candidates.reach_km`` by default.

    Raises
    ------
    InputError
        No such school, it has no location, the project has no elevation model, no table of sites
        or no site near; or as `usable_sites.asked_for`.
    """
    # They compile kernels: only when they are needed.
    from kalsel_gap.radio.paths.elevation_model import terrain_of
    from kalsel_gap.terrain.kept_sea import look_up_sea

    school = _school(opened, npsn)
    if opened.project.elevation is None:
        raise InputError("elevation_missing", path=opened.path)
    if not opened.project.sites:
        raise InputError("sites_missing", path=opened.path)
    radio = opened.project.radio
    sites, findings = read_sites(opened)
    sites = sites[sites["technology"].isin(list(radio.carriers))].reset_index(drop=True)
    asked = select_sites(sites, operators, technologies, opened).reset_index(drop=True)
    terrain = terrain_of(opened)
    ground = RadioTerrain(terrain, look_up_sea(opened), radio)
    fits, unfit = usable(asked, ground, opened.shown(opened.project.elevation.path))
    findings += [*unfit, *calibration.unused(opened, sites)]
    off = {(f.file, f.row): f.code for f in unfit if f.code in _OFF}
    why = [off.get(at, "") for at in zip(asked["file"], asked["row"], strict=True)]
    cells = radio_cells(asked.assign(usable=fits, off=why))
    lat, lon = (np.array([school[name]], dtype=np.float64) for name in ("lat", "lon"))
    reach_km = radius_km or radio.candidates.reach_km
    rule = radio.candidates.model_copy(update={"reach_km": reach_km})
    wide = rule.model_copy(update={"sites": max(rule.sites, rule.most_sites)})
    found = candidate_servers(lat, lon, cells, wide)
    if not found.cell.size:
        raise InputError("no_site_near", path=opened.path, value=npsn, reach_km=f"{reach_km:g}")
    near = cells.table.iloc[found.cell].reset_index(drop=True)
    table = compute_links(
        near, np.repeat(lat, len(near)), np.repeat(lon, len(near)), opened, ground
    )
    table = table[_is_listed(table, rule.sites)]
    # A strong 2G signal is worth less to a school than a weak 4G signal. Of links without a usable
    # level the one nearest to its threshold comes first, because thresholds differ by technology.
    serves = table["adequacy"] > 0.0
    order = table.assign(level=table["level_dbm"].where(serves, table["margin_db"])).sort_values(
        ["adequacy", "level", "distance_km", "operator", "technology", "site_id"],
        ascending=[False, False, True, True, True, True],
        kind="stable",
    )
    listed = set(zip(near["file"], near["row"], strict=True))
    return LinkTable(
        npsn,
        str(school["name"]),
        float(lat[0]),
        float(lon[0]),
        table.loc[order.index].reset_index(drop=True),
        near.loc[order.index, list(SITE_COLUMNS)].reset_index(drop=True),
        ground,
        [
            f
            for f in findings
            if f.row is None or (f.file, f.row) in listed or f.code in _OF_NO_SITE
        ],
    )


def view(found: LinkTable, link: int = 0) -> PathView:
    """Data of the picture of a link.

    Raises
    ------
    InputError
        The path has no profile: the model has no heights at one of its ends.
    """
    site, row = found.sites.iloc[link], found.links.iloc[link]
    paths = _path(found, link)
    ends_m = paths.ground_m[[0, -1]]
    height_m, mhz = float(site["antenna_height_m"]), float(site["frequency_mhz"])
    if not (np.isfinite(ends_m).all() and height_m >= 0.0 and mhz > 0.0 and len(paths) == 1):
        raise InputError("path_not_drawn", value=str(site["site_id"]))
    radio = found.ground.radio
    vegetation_db, surroundings_db, offset_db = np.nan_to_num(
        row[["vegetation_db", "surroundings_db", "offset_db"]].to_numpy(np.float64)
    ).tolist()
    carrier = dict(radio.carriers)[site["technology"]]
    return PathView(
        site=f"{site['site_id']} ({site['operator']}, {str(site['technology']).upper()})",
        school=f"{found.name} ({found.npsn})",
        tx_height_m=height_m,
        rx_height_m=radio.receiver.height_m,
        frequency_mhz=mhz,
        k=radio.k_factor.median,
        model=MODELS[str(row["model"])],
        loss_db=float(row["loss_db"]),
        diffraction_db=float(row["diffraction_db"]),
        level_dbm=float(row["level_dbm"]),
        sigma_db=float(row["sd_db"]),
        calibrated=row["calibration"] == "calibrated",
        eirp_dbm=float(site["eirp_dbm"]),
        share_db=-float(below_eirp_db(carrier, float(site["bandwidth_mhz"]))),
        vegetation_db=vegetation_db,
        surroundings_db=surroundings_db,
        offset_db=offset_db,
        **of_paths(paths, 0),
    )


def _path(found: LinkTable, link: int) -> Paths:
    """The profile of one link."""
    site = found.sites.iloc[[link]]
    place = np.array([found.lat]), np.array([found.lon])
    return next(paths for _, paths in found.ground.profiles(site, *place))


def _school(opened: Opened, npsn: str) -> pd.Series[str]:
    """The row of a school; of several with its number the one with a location."""
    schools = read_schools(opened)[0]
    mine = schools[schools["npsn"] == npsn.strip()]
    if mine.empty:
        near = suggestion(npsn.strip(), schools["npsn"].dropna())
        raise InputError("school_unknown", path=opened.path, value=npsn, suggestion=near)
    placed = mine[mine["lat"].notna() & mine["lon"].notna()]
    if placed.empty:
        raise InputError("school_not_placed", path=opened.path, value=npsn)
    row: pd.Series[str] = placed.iloc[0]
    return row


def compute_links(
    near: pd.DataFrame, lat: FloatArray, lon: FloatArray, opened: Opened, ground: RadioTerrain
) -> pd.DataFrame:
    """The links from each place to the site of the same number.

    Parameters
    ----------
    near : DataFrame
        Cells as of `servers.radio_cells`, one for each link.
    lat, lon : float arrays of shape (n,)
        The other ends, degrees.
    opened : Opened
        The project.
    ground : RadioTerrain
        Terrain of the paths.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`.
    """
    radio = ground.radio
    lost = compute_path_loss(near, lat, lon, ground)
    to_site = geodesy.WGS84.inv(lon, lat, near["lon"], near["lat"])
    offsets = calibration.find_link_offsets(opened, near, lat, lon)
    level = levels_dbm(near, lat, lon, lost.total_db, lost.elevation_deg, radio) + offsets.offset_db
    enough_dbm = near["technology"].map({n: c.usable_dbm for n, c in radio.carriers.items()})
    status = np.array(STATUS, dtype=object)[lost.status]
    status[(lost.status == 0) & np.isnan(level)] = "power"
    off = near["off"].to_numpy(object)
    status[off != ""] = off[off != ""]
    level = np.where(near["usable"], level, np.nan)
    status[~near["usable"] & (status == "value")] = "power"
    relief_m = opened.project.terrain.mountain.relief_m
    sd_db = error_db(
        ["predicted"] * len(near),
        opened.project.signal.errors_db,
        crosses_mountains=lost.relief_m > relief_m,
        held_out_db=offsets.error_db,
    )
    distance_km = np.asarray(to_site[2]) / 1000.0
    sd_db = np.hypot(sd_db, position_error_db(near["position_m"], distance_km))
    eirp_dbm = near["eirp_dbm"].to_numpy(np.float64)
    ends = lat, lon, np.zeros(len(near)), lost.elevation_deg
    inside = indoors(
        level, sd_db, near["frequency_mhz"], building=Building(radio.prediction.building)
    )
    at_roof = np.where(near["usable"], _cpe_dbm(near, lat, lon, ground) + offsets.offset_db, np.nan)
    straight = near.assign(azimuth_deg=np.nan, downtilt_deg=np.nan)
    omni = levels_dbm(straight, *ends, radio)
    table = pd.DataFrame(
        {
            "operator": near["operator"],
            "technology": near["technology"],
            "site_id": near["site_id"],
            "distance_km": distance_km,
            "azimuth_deg": np.asarray(to_site[0]) % 360.0,
            "level_dbm": level,
            "sd_db": np.where(np.isnan(level), np.nan, sd_db),
            "margin_db": level - enough_dbm,
            "adequacy": _adequacy(near["technology"], level, opened),
            "calibration": np.where(offsets.calibrated, "calibrated", "uncalibrated"),
            "offset_db": np.where(offsets.calibrated, offsets.offset_db, np.nan),
            "eirp_dbm": eirp_dbm,
            "pattern_db": levels_dbm(near, *ends, radio) - omni,
            "share_db": omni - eirp_dbm,
            "model": np.where(lost.is_near, "free_space", "p1812"),
            "loss_db": lost.loss_db,
            "vegetation_db": lost.vegetation_db,
            "surroundings_db": lost.surroundings_db,
            "diffraction_db": lost.diffraction_db,
            "indoor_dbm": inside.median_dbm,
            "indoor_sd_db": np.where(np.isnan(level), np.nan, inside.sigma_db),
            "indoor_share": reached_share(inside.median_dbm, inside.sigma_db, enough_dbm),
            "cpe_dbm": at_roof,
            "cpe_margin_db": at_roof - enough_dbm,
            "status": status,
        }
    )
    return table.assign(**_cross_checks(near, lat, lon, ground))[list(COLUMNS)]


def _cpe_dbm(
    near: pd.DataFrame, lat: FloatArray, lon: FloatArray, ground: RadioTerrain
) -> FloatArray:
    """Level at a CPE with its antenna on the roof of the school.

    The path differs from that of a phone: it ends higher, so that the terrain attenuates it less.
    The loss in a village is smaller, and 0 above 10 m (`terminal_clutter.below_roofs_db`); the loss
    in woodland is that of a phone while the antenna is lower than the trees.
    """
    radio = ground.radio
    receiver = radio.receiver.model_copy(update={"height_m": radio.receiver.cpe_height_m})
    raised = replace(ground, radio=radio.model_copy(update={"receiver": receiver}))
    lost = compute_path_loss(near, lat, lon, raised)
    ends = lat, lon, lost.total_db, lost.elevation_deg
    return levels_dbm(near, *ends, radio, rx_gain_dbi=radio.receiver.cpe_gain_dbi)


def _is_listed(table: pd.DataFrame, sites: int) -> pd.Series[bool]:
    """Links of the nearest sites, and of farther ones where the nearest give no usable level."""
    groups = [table["operator"], table["technology"]]
    nearest = table["distance_km"].groupby(groups).rank("dense") <= sites
    best = table["margin_db"].where(nearest).groupby(groups).transform("max")
    return nearest | ~(best >= 0.0)


def _adequacy(technology: pd.Series[str], level_dbm: FloatArray, opened: Opened) -> FloatArray:
    """Adequacy of each level, by the curve of its technology."""
    found = np.full(level_dbm.shape, np.nan)
    for name, curve in opened.project.signal.curves.items():
        mine = (technology == name).to_numpy()
        found[mine] = available.from_level(level_dbm[mine], curve.points)
    return found


def _cross_checks(
    near: pd.DataFrame, lat: FloatArray, lon: FloatArray, ground: RadioTerrain
) -> dict[str, Any]:
    """Line of sight in median and worst air, the other model, free space, and a microwave hop."""
    from kalsel_gap.radio.links.microwave_hops import hops

    radio, count = ground.radio, len(near)
    found: dict[str, Any] = {name: np.full(count, np.nan) for name in (*_LOOKED_AT, *_OF_HOP)}
    found["hop_status"] = np.full(count, "profile", object)
    found |= {name: np.full(count, None, object) for name in _FLAGS}
    height, mhz = (near[n].to_numpy(np.float64) for n in ("antenna_height_m", "frequency_mhz"))
    for at, paths in ground.profiles(near, lat, lon):
        hop = hops(paths, height[at], float(lat[0]), radio, threads=THREADS)
        columns = {
            **_sight(assess_clearance(paths, height[at], mhz[at], radio)),
            "itm_loss_db": _itm_loss_db(paths, height[at], mhz[at], radio),
            "free_space_db": _free_space_db(paths, height[at], mhz[at], radio),
            **{name: getattr(hop, name.removeprefix("hop_")) for name in _OF_HOP},
        }
        for name, values in columns.items():
            found[name][at] = values
    off = near["off"].to_numpy(object)
    for name in _OF_HOP:
        found[name][off != ""] = off[off != ""] if name == "hop_status" else np.nan
    return found | {name: pd.array(found[name], dtype="boolean") for name in _FLAGS}


def _sight(seen: Clearance) -> dict[str, NDArray[np.generic]]:
    """Columns of clearance and obstacles; line of sight is None where it is unknown."""
    flags = {}
    for name, each in zip(_FLAGS, (seen.median, seen.worst), strict=True):
        flags[name] = each.line_of_sight.astype(object)
        flags[name][each.status != 0] = None
    return {
        **seen.columns(),
        "site_mast_m": seen.median.tx_mast_m,
        "school_mast_m": seen.median.rx_mast_m,
        "sea_share": seen.median.sea_share,
        **flags,
    }


def _itm_loss_db(
    paths: Paths, tx_height_m: FloatArray, frequency_mhz: FloatArray, radio: Radio
) -> FloatArray:
    """Loss by the Irregular Terrain Model."""
    from kalsel_gap.radio.propagation import itm
    from kalsel_gap.radio.propagation.itm_variability import Climate

    # Clutter is no part of that model: on bare ground it belongs into the heights.
    surface = paths
    if paths.clutter_m.size:
        surface = replace(paths, ground_m=_with_clutter(paths), clutter_m=np.empty(0))
    link = itm.ItmLink(
        frequency_mhz=frequency_mhz,
        tx_height_m=tx_height_m,
        rx_height_m=radio.receiver.height_m,
        n0=radio.atmosphere.n0,
        climate=Climate[radio.atmosphere.climate.upper()],
        permittivity=radio.ground.permittivity,
        conductivity_s_m=radio.ground.conductivity_s_m,
        time_percent=radio.prediction.time_percent,
    )
    return itm.loss(surface, link, threads=THREADS).loss_db


def _free_space_db(
    paths: Paths, tx_height_m: FloatArray, frequency_mhz: FloatArray, radio: Radio
) -> FloatArray:
    """Loss with nothing in the way, along the straight ray between the antennas."""
    from kalsel_gap.radio.propagation.free_space import free_space_db

    rise_m = (
        paths.ground_m[paths.first[1:] - 1]
        + radio.receiver.height_m
        - paths.ground_m[paths.first[:-1]]
        - tx_height_m
    )
    return free_space_db(np.hypot(paths.length_km, rise_m / 1000.0), frequency_mhz)


def _with_clutter(paths: Paths) -> NDArray[np.floating]:
    """Terrain with clutter, except at both ends, where the antennas stand on the ground."""
    clutter = paths.clutter_m.copy()
    clutter[paths.first[:-1]] = clutter[paths.first[1:] - 1] = 0.0
    return paths.ground_m + clutter
