"""``kalsel-gap rank``: rank the schools and write a run."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.cli.options import By, Format
from kalsel_gap.errors import KalselGapError, SeveralErrors
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kalsel_gap.deliverables.tables import View
    from kalsel_gap.storage.run_folder import Run

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
    reason: options.Reason = None,
    role: options.Role = None,
    audit: options.AuditFile = None,
    no_cache: options.NoCache = False,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.deliverables import tables
    from kalsel_gap.deliverables.remarks import nobody_ranked
    from kalsel_gap.pipeline import STEPS, open_project
    from kalsel_gap.project.decision import Justification
    from kalsel_gap.project.outputs import outputs_of
    from kalsel_gap.storage.outputs import refuse_file_name

    text: Text = ctx.obj
    refuse_file_name(out, is_of_runs=True)
    why = Justification.stated(reason, role)
    figures = {"draws": draws, "k": k, "seed": seed, "confidence": confidence}
    typed = {f"robustness.{n}": value for n, value in figures.items() if value is not None}
    short = [f"{key}={value}" for key, value in typed.items()]
    with console.progress(text, STEPS, quiet=quiet) as report:
        with _named_as_typed(typed):
            opened = open_project(project, options=(*(assignments or ()), *short))
        if audit is not None:  # before the work takes its time
            guard = outputs_of(opened.opened)
            guard.check(audit, endings=(".html", ".htm"), overwrite=overwrite)
        run = opened.rank(
            out=out,
            cached=not no_cache,
            despite_errors=despite_errors,
            why=why,
            overwrite=overwrite,
            report=report,
        )
    filters = (kabupaten, kecamatan, level, authority, terrain, gap)
    view = tables.View(by.value, top, *(tuple(each or ()) for each in filters))
    _print_list(run, view, format or Format.table, text, quiet=quiet)
    console.note(text(N_("Run: {folder}"), folder=run.folder), quiet=quiet)
    if run.official is not None and run.standing != "official":
        sentence = N_(
            "Run {run} stays the official one, by decree {decree} of {date}: map, explain and "
            "export draw it, and this run with --run {this}."
        )
        official = {**asdict(run.official), "this": run.folder.name}
        console.note(text(sentence, **official), quiet=quiet)
    elif run.overrides:
        sentence = N_("map and export draw the last full run; this trial with --run {run}.")
        console.note(text(sentence, run=run.folder.name), quiet=quiet)
    if opened.damaged:
        words = N_("Runs whose record cannot be trusted, and that may have come first: {runs}.")
        console.note(text(words, runs=", ".join(opened.damaged)), quiet=quiet)
    if audit is not None:
        from kalsel_gap.deliverables.audit_page import audit_html
        from kalsel_gap.robustness.sensitivity import list_sensitivity

        with console.progress(text, ("audit",), quiet=quiet) as report:
            found = list_sensitivity(run, partial(report, "audit"))
        page = audit_html(
            run, found, options.words(ctx, lang, opened.opened), damaged=opened.damaged
        )
        with guard.replace(audit) as temporary:
            temporary.write_text(page, encoding="utf-8", newline="\n")
        console.note(text(N_("Written: {path}"), path=audit), quiet=quiet)
    if nobody_ranked(run):
        raise typer.Exit(_NOBODY)


@contextlib.contextmanager
def _named_as_typed(typed: Mapping[str, object]) -> Iterator[None]:
    """Errors of values that an option of its own sets name that option, not ``--set``.

    Parameters
    ----------
    typed : mapping
        Values by dotted key, the option being its last part. They count, not those of ``--set``.
    """
    from kalsel_gap.project.read import OPTION

    try:
        yield
    except KalselGapError as error:
        for each in error.errors if isinstance(error, SeveralErrors) else (error,):
            key = each.column or ""
            if each.path == OPTION and key in typed:
                each.path, each.column = f"--{key.rpartition('.')[2]}", None
        raise


def _print_list(run: Run, asked: View, format_: Format, text: Text, *, quiet: bool) -> None:
    """The list as it was asked for, to standard output, and remarks about it."""
    from kalsel_gap.deliverables import tables
    from kalsel_gap.deliverables.certainty_words import what_orders
    from kalsel_gap.deliverables.remarks import cut_tie, list_remarks, nobody_ranked

    is_table = format_ is Format.table
    view = replace(asked, top=console.TOP) if is_table and asked.top is None else asked
    selected = tables.select(run.schools, view)
    tie = cut_tie(run, text, view)
    if is_table:
        everyone = tables.select(run.schools, view.everyone())
        shown = everyone if asked.top is None and nobody_ranked(run) else selected
        console.ranking(run, shown, everyone, text, tie=tie)
    else:
        write = tables.to_json if format_ is Format.json else tables.to_csv
        console.emit(write(run, selected, text))
        # The table has these itself.
        for sentence in filter(
            None, [tables.trial_sentence(run, text), what_orders(run, text), tie]
        ):
            console.note(sentence, quiet=quiet)
    for sentence in list_remarks(run, text, view):
        console.note(sentence, quiet=quiet)
