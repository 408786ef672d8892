"""Proposals for base stations (BTS): a list for Komdigi and BAKTI, made from a plan.

The central government builds them, so they are no line of an APBD. Each proposal names its place,
whom it serves and what is near; population and access are unknown where no input states them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from kalsel_gap.deliverables.budget_columns import BTS
from kalsel_gap.deliverables.plan_records import rows_by, rows_of, table_of_rows
from kalsel_gap.deliverables.plan_tables import OPENING
from kalsel_gap.deliverables.tables import assignments
from kalsel_gap.geo.geodesy import distance_m
from kalsel_gap.i18n.text import plain
from kalsel_gap.storage.run_folder import overrides_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

KIND = "bts"
_NEAREST = 3  # sites that a proposal names
_DEGREES = 6  # decimals: a decimetre
_OF_SCHOOL = (
    *("row_id", "npsn", "name", "kabupaten_code", "kabupaten", "kecamatan", "students"),
    "terrain_class",
)


def propose_bts(run: Run, plan: Plan) -> pd.DataFrame:
    """The base stations that a plan opens, those that serve most pupils first.

    Parameters
    ----------
    run : Run
        The run that the plan is of.
    plan : Plan
        Its tables ``choice``, ``options``, ``shared`` and ``prices``.

    Returns
    -------
    DataFrame
        Columns of :data:`.budget_columns.BTS`, in codes. Empty where the plan proposes none.
    """
    wanted = [name for name in _OF_SCHOOL if name in run.schools.columns]
    schools = rows_by(run.schools[wanted], "row_id")
    options = plan.table("options")
    access = dict(zip(options["option_id"], options["access"], strict=True))
    prices = rows_by(plan.table("prices"), "item")
    places = rows_by(plan.table("shared"), "shared_id")
    overrides = overrides_of(plan.manifest) or run.overrides
    marks = {
        "plan": plan.folder.name,
        "data": run.manifest.get("data", "real"),
        "trial": plain(assignments(overrides)) if overrides else None,
    }
    chosen = rows_of(plan.table("choice"))
    rows = []
    for opening in chosen:
        if opening["option"] != f"{OPENING}{KIND}":
            continue
        place = places.get(opening["shared_id"], {})
        served = [
            each for each in chosen if each["shared_id"] == opening["shared_id"] and each["row_id"]
        ]
        served.sort(key=lambda each: (each["npsn"] or "", each["row_id"]))
        # A hub that is served is none of the schools of the register.
        mine = [schools[each["row_id"]] for each in served if each["row_id"] in schools]
        found = {
            "shared_id": opening["shared_id"],
            "name": place.get("name"),
            "lat": _rounded(place.get("lat")),
            "lon": _rounded(place.get("lon")),
            **_whom(mine),
            "population": place.get("population"),
            "population_status": "unknown" if place.get("population") is None else "known",
            "access": _join(access.get(each["option_id"]) for each in served) or "unknown",
            **_near(place, run.table("sites")),
            "budget_year": opening["year"],
            "service_year": opening["service_year"],
            "capex_idr": opening["capex_idr"],
            "opex_year_idr": opening["opex_year_idr"],
            **_price(place, prices),
        }
        rows.append(found | marks)
    rows.sort(key=lambda row: (-(row["students"] or 0), -row["schools"], row["shared_id"]))
    return table_of_rows(rows, {column.name: column.dtype for column in BTS})


def _whom(mine: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Whom a proposal serves, each school named."""
    known = [row["students"] for row in mine if row.get("students") is not None]
    return {
        "kabupaten_code": _join(row.get("kabupaten_code") for row in mine),
        "kabupaten": _join(row.get("kabupaten") for row in mine),
        "kecamatan": _join(row.get("kecamatan") for row in mine),
        "schools": len(mine),
        "students": int(sum(known)) if known else None,
        "students_unknown": len(mine) - len(known),
        "npsn_served": "; ".join(plain(row["npsn"]) for row in mine if row["npsn"]),
        "names_served": "; ".join(" ".join(plain(row["name"]).split()) for row in mine),
        "terrain_class": _join(row.get("terrain_class") for row in mine),
    }


def _near(place: Mapping[str, Any], sites: pd.DataFrame) -> dict[str, Any]:
    """The nearest radio sites, each mast once."""
    if place.get("lat") is None or sites.empty:
        return {}
    lat, lon = (np.full(len(sites), float(place[axis])) for axis in ("lat", "lon"))
    far = distance_m(lat, lon, sites["lat"].to_numpy(), sites["lon"].to_numpy())
    at = sites.assign(far=far).dropna(subset=["far"])
    at = at.sort_values(["far", "site_id"], kind="stable").drop_duplicates(["lat", "lon"])
    at = at.head(_NEAREST)
    if at.empty:
        return {}
    named = [
        f"{_word(row, 'site_id')} ({_word(row, 'operator')}, {_word(row, 'technology')}): "
        f"{row['far'] / 1000:.1f} km"
        for row in rows_of(at)
    ]
    nearest = float(np.round(at["far"].iloc[0] / 1000, 1))
    return {"nearest_sites": "; ".join(named), "nearest_km": nearest}


def _word(row: Mapping[str, Any], name: str) -> str:
    return " ".join(plain(row.get(name) or "–").split())


def _price(place: Mapping[str, Any], prices: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Where the prices of a site are from, and their dates."""
    items = [
        prices[code] for code in sorted(json.loads(place.get("items") or "{}")) if code in prices
    ]
    return {
        "price_source": _join(each["source"] for each in items),
        "price_date": _join(each["date"] for each in items),
    }


def _join(words: Any) -> str | None:  # noqa: ANN401 - texts, some of them missing
    """Words once each, in order, with semicolons between them; None without any."""
    known = [" ".join(plain(each).split()) for each in words if each]
    return "; ".join(dict.fromkeys(known)) or None


def _rounded(degrees: Any) -> float | None:  # noqa: ANN401
    return None if degrees is None else round(float(degrees), _DEGREES)
