"""Candidates that one school has for itself: subscription, 4G receiver, satellites, hop, fibre."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kalsel_gap.planning.feasibility import assess_4g, by_flag, share_cells
from kalsel_gap.planning.fibre_routes import FibreRoutes, read_fibre_ends, route_fibre
from kalsel_gap.planning.option_costs import SCHOOL_ITEMS
from kalsel_gap.planning.option_links import PLACES, Pairs, judge_hops, near_pairs, nearest_km
from kalsel_gap.planning.option_rows import rows_of_option

if TYPE_CHECKING:
    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.project.costs import OptionFigures
    from kalsel_gap.project.model import Opened
    from kalsel_gap.radio.links.path_loss import RadioTerrain
    from kalsel_gap.storage.run_folder import Run

# Nearest donors of each kind whose hop to a school is judged: with at most so many others of relays
# and hubs no school has more than eight.
DONORS = {"site": 5, "fibre": 1, "school": 2}


def rates_of(figures: OptionFigures) -> dict[str, float]:
    """Rates, latency and capacity of an option, NaN where its figures state none."""
    names = ("down_mbps", "up_mbps", "latency_ms", "capacity_mbps")
    return {
        name: np.nan if (value := getattr(figures, name)) is None else float(value)
        for name in names
    }


def figures_of(opened: Opened, option: str) -> OptionFigures:
    """The figures of an option."""
    return {str(code): each for code, each in opened.project.costs.options.items()}[option]


def option_limit(value: float | None, otherwise: float = np.inf) -> float:
    """A limit of an option; without one `otherwise`."""
    return otherwise if value is None else float(value)


# --- without a partner -------------------------------------------------------------------------


def subscription_rows(schools: pd.DataFrame, opened: Opened) -> pd.DataFrame:
    """A subscription of a fixed network that serves the place."""
    reason = by_flag(schools["fixed_served"], "no_fixed_network", "fixed_unknown")
    return rows_of_option(
        schools,
        np.arange(len(schools)),
        "subscription",
        values={"reason": reason.to_numpy(), **rates_of(figures_of(opened, "subscription"))},
        volumes=SCHOOL_ITEMS["subscription"],
    )


def satellite_rows(schools: pd.DataFrame, opened: Opened, option: str) -> pd.DataFrame:
    """A terminal of satellites: *leo* needs open sky, *satria* and *vsat* one direction."""
    clear = schools["leo_clear" if option == "leo" else "satellite_clear"]
    reason = by_flag(clear, "sky_hidden", "sky_unknown")
    return rows_of_option(
        schools,
        np.arange(len(schools)),
        option,
        values={"reason": reason.to_numpy(), **rates_of(figures_of(opened, option))},
        volumes=SCHOOL_ITEMS[option],
    )


def receiver_rows(
    schools: pd.DataFrame, run: Run, opened: Opened, wants: BoolArray
) -> pd.DataFrame:
    """An outdoor receiver on the best 4G; its cell is shared with all that could use it.

    The rate follows from the adequacy of the level: the share of the required rate that has this
    adequacy. *cell_full* is where the cell alone would be enough for a service that suffices
    (``index.gap.covered``) and the school's part of it is not.
    """
    project, figures = opened.project, figures_of(opened, "cpe_4g")
    index = project.index
    signal = assess_4g(schools, run.table("signals"), project, figures.min_dbm)
    possible = wants & (signal.reason == "").to_numpy()
    cells = share_cells(
        *(schools, signal, (run.table("predictions"), run.table("sites")), possible),
        figures.capacity_mbps,
    )
    required = schools["required_mbps"].to_numpy("float64")
    share_of_rate = signal.adequacy ** (1.0 / index.adequacy.exponent)
    alone = required * share_of_rate
    down = np.minimum(alone, option_limit(figures.down_mbps))
    up = np.minimum(down * index.adequacy.up_fraction, option_limit(figures.up_mbps))
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(possible, np.minimum(1.0, cells.share_mbps / down), 1.0)
        covered = index.gap.covered ** (1.0 / index.adequacy.exponent) * required
        full = possible & (down >= covered) & (down * part < covered)
    unknown = possible & ~np.isfinite(cells.share_mbps)
    return rows_of_option(
        schools,
        np.arange(len(schools)),
        "cpe_4g",
        values={
            **rates_of(figures),
            "reason": np.where(full, "cell_full", signal.reason.to_numpy()),
            "down_mbps": down * part,
            "up_mbps": up * part,
            "capacity_mbps": cells.capacity_mbps,
            "level_dbm": signal.level_dbm,
            "least_dbm": signal.least_dbm,
            "sharing": cells.sharing,
            "needs_operator": signal.operator.to_numpy(),
            "assumptions": np.where(unknown, "cell_unknown", ""),
        },
        volumes=SCHOOL_ITEMS["cpe_4g"],
    )


# --- hops ----------------------------------------------------------------------------------------


def donors_of(
    towers: pd.DataFrame, ends: pd.DataFrame, connected: pd.DataFrame, pole_m: float
) -> pd.DataFrame:
    """All places that a hop can start from: towers, ends of fibre, connected schools.

    At an end of fibre and at a school the antenna is on a pole as at every school.
    """
    fibre = ends.assign(kind="fibre", height_m=pole_m, operators="", left_mbps=np.nan)
    school = connected.assign(height_m=pole_m)
    parts = [each[list(PLACES)] for each in (towers, fibre, school) if len(each)]
    if not parts:
        return pd.DataFrame(columns=list(PLACES)).astype(
            dict.fromkeys(("lat", "lon", "height_m", "left_mbps"), "float64")
        )
    return pd.concat(parts, ignore_index=True)


def near_donors(
    targets: pd.DataFrame, donors: pd.DataFrame, *, within_km: float, counts: dict[str, int]
) -> Pairs:
    """The nearest donors of each kind; places are rows of `donors`."""
    found = []
    for kind, count in counts.items():
        of = np.flatnonzero((donors["kind"] == kind).to_numpy())
        pairs = near_pairs(targets, donors.iloc[of], count=count, within_km=within_km)
        found.append(Pairs(pairs.target, of[pairs.place], pairs.distance_km))
    target, place, km = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.lexsort((place, km, target))
    return Pairs(target[order], place[order], km[order])


def microwave_rows(
    schools: pd.DataFrame,
    at: IntArray,
    donors: pd.DataFrame,
    ground: RadioTerrain | None,
    opened: Opened,
) -> pd.DataFrame:
    """A hop from a tower, an end of fibre or a connected school, the best of each kind.

    Without one that can be built the nearest donor stands with its reason.

    Parameters
    ----------
    schools : DataFrame
        Of the run.
    at : int array
        Positions of the schools that want one and have a location.
    donors : DataFrame
        As :func:`donors_of` gives them.
    ground : RadioTerrain or None
        The terrain.
    opened : Opened
        The project.
    """
    figures = figures_of(opened, "microwave")
    longest = min(option_limit(figures.max_km), opened.project.radio.microwave.longest_km)
    tallest = min(option_limit(figures.max_mast_m), opened.project.radio.microwave.tallest_m)
    targets = schools.iloc[at]
    pairs = near_donors(targets, donors, within_km=longest, counts=DONORS)
    of = donors.iloc[pairs.place].reset_index(drop=True)
    there = targets.iloc[pairs.target]
    # Two ends at one place need no hop.
    apart = pairs.distance_km > 0.0
    hops = judge_hops(ground, of, there, longest_km=longest, tallest_m=tallest)
    hops = hops.assign(
        target=pairs.target, km=pairs.distance_km, kind=of["kind"], row=np.arange(len(of))
    )[apart]
    hops["bad"] = (hops["reason"] != "").astype(int) * 2 + hops["mast_m"].notna()
    hops = hops.sort_values(["target", "bad", "km", "row"], kind="stable")
    possible = hops[hops["reason"] == ""].drop_duplicates(["target", "kind"])
    none = hops[~hops["target"].isin(possible["target"])]
    chosen = pd.concat(
        [possible, none.sort_values(["target", "km", "row"]).drop_duplicates("target")]
    )
    chosen = chosen.sort_values(["target", "bad", "km", "row"], kind="stable")
    partner = of.loc[chosen["row"]]
    rates = rates_of(figures)
    left = partner["left_mbps"].to_numpy("float64")
    rows = rows_of_option(
        schools,
        at[chosen["target"].to_numpy("int64")],
        "microwave",
        values={
            **rates,
            "down_mbps": np.fmin(np.full(len(chosen), rates["down_mbps"]), left),
            "up_mbps": np.fmin(np.full(len(chosen), rates["up_mbps"]), left),
            "capacity_mbps": np.fmin(np.full(len(chosen), rates["capacity_mbps"]), left),
            "reason": chosen["reason"].to_numpy(),
            "partner": partner["place_id"].to_numpy(),
            "partner_kind": partner["kind"].to_numpy(),
            "needs_operator": partner["operators"].to_numpy(),
            "needs_consent": True,
            "distance_km": chosen["km"].to_numpy(),
            "longest_km": longest,
            "needed_m": chosen["mast_m"].to_numpy(),
            "tallest_m": tallest,
            **{n: chosen[n].to_numpy() for n in ("clearance_ratio", "clearance_ratio_worst")},
        },
        volumes=SCHOOL_ITEMS["microwave"] | {"mast_m": chosen["mast_m"].fillna(0.0).to_numpy()},
    )
    return pd.concat([rows, _without_donor(schools, at, rows, donors, longest)])


def _without_donor(
    schools: pd.DataFrame, at: IntArray, rows: pd.DataFrame, donors: pd.DataFrame, longest: float
) -> pd.DataFrame:
    """Schools with no donor within reach: how far the nearest is, or that there is none at all."""
    rest = at[~np.isin(at, rows["at"].to_numpy())]
    far = nearest_km(schools.iloc[rest], donors)
    return rows_of_option(
        schools,
        rest,
        "microwave",
        values={
            "reason": np.where(np.isnan(far), "no_site", "too_far"),
            "distance_km": far,
            "longest_km": longest,
        },
        volumes=SCHOOL_ITEMS["microwave"],
    )


# --- fibre ---------------------------------------------------------------------------------------


def fibre_of(
    schools: pd.DataFrame, at: IntArray, opened: Opened
) -> tuple[pd.DataFrame, FibreRoutes]:
    """Ends of fibre of the project, and the routes from them to some of the schools."""
    figures = figures_of(opened, "fibre")
    ends = read_fibre_ends(opened.project.fibre)
    factor = option_limit(figures.length_factor, 1.0)
    routes = route_fibre(
        *(schools.iloc[at], ends, opened), factor=factor, longest_km=option_limit(figures.max_km)
    )
    return ends, routes


def fibre_rows(
    schools: pd.DataFrame, at: IntArray, ends: pd.DataFrame, routes: FibreRoutes, opened: Opened
) -> pd.DataFrame:
    """A line of its own from the nearest end of fibre, on poles."""
    figures = figures_of(opened, "fibre")
    longest = option_limit(figures.max_km)
    length: FloatArray = routes.length_km.round(3)
    partner = np.full(len(at), "", dtype=object)
    has = routes.end >= 0
    partner[has] = ends["place_id"].to_numpy(dtype=object)[routes.end[has]]
    return rows_of_option(
        schools,
        at,
        "fibre",
        values={
            **rates_of(figures),
            "reason": np.select([~has, length > longest], ["no_fibre", "too_far"], ""),
            "partner": partner,
            "partner_kind": np.where(has, "fibre", ""),
            "distance_km": length,
            "longest_km": longest,
        },
        volumes=SCHOOL_ITEMS["fibre"] | {"fibre_aerial_km": np.nan_to_num(length)},
    )
