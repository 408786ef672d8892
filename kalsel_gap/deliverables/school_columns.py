"""Schools as the script of the web map reads them: pop-up, table and search, in words.

Columns instead of rows: a text that repeats is written once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kalsel_gap.deliverables import leaflet, palette
from kalsel_gap.deliverables.certainty_words import chance_of_school, rank_interval
from kalsel_gap.deliverables.map_schemes import EVIDENCE
from kalsel_gap.i18n.messages import (
    NAMES,
    REASON_COLUMNS,
    TIER_NAMES,
    predicted,
    reason,
    signal,
)
from kalsel_gap.i18n.objection_names import CODE_NAMES
from kalsel_gap.i18n.text import N_, Text, plain
from kalsel_gap.storage.spreadsheet import to_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

_DEGREES = 5  # decimals of a school's place: a metre
_SHOWN = (
    *("npsn", "name", "level", "kabupaten", "kecamatan", "lat", "lon", "rank", "tier_label"),
    *("deficit", "deficit_low", "deficit_high", "tier_probability", "deficit_status", "priority"),
    *("rank_p05", "rank_p95", "p_top_k", "top_k_label"),
    *("students", "completeness", "gap_type", "terrain_class", "unranked_reason", "best_operator"),
    *("confidence", "confidence_radius_m", "objections", "best_basis", "delivered_basis"),
)
# What a grade of a location means.
_GRADES = {
    "A": N_("reliable"),
    "B": N_("plausible"),
    "C": N_("doubtful"),
    "D": N_("very doubtful"),
}
# Evidence of the service; what is inferred from coverage is no evidence of it.
_SERVICE = {
    "measured": N_("measured by speed tests"),
    "declared": N_("declared by the school or the register"),
    "unknown": N_("none: inferred from what is available"),
}
# Fields that are shown with the symbol of their evidence, and where the script finds it.
_SYMBOLS = {
    N_("Evidence of the signal"): "evidence",
    N_("Evidence of the service"): "service",
}
_HEADS = (
    *(N_("Rank"), N_("School"), N_("NPSN"), N_("Level"), N_("Kabupaten/kota"), N_("Deficit")),
    *(N_("Tier"), N_("Best signal"), N_("Pupils"), N_("Priority"), N_("Main reason")),
)
_NUMBERS = frozenset({"Rank", "Deficit", "Pupils", "Priority"})


@dataclass(frozen=True, slots=True)
class SchoolColumns:
    """The schools in words, column by column.

    Attributes
    ----------
    data : dict
        For the script: texts of table and pop-ups, places, the order of columns.
    heads : list of dict
        Label of each column of the table, and whether it holds numbers.
    texts : list of list of str
        The columns of the table.
    """

    data: dict[str, Any]
    heads: list[dict[str, Any]]
    texts: list[list[str]]

    def first_rows(self, count: int) -> list[list[str]]:
        """The first rows of the table, for readers whose browser runs no script."""
        return [list(row) for row in zip(*(column[:count] for column in self.texts), strict=True)]


def columns_of_schools(
    schools: pd.DataFrame,
    text: Text,
    *,
    uses: Sequence[str],
    doubts: Sequence[str],
    found: Sequence[str],
    ranked: int,
    k: int | None,
    planned: Sequence[Mapping[str, str]] = (),
) -> SchoolColumns:
    """The data of the schools for the script, column by column, in words.

    Parameters
    ----------
    schools : DataFrame
        Of a run.
    text : Text
        Language of the page.
    uses : sequence of str
        What the internet of each school is enough for; empty where a run does not say it.
    doubts : sequence of str
        What makes the location of each school doubtful; empty where nothing does.
    found : sequence of str
        What else was found about each school.
    ranked : int
        Schools of the run that have a rank, which may be more than these.
    k : int, optional
        Length of the list whose certainty the run states.
    planned : sequence of mapping of str to str
        Further fields of each school's pop-up: what a plan says of it; empty without a plan.
    """
    rows = school_rows(schools)
    count, first = text.number(ranked), text.number(k)
    reasons = [reason(row, text) for row in rows]
    details = [
        _details(row, count, first, works, why, text)
        | {text(N_("Location in doubt")): doubt, text(N_("Other findings")): other}
        for row, works, why, doubt, other in zip(rows, uses, reasons, doubts, found, strict=True)
    ]
    if planned:
        details = [{**row, **more} for row, more in zip(details, planned, strict=True)]
    fields = {label: [row[label] for row in details] for label in (details[0] if details else ())}
    names = {
        "npsn": [plain(row["npsn"]) for row in rows],
        "name": [plain(row["name"]) for row in rows],
    }
    cells = [_cells(row, why, text) for row, why in zip(rows, reasons, strict=True)]
    texts = [[of_row[n] for of_row in cells] for n in range(len(_HEADS))]
    symbols = {text(label): symbol for label, symbol in _SYMBOLS.items()}
    of_field = [
        {"label": label, **_pointer(values, names, {})}
        | ({"symbol": symbols[label]} if label in symbols else {})
        for label, values in fields.items()
    ]
    heads = [{"label": text(label), "number": label in _NUMBERS} for label in _HEADS]
    orders = _orders(rows)
    table = [
        {
            **head,
            # The script writes a rank itself: other weights give others.
            **({} if label == _HEADS[0] else _pointer(column, names, fields)),
            **({"order": orders[label]} if label in orders else {}),
        }
        for label, head, column in zip(_HEADS, heads, texts, strict=True)
    ]
    data = {
        "npsn": names["npsn"],
        "name": leaflet.packed(names["name"]),
        "where": leaflet.packed([joined(row["level"], row["kabupaten"]) for row in rows]),
        "service": leaflet.packed([service_symbol(row) for row in rows]),
        **{name: leaflet.packed_numbers(of, _DEGREES) for name, of in places(schools).items()},
        "fields": of_field,
        "table": table,
    }
    return SchoolColumns(data, heads, texts)


def _pointer(
    values: list[str], names: dict[str, list[str]], fields: dict[str, list[str]]
) -> dict[str, Any]:
    """A column, or where the same one is written already."""
    for name, others in names.items():
        if values == others:
            return {"of": name}
    for number, others in enumerate(fields.values()):
        if values == others:
            return {"field": number}
    return {"values": leaflet.packed(values)}


def school_rows(schools: pd.DataFrame) -> list[dict[str, Any]]:
    """The columns from which sentences are made, row by row; what is unknown is None."""
    wanted = {*_SHOWN, *REASON_COLUMNS}
    return to_records(schools[[name for name in schools.columns if name in wanted]])


def places(points: pd.DataFrame) -> dict[str, list[float | None]]:
    """Degrees of points, ``lat`` and ``lon``; None where there are none."""
    return {
        name: [
            None if math.isnan(v) else round(v, _DEGREES) for v in points[name].astype("float64")
        ]
        for name in ("lat", "lon")
    }


def _orders(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Numbers that columns of the table are sorted by, in place of their texts."""
    tiers = [*palette.TIERS, "unknown"]
    numbers: dict[str, tuple[list[float | None], int]] = {
        N_("Rank"): ([row["rank"] for row in rows], 0),
        N_("Deficit"): ([row["deficit"] for row in rows], 4),
        N_("Tier"): ([tiers.index(mark_of(row["tier_label"])) for row in rows], 0),
        N_("Best signal"): ([row["available"] for row in rows], 4),
        N_("Pupils"): ([row["students"] for row in rows], 0),
        N_("Priority"): ([row["priority"] for row in rows], 4),
    }
    return {
        label: leaflet.packed_numbers(values, digits) for label, (values, digits) in numbers.items()
    }


def _cells(row: dict[str, Any], why: str, text: Text) -> Sequence[str]:
    unknown = text(NAMES["unknown"])
    return (
        text.number(row["rank"]),
        plain(row["name"]),
        plain(row["npsn"]),
        joined(row["level"]),
        joined(row["kabupaten"]),
        _deficit(row, text),
        text(TIER_NAMES[mark_of(row["tier_label"])]),
        signal_words(row, text),
        text.number(row["students"]) or unknown,
        text.number(row["priority"], 2),
        why,
    )


def _details(
    row: dict[str, Any], count: str, k: str, works: str, why: str, text: Text
) -> dict[str, str]:
    """A school's pop-up: label and value; an empty value is left out."""
    unknown = text(NAMES["unknown"])
    rank = text.number(row["rank"])
    place = text(N_("{rank} of {count}"), rank=rank, count=count) if rank else text(N_("no rank"))
    if interval := rank_interval(row, text):
        place = text(N_("{rank}; {interval} in 9 of 10 draws"), rank=place, interval=interval)
    return {
        text(N_("NPSN")): plain(row["npsn"]) or unknown,
        text(N_("Level")): joined(row["level"]) or unknown,
        text(N_("Kabupaten/kota")): joined(row["kabupaten"]) or unknown,
        text(N_("Kecamatan")): joined(row["kecamatan"]) or unknown,
        text(N_("Rank")): place,
        text(N_("Among the first {k}"), k=k): chance_of_school(row, text),
        text(N_("Deficit")): deficit_words(row, text) or unknown,
        text(N_("Tier")): tier_words(row, text),
        text(N_("Kind of gap")): text(NAMES[str(row["gap_type"] or "unknown")]),
        text(N_("Main reason")): why,
        text(N_("What its internet is enough for")): works,
        text(N_("Best signal")): signal_words(row, text),
        text(N_("Evidence of the signal")): text(EVIDENCE[str(row["best_basis"] or "unknown")]),
        text(N_("Evidence of the service")): text(_SERVICE[service_symbol(row)]),
        text(N_("Predicted level")): ""
        if row["best_basis"] == "predicted"
        else predicted(row, text),
        text(N_("Terrain")): text(NAMES[str(row["terrain_class"] or "unknown")]),
        text(N_("Location")): location_words(row, text) or unknown,
        text(N_("Pupils")): text.number(row["students"]) or unknown,
        text(N_("Priority")): text.number(row["priority"], 2) or unknown,
        text(N_("Completeness")): completeness_words(row, text),
        text(N_("Accepted objections")): _objections(row, text),
    }


def service_symbol(row: dict[str, Any]) -> str:
    """What the service of a school is known from: measured, declared, or not known at all."""
    basis = row.get("delivered_basis")
    if basis == "test":
        return "measured"
    return "declared" if basis in ("subscription", "register", "provider") else "unknown"


def _objections(row: dict[str, Any], text: Text) -> str:
    """Objections that count for a school, such as that its connection is already planned."""
    codes = filter(None, (row.get("objections") or "").split("; "))
    return ", ".join(text(CODE_NAMES[code]) for code in codes)


def completeness_words(row: dict[str, Any], text: Text) -> str:
    """How much of the priority is known; empty without a priority."""
    if row["completeness"] is None:
        return ""
    share = text.number(100.0 * row["completeness"])
    return text(N_("{share} % of the data behind the priority"), share=share)


def location_words(row: dict[str, Any], text: Text) -> str:
    """Grade and radius of a school's location in words; empty if it has none."""
    if row["confidence"] is None:
        return ""
    return text(
        N_("{words}, within {radius} m (grade {grade})"),
        words=text(_GRADES[row["confidence"]]),
        radius=text.number(row["confidence_radius_m"]),
        grade=row["confidence"],
    )


def tier_words(row: dict[str, Any], text: Text) -> str:
    """The tier in words, of an inferred deficit with its probability."""
    words = text(TIER_NAMES[mark_of(row["tier_label"])])
    if row["deficit_status"] != "inferred":
        return words
    chance = text.number(100.0 * row["tier_probability"])
    return text(N_("{tier} ({chance} % likely)"), tier=words, chance=chance)


def mark_of(label: object) -> str:
    """The mark of a tier by its label; of none *unknown*."""
    return "unknown" if label is None else str(label)


def joined(*parts: object) -> str:
    """Those of the parts that are texts, as one line."""
    return " · ".join(plain(part) for part in parts if isinstance(part, str))


def _deficit(row: dict[str, Any], text: Text) -> str:
    number = text.number(row["deficit"], 2)
    return f"~{number}" if number and row["deficit_status"] == "inferred" else number


def deficit_words(row: dict[str, Any], text: Text) -> str:
    """The deficit; of an inferred one the ends between which it lies in 9 of 10 cases."""
    number = _deficit(row, text)
    if row["deficit_status"] != "inferred":
        return number
    low, high = (text.number(row[name], 2) for name in ("deficit_low", "deficit_high"))
    return text(N_("{number} ({low} to {high})"), number=number, low=low, high=high)


def signal_words(row: dict[str, Any], text: Text) -> str:
    """The best signal and its operator; *unknown* where nothing is known."""
    if words := signal(row, text):
        operator = row["best_operator"]
        known = isinstance(operator, str) and operator != "any"
        return f"{words} ({plain(operator)})" if known else words
    return text(NAMES["unknown"])
