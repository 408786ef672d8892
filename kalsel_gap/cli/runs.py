"""``kalsel-gap runs``: the runs of a project, which of them is drawn, and which was approved."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, drawn, options
from kalsel_gap.cli.clock import today
from kalsel_gap.cli.framework import Command, CommandGroup
from kalsel_gap.cli.options import Format
from kalsel_gap.errors import KalselGapError, ProjectError
from kalsel_gap.i18n.text import N_, Text
from kalsel_gap.storage.cache_folder import claim
from kalsel_gap.storage.fingerprint import default_cache_folder

if TYPE_CHECKING:
    import pandas as pd

HELP = N_(
    "List the runs: full or trial, and whether their inputs have changed since.\n\n"
    "map, explain and export draw the official run, or without one the last full run; it is marked "
    "here, and --run names another one. A trial is a run "
    "with other values than the project's (rank --set), or despite errors of "
    "a layer (--despite-errors). A run whose files were changed or lost is not drawn: --verify "
    "lists such files, and the exit status is then 3.\n\n"
    "Example: kalsel-gap runs"
)
PIN_HELP = N_(
    "Mark the run that was approved as the official one.\n\n"
    "map, explain and export draw it from then on. Only a full run whose files are what its record "
    "says can be official. The run itself stays as it is, and a later rank changes nothing of "
    "that.\n\n"
    'Example: kalsel-gap runs pin latest --decree "188.44/0123/KUM/2026" --date 2026-07-31'
)
UNPIN_HELP = N_(
    "Withdraw the mark of the official run; the run stays.\n\nExample: kalsel-gap runs unpin"
)
_GONE = N_(
    "Warning: inputs of this run are no longer there: {files}. The list stays as it is, but it "
    "cannot be made again without them."
)
_CHANGED = N_(
    "Warning: not as they were when this run was made: {files}. The list stays as it is, but it "
    "cannot be made again from them."
)
_LABELS = {  # of columns on a terminal
    "run": N_("Run"),
    "kind": N_("Type"),
    "is_drawn": N_("Drawn"),
    "official": N_("Official"),
    "overrides": N_("Overrides"),
    "data_date": N_("Data date"),
    "schools": N_("Schools"),
    "ranked": N_("Ranked"),
    "inputs": N_("Inputs"),
    "inputs_changed": N_("Changed inputs"),
}
_FAULTS = {"run": N_("Run"), "file": N_("File"), "state": N_("State")}
_STATES = {
    "changed": N_("changed since"),
    "missing": N_("not there"),
    "unreadable": N_("not readable"),
    "renamed": N_("name of the folder is not the id"),
}
_MISMATCH = 3  # exit status
_SPARE = ("inputs_changed", "data_date", "ranked", "schools")
_VALUES = {
    "kind": {"full": N_("full"), "trial": N_("trial"), "broken": N_("broken")},
    "inputs": {
        "unchanged": N_("unchanged"),
        "changed": N_("changed since"),
        "missing": N_("not there"),
        "unknown": N_("not known"),
    },
}


def runs(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    verify: options.Verify = False,
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    quiet: options.Quiet = False,
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.deliverables.run_list import list_runs, official_fault, verify_runs
    from kalsel_gap.i18n.messages import error_lines

    if ctx.invoked_subcommand is not None:
        _refuse_before(ctx)
        return
    claim(default_cache_folder())
    text: Text = ctx.obj
    opened, folder = drawn.project_and_runs(project, runs)
    if verify:
        _report(verify_runs(folder), format, text, quiet=quiet)
        return
    table = list_runs(folder, opened)
    shown = table.astype({"schools": "float64", "ranked": "float64"}).assign(
        is_drawn=table["is_drawn"].map({True: "*", False: ""}),
        **{
            name: table[name].map({code: text(word) for code, word in words.items()})
            for name, words in _VALUES.items()
        },
    )
    empty = [name for name in ("inputs_changed", "official") if not shown[name].any()]
    shown = shown.drop(columns=empty)
    console.publish(table, format, _LABELS, text, spare=_SPARE, shown=shown, quiet=quiet)
    if (table["kind"] == "broken").any():
        sentence = N_("“kalsel-gap runs --verify” names the files of broken runs.")
        console.note(text(sentence), quiet=quiet)
    if fault := official_fault(folder):
        for line in error_lines(fault, text):
            console.note(line, quiet=quiet)


def _report(faults: pd.DataFrame, format_: Format | None, text: Text, *, quiet: bool) -> None:
    """A line for each file that is not what its run's record says."""
    if faults.empty and (format_ or Format.table) is Format.table:
        sentence = N_("Every file of every run is what the run's record says.")
        console.note(text(sentence), quiet=quiet)
        return
    words = {code: text(word) for code, word in _STATES.items()}
    shown = faults.assign(state=faults["state"].map(words))
    console.publish(faults, format_, _FAULTS, text, shown=shown, quiet=quiet)
    if len(faults):
        raise typer.Exit(_MISMATCH)


def _refuse_before(ctx: typer.Context) -> None:
    """An error for options that stand before the name of a command and would not count."""
    for parameter in ctx.command.params:
        given = ctx.params.get(parameter.name or "")
        if given and parameter.name not in ("lang", "quiet"):
            command = f"{ctx.command_path} {ctx.invoked_subcommand}"
            raise KalselGapError(
                "option_before_command", column=parameter.opts[0], expected=command
            )


def pin(
    ctx: typer.Context,
    run: options.PinnedRun,
    *,
    decree: options.Decree,
    date: options.DecreeDate,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    overwrite: options.PinOverwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`PIN_HELP` says."""
    from kalsel_gap.deliverables.run_list import inputs_since
    from kalsel_gap.sources.personal_data import personal_kind
    from kalsel_gap.storage.approval import pin_run
    from kalsel_gap.storage.run_folder import read_manifest

    if personal_kind(decree):  # it is written into every file that is drawn
        raise ProjectError("decree_personal", path="--decree")
    text: Text = ctx.obj
    opened, folder = drawn.project_and_runs(project, runs)
    official, before = pin_run(folder, run, decree, date, today=today(), overwrite=overwrite)
    words = N_("Run {run} is the official one, by decree {decree} of {date}.")
    console.note(text(words, **asdict(official)), quiet=quiet)
    if before is not None:
        words = N_("It takes the place of run {run}, by decree {decree} of {date}.")
        console.note(text(words, **asdict(before)), quiet=quiet)
    if opened is not None:
        since = inputs_since(read_manifest(folder / official.run), opened)
        for words, files in ((_GONE, since.gone), (_CHANGED, since.changed)):
            if files:
                console.note(text(words, files=", ".join(files)), quiet=quiet)


def unpin(
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    quiet: options.Quiet = False,
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`UNPIN_HELP` says."""
    from kalsel_gap.storage.approval import unpin_run

    text: Text = ctx.obj
    _, folder = drawn.project_and_runs(project, runs)
    before = unpin_run(folder)
    if before is None:
        console.note(text(N_("No run is marked as official.")), quiet=quiet)
        return
    words = N_("Run {run} is no longer the official one; it was by decree {decree} of {date}.")
    console.note(text(words, **asdict(before)), quiet=quiet)


app = typer.Typer(cls=CommandGroup, rich_markup_mode=None)
app.callback(invoke_without_command=True, help=HELP)(runs)
app.command("pin", cls=Command, help=PIN_HELP)(pin)
app.command("unpin", cls=Command, help=UNPIN_HELP)(unpin)
