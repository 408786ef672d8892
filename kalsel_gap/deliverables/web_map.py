"""Web map of a run: one HTML file that opens without a network, in the language of the reader.

folium makes the Leaflet map; schools are one layer on a canvas, fed by columns of JSON. Marks on a
canvas take no keyboard focus, so the page also holds a search and the schools as tables. Names from
the inputs are shown as text, never as markup: escaped in the page, ``textContent`` in the browser.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import folium

from kalsel_gap.deliverables import leaflet, palette
from kalsel_gap.deliverables.offline_html import Page, as_json, data_uri
from kalsel_gap.deliverables.remarks import list_remarks
from kalsel_gap.deliverables.school_columns import (
    columns_of_schools,
    first_rows,
    joined,
    places,
    school_rows,
)
from kalsel_gap.deliverables.tables import (
    ALL,
    INFERRED,
    by_kabupaten,
    page_notices,
    standing_sentence,
)
from kalsel_gap.deliverables.use_case_words import summaries
from kalsel_gap.i18n.messages import (
    COUNT_NAMES,
    NAMES,
    REASONS,
    TIER_NAMES,
)
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd

    from kalsel_gap.storage.run_folder import Run

LISTED = 100  # schools in the table below the map where no script runs
_ORDER = ("ground", "hillshade", "coverage")  # from below
_SITE = palette.Mark("#5c3200", "cross")

WORDS: dict[str, str] = {
    "all_ranked": N_("Every school has a rank."),
    "close": N_("Close"),
    "adequacy": N_("Usefulness of the best signal for a school, 0 to 1"),
    "found": N_("Schools found"),
    "found_count": N_("Schools found: {count}"),
    "inferred": N_("~ means inferred: the service is neither measured nor declared."),
    "kabupaten": N_("Kabupaten/kota"),
    "layers": N_("Layers"),
    "next": N_("Next"),
    "no_place": N_("This school has no usable location, so it is not on the map."),
    "noscript": N_("The map needs JavaScript, and without it the table is short."),
    "page": N_("Page {page} of {pages}"),
    "previous": N_("Previous"),
    "printed": N_("Printed on {date}."),
    "same_point": N_("Other schools at this point: {count}"),
    "search": N_("Find a school"),
    "search_hint": N_("Name or NPSN"),
    "skip": N_("Skip to the table of schools"),
    "sources": N_("Made from these files (SHA-256)"),
    "table": N_("All schools, those to serve first on top"),
    "tiers": N_("Schools by tier of deficit"),
    "two_fingers": N_("Use two fingers to move the map"),
    "unranked": N_("Schools without a rank"),
}
_QUALITY = (
    *(N_("hardly usable"), N_("of little use"), N_("usable")),
    *(N_("useful"), N_("very useful")),
)


def write_map(run: Run, path: Path, text: Text) -> None:
    """Write the map of a run.

    Parameters
    ----------
    run : Run
        The run; nothing else is read.
    path : Path
        The HTML file.
    text : Text
        Language of the page.

    Raises
    ------
    InputError
        The run lacks its tables of boundaries, sites or previews.
    """
    path.write_text(to_html(run, text), encoding="utf-8", newline="\n")


def to_html(run: Run, text: Text) -> str:
    """The page of :func:`write_map` as text: the same run gives the same bytes."""
    previews, areas = run.table("previews"), run.table("boundaries")
    # Many cells are on one mast: a location is drawn and counted once.
    sites = run.table("sites").drop_duplicates(["lat", "lon"], ignore_index=True)
    words = {key: text(sentence) for key, sentence in WORDS.items()}
    title = text(N_("Connectivity deficit of schools"))
    if name := run.manifest.get("project"):
        title = f"{title}: {plain(name)}"
    has_ground = bool((previews["kind"] == "ground").any())
    uses = summaries(run.schools, run, text)
    columns = columns_of_schools(run.schools, text, uses=uses)
    content = {
        "language": text.language,
        "title": title,
        **page_notices(run, text),
        "words": words,
        "legend": _legend(run.schools, text),
        "coverage": _coverage_legend(previews, text),
        "coverage_shown": _coverage_name(_best_technology(previews), text),
        "sites": _sites_name(sites, text) if len(sites) else "",
        "site_mark": leaflet.drawn(_SITE, 3.5),
        "placeless": _placeless(run.schools, text),
        "remarks": list_remarks(run, text),
        "sources": _sources(run),
        "imprint": _imprint(run, text),
        "data": as_json(
            {
                "words": words,
                "schools": columns,
                "marks": {
                    key: leaflet.drawn(mark, radius)
                    for key, (mark, radius) in _school_marks().items()
                },
                "sites": places(sites),
                "siteMark": leaflet.drawn(_SITE, 3.5),
                "areas": leaflet.borders(areas, fill="" if has_ground else palette.LAND),
            }
        ),
        "heads": columns["table"],
        "rows": first_rows(columns, LISTED),
        **_tables(run.schools, text),
    }
    page = Page("map", content)
    page.add_child(_map(run.schools, previews, areas, sites, text))
    return page.render()


# --- the map -----------------------------------------------------------------------------------


def _map(
    schools: pd.DataFrame,
    previews: pd.DataFrame,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    text: Text,
) -> folium.Map:
    made = leaflet.Map(text(N_("Map of the schools")), text)
    if _best_technology(previews):
        # The relief and the schools can be read at first; coverage is a click away.
        nothing = folium.FeatureGroup(text(N_("Hide coverage")), overlay=False)
        made.add_child(nothing)
    for preview in previews.to_dict("records"):
        kind = str(preview["kind"])
        is_coverage = kind == "coverage"
        names = {"ground": N_("Land and sea"), "hillshade": N_("Relief")}
        label = _coverage_name(preview["name"], text) if is_coverage else text(names[kind])
        image = folium.raster_layers.ImageOverlay(
            data_uri(preview["media_type"], preview["image"]),
            [[preview["south"], preview["west"]], [preview["north"], preview["east"]]],
            name=label,
            alt=label,
            overlay=not is_coverage,
            control=kind != "ground",
            show=not is_coverage,
            pixelated=False,
            class_name=kind,
            opacity=0.6 if is_coverage else 1.0,
            z_index=_ORDER.index(kind),
        )
        made.add_child(image)
    leaflet.add_borders(made, areas, text)
    if len(sites):
        made.add_child(leaflet.OwnLayer("sites", name=_sites_name(sites, text), show=False))
    layer = leaflet.OwnLayer("schools", name=text(N_("Schools")))
    made.add_child(layer)
    made.add_child(folium.LayerControl(autoZIndex=False, collapsed=False))
    made.add_child(leaflet.Start(layer, leaflet.bounds_of(schools, areas)))
    return made


# --- marks and legends -------------------------------------------------------------------------


def _school_marks() -> dict[str, tuple[palette.Mark, float]]:
    """Mark and radius in pixels of each tier, worst first, and of schools without one."""
    marks = {
        label: (mark, max(6.6 - 0.6 * tier, 3.6))
        for tier, (label, mark) in enumerate(palette.TIERS.items(), start=1)
    }
    return {**marks, "unknown": (palette.UNKNOWN, 4.5)}


def _legend(schools: pd.DataFrame, text: Text) -> list[dict[str, Any]]:
    labels = schools["tier_label"].fillna("unknown")
    counts = labels.value_counts()
    inferred = labels[schools["deficit_status"] == "inferred"].value_counts()
    return [
        {
            "mark": key,
            **leaflet.drawn(mark, radius),
            "label": text(TIER_NAMES[key]),
            "count": _with_inferred(int(counts.get(key, 0)), int(inferred.get(key, 0)), text),
        }
        for key, (mark, radius) in _school_marks().items()
    ]


def _with_inferred(count: int, inferred: int, text: Text) -> str:
    """A number of schools, and of how many of them the deficit is inferred."""
    shown = text.number(count)
    return f"{shown} (~{text.number(inferred)})" if inferred else shown


def _placeless(schools: pd.DataFrame, text: Text) -> str:
    count = int((schools["lat"].isna() & (schools["unranked_reason"] != "duplicate")).sum())
    if not count:
        return ""
    return text(
        N_("Without a usable location, so not on the map: {count}."), count=text.number(count)
    )


def _sites_name(sites: pd.DataFrame, text: Text) -> str:
    return text(N_("Radio sites ({count})"), count=text.number(len(sites)))


def _best_technology(previews: pd.DataFrame) -> str:
    """The technology whose coverage a map shows first: the last one by name that is not fixed."""
    names = sorted(previews.loc[previews["kind"] == "coverage", "name"])
    return next((name for name in reversed(names) if name != "fixed"), *names[:1]) if names else ""


def _coverage_name(technology: str, text: Text) -> str:
    if technology == "fixed":
        return text(N_("Coverage of fixed networks"))
    return text(N_("Coverage {technology}"), technology=technology.upper())


def _coverage_legend(previews: pd.DataFrame, text: Text) -> list[dict[str, Any]]:
    shown = previews.loc[previews["kind"] == "coverage", "legend"]
    if shown.empty:
        return []
    items = json.loads(shown.iloc[0])
    classes = [item for item in items if "from" in item]
    ends = [*(item["from"] for item in classes[1:]), 1.0]
    named = [
        {
            "colour": item["colour"],
            "label": text(quality),
            "range": f"{text.number(item['from'], 2)}–{text.number(end, 2)}",
            "pattern": "",
        }
        for item, end, quality in zip(classes, ends, _QUALITY, strict=True)
    ]
    apart = {"none": text(N_("no signal")), "unknown": text(NAMES["unknown"])}
    named += [
        {
            "colour": item["colour"],
            "label": apart[item["status"]],
            "range": "",
            "pattern": {"none": "lines", "unknown": "dots"}[item["status"]],
        }
        for item in items
        if "status" in item
    ]
    return named


# --- tables ------------------------------------------------------------------------------------


def _tables(schools: pd.DataFrame, text: Text) -> dict[str, Any]:
    """The unranked schools and every kabupaten's tiers as tables; what the first table holds."""
    rows = list(enumerate(school_rows(schools)))
    unranked = [(n, row) for n, row in rows if row["rank"] is None]
    counts = by_kabupaten(schools)
    below = {ALL: N_("all"), INFERRED: COUNT_NAMES["inferred"], "": N_("not recognised")}
    count_names = {"kabupaten": N_("Kabupaten/kota"), **COUNT_NAMES}
    return {
        "listed": text(
            N_("All {count} schools. Choose a column to sort by it; a name shows its school."),
            count=text.number(len(rows)),
        ),
        "unranked_heads": [
            text(label)
            for label in (
                *(N_("School"), N_("NPSN"), N_("Level")),
                *(N_("Kabupaten/kota"), N_("Why unranked")),
            )
        ],
        "unranked": [
            {
                "index": n,
                "placed": row["lat"] is not None,
                "name": plain(row["name"]),
                "cells": [
                    plain(row["npsn"]),
                    joined(row["level"]),
                    joined(row["kabupaten"]),
                    text(REASONS[str(row["unranked_reason"])]),
                ],
            }
            for n, row in unranked
        ],
        "count_heads": [text(count_names.get(c) or TIER_NAMES[c]) for c in counts.columns],
        "counts": [
            {
                "name": text(below.get(row["kabupaten"], "")) or plain(row["kabupaten"]),
                "cells": [text.number(int(row[c])) for c in counts.columns[1:]],
            }
            for row in counts.to_dict("records")
        ],
    }


def _imprint(run: Run, text: Text) -> str:
    """What a printed map is known by: the run, the program, how old its registers are."""
    made_by = text(
        N_("kalsel-gap {version}, run {run}"),
        version=run.manifest.get("kalsel_gap", ""),
        run=run.folder.name,
    )
    dates = {
        str(value): None
        for key, value in run.manifest.get("parameters", {}).items()
        if re.fullmatch(r"schools\.\d+\.date", key) and value
    }
    sentences = [f"{made_by}.", plain(standing_sentence(run, text))]
    if dates:
        registers = N_("Registers of {dates}.")
        sentences.append(text(registers, dates=", ".join(map(plain, dates))))
    return " ".join(sentences)


def _sources(run: Run) -> list[dict[str, str]]:
    inputs: Iterable[dict[str, str]] = run.manifest.get("inputs", {}).values()
    return [{"file": plain(item["file"]), "sha256": item["sha256"]} for item in inputs]
