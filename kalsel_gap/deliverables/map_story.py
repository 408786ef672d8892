"""The story of a web map: what its headline says, which schools come first, what areas have most.

All of it is counted from the run: a school with a rank counts, one without is said to be unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from kalsel_gap.deliverables import leaflet, palette
from kalsel_gap.deliverables.tables import claimed_kabupaten
from kalsel_gap.i18n.messages import NAMES
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from kalsel_gap.storage.run_folder import Run

FIRST = 20  # schools in the list beside the map
_PLACES = 4  # decimals of degrees of a badge
_COARSE_DEG = 0.002  # how far a border may move where an area is filled

# Where most of the critical schools are, by terrain class.
_WHERE: dict[str, str] = {
    "pegunungan": N_(
        "{critical} of {count} schools are critical; {percent} % of them in the mountains."
    ),
    "pesisir": N_("{critical} of {count} schools are critical; {percent} % of them on the coast."),
    "rawa": N_("{critical} of {count} schools are critical; {percent} % of them in wetlands."),
    "pulau_kecil": N_(
        "{critical} of {count} schools are critical; {percent} % of them on small islands."
    ),
    "dataran": N_("{critical} of {count} schools are critical; {percent} % of them on the plain."),
}
# Of more contested schools than this share of the list none stands out.
_FEW_CONTESTED = 0.5


@dataclass(frozen=True, slots=True)
class Area:
    """How many schools of an area are critical.

    Attributes
    ----------
    name : str
        Of the kabupaten or kecamatan.
    critical, ranked, unknown : int
        Schools of the first tier, with a rank and without.
    """

    name: str
    critical: int
    ranked: int
    unknown: int

    @property
    def share(self) -> float | None:
        """Of critical schools among those with a rank; None where none has one."""
        return self.critical / self.ranked if self.ranked else None

    def step(self) -> str:
        """Its class of :data:`palette.SHARES` as a code, or *unknown*."""
        if self.share is None:
            return "unknown"
        bounds = [bound for bound, _ in palette.SHARES[1:]]
        return str(0 if not self.critical else 1 + int(np.digitize(self.share, bounds[1:])))

    def words(self, text: Text) -> str:
        """The counts in words."""
        if self.share is None:
            return text(N_("no school with a rank"))
        return text(
            N_("{critical} of {count} schools critical ({percent} %)"),
            critical=text.number(self.critical),
            count=text.number(self.ranked),
            percent=text.number(100.0 * self.share),
        )


# --- the headline -------------------------------------------------------------------------------


def headline(schools: pd.DataFrame, k: int | None, text: Text) -> list[str]:
    """What matters in one sentence, and what is unknown in the ones after it."""
    ranked = schools[schools["rank"].notna()]
    critical = ranked[ranked["tier_label"] == "critical"]
    return [
        " ".join([_critical(ranked, critical, text), *_most(critical, text)]),
        _unknown(schools, ranked, k, text),
    ]


def _critical(ranked: pd.DataFrame, critical: pd.DataFrame, text: Text) -> str:
    count = text.number(len(ranked))
    if ranked.empty:
        return text(N_("No school has a rank."))
    if critical.empty:
        return text(N_("None of {count} schools is critical."), count=count)
    values = {"critical": text.number(len(critical)), "count": count}
    classes = critical["terrain_class"].value_counts()
    if len(critical) == 1 or classes.empty:
        if len(critical) == 1:
            return text(N_("1 of {count} schools is critical."), count=count)
        return text(N_("{critical} of {count} schools are critical."), **values)
    most = int(classes.iloc[0])
    first = next(code for code in _WHERE if classes.get(code) == most)
    return text(_WHERE[first], **values, percent=text.number(100.0 * most / len(critical)))


def _most(critical: pd.DataFrame, text: Text) -> list[str]:
    """The kabupaten that has most of them; nothing where two have as many."""
    counts = claimed_kabupaten(critical)[lambda names: names != ""].value_counts()
    if len(critical) < 2 or counts.empty or (counts == counts.iloc[0]).sum() > 1:
        return []
    words = N_("{kabupaten} has the most: {count}.")
    return [text(words, kabupaten=plain(counts.index[0]), count=text.number(int(counts.iloc[0])))]


def _unknown(schools: pd.DataFrame, ranked: pd.DataFrame, k: int | None, text: Text) -> str:
    parts = []
    missing = int(schools["unranked_reason"].isin(["no_location", "no_evidence"]).sum())
    if missing:
        words = N_("{count} without a usable place or evidence")
        parts.append(text(words, count=text.number(missing)))
    inferred = int((ranked["deficit_status"] == "inferred").sum())
    if inferred and inferred == len(ranked):
        parts.append(text(N_("the deficit of all with a rank is inferred, not known")))
    elif inferred:
        words = N_("{count} with a deficit that is inferred, not known")
        parts.append(text(words, count=text.number(inferred)))
    if k is not None and "top_k_set" in ranked:
        contested = int((ranked["top_k_set"] == "contested").sum())
        words = N_("{count} contested: the data do not decide if they are among the first {k}")
        if contested:
            parts.append(text(words, count=text.number(contested), k=text.number(k)))
    if not parts:
        return text(N_("Every school has a rank, and no deficit is inferred."))
    return text(N_("Unknown: {parts}."), parts="; ".join(parts))


def list_length(run: Run) -> int | None:
    """Length of the list whose certainty the run states; None without draws."""
    figures = run.manifest.get("certainty", {})
    return int(figures["k"]) if figures.get("draws") and figures.get("k") else None


def loud_rows(schools: pd.DataFrame, k: int | None) -> pd.Series[bool]:
    """Schools that a map of the whole province must not hide.

    The critical ones, those that are among the first k, surely or by the order as it is, and those
    of which the data do not say whether they are, unless that is nearly everybody.
    """
    loud = (schools["tier_label"] == "critical").fillna(value=False)
    if k is not None:
        loud |= (schools["rank"] <= k).fillna(value=False)
        if "top_k_set" in schools:
            loud |= (schools["top_k_set"] == "certain").fillna(value=False)
            contested = (schools["top_k_set"] == "contested").fillna(value=False)
            if contested.sum() <= _FEW_CONTESTED * schools["rank"].notna().sum():
                loud |= contested
    return loud.astype(bool)


# --- areas --------------------------------------------------------------------------------------


def badges(schools: pd.DataFrame, areas: pd.DataFrame) -> list[dict[str, Any]]:
    """A summary of each kabupaten that the register names: where, how many, and its extent."""
    polygons = areas[areas["level"] == "kabupaten"]
    shapes = dict(zip(polygons["code"], polygons.geometry, strict=True))
    claimed = claimed_kabupaten(schools)
    schools = schools[["kabupaten_code", "tier_label", "rank", "lat", "lon"]]
    found = []
    for name in sorted(set(claimed) - {""}):
        mine = schools[claimed == name]
        codes = mine["kabupaten_code"].dropna()
        shape = shapes.get(codes.iloc[0]) if len(codes) else None
        if shape is not None:
            place, box = shape.representative_point(), shape.bounds
        elif mine["lat"].notna().any():
            lat, lon = mine["lat"].dropna(), mine["lon"].dropna()
            place = shapely.Point(float(lon.median()), float(lat.median()))
            box = (lon.min(), lat.min(), lon.max(), lat.max())
        else:
            continue
        area = _counted(plain(name), mine)
        found.append(
            {
                "name": leaflet.bare_kabupaten(area.name),
                "value": name,
                "critical": area.critical,
                "count": area.ranked,
                "at": [round(place.y, _PLACES), round(place.x, _PLACES)],
                "box": [[float(box[1]), float(box[0])], [float(box[3]), float(box[2])]],
            }
        )
    return sorted(found, key=lambda badge: (-badge["critical"], badge["name"]))


def _counted(name: str, schools: pd.DataFrame) -> Area:
    ranked = schools["rank"].notna()
    critical = int((ranked & (schools["tier_label"] == "critical")).sum())
    return Area(name, critical, int(ranked.sum()), int((~ranked).sum()))


def areas_of(schools: pd.DataFrame, areas: pd.DataFrame, level: str) -> list[Area]:
    """The schools of each area by their location, in the order of the areas of that level."""
    chosen = areas[areas["level"] == level]
    shapes = chosen.geometry.to_numpy()
    placed = schools["lat"].notna().to_numpy()
    points = shapely.points(
        schools["lon"].astype("float64").to_numpy()[placed],
        schools["lat"].astype("float64").to_numpy()[placed],
    )
    rows = np.flatnonzero(placed)
    area_of = np.full(len(schools), -1)
    of_point, of_area = shapely.STRtree(shapes).query(points, predicate="intersects")
    # A school on a border is counted once, in the first of its areas.
    area_of[rows[of_point[::-1]]] = of_area[::-1]
    ranked = schools["rank"].notna().to_numpy()
    critical = ranked & (schools["tier_label"] == "critical").fillna(value=False).to_numpy()
    numbers = [
        np.bincount(area_of[chosen_rows] + 1, minlength=len(chosen) + 1)[1:]
        for chosen_rows in (critical, ranked, ~ranked)
    ]
    return [
        Area(plain(name), *(int(count) for count in counts))
        for name, *counts in zip(chosen["name"], *numbers, strict=True)
    ]


def choropleth(found: Sequence[Area], areas: pd.DataFrame, text: Text) -> list[dict[str, Any]]:
    """Areas of one level as the script fills them: name, words, class and outline."""
    shapes = shapely.coverage_simplify(areas.geometry.to_numpy(), _COARSE_DEG)
    return [
        {
            "name": area.name,
            "words": area.words(text),
            "step": area.step(),
            "shape": leaflet.shape(polygon),
        }
        for area, polygon in zip(found, shapes, strict=True)
    ]


def area_rows(found: Sequence[Area], text: Text) -> list[dict[str, Any]]:
    """Areas as rows of a table, those with most critical schools first."""
    unknown = text(NAMES["unknown"])
    return [
        {
            "name": area.name,
            "cells": [
                text.number(area.critical),
                text.number(area.ranked),
                unknown if area.share is None else f"{text.number(100.0 * area.share)} %",
                text.number(area.unknown),
            ],
        }
        for area in sorted(found, key=lambda area: (-area.critical, area.name))
    ]
