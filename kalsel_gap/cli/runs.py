"""``kalsel-gap runs``: the runs of a project, and which of them is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from kalsel_gap.cli import console, drawn, options
from kalsel_gap.cli.options import Format
from kalsel_gap.i18n.text import N_, Text

if TYPE_CHECKING:
    import pandas as pd

HELP = N_(
    "List the runs: full or trial, and whether their inputs have changed since.\n\n"
    "map and export draw the last full run, marked here; --run names another one. A trial is a run "
    "with other values than the project's (rank --set), or despite errors of "
    "a layer (--despite-errors). A run whose files were changed or lost is not drawn: --verify "
    "lists such files, and the exit status is then 3.\n\n"
    "Example: kalsel-gap runs"
)
_LABELS = {  # of columns on a terminal
    "run": N_("Run"),
    "kind": N_("Type"),
    "is_drawn": N_("Drawn"),
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
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.deliverables.run_list import list_runs, verify_runs

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
    if not shown["inputs_changed"].any():
        shown = shown.drop(columns="inputs_changed")
    console.publish(table, format, _LABELS, text, spare=_SPARE, shown=shown, quiet=quiet)
    if (table["kind"] == "broken").any():
        sentence = N_("“kalsel-gap runs --verify” names the files of broken runs.")
        console.note(text(sentence), quiet=quiet)


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
