"""``kalsel-gap evaluate``: a plan by a later run: what was built, what it cost, what it did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, drawn, explain_table, options
from kalsel_gap.cli.options import Format
from kalsel_gap.i18n.text import N_, Text, plain

if TYPE_CHECKING:
    import pandas as pd

    from kalsel_gap.comparison.plan_evaluation import PlanEvaluation
    from kalsel_gap.project.model import Opened

HELP = N_(
    "Evaluate a plan by a later run: what was built, what it cost, and what it did.\n\n"
    "What was built is read from the table of deliveries that the project names under [plan], and "
    "from the speed tests of the later run. The effect is the change of the schools served less "
    "that of schools not yet served, with an interval, with what part is regression to the mean, "
    "and with what all this assumes. The example works wherever there is a plan, and evaluates it "
    "by its own run, where nothing can have changed: name a run of later data.\n\n"
    "Example: kalsel-gap evaluate latest latest"
)
_ENDINGS = (".html", ".htm")


def evaluate(
    ctx: typer.Context,
    plan: options.EvaluatedPlan,
    run: options.LaterRun,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    plans: options.PlansFolder = None,
    earlier: options.EarlierRuns = None,
    top: options.NotBetter = console.TOP,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    out: options.PageFile = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.comparison.evaluation_page import (
        evaluation_data,
        evaluation_notices,
        evaluation_sections,
        evaluation_title,
    )
    from kalsel_gap.comparison.plan_evaluation import evaluate_plan
    from kalsel_gap.project.outputs import outputs_of
    from kalsel_gap.storage.outputs import Outputs
    from kalsel_gap.storage.plan_folder import read_plan
    from kalsel_gap.storage.run_folder import read_run
    from kalsel_gap.storage.spreadsheet import csv_of

    text: Text = ctx.obj
    opened, folder = drawn.project_and_runs(project, runs, run)
    if out is not None:  # first of all, whether it may be written
        outputs = Outputs(folder) if opened is None else outputs_of(opened)
        outputs.check(out, endings=_ENDINGS, overwrite=overwrite)
    source = drawn.RunChoice(project, runs, run)
    chosen = read_plan(plans or drawn.plans_folder(source), plan)
    # The guard knows the inputs of both runs: that of the plan, then the later one.
    both = drawn.open_two_runs(
        *(ctx, drawn.RunChoice(project, runs, None), (chosen.manifest["run"]["id"], run)),
        *(out, _ENDINGS),
        overwrite=overwrite,
        lang=lang,
    )
    found = evaluate_plan(
        chosen,
        *both.runs,
        delivery=None if opened is None else _deliveries(opened),
        earlier=[read_run(folder, name) for name in earlier or ()],
    )
    if out is not None:
        _write(both, found, out, text, top=top, quiet=quiet)
        return
    match format or Format.table:
        case Format.json:
            console.emit(evaluation_data(found))
        case Format.csv:
            console.emit(csv_of(found.schools))
        case Format.table:
            sections = evaluation_sections(found, text, top=top)
            title, notices = evaluation_title(found, text), evaluation_notices(found, text)
            explain_table.show(title, notices, sections, text)


def _deliveries(opened: Opened) -> pd.DataFrame | None:
    """What the project's table reports today; None where it names none, as the plan has it then."""
    from kalsel_gap.sources.delivery import read_delivery

    if opened.project.plan.delivery is None:
        return None
    return read_delivery(opened)[0]


def _write(
    both: drawn.TwoDrawn,
    found: PlanEvaluation,
    out: Path,
    text: Text,
    *,
    top: int,
    quiet: bool,
) -> None:
    from kalsel_gap.comparison.evaluation_page import (
        evaluation_imprint,
        evaluation_notices,
        evaluation_sections,
        evaluation_title,
    )
    from kalsel_gap.deliverables.explanation_page import page_of_sections

    words = both.words
    page = page_of_sections(
        evaluation_title(found, words),
        {"notices": [plain(each) for each in evaluation_notices(found, words)], "official": ""},
        evaluation_sections(found, words, top=top),
        evaluation_imprint(found, words),
        words,
    )
    with both.outputs.replace(out) as temporary:
        temporary.write_bytes(page.encode("utf-8"))
    console.note(text(N_("Written: {path}"), path=out), quiet=quiet)
