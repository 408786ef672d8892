"""Web map of a run: one HTML file that opens without a network, in the language of the reader.

folium makes the Leaflet map; schools are one layer on a canvas, fed by columns of JSON. Marks on a
canvas take no keyboard focus, so the page also holds a search and the schools as tables. Names from
the inputs are shown as text, never as markup: escaped in the page, ``textContent`` in the browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kalsel_gap.deliverables import leaflet, map_layers, map_story, palette, plan_layer
from kalsel_gap.deliverables.map_schemes import facets_of, schemes_of
from kalsel_gap.deliverables.map_tables import (
    LISTED_ALL,
    imprint_of,
    placeless_of,
    sources_of,
    tables_of,
)
from kalsel_gap.deliverables.offline_html import Page, as_json
from kalsel_gap.deliverables.page_weights import weights_data, weights_words
from kalsel_gap.deliverables.plan_words import plan_notices
from kalsel_gap.deliverables.remarks import list_remarks
from kalsel_gap.deliverables.school_columns import (
    columns_of_schools,
    joined,
    places,
)
from kalsel_gap.deliverables.tables import View, claimed_kabupaten, page_notices, values_meant
from kalsel_gap.deliverables.use_case_words import summaries
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import folium
    import geopandas as gpd
    import pandas as pd

    from kalsel_gap.deliverables.map_schemes import Scheme
    from kalsel_gap.deliverables.school_columns import SchoolColumns
    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

LISTED = 100  # schools in the table below the map where no script runs
MOST = 100_000  # schools in one page
# Scripts of the page, in the order in which they need one another.
SCRIPTS = ("story", "filters", "layers", "tools", "weights", "map")

WORDS: dict[str, str] = {
    "all_ranked": N_("Every school has a rank."),
    "adequacy": N_("Usefulness of the best signal for a school, 0 to 1"),
    "badge": N_("{name} {critical}/{count}: {critical} of {count} schools critical. Zoom in."),
    "badges": N_("Number on the map: critical schools / schools with a rank, by kabupaten."),
    "remove_measure": N_("Remove the measurement"),
    "close": N_("Close"),
    "distance": N_("{from} to {to}: {km} km"),
    "filters": N_("Filters"),
    "first": N_("The first {count} schools"),
    "first_shown": N_("The first {count} of the schools shown"),
    "first_trial_deficit": N_("On trial: the first {count} by deficit"),
    "first_trial_priority": N_("On trial: the first {count} by priority"),
    "found": N_("Schools found"),
    "found_count": N_("Schools found: {count}"),
    "found_more": N_("Schools found: {count}. The first {shown} are listed; type more."),
    "fullscreen": N_("Full screen"),
    "kabupaten": N_("Kabupaten/kota"),
    "kecamatan": N_("Critical schools by kecamatan of their location"),
    "layers": N_("Layers"),
    "listed_all": LISTED_ALL,
    "listed_some": N_("{shown} of {count} schools, as chosen beside the map."),
    "link": N_(
        "The address line holds a link to what is shown: the place on the map, how schools are "
        "coloured, the open school, filters, hidden classes, layers, and weights on trial. A "
        "measurement is not in it."
    ),
    "legend_hint": N_("Uncheck a class to hide its schools."),
    "measure": N_("Measure a distance"),
    "measure_first": N_(
        "Click the first point on the map. By keyboard: move the map with the arrow keys until the "
        "cross is on the point, then press Enter. Escape ends measuring."
    ),
    "measure_from": N_("Measure from here"),
    "measure_second": N_(
        "From {from}: click the second point, move the cross to it and press Enter, or open "
        "another school."
    ),
    "measure_to": N_("Measure to here"),
    "next": N_("Next"),
    "no_place": N_("This school has no usable location, so it is not on the map."),
    "none_shown": N_("No school matches these filters."),
    "noscript": N_("The map needs JavaScript, and without it the table is short."),
    "page": N_("Page {page} of {pages}"),
    "point": N_("point"),
    "previous": N_("Previous"),
    "printed": N_("Printed on {date}."),
    "rank_trial": N_("Rank on trial"),
    "reset": N_("Reset filters and legend"),
    "revealed": N_("Filters and legend were reset to show this school."),
    "same_point": N_("Other schools at this point: {count}"),
    "schemes": N_("Schools by …"),
    "search": N_("Find a school"),
    "search_hint": N_("Name or NPSN"),
    "terrain_classes": map_layers.TERRAIN,
    "shares": N_("Critical schools among those with a rank, by location"),
    "shown_all": N_("All {count} schools are shown."),
    "shown_some": N_("{shown} of {count} schools are shown."),
    "skip": N_("Skip to the table of schools"),
    "skip_map": N_("Skip to the map"),
    "sources": N_("Made from these files (SHA-256)"),
    "table": N_("All schools, those to serve first on top"),
    "tiers": N_("Schools by tier of deficit"),
    "tools": N_("Tools"),
    "trial_deficit": N_("Trial: the order by deficit with other weights. Not the official list."),
    "trial_priority": N_("Trial: the order by priority with other weights. Not the official list."),
    "two_fingers": N_("Use two fingers to move the map"),
    "unranked": N_("Schools without a rank"),
    "whole": N_("Whole area"),
    "whole_counts": N_("The sentences above the map and the shares of areas count all schools."),
    "without": N_("without {classes}"),
}
_AREA_HEADS = (
    *(N_("Kecamatan"), N_("Critical"), N_("With a rank"), N_("Share of critical schools")),
    N_("Without a rank"),
)


def write_map(
    run: Run,
    path: Path,
    text: Text,
    *,
    kabupaten: Sequence[str] = (),
    plan: Plan | None = None,
) -> None:
    """Write the map of a run, or of some of its kabupaten.

    Parameters
    ----------
    run : Run
        The run; nothing else is read.
    path : Path
        The HTML file.
    text : Text
        Language of the page.
    kabupaten : sequence of str
        Only their schools, by name, code or short form; all without any.
    plan : Plan, optional
        A plan of this run: schools can be shown by what it chooses for them.

    Raises
    ------
    InputError
        The run lacks its tables of boundaries, sites or previews; no school is of such a
        kabupaten; or there are more than :data:`MOST` schools.
    """
    page = to_html(run, text, kabupaten=kabupaten, plan=plan)
    path.write_text(page, encoding="utf-8", newline="\n")


def to_html(
    run: Run, text: Text, *, kabupaten: Sequence[str] = (), plan: Plan | None = None
) -> str:
    """The page of :func:`write_map` as text: the same run gives the same bytes."""
    previews, areas = run.table("previews"), run.table("boundaries")
    areas = areas[areas.geometry.notna()]
    schools, view = run.schools, None
    if kabupaten:
        view = View(kabupaten=tuple(kabupaten))
        schools, areas = _part(schools, areas, kabupaten)
    is_duplicate = (schools["unranked_reason"] == "duplicate").fillna(value=False)
    duplicates, schools = schools[is_duplicate], schools[~is_duplicate].reset_index(drop=True)
    if len(schools) > MOST:
        names = claimed_kabupaten(schools).value_counts()
        largest = next((name for name in names.index if name), "")
        raise InputError("map_too_large", count=len(schools), most=MOST, kabupaten=largest)
    # Many cells are on one mast: a location is drawn and counted once.
    sites = run.table("sites").drop_duplicates(["lat", "lon"], ignore_index=True)
    k = map_story.list_length(run)
    words = {key: text(sentence) for key, sentence in WORDS.items()}
    title = text(N_("Connectivity deficit of schools"))
    if name := run.manifest.get("project"):
        title = f"{title}: {plain(name)}"
    if kabupaten:
        title = f"{title} ({', '.join(map(plain, sorted(set(schools['kabupaten'].dropna()))))})"
    doubts, found = map_layers.findings_by_school(run, schools, text)
    planned = None if plan is None else plan_layer.plan_on_map(schools, plan, text)
    opened = {} if planned is None else planned.openings
    columns = columns_of_schools(
        schools,
        text,
        uses=summaries(schools, run, text),
        doubts=doubts,
        found=found,
        ranked=int(run.schools["rank"].notna().sum()),
        k=k,
        planned=() if planned is None else planned.details,
    )
    schemes = schemes_of(schools, k, text)
    facets = facets_of(schools, text)
    if planned is not None:
        schemes, facets = schemes + planned.schemes, facets + planned.facets
    counted = {
        level: map_story.areas_of(schools, areas, level)
        for level in ("kabupaten", "kecamatan")
        if (areas["level"] == level).any()
    }
    placed = schools["lat"].notna()
    rings = {
        name: [n for n, is_placed in enumerate(placed) if is_placed and of[n]]
        for name, of in (("doubts", doubts), ("findings", found))
    }
    content = {
        "language": text.language,
        "title": title,
        **_notices(run, plan, text),
        "words": words,
        "headline": _headline(schools, k, plan, text),
        "first": (first := _first(schools, columns)),
        "first_title": text(WORDS["first"], count=text.number(len(first))),
        "weights": _weights_words(run, text, is_part=bool(kabupaten)),
        "schemes": [_scheme_content(scheme, schools, text) for scheme in schemes],
        "facets": facets,
        "shown": text(WORDS["shown_all"], count=text.number(len(schools))),
        "groups": map_layers.groups(
            *(previews, areas, len(sites), rings, text), opened=len(opened.get("lat", ()))
        ),
        "coverage": map_layers.coverage_legend(previews, text),
        "terrain": map_layers.terrain_legend(previews, text),
        "shares": map_layers.shares_legend(text) if counted else [],
        "placeless": placeless_of(schools, text),
        "remarks": list_remarks(run, text, view),
        "sources": sources_of(run),
        "imprint": imprint_of(run, text),
        "data": as_json(
            {
                "words": words,
                "schools": columns.data
                | {
                    "codes": _codes(schemes, facets)
                    | {"inferred": leaflet.packed(_flags(schools["deficit_status"] == "inferred"))},
                    "loud": leaflet.packed(_flags(_loud_rows(schools, k, planned))),
                },
                "weights": {} if kabupaten else weights_data(run, text),
                "schemes": [scheme.data() for scheme in schemes],
                "facets": [
                    {"key": facet["key"], "values": [each["value"] for each in facet["values"]]}
                    for facet in facets
                ],
                "badges": map_story.badges(schools, areas),
                "sites": places(sites),
                "siteMark": leaflet.drawn(map_layers.SITE, map_layers.SITE_RADIUS),
                **(
                    {"openings": opened, "openingMark": plan_layer.opening_mark()} if opened else {}
                ),
                "rings": {
                    name: {
                        "rows": rows,
                        "mark": leaflet.drawn(*map_layers.RINGS[name]) | {"line": 0.25},
                    }
                    for name, rows in rings.items()
                },
                "evidence": {
                    code: leaflet.drawn(mark, 5.0)
                    for code, mark in {**palette.EVIDENCE, "unknown": palette.UNKNOWN}.items()
                },
                "shares": {
                    level: map_story.choropleth(found, areas[areas["level"] == level], text)
                    for level, found in counted.items()
                },
                "areas": leaflet.borders(
                    areas, fill="" if (previews["kind"] == "ground").any() else palette.LAND
                ),
            }
        ),
        "heads": columns.heads,
        "rows": columns.first_rows(LISTED),
        "area_heads": [text(head) for head in _AREA_HEADS],
        "area_rows": map_story.area_rows(counted.get("kecamatan", []), text),
        **tables_of(schools, duplicates, text),
    }
    page = Page("map", content, scripts=SCRIPTS, styles=("map", "weights"))
    count = len(opened.get("lat", ()))
    page.add_child(_map(schools, previews, areas, len(sites), text, opened=count))
    return page.render()


def _part(
    schools: gpd.GeoDataFrame, areas: pd.DataFrame, kabupaten: Sequence[str]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """The schools that the register has in some kabupaten, and the areas of these."""
    names = {name for each in kabupaten for name in values_meant(schools, "kabupaten", each)}
    chosen = schools[schools["kabupaten"].isin(names)].reset_index(drop=True)
    codes = tuple(chosen["kabupaten_code"].dropna().unique())
    inside = (
        areas["code"]
        .fillna("")
        .map(lambda code: any(code == each or code.startswith(f"{each}.") for each in codes))
    )
    return chosen, areas[inside] if inside.any() else areas


def _weights_words(run: Run, text: Text, *, is_part: bool) -> dict[str, str]:
    words = weights_words(run, text)
    if is_part:
        absent = text(N_("Other weights are tried in the map of all schools of the run."))
        words |= {"intro": "", "absent": absent}
    return words


def _notices(run: Run, plan: Plan | None, text: Text) -> dict[str, Any]:
    """The notices of the run, and what must not be overlooked of the plan."""
    found = page_notices(run, text)
    if plan is None:
        return found
    said = dict.fromkeys((*found["notices"], *map(plain, plan_notices(plan, text))))
    return found | {"notices": list(said)}


def _headline(schools: pd.DataFrame, k: int | None, plan: Plan | None, text: Text) -> list[str]:
    """What stands above the map; last, which plan is shown."""
    said = list(map_story.headline(schools, k, text))
    if plan is not None:
        words = N_("With plan {plan}, made of this run.")
        said.append(text(words, plan=plan.folder.name))
    return said


def _loud_rows(
    schools: pd.DataFrame, k: int | None, planned: plan_layer.PlanOnMap | None
) -> list[bool]:
    """Schools that are large from afar: also those for which the plan buys something."""
    loud = list(map_story.loud_rows(schools, k))
    if planned is None:
        return loud
    chosen = (code in palette.PLANNED for code in planned.schemes[0].of)
    return [one or other for one, other in zip(loud, chosen, strict=True)]


def _map(
    schools: pd.DataFrame,
    previews: pd.DataFrame,
    areas: pd.DataFrame,
    sites: int,
    text: Text,
    *,
    opened: int = 0,
) -> folium.Map:
    made = leaflet.Map(text(N_("Map of the schools")), text)
    layers = map_layers.add_layers(made, previews, areas, sites, text, opened=opened)
    points = leaflet.OwnLayer("schools", name=text(N_("Schools")))
    made.add_child(points)
    made.add_child(leaflet.Start(points, leaflet.bounds_of(schools, areas), layers))
    return made


def _scheme_content(scheme: Scheme, schools: pd.DataFrame, text: Text) -> dict[str, Any]:
    inferred = (schools["deficit_status"] == "inferred").tolist() if scheme.key == "tier" else None
    return {
        "key": scheme.key,
        "label": scheme.label,
        "note": scheme.note,
        "legend": scheme.legend(text, inferred),
    }


def _codes(schemes: Iterable[Scheme], facets: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The class of each school by scheme, and its value by filter; one that is both is one."""
    codes = {facet["key"]: facet["of"] for facet in facets}
    codes |= {scheme.key: scheme.of for scheme in schemes}
    return {key: leaflet.packed(of) for key, of in codes.items()}


def _flags(rows: Iterable[bool]) -> list[str]:
    return ["y" if row else "n" for row in rows]


def _first(schools: pd.DataFrame, columns: SchoolColumns) -> list[dict[str, Any]]:
    """The first schools of the list: rank, name, place and main reason."""
    ranked = int(schools["rank"].notna().sum())
    rank, name, _, level, kabupaten = columns.texts[:5]
    reason = columns.texts[-1]
    return [
        {
            "row": row,
            "rank": rank[row],
            "name": name[row],
            "where": joined(level[row], kabupaten[row]),
            "reason": reason[row],
        }
        for row in range(min(ranked, map_story.FIRST))
    ]
