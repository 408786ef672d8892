"""The tables of a plan from options, prices and limits: no file is read or written here."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kalsel_gap.errors import ProjectError, SeveralErrors
from kalsel_gap.findings import to_frame
from kalsel_gap.planning.assemble import (
    OPENING,
    AssembledPlan,
    PlanInputs,
    assemble_plan,
    usable_options,
)
from kalsel_gap.planning.choice import (
    CHOICE_TYPES,
    allocate_shared,
    budget_of,
    choice_of,
    running_of,
    sort_choice,
)
from kalsel_gap.planning.conflicts import MONEY_KIND, find_conflicts, find_missing_money
from kalsel_gap.planning.envelopes import ENVELOPE_COLUMNS, envelopes_of, pays_once, skpd_of
from kalsel_gap.planning.fill import take_in_order
from kalsel_gap.planning.marginal import find_marginal
from kalsel_gap.planning.model import check_solution
from kalsel_gap.planning.more_money import PlanRoom, close_unused, top_up, value_more
from kalsel_gap.planning.opex_cliff import find_cliffs
from kalsel_gap.planning.school_statuses import PlanStanding, standing_of, status_table
from kalsel_gap.planning.solve import solve_in_order
from kalsel_gap.planning.spending import add_ppn
from kalsel_gap.planning.unfunded import plan_unfunded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from kalsel_gap.geo.arrays import BoolArray, FloatArray
    from kalsel_gap.planning.conflicts import Conflict
    from kalsel_gap.planning.delivery import DeliveryEffects
    from kalsel_gap.project.costs import Costs
    from kalsel_gap.project.plan import Objective, PlanRules

# What is made as large as possible, and what next among equal plans.
OBJECTIVE_ORDER: dict[str, tuple[str, str]] = {
    "gap": ("gap", "saving"),
    "students": ("students", "gap"),
    "cost": ("schools", "saving"),
    "schools": ("schools", "gap"),
}
_THOUSAND = 1_000


ColumnName = tuple[str, int, str, str]  # option_id, year, envelopes of capex and opex


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a plan is asked for.

    Attributes
    ----------
    schools : DataFrame
        Of the run.
    options, shared : DataFrame
        As of :func:`.options.make_options`.
    prices : DataFrame
        As of :func:`.costs.price_table`.
    rules : PlanRules
    costs : Costs
    effects : DeliveryEffects
    years : tuple of int
        Budget years, rising.
    objective : str
    adequate : float
        Adequacy from which a service is adequate.
    without : collection of str
        NPSN that are left out.
    path : Path
        The project file, which errors name.
    findings : DataFrame
        About the tables of prices and deliveries; the plan keeps them.
    start : frozenset of tuple
        Columns of another plan, by their names, as far as they fit: a plan that is good enough and
        differs little from it is preferred.
    """

    schools: pd.DataFrame
    options: pd.DataFrame
    shared: pd.DataFrame
    prices: pd.DataFrame
    rules: PlanRules
    costs: Costs
    effects: DeliveryEffects
    years: tuple[int, ...]
    objective: Objective
    adequate: float
    without: Collection[str]
    path: Path
    start: frozenset[ColumnName] = frozenset()
    findings: pd.DataFrame = field(default_factory=lambda: to_frame(()))


@dataclass(frozen=True, slots=True)
class ProvenChoice:
    """Chosen columns, and what was proven of them.

    Attributes
    ----------
    chosen : bool array of shape (n,)
    value, bound, gap : float
        Of the first objective.
    status : str
        How the search ended.
    is_reproducible : bool
    """

    chosen: BoolArray
    value: float
    bound: float
    gap: float
    status: str
    is_reproducible: bool


def choose_plan(
    request: PlanRequest, report: Callable[[str, int, int], object]
) -> tuple[dict[str, pd.DataFrame], ProvenChoice]:
    """The tables of a plan, and what was proven of it.

    Parameters
    ----------
    request : PlanRequest
    report : callable
        Receives the step, and how much of it is done: ``columns``, ``solve_problem``, ``tables``.

    Returns
    -------
    tables : dict of DataFrame
        ``options shared prices envelopes choice allocation budget schools marginal shadow cliff
        delivery findings``.
    proven : ProvenChoice

    Raises
    ------
    ProjectError, SeveralErrors
        NPSN of lists that are of no school, schools that must be served and for which nothing can
        be planned; `plan_infeasible`: what conflicts, and the smallest change that would do.
    """
    report("columns", 0, 1)
    _refuse_unknown(request)
    standing, inputs = inputs_of(request)
    assembled = assemble_plan(inputs)
    _refuse_unservable(request, inputs, assembled)
    report("columns", 1, 1)
    report("solve", 0, 1)
    proven = _solve(request, assembled)
    report("solve", 1, 1)
    report("tables", 0, 1)
    tables = _tables_of(request, standing, inputs, assembled, proven)
    report("tables", 1, 1)
    return tables, proven


def columns_of_plan(request: PlanRequest) -> frozenset[ColumnName]:
    """What the plan of a request chooses, by option, year and payers."""
    assembled = assemble_plan(inputs_of(request)[1])
    return frozenset(_column_names(assembled.columns[_solve(request, assembled).chosen]))


def _column_names(columns: pd.DataFrame) -> Iterator[ColumnName]:
    names = ["option_id", "year", "envelope_capex", "envelope_opex"]
    return columns[names].itertuples(index=False, name=None)


def _start_of(request: PlanRequest, assembled: AssembledPlan) -> BoolArray | None:
    """The plan to begin with: what is there of it still, and what fits beside that."""
    if not request.start:
        return None
    mine = [n for n, name in enumerate(_column_names(assembled.columns)) if name in request.start]
    # What others need is taken in an earlier pass than they are.
    taken = take_in_order(assembled.problem, mine * 3)
    return top_up(assembled.problem, close_unused(assembled.problem, taken))


def inputs_of(request: PlanRequest) -> tuple[PlanStanding, PlanInputs]:
    """Who may be served, and what :func:`.assemble.assemble_plan` makes the problem of.

    Parameters
    ----------
    request : PlanRequest
    """
    standing = standing_of(
        *(request.schools, request.options, request.rules, request.effects, request.without)
    )
    payers = envelopes_of(request.schools, request.options, request.rules, request.costs)
    share = request.costs.ppn.share
    options = request.options.assign(**add_ppn(request.options, request.prices, share))
    inputs = PlanInputs(
        schools=request.schools,
        options=options,
        shared=_with_plans_part(request),
        envelopes=payers,
        rules=request.rules,
        years=request.years,
        waiting=standing.waiting,
        connected=standing.connected,
        refused=frozenset(request.effects.refused),
    )
    return standing, inputs


def _with_plans_part(request: PlanRequest) -> pd.DataFrame:
    """Shared infrastructure with what the plan bears of it, and ``full_idr``, all with PPN."""
    share = request.costs.ppn.share
    whole = add_ppn(request.shared.assign(facility_share=0.0), request.prices, share)
    ours = add_ppn(request.shared, request.prices, share)
    full = whole["capex_idr"] + whole["ppn_capex_idr"]
    return request.shared.assign(**ours, full_idr=full)


def _refuse_unknown(request: PlanRequest) -> None:
    known = set(request.schools["npsn"])
    lists = ("must_include", "must_exclude", "promised")
    faults = [
        ProjectError(
            "plan_npsn_unknown",
            path=request.path,
            column=f"plan.{name}",
            known=", ".join(unknown),
        )
        for name in lists
        if (unknown := [npsn for npsn in getattr(request.rules, name) if npsn not in known])
    ]
    if faults:
        raise SeveralErrors(list(faults))


def _refuse_unservable(request: PlanRequest, inputs: PlanInputs, assembled: AssembledPlan) -> None:
    schools = request.schools
    served = set(schools.loc[schools["row_id"].isin(assembled.groups), "npsn"])
    lacking = [each for each in request.rules.must_include if each not in served]
    if not lacking:
        return
    places = _places(schools)
    usable = usable_options(inputs)
    facts = []
    for school in schools[schools["npsn"].isin(lacking)].to_dict("records"):
        own = usable[(usable["row_id"] == school["row_id"]) & (usable["payer_capex"] != "")]
        costs = own["capex_idr"] + own["ppn_capex_idr"]
        least = own.loc[costs.idxmin()] if len(own) else None
        payer = "" if least is None else str(least["payer_capex"])
        facts.append(
            {
                "npsn": school["npsn"],
                "name": school["name"] if isinstance(school["name"], str) else "",
                "idr": None if least is None else int(costs.min()),
                "envelope": payer,
                "place": places.get(payer.partition("_")[2], ""),
            }
        )
    raise ProjectError(
        "plan_must_without_option",
        path=request.path,
        column="plan.must_include",
        lacking=facts,
    )


def _solve(request: PlanRequest, assembled: AssembledPlan) -> ProvenChoice:
    """The best plan by the objectives in their order, topped up, and checked exactly."""
    problem, rules = assembled.problem, request.rules
    values = [assembled.objectives[name] for name in OBJECTIVE_ORDER[request.objective]]
    if not problem.n:
        return ProvenChoice(np.zeros(0, dtype=bool), 0.0, 0.0, 0.0, "optimal", True)  # noqa: FBT003
    # Plans with as many schools or pupils differ much; two gaps that are equal hardly ever do.
    always = 1 if request.objective == "gap" else 2
    found = solve_in_order(
        problem,
        values,
        start=_start_of(request, assembled),
        gap=rules.gap,
        nodes=rules.nodes,
        always=always,
    )
    first, last = (
        found[0],
        next((each for each in reversed(found) if math.isfinite(each.value)), found[0]),
    )
    if not math.isfinite(first.value):
        if first.status == "interrupted":
            raise KeyboardInterrupt
        raise _infeasible(request, assembled)
    chosen = close_unused(problem, last.chosen)
    if request.objective != "cost" and first.status != "optimal":
        chosen = top_up(replace(problem, value=values[0]), chosen)
    broken = check_solution(problem, chosen)
    if broken:
        message = f"the chosen plan breaks {broken[:3]}"
        raise AssertionError(message)
    value = math.fsum(values[0][chosen].tolist())
    bound = max(first.bound, value)
    return ProvenChoice(
        chosen=chosen,
        value=value,
        bound=bound,
        gap=(bound - value) / abs(value) if value else 0.0 if bound <= 0.0 else 1.0,
        status="interrupted" if found[-1].status == "interrupted" else first.status,
        is_reproducible=all(each.is_reproducible for each in found),
    )


def _infeasible(request: PlanRequest, assembled: AssembledPlan) -> ProjectError:
    """What conflicts, the smallest change, and the money that would do without other changes."""
    problem = assembled.problem
    found = find_conflicts(problem)
    facts = _limit_facts(request, assembled, found)
    changes = [each for each in facts if each["excess"]]
    money: list[dict[str, Any]] = []
    if any(each["kind"] != MONEY_KIND for each in changes):
        money = _limit_facts(request, assembled, find_missing_money(problem))
    return ProjectError(
        "plan_infeasible", path=request.path, limits=facts, changes=changes, money=money
    )


def _limit_facts(
    request: PlanRequest, assembled: AssembledPlan, found: Sequence[Conflict]
) -> list[dict[str, Any]]:
    """Limits with the names that a sentence needs: money in rupiah, capacities in kbps."""
    schools, problem = request.schools, assembled.problem
    of_school = schools.set_index("row_id")[["npsn", "name"]].to_dict("index")
    shared = dict(zip(request.shared["shared_id"], request.shared["name"], strict=True))
    places = _places(schools)
    limits = dict(zip(problem.names, problem.limit.tolist(), strict=True))
    facts: list[dict[str, Any]] = []
    for each in found:
        kind, key, year = each.name.kind, each.name.key, each.name.year
        name: object = ""
        match kind:
            case "must_include":
                school = of_school[assembled.groups[int(key)]]
                key, name = str(school["npsn"]), school["name"]
            case "ceiling":
                name = places.get(key.partition("_")[2], "")
            case "floor":
                name = places.get(key.rpartition(":")[2].replace(".", "_"), "")
            case "capacity":
                name = shared.get(key, "")
        unit = _THOUSAND if kind == MONEY_KIND else 1
        facts.append(
            {
                "kind": kind,
                "key": key,
                "year": year,
                "limit": int(limits.get(each.name, 1)) * unit,
                "excess": each.excess * unit,
                "name": "" if pd.isna(name) else name,  # type: ignore[call-overload]
            }
        )
    return facts


def _places(schools: pd.DataFrame) -> dict[str, str]:
    """Names of kabupaten by their code as envelopes have it."""
    known = schools.dropna(subset=["kabupaten_code", "kabupaten"])
    return {
        str(code).replace(".", "_"): str(name)
        for code, name in zip(known["kabupaten_code"], known["kabupaten"], strict=True)
    }


# --- tables --------------------------------------------------------------------------------------


def _tables_of(
    request: PlanRequest,
    standing: PlanStanding,
    inputs: PlanInputs,
    assembled: AssembledPlan,
    proven: ProvenChoice,
) -> dict[str, pd.DataFrame]:
    rules, years = request.rules, request.years
    usable = usable_options(inputs)
    picked = assembled.columns[proven.chosen]
    payable = set(assembled.groups)
    apart = _apart(standing, usable, payable)
    others = plan_unfunded(
        usable, inputs, apart=list(apart), picked=picked, adequate=request.adequate
    )
    choice = sort_choice(
        pd.concat(
            [
                choice_of(picked, rules, is_unfunded=False),
                choice_of(others, rules, is_unfunded=True),
            ],
            ignore_index=True,
        ).astype(CHOICE_TYPES)
    )
    budget = budget_of(choice, rules, years)
    values = assembled.objectives[OBJECTIVE_ORDER[request.objective][0]]
    candidates, needs = _left_out(assembled, proven.chosen, values, rules)
    marginal = find_marginal(candidates, needs, budget[["envelope", "year", "left_idr"]])
    students = request.schools.set_index("row_id")["students"].astype("Int64")
    required = usable.drop_duplicates("row_id").set_index("row_id")["required_mbps"]
    service_years = range(years[0], years[0] + max(rules.horizon_years, len(years)))
    one_off = {each for each in choice["envelope_opex"] if pays_once(each)}
    return {
        "options": request.options,
        "shared": request.shared,
        "prices": request.prices,
        "envelopes": _envelopes(inputs, choice, request),
        "choice": choice,
        "allocation": allocate_shared(
            choice, inputs.shared, {str(row_id): each for row_id, each in required.items()}
        ),
        "budget": budget,
        "schools": status_table(
            request.schools,
            standing,
            request.options,
            planned=_option_of(picked),
            unfunded=_option_of(others),
            payable=payable,
            apart=apart,
            marginal=marginal,
        ),
        "marginal": marginal,
        "shadow": value_more(assembled, proven.chosen, students, values=values),
        "cliff": find_cliffs(
            running_of(choice),
            budget[["year", "envelope", "ceiling_idr"]],
            service_years,
            one_off=one_off,
        ),
        "delivery": request.effects.table,
        "findings": request.findings,
    }


def _apart(standing: PlanStanding, usable: pd.DataFrame, payable: set[str]) -> dict[str, str]:
    """Waiting schools with an option of which no ceiling pays, and why."""
    payers = usable.groupby("row_id")["payer_capex"].agg(set).to_dict()
    return {
        row_id: "payer_unknown" if payers[row_id] == {""} else "no_ceiling"
        for row_id in standing.waiting
        if row_id in payers and row_id not in payable
    }


def _option_of(columns: pd.DataFrame) -> dict[str, str]:
    mine = columns[columns["row_id"] != ""]
    return dict(zip(mine["row_id"], mine["option_id"], strict=True))


def _left_out(
    assembled: AssembledPlan, chosen: BoolArray, values: FloatArray, rules: PlanRules
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Columns of schools that are left out, and what each spends within the ceilings.

    What it shares and is not open yet is part of what it needs.
    """
    columns, problem = assembled.columns, assembled.problem
    ceilings = rules.ceiling_of()
    served = set(problem.group[chosen & (problem.group >= 0)].tolist())
    room = PlanRoom(problem, chosen)
    candidates, needs, seen = [], [], set()
    for number, row in enumerate(columns.itertuples(index=False)):
        group = int(problem.group[number])
        key = row.option_id, row.year
        if group < 0 or group in served or key in seen or values[number] <= 0.0:
            continue
        bundle = room.bundle(number)
        if bundle is None:
            continue
        seen.add(key)
        candidates.append((row.row_id, row.option_id, row.option, row.year, values[number]))
        needs += [
            (row.option_id, row.year, envelope, year, idr)
            for each in bundle
            for (envelope, year), idr in assembled.spending[each].items()
            if (envelope, year) in ceilings
        ]
    return (
        pd.DataFrame(candidates, columns=["row_id", "option_id", "option", "year", "value"]).astype(
            {"row_id": "str", "option_id": "str", "option": "str", "year": "int64"}
            | {"value": "float64"}
        ),
        pd.DataFrame(needs, columns=["option_id", "year", "envelope", "spend_year", "idr"]).astype(
            {"option_id": "str", "envelope": "str"}
            | dict.fromkeys(("year", "spend_year", "idr"), "int64")
        ),
    )


def _envelopes(inputs: PlanInputs, choice: pd.DataFrame, request: PlanRequest) -> pd.DataFrame:
    """Who pays for each option, and for each opening of the choice."""
    rules, schools = request.rules, request.schools
    openings = choice[choice["option"].str.startswith(OPENING)].drop_duplicates("option_id")
    names = _places(schools)
    rows = [
        {
            **dict.fromkeys(ENVELOPE_COLUMNS, ""),
            "option_id": row["option_id"],
            "option": row["option"],
            "payer_capex": row["envelope_capex"],
            "payer_opex": row["envelope_opex"],
            "sources": row["envelope_capex"],
            "skpd": skpd_of(
                *(row["envelope_capex"], names.get(row["envelope_capex"].partition("_")[2], "")),
                rules,
            ),
        }
        for row in openings.to_dict("records")
    ]
    added = pd.DataFrame(rows, columns=list(ENVELOPE_COLUMNS)).astype("str")
    return pd.concat([inputs.envelopes, added], ignore_index=True)
