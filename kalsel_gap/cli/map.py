"""``kalsel-gap map``: the web map of a run."""

from __future__ import annotations

from pathlib import Path

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.i18n.text import N_, Text

HELP = N_(
    "Write the latest run as a map: one HTML file that opens without internet.\n\n"
    "Example: kalsel-gap map --out map.html"
)


def map(  # noqa: A001 - the command's name
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    out: options.NewFile = Path("map.html"),
    quiet: options.Quiet = False,
    lang: options.Lang = None,
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.deliverables.web_map import write_map
    from kalsel_gap.storage.atomic import replace_file
    from kalsel_gap.storage.run_folder import read_run

    opened, folder = console.runs_of(project, runs)
    chosen = read_run(folder, run)
    with replace_file(out) as temporary:
        write_map(chosen, temporary, options.words(ctx, lang, opened))
    text: Text = ctx.obj
    console.note(text(N_("Written: {path}"), path=out), quiet=quiet)
