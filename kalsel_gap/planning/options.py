"""Every option of every school: what it delivers, whether it is possible, what it costs.

Each school of the register has each option at least once, feasible or not, with the reason. What is
opened once for many stands in a table of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from kalsel_gap.errors import InputError
from kalsel_gap.indicators.delivered import adequacy
from kalsel_gap.planning.benefit import benefit_of, priority_factor, served_before
from kalsel_gap.planning.feasibility import (
    access_of,
    final_reasons,
    read_grid,
    standing_reasons,
)
from kalsel_gap.planning.new_sites import ExtraSite, propose_sites
from kalsel_gap.planning.option_costs import (
    AMOUNTS,
    SCHOOL_ITEMS,
    SOLAR_KWP,
    confidence_rank,
    per_unit_idr,
    price_rows,
)
from kalsel_gap.planning.option_links import (
    connected_schools,
    merge_sites,
    terrain_of_links,
)
from kalsel_gap.planning.option_rows import PARAMETERS, rows_of_option
from kalsel_gap.planning.shared_rows import OPTION_OF_KIND, place_code, read_facilities
from kalsel_gap.planning.shared_sites import (
    hub_options,
    relay_options,
    trunk_options,
)
from kalsel_gap.planning.single_options import (
    donors_of,
    fibre_of,
    fibre_rows,
    figures_of,
    microwave_rows,
    rates_of,
    receiver_rows,
    satellite_rows,
    subscription_rows,
)
from kalsel_gap.project.costs import OPTIONS
from kalsel_gap.sources.school_points import at_likelier_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kalsel_gap.geo.arrays import IntArray
    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.run_folder import Run

# Types of the columns of both tables, in their order.
_MONEY = dict.fromkeys(AMOUNTS, "Int64")
OPTION_TYPES: dict[str, str] = {
    **dict.fromkeys(("row_id", "npsn", "option", "option_id", "partner"), "str"),
    **dict.fromkeys(("partner_kind", "shared_id"), "str"),
    **dict.fromkeys(("distance_km", "down_mbps", "up_mbps", "latency_ms"), "float64"),
    **dict.fromkeys(("required_mbps", "capacity_mbps", "delivered_after"), "float64"),
    "served_before": "float64",
    "benefit": "float64",
    "is_feasible": "bool",
    "reason": "str",
    "reason_params": "str",
    "is_priced": "bool",
    "unpriced_items": "str",
    **_MONEY,
    "pv_per_student_idr": "Int64",
    "pv_per_mbps_idr": "Int64",
    "items": "str",
    "lead_months": "int64",
    "life_years": "int64",
    "confidence": "str",
    "needs_operator": "str",
    "needs_consent": "bool",
    "access": "str",
    "mast_m": "float64",
    "clearance_ratio": "float64",
    "clearance_ratio_worst": "float64",
    "assumptions": "str",
}
SHARED_TYPES: dict[str, str] = {
    "shared_id": "str",
    "kind": "str",
    "lat": "float64",
    "lon": "float64",
    "name": "str",
    "needs_shared": "str",
    "host_row_id": "str",
    "host_down_mbps": "float64",
    "facility": "str",
    "facility_share": "float64",
    "capacity_mbps": "float64",
    "is_priced": "bool",
    "unpriced_items": "str",
    **_MONEY,
    "items": "str",
    "lead_months": "int64",
    "life_years": "int64",
    "confidence": "str",
    "schools": "int64",
    "population": "Int64",
}
_NEED_PARTNER = ("microwave", "microwave_relay", "fibre", "bts", "hub")
# Where nothing was found for a school, by option.
_NOTHING = {"microwave_relay": "no_relay", "hub": "no_hub", "microwave": "no_site"}


class OptionTables(NamedTuple):
    """The options of all schools, and what several of them share."""

    options: pd.DataFrame
    """:data:`OPTION_TYPES`, sorted by NPSN, row, option and partner."""
    shared: pd.DataFrame
    """:data:`SHARED_TYPES`, sorted by kind and id."""


def make_options(
    run: Run, opened: Opened, prices: pd.DataFrame, *, extra_sites: Sequence[ExtraSite] = ()
) -> OptionTables:
    """Every option of every school of a run.

    Parameters
    ----------
    run : Run
        With its tables ``signals``, ``predictions``, ``sites`` and ``service``; of ``horizons`` the
        relays are made.
    opened : Opened
        Its project: figures of options, elevation model, fibre, roads, facilities.
    prices : DataFrame
        As `planning.costs.price_table` gives them.
    extra_sites : sequence of ExtraSite
        Places at which a new site is proposed whatever it serves.

    Returns
    -------
    OptionTables
        Amounts of an option are those of the school alone: those of what it shares stand once, in
        ``shared``. ``delivered_after`` is the adequacy of the option alone, ``benefit`` the
        expected fall of the priority-weighted deficit in a year of service. A radio hop needs
        line of sight in median air and in the worst one.

    Raises
    ------
    InputError
        The run has no table of these, or a layer of the project cannot be read.
    """
    schools = _schools_of(run, opened)
    index = opened.project.index
    standing = standing_reasons(schools, index)
    rows, shared = _candidates(schools, standing, run, opened, extra_sites)
    rows = rows.merge(_facts_of(schools, standing, run, opened), on="at", validate="many_to_one")
    rows = _with_equipment(rows)
    required = rows["required_mbps"].to_numpy("float64")
    rows["delivered_after"] = adequacy(
        rows["down_mbps"], rows["up_mbps"], rows["latency_ms"], required, index.adequacy
    )
    factor = priority_factor(schools, index)
    rows["benefit"] = benefit_of(rows, run.table("service"), factor, index)
    rows["reason"] = final_reasons(rows, rows["standing"])
    rows["is_feasible"] = rows["reason"] == ""
    rows["reason_params"] = _parameters(rows)
    rows = _with_amounts(rows, prices, opened)
    rows["pv_per_student_idr"] = per_unit_idr(rows["pv_idr"], rows["students"].to_numpy("float64"))
    rows["pv_per_mbps_idr"] = per_unit_idr(rows["pv_idr"], rows["down_mbps"].to_numpy("float64"))
    rows = _with_figures(rows, opened, rows["option"])
    rows["option_id"] = rows["row_id"] + "|" + rows["option"] + "|" + rows["partner"]
    order = {option: n for n, option in enumerate(OPTIONS)}
    rows = rows.assign(order=rows["option"].map(order)).sort_values(
        ["at", "order", "partner"], kind="stable", ignore_index=True
    )
    options = rows[list(OPTION_TYPES)].astype(OPTION_TYPES)
    asked = {"bts:" + place_code(site.lat, site.lon) for site in extra_sites}
    return OptionTables(options, _shared_of(shared, options, asked, prices, opened))


def _schools_of(run: Run, opened: Opened) -> pd.DataFrame:
    """The schools of a run in the order of the tables, each at its likelier place."""
    schools = at_likelier_place(run.schools, opened)
    table = pd.DataFrame(schools.drop(columns="geometry"))
    return table.sort_values(["npsn", "row_id"], kind="stable", ignore_index=True)


def _candidates(
    schools: pd.DataFrame,
    standing: pd.Series[str],
    run: Run,
    opened: Opened,
    extra_sites: Sequence[ExtraSite],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of all options, and of what they share, before anything is judged as a whole."""
    wants = (standing == "").to_numpy() & schools["lat"].notna().to_numpy()
    at = np.flatnonzero(wants)
    ground = terrain_of_links(opened)
    facilities = read_facilities(opened)
    sites = run.table("sites")
    pole_m = opened.project.radio.receiver.cpe_height_m
    usable = schools[schools["unranked_reason"].isna()]
    connected = connected_schools(usable, opened.project.index.gap.adequate)
    ends, routes = fibre_of(schools, at, opened)
    donors = donors_of(merge_sites(sites), ends, connected, pole_m)
    direct = microwave_rows(schools, at, donors, ground, opened)
    bare = direct.loc[(direct["reason"] == "") & direct["needed_m"].isna(), "at"]
    behind = np.setdiff1d(at, bare.to_numpy("int64"))
    shared = [
        relay_options(schools, behind, donors, _horizons_of(run), ground, opened),
        propose_sites(schools, wants, sites, facilities, ground, opened, extra=extra_sites),
        hub_options(schools, at, connected, facilities, ground, opened),
        trunk_options(schools, at, routes, facilities, opened),
    ]
    rows = [
        subscription_rows(schools, opened),
        receiver_rows(schools, run, opened, wants),
        direct,
        fibre_rows(schools, at, ends, routes, opened),
        *(satellite_rows(schools, opened, option) for option in ("leo", "satria", "vsat")),
        *(each.rows for each in shared),
    ]
    reasons = dict(_NOTHING)
    if ground is None:
        reasons["microwave_relay"] = "sight_unknown"
    found = pd.concat(rows, ignore_index=True)
    found = pd.concat(
        [found, *_missing(schools, found, reasons, bare.to_numpy("int64"), opened)],
        ignore_index=True,
    )
    return found, pd.concat([each.shared for each in shared], ignore_index=True)


def _horizons_of(run: Run) -> pd.DataFrame:
    """The horizons of a run; none where an older run has none."""
    try:
        return run.table("horizons")
    except InputError:
        return pd.DataFrame()


def _missing(
    schools: pd.DataFrame,
    found: pd.DataFrame,
    reasons: dict[str, str],
    bare: IntArray,
    opened: Opened,
) -> list[pd.DataFrame]:
    """Rows of schools for which no candidate of an option was found."""
    rows = []
    for option in OPTIONS:
        has = found.loc[found["option"] == option, "at"].to_numpy("int64")
        rest = np.setdiff1d(np.arange(len(schools)), has)
        reason = np.full(rest.size, reasons.get(option, ""), dtype=object)
        figures = figures_of(opened, option)
        if option == "microwave_relay":
            reason[np.isin(rest, bare)] = "not_needed"
        rows.append(
            rows_of_option(
                schools,
                rest,
                option,
                values={
                    **rates_of(figures),
                    "reason": reason,
                    "longest_km": np.nan if figures.max_km is None else figures.max_km,
                },
                volumes=SCHOOL_ITEMS[option],
            )
        )
    return rows


def _facts_of(
    schools: pd.DataFrame, standing: pd.Series[str], run: Run, opened: Opened
) -> pd.DataFrame:
    """What the rows of a school have in common, by its position."""
    now = served_before(run.table("service")).reindex(schools["row_id"]).to_numpy("float64")
    columns = ["row_id", "npsn", "students", "required_mbps"]
    return schools[columns].assign(
        at=np.arange(len(schools)),
        standing=standing.to_numpy(),
        served_before=now,
        delivered_known=(schools["delivered_status"] == "known").to_numpy(),
        access=access_of(schools, opened.project.index).to_numpy(),
        grid=read_grid(schools["electricity"]).to_numpy(),
    )


def _with_equipment(rows: pd.DataFrame) -> pd.DataFrame:
    """LAN, UPS and power at the school, and what is assumed of them.

    No register states whether a school has a LAN or a UPS, so each option has both. Solar power is
    added where there is no grid; where nothing is known of it the grid is assumed.
    """
    power = np.where(rows["grid"] == "none", SOLAR_KWP, 0.0)
    grid = np.where(rows["grid"] == "unknown", "grid_unknown", "")
    parts = pd.DataFrame({"own": rows["assumptions"], "grid": grid})
    assumed = [
        ";".join(sorted({"lan_unknown", "ups_unknown", own, grid} - {""}))
        for own, grid in parts.itertuples(index=False)
    ]
    return rows.assign(
        lan=rows["lan"] + 1.0,
        ups=rows["ups"] + 1.0,
        solar_kwp=rows["solar_kwp"] + power,
        assumptions=assumed,
    )


def _with_amounts(rows: pd.DataFrame, prices: pd.DataFrame, opened: Opened) -> pd.DataFrame:
    """What each row costs; nothing is known of the cost where the partner it needs is missing."""
    amounts = price_rows(rows, prices, opened.project.costs)
    without = rows["option"].isin(_NEED_PARTNER) & (rows["partner"] == "")
    amounts.loc[without, list(AMOUNTS)] = pd.NA
    amounts.loc[without, "is_priced"] = False
    return rows.assign(mast_m=rows["needed_m"]).join(amounts)


def _with_figures(rows: pd.DataFrame, opened: Opened, option: pd.Series[str]) -> pd.DataFrame:
    """Months, life and confidence of the option of each row."""
    figures = {code: figures_of(opened, code) for code in option.unique()}
    own = option.map({code: each.confidence for code, each in figures.items()})
    worst = [
        min(pair, key=confidence_rank) for pair in zip(own, rows["price_confidence"], strict=True)
    ]
    return rows.assign(
        lead_months=option.map({code: each.lead_months for code, each in figures.items()}),
        life_years=option.map({code: each.life_years for code, each in figures.items()}),
        confidence=worst,
    )


def _parameters(rows: pd.DataFrame) -> pd.Series[str]:
    """Parameters of the reasons, JSON."""
    texts = pd.Series("{}", index=rows.index, dtype="str")
    for code, names in PARAMETERS.items():
        of = rows.loc[rows["reason"] == code, list(names)]
        if of.empty:
            continue
        made = [
            json.dumps(
                {n: _rounded(n, v) for n, v in zip(names, each, strict=True) if v == v},  # noqa: PLR0124 - NaN
                sort_keys=True,
            )
            for each in of.itertuples(index=False)
        ]
        texts[of.index] = np.array(made, dtype=object)
    return texts


def _rounded(name: str, value: float) -> float | int:
    """A parameter with the digits that mean something."""
    if name == "sharing":
        return int(value)
    digits = {"km": 1, "m": 0, "mbps": 1, "dbm": 0}.get(name.rpartition("_")[2], 2)
    rounded = round(float(value), digits)
    return int(rounded) if digits == 0 else rounded


def _shared_of(
    shared: pd.DataFrame,
    options: pd.DataFrame,
    asked: set[str],
    prices: pd.DataFrame,
    opened: Opened,
) -> pd.DataFrame:
    """What feasible options use, what that continues, and what the user asked for; with prices."""
    needed = set(options.loc[options["is_feasible"], "shared_id"]) - {""} | asked
    before = dict(zip(shared["shared_id"], shared["needs_shared"], strict=True))
    for each in sorted(needed):
        further = before.get(each, "")
        while further and further not in needed:
            needed.add(further)
            further = before.get(further, "")
    used = shared[shared["shared_id"].isin(needed)].reset_index(drop=True)
    used = used.join(price_rows(used, prices, opened.project.costs))
    used = _with_figures(used, opened, used["kind"].map(OPTION_OF_KIND))
    used["population"] = pd.array([pd.NA] * len(used), dtype="Int64")
    ordered = used.sort_values(["kind", "shared_id"], ignore_index=True)
    return ordered[list(SHARED_TYPES)].astype(SHARED_TYPES)
