"""A plan and two runs in small tables: what became of each of eight schools is known by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.storage.run_folder import Run

if TYPE_CHECKING:
    from collections.abc import Mapping

KAB = ("Kab. A", "Kab. B")
# Deficit, service, gap before and after, whether both are known, tests after, pupils.
SCHOOLS: dict[str, tuple[float, float, str, float, float, str, bool, int, int | None]] = {
    "00000001": (0.9, 0.0, "uncovered", 0.1, 0.9, "adequate", True, 6, 100),
    "00000002": (0.8, 0.1, "weak", 0.5, 0.4, "slow", True, 5, 60),
    "00000003": (0.9, 0.0, "uncovered", 0.9, 0.0, "uncovered", True, 0, None),
    "00000004": (0.7, 0.2, "weak", 0.7, 0.2, "weak", True, 0, 40),
    "00000005": (0.8, 0.1, "weak", 0.7, 0.2, "weak", False, 0, 50),
    "00000006": (0.9, 0.0, "uncovered", 0.8, 0.1, "uncovered", False, 0, 30),
    "00000007": (0.1, 0.9, "adequate", 0.1, 0.9, "adequate", True, 9, 300),
    "00000008": (0.6, 0.3, "slow", 0.2, 0.8, "adequate", True, 4, 80),
}
# A school, its option, spending year, year of service, capex, PPN, opex and PPN of a year.
CHOICE = (
    ("00000001", "leo", 2027, 2027, 8_000_000, 880_000, 9_000_000, 990_000),
    ("00000002", "bts", 2027, 2027, 0, 0, 1_000_000, 110_000),
    ("00000003", "leo", 2027, 2027, 8_000_000, 880_000, 9_000_000, 990_000),
    ("00000004", "leo", 2028, 2028, 8_000_000, 880_000, 9_000_000, 990_000),
)
STATUSES = ("planned",) * 4 + ("not_chosen", "unfunded", "adequate", "not_chosen")
DELIVERY = (
    # npsn, option, state, date, cost
    ("00000001", "leo", "accepted", "2027-02-01", None),
    ("00000001", "leo", "active", "2027-05-01", 8_500_000),
    ("00000002", "bts", "delivered", "2027-06-01", None),
    ("00000003", "leo", "refused", "2027-03-01", None),
    ("99999999", "leo", "active", "2027-03-01", None),
)


@dataclass
class SmallPlan:
    """As much of a plan as an evaluation reads."""

    tables: dict[str, pd.DataFrame]
    folder: Path = Path("plans/0123456789ab")
    manifest: dict[str, Any] = field(default_factory=lambda: {"run": {"id": "aaaaaaaaaaaa"}})

    def table(self, name: str) -> pd.DataFrame:
        """A table by its name."""
        return self.tables[name]


def deliveries(rows: tuple[tuple[Any, ...], ...] = DELIVERY) -> pd.DataFrame:
    """The table of deliveries."""
    table = pd.DataFrame(rows, columns=["npsn", "option", "state", "date", "cost_idr"])
    return table.astype({"cost_idr": "Int64"})


def small_plan() -> SmallPlan:
    """The plan of :data:`CHOICE`, with a new 4G site that opens in two years' spending."""
    rows: list[dict[str, Any]] = [
        {
            "row_id": f"schools.csv:{int(npsn) + 1}",
            "npsn": npsn,
            "option": option,
            "option_id": f"{npsn}|{option}",
            "shared_id": "B1" if option == "bts" else "",
            "year": year,
            "service_year": service,
            "capex_idr": capex,
            "ppn_capex_idr": ppn,
            "opex_year_idr": opex,
            "ppn_opex_idr": ppn_opex,
            "is_unfunded": False,
        }
        for npsn, option, year, service, capex, ppn, opex, ppn_opex in CHOICE
    ]
    unfunded = {**rows[0], "row_id": "schools.csv:7", "npsn": "00000006", "is_unfunded": True}
    opening = {**rows[1], "row_id": "", "npsn": "", "option": "open:bts", "option_id": ""}
    money = {"capex_idr": 1_000_000_000, "ppn_capex_idr": 110_000_000, "opex_year_idr": 300_000_000}
    opening |= money | {"ppn_opex_idr": 33_000_000}
    # The site needs a trunk; another trunk is used by nobody who is served.
    trunks = [
        {**opening, "option": "open:trunk", "shared_id": name, "capex_idr": 50_000_000}
        | {"ppn_capex_idr": 5_500_000, "opex_year_idr": 0, "ppn_opex_idr": 0}
        for name in ("T1", "T2")
    ]
    choice = pd.DataFrame([*rows, unfunded, opening, {**opening, "year": 2026}, *trunks])
    row_ids = [f"schools.csv:{n}" for n in range(2, 10)]
    return SmallPlan(
        {
            "choice": choice,
            "schools": pd.DataFrame({"row_id": row_ids, "status": STATUSES}),
            "shared": pd.DataFrame(
                {"shared_id": ["B1", "T1", "T2"], "needs_shared": ["T1", "", ""]}
            ),
            "delivery": deliveries((("00000008", "leo", "used", "2026-01-01", None),)),
            "options": pd.DataFrame(
                {
                    "option_id": [row["option_id"] for row in rows],
                    "delivered_after": [0.9, 0.5, 0.9, 0.9],
                }
            ),
        }
    )


def small_run(name: str, *, after: bool, date: str | None, shift: float = 0.0) -> Run:
    """The run before or after: three schools of Kab. A, the others of Kab. B."""
    rows = []
    for n, (npsn, facts) in enumerate(SCHOOLS.items()):
        deficit, delivered, gap = facts[3:6] if after else facts[:3]
        rows.append(
            {
                "row_id": f"schools.csv:{n + 2}",
                "npsn": npsn,
                "name": f"SD {npsn[-1]}",
                "level": "SD",
                "ownership": "public",
                "kabupaten": KAB[n % 2],
                "kecamatan": "x",
                "lat_given": "-3",
                "lon_given": "115",
                "lat": -3.0 - n / 100 if n != 5 else None,
                "lon": 115.0,
                "students": facts[8],
                "deficit": deficit + shift,
                "delivered": delivered,
                "gap_type": gap,
                "is_duplicate": False,
                "measured_tests": facts[7] if after else None,
                "delivered_status": "known" if facts[6] else "inferred",
            }
        )
    # A second row of the first school, which does not count.
    rows.append({**rows[0], "row_id": "schools.csv:10", "is_duplicate": True, "deficit": 0.0})
    dates: Mapping[str, Any] = {} if date is None else {"schools.date": date}
    table: Any = pd.DataFrame(rows).astype({"students": "Int64", "measured_tests": "Int64"})
    manifest = {"project": "Contoh", "kalsel_gap": "1", "parameters": dict(dates)}
    return Run(Path("runs") / name, table, pd.DataFrame(), manifest)
