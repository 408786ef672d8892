"""Web map of a run: one HTML file that opens without a network, in the language of the reader.

folium makes the Leaflet map; schools are one layer on a canvas, fed by columns of JSON. Marks on a
canvas take no keyboard focus, so the page also holds a search and the schools as tables. Names from
the inputs are shown as text, never as markup: escaped in the page, ``textContent`` in the browser.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import folium

from kalsel_gap.deliverables import leaflet, palette
from kalsel_gap.deliverables.offline_html import Page, as_json, data_uri
from kalsel_gap.deliverables.remarks import find_remarks
from kalsel_gap.deliverables.tables import by_kabupaten
from kalsel_gap.i18n.messages import (
    COUNT_NAMES,
    NAMES,
    REASON_COLUMNS,
    REASONS,
    TIER_NAMES,
    predicted,
    reason,
    signal,
)
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pandas as pd

    from kalsel_gap.storage.run_folder import Run

LISTED = 100  # schools in the table below the map
_DEGREES = 5  # decimals of a school's place: a metre
_SHOWN = (
    *("npsn", "name", "level", "kabupaten", "lat", "lon", "rank", "tier_label", "deficit"),
    *(
        "deficit_low",
        "deficit_high",
        "tier_probability",
        "deficit_status",
        "priority",
        "students",
        "unranked_reason",
        "best_operator",
    ),
    *("confidence", "confidence_radius_m"),
)
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
    "no_place": N_("This school has no usable location, so it is not on the map."),
    "noscript": N_("The map needs JavaScript. The tables below do not."),
    "search": N_("Find a school"),
    "search_hint": N_("Name or NPSN"),
    "skip": N_("Skip to the table of schools"),
    "sources": N_("Made from these files (SHA-256)"),
    "table": N_("Schools to serve first"),
    "tiers": N_("Schools by tier of deficit"),
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
    notice = NAMES.get(run.manifest.get("data", ""), "")
    has_ground = bool((previews["kind"] == "ground").any())
    content = {
        "language": text.language,
        "title": title,
        "notice": text(notice),
        "words": words,
        "legend": _legend(run.schools, text),
        "coverage": _coverage_legend(previews, text),
        "coverage_shown": _coverage_name(_best_technology(previews), text),
        "sites": _sites_name(sites, text) if len(sites) else "",
        "site_mark": leaflet.drawn(_SITE, 3.5),
        "placeless": _placeless(run.schools, text),
        "remarks": find_remarks(run, text),
        "sources": _sources(run),
        "made_by": text(
            N_("kalsel-gap {version}, run {run}"),
            version=run.manifest.get("kalsel_gap", ""),
            run=run.folder.name,
        ),
        "data": as_json(
            {
                "words": words,
                "schools": _columns(run.schools, text),
                "marks": {
                    key: leaflet.drawn(mark, radius)
                    for key, (mark, radius) in _school_marks().items()
                },
                "sites": _places(sites),
                "siteMark": leaflet.drawn(_SITE, 3.5),
                "areas": leaflet.borders(areas, fill="" if has_ground else palette.LAND),
            }
        ),
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
    made.add_child(folium.LayerControl(autoZIndex=False))
    made.fit_bounds(leaflet.bounds_of(schools, areas), padding=(12, 12))
    made.add_child(leaflet.Start(layer))
    return made


# --- data of the script ------------------------------------------------------------------------


def _columns(schools: pd.DataFrame, text: Text) -> dict[str, Any]:
    """The data of the schools for the script, column by column, in words."""
    rows = _rows(schools)
    count = text.number(int(schools["rank"].notna().sum()))
    details = [_details(row, count, text) for row in rows]
    fields = [
        {"label": label, "values": leaflet.packed([row[label] for row in details])}
        for label in (details[0] if details else ())
    ]
    return {
        "npsn": [plain(row["npsn"]) for row in rows],
        "name": leaflet.packed([plain(row["name"]) for row in rows]),
        "where": leaflet.packed([_joined(row["level"], row["kabupaten"]) for row in rows]),
        "mark": [_mark_of(row["tier_label"]) for row in rows],
        **_places(schools),
        "fields": fields,
    }


def _details(row: dict[str, Any], count: str, text: Text) -> dict[str, str]:
    """A school's pop-up: label and value; an empty value is left out."""
    unknown = text(NAMES["unknown"])
    rank = text.number(row["rank"])
    place = text(N_("{rank} of {count}"), rank=rank, count=count) if rank else text(N_("no rank"))
    return {
        text(N_("NPSN")): plain(row["npsn"]) or unknown,
        text(N_("Level")): _joined(row["level"]) or unknown,
        text(N_("Kabupaten/kota")): _joined(row["kabupaten"]) or unknown,
        text(N_("Rank")): place,
        text(N_("Deficit")): _deficit_and_interval(row, text) or unknown,
        text(N_("Tier")): _tier(row, text),
        text(N_("Main reason")): reason(row, text),
        text(N_("Best signal")): _signal(row, text),
        text(N_("Predicted level")): ""
        if row["best_basis"] == "predicted"
        else predicted(row, text),
        text(N_("Location grade")): _grade(row, text) or unknown,
        text(N_("Pupils")): text.number(row["students"]) or unknown,
        text(N_("Priority")): text.number(row["priority"], 2) or unknown,
    }


def _grade(row: dict[str, Any], text: Text) -> str:
    """Grade and radius of a school's location; empty if it has none."""
    if row["confidence"] is None:
        return ""
    radius = text.number(row["confidence_radius_m"])
    return text(N_("{grade}, within {radius} m"), grade=row["confidence"], radius=radius)


def _places(points: pd.DataFrame) -> dict[str, list[float | None]]:
    return {
        name: [
            None if math.isnan(v) else round(v, _DEGREES) for v in points[name].astype("float64")
        ]
        for name in ("lat", "lon")
    }


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
    """The schools as tables: the first by rank, the unranked, and every kabupaten's tiers."""
    rows = list(enumerate(_rows(schools)))
    ranked = [(n, row) for n, row in rows if row["rank"] is not None]
    unranked = [(n, row) for n, row in rows if row["rank"] is None]
    heads = (
        *((N_("Rank"), True), (N_("School"), False), (N_("NPSN"), False), (N_("Level"), False)),
        *((N_("Kabupaten/kota"), False), (N_("Deficit"), True), (N_("Tier"), False)),
        *((N_("Best signal"), False), (N_("Pupils"), True), (N_("Priority"), True)),
        (N_("Main reason"), False),
    )
    numbers = [number for _, number in heads[2:]]
    counts = by_kabupaten(schools)
    count_names = {"kabupaten": N_("Kabupaten/kota"), **COUNT_NAMES}
    return {
        "heads": [{"label": text(label), "number": number} for label, number in heads],
        "listed": text(
            N_("The first {shown} of {count} ranked schools; the search finds all of them."),
            shown=text.number(min(LISTED, len(ranked))),
            count=text.number(len(ranked)),
        ),
        "ranked": [
            {
                "index": n,
                "rank": text.number(row["rank"]),
                "name": plain(row["name"]),
                "cells": [
                    {"text": cell, "number": number}
                    for cell, number in zip(_cells(row, text), numbers, strict=True)
                ],
            }
            for n, row in ranked[:LISTED]
        ],
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
                    _joined(row["level"]),
                    _joined(row["kabupaten"]),
                    text(REASONS[str(row["unranked_reason"])]),
                ],
            }
            for n, row in unranked
        ],
        "count_heads": [text(count_names.get(c) or TIER_NAMES[c]) for c in counts.columns],
        "counts": [
            {
                "name": {"__all__": text(N_("all")), "": text(N_("not recognised"))}.get(
                    str(row["kabupaten"]), plain(row["kabupaten"])
                ),
                "cells": [text.number(int(row[c])) for c in counts.columns[1:]],
            }
            for row in counts.to_dict("records")
        ],
    }


def _cells(row: dict[str, Any], text: Text) -> Sequence[str]:
    unknown = text(NAMES["unknown"])
    return (
        plain(row["npsn"]),
        _joined(row["level"]),
        _joined(row["kabupaten"]),
        _deficit(row, text),
        text(TIER_NAMES[_mark_of(row["tier_label"])]),
        _signal(row, text),
        text.number(row["students"]) or unknown,
        text.number(row["priority"], 2),
        reason(row, text),
    )


def _sources(run: Run) -> list[dict[str, str]]:
    inputs: Iterable[dict[str, str]] = run.manifest.get("inputs", {}).values()
    return [{"file": plain(item["file"]), "sha256": item["sha256"]} for item in inputs]


# --- words for one school ----------------------------------------------------------------------


def _rows(schools: pd.DataFrame) -> list[dict[str, Any]]:
    """The columns from which sentences are made, row by row; what is unknown is None."""
    wanted = {*_SHOWN, *REASON_COLUMNS}
    return to_records(schools[[name for name in schools.columns if name in wanted]])


def _mark_of(label: object) -> str:
    return "unknown" if label is None else str(label)


def _tier(row: dict[str, Any], text: Text) -> str:
    """The tier in words, of an inferred deficit with its probability."""
    words = text(TIER_NAMES[_mark_of(row["tier_label"])])
    if row["deficit_status"] != "inferred":
        return words
    chance = text.number(100.0 * row["tier_probability"])
    return text(N_("{tier} ({chance} % likely)"), tier=words, chance=chance)


def _joined(*parts: object) -> str:
    return " · ".join(plain(part) for part in parts if isinstance(part, str))


def _deficit(row: dict[str, Any], text: Text) -> str:
    number = text.number(row["deficit"], 2)
    return f"~{number}" if number and row["deficit_status"] == "inferred" else number


def _deficit_and_interval(row: dict[str, Any], text: Text) -> str:
    """The deficit; of an inferred one the ends between which it lies in 9 of 10 cases."""
    number = _deficit(row, text)
    if row["deficit_status"] != "inferred":
        return number
    low, high = (text.number(row[name], 2) for name in ("deficit_low", "deficit_high"))
    return text(N_("{number} ({low} to {high})"), number=number, low=low, high=high)


def _signal(row: dict[str, Any], text: Text) -> str:
    if words := signal(row, text):
        operator = row["best_operator"]
        known = isinstance(operator, str) and operator != "any"
        return f"{words} ({plain(operator)})" if known else words
    return text(NAMES["unknown"])
