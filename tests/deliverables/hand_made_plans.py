"""A plan of a handful of schools, made by hand: every table, no file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

if TYPE_CHECKING:
    from kalsel_gap.storage.plan_folder import Plan

HOSTILE = '=HYPERLINK("x")<script>alert(1)</script>\x1b[31m{{7*7}}'
_M = 10**6
SCHOOLS = pd.DataFrame(
    [
        ("s.csv:2", "00000101", HOSTILE, "SD", "Kab. Hulu", "99.01", "Hulu", 120, 1),
        ("s.csv:3", "00000102", "SMP CONTOH 2", "SMP", "Kab. Hulu", "99.01", "Hulu", None, 2),
        ("s.csv:4", "00000103", "SMA CONTOH 3", "SMA", "Kab. Hilir", "99.02", "Hilir", 300, 3),
        ("s.csv:5", "00000104", "SD CONTOH 4", "SD", "Kab. Hilir", "99.02", "Hilir", 80, 4),
        ("s.csv:6", "00000105", "MI CONTOH 5", "MI", "Kab. Hilir", "99.02", "Hilir", 60, 5),
        ("s.csv:7", "00000106", "SD CONTOH 6", "SD", "Kab. Hilir", "99.02", "Hilir", 40, 6),
    ],
    columns=[
        *("row_id", "npsn", "name", "level", "kabupaten", "kabupaten_code", "kecamatan"),
        *("students", "rank"),
    ],
).astype({"students": "Int64", "rank": "Int64"})


def _choice() -> pd.DataFrame:
    table = pd.DataFrame(
        [
            ("s.csv:2", "leo", "", 2027, "apbd_99_01", "bos", 8 * _M, 9 * _M, 0.5, 4.0),
            ("s.csv:3", "microwave_relay", "r1", 2028, "apbd_99_01", "bos", 60 * _M, 0, 0.25, 3.0),
            ("", "open:relay", "r1", 2028, "apbd_99_01", "apbd_99_01", 400 * _M, _M, None, None),
            ("s.csv:6", "leo", "", 2027, "kemenag", "kemenag", 8 * _M, 9 * _M, 0.4, 4.0),
        ],
        columns=[
            *("row_id", "option", "shared_id", "year", "envelope_capex", "envelope_opex"),
            *("capex_idr", "opex_year_idr", "benefit", "benefit_years"),
        ],
    )
    return table.assign(
        option_id=table["row_id"] + "|" + table["option"] + "|",
        npsn=table["row_id"].map(SCHOOLS.set_index("row_id")["npsn"]).fillna(""),
        service_year=table["year"],
        ppn_capex_idr=table["capex_idr"] * 11 // 100,
        ppn_opex_idr=table["opex_year_idr"] * 11 // 100,
        is_unfunded=table["envelope_capex"] == "kemenag",
    ).astype(
        dict.fromkeys(("capex_idr", "ppn_capex_idr", "opex_year_idr", "ppn_opex_idr"), "Int64")
    )


def _option(row_id: str, option: str, reason: str = "", *, priced: bool = True) -> dict[str, Any]:
    return {
        "row_id": row_id,
        "option_id": f"{row_id}|{option}|",
        "option": option,
        "partner": "SITE \x1b[31m1" if option == "microwave" else "",
        "is_feasible": not reason,
        "reason": reason,
        "reason_params": json.dumps({}),
        "is_priced": priced,
        "capex_idr": 8 * _M if priced else None,
        "opex_year_idr": 9 * _M if priced else None,
        "pv_idr": 44 * _M if priced else None,
    }


def _tables() -> dict[str, pd.DataFrame]:
    options = pd.DataFrame(
        [
            _option("s.csv:2", "leo"),
            {
                **_option("s.csv:2", "fibre", "too_far"),
                "reason_params": json.dumps({"distance_km": 18.24, "longest_km": 15.0}),
            },
            _option("s.csv:2", "microwave", "no_sight"),
            {**_option("s.csv:2", "microwave", "too_far"), "option_id": "s.csv:2|microwave|b"},
            _option("s.csv:3", "microwave_relay"),
            _option("s.csv:3", "vsat", priced=False),
            _option("s.csv:3", "fibre", "too_far"),
            _option("s.csv:4", "leo"),
            _option("s.csv:5", "fibre", "no_location"),
        ]
    ).astype({"capex_idr": "Int64", "opex_year_idr": "Int64", "pv_idr": "Int64"})
    return {
        "choice": _choice(),
        "options": options,
        "shared": pd.DataFrame(
            {"shared_id": ["r1"], "name": ["BUKIT \x1b[31m<b>"], "facility_share": [0.25]}
        ),
        "budget": pd.DataFrame(
            [
                (2027, "apbd_99_01", 25_000 * _M, 8 * _M, 0, 880_000, 8_880_000),
                (2027, "bos", 2_140 * _M, 0, 9 * _M, 990_000, 9_990_000),
                (2027, "kemenag", None, 8 * _M, 9 * _M, 1_870_000, 18_870_000),
                (2028, "apbd_99_01", 30_000 * _M, 460 * _M, _M, 50_710_000, 511_710_000),
                (2028, "bos", 2_140 * _M, 0, 9 * _M, 990_000, 9_990_000),
            ],
            columns=[
                *("year", "envelope", "ceiling_idr", "capex_idr", "opex_idr", "ppn_idr"),
                "total_idr",
            ],
        )
        .assign(left_idr=lambda t: t["ceiling_idr"] - t["total_idr"])
        .astype({"ceiling_idr": "Int64", "left_idr": "Int64"}),
        "schools": pd.DataFrame(
            {
                "row_id": [f"s.csv:{n}" for n in range(2, 8)],
                "npsn": [f"0000010{n}" for n in range(1, 7)],
                "status": [
                    *("planned", "planned", "not_chosen", "no_option", "unfunded", "adequate")
                ],
            }
        ),
        "marginal": pd.DataFrame(
            [
                ("s.csv:4", "s.csv:4|leo|", "leo", 2027, 9.0, 310, 12, 2027, "apbd_99_02", 12),
                ("s.csv:5", "s.csv:5|leo|", "leo", 2027, 8.0, 310, 20, 2028, "apbd_99_02", 12),
                ("s.csv:7", "s.csv:7|leo|", "leo", 2027, 7.0, 310, 0, 2027, "apbd_99_02", 0),
            ],
            columns=[
                *("row_id", "option_id", "option", "year", "value", "needs_idr", "short_idr"),
                *("short_year", "short_envelope", "short_there_idr"),
            ],
        ).assign(
            **{
                name: lambda t, name=name: t[name] * _M
                for name in ("needs_idr", "short_idr", "short_there_idr")
            }
        ),
        "shadow": pd.DataFrame(
            [
                ("apbd_99_01", 2028, 1000 * _M, 9, 2140, 4.5),
                ("bos", 2027, 1000 * _M, 1, 80, 0.5),
                ("bos", 2028, 1000 * _M, 0, 0, 0.0),
            ],
            columns=["envelope", "year", "more_idr", "schools", "students", "value"],
        ),
        "cliff": pd.DataFrame(
            [
                (2029, "bos", 140, 1_200 * _M, "no_ceiling"),
                (2030, "bos", 140, 1_200 * _M, "no_ceiling"),
                (2028, "hibah_99_02", 1, 9_990_000, "one_off"),
            ],
            columns=["year", "envelope", "schools", "opex_idr", "why"],
        ),
        "delivery": pd.DataFrame(
            {
                "row_id": ["s.csv:2", "s.csv:3"],
                "npsn": ["00000101", "00000102"],
                "option": ["leo", "leo"],
                "state": ["delivered", "refused"],
                "date": ["2026-03-01", None],
            }
        ),
    }


@dataclass(frozen=True)
class HandMadePlan:
    """What is read of a plan, without a folder."""

    folder: Path = Path("plans/0123456789ab")
    manifest: dict[str, Any] = field(
        default_factory=lambda: {
            "run": {"id": "ba9876543210", "sha256": ""},
            "project": "Contoh <b>",
            "data": "synthetic",
            "objective": "gap",
            "value": 123.456,
            "bound": 124.0,
            "gap": 0.0043,
            "status": "gap",
            "is_reproducible": True,
            "overrides": {},
        }
    )
    tables: dict[str, pd.DataFrame] = field(default_factory=_tables)

    @property
    def overrides(self) -> dict[str, Any]:
        return dict(self.manifest["overrides"])

    def table(self, name: str) -> pd.DataFrame:
        return self.tables[name].copy()


def hand_made(**changed: Any) -> Plan:
    """The plan, with other values of its record, or other tables."""
    made = HandMadePlan()
    for name, value in changed.items():
        (made.tables if name in made.tables else made.manifest)[name] = value
    return cast("Plan", made)
