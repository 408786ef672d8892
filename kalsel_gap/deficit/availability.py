"""What is available at each place and school: the best over operators and technologies.

Where nothing is known of 4G and 5G what is available is inferred from the distance to the nearest
site; the two places of a doubtful location are averaged by their weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.indicators.distribution import mix
from kalsel_gap.indicators.inference import fit_available_by_distance
from kalsel_gap.sources.school_points import is_likelier_elsewhere

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.indicators.inference import MonotoneCurve
    from kalsel_gap.project.model import Opened

# Technologies of which one suffices to know what is available: both reach an adequate service.
_BEST = {"4g", "5g"}
_SHOWN = (
    *("available", "available_status", "available_evidence", "best_technology", "best_operator"),
    *("best_level_dbm", "best_signal_share", "best_basis"),
)


def find_available(
    places: gpd.GeoDataFrame, combined: pd.DataFrame, maps: pd.DataFrame, opened: Opened
) -> tuple[pd.DataFrame, MonotoneCurve | None]:
    """What is available at each place, how that is known, and the curve over distance.

    Parameters
    ----------
    places : GeoDataFrame
        With ``fixed_network``, ``site_4g_km``, ``is_duplicate`` and ``claimed_area``.
    combined : DataFrame
        As :func:`kalsel_gap.deficit.combined_evidence.combine_evidence` gives it.
    maps : DataFrame
        As :func:`kalsel_gap.deficit.map_evidence.read_maps` gives them.
    opened : Opened
        The project.

    Returns
    -------
    available : DataFrame
        One row for each place, in order: :data:`_SHOWN`, and ``least``: what a fixed network or
        a poor signal has at least, NaN without either.
    curve : MonotoneCurve or None
        A_a over the distance to the nearest 4G or 5G site, where enough schools have both.
    """
    best = _best(combined, len(places))
    found = pd.DataFrame(
        {
            "available": best["adequacy"].astype("float64"),
            "available_status": np.where(best["evidence"] == "prediction", "inferred", "known"),
            "available_evidence": best["evidence"],
            "best_technology": best["technology"],
            "best_operator": best["operator"],
            "best_level_dbm": best["level_dbm"],
            "best_signal_share": best["signal_share"],
            "best_basis": best["basis"],
        }
    )
    none = best["is_none"].eq(other=True)
    found.loc[none, ["best_technology", "best_operator"]] = None
    answered = pd.Series(found.index.isin(_answered(combined, maps, opened)))
    found.loc[~answered, list(_SHOWN)] = None
    # A poor signal is all there is only where no other map of 4G or 5G has no data at the place.
    covered = opened.project.index.gap.covered
    poor = (found["available"] < covered) & pd.Series(
        found.index.isin(_without_data(combined, maps))
    )
    bound = found["available"].where(poor)
    found.loc[poor, "available"] = np.nan
    _add_fixed_network(found, places, opened.project.signal.fixed_network)
    found["available_status"] = found["available_status"].where(
        found["available"].notna(), "unknown"
    )
    curve = _by_distance(places, found, opened)
    if curve is not None:
        usual = curve.at(places["site_4g_km"])
        # A signal that suffices never has less adequacy than what is inferred beside a poor one.
        usual = np.where(poor, np.fmax(np.minimum(usual, covered), bound), usual)
        _infer(found, usual, found["available"].isna())
    _infer(found, bound.where(bound > 0).to_numpy(), found["available"].isna())
    is_fixed = (found["best_technology"] == "fixed").to_numpy()
    return found.assign(least=found["available"].where(is_fixed, bound)), curve


def at_both_places(
    schools: gpd.GeoDataFrame, places: gpd.GeoDataFrame, found: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What was found at the point and in the claimed area of each school.

    Parameters
    ----------
    schools, places : GeoDataFrame
        The schools, and the places where they may stand.
    found : DataFrame
        One row for each place.

    Returns
    -------
    DataFrame, DataFrame
        In the index of `schools`; missing where a school has no such place.
    """
    of_places = found.set_axis(places.index)
    point, area = (
        of_places[(places["place"] == name).to_numpy()].reindex(schools.index)
        for name in ("point", "area")
    )
    return point, area


def combine_places(
    schools: gpd.GeoDataFrame, places: gpd.GeoDataFrame, found: pd.DataFrame
) -> pd.DataFrame:
    """One row for each school: of a doubtful location the mean of the point and the claimed area.

    Parameters
    ----------
    schools, places : GeoDataFrame
        The schools, and the places where they may stand.
    found : DataFrame
        As :func:`find_available` gives it.

    Returns
    -------
    DataFrame
        In the index of `schools`: :data:`_SHOWN`, what is best of the likelier place; and
        ``available_at_point``, ``available_in_area`` of doubtful locations.
    """
    at_point, in_area = at_both_places(schools, places, found)
    doubtful = schools["claimed_area"].notna()
    columns: pd.DataFrame = at_point.where(~is_likelier_elsewhere(schools), in_area)
    weight = schools["point_weight"].fillna(1.0).to_numpy()
    point, area = at_point["available"], in_area["available"]
    columns["available"] = mix([point, area], [weight, 1.0 - weight])
    columns["available_at_point"] = point.where(doubtful)
    columns["available_in_area"] = area.where(doubtful)
    columns["available_status"] = columns["available_status"].fillna("unknown")
    known = columns["available"].notna()
    columns.loc[doubtful & known, "available_status"] = "inferred"
    return columns


def _best(combined: pd.DataFrame, places: int) -> pd.DataFrame:
    """The best evidence of each place, by position."""
    order = combined.sort_values(
        ["adequacy", "level_dbm", "technology", "operator"],
        ascending=[False, False, False, True],
        kind="stable",
    )
    best: pd.DataFrame = order.drop_duplicates("at").set_index("at").reindex(range(places))
    return best


def _answered(combined: pd.DataFrame, maps: pd.DataFrame, opened: Opened) -> pd.Series[int]:
    """Places of which 4G or 5G is known, or a fixed network serves them.

    A school of which only lesser technologies are known may have a better one; in a project without
    4G and 5G its best technology stands in for them.
    """
    radio = {s.technology for s in opened.project.coverage}
    radio |= set(maps.loc[maps["kind"] == "tile", "technology"])
    radio |= set(combined.loc[combined["evidence"] == "prediction", "technology"])
    top = _BEST & radio or {max(radio - {"fixed"}, default="")}
    serves = (combined["technology"] == "fixed") & (combined["adequacy"] > 0)
    return combined.loc[combined["technology"].isin(top) | serves, "at"]


def _without_data(combined: pd.DataFrame, maps: pd.DataFrame) -> pd.Series[int]:
    """Places where a map of 4G or 5G has no data, nor other evidence of its operator."""
    keys = ["at", "technology", "operator"]
    asked = maps.loc[maps["technology"].isin(_BEST) & (maps["status"] == "unknown"), keys]
    answered = pd.MultiIndex.from_frame(combined[keys])
    return asked.loc[~pd.MultiIndex.from_frame(asked).isin(answered), "at"]


def _add_fixed_network(found: pd.DataFrame, places: gpd.GeoDataFrame, adequacy: float) -> None:
    """A fixed network that the table of schools states."""
    served = places["fixed_network"].fillna(value=False).astype(bool).to_numpy()
    better = served & ~(found["available"] >= adequacy).to_numpy()
    found.loc[better, "available"] = adequacy
    found.loc[better, ["best_technology", "best_basis"]] = "fixed", "declared"
    found.loc[better, ["best_operator", "best_level_dbm", "best_signal_share"]] = None
    found.loc[better, ["available_status", "available_evidence"]] = "known", "map"


def _by_distance(
    places: gpd.GeoDataFrame, found: pd.DataFrame, opened: Opened
) -> MonotoneCurve | None:
    """A_a over the distance to the nearest site, from places that are known and sure."""
    distance = places["site_4g_km"].to_numpy(dtype=np.float64)
    known = (found["available_status"] == "known").to_numpy() & ~np.isnan(distance)
    known &= ~places["is_duplicate"].to_numpy(dtype=bool) & places["claimed_area"].isna().to_numpy()
    return fit_available_by_distance(
        distance[known],
        found["available"].to_numpy()[known],
        minimum_schools=opened.project.index.inference.minimum_schools,
    )


def _infer(
    found: pd.DataFrame, value: np.ndarray | pd.Series[float], where: pd.Series[bool]
) -> None:
    """Fill in what is available, as inferred, where `value` is known."""
    rows = where & ~np.isnan(value)
    found.loc[rows, "available"] = value[rows]
    found.loc[rows, ["available_status", "available_evidence"]] = "inferred", "distance"
