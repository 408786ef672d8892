"""Which plan is drawn with a run: the options ``--plan`` and ``--no-plan``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from kalsel_gap.cli import console, drawn
from kalsel_gap.cli.drawn import Drawn, RunChoice
from kalsel_gap.errors import InputError
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path
    from typing import Literal

    from kalsel_gap.cli.options import LanguageChoice
    from kalsel_gap.storage.plan_folder import Plan
    from kalsel_gap.storage.run_folder import Run

    WantedPlan = Literal["needed", "wanted", "none"]


class BookChoice(StrEnum):
    """What a workbook is about."""

    schools = "schools"
    budget = "budget"


PlanName = Annotated[
    str | None,
    typer.Option(
        "--plan",
        metavar=N_("<text>"),
        help=N_(
            "Which plan: its id, the beginning of it, or latest for the last full one. Without "
            "--run the run of that plan is drawn."
        ),
    ),
]
NoPlan = Annotated[bool, typer.Option("--no-plan", help=N_("Leave the plan of the run out."))]
BookColumns = Annotated[
    BookChoice,
    typer.Option(
        "--columns",
        help=N_(
            "schools: the list of the run; budget: the lines of the budget of a plan, by office "
            "and year, which sum up to its ceilings."
        ),
    ),
]


@dataclass(frozen=True, slots=True)
class DrawnPlan:
    """A run and a plan of it.

    Attributes
    ----------
    chosen : Drawn
    plan : Plan or None
        None where the run has none, or none is wanted.
    """

    chosen: Drawn
    plan: Plan | None


def open_run_with_plan(
    ctx: typer.Context,
    source: RunChoice,
    plan: str | None,
    out: Path | None,
    endings: Collection[str],
    *,
    overwrite: bool,
    lang: LanguageChoice | None,
    quiet: bool,
    wanted: WantedPlan = "wanted",
) -> DrawnPlan:
    """The run to draw to `out` and its plan.

    Parameters
    ----------
    source : RunChoice
        The run; where it names none, the run of the plan that is named.
    plan : str, optional
        As :func:`.plan_folder.read_plan` takes it; without it the last plan of the run.
    wanted : {'needed', 'wanted', 'none'}
        *needed*: the last plan where none is named, and an error where there is none. *wanted*:
        the plan of this very run, if there is one. *none*: no plan.

    Raises
    ------
    InputError
        `plan_other_run`: the plan is of another run than the one that is named.
    """
    found = None
    if plan is not None or wanted == "needed":
        found = _read(source, plan)
        source = source._replace(run=source.run or _run_of(found))
    chosen = drawn.open_run(ctx, source, out, endings, overwrite=overwrite, lang=lang, quiet=quiet)
    if found is not None:
        refuse_other_run(found, chosen.run)
    elif wanted == "wanted":
        found = _last_of(source, chosen.run)
    if found is not None:
        text: Text = ctx.obj
        words = N_("Plan {plan} is drawn with it.")
        if found.manifest.get("overrides"):
            words = N_("Plan {plan} is drawn with it: a trial, not the plan of the project.")
        console.note(text(words, plan=found.folder.name), quiet=quiet)
    return DrawnPlan(chosen, found)


def refuse_other_run(plan: Plan, run: Run) -> None:
    """An error where a plan is of another run.

    Raises
    ------
    InputError
        `plan_other_run`.
    """
    if _run_of(plan) != run.folder.name:
        raise InputError(
            "plan_other_run", path=plan.folder, run=run.folder.name, expected=_run_of(plan)
        )


def _read(source: RunChoice, plan: str | None) -> Plan:
    from kalsel_gap.storage.plan_folder import read_plan

    return read_plan(drawn.plans_folder(source), plan)


def _last_of(source: RunChoice, run: Run) -> Plan | None:
    from kalsel_gap.deliverables.plan_list import plan_of_run

    return plan_of_run(drawn.plans_folder(source), run.folder.name)


def _run_of(plan: Plan) -> str:
    """The run that a plan was made of."""
    return str(plan.manifest.get("run", {}).get("id") or "")
