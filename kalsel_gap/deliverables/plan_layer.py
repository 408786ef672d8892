"""A plan on maps and in lists of schools: what it chooses for each, in which year, at what cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kalsel_gap import schema
from kalsel_gap.deliverables import leaflet, palette, plan_tables
from kalsel_gap.deliverables.map_schemes import UNKNOWN, Scheme
from kalsel_gap.deliverables.plan_records import rows_by, rows_of, table_of_rows
from kalsel_gap.deliverables.plan_words import places_of
from kalsel_gap.deliverables.symbology import NameLabels, PointClass, PointSymbols
from kalsel_gap.i18n.messages import NAMES
from kalsel_gap.i18n.plan_names import (
    OPTION_NAMES,
    PLANNED_NAMES,
    SHARED_NAMES,
    envelope_name,
    name_of,
    option_name,
)
from kalsel_gap.i18n.rupiah import full_rupiah
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

OPTION, YEAR = "plan", "plan_year"  # schemes and filters of the map
LAYER = "plan"  # of the GeoPackage
_RADIUS, _QUIET, _OPENING_RADIUS = 5.6, 3.6, 7.0
_LATER = "later"
_NAMES_FROM = 50_000  # scale from which the names of schools find room
_MM_OF_RADIUS = 0.42

# Label and description of each column of the layer, in order.
FIELDS: dict[str, tuple[str, str]] = {
    "name": (N_("School or shared infrastructure"), N_("Name in the register or in the plan.")),
    "npsn": (N_("NPSN"), N_("NPSN of the school; empty for shared infrastructure.")),
    "kabupaten": (N_("Kabupaten/kota"), N_("Kabupaten or kota as the register states it.")),
    "status": (N_("In the plan"), N_("Whether the plan connects the school, and if not, why.")),
    "option": (N_("Option of the plan"), N_("What the plan chose.")),
    "year": (N_("Budget year in the plan"), N_("Year in which it is bought.")),
    "service_year": (N_("Service from"), N_("First year of service.")),
    "capex_idr": (
        N_("Capex of the plan, cumulative, with PPN (Rp)"),
        N_("What is bought, with PPN."),
    ),
    "opex_year_idr": (
        N_("Opex of the plan, a year, with PPN (Rp)"),
        N_("What the service costs in each year, with PPN."),
    ),
    "envelope_capex": (N_("Source of funds, capex"), N_("Envelope that pays what is bought.")),
    "envelope_opex": (N_("Source of funds, opex"), N_("Envelope that pays the running cost.")),
    "class": (N_("Class"), N_("Class of the style: the option, or why there is none.")),
}


@dataclass(frozen=True, slots=True)
class PlanOnMap:
    """What the web map shows of a plan.

    Attributes
    ----------
    schemes : list of Scheme
        Schools by option and by year.
    facets : list of dict
        The same as filters, as :func:`.map_schemes.facets_of` gives them.
    details : list of dict
        Fields of each school's pop-up.
    openings : dict
        Places of shared infrastructure, and the mark of each.
    """

    schemes: list[Scheme]
    facets: list[dict[str, Any]]
    details: list[dict[str, str]]
    openings: dict[str, Any]


def planned_schools(plan: Plan, row_ids: Sequence[str]) -> pd.DataFrame:
    """What a plan says of schools, in their order.

    Parameters
    ----------
    plan : Plan
    row_ids : sequence of str
        Rows of the register.

    Returns
    -------
    DataFrame
        `plan_status` (missing where the plan does not name the school), `plan_option`,
        `plan_year`, `plan_service_year`, `plan_capex_idr` over all years and
        `plan_opex_year_idr`, both with PPN; `envelope_capex`, `envelope_opex` (missing where
        nothing is paid each year).
    """
    status = {row["row_id"]: row["status"] for row in rows_of(plan.table("schools"))}
    chosen: dict[str, dict[str, Any]] = {}
    for row in sorted(rows_of(plan.table("choice")), key=lambda each: int(each["year"])):
        if not row["row_id"] or str(row["option"]).startswith(plan_tables.OPENING):
            continue
        capex = _both(row, "capex_idr", "ppn_capex_idr")
        opex = _both(row, "opex_year_idr", "ppn_opex_idr")
        if (known := chosen.get(str(row["row_id"]))) is not None:  # paid in several years
            known["plan_capex_idr"] += capex
            known["plan_opex_year_idr"] = max(known["plan_opex_year_idr"], opex)
            continue
        chosen[str(row["row_id"])] = {
            "plan_option": row["option"],
            "plan_year": row["year"],
            "plan_service_year": row["service_year"],
            "plan_capex_idr": capex,
            "plan_opex_year_idr": opex,
            "envelope_capex": row["envelope_capex"],
            "envelope_opex": row["envelope_opex"],
        }
    for row in chosen.values():
        if not row["plan_opex_year_idr"]:  # nobody pays what costs nothing
            row["envelope_opex"] = None
    types = {
        **dict.fromkeys(("plan_status", "plan_option", "envelope_capex", "envelope_opex"), "str"),
        **dict.fromkeys(("plan_year", "plan_service_year"), "Int64"),
        **dict.fromkeys(("plan_capex_idr", "plan_opex_year_idr"), "Int64"),
    }
    records = [{"plan_status": status.get(each), **chosen.get(each, {})} for each in row_ids]
    return table_of_rows(records, types)


def plan_on_map(schools: pd.DataFrame, plan: Plan, text: Text) -> PlanOnMap:
    """What the web map shows of a plan.

    Parameters
    ----------
    schools : DataFrame
        Those of the map, in order.
    plan : Plan
    text : Text
        Language of the page.
    """
    table = planned_schools(plan, schools["row_id"].tolist())
    places = places_of(schools)
    schemes = [option_scheme(table, text), _year_scheme(table, text)]
    return PlanOnMap(
        schemes,
        [_facet(scheme, text) for scheme in schemes],
        [_details(row, places, text) for row in rows_of(table)],
        _openings(plan),
    )


def plan_details(schools: pd.DataFrame, plan: Plan, text: Text) -> list[dict[str, str]]:
    """What a pop-up of each school says of a plan.

    Parameters
    ----------
    schools : DataFrame
        ``row_id``, and the kabupaten by whose names envelopes are called.
    plan : Plan
    text : Text
        The reader's language.
    """
    places = places_of(schools)
    table = planned_schools(plan, schools["row_id"].tolist())
    return [_details(row, places, text) for row in rows_of(table)]


def option_scheme(table: pd.DataFrame, text: Text) -> Scheme:
    """Schools by what is chosen for them, of :func:`planned_schools`; or why nothing is."""
    of = classes_of(table)
    names = OPTION_NAMES | PLANNED_NAMES | {UNKNOWN: NAMES[UNKNOWN]}
    marks = palette.PLANNED | palette.NOT_PLANNED | {UNKNOWN: palette.UNKNOWN}
    classes = {code: text(names[code]) for code in marks if code in of or code == UNKNOWN}
    drawn = {
        code: leaflet.drawn(marks[code], _RADIUS if code in palette.PLANNED else _QUIET)
        for code in classes
    }
    note = text(
        N_("What the plan chooses within its ceilings; its year and cost stand in the pop-up.")
    )
    return Scheme(OPTION, text(N_("Plan: option")), note, classes, drawn, of, "class", (), marks)


def classes_of(table: pd.DataFrame) -> list[str]:
    """The class of each school: its option, or why nothing is bought for it."""
    found = []
    for row in rows_of(table):
        status = str(row["plan_status"] or UNKNOWN)
        option = str(row["plan_option"] or UNKNOWN)
        code = option if status == "planned" else status
        found.append(code if code in palette.PLANNED | palette.NOT_PLANNED else UNKNOWN)
    return found


def _year_scheme(table: pd.DataFrame, text: Text) -> Scheme:
    """Schools by the year in which the plan buys for them."""
    is_planned = (table["plan_status"] == "planned").tolist()
    given = [int(y) if is_in and y == y else None for y, is_in in _pairs(table, is_planned)]  # noqa: PLR0124 - NaN
    years = sorted({year for year in given if year is not None})
    marks: dict[str, palette.Mark] = {}
    names: dict[int, str] = {}
    for n, year in enumerate(years):
        is_last = n >= len(palette.YEARS) - 1 and len(years) > len(palette.YEARS)
        names[year] = _LATER if is_last else str(year)
        marks.setdefault(names[year], palette.YEARS[min(n, len(palette.YEARS) - 1)])
    classes = {code: text(N_("later years")) if code == _LATER else code for code in marks} | {
        UNKNOWN: text(N_("not bought in this plan"))
    }
    drawn = {code: leaflet.drawn(mark, _RADIUS) for code, mark in marks.items()}
    drawn[UNKNOWN] = leaflet.drawn(palette.UNKNOWN, _QUIET)
    of = [UNKNOWN if year is None else names[year] for year in given]
    shapes = {**marks, UNKNOWN: palette.UNKNOWN}
    label, note = text(N_("Plan: year")), text(N_("Year in which the plan buys for the school."))
    return Scheme(YEAR, label, note, classes, drawn, of, YEAR, (), shapes)


def _pairs(table: pd.DataFrame, is_planned: Sequence[bool]) -> list[tuple[Any, bool]]:
    years = table["plan_year"].astype("float64").tolist()
    return list(zip(years, is_planned, strict=True))


def _facet(scheme: Scheme, text: Text) -> dict[str, Any]:
    counts = {code: scheme.of.count(code) for code in scheme.classes}
    shown = [
        {"value": code, "label": scheme.classes[code], "count": text.number(count)}
        for code, count in counts.items()
        if count
    ]
    return {"key": scheme.key, "label": scheme.label, "values": shown, "of": scheme.of}


def _details(row: Mapping[str, Any], places: Mapping[str, str], text: Text) -> dict[str, str]:
    """What a pop-up says of the plan; empty values are left out by the page."""
    status, option = row["plan_status"], row["plan_option"]
    said = name_of(status, PLANNED_NAMES, text) if status else text(NAMES[UNKNOWN])
    bought, cost, payer = "", "", ""
    if option is not None:
        words = N_("{option}, bought in {year}, service from {service_year}")
        bought = text(
            words,
            option=option_name(option, text),
            year=row["plan_year"],
            service_year=row["plan_service_year"],
        )
        words = N_("capex {capex}, opex {opex} a year, both with PPN")
        cost = text(
            words,
            capex=full_rupiah(row["plan_capex_idr"], text),
            opex=full_rupiah(row["plan_opex_year_idr"], text),
        )
        funds = dict.fromkeys(row[name] for name in ("envelope_capex", "envelope_opex"))
        payer = "; ".join(envelope_name(code, places, text) for code in funds if code)
    return {
        text(N_("In the plan")): said,
        text(N_("Option of the plan")): bought,
        text(N_("Cost in the plan")): cost,
        text(N_("Source of funds in the plan")): payer,
    }


def _openings(plan: Plan) -> dict[str, Any]:
    """Places of shared infrastructure that the plan opens, for the script."""
    shared = rows_by(plan.table("shared"), "shared_id")
    opened = dict.fromkeys(plan_tables.openings(plan)["shared_id"].tolist())
    points = [shared[each] for each in opened if each in shared]
    known = [point for point in points if point["lat"] is not None]
    return {
        "lat": [round(float(point["lat"]), 5) for point in known],
        "lon": [round(float(point["lon"]), 5) for point in known],
    }


def opening_mark() -> dict[str, Any]:
    """How shared infrastructure of a plan is drawn."""
    return leaflet.drawn(palette.OPENED, _OPENING_RADIUS)


# --- GeoPackage ---------------------------------------------------------------------------------


def plan_features(run: Run, plan: Plan, text: Text) -> gpd.GeoDataFrame:
    """Schools of which the plan says something, and what it opens, with :data:`FIELDS`.

    Parameters
    ----------
    run : Run
        The run that the plan is of.
    plan : Plan
    text : Text
        Language of words; ``class`` holds codes.

    Returns
    -------
    GeoDataFrame
        Points in degrees, WGS 84; no geometry without a usable location. In the order of the
        register, and then what is opened by its identifier.
    """
    import geopandas as gpd

    schools, places = run.schools, places_of(run.schools)
    table = planned_schools(plan, schools["row_id"].tolist())
    facts = rows_of(schools[["name", "npsn", "kabupaten", "lat", "lon"]])
    rows: list[dict[str, Any]] = []
    for fact, row, code in zip(facts, rows_of(table), classes_of(table), strict=True):
        if row["plan_status"] is None:
            continue
        rows.append(
            {
                **fact,
                "status": name_of(row["plan_status"], PLANNED_NAMES, text),
                "option": option_name(row["plan_option"], text) if row["plan_option"] else None,
                **{
                    name: row[f"plan_{name}"]
                    for name in ("year", "service_year", "capex_idr", "opex_year_idr")
                },
                **{
                    name: envelope_name(row[name], places, text) if row[name] else None
                    for name in ("envelope_capex", "envelope_opex")
                },
                "class": code,
            }
        )
    rows += _opened_rows(plan, places, text)
    types = {
        name: "Int64" if name in ("year", "service_year", "capex_idr", "opex_year_idr") else "str"
        for name in FIELDS
    }
    shown = [{name: _inert(value) for name, value in row.items()} for row in rows]
    made = table_of_rows(shown, types)
    points = gpd.points_from_xy(
        *(
            [float("nan") if row[axis] is None else row[axis] for row in rows]
            for axis in ("lon", "lat")
        )
    )
    shapes = gpd.GeoSeries(points).where([row["lat"] is not None for row in rows], None)
    return gpd.GeoDataFrame(made, geometry=shapes.to_numpy(), crs=schema.CRS)


def _opened_rows(plan: Plan, places: Mapping[str, str], text: Text) -> list[dict[str, Any]]:
    shared = rows_by(plan.table("shared"), "shared_id")
    rows = []
    for row in rows_of(plan.table("choice")):
        if not str(row["option"]).startswith(plan_tables.OPENING):
            continue
        place = shared.get(row["shared_id"], {})
        kind = str(row["option"]).removeprefix(plan_tables.OPENING)
        rows.append(
            {
                "name": place.get("name") or row["shared_id"],
                "lat": place.get("lat"),
                "lon": place.get("lon"),
                "status": text(PLANNED_NAMES["unfunded" if row["is_unfunded"] else "planned"]),
                "option": name_of(kind, SHARED_NAMES, text),
                "year": row["year"],
                "service_year": row["service_year"],
                "capex_idr": _both(row, "capex_idr", "ppn_capex_idr"),
                "opex_year_idr": (opex := _both(row, "opex_year_idr", "ppn_opex_idr")),
                **{
                    name: envelope_name(row[name], places, text) if row[name] and paid else None
                    for name, paid in (("envelope_capex", True), ("envelope_opex", bool(opex)))
                },
                "class": "opened",
            }
        )
    return sorted(rows, key=lambda each: (str(each["name"]), str(each["year"])))


def plan_symbols(run: Run, plan: Plan, text: Text) -> PointSymbols:
    """The style of the layer: the classes of the web map, and what is opened."""
    scheme = option_scheme(planned_schools(plan, run.schools["row_id"].tolist()), text)
    classes = [
        PointClass(
            *(label, scheme.shapes[code], _MM_OF_RADIUS * float(scheme.marks[code]["radius"])),
            "" if code == UNKNOWN else code,
        )
        for code, label in scheme.classes.items()
    ]
    opened = PointClass(text(N_("shared infrastructure")), palette.OPENED, 3.0, "opened")
    labels = NameLabels("name", scale=_NAMES_FROM)
    return PointSymbols(scheme.label, (opened, *classes), "class", scheme.note, labels=labels)


def _inert(value: object) -> object:
    return " ".join(plain(value).split()) if isinstance(value, str) else value


def _both(row: Mapping[str, Any], *names: str) -> int:
    return sum(int(row[name] or 0) for name in names)
