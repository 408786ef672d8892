"""``kalsel-gap init``: a first project file, or the sample province."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.i18n.text import N_, Text, typed

HELP = N_(
    "Write a commented project file to fill in, or the sample province.\n\n"
    "Example: kalsel-gap init first-project --sample"
)
Folder = Annotated[
    Path, typer.Argument(help=N_("Folder of the project; the current folder by default."))
]
WithSample = Annotated[
    bool, typer.Option("--sample", help=N_("Write the synthetic sample province with its files."))
]


def init(
    ctx: typer.Context,
    folder: Folder = Path(),
    *,
    sample: WithSample = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.project.starter import write_starter

    text: Text = ctx.obj
    written = write_starter(folder, text.language, sample=sample)
    console.note(text(N_("Written: {path}"), path=written), quiet=quiet)
    following = text(N_("Next: kalsel-gap rank --project {path}"), path=typed(written))
    console.note(following, quiet=quiet)
