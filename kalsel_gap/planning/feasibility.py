"""Whether an option is possible at a school, and the code of the reason where it is not.

What is unknown is never taken as possible: it has a code of its own (``…_unknown``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from kalsel_gap.deficit.service import counted
from kalsel_gap.indicators.available import from_level, is_usable
from kalsel_gap.sources.cells import fold
from kalsel_gap.sources.school_points import is_likelier_elsewhere

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.project.index import Index
    from kalsel_gap.project.model import Project

REASONS_OF_OPTIONS = (
    *("duplicate", "closed", "no_location", "no_evidence", "already_adequate"),
    *(
        "no_fixed_network",
        "fixed_unknown",
        "no_4g",
        "weak_4g",
        "below_level",
        "level_unknown",
        "cell_full",
    ),
    *(
        "too_far",
        "no_sight",
        "sight_unknown",
        "too_tall",
        "no_site",
        "no_relay",
        "not_needed",
        "no_fibre",
    ),
    *("no_hub", "sky_hidden", "sky_unknown", "no_proposal", "not_eligible", "rates_unknown"),
    *("less_than_now", "no_gain"),
)
ASSUMPTIONS = ("lan_unknown", "ups_unknown", "grid_unknown", "cell_unknown", "bts_by_distance")
# A smaller one is 0 but for rounding.
_NO_GAIN = 1e-9
_NO_GRID = ("tidak", "none", "no", "diesel", "genset", "generator")
_NO_GRID_BEGINS = ("tidakada", "belumada", "tanpa", "nonpln", "bukanpln")
_OWN_POWER = ("surya", "solar", "plts", "mikrohidro", "plta", "pltmh")
_GRID = ("pln", "ada", "ya", "grid", "yes")


def standing_reasons(schools: pd.DataFrame, index: Index) -> pd.Series[str]:
    """Why a school has no option of any kind; empty where it may have one.

    *duplicate*, *closed*, *no_location* and *no_evidence* as of its rank, *already_adequate* where
    its service is known to be adequate.
    """
    reason = schools["unranked_reason"].fillna("").astype(str)
    known = schools["delivered_status"] == "known"
    adequate = known & (schools["delivered"] >= index.gap.adequate)
    reason = reason.mask((reason == "") & adequate, "already_adequate")
    return reason.mask((reason == "") & ~counted(schools), "no_location").astype("str")


def by_flag(flag: pd.Series[bool], no: str, unknown: str) -> pd.Series[str]:
    """Reason by a flag: none where it holds, `no` where it does not, `unknown` where it is missing.

    Examples
    --------
    >>> clear = pd.Series([True, False, pd.NA], dtype="boolean")
    >>> by_flag(clear, "sky_hidden", "sky_unknown").tolist()
    ['', 'sky_hidden', 'sky_unknown']
    """
    given = flag.astype("boolean")
    return pd.Series(
        np.select([given.isna(), ~given.fillna(value=True).astype(bool)], [unknown, no], ""),
        index=flag.index,
        dtype="str",
    )


# --- 4G ------------------------------------------------------------------------------------------


class Signal4g(NamedTuple):
    """The best 4G or 5G of each school, arrays of shape (schools,)."""

    reason: pd.Series[str]
    """*no_4g*, *below_level*, *level_unknown*, or empty."""
    level_dbm: FloatArray
    """Outdoors, as of a phone; NaN where only an adequacy is known."""
    least_dbm: FloatArray
    """Level that is enough there."""
    adequacy: FloatArray
    """Of that level with the outdoor antenna; of a class or declared coverage without a level as
    it is. NaN where unknown."""
    operator: pd.Series[str]
    technology: pd.Series[str]


def assess_4g(
    schools: pd.DataFrame, signals: pd.DataFrame, project: Project, least_dbm: float | None
) -> Signal4g:
    """What an outdoor receiver would have of the best 4G or 5G of each school.

    The best signal of the run counts where it is one of 4G or 5G; otherwise the best that the maps
    and predictions of the table `signals` have there. The gain of the antenna
    (``radio.receiver.cpe_gain_dbi``) is added to the level before it is turned into an adequacy,
    not before it is compared with the least level, which holds outdoors.

    Parameters
    ----------
    schools : DataFrame
        Of the run.
    signals : DataFrame
        Of the run.
    project : Project
        Curves of the signal, receiver.
    least_dbm : float or None
        Weakest level that is enough; by default that from which the technology is usable.
    """
    best = _best_of_schools(schools)
    other = _best_of_signals(schools, signals)
    has = best["technology"].notna()
    shown = best.where(has, other)
    technology = shown["technology"].fillna("").astype("str")
    level = shown["level_dbm"].to_numpy("float64")
    adequacy = shown["adequacy"].to_numpy("float64")
    least = np.full(len(schools), np.nan)
    enough = np.full(len(schools), np.nan)
    outdoor = adequacy.copy()
    carriers = {str(name): each for name, each in project.radio.carriers.items()}
    curves = {str(name): each.points for name, each in project.signal.curves.items()}
    for name in ("4g", "5g"):
        of = (technology == name).to_numpy() & (name in curves)
        if not of.any():
            continue
        least[of] = least_dbm if least_dbm is not None else carriers[name].usable_dbm
        enough[of] = from_level(least[of], curves[name])
        gained = from_level(level[of] + project.radio.receiver.cpe_gain_dbi, curves[name])
        outdoor[of] = np.where(np.isnan(gained), adequacy[of], gained)
    # A class of a map and declared coverage have an adequacy and no level.
    by_level = ~np.isnan(level)
    suffices = np.where(by_level, level >= least, is_usable(adequacy, 0.0) & (adequacy >= enough))
    reason = np.select(
        [np.isnan(adequacy), adequacy <= 0.0, suffices.astype(bool), by_level],
        ["level_unknown", "no_4g", "", "below_level"],
        "weak_4g",
    )
    operator = shown["operator"].fillna("").astype("str")
    return Signal4g(
        pd.Series(reason, schools.index, dtype="str"), level, least, outdoor, operator, technology
    )


def _best_of_schools(schools: pd.DataFrame) -> pd.DataFrame:
    """The best signal of the run where it is 4G or 5G; missing elsewhere."""
    modern = schools["best_technology"].isin(["4g", "5g"])
    return pd.DataFrame(
        {
            "technology": schools["best_technology"],
            "operator": schools["best_operator"],
            "level_dbm": schools["best_level_dbm"].astype("float64"),
            "adequacy": schools["available"].astype("float64"),
        }
    ).where(modern)


def _best_of_signals(schools: pd.DataFrame, signals: pd.DataFrame) -> pd.DataFrame:
    """The best 4G or 5G of the table of signals at the likelier place of each school."""
    rows = signals[signals["technology"].isin(["4g", "5g"]) & (signals["status"] != "unknown")]
    rows = _at_likelier(rows[rows["used"].astype(bool)], schools)
    rows = rows.assign(
        adequacy=rows["adequacy"].where(rows["status"] == "value", 0.0).astype("float64")
    ).sort_values(
        ["row_id", "adequacy", "level_dbm", "technology", "operator"],
        ascending=[True, False, False, False, True],
        kind="stable",
    )
    first = rows.drop_duplicates("row_id").set_index("row_id")
    names = ["technology", "operator", "level_dbm", "adequacy"]
    return first[names].reindex(schools["row_id"]).set_axis(schools.index)


def _at_likelier(rows: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table of places that are about the likelier place of their school."""
    place = np.where(is_likelier_elsewhere(schools), "area", "point")
    likelier = pd.Series(place, index=schools["row_id"])
    found: pd.DataFrame = rows[rows["row_id"].map(likelier) == rows["place"]]
    return found


class SharedCells(NamedTuple):
    """The covering cell of each school and what it leaves each, arrays of shape (schools,)."""

    cell: pd.Series[str]
    """``operator|technology|site``; empty where it is unknown."""
    capacity_mbps: FloatArray
    """Of all its sectors; NaN where unknown."""
    share_mbps: FloatArray
    """The school's part, by required bandwidth; infinite where the cell or its capacity is
    unknown."""
    sharing: FloatArray
    """Schools that share it."""


def share_cells(
    schools: pd.DataFrame,
    signal: Signal4g,
    tables: tuple[pd.DataFrame, pd.DataFrame],
    wants: BoolArray,
    capacity_mbps: float | None,
) -> SharedCells:
    """Divide the capacity of each cell among the schools that could use it.

    All schools that a cell covers and that want it share it by their required bandwidth, as if all
    of them did use it: an option must not promise what its neighbour is promised too.

    Parameters
    ----------
    schools : DataFrame
        Of the run.
    signal : Signal4g
        Their best 4G.
    tables : DataFrame, DataFrame
        ``predictions`` and ``sites`` of the run.
    wants : bool array of shape (schools,)
        Schools that could use it.
    capacity_mbps : float or None
        Of one sector.
    """
    predictions, sites = tables
    served = _at_likelier(predictions.dropna(subset=["site_id"]), schools).drop_duplicates(
        ["row_id", "operator", "technology"]
    )
    by_key = served.set_index(["row_id", "operator", "technology"])["site_id"].astype(str)
    keys = pd.MultiIndex.from_arrays([schools["row_id"], signal.operator, signal.technology])
    site = by_key.reindex(keys).fillna("").to_numpy(dtype=object)
    named = pd.Series(
        np.where(site == "", "", signal.operator + "|" + signal.technology + "|" + site),
        schools.index,
        dtype="str",
    )
    # One row of the list of sites is one cell; without a direction all its rows are one.
    own = (
        sites["operator"]
        + "|"
        + sites["technology"]
        + "|"
        + sites["site_id"].fillna("").astype(str)
    )
    sectors = sites["azimuth_deg"].groupby(own.to_numpy()).nunique().clip(lower=1)
    total = (capacity_mbps if capacity_mbps is not None else np.nan) * named.map(sectors).fillna(
        1.0
    ).to_numpy("float64")
    required = schools["required_mbps"].to_numpy("float64")
    used = wants & (named != "").to_numpy() & ~np.isnan(total)
    group = named.where(used)
    together = (
        pd.Series(required, schools.index).groupby(group).transform("sum").to_numpy("float64")
    )
    count = group.groupby(group).transform("size").to_numpy("float64")
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(used, total * required / together, np.inf)
    return SharedCells(named, np.where(used, total, np.nan), share, count)


# --- what stands at the school -------------------------------------------------------------------


def read_grid(electricity: pd.Series[str]) -> pd.Series[str]:
    """Whether a school has power: *grid*, *own*, *none*, or *unknown*.

    A generator that runs for hours counts as none, for a line must work all day.

    Examples
    --------
    >>> read_grid(pd.Series(["PLN", "Tidak Ada", "Diesel", "Tenaga Surya", None, "?"])).tolist()
    ['grid', 'none', 'none', 'own', 'unknown', 'unknown']
    """

    def answer(value: object) -> str:
        folded = fold(str(value)) if isinstance(value, str) else ""
        if any(word in folded for word in _OWN_POWER):
            return "own"
        if folded in _NO_GRID or folded.startswith(_NO_GRID_BEGINS):
            return "none"
        if any(word in folded for word in ("diesel", "genset")):
            return "grid" if "pln" in folded else "none"
        return "grid" if any(folded.startswith(word) for word in _GRID) else "unknown"

    known = {value: answer(value) for value in electricity.unique()}
    return electricity.map(known).fillna("unknown").astype("str")


def access_of(schools: pd.DataFrame, index: Index) -> pd.Series[str]:
    """How a team reaches a school: *boat*, *road* or *unknown*.

    Where nothing states that only water leads there, a road is near enough within the distance at
    which the barrier of the index is greatest.
    """
    by_water = schools["reached_by_water"].astype("boolean")
    roads = [node.worst for node in index.leaves().values() if node.column == "road_km"]
    farthest = max((far for far in roads if far is not None), default=5.0)
    near = schools["road_km"].astype("float64") <= farthest
    known_road = (~by_water.fillna(value=True)).astype(bool) | near
    boat = by_water.fillna(value=False).astype(bool)
    return pd.Series(
        np.select([boat, known_road], ["boat", "road"], "unknown"), schools.index, dtype="str"
    )


# --- what an option adds -------------------------------------------------------------------------


def final_reasons(options: pd.DataFrame, standing: pd.Series[str]) -> pd.Series[str]:
    """The reason of each option: of the school, of the option, or that it adds nothing.

    Parameters
    ----------
    options : DataFrame
        ``reason`` of the option, ``delivered_after``, ``served_before``, ``delivered_known`` and
        ``benefit``.
    standing : Series
        Reason of the school, by the index of `options`.
    """
    none = (standing == "") & (options["reason"] == "")
    unknown = options["delivered_after"].isna()
    less = options["delivered_known"] & (options["delivered_after"] <= options["served_before"])
    reason = options["reason"].mask(none & unknown, "rates_unknown")
    reason = reason.mask(none & ~unknown & less, "less_than_now")
    useless = options["benefit"].isna() | (options["benefit"] <= _NO_GAIN)
    reason = reason.mask(none & ~unknown & ~less & useless, "no_gain")
    return standing.where(standing != "", reason).astype("str")
