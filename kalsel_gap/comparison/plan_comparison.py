"""Several plans of one run: by objective, and over a range of total budgets. None is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, get_args

from kalsel_gap.deliverables.plan_difference import find_difference
from kalsel_gap.deliverables.plan_tables import (
    compare_objectives,
    plan_facts,
    plan_totals,
    spent_of,
)
from kalsel_gap.errors import InputError, ProjectError
from kalsel_gap.planning.plan_maker import keep_plan, request_plan
from kalsel_gap.planning.sweep import BudgetPoint, scale_ceilings, sweep_budget
from kalsel_gap.project.plan import Objective
from kalsel_gap.storage.plan_folder import plan_folders, read_plan, read_plan_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from kalsel_gap.deliverables.plan_difference import PlanDifference
    from kalsel_gap.planning.sweep import BudgetCurve
    from kalsel_gap.project.model import Opened
    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

# What a plan is made of, beside what it sets for itself.
_MADE_OF = ("kalsel_gap", "libraries", "run", "parameters", "inputs", "objective", "format")
_OF_A_TRIAL = ("plan.add_sites", "plan.without")
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)
SWEEP, OBJECTIVES_STEP, BASE = "sweep", "objectives", "base"
_OWN = {"plan.trial": True}  # none of these plans is ever the last one


def plan_by_objectives(
    run: Run,
    opened: Opened,
    *,
    add_sites: Sequence[tuple[float, float, float]] = (),
    without: Sequence[str] = (),
    report: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
) -> pd.DataFrame:
    """What the plan of each objective reaches, see :func:`.plan_tables.compare_objectives`.

    Parameters
    ----------
    run : Run
        The run that is planned.
    opened : Opened
        Its project, with its inputs.
    add_sites : sequence of (float, float, float)
        Latitude, longitude and height in metres of sites that are added.
    without : sequence of str
        NPSN of schools that are left out.
    report : callable
        Receives how many plans are made, of how many.
    """
    asked = request_plan(run, opened, add_sites=add_sites, without=without)
    plans = []
    with TemporaryDirectory(prefix="kalsel-gap-") as folder:
        for done, objective in enumerate(OBJECTIVES):
            report(done, len(OBJECTIVES))
            request = replace(asked, objective=objective)
            plans.append(keep_plan(run, opened, request, Path(folder), own=_OWN))
        report(len(OBJECTIVES), len(OBJECTIVES))
        return compare_objectives(plans, run.schools)


def compare_with_base(
    run: Run,
    opened: Opened,
    trial: Plan,
    *,
    objective: Objective | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
) -> PlanDifference:
    """What added sites and schools left out change of the plan without them.

    That plan is taken from the folder of the trial if it is there, otherwise it is made again and
    not kept.

    Parameters
    ----------
    run, opened, objective, report
        As of :func:`plan_by_objectives` and :func:`sweep_plans`.
    trial : Plan
    """
    base = _kept_base(trial)
    if base is not None:
        return find_difference(base, trial, run.schools)
    report(0, 1)
    request = request_plan(run, opened, objective=objective)
    with TemporaryDirectory(prefix="kalsel-gap-") as folder:
        base = keep_plan(run, opened, request, Path(folder), own=_OWN)
        report(1, 1)
        return find_difference(base, trial, run.schools, is_kept=False)


def _kept_base(trial: Plan) -> Plan | None:
    """The plan that was made of the same without what the trial adds and leaves out."""
    wanted = {key: value for key, value in trial.overrides.items() if key not in _OF_A_TRIAL}
    for folder in plan_folders(trial.folder.parent):
        try:
            manifest = read_plan_manifest(folder)
            if manifest.get("overrides", {}) == wanted and all(
                manifest.get(key) == trial.manifest.get(key) for key in _MADE_OF
            ):
                return read_plan(folder.parent, folder.name)
        except InputError:  # broken: made again instead
            continue
    return None


def sweep_plans(
    run: Run,
    opened: Opened,
    totals: Sequence[int],
    *,
    objective: Objective | None = None,
    add_sites: Sequence[tuple[float, float, float]] = (),
    without: Sequence[str] = (),
    report: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
) -> BudgetCurve:
    """The curve of total budget against what its plan reaches.

    All ceilings of the project are scaled by one factor; envelopes without a ceiling stay without.

    Parameters
    ----------
    run, opened, add_sites, without, report
        As of :func:`plan_by_objectives`.
    totals : sequence of int
        Sums of all ceilings, rupiah with PPN, rising.
    objective : str, optional
        Instead of the project's.

    Raises
    ------
    ProjectError
        `plan_no_ceilings`: the project states none above 0.
    """
    rules = opened.project.plan
    amounts = {n: each.amount for n, each in enumerate(rules.ceilings)}
    if not sum(amounts.values()):
        raise ProjectError("plan_no_ceilings", path=opened.path)
    asked = request_plan(*(run, opened), objective=objective, add_sites=add_sites, without=without)

    def solve(total: int) -> BudgetPoint:
        scaled = scale_ceilings(amounts, total)
        ceilings = tuple(
            each.model_copy(update={"amount": scaled[n]}) for n, each in enumerate(rules.ceilings)
        )
        request = replace(asked, rules=rules.model_copy(update={"ceilings": ceilings}))
        plan = keep_plan(run, opened, request, Path(folder), own=_OWN)
        return budget_point(plan, run.schools, total)

    with TemporaryDirectory(prefix="kalsel-gap-") as folder:
        return sweep_budget(totals, solve, report=report)


def budget_point(plan: Plan, schools: pd.DataFrame, total: int) -> BudgetPoint:
    """A plan as a point of a sweep."""
    facts, sums = plan_facts(plan), plan_totals(plan, schools)
    value, gap = (float(facts[name] or 0.0) for name in ("value", "gap"))
    return BudgetPoint(total, spent_of(plan), value, sums["schools"], sums["students"], gap)
