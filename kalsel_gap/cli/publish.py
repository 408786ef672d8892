"""``kalsel-gap publish``: a run as open data, in a folder that a data portal takes."""

from __future__ import annotations

import typer

from kalsel_gap.cli import console, drawn, options
from kalsel_gap.i18n.text import N_, Text

HELP = N_(
    "Write the official run, or without one the last full run, as open data to a folder.\n\n"
    "Tables (CSV), layers (GeoJSON, GeoParquet), a data dictionary, descriptions for data portals "
    "(Data Package, DCAT, ISO 19115), the licence that [publication] in the project file states, "
    "a page and checksums. The folder is written as a whole.\n\n"
    "Example: kalsel-gap publish open-data"
)
_NOT_STATED = N_(
    "Not stated, and so unknown in every file: {keys}. State it under [publication] in the project "
    "file, rank and publish again."
)


def publish(
    ctx: typer.Context,
    folder: options.PublishedFolder,
    *,
    project: options.ProjectFile = None,
    runs: options.RunsFolder = None,
    run: options.RunName = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    lang: options.Lang = None,
    aloud: options.Plain = False,  # noqa: ARG001 - read before parsing
) -> None:
    """Do what :data:`HELP` says."""
    from kalsel_gap.deliverables import open_data
    from kalsel_gap.deliverables.provenance import publication_of
    from kalsel_gap.project.outputs import outputs_of
    from kalsel_gap.storage.outputs import Outputs

    text: Text = ctx.obj
    source = drawn.RunChoice(project, runs, run)
    opened, runs_folder = drawn.project_and_runs(*source)
    guard = Outputs(runs_folder) if opened is None else outputs_of(opened)
    guard.check_folder(folder, open_data.FILES, overwrite=overwrite)
    chosen = drawn.open_run(*(ctx, source, None, ()), overwrite=overwrite, lang=lang, quiet=quiet)
    with (
        console.progress(text, (open_data.STEP,), quiet=quiet) as report,
        guard.replace_folder(folder) as temporary,
    ):
        open_data.write_open_data(chosen.run, temporary, chosen.words, report=report)
    console.note(text(N_("Written: {path}"), path=folder), quiet=quiet)
    stated = publication_of(chosen.run)
    missing = [name for name, value in stated if name != "licence_url" and not value]
    if missing:
        console.note(text(_NOT_STATED, keys=", ".join(missing)), quiet=quiet)
