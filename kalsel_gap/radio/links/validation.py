"""Measured levels beside predicted levels at the same places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kalsel_gap.errors import InputError
from kalsel_gap.radio.links import calibration
from kalsel_gap.radio.links.calibration import GROUP, KM_PER_DEGREE, PAIRS, classes_at
from kalsel_gap.radio.links.path_loss import RadioTerrain, compute_path_loss, levels_dbm
from kalsel_gap.radio.links.servers import candidate_servers, radio_cells
from kalsel_gap.radio.links.usable_sites import usable
from kalsel_gap.sources.schools import read_schools
from kalsel_gap.sources.signal_levels import read_levels
from kalsel_gap.sources.sites import read_sites

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.findings import Finding
    from kalsel_gap.geo.arrays import FloatArray
    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.radio import Radio


METRES_PER_DEGREE = 1000.0 * KM_PER_DEGREE


def pairs_of(opened: Opened) -> tuple[pd.DataFrame, list[Finding]]:
    """Measured levels of the project and predictions without any offset at the same places.

    Measurements of one operator, technology and site within one square, as wide as the square of a
    prediction, are one pair with their median: an hour of measurements by a phone that does not
    move counts no more than those of a phone driven past.

    Returns
    -------
    pairs : DataFrame
        :data:`~.calibration.PAIRS`; ``site_id`` is the site of the prediction: the measured one, or
        the strongest where the measured one is not recorded. Where no site is in reach
        ``predicted_dbm`` is NaN.
    findings : list of Finding
        Rows that cannot be read.

    Raises
    ------
    InputError
        There are no measured levels, no sites or no elevation model.
    """
    levels, findings = read_levels(opened)
    levels = _placed(levels[~levels["is_none"].astype(bool)], opened)
    if levels.empty:
        raise InputError("levels_missing", path=opened.path)
    if opened.project.elevation is None:
        raise InputError("elevation_missing", path=opened.path)
    radio = opened.project.radio
    sites, _ = read_sites(opened)
    sites = sites[sites["technology"].isin(list(radio.carriers))]
    if sites.empty:
        raise InputError("sites_missing", path=opened.path)
    places = thinned(levels, radio.prediction.resolution_m)
    lat, lon = (places[name].to_numpy(np.float64) for name in ("lat", "lon"))
    at = _best(places, _candidates(opened, sites, lat, lon))
    usable_dbm = {str(name): each.usable_dbm for name, each in radio.carriers.items()}
    places["predicted_dbm"] = at["level_dbm"].to_numpy(np.float64)
    places["site_id"] = at["site_id"].fillna("").astype(str)
    places["clutter"] = classes_at(opened, lat, lon)
    places["usable_dbm"] = places["technology"].map(usable_dbm).astype("float64")
    return places[list(PAIRS)], findings


def report(opened: Opened, pairs: pd.DataFrame) -> pd.DataFrame:
    """Error of the predictions for each operator and technology; see `calibration.report`."""
    return calibration.report(pairs, opened.project.radio.calibration)


def thinned(levels: pd.DataFrame, side_m: float) -> pd.DataFrame:
    """Median of the measurements of the same operator, technology and site within each square.

    Examples
    --------
    >>> import pandas as pd
    >>> at = {"lat": [-2.9002, -2.9003, -2.95], "lon": 115.3, "measured_dbm": [-90, -96, -80]}
    >>> levels = pd.DataFrame({"operator": "a", "technology": "4g", "site_id": "", **at})
    >>> sorted(thinned(levels, 90.0)["measured_dbm"])
    [-93.0, -80.0]
    """
    row = np.floor(levels["lat"] * METRES_PER_DEGREE / side_m)
    middle = np.radians((row + 0.5) * side_m / METRES_PER_DEGREE)
    col = np.floor(levels["lon"] * METRES_PER_DEGREE * np.cos(middle) / side_m)
    squares = levels.assign(row=row, col=col).groupby([*GROUP, "site_id", "row", "col"])
    return squares[["lat", "lon", "measured_dbm"]].median().reset_index()


def _placed(levels: pd.DataFrame, opened: Opened) -> pd.DataFrame:
    """Levels with a location: their own, or that of the school."""
    if levels.empty or levels[["lat", "lon"]].notna().all(axis=None):
        return levels
    schools = read_schools(opened)[0]
    known = schools[schools["lat"].notna() & (schools["location_area"].isna())]
    where = known.drop_duplicates("npsn").set_index("npsn")[["lat", "lon"]]
    for name in ("lat", "lon"):
        levels[name] = levels[name].fillna(levels["npsn"].map(where[name]))
    return levels[levels["lat"].notna() & levels["lon"].notna()].reset_index(drop=True)


def _candidates(
    opened: Opened, sites: pd.DataFrame, lat: FloatArray, lon: FloatArray
) -> pd.DataFrame:
    """A row for each place and each site that could serve it, with the predicted level."""
    # They compile kernels: only when they are needed.
    from kalsel_gap.radio.paths.elevation_model import terrain_of
    from kalsel_gap.terrain.kept_sea import look_up_sea

    radio: Radio = opened.project.radio
    terrain = terrain_of(opened)
    ground = RadioTerrain(terrain, look_up_sea(opened), radio)
    fits, _ = usable(sites, ground, "")  # the findings are reported by the stage prediction
    cells = radio_cells(sites[fits])
    rule = radio.candidates
    wide = rule.model_copy(update={"sites": max(rule.sites, rule.most_sites)})
    found = candidate_servers(lat, lon, cells, wide)
    paths = cells.table.iloc[found.path_cell]
    lost = compute_path_loss(paths, lat[found.path_point], lon[found.path_point], ground)
    of = cells.table.iloc[found.cell].reset_index(drop=True)
    ends = lat[found.point], lon[found.point]
    level = levels_dbm(of, *ends, lost.total_db[found.path], lost.elevation_deg[found.path], radio)
    return of[[*GROUP, "site_id"]].assign(place=found.point, level_dbm=level)


def _best(places: pd.DataFrame, candidates: pd.DataFrame) -> pd.DataFrame:
    """The strongest candidate of each place: of the measured site where it is known."""
    measured = places.rename_axis("place").reset_index()[["place", *GROUP, "site_id"]]
    both = measured.merge(candidates, on=["place", *GROUP], suffixes=("_measured", ""))
    both = both[both["level_dbm"].notna()]
    noted = both["site_id_measured"] != ""
    both = both[~noted | (both["site_id"] == both["site_id_measured"])]
    both = both.sort_values(["place", "level_dbm", "site_id"], ascending=[True, False, True])
    best = both.drop_duplicates("place").set_index("place")
    return best.reindex(range(len(places)))[["site_id", "level_dbm"]]
