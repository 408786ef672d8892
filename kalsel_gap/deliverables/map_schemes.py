"""How the web map shows schools: by tier, gap, deficit, priority, certainty, terrain or evidence.

Each scheme puts every school into one class with a colour and, as a second cue, a shape or a size;
what is unknown is a class of its own. The same classes, and a few more columns, filter the schools.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kalsel_gap import schema
from kalsel_gap.deliverables import leaflet, palette
from kalsel_gap.deliverables.tables import claimed_kabupaten
from kalsel_gap.i18n.messages import NAMES, TIER_NAMES, TOP_K_SETS
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

UNKNOWN = "unknown"
CERTAINTY = ("certainty", "chance")  # schemes that need draws
_CHANCES = (0.9, 0.5, 0.1)
_DEFICITS = (0.8, 0.6, 0.4, 0.2)
_STEP_RADII = (7.0, 6.0, 5.0, 4.0, 3.2)
_KIND_RADIUS = 5.4
_QUIET = {"adequate": 4.0, "out": 3.4, "covered_unverified": 4.6}  # kinds that are of less weight

SCHEMES: dict[str, str] = {
    "tier": N_("Tier of deficit"),
    "gap": N_("Kind of gap"),
    "deficit": N_("Deficit"),
    "priority": N_("Priority"),
    "certainty": N_("Certainty of the list"),
    "chance": N_("Chance to be among the first {k}"),
    "terrain": N_("Terrain"),
    "evidence": N_("Evidence of the signal"),
}
NOTES: dict[str, str] = {
    "tier": N_("~ means inferred: the service is neither measured nor declared."),
    "deficit": N_("0 is adequate service, 1 is none at all."),
    "priority": N_(
        "Deficit, weighted by need and barrier; each class holds a fifth of the schools."
    ),
    "certainty": N_(
        "Certain schools are all among the first {k} and none of those that are out is; of the "
        "contested ones the data do not decide it."
    ),
    "chance": N_("Of each school alone, over draws of the data."),
    "evidence": N_("What the best signal at the school is known from."),
}
EVIDENCE: dict[str, str] = {
    "measured": N_("measured"),
    "predicted": N_("predicted by this program, not measured"),
    "modelled": N_("modelled, not measured"),
    "declared": N_("declared, not checked"),
    UNKNOWN: NAMES["unknown"],
}
_CONFIDENCES: dict[str, str] = {
    "A": N_("A, reliable"),
    "B": N_("B, plausible"),
    "C": N_("C, doubtful"),
    "D": N_("D, very doubtful"),
    UNKNOWN: N_("no usable location"),
}
FACETS: dict[str, str] = {
    "kabupaten": N_("Kabupaten/kota"),
    "level": N_("Level"),
    "authority": N_("Authority"),
    "terrain": N_("Terrain"),
    "tier": N_("Tier"),
    "gap": N_("Kind of gap"),
    "confidence": N_("Location grade"),
}


@dataclass(frozen=True, slots=True)
class Scheme:
    """A way to colour the schools.

    Attributes
    ----------
    key, label, note : str
        Code, name and what a reader must know of it.
    classes : dict of str
        Name of each class by its code, those that matter first and *unknown* last.
    marks : dict
        As :func:`kalsel_gap.deliverables.leaflet.drawn` gives them.
    of : list of str
        The class of each school.
    column : str
        What the classes are of.
    bounds : tuple of float
        Lower bounds of classes of a number, falling; empty where the classes are codes.
    shapes : dict of Mark
        Colour and shape of each class.
    """

    key: str
    label: str
    note: str
    classes: Mapping[str, str]
    marks: Mapping[str, dict[str, Any]]
    of: list[str]
    column: str
    bounds: tuple[float, ...]
    shapes: Mapping[str, palette.Mark]

    def legend(self, text: Text, inferred: Sequence[bool] | None = None) -> list[dict[str, Any]]:
        """An item for each class: mark, label and number of schools, and of those inferred."""
        counts = dict.fromkeys(self.classes, 0)
        guessed = dict(counts)
        for n, key in enumerate(self.of):
            counts[key] += 1
            guessed[key] += bool(inferred is not None and inferred[n])
        return [
            {
                "mark": key,
                **self.marks[key],
                "label": label,
                "count": with_inferred(counts[key], guessed[key], text),
            }
            for key, label in self.classes.items()
        ]

    def data(self) -> dict[str, Any]:
        """What the script reads of it; its classes are the codes of the same key."""
        return {"key": self.key, "marks": dict(self.marks)}


def schemes_of(schools: pd.DataFrame, k: int | None, text: Text) -> list[Scheme]:
    """Every scheme that the run knows something for; first the one that a map opens with.

    Parameters
    ----------
    schools : DataFrame
        Of a run.
    k : int, optional
        Length of the list whose certainty the run states.
    text : Text
        The reader's language.
    """
    named = {
        "tier": ("tier_label", palette.TIERS, TIER_NAMES),
        "gap": ("gap_type", palette.GAPS, NAMES),
        "certainty": ("top_k_set", palette.SETS, TOP_K_SETS),
        "terrain": ("terrain_class", palette.TERRAINS, NAMES),
        "evidence": ("best_basis", palette.EVIDENCE, EVIDENCE),
    }
    numbers = {
        "deficit": ("deficit", _DEFICITS, 1, ""),
        "priority": ("priority", _fifths(schools["priority"]), 2, ""),
        "chance": ("p_top_k", _CHANCES, 0, " %"),
    }
    made = []
    for key, label in SCHEMES.items():
        bounds: tuple[float, ...] = ()
        if key in named:
            column, marks, words = named[key]
            of = _codes(_column(schools, column))
            classes = {code: text(words[code]) for code in marks} | {UNKNOWN: text(NAMES[UNKNOWN])}
            drawn, shapes = _kinds(key, marks), dict(marks)
        else:
            column, bounds, digits, unit = numbers[key]
            scale = 100.0 if unit else 1.0
            of = _steps(_column(schools, column), bounds)
            classes = range_labels([scale * bound for bound in bounds], digits, unit, text)
            drawn = _sizes(len(bounds) + 1)
            shapes = dict(zip(drawn, palette.STEPS, strict=False))
        shapes[UNKNOWN] = palette.UNKNOWN
        if (key in CERTAINTY and k is None) or (set(of) <= {UNKNOWN} and key != "tier"):
            continue
        name, note = (
            text(each, k=text.number(k)) if "{k}" in each else text(each)
            for each in (label, NOTES.get(key, ""))
        )
        made.append(Scheme(key, name, note, classes, drawn, of, column, bounds, shapes))
    return made


def facets_of(schools: pd.DataFrame, text: Text) -> list[dict[str, Any]]:
    """What schools are filtered by: values with labels and counts, and the value of each school."""
    levels = [level for level in schema.LEVELS if (schools["level"] == level).any()]
    areas = claimed_kabupaten(schools)
    terrain = {code: text(NAMES[code]) for code in palette.TERRAINS}
    unknown = {UNKNOWN: text(NAMES[UNKNOWN])}
    known: dict[str, tuple[list[str], dict[str, str]]] = {
        "kabupaten": (
            [name or "-" for name in areas],
            {name: plain(name) for name in sorted(set(areas)) if name}
            | {"-": text(N_("not recognised"))},
        ),
        "level": (_codes(schools["level"]), {level: level for level in levels} | unknown),
        "authority": (
            _codes(schools["authority"]),
            {code: text(NAMES[code]) for code in schema.AUTHORITIES} | unknown,
        ),
        "terrain": (_codes(schools["terrain_class"]), terrain | unknown),
        "tier": (
            _codes(schools["tier_label"]),
            {code: text(TIER_NAMES[code]) for code in (*palette.TIERS, UNKNOWN)},
        ),
        "gap": (
            _codes(schools["gap_type"]),
            {code: text(NAMES[code]) for code in (*palette.GAPS, UNKNOWN)},
        ),
        "confidence": (
            _codes(schools["confidence"]),
            {code: text(label) for code, label in _CONFIDENCES.items()},
        ),
    }
    made = []
    for key, label in FACETS.items():
        of, values = known[key]
        present = {value: of.count(value) for value in values}
        shown = [
            {"value": value, "label": values[value], "count": text.number(count)}
            for value, count in present.items()
            if count
        ]
        made.append({"key": key, "label": text(label), "values": shown, "of": of})
    return made


def with_inferred(count: int, inferred: int, text: Text) -> str:
    """A number of schools, and of how many of them the deficit is inferred."""
    shown = text.number(count)
    return f"{shown} (~{text.number(inferred)})" if inferred else shown


# --- classes and marks --------------------------------------------------------------------------


def _column(schools: pd.DataFrame, name: str) -> pd.Series[Any]:
    """A column that a run of an older version may lack."""
    return schools[name] if name in schools else schools["npsn"].map(lambda _: None)


def _codes(column: pd.Series[Any]) -> list[str]:
    return [str(value) for value in column.astype("object").where(column.notna(), UNKNOWN)]


def _steps(values: pd.Series[Any], bounds: Sequence[float]) -> list[str]:
    """Class 0 from the largest bound, and so on downwards."""
    numbers = values.astype("float64").to_numpy()
    classes = len(bounds) - np.digitize(numbers, sorted(bounds))
    return [UNKNOWN if np.isnan(v) else str(n) for v, n in zip(numbers, classes, strict=True)]


def _fifths(values: pd.Series[Any]) -> tuple[float, ...]:
    """Bounds of five classes of about as many schools each, to two decimals; fewer if they tie."""
    known = values.dropna().astype("float64")
    if known.empty:
        return ()
    bounds = np.round(np.quantile(known, [0.8, 0.6, 0.4, 0.2]), 2)
    return tuple(float(bound) for bound in dict.fromkeys(bounds))


def range_labels(bounds: Sequence[float], digits: int, unit: str, text: Text) -> dict[str, str]:
    """Words for the classes between falling bounds, the largest first, and for *unknown*."""
    shown = [f"{text.number(bound, digits)}{unit}" for bound in bounds]
    if not shown:
        return {"0": text(N_("known")), UNKNOWN: text(NAMES[UNKNOWN])}
    between = N_("{low} to below {high}")
    return {
        "0": text(N_("{low} and more"), low=shown[0]),
        **{
            str(n): text(between, low=low.removesuffix(unit) if unit else low, high=high)
            for n, (high, low) in enumerate(itertools.pairwise(shown), start=1)
        },
        str(len(shown)): text(N_("below {high}"), high=shown[-1]),
        UNKNOWN: text(NAMES[UNKNOWN]),
    }


def _sizes(count: int) -> dict[str, dict[str, Any]]:
    marks = palette.STEPS[:count] if count > 1 else palette.STEPS[:1]
    drawn = {
        str(n): leaflet.drawn(mark, radius)
        for n, (mark, radius) in enumerate(zip(marks, _STEP_RADII, strict=False))
    }
    return {**drawn, UNKNOWN: leaflet.drawn(palette.UNKNOWN, 4.5)}


def _kinds(key: str, marks: Mapping[str, palette.Mark]) -> dict[str, dict[str, Any]]:
    if key == "tier":
        drawn = {
            code: leaflet.drawn(mark, max(6.6 - 0.6 * tier, 3.6))
            for tier, (code, mark) in enumerate(marks.items(), start=1)
        }
    else:
        drawn = {
            code: leaflet.drawn(mark, _QUIET.get(code, _KIND_RADIUS))
            for code, mark in marks.items()
        }
    return {**drawn, UNKNOWN: leaflet.drawn(palette.UNKNOWN, 4.5)}
