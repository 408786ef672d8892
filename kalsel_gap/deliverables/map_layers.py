"""The layers of the web map in named groups, what folium draws of them, and their legends.

Evidence of different kinds stays apart: a picture of coverage shows one technology by one kind of
evidence, and its name and symbol say which.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import folium

from kalsel_gap.deliverables import leaflet, palette
from kalsel_gap.deliverables.map_schemes import EVIDENCE
from kalsel_gap.deliverables.offline_html import data_uri
from kalsel_gap.i18n.messages import NAMES, finding_sentence
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from kalsel_gap.storage.run_folder import Run

SITE = palette.Mark("#5c3200", "cross")
SITE_RADIUS = 3.5
RINGS = {"doubts": (palette.DOUBT, 9.0), "findings": (palette.FINDING, 11.0)}
_ORDER = ("ground", "hillshade", "terrain", "coverage")  # from below
_SEEN_THROUGH = ("terrain", "coverage")  # and shown when somebody asks for them
TERRAIN = N_("Terrain classes")
_IMAGES = {"ground": N_("Land and sea"), "hillshade": N_("Relief"), "terrain": TERRAIN}
_QUALITY = (
    *(N_("hardly usable"), N_("of little use"), N_("usable")),
    *(N_("useful"), N_("very useful")),
)
_GRADES = ("C", "D")  # of a location: doubtful
# Findings that make a location doubtful, besides those whose code begins with *location* or
# *coordinates*.
_ABOUT_PLACE = frozenset({"kabupaten_differs", "kecamatan_differs", "desa_differs", "decimals_few"})


def add_layers(
    made: leaflet.Map,
    previews: pd.DataFrame,
    areas: pd.DataFrame,
    sites: int,
    text: Text,
    *,
    opened: int = 0,
) -> dict[str, folium.map.Layer]:
    """Add every layer but the schools, and return those that the page shows and hides."""
    added: dict[str, folium.map.Layer] = {}
    for name, preview in _named(previews):
        kind = preview["kind"]
        label = _layer_name(preview, text)
        image = folium.raster_layers.ImageOverlay(
            data_uri(preview["media_type"], preview["image"]),
            [[preview["south"], preview["west"]], [preview["north"], preview["east"]]],
            name=label,
            alt=label,
            show=kind not in _SEEN_THROUGH,
            pixelated=False,
            class_name=kind,
            opacity=0.6 if kind in _SEEN_THROUGH else 1.0,
            z_index=_ORDER.index(kind),
        )
        made.add_child(image)
        if kind != "ground":
            added[name] = image
    for level in ("kabupaten", "kecamatan"):
        if (areas["level"] == level).any():
            layer = leaflet.OwnLayer("shares", level, name=level, show=False)
            made.add_child(layer)
            added[f"shares.{level}"] = layer
    for level, border in leaflet.add_borders(made, areas, text).items():
        added[f"borders.{level}"] = border
    if sites:
        added["sites"] = leaflet.OwnLayer("sites", name="sites", show=False)
        made.add_child(added["sites"])
    if opened:
        added["openings"] = leaflet.OwnLayer("openings", name="openings", show=False)
        made.add_child(added["openings"])
    for name in RINGS:
        added[name] = leaflet.OwnLayer("rings", name, name=name, show=False)
        made.add_child(added[name])
    return added


def _named(previews: pd.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each image and its name among the layers; a run of an older version has one a technology."""
    for number, row in enumerate(previews.to_dict("records")):
        preview = {"basis": "", "operator": "", **{str(key): row[key] for key in row}}
        kind = str(preview["kind"])
        yield (f"coverage.{number}" if kind == "coverage" else kind), preview


def groups(
    previews: pd.DataFrame,
    areas: pd.DataFrame,
    sites: int,
    rings: Mapping[str, Sequence[int]],
    text: Text,
    *,
    opened: int = 0,
) -> list[dict[str, Any]]:
    """The layers as the page offers them: fieldsets of choices, of which one or several can be."""
    coverage = [
        {
            "layer": name,
            "label": _layer_name(preview, text),
            "symbol": _symbol(preview["basis"]),
        }
        for name, preview in _named(previews)
        if preview["kind"] == "coverage"
    ]
    levels = [level for level in ("kabupaten", "kecamatan") if (areas["level"] == level).any()]
    shares = {"kabupaten": N_("Kabupaten/kota"), "kecamatan": N_("Kecamatan")}
    borders = {"kabupaten": N_("Borders of kabupaten"), "kecamatan": N_("Borders of kecamatan")}
    others: list[dict[str, Any]] = []
    if sites:
        mark = leaflet.drawn(SITE, SITE_RADIUS)
        label = text(N_("Radio sites ({count})"), count=text.number(sites))
        others.append({"layer": "sites", "label": label, "symbol": mark})
    if opened:
        mark = leaflet.drawn(palette.OPENED, 5.0)
        words = N_("Shared infrastructure of the plan ({count})")
        label = text(words, count=text.number(opened))
        others.append({"layer": "openings", "label": label, "symbol": mark})
    labels = {
        "doubts": N_("Locations in doubt ({count})"),
        "findings": N_("Other findings about a school ({count})"),
    }
    for name, rows in rings.items():
        if rows:
            mark = leaflet.drawn(RINGS[name][0], 5.0)
            label = text(labels[name], count=text.number(len(rows)))
            others.append({"layer": name, "label": label, "symbol": mark})
    background = [
        {"layer": f"borders.{level}", "label": text(borders[level]), "on": level == "kabupaten"}
        for level in levels
    ]
    if (previews["kind"] == "hillshade").any():
        relief = {"layer": "hillshade", "label": text(N_("Relief")), "on": True}
        background.insert(0, relief)
    if (previews["kind"] == "terrain").any():
        background.append({"layer": "terrain", "label": text(TERRAIN), "on": False})
    found = [
        {"key": "others", "label": text(N_("Sites and findings")), "items": others},
        {
            "key": "coverage",
            "label": text(N_("Coverage")),
            "items": coverage,
            "none": text(N_("No coverage")),
        },
        {
            "key": "shares",
            "label": text(N_("Share of critical schools")),
            "items": [
                {"layer": f"shares.{level}", "label": text(shares[level])} for level in levels
            ],
            "none": text(N_("No areas")),
        },
        {"key": "background", "label": text(N_("Background")), "items": background},
    ]
    return [group for group in found if group["items"]]


def _layer_name(preview: Mapping[str, Any], text: Text) -> str:
    if preview["kind"] != "coverage":
        return text(_IMAGES[str(preview["kind"])])
    technology, operator = str(preview["name"]), str(preview["operator"])
    name = text(N_("Fixed networks")) if technology == "fixed" else technology.upper()
    who = plain(operator) if operator not in ("", "any") else text(N_("best of all operators"))
    words = text(N_("{technology}, {operator}"), technology=name, operator=who)
    evidence = EVIDENCE.get(str(preview["basis"]))
    return f"{words} ({text(evidence)})" if evidence else words


def _symbol(basis: str) -> dict[str, Any] | None:
    mark = palette.EVIDENCE.get(basis)
    return leaflet.drawn(mark, 5.0) if mark else None


# --- legends ------------------------------------------------------------------------------------


def coverage_legend(previews: pd.DataFrame, text: Text) -> list[dict[str, Any]]:
    """Classes of adequacy as the images of coverage show them; none without coverage."""
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


def terrain_legend(previews: pd.DataFrame, text: Text) -> list[dict[str, str]]:
    """Terrain classes that the image shows, with their patterns; none without the image."""
    shown = previews.loc[previews["kind"] == "terrain", "legend"]
    names = [item["class"] for item in json.loads(shown.iloc[0])] if len(shown) else []
    legend = []
    for name in names:
        mark, pattern = palette.TERRAINS.get(name), palette.TERRAIN_PATTERNS.get(name)
        drawn, ink = pattern or ("dots", palette.NOT_KNOWN)
        legend.append(
            {
                "code": name,
                "colour": mark.colour if mark else "#ffffff",
                "pattern": drawn,
                "ink": ink,
                "label": text(NAMES[name]),
            }
        )
    return legend


def shares_legend(text: Text) -> list[dict[str, Any]]:
    """Classes of the share of critical schools: code, colour and words; last *unknown*."""
    bounds = [bound for bound, _ in palette.SHARES]
    shown = [f"{text.number(100 * bound)} %" for bound in bounds]
    below, between = N_("below {high}"), N_("{low} to below {high}")
    labels = [text(N_("none")), text(below, high=shown[2])]
    labels += [
        text(between, low=shown[n].removesuffix(" %"), high=shown[n + 1])
        for n in range(2, len(bounds) - 1)
    ]
    labels.append(text(N_("{low} and more"), low=shown[-1]))
    steps = [
        {"step": str(n), "colour": colour, "label": label}
        for n, ((_, colour), label) in enumerate(zip(palette.SHARES, labels, strict=True))
    ]
    unknown = text(N_("unknown: no school with a rank"))
    return [*steps, {"step": "unknown", "colour": palette.NOT_KNOWN, "label": unknown}]


# --- findings -----------------------------------------------------------------------------------


def findings_by_school(run: Run, schools: pd.DataFrame, text: Text) -> tuple[list[str], list[str]]:
    """What makes the location of each school doubtful, and what else was found about it, in words.

    Empty where nothing was. Notes are left out.
    """
    findings = run.findings
    about = findings["code"].str.startswith(("location", "coordinates"))
    about |= findings["code"].isin(_ABOUT_PLACE)
    counts = findings["severity"] != "note"
    graded = schools["confidence"].isin(_GRADES)
    words = text(N_("the grade of the location is low"))
    said = _sentences(findings[about & counts], schools, text)
    doubts = [each or (words if low else "") for each, low in zip(said, graded, strict=True)]
    return doubts, _sentences(findings[~about & counts], schools, text)


def _sentences(findings: pd.DataFrame, schools: pd.DataFrame, text: Text) -> list[str]:
    """Of each school, by its row in the register or its NPSN."""
    known = {npsn: place for place, npsn in zip(schools["row_id"], schools["npsn"], strict=True)}
    said: dict[str, list[str]] = {}
    for row in findings.to_dict("records"):
        place = f"{row['file']}:{row['row']}"
        said.setdefault(place, []).append(sentence := plain(finding_sentence(row, text)))
        if (other := known.get(row["npsn"])) and other != place:
            said.setdefault(other, []).append(sentence)
    return [" ".join(dict.fromkeys(said.get(place, ()))) for place in schools["row_id"]]
