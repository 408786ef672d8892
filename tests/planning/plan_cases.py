"""Schools, options and prices made by hand, small enough to plan on paper."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kalsel_gap.planning.chosen_plan import PlanRequest, ProvenChoice, choose_plan
from kalsel_gap.planning.delivery import DeliveryEffects, match_deliveries
from kalsel_gap.planning.plan_check import verify_plan
from kalsel_gap.project.base import default_values, flatten, merge
from kalsel_gap.project.costs import Costs
from kalsel_gap.project.plan import PlanRules
from kalsel_gap.sources.delivery import DELIVERY_COLUMNS
from kalsel_gap.storage.plan_folder import write_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

M = 1_000_000
PRICES = pd.DataFrame(
    [
        ("kit", "once", 8 * M, True),
        ("free", "once", M, False),
        ("month", "month", M, True),
        ("tower", "once", 100 * M, True),
    ],
    columns=["item", "every", "price_idr", "taxable"],
).astype({"price_idr": "Int64"})


def school(number: int, **changed: Any) -> dict[str, Any]:
    """A public SD of 99.01 that is ranked; row s.csv:<number>, NPSN 0000000<number>."""
    return {
        "row_id": f"s.csv:{number}",
        "npsn": f"0000000{number}",
        "name": f"SD {number}",
        "level": "SD",
        "ownership": "public",
        "authority": "kabupaten",
        "kabupaten": "Kab. Hulu",
        "kabupaten_code": "99.01",
        "students": 100,
        "rank": number,
        "unranked_reason": None,
        "is_duplicate": False,
        "objections": None,
        "is_coastal": False,
        "is_mountain": False,
        "is_small_island": False,
    } | changed


def schools(*rows: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).astype(
        {"students": "Int64", "rank": "Int64", "is_duplicate": "boolean"}
    )


def option(number: int, code: str = "leo", **changed: Any) -> dict[str, Any]:
    """A kit of 8 million and a million a month, without PPN; of benefit 0.5 a year."""
    row_id = f"s.csv:{number}"
    partner = changed.get("partner", "")
    return {
        "row_id": row_id,
        "npsn": f"0000000{number}",
        "option": code,
        "option_id": f"{row_id}|{code}|{partner}",
        "partner": partner,
        "shared_id": "",
        "required_mbps": 20.0,
        "capacity_mbps": float("nan"),
        "delivered_after": 0.9,
        "benefit": 0.5,
        "is_feasible": True,
        "reason": "",
        "is_priced": True,
        "capex_idr": 8 * M,
        "opex_year_idr": 12 * M,
        "pv_idr": 56 * M,
        "eac_idr": 14 * M,
        "items": json.dumps({"kit": 1, "month": 1}),
        "lead_months": 1,
        "access": "road",
    } | changed


def options(*rows: Mapping[str, Any]) -> pd.DataFrame:
    amounts = ("capex_idr", "opex_year_idr", "pv_idr", "eac_idr")
    return pd.DataFrame(list(rows)).astype(dict.fromkeys(amounts, "Int64"))


def relay(shared_id: str = "r1", **changed: Any) -> dict[str, Any]:
    """A relay of 100 million that carries 50 Mbps."""
    return {
        "shared_id": shared_id,
        "kind": "relay",
        "name": "Bukit",
        "needs_shared": "",
        "host_row_id": "",
        "facility": "",
        "facility_share": 0.0,
        "capacity_mbps": 50.0,
        "is_priced": True,
        "capex_idr": 100 * M,
        "opex_year_idr": 0,
        "pv_idr": 100 * M,
        "eac_idr": 25 * M,
        "items": json.dumps({"tower": 1}),
        "lead_months": 2,
        "schools": 2,
    } | changed


def shared(*rows: Mapping[str, Any]) -> pd.DataFrame:
    amounts = ("capex_idr", "opex_year_idr", "pv_idr", "eac_idr")
    table = pd.DataFrame(list(rows), columns=list(relay()))
    return table.astype(dict.fromkeys(amounts, "Int64"))


def rules(ceilings: Mapping[tuple[str, int], int], **changed: Any) -> PlanRules:
    """Two years from 2027, service counted until 2031, no gap."""
    stated = {
        "years": [2027, 2028],
        "gap": 0.0,
        "ceilings": [
            {"envelope": envelope, "year": year, "amount": amount}
            for (envelope, year), amount in ceilings.items()
        ],
    }
    return PlanRules.model_validate(merge(default_values("plan"), stated | changed))


def deliveries(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """NPSN, option, state, date."""
    return pd.DataFrame(
        [(*row, None, "d.csv", number) for number, row in enumerate(rows, start=2)],
        columns=list(DELIVERY_COLUMNS),
    ).astype({"cost_idr": "Int64"})


def request(
    schools: pd.DataFrame,
    options: pd.DataFrame,
    rules: PlanRules,
    *,
    shared_rows: Iterable[Mapping[str, Any]] = (),
    delivered: pd.DataFrame | None = None,
    **changed: Any,
) -> PlanRequest:
    effects: DeliveryEffects = match_deliveries(
        deliveries() if delivered is None else delivered, schools
    )[0]
    given: dict[str, Any] = {
        "schools": schools,
        "options": options,
        "shared": shared(*shared_rows),
        "prices": PRICES,
        "rules": rules,
        "costs": Costs.shipped(),
        "effects": effects,
        "years": rules.years,
        "objective": rules.objective,
        "adequate": 0.8,
        "without": (),
        "path": Path("kalsel-gap.toml"),
    }
    return PlanRequest(**given | changed)


def planned(asked: PlanRequest) -> tuple[dict[str, pd.DataFrame], ProvenChoice]:
    """A plan, which the independent check of its files has nothing to say against."""
    tables, proven = choose_plan(asked, lambda step, done, total: None)
    sections = {"plan": asked.rules.model_dump(by_alias=True)}
    sections["costs"] = asked.costs.model_dump(by_alias=True)
    manifest = {
        "parameters": json.loads(json.dumps(dict(flatten(sections)), default=str)),
        "objective": asked.objective,
        **{name: getattr(proven, name) for name in ("value", "bound", "gap", "status")},
        "overrides": {"test": True},
    }
    with tempfile.TemporaryDirectory() as folder:
        plan = write_plan(Path(folder), manifest, tables)
        assert verify_plan(plan.folder) == []
    return tables, proven


def statuses(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Status by the number of the row."""
    table = tables["schools"]
    return {
        row_id.removeprefix("s.csv:"): status
        for row_id, status in zip(table["row_id"], table["status"], strict=True)
    }
