"""How good the mobile signal at a school is beyond its best operator, and who else serves it.

The margin of its best 4G, how many operators are usable there and over which share of the circle
of position uncertainty, and whether a fixed network serves the location. Each has a status:
nothing known is not nothing there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.deficit.availability import at_both_places
from kalsel_gap.indicators.available import is_usable
from kalsel_gap.radio.links.usable_levels import usable_adequacy, usable_dbm
from kalsel_gap.sources.school_points import is_likelier_elsewhere

if TYPE_CHECKING:
    import geopandas as gpd

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.project.model import Opened, Project

MARGINS = (
    *("margin_4g_db", "margin_4g_status", "known_operators", "usable_operators"),
    *("usable_share", "fixed_served", "fixed_status"),
)
_MODERN = ("4g", "5g")  # technologies that an adequate service needs
_ANY = "any"  # the operator of tiles: somebody


def measure_margins(
    places: gpd.GeoDataFrame, combined: pd.DataFrame, maps: pd.DataFrame, opened: Opened
) -> pd.DataFrame:
    """The facts of :data:`MARGINS` at each place.

    Parameters
    ----------
    places : GeoDataFrame
        With ``fixed_network``.
    combined : DataFrame
        As :func:`kalsel_gap.deficit.combined_evidence.combine_evidence` gives it.
    maps : DataFrame
        As :func:`kalsel_gap.deficit.map_evidence.read_maps` gives them.
    opened : Opened
        The project.

    Returns
    -------
    DataFrame
        One row for each place, in order.
    """
    named = combined[combined["operator"] != _ANY]
    return pd.concat(
        [
            _margin(named[named["technology"] == "4g"], maps, len(places), opened.project),
            _operators(named[named["technology"].isin(_MODERN)], len(places), opened.project),
            _fixed(places, combined[combined["technology"] == "fixed"]),
        ],
        axis="columns",
    )[list(MARGINS)]


def margins_of_schools(
    schools: gpd.GeoDataFrame, places: gpd.GeoDataFrame, found: pd.DataFrame
) -> pd.DataFrame:
    """One row for each school: the likelier place of a doubtful location, as inferred.

    Parameters
    ----------
    schools, places : GeoDataFrame
        The schools, and the places where they may stand.
    found : DataFrame
        As :func:`measure_margins` gives it.
    """
    at_point, in_area = at_both_places(schools, places, found)
    columns: pd.DataFrame = at_point.where(~is_likelier_elsewhere(schools), in_area)
    doubtful = schools["claimed_area"].notna()
    for name in ("margin_4g_status", "fixed_status"):
        columns[name] = columns[name].fillna("unknown")
        columns.loc[doubtful & (columns[name] == "known"), name] = "inferred"
    return columns


def _margin(rows: pd.DataFrame, maps: pd.DataFrame, places: int, project: Project) -> pd.DataFrame:
    """The best level of 4G less the level from which it is usable, and how it is known.

    *none* only where every operator of whose 4G the project knows anything has none there.
    """
    level = rows.sort_values(["level_dbm", "operator"], ascending=[False, True], kind="stable")
    best = level[level["level_dbm"].notna()].drop_duplicates("at").set_index("at")
    best = best.reindex(range(places))
    operators = set(rows["operator"]) | set(maps.loc[_is_4g(maps), "operator"])
    none = rows[rows["is_none"].astype(bool)].groupby("at")["operator"].nunique()
    all_none = none.reindex(range(places), fill_value=0).to_numpy() == len(operators)
    known = best["level_dbm"].notna().to_numpy()
    status = np.select(
        [known & (best["evidence"] == "prediction").to_numpy(), known, all_none & bool(operators)],
        ["inferred", "known", "none"],
        "unknown",
    )
    margin = best["level_dbm"].astype("float64") - usable_dbm("4g", project)
    return pd.DataFrame({"margin_4g_db": margin.to_numpy(), "margin_4g_status": status})


def _is_4g(maps: pd.DataFrame) -> pd.Series[bool]:
    return (maps["technology"] == "4g") & (maps["operator"] != _ANY)


def _operators(rows: pd.DataFrame, places: int, project: Project) -> pd.DataFrame:
    """How many operators are known and usable, and over how much of the circle the best is."""
    least = {technology: usable_adequacy(technology, project) for technology in _MODERN}
    usable = np.zeros(len(rows), dtype=np.bool_)
    for technology, adequacy in least.items():
        of = (rows["technology"] == technology).to_numpy()
        usable[of] = is_usable(rows["adequacy"].astype("float64").to_numpy()[of], adequacy)
    at, operator = rows["at"].to_numpy(dtype=np.int64), rows["operator"]
    known = _count(at, operator, np.ones(len(rows), dtype=np.bool_), places)
    share: FloatArray = np.full(places, np.nan)
    np.fmax.at(share, at, rows["usable_share"].astype("float64").to_numpy())
    return pd.DataFrame(
        {
            "known_operators": pd.Series(known, dtype="Int64"),
            "usable_operators": pd.Series(_count(at, operator, usable, places), dtype="Int64").mask(
                known == 0
            ),
            "usable_share": share,
        }
    )


def _count(at: np.ndarray, operator: pd.Series[str], of: BoolArray, places: int) -> np.ndarray:
    """How many different operators each place has among some of the rows."""
    rows = pd.DataFrame({"at": at[of], "operator": operator.to_numpy()[of]})
    counts = rows.groupby("at")["operator"].nunique()
    return counts.reindex(range(places), fill_value=0).to_numpy()


def _fixed(places: gpd.GeoDataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Whether a fixed network serves each place: what a table or a map shows counts, as for A_a.

    Speed tests of others in the tile show that there is one nearby: inferred, and never that there
    is none.
    """
    stated = places["fixed_network"].reset_index(drop=True).astype("boolean")
    by_map = _any_served(rows[rows["operator"] != _ANY], len(places))
    nearby = _any_served(rows[rows["operator"] == _ANY], len(places)).fillna(value=False)
    shown = (stated.fillna(value=False) | by_map.fillna(value=False)).astype(bool)
    is_known = stated.notna() | by_map.notna()
    only_nearby = nearby.astype(bool) & ~shown
    served = pd.Series(shown | only_nearby, dtype="boolean").where(is_known | only_nearby)
    status = np.select(
        [only_nearby.to_numpy(), is_known.to_numpy()], ["inferred", "known"], "unknown"
    )
    return pd.DataFrame({"fixed_served": served, "fixed_status": status})


def _any_served(rows: pd.DataFrame, places: int) -> pd.Series[bool]:
    """Whether any of the rows of a place shows a network; missing where there is none."""
    shows = (rows["adequacy"].astype("float64") > 0.0).groupby(rows["at"].astype("int64")).any()
    return shows.reindex(range(places)).astype("boolean")
