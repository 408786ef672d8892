"""A plan on disk, recomputed from its files alone by somebody who did not make it.

This module imports nothing of what makes a plan: neither the problem, nor the solver, nor the
makers of its tables. It reads ``plan.json`` and the tables, adds up in whole rupiah, and reports
every statement that it cannot confirm.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OPENING = "open:"
_REQUIRED = ("options", "shared", "choice", "budget", "schools")
_CLOSE = 1e-6  # relative: of values that are no money
_KBPS = 1_000


@dataclass(frozen=True, slots=True, order=True)
class PlanFault:
    """A statement of a plan that its own files contradict.

    Parameters
    ----------
    code : str
        What is wrong: one of the checks of :func:`verify_plan`.
    key : str
        Of which file, school, option, shared infrastructure or envelope.
    year : int
        Budget year; 0 where it is about none.
    stated, found : str
        What the plan says, and what its files give.
    """

    code: str
    key: str
    year: int = 0
    stated: str = ""
    found: str = ""


def verify_plan(folder: Path) -> list[PlanFault]:
    """Recompute a plan from its files.

    Parameters
    ----------
    folder : Path
        ``plans/<id>``.

    Returns
    -------
    list of PlanFault
        Sorted; empty for a plan that holds. Codes: ``file_missing``, ``file_altered``;
        ``option_twice``, ``option_unknown``, ``option_infeasible``, ``option_unpriced``,
        ``school_excluded``, ``school_not_planned``, ``school_status``; ``capex_differs``,
        ``opex_differs``, ``ppn_differs``; ``opening_unknown``, ``opening_twice``, ``not_opened``,
        ``host_not_served``, ``opening_unused``, ``payer_foreign``, ``over_capacity``;
        ``budget_differs``, ``ceiling_differs``, ``over_ceiling``; ``over_supply``, ``over_teams``;
        ``must_include``; ``floor_not_kept``; ``allocation_differs``; ``value_differs``,
        ``gap_differs``.

    Raises
    ------
    OSError, ValueError
        A file cannot be read at all.
    """
    manifest = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    faults = list(_files(folder, manifest))
    missing = [name for name in _REQUIRED if not (folder / f"{name}.parquet").is_file()]
    if missing:
        return sorted(
            {*faults, *(PlanFault("file_missing", f"{name}.parquet") for name in missing)}
        )
    plan = _Files(folder, manifest)
    for check in (
        *(_options, _statuses, _openings, _payers, _capacity, _budget, _deliveries, _floors),
        *(_allocation, _proof),
    ):
        faults += check(plan)
    return sorted(set(faults))


class _Files:
    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        self.folder, self.manifest = folder, manifest
        self.parameters: dict[str, Any] = manifest.get("parameters", {})
        self.options = self.table("options")
        self.shared = {str(row["shared_id"]): row for row in self._rows("shared")}
        self.option = {str(row["option_id"]): row for row in self.options.to_dict("records")}
        choice = self._rows("choice")
        # A contract over several years has a row for each of them: the first one is the order.
        choice.sort(key=lambda row: (str(row["option_id"]), bool(row["is_unfunded"]), row["year"]))
        self.rows = choice
        self.orders: dict[tuple[str, bool], list[dict[Any, Any]]] = defaultdict(list)
        for row in choice:
            self.orders[str(row["option_id"]), bool(row["is_unfunded"])].append(row)
        self.openings: dict[tuple[str, bool], dict[Any, Any]] = {}
        for rows in self.orders.values():
            if not text_in(rows[0]["row_id"]):
                key = text_in(rows[0]["shared_id"]), bool(rows[0]["is_unfunded"])
                self.openings.setdefault(key, rows[0])
        self.served = {
            text_in(rows[0]["row_id"]): rows[0]
            for rows in self.orders.values()
            if text_in(rows[0]["row_id"])
        }

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / f"{name}.parquet")

    def has(self, name: str) -> bool:
        return (self.folder / f"{name}.parquet").is_file()

    def _rows(self, name: str) -> list[dict[Any, Any]]:
        return self.table(name).to_dict("records")

    def parameter(self, key: str) -> Any:  # noqa: ANN401 - as JSON holds it
        """A parameter by dotted key, whether it was recorded whole or by its parts."""
        if key in self.parameters:
            return self.parameters[key]
        parts = {
            name.removeprefix(f"{key}."): value
            for name, value in self.parameters.items()
            if name.startswith(f"{key}.")
        }
        nested: dict[str, Any] = {}
        for name, value in parts.items():
            *path, last = name.split(".")
            place = nested
            for each in path:
                place = place.setdefault(each, {})
            place[last] = value
        return nested or None

    def years(self) -> list[int]:
        """Budget years: those of the budget, should the record not name them."""
        stated = self.parameter("plan.years")
        return sorted({int(year) for year in stated or self.table("budget")["year"]})

    def opened_by(self, shared_id: str, *, is_unfunded: bool) -> dict[Any, Any] | None:
        """The order that opens it; what is planned apart may use what the plan itself opens."""
        found = self.openings.get((shared_id, False))
        return found or (self.openings.get((shared_id, True)) if is_unfunded else None)


def text_in(value: object) -> str:
    """A cell's text, empty where it is missing.

    Examples
    --------
    >>> text_in(None), text_in(float("nan")), text_in("a")
    ('', '', 'a')
    """
    return "" if value is None or value is pd.NA or value != value else str(value)  # noqa: PLR0124


def whole(value: object) -> int:
    """A cell's whole number, 0 where it is missing.

    Examples
    --------
    >>> whole(pd.NA), whole(12)
    (0, 12)
    """
    return int(value) if text_in(value) else 0  # type: ignore[call-overload]


def half_up(amount: Fraction) -> int:
    """The nearest whole number, a half upwards.

    Examples
    --------
    >>> half_up(Fraction(5, 2)), half_up(Fraction(12, 5))
    (3, 2)
    """
    return math.floor(amount + Fraction(1, 2))


def _files(folder: Path, manifest: dict[str, Any]) -> Iterator[PlanFault]:
    for name, stated in manifest.get("files", {}).items():
        path = folder / name
        if not path.is_file():
            yield PlanFault("file_missing", name)
        elif hashlib.sha256(path.read_bytes()).hexdigest() != stated:
            yield PlanFault("file_altered", name)


def _options(plan: _Files) -> Iterator[PlanFault]:
    """One option a school, a feasible and priced one, at its own cost."""
    count = Counter(
        text_in(rows[0]["row_id"]) for rows in plan.orders.values() if text_in(rows[0]["row_id"])
    )
    for row_id, times in count.items():
        if times > 1:
            yield PlanFault("option_twice", row_id, stated="1", found=str(times))
    for (option_id, _), rows in plan.orders.items():
        row_id = text_in(rows[0]["row_id"])
        if not row_id:
            continue
        option = plan.option.get(option_id)
        if option is None or text_in(option["row_id"]) != row_id:
            yield PlanFault("option_unknown", option_id)
            continue
        if not option["is_feasible"]:
            yield PlanFault("option_infeasible", option_id, found=text_in(option["reason"]))
        if not option["is_priced"]:
            yield PlanFault("option_unpriced", option_id, found=text_in(option["unpriced_items"]))
        yield from _money(
            plan, option_id, rows, whole(option["capex_idr"]), whole(option["opex_year_idr"])
        )


def _money(
    plan: _Files, key: str, rows: list[dict[Any, Any]], capex: int, opex: int
) -> Iterator[PlanFault]:
    """What an order pays is what it costs, and PPN is not more than the whole of it bears."""
    sums = {
        name: sum(whole(row[name]) for row in rows)
        for name in ("capex_idr", "opex_year_idr", "ppn_capex_idr", "ppn_opex_idr")
    }
    for code, name, expected in (
        ("capex_differs", "capex_idr", capex),
        ("opex_differs", "opex_year_idr", opex),
    ):
        if sums[name] != expected:
            yield PlanFault(code, key, stated=str(sums[name]), found=str(expected))
    rate, base = plan.parameter("costs.ppn.rate"), plan.parameter("costs.ppn.base_share")
    if rate is None or base is None:
        return
    share = Fraction(str(rate)) * Fraction(str(base))
    for name, amount in (("ppn_capex_idr", capex), ("ppn_opex_idr", opex)):
        most = half_up(amount * share)
        if not 0 <= sums[name] <= most:
            yield PlanFault("ppn_differs", key, stated=str(sums[name]), found=str(most))


def _statuses(plan: _Files) -> Iterator[PlanFault]:
    """Schools say what the choice says."""
    schools = plan.table("schools")
    status = dict(zip(schools["row_id"].map(text_in), schools["status"].map(text_in), strict=True))
    npsn = dict(zip(schools["row_id"].map(text_in), schools["npsn"].map(text_in), strict=True))
    yield from _lists(plan, npsn)
    for row_id, order in plan.served.items():
        expected = "unfunded" if order["is_unfunded"] else "planned"
        found = status.get(row_id, "")
        if found in {"excluded", "promised", "not_counted"}:
            yield PlanFault("school_excluded", row_id, stated=found)
        elif found != expected:
            yield PlanFault("school_status", row_id, stated=found, found=expected)
    for row_id, found in status.items():
        if found == "planned" and row_id not in plan.served:
            yield PlanFault("school_not_planned", row_id)


def _lists(plan: _Files, npsn: dict[str, str]) -> Iterator[PlanFault]:
    """Who must be in is in, who must be out is out."""
    served = {npsn.get(row_id) for row_id, row in plan.served.items() if not row["is_unfunded"]}
    for each in plan.parameter("plan.must_include") or ():
        if str(each) not in served:
            yield PlanFault("must_include", str(each))
    for name in ("must_exclude", "promised"):
        for each in plan.parameter(f"plan.{name}") or ():
            if str(each) in served:
                yield PlanFault("school_excluded", str(each), stated=name)


def _openings(plan: _Files) -> Iterator[PlanFault]:
    """Shared infrastructure is opened once, not after it is used, with all that it needs."""
    count: Counter[tuple[str, bool]] = Counter()
    for (option_id, is_unfunded), rows in plan.orders.items():
        order = rows[0]
        shared_id, row_id = text_in(order["shared_id"]), text_in(order["row_id"])
        if row_id:
            if shared_id:
                yield from _opened_before(plan, order, shared_id, option_id)
            continue
        years = Counter(whole(row["year"]) for row in rows)
        count[shared_id, is_unfunded] += max(years.values())
        shared = plan.shared.get(shared_id)
        if shared is None or not text_in(order["option"]).startswith(_OPENING):
            yield PlanFault("opening_unknown", option_id)
            continue
        if not shared["is_priced"]:
            yield PlanFault("option_unpriced", option_id)
        borne = shared.get("facility_share", "")
        part = float(borne) if text_in(borne) else 0.0
        capex, opex = whole(shared["capex_idr"]), whole(shared["opex_year_idr"])
        ours = (capex - int(capex * part), opex - int(opex * part))
        yield from _money(plan, option_id, rows, *ours)
        if text_in(shared["needs_shared"]):
            yield from _opened_before(plan, order, text_in(shared["needs_shared"]), option_id)
        yield from _hosted(plan, order, text_in(shared["host_row_id"]))
    for (shared_id, _), times in count.items():
        if times > 1:
            yield PlanFault("opening_twice", shared_id, stated="1", found=str(times))


def _payers(plan: _Files) -> Iterator[PlanFault]:
    """What is opened serves a school, and is paid for by who is responsible for one of them."""
    if not plan.has("envelopes"):
        return
    table = plan.table("envelopes")
    responsible = dict(zip(table["option_id"], table["payer_capex"], strict=True))
    users: dict[str, set[str]] = defaultdict(set)
    for order in plan.served.values():
        shared_id = text_in(order["shared_id"])
        seen: set[str] = set()
        while shared_id in plan.shared and shared_id not in seen:
            seen.add(shared_id)
            users[shared_id].add(text_in(responsible.get(order["option_id"])))
            shared_id = text_in(plan.shared[shared_id]["needs_shared"])
    for (shared_id, _), order in plan.openings.items():
        payer = text_in(order["envelope_capex"])
        if not users[shared_id]:
            yield PlanFault("opening_unused", shared_id)
        elif payer not in users[shared_id]:
            stated = ";".join(sorted(users[shared_id]))
            yield PlanFault("payer_foreign", shared_id, whole(order["year"]), payer, stated)


def _opened_before(
    plan: _Files, user: dict[Any, Any], shared_id: str, key: str
) -> Iterator[PlanFault]:
    opening = plan.opened_by(shared_id, is_unfunded=bool(user["is_unfunded"]))
    if opening is None:
        yield PlanFault("not_opened", key, stated=shared_id)
    elif whole(opening["service_year"]) > whole(user["service_year"]):
        yield PlanFault(
            "not_opened", key, whole(user["service_year"]), shared_id,
            str(whole(opening["service_year"])),
        )  # fmt: skip


def _hosted(plan: _Files, opening: dict[Any, Any], host: str) -> Iterator[PlanFault]:
    if not host:
        return
    order = plan.served.get(host)
    if order is not None and whole(order["service_year"]) <= whole(opening["service_year"]):
        return
    schools = plan.table("schools")
    status = schools.loc[schools["row_id"].map(text_in) == host, "status"].map(text_in)
    # A hub may stand at a school that has an adequate connection already.
    if order is not None or not status.isin({"adequate", "promised", "served"}).any():
        yield PlanFault("host_not_served", text_in(opening["shared_id"]), stated=host)


def _capacity(plan: _Files) -> Iterator[PlanFault]:
    """Together the schools of one opening need at most what it carries."""
    used: dict[str, int] = defaultdict(int)
    for row in plan.served.values():
        option = plan.option.get(str(row["option_id"]))
        if not text_in(row["shared_id"]) or row["is_unfunded"] or option is None:
            continue
        need = option["required_mbps"]
        if text_in(need):
            used[text_in(row["shared_id"])] += math.ceil(need * _KBPS)
    for shared_id, kbps in used.items():
        capacity = plan.shared.get(shared_id, {}).get("capacity_mbps", "")
        if text_in(capacity) and kbps > math.floor(float(capacity) * _KBPS):
            yield PlanFault("over_capacity", shared_id, stated=str(capacity), found=str(kbps))


def _spending(plan: _Files) -> dict[tuple[str, int], list[int]]:
    """What is bought, running costs and PPN by envelope and year."""
    sums: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    years = plan.years()
    for row in plan.rows:
        capex, ppn = whole(row["capex_idr"]), whole(row["ppn_capex_idr"])
        if capex or ppn:
            cell = sums[text_in(row["envelope_capex"]), whole(row["year"])]
            cell[0] += capex
            cell[2] += ppn
        opex, ppn = whole(row["opex_year_idr"]), whole(row["ppn_opex_idr"])
        for year in years if opex or ppn else ():
            if year >= whole(row["service_year"]):
                cell = sums[text_in(row["envelope_opex"]), year]
                cell[1] += opex
                cell[2] += ppn
    return sums


def _budget(plan: _Files) -> Iterator[PlanFault]:
    """Each envelope and year adds up to the rupiah, and stays below its ceiling."""
    sums = _spending(plan)
    asked = plan.parameter("plan.ceilings")
    # Tables of a list are recorded by their numbers.
    asked = list(asked.values()) if isinstance(asked, dict) else asked
    ceilings = {
        (str(each["envelope"]), int(each["year"])): int(each["amount"]) for each in asked or ()
    }
    seen = set()
    for row in plan.table("budget").to_dict("records"):
        envelope, year = text_in(row["envelope"]), whole(row["year"])
        seen.add((envelope, year))
        capex, opex, ppn = sums.get((envelope, year), [0, 0, 0])
        ceiling = whole(row["ceiling_idr"]) if text_in(row["ceiling_idr"]) else None
        expected = ceilings.get((envelope, year))
        if asked is not None and ceiling != expected:
            yield PlanFault("ceiling_differs", envelope, year, str(ceiling), str(expected))
        total = capex + opex + ppn
        found = {"capex_idr": capex, "opex_idr": opex, "ppn_idr": ppn, "total_idr": total}
        if ceiling is not None:
            found["left_idr"] = ceiling - total
            if total > ceiling:
                yield PlanFault("over_ceiling", envelope, year, str(ceiling), str(total))
        for name, amount in found.items():
            if whole(row[name]) != amount:
                key = f"{envelope} {name}"
                yield PlanFault("budget_differs", key, year, str(whole(row[name])), str(amount))
    for envelope, year in sorted(set(sums) - seen):
        total = sum(sums[envelope, year])
        yield PlanFault("budget_differs", f"{envelope} total_idr", year, "", str(total))


def _deliveries(plan: _Files) -> Iterator[PlanFault]:
    """No more installations a year than can be supplied and done."""
    orders = [row for row in plan.served.values() if not row["is_unfunded"]]
    for option, limits in (plan.parameter("plan.supply") or {}).items():
        for year, limit in limits.items():
            found = sum(
                text_in(row["option"]) == option and whole(row["year"]) == int(year)
                for row in orders
            )
            if found > int(limit):
                yield PlanFault("over_supply", option, int(year), str(limit), str(found))
    for year, limit in (plan.parameter("plan.teams") or {}).items():
        found = sum(whole(row["year"]) == int(year) for row in orders)
        if found > int(limit):
            yield PlanFault("over_teams", "", int(year), str(limit), str(found))


def _floors(plan: _Files) -> Iterator[PlanFault]:
    """Least shares, where the plan keeps who belongs to each group: ``floors``."""
    if not plan.has("floors"):
        return
    planned = {row_id for row_id, row in plan.served.items() if not row["is_unfunded"]}
    for row in plan.table("floors").to_dict("records"):
        found = len(planned & set(json.loads(row["members"])))
        if found < whole(row["least"]):
            least = str(whole(row["least"]))
            yield PlanFault("floor_not_kept", text_in(row["key"]), 0, least, str(found))


def _allocation(plan: _Files) -> Iterator[PlanFault]:
    """What the schools bear of an opening sums up to what is paid for it, to the rupiah."""
    if not plan.has("allocation"):
        return
    borne: dict[str, int] = defaultdict(int)
    shares: dict[str, float] = defaultdict(float)
    for row in plan.table("allocation").to_dict("records"):
        shared_id = text_in(row["shared_id"])
        shares[shared_id] += float(row["share"])
        if text_in(row["row_id"]):
            borne[shared_id] += whole(row["idr"])
    paid: dict[str, int] = defaultdict(int)
    for row in plan.rows:
        if not text_in(row["row_id"]):
            paid[text_in(row["shared_id"])] += whole(row["capex_idr"]) + whole(row["ppn_capex_idr"])
    for shared_id in sorted(borne):
        if borne[shared_id] != paid[shared_id]:
            stated, found = str(borne[shared_id]), str(paid[shared_id])
            yield PlanFault("allocation_differs", shared_id, 0, stated, found)
        if not math.isclose(shares[shared_id], 1, rel_tol=_CLOSE) and paid[shared_id]:
            yield PlanFault("allocation_differs", shared_id, 0, f"{shares[shared_id]:.6f}", "1")


def _proof(plan: _Files) -> Iterator[PlanFault]:
    """The value is that of the choice, and the gap that of value and bound."""
    value, bound, gap = (plan.manifest.get(name) for name in ("value", "bound", "gap"))
    if plan.manifest.get("objective") == "gap" and value is not None:
        found = math.fsum(
            float(row["benefit"]) * float(row["benefit_years"])
            for row in plan.rows
            if text_in(row["row_id"]) and text_in(row["benefit"]) and not row["is_unfunded"]
        )
        if not math.isclose(found, value, rel_tol=_CLOSE, abs_tol=1e-9):
            yield PlanFault("value_differs", "", 0, f"{value:.9g}", f"{found:.9g}")
    if value is None or bound is None or gap is None:
        return
    found = max(bound - value, 0.0) / max(abs(value), 1e-12)
    if bound < value - _CLOSE * abs(value) or not math.isclose(found, gap, abs_tol=_CLOSE):
        yield PlanFault("gap_differs", "", 0, f"{gap:.9g}", f"{found:.9g}")
