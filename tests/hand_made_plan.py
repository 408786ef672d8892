"""A small plan and its run, made by hand: what deliverables of a plan are tested with."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

RUN, PLAN = "0123456789ab", "ba9876543210"
YEARS = (2027, 2028, 2029)
FORMULA = '=HYPERLINK("http://x";"klik")'
MARKUP = "<img src=x onerror=alert(1)> | *SD* [1](javascript:x) ${7*7} `ls`"
LEO, LEO_PPN = 11_500_001, 1_265_000  # kit 8,000,001 and UPS 3,500,000; PPN 11 %, rounded
MONTHS, MONTHS_PPN = 9_000_000, 990_000  # 12 × 750,000
FIBRE = 115_750_000  # 2.35 km of 45,000,000 and a LAN of 10,000,000
SITE, SITE_YEAR = 2_140_000_000, 309_600_000


@dataclass(frozen=True)
class HandMadePlan:
    """A plan of which the tables are in memory."""

    tables: Mapping[str, pd.DataFrame]
    folder: Path = Path("plans") / PLAN
    manifest: dict[str, Any] = field(default_factory=dict)
    is_last: bool = True

    @property
    def overrides(self) -> dict[str, Any]:
        return dict(self.manifest.get("overrides", {}))

    def table(self, name: str) -> pd.DataFrame:
        return self.tables[name].copy()


@dataclass(frozen=True)
class HandMadeRun:
    """A run of which the tables are in memory."""

    schools: pd.DataFrame
    sites: pd.DataFrame
    manifest: dict[str, Any]
    folder: Path = Path("runs") / RUN
    official: None = None
    standing: str = "last"
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def table(self, name: str) -> pd.DataFrame:
        assert name == "sites"
        return self.sites


def hand_made_run(*names: str) -> Run:
    """Six schools: two SD of one kabupaten, an SMA, a private SMP, two SD that share a BTS."""
    called = [*names, *(f"SEKOLAH {n}" for n in range(len(names) + 1, 7))][:6]
    schools = pd.DataFrame(
        {
            "row_id": [f"schools.csv:{n}" for n in range(2, 8)],
            "npsn": [f"0000000{n}" for n in range(1, 7)],
            "name": called,
            "level": ["SD", "SD", "SMA", "SMP", "SD", "SD"],
            "ownership": ["public", "public", "public", "private", "public", "public"],
            "authority": ["kabupaten", "kabupaten", "province", *["kabupaten"] * 3],
            "kabupaten_code": ["63.01"] * 4 + ["63.02"] * 2,
            "kabupaten": ["Kab. Tanah Laut"] * 4 + ["Kab. Kotabaru"] * 2,
            "kecamatan": ["Bati-Bati"] * 4 + ["Hampang", "Sungai Durian"],
            "students": pd.array([120, None, 300, 80, 60, 40], dtype="Int64"),
            "lat": [-3.5, -3.6, -3.7, None, -2.9, -2.95],
            "lon": [114.7, 114.8, 114.9, None, 115.9, 115.95],
            "rank": pd.array([3, 4, 2, 6, 1, 5], dtype="Int64"),
            "rank_p05": pd.array([1, 2, 1, 4, 1, 3], dtype="Int64"),
            "rank_p95": pd.array([5, 6, 3, 6, 2, 6], dtype="Int64"),
            "p_top_k": [0.5, 0.4, 0.9, 0.1, 1.0, 0.3],
            "deficit": [0.71234567, 0.6, 0.8, 0.3, 0.95, 0.55],
            "delivered": [0.2, None, 0.1, 0.6, 0.0, 0.4],
            "available": [0.3, 0.4, 0.2, 0.7, 0.0, 0.5],
            "need": [0.5] * 6,
            "barrier": [0.4] * 6,
            "confidence": ["A", "C", "B", None, "A", "D"],
            "completeness": [1.0, 0.8, 1.0, 0.9, 1.0, 1.0],
            "deficit_status": ["known", "inferred", "known", "known", "known", "known"],
            "terrain_class": ["dataran", "rawa", "dataran", "pesisir", "pegunungan", "pegunungan"],
            "objections": [None, None, None, None, "planned", None],
        }
    )
    sites = pd.DataFrame(
        {
            "site_id": ["T1", "T1", "T2", "=T3"],
            "operator": ["satu", "dua", "satu", "tiga"],
            "technology": ["4g", "4g", "2g", "4g"],
            "lat": [-2.9, -2.9, -2.8, -3.5],
            "lon": [115.8, 115.8, 115.9, 114.7],
        }
    )
    manifest = {
        "project": "Kalsel",
        "data": "real",
        "kalsel_gap": "1.0",
        "parameters": {"schools.0.date": "2026-07"},
    }
    return cast("Run", HandMadeRun(schools, sites, manifest))


def hand_made_plan(rows: Sequence[str] = (), **manifest: Any) -> Plan:
    """LEO for two schools, fibre in two years for one, unfunded LEO, and a BTS for two.

    `rows` are the six rows of the register that it is about; those of :func:`hand_made_run` by
    default.
    """
    ids = dict(enumerate(rows or [f"schools.csv:{n}" for n in range(2, 8)], start=2))
    leo = (LEO, LEO_PPN, MONTHS, MONTHS_PPN)
    area, province, central = ((each, each) for each in ("apbd_63_01", "apbd_province", "central"))
    choice = [
        _chosen(ids[2], "leo", 2027, area, *leo),
        _chosen(ids[3], "leo", 2028, ("apbd_63_01", "bos"), *leo),
        _chosen(ids[4], "fibre", 2027, province, 57_875_000, 6_366_250) | {"service_year": 2028},
        _chosen(ids[4], "fibre", 2028, province, 57_875_000, 6_366_250, 24_000_000, 2_640_000),
        _chosen(ids[5], "leo", 2027, ("hibah_63_01", "hibah_63_01"), *leo) | {"is_unfunded": True},
        _chosen("", "open:bts", 2028, central, SITE, 0, SITE_YEAR, 0)
        | {"service_year": 2029, "shared_id": "bts:1"},
        *(
            _chosen(ids[n], "bts", 2028, central) | {"service_year": 2029, "shared_id": "bts:1"}
            for n in (6, 7)
        ),
    ]
    options = [
        _option(ids[n], "leo", {"leo_kit": 1, "leo_month": 1, "ups": 1}, LEO, MONTHS, 0.5)
        for n in (2, 3, 4, 5)
    ]
    options += [
        _option(
            *(ids[4], "fibre", {"fibre_aerial_km": 2.35, "lan": 1, "fibre_month": 1}),
            *(FIBRE, 24_000_000, 0.9),
        ),
        *(_option(ids[n], "bts", {}, 0, 0, 0.7) | {"access": "boat"} for n in (6, 7)),
    ]
    states = dict.fromkeys((ids[2], ids[3], ids[4], ids[6], ids[7]), "planned")
    states[ids[5]] = "unfunded"
    tables = {
        "choice": pd.DataFrame(choice).astype({"row_id": "str", "shared_id": "str"}),
        "options": pd.DataFrame(options),
        "shared": pd.DataFrame([_bts()]),
        "prices": _prices(),
        "envelopes": _payers(ids),
        "budget": budget_of(choice),
        "schools": pd.DataFrame(
            {
                "row_id": list(states),
                "npsn": [f"0000000{n}" for n in range(1, len(states) + 1)],
                "status": list(states.values()),
            }
        ),
        "marginal": pd.DataFrame(
            [
                {
                    "row_id": ids[3],
                    "option_id": f"{ids[3]}|leo|",
                    "option": "leo",
                    "year": 2027,
                    "value": 0.5,
                    "needs_idr": LEO + LEO_PPN,
                    "short_idr": 12_000_000,
                    "short_year": 2027,
                    "short_envelope": "apbd_63_01",
                    "short_there_idr": 12_000_000,
                }
            ]
        ),
        "shadow": pd.DataFrame(
            {
                "envelope": ["apbd_63_01"],
                "year": [2028],
                "more_idr": [10**9],
                "schools": [9],
                "students": [2140],
                "value": [3.5],
            }
        ),
        "cliff": pd.DataFrame(
            {
                "year": [2029],
                "envelope": ["hibah_63_01"],
                "schools": [1],
                "opex_idr": [MONTHS + MONTHS_PPN],
                "why": ["one_off"],
            }
        ),
        "delivery": pd.DataFrame(
            {"row_id": [ids[2]], "npsn": ["00000001"], "option": ["leo"], "state": ["accepted"]}
        ),
    }
    record = {
        "run": {"id": RUN},
        "project": "Kalsel",
        "data": "real",
        "objective": "gap",
        "value": 4.0,
        "bound": 4.01,
        "gap": 0.0025,
        "status": "gap",
        "is_reproducible": True,
        "parameters": {"costs.horizon_years": 5, "plan.years": list(YEARS)},
    }
    return cast("Plan", HandMadePlan(tables, manifest=record | manifest))


def write_hand_made(plans: Path, run: Run, *, of_run: str | None = None) -> Plan:
    """The plan of the first six schools of a run, as a folder among the plans."""
    from kalsel_gap.storage.plan_folder import write_plan

    made = cast("HandMadePlan", hand_made_plan(run.schools["row_id"].tolist()[:6]))
    record = {**made.manifest, "run": {"id": of_run or run.folder.name}}
    return write_plan(plans, record, made.tables)


def with_tables(plan: Plan, **tables: pd.DataFrame) -> Plan:
    """The plan with other tables."""
    made = cast("HandMadePlan", plan)
    return cast("Plan", HandMadePlan({**made.tables, **tables}, manifest=made.manifest))


def budget_of(choice: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The table `budget`, computed row by row, apart from what is tested."""
    ceilings = {"apbd_63_01": 50_000_000, "apbd_province": 200_000_000, "bos": 20_000_000}
    sums: defaultdict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in choice:
        cell = sums[row["year"], row["envelope_capex"]]
        cell[0] += row["capex_idr"]
        cell[2] += row["ppn_capex_idr"]
        for year in YEARS:
            if year >= row["service_year"] and row["opex_year_idr"]:
                cell = sums[year, row["envelope_opex"]]
                cell[1] += row["opex_year_idr"]
                cell[2] += row["ppn_opex_idr"]
    rows = []
    for (year, envelope), (capex, opex, ppn) in sorted(sums.items()):
        ceiling = ceilings.get(envelope)
        total = capex + opex + ppn
        if total:
            left = None if ceiling is None else ceiling - total
            rows.append((year, envelope, ceiling, capex, opex, ppn, total, left))
    names = ("ceiling_idr", "capex_idr", "opex_idr", "ppn_idr", "total_idr", "left_idr")
    table = pd.DataFrame(rows, columns=["year", "envelope", *names])
    return table.astype(dict.fromkeys(names, "Int64"))


def _chosen(
    row_id: str, option: str, year: int, envelopes: tuple[str, str], *money: int
) -> dict[str, Any]:
    """A row of the choice; `money` is capex, its PPN, opex of a year, its PPN."""
    amounts = (*money, 0, 0, 0, 0)
    return {
        "row_id": row_id,
        "npsn": row_id[-8:],
        "option_id": f"{row_id}|{option}|" if row_id else "",
        "option": option,
        "shared_id": "",
        "year": year,
        "service_year": year,
        "envelope_capex": envelopes[0],
        "envelope_opex": envelopes[1],
        "capex_idr": amounts[0],
        "ppn_capex_idr": amounts[1],
        "opex_year_idr": amounts[2],
        "ppn_opex_idr": amounts[3],
        "benefit": 0.5,
        "benefit_years": 3.0,
        "is_unfunded": False,
    }


def _option(
    row_id: str, option: str, items: Mapping[str, float], capex: int, opex: int, benefit: float
) -> dict[str, Any]:
    return {
        "row_id": row_id,
        "option": option,
        "option_id": f"{row_id}|{option}|",
        "partner": "",
        "partner_kind": "",
        "down_mbps": 50.0,
        "is_feasible": True,
        "reason": "",
        "reason_params": "",
        "is_priced": True,
        "capex_idr": capex,
        "opex_year_idr": opex,
        "replacement_idr": 1_000,
        "pv_idr": capex + 4 * opex,
        "pv_per_student_idr": 150_000,
        "items": json.dumps(items),
        "lead_months": 3,
        "needs_operator": option == "bts",
        "needs_consent": False,
        "access": "road",
        "benefit": benefit,
    }


def _bts() -> dict[str, Any]:
    return {
        "shared_id": "bts:1",
        "kind": "bts",
        "name": "=BTS 1",
        "lat": -2.92,
        "lon": 115.92,
        "facility": "",
        "facility_share": 0.0,
        "capex_idr": SITE,
        "opex_year_idr": SITE_YEAR,
        "items": json.dumps({"bts_site": 1, "bts_month": 1}),
        "lead_months": 12,
        "population": None,
    }


def _prices() -> pd.DataFrame:
    rows = [
        ("leo_kit", "unit", 8_000_001, "once", True, "5.2.02.10.02.0004", "project"),
        ("leo_month", "bulan", 750_000, "month", True, "5.1.02.02.01.0063", "shipped"),
        ("ups", "unit", 3_500_000, "once", True, "5.2.02.10.02.0004", "shipped"),
        ("fibre_aerial_km", "km", 45_000_000, "once", True, "5.2.02.10.02.0004", "ssh"),
        ("lan", "unit", 10_000_000, "once", False, "5.2.02.10.02.0004", "shipped"),
        ("fibre_month", "bulan", 2_000_000, "month", True, "5.1.02.02.01.0063", "shipped"),
        ("bts_site", "unit", SITE, "once", False, "", "shipped"),
        ("bts_month", "bulan", 25_800_000, "month", False, "", "shipped"),
    ]
    names = ("item", "unit", "price_idr", "every", "taxable", "account", "origin")
    table = pd.DataFrame(rows, columns=list(names)).astype({"price_idr": "Int64"})
    return table.assign(
        ref_ssh=["SSH-1" if row[6] == "ssh" else "" for row in rows],
        source=[f"source of {row[0]}" for row in rows],
        date="2024-05-27",
        confidence=["low" if row[0] == "ups" else "medium" for row in rows],
    )


def _payers(ids: Mapping[int, str]) -> pd.DataFrame:
    offices = {
        2: "Dinas Pendidikan Kab. Tanah Laut",
        3: "Dinas Pendidikan Kab. Tanah Laut",
        4: "Dinas Pendidikan Provinsi",
        5: "Dinas Pendidikan Kab. Tanah Laut",
    }
    rows = [
        {
            "option_id": f"{ids[n]}|{'fibre' if n == 4 else 'leo'}|",
            "payer_capex": {4: "apbd_province", 5: "hibah_63_01"}.get(n, "apbd_63_01"),
            "sources": "apbd_63_01;bos",
            "skpd": office,
            "account_capex": "",
            "account_opex": "5.1.02.02.01.0099" if n == 3 else "",
            "subkegiatan": "1.01.02.2.01",
        }
        for n, office in offices.items()
    ]
    return pd.DataFrame(rows)
