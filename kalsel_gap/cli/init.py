"""``kalsel-gap init``: a first project file, for the files of a folder, or the sample province."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kalsel_gap.cli import console, options
from kalsel_gap.errors import InputError, KalselGapError
from kalsel_gap.i18n.text import N_, Text, typed

if TYPE_CHECKING:
    from kalsel_gap.project.proposal import ProposedProject

HELP = N_(
    "Write a commented project file to fill in, one for the files of a folder, or the sample "
    "province.\n\n"
    "With --from, every file of a folder is looked at; none is copied or changed. What is sure or "
    "likely becomes a section, what is unsure a comment with the reason, and what only you can "
    "know stays a question.\n\n"
    "Example: kalsel-gap init first-project --sample"
)
Folder = Annotated[
    Path, typer.Argument(help=N_("Folder of the project; the current folder by default."))
]
WithSample = Annotated[
    bool, typer.Option("--sample", help=N_("Write the synthetic sample province with its files."))
]
FromFolder = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar=N_("<folder>"),
        help=N_("Write a project for the files of this folder and of those below it."),
    ),
]


def init(
    ctx: typer.Context,
    folder: Folder = Path(),
    *,
    sample: WithSample = False,
    source: FromFolder = None,
    quiet: options.Quiet = False,
    lang: options.Lang = None,  # noqa: ARG001 - read before parsing
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.project.starter import write_starter

    text: Text = ctx.obj
    if source is not None:
        if sample:
            raise KalselGapError("from_and_sample")
        written, proposal = _propose(source, folder, text, quiet=quiet)
        console.proposal(proposal, source, text, quiet=quiet)
    else:
        written, proposal = write_starter(folder, text.language, sample=sample), None
    console.note(text(N_("Written: {path}"), path=written), quiet=quiet)
    if proposal is not None and (count := proposal.questions()):
        sentence = N_('Answers that are missing: {count}. Fill in the keys with "" in that file.')
        console.note(text(sentence, count=text.number(count)), quiet=quiet)
    following = text(N_("Next: kalsel-gap rank --project {path}"), path=typed(written))
    console.note(following, quiet=quiet)


def _propose(
    source: Path, folder: Path, text: Text, *, quiet: bool
) -> tuple[Path, ProposedProject]:
    """Write a project for the files of a folder."""
    from kalsel_gap.project.proposal import refuse_existing, write_proposal
    from kalsel_gap.sources.recognition.folder_roles import STEP, propose_project

    if not source.is_dir():
        raise InputError("folder_missing", path=source)
    refuse_existing(folder)  # before the files take their time
    with console.progress(text, (STEP,), quiet=quiet) as report:
        proposal = propose_project(source, report)
    return write_proposal(proposal, folder, text), proposal
