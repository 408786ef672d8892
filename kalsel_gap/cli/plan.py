"""``kalsel-gap plan``: what to buy for whom, from which money, in which year."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from kalsel_gap.cli import console, drawn, explain_table, options, plan_arguments
from kalsel_gap.cli.options import Format
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from kalsel_gap.deliverables.plan_difference import PlanDifference
    from kalsel_gap.deliverables.sections import PageSection
    from kalsel_gap.planning.sweep import BudgetCurve
    from kalsel_gap.project.model import Opened
    from kalsel_gap.project.plan import Objective
    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

HELP = N_(
    "Plan what to buy for which school, from which money and in which year, and print the plan.\n\n"
    "For each school every way to connect it is priced, and the best choice within the ceilings "
    "of the project file ([plan]) is kept in a folder of its own, with how far at most it is from "
    "the best one. --set, --add-site and --without make a trial; --add-site and --without print "
    "what they change. --sweep and --compare-objectives keep nothing. csv has one line for each "
    "school that is chosen, or changed; json has everything.\n\n"
    "Example: kalsel-gap plan --top 5"
)
_LABELS = {  # of the list of plans on a terminal
    "plan": N_("Plan"),
    "run": N_("Run"),
    "kind": N_("Type"),
    "is_latest": N_("Latest"),
    "objective": N_("Objective"),
    "value": N_("Value"),
    "gap_percent": N_("Proven within"),
    "overrides": N_("Overrides"),
}
_SPARE = ("value", "gap_percent")
_KINDS = {"full": N_("full"), "trial": N_("trial"), "broken": N_("broken")}


class _Asked(NamedTuple):
    """What a plan is made of beside the project."""

    objective: Objective | None
    sites: tuple[plan_arguments.TypedSite, ...]
    without: tuple[str, ...]


def plan(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    run: options.RunName = None,
    runs: options.RunsFolder = None,
    out: options.PlanFolder = None,
    objective: options.PlanObjective = None,
    assignments: options.PlanAssignments = None,
    add_site: options.AddedSites = None,
    without: options.WithoutSchools = None,
    sweep: options.BudgetRange = None,
    compare_objectives: options.CompareObjectives = False,
    show: options.ShownPlan = None,
    list_: options.ListPlans = False,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    top: options.PlanTop = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.storage.outputs import refuse_file_name

    text: Text = ctx.obj
    refuse_file_name(out)
    stored = (("--show", show is not None), ("--list", list_))
    made = (("--sweep", sweep is not None), ("--compare-objectives", compare_objectives))
    plan_arguments.refuse_together((*stored, *made))
    for name, is_given in (
        ("--set", assignments),
        ("--add-site", add_site),
        ("--without", without),
        ("--objective", objective),
    ):
        for other in stored:
            plan_arguments.refuse_together((other, (name, bool(is_given))))
    plan_arguments.refuse_together((made[1], ("--objective", objective is not None)))
    sites = plan_arguments.typed_sites(add_site or ())
    totals = None if sweep is None else plan_arguments.typed_range(sweep)
    source = drawn.RunChoice(project, runs, run)
    if list_:
        _list(source, out, format, text, quiet=quiet)
        return
    if show is not None:
        found, schools = _stored(source, out, show)
        if schools.empty:
            words = N_("The run of this plan is no longer there: names and pupils are not known.")
            console.note(text(words), quiet=quiet)
        _print(found, schools, format, top, text)
        return
    opened, chosen = _opened(ctx, source, assignments or (), lang, quiet=quiet)
    left_out = plan_arguments.typed_schools(without or (), chosen.schools)
    asked = _Asked(None if objective is None else objective.value, sites, left_out)
    if totals is not None:
        _print_curve(_curve(chosen, opened, totals, asked, text, quiet=quiet), format, text)
    elif compare_objectives:
        _print_objectives(_objectives(chosen, opened, asked, text, quiet=quiet), format, text)
    else:
        kept = _kept(chosen, opened, asked, out, text, overwrite=overwrite, quiet=quiet)
        if asked.sites or asked.without:
            change = _difference(chosen, opened, asked, kept, text, quiet=quiet)
            _print_difference(change, kept, chosen.schools, format, top, text)
        else:
            _print(kept, chosen.schools, format, top, text)
        console.note(text(N_("Plan: {folder}"), folder=kept.folder), quiet=quiet)
        if kept.overrides:
            words = N_("Exports take the last full plan; this trial with --plan {plan}.")
            console.note(text(words, plan=kept.folder.name), quiet=quiet)


# --- what is made --------------------------------------------------------------------------------


def _opened(
    ctx: typer.Context,
    source: drawn.RunChoice,
    assignments: Sequence[str],
    lang: options.LanguageChoice | None,
    *,
    quiet: bool,
) -> tuple[Opened, Run]:
    """The project with its inputs and the values that are set, and the run that is planned."""
    from kalsel_gap.project.read import find_project, read_project

    opened = read_project(source.project or find_project(Path.cwd()), tuple(assignments))
    plan_arguments.refuse_keys_of_the_run(opened.overrides())
    chosen = drawn.open_run(ctx, source, None, (), overwrite=False, lang=lang, quiet=quiet)
    return opened, chosen.run


def _kept(
    chosen: Run,
    opened: Opened,
    asked: _Asked,
    out: Path | None,
    text: Text,
    *,
    overwrite: bool,
    quiet: bool,
) -> Plan:
    """A new plan, kept in its folder."""
    from kalsel_gap.planning.plan_maker import STEPS, make_plan

    with console.progress(text, STEPS, quiet=quiet) as report:
        return make_plan(
            *(chosen, opened),
            out=out,
            objective=asked.objective,
            add_sites=asked.sites,
            without=asked.without,
            report=report,
            overwrite=overwrite,
        )


def _difference(
    chosen: Run, opened: Opened, asked: _Asked, kept: Plan, text: Text, *, quiet: bool
) -> PlanDifference:
    """What the added sites and the schools left out change."""
    from kalsel_gap.comparison.plan_comparison import BASE, compare_with_base

    with console.progress(text, (BASE,), quiet=quiet) as report:
        return compare_with_base(
            *(chosen, opened, kept), objective=asked.objective, report=partial(report, BASE)
        )


def _curve(
    chosen: Run,
    opened: Opened,
    asked_range: plan_arguments.TypedRange,
    asked: _Asked,
    text: Text,
    *,
    quiet: bool,
) -> BudgetCurve:
    from kalsel_gap.comparison.plan_comparison import SWEEP, sweep_plans
    from kalsel_gap.planning.sweep import even_totals

    with console.progress(text, (SWEEP,), quiet=quiet, is_even=True) as report:
        return sweep_plans(
            *(chosen, opened, even_totals(*asked_range)),
            objective=asked.objective,
            add_sites=asked.sites,
            without=asked.without,
            report=partial(report, SWEEP),
        )


def _objectives(
    chosen: Run, opened: Opened, asked: _Asked, text: Text, *, quiet: bool
) -> pd.DataFrame:
    from kalsel_gap.comparison.plan_comparison import OBJECTIVES_STEP, plan_by_objectives

    with console.progress(text, (OBJECTIVES_STEP,), quiet=quiet, is_even=True) as report:
        return plan_by_objectives(
            *(chosen, opened),
            add_sites=asked.sites,
            without=asked.without,
            report=partial(report, OBJECTIVES_STEP),
        )


# --- what is stored ------------------------------------------------------------------------------


def _stored(source: drawn.RunChoice, out: Path | None, name: str) -> tuple[Plan, pd.DataFrame]:
    """A plan that is kept, and the schools of its run; none where that is not there any more."""
    from kalsel_gap.deliverables.plan_list import schools_of_plan
    from kalsel_gap.storage.plan_folder import read_plan

    _, runs = drawn.project_and_runs(*source)
    found = read_plan(out or drawn.plans_folder(source), name or None)
    return found, schools_of_plan(found, runs)


def _list(
    source: drawn.RunChoice, out: Path | None, format_: Format | None, text: Text, *, quiet: bool
) -> None:
    from kalsel_gap.deliverables.plan_comparison_words import objective_value, percent
    from kalsel_gap.deliverables.plan_list import list_plans
    from kalsel_gap.i18n.plan_names import OBJECTIVE_NAMES, name_of

    table = list_plans(out or drawn.plans_folder(source))
    shown = table.assign(
        is_latest=table["is_latest"].map({True: "*", False: ""}),
        kind=table["kind"].map({code: text(word) for code, word in _KINDS.items()}),
        objective=[name_of(each, OBJECTIVE_NAMES, text) for each in table["objective"]],
        value=[
            objective_value(value, objective, text)
            for value, objective in zip(table["value"], table["objective"], strict=True)
        ],
        gap_percent=[
            "" if each != each else f"{percent(each / 100.0, text)} %"  # noqa: PLR0124 - NaN
            for each in table["gap_percent"]
        ],
    )
    if not shown["overrides"].any():
        shown = shown.drop(columns="overrides")
    console.publish(table, format_, _LABELS, text, spare=_SPARE, shown=shown, quiet=quiet)


# --- what is printed -----------------------------------------------------------------------------


def _print(
    found: Plan, schools: pd.DataFrame, format_: Format | None, top: int | None, text: Text
) -> None:
    from kalsel_gap.deliverables import plan_tables, plan_words
    from kalsel_gap.storage.spreadsheet import csv_of

    match format_ or Format.table:
        case Format.json:
            console.emit(plan_tables.plan_data(found, schools))
        case Format.csv:
            table = plan_tables.chosen_options(found, schools)
            console.emit(csv_of(table if top is None else table.head(top)))
        case Format.table:
            sections = plan_words.plan_sections(found, schools, text, top=top)
            notices = plan_words.plan_notices(found, text)
            explain_table.show(plan_words.plan_title(found, text), notices, sections, text)


def _print_difference(
    found: PlanDifference,
    kept: Plan,
    schools: pd.DataFrame,
    format_: Format | None,
    top: int | None,
    text: Text,
) -> None:
    from kalsel_gap.deliverables import plan_difference, plan_difference_words, plan_words
    from kalsel_gap.storage.spreadsheet import csv_of

    match format_ or Format.table:
        case Format.json:
            console.emit(plan_difference.difference_data(found, kept, schools))
        case Format.csv:
            table = found.schools
            console.emit(csv_of(table if top is None else table.head(top)))
        case Format.table:
            sections = plan_difference_words.difference_sections(found, schools, text, top=top)
            notices = plan_words.plan_notices(kept, text)
            explain_table.show(plan_words.plan_title(kept, text), notices, sections, text)


def _print_curve(curve: BudgetCurve, format_: Format | None, text: Text) -> None:
    from kalsel_gap.deliverables.plan_comparison_words import curve_section
    from kalsel_gap.deliverables.plan_tables import curve_table

    _print_trial(curve_table(curve), curve_section(curve, text), format_, text)


def _print_objectives(table: pd.DataFrame, format_: Format | None, text: Text) -> None:
    from kalsel_gap.deliverables.plan_comparison_words import objectives_section

    _print_trial(table, objectives_section(table, text), format_, text)


def _print_trial(
    table: pd.DataFrame, section: PageSection, format_: Format | None, text: Text
) -> None:
    """A table that is not kept: its section on a terminal, otherwise its rows."""
    from kalsel_gap.storage.spreadsheet import csv_of, json_of

    match format_ or Format.table:
        case Format.json:
            console.emit(json_of(table))
        case Format.csv:
            console.emit(csv_of(table))
        case Format.table:
            explain_table.show(text(N_("Trial plans, none of them kept")), (), [section], text)
