"""``kalsel-gap runs``: the runs of a project, and which of them is drawn."""

from __future__ import annotations

import typer

from kalsel_gap.cli import console, drawn, options
from kalsel_gap.i18n.text import N_, Text

HELP = N_(
    "List the runs: full or trial, and whether their inputs have changed since.\n\n"
    "map and export draw the last full run, marked here; --run names another one. A trial is a run "
    "with other values than the project's (rank --set), or despite errors of "
    "a layer (--despite-errors).\n\n"
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
    format: options.TableFormat = None,  # noqa: A002 - the option's name
    quiet: options.Quiet = False,
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.deliverables.run_list import list_runs

    text: Text = ctx.obj
    opened, folder = drawn.project_and_runs(project, runs)
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
