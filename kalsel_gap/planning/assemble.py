"""From options, payers and limits to the numbers of the solver: columns and rows of a plan.

A column is an option of a school in one budget year, paid by one envelope, or the opening of shared
infrastructure likewise. Money stands in the rows in thousands of rupiah: each amount is rounded up
and each ceiling down, so whatever keeps the rows keeps the ceilings to the rupiah. Only what can be
paid is a column: an envelope without a ceiling is unknown, never unlimited.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from kalsel_gap.planning.envelopes import capex_payers
from kalsel_gap.planning.model import PAYER, Problem, RowName
from kalsel_gap.planning.plan_limits import LimitRows, add_floors, add_limits
from kalsel_gap.planning.spending import MONEY, MONTHS, contract_parts, spending_cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kalsel_gap.geo.arrays import BoolArray, FloatArray, IntArray
    from kalsel_gap.project.plan import PlanRules

OPENING = "open:"
THOUSAND = 1_000
COLUMN_NAMES = (
    *("row_id", "npsn", "option_id", "option", "shared_id", "partner", "year", "lead_months"),
    *("service_year", "envelope_capex", "envelope_opex", *MONEY, "benefit", "benefit_years"),
    *("required_mbps", "capacity_mbps", "installations", "pv_idr"),
)
MoneyCell = tuple[str, int]


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """What a plan is made of.

    Attributes
    ----------
    schools : DataFrame
        ``row_id npsn level ownership kabupaten_code students is_coastal is_mountain
        is_small_island`` of every row of the run.
    options, shared : DataFrame
        As of :func:`.options.make_options`, with the columns of :func:`.spending.add_ppn` in the
        place of their amounts.
    envelopes : DataFrame
        As of :func:`.envelopes.envelopes_of`.
    rules : PlanRules
        Ceilings, floors, supply, teams, access.
    years : tuple of int
        Budget years, rising.
    waiting : tuple of str
        `row_id` of the schools that may be served, in the order in which ties are broken.
    connected : frozenset of str
        `row_id` of schools that have a connection which a hub may use.
    refused : frozenset of (str, str)
        `row_id` and option that are not offered again.
    """

    schools: pd.DataFrame
    options: pd.DataFrame
    shared: pd.DataFrame
    envelopes: pd.DataFrame
    rules: PlanRules
    years: tuple[int, ...]
    waiting: tuple[str, ...]
    connected: frozenset[str] = frozenset()
    refused: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class AssembledPlan:
    """The problem, and what its columns are.

    Attributes
    ----------
    problem : Problem
        Its value is the first objective.
    columns : DataFrame
        :data:`COLUMN_NAMES`, a row for each column of the problem.
    groups : tuple of str
        `row_id` of each group.
    spending : tuple of dict
        Of each column: rupiah with PPN by envelope and year, also of years without a ceiling.
    objectives : dict
        ``gap``, ``students``, ``schools`` and ``saving``: the value of each column.
    """

    problem: Problem
    columns: pd.DataFrame
    groups: tuple[str, ...]
    spending: tuple[dict[MoneyCell, int], ...]
    objectives: dict[str, FloatArray]


@dataclass(frozen=True, slots=True)
class _Offer:
    """What is the same in all years and for all payers of an option or an opening."""

    names: tuple[str, str, str, str, str]  # row_id, npsn, option_id, option, shared_id
    partner: str
    money: tuple[int, ...]
    lead_months: int
    benefit: float
    required_mbps: float
    capacity_mbps: float
    installations: int
    pv_idr: int


@dataclass(slots=True)
class _MadeColumns:
    """Columns that are being made."""

    ceilings: Mapping[MoneyCell, int]
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    spending: list[dict[MoneyCell, int]] = field(default_factory=list)


def usable_options(inputs: PlanInputs) -> pd.DataFrame:
    """Options that may be chosen: feasible, priced, of use, of a waiting school, not refused.

    Returns
    -------
    DataFrame
        The columns of the options with ``payer_capex`` and ``payer_opex``, sorted by school in the
        order of ties and by `option_id`.
    """
    options = inputs.options
    place = {row_id: number for number, row_id in enumerate(inputs.waiting)}
    pairs = zip(options["row_id"], options["option"], strict=True)
    is_refused = np.array([pair in inputs.refused for pair in pairs], dtype=bool)
    kept = options[
        options["is_feasible"]
        & options["is_priced"]
        & options["row_id"].isin(place)
        & (options["benefit"].fillna(0.0) > 0.0)
        & ~is_refused
    ]
    payers = inputs.envelopes[["option_id", "payer_capex", "payer_opex"]]
    kept = kept.merge(payers, on="option_id", validate="one_to_one")
    kept = kept.assign(place=kept["row_id"].map(place))
    return kept.sort_values(["place", "option_id"], ignore_index=True).drop(columns="place")


def assemble_plan(inputs: PlanInputs) -> AssembledPlan:
    """The problem of a plan.

    Benefit counts from the first month of service to the end of the horizon. The lead time of an
    option is at least that of what it shares, and the season may lengthen it. A hub opens only at
    a school that has a connection, or gets one by something other than a hub before the hub.

    Parameters
    ----------
    inputs : PlanInputs

    Returns
    -------
    AssembledPlan
    """
    options = usable_options(inputs)
    shared = SharedChains(inputs.shared)
    made = _MadeColumns(inputs.rules.ceiling_of())
    _add_openings(made, options, shared, inputs)
    _add_options(made, options, shared, inputs)
    columns = pd.DataFrame(made.rows, columns=list(COLUMN_NAMES))
    needing, providers = _needs(columns, shared, inputs)
    alive = _possible(len(columns), needing, providers)
    columns = columns[alive].reset_index(drop=True)
    spending = tuple(cells for cells, kept in zip(made.spending, alive, strict=True) if kept)
    needing, providers = _needs(columns, shared, inputs)
    groups = tuple(dict.fromkeys(each for each in columns["row_id"] if each))
    group = columns["row_id"].map({row_id: n for n, row_id in enumerate(groups)}).fillna(-1)
    rows = _rows_of(columns, spending, groups, inputs)
    responsible = dict(zip(options["option_id"], options["payer_capex"], strict=True))
    _add_payers(rows, columns, shared, responsible)
    objectives = _objectives(columns, inputs)
    npsn = dict(zip(inputs.schools["row_id"], inputs.schools["npsn"], strict=True))
    must = set(inputs.rules.must_include)
    problem = Problem(
        value=objectives["gap"],
        group=group.to_numpy(np.int64),
        rows=rows.matrix(len(columns)),
        limit=np.array(rows.limits, dtype=np.float64),
        names=tuple(rows.names),
        needs_column=needing,
        needs_any=providers,
        forced=np.array([npsn[row_id] in must for row_id in groups], dtype=bool),
        exclusive=_exclusive(columns),
    )
    return AssembledPlan(problem, columns, groups, spending, objectives)


class SharedChains:
    """Shared infrastructure by id, and what each part of it needs in turn.

    Parameters
    ----------
    shared : DataFrame
        ``shared_id needs_shared host_row_id is_priced lead_months`` and amounts.
    """

    def __init__(self, shared: pd.DataFrame) -> None:
        records = shared.sort_values("shared_id").to_dict("records")
        self.rows: dict[str, dict[Any, Any]] = {row["shared_id"]: row for row in records}

    def chain(self, shared_id: str) -> list[str]:
        """It and all that it needs; empty where a part is missing, unpriced or needs itself."""
        found: list[str] = []
        while shared_id:
            row = self.rows.get(shared_id)
            if row is None or not row["is_priced"] or shared_id in found:
                return []
            found.append(shared_id)
            shared_id = text_of_cell(row["needs_shared"])
        return found

    def lead_months(self, shared_id: str) -> int:
        """Longest lead time of it and what it needs."""
        leads = [int(self.rows[each]["lead_months"]) for each in self.chain(shared_id)]
        return max(leads, default=0)


def text_of_cell(value: object) -> str:
    """A text that may be missing."""
    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]


def opening_id(kind: str, shared_id: str) -> str:
    """What stands for `option_id` of an opening."""
    return f"|{OPENING}{kind}|{shared_id}"


def funded_envelopes(rules: PlanRules, years: Iterable[int]) -> set[str]:
    """Envelopes with a ceiling in any of the years."""
    known = set(years)
    return {each.envelope for each in rules.ceilings if each.year in known}


def _add_options(
    made: _MadeColumns, options: pd.DataFrame, shared: SharedChains, inputs: PlanInputs
) -> None:
    """Columns of schools: each option in each year, by each envelope that may pay."""
    rules = inputs.rules
    funded = funded_envelopes(rules, inputs.years)
    facts = inputs.schools.set_index("row_id")[["npsn", "level", "ownership"]].to_dict("index")
    for row in options.to_dict("records"):
        shared_id = text_of_cell(row["shared_id"])
        if not row["payer_capex"] or (shared_id and not shared.chain(shared_id)):
            continue
        school = facts[row["row_id"]]
        access = rules.access[row["access"] if row["access"] in rules.access else "unknown"]
        lead = int(row["lead_months"]) + access.wait_months
        lead = max(lead, shared.lead_months(shared_id) if shared_id else 0)
        payers = capex_payers(
            row["payer_capex"],
            text_of_cell(school["level"]),
            text_of_cell(school["ownership"]),
            *(rules, funded),
        )
        offer = _Offer(
            names=(row["row_id"], school["npsn"], row["option_id"], row["option"], shared_id),
            partner=text_of_cell(row["partner"]),
            money=tuple(int(row[name]) for name in MONEY),
            lead_months=lead,
            benefit=float(row["benefit"]),
            required_mbps=float(row["required_mbps"]),
            capacity_mbps=float(row["capacity_mbps"]),
            installations=access.installations,
            pv_idr=int(row["pv_idr"]),
        )
        for payer in payers:
            _add_years(made, offer, (payer, row["payer_opex"]), inputs)


def _add_openings(
    made: _MadeColumns, options: pd.DataFrame, shared: SharedChains, inputs: PlanInputs
) -> None:
    """Columns of openings: in each year, by each envelope that pays for a school that it serves."""
    payers: dict[str, set[str]] = defaultdict(set)
    pairs = zip(options["shared_id"], options["payer_capex"], strict=True)
    for shared_id, payer in {(text_of_cell(one), other) for one, other in pairs}:
        for each in shared.chain(shared_id):
            payers[each].add(payer)
    for shared_id in sorted(payers):
        row = shared.rows[shared_id]
        kind = row["kind"]
        offer = _Offer(
            names=("", "", opening_id(kind, shared_id), f"{OPENING}{kind}", shared_id),
            partner="",
            money=tuple(int(row[name]) for name in MONEY),
            lead_months=int(row["lead_months"]),
            benefit=math.nan,
            required_mbps=0.0,
            capacity_mbps=math.nan,
            installations=0,
            pv_idr=int(row["pv_idr"]),
        )
        for payer in sorted(payers[shared_id] - {""}):
            _add_years(made, offer, (payer, payer), inputs)


def _add_payers(
    rows: LimitRows, columns: pd.DataFrame, shared: SharedChains, responsible: Mapping[str, str]
) -> None:
    """Limits: who pays for shared infrastructure is responsible for a school that uses it.

    Where all schools within reach have one payer, an opening that serves any of them keeps this.
    """
    users: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    opened: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, (row_id, option_id, shared_id, payer) in enumerate(
        columns[["row_id", "option_id", "shared_id", "envelope_capex"]].itertuples(
            index=False, name=None
        )
    ):
        if not row_id:
            opened[shared_id, payer].append(number)
        elif shared_id:
            for each in shared.chain(shared_id):
                users[each][responsible[option_id]].append(number)
    for (shared_id, payer), openings in sorted(opened.items()):
        if len(users[shared_id]) > 1:
            entries = [(n, 1) for n in openings] + [(n, -1) for n in users[shared_id][payer]]
            rows.add(RowName(PAYER, f"{shared_id}|{payer}", None), entries, 0)


def _add_years(
    made: _MadeColumns, offer: _Offer, payers: tuple[str, str], inputs: PlanInputs
) -> None:
    """A column for each year in which it can be paid and is of use."""
    rules, lead = inputs.rules, offer.lead_months
    for year in inputs.years:
        months = (rules.horizon_years - (year - inputs.years[0])) * MONTHS - lead
        if months <= 0 or not _is_payable(offer, payers, year, inputs, made.ceilings):
            continue
        made.rows.append(
            (
                *(*offer.names, offer.partner, year, lead, year + lead // MONTHS, *payers),
                *(*offer.money, offer.benefit, months / MONTHS, offer.required_mbps),
                *(offer.capacity_mbps, offer.installations, offer.pv_idr),
            )
        )
        made.spending.append(spending_cells(offer.money, payers, year, lead, rules, inputs.years))


def _is_payable(
    offer: _Offer,
    payers: tuple[str, str],
    year: int,
    inputs: PlanInputs,
    ceilings: Mapping[MoneyCell, int],
) -> bool:
    """Whether all that is bought has a ceiling, and so have the running costs at their beginning.

    Later years without a ceiling are the cliff that a plan reports.
    """
    capex, ppn, opex, _ = offer.money
    lead, last = offer.lead_months, inputs.years[-1]
    parts = contract_parts(capex, ppn, lead, is_multi_year=inputs.rules.multi_year)
    for number, part in enumerate(parts):
        if sum(part) and (year + number > last or (payers[0], year + number) not in ceilings):
            return False
    if not opex:
        return True
    service = year + lead // MONTHS
    if service <= last:
        return (payers[1], service) in ceilings
    return any((payers[1], each) in ceilings for each in inputs.years)


def _exclusive(columns: pd.DataFrame) -> IntArray:
    """Sets of openings of which one is chosen at most: those of one shared infrastructure."""
    is_opening = columns["row_id"] == ""
    numbers = {each: n for n, each in enumerate(columns.loc[is_opening, "shared_id"].unique())}
    found: IntArray = (
        columns["shared_id"].map(numbers).where(is_opening, -1).fillna(-1).to_numpy(np.int64)
    )
    return found


def _needs(
    columns: pd.DataFrame, shared: SharedChains, inputs: PlanInputs
) -> tuple[IntArray, sparse.csr_array]:
    """Columns that need another one, and which ones meet the need."""
    openings: dict[str, list[tuple[int, int]]] = defaultdict(list)
    hosts: dict[str, list[tuple[int, int]]] = defaultdict(list)
    records = list(
        columns[["row_id", "option", "shared_id", "year", "lead_months"]].itertuples(
            index=False, name=None
        )
    )
    for number, (row_id, option, shared_id, year, lead) in enumerate(records):
        if not row_id:
            openings[shared_id].append((number, year))
        elif option != "hub":
            hosts[row_id].append((number, MONTHS * year + lead))
    needing: list[int] = []
    rows: list[list[int]] = []
    for number, (row_id, _, shared_id, year, lead) in enumerate(records):
        if row_id and shared_id:
            needing.append(number)
            rows.append([n for n, opened in openings[shared_id] if opened <= year])
        elif not row_id:
            needed = text_of_cell(shared.rows[shared_id]["needs_shared"])
            if needed:
                needing.append(number)
                rows.append([n for n, opened in openings[needed] if opened <= year])
            host = text_of_cell(shared.rows[shared_id]["host_row_id"])
            if host and host not in inputs.connected:
                needing.append(number)
                ready = MONTHS * year + lead
                rows.append([n for n, served in hosts[host] if served <= ready])
    at = np.repeat(np.arange(len(rows)), [len(each) for each in rows]).astype(np.int64)
    columns_ = np.array([n for each in rows for n in each], dtype=np.int64)
    ones = np.ones(len(columns_))
    matrix = sparse.csr_array((ones, (at, columns_)), shape=(len(rows), len(columns)))
    return np.array(needing, dtype=np.int64), matrix


def _possible(n: int, needing: IntArray, providers: sparse.csr_array) -> BoolArray:
    """Columns whose needs can be met by columns whose needs can be met."""
    alive: BoolArray = np.ones(n, dtype=bool)
    while True:
        met = providers @ alive.astype(np.float64) > 0
        dead = np.unique(needing[~met])
        if not alive[dead].any():
            return alive
        alive[dead] = False


def _objectives(columns: pd.DataFrame, inputs: PlanInputs) -> dict[str, FloatArray]:
    """The value of each column by objective; openings are worth nothing and cost something.

    Pupils that are not known count for nothing here: no number takes their place.
    """
    is_school = (columns["row_id"] != "").to_numpy()
    known = inputs.schools["students"].fillna(0)
    pupils = dict(zip(inputs.schools["row_id"], known, strict=True))
    students = [float(pupils[row_id]) if row_id else 0.0 for row_id in columns["row_id"]]
    gap = (columns["benefit"] * columns["benefit_years"]).fillna(0.0)
    return {
        "gap": gap.to_numpy(np.float64),
        "students": np.array(students, dtype=np.float64),
        "schools": is_school.astype(np.float64),
        "saving": -columns["pv_idr"].to_numpy(np.float64) / THOUSAND,
    }


def _rows_of(
    columns: pd.DataFrame,
    spending: Sequence[Mapping[MoneyCell, int]],
    groups: Sequence[str],
    inputs: PlanInputs,
) -> LimitRows:
    """Everything that limits a plan."""
    rows = LimitRows()
    ceilings = {
        cell: amount
        for cell, amount in inputs.rules.ceiling_of().items()
        if cell[1] in inputs.years
    }
    used: dict[MoneyCell, list[tuple[int, int]]] = {cell: [] for cell in sorted(ceilings)}
    for number, cells in enumerate(spending):
        for cell, idr in cells.items():
            if cell in used and idr:
                used[cell].append((number, -(-idr // THOUSAND)))
    for (envelope, year), entries in used.items():
        limit = ceilings[envelope, year] // THOUSAND
        rows.add(RowName("ceiling", envelope, year), entries, limit)
    add_limits(rows, columns, inputs.shared, inputs.rules)
    add_floors(rows, columns, groups, inputs.schools, inputs.rules.floors)
    return rows
