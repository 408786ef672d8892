"""A plan from a run and its project: options, choice, tables, and the folder that keeps them."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from kalsel_gap.errors import OutputError, ProjectError
from kalsel_gap.findings import to_frame
from kalsel_gap.planning.chosen_plan import PlanRequest, choose_plan, columns_of_plan
from kalsel_gap.planning.costs import read_prices
from kalsel_gap.planning.delivery import count_states, match_deliveries
from kalsel_gap.planning.known_envelopes import refuse_unknown_envelopes
from kalsel_gap.planning.new_sites import ExtraSite
from kalsel_gap.planning.options import make_options
from kalsel_gap.planning.plan_check import verify_plan
from kalsel_gap.sources.delivery import read_delivery
from kalsel_gap.sources.values import end_of
from kalsel_gap.storage.fingerprint import hash_of_file
from kalsel_gap.storage.plan_folder import write_plan
from kalsel_gap.storage.run_folder import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from kalsel_gap.planning.chosen_plan import ProvenChoice
    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.plan import Objective
    from kalsel_gap.stages import Reporter
    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

STEPS = ("options", "columns", "solve", "tables", "write")
_YEARS = 3  # of a plan, unless the project states them


def _silent(step: str, done: int, total: int) -> None:
    """Report nothing."""


def make_plan(
    run: Run,
    opened: Opened,
    *,
    out: Path | None = None,
    objective: Objective | None = None,
    add_sites: Sequence[tuple[float, float, float]] = (),
    without: Sequence[str] = (),
    report: Reporter = _silent,
    overwrite: bool = False,
) -> Plan:
    """Make a plan and keep it; with anything that is set for it alone it is a trial.

    Parameters
    ----------
    run : Run
        What is planned from; it is not ranked again.
    opened : Opened
        Its project, with prices, ceilings and limits.
    out : Path, optional
        Folder of the plans, instead of the project's.
    objective : str, optional
        Instead of the project's.
    add_sites : sequence of (float, float, float)
        Latitude, longitude and antenna height in metres of sites that are proposed too.
    without : sequence of str
        NPSN of schools that are left out.
    report : Reporter
        Receives the progress, by :data:`STEPS`.
    overwrite : bool
        Whether a plan of the same id is replaced where somebody has changed its files.

    Raises
    ------
    InputError, OutputError, ProjectError, SeveralErrors
        See :func:`.options.make_options`, the readers of prices and deliveries,
        :func:`.chosen_plan.choose_plan` and :func:`.plan_folder.write_plan`; `plan_undated`: no
        budget year is stated, and no date of the data.
    """
    request = request_plan(
        *(run, opened), objective=objective, add_sites=add_sites, without=without, report=report
    )
    if add_sites or without:
        # It begins with the plan without them, so that the search moves no school without need.
        base = request_plan(run, opened, objective=objective, report=report)
        request = replace(request, start=columns_of_plan(base))
    own = _own_overrides(opened.project.plan.objective, objective, add_sites, without)
    folder = out if out is not None else opened.project.output.plans_folder()
    return keep_plan(run, opened, request, folder, own=own, report=report, overwrite=overwrite)


def request_plan(
    run: Run,
    opened: Opened,
    *,
    objective: Objective | None = None,
    add_sites: Sequence[tuple[float, float, float]] = (),
    without: Sequence[str] = (),
    report: Reporter = _silent,
) -> PlanRequest:
    """What a plan is chosen from: options, prices, deliveries, rules.

    Several plans of one run share it: with :func:`dataclasses.replace` for other ceilings or
    another objective the options are not made again.

    Parameters
    ----------
    run, opened, objective, add_sites, without, report
        As of :func:`make_plan`.
    """
    report("options", 0, 1)
    refuse_unknown_envelopes(run, opened)
    years = budget_years(opened)
    prices, of_prices = read_prices(opened)
    made = make_options(run, opened, prices, extra_sites=[ExtraSite(*site) for site in add_sites])
    delivered, of_deliveries = read_delivery(opened)
    effects, of_schools = match_deliveries(delivered, run.schools)
    report("options", 1, 1)
    rules = opened.project.plan
    return PlanRequest(
        schools=run.schools,
        options=made.options,
        shared=made.shared,
        prices=prices,
        rules=rules,
        costs=opened.project.costs,
        effects=effects,
        years=years,
        objective=objective or rules.objective,
        adequate=opened.project.index.gap.adequate,
        without=tuple(without),
        path=opened.path,
        findings=to_frame([*of_prices, *of_deliveries, *of_schools]),
    )


def keep_plan(
    run: Run,
    opened: Opened,
    request: PlanRequest,
    folder: Path,
    *,
    own: Mapping[str, Any],
    report: Reporter = _silent,
    overwrite: bool = False,
) -> Plan:
    """Choose a plan and write it.

    Parameters
    ----------
    run, opened, report, overwrite
        As of :func:`make_plan`.
    request : PlanRequest
        As of :func:`request_plan`.
    folder : Path
        Folder of the plans.
    own : mapping
        What is set for this plan alone, by full dotted key, beside the overrides of the project.
    """
    tables, proven = choose_plan(request, report)
    report("write", 0, 1)
    manifest = _manifest(run, opened, request, proven)
    manifest["overrides"] = dict(sorted((manifest["overrides"] | own).items()))
    _refuse_contradictions(folder, manifest, tables)
    plan = write_plan(folder, manifest, tables, overwrite=overwrite)
    report("write", 1, 1)
    return plan


def _refuse_contradictions(
    folder: Path, manifest: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]
) -> None:
    """Recompute the plan from its files before it is kept.

    Raises
    ------
    OutputError
        Its files contradict each other: no plan is better than one whose sums are wrong.
    """
    with TemporaryDirectory() as elsewhere:
        faults = verify_plan(write_plan(Path(elsewhere), manifest, tables).folder)
    if faults:
        known = [f"{each.code} {each.key} {each.year or ''}".rstrip() for each in faults[:5]]
        raise OutputError("plan_contradicts", path=folder, known=known, count=len(faults))


def budget_years(opened: Opened) -> tuple[int, ...]:
    """Budget years: as the project states them, otherwise three from the year after its data.

    Raises
    ------
    ProjectError
        `plan_undated`: neither years nor a date of the data are stated.
    """
    rules = opened.project.plan
    if rules.years:
        return rules.years
    first = rules.start_year
    if first is None:
        days = [day for text in opened.project.dates if (day := end_of(text)) is not None]
        if not days:
            raise ProjectError("plan_undated", path=opened.path, column="plan.start_year")
        first = max(days).year + 1
    return tuple(range(first, first + _YEARS))


def _manifest(
    run: Run, opened: Opened, request: PlanRequest, proven: ProvenChoice
) -> dict[str, Any]:
    """What a plan rests on; no clock, no path of this machine."""
    project = opened.project
    students = request.schools["students"]
    return {
        "kalsel_gap": version("kalsel-gap"),
        "libraries": {name: version(name) for name in ("highspy", "numpy", "pandas", "scipy")},
        "run": {"id": run.folder.name, "sha256": hash_of_file(run.folder / MANIFEST)},
        "project": project.project.name,
        "data": run.manifest.get("data", project.project.data),
        "parameters": opened.plan_parameters()
        | {"plan.ceilings": [json.loads(each.model_dump_json()) for each in request.rules.ceilings]}
        | {"plan.years": list(request.years), "plan.objective": request.objective},
        "inputs": {
            name: {"file": opened.shown(path), "sha256": hash_of_file(path)}
            for name, path in project.plan_inputs()
        },
        "objective": request.objective,
        "value": proven.value,
        "bound": proven.bound,
        "gap": proven.gap,
        "status": proven.status,
        "is_reproducible": proven.is_reproducible,
        "delivery": count_states(request.effects.table),
        "students_unknown": int(students.isna().sum()),
        "overrides": {**run.overrides, **opened.plan_overrides()},
    }


def _own_overrides(
    of_project: str,
    objective: str | None,
    add_sites: Sequence[tuple[float, float, float]],
    without: Sequence[str],
) -> dict[str, Any]:
    """What the call sets for this plan alone."""
    found: dict[str, Any] = {}
    if objective is not None and objective != of_project:
        found["plan.objective"] = objective
    if add_sites:
        found["plan.add_sites"] = json.loads(json.dumps([list(site) for site in add_sites]))
    if without:
        found["plan.without"] = sorted(without)
    return found
