"""``kalsel-gap rank``: rank the schools and write a run."""

from __future__ import annotations

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.options import By, Format
from kalsel_gap.i18n.text import N_, Text

HELP = N_(
    "Rank the schools of a project, and show which come first and why.\n\n"
    "Each run is kept in a folder of its own; the map and the exports are made from it. Exit "
    "status 3 where no school can be ranked.\n\n"
    "Example: kalsel-gap rank --top 5"
)
_NOBODY = 3  # exit status


def rank(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    out: options.RunFolder = None,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    top: options.Top = None,
    by: options.RankBy = By.deficit,
    kabupaten: options.OnlyKabupaten = None,
    kecamatan: options.OnlyKecamatan = None,
    level: options.OnlyLevel = None,
    authority: options.OnlyAuthority = None,
    terrain: options.OnlyTerrain = None,
    gap: options.OnlyGap = None,
    draws: options.Draws = None,
    k: options.FirstK = None,
    seed: options.Seed = None,
    confidence: options.ListConfidence = None,
    assignments: options.Assignments = None,
    despite_errors: options.DespiteErrors = False,
    no_cache: options.NoCache = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.deliverables import tables
    from kalsel_gap.deliverables.certainty_words import what_orders
    from kalsel_gap.deliverables.remarks import cut_tie, list_remarks, nobody_ranked
    from kalsel_gap.pipeline import STEPS, open_project
    from kalsel_gap.storage.outputs import refuse_file_name

    text: Text = ctx.obj
    refuse_file_name(out, is_of_runs=True)
    figures = {"draws": draws, "k": k, "seed": seed, "confidence": confidence}
    short = [f"robustness.{name}={value}" for name, value in figures.items() if value is not None]
    with console.progress(text, STEPS, quiet=quiet) as report:
        opened = open_project(project, options=(*(assignments or ()), *short))
        run = opened.rank(
            out=out,
            cached=not no_cache,
            despite_errors=despite_errors,
            overwrite=overwrite,
            report=report,
        )
    filters = (kabupaten, kecamatan, level, authority, terrain, gap)
    chosen = format or Format.table
    limit = console.TOP if top is None and chosen is Format.table else top
    view = tables.View(by.value, limit, *(tuple(each or ()) for each in filters))
    selected = tables.select(run.schools, view)
    tie = cut_tie(run, text, view)
    if chosen is Format.table:
        everyone = tables.select(run.schools, view.everyone())
        shown = everyone if top is None and nobody_ranked(run) else selected
        console.ranking(run, shown, tables.by_kabupaten(everyone), text, tie=tie)
    elif chosen is Format.json:
        console.emit(tables.to_json(run, selected, text))
    else:
        console.emit(tables.to_csv(run, selected, text))
    if chosen is not Format.table:
        console.note(tables.trial_sentence(run, text), quiet=quiet or not run.overrides)
        order = what_orders(run, text)
        console.note(order, quiet=quiet or not order)
        if tie:  # the table has it below its last row
            console.note(tie, quiet=quiet)
    for sentence in list_remarks(run, text, view):
        console.note(sentence, quiet=quiet)
    console.note(text(N_("Run: {folder}"), folder=run.folder), quiet=quiet)
    if run.overrides:
        sentence = N_("map and export draw the last full run; this trial with --run {run}.")
        console.note(text(sentence, run=run.folder.name), quiet=quiet)
    if nobody_ranked(run):
        raise typer.Exit(_NOBODY)
