"""``kalsel-gap map``: the web map of a run."""

from __future__ import annotations

from pathlib import Path

import typer

from kalsel_gap.cli import console, drawn, options
from kalsel_gap.i18n.text import N_, Text

HELP = N_(
    "Write the official run, or without one the last full run, as a map: one HTML file that opens "
    "without internet.\n\n"
    "Example: kalsel-gap map --out map.html"
)


def map(  # noqa: A001 - the command's name
    ctx: typer.Context,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
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
    chosen = drawn.open_run(
        *(ctx, source, out, (".html", ".htm")), overwrite=overwrite, lang=lang, quiet=quiet
    )
    with chosen.outputs.replace(out) as temporary:
        write_map(chosen.run, temporary, chosen.words, kabupaten=kabupaten or ())
    text: Text = ctx.obj
    console.note(text(N_("Written: {path}"), path=out), quiet=quiet)
