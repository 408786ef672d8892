"""``kalsel-gap map``: the web map of a run."""

from __future__ import annotations

from pathlib import Path

import typer

from kalsel_gap.cli import console, drawn, options, plan_choice
from kalsel_gap.i18n.text import N_, Text

HELP = N_(
    "Write the official run, or without one the last full run, as a map: one HTML file that opens "
    "without internet.\n\n"
    "Where the run has a plan, schools can be shown by what it chooses for them and in which "
    "year.\n\n"
    "Example: kalsel-gap map --out map.html"
)


def map(  # noqa: A001 - the command's name
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    plan: plan_choice.PlanName = None,
    no_plan: plan_choice.NoPlan = False,
    kabupaten: options.OnlyKabupaten = None,
    out: options.NewFile = Path("map.html"),
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.deliverables.web_map import write_map

    source = drawn.RunChoice(project, runs, run)
    found = plan_choice.open_run_with_plan(
        *(ctx, source, plan, out, (".html", ".htm")),
        overwrite=overwrite,
        lang=lang,
        quiet=quiet,
        wanted="none" if no_plan else "wanted",
    )
    chosen = found.chosen
    with chosen.outputs.replace(out) as temporary:
        write_map(chosen.run, temporary, chosen.words, kabupaten=kabupaten or (), plan=found.plan)
    text: Text = ctx.obj
    console.note(text(N_("Written: {path}"), path=out), quiet=quiet)
